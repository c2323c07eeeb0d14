/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the checksums of a packet rest on, before and after an edit. The difference is what they have
 * to change by: right ones stay right, wrong ones wrong by as much, and nobody needs the bytes that
 * an edit did not touch.
 */
#ifndef SUMS_H
#define SUMS_H

#include "pkts_checksum.h"
#include "pkts_cksum.h"

#define SUMS_NONE UINT8_MAX /* no layer */

struct sums {
	uint32_t has;			   /* bit i: layer i has a checksum */
	uint32_t part[PKTS_PACKET_LAYERS]; /* over the stretch: folded, host order; or CRC32c */
};

/*
 * Sums what layers cover of the bytes from `from` up to `to`, without their own checksum fields, and
 * with their pseudo-headers. The packet's headers are at its data; bytes: how to reach all of it.
 */
void sums_take(struct sums *s, const struct pkts_packet *packet, const struct pkts_bytes *bytes,
	uint32_t from, uint32_t to);

/* An edit between two sums. */
struct sums_edit {
	const struct sums *before, *after;
	const uint8_t
		*was;  /* of each layer of the packet as it is now, which one it was; SUMS_NONE */
	uint32_t keep; /* bit i: the checksum of layer i was given, and stays */
};

/* Mends the checksums of the packet as it is now, whose headers can be written, inner to outer. */
void sums_settle(
	const struct sums_edit *e, struct pkts_packet *packet, const struct pkts_bytes *bytes);

/* Makes the checksum of layer i anew, whatever its field holds. False if it has none. */
bool sums_make(struct pkts_packet *packet, const struct pkts_bytes *bytes, unsigned i);

/* Where in the packet the checksum of layer i is, and how many bytes it takes; 0 bytes: nowhere. */
uint32_t sums_field(const struct pkts_packet *packet, unsigned i, uint32_t *n);

/* Is the checksum of that protocol over its header, and nothing that follows? */
bool sums_is_of_header(enum pkts_proto proto);

/* The bytes of a packet that is all at its data. */
struct pkts_bytes sums_flat(const struct pkts_packet *packet);

/* In checksum.c: adds the pseudo-header of layer i with that length; false if there is no IP header below it. */
bool sums_add_pseudo(struct pkts_cksum *sum, const struct pkts_packet *packet, unsigned i,
	uint32_t len, uint8_t protocol);

#endif
