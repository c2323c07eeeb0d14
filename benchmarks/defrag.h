/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The ways to put fragments together that bench_defrag compares. */
#ifndef DEFRAG_H
#define DEFRAG_H

#include <rte_mbuf.h>

#define DEFRAG_BURST 32

/* Datagrams under way at a time, for all of them. */
#define DEFRAG_DATAGRAMS 4096

/* What comes out: how many datagrams, and, unless NULL, which. */
struct defrag_out {
	struct rte_mbuf **m; /* NULL: they are freed as they come */
	unsigned n;
};

/*
 * Each takes over n mbufs of one segment, n <= DEFRAG_BURST, that hold Ethernet frames with
 * fragments, and adds a chained mbuf to `out` for each datagram that these complete: with the
 * Ethernet and IP header of the first fragment, the latter mended; no byte of payload is copied.
 */
typedef void defrag_fn(struct rte_mbuf **m, unsigned n, struct defrag_out *out);

/* pkts_mbuf_decode() and pkts_ipfrag */
defrag_fn defrag_with_pkts;
/* the whole bridge, pkts_mbuf_defrag(): what comes out is decoded again, and described */
defrag_fn defrag_with_bridge;
/* pkts_mbuf_decode() and rte_ip_frag */
defrag_fn defrag_with_rte;
/* rte_ip_frag, headers found by casting: only plain Ethernet, and IPv6 without other extensions */
defrag_fn defrag_with_rte_casts;

/* Makes the tables. 0; -ENOMEM. */
int defrag_pkts_init(void);
int defrag_bridge_init(struct rte_mempool *pool);
int defrag_rte_init(void);
void defrag_pkts_fini(void);
void defrag_bridge_fini(void);
void defrag_rte_fini(void);

/* Is nothing held any more? */
bool defrag_pkts_empty(void);
bool defrag_bridge_empty(void);

#endif
