/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* An AA tree (Andersson, 1993) of ranges: links are numbers in the pool, the level of NONE is 0. */
#include "pkts_ranges.h"

#include "free_list.h"

#define NONE PKTS_RANGE_NONE

/* What an insertion carries with it. */
struct claim {
	uint64_t start, end;
	uint32_t arrival;
	pkts_overlap_fn *new_wins;
	const struct pkts_ranges_watch *watch;
};

static struct pkts_range *range_of(struct pkts_range_pool *pool, uint32_t i)
{
	return &pool->ranges[i];
}

static uint32_t level_of(struct pkts_range_pool *pool, uint32_t i)
{
	return i == NONE ? 0 : pool->ranges[i].level;
}

void pkts_range_pool_init(struct pkts_range_pool *pool, struct pkts_range *ranges, uint32_t cap)
{
	*pool = (struct pkts_range_pool){.ranges = ranges, .cap = cap, .free = cap ? 0 : NONE};
}

void pkts_ranges_clear(struct pkts_ranges *r)
{
	*r = (struct pkts_ranges){.root = NONE};
}

static uint32_t take_free(struct pkts_range_pool *pool)
{
	const uint32_t i = pool->free;

	pool->free = free_list_next(i, &range_of(pool, i)->right, &pool->fresh, pool->cap);
	pool->used++;
	return i;
}

static void give_back(struct pkts_range_pool *pool, uint32_t i)
{
	range_of(pool, i)->right = pool->free;
	pool->free = i;
	pool->used--;
}

/* Turns a left child of the same level into the parent. */
static uint32_t skew(struct pkts_range_pool *pool, uint32_t t)
{
	if (t == NONE)
		return NONE;
	const uint32_t left = range_of(pool, t)->left;
	if (level_of(pool, left) != range_of(pool, t)->level)
		return t;
	range_of(pool, t)->left = range_of(pool, left)->right;
	range_of(pool, left)->right = t;
	return left;
}

/* Lifts the middle of three on one level. */
static uint32_t split(struct pkts_range_pool *pool, uint32_t t)
{
	if (t == NONE)
		return NONE;
	const uint32_t right = range_of(pool, t)->right;
	if (right == NONE ||
		level_of(pool, range_of(pool, right)->right) != range_of(pool, t)->level)
		return t;
	range_of(pool, t)->right = range_of(pool, right)->left;
	range_of(pool, right)->left = t;
	range_of(pool, right)->level++;
	return right;
}

static uint32_t link_in(struct pkts_range_pool *pool, uint32_t t, uint32_t node)
{
	struct pkts_range *const at = t == NONE ? NULL : range_of(pool, t);

	pool->steps++;
	if (!at)
		return node;
	if (range_of(pool, node)->start < at->start)
		at->left = link_in(pool, at->left, node);
	else
		at->right = link_in(pool, at->right, node);
	return split(pool, skew(pool, t));
}

/* Restores the levels on the way up from where a node went missing. */
static uint32_t rebalance(struct pkts_range_pool *pool, uint32_t t)
{
	struct pkts_range *const at = range_of(pool, t);
	const uint32_t left = level_of(pool, at->left), right = level_of(pool, at->right);
	const uint32_t level = PKTS_MIN(left, right) + 1;

	if (level < at->level) {
		at->level = level;
		if (right > level)
			range_of(pool, at->right)->level = level;
	}
	t = skew(pool, t);
	struct pkts_range *const top = range_of(pool, t);
	top->right = skew(pool, top->right);
	if (top->right != NONE) {
		struct pkts_range *const below = range_of(pool, top->right);
		below->right = skew(pool, below->right);
	}
	t = split(pool, t);
	range_of(pool, t)->right = split(pool, range_of(pool, t)->right);
	return t;
}

/* Takes the leftmost node of a tree that has one out. */
static uint32_t unlink_least(struct pkts_range_pool *pool, uint32_t t, uint32_t *least)
{
	struct pkts_range *const at = range_of(pool, t);

	pool->steps++;
	if (at->left == NONE) {
		*least = t;
		return at->right;
	}
	at->left = unlink_least(pool, at->left, least);
	return rebalance(pool, t);
}

