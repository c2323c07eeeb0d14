/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "active.h"

bool active_is_due(
	const struct active *a, const struct pkts_table_entry *entry, uint64_t timeout_ns)
{
	const uint64_t since = a->last ? a->last : entry->first_ns;

	return entry->last_ns > since && entry->last_ns - since >= timeout_ns;
}

void active_take(struct active *a, struct pkts_flow_record *r)
{
	const struct active before = *a;

	*a = (struct active){.counts = r->counts, .last = r->last};
	for (unsigned dir = 0; dir < 2; dir++) {
		r->counts.packets[dir] -= before.counts.packets[dir];
		r->counts.bytes[dir] -= before.counts.bytes[dir];
	}
	if (before.last)
		r->first = before.last;
}
