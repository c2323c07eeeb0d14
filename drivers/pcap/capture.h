/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The records of a capture file in any of the pcap and pcapng formats, one after the other. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "stream.h"

#define CAPTURE_RECORD_MAX     262144u /* bytes captured of one packet; what tcpdump writes at most */
#define CAPTURE_BLOCK_MAX      (CAPTURE_RECORD_MAX * 2) /* with its options */
#define CAPTURE_INTERFACES_MAX 65536u			/* of one section */
#define CAPTURE_NAME_MAX       384u

_Static_assert(CAPTURE_BLOCK_MAX <= STREAM_WINDOW, "a block has to fit in the window");

struct record {
	const uint8_t *data; /* in the stream's window: valid until capture_take() */
	uint32_t len;	     /* bytes at data */
	uint32_t wire_len;   /* at least len */
	uint64_t time;	     /* ns since the epoch */
	bool timed;	     /* the file says when */
	uint16_t link;
	uint16_t interface; /* counted through all sections; UINT16_MAX for all above */
	uint32_t size;	    /* bytes of file that it takes */
};

/* One interface of a pcapng section: how its time stamps become nanoseconds, and its link type. */
struct capture_interface {
	uint64_t times, over; /* ns = units * times / over, or for powers of two */
	uint8_t shift;	      /* ns = units * 10^9 / 2^shift */
	bool binary;
	uint16_t link;
	uint32_t snaplen; /* 0: none */
	int64_t offset;	  /* seconds to be added */
};

struct capture {
	struct stream in;
	char name[CAPTURE_NAME_MAX]; /* for sentences: in quotes, or "standard input" */
	/* Finds the next record: 1; 0 if there is none now; -1 if there will be none. */
	int (*next)(struct capture *c, struct record *r);
	bool swapped;
	uint64_t packets; /* taken so far */
	bool ended;
	int code; /* why, as in capture_next() */
	struct pkts_error why;

	/* pcap */
	uint32_t header;   /* bytes of a record's header */
	uint32_t fraction; /* ns in a unit of the fraction of a second */
	uint8_t lengths;   /* enum: which of the two lengths comes first */
	uint16_t link;

	/* pcapng */
	struct capture_interface *interfaces; /* of this section */
	uint32_t n, room;
	uint32_t earlier; /* interfaces of the sections before; UINT16_MAX for all above */
	uint64_t skipped; /* where the block starts that was skipped last */
};

/*
 * Opens a capture ("-": standard input) and reads up to where the first link type is known.
 * 0; -EBADMSG if it is none, with a sentence that says what it seems to be; else as stream_open().
 */
int capture_open(struct capture *c, const char *name, struct pkts_error *err);
void capture_close(struct capture *c);

/*
 * 1 and the next record, which stays the next one until capture_take(); 0 if a pipe has none yet;
 * -1 when c->ended: c->code is then 0 for a clean end, -EPIPE for a file that was cut, -EBADMSG for
 * a damaged one, -ENOTSUP for one beyond a limit, -errno for one that cannot be read; c->why is the sentence.
 */
static inline int capture_next(struct capture *c, struct record *r);
static inline void capture_take(struct capture *c, const struct record *r);

/* The link type of the first interface; Ethernet if none is known yet. */
uint16_t capture_first_link(const struct capture *c);

/* For the formats: why no bytes were to be had (cut, clean end, pipe that is empty). 0 or -1. */
int capture_no_more(struct capture *c);
/* Ends the capture as damaged at the bytes that come next. -1 */
int capture_damaged(struct capture *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Ends it at the bytes that come next, for what is no fault of the file's: a limit, by its code. -1 */
int capture_refused(struct capture *c, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What the magic number at the start says; false if it is not this format's. */
bool pcap_recognise(struct capture *c, uint32_t magic);
bool pcapng_recognise(struct capture *c, uint32_t magic);
/* Reads the file's header. 0 or -1 as for records. */
int pcap_start(struct capture *c);
int pcapng_start(struct capture *c);

/* LINKTYPE_ values for those few that files hold as some system's DLT_ value. */
static inline uint16_t capture_link(uint32_t link);

static inline uint16_t capture_u16(const struct capture *c, const uint8_t *p);
static inline uint32_t capture_u32(const struct capture *c, const uint8_t *p);

/* inline definitions */

static inline int capture_next(struct capture *c, struct record *r)
{
	return PKTS_UNLIKELY(c->ended) ? -1 : c->next(c, r);
}

static inline void capture_take(struct capture *c, const struct record *r)
{
	stream_take(&c->in, r->size);
	c->packets++;
}

static inline uint16_t capture_link(uint32_t link)
{
	switch (link & 0xffff) {
	case 12: /* DLT_RAW of most systems */
	case 14: /* DLT_RAW of OpenBSD */
		return 101;
	case 11: /* DLT_ATM_RFC1483 */
		return 100;
	default:
		return (uint16_t)link;
	}
}

static inline uint16_t capture_u16(const struct capture *c, const uint8_t *p)
{
	uint16_t v;
	__builtin_memcpy(&v, p, sizeof(v));
	return c->swapped ? __builtin_bswap16(v) : v;
}

static inline uint32_t capture_u32(const struct capture *c, const uint8_t *p)
{
	uint32_t v;
	__builtin_memcpy(&v, p, sizeof(v));
	return c->swapped ? __builtin_bswap32(v) : v;
}

#endif
