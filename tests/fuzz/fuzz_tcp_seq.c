/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * TCP reassembly driven by a program: 8 bytes of configuration, then 4 bytes an operation. Where memory
 * suffices, a naive model that knows every byte's owner says what has to come out, after every step;
 * when packets are rewritten, what each has to say. With anything else (any flags, tiny limits) what
 * comes out is at least contiguous, and all that is held is let go.
 */
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "pkts_tcp_seq.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PLACES 160 /* that segments of a model may cover */
#define PIECES 128
#define ISN1   77u

enum mode { EXACT, FLUSHED, INLINE, WILD };

struct buffer {
	int refs;
	uint32_t len;
	uint8_t bytes[];
};

struct model {
	int owner[PLACES];
	struct {
		unsigned start, end;
	} pieces[PIECES];
	unsigned n, base, origin, next, acked, limit;
	bool settled, passed_over[PLACES];
	uint8_t first[PLACES]; /* the byte that came first; 0: none */
};

struct run {
	const uint8_t *p, *end;
	enum mode mode;
	enum pkts_tcp_policy policy;
	bool put_only;
	uint32_t isn, cost;
	uint64_t now;
	int held;
	struct pkts_tcp_pool *pool;
	struct pkts_tcp_seq s;
	uint64_t offset[2];
	unsigned label;
	struct model m;
};

static void hold(void *ctx, void *owner)
{
	((struct buffer *)owner)->refs++;
	((struct run *)ctx)->held++;
}

static void drop(struct buffer *b)
{
	if (!--b->refs)
		free(b);
}

static void release(void *ctx, void *owner)
{
	((struct run *)ctx)->held--;
	drop(owner);
}

static struct buffer *buffer_of(uint32_t len, uint8_t label)
{
	struct buffer *const b = malloc(sizeof(*b) + len);

	b->refs = 1;
	b->len = len;
	memset(b->bytes, label, len);
	return b;
}

/* The rules as they are published. */
static bool new_wins(const struct run *r, int old, unsigned ns, unsigned ne)
{
	const unsigned os = r->m.pieces[old].start, oe = r->m.pieces[old].end;

	switch (r->policy) {
	case PKTS_TCP_LAST:
		return true;
	case PKTS_TCP_FIRST:
	case PKTS_TCP_VISTA:
		return false;
	case PKTS_TCP_LINUX:
		return ns < os || (ns == os && ne > oe);
	case PKTS_TCP_OLD_LINUX:
		return ns < os || (ns == os && ne >= oe);
	case PKTS_TCP_SOLARIS:
	case PKTS_TCP_HPUX11:
		return ne > oe || (ne == oe && ns <= os);
	default:
		return ns < os;
	}
}

static uint8_t label_of(int piece)
{
	return (uint8_t)(1 + piece);
}

static unsigned limit_of(const struct model *m)
{
	return m->settled ? PKTS_MIN(m->origin + m->limit, PLACES) : PLACES;
}

/* The model's piece gets a number for every segment, so that its label says which it is. */
static void model_add(struct run *r, unsigned start, unsigned end)
{
	struct model *const m = &r->m;
	const int piece = (int)m->n++;

	for (unsigned i = start; i < end; i++)
		m->first[i] = m->first[i] ? m->first[i] : label_of(piece);
	start = m->settled && start < m->next ? m->next : start;
	end = PKTS_MIN(end, limit_of(m));
	m->pieces[piece].start = start;
	m->pieces[piece].end = end;
	for (unsigned i = start; i < end; i++)
		if (m->owner[i] < 0 || new_wins(r, m->owner[i], start, end))
			m->owner[i] = piece;
}

static void model_settle(struct model *m)
{
	unsigned lowest = 0;

	while (lowest < m->base && m->owner[lowest] < 0)
		lowest++;
	m->settled = true;
	m->origin = m->next = lowest;
}

static bool model_any_behind(const struct model *m)
{
	for (unsigned i = m->next; i < limit_of(m); i++)
		if (m->owner[i] >= 0)
			return true;
	return false;
}

