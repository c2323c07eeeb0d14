/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_packet.h"

static uint32_t layer_end(const struct pkts_layer *l)
{
	return (uint32_t)l->off + l->len;
}

static void collect_layer(struct pkts_verdict *v, const struct pkts_layer *l)
{
	const enum pkts_severity severity = pkts_reason_info(l->reason)->severity;

	if (severity == PKTS_SEVERITY_INVALID && !v->invalid) {
		v->invalid = l->reason;
		v->invalid_proto = l->proto;
		v->invalid_at = l->off;
	}
	if (severity == PKTS_SEVERITY_PADDING && !v->padding) {
		v->padding = l->reason;
		v->padding_proto = l->proto;
	}
}

static void collect_stop(struct pkts_verdict *v, const struct pkts_packet *packet)
{
	const struct pkts_layer *const refused = &packet->layers[packet->n];
	uint32_t len;

	v->fatal = packet->stop;
	if (packet->n < PKTS_PACKET_LAYERS) {
		v->fatal_proto = refused->proto;
		v->fatal_at = (uint32_t)refused->off + refused->head;
	} else {
		v->fatal_at = pkts_packet_payload(packet, &len);
	}
}

/* A first layer with a length of its own, as IEEE 802.3's, may end before the frame does. */
static uint32_t frame_end(const struct pkts_packet *packet)
{
	const uint32_t claimed = layer_end(&packet->layers[0]);
	return packet->len > claimed ? packet->len : claimed;
}

/* The innermost layer that belongs to the packet itself, not to what an ICMP error quotes. */
static const struct pkts_layer *innermost(const struct pkts_packet *packet)
{
	if (packet->flags & PKTS_PACKET_QUOTE)
		for (unsigned i = 0; i < packet->n; i++)
			if (packet->layers[i].proto == PKTS_PROTO_ICMP ||
				packet->layers[i].proto == PKTS_PROTO_ICMPV6)
				return &packet->layers[i];
	return &packet->layers[packet->n - 1];
}

struct pkts_verdict pkts_verdict(const struct pkts_packet *packet)
{
	const bool quote = packet->flags & PKTS_PACKET_QUOTE;
	struct pkts_verdict v = {
		.ok = !(packet->flags & (PKTS_PACKET_FATAL | PKTS_PACKET_INVALID)) &&
		      (!packet->stop || quote),
	};

	if (packet->stop && !v.ok)
		collect_stop(&v, packet);
	if (packet->flags & (PKTS_PACKET_INVALID | PKTS_PACKET_PADDING))
		for (unsigned i = 0; i < packet->n; i++)
			collect_layer(&v, &packet->layers[i]);
	if (packet->n)
		v.excess = frame_end(packet) - layer_end(innermost(packet));
	return v;
}
