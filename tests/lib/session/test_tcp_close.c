/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* How connections end: FINs in every order, resets as systems take them, and what comes afterwards. */
#include <stdio.h>
#include <stdlib.h>

#include "tcp_rows.h"

#define C    .flags = "PA"
#define D    .flags = "PA", .dir = 1
#define ANEW .events = EVENT(REUSED)

static const struct row fins[] = {
	{"fin 1: one after the other",
		.ops = {HELLO, {.flags = "FA", .seq = 1, .ack = 1, STATE(FIN_WAIT_1)},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 2, STATE(FIN_WAIT_2)},
			{.flags = "FA", .dir = 1, .seq = 1, .ack = 2, STATE(LAST_ACK)},
			{.flags = "A", .seq = 2, .ack = 2, STATE(TIME_WAIT)}},
		.conn_state = "SF", .history = "ShAFaf"},
	{"fin 2: three segments",
		.ops = {HELLO, {.flags = "FA", .dir = 1, .seq = 1, .ack = 1, STATE(FIN_WAIT_1)},
			{.flags = "FA", .seq = 1, .ack = 2, STATE(LAST_ACK)},
			{.flags = "A", .dir = 1, .seq = 2, .ack = 2, STATE(TIME_WAIT)}},
		.conn_state = "SF"},
	{"fin 3: both at once",
		.ops = {HELLO, {.flags = "FA", .seq = 1, .ack = 1, STATE(FIN_WAIT_1)},
			{.flags = "FA", .dir = 1, .seq = 1, .ack = 1, STATE(CLOSING)},
			{.flags = "A", .seq = 2, .ack = 2, STATE(CLOSING)},
			{.flags = "A", .dir = 1, .seq = 2, .ack = 2, STATE(TIME_WAIT)}},
		.conn_state = "SF"},
	{"fin 4: half closed, the other goes on",
		.ops = {HELLO, {.flags = "FA", .seq = 1, .ack = 1},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 2, STATE(FIN_WAIT_2)},
			{D, .seq = 1, .ack = 2, .len = 500}, {.flags = "A", .seq = 2, .ack = 501},
			{D, .seq = 501, .ack = 2, .len = 500, STATE(FIN_WAIT_2)}},
		.conn_state = "S2"},
	{"fin 5: out of order, then the data before it",
		.ops = {HELLO, {.flags = "FA", .seq = 101, .ack = 1, STATE(FIN_WAIT_1)},
			{C, .seq = 1, .ack = 1, .len = 100},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 102, STATE(FIN_WAIT_2)}}},
	{"fin 6: again, alone and with its data",
		.ops = {HELLO, {.flags = "FPA", .seq = 1, .ack = 1, .len = 10},
			{.flags = "FPA", .seq = 1, .ack = 1, .len = 10},
			{.flags = "FA", .seq = 11, .ack = 1},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 12, STATE(FIN_WAIT_2)},
			{.flags = "FA", .seq = 11, .ack = 1, STATE(FIN_WAIT_2)}},
		.history = "ShAFTa"},
	{"fin 7: data behind it, before the peer has taken it",
		.ops = {HELLO, {.flags = "FA", .seq = 1, .ack = 1},
			{C, .seq = 2, .ack = 1, .len = 10, SUSPICIOUS(AFTER_FIN)},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 12}}},
	{"fin 8: data behind it, after that",
		.ops = {HELLO, {.flags = "FA", .seq = 1, .ack = 1},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 2, STATE(FIN_WAIT_2)},
			{C, .seq = 2, .ack = 1, .len = 10, WRONG(AFTER_FIN)},
			{.flags = "A", .seq = 2, .ack = 1}}},
	{"fin 9: data in front of it again",
		.ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 10},
			{.flags = "FA", .seq = 11, .ack = 1},
			{C, .seq = 1, .ack = 1, .len = 10, STATE(FIN_WAIT_1)}}},
	{"fin 10: all that may come in TIME_WAIT",
		.ops = {HELLO, {.flags = "FA", .seq = 1, .ack = 1},
			{.flags = "FA", .dir = 1, .seq = 1, .ack = 2},
			{.flags = "A", .seq = 2, .ack = 2, STATE(TIME_WAIT)},
			{.flags = "FA", .dir = 1, .seq = 1, .ack = 2},
			{.flags = "A", .seq = 2, .ack = 2},
			{.flags = "R", .dir = 1, .seq = 2, STATE(TIME_WAIT)}},
		.conn_state = "SF"},
	{"fin 11: in the third step",
		.ops = {{.flags = "S"}, {.flags = "SA", .dir = 1, .ack = 1},
			{.flags = "FA", .seq = 1, .ack = 1, STATE(FIN_WAIT_1)},
			{.flags = "FA", .dir = 1, .seq = 1, .ack = 2, STATE(LAST_ACK)}}},
	{"fin 12: it fills the window", .conf = {.sees_all = true},
		.ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 1000},
			{.flags = "FA",
				.seq = 1001,
				.ack = 1,
				.events = EVENT(ZERO_WINDOW_PROBE),
				STATE(FIN_WAIT_1)}}},
	{"fin 13: only the responder's",
		.ops = {HELLO, {.flags = "FA", .dir = 1, .seq = 1, .ack = 1}}, .conn_state = "S3"},
	{"fin 14: a RST behind the own FIN, then the other's FIN",
		.ops = {HELLO, {.flags = "FA", .seq = 1, .ack = 1},
			{.flags = "R", .seq = 2, STATE(RESET)},
			{.flags = "FA", .dir = 1, .seq = 1, .ack = 2, .events = EVENT(AFTER_RST)}},
		.conn_state = "SF", .history = "ShAFRf"},
	{"fin 15: an acknowledgement beyond it",
		.ops = {HELLO, {.flags = "FA", .seq = 1, .ack = 1},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 2, STATE(FIN_WAIT_2)},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 3, WRONG(ACK_IMPOSSIBLE)}}},
};

