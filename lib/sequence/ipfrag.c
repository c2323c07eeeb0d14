/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The table as its users see it: fragments in, datagrams out. */
#include "ipfrag.h"

#define LARGEST_COUNT (1u << 28)

/* Events of datagrams other than the one at hand. */
#define OTHERS ((UINT64_C(1) << PKTS_SEQ_TIMEOUT) | (UINT64_C(1) << PKTS_SEQ_EVICTED))

/* memory */

static uint32_t or_usual(uint32_t n, uint32_t usual)
{
	return n ? n : usual;
}

static void do_nothing(void *ctx, void *owner)
{
	(void)ctx, (void)owner;
}

/* So that nobody has to ask whether there are any. */
static struct pkts_hold or_nothing(struct pkts_hold hold)
{
	return (struct pkts_hold){
		.hold = hold.hold ? hold.hold : do_nothing,
		.release = hold.release ? hold.release : do_nothing,
		.ctx = hold.ctx,
	};
}

static void take_limits(struct pkts_ipfrag *f, const struct pkts_ipfrag_conf *conf)
{
	*f = (struct pkts_ipfrag){
		.hold = or_nothing(conf->hold),
		.key = pkts_siphash_key_from(conf->key),
		.max_datagrams = or_usual(conf->max_datagrams, 4096),
		.max_fragments = or_usual(conf->max_fragments, 32768),
		.max_fragments_each = or_usual(conf->max_fragments_each, 8192),
		.max_overlaps = or_usual(conf->max_overlaps, 1024),
		.max_bytes = conf->max_bytes ? conf->max_bytes : UINT64_C(32) << 20,
		.timeout_ns = conf->timeout_ns ? conf->timeout_ns : UINT64_C(30000000000),
		.drop_tiny = conf->drop_tiny,
		.min_ttl = conf->min_ttl,
		.virtual_mode = conf->virtual_mode,
		.particular = conf->virtual_mode || conf->min_ttl,
	};
}

static bool is_possible(const struct pkts_ipfrag *f, const struct pkts_ipfrag_conf *conf)
{
	return f->max_datagrams <= LARGEST_COUNT && f->max_fragments <= LARGEST_COUNT &&
	       conf->n_targets <= LARGEST_COUNT && !conf->hold.hold == !conf->hold.release;
}

/* Places for four times as many keys as there are datagrams: two full buckets are no accident. */
static uint32_t count_buckets(const struct pkts_ipfrag *f)
{
	uint32_t n = 1;

	while (n * (BUCKET / 4) < f->max_datagrams)
		n *= 2;
	return n;
}

/*
 * Where two ranges meet an arrival starts or ends that still owns something: under no policy can it
 * have lost to one that loses here. So n arrivals have 2 n - 1 ranges at most, the newest included.
 */
static uint32_t count_ranges(const struct pkts_ipfrag *f)
{
	return f->max_fragments * 2 + 2;
}

/* Sets aside n things of `size` behind the ones before, in whole cache lines. */
static void *carve(uint8_t *mem, size_t *at, size_t n, size_t size)
{
	uint8_t *const p = mem ? mem + *at : NULL;

	*at += (n * size + PKTS_IPFRAG_ALIGN - 1) / PKTS_IPFRAG_ALIGN * PKTS_IPFRAG_ALIGN;
	return p;
}

/* Where everything is; returns how many bytes that takes. mem NULL: just counts. */
static size_t lay_out(struct pkts_ipfrag *f, uint8_t *mem, uint32_t n_targets)
{
	size_t at = 0;

	carve(mem, &at, 1, sizeof(*f));
	f->buckets = carve(mem, &at, count_buckets(f), sizeof(*f->buckets));
	f->contexts = carve(mem, &at, f->max_datagrams, sizeof(*f->contexts));
	f->arrivals = carve(mem, &at, f->max_fragments + 1, sizeof(*f->arrivals));
	f->pool.ranges = carve(mem, &at, count_ranges(f), sizeof(*f->pool.ranges));
	f->targets.rows = carve(mem, &at, n_targets, sizeof(*f->targets.rows));
	return at;
}

