/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * How associations begin, and begin again: RFC 9260 5.1 and 5.2. An INIT changes nothing by itself, as
 * anybody can send one; what an INIT ACK offers counts when a COOKIE ECHO brings the cookie back. Of
 * the INIT ACKs of an end the last one is remembered. A cookie that none of them had may be of an
 * earlier one: whether it was good shows in the COOKIE ACK.
 */
#include "pkts_siphash.h"
#include "sctp.h"

#define MIN_RWND 1500 /* RFC 9260 3.3.2 */

/* 1: as it should be, 0: not readable, -1: to be left out. */
static int read_init(
	struct sctp_packet *k, struct pkts_sctp_chunk chunk, struct pkts_sctp_init *out)
{
	const struct pkts_ref r = {chunk.p, chunk.head, chunk.len};
	const struct pkts_check c = pkts_sctp_init_check(r);
	const struct pkts_sctp_init v = pkts_sctp_init_at(r);

	if (c.fatal == PKTS_REASON_CUT)
		return 0;
	if (c.fatal || c.invalid || pkts_sctp_init_rwnd(v) < MIN_RWND ||
		pkts_sctp_init_out(v) == 0 || pkts_sctp_init_in(v) == 0) {
		sctp_note(k, PKTS_SESSION_BIT(SCTP_CHUNK));
		return -1;
	}
	*out = v;
	return 1;
}

/* Nothing of an association that is over counts for the next one. */
static void begin_anew(struct pkts_sctp_session *s)
{
	const uint32_t tags[2] = {s->ends[0].tag, s->ends[1].tag};

	*s = (struct pkts_sctp_session){.begun = 1, .restarts = s->restarts};
	s->ends[0].past = tags[0];
	s->ends[1].past = tags[1];
}

bool pkts_sctp_session_init(struct sctp_packet *k, struct pkts_sctp_chunk chunk)
{
	struct pkts_sctp_end *const e = k->from;
	struct pkts_sctp_init v;
	const int read = read_init(k, chunk, &v);

	if (read <= 0)
		return read == 0;
	if (pkts_sctp_session_is_over(&k->s))
		begin_anew(&k->s);
	if (e->state == PKTS_SCTP_CLOSED && sctp_is_opening(k->to))
		sctp_note(k, PKTS_SESSION_BIT(SCTP_COLLISION));
	e->init_tag = pkts_sctp_init_tag(v);
	e->init_tsn = pkts_sctp_init_tsn(v);
	e->knows |= PKTS_SCTP_KNOWS_INIT;
	if (e->state == PKTS_SCTP_CLOSED) {
		sctp_set_tag(e, e->init_tag);
		e->knows |= PKTS_SCTP_KNOWS_SURE;
		e->knows &= (uint16_t) ~(
			PKTS_SCTP_KNOWS_PEER | PKTS_SCTP_KNOWS_TSN | PKTS_SCTP_KNOWS_ACKED);
	}
	return true;
}

static uint32_t hash(const struct sctp_packet *k, const uint8_t *p, uint32_t n)
{
	const struct pkts_siphash_key key = pkts_siphash_key_from(k->conf->key);

	return (uint32_t)pkts_siphash13(&key, p, n);
}

bool pkts_sctp_session_init_ack(struct sctp_packet *k, struct pkts_sctp_chunk chunk)
{
	struct pkts_sctp_end *const e = k->from;
	struct pkts_sctp_init v;
	struct pkts_tlv cookie;
	const int read = read_init(k, chunk, &v);

	if (read <= 0)
		return read == 0;
	if (!pkts_sctp_param_find(chunk, PKTS_SCTP_PARAM_COOKIE, &cookie)) {
		if (chunk.head < chunk.len)
			return true;
		sctp_note(k, PKTS_SESSION_BIT(SCTP_CHUNK));
		return false;
	}
	const bool same = e->offer.tag == pkts_sctp_init_tag(v) && e->offer.peer_tag == k->vtag;
	e->offer = (struct pkts_sctp_offer){
		.tag = pkts_sctp_init_tag(v),
		.peer_tag = k->vtag,
		.tsn = pkts_sctp_init_tsn(v),
		.cookie = hash(k, cookie.data, cookie.len),
	};
	e->knows &= (uint16_t) ~(PKTS_SCTP_KNOWS_TIES | (same ? 0 : PKTS_SCTP_KNOWS_ECHO));
	e->knows |= PKTS_SCTP_KNOWS_OFFER | PKTS_SCTP_KNOWS_COOKIE;
	if (e->state >= PKTS_SCTP_COOKIE_ECHOED)
		e->knows |= PKTS_SCTP_KNOWS_TIES;
	return true;
}

