/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The table of conversations: against a naive list, and when entries end. */
#include <stdlib.h>

#include "pkts_errno.h"
#include "row.h"
#include "table_model.h"

#define STEPS  100000
#define TICK   PKTS_TABLE_TICK_NS
#define SECOND UINT64_C(1000000000)

static struct pkts_table *table;
static void *memory;
static unsigned ends[PKTS_TABLE_END_MAX];

static void count_end(void *ctx, struct pkts_table_entry *e, enum pkts_table_end reason)
{
	(void)ctx;
	(void)e;
	ends[reason]++;
}

static struct pkts_table_conf plain(uint32_t entries)
{
	return (struct pkts_table_conf){
		.max_entries = entries,
		.user_size = 48,
		.n_classes = 2,
		.classes = {{.timeout_ns = SECOND}, {.timeout_ns = 60 * SECOND}},
		.on_end = count_end,
	};
}

static void begin(struct pkts_table_conf conf)
{
	const size_t n = pkts_table_memsize(&conf);

	memset(ends, 0, sizeof(ends));
	memory = aligned_alloc(PKTS_TABLE_ALIGN, n);
	assert_int_equal(pkts_table_init(&table, memory, n, &conf), 0);
}

static void end(void)
{
	free(memory);
}

static struct pkts_table_entry *add(unsigned number, unsigned class, uint64_t now)
{
	struct pkts_session_key key;
	const uint8_t initiator = table_model_key(&key, number);
	return pkts_table_find_or_insert(table, &key, initiator, class, now, NULL);
}

static struct pkts_table_entry *find(unsigned number, uint64_t now)
{
	struct pkts_session_key key;
	table_model_key(&key, number);
	return pkts_table_find(table, &key, now);
}

static void random_programs(void **state)
{
	static uint8_t program[TABLE_PROGRAM_HEAD + TABLE_PROGRAM_STEP * STEPS];

	(void)state;
	for (unsigned seed = 1; seed <= 6; seed++) {
		uint64_t v = seed;
		for (size_t i = 0; i < sizeof(program); i++) {
			v = v * UINT64_C(6364136223846793005) + 1442695040888963407u;
			program[i] = (uint8_t)(v >> 56);
		}
		const char *const failure = table_program_run(program, sizeof(program));
		if (failure)
			fail_msg("seed %u: %s", seed, failure);
	}
}

static void sizes(void **state)
{
	static const struct {
		uint32_t user;
		size_t size;
	} rows[] = {{0, 128}, {48, 128}, {49, 192}, {112, 192}, {113, 256}, {4096, 4224}};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_table_conf conf = plain(100);
		conf.user_size = rows[i].user;
		assert_int_equal(pkts_table_entry_size(&conf), rows[i].size);
		begin(conf);
		for (unsigned k = 0; k < 100; k++) {
			struct pkts_table_entry *const e = add(k, 0, 0);
			assert_int_equal((uintptr_t)&e->last_ns % 64, 0);
			assert_int_equal((uintptr_t)pkts_table_user(e) % 8, 0);
		}
		end();
	}
}

static void refused_configurations(void **state)
{
	enum { ENTRIES, MANY, CLASSES, MANY_CLASSES, TIMEOUT, LONG, USER, EACH, ROWS };
	uint8_t *const mem = aligned_alloc(64, 1 << 20);

	(void)state;
	for (unsigned row = 0; row < ROWS; row++) {
		struct pkts_table_conf conf = plain(10);
		conf.max_entries = row == ENTRIES ? 0 : row == MANY ? (1u << 28) + 1 : 10;
		conf.n_classes = row == CLASSES ? 0 : row == MANY_CLASSES ? 17 : 2;
		conf.classes[1].timeout_ns = row == TIMEOUT ? 0
					     : row == LONG  ? PKTS_TABLE_TIMEOUT_MAX_NS + 1
							    : 1;
		conf.user_size = row == USER ? 4097 : 8;
		conf.max_aliases_each = row == EACH ? 256 : 0;
		assert_int_equal(pkts_table_memsize(&conf), 0);
		assert_int_equal(pkts_table_init(&table, mem, 1 << 20, &conf), -PKTS_EINVAL);
	}
	const struct pkts_table_conf conf = plain(10);
	const size_t n = pkts_table_memsize(&conf);
	assert_int_equal(pkts_table_init(&table, mem, n - 1, &conf), -PKTS_ENOMEM);
	assert_int_equal(pkts_table_init(&table, mem + 8, n, &conf), -PKTS_EINVAL);
	assert_int_equal(pkts_table_init(&table, NULL, n, &conf), -PKTS_EINVAL);
	assert_int_equal(pkts_table_init(&table, mem, n, &conf), 0);
	free(mem);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(pkts_table_end_name(PKTS_TABLE_EXPIRED), "expired");
	assert_string_equal(pkts_table_end_name(PKTS_TABLE_FLUSHED), "flushed");
	assert_string_equal(pkts_table_end_name(PKTS_TABLE_END_MAX), "unknown");
}

