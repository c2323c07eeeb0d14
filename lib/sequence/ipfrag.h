/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of ipfrag share: fragments as read, datagrams under way, and the table of both. */
#ifndef IPFRAG_H
#define IPFRAG_H

#include "free_list.h"
#include "pkts_bits.h"
#include "pkts_ipfrag.h"
#include "pkts_protocols.h"
#include "pkts_siphash.h"

#define NONE	  UINT32_MAX
#define KEY_MAX	  192 /* four IPv6 tunnels, their networks, and the datagram's own addresses */
#define BUCKET	  8
#define IPV6_HEAD 40
#define LATEST	  8 /* more of one datagram seldom come */

/* What tells a datagram from all others: n bytes, and zeros up to a whole word. */
struct key {
	uint32_t n;
	union {
		uint8_t bytes[KEY_MAX];
		uint64_t words[KEY_MAX / 8];
	};
};

/* A fragment as its packet has it, before anything is decided. */
struct fragment {
	uint8_t family, protocol;
	bool more;
	bool cut;      /* there is less of it than its header says */
	unsigned base; /* the layer that its IP header is */
	uint16_t frag_at, next_at;
	uint32_t id;		  /* IPv6 */
	const uint8_t *addresses; /* source, then destination */
	struct pkts_span header;  /* from the IP header up to the payload */
	uint32_t start, end;
	const struct pkts_piece *piece;
	uint32_t len; /* of the piece: as the IP header says */
};

/* A fragment that is kept. */
struct arrival {
	struct pkts_piece piece;
	const uint8_t *header;
	uint32_t start;
	uint32_t ranges; /* that it owns */
	uint32_t next;	 /* free, in a chain, or waiting for its stamp */
	uint16_t header_len, frag_at, next_at;
	uint8_t protocol;
	bool held;
	struct pkts_stamp stamp; /* virtual mode */
};
_Static_assert(sizeof(struct arrival) == 64, "one cache line");

enum state {
	FREE,
	LIVE,	 /* something is missing; virtual mode: the first fragment */
	STAMPED, /* virtual mode: the first fragment was there; nothing is held */
	DEAD,	 /* given up; what comes is dropped */
	READY,	 /* to be fetched */
	OUT,	 /* fetched, not yet freed; in no list */
	STATES
};

/*
 * A datagram. What each of its fragments needs stands in the first two cache lines, and the rest of
 * an IPv6 datagram's key in the third: many datagrams are under way at a time.
 */
struct context {
	_Alignas(64) uint8_t state;
	uint8_t family, policy;
	bool ends;	/* total is known */
	bool scattered; /* ranges are in use */
	bool noticed;	/* events holds some */
	uint32_t total; /* bytes of payload */
	/*
	 * As long as each fragment joins those that are there, behind or before, they are a chain, from
	 * base to edge; whatever does not turns it into ranges, for good. Only one of both is in use.
	 * base and edge are NONE where no fragment can join.
	 */
	uint32_t first, last;
	uint32_t base, edge;
	uint32_t fragments;
	uint32_t prev,
		next;	/* in the list of its state; OUT: next arrival in the chain to be read */
	uint64_t bytes; /* pinned */
	uint64_t since; /* when its time began: of LIVE ones, with the first fragment */
	uint32_t place; /* NONE, or its bucket, times their size, and its place there */
	uint32_t id;	/* its own place among the contexts */
	uint64_t last_ns;
	uint32_t latest[LATEST]; /* arrivals, or 0: to be fetched together, see fetch_latest() */
	struct key key;
	uint64_t events;
	struct pkts_ranges ranges;
	uint32_t overlaps;
	uint32_t waiting; /* virtual mode: last of those without a stamp, a ring */
	struct pkts_stamp stamp;
};
_Static_assert(offsetof(struct context, last_ns) == 64, "one cache line");
_Static_assert(
	offsetof(struct context, key.words[2]) == 128, "an IPv4 datagram's key, in the second");

/* Where a datagram is found: in either of two buckets. */
struct bucket {
	uint64_t tags;		  /* a byte of each one's hash, the first place's lowest */
	uint32_t context[BUCKET]; /* NONE: empty */
	uint32_t n;
	uint32_t unused[5];
};
_Static_assert(sizeof(struct bucket) == 64, "one cache line");

