/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * How TCP connections begin: in three steps, from both sides at once, in pieces, with several SYNs of
 * which one counts, with data on the SYN, or before anybody looked.
 */
#include "tcp.h"

/* others[]: numbers of SYNs that were sent before the one that the half has. */
static void remember_other(struct tcp_step *t, unsigned dir, uint32_t isn)
{
	struct pkts_tcp_session *const s = t->s;
	const bool same = ((s->opener & PKTS_TCP_OPENER_OTHERS_DIR) != 0) == dir;

	if (!(s->opener & PKTS_TCP_OPENER_OTHERS) || !same)
		s->opener &= (uint8_t) ~(PKTS_TCP_OPENER_OTHERS_2 | PKTS_TCP_OPENER_OTHERS_DIR);
	else
		s->opener |= PKTS_TCP_OPENER_OTHERS_2;
	s->others[1] = s->others[0];
	s->others[0] = isn;
	s->opener |= PKTS_TCP_OPENER_OTHERS | (dir ? PKTS_TCP_OPENER_OTHERS_DIR : 0);
}

static void forget_others(struct pkts_tcp_session *s)
{
	s->opener &= (uint8_t) ~(
		PKTS_TCP_OPENER_OTHERS | PKTS_TCP_OPENER_OTHERS_2 | PKTS_TCP_OPENER_OTHERS_DIR);
	s->others[0] = s->others[1] = 0;
}

/* It is open no longer which SYN counts; from now on others[] say how far directions have strayed. */
static void settle(struct pkts_tcp_session *s)
{
	forget_others(s);
	for (unsigned dir = 0; dir < 2; dir++)
		s->others[dir] = s->half[dir].next;
}

bool tcp_session_is_other(const struct pkts_tcp_session *s, unsigned dir, uint32_t isn)
{
	if (((s->opener & PKTS_TCP_OPENER_OTHERS_DIR) != 0) != dir)
		return false;
	return ((s->opener & PKTS_TCP_OPENER_OTHERS) && s->others[0] == isn) ||
	       ((s->opener & PKTS_TCP_OPENER_OTHERS_2) && s->others[1] == isn);
}

/* What a SYN that was cut offers is not known: its windows may be as large as can be, and MPTCP's. */
static void assume_windows(struct pkts_tcp_session_half *half)
{
	half->bits |= PKTS_TCP_HALF_MPTCP;
	if (half->bits & OFFERS_SCALE)
		return;
	half->bits |= OFFERS_SCALE;
	half->scale = MAX_SCALE;
}

static void learn_options(struct tcp_step *t)
{
	static const struct {
		uint8_t has;
		uint16_t means;
	} rows[] = {{PKTS_TCP_HAS_SCALE, OFFERS_SCALE},
		{PKTS_TCP_HAS_TIMESTAMPS, OFFERS_TIMESTAMPS},
		{PKTS_TCP_HAS_MPTCP, PKTS_TCP_HALF_MPTCP},
		{PKTS_TCP_HAS_FAST_OPEN, PKTS_TCP_HALF_FAST_OPEN},
		{PKTS_TCP_HAS_SIGNATURE, SIGNED}};
	struct pkts_tcp_session_half *const me = t->me;

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		if (t->seg->options & rows[i].has)
			me->bits |= rows[i].means;
	if (t->seg->options & PKTS_TCP_HAS_SCALE)
		me->scale = PKTS_MIN(t->seg->scale, MAX_SCALE);
	if (t->seg->options & PKTS_TCP_OPTIONS_CUT)
		assume_windows(me);
	if (t->seg->options & PKTS_TCP_HAS_TIMESTAMPS) {
		me->ts_recent = t->seg->ts_value;
		me->ts_when = (uint16_t)(t->now >> 40);
	}
	tcp_session_note_cut(t);
}

