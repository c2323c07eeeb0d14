/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Sequences in memory of a NUMA node. */
#include "memory.h"
#include "pkts_reassembly.h"

struct pkts_ipfrag *pkts_ipfrag_create(const struct pkts_ipfrag_conf *conf, int socket)
{
	const size_t size = pkts_ipfrag_memsize(conf);
	struct pkts_ipfrag *f = NULL;
	void *const mem = memory_take(size, socket);

	if (mem && pkts_ipfrag_init(&f, mem, size, conf) == 0)
		return f;
	memory_give_back(mem);
	return NULL;
}

void pkts_ipfrag_destroy(struct pkts_ipfrag *f)
{
	if (!f)
		return;
	pkts_ipfrag_fini(f);
	memory_give_back(f);
}

struct pkts_tcp_pool *pkts_tcp_pool_create(const struct pkts_tcp_conf *conf, int socket)
{
	const size_t size = pkts_tcp_pool_memsize(conf);
	void *const mem = memory_take(size, socket);
	struct pkts_tcp_pool *const pool = mem ? pkts_tcp_pool_init(mem, size, conf) : NULL;

	if (!pool)
		memory_give_back(mem);
	return pool;
}

void pkts_tcp_pool_destroy(struct pkts_tcp_pool *pool)
{
	memory_give_back(pool);
}

struct pkts_sctp_pool *pkts_sctp_pool_create(const struct pkts_sctp_conf *conf, int socket)
{
	const size_t size = pkts_sctp_pool_memsize(conf);
	struct pkts_sctp_pool *pool = NULL;
	void *const mem = memory_take(size, socket);

	if (mem && pkts_sctp_pool_init(&pool, mem, size, conf) == 0)
		return pool;
	memory_give_back(mem);
	return NULL;
}

void pkts_sctp_pool_destroy(struct pkts_sctp_pool *pool)
{
	memory_give_back(pool);
}
