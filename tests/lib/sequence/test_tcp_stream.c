/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What happens to a stream between its beginning and its end: one test a thing that hosts do, or that
 * somebody does to them. */
#include "tcp_rig.h"

static struct rig rig;

#define SAW(dir, event)	  pkts_tcp_seq_saw(&rig.s, dir, PKTS_SEQ_##event)
#define COUNT(dir, event) rig.counts[dir][PKTS_SEQ_##event]
#define DATA(r, at, ...)  SEND(r, .flags = A, .seq = ISN + 1 + (at), .ack = ISN1 + 1, __VA_ARGS__)
#define URGENT(r, at, ...)                                                                         \
	SEND(r, .flags = A | U, .seq = ISN + 1 + (at), .ack = ISN1 + 1, __VA_ARGS__)
#define ACK(r, at, ...)                                                                            \
	SEND(r, .dir = 1, .flags = A, .seq = ISN1 + 1, .ack = ISN + 1 + (at), __VA_ARGS__)

static struct rig *established(struct pkts_tcp_conf conf)
{
	rig.conf = conf;
	rig.cost = 0;
	rig.put_only = false;
	rig.now = 1;
	rig_open(&rig, PKTS_TCP_FIRST);
	rig_handshake(&rig);
	return &rig;
}

/* In order: the caller's own bytes, nothing held, nothing copied; a pure ACK is nothing. */
static void in_order_goes_through(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){0});
	struct pkts_tcp_out out;
	const uint8_t bytes[] = "abcdefgh";
	struct pkts_tcp_segment seg = {.piece = {bytes, 8, 2048, NULL},
		.seq = ISN + 1,
		.ack = ISN1 + 1,
		.flags = A,
		.window = 1};

	(void)state;
	assert_int_equal(pkts_tcp_seq_put_get(&r->s, 0, &seg, 1, &out), PKTS_TCP_SEQ_DATA);
	assert_ptr_equal(out.p, bytes);
	assert_int_equal(out.len, 8);
	assert_int_equal(out.offset, 0);
	assert_int_equal(pkts_tcp_seq_get(&r->s, 0, &out), PKTS_TCP_SEQ_NOTHING);
	seg.seq += 8;
	seg.piece.len = 0;
	assert_int_equal(pkts_tcp_seq_put_get(&r->s, 0, &seg, 1, &out), PKTS_TCP_SEQ_NOTHING);
	assert_int_equal(r->pool->segments_most, 0);
	assert_int_equal(r->holds, 0);
	rig_close(r);
}

/* A piece that fills a hole goes through too; what waited behind it was held, and now is not. */
static void filling_a_hole_holds_nothing(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){0});

	(void)state;
	DATA(r, 3, .data = "def");
	assert_int_equal(r->held, 1);
	DATA(r, 0, .data = "abc");
	assert_string_equal(r->text[0], "abcdef");
	assert_int_equal(r->holds, 1);
	rig_close(r);
}

/* What waits comes first: the new piece is held until it was fetched. */
static void what_waits_comes_first(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){0});
	struct pkts_tcp_out out;
	const struct pkts_tcp_segment one = {
		{(const uint8_t *)"one", 3, 1, NULL}, ISN + 1, 1, A, 1, 0};
	const struct pkts_tcp_segment two = {
		{(const uint8_t *)"two", 3, 1, NULL}, ISN + 4, 1, A, 1, 0};

	(void)state;
	r->pool->conf.hold = (struct pkts_hold){0};
	assert_int_equal(pkts_tcp_seq_put(&r->s, 0, &one, 1), 0);
	assert_int_equal(pkts_tcp_seq_put_get(&r->s, 0, &two, 1, &out), PKTS_TCP_SEQ_DATA);
	assert_memory_equal(out.p, "one", 3);
	assert_int_equal(pkts_tcp_seq_get(&r->s, 0, &out), PKTS_TCP_SEQ_DATA);
	assert_memory_equal(out.p, "two", 3);
	assert_int_equal(pkts_tcp_seq_get(&r->s, 0, &out), PKTS_TCP_SEQ_NOTHING);
	rig_close(r);
}