static void demand_byte(struct run *r, uint8_t byte)
{
	struct model *const m = &r->m;

	DEMAND(m->next < limit_of(m) && m->owner[m->next] >= 0);
	DEMAND(byte == (r->mode == INLINE ? m->first[m->next] : label_of(m->owner[m->next])));
	m->next++;
}

static void demand_gap(struct model *m)
{
	DEMAND(m->next < limit_of(m) && m->owner[m->next] < 0);
	m->passed_over[m->next++] = true;
}

static void take(
	struct run *r, unsigned dir, enum pkts_tcp_kind kind, const struct pkts_tcp_out *out)
{
	volatile uint8_t seen = 0;

	DEMAND(out->offset == r->offset[dir]);
	DEMAND((kind == PKTS_TCP_SEQ_FIN || kind == PKTS_TCP_SEQ_RST) == (out->len == 0));
	r->offset[dir] += out->len;
	if (kind == PKTS_TCP_SEQ_DATA)
		for (uint64_t i = 0; i < out->len; i++)
			seen = seen | out->p[i];
	if (r->mode == WILD || dir)
		return;
	DEMAND(kind == PKTS_TCP_SEQ_DATA || kind == PKTS_TCP_SEQ_GAP);
	for (uint64_t i = 0; i < out->len; i++)
		if (kind == PKTS_TCP_SEQ_DATA)
			demand_byte(r, out->p[i]);
		else
			demand_gap(&r->m);
}

static void get_all(struct run *r, unsigned dir)
{
	struct pkts_tcp_out out;
	enum pkts_tcp_kind kind;

	while ((kind = pkts_tcp_seq_get(&r->s, dir, &out)))
		take(r, dir, kind, &out);
}

/* Nothing that could have come out was kept back. */
static void demand_all_out(struct run *r)
{
	const struct model *const m = &r->m;

	if (r->mode != WILD && m->settled && m->next < limit_of(m))
		DEMAND(m->owner[m->next] < 0);
	DEMAND(r->pool->bytes <= r->pool->conf.max_bytes);
	DEMAND(r->pool->segments <= r->pool->conf.max_segments);
	for (unsigned dir = 0; dir < 2; dir++) {
		DEMAND(r->s.half[dir].segments <= r->pool->conf.max_segments_each);
		DEMAND(r->s.half[dir].pinned <= r->pool->conf.max_bytes_each);
	}
}

static void pass(struct run *r, unsigned dir, const struct pkts_tcp_segment *seg)
{
	enum pkts_tcp_kind kind = PKTS_TCP_SEQ_NOTHING;
	struct pkts_tcp_out out;

	if (r->put_only)
		pkts_tcp_seq_put(&r->s, dir, seg, r->now);
	else
		kind = pkts_tcp_seq_put_get(&r->s, dir, seg, r->now, &out);
	if (kind)
		take(r, dir, kind, &out);
	get_all(r, dir);
	get_all(r, !dir);
}

/* The packet says what came first, or must not pass: then it has bytes that were passed over. */
static void pass_inline(
	struct run *r, struct pkts_tcp_segment *seg, struct buffer *b, unsigned start)
{
	const uint8_t label = b->len ? b->bytes[0] : 0;
	const unsigned acked = r->m.acked;
	const int result = pkts_tcp_seq_inline(&r->s, 0, seg, b->bytes, r->now);
	bool over = false;
	int changed = 0;

	for (unsigned i = start; i < start + b->len; i++)
		over |= i >= acked && i < r->m.next && r->m.passed_over[i];
	DEMAND(over == (result == -PKTS_EBADMSG));
	DEMAND(over || result >= 0);
	for (uint32_t i = 0; i < b->len && !over; i++) {
		const uint8_t first = r->m.first[start + i];
		changed += b->bytes[i] != label;
		DEMAND(start + i < acked || b->bytes[i] == (first ? first : label));
	}
	DEMAND(over || changed == result);
	if (!over && b->len)
		model_add(r, start, start + b->len);
	get_all(r, 0);
}

