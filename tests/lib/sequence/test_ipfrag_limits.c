/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What traffic can make grow, and where it ends: pieces, bytes, datagrams, time, work. */
#include <stdlib.h>

#include "fragments.h"
#include "ipfrag.h"
#include "row.h"

#define BIT(EVENT) (UINT64_C(1) << PKTS_SEQ_##EVENT)

static struct fixture x;

static uint64_t count(enum pkts_seq_event event)
{
	return pkts_ipfrag_stats(x.f).events[event];
}

/* Piece i of n, each of 8 bytes. */
static enum pkts_ipfrag_verdict put_nth(uint32_t id, uint32_t i, uint32_t n)
{
	return fixture_piece(
		&x, (struct piece_spec){.id = id, .off = i * 8, .len = 8, .last = i + 1 == n});
}

/* 12: exactly as many as allowed complete; one more does not, and nothing is left. */
static void as_many_fragments_as_allowed(void **state)
{
	(void)state;
	for (uint32_t n = 5; n <= 6; n++)
		for (unsigned which = 0; which < 2; which++) {
			fixture_begin(
				&x, (struct pkts_ipfrag_conf){.max_fragments_each = which ? 5 : 0,
					    .max_fragments = which ? 0 : 5});
			for (uint32_t i = 0; i + 1 < n; i++)
				assert_int_equal(put_nth(1, i, n), PKTS_IPFRAG_HELD);
			assert_int_equal(put_nth(1, n - 1, n),
				n == 5 ? PKTS_IPFRAG_READY : PKTS_IPFRAG_DROPPED);
			assert_int_equal(fixture_get(&x), n == 5);
			assert_int_equal(count(PKTS_SEQ_LIMIT_PIECES), n - 5);
			assert_int_equal(x.buffers, 0);
			assert_true(fixture_end(&x));
		}
}

/* Overlaps that cut others in many: there are ranges for as many fragments as are allowed. */
static void a_comb_in_a_wide_one(void **state)
{
	(void)state;
	fixture_begin(
		&x, (struct pkts_ipfrag_conf){.policy4 = PKTS_IP_BSD_RIGHT, .max_fragments = 9});
	fixture_piece(&x, (struct piece_spec){.len = 200, .label = 'w'});
	for (uint32_t i = 0; i < 6; i++)
		fixture_piece(&x, (struct piece_spec){.off = 16 + i * 24, .len = 8, .label = 'c'});
	const struct piece_spec between = {.off = 8, .len = 184, .label = 'n'};
	assert_int_equal(fixture_piece(&x, between), PKTS_IPFRAG_HELD);
	const struct piece_spec last = {.off = 200, .len = 4, .last = true};
	assert_int_equal(fixture_piece(&x, last), PKTS_IPFRAG_READY);
	assert_true(fixture_get(&x));
	assert_int_equal(x.datagram.fragments, 9);
	assert_true(fixture_end(&x));
}

/* 11: what brings nothing new uses nothing up, whoever wins. */
static void a_storm_of_duplicates(void **state)
{
	static const enum pkts_ip_policy policies[] = {PKTS_IP_RFC8200, PKTS_IP_FIRST, PKTS_IP_LAST,
		PKTS_IP_BSD, PKTS_IP_BSD_RIGHT, PKTS_IP_LINUX, PKTS_IP_WINDOWS, PKTS_IP_SOLARIS};

	(void)state;
	for (size_t k = 0; k < PKTS_ARRAY_LEN(policies); k++) {
		const char *const name = pkts_ip_policy_name(policies[k]);
		fixture_begin(&x, (struct pkts_ipfrag_conf){.policy4 = policies[k],
					  .max_fragments = 3,
					  .max_fragments_each = 3,
					  .max_bytes = 3 * 2048});
		x.cost = 2048;
		put_nth(1, 1, 3);
		for (unsigned i = 0; i < 500; i++)
			ROW_INT(name, put_nth(1, 0, 3), PKTS_IPFRAG_HELD);
		ROW_INT(name, x.buffers, 2);
		ROW_INT(name, put_nth(1, 2, 3), PKTS_IPFRAG_READY);
		ROW_TRUE(name, fixture_get(&x));
		ROW_INT(name, x.datagram.fragments, 3);
		ROW_TRUE(name, fixture_end(&x));
	}
}

