/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * SCTP associations, RFC 9260: how they begin, begin again and end, and the verification tags that
 * packets of theirs carry. An association has two ends, each with its own state, as it can be told
 * from the chunks that were seen. Checksums are the caller's affair, and so is which addresses belong
 * to an association: pkts_sctp_param.h reads the lists that chunks bring.
 */
#ifndef PKTS_SCTP_SESSION_H
#define PKTS_SCTP_SESSION_H

#include "pkts_sctp.h"
#include "pkts_session.h"

/* The states of one end, RFC 9260 4. From outside, SHUTDOWN-PENDING looks like ESTABLISHED. */
enum pkts_sctp_state {
	PKTS_SCTP_CLOSED,
	PKTS_SCTP_COOKIE_WAIT,
	PKTS_SCTP_COOKIE_ECHOED,
	PKTS_SCTP_ESTABLISHED,
	PKTS_SCTP_SHUTDOWN_PENDING,
	PKTS_SCTP_SHUTDOWN_SENT,
	PKTS_SCTP_SHUTDOWN_RECEIVED,
	PKTS_SCTP_SHUTDOWN_ACK_SENT,
	PKTS_SCTP_STATE_MAX,
};

/* How an association ended. */
enum pkts_sctp_ending {
	PKTS_SCTP_NOT_ENDED,
	PKTS_SCTP_ENDED_SHUTDOWN, /* as it should, RFC 9260 9.2 */
	PKTS_SCTP_ENDED_ABORT,	  /* by an ABORT, 9.1 */
};

/* How long to keep a silent association depends on this. */
enum pkts_sctp_timeout {
	PKTS_SCTP_TIMEOUT_OPENING,
	PKTS_SCTP_TIMEOUT_ESTABLISHED,
	PKTS_SCTP_TIMEOUT_CLOSING,
	PKTS_SCTP_TIMEOUT_CLOSED,
	PKTS_SCTP_TIMEOUT_MAX,
};

/* An INIT ACK: what the cookie in it is good for, until it comes back. */
struct pkts_sctp_offer {
	uint32_t tag, peer_tag; /* of whoever sent the INIT ACK, and of the other end */
	uint32_t tsn;		/* its first TSN */
	uint32_t cookie;	/* keyed hash of it */
};

/* Bits of pkts_sctp_end.knows. */
enum {
	PKTS_SCTP_KNOWS_TAG = 1 << 0,  /* tag; packets with another one are not for this end */
	PKTS_SCTP_KNOWS_SURE = 1 << 1, /* the tag is more than what the other end was seen to use */
	PKTS_SCTP_KNOWS_PEER = 1 << 2, /* peer */
	PKTS_SCTP_KNOWS_TSN = 1 << 3,  /* next */
	PKTS_SCTP_KNOWS_ACKED = 1 << 4,	 /* acked */
	PKTS_SCTP_KNOWS_INIT = 1 << 5,	 /* init_tag, init_tsn */
	PKTS_SCTP_KNOWS_OFFER = 1 << 6,	 /* offer: its tags */
	PKTS_SCTP_KNOWS_COOKIE = 1 << 7, /* offer: all of it, as the INIT ACK was seen */
	PKTS_SCTP_KNOWS_ECHO = 1 << 8, /* a COOKIE ECHO has taken it up, whose cookie is unknown */
	PKTS_SCTP_KNOWS_TIES = 1 << 9, /* whoever made it had an association */
	PKTS_SCTP_KNOWS_END = 1 << 10, /* the end: packets from it have been seen */
};

/* One end. */
struct pkts_sctp_end {
	uint32_t tag;	   /* what packets to this end have to carry */
	uint32_t past;	   /* what they had to before that; 0: nothing */
	uint32_t peer;	   /* what this end takes for the other one's tag */
	uint32_t next;	   /* one above the highest TSN that it has sent */
	uint32_t acked;	   /* the last of its TSNs that the other end has acknowledged, in a row */
	uint32_t init_tag; /* of the last INIT that it has sent */
	uint32_t init_tsn;
	struct pkts_sctp_offer offer; /* of the last INIT ACK that it has sent */
	uint16_t knows;		      /* PKTS_SCTP_KNOWS_: which of these mean something */
	uint8_t state;		      /* enum pkts_sctp_state */
};

