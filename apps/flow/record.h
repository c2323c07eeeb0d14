/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the table has of a conversation, as the record that is written of it. */
#ifndef RECORD_H
#define RECORD_H

#include "pkts_conversations.h"
#include "pkts_flow_record.h"

/* A record with all that it points to; borrowed from itself, so do not copy it. */
struct record {
	struct pkts_flow_record flow;
	char history[PKTS_TCP_HISTORY_MAX];
};

/* now: when it is written. reason: why. Without a community id, which takes longer than all the rest. */
void record_fill(struct record *r, const struct pkts_conversations *c,
	enum pkts_conversation_kind kind, struct pkts_table_entry *entry,
	enum pkts_flow_reason reason, uint64_t now);

/* NULL: not known. */
const char *record_app_proto(enum pkts_conversation_kind kind, struct pkts_table_entry *entry);

/* Only who talks to whom; dir: whose packet it is, and so whose address is src. */
void record_tuple(struct pkts_flow_tuple *t, const struct pkts_table_entry *entry, unsigned dir);

/*
 * The same of a packet that belongs to no conversation, as far as can be read: the addresses of its
 * innermost IP layer, and no ports.
 */
void record_addresses(struct pkts_flow_tuple *t, const struct pkts_packet *packet);

#endif
