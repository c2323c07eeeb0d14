/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Who goes when there is no room, and what floods and crafted keys can do. */
#include <stdlib.h>

#include "row.h"
#include "table.h"
#include "table_model.h"

#define SECOND	  UINT64_C(1000000000)
#define WORK_MOST 128 /* entries and buckets, for one operation */

enum { EMBRYONIC, CLOSING, ESTABLISHED, CLASSES };

static struct pkts_table *table;
static uint8_t *memory;
static size_t memory_n;
static char order[64]; /* of ends: the user's letters */

static void note_end(void *ctx, struct pkts_table_entry *e, enum pkts_table_end reason)
{
	const size_t n = strlen(order);
	const char letter = *(char *)pkts_table_user(e);

	(void)ctx;
	(void)reason;
	if (letter && n + 1 < sizeof(order)) {
		order[n] = letter;
		order[n + 1] = '\0';
	}
}

static struct pkts_table_conf of(uint32_t entries)
{
	return (struct pkts_table_conf){
		.max_entries = entries,
		.user_size = 48,
		.n_classes = CLASSES,
		.classes = {[EMBRYONIC] = {.timeout_ns = 10 * SECOND, .embryonic = true},
			[CLOSING] = {.timeout_ns = 30 * SECOND},
			[ESTABLISHED] = {.timeout_ns = 600 * SECOND}},
		.secret = "sixteen bytes..",
		.on_end = note_end,
	};
}

/* What is behind the table's memory has to stay. */
static void begin(struct pkts_table_conf conf)
{
	memory_n = pkts_table_memsize(&conf);
	memory = aligned_alloc(64, memory_n + 64);
	memset(memory + memory_n, 0x5a, 64);
	order[0] = '\0';
	assert_int_equal(pkts_table_init(&table, memory, memory_n, &conf), 0);
}

static void end(void)
{
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(memory[memory_n + i], 0x5a);
	free(memory);
}

/* From any of 2^32 sources. */
static uint8_t key_from(struct pkts_session_key *key, uint32_t source, uint16_t port)
{
	const uint8_t to[4] = {10, 0, 0, 1};
	return pkts_session_key_make(key, 4, 6, (const uint8_t *)&source, port, to, 80);
}

static struct pkts_table_entry *open_from(
	uint32_t source, uint16_t port, unsigned class, uint64_t now)
{
	struct pkts_session_key key;
	const uint8_t swapped = key_from(&key, source, port);
	return pkts_table_find_or_insert(table, &key, swapped, class, now, NULL);
}

static struct pkts_table_entry *find_from(uint32_t source, uint16_t port, uint64_t now)
{
	struct pkts_session_key key;
	key_from(&key, source, port);
	return pkts_table_find(table, &key, now);
}

/*
 * A letter begins a conversation in a class (lower case: EMBRYONIC, upper case: ESTABLISHED, a digit:
 * CLOSING), or hits the one there is; a second passes each time. Then who ended, in order.
 */
static void who_goes_first(void **state)
{
	static const struct {
		const char *name;
		uint32_t entries, keep;
		const char *events, *ends;
	} rows[] = {
		{"the oldest", 3, 0, "abcde", "ab"},
		{"a hit saves", 3, 0, "abcad", "b"},
		{"two hits save two", 3, 0, "abcabd", "c"},
		{"all hit: the longest ago", 3, 0, "abcabcd", "a"},
		{"embryonic before established", 3, 0, "ABcD", "c"},
		{"the new one too", 3, 0, "ABCde", "Ad"},
		{"closing after embryonic", 3, 0, "1aBCD", "a1"},
		{"established last", 3, 0, "AbC1D", "b1"},
		{"only established", 3, 0, "ABCD", "A"},
		{"a hit saves an established one", 3, 0, "ABCAD", "B"},
		{"as many embryonic as are kept", 4, 2, "abCDE", "C"},
		{"no more than are kept", 4, 2, "abcDE", "a"},
		{"nobody has more than is kept", 2, 2, "abc", "a"},
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_table_conf conf = of(rows[i].entries);
		conf.classes[EMBRYONIC].keep = rows[i].keep;
		begin(conf);
		for (uint64_t k = 0; rows[i].events[k]; k++) {
			const char c = rows[i].events[k];
			const unsigned class = c >= 'a'	  ? EMBRYONIC
					       : c >= 'A' ? ESTABLISHED
							  : CLOSING;
			struct pkts_table_entry *const e =
				open_from((uint8_t)c, 1, class, k * SECOND);
			ROW_TRUE(rows[i].name, e != NULL);
			*(char *)pkts_table_user(e) = c;
		}
		ROW_TEXT(rows[i].name, order, rows[i].ends);
		end();
	}
}