/* Where a segment of the model starts, and how long it is. */
static void model_segment(struct run *r, uint8_t a, uint8_t b)
{
	const unsigned start = 16 + a % 112, len = b % 32;
	struct buffer *const buffer = buffer_of(len, label_of((int)r->m.n));
	struct pkts_tcp_segment seg = {.piece = {buffer->bytes, len, r->cost, buffer},
		.seq = r->isn + start,
		.ack = ISN1,
		.flags = PKTS_TCP_ACK,
		.window = 1};

	if (r->mode == INLINE) {
		pass_inline(r, &seg, buffer, start);
	} else {
		if (r->mode == FLUSHED && !r->m.n && !r->m.settled && !r->m.base)
			r->m.base = start;
		if (len && !(r->m.settled && start + len == r->m.next && len == 1))
			model_add(r, start, start + len);
		pass(r, 0, &seg);
	}
	drop(buffer);
}

static void peer(struct run *r, uint32_t ack)
{
	const struct pkts_tcp_segment seg = {
		.seq = ISN1, .ack = ack, .flags = PKTS_TCP_ACK, .window = 1};

	pass(r, 1, &seg);
}

static void model_flush(struct run *r)
{
	if (!r->m.settled) {
		if (!r->m.base)
			return;
		model_settle(&r->m);
	}
	pkts_tcp_seq_flush(&r->s, 0);
	get_all(r, 0);
	DEMAND(!model_any_behind(&r->m));
}

static void acknowledge(struct run *r, unsigned place)
{
	if (place > r->m.acked)
		r->m.acked = place;
	peer(r, r->isn + place);
}

static void model_step(struct run *r, const uint8_t *op)
{
	switch (op[0] % 8) {
	case 0:
		model_flush(r);
		break;
	case 1: /* of what is there, or a little more */
		if (r->mode == FLUSHED && !r->m.settled)
			break;
		acknowledge(r, PKTS_MIN(r->m.next + op[1] % 8u, PLACES - 1u));
		break;
	case 2:
		r->now += (uint64_t)op[1] << 28;
		pkts_tcp_seq_tick(&r->s, r->now);
		get_all(r, 0);
		break;
	default:
		if (r->m.n < PIECES - 2)
			model_segment(r, op[1], op[2]);
	}
}

/* Anything: flags, both directions, far and near, any ACK. */
static void wild_step(struct run *r, const uint8_t *op)
{
	static const uint16_t flags[] = {PKTS_TCP_ACK, PKTS_TCP_ACK, PKTS_TCP_SYN,
		PKTS_TCP_SYN | PKTS_TCP_ACK, PKTS_TCP_ACK | PKTS_TCP_FIN, PKTS_TCP_RST,
		PKTS_TCP_ACK | PKTS_TCP_URG, 0x1ff};
	const unsigned dir = op[0] & 1;
	const uint32_t far = op[0] & 2 && op[0] & 4 ? (uint32_t)op[3] << 24 : 0;
	struct buffer *const b = buffer_of(op[2] % 64, (uint8_t)r->label++);
	const struct pkts_tcp_segment seg = {.piece = {b->bytes, b->len, r->cost * (op[2] % 4u), b},
		.seq = r->isn + op[1] + far,
		.ack = r->isn + op[3],
		.flags = flags[op[0] >> 3 & 7],
		.window = op[0] >> 6,
		.urgent = op[3] % 8};

	if (op[0] == 0xff) {
		pkts_tcp_seq_flush(&r->s, op[1] & 1);
		get_all(r, op[1] & 1);
	} else if (op[0] >> 6 == 3 && r->pool->conf.keep_delivered) {
		pkts_tcp_seq_inline(&r->s, dir, &seg, b->bytes, r->now);
		get_all(r, dir);
	} else {
		pass(r, dir, &seg);
	}
	r->now += (uint64_t)op[3] << 24;
	drop(b);
}

