/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The table of conversations: its memory, and the way of an entry from insertion to its end. */
#include "table.h"

#define BURST		 128 /* keys under way at a time: memory answers more of them at once */
#define FILLED_WELL	 8   /* keys that a bucket has in a full table, on average */
#define ALIASES_EACH	 8
#define ALIASES_EACH_MAX 255
#define SOURCES_LEAST	 1024
#define LINE		 64
#define HOT		 offsetof(struct pkts_table_entry, last_ns)

const char *pkts_table_end_name(enum pkts_table_end end)
{
	static const char *const names[PKTS_TABLE_END_MAX] = {
		[PKTS_TABLE_EXPIRED] = "expired",
		[PKTS_TABLE_DELETED] = "deleted",
		[PKTS_TABLE_EVICTED] = "evicted",
		[PKTS_TABLE_CROWDED] = "crowded",
		[PKTS_TABLE_FLUSHED] = "flushed",
	};

	return (unsigned)end < PKTS_TABLE_END_MAX ? names[end] : "unknown";
}

/* memory */

static bool is_possible(const struct pkts_table_conf *c)
{
	if (c->max_entries == 0 || c->max_entries > PKTS_TABLE_ENTRIES_MAX || c->n_classes == 0 ||
		c->n_classes > PKTS_TABLE_CLASSES || c->user_size > PKTS_TABLE_USER_MAX ||
		c->max_aliases > PKTS_TABLE_ENTRIES_MAX || c->max_aliases_each > ALIASES_EACH_MAX ||
		c->source_counters > PKTS_TABLE_ENTRIES_MAX)
		return false;
	for (uint32_t i = 0; i < c->n_classes; i++)
		if (c->classes[i].timeout_ns == 0 ||
			c->classes[i].timeout_ns > PKTS_TABLE_TIMEOUT_MAX_NS)
			return false;
	return true;
}

static uint32_t buckets_of(const struct pkts_table_conf *c)
{
	return (c->max_entries + c->max_aliases) / FILLED_WELL + 2;
}

static uint32_t sources_of(const struct pkts_table_conf *c)
{
	const uint32_t usual = c->max_entries / 4;

	if (c->max_per_source == 0 && c->max_embryonic_per_source == 0)
		return 0;
	if (c->source_counters)
		return c->source_counters;
	return usual > SOURCES_LEAST ? usual : SOURCES_LEAST;
}

size_t pkts_table_entry_size(const struct pkts_table_conf *c)
{
	return (sizeof(struct pkts_table_entry) + c->user_size + LINE - 1) / LINE * LINE;
}

/* Where the parts are; the first one is the table itself. */
struct layout {
	size_t buckets, entries, wheels, aliases, alias_of, sources, end;
};

static size_t part(size_t *at, size_t n, size_t size)
{
	const size_t here = *at;

	*at += (n * size + LINE - 1) / LINE * LINE;
	return here;
}

static struct layout layout_of(const struct pkts_table_conf *c)
{
	size_t at = 0;
	struct layout l;

	part(&at, 1, sizeof(struct pkts_table));
	l.buckets = part(&at, buckets_of(c), sizeof(struct bucket));
	l.wheels = part(&at, c->n_classes, sizeof(struct wheel));
	l.sources = part(&at, 2 * (size_t)sources_of(c), sizeof(struct source));
	l.aliases = part(&at, c->max_aliases, sizeof(struct alias));
	l.alias_of = part(&at, c->max_aliases ? c->max_entries : 0, sizeof(uint32_t));
	l.entries = part(&at, 1, LINE) + LINE - HOT;
	part(&at, c->max_entries, pkts_table_entry_size(c));
	l.end = at;
	return l;
}

size_t pkts_table_memsize(const struct pkts_table_conf *conf)
{
	return is_possible(conf) ? layout_of(conf).end : 0;
}

/* SipHash-2-4 of 0, 1, 2, ... under the secret. */
static void init_keys(struct pkts_table *t, const uint8_t secret[16])
{
	const struct pkts_siphash_key key = pkts_siphash_key_from(secret);
	uint64_t made[sizeof(struct hash_key) / 8 + 2];
	const size_t n = PKTS_ARRAY_LEN(made);

	for (uint64_t i = 0; i < n; i++)
		made[i] = pkts_siphash24(&key, &i, sizeof(i));
	__builtin_memcpy(&t->hash_key, made, sizeof(t->hash_key));
	t->source_key = (struct pkts_siphash_key){{made[n - 2], made[n - 1]}};
}

