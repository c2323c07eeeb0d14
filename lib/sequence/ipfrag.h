/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of ipfrag share: fragments as read, datagrams under way, and the table of both. */
#ifndef IPFRAG_H
#define IPFRAG_H

#include "pkts_ipfrag.h"
#include "pkts_siphash.h"

#define NONE	  UINT32_MAX
#define KEY_MAX	  192 /* four IPv6 tunnels, their networks, and the datagram's own addresses */
#define BUCKET	  8
#define IPV6_HEAD 40

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
	bool cut; /* there is less of it than its header says */
	const uint8_t *src, *dst, *id;
	struct pkts_span header; /* from the IP header up to the payload */
	uint16_t frag_at, next_at;
	uint32_t start, end;
	struct pkts_piece piece; /* as long as the IP header says */
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
	OUT,	 /* fetched, not yet freed */
	STATES
};

/* A datagram. */
struct context {
	uint8_t state, family, policy;
	bool ends;	/* total is known */
	bool scattered; /* ranges are in use */
	uint32_t total; /* bytes of payload */
	uint32_t fragments, overlaps;
	uint32_t prev, next; /* in the list of its state */
	uint32_t waiting;    /* virtual mode: last of those without a stamp, a ring */
	/*
	 * As long as each fragment joins those that are there, behind or before, they are a chain, from
	 * base to edge; whatever does not turns it into ranges, for good. Only one of both is in use.
	 */
	uint32_t first, last;
	uint32_t base, edge;
	uint32_t cursor; /* in the chain: where reading stands */
	struct pkts_ranges ranges;
	uint32_t place; /* in the buckets: its bucket, times their size, and its place there */
	uint64_t bytes; /* pinned */
	uint64_t since; /* when its time began */
	uint64_t first_ns, last_ns;
	uint64_t events;
	uint64_t hash;
	struct pkts_stamp stamp;
	struct key key;
};

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
	uint64_t max_bytes, timeout_ns;
	bool drop_tiny, virtual_mode;
	uint32_t domain;
	uint64_t raised;      /* by this call */
	uint64_t quiet_until; /* nobody's time is over before */
	struct bucket *buckets;
	uint32_t bucket_mask;
	struct context *contexts;
	struct arrival *arrivals;
	uint32_t free_context, free_arrival;
	uint32_t latest;     /* context: the next fragment often is of the same datagram */
	uint32_t arrivals_n; /* in use */
	struct list lists[STATES];
	struct list stamped; /* arrivals that have their stamp, to be fetched */
	struct pkts_range_pool pool;
	struct targets targets;
	struct pkts_ipfrag_stats stats;
};

/* Reads layer i. False if it is none that a fragment can have; start 0 and no `more`: no fragment. */
bool pkts_ipfrag_read(struct fragment *f, const struct pkts_packet *packet, unsigned i,
	const struct pkts_piece *piece);

/* The key of a fragment at layer i. False if its tunnels do not fit. */
bool pkts_ipfrag_key(struct key *key, const struct fragment *f, const struct pkts_packet *packet,
	unsigned i, uint32_t domain);

/*
 * Where in a first fragment the transport header starts; *protocol: which. *tiny: it is not all
 * there, and where it starts may be behind the end.
 */
uint32_t pkts_ipfrag_transport(const struct fragment *f, uint8_t *protocol, bool *tiny);

/* Sorts the targets into `rows`. False if one makes no sense. */
bool pkts_ipfrag_targets_init(
	struct targets *t, struct target *rows, const struct pkts_ipfrag_conf *conf);

enum pkts_ip_policy pkts_ipfrag_targets_find(
	const struct targets *t, unsigned family, const uint8_t *dst);

/* Notes an event. */
void pkts_ipfrag_raise(struct pkts_ipfrag *f, enum pkts_seq_event event);

/* The datagram of the latest fragment, if it is of that key; NULL: it may yet be found. */
struct context *pkts_ipfrag_latest(struct pkts_ipfrag *f, const struct key *key, uint64_t now);

/* The datagram of that key under way or given up; NULL. Nothing beyond its time is found. */
struct context *pkts_ipfrag_find(
	struct pkts_ipfrag *f, const struct key *key, uint64_t hash, uint64_t now);

/* A new one, LIVE. Somebody has to go if the table is full; NULL if all are out. */
struct context *pkts_ipfrag_open(
	struct pkts_ipfrag *f, const struct key *key, uint64_t hash, uint64_t now);

/* Takes a datagram out of the table, with all that it holds. */
void pkts_ipfrag_close(struct pkts_ipfrag *f, struct context *c);

/* Releases what a datagram holds; fragments that are still to come are dropped. */
void pkts_ipfrag_give_up(
	struct pkts_ipfrag *f, struct context *c, enum pkts_seq_event event, uint64_t now);

/* From LIVE to READY: its key is free for another datagram. */
void pkts_ipfrag_finish(struct pkts_ipfrag *f, struct context *c);

void pkts_ipfrag_move(struct pkts_ipfrag *f, struct context *c, enum state to);

/* Gives the oldest datagram that holds something up, but for `spared`. False if there is none. */
bool pkts_ipfrag_evict(struct pkts_ipfrag *f, const struct context *spared);

/* One that is complete from the start, and has no key. */
struct context *pkts_ipfrag_open_ready(struct pkts_ipfrag *f, uint64_t now);

/* A free arrival, not yet held; there is always one more than may be kept. */
uint32_t pkts_ipfrag_arrival(struct pkts_ipfrag *f, const struct fragment *frag);

/* Makes room for an arrival, then holds it. False if it is too much, and *limit of what. */
bool pkts_ipfrag_hold(
	struct pkts_ipfrag *f, struct context *c, uint32_t arrival, enum pkts_seq_event *limit);

/* Gives one back, released if it was held. */
void pkts_ipfrag_drop(struct pkts_ipfrag *f, struct context *c, uint32_t arrival);

/* Gives one back whose owner somebody else releases. c NULL: no longer counted with a datagram. */
void pkts_ipfrag_let_go(struct pkts_ipfrag *f, struct context *c, uint32_t arrival);

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

/* Counts a fragment, and says what is wrong with it. False if it is to be dropped. */
bool pkts_ipfrag_acceptable(struct pkts_ipfrag *f, const struct fragment *frag);

bool pkts_ipfrag_is_fragment(const struct fragment *frag);
enum pkts_ipfrag_verdict pkts_ipfrag_refuse(struct pkts_ipfrag *f);

#endif
