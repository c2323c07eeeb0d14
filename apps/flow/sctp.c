/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* SCTP associations: the messages of each side, in the order of delivery. */
#include <rte_memory.h>
#include <stdlib.h>
#include <string.h>

#include "pkts_mbuf_conversations.h"
#include "stream.h"

static void list_message(struct streams *s, struct side *side, const struct pkts_sctp_message *m)
{
	if (side->messages_n == side->messages_cap) {
		const uint32_t cap = side->messages_cap ? side->messages_cap * 2 : 16;
		struct message *const more = realloc(side->messages, cap * sizeof(*side->messages));
		if (more) {
			side->messages = more;
			side->messages_cap = cap;
		}
	}
	if (side->messages_n >= s->options->max_messages || s->messages >= MESSAGES_MAX ||
		side->messages_n == side->messages_cap) {
		side->messages_more++;
		return;
	}
	s->messages++;
	side->messages[side->messages_n++] =
		(struct message){.ppid = m->ppid, .len = (uint32_t)m->len, .stream = m->stream};
}

static void deliver(struct streams *s, struct stream *st, const struct pkts_sctp_message *m)
{
	struct pkts_sctp_pieces it = pkts_sctp_pieces(m);
	struct pkts_piece piece;

	while (pkts_sctp_piece_next(&it, &piece))
		flow_bytes(s, st, m->dir, piece.p, piece.len);
	list_message(s, &st->sides[m->dir], m);
}

static void drain(struct streams *s, struct stream *st)
{
	struct pkts_sctp_message m;

	while (pkts_sctp_seq_get(&st->sctp, &m) == 0)
		deliver(s, st, &m);
}

void sctp_begin(struct streams *s, struct stream *st)
{
	pkts_sctp_seq_init(&st->sctp, s->sctp, st->events[0]);
}

void sctp_end(struct streams *s, struct stream *st)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		pkts_sctp_seq_flush(&st->sctp, dir);
		drain(s, st);
	}
	pkts_sctp_seq_fini(&st->sctp);
	if (st->association)
		((struct pkts_sctp_conversation *)pkts_table_user(st->association))->mark = 0;
}

/* associations, found by any of their addresses */

static void on_end(void *ctx, enum pkts_conversation_kind kind, struct pkts_table_entry *entry,
	enum pkts_conversation_end why)
{
	const struct pkts_sctp_conversation *const u = pkts_table_user(entry);
	struct stream *const st = (struct stream *)(uintptr_t)u->mark;

	(void)why;
	if (kind != PKTS_CONVERSATION_SCTP || !st)
		return;
	st->association = NULL;
	flow_close(ctx, st);
}

/* They end with the capture, or when there are too many. */
static struct pkts_conversations_conf conf_of(const struct flow_options *o)
{
	struct pkts_conversations_conf conf = {
		.max = {1, 1, 1, (uint32_t)o->max_streams, 1},
		.key = o->separate_tenants ? PKTS_KEY_VLAN | PKTS_KEY_TUNNEL : 0,
	};

	for (unsigned i = 0; i < PKTS_CONVERSATION_CLASSES; i++)
		conf.timeout_ns[PKTS_CONVERSATION_SCTP][i] = PKTS_TABLE_TIMEOUT_MAX_NS;
	return conf;
}

uint32_t streams_memory_mb(const struct flow_options *o)
{
	const struct pkts_conversations_conf conf = conf_of(o);
	return o->sctp ? (uint32_t)(pkts_conversations_memsize(&conf) >> 20) + 1 : 0;
}

bool sctp_create(struct streams *s)
{
	struct pkts_conversations_conf conf = conf_of(s->options);

	conf.watch = (struct pkts_conversations_watch){.end = on_end, .ctx = s};
	memcpy(conf.secret, &s->hash, sizeof(conf.secret));
	s->associations = pkts_conversations_create(&conf, SOCKET_ID_ANY);
	return s->associations != NULL;
}

/* The stream of the packet's association; NULL: it has none. */
static struct stream *stream_of(struct streams *s, const struct arrival *a, unsigned *dir)
{
	const struct pkts_layer l = a->packet->layers[a->i];
	struct pkts_conversation_arrival arrival = {.packet = a->packet,
		.frame = {.p = a->packet->data, .len = (*a->m)->data_len},
		.wire_len = l.len,
		.now_ns = a->now};
	struct pkts_conversation_packet seen;

	arrival.n_vlans = (uint8_t)pkts_mbuf_vlans(*a->m, arrival.vlans);
	pkts_conversations_put(s->associations, &arrival, &seen);
	if (!seen.entry || seen.kind != PKTS_CONVERSATION_SCTP)
		return NULL;
	struct pkts_sctp_conversation *const u = pkts_table_user(seen.entry);
	struct stream *st = (struct stream *)(uintptr_t)u->mark;
	*dir = seen.dir;
	if (st)
		return st;
	st = flow_open(s, a);
	if (!st)
		return NULL;
	st->association = seen.entry;
	st->first = seen.dir ? !a->sender : a->sender;
	u->mark = (uintptr_t)st;
	return st;
}

void sctp_put(struct streams *s, const struct arrival *a)
{
	const struct pkts_layer l = a->packet->layers[a->i];
	unsigned dir = 0;

	if (pkts_mbuf_gather(a->m, a->packet, l.off))
		return;
	struct stream *const st = stream_of(s, a, &dir);
	if (!st)
		return;
	const struct pkts_ref r = pkts_packet_ref(a->packet, a->i);
	struct pkts_mbuf_pieces it = pkts_mbuf_pieces(*a->m, l.off, r.len);
	struct pkts_piece piece;
	if (!pkts_mbuf_piece_next(&it, &piece))
		return;
	st->sides[dir].packets++;
	pkts_sctp_seq_put(&st->sctp, dir, &piece, l.len);
	drain(s, st);
	flow_touch(s, st,
		st->sctp.state == PKTS_SCTP_SEQ_SHUT || st->sctp.state == PKTS_SCTP_SEQ_ABORTED);
}