static uint32_t ticks_of(uint64_t ns)
{
	const uint64_t most = PKTS_TABLE_TIMEOUT_MAX_NS;
	const uint64_t n = PKTS_MIN(ns, most);

	return (uint32_t)((n + PKTS_TABLE_TICK_NS - 1) / PKTS_TABLE_TICK_NS);
}

static void init_classes(struct pkts_table *t, const struct pkts_table_conf *c)
{
	t->n_classes = c->n_classes;
	for (uint32_t i = 0; i < c->n_classes; i++) {
		t->classes[i] = c->classes[i];
		t->timeouts[i] = ticks_of(c->classes[i].timeout_ns);
		__builtin_memset(&t->wheels[i], 0, sizeof(t->wheels[i]));
		/* NONE is all ones */
		__builtin_memset(t->wheels[i].slots, 0xff, sizeof(t->wheels[i].slots));
	}
}

static void init_aliases(struct pkts_table *t, const struct pkts_table_conf *c)
{
	t->max_aliases = c->max_aliases;
	t->max_aliases_each = c->max_aliases_each ? c->max_aliases_each : ALIASES_EACH;
	t->free_alias = NONE;
	for (uint32_t i = c->max_aliases; i-- > 0;) {
		t->aliases[i].next = t->free_alias;
		t->free_alias = i;
	}
}

static void init_sources(struct pkts_table *t, const struct pkts_table_conf *c)
{
	t->n_sources = sources_of(c);
	t->sources[1] = t->sources[0] + t->n_sources;
	t->max_per_source = c->max_per_source;
	t->max_embryonic = c->max_embryonic_per_source;
	__builtin_memset(t->sources[0], 0, 2 * t->n_sources * sizeof(struct source));
}

static void init_parts(struct pkts_table *t, const struct pkts_table_conf *c)
{
	const struct layout l = layout_of(c);
	uint8_t *const base = (uint8_t *)t;

	t->buckets = (void *)(base + l.buckets);
	t->wheels = (void *)(base + l.wheels);
	t->sources[0] = (void *)(base + l.sources);
	t->aliases = (void *)(base + l.aliases);
	t->alias_of = (void *)(base + l.alias_of);
	t->entries = base + l.entries;
	t->n_buckets = buckets_of(c);
	__builtin_memset(t->buckets, 0, (size_t)t->n_buckets * sizeof(struct bucket));
}

int pkts_table_init(
	struct pkts_table **table, void *mem, size_t len, const struct pkts_table_conf *c)
{
	const size_t need = pkts_table_memsize(c);
	struct pkts_table *const t = mem;

	if (need == 0 || mem == NULL || (uintptr_t)mem % PKTS_TABLE_ALIGN)
		return -PKTS_EINVAL;
	if (len < need)
		return -PKTS_ENOMEM;
	__builtin_memset(t, 0, sizeof(*t));
	init_parts(t, c);
	init_keys(t, c->secret);
	init_classes(t, c);
	init_aliases(t, c);
	init_sources(t, c);
	t->entry_size = (uint32_t)pkts_table_entry_size(c);
	t->fetch = PKTS_MIN(t->entry_size - (uint32_t)HOT, LINE + c->fetch);
	t->free_entry = NONE;
	t->max_entries = c->max_entries;
	t->on_end = c->on_end;
	t->ctx = c->ctx;
	*table = t;
	return 0;
}

/* the end of an entry */

void pkts_table_finish(struct pkts_table *t, struct pkts_table_entry *e, enum pkts_table_end reason)
{
	const struct key_words key = words_in(e);
	const struct place p = place_of(t, hash_of(t, &key));
	const unsigned class = pkts_table_class_of(e);
	const uint32_t id = id_of(t, e);

	if (t->on_end)
		t->on_end(t->ctx, e, reason);
	t->stats.ends[reason]++;
	if (reason == PKTS_TABLE_EVICTED || reason == PKTS_TABLE_CROWDED)
		t->stats.evicted_by_class[class]++;
	t->ended++;
	pkts_table_drop_aliases(t, id);
	pkts_table_take_out(t, &p, id);
	pkts_table_disarm(t, e);
	pkts_table_source_uncount(t, e, t->classes[class].embryonic);
	e->flags = 0;
	e->next = t->free_entry;
	t->free_entry = id;
	t->stats.entries--;
}

