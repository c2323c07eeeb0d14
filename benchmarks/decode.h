/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The three ways to a frame's 5-tuple that bench_decode compares. */
#ifndef DECODE_H
#define DECODE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rte_mbuf;

/*
 * Each returns the sum of the 5-tuples of n contiguous Ethernet frames, n <= DECODE_BURST.
 *
 * A frame's 5-tuple is that of its outermost IP header, and of the TCP, UDP or SCTP header that
 * this one carries; without such a header, only the addresses. A frame without IP counts as 0.
 */
#define DECODE_BURST 32
uint64_t decode_with_pkts(struct rte_mbuf **m, unsigned n);
uint64_t decode_with_rte(struct rte_mbuf **m, unsigned n);
uint64_t decode_with_tins(struct rte_mbuf **m, unsigned n);

/* libtins wants bytes, and DPDK's headers are not for C++: the burst as it sees it. */
struct decode_bytes {
	const uint8_t *data;
	uint32_t len;
};
uint64_t decode_bytes_with_tins(const struct decode_bytes *frames, unsigned n);

/* How a 5-tuple counts; all in host order. Swapping source and destination changes it. */
static inline uint64_t tuple_v4(uint32_t src, uint32_t dst)
{
	return src + 3 * (uint64_t)dst;
}

static inline uint64_t tuple_v6(
	uint64_t src_high, uint64_t src_low, uint64_t dst_high, uint64_t dst_low)
{
	return src_high + 3 * src_low + 5 * dst_high + 7 * dst_low;
}

static inline uint64_t tuple_ports(uint8_t protocol, uint16_t sport, uint16_t dport)
{
	return ((uint64_t)protocol << 32) + sport + 3 * (uint64_t)dport;
}

#ifdef __cplusplus
}
#endif

#endif
