/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Where a stream begins. A SYN says so, but until the peer answers, another SYN with another number may
 * be the one that it answers; and data on a SYN may be taken or not. Without a SYN, bytes from before
 * the first segment may still come.
 */
#include "tcp.h"

#define MAX_SYNS 4 /* that wait for an answer, besides the latest */

static struct pkts_tcp_arrival *syn_at(const struct pkts_tcp_seq *s, uint32_t i)
{
	return i == NONE ? NULL : tcp_arrival(s->pool, i);
}

static void settled(struct pkts_tcp_half *half)
{
	half->start = START_SETTLED;
	half->slow &= (uint16_t)~UNSETTLED;
	half->since = 0;
	tcp_pass_ack(half);
}

static void begin_at(struct pkts_tcp_seq *s, unsigned dir, uint64_t place)
{
	s->half[dir].next = place;
	s->half[dir].origin = (int32_t)(int64_t)(place - BASE);
}

/* The stream begins at `place`, and the first `taken` bytes of that SYN's data are in it. */
static void choose(
	struct pkts_tcp_seq *s, unsigned dir, uint64_t place, uint32_t syn, uint64_t taken)
{
	begin_at(s, dir, place);
	tcp_trim(s, dir, place);
	if (taken) {
		tcp_arrival_more(s, syn); /* making room must not lose it */
		tcp_force(s, dir, place, place + taken, syn);
		tcp_arrival_less(s, syn);
	}
	tcp_drop_syns(s, dir);
	settled(pkts_tcp_seq_half(s, dir));
}

/* The SYN that fits what comes next: at its beginning, or at most at the end of its data. */
static uint32_t fitting(const struct pkts_tcp_seq *s, unsigned dir, uint64_t place)
{
	uint32_t i = s->half[dir].syns;

	for (const struct pkts_tcp_arrival *a; (a = syn_at(s, i)); i = a->link)
		if (a->start <= place && place <= a->start + a->len)
			break;
	return i;
}

static void choose_fitting(struct pkts_tcp_seq *s, unsigned dir, uint32_t syn, uint64_t place)
{
	const uint64_t start = tcp_arrival(s->pool, syn)->start;

	choose(s, dir, start, syn, place - start);
}

/* Remembers a SYN beside the latest one, with its data if it has any. */
static void remember(struct pkts_tcp_seq *s, unsigned dir, uint64_t place, struct pkts_piece piece)
{
	unsigned n = 0;
	uint32_t i = s->half[dir].syns;

	for (const struct pkts_tcp_arrival *a; (a = syn_at(s, i)); i = a->link, n++)
		if (a->start == place)
			return;
	if (n == MAX_SYNS) {
		tcp_note(s, dir, PKTS_SEQ_LIMIT_PIECES);
		return;
	}
	i = tcp_arrival_take(s, dir, place, piece);
	if (i == NONE)
		return;
	tcp_arrival_keep(s, i);
	tcp_arrival(s->pool, i)->link = s->half[dir].syns;
	s->half[dir].syns = i;
}

static void other_syn(struct pkts_tcp_seq *s, unsigned dir, uint64_t place)
{
	tcp_note(s, dir, PKTS_SEQ_SYN_CHANGED);
	remember(s, dir, s->half[dir].next, (struct pkts_piece){0});
	begin_at(s, dir, place);
}

/* Are all bytes of [from, to) held? */
static bool all_held(struct pkts_tcp_seq *s, unsigned dir, uint64_t from, uint64_t to)
{
	while (from < to) {
		const struct pkts_range *const range = tcp_range_at(s, dir, from);
		if (!range || range->start > from)
			return false;
		from = range->end;
	}
	return true;
}

/* The SYN behind which all bytes up to `place` were seen; the bytes on it count if they did not come again. */
static bool choose_seen(struct pkts_tcp_seq *s, unsigned dir, uint64_t place)
{
	const struct pkts_tcp_arrival *a;

	for (uint32_t i = s->half[dir].syns; (a = syn_at(s, i)); i = a->link) {
		const bool again = all_held(s, dir, a->start, place);
		if (place <= a->start || (!again && !all_held(s, dir, a->start + a->len, place)))
			continue;
		choose(s, dir, a->start, i, again ? 0 : a->len);
		return true;
	}
	if (place < s->half[dir].next || !all_held(s, dir, s->half[dir].next, place))
		return false;
	choose(s, dir, s->half[dir].next, NONE, 0);
	return true;
}

static uint64_t lowest(struct pkts_tcp_seq *s, unsigned dir)
{
	const struct pkts_range *const first = tcp_range_at(s, dir, 0);

	return first ? PKTS_MIN(first->start, s->half[dir].next) : s->half[dir].next;
}

/*
 * An ACK that fits no SYN is remembered: data may turn up that fit it better than the SYN does. Where only
 * flushing settles, the first data do, so that those from before the SYN are not lost.
 */
void tcp_answer(struct pkts_tcp_seq *s, unsigned dir, uint32_t ack, bool syn)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const uint64_t place = tcp_at(half, ack);
	const uint32_t fits = fitting(s, dir, place);

	if (place == half->next) {
		if (!s->pool->conf.midstream_flush || half->syns != NONE)
			choose(s, dir, place, NONE, 0);
	} else if (fits != NONE) {
		choose_fitting(s, dir, fits, place);
	} else if (!choose_seen(s, dir, place)) {
		if (syn)
			other_syn(s, dir, place); /* that was not seen: the peer should know */
		half->acked = ack;
		half->told |= ACK_KNOWN;
	}
}

