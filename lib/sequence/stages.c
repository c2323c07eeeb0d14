/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* TCP, SCTP and framing as stages of a stack. */
#include "pkts_seq_stages.h"

/* TCP */

static bool read_segment(const struct pkts_unit *in, struct pkts_tcp_segment *seg)
{
	const struct pkts_ref r = {(uint8_t *)(uintptr_t)in->piece.p, in->piece.len, in->piece.len};
	const struct pkts_check c = pkts_tcp_check(r);

	if (in->kind != PKTS_UNIT_DATA || in->dir > 1 || c.fatal)
		return false;
	*seg = pkts_tcp_segment_of((struct pkts_tcp){r.p, c.head, c.len},
		(struct pkts_piece){r.p + c.head, c.len - c.head, in->piece.cost, in->piece.owner});
	return true;
}

/* What came out of the connection as a unit. False for what is no part of the stream. */
static bool tcp_unit(const struct pkts_tcp_stage *stage, enum pkts_tcp_kind kind,
	const struct pkts_tcp_out *got, struct pkts_unit *out)
{
	*out = (struct pkts_unit){.offset = got->offset,
		.now_ns = stage->now_ns,
		.dir = stage->dir,
		.fleeting = true};
	switch (kind) {
	case PKTS_TCP_SEQ_DATA:
		out->kind = PKTS_UNIT_DATA;
		out->piece = (struct pkts_piece){.p = got->p, .len = (uint32_t)got->len};
		return true;
	case PKTS_TCP_SEQ_GAP:
		out->kind = PKTS_UNIT_GAP;
		out->gap = got->len;
		return true;
	case PKTS_TCP_SEQ_FIN:
	case PKTS_TCP_SEQ_RST:
		out->kind = PKTS_UNIT_END;
		return true;
	default:
		return false;
	}
}

static int tcp_get(void *ctx, struct pkts_unit *out)
{
	const struct pkts_tcp_stage *const stage = ctx;
	struct pkts_tcp_out got = {0};
	enum pkts_tcp_kind kind;

	do
		kind = pkts_tcp_seq_get(stage->seq, stage->dir, &got);
	while (kind != PKTS_TCP_SEQ_NOTHING && !tcp_unit(stage, kind, &got, out));
	return kind == PKTS_TCP_SEQ_NOTHING ? -PKTS_EAGAIN : 0;
}

/* Nobody reads the other direction: it must not pile up. */
static void drop_other(const struct pkts_tcp_stage *stage)
{
	struct pkts_tcp_out got;

	while (pkts_tcp_seq_get(stage->seq, !stage->dir, &got) != PKTS_TCP_SEQ_NOTHING)
		;
}

static int tcp_put(void *ctx, const struct pkts_unit *in)
{
	struct pkts_tcp_stage *const stage = ctx;
	struct pkts_tcp_segment seg;

	if (in->fleeting)
		return -PKTS_EINVAL;
	if (!read_segment(in, &seg))
		return -PKTS_EBADMSG;
	stage->now_ns = in->now_ns;
	const int put = pkts_tcp_seq_put(stage->seq, in->dir, &seg, in->now_ns);
	drop_other(stage);
	return put == -PKTS_ENOSPC ? put : 0;
}

static int tcp_put_get(void *ctx, const struct pkts_unit *in, struct pkts_unit *out)
{
	struct pkts_tcp_stage *const stage = ctx;
	struct pkts_tcp_segment seg;
	struct pkts_tcp_out got = {0};

	if (in->fleeting)
		return -PKTS_EINVAL;
	if (!read_segment(in, &seg))
		return -PKTS_EBADMSG;
	stage->now_ns = in->now_ns;
	const enum pkts_tcp_kind kind =
		pkts_tcp_seq_put_get(stage->seq, in->dir, &seg, in->now_ns, &got);
	if (in->dir == stage->dir && tcp_unit(stage, kind, &got, out))
		return 0;
	drop_other(stage);
	return tcp_get(stage, out);
}

static void tcp_flush(void *ctx)
{
	const struct pkts_tcp_stage *const stage = ctx;
	pkts_tcp_seq_flush(stage->seq, stage->dir);
}

struct pkts_seq_stage pkts_tcp_stage(struct pkts_tcp_stage *stage)
{
	static const struct pkts_seq_stage_ops ops = {
		.put = tcp_put, .get = tcp_get, .put_get = tcp_put_get, .flush = tcp_flush};
	return (struct pkts_seq_stage){.ops = &ops, .ctx = stage};
}

/* SCTP */

static int sctp_unit(const struct pkts_sctp_stage *stage, const struct pkts_sctp_message *m,
	struct pkts_unit *out)
{
	*out = (struct pkts_unit){.piece = m->piece,
		.now_ns = stage->now_ns,
		.type = m->ppid,
		.stream = m->stream,
		.dir = m->dir,
		.fleeting = m->piece.owner == NULL || m->pieces > 1};
	if (m->pieces == 1)
		return 0;
	if (m->len > stage->cap)
		return -PKTS_ENOSPC;
	out->piece = (struct pkts_piece){.p = stage->buf,
		.len = (uint32_t)pkts_sctp_message_copy(m, stage->buf, stage->cap)};
	return 0;
}

