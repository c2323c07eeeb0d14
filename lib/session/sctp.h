/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of the SCTP Session share. */
#ifndef SCTP_H
#define SCTP_H

#include "pkts_sctp_data.h"
#include "pkts_sctp_param.h"
#include "pkts_sctp_session.h"

/* Chunks that the state machine treats alike. */
enum sctp_kind {
	SCTP_OTHER, /* AUTH, PAD, what is not known: with anything else */
	SCTP_DATA,  /* I-DATA too */
	SCTP_INIT,
	SCTP_INIT_ACK,
	SCTP_SACK, /* NR-SACK too */
	SCTP_HEARTBEAT,
	SCTP_HEARTBEAT_ACK,
	SCTP_ABORT,
	SCTP_SHUTDOWN,
	SCTP_SHUTDOWN_ACK,
	SCTP_ERROR,
	SCTP_COOKIE_ECHO,
	SCTP_COOKIE_ACK,
	SCTP_SHUTDOWN_COMPLETE,
	SCTP_ASCONF,
	SCTP_ASCONF_ACK,
	SCTP_FORWARD, /* FORWARD-TSN, I-FORWARD-TSN */
	SCTP_CONTROL, /* RE-CONFIG, ECNE, CWR: only within an association */
	SCTP_KIND_MAX,
};

enum sctp_kind pkts_sctp_session_kind(uint8_t type);

/* Where the ends were when one of them sent this, if nothing that came before was seen. */
struct sctp_pair {
	uint8_t sender, receiver; /* enum pkts_sctp_state */
};
struct sctp_pair pkts_sctp_session_before(enum sctp_kind kind);

struct pkts_sctp_step pkts_sctp_session_sends(enum pkts_sctp_state state, enum sctp_kind kind);
struct pkts_sctp_step pkts_sctp_session_receives(enum pkts_sctp_state state, enum sctp_kind kind);

/* A packet while it is judged. */
struct sctp_packet {
	struct pkts_sctp_session s; /* as it will be, unless the packet is INVALID */
	struct pkts_sctp_end *from, *to;
	const struct pkts_sctp_session_conf *conf;
	struct pkts_ref ref;
	uint64_t events;
	uint32_t vtag;
	unsigned chunks;     /* readable */
	enum sctp_kind kind; /* of the chunk by which the tag is judged: the first, but for AUTH */
	bool after_auth;     /* that an AUTH comes before */
	bool reflects;	     /* the T bit of an ABORT or SHUTDOWN COMPLETE */
	bool alone;	     /* there is an INIT, INIT ACK or SHUTDOWN COMPLETE in it */
	bool broken;	     /* behind the chunks there is one with a length that lies */
	bool setup;	     /* meant for a beginning, and not for the association that is there */
	bool late;	     /* of the association that was there before */
	bool taken;	     /* the receiver takes something of it */
	bool done;	     /* what follows is for nobody */
};

PKTS_INLINE void sctp_note(struct sctp_packet *k, uint64_t event)
{
	k->events |= event;
}

PKTS_INLINE bool sctp_knows(const struct pkts_sctp_end *e, unsigned bits)
{
	return (e->knows & bits) == bits;
}

/* It has begun, and the other end has not accepted that yet. */
PKTS_INLINE bool sctp_is_opening(const struct pkts_sctp_end *e)
{
	return e->state == PKTS_SCTP_COOKIE_WAIT || e->state == PKTS_SCTP_COOKIE_ECHOED;
}

PKTS_INLINE void sctp_set_tag(struct pkts_sctp_end *e, uint32_t tag)
{
	if (sctp_knows(e, PKTS_SCTP_KNOWS_TAG | PKTS_SCTP_KNOWS_SURE) && e->tag != tag)
		e->past = e->tag;
	e->tag = tag;
	e->knows |= PKTS_SCTP_KNOWS_TAG;
}

PKTS_INLINE void sctp_set_peer(struct pkts_sctp_end *e, uint32_t peer)
{
	e->peer = peer;
	e->knows |= PKTS_SCTP_KNOWS_PEER;
}

/* Reads the header and what chunks there are. */
void pkts_sctp_session_open(struct sctp_packet *k, const struct pkts_sctp_session *s,
	const struct pkts_sctp_session_conf *conf, unsigned dir, struct pkts_ref packet);

/* False, with events, if the packet has a tag that its receiver does not take, or no more: `late`. */
bool pkts_sctp_session_check_tag(struct sctp_packet *k);

/* True if the packet has a tag of this association, old ones too: one that nobody has told cannot be it. */
bool pkts_sctp_session_shows_tag(const struct sctp_packet *k);

/* INIT, INIT ACK, COOKIE ECHO. False if the receiver leaves it out. */
bool pkts_sctp_session_init(struct sctp_packet *k, struct pkts_sctp_chunk chunk);
bool pkts_sctp_session_init_ack(struct sctp_packet *k, struct pkts_sctp_chunk chunk);
bool pkts_sctp_session_cookie_echo(struct sctp_packet *k, struct pkts_sctp_chunk chunk);

/* The responder was seen to have accepted a cookie, perhaps one whose INIT ACK nobody saw. True if
 * that made a difference: then both tags are those of its association. */
bool pkts_sctp_session_confirm(struct sctp_packet *k, struct pkts_sctp_end *responder,
	struct pkts_sctp_end *initiator, uint32_t initiator_tag);

/* DATA and FORWARD-TSN: a TSN of the sender. True if it has sent that one, or later ones, before. */
bool pkts_sctp_session_tsn(struct sctp_packet *k, uint32_t tsn);

/* SACK and SHUTDOWN: TSNs of the receiver; up to `cumulative` all, up to `highest` some. */
void pkts_sctp_session_ack(struct sctp_packet *k, uint32_t cumulative, uint32_t highest);

#endif
