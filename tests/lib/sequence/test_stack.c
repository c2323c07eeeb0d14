/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Stages on top of each other: made up ones for the rules of the stack, then those of the library. */
#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkts_seq_stages.h"
#include "row.h"
#include "sctp_packet.h"

/*
 * A made-up stage. It takes words of up to 3 letters: complete ones end with '.', others wait until one
 * does. What comes out is a copy, or the word's own bytes where nothing had to be kept; 'X' is refused.
 */
struct words {
	char begun[64]; /* incomplete */
	char ready[8][64];
	unsigned first, n;
	char out[64];
	unsigned puts, kept; /* calls; bytes that had to be copied */
	bool was_bounded;
	bool flushed;
};

static struct pkts_unit unit_of(const char *text)
{
	return (struct pkts_unit){
		.piece = {(const uint8_t *)text, (uint32_t)strlen(text), 0, NULL}};
}

static int words_put(void *ctx, const struct pkts_unit *in)
{
	struct words *const w = ctx;
	const char *const text = (const char *)in->piece.p;
	const unsigned n = in->piece.len;

	w->puts++;
	w->was_bounded = in->bounded;
	if (text[0] == 'X')
		return -PKTS_EBADMSG;
	if (w->n == 8)
		return -PKTS_ENOSPC;
	w->kept += n;
	strncat(w->begun, text, n);
	if (text[n - 1] == '.') {
		strcpy(w->ready[(w->first + w->n++) % 8], w->begun);
		w->begun[0] = 0;
	}
	return 0;
}

static int words_get(void *ctx, struct pkts_unit *out)
{
	struct words *const w = ctx;

	if (w->n == 0)
		return -PKTS_EAGAIN;
	strcpy(w->out, w->ready[w->first]);
	w->first = (w->first + 1) % 8;
	w->n--;
	*out = unit_of(w->out);
	return 0;
}

static int words_put_get(void *ctx, const struct pkts_unit *in, struct pkts_unit *out)
{
	struct words *const w = ctx;
	const bool whole = in->piece.p[in->piece.len - 1] == '.' && in->piece.p[0] != 'X';

	w->was_bounded = in->bounded;
	if (whole && w->n == 0 && w->begun[0] == 0) {
		w->puts++;
		*out = *in;
		return 0;
	}
	const int put = words_put(ctx, in);
	return put ? put : words_get(ctx, out);
}

static void words_flush(void *ctx)
{
	struct words *const w = ctx;

	w->flushed = true;
	if (w->begun[0])
		strcpy(w->ready[(w->first + w->n++) % 8], w->begun);
	w->begun[0] = 0;
}

static const struct pkts_seq_stage_ops words_ops = {
	.put = words_put, .get = words_get, .put_get = words_put_get, .flush = words_flush};
static const struct pkts_seq_stage_ops streams_ops = {.put = words_put,
	.get = words_get,
	.put_get = words_put_get,
	.flush = words_flush,
	.takes_streams = true};

struct two {
	struct words words[2];
	struct pkts_seq_stage stages[2];
	struct pkts_seq_stack stack;
};

static void two_begin(struct two *t, bool bounded0, bool bounded1)
{
	memset(t, 0, sizeof(*t));
	t->stages[0] = (struct pkts_seq_stage){
		.ops = &streams_ops, .ctx = &t->words[0], .bounded = bounded0};
	t->stages[1] = (struct pkts_seq_stage){
		.ops = &streams_ops, .ctx = &t->words[1], .bounded = bounded1};
	assert_int_equal(pkts_seq_stack_init(&t->stack, t->stages, 2), 0);
}

static int put(struct two *t, const char *text)
{
	const struct pkts_unit in = unit_of(text);
	return pkts_seq_stack_put(&t->stack, &in);
}

/* What get says: a text, or "none", or "error N at stage". */
static const char *got(struct pkts_seq_stack *s, int result, const struct pkts_unit *out)
{
	static char text[80];

	if (result == -PKTS_EAGAIN)
		return "none";
	if (result)
		snprintf(text, sizeof(text), "error %d at %u", result, s->failed);
	else
		snprintf(text, sizeof(text), "%.*s", (int)out->piece.len,
			(const char *)out->piece.p);
	return text;
}

static const char *get(struct two *t)
{
	struct pkts_unit out;
	const int result = pkts_seq_stack_get(&t->stack, &out);
	return got(&t->stack, result, &out);
}

static void what_is_put_goes_to_the_first_stage(void **state)
{
	struct two t;

	(void)state;
	two_begin(&t, true, true);
	assert_int_equal(put(&t, "ab."), 0);
	assert_string_equal(get(&t), "ab.");
	assert_string_equal(get(&t), "none");
	assert_int_equal(t.words[0].puts, 1);
	assert_int_equal(t.words[1].puts, 1);
}

/* The flag says the same of the first stage as of others: what its output is. */
static void boundaries_are_told(void **state)
{
	struct two t;
	struct pkts_unit out;

	(void)state;
	for (unsigned kind = 0; kind < 4; kind++) {
		two_begin(&t, kind & 1, kind & 2);
		assert_int_equal(put(&t, "ab."), 0);
		assert_int_equal(pkts_seq_stack_get(&t.stack, &out), 0);
		assert_int_equal(t.words[1].was_bounded, kind & 1);
		assert_int_equal(out.bounded, kind >> 1);
	}
}

