/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Stages of a stack out of what this library reassembles. Each is a struct in the caller's memory, set
 * up as said and otherwise private, around something that the caller has initialised and will end; a
 * function makes a row of a stack out of it, to which a filter may be added.
 */
#ifndef PKTS_SEQ_STAGES_H
#define PKTS_SEQ_STAGES_H

#include "pkts_framing.h"
#include "pkts_ipfrag.h"
#include "pkts_sctp_seq.h"
#include "pkts_seq_stack.h"
#include "pkts_siphash.h"
#include "pkts_tcp_seq.h"

/*
 * Where datagrams in several pieces are copied to, because the stage above wants them in one. take()
 * gives a buffer of len bytes to write to, with its owner, which it holds once; release() lets go of
 * it, and hold() of the stages above has to know it. False if there is none: the datagram is lost. Or
 * take is NULL, and all are written to `fixed`, of 65,535 bytes, and cannot be held.
 */
struct pkts_seq_buffers {
	bool (*take)(void *ctx, uint32_t len, struct pkts_piece *buffer);
	void (*release)(void *ctx, void *owner);
	void *ctx;
	uint8_t *fixed;
};

#define PKTS_IPFRAG_STAGE_KEEPS                                                                    \
	16 /* packets put in succession, not fetched, that are no fragments */

struct pkts_ipfrag_kept {
	struct pkts_datagram datagram;
	void *owner;	 /* held by the stage; NULL: by nobody */
	uint32_t domain; /* of its fragments */
};

/*
 * IP packets in, what they carry out: the bytes behind the IP header and IPv6 extension headers, type
 * is their protocol number. Units are packets from the IP header on; with unit.packet that is layer
 * unit.layer. dir is 0 for what the lower of the two addresses sends. domain: of the table's key too;
 * what comes out has one that depends on it and the addresses, so that tunnels are told apart.
 * Packets that are fragments and wait, or were dropped, are no errors: the table counts them. Nobody
 * else may put into the table.
 */
struct pkts_ipfrag_stage {
	struct pkts_ipfrag *table;
	struct pkts_seq_buffers buffers;
	struct pkts_hold hold;	     /* as the table's */
	struct pkts_siphash_key key; /* of domains: secret */
	uint64_t lost;		     /* datagrams for which there was no buffer: to be read */
	/* private */
	struct pkts_ipfrag_kept kept[PKTS_IPFRAG_STAGE_KEEPS];
	unsigned first, n;
	struct pkts_ipfrag_kept lent;
	void *buffer;
};
struct pkts_seq_stage pkts_ipfrag_stage(struct pkts_ipfrag_stage *stage);

/* Lets go of all that was put and not fetched; before the table's own fini. */
void pkts_ipfrag_stage_fini(struct pkts_ipfrag_stage *stage);

/*
 * Segments of one connection in, the stream of one direction out: DATA, GAP, END. Urgent bytes that
 * are not of the stream are passed over. What the other direction carries is dropped.
 */
struct pkts_tcp_stage {
	struct pkts_tcp_seq *seq;
	uint8_t dir; /* whose stream */
	/* private */
	uint64_t now_ns;
};
struct pkts_seq_stage pkts_tcp_stage(struct pkts_tcp_stage *stage);

/*
 * SCTP packets of one association in, messages of both directions out; type is the PPID. Messages in
 * several pieces are copied to buf, of cap bytes; -PKTS_ENOSPC for those that do not fit.
 */
struct pkts_sctp_stage {
	struct pkts_sctp_seq *seq;
	uint8_t *buf;
	size_t cap;
	/* private */
	uint64_t now_ns;
};
struct pkts_seq_stage pkts_sctp_stage(struct pkts_sctp_stage *stage);

/*
 * A stream in, messages out; GAP for bytes that are part of none. Units that are messages already
 * (bounded) must be exactly one, as the protocol says: else -PKTS_EBADMSG.
 */
struct pkts_framing_stage {
	struct pkts_framing *framing;
	/* private */
	struct pkts_unit last; /* what is the same in all that comes of a unit */
	bool end;
};
struct pkts_seq_stage pkts_framing_stage(struct pkts_framing_stage *stage);

#endif
