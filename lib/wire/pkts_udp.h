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

/*
 * UDP_LENGTH_SHORT, UDP_LENGTH_LONG. A length of 0 is that of a jumbogram (RFC 2675 4): all bytes.
 * CUT too where the bytes are not readable that pkts_udp_confirm() looks at.
 */
PKTS_INLINE struct pkts_check pkts_udp_check(struct pkts_ref s);

/*
 * What a datagram to or from these ports carries: VXLAN, GENEVE, GTP, MPLS (RFC 7510), ESP (RFC
 * 3948); NONE for all others. GTP and ESP share their ports with other protocols, see
 * pkts_udp_confirm().
 */
PKTS_INLINE enum pkts_proto pkts_udp_port_proto(uint16_t sport, uint16_t dport);

/* The port that announces a protocol to pkts_udp_port_proto(); 0 for those that have none. */
PKTS_INLINE uint16_t pkts_udp_port_of(enum pkts_proto proto);

/*
 * `proto`, unless the first bytes of data speak against it: a zero ESP SPI marks IKE, and a GTP
 * version other than 1 the control protocols that share its ports. NONE then, and where they are
 * not readable.
 */
enum pkts_proto pkts_udp_confirm(enum pkts_proto proto, const uint8_t *data, uint32_t readable);

/* inline definitions */

#define PKTS_UDP_PORT_MIN 2123u
#define PKTS_UDP_PORT_MAX 6635u

PKTS_INLINE enum pkts_proto pkts_udp_port_proto(uint16_t sport, uint16_t dport)
{
	/* One comparison for each port, instead of a search, where none of the two can be known. */
	if (PKTS_LIKELY(dport - PKTS_UDP_PORT_MIN > PKTS_UDP_PORT_MAX - PKTS_UDP_PORT_MIN &&
			sport - PKTS_UDP_PORT_MIN > PKTS_UDP_PORT_MAX - PKTS_UDP_PORT_MIN))
		return PKTS_PROTO_NONE;
	switch (dport) {
	case 4789:
		return PKTS_PROTO_VXLAN;
	case 6081:
		return PKTS_PROTO_GENEVE;
	case 6635:
		return PKTS_PROTO_MPLS;
	case 2123:
	case 2152:
		return PKTS_PROTO_GTP;
	case 4500:
		return PKTS_PROTO_ESP;
	default:
		break;
	}
	if (PKTS_UNLIKELY(sport == 2152 || sport == 2123))
		return PKTS_PROTO_GTP;
	return PKTS_UNLIKELY(sport == 4500) ? PKTS_PROTO_ESP : PKTS_PROTO_NONE;
}

PKTS_INLINE uint16_t pkts_udp_port_of(enum pkts_proto proto)
{
	switch (proto) {
	case PKTS_PROTO_VXLAN:
		return 4789;
	case PKTS_PROTO_GENEVE:
		return 6081;
	case PKTS_PROTO_MPLS:
		return 6635;
	case PKTS_PROTO_GTP:
		return 2152;
	case PKTS_PROTO_ESP:
		return 4500;
	default:
		return 0;
	}
}

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
	if (c.len > PKTS_UDP_HEAD)
		c.next = (uint8_t)pkts_udp_port_proto(pkts_udp_sport(udp), pkts_udp_dport(udp));
	if (PKTS_UNLIKELY(c.next == PKTS_PROTO_GTP || c.next == PKTS_PROTO_ESP)) {
		const uint32_t need = PKTS_UDP_HEAD + (c.next == PKTS_PROTO_GTP ? 1 : 4);
		if (c.len >= need && pkts_missing(s, need))
			return pkts_check_missing(s, need);
		const uint32_t readable = PKTS_MIN(s.head, c.len) - PKTS_UDP_HEAD;
		c.next = (uint8_t)pkts_udp_confirm(
			(enum pkts_proto)c.next, s.p + PKTS_UDP_HEAD, readable);
	}
	return c;
}

#endif
