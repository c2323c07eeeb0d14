/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What of a direction can be handed out now. There is no queue: it follows from what is held. */
#include "tcp_row.h"

static enum pkts_tcp_kind hand_out(struct pkts_tcp_half *half, struct pkts_tcp_out *out,
	enum pkts_tcp_kind kind, const uint8_t *p, uint64_t len)
{
	*out = (struct pkts_tcp_out){half->next - tcp_origin(half), len, p};
	half->next += len;
	half->since = half->overlaps = 0;
	half->slow = (uint16_t)((half->slow & ~(PROBE | PROBE_TAKEN | SKIP)) | READY);
	tcp_pass_ack(half);
	return kind;
}

/* Where data end, whether or not more is held behind. */
static uint64_t stop_of(const struct pkts_tcp_seq *s, struct pkts_tcp_half *half)
{
	const uint64_t limit = tcp_limit(s, half);

	if (!(half->slow & FIN))
		return limit;
	const uint64_t fin = tcp_at(half, half->fin);
	if (fin >= half->next)
		return PKTS_MIN(fin, limit);
	half->slow &= (uint16_t)~FIN; /* passed over, in a gap or before the beginning */
	return limit;
}

/* Cuts [next, end) where the urgent byte is; true if it is the first. */
static bool heed_urgent(struct pkts_tcp_half *half, uint64_t *end)
{
	if (!(half->slow & URGENT))
		return false;
	const uint64_t urgent = tcp_at(half, half->urgent);
	if (urgent <= half->next)
		half->slow &= (uint16_t)~URGENT;
	if (urgent == half->next)
		*end = urgent + 1;
	else if (urgent > half->next)
		*end = PKTS_MIN(*end, urgent);
	return urgent == half->next;
}

/* Where bytes are kept beyond this, they stay among the ranges; else they are lent until the next call. */
static void lend(struct pkts_tcp_seq *s, unsigned dir, uint32_t arrival, uint64_t end)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);

	if (half->slow & KEEP) {
		half->past += (uint32_t)(end - half->next);
		return;
	}
	tcp_arrival_more(s, arrival);
	half->lent = arrival;
	half->slow |= LENT;
	tcp_trim(s, dir, end);
}

static enum pkts_tcp_kind data(
	struct pkts_tcp_seq *s, unsigned dir, uint64_t stop, struct pkts_tcp_out *out)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const struct pkts_range *const range =
		half->held.count ? tcp_range_at(s, dir, half->next) : NULL;

	if (!range || range->start > half->next || half->next >= stop)
		return PKTS_TCP_SEQ_NOTHING;
	const uint32_t arrival = range->arrival;
	const struct pkts_tcp_arrival *const a = tcp_arrival(s->pool, arrival);
	const uint8_t *p = a->p + (half->next - a->start);
	uint64_t end = PKTS_MIN(range->end, stop);
	const bool urgent = heed_urgent(half, &end);
	lend(s, dir, arrival, end);
	if (urgent && half->told & URGENT_DROPPED)
		p = NULL;
	return hand_out(
		half, out, urgent ? PKTS_TCP_SEQ_URGENT : PKTS_TCP_SEQ_DATA, p, end - half->next);
}

static enum pkts_tcp_kind probe(struct pkts_tcp_half *half, struct pkts_tcp_out *out)
{
	return hand_out(half, out, PKTS_TCP_SEQ_DATA, &half->probe, 1);
}

/* FIN or RST: tells it once. Behind them nothing is followed, unless it is asked for. */
static enum pkts_tcp_kind tell(
	struct pkts_tcp_seq *s, unsigned dir, struct pkts_tcp_out *out, bool fin)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);

	*out = (struct pkts_tcp_out){half->next - tcp_origin(half), 0, NULL};
	half->told |= fin ? TOLD_FIN : TOLD_RST;
	half->slow &= (uint16_t) ~(fin ? FIN : RST);
	half->slow |= READY;
	if (s->pool->conf.past_end)
		return fin ? PKTS_TCP_SEQ_FIN : PKTS_TCP_SEQ_RST;
	half->slow |= ENDED;
	tcp_drop_syns(s, dir);
	if (fin)
		tcp_cut(s, dir, half->next);
	else
		tcp_drop_held(s, dir);
	return fin ? PKTS_TCP_SEQ_FIN : PKTS_TCP_SEQ_RST;
}

static enum pkts_tcp_kind end_of(struct pkts_tcp_seq *s, unsigned dir, struct pkts_tcp_out *out)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const bool full = half->next >= tcp_limit(s, half);

	if (half->slow & FIN && (full || tcp_at(half, half->fin) == half->next))
		return tell(s, dir, out, true);
	if (half->slow & RST)
		return tell(s, dir, out, false);
	return PKTS_TCP_SEQ_NOTHING;
}

