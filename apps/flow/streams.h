/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Connections and associations that are followed, and what becomes of them. */
#ifndef STREAMS_H
#define STREAMS_H

#include "flow_options.h"
#include "folder.h"
#include "pkts_reassembly.h"

struct streams;

/* Memory that associations take from DPDK's heap, beside what is for packets that wait; in MiB. */
uint32_t streams_memory_mb(const struct flow_options *o);

/*
 * All that is followed goes to `folder`. live: streams go on behind gaps after a while, or when the
 * other side shows that it has the bytes; else gaps wait for the end, so that nothing that a file
 * holds comes too late. bytes: of packets that may be kept. NULL: no memory, or folder->code says what.
 */
struct streams *streams_create(
	const struct flow_options *o, bool live, uint64_t bytes, struct folder *folder);

/* Looks for the innermost transport layer of a packet. *m may change; it stays the caller's. */
void streams_put(
	struct streams *s, struct rte_mbuf **m, struct pkts_packet *packet, uint64_t now_ns);

/* Time passes without packets. */
void streams_tick(struct streams *s, uint64_t now_ns);

/* What there is to tell at the end. */
struct streams_stats {
	uint64_t streams, evicted;
	uint64_t min_ttl; /* packets below it, left out */
};
struct streams_stats streams_stats(const struct streams *s);

/* Writes out everything that is followed, and the index. NULL is fine. */
void streams_close(struct streams *s);

#endif
