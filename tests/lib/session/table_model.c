/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "table_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkts_errno.h"

#define KEYS	     128
#define MOST	     64
#define CLASSES	     4
#define ALIASES	     32
#define BURST	     40
#define NOBODY	     UINT32_MAX
#define SECOND	     UINT64_C(1000000000)
#define FIRST_MINUTE UINT64_C(1700000000000000000)

/* An entry as the model has it. */
struct known {
	struct pkts_table_entry *entry; /* NULL: none */
	unsigned key, class;
	uint8_t initiator;
	uint64_t first, last, ticks;
	uint64_t user;	/* what its area holds */
	uint64_t since; /* tick in which its timeout was set */
};

/* Which end the model is ready for. */
enum expected { ONLY_EXPIRY, DELETION, INSERTION, FLUSH };

static struct known known[MOST];
static uint32_t owner[KEYS]; /* known[] that the key leads to */
static struct pkts_table *table;
static struct pkts_table_conf conf;
static uint64_t now, latest, serial, ended, inserted, refused;
static enum expected expected;
static char failure[200];

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			note(#condition, __LINE__);                                                \
	} while (0)

static void note(const char *what, int line)
{
	if (!failure[0])
		snprintf(failure, sizeof(failure), "line %d: %s", line, what);
}

uint8_t table_model_key(struct pkts_session_key *key, unsigned number)
{
	uint8_t a[16] = {10, 0, 0, 1, 0, 0, 0, 0, 1}, b[16] = {192, 0, 2, 1};

	a[3] = (uint8_t)(1 + number / 2 % 4);
	b[4] = (uint8_t)number;
	return pkts_session_key_make(
		key, number & 1 ? 6 : 4, 6, a, (uint16_t)(1000 + number), b, 80);
}

static uint64_t tick(uint64_t ns)
{
	return ns / PKTS_TABLE_TICK_NS;
}

static uint64_t ticks_of(uint64_t ns)
{
	if (ns > PKTS_TABLE_TIMEOUT_MAX_NS)
		ns = PKTS_TABLE_TIMEOUT_MAX_NS;
	return (ns + PKTS_TABLE_TICK_NS - 1) / PKTS_TABLE_TICK_NS;
}

static bool is_over(const struct known *k)
{
	return tick(now) >= tick(k->last) + k->ticks + 1;
}

static uint32_t count(int class)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < MOST; i++)
		n += known[i].entry && (class < 0 || known[i].class == (unsigned)class);
	return n;
}

static uint32_t aliases_of(uint32_t id)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < KEYS; i++)
		n += owner[i] == id && i != known[id].key;
	return n;
}

static uint32_t all_aliases(void)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < MOST; i++)
		n += known[i].entry ? aliases_of(i) : 0;
	return n;
}

static bool embryonic(const struct known *k)
{
	return conf.classes[k->class].embryonic;
}

/* Conversations that the initiator of a key has begun. */
static uint32_t of_source(unsigned key, bool half_open)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < MOST; i++)
		n += known[i].entry && known[i].key % 8 == key % 8 &&
		     (!half_open || embryonic(&known[i]));
	return n;
}

static bool may_begin(unsigned key, unsigned class)
{
	if (conf.max_per_source && of_source(key, false) >= conf.max_per_source)
		return false;
	return !conf.classes[class].embryonic || !conf.max_embryonic_per_source ||
	       of_source(key, true) < conf.max_embryonic_per_source;
}

/* The rule by which a class loses an entry. */
static unsigned loser(void)
{
	for (unsigned i = 0; i < CLASSES; i++)
		if (count((int)i) > conf.classes[i].keep)
			return i;
	for (unsigned i = 0; i < CLASSES; i++)
		if (count((int)i))
			return i;
	return CLASSES;
}

static bool is_expected(const struct known *k, enum pkts_table_end reason)
{
	switch (reason) {
	case PKTS_TABLE_EXPIRED:
		return is_over(k);
	case PKTS_TABLE_DELETED:
		return expected == DELETION;
	case PKTS_TABLE_EVICTED:
		return expected == INSERTION && !is_over(k) && count(-1) == conf.max_entries &&
		       k->class == loser();
	case PKTS_TABLE_CROWDED:
		return expected == INSERTION && !is_over(k);
	case PKTS_TABLE_FLUSHED:
		return expected == FLUSH;
	default:
		return false;
	}
}

