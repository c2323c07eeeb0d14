/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "fragments.h"

#include <stdlib.h>
#include <string.h>

#include "pkts_cksum.h"
#include "pkts_ipv4.h"
#include "pkts_ipv6_frag.h"

/* frames */

void made_begin(struct made *m, const uint8_t *payload, uint32_t n)
{
	m->at = sizeof(m->bytes);
	m->link = 228;
	made_bytes(m, payload, n);
}

void made_bytes(struct made *m, const void *p, uint32_t n)
{
	m->at -= n;
	if (n)
		memcpy(m->bytes + m->at, p, n);
}

void made_be16(struct made *m, uint32_t v)
{
	uint8_t p[2];
	pkts_put_be16(p, (uint16_t)v);
	made_bytes(m, p, 2);
}

void made_be32(struct made *m, uint32_t v)
{
	uint8_t p[4];
	pkts_put_be32(p, v);
	made_bytes(m, p, 4);
}

static uint32_t made_len(const struct made *m)
{
	return (uint32_t)sizeof(m->bytes) - m->at;
}

void made_eth(struct made *m, uint16_t type)
{
	made_be16(m, type);
	made_bytes(m, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
	m->link = 1;
}

void made_vlan(struct made *m, uint16_t id, uint16_t type)
{
	made_be16(m, type);
	made_be16(m, id);
}

void made_udp(struct made *m, uint16_t sport, uint16_t dport)
{
	const uint32_t n = made_len(m) + 8;

	made_be16(m, 0);
	made_be16(m, n);
	made_be16(m, dport);
	made_be16(m, sport);
}

static void sum_ipv4(uint8_t *p, uint32_t n)
{
	struct pkts_cksum sum = {0};

	pkts_put_be16(p + 10, 0);
	pkts_cksum_add(&sum, p, n);
	pkts_put_be16(p + 10, (uint16_t)~pkts_cksum_fold(&sum));
}

/* NOPs, and an end of list. */
static void prepend_ipv4(struct made *m, uint32_t src, uint32_t dst, uint8_t protocol, uint32_t id,
	uint32_t flags_offset, uint32_t options)
{
	static const uint8_t nops[40] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	const uint32_t n = made_len(m) + 20 + options;

	made_bytes(m, nops, options);
	made_be32(m, 0x0a000000 + dst);
	made_be32(m, 0x0a000000 + src);
	made_be16(m, 0);
	made_be16(m, 64u << 8 | protocol);
	made_be16(m, flags_offset);
	made_be16(m, id);
	made_be16(m, n);
	made_be16(m, (0x45 + options / 4) << 8);
	sum_ipv4(m->bytes + m->at, 20 + options);
	m->link = 228;
}

void made_ipv4(struct made *m, uint8_t src, uint8_t dst, uint8_t protocol)
{
	prepend_ipv4(m, src, dst, protocol, 7, 0, 0);
}

void made_ipv6(struct made *m, uint8_t src, uint8_t dst, uint8_t next)
{
	uint8_t a[32] = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, src, 0xfd, [31] = dst};
	const uint32_t n = made_len(m);

	made_bytes(m, a, sizeof(a));
	made_be16(m, (uint32_t)next << 8 | 64);
	made_be16(m, n);
	made_be32(m, 6u << 28);
	m->link = 229;
}

uint8_t made_byte(const struct piece_spec *s, uint32_t at)
{
	if (s->data)
		return s->data[at - s->off];
	return s->label ? (uint8_t)s->label : (uint8_t)(at * 7 + at / 256);
}

static void piece_ipv4(struct made *m, const struct piece_spec *s)
{
	prepend_ipv4(m, s->src ? s->src : 1, s->dst ? s->dst : 2, s->protocol ? s->protocol : 253,
		s->id ? s->id : 1,
		(s->df ? 0x4000u : 0) | (s->last ? 0 : 0x2000u) | (s->off / 8 & 0x1fff),
		s->options);
}

/* s->options bytes of an extension header in front of the fragment header. */
static void piece_ipv6(struct made *m, const struct piece_spec *s)
{
	const uint8_t header = s->header ? s->header : PKTS_IPPROTO_DSTOPTS;
	uint8_t extension[256] = {
		PKTS_IPPROTO_FRAGMENT, (uint8_t)(s->options / 8 - 1), 1, (uint8_t)(s->options - 4)};

	made_be32(m, s->id ? s->id : 1);
	made_be16(m, (s->off & 0xfff8) | !s->last);
	made_be16(m, (s->protocol ? s->protocol : 253u) << 8);
	if (s->options)
		made_bytes(m, extension, s->options);
	made_ipv6(m, s->src ? s->src : 1, s->dst ? s->dst : 2,
		s->options ? header : PKTS_IPPROTO_FRAGMENT);
}

