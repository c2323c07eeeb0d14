/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* BSD loopback: LINKTYPE_NULL and LINKTYPE_LOOP, libpcap's pcap-linktype pages. */
#ifndef PKTS_NULL_H
#define PKTS_NULL_H

#include "pkts_field.h"

#define PKTS_NULL_HEAD 4

/*
 * The family is in the byte order of the host that captured (null) or in network order (loop), and
 * the bytes do not say which: the row reads them in network order, pkts_null_family() finds out.
 */
/* clang-format off */
#define PKTS_NULL_FIELDS(F, B) \
	F(null, raw_family, 0, 32, HEX) /* address family, bytes as captured */
/* clang-format on */
PKTS_VIEW(null, PKTS_NULL_FIELDS)

/* Address families: IPv4 is the same everywhere, IPv6 is not. */
enum {
	PKTS_NULL_IPV4 = 2,
	PKTS_NULL_IPV6_LINUX = 10,
	PKTS_NULL_IPV6_BSD = 24,     /* NetBSD, OpenBSD, BSD/OS */
	PKTS_NULL_IPV6_FREEBSD = 28, /* FreeBSD, DragonFly */
	PKTS_NULL_IPV6_DARWIN = 30,  /* macOS, iOS */
};

/* No reason of its own. Carries IPV4 or IPV6, NONE for other families. */
PKTS_INLINE struct pkts_check pkts_null_check(struct pkts_ref s);

/* The address family. Families are small numbers, so a large one is one with its bytes reversed. */
PKTS_INLINE uint32_t pkts_null_family(struct pkts_null v);

/* inline definitions */

PKTS_INLINE uint32_t pkts_null_family(struct pkts_null v)
{
	const uint32_t family = pkts_null_raw_family(v);
	return family > UINT16_MAX ? __builtin_bswap32(family) : family;
}

PKTS_INLINE enum pkts_proto pkts_null_next(uint32_t family)
{
	switch (family) {
	case PKTS_NULL_IPV4:
		return PKTS_PROTO_IPV4;
	case PKTS_NULL_IPV6_LINUX:
	case PKTS_NULL_IPV6_BSD:
	case PKTS_NULL_IPV6_FREEBSD:
	case PKTS_NULL_IPV6_DARWIN:
		return PKTS_PROTO_IPV6;
	default:
		return PKTS_PROTO_NONE;
	}
}

PKTS_INLINE struct pkts_check pkts_null_check(struct pkts_ref s)
{
	struct pkts_check c = {.head = PKTS_NULL_HEAD, .len = s.len};

	if (pkts_missing(s, PKTS_NULL_HEAD))
		return pkts_check_missing(s, PKTS_NULL_HEAD);
	c.next = (uint8_t)pkts_null_next(pkts_null_family(pkts_null_at(s)));
	return c;
}

#endif
