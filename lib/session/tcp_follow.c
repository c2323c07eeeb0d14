/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Data and acknowledgements of TCP (RFC 9293 3.10.7.4, RFC 5961 5, RFC 7323 5). Whoever looks on knows
 * less than either end: of what was acknowledged only what passed here, of what was sent too.
 */
#include "tcp.h"

#define IDLE_UNITS 1886	     /* 24 days in units of 2^40 ns */
#define STALE	   (1 << 15) /* ticks by which what left a hole may be behind */
#define LATE_MAX   15
#define LEAST	   ((1 << 16) - 1) /* the largest window without scaling */

/* How far numbers may be away from a window because the last acknowledgements were missed. */
uint32_t tcp_session_slack(const struct pkts_tcp_session_half *receiver)
{
	const uint32_t window = receiver->edge - receiver->acked;

	return window > LEAST && window <= FAR ? window : LEAST;
}

/* From the options of a direction's first segment, does it follow whether there are signatures? */
void tcp_session_note_cut(struct tcp_step *t)
{
	const unsigned bit = 1u << t->dir;

	t->s->unsure &= ~bit;
	if ((t->seg->options & (PKTS_TCP_OPTIONS_CUT | SIGNED)) == PKTS_TCP_OPTIONS_CUT)
		t->s->unsure |= bit;
}

/*
 * The sender's first segment. What was acknowledged before is no news; an acknowledgement that is far
 * away from it cannot be true, or this is not: nothing tells which, so it no longer counts.
 */
static void adopt(struct tcp_step *t)
{
	struct pkts_tcp_session_half *const me = t->me;

	const int32_t acked = ahead_of(t->peer->acked, t->seg->seq);

	me->next = t->seg->seq;
	if (acked > FAR || acked < -FAR)
		t->peer->bits &= (uint16_t)~ACKED;
	else if ((t->peer->bits & ACKED) && acked > 0)
		me->next = t->peer->acked;
	me->bits |= SEEN;
	me->bits |= t->seg->options & (PKTS_TCP_HAS_TIMESTAMPS | PKTS_TCP_HAS_SIGNATURE);
	tcp_session_note_cut(t);
	me->ts_recent = t->seg->ts_value;
	me->ts_when = (uint16_t)(t->now >> 40);
}

/* A signature where there is no key, or none where there is one: dropped (RFC 2385 2, RFC 5925 7.3). */
bool tcp_session_signature(struct tcp_step *t)
{
	if (!(t->me->bits & SEEN) || (t->me->bits & SIGNED) == (t->seg->options & SIGNED) ||
		(t->seg->options & PKTS_TCP_OPTIONS_CUT) || t->s->unsure >> t->dir & 1)
		return true;
	refuse(t, PKTS_SESSION_TCP_SIGNATURE);
	return false;
}

/* Systems for which a timestamp of 0 stands for none. */
static bool zero_is_none(const struct tcp_step *t)
{
	const unsigned systems = 1u << PKTS_TCP_LINUX | 1u << PKTS_TCP_OLD_LINUX |
				 1u << PKTS_TCP_WINDOWS | 1u << PKTS_TCP_WIN2K3 |
				 1u << PKTS_TCP_VISTA;
	const unsigned system = t->conf->receiver[t->dir];

	return system < PKTS_TCP_POLICY_MAX && systems >> system & 1;
}

/* Is the timestamp older than the receiver's last one? Not after 24 days (RFC 7323 5.5). */
static bool timestamp_is_old(const struct tcp_step *t)
{
	const struct pkts_tcp_session_half *const me = t->me;
	const uint16_t idle = (uint16_t)((uint16_t)(t->now >> 40) - me->ts_when);

	if (ahead_of(t->seg->ts_value, me->ts_recent) >= 0 || idle > IDLE_UNITS)
		return false;
	return me->ts_recent || !zero_is_none(t);
}

/*
 * Could what is so far behind have been delayed by the network, and overtaken by a retransmission of what
 * was lost before it? Then it was sent after what had come before: no more than a step of the clock ago.
 */
static bool may_be_delayed(const struct tcp_step *t, uint32_t behind)
{
	return behind >> 2 * t->me->late == 0 || ((t->me->bits & STRAYED) && behind < STALE);
}

