/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* One packet of an association: its tag, then chunk by chunk, sender and receiver each in its state. */
#include "sctp.h"

/* Events about which nobody has to worry. */
#define QUIET (PKTS_SESSION_BIT(SCTP_MIDSTREAM) | PKTS_SESSION_BIT(SCTP_COLLISION))

static bool is_cut(struct pkts_check c)
{
	return c.fatal == PKTS_REASON_CUT;
}

static bool is_sound(struct pkts_check c)
{
	return is_cut(c) || (!c.fatal && !c.invalid);
}

static bool has_bytes(struct pkts_ref r, uint32_t n)
{
	return r.len >= n;
}

/* Is a chunk as long as its type needs? INIT and INIT ACK are looked at where they are taken. */
static bool is_well_formed(struct pkts_ref r, enum sctp_kind kind, uint8_t type)
{
	switch (kind) {
	case SCTP_DATA:
		return is_sound(type == PKTS_SCTP_I_DATA ? pkts_sctp_i_data_check(r)
							 : pkts_sctp_data_check(r));
	case SCTP_SACK:
		return is_sound(pkts_sctp_sack_check(r));
	case SCTP_FORWARD:
		return is_sound(pkts_sctp_forward_tsn_check(r));
	case SCTP_ASCONF:
	case SCTP_ASCONF_ACK:
		return is_sound(pkts_sctp_asconf_check(r));
	case SCTP_SHUTDOWN:
		return has_bytes(r, 8);
	default:
		return true;
	}
}

/* The highest TSN that the gap blocks of a SACK mention (RFC 9260 3.3.4). */
static uint32_t highest_of(struct pkts_sctp_sack v)
{
	const uint32_t readable = (v.head - PKTS_SCTP_SACK_HEAD) / 4;
	const uint32_t n = PKTS_MIN(readable, pkts_sctp_sack_gaps(v));
	uint16_t top = 0;

	for (uint32_t i = 0; i < n; i++) {
		const uint16_t end = pkts_be16(v.p + PKTS_SCTP_SACK_HEAD + i * 4 + 2);
		top = end > top ? end : top;
	}
	return pkts_sctp_sack_tsn(v) + top;
}

static void take_sack(struct sctp_packet *k, struct pkts_ref r)
{
	const struct pkts_sctp_sack v = pkts_sctp_sack_at(r);

	if (!is_cut(pkts_sctp_sack_check(r)))
		pkts_sctp_session_ack(k, pkts_sctp_sack_tsn(v), highest_of(v));
}

/* What the numbers in a chunk say. True for a repetition of data that was sent before. */
static bool take_numbers(struct sctp_packet *k, struct pkts_ref r, enum sctp_kind kind)
{
	if (kind == SCTP_SACK)
		take_sack(k, r);
	if (r.head < 8)
		return false;
	if (kind == SCTP_SHUTDOWN) {
		const uint32_t tsn = pkts_be32(r.p + 4);
		pkts_sctp_session_ack(k, tsn, tsn);
	}
	return (kind == SCTP_DATA || kind == SCTP_FORWARD) &&
	       pkts_sctp_session_tsn(k, pkts_be32(r.p + 4));
}

static void note_rule(struct sctp_packet *k, unsigned rule)
{
	if (rule == PKTS_SCTP_OOTB)
		sctp_note(k, PKTS_SESSION_BIT(SCTP_NO_ASSOCIATION));
	else if (rule == PKTS_SCTP_ODD)
		sctp_note(k, PKTS_SESSION_BIT(SCTP_STATE));
}

/* Data that goes with a COOKIE ECHO does not show that it was accepted (5.1). */
static struct pkts_sctp_step sends(const struct sctp_packet *k, enum sctp_kind kind)
{
	if (kind == SCTP_DATA && k->kind == SCTP_COOKIE_ECHO &&
		k->from->state == PKTS_SCTP_COOKIE_ECHOED)
		return (struct pkts_sctp_step){PKTS_SCTP_COOKIE_ECHOED, PKTS_SCTP_TAKEN};
	return pkts_sctp_session_sends((enum pkts_sctp_state)k->from->state, kind);
}

