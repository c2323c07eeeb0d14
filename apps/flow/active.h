/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Conversations that go on, and are due for a record of what was not in the one before. */
#ifndef ACTIVE_H
#define ACTIVE_H

#include "pkts_conversations.h"
#include "pkts_flow_record.h"

/* What the records of a conversation have told so far; in its room, all zero at first. */
struct active {
	struct pkts_session_counts counts;
	uint64_t last; /* the last packet of the last one; 0: there was none */
};

/* Has it gone on for so long since its last record? */
bool active_is_due(
	const struct active *a, const struct pkts_table_entry *entry, uint64_t timeout_ns);

/* Leaves in a record of all what was in none before, and notes that. */
void active_take(struct active *a, struct pkts_flow_record *r);

#endif
