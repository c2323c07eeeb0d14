/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The ways from frames to streams of bytes that bench_streams compares. */
#ifndef STREAMS_H
#define STREAMS_H

#include "conversations.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STREAMS_FLOWS 2048 /* connections at a time, for all of them */

/* What was delivered, of all connections and both directions. */
struct streams_out {
	uint64_t bytes;
	bool content;	   /* look at the bytes too: */
	uint64_t sum;	   /* of each byte times its place in its stream, counted from 1 */
	uint64_t borrowed; /* bytes handed out where they lay in the frame just put */
	uint64_t held;	   /* frames that were held, by those who say */
	unsigned flows;	   /* connections */
};

/* Each follows all the connections of a capture, from scratch. */
typedef void streams_fn(const struct conversations *c, struct streams_out *out);

/* pkts_decode(), a table of connections, pkts_tcp_seq_put_get() */
streams_fn streams_with_pkts;
/* the first two of these */
streams_fn streams_lookup;
streams_fn streams_with_nids;
streams_fn streams_with_tins;

/* Adds bytes that were delivered at that place of a stream. */
static inline void streams_deliver(
	struct streams_out *out, uint64_t at, const uint8_t *p, uint64_t n)
{
	out->bytes += n;
	for (uint64_t i = 0; out->content && i < n; i++)
		out->sum += (at + i + 1) * p[i];
}

/* 0; -ENOMEM */
int streams_pkts_init(void);
void streams_pkts_fini(void);
bool streams_nids_init(void);
void streams_nids_fini(void);

#ifdef __cplusplus
}
#endif

#endif