/* Old duplicates have old timestamps, and do no harm. */
static void check_timestamp(struct tcp_step *t)
{
	const struct pkts_tcp_session_half *const me = t->me;

	if (!(t->seg->options & PKTS_TCP_HAS_TIMESTAMPS)) {
		if ((me->bits & TIMESTAMPS) && !(t->seg->options & PKTS_TCP_OPTIONS_CUT))
			suspect(t, PKTS_SESSION_TCP_TIMESTAMP_MISSING);
		return;
	}
	if (!(me->bits & TIMESTAMPS) || !timestamp_is_old(t) || t->end == t->seg->seq)
		return;
	if (ahead_of(t->end, me->next) <= 0)
		tell(t, PKTS_SESSION_TCP_TIMESTAMP_OLD);
	else if (may_be_delayed(t, me->ts_recent - t->seg->ts_value))
		suspect(t, PKTS_SESSION_TCP_TIMESTAMP_OLD);
	else
		refuse(t, PKTS_SESSION_TCP_TIMESTAMP_OLD);
}

/* The window of an MPTCP subflow counts from a number in an option, and all share it (RFC 8684 3.3.1). */
uint32_t tcp_session_beyond_window(const struct tcp_step *t, uint32_t end)
{
	const int32_t beyond = ahead_of(end, t->peer->edge);

	if (t->me->bits & t->peer->bits & PKTS_TCP_HALF_MPTCP)
		return 0;
	return (t->peer->bits & ACKED) && beyond > 0 ? (uint32_t)beyond : 0;
}

/* Something is repeated or out of order: until all up to `until` is acknowledged, there may be holes. */
static void stray(struct tcp_step *t, uint32_t until)
{
	t->me->bits |= STRAYED;
	if (!(t->s->opener & PKTS_TCP_OPENER_OTHERS))
		t->s->others[t->dir] = until;
}

static bool holes_are_filled(const struct tcp_step *t)
{
	const uint32_t acked = t->me->acked;

	if (acked == t->peer->next)
		return true;
	return !(t->s->opener & PKTS_TCP_OPENER_OTHERS) &&
	       ahead_of(acked, t->s->others[!t->dir]) >= 0;
}

/* Nothing that was not seen before. */
static void check_old(struct tcp_step *t)
{
	const struct pkts_tcp_session_half *const me = t->me, *const peer = t->peer;
	const bool bytes = t->end != t->seg->seq;
	const bool probed = (peer->bits & ZERO_WINDOW) != 0;

	if (ahead_of(t->seg->seq, me->next) < -FAR) {
		refuse(t, PKTS_SESSION_TCP_OUT_OF_WINDOW);
		return;
	}
	if (t->seg->seq == me->next - 1 && t->seg->len <= 1 && t->class == CLASS_ACK) {
		tell(t, probed ? PKTS_SESSION_TCP_ZERO_WINDOW_PROBE : PKTS_SESSION_TCP_KEEP_ALIVE);
		return;
	}
	if (bytes)
		tell(t, PKTS_SESSION_TCP_RETRANSMISSION);
	if (bytes || t->seg->seq != me->next)
		stray(t, me->next);
	if ((peer->bits & ACKED) &&
		ahead_of(peer->acked, t->end) > (int32_t)(tcp_session_slack(peer) + LEAST))
		suspect(t, PKTS_SESSION_TCP_OLD);
}

/* Behind a FIN there is nothing; unless it was none of the sender, which the receiver's ACK tells. */
static void check_behind_fin(struct tcp_step *t)
{
	if (fin_is_acked(t->me, t->peer)) {
		refuse(t, PKTS_SESSION_TCP_AFTER_FIN);
		return;
	}
	suspect(t, PKTS_SESSION_TCP_AFTER_FIN);
	t->me->bits &= (uint16_t)~FIN;
}

/* Is it what asks for a closed window: a byte, or a FIN, right behind it? */
static bool probes_window(const struct tcp_step *t, uint32_t beyond)
{
	return beyond == 1 && t->seg->seq == t->me->next && t->seg->seq == t->peer->edge &&
	       t->end == t->seg->seq + 1;
}

