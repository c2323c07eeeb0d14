/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What an outsider can make grow: how many pieces, how much memory, how much work. */
#include <stdlib.h>

#include "tcp_rig.h"

#define MANY 65536u

static struct rig rig;

#define SAW(dir, event) pkts_tcp_seq_saw(&rig.s, dir, PKTS_SEQ_##event)

static struct rig *established(struct pkts_tcp_conf conf, uint32_t cost)
{
	rig.conf = conf;
	rig.cost = cost;
	rig.put_only = false;
	rig.now = 1;
	rig_open(&rig, PKTS_TCP_BSD);
	rig_handshake(&rig);
	return &rig;
}

static void send_byte(struct rig *r, uint32_t at)
{
	const char letter = (char)('a' + at % 26);

	rig_bytes(r, 0, A, ISN + 1 + at, ISN1 + 1, &letter, 1);
}

static void assert_alphabet(const struct rig *r, size_t n)
{
	assert_int_equal(r->n[0], n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(r->text[0][i], 'a' + i % 26);
}

static uint32_t in_reverse(uint32_t i, uint32_t n)
{
	return n - 1 - i;
}

static uint32_t odd_before_even(uint32_t i, uint32_t n)
{
	return i < n / 2 ? 2 * i + 1 : 2 * (i - n / 2);
}

static uint32_t mixed(uint32_t i, uint32_t n)
{
	return i * 40503u % n; /* odd, and n is a power of two */
}

/* Nodes visited while n one-byte pieces come and go. */
static uint64_t steps_of(uint32_t (*order)(uint32_t i, uint32_t n), uint32_t n, uint32_t cost)
{
	struct rig *const r = established((struct pkts_tcp_conf){.max_segments = MANY,
						  .max_segments_each = MANY,
						  .max_bytes_each = UINT32_MAX,
						  .max_bytes = UINT64_MAX,
						  .slab_bytes = MANY * 32,
						  .gap = PKTS_TCP_GAP_WAIT},
		cost);

	for (uint32_t i = 0; i < n; i++)
		send_byte(r, order(i, n));
	assert_alphabet(r, n);
	assert_true(r->pool->segments_most <= n);
	if (cost)
		assert_int_equal(r->holds, 0);
	const uint64_t steps = r->pool->ranges.steps;
	rig_close(r);
	return steps;
}

/* Twice the pieces: a little more than twice the work, in whatever order they come. */
static void work_grows_with_log_n(void **state)
{
	static uint32_t (*const orders[])(uint32_t, uint32_t) = {
		in_reverse, odd_before_even, mixed};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(orders); i++) {
		uint64_t before = steps_of(orders[i], MANY / 16, 2048);
		for (uint32_t n = MANY / 8; n <= MANY; n *= 2) {
			const uint64_t steps = steps_of(orders[i], n, 2048);
			assert_true(steps * 10 < before * 23);
			assert_true(steps < UINT64_C(12) * (31 - (unsigned)__builtin_clz(n)) * n);
			before = steps;
		}
	}
}

/* Pieces that cover many others, over and over: what they cost is bounded by their own bytes. */
static void work_of_overlaps(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){.gap = PKTS_TCP_GAP_WAIT}, 2048);
	char large[1400];

	(void)state;
	memset(large, 'x', sizeof(large));
	for (uint32_t i = 0; i < 700; i++)
		send_byte(r, 1 + 2 * i);
	for (unsigned i = 0; i < 100; i++) {
		const uint64_t before = r->pool->ranges.steps;
		rig_bytes(r, 0, A, ISN + 2, ISN1 + 1, large, sizeof(large));
		assert_true(r->pool->ranges.steps - before < sizeof(large) * 4 * 12);
	}
	assert_true(r->pool->ranges.used <= 1401);
	rig_close(r);
}

/* Overlaps without end lead out of the gap, where that is allowed. */
static void overlaps_skip_the_gap(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){.gap_overlaps = 10}, 0);

	(void)state;
	for (unsigned i = 0; i < 11; i++) {
		assert_int_equal(r->n[0], 0);
		send_byte(r, 1);
	}
	send_byte(r, 1);
	assert_string_equal(r->text[0], ".b");
	rig_close(r);
}

