/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of TCP reassembly share: pieces that are held, and where a sequence number is. */
#ifndef TCP_H
#define TCP_H

#include "pkts_tcp_seq.h"

#define NONE PKTS_RANGE_NONE
#define BASE PKTS_TCP_SEQ_BASE

/* Bits of pkts_tcp_half.slow. */
enum {
	UNSETTLED = PKTS_TCP_SEQ_SLOW_UNSETTLED,
	LENT = PKTS_TCP_SEQ_SLOW_LENT,
	FIN = PKTS_TCP_SEQ_SLOW_FIN,
	RST = PKTS_TCP_SEQ_SLOW_RST,
	ENDED = PKTS_TCP_SEQ_SLOW_ENDED,
	URGENT = PKTS_TCP_SEQ_SLOW_URGENT,
	PROBE = PKTS_TCP_SEQ_SLOW_PROBE,
	PROBE_TAKEN = PKTS_TCP_SEQ_SLOW_PROBE_TAKEN,
	ZERO_WINDOW = PKTS_TCP_SEQ_SLOW_ZERO_WINDOW,
	FLUSH = PKTS_TCP_SEQ_SLOW_FLUSH,
	SKIP = PKTS_TCP_SEQ_SLOW_SKIP,
	KEEP = PKTS_TCP_SEQ_SLOW_KEEP,
	READY = PKTS_TCP_SEQ_SLOW_READY,
};

/* pkts_tcp_half.start: what is known of the beginning. */
enum start {
	START_NOWHERE, /* nothing came */
	START_SYN,     /* a SYN; another may still turn out to be the one that counts */
	START_MIDSTREAM,
	START_SETTLED,
};

/* Bits of pkts_tcp_half.told. */
enum {
	TOLD_FIN = 1 << 0,
	TOLD_RST = 1 << 1,
	ACK_KNOWN = PKTS_TCP_SEQ_TOLD_ACK,
	URGENT_DROPPED = 1 << 3, /* the byte at `urgent` is not to be shown */
	INLINED = 1 << 4,	 /* packets are rewritten */
	IN_ROW = 1 << 5,	 /* what is held has no ranges: see tcp_row.h */
};

/* A piece that is held. It lives as long as ranges, loans or the list of SYNs refer to it. */
struct pkts_tcp_arrival {
	const uint8_t *p;
	void *owner;
	struct pkts_tcp_seq *seq;
	uint64_t start; /* place of the byte at p */
	uint32_t len, cost, refs;
	uint32_t slot;	       /* in the slab, if it is a copy; else NONE */
	uint32_t older, newer; /* of all pieces of the pool */
	uint32_t link;	       /* to the next free one, the next SYN, or the next of a row */
	uint8_t dir;
	bool listed; /* among all pieces of the pool, to be given up */
	bool kept;   /* its bytes */
};

/* tcp_slab.c: room for small copies, in three sizes; taking and giving back are O(1). */
size_t tcp_slab_memsize(uint32_t bytes);
void tcp_slab_init(struct pkts_tcp_slab *slab, void *mem, uint32_t bytes);
uint32_t tcp_slab_take(struct pkts_tcp_slab *slab, uint32_t len); /* NONE if there is none */
void tcp_slab_give(struct pkts_tcp_slab *slab, uint32_t slot);
uint8_t *tcp_slab_at(const struct pkts_tcp_slab *slab, uint32_t slot);
uint32_t tcp_slab_size(const struct pkts_tcp_slab *slab, uint32_t slot);

/* tcp_pool.c */
void tcp_note(struct pkts_tcp_seq *s, unsigned dir, enum pkts_seq_event event);
/*
 * A piece with one reference, which the caller gives back; its bytes are not kept yet. NONE if there is
 * no room, even after giving up what others hold: the event says why.
 */
uint32_t tcp_arrival_take(
	struct pkts_tcp_seq *s, unsigned dir, uint64_t start, struct pkts_piece piece);
void tcp_arrival_keep(struct pkts_tcp_seq *s, uint32_t i); /* its bytes, from now on */
void tcp_arrival_more(void *seq, uint32_t i);
void tcp_arrival_less(void *seq, uint32_t i);
/* The watch of changes that are no insertion. */
struct pkts_ranges_watch tcp_watch(struct pkts_tcp_seq *s);
/* Gives up all that the direction holds whose oldest piece has waited longest. False if nobody holds any. */
bool tcp_evict(struct pkts_tcp_pool *pool);
void tcp_drop_held(struct pkts_tcp_seq *s, unsigned dir);
void tcp_drop_syns(struct pkts_tcp_seq *s, unsigned dir);