static bool peer_has(
	const struct pkts_tcp_conf *conf, const struct pkts_tcp_half *half, uint64_t place)
{
	return conf->gap & PKTS_TCP_GAP_ACK && half->told & ACK_KNOWN &&
	       tcp_at(half, half->acked) >= place;
}

/* Where to go on behind a gap; the next byte's place if it is to be waited for. */
static uint64_t behind_gap(struct pkts_tcp_seq *s, unsigned dir, uint64_t stop)
{
	const struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const struct pkts_tcp_conf *const conf = &s->pool->conf;
	const struct pkts_range *const range =
		half->held.count ? tcp_range_at(s, dir, half->next) : NULL;
	const uint64_t to = range ? PKTS_MIN(range->start, stop) : stop;

	if (!range && !(half->slow & FLUSH && half->slow & FIN))
		return half->next;
	if (half->slow & (FLUSH | SKIP) || tcp_too_much_waits(conf, half) ||
		peer_has(conf, half, to))
		return to;
	return half->next;
}

static enum pkts_tcp_kind gap(
	struct pkts_tcp_seq *s, unsigned dir, uint64_t stop, struct pkts_tcp_out *out)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const uint64_t to = half->next < stop ? behind_gap(s, dir, stop) : half->next;

	if (half->slow & PROBE && half->next < stop && (to > half->next || half->slow & FLUSH))
		return probe(half, out);
	if (to == half->next)
		return PKTS_TCP_SEQ_NOTHING;
	tcp_note(s, dir, PKTS_SEQ_GAP);
	return hand_out(half, out, PKTS_TCP_SEQ_GAP, NULL, to - half->next);
}

static enum pkts_tcp_kind settled(struct pkts_tcp_seq *s, unsigned dir, struct pkts_tcp_out *out)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const uint64_t stop = stop_of(s, half);
	enum pkts_tcp_kind kind = data(s, dir, stop, out);

	if (!kind && half->slow & PROBE_TAKEN && half->next < stop)
		kind = probe(half, out);
	if (!kind)
		kind = end_of(s, dir, out);
	if (!kind)
		kind = gap(s, dir, stop, out);
	if (!kind) {
		half->slow &= (uint16_t) ~(FLUSH | READY);
		if (s->pool->conf.depth != UINT64_MAX)
			tcp_cut(s, dir, tcp_limit(s, half));
	}
	return kind;
}

/* What get() does where there is more to it than a row. */
static __attribute__((noinline)) enum pkts_tcp_kind get_slowly(
	struct pkts_tcp_seq *s, unsigned dir, struct pkts_tcp_out *out)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);

	if (half->slow & ENDED)
		return PKTS_TCP_SEQ_NOTHING;
	if (!(half->slow & UNSETTLED))
		return settled(s, dir, out);
	return half->slow & RST ? tell(s, dir, out, false) : PKTS_TCP_SEQ_NOTHING;
}

/*
 * As settled(), for a direction of which nothing is known but what it holds in a row: most of those that
 * have to wait for a segment.
 */
PKTS_INLINE enum pkts_tcp_kind waiting(
	struct pkts_tcp_seq *s, unsigned dir, struct pkts_tcp_out *out)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const struct pkts_tcp_conf *const conf = &s->pool->conf;
	const uint32_t i = tcp_row_first(s->pool, half);
	const struct pkts_tcp_arrival *const a = tcp_arrival(s->pool, i);

	if (a->start > half->next) {
		if (tcp_too_much_waits(conf, half) || peer_has(conf, half, a->start))
			return get_slowly(s, dir, out);
		half->slow = 0;
		return PKTS_TCP_SEQ_NOTHING;
	}
	tcp_row_take_first(s->pool, half);
	half->lent = i;
	half->slow = LENT;
	return hand_out(half, out, PKTS_TCP_SEQ_DATA, a->p, a->len);
}

enum pkts_tcp_kind pkts_tcp_seq_get_held(
	struct pkts_tcp_seq *s, unsigned dir, struct pkts_tcp_out *out)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);

	tcp_give_back(s, dir);
	if (PKTS_UNLIKELY(half->slow & ~READY))
		return get_slowly(s, dir, out);
	if (PKTS_LIKELY(half->told & IN_ROW))
		return waiting(s, dir, out);
	if (half->held.count)
		return get_slowly(s, dir, out);
	half->slow = 0;
	return PKTS_TCP_SEQ_NOTHING;
}