static void stages_that_do_not_fit(void **state)
{
	struct words w = {.n = 0};
	struct pkts_seq_stage stages[9];
	struct pkts_seq_stack s;

	(void)state;
	for (unsigned i = 0; i < 9; i++)
		stages[i] = (struct pkts_seq_stage){.ops = &words_ops, .ctx = &w, .bounded = true};
	assert_int_equal(pkts_seq_stack_init(&s, stages, 0), -PKTS_EINVAL);
	assert_int_equal(pkts_seq_stack_init(&s, stages, 9), -PKTS_EINVAL);
	assert_int_equal(pkts_seq_stack_init(&s, stages, 8), 0);
	stages[7].bounded = false;
	assert_int_equal(pkts_seq_stack_init(&s, stages, 8), 0);
	stages[6].bounded = false; /* a stream for a stage that wants messages */
	assert_int_equal(pkts_seq_stack_init(&s, stages, 8), -PKTS_EINVAL);
	stages[7].ops = &streams_ops;
	assert_int_equal(pkts_seq_stack_init(&s, stages, 8), 0);
	stages[3].ops = NULL;
	assert_int_equal(pkts_seq_stack_init(&s, stages, 8), -PKTS_EINVAL);
}

static bool begins_with(void *ctx, const struct pkts_unit *in)
{
	return in->piece.p[0] == *(const char *)ctx;
}

/* True discards; each stage has its own; put_unfiltered passes the first one only. */
static void filters(void **state)
{
	static char a[] = "a", b[] = "b";
	struct two t;
	struct pkts_unit in, out;

	(void)state;
	two_begin(&t, true, true);
	t.stages[0].discard = t.stages[1].discard = begins_with;
	t.stages[0].discard_ctx = a;
	t.stages[1].discard_ctx = b;
	assert_int_equal(put(&t, "a1."), 0);
	assert_string_equal(get(&t), "none");
	assert_int_equal(t.words[0].puts, 0);
	assert_int_equal(t.stack.discarded, 1);
	assert_int_equal(put(&t, "b1."), 0);
	assert_int_equal(put(&t, "c1."), 0);
	assert_string_equal(get(&t), "c1.");
	assert_string_equal(get(&t), "none");
	assert_int_equal(t.words[1].puts, 1);
	assert_int_equal(t.stack.discarded, 2);
	in = unit_of("a2.");
	assert_int_equal(pkts_seq_stack_put_unfiltered(&t.stack, &in), 0);
	assert_string_equal(get(&t), "a2.");
	in = unit_of("b2.");
	assert_string_equal(get(&t), "none");
	assert_int_equal(pkts_seq_stack_put_unfiltered(&t.stack, &in), 0);
	assert_string_equal(get(&t), "none");
	in = unit_of("a3.");
	assert_int_equal(pkts_seq_stack_put_get(&t.stack, &in, &out), -PKTS_EAGAIN);
	t.stages[0].discard = NULL;
	assert_int_equal(pkts_seq_stack_put_get(&t.stack, &in, &out), 0);
}

/* A filter that discards what is put keeps nothing back that waits. */
static void a_discarded_unit_lets_others_out(void **state)
{
	static char a[] = "a";
	struct two t;
	struct pkts_unit in = unit_of("a1."), out;

	(void)state;
	two_begin(&t, true, true);
	t.stages[0].discard = begins_with;
	t.stages[0].discard_ctx = a;
	assert_int_equal(put(&t, "b1."), 0);
	const int result = pkts_seq_stack_put_get(&t.stack, &in, &out);
	assert_string_equal(got(&t.stack, result, &out), "b1.");
}

static void nothing_is_lost_or_overwritten(void **state)
{
	struct two t;

	(void)state;
	two_begin(&t, true, true);
	assert_string_equal(get(&t), "none"); /* which loses nothing that comes later */
	assert_int_equal(put(&t, "a."), 0);
	assert_int_equal(put(&t, "b."), 0);
	assert_int_equal(put(&t, "c"), 0);
	assert_int_equal(put(&t, "d."), 0);
	assert_string_equal(get(&t), "a.");
	assert_string_equal(get(&t), "b.");
	assert_string_equal(get(&t), "cd.");
	assert_string_equal(get(&t), "none");
	assert_string_equal(get(&t), "none");
	assert_int_equal(put(&t, "e."), 0);
	assert_string_equal(get(&t), "e.");
}

static void put_get_passes_the_callers_bytes(void **state)
{
	static const char text[] = "ab.", begun[] = "c", end[] = "d.";
	struct two t;
	struct pkts_unit in = unit_of(text), out;

	(void)state;
	two_begin(&t, true, true);
	assert_int_equal(pkts_seq_stack_put_get(&t.stack, &in, &out), 0);
	assert_ptr_equal(out.piece.p, text);
	assert_int_equal(t.words[0].kept + t.words[1].kept, 0);
	assert_string_equal(get(&t), "none");
	in = unit_of(begun); /* in pieces: it has to be kept */
	assert_int_equal(pkts_seq_stack_put_get(&t.stack, &in, &out), -PKTS_EAGAIN);
	in = unit_of(end);
	assert_int_equal(pkts_seq_stack_put_get(&t.stack, &in, &out), 0);
	assert_memory_equal(out.piece.p, "cd.", 3);
}

/* What waits comes first, and what was put waits behind it. */
static void put_get_keeps_the_order(void **state)
{
	struct two t;
	struct pkts_unit in = unit_of("b."), out;

	(void)state;
	two_begin(&t, true, true);
	assert_int_equal(put(&t, "a."), 0);
	assert_int_equal(pkts_seq_stack_put_get(&t.stack, &in, &out), 0);
	assert_memory_equal(out.piece.p, "a.", 2);
	assert_string_equal(get(&t), "b.");
	assert_string_equal(get(&t), "none");
}

/* Stages further up may still read what the last unit is made of. */
static void everything_is_fetched_before_more_is_put(void **state)
{
	struct two t;
	struct pkts_unit in = unit_of("c."), out;

	(void)state;
	two_begin(&t, true, true);
	assert_int_equal(put(&t, "a."), 0);
	assert_int_equal(put(&t, "b."), 0);
	assert_string_equal(get(&t), "a.");
	assert_int_equal(put(&t, "c."), -PKTS_ENOSPC);
	assert_int_equal(pkts_seq_stack_put_get(&t.stack, &in, &out), -PKTS_ENOSPC);
	assert_string_equal(get(&t), "b.");
	assert_string_equal(get(&t), "none");
	assert_int_equal(put(&t, "c."), 0);
	assert_string_equal(get(&t), "c.");
}

