/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The bridge between rte_mbuf and Sequence: mbufs as owners of payload, datagrams put together as
 * chains of mbufs, and Sequences in memory of a NUMA node.
 */
#ifndef PKTS_REASSEMBLY_H
#define PKTS_REASSEMBLY_H

#include "pkts_ipfrag.h"
#include "pkts_mbuf.h"
#include "pkts_sctp_seq.h"
#include "pkts_tcp_seq.h"

/*
 * For the `hold` of every Sequence whose pieces' owner is an mbuf, the first of its packet: a
 * reference to all of the packet's segments. While it is held, the mbufs' bytes and lengths must not
 * change (pkts_mbuf_pull() and pkts_mbuf_gather() know that).
 */
extern const struct pkts_hold pkts_mbuf_holder;

/* What keeping a packet pins: its segments' buffers, whatever they hold, and their mbufs. */
uint32_t pkts_mbuf_cost(const struct rte_mbuf *m);

/* Walks the bytes from off up to off + len of a packet as pieces, one for each segment; owner: m. */
struct pkts_mbuf_pieces {
	const struct rte_mbuf *seg;
	uint32_t off, left, cost;
	void *owner;
};
struct pkts_mbuf_pieces pkts_mbuf_pieces(struct rte_mbuf *m, uint32_t off, uint32_t len);
bool pkts_mbuf_piece_next(struct pkts_mbuf_pieces *it, struct pkts_piece *piece);

/*
 * Makes the bytes of *m from `off` on contiguous, if they lie in several segments: for whoever needs a
 * payload in one piece. The packet becomes a new one with a copy of its bytes, from m's pool and
 * rte_malloc(), and the old one is freed; *m and packet->data change. packet was decoded from *m, and
 * its headers up to `off` are contiguous. Above 65,535 bytes there are still several segments.
 * 0, also where nothing is behind `off`; -EINVAL if those bytes are in several segments and `off` lies
 * behind the first; -ENOMEM. After an error nothing has changed.
 */
int pkts_mbuf_gather(struct rte_mbuf **m, struct pkts_packet *packet, uint32_t off);

/* The same of all its bytes, headers too: one segment. -EINVAL above 65,535 bytes. */
int pkts_mbuf_gather_all(struct rte_mbuf **m, struct pkts_packet *packet);

/* How the packets of a shard are defragmented. */
struct pkts_mbuf_defrag {
	struct pkts_ipfrag *table; /* its conf.hold is pkts_mbuf_holder */
	struct rte_mempool *pool;  /* of headers, and of second references to one fragment */
	const struct pkts_decoder *decoder; /* NULL: the defaults */

	/* Told of every datagram that was put together, before a packet is made of it. May be NULL. */
	void (*on_datagram)(void *ctx, const struct pkts_datagram *d);
	/* Told of a fragment, which layer i of the packet is, that made the table notice something: events is
	 * what pkts_ipfrag_events() says, TIMEOUT and EVICTED of other datagrams included. May be NULL. */
	void (*on_events)(void *ctx, const struct pkts_packet *packet, unsigned i, uint64_t events);
	void *ctx;

	uint64_t rebuilt; /* packets that came out whole */
	uint64_t raw;	  /* of them without what was around the datagram: see below */
	uint64_t lost;	  /* datagrams or fragments dropped for want of mbufs or memory */
};

/*
 * Decodes n received packets, and puts fragments through d->table. What there is to go on with stands
 * in m[] and packets[] afterwards, in order; returns how many. Fragments are kept, or freed; in the
 * place of the last one of a datagram stands the whole packet, decoded. Time is that of the packets,
 * or now_ns for those that have none.
 *
 * The whole packet has the first fragment's headers, from the link layer inwards, and everybody's
 * payload without a copy: the fragments' own mbufs, or indirect ones where a buffer is shared. What
 * is outside the datagram is mended: lengths of IPv4, IPv6, UDP, PPPoE, GTP, 802.3; checksums of IPv4,
 * UDP, GRE. Where a length has no room for it (64 KiB in a tunnel), the packet begins with the
 * datagram's IP header (link type 101). Timestamp, port and interface are those of the last fragment;
 * what a NIC said of its checksums and its hash is forgotten.
 *
 * A fragment in a whole packet is put through again, as deep as there are tunnels. A VLAN tag that the
 * NIC took off is part of what tells datagrams apart. A payload in several segments is copied
 * (pkts_mbuf_gather()).
 */
uint16_t pkts_mbuf_defrag(struct pkts_mbuf_defrag *d, struct rte_mbuf **m,
	struct pkts_packet *packets, uint16_t n, uint64_t now_ns);

/*
 * Sequences in memory of a NUMA node (SOCKET_ID_ANY: any), or, where there are no hugepages, in ordinary
 * pages, each there once it is touched. NULL for a configuration that init would refuse, or if there is
 * not so much. destroy releases what is held; NULL is fine.
 */
struct pkts_ipfrag *pkts_ipfrag_create(const struct pkts_ipfrag_conf *conf, int socket);
void pkts_ipfrag_destroy(struct pkts_ipfrag *f);
struct pkts_tcp_pool *pkts_tcp_pool_create(const struct pkts_tcp_conf *conf, int socket);
struct pkts_sctp_pool *pkts_sctp_pool_create(const struct pkts_sctp_conf *conf, int socket);

/* Every connection or association of the pool has to have ended (pkts_tcp_seq_fini()). */
void pkts_tcp_pool_destroy(struct pkts_tcp_pool *pool);
void pkts_sctp_pool_destroy(struct pkts_sctp_pool *pool);

#endif
