/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Established connections: numbers, windows, timestamps, acknowledgements, and what must not enter. */
#include "tcp_rows.h"

#define C   .flags = "PA"
#define D   .flags = "PA", .dir = 1
#define SIG PKTS_TCP_HAS_SIGNATURE
#define CUT .options = PKTS_TCP_OPTIONS_CUT

/* What the capture has cut off is neither missing nor agreed upon. */
static const struct row cut[] = {
	{"cut 1: whether windows are scaled",
		.ops = {{.flags = "S", CUT}, {.flags = "SA", .dir = 1, .ack = 1, CUT},
			{.flags = "A", .seq = 1, .ack = 1, CUT},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 1, CUT},
			{C, .seq = 1, .ack = 1, .len = 60000, CUT},
			{D, .seq = 1, .ack = 60001, .len = 60000, CUT}}},
	{"cut 2: of one, and the other offers no scaling",
		.ops = {{.flags = "S"}, {.flags = "SA", .dir = 1, .ack = 1, CUT},
			{.flags = "A", .seq = 1, .ack = 1},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 1},
			{C, .seq = 1, .ack = 1, .len = 60000, SUSPICIOUS(OUT_OF_WINDOW)}}},
	{"cut 3: only the SYN/ACK was seen", .ops = {{.flags = "SA",
							     .dir = 1,
							     .ack = 1,
							     .options = PKTS_TCP_OPTIONS_CUT,
							     SUSPICIOUS(MIDSTREAM)},
						     {.flags = "A", .seq = 1, .ack = 1, CUT},
						     {D, .seq = 1, .ack = 1, .len = 60000, CUT}}},
	{"cut 4: timestamps",
		.ops = {HELLO_TS(1000, 50), {C, .seq = 1, .ack = 1, .len = 5, CUT},
			{C, .seq = 6, .ack = 1, .len = 5, .ts = 999, WRONG(TIMESTAMP_OLD)},
			{C, .seq = 6, .ack = 1, .len = 5, SUSPICIOUS(TIMESTAMP_MISSING)}}},
	{"cut 5: a signature", .ops = {{.flags = "S", .options = SIG},
				       {.flags = "SA", .dir = 1, .ack = 1, .options = SIG},
				       {.flags = "A", .seq = 1, .ack = 1, .options = SIG},
				       {C, .seq = 1, .ack = 1, .len = 5, CUT},
				       {C, .seq = 6, .ack = 1, .len = 5, WRONG(SIGNATURE)}}},
	{"cut 5: whether there are signatures",
		.ops = {{.flags = "S", CUT}, {.flags = "SA", .dir = 1, .ack = 1, .options = SIG},
			{.flags = "A", .seq = 1, .ack = 1, .options = SIG},
			{C, .seq = 1, .ack = 1, .len = 5, .options = SIG},
			{C, .seq = 6, .ack = 1, .len = 5},
			{D, .seq = 1, .ack = 11, .len = 5, WRONG(SIGNATURE)}}},
	{"cut 5: nor of the first that was seen",
		.ops = {{C, .seq = 1, .ack = 1, .len = 5, .options = PKTS_TCP_OPTIONS_CUT,
				SUSPICIOUS(MIDSTREAM)},
			{C, .seq = 6, .ack = 1, .len = 5, .options = SIG}}},
	{"cut 6: what data on a SYN stand on", .ops = {{.flags = "S", .len = 5, CUT}}},
};

static void test_cut_options(void **state)
{
	(void)state;
	ROWS_RUN(cut);
}