static void segments_each(void **state)
{
	struct rig *const r = established(
		(struct pkts_tcp_conf){.max_segments_each = 10, .gap = PKTS_TCP_GAP_WAIT}, 0);

	(void)state;
	r->put_only = true;
	for (uint32_t i = 0; i < 30; i++) {
		send_byte(r, 2 + 2 * i);
		assert_int_equal(r->put, i < 10 ? 0 : -PKTS_ENOSPC);
		assert_true(r->pool->segments <= 10);
	}
	assert_int_equal(r->counts[0][PKTS_SEQ_LIMIT_PIECES], 20);
	r->put_only = false;
	rig_bytes(r, 0, A, ISN + 1, ISN1 + 1, "ab", 2); /* what is in order needs no room */
	assert_string_equal(r->text[0], "abc");
	rig_close(r);
}

static void bytes_each(void **state)
{
	struct rig *const r = established(
		(struct pkts_tcp_conf){.max_bytes_each = 10000, .gap = PKTS_TCP_GAP_WAIT}, 2048);
	char large[1024];

	(void)state;
	memset(large, 'x', sizeof(large));
	for (uint32_t i = 0; i < 30; i++) {
		rig_bytes(r, 0, A, ISN + 2 + 1024 * i, ISN1 + 1, large, sizeof(large));
		assert_true(r->pool->bytes <= 10000);
	}
	assert_int_equal(r->pool->bytes, 4 * 2048);
	assert_int_equal(r->counts[0][PKTS_SEQ_LIMIT_BYTES], 26);
	assert_int_equal(r->pool->bytes_most, 4 * 2048);
	rig_bytes(r, 0, A, ISN + 1, ISN1 + 1, "y", 1); /* lets all of them go, not what was most */
	assert_int_equal(r->pool->bytes, 0);
	assert_int_equal(r->pool->bytes_most, 4 * 2048);
	rig_close(r);
}

/* Small pieces of large buffers are copied, and count as what the copy takes. */
static void small_pieces_are_copied(void **state)
{
	static const struct {
		uint32_t len, cost, pinned;
		int holds;
	} rows[] = {{1, 2048, 32, 0}, {32, 2048, 32, 0}, {33, 2048, 128, 0}, {128, 2048, 128, 0},
		{129, 2048, 512, 0}, {511, 2048, 512, 0}, {512, 2048, 2048, 1}, {512, 4096, 512, 0},
		{513, 4096, 4096, 1}, {1, 4, 4, 1}, {1, 8, 32, 0}};
	char bytes[1024];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct rig *const r = established((struct pkts_tcp_conf){0}, rows[i].cost);
		rig_bytes(r, 0, A, ISN + 2, ISN1 + 1, bytes, rows[i].len);
		ROW_INT("copied", r->pool->bytes, rows[i].pinned);
		ROW_INT("copied", r->holds, rows[i].holds);
		rig_bytes(r, 0, A, ISN + 1, ISN1 + 1, "y", 1);
		ROW_INT("copied", r->n[0], rows[i].len + 1);
		rig_close(r);
	}
}

/* No room for copies any more: the buffers are held instead. */
static void slab_is_full(void **state)
{
	struct rig *const r = established(
		(struct pkts_tcp_conf){.slab_bytes = 2048, .gap = PKTS_TCP_GAP_WAIT}, 2048);

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		send_byte(r, 99 - i);
	assert_alphabet(r, 100);
	assert_int_equal(r->holds, 100 - 1 - 64);
	for (uint32_t i = 0; i < 64; i++) /* and it can be used again */
		send_byte(r, 100 + 64 - i);
	assert_int_equal(r->holds, 100 - 1 - 64);
	send_byte(r, 100);
	assert_alphabet(r, 165);
	rig_close(r);
}

static void send_alphabet(struct rig *r, uint32_t at, uint32_t len)
{
	char bytes[600];

	for (uint32_t i = 0; i < len; i++)
		bytes[i] = (char)('a' + (at + i) % 26);
	rig_bytes(r, 0, A, ISN + 1 + at, ISN1 + 1, bytes, len);
}