/* Beyond 4 GiB offsets go on, in order and out of order. The bytes are never looked at. */
static void beyond_four_gigabytes(void **state)
{
	static const uint8_t few[] = "abcdef";
	struct rig *const r = established((struct pkts_tcp_conf){0});
	struct pkts_tcp_segment seg = {
		.piece = {few, 1u << 30, 1, NULL}, .ack = 1, .flags = A, .window = 1};
	struct pkts_tcp_out out;

	(void)state;
	r->pool->conf.hold = (struct pkts_hold){0};
	for (uint64_t at = 0; at < UINT64_C(5) << 30; at += seg.piece.len) {
		seg.seq = ISN + 1 + (uint32_t)at;
		assert_int_equal(pkts_tcp_seq_put_get(&r->s, 0, &seg, 1, &out), PKTS_TCP_SEQ_DATA);
		assert_true(out.offset == at);
	}
	seg.piece = (struct pkts_piece){few + 3, 3, 1, NULL};
	seg.seq = ISN + 1 + (5u << 30) + 3;
	assert_int_equal(pkts_tcp_seq_put_get(&r->s, 0, &seg, 1, &out), PKTS_TCP_SEQ_NOTHING);
	seg.piece.p = few;
	seg.seq -= 3;
	assert_int_equal(pkts_tcp_seq_put_get(&r->s, 0, &seg, 1, &out), PKTS_TCP_SEQ_DATA);
	assert_int_equal(pkts_tcp_seq_get(&r->s, 0, &out), PKTS_TCP_SEQ_DATA);
	assert_true(out.offset == (UINT64_C(5) << 30) + 3);
	assert_memory_equal(out.p, "def", 3);
	rig_close(r);
}

/* Numbers that wrap in the middle of a piece, of a gap, and between the two. */
static void wrap(void **state)
{
	for (uint32_t isn = UINT32_MAX - 12; isn != 3; isn++) {
		rig.conf = (struct pkts_tcp_conf){0};
		rig_open(&rig, PKTS_TCP_FIRST);
		SEND(&rig, .flags = S, .seq = isn);
		SEND(&rig, .dir = 1, .flags = S | A, .seq = ISN1, .ack = isn + 1);
		SEND(&rig, .flags = A, .seq = isn + 1, .ack = 1, .data = "abc");
		SEND(&rig, .flags = A, .seq = isn + 7, .ack = 1, .data = "ghi");
		SEND(&rig, .flags = A, .seq = isn + 3, .ack = 1, .data = "cdef");
		SEND(&rig, .flags = A | F, .seq = isn + 10, .ack = 1);
		assert_string_equal(rig.text[0], "abcdefghi$");
		rig_close(&rig);
	}
	(void)state;
}

static void gap_waits(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){
		.gap = PKTS_TCP_GAP_WAIT, .gap_segments = 1, .gap_bytes = 1, .gap_ns = 1});

	(void)state;
	for (uint32_t i = 0; i < 9; i++)
		DATA(r, 2 + 2 * i, .data = "x");
	r->now += 1000000000000;
	ACK(r, 20);
	assert_string_equal(r->text[0], "");
	assert_true(SAW(0, ACK_UNSEEN));
	rig_flush(r);
	assert_string_equal(r->text[0], "..x.x.x.x.x.x.x.x.x");
	assert_int_equal(COUNT(0, GAP), 9);
	rig_close(r);
}

static void gap_limits(void **state)
{
	struct rig *r = established((struct pkts_tcp_conf){.gap_segments = 2});

	(void)state;
	DATA(r, 1, .data = "b");
	DATA(r, 3, .data = "d");
	assert_string_equal(r->text[0], "");
	DATA(r, 5, .data = "f");
	assert_string_equal(r->text[0], ".b");
	rig_close(r);
	r = established((struct pkts_tcp_conf){.gap_bytes = 4});
	DATA(r, 1, .data = "bcde");
	assert_string_equal(r->text[0], "");
	DATA(r, 6, .data = "g");
	assert_string_equal(r->text[0], ".bcde");
	rig_close(r);
}

static void gap_time(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){.gap_ns = 1000000000});

	(void)state;
	DATA(r, 1, .data = "b");
	r->now = 500000000;
	DATA(r, 3, .data = "d");
	assert_string_equal(r->text[0], "");
	pkts_tcp_seq_tick(&r->s, 1100000000);
	rig_get(r, 0);
	assert_string_equal(r->text[0], ".b");
	r->now = 1200000000;
	DATA(r, 5, .data = "f"); /* the clock of the second gap starts here at the latest */
	assert_string_equal(r->text[0], ".b");
	pkts_tcp_seq_tick(&r->s, 2300000000);
	rig_get(r, 0);
	assert_string_equal(r->text[0], ".b.d");
	rig_close(r);
}