/* Takes the node that starts at `start` out; it is there. */
static uint32_t unlink_at(struct pkts_range_pool *pool, uint32_t t, uint64_t start)
{
	struct pkts_range *at = range_of(pool, t);

	pool->steps++;
	if (start < at->start) {
		at->left = unlink_at(pool, at->left, start);
	} else if (start > at->start) {
		at->right = unlink_at(pool, at->right, start);
	} else if (at->right == NONE) {
		return at->left;
	} else {
		uint32_t least;
		const uint32_t right = unlink_least(pool, at->right, &least);
		range_of(pool, least)->left = at->left;
		range_of(pool, least)->right = right;
		range_of(pool, least)->level = at->level;
		t = least;
	}
	return rebalance(pool, t);
}

static void tell_more(const struct pkts_ranges_watch *watch, uint32_t arrival)
{
	if (watch && watch->more)
		watch->more(watch->ctx, arrival);
}

static void tell_less(const struct pkts_ranges_watch *watch, uint32_t arrival)
{
	if (watch && watch->less)
		watch->less(watch->ctx, arrival);
}

/* Adds a range like `like`, which lies where no other does. */
static void add(struct pkts_range_pool *pool, struct pkts_ranges *r, struct pkts_range like,
	const struct pkts_ranges_watch *watch)
{
	const uint32_t i = take_free(pool);

	like.left = like.right = NONE;
	like.level = 1;
	*range_of(pool, i) = like;
	r->root = link_in(pool, r->root, i);
	r->count++;
	tell_more(watch, like.arrival);
}

static void remove_range(struct pkts_range_pool *pool, struct pkts_ranges *r, uint32_t i,
	const struct pkts_ranges_watch *watch)
{
	const uint32_t arrival = range_of(pool, i)->arrival;

	r->root = unlink_at(pool, r->root, range_of(pool, i)->start);
	r->count--;
	give_back(pool, i);
	tell_less(watch, arrival);
}

uint32_t pkts_ranges_at(struct pkts_range_pool *pool, const struct pkts_ranges *r, uint64_t at)
{
	uint32_t found = NONE;

	for (uint32_t i = r->root; i != NONE; pool->steps++) {
		const struct pkts_range *const range = range_of(pool, i);
		if (range->end > at) {
			found = i;
			i = range->left;
		} else {
			i = range->right;
		}
	}
	return found;
}

bool pkts_ranges_meets(
	struct pkts_range_pool *pool, const struct pkts_ranges *r, uint64_t start, uint64_t end)
{
	const uint32_t i = pkts_ranges_at(pool, r, start);
	return i != NONE && range_of(pool, i)->start < end;
}

static bool wins(const struct claim *c, const struct pkts_range *old)
{
	return c->new_wins && c->new_wins(old->first, old->last, c->start, c->end);
}

/* How many ranges an insertion will have added when they are most, counted without a change. */
static int64_t count_most(
	struct pkts_range_pool *pool, const struct pkts_ranges *r, const struct claim *c)
{
	int64_t n = 0, most = 0;
	uint64_t from = c->start;

	for (uint64_t at = c->start; at < c->end;) {
		const uint32_t i = pkts_ranges_at(pool, r, at);
		const struct pkts_range *const old = i == NONE ? NULL : range_of(pool, i);
		if (!old || old->start >= c->end)
			break;
		const bool left = old->start<c->start, right = old->end> c->end;
		if (!wins(c, old)) {
			n += old->start > from;
			from = old->end;
		} else if (left == right) {
			n += left ? 1 : -1;
		}
		most = n > most ? n : most;
		at = old->end;
	}
	n += from < c->end;
	return n > most ? n : most;
}

/* Takes [s, e) from an older range. */
static void cut_out(struct pkts_range_pool *pool, struct pkts_ranges *r, uint32_t i, uint64_t s,
	uint64_t e, const struct pkts_ranges_watch *watch)
{
	struct pkts_range *const old = range_of(pool, i);
	struct pkts_range rest = *old;

	if (old->start == s && old->end == e) {
		remove_range(pool, r, i, watch);
	} else if (old->start == s) {
		old->start = e;
	} else {
		old->end = s;
		rest.start = e;
		if (rest.end > e)
			add(pool, r, rest, watch);
	}
}