static const struct row paws[] = {
	{"paws 1: an old timestamp on new data",
		.ops = {HELLO_TS(1000000, 50), {C, .seq = 1, .ack = 1, .len = 10, .ts = 1000010},
			{C, .seq = 11, .ack = 1, .len = 10, .ts = 999900, WRONG(TIMESTAMP_OLD)},
			{C, .seq = 11, .ack = 1, .len = 10, .ts = 10, WRONG(TIMESTAMP_OLD)},
			{C, .seq = 11, .ack = 1, .len = 10, .ts = 1000010}}},
	{"paws 2: on an old duplicate it does no harm",
		.ops = {HELLO_TS(1000000, 50), {C, .seq = 1, .ack = 1, .len = 10, .ts = 1000010},
			{D, .seq = 1, .ack = 11, .len = 1, .ts = 51},
			{C, .seq = 1, .ack = 1, .len = 10, .ts = 1000009,
				.events = EVENT(TIMESTAMP_OLD)},
			{.flags = "A", .seq = 11, .ack = 1, .ts = 1000005}}},
	{"paws 3: 24 days of idleness",
		.ops = {HELLO_TS(1000000, 50),
			{C, .seq = 1, .ack = 1, .len = 10, .ts = 999, .wait = 23 * DAY,
				WRONG(TIMESTAMP_OLD)},
			{C, .seq = 1, .ack = 1, .len = 10, .ts = 999, .wait = 2 * DAY},
			{C, .seq = 11, .ack = 1, .len = 10, .ts = 998, WRONG(TIMESTAMP_OLD)}}},
	{"paws 4: the timestamp wraps",
		.ops = {HELLO_TS(0xffffffff, 50), {C, .seq = 1, .ack = 1, .len = 10, .ts = TS_ZERO},
			{C, .seq = 11, .ack = 1, .len = 10, .ts = 1},
			{C, .seq = 21, .ack = 1, .len = 10, .ts = 0xfffffffd, WRONG(TIMESTAMP_OLD)},
			{C, .seq = 21, .ack = 1, .len = 10, .ts = 0xffffffff,
				SUSPICIOUS(TIMESTAMP_OLD)}}},
	{"paws 5: 0 is a timestamp, bsd", .conf = {.receiver = {PKTS_TCP_BSD, PKTS_TCP_BSD}},
		.ops = {{.flags = "S", .ts = TS_ZERO}, {.flags = "SA", .dir = 1, .ack = 1, .ts = 5},
			{.flags = "A", .seq = 1, .ack = 1, .ts = TS_ZERO},
			{C, .seq = 1, .ack = 1, .len = 10, .ts = 0x90000000, WRONG(TIMESTAMP_OLD)},
			{C, .seq = 1, .ack = 1, .len = 10, .ts = 0x70000000}}},
	{"paws 6: 0 is none, linux", .conf = {.receiver = {PKTS_TCP_LINUX, PKTS_TCP_LINUX}},
		.ops = {{.flags = "S", .ts = TS_ZERO}, {.flags = "SA", .dir = 1, .ack = 1, .ts = 5},
			{.flags = "A", .seq = 1, .ack = 1, .ts = TS_ZERO},
			{C, .seq = 1, .ack = 1, .len = 10, .ts = 0x90000000},
			{C, .seq = 11, .ack = 1, .len = 10, .ts = 0x8fffffff,
				WRONG(TIMESTAMP_OLD)}}},
	{"paws 7: 0 is none, windows", .conf = {.receiver = {PKTS_TCP_WINDOWS, 0}},
		.ops = {{.flags = "S", .ts = TS_ZERO}, {.flags = "SA", .dir = 1, .ack = 1, .ts = 5},
			{C, .seq = 1, .ack = 1, .len = 10, .ts = 0x90000000}}},
	{"paws 8: missing after they were agreed upon",
		.ops = {HELLO_TS(1000, 50),
			{C, .seq = 1, .ack = 1, .len = 10, SUSPICIOUS(TIMESTAMP_MISSING)},
			{C, .seq = 11, .ack = 1, .len = 10, .ts = 1001},
			{.flags = "R", .seq = 21, STATE(RESET)}}},
	{"paws 9: one way",
		.ops = {{.flags = "S", .ts = 1000},
			{.flags = "A", .seq = 1, .ack = 1, .ts = 1001, SUSPICIOUS(ONE_WAY)},
			{C, .seq = 1, .ack = 1, .len = 10, .ts = 1002},
			{C, .seq = 11, .ack = 1, .len = 10, .ts = 900, WRONG(TIMESTAMP_OLD)}}},
	{"paws 10: overtaken by a retransmission of what was before",
		.ops = {HELLO_TS(1000, 50), {C, .seq = 1, .ack = 1, .len = 10, .ts = 1010},
			{C, .seq = 1, .ack = 1, .len = 10, .ts = 1400},
			{C, .seq = 11, .ack = 1, .len = 10, .ts = 1011},
			{D, .seq = 1, .ack = 21, .len = 1, .ts = 60},
			{C, .seq = 21, .ack = 1, .len = 10, .ts = 300, WRONG(TIMESTAMP_OLD)}}},
	{"paws 13: an old ACK of the same number does not turn the clock back",
		.ops = {HELLO_TS(1000, 50), {C, .seq = 1, .ack = 1, .len = 10, .ts = 1010},
			{.flags = "A", .seq = 11, .ack = 1, .ts = 1005},
			{C, .seq = 11, .ack = 1, .len = 10, .ts = 1007,
				SUSPICIOUS(TIMESTAMP_OLD)}}},
	{"paws 15: overtaken by a retransmission of what was lost",
		.ops = {HELLO_TS(1000, 50), {C, .seq = 1, .ack = 1, .len = 10, .ts = 1010},
			{C, .seq = 11, .ack = 1, .len = 10, .ts = 1400},
			{D, .seq = 1, .ack = 21, .len = 1, .ts = 60},
			{C, .seq = 21, .ack = 1, .len = 10, .ts = 1011, SUSPICIOUS(TIMESTAMP_OLD)},
			{C, .seq = 31, .ack = 1, .len = 10, .ts = 1012, SUSPICIOUS(TIMESTAMP_OLD)},
			{C, .seq = 41, .ack = 1, .len = 10, .ts = 300, WRONG(TIMESTAMP_OLD)},
			{C, .seq = 21, .ack = 1, .len = 10, .ts = 1410,
				.events = EVENT(RETRANSMISSION)}}},
	{"paws 16: never by more than the clock has stepped",
		.ops = {HELLO_TS(1000, 50), {C, .seq = 1, .ack = 1, .len = 10, .ts = 1001},
			{C, .seq = 11, .ack = 1, .len = 10, .ts = 1003},
			{C, .seq = 21, .ack = 1, .len = 10, .ts = 1006},
			{C, .seq = 31, .ack = 1, .len = 10, .ts = 1002, WRONG(TIMESTAMP_OLD)},
			{C, .seq = 31, .ack = 1, .len = 10, .ts = 1003,
				SUSPICIOUS(TIMESTAMP_OLD)}}},
	{"paws 17: a first timestamp behind a 0 that is none is no step of the clock",
		.conf = {.receiver = {PKTS_TCP_LINUX, PKTS_TCP_LINUX}},
		.ops = {{.flags = "S", .ts = TS_ZERO}, {.flags = "SA", .dir = 1, .ack = 1, .ts = 5},
			{.flags = "A", .seq = 1, .ack = 1, .ts = 0x60000000},
			{C, .seq = 1, .ack = 1, .len = 10, .ts = 0x60000010},
			{C, .seq = 11, .ack = 1, .len = 10, .ts = 0x50000000,
				WRONG(TIMESTAMP_OLD)}}},
	{"paws 14: while there is a hole, old news may only have been delayed",
		.ops = {HELLO_TS(1000, 50), {C, .seq = 11, .ack = 1, .len = 10, .ts = 1011},
			{C, .seq = 1, .ack = 1, .len = 30, .ts = 1012},
			{C, .seq = 31, .ack = 1, .len = 10, .ts = 1011, SUSPICIOUS(TIMESTAMP_OLD)},
			{C, .seq = 41, .ack = 1, .len = 10, .ts = 0x90000000,
				WRONG(TIMESTAMP_OLD)}}},
	{"paws 11: a hole is filled by what was sent before",
		.ops = {HELLO_TS(1000, 50), {C, .seq = 11, .ack = 1, .len = 10, .ts = 1011},
			{C, .seq = 21, .ack = 1, .len = 10, .ts = 1012},
			{C, .seq = 1, .ack = 1, .len = 10, .ts = 1010}}},
	{"paws 12: not agreed upon, so not looked at",
		.ops = {{.flags = "S", .ts = 9000}, {.flags = "SA", .dir = 1, .ack = 1},
			{.flags = "A", .seq = 1, .ack = 1}, {C, .seq = 1, .ack = 1, .len = 10},
			{C, .seq = 11, .ack = 1, .len = 10, .ts = 5}}},
};

