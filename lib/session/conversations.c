/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* From a packet to its entry, and from there to the Session of its protocol. */
#include "conversations.h"

#include "pkts_protocols.h"

#define PLACES_MAX ((1u << 24) - 2) /* of what is followed, of a kind */
#define RUN_NS                                                                                     \
	PKTS_TABLE_TICK_NS /* packets of a burst that are looked up together are no further apart */
#define BURST 64
#define FETCH 64 /* more of a conversation than a hit has at hand: what most packets need */

static const uint32_t usual_max[PKTS_CONVERSATION_KINDS] = {
	[PKTS_CONVERSATION_TCP] = 65536,
	[PKTS_CONVERSATION_UDP] = 65536,
	[PKTS_CONVERSATION_ICMP] = 8192,
	[PKTS_CONVERSATION_SCTP] = 8192,
	[PKTS_CONVERSATION_OTHER] = 8192,
};

static const uint16_t user_size[PKTS_CONVERSATION_KINDS] = {
	[PKTS_CONVERSATION_TCP] = sizeof(struct pkts_tcp_conversation),
	[PKTS_CONVERSATION_UDP] = sizeof(struct pkts_udp_conversation),
	[PKTS_CONVERSATION_ICMP] = sizeof(struct pkts_icmp_conversation),
	[PKTS_CONVERSATION_SCTP] = sizeof(struct pkts_sctp_conversation),
	[PKTS_CONVERSATION_OTHER] = sizeof(struct pkts_conversation),
};

/* Seconds: CLOSED, NEW, CLOSING, ESTABLISHED. */
static const uint16_t usual_timeout[PKTS_CONVERSATION_KINDS][PKTS_CONVERSATION_CLASSES] = {
	[PKTS_CONVERSATION_TCP] = {10, 60, 120, 3600},
	[PKTS_CONVERSATION_UDP] = {10, 30, 30, 300},
	[PKTS_CONVERSATION_ICMP] = {10, 30, 30, 60},
	[PKTS_CONVERSATION_SCTP] = {10, 60, 120, 3600},
	[PKTS_CONVERSATION_OTHER] = {10, 60, 60, 300},
};

uint64_t pkts_conversation_timeout(
	enum pkts_conversation_kind kind, enum pkts_conversation_class class)
{
	if ((unsigned)kind >= PKTS_CONVERSATION_KINDS ||
		(unsigned)class >= PKTS_CONVERSATION_CLASSES)
		return 0;
	return usual_timeout[kind][class] * UINT64_C(1000000000);
}

void *pkts_conversation_room(enum pkts_conversation_kind kind, struct pkts_table_entry *entry)
{
	return (uint8_t *)pkts_table_user(entry) + user_size[kind];
}

/* memory */

static void take_defaults(
	struct pkts_conversations_conf *to, const struct pkts_conversations_conf *from)
{
	*to = *from;
	to->messages.hold = to->stream.hold;
	__builtin_memcpy(to->messages.key, to->secret, sizeof(to->messages.key));
	for (unsigned kind = 0; kind < PKTS_CONVERSATION_KINDS; kind++) {
		if (to->max[kind] == 0)
			to->max[kind] = usual_max[kind];
		for (unsigned class = 0; class < PKTS_CONVERSATION_CLASSES; class ++)
			if (to->timeout_ns[kind][class] == 0)
				to->timeout_ns[kind][class] =
					pkts_conversation_timeout((enum pkts_conversation_kind)kind,
						(enum pkts_conversation_class) class);
	}
}

