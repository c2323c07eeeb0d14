/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* UDP, RFC 768. */
#ifndef PKTS_UDP_H
#define PKTS_UDP_H

#include "pkts_field.h"

#define PKTS_UDP_HEAD 8

/* clang-format off */
#define PKTS_UDP_FIELDS(F, B) \
	F(udp, sport,   0, 16, DEC) /* source port, 0 if unused */ \
	F(udp, dport,  16, 16, DEC) /* destination port */ \
	F(udp, length, 32, 16, DEC) /* bytes of header and data; setting it voids the check */ \
	F(udp, csum,   48, 16, HEX) /* over pseudo-header, header and data; 0 if none was made */
/* clang-format on */
PKTS_VIEW(udp, PKTS_UDP_FIELDS)

/* UDP_LENGTH_SHORT, UDP_LENGTH_LONG. A length of 0 is that of a jumbogram (RFC 2675 4): all bytes. */
PKTS_INLINE struct pkts_check pkts_udp_check(struct pkts_ref s);

/* What a datagram carries, by the ports that the library knows; NONE for the others. */
enum pkts_proto pkts_udp_port_proto(uint16_t sport, uint16_t dport);

/* inline definitions */

PKTS_INLINE struct pkts_check pkts_udp_check(struct pkts_ref s)
{
	const struct pkts_udp udp = pkts_udp_at(s);
	struct pkts_check c = {.head = PKTS_UDP_HEAD};

	if (pkts_missing(s, PKTS_UDP_HEAD))
		return pkts_check_missing(s, PKTS_UDP_HEAD);
	c.len = pkts_udp_length(udp);
	if (PKTS_UNLIKELY(c.len < PKTS_UDP_HEAD || c.len > s.len)) {
		if (c.len != 0 && c.len < PKTS_UDP_HEAD)
			return pkts_check_fatal(PKTS_REASON_UDP_LENGTH_SHORT, 4);
		if (c.len != 0) {
			c.invalid = PKTS_REASON_UDP_LENGTH_LONG;
			c.at = 4;
		}
		c.len = s.len;
	}
	c.next = (uint8_t)pkts_udp_port_proto(pkts_udp_sport(udp), pkts_udp_dport(udp));
	return c;
}

#endif
