/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Pools whose buffers are made when they are wanted. */
#include <errno.h>
#include <pthread.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include "eal.h"
#include "pkts_mbuf.h"
#include "row.h"

#define SIZE 2000

static struct rte_mbuf *taken[SIZE + 1];

static int start(void **state)
{
	(void)state;
	return eal_start() ? 0 : -1;
}

static struct rte_mempool *create(unsigned cache)
{
	struct rte_mempool *const pool =
		pkts_mbuf_pool_create("growing", SIZE, cache, SOCKET_ID_ANY);

	assert_non_null(pool);
	return pool;
}

static void assert_like_new(const struct rte_mbuf *m, const struct rte_mempool *pool)
{
	assert_ptr_equal(m->pool, pool);
	assert_int_equal(m->nb_segs, 1);
	assert_int_equal(rte_mbuf_refcnt_read(m), 1);
	assert_null(m->next);
	assert_int_equal(m->data_off, RTE_PKTMBUF_HEADROOM);
	assert_int_equal(m->buf_len, RTE_MBUF_DEFAULT_BUF_SIZE);
	assert_int_equal(rte_mbuf_check(m, 1, NULL), 0);
}

static void it_begins_small(void **state)
{
	struct rte_mempool *const pool = create(0);

	(void)state;
	assert_int_equal(pool->size, SIZE);
	if (rte_eal_has_hugepages())
		assert_int_equal(pool->populated_size, SIZE);
	else
		assert_uint_in_range(pool->populated_size, 1, SIZE / 2);
	assert_int_equal(rte_mempool_avail_count(pool), SIZE);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	rte_mempool_free(pool);
}

static void what_is_given_back_is_taken_again(void **state)
{
	struct rte_mempool *const pool = create(256);
	const uint32_t there = pool->populated_size;

	(void)state;
	for (unsigned i = 0; i < SIZE; i++) {
		assert_int_equal(rte_pktmbuf_alloc_bulk(pool, taken, 64), 0);
		rte_pktmbuf_free_bulk(taken, 64);
	}
	assert_int_equal(pool->populated_size, there);
	rte_mempool_free(pool);
}

/* One by one and many at a time, with a cache that keeps some and without. */
static void it_grows_up_to_its_size(void **state)
{
	static const struct {
		unsigned cache, at_a_time;
	} rows[] = {{0, 1}, {0, 40}, {256, 1}, {256, 40}};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct rte_mempool *const pool = create(rows[i].cache);
		for (unsigned n = 0; n < SIZE; n += rows[i].at_a_time)
			assert_int_equal(
				rte_pktmbuf_alloc_bulk(pool, taken + n, rows[i].at_a_time), 0);
		assert_int_equal(pool->populated_size, SIZE);
		assert_null(rte_pktmbuf_alloc(pool));
		for (unsigned n = 0; n < SIZE; n++)
			assert_like_new(taken[n], pool);
		rte_pktmbuf_free_bulk(taken, SIZE);
		assert_int_equal(rte_mempool_avail_count(pool), SIZE);
		rte_mempool_free(pool);
	}
}

static void *take_half(void *arg)
{
	struct rte_mempool *const pool = ((void **)arg)[0];
	struct rte_mbuf **const to = ((void **)arg)[1];

	for (unsigned i = 0; i < SIZE / 2; i++)
		to[i] = rte_pktmbuf_alloc(pool);
	return NULL;
}

static void two_threads_take_at_once(void **state)
{
	struct rte_mempool *const pool = create(0);
	void *args[2][2] = {{pool, taken}, {pool, taken + SIZE / 2}};
	pthread_t threads[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_half, args[i]), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (unsigned i = 0; i < SIZE; i++) {
		assert_non_null(taken[i]);
		assert_like_new(taken[i], pool);
	}
	assert_null(rte_pktmbuf_alloc(pool));
	rte_pktmbuf_free_bulk(taken, SIZE);
	rte_mempool_free(pool);
}

/* One block, aligned to pages, is free, and nothing is left for what DPDK notes of it. */
static void leave_only(size_t n)
{
	void *const hole = rte_malloc(NULL, n, 4096);
	struct rte_malloc_socket_stats heap;

	for (size_t i = 1 << 30; i >= RTE_CACHE_LINE_SIZE; i /= 2)
		while (rte_malloc(NULL, i, 0))
			;
	assert_int_equal(rte_malloc_get_socket_stats(0, &heap), 0);
	assert_int_equal(heap.greatest_free_size, 0);
	rte_free(hole);
}

/* Last of all: the memory stays taken. */
static void where_it_cannot_grow_what_is_in_use_stays(void **state)
{
	struct rte_mempool *const pool = create(0);
	const uint32_t there = pool->populated_size;

	(void)state;
	if (rte_eal_has_hugepages())
		skip();
	leave_only(there * 4096);
	for (unsigned i = 0; i < there; i++)
		assert_non_null(taken[i] = rte_pktmbuf_alloc(pool));
	for (unsigned i = 0; i < 3; i++)
		assert_null(rte_pktmbuf_alloc(pool));
	assert_int_equal(pool->populated_size, there);
	for (unsigned i = 0; i < there; i++)
		assert_like_new(taken[i], pool);
	rte_pktmbuf_free_bulk(taken, there);
	rte_mempool_free(pool);
}

/* Not when it is too late: there is room for the pool and its first buffers, but not for all. */
static void a_pool_that_memory_is_too_short_for_is_refused(void **state)
{
	const uint32_t size = rte_eal_has_hugepages() ? 100 << 20 : 50000;

	(void)state;
	rte_errno = 0;
	assert_null(pkts_mbuf_pool_create("huge", size, 0, SOCKET_ID_ANY));
	assert_int_equal(rte_errno, ENOMEM);
}

/* Each would fit alone, and begins with little. */
static void what_another_pool_still_has_to_make_is_not_given_twice(void **state)
{
	struct rte_mempool *const one = pkts_mbuf_pool_create("one", 10000, 0, SOCKET_ID_ANY);

	(void)state;
	if (rte_eal_has_hugepages())
		skip();
	assert_non_null(one);
	assert_null(pkts_mbuf_pool_create("other", 10000, 0, SOCKET_ID_ANY));
	assert_int_equal(rte_errno, ENOMEM);
	rte_mempool_free(one);
	struct rte_mempool *const other = pkts_mbuf_pool_create("other", 10000, 0, SOCKET_ID_ANY);
	assert_non_null(other);
	rte_mempool_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_begins_small),
		cmocka_unit_test(what_is_given_back_is_taken_again),
		cmocka_unit_test(it_grows_up_to_its_size),
		cmocka_unit_test(two_threads_take_at_once),
		cmocka_unit_test(a_pool_that_memory_is_too_short_for_is_refused),
		cmocka_unit_test(what_another_pool_still_has_to_make_is_not_given_twice),
		cmocka_unit_test(where_it_cannot_grow_what_is_in_use_stays),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