static void by_fins(void **state)
{
	(void)state;
	ROWS_RUN(fins);
}

/* RSTs of the client when 1000 bytes are acknowledged and the window is 1000, per receiver. */
static const struct {
	enum pkts_tcp_policy system;
	bool accepted[5]; /* at next - 1, next, next + 1, next + win - 1, next + win */
} resets[] = {
	{PKTS_TCP_FIRST, {0, 1, 0, 0, 0}},
	{PKTS_TCP_LAST, {0, 1, 0, 0, 0}},
	{PKTS_TCP_BSD, {0, 1, 0, 0, 0}},
	{PKTS_TCP_WINDOWS, {0, 1, 0, 0, 0}},
	{PKTS_TCP_WIN2K3, {0, 1, 0, 0, 0}},
	{PKTS_TCP_VISTA, {0, 1, 0, 0, 0}},
	{PKTS_TCP_MACOS, {0, 1, 0, 0, 0}},
	{PKTS_TCP_IRIX, {0, 1, 0, 0, 0}},
	{PKTS_TCP_HPUX10, {0, 1, 0, 0, 0}},
	{PKTS_TCP_HPUX11, {0, 1, 1, 1, 1}},
	{PKTS_TCP_LINUX, {0, 1, 1, 1, 0}},
	{PKTS_TCP_OLD_LINUX, {0, 1, 1, 1, 0}},
	{PKTS_TCP_SOLARIS, {0, 1, 1, 1, 0}},
};

static void resets_by_system(void **state)
{
	static const uint32_t at[] = {1000, 1001, 1002, 2000, 2001};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(resets) * 5; i++) {
		const bool accepted = resets[i / 5].accepted[i % 5];
		struct row row = {.ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 1000},
					  {.flags = "A", .dir = 1, .seq = 1, .ack = 1001},
					  {.flags = "R", .seq = at[i % 5]}}};
		char name[64];

		snprintf(name, sizeof(name), "rst table %u: %s, at %u", i + 1,
			pkts_tcp_policy_name(resets[i / 5].system), at[i % 5]);
		row.name = name;
		row.conf.receiver[0] = (uint8_t)resets[i / 5].system;
		row.ops[5].state = accepted ? PKTS_TCP_STATE_RESET : PKTS_TCP_STATE_ESTABLISHED;
		row.ops[5].validity = accepted ? PKTS_VALID : PKTS_SUSPECT;
		row.ops[5].events = accepted ? 0 : EVENT(RST_REFUSED);
		rows_run(&row, 1);
	}
}

