/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which TSNs have come, what that lets go on, and what has to go when there is no room. */
#include "sctp.h"

void pkts_sctp_start(struct pkts_sctp_half *h, uint32_t tsn, bool late)
{
	h->cum = SCTP_ZERO + tsn - 1;
	h->started = true;
	h->late = late;
}

uint64_t pkts_sctp_unwrap(const struct pkts_sctp_half *h, uint32_t tsn)
{
	return h->cum + (uint64_t)(int64_t)(int32_t)(tsn - (uint32_t)h->cum);
}

void pkts_sctp_discard(struct pkts_sctp_pool *pool, uint32_t node)
{
	pkts_sctp_list_remove(pool, node);
	pkts_sctp_release(pool, &pool->nodes[node]);
	pkts_sctp_node_free(pool, node);
}

void pkts_sctp_drop(struct pkts_sctp_seq *s, struct pkts_sctp_half *h, uint32_t node)
{
	if (!(s->pool->nodes[node].flags & SCTP_SKIP))
		pkts_sctp_note(s, PKTS_SEQ_UNFINISHED);
	pkts_sctp_tree_remove(s->pool, &h->held, node);
	pkts_sctp_discard(s->pool, node);
}

/*
 * Fragments in DATA chunks that begin at or before `to`: they can be completed only by the next TSN,
 * and only if they have a beginning. all: not even then.
 */
static void drop_fragments(struct pkts_sctp_seq *s, struct pkts_sctp_half *h, uint64_t to, bool all)
{
	struct sctp_node *const nodes = s->pool->nodes;
	uint32_t n;

	while ((n = pkts_sctp_first(s->pool, h, sctp_key(SCTP_FRAG, 0, 0, 0))) &&
		nodes[n].key.at <= to) {
		if (!all && nodes[n].flags & SCTP_B && nodes[n].end >= to)
			return;
		pkts_sctp_drop(s, h, n);
	}
}

void pkts_sctp_moved(struct pkts_sctp_seq *s, unsigned dir)
{
	struct pkts_sctp_pool *const pool = s->pool;
	struct pkts_sctp_half *const h = &s->halves[dir];
	uint32_t n;

	if (h->held == NONE)
		return;
	drop_fragments(s, h, h->cum, false);
	while ((n = pkts_sctp_first(pool, h, sctp_key(SCTP_WAIT, 0, 0, 0))) &&
		pool->nodes[n].key.at <= h->cum)
		pkts_sctp_turn(s, dir, pool->nodes[n].peer);
}

/* Takes the node of seen TSNs directly behind `cum` out, if there is one; where those end. */
static uint64_t swallow(struct pkts_sctp_seq *s, struct pkts_sctp_half *h, uint64_t cum)
{
	struct pkts_sctp_pool *const pool = s->pool;
	const uint32_t n = pkts_sctp_first(pool, h, sctp_key(SCTP_SEEN, 0, 0, 0));

	if (n == NONE || pool->nodes[n].key.at > cum + 1)
		return cum;
	cum = pool->nodes[n].end;
	pkts_sctp_tree_remove(pool, &h->held, n);
	pkts_sctp_discard(pool, n);
	return cum;
}

void pkts_sctp_advance(struct pkts_sctp_seq *s, unsigned dir, uint64_t cum, bool missing)
{
	struct pkts_sctp_half *const h = &s->halves[dir];

	while (h->cum < cum) {
		const uint32_t n = pkts_sctp_first(s->pool, h, sctp_key(SCTP_SEEN, 0, 0, 0));
		const uint64_t at = n ? s->pool->nodes[n].key.at : UINT64_MAX;
		const uint64_t to = at <= cum ? at - 1 : cum;

		if (missing) {
			h->missing += to - h->cum;
			pkts_sctp_note(s, PKTS_SEQ_GAP);
		}
		h->cum = swallow(s, h, to);
		pkts_sctp_moved(s, dir);
	}
}

bool pkts_sctp_is_seen(struct pkts_sctp_seq *s, const struct pkts_sctp_half *h, uint64_t t)
{
	const struct sctp_key at = sctp_key(SCTP_SEEN, 0, 0, t);
	const uint32_t n = pkts_sctp_tree_floor(s->pool, h->held, &at);

	return t <= h->cum || (n && s->pool->nodes[n].end >= t);
}

