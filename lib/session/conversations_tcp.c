/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* TCP: each segment to its Session, and from there to the Sequence and the application Session. */
#include "conversations.h"

/* streams */

static struct stream *stream_of(struct pkts_conversations *c, const struct pkts_tcp_conversation *u)
{
	if (u->unwanted || u->place == 0)
		return NULL;
	return (struct stream *)(void *)place_at(&c->streams, u->place);
}

static bool wants_bytes(const struct pkts_conversations *c)
{
	return c->pool && (!c->conf.no_apps || c->conf.watch.bytes || c->conf.bytes_for_all);
}

static void give_back(struct pkts_conversations *c, struct pkts_tcp_conversation *u)
{
	struct stream *const stream = stream_of(c, u);
	const uint32_t noticed = pkts_conversations_pack_seq(&stream->seq);

	pkts_tcp_seq_fini(&stream->seq);
	pkts_conversations_give_back_place(&c->streams, u->place);
	u->place = noticed & PLACE_MASK;
	u->unwanted = true;
}

/* What the Sequence has noticed and nobody was told. */
static void tell_seq(struct pkts_conversations *c, struct stream *stream)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		const uint64_t events = stream->seq.half[dir].events;
		if (PKTS_LIKELY(events == stream->told[dir]))
			continue;
		const struct pkts_conversation_seq_note fresh = {.entry = stream->place.entry,
			.kind = PKTS_CONVERSATION_TCP,
			.dir = (uint8_t)dir,
			.events = events & ~stream->told[dir],
			.cut = stream->cut[dir]};
		stream->told[dir] = events;
		pkts_conversations_note_seq(c, &fresh);
	}
}

/* A SYN as it was, told again to a Sequence that begins later. */
static void tell_syn(struct pkts_conversations *c, struct stream *stream,
	const struct pkts_tcp_session *session, unsigned dir)
{
	const struct pkts_tcp_session_half *const half = session->half;
	const bool answer = dir != (session->opener & PKTS_TCP_OPENER_DIR) &&
			    (half[!dir].bits & PKTS_TCP_HALF_SYN);
	const struct pkts_tcp_segment syn = {.seq = half[dir].isn,
		.ack = answer ? half[!dir].isn + 1 : 0,
		.flags = (uint16_t)(answer ? PKTS_TCP_SYN | PKTS_TCP_ACK : PKTS_TCP_SYN),
		.window = UINT16_MAX};

	if (half[dir].bits & PKTS_TCP_HALF_SYN)
		pkts_tcp_seq_put(&stream->seq, dir, &syn, c->now);
}

/* Ports as the packets of direction 0 have them. */
static void begin_app(struct stream *stream, const struct pkts_table_entry *entry)
{
	const struct pkts_session_key key = pkts_table_key_of(entry);
	const unsigned first = pkts_table_initiator(entry);
	const struct pkts_tcp_conversation *const u =
		pkts_table_user((struct pkts_table_entry *)(uintptr_t)entry);
	const uint16_t both = u->session.half[0].bits | u->session.half[1].bits;

	pkts_app_session_init(
		&stream->app, key.port[first], key.port[!first], !(both & PKTS_TCP_HALF_SYN));
}

/*
 * A connection gets a Sequence with the first segment that is more than a SYN, so that a flood of those
 * takes none. What the SYNs said the Session knows.
 */
static void begin_stream(struct pkts_conversations *c, const struct arriving *a, bool is_syn)
{
	struct pkts_tcp_conversation *const u = pkts_table_user(a->seen->entry);

	u->place = pkts_conversations_take_place(c, PKTS_CONVERSATION_TCP, a->seen->entry) &
		   PLACE_MASK;
	u->unwanted = u->place == 0;
	struct stream *const stream = stream_of(c, u);
	if (!stream)
		return;
	stream->told[0] = stream->told[1] = 0;
	stream->cut[0] = stream->cut[1] = false;
	pkts_tcp_seq_init(&stream->seq, c->pool, c->conf.policy, c->conf.policy);
	begin_app(stream, stream->place.entry);
	for (unsigned dir = 0; dir < 2; dir++)
		if (!(is_syn && dir == a->seen->dir))
			tell_syn(c, stream, &u->session, dir);
}