/* Overlaps that change nothing still cost work: up to a number. */
static void as_many_overlaps_as_allowed(void **state)
{
	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){.policy4 = PKTS_IP_FIRST, .max_overlaps = 100});
	for (uint32_t i = 0; i < 50; i++)
		fixture_piece(&x, (struct piece_spec){.off = i * 16, .len = 8});
	const struct piece_spec wide = {.off = 0, .len = 50 * 16 - 8};
	assert_int_equal(
		fixture_piece(&x, wide), PKTS_IPFRAG_HELD); /* meets 50, and fills the holes */
	assert_int_equal(
		fixture_piece(&x, (struct piece_spec){.off = 0, .len = 400}), PKTS_IPFRAG_HELD);
	assert_int_equal(
		fixture_piece(&x, (struct piece_spec){.off = 0, .len = 8}), PKTS_IPFRAG_DROPPED);
	assert_int_equal(pkts_ipfrag_events(x.f) & BIT(LIMIT_PIECES), BIT(LIMIT_PIECES));
	assert_int_equal(x.buffers, 0);
	assert_true(fixture_end(&x));
}

/* First fragments of datagrams that never go on: the oldest go, and what is new still completes. */
static void a_flood_of_first_fragments(void **state)
{
	static const struct pkts_ipfrag_conf rows[] = {
		{.max_datagrams = 64},
		{.max_fragments = 64},
		{.max_bytes = 64 * 2048},
		{.max_bytes = 64 * 2048 + 1000},
	};

	(void)state;
	for (size_t k = 0; k < PKTS_ARRAY_LEN(rows); k++) {
		fixture_begin(&x, rows[k]);
		x.cost = 2048;
		for (uint32_t i = 0; i < 4000; i++) {
			assert_int_equal(put_nth(1 + i, 0, 2), PKTS_IPFRAG_HELD);
			x.now++;
			const struct pkts_ipfrag_stats s = pkts_ipfrag_stats(x.f);
			assert_true(s.contexts <= 64 && s.bytes <= 64 * 2048 && x.buffers <= 64);
			assert_int_equal(s.bytes, (s.held - s.released) * 2048);
			if (i % 500 == 499)
				assert_int_equal(put_nth(1 + i, 1, 2), PKTS_IPFRAG_READY);
			while (fixture_get(&x))
				;
		}
		/* the newest are those that are left */
		assert_int_equal(put_nth(4000 - 20, 1, 2), PKTS_IPFRAG_READY);
		assert_true(count(PKTS_SEQ_EVICTED) >= 4000 - 64 - 8);
		assert_true(fixture_end(&x));
	}
}

/* Up to its size a table loses nothing to keys that want the same place. */
static void a_full_table(void **state)
{
	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){.max_datagrams = 4096});
	for (uint32_t i = 0; i < 4096; i++)
		put_nth(1 + i, 0, 2);
	assert_int_equal(count(PKTS_SEQ_EVICTED), 0);
	for (uint32_t i = 0; i < 4096; i++) {
		assert_int_equal(put_nth(1 + i, 1, 2), PKTS_IPFRAG_READY);
		assert_true(fixture_get(&x));
	}
	assert_true(fixture_end(&x));
}

/* Do both places that a key can have lie in the first two of 16 buckets? */
static bool in_two_buckets(uint32_t id)
{
	static struct made m;
	const struct piece_spec s = {.id = id, .len = 8};
	struct fragment frag;
	struct key key;

	made_piece(&m, &s);
	struct buffer *const b = buffer_new(&x, &m);
	pkts_ipfrag_read(&frag, &b->packet, 0, &b->piece);
	pkts_ipfrag_key(&key, &frag, &b->packet, 0);
	const uint64_t hash = pkts_siphash13(&x.f->key, key.bytes, key.n);
	buffer_unref(b);
	return (hash & 15) < 2 && (hash >> 24 & 15) < 2;
}