static struct pkts_table_conf table_conf(const struct pkts_conversations_conf *conf, unsigned kind,
	pkts_table_on_end *on_end, void *ctx)
{
	struct pkts_table_conf t = {
		.max_entries = conf->max[kind],
		.user_size = user_size[kind] + (uint32_t)conf->room,
		.n_classes = PKTS_CONVERSATION_CLASSES,
		.max_aliases =
			kind == PKTS_CONVERSATION_SCTP && conf->max[kind] <= PKTS_TABLE_ENTRIES_MAX
				? PKTS_MIN(conf->max[kind] * 2, PKTS_TABLE_ENTRIES_MAX)
				: 0,
		.max_aliases_each = kind == PKTS_CONVERSATION_SCTP ? PKTS_CONVERSATION_ALIASES : 0,
		.fetch = PKTS_MIN(user_size[kind] - PKTS_TABLE_USER_NEAR, FETCH),
		.max_per_source = conf->max_per_source,
		.max_embryonic_per_source = conf->max_embryonic_per_source,
		.on_end = on_end,
		.ctx = ctx,
	};

	__builtin_memcpy(t.secret, conf->secret, sizeof(t.secret));
	for (unsigned class = 0; class < PKTS_CONVERSATION_CLASSES; class ++)
		t.classes[class].timeout_ns = conf->timeout_ns[kind][class];
	t.classes[PKTS_CONVERSATION_NEW].embryonic = true;
	t.classes[PKTS_CONVERSATION_NEW].keep = t.max_entries / 8;
	return t;
}

/* Sets aside n bytes behind the ones before, in whole cache lines. */
static void *carve(uint8_t *mem, size_t *at, size_t n)
{
	uint8_t *const p = mem ? mem + *at : NULL;

	*at += (n + PKTS_CONVERSATIONS_ALIGN - 1) / PKTS_CONVERSATIONS_ALIGN *
	       PKTS_CONVERSATIONS_ALIGN;
	return p;
}

struct part {
	void *p;
	size_t len;
};

struct layout {
	struct part tables[PKTS_CONVERSATION_KINDS], pool, messages, syns;
	uint8_t *streams, *associations;
};

static bool lay_out_streams(
	struct layout *l, uint8_t *mem, size_t *at, const struct pkts_conversations_conf *conf)
{
	if (conf->max_streams == 0)
		return true;
	l->pool.len = pkts_tcp_pool_memsize(&conf->stream);
	if (conf->max_streams > PLACES_MAX || l->pool.len == 0)
		return false;
	l->pool.p = carve(mem, at, l->pool.len);
	l->streams = carve(mem, at, conf->max_streams * sizeof(struct stream));
	return true;
}

static bool lay_out_associations(
	struct layout *l, uint8_t *mem, size_t *at, const struct pkts_conversations_conf *conf)
{
	if (conf->max_associations == 0)
		return true;
	l->messages.len = pkts_sctp_pool_memsize(&conf->messages);
	if (conf->max_associations > PLACES_MAX || l->messages.len == 0)
		return false;
	l->messages.p = carve(mem, at, l->messages.len);
	l->associations = carve(mem, at, conf->max_associations * sizeof(struct association));
	return true;
}

/* Where everything is; returns how many bytes that takes, 0 for what cannot be. */
static size_t lay_out(struct layout *l, uint8_t *mem, const struct pkts_conversations_conf *conf)
{
	size_t at = 0;

	carve(mem, &at, sizeof(struct pkts_conversations));
	for (unsigned kind = 0; kind < PKTS_CONVERSATION_KINDS; kind++) {
		const struct pkts_table_conf t = table_conf(conf, kind, NULL, NULL);
		l->tables[kind].len = pkts_table_memsize(&t);
		if (l->tables[kind].len == 0)
			return 0;
		l->tables[kind].p = carve(mem, &at, l->tables[kind].len);
	}
	l->syns.len = pkts_conversations_syns(conf) * sizeof(struct kept_syn);
	l->syns.p = carve(mem, &at, l->syns.len);
	return lay_out_streams(l, mem, &at, conf) && lay_out_associations(l, mem, &at, conf) ? at
											     : 0;
}