/* Each timeout on each side of the wheel's levels, begun on each side of their slots. */
static const uint64_t timeouts[] = {1, 2, 254, 255, 256, 257, 1000, 65279, 65535, 65536, 65537,
	70000, 16711935, 16777215, 16777216, 16777217, 50000000, (UINT64_C(1) << 32) - (1 << 25)};
static const uint64_t starts[] = {0, 1, 255, 256, 65535, 65536, 65791, 16777215, 16777216,
	123456789, UINT64_C(1700000000000000000) / (1 << 20)};

static void never_early_and_hardly_late(void **state)
{
	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(timeouts); i++)
		for (size_t k = 0; k < PKTS_ARRAY_LEN(starts); k++)
			for (unsigned jump = 0; jump < 2; jump++) {
				const uint64_t over = starts[k] + timeouts[i];
				begin(plain(4));
				pkts_table_set_timeout(
					table, add(1, 0, starts[k] * TICK), timeouts[i] * TICK);
				/* stops on the way are those that a wheel could trip over */
				for (uint64_t step = 1; !jump && step < timeouts[i]; step *= 3)
					assert_int_equal(pkts_table_expire(table,
								 (starts[k] + step) * TICK, 9),
						0);
				assert_int_equal(
					pkts_table_expire(table, over * TICK - 1, UINT32_MAX), 0);
				assert_int_equal(
					pkts_table_expire(table, (over + 2) * TICK, UINT32_MAX), 1);
				assert_int_equal(ends[PKTS_TABLE_EXPIRED], 1);
				end();
			}
}

static void lookups_do_not_find_what_is_over(void **state)
{
	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(timeouts); i++) {
		begin(plain(4));
		pkts_table_set_timeout(table, add(1, 0, 0), timeouts[i] * TICK);
		assert_non_null(add(1, 0, 0));
		struct pkts_session_key key;
		table_model_key(&key, 1);
		assert_non_null(pkts_table_peek(table, &key, timeouts[i] * TICK));
		assert_null(pkts_table_peek(table, &key, (timeouts[i] + 1) * TICK));
		assert_int_equal(ends[PKTS_TABLE_EXPIRED], 1);
		end();
	}
}

/* A hit moves nothing: the wheel looks, sees the hit, and puts the entry back. */
static void hits_rearm_lazily(void **state)
{
	(void)state;
	begin(plain(4));
	add(1, 0, 0);
	for (unsigned i = 1; i <= 100; i++)
		assert_non_null(find(1, i * SECOND / 4));
	assert_int_equal(pkts_table_stats(table).rearmed, 0);
	assert_int_equal(pkts_table_expire(table, 25 * SECOND + SECOND / 2, UINT32_MAX), 0);
	assert_int_not_equal(pkts_table_stats(table).rearmed, 0);
	assert_int_equal(pkts_table_expire(table, 26 * SECOND - 1, UINT32_MAX), 0);
	assert_int_equal(pkts_table_expire(table, 26 * SECOND + 2 * TICK, UINT32_MAX), 1);
	end();
}

static void a_peek_is_no_hit(void **state)
{
	struct pkts_session_key key;
	struct pkts_table_entry *e;
	bool fresh;

	(void)state;
	begin(plain(4));
	add(1, 0, 0);
	table_model_key(&key, 1);
	assert_int_equal(pkts_table_peek(table, &key, SECOND / 2)->last_ns, 0);
	assert_int_equal(pkts_table_peek_burst(table, &key, 1, SECOND / 2, &e), 1);
	assert_int_equal(e->last_ns, 0);
	e = pkts_table_peek_or_insert(table, &key, 0, 0, SECOND / 2, &fresh);
	assert_false(fresh);
	assert_int_equal(e->last_ns, 0);
	assert_int_equal(find(1, SECOND / 2)->last_ns, SECOND / 2);
	end();
}

