/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The bridge between rte_mbuf and Packet: metadata of received frames, decoding, pull-up,
 * checksums. */
#ifndef PKTS_MBUF_H
#define PKTS_MBUF_H

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_prefetch.h>

#include "pkts_checksum.h"
#include "pkts_error.h"
#include "pkts_packet.h"
#include "pkts_start.h"

/*
 * What a port knows of a received frame besides rte_mbuf's own fields (vlan_tci, hash, ol_flags),
 * in a dynamic field of every mbuf that a port of this library delivers. An mbuf from elsewhere
 * counts as an Ethernet frame that is all there, until pkts_mbuf_set_meta() says otherwise.
 */
struct pkts_mbuf_meta {
	uint32_t wire_len;  /* bytes on the wire; above pkt_len if the capture was cut */
	uint16_t link;	    /* LINKTYPE_ value of the pcap formats: 1 Ethernet, 101 raw IP, ... */
	uint16_t interface; /* which of a file's interfaces, counted from 0; 0 for live ports */
};

/*
 * Registers the dynamic fields. Once, after rte_eal_init() and before the first port is opened
 * (pkts_runtime_init() does it). 0; -ENOSPC if the mbuf has no room left; other -errno of
 * rte_mbuf_dynfield_register(). Calling it again is harmless.
 */
int pkts_mbuf_init(struct pkts_error *err);

/*
 * rte_pktmbuf_pool_create() for `size` buffers of the default size, without private data. Where there are no
 * hugepages, clearing a page for each of them takes longer than many a file: the first are made now, and others
 * when somebody takes from the pool and there is none, until there are `size`. The pool is like any other
 * for whoever has it, from any thread; it is meant for work that can wait, not for a NIC's queue. To be freed with
 * rte_mempool_free(). NULL and rte_errno; ENOMEM if there is no memory for all of them.
 */
struct rte_mempool *pkts_mbuf_pool_create(
	const char *name, uint32_t size, unsigned cache, int socket);

/* Nanoseconds since the epoch at which the frame was received; 0 if its source has no clock. */
static inline uint64_t pkts_mbuf_timestamp(const struct rte_mbuf *m);
static inline void pkts_mbuf_set_timestamp(struct rte_mbuf *m, uint64_t ns);

static inline struct pkts_mbuf_meta pkts_mbuf_meta(const struct rte_mbuf *m);
/* After pkt_len has its final value. */
static inline void pkts_mbuf_set_meta(struct rte_mbuf *m, struct pkts_mbuf_meta meta);

/*
 * Makes the first n bytes of a packet contiguous, in its first segment; the rest stays chained, and
 * segments that become empty are freed. Where the first segment may not be written to (shared, or a
 * clone) or has no room for n bytes, a new one from the same pool takes its place and *m changes.
 * Whoever else holds the packet or some of its segments sees them as they were.
 * 0; -EINVAL if the packet or a segment's room is shorter than n; -ENOMEM if the pool is empty;
 * then the packet is as it was.
 */
int pkts_mbuf_pull(struct rte_mbuf **m, uint32_t n);

/* How many VLAN tags the NIC has taken off; they themselves, with priority, the inner one first. */
static inline unsigned pkts_mbuf_vlans(const struct rte_mbuf *m, uint16_t tags[2]);

/*
 * pkts_decode() for the packet in *m, which is pulled up as far as its headers reach and no further
 * (*m may change, see pkts_mbuf_pull()). If the pool has run dry the packet says CUT. Views of
 * packet are good until *m is freed or edited. What most frames need is inlined: reading the packet
 * straight afterwards, in the same loop, is cheaper than decoding a burst first.
 */
static inline void pkts_mbuf_decode(
	const struct pkts_decoder *d, struct rte_mbuf **m, struct pkts_packet *packet);

/* The same for n of them, fetching ahead. */
void pkts_mbuf_decode_burst(
	const struct pkts_decoder *d, struct rte_mbuf **m, struct pkts_packet *packets, unsigned n);

/*
 * Ask the cache for what decoding reads, in loops of one's own over n mbufs: fetch_first() before the
 * loop, then in it fetch() for the mbuf PKTS_MBUF_FETCH further on than the one at hand; that does
 * nothing where i is not below n.
 */
#define PKTS_MBUF_FETCH 4u
static inline void pkts_mbuf_fetch_first(struct rte_mbuf *const *m, unsigned n);
static inline void pkts_mbuf_fetch(struct rte_mbuf *const *m, unsigned i, unsigned n);

/* What pkts_mbuf_decode() leaves out of line: packets that are no whole Ethernet frame in one segment,
 * and decoders that replace a choice. */
void pkts_mbuf_decode_other(
	const struct pkts_decoder *d, struct rte_mbuf **m, struct pkts_packet *packet);

/*
 * pkts_packet_checksum() for layer i of the packet that was decoded from m, over all of its
 * segments; or the NIC's verdict where m carries one, for the IPv4 header and the transport layer
 * of a packet without tunnels, that is no fragment and quotes nothing: in others it may mean
 * another layer. A sum that hardware was still to fill in (RTE_MBUF_F_RX_L4_CKSUM_NONE) is ABSENT.
 */
