/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Ethernet II and IEEE 802.3, without preamble and frame check sequence. */
#ifndef PKTS_ETH_H
#define PKTS_ETH_H

#include "pkts_ethertype.h"
#include "pkts_field.h"

#define PKTS_ETH_HEAD 14

/* clang-format off */
#define PKTS_ETH_FIELDS(F, B) \
	B(eth, dst,   0, 48, MAC) /* destination address */ \
	B(eth, src,  48, 48, MAC) /* source address */ \
	F(eth, type, 96, 16, HEX) /* EtherType from 0x600 up; up to 1500 a length in bytes (802.3) */
/* clang-format on */
PKTS_VIEW(eth, PKTS_ETH_FIELDS)

/* ETH_LENGTH. With an 802.3 length what follows is LLC, bounded by that length: padding is excess.
 */
PKTS_INLINE struct pkts_check pkts_eth_check(struct pkts_ref s);

/*
 * What follows a header of `head` bytes whose last two are an EtherType or an 802.3 length; shared
 * with the VLAN tag. The header is known to be readable.
 */
PKTS_INLINE struct pkts_check pkts_eth_check_type(struct pkts_ref s, uint16_t head);

/* inline definitions */

#define PKTS_ETH_LENGTH_MAX 1500

PKTS_INLINE struct pkts_check pkts_eth_check_type(struct pkts_ref s, uint16_t head)
{
	const uint16_t type = pkts_be16(s.p + head - 2);
	struct pkts_check c = {.head = head, .len = s.len};

	if (PKTS_LIKELY(type >= PKTS_ETHERTYPE_MIN)) {
		c.next = (uint8_t)pkts_ethertype_next(type);
		return c;
	}
	if (type > PKTS_ETH_LENGTH_MAX ||
		type == 0) /* neither; nothing has an LLC header of no bytes */
		return c;
	if (type > s.len - head) {
		c.invalid = PKTS_REASON_ETH_LENGTH;
		c.at = head - 2;
	} else {
		c.len = head + (uint32_t)type;
	}
	/* IPX straight behind the length starts with ff ff, which is no pair of LLC's SAPs. */
	if (c.len >= head + 2u && pkts_missing(s, head + 2u))
		return pkts_check_missing(s, head + 2u);
	const bool ipx = c.len >= head + 2u && pkts_be16(s.p + head) == 0xffff;
	c.next = ipx ? PKTS_PROTO_NONE : PKTS_PROTO_LLC;
	return c;
}

PKTS_INLINE struct pkts_check pkts_eth_check(struct pkts_ref s)
{
	if (pkts_missing(s, PKTS_ETH_HEAD))
		return pkts_check_missing(s, PKTS_ETH_HEAD);
	return pkts_eth_check_type(s, PKTS_ETH_HEAD);
}

#endif
