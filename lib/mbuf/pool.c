/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A pool whose buffers are made when they are wanted: DPDK's ring of buffers, and what fills it. */
#include <errno.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_spinlock.h>
#include <string.h>
#include <unistd.h>

#include "pkts_mbuf.h"

#define USUAL_OPS   "ring_mp_mc"
#define GROWING_OPS "pkts_growing"
#define FIRST	    512u /* a cache, and what a burst has out of it */
#define PARTS	    32u	 /* more than size can be doubled */

static rte_spinlock_t lock = RTE_SPINLOCK_INITIALIZER;
static struct rte_mempool_ops usual;

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* No buffer lies across the end of a page. */
static size_t bytes_of(const struct rte_mempool *pool, uint32_t n)
{
	const size_t each = pool->header_size + pool->elt_size + pool->trailer_size;
	const size_t in_a_page = page_size() / each;
	const size_t pages = in_a_page ? (n + in_a_page - 1) / in_a_page
				       : (n * each + page_size() - 1) / page_size();

	return pages * page_size();
}

static void add_missing(struct rte_mempool *pool, void *bytes)
{
	if (strcmp(rte_mempool_get_ops(pool->ops_index)->name, GROWING_OPS) == 0)
		*(size_t *)bytes += bytes_of(pool, pool->size - pool->populated_size);
}

/*
 * For all that is still to be made, of this pool and of others. Whoever else needs some for long takes
 * it at their start.
 */
static bool there_is_memory(void)
{
	size_t bytes = 0, most = 0;

	rte_mempool_walk(add_missing, &bytes);
	for (unsigned i = 0; i < rte_socket_count(); i++) {
		struct rte_malloc_socket_stats s = {.greatest_free_size = 0};
		rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &s);
		most = RTE_MAX(most, s.greatest_free_size);
	}
	return bytes + PARTS * page_size() <= most;
}

/* growth */

static void free_part(struct rte_mempool_memhdr *header, void *part)
{
	(void)header;
	rte_free(part);
}

/* Not rte_mempool_populate_virt(): where that fails it frees all parts, with the buffers that are in use. */
static bool add_part(struct rte_mempool *pool, uint32_t n)
{
	const size_t bytes = bytes_of(pool, n);
	void *const part = rte_malloc_socket("pkts_buffers", bytes, page_size(), pool->socket_id);

	if (!part)
		return false;
	if (rte_mempool_populate_iova(
		    pool, part, rte_malloc_virt2iova(part), bytes, free_part, part) > 0)
		return true;
	rte_free(part);
	return false;
}

/* rte_mempool_free() takes out what there is, after it took the pool from the list of all pools. */
static bool is_being_freed(const struct rte_mempool *pool)
{
	return rte_mempool_lookup(pool->name) != pool;
}

static bool grow(struct rte_mempool *pool)
{
	const uint32_t there = pool->populated_size, missing = pool->size - there;

	return missing && !is_being_freed(pool) &&
	       add_part(pool, RTE_MIN(missing, RTE_MAX(there, FIRST)));
}

static int grow_and_dequeue(struct rte_mempool *pool, void **buffers, unsigned n)
{
	int ret;

	rte_spinlock_lock(&lock);
	do
		ret = usual.dequeue(pool, buffers, n);
	while (ret && grow(pool));
	rte_spinlock_unlock(&lock);
	return ret;
}

static int dequeue(struct rte_mempool *pool, void **buffers, unsigned n)
{
	const int ret = usual.dequeue(pool, buffers, n);

	return ret ? grow_and_dequeue(pool, buffers, n) : 0;
}

/* Those that are still to be made are free: DPDK takes all others for such as are in use. */
static unsigned get_count(const struct rte_mempool *pool)
{
	return usual.get_count(pool) + pool->size - pool->populated_size;
}

/* Whoever adds buffers, and how they are told of each. */
struct adding {
	rte_mempool_populate_obj_cb_t *add;
	void *arg;
};

/* Before it can be taken. */
static void add(struct rte_mempool *pool, void *adding, void *buffer, rte_iova_t iova)
{
	const struct adding *const a = adding;

	a->add(pool, a->arg, buffer, iova);
	rte_pktmbuf_init(pool, NULL, buffer, pool->populated_size - 1);
}

static int populate(struct rte_mempool *pool, unsigned n, void *p, rte_iova_t iova, size_t len,
	rte_mempool_populate_obj_cb_t *cb, void *arg)
{
	struct adding a = {cb, arg};

	return rte_mempool_op_populate_default(pool, n, p, iova, len, add, &a);
}

/* beginning */

/* DPDK's table has a few places, and its drivers need most of them. */
static bool register_ops(void)
{
	struct rte_mempool_ops growing;

	for (unsigned i = 0; !*usual.name && i < rte_mempool_ops_table.num_ops; i++)
		if (strcmp(rte_mempool_ops_table.ops[i].name, USUAL_OPS) == 0)
			usual = rte_mempool_ops_table.ops[i];
	growing = usual;
	strcpy(growing.name, GROWING_OPS);
	growing.dequeue = dequeue;
	growing.get_count = get_count;
	growing.populate = populate;
	return *usual.name && rte_mempool_register_ops(&growing) >= 0;
}

/* Once, by whoever is first. */
static bool have_ops(void)
{
	static enum { UNKNOWN, YES, NO } known;

	rte_spinlock_lock(&lock);
	if (known == UNKNOWN)
		known = register_ops() ? YES : NO;
	rte_spinlock_unlock(&lock);
	return known == YES;
}

static bool begin(struct rte_mempool *pool)
{
	struct rte_pktmbuf_pool_private about = {.mbuf_data_room_size = RTE_MBUF_DEFAULT_BUF_SIZE};

	if (rte_mempool_set_ops_byname(pool, GROWING_OPS, NULL))
		return false;
	rte_pktmbuf_pool_init(pool, &about);
	return there_is_memory() && grow(pool);
}

static struct rte_mempool *create_growing(
	const char *name, uint32_t size, unsigned cache, int socket)
{
	struct rte_mempool *const pool = rte_mempool_create_empty(name, size,
		sizeof(struct rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE, cache,
		sizeof(struct rte_pktmbuf_pool_private), socket, 0);

	if (pool && !begin(pool)) {
		rte_mempool_free(pool);
		rte_errno = ENOMEM;
		return NULL;
	}
	return pool;
}

struct rte_mempool *pkts_mbuf_pool_create(
	const char *name, uint32_t size, unsigned cache, int socket)
{
	if (!rte_eal_has_hugepages() && have_ops())
		return create_growing(name, size, cache, socket);
	return rte_pktmbuf_pool_create(name, size, cache, 0, RTE_MBUF_DEFAULT_BUF_SIZE, socket);
}
