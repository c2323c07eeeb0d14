/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What is followed of conversations: places for it, and what its Sequences notice. */
#include "conversations.h"

#define PLACES_TRIED 16

/* A place of TCP that is given back leaves these behind in its number's stead, bit by bit. */
static const uint8_t tcp_events[] = {PKTS_SEQ_OVERLAP, PKTS_SEQ_CONFLICT, PKTS_SEQ_DUPLICATE,
	PKTS_SEQ_GAP, PKTS_SEQ_EVICTED, PKTS_SEQ_LIMIT_PIECES, PKTS_SEQ_LIMIT_BYTES,
	PKTS_SEQ_MIDSTREAM, PKTS_SEQ_RETRANSMIT, PKTS_SEQ_RETRANSMIT_DIFF, PKTS_SEQ_KEEPALIVE,
	PKTS_SEQ_ZERO_WINDOW_PROBE, PKTS_SEQ_ACK_UNSEEN, PKTS_SEQ_OUT_OF_WINDOW, PKTS_SEQ_DEPTH,
	PKTS_SEQ_URGENT, PKTS_SEQ_SYN_DATA, PKTS_SEQ_SYN_CHANGED, PKTS_SEQ_RST_DATA,
	PKTS_SEQ_FIN_DATA};

#define GAP_BIT 24 /* and the next one: of direction 0, and of 1 */
_Static_assert(PKTS_ARRAY_LEN(tcp_events) <= GAP_BIT, "26 bits are there");

static struct places *places_of(struct pkts_conversations *c, enum pkts_conversation_kind kind)
{
	return kind == PKTS_CONVERSATION_TCP ? &c->streams : &c->associations;
}

/* One that belongs to a conversation of which less is known than of this one, among the next few. */
static void take_away(
	struct pkts_conversations *c, enum pkts_conversation_kind kind, unsigned class)
{
	struct places *const places = places_of(c, kind);

	for (unsigned i = 0; i < PLACES_TRIED && !places->free; i++) {
		struct pkts_table_entry *const entry = place_at(places, places->take_at + 1)->entry;
		places->take_at = places->take_at + 1 < places->used ? places->take_at + 1 : 0;
		if (pkts_table_class_of(entry) < class) {
			places->taken++;
			pkts_conversations_unfollow(c, kind, entry);
		}
	}
}

uint32_t pkts_conversations_take_place(struct pkts_conversations *c,
	enum pkts_conversation_kind kind, struct pkts_table_entry *entry)
{
	struct places *const places = places_of(c, kind);

	if (!places->free && places->used == places->n)
		take_away(c, kind, pkts_table_class_of(entry));
	const uint32_t number = places->free		   ? places->free
				: places->used < places->n ? ++places->used
							   : 0;
	if (number == 0) {
		places->none++;
		return 0;
	}
	struct place *const place = place_at(places, number);
	if (number == places->free)
		places->free = place->next;
	*place = (struct place){.entry = entry, .app_done = c->conf.no_apps};
	places->now++;
	return number;
}

void pkts_conversations_give_back_place(struct places *places, uint32_t number)
{
	*place_at(places, number) = (struct place){.next = places->free};
	places->free = number;
	places->now--;
}

void pkts_conversations_unfollow(struct pkts_conversations *c, enum pkts_conversation_kind kind,
	struct pkts_table_entry *entry)
{
	if (kind == PKTS_CONVERSATION_TCP)
		pkts_conversations_end_stream(c, entry);
	else if (kind == PKTS_CONVERSATION_SCTP)
		pkts_conversations_end_association(c, entry);
}

void pkts_conversations_no_more(struct pkts_conversations *c, struct pkts_table_entry *entry)
{
	const uint8_t protocol = pkts_table_key_of(entry).protocol;

	if (protocol == PKTS_IPPROTO_SCTP)
		pkts_conversations_drop_association(c, entry);
	else if (protocol == PKTS_IPPROTO_TCP)
		pkts_conversations_drop_stream(c, entry);
}

static void on_message(
	void *ctx, const struct pkts_app_session *s, const struct pkts_app_message *message)
{
	const struct message_ctx *const to = ctx;

	to->c->conf.watch.message(to->c->conf.watch.ctx, to->entry, s, message);
}

struct pkts_app_out pkts_conversations_app_out(struct message_ctx *to)
{
	return (struct pkts_app_out){to->c->conf.watch.message ? on_message : NULL, to};
}

enum pkts_app_id pkts_conversation_app(
	enum pkts_conversation_kind kind, struct pkts_table_entry *entry)
{
	const struct pkts_tcp_conversation *const tcp = pkts_table_user(entry);
	const struct pkts_sctp_conversation *const sctp = pkts_table_user(entry);

	switch (kind) {
	case PKTS_CONVERSATION_TCP:
		return (enum pkts_app_id)tcp->app;
	case PKTS_CONVERSATION_SCTP:
		return (enum pkts_app_id)sctp->app;
	default:
		return PKTS_APP_NONE;
	}
}

/* what Sequences notice */

void pkts_conversations_note_seq(
	struct pkts_conversations *c, const struct pkts_conversation_seq_note *note)
{
	if (c->conf.watch.seq_note)
		c->conf.watch.seq_note(c->conf.watch.ctx, note);
}

static struct pkts_conversation_seq seq_of(const struct pkts_tcp_half half[2])
{
	return (struct pkts_conversation_seq){.events = half[0].events | half[1].events,
		.gap = {half[0].events >> PKTS_SEQ_GAP & 1, half[1].events >> PKTS_SEQ_GAP & 1}};
}

uint32_t pkts_conversations_pack_seq(const struct pkts_tcp_seq *s)
{
	const struct pkts_conversation_seq seq = seq_of(s->half);
	uint32_t bits = (uint32_t)seq.gap[0] << GAP_BIT | (uint32_t)seq.gap[1] << (GAP_BIT + 1);

	for (unsigned i = 0; seq.events && i < PKTS_ARRAY_LEN(tcp_events); i++)
		bits |= (uint32_t)(seq.events >> tcp_events[i] & 1) << i;
	return bits;
}

static struct pkts_conversation_seq unpack(uint32_t bits)
{
	struct pkts_conversation_seq seq = {
		.gap = {bits >> GAP_BIT & 1, bits >> (GAP_BIT + 1) & 1}};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(tcp_events); i++)
		seq.events |= (uint64_t)(bits >> i & 1) << tcp_events[i];
	return seq;
}

static struct pkts_conversation_seq seq_of_tcp(
	const struct pkts_conversations *c, const struct pkts_tcp_conversation *u)
{
	if (u->unwanted)
		return unpack(u->place);
	if (u->place == 0)
		return (struct pkts_conversation_seq){.events = 0};
	const struct stream *const stream = (const void *)place_at(&c->streams, u->place);
	return seq_of(stream->seq.half);
}

struct pkts_conversation_seq pkts_conversations_seq(const struct pkts_conversations *c,
	enum pkts_conversation_kind kind, struct pkts_table_entry *entry)
{
	const struct pkts_sctp_conversation *const sctp = pkts_table_user(entry);

	switch (kind) {
	case PKTS_CONVERSATION_TCP:
		return seq_of_tcp(c, pkts_table_user(entry));
	case PKTS_CONVERSATION_SCTP:
		return (struct pkts_conversation_seq){.events = sctp->seq_events};
	default:
		return (struct pkts_conversation_seq){.events = 0};
	}
}
