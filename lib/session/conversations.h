/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of conversations share. */
#ifndef CONVERSATIONS_H
#define CONVERSATIONS_H

#include "pkts_conversations.h"
#include "tcp.h"

/* What all that is followed begins with. */
struct place {
	struct pkts_table_entry *entry; /* NULL: free */
	uint32_t next;			/* free */
	bool app_done;
};

/* Places of one kind; their numbers count from 1. */
struct places {
	uint8_t *p;
	uint32_t size, n;
	uint32_t free; /* 0: none */
	uint32_t used; /* those behind have never been */
	uint32_t take_at;
	uint32_t now;
	uint64_t none, given_back, taken; /* as the statistics have them */
};

#define PLACE_MASK ((1u << 26) - 1) /* the bits of a number that conversations keep */

PKTS_INLINE struct place *place_at(const struct places *places, uint32_t number)
{
	return (struct place *)(void *)(places->p + (size_t)(number - 1) * places->size);
}

/* A connection whose bytes are followed. */
struct stream {
	struct place place;
	struct pkts_tcp_seq seq;
	struct pkts_app_session app;
	uint64_t told[2]; /* of the Sequence's events, those that were noted */
	bool cut[2];	  /* segments whose data were not all captured */
};

/* An association whose messages are. */
struct association {
	struct place place;
	struct pkts_sctp_seq seq;
	struct pkts_app_session app;
	uint32_t counts[PKTS_SEQ_EVENT_MAX];
	uint32_t serial; /* of those between the same ends, as the Sequence numbers them */
	bool late;	 /* its beginning was not followed */
};

/* A SYN inside a connection, with its retransmissions, in case that it is answered. */
struct kept_syn {
	/* Only to be compared: it may have ended. NULL: free. */
	const struct pkts_table_entry *entry;
	uint64_t entry_first;
	uint64_t first, last;
	uint64_t before; /* when the packet before it came */
	uint64_t bytes;
	uint32_t packets;
	struct pkts_tcp_session_segment seg;
	struct tcp_syn_mark mark;
	uint8_t dir;
};

/* What a table calls back with. */
struct table_of {
	struct pkts_conversations *c;
	enum pkts_conversation_kind kind;
};

struct pkts_conversations {
	struct pkts_conversations_conf conf;
	struct pkts_conversations_stats stats;
	struct pkts_table *tables[PKTS_CONVERSATION_KINDS];
	struct table_of tables_of[PKTS_CONVERSATION_KINDS];
	struct pkts_tcp_pool *pool;
	struct pkts_sctp_pool *messages;
	struct places streams, associations;
	struct kept_syn *syns;
	uint32_t n_syns; /* a power of two */
	uint32_t tick_at;
	uint64_t now;
	bool reusing; /* the entry that ends makes room for the next conversation of the same ends */
};

/* A packet on its way to its Session. */
struct arriving {
	const struct pkts_packet *packet;
	const struct pkts_piece *frame;
	const struct pkts_conversation_arrival *arrival;
	struct pkts_session_key key;
	struct pkts_conversation_packet *seen;
	uint64_t now;
	uint64_t before; /* when the one before it in its conversation came */
	uint64_t bytes;	 /* that are counted of it */
};

/* To a key that was read from the packet: the VLAN tags that are no longer in it. */
void pkts_conversations_add_vlans(
	const struct pkts_conversations *c, const struct arriving *a, struct pkts_session_key *key);

/* The TTL or hop limit of the IP header that the key is of. */
uint8_t pkts_conversations_ttl(const struct arriving *a);

/* Of a layer above IP; NONE: it is not decoded. */
enum pkts_conversation_kind pkts_conversations_kind(enum pkts_proto proto);

/* The transport layer's view, of which no more is readable than the frame has. */
struct pkts_ref pkts_conversations_ref(const struct arriving *a);

/* Notes what a Session has said: counters, the conversation's events, the watch. */
void pkts_conversations_note(struct pkts_conversations *c, struct pkts_table_entry *entry,
	enum pkts_conversation_kind kind, unsigned dir, struct pkts_judgement judgement, bool app);

