/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "defrag.h"

#include <errno.h>
#include <rte_cycles.h>
#include <stdlib.h>
#include <string.h>

#include "pkts_ipfrag.h"
#include "pkts_mbuf.h"

#define PIECES 64 /* at a time */

static struct pkts_ipfrag *table;
static void *memory;
static void *
	taken; /* the mbuf of which the table took over the reference, instead of taking one more */

static void hold(void *ctx, void *owner)
{
	*(void **)ctx = owner;
}

static void release(void *ctx, void *owner)
{
	(void)ctx;
	rte_pktmbuf_free(owner);
}

int defrag_pkts_init(void)
{
	const struct pkts_ipfrag_conf conf = {.max_datagrams = DEFRAG_DATAGRAMS,
		.max_fragments = DEFRAG_DATAGRAMS * 8,
		.max_bytes = UINT64_C(1) << 30,
		.key = "bench_defrag's ",
		.hold = {hold, release, &taken}};
	const size_t size = pkts_ipfrag_memsize(&conf);

	memory = aligned_alloc(PKTS_IPFRAG_ALIGN, size);
	if (!memory)
		return -ENOMEM;
	return pkts_ipfrag_init(&table, memory, size, &conf);
}

void defrag_pkts_fini(void)
{
	if (table)
		pkts_ipfrag_fini(table);
	free(memory);
}

bool defrag_pkts_empty(void)
{
	const struct pkts_ipfrag_stats stats = pkts_ipfrag_stats(table);
	return stats.held == stats.released && stats.contexts == 0;
}

static void begin_at(struct rte_mbuf *m, const uint8_t *p, uint32_t len)
{
	m->data_off = (uint16_t)(p - (const uint8_t *)m->buf_addr);
	m->data_len = (uint16_t)len;
}

/* The first mbuf: link header and mended IP header in front of its payload. */
static void begin_chain(
	struct rte_mbuf *m, const struct pkts_datagram *d, const struct pkts_piece *piece)
{
	uint8_t *const link = rte_pktmbuf_mtod(m, uint8_t *);
	const uint32_t link_len = (uint32_t)(d->header.p - link);
	const uint32_t len = (uint32_t)pkts_datagram_header(d, link + link_len, d->header.len);
	const uint32_t less = d->header.len - len;

	if (less)
		memmove(link + less, link, link_len + len);
	begin_at(m, link + less, link_len + len + piece->len);
	m->pkt_len = link_len + len + d->len;
	m->nb_segs = (uint16_t)d->fragments;
}

/* The first fragments came long ago: their mbufs are asked for together. */
static void fetch_owners(const struct pkts_piece *pieces, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		rte_prefetch0(pieces[i].owner);
		rte_prefetch0((const uint8_t *)pieces[i].owner + RTE_CACHE_LINE_SIZE);
	}
}

static void append(struct rte_mbuf *last, const struct pkts_piece *piece)
{
	begin_at(piece->owner, piece->p, piece->len);
	last->next = piece->owner;
}

/* What the datagram is made of, without a copy: here each fragment is one piece of it. */
static struct rte_mbuf *chain(struct pkts_datagram *d)
{
	struct pkts_piece pieces[PIECES];
	uint32_t n = pkts_datagram_take(d, pieces, PIECES);
	struct rte_mbuf *const first = pieces[0].owner, *last = first;

	fetch_owners(pieces, n);
	begin_chain(first, d, &pieces[0]);
	for (uint32_t i = 1; i < n; last = pieces[i++].owner)
		append(last, &pieces[i]);
	while (n == PIECES) {
		n = pkts_datagram_take(d, pieces, PIECES);
		fetch_owners(pieces, n);
		for (uint32_t i = 0; i < n; last = pieces[i++].owner)
			append(last, &pieces[i]);
	}
	return first;
}

/* The one that a fragment completed: none waits. Not inlined: the loop over a burst stays short. */
static __attribute__((noinline)) void get(struct defrag_out *out)
{
	struct pkts_datagram d;

	pkts_ipfrag_get(table, &d);
	struct rte_mbuf *const m = chain(&d);
	if (out->m)
		out->m[out->n] = m;
	else
		rte_pktmbuf_free(m);
	out->n++;
}

static void put(struct rte_mbuf *m, uint64_t now, struct defrag_out *out)
{
	struct pkts_packet packet;

	pkts_mbuf_decode(NULL, &m, &packet);
	const int i = pkts_ipfrag_layer(&packet);
	if (i < 0) {
		rte_pktmbuf_free(m);
		return;
	}
	const struct pkts_ref r = pkts_packet_ref(&packet, (unsigned)i);
	const struct pkts_piece piece = {
		r.p + r.head, r.len - r.head, m->buf_len + (uint32_t)sizeof(*m), m};
	taken = NULL;
	const enum pkts_ipfrag_verdict verdict =
		pkts_ipfrag_put(table, &packet, (unsigned)i, &piece, now);
	if (taken != m)
		rte_pktmbuf_free(m);
	if (verdict == PKTS_IPFRAG_READY)
		get(out);
}

void defrag_with_pkts(struct rte_mbuf **m, unsigned n, struct defrag_out *out)
{
	const uint64_t now = rte_rdtsc();

	pkts_mbuf_fetch_first(m, n);
	for (unsigned i = 0; i < n; i++) {
		pkts_mbuf_fetch(m, i + PKTS_MBUF_FETCH, n);
		put(m[i], now, out);
	}
}
