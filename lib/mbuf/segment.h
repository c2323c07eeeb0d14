/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Segments of a packet, and who may write to them. */
#ifndef SEGMENT_H
#define SEGMENT_H

#include <rte_mbuf.h>

#include "pkts_base.h"

/* Is its buffer its own, and nobody else's? */
static inline bool segment_writable(const struct rte_mbuf *m)
{
	return RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1;
}

/* What is known of a packet but its lengths, segments and whose memory its buffers are. */
void segment_copy_about(struct rte_mbuf *to, const struct rte_mbuf *from);

/*
 * Puts an empty segment before a packet; it becomes the packet, with everything known of it. NULL if
 * the pool is empty.
 */
struct rte_mbuf *segment_prepend(struct rte_mbuf *m);

/*
 * Puts the n bytes at p in the place of the first `drop` bytes of the packet, which are all in its
 * first segment. *m becomes another mbuf where that segment is not to be written, or has no room.
 * Whoever else holds segments of the packet sees them as they were. 0; -ENOMEM; -EINVAL if n bytes are
 * more than an mbuf of the pool holds: the packet is as it was then.
 */
int segment_replace_front(struct rte_mbuf **m, uint32_t drop, const uint8_t *p, uint32_t n);

/* Makes the first n bytes contiguous, and the packet's own to write to. As pkts_mbuf_pull(). */
int segment_own(struct rte_mbuf **m, uint32_t n);

/* n bytes in new segments, copied by way of `bytes` from off on. NULL if the pool runs dry. */
struct pkts_bytes;
struct rte_mbuf *segment_copy(
	struct rte_mempool *pool, const struct pkts_bytes *bytes, uint32_t off, uint32_t n);

/* Frees what follows the first n bytes of a packet, which are in its first segment. */
void segment_cut_behind(struct rte_mbuf *m, uint32_t n);

#endif
