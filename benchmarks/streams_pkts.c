/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "streams.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pkts_index.h"
#include "pkts_tcp_seq.h"

#define SLOTS	    (STREAMS_FLOWS * 4)
#define BURST	    32
#define BUFFER_COST 2304 /* what an mbuf of the usual size is */

/* Both directions of a connection have the same key; the lower end comes first. */
struct key {
	uint64_t addresses;
	uint32_t ports;
	uint32_t flow; /* its number + 1; 0: the slot is free */
};

/* A frame of a burst, and its place. */
struct arrival {
	struct pkts_tcp_segment seg;
	uint64_t ns;
	struct key key;
	unsigned slot, dir;
	struct pkts_tcp_seq *seq;
};

static struct {
	struct key slots[SLOTS];
	struct pkts_tcp_seq seqs[STREAMS_FLOWS] __attribute__((aligned(64)));
	struct pkts_tcp_pool *pool;
	unsigned flows;
	uint64_t held;
} state;

static void hold(void *ctx, void *owner)
{
	(void)ctx, (void)owner;
	state.held++;
}

/* The frames are the caller's, and stay. */
static void release(void *ctx, void *owner)
{
	(void)ctx, (void)owner;
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

/* A connection, a new one if need be; NULL if there is no room. */
static struct pkts_tcp_seq *find(const struct arrival *a)
{
	for (unsigned i = a->slot;; i = (i + 1) % SLOTS) {
		struct key *const slot = &state.slots[i];
		if (slot->addresses == a->key.addresses && slot->ports == a->key.ports &&
			slot->flow)
			return &state.seqs[slot->flow - 1];
		if (slot->flow)
			continue;
		if (state.flows == STREAMS_FLOWS)
			return NULL;
		*slot = a->key;
		slot->flow = ++state.flows;
		struct pkts_tcp_seq *const seq = &state.seqs[slot->flow - 1];
		pkts_tcp_seq_init(seq, state.pool, PKTS_TCP_LINUX, PKTS_TCP_LINUX);
		return seq;
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

static void follow(const struct arrival *a, struct streams_out *to)
{
	struct pkts_tcp_out got;
	enum pkts_tcp_kind kind = pkts_tcp_seq_put_get(a->seq, a->dir, &a->seg, a->ns, &got);

	for (; kind != PKTS_TCP_SEQ_NOTHING; kind = pkts_tcp_seq_get(a->seq, a->dir, &got))
		deliver(to, kind, &got, &a->seg.piece);
	while ((kind = pkts_tcp_seq_get(a->seq, !a->dir, &got)) != PKTS_TCP_SEQ_NOTHING)
		deliver(to, kind, &got, &a->seg.piece);
}

/* False if it is no TCP. */
static bool read_frame(const struct captured *f, struct arrival *a)
{
	const struct pkts_frame frame = {f->data, f->len, f->len, f->len, 1};
	struct pkts_packet packet;

	pkts_decode(NULL, &frame, &packet);
	const struct pkts_tcp tcp = pkts_tcp(&packet);
	if (!tcp.p)
		return false;
	const struct pkts_piece data = {tcp.p + tcp.head, tcp.len - tcp.head, BUFFER_COST, f->data};
	a->seg = pkts_tcp_segment_of(tcp, data);
	a->ns = f->ns;
	a->key = key_of(pkts_ipv4(&packet), tcp, &a->dir);
	a->slot = slot_of(a->key);
	__builtin_prefetch(&state.slots[a->slot]);
	return true;
}

/* Returns how many of the frames are TCP. */
static unsigned read_burst(const struct conversations *c, unsigned first, struct arrival *burst)
{
	unsigned n = 0;

	for (unsigned i = first; i < c->n && i < first + BURST; i++) {
		conversations_fetch(c, i);
		n += read_frame(&c->frames[i], &burst[n]);
	}
	return n;
}

/* Finds the connections of all, and asks for what is known of them. */
static void find_burst(struct arrival *burst, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct pkts_tcp_seq *const seq = find(&burst[i]);
		burst[i].seq = seq;
		for (unsigned at = 0; seq && at < sizeof(*seq); at += 64)
			__builtin_prefetch((const uint8_t *)seq + at, 1);
	}
}

/* What both ways have in common; `streams` is a constant where this is inlined. */
static inline __attribute__((always_inline)) void run(
	const struct conversations *c, struct streams_out *to, bool streams)
{
	struct arrival burst[BURST];

	clear();
	for (unsigned i = 0; i < c->n; i += BURST) {
		const unsigned n = read_burst(c, i, burst);
		find_burst(burst, n);
		for (unsigned k = 0; k < n; k++) {
			if (!burst[k].seq)
				continue;
			if (streams)
				follow(&burst[k], to);
			else
				to->bytes += burst[k].seg.piece.len;
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
