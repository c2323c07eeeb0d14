/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_optional.h"
#include "pkts_protocols.h"

PKTS_TABLE(arp_ipv4, PKTS_ARP_IPV4_FIELDS)
PKTS_TABLE(ipv6_shim6_payload, PKTS_IPV6_SHIM6_PAYLOAD_FIELDS)
PKTS_TABLE(ipv6_shim6_control, PKTS_IPV6_SHIM6_CONTROL_FIELDS)

struct list {
	struct pkts_field *rows;
	unsigned n;
};

/* Byte positions, as the headers' diagrams have them. */
static void add(struct list *l, const char *name, unsigned at, unsigned bytes, enum pkts_kind kind)
{
	l->rows[l->n++] =
		(struct pkts_field){name, (uint16_t)(at * 8), (uint16_t)(bytes * 8), (uint8_t)kind};
}

static void add_table(struct list *l, const struct pkts_field *row)
{
	while (row->name)
		l->rows[l->n++] = *row++;
}

static void llc(struct list *l, struct pkts_ref r)
{
	if (r.head > PKTS_LLC_HEAD)
		add(l, "control2", 3, 1, PKTS_KIND_HEX);
}

static void ppp(struct list *l, struct pkts_ref r)
{
	const unsigned at = pkts_ppp_has_address(pkts_ppp_at(r)) ? 2 : 0;

	add(l, "protocol", at, r.head - at, PKTS_KIND_HEX);
}

static void arp(struct list *l, struct pkts_ref r)
{
	if (pkts_arp_ipv4(pkts_arp_at(r)).p != NULL)
		add_table(l, arp_ipv4_fields);
}

static void shim6(struct list *l, struct pkts_ref r)
{
	const bool payload = pkts_ipv6_shim6_payload(pkts_ipv6_shim6_at(r)).p != NULL;

	add_table(l, payload ? ipv6_shim6_payload_fields : ipv6_shim6_control_fields);
}

static void ah(struct list *l, struct pkts_ref r)
{
	if (r.head > PKTS_AH_HEAD)
		add(l, "icv", PKTS_AH_HEAD, r.head - PKTS_AH_HEAD, PKTS_KIND_BYTES);
}

static void gre(struct list *l, struct pkts_ref r)
{
	const struct pkts_gre v = pkts_gre_at(r);
	const bool pptp = pkts_gre_version(v) == 1;
	unsigned at = PKTS_GRE_HEAD;

	if (!pptp && pkts_gre_has_csum(v))
		add(l, "csum", at, 2, PKTS_KIND_HEX);
	if (!pptp && pkts_gre_has_routing(v))
		add(l, "routing_offset", at + 2, 2, PKTS_KIND_DEC);
	if (!pptp && (pkts_gre_has_csum(v) || pkts_gre_has_routing(v)))
		at += 4;
	if (pkts_gre_has_key(v)) {
		if (pptp) {
			add(l, "payload_length", at, 2, PKTS_KIND_DEC);
			add(l, "call_id", at + 2, 2, PKTS_KIND_DEC);
		} else {
			add(l, "key", at, 4, PKTS_KIND_HEX);
		}
		at += 4;
	}
	if (pkts_gre_has_seq(v)) {
		add(l, "seq", at, 4, PKTS_KIND_DEC);
		at += 4;
	}
	if (pptp && pkts_gre_has_ack(v))
		add(l, "ack", at, 4, PKTS_KIND_DEC);
}

static void gtp(struct list *l, struct pkts_ref r)
{
	const struct pkts_gtp v = pkts_gtp_at(r);

	if (pkts_gtp_s(v))
		add(l, "seq", 8, 2, PKTS_KIND_DEC);
	if (pkts_gtp_pn(v))
		add(l, "npdu", 10, 1, PKTS_KIND_DEC);
	if (pkts_gtp_e(v))
		add(l, "next_extension", 11, 1, PKTS_KIND_HEX);
}

unsigned pkts_optional_fields(
	enum pkts_proto proto, struct pkts_ref r, struct pkts_field rows[PKTS_OPTIONAL_MAX])
{
	static void (*const makers[PKTS_PROTO_MAX])(struct list *, struct pkts_ref) = {
		[PKTS_PROTO_LLC] = llc,
		[PKTS_PROTO_PPP] = ppp,
		[PKTS_PROTO_ARP] = arp,
		[PKTS_PROTO_IPV6_SHIM6] = shim6,
		[PKTS_PROTO_AH] = ah,
		[PKTS_PROTO_GRE] = gre,
		[PKTS_PROTO_GTP] = gtp,
	};
	struct list l = {.rows = rows};

	if ((unsigned)proto < PKTS_PROTO_MAX && makers[proto] != NULL)
		makers[proto](&l, r);
	return l.n;
}
