/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_siphash.h"

struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t le64(const uint8_t *p)
{
	uint64_t v;
	__builtin_memcpy(&v, p, sizeof(v));
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(v) : v;
}

PKTS_INLINE uint64_t rotl(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

PKTS_INLINE void sip_rounds(struct state *s, unsigned rounds)
{
	while (rounds--) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotl(s->v1, 13) ^ s->v0;
		s->v3 = rotl(s->v3, 16) ^ s->v2;
		s->v0 = rotl(s->v0, 32) + s->v3;
		s->v2 += s->v1;
		s->v1 = rotl(s->v1, 17) ^ s->v2;
		s->v3 = rotl(s->v3, 21) ^ s->v0;
		s->v2 = rotl(s->v2, 32);
	}
}

PKTS_INLINE void compress(struct state *s, uint64_t m, unsigned rounds)
{
	s->v3 ^= m;
	sip_rounds(s, rounds);
	s->v0 ^= m;
}

/* The last, incomplete word, with the length in its top byte. */
PKTS_INLINE uint64_t tail(const uint8_t *p, size_t n)
{
	uint64_t m = (uint64_t)n << 56;

	for (size_t i = n & ~(size_t)7; i < n; i++)
		m |= (uint64_t)p[i] << i % 8 * 8;
	return m;
}

PKTS_INLINE uint64_t siphash(
	const struct pkts_siphash_key *key, const uint8_t *p, size_t n, unsigned c, unsigned d)
{
	struct state s = {
		.v0 = key->k[0] ^ UINT64_C(0x736f6d6570736575),
		.v1 = key->k[1] ^ UINT64_C(0x646f72616e646f6d),
		.v2 = key->k[0] ^ UINT64_C(0x6c7967656e657261),
		.v3 = key->k[1] ^ UINT64_C(0x7465646279746573),
	};

	for (size_t i = 0; i + 8 <= n; i += 8)
		compress(&s, le64(p + i), c);
	compress(&s, tail(p, n), c);
	s.v2 ^= 0xff;
	sip_rounds(&s, d);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

struct pkts_siphash_key pkts_siphash_key_from(const uint8_t bytes[16])
{
	return (struct pkts_siphash_key){{le64(bytes), le64(bytes + 8)}};
}

uint64_t pkts_siphash24(const struct pkts_siphash_key *key, const void *p, size_t n)
{
	return siphash(key, p, n, 2, 4);
}

uint64_t pkts_siphash13(const struct pkts_siphash_key *key, const void *p, size_t n)
{
	return siphash(key, p, n, 1, 3);
}