/* All of a full table was hit: the eviction takes no more steps for that. */
static void second_chances_end(void **state)
{
	(void)state;
	begin(of(1000));
	for (uint32_t i = 0; i < 1000; i++)
		open_from(i, 1, ESTABLISHED, i);
	for (uint32_t i = 0; i < 1000; i++)
		assert_non_null(find_from(i, 1, SECOND));
	const uint64_t before = pkts_table_stats(table).work;
	assert_non_null(open_from(5000, 1, ESTABLISHED, SECOND));
	const struct pkts_table_stats s = pkts_table_stats(table);
	assert_true(s.work - before <= WORK_MOST);
	assert_int_equal(s.rearmed, 16);
	assert_int_equal(s.ends[PKTS_TABLE_EVICTED], 1);
	assert_int_equal(s.evicted_by_class[ESTABLISHED], 1);
	end();
}

/* A million spoofed sources through a table of 4,096; those who were there stay. */
static void a_flood_of_sources(void **state)
{
	const uint32_t legitimate = 1000, flood = 1000000;

	(void)state;
	begin(of(4096));
	for (uint32_t i = 0; i < legitimate; i++)
		assert_true(
			pkts_table_set_class(table, open_from(i, 7, EMBRYONIC, 0), ESTABLISHED));
	for (uint32_t i = 0; i < flood; i++) {
		const uint64_t now = (uint64_t)i * 1000, before = pkts_table_stats(table).work;
		assert_non_null(open_from(0x80000000u + i * 2654435761u / 2, 9, EMBRYONIC, now));
		assert_true(pkts_table_stats(table).work - before <= WORK_MOST);
	}
	for (uint32_t i = 0; i < legitimate; i++)
		assert_non_null(find_from(i, 7, SECOND));
	const struct pkts_table_stats s = pkts_table_stats(table);
	assert_int_equal(s.entries, 4096);
	assert_int_equal(s.by_class[ESTABLISHED], legitimate);
	assert_int_equal(s.inserts - s.entries, s.ends[PKTS_TABLE_EVICTED] +
							s.ends[PKTS_TABLE_CROWDED] +
							s.ends[PKTS_TABLE_EXPIRED]);
	assert_int_equal(s.evicted_by_class[ESTABLISHED], 0);
	/* Two buckets that are full, and none of their entries can be moved: that hardly happens. */
	assert_true(s.ends[PKTS_TABLE_CROWDED] < flood / 10000);
	end();
}

/* Conversations that never close, one way: what is not needed any more goes, the rest stays as it was. */
static void one_way_without_end(void **state)
{
	(void)state;
	begin(of(512));
	for (uint32_t i = 0; i < 100000; i++) {
		assert_non_null(
			open_from(i % 5000, (uint16_t)(i % 3), ESTABLISHED, i * SECOND / 100));
		pkts_table_expire(table, i * SECOND / 100, 4);
		assert_true(pkts_table_stats(table).entries <= 512);
	}
	end();
}

static void one_source_begins_too_many(void **state)
{
	struct pkts_table_conf conf = of(1000);
	uint32_t admitted = 0;

	(void)state;
	conf.max_embryonic_per_source = 10;
	conf.max_per_source = 50;
	begin(conf);
	for (uint16_t port = 0; port < 100; port++)
		admitted += open_from(1, port, EMBRYONIC, 0) != NULL;
	assert_int_equal(admitted, 10);
	assert_int_equal(pkts_table_stats(table).refused_embryonic, 90);
	/* another is not concerned, and what is there is found */
	assert_non_null(open_from(2, 1, EMBRYONIC, 0));
	assert_non_null(open_from(1, 3, EMBRYONIC, 0));
	/* established ones make room for more, up to the total */
	for (uint16_t port = 0; port < 100; port++) {
		struct pkts_table_entry *const e = open_from(1, port, EMBRYONIC, 0);
		if (e)
			pkts_table_set_class(table, e, ESTABLISHED);
	}
	assert_int_equal(pkts_table_stats(table).by_class[ESTABLISHED], 50);
	assert_int_equal(pkts_table_stats(table).refused_source, 50);
	/* none of them counts when it has ended */
	pkts_table_flush(table);
	assert_non_null(open_from(1, 1, EMBRYONIC, 0));
	for (uint16_t port = 2; port < 11; port++)
		assert_non_null(open_from(1, port, EMBRYONIC, 0));
	assert_null(open_from(1, 11, EMBRYONIC, 0));
	assert_int_equal(pkts_table_expire(table, 11 * SECOND, 100), 10);
	assert_non_null(open_from(1, 11, EMBRYONIC, 11 * SECOND));
	end();
}

