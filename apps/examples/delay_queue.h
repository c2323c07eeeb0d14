/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Packets that wait for a time of their own: a binary heap of bounded size. */
#ifndef DELAY_QUEUE_H
#define DELAY_QUEUE_H

#include <stdlib.h>

#include "pkts_base.h"

struct rte_mbuf;

struct delay_queue {
	struct delay_queue_entry {
		uint64_t due;	 /* of the clock of whoever calls */
		uint64_t serial; /* what is due at the same time stays in order */
		struct rte_mbuf *m;
	} * entries; /* what is due next first */
	uint32_t n, limit;
	uint64_t serial;
};

/* Empty, for at most `limit` packets. False without memory for them. */
static inline bool delay_queue_init(struct delay_queue *q, uint32_t limit);

/* Whatever is still waiting is the caller's: take it before. */
static inline void delay_queue_fini(struct delay_queue *q);

/* False if the queue is full: the packet stays the caller's. */
static inline bool delay_queue_put(struct delay_queue *q, struct rte_mbuf *m, uint64_t due);

/* The next packet that is due at `now`; NULL if there is none. */
static inline struct rte_mbuf *delay_queue_take(struct delay_queue *q, uint64_t now);

/* When the next packet is due; UINT64_MAX if none waits. */
static inline uint64_t delay_queue_due(const struct delay_queue *q);

/* inline definitions */

static inline bool delay_queue_init(struct delay_queue *q, uint32_t limit)
{
	*q = (struct delay_queue){.entries = calloc(limit, sizeof(*q->entries)), .limit = limit};
	return q->entries;
}

static inline void delay_queue_fini(struct delay_queue *q)
{
	free(q->entries);
	*q = (struct delay_queue){0};
}

static inline bool delay_queue_before(
	const struct delay_queue_entry *a, const struct delay_queue_entry *b)
{
	return a->due != b->due ? a->due < b->due : a->serial < b->serial;
}

static inline bool delay_queue_put(struct delay_queue *q, struct rte_mbuf *m, uint64_t due)
{
	const struct delay_queue_entry new = {due, q->serial++, m};
	uint32_t i = q->n;

	if (q->n == q->limit)
		return false;
	for (; i && delay_queue_before(&new, &q->entries[(i - 1) / 2]); i = (i - 1) / 2)
		q->entries[i] = q->entries[(i - 1) / 2];
	q->entries[i] = new;
	q->n++;
	return true;
}

static inline struct rte_mbuf *delay_queue_take(struct delay_queue *q, uint64_t now)
{
	struct delay_queue_entry *const e = q->entries;
	uint32_t i = 0;

	if (q->n == 0 || e[0].due > now)
		return NULL;
	struct rte_mbuf *const first = e[0].m;
	const struct delay_queue_entry last = e[--q->n];
	for (uint32_t child = 1; child < q->n; child = 2 * i + 1) {
		child += child + 1 < q->n && delay_queue_before(&e[child + 1], &e[child]);
		if (!delay_queue_before(&e[child], &last))
			break;
		e[i] = e[child];
		i = child;
	}
	e[i] = last;
	return first;
}

static inline uint64_t delay_queue_due(const struct delay_queue *q)
{
	return q->n ? q->entries[0].due : UINT64_MAX;
}

#endif
