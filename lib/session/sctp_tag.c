/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Verification tags: RFC 9260 8.5 and 8.5.1. */
#include "sctp.h"

#define T_BIT 1

static bool is_alone(enum sctp_kind kind)
{
	return kind == SCTP_INIT || kind == SCTP_INIT_ACK || kind == SCTP_SHUTDOWN_COMPLETE;
}

/* The chunk by which the tag is judged: an AUTH may stand before it. */
static void note_chunk(struct sctp_packet *k, struct pkts_sctp_chunk chunk)
{
	const uint8_t type = pkts_sctp_chunk_type(chunk);
	const enum sctp_kind kind = pkts_sctp_session_kind(type);

	k->alone |= is_alone(kind);
	if (k->chunks == 0 || (k->chunks == 1 && k->after_auth)) {
		k->kind = kind;
		k->reflects = (kind == SCTP_ABORT || kind == SCTP_SHUTDOWN_COMPLETE) &&
			      pkts_sctp_chunk_flags(chunk) & T_BIT;
	}
	if (k->chunks++ == 0)
		k->after_auth = type == PKTS_SCTP_AUTH;
}

void pkts_sctp_session_open(struct sctp_packet *k, const struct pkts_sctp_session *s,
	const struct pkts_sctp_session_conf *conf, unsigned dir, struct pkts_ref packet)
{
	static const struct pkts_sctp_session_conf usual;
	struct pkts_sctp_chunks it = pkts_sctp_chunks(packet);
	struct pkts_sctp_chunk chunk;

	*k = (struct sctp_packet){.s = *s, .conf = conf ? conf : &usual, .ref = packet};
	k->from = &k->s.ends[dir & 1];
	k->to = &k->s.ends[!(dir & 1)];
	if (PKTS_MIN(packet.head, packet.len) < PKTS_SCTP_HEAD)
		return;
	k->vtag = pkts_sctp_vtag(pkts_sctp_at(packet));
	while (pkts_sctp_chunk_next(&it, &chunk))
		note_chunk(k, chunk);
	k->broken = it.reason != PKTS_REASON_NONE;
}

static bool is_of_association(const struct sctp_packet *k)
{
	return sctp_knows(k->to, PKTS_SCTP_KNOWS_TAG) && k->to->tag == k->vtag;
}

static bool is_of_init(const struct sctp_packet *k)
{
	return sctp_knows(k->to, PKTS_SCTP_KNOWS_INIT) && k->to->init_tag == k->vtag;
}

/* What the answers to an INIT or COOKIE ECHO may be, while another association is there. */
static bool answers_setup(enum sctp_kind kind)
{
	return kind == SCTP_INIT_ACK || kind == SCTP_ABORT || kind == SCTP_ERROR ||
	       kind == SCTP_COOKIE_ACK;
}

static void learn(struct sctp_packet *k)
{
	sctp_set_tag(k->to, k->vtag);
	sctp_set_peer(k->from, k->vtag);
}

/* Only who had a COOKIE ECHO accepted goes on with the tag that the INIT ACK gave it. */
static bool shows_acceptance(struct sctp_packet *k)
{
	const uint32_t own = k->from->init_tag;

	return pkts_sctp_session_sends(PKTS_SCTP_COOKIE_ECHOED, k->kind).state ==
		       PKTS_SCTP_ESTABLISHED &&
	       k->from->state == PKTS_SCTP_COOKIE_ECHOED && k->to->state < PKTS_SCTP_ESTABLISHED &&
	       sctp_knows(k->from, PKTS_SCTP_KNOWS_INIT | PKTS_SCTP_KNOWS_PEER) &&
	       k->from->peer == k->vtag && pkts_sctp_session_confirm(k, k->to, k->from, own);
}