/* Of IPv6 it is the /64, of networks each its own, of a conversation who began it. */
static void what_a_source_is(void **state)
{
	static const struct {
		const char *name;
		unsigned family, byte; /* of the address that differs */
		bool swap, vlan, admitted;
	} rows[] = {
		{"the same", 4, 99, false, false, false},
		{"ipv4, last byte", 4, 3, false, false, true},
		{"ipv6, interface", 6, 15, false, false, false},
		{"ipv6, just behind the prefix", 6, 8, false, false, false},
		{"ipv6, prefix", 6, 7, false, false, true},
		{"the other end", 4, 99, true, false, true},
		{"vlan", 4, 99, false, true, true},
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_table_conf conf = of(100);
		const uint8_t to[16] = {99};
		uint8_t from[16] = {10};
		struct pkts_session_key key;
		conf.max_per_source = 1;
		begin(conf);
		uint8_t end_of = pkts_session_key_make(&key, rows[i].family, 6, from, 1, to, 2);
		assert_non_null(pkts_table_find_or_insert(table, &key, end_of, 0, 0, NULL));
		if (rows[i].byte < 16)
			from[rows[i].byte] ^= 1;
		end_of = pkts_session_key_make(&key, rows[i].family, 6, from, 3, to, 2);
		if (rows[i].vlan)
			pkts_session_key_add_vlan(&key, 1);
		ROW_INT(rows[i].name,
			pkts_table_find_or_insert(table, &key, end_of ^ rows[i].swap, 0, 0, NULL) !=
				NULL,
			rows[i].admitted);
		end();
	}
}

/* Many sources, each with few: the counters of a flood are not held against anybody. */
static void a_flood_and_limits_for_each_source(void **state)
{
	struct pkts_table_conf conf = of(4096);

	(void)state;
	conf.max_embryonic_per_source = 16;
	begin(conf);
	for (uint32_t i = 0; i < 200000; i++)
		open_from(i * 2654435761u, 9, EMBRYONIC, (uint64_t)i * 1000);
	assert_int_equal(pkts_table_stats(table).refused_embryonic, 0);
	for (uint32_t i = 0; i < 200000; i++)
		open_from(7, (uint16_t)i, EMBRYONIC, SECOND + i);
	assert_true(pkts_table_stats(table).refused_embryonic > 199000);
	end();
}

/* Keys that all have the two buckets of the first: only possible with the secret. */
static uint32_t craft(struct pkts_session_key *keys, uint32_t n, uint32_t source)
{
	uint32_t found = 0, tries = 0;
	struct place want = {0};

	while (found < n && tries < 20000000) {
		key_from(&keys[found], source + tries / 60000, (uint16_t)(tries % 60000));
		const struct place p = place_of_key(table, &keys[found]);
		if (tries++ == 0)
			want = p;
		found += p.first == want.first && second_of(table, &p) == second_of(table, &want);
	}
	return found;
}

/* The next key from *tries on in the same bucket as `like` and under the same tag, all of it or not. */
static struct pkts_session_key craft_tag(
	const struct pkts_session_key *like, bool all, uint32_t *tries)
{
	const struct place want = place_of_key(table, like);
	struct pkts_session_key key;

	for (;;) {
		key_from(&key, 5, (uint16_t)++ * tries);
		const struct place p = place_of_key(table, &key);
		assert_true(*tries < 60000);
		if (p.first == want.first && p.tag == want.tag && (p.more == want.more) == all)
			return key;
	}
}

/* An entry is only looked at if all 11 bits are right; and those that are taken out are the right ones. */
static void tags(void **state)
{
	struct pkts_session_key keys[3];
	struct pkts_table_entry *e[3], *found[3];
	uint32_t tries = 0;

	(void)state;
	begin(of(8));
	key_from(&keys[0], 1, 1);
	keys[1] = craft_tag(&keys[0], false, &tries);
	for (unsigned i = 0; i < 2; i++)
		e[i] = pkts_table_find_or_insert(table, &keys[i], 0, EMBRYONIC, 0, NULL);
	for (unsigned i = 0; i < 2; i++)
		assert_ptr_equal(pkts_table_find(table, &keys[i], 0), e[i]);
	assert_int_equal(pkts_table_stats(table).collisions, 0);
	keys[2] = craft_tag(&keys[0], true, &tries);
	assert_null(pkts_table_find(table, &keys[2], 0));
	assert_int_equal(pkts_table_stats(table).collisions, 1);
	e[2] = pkts_table_find_or_insert(table, &keys[2], 0, EMBRYONIC, 0, NULL);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(pkts_table_lookup_burst(table, keys, 3, 0, found), 3 - i);
		for (unsigned k = 0; k < 3; k++)
			assert_ptr_equal(found[k], k < i ? NULL : e[k]);
		pkts_table_delete(table, e[i]);
	}
	end();
}

