/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The pieces of a direction that are held: among them the policy decides. */
#include "tcp.h"

/* What an insertion learns. */
struct insertion {
	struct pkts_tcp_seq *s;
	unsigned dir;
	uint64_t start;
	const uint8_t *p;
	bool met, differs;
};

struct pkts_range *tcp_range_at(struct pkts_tcp_seq *s, unsigned dir, uint64_t at)
{
	struct pkts_range_pool *const pool = &s->pool->ranges;

	tcp_row_plant(s, dir);
	const uint32_t i = pkts_ranges_at(pool, &s->half[dir].held, at);

	return i == NONE ? NULL : &pool->ranges[i];
}

/* The byte at a place inside a range. */
static const uint8_t *byte_at(
	const struct pkts_tcp_seq *s, const struct pkts_range *range, uint64_t at)
{
	const struct pkts_tcp_arrival *const a = tcp_arrival(s->pool, range->arrival);

	return a->p + (at - a->start);
}

static void overlap(
	void *ctx, const struct pkts_range *old, uint64_t start, uint64_t end, bool new_wins)
{
	struct insertion *const in = ctx;
	const uint8_t *const new = in->p + (start - in->start);

	(void)new_wins;
	in->s->half[in->dir].overlaps++;
	in->met = true;
	in->differs |= __builtin_memcmp(byte_at(in->s, old, start), new, end - start) != 0;
}

static void more(void *ctx, uint32_t arrival)
{
	tcp_arrival_more(((struct insertion *)ctx)->s, arrival);
}

static void less(void *ctx, uint32_t arrival)
{
	tcp_arrival_less(((struct insertion *)ctx)->s, arrival);
}

/* Tries until there are ranges enough, or nothing is left to be given up for them. */
static int insert(struct insertion *in, uint64_t end, uint32_t arrival, pkts_overlap_fn *rule)
{
	const struct pkts_ranges_watch watch = {overlap, more, less, in};
	struct pkts_tcp_pool *const pool = in->s->pool;
	struct pkts_ranges *const held = &in->s->half[in->dir].held;

	tcp_row_plant(in->s, in->dir);
	while (pkts_ranges_insert(&pool->ranges, held, in->start, end, arrival, rule, &watch))
		if (!tcp_evict(pool)) {
			tcp_note(in->s, in->dir, PKTS_SEQ_LIMIT_PIECES);
			return -PKTS_ENOSPC;
		}
	return 0;
}

static void note_overlap(const struct insertion *in, bool of_use)
{
	if (in->met)
		tcp_note(in->s, in->dir, in->differs ? PKTS_SEQ_CONFLICT : PKTS_SEQ_OVERLAP);
	if (!of_use)
		tcp_note(in->s, in->dir, PKTS_SEQ_DUPLICATE);
}

int tcp_hold(struct pkts_tcp_seq *s, unsigned dir, uint64_t start, struct pkts_piece piece)
{
	struct insertion in = {s, dir, start, piece.p, false, false};
	const enum pkts_tcp_policy policy = s->half[dir].policy;
	const uint32_t i = tcp_arrival_take(s, dir, start, piece);

	if (i == NONE)
		return -PKTS_ENOSPC;
	const int r = insert(&in, start + piece.len, i, pkts_tcp_policy_rule(policy));
	const bool of_use = tcp_arrival(s->pool, i)->refs > 1;
	if (!r)
		note_overlap(&in, of_use);
	if (of_use)
		tcp_arrival_keep(s, i);
	tcp_arrival_less(s, i);
	return r;
}

static bool always(uint64_t os, uint64_t oe, uint64_t ns, uint64_t ne)
{
	(void)os, (void)oe, (void)ns, (void)ne;
	return true;
}

int tcp_force(struct pkts_tcp_seq *s, unsigned dir, uint64_t start, uint64_t end, uint32_t arrival)
{
	const uint8_t *const p = tcp_arrival(s->pool, arrival)->p;
	struct insertion in = {s, dir, start, p, false, false};
	const int r = insert(&in, end, arrival, always);

	if (!r)
		note_overlap(&in, true);
	return r;
}

void tcp_trim(struct pkts_tcp_seq *s, unsigned dir, uint64_t at)
{
	const struct pkts_ranges_watch watch = tcp_watch(s);

	tcp_row_plant(s, dir);
	pkts_ranges_trim(&s->pool->ranges, &s->half[dir].held, at, &watch);
}

void tcp_cut(struct pkts_tcp_seq *s, unsigned dir, uint64_t at)
{
	const struct pkts_ranges_watch watch = tcp_watch(s);

	tcp_row_plant(s, dir);
	pkts_ranges_cut(&s->pool->ranges, &s->half[dir].held, at, &watch);
}

/* How many of n bytes differ; `mend` becomes like a. */
static uint32_t differing(const uint8_t *a, const uint8_t *b, uint8_t *mend, uint64_t n)
{
	uint32_t differ = 0;

	if (__builtin_memcmp(a, b, n) == 0)
		return 0;
	for (uint64_t i = 0; i < n; i++)
		differ += a[i] != b[i];
	if (mend)
		__builtin_memcpy(mend, a, n);
	return differ;
}

uint32_t tcp_compare(struct pkts_tcp_seq *s, unsigned dir, uint64_t start, uint64_t end,
	const uint8_t *p, uint8_t *mend, uint64_t *known)
{
	uint32_t differ = 0;

	for (uint64_t at = start; at < end;) {
		const struct pkts_range *const range = tcp_range_at(s, dir, at);
		if (!range || range->start >= end)
			break;
		const uint64_t from = range->start > at ? range->start : at;
		const uint64_t to = PKTS_MIN(range->end, end), off = from - start;
		differ += differing(
			byte_at(s, range, from), p + off, mend ? mend + off : NULL, to - from);
		if (known)
			*known += to - from;
		at = to;
	}
	return differ;
}