/* Time in which nothing waits does not count. */
static void gap_time_starts_with_the_gap(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){.gap_ns = 1000000000});

	(void)state;
	pkts_tcp_seq_tick(&r->s, 500000000);
	pkts_tcp_seq_tick(&r->s, 9000000000);
	r->now = 9000000000;
	DATA(r, 1, .data = "b");
	assert_string_equal(r->text[0], "");
	rig_close(r);
}

static void gap_acknowledged(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){.gap = PKTS_TCP_GAP_ACK});

	(void)state;
	DATA(r, 3, .data = "def");
	ACK(r, 2);
	assert_string_equal(r->text[0], "");
	ACK(r, 3);
	assert_string_equal(r->text[0], "...def");
	ACK(r, 9); /* bytes that have not come at all: nothing to go on with */
	assert_string_equal(r->text[0], "...def");
	DATA(r, 9, .data = "jkl");
	assert_string_equal(r->text[0], "...def...jkl");
	DATA(r, 0, .data = "abc");
	assert_string_equal(r->text[0], "...def...jkl");
	assert_int_equal(COUNT(0, ACK_UNSEEN), 3);
	rig_close(r);
}

/* An ACK from far away is no reason to skip anything. */
static void wild_acks(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){.gap = PKTS_TCP_GAP_ACK});

	(void)state;
	DATA(r, 3, .data = "def");
	ACK(r, 0x7fbbfbe0);
	ACK(r, 0x80000010);
	ACK(r, UINT32_MAX);
	assert_string_equal(r->text[0], "");
	assert_true(SAW(1, OUT_OF_WINDOW));
	DATA(r, 0, .data = "abc");
	assert_string_equal(r->text[0], "abcdef");
	rig_close(r);
}

/* What was acknowledged 2^31 bytes ago looks as if it were ahead. */
static void acks_of_long_ago(void **state)
{
	static const uint8_t few[] = "abcdef";
	struct pkts_tcp_segment seg = {
		.piece = {few, 3u << 28, 1, NULL}, .ack = ISN1 + 1, .flags = A, .window = 1};
	struct pkts_tcp_out out;

	(void)state;
	for (unsigned early = 0; early < 2; early++) { /* it came before the data */
		struct rig *const r = established((struct pkts_tcp_conf){.gap = PKTS_TCP_GAP_ACK});
		for (uint32_t at = 0; at < 3u << 30; at += seg.piece.len) {
			if (at == 0 && early)
				ACK(r, early, .closed = true);
			seg.seq = ISN + 1 + at;
			assert_int_equal(
				pkts_tcp_seq_put_get(&r->s, 0, &seg, 1, &out), PKTS_TCP_SEQ_DATA);
			ACK(r, at + seg.piece.len, .closed = at == 0 && !early);
		}
		r->offset[0] = 3u << 30;
		DATA(r, (3u << 30) + 3, .data = "def");
		assert_string_equal(r->text[0], "");
		DATA(r, 3u << 30, .data = "abc");
		assert_string_equal(r->text[0], "abcdef");
		assert_false(SAW(0, GAP));
		rig_close(r);
	}
}

static void depth_cuts_inside_a_segment(void **state)
{
	for (unsigned how = 0; how < 3; how++) {
		struct rig *const r = established((struct pkts_tcp_conf){.depth = 5});
		r->put_only = how == 1;
		if (how == 2)
			DATA(r, 3, .data = "defghi");
		DATA(r, 0, .data = "abc");
		DATA(r, 3, .data = "defghi");
		DATA(r, 9, .data = "jkl");
		assert_string_equal(r->text[0], "abcde");
		assert_int_equal(COUNT(0, DEPTH), 1);
		assert_int_equal(r->held, 0);
		SEND(r, .flags = A | F, .seq = ISN + 13, .ack = ISN1 + 1);
		assert_string_equal(r->text[0], "abcde$");
		rig_close(r);
	}
	(void)state;
}

/* Exactly as long as the limit: nothing was left out. */
static void depth_is_reached_exactly(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){.depth = 6});

	(void)state;
	DATA(r, 0, .data = "abc");
	SEND(r, .flags = A | F, .seq = ISN + 4, .ack = ISN1 + 1, .data = "def");
	assert_string_equal(r->text[0], "abcdef$");
	assert_false(SAW(0, DEPTH));
	rig_close(r);
}

