/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The life of a piece that is held. It is inline because it is most of what a segment behind a gap costs. */
#ifndef TCP_ARRIVAL_H
#define TCP_ARRIVAL_H

#include "free_list.h"
#include "tcp.h"

/* Would pinning that much leave every limit alone? */
PKTS_INLINE bool tcp_arrival_fits(
	const struct pkts_tcp_pool *pool, const struct pkts_tcp_half *half, uint32_t cost)
{
	return pool->free != NONE && pool->bytes + cost <= pool->conf.max_bytes &&
	       half->segments < pool->conf.max_segments_each &&
	       (uint64_t)half->pinned + cost <= pool->conf.max_bytes_each;
}

PKTS_INLINE void tcp_account(struct pkts_tcp_pool *pool, struct pkts_tcp_half *half, uint32_t cost)
{
	pool->bytes += cost;
	pool->segments++;
	half->pinned += cost;
	half->segments++;
	if (pool->bytes > pool->bytes_most)
		pool->bytes_most = pool->bytes;
	if (pool->segments > pool->segments_most)
		pool->segments_most = pool->segments;
}

/* A new one, with one reference; there is a free one. */
PKTS_INLINE uint32_t tcp_arrival_new(struct pkts_tcp_seq *s, unsigned dir, uint64_t start,
	const struct pkts_piece *piece, uint32_t cost, uint32_t slot)
{
	struct pkts_tcp_pool *const pool = s->pool;
	const uint32_t i = pool->free;
	struct pkts_tcp_arrival *const a = tcp_arrival(pool, i);

	pool->free = free_list_next(i, &a->link, &pool->fresh, pool->conf.max_segments);
	*a = (struct pkts_tcp_arrival){.p = piece->p,
		.owner = piece->owner,
		.seq = s,
		.start = start,
		.len = piece->len,
		.cost = cost,
		.refs = 1,
		.slot = slot,
		.link = NONE,
		.dir = (uint8_t)dir};
	tcp_account(pool, pkts_tcp_seq_half(s, dir), cost);
	return i;
}

PKTS_INLINE void tcp_arrival_list(struct pkts_tcp_pool *pool, uint32_t i)
{
	struct pkts_tcp_arrival *const a = tcp_arrival(pool, i);

	a->listed = true;
	a->older = pool->newest;
	a->newer = NONE;
	*(a->older == NONE ? &pool->oldest : &tcp_arrival(pool, a->older)->newer) = i;
	pool->newest = i;
}

PKTS_INLINE void tcp_arrival_unlist(struct pkts_tcp_pool *pool, uint32_t i)
{
	struct pkts_tcp_arrival *const a = tcp_arrival(pool, i);

	if (!a->listed)
		return;
	a->listed = false;
	*(a->older == NONE ? &pool->oldest : &tcp_arrival(pool, a->older)->newer) = a->newer;
	*(a->newer == NONE ? &pool->newest : &tcp_arrival(pool, a->newer)->older) = a->older;
}

/* As tcp_arrival_keep() for what is not to be copied. */
PKTS_INLINE void tcp_arrival_keep_whole(struct pkts_tcp_seq *s, uint32_t i)
{
	const struct pkts_hold *const hold = &s->pool->conf.hold;
	struct pkts_tcp_arrival *const a = tcp_arrival(s->pool, i);

	a->kept = true;
	tcp_arrival_list(s->pool, i);
	if (hold->hold && a->len)
		hold->hold(hold->ctx, a->owner);
}

PKTS_INLINE void tcp_arrival_let_go(struct pkts_tcp_seq *s, uint32_t i)
{
	struct pkts_tcp_pool *const pool = s->pool;
	const struct pkts_hold *const hold = &pool->conf.hold;
	struct pkts_tcp_arrival *const a = tcp_arrival(pool, i);

	if (a->slot != NONE)
		tcp_slab_give(&pool->slab, a->slot);
	else if (a->kept && hold->release && a->len)
		hold->release(hold->ctx, a->owner);
	tcp_arrival_unlist(pool, i);
	pool->bytes -= a->cost;
	pool->segments--;
	s->half[a->dir].pinned -= a->cost;
	s->half[a->dir].segments--;
	a->link = pool->free;
	pool->free = i;
}

/* Ends the loan of what get() handed out. */
PKTS_INLINE void tcp_give_back(struct pkts_tcp_seq *s, unsigned dir)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const uint32_t i = half->lent;

	if (!(half->slow & LENT))
		return;
	half->slow &= (uint16_t)~LENT;
	half->lent = NONE;
	if (!--tcp_arrival(s->pool, i)->refs)
		tcp_arrival_let_go(s, i);
}

#endif
