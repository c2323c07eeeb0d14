/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "defrag.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define HEADERS 2047 /* mbufs for headers and second references */

/* A port's own pool has 8191 mbufs: what is kept must leave enough to receive into. */
#define MAX_BYTES (UINT64_C(12) << 20)

static int no_memory(struct pkts_error *err)
{
	snprintf(err->text, sizeof(err->text),
		"not enough memory for --defrag: give DPDK more with --eal '-m MIB'");
	return -ENOMEM;
}

int defrag_init(struct defrag *d, const struct defrag_conf *given, struct pkts_error *err)
{
	struct pkts_ipfrag_conf conf = {
		.policy4 = given->policy,
		.policy6 = given->policy,
		.min_ttl = given->min_ttl,
		.max_bytes = MAX_BYTES,
		.hold = pkts_mbuf_holder,
	};

	if (getrandom(conf.key, sizeof(conf.key), 0) != sizeof(conf.key))
		return no_memory(err);
	d->bridge.decoder = given->decoder;
	d->bridge.table = pkts_ipfrag_create(&conf, SOCKET_ID_ANY);
	d->bridge.pool = pkts_mbuf_pool_create("pkts_defrag", HEADERS, 0, SOCKET_ID_ANY);
	return d->bridge.table && d->bridge.pool ? 0 : no_memory(err);
}

void defrag_fini(struct defrag *d)
{
	pkts_ipfrag_destroy(d->bridge.table);
	rte_mempool_free(d->bridge.pool);
}

uint16_t defrag_burst(
	struct defrag *d, struct rte_mbuf **m, struct pkts_packet *packets, uint16_t n)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return pkts_mbuf_defrag(
		&d->bridge, m, packets, n, (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec);
}

struct defrag_stats defrag_stats(const struct defrag *d)
{
	if (!d->bridge.table)
		return (struct defrag_stats){0};

	const struct pkts_ipfrag_stats s = pkts_ipfrag_stats(d->bridge.table);
	struct defrag_stats stats = {
		.fragments = s.fragments,
		.datagrams = d->bridge.rebuilt,
		.dropped = s.dropped + d->bridge.lost,
		.given_up = s.events[PKTS_SEQ_TIMEOUT] + s.events[PKTS_SEQ_EVICTED],
		.waiting = s.held - s.released,
	};

	memcpy(stats.events, s.events, sizeof(stats.events));
	return stats;
}