/* Another key under all of the same tag, of which only word i of twelve differs. */
static struct pkts_session_key craft_word(const struct pkts_session_key *like, unsigned i)
{
	const struct place want = place_of_key(table, like);

	for (uint32_t tries = 1; tries < 1000000; tries++) {
		struct pkts_session_key key = *like;
		uint32_t word;
		memcpy(&word, (uint8_t *)&key + 4 * i, sizeof(word));
		word ^= tries * UINT32_C(2654435761);
		memcpy((uint8_t *)&key + 4 * i, &word, sizeof(word));
		const struct place p = place_of_key(table, &key);
		if (p.first == want.first && p.tag == want.tag && p.more == want.more)
			return key;
	}
	fail();
	return *like;
}

/* Looks for two keys of one tag, of which only the first is there: in a burst too. */
static void demand_first_of(const struct pkts_session_key keys[2])
{
	struct pkts_table_entry *found[2];

	assert_non_null(pkts_table_find_or_insert(table, &keys[0], 0, EMBRYONIC, 0, NULL));
	assert_null(pkts_table_find(table, &keys[1], 0));
	assert_int_equal(pkts_table_lookup_burst(table, keys, 2, 0, found), 1);
	assert_null(found[1]);
	assert_int_equal(pkts_table_stats(table).collisions, 2);
}

/* The key decides, and not its hash: each word of it, in the line of a hit or not. */
static void keys_under_the_same_tag(void **state)
{
	const uint8_t a[16] = {192, 0, 2, 1, 5}, b[16] = {192, 0, 2, 2, 6};

	(void)state;
	for (unsigned row = 0; row < 2 * 2 * 12; row++) {
		const unsigned first = row & 1;
		struct pkts_session_key keys[2];
		begin(of(8));
		pkts_session_key_make(&keys[first], row & 2 ? 6 : 4, 6, a, 1, b, 2);
		keys[!first] = craft_word(&keys[first], row / 4);
		demand_first_of(keys);
		end();
	}
}

/* Keys looked for one by one, together, and by an alias; of them found. */
static void lookups_and_hits_are_counted(void **state)
{
	struct pkts_session_key keys[40];
	struct pkts_table_entry *found[40], *e;
	struct pkts_table_conf conf = of(64);
	struct pkts_table_stats s;

	(void)state;
	conf.max_aliases = conf.max_aliases_each = 1;
	begin(conf);
	for (unsigned i = 0; i < 40; i++)
		key_from(&keys[i], 1, (uint16_t)i);
	e = pkts_table_find_or_insert(table, &keys[0], 0, EMBRYONIC, 0, NULL);
	pkts_table_find_or_insert(table, &keys[0], 0, EMBRYONIC, 0, NULL);
	s = pkts_table_stats(table);
	assert_int_equal(s.lookups, 2);
	assert_int_equal(s.hits, 1);
	assert_int_equal(pkts_table_alias(table, e, &keys[39], 0, 0), 0);
	pkts_table_find(table, &keys[39], 0);
	pkts_table_find(table, &keys[1], 0);
	s = pkts_table_stats(table);
	assert_int_equal(s.hits, 2);
	const uint64_t before = s.lookups;
	assert_int_equal(pkts_table_lookup_burst(table, keys, 40, 0, found), 2);
	pkts_table_find(table, &keys[0], 11 * SECOND); /* its time is up */
	s = pkts_table_stats(table);
	assert_int_equal(s.lookups - before, 41);
	assert_int_equal(s.hits, 4);
	end();
}

/* What its first bucket has no room for. */
static void keys_in_their_second_bucket_are_counted(void **state)
{
	struct pkts_session_key keys[WAYS + 3];

	(void)state;
	begin(of(1000));
	assert_int_equal(craft(keys, WAYS + 3, 1), WAYS + 3);
	for (uint32_t i = 0; i < WAYS + 3; i++) {
		pkts_table_find_or_insert(table, &keys[i], 0, EMBRYONIC, 0, NULL);
		assert_int_equal(pkts_table_stats(table).spilled, i < WAYS ? 0 : i - WAYS + 1);
	}
	for (uint32_t i = 0; i < WAYS + 3; i++)
		assert_non_null(pkts_table_find(table, &keys[i], 0));
	end();
}