/* What the SYN says of its sender. Its window is not scaled, and starts where the other's number does. */
static void learn_syn(struct tcp_step *t)
{
	struct pkts_tcp_session_half *const me = t->me;

	*me = (struct pkts_tcp_session_half){.resent = me->resent,
		.flags = me->flags,
		.bits = me->bits & (PKTS_TCP_HALF_ACK_TOLD | PKTS_TCP_HALF_DATA_TOLD)};
	me->isn = t->seg->seq;
	me->next = t->end;
	me->edge = t->seg->window;
	me->bits |= SEEN | SYN;
	learn_options(t);
	if (t->seg->len && t->class == CLASS_SYN &&
		!(t->seg->options & (PKTS_TCP_HAS_FAST_OPEN | PKTS_TCP_OPTIONS_CUT)))
		suspect(t, PKTS_SESSION_TCP_SYN_DATA);
}

/* The window of half's SYN, once the other end's number is known; of which it has acknowledged nothing. */
static void place_window(struct pkts_tcp_session_half *half, uint32_t isn)
{
	half->edge += isn + 1;
	half->acked = isn;
	half->bits |= ACKED;
}

/* Scaling and timestamps hold if both offered them (RFC 7323 2.2, 3.2). */
static void agree(struct pkts_tcp_session *s)
{
	const unsigned both = s->half[0].bits & s->half[1].bits;

	for (unsigned d = 0; d < 2; d++) {
		struct pkts_tcp_session_half *const half = &s->half[d];
		half->bits |= SCALE;
		if (!(both & OFFERS_SCALE))
			half->scale = 0;
		if (both & OFFERS_TIMESTAMPS)
			half->bits |= TIMESTAMPS;
	}
}

/* Of the other end's SYN nothing is known; yet it cannot have what this one did not offer. */
static void agree_alone(struct tcp_step *t)
{
	t->me->bits |= SCALE;
	t->peer->scale = t->me->bits & OFFERS_SCALE ? MAX_SCALE : 0;
	if (!(t->me->bits & OFFERS_SCALE))
		t->peer->bits |= SCALE;
}

static void open_by(struct tcp_step *t, unsigned dir)
{
	t->s->opener = (uint8_t)((t->s->opener & ~PKTS_TCP_OPENER_DIR) | dir);
	if (!(t->s->opener & PKTS_TCP_OPENER_TOLD))
		t->s->opener = (uint8_t)((t->s->opener & ~PKTS_TCP_OPENER_ORIGINATOR) |
					 (dir ? PKTS_TCP_OPENER_ORIGINATOR : 0));
}

static void start_with_answer(struct tcp_step *t)
{
	open_by(t, !t->dir);
	learn_syn(t);
	tcp_session_advertise(t);
	agree_alone(t);
	t->s->state = PKTS_TCP_STATE_SYN_RECEIVED;
}

static void start_midstream(struct tcp_step *t)
{
	open_by(t, t->dir);
	t->me->scale = t->peer->scale = MAX_SCALE;
	t->s->state = PKTS_TCP_STATE_ESTABLISHED;
	if (t->class == CLASS_BARE || t->class == CLASS_WRONG)
		suspect(t, PKTS_SESSION_TCP_FLAGS);
	if (t->class != CLASS_RST && t->class != CLASS_WRONG) {
		tcp_session_follow(t);
		return;
	}
	t->s->state = PKTS_TCP_STATE_RESET;
	t->peer->next = t->seg->ack; /* not SEEN: the SYN that this refuses may be captured late */
}

void tcp_session_start(struct tcp_step *t)
{
	if (t->class == CLASS_SYN) {
		open_by(t, t->dir);
		learn_syn(t);
		t->s->state = PKTS_TCP_STATE_SYN_SENT;
		return;
	}
	judge(t, PKTS_SESSION_TCP_MIDSTREAM, t->conf->no_midstream ? PKTS_INVALID : PKTS_SUSPECT);
	if (t->class == CLASS_SYN_ACK)
		start_with_answer(t);
	else
		start_midstream(t);
}

/* A retransmission may leave options away, or the data (RFC 7413 4.1.3): the answer tells what counts. */
void tcp_session_syn_again(struct tcp_step *t)
{
	if (t->seg->seq == t->me->isn) {
		learn_options(t);
		t->me->next = ahead_of(t->end, t->me->next) > 0 ? t->end : t->me->next;
		return;
	}
	suspect(t, PKTS_SESSION_TCP_SYN_CHANGED);
	remember_other(t, t->dir, t->me->isn);
	learn_syn(t);
}