/* Datagrams in the order in which they got into this state. */
struct list {
	uint32_t head, tail, n;
};

/* A prefix with its policy; targets are sorted by family, then the longest first, then address. */
struct target {
	uint8_t family, len, policy;
	uint8_t addr[16];
};

struct targets {
	struct target *rows;
	uint32_t n;
	uint64_t lengths[2][3]; /* IPv4, IPv6: a bit for each length that there is a prefix of */
	uint8_t usual[2];
};

struct pkts_ipfrag {
	struct pkts_hold hold;
	struct pkts_siphash_key key;
	uint32_t max_datagrams, max_fragments, max_fragments_each, max_overlaps;
	uint64_t max_bytes, bytes; /* pinned */
	uint64_t timeout_ns;
	bool drop_tiny, virtual_mode;
	bool particular; /* virtual_mode, or min_ttl: one question for both, on the usual road */
	uint8_t min_ttl;
	uint64_t domain;      /* as keys have it: see pkts_ipfrag_label() */
	uint64_t raised;      /* by this call */
	uint64_t quiet_until; /* nobody's time is over before */
	struct bucket *buckets;
	uint32_t bucket_mask;
	struct context *contexts;
	struct arrival *arrivals;
	uint32_t free_context, free_arrival;
	uint32_t fresh_context, fresh_arrival; /* never used, as all behind them */
	/*
	 * The next fragment often is of the same datagram. One whose key is the only one is found
	 * here, and in no bucket: where datagrams come one by one, nothing is hashed.
	 */
	struct context *latest;
	uint32_t keys; /* in use */
	/*
	 * The one that got into its state last, NULL if it has left it: it is in that list when another
	 * follows. Where datagrams come one by one, each has left by then, and is in none.
	 */
	struct context *unlisted;
	struct list lists[STATES];
	struct list stamped; /* arrivals that have their stamp, to be fetched */
	struct pkts_range_pool pool;
	struct targets targets;
	struct pkts_ipfrag_stats stats;
	struct key spare; /* where one is written while no datagram is free */
};

/* Reads layer i. False if it is none that a fragment can have; start 0 and no `more`: no fragment. */
PKTS_INLINE bool pkts_ipfrag_read(struct fragment *f, const struct pkts_packet *packet, unsigned i,
	const struct pkts_piece *piece);

/* The key of a fragment. False if its tunnels do not fit. */
PKTS_INLINE bool pkts_ipfrag_key(struct key *key, const struct fragment *f,
	const struct pkts_packet *packet, uint64_t domain);
bool pkts_ipfrag_key_networks(
	struct key *key, const struct fragment *f, const struct pkts_packet *packet);

/* Is that its key? It is known without being written where no network is around the datagram. */
PKTS_INLINE bool pkts_ipfrag_has_key(
	const struct key *key, const struct fragment *f, uint64_t domain);

/*
 * Where in a first fragment the transport header starts; *protocol: which. *tiny: it is not all
 * there, and where it starts may be behind the end.
 */
uint32_t pkts_ipfrag_transport(const struct fragment *f, uint8_t *protocol, bool *tiny);

/* Sorts the targets into `rows`. False if one makes no sense. */
bool pkts_ipfrag_targets_init(
	struct targets *t, struct target *rows, const struct pkts_ipfrag_conf *conf);

/* Of datagrams of that family with these addresses, as a fragment has them. */
PKTS_INLINE enum pkts_ip_policy pkts_ipfrag_policy(
	const struct targets *t, unsigned family, const uint8_t *addresses);
enum pkts_ip_policy pkts_ipfrag_targets_find(
	const struct targets *t, unsigned family, const uint8_t *dst);

/* Notes an event. */
void pkts_ipfrag_raise(struct pkts_ipfrag *f, enum pkts_seq_event event);

/*
 * The datagram of that fragment, under way or given up; nothing beyond its time. Or a new one, LIVE:
 * somebody has to go if the table is full. NULL if all are out, or if its tunnels do not fit the key;
 * what it was is raised.
 */
