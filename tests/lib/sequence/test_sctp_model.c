/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Messages over several streams, shuffled, repeated, lost and given up, against a naive receiver. */
#include "cmocka_all.h"

#include <stdlib.h>

#include "sctp.h"
#include "sctp_model.h"
#include "sctp_packet.h"

#define PROGRAM 600

static uint32_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

static void run_programs(const char *(*run)(const uint8_t *, size_t), unsigned runs)
{
	uint8_t program[PROGRAM];

	for (unsigned seed = 0; seed < runs; seed++) {
		uint64_t state = seed;
		const size_t n = 20 + next_random(&state) % (PROGRAM - 20);
		for (size_t i = 0; i < n; i++)
			program[i] = (uint8_t)next_random(&state);
		const char *const wrong = run(program, n);
		if (wrong)
			fail_msg("program %u: %s", seed, wrong);
	}
}

static void random_programs(void **state)
{
	(void)state;
	run_programs(sctp_model_run, 4000);
}

static void senseless_programs(void **state)
{
	(void)state;
	run_programs(sctp_model_chaos, 4000);
}

/* Steps of bookkeeping for n chunks in an order that is as bad as can be. */
static uint64_t steps_for(unsigned n, unsigned (*place)(unsigned i, unsigned n), bool fragments)
{
	int held = 0;
	struct pkts_sctp_pool *const pool = pool_of(
		(struct pkts_sctp_conf){
			.max_chunks = 8192, .max_chunks_each = 1 << 20, .no_digests = true},
		&held);
	struct pkts_sctp_seq s;
	struct pkts_sctp_message m;
	static struct packet k;

	pkts_sctp_seq_init(&s, pool, NULL);
	for (unsigned i = 0; i < n; i++) {
		const unsigned at = i == 0 ? 0 : place(i, n);
		const uint8_t flags =
			fragments ? (at == 0) * PACKET_B + (at == n - 1) * PACKET_E : PACKET_BE;
		packet_begin(&k, 7);
		packet_data(&k, &(struct packet_data){.flags = flags,
					.tsn = at,
					.mid = fragments ? 0 : at,
					.p = "x",
					.len = 1});
		const struct pkts_piece piece = {k.bytes, k.n, 2048, NULL};
		pkts_sctp_seq_put(&s, 0, &piece, k.n);
		while (pkts_sctp_seq_get(&s, &m) == 0)
			;
	}
	const struct pkts_sctp_stats stats = pkts_sctp_pool_stats(pool);
	assert_int_equal(stats.chunks, 0);
	assert_int_equal(s.halves[0].count, fragments ? 1 : n);
	pkts_sctp_seq_fini(&s);
	pool_free(pool);
	return stats.steps;
}

static unsigned reverse(unsigned i, unsigned n)
{
	return n - i;
}

static unsigned odd_then_even(unsigned i, unsigned n)
{
	return i <= n / 2 ? 2 * i - 1 : 2 * (i - n / 2);
}

/* i * 769 modulo a power of two: each place once, far from each other. */
static unsigned scattered(unsigned i, unsigned n)
{
	return i * 769 % n;
}

/* Twice the chunks may cost little more than twice the steps. */
static void work_grows_as_it_should(void **state)
{
	unsigned (*const places[])(unsigned, unsigned) = {reverse, odd_then_even, scattered};

	(void)state;
	for (unsigned fragments = 0; fragments < 2; fragments++)
		for (unsigned p = 0; p < PKTS_ARRAY_LEN(places); p++) {
			const uint64_t one = steps_for(2048, places[p], fragments);
			const uint64_t two = steps_for(4096, places[p], fragments);
			const uint64_t four = steps_for(8192, places[p], fragments);
			if (two * 10 > one * 23 || four * 10 > two * 23)
				fail_msg("order %u, fragments %u: %llu, %llu, %llu steps", p,
					fragments, (unsigned long long)one, (unsigned long long)two,
					(unsigned long long)four);
		}
}

/* Puts a chunk of 100 bytes that pins 2,048; how many messages that made. */
static unsigned put_large(struct pkts_sctp_seq *s, uint32_t tsn, uint8_t flags)
{
	static const uint8_t data[100];
	static struct packet k;
	struct pkts_sctp_message m;
	unsigned n = 0;

	packet_begin(&k, 7);
	packet_data(&k, &(struct packet_data){.flags = flags,
				.tsn = tsn,
				.mid = flags == PACKET_BE ? tsn : 0,
				.p = data,
				.len = 100});
	struct box *const b = box_of(k.bytes, k.n);
	const struct pkts_piece piece = box_piece(b, 2048);
	assert_int_equal(pkts_sctp_seq_put(s, 0, &piece, k.n), 0);
	while (pkts_sctp_seq_get(s, &m) == 0)
		n++;
	box_release(NULL, b);
	return n;
}