/* Who knows the hash's key can fill two buckets: then the oldest in them goes, and work stays small. */
static void two_full_buckets(void **state)
{
	uint32_t ids[20], n = 0;

	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){.max_datagrams = 20});
	assert_int_equal(x.f->bucket_mask, 15);
	for (uint32_t id = 1; n < 20; id++)
		if (in_two_buckets(id))
			ids[n++] = id;
	for (uint32_t i = 0; i < 20; i++) {
		x.now++;
		assert_int_equal(put_nth(ids[i], 0, 2), PKTS_IPFRAG_HELD);
	}
	const uint64_t lost = count(PKTS_SEQ_EVICTED);
	assert_true(lost >= 4 && pkts_ipfrag_stats(x.f).contexts == 20 - lost);
	assert_int_equal(put_nth(ids[19], 1, 2), PKTS_IPFRAG_READY);
	assert_int_equal(put_nth(ids[0], 1, 2), PKTS_IPFRAG_HELD);
	assert_true(fixture_end(&x));
}

/* One datagram that is too much for all limits takes no other with it. */
static void too_much_alone(void **state)
{
	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){.max_bytes = 10000});
	x.cost = 2000;
	put_nth(1, 0, 2);
	x.cost = 4000;
	put_nth(2, 0, 4);
	put_nth(2, 1, 4);
	assert_int_equal(count(PKTS_SEQ_EVICTED), 0);
	assert_int_equal(put_nth(2, 2, 4), PKTS_IPFRAG_DROPPED);
	assert_int_equal(count(PKTS_SEQ_LIMIT_BYTES), 1);
	x.cost = 10001;
	assert_int_equal(put_nth(3, 0, 4), PKTS_IPFRAG_DROPPED);
	assert_int_equal(x.buffers, 1);
	assert_int_equal(pkts_ipfrag_stats(x.f).bytes, 2000);
	x.cost = 0;
	assert_int_equal(put_nth(1, 1, 2), PKTS_IPFRAG_READY);
	assert_true(fixture_end(&x));
}

/* Where room is needed for the oldest datagram, the oldest of the others goes. */
static void the_one_that_grows_is_spared(void **state)
{
	(void)state;
	for (unsigned which = 0; which < 2; which++) {
		fixture_begin(&x, (struct pkts_ipfrag_conf){.max_fragments = which ? 3 : 0,
					  .max_bytes = which ? 0 : 3 * 1000});
		x.cost = 1000;
		put_nth(1, 0, 3);
		put_nth(2, 0, 2);
		put_nth(3, 0, 2);
		assert_int_equal(put_nth(1, 1, 3), PKTS_IPFRAG_HELD);
		assert_int_equal(count(PKTS_SEQ_EVICTED), 1);
		assert_int_equal(put_nth(1, 2, 3), PKTS_IPFRAG_READY);
		assert_int_equal(count(PKTS_SEQ_EVICTED), 2);
		assert_true(fixture_get(&x));
		assert_int_equal(x.datagram.len, 24);
		assert_true(fixture_end(&x));
	}
}

/* What is given up keeps a place only as long as nobody needs it. */
static void those_given_up_go_first(void **state)
{
	const struct piece_spec bad = {.id = 1000, .off = 0, .len = 16};

	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){.max_datagrams = 8});
	for (uint32_t i = 0; i < 7; i++)
		put_nth(1 + i, 0, 2);
	put_nth(1000, 0, 2);
	assert_int_equal(fixture_piece(&x, bad), PKTS_IPFRAG_DROPPED);
	put_nth(100, 0, 2);
	assert_int_equal(count(PKTS_SEQ_EVICTED), 0);
	assert_int_equal(put_nth(1, 1, 2), PKTS_IPFRAG_READY);
	assert_true(fixture_end(&x));
}

