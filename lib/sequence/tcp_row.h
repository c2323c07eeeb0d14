/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Pieces that a direction holds and that do not meet need no ranges. While they are few they are in a
 * row: held.root is the last arrival, each links to the next, and the last to the first. Each is whole
 * and has one reference. Whoever asks for ranges gets some made of the row first: tcp_row_plant().
 */
#ifndef TCP_ROW_H
#define TCP_ROW_H

#include "tcp_arrival.h"

#define ROW_MAX 32 /* most pieces come at either end; for others the row is walked */

/* Holds a piece. False, and nothing changed, where that takes ranges, or a limit or a copy is in sight. */
PKTS_INLINE bool tcp_row_put(
	struct pkts_tcp_seq *s, unsigned dir, uint64_t start, const struct pkts_piece *piece);
/* The first one of a row that is not empty. */
PKTS_INLINE uint32_t tcp_row_first(
	const struct pkts_tcp_pool *pool, const struct pkts_tcp_half *half);
/* Takes it out; its reference is the caller's. */
PKTS_INLINE void tcp_row_take_first(const struct pkts_tcp_pool *pool, struct pkts_tcp_half *half);

/* tcp_row.c: the one that a piece, which is not behind all others, has its place behind; NONE if it meets one. */
uint32_t tcp_row_before(
	struct pkts_tcp_pool *pool, const struct pkts_tcp_half *half, uint64_t start, uint32_t len);

/* inline definitions */

PKTS_INLINE uint64_t tcp_row_end(const struct pkts_tcp_arrival *a)
{
	return a->start + a->len;
}

/* Links a new one in: the first of all, behind the last, or wherever it has its place. */
PKTS_INLINE void tcp_row_link(
	struct pkts_tcp_pool *pool, struct pkts_tcp_half *half, uint32_t i, uint32_t before)
{
	struct pkts_tcp_arrival *const a = tcp_arrival(pool, i);

	if (before == NONE) {
		half->told |= IN_ROW;
		half->held.root = a->link = i;
		return;
	}
	struct pkts_tcp_arrival *const b = tcp_arrival(pool, before);
	a->link = b->link;
	b->link = i;
	if (before == half->held.root && a->start > b->start)
		half->held.root = i;
}

PKTS_INLINE bool tcp_row_put(
	struct pkts_tcp_seq *s, unsigned dir, uint64_t start, const struct pkts_piece *piece)
{
	struct pkts_tcp_pool *const pool = s->pool;
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	uint32_t before = half->held.root;

	if (piece->len < piece->cost / 4 || !tcp_arrival_fits(pool, half, piece->cost))
		return false;
	if (half->held.count) {
		if (!(half->told & IN_ROW) || half->held.count >= ROW_MAX)
			return false;
		if (tcp_row_end(tcp_arrival(pool, before)) > start)
			before = tcp_row_before(pool, half, start, piece->len);
		if (before == NONE)
			return false;
	}
	const uint32_t i = tcp_arrival_new(s, dir, start, piece, piece->cost, NONE);
	tcp_row_link(pool, half, i, before);
	half->held.count++;
	half->held.covered += piece->len;
	pool->ranges.steps++;
	tcp_arrival_keep_whole(s, i);
	return true;
}

PKTS_INLINE uint32_t tcp_row_first(
	const struct pkts_tcp_pool *pool, const struct pkts_tcp_half *half)
{
	return tcp_arrival(pool, half->held.root)->link;
}

PKTS_INLINE void tcp_row_take_first(const struct pkts_tcp_pool *pool, struct pkts_tcp_half *half)
{
	struct pkts_tcp_arrival *const last = tcp_arrival(pool, half->held.root);
	const struct pkts_tcp_arrival *const first = tcp_arrival(pool, last->link);

	last->link = first->link;
	half->held.covered -= first->len;
	if (!--half->held.count) {
		half->held.root = NONE;
		half->told &= (uint8_t)~IN_ROW;
	}
}

#endif
