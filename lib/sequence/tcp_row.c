/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What happens to a row when pieces come in between, meet, or are given up. */
#include "tcp_row.h"

uint32_t tcp_row_before(
	struct pkts_tcp_pool *pool, const struct pkts_tcp_half *half, uint64_t start, uint32_t len)
{
	uint32_t before = half->held.root;
	const struct pkts_tcp_arrival *next = tcp_arrival(pool, tcp_arrival(pool, before)->link);

	for (; tcp_row_end(next) <= start; pool->ranges.steps++) {
		before = tcp_arrival(pool, before)->link;
		next = tcp_arrival(pool, next->link);
	}
	return start + len <= next->start ? before : NONE;
}

/* There are ranges enough: each piece of the pool may need two. */
void tcp_row_plant(struct pkts_tcp_seq *s, unsigned dir)
{
	struct pkts_tcp_pool *const pool = s->pool;
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);

	if (PKTS_LIKELY(!(half->told & IN_ROW)))
		return;
	const uint32_t last = half->held.root;
	uint32_t i = last;
	half->told &= (uint8_t)~IN_ROW;
	pkts_ranges_clear(&half->held);
	do {
		i = tcp_arrival(pool, i)->link;
		const struct pkts_tcp_arrival *const a = tcp_arrival(pool, i);
		pkts_ranges_insert(
			&pool->ranges, &half->held, a->start, tcp_row_end(a), i, NULL, NULL);
	} while (i != last);
}

void tcp_row_drop(struct pkts_tcp_seq *s, unsigned dir)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);

	while (half->told & IN_ROW) {
		const uint32_t first = tcp_row_first(s->pool, half);
		tcp_row_take_first(s->pool, half);
		tcp_arrival_less(s, first);
	}
}
