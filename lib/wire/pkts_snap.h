/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Subnetwork access protocol, RFC 1042: an ethertype behind LLC. */
#ifndef PKTS_SNAP_H
#define PKTS_SNAP_H

#include "pkts_ethertype.h"
#include "pkts_field.h"

#define PKTS_SNAP_HEAD 5

/* clang-format off */
#define PKTS_SNAP_FIELDS(F, B) \
	F(snap, oui,   0, 24, HEX) /* who numbers the types: 0 IEEE, 0x00000c Cisco, ... */ \
	F(snap, type, 24, 16, HEX) /* an ethertype, with oui 0 and 0x0000f8 */
/* clang-format on */
PKTS_VIEW(snap, PKTS_SNAP_FIELDS)

enum {
	PKTS_SNAP_OUI_ETHERTYPE = 0,
	PKTS_SNAP_OUI_BRIDGED = 0xf8, /* RFC 1042 frames through a bridge, IEEE 802.1H */
};

/* No reason of its own. Carries what the ethertype says, NONE under other OUIs. */
PKTS_INLINE struct pkts_check pkts_snap_check(struct pkts_ref s);

/* inline definitions */

PKTS_INLINE struct pkts_check pkts_snap_check(struct pkts_ref s)
{
	const struct pkts_snap snap = pkts_snap_at(s);
	struct pkts_check c = {.head = PKTS_SNAP_HEAD, .len = s.len};

	if (pkts_missing(s, PKTS_SNAP_HEAD))
		return pkts_check_missing(s, PKTS_SNAP_HEAD);
	const uint32_t oui = pkts_snap_oui(snap);
	if (oui == PKTS_SNAP_OUI_ETHERTYPE || oui == PKTS_SNAP_OUI_BRIDGED)
		c.next = (uint8_t)pkts_ethertype_next(pkts_snap_type(snap));
	return c;
}

#endif