/* bytes out */

static struct pkts_app_result tell_app(struct pkts_conversations *c, struct stream *stream,
	unsigned dir, enum pkts_tcp_kind kind, const struct pkts_tcp_out *out)
{
	struct message_ctx to = {c, stream->place.entry};
	const struct pkts_app_out messages = pkts_conversations_app_out(&to);

	switch (kind) {
	case PKTS_TCP_SEQ_DATA:
		return pkts_app_session_put(&stream->app, dir,
			(struct pkts_span){out->p, (uint32_t)out->len}, &messages);
	case PKTS_TCP_SEQ_GAP:
		return pkts_app_session_gap(&stream->app, dir, out->len);
	case PKTS_TCP_SEQ_FIN:
	case PKTS_TCP_SEQ_RST:
		return pkts_app_session_end(&stream->app, dir);
	default:
		return (struct pkts_app_result){.want = PKTS_APP_MORE};
	}
}

static void deliver(struct pkts_conversations *c, struct stream *stream, unsigned dir,
	enum pkts_tcp_kind kind, const struct pkts_tcp_out *out)
{
	struct pkts_tcp_conversation *const u = pkts_table_user(stream->place.entry);
	const struct pkts_conversation_bytes bytes = {
		stream->place.entry, (uint8_t)dir, kind, *out};

	if (c->conf.watch.bytes)
		c->conf.watch.bytes(c->conf.watch.ctx, &bytes);
	if (stream->place.app_done)
		return;
	const struct pkts_app_result result = tell_app(c, stream, dir, kind, out);
	u->app = stream->app.app;
	stream->place.app_done = result.want == PKTS_APP_DONE;
	pkts_conversations_note(
		c, stream->place.entry, PKTS_CONVERSATION_TCP, dir, result.judgement, true);
}

static void drain(struct pkts_conversations *c, struct stream *stream, unsigned dir)
{
	struct pkts_tcp_out out;
	enum pkts_tcp_kind kind;

	while ((kind = pkts_tcp_seq_get(&stream->seq, dir, &out)) != PKTS_TCP_SEQ_NOTHING)
		deliver(c, stream, dir, kind, &out);
}

static void put_segment(struct pkts_conversations *c, struct stream *stream, unsigned dir,
	const struct pkts_tcp_segment *seg)
{
	struct pkts_tcp_out out;
	const enum pkts_tcp_kind kind = pkts_tcp_seq_put_get(&stream->seq, dir, seg, c->now, &out);

	if (kind != PKTS_TCP_SEQ_NOTHING)
		deliver(c, stream, dir, kind, &out);
	drain(c, stream, dir);
	drain(c, stream, !dir);
}

/* Its data as far as they were captured, and then, if some were not, its FIN where that belongs. */
static void put_captured(struct pkts_conversations *c, struct stream *stream,
	const struct arriving *a, struct pkts_tcp tcp, uint32_t len)
{
	const struct pkts_ref r = pkts_conversations_ref(a);
	const uint32_t readable = r.head > tcp.head ? r.head - tcp.head : 0;
	const struct pkts_piece piece = {
		tcp.p + tcp.head, PKTS_MIN(readable, len), a->frame->cost, a->frame->owner};
	struct pkts_tcp_segment seg = pkts_tcp_segment_of(tcp, piece);
	const uint16_t fin = seg.flags & PKTS_TCP_FIN;

	if (piece.len < len) {
		seg.flags &= (uint16_t)~PKTS_TCP_FIN;
		stream->cut[a->seen->dir] = true;
	}
	put_segment(c, stream, a->seen->dir, &seg);
	if (piece.len == len || !fin)
		return;
	seg.flags = PKTS_TCP_FIN | PKTS_TCP_ACK;
	seg.seq += len;
	seg.piece.len = 0;
	put_segment(c, stream, a->seen->dir, &seg);
}

