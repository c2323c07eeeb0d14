/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A finished datagram as a chain of mbufs: its fragments' own, or references to their buffers. */
#include <string.h>

#include "reassembly.h"
#include "segment.h"

#define PIECES 32 /* at a time */

/* What a NIC found out about the last fragment, and what is not true of the whole. */
#define ABOUT_FRAGMENT                                                                             \
	(RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK |                               \
		RTE_MBUF_F_RX_OUTER_L4_CKSUM_MASK | RTE_MBUF_F_RX_OUTER_IP_CKSUM_BAD |             \
		RTE_MBUF_F_RX_RSS_HASH | RTE_MBUF_F_RX_FDIR | RTE_MBUF_F_RX_FDIR_ID)

struct chain {
	struct pkts_mbuf_defrag *d;
	const struct pkts_datagram *datagram;
	struct rte_mbuf *head, *last;
	uint32_t off; /* of the IP header */
};

static void append(struct chain *c, struct rte_mbuf *seg)
{
	if (c->head) {
		c->last->next = seg;
		c->head->nb_segs++;
		c->head->pkt_len += seg->data_len;
	} else {
		c->head = seg;
		seg->pkt_len = seg->data_len;
	}
	c->last = seg;
}

/* The segment of a kept packet that the piece lies in. */
static struct rte_mbuf *segment_of(struct rte_mbuf *m, const struct pkts_piece *piece)
{
	const uintptr_t p = (uintptr_t)piece->p;

	for (; m->next; m = m->next)
		if (p - (uintptr_t)m->buf_addr < m->buf_len)
			break;
	return m;
}

/* Another mbuf for the piece's buffer; the packet that it came with is let go. NULL if there is none. */
static struct rte_mbuf *refer_to(struct rte_mempool *pool, const struct pkts_piece *piece)
{
	struct rte_mbuf *const m = rte_pktmbuf_alloc(pool);

	if (m)
		rte_pktmbuf_attach(m, segment_of(piece->owner, piece));
	rte_pktmbuf_free(piece->owner);
	return m;
}

/* Nobody else has it, and it is one segment. */
static bool is_ours(const struct rte_mbuf *m)
{
	return m->nb_segs == 1 && rte_mbuf_refcnt_read(m) == 1;
}

/* The fragment's own mbuf where it can be had. */
static bool append_piece(struct chain *c, const struct pkts_piece *piece)
{
	struct rte_mbuf *const seg =
		is_ours(piece->owner) ? piece->owner : refer_to(c->d->pool, piece);

	if (!seg)
		return false;
	seg->data_off = (uint16_t)(piece->p - (const uint8_t *)seg->buf_addr);
	seg->data_len = (uint16_t)piece->len;
	append(c, seg);
	return true;
}

static bool is_behind_header(const struct pkts_datagram *d, const struct pkts_piece *piece)
{
	const struct rte_mbuf *const m = piece->owner;

	return is_ours(m) && RTE_MBUF_DIRECT(m) && piece->p == d->header.p + d->header.len;
}

/* The first fragment's own header, mended where it stands; IPv6's gets shorter. */
static bool begin_in_place(struct chain *c, const struct pkts_piece *piece)
{
	struct rte_mbuf *const m = piece->owner;
	uint8_t *const frame = rte_pktmbuf_mtod(m, uint8_t *);
	const uint32_t before = c->datagram->header.len;

	c->off = (uint32_t)(c->datagram->header.p - frame);
	const uint32_t n = (uint32_t)pkts_datagram_header(c->datagram, frame + c->off, before);
	if (n != before)
		memmove(frame + before - n, frame, c->off + n);
	m->data_off = (uint16_t)(m->data_off + before - n);
	m->data_len = (uint16_t)(c->off + n + piece->len);
	append(c, m);
	return true;
}

/* An mbuf for `before` bytes and an IP header; NULL if there is none, or too little room. */
static struct rte_mbuf *alloc_header(struct chain *c, uint32_t before)
{
	struct rte_mbuf *const m = rte_pktmbuf_alloc(c->d->pool);
	const uint32_t n = before + c->datagram->header.len;

	if (!m)
		return NULL;
	if (n > rte_pktmbuf_tailroom(m))
		m->data_off = 0;
	if (n <= rte_pktmbuf_tailroom(m))
		return m;
	rte_pktmbuf_free(m);
	return NULL;
}

static bool begin_apart(struct chain *c, const struct pkts_piece *piece)
{
	const struct pkts_span header = c->datagram->header;
	const uint8_t *const frame = rte_pktmbuf_mtod((struct rte_mbuf *)piece->owner, uint8_t *);

	c->off = (uint32_t)(header.p - frame);
	struct rte_mbuf *const m = alloc_header(c, c->off);
	if (!m) {
		rte_pktmbuf_free(piece->owner);
		return false;
	}
	uint8_t *const to = rte_pktmbuf_mtod(m, uint8_t *);
	memcpy(to, frame, c->off);
	m->data_len = (uint16_t)(c->off + (uint32_t)pkts_datagram_header(
						  c->datagram, to + c->off, header.len));
	append(c, m);
	return append_piece(c, piece);
}

/* The piece at 0 is of the fragment whose header it is. Takes over the piece's reference, as append_piece(). */
static bool begin(struct chain *c, const struct pkts_piece *piece)
{
	return is_behind_header(c->datagram, piece) ? begin_in_place(c, piece)
						    : begin_apart(c, piece);
}

/* The first fragments came long ago: their mbufs are asked for together. */
static void fetch_owners(const struct pkts_piece *pieces, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		rte_prefetch0(pieces[i].owner);
		rte_prefetch0((const uint8_t *)pieces[i].owner + RTE_CACHE_LINE_SIZE);
	}
}

static bool link_pieces(struct chain *c, const struct pkts_piece *pieces, uint32_t n)
{
	bool linked = true;

	for (uint32_t i = 0; i < n; i++)
		if (!linked)
			rte_pktmbuf_free(pieces[i].owner);
		else
			linked = c->head ? append_piece(c, &pieces[i]) : begin(c, &pieces[i]);
	return linked;
}

static bool link_all(struct chain *c, struct pkts_datagram *datagram)
{
	struct pkts_piece pieces[PIECES];
	uint32_t n;

	while ((n = pkts_datagram_take(datagram, pieces, PIECES)) != 0) {
		fetch_owners(pieces, n);
		if (!link_pieces(c, pieces, n))
			return false;
	}
	return true;
}

static void describe(struct rte_mbuf *m, const struct rte_mbuf *about)
{
	struct pkts_mbuf_meta meta = pkts_mbuf_meta(about);

	segment_copy_about(m, about);
	m->ol_flags &= ~(uint64_t)ABOUT_FRAGMENT;
	m->packet_type = 0;
	meta.wire_len = m->pkt_len;
	pkts_mbuf_set_meta(m, meta);
}

struct rte_mbuf *reassembly_rebuild(struct pkts_mbuf_defrag *d, struct pkts_datagram *datagram,
	const struct rte_mbuf *about, uint32_t *off)
{
	struct chain c = {.d = d, .datagram = datagram};

	if (d->on_datagram)
		d->on_datagram(d->ctx, datagram);
	if (link_all(&c, datagram)) {
		describe(c.head, about);
	} else {
		pkts_ipfrag_free(d->table, datagram);
		rte_pktmbuf_free(c.head);
		c.head = NULL;
	}
	*off = c.off;
	return c.head;
}
