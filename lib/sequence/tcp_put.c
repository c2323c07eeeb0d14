/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a segment does to the direction that sends it, and its ACK to the other one. */
#include "tcp_row.h"

void pkts_tcp_seq_init(struct pkts_tcp_seq *s, struct pkts_tcp_pool *pool,
	enum pkts_tcp_policy to_second, enum pkts_tcp_policy to_first)
{
	const uint16_t keep = pool->conf.keep_delivered ? KEEP : 0;

	*s = (struct pkts_tcp_seq){.pool = pool};
	for (unsigned dir = 0; dir < 2; dir++) {
		s->half[dir] = (struct pkts_tcp_half){.next = BASE,
			.lent = NONE,
			.syns = NONE,
			.slow = UNSETTLED | keep,
			.policy = (uint8_t)(dir ? to_first : to_second)};
		pkts_ranges_clear(&s->half[dir].held);
	}
}

void pkts_tcp_seq_fini(struct pkts_tcp_seq *s)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		tcp_give_back(s, dir);
		tcp_drop_held(s, dir);
		tcp_drop_syns(s, dir);
		s->half[dir].slow |= ENDED;
	}
}

/* About milliseconds, and never 0. */
static uint32_t clock_of(uint64_t ns)
{
	return (uint32_t)(ns >> 20) | 1;
}

/* Something waits behind what has not come. */
static bool waits(const struct pkts_tcp_half *half)
{
	return half->held.covered > half->past;
}

/* The patience with a gap, or with a beginning, has come to its end. */
static void lose_patience(struct pkts_tcp_seq *s, unsigned dir)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);

	if (!(half->slow & UNSETTLED))
		half->slow |= s->pool->conf.gap & PKTS_TCP_GAP_LIMIT ? SKIP : 0;
	else if (!s->pool->conf.midstream_flush)
		tcp_settle(s, dir);
}

PKTS_INLINE void pass_time(struct pkts_tcp_seq *s, unsigned dir, uint64_t now_ns)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const uint32_t now = clock_of(now_ns);

	if (!waits(half))
		return;
	half->since = half->since ? half->since : now;
	if (PKTS_UNLIKELY((uint32_t)(now - half->since) > s->pool->conf.gap_ns >> 20))
		lose_patience(s, dir);
}

PKTS_INLINE void tick(struct pkts_tcp_seq *s, uint64_t now_ns)
{
	pass_time(s, 0, now_ns);
	pass_time(s, 1, now_ns);
}

void pkts_tcp_seq_tick(struct pkts_tcp_seq *s, uint64_t now_ns)
{
	tick(s, now_ns);
}

void pkts_tcp_seq_flush(struct pkts_tcp_seq *s, unsigned dir)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);

	if (half->slow & UNSETTLED)
		tcp_settle(s, dir);
	if (!(half->slow & (UNSETTLED | ENDED)))
		half->slow |= FLUSH;
}

/* Of what was handed out, only what is not acknowledged may still be asked for. */
static void forget_acknowledged(struct pkts_tcp_seq *s, unsigned dir, uint64_t place)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const uint64_t before = half->held.covered;

	tcp_trim(s, dir, PKTS_MIN(place, half->next));
	half->past -= (uint32_t)(before - half->held.covered);
}

/* The peer has bytes that the stream has not come to. */
static void ahead(struct pkts_tcp_seq *s, unsigned dir, uint64_t place)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const struct pkts_range *const range = tcp_range_at(s, dir, half->next);

	if ((half->slow & FIN || half->told & TOLD_FIN) && place == tcp_at(half, half->fin) + 1 &&
		half->next == place - 1)
		return;
	if (half->slow & PROBE)
		half->slow |= PROBE_TAKEN;
	else if (!range || range->start > half->next)
		tcp_note(s, dir, PKTS_SEQ_ACK_UNSEEN);
}

static void learn_ack(struct pkts_tcp_half *half, uint32_t ack)
{
	if (!(half->told & ACK_KNOWN) || (int32_t)(ack - half->acked) > 0)
		half->acked = ack;
	half->told |= ACK_KNOWN;
}

