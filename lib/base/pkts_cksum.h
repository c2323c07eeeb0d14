/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The Internet checksum (RFC 1071) and CRC32c (RFC 9260 appendix A), over bytes that come in
 * pieces. */
#ifndef PKTS_CKSUM_H
#define PKTS_CKSUM_H

#include "pkts_base.h"

/*
 * A one's complement sum under way. Starts as all zero. Pieces may have any length and alignment;
 * `odd` remembers that the bytes so far ended in the middle of a 16-bit word.
 */
struct pkts_cksum {
	uint64_t sum;
	bool odd;
};

/* Adds n bytes, up to 2^20 of them a call. */
void pkts_cksum_add(struct pkts_cksum *c, const uint8_t *p, size_t n);

/* Copies n bytes, that do not overlap, and adds them on the way. */
void pkts_cksum_copy(struct pkts_cksum *c, uint8_t *to, const uint8_t *p, size_t n);

/* Adds one 16-bit or 32-bit number as it would stand in the packet; only while the count is even.
 */
PKTS_INLINE void pkts_cksum_add16(struct pkts_cksum *c, uint16_t v);
PKTS_INLINE void pkts_cksum_add32(struct pkts_cksum *c, uint32_t v);

/*
 * What a number of `width` bits, the first of which is bit `bit` of a header, adds to the header's
 * sum. It lies within 16 bits or within 32 of which the first is a multiple of 16. Bits of x above
 * the width are ignored.
 */
PKTS_INLINE uint64_t pkts_bits_sum(uint64_t x, unsigned bit, unsigned width);

/* What a few bytes, options mostly, add to a sum of which they start at an even place. */
PKTS_INLINE uint64_t pkts_bytes_sum(const uint8_t *p, uint32_t n);

/*
 * The sum folded to 16 bits, host order, not complemented: 0xffff over bytes that include their
 * own, correct, checksum; its complement is what a checksum field has to hold over bytes where that
 * is 0.
 */
PKTS_INLINE uint16_t pkts_cksum_fold(const struct pkts_cksum *c);

/* CRC32c under way: start with ~0u, add the pieces, complement the end. */
uint32_t pkts_crc32c_add(uint32_t crc, const uint8_t *p, size_t n);

/* inline definitions */

PKTS_INLINE void pkts_cksum_add16(struct pkts_cksum *c, uint16_t v)
{
	c->sum += v;
}

PKTS_INLINE void pkts_cksum_add32(struct pkts_cksum *c, uint32_t v)
{
	c->sum += v;
}

PKTS_INLINE uint64_t pkts_bits_sum(uint64_t x, unsigned bit, unsigned width)
{
	const unsigned end = bit % 16 + width;

	x &= UINT64_MAX >> (64 - width);
	if (end <= 16)
		return x << (16 - end);
	x <<= 32 - end;
	return (x >> 16) + (x & 0xffff);
}

PKTS_INLINE uint64_t pkts_bytes_sum(const uint8_t *p, uint32_t n)
{
	uint64_t sum = 0;

#pragma GCC unroll 20
	for (uint32_t at = 0; at + 1 < n; at += 2)
		sum += (uint32_t)p[at] << 8 | p[at + 1];
	return n & 1 ? sum + ((uint32_t)p[n - 1] << 8) : sum;
}

PKTS_INLINE uint16_t pkts_cksum_fold(const struct pkts_cksum *c)
{
	uint64_t sum = (c->sum >> 32) + (c->sum & 0xffffffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)((sum >> 16) + sum);
}

#endif