static void fin_with_data_and_out_of_order(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){0});

	(void)state;
	SEND(r, .flags = A | F, .seq = ISN + 4, .ack = ISN1 + 1, .data = "def");
	SEND(r, .flags = A | F, .seq = ISN + 4, .ack = ISN1 + 1, .data = "def");
	assert_string_equal(r->text[0], "");
	assert_false(SAW(0, FIN_DATA));
	DATA(r, 0, .data = "abc");
	assert_string_equal(r->text[0], "abcdef$");
	SEND(r, .flags = A | F, .seq = ISN + 4, .ack = ISN1 + 1, .data = "def");
	assert_string_equal(r->text[0], "abcdef$");
	SEND(r, .dir = 1, .flags = A | F, .seq = ISN1 + 1, .ack = ISN + 8);
	assert_string_equal(r->text[1], "$");
	assert_false(SAW(0, ACK_UNSEEN));
	rig_close(r);
}

/* The FIN has a number of its own, whether or not get() has handed it out before its ACK comes. */
static void ack_of_a_fin(void **state)
{
	(void)state;
	for (unsigned past_end = 0; past_end < 2; past_end++) {
		struct rig *const r = established((struct pkts_tcp_conf){.past_end = past_end});
		SEND(r, 0, F | A, ISN + 1, ISN1 + 1, "abc");
		SEND(r, 1, A, ISN1 + 1, ISN + 5, "");
		assert_string_equal(r->text[0], "abc$");
		assert_false(SAW(0, ACK_UNSEEN));
		SEND(r, 1, A, ISN1 + 1, ISN + 6, "");
		assert_true(SAW(0, ACK_UNSEEN) || !past_end);
		rig_close(r);
	}
}

/* The number behind a FIN that still waits is what every further ACK of its sender carries. */
static void acks_behind_a_waiting_fin(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){.gap = PKTS_TCP_GAP_WAIT});

	(void)state;
	SEND(r, .flags = F | A, .seq = ISN + 4, .ack = ISN1 + 1);
	SEND(r, .flags = A, .seq = ISN + 5, .ack = ISN1 + 1);
	assert_false(SAW(0, FIN_DATA));
	SEND(r, .flags = A, .seq = ISN + 5, .ack = ISN1 + 1, .data = "x");
	assert_true(SAW(0, FIN_DATA));
	rig_close(r);
}

static void data_behind_the_fin(void **state)
{
	for (unsigned past_end = 0; past_end < 2; past_end++) {
		struct rig *const r = established(
			(struct pkts_tcp_conf){.past_end = past_end, .gap = PKTS_TCP_GAP_WAIT});
		DATA(r, 5, .data = "fgh");
		SEND(r, .flags = A | F, .seq = ISN + 1, .ack = ISN1 + 1, .data = "abc");
		DATA(r, 3, .data = "de");
		assert_string_equal(r->text[0], past_end ? "abc$defgh" : "abc$");
		assert_true(past_end || SAW(0, FIN_DATA));
		assert_int_equal(r->held, 0);
		rig_close(r);
	}
	(void)state;
}

/* A FIN from nowhere near does not end the stream. */
static void early_fin(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){0});

	(void)state;
	SEND(r, .flags = A | F, .seq = ISN + 7, .ack = ISN1 + 1);
	DATA(r, 0, .data = "abc");
	DATA(r, 3, .data = "defghi");
	assert_string_equal(r->text[0], "abcdef$");
	assert_true(SAW(0, FIN_DATA));
	rig_close(r);
}

/* Of several, the one that is reached first; one that is over counts no more. */
static void several_fins(void **state)
{
	static const uint32_t places[][2] = {{3, 5}, {5, 3}};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct rig *const r = established((struct pkts_tcp_conf){0});
		DATA(r, 0, .data = "ab");
		SEND(r, .flags = A | F, .seq = ISN + 1 + places[i][0], .ack = ISN1 + 1);
		SEND(r, .flags = A | F, .seq = ISN + 1 + places[i][1], .ack = ISN1 + 1);
		SEND(r, .flags = A | F, .seq = ISN + 1, .ack = ISN1 + 1);
		DATA(r, 2, .data = "cdef");
		assert_string_equal(r->text[0], "abc$");
		rig_close(r);
	}
}

static void gap_before_the_fin(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){0});

	(void)state;
	DATA(r, 0, .data = "abc");
	SEND(r, .flags = A | F, .seq = ISN + 6, .ack = ISN1 + 1);
	assert_string_equal(r->text[0], "abc");
	rig_flush(r);
	assert_string_equal(r->text[0], "abc..$");
	rig_close(r);
}