static void acknowledge_settled(struct pkts_tcp_seq *s, unsigned dir, uint32_t ack)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const uint64_t place = tcp_at(half, ack);

	if (place > half->next && place - half->next > (uint64_t)s->pool->conf.window + 1) {
		tcp_note(s, !dir, PKTS_SEQ_OUT_OF_WINDOW);
		return;
	}
	learn_ack(half, ack);
	tcp_pass_ack(half);
	if (place > half->next && !(half->slow & ENDED))
		ahead(s, dir, place);
	if (half->slow & KEEP)
		forget_acknowledged(s, dir, place);
}

/* dir is the direction whose bytes are acknowledged. */
static void acknowledge(struct pkts_tcp_seq *s, unsigned dir, const struct pkts_tcp_segment *seg)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);

	half->slow = (uint16_t)((half->slow & ~ZERO_WINDOW) | (seg->window ? 0 : ZERO_WINDOW));
	switch ((enum start)half->start) {
	case START_SYN:
		tcp_answer(s, dir, seg->ack, seg->flags & PKTS_TCP_SYN);
		break;
	case START_SETTLED:
		acknowledge_settled(s, dir, seg->ack);
		break;
	case START_NOWHERE:
		half->told &= (uint8_t)~ACK_KNOWN; /* only the latest can be trusted */
		learn_ack(half, seg->ack);
		break;
	case START_MIDSTREAM:
		learn_ack(half, seg->ack);
		tcp_settle_if_due(s, dir);
	}
}

static int reset(struct pkts_tcp_seq *s, unsigned dir, const struct pkts_tcp_segment *seg)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);

	if (seg->piece.len)
		tcp_note(s, dir, PKTS_SEQ_RST_DATA);
	if (half->told & TOLD_RST)
		return 0;
	half->slow |= RST;
	if (!s->pool->conf.past_end)
		tcp_settle(s, dir);
	return 0;
}

/* A FIN ends the stream where it stands; of several, the one that is reached first. */
static void finish(struct pkts_tcp_half *half, uint64_t place)
{
	if (half->told & TOLD_FIN || (place < half->next && !(half->slow & UNSETTLED)))
		return;
	if (half->slow & FIN && tcp_at(half, half->fin) <= place)
		return;
	half->fin = (uint32_t)place + half->bias;
	half->slow |= FIN;
}

static void mark_urgent(struct pkts_tcp_seq *s, unsigned dir, uint64_t at, uint16_t pointer)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const struct pkts_tcp_conf *const conf = &s->pool->conf;
	const uint64_t place = at + (pointer ? pointer - 1u : 0);

	tcp_note(s, dir, PKTS_SEQ_URGENT);
	if (half->slow & URGENT && tcp_at(half, half->urgent) >= place)
		return;
	if (place < half->next && !(half->slow & UNSETTLED))
		return;
	const enum pkts_tcp_urgent how =
		half->urgents < conf->urgent_max ? conf->urgent : conf->urgent_beyond;
	if (how == PKTS_TCP_URGENT_INLINE)
		return;
	half->urgent = (uint32_t)place + half->bias;
	half->urgents += half->urgents < UINT16_MAX;
	half->slow |= URGENT;
	half->told = (uint8_t)((half->told & ~URGENT_DROPPED) |
			       (how == PKTS_TCP_URGENT_DROP ? URGENT_DROPPED : 0));
}

/*
 * One byte at the window's edge while the window is closed: it counts only if it is acknowledged. Where
 * packets are rewritten, it counts as any byte that came first.
 */
static bool is_probe(
	const struct pkts_tcp_half *half, uint64_t at, const struct pkts_tcp_segment *seg)
{
	return half->slow & ZERO_WINDOW && !(half->slow & UNSETTLED) && at == half->next &&
	       !(half->told & INLINED) && seg->piece.len == 1 &&
	       !(seg->flags & (PKTS_TCP_FIN | PKTS_TCP_URG));
}

static void probe(struct pkts_tcp_seq *s, unsigned dir, uint8_t byte)
{
	tcp_note(s, dir, PKTS_SEQ_ZERO_WINDOW_PROBE);
	s->half[dir].probe = byte;
	s->half[dir].slow |= PROBE;
}

