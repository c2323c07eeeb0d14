/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * TCP connections (RFC 9293, with RFC 5961, 7323 and 7413), as seen from somewhere between both ends,
 * where segments may be lost, repeated and reordered before they come here and after.
 *
 * VALID is also what the receiver drops without harm: an old duplicate, a retransmission, a keep-alive,
 * a probe. INVALID is what no correct sender sends, or what the receiver has to drop and is none of
 * these. What the receiver may make of a SUSPECT segment is told by PKTS_TCP_SESSION_DROPPED.
 */
#ifndef PKTS_TCP_SESSION_H
#define PKTS_TCP_SESSION_H

#include "pkts_overlap.h"
#include "pkts_session.h"
#include "pkts_tcp.h"

/*
 * Of the connection. Once an end has sent a FIN it is the state of whichever end did so first; the
 * other one is then in ESTABLISHED (its ACK is missing), CLOSE_WAIT, CLOSING, LAST_ACK and CLOSED.
 */
enum pkts_tcp_state {
	PKTS_TCP_STATE_NONE, /* no segment yet */
	PKTS_TCP_STATE_SYN_SENT,
	PKTS_TCP_STATE_SYN_RECEIVED, /* both have sent a SYN */
	PKTS_TCP_STATE_ESTABLISHED,
	PKTS_TCP_STATE_FIN_WAIT_1, /* one FIN, not acknowledged */
	PKTS_TCP_STATE_FIN_WAIT_2, /* one FIN, acknowledged: half closed */
	PKTS_TCP_STATE_CLOSING,	   /* two FINs, neither acknowledged, or only the later one */
	PKTS_TCP_STATE_LAST_ACK,   /* two FINs, the first acknowledged */
	PKTS_TCP_STATE_TIME_WAIT,  /* both acknowledged */
	PKTS_TCP_STATE_RESET,	   /* ended by a RST */
	PKTS_TCP_STATE_MAX
};

/* What an end has shown of itself, in the sense of Zeek's conn_state. */
enum pkts_tcp_end {
	PKTS_TCP_END_INACTIVE,
	PKTS_TCP_END_SYN_SENT,
	PKTS_TCP_END_SYN_ACK_SENT,
	PKTS_TCP_END_PARTIAL, /* its SYN was not seen */
	PKTS_TCP_END_ESTABLISHED,
	PKTS_TCP_END_CLOSED, /* it has sent a FIN */
	PKTS_TCP_END_RESET,  /* it has sent a RST */
	PKTS_TCP_END_CLOSED_RESET,
	PKTS_TCP_END_MAX
};

/* Bits of pkts_tcp_session_half.bits. */
enum {
	PKTS_TCP_HALF_SEEN = 1 << 0,  /* it has sent something: `next` is known */
	PKTS_TCP_HALF_SYN = 1 << 1,   /* its SYN was seen: `isn` is known */
	PKTS_TCP_HALF_ACKED = 1 << 2, /* it has acknowledged something: `acked`, `edge` are known */
	PKTS_TCP_HALF_FIN = 1 << 3,   /* it has sent a FIN, which is number next - 1 */
	PKTS_TCP_HALF_RST = 1 << 4,
	PKTS_TCP_HALF_SCALE = 1 << 5,	    /* `scale` is known; else the largest is assumed */
	PKTS_TCP_HALF_TIMESTAMPS = 1 << 6,  /* agreed upon: `ts_recent` is known */
	PKTS_TCP_HALF_SIGNED = 1 << 7,	    /* MD5 or AO */
	PKTS_TCP_HALF_ZERO_WINDOW = 1 << 8, /* it has closed its window */
	PKTS_TCP_HALF_STRAYED = 1 << 9,	    /* something was out of order or repeated, and is
						 not acknowledged */
	PKTS_TCP_HALF_ACK_TOLD = 1 << 10,   /* its history has A */
	PKTS_TCP_HALF_DATA_TOLD = 1 << 11,  /* its history has D */
	PKTS_TCP_HALF_OFFERS_SCALE = 1 << 12,
	PKTS_TCP_HALF_OFFERS_TIMESTAMPS = 1 << 13,
	PKTS_TCP_HALF_MPTCP = 1 << 14,	   /* its SYN had an option of RFC 8684, or was cut */
	PKTS_TCP_HALF_FAST_OPEN = 1 << 15, /* its SYN had the option of RFC 7413 */
};