size_t pkts_ipfrag_memsize(const struct pkts_ipfrag_conf *conf)
{
	struct pkts_ipfrag f;

	take_limits(&f, conf);
	return is_possible(&f, conf) ? lay_out(&f, NULL, conf->n_targets) : 0;
}

static void fill_lists(struct pkts_ipfrag *f)
{
	for (unsigned i = 0; i < STATES; i++)
		f->lists[i] = (struct list){NONE, NONE, 0};
	f->stamped = (struct list){NONE, NONE, 0};
	f->contexts[0].state = FREE;
	f->free_context = f->fresh_context = 0;
	f->free_arrival = f->fresh_arrival = 0;
	f->bucket_mask = count_buckets(f) - 1;
	for (uint32_t i = 0; i <= f->bucket_mask; i++) {
		__builtin_memset(&f->buckets[i], 0, sizeof(*f->buckets));
		__builtin_memset(f->buckets[i].context, 0xff, sizeof(f->buckets->context));
	}
	f->latest = &f->contexts[0];
	f->quiet_until = UINT64_MAX;
	pkts_range_pool_init(&f->pool, f->pool.ranges, count_ranges(f));
}

int pkts_ipfrag_init(
	struct pkts_ipfrag **to, void *mem, size_t len, const struct pkts_ipfrag_conf *conf)
{
	struct pkts_ipfrag f;

	take_limits(&f, conf);
	if (!is_possible(&f, conf) || (uintptr_t)mem % PKTS_IPFRAG_ALIGN)
		return -PKTS_EINVAL;
	if (len < lay_out(&f, mem, conf->n_targets))
		return -PKTS_ENOMEM;
	if (!pkts_ipfrag_targets_init(&f.targets, f.targets.rows, conf))
		return -PKTS_EINVAL;
	*to = mem;
	**to = f;
	fill_lists(*to);
	return 0;
}

void pkts_ipfrag_fini(struct pkts_ipfrag *f)
{
	struct pkts_stamped s;

	for (uint32_t i = 0; i < f->fresh_context; i++)
		if (f->contexts[i].state != FREE)
			pkts_ipfrag_close(f, &f->contexts[i]);
	while (pkts_ipfrag_get_stamped(f, &s))
		f->hold.release(f->hold.ctx, s.piece.owner);
}

void pkts_ipfrag_set_domain(struct pkts_ipfrag *f, uint32_t domain)
{
	f->domain = pkts_ipfrag_domain(domain);
}

uint64_t pkts_ipfrag_events(const struct pkts_ipfrag *f)
{
	return f->raised;
}

struct pkts_ipfrag_stats pkts_ipfrag_stats(const struct pkts_ipfrag *f)
{
	struct pkts_ipfrag_stats stats = f->stats;

	stats.bytes = f->bytes;
	stats.waiting = pkts_ipfrag_ready(f) + f->stamped.n;
	stats.steps = f->pool.steps;
	return stats;
}

uint32_t pkts_ipfrag_expire(struct pkts_ipfrag *f, uint64_t now_ns)
{
	f->raised = 0;
	return pkts_ipfrag_reap(f, now_ns, UINT32_MAX);
}

/* fragments in */

enum pkts_ipfrag_verdict pkts_ipfrag_refuse(struct pkts_ipfrag *f)
{
	f->stats.dropped++;
	return PKTS_IPFRAG_DROPPED;
}

/* The header will count too; of it nothing is known yet but what it has at least. */
static bool is_too_long(const struct fragment *frag)
{
	return frag->end + (frag->family == 4 ? PKTS_IPV4_HEAD : 0) > UINT16_MAX;
}

#define LONGEST_TRANSPORT 60
#define TINY_END	  16 /* fragments that start here or behind it are none */

