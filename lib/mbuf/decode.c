/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_mbuf.h"

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

/* Of another interface than the first, perhaps. */
static bool is_whole_frame(const struct rte_mbuf *m)
{
	const struct pkts_mbuf_meta meta = pkts_mbuf_meta(m);

	return m->nb_segs == 1 && meta.link == PKTS_LINK_ETHERNET && meta.wire_len <= m->data_len;
}

void pkts_mbuf_decode_other(
	const struct pkts_decoder *d, struct rte_mbuf **m, struct pkts_packet *packet)
{
	uint32_t need;

	if (is_whole_frame(*m) && !(d && d->replaced)) {
		pkts_decode_whole(d, rte_pktmbuf_mtod(*m, uint8_t *), (*m)->data_len, packet);
		return;
	}
	do {
		const struct pkts_frame f = frame_of(*m);
		need = pkts_decode(d, &f, packet);
	} while (need && pkts_mbuf_pull(m, need) == 0);
}

void pkts_mbuf_decode_burst(
	const struct pkts_decoder *d, struct rte_mbuf **m, struct pkts_packet *packets, unsigned n)
{
	pkts_mbuf_fetch_first(m, n);
	for (unsigned i = 0; i < n; i++) {
		pkts_mbuf_fetch(m, i + PKTS_MBUF_FETCH, n);
		pkts_mbuf_decode(d, &m[i], &packets[i]);
	}
}