/* The same of what a Sequence has noticed for the first time. */
void pkts_conversations_note_seq(
	struct pkts_conversations *c, const struct pkts_conversation_seq_note *note);

/* All that a Sequence of TCP has noticed, in the 26 bits of pkts_tcp_conversation.place. */
uint32_t pkts_conversations_pack_seq(const struct pkts_tcp_seq *s);

/* Puts an entry into its class. */
void pkts_conversations_classify(struct pkts_conversations *c, enum pkts_conversation_kind kind,
	struct pkts_table_entry *entry, enum pkts_conversation_class class);

/* A packet of an entry: judges it and goes on with it. */
void pkts_conversations_tcp(struct pkts_conversations *c, struct arriving *a);

/* How many SYNs inside connections are kept. */
uint32_t pkts_conversations_syns(const struct pkts_conversations_conf *conf);

/* Such a SYN, which has been judged. before: the state that it has met. */
void pkts_conversations_keep_syn(struct pkts_conversations *c, const struct arriving *a,
	const struct pkts_tcp_session_segment *seg, const struct pkts_tcp_session *before);

/*
 * The segment begins another connection: the SYN that it answers or repeats is taken off the old one, if it
 * is kept, and then given to the new one.
 */
bool pkts_conversations_take_syn(struct pkts_conversations *c, struct arriving *a,
	const struct pkts_tcp_session_segment *seg, struct kept_syn *syn);
void pkts_conversations_give_syn(struct pkts_conversations *c, const struct arriving *a,
	const struct pkts_tcp_session_segment *seg, const struct kept_syn *syn);

void pkts_conversations_icmp(struct pkts_conversations *c, struct arriving *a);
void pkts_conversations_sctp(struct pkts_conversations *c, struct arriving *a);

/* A packet of an association that was not refused: its messages to the application Session. */
void pkts_conversations_put_messages(
	struct pkts_conversations *c, struct arriving *a, struct pkts_ref packet);

/* It has begun anew: nobody knows yet whether its messages are wanted. */
void pkts_conversations_want_messages(struct pkts_table_entry *entry);

/* The association of a packet, by its addresses or by its tag; NULL. seen->entry: what a burst has found. */
struct pkts_table_entry *pkts_conversations_sctp_find(
	struct pkts_conversations *c, struct arriving *a);

/*
 * A place for what is followed of an entry, if need be that of a conversation of which less is known,
 * which is then followed no longer. Its number; 0: there is none. All of it but the place is as it was.
 */
uint32_t pkts_conversations_take_place(struct pkts_conversations *c,
	enum pkts_conversation_kind kind, struct pkts_table_entry *entry);
void pkts_conversations_give_back_place(struct places *places, uint32_t number);

/* The end of what is followed of an entry, if anything is: what waits is handed out. */
void pkts_conversations_unfollow(struct pkts_conversations *c, enum pkts_conversation_kind kind,
	struct pkts_table_entry *entry);
void pkts_conversations_end_stream(struct pkts_conversations *c, struct pkts_table_entry *entry);
void pkts_conversations_end_association(
	struct pkts_conversations *c, struct pkts_table_entry *entry);

/* The same without handing out: nobody wants more. */
void pkts_conversations_drop_stream(struct pkts_conversations *c, struct pkts_table_entry *entry);
void pkts_conversations_drop_association(
	struct pkts_conversations *c, struct pkts_table_entry *entry);

/* Whom the messages of an application Session go to. */
struct message_ctx {
	struct pkts_conversations *c;
	struct pkts_table_entry *entry;
};
struct pkts_app_out pkts_conversations_app_out(struct message_ctx *to);

/* Lets time pass for `budget` streams from number `at` on; returns where to go on. */
uint32_t pkts_conversations_tick(struct pkts_conversations *c, uint32_t at, uint32_t budget);

/* Would begin_again() find that another connection may begin? */
bool pkts_conversations_may_begin_again(
	const struct pkts_conversations *c, const struct arriving *a);

/* The end of the old connection and the entry of the new one; NULL if it may not begin. */
struct pkts_table_entry *pkts_conversations_begin_again(
	struct pkts_conversations *c, struct arriving *a);

#endif
