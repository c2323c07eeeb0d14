/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The start of decoding, to be inlined where packets come in: Ethernet, a VLAN tag, IPv4 or IPv6,
 * TCP, UDP or an ICMP message, as long as there is nothing to be said against them. That is the
 * whole of most frames; for others pkts_decode_rest() goes on where this ends. pkts_decode() and
 * pkts_mbuf_decode() do both.
 */
#ifndef PKTS_START_H
#define PKTS_START_H

#include "pkts_packet.h"
#include "pkts_protocols.h"

#define PKTS_LINK_ETHERNET 1

/* How far it came. */
struct pkts_start {
	uint8_t *p;	   /* the next layer, */
	uint32_t off, len; /* where it starts in the frame, and the bytes that are left for it */
	uint32_t end;	   /* where the bytes end that can be read; 0: all can be */
	enum pkts_proto proto;	     /* of it; NONE: that was all, and the packet is complete */
	unsigned n;		     /* layers found */
	unsigned network, transport; /* the outermost ones, counted from 1; 0: none */
	unsigned flags, tunnels;     /* as the packet's */
};

/*
 * Decodes the start of an Ethernet frame of len contiguous bytes, all that were on the wire, at
 * most PKTS_LAYER_LEN_MAX. Not for decoders that replace a choice of next layer. If that was not
 * all, only data, len and the layers found are written.
 */
PKTS_INLINE struct pkts_start pkts_decode_start(
	uint8_t *data, uint32_t len, struct pkts_packet *packet);

/*
 * Goes on in such a frame behind the n layers that pkts_decode_start() found, n 0 or more, with the
 * `next` that it left, which starts at `off` and has `len` bytes.
 */
void pkts_decode_rest(const struct pkts_decoder *d, struct pkts_packet *packet, unsigned n,
	enum pkts_proto next, uint32_t off, uint32_t len);

/* Both together: all of such a frame. */
PKTS_INLINE void pkts_decode_whole(
	const struct pkts_decoder *d, uint8_t *data, uint32_t len, struct pkts_packet *packet);

/* pkts_decode(), but the first layer's protocol is `first` whatever the frame's link type is. */
uint32_t pkts_decode_from(const struct pkts_decoder *d, const struct pkts_frame *f,
	struct pkts_packet *packet, enum pkts_proto first);

/* inline definitions */

PKTS_INLINE struct pkts_ref pkts_start_ref(const struct pkts_start *at)
{
	const uint32_t head = at->end ? PKTS_MIN(at->len, at->end - at->off) : at->len;

	return (struct pkts_ref){at->p, head, at->len};
}

/* Adds a layer and steps over its header. */
PKTS_INLINE void pkts_start_step(
	struct pkts_start *at, struct pkts_packet *packet, struct pkts_check c)
{
	packet->layers[at->n++] = pkts_layer_make(at->proto, at->off, c.head, c.len);
	at->p += c.head;
	at->off += c.head;
	at->len = c.len - c.head;
	at->proto = (enum pkts_proto)c.next;
}

/* The same; false if that is not all there is to do. */
PKTS_INLINE bool pkts_start_take(
	struct pkts_start *at, struct pkts_packet *packet, struct pkts_check c)
{
	if (PKTS_UNLIKELY(c.fatal | c.invalid | c.padding))
		return false;
	pkts_start_step(at, packet, c);
	return true;
}

/* The layer just taken is the outermost of its kind, unless there has been one. */
PKTS_INLINE void pkts_start_note_network(struct pkts_start *at)
{
	at->network = at->network ? at->network : at->n;
}

PKTS_INLINE void pkts_start_note_transport(struct pkts_start *at)
{
	at->transport = at->transport ? at->transport : at->n;
}

PKTS_INLINE bool pkts_start_check_ip(const struct pkts_start *at, struct pkts_check *c)
{
	if (PKTS_LIKELY(at->proto == PKTS_PROTO_IPV4))
		return pkts_ipv4_check_plain(pkts_start_ref(at), c);
	return at->proto == PKTS_PROTO_IPV6 && pkts_ipv6_check_plain(pkts_start_ref(at), c);
}

PKTS_INLINE bool pkts_start_take_ip(struct pkts_start *at, struct pkts_packet *packet)
{
	struct pkts_check c;

	if (PKTS_UNLIKELY(!pkts_start_check_ip(at, &c)))
		return false;
	pkts_start_step(at, packet, c);
	pkts_start_note_network(at);
	return true;
}

PKTS_INLINE void pkts_start_take_tcp(struct pkts_start *at, struct pkts_packet *packet)
{
	struct pkts_check c;

	if (PKTS_LIKELY(pkts_tcp_check_plain(pkts_start_ref(at), &c)))
		pkts_start_step(at, packet, c);
}