/* A unit that a stage refuses is an error once, and the stack goes on behind it. */
static void a_bad_unit_does_not_stick(void **state)
{
	struct two t;
	struct pkts_unit in = unit_of("X."), out;

	(void)state;
	two_begin(&t, true, true);
	assert_int_equal(put(&t, "X."), -PKTS_EBADMSG);
	assert_int_equal(t.stack.failed, 0);
	assert_int_equal(pkts_seq_stack_put_get(&t.stack, &in, &out), -PKTS_EBADMSG);
	assert_string_equal(get(&t), "none");
	strcpy(t.words[0].ready[0], "X."); /* the first stage makes what the second one refuses */
	strcpy(t.words[0].ready[1], "a.");
	t.words[0].n = 2;
	assert_string_equal(get(&t), "error -74 at 1");
	assert_string_equal(get(&t), "a.");
	assert_string_equal(get(&t), "none");
}

/* A stage is flushed when nothing more can come from below. */
static void flushing_goes_from_below_upwards(void **state)
{
	struct two t;

	(void)state;
	two_begin(&t, true, true);
	assert_int_equal(put(&t, "a"), 0);
	strcpy(t.words[1].begun, "z");
	assert_string_equal(get(&t), "none");
	pkts_seq_stack_flush(&t.stack);
	assert_string_equal(get(&t), "za"); /* "a" went up first, without its end */
	assert_string_equal(get(&t), "none");
	assert_true(t.words[0].flushed && t.words[1].flushed);
	pkts_seq_stack_flush(&t.stack); /* and then more is put all the same */
	assert_int_equal(put(&t, "q"), 0);
	assert_string_equal(get(&t), "none");
	assert_int_equal(put(&t, "r."), 0);
	assert_string_equal(get(&t), "qr.");
	assert_string_equal(get(&t), "none");
	assert_int_equal(put(&t, "b."), 0);
	assert_string_equal(get(&t), "b.");
}

/* IP packets */

static uint32_t ipv4(uint8_t *to, const uint8_t ends[2], uint8_t protocol, uint32_t id,
	uint32_t off, bool more, const void *p, uint32_t n)
{
	memset(to, 0, 20);
	to[0] = 0x45;
	pkts_put_be16(to + 2, (uint16_t)(20 + n));
	pkts_put_be16(to + 4, (uint16_t)id);
	pkts_put_be16(to + 6, (uint16_t)(off / 8 | (more ? 0x2000 : 0)));
	to[8] = 64;
	to[9] = protocol;
	to[12] = to[16] = 10;
	to[15] = ends[0];
	to[19] = ends[1];
	memcpy(to + 20, p, n);
	return 20 + n;
}

static uint32_t tcp(
	uint8_t *to, uint32_t seq, uint32_t ack, uint8_t flags, const void *p, uint32_t n)
{
	memset(to, 0, 20);
	pkts_put_be16(to, 1000);
	pkts_put_be16(to + 2, 2000);
	pkts_put_be32(to + 4, seq);
	pkts_put_be32(to + 8, ack);
	to[12] = 0x50;
	to[13] = flags;
	pkts_put_be16(to + 14, 8192);
	if (n)
		memcpy(to + 20, p, n);
	return 20 + n;
}

#define FRAMES 512
#define PEER   5000 /* initial sequence number of the other side */

struct frames {
	struct box *frame[FRAMES];
	unsigned n;
};

/* A packet's payload in fragments of `each` bytes; one of them, unfragmented, if it is no longer. */
static void add_fragments(struct frames *f, const uint8_t ends[2], uint8_t protocol, uint32_t id,
	uint32_t each, const uint8_t *p, uint32_t n)
{
	uint8_t bytes[2048];

	for (uint32_t off = 0; off < n; off += each) {
		const uint32_t some = PKTS_MIN(each, n - off);
		const uint32_t len =
			ipv4(bytes, ends, protocol, id, off, off + some < n, p + off, some);
		f->frame[f->n++] = box_of(bytes, len);
	}
}

/*
 * Fragments inside fragments: a segment in an inner packet, in fragments of `inner` bytes, each in outer
 * ones. An acknowledgment is the other side's.
 */
static void add_segment(struct frames *f, uint32_t seq, uint32_t ack, const uint8_t *p, uint32_t n,
	uint32_t inner, uint32_t outer)
{
	static const uint8_t ends[2][2] = {{1, 2}, {2, 1}}, tunnel[2] = {101, 102};
	const uint8_t flags = (uint8_t)((n ? 0 : PKTS_TCP_SYN) | (n || ack ? PKTS_TCP_ACK : 0));
	uint8_t segment[1024];
	struct frames inside = {.n = 0};
	static uint32_t id;

	add_fragments(&inside, ends[n == 0 && ack], 6, ++id, inner, segment,
		tcp(segment, seq, n ? PEER + 1 : ack, flags, p, n));
	for (unsigned i = 0; i < inside.n; i++) {
		add_fragments(
			f, tunnel, 4, ++id, outer, inside.frame[i]->bytes, inside.frame[i]->n);
		box_release(NULL, inside.frame[i]);
	}
}

static bool take_box(void *ctx, uint32_t len, struct pkts_piece *buffer)
{
	static const uint8_t zeros[65536];
	(void)ctx;
	*buffer = box_piece(box_of(zeros, len), len);
	return true;
}

/* Two IP stages, TCP, and messages with their length before them. */
struct tower {
	struct pkts_ipfrag_stage ip[2];
	struct pkts_tcp_stage tcp;
	struct pkts_framing_stage framing;
	struct pkts_framing framer;
	struct pkts_tcp_seq connection;
	struct pkts_seq_stage stages[4];
	struct pkts_seq_stack stack;
	void *memory[3];
	uint8_t buf[256];
	int held;
	unsigned count; /* messages */
	uint32_t digest;
};