/* What one end has sent. Sequence numbers are in host byte order. */
struct pkts_tcp_session_half {
	uint32_t next;	/* behind the furthest that it sent, SYN and FIN included */
	uint32_t acked; /* the highest that it acknowledged */
	uint32_t edge;	/* behind the furthest that its window ever allowed the other end; before
			       that end's number is known, the window of its SYN */
	uint32_t isn;	/* of its SYN */
	uint32_t ts_recent; /* TSval of the last segment that came in order */
	uint16_t ts_when;   /* when that was, in units of 2^40 ns (18 minutes) */
	uint16_t bits;	    /* PKTS_TCP_HALF_* */
	uint16_t resent;    /* segments with bytes seen before; it stops counting at the top */
	uint8_t scale : 4;  /* shift of its windows, none of which is a SYN's */
	uint8_t late : 4;   /* TSval never went forward by 4^late or more from one segment in order
			       to the next, or it is 15 */
	uint8_t flags;	    /* all TCP flags it ever sent, FIN to CWR */
};

/* A connection. All zero at first. */
struct pkts_tcp_session {
	uint8_t state;	     /* enum pkts_tcp_state */
	uint8_t opener;	     /* who sent the SYN, or was seen first; and other PKTS_TCP_OPENER_* */
	uint8_t letters : 4; /* in the history, of 12 */
	uint8_t unsure : 2; /* bit d: whether direction d signs is not known, for its options were cut */
	uint8_t ends;	    /* enum pkts_tcp_end of direction d, 4 bits from bit 4 * d */
	struct pkts_tcp_session_half half[2]; /* by direction */
	uint32_t others
		[2]; /* numbers of further SYNs, while it is open which of them counts; then up to
				where direction d has strayed */
	uint32_t history[2]; /* of pkts_tcp_history() */
};
_Static_assert(sizeof(struct pkts_tcp_session) <= 76, "a tracked connection takes 192 bytes");

/* Bits of pkts_tcp_session.opener. */
enum {
	PKTS_TCP_OPENER_DIR = 1 << 0,
	PKTS_TCP_OPENER_CLOSER = 1 << 1,     /* the direction of the first FIN */
	PKTS_TCP_OPENER_ORIGINATOR = 1 << 2, /* the direction of the originator ... */
	PKTS_TCP_OPENER_TOLD = 1 << 3,	     /* ... which the caller has told */
	PKTS_TCP_OPENER_OTHERS = 1 << 4,     /* others[0] is taken */
	PKTS_TCP_OPENER_OTHERS_2 = 1 << 5,   /* others[1] too */
	PKTS_TCP_OPENER_OTHERS_DIR = 1 << 6, /* the direction that others[] come from */
	PKTS_TCP_OPENER_CROSSED = 1 << 7,    /* SYNs have crossed */
};

enum pkts_tcp_timeout {
	PKTS_TCP_TIMEOUT_EMBRYONIC, /* the handshake is not done */
	PKTS_TCP_TIMEOUT_ESTABLISHED,
	PKTS_TCP_TIMEOUT_CLOSING, /* a FIN was seen */
	PKTS_TCP_TIMEOUT_CLOSED,  /* over; kept for what may still be under way */
	PKTS_TCP_TIMEOUT_MAX
};

/* All zero: the defaults, which stand behind the colons. */
struct pkts_tcp_session_conf {
	/*
	 * The system that receives what direction d sends: which RSTs it accepts, and whether a
	 * timestamp of 0 stands for none. FIRST and LAST are taken as BSD here.
	 *
	 *   seq >= next                 hpux11
	 *   anywhere in the window      linux, old-linux, solaris
	 *   seq == next                 the others, and whoever follows RFC 5961
	 *
	 * where next is also what the receiver has acknowledged last: bytes may be lost behind here.
	 */
	uint8_t receiver[2];
	bool no_midstream; /* INVALID if the beginning was not seen: it is picked up, SUSPECT */
	/*
	 * Every segment of both directions passes here: an acknowledgement of bytes that did not, bytes
	 * beyond a window, an answer to no SYN, or going on without one, is INVALID. Else some may have
	 * been missed: SUSPECT, and followed.
	 */
	bool sees_all;
	/*
	 * A SYN inside an established connection, and its answer, begin another one: the end of the first
	 * was not seen. False: two forged segments, which need no number of it, cannot end a connection.
	 */
	bool reuse_established;
	uint32_t timeout_s[PKTS_TCP_TIMEOUT_MAX]; /* seconds without a segment: 60, 3600, 60, 10 */
};

/* Bits of pkts_tcp_session_segment.options. */
enum {
	PKTS_TCP_HAS_MSS = 1 << 0,
	PKTS_TCP_HAS_SCALE = 1 << 1,
	PKTS_TCP_HAS_SACK_PERMITTED = 1 << 2,
	PKTS_TCP_HAS_FAST_OPEN = 1 << 3,
	PKTS_TCP_HAS_MPTCP = 1 << 4,
	PKTS_TCP_OPTIONS_CUT = 1 << 5, /* the capture ends in them: others may follow */
	PKTS_TCP_HAS_TIMESTAMPS = PKTS_TCP_HALF_TIMESTAMPS,
	PKTS_TCP_HAS_SIGNATURE = PKTS_TCP_HALF_SIGNED,
};