void pkts_table_delete(struct pkts_table *t, struct pkts_table_entry *entry)
{
	pkts_table_finish(t, entry, PKTS_TABLE_DELETED);
}

void pkts_table_flush(struct pkts_table *t)
{
	struct pkts_table_entry *e;
	uint32_t at = 0;

	while ((e = pkts_table_next(t, &at)))
		pkts_table_finish(t, e, PKTS_TABLE_FLUSHED);
}

struct pkts_table_entry *pkts_table_next(struct pkts_table *t, uint32_t *at)
{
	while (*at < t->begun) {
		struct pkts_table_entry *const e = entry_of(t, (*at)++);
		if (e->flags & USED)
			return e;
	}
	return NULL;
}

/* lookups */

PKTS_INLINE void touch(struct pkts_table_entry *e, uint64_t now_ns)
{
	if (PKTS_LIKELY(now_ns > e->last_ns))
		e->last_ns = now_ns;
	e->flags |= TOUCHED;
}

/* True if it lives; else it ends here. */
PKTS_INLINE bool outlives(struct pkts_table *t, struct pkts_table_entry *e, uint64_t now_ns)
{
	if (PKTS_LIKELY(over_at(e) > tick_of(now_ns)))
		return true;
	pkts_table_finish(t, e, PKTS_TABLE_EXPIRED);
	return false;
}

static struct pkts_table_entry *find_live(
	struct pkts_table *t, const struct key_words *key, const struct place *p, uint64_t now_ns)
{
	struct pkts_table_entry *const e = pkts_table_find_at(t, key, p);
	const bool lives = e && outlives(t, e, now_ns);

	t->stats.lookups++;
	t->stats.hits += lives;
	return lives ? e : NULL;
}

struct pkts_table_entry *pkts_table_peek(
	struct pkts_table *t, const struct pkts_session_key *key, uint64_t now_ns)
{
	const struct key_words words = words_of(key);
	const struct place p = place_of(t, hash_of(t, &words));
	return find_live(t, &words, &p, now_ns);
}

struct pkts_table_entry *pkts_table_find(
	struct pkts_table *t, const struct pkts_session_key *key, uint64_t now_ns)
{
	struct pkts_table_entry *const e = pkts_table_peek(t, key, now_ns);

	if (e)
		touch(e, now_ns);
	return e;
}

/* A key of a burst, on its way. */
struct probe {
	struct pkts_table_entry *found; /* the first one under its tag; NULL: it has to be sought */
	uint64_t near;
	uint64_t hash; /* struct place takes longer to store than to make again */
	uint8_t flags; /* that the entry has to have, of USED and FAR */
};

PKTS_INLINE void begin_probe(
	const struct pkts_table *t, struct probe *probe, const struct pkts_session_key *key)
{
	const struct key_words words = words_of(key);

	probe->hash = hash_of(t, &words);
	__builtin_prefetch(&t->buckets[place_of(t, probe->hash).first]);
	probe->near = words.near[0];
	probe->flags = USED | (is_far(&words) ? FAR : 0);
}

PKTS_INLINE void fetch_entry(
	const struct pkts_table *t, const struct pkts_table_entry *e, unsigned flags)
{
	const uint8_t *const p = (const uint8_t *)&e->last_ns;

	__builtin_prefetch(p, 1);
	if (PKTS_UNLIKELY(flags & FAR))
		__builtin_prefetch(e);
	for (uint32_t at = LINE; at < t->fetch; at += LINE)
		__builtin_prefetch(p + at, 1);
}

/* Fetches the entry that a bucket seems to have. False if it has nothing of that tag. */
PKTS_INLINE bool probe_bucket(
	const struct pkts_table *t, struct probe *probe, const struct place *place, uint32_t bucket)
{
	const struct bucket *const b = &t->buckets[bucket];
	uint32_t ways = places_with(b, place->tag);

	probe->found = NULL;
	for (; PKTS_LIKELY(ways); ways &= ways - 1) {
		const uint32_t index = b->index[__builtin_ctz(ways)] ^ place->more;
		if (PKTS_UNLIKELY(index & MORE))
			continue;
		if (PKTS_UNLIKELY(index & ALIAS))
			return true;
		probe->found = entry_of(t, index);
		fetch_entry(t, probe->found, probe->flags);
		return true;
	}
	return false;
}

