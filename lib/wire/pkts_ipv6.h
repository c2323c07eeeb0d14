/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* IPv6, the fixed header: RFC 8200 3. Extension headers are layers of their own. */
#ifndef PKTS_IPV6_H
#define PKTS_IPV6_H

#include "pkts_field.h"
#include "pkts_ip_protocol.h"

#define PKTS_IPV6_HEAD 40

/* clang-format off */
#define PKTS_IPV6_FIELDS(F, B) \
	F(ipv6, version,          0,   4, DEC)  /* 6 */ \
	F(ipv6, dscp,             4,   6, DEC)  /* differentiated services code point, RFC 2474 */ \
	F(ipv6, ecn,             10,   2, DEC)  /* 0 not capable, 1 ECT(1), 2 ECT(0), 3 congestion, RFC 3168 5 */ \
	F(ipv6, flow,            12,  20, HEX)  /* flow label, RFC 6437 */ \
	F(ipv6, payload_length,  32,  16, DEC)  /* bytes behind this header; setting it voids the check */ \
	F(ipv6, next,            48,   8, DEC)  /* next header, PKTS_IPPROTO_ */ \
	F(ipv6, hop_limit,       56,   8, DEC)  /* hops */ \
	B(ipv6, src,             64, 128, IPV6) /* source address */ \
	B(ipv6, dst,            192, 128, IPV6) /* destination address */
/* clang-format on */
PKTS_VIEW(ipv6, PKTS_IPV6_FIELDS)

/*
 * IPV6_VERSION; IPV6_LENGTH_LONG. A payload length of 0 stands for all bytes where a hop-by-hop
 * header follows, which may hold the jumbo length (RFC 2675), or where more than 65,535 bytes are
 * there.
 */
PKTS_INLINE struct pkts_check pkts_ipv6_check(struct pkts_ref s);

/* As pkts_ipv4_check_plain(): true for headers with a payload length that is above 0 and fits. */
PKTS_INLINE bool pkts_ipv6_check_plain(struct pkts_ref s, struct pkts_check *c);

/* inline definitions */

PKTS_INLINE bool pkts_ipv6_check_plain(struct pkts_ref s, struct pkts_check *c)
{
	if (PKTS_UNLIKELY(s.head <= PKTS_IPV6_HEAD || (s.p[0] & 0xf0) != 0x60))
		return false;
	const uint32_t payload = pkts_be16(s.p + 4);
	/* Without a sign: 0 is too much as well. */
	if (PKTS_UNLIKELY(payload - 1u >= s.len - PKTS_IPV6_HEAD))
		return false;
	*c = (struct pkts_check){.next = (uint8_t)pkts_ip_next(s.p[6]),
		.head = PKTS_IPV6_HEAD,
		.len = PKTS_IPV6_HEAD + payload};
	return true;
}

PKTS_INLINE struct pkts_check pkts_ipv6_check(struct pkts_ref s)
{
	const struct pkts_ipv6 ip = pkts_ipv6_at(s);
	struct pkts_check c = {.head = PKTS_IPV6_HEAD};

	if (pkts_missing(s, PKTS_IPV6_HEAD))
		return pkts_check_missing(s, PKTS_IPV6_HEAD);
	if (PKTS_UNLIKELY(pkts_ipv6_version(ip) != 6))
		return pkts_check_fatal(PKTS_REASON_IPV6_VERSION, 0);
	c.next = (uint8_t)pkts_ip_next(pkts_ipv6_next(ip));
	c.len = PKTS_IPV6_HEAD + (uint32_t)pkts_ipv6_payload_length(ip);
	if (PKTS_UNLIKELY(c.len > s.len)) {
		c.invalid = PKTS_REASON_IPV6_LENGTH_LONG;
		c.at = 4;
		c.len = s.len;
	} else if (PKTS_UNLIKELY(c.len == PKTS_IPV6_HEAD)) {
		if (c.next == PKTS_PROTO_IPV6_HOPOPTS || s.len > PKTS_IPV6_HEAD + 65535u)
			c.len = s.len;
	}
	return c;
}

#endif