/* A user who does not fetch loses the oldest, never what is in his hands. */
static void nobody_fetches(void **state)
{
	struct pkts_datagram d;

	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){.max_datagrams = 3});
	for (uint32_t i = 0; i < 5; i++) {
		put_nth(1 + i, 0, 2);
		assert_int_equal(put_nth(1 + i, 1, 2), PKTS_IPFRAG_READY);
	}
	assert_int_equal(count(PKTS_SEQ_EVICTED), 2);
	assert_int_equal(pkts_ipfrag_stats(x.f).waiting, 3);
	assert_true(pkts_ipfrag_get(x.f, &d));
	assert_int_equal(pkts_be16(d.header.p + 4), 3);
	for (uint32_t i = 0; i < 9; i++)
		put_nth(100 + i, 0, 2);
	assert_int_equal(pkts_be16(d.header.p + 4), 3);
	pkts_ipfrag_free(x.f, &d);
	assert_true(fixture_end(&x));

	fixture_begin(&x, (struct pkts_ipfrag_conf){.max_datagrams = 1});
	put_nth(1, 0, 2);
	put_nth(1, 1, 2);
	assert_true(pkts_ipfrag_get(x.f, &d));
	assert_int_equal(put_nth(2, 0, 2), PKTS_IPFRAG_DROPPED);
	pkts_ipfrag_free(x.f, &d);
	assert_int_equal(put_nth(2, 0, 2), PKTS_IPFRAG_HELD);
	assert_true(fixture_end(&x));
}

/* Given back by fini too. */
static void a_datagram_out_at_the_end(void **state)
{
	struct pkts_datagram d;

	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){0});
	put_nth(1, 0, 2);
	put_nth(1, 1, 2);
	assert_true(pkts_ipfrag_get(x.f, &d));
	assert_int_equal(x.buffers, 2);
	assert_true(fixture_end(&x));
}

/* A call's share of what is over is small, whatever there is. */
static void a_put_ends_few(void **state)
{
	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){.timeout_ns = 10});
	for (uint32_t i = 0; i < 100; i++)
		put_nth(1 + i, 0, 2);
	x.now += 10;
	put_nth(1000, 0, 2);
	assert_int_equal(pkts_ipfrag_stats(x.f).contexts, 97);
	put_nth(1001, 0, 2);
	assert_int_equal(pkts_ipfrag_stats(x.f).contexts, 94);
	assert_int_equal(pkts_ipfrag_expire(x.f, x.now), 92);
	assert_int_equal(pkts_ipfrag_stats(x.f).contexts, 2);
	assert_true(fixture_end(&x));
}

/* The smallest tables there are. */
static void tables_of_one(void **state)
{
	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){.max_datagrams = 1, .max_fragments = 1});
	for (uint32_t i = 0; i < 50; i++)
		assert_int_equal(put_nth(1 + i, 0, 2), PKTS_IPFRAG_HELD);
	assert_int_equal(put_nth(50, 1, 2), PKTS_IPFRAG_DROPPED);
	assert_int_equal(x.buffers, 0);
	assert_true(fixture_end(&x));
}

static uint32_t at_turn(unsigned order, uint32_t i, uint32_t n)
{
	switch (order) {
	case 0:
		return i;
	case 1:
		return n - 1 - i;
	case 2:
		return i < n / 2 ? i * 2 + 1 : (i - n / 2) * 2;
	default:
		return (uint32_t)((uint64_t)i * 40503 % n);
	}
}

static uint64_t steps_for(unsigned order, uint32_t n)
{
	fixture_begin(&x, (struct pkts_ipfrag_conf){0});
	for (uint32_t i = 0; i < n; i++)
		put_nth(1, at_turn(order, i, n), n);
	const uint64_t steps = pkts_ipfrag_stats(x.f).steps;
	assert_true(fixture_get(&x));
	assert_int_equal(x.datagram.len, n * 8);
	assert_int_equal(x.datagram.fragments, n);
	assert_true(fixture_end(&x));
	return steps;
}