static struct pkts_tcp_conf roomy(const struct run *r, const uint8_t *knobs)
{
	return (struct pkts_tcp_conf){.gap = PKTS_TCP_GAP_WAIT,
		.max_segments = 2 * PIECES,
		.max_segments_each = 2 * PIECES,
		.slab_bytes = knobs[3] % 4 ? 1024u << knobs[3] % 4 : 1,
		.depth = r->mode == INLINE ? 0 : r->m.limit,
		.midstream_flush = r->mode == FLUSHED,
		.keep_delivered = r->mode == INLINE || knobs[5] & 1};
}

static struct pkts_tcp_conf wild(const uint8_t *knobs)
{
	return (struct pkts_tcp_conf){.max_segments = 1 + knobs[3] % 32,
		.max_bytes = 1 + (uint64_t)knobs[4] * 64,
		.max_segments_each = 1 + knobs[5] % 16,
		.max_bytes_each = 1 + (uint32_t)(knobs[6] & 0xf0) * 16,
		.slab_bytes = 1 + 1024u * (knobs[6] & 3),
		.depth = knobs[7] & 1 ? knobs[4] : 0,
		.window = knobs[7] & 2 ? knobs[3] * 2u : 0,
		.gap = knobs[7] >> 2 & 7,
		.gap_segments = knobs[6] & 7,
		.gap_bytes = knobs[5],
		.gap_overlaps = knobs[4] & 15,
		.urgent = knobs[2] % 3u,
		.urgent_max = knobs[3] & 3,
		.urgent_beyond = knobs[4] % 3u,
		.syn_data = knobs[5] % 3u,
		.midstream_flush = knobs[7] >> 5 & 1,
		.keep_delivered = knobs[7] >> 6 & 1,
		.past_end = knobs[7] >> 7};
}

static void *open_run(struct run *r, const uint8_t *knobs)
{
	struct pkts_tcp_conf conf;

	r->m.limit = knobs[5] & 2 ? knobs[6] : PLACES;
	r->m.limit = r->m.limit && r->mode != INLINE ? r->m.limit : PLACES;
	conf = r->mode == WILD ? wild(knobs) : roomy(r, knobs);
	conf.hold = (struct pkts_hold){hold, release, r};
	const size_t size = pkts_tcp_pool_memsize(&conf);
	void *const mem = malloc(size);
	r->pool = pkts_tcp_pool_init(mem, size, &conf);
	DEMAND(r->pool);
	pkts_tcp_seq_init(&r->s, r->pool, r->policy, r->policy);
	for (unsigned i = 0; i < PLACES; i++)
		r->m.owner[i] = -1;
	return mem;
}

/* The model's stream begins at place 16. */
static void handshake(struct run *r)
{
	const struct pkts_tcp_segment syn = {
		.seq = r->isn + 15, .flags = PKTS_TCP_SYN, .window = 1};

	if (r->mode != EXACT && r->mode != INLINE)
		return;
	pass(r, 0, &syn);
	peer(r, r->isn + 16);
	r->m.settled = true;
	r->m.base = r->m.origin = r->m.next = r->m.acked = 16;
}

static void close_run(struct run *r, void *mem)
{
	pkts_tcp_seq_fini(&r->s);
	DEMAND(r->held == 0);
	DEMAND(r->pool->bytes == 0 && r->pool->segments == 0 && r->pool->ranges.used == 0);
	free(mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t isns[] = {0, 1, UINT32_MAX - 40, UINT32_MAX - 100, 0x7fffffc0};
	static struct run r;

	if (size < 8)
		return 0;
	r = (struct run){.mode = data[0] % 4,
		.put_only = data[0] >> 2 & 1,
		.policy = data[1] % PKTS_TCP_POLICY_MAX,
		.isn = isns[data[2] % PKTS_ARRAY_LEN(isns)],
		.cost = data[2] & 0x80 ? 256 : 1,
		.now = 1};
	void *const mem = open_run(&r, data);
	handshake(&r);
	for (size_t at = 8; at + 4 <= size; at += 4) {
		if (r.mode == WILD)
			wild_step(&r, data + at);
		else
			model_step(&r, data + at);
		demand_all_out(&r);
	}
	close_run(&r, mem);
	return 0;
}