enum pkts_checksum pkts_mbuf_checksum(
	const struct rte_mbuf *m, const struct pkts_packet *packet, unsigned i);

/*
 * Copies n bytes from offset off of the packet, across segments. False if they are not all there;
 * nothing is written then.
 */
bool pkts_mbuf_read(const struct rte_mbuf *m, uint32_t off, uint32_t n, void *to);

/* All bytes of the packet, in as many pieces as it has segments. Lives as long as m. */
struct pkts_bytes pkts_mbuf_bytes(const struct rte_mbuf *m);

/* Where pkts_mbuf_init() put the fields: offsets from the mbuf. Read-only for everyone else. */
extern int pkts_mbuf_timestamp_offset;
extern int pkts_mbuf_meta_offset;
extern uint64_t pkts_mbuf_timestamp_flag;
extern uint64_t pkts_mbuf_meta_flag; /* in ol_flags: the field holds something */

/* inline definitions */

static inline uint64_t pkts_mbuf_timestamp(const struct rte_mbuf *m)
{
	return m->ol_flags & pkts_mbuf_timestamp_flag
		       ? *RTE_MBUF_DYNFIELD(
				 m, pkts_mbuf_timestamp_offset, const rte_mbuf_timestamp_t *)
		       : 0;
}

static inline void pkts_mbuf_set_timestamp(struct rte_mbuf *m, uint64_t ns)
{
	*RTE_MBUF_DYNFIELD(m, pkts_mbuf_timestamp_offset, rte_mbuf_timestamp_t *) = ns;
	m->ol_flags |= pkts_mbuf_timestamp_flag;
}

static inline struct pkts_mbuf_meta pkts_mbuf_meta(const struct rte_mbuf *m)
{
	if (!(m->ol_flags & pkts_mbuf_meta_flag))
		return (struct pkts_mbuf_meta){.wire_len = m->pkt_len, .link = 1};
	return *RTE_MBUF_DYNFIELD(m, pkts_mbuf_meta_offset, const struct pkts_mbuf_meta *);
}

/* What an mbuf without the field stands for is not written: readers then need no second cache line.
 */
static inline void pkts_mbuf_set_meta(struct rte_mbuf *m, struct pkts_mbuf_meta meta)
{
	if (meta.link == 1 && meta.wire_len == m->pkt_len && meta.interface == 0) {
		m->ol_flags &= ~pkts_mbuf_meta_flag;
		return;
	}
	*RTE_MBUF_DYNFIELD(m, pkts_mbuf_meta_offset, struct pkts_mbuf_meta *) = meta;
	m->ol_flags |= pkts_mbuf_meta_flag;
}

static inline unsigned pkts_mbuf_vlans(const struct rte_mbuf *m, uint16_t tags[2])
{
	unsigned n = 0;

	if (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED)
		tags[n++] = m->vlan_tci;
	if (m->ol_flags & RTE_MBUF_F_RX_QINQ_STRIPPED)
		tags[n++] = m->vlan_tci_outer;
	return n;
}

/* A whole Ethernet frame in one segment. */
static inline bool pkts_mbuf_is_plain(const struct rte_mbuf *m)
{
	return !(m->ol_flags & pkts_mbuf_meta_flag) && m->nb_segs == 1;
}

static inline __attribute__((always_inline)) void pkts_mbuf_decode(
	const struct pkts_decoder *d, struct rte_mbuf **m, struct pkts_packet *packet)
{
	if (unlikely(!pkts_mbuf_is_plain(*m) || (d && d->replaced)))
		pkts_mbuf_decode_other(d, m, packet);
	else
		pkts_decode_whole(d, rte_pktmbuf_mtod(*m, uint8_t *), (*m)->data_len, packet);
}

/* Two lines of the frame: the headers of TCP over IPv6 end in the second, and so do options. */
static inline void pkts_mbuf_fetch_headers(const struct rte_mbuf *m)
{
	const uint8_t *const p = rte_pktmbuf_mtod(m, const uint8_t *);

	rte_prefetch0(p);
	rte_prefetch0(p + RTE_CACHE_LINE_SIZE);
}

/* All of the mbufs before the first frame: where that lies is not known until the mbuf is there. */
static inline void pkts_mbuf_fetch_first(struct rte_mbuf *const *m, unsigned n)
{
	for (unsigned i = 0; i < n && i < 2 * PKTS_MBUF_FETCH; i++)
		rte_prefetch0(m[i]);
	for (unsigned i = 0; i < n && i < PKTS_MBUF_FETCH; i++)
		pkts_mbuf_fetch_headers(m[i]);
}

static inline void pkts_mbuf_fetch(struct rte_mbuf *const *m, unsigned i, unsigned n)
{
	if (i + PKTS_MBUF_FETCH < n)
		rte_prefetch0(m[i + PKTS_MBUF_FETCH]);
	if (i < n)
		pkts_mbuf_fetch_headers(m[i]);
}

#endif
