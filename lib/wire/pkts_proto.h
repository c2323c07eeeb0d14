/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The protocols that the library knows: one row each. */
#ifndef PKTS_PROTO_H
#define PKTS_PROTO_H

#include "pkts_base.h"

/* P(ID, name, title): name is the one that show, JSON, counters and the accessors use. */
/* clang-format off */
#define PKTS_PROTOS(P) \
	P(ETH,          eth,          "Ethernet II, IEEE 802.3") \
	P(LLC,          llc,          "IEEE 802.2 LLC") \
	P(SNAP,         snap,         "SNAP, RFC 1042") \
	P(VLAN,         vlan,         "IEEE 802.1Q, 802.1ad tag") \
	P(MPLS,         mpls,         "MPLS label stack entry, RFC 3032") \
	P(PPPOE,        pppoe,        "PPP over Ethernet, RFC 2516") \
	P(PPP,          ppp,          "PPP, RFC 1661") \
	P(ARP,          arp,          "ARP, RFC 826") \
	P(IPV4,         ipv4,         "IPv4, RFC 791") \
	P(IPV6,         ipv6,         "IPv6, RFC 8200") \
	P(IPV6_HOPOPTS, ipv6_hopopts, "IPv6 hop-by-hop options, RFC 8200 4.3") \
	P(IPV6_ROUTING, ipv6_routing, "IPv6 routing header, RFC 8200 4.4") \
	P(IPV6_FRAG,    ipv6_frag,    "IPv6 fragment header, RFC 8200 4.5") \
	P(IPV6_DSTOPTS, ipv6_dstopts, "IPv6 destination options, RFC 8200 4.6") \
	P(IPV6_MOBILITY, ipv6_mobility, "IPv6 mobility header, RFC 6275 6.1") \
	P(IPV6_HIP,     ipv6_hip,     "Host identity protocol, RFC 7401 5.1") \
	P(IPV6_SHIM6,   ipv6_shim6,   "Shim6, RFC 5533 5") \
	P(AH,           ah,           "IP authentication header, RFC 4302") \
	P(ESP,          esp,          "IP encapsulating security payload, RFC 4303") \
	P(ICMP,         icmp,         "ICMP, RFC 792") \
	P(ICMPV6,       icmpv6,       "ICMPv6, RFC 4443") \
	P(IGMP,         igmp,         "IGMP, RFC 3376") \
	P(TCP,          tcp,          "TCP, RFC 9293") \
	P(UDP,          udp,          "UDP, RFC 768") \
	P(UDPLITE,      udplite,      "UDP-Lite, RFC 3828") \
	P(SCTP,         sctp,         "SCTP common header, RFC 9260") \
	P(GRE,          gre,          "GRE, RFC 2784, 2890, 2637") \
	P(VXLAN,        vxlan,        "VXLAN, RFC 7348") \
	P(GENEVE,       geneve,       "GENEVE, RFC 8926") \
	P(GTP,          gtp,          "GTPv1, 3GPP TS 29.281, 29.060") \
	P(SLL,          sll,          "Linux cooked capture, version 1") \
	P(SLL2,         sll2,         "Linux cooked capture, version 2") \
	P(NULL,         null,         "BSD loopback, null or loop") \
	P(RAW,          raw,          "IP with no link header")
/* clang-format on */

#define PKTS_PROTO_ENUM(ID, NAME, TITLE) PKTS_PROTO_##ID,
/* NONE stands for "no layer that the library knows": payload, or nothing at all. */
enum pkts_proto { PKTS_PROTO_NONE, PKTS_PROTOS(PKTS_PROTO_ENUM) PKTS_PROTO_MAX };
#undef PKTS_PROTO_ENUM
_Static_assert(PKTS_PROTO_MAX <= 64, "sets of protocols are 64-bit masks");

#endif
