/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Datagrams in fragments, in mbufs, in a given order. */
#ifndef FRAGMENTS_H
#define FRAGMENTS_H

#include <rte_mbuf.h>

enum fragment_order { IN_ORDER, REVERSED, RANDOM };

/* Ethernet frames with fragments of `datagrams` datagrams, each of `pieces` fragments. */
struct fragments {
	unsigned family; /* 4 or 6 */
	unsigned datagrams;
	unsigned pieces; /* FRAGMENTS_MOST at most */
	uint32_t len;	 /* bytes of payload in each piece, a multiple of 8, */
	uint32_t last;	 /* and in the last one */
	enum fragment_order order;
	bool interleaved; /* the first to come of each datagram, then the second of each, ... */
};
#define FRAGMENTS_MOST 8192

/* How many mbufs that are. */
unsigned fragments_count(const struct fragments *f);

/* Fills that many mbufs of the pool, each of one segment. False if the pool has not so many. */
bool fragments_fill(const struct fragments *f, struct rte_mempool *pool, struct rte_mbuf **m);

/*
 * Is m one of the datagrams, whole and unfragmented, whatever its segments? An IPv4 checksum may
 * also be 0, to be filled in by the NIC.
 */
bool fragments_is_datagram(const struct fragments *f, const struct rte_mbuf *m);

#endif