static void timestamps(void **state)
{
	(void)state;
	ROWS_RUN(paws);
}

static const struct row windows[] = {
	{"window 1: up to its edge, and beyond",
		.ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 1000},
			{C, .seq = 1001, .ack = 1, .len = 2, SUSPICIOUS(OUT_OF_WINDOW)},
			{C, .seq = 70000, .ack = 1, .len = 5, WRONG(OUT_OF_WINDOW)},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 1001},
			{C, .seq = 1001, .ack = 1, .len = 1000}}},
	{"window 2: the same where all is seen", .conf = {.sees_all = true},
		.ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 1000},
			{C, .seq = 1001, .ack = 1, .len = 2, WRONG(OUT_OF_WINDOW)},
			{C, .seq = 1001, .ack = 1, .len = 1, .events = EVENT(ZERO_WINDOW_PROBE)}}},
	{"window 3: scaled", .conf = {.sees_all = true},
		.ops = {{.flags = "S", .scale = 1 + 2},
			{.flags = "SA", .dir = 1, .ack = 1, .scale = 1 + 3},
			{.flags = "A", .seq = 1, .ack = 1}, {C, .seq = 1, .ack = 1, .len = 1000},
			{C, .seq = 1001, .ack = 1, .len = 2, WRONG(OUT_OF_WINDOW)},
			{D, .seq = 1, .ack = 1001, .len = 4000},
			{D, .seq = 4001, .ack = 1001, .len = 2, WRONG(OUT_OF_WINDOW)},
			{C, .seq = 1001, .ack = 4001, .len = 8000},
			{C, .seq = 9001, .ack = 4001, .len = 2, WRONG(OUT_OF_WINDOW)}}},
	{"window 4: scaled only if both offer it", .conf = {.sees_all = true},
		.ops = {{.flags = "S", .scale = 1 + 7}, {.flags = "SA", .dir = 1, .ack = 1},
			{.flags = "A", .seq = 1, .ack = 1},
			{D, .seq = 1, .ack = 1, .len = 1001, WRONG(OUT_OF_WINDOW)}}},
	{"window 5: a scale above 14 is 14", .conf = {.sees_all = true},
		.ops = {{.flags = "S", .scale = 1 + 255},
			{.flags = "SA", .dir = 1, .ack = 1, .scale = 1},
			{.flags = "A", .seq = 1, .ack = 1, .window = 1},
			{D, .seq = 1, .ack = 1, .len = 16384},
			{D, .seq = 16385, .ack = 1, .len = 2, WRONG(OUT_OF_WINDOW)}}},
	{"window 6: shrunk, but the sender cannot know", .conf = {.sees_all = true},
		.ops = {HELLO, {.flags = "A", .dir = 1, .seq = 1, .ack = 1, .window = 10},
			{C, .seq = 1, .ack = 1, .len = 1000}}},
	{"window 7: updates alone",
		.ops = {HELLO, {.flags = "A", .dir = 1, .seq = 1, .ack = 1, .window = 2000},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 1, .window = 3000},
			{C, .seq = 1, .ack = 1, .len = 3000}}},
	{"window 8: an update of an old segment opens nothing anew", .conf = {.sees_all = true},
		.ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 900},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 901, .window = 100},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 1, .window = 1000},
			{C, .seq = 901, .ack = 1, .len = 102, WRONG(OUT_OF_WINDOW)}}},
	{"window 9: closed, a probe of a byte, another byte afterwards", .conf = {.sees_all = true},
		.ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 1000},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 1001, .window = NO_WINDOW},
			{C, .seq = 1001, .ack = 1, .len = 1, .events = EVENT(ZERO_WINDOW_PROBE)},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 1001, .window = NO_WINDOW},
			{C, .seq = 1001, .ack = 1, .len = 1, .events = EVENT(ZERO_WINDOW_PROBE)},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 1001},
			{C, .seq = 1001, .ack = 1, .len = 50}}},
	{"window 10: closed, probed with a number from before",
		.ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 1000},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 1001, .window = NO_WINDOW},
			{.flags = "A", .seq = 1000, .ack = 1, .events = EVENT(ZERO_WINDOW_PROBE)}},
		.history = "ShADaw"},
	{"window 11: closed by a segment that has nothing else to it",
		.ops = {HELLO, {.flags = "A", .dir = 1, .seq = 1, .ack = 1},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 1, .window = NO_WINDOW},
			{.flags = "A", .seq = 0, .ack = 1, .events = EVENT(ZERO_WINDOW_PROBE)}}},
	{"window 12: of an MPTCP subflow, which is not its own", .conf = {.sees_all = true},
		.ops = {{.flags = "S", .options = PKTS_TCP_HAS_MPTCP},
			{.flags = "SA", .dir = 1, .ack = 1, .options = PKTS_TCP_HAS_MPTCP},
			{.flags = "A", .seq = 1, .ack = 1, .options = PKTS_TCP_HAS_MPTCP},
			{C, .seq = 1, .ack = 1, .len = 60000, .options = PKTS_TCP_HAS_MPTCP},
			{C, .seq = 60001, .ack = 1, .len = 60000, .options = PKTS_TCP_HAS_MPTCP},
			{D, .seq = 1, .ack = 120001, .len = 60000, .options = PKTS_TCP_HAS_MPTCP}}},
	{"keep-alive 1: none and one byte",
		.ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 10},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 11},
			{.flags = "A", .seq = 10, .ack = 1, .events = EVENT(KEEP_ALIVE)},
			{.flags = "A", .seq = 10, .ack = 1, .len = 1, .events = EVENT(KEEP_ALIVE)},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 11}}},
	{"order 1: repeated, ahead, filled, overlapping",
		.ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 10},
			{C, .seq = 1, .ack = 1, .len = 10}, {C, .seq = 31, .ack = 1, .len = 10},
			{C, .seq = 11, .ack = 1, .len = 20}, {C, .seq = 36, .ack = 1, .len = 10},
			{D, .seq = 1, .ack = 46, .len = 3}}},
	{"order 2: of long ago",
		.ops = {{.flags = "S"}, {.flags = "SA", .dir = 1, .ack = 1, .window = 65535},
			{.flags = "A", .seq = 1, .ack = 1}, {C, .seq = 1, .ack = 1, .len = 65000},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 65001, .window = 65535},
			{C, .seq = 65001, .ack = 1, .len = 65000},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 130001, .window = 65535},
			{C, .seq = 130001, .ack = 1, .len = 65000},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 195001, .window = 65535},
			{C, .seq = 1, .ack = 1, .len = 10, SUSPICIOUS(OLD)},
			{C, .seq = 194001, .ack = 1, .len = 10},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 1, SUSPICIOUS(ACK_OLD)},
			{C, .seq = 0x90000000, .ack = 1, .len = 10, WRONG(OUT_OF_WINDOW)},
			{C, .seq = 0x70000000, .ack = 1, .len = 10, WRONG(OUT_OF_WINDOW)}}},
};