PKTS_INLINE bool is_found(const struct probe *probe, const struct pkts_session_key *key)
{
	const struct pkts_table_entry *const e = probe->found;
	uint64_t near;

	if (PKTS_UNLIKELY(!e))
		return false;
	__builtin_memcpy(&near, key->port, sizeof(near));
	near ^= e->near[1];
	near |= e->near[0] ^ probe->near;
	near |= (e->flags & (USED | FAR)) ^ probe->flags;
	return near == 0;
}

/* Nearly always the first entry under the tag is the right one. */
PKTS_INLINE struct pkts_table_entry *finish_probe(struct pkts_table *t, const struct probe *probe,
	const struct pkts_session_key *key, uint64_t now_ns)
{
	struct pkts_table_entry *e = probe->found;

	if (PKTS_UNLIKELY(!is_found(probe, key) || probe->flags & FAR)) {
		const struct key_words words = words_of(key);
		const struct place p = place_of(t, probe->hash);
		if (!e || !(e->flags & USED) || !has_key(e, &words))
			e = pkts_table_find_at(t, &words, &p);
	}
	return PKTS_LIKELY(e && outlives(t, e, now_ns)) ? e : NULL;
}

/*
 * Looks for the buckets, then for what they have, last at the entries; each is fetched before. touches: a
 * constant, so that there are two of it.
 */
PKTS_INLINE uint32_t lookup_few(struct pkts_table *t, const struct pkts_session_key *keys,
	uint32_t n, uint64_t now_ns, struct pkts_table_entry **entries, bool touches)
{
	struct probe probes[BURST];
	uint8_t spilled[BURST];
	uint32_t hits = 0, n_spilled = 0;

	for (uint32_t i = 0; i < n; i++)
		__builtin_prefetch(&keys[i]);
	for (uint32_t i = 0; i < n; i++)
		begin_probe(t, &probes[i], &keys[i]);
	for (uint32_t i = 0; i < n; i++) {
		const struct place p = place_of(t, probes[i].hash);
		if (probe_bucket(t, &probes[i], &p, p.first) || !t->buckets[p.first].spilled)
			continue;
		spilled[n_spilled++] = (uint8_t)i;
		__builtin_prefetch(&t->buckets[second_of(t, &p)]);
	}
	for (uint32_t i = 0; i < n_spilled; i++) {
		struct probe *const p = &probes[spilled[i]];
		const struct place place = place_of(t, p->hash);
		probe_bucket(t, p, &place, second_of(t, &place));
	}
	for (uint32_t i = 0; i < n; i++) {
		entries[i] = finish_probe(t, &probes[i], &keys[i], now_ns);
		if (PKTS_UNLIKELY(!entries[i]))
			continue;
		if (touches)
			touch(entries[i], now_ns);
		hits++;
	}
	t->stats.work += 2 * (uint64_t)n;
	return hits;
}

PKTS_INLINE uint32_t lookup(struct pkts_table *t, const struct pkts_session_key *keys, uint32_t n,
	uint64_t now_ns, struct pkts_table_entry **entries, bool touches)
{
	uint32_t hits = 0;

	for (uint32_t i = 0; i < n; i += BURST)
		hits += lookup_few(t, keys + i, PKTS_MIN(n - i, (uint32_t)BURST), now_ns,
			entries + i, touches);
	t->stats.lookups += n;
	t->stats.hits += hits;
	return hits;
}

uint32_t pkts_table_peek_burst(struct pkts_table *t, const struct pkts_session_key *keys,
	uint32_t n, uint64_t now_ns, struct pkts_table_entry **entries)
{
	return lookup(t, keys, n, now_ns, entries, false);
}

uint32_t pkts_table_lookup_burst(struct pkts_table *t, const struct pkts_session_key *keys,
	uint32_t n, uint64_t now_ns, struct pkts_table_entry **entries)
{
	return lookup(t, keys, n, now_ns, entries, true);
}

/* insertion */

