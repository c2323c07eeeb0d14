/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stdlib.h>

#include "tcp_rig.h"

struct buffer {
	int refs;
	uint32_t len;
	uint8_t bytes[];
};

static void hold(void *ctx, void *owner)
{
	struct rig *const r = ctx;

	((struct buffer *)owner)->refs++;
	r->held++;
	r->holds++;
}

static void drop(struct buffer *b)
{
	if (--b->refs)
		return;
	memset(b->bytes, '#', b->len);
	free(b);
}

static void release(void *ctx, void *owner)
{
	struct rig *const r = ctx;

	r->held--;
	drop(owner);
}

static struct buffer *buffer_of(const void *p, uint32_t len)
{
	struct buffer *const b = malloc(sizeof(*b) + len);

	b->refs = 1;
	b->len = len;
	if (len)
		memcpy(b->bytes, p, len);
	return b;
}

void rig_open(struct rig *r, enum pkts_tcp_policy policy)
{
	r->conf.hold = (struct pkts_hold){hold, release, r};
	const size_t size = pkts_tcp_pool_memsize(&r->conf);
	r->mem = malloc(size);
	r->pool = pkts_tcp_pool_init(r->mem, size, &r->conf);
	assert_non_null(r->pool);
	pkts_tcp_seq_init(&r->s, r->pool, policy, policy);
	r->s.counts = r->counts;
	memset(r->counts, 0, sizeof(r->counts));
	r->held = r->holds = r->direct = 0;
	for (unsigned dir = 0; dir < 2; dir++) {
		r->n[dir] = r->offset[dir] = 0;
		r->text[dir][0] = 0;
	}
}

static void write_down(struct rig *r, unsigned dir, const void *p, size_t n)
{
	assert_true(r->n[dir] + n < sizeof(r->text[dir]));
	if (n)
		memcpy(r->text[dir] + r->n[dir], p, n);
	r->n[dir] += n;
	r->text[dir][r->n[dir]] = 0;
}

static void take_down(
	struct rig *r, unsigned dir, enum pkts_tcp_kind kind, const struct pkts_tcp_out *out)
{
	assert_int_equal(out->offset, r->offset[dir]);
	r->offset[dir] += out->len;
	switch (kind) {
	case PKTS_TCP_SEQ_NOTHING:
		break;
	case PKTS_TCP_SEQ_DATA:
		write_down(r, dir, out->p, out->len);
		break;
	case PKTS_TCP_SEQ_GAP:
		for (uint64_t i = 0; i < out->len; i++)
			write_down(r, dir, ".", 1);
		break;
	case PKTS_TCP_SEQ_URGENT:
		write_down(r, dir, "(", 1);
		write_down(r, dir, out->p, out->p != NULL);
		write_down(r, dir, ")", 1);
		break;
	case PKTS_TCP_SEQ_FIN:
		write_down(r, dir, "$", 1);
		break;
	case PKTS_TCP_SEQ_RST:
		write_down(r, dir, "!", 1);
		break;
	}
}

void rig_get(struct rig *r, unsigned dir)
{
	struct pkts_tcp_out out;
	enum pkts_tcp_kind kind;

	while ((kind = pkts_tcp_seq_get(&r->s, dir, &out)))
		take_down(r, dir, kind, &out);
}

static struct pkts_tcp_segment segment_of(
	const struct rig *r, const struct step *step, struct buffer *b)
{
	return (struct pkts_tcp_segment){
		.piece = {b->bytes, b->len, r->cost ? r->cost : 1, b},
		.seq = step->seq,
		.ack = step->ack,
		.flags = (uint16_t)step->flags,
		.window = step->closed ? 0 : 4096,
		.urgent = (uint16_t)step->urgent,
	};
}

static void pass(struct rig *r, unsigned dir, const struct pkts_tcp_segment *seg)
{
	struct pkts_tcp_out out;
	enum pkts_tcp_kind kind = PKTS_TCP_SEQ_NOTHING;

	if (r->put_only) {
		r->put = pkts_tcp_seq_put(&r->s, dir, seg, r->now);
	} else if ((kind = pkts_tcp_seq_put_get(&r->s, dir, seg, r->now, &out))) {
		r->direct += kind == PKTS_TCP_SEQ_DATA && out.p >= seg->piece.p &&
			     out.p + out.len <= seg->piece.p + seg->piece.len;
		take_down(r, dir, kind, &out);
	}
	rig_get(r, dir);
	rig_get(r, !dir);
}

static void send_buffer(struct rig *r, const struct step *step, struct buffer *b)
{
	const struct pkts_tcp_segment seg = segment_of(r, step, b);

	pass(r, step->dir, &seg);
	drop(b);
	assert_true(r->pool->bytes <= r->pool->conf.max_bytes);
	assert_true(r->pool->segments <= r->pool->conf.max_segments);
}

void rig_send(struct rig *r, struct step step)
{
	send_buffer(r, &step, buffer_of(step.data, step.data ? (uint32_t)strlen(step.data) : 0));
}

void rig_bytes(struct rig *r, unsigned dir, unsigned flags, uint32_t seq, uint32_t ack,
	const void *p, uint32_t len)
{
	const struct step step = {.dir = dir, .flags = flags, .seq = seq, .ack = ack};

	send_buffer(r, &step, buffer_of(p, len));
}

void rig_inline(struct rig *r, struct step step)
{
	struct buffer *const b = buffer_of(step.data, step.data ? (uint32_t)strlen(step.data) : 0);
	const struct pkts_tcp_segment seg = segment_of(r, &step, b);

	r->put = pkts_tcp_seq_inline(&r->s, step.dir, &seg, b->bytes, r->now);
	assert_true(b->len < sizeof(r->packet));
	memcpy(r->packet, b->bytes, b->len);
	r->packet[b->len] = 0;
	rig_get(r, step.dir);
	rig_get(r, !step.dir);
	drop(b);
}

void rig_flush(struct rig *r)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		pkts_tcp_seq_flush(&r->s, dir);
		rig_get(r, dir);
	}
}

void rig_close(struct rig *r)
{
	pkts_tcp_seq_fini(&r->s);
	assert_int_equal(r->held, 0);
	assert_int_equal(r->pool->bytes, 0);
	assert_int_equal(r->pool->segments, 0);
	assert_int_equal(r->pool->ranges.used, 0);
	for (unsigned i = 0; i < PKTS_SEQ_EVENT_MAX; i++)
		for (unsigned dir = 0; dir < 2; dir++)
			assert_int_equal(r->counts[dir][i] > 0, pkts_tcp_seq_saw(&r->s, dir, i));
	free(r->mem);
}

void rig_handshake(struct rig *r)
{
	SEND(r, .flags = S, .seq = ISN);
	SEND(r, .dir = 1, .flags = S | A, .seq = ISN1, .ack = ISN + 1);
	SEND(r, .flags = A, .seq = ISN + 1, .ack = ISN1 + 1);
}