static void demand_entry(const struct known *k, struct pkts_table_entry *e)
{
	const struct pkts_session_key kept = pkts_table_key_of(e);
	struct pkts_session_key key;
	uint64_t user[2];

	table_model_key(&key, k->key);
	memcpy(user, pkts_table_user(e), sizeof(user));
	CHECK(pkts_session_key_equal(&kept, &key));
	CHECK(e->first_ns == k->first && e->last_ns == k->last && e->timeout == k->ticks);
	CHECK(pkts_table_class_of(e) == k->class && pkts_table_initiator(e) == k->initiator);
	CHECK(user[0] == k->user && user[1] == ~k->user);
	CHECK(e->aliases == aliases_of((uint32_t)(k - known)));
}

static uint32_t id_of_entry(const struct pkts_table_entry *e)
{
	for (uint32_t i = 0; i < MOST; i++)
		if (e && known[i].entry == e)
			return i;
	return NOBODY;
}

static void on_end(void *ctx, struct pkts_table_entry *e, enum pkts_table_end reason)
{
	const uint32_t id = id_of_entry(e);

	CHECK(ctx == &conf);
	CHECK(id != NOBODY);
	if (id == NOBODY)
		return;
	CHECK(is_expected(&known[id], reason));
	demand_entry(&known[id], e);
	known[id].entry = NULL;
	for (unsigned i = 0; i < KEYS; i++)
		if (owner[i] == id)
			owner[i] = NOBODY;
	ended++;
}

/* Who should be found under a key, were it looked for now. */
static uint32_t wanted(unsigned key)
{
	const uint32_t id = owner[key];
	return id != NOBODY && !is_over(&known[id]) ? id : NOBODY;
}

static void touch(uint32_t id)
{
	if (known[id].last < now)
		known[id].last = now;
}

static void demand_found(uint32_t want, struct pkts_table_entry *e, bool touches)
{
	CHECK((want == NOBODY) == (e == NULL));
	if (want == NOBODY || !e)
		return;
	CHECK(e == known[want].entry);
	if (touches)
		touch(want);
	demand_entry(&known[want], e);
}

static void find_step(unsigned number, bool touches)
{
	struct pkts_session_key key;
	const uint32_t want = wanted(number);

	table_model_key(&key, number);
	demand_found(want,
		touches ? pkts_table_find(table, &key, now) : pkts_table_peek(table, &key, now),
		touches);
}

static void burst_step(unsigned first, unsigned stride, unsigned n)
{
	struct pkts_session_key keys[BURST] = {0};
	struct pkts_table_entry *entries[BURST];
	uint32_t want[BURST], hits = 0;

	for (unsigned i = 0; i < n; i++) {
		const unsigned number = (first + i * stride) % KEYS;
		table_model_key(&keys[i], number);
		want[i] = wanted(number);
		hits += want[i] != NOBODY;
	}
	CHECK(pkts_table_lookup_burst(table, keys, n, now, entries) == hits);
	for (unsigned i = 0; i < n; i++)
		demand_found(want[i], entries[i], true);
}

static void learn(unsigned number, unsigned class, uint8_t initiator, struct pkts_table_entry *e)
{
	uint32_t id = 0;
	uint64_t user[2] = {0, 0};

	while (id < MOST && known[id].entry)
		id++;
	CHECK(id < MOST && id_of_entry(e) == NOBODY);
	if (id == MOST)
		return;
	CHECK(memcmp(pkts_table_user(e), user, sizeof(user)) == 0);
	known[id] = (struct known){e, number, class, initiator, now, now,
		ticks_of(conf.classes[class].timeout_ns), ++serial, tick(latest)};
	owner[number] = id;
	user[0] = serial;
	user[1] = ~serial;
	memcpy(pkts_table_user(e), user, sizeof(user));
	inserted++;
	demand_entry(&known[id], e);
}