/* A reset ends its direction; its payload is no data, and what waits behind a hole never was. */
static void reset(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){0});

	(void)state;
	DATA(r, 0, .data = "abc");
	DATA(r, 6, .data = "ghi");
	SEND(r, .flags = R, .seq = ISN + 4, .data = "why");
	assert_string_equal(r->text[0], "abc!");
	assert_true(SAW(0, RST_DATA));
	assert_false(SAW(0, GAP));
	assert_int_equal(r->held, 0);
	DATA(r, 3, .data = "def");
	assert_string_equal(r->text[0], "abc!");
	SEND(r, .dir = 1, .flags = A, .seq = ISN1 + 1, .ack = ISN + 4, .data = "still");
	assert_string_equal(r->text[1], "still");
	rig_close(r);
}

static void reset_and_on(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){.past_end = true});

	(void)state;
	SEND(r, .flags = R, .seq = ISN + 1, .data = "why");
	DATA(r, 0, .data = "abc");
	SEND(r, .flags = R, .seq = ISN + 4);
	assert_string_equal(r->text[0], "!abc");
	rig_close(r);
}

static void reset_of_nothing(void **state)
{
	(void)state;
	rig.conf = (struct pkts_tcp_conf){0};
	rig_open(&rig, PKTS_TCP_FIRST);
	SEND(&rig, .flags = S, .seq = ISN);
	SEND(&rig, .dir = 1, .flags = R | A, .seq = 0, .ack = ISN + 1);
	assert_string_equal(rig.text[1], "!");
	rig_close(&rig);
}

/* Nothing more will come: what was waited for before the stream could begin is handed out. */
static void reset_midstream(void **state)
{
	for (unsigned past_end = 0; past_end < 2; past_end++) {
		rig.conf = (struct pkts_tcp_conf){.past_end = past_end};
		rig_open(&rig, PKTS_TCP_FIRST);
		DATA(&rig, 0, .data = "abc");
		SEND(&rig, .flags = R, .seq = ISN + 4);
		assert_string_equal(rig.text[0], past_end ? "!" : "abc!");
		rig_flush(&rig);
		assert_string_equal(rig.text[0], past_end ? "!abc" : "abc!");
		rig_close(&rig);
	}
	(void)state;
}

static void far_away(void **state)
{
	static const struct {
		uint32_t at;
		bool taken;
	} rows[] = {{100, true}, {101, false}, {0x7fffffff, false}, {0x80000000, false},
		{(uint32_t)-300, false}};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct rig *const r = established((struct pkts_tcp_conf){.window = 100});
		r->put_only = true;
		DATA(r, rows[i].at, .data = "x");
		ROW_INT("far away", r->put, rows[i].taken ? 0 : -PKTS_ERANGE);
		ROW_INT("far away", r->held, rows[i].taken);
		ROW_INT("far away", SAW(0, OUT_OF_WINDOW), !rows[i].taken);
		rig_close(r);
	}
}

/* The probe's byte is not what is delivered: the real one is, unless the probe was acknowledged. */
static void zero_window_probe(void **state)
{
	struct rig *r = established((struct pkts_tcp_conf){0});

	(void)state;
	DATA(r, 0, .data = "abc");
	ACK(r, 3, .closed = true);
	DATA(r, 3, .data = "?");
	ACK(r, 3, .closed = true);
	DATA(r, 3, .data = "?");
	assert_string_equal(r->text[0], "abc");
	ACK(r, 3);
	DATA(r, 3, .data = "def");
	assert_string_equal(r->text[0], "abcdef");
	DATA(r, 7, .data = "h");
	rig_flush(r);
	assert_string_equal(r->text[0], "abcdef.h");
	assert_int_equal(COUNT(0, ZERO_WINDOW_PROBE), 2);
	assert_false(SAW(0, CONFLICT) || SAW(0, RETRANSMIT_DIFF));
	rig_close(r);
}

