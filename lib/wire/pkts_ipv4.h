/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* IPv4, RFC 791; the traffic class byte as RFC 2474 and 3168 have it. */
#ifndef PKTS_IPV4_H
#define PKTS_IPV4_H

#include "pkts_field.h"
#include "pkts_ip_protocol.h"
#include "pkts_tlv.h"

#define PKTS_IPV4_HEAD 20 /* without options */

/* clang-format off */
#define PKTS_IPV4_FIELDS(F, B) \
	F(ipv4, version,        0,  4, DEC)  /* 4 */ \
	F(ipv4, ihl,            4,  4, DEC)  /* header length in 4 bytes, 5 to 15; setting it voids the check */ \
	F(ipv4, dscp,           8,  6, DEC)  /* differentiated services code point, RFC 2474 */ \
	F(ipv4, ecn,           14,  2, DEC)  /* 0 not capable, 1 ECT(1), 2 ECT(0), 3 congestion, RFC 3168 5 */ \
	F(ipv4, total_length,  16, 16, DEC)  /* bytes of header and data; setting it voids the check */ \
	F(ipv4, id,            32, 16, DEC)  /* identification, for reassembly */ \
	F(ipv4, rf,            48,  1, FLAG) /* reserved, 0 */ \
	F(ipv4, df,            49,  1, FLAG) /* don't fragment */ \
	F(ipv4, mf,            50,  1, FLAG) /* more fragments */ \
	F(ipv4, frag_offset,   51, 13, DEC)  /* in 8 bytes */ \
	F(ipv4, ttl,           64,  8, DEC)  /* time to live, hops */ \
	F(ipv4, protocol,      72,  8, DEC)  /* of the data, PKTS_IPPROTO_ */ \
	F(ipv4, csum,          80, 16, HEX)  /* of the header */ \
	F(ipv4, src,           96, 32, IPV4) /* source address, host order */ \
	F(ipv4, dst,          128, 32, IPV4) /* destination address, host order */
/* clang-format on */
PKTS_VIEW(ipv4, PKTS_IPV4_FIELDS)

/*
 * IPV4_VERSION, IPV4_IHL, IPV4_TOTAL_SHORT; IPV4_TOTAL_LONG, IPV4_TOTAL_ZERO, IPV4_FRAGMENT,
 * IPV4_OPTION. The header checksum is not looked at (pkts_packet_checksum()). A fragment that is
 * not the first carries NONE, whatever its protocol.
 */
PKTS_INLINE struct pkts_check pkts_ipv4_check(struct pkts_ref s);

/*
 * True for what most headers are: no options, no fragment, and nothing to be said against them; *c
 * is then what pkts_ipv4_check() says. False leaves it to that to find out.
 */
PKTS_INLINE bool pkts_ipv4_check_plain(struct pkts_ref s, struct pkts_check *c);

/* True for any piece of a fragmented datagram, the first one too. */
PKTS_INLINE bool pkts_ipv4_is_fragment(struct pkts_ipv4 v);

/* Walks the options (RFC 791 3.1): type is the option's first byte, data what follows its length
 * byte. */
PKTS_INLINE struct pkts_tlv_iter pkts_ipv4_options(struct pkts_ipv4 v);
bool pkts_ipv4_option_next(struct pkts_tlv_iter *it, struct pkts_tlv *option);

/* IPV4_OPTION if the walk meets a wrong length, else NONE. */
enum pkts_reason pkts_ipv4_options_check(struct pkts_ipv4 v);

/*
 * Where a datagram is going to in the end, host order: the last address of a source route that is
 * not used up (RFC 791 3.1), else dst. Upper-layer checksums are made with it.
 */
uint32_t pkts_ipv4_final(struct pkts_ipv4 v);

enum {
	PKTS_IPV4_OPTION_END = 0,
	PKTS_IPV4_OPTION_NOP = 1,
	PKTS_IPV4_OPTION_RECORD_ROUTE = 7,
	PKTS_IPV4_OPTION_TIMESTAMP = 68,
	PKTS_IPV4_OPTION_SECURITY = 130,
	PKTS_IPV4_OPTION_LOOSE_ROUTE = 131,
	PKTS_IPV4_OPTION_STREAM_ID = 136,
	PKTS_IPV4_OPTION_STRICT_ROUTE = 137,
	PKTS_IPV4_OPTION_ROUTER_ALERT = 148,
};

