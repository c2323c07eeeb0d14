/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The table of the TCP machine: what to do with a segment, by state, direction and flags. */
#include "tcp.h"

#define F PKTS_TCP_FIN
#define S PKTS_TCP_SYN
#define R PKTS_TCP_RST
#define A PKTS_TCP_ACK

enum tcp_class tcp_session_class_of(uint16_t flags)
{
	static const uint8_t classes[] = {
		[0] = CLASS_BARE,
		[F] = CLASS_BARE,
		[S] = CLASS_SYN,
		[S | F] = CLASS_WRONG,
		[R] = CLASS_RST,
		[R | F] = CLASS_RST,
		[R | S] = CLASS_WRONG,
		[R | S | F] = CLASS_WRONG,
		[A] = CLASS_ACK,
		[A | F] = CLASS_FIN,
		[A | S] = CLASS_SYN_ACK,
		[A | S | F] = CLASS_WRONG,
		[A | R] = CLASS_RST,
		[A | R | F] = CLASS_RST,
		[A | R | S] = CLASS_WRONG,
		[A | R | S | F] = CLASS_WRONG,
	};

	return classes[flags & (F | S | R | A)];
}

/* The receiver drops it (RFC 9293 3.10.7.4, fifth: if the ACK bit is off). */
static void wrong_flags(struct tcp_step *t)
{
	refuse(t, PKTS_SESSION_TCP_FLAGS);
}

typedef void rule_fn(struct tcp_step *t);

/* clang-format off */
#define CONNECTED {tcp_session_syn_inside, tcp_session_answer_inside, tcp_session_follow, tcp_session_follow, tcp_session_reset, wrong_flags, wrong_flags}
/* clang-format on */

/* [state][1: not the opener's][class] */
static rule_fn *const rules[PKTS_TCP_STATE_MAX][2][CLASS_MAX] = {
	/* the columns: SYN, SYN/ACK, ACK, FIN, RST, bare, wrong */
	[PKTS_TCP_STATE_NONE] = {{tcp_session_start, tcp_session_start, tcp_session_start,
					 tcp_session_start, tcp_session_start, tcp_session_start,
					 tcp_session_start},
		{tcp_session_start, tcp_session_start, tcp_session_start, tcp_session_start,
			tcp_session_start, tcp_session_start, tcp_session_start}},
	[PKTS_TCP_STATE_SYN_SENT] = {{tcp_session_syn_again, tcp_session_answer_unasked,
					     tcp_session_unanswered, tcp_session_unanswered,
					     tcp_session_reset_by_opener, wrong_flags, wrong_flags},
		{tcp_session_syn_crosses, tcp_session_answer, tcp_session_before_answer,
			tcp_session_before_answer, tcp_session_reject, wrong_flags, wrong_flags}},
	[PKTS_TCP_STATE_SYN_RECEIVED] = {{tcp_session_syn_inside, tcp_session_answer_crossed,
						 tcp_session_complete, tcp_session_complete,
						 tcp_session_reset, wrong_flags, wrong_flags},
		{tcp_session_syn_inside, tcp_session_answer_again, tcp_session_complete,
			tcp_session_complete, tcp_session_reset, wrong_flags, wrong_flags}},
	[PKTS_TCP_STATE_ESTABLISHED] = {CONNECTED, CONNECTED},
	[PKTS_TCP_STATE_FIN_WAIT_1] = {CONNECTED, CONNECTED},
	[PKTS_TCP_STATE_FIN_WAIT_2] = {CONNECTED, CONNECTED},
	[PKTS_TCP_STATE_CLOSING] = {CONNECTED, CONNECTED},
	[PKTS_TCP_STATE_LAST_ACK] = {CONNECTED, CONNECTED},
	[PKTS_TCP_STATE_TIME_WAIT] = {CONNECTED, CONNECTED},
	[PKTS_TCP_STATE_RESET] = {CONNECTED, CONNECTED},
};

/* Was it refused by the RST that was seen first? They were captured in another order than they were sent. */
static bool was_refused(
	const struct pkts_tcp_session *s, unsigned dir, const struct pkts_tcp_session_segment *seg)
{
	const struct pkts_tcp_session_half *const me = &s->half[dir];

	return !(me->bits & SEEN) && (s->half[!dir].flags & PKTS_TCP_ACK) &&
	       within(me->next, seg->seq + 1, seg->seq + 1 + seg->len);
}

