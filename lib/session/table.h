/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Inside the table of conversations. Entries are named by their number; NONE is none. */
#ifndef TABLE_H
#define TABLE_H

#include "pkts_errno.h"
#include "pkts_siphash.h"
#include "pkts_table.h"

#define NONE   UINT32_MAX
#define ALIAS  (UINT32_C(1) << 31) /* in a bucket: the number is that of an alias */
#define MORE   (UINT32_C(7) << 28) /* three bits more of a tag, there */
#define WAYS   12
#define LEVELS 4
#define SLOTS  256

/* pkts_table_entry.flags */
enum {
	INITIATOR = 1,
	USED = 2,
	TOUCHED = PKTS_TABLE_TOUCHED, /* hit since the wheel last put it in its place */
	FAR = 8,		      /* there is something in far[] */
};

/* A key, as entries have it. far[] of IPv4 outside of VLANs and tunnels is all 0. */
struct key_words {
	uint64_t near[2], far[4];
};

/* Of hash_of(): all of it random, all of it secret. */
struct hash_key {
	uint64_t nh[6];
	uint64_t low[3], high[3]; /* halves of three multipliers of 128 bits */
};

/* Where keys lead. A tag of 0 is a free place. */
struct bucket {
	uint8_t tags[WAYS];
	uint32_t index[WAYS]; /* and MORE */
	uint32_t spilled;     /* keys that belong here, and are in their second bucket */
};
_Static_assert(sizeof(struct bucket) == 64, "one cache line");
_Static_assert(((PKTS_TABLE_ENTRIES_MAX - 1) & (ALIAS | MORE)) == 0, "a number leaves these free");

struct slot {
	uint32_t head, tail;
};

/*
 * Level n has slots of 256^n ticks. An entry is in the coarsest level that its deadline needs, and
 * comes down as that draws near.
 */
struct wheel {
	uint64_t tick; /* nothing is left of those before */
	uint32_t n;
	uint64_t filled[LEVELS][SLOTS / 64];
	struct slot slots[LEVELS][SLOTS];
};

struct alias {
	struct pkts_session_key key;
	uint32_t entry;
	uint32_t next;	   /* of the same entry, or free */
	uint8_t initiator; /* which end of this key began */
};

struct source {
	uint32_t total, embryonic;
};

struct pkts_table {
	struct bucket *buckets;
	uint8_t *entries;
	uint32_t n_buckets;
	uint32_t entry_size;
	struct hash_key hash_key;
	struct pkts_siphash_key source_key;
	uint32_t fetch;	     /* bytes behind last_ns, for burst lookups */
	uint32_t free_entry; /* linked by next */
	uint32_t begun;	     /* entries from here on were never used */
	uint32_t max_entries;
	uint32_t n_classes;
	uint32_t next_class; /* whose turn it is to expire */
	struct wheel *wheels;
	struct alias *aliases;
	uint32_t *alias_of; /* by entry: its first alias */
	uint32_t free_alias, max_aliases, max_aliases_each;
	struct source *sources[2];
	uint32_t n_sources, max_per_source, max_embryonic;
	pkts_table_on_end *on_end;
	void *ctx;
	uint64_t ended;
	struct pkts_table_class classes[PKTS_TABLE_CLASSES];
	uint32_t timeouts[PKTS_TABLE_CLASSES]; /* in ticks */
	struct pkts_table_stats stats;
};

/* Where a key can be; the second bucket is seldom asked for: second_of(). */
struct place {
	uint32_t first;
	uint32_t high; /* the hash's upper half */
	uint32_t more; /* of MORE */
	uint8_t tag;   /* never 0 */
};

/* What a place in a bucket leads to. */
struct pkts_table_entry *pkts_table_entry_at(const struct pkts_table *t, uint32_t index);

/* Makes room in one of the two buckets of a key, evicting if need be, but for `spared`. */
void pkts_table_make_place(struct pkts_table *t, const struct place *p, uint64_t tick,
	const struct pkts_table_entry *spared);

/* Puts a number where there is room. */
void pkts_table_put(struct pkts_table *t, const struct place *p, uint32_t index);

/* Takes it out. */
void pkts_table_take_out(struct pkts_table *t, const struct place *p, uint32_t index);

/* The entry of a key whose place is known, over or not; NULL. */
struct pkts_table_entry *pkts_table_find_at(
	struct pkts_table *t, const struct key_words *key, const struct place *p);

/* Ends an entry. */
void pkts_table_finish(
	struct pkts_table *t, struct pkts_table_entry *e, enum pkts_table_end reason);

/* Puts an entry into the wheel of a class, and takes it out. */
void pkts_table_arm(
	struct pkts_table *t, struct pkts_table_entry *e, unsigned class, uint64_t tick);
void pkts_table_disarm(struct pkts_table *t, struct pkts_table_entry *e);

/* Ends one entry of a full table. */
void pkts_table_evict(struct pkts_table *t, uint64_t tick);

/* Forgets an alias that is in no bucket any more; forgets all of an entry. */
void pkts_table_drop_alias(struct pkts_table *t, uint32_t alias);
void pkts_table_drop_aliases(struct pkts_table *t, uint32_t entry);

/* True if a new entry of that source may be made; counts it in, and out. */
bool pkts_table_source_admits(struct pkts_table *t, const struct pkts_session_key *key,
	unsigned initiator, bool embryonic);
void pkts_table_source_count(
	struct pkts_table *t, const struct pkts_table_entry *e, bool embryonic);
void pkts_table_source_uncount(
	struct pkts_table *t, const struct pkts_table_entry *e, bool embryonic);
