/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Packets in, messages out: the walk over the chunks. */
#include "sctp.h"

void pkts_sctp_seq_init(struct pkts_sctp_seq *s, struct pkts_sctp_pool *pool, uint32_t *events)
{
	*s = (struct pkts_sctp_seq){.pool = pool, .events = events, .serial = ++pool->serial};
	s->halves[0].kind = s->halves[1].kind = SCTP_KIND_NONE;
}

static void give_back(struct pkts_sctp_seq *s)
{
	if (s->lent == NONE)
		return;
	pkts_sctp_discard(s->pool, s->lent);
	s->lent = NONE;
}

static uint32_t next_ready(struct pkts_sctp_seq *s)
{
	const uint32_t node = s->ready.oldest;

	if (node == NONE)
		return NONE;
	s->ready.oldest = s->pool->nodes[node].peer;
	if (s->ready.oldest == NONE)
		s->ready.newest = NONE;
	return node;
}

void pkts_sctp_seq_fini(struct pkts_sctp_seq *s)
{
	uint32_t node;

	give_back(s);
	while ((node = next_ready(s)) != NONE)
		pkts_sctp_discard(s->pool, node);
	pkts_sctp_forget(s, 0);
	pkts_sctp_forget(s, 1);
	s->walk = (struct pkts_sctp_chunks){0};
}

static void end_walk(struct pkts_sctp_seq *s)
{
	s->walk.head = s->walk.len = 0;
	s->walk.reason = PKTS_REASON_NONE;
}

/* The reflected tag: a side that has forgotten the association can only send back what it got. */
static bool may_end(const struct pkts_sctp_seq *s, struct pkts_sctp_chunk chunk)
{
	const bool t = pkts_sctp_chunk_flags(chunk) & 1;
	const uint32_t tag = s->halves[t ? !s->dir : s->dir].tag;

	return s->state == PKTS_SCTP_SEQ_OPEN && s->vtag != 0 && s->vtag == tag;
}

static void abort_association(struct pkts_sctp_seq *s)
{
	s->state = PKTS_SCTP_SEQ_ABORTED;
	pkts_sctp_forget(s, 0);
	pkts_sctp_forget(s, 1);
}

static void shut_association(struct pkts_sctp_seq *s)
{
	s->state = PKTS_SCTP_SEQ_SHUT;
	pkts_sctp_flush_half(s, 0);
	pkts_sctp_flush_half(s, 1);
}

static void take_end(struct pkts_sctp_seq *s, struct pkts_sctp_chunk chunk)
{
	if (!may_end(s, chunk))
		pkts_sctp_note(s, PKTS_SEQ_VTAG);
	else if (pkts_sctp_chunk_type(chunk) == PKTS_SCTP_ABORT)
		abort_association(s);
	else
		shut_association(s);
	end_walk(s); /* nothing may follow either */
}

/* INIT and INIT ACK come alone (RFC 9260 6.10), and an INIT without a tag (8.5.1). */
static void take_setup(struct pkts_sctp_seq *s, struct pkts_sctp_chunk chunk, bool first)
{
	const bool init = pkts_sctp_chunk_type(chunk) == PKTS_SCTP_INIT;

	if (!first || s->walk.len > 0)
		pkts_sctp_note(s, PKTS_SEQ_CHUNK);
	else if (init && s->vtag != 0)
		pkts_sctp_note(s, PKTS_SEQ_VTAG);
	else if (init)
		pkts_sctp_take_init(s, s->dir, chunk);
	else
		pkts_sctp_take_init_ack(s, s->dir, chunk);
	end_walk(s);
}

/* Chunks that say nothing about data, but whose type receivers know and go on behind. */
static bool is_known(uint8_t type)
{
	return type <= PKTS_SCTP_COOKIE_ACK + 2 || type == PKTS_SCTP_AUTH || type & 0x80;
}

static enum sctp_taken take_other(
	struct pkts_sctp_seq *s, struct pkts_sctp_chunk chunk, struct pkts_sctp_message *out)
{
	switch (pkts_sctp_chunk_type(chunk)) {
	case PKTS_SCTP_DATA:
	case PKTS_SCTP_I_DATA:
		if (s->state == PKTS_SCTP_SEQ_OPEN)
			return pkts_sctp_take_data(s, s->dir, chunk, out);
		pkts_sctp_note(s, PKTS_SEQ_FIN_DATA);
		return SCTP_TAKEN;
	case PKTS_SCTP_SACK:
		pkts_sctp_take_sack(s, s->dir, chunk);
		return SCTP_TAKEN;
	case PKTS_SCTP_FORWARD_TSN:
	case PKTS_SCTP_I_FORWARD_TSN:
		pkts_sctp_take_forward(s, s->dir, chunk);
		return SCTP_TAKEN;
	default:
		break;
	}
	if (!is_known(pkts_sctp_chunk_type(
		    chunk))) { /* then the rest is not looked at: RFC 9260 3.2 */
		pkts_sctp_note(s, PKTS_SEQ_CHUNK);
		end_walk(s);
	}
	return SCTP_TAKEN;
}

static bool is_ours(struct pkts_sctp_seq *s, uint8_t type)
{
	bool ours;

	switch (type) {
	case PKTS_SCTP_COOKIE_ECHO:
		ours = pkts_sctp_take_cookie_echo(s, s->dir);
		break;
	case PKTS_SCTP_COOKIE_ACK:
		ours = pkts_sctp_take_cookie_ack(s, s->dir);
		break;
	default:
		ours = pkts_sctp_admit(s, s->dir);
		break;
	}
	if (ours)
		s->halves[s->dir].heard = true;
	return ours;
}