void made_piece(struct made *m, const struct piece_spec *s)
{
	made_begin(m, NULL, 0);
	m->at -= s->len;
	for (uint32_t i = 0; i < s->len; i++)
		m->bytes[m->at + i] = made_byte(s, s->off + i);
	if (s->family == 6)
		piece_ipv6(m, s);
	else
		piece_ipv4(m, s);
	if (s->padding) {
		memmove(m->bytes + m->at - s->padding, m->bytes + m->at, made_len(m));
		m->at -= s->padding;
	}
}

/* buffers */

static void hold(void *ctx, void *owner)
{
	struct fixture *const x = ctx;

	x->holds++;
	((struct buffer *)owner)->refs++;
}

static void release(void *ctx, void *owner)
{
	struct fixture *const x = ctx;

	x->releases++;
	buffer_unref(owner);
}

struct buffer *buffer_new(struct fixture *x, const struct made *m)
{
	struct buffer *const b = calloc(1, sizeof(*b));

	b->of = x;
	b->refs = 1;
	b->n = made_len(m);
	b->bytes = malloc(b->n);
	memcpy(b->bytes, m->bytes + m->at, b->n);
	x->buffers++;
	const struct pkts_frame frame = {b->bytes, b->n, b->n, b->n, m->link};
	pkts_decode(NULL, &frame, &b->packet);
	b->layer = pkts_ipfrag_layer(&b->packet);
	const unsigned i = b->layer < 0 ? b->packet.n - 1u : (unsigned)b->layer;
	const uint32_t off = (uint32_t)b->packet.layers[i].off + b->packet.layers[i].head;
	b->piece = (struct pkts_piece){b->bytes + off, b->n - off, x->cost, b};
	return b;
}

void buffer_unref(struct buffer *b)
{
	if (--b->refs)
		return;
	b->of->buffers--;
	free(b->bytes);
	free(b);
}

/* the table */

void fixture_begin(struct fixture *x, struct pkts_ipfrag_conf conf)
{
	*x = (struct fixture){.now = 1000000000, .out_len = -1};
	conf.hold = (struct pkts_hold){hold, release, x};
	const size_t n = pkts_ipfrag_memsize(&conf);
	x->memory = aligned_alloc(PKTS_IPFRAG_ALIGN, n);
	if (pkts_ipfrag_init(&x->f, x->memory, n, &conf))
		abort();
}

bool fixture_end(struct fixture *x)
{
	pkts_ipfrag_fini(x->f);
	const struct pkts_ipfrag_stats s = pkts_ipfrag_stats(x->f);
	const bool clean = x->buffers == 0 && x->holds == x->releases && s.held == s.released &&
			   s.bytes == 0 && s.contexts == 0 && s.waiting == 0;
	free(x->memory);
	return clean;
}

enum pkts_ipfrag_verdict fixture_put(struct fixture *x, const struct made *m)
{
	struct buffer *const b = buffer_new(x, m);
	enum pkts_ipfrag_verdict v = PKTS_IPFRAG_PASS;

	if (b->layer >= 0)
		v = pkts_ipfrag_put(x->f, &b->packet, (unsigned)b->layer, &b->piece, x->now);
	x->last_payload = b->piece.p;
	buffer_unref(b);
	return v;
}

enum pkts_ipfrag_verdict fixture_piece(struct fixture *x, struct piece_spec s)
{
	struct made *const m = malloc(sizeof(*m));

	made_piece(m, &s);
	const enum pkts_ipfrag_verdict v = fixture_put(x, m);
	free(m);
	return v;
}

bool fixture_get(struct fixture *x)
{
	x->out_len = -1;
	if (!pkts_ipfrag_get(x->f, &x->datagram))
		return false;
	x->out_len = pkts_datagram_copy(&x->datagram, x->out, sizeof(x->out));
	const uint32_t len = x->datagram.len;
	pkts_ipfrag_free(x->f, &x->datagram);
	x->datagram.len = len;
	return true;
}

uint32_t fixture_take(struct fixture *x, struct pkts_datagram *d, uint32_t each, uint32_t most,
	uint8_t *to, uint32_t *n)
{
	static struct pkts_piece pieces[FIXTURE_PIECES];
	uint32_t taken, at = 0;

	for (*n = 0; *n < most; *n += taken) {
		const uint32_t left = PKTS_MIN(most, FIXTURE_PIECES) - *n;
		taken = pkts_datagram_take(d, pieces + *n, PKTS_MIN(each, left));
		if (taken == 0)
			break;
	}
	pkts_ipfrag_free(x->f, d);
	for (uint32_t i = 0; i < *n; at += pieces[i++].len)
		memcpy(to + at, pieces[i].p, pieces[i].len);
	for (uint32_t i = 0; i < *n; i++)
		release(x, pieces[i].owner);
	return at;
}