/* A message that quotes a packet is left alone. */
PKTS_INLINE void pkts_start_take_message(
	struct pkts_start *at, struct pkts_packet *packet, struct pkts_check c)
{
	if (PKTS_LIKELY(c.next == PKTS_PROTO_NONE))
		pkts_start_take(at, packet, c);
}

PKTS_INLINE void pkts_start_take_transport(struct pkts_start *at, struct pkts_packet *packet)
{
	const struct pkts_ref s = pkts_start_ref(at);

	if (PKTS_LIKELY(at->proto == PKTS_PROTO_TCP))
		pkts_start_take_tcp(at, packet);
	else if (PKTS_LIKELY(at->proto == PKTS_PROTO_UDP))
		pkts_start_take(at, packet, pkts_udp_check(s));
	else if (at->proto == PKTS_PROTO_ICMP)
		pkts_start_take_message(at, packet, pkts_icmp_check(s));
	else if (at->proto == PKTS_PROTO_ICMPV6)
		pkts_start_take_message(at, packet, pkts_icmpv6_check(s));
}

/* IP and what it carries. */
PKTS_INLINE void pkts_start_take_datagram(struct pkts_start *at, struct pkts_packet *packet)
{
	if (PKTS_UNLIKELY(!pkts_start_take_ip(at, packet)))
		return;
	const unsigned ip = at->n;
	pkts_start_take_transport(at, packet);
	if (at->n > ip)
		pkts_start_note_transport(at);
}

/* What the check says of an Ethernet II header whose type is known. */
PKTS_INLINE struct pkts_check pkts_start_eth(const struct pkts_start *at, enum pkts_proto next)
{
	return (struct pkts_check){.next = (uint8_t)next, .head = PKTS_ETH_HEAD, .len = at->len};
}

/*
 * Each way has its own copy of what comes next: offsets and numbers of layers are constants there.
 * One length is asked for at once: a frame too short for IPv4 is nobody's usual one.
 */
PKTS_INLINE void pkts_start_take_frame(struct pkts_start *at, struct pkts_packet *packet)
{
	if (PKTS_UNLIKELY(pkts_start_ref(at).head < PKTS_ETH_HEAD + PKTS_IPV4_HEAD))
		return;
	const uint16_t type = pkts_be16(at->p + 12);
	if (PKTS_LIKELY(type == PKTS_ETHERTYPE_IPV4)) {
		pkts_start_step(at, packet, pkts_start_eth(at, PKTS_PROTO_IPV4));
		pkts_start_take_datagram(at, packet);
	} else if (PKTS_LIKELY(type == PKTS_ETHERTYPE_IPV6)) {
		pkts_start_step(at, packet, pkts_start_eth(at, PKTS_PROTO_IPV6));
		pkts_start_take_datagram(at, packet);
	} else if (pkts_start_take(at, packet, pkts_eth_check(pkts_start_ref(at))) &&
		   at->proto == PKTS_PROTO_VLAN &&
		   pkts_start_take(at, packet, pkts_vlan_check(pkts_start_ref(at)))) {
		pkts_start_take_datagram(at, packet);
	}
}

/* Ends the packet at the layers found so far. */
PKTS_INLINE void pkts_start_end(const struct pkts_start *at, struct pkts_packet *packet)
{
	packet->n = at->n & 15;
	packet->tunnels = at->tunnels & 15;
	packet->stop = 0;
	packet->flags = (uint8_t)at->flags;
	packet->network = at->network & 15;
	packet->transport = at->transport & 15;
	packet->layers[at->n] = (struct pkts_layer){0};
}

PKTS_INLINE struct pkts_start pkts_decode_start(
	uint8_t *data, uint32_t len, struct pkts_packet *packet)
{
	struct pkts_start at = {.p = data, .len = len, .proto = PKTS_PROTO_ETH};

	packet->data = data;
	packet->len = len;
	pkts_start_take_frame(&at, packet);
	if (PKTS_LIKELY(at.proto == PKTS_PROTO_NONE))
		pkts_start_end(&at, packet);
	return at;
}

PKTS_INLINE void pkts_decode_whole(
	const struct pkts_decoder *d, uint8_t *data, uint32_t len, struct pkts_packet *packet)
{
	const struct pkts_start at = pkts_decode_start(data, len, packet);

	if (PKTS_UNLIKELY(at.proto != PKTS_PROTO_NONE))
		pkts_decode_rest(d, packet, at.n, at.proto, at.off, at.len);
}

#endif
