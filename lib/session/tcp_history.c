/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a connection looks like afterwards: both ends' states, letters in order, one word for all. */
#include "tcp.h"

#define LETTERS	    12
#define LETTER_BITS 5 /* which one, and in the highest bit the direction */
#define LETTER_DIR  (1u << (LETTER_BITS - 1))

enum letter {
	LETTER_S,
	LETTER_H,
	LETTER_A,
	LETTER_D,
	LETTER_F,
	LETTER_R,
	LETTER_T,
	LETTER_W,
	LETTER_I,
	LETTER_Q
};

static enum pkts_tcp_end end_of(const struct pkts_tcp_session *s, unsigned dir)
{
	return (enum pkts_tcp_end)(s->ends >> 4 * dir & 15);
}

static void set_end(struct pkts_tcp_session *s, unsigned dir, enum pkts_tcp_end end)
{
	s->ends = (uint8_t)((s->ends & 0xf0 >> 4 * dir) | (unsigned)end << 4 * dir);
}

/* Letter i of the history, with its direction. */
static unsigned letter_at(const struct pkts_tcp_session *s, unsigned i)
{
	const uint64_t history = (uint64_t)s->history[1] << 32 | s->history[0];

	return history >> LETTER_BITS * i & ((1u << LETTER_BITS) - 1);
}

static bool has_letter(const struct pkts_tcp_session *s, unsigned dir, enum letter letter)
{
	for (unsigned i = 0; i < s->letters && i < LETTERS; i++)
		if (letter_at(s, i) == (letter | (dir ? LETTER_DIR : 0)))
			return true;
	return false;
}

static void add_letter(struct tcp_step *t, enum letter letter)
{
	struct pkts_tcp_session *const s = t->s;
	const uint64_t code = letter | (t->dir ? LETTER_DIR : 0);

	if (s->letters >= LETTERS)
		return;
	s->history[0] |= (uint32_t)(code << LETTER_BITS * s->letters);
	s->history[1] |= (uint32_t)(code << LETTER_BITS * s->letters >> 32);
	s->letters++;
}

/* SYNs and FINs are told again if the number differs. */
static void add_letter_if_new(struct tcp_step *t, enum letter letter, bool differs)
{
	if (differs || !has_letter(t->s, t->dir, letter))
		add_letter(t, letter);
}

/* The short road is for segments whose letter is there. */
static void add_letter_once(struct tcp_step *t, enum letter letter, unsigned told)
{
	if (!(t->me->bits & told))
		add_letter_if_new(t, letter, false);
	t->me->bits |= (uint16_t)told;
}

static void record_flags(struct tcp_step *t, const struct pkts_tcp_session_half *before)
{
	const bool f = t->seg->flags & PKTS_TCP_FIN, r = t->seg->flags & PKTS_TCP_RST;
	const bool s = t->seg->flags & PKTS_TCP_SYN;

	if (f + r + s > 1)
		add_letter_if_new(t, f && r ? LETTER_I : LETTER_Q, false);
	else if (s)
		add_letter_if_new(t, t->class == CLASS_SYN ? LETTER_S : LETTER_H,
			(before->bits & SYN) && before->isn != t->seg->seq);
	else if (f)
		add_letter_if_new(t, LETTER_F, (before->bits & FIN) && before->next != t->end);
	else if (r)
		add_letter_if_new(t, LETTER_R, false);
	else if (t->seg->len)
		add_letter_once(t, LETTER_D, PKTS_TCP_HALF_DATA_TOLD);
	else if (t->seg->flags & PKTS_TCP_ACK)
		add_letter_once(t, LETTER_A, PKTS_TCP_HALF_ACK_TOLD);
}

static void record_window(struct tcp_step *t)
{
	if (t->seg->window || t->class == CLASS_RST || (t->peer->bits & FIN) ||
		end_of(t->s, t->dir) >= PKTS_TCP_END_RESET)
		return;
	add_letter_if_new(t, LETTER_W, false);
}

static void record_resent(struct tcp_step *t, const struct pkts_tcp_session_half *before)
{
	if (!t->seg->len || !(before->bits & SEEN) || ahead_of(t->end, before->next) > 0)
		return;
	if (t->me->resent < UINT16_MAX)
		t->me->resent++;
	for (unsigned n = 1; n <= 10000; n *= 10)
		if (t->me->resent == n)
			add_letter(t, LETTER_T);
}

