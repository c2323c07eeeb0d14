/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_gre.h"

/* Where the optional fields stand, in bytes; 0 for one that is not there. */
struct places {
	uint16_t csum, key, seq, ack, end;
};

static uint16_t place(struct places *at, bool there)
{
	const uint16_t here = at->end;

	at->end = (uint16_t)(here + (there ? 4 : 0));
	return there ? here : 0;
}

/* Reads no more than the first 4 bytes. Routing, if there is some, starts at end. */
static struct places find(struct pkts_gre v)
{
	const bool pptp = pkts_gre_version(v) == 1;
	struct places at = {.end = PKTS_GRE_HEAD};

	at.csum = place(&at, !pptp && (pkts_gre_has_csum(v) || pkts_gre_has_routing(v)));
	at.key = place(&at, pkts_gre_has_key(v));
	at.seq = place(&at, pkts_gre_has_seq(v));
	at.ack = place(&at, pptp && pkts_gre_has_ack(v));
	return at;
}

static bool get16(struct pkts_gre v, unsigned at, unsigned add, uint16_t *x)
{
	if (at != 0)
		*x = pkts_be16(v.p + at + add);
	return at != 0;
}

static bool get32(struct pkts_gre v, unsigned at, uint32_t *x)
{
	if (at != 0)
		*x = pkts_be32(v.p + at);
	return at != 0;
}

bool pkts_gre_csum(struct pkts_gre v, uint16_t *x)
{
	return pkts_gre_has_csum(v) && get16(v, find(v).csum, 0, x);
}

bool pkts_gre_routing_offset(struct pkts_gre v, uint16_t *x)
{
	return pkts_gre_has_routing(v) && get16(v, find(v).csum, 2, x);
}

bool pkts_gre_key(struct pkts_gre v, uint32_t *x)
{
	return get32(v, find(v).key, x);
}

bool pkts_gre_seq(struct pkts_gre v, uint32_t *x)
{
	return get32(v, find(v).seq, x);
}

bool pkts_gre_ack(struct pkts_gre v, uint32_t *x)
{
	return get32(v, find(v).ack, x);
}

bool pkts_gre_payload_length(struct pkts_gre v, uint16_t *x)
{
	return pkts_gre_version(v) == 1 && get16(v, find(v).key, 0, x);
}

bool pkts_gre_call_id(struct pkts_gre v, uint16_t *x)
{
	return pkts_gre_version(v) == 1 && get16(v, find(v).key, 2, x);
}

/*
 * RFC 1701: route entries of family (2), offset (1), length (1) and that many bytes, up to one that
 * is all zero. Sets c->head behind them, or the reason why that cannot be.
 */
static void pass_routing(struct pkts_ref s, struct pkts_check *c)
{
	for (uint32_t at = c->head;;) {
		if (at + 4 > PKTS_GRE_HEAD_MAX || at + 4 > s.len) {
			*c = pkts_check_fatal(PKTS_REASON_GRE_ROUTING, c->head);
			return;
		}
		if (pkts_missing(s, at + 4)) {
			*c = pkts_check_missing(s, at + 4);
			return;
		}
		const bool last = pkts_be16(s.p + at) == 0 && s.p[at + 3] == 0;
		at += 4u + s.p[at + 3];
		if (last) {
			c->head = (uint16_t)at;
			return;
		}
	}
}

/* RFC 2637 4.1: the payload has a length of its own, and may be missing altogether. */
static void bound_pptp(struct pkts_gre v, struct pkts_check *c)
{
	uint16_t length;

	if (pkts_gre_payload_length(v, &length))
		c->len = PKTS_MIN(c->len, c->head + (uint32_t)length);
	if (c->len == c->head)
		c->next = PKTS_PROTO_NONE;
}

struct pkts_check pkts_gre_check(struct pkts_ref s)
{
	const struct pkts_gre gre = pkts_gre_at(s);
	struct pkts_check c = {.len = s.len};

	if (pkts_missing(s, PKTS_GRE_HEAD))
		return pkts_check_missing(s, PKTS_GRE_HEAD);
	if (pkts_gre_version(gre) > 1)
		return pkts_check_fatal(PKTS_REASON_GRE_VERSION, 1);
	c.head = find(gre).end;
	if (pkts_missing(s, c.head))
		return pkts_check_missing(s, c.head);
	if (pkts_gre_version(gre) == 0 && pkts_gre_has_routing(gre))
		pass_routing(s, &c);
	c.next = (uint8_t)pkts_ethertype_next(pkts_gre_protocol(gre));
	if (pkts_gre_version(gre) == 1)
		bound_pptp(gre, &c);
	return pkts_check_whole(c);
}