void tcp_session_syn_crosses(struct tcp_step *t)
{
	tell(t, PKTS_SESSION_TCP_SIMULTANEOUS_OPEN);
	learn_syn(t);
	place_window(t->me, t->peer->isn);
	place_window(t->peer, t->me->isn);
	agree(t->s);
	forget_others(t->s);
	t->s->opener |= PKTS_TCP_OPENER_CROSSED;
	t->s->state = PKTS_TCP_STATE_SYN_RECEIVED;
}

/* Its answer may acknowledge its data with it (RFC 7413). */
static bool may_have_data_taken(const struct tcp_step *t)
{
	return t->seg->len && t->s->state >= PKTS_TCP_STATE_ESTABLISHED &&
	       (t->seg->options & (PKTS_TCP_HAS_FAST_OPEN | PKTS_TCP_OPTIONS_CUT));
}

/* RFC 5961 4: the receiver answers with an ACK of what it has, and changes nothing. */
void tcp_session_syn_inside(struct tcp_step *t)
{
	if ((t->me->bits & SYN) && t->seg->seq == t->me->isn)
		return;
	suspect(t, PKTS_SESSION_TCP_SYN_IN_CONNECTION);
	if (may_have_data_taken(t))
		remember_other(t, t->dir, t->end - 1);
	remember_other(t, t->dir, t->seg->seq);
}

/* More SYNs may have come than are remembered: then the answer tells which there were. */
static bool others_are_full(const struct pkts_tcp_session *s, unsigned dir)
{
	return (s->opener & PKTS_TCP_OPENER_OTHERS_2) &&
	       ((s->opener & PKTS_TCP_OPENER_OTHERS_DIR) != 0) == dir;
}

/* Which of the peer's SYNs does it acknowledge? */
static bool picks_syn(struct tcp_step *t)
{
	struct pkts_tcp_session_half *const peer = t->peer;
	const uint32_t ack = t->seg->ack;

	if (within(ack, peer->isn + 1, peer->next))
		return true;
	if (!tcp_session_is_other(t->s, !t->dir, ack - 1)) {
		if (t->class != CLASS_SYN_ACK || !others_are_full(t->s, !t->dir))
			return false;
		suspect(t, PKTS_SESSION_TCP_SYN_CHANGED);
	}
	peer->isn = ack - 1;
	peer->next = ack;
	return true;
}

/* Takes a SYN/ACK for the answer to the peer's SYN. */
static void take_answer(struct tcp_step *t)
{
	const bool again = (t->me->bits & SYN) != 0;
	const uint32_t window =
		t->peer->bits & ACKED ? t->peer->edge - t->peer->acked - 1 : t->peer->edge;

	if (!again)
		forget_others(t->s);
	learn_syn(t);
	tcp_session_advertise(t);
	t->peer->edge = window;
	place_window(t->peer, t->me->isn);
	agree(t->s);
}

void tcp_session_answer(struct tcp_step *t)
{
	if (!picks_syn(t)) {
		missed(t, PKTS_SESSION_TCP_SYNACK_UNASKED);
		return;
	}
	take_answer(t);
	t->s->state = PKTS_TCP_STATE_SYN_RECEIVED;
}

static void open_if_both_acked(struct tcp_step *t)
{
	if (ahead_of(t->me->acked, t->peer->isn) > 0 && ahead_of(t->peer->acked, t->me->isn) > 0)
		t->s->state = PKTS_TCP_STATE_ESTABLISHED;
}

/* The SYN that crossed may have been anybody's, as long as its number is not acknowledged. */
static bool replaces_crossed(const struct tcp_step *t)
{
	return (t->s->opener & PKTS_TCP_OPENER_CROSSED) && t->dir != opener_of(t->s) &&
	       t->seg->seq != t->me->isn && t->peer->acked == t->me->isn &&
	       within(t->seg->ack, t->peer->isn + 1, t->peer->next);
}

