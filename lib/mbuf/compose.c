/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <errno.h>

#include "edit.h"
#include "fail.h"
#include "offload.h"
#include "pkts_mbuf_compose.h"
#include "segment.h"

uint16_t pkts_mbuf_link_of(enum pkts_proto proto)
{
	switch (proto) {
	case PKTS_PROTO_NULL:
		return 108;
	case PKTS_PROTO_RAW:
		return 101;
	case PKTS_PROTO_IPV4:
		return 228;
	case PKTS_PROTO_IPV6:
		return 229;
	case PKTS_PROTO_PPP:
		return 50;
	case PKTS_PROTO_PPPOE:
		return 51;
	case PKTS_PROTO_SLL:
		return 113;
	case PKTS_PROTO_SLL2:
		return 276;
	default:
		return PKTS_LINK_ETHERNET;
	}
}

/* Where the layers are that were composed. Bounds are their checks', whatever fields may announce. */
static void find_layers(
	struct pkts_packet *packet, struct rte_mbuf *m, const uint8_t *protos, unsigned n)
{
	uint32_t at = 0, end = PKTS_MIN(m->pkt_len, PKTS_LAYER_LEN_MAX);

	*packet = (struct pkts_packet){.data = rte_pktmbuf_mtod(m, uint8_t *), .len = m->pkt_len};
	for (unsigned i = 0; i < n && i < PKTS_PACKET_LAYERS && protos[i] && at <= UINT16_MAX;
		i++) {
		const uint32_t here = m->data_len > at ? m->data_len - at : 0;
		const struct pkts_check c =
			pkts_check(protos[i], (struct pkts_ref){packet->data + at, here, end - at});
		if (c.fatal)
			return;
		packet->layers[packet->n++] = pkts_layer_make(protos[i], at, c.head, c.len);
		end = at + c.len;
		at += c.head;
	}
}

/* Checksums that are to be left to hardware, by the layers' numbers. */
static int leave_checksums(struct rte_mbuf *m, uint32_t wanted, const uint8_t *protos, unsigned n)
{
	struct pkts_packet packet;

	find_layers(&packet, m, protos, n);
	if (wanted >> packet.n)
		return -EINVAL;
	offload_ask(m, &packet, wanted);
	return 0;
}

/* Chains what did not fit, or was there already. The payload is taken over only if that works. */
static int add_payload(struct rte_mbuf *m, const struct pkts_out *out, struct rte_mbuf *payload)
{
	const struct pkts_bytes rest = edit_span(out->rest);
	struct rte_mbuf *more = NULL;

	if (out->rest) {
		more = segment_copy(m->pool, &rest, 0, out->attached);
		if (!more)
			return -ENOMEM;
	}
	/* There is either of them: what did not fit has nothing behind it. */
	const int ret = (more || payload) && out->attached
				? rte_pktmbuf_chain(m, more ? more : payload)
				: 0;
	if (ret)
		rte_pktmbuf_free(more);
	return ret;
}

/* Back to an empty mbuf; a payload to what it was before it was chained. */
static int undo(struct rte_mbuf *m, const struct pkts_out *out, struct rte_mbuf *payload, int rc)
{
	if (payload) {
		payload->pkt_len = out->attached;
		m->next = NULL;
	}
	segment_cut_behind(m, 0);
	m->ol_flags &= ~PKTS_MBUF_TX_CHECKSUMS;
	return rc;
}

int pkts_mbuf_composed_rest(struct rte_mbuf *m, const struct pkts_out *out, int rc,
	struct rte_mbuf *payload, const uint8_t *protos, unsigned n)
{
	const enum pkts_proto first = protos[0];

	if (rc || out->len > UINT16_MAX)
		return rc ? rc : -ENOSPC;
	m->data_len = (uint16_t)out->len;
	m->pkt_len = out->len;
	rc = add_payload(m, out, payload);
	if (rc == 0 && out->offload)
		rc = leave_checksums(m, out->offload, protos, n);
	if (rc)
		return undo(m, out, payload, rc);
	if (payload && out->attached == 0)
		rte_pktmbuf_free(payload);
	if (first != PKTS_PROTO_NONE && first != PKTS_PROTO_ETH)
		pkts_mbuf_set_meta(m, (struct pkts_mbuf_meta){.wire_len = m->pkt_len,
					      .link = pkts_mbuf_link_of(first)});
	return 0;
}

static int describe(const struct pkts_out *out, int rc, struct pkts_error *err)
{
	switch (-rc) {
	case 0:
		return 0;
	case ERANGE:
		return pkts_error_set(err, rc, "the value of %s.%s does not fit its field",
			out->layer, out->field);
	case ENOSPC:
		return pkts_error_set(err, rc, "no room in the mbuf for the %s layer",
			out->layer ? out->layer : "first");
	case ENOMEM:
		return pkts_error_set(err, rc, "the pool has no mbufs left");
	default:
		return pkts_error_set(err, rc, "%u layers are more than a frame is composed of",
			PKTS_COMPOSE_LAYERS);
	}
}

int pkts_mbuf_compose_specs(
	struct rte_mbuf *m, const struct pkts_spec *specs, unsigned n, struct pkts_error *err)
{
	struct pkts_out out = pkts_mbuf_room(m);
	uint8_t protos[PKTS_COMPOSE_LAYERS] = {0};
	const int rc = pkts_compose_specs(&out, specs, n);

	for (unsigned i = 0; i < n && i < PKTS_COMPOSE_LAYERS; i++)
		protos[i] = (uint8_t)specs[i].proto;
	return describe(&out, pkts_mbuf_composed(m, &out, rc, NULL, protos, n), err);
}
