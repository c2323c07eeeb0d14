/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The start of decoding, to be inlined where packets come in: Ethernet, a VLAN tag, IPv4 or IPv6,
 * TCP or UDP, as long as there is nothing to be said against them. That is the whole of most
 * frames; for the rest pkts_decode_from() goes on where this ends. pkts_decode() and
 * pkts_mbuf_decode_burst() do both.
 */
#ifndef PKTS_START_H
#define PKTS_START_H

#include "pkts_packet.h"
#include "pkts_protocols.h"

#define PKTS_LINK_ETHERNET 1

/* How far it came. */
struct pkts_start {
	struct pkts_ref s; /* what is left, from the next layer on */
	enum pkts_proto
		proto; /* of the next layer; NONE: that was all, and the packet is complete */
	unsigned n;    /* layers found */
};

/*
 * Decodes the start of an Ethernet frame of len contiguous bytes, all that were on the wire, at
 * most PKTS_LAYER_LEN_MAX. Not for decoders that replace a choice of next layer.
 */
PKTS_INLINE struct pkts_start pkts_decode_start(
	uint8_t *data, uint32_t len, struct pkts_packet *packet);

/* Decodes what follows the first n layers of packet, which starts with `next`. As pkts_decode(). */
uint32_t pkts_decode_from(const struct pkts_decoder *d, const struct pkts_frame *f,
	struct pkts_packet *packet, unsigned n, enum pkts_proto next);

/* inline definitions */

/* Adds a layer and steps over its header; false if that is not all there is to do. */
PKTS_INLINE bool pkts_start_take(
	struct pkts_start *at, struct pkts_packet *packet, struct pkts_check c)
{
	if (PKTS_UNLIKELY(c.fatal | c.invalid | c.padding))
		return false;
	packet->layers[at->n++] =
		pkts_layer_make(at->proto, (uint32_t)(at->s.p - packet->data), c.head, c.len);
	at->s.p += c.head;
	at->s.len = at->s.head = c.len - c.head;
	at->proto = c.next;
	return true;
}

PKTS_INLINE bool pkts_start_take_ip(struct pkts_start *at, struct pkts_packet *packet)
{
	if (PKTS_LIKELY(at->proto == PKTS_PROTO_IPV4))
		return !pkts_missing(at->s, PKTS_IPV4_HEAD) &&
		       !pkts_ipv4_is_fragment(pkts_ipv4_at(at->s)) &&
		       pkts_start_take(at, packet, pkts_ipv4_check(at->s));
	return at->proto == PKTS_PROTO_IPV6 && pkts_start_take(at, packet, pkts_ipv6_check(at->s));
}

PKTS_INLINE void pkts_start_take_all(struct pkts_start *at, struct pkts_packet *packet)
{
	if (!pkts_start_take(at, packet, pkts_eth_check(at->s)))
		return;
	if (PKTS_UNLIKELY(at->proto == PKTS_PROTO_VLAN) &&
		!pkts_start_take(at, packet, pkts_vlan_check(at->s)))
		return;
	if (!pkts_start_take_ip(at, packet))
		return;
	if (PKTS_LIKELY(at->proto == PKTS_PROTO_TCP))
		pkts_start_take(at, packet, pkts_tcp_check(at->s));
	else if (at->proto == PKTS_PROTO_UDP)
		pkts_start_take(at, packet, pkts_udp_check(at->s));
}

PKTS_INLINE struct pkts_start pkts_decode_start(
	uint8_t *data, uint32_t len, struct pkts_packet *packet)
{
	struct pkts_start at = {{data, len, len}, PKTS_PROTO_ETH, 0};

	packet->data = data;
	packet->len = len;
	pkts_start_take_all(&at, packet);
	packet->n = (uint8_t)at.n;
	packet->stop = packet->flags = packet->tunnels = 0;
	packet->layers[at.n] = (struct pkts_layer){0};
	return at;
}

#endif