static bool is_keepalive(
	const struct pkts_tcp_half *half, uint64_t at, const struct pkts_tcp_segment *seg)
{
	return !(half->slow & UNSETTLED) && at + 1 == half->next && seg->piece.len <= 1 &&
	       !(seg->flags & (PKTS_TCP_FIN | PKTS_TCP_URG));
}

static bool out_of_window(
	const struct pkts_tcp_seq *s, const struct pkts_tcp_half *half, uint64_t at, uint32_t len)
{
	const uint64_t reference = half->slow & UNSETTLED ? BASE : half->next;
	const uint64_t window = s->pool->conf.window;

	return at > reference ? at - reference > window
			      : reference - at > window && reference - at > len;
}

/* Bytes that were handed out already. */
static void again(struct pkts_tcp_seq *s, unsigned dir, uint64_t at, struct pkts_piece piece)
{
	const uint64_t next = s->half[dir].next, end = PKTS_MIN(at + piece.len, next);
	const bool differ =
		s->half[dir].slow & KEEP && tcp_compare(s, dir, at, end, piece.p, NULL, NULL);

	tcp_note(s, dir, differ ? PKTS_SEQ_RETRANSMIT_DIFF : PKTS_SEQ_RETRANSMIT);
}

static struct pkts_piece cut(struct pkts_piece piece, uint64_t from, uint64_t to)
{
	piece.p += from;
	piece.len = (uint32_t)(to - from);
	return piece;
}

/* Where what is held begins. */
static uint64_t first_held(struct pkts_tcp_seq *s, unsigned dir)
{
	const struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);

	if (PKTS_LIKELY(half->told & IN_ROW))
		return tcp_arrival(s->pool, tcp_row_first(s->pool, half))->start;
	const struct pkts_range *const range = tcp_range_at(s, dir, half->next);
	return range ? range->start : UINT64_MAX;
}

/* Nothing waits in its way, or has a say in it: these bytes need not be held. */
static bool is_next(struct pkts_tcp_seq *s, unsigned dir, uint64_t at, uint64_t end)
{
	const struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);

	if (half->slow & (UNSETTLED | URGENT | KEEP) || at != half->next)
		return false;
	if (half->slow & FIN && end > tcp_at(half, half->fin))
		return false;
	return first_held(s, dir) >= end;
}

static void hand_over(
	struct pkts_tcp_half *half, const struct pkts_piece *piece, struct pkts_tcp_out *direct)
{
	*direct = (struct pkts_tcp_out){half->next - tcp_origin(half), piece->len, piece->p};
	half->next += piece->len;
	half->since = half->overlaps = 0;
	tcp_pass_ack(half);
	tcp_ready(half);
}

/* What was handed out is kept only as long as there is memory for what is to come. */
static void make_room(struct pkts_tcp_seq *s, unsigned dir, uint32_t cost)
{
	const struct pkts_tcp_conf *const conf = &s->pool->conf;
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const struct pkts_range *first;

	while (half->past && (half->segments >= conf->max_segments_each ||
				     cost > conf->max_bytes_each - half->pinned)) {
		first = tcp_range_at(s, dir, 0);
		forget_acknowledged(s, dir, first->end);
	}
}

int tcp_data(struct pkts_tcp_seq *s, unsigned dir, uint64_t at, struct pkts_piece piece,
	struct pkts_tcp_out *direct)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const bool settled = !(half->slow & UNSETTLED);
	const uint64_t limit = settled ? tcp_limit(s, half) : UINT64_MAX;
	const uint64_t end = PKTS_MIN(at + piece.len, limit);
	uint64_t from = at;

	if (settled && at < half->next) {
		again(s, dir, at, piece);
		from = half->next;
	}
	if (end < at + piece.len && !pkts_tcp_seq_saw(s, dir, PKTS_SEQ_DEPTH))
		tcp_note(s, dir, PKTS_SEQ_DEPTH);
	if (from >= end)
		return 0;
	if (half->slow & PROBE && from == half->next)
		half->slow &= (uint16_t) ~(PROBE | PROBE_TAKEN);
	piece = cut(piece, from - at, end - at);
	if (direct && is_next(s, dir, from, end)) {
		hand_over(half, &piece, direct);
		return 0;
	}
	make_room(s, dir, piece.cost);
	const int r = tcp_hold(s, dir, from, piece);
	tcp_settle_if_due(s, dir);
	return r;
}