/* tcp_row.c: before its pieces need ranges, and before they are given up. */
void tcp_row_plant(struct pkts_tcp_seq *s, unsigned dir);
void tcp_row_drop(struct pkts_tcp_seq *s, unsigned dir);

/* tcp_held.c: the ranges of a direction. */
struct pkts_range *tcp_range_at(struct pkts_tcp_seq *s, unsigned dir, uint64_t at); /* or NULL */
/* Holds what of the piece lies at `start`, which is not settled; 0 or -PKTS_ENOSPC. */
int tcp_hold(struct pkts_tcp_seq *s, unsigned dir, uint64_t start, struct pkts_piece piece);
/* Puts an arrival that exists among the ranges, over whatever is there. */
int tcp_force(struct pkts_tcp_seq *s, unsigned dir, uint64_t start, uint64_t end, uint32_t arrival);
void tcp_trim(struct pkts_tcp_seq *s, unsigned dir, uint64_t at); /* what is below */
void tcp_cut(struct pkts_tcp_seq *s, unsigned dir, uint64_t at);  /* what is not below */
/*
 * Compares bytes for [start, end) with those that are held. Returns how many differ; where `mend` is
 * given, it is made to agree. *known, if not NULL: how many were there to compare with.
 */
uint32_t tcp_compare(struct pkts_tcp_seq *s, unsigned dir, uint64_t start, uint64_t end,
	const uint8_t *p, uint8_t *mend, uint64_t *known);

/* tcp_start.c: where a stream begins. */
int tcp_syn(struct pkts_tcp_seq *s, unsigned dir, const struct pkts_tcp_segment *seg);
void tcp_answer(struct pkts_tcp_seq *s, unsigned dir, uint32_t ack, bool syn);
void tcp_settle(struct pkts_tcp_seq *s, unsigned dir);
void tcp_settle_if_due(struct pkts_tcp_seq *s, unsigned dir);

/* tcp_put.c: data at a place, with whatever the direction allows. */
int tcp_data(struct pkts_tcp_seq *s, unsigned dir, uint64_t at, struct pkts_piece piece,
	struct pkts_tcp_out *direct);

static inline struct pkts_tcp_arrival *tcp_arrival(const struct pkts_tcp_pool *pool, uint32_t i)
{
	return &pool->arrivals[i];
}

/* What is held may be what get() can hand out. */
static inline void tcp_ready(struct pkts_tcp_half *half)
{
	if (half->held.count)
		half->slow |= READY;
}

static inline uint64_t tcp_origin(const struct pkts_tcp_half *half)
{
	return BASE + (uint64_t)(int64_t)half->origin;
}

/*
 * The place of a sequence number, which is within 2^31 of the reference. Until the beginning is settled
 * that is BASE, so that no number of SYNs can move it away.
 */
static inline uint64_t tcp_at(const struct pkts_tcp_half *half, uint32_t seq)
{
	const uint64_t reference = half->slow & UNSETTLED ? BASE : half->next;
	const int32_t distance = (int32_t)(seq - half->bias - (uint32_t)reference);

	return reference + (uint64_t)(int64_t)distance;
}

/*
 * What the peer has acknowledged is kept while it is ahead. 2^31 bytes behind, its number would look as
 * if it were that again.
 */
static inline void tcp_pass_ack(struct pkts_tcp_half *half)
{
	if (half->told & ACK_KNOWN && !(half->slow & KEEP) &&
		tcp_at(half, half->acked) <= half->next)
		half->told &= (uint8_t)~ACK_KNOWN;
}

/* A limit says that it is time to go on behind the gap. */
static inline bool tcp_too_much_waits(
	const struct pkts_tcp_conf *conf, const struct pkts_tcp_half *half)
{
	if (!(conf->gap & PKTS_TCP_GAP_LIMIT))
		return false;
	return half->held.covered - half->past > conf->gap_bytes ||
	       half->overlaps > conf->gap_overlaps ||
	       (!(half->slow & KEEP) && half->segments > conf->gap_segments);
}

/* The place behind the last byte that is followed. */
static inline uint64_t tcp_limit(const struct pkts_tcp_seq *s, const struct pkts_tcp_half *half)
{
	const uint64_t depth = s->pool->conf.depth, origin = tcp_origin(half);

	return depth > UINT64_MAX - origin ? UINT64_MAX : origin + depth;
}

#endif
