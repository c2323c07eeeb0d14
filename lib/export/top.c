/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stdlib.h>

#include "pkts_flow_text.h"
#include "plain_text.h"

enum {
	LINE_MAX_BYTES = 256,
	RATE = 9,
	PROTOCOL = 9,
	END = 21,
	ARROW = 3,
};

void pkts_top_init(struct pkts_top *top, struct pkts_talker *rows, uint32_t cap)
{
	*top = (struct pkts_top){.rows = rows, .cap = cap};
}

static void swap(struct pkts_talker *a, struct pkts_talker *b)
{
	const struct pkts_talker old = *a;

	*a = *b;
	*b = old;
}

/* Towards the root while it is lighter than its parent; where it ends. */
static uint32_t rise(struct pkts_top *top, uint32_t i)
{
	while (i && top->rows[i].weight < top->rows[(i - 1) / 2].weight) {
		swap(&top->rows[i], &top->rows[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	return i;
}

/* Away from the root while it is heavier than a child; where it ends. */
static uint32_t sink(struct pkts_top *top, uint32_t i)
{
	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= top->n)
			return i;
		if (child + 1 < top->n && top->rows[child + 1].weight < top->rows[child].weight)
			child++;
		if (top->rows[i].weight <= top->rows[child].weight)
			return i;
		swap(&top->rows[i], &top->rows[child]);
		i = child;
	}
}

static void add_counts(struct pkts_session_counts *all, const struct pkts_session_counts *since)
{
	for (unsigned i = 0; i < 2; i++) {
		all->packets[i] += since->packets[i];
		all->bytes[i] += since->bytes[i];
	}
}

struct pkts_flow_record *pkts_top_offer(
	struct pkts_top *top, uint64_t weight, const struct pkts_session_counts *since)
{
	const bool full = top->n == top->cap;
	uint32_t at;

	top->offered++;
	add_counts(&top->all, since);
	if (!weight || !top->cap || (full && weight <= top->rows[0].weight))
		return NULL;
	at = full ? 0 : top->n++;
	top->rows[at].weight = weight;
	top->rows[at].since = *since;
	at = full ? sink(top, at) : rise(top, at);
	return &top->rows[at].record;
}

/* Heaviest first; equal ones by number, so that they do not change places from screen to screen. */
static int by_weight(const void *a, const void *b)
{
	const struct pkts_talker *const x = a, *const y = b;

	if (x->weight != y->weight)
		return x->weight < y->weight ? 1 : -1;
	return (x->record.tuple.id > y->record.tuple.id) -
	       (x->record.tuple.id < y->record.tuple.id);
}

/* v in `elapsed` ns, per second. */
static uint64_t per_second(uint64_t v, uint64_t elapsed)
{
	const double rate = (double)v * 1e9 / (double)elapsed;

	return rate < 1e18 ? (uint64_t)rate : (uint64_t)1e18;
}

static void put_rate(struct pkts_sink *s, uint64_t v, uint64_t elapsed, const char *unit)
{
	struct column c;

	pkts_column_init(&c);
	pkts_plain_put_amount(&c.s, per_second(v, elapsed));
	pkts_put_text(&c.s, unit);
	pkts_column_put_right(&c, s, RATE);
}

static void put_rates(
	struct pkts_sink *s, const struct pkts_session_counts *since, uint64_t elapsed)
{
	for (unsigned i = 0; i < 2; i++)
		put_rate(s, since->bytes[i] * 8, elapsed, "bps");
	for (unsigned i = 0; i < 2; i++)
		put_rate(s, since->packets[i], elapsed, "pps");
}

static void put_cell(struct pkts_sink *s,
	void (*put)(struct pkts_sink *, const struct pkts_flow_tuple *),
	const struct pkts_flow_tuple *t)
{
	struct column c;

	pkts_column_init(&c);
	put(&c.s, t);
	pkts_column_put_left(&c, s, END);
}

static void put_talker(struct pkts_sink *s, const struct pkts_talker *t, uint64_t elapsed)
{
	struct column c;

	put_rates(s, &t->since, elapsed);
	pkts_column_init(&c);
	pkts_plain_put_protocol(&c.s, t->record.tuple.protocol);
	pkts_column_put_left(&c, s, PROTOCOL);
	put_cell(s, pkts_plain_put_src, &t->record.tuple);
	pkts_column_init(&c);
	pkts_put_text(&c.s, pkts_plain_arrow(&t->since));
	pkts_column_put_left(&c, s, ARROW);
	put_cell(s, pkts_plain_put_dst, &t->record.tuple);
	pkts_plain_put_state(s, &t->record);
	pkts_put_char(s, ' ');
	pkts_plain_put(s, t->record.app_proto ? t->record.app_proto : "-");
}

static void put_sums(struct pkts_sink *s, const struct pkts_top *top, uint64_t elapsed)
{
	const uint64_t packets = top->all.packets[0] + top->all.packets[1];
	const uint64_t bytes = top->all.bytes[0] + top->all.bytes[1];

	pkts_put_dec(s, top->offered);
	pkts_put_text(s, top->offered == 1 ? " flow, " : " flows, ");
	pkts_plain_put_amount(s, per_second(bytes * 8, elapsed));
	pkts_put_text(s, "bps, ");
	pkts_plain_put_amount(s, per_second(packets, elapsed));
	pkts_put_text(s, "pps");
}

static void put_headings(struct pkts_sink *s)
{
	pkts_put_text(s, "     bps>      <bps      pps>      <pps Proto     "
			 "Source                    Destination           State App");
}

/* The line is finished: as much of it as the terminal is wide. */
static void put_line(struct pkts_sink *s, struct pkts_sink *line, unsigned columns)
{
	size_t n = line->used;

	while (n && line->buf[n - 1] == ' ')
		n--;
	pkts_put(s, line->buf, columns ? PKTS_MIN(n, columns) : n);
	pkts_put_char(s, '\n');
	line->used = 0;
}

void pkts_top_text(struct pkts_sink *s, struct pkts_top *top, uint64_t elapsed, unsigned lines,
	unsigned columns)
{
	char text[LINE_MAX_BYTES];
	struct pkts_sink line = {.buf = text, .cap = sizeof(text)};

	if (!elapsed)
		elapsed = 1000000000;
	if (top->n)
		qsort(top->rows, top->n, sizeof(*top->rows), by_weight);
	for (unsigned i = 0; i < lines && i < top->n + 2; i++) {
		if (i == 0)
			put_sums(&line, top, elapsed);
		else if (i == 1)
			put_headings(&line);
		else
			put_talker(&line, &top->rows[i - 2], elapsed);
		put_line(s, &line, columns);
	}
}
