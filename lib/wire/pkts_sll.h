/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Linux cooked capture, version 1: LINKTYPE_LINUX_SLL, libpcap's pcap-linktype pages. */
#ifndef PKTS_SLL_H
#define PKTS_SLL_H

#include "pkts_ethertype.h"
#include "pkts_field.h"

#define PKTS_SLL_HEAD 16

/* clang-format off */
#define PKTS_SLL_FIELDS(F, B) \
	F(sll, packet_type,   0, 16, DEC)   /* PKTS_SLL_TO_US, ... */ \
	F(sll, arphrd,       16, 16, DEC)   /* the device's ARPHRD_ value */ \
	F(sll, addr_length,  32, 16, DEC)   /* of the sender's address; may be above 8 */ \
	B(sll, addr,         48, 64, BYTES) /* the sender's link-layer address, zero-filled */ \
	F(sll, protocol,    112, 16, HEX)   /* an ethertype, or PKTS_SLL_802_2, ...; by arphrd */
/* clang-format on */
PKTS_VIEW(sll, PKTS_SLL_FIELDS)

enum {
	PKTS_SLL_TO_US = 0,
	PKTS_SLL_BROADCAST = 1,
	PKTS_SLL_MULTICAST = 2,
	PKTS_SLL_TO_OTHER = 3,
	PKTS_SLL_OUTGOING = 4,
};

/* Devices whose protocol field is something else than an ethertype. */
enum {
	PKTS_ARPHRD_FRAD = 770,	    /* frame relay */
	PKTS_ARPHRD_IPGRE = 778,    /* GRE's protocol type */
	PKTS_ARPHRD_RADIOTAP = 803, /* ignored: a radiotap header follows */
	PKTS_ARPHRD_NETLINK = 824,  /* netlink family */
};

/* Values of protocol below the ethertypes. */
enum {
	PKTS_SLL_NOVELL = 1, /* IEEE 802.3 without LLC */
	PKTS_SLL_802_2 = 4,  /* LLC */
};

/* No reason of its own. Carries what protocol says for that device. */
PKTS_INLINE struct pkts_check pkts_sll_check(struct pkts_ref s);

/* What both versions of the header carry. */
PKTS_INLINE enum pkts_proto pkts_sll_next(uint16_t arphrd, uint16_t protocol);

/* inline definitions */

PKTS_INLINE enum pkts_proto pkts_sll_next(uint16_t arphrd, uint16_t protocol)
{
	switch (arphrd) {
	case PKTS_ARPHRD_FRAD:
	case PKTS_ARPHRD_RADIOTAP:
	case PKTS_ARPHRD_NETLINK:
		return PKTS_PROTO_NONE;
	case PKTS_ARPHRD_IPGRE:
		return pkts_ethertype_next(protocol);
	default:
		return protocol == PKTS_SLL_802_2 ? PKTS_PROTO_LLC : pkts_ethertype_next(protocol);
	}
}

PKTS_INLINE struct pkts_check pkts_sll_check(struct pkts_ref s)
{
	const struct pkts_sll sll = pkts_sll_at(s);
	struct pkts_check c = {.head = PKTS_SLL_HEAD, .len = s.len};

	if (pkts_missing(s, PKTS_SLL_HEAD))
		return pkts_check_missing(s, PKTS_SLL_HEAD);
	c.next = (uint8_t)pkts_sll_next(pkts_sll_arphrd(sll), pkts_sll_protocol(sll));
	return c;
}

#endif
