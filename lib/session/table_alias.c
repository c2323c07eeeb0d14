/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Further keys of an entry: the addresses of a multi-homed association. */
#include "table.h"

static void leave_bucket(struct pkts_table *t, uint32_t alias)
{
	const struct place p = place_of_key(t, &t->aliases[alias].key);
	pkts_table_take_out(t, &p, alias | ALIAS);
}

static void give_back(struct pkts_table *t, uint32_t alias)
{
	t->aliases[alias].next = t->free_alias;
	t->aliases[alias].entry = NONE;
	t->free_alias = alias;
	t->stats.aliases--;
}

void pkts_table_drop_alias(struct pkts_table *t, uint32_t alias)
{
	const uint32_t entry = t->aliases[alias].entry;
	uint32_t *at = &t->alias_of[entry];

	while (*at != alias)
		at = &t->aliases[*at].next;
	*at = t->aliases[alias].next;
	entry_of(t, entry)->aliases--;
	leave_bucket(t, alias);
	give_back(t, alias);
}

void pkts_table_drop_aliases(struct pkts_table *t, uint32_t entry)
{
	while (entry_of(t, entry)->aliases)
		pkts_table_drop_alias(t, t->alias_of[entry]);
}

static void link_alias(struct pkts_table *t, struct pkts_table_entry *e,
	const struct pkts_session_key *key, uint8_t initiator, const struct place *p)
{
	const uint32_t id = t->free_alias, entry = id_of(t, e);
	struct alias *const a = &t->aliases[id];

	t->free_alias = a->next;
	*a = (struct alias){.key = *key,
		.entry = entry,
		.next = e->aliases ? t->alias_of[entry] : NONE,
		.initiator = initiator & 1};
	t->alias_of[entry] = id;
	e->aliases++;
	t->stats.aliases++;
	pkts_table_put(t, p, id | ALIAS);
}

int pkts_table_alias(struct pkts_table *t, struct pkts_table_entry *entry,
	const struct pkts_session_key *key, uint8_t initiator, uint64_t now_ns)
{
	const struct key_words words = words_of(key);
	const struct place p = place_of(t, hash_of(t, &words));
	struct pkts_table_entry *const there = pkts_table_find_at(t, &words, &p);

	if (there == entry)
		return 0;
	if (there && over_at(there) > tick_of(now_ns))
		return -PKTS_EEXIST;
	if (t->free_alias == NONE || entry->aliases >= t->max_aliases_each) {
		t->stats.aliases_refused++;
		return -PKTS_ENOSPC;
	}
	if (there)
		pkts_table_finish(t, there, PKTS_TABLE_EXPIRED);
	pkts_table_make_place(t, &p, tick_of(now_ns), entry);
	link_alias(t, entry, key, initiator, &p);
	return 0;
}

/* *at: 0, or one above the number of the last one. One that was taken from the entry since leads nowhere. */
const struct pkts_session_key *pkts_table_alias_next(
	const struct pkts_table *t, const struct pkts_table_entry *entry, uint32_t *at)
{
	const uint32_t own = id_of(t, entry);
	uint32_t id = NONE;

	if (*at == 0)
		id = entry->aliases ? t->alias_of[own] : NONE;
	else if (t->aliases[*at - 1].entry == own)
		id = t->aliases[*at - 1].next;
	if (id == NONE)
		return NULL;
	*at = id + 1;
	return &t->aliases[id].key;
}

uint8_t pkts_table_alias_initiator(const struct pkts_table *t, uint32_t at)
{
	return t->aliases[at - 1].initiator;
}

uint8_t pkts_table_initiator_by(const struct pkts_table *t, const struct pkts_table_entry *entry,
	const struct pkts_session_key *key)
{
	const struct key_words words = words_of(key);
	uint32_t left = entry->aliases;

	if (has_key(entry, &words))
		return pkts_table_initiator(entry);
	for (uint32_t id = left ? t->alias_of[id_of(t, entry)] : NONE; left;
		left--, id = t->aliases[id].next)
		if (pkts_session_key_equal(&t->aliases[id].key, key))
			return t->aliases[id].initiator;
	return pkts_table_initiator(entry);
}

bool pkts_table_unalias(
	struct pkts_table *t, struct pkts_table_entry *entry, const struct pkts_session_key *key)
{
	uint32_t left = entry->aliases;

	for (uint32_t id = left ? t->alias_of[id_of(t, entry)] : NONE; left;
		left--, id = t->aliases[id].next) {
		if (!pkts_session_key_equal(&t->aliases[id].key, key))
			continue;
		pkts_table_drop_alias(t, id);
		return true;
	}
	return false;
}
