/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* IGMP: RFC 3376 (version 3), 2236 (2), 1112 (1). */
#ifndef PKTS_IGMP_H
#define PKTS_IGMP_H

#include "pkts_field.h"

#define PKTS_IGMP_HEAD 8

/* clang-format off */
#define PKTS_IGMP_FIELDS(F, B) \
	F(igmp, type,      0,  8, HEX)  /* PKTS_IGMP_ */ \
	F(igmp, max_resp,  8,  8, DEC)  /* time to answer a query, in 0.1 s (RFC 3376 4.1.1) */ \
	F(igmp, csum,     16, 16, HEX)  /* over the whole message */ \
	F(igmp, group,    32, 32, IPV4) /* group address, host order */
/* clang-format on */
PKTS_VIEW(igmp, PKTS_IGMP_FIELDS)

enum {
	PKTS_IGMP_QUERY = 0x11,
	PKTS_IGMP_REPORT_V1 = 0x12,
	PKTS_IGMP_REPORT_V2 = 0x16,
	PKTS_IGMP_LEAVE = 0x17,
	PKTS_IGMP_REPORT_V3 = 0x22,
};

/*
 * No reason of its own. Carries NONE; the sources and group records of version 3 follow the header.
 * In a version 3 report the low 16 bits of `group` count those records (RFC 3376 4.2).
 */
PKTS_INLINE struct pkts_check pkts_igmp_check(struct pkts_ref s);

/* inline definitions */

PKTS_INLINE struct pkts_check pkts_igmp_check(struct pkts_ref s)
{
	if (pkts_missing(s, PKTS_IGMP_HEAD))
		return pkts_check_missing(s, PKTS_IGMP_HEAD);
	return (struct pkts_check){.head = PKTS_IGMP_HEAD, .len = s.len};
}

#endif
