/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Where a stream begins: SYNs of all kinds, data on them, and streams whose beginning was not seen. */
#include "tcp_rig.h"

static struct rig rig;

#define SAW(dir, event) pkts_tcp_seq_saw(&rig.s, dir, PKTS_SEQ_##event)

static struct rig *fresh(struct pkts_tcp_conf conf)
{
	rig.conf = conf;
	rig.cost = 0;
	rig.put_only = false;
	rig.now = 1;
	rig_open(&rig, PKTS_TCP_FIRST);
	return &rig;
}

static void both_directions(void **state)
{
	struct rig *const r = fresh((struct pkts_tcp_conf){0});

	(void)state;
	rig_handshake(r);
	SEND(r, .flags = A, .seq = ISN + 1, .ack = ISN1 + 1, .data = "ask");
	SEND(r, .dir = 1, .flags = A, .seq = ISN1 + 1, .ack = ISN + 4, .data = "answer");
	SEND(r, .flags = A, .seq = ISN + 4, .ack = ISN1 + 7, .data = "more");
	assert_string_equal(r->text[0], "askmore");
	assert_string_equal(r->text[1], "answer");
	assert_int_equal(r->direct, 3);
	assert_int_equal(r->holds, 0);
	assert_true(!r->s.half[0].events && !r->s.half[1].events);
	rig_close(r);
}

/* The server answers the first of two SYNs; data follow the second one's number, and the first's. */
static void answer_picks_the_first_syn(void **state)
{
	struct rig *const r = fresh((struct pkts_tcp_conf){0});

	(void)state;
	SEND(r, .flags = S, .seq = 1000);
	SEND(r, .flags = S, .seq = 5000);
	SEND(r, .dir = 1, .flags = S | A, .seq = ISN1, .ack = 1001);
	SEND(r, .flags = A, .seq = 1001, .ack = ISN1 + 1, .data = "evil");
	assert_string_equal(r->text[0], "evil");
	assert_true(SAW(0, SYN_CHANGED));
	rig_close(r);
}

static void answer_picks_the_second_syn(void **state)
{
	struct rig *const r = fresh((struct pkts_tcp_conf){0});

	(void)state;
	SEND(r, .flags = S, .seq = 5000);
	SEND(r, .flags = S, .seq = 1000);
	SEND(r, .dir = 1, .flags = S | A, .seq = ISN1, .ack = 1001);
	SEND(r, .flags = A, .seq = 5001, .ack = ISN1 + 1, .data = "decoy");
	SEND(r, .flags = A, .seq = 1001, .ack = ISN1 + 1, .data = "evil");
	assert_string_equal(r->text[0], "evil");
	rig_close(r);
}

/* Data from before the handshake is done, for the number that was not answered. */
static void early_decoy_is_dropped(void **state)
{
	struct rig *const r = fresh((struct pkts_tcp_conf){.gap = PKTS_TCP_GAP_WAIT});

	(void)state;
	SEND(r, .flags = S, .seq = 1000);
	SEND(r, .flags = A, .seq = 1001, .ack = 1, .data = "decoy");
	SEND(r, .flags = S, .seq = 5000);
	SEND(r, .dir = 1, .flags = S | A, .seq = ISN1, .ack = 5001);
	SEND(r, .flags = A, .seq = 5001, .ack = ISN1 + 1, .data = "evil");
	assert_string_equal(r->text[0], "evil");
	rig_close(r);
}

/* A SYN that the capture lacks: its answer is believed, but only once something fits it. */
static void answer_to_an_unseen_syn(void **state)
{
	struct rig *const r = fresh((struct pkts_tcp_conf){0});

	(void)state;
	SEND(r, .flags = S, .seq = 1000);
	SEND(r, .dir = 1, .flags = S | A, .seq = ISN1, .ack = 70001);
	SEND(r, .flags = A, .seq = 70001, .ack = ISN1 + 1, .data = "ev");
	SEND(r, .flags = A, .seq = 70003, .ack = ISN1 + 1, .data = "il");
	SEND(r, .dir = 1, .flags = A, .seq = ISN1 + 1, .ack = 70005);
	assert_string_equal(r->text[0], "evil");
	rig_close(r);
}