static void zero_window_probe_taken(void **state)
{
	for (unsigned how = 0; how < 4; how++) {
		struct rig *const r = established((struct pkts_tcp_conf){0});
		DATA(r, 0, .data = "abc");
		ACK(r, 3, .closed = true);
		DATA(r, 3, .data = "d");
		assert_string_equal(r->text[0], "abc");
		if (how == 0) /* acknowledged */
			ACK(r, 4);
		if (how == 1) /* its sender goes on behind it */
			DATA(r, 4, .data = "");
		if (how == 3) /* something far behind it comes */
			DATA(r, 6, .data = "g");
		if (how >= 2) /* nothing more is heard */
			pkts_tcp_seq_flush(&r->s, 0);
		if (how == 3) {
			rig_get(r, 0);
			assert_string_equal(r->text[0], "abcd..g");
			rig_close(r);
			continue;
		}
		rig_get(r, 0);
		assert_string_equal(r->text[0], "abcd");
		ACK(r, 4);
		DATA(r, 4, .data = "ef");
		assert_string_equal(r->text[0], "abcdef");
		assert_false(SAW(0, ACK_UNSEEN) || SAW(0, GAP));
		rig_close(r);
	}
	(void)state;
}

/* One old byte, or none: no retransmission and no conflict, whatever it is. */
static void keepalive(void **state)
{
	for (unsigned keep = 0; keep < 2; keep++) {
		struct rig *const r = established((struct pkts_tcp_conf){.keep_delivered = keep});
		DATA(r, 0, .data = "abc");
		DATA(r, 2, .data = "");
		DATA(r, 2, .data = "?");
		DATA(r, 3, .data = "def");
		assert_string_equal(r->text[0], "abcdef");
		assert_int_equal(COUNT(0, KEEPALIVE), 2);
		assert_int_equal(r->s.half[0].events, 1u << PKTS_SEQ_KEEPALIVE);
		rig_close(r);
	}
	(void)state;
}

/* Data that come again: what is known of their content depends on what is kept. */
static void retransmissions(void **state)
{
	for (unsigned keep = 0; keep < 2; keep++) {
		struct rig *const r = established((struct pkts_tcp_conf){.keep_delivered = keep});
		DATA(r, 0, .data = "abcdef");
		DATA(r, 0, .data = "abc");
		assert_int_equal(COUNT(0, RETRANSMIT), 1);
		DATA(r, 2, .data = "cXefgh");
		assert_int_equal(COUNT(0, RETRANSMIT_DIFF), keep);
		assert_string_equal(r->text[0], "abcdefgh");
		ACK(r, 8);
		assert_int_equal(r->held, 0);
		DATA(r, 0, .data = "XYZ"); /* the receiver does not look at it any more */
		assert_int_equal(COUNT(0, RETRANSMIT_DIFF), keep);
		rig_close(r);
	}
	(void)state;
}

static void conflicts_among_held(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){0});

	(void)state;
	DATA(r, 3, .data = "def");
	DATA(r, 3, .data = "def");
	assert_int_equal(COUNT(0, OVERLAP), 1);
	assert_int_equal(COUNT(0, DUPLICATE), 1);
	DATA(r, 4, .data = "eXgh");
	assert_int_equal(COUNT(0, CONFLICT), 1);
	DATA(r, 0, .data = "abcXe");
	assert_int_equal(COUNT(0, CONFLICT), 2);
	assert_int_equal(COUNT(0, DUPLICATE), 1);
	assert_string_equal(r->text[0], "abcdefgh");
	rig_close(r);
}

/* What was handed out is kept within the limits: the oldest goes first, and no new piece is refused. */
static void kept_within_limits(void **state)
{
	struct rig *const r =
		established((struct pkts_tcp_conf){.keep_delivered = true, .max_segments_each = 4});

	(void)state;
	for (uint32_t i = 0; i < 20; i++)
		DATA(r, 3 * i, .data = "abc");
	assert_int_equal(r->n[0], 60);
	assert_int_equal(r->held, 4);
	DATA(r, 57, .data = "xbc");
	assert_int_equal(COUNT(0, RETRANSMIT_DIFF), 1);
	DATA(r, 0, .data = "xbc");
	assert_int_equal(COUNT(0, RETRANSMIT_DIFF), 1);
	rig_close(r);
}