static void insert_step(unsigned number, unsigned class)
{
	struct pkts_session_key key;
	const uint8_t initiator = table_model_key(&key, number);
	const uint32_t want = wanted(number), gone = owner[number];
	bool fresh;

	/* Its predecessor under that key no longer counts, if its time is up. */
	expected = INSERTION;
	if (want == NOBODY && gone != NOBODY) {
		pkts_table_find(table, &key, now);
		CHECK(owner[number] == NOBODY);
	}
	const bool begins = want == NOBODY && class < CLASSES && may_begin(number, class);
	struct pkts_table_entry *const e =
		pkts_table_find_or_insert(table, &key, initiator, class, now, &fresh);
	expected = ONLY_EXPIRY;
	CHECK(fresh == begins);
	if (want != NOBODY) {
		demand_found(want, e, true);
	} else {
		CHECK((e != NULL) == begins);
		refused += !begins && class < CLASSES;
		if (e)
			learn(number, class, initiator, e);
	}
}

/* An entry by number, of those there are. */
static struct known *pick(unsigned number)
{
	for (unsigned i = 0; i < MOST; i++)
		if (known[(number + i) % MOST].entry)
			return &known[(number + i) % MOST];
	return NULL;
}

static void delete_step(unsigned number)
{
	const struct known *const k = pick(number);

	if (!k)
		return;
	expected = DELETION;
	pkts_table_delete(table, k->entry);
	CHECK(k->entry == NULL);
	expected = ONLY_EXPIRY;
}

static int wanted_alias(const struct known *k, unsigned number)
{
	const uint32_t id = (uint32_t)(k - known);

	if (owner[number] == id)
		return 0;
	if (wanted(number) != NOBODY)
		return -PKTS_EEXIST;
	return aliases_of(id) < conf.max_aliases_each && all_aliases() < conf.max_aliases
		       ? 0
		       : -PKTS_ENOSPC;
}

static void alias_step(unsigned number, unsigned of)
{
	struct known *const k = pick(of);
	struct pkts_session_key key;

	if (!k)
		return;
	table_model_key(&key, number);
	const int want = wanted_alias(k, number);
	expected = INSERTION;
	CHECK(pkts_table_alias(table, k->entry, &key, 0, now) == want);
	expected = ONLY_EXPIRY;
	if (want == 0)
		owner[number] = (uint32_t)(k - known);
}

static void class_step(unsigned of, unsigned class)
{
	struct known *const k = pick(of);

	if (!k)
		return;
	CHECK(pkts_table_set_class(table, k->entry, class) == (class < CLASSES));
	if (class >= CLASSES)
		return;
	k->class = class;
	k->since = tick(latest);
	k->ticks = ticks_of(conf.classes[class].timeout_ns);
}

static void timeout_step(unsigned of, uint64_t ns)
{
	struct known *const k = pick(of);

	if (!k)
		return;
	pkts_table_set_timeout(table, k->entry, ns);
	k->ticks = ticks_of(ns);
	k->since = tick(latest);
}

/* A timeout that is shortened to one that is over already takes until the next tick. */
static uint32_t overdue(void)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < MOST; i++)
		n += known[i].entry && is_over(&known[i]) && tick(now) > known[i].since;
	return n;
}

static void expire_step(uint32_t budget)
{
	const uint64_t before = ended;
	const uint32_t due = overdue();
	const uint32_t n = pkts_table_expire(table, now, budget);

	CHECK(n == ended - before && n <= budget && n >= (budget == UINT32_MAX ? due : 0));
	/* A clock that went back has to catch up. */
	CHECK(budget != UINT32_MAX || now < latest || overdue() == 0);
}

static void demand_all(void)
{
	const struct pkts_session_key *key;
	struct pkts_table_entry *e;
	uint32_t n = 0, at = 0;

	while ((e = pkts_table_next(table, &at))) {
		const uint32_t id = id_of_entry(e);
		const struct pkts_session_key first = pkts_table_key_of(e);
		uint32_t k = 0, aliases = 0;
		CHECK(id != NOBODY);
		if (id != NOBODY)
			demand_entry(&known[id], e);
		while ((key = pkts_table_alias_next(table, e, &k)))
			aliases += !pkts_session_key_equal(key, &first);
		CHECK(aliases == e->aliases);
		n++;
	}
	CHECK(n == count(-1));
}