/* So does who took up the tag that came with a COOKIE ECHO, whose COOKIE ACK was not seen. */
static bool shows_its_own(struct sctp_packet *k)
{
	return pkts_sctp_session_sends(PKTS_SCTP_COOKIE_ECHOED, k->kind).state ==
		       PKTS_SCTP_ESTABLISHED &&
	       sctp_knows(k->from, PKTS_SCTP_KNOWS_ECHO) && k->from->offer.peer_tag == k->vtag &&
	       pkts_sctp_session_confirm(k, k->from, k->to, k->vtag);
}

static bool check_own(struct sctp_packet *k)
{
	if (shows_acceptance(k) || is_of_association(k))
		return true;
	if (k->kind != SCTP_COOKIE_ACK && shows_its_own(k))
		return true;
	if (answers_setup(k->kind) && is_of_init(k))
		return k->setup = true;
	if (!sctp_knows(k->to, PKTS_SCTP_KNOWS_TAG)) {
		learn(k);
		return true;
	}
	sctp_note(k, PKTS_SESSION_BIT(SCTP_TAG));
	k->late = k->vtag == k->to->past;
	if (k->late || sctp_knows(k->to, PKTS_SCTP_KNOWS_SURE))
		return false;
	learn(k);
	return true;
}

/* T: its sender has no association and gives back the tag of what it answers, which is its own. */
static bool check_reflected(struct sctp_packet *k)
{
	if (!sctp_knows(k->to, PKTS_SCTP_KNOWS_PEER) && !sctp_knows(k->to, PKTS_SCTP_KNOWS_INIT))
		return true;
	if (sctp_knows(k->to, PKTS_SCTP_KNOWS_PEER) && k->to->peer == k->vtag)
		return true;
	k->late = k->vtag == k->from->past;
	sctp_note(k, PKTS_SESSION_BIT(SCTP_TAG));
	return false;
}

bool pkts_sctp_session_check_tag(struct sctp_packet *k)
{
	if ((k->vtag == 0) != (k->kind == SCTP_INIT)) {
		sctp_note(k, PKTS_SESSION_BIT(SCTP_TAG));
		return false;
	}
	if (k->kind == SCTP_INIT || k->kind == SCTP_COOKIE_ECHO)
		return true; /* the cookie says more than the tag */
	if (k->reflects)
		return check_reflected(k);
	if (k->kind == SCTP_SHUTDOWN_ACK && sctp_is_opening(k->to))
		return true; /* of an association before: 8.5.1 E */
	return check_own(k);
}

/* An INIT has no tag but the one that it brings: that of its sender's last one, if it is sent again. */
static bool repeats_init(const struct sctp_packet *k)
{
	struct pkts_sctp_chunks it = pkts_sctp_chunks(k->ref);
	struct pkts_sctp_chunk chunk;

	return sctp_knows(k->from, PKTS_SCTP_KNOWS_INIT) && pkts_sctp_chunk_next(&it, &chunk) &&
	       chunk.head >= 8 && k->from->init_tag == pkts_be32(chunk.p + 4);
}

static bool reflects_tag(const struct sctp_packet *k)
{
	return (sctp_knows(k->to, PKTS_SCTP_KNOWS_PEER) && k->to->peer == k->vtag) ||
	       k->from->past == k->vtag;
}

static bool is_offered(const struct sctp_packet *k)
{
	return sctp_knows(k->to, PKTS_SCTP_KNOWS_OFFER) && k->to->offer.tag == k->vtag;
}

/* What its sender went by before, when nobody had seen the other end. */
static bool is_repeated(const struct sctp_packet *k)
{
	return sctp_knows(k->from, PKTS_SCTP_KNOWS_PEER) && k->from->peer == k->vtag;
}

bool pkts_sctp_session_shows_tag(const struct sctp_packet *k)
{
	if ((k->vtag == 0) != (k->kind == SCTP_INIT))
		return false;
	if (k->kind == SCTP_INIT)
		return repeats_init(k);
	if (k->reflects)
		return reflects_tag(k);
	return is_of_association(k) || (answers_setup(k->kind) && is_of_init(k)) || is_offered(k) ||
	       is_repeated(k) || k->to->past == k->vtag;
}
