/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "output.h"

#include "pkts_show.h"

#define HEX_MAX (256u << 10) /* no port keeps more of a packet */

/* Chains are copied, so that their lines go on over the seams. */
static void put_hex(struct pkts_sink *out, const struct rte_mbuf *m)
{
	static uint8_t copy[HEX_MAX];
	const uint32_t n = PKTS_MIN(m->pkt_len, HEX_MAX);

	pkts_hex(out, rte_pktmbuf_read(m, 0, n, copy), n);
}

static void put_text(struct pkts_sink *out, const struct dump_options *o, const struct rte_mbuf *m,
	const struct pkts_packet *packet, const struct pkts_shown *about)
{
	if (o->show) {
		pkts_show(out, packet, about);
	} else {
		pkts_summary(out, packet, about);
		pkts_put_char(out, '\n');
	}
	if (o->hex)
		put_hex(out, m);
	if (o->show)
		pkts_put_char(out, '\n');
}

void output_packet(struct pkts_sink *out, const struct dump_options *o, const struct rte_mbuf *m,
	const struct pkts_packet *packet, uint64_t number, const uint8_t *checksums)
{
	const struct pkts_shown about = {
		.number = number,
		.ns = pkts_mbuf_timestamp(m),
		.wire = pkts_mbuf_meta(m).wire_len,
		.readable = m->data_len,
		.checksums = checksums,
	};

	if (!o->json) {
		put_text(out, o, m, packet, &about);
		return;
	}
	pkts_json(out, packet, &about);
	pkts_put_char(out, '\n');
}
