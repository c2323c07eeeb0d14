/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_net.h>
#include <rte_prefetch.h>
#include <rte_udp.h>

#include "decode.h"

#define FETCH_AHEAD 4u /* here and below, as pkts_mbuf_decode_burst() does */

static uint64_t ports(const void *l4, uint32_t ptype)
{
	static const uint8_t numbers[] = {
		[RTE_PTYPE_L4_TCP >> 8] = IPPROTO_TCP,
		[RTE_PTYPE_L4_UDP >> 8] = IPPROTO_UDP,
		[RTE_PTYPE_L4_SCTP >> 8] = IPPROTO_SCTP,
		[RTE_PTYPE_L4_MASK >> 8] = 0,
	};
	const uint8_t number = numbers[(ptype & RTE_PTYPE_L4_MASK) >> 8];
	const struct rte_udp_hdr *const udp = l4; /* TCP and SCTP have their ports there too */

	if (!number)
		return 0;
	return tuple_ports(
		number, rte_be_to_cpu_16(udp->src_port), rte_be_to_cpu_16(udp->dst_port));
}

static uint64_t addresses_v4(const struct rte_ipv4_hdr *ip)
{
	return tuple_v4(rte_be_to_cpu_32(ip->src_addr), rte_be_to_cpu_32(ip->dst_addr));
}

static uint64_t half(const uint8_t *p)
{
	uint64_t v;
	__builtin_memcpy(&v, p, sizeof(v));
	return rte_be_to_cpu_64(v);
}

static uint64_t addresses_v6(const struct rte_ipv6_hdr *ip)
{
	/* 16 bytes in either case: an array until DPDK 24.07, a struct since */
	const uint8_t *const src = (const void *)&ip->src_addr;
	const uint8_t *const dst = (const void *)&ip->dst_addr;

	return tuple_v6(half(src), half(src + 8), half(dst), half(dst + 8));
}

static uint64_t sum(const struct rte_mbuf *m)
{
	struct rte_net_hdr_lens lens;
	const uint32_t ptype = rte_net_get_ptype(m, &lens, RTE_PTYPE_ALL_MASK);
	const uint8_t *const l3 = rte_pktmbuf_mtod_offset(m, const uint8_t *, lens.l2_len);

	if (RTE_ETH_IS_IPV4_HDR(ptype))
		return addresses_v4((const void *)l3) + ports(l3 + lens.l3_len, ptype);
	if (RTE_ETH_IS_IPV6_HDR(ptype))
		return addresses_v6((const void *)l3) + ports(l3 + lens.l3_len, ptype);
	return 0;
}

static void fetch_headers(const struct rte_mbuf *m)
{
	const uint8_t *const p = rte_pktmbuf_mtod(m, const uint8_t *);

	rte_prefetch0(p);
	rte_prefetch0(p + RTE_CACHE_LINE_SIZE);
}

static void fetch_first(struct rte_mbuf *const *m, unsigned n)
{
	for (unsigned i = 0; i < n && i < 2 * FETCH_AHEAD; i++)
		rte_prefetch0(m[i]);
	for (unsigned i = 0; i < n && i < FETCH_AHEAD; i++)
		fetch_headers(m[i]);
}

uint64_t decode_with_rte(struct rte_mbuf **m, unsigned n)
{
	uint64_t all = 0;

	fetch_first(m, n);
	for (unsigned i = 0; i < n; i++) {
		if (i + 2 * FETCH_AHEAD < n)
			rte_prefetch0(m[i + 2 * FETCH_AHEAD]);
		if (i + FETCH_AHEAD < n)
			fetch_headers(m[i + FETCH_AHEAD]);
		all += sum(m[i]);
	}
	return all;
}
