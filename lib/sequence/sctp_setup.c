/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Verification tags, and how associations begin (RFC 9260 5). An INIT changes nothing by itself:
 * anybody can send one. What it offers counts when a COOKIE ECHO takes it up, whose tag only those
 * know who saw the answer. Until then several are remembered, with each answer that they got.
 */
#include "sctp.h"

static struct pkts_sctp_setup *new_setup(struct pkts_sctp_seq *s)
{
	struct pkts_sctp_setup *const slot = &s->setups[s->setups_next];

	s->setups_next = (uint8_t)((s->setups_next + 1) % PKTS_SCTP_SETUPS);
	if (s->setups_n < PKTS_SCTP_SETUPS)
		s->setups_n++;
	return slot;
}

static void forget_setups(struct pkts_sctp_seq *s)
{
	s->setups_n = s->setups_next = 0;
}

static bool read_init(
	struct pkts_sctp_seq *s, struct pkts_sctp_chunk chunk, struct pkts_sctp_init *v)
{
	const struct pkts_ref r = {chunk.p, chunk.head, chunk.len};
	const struct pkts_check c = pkts_sctp_init_check(r);

	if (c.fatal || c.invalid) {
		pkts_sctp_note(s, PKTS_SEQ_CHUNK);
		return false;
	}
	*v = pkts_sctp_init_at(r);
	return true;
}

void pkts_sctp_take_init(struct pkts_sctp_seq *s, unsigned dir, struct pkts_sctp_chunk chunk)
{
	struct pkts_sctp_init v;

	if (!read_init(s, chunk, &v))
		return;
	const struct pkts_sctp_setup setup = {.tag = pkts_sctp_init_tag(v),
		.tsn = pkts_sctp_init_tsn(v),
		.dir = (uint8_t)dir,
		.asked = true};
	for (unsigned i = 0; i < s->setups_n; i++) {
		const struct pkts_sctp_setup *const old = &s->setups[i];
		if (old->asked && old->dir == dir && old->tag == setup.tag && old->tsn == setup.tsn)
			return; /* sent again */
	}
	*new_setup(s) = setup;
}

/* The setup that an INIT ACK answers: one without an answer, or a copy of one that has another. */
static struct pkts_sctp_setup *answered_by(struct pkts_sctp_seq *s, unsigned dir, uint32_t tag)
{
	struct pkts_sctp_setup like = {.tag = s->vtag, .dir = (uint8_t)!dir};

	for (unsigned i = 0; i < s->setups_n; i++) {
		struct pkts_sctp_setup *const old = &s->setups[i];
		if (old->dir == dir || old->tag != s->vtag)
			continue;
		if (!old->answered || old->peer_tag == tag)
			return old;
		like = *old;
	}
	struct pkts_sctp_setup *const made = new_setup(s);
	*made = like;
	return made;
}

void pkts_sctp_take_init_ack(struct pkts_sctp_seq *s, unsigned dir, struct pkts_sctp_chunk chunk)
{
	struct pkts_sctp_init v;
	struct pkts_sctp_setup *setup;

	if (!read_init(s, chunk, &v))
		return;
	if (s->vtag == 0) {
		pkts_sctp_note(s, PKTS_SEQ_VTAG);
		return;
	}
	setup = answered_by(s, dir, pkts_sctp_init_tag(v));
	setup->peer_tag = pkts_sctp_init_tag(v);
	setup->peer_tsn = pkts_sctp_init_tsn(v);
	setup->answered = true;
}

static bool is_unknown_or(uint32_t known, uint32_t tag)
{
	return known == 0 || known == tag;
}

static void begin_again(struct pkts_sctp_seq *s)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		pkts_sctp_forget(s, dir);
		s->halves[dir] = (struct pkts_sctp_half){.kind = SCTP_KIND_NONE};
	}
	s->serial = ++s->pool->serial;
	if (s->state == PKTS_SCTP_SEQ_NEW)
		return;
	s->association++;
	pkts_sctp_note(s, PKTS_SEQ_RESTART);
}

