/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A packet for people and programs: a line, every field, or JSON; all from the protocols' field
 * tables. */
#ifndef PKTS_SHOW_H
#define PKTS_SHOW_H

#include "pkts_checksum.h"
#include "pkts_packet.h"
#include "pkts_sink.h"

/* What a packet table does not know of its frame. */
struct pkts_shown {
	uint64_t number;	  /* of the frame, from 1 */
	uint64_t ns;		  /* when it was received, since the epoch; 0: unknown */
	uint32_t wire;		  /* bytes on the wire */
	uint32_t readable;	  /* contiguous bytes at packet->data */
	const uint8_t *checksums; /* enum pkts_checksum of each layer, packet->n of them; NULL: not
				     verified */
};

/* One line without its end: number, time, length, layers, addresses, what is special about it. */
void pkts_summary(
	struct pkts_sink *out, const struct pkts_packet *packet, const struct pkts_shown *about);

/* Every field of every layer, a line each. */
void pkts_show(
	struct pkts_sink *out, const struct pkts_packet *packet, const struct pkts_shown *about);

/*
 * One JSON object (RFC 8259) without a line end:
 *	{"n":1,"ts":"...","len":60,"caplen":60,"layers":[{"proto":"eth","off":0,"len":14,...}],"verdict":{"ok":true}}
 * A layer has its fields by name, its options as a list, and "checksum" where it was verified.
 * Numbers are numbers, flags are booleans, addresses and byte strings are strings.
 */
void pkts_json(
	struct pkts_sink *out, const struct pkts_packet *packet, const struct pkts_shown *about);

/* n bytes as offset (4 digits; 8 above 64 KiB), hexadecimal and ASCII, 16 a line, each line ended. */
void pkts_hex(struct pkts_sink *out, const uint8_t *p, uint32_t n);

#endif
