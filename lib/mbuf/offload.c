/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "offload.h"

#include <errno.h>

#include "edit.h"
#include "pkts_mbuf_compose.h"
#include "pkts_protocols.h"
#include "segment.h"

/* What the bit fields of rte_mbuf hold. */
#define L2_MAX 127u
#define L3_MAX 511u

#define NONE UINT32_MAX

/* Asking */

/* The headers that flags and lengths are about, as rows of the packet; NONE where there is none. */
struct headers {
	unsigned l3, l4;	  /* of the innermost packet that asks */
	unsigned outer, outer_l4; /* of the one around it; outer_l4 only if that is UDP */
	unsigned tunnel;	  /* what follows outer, and its extension headers */
};

static bool is_ip(const struct pkts_packet *packet, unsigned i)
{
	return packet->layers[i].proto == PKTS_PROTO_IPV4 ||
	       packet->layers[i].proto == PKTS_PROTO_IPV6;
}

static bool is_extension(const struct pkts_packet *packet, unsigned i)
{
	const enum pkts_proto proto = packet->layers[i].proto;

	return pkts_is_ipv6_ext(proto) && proto != PKTS_PROTO_AH;
}

/* The nearest IP header below layer i. */
static unsigned ip_below(const struct pkts_packet *packet, unsigned i)
{
	while (i != NONE && i-- > 0)
		if (is_ip(packet, i))
			return i;
	return NONE;
}

static uint64_t l4_flag(enum pkts_proto proto)
{
	switch (proto) {
	case PKTS_PROTO_TCP:
		return RTE_MBUF_F_TX_TCP_CKSUM;
	case PKTS_PROTO_UDP:
		return RTE_MBUF_F_TX_UDP_CKSUM;
	case PKTS_PROTO_SCTP:
		return RTE_MBUF_F_TX_SCTP_CKSUM;
	default:
		return 0;
	}
}

static struct headers find_headers(const struct pkts_packet *packet, uint32_t wanted)
{
	struct headers h = {NONE, NONE, NONE, NONE, NONE};

	for (unsigned i = packet->n; i-- > 0 && h.l3 == NONE;) {
		if (!(wanted >> i & 1))
			continue;
		if (packet->layers[i].proto == PKTS_PROTO_IPV4)
			h.l3 = i;
		else if (l4_flag(packet->layers[i].proto) && ip_below(packet, i) != NONE) {
			h.l4 = i;
			h.l3 = ip_below(packet, i);
		}
	}
	h.outer = ip_below(packet, h.l3);
	if (h.outer == NONE)
		return h;
	h.tunnel = h.outer + 1;
	while (h.tunnel < h.l3 && is_extension(packet, h.tunnel))
		h.tunnel++;
	if (packet->layers[h.tunnel].proto == PKTS_PROTO_UDP)
		h.outer_l4 = h.tunnel;
	return h;
}

static uint64_t tunnel_flag(const struct pkts_packet *packet, const struct headers *h)
{
	const unsigned i = h->outer_l4 != NONE ? h->outer_l4 + 1 : h->tunnel;

	switch (packet->layers[i].proto) {
	case PKTS_PROTO_VXLAN:
		return RTE_MBUF_F_TX_TUNNEL_VXLAN;
	case PKTS_PROTO_GENEVE:
		return RTE_MBUF_F_TX_TUNNEL_GENEVE;
	case PKTS_PROTO_GTP:
		return RTE_MBUF_F_TX_TUNNEL_GTP;
	case PKTS_PROTO_MPLS:
		return h->outer_l4 != NONE ? RTE_MBUF_F_TX_TUNNEL_MPLSINUDP
					   : RTE_MBUF_F_TX_TUNNEL_IP;
	case PKTS_PROTO_GRE:
		return RTE_MBUF_F_TX_TUNNEL_GRE;
	case PKTS_PROTO_IPV4:
	case PKTS_PROTO_IPV6:
		return RTE_MBUF_F_TX_TUNNEL_IPIP;
	default:
		return h->outer_l4 != NONE ? RTE_MBUF_F_TX_TUNNEL_UDP : RTE_MBUF_F_TX_TUNNEL_IP;
	}
}

