/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Chunks of data: read, judged, and put together where they are fragments. */
#include "sctp.h"

#define FARS 32 /* chunks beyond the window in succession until that is where the window goes */

static uint8_t flags_of(struct pkts_ref r, uint8_t wide)
{
	const struct pkts_sctp_data v =
		pkts_sctp_data_at(r); /* the flags of both kinds are alike */
	const bool cut = r.head < r.len;

	return (uint8_t)(pkts_sctp_data_b(v) * SCTP_B | pkts_sctp_data_e(v) * SCTP_E |
			 pkts_sctp_data_u(v) * SCTP_U | wide | cut * SCTP_SKIP);
}

/* What the capture cut off counts as there, but is never delivered. */
static void take_payload(
	struct pkts_sctp_seq *s, struct pkts_ref r, uint32_t head, struct sctp_data *c)
{
	c->piece = (struct pkts_piece){r.p + head, r.len - head, s->packet.cost, s->packet.owner};
}

static bool read_data(struct pkts_sctp_seq *s, struct pkts_ref r, struct sctp_data *c)
{
	const struct pkts_sctp_data v = pkts_sctp_data_at(r);
	const struct pkts_check check = pkts_sctp_data_check(r);

	if (check.fatal || check.invalid)
		return false;
	*c = (struct sctp_data){
		.tsn = pkts_sctp_data_tsn(v),
		.stream = pkts_sctp_data_stream(v),
		.wire = pkts_sctp_data_ssn(v),
		.ppid = pkts_sctp_data_ppid(v),
		.flags = flags_of(r, 0),
	};
	take_payload(s, r, PKTS_SCTP_DATA_HEAD, c);
	return true;
}

/* Fragments are counted from 0, which only the first one may be. */
static bool read_i_data(struct pkts_sctp_seq *s, struct pkts_ref r, struct sctp_data *c)
{
	const struct pkts_sctp_i_data v = pkts_sctp_i_data_at(r);
	const struct pkts_check check = pkts_sctp_i_data_check(r);

	if (check.fatal || check.invalid)
		return false;
	*c = (struct sctp_data){
		.tsn = pkts_sctp_i_data_tsn(v),
		.stream = pkts_sctp_i_data_stream(v),
		.wire = pkts_sctp_i_data_mid(v),
		.flags = flags_of(r, SCTP_WIDE),
	};
	if (c->flags & SCTP_B)
		c->ppid = pkts_sctp_i_data_ppid_fsn(v);
	else
		c->fsn = pkts_sctp_i_data_ppid_fsn(v);
	take_payload(s, r, PKTS_SCTP_I_DATA_HEAD, c);
	return c->flags & SCTP_B || c->fsn != 0;
}

/* Reads a chunk, if it is of the direction's kind. */
static bool read_chunk(struct pkts_sctp_seq *s, struct pkts_sctp_half *h,
	struct pkts_sctp_chunk chunk, struct sctp_data *c)
{
	const struct pkts_ref r = {chunk.p, chunk.head, chunk.len};
	const uint8_t kind = pkts_sctp_chunk_type(chunk);

	if (!pkts_sctp_kind_fits(h, kind))
		return false;
	if (!(kind == PKTS_SCTP_I_DATA ? read_i_data(s, r, c) : read_data(s, r, c)))
		return false;
	h->kind = kind;
	return true;
}

static struct sctp_key fragment_key(const struct sctp_data *c)
{
	if (c->flags & SCTP_WIDE)
		return sctp_key(
			SCTP_PART, (c->flags & SCTP_U ? 1u << 16 : 0) | c->stream, c->mid, c->fsn);
	return sctp_key(SCTP_FRAG, 0, 0, c->t);
}

/* A message, or a part of one, of a single chunk. The room has been made. */
static uint32_t make_node(struct pkts_sctp_seq *s, unsigned dir, const struct sctp_data *c)
{
	const uint32_t node = pkts_sctp_node_take(s->pool);
	struct sctp_node *const n = &s->pool->nodes[node];

	n->key = fragment_key(c);
	n->seq = s;
	n->dir = (uint8_t)dir;
	n->end = n->key.at;
	n->top = c->t;
	n->mid = c->mid;
	n->len = c->piece.len;
	n->ppid = c->ppid;
	n->wire = c->wire;
	n->stream = c->stream;
	n->flags = c->flags;
	if (n->len > s->pool->conf.max_message) {
		n->flags |= SCTP_SKIP;
		pkts_sctp_note(s, PKTS_SEQ_MESSAGE_TOO_LONG);
	}
	if (!(n->flags & SCTP_SKIP)) {
		n->first = n->last = pkts_sctp_hold(s->pool, &c->piece);
		n->count = 1;
	}
	pkts_sctp_list_add(s->pool, node);
	return node;
}

