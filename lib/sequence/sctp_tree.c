/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A balanced tree of nodes (Andersson 1993). Node 0 is the end of every branch: its level is 0. */
#include "sctp.h"

static int compare(const struct sctp_key *a, const struct sctp_key *b)
{
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->mid != b->mid)
		return a->mid < b->mid ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

static uint32_t skew(struct sctp_node *n, uint32_t t)
{
	const uint32_t left = n[t].left;

	if (t == NONE || n[left].level != n[t].level)
		return t;
	n[t].left = n[left].right;
	n[left].right = t;
	return left;
}

static uint32_t split(struct sctp_node *n, uint32_t t)
{
	const uint32_t right = n[t].right;

	if (t == NONE || n[n[right].right].level != n[t].level)
		return t;
	n[t].right = n[right].left;
	n[right].left = t;
	n[right].level++;
	return right;
}

/* Recursion here and below goes as deep as the tree is high: at most twice log2 of its nodes. */
static uint32_t insert(struct pkts_sctp_pool *pool, uint32_t t, uint32_t node)
{
	struct sctp_node *const n = pool->nodes;

	pool->stats.steps++;
	if (t == NONE)
		return node;
	if (compare(&n[node].key, &n[t].key) < 0)
		n[t].left = insert(pool, n[t].left, node);
	else
		n[t].right = insert(pool, n[t].right, node);
	return split(n, skew(n, t));
}

void pkts_sctp_tree_insert(struct pkts_sctp_pool *pool, uint32_t *root, uint32_t node)
{
	struct sctp_node *const n = &pool->nodes[node];

	n->left = n->right = NONE;
	n->level = 1;
	*root = insert(pool, *root, node);
}

/* After a node went from below t. */
static uint32_t rebalance(struct sctp_node *n, uint32_t t)
{
	const uint32_t low = PKTS_MIN(n[n[t].left].level, n[n[t].right].level) + 1;

	if (low >= n[t].level)
		return t;
	n[t].level = low;
	if (n[n[t].right].level > low)
		n[n[t].right].level = low;
	t = skew(n, t);
	n[t].right = skew(n, n[t].right);
	if (n[t].right != NONE)
		n[n[t].right].right = skew(n, n[n[t].right].right);
	t = split(n, t);
	n[t].right = split(n, n[t].right);
	return t;
}

/* Takes the first node below t out. */
static uint32_t cut_first(struct pkts_sctp_pool *pool, uint32_t t, uint32_t *first)
{
	struct sctp_node *const n = pool->nodes;

	pool->stats.steps++;
	if (n[t].left == NONE) {
		*first = t;
		return n[t].right;
	}
	n[t].left = cut_first(pool, n[t].left, first);
	return rebalance(n, t);
}

/* The tree without its root, which has two branches. */
static uint32_t replace(struct pkts_sctp_pool *pool, uint32_t t)
{
	struct sctp_node *const n = pool->nodes;
	uint32_t first;
	const uint32_t right = cut_first(pool, n[t].right, &first);

	n[first].left = n[t].left;
	n[first].right = right;
	n[first].level = n[t].level;
	return rebalance(n, first);
}

static uint32_t cut(struct pkts_sctp_pool *pool, uint32_t t, const struct sctp_key *key)
{
	struct sctp_node *const n = pool->nodes;
	const int way = t == NONE ? 0 : compare(key, &n[t].key);

	pool->stats.steps++;
	if (t == NONE)
		return NONE;
	if (way == 0) {
		if (n[t].left == NONE || n[t].right == NONE)
			return n[t].left ? n[t].left : n[t].right;
		return replace(pool, t);
	}
	if (way < 0)
		n[t].left = cut(pool, n[t].left, key);
	else
		n[t].right = cut(pool, n[t].right, key);
	return rebalance(n, t);
}

void pkts_sctp_tree_remove(struct pkts_sctp_pool *pool, uint32_t *root, uint32_t node)
{
	*root = cut(pool, *root, &pool->nodes[node].key);
}

uint32_t pkts_sctp_tree_floor(
	struct pkts_sctp_pool *pool, uint32_t root, const struct sctp_key *key)
{
	const struct sctp_node *const n = pool->nodes;
	uint32_t found = NONE;

	for (uint32_t t = root; t != NONE; pool->stats.steps++) {
		const bool below = compare(&n[t].key, key) <= 0;
		found = below ? t : found;
		t = below ? n[t].right : n[t].left;
	}
	return found;
}

uint32_t pkts_sctp_tree_ceil(struct pkts_sctp_pool *pool, uint32_t root, const struct sctp_key *key)
{
	const struct sctp_node *const n = pool->nodes;
	uint32_t found = NONE;

	for (uint32_t t = root; t != NONE; pool->stats.steps++) {
		const bool above = compare(&n[t].key, key) >= 0;
		found = above ? t : found;
		t = above ? n[t].left : n[t].right;
	}
	return found;
}