/* Does it hold its transport header, or nothing that could be part of one? False: to be looked at. */
PKTS_INLINE bool has_transport(const struct fragment *frag)
{
	if (frag->start)
		return frag->start >= TINY_END;
	return frag->len >= LONGEST_TRANSPORT && !pkts_is_ipv6_ext(pkts_ip_next(frag->protocol));
}

/* A first fragment without its transport header, or a second one that holds what belongs in it. */
static bool is_tiny(const struct fragment *frag)
{
	uint8_t protocol = frag->protocol;
	bool tiny;

	if (PKTS_LIKELY(has_transport(frag)))
		return false;
	if (frag->start)
		return protocol == PKTS_IPPROTO_TCP;
	pkts_ipfrag_transport(frag, &protocol, &tiny);
	return tiny;
}

/* The first thing that is wrong with a fragment by itself; PKTS_SEQ_EVENT_MAX: nothing. */
static enum pkts_seq_event fault(const struct fragment *frag)
{
	if (PKTS_UNLIKELY(frag->cut))
		return PKTS_SEQ_FRAG_CUT;
	if (PKTS_UNLIKELY(frag->start == frag->end))
		return PKTS_SEQ_FRAG_EMPTY;
	if (PKTS_UNLIKELY(frag->more && frag->end % 8))
		return PKTS_SEQ_FRAG_LENGTH;
	return PKTS_UNLIKELY(is_too_long(frag)) ? PKTS_SEQ_FRAG_TOO_LONG : PKTS_SEQ_EVENT_MAX;
}

bool pkts_ipfrag_acceptable(struct pkts_ipfrag *f, const struct fragment *frag)
{
	const enum pkts_seq_event event =
		pkts_ipfrag_is_below(f, frag) ? PKTS_SEQ_FRAG_MIN_TTL : fault(frag);

	f->stats.fragments++;
	if (PKTS_UNLIKELY(event != PKTS_SEQ_EVENT_MAX)) {
		pkts_ipfrag_raise(f, event);
		return false;
	}
	if (PKTS_LIKELY(!is_tiny(frag)))
		return true;
	pkts_ipfrag_raise(f, PKTS_SEQ_FRAG_TINY);
	return !f->drop_tiny;
}

/* A fragment on its way into a datagram. */
struct entry {
	struct letting_go to; /* first: the watch's ctx serves lose_range() too */
	const struct fragment *frag;
	uint64_t now;
	bool same, differs; /* what it met */
};

static void compare(struct entry *e, const struct pkts_range *old, uint64_t start, uint64_t end)
{
	const struct arrival *const a = &e->to.f->arrivals[old->arrival];
	const uint8_t *const was = a->piece.p + (start - a->start);
	const uint8_t *const is = e->frag->piece->p + (start - e->frag->start);
	const bool equal = __builtin_memcmp(was, is, end - start) == 0;

	e->same |= equal;
	e->differs |= !equal;
}

static void on_overlap(
	void *ctx, const struct pkts_range *old, uint64_t start, uint64_t end, bool new_wins)
{
	struct entry *const e = ctx;

	(void)new_wins;
	e->to.c->overlaps++;
	compare(e, old, start, end);
}

static void on_more(void *ctx, uint32_t arrival)
{
	const struct entry *const e = ctx;
	e->to.f->arrivals[arrival].ranges++;
}

static void note_overlap(struct entry *e)
{
	if (e->same && !e->differs)
		pkts_ipfrag_raise(e->to.f, PKTS_SEQ_OVERLAP);
	if (e->differs)
		pkts_ipfrag_raise(e->to.f, PKTS_SEQ_CONFLICT);
}

static enum pkts_ipfrag_verdict give_up(struct entry *e, enum pkts_seq_event event)
{
	pkts_ipfrag_give_up(e->to.f, e->to.c, event, e->now);
	return pkts_ipfrag_refuse(e->to.f);
}