/* An end begins to count from its first TSN, if that is known. */
static void start_tsn(struct pkts_sctp_end *e, bool known, uint32_t tsn)
{
	const uint16_t bits = PKTS_SCTP_KNOWS_TSN | PKTS_SCTP_KNOWS_ACKED;

	e->next = tsn;
	e->acked = tsn - 1;
	e->knows = (uint16_t)(known ? e->knows | bits : e->knows & ~bits);
}

static void set_sure(struct pkts_sctp_end *e, bool sure)
{
	const uint16_t bit = PKTS_SCTP_KNOWS_SURE;

	e->knows = (uint16_t)(sure ? e->knows | bit : e->knows & ~bit);
}

/* The responder has accepted the cookie of that offer. `sure`: its INIT ACK was seen. */
static void begin(struct pkts_sctp_end *responder, struct pkts_sctp_end *initiator,
	struct pkts_sctp_offer o, bool sure)
{
	const uint16_t used = PKTS_SCTP_KNOWS_ECHO | PKTS_SCTP_KNOWS_TIES;

	start_tsn(initiator,
		sctp_knows(initiator, PKTS_SCTP_KNOWS_INIT) && initiator->init_tag == o.peer_tag,
		initiator->init_tsn);
	start_tsn(responder, sure, o.tsn);
	sctp_set_tag(responder, o.tag);
	sctp_set_peer(initiator, o.tag);
	if (o.peer_tag != 0) {
		sctp_set_tag(initiator, o.peer_tag);
		sctp_set_peer(responder, o.peer_tag);
	}
	set_sure(responder, sure);
	set_sure(initiator, sure);
	responder->knows &= (uint16_t)~used;
	initiator->knows &= (uint16_t)~used;
	responder->state = PKTS_SCTP_ESTABLISHED;
	if (initiator->state < PKTS_SCTP_COOKIE_ECHOED)
		initiator->state = PKTS_SCTP_COOKIE_ECHOED;
}

static void restart(struct sctp_packet *k, struct pkts_sctp_end *responder,
	struct pkts_sctp_end *initiator, struct pkts_sctp_offer o, bool sure)
{
	sctp_note(k, PKTS_SESSION_BIT(SCTP_RESTART));
	k->s.restarts += k->s.restarts < UINT16_MAX;
	initiator->state = PKTS_SCTP_COOKIE_ECHOED;
	begin(responder, initiator, o, sure);
}

static bool leave_out(struct sctp_packet *k)
{
	sctp_note(k, PKTS_SESSION_BIT(SCTP_COOKIE));
	k->done = true;
	return false;
}

static uint32_t initiator_tag(const struct pkts_sctp_end *e)
{
	if (sctp_knows(e, PKTS_SCTP_KNOWS_INIT))
		return e->init_tag;
	return sctp_knows(e, PKTS_SCTP_KNOWS_TAG) ? e->tag : 0;
}

/* What a COOKIE ACK would confirm. An offer of the same tags stays, and so does one in the beginning. */
static void remember_echo(
	struct pkts_sctp_end *e, const struct pkts_sctp_end *from, struct pkts_sctp_offer o)
{
	const bool same = sctp_knows(e, PKTS_SCTP_KNOWS_COOKIE) && e->offer.tag == o.tag &&
			  e->offer.peer_tag == o.peer_tag;

	if (!same && e->state < PKTS_SCTP_ESTABLISHED && from->state < PKTS_SCTP_ESTABLISHED)
		return; /* from->peer is enough */
	if (!same) {
		e->offer = o;
		e->knows &= (uint16_t) ~(PKTS_SCTP_KNOWS_COOKIE | PKTS_SCTP_KNOWS_TIES);
	}
	e->knows |= PKTS_SCTP_KNOWS_OFFER | PKTS_SCTP_KNOWS_ECHO;
}