static void windows_and_numbers(void **state)
{
	(void)state;
	ROWS_RUN(windows);
}

static const struct row acks[] = {
	{"ack 1: of bytes that were not seen, and the connection goes on from there",
		.ops = {HELLO,
			{.flags = "A", .dir = 1, .seq = 1, .ack = 501, SUSPICIOUS(ACK_UNSEEN)},
			{C, .seq = 501, .ack = 1, .len = 10}, {D, .seq = 1, .ack = 511, .len = 5}}},
	{"ack 6: of bytes that were not seen, once more",
		.ops = {HELLO,
			{.flags = "A", .dir = 1, .seq = 1, .ack = 501, SUSPICIOUS(ACK_UNSEEN)},
			{.flags = "A", .dir = 1, .seq = 1, .ack = 501}}},
	{"ack 2: the same where all is seen", .conf = {.sees_all = true},
		.ops = {HELLO, {.flags = "A", .dir = 1, .seq = 1, .ack = 501, WRONG(ACK_UNSEEN)}}},
	{"ack 3: a jump (6865)", .ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 1000},
					 {.flags = "A",
						 .dir = 1,
						 .seq = 1,
						 .ack = 0x7ffcfc00,
						 WRONG(ACK_IMPOSSIBLE)},
					 {.flags = "A",
						 .dir = 1,
						 .seq = 1,
						 .ack = 0xa0000000,
						 WRONG(ACK_IMPOSSIBLE)},
					 {.flags = "A", .dir = 1, .seq = 1, .ack = 1001}}},
	{"ack 4: repeated and old", .ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 500},
					    {.flags = "A", .dir = 1, .seq = 1, .ack = 501},
					    {.flags = "A", .dir = 1, .seq = 1, .ack = 501},
					    {.flags = "A", .dir = 1, .seq = 1, .ack = 101},
					    {C, .seq = 501, .ack = 1, .len = 10}}},
	{"ack 5: lost here, in both directions",
		.ops = {HELLO, {C, .seq = 401, .ack = 900, .len = 500, SUSPICIOUS(ACK_UNSEEN)},
			{D, .seq = 900, .ack = 901, .len = 100},
			{C, .seq = 901, .ack = 1000, .len = 500}}},
};