/* Associations that hold as much as they can do not keep another from its share. */
static void a_flood_makes_room_for_others(void **state)
{
	int held = 0;
	struct pkts_sctp_pool *const pool =
		pool_of((struct pkts_sctp_conf){.max_chunks = 64, .max_bytes = 64 * 2048}, &held);
	struct pkts_sctp_seq flood[8], s;

	(void)state;
	for (unsigned f = 0; f < 8; f++)
		pkts_sctp_seq_init(&flood[f], pool, NULL);
	pkts_sctp_seq_init(&s, pool, NULL);
	for (unsigned i = 0; i < 4000; i++) {
		put_large(&flood[i % 8], i % 3 + 2 * i, PACKET_BE);
		assert_true(pkts_sctp_pool_stats(pool).bytes <= 64 * 2048);
		assert_true(held <= 64);
	}
	for (unsigned i = 0; i < 64; i++) /* all of it is one's, who then says nothing any more */
		put_large(&flood[0], 20000 + i, PACKET_BE);
	assert_int_equal(held, 64);
	assert_int_equal(put_large(&s, 1, PACKET_B), 0);
	assert_int_equal(put_large(&s, 2, 0), 0);
	assert_int_equal(put_large(&s, 3, PACKET_E), 1);
	const struct pkts_sctp_stats stats = pkts_sctp_pool_stats(pool);
	assert_true(stats.events[PKTS_SEQ_EVICTED] > 0);
	assert_int_equal(
		stats.events[PKTS_SEQ_LIMIT_PIECES] + stats.events[PKTS_SEQ_LIMIT_BYTES], 0);
	pkts_sctp_seq_fini(&s);
	for (unsigned f = 0; f < 8; f++)
		pkts_sctp_seq_fini(&flood[f]);
	assert_int_equal(held, 0);
	pool_free(pool);
}

static unsigned level_of(const struct pkts_sctp_pool *pool, uint32_t t)
{
	const struct sctp_node *const n = pool->nodes;
	const uint32_t left = n[t].left, right = n[t].right;

	if (t == NONE)
		return 0;
	assert_int_equal(level_of(pool, left) + 1, n[t].level);
	assert_true(level_of(pool, right) == n[t].level || level_of(pool, right) + 1 == n[t].level);
	assert_true(n[n[right].right].level < n[t].level);
	assert_true(left == NONE || n[left].key.at < n[t].key.at);
	assert_true(right == NONE || n[right].key.at > n[t].key.at);
	return n[t].level;
}

/* The tree stays balanced whatever comes and goes. */
static void trees_stay_balanced(void **state)
{
	int held = 0;
	struct pkts_sctp_pool *const pool =
		pool_of((struct pkts_sctp_conf){.max_chunks = 256}, &held);
	uint32_t root = NONE, nodes[128] = {NONE};
	uint64_t random = 1;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		const unsigned k = next_random(&random) % PKTS_ARRAY_LEN(nodes);
		if (nodes[k]) {
			pkts_sctp_tree_remove(pool, &root, nodes[k]);
			pkts_sctp_node_free(pool, nodes[k]);
			nodes[k] = NONE;
		} else {
			nodes[k] = pkts_sctp_node_take(pool);
			pool->nodes[nodes[k]].key = sctp_key(SCTP_SEEN, 0, 0, k);
			pkts_sctp_tree_insert(pool, &root, nodes[k]);
		}
		level_of(pool, root);
		const struct sctp_key key = sctp_key(SCTP_SEEN, 0, 0, k);
		const uint32_t floor = pkts_sctp_tree_floor(pool, root, &key);
		assert_true(nodes[k] == NONE || floor == nodes[k]);
		assert_true(pkts_sctp_tree_ceil(pool, root, &key) == floor || nodes[k] == NONE);
	}
	pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_programs),
		cmocka_unit_test(senseless_programs),
		cmocka_unit_test(work_grows_as_it_should),
		cmocka_unit_test(a_flood_makes_room_for_others),
		cmocka_unit_test(trees_stay_balanced),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
