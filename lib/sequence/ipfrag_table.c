/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Where datagrams are found, in which order they go, and who lets go of their fragments. */
#include "ipfrag.h"

#define REACH (2 * BUCKET) /* places that a key can have */

static struct context *context_of(struct pkts_ipfrag *f, uint32_t id)
{
	return id == NONE ? NULL : &f->contexts[id];
}

void pkts_ipfrag_raise(struct pkts_ipfrag *f, enum pkts_seq_event event)
{
	f->raised |= UINT64_C(1) << event;
	f->stats.events[event]++;
}

/* lists */

/* The one that is in no list gets into its own, in which it is the last. */
void pkts_ipfrag_list_last(struct pkts_ipfrag *f)
{
	struct context *const c = f->unlisted;

	if (!c)
		return;
	struct list *const list = &f->lists[c->state];
	struct context *const last = context_of(f, list->tail);
	f->unlisted = NULL;
	c->prev = list->tail;
	c->next = NONE;
	*(last ? &last->next : &list->head) = c->id;
	list->tail = c->id;
	list->n++;
}

static struct context *oldest(struct pkts_ipfrag *f, enum state state)
{
	pkts_ipfrag_list_last(f);
	return context_of(f, f->lists[state].head);
}

static void unlink_context(struct pkts_ipfrag *f, struct context *c)
{
	if (c == f->unlisted) {
		f->unlisted = NULL;
		return;
	}
	struct list *const list = &f->lists[c->state];
	struct context *const prev = context_of(f, c->prev), *const next = context_of(f, c->next);
	*(prev ? &prev->next : &list->head) = c->next;
	*(next ? &next->prev : &list->tail) = c->prev;
	list->n--;
}

static void relist(struct pkts_ipfrag *f, struct context *c, enum state to)
{
	if (PKTS_UNLIKELY(c != f->unlisted)) {
		unlink_context(f, c);
		pkts_ipfrag_append(f, c, to);
	}
	c->state = (uint8_t)to;
}

void pkts_ipfrag_move(struct pkts_ipfrag *f, struct context *c, enum state to)
{
	relist(f, c, to);
	pkts_ipfrag_note_time(f, c);
}

/* buckets */

/* Of a hash's two places; they may be the same. */
static struct bucket *bucket_of(const struct pkts_ipfrag *f, uint64_t hash, unsigned which)
{
	return &f->buckets[(which ? hash >> 24 : hash) & f->bucket_mask];
}

static uint8_t tag_of(uint64_t hash)
{
	return (uint8_t)(hash >> 56);
}

static bool same_key(const struct key *a, const struct key *b)
{
	uint64_t differ = a->n ^ b->n;

	for (uint32_t i = 0; differ == 0 && i < a->n / 8; i++)
		differ = a->words[i] ^ b->words[i];
	return differ == 0;
}

/* A bit in each byte that is zero; now and then in the one behind it, too. */
static uint64_t zero_bytes(uint64_t v)
{
	return (v - ~UINT64_C(0) / 255) & ~v & ~UINT64_C(0) / 255 * 128;
}

static struct context *find_in(
	struct pkts_ipfrag *f, const struct bucket *b, const struct key *key, uint8_t tag)
{
	uint64_t hits = zero_bytes(b->tags ^ ~UINT64_C(0) / 255 * tag);

	for (; hits; hits &= hits - 1) {
		const uint32_t id = b->context[__builtin_ctzll(hits) / 8];
		if (id != NONE && same_key(&f->contexts[id].key, key))
			return &f->contexts[id];
	}
	return NULL;
}

static void forget_key(struct pkts_ipfrag *f, const struct context *c)
{
	f->keys--;
	if (c->place == NONE)
		return;
	struct bucket *const b = &f->buckets[c->place / BUCKET];
	b->context[c->place % BUCKET] = NONE;
	b->n--;
}

static void learn_key(struct pkts_ipfrag *f, struct context *c, uint64_t hash)
{
	struct bucket *b = bucket_of(f, hash, 0), *const other = bucket_of(f, hash, 1);
	unsigned i = 0;

	if (other->n < b->n)
		b = other;
	while (b->context[i] != NONE)
		i++;
	b->context[i] = c->id;
	b->tags &= ~(UINT64_C(0xff) << i * 8);
	b->tags |= (uint64_t)tag_of(hash) << i * 8;
	b->n++;
	c->place = (uint32_t)(b - f->buckets) * BUCKET + i;
}

