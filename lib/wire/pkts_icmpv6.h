/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* ICMPv6, RFC 4443, with the options of neighbour discovery, RFC 4861. */
#ifndef PKTS_ICMPV6_H
#define PKTS_ICMPV6_H

#include "pkts_field.h"
#include "pkts_tlv.h"

#define PKTS_ICMPV6_HEAD 8

/* clang-format off */
#define PKTS_ICMPV6_FIELDS(F, B) \
	F(icmpv6, type,  0,  8, DEC) /* PKTS_ICMPV6_; from 128 up it is informational */ \
	F(icmpv6, code,  8,  8, DEC) /* by type */ \
	F(icmpv6, csum, 16, 16, HEX) /* over pseudo-header and the whole message */ \
	F(icmpv6, rest, 32, 32, HEX) /* by type: identifier and sequence number, MTU, ... */
/* clang-format on */
PKTS_VIEW(icmpv6, PKTS_ICMPV6_FIELDS)

enum {
	PKTS_ICMPV6_UNREACHABLE = 1,
	PKTS_ICMPV6_TOO_BIG = 2,
	PKTS_ICMPV6_TIME_EXCEEDED = 3,
	PKTS_ICMPV6_PARAMETER = 4,
	PKTS_ICMPV6_ECHO = 128,
	PKTS_ICMPV6_ECHO_REPLY = 129,
	PKTS_ICMPV6_MLD_QUERY = 130,
	PKTS_ICMPV6_MLD_REPORT = 131,
	PKTS_ICMPV6_MLD_DONE = 132,
	PKTS_ICMPV6_ROUTER_SOLICIT = 133,
	PKTS_ICMPV6_ROUTER_ADVERT = 134,
	PKTS_ICMPV6_NEIGHBOUR_SOLICIT = 135,
	PKTS_ICMPV6_NEIGHBOUR_ADVERT = 136,
	PKTS_ICMPV6_REDIRECT = 137,
	PKTS_ICMPV6_MLDV2_REPORT = 143,
};

/* Options of neighbour discovery. */
enum {
	PKTS_NDP_SOURCE_LINK = 1,
	PKTS_NDP_TARGET_LINK = 2,
	PKTS_NDP_PREFIX = 3,
	PKTS_NDP_REDIRECTED = 4,
	PKTS_NDP_MTU = 5,
	PKTS_NDP_RDNSS = 25, /* RFC 8106 */
	PKTS_NDP_DNSSL = 31,
};

/*
 * ICMPV6_OPTION: in a neighbour discovery message, an option of length 0 or beyond the message, or
 * no room for what comes before the options. Errors carry the IPv6 packet that they are about:
 * IPV6, or NONE if they quote nothing. All other messages carry NONE. The header is the 8 bytes
 * that all messages share. Options are looked at as far as they are readable: one that is cut by
 * the capture, or goes on in another segment, is no reason.
 */
PKTS_INLINE struct pkts_check pkts_icmpv6_check(struct pkts_ref s);

/*
 * Walks the options of a neighbour discovery message with pkts_icmpv6_option_next(). s is the
 * message as for the check: s.head readable bytes of s.len. A message of another kind, or that is
 * readable up to less than its first option, has none. data is what follows the option's length
 * byte, padding included.
 */
struct pkts_tlv_iter pkts_icmpv6_options(struct pkts_ref s);

/* Reason: ICMPV6_OPTION, for a length of 0 and for one beyond the bytes that are readable. */
bool pkts_icmpv6_option_next(struct pkts_tlv_iter *it, struct pkts_tlv *option);

/* Does what pkts_icmpv6_check() does, for messages of neighbour discovery. */
struct pkts_check pkts_icmpv6_check_ndp(struct pkts_ref s);

/* True for the messages that quote a packet (RFC 4443 2.1), but not for private or unknown ones. */
PKTS_INLINE bool pkts_icmpv6_is_error(struct pkts_icmpv6 v);

/* True for the messages of neighbour discovery. */
PKTS_INLINE bool pkts_icmpv6_is_ndp(struct pkts_icmpv6 v);

/* inline definitions */

PKTS_INLINE bool pkts_icmpv6_is_error(struct pkts_icmpv6 v)
{
	const uint8_t type = pkts_icmpv6_type(v);
	return type >= PKTS_ICMPV6_UNREACHABLE && type <= PKTS_ICMPV6_PARAMETER;
}

PKTS_INLINE bool pkts_icmpv6_is_ndp(struct pkts_icmpv6 v)
{
	const uint8_t type = pkts_icmpv6_type(v);
	return type >= PKTS_ICMPV6_ROUTER_SOLICIT && type <= PKTS_ICMPV6_REDIRECT;
}

PKTS_INLINE struct pkts_check pkts_icmpv6_check(struct pkts_ref s)
{
	const struct pkts_icmpv6 icmp = pkts_icmpv6_at(s);
	struct pkts_check c = {.head = PKTS_ICMPV6_HEAD, .len = s.len};

	if (pkts_missing(s, PKTS_ICMPV6_HEAD))
		return pkts_check_missing(s, PKTS_ICMPV6_HEAD);
	if (pkts_icmpv6_is_ndp(icmp))
		return pkts_icmpv6_check_ndp(s);
	if (pkts_icmpv6_is_error(icmp) && s.len > PKTS_ICMPV6_HEAD)
		c.next = PKTS_PROTO_IPV6;
	return c;
}

#endif
