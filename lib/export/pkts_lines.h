/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A sink that hands on whole lines: to a file, or to whoever listens on a UNIX or TCP socket. A
 * line that does not fit is dropped whole and counted; what arrives is never cut or joined. Put a
 * record and end it:
 *
 *	pkts_eve_flow(pkts_lines_sink(lines), &record);
 *	pkts_lines_end(lines, now);
 *
 * Files are appended to, in writes of whole lines, and a file that a log rotation has moved is
 * opened anew with pkts_lines_reopen(). Sockets are never waited for: what a slow peer leaves
 * unread stays in the buffer until that is full, then lines are dropped. A connection that broke is
 * made again `retry` later, and goes on with the first line that was not handed over whole; lines
 * that the kernel had taken are gone. No call raises SIGPIPE. Not safe to use from two threads at
 * once.
 */
#ifndef PKTS_LINES_H
#define PKTS_LINES_H

#include "pkts_error.h"
#include "pkts_sink.h"

#define PKTS_LINE_MAX (16u << 10) /* bytes of a line, LF included */

struct pkts_lines; /* on the heap */

struct pkts_lines_options {
	size_t size;	   /* of the buffer: at least two lines of PKTS_LINE_MAX; 0: 1 MiB */
	uint64_t retry_ns; /* sockets; 0: 1 s */
};

struct pkts_lines_counts {
	uint64_t lines;	   /* that were put and not dropped */
	uint64_t dropped;  /* for want of room: the peer is slow or away, the disk is full */
	uint64_t too_long; /* longer than PKTS_LINE_MAX: dropped too */
	uint64_t errors;   /* failed writes and connections */
	uint64_t connects; /* sockets: connections that were made */
};

/*
 * where: "unix:PATH" (a stream socket), "tcp:HOST:PORT", or the name of a file, which may also be
 * written "file:PATH". HOST as in pkts_ipfix_sender.h. Files are made with mode 0640 and must be
 * regular or character devices. options may be NULL. 0, and *l is the caller's to close; or a
 * negative errno value, and err says why. A peer that is not there yet is no failure.
 */
int pkts_lines_open(struct pkts_lines **l, const char *where,
	const struct pkts_lines_options *options, struct pkts_error *err);

/* Where a line is put. It has no flush function: pkts_lines_end() is what moves text on. */
struct pkts_sink *pkts_lines_sink(struct pkts_lines *l);

/*
 * What was put since the last call is a line, its LF included (or several, which then stay
 * together). now: ns of any clock that does not go back. 0; -ENOSPC: it was dropped; -EMSGSIZE:
 * dropped, too long.
 */
int pkts_lines_end(struct pkts_lines *l, uint64_t now);

/*
 * Writes what is there, and makes connections. pkts_lines_end() does so by itself when a quarter of
 * the buffer is full; call this one about once a second and at the end. 0; -EAGAIN: something is
 * left; else the negative errno value of what failed, and something is left.
 */
int pkts_lines_flush(struct pkts_lines *l, uint64_t now);

/*
 * Files: opens the name anew, after writing what is there to the old one (for SIGHUP; the signal is
 * the program's). Sockets: closes the connection, and makes a new one. 0, or a negative errno
 * value; then err says why and the old file stays in use.
 */
int pkts_lines_reopen(struct pkts_lines *l, uint64_t now, struct pkts_error *err);

struct pkts_lines_counts pkts_lines_counts(const struct pkts_lines *l);

/* What has not been written by then is dropped and counted nowhere: flush first. l may be NULL. */
void pkts_lines_close(struct pkts_lines *l);

#endif