/* Then it is one to an eviction, too: each entry gets its turn to be the one that was hit. */
static void a_touch_is_a_hit(void **state)
{
	(void)state;
	for (unsigned hit = 0; hit < 4; hit++) {
		struct pkts_session_key key;
		begin(plain(4));
		for (unsigned i = 0; i < 4; i++)
			add(i, 0, 0);
		table_model_key(&key, hit);
		pkts_table_touch(pkts_table_peek(table, &key, SECOND / 2), SECOND / 2);
		for (unsigned i = 0; i < 3; i++)
			add(10 + i, 0, SECOND / 2);
		assert_int_equal(ends[PKTS_TABLE_EVICTED] + ends[PKTS_TABLE_CROWDED], 3);
		assert_non_null(find(hit, SECOND / 2));
		end();
	}
}

static void classes_and_own_timeouts(void **state)
{
	(void)state;
	begin(plain(8));
	assert_true(pkts_table_set_class(table, add(1, 0, 0), 1));
	pkts_table_set_timeout(table, add(2, 1, 0), 2 * SECOND);
	pkts_table_set_timeout(table, add(3, 0, 0), 2 * SECOND);
	assert_true(pkts_table_set_class(table, add(3, 0, 0), 0)); /* back to that of the class */
	assert_false(pkts_table_set_class(table, add(4, 0, 0), 2));
	assert_int_equal(pkts_table_expire(table, 3 * SECOND / 2, 99), 2);
	assert_int_equal(pkts_table_expire(table, 5 * SECOND / 2, 99), 1);
	assert_int_equal(pkts_table_expire(table, 59 * SECOND, 99), 0);
	assert_int_equal(pkts_table_expire(table, 61 * SECOND, 99), 1);
	end();
}

static void expiry_keeps_to_its_budget(void **state)
{
	(void)state;
	begin(plain(128));
	for (unsigned i = 0; i < 128; i++)
		add(i, i % 2, 0);
	for (unsigned i = 0; i < 18; i++)
		assert_int_equal(pkts_table_expire(table, 100 * SECOND, 7), 7);
	assert_int_equal(pkts_table_expire(table, 100 * SECOND, 7), 2);
	assert_int_equal(pkts_table_expire(table, 100 * SECOND, 7), 0);
	assert_int_equal(pkts_table_stats(table).entries, 0);
	end();
}

/* Finds a key alone and in a burst, the same way; NULL. */
static struct pkts_table_entry *find_both_ways(const struct pkts_session_key *key)
{
	struct pkts_table_entry *const e = pkts_table_find(table, key, 0);
	struct pkts_table_entry *in_burst;

	assert_int_equal(pkts_table_lookup_burst(table, key, 1, 0, &in_burst), e != NULL);
	assert_ptr_equal(in_burst, e);
	return e;
}

/* No key is taken for another one of which a single bit differs; each comes out as it went in. */
static void every_bit_of_a_key_counts(void **state)
{
	static const struct {
		unsigned family;
		uint32_t vlan, tunnel;
	} rows[] = {{4, 0, 0}, {4, 7, 0}, {4, 0, 7}, {6, 0, 0}, {6, 7, 7}};
	const uint8_t a[16] = {192, 0, 2, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 2, 3, 4};
	const uint8_t b[16] = {192, 0, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_session_key key, kept;
		uint8_t *const bytes = (uint8_t *)&key;
		begin(plain(1000));
		pkts_session_key_make(&key, rows[i].family, 6, a, 1, b, 2);
		key.vlan = rows[i].vlan;
		key.tunnel = rows[i].tunnel;
		struct pkts_table_entry *const e =
			pkts_table_find_or_insert(table, &key, 0, 0, 0, NULL);
		for (unsigned bit = 0; bit < 8 * sizeof(key); bit++) {
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_null(find_both_ways(&key));
			struct pkts_table_entry *const other =
				pkts_table_find_or_insert(table, &key, 0, 0, 0, NULL);
			assert_ptr_equal(find_both_ways(&key), other);
			kept = pkts_table_key_of(other);
			assert_memory_equal(&kept, &key, sizeof(key));
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_ptr_equal(find_both_ways(&key), e);
		}
		assert_int_equal(pkts_table_stats(table).entries, 1 + 8 * sizeof(key));
		end();
	}
}