static bool is_unwanted(const struct pkts_conversations *c, const struct stream *stream)
{
	return stream->place.app_done && !c->conf.bytes_for_all;
}

/* Nothing more can come. */
static bool is_over(const struct pkts_conversations *c, const struct stream *stream,
	const struct pkts_tcp_session *session)
{
	return !c->conf.stream.past_end && pkts_tcp_session_is_over(session) &&
	       stream->seq.half[0].segments == 0 && stream->seq.half[1].segments == 0;
}

static void put_stream(
	struct pkts_conversations *c, const struct arriving *a, struct pkts_tcp tcp, uint32_t len)
{
	struct pkts_tcp_conversation *const u = pkts_table_user(a->seen->entry);
	const bool is_syn = pkts_tcp_flags(tcp) & PKTS_TCP_SYN;

	if (u->place == 0 && !u->unwanted && (!is_syn || len))
		begin_stream(c, a, is_syn);
	struct stream *const stream = stream_of(c, u);
	if (!stream)
		return;
	put_captured(c, stream, a, tcp, len);
	tell_seq(c, stream);
	const bool unwanted = is_unwanted(c, stream);
	if (PKTS_LIKELY(!unwanted && !is_over(c, stream, &u->session)))
		return;
	c->streams.given_back++;
	if (unwanted)
		give_back(c, u);
	else
		pkts_conversations_end_stream(c, a->seen->entry);
}

void pkts_conversations_end_stream(struct pkts_conversations *c, struct pkts_table_entry *entry)
{
	struct pkts_tcp_conversation *const u = pkts_table_user(entry);
	struct stream *const stream = stream_of(c, u);

	if (!stream)
		return;
	for (unsigned dir = 0; dir < 2; dir++) {
		pkts_tcp_seq_flush(&stream->seq, dir);
		drain(c, stream, dir);
	}
	tell_seq(c, stream);
	give_back(c, u);
}

void pkts_conversations_drop_stream(struct pkts_conversations *c, struct pkts_table_entry *entry)
{
	struct pkts_tcp_conversation *const u = pkts_table_user(entry);

	if (stream_of(c, u))
		give_back(c, u);
	u->unwanted = true;
}

uint32_t pkts_conversations_tick(struct pkts_conversations *c, uint32_t at, uint32_t budget)
{
	const uint32_t n = c->streams.used;

	at = at < n ? at : 0;
	for (uint32_t i = 0; i < PKTS_MIN(budget, n); i++) {
		struct stream *const stream = (void *)place_at(&c->streams, at + 1);
		at = at + 1 < n ? at + 1 : 0;
		if (!stream->place.entry ||
			!(stream->seq.half[0].segments | stream->seq.half[1].segments))
			continue;
		pkts_tcp_seq_tick(&stream->seq, c->now);
		drain(c, stream, 0);
		drain(c, stream, 1);
		tell_seq(c, stream);
	}
	return at;
}

/* packets */

static enum pkts_conversation_class class_of(const struct pkts_tcp_session *s)
{
	static const uint8_t classes[PKTS_TCP_TIMEOUT_MAX] = {
		[PKTS_TCP_TIMEOUT_EMBRYONIC] = PKTS_CONVERSATION_NEW,
		[PKTS_TCP_TIMEOUT_ESTABLISHED] = PKTS_CONVERSATION_ESTABLISHED,
		[PKTS_TCP_TIMEOUT_CLOSING] = PKTS_CONVERSATION_CLOSING,
		[PKTS_TCP_TIMEOUT_CLOSED] = PKTS_CONVERSATION_CLOSED,
	};
	const unsigned class = classes[pkts_tcp_session_timeout_class(s)];
	const bool both = s->half[0].bits & s->half[1].bits & PKTS_TCP_HALF_SEEN;

