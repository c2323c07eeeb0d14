/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The table of conversations: one entry each, whatever the direction. All memory is the caller's and
 * there is never more of it; nothing is rehashed. One table belongs to one thread.
 *
 *	size_t n = pkts_table_memsize(&conf);
 *	struct pkts_table *t;
 *	pkts_table_init(&t, aligned_alloc(64, n), n, &conf);
 *	...
 *	pkts_table_expire(t, now, 64);
 *	pkts_table_lookup_burst(t, keys, count, now, entries);
 *	...
 *	if (!entries[i])
 *		entries[i] = pkts_table_find_or_insert(t, &keys[i], at.swapped, class, now, &fresh);
 *
 * Time: a conversation ends when it was idle for its timeout. A hit only writes the time into the
 * entry; the timer wheel looks at that time when the entry's turn comes, and puts it back if it was
 * used (lazy re-arm). Timeouts are kept in ticks of PKTS_TABLE_TICK_NS and never end early.
 *
 * Room: an insertion never fails for want of room. In a full table it evicts, from the first class
 * (in the order of their numbers) that has more entries than its `keep`, the entry whose time is up
 * first; one that was used since the wheel last saw it gets a second chance (at most 16 are passed
 * over each time). With one timeout for all of a class that is the least recently used one, to the
 * precision of the wheel's slots.
 *
 * Places: a key has two buckets, of one cache line each. If both are full and none of their entries
 * can be moved to its other bucket, the one of the lowest class that was idle longest is evicted
 * (PKTS_TABLE_CROWDED). So no operation visits more than 128 entries and buckets, even if
 * somebody knew the secret. Without it nobody can aim: keys are hashed by NH (RFC 4418 5.2) and then
 * by a multilinear hash of its 128 bits (Lemire and Kaser, 2014). Any two keys that are picked
 * without the secret have the same hash with a chance of 2^-63, and share a bucket as often as two
 * picked blindly; the table shows its hashes to nobody.
 *
 * Sources: with max_per_source or max_embryonic_per_source, an address that has begun that many
 * conversations (of IPv6: its /64) may not begin more: they are refused and counted, and none of its
 * others is touched. They are counted in two rows of keyed counters, of which the lower one holds (a
 * count-min sketch that forgets as entries end): an address can be taken for busier than it is, if it
 * shares both, and never for idler. In a full table of strangers each counter has 4, so that limits from
 * 16 on hardly ever hit the wrong one.
 */
#ifndef PKTS_TABLE_H
#define PKTS_TABLE_H

#include "pkts_session_key.h"

#define PKTS_TABLE_ALIGN	  64		      /* of the memory given to pkts_table_init() */
#define PKTS_TABLE_TICK_NS	  (UINT64_C(1) << 20) /* about 1 ms */
#define PKTS_TABLE_CLASSES	  16
#define PKTS_TABLE_ENTRIES_MAX	  (UINT32_C(1) << 28)
#define PKTS_TABLE_USER_MAX	  4096
#define PKTS_TABLE_USER_NEAR	  32 /* bytes of the user area that a hit has at hand */
#define PKTS_TABLE_TIMEOUT_MAX_NS (((UINT64_C(1) << 32) - (UINT64_C(1) << 25)) * PKTS_TABLE_TICK_NS)

/* Why an entry ended. */
enum pkts_table_end {
	PKTS_TABLE_EXPIRED, /* idle for its timeout */
	PKTS_TABLE_DELETED, /* pkts_table_delete() */
	PKTS_TABLE_EVICTED, /* the table was full */
	PKTS_TABLE_CROWDED, /* both buckets of a new key were full */
	PKTS_TABLE_FLUSHED, /* pkts_table_flush() */
	PKTS_TABLE_END_MAX
};

/* "expired", ...: stable, fit for counters. Never NULL. */
const char *pkts_table_end_name(enum pkts_table_end end);

/*
 * What the table keeps of a conversation; the user area follows it. All of it is to be read only,
 * with key and times good until the entry has ended.
 *
 * A cache line begins at last_ns. A hit of IPv4 outside of VLANs and tunnels touches no other one, if
 * it needs no more than the first PKTS_TABLE_USER_NEAR bytes of the user area; any other hit reads
 * the line before too.
 */
