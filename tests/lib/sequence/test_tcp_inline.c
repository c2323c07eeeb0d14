/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Packets that are passed on: what was seen first is what they say, so that it is what is delivered. */
#include "tcp_rig.h"

#define STEPS 6

static struct rig rig;

static struct rig *established(struct pkts_tcp_conf conf, enum pkts_tcp_policy policy)
{
	conf.keep_delivered = true;
	rig.conf = conf;
	rig.now = 1;
	rig_open(&rig, policy);
	rig_handshake(&rig);
	return &rig;
}

static void pass(struct rig *r, unsigned off, const char *data)
{
	rig_inline(r, (struct step){.flags = A, .seq = ISN + off, .ack = ISN1 + 1, .data = data});
}

/* Offsets are relative to the ISN; what each packet says behind it; what the stream is in the end. */
static const struct {
	const char *name, *stream;
	struct {
		unsigned off;
		const char *sent, *passed;
	} steps[STEPS];
} rows[] = {
	{"the same place", "AAC", {{1, "AAC", "AAC"}, {1, "ABC", "AAC"}}},
	{"inside", "ABCDE", {{1, "ABCDE", "ABCDE"}, {2, "xxx", "BCD"}}},
	{"reaches beyond", "ABCDExx", {{1, "ABCDE", "ABCDE"}, {3, "xxxxx", "CDExx"}}},
	{"before what waits", "xxABCDE", {{3, "ABCDE", "ABCDE"}, {1, "xxxxx", "xxABC"}}},
	{"between many", "xAxAxAxAx",
		{{2, "A", "A"}, {4, "A", "A"}, {6, "A", "A"}, {8, "A", "A"},
			{1, "xxxxxxxxx", "xAxAxAxAx"}}},
	{"again and again", "AAAAACCCCCX",
		{{1, "AAAAA", "AAAAA"}, {1, "BBBBB", "AAAAA"}, {1, "CCCCCCCCCC", "AAAAACCCCC"},
			{10, "X", "C"}, {11, "X", "X"}}},
};

static unsigned differences(const char *a, const char *b)
{
	unsigned n = 0;

	for (; *a; a++, b++)
		n += *a != *b;
	return n;
}

static void row(unsigned i, enum pkts_tcp_policy policy)
{
	struct rig *const r = established((struct pkts_tcp_conf){0}, policy);

	for (unsigned k = 0; k < STEPS && rows[i].steps[k].sent; k++) {
		pass(r, rows[i].steps[k].off, rows[i].steps[k].sent);
		ROW_TEXT(rows[i].name, r->packet, rows[i].steps[k].passed);
		ROW_INT(rows[i].name, r->put,
			differences(rows[i].steps[k].sent, rows[i].steps[k].passed));
	}
	ROW_TEXT(rows[i].name, r->text[0], rows[i].stream);
	rig_close(r);
}

/* Whatever the receiver's policy: it gets the same bytes twice. */
static void first_data_win(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_TCP_POLICY_MAX * PKTS_ARRAY_LEN(rows); i++) {
		rig.cost = i % 2 ? 2048 : 0;
		row(i / PKTS_TCP_POLICY_MAX, i % PKTS_TCP_POLICY_MAX);
	}
}

/* Acknowledged bytes are the receiver's: what is sent for them does no harm, and is not known. */
static void acknowledged_bytes_are_let_through(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){0}, PKTS_TCP_FIRST);

	(void)state;
	pass(r, 1, "abcdef");
	assert_int_equal(r->s.half[0].events, 0);
	SEND(r, .dir = 1, .flags = A, .seq = ISN1 + 1, .ack = ISN + 4);
	pass(r, 1, "XXXXXXghi");
	assert_string_equal(r->packet, "XXXdefghi");
	assert_int_equal(r->counts[0][PKTS_SEQ_RETRANSMIT_DIFF], 1);
	assert_int_equal(r->counts[0][PKTS_SEQ_CONFLICT], 0);
	assert_int_equal(r->put, 3);
	assert_string_equal(r->text[0], "abcdefghi");
	rig_close(r);
}

