/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "fragments.h"

#include <stdlib.h>
#include <string.h>

#include "pkts_compose.h"
#include "pkts_mbuf.h"

#define LARGEST	    65535
#define HEADERS_MAX (14 + 40 + 8)

/* A fragment, or the whole datagram. */
struct piece {
	unsigned datagram;
	uint32_t start, len;
	bool whole, more;
};

/* What datagrams carry is a stretch of it, from a byte that depends on the datagram. */
static const uint8_t *pattern(void)
{
	static uint8_t bytes[LARGEST + 256];

	for (uint32_t i = sizeof(bytes); bytes[0] == 0 && i-- > 0;)
		bytes[i] = (uint8_t)(((i + 1) * UINT32_C(2654435761)) >> 24 | 1);
	return bytes;
}

static uint32_t total(const struct fragments *f)
{
	return (f->pieces - 1) * f->len + f->last;
}

unsigned fragments_count(const struct fragments *f)
{
	return f->datagrams * f->pieces;
}

/* Which piece comes as the ith of its datagram. */
static unsigned piece_at(const struct fragments *f, unsigned i)
{
	static uint16_t shuffled[FRAGMENTS_MOST];
	static unsigned n;

	if (f->order == IN_ORDER)
		return i;
	if (f->order == REVERSED)
		return f->pieces - 1 - i;
	for (; n != f->pieces; n = f->pieces) {
		srandom(1);
		for (unsigned k = 0; k < f->pieces; k++) {
			const unsigned j = (unsigned)random() % (k + 1);
			shuffled[k] = shuffled[j];
			shuffled[j] = (uint16_t)k;
		}
	}
	return shuffled[i];
}

static struct piece piece_of(const struct fragments *f, unsigned i)
{
	const unsigned round = f->interleaved ? i / f->datagrams : i % f->pieces;
	const unsigned nth = piece_at(f, round);
	const bool more = nth + 1 < f->pieces;

	return (struct piece){.datagram = f->interleaved ? i % f->datagrams : i / f->pieces,
		.start = nth * f->len,
		.len = more ? f->len : f->last,
		.more = more};
}

static int compose_ipv4(
	struct pkts_out *out, const struct fragments *f, struct piece p, const uint8_t *payload)
{
	const uint32_t src = PKTS_IPV4_ADDRESS(10, 0, 0, 1) + (f->interleaved ? p.datagram : 0);

	return pkts_compose(out, ETH(.dst = PKTS_MAC(2, 0, 0, 0, 0, 1)),
		IPV4(.src = src, .dst = PKTS_IPV4_ADDRESS(10, 1, 0, 1), .id = p.datagram,
			.protocol = PKTS_IPPROTO_UDP, .mf = p.more, .frag_offset = p.start / 8),
		RAW(payload, p.len));
}

static int compose_ipv6(
	struct pkts_out *out, const struct fragments *f, struct piece p, const uint8_t *payload)
{
	const uint32_t host = f->interleaved ? p.datagram : 1;
	const struct pkts_eth_spec eth = ETH(.dst = PKTS_MAC(2, 0, 0, 0, 0, 1));
	struct pkts_ipv6_spec ip =
		IPV6(.src = PKTS_IPV6_ADDRESS(0x2001, 0xdb8, 0, 0, 0, 0, host >> 16, host & 0xffff),
			.dst = PKTS_IPV6_ADDRESS(0x2001, 0xdb8, 1, 0, 0, 0, 0, 1));

	if (p.whole) {
		ip.next = PKTS_IPPROTO_UDP;
		return pkts_compose(out, eth, ip, RAW(payload, p.len));
	}
	return pkts_compose(out, eth, ip,
		IPV6_FRAG(.id = p.datagram, .next = PKTS_IPPROTO_UDP, .more = p.more,
			.frag_offset = p.start / 8),
		RAW(payload, p.len));
}

/* Its first bytes are a UDP header, with the datagram's number as source port. */
static void write_payload(const struct fragments *f, struct piece p, uint8_t *to)
{
	memcpy(to, pattern() + p.datagram % 256 + p.start, p.len);
	if (p.start)
		return;
	pkts_put_be16(to, (uint16_t)p.datagram);
	pkts_put_be16(to + 2, 4789 + 1);
	pkts_put_be16(to + 4, (uint16_t)total(f));
}

static uint32_t compose(struct pkts_out out, const struct fragments *f, struct piece p)
{
	static uint8_t payload[LARGEST];
	const bool ipv4 = f->family == 4;

	write_payload(f, p, payload);
	if ((ipv4 ? compose_ipv4 : compose_ipv6)(&out, f, p, payload))
		return 0;
	return out.len;
}

static bool fill(const struct fragments *f, struct piece p, struct rte_mbuf *m)
{
	const struct pkts_out out = {rte_pktmbuf_mtod(m, uint8_t *), rte_pktmbuf_tailroom(m)};

	m->data_len = (uint16_t)compose(out, f, p);
	m->pkt_len = m->data_len;
	return m->data_len != 0;
}

bool fragments_fill(const struct fragments *f, struct rte_mempool *pool, struct rte_mbuf **m)
{
	const unsigned n = fragments_count(f);

	if (rte_pktmbuf_alloc_bulk(pool, m, n))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!fill(f, piece_of(f, i), m[i]))
			return false;
	return true;
}

bool fragments_is_datagram(const struct fragments *f, const struct rte_mbuf *m)
{
	static uint8_t is[LARGEST + HEADERS_MAX], should_be[LARGEST + HEADERS_MAX];
	const uint32_t head = 14 + (f->family == 4 ? 20 : 40);
	struct piece p = {.len = total(f), .whole = true};

	if (m->pkt_len != head + p.len || !pkts_mbuf_read(m, 0, m->pkt_len, is))
		return false;
	p.datagram = pkts_be16(is + head);
	const struct pkts_out out = {should_be, sizeof(should_be)};
	if (compose(out, f, p) != m->pkt_len)
		return false;
	if (f->family == 4 && pkts_be16(is + 24) == 0)
		pkts_put_be16(should_be + 24, 0);
	return memcmp(is, should_be, m->pkt_len) == 0;
}
