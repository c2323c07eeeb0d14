/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Every protocol as data, and its check by number. */
#include "pkts_protocols.h"

PKTS_TABLE(eth, PKTS_ETH_FIELDS)
PKTS_TABLE(llc, PKTS_LLC_FIELDS)
PKTS_TABLE(snap, PKTS_SNAP_FIELDS)
PKTS_TABLE(vlan, PKTS_VLAN_FIELDS)
PKTS_TABLE(mpls, PKTS_MPLS_FIELDS)
PKTS_TABLE(pppoe, PKTS_PPPOE_FIELDS)
PKTS_TABLE(ppp, PKTS_PPP_FIELDS)
PKTS_TABLE(arp, PKTS_ARP_FIELDS)
PKTS_TABLE(ipv4, PKTS_IPV4_FIELDS)
PKTS_TABLE(ipv6, PKTS_IPV6_FIELDS)
PKTS_TABLE(ipv6_hopopts, PKTS_IPV6_HOPOPTS_FIELDS)
PKTS_TABLE(ipv6_routing, PKTS_IPV6_ROUTING_FIELDS)
PKTS_TABLE(ipv6_frag, PKTS_IPV6_FRAG_FIELDS)
PKTS_TABLE(ipv6_dstopts, PKTS_IPV6_DSTOPTS_FIELDS)
PKTS_TABLE(ipv6_mobility, PKTS_IPV6_MOBILITY_FIELDS)
PKTS_TABLE(ipv6_hip, PKTS_IPV6_HIP_FIELDS)
PKTS_TABLE(ipv6_shim6, PKTS_IPV6_SHIM6_FIELDS)
PKTS_TABLE(ah, PKTS_AH_FIELDS)
PKTS_TABLE(esp, PKTS_ESP_FIELDS)
PKTS_TABLE(icmp, PKTS_ICMP_FIELDS)
PKTS_TABLE(icmpv6, PKTS_ICMPV6_FIELDS)
PKTS_TABLE(igmp, PKTS_IGMP_FIELDS)
PKTS_TABLE(tcp, PKTS_TCP_FIELDS)
PKTS_TABLE(udp, PKTS_UDP_FIELDS)
PKTS_TABLE(udplite, PKTS_UDPLITE_FIELDS)
PKTS_TABLE(sctp, PKTS_SCTP_FIELDS)
PKTS_TABLE(gre, PKTS_GRE_FIELDS)
PKTS_TABLE(vxlan, PKTS_VXLAN_FIELDS)
PKTS_TABLE(geneve, PKTS_GENEVE_FIELDS)
PKTS_TABLE(gtp, PKTS_GTP_FIELDS)
PKTS_TABLE(sll, PKTS_SLL_FIELDS)
PKTS_TABLE(sll2, PKTS_SLL2_FIELDS)
PKTS_TABLE(null, PKTS_NULL_FIELDS)
PKTS_TABLE(raw, PKTS_RAW_FIELDS)

static const struct pkts_field none_fields[] = {{NULL, 0, 0, 0}};

static const struct pkts_proto_info infos[PKTS_PROTO_MAX] = {
	[PKTS_PROTO_NONE] = {"", "no layer that the library knows", none_fields, 0},
	PKTS_PROTOS(PKTS_INFO_ROW)};

static struct pkts_check check_none(struct pkts_ref s)
{
	(void)s;
	return pkts_check_fatal(PKTS_REASON_SHORT, 0);
}

PKTS_PROTOS(PKTS_CHECK_FUNCTION)

static struct pkts_check (*const checks[PKTS_PROTO_MAX])(struct pkts_ref) = {
	[PKTS_PROTO_NONE] = check_none, PKTS_PROTOS(PKTS_CHECK_ROW)};

static unsigned index_of(enum pkts_proto proto)
{
	return (unsigned)proto < PKTS_PROTO_MAX ? (unsigned)proto : PKTS_PROTO_NONE;
}

const struct pkts_proto_info *pkts_proto_info(enum pkts_proto proto)
{
	return &infos[index_of(proto)];
}

struct pkts_check pkts_check(enum pkts_proto proto, struct pkts_ref s)
{
	s.head = PKTS_MIN(s.head, s.len);
	return checks[index_of(proto)](s);
}

static bool same_name(const char *known, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (known[i] == 0 || known[i] != name[i])
			return false;
	return known[len] == 0;
}

enum pkts_proto pkts_proto_by_name(const char *name, size_t len)
{
	for (unsigned i = PKTS_PROTO_NONE + 1; i < PKTS_PROTO_MAX; i++)
		if (same_name(infos[i].name, name, len))
			return (enum pkts_proto)i;
	return PKTS_PROTO_NONE;
}
