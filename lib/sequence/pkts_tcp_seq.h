/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * TCP: segments in, both directions of a connection out as streams of bytes (RFC 9293 3.4, 3.10.7.4).
 *
 * Bytes that come in order go straight through: what get hands out is the caller's own memory, nothing
 * is held and nothing copied. What comes out of order is held by reference until the bytes before it
 * are there; where pieces that are held overlap, the policy of the receiving system decides. Bytes
 * that get has handed out are settled: nothing replaces them.
 *
 * What a segment may do at all is Session's business: checksums, timestamps, resets by the rules of one
 * system. Give this file only segments that the receiver accepts.
 *
 * Not for two threads at once: a pool and its connections belong to one shard.
 */
#ifndef PKTS_TCP_SEQ_H
#define PKTS_TCP_SEQ_H

#include "pkts_hold.h"
#include "pkts_overlap.h"
#include "pkts_seq_event.h"
#include "pkts_tcp.h"

/* What to do about a byte that the urgent pointer names: the one before where it points (RFC 6093). */
enum pkts_tcp_urgent {
	PKTS_TCP_URGENT_OOB,	/* it is no part of the stream; get() hands it out by itself */
	PKTS_TCP_URGENT_INLINE, /* a byte like others */
	PKTS_TCP_URGENT_DROP,	/* as OOB, but get() only says where it was */
};

/* When to go on behind bytes that have not come; may be added up. Flushing always does. */
enum {
	PKTS_TCP_GAP_LIMIT =
		1, /* when gap_bytes, gap_segments, gap_overlaps or gap_ns is exceeded */
	PKTS_TCP_GAP_ACK =
		2, /* when the peer has acknowledged all of them, and some are held behind */
	PKTS_TCP_GAP_WAIT = 4, /* never: of limits, only those of memory count */
};

/* What data on a SYN are (RFC 7413). */
enum pkts_tcp_syn_data {
	PKTS_TCP_SYN_DATA_ACKED, /* what the answer to the SYN acknowledges of them */
	PKTS_TCP_SYN_DATA_TAKE,	 /* data like others */
	PKTS_TCP_SYN_DATA_IGNORE,
};

/* All zero: the defaults, meant for live traffic. They stand behind the colons. */
struct pkts_tcp_conf {
	struct pkts_hold hold;
	/* of all connections together. Beyond: the direction whose oldest piece has waited longest loses
	 * all that it holds (EVICTED, a gap later). */
	uint32_t max_segments; /* pieces held: 65,536 */
	uint64_t max_bytes;    /* memory that they pin, as their cost says: 64 MiB */
	uint32_t slab_bytes;   /* memory for copies of small pieces that pin large buffers: 1 MiB */
	/* of one direction. Beyond: what comes is refused (LIMIT_PIECES, LIMIT_BYTES, a gap later). */
	uint32_t max_segments_each; /* 4,096 */
	uint32_t max_bytes_each;    /* 4 MiB */

	uint64_t depth; /* bytes of a direction that are followed: all */
	uint32_t
		window; /* how far ahead of the next byte a segment may be: 2^30, TCP's own limit */

	uint32_t gap;	       /* PKTS_TCP_GAP_*: LIMIT and ACK */
	uint32_t gap_segments; /* held behind a gap: 1,024 */
	uint32_t gap_bytes;    /* held behind a gap: 1 MiB */
	uint32_t gap_overlaps; /* pieces that pieces met there: 16,384 */
	uint64_t gap_ns; /* since the first piece behind the gap: 5 s, in steps of about 1 ms */

	/*
	 * A stream whose beginning was not seen starts at the first segment's number, yet bytes from
	 * before may still come. Nothing is handed out until the peer acknowledges what is there, until
	 * so many pieces or bytes are held, or gap_ns have passed.
	 */
	uint32_t midstream_segments; /* 3; 1: at once */
	uint32_t midstream_bytes;    /* 16 KiB */
	/*
	 * Only flushing counts, or half of a limit of memory. Then a SYN that comes behind data changes
	 * nothing, and the first data behind a SYN may lie before its number.
	 */
	bool midstream_flush;

	enum pkts_tcp_urgent urgent;
	uint16_t urgent_max;		    /* urgent bytes in a direction before ... : no limit */
	enum pkts_tcp_urgent urgent_beyond; /* ... this holds for further ones */
	enum pkts_tcp_syn_data syn_data;

	/*
	 * Keep bytes that were handed out until the peer acknowledges them: without that
	 * RETRANSMIT_DIFF cannot be told, and pkts_tcp_seq_inline() cannot work. Then everything is held.
	 */
	bool keep_delivered;
	bool past_end; /* FIN and RST are handed out, and the stream goes on for all that */
};

