/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the fuzzers of frames make of their input, and what they demand of a decoded packet. */
#ifndef INPUT_H
#define INPUT_H

#include "pkts_packet.h"
#include "pkts_sink.h"

/* Input starts with 4 bytes: number of the link type, bytes that the capture cut, 16 bits for the
 * fuzzer. */
#define INPUT_HEAD 4

struct input {
	uint16_t link;
	uint16_t knob; /* how to cut into segments, how large a buffer to use, ... */
	uint32_t wire;
	const uint8_t *p; /* the frame */
	uint32_t n;
};

/* The link types that the first byte counts, modulo their number. */
extern const uint16_t input_links[];

/* False if there is not even a head. */
bool input_read(struct input *in, const uint8_t *data, size_t size);

/* The first n bytes of the frame in memory of just that size; free it. */
uint8_t *input_copy(const struct input *in, uint32_t n);

/* All of the frame at data, decoded. */
struct pkts_packet input_decode(
	const struct pkts_decoder *d, const struct input *in, uint8_t *data);

/* Ends the process, with a message, unless it holds. */
#define DEMAND(condition) demand(condition, #condition, __FILE__, __LINE__)
void demand(bool holds, const char *what, const char *file, int line);

/* Nothing in a packet leaves the `readable` bytes at its data, nor the layer below; its verdict
 * fits it. */
void demand_sound(const struct pkts_packet *packet, uint32_t readable, uint32_t wire);

/*
 * Two tables of one frame that was cut into segments in two ways. SCTP chunks and options of
 * neighbour discovery are looked at as far as they are readable, so what was found in them may
 * differ.
 */
void demand_same(const struct pkts_packet *a, const struct pkts_packet *b);

/* Text that is handed over in pieces as small as the input wants it. Not for the stack. */
struct gathered {
	char text[1 << 20];
	size_t n;
	char *buf;
	struct pkts_sink sink;
};
void gather_begin(struct gathered *g, size_t cap);
void gather_end(struct gathered *g); /* all of it is there, and a NUL behind it */
void gather_free(struct gathered *g);

#endif