/* After SYNs have crossed, either end acknowledges with its SYN once more (RFC 9293 3.5, figure 8). */
void tcp_session_answer_crossed(struct tcp_step *t)
{
	if (replaces_crossed(t)) {
		suspect(t, PKTS_SESSION_TCP_SYN_CHANGED);
		t->s->opener &= (uint8_t)~PKTS_TCP_OPENER_CROSSED;
		remember_other(t, t->dir, t->me->isn);
		take_answer(t);
		return;
	}
	if (!(t->s->opener & PKTS_TCP_OPENER_CROSSED) || t->seg->seq != t->me->isn) {
		suspect(t, PKTS_SESSION_TCP_SYNACK_UNASKED);
		return;
	}
	if (!within(t->seg->ack, t->peer->isn + 1, t->peer->next)) {
		refuse(t, PKTS_SESSION_TCP_SYNACK_UNASKED);
		return;
	}
	tcp_session_advertise(t);
	open_if_both_acked(t);
}

/* Which of several numbers counts, the opener's acknowledgement tells. */
void tcp_session_answer_again(struct tcp_step *t)
{
	if (t->s->opener & PKTS_TCP_OPENER_CROSSED) {
		tcp_session_answer_crossed(t);
		return;
	}
	if ((t->peer->bits & SYN) ? !within(t->seg->ack, t->peer->isn + 1, t->peer->next)
				  : t->seg->ack != t->me->acked) {
		refuse(t, PKTS_SESSION_TCP_SYNACK_UNASKED);
		return;
	}
	if (t->seg->seq == t->me->isn) {
		tcp_session_advertise(t);
		return;
	}
	suspect(t, PKTS_SESSION_TCP_SYN_CHANGED);
	remember_other(t, t->dir, t->me->isn);
	if (t->peer->bits & SYN)
		take_answer(t);
	else
		start_with_answer(t);
}

/*
 * What came from the opener before its answer was seen: had it got that, it acknowledges this number. Else
 * it is somebody's guess, or meant for who looks on: the other end drops it.
 */
static bool knows_answer(const struct pkts_tcp_session_half *opener, uint32_t isn)
{
	return !(opener->bits & ACKED) || within(opener->acked, isn + 1, isn + UINT16_MAX);
}

/* Of the opener there is its SYN again, and nothing else; of its window, the most that a SYN can offer. */
static void forget_since_syn(struct tcp_step *t)
{
	struct pkts_tcp_session_half *const opener = t->peer;

	opener->next = t->seg->ack;
	opener->edge = opener->acked + 1 + UINT16_MAX;
	opener->bits &= (uint16_t) ~(FIN | STRAYED | ZERO_WINDOW);
	opener->ts_recent = t->seg->ts_echo;
	t->s->state = PKTS_TCP_STATE_SYN_RECEIVED;
}

bool tcp_session_is_late_answer(
	const struct pkts_tcp_session *s, unsigned dir, const struct pkts_tcp_session_segment *seg)
{
	const struct pkts_tcp_session_half *const me = &s->half[dir], *const peer = &s->half[!dir];

	return !((me->bits | peer->bits) & SYN) && (peer->bits & ACKED) &&
	       knows_answer(peer, seg->seq) && within(peer->next, seg->ack, seg->ack + UINT16_MAX);
}

/* An old one again; or one that is late, because the opener's next segments overtook it. */
void tcp_session_answer_inside(struct tcp_step *t)
{
	if ((t->me->bits & SYN) && t->seg->seq == t->me->isn)
		return;
	if (!(t->me->bits & SEEN) && (t->peer->bits & SYN) &&
		within(t->seg->ack, t->peer->isn + 1, t->peer->next)) {
		const struct pkts_tcp_session_half peer = *t->peer;
		const bool known = knows_answer(&peer, t->seg->seq);
		if (!known)
			forget_since_syn(t);
		take_answer(t);
		if (known && (peer.bits & ACKED)) {
			t->peer->acked = peer.acked;
			t->peer->edge = peer.edge;
		}
		return;
	}
	if (tcp_session_is_other(t->s, !t->dir, t->seg->ack - 1) &&
		tcp_session_is_late_answer(t->s, t->dir, t->seg))
		settle(t->s);
	suspect(t, PKTS_SESSION_TCP_SYN_IN_CONNECTION);
}