/* Both ends go where the chunk takes them. An end that was never seen may be anywhere. */
static void step_ends(struct sctp_packet *k, struct pkts_ref r, enum sctp_kind kind)
{
	const bool seen = sctp_knows(k->to, PKTS_SCTP_KNOWS_END);
	const struct pkts_sctp_step sent = sends(k, kind);
	const struct pkts_sctp_step got =
		pkts_sctp_session_receives((enum pkts_sctp_state)k->to->state, kind);
	bool again = false;

	if (got.rule != PKTS_SCTP_OOTB)
		again = take_numbers(k, r, kind);
	if (got.rule == PKTS_SCTP_OOTB)
		note_rule(k, got.rule);
	else if (seen && !again)
		note_rule(k, sent.rule == PKTS_SCTP_ODD ? sent.rule : got.rule);
	k->from->state = sent.state;
	k->to->state = got.state;
}

/* A COOKIE ECHO may begin an association again that has ended: cookies stay good for a while. */
static void end_with(struct sctp_packet *k, enum sctp_kind kind)
{
	if (!pkts_sctp_session_is_over(&k->s))
		k->s.ending = PKTS_SCTP_NOT_ENDED;
	else if (!k->s.ending)
		k->s.ending = kind == SCTP_ABORT ? PKTS_SCTP_ENDED_ABORT : PKTS_SCTP_ENDED_SHUTDOWN;
}

/* An answer to a beginning that does not touch the association that is there. False: left out. */
static bool take_setup_answer(struct sctp_packet *k, enum sctp_kind kind)
{
	if (kind == SCTP_ABORT) {
		k->to->knows &= (uint16_t)~PKTS_SCTP_KNOWS_INIT;
		k->done = true;
		return true;
	}
	if (kind == SCTP_COOKIE_ACK && pkts_sctp_session_confirm(k, k->from, k->to, k->vtag)) {
		k->to->state = PKTS_SCTP_ESTABLISHED;
		k->setup = false;
		return true;
	}
	if (kind == SCTP_ERROR)
		return true;
	sctp_note(k, PKTS_SESSION_BIT(SCTP_TAG));
	return false;
}

static bool stands_first(const struct sctp_packet *k, unsigned index)
{
	return k->kind == SCTP_COOKIE_ECHO && index == k->after_auth;
}

/* What changes tags. False if the receiver leaves it out. */
static bool take_setup(
	struct sctp_packet *k, struct pkts_sctp_chunk chunk, enum sctp_kind kind, unsigned index)
{
	switch (kind) {
	case SCTP_INIT:
		return pkts_sctp_session_init(k, chunk);
	case SCTP_INIT_ACK:
		return pkts_sctp_session_init_ack(k, chunk);
	case SCTP_COOKIE_ECHO:
		if (stands_first(k, index))
			return pkts_sctp_session_cookie_echo(k, chunk);
		sctp_note(k, PKTS_SESSION_BIT(SCTP_BUNDLING));
		return false;
	case SCTP_COOKIE_ACK:
		if (!k->setup)
			pkts_sctp_session_confirm(k, k->from, k->to, k->vtag);
		return true;
	default:
		return true;
	}
}

/* False if the receiver leaves the chunk out. */
static bool take_chunk(struct sctp_packet *k, struct pkts_sctp_chunk chunk, unsigned index)
{
	const struct pkts_ref r = {chunk.p, chunk.head, chunk.len};
	const uint8_t type = pkts_sctp_chunk_type(chunk);
	const enum sctp_kind kind = pkts_sctp_session_kind(type);

	if (!is_well_formed(r, kind, type)) {
		sctp_note(k, PKTS_SESSION_BIT(SCTP_CHUNK));
		return false;
	}
	if (!take_setup(k, chunk, kind, index))
		return false;
	if (k->done)
		return true;
	if (kind == SCTP_OTHER && k->kind != SCTP_OTHER)
		return true; /* goes with whatever the packet is about */
	if (k->setup && kind != SCTP_INIT_ACK)
		return take_setup_answer(k, kind);
	step_ends(k, r, kind);
	if (kind == SCTP_ABORT)
		k->done = true;
	return true;
}

static void take_chunks(struct sctp_packet *k)
{
	struct pkts_sctp_chunks it = pkts_sctp_chunks(k->ref);
	struct pkts_sctp_chunk chunk;

	for (unsigned i = 0; !k->done && pkts_sctp_chunk_next(&it, &chunk); i++)
		if (take_chunk(k, chunk, i)) {
			k->taken = true;
			end_with(k, pkts_sctp_session_kind(pkts_sctp_chunk_type(chunk)));
		}
}

/*
 * Where nothing came before, or nothing can be seen of the other end, the chunk says where the two
 * must have been.
 */
