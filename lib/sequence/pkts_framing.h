/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Messages out of a stream of bytes, for protocols that say how long a message is: all that they have
 * to bring is a function that reads a message's length. A message that lies in one span is handed out
 * where it is; one that spans several is put together in the caller's buffer.
 */
#ifndef PKTS_FRAMING_H
#define PKTS_FRAMING_H

#include "pkts_errno.h"
#include "pkts_seq_event.h"
#include "pkts_span.h"

#define PKTS_FRAMING_MORE 0  /* not enough bytes to tell */
#define PKTS_FRAMING_BAD  -1 /* no message begins like that */

/*
 * How many bytes the message has that begins at p, header and all: n of them are there, 1 at least,
 * and it may have more; or one of the above. It looks at nothing but these bytes and ctx.
 */
typedef int64_t pkts_framing_length_fn(const void *ctx, const uint8_t *p, uint32_t n);

/*
 * Where the next message may begin, in n bytes of which nothing is known: an offset from p, or n if
 * they are to be dropped. What it finds is tried; if that is no message, it is asked again, from the
 * byte behind on.
 */
typedef uint32_t pkts_framing_resync_fn(const void *ctx, const uint8_t *p, uint32_t n);

/* What to do about a message longer than allowed. */
enum pkts_framing_long {
	PKTS_FRAMING_SKIP, /* pass over it: it is told as a gap */
	PKTS_FRAMING_STOP, /* as if it were no message, without a resync */
};

struct pkts_framing_conf {
	pkts_framing_length_fn *length;
	const void *length_ctx;
	pkts_framing_resync_fn
		*resync; /* behind a gap, or bytes that are no message; NULL: stop there */
	const void *resync_ctx;
	uint32_t max_message; /* bytes; 0: what the buffer holds */
	enum pkts_framing_long too_long;
};

/* One direction of a stream. The memory is the caller's. Every member is private. */
struct pkts_framing {
	struct pkts_framing_conf conf;
	uint8_t *buf;
	uint32_t cap, at, n; /* bytes in the buffer: n, from `at` on */
	uint32_t lent;	     /* of them with the caller */
	uint32_t need;	     /* bytes of the message in the buffer; 0: not known */
	struct pkts_span span;
	uint64_t offset; /* of the next byte */
	uint64_t lost;	 /* bytes before it that were dropped and not yet told */
	uint64_t skip;	 /* bytes from it on that are to be dropped */
	bool pending;	 /* get has something to say, if only that there is nothing */
	bool searching, stopped, stopping;
	uint32_t *events;
};

enum pkts_framed_kind {
	PKTS_FRAMED_MESSAGE,
	PKTS_FRAMED_GAP, /* len bytes from offset on are part of no message handed out */
};

struct pkts_framed {
	enum pkts_framed_kind kind;
	const uint8_t *p; /* borrowed until the next call; GAP: NULL */
	uint64_t len;	  /* of a message, no more than max_message */
	uint64_t offset;  /* in the stream, gaps counted */
};

/*
 * A stream at its beginning. buf: room for cap bytes, where messages are put together, the caller's
 * until it uses the stream no longer. events: NULL, or PKTS_SEQ_EVENT_MAX counters. 0; -PKTS_EINVAL
 * without length or buffer, or if max_message is above cap.
 */
int pkts_framing_init(struct pkts_framing *f, const struct pkts_framing_conf *conf, uint8_t *buf,
	uint32_t cap, uint32_t *events);

/*
 * Puts the stream's next bytes. They are borrowed until get says that there is no more; -PKTS_EAGAIN,
 * and nothing is taken, as long as it has not.
 */
int pkts_framing_put(struct pkts_framing *f, struct pkts_span span);

/*
 * The same with a copy of the bytes, at any time. -PKTS_EAGAIN, and nothing is taken, if they do not
 * fit into the buffer together with what was not fetched.
 */
int pkts_framing_keep(struct pkts_framing *f, struct pkts_span span);

/*
 * The stream's next len bytes never came. If all of them are of the message under way, that is lost
 * and the next one is found; else it takes a resync. -PKTS_EAGAIN as put.
 */
int pkts_framing_gap(struct pkts_framing *f, uint64_t len);

/* The stream has ended: what is there of a message will not be one. -PKTS_EAGAIN as put. */
int pkts_framing_flush(struct pkts_framing *f);

/*
 * The next message or gap, in the order of the stream. 0; -PKTS_EAGAIN if there is none yet;
 * -PKTS_EBADMSG once, when bytes are no message (or too long a one) and the configuration says to
 * stop. After that all is dropped, and told as gaps.
 */
int pkts_framing_get(struct pkts_framing *f, struct pkts_framed *out);

/* Lengths of some protocols. ctx is NULL where nothing else is said. */

/* TLS records (RFC 8446 5.1, RFC 5246 6.2.1). */
int64_t pkts_framing_tls(const void *ctx, const uint8_t *p, uint32_t n);

/* Diameter messages (RFC 6733 3). */
int64_t pkts_framing_diameter(const void *ctx, const uint8_t *p, uint32_t n);

/*
 * PostgreSQL messages, protocol 3.0 of either side: a type and a length; or a length alone in what a
 * client sends first (start-up, SSL, GSS and cancel requests), which begins with a 0 as no type does.
 * The single byte with which a server answers an SSL or GSS request is no message: pass over it.
 */
int64_t pkts_framing_postgresql(const void *ctx, const uint8_t *p, uint32_t n);

/* A length at the beginning, of which ctx says how it is written. */
struct pkts_framing_prefix {
	uint8_t width; /* 1, 2, 4 or 8 bytes */
	bool little;   /* least significant byte first */
	int32_t adjust; /* what is to be added for the bytes of the whole message: width, or 0, ... */
};
int64_t pkts_framing_prefix(const void *prefix, const uint8_t *p, uint32_t n);

#endif
