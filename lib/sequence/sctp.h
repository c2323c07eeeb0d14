/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of the SCTP Sequence share: the pool's memory, and one ordered tree for everything. */
#ifndef SCTP_H
#define SCTP_H

#include "pkts_sctp_data.h"
#include "pkts_sctp_seq.h"
#include "pkts_siphash.h"

#define SCTP_KIND_NONE UINT8_MAX /* of data: not known yet */
#define NONE	       0u	 /* node 0 and chunk 0 are no node and no chunk */

/* What a node stands for: the first part of its key. */
enum sctp_class {
	SCTP_SEEN, /* TSNs that came, behind a gap; at: the first */
	SCTP_FRAG, /* fragments of a message in DATA chunks, in succession; at: TSN of the first */
	SCTP_PART, /* the same in I-DATA chunks, by stream and MID; at: fragment number */
	SCTP_TURN, /* a whole message that is not yet its stream's next, by stream and number */
	SCTP_WAIT, /* the same message by its last TSN, so that it is found when that is in order */
	SCTP_STREAM, /* in a tree of their own: what is next on a stream */
};

struct sctp_key {
	uint64_t line; /* class << 32 | unordered << 16 | stream */
	uint64_t mid;
	uint64_t at;
};

#define SCTP_ZERO (UINT64_C(1) << 32) /* TSN 0 and message 0, 64 bits wide: there is room below */

/* Of a chunk, and of the message that its fragments make up. */
enum {
	SCTP_E = 1,
	SCTP_B = 2,
	SCTP_U = 4,
	SCTP_WIDE = 8,	/* I-DATA */
	SCTP_SKIP = 16, /* not to be delivered: too long, or not captured */
};

/* A node of a tree, and what it stands for. TSNs and numbers are 64 bits wide here. */
struct sctp_node {
	struct sctp_key key;
	uint32_t left, right, level; /* in its tree */
	uint32_t prev[2], next[2];   /* in lists by age: of the pool, of the direction */
	struct pkts_sctp_seq *seq;
	uint64_t end;		     /* last TSN or fragment number that it covers */
	uint64_t top;		     /* messages: the highest TSN */
	uint64_t mid;		     /* messages: number; STREAM: number of the next */
	uint64_t missing;	     /* messages: as told */
	uint64_t len;		     /* messages: bytes */
	uint32_t first, last, count; /* messages: chunks held */
	uint32_t peer;		     /* TURN and WAIT: each other; ready: the next one */
	uint32_t ppid, wire, lost, association;
	uint16_t stream;
	uint8_t flags, dir;
	bool listed, known; /* in the lists; STREAM: mid means something */
};

/* A chunk's user data that is held, or copied. */
struct sctp_chunk {
	struct pkts_piece piece;
	uint32_t next;
};

struct sctp_digest {
	uint64_t hash;
	uint32_t serial, tsn;
};

struct pkts_sctp_pool {
	struct pkts_sctp_conf conf;
	struct pkts_siphash_key key;
	struct sctp_node *nodes;
	struct sctp_chunk *chunks;
	uint8_t *slots; /* conf.small bytes for each chunk */
	struct sctp_digest *digests;
	uint32_t digest_mask;
	uint32_t nodes_n;
	uint32_t free_node, free_chunk;
	uint32_t free_nodes; /* how many */
	uint32_t serial;
	struct pkts_sctp_list list;
	struct pkts_sctp_stats stats;
};

/* A chunk of data as it was read. */
struct sctp_data {
	uint64_t t;		       /* TSN */
	uint64_t mid;		       /* number of its message on the stream */
	uint32_t tsn, ppid, wire, fsn; /* as in the chunk */
	uint16_t stream;
	uint8_t flags;
	struct pkts_piece piece; /* the user data */
};

/* The tree at *root; keys are unique. The nodes found are NONE if there are none. O(log n) each. */
void pkts_sctp_tree_insert(struct pkts_sctp_pool *pool, uint32_t *root, uint32_t node);
void pkts_sctp_tree_remove(struct pkts_sctp_pool *pool, uint32_t *root, uint32_t node);
/* The last node whose key is not above key, the first whose key is not below it. */
uint32_t pkts_sctp_tree_floor(
	struct pkts_sctp_pool *pool, uint32_t root, const struct sctp_key *key);
uint32_t pkts_sctp_tree_ceil(
	struct pkts_sctp_pool *pool, uint32_t root, const struct sctp_key *key);

static inline struct sctp_key sctp_key(enum sctp_class of, uint32_t line, uint64_t mid, uint64_t at)
{
	return (struct sctp_key){(uint64_t)of << 32 | line, mid, at};
}

/* The first node of `from`'s line of what is held, at or behind it; NONE if there is none. */
static inline uint32_t pkts_sctp_first(
	struct pkts_sctp_pool *pool, const struct pkts_sctp_half *h, struct sctp_key from)
{
	const uint32_t n = pkts_sctp_tree_ceil(pool, h->held, &from);
	return n && pool->nodes[n].key.line == from.line ? n : NONE;
}

/* A direction's data comes in DATA chunks or in I-DATA chunks, never both (RFC 8260 2.2.1). */
static inline bool pkts_sctp_kind_fits(const struct pkts_sctp_half *h, uint8_t kind)
{
	return h->kind == kind || h->kind == SCTP_KIND_NONE;
}

/* A node and its chunks are no more; it is in no tree. */
void pkts_sctp_discard(struct pkts_sctp_pool *pool, uint32_t node);
/* The same for one that is held and was not finished. */
void pkts_sctp_drop(struct pkts_sctp_seq *s, struct pkts_sctp_half *h, uint32_t node);

