/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "pkts_conversations.h"
#include "table.h"

#define PAGE   (UINT64_C(2) << 20)
#define COMING 32 /* new ones at a time */
#define SECOND UINT64_C(1000000000)

/* What a Session keeps in the user area, as far as it matters here. */
struct state {
	struct pkts_conversation_tally tally;
	uint64_t number;
};
_Static_assert(sizeof(struct state) <= TABLE_USER, "it fits");

static struct pkts_table *table;
static void *memory;
static size_t memory_n;
static uint64_t now;

static struct pkts_table_conf conf_of(uint32_t entries)
{
	return (struct pkts_table_conf){
		.max_entries = entries,
		.user_size = TABLE_USER,
		.n_classes = 2,
		.classes = {{.timeout_ns = SECOND, .embryonic = true},
			{.timeout_ns = 600 * SECOND}},
		.secret = {1, 2, 3},
	};
}

double table_pkts_bytes(uint32_t entries)
{
	const struct pkts_table_conf conf = conf_of(entries);
	return (double)pkts_table_memsize(&conf) / entries;
}

bool table_pkts_create(uint32_t entries)
{
	const struct pkts_table_conf conf = conf_of(entries);

	memory_n = (pkts_table_memsize(&conf) + PAGE - 1) / PAGE * PAGE;
	memory = aligned_alloc(PAGE, memory_n);
	if (!memory)
		return false;
	madvise(memory, memory_n, MADV_HUGEPAGE);
	now = 0;
	return pkts_table_init(&table, memory, memory_n, &conf) == 0;
}

void table_pkts_destroy(void)
{
	free(memory);
}

bool table_pkts_add(const struct pkts_session_key *key, uint32_t number)
{
	struct pkts_table_entry *const e = pkts_table_find_or_insert(table, key, 0, 1, 0, NULL);

	if (e)
		((struct state *)pkts_table_user(e))->number = number;
	return e;
}

static uint64_t update(struct pkts_table_entry *e)
{
	struct state *const s = pkts_table_user(e);

	pkts_conversation_count(&s->tally, pkts_table_initiator(e), 64);
	return s->number;
}

uint64_t table_pkts_look(
	const struct pkts_session_key *keys, uint32_t n, uint32_t burst, uint64_t now_ns)
{
	struct pkts_table_entry *found[TABLE_BURST_MAX];
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i += burst) {
		const uint32_t m = PKTS_MIN(n - i, burst);
		pkts_table_lookup_burst(table, keys + i, m, now_ns, found);
		for (uint32_t k = 0; k < m; k++)
			if (found[k])
				sum += update(found[k]);
	}
	return sum;
}

/* A key that has not been there. */
static void make_key(struct pkts_session_key *key, uint64_t number)
{
	const uint64_t v = number * UINT64_C(0x9e3779b97f4a7c15);

	memset(key, 0, sizeof(*key));
	key->family = 4;
	key->protocol = 6;
	key->kind = PKTS_KEY_PORTS;
	memcpy(key->addr[0], &v, 4);
	memcpy(key->addr[1], (const uint8_t *)&v + 4, 4);
	memcpy(key->port, &number, 4);
}

uint64_t table_pkts_come_and_go(uint32_t n, uint64_t every_ns)
{
	static uint64_t serial;
	struct pkts_session_key keys[COMING];
	struct pkts_table_entry *found[COMING];
	uint64_t ended = 0;

	for (uint32_t i = 0; i < n; i += COMING) {
		now += every_ns * COMING;
		for (unsigned k = 0; k < COMING; k++)
			make_key(&keys[k], serial++);
		ended += pkts_table_expire(table, now, 4 * COMING);
		pkts_table_lookup_burst(table, keys, COMING, now, found);
		for (unsigned k = 0; k < COMING; k++)
			if (!found[k])
				pkts_table_find_or_insert(table, &keys[k], 0, 0, now, NULL);
	}
	return ended;
}
