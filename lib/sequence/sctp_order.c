/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Whose turn it is. A sender numbers the messages of a stream in the order of their TSNs. So an
 * ordered message has its turn when its predecessor had it, or when all TSNs up to its own are
 * accounted for, whatever its number is: a stream never waits for what cannot come.
 */
#include "sctp.h"

uint32_t pkts_sctp_stream(struct pkts_sctp_seq *s, unsigned dir, uint32_t line, uint32_t wire)
{
	struct pkts_sctp_pool *const pool = s->pool;
	struct pkts_sctp_half *const h = &s->halves[dir];
	const struct sctp_key k = sctp_key(SCTP_STREAM, line, 0, 0);
	uint32_t n = pkts_sctp_tree_ceil(pool, h->streams, &k);

	if (n && pool->nodes[n].key.line == k.line)
		return n;
	if (pool->stats.streams == pool->conf.max_streams ||
		(n = pkts_sctp_node_take(pool)) == NONE)
		return NONE;
	pool->stats.streams++;
	pool->nodes[n].key = k;
	pool->nodes[n].known = !h->late;
	pool->nodes[n].mid = SCTP_ZERO + (h->late ? wire : 0);
	pkts_sctp_tree_insert(pool, &h->streams, n);
	return n;
}

static uint64_t widen(uint64_t next, uint32_t wire, bool wide)
{
	const uint32_t ahead = wire - (uint32_t)next;
	return next + (uint64_t)(wide ? (int64_t)(int32_t)ahead : (int64_t)(int16_t)ahead);
}

uint64_t pkts_sctp_number(
	struct pkts_sctp_seq *s, unsigned dir, const struct sctp_data *c, uint32_t *stream)
{
	*stream = NONE;
	if (c->flags & SCTP_U)
		return c->flags & SCTP_WIDE ? c->wire : 0;
	*stream = pkts_sctp_stream(s, dir, c->stream, c->wire);
	if (*stream == NONE)
		return SCTP_ZERO + c->wire;
	return widen(s->pool->nodes[*stream].mid, c->wire, c->flags & SCTP_WIDE);
}

