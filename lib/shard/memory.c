/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "memory.h"

#include <rte_malloc.h>
#include <sys/mman.h>

/* Stands in front of what is taken. */
struct head {
	_Alignas(RTE_CACHE_LINE_SIZE) size_t mapped; /* 0: it is of DPDK's heap */
};

/*
 * DPDK's heap clears what it gets back, so that pages that nobody has ever touched would be made for that
 * alone. Without hugepages it has nothing that the kernel has not.
 */
static struct head *map(size_t n)
{
	void *const p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	((struct head *)p)->mapped = n;
	return p;
}

static struct head *take(size_t n, int socket)
{
	return rte_eal_has_hugepages()
		       ? rte_zmalloc_socket("pkts_shard", n, RTE_CACHE_LINE_SIZE, socket)
		       : map(n);
}

void *memory_take(size_t n, int socket)
{
	const size_t all = sizeof(struct head) + n;
	struct head *const head = n && all > n ? take(all, socket) : NULL;

	return head ? head + 1 : NULL;
}

void memory_give_back(void *p)
{
	struct head *const head = p ? (struct head *)p - 1 : NULL;

	if (head && head->mapped)
		munmap(head, head->mapped);
	else
		rte_free(head);
}