/*
 * Does a SYN find its port free? An end that is in TIME_WAIT takes it if number or timestamp are
 * beyond the last (RFC 9293 3.10.7.4, RFC 6191).
 */
static bool port_is_free(
	const struct pkts_tcp_session *s, unsigned dir, const struct pkts_tcp_session_segment *seg)
{
	const struct pkts_tcp_session_half *const me = &s->half[dir];
	const unsigned closer = (s->opener & PKTS_TCP_OPENER_CLOSER) != 0;

	if (!over(s) || ((me->bits & SYN) && seg->seq == me->isn) || was_refused(s, dir, seg))
		return false;
	if (s->state == PKTS_TCP_STATE_RESET || closer == dir || !(me->bits & SEEN))
		return true;
	return ahead_of(seg->seq, me->next) > 0 ||
	       ((me->bits & TIMESTAMPS) && (seg->options & PKTS_TCP_HAS_TIMESTAMPS) &&
		       ahead_of(seg->ts_value, me->ts_recent) > 0);
}

bool tcp_session_begins_anew(const struct pkts_tcp_session *s,
	const struct pkts_tcp_session_conf *conf, unsigned dir,
	const struct pkts_tcp_session_segment *seg)
{
	const bool may_end = s->state != PKTS_TCP_STATE_ESTABLISHED || conf->reuse_established;
	const struct pkts_tcp_session_half *const me = &s->half[dir], *const peer = &s->half[!dir];

	switch (tcp_session_class_of(seg->flags)) {
	case CLASS_SYN:
		return port_is_free(s, dir, seg);
	case CLASS_SYN_ACK:
		if (s->state <= PKTS_TCP_STATE_SYN_SENT ||
			((me->bits & SYN) && seg->seq == me->isn) ||
			((peer->bits & SYN) && seg->ack == peer->isn + 1))
			return false;
		return over(s) || (may_end && tcp_session_is_other(s, !dir, seg->ack - 1) &&
					  !tcp_session_is_late_answer(s, dir, seg));
	default:
		return false;
	}
}

bool pkts_tcp_session_restarts(const struct pkts_tcp_session *s,
	const struct pkts_tcp_session_conf *conf, unsigned dir,
	const struct pkts_tcp_session_segment *seg)
{
	static const struct pkts_tcp_session_conf usual;

	return tcp_session_begins_anew(s, conf ? conf : &usual, dir & 1, seg);
}

static void apply_rule(struct tcp_step *t)
{
	if (tcp_session_begins_anew(t->s, t->conf, t->dir, t->seg)) {
		*t->s = (struct pkts_tcp_session){0};
		tell(t, PKTS_SESSION_TCP_REUSED);
	}
	rules[t->s->state][opener_of(t->s) != t->dir][t->class](t);
}

struct pkts_judgement pkts_tcp_session_validate_any(struct pkts_tcp_session *s,
	const struct pkts_tcp_session_conf *conf, unsigned dir,
	const struct pkts_tcp_session_segment *seg, uint64_t now_ns)
{
	static const struct pkts_tcp_session_conf defaults;
	static const struct pkts_tcp_session_half none;
	struct pkts_tcp_session copy = *s;
	struct tcp_step t = {.s = &copy,
		.conf = conf ? conf : &defaults,
		.seg = seg,
		.me = &copy.half[dir & 1],
		.peer = &copy.half[~dir & 1],
		.now = now_ns,
		.dir = dir & 1,
		.class = tcp_session_class_of(seg->flags)};

	t.end = seg->seq + seg->len + !!(seg->flags & S) + !!(seg->flags & F);
	if (copy.state >= PKTS_TCP_STATE_MAX)
		copy.state = PKTS_TCP_STATE_NONE;
	apply_rule(&t);
	if (t.j.validity == PKTS_INVALID)
		return t.j;
	tcp_session_record(
		&t, t.j.events & PKTS_SESSION_BIT(TCP_REUSED) ? &none : &s->half[dir & 1]);
	*s = copy;
	return t.j;
}