static void *room(size_t n)
{
	return aligned_alloc(64, (n + 63) / 64 * 64);
}

static void tower_ip(struct tower *t, unsigned i)
{
	const struct pkts_hold hold = {box_hold, box_release, &t->held};
	const struct pkts_ipfrag_conf conf = {
		.max_datagrams = 64, .max_fragments = 1024, .hold = hold};
	const size_t n = pkts_ipfrag_memsize(&conf);

	t->memory[i] = room(n);
	assert_int_equal(pkts_ipfrag_init(&t->ip[i].table, t->memory[i], n, &conf), 0);
	t->ip[i].hold = hold;
	t->ip[i].buffers = (struct pkts_seq_buffers){take_box, box_release, NULL, NULL};
	t->stages[i] = pkts_ipfrag_stage(&t->ip[i]);
}

static void tower_begin(struct tower *t)
{
	static const struct pkts_framing_prefix prefix = {1, false, 1};
	const struct pkts_tcp_conf conf = {
		.hold = {box_hold, box_release, &t->held}, .max_segments = 256};
	const struct pkts_framing_conf framing = {
		.length = pkts_framing_prefix, .length_ctx = &prefix};
	const size_t n = pkts_tcp_pool_memsize(&conf);

	memset(t, 0, sizeof(*t));
	tower_ip(t, 0);
	tower_ip(t, 1);
	t->memory[2] = room(n);
	pkts_tcp_seq_init(&t->connection, pkts_tcp_pool_init(t->memory[2], n, &conf),
		PKTS_TCP_FIRST, PKTS_TCP_FIRST);
	t->tcp.seq = &t->connection;
	t->stages[2] = pkts_tcp_stage(&t->tcp);
	assert_int_equal(pkts_framing_init(&t->framer, &framing, t->buf, sizeof(t->buf), NULL), 0);
	t->framing.framing = &t->framer;
	t->stages[3] = pkts_framing_stage(&t->framing);
	assert_int_equal(pkts_seq_stack_init(&t->stack, t->stages, 4), 0);
}

static void tower_end(struct tower *t)
{
	pkts_tcp_seq_fini(&t->connection);
	for (unsigned i = 0; i < 2; i++) {
		pkts_ipfrag_stage_fini(&t->ip[i]);
		pkts_ipfrag_fini(t->ip[i].table);
	}
	for (unsigned i = 0; i < 3; i++)
		free(t->memory[i]);
	assert_int_equal(t->held, 0);
}

/* Message number i of the stream: its length, and bytes that follow from both. */
static uint32_t message(uint8_t *to, unsigned i)
{
	const uint32_t n = i * 37 % 180;

	to[0] = (uint8_t)n;
	for (uint32_t k = 1; k <= n; k++)
		to[k] = (uint8_t)(i * 11 + k);
	return n + 1;
}

static void tower_take(struct tower *t, int result, const struct pkts_unit *out)
{
	uint8_t wanted[256];
	const uint32_t n = message(wanted, t->count);

	assert_int_equal(result, 0);
	if (out->kind == PKTS_UNIT_END)
		return;
	assert_int_equal(out->kind, PKTS_UNIT_DATA);
	assert_true(out->bounded);
	assert_int_equal(out->piece.len, n);
	assert_memory_equal(out->piece.p, wanted, n);
	t->count++;
}

static void tower_fetch(struct tower *t)
{
	struct pkts_unit out;
	int result;

	while ((result = pkts_seq_stack_get(&t->stack, &out)) != -PKTS_EAGAIN)
		tower_take(t, result, &out);
}

static struct pkts_unit unit_of_box(struct box *b)
{
	return (struct pkts_unit){.piece = box_piece(b, b->n + 100)};
}

/* how: 0 put, then get all; 1 put_get; 2 several puts before a get */
static void tower_put(struct tower *t, struct box *b, unsigned how)
{
	struct pkts_unit in = unit_of_box(b), out;
	int result;

	if (how != 1) {
		assert_int_equal(pkts_seq_stack_put(&t->stack, &in), 0);
	} else {
		result = pkts_seq_stack_put_get(&t->stack, &in, &out);
		if (result != -PKTS_EAGAIN)
			tower_take(t, result, &out);
	}
	if (how < 2)
		tower_fetch(t);
	box_release(NULL, b);
}

static void shuffle(struct frames *f, unsigned reach, uint64_t *random)
{
	for (unsigned i = 0; i + 1 < f->n; i++) {
		*random = *random * UINT64_C(6364136223846793005) + 1;
		const unsigned k = i + (unsigned)(*random >> 40) % PKTS_MIN(reach, f->n - i);
		struct box *const b = f->frame[i];
		f->frame[i] = f->frame[k];
		f->frame[k] = b;
	}
}

/* Messages in a stream, in segments, in fragments, in fragments of a tunnel, in any order. */
static void fragments_in_fragments_to_messages(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (unsigned run = 0; run < 60; run++) {
		struct tower *const t = malloc(sizeof(*t));
		struct frames f = {.n = 0};
		uint8_t stream[4096];
		uint32_t n = 0;
		unsigned messages = 0;
		for (; messages < 16; messages++)
			n += message(stream + n, messages);
		tower_begin(t);
		add_segment(&f, 0xffffff00, 0, NULL, 0, 1000, 1000);
		add_segment(&f, PEER, 0xffffff01, NULL, 0, 1000, 1000);
		for (unsigned i = 0; i < f.n; i++)
			tower_put(t, f.frame[i], run % 3);
		f.n = 0;
		for (uint32_t at = 0; at < n; at += 100)
			add_segment(&f, 0xffffff01 + at, 0, stream + at, PKTS_MIN(100, n - at),
				run % 2 ? 48 : 1000, run / 2 % 2 ? 32 : 1000);
		shuffle(&f, run % 5 ? f.n : 1, &random);
		for (unsigned i = 0; i < f.n; i++)
			tower_put(t, f.frame[i], run % 3 == 2 && i % 8 == 7 ? 0 : run % 3);
		tower_fetch(t);
		assert_int_equal(t->count, messages);
		pkts_seq_stack_flush(&t->stack);
		tower_fetch(t);
		tower_end(t);
		free(t);
	}
}

