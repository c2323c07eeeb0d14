/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The columns of tables for people. */
#ifndef PLAIN_TEXT_H
#define PLAIN_TEXT_H

#include "pkts_flow_record.h"
#include "pkts_sink.h"

/* A short text that becomes a column. What does not fit is dropped. */
struct column {
	struct pkts_sink s;
	char text[64];
};

void pkts_column_init(struct column *c);

/* Writes it and a space behind it, padded to width characters, at the left or at the right. */
void pkts_column_put_left(const struct column *c, struct pkts_sink *s, unsigned width);
void pkts_column_put_right(const struct column *c, struct pkts_sink *s, unsigned width);

/* What is not printable ASCII, and spaces, become '?'. */
void pkts_plain_put(struct pkts_sink *s, const char *text);

/* 12345, 123k, 4.5M: rounded down, at most 5 characters up to 10^17. */
void pkts_plain_put_amount(struct pkts_sink *s, uint64_t v);

/* 12.345s, 3m07s, 5h02m, 3d04h: at most 7 characters up to 999 days. */
void pkts_plain_put_duration(struct pkts_sink *s, uint64_t ns);

/* 192.0.2.1:80, [2001:db8::1]:80; without ports only the address; ICMP: src has its type and code.
 * 192.0.2.1:80, [2001:db8::1]:80; without ports only the address; ICMP: src has its type and
 * code. */
void pkts_plain_put_src(struct pkts_sink *s, const struct pkts_flow_tuple *t);
void pkts_plain_put_dst(struct pkts_sink *s, const struct pkts_flow_tuple *t);

/* Its name or number. */
void pkts_plain_put_protocol(struct pkts_sink *s, uint8_t protocol);

/* ->, <- or <->: who sent. */
const char *pkts_plain_arrow(const struct pkts_session_counts *counts);

/* The state that says most: Zeek's, the protocol's own, or the flow's. */
void pkts_plain_put_state(struct pkts_sink *s, const struct pkts_flow_record *r);

#endif