/* An answer that fits no SYN, and then everybody goes on as if it had never been. */
static void a_false_answer(void **state)
{
	struct rig *const r = fresh((struct pkts_tcp_conf){0});

	(void)state;
	SEND(r, .flags = S, .seq = 1000);
	SEND(r, .dir = 1, .flags = S | A, .seq = ISN1, .ack = 1001 - 131072);
	SEND(r, .flags = A, .seq = 1001, .ack = ISN1 + 1, .data = "ev");
	SEND(r, .flags = A, .seq = 1003, .ack = ISN1 + 1, .data = "il");
	assert_string_equal(r->text[0], "");
	SEND(r, .dir = 1, .flags = A, .seq = ISN1 + 1, .ack = 1005);
	assert_string_equal(r->text[0], "evil");
	assert_true(SAW(0, SYN_CHANGED));
	rig_close(r);
}

/* A SYN/ACK with a number that neither its sender nor its receiver keeps to. */
static void a_false_number(void **state)
{
	for (unsigned flush = 0; flush < 2; flush++) {
		struct rig *const r = fresh((struct pkts_tcp_conf){.midstream_flush = flush});
		SEND(r, .flags = S, .seq = ISN);
		SEND(r, .dir = 1, .flags = S | A, .seq = ISN1 + 9, .ack = ISN + 1);
		SEND(r, .flags = A, .seq = ISN + 1, .ack = ISN1 + 1);
		SEND(r, .dir = 1, .flags = A, .seq = ISN1 + 1, .ack = ISN + 1, .data = "page");
		SEND(r, .flags = A, .seq = ISN + 1, .ack = ISN1 + 5);
		assert_string_equal(r->text[1], "page");
		rig_close(r);
	}
	(void)state;
}

/* Data that begin before the SYN says: at the end of a capture they are shown, live they are not. */
static void before_the_syn(void **state)
{
	for (unsigned flush = 0; flush < 2; flush++) {
		struct rig *const r = fresh((struct pkts_tcp_conf){.midstream_flush = flush});
		rig_handshake(r);
		SEND(r, .flags = A, .seq = ISN, .ack = ISN1 + 1, .data = "0abc");
		SEND(r, .flags = A, .seq = ISN + 4, .ack = ISN1 + 1, .data = "def");
		assert_string_equal(r->text[0], flush ? "0abcdef" : "abcdef");
		rig_close(r);
	}
	(void)state;
}

/* The answer was lost; the peer's later ACK is behind data that fit one SYN, with its own data or again. */
static void late_answer(void **state)
{
	for (uint32_t again = 0; again < 2; again++) {
		struct rig *const r = fresh((struct pkts_tcp_conf){0});
		SEND(r, .flags = S, .seq = 1000, .data = "fast");
		SEND(r, .flags = S, .seq = 7000);
		SEND(r, .flags = A, .seq = again ? 1001 : 1005, .ack = 1, .data = "abcdef");
		SEND(r, .dir = 1, .flags = A, .seq = 1, .ack = again ? 1007 : 1011);
		assert_string_equal(r->text[0], again ? "abcdef" : "fastabcdef");
		rig_close(r);
	}
	(void)state;
}

/* Several SYN/ACKs: the client's ACK says which one it took. */
static void client_picks_the_syn_ack(void **state)
{
	for (unsigned taken = 0; taken < 3; taken++) {
		struct rig *const r = fresh((struct pkts_tcp_conf){0});
		const uint32_t isn = 9000 + 1000 * taken;
		SEND(r, .flags = S, .seq = ISN);
		for (uint32_t i = 0; i < 3; i++)
			SEND(r, .dir = 1, .flags = S | A, .seq = 9000 + 1000 * i, .ack = ISN + 1);
		SEND(r, .flags = A, .seq = ISN + 1, .ack = isn + 1);
		SEND(r, .dir = 1, .flags = A, .seq = isn + 1, .ack = ISN + 1, .data = "page");
		assert_string_equal(r->text[1], "page");
		rig_close(r);
	}
	(void)state;
}

static void simultaneous_open(void **state)
{
	struct rig *const r = fresh((struct pkts_tcp_conf){0});

	(void)state;
	SEND(r, .flags = S, .seq = ISN);
	SEND(r, .dir = 1, .flags = S, .seq = ISN1);
	SEND(r, .flags = S | A, .seq = ISN, .ack = ISN1 + 1);
	SEND(r, .dir = 1, .flags = S | A, .seq = ISN1, .ack = ISN + 1);
	SEND(r, .flags = A, .seq = ISN + 1, .ack = ISN1 + 1, .data = "a");
	SEND(r, .dir = 1, .flags = A, .seq = ISN1 + 1, .ack = ISN + 2, .data = "b");
	assert_string_equal(r->text[0], "a");
	assert_string_equal(r->text[1], "b");
	assert_false(SAW(0, SYN_CHANGED) || SAW(1, SYN_CHANGED));
	rig_close(r);
}