/* "/malic", then "XY" of which the urgent pointer names the Y, then "ious". */
static void urgent_byte(void **state)
{
	static const struct {
		enum pkts_tcp_urgent mode;
		const char *wanted;
	} rows[] = {{PKTS_TCP_URGENT_OOB, "/malicX(Y)ious"},
		{PKTS_TCP_URGENT_INLINE, "/malicXYious"}, {PKTS_TCP_URGENT_DROP, "/malicX()ious"}};

	(void)state;
	for (unsigned i = 0; i < 4 * PKTS_ARRAY_LEN(rows); i++) {
		struct rig *const r =
			established((struct pkts_tcp_conf){.urgent = rows[i / 4].mode});
		r->put_only = i % 2;
		if (i % 4 / 2) { /* out of order */
			DATA(r, 8, .data = "ious");
			URGENT(r, 6, .data = "XY", .urgent = 2);
			DATA(r, 0, .data = "/malic");
		} else {
			DATA(r, 0, .data = "/malic");
			URGENT(r, 6, .data = "XY", .urgent = 2);
			DATA(r, 8, .data = "ious");
		}
		ROW_TEXT("urgent", r->text[0], rows[i / 4].wanted);
		assert_true(SAW(0, URGENT));
		rig_close(r);
	}
}

/* The pointer names a byte that comes later, the first one, one that is over; the latest counts. */
static void urgent_pointers(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){0});

	(void)state;
	URGENT(r, 0, .data = "ab", .urgent = 4);
	DATA(r, 2, .data = "cdef");
	URGENT(r, 6, .data = "gh", .urgent = 0);
	URGENT(r, 8, .data = "ij", .urgent = 1);
	URGENT(r, 5, .data = "fghij", .urgent = 2);
	URGENT(r, 10, .data = "k", .urgent = 3);
	URGENT(r, 11, .data = "lmn", .urgent = 3);
	assert_string_equal(r->text[0], "abc(d)ef(g)h(i)jklm(n)");
	rig_close(r);
}

static void urgent_limit(void **state)
{
	static const struct {
		enum pkts_tcp_urgent beyond;
		const char *wanted;
	} rows[] = {{PKTS_TCP_URGENT_OOB, "(a)(b)(c)d"}, {PKTS_TCP_URGENT_INLINE, "(a)(b)cd"},
		{PKTS_TCP_URGENT_DROP, "(a)(b)()d"}};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct rig *const r = established(
			(struct pkts_tcp_conf){.urgent_max = 2, .urgent_beyond = rows[i].beyond});
		URGENT(r, 0, .data = "a", .urgent = 1);
		URGENT(r, 1, .data = "b", .urgent = 1);
		URGENT(r, 2, .data = "c", .urgent = 1);
		DATA(r, 3, .data = "d");
		ROW_TEXT("limit", r->text[0], rows[i].wanted);
		rig_close(r);
	}
}

/* What was sent once is not sent again: pieces that overlap what is out, in part or wholly. */
static void nothing_twice(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){0});

	(void)state;
	DATA(r, 0, .data = "1234567890");
	DATA(r, 6, .data = "789012345");
	assert_string_equal(r->text[0], "123456789012345");
	DATA(r, 9, .data = "01234567");
	assert_string_equal(r->text[0], "12345678901234567");
	DATA(r, 2, .data = "345");
	assert_string_equal(r->text[0], "12345678901234567");
	assert_int_equal(COUNT(0, RETRANSMIT), 3);
	assert_int_equal(r->s.half[0].events, 1u << PKTS_SEQ_RETRANSMIT);
	rig_close(r);
}

/* The same, queued before the SYN came. */
static void queued_before_the_syn(void **state)
{
	struct rig *const r = &rig;

	(void)state;
	r->conf = (struct pkts_tcp_conf){0};
	rig_open(r, PKTS_TCP_FIRST);
	DATA(r, 6, .data = "789012345");
	DATA(r, 9, .data = "01234567");
	SEND(r, .flags = S, .seq = ISN);
	SEND(r, .dir = 1, .flags = S | A, .seq = ISN1, .ack = ISN + 1);
	DATA(r, 0, .data = "1234567890");
	assert_string_equal(r->text[0], "12345678901234567");
	rig_close(r);
}

/* 9 held bytes, then 8 other ones at the same place: by the policy LAST, 8 new ones and 1 old one. */
static void newer_wins_but_for_the_rest(void **state)
{
	struct rig *const r = &rig;

	(void)state;
	r->conf = (struct pkts_tcp_conf){0};
	rig_open(r, PKTS_TCP_LAST);
	rig_handshake(r);
	DATA(r, 6, .data = "aaaaaaaaa");
	DATA(r, 6, .data = "bbbbbbbb");
	DATA(r, 0, .data = "123456");
	assert_string_equal(r->text[0], "123456bbbbbbbba");
	rig_close(r);
}

