/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * SCTP messages out of packets: both directions of one association (RFC 9260), DATA and I-DATA (RFC
 * 8260), messages that are given up (RFC 3758). Receivers take the first chunk of each TSN; so does
 * this. Checksums are the caller's affair, and so is which packets belong together: an association
 * may use several addresses on each side.
 */
#ifndef PKTS_SCTP_SEQ_H
#define PKTS_SCTP_SEQ_H

#include "pkts_errno.h"
#include "pkts_hold.h"
#include "pkts_sctp.h"
#include "pkts_seq_event.h"

#define PKTS_SCTP_POOL_ALIGN 64

/* What to do about chunks that never come: lost by the capture, or still on their way. */
enum pkts_sctp_gap {
	PKTS_SCTP_GAP_SACK, /* wait until the receiver says that it has them, or a limit is reached */
	PKTS_SCTP_GAP_WAIT, /* wait until a limit is reached, or for pkts_sctp_seq_flush() */
};

/* All zero: the values named here. */
struct pkts_sctp_conf {
	uint32_t max_chunks;	  /* held, of all associations; 8,192 */
	uint32_t max_chunks_each; /* held or remembered behind gaps, a direction; 2,048 */
	uint32_t max_streams; /* whose place is remembered, of all associations; 4,096. Messages of
				     other streams come in the order of their TSNs */
	uint32_t max_message; /* bytes; longer ones are given up; 1 MiB */
	uint32_t window;  /* chunks farther ahead of the last one in order are ignored; 65,535 */
	uint32_t small;	  /* chunks up to that many bytes are copied instead of held; 64 */
	uint32_t digests; /* chunks remembered, to tell a repetition from a forgery; 4,096 */
	bool no_digests;  /* do not: repetitions are not looked at */
	enum pkts_sctp_gap gap;
	uint64_t max_bytes; /* pinned by what is held, as pkts_piece.cost counts it; 32 MiB */
	uint8_t key[16];    /* secret, of the hash that digests are made with */
	struct pkts_hold hold;
};

/*
 * What the associations of one shard share: room for chunks that cannot be delivered yet. When it is
 * used up the oldest are given up, whosever they are; what those were is counted.
 */
struct pkts_sctp_pool;

/* Bytes that a pool of this configuration needs; 0 if pkts_sctp_pool_init() would refuse it. */
size_t pkts_sctp_pool_memsize(const struct pkts_sctp_conf *conf);

/*
 * Makes a pool in `len` bytes at mem, aligned to PKTS_SCTP_POOL_ALIGN, which are the caller's again
 * when the last association has ended. 0; -PKTS_ENOMEM if len is below memsize; -PKTS_EINVAL for
 * memory out of line, more than 2^26 of anything, or one of the two functions of `hold` without the
 * other.
 */
int pkts_sctp_pool_init(
	struct pkts_sctp_pool **pool, void *mem, size_t len, const struct pkts_sctp_conf *conf);

/* How a pool is doing. */
struct pkts_sctp_stats {
	uint32_t chunks; /* held now */
	uint32_t nodes;	 /* of bookkeeping in use now */
	uint32_t streams;
	uint64_t bytes; /* pinned now */
	uint64_t steps; /* of bookkeeping since the start: what it cost, for tests and limits */
	uint64_t events[PKTS_SEQ_EVENT_MAX];
};
struct pkts_sctp_stats pkts_sctp_pool_stats(const struct pkts_sctp_pool *pool);

enum pkts_sctp_seq_state {
	PKTS_SCTP_SEQ_NEW,     /* no association has been seen */
	PKTS_SCTP_SEQ_OPEN,    /* one is there, from its beginning or picked up on its way */
	PKTS_SCTP_SEQ_SHUT,    /* it ended with SHUTDOWN COMPLETE */
	PKTS_SCTP_SEQ_ABORTED, /* it ended with ABORT: what was held has been dropped */
};

/* An INIT and its answer, until a COOKIE ECHO says that they count; private. */
struct pkts_sctp_setup {
	uint32_t tag, tsn;	     /* of the side that sent the INIT */
	uint32_t peer_tag, peer_tsn; /* of the other one */
	uint8_t dir;		     /* of the INIT */
	bool asked, answered;	     /* INIT seen, INIT ACK seen */
};
#define PKTS_SCTP_SETUPS 4

/* Oldest and newest of a list; private. */
struct pkts_sctp_list {
	uint32_t oldest, newest;
};

/* One direction of an association; private but for what is said. */
struct pkts_sctp_half {
	uint64_t cum; /* the last TSN up to which all have come or been given up, 64 bits wide */
	uint64_t missing; /* chunks that never came, since the last message: the caller may look */
	uint64_t count;	  /* messages delivered: the caller may look */
	uint64_t far;	  /* the last TSN beyond the window */
	uint32_t held;	  /* trees of what is held, and of streams */
	uint32_t streams;
	uint32_t tag;	    /* packets of this direction carry it; 0: not known */
	uint32_t room;	    /* used, as conf.max_chunks_each counts it */
	uint16_t fars;	    /* chunks beyond the window in succession */
	uint8_t kind;	    /* of chunk that carries data, once known */
	bool started, late; /* TSNs are known; not from the beginning */
	bool heard;	    /* a packet of the association */
	struct pkts_sctp_list list;
};

/*
 * One association. The memory is the caller's, and has to stay where it is from init to fini. Every
 * member is private; state and halves may be read.
 */
