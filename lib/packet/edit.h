/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What editing shares between packets at one place and packets in pieces. */
#ifndef EDIT_H
#define EDIT_H

#include "draft.h"
#include "sums.h"

#define EDIT_OPTIONS 40u /* bytes that IPv4's and TCP's can have */

/* Where a packet is, when bytes of it are to be written and it may have to be decoded again. */
struct edit_place {
	struct pkts_packet *packet;
	struct pkts_bytes bytes;
	uint32_t readable; /* bytes at the packet's data; they can be written */
	uint32_t wire;	   /* bytes that were on the wire */
	void (*write)(struct edit_place *place, uint32_t off, const uint8_t *p, uint32_t n);
	void (*decode)(struct edit_place *place, const struct pkts_decoder *d);
	void *ctx;
};

/* As pkts_packet_patch() and pkts_packet_set_field(). */
int edit_patch(struct edit_place *place, uint32_t off, const uint8_t *bytes, uint32_t n);
int edit_set(struct edit_place *place, unsigned i, const struct pkts_field *row, uint64_t value);
int edit_set_bytes(
	struct edit_place *place, unsigned i, const char *field, const uint8_t *bytes, uint32_t n);

/* The header's options when `cut` of them, from the nth on, have become n bytes. */
struct edit_options {
	uint8_t bytes[EDIT_OPTIONS];
	struct draft_change change; /* without its tail */
};
int edit_options(struct edit_options *o, const struct pkts_packet *packet, unsigned i, unsigned nth,
	unsigned cut, const uint8_t *option, uint32_t n);

/* The change that puts all of `tail` in the place of the payload. */
struct draft_change edit_payload(
	const struct pkts_packet *packet, struct pkts_bytes tail, uint32_t n);

/* Bytes at one place. */
struct pkts_bytes edit_span(const uint8_t *p);

#endif
