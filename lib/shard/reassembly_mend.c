/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What stands around a datagram that became longer: its lengths and checksums. */
#include <rte_ip.h>

#include "pkts_cksum.h"
#include "pkts_protocols.h"
#include "reassembly.h"

#define LENGTH_802_3_MAX 1500

/* A layer of the frame, and the bytes from its first to the frame's last. */
struct place {
	struct rte_mbuf *m;
	const struct pkts_packet *packet;
	unsigned i;
	uint32_t off, len;
	uint8_t *p;
};

static enum mended put_length(uint8_t *at, uint32_t v, uint32_t max)
{
	if (v > max)
		return MENDED_TOO_LONG;
	pkts_put_be16(at, (uint16_t)v);
	return MENDED;
}

/* Sum over the bytes from the layer's first to the frame's last. */
static void sum_rest(struct pkts_cksum *sum, const struct place *at)
{
	uint16_t raw = 0;

	if (rte_raw_cksum_mbuf(at->m, at->off, at->len, &raw) == 0)
		pkts_cksum_add16(sum, rte_be_to_cpu_16(raw));
}

static enum mended ipv4_length(const struct place *at)
{
	return put_length(at->p + 2, at->len, UINT16_MAX);
}

static void ipv4_sum(const struct place *at)
{
	const struct pkts_ipv4 ip = {at->p, at->packet->layers[at->i].head, at->len};
	struct pkts_cksum sum = {0};

	pkts_ipv4_set_csum(ip, 0);
	pkts_cksum_add(&sum, ip.p, ip.head);
	pkts_ipv4_set_csum(ip, (uint16_t)~pkts_cksum_fold(&sum));
}

static enum mended ipv6_length(const struct place *at)
{
	return put_length(at->p + 4, at->len - PKTS_IPV6_HEAD, UINT16_MAX);
}

static enum mended udp_length(const struct place *at)
{
	return put_length(at->p + 4, at->len, UINT16_MAX);
}

/* The addresses of the IP layer below, as the pseudo-header has them (RFC 768, RFC 8200 8.1). */
static bool sum_addresses(struct pkts_cksum *sum, const struct place *at)
{
	for (unsigned i = at->i; i-- > 0;) {
		const uint8_t *const p = at->packet->data + at->packet->layers[i].off;
		if (at->packet->layers[i].proto == PKTS_PROTO_IPV4)
			pkts_cksum_add(sum, p + 12, 8);
		else if (at->packet->layers[i].proto == PKTS_PROTO_IPV6)
			pkts_cksum_add(sum, p + 8, 32);
		else
			continue;
		return true;
	}
	return false;
}

static void udp_sum(const struct place *at)
{
	const struct pkts_udp udp = {at->p, PKTS_UDP_HEAD, at->len};
	struct pkts_cksum sum = {0};

	if (pkts_udp_csum(udp) == 0 || !sum_addresses(&sum, at))
		return;
	pkts_udp_set_csum(udp, 0);
	pkts_cksum_add16(&sum, PKTS_IPPROTO_UDP);
	pkts_cksum_add32(&sum, at->len);
	sum_rest(&sum, at);
	const uint16_t csum = (uint16_t)~pkts_cksum_fold(&sum);
	pkts_udp_set_csum(udp, csum ? csum : UINT16_MAX);
}

/* The checksum is the first thing behind the four bytes of the header (RFC 2784 2.1). */
static void gre_sum(const struct place *at)
{
	const struct pkts_gre gre = {at->p, at->packet->layers[at->i].head, at->len};
	struct pkts_cksum sum = {0};

	if (!pkts_gre_has_csum(gre) || pkts_gre_version(gre) != 0 || gre.head < 8)
		return;
	pkts_put_be16(at->p + 4, 0);
	sum_rest(&sum, at);
	pkts_put_be16(at->p + 4, (uint16_t)~pkts_cksum_fold(&sum));
}

static enum mended pppoe_length(const struct place *at)
{
	return put_length(at->p + 4, at->len - PKTS_PPPOE_HEAD, UINT16_MAX);
}

static enum mended gtp_length(const struct place *at)
{
	return put_length(at->p + 2, at->len - 8, UINT16_MAX);
}

/* Of Ethernet, VLAN: the type's place holds a length where LLC follows (IEEE 802.3 3.2.6). */
static enum mended length_before_llc(const struct place *at, uint32_t head)
{
	if (at->i + 1 >= at->packet->n || at->packet->layers[at->i + 1].proto != PKTS_PROTO_LLC)
		return MENDED_NOTHING;
	return put_length(at->p + head - 2, at->len - head, LENGTH_802_3_MAX);
}

static enum mended eth_length(const struct place *at)
{
	return length_before_llc(at, PKTS_ETH_HEAD);
}

static enum mended vlan_length(const struct place *at)
{
	return length_before_llc(at, PKTS_VLAN_HEAD);
}

static const struct {
	enum mended (*length)(const struct place *at);
	void (*sum)(const struct place *at);
} menders[PKTS_PROTO_MAX] = {
	[PKTS_PROTO_ETH] = {eth_length, NULL},
	[PKTS_PROTO_VLAN] = {vlan_length, NULL},
	[PKTS_PROTO_PPPOE] = {pppoe_length, NULL},
	[PKTS_PROTO_IPV4] = {ipv4_length, ipv4_sum},
	[PKTS_PROTO_IPV6] = {ipv6_length, NULL},
	[PKTS_PROTO_UDP] = {udp_length, udp_sum},
	[PKTS_PROTO_GRE] = {NULL, gre_sum},
	[PKTS_PROTO_GTP] = {gtp_length, NULL},
};

static struct place place_of(struct rte_mbuf *m, const struct pkts_packet *packet, unsigned i)
{
	const uint32_t off = packet->layers[i].off;
	return (struct place){m, packet, i, off, m->pkt_len - off, packet->data + off};
}

static enum mended mend_length(const struct place *at)
{
	const unsigned proto = at->packet->layers[at->i].proto;
	const enum mended mended =
		menders[proto].length ? menders[proto].length(at) : MENDED_NOTHING;

	return mended == MENDED_NOTHING && menders[proto].sum ? MENDED : mended;
}

static enum mended mend_lengths(struct rte_mbuf *m, const struct pkts_packet *packet, unsigned n)
{
	enum mended all = MENDED_NOTHING;

	for (unsigned i = 0; i < n; i++) {
		const struct place at = place_of(m, packet, i);
		const enum mended mended = mend_length(&at);
		if (mended == MENDED_TOO_LONG)
			return mended;
		if (mended == MENDED)
			all = mended;
	}
	return all;
}

/* Inner sums first: outer ones cover them. */
enum mended reassembly_mend(struct rte_mbuf *m, const struct pkts_packet *packet, uint32_t end)
{
	unsigned n = 0;

	while (n < packet->n && packet->layers[n].off < end)
		n++;
	const enum mended mended = mend_lengths(m, packet, n);
	while (mended == MENDED && n-- > 0) {
		const struct place at = place_of(m, packet, n);
		if (menders[packet->layers[n].proto].sum)
			menders[packet->layers[n].proto].sum(&at);
	}
	return mended;
}