/* What the flags add to a segment that is neither SYN nor RST. */
static void flags(
	struct pkts_tcp_seq *s, unsigned dir, uint64_t at, const struct pkts_tcp_segment *seg)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);

	if (seg->flags & PKTS_TCP_URG)
		mark_urgent(s, dir, at, seg->urgent);
	if (seg->piece.len && half->slow & FIN && at + seg->piece.len > tcp_at(half, half->fin))
		tcp_note(s, dir, PKTS_SEQ_FIN_DATA);
	if (seg->flags & PKTS_TCP_FIN)
		finish(half, at + seg->piece.len);
	if (half->slow & PROBE && at == half->next + 1)
		half->slow |= PROBE_TAKEN; /* its sender goes on behind it */
}

static int segment(struct pkts_tcp_seq *s, unsigned dir, const struct pkts_tcp_segment *seg,
	struct pkts_tcp_out *direct)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const uint64_t at = tcp_at(half, seg->seq);

	if (out_of_window(s, half, at, seg->piece.len)) {
		tcp_note(s, dir, PKTS_SEQ_OUT_OF_WINDOW);
		return -PKTS_ERANGE;
	}
	if (seg->flags & PKTS_TCP_RST)
		return reset(s, dir, seg);
	if (is_keepalive(half, at, seg)) {
		tcp_note(s, dir, PKTS_SEQ_KEEPALIVE);
		return 0;
	}
	if (is_probe(half, at, seg)) {
		probe(s, dir, *seg->piece.p);
		return 0;
	}
	flags(s, dir, at, seg);
	return seg->piece.len ? tcp_data(s, dir, at, seg->piece, direct) : 0;
}

static int ended(struct pkts_tcp_seq *s, unsigned dir, const struct pkts_tcp_segment *seg)
{
	if (seg->flags & PKTS_TCP_RST && seg->piece.len)
		tcp_note(s, dir, PKTS_SEQ_RST_DATA);
	else if (s->half[dir].told & TOLD_FIN && seg->piece.len &&
		 tcp_at(pkts_tcp_seq_half(s, dir), seg->seq) >= s->half[dir].next)
		tcp_note(s, dir, PKTS_SEQ_FIN_DATA);
	return 0;
}

static void start(struct pkts_tcp_half *half, uint32_t seq)
{
	if (half->start == START_NOWHERE) {
		half->bias = seq;
		half->start = START_MIDSTREAM;
	}
}

static int put_any(struct pkts_tcp_seq *s, unsigned dir, const struct pkts_tcp_segment *seg,
	uint64_t now_ns, struct pkts_tcp_out *direct)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);

	tcp_give_back(s, dir);
	tick(s, now_ns);
	if ((seg->flags & (PKTS_TCP_ACK | PKTS_TCP_RST)) == PKTS_TCP_ACK)
		acknowledge(s, !dir, seg);
	if (half->slow & ENDED)
		return ended(s, dir, seg);
	if (seg->flags & PKTS_TCP_SYN)
		return tcp_syn(s, dir, seg);
	if (seg->flags & PKTS_TCP_RST && half->start == START_NOWHERE)
		return reset(s, dir, seg);
	start(half, seg->seq);
	const int r = segment(s, dir, seg, direct);
	tcp_settle_if_due(s, dir);
	if (!half->since)
		pass_time(s, dir, now_ns);
	return r;
}

static int put(struct pkts_tcp_seq *s, unsigned dir, const struct pkts_tcp_segment *seg,
	uint64_t now_ns, struct pkts_tcp_out *direct)
{
	const int r = put_any(s, dir, seg, now_ns, direct);

	tcp_ready(&s->half[0]);
	tcp_ready(&s->half[1]);
	return r;
}

