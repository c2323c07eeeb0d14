/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A packet's bytes across its segments: copied, or summed. */
#include "pkts_mbuf.h"
#include "pkts_protocols.h"

#include <string.h>

/* Calls add for every piece of the bytes from off up to off + len; they are all there. */
static void walk(const void *owner, uint32_t off, uint32_t len, pkts_bytes_add *add, void *ctx)
{
	const struct rte_mbuf *m = owner;

	for (; m && off >= m->data_len; m = m->next)
		off -= m->data_len;
	for (; m && len; m = m->next) {
		const uint32_t part = RTE_MIN(len, m->data_len - off);
		add(ctx, rte_pktmbuf_mtod_offset(m, const uint8_t *, off), part);
		len -= part;
		off = 0;
	}
}

struct pkts_bytes pkts_mbuf_bytes(const struct rte_mbuf *m)
{
	return (struct pkts_bytes){walk, m};
}

static void append(void *ctx, const uint8_t *p, uint32_t n)
{
	uint8_t **const to = ctx;
	memcpy(*to, p, n);
	*to += n;
}

bool pkts_mbuf_read(const struct rte_mbuf *m, uint32_t off, uint32_t n, void *to)
{
	uint8_t *at = to;

	if (off > m->pkt_len || n > m->pkt_len - off)
		return false;
	walk(m, off, n, append, &at);
	return true;
}

static enum pkts_checksum nic_ip_verdict(uint64_t flags)
{
	switch (flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) {
	case RTE_MBUF_F_RX_IP_CKSUM_GOOD:
		return PKTS_CHECKSUM_GOOD;
	case RTE_MBUF_F_RX_IP_CKSUM_BAD:
		return PKTS_CHECKSUM_BAD;
	default:
		return PKTS_CHECKSUM_NONE;
	}
}

static enum pkts_checksum nic_l4_verdict(uint64_t flags)
{
	switch (flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) {
	case RTE_MBUF_F_RX_L4_CKSUM_GOOD:
		return PKTS_CHECKSUM_GOOD;
	case RTE_MBUF_F_RX_L4_CKSUM_BAD:
		return PKTS_CHECKSUM_BAD;
	case RTE_MBUF_F_RX_L4_CKSUM_NONE:
		return PKTS_CHECKSUM_ABSENT;
	default:
		return PKTS_CHECKSUM_NONE;
	}
}

/* A NIC calls it good that a sender made no checksum. */
static bool lacks_udp_checksum(const struct pkts_packet *packet, unsigned i)
{
	return packet->layers[i].proto == PKTS_PROTO_UDP &&
	       pkts_udp_csum(pkts_udp_at(pkts_packet_ref(packet, i))) == 0;
}

/* What the NIC says of layer i; NONE where it says nothing, or may mean another layer. */
static enum pkts_checksum nic_verdict(
	const struct rte_mbuf *m, const struct pkts_packet *packet, unsigned i)
{
	const unsigned foreign = PKTS_PACKET_QUOTE | PKTS_PACKET_FRAGMENT;

	if (!(m->ol_flags & (RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK)) ||
		packet->tunnels || packet->flags & foreign)
		return PKTS_CHECKSUM_NONE;
	switch (packet->layers[i].proto) {
	case PKTS_PROTO_IPV4:
		return nic_ip_verdict(m->ol_flags);
	case PKTS_PROTO_TCP:
	case PKTS_PROTO_UDP:
	case PKTS_PROTO_SCTP:
		return nic_l4_verdict(m->ol_flags);
	default:
		return PKTS_CHECKSUM_NONE;
	}
}

enum pkts_checksum pkts_mbuf_checksum(
	const struct rte_mbuf *m, const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_bytes bytes = pkts_mbuf_bytes(m);
	const enum pkts_checksum nic = nic_verdict(m, packet, i);

	if (nic && !lacks_udp_checksum(packet, i))
		return nic;
	return pkts_packet_checksum(packet, i, m->next ? &bytes : NULL);
}
