/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Who owns which bytes: the bookkeeping under all reassembly. Arrivals (fragments, segments, chunks)
 * claim bytes of one line of offsets; where they overlap, a policy decides who keeps them. No bytes
 * are stored here, only ranges, in a balanced tree: an insertion takes O(log n) steps, and as many
 * more as ranges change hands.
 */
#ifndef PKTS_RANGES_H
#define PKTS_RANGES_H

#include "pkts_base.h"
#include "pkts_errno.h"

#define PKTS_RANGE_NONE UINT32_MAX

/* A piece of the line with one owner. Neighbours of the same arrival are one range. */
struct pkts_range {
	uint64_t start, end; /* what it owns now, end excluded */
	uint64_t first,
		last; /* what its arrival covered when it came, last excluded: policies look at that */
	uint32_t arrival;     /* the caller's number for it */
	uint32_t left, right; /* in the tree; private */
	uint32_t level;
};

/* Ranges to be had, shared by many trees; the memory is the caller's. */
struct pkts_range_pool {
	struct pkts_range *ranges;
	uint32_t cap;
	uint32_t used;	/* now, by all trees */
	uint32_t free;	/* first of the free ones; private */
	uint32_t fresh; /* from here on they were never used, and are not written to; private */
	uint64_t steps; /* nodes visited since init: what calls cost, for tests and limits */
};

/* One line: a datagram, a stream, ... All zero is not empty: see pkts_ranges_clear(). */
struct pkts_ranges {
	uint32_t root;
	uint32_t count;	  /* ranges in it */
	uint64_t covered; /* bytes that have an owner */
};

/*
 * Does the new arrival [ns, ne) take bytes from an older one that came as [os, oe)? The published
 * rules of operating systems are functions of this shape (pkts_overlap.h).
 */
typedef bool pkts_overlap_fn(uint64_t os, uint64_t oe, uint64_t ns, uint64_t ne);

/* What an insertion tells its caller while it works. Any may be NULL. */
struct pkts_ranges_watch {
	/* `old` and the new arrival both cover [start, end); called before anything changes there */
	void (*overlap)(void *ctx, const struct pkts_range *old, uint64_t start, uint64_t end,
		bool new_wins);
	/* a range of `arrival` came into being, or ceased to be: an arrival without ranges is done with */
	void (*more)(void *ctx, uint32_t arrival);
	void (*less)(void *ctx, uint32_t arrival);
	void *ctx;
};

void pkts_range_pool_init(struct pkts_range_pool *pool, struct pkts_range *ranges, uint32_t cap);
void pkts_ranges_clear(struct pkts_ranges *r); /* makes it empty; does not give ranges back */

/*
 * Lets `arrival` claim [start, end), start < end. Where it meets others, new_wins decides (NULL: the
 * older one keeps them). 0; -PKTS_ENOSPC if the pool does not suffice: then nothing has changed and
 * nobody was told anything.
 */
int pkts_ranges_insert(struct pkts_range_pool *pool, struct pkts_ranges *r, uint64_t start,
	uint64_t end, uint32_t arrival, pkts_overlap_fn *new_wins,
	const struct pkts_ranges_watch *watch);

/* Does [start, end) meet any range? O(log n). */
bool pkts_ranges_meets(
	struct pkts_range_pool *pool, const struct pkts_ranges *r, uint64_t start, uint64_t end);

/* The range that holds `at`, or the first one behind it; PKTS_RANGE_NONE if there is none. O(log n). */
uint32_t pkts_ranges_at(struct pkts_range_pool *pool, const struct pkts_ranges *r, uint64_t at);

/*
 * Takes everything below `at` out, in order, because it has been delivered; a range that reaches across
 * is cut. less() is called for each range that goes. O(log n) a range.
 */
void pkts_ranges_trim(struct pkts_range_pool *pool, struct pkts_ranges *r, uint64_t at,
	const struct pkts_ranges_watch *watch);

/* Takes everything at `at` and above out likewise: what lies behind an end that became known. */
void pkts_ranges_cut(struct pkts_range_pool *pool, struct pkts_ranges *r, uint64_t at,
	const struct pkts_ranges_watch *watch);

/* Gives all ranges back; less() is called for each. O(n). */
void pkts_ranges_drop(
	struct pkts_range_pool *pool, struct pkts_ranges *r, const struct pkts_ranges_watch *watch);

#endif
