/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * SYNs inside a connection. Anybody can send one, so that it counts for the connection; if it is
 * answered and another one begins, it was that one's first segment all along, and is handed over.
 */
#include "conversations.h"

#define SHARE 64 /* of the connections that there may be, that part may have such a SYN at a time */
#define LEAST 64
#define MOST  4096
#define WAYS  2 /* as many numbers as a Session remembers */

uint32_t pkts_conversations_syns(const struct pkts_conversations_conf *conf)
{
	uint32_t n = LEAST;

	while (n < MOST && n < conf->max[PKTS_CONVERSATION_TCP] / SHARE)
		n *= 2;
	return n;
}

/* Where those of a connection are kept: WAYS places, which it shares with others. */
static struct kept_syn *places_of(
	const struct pkts_conversations *c, const struct pkts_table_entry *entry)
{
	const uint64_t hash = (uint64_t)(uintptr_t)entry * UINT64_C(0x9e3779b97f4a7c15);

	return &c->syns[(hash >> 40 & (c->n_syns / WAYS - 1)) * WAYS];
}

/*
 * That of a direction whose number it is, or whose data, if it has any, have it; NULL. Entries are used
 * again: the time of their first packet tells them apart.
 */
static struct kept_syn *find_syn(const struct pkts_conversations *c,
	const struct pkts_table_entry *entry, unsigned dir, uint32_t number)
{
	struct kept_syn *const places = places_of(c, entry);

	for (unsigned i = 0; i < WAYS; i++)
		if (places[i].entry == entry && places[i].entry_first == entry->first_ns &&
			places[i].dir == dir && number - places[i].seg.seq <= places[i].seg.len)
			return &places[i];
	return NULL;
}

/* The place whose SYN has been silent longest, if there is none that is free. */
static struct kept_syn *oldest_of(struct kept_syn *places)
{
	struct kept_syn *oldest = places;

	for (unsigned i = 1; i < WAYS; i++)
		if (places[i].last < oldest->last)
			oldest = &places[i];
	return oldest;
}

static struct kept_syn *keep_first(struct pkts_conversations *c, const struct arriving *a,
	const struct pkts_tcp_session_segment *seg)
{
	struct kept_syn *const k = oldest_of(places_of(c, a->seen->entry));

	c->stats.syns_forgotten += k->entry != NULL;
	*k = (struct kept_syn){.entry = a->seen->entry,
		.entry_first = a->seen->entry->first_ns,
		.dir = a->seen->dir,
		.seg = *seg,
		.first = a->now,
		.before = a->before};
	return k;
}

void pkts_conversations_keep_syn(struct pkts_conversations *c, const struct arriving *a,
	const struct pkts_tcp_session_segment *seg, const struct pkts_tcp_session *before)
{
	const struct pkts_tcp_conversation *const u = pkts_table_user(a->seen->entry);
	struct kept_syn *k = find_syn(c, a->seen->entry, a->seen->dir, seg->seq);

	if (!k)
		k = keep_first(c, a, seg);
	else if (a->before != k->last)
		k->before = a->before;
	k->last = a->now;
	k->packets++;
	k->bytes += a->bytes;
	tcp_session_mark_syn(&k->mark, before, &u->session, k->dir);
}

/* What the SYN has added to the old connection is taken off it. False if that cannot be. */
static bool take_off(const struct kept_syn *k, struct arriving *a)
{
	struct pkts_tcp_conversation *const u = pkts_table_user(a->seen->entry);
	struct pkts_conversation_tally *const tally = &u->common.tally;

	if (tally->packets[k->dir] < k->packets || tally->bytes[k->dir] < k->bytes)
		return false;
	tally->packets[k->dir] -= k->packets;
	tally->bytes[k->dir] -= k->bytes;
	tcp_session_unmark_syn(&k->mark, &u->session, k->dir);
	if (a->before == k->last)
		a->before = k->before;
	return true;
}

bool pkts_conversations_take_syn(struct pkts_conversations *c, struct arriving *a,
	const struct pkts_tcp_session_segment *seg, struct kept_syn *syn)
{
	const bool answer = seg->flags & PKTS_TCP_ACK;
	const unsigned dir = answer ? !a->seen->dir : a->seen->dir;
	struct kept_syn *const k =
		find_syn(c, a->seen->entry, dir, answer ? seg->ack - 1 : seg->seq);

	if (!k)
		return false;
	*syn = *k;
	*k = (struct kept_syn){.entry = NULL};
	return take_off(syn, a);
}

void pkts_conversations_give_syn(struct pkts_conversations *c, const struct arriving *a,
	const struct pkts_tcp_session_segment *seg, const struct kept_syn *syn)
{
	struct pkts_table_entry *const entry = a->seen->entry;
	struct pkts_tcp_conversation *const u = pkts_table_user(entry);
	const unsigned dir = seg->flags & PKTS_TCP_ACK ? !a->seen->dir : a->seen->dir;

	entry->first_ns = syn->first;
	u->common.tally.packets[dir] += syn->packets;
	u->common.tally.bytes[dir] += syn->bytes;
	pkts_tcp_session_validate(&u->session, &c->conf.tcp, dir, &syn->seg, syn->first);
}