void pkts_table_source_move(
	struct pkts_table *t, const struct pkts_table_entry *e, bool from, bool to);

/* inline definitions */

PKTS_INLINE struct pkts_table_entry *entry_of(const struct pkts_table *t, uint32_t id)
{
	return (void *)(t->entries + (size_t)id * t->entry_size);
}

PKTS_INLINE uint32_t id_of(const struct pkts_table *t, const struct pkts_table_entry *e)
{
	return (uint32_t)((size_t)((const uint8_t *)e - t->entries) / t->entry_size);
}

PKTS_INLINE uint64_t tick_of(uint64_t ns)
{
	return ns / PKTS_TABLE_TICK_NS;
}

/* The first tick at which its time is up for certain. */
PKTS_INLINE uint64_t over_at(const struct pkts_table_entry *e)
{
	return tick_of(e->last_ns) + e->timeout + 1;
}

/* The reverse of pkts_table_key_of(). */
PKTS_INLINE struct key_words words_of(const struct pkts_session_key *key)
{
	uint64_t w[6];

	__builtin_memcpy(w, key, sizeof(w));
	return (struct key_words){{(uint32_t)w[0] | w[2] << 32, w[4]},
		{w[0] >> 32 | (w[2] >> 32 << 32), w[1], w[3], w[5]}};
}

PKTS_INLINE struct key_words words_in(const struct pkts_table_entry *e)
{
	return (struct key_words){
		{e->near[0], e->near[1]}, {e->far[0], e->far[1], e->far[2], e->far[3]}};
}

PKTS_INLINE bool is_far(const struct key_words *w)
{
	return (w->far[0] | w->far[1] | w->far[2] | w->far[3]) != 0;
}

PKTS_INLINE bool words_equal(const uint64_t *a, const uint64_t *b, unsigned n)
{
	uint64_t differ = 0;

	for (unsigned i = 0; i < n; i++)
		differ |= a[i] ^ b[i];
	return differ == 0;
}

/* far[] is only read where both have something in it. */
PKTS_INLINE bool has_key(const struct pkts_table_entry *e, const struct key_words *w)
{
	const bool far = is_far(w);

	return words_equal(e->near, w->near, 2) && far == ((e->flags & FAR) != 0) &&
	       (PKTS_LIKELY(!far) || words_equal(e->far, w->far, 4));
}

__extension__ typedef unsigned __int128 wide;

/*
 * NH of six words of 64 bits: two keys have the same 128 bits with a chance of 2^-64 at most. Where
 * far[] is all 0 its two products are left out: to meet that, theirs would have to sum up to one number
 * of 128 bits, of which there is less than a chance of 2^-64 too. Then a multilinear hash of these, of
 * which the upper 64 bits are pairwise independent. A tenth of what SipHash-1-3 takes, and nothing
 * that needs the processor's own ciphers.
 */
PKTS_INLINE uint64_t hash_of(const struct pkts_table *t, const struct key_words *w)
{
	const struct hash_key *const k = &t->hash_key;
	wide nh = (wide)(w->near[0] + k->nh[0]) * (w->near[1] + k->nh[1]);

	if (PKTS_UNLIKELY(is_far(w)))
		nh += (wide)(w->far[0] + k->nh[2]) * (w->far[1] + k->nh[3]) +
		      (wide)(w->far[2] + k->nh[4]) * (w->far[3] + k->nh[5]);
	const uint64_t a = (uint64_t)nh, b = (uint64_t)(nh >> 64);
	const wide low = (wide)k->low[0] * a + (wide)k->low[1] * b + k->low[2];
	return (uint64_t)(low >> 64) + k->high[0] * a + k->high[1] * b + k->high[2];
}

/* A bucket by 32 bits of a hash. */
PKTS_INLINE uint32_t scale(uint32_t bits, uint32_t n)
{
	return (uint32_t)((uint64_t)bits * n >> 32);
}

PKTS_INLINE struct place place_of(const struct pkts_table *t, uint64_t hash)
{
	const uint32_t low = (uint32_t)hash, high = (uint32_t)(hash >> 32);
	const uint32_t tags = low ^ high; /* from the end that scale() hardly looks at */
	const uint8_t tag = (uint8_t)tags;

	return (struct place){scale(low, t->n_buckets), high, tags << 20 & MORE, tag ? tag : 1};
}

PKTS_INLINE struct place place_of_key(
	const struct pkts_table *t, const struct pkts_session_key *key)
{
	const struct key_words w = words_of(key);
	return place_of(t, hash_of(t, &w));
}

/* Not the same as the first. */
PKTS_INLINE uint32_t second_of(const struct pkts_table *t, const struct place *p)
{
	const uint32_t second = scale(p->high, t->n_buckets);

	if (PKTS_LIKELY(second != p->first))
		return second;
	return second + 1 < t->n_buckets ? second + 1 : 0;
}

/* Bit i: the tag of place i is that. */
#if defined(__SSE2__)

typedef char bytes16 __attribute__((vector_size(16)));

PKTS_INLINE uint32_t places_with(const struct bucket *b, uint8_t tag)
{
	const char c = (char)tag;
	const bytes16 all = {c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c};
	bytes16 tags; /* and what stands behind them */

	__builtin_memcpy(&tags, b, sizeof(tags));
	return (uint32_t)__builtin_ia32_pmovmskb128(tags == all) & ((1u << WAYS) - 1);
}

#else

PKTS_INLINE uint32_t places_with(const struct bucket *b, uint8_t tag)
{
	uint32_t found = 0;

	for (unsigned i = 0; i < WAYS; i++)
		found |= (uint32_t)(b->tags[i] == tag) << i;
	return found;
}

#endif

#endif
