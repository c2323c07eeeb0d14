/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The pool that a test takes its mbufs from, and has to give them back to. */
#ifndef POOL_H
#define POOL_H

#include "chain.h"
#include "row.h"

extern struct rte_mempool *pool;

/* For cmocka: starts DPDK and makes the pool; checks that the test before has given everything
 * back. */
int pool_create(void **state);
int pool_is_full(void **state);

/* Leaves n mbufs in the pool; gives the others back. */
void pool_drain(unsigned n);
void pool_refill(void);

#endif
