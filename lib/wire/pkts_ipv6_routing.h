/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* IPv6 routing header, RFC 8200 4.4, of any type. */
#ifndef PKTS_IPV6_ROUTING_H
#define PKTS_IPV6_ROUTING_H

#include "pkts_ipv6_ext.h"

#define PKTS_IPV6_ROUTING_HEAD                                                                     \
	4 /* without type-specific data; the whole is a multiple of 8 bytes */

/* clang-format off */
#define PKTS_IPV6_ROUTING_FIELDS(F, B) \
	F(ipv6_routing, next,           0, 8, DEC) /* next header, PKTS_IPPROTO_ */ \
	F(ipv6_routing, ext_length,     8, 8, DEC) /* in 8 bytes, less 1; voids the check */ \
	F(ipv6_routing, type,          16, 8, DEC) /* routing type, PKTS_IPV6_ROUTING_ */ \
	F(ipv6_routing, segments_left, 24, 8, DEC) /* nodes still to be visited */
/* clang-format on */
PKTS_VIEW(ipv6_routing, PKTS_IPV6_ROUTING_FIELDS)

enum {
	PKTS_IPV6_ROUTING_SOURCE = 0,  /* deprecated, RFC 5095 */
	PKTS_IPV6_ROUTING_MOBILE = 2,  /* RFC 6275 6.4 */
	PKTS_IPV6_ROUTING_RPL = 3,     /* RFC 6554 */
	PKTS_IPV6_ROUTING_SEGMENT = 4, /* segment routing, RFC 8754 */
};

/* IPV6_ROUTING, for the types above; IPV6_EXT_ORDER. */
struct pkts_check pkts_ipv6_routing_check(struct pkts_ref s);

/*
 * The 16 bytes of the address that a packet under way is going to in the end: what upper-layer
 * checksums are made with (RFC 8200 8.1). NULL if the IPv6 header has it (no segments left), if the
 * type is unknown, or RPL, whose addresses are compressed.
 */
const uint8_t *pkts_ipv6_routing_final(struct pkts_ipv6_routing v);

#endif