/* Has a TSN come, or been given up? */
bool pkts_sctp_is_seen(struct pkts_sctp_seq *s, const struct pkts_sctp_half *h, uint64_t t);
/* It came. Behind a gap that needs a node; pkts_sctp_moved() is due afterwards. */
void pkts_sctp_mark(struct pkts_sctp_seq *s, unsigned dir, uint64_t t);

void pkts_sctp_note(struct pkts_sctp_seq *s, enum pkts_seq_event event);

/* A node that is free, all zero but for what a tree needs; NONE. */
uint32_t pkts_sctp_node_take(struct pkts_sctp_pool *pool);
void pkts_sctp_node_free(struct pkts_sctp_pool *pool, uint32_t node);

/* Holds a piece, or copies it: a chunk; NONE if there is none free. The limits are the caller's. */
uint32_t pkts_sctp_hold(struct pkts_sctp_pool *pool, const struct pkts_piece *piece);
/* Releases all chunks of a message. */
void pkts_sctp_release(struct pkts_sctp_pool *pool, struct sctp_node *n);
/* What holding a piece would pin. */
uint64_t pkts_sctp_pins(const struct pkts_sctp_pool *pool, const struct pkts_piece *piece);

/* Into the lists of what can be given up, as the newest; and out of them. */
void pkts_sctp_list_add(struct pkts_sctp_pool *pool, uint32_t node);
void pkts_sctp_list_remove(struct pkts_sctp_pool *pool, uint32_t node);

/* The digest of a chunk: remembers it; or tells whether one with that TSN was another. */
void pkts_sctp_digest_keep(struct pkts_sctp_seq *s, unsigned dir, const struct sctp_data *c,
	struct pkts_sctp_chunk chunk);
bool pkts_sctp_digest_differs(struct pkts_sctp_seq *s, unsigned dir, const struct sctp_data *c,
	struct pkts_sctp_chunk chunk);

/* Starts a direction whose next TSN is tsn. late: there may have been others before. */
void pkts_sctp_start(struct pkts_sctp_half *h, uint32_t tsn, bool late);
/* A TSN as near to the last one in order as can be. */
uint64_t pkts_sctp_unwrap(const struct pkts_sctp_half *h, uint32_t tsn);
/* Waits no longer for TSNs up to cum; were they missing? */
void pkts_sctp_advance(struct pkts_sctp_seq *s, unsigned dir, uint64_t cum, bool missing);
/* Drops what is held and what is known of streams. The ready ones stay. */
void pkts_sctp_forget(struct pkts_sctp_seq *s, unsigned dir);
/* Everything that is whole becomes ready, everything else is dropped. */
void pkts_sctp_flush_half(struct pkts_sctp_seq *s, unsigned dir);
/* Until a chunk that pins so much can be held. False: not even by giving up others. */
bool pkts_sctp_make_room(struct pkts_sctp_seq *s, unsigned dir, uint64_t pins);

/* Streams: the node of one, made if there is room; NONE. */
uint32_t pkts_sctp_stream(struct pkts_sctp_seq *s, unsigned dir, uint32_t line, uint32_t wire);
/* The number of a message on a stream, 64 bits wide. */
uint64_t pkts_sctp_number(
	struct pkts_sctp_seq *s, unsigned dir, const struct sctp_data *c, uint32_t *stream);

/* A whole message that waited has its turn. */
void pkts_sctp_turn(struct pkts_sctp_seq *s, unsigned dir, uint32_t node);
/* A whole message that is held; n is in no tree. */
void pkts_sctp_whole(struct pkts_sctp_seq *s, unsigned dir, uint32_t n);
/* The same for one that is not held: true if it can be handed out now, with *lost; then pull. */
bool pkts_sctp_whole_direct(
	struct pkts_sctp_seq *s, unsigned dir, const struct sctp_data *c, uint32_t *lost);
/* A stream moved: what was waiting for that follows. Nothing if the stream is NONE. */
void pkts_sctp_pull(struct pkts_sctp_seq *s, unsigned dir, uint32_t stream, uint32_t line);
/* Whatever has its turn since the last TSN in order moved. */
void pkts_sctp_moved(struct pkts_sctp_seq *s, unsigned dir);
/* Messages of a stream up to number `wire` were given up by the sender. */
void pkts_sctp_skip(struct pkts_sctp_seq *s, unsigned dir, struct pkts_sctp_skip skip);

enum sctp_taken {
	SCTP_TAKEN,  /* done with it */
	SCTP_DIRECT, /* it is a message, in *out */
	SCTP_LATER,  /* there is no room until ready messages have been fetched */
};
/* A chunk of data. out NULL: nothing can be handed out. */
enum sctp_taken pkts_sctp_take_data(struct pkts_sctp_seq *s, unsigned dir,
	struct pkts_sctp_chunk chunk, struct pkts_sctp_message *out);
void pkts_sctp_take_forward(struct pkts_sctp_seq *s, unsigned dir, struct pkts_sctp_chunk chunk);
void pkts_sctp_take_sack(struct pkts_sctp_seq *s, unsigned dir, struct pkts_sctp_chunk chunk);

/* How associations begin; each is what its name's chunk, or any other, means to the tags. */
void pkts_sctp_take_init(struct pkts_sctp_seq *s, unsigned dir, struct pkts_sctp_chunk chunk);
void pkts_sctp_take_init_ack(struct pkts_sctp_seq *s, unsigned dir, struct pkts_sctp_chunk chunk);
/* False: the packet is not one of the association's. */
bool pkts_sctp_take_cookie_echo(struct pkts_sctp_seq *s, unsigned dir);
bool pkts_sctp_take_cookie_ack(struct pkts_sctp_seq *s, unsigned dir);
bool pkts_sctp_admit(struct pkts_sctp_seq *s, unsigned dir);

#endif