/* In order and in one piece: a message is where the frame has it, and nothing was held on the way. */
static void a_message_is_the_frames_own_bytes(void **state)
{
	struct tower *const t = malloc(sizeof(*t));
	struct frames f = {.n = 0};
	struct pkts_unit in, out;
	uint8_t bytes[256];

	(void)state;
	tower_begin(t);
	add_segment(&f, 7, 0, NULL, 0, 1000, 1000);
	add_segment(&f, PEER, 8, NULL, 0, 1000, 1000);
	const uint32_t n = message(bytes, 3);
	add_segment(&f, 8, 0, bytes, n, 1000, 1000);
	tower_put(t, f.frame[0], 1);
	tower_put(t, f.frame[1], 1);
	in = unit_of_box(f.frame[2]);
	assert_int_equal(pkts_seq_stack_put_get(&t->stack, &in, &out), 0);
	assert_ptr_equal(out.piece.p, f.frame[2]->bytes + 60);
	assert_int_equal(out.piece.len, n);
	assert_int_equal(t->held, 0);
	assert_int_equal(f.frame[2]->refs, 1);
	assert_int_equal(pkts_seq_stack_get(&t->stack, &out), -PKTS_EAGAIN);
	box_release(NULL, f.frame[2]);
	tower_end(t);
	free(t);
}

/* Packets that are put and not fetched come out in order, each once, whole or in fragments. */
static void several_packets_wait(void **state)
{
	static const uint8_t ends[2] = {1, 2};
	struct tower *const t = malloc(sizeof(*t));
	struct frames f = {.n = 0};
	struct pkts_seq_stack s;
	struct pkts_unit in, out;
	uint8_t payload[64];

	(void)state;
	tower_begin(t);
	assert_int_equal(pkts_seq_stack_init(&s, t->stages, 1), 0);
	for (unsigned i = 0; i < 6; i++) {
		memset(payload, 'a' + (int)i, sizeof(payload));
		add_fragments(&f, ends, 17, i, i % 2 ? 32 : 64, payload, sizeof(payload));
	}
	for (unsigned i = 0; i < f.n; i++) {
		in = unit_of_box(f.frame[i]);
		assert_int_equal(pkts_seq_stack_put(&s, &in), 0);
		box_release(NULL, f.frame[i]);
	}
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(pkts_seq_stack_get(&s, &out), 0);
		assert_int_equal(out.piece.len, 64);
		assert_int_equal(out.piece.p[0], 'a' + i);
		assert_int_equal(out.piece.p[63], 'a' + i);
		assert_int_equal(out.type, 17);
	}
	assert_int_equal(pkts_seq_stack_get(&s, &out), -PKTS_EAGAIN);
	tower_end(t);
	free(t);
}

static void an_older_packet_comes_first(void **state)
{
	static const uint8_t ends[2] = {1, 2};
	struct tower *const t = malloc(sizeof(*t));
	struct frames f = {.n = 0};
	struct pkts_seq_stack s;
	struct pkts_unit in, out;

	(void)state;
	tower_begin(t);
	assert_int_equal(pkts_seq_stack_init(&s, t->stages, 1), 0);
	add_fragments(&f, ends, 17, 1, 64, (const uint8_t *)"first...", 8);
	add_fragments(&f, ends, 17, 2, 64, (const uint8_t *)"second..", 8);
	in = unit_of_box(f.frame[0]);
	assert_int_equal(pkts_seq_stack_put(&s, &in), 0);
	in = unit_of_box(f.frame[1]);
	assert_int_equal(pkts_seq_stack_put_get(&s, &in, &out), 0);
	assert_memory_equal(out.piece.p, "first...", 8);
	assert_int_equal(pkts_seq_stack_get(&s, &out), 0);
	assert_memory_equal(out.piece.p, "second..", 8);
	box_release(NULL, f.frame[0]);
	box_release(NULL, f.frame[1]);
	tower_end(t);
	free(t);
}

/* Nobody reads the other direction of the connection: it is neither handed out nor piled up. */
static void the_other_direction_is_dropped(void **state)
{
	struct tower *const t = malloc(sizeof(*t));
	struct pkts_seq_stack s;
	struct pkts_unit out;
	uint8_t bytes[400], data[200] = {0};

	(void)state;
	tower_begin(t);
	assert_int_equal(pkts_seq_stack_init(&s, &t->stages[2], 1), 0);
	for (unsigned way = 0; way < 2; way++)
		for (unsigned i = 0; i < 8; i++) {
			const uint32_t place =
				i == 0 ? 0 : 8 - i; /* the first, then from the last on */
			const uint32_t n = tcp(bytes, PEER + 2000 * way + place * 200, 1,
				PKTS_TCP_ACK, data, sizeof(data));
			struct box *const b = box_of(bytes, n);
			struct pkts_unit in = unit_of_box(b);
			in.dir = 1;
			if (way)
				assert_int_equal(
					pkts_seq_stack_put_get(&s, &in, &out), -PKTS_EAGAIN);
			else
				assert_int_equal(pkts_seq_stack_put(&s, &in), 0);
			box_release(NULL, b);
		}
	pkts_tcp_seq_flush(&t->connection, 1);
	struct box *const b = box_of(bytes, tcp(bytes, 1, PEER + 3600, PKTS_TCP_ACK, data, 0));
	struct pkts_unit in = unit_of_box(b);
	assert_int_equal(pkts_seq_stack_put_get(&s, &in, &out), -PKTS_EAGAIN);
	assert_int_equal(t->held, 0);
	box_release(NULL, b);
	struct box *const c = box_of(bytes, tcp(bytes, PEER + 3600, 1, PKTS_TCP_ACK, data, 10));
	in = unit_of_box(c); /* next in order there */
	in.dir = 1;
	assert_int_equal(pkts_seq_stack_put_get(&s, &in, &out), -PKTS_EAGAIN);
	box_release(NULL, c);
	tower_end(t);
	free(t);
}