/* Pieces of two letters in that order; returns how many ranges they took at most. */
static uint32_t most_ranges(uint32_t (*order)(uint32_t i, uint32_t n), uint32_t n)
{
	struct rig *const r = established((struct pkts_tcp_conf){.gap = PKTS_TCP_GAP_WAIT}, 0);
	uint32_t most = 0;

	for (uint32_t i = 0; i < n; i++) {
		send_alphabet(r, order(i, n) * 2, 2);
		most = r->pool->ranges.used > most ? r->pool->ranges.used : most;
	}
	assert_alphabet(r, n * 2);
	rig_close(r);
	return most;
}

static void few_pieces_need_no_ranges(void **state)
{
	static uint32_t (*const orders[])(uint32_t, uint32_t) = {
		in_reverse, odd_before_even, mixed};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(orders); i++) {
		for (uint32_t n = 2; n <= 32; n *= 2)
			ROW_INT("few", most_ranges(orders[i], n), 0);
		for (uint32_t n = 128; n <= 512; n *= 2)
			ROW_TRUE("many", most_ranges(orders[i], n) > 32);
	}
}

/* Where a piece meets others, what they have is what they had before. */
static void pieces_that_meet_have_ranges(void **state)
{
	static const struct {
		uint32_t at, len, ranges;
	} rows[] = {{10, 5, 0}, {20, 5, 0}, {15, 5, 0}, {40, 2, 0}, {30, 2, 0}, {24, 6, 6},
		{5, 5, 7}, {2, 41, 1}, {0, 2, 0}, {45, 2, 0}, {43, 2, 0}};
	struct rig *const r = established((struct pkts_tcp_conf){.gap = PKTS_TCP_GAP_WAIT}, 0);

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		send_alphabet(r, rows[i].at, rows[i].len);
		ROW_INT("ranges", r->pool->ranges.used, rows[i].ranges);
	}
	assert_alphabet(r, 47);
	assert_int_equal(r->counts[0][PKTS_SEQ_OVERLAP], 2);
	rig_close(r);
}

/* Copies of all sizes come and go, more than there is room for: none gets into another one's way. */
static void copies_keep_apart(void **state)
{
	struct rig *const r = established(
		(struct pkts_tcp_conf){.slab_bytes = 5000, .gap = PKTS_TCP_GAP_WAIT}, 2400);
	uint32_t at = 0, random = 1;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		const uint32_t hole = at++;
		for (unsigned n = random >> 16 & 31; n; n--) {
			const uint32_t len = 1 + (random >> 8) % (8u << (random >> 20 & 7)) % 500;
			send_alphabet(r, at, len);
			at += len;
			random = random * 1103515245 + 12345;
			if (random >> 30 == 0)
				send_alphabet(r, at++, 1);
		}
		random = random * 1103515245 + 12345;
		send_alphabet(r, hole, 1);
		if (at > sizeof(r->text[0]) - 20000)
			break;
	}
	assert_alphabet(r, at);
	assert_true(r->holds > 0 && r->pool->segments == 0);
	assert_int_equal(r->pool->slab.partial[0], UINT32_MAX);
	assert_int_equal(r->pool->slab.partial[1], UINT32_MAX);
	assert_int_equal(r->pool->slab.partial[2], UINT32_MAX);
	rig_close(r);
}

/* Many connections share a pool: when it is full, what has waited longest is given up. */
static void the_oldest_is_given_up(void **state)
{
	enum { CONNECTIONS = 8 };
	struct rig *const r = established(
		(struct pkts_tcp_conf){.max_segments = CONNECTIONS - 1, .gap = PKTS_TCP_GAP_WAIT},
		0);
	static struct pkts_tcp_seq s[CONNECTIONS];
	struct pkts_tcp_segment seg = {{(const uint8_t *)"x", 1, 1, NULL}, 0, 0, S, 1, 0};

	(void)state;
	r->pool->conf.hold = (struct pkts_hold){0};
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		pkts_tcp_seq_init(&s[i], r->pool, PKTS_TCP_FIRST, PKTS_TCP_FIRST);
		seg.seq = 50;
		seg.flags = A;
		assert_int_equal(pkts_tcp_seq_put(&s[i], 0, &seg, 1), 0);
		assert_int_equal(r->pool->segments, PKTS_MIN(i + 1, CONNECTIONS - 1u));
	}
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		struct pkts_tcp_out out;
		pkts_tcp_seq_flush(&s[i], 0);
		assert_int_equal(pkts_tcp_seq_saw(&s[i], 0, PKTS_SEQ_EVICTED), i == 0);
		assert_int_equal(pkts_tcp_seq_get(&s[i], 0, &out),
			i == 0 ? PKTS_TCP_SEQ_NOTHING : PKTS_TCP_SEQ_DATA);
		pkts_tcp_seq_fini(&s[i]);
	}
	assert_int_equal(r->pool->counts[PKTS_SEQ_EVICTED], 1);
	rig_close(r);
}

