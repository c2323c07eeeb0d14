/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The bodies of SCTP chunks: fields at their places, checks at each length, lists to their ends. */
#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "pkts_sctp_data.h"

static void rows_tile(void **state)
{
#define ROW(P, N, BIT, WIDTH, KIND) {BIT, WIDTH},
	static const struct {
		unsigned bit, width;
	} data[] = {PKTS_SCTP_DATA_FIELDS(ROW, ROW)},
	  i_data[] = {PKTS_SCTP_I_DATA_FIELDS(ROW, ROW)},
	  init[] = {PKTS_SCTP_INIT_FIELDS(ROW, ROW)}, sack[] = {PKTS_SCTP_SACK_FIELDS(ROW, ROW)},
	  forward[] = {PKTS_SCTP_FORWARD_TSN_FIELDS(ROW, ROW)};
#undef ROW
#define DEMAND_TILES(rows, head)                                                                   \
	do {                                                                                       \
		unsigned bit = 0;                                                                  \
		for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); bit += rows[i++].width)             \
			assert_int_equal((rows)[i].bit, bit);                                      \
		assert_int_equal(bit, (head)*8);                                                   \
	} while (0)

	(void)state;
	DEMAND_TILES(data, PKTS_SCTP_DATA_HEAD);
	DEMAND_TILES(i_data, PKTS_SCTP_I_DATA_HEAD);
	DEMAND_TILES(init, PKTS_SCTP_INIT_HEAD);
	DEMAND_TILES(sack, PKTS_SCTP_SACK_HEAD);
	DEMAND_TILES(forward, PKTS_SCTP_FORWARD_TSN_HEAD);
}

static void fields_of_data(void **state)
{
	const struct bytes b = bytes_from_hex("000b0013 80000001 0005fffe 0000002e 616263");
	const struct pkts_sctp_data v = {b.p, b.n, b.n};

	(void)state;
	assert_int_equal(pkts_sctp_data_i(v), 1);
	assert_int_equal(pkts_sctp_data_u(v), 0);
	assert_int_equal(pkts_sctp_data_b(v), 1);
	assert_int_equal(pkts_sctp_data_e(v), 1);
	assert_int_equal(pkts_sctp_data_length(v), 19);
	assert_int_equal(pkts_sctp_data_tsn(v), 0x80000001);
	assert_int_equal(pkts_sctp_data_stream(v), 5);
	assert_int_equal(pkts_sctp_data_ssn(v), 0xfffe);
	assert_int_equal(pkts_sctp_data_ppid(v), 46);
	free(b.p);
}

static void fields_of_others(void **state)
{
	const struct bytes b =
		bytes_from_hex("40040018 00000007 00010000 fffffffe 00000002 61626364");
	const struct pkts_sctp_i_data v = {b.p, b.n, b.n};
	const struct bytes c = bytes_from_hex("01000014 12345678 00010000 000a000b 00000063");
	const struct pkts_sctp_init w = {c.p, c.n, c.n};
	const struct bytes d = bytes_from_hex("03000010 00000009 00010000 00010002");
	const struct pkts_sctp_sack x = {d.p, d.n, d.n};

	(void)state;
	assert_int_equal(pkts_sctp_i_data_u(v), 1);
	assert_int_equal(pkts_sctp_i_data_stream(v), 1);
	assert_int_equal(pkts_sctp_i_data_mid(v), 0xfffffffe);
	assert_int_equal(pkts_sctp_i_data_ppid_fsn(v), 2);
	assert_int_equal(pkts_sctp_init_tag(w), 0x12345678);
	assert_int_equal(pkts_sctp_init_rwnd(w), 0x10000);
	assert_int_equal(pkts_sctp_init_out(w), 10);
	assert_int_equal(pkts_sctp_init_in(w), 11);
	assert_int_equal(pkts_sctp_init_tsn(w), 99);
	assert_int_equal(pkts_sctp_sack_tsn(x), 9);
	assert_int_equal(pkts_sctp_sack_gaps(x), 1);
	assert_int_equal(pkts_sctp_sack_dups(x), 2);
	free(b.p);
	free(c.p);
	free(d.p);
}