/* Bytes that were not seen before, or a number that is ahead of them. */
static void check_new(struct tcp_step *t)
{
	const uint32_t beyond = tcp_session_beyond_window(t, t->end);
	struct pkts_tcp_session_half *const me = t->me;

	if (me->bits & FIN)
		check_behind_fin(t);
	if (t->seg->len && ahead_of(me->next, t->seg->seq) > 0)
		tell(t, PKTS_SESSION_TCP_RETRANSMISSION);
	if (t->seg->seq != me->next)
		stray(t, t->end);
	if (beyond && probes_window(t, beyond)) {
		tell(t, PKTS_SESSION_TCP_ZERO_WINDOW_PROBE);
	} else if (beyond > tcp_session_slack(t->peer)) {
		refuse(t, PKTS_SESSION_TCP_OUT_OF_WINDOW);
		return;
	} else if (beyond > (t->class == CLASS_FIN)) {
		/* Only the receiver's ACK will show that it took them. */
		missed(t, PKTS_SESSION_TCP_OUT_OF_WINDOW);
		return;
	}
	me->next = t->end;
}

/*
 * False if the receiver leaves the segment out. Of one from long before its window it takes no
 * acknowledgement either (RFC 9293 3.10.7.4, first): who guesses numbers would else need one of four.
 */
static bool check_seq(struct tcp_step *t)
{
	if (ahead_of(t->seg->seq, t->me->next) > FAR || t->seg->len > FAR)
		refuse(t, PKTS_SESSION_TCP_OUT_OF_WINDOW);
	else if (ahead_of(t->end, t->me->next) > 0)
		check_new(t);
	else
		check_old(t);
	return t->j.validity != PKTS_INVALID && !(t->j.events & PKTS_SESSION_BIT(TCP_OLD));
}

/* The peer's bytes were missed, if there are such: the receiver has them. */
static void ack_unseen(struct tcp_step *t)
{
	if (ahead_of(t->seg->ack, t->peer->next) > FAR || fin_is_acked(t->peer, t->me)) {
		refuse(t, PKTS_SESSION_TCP_ACK_IMPOSSIBLE);
		return;
	}
	missed(t, PKTS_SESSION_TCP_ACK_UNSEEN);
	t->peer->next = t->seg->ack;
	t->peer->bits &= (uint16_t)~FIN;
}

static void check_ack(struct tcp_step *t)
{
	struct pkts_tcp_session_half *const me = t->me, *const peer = t->peer;
	const uint32_t ack = t->seg->ack;
	const int32_t behind = ahead_of(me->bits & ACKED ? me->acked : peer->next, ack);

	if (!((me->bits & ACKED) || (peer->bits & SEEN)))
		return;
	if (behind > FAR || behind < -FAR)
		refuse(t, PKTS_SESSION_TCP_ACK_IMPOSSIBLE);
	else if ((peer->bits & SEEN) && ahead_of(ack, peer->next) > 0)
		ack_unseen(t);
	else if ((me->bits & ACKED) && behind > (int32_t)(tcp_session_slack(me) + LEAST))
		suspect(t, PKTS_SESSION_TCP_ACK_OLD);
}

/* Takes note of acknowledgement and window. What a window has allowed once stays allowed: the sender
 * may not know better yet. */
void tcp_session_advertise(struct tcp_step *t)
{
	struct pkts_tcp_session_half *const me = t->me;
	const unsigned scale = t->seg->flags & PKTS_TCP_SYN ? 0 : me->scale;
	const uint32_t window = (uint32_t)t->seg->window << PKTS_MIN(scale, MAX_SCALE);
	const uint32_t edge = t->seg->ack + window;
	const bool newest = !(me->bits & ACKED) || ahead_of(t->seg->ack, me->acked) >= 0;

	if (!(me->bits & ACKED) || ahead_of(edge, me->edge) > 0)
		me->edge = edge;
	if (!newest)
		return;
	me->acked = t->seg->ack;
	me->bits |= ACKED;
	if (!window && !(me->bits & ZERO_WINDOW))
		tell(t, PKTS_SESSION_TCP_ZERO_WINDOW);
	me->bits = (uint16_t)(window ? me->bits & ~ZERO_WINDOW : me->bits | ZERO_WINDOW);
	if ((t->peer->bits & STRAYED) && holes_are_filled(t))
		t->peer->bits &= (uint16_t)~STRAYED;
}