static void acknowledgements(void **state)
{
	(void)state;
	ROWS_RUN(acks);
}

/* Must not enter the stream: the decoy is refused, or told to be dropped, and the real one counts. */
static const struct row insertion[] = {
	{"insertion 1: no ACK flag",
		.ops = {HELLO, {.flags = "P", .seq = 1, .len = 5, WRONG(FLAGS)},
			{C, .seq = 1, .ack = 1, .len = 5}}},
	{"insertion 2: an ACK beyond what was sent", .conf = {.sees_all = true},
		.ops = {HELLO, {C, .seq = 1, .ack = 2, .len = 5, WRONG(ACK_UNSEEN)},
			{C, .seq = 1, .ack = 1, .len = 5}}},
	{"insertion 3: an ACK far beyond what was sent",
		.ops = {HELLO, {C, .seq = 1, .ack = 0x50000000, .len = 5, WRONG(ACK_IMPOSSIBLE)},
			{C, .seq = 1, .ack = 1, .len = 5}}},
	{"insertion 4: out of the window", .conf = {.sees_all = true},
		.ops = {HELLO, {C, .seq = 1001, .ack = 1, .len = 5, WRONG(OUT_OF_WINDOW)},
			{C, .seq = 1, .ack = 1, .len = 5}}},
	{"insertion 5: a stale timestamp",
		.ops = {HELLO_TS(1000, 50),
			{C, .seq = 1, .ack = 1, .len = 5, .ts = 999, WRONG(TIMESTAMP_OLD)},
			{C, .seq = 1, .ack = 1, .len = 5, .ts = 1001}}},
	{"insertion 6: signed without a key",
		.ops = {HELLO, {C, .seq = 1, .ack = 1, .len = 5, .options = SIG, WRONG(SIGNATURE)},
			{C, .seq = 1, .ack = 1, .len = 5}}},
	{"insertion 7: not signed although there is a key",
		.ops = {{.flags = "S", .options = SIG},
			{.flags = "SA", .dir = 1, .ack = 1, .options = SIG},
			{.flags = "A", .seq = 1, .ack = 1, .options = SIG},
			{C, .seq = 1, .ack = 1, .len = 5, WRONG(SIGNATURE)},
			{C, .seq = 1, .ack = 1, .len = 5, .options = SIG}}},
	{"insertion 8: a SYN inside the window", .ops = {HELLO,
							 {.flags = "S",
								 .seq = 5,
								 .len = 5,
								 SUSPICIOUS(SYN_IN_CONNECTION),
								 STATE(ESTABLISHED)},
							 {C, .seq = 1, .ack = 1, .len = 15}}},
	{"insertion 9: a SYN/ACK inside", .ops = {HELLO, {.flags = "SA",
								 .dir = 1,
								 .seq = 5,
								 .ack = 1,
								 SUSPICIOUS(SYN_IN_CONNECTION),
								 STATE(ESTABLISHED)}}},
	{"insertion 10: data with SYN and FIN",
		.ops = {HELLO, {.flags = "SFA", .seq = 1, .ack = 1, .len = 5, WRONG(FLAGS)},
			{C, .seq = 1, .ack = 1, .len = 5}}},
};

