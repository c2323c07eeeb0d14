/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Packets in mbufs, cut into segments as a test wants them. */
#ifndef CHAIN_H
#define CHAIN_H

#include <rte_mbuf.h>

#include "frame.h"

/* Bytes from..to in a new chain of segments of `each` bytes; NULL if the pool has run dry. */
struct rte_mbuf *chain_of(struct rte_mempool *pool, struct bytes b, uint32_t each);

/* The whole of b, cut behind its first a and its first a + c bytes: up to three segments, none
 * empty. */
struct rte_mbuf *chain_cut(struct rte_mempool *pool, struct bytes b, uint32_t a, uint32_t c);

/* Says what an mbuf has to be told of a frame: link type, and bytes on the wire. */
void chain_meta(struct rte_mbuf *m, uint16_t link, uint32_t wire);

/* As a NIC takes the n outermost VLAN tags off, 2 at most; NULL if there are not so many. */
struct rte_mbuf *chain_strip_vlans(struct rte_mbuf *m, unsigned n);

/* Are the packet's bytes those of b, and its lengths and counts what rte_mbuf wants them to be? */
bool chain_is(const struct rte_mbuf *m, struct bytes b);

#endif
