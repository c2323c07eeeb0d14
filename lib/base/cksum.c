/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_cksum.h"

#include "pkts_bits.h"

/* Four 32-bit lanes that each add up 16-bit words: no carry can be lost within LANE_MAX vectors. */
typedef uint32_t lanes __attribute__((vector_size(16)));
#define LANE_MAX 16384

static lanes load(const uint8_t *p)
{
	lanes v;
	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

/*
 * The sum of the words in host order of a multiple of 32 bytes, which are also copied unless `to` is
 * NULL: a constant wherever this is inlined.
 */
PKTS_INLINE uint64_t sum_vectors(uint8_t *to, const uint8_t *p, size_t n)
{
	lanes even = {0}, odd = {0};

	for (const uint8_t *end = p + n; p < end; p += 32) {
		const lanes a = load(p), b = load(p + 16);
		if (to) {
			__builtin_memcpy(to, &a, sizeof(a));
			__builtin_memcpy(to + 16, &b, sizeof(b));
			to += 32;
		}
		even += (a & 0xffff) + (b & 0xffff);
		odd += (a >> 16) + (b >> 16);
	}
	uint64_t sum = 0;
	for (unsigned i = 0; i < 4; i++)
		sum += (uint64_t)even[i] + odd[i];
	return sum;
}

/* Less than 32 bytes; a last odd byte counts as the first of its word. */
PKTS_INLINE uint64_t sum_rest(uint8_t *to, const uint8_t *p, size_t n)
{
	uint64_t sum = 0, eight;
	uint16_t word;
	size_t at = 0;

	for (; n - at >= 8; at += 8) {
		__builtin_memcpy(&eight, p + at, 8);
		if (to)
			__builtin_memcpy(to + at, &eight, 8);
		sum += (eight >> 32) + (uint32_t)eight;
	}
	for (; n - at >= 2; at += 2) {
		__builtin_memcpy(&word, p + at, 2);
		if (to)
			__builtin_memcpy(to + at, &word, 2);
		sum += word;
	}
	if (at < n) {
		word = 0;
		__builtin_memcpy(&word, p + at, 1);
		if (to)
			to[at] = p[at];
		sum += word;
	}
	return sum;
}

/* The sum of the words in host order. */
PKTS_INLINE uint64_t sum_words(uint8_t *to, const uint8_t *p, size_t n)
{
	uint64_t sum = 0;

	while (n >= 32) {
		const size_t block = PKTS_MIN(n & ~(size_t)31, (size_t)LANE_MAX * 32);
		sum += sum_vectors(to, p, block);
		to = to ? to + block : NULL;
		p += block;
		n -= block;
	}
	return sum + sum_rest(to, p, n);
}

/* Adds a sum of words in host order that was made over n bytes. */
static void add_words(struct pkts_cksum *c, uint64_t sum, size_t n)
{
	const struct pkts_cksum part = {.sum = sum};
	uint16_t folded = pkts_cksum_fold(&part);

	/* Swapping the bytes of a one's complement sum is the same as summing swapped bytes (RFC
	 * 1071 2B). */
	const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
	if (little != c->odd)
		folded = __builtin_bswap16(folded);
	c->sum += folded;
	c->odd ^= n & 1;
}

void pkts_cksum_add(struct pkts_cksum *c, const uint8_t *p, size_t n)
{
	add_words(c, sum_words(NULL, p, n), n);
}

void pkts_cksum_copy(struct pkts_cksum *c, uint8_t *to, const uint8_t *p, size_t n)
{
	add_words(c, sum_words(to, p, n), n);
}

#ifdef __SSE4_2__
uint32_t pkts_crc32c_add(uint32_t crc, const uint8_t *p, size_t n)
{
	uint64_t wide = crc, word;

	for (; n >= 8; n -= 8, p += 8) {
		__builtin_memcpy(&word, p, 8);
		wide = __builtin_ia32_crc32di(wide, word);
	}
	crc = (uint32_t)wide;
	for (; n; n--, p++)
		crc = __builtin_ia32_crc32qi(crc, *p);
	return crc;
}
#else
/* One row per value of four bits, of the reflected polynomial 0x82f63b78. */
static const uint32_t nibbles[16] = {
	0x00000000,
	0x105ec76f,
	0x20bd8ede,
	0x30e349b1,
	0x417b1dbc,
	0x5125dad3,
	0x61c69362,
	0x7198540d,
	0x82f63b78,
	0x92a8fc17,
	0xa24bb5a6,
	0xb21572c9,
	0xc38d26c4,
	0xd3d3e1ab,
	0xe330a81a,
	0xf36e6f75,
};

uint32_t pkts_crc32c_add(uint32_t crc, const uint8_t *p, size_t n)
{
	for (; n; n--, p++) {
		crc ^= *p;
		crc = crc >> 4 ^ nibbles[crc & 15];
		crc = crc >> 4 ^ nibbles[crc & 15];
	}
	return crc;
}
#endif