static struct pkts_table_entry *free_entry(struct pkts_table *t, uint64_t tick)
{
	if (t->free_entry == NONE && t->begun == t->max_entries)
		pkts_table_evict(t, tick);
	if (t->free_entry == NONE)
		return entry_of(t, t->begun++);
	struct pkts_table_entry *const e = entry_of(t, t->free_entry);
	t->free_entry = e->next;
	return e;
}

static void begin_entry(struct pkts_table *t, struct pkts_table_entry *e,
	const struct key_words *key, unsigned initiator, uint64_t now_ns)
{
	__builtin_memset(pkts_table_user(e), 0, t->entry_size - sizeof(*e));
	__builtin_memcpy(e->near, key->near, sizeof(e->near));
	__builtin_memcpy(e->far, key->far, sizeof(e->far));
	e->first_ns = e->last_ns = now_ns;
	e->flags = (uint8_t)(USED | (initiator ? INITIATOR : 0) | (is_far(key) ? FAR : 0));
	e->aliases = 0;
}

static struct pkts_table_entry *insert(struct pkts_table *t, const struct pkts_session_key *key,
	const struct place *p, unsigned initiator, unsigned class, uint64_t now_ns)
{
	const uint64_t tick = tick_of(now_ns);
	const bool embryonic = t->classes[class].embryonic;

	if (!pkts_table_source_admits(t, key, initiator, embryonic))
		return NULL;
	pkts_table_make_place(t, p, tick, NULL);
	struct pkts_table_entry *const e = free_entry(t, tick);
	const struct key_words words = words_of(key);
	begin_entry(t, e, &words, initiator, now_ns);
	e->timeout = t->timeouts[class];
	pkts_table_put(t, p, id_of(t, e));
	pkts_table_arm(t, e, class, tick);
	pkts_table_source_count(t, e, embryonic);
	t->stats.inserts++;
	t->stats.entries++;
	return e;
}

struct pkts_table_entry *pkts_table_peek_or_insert(struct pkts_table *t,
	const struct pkts_session_key *key, uint8_t initiator, unsigned class, uint64_t now_ns,
	bool *fresh)
{
	const struct key_words words = words_of(key);
	const struct place p = place_of(t, hash_of(t, &words));
	struct pkts_table_entry *e = find_live(t, &words, &p, now_ns);
	const bool inserts = !e && class < t->n_classes;

	if (inserts)
		e = insert(t, key, &p, initiator & 1, class, now_ns);
	if (fresh)
		*fresh = inserts && e;
	return e;
}

struct pkts_table_entry *pkts_table_find_or_insert(struct pkts_table *t,
	const struct pkts_session_key *key, uint8_t initiator, unsigned class, uint64_t now_ns,
	bool *fresh)
{
	bool inserted;
	struct pkts_table_entry *const e =
		pkts_table_peek_or_insert(t, key, initiator, class, now_ns, &inserted);

	if (e && !inserted)
		touch(e, now_ns);
	if (fresh)
		*fresh = inserted;
	return e;
}

/* what becomes of it */

bool pkts_table_set_class(struct pkts_table *t, struct pkts_table_entry *entry, unsigned class)
{
	const unsigned before = pkts_table_class_of(entry);

	if (class >= t->n_classes)
		return false;
	if (class == before && entry->timeout == t->timeouts[class])
		return true;
	pkts_table_source_move(t, entry, t->classes[before].embryonic, t->classes[class].embryonic);
	pkts_table_disarm(t, entry);
	entry->timeout = t->timeouts[class];
	pkts_table_arm(t, entry, class, tick_of(entry->last_ns));
	return true;
}

void pkts_table_set_timeout(struct pkts_table *t, struct pkts_table_entry *entry, uint64_t ns)
{
	const uint32_t before = entry->timeout;

	entry->timeout = ticks_of(ns);
	if (entry->timeout >= before)
		return; /* the wheel sees it in time */
	const unsigned class = pkts_table_class_of(entry);
	pkts_table_disarm(t, entry);
	pkts_table_arm(t, entry, class, 0);
}

uint64_t pkts_table_ends(const struct pkts_table *t)
{
	return t->ended;
}

struct pkts_table_stats pkts_table_stats(const struct pkts_table *t)
{
	struct pkts_table_stats s = t->stats;

	for (uint32_t i = 0; i < t->n_classes; i++)
		s.by_class[i] = t->wheels[i].n;
	return s;
}
