/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "pkts_protocols.h"

const uint16_t input_links[] = {1, 0, 101, 108, 113, 276, 9, 50, 51, 228, 229, 12, 14, 105};

void demand(bool holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

bool input_read(struct input *in, const uint8_t *data, size_t size)
{
	if (size < INPUT_HEAD)
		return false;
	in->link = input_links[data[0] % PKTS_ARRAY_LEN(input_links)];
	in->knob = pkts_be16(data + 2);
	in->p = data + INPUT_HEAD;
	in->n = (uint32_t)(size - INPUT_HEAD);
	in->wire = in->n + data[1];
	return true;
}

uint8_t *input_copy(const struct input *in, uint32_t n)
{
	return bytes_first((struct bytes){(uint8_t *)(uintptr_t)in->p, in->n}, n).p;
}

struct pkts_packet input_decode(const struct pkts_decoder *d, const struct input *in, uint8_t *data)
{
	const struct pkts_frame f = {data, in->n, in->n, in->wire, in->link};
	struct pkts_packet packet;

	DEMAND(pkts_decode(d, &f, &packet) == 0);
	return packet;
}

/* Reads every field, so that ASan sees one that is not there. */
static void demand_fields(const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_layer l = packet->layers[i];
	const struct pkts_proto_info *const info = pkts_proto_info(l.proto);
	struct pkts_field rows[PKTS_OPTIONAL_MAX];
	const unsigned n = pkts_optional_fields(l.proto, pkts_packet_ref(packet, i), rows);

	for (unsigned k = 0; k < info->nfields + n; k++) {
		const struct pkts_field f =
			k < info->nfields ? info->fields[k] : rows[k - info->nfields];
		DEMAND(f.bit + f.width <= l.head * 8u);
		for (unsigned bit = 0; bit < f.width; bit += 8)
			pkts_bits_get(
				packet->data + l.off, f.bit + bit, PKTS_MIN(f.width - bit, 8u));
	}
}

static void demand_layers(const struct pkts_packet *packet, uint32_t readable, uint32_t wire)
{
	uint32_t off = 0, end = wire;

	for (unsigned i = 0; i < packet->n; i++) {
		const struct pkts_layer l = packet->layers[i];
		DEMAND(l.proto > PKTS_PROTO_NONE && l.proto < PKTS_PROTO_MAX);
		DEMAND(l.off == off && l.head <= l.len && (uint32_t)l.off + l.len <= end);
		DEMAND((uint32_t)l.off + l.head <= readable);
		demand_fields(packet, i);
		off += l.head;
		end = (uint32_t)l.off + l.len;
	}
}

static enum pkts_severity severity(enum pkts_reason reason)
{
	return pkts_reason_info(reason)->severity;
}

static void demand_verdict(const struct pkts_packet *packet, uint32_t wire)
{
	const struct pkts_verdict v = pkts_verdict(packet);
	const bool cut = packet->flags & PKTS_PACKET_CUT, quote = packet->flags & PKTS_PACKET_QUOTE;

	if (v.ok)
		DEMAND(!v.fatal && !v.invalid);
	else
		DEMAND(v.fatal || v.invalid);
	DEMAND(!v.fatal || severity(v.fatal) == PKTS_SEVERITY_FATAL ||
		(v.fatal == PKTS_REASON_CUT && (cut || quote)));
	DEMAND(!v.invalid || severity(v.invalid) == PKTS_SEVERITY_INVALID);
	DEMAND(!v.padding || severity(v.padding) == PKTS_SEVERITY_PADDING);
	DEMAND(!(packet->flags & PKTS_PACKET_INVALID) == !v.invalid);
	DEMAND(!(packet->flags & PKTS_PACKET_FATAL) ==
		(severity(packet->stop) != PKTS_SEVERITY_FATAL));
	DEMAND(v.excess <= wire && v.fatal_at <= wire);
}

void demand_sound(const struct pkts_packet *packet, uint32_t readable, uint32_t wire)
{
	DEMAND(packet->n <= PKTS_PACKET_LAYERS);
	demand_layers(packet, readable, wire);
	demand_verdict(packet, wire);
}

static bool looks_at_what_is_readable(enum pkts_proto proto)
{
	return proto == PKTS_PROTO_SCTP || proto == PKTS_PROTO_ICMPV6;
}

void demand_same(const struct pkts_packet *a, const struct pkts_packet *b)
{
	unsigned flags = ~0u;

	DEMAND(a->n == b->n && a->stop == b->stop && a->tunnels == b->tunnels && a->len == b->len);
	for (unsigned i = 0; i < PKTS_MIN(a->n + 1u, PKTS_PACKET_LAYERS); i++) {
		const struct pkts_layer x = a->layers[i], y = b->layers[i];
		DEMAND(x.proto == y.proto && x.off == y.off && x.head == y.head && x.len == y.len);
		if (looks_at_what_is_readable(x.proto))
			flags = ~(unsigned)(PKTS_PACKET_INVALID | PKTS_PACKET_PADDING);
		else
			DEMAND(x.reason == y.reason);
	}
	DEMAND((a->flags & flags) == (b->flags & flags));
}

static void keep(void *ctx, const char *text, size_t n)
{
	struct gathered *const g = ctx;

	DEMAND(n < sizeof(g->text) - g->n);
	memcpy(g->text + g->n, text, n);
	g->n += n;
	g->text[g->n] = 0;
}

void gather_begin(struct gathered *g, size_t cap)
{
	g->n = 0;
	g->text[0] = 0;
	g->buf = malloc(cap);
	g->sink = (struct pkts_sink){.buf = g->buf, .cap = cap, .flush = keep, .ctx = g};
}

void gather_end(struct gathered *g)
{
	pkts_sink_flush(&g->sink);
	DEMAND(g->sink.lost == 0 && g->sink.used == 0);
}

void gather_free(struct gathered *g)
{
	free(g->buf);
}