struct context *pkts_ipfrag_find_or_open(struct pkts_ipfrag *f, const struct fragment *frag,
	const struct pkts_packet *packet, uint64_t now);

/* The same for a key that is there, and not the latest one's. addresses: as a fragment has them. */
struct context *pkts_ipfrag_find_or_open_key(struct pkts_ipfrag *f, const struct key *key,
	unsigned family, const uint8_t *addresses, uint64_t now);

/* Where a key is best written: in the datagram that would be opened next. */
PKTS_INLINE struct key *pkts_ipfrag_key_place(struct pkts_ipfrag *f)
{
	return PKTS_UNLIKELY(f->free_context == NONE) ? &f->spare
						      : &f->contexts[f->free_context].key;
}

/* The one that is in no list gets into its own, in which it is the last. */
void pkts_ipfrag_list_last(struct pkts_ipfrag *f);

/* Opens the free one that is next, LIVE; its key is there. It is in no bucket. */
PKTS_INLINE struct context *pkts_ipfrag_open(
	struct pkts_ipfrag *f, unsigned family, const uint8_t *addresses, uint64_t now);

/* Takes a datagram out of the table, with all that it holds. */
void pkts_ipfrag_close(struct pkts_ipfrag *f, struct context *c);

/* The same for one that is in no list any more, and has no key. */
void pkts_ipfrag_close_out(struct pkts_ipfrag *f, struct context *c);

/* Releases what a datagram holds; fragments that are still to come are dropped. */
void pkts_ipfrag_give_up(
	struct pkts_ipfrag *f, struct context *c, enum pkts_seq_event event, uint64_t now);

/* How many are READY. */
PKTS_INLINE uint32_t pkts_ipfrag_ready(const struct pkts_ipfrag *f)
{
	return f->lists[READY].n + (f->unlisted && f->unlisted->state == READY);
}

/* From LIVE to READY: its key is free for another datagram. */
void pkts_ipfrag_finish(struct pkts_ipfrag *f, struct context *c);

/* The fragment that owns the first byte: its header is the datagram's. */
PKTS_INLINE const struct arrival *pkts_ipfrag_first(struct pkts_ipfrag *f, const struct context *c);

/* To a state that ends by itself. */
void pkts_ipfrag_move(struct pkts_ipfrag *f, struct context *c, enum state to);

/* Gives the oldest datagram that holds something up, but for `spared`. False if there is none. */
bool pkts_ipfrag_evict(struct pkts_ipfrag *f, const struct context *spared);

/* One that is complete from the start, and has no key. */
struct context *pkts_ipfrag_open_ready(
	struct pkts_ipfrag *f, const struct fragment *frag, uint64_t now);

/* A free arrival, not yet held; there is one more than may be kept: without it there is no room. */
PKTS_INLINE uint32_t pkts_ipfrag_arrival(struct pkts_ipfrag *f, const struct fragment *frag);

/* Is there room for an arrival of that cost, or can some be made? False: *limit says of what. */
PKTS_INLINE bool pkts_ipfrag_room(
	struct pkts_ipfrag *f, struct context *c, uint32_t cost, enum pkts_seq_event *limit);
bool pkts_ipfrag_make_room(
	struct pkts_ipfrag *f, struct context *c, uint32_t cost, enum pkts_seq_event *limit);

/* Holds an arrival, for which there is room. */
PKTS_INLINE void pkts_ipfrag_hold(struct pkts_ipfrag *f, struct context *c, uint32_t arrival);

/* Gives one back, released if it was held. */
void pkts_ipfrag_drop(struct pkts_ipfrag *f, struct context *c, uint32_t arrival);

/* Gives one back whose owner somebody else releases. c NULL: no longer counted with a datagram. */
void pkts_ipfrag_let_go(struct pkts_ipfrag *f, struct context *c, uint32_t arrival);

/* Gives all back that is in the chain, as it is: it is all that the datagram has. Owners are the caller's. */
PKTS_INLINE void pkts_ipfrag_free_chain(struct pkts_ipfrag *f, struct context *c);

