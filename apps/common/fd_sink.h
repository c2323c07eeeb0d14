/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A sink whose text goes to a file descriptor, in large writes. */
#ifndef FD_SINK_H
#define FD_SINK_H

#include "pkts_sink.h"

#define FD_SINK_SIZE (128u << 10)

struct fd_sink {
	struct pkts_sink sink; /* put text here */
	int fd;
	int code;    /* the first failed write, negative errno; what comes behind it is dropped */
	bool prompt; /* no regular file: someone may wait for what is in the buffer */
	char buf[FD_SINK_SIZE];
};

/* Does not take over fd. */
void fd_sink_init(struct fd_sink *s, int fd);

/* Writes out what is pending. 0, or the first failure since fd_sink_init(). */
int fd_sink_flush(struct fd_sink *s);

/*
 * For the sink on standard output: writes out what is pending and closes it. False if not all could
 * be written, and the user has been told; a reader that went away is no failure.
 */
bool fd_sink_finish(struct fd_sink *s);

#endif