struct pkts_tcp_arrival;
struct pkts_tcp_slab_page;

struct pkts_tcp_slab {
	uint8_t *bytes;
	struct pkts_tcp_slab_page *pages;
	uint32_t n, free, partial[3];
};

/* What the connections of a shard share. Read, and leave the writing to the functions. */
struct pkts_tcp_pool {
	struct pkts_tcp_conf conf; /* as it holds: zeros replaced by defaults */
	uint64_t bytes;		   /* pinned now */
	uint64_t bytes_most;	   /* pinned at most, so far */
	uint32_t segments;	   /* pieces held now */
	uint32_t segments_most;
	uint64_t counts[PKTS_SEQ_EVENT_MAX]; /* of all connections, ended ones too */
	struct pkts_range_pool ranges;	     /* .steps: what all the calls cost */
	struct pkts_tcp_slab slab;
	struct pkts_tcp_arrival *arrivals;
	uint32_t free, fresh, oldest, newest; /* fresh: never used, as all behind it */
};

/* One direction of a connection. Private, but for the events. */
struct pkts_tcp_half {
	uint64_t next;	 /* the next byte's place; the first segment's is PKTS_TCP_SEQ_BASE */
	uint64_t events; /* bit n: enum pkts_seq_event n happened */
	struct pkts_ranges held;
	uint32_t bias;	   /* sequence number = place + bias */
	int32_t origin;	   /* the place of offset 0, less PKTS_TCP_SEQ_BASE */
	uint32_t since;	   /* when the first piece behind the gap came; 0: unknown */
	uint32_t lent;	   /* the arrival that get() lent out */
	uint32_t segments; /* arrivals */
	uint32_t pinned;   /* bytes */
	uint32_t past;	   /* bytes that are kept although they were handed out */
	uint32_t overlaps; /* since the gap began */
	uint32_t acked;	   /* sequence numbers: the highest that the peer acknowledged */
	uint32_t fin;
	uint32_t urgent;
	uint32_t syns; /* arrivals of SYNs that are not answered yet */
	uint16_t slow; /* why the short road is closed: PKTS_TCP_SEQ_SLOW_* */
	uint16_t urgents;
	uint8_t start;
	uint8_t policy; /* enum pkts_tcp_policy */
	uint8_t probe;	/* the byte of a zero-window probe */
	uint8_t told;
};

/*
 * A connection. While it holds pieces it must stay where it is in memory. counts may be set between
 * init and the first put: two arrays of PKTS_SEQ_EVENT_MAX, in which each direction's events are added
 * up.
 */
struct pkts_tcp_seq {
	struct pkts_tcp_pool *pool;
	uint32_t (*counts)[PKTS_SEQ_EVENT_MAX];
	struct pkts_tcp_half half[2];
};
_Static_assert(sizeof(struct pkts_tcp_seq) <= 192, "three cache lines a connection");

/* A segment, in host byte order. */
struct pkts_tcp_segment {
	struct pkts_piece piece; /* its data, in one piece */
	uint32_t seq, ack;
	uint16_t flags; /* PKTS_TCP_FIN and others */
	uint16_t window;
	uint16_t urgent;
};

/* What get hands out. The offset counts bytes of sequence space, gaps and urgent bytes too; 0 is the
 * byte behind the SYN, or the first one that was there when the stream's beginning was settled. */
enum pkts_tcp_kind {
	PKTS_TCP_SEQ_NOTHING, /* for now, or for ever */
	PKTS_TCP_SEQ_DATA,    /* len bytes at p */
	PKTS_TCP_SEQ_GAP,     /* len bytes never came, or could not be held */
	PKTS_TCP_SEQ_URGENT,  /* the urgent byte is at p (OOB), or p is NULL (DROP); len is 1 */
	PKTS_TCP_SEQ_FIN,     /* the end, once */
	PKTS_TCP_SEQ_RST,     /* the end, once; what was held behind a gap is lost */
};

struct pkts_tcp_out {
	uint64_t offset, len;
	const uint8_t *p;
};

/* Memory that a pool needs, and a pool in it; mem aligned for uint64_t. NULL if size is too small. */
size_t pkts_tcp_pool_memsize(const struct pkts_tcp_conf *conf);
struct pkts_tcp_pool *pkts_tcp_pool_init(void *mem, size_t size, const struct pkts_tcp_conf *conf);

