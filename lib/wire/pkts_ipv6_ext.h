/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the IPv6 extension headers share, RFC 8200 4: the next header, and options. */
#ifndef PKTS_IPV6_EXT_H
#define PKTS_IPV6_EXT_H

#include "pkts_field.h"
#include "pkts_ip_protocol.h"
#include "pkts_tlv.h"

/* Options of hop-by-hop and destination headers, IANA "Destination Options and Hop-by-Hop Options".
 */
enum {
	PKTS_IPV6_OPTION_PAD1 = 0x00,
	PKTS_IPV6_OPTION_PADN = 0x01,
	PKTS_IPV6_OPTION_TUNNEL_LIMIT = 0x04, /* RFC 2473 */
	PKTS_IPV6_OPTION_ROUTER_ALERT = 0x05, /* RFC 2711 */
	PKTS_IPV6_OPTION_CALIPSO = 0x07,      /* RFC 5570 */
	PKTS_IPV6_OPTION_QUICK_START = 0x26,  /* RFC 4782 */
	PKTS_IPV6_OPTION_JUMBO = 0xc2,	      /* RFC 2675 */
	PKTS_IPV6_OPTION_HOME_ADDRESS = 0xc9, /* RFC 6275 */
};

/*
 * Walks the options of a hop-by-hop or destination header: begin with pkts_ipv6_hopopts_options()
 * or pkts_ipv6_dstopts_options(). Padding is handed out too: Pad1 with len 0. Reason: IPV6_OPTION.
 */
bool pkts_ipv6_option_next(struct pkts_tlv_iter *it, struct pkts_tlv *option);

/* The check of both headers with options: IPV6_OPTION, IPV6_EXT_ORDER; IPV6_PADDING. */
struct pkts_check pkts_ipv6_options_check(struct pkts_ref s);

/*
 * Names what an extension header carries. Hop-by-hop options stand directly behind the IPv6 header
 * only (RFC 8200 4.1): anywhere else they are IPV6_EXT_ORDER, and still named.
 */
PKTS_INLINE void pkts_ipv6_ext_next(struct pkts_check *c, uint8_t next);

/*
 * Begins the check of a header whose second byte is its length (RFC 6564 4): *c is the header, all of
 * it readable, and what it carries. False: *c says what is missing.
 */
PKTS_INLINE bool pkts_ipv6_ext_begin(struct pkts_ref s, struct pkts_check *c);

/* Is it one of these headers? AH is, in IPv4 too; ESP is not, as it does not show what it carries. */
PKTS_INLINE bool pkts_is_ipv6_ext(enum pkts_proto proto);

/*
 * Is the header of that number, with that next header, a message to the node itself, and what its
 * packet is about? So it is where nothing follows mobility, HIP or Shim6.
 */
PKTS_INLINE bool pkts_ipv6_ext_is_message(uint8_t protocol, uint8_t next);

/*
 * How long the extension header of that number at p is, of which two bytes can be read (RFC 8200 4,
 * RFC 6564 4, RFC 4302 2.2); 0 if the number is of none that names what it carries.
 */
PKTS_INLINE uint32_t pkts_ipv6_ext_len(uint8_t protocol, const uint8_t *p);

/* inline definitions */

PKTS_INLINE uint32_t pkts_ipv6_ext_len(uint8_t protocol, const uint8_t *p)
{
	switch (protocol) {
	case PKTS_IPPROTO_HOPOPTS:
	case PKTS_IPPROTO_ROUTING:
	case PKTS_IPPROTO_DSTOPTS:
	case PKTS_IPPROTO_MOBILITY:
	case PKTS_IPPROTO_HIP:
	case PKTS_IPPROTO_SHIM6:
		return p[1] * 8u + 8;
	case PKTS_IPPROTO_FRAGMENT:
		return 8;
	case PKTS_IPPROTO_AH:
		return p[1] * 4u + 8;
	default:
		return 0;
	}
}

PKTS_INLINE void pkts_ipv6_ext_next(struct pkts_check *c, uint8_t next)
{
	c->next = (uint8_t)pkts_ip_next(next);
	if (PKTS_UNLIKELY(c->next == PKTS_PROTO_IPV6_HOPOPTS))
		pkts_check_invalid(c, PKTS_REASON_IPV6_EXT_ORDER, 0);
}

PKTS_INLINE bool pkts_ipv6_ext_begin(struct pkts_ref s, struct pkts_check *c)
{
	uint16_t head = 2;

	if (!pkts_missing(s, head))
		head = (uint16_t)(s.p[1] * 8 + 8);
	if (pkts_missing(s, head)) {
		*c = pkts_check_missing(s, head);
		return false;
	}
	*c = (struct pkts_check){.head = head, .len = s.len};
	pkts_ipv6_ext_next(c, s.p[0]);
	return true;
}

PKTS_INLINE bool pkts_is_ipv6_ext(enum pkts_proto proto)
{
	return proto >= PKTS_PROTO_IPV6_HOPOPTS && proto <= PKTS_PROTO_AH;
}
_Static_assert(PKTS_PROTO_AH - PKTS_PROTO_IPV6_HOPOPTS == 7, "extension headers are in a row");

PKTS_INLINE bool pkts_ipv6_ext_is_message(uint8_t protocol, uint8_t next)
{
	return next == PKTS_IPPROTO_NONE &&
	       (protocol == PKTS_IPPROTO_MOBILITY || protocol == PKTS_IPPROTO_HIP ||
		       protocol == PKTS_IPPROTO_SHIM6);
}

#endif
