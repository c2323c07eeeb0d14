/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* VXLAN, RFC 7348. */
#ifndef PKTS_VXLAN_H
#define PKTS_VXLAN_H

#include "pkts_field.h"

#define PKTS_VXLAN_HEAD 8

/* clang-format off */
#define PKTS_VXLAN_FIELDS(F, B) \
	F(vxlan, flags,      0,  8, HEX) /* PKTS_VXLAN_VNI */ \
	F(vxlan, reserved,   8, 24, HEX) /* 0 */ \
	F(vxlan, vni,       32, 24, DEC) /* VXLAN network identifier */ \
	F(vxlan, reserved2, 56,  8, HEX) /* 0 */
/* clang-format on */
PKTS_VIEW(vxlan, PKTS_VXLAN_FIELDS)

enum {
	PKTS_VXLAN_VNI = 0x08, /* the network identifier is valid: always set */
};

/* VXLAN_FLAGS. Carries an Ethernet frame. */
PKTS_INLINE struct pkts_check pkts_vxlan_check(struct pkts_ref s);

/* inline definitions */

PKTS_INLINE struct pkts_check pkts_vxlan_check(struct pkts_ref s)
{
	struct pkts_check c = {.next = PKTS_PROTO_ETH, .head = PKTS_VXLAN_HEAD, .len = s.len};

	if (pkts_missing(s, PKTS_VXLAN_HEAD))
		return pkts_check_missing(s, PKTS_VXLAN_HEAD);
	if (!(pkts_vxlan_flags(pkts_vxlan_at(s)) & PKTS_VXLAN_VNI))
		pkts_check_invalid(&c, PKTS_REASON_VXLAN_FLAGS, 0);
	return c;
}

#endif