size_t pkts_conversations_memsize(const struct pkts_conversations_conf *conf)
{
	struct pkts_conversations_conf whole;
	struct layout l;

	take_defaults(&whole, conf);
	return lay_out(&l, NULL, &whole);
}

/* the end of an entry */

static enum pkts_conversation_end end_of(
	const struct pkts_conversations *c, enum pkts_table_end reason)
{
	switch (reason) {
	case PKTS_TABLE_EXPIRED:
		return PKTS_CONVERSATION_TIMEOUT;
	case PKTS_TABLE_EVICTED:
	case PKTS_TABLE_CROWDED:
		return PKTS_CONVERSATION_EVICTED;
	default:
		return c->reusing ? PKTS_CONVERSATION_REUSED : PKTS_CONVERSATION_FLUSHED;
	}
}

static void on_end(void *table_of, struct pkts_table_entry *entry, enum pkts_table_end reason)
{
	const struct table_of *const of = table_of;
	const struct pkts_conversations_watch *const watch = &of->c->conf.watch;

	pkts_conversations_unfollow(of->c, of->kind, entry);
	if (watch->end)
		watch->end(watch->ctx, of->kind, entry, end_of(of->c, reason));
}

/* Pools and places of what is followed and kept. */
static int follow(struct pkts_conversations *c, const struct layout *l)
{
	const struct pkts_conversations_conf *const conf = &c->conf;

	c->syns = l->syns.p;
	c->n_syns = pkts_conversations_syns(conf);
	__builtin_memset(c->syns, 0, l->syns.len);
	c->streams = (struct places){
		.p = l->streams, .size = sizeof(struct stream), .n = conf->max_streams};
	c->associations = (struct places){.p = l->associations,
		.size = sizeof(struct association),
		.n = conf->max_associations};
	if (conf->max_streams)
		c->pool = pkts_tcp_pool_init(l->pool.p, l->pool.len, &conf->stream);
	if (conf->max_streams && !c->pool)
		return -PKTS_EINVAL;
	return conf->max_associations ? pkts_sctp_pool_init(&c->messages, l->messages.p,
						l->messages.len, &conf->messages)
				      : 0;
}

int pkts_conversations_init(struct pkts_conversations **to, void *mem, size_t len,
	const struct pkts_conversations_conf *conf)
{
	struct pkts_conversations *const c = mem;
	struct pkts_conversations_conf whole;
	struct layout l = {.streams = NULL};

	take_defaults(&whole, conf);
	const size_t need = lay_out(&l, mem, &whole);
	if (need == 0 || (uintptr_t)mem % PKTS_CONVERSATIONS_ALIGN)
		return -PKTS_EINVAL;
	if (len < need)
		return -PKTS_ENOMEM;
	__builtin_memset(c, 0, sizeof(*c));
	c->conf = whole;
	for (unsigned kind = 0; kind < PKTS_CONVERSATION_KINDS; kind++) {
		c->tables_of[kind] = (struct table_of){c, (enum pkts_conversation_kind)kind};
		const struct pkts_table_conf t =
			table_conf(&whole, kind, on_end, &c->tables_of[kind]);
		const int code =
			pkts_table_init(&c->tables[kind], l.tables[kind].p, l.tables[kind].len, &t);
		if (code)
			return code;
	}
	*to = c;
	return follow(c, &l);
}

/* what Sessions say */

static void count_judgement(struct pkts_conversations *c, struct pkts_judgement judgement)
{
	for (uint64_t events = judgement.events; events; events &= events - 1)
		c->stats.events[__builtin_ctzll(events)]++;
	c->stats.suspect += judgement.validity == PKTS_SUSPECT;
	c->stats.invalid += judgement.validity == PKTS_INVALID;
}

