/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Memory for Sequences and Sessions: much of it is set aside for a day that never comes. */
#ifndef MEMORY_H
#define MEMORY_H

#include "pkts_base.h"

/*
 * n bytes, all zero, on a boundary of RTE_CACHE_LINE_SIZE. With hugepages from DPDK's heap, on the NUMA node
 * `socket`; without, pages of the process's own, each there once it is touched, on the node of who does. NULL: there
 * is not so much, or n is 0.
 */
void *memory_take(size_t n, int socket);

/* NULL is fine. */
void memory_give_back(void *p);

#endif