static uint32_t off(const struct pkts_packet *packet, unsigned i)
{
	return packet->layers[i].off;
}

/* The header of l3, and what is behind it up to l4. */
static uint32_t l3_len(const struct pkts_packet *packet, const struct headers *h)
{
	return h->l4 != NONE ? off(packet, h->l4) - off(packet, h->l3) : packet->layers[h->l3].head;
}

static uint64_t bit(unsigned i)
{
	return i == NONE ? 0 : UINT64_C(1) << i;
}

static bool ask_inner(struct rte_mbuf *m, const struct pkts_packet *packet, const struct headers *h,
	uint32_t wanted)
{
	const bool ipv4 = packet->layers[h->l3].proto == PKTS_PROTO_IPV4;

	if (l3_len(packet, h) > L3_MAX)
		return false;
	m->l3_len = l3_len(packet, h) & L3_MAX;
	m->l4_len = h->l4 != NONE ? packet->layers[h->l4].head & 255 : 0;
	m->ol_flags |= ipv4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6;
	if (wanted & bit(h->l3))
		m->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;
	if (h->l4 != NONE)
		m->ol_flags |= l4_flag(packet->layers[h->l4].proto);
	return true;
}

/* Nothing around is wanted: all that is there counts as one long link header. */
static uint32_t ask_alone(struct rte_mbuf *m, const struct pkts_packet *packet,
	const struct headers *h, uint32_t wanted)
{
	if (off(packet, h->l3) > L2_MAX || !ask_inner(m, packet, h, wanted))
		return 0;
	m->l2_len = off(packet, h->l3) & L2_MAX;
	return (uint32_t)((bit(h->l3) | bit(h->l4)) & wanted);
}

static uint32_t ask_in_tunnel(struct rte_mbuf *m, const struct pkts_packet *packet,
	const struct headers *h, uint32_t wanted)
{
	const uint32_t outer_l3 = off(packet, h->tunnel) - off(packet, h->outer);
	const uint32_t l2 = off(packet, h->l3) - off(packet, h->tunnel);
	const bool ipv4 = packet->layers[h->outer].proto == PKTS_PROTO_IPV4;

	if (off(packet, h->outer) > L2_MAX || outer_l3 > L3_MAX || l2 > L2_MAX ||
		!ask_inner(m, packet, h, wanted))
		return 0;
	m->outer_l2_len = off(packet, h->outer) & L2_MAX;
	m->outer_l3_len = outer_l3 & L3_MAX;
	m->l2_len = l2 & L2_MAX;
	m->ol_flags |= tunnel_flag(packet, h) |
		       (ipv4 ? RTE_MBUF_F_TX_OUTER_IPV4 : RTE_MBUF_F_TX_OUTER_IPV6);
	if (wanted & bit(h->outer))
		m->ol_flags |= RTE_MBUF_F_TX_OUTER_IP_CKSUM;
	if (wanted & bit(h->outer_l4))
		m->ol_flags |= RTE_MBUF_F_TX_OUTER_UDP_CKSUM;
	return (uint32_t)((bit(h->l3) | bit(h->l4) | bit(h->outer) | bit(h->outer_l4)) & wanted);
}

/* Is there a checksum around layer i that is made before hardware could fill in i's? */
static bool inside_made_checksum(const struct pkts_packet *packet, unsigned i, uint64_t asked)
{
	while (i-- > 0) {
		uint32_t n;
		const uint32_t at = sums_field(packet, i, &n);
		const bool header_only = sums_is_of_header(packet->layers[i].proto);
		if (n && !header_only && !(asked >> i & 1) && pkts_be16(packet->data + at) != 0)
			return true;
	}
	return false;
}