void pkts_conversations_note(struct pkts_conversations *c, struct pkts_table_entry *entry,
	enum pkts_conversation_kind kind, unsigned dir, struct pkts_judgement judgement, bool app)
{
	const struct pkts_conversation_note note = {.entry = entry,
		.kind = (uint8_t)kind,
		.dir = (uint8_t)dir,
		.app = app,
		.judgement = judgement};
	struct pkts_conversation *const user = pkts_table_user(entry);

	if (PKTS_LIKELY(judgement.events == 0))
		return;
	user->events |= judgement.events;
	count_judgement(c, judgement);
	if (c->conf.watch.note)
		c->conf.watch.note(c->conf.watch.ctx, &note);
}

void pkts_conversations_classify(struct pkts_conversations *c, enum pkts_conversation_kind kind,
	struct pkts_table_entry *entry, enum pkts_conversation_class class)
{
	if (PKTS_UNLIKELY(pkts_table_class_of(entry) != (unsigned)class))
		pkts_table_set_class(c->tables[kind], entry, class);
}

/* Sessions by kind */

struct pkts_ref pkts_conversations_ref(const struct arriving *a)
{
	const struct pkts_layer l = a->packet->layers[a->seen->at.l4];
	const uint32_t readable = a->frame->len > l.off ? a->frame->len - l.off : 0;

	return (struct pkts_ref){
		a->packet->data + l.off, PKTS_MIN(readable, (uint32_t)l.len), l.len};
}

static void put_udp(struct pkts_conversations *c, struct arriving *a)
{
	struct pkts_table_entry *const entry = a->seen->entry;
	struct pkts_udp_conversation *const u = pkts_table_user(entry);

	a->seen->judgement = pkts_udp_session_validate(&u->session, &c->conf.udp, a->seen->dir,
		pkts_udp_at(pkts_packet_ref(a->packet, a->seen->at.l4)), a->now);
	pkts_conversations_classify(c, PKTS_CONVERSATION_UDP, entry,
		pkts_udp_session_timeout_class(&u->session) == PKTS_UDP_TIMEOUT_NEW
			? PKTS_CONVERSATION_NEW
			: PKTS_CONVERSATION_ESTABLISHED);
}

/* Of these it is only known whether both ends have sent. */
static void put_other(struct pkts_conversations *c, struct arriving *a)
{
	const struct pkts_conversation *const u = pkts_table_user(a->seen->entry);

	if (u->tally.packets[!a->seen->dir]) /* this one is not counted yet */
		pkts_conversations_classify(
			c, PKTS_CONVERSATION_OTHER, a->seen->entry, PKTS_CONVERSATION_ESTABLISHED);
}

/* packets */

enum pkts_conversation_kind pkts_conversations_kind(enum pkts_proto proto)
{
	switch (proto) {
	case PKTS_PROTO_TCP:
		return PKTS_CONVERSATION_TCP;
	case PKTS_PROTO_UDP:
	case PKTS_PROTO_UDPLITE:
		return PKTS_CONVERSATION_UDP;
	case PKTS_PROTO_ICMP:
	case PKTS_PROTO_ICMPV6:
		return PKTS_CONVERSATION_ICMP;
	case PKTS_PROTO_SCTP:
		return PKTS_CONVERSATION_SCTP;
	default:
		return PKTS_CONVERSATION_OTHER;
	}
}

static enum pkts_proto transport_of(const struct arriving *a)
{
	const uint8_t l4 = a->seen->at.l4;
	return l4 == PKTS_KEY_NO_LAYER ? PKTS_PROTO_NONE
				       : (enum pkts_proto)a->packet->layers[l4].proto;
}

void pkts_conversations_add_vlans(
	const struct pkts_conversations *c, const struct arriving *a, struct pkts_session_key *key)
{
	if (PKTS_LIKELY(!(c->conf.key & PKTS_KEY_VLAN)))
		return;
	for (unsigned i = 0; i < a->arrival->n_vlans && i < PKTS_ARRAY_LEN(a->arrival->vlans); i++)
		pkts_session_key_add_vlan(key, a->arrival->vlans[i]);
}

