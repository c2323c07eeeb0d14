/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "streams.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pkts_index.h"
#include "pkts_tcp_seq.h"

#define SLOTS	    (STREAMS_FLOWS * 4)
#define FETCH	    4
#define BUFFER_COST 2304 /* what an mbuf of the usual size is */

/* Both directions of a connection have the same key; the lower end comes first. */
struct key {
	uint64_t addresses;
	uint32_t ports;
	uint32_t flow; /* its number + 1; 0: the slot is free */
};

static struct {
	struct key slots[SLOTS];
	struct pkts_tcp_seq seqs[STREAMS_FLOWS] __attribute__((aligned(64)));
	struct pkts_tcp_pool *pool;
	unsigned flows;
	uint64_t held;
	uint32_t references; /* of all frames that are held */
} state;

static void hold(void *ctx, void *owner)
{
	(void)ctx, (void)owner;
	state.held++;
	state.references++;
}

static void release(void *ctx, void *owner)
{
	(void)ctx, (void)owner;
	state.references--;
}

static const struct pkts_tcp_conf conf = {.hold = {hold, release, NULL}};

int streams_pkts_init(void)
{
	const size_t size = pkts_tcp_pool_memsize(&conf);

	state.pool = pkts_tcp_pool_init(malloc(size), size, &conf);
	return state.pool ? 0 : -ENOMEM;
}

void streams_pkts_fini(void)
{
	free(state.pool);
}

static void clear(void)
{
	memset(state.slots, 0, sizeof(state.slots));
	state.flows = 0;
	state.held = 0;
}

/* Which end of its connection sends this: *dir 0 or 1. */
static struct key key_of(struct pkts_ipv4 ip, struct pkts_tcp tcp, unsigned *dir)
{
	const uint32_t src = pkts_ipv4_src(ip), dst = pkts_ipv4_dst(ip);
	const uint16_t sport = pkts_tcp_sport(tcp), dport = pkts_tcp_dport(tcp);
	const bool swap = src > dst || (src == dst && sport > dport);

	*dir = swap;
	return (struct key){
		.addresses = swap ? (uint64_t)dst << 32 | src : (uint64_t)src << 32 | dst,
		.ports = swap ? (uint32_t)dport << 16 | sport : (uint32_t)sport << 16 | dport};
}

static unsigned slot_of(struct key key)
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
	const uint64_t mixed = ((key.addresses * odd) ^ key.ports) * odd;

	return (unsigned)(mixed >> 40) % SLOTS;
}

/* The number of a flow, a new one if need be; STREAMS_FLOWS if there is no room. */
static unsigned find(struct key key)
{
	for (unsigned i = slot_of(key);; i = (i + 1) % SLOTS) {
		struct key *const slot = &state.slots[i];
		if (slot->addresses == key.addresses && slot->ports == key.ports && slot->flow)
			return slot->flow - 1;
		if (slot->flow)
			continue;
		if (state.flows == STREAMS_FLOWS)
			return STREAMS_FLOWS;
		key.flow = ++state.flows;
		*slot = key;
		pkts_tcp_seq_init(
			&state.seqs[key.flow - 1], state.pool, PKTS_TCP_LINUX, PKTS_TCP_LINUX);
		return key.flow - 1;
	}
}

static void deliver(struct streams_out *to, enum pkts_tcp_kind kind, const struct pkts_tcp_out *got,
	const struct pkts_piece *piece)
{
	if (kind != PKTS_TCP_SEQ_DATA)
		return;
	to->borrowed += got->p == piece->p ? got->len : 0;
	streams_deliver(to, got->offset, got->p, got->len);
}

static void follow(struct pkts_tcp_seq *s, unsigned dir, const struct pkts_tcp_segment *seg,
	uint64_t now, struct streams_out *to)
{
	struct pkts_tcp_out got;
	enum pkts_tcp_kind kind = pkts_tcp_seq_put_get(s, dir, seg, now, &got);

	for (; kind != PKTS_TCP_SEQ_NOTHING; kind = pkts_tcp_seq_get(s, dir, &got))
		deliver(to, kind, &got, &seg->piece);
	while ((kind = pkts_tcp_seq_get(s, !dir, &got)) != PKTS_TCP_SEQ_NOTHING)
		deliver(to, kind, &got, &seg->piece);
}

/* What both ways have in common; `streams` is a constant where this is inlined. */
static inline __attribute__((always_inline)) void run(
	const struct conversations *c, struct streams_out *to, bool streams)
{
	struct pkts_packet packet;

	clear();
	for (unsigned i = 0; i < c->n; i++) {
		const struct captured *const f = &c->frames[i];
		const struct pkts_frame frame = {f->data, f->len, f->len, f->len, 1};
		__builtin_prefetch(c->frames[PKTS_MIN(i + FETCH, c->n - 1)].data);
		pkts_decode(NULL, &frame, &packet);
		const struct pkts_tcp tcp = pkts_tcp(&packet);
		if (!tcp.p)
			continue;
		unsigned dir;
		const unsigned flow = find(key_of(pkts_ipv4(&packet), tcp, &dir));
		if (flow == STREAMS_FLOWS)
			continue;
		const struct pkts_piece piece = {
			tcp.p + tcp.head, tcp.len - tcp.head, BUFFER_COST, f->data};
		if (streams) {
			const struct pkts_tcp_segment seg = pkts_tcp_segment_of(tcp, piece);
			follow(&state.seqs[flow], dir, &seg, f->ns, to);
		} else {
			to->bytes += piece.len;
		}
	}
	for (unsigned i = 0; streams && i < state.flows; i++)
		pkts_tcp_seq_fini(&state.seqs[i]);
	to->flows = state.flows;
	to->held = state.held;
}

void streams_with_pkts(const struct conversations *c, struct streams_out *out)
{
	run(c, out, true);
}

void streams_lookup(const struct conversations *c, struct streams_out *out)
{
	run(c, out, false);
}