/* A cookie whose INIT ACK was not seen, or not last: whether it is good is for the COOKIE ACK to say. */
static bool take_unknown(struct sctp_packet *k)
{
	struct pkts_sctp_end *const e = k->to, *const from = k->from;
	const struct pkts_sctp_offer o = {.tag = k->vtag, .peer_tag = initiator_tag(from)};

	if (sctp_knows(e, PKTS_SCTP_KNOWS_TAG) && e->tag == k->vtag &&
		e->state >= PKTS_SCTP_ESTABLISHED)
		return true;
	if (!sctp_knows(e, PKTS_SCTP_KNOWS_END)) {
		if (e->state >= PKTS_SCTP_ESTABLISHED)
			restart(k, e, from, o, false);
		else
			begin(e, from, o, false);
		return true;
	}
	if (sctp_knows(e, PKTS_SCTP_KNOWS_COOKIE) || e->state >= PKTS_SCTP_ESTABLISHED)
		sctp_note(k, PKTS_SESSION_BIT(SCTP_COOKIE));
	if (from->state < PKTS_SCTP_ESTABLISHED) {
		sctp_set_peer(from, k->vtag);
		from->state = PKTS_SCTP_COOKIE_ECHOED;
	}
	remember_echo(e, from, o);
	k->done = true;
	return true;
}

/* A cookie that was given, against what its giver has become since: the table of 5.2.4. */
static bool take_known(struct sctp_packet *k)
{
	struct pkts_sctp_end *const e = k->to;
	const struct pkts_sctp_offer o = e->offer;
	const bool local = sctp_knows(e, PKTS_SCTP_KNOWS_TAG) && e->tag == o.tag;
	const bool peer = sctp_knows(e, PKTS_SCTP_KNOWS_PEER) && e->peer == o.peer_tag;

	if (e->state == PKTS_SCTP_CLOSED) {
		begin(e, k->from, o, true);
		return true;
	}
	if (local) { /* B, D */
		if (!peer || !sctp_knows(k->from, PKTS_SCTP_KNOWS_PEER))
			begin(e, k->from, o, true);
		return true;
	}
	if (sctp_is_opening(e)) /* it gave that before it began by itself, and may not yet have */
		return take_unknown(k);
	if (peer) /* C: late, as it happens when both begin at once */
		return !leave_out(k);
	if (!sctp_knows(e, PKTS_SCTP_KNOWS_TIES)) /* what has no letter */
		return leave_out(k);
	if (e->state == PKTS_SCTP_SHUTDOWN_ACK_SENT) /* A, but 5.2.4 keeps it from beginning */
		return leave_out(k);
	restart(k, e, k->from, o, true);
	return true;
}

bool pkts_sctp_session_cookie_echo(struct sctp_packet *k, struct pkts_sctp_chunk chunk)
{
	const struct pkts_sctp_end *const e = k->to;
	const bool readable = chunk.head == chunk.len;

	if (readable && sctp_knows(e, PKTS_SCTP_KNOWS_COOKIE) && e->offer.tag == k->vtag &&
		e->offer.cookie == hash(k, chunk.p + 4, chunk.len - 4))
		return take_known(k);
	return take_unknown(k);
}

/* The offer that the responder can have accepted; a tag of 0 if there is none. */
static struct pkts_sctp_offer accepted(
	const struct pkts_sctp_end *responder, const struct pkts_sctp_end *initiator, uint32_t tag)
{
	const bool unseen = !sctp_knows(initiator, PKTS_SCTP_KNOWS_END);
	const bool offered =
		sctp_knows(responder, PKTS_SCTP_KNOWS_OFFER) && responder->offer.peer_tag == tag;

	if (offered && sctp_knows(responder, PKTS_SCTP_KNOWS_ECHO))
		return responder->offer;
	if (responder->state >= PKTS_SCTP_ESTABLISHED)
		return (struct pkts_sctp_offer){0};
	if (offered && unseen)
		return responder->offer;
	if (initiator->state == PKTS_SCTP_COOKIE_ECHOED &&
		sctp_knows(initiator, PKTS_SCTP_KNOWS_PEER))
		return (struct pkts_sctp_offer){.tag = initiator->peer, .peer_tag = tag};
	return (struct pkts_sctp_offer){0};
}

bool pkts_sctp_session_confirm(struct sctp_packet *k, struct pkts_sctp_end *responder,
	struct pkts_sctp_end *initiator, uint32_t tag)
{
	const struct pkts_sctp_offer o = accepted(responder, initiator, tag);
	const bool sure =
		sctp_knows(responder, PKTS_SCTP_KNOWS_COOKIE) && o.tag == responder->offer.tag;

	if (o.tag == 0)
		return false;
	if (responder->state < PKTS_SCTP_ESTABLISHED)
		begin(responder, initiator, o, sure);
	else
		restart(k, responder, initiator, o, sure);
	return true;
}
