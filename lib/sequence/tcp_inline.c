/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Packets that are passed on are made to say what was seen first: so that is what is delivered. */
#include "tcp.h"

/* Data on a SYN against those of an earlier SYN with the same number. */
static uint32_t mend_syn(
	struct pkts_tcp_seq *s, unsigned dir, uint64_t at, uint8_t *data, uint32_t len)
{
	uint32_t changed = 0;

	for (uint32_t i = s->half[dir].syns; i != NONE; i = tcp_arrival(s->pool, i)->link) {
		const struct pkts_tcp_arrival *const a = tcp_arrival(s->pool, i);
		const uint32_t n = a->start == at ? PKTS_MIN(a->len, len) : 0;
		for (uint32_t k = 0; k < n; k++)
			changed += data[k] != a->p[k];
		if (n)
			__builtin_memcpy(data, a->p, n);
	}
	return changed;
}

/* From where on bytes that were handed out may still be taken by the receiver. */
static uint64_t open_from(const struct pkts_tcp_half *half, uint64_t at)
{
	const uint64_t from = half->told & ACK_KNOWN ? tcp_at(half, half->acked) : tcp_origin(half);

	return from > at ? from : at;
}

/* Bytes below `next`; how many were changed, or -PKTS_EBADMSG if some are not known. */
static int mend_past(struct pkts_tcp_seq *s, unsigned dir, uint64_t at, uint8_t *data, uint32_t len)
{
	const struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const uint64_t from = open_from(half, at), to = PKTS_MIN(at + len, half->next);
	uint64_t known = 0;

	if (from >= to)
		return 0;
	uint8_t *const p = data + (from - at);
	const uint32_t changed = tcp_compare(s, dir, from, to, p, p, &known);
	return known < to - from ? -PKTS_EBADMSG : (int)changed;
}

static int mend_ahead(
	struct pkts_tcp_seq *s, unsigned dir, uint64_t at, uint8_t *data, uint32_t len)
{
	const struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const bool settled = !(half->slow & UNSETTLED);
	const uint64_t from = settled && half->next > at ? half->next : at;

	if (from >= at + len)
		return 0;
	if (half->slow & ENDED)
		return -PKTS_EBADMSG;
	uint8_t *const p = data + (from - at);
	return (int)tcp_compare(s, dir, from, at + len, p, p, NULL);
}

static int mend(
	struct pkts_tcp_seq *s, unsigned dir, const struct pkts_tcp_segment *seg, uint8_t *data)
{
	const bool syn = seg->flags & PKTS_TCP_SYN;
	const struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	const uint64_t at = tcp_at(half, seg->seq + syn);
	const uint32_t len = seg->piece.len;
	const int past = half->slow & UNSETTLED ? 0 : mend_past(s, dir, at, data, len);
	const int ahead = past < 0 ? past : mend_ahead(s, dir, at, data, len);

	if (past > 0)
		tcp_note(s, dir, PKTS_SEQ_RETRANSMIT_DIFF);
	if (ahead < 0)
		return ahead;
	const int syns = syn ? (int)mend_syn(s, dir, at, data, len) : 0;
	if (ahead + syns)
		tcp_note(s, dir, PKTS_SEQ_CONFLICT);
	return past + ahead + syns;
}

int pkts_tcp_seq_inline(struct pkts_tcp_seq *s, unsigned dir, const struct pkts_tcp_segment *seg,
	uint8_t *data, uint64_t now_ns)
{
	struct pkts_tcp_half *const half = pkts_tcp_seq_half(s, dir);
	int changed = 0;

	if (!(half->slow & KEEP))
		return -PKTS_EINVAL;
	half->told |= INLINED;
	if (half->start != START_NOWHERE && seg->piece.len && !(seg->flags & PKTS_TCP_RST))
		changed = mend(s, dir, seg, data);
	if (changed < 0)
		return changed;
	const int r = pkts_tcp_seq_put(s, dir, seg, now_ns);
	return r < 0 ? r : changed;
}
