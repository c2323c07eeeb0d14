/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Iterators: what they hand out, and that they end within their bytes whatever these are. */
#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "pkts_protocols.h"

typedef bool next_fn(struct pkts_tlv_iter *it, struct pkts_tlv *tlv);

/* "type:len" of each, then the reason if there is one. */
static void list(char *text, size_t size, struct pkts_tlv_iter it, next_fn *next)
{
	struct pkts_tlv tlv;
	size_t n = 0;

	text[0] = 0;
	while (next(&it, &tlv))
		n += (size_t)snprintf(
			text + n, size - n, "%s%x:%u", n ? " " : "", tlv.type, tlv.len);
	if (it.reason != PKTS_REASON_NONE)
		snprintf(text + n, size - n, "%s%s", n ? " " : "",
			pkts_reason_info(it.reason)->name);
}

static const struct {
	next_fn *next;
	const char *hex;
	const char *want;
} lists[] = {
	{pkts_ipv4_option_next, "", ""},
	{pkts_ipv4_option_next, "01 94040000 00 94", "1:0 94:2"},
	{pkts_ipv4_option_next, "9402 01", "94:0 1:0"},
	{pkts_ipv4_option_next, "01 9401", "1:0 ipv4_option"},
	{pkts_ipv4_option_next, "94", "ipv4_option"},
	{pkts_tcp_option_next, "020405b4 0101 080a0000000100000002", "2:2 1:0 1:0 8:8"},
	{pkts_tcp_option_next, "020405b4 0300", "2:2 tcp_option"},
	{pkts_tcp_option_next, "0205 05b4", "tcp_option"},
	{pkts_ipv6_option_next, "00 0100 05020000 01020000", "0:0 1:0 5:2 1:2"},
	{pkts_ipv6_option_next, "3e04aabbccdd 3e", "3e:4 ipv6_option"},
	{pkts_ipv6_option_next, "3e05aabbccdd", "ipv6_option"},
	{pkts_icmpv6_option_next,
		"0101020000000001 0302"
		"0000000000000000000000000000",
		"1:6 3:14"},
	{pkts_icmpv6_option_next, "0101020000000001 0100000000000000", "1:6 icmpv6_option"},
	{pkts_icmpv6_option_next, "0102020000000001", "icmpv6_option"},
	{pkts_icmpv6_option_next, "01", "icmpv6_option"},
	{pkts_geneve_option_next, "01028001aabbccdd 010303e0", "10280:4 10303:0"},
	{pkts_geneve_option_next, "01028000 01028001", "10280:0 geneve_option"},
	{pkts_geneve_option_next, "010280", "geneve_option"},
};

static void options_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(lists); i++) {
		const struct bytes b = bytes_from_hex(lists[i].hex);
		char got[256];
		list(got, sizeof(got), pkts_tlv_begin(b.p, b.p + b.n), lists[i].next);
		if (strcmp(got, lists[i].want) != 0)
			fail_msg("row %zu: got \"%s\", want \"%s\"", i + 1, got, lists[i].want);
		free(b.p);
	}
}

static struct pkts_tlv_iter begin_at(enum pkts_proto proto, struct pkts_ref r)
{
	switch (proto) {
	case PKTS_PROTO_IPV4:
		return pkts_ipv4_options(pkts_ipv4_at(r));
	case PKTS_PROTO_TCP:
		return pkts_tcp_options(pkts_tcp_at(r));
	case PKTS_PROTO_IPV6_HOPOPTS:
		return pkts_ipv6_hopopts_options(pkts_ipv6_hopopts_at(r));
	case PKTS_PROTO_IPV6_DSTOPTS:
		return pkts_ipv6_dstopts_options(pkts_ipv6_dstopts_at(r));
	case PKTS_PROTO_ICMPV6:
		return pkts_icmpv6_options(r);
	case PKTS_PROTO_GENEVE:
		return pkts_geneve_options(pkts_geneve_at(r));
	default:
		return pkts_gtp_extensions(pkts_gtp_at(r));
	}
}