/* A node for a TSN that touches no other. */
static void mark_alone(struct pkts_sctp_seq *s, unsigned dir, uint64_t t)
{
	const uint32_t n = pkts_sctp_node_take(s->pool);
	struct sctp_node *const node = &s->pool->nodes[n];

	node->key = sctp_key(SCTP_SEEN, 0, 0, t);
	node->end = t;
	node->seq = s;
	node->dir = (uint8_t)dir;
	pkts_sctp_tree_insert(s->pool, &s->halves[dir].held, n);
	pkts_sctp_list_add(s->pool, n);
}

static void mark_behind_gap(struct pkts_sctp_seq *s, unsigned dir, uint64_t t)
{
	struct sctp_node *const nodes = s->pool->nodes;
	struct pkts_sctp_half *const h = &s->halves[dir];
	const struct sctp_key at = sctp_key(SCTP_SEEN, 0, 0, t);
	const uint32_t below = pkts_sctp_tree_floor(s->pool, h->held, &at);
	uint32_t above = pkts_sctp_first(s->pool, h, at);

	if (above && nodes[above].key.at != t + 1)
		above = NONE;
	if (below && nodes[below].end + 1 == t) {
		nodes[below].end = above ? nodes[above].end : t;
		if (above) {
			pkts_sctp_tree_remove(s->pool, &h->held, above);
			pkts_sctp_discard(s->pool, above);
		}
	} else if (above) {
		nodes[above].key.at = t; /* no other key lies between */
	} else {
		mark_alone(s, dir, t);
	}
}

void pkts_sctp_mark(struct pkts_sctp_seq *s, unsigned dir, uint64_t t)
{
	struct pkts_sctp_half *const h = &s->halves[dir];

	if (t == h->cum + 1)
		h->cum = h->held ? swallow(s, h, t) : t;
	else
		mark_behind_gap(s, dir, t);
}

void pkts_sctp_flush_half(struct pkts_sctp_seq *s, unsigned dir)
{
	struct pkts_sctp_half *const h = &s->halves[dir];
	const struct sctp_key end = sctp_key(SCTP_SEEN, UINT32_MAX, UINT64_MAX, UINT64_MAX);
	const uint32_t last = pkts_sctp_tree_floor(s->pool, h->held, &end);
	uint32_t n;

	if (last)
		pkts_sctp_advance(s, dir, s->pool->nodes[last].end, true);
	while ((n = h->list.oldest))
		pkts_sctp_drop(s, h, n);
}

/* Waits no longer for the first TSN that is missing. */
static void skip_gap(struct pkts_sctp_seq *s, unsigned dir)
{
	struct pkts_sctp_half *const h = &s->halves[dir];
	const uint32_t n = pkts_sctp_first(s->pool, h, sctp_key(SCTP_SEEN, 0, 0, 0));

	if (n)
		pkts_sctp_advance(s, dir, s->pool->nodes[n].end, true);
}

/*
 * Gives something old up. Behind a gap that means to wait for the gap no longer; what becomes whole by
 * that is of use to the association at work, and takes up room in others.
 */
static void evict(struct pkts_sctp_seq *at_work, uint32_t node)
{
	const struct sctp_node *const n = &at_work->pool->nodes[node];
	const enum sctp_class of = (enum sctp_class)(n->key.line >> 32);
	struct pkts_sctp_seq *const s = n->seq;

	pkts_sctp_note(s, PKTS_SEQ_EVICTED);
	if (of == SCTP_FRAG || of == SCTP_PART) {
		pkts_sctp_drop(s, &s->halves[n->dir], node);
		return;
	}
	s->discard = s != at_work;
	skip_gap(s, n->dir);
	s->discard = false;
}

static bool has_room(const struct pkts_sctp_pool *pool, uint64_t pins)
{
	return pool->free_nodes >= 4 && pool->free_chunk != NONE &&
	       pool->stats.bytes + pins <= pool->conf.max_bytes;
}

