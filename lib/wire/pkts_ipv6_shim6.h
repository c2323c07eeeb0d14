/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Shim6, RFC 5533 5: the header in front of a payload whose addresses were replaced, and messages. */
#ifndef PKTS_IPV6_SHIM6_H
#define PKTS_IPV6_SHIM6_H

#include "pkts_ipv6_ext.h"

#define PKTS_IPV6_SHIM6_HEAD	     2 /* what both forms share */
#define PKTS_IPV6_SHIM6_HEAD_PAYLOAD 8 /* in front of a payload */
#define PKTS_IPV6_SHIM6_HEAD_CONTROL 6 /* without what its type is about; a multiple of 8 bytes */

/*
 * The rows of either form are optional fields too (pkts_optional.h). Setting p or the length voids the
 * check.
 */
/* clang-format off */
#define PKTS_IPV6_SHIM6_FIELDS(F, B) \
	F(ipv6_shim6, next,       0, 8, DEC) /* next header, PKTS_IPPROTO_ */ \
	F(ipv6_shim6, ext_length, 8, 8, DEC) /* in 8 bytes, less 1: 0 in front of a payload */
#define PKTS_IPV6_SHIM6_PAYLOAD_FIELDS(F, B) \
	F(ipv6_shim6_payload, p,           16,  1, FLAG) /* 1 */ \
	F(ipv6_shim6_payload, context_tag, 17, 47, HEX)  /* of the receiver's context */
#define PKTS_IPV6_SHIM6_CONTROL_FIELDS(F, B) \
	F(ipv6_shim6_control, p,             16,  1, FLAG) /* 0 */ \
	F(ipv6_shim6_control, type,          17,  7, DEC)  /* PKTS_IPV6_SHIM6_ */ \
	F(ipv6_shim6_control, type_specific, 24,  7, HEX) \
	F(ipv6_shim6_control, s,             31,  1, FLAG) /* 0: not HIP */ \
	F(ipv6_shim6_control, csum,          32, 16, HEX)  /* over this header */
/* clang-format on */
PKTS_VIEW(ipv6_shim6, PKTS_IPV6_SHIM6_FIELDS)
PKTS_VIEW(ipv6_shim6_payload, PKTS_IPV6_SHIM6_PAYLOAD_FIELDS)
PKTS_VIEW(ipv6_shim6_control, PKTS_IPV6_SHIM6_CONTROL_FIELDS)

enum {
	PKTS_IPV6_SHIM6_I1 = 1,
	PKTS_IPV6_SHIM6_R1 = 2,
	PKTS_IPV6_SHIM6_I2 = 3,
	PKTS_IPV6_SHIM6_R2 = 4,
	PKTS_IPV6_SHIM6_R1BIS = 5,
	PKTS_IPV6_SHIM6_I2BIS = 6,
	PKTS_IPV6_SHIM6_UPDATE_REQUEST = 64,
	PKTS_IPV6_SHIM6_UPDATE_ACK = 65,
	PKTS_IPV6_SHIM6_KEEPALIVE = 66,
	PKTS_IPV6_SHIM6_PROBE = 67,
	PKTS_IPV6_SHIM6_ERROR = 68,
};

/* IPV6_SHIM6, IPV6_EXT_ORDER. */
PKTS_INLINE struct pkts_check pkts_ipv6_shim6_check(struct pkts_ref s);

/* The header as the one or the other form; p is NULL in the view of that which it does not have. */
PKTS_INLINE struct pkts_ipv6_shim6_payload pkts_ipv6_shim6_payload(struct pkts_ipv6_shim6 v);
PKTS_INLINE struct pkts_ipv6_shim6_control pkts_ipv6_shim6_control(struct pkts_ipv6_shim6 v);

/* inline definitions */

PKTS_INLINE struct pkts_ipv6_shim6_payload pkts_ipv6_shim6_payload(struct pkts_ipv6_shim6 v)
{
	return (struct pkts_ipv6_shim6_payload){v.p[2] & 0x80 ? v.p : NULL, v.head, v.len};
}

PKTS_INLINE struct pkts_ipv6_shim6_control pkts_ipv6_shim6_control(struct pkts_ipv6_shim6 v)
{
	return (struct pkts_ipv6_shim6_control){v.p[2] & 0x80 ? NULL : v.p, v.head, v.len};
}

PKTS_INLINE struct pkts_check pkts_ipv6_shim6_check(struct pkts_ref s)
{
	const struct pkts_ipv6_shim6 v = pkts_ipv6_shim6_at(s);
	struct pkts_check c;

	if (!pkts_ipv6_ext_begin(s, &c))
		return c;
	const struct pkts_ipv6_shim6_control control = pkts_ipv6_shim6_control(v);
	if (control.p == NULL && c.head != PKTS_IPV6_SHIM6_HEAD_PAYLOAD)
		pkts_check_invalid(&c, PKTS_REASON_IPV6_SHIM6, 1);
	if (control.p != NULL && pkts_ipv6_shim6_control_s(control))
		pkts_check_invalid(&c, PKTS_REASON_IPV6_SHIM6, 3);
	return c;
}

#endif
