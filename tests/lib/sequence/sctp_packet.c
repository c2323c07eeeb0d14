/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "sctp_packet.h"

#include <stdlib.h>
#include <string.h>

#include "pkts_bits.h"

void packet_begin(struct packet *k, uint32_t vtag)
{
	memset(k->bytes, 0, 12);
	pkts_put_be16(k->bytes, 1000);
	pkts_put_be16(k->bytes + 2, 2000);
	pkts_put_be32(k->bytes + 4, vtag);
	k->n = 12;
}

void packet_chunk(struct packet *k, uint8_t type, uint8_t flags, const void *p, uint32_t len)
{
	uint8_t *const to = k->bytes + k->n;

	if (k->n + 4 + len + 3 > sizeof(k->bytes))
		abort();
	to[0] = type;
	to[1] = flags;
	pkts_put_be16(to + 2, (uint16_t)(len + 4));
	if (len)
		memcpy(to + 4, p, len);
	memset(to + 4 + len, 0, -len & 3);
	k->n += 4 + len + (-len & 3);
}

void packet_data(struct packet *k, const struct packet_data *d)
{
	static uint8_t body[65536];
	const uint32_t head = d->wide ? 16 : 12;

	memset(body, 0, head);
	pkts_put_be32(body, d->tsn);
	pkts_put_be16(body + 4, d->stream);
	if (d->wide) {
		pkts_put_be32(body + 8, d->mid);
		pkts_put_be32(body + 12, d->flags & PACKET_B ? d->ppid : d->fsn);
	} else {
		pkts_put_be16(body + 6, (uint16_t)d->mid);
		pkts_put_be32(body + 8, d->ppid);
	}
	if (d->len)
		memcpy(body + head, d->p, d->len);
	packet_chunk(k, d->wide ? PKTS_SCTP_I_DATA : PKTS_SCTP_DATA, d->flags, body, head + d->len);
}

void packet_init(struct packet *k, uint8_t type, uint32_t tag, uint32_t tsn)
{
	uint8_t body[16] = {0};

	pkts_put_be32(body, tag);
	pkts_put_be32(body + 4, 65536);
	pkts_put_be16(body + 8, 10);
	pkts_put_be16(body + 10, 10);
	pkts_put_be32(body + 12, tsn);
	packet_chunk(k, type, 0, body, sizeof(body));
}

void packet_sack(struct packet *k, uint32_t tsn)
{
	uint8_t body[12] = {0};

	pkts_put_be32(body, tsn);
	packet_chunk(k, PKTS_SCTP_SACK, 0, body, sizeof(body));
}

void packet_forward(
	struct packet *k, bool wide, uint32_t tsn, const struct pkts_sctp_skip *skips, unsigned n)
{
	uint8_t body[4 + 8 * 64] = {0};
	uint8_t *p = body + 4;

	pkts_put_be32(body, tsn);
	for (unsigned i = 0; i < n && i < 64; i++, p += wide ? 8 : 4) {
		pkts_put_be16(p, skips[i].stream);
		if (wide) {
			p[3] = skips[i].unordered;
			pkts_put_be32(p + 4, skips[i].mid);
		} else {
			pkts_put_be16(p + 2, (uint16_t)skips[i].mid);
		}
	}
	packet_chunk(k, wide ? PKTS_SCTP_I_FORWARD_TSN : PKTS_SCTP_FORWARD_TSN, 0, body,
		(uint32_t)(p - body));
}

struct box *box_of(const void *p, uint32_t n)
{
	struct box *const b = malloc(sizeof(*b) + n);

	b->refs = 1;
	b->n = n;
	memcpy(b->bytes, p, n);
	return b;
}

struct pkts_piece box_piece(struct box *b, uint32_t cost)
{
	return (struct pkts_piece){b->bytes, b->n, cost, b};
}

void box_hold(void *ctx, void *owner)
{
	((struct box *)owner)->refs++;
	if (ctx)
		++*(int *)ctx;
}

void box_release(void *ctx, void *owner)
{
	struct box *const b = owner;

	if (ctx)
		--*(int *)ctx;
	if (--b->refs == 0)
		free(b);
}

struct pkts_sctp_pool *pool_of(struct pkts_sctp_conf conf, int *held)
{
	struct pkts_sctp_pool *pool;

	conf.hold = (struct pkts_hold){box_hold, box_release, held};
	const size_t n = pkts_sctp_pool_memsize(&conf);
	void *const mem = aligned_alloc(PKTS_SCTP_POOL_ALIGN, (n + 63) / 64 * 64);
	if (n == 0 || pkts_sctp_pool_init(&pool, mem, n, &conf) != 0)
		abort();
	return pool;
}

void pool_free(struct pkts_sctp_pool *pool)
{
	free(pool);
}