/* A SYN inside an established connection changes nothing. */
static void syn_inside(void **state)
{
	struct rig *const r = fresh((struct pkts_tcp_conf){0});

	(void)state;
	rig_handshake(r);
	SEND(r, .flags = A, .seq = ISN + 1, .ack = ISN1 + 1, .data = "one");
	SEND(r, .flags = S, .seq = ISN + 3, .data = "XX");
	SEND(r, .flags = S, .seq = ISN);
	SEND(r, .flags = A, .seq = ISN + 4, .ack = ISN1 + 1, .data = "two");
	assert_string_equal(r->text[0], "onetwo");
	assert_int_equal(r->counts[0][PKTS_SEQ_SYN_CHANGED], 1);
	rig_close(r);
}

/* ack: what of "fast" on the SYN is acknowledged; then the client sends the rest, differently. */
static void fast_open(void **state)
{
	static const struct {
		uint32_t ack;
		const char *wanted;
	} rows[] = {{0, "SLOWdata"}, {2, "faOWdata"}, {4, "fastdata"}};

	(void)state;
	for (unsigned i = 0; i < 2 * PKTS_ARRAY_LEN(rows); i++) {
		struct rig *const r = fresh((struct pkts_tcp_conf){0});
		const uint32_t ack = rows[i / 2].ack;
		r->cost = i % 2 ? 2048 : 0;
		SEND(r, .flags = S, .seq = ISN, .data = "fast");
		assert_string_equal(r->text[0], "");
		SEND(r, .dir = 1, .flags = S | A, .seq = ISN1, .ack = ISN + 1 + ack);
		SEND(r, .flags = A, .seq = ISN + 1 + ack, .ack = ISN1 + 1, .data = &"SLOW"[ack]);
		SEND(r, .flags = A, .seq = ISN + 5, .ack = ISN1 + 1, .data = "data");
		ROW_TEXT("fast open", r->text[0], rows[i / 2].wanted);
		assert_true(SAW(0, SYN_DATA));
		rig_close(r);
	}
}

/* Data on two SYNs: the answer says whose. */
static void fast_open_twice(void **state)
{
	for (uint32_t i = 0; i < 2; i++) {
		struct rig *const r = fresh((struct pkts_tcp_conf){0});
		SEND(r, .flags = S, .seq = 1000, .data = "good");
		SEND(r, .flags = S, .seq = 5000, .data = "evil");
		SEND(r, .dir = 1, .flags = S | A, .seq = ISN1, .ack = i ? 5005 : 1005);
		assert_string_equal(r->text[0], i ? "evil" : "good");
		rig_close(r);
	}
	(void)state;
}

/* Only the client is seen: its next segment tells what became of the data on its SYN. */
static void fast_open_one_way(void **state)
{
	static const struct {
		uint32_t seq;
		const char *wanted;
	} rows[] = {{ISN + 1, "abcde"}, {ISN + 3, "faabcde"}, {ISN + 5, "fastabcde"},
		{ISN + 9, "fast....abcde"}};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct rig *const r = fresh((struct pkts_tcp_conf){.midstream_segments = 1});
		SEND(r, .flags = S, .seq = ISN, .data = "fast");
		SEND(r, .flags = A, .seq = rows[i].seq, .ack = ISN1, .data = "abcde");
		rig_flush(r);
		ROW_TEXT("one way", r->text[0], rows[i].wanted);
		rig_close(r);
	}
}

static void syn_data_modes(void **state)
{
	static const struct {
		enum pkts_tcp_syn_data mode;
		const char *wanted;
	} rows[] = {{PKTS_TCP_SYN_DATA_ACKED, "fast"}, {PKTS_TCP_SYN_DATA_TAKE, "fast"},
		{PKTS_TCP_SYN_DATA_IGNORE, ""}};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct rig *const r = fresh((struct pkts_tcp_conf){.syn_data = rows[i].mode});
		SEND(r, .flags = S, .seq = ISN, .data = "fast");
		rig_flush(r);
		ROW_TEXT("mode", r->text[0], rows[i].wanted);
		rig_close(r);
	}
}

/* More SYNs than are remembered: memory is bounded, and the latest counts. */
static void many_syns(void **state)
{
	struct rig *const r = fresh((struct pkts_tcp_conf){0});

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		SEND(r, .flags = S, .seq = i * 0x60000000u, .data = "x");
	assert_true(r->pool->segments <= 5);
	SEND(r, .dir = 1, .flags = S | A, .seq = ISN1, .ack = 999 * 0x60000000u + 1);
	SEND(r, .flags = A, .seq = 999 * 0x60000000u + 1, .ack = ISN1 + 1, .data = "evil");
	assert_string_equal(r->text[0], "evil");
	rig_close(r);
}

