/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* ARP, RFC 826; RARP and the like share its format. */
#ifndef PKTS_ARP_H
#define PKTS_ARP_H

#include "pkts_ethertype.h"
#include "pkts_field.h"

#define PKTS_ARP_HEAD	   8  /* without addresses */
#define PKTS_ARP_IPV4_HEAD 28 /* with those of Ethernet and IPv4 */

/* clang-format off */
#define PKTS_ARP_FIELDS(F, B) \
	F(arp, hardware,       0, 16, DEC) /* hardware type, PKTS_ARP_ETHERNET, ... */ \
	F(arp, protocol,      16, 16, HEX) /* protocol type, an ethertype */ \
	F(arp, hardware_size, 32,  8, DEC) /* bytes of sha, tha; setting it voids the check */ \
	F(arp, protocol_size, 40,  8, DEC) /* bytes of spa, tpa; setting it voids the check */ \
	F(arp, operation,     48, 16, DEC) /* PKTS_ARP_REQUEST, ... */
/* What follows in ARP for IPv4 over Ethernet. Other sizes: RFC 826, each address by its size. */
#define PKTS_ARP_IPV4_FIELDS(F, B) \
	B(arp_ipv4, sha,  64, 48, MAC)  /* sender's hardware address */ \
	F(arp_ipv4, spa, 112, 32, IPV4) /* sender's protocol address, host order */ \
	B(arp_ipv4, tha, 144, 48, MAC)  /* target's hardware address */ \
	F(arp_ipv4, tpa, 192, 32, IPV4) /* target's protocol address, host order */
/* clang-format on */
PKTS_VIEW(arp, PKTS_ARP_FIELDS)
PKTS_VIEW(arp_ipv4, PKTS_ARP_IPV4_FIELDS)

enum {
	PKTS_ARP_ETHERNET = 1,
	PKTS_ARP_IEEE802 = 6,
	PKTS_ARP_IEEE1394 = 24,
};

enum {
	PKTS_ARP_REQUEST = 1,
	PKTS_ARP_REPLY = 2,
	PKTS_ARP_REVERSE_REQUEST = 3, /* RFC 903 */
	PKTS_ARP_REVERSE_REPLY = 4,
};

/*
 * ARP_LENGTHS. The header is the fixed part with all four addresses in the sizes that it names
 * (three on IEEE 1394, RFC 2734, which has no target hardware address); carries NONE.
 */
PKTS_INLINE struct pkts_check pkts_arp_check(struct pkts_ref s);

/* The addresses, if they are of Ethernet's and IPv4's sizes; else a view whose p is NULL. */
PKTS_INLINE struct pkts_arp_ipv4 pkts_arp_ipv4(struct pkts_arp v);

/* inline definitions */

PKTS_INLINE struct pkts_arp_ipv4 pkts_arp_ipv4(struct pkts_arp v)
{
	const bool fits = v.head >= PKTS_ARP_IPV4_HEAD && pkts_arp_hardware_size(v) == 6 &&
			  pkts_arp_protocol_size(v) == 4 &&
			  pkts_arp_hardware(v) != PKTS_ARP_IEEE1394;
	return (struct pkts_arp_ipv4){fits ? v.p : NULL, v.head, v.len};
}

PKTS_INLINE bool pkts_arp_sizes_suit(struct pkts_arp v)
{
	const uint16_t hardware = pkts_arp_hardware(v), protocol = pkts_arp_protocol(v);
	const bool mac = hardware == PKTS_ARP_ETHERNET || hardware == PKTS_ARP_IEEE802;

	return !(mac && pkts_arp_hardware_size(v) != 6) &&
	       !(protocol == PKTS_ETHERTYPE_IPV4 && pkts_arp_protocol_size(v) != 4);
}

PKTS_INLINE struct pkts_check pkts_arp_check(struct pkts_ref s)
{
	const struct pkts_arp arp = pkts_arp_at(s);
	struct pkts_check c = {.len = s.len};

	if (pkts_missing(s, PKTS_ARP_HEAD))
		return pkts_check_missing(s, PKTS_ARP_HEAD);
	const unsigned targets = pkts_arp_hardware(arp) == PKTS_ARP_IEEE1394 ? 1 : 2;
	c.head = (uint16_t)(PKTS_ARP_HEAD + pkts_arp_hardware_size(arp) * targets +
			    pkts_arp_protocol_size(arp) * 2u);
	if (pkts_missing(s, c.head))
		return pkts_check_missing(s, c.head);
	c.len = c.head; /* what follows is padding of the frame */
	if (!pkts_arp_sizes_suit(arp))
		pkts_check_invalid(&c, PKTS_REASON_ARP_LENGTHS, 4);
	return c;
}

#endif