struct pkts_table_entry {
	uint64_t first_ns;   /* of the insertion */
	uint32_t prev, next; /* private */
	uint64_t far[4];     /* private: of pkts_table_key_of(), what such an IPv4 key has not */
	uint64_t last_ns;    /* of the latest hit */
	uint32_t timeout;    /* in ticks */
	uint16_t place;	     /* private: class and slot of the wheel */
	uint8_t flags;	     /* private */
	uint8_t aliases;     /* further keys that lead here */
	uint64_t near[2];    /* private: the rest of the key */
};
_Static_assert(sizeof(struct pkts_table_entry) == 80, "a TCP session is to fit 192 bytes");
_Static_assert(sizeof(struct pkts_table_entry) - offsetof(struct pkts_table_entry, last_ns) +
			       PKTS_TABLE_USER_NEAR ==
		       64,
	"what an IPv4 hit touches is one cache line");

/* A kind of conversation: half-open, established, closing, ... Its number is also its rank: lower ones
 * are evicted first. */
struct pkts_table_class {
	uint64_t timeout_ns; /* of idleness; up to PKTS_TABLE_TIMEOUT_MAX_NS, about 51 days */
	uint32_t keep;	/* others cannot evict the last so many, if a class has more than its own */
	bool embryonic; /* counts against max_embryonic_per_source */
};

/*
 * Called for every entry that ends, whole as it was, before it is used again. It must not call the
 * table.
 */
typedef void pkts_table_on_end(
	void *ctx, struct pkts_table_entry *entry, enum pkts_table_end reason);

struct pkts_table_conf {
	uint32_t max_entries; /* at least 1 */
	uint32_t user_size;   /* bytes of each entry that are the caller's; see pkts_table_user() */
	struct pkts_table_class classes[PKTS_TABLE_CLASSES];
	uint32_t n_classes;		   /* at least 1 */
	uint32_t max_aliases;		   /* of all entries; 0: none */
	uint32_t max_aliases_each;	   /* of one; at most 255; 0: 8 */
	uint32_t max_per_source;	   /* entries an address may have begun; 0: any number */
	uint32_t max_embryonic_per_source; /* of these in embryonic classes; 0: any number */
	uint32_t fetch; /* bytes of the user area behind PKTS_TABLE_USER_NEAR that burst lookups
			   prefetch */
	uint32_t source_counters;  /* in each row; 0: a quarter of max_entries, at least 1,024 */
	uint8_t secret[16];	   /* random, and secret where traffic is not trusted */
	pkts_table_on_end *on_end; /* NULL: nobody wants to know */
	void *ctx;
};

struct pkts_table_stats {
	uint64_t lookups, hits; /* keys looked for; of them found, aliases included */
	uint64_t inserts;
	uint64_t ends[PKTS_TABLE_END_MAX];	       /* entries ended, by reason */
	uint64_t evicted_by_class[PKTS_TABLE_CLASSES]; /* of them EVICTED or CROWDED */
	uint64_t refused_source;		       /* insertions: max_per_source */
	uint64_t refused_embryonic;		       /* and max_embryonic_per_source */
	uint64_t aliases_refused;		       /* at a limit */
	uint64_t aliases_evicted;		       /* crowded out */
	uint64_t collisions;	   /* entries looked at whose tag was right and whose key was not */
	uint64_t spilled;	   /* keys put into their second bucket */
	uint64_t moved;		   /* keys moved there to make room */
	uint64_t rearmed;	   /* entries that the wheel looked at and put back */
	uint64_t work;		   /* buckets and entries visited by all of this */
	uint32_t entries, aliases; /* now */
	uint32_t by_class[PKTS_TABLE_CLASSES]; /* now */
};

struct pkts_table; /* in the caller's memory */

/* The memory that a table of this configuration takes; 0 for numbers that are refused below. */
size_t pkts_table_memsize(const struct pkts_table_conf *conf);