void tcp_session_answer_unasked(struct tcp_step *t)
{
	suspect(t, PKTS_SESSION_TCP_SYNACK_UNASKED);
}

/* It has a number from before the SYN: a late one of the connection before between the same ports. */
static bool precedes_syn(struct tcp_step *t)
{
	if (!(t->me->bits & SYN) || ahead_of(t->seg->seq, t->me->isn) > 0)
		return false;
	suspect(t, PKTS_SESSION_TCP_OLD);
	return true;
}

/* The opener goes on: its answer took another way, or was missed. */
void tcp_session_unanswered(struct tcp_step *t)
{
	if (precedes_syn(t))
		return;
	missed(t, PKTS_SESSION_TCP_ONE_WAY);
	agree_alone(t);
	forget_others(t->s);
	t->s->state = PKTS_TCP_STATE_ESTABLISHED;
	tcp_session_follow(t);
}

/*
 * An ACK by itself may precede the SYN of its sender (a split handshake), or belong to an older
 * connection, which the opener is going to reset (RFC 9293 3.5.1). More than that comes behind a
 * SYN/ACK that was missed.
 */
void tcp_session_before_answer(struct tcp_step *t)
{
	if (!within(t->seg->ack, t->peer->isn + 1, t->peer->next)) {
		suspect(t, PKTS_SESSION_TCP_ACK_IMPOSSIBLE);
		return;
	}
	if (t->class == CLASS_ACK && !t->seg->len) {
		suspect(t, PKTS_SESSION_TCP_SPLIT_HANDSHAKE);
		return;
	}
	missed(t, PKTS_SESSION_TCP_ONE_WAY);
	t->me->scale = t->peer->bits & OFFERS_SCALE ? MAX_SCALE : 0;
	t->peer->bits |= SCALE;
	forget_others(t->s);
	t->s->state = PKTS_TCP_STATE_ESTABLISHED;
	tcp_session_follow(t);
}

/* It is not the opener's first segment: those between may have acknowledged more. */
static bool segments_were_missed(const struct tcp_step *t)
{
	const int32_t ahead = ahead_of(t->seg->ack, t->peer->next);

	return !t->conf->sees_all && t->seg->seq != t->me->next && ahead > 0 && ahead <= FAR;
}

/* The opener's acknowledgement picks one of the SYN/ACKs. */
static bool picks_answer(struct tcp_step *t)
{
	const uint32_t isn = t->peer->isn;

	if (!(t->peer->bits & SYN) || within(t->seg->ack, isn + 1, t->peer->next))
		return true;
	if (!picks_syn(t)) {
		if (segments_were_missed(t))
			return true;
		refuse(t, PKTS_SESSION_TCP_ACK_IMPOSSIBLE);
		return false;
	}
	t->me->edge += t->peer->isn - isn;
	t->me->acked = t->peer->isn;
	return true;
}

/*
 * An ACK by itself that acknowledges no more than the SYN/ACK did: the responder answers something that it
 * does not accept, which anybody can have sent it. It waits for the third step as before.
 */
static bool says_nothing_new(const struct tcp_step *t)
{
	return t->class == CLASS_ACK && !t->seg->len && t->seg->ack == t->me->acked;
}

void tcp_session_complete(struct tcp_step *t)
{
	const bool opener = t->dir == opener_of(t->s);
	const bool crossed = t->s->opener & PKTS_TCP_OPENER_CROSSED;

	if (precedes_syn(t) || (opener && !picks_answer(t)))
		return;
	if (!opener && crossed && t->me->acked == t->peer->isn)
		suspect(t, PKTS_SESSION_TCP_SPLIT_HANDSHAKE);
	if (!opener && !crossed && says_nothing_new(t)) {
		tcp_session_follow(t);
		return;
	}
	t->s->state = PKTS_TCP_STATE_ESTABLISHED;
	forget_others(t->s);
	tcp_session_follow(t);
}