/* Where a walk begins: in a header of `head` bytes, `from` bytes after its start; -1: it has none.
 */
static const struct {
	enum pkts_proto proto;
	const char *hex;
	unsigned head;
	int from;
} begins[] = {
	{PKTS_PROTO_IPV4, "46000018000000004006000 00a000001 0a000002 01010101", 24, 20},
	{PKTS_PROTO_TCP, "0050c000000000010000000060022000 00000000 020405b4", 24, 20},
	{PKTS_PROTO_IPV6_HOPOPTS, "0600010400000000", 8, 2},
	{PKTS_PROTO_IPV6_DSTOPTS, "0600010400000000", 8, 2},
	{PKTS_PROTO_GENEVE, "010086dd00000100 01028000", 12, 8},
	{PKTS_PROTO_GTP, "34ff000800000001 00000085 01000000", 16, 12},
	{PKTS_PROTO_GTP, "32ff000400000001 00000085", 12, -1},
	{PKTS_PROTO_GTP, "30ff000000000001", 8, -1},
	{PKTS_PROTO_ICMPV6, "8500000000000000 0101020000000001", 16, 8},
	{PKTS_PROTO_ICMPV6, "8600000000000000 0000000000000000 0101020000000001", 24, 16},
	{PKTS_PROTO_ICMPV6, "8000000000000000 0101020000000001", 16, -1},
	{PKTS_PROTO_ICMPV6, "8700000000000000 0101020000000001", 16, -1},
};

static void walks_begin_behind_the_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(begins); i++) {
		const struct bytes b = bytes_from_hex(begins[i].hex);
		const struct pkts_tlv_iter it =
			begin_at(begins[i].proto, (struct pkts_ref){b.p, begins[i].head, b.n});
		assert_int_equal(b.n, begins[i].head);
		assert_ptr_equal(it.end, b.p + b.n);
		assert_int_equal(it.p - b.p, begins[i].from < 0 ? (int)b.n : begins[i].from);
		free(b.p);
	}
}

static void gtp_extension_headers(void **state)
{
	const struct bytes b =
		bytes_from_hex("34ff001000000001 00000085 01000020 02aabbccddeeff00");
	struct pkts_tlv_iter it = pkts_gtp_extensions((struct pkts_gtp){b.p, 24, 24});
	struct pkts_tlv tlv;

	(void)state;
	assert_true(pkts_gtp_extension_next(&it, &tlv));
	assert_int_equal(tlv.type, 0x85);
	assert_int_equal(tlv.len, 2);
	assert_ptr_equal(tlv.data, b.p + 13);
	assert_true(pkts_gtp_extension_next(&it, &tlv));
	assert_int_equal(tlv.type, 0x20);
	assert_int_equal(tlv.len, 6);
	assert_int_equal(tlv.data[0], 0xaa);
	assert_false(pkts_gtp_extension_next(&it, &tlv));
	assert_int_equal(it.reason, PKTS_REASON_NONE);
	b.p[12] = 0;
	it = pkts_gtp_extensions((struct pkts_gtp){b.p, 24, 24});
	assert_false(pkts_gtp_extension_next(&it, &tlv));
	assert_int_equal(it.reason, PKTS_REASON_GTP_EXTENSION);
	free(b.p);
}

/* Steps with `next` over n bytes of memory of exactly that size. `before`: bytes in front of the
 * walk. */
static void walk_ends(next_fn *next, const uint8_t *p, uint32_t n, uint32_t before)
{
	const struct bytes b = bytes_copy(p, n);
	struct pkts_tlv_iter it = pkts_tlv_begin(b.p + before, b.p + n);
	const uint8_t *last = NULL;
	struct pkts_tlv tlv;
	uint32_t steps = 0, sum = 0;

	while (next(&it, &tlv)) {
		assert_true(++steps <= n);
		assert_true(it.p > last && it.p <= it.end);
		assert_true(tlv.data >= b.p && tlv.data + tlv.len <= it.end);
		for (uint32_t i = 0; i < tlv.len; i++)
			sum += tlv.data[i];
		last = it.p;
	}
	assert_false(next(&it, &tlv));
	assert_true(sum <= n * 255u);
	free(b.p);
}

