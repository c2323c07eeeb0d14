/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* IPv6 mobility header, RFC 6275 6.1: messages of mobile nodes, with any message type. */
#ifndef PKTS_IPV6_MOBILITY_H
#define PKTS_IPV6_MOBILITY_H

#include "pkts_ipv6_ext.h"

#define PKTS_IPV6_MOBILITY_HEAD 6 /* without message data; the whole is a multiple of 8 bytes */

/* clang-format off */
#define PKTS_IPV6_MOBILITY_FIELDS(F, B) \
	F(ipv6_mobility, next,        0,  8, DEC) /* payload proto: "no next header", PKTS_IPPROTO_ */ \
	F(ipv6_mobility, ext_length,  8,  8, DEC) /* in 8 bytes, less 1; setting it voids the check */ \
	F(ipv6_mobility, type,       16,  8, DEC) /* mobility header type, PKTS_IPV6_MOBILITY_ */ \
	F(ipv6_mobility, reserved,   24,  8, DEC) /* 0 */ \
	F(ipv6_mobility, csum,       32, 16, HEX) /* over this header and a pseudo-header */
/* clang-format on */
PKTS_VIEW(ipv6_mobility, PKTS_IPV6_MOBILITY_FIELDS)

enum {
	PKTS_IPV6_MOBILITY_REFRESH_REQUEST = 0,
	PKTS_IPV6_MOBILITY_HOME_TEST_INIT = 1,
	PKTS_IPV6_MOBILITY_CARE_OF_TEST_INIT = 2,
	PKTS_IPV6_MOBILITY_HOME_TEST = 3,
	PKTS_IPV6_MOBILITY_CARE_OF_TEST = 4,
	PKTS_IPV6_MOBILITY_BINDING_UPDATE = 5,
	PKTS_IPV6_MOBILITY_BINDING_ACK = 6,
	PKTS_IPV6_MOBILITY_BINDING_ERROR = 7,
};

/* IPV6_MOBILITY, its length for the types above only (RFC 6275 9.2); IPV6_EXT_ORDER. */
struct pkts_check pkts_ipv6_mobility_check(struct pkts_ref s);

#endif
