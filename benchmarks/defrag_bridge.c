/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <errno.h>
#include <rte_cycles.h>

#include "defrag.h"
#include "pkts_reassembly.h"

static struct pkts_mbuf_defrag bridge;

int defrag_bridge_init(struct rte_mempool *pool)
{
	const struct pkts_ipfrag_conf conf = {.max_datagrams = DEFRAG_DATAGRAMS,
		.max_fragments = DEFRAG_DATAGRAMS * 8,
		.max_bytes = UINT64_C(1) << 30,
		.key = "bench_defrag's ",
		.hold = pkts_mbuf_holder};

	bridge = (struct pkts_mbuf_defrag){
		.table = pkts_ipfrag_create(&conf, SOCKET_ID_ANY), .pool = pool};
	return bridge.table ? 0 : -ENOMEM;
}

void defrag_bridge_fini(void)
{
	pkts_ipfrag_destroy(bridge.table);
}

bool defrag_bridge_empty(void)
{
	const struct pkts_ipfrag_stats stats = pkts_ipfrag_stats(bridge.table);
	return stats.held == stats.released && stats.contexts == 0;
}

void defrag_with_bridge(struct rte_mbuf **m, unsigned n, struct defrag_out *out)
{
	struct pkts_packet packets[DEFRAG_BURST];
	const unsigned whole = pkts_mbuf_defrag(&bridge, m, packets, (uint16_t)n, rte_rdtsc());

	for (unsigned i = 0; i < whole; i++)
		if (out->m)
			out->m[out->n + i] = m[i];
		else
			rte_pktmbuf_free(m[i]);
	out->n += whole;
}
