/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Payloads that say only by their first nibble which IP they are. */
#ifndef PKTS_IP_VERSION_H
#define PKTS_IP_VERSION_H

#include "pkts_field.h"

/*
 * Completes *c, which has its head and len: next is what stands behind the header, IPV4 or IPV6;
 * NONE if it is neither, or nothing. Where there is a payload and its first byte is not readable,
 * *c becomes a CUT, so that a packet in several segments is decoded like one in a single piece.
 */
PKTS_INLINE void pkts_ip_version_next(struct pkts_check *c, struct pkts_ref s);

/* inline definitions */

PKTS_INLINE void pkts_ip_version_next(struct pkts_check *c, struct pkts_ref s)
{
	if (c->len <= c->head)
		return;
	if (pkts_missing(s, c->head + 1u)) {
		*c = pkts_check_missing(s, c->head + 1u);
		return;
	}
	const uint8_t version = s.p[c->head] >> 4;
	if (version == 4)
		c->next = PKTS_PROTO_IPV4;
	else if (version == 6)
		c->next = PKTS_PROTO_IPV6;
}

#endif
