/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A file, pipe or gzip file as a window of plain bytes that only moves forward. */
#ifndef STREAM_H
#define STREAM_H

#include <sys/types.h>
#include <zlib.h>

#include "pkts_base.h"
#include "pkts_error.h"

/* What can be peeked at once. Larger than any record, small enough to stay in a core's own cache.
 */
#define STREAM_WINDOW (1u << 20)

enum stream_state {
	STREAM_READY,
	STREAM_AGAIN, /* a pipe that has nothing more now */
	STREAM_END,   /* the end; cut says whether compressed data ended before its own end */
	STREAM_ERROR, /* code is the negative errno, or -EBADMSG for damaged compressed data */
};

struct stream {
	int fd;
	bool regular; /* a file on a disk: reading it never waits */
	bool patient; /* wait for a pipe's bytes instead of STREAM_AGAIN */
	bool gzip;
	bool gzip_idle; /* between two members of a gzip file */
	bool raw_end;
	bool cut;
	enum stream_state state;
	int code;
	uint8_t *window;
	size_t start, end; /* of the bytes in the window */
	uint64_t offset;   /* of window[start] in the plain bytes */
	uint64_t skip;	   /* bytes yet to come that are to be thrown away */
	uint64_t raw_done, raw_size;
	uint8_t *raw; /* compressed bytes */
	z_stream z;
};

/*
 * Opens the file, "-" for standard input, and waits for its first bytes. On failure nothing stays
 * open. 0; -errno of open() or read(); -EISDIR; -ENOMEM.
 */
int stream_open(struct stream *s, const char *name, struct pkts_error *err);
void stream_close(struct stream *s);

/*
 * The next n bytes (at most STREAM_WINDOW) without taking them, valid until the next call. NULL if
 * there are not so many, and s->state says why.
 */
static inline const uint8_t *stream_peek(struct stream *s, size_t n);

/* How many bytes are left in the window, for telling a clean end from a cut one. */
static inline size_t stream_held(const struct stream *s);

/* Takes n bytes: ones that were peeked, or ones that have not been read yet. */
static inline void stream_take(struct stream *s, uint64_t n);

/* The slow path of stream_peek(). */
const uint8_t *stream_fill(struct stream *s, size_t n);

/* inline definitions */

static inline size_t stream_held(const struct stream *s)
{
	return s->end - s->start;
}

static inline const uint8_t *stream_peek(struct stream *s, size_t n)
{
	return PKTS_LIKELY(stream_held(s) >= n) ? s->window + s->start : stream_fill(s, n);
}

static inline void stream_take(struct stream *s, uint64_t n)
{
	const size_t held = PKTS_MIN(n, stream_held(s));
	s->offset += n;
	s->start += held;
	s->skip += n - held;
}

#endif
