/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Edit in place: fields, bytes and options of a packet changed where it lies, checksums mended by what
 * has changed (RFC 1624), not made anew.
 *
 * Two ways. The fast one is for a packet whose layers are known at the place of the edit:
 *
 *	struct pkts_delta d = {0};
 *	pkts_ipv4_edit_ttl(ip, pkts_ipv4_ttl(ip) - 1, &d);
 *	pkts_ipv4_fix(ip, d);
 *
 * compiles to what one would write by hand. The easy one finds out by itself which checksums of all
 * layers depend on the bytes: pkts_packet_set(&packet, 3, "src", addr).
 *
 * Either way the difference is mended: a right checksum stays right, a wrong one stays wrong by as
 * much, one that is absent (UDP, 0) stays absent. To make them right: pkts_packet_finish().
 *
 * pkts_mbuf_edit.h has the same for packets in mbufs, and pushes and pops headers.
 */
#ifndef PKTS_EDIT_H
#define PKTS_EDIT_H

#include "pkts_cksum.h"
#include "pkts_errno.h"
#include "pkts_spec.h"

/*
 * What edits have changed in a one's complement sum. Starts as all zero; holds up to 30,000 edits.
 * Words as they lie in memory.
 */
struct pkts_delta {
	uint64_t sum;
};

/*
 * For each field of each protocol's rows, a setter that also notes the change:
 *
 *	void pkts_ipv4_edit_ttl(struct pkts_ipv4 v, uint8_t x, struct pkts_delta *d);
 *	void pkts_ipv6_edit_src(struct pkts_ipv6 v, const uint8_t *x, struct pkts_delta *d);
 *
 * Values as the plain setters'. The change is one in a sum in which the header starts at an even
 * place: that of its own checksum, of the pseudo-header for addresses, and of every layer below but
 * behind a PPP or LLC header of odd length; for those, pkts_delta_odd().
 */
PKTS_SPECS(PKTS_EDIT_PROTOTYPES)

/*
 * Puts the change into a layer's checksum. Which changes a checksum is about: IPv4's its own header;
 * TCP, UDP, ICMPv6 also the addresses of IPv4 or IPv6 (of IPv4 with a source route and of IPv6 with a
 * routing header that is not used up, the last address there instead of dst); GRE's, UDP's and ICMP's
 * everything behind their header, inner checksums too. The change of a checksum itself never counts.
 */
PKTS_INLINE void pkts_ipv4_fix(struct pkts_ipv4 v, struct pkts_delta d);
PKTS_INLINE void pkts_tcp_fix(struct pkts_tcp v, struct pkts_delta d);
PKTS_INLINE void pkts_icmp_fix(struct pkts_icmp v, struct pkts_delta d);
PKTS_INLINE void pkts_icmpv6_fix(struct pkts_icmpv6 v, struct pkts_delta d);
PKTS_INLINE void pkts_igmp_fix(struct pkts_igmp v, struct pkts_delta d);

/* 0 stays 0, for there is no checksum then (RFC 768), and is never the result. */
PKTS_INLINE void pkts_udp_fix(struct pkts_udp v, struct pkts_delta d);

/*
 * As UDP. Only of changes within the coverage (RFC 3828 3.1), which headers always are; coverage
 * itself cannot be edited like this: other bytes are summed then, see pkts_packet_set().
 */
PKTS_INLINE void pkts_udplite_fix(struct pkts_udplite v, struct pkts_delta d);

/* Nothing if there is none: version 0 with has_csum has one. */
PKTS_INLINE void pkts_gre_fix(struct pkts_gre v, struct pkts_delta d);

/* The same change in a sum in which it stands at an odd place. */
PKTS_INLINE struct pkts_delta pkts_delta_odd(struct pkts_delta d);

/* Notes that n bytes, the first of which stands `at` bytes into the sum, become others. */
PKTS_INLINE void pkts_delta_bytes(
	struct pkts_delta *d, uint32_t at, const uint8_t *old, const uint8_t *bytes, uint32_t n);

/* Notes that a number, as pkts_bits_put() would write it, becomes another one. */
PKTS_INLINE void pkts_delta_number(
	struct pkts_delta *d, unsigned bit, unsigned width, uint64_t old, uint64_t x);

/* The easy way: packets that were decoded and are all at packet->data. */

/*
 * Sets the field of that name, one of the fixed rows or of pkts_optional_fields(), of layer i to a
 * number; or to n bytes, if it is a byte string: n has to be its length. All checksums that cover it
 * or depend on it are mended, through all tunnels around; SCTP's too, with a sum over its packet. A
 * checksum that is itself set stays as it is set. Where the field says what follows, or how long
 * something is, the packet is decoded again and may then have other layers.
 * 0; -PKTS_EINVAL if there is no such layer or field, or it is of the other kind; -PKTS_ERANGE if the
 * number does not fit: nothing is changed then.
 */
int pkts_packet_set(struct pkts_packet *packet, unsigned i, const char *field, uint64_t value);
int pkts_packet_set_bytes(struct pkts_packet *packet, unsigned i, const char *field,
	const uint8_t *bytes, uint32_t n);