/* The SYN comes behind the data, as captures have it. */
static void syn_after_data(void **state)
{
	for (uint32_t at = 0; at <= 3; at += 3) {
		struct rig *const r = fresh((struct pkts_tcp_conf){0});
		SEND(r, .flags = A, .seq = ISN + 1 + at, .ack = ISN1 + 1, .data = &"abcdef"[at]);
		SEND(r, .flags = S, .seq = ISN);
		SEND(r, .dir = 1, .flags = S | A, .seq = ISN1, .ack = ISN + 1);
		SEND(r, .flags = A, .seq = ISN + 1, .ack = ISN1 + 1, .data = "abc");
		assert_string_equal(r->text[0], "abcdef");
		assert_false(SAW(0, MIDSTREAM) || SAW(0, SYN_CHANGED));
		rig_close(r);
	}
	(void)state;
}

/* A SYN whose number lies behind data that are there is no beginning of theirs. */
static void syn_ahead_of_data(void **state)
{
	struct rig *const r = fresh((struct pkts_tcp_conf){0});

	(void)state;
	SEND(r, .flags = A, .seq = 5000, .ack = ISN1 + 1, .data = "abc");
	SEND(r, .flags = S, .seq = 6000);
	assert_true(SAW(0, SYN_CHANGED));
	SEND(r, .flags = A, .seq = 5003, .ack = ISN1 + 1, .data = "def");
	rig_flush(r);
	assert_string_equal(r->text[0], "abcdef");
	rig_close(r);
}

static void syn_ack_before_syn(void **state)
{
	struct rig *const r = fresh((struct pkts_tcp_conf){0});

	(void)state;
	SEND(r, .dir = 1, .flags = S | A, .seq = ISN1, .ack = ISN + 1);
	SEND(r, .flags = S, .seq = ISN);
	SEND(r, .flags = A, .seq = ISN + 1, .ack = ISN1 + 1, .data = "abc");
	assert_string_equal(r->text[0], "abc");
	assert_int_equal(r->direct, 1);
	rig_close(r);
}

/* Three segments, in any order, settle where a stream begins; not earlier. */
static void midstream_by_segments(void **state)
{
	struct rig *const r = fresh((struct pkts_tcp_conf){0});

	(void)state;
	SEND(r, .flags = A, .seq = 5003, .ack = 1, .data = "def");
	SEND(r, .flags = A, .seq = 5006, .ack = 1, .data = "ghi");
	assert_string_equal(r->text[0], "");
	SEND(r, .flags = A, .seq = 5000, .ack = 1, .data = "abc");
	assert_string_equal(r->text[0], "abcdefghi");
	SEND(r, .flags = A, .seq = 5009, .ack = 1, .data = "jkl");
	assert_string_equal(r->text[0], "abcdefghijkl");
	assert_int_equal(r->counts[0][PKTS_SEQ_MIDSTREAM], 1);
	SEND(r, .flags = A, .seq = 4990, .ack = 1, .data = "late");
	assert_string_equal(r->text[0], "abcdefghijkl");
	rig_close(r);
}

static void midstream_by_bytes(void **state)
{
	struct rig *const r = fresh((struct pkts_tcp_conf){.midstream_bytes = 6});

	(void)state;
	SEND(r, .flags = A, .seq = 5000, .ack = 1, .data = "abc");
	assert_string_equal(r->text[0], "");
	SEND(r, .flags = A, .seq = 5003, .ack = 1, .data = "def");
	assert_string_equal(r->text[0], "abcdef");
	rig_close(r);
}

static void midstream_by_time(void **state)
{
	struct rig *const r = fresh((struct pkts_tcp_conf){.gap_ns = 1000000000});

	(void)state;
	SEND(r, .flags = A, .seq = 5000, .ack = 1, .data = "abc");
	pkts_tcp_seq_tick(&r->s, 900000000);
	rig_get(r, 0);
	assert_string_equal(r->text[0], "");
	pkts_tcp_seq_tick(&r->s, 1100000000);
	rig_get(r, 0);
	assert_string_equal(r->text[0], "abc");
	rig_close(r);
}