struct pkts_sctp_seq {
	struct pkts_sctp_pool *pool;
	uint32_t *events;
	enum pkts_sctp_seq_state state;
	struct pkts_sctp_half halves[2];
	struct pkts_sctp_setup setups[PKTS_SCTP_SETUPS];
	uint8_t setups_n, setups_next;
	uint8_t dir; /* of the packet under way */
	bool discard;
	uint32_t serial;      /* of this association, among those of its pool */
	uint32_t association; /* counts restarts */
	uint32_t vtag;	      /* of the packet under way */
	uint32_t lent;	      /* the message that the caller reads */
	struct pkts_sctp_list ready;
	struct pkts_sctp_chunks walk;
	struct pkts_piece packet;
};

/*
 * A whole message: `pieces` pieces in order, `len` bytes of user data in all. They are borrowed until
 * the next call for the association, and no longer than the packet lives that was put last.
 */
struct pkts_sctp_message {
	uint64_t len;
	uint64_t number;  /* SSN or MID, going on where that wraps; 0 for unordered DATA */
	uint64_t missing; /* chunks of this direction that never came, since the message before */
	uint32_t lost;	  /* messages of this stream that were given up directly before */
	uint32_t ppid;	  /* payload protocol identifier, host order */
	uint32_t mid;	  /* SSN or MID as on the wire */
	uint32_t tsn;	  /* of its last fragment */
	uint32_t pieces;
	uint32_t association; /* 0, and one more for each restart */
	uint16_t stream;
	uint8_t dir; /* of its packets, as the caller numbers them */
	bool unordered;
	bool i_data;		 /* I-DATA, so that mid is a MID */
	struct pkts_piece piece; /* the first; owner is NULL if the bytes are a copy */
	const struct pkts_sctp_pool *pool;
	uint32_t next; /* the second; private */
};

/*
 * An association of which nothing has been seen. events: what happens is counted there too, if it is
 * not NULL: PKTS_SEQ_EVENT_MAX counters.
 */
void pkts_sctp_seq_init(struct pkts_sctp_seq *s, struct pkts_sctp_pool *pool, uint32_t *events);

/*
 * An association whose beginning somebody else has seen: packets of direction dir carry `tag`, and its
 * first chunk of data has `tsn`. Before the first put, once for each direction of which that is known.
 */
void pkts_sctp_seq_begin(struct pkts_sctp_seq *s, unsigned dir, uint32_t tag, uint32_t tsn);

/* The same in the middle: all chunks below `tsn` are of no interest, and streams are at any number. */
void pkts_sctp_seq_join(struct pkts_sctp_seq *s, unsigned dir, uint32_t tag, uint32_t tsn);

/* Releases everything that is held. Messages that were not fetched are gone. */
void pkts_sctp_seq_fini(struct pkts_sctp_seq *s);

/*
 * Puts a packet of direction dir, 0 or 1: p and len are its bytes from the SCTP header on, as far as
 * they are there and contiguous; wire is how many the packet had. Messages are to be fetched with
 * pkts_sctp_seq_get() until that has no more: chunks are looked at on the way, and the packet's bytes
 * have to stay until then, or until pkts_sctp_seq_settle(). Messages that were not fetched before
 * the next put are held.
 * A packet counts if its verification tag is the association's (RFC 9260 8.5); INIT, COOKIE ECHO and
 * reflected tags as RFC 9260 5.2 and 8.5.1 say. An association that was under way already is picked
 * up at the first packet with data or an acknowledgment.
 * 0, also for a packet that does not count: that is an event. -PKTS_EBADMSG if there is no whole
 * common header; -PKTS_EINVAL if dir is neither.
 */
int pkts_sctp_seq_put(
	struct pkts_sctp_seq *s, unsigned dir, const struct pkts_piece *packet, uint32_t wire);

/*
 * The next message, of either direction: ordered ones of a stream in the order of the stream. A
 * message in one chunk that is next in turn is the packet's own bytes; nothing is held for it. 0;
 * -PKTS_EAGAIN if there is none, and then the packet's bytes are not needed any longer.
 */
int pkts_sctp_seq_get(struct pkts_sctp_seq *s, struct pkts_sctp_message *m);

/* Puts and gets the first message, if there is one. What either returns. */
int pkts_sctp_seq_put_get(struct pkts_sctp_seq *s, unsigned dir, const struct pkts_piece *packet,
	uint32_t wire, struct pkts_sctp_message *m);

/* Looks at all chunks of the packet under way and holds what has to be: its bytes are free then. */
void pkts_sctp_seq_settle(struct pkts_sctp_seq *s);

/*
 * Waits no longer for what is missing: messages that are whole become ready, in order, and the halves
 * of others are dropped. For the end of a capture, and for a caller whose patience is at its end.
 */
void pkts_sctp_seq_flush(struct pkts_sctp_seq *s, unsigned dir);

/* Walks the pieces of a message. */
struct pkts_sctp_pieces {
	const struct pkts_sctp_pool *pool;
	struct pkts_piece piece;
	uint32_t left, next;
};
struct pkts_sctp_pieces pkts_sctp_pieces(const struct pkts_sctp_message *m);
bool pkts_sctp_piece_next(struct pkts_sctp_pieces *it, struct pkts_piece *piece);

/* Copies the first bytes of a message, cap at most. How many those are. */
size_t pkts_sctp_message_copy(const struct pkts_sctp_message *m, uint8_t *to, size_t cap);

#endif
