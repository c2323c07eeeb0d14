/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A finished datagram: its pieces in order, and the header that it has as a whole. */
#include "ipfrag.h"
#include "pkts_bits.h"
#include "pkts_cksum.h"

/* The arrival in the chain that byte `at` is in: where reading stands, or somebody else has read too. */
static uint32_t chain_at(const struct pkts_ipfrag *f, const struct context *c, uint32_t at)
{
	uint32_t id = c->next;

	if (PKTS_LIKELY(id != NONE && f->arrivals[id].start == at))
		return id;
	for (id = c->first; f->arrivals[id].start + f->arrivals[id].piece.len <= at;)
		id = f->arrivals[id].next;
	return id;
}

/* Field by field: see pkts_ipfrag_read_ipv4(). */
static void copy_piece(struct pkts_piece *to, const struct pkts_piece *from)
{
	to->p = from->p;
	to->len = from->len;
	to->cost = from->cost;
	to->owner = from->owner;
}

static uint32_t chain_pieces(const struct pkts_datagram *d, struct context *c, uint32_t *at,
	struct pkts_piece *pieces, uint32_t n)
{
	const struct arrival *const arrivals = d->table->arrivals;
	uint32_t id = chain_at(d->table, c, *at), i = 0;

	for (; i < n && id != NONE; i++, id = arrivals[id].next)
		copy_piece(&pieces[i], &arrivals[id].piece);
	c->next = id;
	*at = id == NONE ? d->len : arrivals[id].start;
	return i;
}

static uint32_t range_piece(
	struct pkts_ipfrag *f, const struct context *c, uint32_t at, struct pkts_piece *piece)
{
	const uint32_t i = pkts_ranges_at(&f->pool, &c->ranges, at);
	const struct pkts_range *const r = &f->pool.ranges[i];
	const struct arrival *const a = &f->arrivals[r->arrival];

	*piece = a->piece;
	piece->p += r->start - a->start;
	piece->len = (uint32_t)(r->end - r->start);
	return (uint32_t)r->end;
}

/* By itself, as chain_pieces() is, which most need: who calls one of them has little to save. */
static __attribute__((noinline)) uint32_t range_pieces(const struct pkts_datagram *d,
	const struct context *c, uint32_t *at, struct pkts_piece *pieces, uint32_t n)
{
	uint32_t i = 0;

	while (i < n && *at < d->len)
		*at = range_piece(d->table, c, *at, &pieces[i++]);
	return i;
}

uint32_t pkts_datagram_pieces(
	const struct pkts_datagram *d, uint32_t *at, struct pkts_piece *pieces, uint32_t n)
{
	if (*at >= d->len || n == 0)
		return 0;
	if (d->context == NONE) {
		*pieces = d->whole;
		*at = d->len;
		return 1;
	}
	struct context *const c = &d->table->contexts[d->context];
	return c->first != NONE ? chain_pieces(d, c, at, pieces, n)
				: range_pieces(d, c, at, pieces, n);
}

/* All of the chain; there is room. */
static uint32_t take_whole_chain(
	struct pkts_ipfrag *f, struct context *c, struct pkts_piece *pieces)
{
	const struct arrival *const arrivals = f->arrivals;
	const uint32_t n = c->fragments;

	for (uint32_t id = c->first; id != NONE; id = arrivals[id].next)
		copy_piece(pieces++, &arrivals[id].piece);
	pkts_ipfrag_free_chain(f, c);
	return n;
}

/* The first n of it. */
static uint32_t take_of_chain(
	struct pkts_ipfrag *f, struct context *c, struct pkts_piece *pieces, uint32_t n)
{
	struct arrival *const arrivals = f->arrivals;
	uint32_t id = c->first, last = NONE, i = 0;
	uint64_t bytes = 0;

	for (; i < n; i++, id = arrivals[id].next) {
		copy_piece(&pieces[i], &arrivals[id].piece);
		bytes += pieces[i].cost;
		last = id;
	}
	arrivals[last].next = f->free_arrival;
	f->free_arrival = c->first;
	c->first = id;
	f->stats.released += n;
	f->bytes -= bytes;
	c->fragments -= n;
	c->bytes -= bytes;
	return n;
}

static uint32_t take_chain(
	struct pkts_ipfrag *f, struct context *c, struct pkts_piece *pieces, uint32_t n)
{
	return PKTS_LIKELY(n >= c->fragments) ? take_whole_chain(f, c, pieces)
					      : take_of_chain(f, c, pieces, n);
}

