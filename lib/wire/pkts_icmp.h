/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* ICMP, RFC 792. */
#ifndef PKTS_ICMP_H
#define PKTS_ICMP_H

#include "pkts_field.h"

#define PKTS_ICMP_HEAD 8

/* clang-format off */
#define PKTS_ICMP_FIELDS(F, B) \
	F(icmp, type,  0,  8, DEC) /* PKTS_ICMP_ */ \
	F(icmp, code,  8,  8, DEC) /* by type */ \
	F(icmp, csum, 16, 16, HEX) /* over the whole message */ \
	F(icmp, rest, 32, 32, HEX) /* by type: identifier and sequence number, MTU, gateway, ... */
/* clang-format on */
PKTS_VIEW(icmp, PKTS_ICMP_FIELDS)

enum {
	PKTS_ICMP_ECHO_REPLY = 0,
	PKTS_ICMP_UNREACHABLE = 3,
	PKTS_ICMP_SOURCE_QUENCH = 4,
	PKTS_ICMP_REDIRECT = 5,
	PKTS_ICMP_ECHO = 8,
	PKTS_ICMP_TIME_EXCEEDED = 11,
	PKTS_ICMP_PARAMETER = 12,
};

/*
 * No reason of its own. Errors carry the IPv4 header and the first bytes of the datagram that they
 * are about: IPV4, or NONE if they quote nothing. All other messages carry NONE.
 */
PKTS_INLINE struct pkts_check pkts_icmp_check(struct pkts_ref s);

/* True for the messages that quote a datagram (RFC 1122 3.2.2). */
PKTS_INLINE bool pkts_icmp_is_error(struct pkts_icmp v);

/* inline definitions */

PKTS_INLINE bool pkts_icmp_is_error(struct pkts_icmp v)
{
	const uint32_t errors = 1u << PKTS_ICMP_UNREACHABLE | 1u << PKTS_ICMP_SOURCE_QUENCH |
				1u << PKTS_ICMP_REDIRECT | 1u << PKTS_ICMP_TIME_EXCEEDED |
				1u << PKTS_ICMP_PARAMETER;
	const uint8_t type = pkts_icmp_type(v);

	return type < 32 && (errors >> type & 1);
}

PKTS_INLINE struct pkts_check pkts_icmp_check(struct pkts_ref s)
{
	struct pkts_check c = {.head = PKTS_ICMP_HEAD, .len = s.len};

	if (pkts_missing(s, PKTS_ICMP_HEAD))
		return pkts_check_missing(s, PKTS_ICMP_HEAD);
	if (pkts_icmp_is_error(pkts_icmp_at(s)) && s.len > PKTS_ICMP_HEAD)
		c.next = PKTS_PROTO_IPV4;
	return c;
}

#endif
