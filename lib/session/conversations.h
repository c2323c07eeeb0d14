/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of conversations share. */
#ifndef CONVERSATIONS_H
#define CONVERSATIONS_H

#include "pkts_conversations.h"

/* A connection whose bytes are followed. */
struct stream {
	struct pkts_tcp_seq seq;
	struct pkts_app_session app;
	struct pkts_table_entry *entry;
	uint32_t next; /* free */
	bool app_done;
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
	struct stream *streams; /* their numbers count from 1 */
	uint32_t free_stream;	/* 0: none */
	uint32_t streams_used;	/* those behind have never been */
	uint32_t tick_at, take_at;
	uint64_t now;
	bool reusing; /* the entry that ends makes room for the next conversation of the same ends */
};

/* A packet on its way to its Session. */
struct arriving {
	const struct pkts_packet *packet;
	const struct pkts_piece *frame;
	struct pkts_session_key key;
	struct pkts_conversation_packet *seen;
	uint64_t now;
};

/* Of a layer above IP; NONE: it is not decoded. */
enum pkts_conversation_kind pkts_conversations_kind(enum pkts_proto proto);

/* The transport layer's view, of which no more is readable than the frame has. */
struct pkts_ref pkts_conversations_ref(const struct arriving *a);

/* Notes what a Session has said: counters, the conversation's events, the watch. */
void pkts_conversations_note(struct pkts_conversations *c, struct pkts_table_entry *entry,
	enum pkts_conversation_kind kind, unsigned dir, struct pkts_judgement judgement, bool app);

/* Puts an entry into its class. */
void pkts_conversations_classify(struct pkts_conversations *c, enum pkts_conversation_kind kind,
	struct pkts_table_entry *entry, enum pkts_conversation_class class);

/* A packet of an entry: judges it and goes on with it. */
void pkts_conversations_tcp(struct pkts_conversations *c, struct arriving *a);
void pkts_conversations_icmp(struct pkts_conversations *c, struct arriving *a);
void pkts_conversations_sctp(struct pkts_conversations *c, struct arriving *a);

/* The association of a packet, by its addresses or by its tag; NULL. */
struct pkts_table_entry *pkts_conversations_sctp_find(
	struct pkts_conversations *c, struct arriving *a);

/* The end of a connection: what waits is handed out. */
void pkts_conversations_end_stream(struct pkts_conversations *c, struct pkts_table_entry *entry);

/* Lets time pass for `budget` streams from number `at` on; returns where to go on. */
uint32_t pkts_conversations_tick(struct pkts_conversations *c, uint32_t at, uint32_t budget);

/* The end of the old connection and the entry of the new one; NULL if it may not begin. */
struct pkts_table_entry *pkts_conversations_begin_again(
	struct pkts_conversations *c, struct arriving *a);

#endif