/* The first of those that wait for a stamp; there is one. */
uint32_t pkts_ipfrag_take_waiting(struct pkts_ipfrag *f, struct context *c);

/* A range of an arrival is gone; pkts_ranges_watch.less. */
struct letting_go {
	struct pkts_ipfrag *f;
	struct context *c;
};
void pkts_ipfrag_lose_range(void *letting_go, uint32_t arrival);

/* Ends at most `n` datagrams of each kind whose time is over; returns how many were under way. */
uint32_t pkts_ipfrag_reap(struct pkts_ipfrag *f, uint64_t now, uint32_t n);

/* What every call that puts a fragment starts with. */
#define REAP_A_PUT 4
PKTS_INLINE void pkts_ipfrag_begin(struct pkts_ipfrag *f, uint64_t now)
{
	f->raised = 0;
	if (PKTS_UNLIKELY(now >= f->quiet_until))
		pkts_ipfrag_reap(f, now, REAP_A_PUT);
}

/* Is its time over? */
PKTS_INLINE bool pkts_ipfrag_is_over(
	const struct pkts_ipfrag *f, const struct context *c, uint64_t now);

/* Counts a fragment, and says what is wrong with it. False if it is to be dropped. */
bool pkts_ipfrag_acceptable(struct pkts_ipfrag *f, const struct fragment *frag);

PKTS_INLINE bool pkts_ipfrag_is_fragment(const struct fragment *frag)
{
	return frag->start != 0 || frag->more;
}

PKTS_INLINE bool pkts_ipfrag_is_below(const struct pkts_ipfrag *f, const struct fragment *frag)
{
	return frag->header.p[frag->family == 4 ? 8 : 7] < f->min_ttl;
}

enum pkts_ipfrag_verdict pkts_ipfrag_refuse(struct pkts_ipfrag *f);

/* inline definitions */

/* As many bytes of the piece as the headers announce. */
PKTS_INLINE void pkts_ipfrag_bound(struct fragment *f, const struct pkts_piece *piece, uint32_t len)
{
	f->piece = piece;
	f->len = len;
	f->end = f->start + len;
	if (PKTS_UNLIKELY(piece->len < len)) {
		f->len = piece->len;
		f->cut = true;
	}
}

PKTS_INLINE uint32_t pkts_ipfrag_cost(const struct fragment *f)
{
	return PKTS_LIKELY(f->piece->cost) ? f->piece->cost : f->len;
}

/* What its key is made of. */
PKTS_INLINE void pkts_ipfrag_name_ipv4(
	struct fragment *f, const struct pkts_packet *packet, unsigned i)
{
	f->family = 4;
	f->base = i;
	f->header.p = packet->data + packet->layers[i].off;
	f->addresses = f->header.p + 12;
}

/*
 * Field by field, here and below: clearing them all first would take as long as the rest, and a copy
 * in wide words of what was just written in narrow ones waits until that has left the processor.
 */
PKTS_INLINE void pkts_ipfrag_read_ipv4(struct fragment *f, const struct pkts_packet *packet,
	unsigned i, const struct pkts_piece *piece)
{
	const struct pkts_layer l = packet->layers[i];
	const struct pkts_ipv4 ip = {packet->data + l.off, l.head, l.len};
	const uint16_t place = pkts_be16(ip.p + 6); /* three flags, and the offset */

	pkts_ipfrag_name_ipv4(f, packet, i);
	f->protocol = pkts_ipv4_protocol(ip);
	f->more = place & 0x2000;
	f->cut = pkts_ipv4_total_length(ip) != l.len;
	f->frag_at = f->next_at = 0;
	f->header.len = l.head;
	f->start = (place & 0x1fff) * 8u;
	pkts_ipfrag_bound(f, piece, l.len - l.head);
}

PKTS_INLINE struct pkts_span pkts_ipfrag_span(
	const struct pkts_packet *packet, unsigned first, unsigned last)
{
	const struct pkts_layer a = packet->layers[first], z = packet->layers[last];
	return (struct pkts_span){packet->data + a.off, (uint32_t)z.off + z.head - a.off};
}

