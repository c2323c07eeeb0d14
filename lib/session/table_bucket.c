/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which bucket a key is in, and what happens when both are full. */
#include "table.h"

static bool is_alias(uint32_t index)
{
	return index & ALIAS;
}

struct pkts_table_entry *pkts_table_entry_at(const struct pkts_table *t, uint32_t index)
{
	return entry_of(t, is_alias(index) ? t->aliases[index & ~ALIAS].entry : index);
}

static struct key_words words_at(const struct pkts_table *t, uint32_t index)
{
	return is_alias(index) ? words_of(&t->aliases[index & ~ALIAS].key)
			       : words_in(entry_of(t, index));
}

static bool leads_to(const struct pkts_table *t, uint32_t index, const struct key_words *key)
{
	if (PKTS_LIKELY(!is_alias(index)))
		return has_key(entry_of(t, index), key);
	const struct key_words w = words_at(t, index);
	return words_equal(w.near, key->near, 2) && words_equal(w.far, key->far, 4);
}

/* A free place; WAYS if there is none. */
static unsigned free_way(const struct bucket *b)
{
	const uint32_t free = places_with(b, 0);
	return free ? (unsigned)__builtin_ctz(free) : WAYS;
}

static void fill(struct bucket *b, unsigned way, const struct place *p, uint32_t index)
{
	b->tags[way] = p->tag;
	b->index[way] = index | p->more;
}

/* Looks in a bucket for a key. */
static struct pkts_table_entry *find_in(struct pkts_table *t, const struct bucket *b,
	const struct key_words *key, const struct place *p)
{
	uint32_t found = places_with(b, p->tag);

	t->stats.work++;
	for (; found; found &= found - 1) {
		const uint32_t index = b->index[__builtin_ctz(found)] ^ p->more;
		if (index & MORE)
			continue;
		t->stats.work++;
		if (PKTS_LIKELY(leads_to(t, index, key)))
			return pkts_table_entry_at(t, index);
		t->stats.collisions++;
	}
	return NULL;
}

struct pkts_table_entry *pkts_table_find_at(
	struct pkts_table *t, const struct key_words *key, const struct place *p)
{
	const struct bucket *const b = &t->buckets[p->first];
	struct pkts_table_entry *const e = find_in(t, b, key, p);

	if (e || b->spilled == 0)
		return e;
	return find_in(t, &t->buckets[second_of(t, p)], key, p);
}

void pkts_table_put(struct pkts_table *t, const struct place *p, uint32_t index)
{
	struct bucket *const first = &t->buckets[p->first], *const second =
								    &t->buckets[second_of(t, p)];
	const unsigned way = free_way(first);

	if (PKTS_LIKELY(way < WAYS)) {
		fill(first, way, p, index);
		return;
	}
	fill(second, free_way(second), p, index);
	first->spilled++;
	t->stats.spilled++;
}

static bool take_from(struct bucket *b, const struct place *p, uint32_t index)
{
	uint32_t found = places_with(b, p->tag);

	for (; found; found &= found - 1) {
		const unsigned way = (unsigned)__builtin_ctz(found);
		if (b->index[way] == (index | p->more)) {
			b->tags[way] = 0;
			return true;
		}
	}
	return false;
}

void pkts_table_take_out(struct pkts_table *t, const struct place *p, uint32_t index)
{
	struct bucket *const first = &t->buckets[p->first];

	if (take_from(first, p, index))
		return;
	take_from(&t->buckets[second_of(t, p)], p, index);
	first->spilled--;
}

/* Moves what is in one place of a full bucket to its other bucket. False if that is full too. */
static bool move_away(struct pkts_table *t, uint32_t from, unsigned way)
{
	struct bucket *const b = &t->buckets[from];
	const uint32_t index = b->index[way] & ~MORE;
	const struct key_words key = words_at(t, index);
	const struct place p = place_of(t, hash_of(t, &key));
	const uint32_t to = p.first == from ? second_of(t, &p) : p.first;
	const unsigned there = free_way(&t->buckets[to]);

	t->stats.work += 2;
	if (there == WAYS)
		return false;
	fill(&t->buckets[to], there, &p, index);
	b->tags[way] = 0;
	t->buckets[p.first].spilled += p.first == from ? 1 : UINT32_MAX;
	t->stats.moved++;
	return true;
}

static bool move_any(struct pkts_table *t, uint32_t from)
{
	for (unsigned way = 0; way < WAYS; way++)
		if (move_away(t, from, way))
			return true;
	return false;
}

/* Is a to go rather than b? */
static bool goes_first(const struct pkts_table_entry *a, const struct pkts_table_entry *b)
{
	const unsigned x = pkts_table_class_of(a), y = pkts_table_class_of(b);
	return x != y ? x < y : a->last_ns < b->last_ns;
}

/* The place in both buckets whose entry is to go. */
static uint32_t choose_victim(
	struct pkts_table *t, const struct place *p, const struct pkts_table_entry *spared)
{
	uint32_t victim = NONE;

	for (unsigned i = 0; i < 2 * WAYS; i++) {
		const uint32_t b = i < WAYS ? p->first : second_of(t, p);
		const uint32_t index = t->buckets[b].index[i % WAYS] & ~MORE;
		const struct pkts_table_entry *const e = pkts_table_entry_at(t, index);
		t->stats.work++;
		if (e != spared &&
			(victim == NONE || goes_first(e, pkts_table_entry_at(t, victim))))
			victim = index;
	}
	return victim;
}

/* All places may be those of the one that is spared: then one of its aliases goes. */
static uint32_t any_alias(const struct pkts_table *t, const struct place *p)
{
	const struct bucket *const b = &t->buckets[p->first];
	return b->index[is_alias(b->index[0]) ? 0 : 1] & ~MORE;
}

static void crowd_out(struct pkts_table *t, const struct place *p, uint64_t tick,
	const struct pkts_table_entry *spared)
{
	uint32_t victim = choose_victim(t, p, spared);

	if (victim == NONE)
		victim = any_alias(t, p);
	if (is_alias(victim)) {
		t->stats.aliases_evicted++;
		pkts_table_drop_alias(t, victim & ~ALIAS);
		return;
	}
	struct pkts_table_entry *const e = entry_of(t, victim);
	pkts_table_finish(t, e, over_at(e) <= tick ? PKTS_TABLE_EXPIRED : PKTS_TABLE_CROWDED);
}

void pkts_table_make_place(struct pkts_table *t, const struct place *p, uint64_t tick,
	const struct pkts_table_entry *spared)
{
	t->stats.work++;
	if (PKTS_LIKELY(free_way(&t->buckets[p->first]) < WAYS) ||
		free_way(&t->buckets[second_of(t, p)]) < WAYS)
		return;
	if (!move_any(t, p->first) && !move_any(t, second_of(t, p)))
		crowd_out(t, p, tick, spared);
}