static const struct row rsts[] = {
	{"rst 1: of the responder",
		.ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 10},
			{.flags = "R", .dir = 1, .seq = 1, STATE(RESET)}},
		.conn_state = "RSTR", .history = "ShADr"},
	{"rst 2: of the originator, with data",
		.ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 10},
			{.flags = "R", .seq = 11, .len = 40, STATE(RESET)}},
		.conn_state = "RSTO"},
	{"rst 3: signed, in a connection that is not (CVE-2021-45098)",
		.ops = {HELLO,
			{.flags = "R",
				.seq = 1,
				.options = PKTS_TCP_HAS_SIGNATURE,
				WRONG(SIGNATURE),
				STATE(ESTABLISHED)},
			{.flags = "R", .seq = 1, STATE(RESET)}}},
	{"rst 4: beyond the window, guessed",
		.ops = {HELLO, {.flags = "R", .seq = 90000, WRONG(RST_REFUSED)},
			{.flags = "R", .seq = 0x80000000, WRONG(RST_REFUSED)},
			{.flags = "R",
				.dir = 1,
				.seq = 90000,
				WRONG(RST_REFUSED),
				STATE(ESTABLISHED)}}},
	{"rst 5: beyond the window where all is seen", .conf = {.sees_all = true},
		.ops = {HELLO, {.flags = "R", .seq = 1000, SUSPICIOUS(RST_REFUSED)},
			{.flags = "R", .seq = 1001, WRONG(RST_REFUSED), STATE(ESTABLISHED)}}},
	{"rst 6: bytes under way are not acknowledged",
		.ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 400},
			{.flags = "R", .seq = 201, SUSPICIOUS(RST_REFUSED), STATE(ESTABLISHED)},
			{.flags = "R", .seq = 401, STATE(RESET)}}},
	{"rst 7: the answer to the answer to it (RFC 5961)",
		.ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 400},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 401},
			{C, .seq = 401, .ack = 1, .len = 400},
			{.flags = "R", .seq = 601, SUSPICIOUS(RST_REFUSED)},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 401},
			{.flags = "R", .seq = 401, STATE(RESET)}}},
	{"rst 8: the other end does not know yet",
		.ops = {HELLO, {.flags = "R", .seq = 1, STATE(RESET)},
			{D, .seq = 1, .ack = 1, .len = 100, .events = EVENT(AFTER_RST),
				STATE(RESET)},
			{.flags = "R", .seq = 1},
			{D, .seq = 101, .ack = 1, .len = 100, .events = EVENT(AFTER_RST)}}},
	{"rst 9: of an end that answers an old segment",
		.ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 400},
			{D, .seq = 1, .ack = 401, .len = 5}, {.flags = "FA", .seq = 401, .ack = 6},
			{.flags = "FA", .dir = 1, .seq = 6, .ack = 402},
			{.flags = "A", .seq = 402, .ack = 7, STATE(TIME_WAIT)},
			{.flags = "R",
				.dir = 1,
				.seq = 1,
				SUSPICIOUS(RST_REFUSED),
				STATE(TIME_WAIT)}},
		.conn_state = "SF"},
	{"rst 10: with FIN", .ops = {HELLO, {.flags = "FRA", .seq = 1, .ack = 1, STATE(RESET)}},
		.history = "ShAI"},
	{"rst 11: of a SYN in the midst of it, never answered",
		.ops = {HELLO, {.flags = "S", .seq = 900000, SUSPICIOUS(SYN_IN_CONNECTION)},
			{.flags = "R", .seq = 900002, WRONG(RST_REFUSED)},
			{.flags = "R", .dir = 1, .seq = 900000, WRONG(RST_REFUSED)},
			{.flags = "RA", .seq = 900000, SUSPICIOUS(RST_REFUSED)},
			{.flags = "RA", .seq = 900001, SUSPICIOUS(RST_REFUSED), STATE(ESTABLISHED)},
			{.flags = "RA", .dir = 1, .seq = 900000, .ack = 900002, WRONG(RST_REFUSED)},
			{.flags = "RA",
				.dir = 1,
				.seq = 900000,
				.ack = 900001,
				SUSPICIOUS(RST_REFUSED)}}},
	{"rst 12: by the number of its SYN, which was not seen",
		.ops = {{.flags = "SA",
				.dir = 1,
				.seq = 0,
				.ack = 2700000000,
				.events = EVENT(MIDSTREAM),
				.validity = PKTS_SUSPECT},
			{.flags = "RA", .seq = 2699999999, SUSPICIOUS(RST_REFUSED)}}},
	{"rst 13: of an MPTCP subflow, behind bytes that were lost", .conf = {.sees_all = true},
		.ops = {{.flags = "S", .options = PKTS_TCP_HAS_MPTCP},
			{.flags = "SA", .dir = 1, .ack = 1, .options = PKTS_TCP_HAS_MPTCP},
			{.flags = "A", .seq = 1, .ack = 1, .options = PKTS_TCP_HAS_MPTCP},
			{.flags = "RA", .seq = 200000, .ack = 1, SUSPICIOUS(RST_REFUSED)},
			{.flags = "RA", .seq = 0x48000000, .ack = 1, WRONG(RST_REFUSED)}}},
	{"rst 14: from before all windows",
		.ops = {HELLO, {.flags = "R", .seq = 0xc8000000, SUSPICIOUS(RST_REFUSED)},
			{.flags = "R", .seq = 0xb8000000, WRONG(RST_REFUSED)}}},
	{"rst 15: of no acknowledgement, behind a SYN with the number before that",
		.ops = {HELLO, {.flags = "S", .seq = UINT32_MAX, SUSPICIOUS(SYN_IN_CONNECTION)},
			{.flags = "R", .dir = 1, .seq = 900000, WRONG(RST_REFUSED)}}},
};