static void as_many_as_the_stage_keeps(void **state)
{
	static const uint8_t ends[2] = {2, 1};
	struct tower *const t = malloc(sizeof(*t));
	struct frames f = {.n = 0};
	struct pkts_seq_stack s;
	struct pkts_unit in, out;

	(void)state;
	tower_begin(t);
	assert_int_equal(pkts_seq_stack_init(&s, t->stages, 1), 0);
	add_fragments(&f, ends, 17, 1, 64, (const uint8_t *)"abcdefgh", 8);
	in = unit_of_box(f.frame[0]);
	for (unsigned i = 0; i < PKTS_IPFRAG_STAGE_KEEPS; i++)
		assert_int_equal(pkts_seq_stack_put(&s, &in), 0);
	assert_int_equal(pkts_seq_stack_put(&s, &in), -PKTS_ENOSPC);
	assert_int_equal(pkts_seq_stack_get(&s, &out), 0);
	assert_int_equal(out.dir, 1);
	assert_int_equal(pkts_seq_stack_put(&s, &in), 0);
	box_release(NULL, f.frame[0]);
	tower_end(t);
	free(t);
}

/* The same inner datagram, one half in each of two tunnels: never one datagram. */
static void tunnels_are_told_apart(void **state)
{
	static const uint8_t inner[2] = {1, 2}, tunnels[2][2] = {{101, 102}, {101, 103}};
	uint8_t payload[64] = {0};

	(void)state;
	for (unsigned same = 0; same < 2; same++) {
		struct tower *const t = malloc(sizeof(*t));
		struct frames inside = {.n = 0}, f = {.n = 0};
		struct pkts_unit in, out;
		struct pkts_seq_stack s;
		tower_begin(t);
		assert_int_equal(pkts_seq_stack_init(&s, t->stages, 2), 0);
		add_fragments(&inside, inner, 253, 9, 32, payload, sizeof(payload));
		for (unsigned i = 0; i < 2; i++) {
			add_fragments(&f, tunnels[same ? 0 : i], 4, i, i ? 24 : 1000,
				inside.frame[i]->bytes, inside.frame[i]->n);
			box_release(NULL, inside.frame[i]);
		}
		for (unsigned i = 0; i < f.n; i++) {
			in = unit_of_box(f.frame[i]);
			assert_int_equal(pkts_seq_stack_put_get(&s, &in, &out),
				same && i + 1 == f.n ? 0 : -PKTS_EAGAIN);
			box_release(NULL, f.frame[i]);
		}
		if (same)
			assert_int_equal(out.piece.len, 64);
		tower_end(t);
		free(t);
	}
}

/* Bytes that cannot be held are not taken by who might have to. */
static void fleeting_bytes(void **state)
{
	static const uint8_t ends[2] = {1, 2};
	struct tower *const t = malloc(sizeof(*t));
	struct frames f = {.n = 0};
	struct pkts_unit in, out;
	static uint8_t fixed[65535];

	(void)state;
	tower_begin(t);
	t->ip[0].buffers = (struct pkts_seq_buffers){.fixed = fixed};
	add_segment(&f, 7, 0, NULL, 0, 1000, 16);
	for (unsigned i = 0; i < f.n; i++) {
		in = unit_of_box(f.frame[i]);
		const int result = pkts_seq_stack_put_get(&t->stack, &in, &out);
		assert_string_equal(
			got(&t->stack, result, &out), i + 1 < f.n ? "none" : "error -22 at 1");
		box_release(NULL, f.frame[i]);
	}
	t->ip[0].buffers = (struct pkts_seq_buffers){.fixed = NULL};
	f.n = 0;
	assert_int_equal(pkts_seq_stack_get(&t->stack, &out), -PKTS_EAGAIN);
	add_fragments(&f, ends, 6, 1, 8, fixed, 16);
	for (unsigned i = 0; i < f.n; i++) {
		in = unit_of_box(f.frame[i]);
		const int result = pkts_seq_stack_put_get(&t->stack, &in, &out);
		assert_string_equal(
			got(&t->stack, result, &out), i + 1 < f.n ? "none" : "error -28 at 0");
		box_release(NULL, f.frame[i]);
	}
	assert_int_equal(t->ip[0].lost, 1);
	struct pkts_sctp_stage sctp = {.seq = NULL};
	struct pkts_seq_stage stages[2] = {t->stages[2], pkts_sctp_stage(&sctp)};
	for (unsigned i = 0; i < 2; i++) {
		struct pkts_seq_stack s;
		in = unit_of("a segment, or a packet: both of them would have to be held perhaps");
		in.fleeting = true;
		assert_int_equal(pkts_seq_stack_init(&s, &stages[i], 1), 0);
		assert_int_equal(pkts_seq_stack_put(&s, &in), -PKTS_EINVAL);
		assert_int_equal(pkts_seq_stack_put_get(&s, &in, &out), -PKTS_EINVAL);
	}
	tower_end(t);
	free(t);
}

