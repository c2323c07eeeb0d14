/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Flow records for people: a table with a line for each, and the screen of those who talk most.
 * Plain text: moving the cursor and clearing the screen are the program's. What is not printable
 * ASCII in a record's strings becomes '?', so that no record can send commands to a terminal.
 */
#ifndef PKTS_FLOW_TEXT_H
#define PKTS_FLOW_TEXT_H

#include "pkts_flow_record.h"
#include "pkts_sink.h"

/*
 * One line, LF included: start (UTC), duration, protocol, ends, packets and bytes each way, state,
 * application. Columns are as wide as IPv4 needs; a longer IPv6 address moves its own line only.
 * Numbers from 100,000 are rounded down: 123k, 4.5M (powers of 1000).
 */
void pkts_flow_text(struct pkts_sink *s, const struct pkts_flow_record *r);
void pkts_flow_text_header(struct pkts_sink *s);

/* What a talker did since the last screen. */
struct pkts_talker {
	uint64_t weight; /* what they are ranked by: bytes since the last screen, as a rule */
	struct pkts_session_counts since;
	struct pkts_flow_record record;
};

/*
 * The `cap` heaviest of any number of flows, in the caller's memory: a heap whose root is the
 * lightest of them. Start it with pkts_top_init(), offer all flows, render with pkts_top_text().
 */
struct pkts_top {
	struct pkts_talker *rows;
	uint32_t cap, n;
	uint64_t offered;		/* flows */
	struct pkts_session_counts all; /* of those that were offered */
};

void pkts_top_init(struct pkts_top *top, struct pkts_talker *rows, uint32_t cap);

/*
 * The place to fill in the record of a flow with this weight and these counts; NULL if it is not
 * among the heaviest so far, or weighs nothing. The place is valid until the next call, and its
 * record holds what was there before. O(log cap).
 */
struct pkts_flow_record *pkts_top_offer(
	struct pkts_top *top, uint64_t weight, const struct pkts_session_counts *since);

/*
 * Sorts the rows, heaviest first, and writes a line of sums, one of headings and one for each of
 * them, each ending in LF and cut at `columns` characters (0: not at all), at most `lines` lines.
 * elapsed: ns since the last screen, for rates; 0 counts as 1 s. No more offers after it until
 * pkts_top_init().
 */
void pkts_top_text(struct pkts_sink *s, struct pkts_top *top, uint64_t elapsed, unsigned lines,
	unsigned columns);

#endif
