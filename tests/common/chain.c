/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "chain.h"

#include <rte_ether.h>
#include <string.h>

#include "pkts_mbuf.h"

/* Appends the bytes from..to as one more segment. */
static struct rte_mbuf *add(
	struct rte_mbuf *m, struct rte_mempool *pool, struct bytes b, uint32_t from, uint32_t to)
{
	struct rte_mbuf *const seg = rte_pktmbuf_alloc(pool);

	if (!seg) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	memcpy(rte_pktmbuf_mtod(seg, void *), b.p + from, to - from);
	seg->data_len = (uint16_t)(to - from);
	seg->pkt_len = to - from;
	if (m)
		rte_pktmbuf_chain(m, seg);
	return m ? m : seg;
}

struct rte_mbuf *chain_of(struct rte_mempool *pool, struct bytes b, uint32_t each)
{
	struct rte_mbuf *m = NULL;

	if (b.n == 0)
		return rte_pktmbuf_alloc(pool);
	for (uint32_t at = 0; at < b.n; at += each) {
		m = add(m, pool, b, at, RTE_MIN(b.n, at + each));
		if (!m)
			return NULL;
	}
	return m;
}

struct rte_mbuf *chain_cut(struct rte_mempool *pool, struct bytes b, uint32_t a, uint32_t c)
{
	const uint32_t ends[] = {RTE_MIN(a, b.n), RTE_MIN(a + c, b.n), b.n};
	struct rte_mbuf *m = NULL;
	uint32_t at = 0;

	for (unsigned i = 0; i < RTE_DIM(ends); at = ends[i++]) {
		if (ends[i] == at)
			continue;
		m = add(m, pool, b, at, ends[i]);
		if (!m)
			return NULL;
	}
	return m ? m : rte_pktmbuf_alloc(pool);
}

void chain_meta(struct rte_mbuf *m, uint16_t link, uint32_t wire)
{
	pkts_mbuf_set_meta(m, (struct pkts_mbuf_meta){.wire_len = wire, .link = link});
}

struct rte_mbuf *chain_strip_vlans(struct rte_mbuf *m, unsigned n)
{
	if (n && rte_vlan_strip(m))
		return NULL;
	if (n < 2)
		return m;
	m->vlan_tci_outer = m->vlan_tci;
	m->ol_flags |= RTE_MBUF_F_RX_QINQ | RTE_MBUF_F_RX_QINQ_STRIPPED;
	return rte_vlan_strip(m) ? NULL : m;
}

bool chain_is(const struct rte_mbuf *m, struct bytes b)
{
	const char *reason;
	uint32_t at = 0;

	if (rte_mbuf_check(m, 1, &reason) || m->pkt_len != b.n)
		return false;
	for (; m; m = m->next) {
		if (m->data_len > b.n - at ||
			memcmp(rte_pktmbuf_mtod(m, void *), b.p + at, m->data_len) != 0)
			return false;
		at += m->data_len;
	}
	return at == b.n;
}