uint8_t pkts_conversations_ttl(const struct arriving *a)
{
	const struct pkts_ref r = pkts_packet_ref(a->packet, a->seen->at.l3);

	return a->packet->layers[a->seen->at.l3].proto == PKTS_PROTO_IPV4
		       ? pkts_ipv4_ttl(pkts_ipv4_at(r))
		       : pkts_ipv6_hop_limit(pkts_ipv6_at(r));
}

/* The key and the kind. False, and counted, if the packet has none. */
static bool read_key(struct pkts_conversations *c, struct arriving *a)
{
	*a->seen = (struct pkts_conversation_packet){.entry = NULL};
	c->stats.packets++;
	const int code = pkts_session_key_of(a->packet, c->conf.key, &a->key, &a->seen->at);
	if (PKTS_UNLIKELY(code)) {
		*(code == -PKTS_EAGAIN		? &c->stats.fragments
			: code == -PKTS_EBADMSG ? &c->stats.malformed
						: &c->stats.no_conversation) += 1;
		return false;
	}
	pkts_conversations_add_vlans(c, a, &a->key);
	a->seen->kind = (uint8_t)pkts_conversations_kind(transport_of(a));
	if (PKTS_UNLIKELY(c->conf.min_ttl) && pkts_conversations_ttl(a) < c->conf.min_ttl)
		a->seen->judgement =
			(struct pkts_judgement){PKTS_SESSION_BIT(IP_MIN_TTL), PKTS_INVALID};
	return true;
}

/* A SYN/ACK answers whoever began. */
static bool is_answer(const struct arriving *a)
{
	const unsigned both = PKTS_TCP_SYN | PKTS_TCP_ACK;

	if (a->seen->kind != PKTS_CONVERSATION_TCP)
		return false;
	const struct pkts_ref r = pkts_packet_ref(a->packet, a->seen->at.l4);
	return (pkts_tcp_flags(pkts_tcp_at(r)) & both) == both;
}

static uint8_t dir_of(const struct pkts_conversations *c, const struct arriving *a)
{
	const struct pkts_table_entry *const entry = a->seen->entry;

	if (PKTS_LIKELY(!entry->aliases))
		return a->seen->at.swapped ^ pkts_table_initiator(entry);
	return a->seen->at.swapped ^
	       pkts_table_initiator_by(c->tables[a->seen->kind], entry, &a->key);
}

/* Which end of the key begins if this is the first packet. */
static uint8_t initiator_of(const struct arriving *a)
{
	return a->seen->at.swapped ^ (uint8_t)is_answer(a);
}

static bool find_entry(struct pkts_conversations *c, struct arriving *a)
{
	struct pkts_conversation_packet *const seen = a->seen;

	if (seen->kind == PKTS_CONVERSATION_SCTP)
		seen->entry = pkts_conversations_sctp_find(c, a);
	if (!seen->entry)
		seen->entry = pkts_table_peek_or_insert(c->tables[seen->kind], &a->key,
			initiator_of(a), PKTS_CONVERSATION_NEW, a->now, &seen->fresh);
	seen->refused = !seen->entry;
	c->stats.refused += seen->refused;
	if (!seen->entry)
		return false;
	seen->dir = dir_of(c, a);
	a->before = seen->entry->last_ns;
	pkts_table_touch(seen->entry, a->now);
	return true;
}

bool pkts_conversations_may_begin_again(
	const struct pkts_conversations *c, const struct arriving *a)
{
	return pkts_table_admits_after(c->tables[a->seen->kind], a->seen->entry, &a->key,
		initiator_of(a), PKTS_CONVERSATION_NEW);
}

struct pkts_table_entry *pkts_conversations_begin_again(
	struct pkts_conversations *c, struct arriving *a)
{
	pkts_table_touch(a->seen->entry, a->before); /* this packet is none of the old one's */
	c->reusing = true;
	pkts_table_delete(c->tables[a->seen->kind], a->seen->entry);
	c->reusing = false;
	a->seen->entry = NULL;
	return find_entry(c, a) ? a->seen->entry : NULL;
}