static void walks_end(void **state)
{
	static next_fn *const all[] = {pkts_ipv4_option_next, pkts_tcp_option_next,
		pkts_ipv6_option_next, pkts_icmpv6_option_next, pkts_geneve_option_next,
		pkts_gtp_extension_next};
	uint64_t random = 4;
	uint8_t p[300];

	(void)state;
	for (unsigned round = 0; round < 5000; round++) {
		/* Small numbers make more of them fit into each other. */
		const uint8_t mask = round % 2 ? 0xff : 0x07;
		const uint32_t n = 1 + bytes_random(&random) % (sizeof(p) - 1);
		for (uint32_t i = 0; i < n; i++)
			p[i] = (uint8_t)bytes_random(&random) & mask;
		for (size_t i = 0; i < PKTS_ARRAY_LEN(all); i++)
			walk_ends(all[i], p, n, all[i] == pkts_gtp_extension_next ? 1 : 0);
	}
}

static enum pkts_reason reason_of_walk(struct pkts_tlv_iter it, next_fn *next)
{
	struct pkts_tlv option;

	while (next(&it, &option))
		;
	return it.reason;
}

/* Anything, often behind what the options of TCP mostly start with. */
static void make_options(uint8_t *p, uint32_t n, uint64_t *random)
{
	static const uint8_t timestamps[] = {1, 1, 8, 10, 9, 9, 9, 9, 9, 9, 9, 9};
	static const uint8_t opening[] = {
		2, 4, 5, 0xb4, 4, 2, 8, 10, 9, 9, 9, 9, 9, 9, 9, 9, 1, 3, 3, 7};
	const uint8_t mask = bytes_random(random) % 2 ? 0x07 : 0x0f;
	const unsigned start = bytes_random(random) % 4;

	for (uint32_t i = 0; i < n; i++)
		p[i] = (uint8_t)bytes_random(random) & mask;
	if (start == 0 && n >= sizeof(timestamps))
		memcpy(p, timestamps, sizeof(timestamps));
	if (start == 1 && n >= sizeof(opening))
		memcpy(p, opening, sizeof(opening));
	if (start < 2 && n && bytes_random(random) % 8 == 0)
		p[bytes_random(random) % PKTS_MIN(n, sizeof(opening))] ^= 1;
}

/* The checks have a walk of their own, with few branches: it says what the iterators say. */
static void checks_agree_with_the_iterators(void **state)
{
	uint64_t random = 5;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		const uint32_t n = (uint32_t)bytes_random(&random) % 11 * 4;
		uint8_t *const p = calloc(1, 20 + n);
		make_options(p + 20, n, &random);
		const struct pkts_ref r = {p, 20 + n, 20 + n};
		const struct pkts_tcp tcp = pkts_tcp_at(r);
		const struct pkts_ipv4 ip = pkts_ipv4_at(r);
		assert_int_equal(pkts_tcp_options_check(tcp),
			reason_of_walk(pkts_tcp_options(tcp), pkts_tcp_option_next));
		assert_int_equal(pkts_ipv4_options_check(ip),
			reason_of_walk(pkts_ipv4_options(ip), pkts_ipv4_option_next));
		free(p);
	}
}

/* "type:len/readable" of each chunk, padding and reason as words. */
static void list_chunks(char *text, size_t size, struct pkts_ref s)
{
	struct pkts_sctp_chunks it = pkts_sctp_chunks(s);
	struct pkts_sctp_chunk chunk;
	size_t n = 0;

	text[0] = 0;
	while (pkts_sctp_chunk_next(&it, &chunk))
		n += (size_t)snprintf(text + n, size - n, "%s%u:%u/%u%s", n ? " " : "",
			pkts_sctp_chunk_type(chunk), chunk.len, chunk.head, it.padding ? "p" : "");
	if (it.reason != PKTS_REASON_NONE)
		snprintf(text + n, size - n, "%s%s", n ? " " : "",
			pkts_reason_info(it.reason)->name);
}

