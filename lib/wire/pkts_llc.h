/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Logical link control, IEEE 802.2. */
#ifndef PKTS_LLC_H
#define PKTS_LLC_H

#include "pkts_field.h"

#define PKTS_LLC_HEAD 3 /* with one control byte; 4 with two */

/* clang-format off */
#define PKTS_LLC_FIELDS(F, B) \
	F(llc, dsap,    0, 8, HEX) /* destination service access point; lowest bit: group */ \
	F(llc, ssap,    8, 8, HEX) /* source service access point; lowest bit: response */ \
	F(llc, control, 16, 8, HEX) /* first control byte; lowest bits 11: U, 01: S, x0: I */
/* clang-format on */
PKTS_VIEW(llc, PKTS_LLC_FIELDS)

enum {
	PKTS_LLC_SAP_IP = 0x06,
	PKTS_LLC_SAP_STP = 0x42,
	PKTS_LLC_SAP_SNAP = 0xaa,
	PKTS_LLC_SAP_ISO = 0xfe,
	PKTS_LLC_UI = 0x03, /* unnumbered information: a datagram */
};

/* Unnumbered frames have one control byte, the others two. Carries SNAP or IPv4, else NONE. */
PKTS_INLINE struct pkts_check pkts_llc_check(struct pkts_ref s);

/* The second control byte, N(R) and P/F; false if this is an unnumbered frame, which has none. */
PKTS_INLINE bool pkts_llc_control2(struct pkts_llc v, uint8_t *control2);

/* inline definitions */

PKTS_INLINE bool pkts_llc_control2(struct pkts_llc v, uint8_t *control2)
{
	if ((v.p[2] & 3) == 3)
		return false;
	*control2 = v.p[3];
	return true;
}

PKTS_INLINE enum pkts_proto pkts_llc_next(const uint8_t *p)
{
	if (p[2] != PKTS_LLC_UI || p[0] != p[1])
		return PKTS_PROTO_NONE;
	switch (p[0]) {
	case PKTS_LLC_SAP_SNAP:
		return PKTS_PROTO_SNAP;
	case PKTS_LLC_SAP_IP:
		return PKTS_PROTO_IPV4;
	default:
		return PKTS_PROTO_NONE;
	}
}

PKTS_INLINE struct pkts_check pkts_llc_check(struct pkts_ref s)
{
	struct pkts_check c = {.head = PKTS_LLC_HEAD, .len = s.len};

	if (pkts_missing(s, PKTS_LLC_HEAD))
		return pkts_check_missing(s, PKTS_LLC_HEAD);
	if ((s.p[2] & 3) != 3)
		c.head++;
	if (pkts_missing(s, c.head))
		return pkts_check_missing(s, c.head);
	c.next = (uint8_t)pkts_llc_next(s.p);
	return c;
}

#endif