static void imagine(struct sctp_packet *k)
{
	const struct sctp_pair pair = pkts_sctp_session_before(k->kind);
	const bool unseen = !sctp_knows(k->to, PKTS_SCTP_KNOWS_END);
	const bool tells = k->kind == SCTP_SHUTDOWN_ACK || k->kind == SCTP_SHUTDOWN_COMPLETE;

	if (k->s.begun && (!unseen || !tells || pkts_sctp_session_is_over(&k->s)))
		return;
	if (!k->s.begun && k->kind != SCTP_INIT)
		sctp_note(k, PKTS_SESSION_BIT(SCTP_MIDSTREAM));
	k->s.begun = 1;
	k->from->state = pair.sender;
	k->to->state = pair.receiver;
}

static struct pkts_judgement invalid(const struct sctp_packet *k, uint64_t event)
{
	return (struct pkts_judgement){(k->events | event) & ~QUIET, PKTS_INVALID};
}

static struct pkts_judgement verdict(const struct sctp_packet *k)
{
	return (struct pkts_judgement){k->events, k->events & ~QUIET ? PKTS_SUSPECT : PKTS_VALID};
}

struct pkts_judgement pkts_sctp_session_validate(struct pkts_sctp_session *s,
	const struct pkts_sctp_session_conf *conf, unsigned dir, struct pkts_ref packet,
	uint64_t now_ns)
{
	struct sctp_packet k;

	(void)now_ns;
	pkts_sctp_session_open(&k, s, conf, dir, packet);
	if (k.broken)
		sctp_note(&k, PKTS_SESSION_BIT(SCTP_CHUNK));
	if (k.chunks == 0 && packet.head < packet.len && !k.broken)
		return (struct pkts_judgement){0, PKTS_VALID};
	if (k.chunks == 0)
		return invalid(&k, PKTS_SESSION_BIT(SCTP_CHUNK));
	if (k.alone && k.chunks > 1)
		return invalid(&k, PKTS_SESSION_BIT(SCTP_BUNDLING));
	if (!pkts_sctp_session_check_tag(&k))
		return k.late ? verdict(&k) : invalid(&k, 0);
	imagine(&k);
	take_chunks(&k);
	if (!k.taken)
		return invalid(&k, 0);
	k.from->knows |= PKTS_SCTP_KNOWS_END;
	*s = k.s;
	return verdict(&k);
}

bool pkts_sctp_session_owns(const struct pkts_sctp_session *s, unsigned dir, struct pkts_ref packet)
{
	struct sctp_packet k;

	pkts_sctp_session_open(&k, s, NULL, dir, packet);
	return k.chunks > 0 && pkts_sctp_session_shows_tag(&k);
}

bool pkts_sctp_session_is_over(const struct pkts_sctp_session *s)
{
	return s->begun && s->ends[0].state == PKTS_SCTP_CLOSED &&
	       s->ends[1].state == PKTS_SCTP_CLOSED;
}

static bool is_open(const struct pkts_sctp_end *e)
{
	return e->state == PKTS_SCTP_ESTABLISHED || e->state == PKTS_SCTP_SHUTDOWN_PENDING;
}

enum pkts_sctp_timeout pkts_sctp_session_timeout_class(const struct pkts_sctp_session *s)
{
	const struct pkts_sctp_end *const a = &s->ends[0], *const b = &s->ends[1];

	if (pkts_sctp_session_is_over(s))
		return PKTS_SCTP_TIMEOUT_CLOSED;
	if (is_open(a) && is_open(b))
		return PKTS_SCTP_TIMEOUT_ESTABLISHED;
	if (a->state > PKTS_SCTP_SHUTDOWN_PENDING || b->state > PKTS_SCTP_SHUTDOWN_PENDING)
		return PKTS_SCTP_TIMEOUT_CLOSING;
	return PKTS_SCTP_TIMEOUT_OPENING;
}

const char *pkts_sctp_session_name(const struct pkts_sctp_session *s)
{
	static const char *const names[] = {
		[PKTS_SCTP_TIMEOUT_OPENING] = "new",
		[PKTS_SCTP_TIMEOUT_ESTABLISHED] = "established",
		[PKTS_SCTP_TIMEOUT_CLOSING] = "closed",
		[PKTS_SCTP_TIMEOUT_CLOSED] = "closed",
	};

	return names[pkts_sctp_session_timeout_class(s)];
}