/* to: the policy of the system that receives what direction 0 sends, and of the one behind direction 1. */
void pkts_tcp_seq_init(struct pkts_tcp_seq *s, struct pkts_tcp_pool *pool,
	enum pkts_tcp_policy to_second, enum pkts_tcp_policy to_first);

/* Lets go of everything that is held. What was not handed out is lost: flush and get it before. */
void pkts_tcp_seq_fini(struct pkts_tcp_seq *s);

/*
 * Takes a segment that direction dir (0, 1) sends; keeps its data by reference, or a copy if they are
 * small. now_ns: any clock, never backwards. What get() handed out of this connection is no longer
 * borrowed. The ACK in it may make something of the other direction ready. 0; else nothing of its data
 * is kept: -PKTS_ERANGE: too far away; -PKTS_ENOSPC: a limit.
 */
int pkts_tcp_seq_put(
	struct pkts_tcp_seq *s, unsigned dir, const struct pkts_tcp_segment *seg, uint64_t now_ns);

/*
 * The next thing of direction dir; call it until it says NOTHING. What p points to is borrowed until
 * the next call for this connection.
 */
PKTS_INLINE enum pkts_tcp_kind pkts_tcp_seq_get(
	struct pkts_tcp_seq *s, unsigned dir, struct pkts_tcp_out *out);

/*
 * put and get in one. Data in order, with nothing waiting before them, come back as the caller's own
 * bytes: not held, not copied, and no limit can refuse them. More may be waiting: call get().
 */
PKTS_INLINE enum pkts_tcp_kind pkts_tcp_seq_put_get(struct pkts_tcp_seq *s, unsigned dir,
	const struct pkts_tcp_segment *seg, uint64_t now_ns, struct pkts_tcp_out *out);

/*
 * put() for whoever passes the packet on: what the receiver gets is what get() hands out, whatever its
 * policy. Bytes that were seen before, and are not acknowledged yet, win; `data`, which is seg->piece.p
 * to be written to, is changed to agree. Only with keep_delivered, and packets must be dropped as the
 * answer says. Returns how many bytes were changed: the checksum is to be mended if it is not 0. Or,
 * the packet is to be dropped: -PKTS_EBADMSG: it has bytes that were passed over (a gap, a limit of
 * memory), so that nobody knows what was there; -PKTS_ERANGE, -PKTS_ENOSPC: as put(); -PKTS_EINVAL: no
 * keep_delivered.
 */
int pkts_tcp_seq_inline(struct pkts_tcp_seq *s, unsigned dir, const struct pkts_tcp_segment *seg,
	uint8_t *data, uint64_t now_ns);

/*
 * The end of the capture, or of patience, for one direction: until get() says NOTHING, it hands out all
 * that is held, with GAPs between. A gap behind the last data is told only if a FIN shows it.
 */
void pkts_tcp_seq_flush(struct pkts_tcp_seq *s, unsigned dir);

/*
 * Lets time pass, for gap_ns: which is looked at here, and when a segment comes that is not simply the next
 * one. get() of both directions then.
 */
void pkts_tcp_seq_tick(struct pkts_tcp_seq *s, uint64_t now_ns);

/* Did the event happen in this direction? */
PKTS_INLINE bool pkts_tcp_seq_saw(
	const struct pkts_tcp_seq *s, unsigned dir, enum pkts_seq_event event);

/* The segment of a checked header, with its payload. */
PKTS_INLINE struct pkts_tcp_segment pkts_tcp_segment_of(
	struct pkts_tcp tcp, struct pkts_piece payload);

/* What pkts_tcp_seq_get() and _put_get() do where there is more to it. */
enum pkts_tcp_kind pkts_tcp_seq_get_held(
	struct pkts_tcp_seq *s, unsigned dir, struct pkts_tcp_out *out);
enum pkts_tcp_kind pkts_tcp_seq_put_get_apart(struct pkts_tcp_seq *s, unsigned dir,
	const struct pkts_tcp_segment *seg, uint64_t now_ns, struct pkts_tcp_out *out);
enum pkts_tcp_kind pkts_tcp_seq_put_get_any(struct pkts_tcp_seq *s, unsigned dir,
	const struct pkts_tcp_segment *seg, uint64_t now_ns, struct pkts_tcp_out *out);

/* inline definitions */

#define PKTS_TCP_SEQ_BASE (UINT64_C(1) << 32)