/* Bytes of one entry: 80 and the user area, up to whole cache lines. */
size_t pkts_table_entry_size(const struct pkts_table_conf *conf);

/*
 * Makes an empty table in `len` bytes at `mem`, aligned to PKTS_TABLE_ALIGN. Entries are not touched
 * until they are used. 0; -PKTS_ENOMEM if len is below memsize; -PKTS_EINVAL for memory out of line,
 * no entries or classes or more than there can be, a timeout of 0 or beyond PKTS_TABLE_TIMEOUT_MAX_NS, a
 * user area above PKTS_TABLE_USER_MAX, more than 255 aliases each.
 */
int pkts_table_init(
	struct pkts_table **t, void *mem, size_t len, const struct pkts_table_conf *conf);

/* The caller's bytes of an entry: 8-aligned, cleared by the insertion. */
PKTS_INLINE void *pkts_table_user(struct pkts_table_entry *entry);

/* The key that the entry was inserted with. */
PKTS_INLINE struct pkts_session_key pkts_table_key_of(const struct pkts_table_entry *entry);

/* The class that the entry is in. */
PKTS_INLINE unsigned pkts_table_class_of(const struct pkts_table_entry *entry);

/* Which end of the key began: as it was given to the insertion. A packet's direction in its
 * conversation is swapped ^ pkts_table_initiator(entry). */
PKTS_INLINE uint8_t pkts_table_initiator(const struct pkts_table_entry *entry);

/*
 * Looks for n keys, any number; they are cheaper the more there are, up to 128. entries[i]: that of
 * keys[i], or NULL. Returns how many were found. Each hit sets last_ns. Entries whose time is up are
 * ended on the way, and not found.
 *
 * Pointers to entries are good until that entry ends. Insertions can end any; where some were made
 * since, pkts_table_ends() tells whether one has ended: then look again (pkts_table_find()).
 */
uint32_t pkts_table_lookup_burst(struct pkts_table *t, const struct pkts_session_key *keys,
	uint32_t n, uint64_t now_ns, struct pkts_table_entry **entries);

/* The same without setting last_ns, which the caller does (pkts_table_touch()) when it has read it. */
uint32_t pkts_table_peek_burst(struct pkts_table *t, const struct pkts_session_key *keys,
	uint32_t n, uint64_t now_ns, struct pkts_table_entry **entries);

/* The same for one key: its entry, or NULL. */
struct pkts_table_entry *pkts_table_find(
	struct pkts_table *t, const struct pkts_session_key *key, uint64_t now_ns);

/* The same without setting last_ns: for who only refers to a conversation, as ICMP errors do. */
struct pkts_table_entry *pkts_table_peek(
	struct pkts_table *t, const struct pkts_session_key *key, uint64_t now_ns);

/*
 * The entry of the key, made if there is none: *fresh says so (NULL: never mind). initiator: which
 * end of the key begins, 0 or 1. NULL only if that source may not begin any more, or the class does
 * not exist.
 */
struct pkts_table_entry *pkts_table_find_or_insert(struct pkts_table *t,
	const struct pkts_session_key *key, uint8_t initiator, unsigned in_class, uint64_t now_ns,
	bool *fresh);

/* The same without setting last_ns of one that there is. */
struct pkts_table_entry *pkts_table_peek_or_insert(struct pkts_table *t,
	const struct pkts_session_key *key, uint8_t initiator, unsigned in_class, uint64_t now_ns,
	bool *fresh);

/*
 * Would the limits of its source let an entry with that key in, once `gone` has ended? Counts nothing.
 * The class has to exist.
 */
bool pkts_table_admits_after(struct pkts_table *t, const struct pkts_table_entry *gone,
	const struct pkts_session_key *key, uint8_t initiator, unsigned in_class);

/*
 * Lets another key lead to the entry: a further pair of addresses of a multi-homed association; end
 * `initiator` of it is the one that began. It is forgotten with the entry. 0, also if it does already;
 * -PKTS_EEXIST: it leads to another entry; -PKTS_ENOSPC: the entry, or the table, has as many aliases
 * as are allowed (counted). May end another entry (PKTS_TABLE_CROWDED), never this one.
 */