bool pkts_sctp_make_room(struct pkts_sctp_seq *s, unsigned dir, uint64_t pins)
{
	struct pkts_sctp_pool *const pool = s->pool;
	struct pkts_sctp_half *const h = &s->halves[dir];

	if (pins > pool->conf.max_bytes)
		return false;
	while (h->room >= pool->conf.max_chunks_each && h->list.oldest != NONE)
		evict(s, h->list.oldest);
	while (!has_room(pool, pins) && pool->list.oldest != NONE)
		evict(s, pool->list.oldest);
	return has_room(pool, pins);
}

/* How many nodes went. */
static uint32_t drop_tree(struct pkts_sctp_pool *pool, uint32_t *root)
{
	uint32_t n, count = 0;

	for (; (n = *root) != NONE; count++) {
		pkts_sctp_tree_remove(pool, root, n);
		pkts_sctp_discard(pool, n);
	}
	return count;
}

void pkts_sctp_forget(struct pkts_sctp_seq *s, unsigned dir)
{
	struct pkts_sctp_half *const h = &s->halves[dir];

	drop_tree(s->pool, &h->held);
	s->pool->stats.streams -= drop_tree(s->pool, &h->streams);
}

void pkts_sctp_take_sack(struct pkts_sctp_seq *s, unsigned dir, struct pkts_sctp_chunk chunk)
{
	const struct pkts_ref r = {chunk.p, chunk.head, chunk.len};
	struct pkts_sctp_half *const h = &s->halves[!dir];
	uint64_t cum;

	if (pkts_sctp_sack_check(r).fatal) {
		pkts_sctp_note(s, PKTS_SEQ_CHUNK);
		return;
	}
	cum = pkts_sctp_unwrap(h, pkts_sctp_sack_tsn(pkts_sctp_sack_at(r)));
	if (!h->started || cum <= h->cum)
		return;
	if (cum > h->cum + s->pool->conf.window) {
		pkts_sctp_note(s, PKTS_SEQ_OUT_OF_WINDOW);
		return;
	}
	pkts_sctp_note(s, PKTS_SEQ_ACK_UNSEEN);
	if (s->pool->conf.gap == PKTS_SCTP_GAP_SACK)
		pkts_sctp_advance(s, !dir, cum, true);
}

/* Where a FORWARD-TSN leads; 0 if it does not count. */
static uint64_t forward_to(struct pkts_sctp_seq *s, struct pkts_sctp_half *h, struct pkts_ref r)
{
	const struct pkts_sctp_forward_tsn v = pkts_sctp_forward_tsn_at(r);
	const uint8_t kind = pkts_sctp_is_i_forward(v) ? PKTS_SCTP_I_DATA : PKTS_SCTP_DATA;
	uint64_t cum;

	if (pkts_sctp_forward_tsn_check(r).fatal || !pkts_sctp_kind_fits(h, kind)) {
		pkts_sctp_note(s, PKTS_SEQ_CHUNK);
		return 0;
	}
	h->kind = kind;
	if (!h->started)
		pkts_sctp_start(h, pkts_sctp_forward_tsn_tsn(v), true);
	cum = pkts_sctp_unwrap(h, pkts_sctp_forward_tsn_tsn(v));
	if (cum > h->cum + s->pool->conf.window) {
		pkts_sctp_note(s, PKTS_SEQ_OUT_OF_WINDOW);
		return 0;
	}
	return cum > h->cum ? cum : 0;
}

void pkts_sctp_take_forward(struct pkts_sctp_seq *s, unsigned dir, struct pkts_sctp_chunk chunk)
{
	const struct pkts_ref r = {chunk.p, chunk.head, chunk.len};
	const struct pkts_sctp_forward_tsn v = pkts_sctp_forward_tsn_at(r);
	struct pkts_sctp_half *const h = &s->halves[dir];
	const uint64_t cum = forward_to(s, h, r);

	if (cum == 0)
		return;
	pkts_sctp_note(s, PKTS_SEQ_FORWARD_TSN);
	drop_fragments(s, h, cum, true);
	pkts_sctp_advance(s, dir, cum, false);
	for (uint32_t i = 0; i < pkts_sctp_forward_tsn_skips(v); i++)
		pkts_sctp_skip(s, dir, pkts_sctp_forward_tsn_skip(v, i));
}
