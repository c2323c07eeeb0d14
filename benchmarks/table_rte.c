/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <rte_hash.h>
#include <rte_jhash.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "pkts_session.h"
#include "table.h"

#define HEAP "tables"
#define PAGE (UINT64_C(2) << 20)

/* What a program keeps of a conversation beside rte_hash. */
struct state {
	struct pkts_session_counts counts;
	uint64_t last_ns, number;
	uint32_t timeout, initiator;
} __rte_cache_aligned;

static struct rte_hash *hashes[TABLE_WAYS];
static struct state *states; /* by number, of TABLE_RTE_UPDATED */

/*
 * Without hugepages EAL's own memory is shared memory, which gets pages of 4 KiB only; pkts_table would have the
 * better memory. So rte_hash gets its tables where that has its own.
 */
bool table_rte_init(uint64_t bytes)
{
	const uint64_t n = (bytes + PAGE - 1) / PAGE * PAGE;
	void *const memory = aligned_alloc(PAGE, n);

	if (!memory || madvise(memory, n, MADV_HUGEPAGE))
		return false;
	return rte_malloc_heap_create(HEAP) == 0 &&
	       rte_malloc_heap_memory_add(HEAP, memory, n, NULL, 0, PAGE) == 0;
}

bool table_rte_create(enum table_way way, uint32_t entries)
{
	char name[32];
	const struct rte_hash_parameters p = {
		.name = name,
		.entries = entries,
		.key_len = sizeof(struct pkts_session_key),
		.hash_func = way == TABLE_RTE_JHASH ? rte_jhash : NULL, /* its default: CRC32c */
		.hash_func_init_val = 0x5eed,
		.socket_id = rte_malloc_heap_get_socket(HEAP),
	};

	if (way == TABLE_RTE_UPDATED) {
		states = rte_zmalloc_socket(NULL, (size_t)entries * sizeof(*states), 64,
			rte_malloc_heap_get_socket(HEAP));
		return states;
	}
	snprintf(name, sizeof(name), "sessions %d", (int)way);
	hashes[way] = rte_hash_create(&p);
	return hashes[way];
}

void table_rte_destroy(enum table_way way)
{
	if (way == TABLE_RTE_UPDATED)
		rte_free(states);
	else
		rte_hash_free(hashes[way]);
}

bool table_rte_add(enum table_way way, const struct pkts_session_key *key, uint32_t number)
{
	if (way == TABLE_RTE_UPDATED) {
		states[number].number = number;
		return true;
	}
	return rte_hash_add_key_data(hashes[way], key, (void *)(uintptr_t)number) == 0;
}

static uint64_t update(uint64_t hits, void *const *found, uint64_t now_ns)
{
	uint64_t sum = 0;

	for (uint64_t left = hits; left; left &= left - 1)
		rte_prefetch0(&states[(uintptr_t)found[__builtin_ctzll(left)]]);
	for (uint64_t left = hits; left; left &= left - 1) {
		struct state *const s = &states[(uintptr_t)found[__builtin_ctzll(left)]];
		s->last_ns = now_ns;
		s->counts.packets[s->initiator]++;
		s->counts.bytes[s->initiator] += 64;
		sum += s->number;
	}
	return sum;
}

static uint64_t add_numbers(uint64_t hits, void *const *found)
{
	uint64_t sum = 0;

	for (; hits; hits &= hits - 1)
		sum += (uintptr_t)found[__builtin_ctzll(hits)];
	return sum;
}

uint64_t table_rte_look(enum table_way way, const struct pkts_session_key *keys, uint32_t n,
	uint32_t burst, uint64_t now_ns)
{
	const bool updates = way == TABLE_RTE_UPDATED;
	const struct rte_hash *const h = hashes[updates ? TABLE_RTE_CRC : way];
	const uint32_t bulk = PKTS_MIN(burst, (uint32_t)RTE_HASH_LOOKUP_BULK_MAX);
	const void *pointers[RTE_HASH_LOOKUP_BULK_MAX];
	void *found[RTE_HASH_LOOKUP_BULK_MAX];
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i += bulk) {
		const uint32_t m = PKTS_MIN(n - i, bulk);
		uint64_t hits = 0;
		for (uint32_t k = 0; k < m; k++)
			pointers[k] = &keys[i + k];
		rte_hash_lookup_bulk_data(h, pointers, m, &hits, found);
		sum += updates ? update(hits, found, now_ns) : add_numbers(hits, found);
	}
	return sum;
}
