/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the connections of a shard share: the pieces that are held, their memory, and its limits. */
#include "tcp_arrival.h"

static uint32_t or_default(uint32_t value, uint32_t usual)
{
	return value ? value : usual;
}

static struct pkts_tcp_conf with_defaults(const struct pkts_tcp_conf *conf)
{
	struct pkts_tcp_conf c = conf ? *conf : (struct pkts_tcp_conf){0};

	c.max_segments = PKTS_MIN(or_default(c.max_segments, 1 << 16), 1u << 30);
	c.max_bytes = c.max_bytes ? c.max_bytes : UINT64_C(64) << 20;
	c.slab_bytes = or_default(c.slab_bytes, 1 << 20);
	c.max_segments_each = or_default(c.max_segments_each, 4096);
	c.max_bytes_each = or_default(c.max_bytes_each, 4 << 20);
	c.depth = c.depth ? c.depth : UINT64_MAX;
	c.window = PKTS_MIN(or_default(c.window, 1u << 30), (uint32_t)INT32_MAX);
	c.gap = or_default(c.gap, PKTS_TCP_GAP_LIMIT | PKTS_TCP_GAP_ACK);
	c.gap_segments = or_default(c.gap_segments, 1024);
	c.gap_bytes = or_default(c.gap_bytes, 1 << 20);
	c.gap_overlaps = or_default(c.gap_overlaps, 16384);
	c.gap_ns = c.gap_ns ? c.gap_ns : UINT64_C(5000000000);
	c.midstream_segments = or_default(c.midstream_segments, 3);
	c.midstream_bytes = or_default(c.midstream_bytes, 16 << 10);
	if (!c.urgent_max) {
		c.urgent_max = UINT16_MAX;
		c.urgent_beyond = c.urgent;
	}
	return c;
}

/* n pieces have 2n ends, so that there are 2n - 1 stretches between them at most. */
static size_t ranges_for(const struct pkts_tcp_conf *c)
{
	return 2 * (size_t)c->max_segments;
}

size_t pkts_tcp_pool_memsize(const struct pkts_tcp_conf *conf)
{
	const struct pkts_tcp_conf c = with_defaults(conf);

	return sizeof(struct pkts_tcp_pool) + ranges_for(&c) * sizeof(struct pkts_range) +
	       (size_t)c.max_segments * sizeof(struct pkts_tcp_arrival) +
	       tcp_slab_memsize(c.slab_bytes);
}

struct pkts_tcp_pool *pkts_tcp_pool_init(void *mem, size_t size, const struct pkts_tcp_conf *conf)
{
	struct pkts_tcp_pool *const pool = mem;

	if (!mem || (uintptr_t)mem % _Alignof(uint64_t) || size < pkts_tcp_pool_memsize(conf))
		return NULL;
	*pool = (struct pkts_tcp_pool){.conf = with_defaults(conf), .oldest = NONE, .newest = NONE};
	struct pkts_range *const ranges = (struct pkts_range *)(pool + 1);
	pool->arrivals = (struct pkts_tcp_arrival *)(ranges + ranges_for(&pool->conf));
	pkts_range_pool_init(&pool->ranges, ranges, (uint32_t)ranges_for(&pool->conf));
	tcp_slab_init(&pool->slab, pool->arrivals + pool->conf.max_segments, pool->conf.slab_bytes);
	return pool;
}

void tcp_note(struct pkts_tcp_seq *s, unsigned dir, enum pkts_seq_event event)
{
	s->half[dir].events |= UINT64_C(1) << event;
	s->pool->counts[event]++;
	if (s->counts)
		s->counts[dir][event]++;
}
_Static_assert(PKTS_SEQ_EVENT_MAX <= 64, "a bit an event");

struct pkts_ranges_watch tcp_watch(struct pkts_tcp_seq *s)
{
	return (struct pkts_ranges_watch){
		.more = tcp_arrival_more, .less = tcp_arrival_less, .ctx = s};
}

void tcp_drop_held(struct pkts_tcp_seq *s, unsigned dir)
{
	const struct pkts_ranges_watch watch = tcp_watch(s);

	tcp_row_drop(s, dir);
	pkts_ranges_drop(&s->pool->ranges, &s->half[dir].held, &watch);
	s->half[dir].past = s->half[dir].overlaps = s->half[dir].since = 0;
}