/* A packet that takes no part in its conversation, which need not be there. */
static void leave_out(struct pkts_conversations *c, struct arriving *a)
{
	struct pkts_conversation_packet *const seen = a->seen;

	if (!seen->entry)
		seen->entry = pkts_table_peek(c->tables[seen->kind], &a->key, a->now);
	if (!seen->entry) {
		count_judgement(c, seen->judgement);
		return;
	}
	seen->dir = dir_of(c, a);
	pkts_conversations_note(c, seen->entry, (enum pkts_conversation_kind)seen->kind, seen->dir,
		seen->judgement, false);
}

/* A packet whose key is known; its entry, if a burst has found that. */
static void put_packet(struct pkts_conversations *c, struct arriving *a)
{
	static void (*const puts[PKTS_CONVERSATION_KINDS])(
		struct pkts_conversations *, struct arriving *) = {pkts_conversations_tcp, put_udp,
		pkts_conversations_icmp, pkts_conversations_sctp, put_other};
	struct pkts_conversation_packet *const seen = a->seen;

	if (PKTS_UNLIKELY(seen->judgement.events)) {
		leave_out(c, a);
		return;
	}
	if (!find_entry(c, a))
		return;
	a->bytes = c->conf.count_ip ? a->packet->layers[seen->at.l3].len : a->arrival->wire_len;
	puts[seen->kind](c, a);
	if (!seen->entry)
		return;
	struct pkts_conversation *const user = pkts_table_user(seen->entry);
	pkts_conversation_count(&user->tally, seen->dir, a->bytes);
	pkts_conversations_note(c, seen->entry, (enum pkts_conversation_kind)seen->kind, seen->dir,
		seen->judgement, false);
}

static struct arriving arriving_of(
	const struct pkts_conversation_arrival *arrival, struct pkts_conversation_packet *seen)
{
	return (struct arriving){.packet = arrival->packet,
		.frame = &arrival->frame,
		.arrival = arrival,
		.seen = seen,
		.now = arrival->now_ns};
}

void pkts_conversations_put(struct pkts_conversations *c,
	const struct pkts_conversation_arrival *arrival, struct pkts_conversation_packet *seen)
{
	struct arriving a = arriving_of(arrival, seen);

	c->now = a.now;
	if (read_key(c, &a))
		put_packet(c, &a);
}

/* bursts */

/* The packets of a burst that have a key, and may be looked up with one time. */
struct run {
	struct arriving arriving[BURST];
	struct pkts_conversation_packet seen[BURST];
	unsigned n;
};

static void read_keys(struct pkts_conversations *c, struct run *run,
	const struct pkts_conversation_arrival *arrivals)
{
	for (unsigned i = 0; i < run->n; i++) {
		run->arriving[i] = arriving_of(&arrivals[i], &run->seen[i]);
		if (!read_key(c, &run->arriving[i]))
			run->seen[i].kind = PKTS_CONVERSATION_KINDS;
	}
}

/* The entries of one kind, asked for together. */
static void look_up(struct pkts_conversations *c, struct run *run, unsigned kind)
{
	struct pkts_session_key keys[BURST];
	struct pkts_table_entry *entries[BURST];
	uint8_t at[BURST];
	unsigned n = 0;

	for (unsigned i = 0; i < run->n; i++) {
		if (run->seen[i].kind != kind)
			continue;
		keys[n] = run->arriving[i].key;
		at[n++] = (uint8_t)i;
	}
	if (n == 0)
		return;
	pkts_table_peek_burst(c->tables[kind], keys, n, run->arriving[0].now, entries);
	for (unsigned i = 0; i < n; i++)
		run->seen[at[i]].entry = entries[i];
}

