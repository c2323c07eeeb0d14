/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "top.h"

#include <stdlib.h>
#include <sys/ioctl.h>

#include "pkts_flow_text.h"
#include "record.h"

#define ROWS_MAX 200
#define PROBES	 8 /* places that a conversation's last counts may be in */

/* What was counted at the last screen. */
struct before {
	const struct pkts_table_entry *entry;
	uint64_t first_ns, screen;
	struct pkts_session_counts counts;
};

struct top {
	struct before *before;
	uint64_t mask, screen, shown;
	struct pkts_talker rows[ROWS_MAX];
	struct record record;
};

struct top *top_create(uint32_t max_sessions)
{
	struct top *const t = calloc(1, sizeof(*t));
	uint64_t n = 1024;

	while (n < (uint64_t)max_sessions * 3)
		n *= 2;
	if (!t)
		return NULL;
	t->mask = n - 1;
	t->before = calloc(n, sizeof(*t->before));
	if (t->before)
		return t;
	free(t);
	return NULL;
}

void top_destroy(struct top *t)
{
	if (t)
		free(t->before);
	free(t);
}

/* Its place of the last screen, or one that nobody uses now. */
static struct before *place_of(struct top *t, const struct pkts_table_entry *entry)
{
	const uint64_t at = ((uintptr_t)entry >> 6) * UINT64_C(0x9e3779b97f4a7c15) >> 20;
	struct before *usable = &t->before[at & t->mask];

	for (unsigned i = 0; i < PROBES; i++) {
		struct before *const b = &t->before[(at + i) & t->mask];
		if (b->entry == entry && b->first_ns == entry->first_ns)
			return b;
		if (b->screen + 1 < t->screen)
			usable = b;
	}
	*usable = (struct before){.entry = entry, .first_ns = entry->first_ns};
	return usable;
}

static struct pkts_session_counts since_last(struct top *t, struct pkts_table_entry *entry)
{
	const struct pkts_conversation *const user = pkts_table_user(entry);
	const struct pkts_session_counts now = pkts_conversation_counts(&user->tally);
	struct before *const b = place_of(t, entry);
	struct pkts_session_counts since = now;

	for (unsigned dir = 0; dir < 2; dir++) {
		since.packets[dir] -= b->counts.packets[dir];
		since.bytes[dir] -= b->counts.bytes[dir];
	}
	b->counts = now;
	b->screen = t->screen;
	return since;
}

static void offer_all(struct top *t, struct pkts_top *top, struct pkts_conversations *c,
	enum pkts_conversation_kind kind, uint64_t now)
{
	struct pkts_table *const table = pkts_conversations_table(c, kind);
	struct pkts_table_entry *entry;

	for (uint32_t at = 0; (entry = pkts_table_next(table, &at)) != NULL;) {
		const struct pkts_session_counts since = since_last(t, entry);
		struct pkts_flow_record *const r =
			pkts_top_offer(top, since.bytes[0] + since.bytes[1], &since);
		if (!r)
			continue;
		record_fill(&t->record, c, kind, entry, PKTS_FLOW_UNKNOWN, now);
		*r = t->record.flow;
		r->history = NULL;
	}
}

void top_show(struct top *t, struct pkts_conversations *c, uint64_t now, struct fd_sink *out)
{
	struct winsize size;
	struct pkts_top top;

	if (ioctl(out->fd, TIOCGWINSZ, &size) || size.ws_row == 0) /* as over a serial line */
		size = (struct winsize){.ws_row = 24, .ws_col = 80};
	t->screen++;
	pkts_top_init(&top, t->rows, ROWS_MAX);
	for (unsigned kind = 0; kind < PKTS_CONVERSATION_KINDS; kind++)
		offer_all(t, &top, c, (enum pkts_conversation_kind)kind, now);
	pkts_put_text(&out->sink, "\033[H\033[2J");
	pkts_top_text(&out->sink, &top, t->shown ? now - t->shown : 0,
		size.ws_row > 1 ? size.ws_row - 1u : 1, size.ws_col);
	t->shown = now;
}
