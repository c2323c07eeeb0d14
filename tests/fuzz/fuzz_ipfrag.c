/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Input is a program: limits, then steps of 5 bytes (put a fragment, let time pass, fetch, free, start
 * over under another policy). It runs on the table and on a model that looks at every byte; verdicts,
 * bytes, counters and what is held have to be the same after each step.
 */
#include <string.h>

#include "fragments.h"
#include "input.h"
#include "model.h"

#define HEAD	8
#define STEP	5
#define KEYS	8
#define SLOTS	8 /* at most as many datagrams: two buckets never overflow */
#define OUTS	3
#define TIMEOUT 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum where { NOWHERE, UNDER_WAY, GIVEN_UP, COMPLETE, FETCHED };

/* A datagram as the model has it. */
struct slot {
	enum where where;
	unsigned key;
	uint64_t since, order; /* order: when it came to where it is */
	struct model m;
};

static struct slot slots[SLOTS];
static struct pkts_ipfrag_conf conf;
static struct fixture x;
static struct made m;
static uint64_t order, evicted, timed_out;
static uint64_t extra; /* references, for pieces that share an owner or were lent */

struct out {
	struct slot *slot;
	struct pkts_datagram d;
};
static struct out outs[OUTS];

/* the model of the table */

static void move(struct slot *s, enum where where)
{
	s->where = where;
	s->order = ++order;
}

static struct slot *oldest(enum where where, const struct slot *spared)
{
	struct slot *found = NULL;

	for (unsigned i = 0; i < SLOTS; i++)
		if (slots[i].where == where && &slots[i] != spared &&
			(!found || slots[i].order < found->order))
			found = &slots[i];
	return found;
}

static unsigned in_use(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SLOTS; i++)
		n += slots[i].where != NOWHERE;
	return n;
}

static bool has_pieces(const struct slot *s)
{
	return s->where != NOWHERE && s->where != GIVEN_UP;
}

static uint32_t all_held(uint64_t *bytes)
{
	uint32_t n = 0;

	*bytes = 0;
	for (unsigned i = 0; i < SLOTS; i++)
		if (has_pieces(&slots[i])) {
			uint64_t cost;
			n += model_held(&slots[i].m, &cost);
			*bytes += cost;
		}
	return n;
}

static uint32_t all_ranges(void)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < SLOTS; i++)
		if (has_pieces(&slots[i]))
			n += model_ranges(&slots[i].m);
	return n;
}

static bool evict(const struct slot *spared)
{
	struct slot *s = oldest(UNDER_WAY, spared);

	if (!s)
		s = oldest(COMPLETE, spared);
	if (!s)
		return false;
	s->where = NOWHERE;
	evicted++;
	return true;
}

static struct slot *open_slot(unsigned key, enum where where)
{
	if (in_use() == conf.max_datagrams) {
		struct slot *const dead = oldest(GIVEN_UP, NULL);
		if (dead)
			dead->where = NOWHERE;
		else if (!evict(NULL))
			return NULL;
	}
	for (unsigned i = 0;; i++)
		if (slots[i].where == NOWHERE) {
			slots[i].key = key;
			slots[i].since = x.now;
			move(&slots[i], where);
			model_clear(&slots[i].m, key & 1 ? conf.policy6 : conf.policy4);
			return &slots[i];
		}
}

static struct slot *find_slot(unsigned key)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (slots[i].key == key &&
			(slots[i].where == UNDER_WAY || slots[i].where == GIVEN_UP))
			return &slots[i];
	return NULL;
}

static enum pkts_ipfrag_verdict kill(struct slot *s)
{
	s->since = x.now;
	move(s, GIVEN_UP);
	return PKTS_IPFRAG_DROPPED;
}

static bool owns_any(const struct model *of, uint32_t piece)
{
	for (uint32_t at = 0; at < MODEL_LINE; at++)
		if (of->owner[at] == piece)
			return true;
	return false;
}

/* What a datagram has after an arrival is within the limits, or others have made room. */
static bool fits(const struct slot *s)
{
	uint64_t bytes;
	const uint32_t n = model_held(&s->m, &bytes);
	uint64_t all;

	if (n > conf.max_fragments_each || n > conf.max_fragments)
		return false;
	while (all_held(&all) > conf.max_fragments)
		if (!evict(s))
			return false;
	if (bytes > conf.max_bytes)
		return false;
	while (all_held(&all), all > conf.max_bytes)
		if (!evict(s))
			return false;
	return true;
}

static bool let_in(struct slot *s, struct model_piece piece)
{
	model_enter(&s->m, piece);
	if (s->m.overlaps > conf.max_overlaps)
		return false;
	return !owns_any(&s->m, s->m.n - 1) || fits(s);
}

static enum pkts_ipfrag_verdict model_put(unsigned key, struct model_piece piece, bool more)
{
	struct slot *s = find_slot(key);

