/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Linux cooked capture, version 2: LINKTYPE_LINUX_SLL2, libpcap's pcap-linktype pages. */
#ifndef PKTS_SLL2_H
#define PKTS_SLL2_H

#include "pkts_sll.h"

#define PKTS_SLL2_HEAD 20

/* clang-format off */
#define PKTS_SLL2_FIELDS(F, B) \
	F(sll2, protocol,     0, 16, HEX)   /* an ethertype, or PKTS_SLL_802_2, ...; by arphrd */ \
	F(sll2, reserved,    16, 16, DEC)   /* 0 */ \
	F(sll2, ifindex,     32, 32, DEC)   /* the interface on the capturing host, from 1 */ \
	F(sll2, arphrd,      64, 16, DEC)   /* the device's ARPHRD_ value */ \
	F(sll2, packet_type, 80,  8, DEC)   /* PKTS_SLL_TO_US, ... */ \
	F(sll2, addr_length, 88,  8, DEC)   /* of the sender's address; may be above 8 */ \
	B(sll2, addr,        96, 64, BYTES) /* the sender's link-layer address, zero-filled */
/* clang-format on */
PKTS_VIEW(sll2, PKTS_SLL2_FIELDS)

/* No reason of its own. Carries what protocol says for that device. */
PKTS_INLINE struct pkts_check pkts_sll2_check(struct pkts_ref s);

/* inline definitions */

PKTS_INLINE struct pkts_check pkts_sll2_check(struct pkts_ref s)
{
	const struct pkts_sll2 sll = pkts_sll2_at(s);
	struct pkts_check c = {.head = PKTS_SLL2_HEAD, .len = s.len};

	if (pkts_missing(s, PKTS_SLL2_HEAD))
		return pkts_check_missing(s, PKTS_SLL2_HEAD);
	c.next = (uint8_t)pkts_sll_next(pkts_sll2_arphrd(sll), pkts_sll2_protocol(sll));
	return c;
}

#endif