/* Are these neighbours fragments of one message? */
static bool belong(const struct sctp_node *a, const struct sctp_node *b)
{
	const uint8_t kind = SCTP_U | SCTP_WIDE;

	return a->key.line == b->key.line && a->key.mid == b->key.mid && a->end + 1 == b->key.at &&
	       !(a->flags & SCTP_E) && !(b->flags & SCTP_B) &&
	       (a->flags & kind) == (b->flags & kind) && a->stream == b->stream &&
	       (a->flags & SCTP_U || a->wire == b->wire);
}

/* What is too long, or lacks a piece, stays as a place only: it swallows its fragments. */
static void hollow(struct pkts_sctp_seq *s, struct sctp_node *n)
{
	struct pkts_sctp_half *const h = &s->halves[n->dir];

	if (!(n->flags & SCTP_SKIP))
		pkts_sctp_note(s, PKTS_SEQ_MESSAGE_TOO_LONG);
	n->flags |= SCTP_SKIP;
	h->room -= n->count;
	pkts_sctp_release(s->pool, n);
}

static void chain(struct pkts_sctp_pool *pool, struct sctp_node *a, const struct sctp_node *b)
{
	if (a->first == NONE)
		a->first = b->first;
	else
		pool->chunks[a->last].next = b->first;
	a->last = b->last ? b->last : a->last;
	a->count += b->count;
	a->seq->halves[a->dir].room += b->count;
}

/* Fragments b go behind fragments a, and b is no more. */
static void join(struct pkts_sctp_seq *s, struct pkts_sctp_half *h, uint32_t a, uint32_t b)
{
	struct sctp_node *const n = &s->pool->nodes[a], *const m = &s->pool->nodes[b];

	pkts_sctp_tree_remove(s->pool, &h->held, b);
	pkts_sctp_list_remove(s->pool, b);
	n->end = m->end;
	n->top = n->top > m->top ? n->top : m->top;
	n->len += m->len;
	n->flags |= m->flags & (SCTP_E | SCTP_SKIP);
	chain(s->pool, n, m);
	pkts_sctp_node_free(s->pool, b);
	if (n->flags & SCTP_SKIP || n->len > s->pool->conf.max_message)
		hollow(s, n);
}

/* Joins a new fragment, which is in the tree, with its neighbours; what it is part of then. */
static uint32_t join_neighbours(struct pkts_sctp_seq *s, struct pkts_sctp_half *h, uint32_t node,
	uint32_t below, uint32_t above)
{
	struct sctp_node *const nodes = s->pool->nodes;

	if (above && belong(&nodes[node], &nodes[above]))
		join(s, h, node, above);
	if (below && belong(&nodes[below], &nodes[node])) {
		join(s, h, below, node);
		node = below;
	}
	return node;
}

static void take_fragment(struct pkts_sctp_seq *s, unsigned dir, const struct sctp_data *c)
{
	struct pkts_sctp_half *const h = &s->halves[dir];
	struct sctp_node *const nodes = s->pool->nodes;
	const struct sctp_key key = fragment_key(c);
	const uint32_t below = pkts_sctp_tree_floor(s->pool, h->held, &key);
	const uint32_t above = pkts_sctp_tree_ceil(s->pool, h->held, &key);
	uint32_t n;

	if (below && nodes[below].key.line == key.line && nodes[below].key.mid == key.mid &&
		nodes[below].end >= key.at) {
		pkts_sctp_note(s, PKTS_SEQ_TSN_CONFLICT); /* a fragment number that is taken */
		return;
	}
	n = make_node(s, dir, c);
	pkts_sctp_tree_insert(s->pool, &h->held, n);
	n = join_neighbours(s, h, n, below, above);
	if ((nodes[n].flags & (SCTP_B | SCTP_E)) == (SCTP_B | SCTP_E)) {
		pkts_sctp_tree_remove(s->pool, &h->held, n);
		pkts_sctp_whole(s, dir, n);
	}
}

static void fill(struct pkts_sctp_seq *s, unsigned dir, const struct sctp_data *c, uint32_t lost,
	struct pkts_sctp_message *m)
{
	struct pkts_sctp_half *const h = &s->halves[dir];

	*m = (struct pkts_sctp_message){
		.len = c->piece.len,
		.number = c->flags & SCTP_U ? c->mid : c->mid - SCTP_ZERO,
		.missing = h->missing,
		.lost = lost,
		.ppid = c->ppid,
		.mid = c->wire,
		.tsn = c->tsn,
		.pieces = 1,
		.association = s->association,
		.stream = c->stream,
		.dir = (uint8_t)dir,
		.unordered = c->flags & SCTP_U,
		.i_data = c->flags & SCTP_WIDE,
		.piece = c->piece,
		.pool = s->pool,
	};
	h->missing = 0;
	h->count++;
}

/* A message in itself, that may be handed out as it is. */
static bool is_whole(const struct pkts_sctp_seq *s, const struct sctp_data *c)
{
	return (c->flags & (SCTP_B | SCTP_E | SCTP_SKIP)) == (SCTP_B | SCTP_E) &&
	       c->piece.len <= s->pool->conf.max_message && s->ready.oldest == NONE;
}

