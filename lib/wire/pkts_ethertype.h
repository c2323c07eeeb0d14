/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Ethertypes: `type` of Ethernet II, VLAN and SNAP, `protocol` of GRE, GENEVE and cooked captures.
 */
#ifndef PKTS_ETHERTYPE_H
#define PKTS_ETHERTYPE_H

#include "pkts_proto.h"

/* IANA "IEEE 802 Numbers". */
enum {
	PKTS_ETHERTYPE_MIN = 0x0600, /* smaller values are an IEEE 802.3 length, or none at all */
	PKTS_ETHERTYPE_IPV4 = 0x0800,
	PKTS_ETHERTYPE_ARP = 0x0806,
	PKTS_ETHERTYPE_RARP = 0x8035, /* RFC 903: ARP's format, other operations */
	PKTS_ETHERTYPE_TEB = 0x6558,  /* transparent Ethernet bridging: an Ethernet frame */
	PKTS_ETHERTYPE_VLAN = 0x8100, /* IEEE 802.1Q, customer tag */
	PKTS_ETHERTYPE_IPV6 = 0x86dd,
	PKTS_ETHERTYPE_PPP = 0x880b,
	PKTS_ETHERTYPE_MPLS = 0x8847,
	PKTS_ETHERTYPE_MPLS_UPSTREAM = 0x8848, /* RFC 5332: upstream-assigned labels */
	PKTS_ETHERTYPE_PPPOE_DISCOVERY = 0x8863,
	PKTS_ETHERTYPE_PPPOE_SESSION = 0x8864,
	PKTS_ETHERTYPE_EXPERIMENT = 0x88b5, /* IEEE 802: local experimental ethertype 1 */
	PKTS_ETHERTYPE_QINQ = 0x88a8,	    /* IEEE 802.1ad, service tag */
	PKTS_ETHERTYPE_QINQ_9100 = 0x9100,  /* service tags from before IEEE 802.1ad */
	PKTS_ETHERTYPE_QINQ_9200 = 0x9200,
};

/* What an ethertype announces; NONE for a length and for all that the library lacks. */
PKTS_INLINE enum pkts_proto pkts_ethertype_next(uint16_t type);

/*
 * The ethertype that announces a protocol (PPPoE's is that of a session). For those that have none
 * the first of IEEE 802's for local experiments: a receiver that knows nothing of the experiment
 * passes over it.
 */
PKTS_INLINE uint16_t pkts_ethertype_of(enum pkts_proto proto);

/* inline definitions */

PKTS_INLINE uint16_t pkts_ethertype_of(enum pkts_proto proto)
{
	switch (proto) {
	case PKTS_PROTO_IPV4:
		return PKTS_ETHERTYPE_IPV4;
	case PKTS_PROTO_IPV6:
		return PKTS_ETHERTYPE_IPV6;
	case PKTS_PROTO_ARP:
		return PKTS_ETHERTYPE_ARP;
	case PKTS_PROTO_VLAN:
		return PKTS_ETHERTYPE_VLAN;
	case PKTS_PROTO_MPLS:
		return PKTS_ETHERTYPE_MPLS;
	case PKTS_PROTO_PPPOE:
		return PKTS_ETHERTYPE_PPPOE_SESSION;
	case PKTS_PROTO_PPP:
		return PKTS_ETHERTYPE_PPP;
	case PKTS_PROTO_ETH:
		return PKTS_ETHERTYPE_TEB;
	default:
		return PKTS_ETHERTYPE_EXPERIMENT;
	}
}

PKTS_INLINE enum pkts_proto pkts_ethertype_next(uint16_t type)
{
	/* The usual ones first: the switch becomes a search. */
	if (PKTS_LIKELY(type == PKTS_ETHERTYPE_IPV4))
		return PKTS_PROTO_IPV4;
	if (PKTS_LIKELY(type == PKTS_ETHERTYPE_IPV6))
		return PKTS_PROTO_IPV6;
	switch (type) {
	case PKTS_ETHERTYPE_ARP:
	case PKTS_ETHERTYPE_RARP:
		return PKTS_PROTO_ARP;
	case PKTS_ETHERTYPE_VLAN:
	case PKTS_ETHERTYPE_QINQ:
	case PKTS_ETHERTYPE_QINQ_9100:
	case PKTS_ETHERTYPE_QINQ_9200:
		return PKTS_PROTO_VLAN;
	case PKTS_ETHERTYPE_MPLS:
	case PKTS_ETHERTYPE_MPLS_UPSTREAM:
		return PKTS_PROTO_MPLS;
	case PKTS_ETHERTYPE_PPPOE_DISCOVERY:
	case PKTS_ETHERTYPE_PPPOE_SESSION:
		return PKTS_PROTO_PPPOE;
	case PKTS_ETHERTYPE_PPP:
		return PKTS_PROTO_PPP;
	case PKTS_ETHERTYPE_TEB:
		return PKTS_PROTO_ETH;
	default:
		return PKTS_PROTO_NONE;
	}
}

#endif