/* An owner's last piece takes over what was held; those before get references of their own. */
static void lose_taken(void *letting_go, uint32_t arrival)
{
	const struct letting_go *const l = letting_go;
	struct pkts_ipfrag *const f = l->f;
	struct arrival *const a = &f->arrivals[arrival];

	if (--a->ranges == 0)
		pkts_ipfrag_let_go(f, l->c, arrival);
	else
		f->hold.hold(f->hold.ctx, a->piece.owner);
}

static __attribute__((noinline)) uint32_t take_ranges(
	struct pkts_ipfrag *f, struct context *c, struct pkts_piece *pieces, uint32_t n)
{
	struct letting_go l = {f, c};
	const struct pkts_ranges_watch watch = {.less = lose_taken, .ctx = &l};
	uint32_t i = 0;

	for (; i < n && c->ranges.count; i++) {
		const uint32_t end = range_piece(f, c, 0, &pieces[i]);
		pkts_ranges_trim(&f->pool, &c->ranges, end, &watch);
	}
	return i;
}

/* One that was only lent: the table never held it. */
static uint32_t take_whole(struct pkts_datagram *d, struct pkts_piece *piece)
{
	const struct pkts_hold *const hold = &d->table->hold;

	if (d->whole.len == 0)
		return 0;
	*piece = d->whole;
	d->whole.len = 0;
	hold->hold(hold->ctx, piece->owner);
	return 1;
}

static bool is_taken(const struct context *c)
{
	return c->first == NONE && (!c->scattered || c->ranges.count == 0);
}

uint32_t pkts_datagram_take(struct pkts_datagram *d, struct pkts_piece *pieces, uint32_t n)
{
	struct pkts_ipfrag *const f = d->table;

	if (n == 0 || d->context == NONE)
		return n ? take_whole(d, pieces) : 0;
	struct context *const c = &f->contexts[d->context];
	const uint32_t taken =
		c->first != NONE ? take_chain(f, c, pieces, n) : take_ranges(f, c, pieces, n);
	if (is_taken(c)) {
		pkts_ipfrag_close_out(f, c);
		d->context = NONE;
		d->whole.len = 0;
	}
	return taken;
}

bool pkts_datagram_next(const struct pkts_datagram *d, uint32_t *at, struct pkts_piece *piece)
{
	return pkts_datagram_pieces(d, at, piece, 1);
}

static uint16_t ipv4_flags(const uint8_t *header)
{
	return pkts_be16(header + 6) & 0xc000; /* but not more fragments, and no offset */
}

/* Of the mended header, from the old one: what was just written would be slow to read. */
static uint16_t ipv4_csum(const uint8_t *header, uint32_t n, uint16_t total)
{
	struct pkts_cksum sum = {0};

	pkts_cksum_add32(&sum, (pkts_be32(header) & 0xffff0000) + total);
	pkts_cksum_add32(&sum, pkts_be32(header + 4) & 0xffffc000);
	pkts_cksum_add32(&sum, pkts_be32(header + 8) & 0xffff0000);
	pkts_cksum_add32(&sum, pkts_be32(header + 12));
	pkts_cksum_add32(&sum, pkts_be32(header + 16));
	for (uint32_t at = 20; at < n; at += 4)
		pkts_cksum_add32(&sum, pkts_be32(header + at));
	return (uint16_t)~pkts_cksum_fold(&sum);
}

static void write_ipv4(const struct pkts_datagram *d, uint8_t *to, uint32_t n)
{
	const uint16_t total = (uint16_t)(n + d->len);
	const uint16_t flags = ipv4_flags(d->header.p);
	const uint16_t csum = ipv4_csum(d->header.p, n, total);

	if (to != d->header.p)
		__builtin_memmove(to, d->header.p, n);
	pkts_put_be16(to + 2, total);
	pkts_put_be16(to + 6, flags);
	pkts_put_be16(to + 10, csum);
}

static void write_ipv6(const struct pkts_datagram *d, uint8_t *to, uint32_t n)
{
	if (to != d->header.p)
		__builtin_memmove(to, d->header.p, n);
	if (d->next_at)
		to[d->next_at] = d->protocol;
	pkts_put_be16(to + 4, (uint16_t)(n - IPV6_HEAD + d->len));
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
	if (d->family == 4)
		write_ipv4(d, to, n);
	else
		write_ipv6(d, to, n);
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
