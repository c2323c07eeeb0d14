/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Ranges against a line of bytes each of which knows its owner; and what an insertion costs. */
#include <stdlib.h>
#include <string.h>

#include "pkts_overlap.h"
#include "row.h"

#define LINE	256
#define ARRIVAL 512
#define POOL	256
#define NOBODY	UINT32_MAX

/* The naive model: who owns each byte, what each arrival covered, how many ranges it has. */
struct model {
	uint32_t owner[LINE];
	uint64_t first[ARRIVAL], last[ARRIVAL];
};

/* What the watch was told. */
struct told {
	int ranges[ARRIVAL];
	uint64_t overlapped;
};

static struct pkts_range memory[POOL];
static struct pkts_range_pool pool;
static struct pkts_ranges line;
static struct told told;
static uint32_t noise;

static uint32_t next_noise(uint32_t below)
{
	noise = noise * 1664525 + 1013904223;
	return (noise >> 8) % below;
}

static void note_more(void *ctx, uint32_t arrival)
{
	((struct told *)ctx)->ranges[arrival]++;
}

static void note_less(void *ctx, uint32_t arrival)
{
	assert_true(--((struct told *)ctx)->ranges[arrival] >= 0);
}

static void note_overlap(
	void *ctx, const struct pkts_range *old, uint64_t start, uint64_t end, bool new_wins)
{
	(void)new_wins;
	assert_true(start < end && old->start <= start && end <= old->end);
	((struct told *)ctx)->overlapped += end - start;
}

static const struct pkts_ranges_watch watch = {note_overlap, note_more, note_less, &told};

static void begin(uint32_t cap)
{
	pkts_range_pool_init(&pool, memory, cap);
	pkts_ranges_clear(&line);
	told = (struct told){0};
}

/* Levels, order and links of a subtree; returns how many ranges it has. */
static uint32_t sound(uint32_t t, uint64_t *from)
{
	if (t == PKTS_RANGE_NONE)
		return 0;
	const struct pkts_range *const r = &memory[t];
	const uint32_t left = r->left == PKTS_RANGE_NONE ? 0 : memory[r->left].level;
	const uint32_t right = r->right == PKTS_RANGE_NONE ? 0 : memory[r->right].level;
	const uint32_t beyond = right && memory[r->right].right != PKTS_RANGE_NONE
					? memory[memory[r->right].right].level
					: 0;
	assert_int_equal(left + 1, r->level);
	assert_true(right == r->level || right + 1 == r->level);
	assert_true(beyond < r->level);
	const uint32_t n = sound(r->left, from);
	assert_true(r->start >= *from && r->start < r->end);
	assert_true(r->first <= r->start && r->end <= r->last);
	*from = r->end;
	return n + 1 + sound(r->right, from);
}

static void model_clear(struct model *m)
{
	memset(m->owner, 0xff, sizeof(m->owner));
}

static void model_insert(
	struct model *m, uint64_t s, uint64_t e, uint32_t arrival, pkts_overlap_fn *rule)
{
	m->first[arrival] = s;
	m->last[arrival] = e;
	for (uint64_t at = s; at < e; at++) {
		const uint32_t o = m->owner[at];
		if (o == NOBODY || (rule && rule(m->first[o], m->last[o], s, e)))
			m->owner[at] = arrival;
	}
}

/* The line as the ranges have it is the model's, byte by byte, and its counters are right. */
static void like_model(const struct model *m)
{
	int ranges[ARRIVAL] = {0};
	uint64_t from = 0, covered = 0;

	assert_int_equal(sound(line.root, &from), line.count);
	assert_int_equal(pool.used, line.count);
	for (uint64_t at = 0; at < LINE; at++) {
		const uint32_t i = pkts_ranges_at(&pool, &line, at);
		const bool here = i != PKTS_RANGE_NONE && memory[i].start <= at;
		assert_int_equal(here ? memory[i].arrival : NOBODY, m->owner[at]);
		assert_int_equal(pkts_ranges_meets(&pool, &line, at, at + 1), here);
		covered += here;
		if (here && memory[i].start == at)
			ranges[memory[i].arrival]++;
	}
	assert_int_equal(covered, line.covered);
	assert_memory_equal(ranges, told.ranges, sizeof(ranges));
}

static void model_without(struct model *m, uint64_t s, uint64_t e)
{
	for (uint64_t at = s; at < e; at++)
		m->owner[at] = NOBODY;
}

static void try_one(struct model *m, uint32_t arrival, pkts_overlap_fn *rule, uint32_t longest)
{
	const uint64_t s = next_noise(LINE), e = s + 1 + next_noise(longest);
	const uint64_t end = PKTS_MIN(e, LINE);
	const struct pkts_ranges before = line;

	const int rc = pkts_ranges_insert(&pool, &line, s, end, arrival, rule, &watch);
	if (rc == 0)
		model_insert(m, s, end, arrival, rule);
	else
		assert_memory_equal(&before, &line, sizeof(line));
}