int pkts_table_alias(struct pkts_table *t, struct pkts_table_entry *entry,
	const struct pkts_session_key *key, uint8_t initiator, uint64_t now_ns);

/* Takes an alias back. False if that key is none of the entry. */
bool pkts_table_unalias(
	struct pkts_table *t, struct pkts_table_entry *entry, const struct pkts_session_key *key);

/*
 * Which end of `key`, the entry's own or an alias, began: addresses of an alias may be in the other order.
 * Of a key that does not lead to the entry, what pkts_table_initiator() says.
 */
uint8_t pkts_table_initiator_by(const struct pkts_table *t, const struct pkts_table_entry *entry,
	const struct pkts_session_key *key);

/* The next alias of an entry: start with *at = 0. NULL behind the last. Those that are added on the way
 * are left out; it may end early if one is crowded out. */
const struct pkts_session_key *pkts_table_alias_next(
	const struct pkts_table *t, const struct pkts_table_entry *entry, uint32_t *at);

/* Which end of the alias that pkts_table_alias_next() has just returned, with that `at`, began. */
uint8_t pkts_table_alias_initiator(const struct pkts_table *t, uint32_t at);

/* Moves an entry to a class, with that class's timeout. False if there is none of that number. */
bool pkts_table_set_class(struct pkts_table *t, struct pkts_table_entry *entry, unsigned to_class);

/* Gives it a timeout of its own, until it changes class. Limited to what a class may have. */
void pkts_table_set_timeout(struct pkts_table *t, struct pkts_table_entry *entry, uint64_t ns);

/* Ends an entry: PKTS_TABLE_DELETED. */
void pkts_table_delete(struct pkts_table *t, struct pkts_table_entry *entry);

/*
 * Ends those whose time is up; returns how many. Looks at no more than `budget` entries: call it
 * often. What it has not come to is not found by lookups either, once its time is up.
 */
uint32_t pkts_table_expire(struct pkts_table *t, uint64_t now_ns, uint32_t budget);

/* Ends all: PKTS_TABLE_FLUSHED. The table is empty then, and can be used on. */
void pkts_table_flush(struct pkts_table *t);

/* Every entry once, in no order: start with *at = 0. NULL behind the last. Entries may be deleted on
 * the way. */
struct pkts_table_entry *pkts_table_next(struct pkts_table *t, uint32_t *at);

/* Sets last_ns of an entry that was looked up without it, or with the time of a burst's first packet. */
PKTS_INLINE void pkts_table_touch(struct pkts_table_entry *entry, uint64_t now_ns);

/* How many entries have ended so far, for whatever reason. */
uint64_t pkts_table_ends(const struct pkts_table *t);

struct pkts_table_stats pkts_table_stats(const struct pkts_table *t);

/* inline definitions */

#define PKTS_TABLE_TOUCHED 4 /* private: of pkts_table_entry.flags */

PKTS_INLINE void *pkts_table_user(struct pkts_table_entry *entry)
{
	return entry + 1;
}

PKTS_INLINE struct pkts_session_key pkts_table_key_of(const struct pkts_table_entry *entry)
{
	const uint64_t *const near = entry->near, *const far = entry->far;
	const uint64_t words[] = {(uint32_t)near[0] | far[0] << 32, far[1],
		near[0] >> 32 | (far[0] >> 32 << 32), far[2], near[1], far[3]};
	struct pkts_session_key key;

	__builtin_memcpy(&key, words, sizeof(key));
	return key;
}

PKTS_INLINE void pkts_table_touch(struct pkts_table_entry *entry, uint64_t now_ns)
{
	entry->last_ns = now_ns;
	entry->flags |= PKTS_TABLE_TOUCHED;
}

PKTS_INLINE unsigned pkts_table_class_of(const struct pkts_table_entry *entry)
{
	return entry->place >> 10;
}

PKTS_INLINE uint8_t pkts_table_initiator(const struct pkts_table_entry *entry)
{
	return entry->flags & 1;
}

#endif