/* The row of that field, and the same by row. */
bool pkts_packet_field(
	const struct pkts_packet *packet, unsigned i, const char *name, struct pkts_field *row);
int pkts_packet_set_field(
	struct pkts_packet *packet, unsigned i, const struct pkts_field *row, uint64_t value);

/*
 * Writes n bytes at offset off of the packet, headers or payload, and mends checksums as above; the
 * ones that lie among these bytes stay as they are written. SCTP's checksum is left alone in
 * fragments, and where the capture has cut its packet. 0; -PKTS_EINVAL if they are not all in the packet.
 */
int pkts_packet_patch(struct pkts_packet *packet, uint32_t off, const uint8_t *bytes, uint32_t n);

/* What pkts_packet_finish() derives. */
enum {
	PKTS_FINISH_LENGTHS = 1 << 0,	/* as the packet's table has them */
	PKTS_FINISH_CHECKSUMS = 1 << 1, /* all but those that are absent, and SCTP's */
	PKTS_FINISH_TO_END =
		1 << 2, /* first of all the layers are made to end where the packet does */
	PKTS_FINISH_ABSENT = 1 << 3, /* UDP gets a checksum where it had none */
};

/*
 * Derives fields of the layers whose bits are set in `layers` (bit i: layer i; ~0u: all), inner to
 * outer, whatever they held. Checksums over bytes that are not here (fragments, cut captures,
 * quotations) are left alone. 0, and the packet decoded again; -PKTS_ERANGE if a length does not fit
 * its field: fields of inner layers may be changed then.
 */
int pkts_packet_finish(struct pkts_packet *packet, uint32_t layers, unsigned what);

/*
 * Options of layer i, IPv4 or TCP, counted from 0, NOPs too. Insert: n bytes, whole options with type
 * and length, before the nth one; at the number of options, behind the last. The header is filled up
 * with zeros to a multiple of 4 bytes, lengths and checksums are mended, what follows is moved; the
 * padding that there was of NOPs stays where it is. cap: bytes of room at packet->data.
 * 0, and the packet decoded again. -PKTS_EINVAL: no such layer or option, or bytes that are none;
 * -PKTS_EBADMSG: the options there are malformed; -PKTS_ENOSPC: no room behind the packet, or more
 * than the 40 bytes that options can have; -PKTS_ERANGE: a length does not fit its field. The packet is
 * as it was then.
 */
int pkts_packet_insert_option(struct pkts_packet *packet, uint32_t cap, unsigned i, unsigned nth,
	const uint8_t *option, uint32_t n);
int pkts_packet_remove_option(struct pkts_packet *packet, unsigned i, unsigned nth);
int pkts_packet_replace_option(struct pkts_packet *packet, uint32_t cap, unsigned i, unsigned nth,
	const uint8_t *option, uint32_t n);

/* The number of the first option of that type; -PKTS_EINVAL if there is none. */
int pkts_packet_find_option(const struct pkts_packet *packet, unsigned i, uint8_t type);

/*
 * Puts n bytes in the place of the innermost layer's payload; lengths and checksums are mended.
 * Padding behind the layers goes. cap and errors as above.
 */
int pkts_packet_replace_payload(
	struct pkts_packet *packet, uint32_t cap, const uint8_t *bytes, uint32_t n);

/* inline definitions */

/* Multiples of 0xffff, which are zero in one's complement, and above what is taken off them. */
#define PKTS_DELTA_16 UINT64_C(0xffff)
#define PKTS_DELTA_32 UINT64_C(0xffffffff)
#define PKTS_DELTA_48 UINT64_C(0xffffffffffff)

#define PKTS_DELTA_LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* A number of up to 32 bits anywhere: words do not care by how many words something is shifted. */
PKTS_INLINE uint64_t pkts_delta_shifted(uint64_t x, unsigned end)
{
	return x << ((PKTS_DELTA_LITTLE ? 24 : 16) - end % 16) % 16;
}

PKTS_INLINE void pkts_delta_number(
	struct pkts_delta *d, unsigned bit, unsigned width, uint64_t old, uint64_t x)
{
	const uint64_t mask = UINT64_MAX >> (64 - width);
	const unsigned end = bit % 16 + width;

	old &= mask;
	x &= mask;
	if (end <= 16) {
		const uint16_t a = (uint16_t)(old << (16 - end)), b = (uint16_t)(x << (16 - end));
		d->sum += PKTS_DELTA_16 - (PKTS_DELTA_LITTLE ? __builtin_bswap16(a) : a) +
			  (PKTS_DELTA_LITTLE ? __builtin_bswap16(b) : b);
	} else if (end <= 32) {
		const uint32_t a = (uint32_t)(old << (32 - end)), b = (uint32_t)(x << (32 - end));
		d->sum += PKTS_DELTA_32 - (PKTS_DELTA_LITTLE ? __builtin_bswap32(a) : a) +
			  (PKTS_DELTA_LITTLE ? __builtin_bswap32(b) : b);
	} else {
		d->sum += 2 * PKTS_DELTA_48 - pkts_delta_shifted(old >> 32, end) -
			  pkts_delta_shifted(old & UINT32_MAX, end) +
			  pkts_delta_shifted(x >> 32, end) +
			  pkts_delta_shifted(x & UINT32_MAX, end);
	}
}