/*
 * The receiver remembers the timestamp of what it can acknowledge next (RFC 7323 4.3). That is what
 * comes next here too, unless something has strayed: then the last ACK seen says it at least. Never
 * what brings nothing new: the receiver may have it, and does not look at its timestamp then.
 */
static bool receiver_remembers(const struct tcp_step *t, uint32_t next)
{
	const bool strayed = (t->me->bits & STRAYED) != 0;

	if (t->seg->seq != next && !(strayed && ahead_of(t->end, next) > 0))
		return false;
	if (!strayed || !(t->peer->bits & ACKED))
		return t->seg->seq == next;
	return ahead_of(t->seg->seq, t->peer->acked) <= 0;
}

static void note_step(struct pkts_tcp_session_half *me, uint32_t step)
{
	while (step <= INT32_MAX && step >> 2 * me->late && me->late < LATE_MAX)
		me->late = (me->late + 1) & LATE_MAX;
}

static void remember_timestamp(struct tcp_step *t, uint32_t next)
{
	struct pkts_tcp_session_half *const me = t->me;
	const bool first = !(me->bits & TIMESTAMPS);

	if (!(t->seg->options & PKTS_TCP_HAS_TIMESTAMPS))
		return;
	/* Of the SYNs that would tell, one was not seen; or this is against the agreement. */
	if (first && (me->bits & SYN) && (t->peer->bits & SYN))
		return;
	me->bits |= TIMESTAMPS;
	if (!first && (timestamp_is_old(t) || !receiver_remembers(t, next)))
		return;
	if (!first && (me->ts_recent || !zero_is_none(t)))
		note_step(me, t->seg->ts_value - me->ts_recent);
	me->ts_recent = t->seg->ts_value;
	me->ts_when = (uint16_t)(t->now >> 40);
}

/* By FINs seen and acknowledged: [the first closer's is acknowledged][0: one FIN, 1: two, 2: and the
 * second is acknowledged] */
static void close_by_fins(struct tcp_step *t)
{
	static const uint8_t states[2][3] = {
		{PKTS_TCP_STATE_FIN_WAIT_1, PKTS_TCP_STATE_CLOSING, PKTS_TCP_STATE_CLOSING},
		{PKTS_TCP_STATE_FIN_WAIT_2, PKTS_TCP_STATE_LAST_ACK, PKTS_TCP_STATE_TIME_WAIT}};
	struct pkts_tcp_session *const s = t->s;
	const struct pkts_tcp_session_half *first, *second;

	if (over(s) || !((t->me->bits | t->peer->bits) & FIN))
		return;
	if (s->state < PKTS_TCP_STATE_FIN_WAIT_1) {
		s->opener &= (uint8_t)~PKTS_TCP_OPENER_CLOSER;
		if (s->half[1].bits & FIN)
			s->opener |= PKTS_TCP_OPENER_CLOSER;
	}
	first = &s->half[(s->opener & PKTS_TCP_OPENER_CLOSER) != 0];
	second = first == t->me ? t->peer : t->me;
	if (!(first->bits & FIN))
		return;
	s->state = states[fin_is_acked(first, second)]
			 [!!(second->bits & FIN) + fin_is_acked(second, first)];
}

void tcp_session_follow(struct tcp_step *t)
{
	uint32_t next;

	if (!tcp_session_signature(t))
		return;
	if (!(t->me->bits & SEEN))
		adopt(t);
	next = t->me->next;
	check_timestamp(t);
	if (!check_seq(t))
		return;
	if (t->s->state == PKTS_TCP_STATE_RESET && t->class != CLASS_RST)
		tell(t, PKTS_SESSION_TCP_AFTER_RST);
	remember_timestamp(t, next);
	if ((t->seg->flags & PKTS_TCP_FIN) && t->end == t->me->next)
		t->me->bits |= FIN;
	if (t->seg->flags & PKTS_TCP_ACK) {
		check_ack(t);
		if (t->j.validity != PKTS_INVALID)
			tcp_session_advertise(t);
	}
	close_by_fins(t);
}