/* The policy is that of the receiver, so that each direction has its own. */
static void a_policy_a_direction(void **state)
{
	struct rig *const r = &rig;

	(void)state;
	r->conf = (struct pkts_tcp_conf){0};
	rig_open(r, PKTS_TCP_FIRST);
	pkts_tcp_seq_init(&r->s, r->pool, PKTS_TCP_LAST, PKTS_TCP_FIRST);
	r->s.counts = r->counts;
	rig_handshake(r);
	for (unsigned dir = 0; dir < 2; dir++) {
		const uint32_t seq = dir ? ISN1 + 1 : ISN + 1;
		SEND(r, .dir = dir, .flags = A, .seq = seq + 1, .ack = 1, .data = "aa");
		SEND(r, .dir = dir, .flags = A, .seq = seq + 1, .ack = 1, .data = "bb");
		SEND(r, .dir = dir, .flags = A, .seq = seq, .ack = 1, .data = "0");
	}
	assert_string_equal(r->text[0], "0bb");
	assert_string_equal(r->text[1], "0aa");
	rig_close(r);
}

/* Flushed, a stream goes on where it is. */
static void flush_is_not_the_end(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){0});

	(void)state;
	DATA(r, 2, .data = "c");
	rig_flush(r);
	DATA(r, 3, .data = "d");
	DATA(r, 6, .data = "g");
	assert_string_equal(r->text[0], "..cd");
	rig_flush(r);
	assert_string_equal(r->text[0], "..cd..g");
	rig_close(r);
}

/* The header's fields arrive where they belong. */
static void from_a_header(void **state)
{
	uint8_t header[20] = {
		0, 80, 0, 90, 1, 2, 3, 4, 5, 6, 7, 8, 0x50, 0x31, 9, 10, 0, 0, 11, 12};
	const struct pkts_tcp tcp = {header, 20, 20};
	const struct pkts_tcp_segment seg =
		pkts_tcp_segment_of(tcp, (struct pkts_piece){header, 3, 4, NULL});

	(void)state;
	assert_int_equal(seg.seq, 0x01020304);
	assert_int_equal(seg.ack, 0x05060708);
	assert_int_equal(seg.flags, A | U | F);
	assert_int_equal(seg.window, 0x090a);
	assert_int_equal(seg.urgent, 0x0b0c);
	assert_int_equal(seg.piece.len, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order_goes_through),
		cmocka_unit_test(filling_a_hole_holds_nothing),
		cmocka_unit_test(what_waits_comes_first),
		cmocka_unit_test(beyond_four_gigabytes),
		cmocka_unit_test(wrap),
		cmocka_unit_test(gap_waits),
		cmocka_unit_test(gap_limits),
		cmocka_unit_test(gap_time),
		cmocka_unit_test(gap_time_starts_with_the_gap),
		cmocka_unit_test(gap_acknowledged),
		cmocka_unit_test(wild_acks),
		cmocka_unit_test(acks_of_long_ago),
		cmocka_unit_test(depth_cuts_inside_a_segment),
		cmocka_unit_test(depth_is_reached_exactly),
		cmocka_unit_test(fin_with_data_and_out_of_order),
		cmocka_unit_test(ack_of_a_fin),
		cmocka_unit_test(acks_behind_a_waiting_fin),
		cmocka_unit_test(data_behind_the_fin),
		cmocka_unit_test(early_fin),
		cmocka_unit_test(several_fins),
		cmocka_unit_test(gap_before_the_fin),
		cmocka_unit_test(reset),
		cmocka_unit_test(reset_and_on),
		cmocka_unit_test(reset_of_nothing),
		cmocka_unit_test(reset_midstream),
		cmocka_unit_test(far_away),
		cmocka_unit_test(zero_window_probe),
		cmocka_unit_test(zero_window_probe_taken),
		cmocka_unit_test(keepalive),
		cmocka_unit_test(retransmissions),
		cmocka_unit_test(conflicts_among_held),
		cmocka_unit_test(kept_within_limits),
		cmocka_unit_test(urgent_byte),
		cmocka_unit_test(urgent_pointers),
		cmocka_unit_test(urgent_limit),
		cmocka_unit_test(nothing_twice),
		cmocka_unit_test(queued_before_the_syn),
		cmocka_unit_test(newer_wins_but_for_the_rest),
		cmocka_unit_test(a_policy_a_direction),
		cmocka_unit_test(flush_is_not_the_end),
		cmocka_unit_test(from_a_header),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
