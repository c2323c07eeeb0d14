/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Bit fields and byte order, against a model that handles one bit at a time. */
#include <string.h>

#include "cmocka_all.h"
#include "pkts_bits.h"

static bool get_bit(const uint8_t *p, unsigned bit)
{
	return p[bit / 8] >> (7 - bit % 8) & 1;
}

static uint64_t model_get(const uint8_t *p, unsigned bit, unsigned width)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < width; i++)
		v = v << 1 | get_bit(p, bit + i);
	return v;
}

static void model_put(uint8_t *p, unsigned bit, unsigned width, uint64_t v)
{
	for (unsigned i = 0; i < width; i++) {
		const unsigned at = bit + i;
		const uint8_t mask = (uint8_t)(0x80 >> at % 8);
		p[at / 8] =
			(uint8_t)(v >> (width - 1 - i) & 1 ? p[at / 8] | mask : p[at / 8] & ~mask);
	}
}

/* Calls fn for every field that spans at most 8 bytes. */
static void for_each_field(void (*fn)(unsigned bit, unsigned width))
{
	for (unsigned bit = 0; bit < 16; bit++)
		for (unsigned width = 1; width <= 64 && bit % 8 + width <= 64; width++)
			fn(bit, width);
}

static const uint64_t values[] = {
	0, 1, UINT64_MAX, 0x0123456789abcdef, 0xaaaaaaaaaaaaaaaa, 0x8000000000000001};

static void get_one(unsigned bit, unsigned width)
{
	uint8_t bytes[10];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 0x53 + 0x9d);
	assert_int_equal(pkts_bits_get(bytes, bit, width), model_get(bytes, bit, width));
}

static void put_one(unsigned bit, unsigned width)
{
	static const uint8_t before[] = {0x00, 0xff, 0xa5};

	for (unsigned b = 0; b < sizeof(before); b++)
		for (unsigned v = 0; v < PKTS_ARRAY_LEN(values); v++) {
			uint8_t got[12], want[12];
			memset(got, before[b], sizeof(got));
			memset(want, before[b], sizeof(want));
			pkts_bits_put(got, bit, width, values[v]);
			model_put(want, bit, width, values[v]);
			assert_memory_equal(got, want, sizeof(got));
		}
}

/* Not a byte beyond the field may be touched or read: ASan watches the ends of exact buffers. */
static void exact_one(unsigned bit, unsigned width)
{
	const unsigned n = (bit % 8 + width + 7) / 8;
	uint8_t *const p = test_malloc(n);

	memset(p, 0, n);
	pkts_bits_put(p, bit % 8, width, UINT64_MAX);
	assert_int_equal(pkts_bits_get(p, bit % 8, width), UINT64_MAX >> (64 - width));
	test_free(p);
}

static void every_field_reads_as_its_bits(void **state)
{
	(void)state;
	for_each_field(get_one);
}

static void every_field_is_written_and_its_neighbours_stay(void **state)
{
	(void)state;
	for_each_field(put_one);
}

static void no_byte_outside_is_touched(void **state)
{
	(void)state;
	for_each_field(exact_one);
}

static void numbers_are_in_network_order_at_any_alignment(void **state)
{
	uint8_t bytes[16] = {0}, *const p = bytes + 1;

	(void)state;
	pkts_put_be64(p, 0x0102030405060708);
	assert_memory_equal(bytes, "\0\1\2\3\4\5\6\7\10\0", 10);
	assert_int_equal(pkts_be16(p), 0x0102);
	assert_int_equal(pkts_be24(p), 0x010203);
	assert_int_equal(pkts_be32(p), 0x01020304);
	assert_int_equal(pkts_be64(p), 0x0102030405060708);
	pkts_put_be16(p, 0xa1b2);
	assert_memory_equal(bytes, "\0\xa1\xb2\3", 4);
	pkts_put_be32(p, 0xc1d2e3f4);
	assert_memory_equal(bytes, "\0\xc1\xd2\xe3\xf4\5", 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_reads_as_its_bits),
		cmocka_unit_test(every_field_is_written_and_its_neighbours_stay),
		cmocka_unit_test(no_byte_outside_is_touched),
		cmocka_unit_test(numbers_are_in_network_order_at_any_alignment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
