/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* IPv6 fragment header, RFC 8200 4.5. */
#ifndef PKTS_IPV6_FRAG_H
#define PKTS_IPV6_FRAG_H

#include "pkts_ipv6_ext.h"

#define PKTS_IPV6_FRAG_HEAD 8

/* clang-format off */
#define PKTS_IPV6_FRAG_FIELDS(F, B) \
	F(ipv6_frag, next,         0,  8, DEC)  /* of the whole datagram, PKTS_IPPROTO_ */ \
	F(ipv6_frag, reserved,     8,  8, DEC)  /* 0 */ \
	F(ipv6_frag, frag_offset, 16, 13, DEC)  /* in 8 bytes, from the unfragmentable part */ \
	F(ipv6_frag, reserved2,   29,  2, DEC)  /* 0 */ \
	F(ipv6_frag, more,        31,  1, FLAG) /* more fragments */ \
	F(ipv6_frag, id,          32, 32, HEX)  /* identification, for reassembly */
/* clang-format on */
PKTS_VIEW(ipv6_frag, PKTS_IPV6_FRAG_FIELDS)

/*
 * IPV6_FRAGMENT, IPV6_EXT_ORDER. A fragment that is not the first carries NONE. The end of the
 * datagram is reckoned from this header: extension headers before it (the unfragmentable part) do
 * not count.
 */
PKTS_INLINE struct pkts_check pkts_ipv6_frag_check(struct pkts_ref s);

/* True for any piece of a fragmented datagram, the first too; not for an atomic one (RFC 6946). */
PKTS_INLINE bool pkts_ipv6_frag_is_fragment(struct pkts_ipv6_frag v);

/* inline definitions */

PKTS_INLINE bool pkts_ipv6_frag_is_fragment(struct pkts_ipv6_frag v)
{
	return pkts_ipv6_frag_frag_offset(v) != 0 || pkts_ipv6_frag_more(v) != 0;
}

PKTS_INLINE bool pkts_ipv6_frag_fits(struct pkts_ipv6_frag v, uint32_t bytes)
{
	return pkts_ipv6_frag_frag_offset(v) * 8u + bytes <= 65535 &&
	       !(pkts_ipv6_frag_more(v) && bytes % 8 != 0);
}

PKTS_INLINE struct pkts_check pkts_ipv6_frag_check(struct pkts_ref s)
{
	const struct pkts_ipv6_frag frag = pkts_ipv6_frag_at(s);
	struct pkts_check c = {.head = PKTS_IPV6_FRAG_HEAD, .len = s.len};

	if (pkts_missing(s, PKTS_IPV6_FRAG_HEAD))
		return pkts_check_missing(s, PKTS_IPV6_FRAG_HEAD);
	if (pkts_ipv6_frag_is_fragment(frag) &&
		!pkts_ipv6_frag_fits(frag, s.len - PKTS_IPV6_FRAG_HEAD))
		pkts_check_invalid(&c, PKTS_REASON_IPV6_FRAGMENT, 2);
	if (pkts_ipv6_frag_frag_offset(frag) == 0)
		pkts_ipv6_ext_next(&c, pkts_ipv6_frag_next(frag));
	return c;
}

#endif
