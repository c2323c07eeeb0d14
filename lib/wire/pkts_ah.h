/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* IP authentication header, RFC 4302. */
#ifndef PKTS_AH_H
#define PKTS_AH_H

#include "pkts_ipv6_ext.h"

#define PKTS_AH_HEAD 12 /* without the integrity check value */

/* clang-format off */
#define PKTS_AH_FIELDS(F, B) \
	F(ah, next,       0,  8, DEC) /* next header, PKTS_IPPROTO_ */ \
	F(ah, ah_length,  8,  8, DEC) /* header in 4 bytes, less 2; setting it voids the check */ \
	F(ah, reserved,  16, 16, DEC) /* 0 */ \
	F(ah, spi,       32, 32, HEX) /* security parameters index */ \
	F(ah, seq,       64, 32, DEC) /* sequence number, its low 32 bits */
/* clang-format on */
PKTS_VIEW(ah, PKTS_AH_FIELDS)

/* AH_LENGTH; IPV6_EXT_ORDER. The integrity check value is not verified. */
PKTS_INLINE struct pkts_check pkts_ah_check(struct pkts_ref s);

/* The integrity check value with its padding: v.head - PKTS_AH_HEAD bytes. */
PKTS_INLINE uint8_t *pkts_ah_icv(struct pkts_ah v);

/* inline definitions */

PKTS_INLINE uint8_t *pkts_ah_icv(struct pkts_ah v)
{
	return v.p + PKTS_AH_HEAD;
}

PKTS_INLINE struct pkts_check pkts_ah_check(struct pkts_ref s)
{
	const struct pkts_ah ah = pkts_ah_at(s);
	struct pkts_check c = {.len = s.len};

	if (pkts_missing(s, PKTS_AH_HEAD))
		return pkts_check_missing(s, PKTS_AH_HEAD);
	c.head = (uint16_t)((pkts_ah_ah_length(ah) + 2) * 4);
	if (c.head < PKTS_AH_HEAD)
		return pkts_check_fatal(PKTS_REASON_AH_LENGTH, 1);
	if (pkts_missing(s, c.head))
		return pkts_check_missing(s, c.head);
	pkts_ipv6_ext_next(&c, pkts_ah_next(ah));
	return c;
}

#endif
