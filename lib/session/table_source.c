/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* How many conversations an address has begun: a count-min sketch of two rows. */
#include "table.h"

struct cells {
	struct source *cell[2];
};

/* The /64 of an IPv6 address: whoever has one address of it has them all. */
static struct cells cells_of(
	const struct pkts_table *t, const struct pkts_session_key *key, unsigned initiator)
{
	uint64_t w[3] = {0, (uint64_t)key->vlan << 32 | key->tunnel, key->family};

	__builtin_memcpy(w, key->addr[initiator], 8);
	const uint64_t hash = pkts_siphash13(&t->source_key, w, sizeof(w));
	return (struct cells){{&t->sources[0][scale((uint32_t)hash, t->n_sources)],
		&t->sources[1][scale((uint32_t)(hash >> 32), t->n_sources)]}};
}

static bool is_limited(const struct pkts_table *t)
{
	return t->n_sources != 0;
}

/* What counts those that are kept out, as a new entry of that source is; NULL: it may be made. */
static uint64_t *refusals(struct pkts_table *t, const struct pkts_session_key *key,
	unsigned initiator, bool embryonic)
{
	if (!is_limited(t))
		return NULL;
	const struct cells c = cells_of(t, key, initiator);
	const uint32_t total = PKTS_MIN(c.cell[0]->total, c.cell[1]->total);
	const uint32_t half_open = PKTS_MIN(c.cell[0]->embryonic, c.cell[1]->embryonic);
	if (t->max_per_source && total >= t->max_per_source)
		return &t->stats.refused_source;
	if (embryonic && t->max_embryonic && half_open >= t->max_embryonic)
		return &t->stats.refused_embryonic;
	return NULL;
}

bool pkts_table_source_admits(struct pkts_table *t, const struct pkts_session_key *key,
	unsigned initiator, bool embryonic)
{
	uint64_t *const refused = refusals(t, key, initiator, embryonic);

	if (refused)
		++*refused;
	return !refused;
}

static void add(
	struct pkts_table *t, const struct pkts_table_entry *e, uint32_t total, uint32_t embryonic)
{
	if (!is_limited(t))
		return;
	const struct pkts_session_key key = pkts_table_key_of(e);
	const struct cells c = cells_of(t, &key, pkts_table_initiator(e));
	for (unsigned i = 0; i < 2; i++) {
		c.cell[i]->total += total;
		c.cell[i]->embryonic += embryonic;
	}
}

void pkts_table_source_count(struct pkts_table *t, const struct pkts_table_entry *e, bool embryonic)
{
	add(t, e, 1, embryonic);
}

void pkts_table_source_uncount(
	struct pkts_table *t, const struct pkts_table_entry *e, bool embryonic)
{
	add(t, e, UINT32_MAX, embryonic ? UINT32_MAX : 0);
}

void pkts_table_source_move(
	struct pkts_table *t, const struct pkts_table_entry *e, bool from, bool to)
{
	if (from != to)
		add(t, e, 0, to ? 1 : UINT32_MAX);
}

bool pkts_table_admits_after(struct pkts_table *t, const struct pkts_table_entry *gone,
	const struct pkts_session_key *key, uint8_t initiator, unsigned class)
{
	const bool embryonic = t->classes[pkts_table_class_of(gone)].embryonic;

	pkts_table_source_uncount(t, gone, embryonic);
	const bool admits = !refusals(t, key, initiator, t->classes[class].embryonic);
	pkts_table_source_count(t, gone, embryonic);
	return admits;
}