/* Limits hold for pieces without ranges as for others. */
static void limits_of_a_row(void **state)
{
	struct rig *r = established(
		(struct pkts_tcp_conf){.max_segments_each = 3, .gap = PKTS_TCP_GAP_WAIT}, 0);

	(void)state;
	for (uint32_t i = 1; i < 6; i++)
		send_alphabet(r, i * 2, 2);
	assert_int_equal(r->pool->segments, 3);
	assert_int_equal(r->counts[0][PKTS_SEQ_LIMIT_PIECES], 2);
	rig_close(r);
	r = established((struct pkts_tcp_conf){.window = 100}, 0);
	send_alphabet(r, 101, 2);
	assert_true(SAW(0, OUT_OF_WINDOW));
	assert_int_equal(r->pool->segments, 0);
	send_alphabet(r, 100, 2);
	assert_int_equal(r->pool->segments, 1);
	rig_close(r);
	r = established((struct pkts_tcp_conf){.gap_ns = 10000000}, 0);
	send_alphabet(r, 2, 2);
	r->now += 20000000;
	send_alphabet(r, 6, 2);
	assert_string_equal(r->text[0], "..cd");
	rig_close(r);
}

/* All that the direction holds goes, and what others hold stays. */
static void the_oldest_row_is_given_up(void **state)
{
	struct rig *const r =
		established((struct pkts_tcp_conf){.max_segments = 6, .gap = PKTS_TCP_GAP_WAIT}, 0);

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		rig_bytes(r, 1, A, ISN1 + 11 + i * 20, ISN + 1, "old", 3);
	for (uint32_t i = 0; i < 4; i++)
		send_alphabet(r, 10 + i * 10, 10);
	assert_true(SAW(1, EVICTED));
	assert_false(SAW(0, EVICTED));
	assert_int_equal(r->pool->segments, 4);
	assert_int_equal(r->held, 4);
	send_alphabet(r, 0, 10);
	assert_alphabet(r, 50);
	rig_close(r);
}

/* A piece that could never fit evicts nobody. */
static void too_large_for_the_pool(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){.max_bytes = 1000}, 600);
	char bytes[600];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	rig_bytes(r, 0, A, ISN + 2, ISN1 + 1, bytes, sizeof(bytes));
	r->cost = 1200;
	rig_bytes(r, 0, A, ISN + 602, ISN1 + 1, bytes, sizeof(bytes));
	assert_true(SAW(0, LIMIT_BYTES));
	assert_false(SAW(0, EVICTED));
	assert_int_equal(r->pool->bytes, 600);
	rig_close(r);
}

/* One program of segments. */
static void some_traffic(struct rig *r)
{
	static const uint8_t order[] = {9, 3, 7, 5, 1, 8, 2, 6, 4, 0};
	char bytes[100];

	memset(bytes, 'x', sizeof(bytes));
	SEND(r, .flags = S, .seq = ISN, .data = "syn data");
	SEND(r, .flags = S, .seq = ISN + 77777);
	SEND(r, .dir = 1, .flags = S | A, .seq = ISN1, .ack = ISN + 9);
	for (unsigned i = 0; i < sizeof(order); i++) {
		r->cost = 40u * i;
		rig_bytes(r, 0, A, ISN + 9 + 50u * order[i], ISN1 + 1, bytes, 100);
		rig_bytes(r, 1, A, ISN1 + 1 + 50u * order[i], ISN + 9, bytes, 60);
	}
	SEND(r, .flags = A | F, .seq = ISN + 559, .ack = ISN1 + 1);
}