/* The oldest of those in both buckets of a hash; NULL if a place is free. */
static struct context *in_the_way(struct pkts_ipfrag *f, uint64_t hash)
{
	struct context *oldest = NULL;

	if (bucket_of(f, hash, 0)->n < BUCKET || bucket_of(f, hash, 1)->n < BUCKET)
		return NULL;
	for (unsigned i = 0; i < REACH; i++) {
		const uint32_t id = bucket_of(f, hash, i / BUCKET)->context[i % BUCKET];
		if (!oldest || f->contexts[id].since < oldest->since)
			oldest = &f->contexts[id];
	}
	return oldest;
}

/* fragments */

static void free_arrival(struct pkts_ipfrag *f, uint32_t id)
{
	f->arrivals[id].next = f->free_arrival;
	f->free_arrival = id;
}

void pkts_ipfrag_let_go(struct pkts_ipfrag *f, struct context *c, uint32_t id)
{
	const struct arrival *const a = &f->arrivals[id];

	f->bytes -= a->piece.cost;
	f->stats.released++;
	if (c) {
		c->bytes -= a->piece.cost;
		c->fragments--;
	}
	free_arrival(f, id);
}

void pkts_ipfrag_drop(struct pkts_ipfrag *f, struct context *c, uint32_t id)
{
	const struct arrival *const a = &f->arrivals[id];

	if (!a->held) {
		free_arrival(f, id);
		return;
	}
	f->hold.release(f->hold.ctx, a->piece.owner);
	pkts_ipfrag_let_go(f, c, id);
}

static bool too_long(const struct pkts_ipfrag *f, uint64_t bytes, uint32_t cost)
{
	return bytes + cost > f->max_bytes;
}

bool pkts_ipfrag_make_room(
	struct pkts_ipfrag *f, struct context *c, uint32_t cost, enum pkts_seq_event *limit)
{
	const uint32_t fragments = c->fragments + 1;

	/* What a datagram cannot have alone costs no other its place. */
	*limit = PKTS_SEQ_LIMIT_PIECES;
	if (fragments > f->max_fragments_each || fragments > f->max_fragments)
		return false;
	while (f->free_arrival == NONE)
		if (!pkts_ipfrag_evict(f, c))
			return false;
	*limit = PKTS_SEQ_LIMIT_BYTES;
	if (too_long(f, c->bytes, cost))
		return false;
	while (too_long(f, f->bytes, cost))
		if (!pkts_ipfrag_evict(f, c))
			return false;
	return true;
}

/* datagrams */

void pkts_ipfrag_lose_range(void *letting_go, uint32_t arrival)
{
	const struct letting_go *const l = letting_go;

	if (--l->f->arrivals[arrival].ranges == 0 && l->f->arrivals[arrival].held)
		pkts_ipfrag_drop(l->f, l->c, arrival);
}

static void release_waiting(struct pkts_ipfrag *f, struct context *c)
{
	while (c->waiting != NONE) {
		const uint32_t id = pkts_ipfrag_take_waiting(f, c);
		pkts_ipfrag_drop(f, c, id);
	}
}

static void release_chain(struct pkts_ipfrag *f, struct context *c)
{
	for (uint32_t id = c->first; id != NONE; id = f->arrivals[id].next)
		f->hold.release(f->hold.ctx, f->arrivals[id].piece.owner);
	pkts_ipfrag_free_chain(f, c);
}

static __attribute__((noinline)) void release_ranges(struct pkts_ipfrag *f, struct context *c)
{
	struct letting_go l = {f, c};
	const struct pkts_ranges_watch watch = {.less = pkts_ipfrag_lose_range, .ctx = &l};

	if (c->ranges.root != PKTS_RANGE_NONE)
		pkts_ranges_drop(&f->pool, &c->ranges, &watch);
}

PKTS_INLINE void release_all(struct pkts_ipfrag *f, struct context *c)
{
	if (c->first != NONE)
		release_chain(f, c);
	if (PKTS_UNLIKELY(c->scattered))
		release_ranges(f, c);
	if (PKTS_UNLIKELY(f->virtual_mode))
		release_waiting(f, c);
}

uint32_t pkts_ipfrag_take_waiting(struct pkts_ipfrag *f, struct context *c)
{
	struct arrival *const last = &f->arrivals[c->waiting];
	const uint32_t first = last->next;

	if (first == c->waiting)
		c->waiting = NONE;
	else
		last->next = f->arrivals[first].next;
	return first;
}

static bool has_key(const struct context *c)
{
	return c->state == LIVE || c->state == STAMPED || c->state == DEAD;
}