void tcp_drop_syns(struct pkts_tcp_seq *s, unsigned dir)
{
	while (s->half[dir].syns != NONE) {
		const uint32_t i = s->half[dir].syns;
		s->half[dir].syns = tcp_arrival(s->pool, i)->link;
		tcp_arrival_less(s, i);
	}
}

bool tcp_evict(struct pkts_tcp_pool *pool)
{
	const uint32_t i = pool->oldest;

	if (i == NONE)
		return false;
	struct pkts_tcp_seq *const s = tcp_arrival(pool, i)->seq;
	const unsigned dir = tcp_arrival(pool, i)->dir;
	tcp_note(s, dir, PKTS_SEQ_EVICTED);
	tcp_drop_held(s, dir);
	tcp_drop_syns(s, dir);
	tcp_arrival_unlist(pool, i); /* it is lent out: not held, but still in use */
	return true;
}

/* What a limit of one direction says, or 0. */
static enum pkts_seq_event over_each(
	const struct pkts_tcp_pool *pool, const struct pkts_tcp_half *half, uint32_t cost)
{
	if (half->segments >= pool->conf.max_segments_each)
		return PKTS_SEQ_LIMIT_PIECES;
	return cost > pool->conf.max_bytes_each - half->pinned ? PKTS_SEQ_LIMIT_BYTES : 0;
}
_Static_assert(PKTS_SEQ_OVERLAP == 0, "no limit is event 0");

/* Makes room in the pool. */
static enum pkts_seq_event over_all(struct pkts_tcp_pool *pool, uint32_t cost)
{
	if (cost > pool->conf.max_bytes)
		return PKTS_SEQ_LIMIT_BYTES;
	for (;;) {
		const bool bytes = cost > pool->conf.max_bytes - pool->bytes;
		if (pool->free != NONE && !bytes)
			return 0;
		if (!tcp_evict(pool))
			return bytes ? PKTS_SEQ_LIMIT_BYTES : PKTS_SEQ_LIMIT_PIECES;
	}
}

/* A slot for pieces that would pin much more than they are. */
static uint32_t slot_for(struct pkts_tcp_pool *pool, struct pkts_piece piece)
{
	return piece.len < piece.cost / 4 ? tcp_slab_take(&pool->slab, piece.len) : NONE;
}

uint32_t tcp_arrival_take(
	struct pkts_tcp_seq *s, unsigned dir, uint64_t start, struct pkts_piece piece)
{
	struct pkts_tcp_pool *const pool = s->pool;
	const uint32_t slot = slot_for(pool, piece);
	const uint32_t cost = slot == NONE ? piece.cost : tcp_slab_size(&pool->slab, slot);
	enum pkts_seq_event over = over_each(pool, pkts_tcp_seq_half(s, dir), cost);

	if (!over)
		over = over_all(pool, cost);
	if (over) {
		if (slot != NONE)
			tcp_slab_give(&pool->slab, slot);
		tcp_note(s, dir, over);
		return NONE;
	}
	return tcp_arrival_new(s, dir, start, &piece, cost, slot);
}

void tcp_arrival_keep(struct pkts_tcp_seq *s, uint32_t i)
{
	struct pkts_tcp_arrival *const a = tcp_arrival(s->pool, i);

	if (a->slot == NONE) {
		tcp_arrival_keep_whole(s, i);
		return;
	}
	uint8_t *const copy = tcp_slab_at(&s->pool->slab, a->slot);
	__builtin_memcpy(copy, a->p, a->len);
	a->p = copy;
	tcp_arrival_list(s->pool, i);
}

void tcp_arrival_more(void *seq, uint32_t i)
{
	const struct pkts_tcp_seq *const s = seq;

	tcp_arrival(s->pool, i)->refs++;
}

void tcp_arrival_less(void *seq, uint32_t i)
{
	struct pkts_tcp_seq *const s = seq;

	if (!--tcp_arrival(s->pool, i)->refs)
		tcp_arrival_let_go(s, i);
}
