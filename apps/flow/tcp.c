/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* TCP connections: which segment belongs to which, and their bytes. */
#include "pkts_protocols.h"
#include "stream.h"

static void deliver(struct streams *s, struct stream *st, unsigned dir, enum pkts_tcp_kind kind,
	const struct pkts_tcp_out *out)
{
	if (kind == PKTS_TCP_SEQ_DATA)
		flow_bytes(s, st, dir, out->p, out->len);
	else if (kind == PKTS_TCP_SEQ_GAP)
		flow_gap(st, dir, out->offset, out->len);
}

static void drain(struct streams *s, struct stream *st, unsigned dir)
{
	struct pkts_tcp_out out;
	enum pkts_tcp_kind kind;

	while ((kind = pkts_tcp_seq_get(&st->tcp, dir, &out)) != PKTS_TCP_SEQ_NOTHING)
		deliver(s, st, dir, kind, &out);
}

void tcp_begin(struct streams *s, struct stream *st)
{
	pkts_tcp_seq_init(&st->tcp, s->tcp, s->options->tcp_policy, s->options->tcp_policy);
	st->tcp.counts = st->events;
}

void tcp_end(struct streams *s, struct stream *st)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		pkts_tcp_seq_flush(&st->tcp, dir);
		drain(s, st, dir);
	}
	pkts_tcp_seq_fini(&st->tcp);
}

void tcp_tick(struct streams *s, struct stream *st, uint64_t now)
{
	pkts_tcp_seq_tick(&st->tcp, now);
	for (unsigned dir = 0; dir < 2; dir++)
		drain(s, st, dir);
}

static void put_segment(struct streams *s, struct stream *st, unsigned dir,
	const struct pkts_tcp_segment *seg, uint64_t now)
{
	struct pkts_tcp_out out;

	deliver(s, st, dir, pkts_tcp_seq_put_get(&st->tcp, dir, seg, now, &out), &out);
	drain(s, st, dir);
	drain(s, st, !dir);
}

/* A part of a segment, `done` bytes behind its first: flags and pointers that are in that part. */
static struct pkts_tcp_segment part_of(
	const struct pkts_tcp_segment *whole, uint32_t done, struct pkts_piece piece, bool last)
{
	struct pkts_tcp_segment part = *whole;

	part.piece = piece;
	part.seq += done;
	if (done && part.flags & PKTS_TCP_SYN) {
		part.flags &= (uint16_t)~PKTS_TCP_SYN;
		part.seq++;
	}
	if (!last)
		part.flags &= (uint16_t)~PKTS_TCP_FIN;
	if (part.urgent <= done)
		part.flags &= (uint16_t)~PKTS_TCP_URG;
	else
		part.urgent = (uint16_t)(part.urgent - done);
	return part;
}

/* A segment of which `wire` bytes of data were sent and those of `it` captured. */
static void put_parts(struct streams *s, struct stream *st, unsigned dir,
	const struct pkts_tcp_segment *whole, struct pkts_mbuf_pieces it, uint32_t wire,
	uint64_t now)
{
	struct pkts_piece piece = {.owner = it.owner, .cost = it.cost};
	uint32_t done = 0;

	do {
		piece.len = 0;
		pkts_mbuf_piece_next(&it, &piece);
		const struct pkts_tcp_segment part =
			part_of(whole, done, piece, done + piece.len == wire);
		put_segment(s, st, dir, &part, now);
		done += piece.len;
	} while (it.left && piece.len);
	if (done == wire || !(whole->flags & PKTS_TCP_FIN))
		return;
	piece.len = 0;
	const struct pkts_tcp_segment fin = part_of(whole, wire, piece, true);
	put_segment(s, st, dir, &fin, now);
}

/*
 * A SYN with another number than the one before begins another connection of the same two ends. With the
 * same number it came twice, whatever happened in between.
 */
static bool begins_another(
	const struct stream *st, unsigned dir, const struct pkts_tcp_segment *seg)
{
	const struct side *const side = &st->sides[dir];

	return (seg->flags & (PKTS_TCP_SYN | PKTS_TCP_ACK)) == PKTS_TCP_SYN && side->has_base &&
	       seg->seq != side->base;
}

static void note_base(struct side *side, uint32_t base)
{
	if (side->has_base)
		return;
	side->base = base;
	side->has_base = true;
}

static void note_flags(struct stream *st, unsigned dir, const struct pkts_tcp_segment *seg)
{
	note_base(&st->sides[dir], seg->flags & PKTS_TCP_SYN ? seg->seq : seg->seq - 1);
	if (seg->flags & PKTS_TCP_ACK)
		note_base(&st->sides[!dir], seg->ack - 1);
	st->fin[dir] |= (seg->flags & PKTS_TCP_FIN) != 0;
}

static unsigned dir_of(const struct stream *st, const struct arrival *a)
{
	return st->first != a->sender;
}

static struct stream *stream_of(
	struct streams *s, const struct arrival *a, const struct pkts_tcp_segment *seg)
{
	struct stream *const st = flow_find(s, &a->key);

	if (st && !begins_another(st, dir_of(st, a), seg))
		return st;
	if (st)
		flow_close(s, st);
	return flow_open(s, a);
}

void tcp_put(struct streams *s, const struct arrival *a)
{
	const struct pkts_layer l = a->packet->layers[a->i];
	/* Where the capture ends in the options, l.head is less. */
	const uint32_t head =
		4u * pkts_tcp_data_offset(pkts_tcp_at(pkts_packet_ref(a->packet, a->i)));
	const uint32_t off = (uint32_t)l.off + head, wire = l.len - head;

	/* In one piece, so that policies see segments as the receiver does. */
	pkts_mbuf_gather(a->m, a->packet, off);
	const struct pkts_ref r = pkts_packet_ref(a->packet, a->i);
	struct pkts_tcp_segment seg =
		pkts_tcp_segment_of(pkts_tcp_at(r), (struct pkts_piece){.len = 0});
	if (seg.flags & PKTS_TCP_RST)
		seg.flags &=
			(uint16_t)~PKTS_TCP_SYN; /* nothing begins with it, and it has no data */
	struct stream *const st = stream_of(s, a, &seg);
	if (!st)
		return;
	const unsigned dir = dir_of(st, a);
	note_flags(st, dir, &seg);
	st->sides[dir].packets++;
	put_parts(s, st, dir, &seg, pkts_mbuf_pieces(*a->m, off, r.len - RTE_MIN(r.len, head)),
		wire, a->now);
	flow_touch(s, st, (seg.flags & PKTS_TCP_RST) || (st->fin[0] && st->fin[1]));
}