/* What the peer acknowledged, nobody sends for the first time. */
static void midstream_by_ack(void **state)
{
	struct rig *const r = fresh((struct pkts_tcp_conf){0});

	(void)state;
	SEND(r, .flags = A, .seq = 5000, .ack = 7000, .data = "abc");
	SEND(r, .dir = 1, .flags = A, .seq = 7000, .ack = 4990, .data = "x");
	assert_string_equal(r->text[0], "");
	assert_string_equal(r->text[1], "x"); /* its beginning was acknowledged before it came */
	SEND(r, .dir = 1, .flags = A, .seq = 7001, .ack = 5003);
	assert_string_equal(r->text[0], "abc");
	assert_true(SAW(0, MIDSTREAM));
	rig_close(r);
}

/* Nothing but the end of the capture settles it; a SYN behind data changes nothing then. */
static void midstream_until_flush(void **state)
{
	struct rig *const r = fresh((struct pkts_tcp_conf){.midstream_flush = true});

	(void)state;
	for (uint32_t i = 0; i < 20; i++)
		SEND(r, .flags = A, .seq = 5000 - i, .ack = 1, .data = "x");
	SEND(r, .dir = 1, .flags = A, .seq = 7000, .ack = 5003);
	SEND(r, .flags = S, .seq = 4970, .data = "S");
	assert_string_equal(r->text[0], "");
	rig_flush(r);
	assert_string_equal(r->text[0], "S.........xxxxxxxxxxxxxxxxxxxx");
	assert_string_equal(r->text[1], "");
	rig_close(r);
}

/* The first segment carries nothing: the stream begins there all the same. */
static void midstream_base_is_the_first_segment(void **state)
{
	struct rig *const r = fresh((struct pkts_tcp_conf){.midstream_flush = true});

	(void)state;
	SEND(r, .flags = A, .seq = 5000, .ack = 1);
	SEND(r, .flags = A, .seq = 5003, .ack = 1, .data = "abc");
	rig_flush(r);
	assert_string_equal(r->text[0], "...abc");
	rig_close(r);
}

/* Nothing is handed out for as long as memory lasts; then it is, and nothing is lost. */
static void midstream_short_of_memory(void **state)
{
	struct rig *const r =
		fresh((struct pkts_tcp_conf){.midstream_flush = true, .max_segments_each = 8});

	(void)state;
	for (uint32_t i = 0; i < 20; i++)
		SEND(r, .flags = A, .seq = 5000 + i, .ack = 1, .data = "x");
	rig_flush(r);
	assert_string_equal(r->text[0], "xxxxxxxxxxxxxxxxxxxx");
	assert_false(SAW(0, LIMIT_PIECES));
	rig_close(r);
}

static void one_way(void **state)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		struct rig *const r = fresh((struct pkts_tcp_conf){.midstream_segments = 1});
		SEND(r, .dir = dir, .flags = dir ? S | A : S, .seq = ISN, .ack = 77);
		SEND(r, .dir = dir, .flags = A, .seq = ISN + 1, .ack = 77, .data = "one");
		SEND(r, .dir = dir, .flags = A, .seq = ISN + 4, .ack = 77, .data = "two");
		SEND(r, .dir = dir, .flags = A, .seq = ISN + 10, .ack = 78, .data = "four");
		assert_string_equal(r->text[dir], "onetwo");
		rig_flush(r);
		assert_string_equal(r->text[dir], "onetwo...four");
		assert_int_equal(r->holds, 2);
		rig_close(r);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions),
		cmocka_unit_test(answer_picks_the_first_syn),
		cmocka_unit_test(answer_picks_the_second_syn),
		cmocka_unit_test(early_decoy_is_dropped),
		cmocka_unit_test(answer_to_an_unseen_syn),
		cmocka_unit_test(a_false_answer),
		cmocka_unit_test(a_false_number),
		cmocka_unit_test(before_the_syn),
		cmocka_unit_test(late_answer),
		cmocka_unit_test(client_picks_the_syn_ack),
		cmocka_unit_test(simultaneous_open),
		cmocka_unit_test(syn_inside),
		cmocka_unit_test(fast_open),
		cmocka_unit_test(fast_open_twice),
		cmocka_unit_test(fast_open_one_way),
		cmocka_unit_test(syn_data_modes),
		cmocka_unit_test(many_syns),
		cmocka_unit_test(syn_after_data),
		cmocka_unit_test(syn_ahead_of_data),
		cmocka_unit_test(syn_ack_before_syn),
		cmocka_unit_test(midstream_by_segments),
		cmocka_unit_test(midstream_by_bytes),
		cmocka_unit_test(midstream_by_time),
		cmocka_unit_test(midstream_by_ack),
		cmocka_unit_test(midstream_until_flush),
		cmocka_unit_test(midstream_base_is_the_first_segment),
		cmocka_unit_test(midstream_short_of_memory),
		cmocka_unit_test(one_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