enum {
	PKTS_TCP_SEQ_SLOW_UNSETTLED = 1 << 0, /* it is not known where the stream begins */
	PKTS_TCP_SEQ_SLOW_LENT = 1 << 1,
	PKTS_TCP_SEQ_SLOW_FIN = 1 << 2, /* `fin` is known and not handed out */
	PKTS_TCP_SEQ_SLOW_RST = 1 << 3,
	PKTS_TCP_SEQ_SLOW_ENDED = 1 << 4,
	PKTS_TCP_SEQ_SLOW_URGENT = 1 << 5, /* `urgent` is ahead */
	PKTS_TCP_SEQ_SLOW_PROBE = 1 << 6,
	PKTS_TCP_SEQ_SLOW_PROBE_TAKEN = 1 << 7,
	PKTS_TCP_SEQ_SLOW_ZERO_WINDOW = 1 << 8, /* the receiver's */
	PKTS_TCP_SEQ_SLOW_FLUSH = 1 << 9,
	PKTS_TCP_SEQ_SLOW_SKIP = 1 << 10,  /* the gap has lasted too long */
	PKTS_TCP_SEQ_SLOW_KEEP = 1 << 11,  /* keep_delivered */
	PKTS_TCP_SEQ_SLOW_READY = 1 << 12, /* get() has to look at what is held */
};

#define PKTS_TCP_SEQ_TOLD_ACK (1 << 2) /* of `told`: `acked` is known, and matters */

/* &s->half[dir] would be worked out anew at each use. */
PKTS_INLINE struct pkts_tcp_half *pkts_tcp_seq_half(struct pkts_tcp_seq *s, unsigned dir)
{
	return s->half + dir;
}

PKTS_INLINE enum pkts_tcp_kind pkts_tcp_seq_get(
	struct pkts_tcp_seq *s, unsigned dir, struct pkts_tcp_out *out)
{
	if (PKTS_LIKELY(!s->half[dir].slow))
		return PKTS_TCP_SEQ_NOTHING;
	return pkts_tcp_seq_get_held(s, dir, out);
}

/* Does the ACK tell nothing that matters: nothing new, or only of bytes that were handed out? */
PKTS_INLINE bool pkts_tcp_seq_ack_is_dull(const struct pkts_tcp_half *peer, uint32_t ack)
{
	return ack == peer->acked ||
	       (!(peer->slow & PKTS_TCP_SEQ_SLOW_UNSETTLED) &&
		       (int32_t)(ack - (uint32_t)peer->next - peer->bias) <= 0);
}

PKTS_INLINE enum pkts_tcp_kind pkts_tcp_seq_put_get(struct pkts_tcp_seq *s, unsigned dir,
	const struct pkts_tcp_segment *seg, uint64_t now_ns, struct pkts_tcp_out *out)
{
	const unsigned telling =
		PKTS_TCP_FIN | PKTS_TCP_SYN | PKTS_TCP_RST | PKTS_TCP_URG | PKTS_TCP_ACK;
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const struct pkts_tcp_half *const peer = pkts_tcp_seq_half(s, !dir);
	const uint64_t offset = half->next - PKTS_TCP_SEQ_BASE - (uint64_t)(int64_t)half->origin;
	const uint32_t len = seg->piece.len;
	const bool plain = (seg->flags & telling) == PKTS_TCP_ACK && seg->window;
	const bool next = seg->seq == (uint32_t)half->next + half->bias;

	if (PKTS_UNLIKELY(!plain || half->slow | (peer->slow & PKTS_TCP_SEQ_SLOW_ZERO_WINDOW) ||
			  !pkts_tcp_seq_ack_is_dull(peer, seg->ack) ||
			  len > s->pool->conf.depth - offset))
		return pkts_tcp_seq_put_get_any(s, dir, seg, now_ns, out);
	if (PKTS_UNLIKELY(!next || half->held.count | (half->told & PKTS_TCP_SEQ_TOLD_ACK)))
		return pkts_tcp_seq_put_get_apart(s, dir, seg, now_ns, out);
	half->next += len;
	*out = (struct pkts_tcp_out){offset, len, seg->piece.p};
	return len ? PKTS_TCP_SEQ_DATA : PKTS_TCP_SEQ_NOTHING;
}

PKTS_INLINE bool pkts_tcp_seq_saw(
	const struct pkts_tcp_seq *s, unsigned dir, enum pkts_seq_event event)
{
	return s->half[dir].events >> event & 1;
}

PKTS_INLINE struct pkts_tcp_segment pkts_tcp_segment_of(
	struct pkts_tcp tcp, struct pkts_piece payload)
{
	return (struct pkts_tcp_segment){.piece = payload,
		.seq = pkts_tcp_seq(tcp),
		.ack = pkts_tcp_ack(tcp),
		.flags = pkts_tcp_flags(tcp),
		.window = pkts_tcp_window(tcp),
		.urgent = pkts_tcp_urgent(tcp)};
}

#endif