	if (!s)
		s = open_slot(key, UNDER_WAY);
	if (!s || s->where == GIVEN_UP)
		return PKTS_IPFRAG_DROPPED;
	switch (model_look(&s->m, piece.start, piece.end, more)) {
	case MODEL_BEYOND:
		return PKTS_IPFRAG_DROPPED;
	case MODEL_OVERLAP:
		return kill(s);
	case MODEL_ENTER:
		if (!let_in(s, piece))
			return kill(s);
		break;
	default:
		break;
	}
	if (!model_complete(&s->m))
		return PKTS_IPFRAG_HELD;
	move(s, COMPLETE);
	return PKTS_IPFRAG_READY;
}

static void model_expire(void)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		struct slot *const s = &slots[i];
		if ((s->where != UNDER_WAY && s->where != GIVEN_UP) || x.now < s->since + TIMEOUT)
			continue;
		timed_out += s->where == UNDER_WAY;
		s->where = NOWHERE;
	}
}

/* both */

/* A byte of a fragment: its label's, or what all fragments have there. */
static uint8_t byte_of(uint32_t label, uint32_t at)
{
	return (uint8_t)(label ? label + at * 13 : at * 7 + at / 256);
}

static void demand_bytes(const struct model *model, const uint8_t *p)
{
	for (uint32_t at = 0; at < model->total; at++) {
		DEMAND(model->owner[at] != MODEL_NOBODY);
		DEMAND(p[at] == byte_of(model->pieces[model->owner[at]].tag, at));
	}
}

/* A whole packet: header that decodes, and the model's bytes. */
static void demand_datagram(const struct slot *s, const struct pkts_datagram *d)
{
	static uint8_t to[MODEL_LINE + 400];
	const int n = pkts_datagram_copy(d, to, sizeof(to));
	struct pkts_packet packet;
	uint64_t cost;

	DEMAND(d->len == s->m.total && d->family == (s->key & 1 ? 6 : 4));
	DEMAND(n > (int)d->len && d->fragments == model_held(&s->m, &cost));
	demand_bytes(&s->m, to + n - d->len);
	const struct pkts_frame f = {
		to, (uint32_t)n, (uint32_t)n, (uint32_t)n, s->key & 1 ? 229 : 228};
	pkts_decode(NULL, &f, &packet);
	DEMAND(packet.n >= 1 && packet.layers[0].len == (uint32_t)n);
	DEMAND(packet.layers[0].reason == PKTS_REASON_NONE &&
		!(packet.flags & PKTS_PACKET_FRAGMENT));
}

static void demand_same_state(void)
{
	const struct pkts_ipfrag_stats s = pkts_ipfrag_stats(x.f);
	uint64_t bytes;
	const uint32_t n = all_held(&bytes);
	unsigned waiting = 0;

	for (unsigned i = 0; i < SLOTS; i++)
		waiting += slots[i].where == COMPLETE;
	DEMAND(s.held - s.released == n && s.bytes == bytes && s.contexts == in_use());
	DEMAND(s.waiting == waiting && s.bytes <= conf.max_bytes && n <= conf.max_fragments);
	DEMAND(all_ranges() < 2 * n + !n);
	DEMAND(x.buffers == (long)n && x.holds == s.held + extra &&
		x.releases == s.released + extra);
	DEMAND(s.events[PKTS_SEQ_EVICTED] == evicted && s.events[PKTS_SEQ_TIMEOUT] == timed_out);
}

static void put_step(const uint8_t *p)
{
	static uint8_t content[256];
	const unsigned key = p[1] % KEYS;
	const uint32_t label = p[4] >> 4 & 1 ? 0 : p[4] | 1;
	struct piece_spec s = {.family = key & 1 ? 6 : 4,
		.id = 1 + key / 2,
		.len = p[3],
		.off = p[2] % 64 * 8u,
		.last = p[4] & 1,
		.data = content};

	if (p[4] >> 3 & 1)
		s.len = s.len / 8 * 8;
	if (p[4] == 0xe0)
		s.off = 65528;
	if (p[4] >> 5 & 1)
		s.options = 8;
	x.cost = 64 + (p[4] >> 1 & 3) * 500u;
	const struct model_piece piece = {s.off, s.off + s.len, x.cost, label};
	for (uint32_t i = 0; i < s.len; i++)
		content[i] = byte_of(label, s.off + i);
	made_piece(&m, &s);
	const enum pkts_ipfrag_verdict v = fixture_put(&x, &m);
	if (s.off == 0 && s.last)
		DEMAND(v == PKTS_IPFRAG_PASS);
	else if (s.len == 0 || (!s.last && s.len % 8) || s.off + s.len > 65515)
		DEMAND(v == PKTS_IPFRAG_DROPPED);
	else
		DEMAND(v == model_put(key, piece, !s.last));
}

static void fetch_step(unsigned i)
{
	struct out *const o = &outs[i % OUTS];
	struct slot *const s = oldest(COMPLETE, NULL);

	if (o->slot)
		return;
	DEMAND(pkts_ipfrag_get(x.f, &o->d) == (s != NULL));
	o->slot = s;
	if (!s)
		return;
	move(s, FETCHED);
	demand_datagram(s, &o->d);
}

