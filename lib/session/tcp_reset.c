/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Resets, and which of them the receiver accepts (RFC 9293 3.10.7, RFC 5961 3, and what systems do). */
#include "tcp.h"

/* What a system demands of the number of a RST. */
enum demand { EXACT, IN_WINDOW, NOT_BEFORE };

static enum demand demand_of(unsigned system)
{
	static const uint8_t demands[PKTS_TCP_POLICY_MAX] = {
		[PKTS_TCP_HPUX11] = NOT_BEFORE,
		[PKTS_TCP_LINUX] = IN_WINDOW,
		[PKTS_TCP_OLD_LINUX] = IN_WINDOW,
		[PKTS_TCP_SOLARIS] = IN_WINDOW,
	};

	return system < PKTS_TCP_POLICY_MAX ? (enum demand)demands[system] : EXACT;
}

/* The number that the receiver expects next, as far as it is known, is this or that one. */
static bool is_exact(const struct tcp_step *t)
{
	const uint32_t seq = t->seg->seq;

	if ((t->me->bits & SEEN) && seq == t->me->next)
		return true;
	if (t->peer->bits & ACKED)
		return seq == t->peer->acked;
	return !(t->me->bits & SEEN);
}

static bool in_window(const struct tcp_step *t)
{
	const uint32_t first = t->peer->bits & ACKED ? t->peer->acked : t->me->next;
	const uint32_t edge = t->peer->bits & ACKED ? t->peer->edge : t->me->next + UINT16_MAX;

	return ahead_of(t->seg->seq + t->seg->len, first) >= 0 && ahead_of(edge, t->seg->seq) > 0;
}

static bool is_accepted(const struct tcp_step *t)
{
	switch (demand_of(t->conf->receiver[t->dir])) {
	case IN_WINDOW:
		return is_exact(t) || in_window(t);
	case NOT_BEFORE:
		return is_exact(t) ||
		       ((t->me->bits & SEEN) && ahead_of(t->seg->seq, t->me->next) >= 0);
	default:
		return is_exact(t);
	}
}

static void accept_reset(struct tcp_step *t)
{
	t->me->bits |= RST;
	if (t->s->state != PKTS_TCP_STATE_TIME_WAIT)
		t->s->state = PKTS_TCP_STATE_RESET;
}

/* A SYN in the midst of this connection has asked for another: it takes that back, or refuses it. */
static bool ends_other(const struct tcp_step *t)
{
	const uint32_t seq = t->seg->seq;

	if ((t->seg->flags & PKTS_TCP_ACK) && tcp_session_is_other(t->s, !t->dir, t->seg->ack - 1))
		return true;
	return tcp_session_is_other(t->s, t->dir, seq) ||
	       tcp_session_is_other(t->s, t->dir, seq - 1);
}

/*
 * An end that has forgotten the connection resets by whatever acknowledgement it got, an old one too.
 * In the window, but not exactly, it gets an ACK for an answer (RFC 5961 3.2), and then does better.
 * Beyond the window is no reason but guessing, unless another connection was asked for there.
 */
static void answer_refused(struct tcp_step *t)
{
	const uint32_t next = t->me->bits & SEEN ? t->me->next : t->peer->acked;
	const uint32_t beyond = tcp_session_beyond_window(t, t->seg->seq + 1);
	const int32_t behind = ahead_of(next, t->seg->seq);

	if (ends_other(t))
		suspect(t, PKTS_SESSION_TCP_RST_REFUSED);
	else if (behind > FAR || behind < -FAR)
		refuse(t, PKTS_SESSION_TCP_RST_REFUSED);
	else if (beyond == 0)
		suspect(t, PKTS_SESSION_TCP_RST_REFUSED);
	else if (beyond > tcp_session_slack(t->peer))
		refuse(t, PKTS_SESSION_TCP_RST_REFUSED);
	else
		missed(t, PKTS_SESSION_TCP_RST_REFUSED);
}

void tcp_session_reset(struct tcp_step *t)
{
	if (!tcp_session_signature(t))
		return;
	if (is_accepted(t))
		accept_reset(t);
	else
		answer_refused(t);
}

/* Who opened gives up, or answers to a SYN/ACK for another SYN of its, of which nothing may be known. */
void tcp_session_reset_by_opener(struct tcp_step *t)
{
	if (!tcp_session_signature(t))
		return;
	if (within(t->seg->seq, t->me->isn, t->me->next))
		accept_reset(t);
	else
		suspect(t, PKTS_SESSION_TCP_RST_REFUSED);
}

/*
 * The answer to a SYN has to acknowledge it (RFC 9293 3.10.7.3). Others are guessed, or answer what is
 * late of an earlier SYN or connection.
 */
void tcp_session_reject(struct tcp_step *t)
{
	if ((t->seg->flags & PKTS_TCP_ACK) && within(t->seg->ack, t->peer->isn + 1, t->peer->next))
		accept_reset(t);
	else
		suspect(t, PKTS_SESSION_TCP_RST_REFUSED);
}