static void random_arrivals(uint32_t cap, pkts_overlap_fn *rule, uint32_t longest)
{
	struct model m;

	begin(cap);
	model_clear(&m);
	for (uint32_t i = 0; i < 150; i++) {
		try_one(&m, i, rule, longest);
		if (i % 32 == 31) {
			const uint64_t at = next_noise(LINE / 4);
			pkts_ranges_trim(&pool, &line, at, &watch);
			model_without(&m, 0, at);
			pkts_ranges_cut(&pool, &line, LINE - at, &watch);
			model_without(&m, LINE - at, LINE);
		}
		like_model(&m);
	}
	pkts_ranges_drop(&pool, &line, &watch);
	model_clear(&m);
	like_model(&m);
}

static pkts_overlap_fn *any_rule(unsigned i)
{
	return i < PKTS_IP_POLICY_MAX
		       ? pkts_ip_policy_rule((enum pkts_ip_policy)i)
		       : pkts_tcp_policy_rule((enum pkts_tcp_policy)(i - PKTS_IP_POLICY_MAX));
}

static void every_rule_as_the_model_has_it(void **state)
{
	static const uint32_t longest[] = {3, 20, 200};

	(void)state;
	for (unsigned i = 0; i < PKTS_IP_POLICY_MAX + PKTS_TCP_POLICY_MAX; i++)
		for (unsigned k = 0; k < PKTS_ARRAY_LEN(longest); k++)
			random_arrivals(POOL, any_rule(i), longest[k]);
}

/* Rules that no system has: they lead where the real ones do not. */
static bool moody(uint64_t os, uint64_t oe, uint64_t ns, uint64_t ne)
{
	return (os * 31 + oe * 17 + ns * 7 + ne) % 3 == 0;
}

static void a_rule_without_rhyme_or_reason(void **state)
{
	(void)state;
	for (unsigned k = 0; k < 20; k++)
		random_arrivals(POOL, moody, 5 + k * 10);
}

/* Where the pool is short, an insertion either happens or has changed nothing. */
static void a_pool_that_does_not_suffice(void **state)
{
	(void)state;
	for (uint32_t cap = 0; cap < 24; cap++)
		for (unsigned i = 0; i < PKTS_IP_POLICY_MAX; i++)
			random_arrivals(cap, any_rule(i), 20);
	random_arrivals(12, moody, 40);
}

/* With nothing to be gained no range is needed either. */
static void a_duplicate_fits_into_a_full_pool(void **state)
{
	(void)state;
	begin(2);
	assert_int_equal(pkts_ranges_insert(&pool, &line, 0, 8, 1, NULL, &watch), 0);
	assert_int_equal(pkts_ranges_insert(&pool, &line, 8, 16, 2, NULL, &watch), 0);
	assert_int_equal(pkts_ranges_insert(&pool, &line, 4, 12, 3, NULL, &watch), 0);
	assert_int_equal(told.overlapped, 8);
	assert_int_equal(told.ranges[3], 0);
	assert_int_equal(pkts_ranges_insert(&pool, &line, 16, 17, 4, NULL, &watch), -PKTS_ENOSPC);
	assert_int_equal(told.ranges[4], 0);
}

/* Five gains between others that are kept, while three ranges go: the pool needs room for the rest. */
static void what_goes_makes_room_for_what_comes(void **state)
{
	pkts_overlap_fn *const rule = pkts_ip_policy_rule(PKTS_IP_BSD_RIGHT);

	(void)state;
	for (uint32_t cap = 9; cap < 13; cap++) {
		begin(cap);
		pkts_ranges_insert(&pool, &line, 0, 100, 0, rule, &watch);
		for (uint32_t i = 1; i <= 4; i++)
			pkts_ranges_insert(&pool, &line, i * 20, i * 20 + 10, i, rule, &watch);
		assert_int_equal(line.count, 9);
		/* one at the front, then as many as go, then one at the end */
		assert_int_equal(pkts_ranges_insert(&pool, &line, 5, 95, 9, rule, &watch),
			cap < 11 ? -PKTS_ENOSPC : 0);
		assert_int_equal(line.count, cap < 11 ? 9 : 11);
	}
}

static void an_arrival_around_many_is_one_range(void **state)
{
	(void)state;
	begin(POOL);
	for (uint32_t i = 0; i < 10; i++)
		pkts_ranges_insert(&pool, &line, 10 + i * 10, 15 + i * 10, i, NULL, &watch);
	pkts_ranges_insert(&pool, &line, 0, 120, 100, pkts_ip_policy_rule(PKTS_IP_LAST), &watch);
	assert_int_equal(line.count, 1);
	assert_int_equal(line.covered, 120);
	assert_int_equal(told.ranges[100], 1);
}

static void offsets_of_64_bits(void **state)
{
	(void)state;
	begin(POOL);
	pkts_ranges_insert(&pool, &line, UINT64_MAX - 8, UINT64_MAX, 1, NULL, &watch);
	pkts_ranges_insert(&pool, &line, UINT32_MAX - 4ull, UINT32_MAX + 4ull, 2, NULL, &watch);
	assert_int_equal(line.covered, 16);
	assert_int_equal(memory[pkts_ranges_at(&pool, &line, UINT32_MAX)].arrival, 2);
	assert_int_equal(memory[pkts_ranges_at(&pool, &line, UINT64_MAX - 1)].arrival, 1);
	assert_int_equal(pkts_ranges_at(&pool, &line, UINT64_MAX), PKTS_RANGE_NONE);
}

