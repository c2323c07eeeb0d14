/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "pkts_bits.h"
#include "pkts_cksum.h"

/* crc32c_plain.c */
uint32_t plain_crc32c_add(uint32_t crc, const uint8_t *p, size_t n);

/* RFC 1071 4.1 to the letter. */
static uint16_t model_sum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (; n > 1; n -= 2, p += 2) {
		sum += (uint32_t)p[0] << 8 | p[1];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	if (n)
		sum += (uint32_t)p[0] << 8;
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* One bit at a time, most significant bit of the polynomial last (reflected). */
static uint32_t model_crc(const uint8_t *p, size_t n)
{
	uint32_t crc = ~0u;

	for (; n; n--, p++) {
		crc ^= *p;
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

static uint16_t sum_of(const uint8_t *p, size_t n)
{
	struct pkts_cksum c = {0};
	pkts_cksum_add(&c, p, n);
	return pkts_cksum_fold(&c);
}

static void fill(uint8_t *p, size_t n)
{
	uint32_t x = 1;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		p[i] = (uint8_t)(x >> 24);
	}
}

static void every_length_at_every_alignment(void **state)
{
	uint8_t bytes[320];

	(void)state;
	fill(bytes, sizeof(bytes));
	for (size_t align = 0; align < 16; align++)
		for (size_t n = 0; n <= 300; n++)
			assert_int_equal(sum_of(bytes + align, n), model_sum(bytes + align, n));
}

static void nothing_is_read_behind_the_end(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 300; n++) {
		uint8_t *const p = malloc(n);
		fill(p, n);
		assert_int_equal(sum_of(p, n), model_sum(p, n));
		assert_int_equal(~pkts_crc32c_add(~0u, p, n), model_crc(p, n));
		free(p);
	}
}

static void every_split_in_two_and_three_pieces(void **state)
{
	uint8_t bytes[97];

	(void)state;
	fill(bytes, sizeof(bytes));
	const uint16_t whole = model_sum(bytes, sizeof(bytes));
	const uint32_t crc = model_crc(bytes, sizeof(bytes));
	for (size_t a = 0; a <= sizeof(bytes); a++)
		for (size_t b = a; b <= sizeof(bytes); b++) {
			struct pkts_cksum c = {0};
			pkts_cksum_add(&c, bytes, a);
			pkts_cksum_add(&c, bytes + a, b - a);
			pkts_cksum_add(&c, bytes + b, sizeof(bytes) - b);
			assert_int_equal(pkts_cksum_fold(&c), whole);
			uint32_t part = pkts_crc32c_add(~0u, bytes, a);
			part = pkts_crc32c_add(part, bytes + a, b - a);
			assert_int_equal(~pkts_crc32c_add(part, bytes + b, sizeof(bytes) - b), crc);
		}
}

static void one_byte_at_a_time(void **state)
{
	uint8_t bytes[301];
	struct pkts_cksum c = {0};

	(void)state;
	fill(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		pkts_cksum_add(&c, bytes + i, 1);
	assert_int_equal(pkts_cksum_fold(&c), model_sum(bytes, sizeof(bytes)));
}

static void example_of_rfc_1071(void **state)
{
	static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	(void)state;
	assert_int_equal(sum_of(bytes, sizeof(bytes)), 0xddf2);
}

static void numbers_count_as_their_bytes(void **state)
{
	static const uint8_t bytes[] = {0xff, 0xfe, 0x12, 0x34, 0xab, 0xcd};
	struct pkts_cksum c = {0};

	(void)state;
	pkts_cksum_add16(&c, 0xfffe);
	pkts_cksum_add32(&c, 0x1234abcd);
	assert_int_equal(pkts_cksum_fold(&c), model_sum(bytes, sizeof(bytes)));
}

static void a_copy_sums_the_same_and_stays_in_its_place(void **state)
{
	uint8_t from[340], to[340];

	(void)state;
	fill(from, sizeof(from));
	for (size_t align = 0; align < 16; align++)
		for (size_t n = 0; n <= 300; n++) {
			struct pkts_cksum added = {.odd = n & 1}, copied = added;
			memset(to, 0xa5, sizeof(to));
			pkts_cksum_add(&added, from + align, n);
			pkts_cksum_copy(&copied, to + 1, from + align, n);
			assert_int_equal(copied.sum, added.sum);
			assert_int_equal(copied.odd, added.odd);
			assert_memory_equal(to + 1, from + align, n);
			assert_int_equal(to[0], 0xa5);
			assert_int_equal(to[1 + n], 0xa5);
		}
}

static void a_field_counts_as_the_header_that_it_is_in(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 32; bit++)
		for (unsigned width = 1; bit % 16 + width <= 16 || (bit < 16 && bit + width <= 32);
			width++) {
			uint8_t header[8] = {0};
			struct pkts_cksum c = {0};
			pkts_bits_put(header, bit, width, 0x9c5a3b71);
			c.sum = pkts_bits_sum(0x9c5a3b71, bit, width);
			assert_int_equal(pkts_cksum_fold(&c), model_sum(header, 4));
			c.sum = pkts_bytes_sum(header, 3);
			assert_int_equal(pkts_cksum_fold(&c), model_sum(header, 3));
		}
}

/* The most a call may bring: no lane may lose a carry. */
static void a_megabyte_of_ones_and_of_noise(void **state)
{
	const size_t n = 1 << 20;
	uint8_t *const bytes = malloc(n);

	(void)state;
	memset(bytes, 0xff, n);
	assert_int_equal(sum_of(bytes, n), 0xffff);
	assert_int_equal(sum_of(bytes, n - 1), model_sum(bytes, n - 1));
	fill(bytes, n);
	assert_int_equal(sum_of(bytes, n), model_sum(bytes, n));
	free(bytes);
}

static void carries_fold_to_the_end(void **state)
{
	static const struct {
		uint64_t sum;
		uint16_t folded;
	} rows[] = {
		{0, 0},
		{0xffff, 0xffff},
		{0x10000, 1},
		{0x1ffff, 1},
		{0xfffeffff, 0xfffe},
		{0xfffe0001, 0xffff},
		{0xffffffff, 0xffff},
		{0x1ffffffff, 1},
		{UINT64_MAX, 0xffff},
		{0xffffffffffff0001, 1}, /* the most folds that any sum needs */
		{UINT64_MAX - 1, 0xfffe},
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct pkts_cksum c = {.sum = rows[i].sum};
		assert_int_equal(pkts_cksum_fold(&c), rows[i].folded);
	}
}

/* RFC 3720 B.4, and the value that catalogues of CRCs give for the digits. */
static void published_crcs(void **state)
{
	uint8_t zeros[32], ones[32], up[32], down[32];
	static const uint8_t read_pdu[48] = {0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0,
		0, 0x02, 0};
	const struct {
		const uint8_t *p;
		size_t n;
		uint32_t crc;
	} rows[] = {
		{(const uint8_t *)"123456789", 9, 0xe3069283},
		{zeros, 32, 0x8a9136aa},
		{ones, 32, 0x62a8ab43},
		{up, 32, 0x46dd794e},
		{down, 32, 0x113fdb5c},
		{read_pdu, 48, 0xd9963a56},
		{zeros, 0, 0},
	};

	(void)state;
	memset(zeros, 0, sizeof(zeros));
	memset(ones, 0xff, sizeof(ones));
	for (uint8_t i = 0; i < 32; i++) {
		up[i] = i;
		down[i] = (uint8_t)(31 - i);
	}
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		assert_int_equal(
			(uint32_t)~pkts_crc32c_add(~0u, rows[i].p, rows[i].n), rows[i].crc);
		assert_int_equal(
			(uint32_t)~plain_crc32c_add(~0u, rows[i].p, rows[i].n), rows[i].crc);
		assert_int_equal(model_crc(rows[i].p, rows[i].n), rows[i].crc);
	}
}

static void both_crc_implementations_agree(void **state)
{
	uint8_t bytes[320];

	(void)state;
	fill(bytes, sizeof(bytes));
	for (size_t align = 0; align < 16; align++)
		for (size_t n = 0; n <= 300; n++) {
			const uint32_t crc = model_crc(bytes + align, n);
			assert_int_equal((uint32_t)~pkts_crc32c_add(~0u, bytes + align, n), crc);
			assert_int_equal((uint32_t)~plain_crc32c_add(~0u, bytes + align, n), crc);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_at_every_alignment),
		cmocka_unit_test(nothing_is_read_behind_the_end),
		cmocka_unit_test(every_split_in_two_and_three_pieces),
		cmocka_unit_test(one_byte_at_a_time),
		cmocka_unit_test(example_of_rfc_1071),
		cmocka_unit_test(numbers_count_as_their_bytes),
		cmocka_unit_test(a_copy_sums_the_same_and_stays_in_its_place),
		cmocka_unit_test(a_field_counts_as_the_header_that_it_is_in),
		cmocka_unit_test(a_megabyte_of_ones_and_of_noise),
		cmocka_unit_test(carries_fold_to_the_end),
		cmocka_unit_test(published_crcs),
		cmocka_unit_test(both_crc_implementations_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