/* The IPv6 header that layer i belongs to. False if the layers were chosen otherwise. */
PKTS_INLINE bool pkts_ipfrag_find_ipv6(const struct pkts_packet *packet, unsigned i, unsigned *base)
{
	while (pkts_is_ipv6_ext(packet->layers[i].proto) && i > 0)
		i--;
	*base = i;
	return packet->layers[i].proto == PKTS_PROTO_IPV6;
}

PKTS_INLINE void pkts_ipfrag_read_base(
	struct fragment *f, const struct pkts_packet *packet, unsigned i, unsigned base)
{
	const struct pkts_layer ip6 = packet->layers[base];
	const struct pkts_ipv6 ip = pkts_ipv6_at(pkts_packet_ref(packet, base));

	f->family = 6;
	f->protocol = pkts_ipv6_next(ip);
	f->more = false;
	f->cut = IPV6_HEAD + (uint32_t)pkts_ipv6_payload_length(ip) != ip6.len;
	f->base = base;
	f->frag_at = f->next_at = 0;
	f->id = 0;
	f->addresses = ip.p + 8;
	f->header = pkts_ipfrag_span(packet, base, i);
	f->start = 0;
}

/* The fragment header, which layer i is. */
PKTS_INLINE void pkts_ipfrag_read_frag(
	struct fragment *f, const struct pkts_packet *packet, unsigned i, unsigned base)
{
	const struct pkts_layer l = packet->layers[i], before = packet->layers[i - 1];
	const struct pkts_ipv6_frag frag = pkts_ipv6_frag_at(pkts_packet_ref(packet, i));
	const uint32_t off = packet->layers[base].off;

	f->protocol = pkts_ipv6_frag_next(frag);
	f->more = pkts_ipv6_frag_more(frag);
	f->frag_at = (uint16_t)(l.off - off);
	f->next_at = (uint16_t)(before.off - off + (i - 1 == base ? 6 : 0));
	f->id = pkts_ipv6_frag_id(frag);
	f->start = pkts_ipv6_frag_frag_offset(frag) * 8u;
}

PKTS_INLINE bool pkts_ipfrag_read_ipv6(struct fragment *f, const struct pkts_packet *packet,
	unsigned i, const struct pkts_piece *piece)
{
	const struct pkts_layer l = packet->layers[i];
	unsigned base;

	if ((l.proto != PKTS_PROTO_IPV6_FRAG && l.proto != PKTS_PROTO_IPV6) ||
		!pkts_ipfrag_find_ipv6(packet, i, &base))
		return false;
	pkts_ipfrag_read_base(f, packet, i, base);
	if (i != base)
		pkts_ipfrag_read_frag(f, packet, i, base);
	pkts_ipfrag_bound(f, piece, l.len - l.head);
	return true;
}

PKTS_INLINE bool pkts_ipfrag_read(struct fragment *f, const struct pkts_packet *packet, unsigned i,
	const struct pkts_piece *piece)
{
	if (i >= packet->n)
		return false;
	if (packet->layers[i].proto != PKTS_PROTO_IPV4)
		return pkts_ipfrag_read_ipv6(f, packet, i, piece);
	pkts_ipfrag_read_ipv4(f, packet, i, piece);
	return true;
}

PKTS_INLINE uint64_t pkts_ipfrag_word(const uint8_t *p)
{
	uint64_t word;
	__builtin_memcpy(&word, p, sizeof(word));
	return word;
}

/* Of the 8 bytes behind IPv4's total length: identification, protocol. */
#define IPV4_LABEL UINT64_C(0xffff000000ff0000)

/* A domain's four bytes, three and one, where these are not, nor the family: that is the last byte. */
PKTS_INLINE uint64_t pkts_ipfrag_domain(uint32_t domain)
{
	return (uint64_t)(domain >> 8) << 24 | (domain & 0xff) << 8;
}

/*
 * What every key begins with. RFC 791 3.2 counts the protocol in; RFC 8200 4.5 does not: later
 * fragments may say another one.
 */
PKTS_INLINE uint64_t pkts_ipfrag_label(const struct fragment *f, uint64_t domain)
{
	const uint64_t label = domain | f->family;
	return f->family == 4 ? label | (pkts_be64(f->header.p + 4) & IPV4_LABEL) : label;
}