PKTS_INLINE struct pkts_delta pkts_delta_odd(struct pkts_delta d)
{
	const struct pkts_cksum c = {.sum = d.sum};

	return (struct pkts_delta){__builtin_bswap16(pkts_cksum_fold(&c))};
}

PKTS_INLINE void pkts_delta_even_bytes(
	struct pkts_delta *d, const uint8_t *old, const uint8_t *bytes, uint32_t n)
{
	uint32_t a, b;

	for (; n >= 4; n -= 4, old += 4, bytes += 4) {
		__builtin_memcpy(&a, old, 4);
		__builtin_memcpy(&b, bytes, 4);
		d->sum += PKTS_DELTA_32 - a + b;
	}
	a = b = 0;
	__builtin_memcpy(&a, old, n & 3);
	__builtin_memcpy(&b, bytes, n & 3);
	if (n & 3)
		d->sum += PKTS_DELTA_32 - a + b;
}

PKTS_INLINE void pkts_delta_bytes(
	struct pkts_delta *d, uint32_t at, const uint8_t *old, const uint8_t *bytes, uint32_t n)
{
	struct pkts_delta these = {0};

	if (at % 2 == 0) {
		pkts_delta_even_bytes(d, old, bytes, n);
		return;
	}
	pkts_delta_even_bytes(&these, old, bytes, n);
	d->sum += pkts_delta_odd(these).sum;
}

/* RFC 1624 eqn. 3, on the field as it lies in memory: it is the complement of a sum that changes. */
PKTS_INLINE uint16_t pkts_delta_apply(uint16_t csum, struct pkts_delta d)
{
	uint64_t sum = (uint16_t)~csum + d.sum;

	sum = (sum >> 32) + (uint32_t)sum;
	const uint32_t halves = (uint32_t)(sum >> 32) + (uint32_t)sum;
	return (uint16_t) ~((halves + (halves << 16 | halves >> 16)) >> 16);
}

PKTS_INLINE void pkts_delta_fix(uint8_t *field, struct pkts_delta d)
{
	uint16_t csum;

	__builtin_memcpy(&csum, field, sizeof(csum));
	csum = pkts_delta_apply(csum, d);
	__builtin_memcpy(field, &csum, sizeof(csum));
}

/* Of checksums for which 0 means that there is none. */
PKTS_INLINE void pkts_delta_fix_optional(uint8_t *field, struct pkts_delta d)
{
	uint16_t csum;

	__builtin_memcpy(&csum, field, sizeof(csum));
	if (csum == 0)
		return;
	csum = pkts_delta_apply(csum, d);
	csum = csum ? csum : 0xffff;
	__builtin_memcpy(field, &csum, sizeof(csum));
}

/* Without a pseudo-header there can be nothing but zeros, whose checksum is the one that is not 0. */
PKTS_INLINE void pkts_delta_fix_message(uint8_t *header, struct pkts_delta d)
{
	pkts_delta_fix(header + 2, d);
	if (PKTS_UNLIKELY(pkts_be64(header) == 0))
		pkts_put_be16(header + 2, 0xffff);
}

PKTS_SPECS(PKTS_EDIT)

PKTS_INLINE void pkts_ipv4_fix(struct pkts_ipv4 v, struct pkts_delta d)
{
	pkts_delta_fix(v.p + 10, d);
}

PKTS_INLINE void pkts_tcp_fix(struct pkts_tcp v, struct pkts_delta d)
{
	pkts_delta_fix(v.p + 16, d);
}

PKTS_INLINE void pkts_udp_fix(struct pkts_udp v, struct pkts_delta d)
{
	pkts_delta_fix_optional(v.p + 6, d);
}

PKTS_INLINE void pkts_udplite_fix(struct pkts_udplite v, struct pkts_delta d)
{
	pkts_delta_fix_optional(v.p + 6, d);
}

PKTS_INLINE void pkts_icmp_fix(struct pkts_icmp v, struct pkts_delta d)
{
	pkts_delta_fix_message(v.p, d);
}

PKTS_INLINE void pkts_igmp_fix(struct pkts_igmp v, struct pkts_delta d)
{
	pkts_delta_fix_message(v.p, d);
}

PKTS_INLINE void pkts_icmpv6_fix(struct pkts_icmpv6 v, struct pkts_delta d)
{
	pkts_delta_fix(v.p + 2, d);
}

PKTS_INLINE void pkts_gre_fix(struct pkts_gre v, struct pkts_delta d)
{
	if (pkts_gre_version(v) == 0 && pkts_gre_has_csum(v))
		pkts_delta_fix(v.p + PKTS_GRE_HEAD, d);
}

#endif
