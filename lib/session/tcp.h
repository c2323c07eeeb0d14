/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of the TCP machine share: a segment that is being judged, and its rules. */
#ifndef TCP_H
#define TCP_H

#include "pkts_tcp_session.h"

/* Bits of pkts_tcp_session_half.bits. */
enum {
	SEEN = PKTS_TCP_HALF_SEEN,
	SYN = PKTS_TCP_HALF_SYN,
	ACKED = PKTS_TCP_HALF_ACKED,
	FIN = PKTS_TCP_HALF_FIN,
	RST = PKTS_TCP_HALF_RST,
	SCALE = PKTS_TCP_HALF_SCALE,
	TIMESTAMPS = PKTS_TCP_HALF_TIMESTAMPS,
	SIGNED = PKTS_TCP_HALF_SIGNED,
	ZERO_WINDOW = PKTS_TCP_HALF_ZERO_WINDOW,
	STRAYED = PKTS_TCP_HALF_STRAYED,
	OFFERS_SCALE = PKTS_TCP_HALF_OFFERS_SCALE,
	OFFERS_TIMESTAMPS = PKTS_TCP_HALF_OFFERS_TIMESTAMPS,
};

#define FAR	  (1 << 30) /* the largest window there is (RFC 7323 2.3) */
#define MAX_SCALE 14

/* By its flags, a segment is one of these. */
enum tcp_class {
	CLASS_SYN,
	CLASS_SYN_ACK,
	CLASS_ACK,
	CLASS_FIN,
	CLASS_RST,
	CLASS_BARE,  /* neither SYN nor RST, and no ACK */
	CLASS_WRONG, /* SYN with FIN or RST */
	CLASS_MAX,
};

/* A segment, the state that it meets, and what is thought of it so far. */
struct tcp_step {
	struct pkts_tcp_session *s; /* a copy, which counts unless the segment is INVALID */
	const struct pkts_tcp_session_conf *conf;
	const struct pkts_tcp_session_segment *seg;
	struct pkts_tcp_session_half *me, *peer;
	struct pkts_judgement j;
	uint64_t now;
	unsigned dir;
	enum tcp_class class;
	uint32_t end; /* the number behind its data, SYN and FIN */
};

/* A distance in sequence space: how far a is ahead of b. */
static inline int32_t ahead_of(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static inline bool within(uint32_t n, uint32_t first, uint32_t last)
{
	return n - first <= last - first;
}

static inline unsigned opener_of(const struct pkts_tcp_session *s)
{
	return s->opener & PKTS_TCP_OPENER_DIR;
}

static inline bool over(const struct pkts_tcp_session *s)
{
	return s->state == PKTS_TCP_STATE_TIME_WAIT || s->state == PKTS_TCP_STATE_RESET;
}

/* What peer has acknowledged of all that me has sent, FIN included. */
static inline bool fin_is_acked(
	const struct pkts_tcp_session_half *me, const struct pkts_tcp_session_half *peer)
{
	return (me->bits & FIN) && (peer->bits & ACKED) && ahead_of(peer->acked, me->next) >= 0;
}

static inline void judge(struct tcp_step *t, enum pkts_session_event event, enum pkts_validity v)
{
	t->j.events |= UINT64_C(1) << event;
	t->j.validity = v > t->j.validity ? v : t->j.validity;
}

static inline void tell(struct tcp_step *t, enum pkts_session_event event)
{
	judge(t, event, PKTS_VALID);
}

static inline void suspect(struct tcp_step *t, enum pkts_session_event event)
{
	judge(t, event, PKTS_SUSPECT);
}

static inline void refuse(struct tcp_step *t, enum pkts_session_event event)
{
	judge(t, event, PKTS_INVALID);
}

/* INVALID if every segment passes here, else SUSPECT: others may have been missed. */
static inline void missed(struct tcp_step *t, enum pkts_session_event event)
{
	judge(t, event, t->conf->sees_all ? PKTS_INVALID : PKTS_SUSPECT);
}

/*
 * Is a SYN/ACK that of this connection, whose SYNs were not seen: have both ends gone on right behind its two
 * numbers? Segments were captured in another order than they were sent.
 */
bool tcp_session_is_late_answer(
	const struct pkts_tcp_session *s, unsigned dir, const struct pkts_tcp_session_segment *seg);

/* tcp_validate.c */
enum tcp_class tcp_session_class_of(uint16_t flags);
bool tcp_session_begins_anew(const struct pkts_tcp_session *s,
	const struct pkts_tcp_session_conf *conf, unsigned dir,
	const struct pkts_tcp_session_segment *seg);

/* tcp_open.c: handshakes. */
void tcp_session_start(struct tcp_step *t);
void tcp_session_syn_again(struct tcp_step *t);
void tcp_session_syn_crosses(struct tcp_step *t);
void tcp_session_syn_inside(struct tcp_step *t);
void tcp_session_answer(struct tcp_step *t);
void tcp_session_answer_again(struct tcp_step *t);
void tcp_session_answer_crossed(struct tcp_step *t);
void tcp_session_answer_inside(struct tcp_step *t);
void tcp_session_answer_unasked(struct tcp_step *t);
void tcp_session_unanswered(struct tcp_step *t);
void tcp_session_before_answer(struct tcp_step *t);
void tcp_session_complete(struct tcp_step *t);
/* Was this the number of another SYN of direction dir? */
bool tcp_session_is_other(const struct pkts_tcp_session *s, unsigned dir, uint32_t isn);

/* tcp_follow.c: data and acknowledgements. */
void tcp_session_follow(struct tcp_step *t);
void tcp_session_advertise(struct tcp_step *t);
void tcp_session_note_cut(struct tcp_step *t);
bool tcp_session_signature(struct tcp_step *t);
/* How far what ends there reaches beyond all that the receiver has ever allowed; 0 if that is unknown. */
uint32_t tcp_session_beyond_window(const struct tcp_step *t, uint32_t end);
uint32_t tcp_session_slack(const struct pkts_tcp_session_half *receiver);

/* tcp_reset.c */
void tcp_session_reset(struct tcp_step *t);
void tcp_session_reset_by_opener(struct tcp_step *t);
void tcp_session_reject(struct tcp_step *t);

/* tcp_history.c: what is told afterwards. before: the half of who sent it, as it was. */
void tcp_session_record(struct tcp_step *t, const struct pkts_tcp_session_half *before);

/* What a SYN inside a connection, and its retransmissions, have added to what is told of that. */
struct tcp_syn_mark {
	uint16_t letters;    /* bit n: letter n of the history */
	uint8_t flags;	     /* of its half */
	bool marked;	     /* the next two are there */
	uint8_t ends, ended; /* before and after it */
};

/* Before it and after it; and back, whatever has come since. */
void tcp_session_mark_syn(struct tcp_syn_mark *mark, const struct pkts_tcp_session *before,
	const struct pkts_tcp_session *after, unsigned dir);
void tcp_session_unmark_syn(
	const struct tcp_syn_mark *mark, struct pkts_tcp_session *s, unsigned dir);

#endif
