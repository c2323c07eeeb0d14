/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* SCTP associations: the messages of each side, in the order of delivery. */
#include <stdlib.h>

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
}

void sctp_put(struct streams *s, const struct arrival *a)
{
	const struct pkts_layer l = a->packet->layers[a->i];
	struct stream *st = flow_find(s, &a->key);

	if (pkts_mbuf_gather(a->m, a->packet, l.off))
		return;
	if (!st)
		st = flow_open(s, a);
	if (!st)
		return;
	const unsigned dir = st->first != a->sender;
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