/* In the first word of keys that are longer, by the networks. So that word tells how long others are. */
#define IN_NETWORKS UINT64_C(0x80)

/* Layers that say something of the network that a datagram is in. */
#define ONE_BIT(PROTO) (UINT64_C(1) << (PROTO))
#define NETWORKS                                                                                   \
	(ONE_BIT(PKTS_PROTO_VLAN) | ONE_BIT(PKTS_PROTO_MPLS) | ONE_BIT(PKTS_PROTO_PPPOE) |         \
		ONE_BIT(PKTS_PROTO_IPV4) | ONE_BIT(PKTS_PROTO_IPV6) | ONE_BIT(PKTS_PROTO_GRE) |    \
		ONE_BIT(PKTS_PROTO_VXLAN) | ONE_BIT(PKTS_PROTO_GENEVE) | ONE_BIT(PKTS_PROTO_GTP))

PKTS_INLINE bool pkts_ipfrag_is_network(const struct pkts_packet *packet, unsigned i)
{
	return NETWORKS >> packet->layers[i].proto & 1;
}

/* Is at most a link layer around layer i, which says nothing of networks? */
PKTS_INLINE bool pkts_ipfrag_is_bare(const struct pkts_packet *packet, unsigned i)
{
	return i == 0 || (i == 1 && !pkts_ipfrag_is_network(packet, 0));
}

PKTS_INLINE bool pkts_ipfrag_has_key(
	const struct key *key, const struct fragment *f, uint64_t domain)
{
	uint64_t differ = key->words[0] ^ pkts_ipfrag_label(f, domain);

	if (f->family == 4) {
		differ |= key->words[1] ^ pkts_ipfrag_word(f->addresses);
	} else {
		differ |= key->words[1] ^ f->id;
		for (unsigned i = 0; i < 4; i++)
			differ |= key->words[2 + i] ^ pkts_ipfrag_word(f->addresses + i * 8);
	}
	return differ == 0;
}

PKTS_INLINE void pkts_ipfrag_begin_key(struct key *key, const struct fragment *f, uint64_t domain)
{
	const unsigned words = f->family == 4 ? 1 : 4;
	uint64_t *to = key->words;

	*to++ = pkts_ipfrag_label(f, domain);
	if (f->family == 6)
		*to++ = f->id;
	for (unsigned i = 0; i < words; i++)
		*to++ = pkts_ipfrag_word(f->addresses + i * 8);
	key->n = (uint32_t)(to - key->words) * 8;
}

PKTS_INLINE bool pkts_ipfrag_key(struct key *key, const struct fragment *f,
	const struct pkts_packet *packet, uint64_t domain)
{
	pkts_ipfrag_begin_key(key, f, domain);
	return PKTS_LIKELY(pkts_ipfrag_is_bare(packet, f->base)) ||
	       pkts_ipfrag_key_networks(key, f, packet);
}

PKTS_INLINE enum pkts_ip_policy pkts_ipfrag_policy(
	const struct targets *t, unsigned family, const uint8_t *addresses)
{
	if (PKTS_LIKELY(t->n == 0))
		return (enum pkts_ip_policy)t->usual[family == 6];
	return pkts_ipfrag_targets_find(t, family, addresses + (family == 4 ? 4 : 16));
}

PKTS_INLINE void pkts_ipfrag_append(struct pkts_ipfrag *f, struct context *c, enum state state)
{
	if (PKTS_UNLIKELY(f->unlisted))
		pkts_ipfrag_list_last(f);
	c->state = (uint8_t)state;
	f->unlisted = c;
}

/* Of one in a state that ends by itself. */
PKTS_INLINE void pkts_ipfrag_note_time(struct pkts_ipfrag *f, const struct context *c)
{
	const bool never = c->since > UINT64_MAX - f->timeout_ns;
	const uint64_t over_at = never ? UINT64_MAX : c->since + f->timeout_ns;

	if (over_at < f->quiet_until)
		f->quiet_until = over_at;
}

