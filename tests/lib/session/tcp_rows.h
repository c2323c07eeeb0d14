/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Connections as tables: a row is a conversation, an op one segment and what is to be thought of it.
 * Every row is run with initial sequence numbers around each wrap; after every op it is demanded
 * that a copy of the state judges the same, that the short road says what the long one does, and that
 * INVALID has left the state as it was.
 */
#ifndef TCP_ROWS_H
#define TCP_ROWS_H

#include "pkts_tcp_session.h"
#include "row.h"

#define ROW_OPS	  24
#define WINDOW	  1000 /* of a segment that names none */
#define NO_WINDOW 0x10000
#define DAY	  (24 * 3600)

/* Numbers are counted from the sender's ISN, acknowledgements from the other's; a SYN is number 0. */
struct op {
	const char *flags; /* "S", "SA", "PA", "-" for none; NULL ends the row */
	unsigned dir;
	uint32_t seq, ack, len;
	uint32_t window;  /* 0: WINDOW; NO_WINDOW: 0 */
	uint32_t ts;	  /* 0: no timestamp; TS_ZERO: 0 */
	unsigned scale;	  /* scale + 1; 0: none */
	unsigned options; /* PKTS_TCP_HAS_*, others than these two */
	uint64_t wait;	  /* seconds before it */
	enum pkts_validity validity;
	uint64_t events; /* exactly these, RETRANSMISSION and ZERO_WINDOW apart */
	int state;	 /* after it; 0: whatever */
};
#define TS_ZERO UINT32_C(0xfeedface)

struct row {
	const char *name;
	struct pkts_tcp_session_conf conf;
	struct op ops[ROW_OPS];
	const char *conn_state, *history; /* at the end, unless NULL */
};

#define EVENT(NAME)	 PKTS_SESSION_BIT(TCP_##NAME)
#define SUSPICIOUS(NAME) .validity = PKTS_SUSPECT, .events = EVENT(NAME)
#define WRONG(NAME)	 .validity = PKTS_INVALID, .events = EVENT(NAME)
#define STATE(NAME)	 .state = PKTS_TCP_STATE_##NAME

/* Three steps. */
#define HELLO                                                                                      \
	{.flags = "S", STATE(SYN_SENT)}, {.flags = "SA", .dir = 1, .ack = 1, STATE(SYN_RECEIVED)}, \
	{                                                                                          \
		.flags = "A", .seq = 1, .ack = 1, STATE(ESTABLISHED)                               \
	}
#define HELLO_TS(A, B)                                                                             \
	{.flags = "S", .ts = A}, {.flags = "SA", .dir = 1, .ack = 1, .ts = B},                     \
	{                                                                                          \
		.flags = "A", .seq = 1, .ack = 1, .ts = A, STATE(ESTABLISHED)                      \
	}

void rows_run(const struct row *rows, size_t n);
#define ROWS_RUN(ROWS) rows_run(ROWS, PKTS_ARRAY_LEN(ROWS))

/* One row, once; s is what the state was at the end. */
void row_run(const struct row *row, uint32_t isn0, uint32_t isn1, struct pkts_tcp_session *s);

struct pkts_tcp_session_segment row_segment(const struct op *op, uint32_t isn, uint32_t peer);

#endif
