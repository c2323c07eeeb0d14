/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* IPv6 destination options, RFC 8200 4.6. */
#ifndef PKTS_IPV6_DSTOPTS_H
#define PKTS_IPV6_DSTOPTS_H

#include "pkts_ipv6_ext.h"

#define PKTS_IPV6_DSTOPTS_HEAD 2 /* without options; the whole header is a multiple of 8 bytes */

/* clang-format off */
#define PKTS_IPV6_DSTOPTS_FIELDS(F, B) \
	F(ipv6_dstopts, next,       0, 8, DEC) /* next header, PKTS_IPPROTO_ */ \
	F(ipv6_dstopts, ext_length, 8, 8, DEC) /* in 8 bytes, less 1; setting it voids the check */
/* clang-format on */
PKTS_VIEW(ipv6_dstopts, PKTS_IPV6_DSTOPTS_FIELDS)

/* IPV6_OPTION, IPV6_EXT_ORDER; IPV6_PADDING. */
PKTS_INLINE struct pkts_check pkts_ipv6_dstopts_check(struct pkts_ref s);

/* Walks the options with pkts_ipv6_option_next(). */
PKTS_INLINE struct pkts_tlv_iter pkts_ipv6_dstopts_options(struct pkts_ipv6_dstopts v);

/* inline definitions */

PKTS_INLINE struct pkts_tlv_iter pkts_ipv6_dstopts_options(struct pkts_ipv6_dstopts v)
{
	return pkts_tlv_begin(v.p + PKTS_IPV6_DSTOPTS_HEAD, v.p + v.head);
}

PKTS_INLINE struct pkts_check pkts_ipv6_dstopts_check(struct pkts_ref s)
{
	return pkts_ipv6_options_check(s);
}

#endif