/* Data, and nothing else that matters; only what is held, or a loan, closed the short road. */
static bool is_plain(const struct pkts_tcp_half *half, const struct pkts_tcp_half *peer,
	const struct pkts_tcp_segment *seg)
{
	const unsigned telling =
		PKTS_TCP_FIN | PKTS_TCP_SYN | PKTS_TCP_RST | PKTS_TCP_URG | PKTS_TCP_ACK;

	return (seg->flags & telling) == PKTS_TCP_ACK && seg->window && seg->piece.len > 1 &&
	       !((half->slow & ~(LENT | READY)) | (peer->slow & ZERO_WINDOW)) &&
	       pkts_tcp_seq_ack_is_dull(peer, seg->ack);
}

/* put() for such a segment. */
static void put_plain(struct pkts_tcp_seq *s, unsigned dir, const struct pkts_tcp_segment *seg,
	uint64_t now_ns, struct pkts_tcp_out *direct)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const uint64_t at = tcp_at(half, seg->seq);

	tcp_give_back(s, dir);
	tick(s, now_ns);
	if (PKTS_UNLIKELY(out_of_window(s, half, at, seg->piece.len))) {
		tcp_note(s, dir, PKTS_SEQ_OUT_OF_WINDOW);
		return;
	}
	tcp_data(s, dir, at, seg->piece, direct);
	tcp_ready(half);
	if (!half->since)
		pass_time(s, dir, now_ns);
}

/*
 * The same where the data lie behind a gap and have a place in the row, far from any limit; else false,
 * and nothing has changed. Nothing comes out of that, unless it was one piece too many or the peer has
 * what is missing.
 */
PKTS_INLINE bool put_behind(struct pkts_tcp_seq *s, unsigned dir, uint64_t at,
	const struct pkts_piece *piece, uint64_t now_ns)
{
	const struct pkts_tcp_conf *const conf = &s->pool->conf;
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);

	if (at - half->next > conf->window || at + piece->len > tcp_limit(s, half) ||
		!tcp_row_put(s, dir, at, piece))
		return false;
	tick(s, now_ns);
	if (PKTS_UNLIKELY(tcp_too_much_waits(conf, half) ||
			  (half->told & ACK_KNOWN && tcp_at(half, half->acked) > half->next)))
		half->slow |= READY;
	return true;
}

/* The same for data that fill the gap before the row, or a part of it. */
PKTS_INLINE bool put_before(struct pkts_tcp_seq *s, unsigned dir, const struct pkts_piece *piece,
	uint64_t now_ns, struct pkts_tcp_out *out)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const uint64_t end = half->next + piece->len;

	if (!(half->told & IN_ROW) || end > tcp_limit(s, half) || first_held(s, dir) < end)
		return false;
	tick(s, now_ns);
	hand_over(half, piece, out);
	pass_time(s, dir, now_ns);
	return true;
}

int pkts_tcp_seq_put(
	struct pkts_tcp_seq *s, unsigned dir, const struct pkts_tcp_segment *seg, uint64_t now_ns)
{
	return put(s, dir, seg, now_ns, NULL);
}

enum pkts_tcp_kind pkts_tcp_seq_put_get_any(struct pkts_tcp_seq *s, unsigned dir,
	const struct pkts_tcp_segment *seg, uint64_t now_ns, struct pkts_tcp_out *out)
{
	out->len = 0;
	if (is_plain(pkts_tcp_seq_half(s, dir), pkts_tcp_seq_half(s, !dir), seg))
		put_plain(s, dir, seg, now_ns, out);
	else
		put(s, dir, seg, now_ns, out);
	return out->len ? PKTS_TCP_SEQ_DATA : pkts_tcp_seq_get(s, dir, out);
}

/* Nothing stands against the segment but its place, or what is held. */
enum pkts_tcp_kind pkts_tcp_seq_put_get_apart(struct pkts_tcp_seq *s, unsigned dir,
	const struct pkts_tcp_segment *seg, uint64_t now_ns, struct pkts_tcp_out *out)
{
	const struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const uint64_t at = tcp_at(half, seg->seq);

	if (PKTS_LIKELY(seg->piece.len > 1)) {
		if (at == half->next && put_before(s, dir, &seg->piece, now_ns, out))
			return PKTS_TCP_SEQ_DATA;
		if (at > half->next && put_behind(s, dir, at, &seg->piece, now_ns))
			return pkts_tcp_seq_get(s, dir, out);
	}
	return pkts_tcp_seq_put_get_any(s, dir, seg, now_ns, out);
}