/* 8,176 fragments of 8 bytes are all that a datagram has room for. */
static void work_grows_as_n_log_n(void **state)
{
	(void)state;
	for (unsigned order = 0; order < 4; order++) {
		uint64_t before = 0;
		for (uint32_t n = 1022; n <= 8176; n *= 2) {
			const uint64_t steps = steps_for(order, n);
			if (before)
				ROW_TRUE("ratio below 2.3", steps * 10 < before * 23);
			before = steps;
		}
		ROW_TRUE("steps a fragment", before < 8176ull * 60);
	}
}

/* The most work that a datagram can be made to cost: comb, then wide ones over and over. */
static void work_of_overlaps_is_bounded(void **state)
{
	static const enum pkts_ip_policy policies[] = {PKTS_IP_FIRST, PKTS_IP_LAST, PKTS_IP_BSD,
		PKTS_IP_BSD_RIGHT, PKTS_IP_LINUX, PKTS_IP_WINDOWS, PKTS_IP_SOLARIS};

	(void)state;
	for (size_t k = 0; k < PKTS_ARRAY_LEN(policies); k++) {
		const char *const name = pkts_ip_policy_name(policies[k]);
		fixture_begin(&x, (struct pkts_ipfrag_conf){.policy4 = policies[k]});
		for (uint32_t i = 0; i < 4088; i++)
			fixture_piece(&x, (struct piece_spec){.off = i * 16, .len = 8});
		for (uint32_t i = 0; i < 200; i++)
			fixture_piece(&x, (struct piece_spec){.off = 8 + i % 3 * 8, .len = 65000});
		const struct pkts_ipfrag_stats s = pkts_ipfrag_stats(x.f);
		ROW_TRUE(name, s.steps < 4288ull * 100);
		ROW_TRUE(name, fixture_end(&x));
	}
}

/* Memory for the worst day costs nothing until that comes: of all there is, the buckets are small. */
static void what_is_not_used_is_not_written_to(void **state)
{
	const struct pkts_ipfrag_conf conf = {.max_datagrams = 0};
	const size_t size = pkts_ipfrag_memsize(&conf);
	uint8_t *const mem = aligned_alloc(PKTS_IPFRAG_ALIGN, size);
	struct pkts_ipfrag *f;
	uint8_t untouched[1024];
	size_t written = 0;

	(void)state;
	memset(untouched, 0xa5, sizeof(untouched));
	memset(mem, 0xa5, size);
	assert_int_equal(pkts_ipfrag_init(&f, mem, size, &conf), 0);
	for (size_t at = 0; at + sizeof(untouched) <= size; at += sizeof(untouched))
		written += memcmp(mem + at, untouched, sizeof(untouched)) != 0;
	assert_uint_in_range(written, 1, size / sizeof(untouched) / 20);
	pkts_ipfrag_fini(f);
	free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_fragments_as_allowed),
		cmocka_unit_test(a_comb_in_a_wide_one),
		cmocka_unit_test(a_storm_of_duplicates),
		cmocka_unit_test(as_many_overlaps_as_allowed),
		cmocka_unit_test(a_flood_of_first_fragments),
		cmocka_unit_test(a_full_table),
		cmocka_unit_test(two_full_buckets),
		cmocka_unit_test(too_much_alone),
		cmocka_unit_test(the_one_that_grows_is_spared),
		cmocka_unit_test(those_given_up_go_first),
		cmocka_unit_test(nobody_fetches),
		cmocka_unit_test(a_datagram_out_at_the_end),
		cmocka_unit_test(a_put_ends_few),
		cmocka_unit_test(tables_of_one),
		cmocka_unit_test(work_grows_as_n_log_n),
		cmocka_unit_test(work_of_overlaps_is_bounded),
		cmocka_unit_test(what_is_not_used_is_not_written_to),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
