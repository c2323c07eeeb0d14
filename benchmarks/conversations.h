/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* TCP connections as a capture in memory. */
#ifndef CONVERSATIONS_H
#define CONVERSATIONS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct captured {
	uint8_t *data;
	uint32_t len;
	uint64_t ns; /* since the first frame */
};

/* Ethernet frames with IPv4 and TCP in them, as one who stands before the receivers sees them. */
struct conversations {
	struct captured *frames;
	unsigned n;
	unsigned segments; /* of them with data */
	uint64_t bytes;	   /* of data, each counted once */
	uint8_t *room;	   /* that the frames are in */
};

#define CONVERSATIONS_AHEAD 8

/* Asks for the headers of the frame that is worked on soon after frame i. */
static inline void conversations_fetch(const struct conversations *c, unsigned i)
{
	const unsigned next = i + CONVERSATIONS_AHEAD < c->n ? i + CONVERSATIONS_AHEAD : i;

	__builtin_prefetch(c->frames[next].data);
	__builtin_prefetch(c->frames[next].data + 64);
}

/*
 * What goes from the server to the client. Disturbed segments come later than their neighbours, in a
 * connection's own count of segments; lost ones come once, sent again.
 */
struct disturbance {
	unsigned late_percent; /* by one to three segments */
	unsigned lost_percent; /* by CONVERSATIONS_ROUND_TRIP */
};
#define CONVERSATIONS_ROUND_TRIP 10
#define CONVERSATIONS_MSS	 1460

/*
 * Makes n connections that all run at the same time, a segment of each in turn: handshake, a request,
 * an answer of `segments` full segments of which every other one is acknowledged, FINs. False without
 * memory. conversations_free() in either case.
 */
bool conversations_make(
	struct conversations *c, unsigned n, unsigned segments, struct disturbance how);

/* Those of a capture file, whole frames of Ethernet, IPv4 and TCP. False, and why in err. */
struct pkts_error;
bool conversations_load(struct conversations *c, const char *name, struct pkts_error *err);

void conversations_free(struct conversations *c);

#ifdef __cplusplus
}
#endif

#endif