static void count_ends(const struct pkts_conversations *c, uint64_t ends[PKTS_CONVERSATION_KINDS])
{
	for (unsigned kind = 0; kind < PKTS_CONVERSATION_KINDS; kind++)
		ends[kind] = pkts_table_ends(c->tables[kind]);
}

static void put_run(struct pkts_conversations *c, const struct pkts_conversation_arrival *arrivals,
	unsigned n, pkts_conversation_done *done, void *ctx, unsigned first)
{
	uint64_t ends[PKTS_CONVERSATION_KINDS];
	struct run run;

	run.n = n;
	read_keys(c, &run, arrivals);
	for (unsigned kind = 0; kind < PKTS_CONVERSATION_KINDS; kind++)
		look_up(c, &run, kind);
	count_ends(c, ends);
	for (unsigned i = 0; i < n; i++) {
		struct arriving *const a = &run.arriving[i];
		if (a->seen->kind != PKTS_CONVERSATION_KINDS) {
			if (a->seen->entry &&
				pkts_table_ends(c->tables[a->seen->kind]) != ends[a->seen->kind])
				a->seen->entry = NULL;
			c->now = a->now;
			put_packet(c, a);
		}
		if (done)
			done(ctx, first + i, a->seen);
	}
}

/* How many of n arrivals are of about the same time. */
static unsigned run_of(const struct pkts_conversation_arrival *arrivals, unsigned n)
{
	unsigned i = 1;

	while (i < PKTS_MIN(n, (unsigned)BURST) && arrivals[i].now_ns - arrivals[0].now_ns < RUN_NS)
		i++;
	return i;
}

void pkts_conversations_put_burst(struct pkts_conversations *c,
	const struct pkts_conversation_arrival *arrivals, unsigned n, pkts_conversation_done *done,
	void *ctx)
{
	for (unsigned at = 0, run; at < n; at += run) {
		run = run_of(arrivals + at, n - at);
		put_run(c, arrivals + at, run, done, ctx, at);
	}
}

uint32_t pkts_conversations_expire(struct pkts_conversations *c, uint64_t now_ns, uint32_t budget)
{
	uint32_t n = 0;

	c->now = now_ns;
	for (unsigned kind = 0; kind < PKTS_CONVERSATION_KINDS; kind++)
		n += pkts_table_expire(c->tables[kind], now_ns, budget);
	if (c->pool)
		c->tick_at = pkts_conversations_tick(c, c->tick_at, budget);
	return n;
}

void pkts_conversations_flush(struct pkts_conversations *c)
{
	for (unsigned kind = 0; kind < PKTS_CONVERSATION_KINDS; kind++)
		pkts_table_flush(c->tables[kind]);
}

struct pkts_table *pkts_conversations_table(
	struct pkts_conversations *c, enum pkts_conversation_kind kind)
{
	return c->tables[kind];
}

uint64_t pkts_conversations_now(const struct pkts_conversations *c)
{
	return c->now;
}

struct pkts_conversations_stats pkts_conversations_stats(const struct pkts_conversations *c)
{
	const struct pkts_sctp_stats messages = c->messages ? pkts_sctp_pool_stats(c->messages)
							    : (struct pkts_sctp_stats){.chunks = 0};
	struct pkts_conversations_stats stats = c->stats;

	stats.no_stream = c->streams.none;
	stats.streams_given_back = c->streams.given_back;
	stats.streams_taken = c->streams.taken;
	stats.streams = c->streams.now;
	stats.no_association = c->associations.none;
	stats.associations_given_back = c->associations.given_back;
	stats.associations_taken = c->associations.taken;
	stats.associations = c->associations.now;
	for (unsigned i = 0; i < PKTS_SEQ_EVENT_MAX; i++)
		stats.seq_events[i] = messages.events[i] + (c->pool ? c->pool->counts[i] : 0);
	return stats;
}