/* The order in which n pieces come: kept, turned round, every second one first, shuffled. */
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

static uint64_t steps_for(unsigned order, uint32_t n, struct pkts_range *ranges)
{
	pkts_range_pool_init(&pool, ranges, n);
	pkts_ranges_clear(&line);
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t at = at_turn(order, i, n);
		assert_int_equal(
			pkts_ranges_insert(&pool, &line, at * 8, at * 8 + 8, i, NULL, NULL), 0);
	}
	assert_int_equal(line.covered, n * 8);
	return pool.steps;
}

/* Whatever the memory held before: all are there, each once, also when some have come back in between. */
static void as_many_as_there_is_memory_for(void **state)
{
	(void)state;
	for (uint32_t back = 0; back < POOL; back += 7) {
		memset(memory, 0xa5, sizeof(memory));
		begin(POOL);
		for (uint32_t i = 0; i < back; i++)
			pkts_ranges_insert(&pool, &line, i * 8, i * 8 + 4, 0, NULL, NULL);
		pkts_ranges_drop(&pool, &line, NULL);
		assert_int_equal(pool.used, 0);
		for (uint32_t i = 0; i < POOL; i++)
			assert_int_equal(
				pkts_ranges_insert(&pool, &line, i * 8, i * 8 + 4, i, NULL, NULL),
				0);
		assert_int_equal(pool.used, POOL);
		assert_int_equal(
			pkts_ranges_insert(&pool, &line, 4, 8, 0, NULL, NULL), -PKTS_ENOSPC);
		for (uint32_t i = 0; i < POOL; i++)
			assert_int_equal(memory[pkts_ranges_at(&pool, &line, i * 8)].arrival, i);
	}
}

static void work_grows_as_n_log_n(void **state)
{
	const uint32_t most = 65536;
	struct pkts_range *const ranges = calloc(most, sizeof(*ranges));

	(void)state;
	for (unsigned order = 0; order < 4; order++)
		for (uint32_t n = 1024; n < most; n *= 2) {
			const uint64_t once = steps_for(order, n, ranges);
			const uint64_t twice = steps_for(order, n * 2, ranges);
			ROW_TRUE("ratio below 2.3", twice * 10 < once * 23);
			ROW_TRUE("below 4 log n",
				once < 4ull * n * (31 - (unsigned)__builtin_clz(n)));
		}
	free(ranges);
}

static void policies_by_name(void **state)
{
	enum pkts_ip_policy ip = PKTS_IP_LAST;
	enum pkts_tcp_policy tcp = PKTS_TCP_LAST;

	(void)state;
	for (unsigned i = 0; i < PKTS_IP_POLICY_MAX; i++) {
		const char *const name = pkts_ip_policy_name((enum pkts_ip_policy)i);
		assert_true(pkts_ip_policy_by_name(name, strlen(name), &ip));
		assert_int_equal(ip, i);
	}
	for (unsigned i = 0; i < PKTS_TCP_POLICY_MAX; i++) {
		const char *const name = pkts_tcp_policy_name((enum pkts_tcp_policy)i);
		assert_true(pkts_tcp_policy_by_name(name, strlen(name), &tcp));
		assert_int_equal(tcp, i);
	}
	assert_true(pkts_ip_policy_by_name("bsd_right", 9, &ip) && ip == PKTS_IP_BSD_RIGHT);
	assert_true(pkts_tcp_policy_by_name("old-linux and more", 9, &tcp) &&
		    tcp == PKTS_TCP_OLD_LINUX);
	assert_false(
		pkts_ip_policy_by_name("bs", 2, &ip) || pkts_ip_policy_by_name("bsd-", 4, &ip));
	assert_false(
		pkts_ip_policy_by_name("", 0, &ip) || pkts_tcp_policy_by_name("rfc8200", 7, &tcp));
	assert_int_equal(ip, PKTS_IP_BSD_RIGHT);
	assert_string_equal(pkts_ip_policy_name(PKTS_IP_POLICY_MAX), "");
	assert_null(pkts_tcp_policy_rule(PKTS_TCP_POLICY_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_as_the_model_has_it),
		cmocka_unit_test(a_rule_without_rhyme_or_reason),
		cmocka_unit_test(a_pool_that_does_not_suffice),
		cmocka_unit_test(a_duplicate_fits_into_a_full_pool),
		cmocka_unit_test(what_goes_makes_room_for_what_comes),
		cmocka_unit_test(an_arrival_around_many_is_one_range),
		cmocka_unit_test(offsets_of_64_bits),
		cmocka_unit_test(as_many_as_there_is_memory_for),
		cmocka_unit_test(work_grows_as_n_log_n),
		cmocka_unit_test(policies_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