/* All zero at first. */
struct pkts_sctp_session {
	struct pkts_sctp_end ends[2]; /* by direction: ends[0] sent the first packet */
	uint16_t restarts;	      /* as many as that fits */
	uint8_t begun;		      /* a packet has been taken; 1 or 0 */
	uint8_t ending;		      /* enum pkts_sctp_ending */
};
_Static_assert(sizeof(struct pkts_sctp_session) <= 120, "kept for every association");

/* All zero: the values named here. */
struct pkts_sctp_session_conf {
	uint32_t tsn_window; /* a TSN further ahead is suspect; 65,535 */
	uint8_t key[16];     /* secret, of the hash by which cookies are known again */
};

/*
 * Judges a packet of direction dir (0 or 1), and changes the state. conf NULL: the defaults. packet is
 * as for pkts_sctp_check(): head readable bytes of len, common header included; chunks that are not
 * readable are not judged. Chunks that the receiver leaves out while it takes others make the packet
 * SUSPECT; it is INVALID if the receiver takes none of them:
 *
 *	sctp_tag             not the receiver's tag (8.5), 0 without INIT or with more than that, T
 *	                     bits against 8.5.1; SUSPECT if it is the one before it, as packets have
 *	                     that were under way when the association began again
 *	sctp_bundling        INIT, INIT ACK or SHUTDOWN COMPLETE with others, COOKIE ECHO behind others
 *	                     (4, 6.10; an AUTH may stand before it, RFC 4895 6)
 *	sctp_chunk           lengths that lie, an INIT or INIT ACK with values that RFC 9260 3.3.2 and
 *	                     3.3.3 forbid, DATA without data
 *	sctp_cookie          a COOKIE ECHO that 5.2.4 leaves no place for; SUSPECT if it is
 *	                     only late (action C), or may be the answer to an INIT ACK that was
 *	                     not seen or not the last: then a COOKIE ACK settles it
 *	sctp_no_association  out of the blue, 8.4
 *	sctp_state           what this state does not send, or does not take
 *
 * VALID with sctp_midstream, sctp_collision; SUSPECT with sctp_restart, sctp_tsn (further ahead than
 * conf says, or 2^30 behind), sctp_ack.
 *
 * Where only one direction is captured, or the beginning is missing, the tags are learned from
 * packets; they are believed when the other end was seen to acknowledge such a packet.
 */
struct pkts_judgement pkts_sctp_session_validate(struct pkts_sctp_session *s,
	const struct pkts_sctp_session_conf *conf, unsigned dir, struct pkts_ref packet,
	uint64_t now_ns);

/* What an end's state does about a chunk: the transitions. */
enum pkts_sctp_rule {
	PKTS_SCTP_TAKEN,    /* as it should be */
	PKTS_SCTP_REPEATED, /* left out, as repetitions are, or too late; no reason to worry */
	PKTS_SCTP_ODD,	    /* does not fit this state, unless packets were not seen */
	PKTS_SCTP_OOTB,	    /* out of the blue: the end has no association (8.4) */
};
struct pkts_sctp_step {
	uint8_t state; /* enum pkts_sctp_state, afterwards */
	uint8_t rule;  /* enum pkts_sctp_rule */
};

/* The step of an end in `state` that sends, or receives, a chunk of that type: the bare table. */
struct pkts_sctp_step pkts_sctp_state_sends(enum pkts_sctp_state state, uint8_t chunk);
struct pkts_sctp_step pkts_sctp_state_receives(enum pkts_sctp_state state, uint8_t chunk);

/* True when both ends have closed: an INIT after that begins another association. */
bool pkts_sctp_session_is_over(const struct pkts_sctp_session *s);

enum pkts_sctp_timeout pkts_sctp_session_timeout_class(const struct pkts_sctp_session *s);

/* "CLOSED", "COOKIE-WAIT" ... Never NULL. */
const char *pkts_sctp_state_name(enum pkts_sctp_state state);

/* As EVE has it: "new", "established" or "closed". Never NULL. */
const char *pkts_sctp_session_name(const struct pkts_sctp_session *s);

/*
 * True if a packet of direction dir shows that it is of this association: its tag is one that the
 * receiver has told, or had before; an INIT repeats the sender's last one. The caller asks who has
 * found the association by addresses that may be another's: so what is not known yet does not count.
 */
bool pkts_sctp_session_owns(
	const struct pkts_sctp_session *s, unsigned dir, struct pkts_ref packet);

#endif