static void by_resets(void **state)
{
	(void)state;
	ROWS_RUN(rsts);
}

#define BYE                                                                                        \
	HELLO, {.flags = "FA", .seq = 1, .ack = 1}, {.flags = "FA", .dir = 1, .seq = 1, .ack = 2}, \
	{                                                                                          \
		.flags = "A", .seq = 2, .ack = 2, STATE(TIME_WAIT)                                 \
	}

static const struct row reuses[] = {
	{"reuse 1: of who is in TIME_WAIT itself",
		.ops = {BYE, {.flags = "S", .seq = 70000, ANEW, STATE(SYN_SENT)},
			{.flags = "SA", .dir = 1, .seq = 900, .ack = 70001},
			{.flags = "A", .seq = 70001, .ack = 901, STATE(ESTABLISHED)}},
		.conn_state = "S1", .history = "ShA"},
	{"reuse 2: towards it, with a higher number",
		.ops = {BYE, {.flags = "S", .dir = 1, .seq = 3, ANEW, STATE(SYN_SENT)}},
		.history = "^S"},
	{"reuse 3: towards it, with a lower number",
		.ops = {BYE,
			{.flags = "S",
				.dir = 1,
				.seq = 0x80000010,
				SUSPICIOUS(SYN_IN_CONNECTION),
				STATE(TIME_WAIT)},
			{.flags = "A", .seq = 2, .ack = 2, STATE(TIME_WAIT)}}},
	{"reuse 4: a lower number, and a later timestamp",
		.ops = {HELLO_TS(100, 200), {.flags = "FA", .seq = 1, .ack = 1, .ts = 101},
			{.flags = "FA", .dir = 1, .seq = 1, .ack = 2, .ts = 201},
			{.flags = "A", .seq = 2, .ack = 2, .ts = 102, STATE(TIME_WAIT)},
			{.flags = "S",
				.dir = 1,
				.seq = 0x80000010,
				.ts = 201,
				SUSPICIOUS(SYN_IN_CONNECTION)},
			{.flags = "S",
				.dir = 1,
				.seq = 0x80000010,
				.ts = 202,
				ANEW,
				STATE(SYN_SENT)}}},
	{"reuse 5: the old SYN again", .ops = {BYE, {.flags = "S", STATE(TIME_WAIT)}}},
	{"reuse 6: after a RST", .ops = {HELLO, {.flags = "R", .seq = 1, STATE(RESET)},
					 {.flags = "S", .seq = 0x90000000, ANEW, STATE(SYN_SENT)}}},
	{"reuse 9: with a lower number, of who is in TIME_WAIT itself",
		.ops = {BYE, {.flags = "S", .seq = 0x90000000, ANEW, STATE(SYN_SENT)}}},
	{"reuse 7: two forged segments end no connection",
		.ops = {HELLO,
			{.flags = "S",
				.seq = 70000,
				SUSPICIOUS(SYN_IN_CONNECTION),
				STATE(ESTABLISHED)},
			{.flags = "SA",
				.dir = 1,
				.seq = 900,
				.ack = 70001,
				SUSPICIOUS(SYN_IN_CONNECTION),
				STATE(ESTABLISHED)},
			{.flags = "PA", .seq = 1, .ack = 1, .len = 5, STATE(ESTABLISHED)}}},
	{"reuse 8: while the handshake is not done",
		.ops = {{.flags = "S"}, {.flags = "SA", .dir = 1, .ack = 1},
			{.flags = "S",
				.seq = 500,
				SUSPICIOUS(SYN_IN_CONNECTION),
				STATE(SYN_RECEIVED)},
			{.flags = "SA",
				.dir = 1,
				.seq = 900,
				.ack = 501,
				.validity = PKTS_SUSPECT,
				.events = EVENT(REUSED) | EVENT(MIDSTREAM)},
			{.flags = "A", .seq = 501, .ack = 901, STATE(ESTABLISHED)}}},
};

