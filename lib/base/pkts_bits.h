/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Unaligned loads and stores in network byte order, and bit fields of any width up to 64. */
#ifndef PKTS_BITS_H
#define PKTS_BITS_H

#include "pkts_base.h"

/* Reads 2, 3, 4 or 8 bytes at p, most significant first. The caller has checked the bounds. */
PKTS_INLINE uint16_t pkts_be16(const uint8_t *p);
PKTS_INLINE uint32_t pkts_be24(const uint8_t *p);
PKTS_INLINE uint32_t pkts_be32(const uint8_t *p);
PKTS_INLINE uint64_t pkts_be64(const uint8_t *p);

/* Writes them. Bits of v above the width are ignored. */
PKTS_INLINE void pkts_put_be16(uint8_t *p, uint16_t v);
PKTS_INLINE void pkts_put_be32(uint8_t *p, uint32_t v);
PKTS_INLINE void pkts_put_be64(uint8_t *p, uint64_t v);

/*
 * Reads the field of `width` bits (1 to 64) that starts `bit` bits after the most significant bit
 * of p[0], in the numbering of the RFCs' header diagrams. It may span at most 8 bytes. With
 * constant arguments this is one load and at most a swap, a shift and a mask.
 */
PKTS_INLINE uint64_t pkts_bits_get(const uint8_t *p, unsigned bit, unsigned width);

/* Writes it; the bits around it stay as they are, and bits of v above the width are ignored. */
PKTS_INLINE void pkts_bits_put(uint8_t *p, unsigned bit, unsigned width, uint64_t v);

/* inline definitions */

PKTS_INLINE uint16_t pkts_be16(const uint8_t *p)
{
	uint16_t v;
	__builtin_memcpy(&v, p, sizeof(v));
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? v : __builtin_bswap16(v);
}

PKTS_INLINE uint32_t pkts_be24(const uint8_t *p)
{
	return (uint32_t)pkts_be16(p) << 8 | p[2];
}

PKTS_INLINE uint32_t pkts_be32(const uint8_t *p)
{
	uint32_t v;
	__builtin_memcpy(&v, p, sizeof(v));
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? v : __builtin_bswap32(v);
}

PKTS_INLINE uint64_t pkts_be64(const uint8_t *p)
{
	uint64_t v;
	__builtin_memcpy(&v, p, sizeof(v));
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? v : __builtin_bswap64(v);
}

PKTS_INLINE void pkts_put_be16(uint8_t *p, uint16_t v)
{
	if (__BYTE_ORDER__ != __ORDER_BIG_ENDIAN__)
		v = __builtin_bswap16(v);
	__builtin_memcpy(p, &v, sizeof(v));
}

PKTS_INLINE void pkts_put_be32(uint8_t *p, uint32_t v)
{
	if (__BYTE_ORDER__ != __ORDER_BIG_ENDIAN__)
		v = __builtin_bswap32(v);
	__builtin_memcpy(p, &v, sizeof(v));
}

PKTS_INLINE void pkts_put_be64(uint8_t *p, uint64_t v)
{
	if (__BYTE_ORDER__ != __ORDER_BIG_ENDIAN__)
		v = __builtin_bswap64(v);
	__builtin_memcpy(p, &v, sizeof(v));
}

PKTS_INLINE uint64_t pkts_bits_get(const uint8_t *p, unsigned bit, unsigned width)
{
	const uint64_t mask = UINT64_MAX >> (64 - width);
	const unsigned bytes = (bit % 8 + width + 7) / 8;
	const unsigned below = bytes * 8 - bit % 8 - width;
	uint64_t v = 0;

	p += bit / 8;
	switch (bytes) {
	case 1:
		return p[0] >> below & mask;
	case 2:
		return pkts_be16(p) >> below & mask;
	case 3:
		return pkts_be24(p) >> below & mask;
	case 4:
		return pkts_be32(p) >> below & mask;
	case 8:
		return pkts_be64(p) >> below & mask;
	default:
		for (unsigned i = 0; i < bytes; i++)
			v = v << 8 | p[i];
		return v >> below & mask;
	}
}

PKTS_INLINE void pkts_bits_put(uint8_t *p, unsigned bit, unsigned width, uint64_t v)
{
	const uint64_t mask = UINT64_MAX >> (64 - width);
	const unsigned bytes = (bit % 8 + width + 7) / 8;
	const unsigned below = bytes * 8 - bit % 8 - width;

	p += bit / 8;
	if (bit % 8 == 0 && width == 16) {
		pkts_put_be16(p, (uint16_t)v);
	} else if (bit % 8 == 0 && width == 32) {
		pkts_put_be32(p, (uint32_t)v);
	} else if (bit % 8 == 0 && width == 64) {
		pkts_put_be64(p, v);
	} else {
		for (unsigned i = 0; i < bytes; i++) {
			const unsigned shift = (bytes - 1 - i) * 8;
			const uint8_t keep = (uint8_t) ~((mask << below) >> shift);
			p[i] = (uint8_t)((p[i] & keep) | (((v & mask) << below) >> shift & 0xff));
		}
	}
}

#endif
