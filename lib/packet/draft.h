/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A draft of a packet whose headers are to become longer, shorter or others: made beside the packet,
 * which stays as it is until the draft has been decoded and found to be what was asked for.
 */
#ifndef DRAFT_H
#define DRAFT_H

#include "pkts_checksum.h"
#include "pkts_span.h"

#define DRAFT_MAX    4096u /* bytes of headers */
#define DRAFT_BEHIND 64u   /* bytes behind the headers that some protocols are told by */

/* The change, between `at` and `at + cut` of the packet's bytes. */
struct draft_change {
	uint32_t at, cut;
	struct pkts_span put; /* what comes there */
	unsigned first, gone; /* the layers that go */
	const uint8_t *come;  /* enum pkts_proto of those that come in their place */
	unsigned ncome;
	unsigned around;	/* so many layers, outermost first, have it between their ends */
	bool inside;		/* the last of them has it in its header */
	struct pkts_bytes tail; /* what follows: tail_len bytes from tail_off on */
	uint32_t tail_off, tail_len;
	uint32_t near;	   /* bytes of it that can be taken; all that are headers */
	int32_t more;	   /* bytes by which the layers around become longer */
	uint32_t wire;	   /* bytes of the old packet that were on the wire */
	bool whole;	   /* what the capture had cut off is not missed any more */
	uint32_t readable; /* bytes at the packet's data */
};

struct draft {
	uint8_t head[DRAFT_MAX];
	uint32_t n;		   /* bytes at head */
	uint32_t taken;		   /* of these, from the tail */
	struct pkts_packet packet; /* its data is head */
	uint32_t need; /* after -PKTS_EAGAIN: bytes of the draft that have to be at head */
	struct pkts_bytes tail;
	uint32_t tail_off;
};

/*
 * Makes the draft of `old` changed. Lengths of the layers around change by as much as the packet
 * does, what announces a layer is mended, checksums as sums_settle() does. bytes: all of old's.
 * 0; -PKTS_ERANGE if a length does not fit its field; -PKTS_ENOSPC if headers are longer than a
 * draft; -PKTS_EAGAIN if decoding wants more of the tail than `near`: d->need; -PKTS_EINVAL if what
 * comes out does not decode to the layers that are wanted.
 */
int draft_make(struct draft *d, const struct pkts_packet *old, const struct pkts_bytes *bytes,
	const struct draft_change *c);

/* All bytes of the draft. Lives as long as d. */
struct pkts_bytes draft_bytes(const struct draft *d);

/* Writes what the packet's table says into the length fields of layer i. 0; -PKTS_ERANGE. */
int draft_write_lengths(struct pkts_packet *packet, unsigned i);

/* The field of layer i that has this name. */
bool draft_field(
	const struct pkts_packet *packet, unsigned i, const char *name, struct pkts_field *row);

/*
 * The decoder that finds the layers `protos` again which user's choices have found in `old`; NULL if
 * there were none. was: as in struct sums_edit.
 */
struct draft_choices {
	struct pkts_decoder decoder;
	const uint8_t *protos;
	uint32_t chosen; /* bit i: what follows layer i is no choice of the library's */
};
const struct pkts_decoder *draft_decoder(struct draft_choices *choices,
	const struct pkts_packet *old, uint32_t readable, const uint8_t *protos, const uint8_t *was,
	unsigned n);

/* Bytes that were on the wire, as far as the packet tells. */
uint32_t draft_wire(const struct pkts_packet *packet);

#endif
