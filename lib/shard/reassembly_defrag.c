/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Bursts of packets through a table of fragments. */
#include "reassembly.h"

#define ROUNDS	     8 /* fragments in fragments; packets have fewer tunnels */
#define LINKTYPE_RAW 101

/* VLAN tags that are no longer in the bytes. */
static uint32_t domain_of(const struct rte_mbuf *m)
{
	uint32_t domain = 0;
	uint16_t tags[2];

	for (unsigned i = pkts_mbuf_vlans(m, tags); i-- > 0;)
		domain = domain << 16 | 0x1000 | (tags[i] & 0xfffu);
	return domain;
}

/* Nothing of what was around the datagram; *m begins with its IP header. */
static void strip(struct pkts_mbuf_defrag *d, struct rte_mbuf *m, uint32_t off)
{
	struct pkts_mbuf_meta meta = pkts_mbuf_meta(m);

	d->raw++;
	rte_pktmbuf_adj(m, (uint16_t)off);
	meta.link = LINKTYPE_RAW;
	meta.wire_len = m->pkt_len;
	pkts_mbuf_set_meta(m, meta);
}

static void decode_whole(
	struct pkts_mbuf_defrag *d, struct rte_mbuf **m, struct pkts_packet *packet, uint32_t off)
{
	d->rebuilt++;
	pkts_mbuf_decode(d->decoder, m, packet);
	const enum mended mended = reassembly_mend(*m, packet, off);
	if (mended == MENDED_NOTHING)
		return;
	if (mended == MENDED_TOO_LONG)
		strip(d, *m, off);
	pkts_mbuf_decode(d->decoder, m, packet);
}

/* Lets go of a fragment that the table may have kept: then it was not shared before, and is not now. */
static void leave(struct rte_mbuf *m, bool alone)
{
	if (alone && rte_mbuf_refcnt_read(m) == 2)
		rte_mbuf_refcnt_set(m, 1);
	else
		rte_pktmbuf_free(m);
}

/* The last fragment's mbuf is let go first, so that it can be part of the whole. */
static bool fetch(
	struct pkts_mbuf_defrag *d, struct rte_mbuf **m, struct pkts_packet *packet, bool alone)
{
	const struct rte_mbuf about = **m;
	struct pkts_datagram datagram;
	uint32_t off;

	leave(*m, alone);
	if (!pkts_ipfrag_get(d->table, &datagram))
		return false;
	*m = reassembly_rebuild(d, &datagram, &about, &off);
	if (!*m) {
		d->lost++;
		return false;
	}
	decode_whole(d, m, packet, off);
	return true;
}

/* Behind the headers of layer i, where it is contiguous. */
static struct pkts_piece piece_of(struct rte_mbuf *m, const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_ref r = pkts_packet_ref(packet, i);
	const uint32_t off = packet->layers[i].off + r.head;
	struct pkts_piece piece = {r.p + r.head, r.len - r.head, pkts_mbuf_cost(m), m};

	if (m->nb_segs == 1)
		return piece;
	struct pkts_mbuf_pieces it = pkts_mbuf_pieces(m, off, piece.len);
	if (!pkts_mbuf_piece_next(&it, &piece))
		piece.len = 0;
	return piece;
}

/* Puts the fragment that layer i is. True if there is a packet to go on with. */
static bool put(struct pkts_mbuf_defrag *d, struct rte_mbuf **m, struct pkts_packet *packet,
	unsigned i, uint64_t now)
{
	if ((*m)->nb_segs > 1 &&
		pkts_mbuf_gather(m, packet, packet->layers[i].off + packet->layers[i].head)) {
		d->lost++;
		rte_pktmbuf_free(*m);
		return false;
	}
	const struct pkts_piece piece = piece_of(*m, packet, i);
	const bool alone = (*m)->nb_segs == 1 && rte_mbuf_refcnt_read(*m) == 1;
	pkts_ipfrag_set_domain(d->table, domain_of(*m));
	const enum pkts_ipfrag_verdict verdict = pkts_ipfrag_put(d->table, packet, i, &piece, now);
	if (d->on_events && pkts_ipfrag_events(d->table))
		d->on_events(d->ctx, packet, i, pkts_ipfrag_events(d->table));
	switch (verdict) {
	case PKTS_IPFRAG_PASS:
		return true;
	case PKTS_IPFRAG_READY:
		return fetch(d, m, packet, alone);
	default:
		leave(*m, alone);
		return false;
	}
}

static bool put_fragment(
	struct pkts_mbuf_defrag *d, struct rte_mbuf **m, struct pkts_packet *packet, uint64_t now)
{
	const uint64_t stamp = pkts_mbuf_timestamp(*m);
	bool there = true;

	for (unsigned round = 0; there && round < ROUNDS; round++) {
		if (!(packet->flags & PKTS_PACKET_FRAGMENT))
			break;
		const int i = pkts_ipfrag_layer(packet);
		if (i < 0)
			break;
		there = put(d, m, packet, (unsigned)i, stamp ? stamp : now);
	}
	return there;
}

uint16_t pkts_mbuf_defrag(struct pkts_mbuf_defrag *d, struct rte_mbuf **m,
	struct pkts_packet *packets, uint16_t n, uint64_t now_ns)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *one = m[i];
		struct pkts_packet *const packet = &packets[kept];
		pkts_mbuf_fetch(m, i + 1u, n);
		pkts_mbuf_decode(d->decoder, &one, packet);
		if (packet->flags & PKTS_PACKET_FRAGMENT && !put_fragment(d, &one, packet, now_ns))
			continue;
		m[kept++] = one;
	}
	return kept;
}
