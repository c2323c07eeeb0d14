/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sequences on top of each other: fragments make datagrams, whose segments make a stream, whose bytes
 * make messages. Any chain of stages, each with a filter; each is told whether what it gets keeps
 * message boundaries. pkts_seq_stages.h has stages of what this library reassembles.
 */
#ifndef PKTS_SEQ_STACK_H
#define PKTS_SEQ_STACK_H

#include "pkts_errno.h"
#include "pkts_hold.h"

#define PKTS_SEQ_STAGES 8 /* at most */

enum pkts_unit_kind {
	PKTS_UNIT_DATA, /* bytes */
	PKTS_UNIT_GAP,	/* `gap` bytes never came, or belong to nothing that could be handed out */
	PKTS_UNIT_END,	/* no bytes follow in this direction */
};

struct pkts_packet;

/* What a stage takes and hands out. */
struct pkts_unit {
	struct pkts_piece piece; /* DATA: the bytes, and their buffer */
	uint64_t gap;
	uint64_t now_ns;
	uint64_t offset; /* in a stream of bytes, gaps counted; else 0 */
	uint32_t type;	 /* what the bytes are, as the stage says: IP protocol, PPID, ... */
	uint32_t domain; /* of IP: tells apart networks and tunnels that use the same addresses */
	uint16_t stream; /* of SCTP */
	uint8_t kind;	 /* enum pkts_unit_kind */
	uint8_t dir;	 /* of the conversation, 0 or 1, as the caller numbers them */
	bool bounded; /* all of one message and nothing else; else a part of a stream. Set by the stack */
	bool fleeting; /* the bytes cannot be held: whoever needs them later copies them */
	/* In the first stage, if the caller has decoded it; else NULL. */
	const struct pkts_packet *packet;
	unsigned layer; /* of the packet: the one that the bytes begin with */
};

/*
 * What a stage can do. Errors of put and put_get: *in is not what the stage takes (-PKTS_EBADMSG), or
 * there is no room for it until more of what is ready has been fetched, or at all (-PKTS_ENOSPC), or
 * it would have to be held and cannot (-PKTS_EINVAL). Then nothing of it is taken, and the stage goes
 * on with the next.
 */
struct pkts_seq_stage_ops {
	/* Takes *in, and keeps of it what it needs later: its bytes need not stay. */
	int (*put)(void *ctx, const struct pkts_unit *in);
	/* The next unit, each exactly once, in order; borrowed until the next call. 0, or -PKTS_EAGAIN if
	 * there is none. */
	int (*get)(void *ctx, struct pkts_unit *out);
	/*
	 * put and get without keeping what passes: *in is unfragmented, next in order, and nothing waits
	 * to be fetched: then *out is its own bytes. Where something waits, that comes first. *in stays
	 * borrowed until get() says -PKTS_EAGAIN.
	 */
	int (*put_get)(void *ctx, const struct pkts_unit *in, struct pkts_unit *out);
	/* Nothing more will come: what can be handed out becomes ready. NULL: it always is. */
	void (*flush)(void *ctx);
	bool takes_streams; /* units that are no messages, too */
};

struct pkts_seq_stage {
	const struct pkts_seq_stage_ops *ops;
	void *ctx;
	bool bounded; /* every unit that this stage hands out is exactly one message */
	/* The filter: true discards what would be put into this stage. NULL: nothing. */
	bool (*discard)(void *ctx, const struct pkts_unit *in);
	void *discard_ctx;
};

/* The memory is the caller's, and so are the stages'. Read `failed` and `discarded`, no more. */
struct pkts_seq_stack {
	struct pkts_seq_stage *stages; /* from the packets up */
	unsigned n;
	unsigned failed;    /* the stage that the last error came from */
	uint64_t discarded; /* units, by filters */
	bool busy, flushing;
	uint8_t flushed; /* stages, as bits */
};

/*
 * A stack of n stages. -PKTS_EINVAL: none or too many, one that lacks put, get or put_get, or one that
 * does not take streams above one that is not bounded.
 */
int pkts_seq_stack_init(struct pkts_seq_stack *s, struct pkts_seq_stage *stages, unsigned n);

/*
 * Puts a unit into the first stage, unless its filter discards it; its bytes need not stay. 0; errors
 * of the stage. With more than one stage, -PKTS_ENOSPC, and nothing is taken, from a get or put_get that
 * handed something out up to the get that says -PKTS_EAGAIN: fetch everything first.
 */
int pkts_seq_stack_put(struct pkts_seq_stack *s, const struct pkts_unit *in);

/* The same without asking the filter of the first stage; those further up are asked. */
int pkts_seq_stack_put_unfiltered(struct pkts_seq_stack *s, const struct pkts_unit *in);

/*
 * The next unit of the last stage. It is borrowed until the next call for the stack or one of its
 * stages. -PKTS_EAGAIN if there is none; an error of a stage if it refused a unit, which is dropped:
 * the next call goes on behind it.
 */
int pkts_seq_stack_get(struct pkts_seq_stack *s, struct pkts_unit *out);

/*
 * Puts a unit and gets the next one. Where stages let it pass it is not held and not copied: *out then
 * is in its own bytes, which have to stay until get says -PKTS_EAGAIN. What waited from before comes
 * first. Errors as both.
 */
int pkts_seq_stack_put_get(
	struct pkts_seq_stack *s, const struct pkts_unit *in, struct pkts_unit *out);

/* No more will be put: get() then hands out whatever is still there, up to its -PKTS_EAGAIN. */
void pkts_seq_stack_flush(struct pkts_seq_stack *s);

#endif