/* A chunk whose TSN has been marked. True if it is in *out. */
static bool place(
	struct pkts_sctp_seq *s, unsigned dir, struct sctp_data *c, struct pkts_sctp_message *out)
{
	uint32_t lost, stream;

	c->mid = pkts_sctp_number(s, dir, c, &stream);
	if ((c->flags & (SCTP_B | SCTP_E)) != (SCTP_B | SCTP_E)) {
		take_fragment(s, dir, c);
		return false;
	}
	if (out && is_whole(s, c) && pkts_sctp_whole_direct(s, dir, c, &lost)) {
		fill(s, dir, c, lost, out);
		pkts_sctp_pull(s, dir, stream, c->stream);
		return true;
	}
	pkts_sctp_whole(s, dir, make_node(s, dir, c));
	return false;
}

static void repeated(struct pkts_sctp_seq *s, unsigned dir, const struct sctp_data *c,
	struct pkts_sctp_chunk chunk)
{
	pkts_sctp_note(s, PKTS_SEQ_TSN_DUPLICATE);
	if (pkts_sctp_digest_differs(s, dir, c, chunk))
		pkts_sctp_note(s, PKTS_SEQ_TSN_CONFLICT);
}

/*
 * Receivers do not take chunks from so far ahead. Many of them in succession mean that a lot was not
 * captured, so that this is where the association is. True: go on with the chunk.
 */
static bool is_far(struct pkts_sctp_seq *s, unsigned dir, const struct sctp_data *c)
{
	struct pkts_sctp_half *const h = &s->halves[dir];

	if (c->t <= h->cum + s->pool->conf.window) {
		h->fars = 0;
		return false;
	}
	pkts_sctp_note(s, PKTS_SEQ_OUT_OF_WINDOW);
	const bool near = c->t - h->far + s->pool->conf.window <= 2ull * s->pool->conf.window;
	h->fars = near ? h->fars + 1 : 1;
	h->far = c->t;
	if (h->fars < FARS)
		return true;
	h->fars = 0;
	pkts_sctp_flush_half(s, dir);
	pkts_sctp_advance(s, dir, c->t - 1, true);
	pkts_sctp_note(s, PKTS_SEQ_MIDSTREAM);
	return false;
}

/* Next in order and a message in itself: nothing has to be kept for it. */
static bool passes(const struct pkts_sctp_half *h, const struct sctp_data *c,
	const struct pkts_sctp_seq *s, const struct pkts_sctp_message *out)
{
	return out && c->t == h->cum + 1 && is_whole(s, c);
}

static enum sctp_taken refuse(struct pkts_sctp_seq *s, const struct pkts_sctp_message *out)
{
	const struct pkts_sctp_pool *const pool = s->pool;
	const bool pieces = pool->free_chunk == NONE || pool->free_nodes < 4;

	if (out && s->ready.oldest != NONE)
		return SCTP_LATER;
	pkts_sctp_note(s, pieces ? PKTS_SEQ_LIMIT_PIECES : PKTS_SEQ_LIMIT_BYTES);
	return SCTP_TAKEN;
}

static void start_late(struct pkts_sctp_seq *s, unsigned dir, uint32_t tsn)
{
	pkts_sctp_start(&s->halves[dir], tsn, true);
	pkts_sctp_note(s, PKTS_SEQ_MIDSTREAM);
}

enum sctp_taken pkts_sctp_take_data(struct pkts_sctp_seq *s, unsigned dir,
	struct pkts_sctp_chunk chunk, struct pkts_sctp_message *out)
{
	struct pkts_sctp_half *const h = &s->halves[dir];
	struct sctp_data c;
	bool direct;

	if (!read_chunk(s, h, chunk, &c)) {
		pkts_sctp_note(s, PKTS_SEQ_CHUNK);
		return SCTP_TAKEN;
	}
	if (!h->started)
		start_late(s, dir, c.tsn);
	c.t = pkts_sctp_unwrap(h, c.tsn);
	if (pkts_sctp_is_seen(s, h, c.t)) {
		repeated(s, dir, &c, chunk);
		return SCTP_TAKEN;
	}
	if (is_far(s, dir, &c))
		return SCTP_TAKEN;
	if (!passes(h, &c, s, out) &&
		!pkts_sctp_make_room(s, dir, pkts_sctp_pins(s->pool, &c.piece)))
		return refuse(s, out);
	if (pkts_sctp_is_seen(s, h, c.t)) { /* making room gave it up */
		pkts_sctp_note(s, PKTS_SEQ_LIMIT_PIECES);
		return SCTP_TAKEN;
	}
	pkts_sctp_digest_keep(s, dir, &c, chunk);
	pkts_sctp_mark(s, dir, c.t);
	direct = place(s, dir, &c, out);
	pkts_sctp_moved(s, dir);
	return direct ? SCTP_DIRECT : SCTP_TAKEN;
}
