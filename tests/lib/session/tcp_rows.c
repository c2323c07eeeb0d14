/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stdio.h>

#include "tcp_rows.h"

#define SECOND UINT64_C(1000000000)

static uint16_t flags_of(const char *text)
{
	static const char letters[] = "FSRPAUEC";
	uint16_t flags = 0;

	for (; *text; text++)
		if (*text != '-')
			flags |= (uint16_t)(1u << (strchr(letters, *text) - letters));
	return flags;
}

struct pkts_tcp_session_segment row_segment(const struct op *op, uint32_t isn, uint32_t peer)
{
	struct pkts_tcp_session_segment seg = {.seq = isn + op->seq,
		.len = op->len,
		.flags = flags_of(op->flags),
		.window = (uint16_t)(op->window ? op->window : WINDOW),
		.options = (uint8_t)op->options};

	if (seg.flags & PKTS_TCP_ACK)
		seg.ack = peer + op->ack;
	if (op->ts) {
		seg.options |= PKTS_TCP_HAS_TIMESTAMPS;
		seg.ts_value = op->ts == TS_ZERO ? 0 : op->ts;
	}
	if (op->scale) {
		seg.options |= PKTS_TCP_HAS_SCALE;
		seg.scale = (uint8_t)(op->scale - 1);
	}
	return seg;
}

static bool same(struct pkts_judgement a, struct pkts_judgement b)
{
	return a.events == b.events && a.validity == b.validity;
}

static void check(const char *name, const struct op *op, struct pkts_judgement j)
{
	const uint64_t ignored = EVENT(RETRANSMISSION) | EVENT(ZERO_WINDOW);

	if ((int)j.validity != (int)op->validity)
		fail_msg("row \"%s\": is %s, not %s (events %llx)", name,
			pkts_validity_name(j.validity), pkts_validity_name(op->validity),
			(unsigned long long)j.events);
	for (unsigned e = 0; e < PKTS_SESSION_EVENT_MAX; e++)
		if (((j.events & ~ignored) ^ (op->events & ~ignored)) >> e & 1)
			fail_msg("row \"%s\": event %s %s", name,
				pkts_session_event_name((enum pkts_session_event)e),
				j.events >> e & 1 ? "is there" : "is missing");
}

static struct pkts_judgement step(const struct row *row, const char *name,
	struct pkts_tcp_session *s, unsigned dir, const struct pkts_tcp_session_segment *seg,
	uint64_t now)
{
	const struct pkts_tcp_session before = *s;
	struct pkts_tcp_session copy = *s, slow = *s;
	const struct pkts_judgement j = pkts_tcp_session_validate(s, &row->conf, dir, seg, now);
	const struct pkts_judgement again =
		pkts_tcp_session_validate(&copy, &row->conf, dir, seg, now);
	const struct pkts_judgement any =
		pkts_tcp_session_validate_any(&slow, &row->conf, dir, seg, now);

	ROW_TRUE(name, same(j, again) && !memcmp(s, &copy, sizeof(copy)));
	ROW_TRUE(name, same(j, any) && !memcmp(s, &slow, sizeof(slow)));
	ROW_TRUE(name, j.validity != PKTS_INVALID || !memcmp(s, &before, sizeof(before)));
	ROW_TRUE(name, j.validity == PKTS_VALID || j.events);
	return j;
}

void row_run(const struct row *row, uint32_t isn0, uint32_t isn1, struct pkts_tcp_session *s)
{
	const uint32_t isn[2] = {isn0, isn1};
	char history[PKTS_TCP_HISTORY_MAX];
	uint64_t now = SECOND;

	*s = (struct pkts_tcp_session){0};
	for (unsigned i = 0; i < ROW_OPS && row->ops[i].flags; i++) {
		const struct op *const op = &row->ops[i];
		const struct pkts_tcp_session_segment seg =
			row_segment(op, isn[op->dir], isn[!op->dir]);
		char name[256];
		snprintf(name, sizeof(name), "%s, op %u, isn %x %x", row->name, i + 1, isn0, isn1);
		now += op->wait * SECOND;
		check(name, op, step(row, name, s, op->dir, &seg, now));
		if (op->state)
			ROW_INT(name, s->state, op->state);
	}
	if (row->conn_state)
		ROW_TEXT(row->name, pkts_tcp_conn_state(s), row->conn_state);
	pkts_tcp_history(s, history);
	if (row->history)
		ROW_TEXT(row->name, history, row->history);
}

void rows_run(const struct row *rows, size_t n)
{
	static const uint32_t isns[] = {0, 1, UINT32_MAX, 1u << 31, UINT32_MAX - 700, 12345678};
	struct pkts_tcp_session s;

	for (size_t i = 0; i < n; i++)
		for (size_t a = 0; a < PKTS_ARRAY_LEN(isns); a++)
			for (size_t b = 0; b < PKTS_ARRAY_LEN(isns); b++)
				row_run(&rows[i], isns[a], isns[b], &s);
}
