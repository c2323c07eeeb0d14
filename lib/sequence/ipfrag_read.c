/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a fragment's own headers say: its place, its key, where its transport header is. */
#include "ipfrag.h"

/* Bytes that a transport header has at least; of others nothing is asked. */
static const uint8_t least[256] = {
	[PKTS_IPPROTO_ICMP] = 8,
	[PKTS_IPPROTO_IGMP] = 8,
	[PKTS_IPPROTO_IPIP] = 20,
	[PKTS_IPPROTO_TCP] = 20,
	[PKTS_IPPROTO_UDP] = 8,
	[PKTS_IPPROTO_IPV6] = 40,
	[PKTS_IPPROTO_GRE] = 4,
	[PKTS_IPPROTO_ESP] = 8,
	[PKTS_IPPROTO_ICMPV6] = 8,
	[PKTS_IPPROTO_SCTP] = 12,
	[PKTS_IPPROTO_UDPLITE] = 8,
};

static bool quotes(const struct pkts_packet *packet, unsigned i)
{
	const unsigned proto = packet->layers[i].proto;
	return proto == PKTS_PROTO_ICMP || proto == PKTS_PROTO_ICMPV6;
}

int pkts_ipfrag_search(const struct pkts_packet *packet)
{
	const unsigned n = packet->n;
	/* Not known of packets made by hand: counted from 1. */
	for (unsigned i = packet->network ? packet->network - 1u : 0; i < n; i++) {
		if (pkts_ipfrag_is_at(packet, i))
			return (int)i;
		if (quotes(packet, i))
			return -1;
	}
	return -1;
}

static bool add_bytes(struct key *key, const void *p, unsigned n)
{
	if (key->n + n > KEY_MAX)
		return false;
	__builtin_memcpy(key->bytes + key->n, p, n);
	key->n += n;
	return true;
}

/* A network's number, behind the protocol that it is of. */
static bool add_number(struct key *key, unsigned proto, uint32_t number)
{
	uint8_t bytes[5] = {(uint8_t)proto};

	pkts_put_be32(bytes + 1, number);
	return add_bytes(key, bytes, sizeof(bytes));
}

static bool add_addresses(struct key *key, unsigned proto, const uint8_t *p, unsigned n)
{
	const uint8_t tag = (uint8_t)proto;
	return add_bytes(key, &tag, 1) && add_bytes(key, p, n);
}

#define PPTP 0x80 /* beyond all protocols */

/* Of version 1 the key's lower half: the upper one is the payload's length. */
static bool add_gre(struct key *key, struct pkts_gre gre)
{
	uint32_t number = 0;
	uint16_t call = 0;

	if (pkts_gre_call_id(gre, &call))
		return add_number(key, PPTP, call);
	return !pkts_gre_key(gre, &number) || add_number(key, PKTS_PROTO_GRE, number);
}

/* What a layer around the datagram says of the network that it is in. */
static bool add_layer(struct key *key, const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_ref r = pkts_packet_ref(packet, i);
	const unsigned proto = packet->layers[i].proto;

	switch (proto) {
	case PKTS_PROTO_VLAN:
		return add_number(key, proto, pkts_vlan_id(pkts_vlan_at(r)));
	case PKTS_PROTO_MPLS:
		return add_number(key, proto, pkts_mpls_label(pkts_mpls_at(r)));
	case PKTS_PROTO_PPPOE:
		return add_number(key, proto, pkts_pppoe_session(pkts_pppoe_at(r)));
	case PKTS_PROTO_IPV4:
		return add_addresses(key, proto, r.p + 12, 8);
	case PKTS_PROTO_IPV6:
		return add_addresses(key, proto, r.p + 8, 32);
	case PKTS_PROTO_GRE:
		return add_gre(key, pkts_gre_at(r));
	case PKTS_PROTO_VXLAN:
		return add_number(key, proto, pkts_vxlan_vni(pkts_vxlan_at(r)));
	case PKTS_PROTO_GENEVE:
		return add_number(key, proto, pkts_geneve_vni(pkts_geneve_at(r)));
	case PKTS_PROTO_GTP:
		return add_number(key, proto, pkts_gtp_teid(pkts_gtp_at(r)));
	default:
		return true;
	}
}

bool pkts_ipfrag_key_networks(
	struct key *key, const struct fragment *f, const struct pkts_packet *packet)
{
	const uint32_t bare = key->n;

	for (unsigned k = 0; k < f->base; k++)
		if (pkts_ipfrag_is_network(packet, k) && !add_layer(key, packet, k))
			return false;
	if (key->n > bare)
		key->words[0] |= IN_NETWORKS;
	while (key->n % 8) /* KEY_MAX is a multiple */
		key->bytes[key->n++] = 0;
	return true;
}

static bool is_tiny(uint8_t protocol, const uint8_t *p, uint32_t left)
{
	if (left < least[protocol])
		return true;
	return protocol == PKTS_IPPROTO_TCP && left < (p[12] >> 4) * 4u;
}

uint32_t pkts_ipfrag_transport(const struct fragment *f, uint8_t *protocol, bool *tiny)
{
	const uint8_t *const p = f->piece->p;
	const uint32_t len = f->len;
	uint32_t at = 0;

	*protocol = f->protocol;
	for (;;) {
		static const uint8_t any[2];
		const bool here = at + 2 <= len;
		const uint32_t n = pkts_ipv6_ext_len(*protocol, here ? p + at : any);
		if (n == 0)
			break;
		*tiny = at + n > len;
		if (*tiny)
			return at;
		*protocol = p[at];
		at += n;
	}
	*tiny = is_tiny(*protocol, p + at, len - at);
	return at;
}
