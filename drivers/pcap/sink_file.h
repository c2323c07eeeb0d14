/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A file that is written in large pieces, compressed or not. The first failure is kept. */
#ifndef SINK_FILE_H
#define SINK_FILE_H

#include <zlib.h>

#include "pkts_base.h"
#include "pkts_error.h"

#define SINK_FILE_SIZE (1u << 20)

struct sink_file {
	int fd;
	int code; /* the first failure, negative errno */
	bool gzip, prompt;
	size_t n;	  /* bytes in buf */
	uint64_t written; /* plain bytes given to the file or to zlib */
	uint8_t *buf;
	uint8_t *packed; /* where zlib puts its output */
	z_stream z;
};

/* 0 or -errno. prompt is set for what is no regular file: someone may be waiting at the other end.
 */
int sink_file_open(struct sink_file *s, const char *name, bool gzip, struct pkts_error *err);

/* Room for n bytes (at most SINK_FILE_SIZE) that the caller fills in at once; NULL after a failure.
 */
static inline uint8_t *sink_file_room(struct sink_file *s, size_t n);

/* Hands what has been put so far to the file. 0 or -errno. */
int sink_file_flush(struct sink_file *s);

/* Flushes and closes. 0, or the first failure since sink_file_open(). */
int sink_file_close(struct sink_file *s);

/* inline definitions */

static inline uint8_t *sink_file_room(struct sink_file *s, size_t n)
{
	if (PKTS_UNLIKELY(n > SINK_FILE_SIZE - s->n))
		sink_file_flush(s);
	if (PKTS_UNLIKELY(s->code))
		return NULL;
	s->n += n;
	return s->buf + s->n - n;
}

#endif
