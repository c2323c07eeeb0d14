/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* PPP, RFC 1661, with or without the address and control bytes of HDLC-like framing, RFC 1662. */
#ifndef PKTS_PPP_H
#define PKTS_PPP_H

#include "pkts_field.h"

#define PKTS_PPP_HEAD 1 /* the shortest: a protocol compressed to one byte */

/*
 * Which bytes are there is up to what the two ends have agreed (RFC 1661 6.5, 6.6), so only the
 * first one has a fixed place. The protocol is read with pkts_ppp_protocol(); it is an optional
 * field too (pkts_optional.h), in the place that it has in this header.
 */
/* clang-format off */
#define PKTS_PPP_FIELDS(F, B) \
	F(ppp, first, 0, 8, HEX) /* ff: address, with more behind it; else of the protocol */
/* clang-format on */
PKTS_VIEW(ppp, PKTS_PPP_FIELDS)

enum {
	PKTS_PPP_IPV4 = 0x0021,
	PKTS_PPP_IPV6 = 0x0057,
	PKTS_PPP_MPLS = 0x0281,
	PKTS_PPP_MPLS_MULTICAST = 0x0283,
	PKTS_PPP_LCP = 0xc021,
};

/* No reason of its own. Carries IPv4, IPv6 or MPLS; NONE for the control protocols. */
PKTS_INLINE struct pkts_check pkts_ppp_check(struct pkts_ref s);

/* The protocol number, whether it takes one byte or two. */
PKTS_INLINE uint16_t pkts_ppp_protocol(struct pkts_ppp v);

/* The number that announces a protocol; LCP for those that have none. */
PKTS_INLINE uint16_t pkts_ppp_protocol_of(enum pkts_proto proto);

/* True if the address and control bytes are there. */
PKTS_INLINE bool pkts_ppp_has_address(struct pkts_ppp v);

/* inline definitions */

PKTS_INLINE bool pkts_ppp_has_address(struct pkts_ppp v)
{
	return v.head >= 3 && v.p[0] == 0xff && v.p[1] == 0x03;
}

PKTS_INLINE uint16_t pkts_ppp_protocol(struct pkts_ppp v)
{
	const uint8_t *const p = v.p + (pkts_ppp_has_address(v) ? 2 : 0);
	return p[0] & 1 ? p[0] : pkts_be16(p);
}

PKTS_INLINE uint16_t pkts_ppp_protocol_of(enum pkts_proto proto)
{
	switch (proto) {
	case PKTS_PROTO_IPV4:
		return PKTS_PPP_IPV4;
	case PKTS_PROTO_IPV6:
		return PKTS_PPP_IPV6;
	case PKTS_PROTO_MPLS:
		return PKTS_PPP_MPLS;
	default:
		return PKTS_PPP_LCP;
	}
}

PKTS_INLINE enum pkts_proto pkts_ppp_next(uint16_t protocol)
{
	switch (protocol) {
	case PKTS_PPP_IPV4:
		return PKTS_PROTO_IPV4;
	case PKTS_PPP_IPV6:
		return PKTS_PROTO_IPV6;
	case PKTS_PPP_MPLS:
	case PKTS_PPP_MPLS_MULTICAST:
		return PKTS_PROTO_MPLS;
	default:
		return PKTS_PROTO_NONE;
	}
}

/*
 * Protocol numbers end in an odd byte, and no byte before that one is odd: so an odd byte is a
 * whole protocol. But ff is none when 03 follows: these are address and control.
 */
PKTS_INLINE struct pkts_check pkts_ppp_check(struct pkts_ref s)
{
	struct pkts_check c = {.head = PKTS_PPP_HEAD, .len = s.len};

	if (pkts_missing(s, c.head))
		return pkts_check_missing(s, c.head);
	if (s.p[0] == 0xff) {
		if (pkts_missing(s, 3))
			return pkts_check_missing(s, 3);
		c.head = pkts_ppp_has_address(pkts_ppp_at(s)) ? 3 : 1;
	}
	if ((s.p[c.head - 1] & 1) == 0)
		c.head++;
	if (pkts_missing(s, c.head))
		return pkts_check_missing(s, c.head);
	s.head = c.head;
	c.next = (uint8_t)pkts_ppp_next(pkts_ppp_protocol(pkts_ppp_at(s)));
	return c;
}

#endif