static enum sctp_taken take_chunk(struct pkts_sctp_seq *s, struct pkts_sctp_chunk chunk, bool first,
	struct pkts_sctp_message *out)
{
	const uint8_t type = pkts_sctp_chunk_type(chunk);

	switch (type) {
	case PKTS_SCTP_INIT:
	case PKTS_SCTP_INIT_ACK:
		take_setup(s, chunk, first);
		return SCTP_TAKEN;
	case PKTS_SCTP_ABORT:
	case PKTS_SCTP_SHUTDOWN_COMPLETE:
		take_end(s, chunk);
		return SCTP_TAKEN;
	default:
		break;
	}
	if (!is_ours(s, type)) {
		pkts_sctp_note(s, PKTS_SEQ_VTAG);
		end_walk(s);
		return SCTP_TAKEN;
	}
	return take_other(s, chunk, out);
}

/* Looks at chunks until one is a message (true), ready ones have to be fetched, or none is left. */
static bool walk(struct pkts_sctp_seq *s, struct pkts_sctp_message *out)
{
	struct pkts_sctp_chunk chunk;
	enum sctp_taken taken = SCTP_TAKEN;

	while (taken == SCTP_TAKEN && !(out && s->ready.oldest != NONE)) {
		const struct pkts_sctp_chunks before = s->walk;
		if (!pkts_sctp_chunk_next(&s->walk, &chunk)) {
			if (s->walk.reason != PKTS_REASON_NONE)
				pkts_sctp_note(s, PKTS_SEQ_CHUNK);
			end_walk(s);
			return false;
		}
		taken = take_chunk(s, chunk, before.p == s->packet.p + PKTS_SCTP_HEAD, out);
		if (taken == SCTP_LATER)
			s->walk = before;
	}
	return taken == SCTP_DIRECT;
}

void pkts_sctp_seq_settle(struct pkts_sctp_seq *s)
{
	give_back(s);
	walk(s, NULL);
}

int pkts_sctp_seq_put(
	struct pkts_sctp_seq *s, unsigned dir, const struct pkts_piece *packet, uint32_t wire)
{
	/* The walk takes bytes that may be written to, and does not write. */
	const struct pkts_ref r = {(uint8_t *)(uintptr_t)packet->p, packet->len,
		wire > packet->len ? wire : packet->len};

	if (dir > 1)
		return -PKTS_EINVAL;
	if (r.head < PKTS_SCTP_HEAD)
		return -PKTS_EBADMSG;
	pkts_sctp_seq_settle(s);
	s->dir = (uint8_t)dir;
	s->packet = *packet;
	s->vtag = pkts_sctp_vtag(pkts_sctp_at(r));
	s->walk = pkts_sctp_chunks(r);
	return 0;
}

static void fill(struct pkts_sctp_seq *s, const struct sctp_node *n, struct pkts_sctp_message *m)
{
	*m = (struct pkts_sctp_message){
		.len = n->len,
		.number = n->flags & SCTP_U ? n->mid : n->mid - SCTP_ZERO,
		.missing = n->missing,
		.lost = n->lost,
		.ppid = n->ppid,
		.mid = n->wire,
		.tsn = (uint32_t)n->top,
		.pieces = n->count,
		.association = n->association,
		.stream = n->stream,
		.dir = n->dir,
		.unordered = n->flags & SCTP_U,
		.i_data = n->flags & SCTP_WIDE,
		.piece = s->pool->chunks[n->first].piece,
		.pool = s->pool,
		.next = s->pool->chunks[n->first].next,
	};
}

int pkts_sctp_seq_get(struct pkts_sctp_seq *s, struct pkts_sctp_message *m)
{
	give_back(s);
	if (s->ready.oldest == NONE && walk(s, m))
		return 0;
	s->lent = next_ready(s);
	if (s->lent == NONE)
		return -PKTS_EAGAIN;
	fill(s, &s->pool->nodes[s->lent], m);
	return 0;
}

int pkts_sctp_seq_put_get(struct pkts_sctp_seq *s, unsigned dir, const struct pkts_piece *packet,
	uint32_t wire, struct pkts_sctp_message *m)
{
	const int put = pkts_sctp_seq_put(s, dir, packet, wire);
	return put ? put : pkts_sctp_seq_get(s, m);
}

void pkts_sctp_seq_flush(struct pkts_sctp_seq *s, unsigned dir)
{
	if (dir > 1)
		return;
	pkts_sctp_seq_settle(s);
	pkts_sctp_flush_half(s, dir);
}

struct pkts_sctp_pieces pkts_sctp_pieces(const struct pkts_sctp_message *m)
{
	return (struct pkts_sctp_pieces){m->pool, m->piece, m->pieces, m->next};
}

bool pkts_sctp_piece_next(struct pkts_sctp_pieces *it, struct pkts_piece *piece)
{
	if (it->left == 0)
		return false;
	*piece = it->piece;
	if (--it->left > 0) {
		it->piece = it->pool->chunks[it->next].piece;
		it->next = it->pool->chunks[it->next].next;
	}
	return true;
}

size_t pkts_sctp_message_copy(const struct pkts_sctp_message *m, uint8_t *to, size_t cap)
{
	struct pkts_sctp_pieces it = pkts_sctp_pieces(m);
	struct pkts_piece piece;
	size_t n = 0;

	while (n < cap && pkts_sctp_piece_next(&it, &piece)) {
		const size_t some = PKTS_MIN(piece.len, cap - n);
		__builtin_memcpy(to + n, piece.p, some);
		n += some;
	}
	return n;
}
