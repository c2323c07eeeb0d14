/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Frames with what is known of them, and packets as text, so that a test can be a table. */
#ifndef FRAME_H
#define FRAME_H

#include "pkts_packet.h"

/*
 * A frame that is right in every respect, made by another implementation than ours.
 * layers: protocol and bytes of header, outermost first: "eth:14/ipv4:20/udp:8".
 * checksums: one letter a layer: '-' has none, 'g' good, 'a' absent, 'u' unverified.
 * excess: bytes of padding at the end that no layer claims.
 * flags: F for a fragment, Q for an ICMP error with a quotation.
 */
struct frame {
	const char *name;
	uint16_t link;
	uint16_t excess;
	const char *flags;
	const char *layers;
	const char *checksums;
	const char *hex;
};

extern const struct frame frames[];
extern const unsigned frames_n;

/* The frame of that name; fails the test if there is none. */
const struct frame *frame_named(const char *name);

/* The bytes that hexadecimal digits stand for (blanks are skipped), in memory of just that size.
 * Free them. */
struct bytes {
	uint8_t *p;
	uint32_t n;
};
struct bytes bytes_of(const char *hex);

/* The first n bytes of b, in memory of just that size: reading behind them is seen by ASan. */
struct bytes bytes_first(struct bytes b, uint32_t n);

/* Decodes all of b as a frame of that link type. */
struct pkts_packet decode_bytes(struct bytes b, uint16_t link);

/* Text of static storage that the next call overwrites. */
const char *layers_text(const struct pkts_packet *packet);    /* as in struct frame */
const char *checksums_text(const struct pkts_packet *packet); /* likewise; 'b' bad */

/*
 * "ok", or what there is to say, in this order: "fatal ipv4_ihl ipv4@14", "invalid udp_length_long
 * udp@34", "padding ipv6_padding ipv6_hopopts", "excess 18", "cut", "fragment", "quote".
 */
const char *verdict_text(const struct pkts_packet *packet);

/* Are these two the same but for where their bytes lie? Compares what is defined, no padding. */
bool packets_equal(const struct pkts_packet *a, const struct pkts_packet *b);

#endif