static void insertions(void **state)
{
	struct pkts_tcp_session s;

	(void)state;
	ROWS_RUN(insertion);
	for (size_t i = 0; i < PKTS_ARRAY_LEN(insertion); i++) {
		const struct row *const row = &insertion[i];
		row_run(row, 7, 8, &s);
		for (const struct op *op = row->ops; op->flags; op++)
			if (op->validity == PKTS_SUSPECT)
				ROW_TRUE(row->name, op->events & PKTS_TCP_SESSION_DROPPED);
	}
}

/* The short road is really taken: what it does not do is to write history. */
static void short_road(void **state)
{
	static const struct row row = {"short road",
		.ops = {HELLO_TS(1000, 50), {C, .seq = 1, .ack = 1, .len = 5, .ts = 1001}}};
	const struct op next = {C, .seq = 6, .ack = 1, .len = 5, .ts = 1002};
	const struct op ack = {.flags = "A", .seq = 6, .ack = 1, .ts = 1002};
	const struct op old = {C, .seq = 6, .ack = 1, .len = 5, .ts = 1000};
	struct pkts_tcp_session_segment seg = row_segment(&next, 7, 8);
	struct pkts_tcp_session s;

	(void)state;
	row_run(&row, 7, 8, &s);
	assert_true(pkts_tcp_session_is_plain(&s, 0, &seg));
	assert_false(pkts_tcp_session_is_plain(&s, 1, &seg));
	seg = row_segment(&ack, 7, 8);
	assert_true(pkts_tcp_session_is_plain(&s, 0, &seg));
	seg = row_segment(&old, 7, 8);
	assert_false(pkts_tcp_session_is_plain(&s, 0, &seg));
}