/* Each check at each length: what the chunk says, and how much of that can be read. */
static void checks(void **state)
{
	static const struct {
		struct pkts_check (*check)(struct pkts_ref s);
		uint32_t head;
		bool needs_data;
	} rows[] = {
		{pkts_sctp_data_check, PKTS_SCTP_DATA_HEAD, true},
		{pkts_sctp_i_data_check, PKTS_SCTP_I_DATA_HEAD, true},
		{pkts_sctp_init_check, PKTS_SCTP_INIT_HEAD, false},
		{pkts_sctp_sack_check, PKTS_SCTP_SACK_HEAD, false},
		{pkts_sctp_forward_tsn_check, PKTS_SCTP_FORWARD_TSN_HEAD, false},
	};
	uint8_t ones[32];

	(void)state;
	memset(ones, 1, sizeof(ones));
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		for (uint32_t len = 4; len <= 24; len++)
			for (uint32_t head = 4; head <= len; head++) {
				const struct bytes b = bytes_copy(ones, head);
				const struct pkts_check c =
					rows[i].check((struct pkts_ref){b.p, head, len});
				const bool bare = rows[i].needs_data && len == rows[i].head;
				free(b.p);
				if (len < rows[i].head) {
					assert_int_equal(c.fatal, PKTS_REASON_SHORT);
				} else if (head < rows[i].head) {
					assert_int_equal(c.fatal, PKTS_REASON_CUT);
				} else {
					assert_int_equal(c.fatal, PKTS_REASON_NONE);
					assert_int_equal(c.head, rows[i].head);
					assert_int_equal(c.len, len);
					assert_int_equal(c.invalid,
						bare ? PKTS_REASON_SCTP_CHUNK : PKTS_REASON_NONE);
				}
			}
}

static void a_tag_of_0_is_none(void **state)
{
	const struct bytes b = bytes_from_hex("01000014 00000000 00010000 000a000b 00000063");

	(void)state;
	assert_int_equal(pkts_sctp_init_check((struct pkts_ref){b.p, b.n, b.n}).invalid,
		PKTS_REASON_SCTP_CHUNK);
	free(b.p);
}

static void lists_of_skips(void **state)
{
	struct bytes b = bytes_from_hex("c0000011 00000009 00010005 0002ffff 77");
	struct pkts_sctp_forward_tsn v = {b.p, b.n, b.n};
	struct pkts_sctp_skip skip;

	(void)state;
	assert_int_equal(pkts_sctp_forward_tsn_tsn(v), 9);
	assert_int_equal(pkts_sctp_forward_tsn_skips(v), 2);
	skip = pkts_sctp_forward_tsn_skip(v, 1);
	assert_int_equal(skip.stream, 2);
	assert_int_equal(skip.mid, 0xffff);
	assert_false(skip.unordered);
	v.head = 15; /* the capture cut the second one */
	assert_int_equal(pkts_sctp_forward_tsn_skips(v), 1);
	free(b.p);
	b = bytes_from_hex("c2000018 00000009 00010000 00010000 00020001 fffffffe");
	v = (struct pkts_sctp_forward_tsn){b.p, b.n, b.n};
	assert_int_equal(pkts_sctp_forward_tsn_skips(v), 2);
	skip = pkts_sctp_forward_tsn_skip(v, 0);
	assert_int_equal(skip.mid, 0x10000);
	assert_false(skip.unordered);
	skip = pkts_sctp_forward_tsn_skip(v, 1);
	assert_int_equal(skip.stream, 2);
	assert_int_equal(skip.mid, 0xfffffffe);
	assert_true(skip.unordered);
	free(b.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_tile),
		cmocka_unit_test(fields_of_data),
		cmocka_unit_test(fields_of_others),
		cmocka_unit_test(checks),
		cmocka_unit_test(a_tag_of_0_is_none),
		cmocka_unit_test(lists_of_skips),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
