/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_flow_text.h"

#include <string.h>

#include "plain_text.h"

/* Start, duration, protocol, source, arrow, destination, packets, bytes, state: the width of each.
 * Start, duration, protocol, source, arrow, destination, packets, bytes, state: the width of
 * each. */
enum {
	START = 23,
	DURATION = 7,
	PROTOCOL = 9,
	END = 21,
	ARROW = 3,
	AMOUNT = 6,
	STATE = 11,
};

/* 2026-11-22 10:00:00.123 */
static void put_start(struct pkts_sink *s, uint64_t ns)
{
	struct column c;

	pkts_column_init(&c);
	pkts_put_time(&c.s, ns);
	c.s.used -= sizeof("456789Z") - 1;
	*(char *)memchr(c.text, 'T', c.s.used) = ' ';
	pkts_column_put_left(&c, s, START);
}

static void put_name(struct pkts_sink *s, const char *name, unsigned width)
{
	struct column c;

	pkts_column_init(&c);
	pkts_put_text(&c.s, name);
	pkts_column_put_left(&c, s, width);
}

static void put_amounts(struct pkts_sink *s, const uint64_t amounts[2])
{
	for (unsigned i = 0; i < 2; i++) {
		struct column c;

		pkts_column_init(&c);
		pkts_plain_put_amount(&c.s, amounts[i]);
		pkts_column_put_right(&c, s, AMOUNT);
	}
}

static void put_duration(struct pkts_sink *s, const struct pkts_flow_record *r)
{
	struct column c;

	pkts_column_init(&c);
	pkts_plain_put_duration(&c.s, pkts_flow_duration(r));
	pkts_column_put_right(&c, s, DURATION);
}

static void put_ends(struct pkts_sink *s, const struct pkts_flow_record *r)
{
	struct column c;

	pkts_column_init(&c);
	pkts_plain_put_protocol(&c.s, r->tuple.protocol);
	pkts_column_put_left(&c, s, PROTOCOL);
	pkts_column_init(&c);
	pkts_plain_put_src(&c.s, &r->tuple);
	pkts_column_put_left(&c, s, END);
	put_name(s, pkts_plain_arrow(&r->counts), ARROW);
	pkts_column_init(&c);
	pkts_plain_put_dst(&c.s, &r->tuple);
	pkts_column_put_left(&c, s, END);
}

void pkts_flow_text(struct pkts_sink *s, const struct pkts_flow_record *r)
{
	struct column c;

	put_start(s, r->first);
	put_duration(s, r);
	put_ends(s, r);
	put_amounts(s, r->counts.packets);
	put_amounts(s, r->counts.bytes);
	pkts_column_init(&c);
	pkts_plain_put_state(&c.s, r);
	pkts_column_put_left(&c, s, STATE);
	pkts_plain_put(s, r->app_proto ? r->app_proto : "-");
	pkts_put_char(s, '\n');
}

void pkts_flow_text_header(struct pkts_sink *s)
{
	static const struct {
		const char *name;
		unsigned width;
		bool right;
	} rows[] = {
		{"Start", START, false},
		{"Lasted", DURATION, true},
		{"Proto", PROTOCOL, false},
		{"Source", END, false},
		{"", ARROW, false},
		{"Destination", END, false},
		{"Pkts>", AMOUNT, true},
		{"<Pkts", AMOUNT, true},
		{"Bytes>", AMOUNT, true},
		{"<Bytes", AMOUNT, true},
		{"State", STATE, false},
	};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct column c;

		pkts_column_init(&c);
		pkts_put_text(&c.s, rows[i].name);
		if (rows[i].right)
			pkts_column_put_right(&c, s, rows[i].width);
		else
			pkts_column_put_left(&c, s, rows[i].width);
	}
	pkts_put_text(s, "App\n");
}