/* Compares with all that the fragment meets; returns the first range of it, or NONE. */
static uint32_t meet(struct entry *e)
{
	struct pkts_ipfrag *const f = e->to.f;
	const struct fragment *const frag = e->frag;
	uint32_t first = NONE;

	for (uint64_t at = frag->start; at < frag->end;) {
		const uint32_t i = pkts_ranges_at(&f->pool, &e->to.c->ranges, at);
		if (i == PKTS_RANGE_NONE || f->pool.ranges[i].start >= frag->end)
			break;
		const struct pkts_range *const r = &f->pool.ranges[i];
		compare(e, r, r->start > at ? r->start : at, PKTS_MIN(r->end, frag->end));
		first = first == NONE ? i : first;
		at = r->end;
	}
	return first;
}

/*
 * RFC 8200 4.5 drops a datagram whose fragments overlap, and lets exact duplicates go by. They are
 * told by their place, as hosts tell them: who dropped for other content would miss what they take.
 */
static bool may_enter(struct entry *e, enum pkts_ipfrag_verdict *verdict)
{
	const struct context *const c = e->to.c;
	const uint32_t i = meet(e);

	if (i == NONE)
		return true;
	const struct pkts_range *const r = &e->to.f->pool.ranges[i];
	const bool twice = r->first == e->frag->start && r->last == e->frag->end;
	note_overlap(e);
	if (c->policy == PKTS_IP_RFC8200 && twice) {
		pkts_ipfrag_raise(e->to.f, PKTS_SEQ_DUPLICATE);
		*verdict = PKTS_IPFRAG_HELD;
	} else {
		*verdict = give_up(e, PKTS_SEQ_FRAG_DROPPED);
	}
	return false;
}

static int claim(struct entry *e, uint32_t arrival)
{
	struct pkts_ipfrag *const f = e->to.f;
	struct context *const c = e->to.c;
	const struct fragment *const frag = e->frag;
	pkts_overlap_fn *const rule = pkts_ip_policy_rule((enum pkts_ip_policy)c->policy);
	const struct pkts_ranges_watch watch = {
		.overlap = on_overlap, .more = on_more, .less = pkts_ipfrag_lose_range, .ctx = e};

	const int rc = pkts_ranges_insert(
		&f->pool, &c->ranges, frag->start, frag->end, arrival, rule, &watch);
	if (rc == 0 && c->ends && frag->end > c->total)
		pkts_ranges_cut(&f->pool, &c->ranges, c->total, &watch);
	return rc;
}

static bool claim_and_hold(struct entry *e, uint32_t arrival, enum pkts_seq_event *limit)
{
	struct pkts_ipfrag *const f = e->to.f;

	*limit = PKTS_SEQ_LIMIT_PIECES;
	if (claim(e, arrival))
		return false;
	note_overlap(e);
	if (e->to.c->overlaps > f->max_overlaps)
		return false;
	if (f->arrivals[arrival].ranges == 0) {
		pkts_ipfrag_raise(f, PKTS_SEQ_DUPLICATE);
		pkts_ipfrag_drop(f, e->to.c, arrival);
		return true;
	}
	e->to.c->last_ns = e->now;
	if (!pkts_ipfrag_room(f, e->to.c, pkts_ipfrag_cost(e->frag), limit))
		return false;
	pkts_ipfrag_hold(f, e->to.c, arrival);
	return true;
}

/* The first of the last fragments says where the datagram ends; what lies behind goes. */
static bool note_end(struct entry *e)
{
	struct context *const c = e->to.c;
	const struct fragment *const frag = e->frag;
	const struct pkts_ranges_watch watch = {.less = pkts_ipfrag_lose_range, .ctx = e};

	if (c->ends) {
		if (frag->end > c->total || (!frag->more && frag->end != c->total))
			pkts_ipfrag_raise(e->to.f, PKTS_SEQ_FRAG_BEYOND);
		return frag->start < c->total;
	}
	if (frag->more)
		return true;
	c->ends = true;
	c->total = frag->end;
	if (pkts_ranges_at(&e->to.f->pool, &c->ranges, c->total) != PKTS_RANGE_NONE) {
		pkts_ipfrag_raise(e->to.f, PKTS_SEQ_FRAG_BEYOND);
		pkts_ranges_cut(&e->to.f->pool, &c->ranges, c->total, &watch);
	}
	return true;
}