/* IPv6 with extension headers, around and inside the fragments: what comes out is behind them. */
static void extension_headers_are_passed(void **state)
{
	/* hop-by-hop options, then a fragment header, then destination options and 8 bytes of UDP */
	static const char *const frames[] = {
		"60000000 0010 00 40 20010db8000000000000000000000001 "
		"20010db8000000000000000000000002"
		"11 00 01 04 00000000  0102030405060708",
		"60000000 0020 00 40 20010db8000000000000000000000001 "
		"20010db8000000000000000000000002"
		"2c 00 01 04 00000000  3c 00 0001 00000007  11 00 01 04 00000000 0102030405060708",
		"60000000 0018 2c 40 20010db8000000000000000000000001 "
		"20010db8000000000000000000000002"
		"3c 00 0001 00000008  11 00 01 04 00000000 0102030405060708",
		"60000000 0010 2c 40 20010db8000000000000000000000001 "
		"20010db8000000000000000000000002"
		"3c 00 0010 00000008  0910111213141516",
		"60000000 0010 2c 40 20010db8000000000000000000000001 "
		"20010db8000000000000000000000002"
		"11 00 0000 00000009  0102030405060708",
		/* a fragment header behind one that says that this is no fragment; an extension that does not end */
		"60000000 0018 2c 40 20010db8000000000000000000000001 "
		"20010db8000000000000000000000002"
		"2c 00 0000 00000009  11 00 0001 00000009  0102030405060708",
		"60000000 0008 00 40 20010db8000000000000000000000001 "
		"20010db8000000000000000000000002"
		"11 05 01 04 00 00 00 08",
		/* mobility; HIP around the fragment header; Shim6, which says where the rest belongs */
		"60000000 0010 87 40 20010db8000000000000000000000001 "
		"20010db8000000000000000000000002"
		"11 00 00 00 00000000  0102030405060708",
		"60000000 0038 8b 40 20010db8000000000000000000000001 "
		"20010db8000000000000000000000002"
		"2c 04 01 21 00000000 0000000000000000 0000000000000000 0000000000000000 "
		"0000000000000000 3c 00 0000 0000000a  0102030405060708",
		"60000000 0010 8c 40 20010db8000000000000000000000001 "
		"20010db8000000000000000000000002"
		"11 00 80 00 00000008  0102030405060708",
	};
	static const uint32_t lens[] = {8, 0, 0, 16, 8, 16, 8, 8, 8, 16},
			      types[] = {17, 0, 0, 17, 17, 44, 0, 17, 60, 140};
	struct tower *const t = malloc(sizeof(*t));
	struct pkts_seq_stack s;
	struct pkts_unit in, out;

	(void)state;
	tower_begin(t);
	assert_int_equal(pkts_seq_stack_init(&s, t->stages, 1), 0);
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(frames); i++) {
		uint8_t bytes[128];
		uint32_t n = 0;
		unsigned byte;
		for (const char *p = frames[i]; *p; p += *p == ' ' ? 1 : 2)
			if (*p != ' ' && sscanf(p, "%2x", &byte) == 1)
				bytes[n++] = (uint8_t)byte;
		struct box *const b = box_of(bytes, n);
		in = unit_of_box(b);
		const int result = pkts_seq_stack_put_get(&s, &in, &out);
		assert_int_equal(result, lens[i] ? 0 : -PKTS_EAGAIN);
		if (lens[i]) {
			assert_int_equal(out.type, types[i]);
			assert_int_equal(out.piece.len, lens[i]);
			assert_int_equal(out.piece.p[7], i == 5 ? 9 : 8);
		}
		box_release(NULL, b);
	}
	in = unit_of("no IP packet");
	assert_int_equal(pkts_seq_stack_put(&s, &in), -PKTS_EBADMSG);
	tower_end(t);
	free(t);
}

/* SCTP keeps boundaries: a message is one of Diameter, or it is refused. */
static void sctp_messages_have_to_fit(void **state)
{
	static const struct pkts_framing_conf conf = {.length = pkts_framing_diameter};
	static const uint32_t lens[] = {20, 24, 20, 28, 20, 16};
	static const int results[] = {0, 0, -PKTS_EBADMSG, 0, 0, -PKTS_EBADMSG};
	static uint8_t data[32], buf[64], joined[64];
	uint32_t tsn = 0;
	int held = 0;
	struct pkts_sctp_pool *const pool = pool_of((struct pkts_sctp_conf){0}, &held);
	struct pkts_sctp_seq seq;
	struct pkts_sctp_stage sctp = {.seq = &seq, .buf = joined, .cap = sizeof(joined)};
	struct pkts_framing framer;
	struct pkts_framing_stage framing = {.framing = &framer};
	struct pkts_seq_stage stages[2] = {pkts_sctp_stage(&sctp), pkts_framing_stage(&framing)};
	struct pkts_seq_stack s;
	struct pkts_unit out;
	static struct packet k;

	(void)state;
	pkts_sctp_seq_init(&seq, pool, NULL);
	assert_int_equal(pkts_framing_init(&framer, &conf, buf, sizeof(buf), NULL), 0);
	assert_int_equal(pkts_seq_stack_init(&s, stages, 2), 0);
	for (unsigned i = 0; i < 6; i++) {
		int result = -PKTS_EAGAIN;
		data[0] = 1;
		data[3] = (uint8_t)(i == 2 || i == 5 ? 24 : lens[i]);
		for (unsigned half = i % 3 == 0; half < 2; half++) { /* some in two fragments */
			packet_begin(&k, 9);
			packet_data(&k, &(struct packet_data){
						.flags = (uint8_t)((half ? PACKET_E : PACKET_B) |
								   (i % 3 == 0 ? PACKET_BE : 0)),
						.tsn = tsn++,
						.mid = i,
						.ppid = 46,
						.p = i % 3 && half ? data + 8 : data,
						.len = i % 3 == 0 ? lens[i]
						       : half	  ? lens[i] - 8
								  : 8});
			struct box *const b = box_of(k.bytes, k.n);
			const struct pkts_unit in = unit_of_box(b);
			result = pkts_seq_stack_put_get(&s, &in, &out);
			if (result == 0) {
				assert_int_equal(out.piece.len, lens[i]);
				assert_int_equal(out.piece.p[3], lens[i]);
				assert_int_equal(out.type, 46);
			}
			if (half == 0)
				assert_int_equal(result, -PKTS_EAGAIN);
			struct pkts_unit none;
			assert_int_equal(pkts_seq_stack_get(&s, &none), -PKTS_EAGAIN);
			box_release(NULL, b);
		}
		assert_int_equal(result, results[i]);
	}
	pkts_sctp_seq_fini(&seq);
	pool_free(pool);
	assert_int_equal(held, 0);
}

