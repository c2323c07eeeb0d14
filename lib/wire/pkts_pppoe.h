/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* PPP over Ethernet, RFC 2516: discovery (ethertype 0x8863) and session (0x8864). */
#ifndef PKTS_PPPOE_H
#define PKTS_PPPOE_H

#include "pkts_field.h"

#define PKTS_PPPOE_HEAD 6

/* clang-format off */
#define PKTS_PPPOE_FIELDS(F, B) \
	F(pppoe, version,  0,  4, DEC) /* 1 */ \
	F(pppoe, type,     4,  4, DEC) /* 1 */ \
	F(pppoe, code,     8,  8, HEX) /* 0 in a session, else PKTS_PPPOE_PADI, ... */ \
	F(pppoe, session, 16, 16, HEX) /* session id; 0 before there is one */ \
	F(pppoe, length,  32, 16, DEC) /* bytes behind this header; setting it voids the check */
/* clang-format on */
PKTS_VIEW(pppoe, PKTS_PPPOE_FIELDS)

enum {
	PKTS_PPPOE_SESSION = 0x00,
	PKTS_PPPOE_PADO = 0x07,
	PKTS_PPPOE_PADI = 0x09,
	PKTS_PPPOE_PADR = 0x19,
	PKTS_PPPOE_PADS = 0x65,
	PKTS_PPPOE_PADT = 0xa7,
};

/* PPPOE_VERSION; PPPOE_LENGTH. Carries PPP in a session, NONE in discovery. */
PKTS_INLINE struct pkts_check pkts_pppoe_check(struct pkts_ref s);

/* inline definitions */

PKTS_INLINE struct pkts_check pkts_pppoe_check(struct pkts_ref s)
{
	const struct pkts_pppoe pppoe = pkts_pppoe_at(s);
	struct pkts_check c = {.head = PKTS_PPPOE_HEAD};

	if (pkts_missing(s, PKTS_PPPOE_HEAD))
		return pkts_check_missing(s, PKTS_PPPOE_HEAD);
	if (s.p[0] != 0x11)
		return pkts_check_fatal(PKTS_REASON_PPPOE_VERSION, 0);
	c.len = PKTS_PPPOE_HEAD + (uint32_t)pkts_pppoe_length(pppoe);
	if (c.len > s.len) {
		pkts_check_invalid(&c, PKTS_REASON_PPPOE_LENGTH, 4);
		c.len = s.len;
	}
	if (pkts_pppoe_code(pppoe) == PKTS_PPPOE_SESSION)
		c.next = PKTS_PROTO_PPP;
	return c;
}

#endif