static void ports_again(void **state)
{
	struct pkts_tcp_session s, old;

	(void)state;
	ROWS_RUN(reuses);
	/* Who asks before is told, and nothing changes. */
	row_run(&reuses[4], 5, 6, &s);
	old = s;
	const struct op higher = {.flags = "S", .seq = 70000}, same = {.flags = "S"};
	struct pkts_tcp_session_segment seg = row_segment(&higher, 5, 6);
	assert_true(pkts_tcp_session_restarts(&s, NULL, 0, &seg));
	seg = row_segment(&same, 5, 6);
	assert_false(pkts_tcp_session_restarts(&s, NULL, 0, &seg));
	assert_memory_equal(&s, &old, sizeof(s));
}

static void states(void **state)
{
	static const struct {
		const char *name;
		enum pkts_tcp_timeout timeout;
		bool over;
	} rows[PKTS_TCP_STATE_MAX] = {{"none", PKTS_TCP_TIMEOUT_EMBRYONIC, false},
		{"syn_sent", PKTS_TCP_TIMEOUT_EMBRYONIC, false},
		{"syn_recv", PKTS_TCP_TIMEOUT_EMBRYONIC, false},
		{"established", PKTS_TCP_TIMEOUT_ESTABLISHED, false},
		{"fin_wait1", PKTS_TCP_TIMEOUT_CLOSING, false},
		{"fin_wait2", PKTS_TCP_TIMEOUT_CLOSING, false},
		{"closing", PKTS_TCP_TIMEOUT_CLOSING, false},
		{"last_ack", PKTS_TCP_TIMEOUT_CLOSING, false},
		{"time_wait", PKTS_TCP_TIMEOUT_CLOSED, true},
		{"closed", PKTS_TCP_TIMEOUT_CLOSED, true}};
	const struct pkts_tcp_session_conf conf = {.timeout_s = {[PKTS_TCP_TIMEOUT_CLOSING] = 7}};
	struct pkts_tcp_session s = {0};

	(void)state;
	for (unsigned i = 0; i < PKTS_TCP_STATE_MAX; i++) {
		pkts_tcp_session_set_state(&s, (enum pkts_tcp_state)i);
		ROW_TEXT(rows[i].name, pkts_tcp_state_name(s.state), rows[i].name);
		ROW_INT(rows[i].name, pkts_tcp_session_timeout_class(&s), rows[i].timeout);
		ROW_INT(rows[i].name, pkts_tcp_session_is_over(&s), rows[i].over);
	}
	pkts_tcp_session_set_state(&s, PKTS_TCP_STATE_ESTABLISHED);
	pkts_tcp_session_close(&s);
	assert_int_equal(s.state, PKTS_TCP_STATE_RESET);
	assert_int_equal(pkts_tcp_session_timeout_ns(NULL, PKTS_TCP_TIMEOUT_CLOSING), 60000000000);
	assert_int_equal(pkts_tcp_session_timeout_ns(&conf, PKTS_TCP_TIMEOUT_CLOSING), 7000000000);
	assert_int_equal(
		pkts_tcp_session_timeout_ns(&conf, PKTS_TCP_TIMEOUT_EMBRYONIC), 60000000000);
}

