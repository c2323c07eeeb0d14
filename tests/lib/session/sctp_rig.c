/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "cmocka_all.h"

#include "sctp_rig.h"

#include <stdlib.h>
#include <string.h>

static uint32_t put_init(uint8_t *p, const struct item *c)
{
	pkts_put_be32(p, c->x);
	pkts_put_be32(p + 4, 65536);
	pkts_put_be16(p + 8, 10);
	pkts_put_be16(p + 10, 10);
	pkts_put_be32(p + 12, c->y);
	if (c->type == PKTS_SCTP_INIT)
		return 16;
	pkts_put_be16(p + 16, 7); /* state cookie */
	pkts_put_be16(p + 18, 8);
	pkts_put_be32(p + 20, c->cookie);
	return 24;
}

static uint32_t put_data(uint8_t *p, const struct item *c)
{
	const uint32_t n = c->type == PKTS_SCTP_DATA ? 12 : 16;

	memset(p, 0, n);
	pkts_put_be32(p, c->x);
	p[n] = 'x';
	return n + 1;
}

static uint32_t put_sack(uint8_t *p, const struct item *c)
{
	memset(p, 0, 16);
	pkts_put_be32(p, c->x);
	pkts_put_be32(p + 4, 65536);
	if (c->y == 0)
		return 12;
	pkts_put_be16(p + 8, 1);
	pkts_put_be16(p + 12, (uint16_t)c->y);
	pkts_put_be16(p + 14, (uint16_t)c->y);
	return 16;
}

static uint32_t put_value(uint8_t *p, const struct item *c)
{
	if (c->bytes) {
		memcpy(p, c->bytes, c->len);
		return c->len;
	}
	switch (c->type) {
	case PKTS_SCTP_INIT:
	case PKTS_SCTP_INIT_ACK:
		return put_init(p, c);
	case PKTS_SCTP_DATA:
	case PKTS_SCTP_I_DATA:
		return put_data(p, c);
	case PKTS_SCTP_SACK:
		return put_sack(p, c);
	case PKTS_SCTP_COOKIE_ECHO:
		pkts_put_be32(p, c->cookie);
		return 4;
	case PKTS_SCTP_SHUTDOWN:
	case PKTS_SCTP_ASCONF:
	case PKTS_SCTP_FORWARD_TSN:
		pkts_put_be32(p, c->x);
		return 4;
	default:
		return 0;
	}
}

static uint32_t put_chunk(uint8_t *p, const struct item *c)
{
	const uint32_t len = 4 + put_value(p + 4, c);

	p[0] = c->type;
	p[1] = c->flags;
	pkts_put_be16(p + 2, (uint16_t)len);
	memset(p + len, 0, -len & 3);
	return len + (-len & 3);
}

uint8_t *rig_packet(uint32_t vtag, const struct item *chunks, unsigned n, uint32_t *len)
{
	uint8_t room[2048] = {0};
	uint8_t *p;

	pkts_put_be16(room, 1000);
	pkts_put_be16(room + 2, 2000);
	pkts_put_be32(room + 4, vtag);
	*len = 12;
	for (unsigned i = 0; i < n && chunks[i].there; i++)
		*len += put_chunk(room + *len, &chunks[i]);
	p = malloc(*len);
	memcpy(p, room, *len);
	return p;
}

static void print_events(uint64_t events)
{
	for (unsigned i = 0; i < PKTS_SESSION_EVENT_MAX; i++)
		if (events >> i & 1)
			print_error(" %s", pkts_session_event_name((enum pkts_session_event)i));
}

static void print_is(
	const char *row, unsigned n, struct pkts_judgement j, const struct pkts_sctp_session *s)
{
	print_error("%s, packet %u: %s, ", row, n, pkts_validity_name(j.validity));
	for (unsigned i = 0; i < 2; i++)
		print_error("%s ", pkts_sctp_state_name((enum pkts_sctp_state)s->ends[i].state));
	print_events(j.events);
	print_error("\n");
}

void rig_step(struct pkts_sctp_session *s, const struct step *step, const char *row, unsigned n)
{
	const struct pkts_sctp_session before = *s;
	struct pkts_judgement j;
	uint32_t len;
	uint8_t *const p = rig_packet(step->vtag, step->chunks, RIG_CHUNKS, &len);

	j = pkts_sctp_session_validate(
		s, NULL, (unsigned)step->dir, (struct pkts_ref){p, len, len}, 0);
	free(p);
	if (j.validity != step->validity || j.events != step->events ||
		s->ends[0].state != step->states[0] || s->ends[1].state != step->states[1]) {
		print_is(row, n, j, s);
		fail();
	}
	if (j.validity == PKTS_INVALID)
		assert_memory_equal(s, &before, sizeof(before));
}

void rig_run(struct pkts_sctp_session *s, const struct step *steps, const char *row)
{
	for (unsigned i = 0; i < RIG_STEPS && steps[i].there; i++)
		rig_step(s, &steps[i], row, i + 1);
}