/* inline definitions */

PKTS_INLINE bool pkts_ipv4_is_fragment(struct pkts_ipv4 v)
{
	return pkts_be16(v.p + 6) & 0x3fff;
}

PKTS_INLINE struct pkts_tlv_iter pkts_ipv4_options(struct pkts_ipv4 v)
{
	return (struct pkts_tlv_iter){.p = v.p + PKTS_IPV4_HEAD, .end = v.p + v.head};
}

/* The rules that only a fragment can break. */
PKTS_INLINE bool pkts_ipv4_fragment_fits(struct pkts_ipv4 v, uint32_t payload)
{
	return pkts_ipv4_frag_offset(v) * 8u + payload <= 65535u &&
	       !(pkts_ipv4_mf(v) && payload % 8);
}

/* Version 4, 20 bytes of header, neither MF nor an offset: eight bytes, one comparison. */
PKTS_INLINE bool pkts_ipv4_starts_plain(const uint8_t *p)
{
	static const uint8_t plain[8] = {0x45}, masks[8] = {0xff, 0, 0, 0, 0, 0, 0x3f, 0xff};
	uint64_t bytes, wanted, mask;

	/* In the order of this machine: constants need no swap. */
	__builtin_memcpy(&bytes, p, sizeof(bytes));
	__builtin_memcpy(&wanted, plain, sizeof(wanted));
	__builtin_memcpy(&mask, masks, sizeof(mask));
	return (bytes & mask) == wanted;
}

PKTS_INLINE bool pkts_ipv4_check_plain(struct pkts_ref s, struct pkts_check *c)
{
	if (PKTS_UNLIKELY(s.head < PKTS_IPV4_HEAD || !pkts_ipv4_starts_plain(s.p)))
		return false;
	const uint32_t total = pkts_be16(s.p + 2);
	/* Without a sign: less than a header is too much as well. */
	if (PKTS_UNLIKELY(total - PKTS_IPV4_HEAD > s.len - PKTS_IPV4_HEAD))
		return false;
	*c = (struct pkts_check){
		.next = (uint8_t)pkts_ip_next(s.p[9]), .head = PKTS_IPV4_HEAD, .len = total};
	return true;
}

PKTS_INLINE struct pkts_check pkts_ipv4_check(struct pkts_ref s)
{
	struct pkts_ipv4 ip = pkts_ipv4_at(s);
	struct pkts_check c = {0};

	if (pkts_missing(s, PKTS_IPV4_HEAD))
		return pkts_check_missing(s, PKTS_IPV4_HEAD);
	if (PKTS_UNLIKELY(pkts_ipv4_version(ip) != 4))
		return pkts_check_fatal(PKTS_REASON_IPV4_VERSION, 0);
	ip.head = pkts_ipv4_ihl(ip) * 4u;
	if (PKTS_UNLIKELY(ip.head < PKTS_IPV4_HEAD))
		return pkts_check_fatal(PKTS_REASON_IPV4_IHL, 0);
	if (pkts_missing(s, ip.head))
		return pkts_check_missing(s, ip.head);
	c.head = (uint16_t)ip.head;
	c.len = pkts_ipv4_total_length(ip);
	if (PKTS_UNLIKELY(c.len < ip.head || c.len > s.len)) {
		if (c.len != 0 && c.len < ip.head)
			return pkts_check_fatal(PKTS_REASON_IPV4_TOTAL_SHORT, 2);
		c.invalid = c.len ? PKTS_REASON_IPV4_TOTAL_LONG : PKTS_REASON_IPV4_TOTAL_ZERO;
		c.at = 2;
		c.len = s.len;
	}
	if (PKTS_UNLIKELY(ip.head > PKTS_IPV4_HEAD) && !c.invalid) {
		c.invalid = (uint8_t)pkts_ipv4_options_check(ip);
		c.at = PKTS_IPV4_HEAD;
	}
	if (PKTS_UNLIKELY(pkts_ipv4_is_fragment(ip))) {
		if (!c.invalid && !pkts_ipv4_fragment_fits(ip, c.len - ip.head)) {
			c.invalid = PKTS_REASON_IPV4_FRAGMENT;
			c.at = 6;
		}
		if (pkts_ipv4_frag_offset(ip))
			return c;
	}
	c.next = (uint8_t)pkts_ip_next(pkts_ipv4_protocol(ip));
	return c;
}

#endif
