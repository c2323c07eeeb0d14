/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stdlib.h>
#include <string.h>

#include "pkts_siphash.h"
#include "row.h"

struct vector {
	uint32_t n; /* bytes of input: 00 01 02 ... */
	uint64_t hash;
};

static void count_up(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)i;
}

/* Of the authors' own table, key 00 01 ... 0f; that of 15 bytes is appendix A of the paper. */
static void the_papers_vectors(void **state)
{
	static const struct vector rows[] = {
		{0, 0x726fdb47dd0e0e31},
		{1, 0x74f839c593dc67fd},
		{2, 0x0d6c8009d9a94f5a},
		{3, 0x85676696d7fb7e2d},
		{7, 0xab0200f58b01d137},
		{8, 0x93f5f5799a932462},
		{15, 0xa129ca6149be45e5},
	};
	uint8_t bytes[64];

	(void)state;
	count_up(bytes, sizeof(bytes));
	const struct pkts_siphash_key key = pkts_siphash_key_from(bytes);
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		assert_int_equal(pkts_siphash24(&key, bytes, rows[i].n), rows[i].hash);
}

/* As Python 3.11 has them, which hashes with SipHash-1-3: PYTHONHASHSEED=0, hash(bytes(range(n))). */
static void vectors_of_another_implementation(void **state)
{
	static const struct vector rows[] = {
		{1, 0x68a914128e01e473},
		{2, 0x010bac45c41e3669},
		{3, 0x4d4c9a4a8ef6e0ad},
		{7, 0x2f098ab0c751325a},
		{8, 0xead411e67ebe2eea},
		{9, 0x75927f9d95124362},
		{15, 0xf30eb725bb91c9ea},
		{16, 0x8972188433a5c5b7},
		{17, 0x4883c49a2c009c1d},
		{24, 0x31185a47af932f3a},
		{33, 0x7fb71d24dfa4c9f6},
		{40, 0x95bc321ab41d8206},
	};
	static const struct pkts_siphash_key key;
	uint8_t bytes[64];

	(void)state;
	count_up(bytes, sizeof(bytes));
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		assert_int_equal(pkts_siphash13(&key, bytes, rows[i].n), rows[i].hash);
}

static void every_bit_of_key_and_input_counts(void **state)
{
	uint8_t key[16] = {0}, bytes[32] = {0};
	const struct pkts_siphash_key zero = pkts_siphash_key_from(key);
	const uint64_t usual = pkts_siphash13(&zero, bytes, sizeof(bytes));

	(void)state;
	for (unsigned bit = 0; bit < 128; bit++) {
		key[bit / 8] = (uint8_t)(1 << bit % 8);
		const struct pkts_siphash_key other = pkts_siphash_key_from(key);
		assert_true(pkts_siphash13(&other, bytes, sizeof(bytes)) != usual);
		key[bit / 8] = 0;
	}
	for (unsigned bit = 0; bit < 256; bit++) {
		bytes[bit / 8] = (uint8_t)(1 << bit % 8);
		assert_true(pkts_siphash13(&zero, bytes, sizeof(bytes)) != usual);
		bytes[bit / 8] = 0;
	}
	assert_true(pkts_siphash13(&zero, bytes, 31) != usual);
}

static void any_alignment_and_nothing_behind_the_end(void **state)
{
	static const struct pkts_siphash_key key = {{1, 2}};
	uint8_t bytes[96];

	(void)state;
	count_up(bytes, sizeof(bytes));
	for (size_t n = 0; n <= 64; n++) {
		uint8_t *const exact = malloc(n + 1);
		memcpy(exact + 1, bytes + 7, n);
		assert_int_equal(
			pkts_siphash24(&key, exact + 1, n), pkts_siphash24(&key, bytes + 7, n));
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_papers_vectors),
		cmocka_unit_test(vectors_of_another_implementation),
		cmocka_unit_test(every_bit_of_key_and_input_counts),
		cmocka_unit_test(any_alignment_and_nothing_behind_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
