/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* UDP-Lite, RFC 3828. */
#ifndef PKTS_UDPLITE_H
#define PKTS_UDPLITE_H

#include "pkts_field.h"

#define PKTS_UDPLITE_HEAD 8

/* clang-format off */
#define PKTS_UDPLITE_FIELDS(F, B) \
	F(udplite, sport,     0, 16, DEC) /* source port */ \
	F(udplite, dport,    16, 16, DEC) /* destination port */ \
	F(udplite, coverage, 32, 16, DEC) /* bytes under the checksum, header included; 0: all */ \
	F(udplite, csum,     48, 16, HEX) /* over pseudo-header and covered bytes; never 0 */
/* clang-format on */
PKTS_VIEW(udplite, PKTS_UDPLITE_FIELDS)

/* UDPLITE_COVERAGE. The datagram ends where the layer below does; carries NONE. */
PKTS_INLINE struct pkts_check pkts_udplite_check(struct pkts_ref s);

/* inline definitions */

PKTS_INLINE struct pkts_check pkts_udplite_check(struct pkts_ref s)
{
	struct pkts_check c = {.head = PKTS_UDPLITE_HEAD, .len = s.len};

	if (pkts_missing(s, PKTS_UDPLITE_HEAD))
		return pkts_check_missing(s, PKTS_UDPLITE_HEAD);
	const uint16_t coverage = pkts_udplite_coverage(pkts_udplite_at(s));
	if (coverage != 0 && (coverage < PKTS_UDPLITE_HEAD || coverage > s.len))
		pkts_check_invalid(&c, PKTS_REASON_UDPLITE_COVERAGE, 4);
	return c;
}

#endif