/* The data begin where the peer's ACKs are, and not where the SYN said. */
static bool disproved(struct pkts_tcp_seq *s, unsigned dir)
{
	const struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const struct pkts_range *const first = tcp_range_at(s, dir, 0);

	if (half->start != START_SYN || !(half->told & ACK_KNOWN) || !first)
		return false;
	const uint64_t acked = tcp_at(half, half->acked);
	return acked >= first->start && all_held(s, dir, first->start, acked);
}

static uint32_t data_of_syn(const struct pkts_tcp_seq *s, uint32_t i, uint64_t place)
{
	const struct pkts_tcp_arrival *a;

	while ((a = syn_at(s, i)) && (a->start != place || !a->len))
		i = a->link;
	return i;
}

/* Nobody answered: what came behind the SYN has to tell. */
static void settle_syn(struct pkts_tcp_seq *s, unsigned dir)
{
	const bool early = s->pool->conf.midstream_flush;
	const uint64_t place = early ? lowest(s, dir) : s->half[dir].next;
	const struct pkts_range *const first = tcp_range_at(s, dir, 0);
	const uint32_t fits = first ? fitting(s, dir, first->start) : NONE;
	const uint32_t with_data = data_of_syn(s, s->half[dir].syns, place);

	if (fits != NONE)
		choose_fitting(s, dir, fits, first->start);
	else
		choose(s, dir, place, with_data, with_data == NONE ? 0 : syn_at(s, with_data)->len);
}

void tcp_settle(struct pkts_tcp_seq *s, unsigned dir)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);

	if (half->start == START_SYN) {
		settle_syn(s, dir);
	} else if (half->start == START_MIDSTREAM) {
		begin_at(s, dir, lowest(s, dir));
		tcp_note(s, dir, PKTS_SEQ_MIDSTREAM);
		settled(half);
	}
}

/* Half of a limit of memory: what is still to come needs some, too. */
static bool memory_is_short(const struct pkts_tcp_conf *conf, const struct pkts_tcp_half *half)
{
	return half->segments > conf->max_segments_each / 2 ||
	       half->pinned > conf->max_bytes_each / 2;
}

static bool enough_came(const struct pkts_tcp_conf *conf, const struct pkts_tcp_half *half)
{
	if (conf->midstream_flush)
		return half->start == START_SYN && half->held.count;
	return half->held.count >= conf->midstream_segments ||
	       half->held.covered >= conf->midstream_bytes;
}

/* What the peer has, nobody sends for the first time. */
static bool acknowledged(struct pkts_tcp_seq *s, unsigned dir)
{
	const struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const uint64_t acked = tcp_at(half, half->acked), first = lowest(s, dir);

	return half->start == START_MIDSTREAM && half->told & ACK_KNOWN &&
	       !s->pool->conf.midstream_flush && acked >= first &&
	       acked - first <= s->pool->conf.window;
}

void tcp_settle_if_due(struct pkts_tcp_seq *s, unsigned dir)
{
	const struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const struct pkts_tcp_conf *const conf = &s->pool->conf;

	if (!(half->slow & UNSETTLED))
		return;
	if (!conf->midstream_flush && disproved(s, dir))
		choose(s, dir, tcp_range_at(s, dir, 0)->start, NONE, 0);
	else if (memory_is_short(conf, half) || enough_came(conf, half) || acknowledged(s, dir))
		tcp_settle(s, dir);
}

/* The SYN is the first, or the only thing that was known so far is where some ACK stood. */
static void first_syn(struct pkts_tcp_half *half, uint32_t seq)
{
	half->bias = seq;
	half->next = BASE;
	half->start = START_SYN;
}

static int syn_data(
	struct pkts_tcp_seq *s, unsigned dir, uint64_t place, const struct pkts_tcp_segment *seg)
{
	const enum pkts_tcp_syn_data how = s->pool->conf.syn_data;

	if (!seg->piece.len)
		return 0;
	tcp_note(s, dir, PKTS_SEQ_SYN_DATA);
	if (s->half[dir].start == START_SETTLED && how != PKTS_TCP_SYN_DATA_TAKE)
		return 0; /* what the answer took is there; more a receiver does not take */
	if (how == PKTS_TCP_SYN_DATA_TAKE || s->half[dir].start != START_SYN)
		return tcp_data(s, dir, place, seg->piece, NULL);
	if (how == PKTS_TCP_SYN_DATA_ACKED)
		remember(s, dir, place, seg->piece);
	return 0;
}

/* Is this SYN to be followed? Says where the stream would begin. */
static bool accept_syn(struct pkts_tcp_seq *s, unsigned dir, uint32_t first)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const uint64_t place = tcp_at(half, first);

	switch ((enum start)half->start) {
	case START_NOWHERE:
		first_syn(half, first);
		return true;
	case START_MIDSTREAM:
		if (!half->held.count)
			first_syn(half, first);
		else if (!s->pool->conf.midstream_flush && place <= lowest(s, dir)) {
			begin_at(s, dir, place);
			half->start = START_SYN;
		}
		return half->start == START_SYN || s->pool->conf.midstream_flush;
	case START_SYN:
		if (place != half->next)
			other_syn(s, dir, place);
		return true;
	case START_SETTLED:
		return place == tcp_origin(half);
	}
	return false;
}

int tcp_syn(struct pkts_tcp_seq *s, unsigned dir, const struct pkts_tcp_segment *seg)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const uint32_t first = seg->seq + 1;

	if (!accept_syn(s, dir, first)) {
		tcp_note(s, dir, PKTS_SEQ_SYN_CHANGED);
		return 0;
	}
	const int r = syn_data(s, dir, tcp_at(half, first), seg);
	if (half->start == START_SYN && half->told & ACK_KNOWN)
		tcp_answer(s, dir, half->acked, false);
	return r;
}