/* More than 4 GiB in both directions: every number comes round. */
static void numbers_come_round(void **state)
{
	static const struct row row = {"round",
		.ops = {{.flags = "S", .scale = 15},
			{.flags = "SA", .dir = 1, .ack = 1, .scale = 15},
			{.flags = "A", .seq = 1, .ack = 1}, {C, .seq = 1, .ack = 1, .len = 5},
			{D, .seq = 1, .ack = 6, .len = 5}, {.flags = "A", .seq = 6, .ack = 6}}};
	struct pkts_tcp_session s;

	(void)state;
	row_run(&row, 0xfffffff0, 0x7ffffff0, &s);
	for (unsigned i = 0; i < 150000; i++) {
		const unsigned dir = i & 1;
		const struct pkts_tcp_session_segment seg = {.seq = s.half[dir].next,
			.ack = s.half[!dir].next,
			.len = 61000,
			.flags = PKTS_TCP_ACK,
			.window = WINDOW};
		const struct pkts_judgement j = pkts_tcp_session_validate(&s, NULL, dir, &seg, i);
		assert_int_equal(j.validity, PKTS_VALID);
		assert_int_equal(j.events, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_options),
		cmocka_unit_test(timestamps),
		cmocka_unit_test(windows_and_numbers),
		cmocka_unit_test(acknowledgements),
		cmocka_unit_test(insertions),
		cmocka_unit_test(short_road),
		cmocka_unit_test(numbers_come_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