static int sctp_get(void *ctx, struct pkts_unit *out)
{
	struct pkts_sctp_stage *const stage = ctx;
	struct pkts_sctp_message m;

	return pkts_sctp_seq_get(stage->seq, &m) == 0 ? sctp_unit(stage, &m, out) : -PKTS_EAGAIN;
}

static int sctp_begin(struct pkts_sctp_stage *stage, const struct pkts_unit *in)
{
	if (in->fleeting)
		return -PKTS_EINVAL;
	if (in->kind != PKTS_UNIT_DATA)
		return -PKTS_EBADMSG;
	stage->now_ns = in->now_ns;
	return pkts_sctp_seq_put(stage->seq, in->dir, &in->piece, in->piece.len);
}

static int sctp_put(void *ctx, const struct pkts_unit *in)
{
	struct pkts_sctp_stage *const stage = ctx;
	const int put = sctp_begin(stage, in);

	if (put == 0)
		pkts_sctp_seq_settle(stage->seq);
	return put;
}

static int sctp_put_get(void *ctx, const struct pkts_unit *in, struct pkts_unit *out)
{
	const int put = sctp_begin(ctx, in);
	return put ? put : sctp_get(ctx, out);
}

static void sctp_flush(void *ctx)
{
	const struct pkts_sctp_stage *const stage = ctx;

	pkts_sctp_seq_flush(stage->seq, 0);
	pkts_sctp_seq_flush(stage->seq, 1);
}

struct pkts_seq_stage pkts_sctp_stage(struct pkts_sctp_stage *stage)
{
	static const struct pkts_seq_stage_ops ops = {
		.put = sctp_put, .get = sctp_get, .put_get = sctp_put_get, .flush = sctp_flush};
	return (struct pkts_seq_stage){.ops = &ops, .ctx = stage, .bounded = true};
}

/* Framing */

static int framing_get(void *ctx, struct pkts_unit *out)
{
	struct pkts_framing_stage *const stage = ctx;
	struct pkts_framed got;
	const int result = pkts_framing_get(stage->framing, &got);

	if (result != 0 && !(result == -PKTS_EAGAIN && stage->end))
		return result;
	*out = stage->last;
	out->fleeting = true;
	if (result != 0) {
		out->kind = PKTS_UNIT_END;
		stage->end = false;
		return 0;
	}
	out->offset = got.offset;
	out->kind = got.kind == PKTS_FRAMED_GAP ? PKTS_UNIT_GAP : PKTS_UNIT_DATA;
	if (got.kind == PKTS_FRAMED_GAP)
		out->gap = got.len;
	else
		out->piece = (struct pkts_piece){.p = got.p, .len = (uint32_t)got.len};
	return 0;
}

/* Does the unit hold one message, all of it, and nothing else? */
static bool is_whole(const struct pkts_framing_stage *stage, const struct pkts_piece *piece)
{
	const struct pkts_framing_conf *const conf = &stage->framing->conf;

	return piece->len > 0 && piece->len <= conf->max_message &&
	       conf->length(conf->length_ctx, piece->p, piece->len) == piece->len;
}

static void remember(struct pkts_framing_stage *stage, const struct pkts_unit *in)
{
	stage->last = *in;
	stage->last.piece = (struct pkts_piece){0};
	stage->last.gap = 0;
	stage->last.packet = NULL;
	stage->end |= in->kind == PKTS_UNIT_END;
}

/* keep: a copy of the bytes, so that they need not stay. */
static int framing_take(struct pkts_framing_stage *stage, const struct pkts_unit *in, bool keep)
{
	const struct pkts_span span = {in->piece.p, in->piece.len};
	int result;

	if (in->kind == PKTS_UNIT_DATA && in->bounded && !is_whole(stage, &in->piece))
		return -PKTS_EBADMSG;
	if (in->kind == PKTS_UNIT_GAP)
		result = pkts_framing_gap(stage->framing, in->gap);
	else if (in->kind == PKTS_UNIT_END)
		result = pkts_framing_flush(stage->framing);
	else
		result = keep ? pkts_framing_keep(stage->framing, span)
			      : pkts_framing_put(stage->framing, span);
	if (result == 0)
		remember(stage, in);
	return result == -PKTS_EAGAIN ? -PKTS_ENOSPC : result;
}

static int framing_put(void *ctx, const struct pkts_unit *in)
{
	return framing_take(ctx, in, true);
}

/* What waits comes first: then the unit's bytes are copied behind it. */
static int framing_put_get(void *ctx, const struct pkts_unit *in, struct pkts_unit *out)
{
	int result = framing_take(ctx, in, false);

	if (result == -PKTS_ENOSPC)
		result = framing_take(ctx, in, true);
	return result ? result : framing_get(ctx, out);
}

static void framing_flush(void *ctx)
{
	const struct pkts_framing_stage *const stage = ctx;
	pkts_framing_flush(stage->framing);
}

struct pkts_seq_stage pkts_framing_stage(struct pkts_framing_stage *stage)
{
	static const struct pkts_seq_stage_ops ops = {.put = framing_put,
		.get = framing_get,
		.put_get = framing_put_get,
		.flush = framing_flush,
		.takes_streams = true};
	return (struct pkts_seq_stage){.ops = &ops, .ctx = stage, .bounded = true};
}
