/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_mbuf.h"
#include "pkts_start.h"

#include <rte_prefetch.h>

/* How many packets ahead of the one being decoded the first cache line of data is asked for. */
#define FETCH_AHEAD 4u

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

/* Everything but the start of a plain Ethernet frame. */
static __attribute__((noinline)) void decode_rest(const struct pkts_decoder *d, struct rte_mbuf **m,
	struct pkts_packet *packet, struct pkts_start at)
{
	const struct pkts_frame f = frame_of(*m);
	const uint32_t need =
		at.n ? pkts_decode_from(d, &f, packet, at.n, at.proto) : pkts_decode(d, &f, packet);

	if (unlikely(need))
		decode_chain(d, m, packet, need);
}

/* A whole Ethernet frame in one segment. */
static inline bool is_plain(const struct rte_mbuf *m, uint64_t meta_flag)
{
	return !(m->ol_flags & meta_flag) && m->nb_segs == 1;
}

static void decode_replaced(
	const struct pkts_decoder *d, struct rte_mbuf **m, struct pkts_packet *packets, unsigned n)
{
	const struct pkts_start none = {.n = 0};

	for (unsigned i = 0; i < n; i++)
		decode_rest(d, &m[i], &packets[i], none);
}

static inline void fetch_data(const struct rte_mbuf *m)
{
	rte_prefetch0(rte_pktmbuf_mtod(m, void *));
}

void pkts_mbuf_decode_burst(
	const struct pkts_decoder *d, struct rte_mbuf **m, struct pkts_packet *packets, unsigned n)
{
	const uint64_t meta_flag = pkts_mbuf_meta_flag;

	if (unlikely(d && d->replaced)) {
		decode_replaced(d, m, packets, n);
		return;
	}
	for (unsigned i = 0; i < n && i < FETCH_AHEAD; i++)
		fetch_data(m[i]);
	for (unsigned i = 0; i < n; i++) {
		struct pkts_start at = {.n = 0};
		if (i + 2 * FETCH_AHEAD < n)
			rte_prefetch0(m[i + 2 * FETCH_AHEAD]);
		if (i + FETCH_AHEAD < n)
			fetch_data(m[i + FETCH_AHEAD]);
		if (likely(is_plain(m[i], meta_flag))) {
			at = pkts_decode_start(
				rte_pktmbuf_mtod(m[i], uint8_t *), m[i]->data_len, &packets[i]);
			if (likely(at.proto == PKTS_PROTO_NONE))
				continue;
		}
		decode_rest(d, &m[i], &packets[i], at);
	}
}

void pkts_mbuf_decode(const struct pkts_decoder *d, struct rte_mbuf **m, struct pkts_packet *packet)
{
	pkts_mbuf_decode_burst(d, m, packet, 1);
}