/* Its first segment: the answer to a SYN says that both are there. */
static enum pkts_tcp_end wake(struct tcp_step *t, bool originator, enum pkts_tcp_end peer)
{
	switch (t->class) {
	case CLASS_SYN:
	case CLASS_SYN_ACK:
		if (originator)
			return t->class == CLASS_SYN ? PKTS_TCP_END_SYN_SENT
						     : PKTS_TCP_END_SYN_ACK_SENT;
		if (peer == PKTS_TCP_END_SYN_SENT)
			set_end(t->s, !t->dir, PKTS_TCP_END_ESTABLISHED);
		return PKTS_TCP_END_ESTABLISHED;
	case CLASS_FIN:
		return PKTS_TCP_END_CLOSED;
	case CLASS_RST:
		return PKTS_TCP_END_RESET;
	case CLASS_WRONG:
		return t->seg->flags & PKTS_TCP_RST ? PKTS_TCP_END_RESET : PKTS_TCP_END_CLOSED;
	case CLASS_BARE:
		return t->seg->flags & PKTS_TCP_FIN ? PKTS_TCP_END_CLOSED : PKTS_TCP_END_PARTIAL;
	default:
		if (!originator && !t->seg->len && peer == PKTS_TCP_END_SYN_SENT)
			return PKTS_TCP_END_INACTIVE;
		return peer == PKTS_TCP_END_ESTABLISHED ? PKTS_TCP_END_ESTABLISHED
							: PKTS_TCP_END_PARTIAL;
	}
}

/* A RST behind the own FIN ends nothing, if the peer's FIN is there or comes. */
static void record_end(struct tcp_step *t)
{
	static const uint8_t after_rst[PKTS_TCP_END_MAX] = {
		[PKTS_TCP_END_SYN_SENT] = PKTS_TCP_END_RESET,
		[PKTS_TCP_END_SYN_ACK_SENT] = PKTS_TCP_END_RESET,
		[PKTS_TCP_END_PARTIAL] = PKTS_TCP_END_RESET,
		[PKTS_TCP_END_ESTABLISHED] = PKTS_TCP_END_RESET,
		[PKTS_TCP_END_CLOSED] = PKTS_TCP_END_CLOSED_RESET,
		[PKTS_TCP_END_RESET] = PKTS_TCP_END_RESET,
		[PKTS_TCP_END_CLOSED_RESET] = PKTS_TCP_END_CLOSED_RESET,
	};
	const bool originator = t->dir == pkts_tcp_session_originator(t->s);
	const enum pkts_tcp_end peer = end_of(t->s, !t->dir), end = end_of(t->s, t->dir);

	if (end == PKTS_TCP_END_INACTIVE) {
		set_end(t->s, t->dir, wake(t, originator, peer));
	} else if (t->class == CLASS_RST) {
		if (end != PKTS_TCP_END_CLOSED || peer != PKTS_TCP_END_CLOSED)
			set_end(t->s, t->dir, after_rst[end]);
	} else if (t->class == CLASS_FIN && end < PKTS_TCP_END_CLOSED) {
		set_end(t->s, t->dir, PKTS_TCP_END_CLOSED);
		if (peer == PKTS_TCP_END_CLOSED_RESET && end >= PKTS_TCP_END_PARTIAL)
			set_end(t->s, !t->dir, PKTS_TCP_END_CLOSED);
	} else if (t->class == CLASS_SYN && end == PKTS_TCP_END_PARTIAL &&
		   peer == PKTS_TCP_END_INACTIVE) {
		set_end(t->s, t->dir, PKTS_TCP_END_SYN_SENT);
	}
}

void tcp_session_record(struct tcp_step *t, const struct pkts_tcp_session_half *before)
{
	t->me->flags |= (uint8_t)t->seg->flags;
	record_flags(t, before);
	record_window(t);
	record_resent(t, before);
	record_end(t);
	/* Of an end that has shown nothing yet, every segment has to come here. */
	if (end_of(t->s, t->dir) == PKTS_TCP_END_INACTIVE)
		t->me->bits &= (uint16_t) ~(PKTS_TCP_HALF_ACK_TOLD | PKTS_TCP_HALF_DATA_TOLD);
}

void tcp_session_mark_syn(struct tcp_syn_mark *mark, const struct pkts_tcp_session *before,
	const struct pkts_tcp_session *after, unsigned dir)
{
	if (!mark->marked)
		mark->ends = before->ends;
	if (!mark->marked || before->ends == mark->ended)
		mark->ended = after->ends;
	mark->marked = true;
	mark->letters |= (uint16_t)((1u << after->letters) - (1u << before->letters));
	mark->flags |= after->half[dir].flags & ~before->half[dir].flags;
}