/* Which of the wanted checksums hardware does; flags and lengths are set. */
static uint32_t ask(struct rte_mbuf *m, const struct pkts_packet *packet, uint32_t wanted)
{
	const struct headers h = find_headers(packet, wanted);
	const uint64_t around = bit(h.outer) | bit(h.outer_l4);

	if (h.l3 == NONE ||
		inside_made_checksum(packet, h.l4 != NONE ? h.l4 : h.l3, around & wanted))
		return 0;
	if (!(wanted & around) && off(packet, h.l3) <= L2_MAX)
		return ask_alone(m, packet, &h, wanted);
	return h.outer != NONE ? ask_in_tunnel(m, packet, &h, wanted) : 0;
}

/* Makes the checksum of a layer, and tells those around it. */
static void make(struct pkts_packet *packet, const struct pkts_bytes *bytes, unsigned i)
{
	uint8_t was[PKTS_PACKET_LAYERS];
	struct sums before, after;
	uint32_t n;
	const uint32_t at = sums_field(packet, i, &n);

	for (unsigned k = 0; k < PKTS_PACKET_LAYERS; k++)
		was[k] = (uint8_t)k;
	sums_take(&before, packet, bytes, at, at + n);
	sums_make(packet, bytes, i);
	sums_take(&after, packet, bytes, at, at + n);
	const struct sums_edit e = {&before, &after, was, 1u << i};
	sums_settle(&e, packet, bytes);
}

void offload_ask(struct rte_mbuf *m, struct pkts_packet *packet, uint32_t wanted)
{
	const struct pkts_bytes bytes = pkts_mbuf_bytes(m);
	const uint32_t left = wanted & ~ask(m, packet, wanted);

	for (unsigned i = packet->n; i-- > 0;)
		if (left >> i & 1)
			make(packet, &bytes, i);
}

/* Doing it in software */

/* A packet from somewhere in its mbuf on. */
struct part {
	const struct rte_mbuf *m;
	uint32_t from;
};

static void walk_part(const void *owner, uint32_t at, uint32_t len, pkts_bytes_add *add, void *ctx)
{
	const struct part *const p = owner;
	const struct pkts_bytes bytes = pkts_mbuf_bytes(p->m);

	bytes.walk(bytes.owner, p->from + at, len, add, ctx);
}

/* The two headers, as the lengths have them, where decoding sees others. */
static bool by_lengths(
	struct pkts_packet *packet, const struct pkts_frame *f, uint32_t l3, enum pkts_proto l4)
{
	const enum pkts_proto ip = packet->layers[0].proto;
	const struct pkts_check c = pkts_check(ip, (struct pkts_ref){f->data, f->head, f->len});

	if (c.fatal || c.len < l3 || c.head > l3)
		return false;
	packet->n = 2;
	packet->flags = 0;
	packet->layers[0] = pkts_layer_make(ip, 0, l3, c.len);
	packet->layers[1] = pkts_layer_make(l4, l3, 8, c.len - l3);
	return true;
}

/* The layer of that protocol `l3` bytes behind the IP header at `from`; NONE: there is none. */
static unsigned find(struct pkts_packet *packet, struct rte_mbuf *m, uint32_t from, uint32_t l3,
	enum pkts_proto l4)
{
	const struct pkts_frame f = {.data = rte_pktmbuf_mtod_offset(m, uint8_t *, from),
		.head = m->data_len - from,
		.len = m->pkt_len - from,
		.wire = m->pkt_len - from};
	const enum pkts_proto ip = f.data[0] >> 4 == 6 ? PKTS_PROTO_IPV6 : PKTS_PROTO_IPV4;

	pkts_decode_from(NULL, &f, packet, ip);
	packet->layers[0].proto = (uint8_t)ip;
	for (unsigned i = 1; i < packet->n; i++)
		if (packet->layers[i].off == l3 && packet->layers[i].proto == l4)
			return i;
	return l4 != PKTS_PROTO_NONE && by_lengths(packet, &f, l3, l4) ? 1 : NONE;
}

