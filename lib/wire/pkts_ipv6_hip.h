/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Host identity protocol, RFC 7401 5.1: an extension header of IPv6, and carried by IPv4 too. */
#ifndef PKTS_IPV6_HIP_H
#define PKTS_IPV6_HIP_H

#include "pkts_ipv6_ext.h"

#define PKTS_IPV6_HIP_HEAD 40 /* without parameters; the whole is a multiple of 8 bytes */

/* clang-format off */
#define PKTS_IPV6_HIP_FIELDS(F, B) \
	F(ipv6_hip, next,           0,   8, DEC)  /* next header, PKTS_IPPROTO_ */ \
	F(ipv6_hip, ext_length,     8,   8, DEC)  /* in 8 bytes, less 1; setting it voids the check */ \
	F(ipv6_hip, zero,          16,   1, FLAG) /* 0: not Shim6 with payload */ \
	F(ipv6_hip, type,          17,   7, DEC)  /* packet type, PKTS_IPV6_HIP_ */ \
	F(ipv6_hip, version,       24,   4, DEC)  /* 2; 1 of RFC 5201 */ \
	F(ipv6_hip, reserved,      28,   3, DEC)  /* 0 */ \
	F(ipv6_hip, one,           31,   1, FLAG) /* 1: not a Shim6 message */ \
	F(ipv6_hip, csum,          32,  16, HEX)  /* over this header and a pseudo-header */ \
	F(ipv6_hip, controls,      48,  16, HEX)  /* 1: the sender is anonymous */ \
	B(ipv6_hip, sender_hit,    64, 128, IPV6) /* the sender's host identity tag */ \
	B(ipv6_hip, receiver_hit, 192, 128, IPV6) /* the receiver's, or 0 */
/* clang-format on */
PKTS_VIEW(ipv6_hip, PKTS_IPV6_HIP_FIELDS)

enum {
	PKTS_IPV6_HIP_I1 = 1,
	PKTS_IPV6_HIP_R1 = 2,
	PKTS_IPV6_HIP_I2 = 3,
	PKTS_IPV6_HIP_R2 = 4,
	PKTS_IPV6_HIP_UPDATE = 16,
	PKTS_IPV6_HIP_NOTIFY = 17,
	PKTS_IPV6_HIP_CLOSE = 18,
	PKTS_IPV6_HIP_CLOSE_ACK = 19,
};

/* IPV6_HIP_LENGTH; IPV6_EXT_ORDER, IPV6_HIP. */
PKTS_INLINE struct pkts_check pkts_ipv6_hip_check(struct pkts_ref s);

/* inline definitions */

PKTS_INLINE struct pkts_check pkts_ipv6_hip_check(struct pkts_ref s)
{
	const struct pkts_ipv6_hip v = pkts_ipv6_hip_at(s);
	struct pkts_check c;

	if (!pkts_ipv6_ext_begin(s, &c))
		return c;
	if (c.head < PKTS_IPV6_HIP_HEAD)
		return pkts_check_fatal(PKTS_REASON_IPV6_HIP_LENGTH, 1);
	if (pkts_ipv6_hip_zero(v) || !pkts_ipv6_hip_one(v))
		pkts_check_invalid(&c, PKTS_REASON_IPV6_HIP, 2);
	return c;
}

#endif