/* The association is the one that was offered. */
static void commit(struct pkts_sctp_seq *s, const struct pkts_sctp_setup setup)
{
	struct pkts_sctp_half *const to = &s->halves[setup.dir], *const from =
									 &s->halves[!setup.dir];
	const bool same = s->state == PKTS_SCTP_SEQ_OPEN &&
			  is_unknown_or(to->tag, setup.peer_tag) &&
			  is_unknown_or(from->tag, setup.tag);

	if (!same)
		begin_again(s);
	s->state = PKTS_SCTP_SEQ_OPEN;
	to->tag = setup.peer_tag;
	from->tag = setup.tag;
	if (setup.asked && !to->started)
		pkts_sctp_start(to, setup.tsn, false);
	if (setup.answered && !from->started)
		pkts_sctp_start(from, setup.peer_tsn, false);
	forget_setups(s);
}

/* Nothing that the other side sent has been captured. */
static bool is_one_way(const struct pkts_sctp_seq *s, unsigned dir)
{
	return s->state != PKTS_SCTP_SEQ_OPEN || !s->halves[!dir].heard;
}

static void learn(struct pkts_sctp_seq *s, unsigned dir)
{
	s->state = PKTS_SCTP_SEQ_OPEN;
	s->halves[dir].tag = s->vtag;
}

bool pkts_sctp_take_cookie_echo(struct pkts_sctp_seq *s, unsigned dir)
{
	for (unsigned i = 0; i < s->setups_n; i++) {
		struct pkts_sctp_setup setup = s->setups[i];
		if (setup.dir != dir || (setup.answered && setup.peer_tag != s->vtag))
			continue;
		if (!setup.answered && !is_one_way(s, dir))
			continue;
		setup.peer_tag = s->vtag;
		commit(s, setup);
		return true;
	}
	return pkts_sctp_admit(s, dir);
}

bool pkts_sctp_take_cookie_ack(struct pkts_sctp_seq *s, unsigned dir)
{
	for (unsigned i = 0; is_one_way(s, dir) && i < s->setups_n; i++)
		if (s->setups[i].dir != dir && s->setups[i].answered &&
			s->setups[i].tag == s->vtag) {
			commit(s, s->setups[i]);
			return true;
		}
	return pkts_sctp_admit(s, dir);
}

static void begin_from(struct pkts_sctp_seq *s, unsigned dir, uint32_t tag, uint32_t tsn, bool late)
{
	struct pkts_sctp_half *const h = &s->halves[dir & 1];

	s->state = PKTS_SCTP_SEQ_OPEN;
	h->tag = tag;
	pkts_sctp_start(h, tsn, late);
}

void pkts_sctp_seq_begin(struct pkts_sctp_seq *s, unsigned dir, uint32_t tag, uint32_t tsn)
{
	begin_from(s, dir, tag, tsn, false);
}

void pkts_sctp_seq_join(struct pkts_sctp_seq *s, unsigned dir, uint32_t tag, uint32_t tsn)
{
	begin_from(s, dir, tag, tsn, true);
}

/* Does a packet with the vtag at hand belong to what was offered? */
static bool fits(const struct pkts_sctp_seq *s, const struct pkts_sctp_setup *setup, unsigned dir)
{
	return setup->answered && s->vtag == (setup->dir == dir ? setup->peer_tag : setup->tag);
}

/* Before any association is there: the COOKIE ECHO was not captured, or nothing before this packet. */
static bool admit_first(struct pkts_sctp_seq *s, unsigned dir)
{
	for (unsigned i = 0; i < s->setups_n; i++)
		if (fits(s, &s->setups[i], dir)) {
			commit(s, s->setups[i]);
			return true;
		}
	if (s->vtag == 0 || s->setups_n > 0)
		return false;
	learn(s, dir);
	return true;
}

bool pkts_sctp_admit(struct pkts_sctp_seq *s, unsigned dir)
{
	if (s->state == PKTS_SCTP_SEQ_NEW)
		return admit_first(s, dir);
	if (s->halves[dir].tag == 0 && s->vtag != 0)
		learn(s, dir);
	return s->halves[dir].tag == s->vtag && s->vtag != 0;
}
