/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "defrag.h"

#include <errno.h>
#include <rte_cycles.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_ip_frag.h>
#include <rte_prefetch.h>

#include "pkts_mbuf.h"
#include "pkts_protocols.h"

#define BUCKET	 4 /* entries; the quickest of 2 to 16 here */
#define PREFETCH 3 /* what DPDK's own programs free their death row with */
#define SECONDS	 30

static struct rte_ip_frag_tbl *table;
static struct rte_ip_frag_death_row death_row;

int defrag_rte_init(void)
{
	table = rte_ip_frag_table_create(DEFRAG_DATAGRAMS, BUCKET, DEFRAG_DATAGRAMS,
		SECONDS * rte_get_tsc_hz(), SOCKET_ID_ANY);
	return table ? 0 : -ENOMEM;
}

void defrag_rte_fini(void)
{
	if (table)
		rte_ip_frag_table_destroy(table);
}

static struct rte_mbuf *put_ipv4(struct rte_mbuf *m, uint64_t now, unsigned off, unsigned head)
{
	m->l2_len = off;
	m->l3_len = head;
	return rte_ipv4_frag_reassemble_packet(
		table, &death_row, m, now, rte_pktmbuf_mtod_offset(m, void *, off));
}

/* head: with the fragment header, which is right behind the IPv6 header. */
static struct rte_mbuf *put_ipv6(struct rte_mbuf *m, uint64_t now, unsigned off)
{
	struct rte_ipv6_hdr *const ip = rte_pktmbuf_mtod_offset(m, void *, off);
	struct rte_ipv6_fragment_ext *const frag = (struct rte_ipv6_fragment_ext *)(ip + 1);

	m->l2_len = off;
	m->l3_len = sizeof(*ip) + sizeof(*frag);
	return rte_ipv6_frag_reassemble_packet(table, &death_row, m, now, ip, frag);
}

static void add(struct defrag_out *out, struct rte_mbuf *m)
{
	if (!m)
		return;
	if (out->m)
		out->m[out->n] = m;
	else
		rte_pktmbuf_free(m);
	out->n++;
}

static struct rte_mbuf *put(struct rte_mbuf *m, uint64_t now)
{
	struct pkts_packet packet;

	pkts_mbuf_decode(NULL, &m, &packet);
	for (unsigned i = 0; i < packet.n; i++) {
		const struct pkts_layer l = packet.layers[i];
		if (l.proto == PKTS_PROTO_IPV4)
			return put_ipv4(m, now, l.off, l.head);
		if (l.proto == PKTS_PROTO_IPV6)
			return put_ipv6(m, now, l.off);
	}
	return m;
}

static struct rte_mbuf *put_with_casts(struct rte_mbuf *m, uint64_t now)
{
	const struct rte_ether_hdr *const eth = rte_pktmbuf_mtod(m, void *);
	const struct rte_ipv4_hdr *const ip4 = (const void *)(eth + 1);
	const struct rte_ipv6_hdr *const ip6 = (const void *)(eth + 1);

	if (eth->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) &&
		rte_ipv4_frag_pkt_is_fragmented(ip4))
		return put_ipv4(m, now, sizeof(*eth), rte_ipv4_hdr_len(ip4));
	if (eth->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV6) &&
		ip6->proto == IPPROTO_FRAGMENT)
		return put_ipv6(m, now, sizeof(*eth));
	return m;
}

void defrag_with_rte(struct rte_mbuf **m, unsigned n, struct defrag_out *out)
{
	const uint64_t now = rte_rdtsc();

	pkts_mbuf_fetch_first(m, n);
	for (unsigned i = 0; i < n; i++) {
		pkts_mbuf_fetch(m, i + PKTS_MBUF_FETCH, n);
		add(out, put(m[i], now));
	}
	rte_ip_frag_free_death_row(&death_row, PREFETCH);
}

void defrag_with_rte_casts(struct rte_mbuf **m, unsigned n, struct defrag_out *out)
{
	const uint64_t now = rte_rdtsc();

	pkts_mbuf_fetch_first(m, n);
	for (unsigned i = 0; i < n; i++) {
		pkts_mbuf_fetch(m, i + PKTS_MBUF_FETCH, n);
		add(out, put_with_casts(m[i], now));
	}
	rte_ip_frag_free_death_row(&death_row, PREFETCH);
}
