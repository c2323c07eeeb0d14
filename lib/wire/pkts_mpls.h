/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* One entry of an MPLS label stack, RFC 3032; each entry is a layer. */
#ifndef PKTS_MPLS_H
#define PKTS_MPLS_H

#include "pkts_field.h"
#include "pkts_ip_version.h"

#define PKTS_MPLS_HEAD 4

/* clang-format off */
#define PKTS_MPLS_FIELDS(F, B) \
	F(mpls, label,   0, 20, DEC)  /* 0 to 15 are reserved: 0 and 2 explicit null, ... */ \
	F(mpls, tc,     20,  3, DEC)  /* traffic class, RFC 5462 */ \
	F(mpls, bottom, 23,  1, FLAG) /* bottom of stack */ \
	F(mpls, ttl,    24,  8, DEC)  /* time to live, hops */
/* clang-format on */
PKTS_VIEW(mpls, PKTS_MPLS_FIELDS)

enum {
	PKTS_MPLS_GAL = 13,	  /* an associated channel follows, RFC 5586 */
	PKTS_MPLS_OAM_ALERT = 14, /* an OAM message follows, RFC 3429 */
};

/*
 * No reason of its own. Behind the bottom the first nibble of the payload tells IPv4 and IPv6 (RFC
 * 4928 2); a control word (RFC 4385) starts with 0 or 1 and says nothing of the frame behind it:
 * NONE, as behind the two labels above. CUT where that byte is not readable though the layer has
 * it.
 */
PKTS_INLINE struct pkts_check pkts_mpls_check(struct pkts_ref s);

/* inline definitions */

PKTS_INLINE struct pkts_check pkts_mpls_check(struct pkts_ref s)
{
	struct pkts_check c = {.head = PKTS_MPLS_HEAD, .len = s.len};

	if (pkts_missing(s, PKTS_MPLS_HEAD))
		return pkts_check_missing(s, PKTS_MPLS_HEAD);
	const uint32_t label = pkts_mpls_label(pkts_mpls_at(s));
	if (!pkts_mpls_bottom(pkts_mpls_at(s)))
		c.next = PKTS_PROTO_MPLS;
	else if (label != PKTS_MPLS_GAL && label != PKTS_MPLS_OAM_ALERT)
		pkts_ip_version_next(&c, s);
	return c;
}

#endif