/* What the whole datagram's length field has to say. */
static uint32_t announced_len(const struct context *c, const struct arrival *first)
{
	return c->family == 4 ? first->header_len + c->total
			      : first->frag_at - IPV6_HEAD + c->total;
}

static void note_events(const struct pkts_ipfrag *f, struct context *c)
{
	const uint64_t events = f->raised & ~OTHERS;

	if (PKTS_LIKELY(!events))
		return;
	c->events = events | (c->noticed ? c->events : 0);
	c->noticed = true;
}

PKTS_INLINE enum pkts_ipfrag_verdict finish(struct pkts_ipfrag *f, struct context *c)
{
	if (PKTS_UNLIKELY(announced_len(c, pkts_ipfrag_first(f, c)) > UINT16_MAX)) {
		pkts_ipfrag_raise(f, PKTS_SEQ_FRAG_TOO_LONG);
		pkts_ipfrag_close(f, c);
		return pkts_ipfrag_refuse(f);
	}
	pkts_ipfrag_finish(f, c);
	return PKTS_IPFRAG_READY;
}

PKTS_INLINE void link_only(struct context *c, uint32_t arrival, uint32_t start, uint32_t end)
{
	c->first = c->last = arrival;
	c->base = start;
	c->edge = end;
}

PKTS_INLINE void link_last(struct pkts_ipfrag *f, struct context *c, uint32_t arrival, uint32_t end)
{
	f->arrivals[c->last].next = arrival;
	c->last = arrival;
	c->edge = end;
}

PKTS_INLINE void link_first(
	struct pkts_ipfrag *f, struct context *c, uint32_t arrival, uint32_t start)
{
	f->arrivals[arrival].next = c->first;
	c->first = arrival;
	c->base = start;
}

/* Directly behind all that is there, or before it: nothing can overlap. */
PKTS_INLINE bool is_adjacent(const struct context *c, const struct fragment *frag)
{
	if (frag->start == c->edge)
		return true;
	return c->first == NONE ? !c->scattered : frag->end == c->base && frag->more;
}

PKTS_INLINE void link_chain(
	struct pkts_ipfrag *f, struct context *c, const struct fragment *frag, uint32_t arrival)
{
	if (frag->start == c->edge)
		link_last(f, c, arrival, frag->end);
	else if (c->first == NONE)
		link_only(c, arrival, frag->start, frag->end);
	else
		link_first(f, c, arrival, frag->start);
	if (!frag->more) {
		c->ends = true;
		c->total = frag->end;
		c->edge = NONE;
	}
}

static enum pkts_ipfrag_verdict reject(
	struct pkts_ipfrag *f, struct context *c, enum pkts_seq_event limit, uint64_t now)
{
	struct entry e = {.to = {f, c}, .now = now};
	return give_up(&e, limit);
}

/* The cache is asked for all at once: one by one, along the chain, each would be waited for. */
PKTS_INLINE void fetch_latest(const struct pkts_ipfrag *f, const struct context *c)
{
	const uint32_t n = PKTS_MIN(c->fragments, LATEST);

	for (uint32_t i = 0; i < n; i++)
		__builtin_prefetch(&f->arrivals[c->latest[i]]);
}

/* far: other datagrams come between, so that what came before has left the cache. */
PKTS_INLINE enum pkts_ipfrag_verdict join(struct pkts_ipfrag *f, struct context *c,
	const struct fragment *frag, uint64_t now, bool far)
{
	const uint32_t arrival = pkts_ipfrag_arrival(f, frag);
	enum pkts_seq_event limit;

	if (PKTS_UNLIKELY(!pkts_ipfrag_room(f, c, f->arrivals[arrival].piece.cost, &limit))) {
		pkts_ipfrag_drop(f, c, arrival);
		return reject(f, c, limit, now);
	}
	__builtin_prefetch(&f->arrivals[f->free_arrival], 1); /* the next one; there is room */
	link_chain(f, c, frag, arrival);
	if (far)
		c->latest[c->fragments % LATEST] = arrival;
	c->last_ns = now;
	pkts_ipfrag_hold(f, c, arrival);
	if (!c->ends || c->base != 0)
		return PKTS_IPFRAG_HELD;
	if (far)
		fetch_latest(f, c);
	return finish(f, c);
}