/* What a segment says, in host byte order. Options that are not there are 0. */
struct pkts_tcp_session_segment {
	uint32_t seq, ack;
	uint32_t len; /* bytes of payload on the wire, captured or not */
	uint32_t ts_value, ts_echo;
	uint16_t flags; /* PKTS_TCP_FIN and others */
	uint16_t window;
	uint16_t mss;
	uint8_t scale;	 /* as it stands there; above 14 is taken as 14 */
	uint8_t options; /* PKTS_TCP_HAS_* */
};

/*
 * The segment of a checked header with len bytes of payload. Options are read up to the first that
 * has a wrong length; of two of a kind the last counts.
 */
PKTS_INLINE struct pkts_tcp_session_segment pkts_tcp_session_segment(
	struct pkts_tcp tcp, uint32_t len);

/*
 * Judges a segment of direction dir (0 or 1), and changes the state unless it is INVALID. conf NULL:
 * the defaults. Checksums are the caller's business: a segment with a wrong one does not come here.
 */
PKTS_INLINE struct pkts_judgement pkts_tcp_session_validate(struct pkts_tcp_session *s,
	const struct pkts_tcp_session_conf *conf, unsigned dir,
	const struct pkts_tcp_session_segment *seg, uint64_t now_ns);

/*
 * Events after which the receiver takes nothing of the segment, whatever the validity: its data are no
 * part of the stream. Do not give them to a Sequence, nor the RST.
 */
#define PKTS_TCP_SESSION_DROPPED                                                                   \
	(PKTS_SESSION_BIT(TCP_TIMESTAMP_OLD) | PKTS_SESSION_BIT(TCP_SYN_IN_CONNECTION) |           \
		PKTS_SESSION_BIT(TCP_RST_REFUSED) | PKTS_SESSION_BIT(TCP_SIGNATURE) |              \
		PKTS_SESSION_BIT(TCP_FLAGS) | PKTS_SESSION_BIT(TCP_SYNACK_UNASKED) |               \
		PKTS_SESSION_BIT(TCP_ACK_IMPOSSIBLE))

/*
 * Does this segment begin another connection between the same two ports? validate() would say
 * TCP_REUSED and start from nothing; whoever keeps records ends the old one before, and gives
 * validate() a state of zeros.
 */
bool pkts_tcp_session_restarts(const struct pkts_tcp_session *s,
	const struct pkts_tcp_session_conf *conf, unsigned dir,
	const struct pkts_tcp_session_segment *seg);

/*
 * Explicit transitions: into a state, where before FIN_WAIT_1 FINs are forgotten and else nothing
 * changes; and into RESET, because somebody else ended it (a filter, an ICMP error).
 */
void pkts_tcp_session_set_state(struct pkts_tcp_session *s, enum pkts_tcp_state state);
void pkts_tcp_session_close(struct pkts_tcp_session *s);

/*
 * Who is the originator of pkts_tcp_conn_state() and pkts_tcp_history(): whoever sent the SYN or did not
 * answer it, else who was seen first. To tell better, from the ports, call it before the first segment.
 */
void pkts_tcp_session_set_originator(struct pkts_tcp_session *s, unsigned dir);
unsigned pkts_tcp_session_originator(const struct pkts_tcp_session *s);

/* TIME_WAIT or RESET. Segments may still come, and are judged. */
bool pkts_tcp_session_is_over(const struct pkts_tcp_session *s);

/* Which timeout applies, and how long it is, in nanoseconds (conf NULL: the defaults). */
enum pkts_tcp_timeout pkts_tcp_session_timeout_class(const struct pkts_tcp_session *s);
uint64_t pkts_tcp_session_timeout_ns(
	const struct pkts_tcp_session_conf *conf, enum pkts_tcp_timeout timeout);

/* As EVE has it: "syn_sent", "fin_wait1", ...; "closed" for RESET. Never NULL. */
const char *pkts_tcp_state_name(enum pkts_tcp_state state);

/* As Zeek has it: S0 S1 SF REJ S2 S3 RSTO RSTR RSTOS0 RSTRH SH SHR OTH. */
const char *pkts_tcp_conn_state(const struct pkts_tcp_session *s);

/*
 * As Zeek's conn.log has it: what happened, in order, the originator's in capitals. `^` comes first
 * if the originator is direction 1. At most 12 letters besides; h, s and f again if the
 * number differs, t and w when they happen for the first time, and t at the tenth, hundredth, ... .
 * Bytes that were lost (g) and wrong checksums (c) are not told. Returns how long the text is.
 */
#define PKTS_TCP_HISTORY_MAX 14
unsigned pkts_tcp_history(const struct pkts_tcp_session *s, char text[PKTS_TCP_HISTORY_MAX]);