/* Bytes that were passed over: nobody knows what they were when it mattered. */
static void unknown_bytes_are_refused(void **state)
{
	struct rig *r = established((struct pkts_tcp_conf){0}, PKTS_TCP_FIRST);

	(void)state;
	pass(r, 4, "def");
	rig_flush(r);
	assert_string_equal(r->text[0], "...def");
	pass(r, 1, "abc");
	assert_int_equal(r->put, -PKTS_EBADMSG);
	pass(r, 4, "dXf");
	assert_string_equal(r->packet, "def");
	rig_close(r);

	r = established((struct pkts_tcp_conf){.max_segments_each = 2}, PKTS_TCP_FIRST);
	for (unsigned i = 0; i < 4; i++)
		pass(r, 1 + i, "a");
	pass(r, 1, "X");
	assert_int_equal(r->put, -PKTS_EBADMSG);
	pass(r, 4, "X");
	assert_int_equal(r->put, 1);
	rig_close(r);
}

/* The payload of a reset is no data of the stream, and is left as it is. */
static void resets_are_left_alone(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){0}, PKTS_TCP_FIRST);

	(void)state;
	pass(r, 1, "abcdef");
	rig_inline(r, (struct step){.flags = R, .seq = ISN + 4, .data = "why"});
	assert_string_equal(r->packet, "why");
	assert_int_equal(r->put, 0);
	assert_string_equal(r->text[0], "abcdef!");
	rig_close(r);
}

static void refusals(void **state)
{
	struct rig *r = established(
		(struct pkts_tcp_conf){.max_segments_each = 1, .window = 100}, PKTS_TCP_FIRST);

	(void)state;
	pass(r, 3, "c");
	pass(r, 5, "e");
	assert_int_equal(r->put, -PKTS_ENOSPC);
	pass(r, 500, "x");
	assert_int_equal(r->put, -PKTS_ERANGE);
	rig_close(r);
	r = established((struct pkts_tcp_conf){0}, PKTS_TCP_FIRST);
	r->s.half[0].slow &= (uint16_t)~PKTS_TCP_SEQ_SLOW_KEEP;
	pass(r, 1, "a");
	assert_int_equal(r->put, -PKTS_EINVAL);
	rig_close(r);
}

/* A probe of a closed window is a byte like others here: the one that follows must agree with it. */
static void probes_count(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){0}, PKTS_TCP_FIRST);

	(void)state;
	SEND(r, .dir = 1, .flags = A, .seq = ISN1 + 1, .ack = ISN + 1, .closed = true);
	pass(r, 1, "a");
	pass(r, 1, "Xbc");
	assert_string_equal(r->packet, "abc");
	assert_string_equal(r->text[0], "abc");
	pass(r, 3, "X"); /* so must what looks like a keep-alive */
	assert_string_equal(r->packet, "c");
	rig_close(r);
}

/* Behind the end nothing is inspected, so nothing passes; up to it, all must agree. */
static void behind_the_end(void **state)
{
	struct rig *const r = established((struct pkts_tcp_conf){0}, PKTS_TCP_FIRST);

	(void)state;
	rig_inline(
		r, (struct step){.flags = A | F, .seq = ISN + 1, .ack = ISN1 + 1, .data = "abc"});
	assert_string_equal(r->text[0], "abc$");
	pass(r, 1, "Xbc");
	assert_string_equal(r->packet, "abc");
	pass(r, 4, "more");
	assert_int_equal(r->put, -PKTS_EBADMSG);
	SEND(r, .dir = 1, .flags = A, .seq = ISN1 + 1, .ack = ISN + 5);
	assert_int_equal(r->held, 0);
	rig_close(r);
}

/* Data on a SYN that comes again. */
static void syn_data_agree(void **state)
{
	struct rig *const r = &rig;

	(void)state;
	r->conf = (struct pkts_tcp_conf){.keep_delivered = true};
	rig_open(r, PKTS_TCP_FIRST);
	rig_inline(r, (struct step){.flags = S, .seq = ISN, .data = "fast"});
	rig_inline(r, (struct step){.flags = S, .seq = ISN, .data = "evil"});
	assert_string_equal(r->packet, "fast");
	SEND(r, .dir = 1, .flags = S | A, .seq = ISN1, .ack = ISN + 5);
	assert_string_equal(r->text[0], "fast");
	rig_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_data_win),
		cmocka_unit_test(acknowledged_bytes_are_let_through),
		cmocka_unit_test(unknown_bytes_are_refused),
		cmocka_unit_test(resets_are_left_alone),
		cmocka_unit_test(refusals),
		cmocka_unit_test(probes_count),
		cmocka_unit_test(behind_the_end),
		cmocka_unit_test(syn_data_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