/* Every limit from nothing upwards: all balances (rig_close), nothing is out of its place (the rig). */
static void every_shortage(void **state)
{
	(void)state;
	for (uint32_t n = 1; n < 24; n++)
		for (unsigned what = 0; what < 12; what++) {
			struct pkts_tcp_conf conf = {.keep_delivered = what >= 6,
				.gap = what % 2 ? PKTS_TCP_GAP_WAIT : 0};
			if (what / 2 % 3 == 0)
				conf.max_segments = n;
			if (what / 2 % 3 == 1)
				conf.max_bytes = 64 * n;
			if (what / 2 % 3 == 2)
				conf.max_segments_each = n, conf.max_bytes_each = 128 * n;
			conf.slab_bytes = n * 128;
			rig.conf = conf;
			rig.put_only = n % 2;
			rig_open(&rig, PKTS_TCP_SOLARIS);
			some_traffic(&rig);
			rig_flush(&rig);
			rig_close(&rig);
		}
}

/* With room enough the same traffic comes out whole. */
static void no_shortage(void **state)
{
	(void)state;
	rig.conf = (struct pkts_tcp_conf){0};
	rig.put_only = false;
	rig_open(&rig, PKTS_TCP_SOLARIS);
	some_traffic(&rig);
	assert_int_equal(rig.n[0], 559);
	assert_memory_equal(rig.text[0], "syn dataxx", 10);
	assert_int_equal(rig.text[0][558], '$');
	assert_int_equal(rig.n[1], 510);
	rig_close(&rig);
}

static void memory_for_a_pool(void **state)
{
	const struct pkts_tcp_conf conf = {.max_segments = 10, .slab_bytes = 1024};
	const size_t size = pkts_tcp_pool_memsize(&conf);
	uint8_t *const mem = malloc(size + 1);

	(void)state;
	assert_null(pkts_tcp_pool_init(mem, size - 1, &conf));
	assert_null(pkts_tcp_pool_init(mem + 1, size, &conf));
	assert_null(pkts_tcp_pool_init(NULL, size, &conf));
	assert_ptr_equal(pkts_tcp_pool_init(mem, size, &conf), mem);
	assert_true(pkts_tcp_pool_memsize(NULL) > pkts_tcp_pool_memsize(&conf));
	free(mem);
}

/* Memory for the worst day costs nothing until that comes. */
static void what_is_not_used_is_not_written_to(void **state)
{
	const size_t size = pkts_tcp_pool_memsize(NULL);
	uint8_t *const mem = malloc(size);
	uint8_t untouched[1024];
	size_t written = 0;

	(void)state;
	memset(untouched, 0xa5, sizeof(untouched));
	memset(mem, 0xa5, size);
	assert_non_null(pkts_tcp_pool_init(mem, size, NULL));
	for (size_t at = 0; at + sizeof(untouched) <= size; at += sizeof(untouched))
		written += memcmp(mem + at, untouched, sizeof(untouched)) != 0;
	assert_uint_in_range(written, 1, size / sizeof(untouched) / 20);
	free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_grows_with_log_n),
		cmocka_unit_test(work_of_overlaps),
		cmocka_unit_test(overlaps_skip_the_gap),
		cmocka_unit_test(segments_each),
		cmocka_unit_test(bytes_each),
		cmocka_unit_test(small_pieces_are_copied),
		cmocka_unit_test(slab_is_full),
		cmocka_unit_test(few_pieces_need_no_ranges),
		cmocka_unit_test(pieces_that_meet_have_ranges),
		cmocka_unit_test(copies_keep_apart),
		cmocka_unit_test(the_oldest_is_given_up),
		cmocka_unit_test(the_oldest_row_is_given_up),
		cmocka_unit_test(limits_of_a_row),
		cmocka_unit_test(too_large_for_the_pool),
		cmocka_unit_test(every_shortage),
		cmocka_unit_test(no_shortage),
		cmocka_unit_test(memory_for_a_pool),
		cmocka_unit_test(what_is_not_used_is_not_written_to),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