void pkts_ipfrag_close_out(struct pkts_ipfrag *f, struct context *c)
{
	release_all(f, c);
	c->state = FREE;
	c->next = f->free_context;
	f->free_context = c->id;
	f->stats.contexts--;
}

void pkts_ipfrag_close(struct pkts_ipfrag *f, struct context *c)
{
	if (has_key(c))
		forget_key(f, c);
	if (c->state != OUT)
		unlink_context(f, c);
	pkts_ipfrag_close_out(f, c);
}

void pkts_ipfrag_give_up(
	struct pkts_ipfrag *f, struct context *c, enum pkts_seq_event event, uint64_t now)
{
	pkts_ipfrag_raise(f, event);
	release_all(f, c);
	c->since = now;
	pkts_ipfrag_move(f, c, DEAD);
}

void pkts_ipfrag_finish(struct pkts_ipfrag *f, struct context *c)
{
	forget_key(f, c);
	relist(f, c, READY);
	f->stats.datagrams++;
}

/* Not as a part of what a compiler reads at once, and that was written in parts just now. */
static uint32_t alone(const uint32_t *p)
{
	return *(const volatile uint32_t *)p;
}

static struct context *oldest_ready(struct pkts_ipfrag *f)
{
	if (f->lists[READY].n == 0)
		return pkts_ipfrag_ready(f) ? f->unlisted : NULL;
	return oldest(f, READY);
}

bool pkts_ipfrag_get(struct pkts_ipfrag *f, struct pkts_datagram *d)
{
	struct context *const c = oldest_ready(f);

	if (!c)
		return false;
	const struct arrival *const first = pkts_ipfrag_first(f, c);
	d->family = c->family;
	d->protocol = first->protocol;
	d->frag_at = first->frag_at;
	d->next_at = first->next_at;
	d->len = alone(&c->total);
	d->fragments = alone(&c->fragments);
	d->first_ns = c->since;
	d->last_ns = c->last_ns;
	d->events = c->noticed ? c->events : 0;
	d->header = (struct pkts_span){first->header, first->header_len};
	d->table = f;
	d->context = c->id;
	unlink_context(f, c);
	c->state = OUT;
	c->next = c->first;
	return true;
}

void pkts_ipfrag_free(struct pkts_ipfrag *f, struct pkts_datagram *d)
{
	if (d->context != NONE)
		pkts_ipfrag_close_out(f, &f->contexts[d->context]);
	d->context = NONE;
	d->len = d->whole.len = 0;
}

/* Closes a datagram whose place is needed. Of those given up nothing is lost any more. */
static void throw_out(struct pkts_ipfrag *f, struct context *c)
{
	if (c->state != DEAD)
		pkts_ipfrag_raise(f, PKTS_SEQ_EVICTED);
	pkts_ipfrag_close(f, c);
}

bool pkts_ipfrag_evict(struct pkts_ipfrag *f, const struct context *spared)
{
	static const enum state order[] = {LIVE, READY};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(order); i++) {
		struct context *c = oldest(f, order[i]);
		if (c && c == spared)
			c = context_of(f, c->next);
		if (c) {
			throw_out(f, c);
			return true;
		}
	}
	return false;
}

/* The one that is missed least: given up, unused for longest, complete but not fetched. */
static struct context *least_missed(struct pkts_ipfrag *f)
{
	struct context *const dead = oldest(f, DEAD);
	struct context *const live = oldest(f, LIVE);
	struct context *const stamped = oldest(f, STAMPED);

	if (dead)
		return dead;
	if (live && (!stamped || live->since <= stamped->since))
		return live;
	return stamped ? stamped : oldest(f, READY);
}

/* Is there a free one, or can there be? */
static bool make_place(struct pkts_ipfrag *f)
{
	if (f->free_context != NONE)
		return true;
	struct context *const c = least_missed(f);
	if (c)
		throw_out(f, c);
	return c;
}

static void copy_key(struct key *to, const struct key *from)
{
	to->n = from->n;
	for (uint32_t i = 0; i < from->n / 8; i++)
		to->words[i] = from->words[i];
}

struct context *pkts_ipfrag_open_ready(
	struct pkts_ipfrag *f, const struct fragment *frag, uint64_t now)
{
	if (!make_place(f))
		return NULL;
	struct context *const c = pkts_ipfrag_take(f, frag->family, frag->addresses, now);
	pkts_ipfrag_append(f, c, READY);
	return c;
}

