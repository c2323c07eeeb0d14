/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* IP protocol numbers: `protocol` of IPv4, `next` of IPv6, of its extension headers and of AH. */
#ifndef PKTS_IP_PROTOCOL_H
#define PKTS_IP_PROTOCOL_H

#include "pkts_proto.h"

/* IANA "Assigned Internet Protocol Numbers". */
enum {
	PKTS_IPPROTO_HOPOPTS = 0,    /* IPv6 hop-by-hop options */
	PKTS_IPPROTO_ICMP = 1,	     /* ICMP */
	PKTS_IPPROTO_IGMP = 2,	     /* IGMP */
	PKTS_IPPROTO_IPIP = 4,	     /* IPv4 */
	PKTS_IPPROTO_TCP = 6,	     /* TCP */
	PKTS_IPPROTO_UDP = 17,	     /* UDP */
	PKTS_IPPROTO_IPV6 = 41,	     /* IPv6 */
	PKTS_IPPROTO_ROUTING = 43,   /* IPv6 routing header */
	PKTS_IPPROTO_FRAGMENT = 44,  /* IPv6 fragment header */
	PKTS_IPPROTO_GRE = 47,	     /* GRE */
	PKTS_IPPROTO_ESP = 50,	     /* encapsulating security payload */
	PKTS_IPPROTO_AH = 51,	     /* authentication header */
	PKTS_IPPROTO_ICMPV6 = 58,    /* ICMPv6 */
	PKTS_IPPROTO_NONE = 59,	     /* IPv6: nothing follows */
	PKTS_IPPROTO_DSTOPTS = 60,   /* IPv6 destination options */
	PKTS_IPPROTO_SCTP = 132,     /* SCTP */
	PKTS_IPPROTO_MOBILITY = 135, /* IPv6 mobility header */
	PKTS_IPPROTO_UDPLITE = 136,  /* UDP-Lite */
	PKTS_IPPROTO_MPLS = 137,     /* MPLS in IP, RFC 4023 */
	PKTS_IPPROTO_HIP = 139,	     /* host identity protocol */
	PKTS_IPPROTO_SHIM6 = 140,    /* Shim6 */
	PKTS_IPPROTO_ETHERNET = 143, /* Ethernet, RFC 8986 */
};

/* What a protocol number announces; NONE for "no next header" and for all that the library lacks.
 */
PKTS_INLINE enum pkts_proto pkts_ip_next(uint8_t protocol);

/* The number that announces a protocol; "no next header" for those that have none. */
PKTS_INLINE uint8_t pkts_ip_protocol_of(enum pkts_proto proto);

/* inline definitions */

PKTS_INLINE uint8_t pkts_ip_protocol_of(enum pkts_proto proto)
{
	switch (proto) {
	case PKTS_PROTO_TCP:
		return PKTS_IPPROTO_TCP;
	case PKTS_PROTO_UDP:
		return PKTS_IPPROTO_UDP;
	case PKTS_PROTO_IPV6_HOPOPTS:
		return PKTS_IPPROTO_HOPOPTS;
	case PKTS_PROTO_ICMP:
		return PKTS_IPPROTO_ICMP;
	case PKTS_PROTO_IGMP:
		return PKTS_IPPROTO_IGMP;
	case PKTS_PROTO_IPV4:
		return PKTS_IPPROTO_IPIP;
	case PKTS_PROTO_IPV6:
		return PKTS_IPPROTO_IPV6;
	case PKTS_PROTO_IPV6_ROUTING:
		return PKTS_IPPROTO_ROUTING;
	case PKTS_PROTO_IPV6_FRAG:
		return PKTS_IPPROTO_FRAGMENT;
	case PKTS_PROTO_GRE:
		return PKTS_IPPROTO_GRE;
	case PKTS_PROTO_ESP:
		return PKTS_IPPROTO_ESP;
	case PKTS_PROTO_AH:
		return PKTS_IPPROTO_AH;
	case PKTS_PROTO_ICMPV6:
		return PKTS_IPPROTO_ICMPV6;
	case PKTS_PROTO_IPV6_DSTOPTS:
		return PKTS_IPPROTO_DSTOPTS;
	case PKTS_PROTO_SCTP:
		return PKTS_IPPROTO_SCTP;
	case PKTS_PROTO_IPV6_MOBILITY:
		return PKTS_IPPROTO_MOBILITY;
	case PKTS_PROTO_IPV6_HIP:
		return PKTS_IPPROTO_HIP;
	case PKTS_PROTO_IPV6_SHIM6:
		return PKTS_IPPROTO_SHIM6;
	case PKTS_PROTO_UDPLITE:
		return PKTS_IPPROTO_UDPLITE;
	case PKTS_PROTO_MPLS:
		return PKTS_IPPROTO_MPLS;
	case PKTS_PROTO_ETH:
		return PKTS_IPPROTO_ETHERNET;
	default:
		return PKTS_IPPROTO_NONE;
	}
}

PKTS_INLINE enum pkts_proto pkts_ip_next(uint8_t protocol)
{
	/* The usual ones first: the switch becomes a search. */
	if (PKTS_LIKELY(protocol == PKTS_IPPROTO_TCP))
		return PKTS_PROTO_TCP;
	if (PKTS_LIKELY(protocol == PKTS_IPPROTO_UDP))
		return PKTS_PROTO_UDP;
	switch (protocol) {
	case PKTS_IPPROTO_HOPOPTS:
		return PKTS_PROTO_IPV6_HOPOPTS;
	case PKTS_IPPROTO_ICMP:
		return PKTS_PROTO_ICMP;
	case PKTS_IPPROTO_IGMP:
		return PKTS_PROTO_IGMP;
	case PKTS_IPPROTO_IPIP:
		return PKTS_PROTO_IPV4;
	case PKTS_IPPROTO_IPV6:
		return PKTS_PROTO_IPV6;
	case PKTS_IPPROTO_ROUTING:
		return PKTS_PROTO_IPV6_ROUTING;
	case PKTS_IPPROTO_FRAGMENT:
		return PKTS_PROTO_IPV6_FRAG;
	case PKTS_IPPROTO_GRE:
		return PKTS_PROTO_GRE;
	case PKTS_IPPROTO_ESP:
		return PKTS_PROTO_ESP;
	case PKTS_IPPROTO_AH:
		return PKTS_PROTO_AH;
	case PKTS_IPPROTO_ICMPV6:
		return PKTS_PROTO_ICMPV6;
	case PKTS_IPPROTO_DSTOPTS:
		return PKTS_PROTO_IPV6_DSTOPTS;
	case PKTS_IPPROTO_SCTP:
		return PKTS_PROTO_SCTP;
	case PKTS_IPPROTO_MOBILITY:
		return PKTS_PROTO_IPV6_MOBILITY;
	case PKTS_IPPROTO_HIP:
		return PKTS_PROTO_IPV6_HIP;
	case PKTS_IPPROTO_SHIM6:
		return PKTS_PROTO_IPV6_SHIM6;
	case PKTS_IPPROTO_UDPLITE:
		return PKTS_PROTO_UDPLITE;
	case PKTS_IPPROTO_MPLS:
		return PKTS_PROTO_MPLS;
	case PKTS_IPPROTO_ETHERNET:
		return PKTS_PROTO_ETH;
	default:
		return PKTS_PROTO_NONE;
	}
}

#endif