/* Packets are put and their bytes gone; one message does not fit into the buffer for those in pieces. */
static void sctp_packets_wait(void **state)
{
	static uint8_t joined[100], data[60];
	int held = 0;
	struct pkts_sctp_pool *const pool = pool_of((struct pkts_sctp_conf){.small = 8}, &held);
	struct pkts_sctp_seq seq;
	struct pkts_sctp_stage sctp = {.seq = &seq, .buf = joined, .cap = sizeof(joined)};
	struct pkts_seq_stage stage = pkts_sctp_stage(&sctp);
	struct pkts_seq_stack s;
	struct pkts_unit out;
	static struct packet k;

	(void)state;
	pkts_sctp_seq_init(&seq, pool, NULL);
	assert_int_equal(pkts_seq_stack_init(&s, &stage, 1), 0);
	for (unsigned i = 0; i < 4; i++) {
		packet_begin(&k, 9);
		packet_data(&k, &(struct packet_data){.flags = i == 1	? PACKET_B
							       : i == 2 ? PACKET_E
									: PACKET_BE,
					.tsn = i,
					.mid = (i + 1) / 2,
					.p = data,
					.len = sizeof(data)});
		struct box *const b = box_of(k.bytes, k.n);
		const struct pkts_unit in = unit_of_box(b);
		assert_int_equal(pkts_seq_stack_put(&s, &in), 0);
		box_release(NULL, b);
	}
	assert_int_equal(pkts_seq_stack_get(&s, &out), 0);
	assert_int_equal(out.piece.len, sizeof(data));
	assert_int_equal(pkts_seq_stack_get(&s, &out), -PKTS_ENOSPC);
	assert_int_equal(pkts_seq_stack_get(&s, &out), 0);
	assert_int_equal(out.piece.len, sizeof(data));
	assert_int_equal(pkts_seq_stack_get(&s, &out), -PKTS_EAGAIN);
	pkts_sctp_seq_fini(&seq);
	pool_free(pool);
	assert_int_equal(held, 0);
}

/* A stream that goes wrong stops, or goes on where the next message is; gaps and ends are passed up. */
static void a_poisoned_stream(void **state)
{
	static const struct pkts_framing_prefix prefix = {1, false, 0};
	const struct pkts_framing_conf conf = {
		.length = pkts_framing_prefix, .length_ctx = &prefix};
	static const uint8_t bytes[] = {3, 'a', 'b', 0, 2, 'c'};
	struct pkts_framing framer;
	struct pkts_framing_stage framing = {.framing = &framer};
	struct pkts_seq_stage stage = pkts_framing_stage(&framing);
	struct pkts_seq_stack s;
	struct pkts_unit in = {.piece = {bytes, sizeof(bytes), 0, NULL}}, out;
	uint8_t buf[16];

	(void)state;
	assert_int_equal(pkts_framing_init(&framer, &conf, buf, sizeof(buf), NULL), 0);
	assert_int_equal(pkts_seq_stack_init(&s, &stage, 1), 0);
	assert_int_equal(pkts_seq_stack_put(&s, &in), 0); /* kept */
	assert_int_equal(pkts_seq_stack_put_get(&s, &in, &out), 0);
	assert_int_equal(out.piece.len, 3);
	assert_int_equal(pkts_seq_stack_get(&s, &out), -PKTS_EBADMSG);
	assert_int_equal(pkts_seq_stack_get(&s, &out), 0);
	assert_int_equal(out.kind, PKTS_UNIT_GAP);
	assert_int_equal(out.gap, 9);
	assert_int_equal(pkts_seq_stack_get(&s, &out), -PKTS_EAGAIN);
	assert_int_equal(pkts_seq_stack_put_get(&s, &in, &out), 0);
	assert_int_equal(out.gap, 6);
	assert_int_equal(pkts_seq_stack_get(&s, &out), -PKTS_EAGAIN);
	in = (struct pkts_unit){.kind = PKTS_UNIT_END, .dir = 1};
	assert_int_equal(pkts_seq_stack_put_get(&s, &in, &out), 0);
	assert_int_equal(out.kind, PKTS_UNIT_END);
	assert_int_equal(out.dir, 1);
	assert_int_equal(pkts_seq_stack_get(&s, &out), -PKTS_EAGAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_goes_to_the_first_stage),
		cmocka_unit_test(boundaries_are_told),
		cmocka_unit_test(stages_that_do_not_fit),
		cmocka_unit_test(filters),
		cmocka_unit_test(a_discarded_unit_lets_others_out),
		cmocka_unit_test(nothing_is_lost_or_overwritten),
		cmocka_unit_test(put_get_passes_the_callers_bytes),
		cmocka_unit_test(put_get_keeps_the_order),
		cmocka_unit_test(everything_is_fetched_before_more_is_put),
		cmocka_unit_test(a_bad_unit_does_not_stick),
		cmocka_unit_test(flushing_goes_from_below_upwards),
		cmocka_unit_test(fragments_in_fragments_to_messages),
		cmocka_unit_test(a_message_is_the_frames_own_bytes),
		cmocka_unit_test(several_packets_wait),
		cmocka_unit_test(an_older_packet_comes_first),
		cmocka_unit_test(the_other_direction_is_dropped),
		cmocka_unit_test(as_many_as_the_stage_keeps),
		cmocka_unit_test(tunnels_are_told_apart),
		cmocka_unit_test(fleeting_bytes),
		cmocka_unit_test(extension_headers_are_passed),
		cmocka_unit_test(sctp_messages_have_to_fit),
		cmocka_unit_test(sctp_packets_wait),
		cmocka_unit_test(a_poisoned_stream),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
