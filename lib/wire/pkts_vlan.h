/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A VLAN tag, IEEE 802.1Q; stacked as 802.1ad does. The tag's own EtherType stands in the layer
 * below. */
#ifndef PKTS_VLAN_H
#define PKTS_VLAN_H

#include "pkts_eth.h"

#define PKTS_VLAN_HEAD 4

/* clang-format off */
#define PKTS_VLAN_FIELDS(F, B) \
	F(vlan, pcp,   0,  3, DEC)  /* priority code point */ \
	F(vlan, dei,   3,  1, FLAG) /* drop eligible */ \
	F(vlan, id,    4, 12, DEC)  /* VLAN identifier; 0: priority only */ \
	F(vlan, type, 16, 16, HEX)  /* as eth's */
/* clang-format on */
PKTS_VIEW(vlan, PKTS_VLAN_FIELDS)

/* ETH_LENGTH. */
PKTS_INLINE struct pkts_check pkts_vlan_check(struct pkts_ref s);

/* inline definitions */

PKTS_INLINE struct pkts_check pkts_vlan_check(struct pkts_ref s)
{
	if (pkts_missing(s, PKTS_VLAN_HEAD))
		return pkts_check_missing(s, PKTS_VLAN_HEAD);
	return pkts_eth_check_type(s, PKTS_VLAN_HEAD);
}

#endif