/* One IP header, and what it carries. */
static int finish_packet(
	struct rte_mbuf *m, uint32_t from, uint32_t l3, bool header, enum pkts_proto l4)
{
	const struct part part = {m, from};
	const struct pkts_bytes bytes = {walk_part, &part};
	struct pkts_packet packet;
	const unsigned i = find(&packet, m, from, l3, l4);

	if ((l4 != PKTS_PROTO_NONE && i == NONE) || (header && packet.n == 0))
		return -EINVAL;
	if (l4 != PKTS_PROTO_NONE)
		sums_make(&packet, &bytes, i);
	if (header && packet.layers[0].proto == PKTS_PROTO_IPV4)
		sums_make(&packet, &bytes, 0);
	return 0;
}

static enum pkts_proto asked_l4(const struct rte_mbuf *m)
{
	switch (m->ol_flags & RTE_MBUF_F_TX_L4_MASK) {
	case RTE_MBUF_F_TX_TCP_CKSUM:
		return PKTS_PROTO_TCP;
	case RTE_MBUF_F_TX_UDP_CKSUM:
		return PKTS_PROTO_UDP;
	case RTE_MBUF_F_TX_SCTP_CKSUM:
		return PKTS_PROTO_SCTP;
	default:
		return PKTS_PROTO_NONE;
	}
}

static uint32_t l4_head(enum pkts_proto l4)
{
	switch (l4) {
	case PKTS_PROTO_TCP:
		return PKTS_TCP_HEAD;
	case PKTS_PROTO_UDP:
		return PKTS_UDP_HEAD;
	case PKTS_PROTO_SCTP:
		return PKTS_SCTP_HEAD;
	default:
		return 0;
	}
}

static bool has_outer(const struct rte_mbuf *m)
{
	return m->ol_flags & (RTE_MBUF_F_TX_OUTER_IP_CKSUM | RTE_MBUF_F_TX_OUTER_UDP_CKSUM |
				     RTE_MBUF_F_TX_OUTER_IPV4 | RTE_MBUF_F_TX_OUTER_IPV6 |
				     RTE_MBUF_F_TX_TUNNEL_MASK);
}

#define TX_FLAGS                                                                                   \
	(PKTS_MBUF_TX_CHECKSUMS | RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6 |                        \
		RTE_MBUF_F_TX_OUTER_IPV4 | RTE_MBUF_F_TX_OUTER_IPV6 | RTE_MBUF_F_TX_TUNNEL_MASK)

static int finish_outer(struct rte_mbuf *m)
{
	const bool header = m->ol_flags & RTE_MBUF_F_TX_OUTER_IP_CKSUM;
	const bool udp = m->ol_flags & RTE_MBUF_F_TX_OUTER_UDP_CKSUM;

	if (!header && !udp)
		return 0;
	return finish_packet(m, m->outer_l2_len, m->outer_l3_len, header,
		udp ? PKTS_PROTO_UDP : PKTS_PROTO_NONE);
}

int pkts_mbuf_tx_finish(struct rte_mbuf **m)
{
	const enum pkts_proto l4 = asked_l4(*m);
	const bool header = (*m)->ol_flags & RTE_MBUF_F_TX_IP_CKSUM;
	const uint32_t outer = has_outer(*m) ? (*m)->outer_l2_len + (*m)->outer_l3_len : 0;
	const uint32_t from = outer + (*m)->l2_len, l3 = (*m)->l3_len;
	int ret = 0;

	if (!((*m)->ol_flags & PKTS_MBUF_TX_CHECKSUMS))
		return 0;
	if ((l4 != PKTS_PROTO_NONE || header) && l3 < PKTS_IPV4_HEAD)
		return -EINVAL;
	ret = segment_own(m, RTE_MAX(from + l3 + l4_head(l4), outer + PKTS_UDP_HEAD));
	if (ret == 0 && (l4 != PKTS_PROTO_NONE || header))
		ret = finish_packet(*m, from, l3, header, l4);
	if (ret == 0)
		ret = finish_outer(*m);
	if (ret == 0)
		(*m)->ol_flags &= ~TX_FLAGS;
	return ret;
}
