/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A finished datagram: its pieces in order, and the header that it has as a whole. */
#include "ipfrag.h"
#include "pkts_cksum.h"
#include "pkts_ipv4.h"
#include "pkts_ipv6.h"
#include "pkts_ipv6_frag.h"

/* Reading mostly goes on where it stood; somebody else may have read in between. */
static void next_in_chain(
	struct pkts_ipfrag *f, struct context *c, uint32_t *at, struct pkts_piece *piece)
{
	const struct arrival *a = &f->arrivals[*at ? c->cursor : c->first];

	if (a->start > *at)
		a = &f->arrivals[c->first];
	while (a->start + a->piece.len <= *at)
		a = &f->arrivals[a->next];
	c->cursor = (uint32_t)(a - f->arrivals);
	*piece = a->piece;
	*at = a->start + a->piece.len;
}

bool pkts_datagram_next(const struct pkts_datagram *d, uint32_t *at, struct pkts_piece *piece)
{
	struct pkts_ipfrag *const f = d->table;

	if (*at >= d->len)
		return false;
	if (d->context == NONE) {
		*piece = d->whole;
		*at = d->len;
		return true;
	}
	if (f->contexts[d->context].first != NONE) {
		next_in_chain(f, &f->contexts[d->context], at, piece);
		return true;
	}
	const uint32_t i = pkts_ranges_at(&f->pool, &f->contexts[d->context].ranges, *at);
	const struct pkts_range *const r = &f->pool.ranges[i];
	const struct arrival *const a = &f->arrivals[r->arrival];
	*piece = a->piece;
	piece->p += r->start - a->start;
	piece->len = (uint32_t)(r->end - r->start);
	*at = (uint32_t)r->end;
	return true;
}

static void mend_ipv4(const struct pkts_datagram *d, uint8_t *to, uint32_t n)
{
	const struct pkts_ipv4 ip = {to, n, n};
	struct pkts_cksum sum = {0};

	pkts_ipv4_set_total_length(ip, (uint16_t)(n + d->len));
	pkts_ipv4_set_mf(ip, 0);
	pkts_ipv4_set_frag_offset(ip, 0);
	pkts_ipv4_set_csum(ip, 0);
	pkts_cksum_add(&sum, to, n);
	pkts_ipv4_set_csum(ip, (uint16_t)~pkts_cksum_fold(&sum));
}

static void mend_ipv6(const struct pkts_datagram *d, uint8_t *to, uint32_t n)
{
	const struct pkts_ipv6 ip = {to, IPV6_HEAD, n};

	if (d->next_at)
		to[d->next_at] = d->protocol;
	pkts_ipv6_set_payload_length(ip, (uint16_t)(n - IPV6_HEAD + d->len));
}

/* The header without the fragment header, which is the last of it. */
static uint32_t header_len(const struct pkts_datagram *d)
{
	return d->frag_at ? d->frag_at : d->header.len;
}

int pkts_datagram_header(const struct pkts_datagram *d, uint8_t *to, uint32_t cap)
{
	const uint32_t n = header_len(d);

	if (n > cap)
		return -PKTS_ENOSPC;
	__builtin_memcpy(to, d->header.p, n);
	if (d->family == 4)
		mend_ipv4(d, to, n);
	else
		mend_ipv6(d, to, n);
	return (int)n;
}

int pkts_datagram_copy(const struct pkts_datagram *d, uint8_t *to, uint32_t cap)
{
	uint32_t at = 0, from = 0;
	struct pkts_piece piece;

	if (header_len(d) + d->len > cap)
		return -PKTS_ENOSPC;
	to += pkts_datagram_header(d, to, cap);
	for (; pkts_datagram_next(d, &at, &piece); from = at)
		__builtin_memcpy(to + from, piece.p, piece.len);
	return (int)(header_len(d) + d->len);
}