/* Ranges instead of the chain. There are enough: see count_ranges(). */
static void leave_order(struct entry *e)
{
	struct pkts_ipfrag *const f = e->to.f;
	struct context *const c = e->to.c;
	const struct pkts_ranges_watch watch = {.more = on_more, .ctx = e};

	pkts_ranges_clear(&c->ranges);
	c->overlaps = 0;
	for (uint32_t id = c->first; id != NONE; id = f->arrivals[id].next) {
		const struct arrival *const a = &f->arrivals[id];
		pkts_ranges_insert(
			&f->pool, &c->ranges, a->start, a->start + a->piece.len, id, NULL, &watch);
	}
	c->first = c->last = c->base = c->edge = NONE;
	c->scattered = true;
}

static __attribute__((noinline)) enum pkts_ipfrag_verdict enter_ranges(
	struct pkts_ipfrag *f, struct context *c, const struct fragment *frag, uint64_t now)
{
	struct entry e = {.to = {f, c}, .frag = frag, .now = now};
	const bool strict = c->policy == PKTS_IP_RFC8200 || c->policy == PKTS_IP_DROP;
	enum pkts_ipfrag_verdict verdict = PKTS_IPFRAG_HELD;
	enum pkts_seq_event limit;

	if (!c->scattered)
		leave_order(&e);
	if (!note_end(&e)) {
		verdict = pkts_ipfrag_refuse(f);
	} else if (!strict || may_enter(&e, &verdict)) {
		const uint32_t arrival = pkts_ipfrag_arrival(f, frag);
		if (!claim_and_hold(&e, arrival, &limit)) {
			verdict = give_up(&e, limit);
			pkts_ipfrag_drop(f, c, arrival);
		}
	}
	note_events(f, c);
	if (c->state == LIVE && c->ends && c->ranges.covered == c->total)
		return finish(f, c);
	return verdict;
}

/* Is it of the same datagram as the one before? */
PKTS_INLINE bool is_of_latest(
	const struct pkts_ipfrag *f, const struct fragment *frag, uint64_t now)
{
	const struct context *const c = f->latest;

	return c->state == LIVE && pkts_ipfrag_has_key(&c->key, frag, f->domain) &&
	       !pkts_ipfrag_is_over(f, c, now);
}

/* What most fragments are: nothing is wrong with them, and no network is around them. */
PKTS_INLINE bool is_plain(const struct fragment *frag, const struct pkts_packet *packet)
{
	return fault(frag) == PKTS_SEQ_EVENT_MAX && pkts_ipfrag_is_fragment(frag) &&
	       has_transport(frag) && pkts_ipfrag_is_bare(packet, frag->base);
}

/* c: the datagram that was found or opened for it, among others. */
PKTS_INLINE enum pkts_ipfrag_verdict enter(
	struct pkts_ipfrag *f, struct context *c, const struct fragment *frag, uint64_t now)
{
	if (PKTS_UNLIKELY(!c || c->state == DEAD))
		return pkts_ipfrag_refuse(f);
	if (PKTS_UNLIKELY(!is_adjacent(c, frag))) {
		const struct fragment copy = *frag;
		return enter_ranges(f, c, &copy, now);
	}
	note_events(f, c);
	return join(f, c, frag, now, true);
}

