/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_mbuf.h"

#include <rte_prefetch.h>

/* How many packets ahead of the one being decoded the first cache line of data is asked for. */
#define FETCH_AHEAD 4

static struct pkts_frame frame_of(const struct rte_mbuf *m)
{
	const struct pkts_mbuf_meta meta = pkts_mbuf_meta(m);
	return (struct pkts_frame){
		.data = rte_pktmbuf_mtod(m, uint8_t *),
		.head = m->data_len,
		.len = m->pkt_len,
		.wire = meta.wire_len,
		.link = meta.link,
	};
}

static void decode_chain(const struct pkts_decoder *d, struct rte_mbuf **m,
	struct pkts_packet *packet, uint32_t need)
{
	while (need && pkts_mbuf_pull(m, need) == 0) {
		const struct pkts_frame f = frame_of(*m);
		need = pkts_decode(d, &f, packet);
	}
}

void pkts_mbuf_decode(const struct pkts_decoder *d, struct rte_mbuf **m, struct pkts_packet *packet)
{
	const struct pkts_frame f = frame_of(*m);
	const uint32_t need = pkts_decode(d, &f, packet);

	if (unlikely(need))
		decode_chain(d, m, packet, need);
}

void pkts_mbuf_decode_burst(
	const struct pkts_decoder *d, struct rte_mbuf **m, struct pkts_packet *packets, unsigned n)
{
	for (unsigned i = 0; i < n && i < FETCH_AHEAD; i++)
		rte_prefetch0(rte_pktmbuf_mtod(m[i], void *));
	for (unsigned i = 0; i < n; i++) {
		if (i + FETCH_AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(m[i + FETCH_AHEAD], void *));
		pkts_mbuf_decode(d, &m[i], &packets[i]);
	}
}