static uint32_t saturated(uint64_t n)
{
	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

/* The message `mid` has its turn on the stream. Those that were given up directly before. */
static uint32_t step(struct pkts_sctp_seq *s, uint32_t stream, uint64_t mid, bool skipped)
{
	struct sctp_node *const n = &s->pool->nodes[stream];
	uint64_t lost;

	if (stream == NONE)
		return 0;
	lost = n->lost;
	if (n->known && mid > n->mid)
		lost += mid - n->mid;
	if (n->known && mid < n->mid)
		pkts_sctp_note(s, PKTS_SEQ_SSN);
	n->mid = mid + 1;
	n->known = true;
	n->lost = skipped ? saturated(lost + 1) : 0;
	return saturated(lost);
}

static bool has_turn(const struct pkts_sctp_seq *s, const struct pkts_sctp_half *h, uint32_t stream,
	uint64_t mid, uint64_t top)
{
	const struct sctp_node *const n = &s->pool->nodes[stream];
	return h->cum >= top || (stream && n->known && n->mid == mid);
}

/* ready messages */

static void make_ready(struct pkts_sctp_seq *s, unsigned dir, uint32_t node)
{
	struct sctp_node *const nodes = s->pool->nodes;
	struct pkts_sctp_half *const h = &s->halves[dir];

	pkts_sctp_list_remove(s->pool, node);
	if (nodes[node].flags & SCTP_SKIP || s->discard) {
		pkts_sctp_discard(s->pool, node);
		return;
	}
	nodes[node].missing = h->missing;
	nodes[node].association = s->association;
	nodes[node].peer = NONE;
	h->missing = 0;
	h->count++;
	if (s->ready.oldest == NONE)
		s->ready.oldest = node;
	else
		nodes[s->ready.newest].peer = node;
	s->ready.newest = node;
}

static uint32_t line_of(const struct sctp_node *n)
{
	return (uint32_t)(n->flags & SCTP_U ? 1u << 16 : 0) | n->stream;
}

/* Into the trees, until its turn comes. */
static void file(struct pkts_sctp_seq *s, struct pkts_sctp_half *h, uint32_t node)
{
	struct sctp_node *const nodes = s->pool->nodes;
	const uint32_t wait = pkts_sctp_node_take(s->pool);

	nodes[node].key =
		sctp_key(SCTP_TURN, line_of(&nodes[node]), nodes[node].mid, nodes[node].top);
	nodes[wait].key = sctp_key(SCTP_WAIT, 0, 0, nodes[node].top);
	nodes[node].peer = wait;
	nodes[wait].peer = node;
	pkts_sctp_tree_insert(s->pool, &h->held, node);
	pkts_sctp_tree_insert(s->pool, &h->held, wait);
}

static void unfile(struct pkts_sctp_seq *s, struct pkts_sctp_half *h, uint32_t node)
{
	const uint32_t wait = s->pool->nodes[node].peer;

	pkts_sctp_tree_remove(s->pool, &h->held, node);
	pkts_sctp_tree_remove(s->pool, &h->held, wait);
	pkts_sctp_node_free(s->pool, wait);
}

/* Halves of I-DATA messages of a line with numbers from..to: nothing can complete them any longer. */
static void drop_parts(struct pkts_sctp_seq *s, struct pkts_sctp_half *h, uint32_t line,
	uint64_t from, uint64_t to)
{
	struct pkts_sctp_pool *const pool = s->pool;
	uint32_t n;

	while ((n = pkts_sctp_first(pool, h, sctp_key(SCTP_PART, line, from, 0))) &&
		pool->nodes[n].mid <= to)
		pkts_sctp_drop(s, h, n);
}

static void deliver(struct pkts_sctp_seq *s, unsigned dir, uint32_t stream, uint32_t node)
{
	struct sctp_node *const n = &s->pool->nodes[node];

	n->lost = step(s, stream, n->mid, n->flags & SCTP_SKIP || s->discard);
	make_ready(s, dir, node);
}

void pkts_sctp_pull(struct pkts_sctp_seq *s, unsigned dir, uint32_t stream, uint32_t line)
{
	struct pkts_sctp_pool *const pool = s->pool;
	struct pkts_sctp_half *const h = &s->halves[dir];
	uint32_t n;

	if (stream == NONE)
		return;
	while ((n = pkts_sctp_first(
			pool, h, sctp_key(SCTP_TURN, line, pool->nodes[stream].mid, 0))) &&
		pool->nodes[n].mid == pool->nodes[stream].mid) {
		unfile(s, h, n);
		deliver(s, dir, stream, n);
	}
	if (h->kind == PKTS_SCTP_I_DATA)
		drop_parts(s, h, line, 0, pool->nodes[stream].mid - 1);
}

void pkts_sctp_turn(struct pkts_sctp_seq *s, unsigned dir, uint32_t node)
{
	const struct sctp_node n = s->pool->nodes[node];
	const uint32_t stream = pkts_sctp_stream(s, dir, n.stream, n.wire);

	unfile(s, &s->halves[dir], node);
	deliver(s, dir, stream, node);
	pkts_sctp_pull(s, dir, stream, line_of(&n));
}

void pkts_sctp_whole(struct pkts_sctp_seq *s, unsigned dir, uint32_t node)
{
	struct pkts_sctp_half *const h = &s->halves[dir];
	const struct sctp_node n = s->pool->nodes[node];
	uint32_t stream;

	if (n.flags & SCTP_U) {
		make_ready(s, dir, node);
		return;
	}
	stream = pkts_sctp_stream(s, dir, n.stream, n.wire);
	if (!has_turn(s, h, stream, n.mid, n.top)) {
		file(s, h, node);
		return;
	}
	deliver(s, dir, stream, node);
	pkts_sctp_pull(s, dir, stream, line_of(&n));
}

bool pkts_sctp_whole_direct(
	struct pkts_sctp_seq *s, unsigned dir, const struct sctp_data *c, uint32_t *lost)
{
	struct pkts_sctp_half *const h = &s->halves[dir];
	uint32_t stream;

	*lost = 0;
	if (!(c->flags & SCTP_U)) {
		stream = pkts_sctp_stream(s, dir, c->stream, c->wire);
		if (!has_turn(s, h, stream, c->mid, c->t))
			return false;
		*lost = step(s, stream, c->mid, false);
	}
	return true;
}

static void skip_unordered(
	struct pkts_sctp_seq *s, struct pkts_sctp_half *h, struct pkts_sctp_skip skip)
{
	const uint32_t line = 1u << 16 | skip.stream, from = skip.mid - INT32_MAX;

	if (from > skip.mid) {
		drop_parts(s, h, line, from, UINT32_MAX);
		drop_parts(s, h, line, 0, skip.mid);
	} else {
		drop_parts(s, h, line, from, skip.mid);
	}
}

/* Those that came before the last one that was given up are still due. */
static void pull_until(
	struct pkts_sctp_seq *s, unsigned dir, uint32_t stream, uint32_t line, uint64_t to)
{
	struct pkts_sctp_half *const h = &s->halves[dir];
	uint32_t n;

	while ((n = pkts_sctp_first(s->pool, h, sctp_key(SCTP_TURN, line, 0, 0))) &&
		s->pool->nodes[n].mid <= to) {
		unfile(s, h, n);
		deliver(s, dir, stream, n);
	}
}

void pkts_sctp_skip(struct pkts_sctp_seq *s, unsigned dir, struct pkts_sctp_skip skip)
{
	struct pkts_sctp_half *const h = &s->halves[dir];
	uint32_t stream;
	uint64_t to;

	if (skip.unordered) {
		skip_unordered(s, h, skip);
		return;
	}
	stream = pkts_sctp_stream(s, dir, skip.stream, skip.mid);
	if (stream == NONE)
		return;
	struct sctp_node *const n = &s->pool->nodes[stream];
	to = widen(n->mid, skip.mid, h->kind == PKTS_SCTP_I_DATA);
	pull_until(s, dir, stream, skip.stream, to);
	if (!n->known || to >= n->mid) {
		n->lost = saturated(n->lost + (n->known ? to + 1 - n->mid : 0));
		n->mid = to + 1;
		n->known = true;
	}
	pkts_sctp_pull(s, dir, stream, skip.stream);
}