/* All of an association's addresses lead to it, and end with it. */
static void multi_homed(void **state)
{
	struct pkts_table_conf conf = plain(16);
	struct pkts_session_key key;
	uint32_t at = 0;

	(void)state;
	conf.max_aliases = 10;
	conf.max_aliases_each = 3;
	begin(conf);
	struct pkts_table_entry *const e = add(1, 1, 0);
	add(9, 1, 0);
	for (unsigned i = 2; i < 5; i++) {
		table_model_key(&key, i);
		assert_int_equal(pkts_table_alias(table, e, &key, i & 1, 0), 0);
		assert_int_equal(pkts_table_alias(table, e, &key, i & 1, 0), 0); /* known */
		assert_ptr_equal(find(i, 0), e);
	}
	table_model_key(&key, 5);
	assert_int_equal(pkts_table_alias(table, e, &key, 0, 0), -PKTS_ENOSPC);
	table_model_key(&key, 9);
	assert_int_equal(pkts_table_alias(table, e, &key, 0, 0), -PKTS_EEXIST);
	assert_int_equal(pkts_table_stats(table).aliases_refused, 1);
	assert_int_equal(e->aliases, 3);
	for (unsigned i = 0; i < 3; i++) {
		const struct pkts_session_key *const alias = pkts_table_alias_next(table, e, &at);
		assert_non_null(alias);
		assert_int_equal(pkts_table_alias_initiator(table, at),
			pkts_table_initiator_by(table, e, alias));
	}
	assert_null(pkts_table_alias_next(table, e, &at));
	/* a hit by any of its addresses keeps it */
	assert_non_null(find(3, 50 * SECOND));
	assert_ptr_equal(find(1, 100 * SECOND), e);
	pkts_table_delete(table, e);
	for (unsigned i = 1; i < 5; i++)
		assert_null(find(i, 100 * SECOND));
	assert_int_equal(pkts_table_stats(table).aliases, 0);
	end();
}

static void an_alias_taken_back(void **state)
{
	struct pkts_table_conf conf = plain(16);
	struct pkts_session_key key;

	(void)state;
	conf.max_aliases = 10;
	begin(conf);
	struct pkts_table_entry *const e = add(1, 1, 0);
	for (unsigned i = 2; i < 5; i++) {
		table_model_key(&key, i);
		assert_int_equal(pkts_table_alias(table, e, &key, 0, 0), 0);
	}
	table_model_key(&key, 3);
	assert_true(pkts_table_unalias(table, e, &key));
	assert_false(pkts_table_unalias(table, e, &key));
	for (unsigned i = 1; i < 5; i++)
		assert_ptr_equal(find(i, 0), i == 3 ? NULL : e);
	assert_int_equal(e->aliases, 2);
	table_model_key(&key, 1);
	assert_false(pkts_table_unalias(table, e, &key)); /* its own key is none */
	end();
}

/* The user's bytes are zero at first, and still there at the end. */
static void on_end_sees_the_state(void *ctx, struct pkts_table_entry *e, enum pkts_table_end reason)
{
	(void)reason;
	*(uint64_t *)ctx += *(uint64_t *)pkts_table_user(e);
}

static void the_user_area(void **state)
{
	struct pkts_table_conf conf = plain(2);
	uint64_t sum = 0;

	(void)state;
	conf.on_end = on_end_sees_the_state;
	conf.ctx = &sum;
	begin(conf);
	for (unsigned i = 0; i < 10; i++) {
		uint64_t *const user = pkts_table_user(add(i, 0, 0));
		assert_int_equal(*user, 0);
		memset(user, 0xff, 48);
		*user = 1u << i;
	}
	pkts_table_flush(table);
	assert_int_equal(sum, 1023);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_programs),
		cmocka_unit_test(sizes),
		cmocka_unit_test(refused_configurations),
		cmocka_unit_test(names),
		cmocka_unit_test(never_early_and_hardly_late),
		cmocka_unit_test(lookups_do_not_find_what_is_over),
		cmocka_unit_test(hits_rearm_lazily),
		cmocka_unit_test(a_peek_is_no_hit),
		cmocka_unit_test(a_touch_is_a_hit),
		cmocka_unit_test(classes_and_own_timeouts),
		cmocka_unit_test(expiry_keeps_to_its_budget),
		cmocka_unit_test(every_bit_of_a_key_counts),
		cmocka_unit_test(multi_homed),
		cmocka_unit_test(the_user_area),
		cmocka_unit_test(an_alias_taken_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