/* Takes all pieces, or some and frees the rest: the bytes are the same. */
static void take_pieces(struct out *o, uint32_t each, uint32_t most)
{
	static uint8_t whole[MODEL_LINE + 400], taken[MODEL_LINE + 400];
	const uint32_t len = o->d.len;
	const int n = pkts_datagram_copy(&o->d, whole, sizeof(whole));
	const uint64_t before = x.holds;
	uint32_t pieces;

	const uint32_t bytes = fixture_take(&x, &o->d, each, most, taken, &pieces);
	extra += x.holds - before;
	DEMAND(bytes <= len && (bytes == len || pieces == most));
	DEMAND(memcmp(whole + n - len, taken, bytes) == 0);
}

static void free_step(const uint8_t *p)
{
	struct out *const o = &outs[p[1] % OUTS];

	if (!o->slot)
		return;
	demand_datagram(o->slot, &o->d);
	if (p[2] & 1)
		take_pieces(o, 1 + (p[2] >> 1) % 8, p[3] & 1 ? FIXTURE_PIECES : p[3] >> 1);
	else
		pkts_ipfrag_free(x.f, &o->d);
	o->slot->where = NOWHERE;
	o->slot = NULL;
}

/* A packet that is no fragment: lent, or behind those that wait. */
static void whole_step(const uint8_t *p)
{
	const struct piece_spec whole = {.family = p[1] & 1 ? 6 : 4, .len = p[3], .last = true};
	struct slot *const waiting = oldest(COMPLETE, NULL);
	struct out *const o = &outs[p[2] % OUTS];

	if (o->slot)
		return;
	x.cost = 100;
	made_piece(&m, &whole);
	struct buffer *const b = buffer_new(&x, &m);
	const enum pkts_ipfrag_verdict v =
		pkts_ipfrag_put_get(x.f, &b->packet, b->packet.n - 1u, &b->piece, x.now, &o->d);
	if (waiting) {
		struct slot *const s = open_slot(p[1] & 1, COMPLETE);
		if (s) {
			s->m.total = whole.len;
			model_enter(&s->m, (struct model_piece){0, whole.len + !whole.len, 100, 0});
			if (!fits(s))
				s->where = NOWHERE;
		}
		o->slot = oldest(COMPLETE, NULL);
		DEMAND((v == PKTS_IPFRAG_READY) == (o->slot != NULL));
		if (o->slot) {
			move(o->slot, FETCHED);
			if (o->slot->m.total)
				demand_datagram(o->slot, &o->d);
		}
	} else {
		DEMAND(v == PKTS_IPFRAG_READY && o->d.len == whole.len &&
			o->d.whole.p == b->piece.p);
		if (p[4] & 1)
			take_pieces(o, 1, 1 + (p[4] >> 1) % 2);
		else
			pkts_ipfrag_free(x.f, &o->d);
	}
	buffer_unref(b);
}

static void begin(void)
{
	memset(slots, 0, sizeof(slots));
	memset(outs, 0, sizeof(outs));
	order = evicted = timed_out = extra = 0;
	fixture_begin(&x, conf);
}

static void start_over(const uint8_t *p)
{
	DEMAND(fixture_end(&x));
	conf.policy4 = (enum pkts_ip_policy)(p[1] % PKTS_IP_POLICY_MAX);
	conf.policy6 = (enum pkts_ip_policy)(p[2] % PKTS_IP_POLICY_MAX);
	begin();
}

static void step(const uint8_t *p)
{
	switch (p[0] % 16) {
	case 0:
		fetch_step(p[1]);
		break;
	case 1:
		free_step(p);
		break;
	case 2:
		x.now += p[1] * 8u;
		pkts_ipfrag_expire(x.f, x.now);
		model_expire();
		break;
	case 3:
		whole_step(p);
		break;
	case 4:
		if (p[3] == 0)
			start_over(p);
		break;
	default:
		put_step(p);
		break;
	}
	demand_same_state();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < HEAD || size > HEAD + STEP * 400)
		return 0;
	conf = (struct pkts_ipfrag_conf){
		.policy4 = (enum pkts_ip_policy)(data[0] % PKTS_IP_POLICY_MAX),
		.policy6 = (enum pkts_ip_policy)(data[1] % PKTS_IP_POLICY_MAX),
		.max_datagrams = 1 + data[2] % SLOTS,
		.max_fragments = 1 + data[3] % 64,
		.max_fragments_each = 1 + data[4] % 64,
		.max_overlaps = 1 + data[5],
		.max_bytes = 100 * (1 + data[6]),
		.timeout_ns = TIMEOUT,
	};
	begin();
	for (size_t at = HEAD; at + STEP <= size; at += STEP)
		step(data + at);
	DEMAND(fixture_end(&x));
	return 0;
}