/* For whatever there is. */
static __attribute__((noinline)) enum pkts_ipfrag_verdict put_on_long_road(struct pkts_ipfrag *f,
	const struct pkts_packet *packet, unsigned i, const struct pkts_piece *piece, uint64_t now)
{
	struct fragment frag;

	if (!pkts_ipfrag_read(&frag, packet, i, piece))
		return PKTS_IPFRAG_PASS;
	if (!pkts_ipfrag_is_fragment(&frag)) {
		if (frag.frag_at)
			pkts_ipfrag_raise(f, PKTS_SEQ_FRAG_ATOMIC);
		return PKTS_IPFRAG_PASS;
	}
	if (!pkts_ipfrag_acceptable(f, &frag))
		return pkts_ipfrag_refuse(f);
	return enter(f, pkts_ipfrag_find_or_open(f, &frag, packet, now), &frag, now);
}

PKTS_INLINE enum pkts_ipfrag_verdict put_plain(
	struct pkts_ipfrag *f, const struct fragment *frag, uint64_t now)
{
	struct key *const key = pkts_ipfrag_key_place(f);
	const bool only = f->keys == 0 && key != &f->spare;

	f->stats.fragments++;
	pkts_ipfrag_begin_key(key, frag, f->domain);
	return enter(f,
		only ? pkts_ipfrag_open(f, frag->family, frag->addresses, now)
		     : pkts_ipfrag_find_or_open_key(f, key, frag->family, frag->addresses, now),
		frag, now);
}

/* The middle road: plain fragments of another datagram than the one before. */
static __attribute__((noinline)) enum pkts_ipfrag_verdict put_among_others(struct pkts_ipfrag *f,
	const struct pkts_packet *packet, unsigned i, const struct pkts_piece *piece, uint64_t now)
{
	struct fragment frag;

	if (packet->layers[i].proto == PKTS_PROTO_IPV4) {
		pkts_ipfrag_read_ipv4(&frag, packet, i, piece);
		if (is_plain(&frag, packet))
			return put_plain(f, &frag, now);
	} else if (pkts_ipfrag_read_ipv6(&frag, packet, i, piece) && is_plain(&frag, packet)) {
		return put_plain(f, &frag, now);
	}
	return put_on_long_road(f, packet, i, piece, now);
}

/*
 * The short road: most fragments are of the datagram of the one before, and join its chain. Nothing has
 * been done to others, which are read once more: what is known of a fragment need not be in memory then.
 */
PKTS_INLINE enum pkts_ipfrag_verdict put_of_latest(struct pkts_ipfrag *f,
	const struct fragment *frag, const struct pkts_packet *packet, unsigned i,
	const struct pkts_piece *piece, uint64_t now)
{
	if (PKTS_UNLIKELY(!is_plain(frag, packet) || !is_adjacent(f->latest, frag)))
		return put_on_long_road(f, packet, i, piece, now);
	f->stats.fragments++;
	return join(f, f->latest, frag, now, false);
}

PKTS_INLINE enum pkts_ipfrag_verdict put_ipv4(struct pkts_ipfrag *f,
	const struct pkts_packet *packet, unsigned i, const struct pkts_piece *piece, uint64_t now)
{
	struct fragment frag;

	pkts_ipfrag_name_ipv4(&frag, packet, i);
	if (!is_of_latest(f, &frag, now))
		return put_among_others(f, packet, i, piece, now);
	pkts_ipfrag_read_ipv4(&frag, packet, i, piece);
	return put_of_latest(f, &frag, packet, i, piece, now);
}

PKTS_INLINE enum pkts_ipfrag_verdict put_ipv6(struct pkts_ipfrag *f,
	const struct pkts_packet *packet, unsigned i, const struct pkts_piece *piece, uint64_t now)
{
	struct fragment frag;

	if (!pkts_ipfrag_read_ipv6(&frag, packet, i, piece))
		return PKTS_IPFRAG_PASS;
	if (!is_of_latest(f, &frag, now))
		return put_among_others(f, packet, i, piece, now);
	return put_of_latest(f, &frag, packet, i, piece, now);
}