	return class == PKTS_CONVERSATION_CLOSED || both ? (enum pkts_conversation_class) class
							 : PKTS_CONVERSATION_NEW;
}

/*
 * The handshake goes on, and what seemed to be said after it was none of the connection: it is read anew. What
 * the Sequence noticed in that has been told, and is forgotten.
 */
static void forget_stream(struct pkts_conversations *c, struct pkts_tcp_conversation *u)
{
	if (stream_of(c, u))
		give_back(c, u);
	u->place = 0;
	u->unwanted = false;
	u->app = 0;
}

/*
 * The segment is the first of another connection, or the answer to that. False if that may not begin: then its
 * SYN stays with the old one, which has counted it.
 */
static bool begin_anew(struct pkts_conversations *c, struct arriving *a,
	const struct pkts_tcp_session_segment *seg)
{
	struct kept_syn syn;
	const bool kept = pkts_conversations_may_begin_again(c, a) &&
			  pkts_conversations_take_syn(c, a, seg, &syn);

	if (!pkts_conversations_begin_again(c, a))
		return false;
	if (kept)
		pkts_conversations_give_syn(c, a, seg, &syn);
	return true;
}

/* Judges a SYN; one inside the connection may turn out to begin another. */
static struct pkts_judgement judge_syn(struct pkts_conversations *c, const struct arriving *a,
	const struct pkts_tcp_session_segment *seg)
{
	struct pkts_tcp_conversation *const u = pkts_table_user(a->seen->entry);
	const struct pkts_tcp_session before = u->session;
	const struct pkts_judgement j =
		pkts_tcp_session_validate(&u->session, &c->conf.tcp, a->seen->dir, seg, a->now);

	if (!(seg->flags & PKTS_TCP_ACK) && (j.events & PKTS_SESSION_BIT(TCP_SYN_IN_CONNECTION)))
		pkts_conversations_keep_syn(c, a, seg, &before);
	return j;
}

void pkts_conversations_tcp(struct pkts_conversations *c, struct arriving *a)
{
	const struct pkts_ref r = pkts_packet_ref(a->packet, a->seen->at.l4);
	const struct pkts_tcp tcp = pkts_tcp_at(r);
	const uint32_t head = pkts_tcp_data_offset(tcp) * 4u;
	const uint32_t len = a->packet->layers[a->seen->at.l4].len - head;
	struct pkts_tcp_session_segment seg = pkts_tcp_session_segment(tcp, len);
	struct pkts_tcp_conversation *u = pkts_table_user(a->seen->entry);

	if (PKTS_UNLIKELY(r.head < head)) /* pkts_decoder.cut_options */
		seg.options |= PKTS_TCP_OPTIONS_CUT;
	if (PKTS_UNLIKELY(
		    pkts_tcp_session_restarts(&u->session, &c->conf.tcp, a->seen->dir, &seg))) {
		if (!begin_anew(c, a, &seg))
			return;
		u = pkts_table_user(a->seen->entry);
	}
	const bool open = u->session.state >= PKTS_TCP_STATE_ESTABLISHED;
	a->seen->judgement = PKTS_UNLIKELY(seg.flags & PKTS_TCP_SYN)
				     ? judge_syn(c, a, &seg)
				     : pkts_tcp_session_validate(&u->session, &c->conf.tcp,
					       a->seen->dir, &seg, a->now);
	if (PKTS_UNLIKELY(open && u->session.state == PKTS_TCP_STATE_SYN_RECEIVED))
		forget_stream(c, u);
	pkts_conversations_classify(
		c, PKTS_CONVERSATION_TCP, a->seen->entry, class_of(&u->session));
	if (wants_bytes(c) && a->seen->judgement.validity != PKTS_INVALID &&
		!(a->seen->judgement.events & PKTS_TCP_SESSION_DROPPED))
		put_stream(c, a, tcp, len);
}