/* The free one that is next; what its state, key, ranges and events bring with them is not set. */
PKTS_INLINE struct context *pkts_ipfrag_take(
	struct pkts_ipfrag *f, unsigned family, const uint8_t *addresses, uint64_t now)
{
	const uint32_t id = f->free_context;
	struct context *const c = &f->contexts[id];

	f->free_context = free_list_next(id, &c->next, &f->fresh_context, f->max_datagrams);
	f->stats.contexts++;
	c->id = id;
	c->family = (uint8_t)family;
	c->policy = (uint8_t)pkts_ipfrag_policy(&f->targets, family, addresses);
	c->ends = false;
	c->scattered = false;
	c->noticed = false;
	c->first = c->last = NONE;
	c->base = c->edge = NONE;
	c->total = 0;
	c->fragments = 0;
	c->bytes = 0;
	c->since = c->last_ns = now;
	__builtin_memset(c->latest, 0, sizeof(c->latest));
	if (f->virtual_mode)
		c->waiting = NONE;
	return c;
}

PKTS_INLINE struct context *pkts_ipfrag_open(
	struct pkts_ipfrag *f, unsigned family, const uint8_t *addresses, uint64_t now)
{
	struct context *const c = pkts_ipfrag_take(f, family, addresses, now);

	c->place = NONE;
	f->keys++;
	pkts_ipfrag_append(f, c, LIVE);
	pkts_ipfrag_note_time(f, c);
	f->latest = c;
	return c;
}

PKTS_INLINE uint32_t pkts_ipfrag_arrival(struct pkts_ipfrag *f, const struct fragment *frag)
{
	const uint32_t id = f->free_arrival;
	struct arrival *const a = &f->arrivals[id];

	f->free_arrival = free_list_next(id, &a->next, &f->fresh_arrival, f->max_fragments + 1);
	a->piece.p = frag->piece->p;
	a->piece.len = frag->len;
	a->piece.cost = pkts_ipfrag_cost(frag);
	a->piece.owner = frag->piece->owner;
	a->header = frag->header.p;
	a->start = frag->start;
	a->ranges = 0;
	a->next = NONE;
	a->header_len = (uint16_t)frag->header.len;
	a->frag_at = frag->frag_at;
	a->next_at = frag->next_at;
	a->protocol = frag->protocol;
	a->held = false;
	return id;
}

/* What one datagram pins is no more than what all do. */
PKTS_INLINE bool pkts_ipfrag_room(
	struct pkts_ipfrag *f, struct context *c, uint32_t cost, enum pkts_seq_event *limit)
{
	if (PKTS_LIKELY(f->free_arrival != NONE && c->fragments < f->max_fragments_each &&
			f->bytes + cost <= f->max_bytes))
		return true;
	return pkts_ipfrag_make_room(f, c, cost, limit);
}

PKTS_INLINE void pkts_ipfrag_hold(struct pkts_ipfrag *f, struct context *c, uint32_t id)
{
	struct arrival *const a = &f->arrivals[id];

	a->held = true;
	f->bytes += a->piece.cost;
	f->stats.held++;
	c->bytes += a->piece.cost;
	c->fragments++;
	f->hold.hold(f->hold.ctx, a->piece.owner);
}

PKTS_INLINE void pkts_ipfrag_free_chain(struct pkts_ipfrag *f, struct context *c)
{
	f->arrivals[c->last].next = f->free_arrival;
	f->free_arrival = c->first;
	f->stats.released += c->fragments;
	f->bytes -= c->bytes;
	c->fragments = 0;
	c->bytes = 0;
	c->first = c->last = NONE;
}

PKTS_INLINE const struct arrival *pkts_ipfrag_first(struct pkts_ipfrag *f, const struct context *c)
{
	if (PKTS_LIKELY(c->first != NONE))
		return &f->arrivals[c->first];
	const uint32_t i = pkts_ranges_at(&f->pool, &c->ranges, 0);
	return &f->arrivals[f->pool.ranges[i].arrival];
}

PKTS_INLINE bool pkts_ipfrag_is_over(
	const struct pkts_ipfrag *f, const struct context *c, uint64_t now)
{
	return now - c->since >= f->timeout_ns && now >= c->since;
}

#endif
