/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The networks around a packet, in two words of its key. */
#include "key.h"
#include "pkts_protocols.h"

/* The upper two bits of such a word say how many ids it holds; of 3, more than fit: a hash. */
#define COUNT(N) ((uint32_t)(N) << 30)
#define HASHED	 COUNT(3)

/* 30 bits that depend on all of both (the mix of SplitMix64, Steele, Lea, Flood 2014). */
static uint32_t mixed(uint32_t word, uint64_t id)
{
	uint64_t v = ((uint64_t)word << 32 ^ id) + UINT64_C(0x9e3779b97f4a7c15);

	v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
	return HASHED | (uint32_t)(v >> 34);
}

/* Tags are added from the inside out, so that one that the NIC took off comes last. */
void pkts_session_key_add_vlan(struct pkts_session_key *key, uint16_t id)
{
	const uint32_t number = id & 0xfffu;

	switch (key->vlan >> 30) {
	case 0:
		key->vlan = COUNT(1) | number;
		break;
	case 1:
		key->vlan = COUNT(2) | number << 12 | (key->vlan & 0xfff);
		break;
	default:
		key->vlan = mixed(key->vlan, number);
		break;
	}
}

unsigned pkts_session_key_vlans(const struct pkts_session_key *key, uint16_t ids[2])
{
	const unsigned n = key->vlan >> 30;

	if (n != 1 && n != 2)
		return 0;
	ids[n - 1] = key->vlan & 0xfff;
	if (n == 2)
		ids[0] = key->vlan >> 12 & 0xfff;
	return n;
}

static void add_tunnel(struct pkts_session_key *key, unsigned proto, uint32_t number)
{
	if (key->tunnel == 0 && number >> 24 == 0)
		key->tunnel = COUNT(1) | (uint32_t)proto << 24 | number;
	else
		key->tunnel = mixed(key->tunnel, (uint64_t)proto << 32 | number);
}
_Static_assert(PKTS_PROTO_MAX <= 64, "the number of a protocol has 6 bits");

#define NVGRE 0x6558 /* Ethernet in GRE; RFC 7637 3.2: the key's last 8 bits tell flows apart */

static void add_gre(struct pkts_session_key *key, struct pkts_gre gre, unsigned what)
{
	uint32_t number = 0;
	uint16_t call = 0;

	if (pkts_gre_call_id(gre, &call)) {
		if (what & PKTS_KEY_TUNNEL_ONE_WAY)
			add_tunnel(key, PKTS_PROTO_PPP, call);
	} else if (what & PKTS_KEY_TUNNEL && pkts_gre_key(gre, &number)) {
		add_tunnel(key, PKTS_PROTO_GRE,
			pkts_gre_protocol(gre) == NVGRE ? number >> 8 : number);
	}
}

static void add_shared(struct pkts_session_key *key, unsigned proto, struct pkts_ref r)
{
	switch (proto) {
	case PKTS_PROTO_VXLAN:
		add_tunnel(key, proto, pkts_vxlan_vni(pkts_vxlan_at(r)));
		break;
	case PKTS_PROTO_GENEVE:
		add_tunnel(key, proto, pkts_geneve_vni(pkts_geneve_at(r)));
		break;
	case PKTS_PROTO_PPPOE:
		add_tunnel(key, proto, pkts_pppoe_session(pkts_pppoe_at(r)));
		break;
	default:
		break;
	}
}

static void add_one_way(struct pkts_session_key *key, unsigned proto, struct pkts_ref r)
{
	if (proto == PKTS_PROTO_MPLS)
		add_tunnel(key, proto, pkts_mpls_label(pkts_mpls_at(r)));
	else if (proto == PKTS_PROTO_GTP)
		add_tunnel(key, proto, pkts_gtp_teid(pkts_gtp_at(r)));
}

void pkts_key_add_networks(
	struct pkts_session_key *key, const struct pkts_packet *packet, unsigned i, unsigned what)
{
	if (!(what & (PKTS_KEY_VLAN | PKTS_KEY_TUNNEL | PKTS_KEY_TUNNEL_ONE_WAY)))
		return;
	while (i-- > 0) {
		const unsigned proto = packet->layers[i].proto;
		const struct pkts_ref r = pkts_packet_ref(packet, i);
		if (proto == PKTS_PROTO_VLAN && what & PKTS_KEY_VLAN)
			pkts_session_key_add_vlan(key, pkts_vlan_id(pkts_vlan_at(r)));
		if (proto == PKTS_PROTO_GRE)
			add_gre(key, pkts_gre_at(r), what);
		if (what & PKTS_KEY_TUNNEL)
			add_shared(key, proto, r);
		if (what & PKTS_KEY_TUNNEL_ONE_WAY)
			add_one_way(key, proto, r);
	}
}
