/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* IP with no link header: LINKTYPE_RAW, LINKTYPE_IPV4, LINKTYPE_IPV6. A layer of 0 bytes. */
#ifndef PKTS_RAW_H
#define PKTS_RAW_H

#include "pkts_field.h"

#define PKTS_RAW_HEAD 0

#define PKTS_RAW_FIELDS(F, B) /* no header, no fields */
PKTS_VIEW(raw, PKTS_RAW_FIELDS)

/*
 * No reason of its own but the usual ones for an empty frame. Carries IPV6 if the version says so,
 * else IPV4: a link that carries IP only has no third choice, and IPv4's check names what is wrong
 * with it.
 */
PKTS_INLINE struct pkts_check pkts_raw_check(struct pkts_ref s);

/* inline definitions */

PKTS_INLINE struct pkts_check pkts_raw_check(struct pkts_ref s)
{
	if (pkts_missing(s, 1))
		return pkts_check_missing(s, 1);
	return (struct pkts_check){
		.next = (uint8_t)(s.p[0] >> 4 == 6 ? PKTS_PROTO_IPV6 : PKTS_PROTO_IPV4),
		.len = s.len};
}

#endif
