/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What text and JSON share: the values of fields, and the options of a layer. */
#ifndef RENDER_H
#define RENDER_H

#include "pkts_packet.h"
#include "pkts_protocols.h"
#include "pkts_sink.h"

/* Writes the letters of the flags that are set, lowest bit first: FSRPAUECN, as scapy has them. */
void pkts_render_tcpflags(struct pkts_sink *out, uint64_t flags);

/* A field's value as people write it, without quotes. */
void pkts_render_value(struct pkts_sink *out, const struct pkts_field *f, const uint8_t *header);

/* Calls put for every field of layer i: the fixed ones, then those that only this header has. */
typedef void render_field_fn(
	struct pkts_sink *out, const struct pkts_field *f, const uint8_t *header);
void pkts_render_fields(
	struct pkts_sink *out, const struct pkts_packet *packet, unsigned i, render_field_fn *put);

/* Everything in a layer behind its fixed fields: an option, an extension header, a chunk. */
struct option {
	uint32_t type;
	int flags;	  /* of a chunk; -1: options have none */
	const char *name; /* NULL: not one that the library knows */
	unsigned width;	  /* the value is a list of numbers of so many bytes; 0: plain bytes */
	const uint8_t *data;
	uint32_t len;
};

/* The options that have a name. type and width as in struct option. */
struct option_row {
	uint8_t proto;
	uint32_t type;
	const char *name;
	uint8_t width;
};

/* The nth of a protocol's options that have a name, from 0; NULL: there are not so many. */
const struct option_row *pkts_option_row(enum pkts_proto proto, unsigned nth);

/* A walk over them. */
struct options {
	enum pkts_proto proto;
	struct pkts_tlv_iter it;
	struct pkts_sctp_chunks chunks;
};

/* Starts a walk over layer i. readable: contiguous bytes at packet->data. False if the layer has no
 * options. */
bool pkts_options_begin(
	struct options *o, const struct pkts_packet *packet, unsigned i, uint32_t readable);
bool pkts_options_next(struct options *o, struct option *option);

#endif