static void crafted_keys(void **state)
{
	static struct pkts_session_key keys[300];
	struct pkts_session_key other;

	(void)state;
	begin(of(1000));
	assert_int_equal(craft(keys, 300, 1), 300);
	for (uint32_t i = 0; i < 500; i++) /* everybody else */
		assert_non_null(open_from(0x90000000u + i, 1, ESTABLISHED, 0));
	for (uint32_t i = 0; i < 300; i++) {
		const uint64_t before = pkts_table_stats(table).work;
		assert_non_null(pkts_table_find_or_insert(table, &keys[i], 0, EMBRYONIC, i, NULL));
		assert_true(pkts_table_stats(table).work - before <= WORK_MOST);
		assert_non_null(pkts_table_find(table, &keys[i], i));
	}
	const struct pkts_table_stats s = pkts_table_stats(table);
	assert_true(s.ends[PKTS_TABLE_CROWDED] >= 300 - 2 * WAYS);
	assert_int_equal(s.ends[PKTS_TABLE_EVICTED], 0);
	assert_true(s.moved > 0);
	assert_int_equal(s.evicted_by_class[ESTABLISHED], 0);
	for (uint32_t i = 0; i < 500; i++) {
		key_from(&other, 0x90000000u + i, 1);
		assert_non_null(pkts_table_find(table, &other, SECOND));
	}
	/* The latest are those who are there. */
	for (uint32_t i = 300 - WAYS; i < 300; i++)
		assert_non_null(pkts_table_find(table, &keys[i], SECOND));
	/* When they are gone, nobody looks into second buckets for their sake. */
	pkts_table_flush(table);
	const uint64_t before = pkts_table_stats(table).work;
	assert_null(pkts_table_find(table, &keys[0], SECOND));
	assert_int_equal(pkts_table_stats(table).work - before, 1);
	end();
}

/* Aliases are crowded out alone; an alias never ends the one it is to lead to. */
static void crafted_aliases(void **state)
{
	static struct pkts_session_key keys[100];
	struct pkts_table_conf conf = of(1000);

	(void)state;
	conf.max_aliases = 200;
	conf.max_aliases_each = 255;
	begin(conf);
	assert_int_equal(craft(keys, 100, 1), 100);
	struct pkts_table_entry *const e =
		pkts_table_find_or_insert(table, &keys[0], 0, EMBRYONIC, 0, NULL);
	for (uint32_t i = 1; i < 100; i++) {
		assert_int_equal(pkts_table_alias(table, e, &keys[i], 0, i), 0);
		assert_ptr_equal(pkts_table_find(table, &keys[i], i), e);
		assert_ptr_equal(pkts_table_find(table, &keys[0], i), e);
	}
	struct pkts_table_stats s = pkts_table_stats(table);
	assert_int_equal(s.entries, 1);
	assert_int_equal(s.aliases_evicted, 100 - 2 * WAYS);
	assert_int_equal(e->aliases, 2 * WAYS - 1);
	pkts_table_delete(table, e);
	s = pkts_table_stats(table);
	assert_int_equal(s.aliases, 0);
	for (uint32_t i = 0; i < 100; i++)
		assert_null(pkts_table_find(table, &keys[i], 0));
	end();
}

/* With another secret the same keys do not crowd. */
static void another_secret(void **state)
{
	static struct pkts_session_key keys[300];
	struct pkts_table_conf conf = of(1000);

	(void)state;
	begin(conf);
	craft(keys, 300, 1);
	end();
	conf.secret[3] ^= 1;
	begin(conf);
	for (uint32_t i = 0; i < 300; i++)
		pkts_table_find_or_insert(table, &keys[i], 0, EMBRYONIC, i, NULL);
	assert_int_equal(pkts_table_stats(table).ends[PKTS_TABLE_CROWDED], 0);
	assert_int_equal(pkts_table_stats(table).entries, 300);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_goes_first),
		cmocka_unit_test(second_chances_end),
		cmocka_unit_test(a_flood_of_sources),
		cmocka_unit_test(one_way_without_end),
		cmocka_unit_test(one_source_begins_too_many),
		cmocka_unit_test(what_a_source_is),
		cmocka_unit_test(a_flood_and_limits_for_each_source),
		cmocka_unit_test(tags),
		cmocka_unit_test(keys_under_the_same_tag),
		cmocka_unit_test(lookups_and_hits_are_counted),
		cmocka_unit_test(keys_in_their_second_bucket_are_counted),
		cmocka_unit_test(crafted_keys),
		cmocka_unit_test(crafted_aliases),
		cmocka_unit_test(another_secret),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