static struct context *open_context(struct pkts_ipfrag *f, const struct key *key, unsigned family,
	const uint8_t *addresses, uint64_t now)
{
	if (!make_place(f))
		return NULL;
	struct context *const next = &f->contexts[f->free_context];
	if (key != &next->key) /* it would be, unless others were closed on the way here */
		copy_key(&next->key, key);
	return pkts_ipfrag_open(f, family, addresses, now);
}

static void time_out(struct pkts_ipfrag *f, struct context *c)
{
	if (c->state == LIVE)
		pkts_ipfrag_raise(f, PKTS_SEQ_TIMEOUT);
	pkts_ipfrag_close(f, c);
}

static struct context *unless_over(struct pkts_ipfrag *f, struct context *c, uint64_t now)
{
	if (pkts_ipfrag_is_over(f, c, now)) {
		time_out(f, c);
		return NULL;
	}
	f->latest = c;
	return c;
}

static uint64_t hash_of(const struct pkts_ipfrag *f, const struct key *key)
{
	return pkts_siphash13(&f->key, key->bytes, key->n);
}

static struct context *latest(struct pkts_ipfrag *f, const struct key *key, uint64_t now)
{
	struct context *const c = f->latest;
	return has_key(c) && same_key(&c->key, key) ? unless_over(f, c, now) : NULL;
}

static struct context *find(
	struct pkts_ipfrag *f, const struct key *key, uint64_t hash, uint64_t now)
{
	const struct bucket *const other = bucket_of(f, hash, 1);

	__builtin_prefetch(other);
	struct context *c = find_in(f, bucket_of(f, hash, 0), key, tag_of(hash));
	if (!c)
		c = find_in(f, other, key, tag_of(hash));
	return c ? unless_over(f, c, now) : NULL;
}

/* The only key so far gets its place, now that there will be others. */
static void learn_latest(struct pkts_ipfrag *f)
{
	if (f->latest->place == NONE && has_key(f->latest))
		learn_key(f, f->latest, hash_of(f, &f->latest->key));
}

static struct context *find_or_open(struct pkts_ipfrag *f, const struct key *key, unsigned family,
	const uint8_t *addresses, uint64_t now)
{
	if (f->keys == 0)
		return open_context(f, key, family, addresses, now);
	learn_latest(f);
	const uint64_t hash = hash_of(f, key);
	struct context *c = find(f, key, hash, now);
	if (c)
		return c;
	struct context *const obstacle = in_the_way(f, hash);
	if (obstacle)
		throw_out(f, obstacle);
	c = open_context(f, key, family, addresses, now);
	if (c)
		learn_key(f, c, hash);
	return c;
}

struct context *pkts_ipfrag_find_or_open_key(struct pkts_ipfrag *f, const struct key *key,
	unsigned family, const uint8_t *addresses, uint64_t now)
{
	struct context *const c = find_or_open(f, key, family, addresses, now);

	if (PKTS_UNLIKELY(!c))
		pkts_ipfrag_raise(f, PKTS_SEQ_LIMIT_PIECES);
	return c;
}

struct context *pkts_ipfrag_find_or_open(struct pkts_ipfrag *f, const struct fragment *frag,
	const struct pkts_packet *packet, uint64_t now)
{
	struct key *const key = pkts_ipfrag_key_place(f);

	if (!pkts_ipfrag_key(key, frag, packet, f->domain)) {
		pkts_ipfrag_raise(f, PKTS_SEQ_FRAG_NESTED);
		return NULL;
	}
	struct context *const c = latest(f, key, now);
	return c ? c : pkts_ipfrag_find_or_open_key(f, key, frag->family, frag->addresses, now);
}

static uint32_t reap_list(struct pkts_ipfrag *f, enum state state, uint64_t now, uint32_t most)
{
	uint32_t n = 0;

	for (; n < most; n++) {
		struct context *const c = oldest(f, state);
		if (!c || !pkts_ipfrag_is_over(f, c, now))
			break;
		time_out(f, c);
	}
	return n;
}

uint32_t pkts_ipfrag_reap(struct pkts_ipfrag *f, uint64_t now, uint32_t most)
{
	static const enum state timed[] = {DEAD, STAMPED, LIVE};
	uint32_t n = 0;

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(timed); i++)
		n = reap_list(f, timed[i], now, most);
	f->quiet_until = UINT64_MAX;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(timed); i++) {
		const struct context *const c = oldest(f, timed[i]);
		if (c)
			pkts_ipfrag_note_time(f, c);
	}
	return n;
}