/* What the inline functions do where there is more to it. */
struct pkts_judgement pkts_tcp_session_validate_any(struct pkts_tcp_session *s,
	const struct pkts_tcp_session_conf *conf, unsigned dir,
	const struct pkts_tcp_session_segment *seg, uint64_t now_ns);
void pkts_tcp_session_read_options(struct pkts_tcp_session_segment *seg, struct pkts_tcp tcp);

/* inline definitions */

PKTS_INLINE struct pkts_tcp_session_segment pkts_tcp_session_segment(
	struct pkts_tcp tcp, uint32_t len)
{
	struct pkts_tcp_session_segment seg = {.seq = pkts_tcp_seq(tcp),
		.ack = pkts_tcp_ack(tcp),
		.len = len,
		.flags = pkts_tcp_flags(tcp),
		.window = pkts_tcp_window(tcp)};

	if (tcp.head == PKTS_TCP_HEAD)
		return seg;
	if (PKTS_LIKELY(pkts_tcp_is_plain(tcp.p, tcp.head))) {
		seg.ts_value = pkts_be32(tcp.p + PKTS_TCP_HEAD + 4);
		seg.ts_echo = pkts_be32(tcp.p + PKTS_TCP_HEAD + 8);
		seg.options = PKTS_TCP_HAS_TIMESTAMPS;
		return seg;
	}
	pkts_tcp_session_read_options(&seg, tcp);
	return seg;
}

/* The next segment of an established connection, within the window, with nothing new about it. */
PKTS_INLINE bool pkts_tcp_session_is_plain(
	const struct pkts_tcp_session *s, unsigned dir, const struct pkts_tcp_session_segment *seg)
{
	const unsigned telling = PKTS_TCP_FIN | PKTS_TCP_SYN | PKTS_TCP_RST | PKTS_TCP_ACK;
	const struct pkts_tcp_session_half *const me = &s->half[dir], *const peer = &s->half[!dir];
	const unsigned told = seg->len ? PKTS_TCP_HALF_DATA_TOLD : PKTS_TCP_HALF_ACK_TOLD;
	const unsigned wanted = PKTS_TCP_HALF_SEEN | PKTS_TCP_HALF_ACKED | told;
	const unsigned looked_at = wanted | PKTS_TCP_HALF_FIN | PKTS_TCP_HALF_TIMESTAMPS |
				   PKTS_TCP_HALF_SIGNED | PKTS_TCP_HALF_ZERO_WINDOW |
				   PKTS_TCP_HALF_STRAYED;
	const bool usual = (s->state == PKTS_TCP_STATE_ESTABLISHED) &
			   ((seg->flags & telling) == PKTS_TCP_ACK) & (seg->window != 0);
	const bool agreed =
		(me->bits & looked_at) == (wanted | (seg->options & looked_at & ~wanted));
	const bool in_order = (seg->seq == me->next) &
			      (((seg->ts_value - me->ts_recent) >> 2 * me->late == 0) |
				      !(seg->options & PKTS_TCP_HAS_TIMESTAMPS)) &
			      (seg->seq + seg->len - peer->acked <= peer->edge - peer->acked) &
			      (seg->len < 1u << 20);
	const bool acks = ((seg->ack - me->acked) <= (peer->next - me->acked)) &
			  ((peer->next - me->acked) <= 1u << 30);
	const bool both =
		(peer->bits & (PKTS_TCP_HALF_SEEN | PKTS_TCP_HALF_ACKED | PKTS_TCP_HALF_STRAYED)) ==
		(PKTS_TCP_HALF_SEEN | PKTS_TCP_HALF_ACKED);

	return usual & agreed & in_order & acks & both;
}

PKTS_INLINE struct pkts_judgement pkts_tcp_session_validate(struct pkts_tcp_session *s,
	const struct pkts_tcp_session_conf *conf, unsigned dir,
	const struct pkts_tcp_session_segment *seg, uint64_t now_ns)
{
	struct pkts_tcp_session_half *const me = &s->half[dir & 1];
	uint32_t edge;

	if (PKTS_UNLIKELY(!pkts_tcp_session_is_plain(s, dir & 1, seg)))
		return pkts_tcp_session_validate_any(s, conf, dir & 1, seg, now_ns);
	edge = seg->ack + ((uint32_t)seg->window << me->scale);
	me->next += seg->len;
	me->acked = seg->ack;
	me->edge = (int32_t)(edge - me->edge) > 0 ? edge : me->edge;
	if (seg->options & PKTS_TCP_HAS_TIMESTAMPS) {
		me->ts_recent = seg->ts_value;
		me->ts_when = (uint16_t)(now_ns >> 40);
	}
	me->flags |= (uint8_t)seg->flags;
	return (struct pkts_judgement){0, PKTS_VALID};
}

#endif