/* Whoever knows the ports may turn originator and responder before the first segment. */
static void originator(void **state)
{
	const struct op reset = {.flags = "R", .seq = 5};
	const struct pkts_tcp_session_segment seg = row_segment(&reset, 5, 6);
	struct pkts_tcp_session s = {0};
	char text[PKTS_TCP_HISTORY_MAX];

	(void)state;
	pkts_tcp_session_set_originator(&s, 1);
	pkts_tcp_session_validate(&s, NULL, 0, &seg, 1);
	assert_int_equal(pkts_tcp_session_originator(&s), 1);
	assert_string_equal(pkts_tcp_conn_state(&s), "RSTRH");
	assert_int_equal(pkts_tcp_history(&s, text), 2);
	assert_string_equal(text, "^r");
}

/* Options as they stand in headers; those with a wrong length are none. */
static void options(void **state)
{
	static const struct {
		const char *name;
		uint8_t bytes[24], n, has, scale;
		uint16_t mss;
		uint32_t value, echo;
	} rows[] = {
		{"none", {0}, 0, 0, 0, 0, 0, 0},
		{"NOP NOP TS", {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}, 12, PKTS_TCP_HAS_TIMESTAMPS,
			0, 0, 0x01020304, 0x05060708},
		{"SYN", {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7}, 20,
			PKTS_TCP_HAS_MSS | PKTS_TCP_HAS_SACK_PERMITTED | PKTS_TCP_HAS_TIMESTAMPS |
				PKTS_TCP_HAS_SCALE,
			7, 1460, 9, 0},
		{"TFO and MD5", {34, 2, 19, 18, 0}, 20,
			PKTS_TCP_HAS_FAST_OPEN | PKTS_TCP_HAS_SIGNATURE, 0, 0, 0, 0},
		{"AO", {29, 4, 1, 1}, 4, PKTS_TCP_HAS_SIGNATURE, 0, 0, 0, 0},
		{"MPTCP", {30, 4, 1, 1, 5, 10, 0, 0, 0, 0, 0, 0, 0, 1}, 16, PKTS_TCP_HAS_MPTCP, 0,
			0, 0, 0},
		{"wrong lengths", {3, 4, 7, 7, 8, 4, 1, 1, 2, 3, 1, 1}, 12, 0, 0, 0, 0, 0},
		{"a length of 0 ends it", {3, 3, 7, 8, 0, 4, 2, 1}, 8, PKTS_TCP_HAS_SCALE, 7, 0, 0,
			0},
		{"beyond the header", {1, 1, 1, 8}, 4, 0, 0, 0, 0, 0},
		{"behind the end", {0, 4, 2, 1}, 4, 0, 0, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		uint8_t *const header = malloc(20u + rows[i].n);
		const struct pkts_tcp tcp = {.p = header, .head = 20u + rows[i].n};
		assert_non_null(header);
		memset(header, 0, 20);
		memcpy(header + 20, rows[i].bytes, rows[i].n);
		header[12] = (uint8_t)((20 + rows[i].n) / 4 << 4);
		const struct pkts_tcp_session_segment seg = pkts_tcp_session_segment(tcp, 5);
		ROW_INT(rows[i].name, seg.options, rows[i].has);
		ROW_INT(rows[i].name, seg.scale, rows[i].scale);
		ROW_INT(rows[i].name, seg.mss, rows[i].mss);
		ROW_INT(rows[i].name, seg.ts_value, rows[i].value);
		ROW_INT(rows[i].name, seg.ts_echo, rows[i].echo);
		ROW_INT(rows[i].name, seg.len, 5);
		free(header);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_fins),
		cmocka_unit_test(resets_by_system),
		cmocka_unit_test(by_resets),
		cmocka_unit_test(ports_again),
		cmocka_unit_test(states),
		cmocka_unit_test(originator),
		cmocka_unit_test(options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
