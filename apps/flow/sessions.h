/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Conversations of a run: followed, and written down when they end. */
#ifndef SESSIONS_H
#define SESSIONS_H

#include "flow_options.h"
#include "pkts_error.h"
#include "pkts_mbuf_conversations.h"

struct sessions;

struct sessions_stats {
	uint64_t flows, invalid, suspect;
	uint64_t evicted, refused, min_ttl, no_stream, malformed;
	uint64_t gaps,
		conflicts;     /* of streams: bytes that never came; that came twice, and differ */
	uint64_t lost_records; /* that the collector did not take: of those that are known */
	bool lost;	       /* the collector did not take all, */
	int why;	       /* a negative errno value; 0: nothing is known of that */
};

/* Memory that sessions_create() will take from DPDK's heap, in MiB. */
uint32_t sessions_memory_mb(const struct flow_options *o);

/* bytes: memory for segments that wait. NULL, and err says why. */
struct sessions *sessions_create(
	const struct flow_options *o, uint64_t bytes, struct pkts_error *err);

/*
 * Packets that are whole; m[i] may be another mbuf afterwards, and stays the caller's. numbers: what each
 * of them is in the capture, from 1.
 */
void sessions_put(struct sessions *s, struct rte_mbuf **m, struct pkts_packet *packets,
	uint64_t *numbers, unsigned n);

/*
 * What the table of fragments noticed in the packet `number` of the capture, which came at `now`; layer i
 * of it is the fragment.
 */
struct sessions_fragment {
	const struct pkts_packet *packet;
	unsigned i;
	uint64_t events, number, now;
};
void sessions_note_fragment(struct sessions *s, const struct sessions_fragment *f);

/* Lets time pass; now_ns 0: no further than the packets say. */
void sessions_tick(struct sessions *s, uint64_t now_ns);

/* Nothing comes: whoever reads standard output gets what there is. */
void sessions_idle(struct sessions *s);

/* True if nobody can read standard output any more. */
bool sessions_broken(const struct sessions *s);

/* Ends all conversations: what they were is written. */
void sessions_flush(struct sessions *s);

struct sessions_stats sessions_stats(const struct sessions *s);

/* Closes standard output. 0; -EIO if not all could be written, and the user knows. NULL is fine. */
int sessions_close(struct sessions *s);

#endif
