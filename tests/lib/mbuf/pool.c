/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pool.h"

#include "eal.h"

#define SIZE 511

struct rte_mempool *pool;
static struct rte_mbuf *taken[SIZE];
static unsigned taken_n;

int pool_create(void **state)
{
	(void)state;
	if (!eal_start())
		return -1;
	pool = rte_pktmbuf_pool_create(
		"test", SIZE, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	return pool ? 0 : -1;
}

int pool_is_full(void **state)
{
	(void)state;
	if (rte_mempool_avail_count(pool) == SIZE)
		return 0;
	print_error("%u mbufs are missing\n", SIZE - rte_mempool_avail_count(pool));
	return -1;
}

void pool_drain(unsigned n)
{
	while (rte_mempool_avail_count(pool) > n)
		taken[taken_n++] = rte_pktmbuf_alloc(pool);
}

void pool_refill(void)
{
	rte_pktmbuf_free_bulk(taken, taken_n);
	taken_n = 0;
}