static void remove_letter(struct pkts_tcp_session *s, unsigned i)
{
	const uint64_t history = (uint64_t)s->history[1] << 32 | s->history[0];
	const uint64_t before = history & ((UINT64_C(1) << LETTER_BITS * i) - 1);
	const uint64_t rest = before | history >> LETTER_BITS * (i + 1) << LETTER_BITS * i;

	s->history[0] = (uint32_t)rest;
	s->history[1] = (uint32_t)(rest >> 32);
	s->letters--;
}

void tcp_session_unmark_syn(
	const struct tcp_syn_mark *mark, struct pkts_tcp_session *s, unsigned dir)
{
	for (unsigned i = LETTERS; i-- > 0;)
		if ((mark->letters >> i & 1) && i < s->letters)
			remove_letter(s, i);
	s->half[dir].flags &= (uint8_t)~mark->flags;
	if (s->ends == mark->ended)
		s->ends = mark->ends;
}

static bool inactive(enum pkts_tcp_end end)
{
	return end == PKTS_TCP_END_INACTIVE || end == PKTS_TCP_END_PARTIAL;
}

static bool no_data(const struct pkts_tcp_session *s)
{
	return !((s->half[0].bits | s->half[1].bits) & PKTS_TCP_HALF_DATA_TOLD);
}

/* A RST of the originator behind its SYN, and nothing else of its between them. */
static bool syn_then_rst(const struct pkts_tcp_session *s)
{
	const unsigned dir = pkts_tcp_session_originator(s) ? LETTER_DIR : 0;

	for (unsigned i = 0; i < s->letters && i < LETTERS; i++) {
		const unsigned letter = letter_at(s, i);
		if (i == 0 ? letter != (LETTER_S | dir) : letter == (LETTER_R | dir))
			return i > 0;
		if (i && (letter & LETTER_DIR) == dir && letter != (LETTER_S | dir) &&
			letter != (LETTER_D | dir) && letter != (LETTER_T | dir) &&
			letter != (LETTER_W | dir))
			return false;
	}
	return false;
}

static const char *state_after_response_reset(
	const struct pkts_tcp_session *s, enum pkts_tcp_end originator)
{
	if (originator == PKTS_TCP_END_SYN_SENT || originator == PKTS_TCP_END_SYN_ACK_SENT)
		return "REJ";
	if (originator >= PKTS_TCP_END_RESET && no_data(s))
		return "REJ";
	return inactive(originator) ? "RSTRH" : "RSTR";
}

const char *pkts_tcp_conn_state(const struct pkts_tcp_session *s)
{
	const unsigned dir = pkts_tcp_session_originator(s);
	const enum pkts_tcp_end o = end_of(s, dir), r = end_of(s, !dir);

	if (r >= PKTS_TCP_END_RESET)
		return state_after_response_reset(s, o);
	if (o >= PKTS_TCP_END_RESET)
		return !inactive(r) ? "RSTO" : syn_then_rst(s) ? "RSTOS0" : "OTH";
	if (o == PKTS_TCP_END_CLOSED && r == PKTS_TCP_END_CLOSED)
		return "SF";
	if (o == PKTS_TCP_END_CLOSED)
		return inactive(r) ? "SH" : "S2";
	if (r == PKTS_TCP_END_CLOSED)
		return inactive(o) ? "SHR" : "S3";
	if (o == PKTS_TCP_END_SYN_SENT && r == PKTS_TCP_END_INACTIVE)
		return "S0";
	return o == PKTS_TCP_END_ESTABLISHED && r == PKTS_TCP_END_ESTABLISHED ? "S1" : "OTH";
}

unsigned pkts_tcp_history(const struct pkts_tcp_session *s, char text[PKTS_TCP_HISTORY_MAX])
{
	static const char capitals[16] = "SHADFRTWIQ";
	const unsigned originator = pkts_tcp_session_originator(s);
	unsigned n = 0;

	if (originator)
		text[n++] = '^';
	for (unsigned i = 0; i < s->letters && i < LETTERS; i++) {
		const unsigned letter = letter_at(s, i);
		const bool capital = ((letter & LETTER_DIR) != 0) == originator;
		const char c = capitals[letter % LETTER_DIR];
		if (c)
			text[n++] = (char)(capital ? c : c | 0x20);
	}
	text[n] = 0;
	return n;
}