static void add_claimed(struct pkts_range_pool *pool, struct pkts_ranges *r, const struct claim *c,
	uint64_t start, uint64_t end)
{
	const struct pkts_range range = {.start = start,
		.end = end,
		.first = c->start,
		.last = c->end,
		.arrival = c->arrival};

	if (start < end)
		add(pool, r, range, c->watch);
}

/* Goes through the older ranges in order; [from, at) is won and not yet added. */
static void claim_all(struct pkts_range_pool *pool, struct pkts_ranges *r, const struct claim *c)
{
	uint64_t from = c->start, at = c->start;

	while (at < c->end) {
		const uint32_t i = pkts_ranges_at(pool, r, at);
		if (i == NONE || range_of(pool, i)->start >= c->end)
			break;
		const struct pkts_range old = *range_of(pool, i);
		const uint64_t s = old.start > at ? old.start : at, e = PKTS_MIN(old.end, c->end);
		const bool won = wins(c, &old);
		r->covered += s - at;
		if (c->watch && c->watch->overlap)
			c->watch->overlap(c->watch->ctx, &old, s, e, won);
		if (won) {
			cut_out(pool, r, i, s, e, c->watch);
		} else {
			add_claimed(pool, r, c, from, s);
			from = e;
		}
		at = e;
	}
	r->covered += c->end - at;
	add_claimed(pool, r, c, from, c->end);
}

int pkts_ranges_insert(struct pkts_range_pool *pool, struct pkts_ranges *r, uint64_t start,
	uint64_t end, uint32_t arrival, pkts_overlap_fn *new_wins,
	const struct pkts_ranges_watch *watch)
{
	const struct claim c = {start, end, arrival, new_wins, watch};
	const uint32_t left = pool->cap - pool->used;

	/* An insertion that meets k ranges adds k + 1 at most: counting pays only near the end. */
	if (PKTS_UNLIKELY(left <= r->count) && (int64_t)left < count_most(pool, r, &c))
		return -PKTS_ENOSPC;
	claim_all(pool, r, &c);
	return 0;
}

void pkts_ranges_trim(struct pkts_range_pool *pool, struct pkts_ranges *r, uint64_t at,
	const struct pkts_ranges_watch *watch)
{
	for (;;) {
		const uint32_t i = pkts_ranges_at(pool, r, 0);
		if (i == NONE || range_of(pool, i)->start >= at)
			return;
		struct pkts_range *const least = range_of(pool, i);
		if (least->end > at) {
			r->covered -= at - least->start;
			least->start = at;
			return;
		}
		r->covered -= least->end - least->start;
		remove_range(pool, r, i, watch);
	}
}

void pkts_ranges_cut(struct pkts_range_pool *pool, struct pkts_ranges *r, uint64_t at,
	const struct pkts_ranges_watch *watch)
{
	for (uint32_t i = pkts_ranges_at(pool, r, at); i != NONE; i = pkts_ranges_at(pool, r, at)) {
		struct pkts_range *const range = range_of(pool, i);
		const uint64_t from = range->start > at ? range->start : at;
		r->covered -= range->end - from;
		if (range->start < at)
			range->end = at;
		else
			remove_range(pool, r, i, watch);
	}
}

static void drop_tree(
	struct pkts_range_pool *pool, uint32_t t, const struct pkts_ranges_watch *watch)
{
	if (t == NONE)
		return;
	const struct pkts_range range = *range_of(pool, t);
	pool->steps++;
	drop_tree(pool, range.left, watch);
	give_back(pool, t);
	tell_less(watch, range.arrival);
	drop_tree(pool, range.right, watch);
}

void pkts_ranges_drop(
	struct pkts_range_pool *pool, struct pkts_ranges *r, const struct pkts_ranges_watch *watch)
{
	drop_tree(pool, r->root, watch);
	pkts_ranges_clear(r);
}