static const struct {
	const char *hex; /* behind the common header */
	unsigned unread;
	const char *want;
} chunk_lists[] = {
	{"", 0, ""},
	{"0b000004 0e000004", 0, "11:4/4 14:4/4"},
	{"0a000006aabb0000 0b000004", 0, "10:6/6 11:4/4"},
	{"0a000006aabb0001 0b000004", 0, "10:6/6p 11:4/4"},
	{"0a000006aabb", 0, "10:6/6p"},
	{"0b000004 0000", 0, "11:4/4p"},
	{"0b000004 0b000000", 0, "11:4/4 sctp_chunk"},
	{"0b000004 0b000005", 0, "11:4/4 sctp_chunk"},
	{"0a000008aabbccdd 0b000004", 5, "10:8/7"},
	{"0a000008aabbccdd 0b000004", 4, "10:8/8"},
	{"0a000008aabbccdd 0b000004", 1, "10:8/8"},
	{"0a000008aabbccdd 0b000004", 9, ""},
	{"0a000008aabbccdd 0b000004", 24, ""},
};

static void chunks_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(chunk_lists); i++) {
		char hex[256], got[256];
		snprintf(hex, sizeof(hex), "0b590b590000000100000000 %s", chunk_lists[i].hex);
		const struct bytes b = bytes_from_hex(hex);
		const struct bytes readable = bytes_copy(b.p, b.n - chunk_lists[i].unread);
		list_chunks(got, sizeof(got), (struct pkts_ref){readable.p, readable.n, b.n});
		if (strcmp(got, chunk_lists[i].want) != 0)
			fail_msg("row %zu: got \"%s\", want \"%s\"", i + 1, got,
				chunk_lists[i].want);
		free(b.p);
		free(readable.p);
	}
}

static void chunk_walk_ends(const uint8_t *p, uint32_t n, uint32_t len)
{
	const struct bytes b = bytes_copy(p, n);
	struct pkts_sctp_chunks it = pkts_sctp_chunks((struct pkts_ref){b.p, n, len});
	struct pkts_sctp_chunk chunk;
	uint32_t steps = 0, sum = 0;

	while (pkts_sctp_chunk_next(&it, &chunk)) {
		assert_true(++steps <= n);
		assert_true(chunk.head >= PKTS_SCTP_CHUNK_HEAD && chunk.head <= chunk.len);
		assert_true(chunk.p + chunk.head <= b.p + n);
		for (uint32_t i = 0; i < chunk.head; i++)
			sum += chunk.p[i];
	}
	assert_true(sum <= n * 255u);
	free(b.p);
}

static void chunk_walks_end(void **state)
{
	uint64_t random = 5;
	uint8_t p[300];

	(void)state;
	for (unsigned round = 0; round < 10000; round++) {
		const uint32_t n = bytes_random(&random) % sizeof(p);
		for (uint32_t i = 0; i < n; i++)
			p[i] = (uint8_t)bytes_random(&random);
		for (uint32_t i = 14; i < n; i += 4)
			p[i] = 0; /* lengths that fit */
		for (uint32_t i = 15; i < n; i += 4)
			p[i] &= 0x1f;
		chunk_walk_ends(p, n, n);
		chunk_walk_ends(p, n, n + bytes_random(&random) % 100);
		chunk_walk_ends(p, n, bytes_random(&random) % (n + 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_found),
		cmocka_unit_test(walks_begin_behind_the_header),
		cmocka_unit_test(gtp_extension_headers),
		cmocka_unit_test(walks_end),
		cmocka_unit_test(checks_agree_with_the_iterators),
		cmocka_unit_test(chunks_are_found),
		cmocka_unit_test(chunk_walks_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