/* A table that does not take whatever comes: does it take this? */
static __attribute__((noinline)) bool takes(const struct pkts_ipfrag *f,
	const struct pkts_packet *packet, unsigned i, const struct pkts_piece *piece)
{
	struct fragment frag;

	return !f->virtual_mode && pkts_ipfrag_read(&frag, packet, i, piece) &&
	       !pkts_ipfrag_is_below(f, &frag);
}

/* Not inlined into put_get() below: the compiler would do that by halves. */
__attribute__((noinline)) enum pkts_ipfrag_verdict pkts_ipfrag_put(struct pkts_ipfrag *f,
	const struct pkts_packet *packet, unsigned i, const struct pkts_piece *piece,
	uint64_t now_ns)
{
	pkts_ipfrag_begin(f, now_ns);
	if (PKTS_UNLIKELY(f->particular || i >= packet->n) && !takes(f, packet, i, piece))
		return f->virtual_mode ? PKTS_IPFRAG_PASS
				       : put_on_long_road(f, packet, i, piece, now_ns);
	return PKTS_LIKELY(packet->layers[i].proto == PKTS_PROTO_IPV4)
		       ? put_ipv4(f, packet, i, piece, now_ns)
		       : put_ipv6(f, packet, i, piece, now_ns);
}

/* both in one */

/* A packet that is no fragment, as a datagram of one piece. */
static void lend(
	struct pkts_ipfrag *f, struct pkts_datagram *d, const struct fragment *frag, uint64_t now)
{
	*d = (struct pkts_datagram){
		.family = frag->family,
		.protocol = frag->protocol,
		.frag_at = frag->frag_at,
		.next_at = frag->next_at,
		.len = frag->len,
		.fragments = 1,
		.first_ns = now,
		.last_ns = now,
		.header = frag->header,
		.whole = {frag->piece->p, frag->len, pkts_ipfrag_cost(frag), frag->piece->owner},
		.table = f,
		.context = NONE,
	};
}

/* Lets a packet that is no fragment wait for its turn. */
static enum pkts_ipfrag_verdict queue_whole(
	struct pkts_ipfrag *f, const struct fragment *frag, uint64_t now)
{
	struct context *const c = pkts_ipfrag_open_ready(f, frag, now);
	enum pkts_seq_event limit = PKTS_SEQ_LIMIT_PIECES;

	if (c) {
		const uint32_t arrival = pkts_ipfrag_arrival(f, frag);
		c->total = frag->len;
		if (pkts_ipfrag_room(f, c, pkts_ipfrag_cost(frag), &limit)) {
			link_only(c, arrival, 0, NONE);
			pkts_ipfrag_hold(f, c, arrival);
			return PKTS_IPFRAG_HELD;
		}
		pkts_ipfrag_close(f, c);
		pkts_ipfrag_drop(f, NULL, arrival);
	}
	pkts_ipfrag_raise(f, limit);
	return PKTS_IPFRAG_DROPPED;
}

enum pkts_ipfrag_verdict pkts_ipfrag_put_get(struct pkts_ipfrag *f,
	const struct pkts_packet *packet, unsigned i, const struct pkts_piece *piece,
	uint64_t now_ns, struct pkts_datagram *d)
{
	enum pkts_ipfrag_verdict verdict;
	struct fragment frag;

	if (!f->virtual_mode && pkts_ipfrag_read(&frag, packet, i, piece) &&
		!pkts_ipfrag_is_fragment(&frag)) {
		pkts_ipfrag_begin(f, now_ns);
		if (pkts_ipfrag_ready(f) == 0) {
			lend(f, d, &frag, now_ns);
			return PKTS_IPFRAG_READY;
		}
		verdict = queue_whole(f, &frag, now_ns);
	} else {
		verdict = pkts_ipfrag_put(f, packet, i, piece, now_ns);
		if (verdict == PKTS_IPFRAG_PASS)
			return verdict;
	}
	return pkts_ipfrag_get(f, d) ? PKTS_IPFRAG_READY : verdict;
}