static void demand_counters(void)
{
	const struct pkts_table_stats s = pkts_table_stats(table);
	uint64_t ends = 0;

	for (unsigned i = 0; i < PKTS_TABLE_END_MAX; i++)
		ends += s.ends[i];
	for (int i = 0; i < CLASSES; i++)
		CHECK(s.by_class[i] == count(i));
	CHECK(ends == ended && pkts_table_ends(table) == ended);
	CHECK(s.inserts == inserted && s.entries == count(-1) && s.inserts - ends == s.entries);
	CHECK(s.refused_source + s.refused_embryonic == refused);
	CHECK(s.aliases == all_aliases() && s.entries <= conf.max_entries);
}

static void flush(void)
{
	expected = FLUSH;
	pkts_table_flush(table);
	CHECK(count(-1) == 0);
	expected = ONLY_EXPIRY;
}

static void step(const uint8_t *p)
{
	const unsigned number = p[1] % KEYS;

	latest = now > latest ? now : latest;
	switch (p[0] % 16) {
	case 0:
		find_step(number, false);
		break;
	case 1:
	case 2:
		find_step(number, true);
		break;
	case 3:
		delete_step(p[1]);
		break;
	case 4:
		alias_step(number, p[2]);
		break;
	case 5:
		class_step(p[1], p[2] % (CLASSES + 1));
		break;
	case 6:
		timeout_step(p[1], (uint64_t)(p[2] + 1) << p[3] % 52);
		break;
	case 7:
		now += (uint64_t)p[1] << p[2] % 46;
		break;
	case 8:
		now += (uint64_t)p[1] << 22;
		expire_step(p[3] < 128 ? UINT32_MAX : p[3] % 8u);
		break;
	case 9:
		expire_step(p[3] < 128 ? UINT32_MAX : p[3] % 8u);
		break;
	case 10:
		burst_step(p[1], p[2], p[3] % (BURST + 1));
		break;
	case 11:
		now -= p[3] == 77 ? (uint64_t)p[1] << p[2] % 32 : 0;
		demand_all();
		break;
	case 12:
		if (p[1] == 1 && p[2] == 2)
			flush();
		break;
	default:
		insert_step(number, p[2] % (CLASSES + 1));
		break;
	}
	demand_counters();
}

/* Limits that are met often. */
static void configure(const uint8_t *p)
{
	conf = (struct pkts_table_conf){
		.max_entries = 1 + p[0] % MOST,
		.user_size = 16 + p[1] % 64,
		.n_classes = CLASSES,
		.classes = {{.timeout_ns = SECOND * (1 + p[2] % 8), .embryonic = true},
			{.timeout_ns = 60 * SECOND, .keep = p[3] % 8u},
			{.timeout_ns = 3600 * SECOND},
			{.timeout_ns = 3 * 86400 * SECOND, .embryonic = p[3] > 127}},
		.max_aliases = p[4] % ALIASES,
		.max_aliases_each = 1 + p[5] % 8,
		.max_per_source = p[6] % 16,
		.max_embryonic_per_source = p[7] % 8,
		.on_end = on_end,
		.ctx = &conf,
	};
}

static bool begin(const uint8_t *program, void **memory)
{
	configure(program);
	const size_t n = (pkts_table_memsize(&conf) + 63) / 64 * 64;
	*memory = aligned_alloc(64, n);
	memset(*memory, 0xa5, n);
	memset(known, 0, sizeof(known));
	memset(owner, 0xff, sizeof(owner));
	now = latest = FIRST_MINUTE;
	serial = ended = inserted = refused = 0;
	expected = ONLY_EXPIRY;
	failure[0] = '\0';
	return pkts_table_init(&table, *memory, n, &conf) == 0;
}

const char *table_program_run(const uint8_t *program, size_t n)
{
	void *memory;

	if (n < TABLE_PROGRAM_HEAD)
		return NULL;
	if (!begin(program, &memory))
		return "no table";
	for (size_t at = TABLE_PROGRAM_HEAD; at + TABLE_PROGRAM_STEP <= n && !failure[0];
		at += TABLE_PROGRAM_STEP)
		step(program + at);
	demand_all();
	flush();
	free(memory);
	return failure[0] ? failure : NULL;
}
