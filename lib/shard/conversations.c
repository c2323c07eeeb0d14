/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "memory.h"
#include "pkts_mbuf_conversations.h"
#include "pkts_reassembly.h"

struct pkts_conversations *pkts_conversations_create(
	const struct pkts_conversations_conf *conf, int socket)
{
	const size_t size = pkts_conversations_memsize(conf);
	void *const mem = memory_take(size, socket);
	struct pkts_conversations *c = NULL;

	if (mem && pkts_conversations_init(&c, mem, size, conf) == 0)
		return c;
	memory_give_back(mem);
	return NULL;
}

void pkts_conversations_destroy(struct pkts_conversations *c)
{
	memory_give_back(c);
}

static uint64_t time_of(const struct rte_mbuf *m, uint64_t now)
{
	const uint64_t stamp = pkts_mbuf_timestamp(m);
	return RTE_MAX(stamp, now);
}

void pkts_conversations_put_mbufs(struct pkts_conversations *c, struct rte_mbuf **m,
	struct pkts_packet *packets, unsigned n, uint64_t *now_ns, pkts_conversation_done *done,
	void *ctx)
{
	struct pkts_conversation_arrival arrivals[PKTS_MBUF_CONVERSATIONS_BURST];

	n = RTE_MIN(n, (unsigned)PKTS_MBUF_CONVERSATIONS_BURST);
	for (unsigned i = 0; i < n; i++) {
		if (unlikely(m[i]->nb_segs > 1))
			pkts_mbuf_gather_all(&m[i], &packets[i]);
		*now_ns = time_of(m[i], *now_ns);
		arrivals[i] = (struct pkts_conversation_arrival){
			.packet = &packets[i],
			.frame = {packets[i].data, m[i]->data_len, pkts_mbuf_cost(m[i]), m[i]},
			.wire_len = pkts_mbuf_meta(m[i]).wire_len,
			.now_ns = *now_ns,
		};
		arrivals[i].n_vlans = (uint8_t)pkts_mbuf_vlans(m[i], arrivals[i].vlans);
	}
	pkts_conversations_put_burst(c, arrivals, n, done, ctx);
}
