/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "frame.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "pkts_checksum.h"

const struct frame *frame_named(const char *name)
{
	for (unsigned i = 0; i < frames_n; i++)
		if (strcmp(frames[i].name, name) == 0)
			return &frames[i];
	fail_msg("no frame is named \"%s\"", name);
	return NULL;
}

static uint8_t nibble(char c)
{
	static const char digits[] = "0123456789abcdef";
	return (uint8_t)(strchr(digits, c) - digits);
}

struct bytes bytes_of(const char *hex)
{
	struct bytes b = {malloc(strlen(hex) / 2 + 1), 0};
	unsigned half = 0;

	for (; *hex; hex++) {
		if (isspace((unsigned char)*hex))
			continue;
		if (half++ % 2 == 0)
			b.p[b.n] = (uint8_t)(nibble(*hex) << 4);
		else
			b.p[b.n++] |= nibble(*hex);
	}
	const struct bytes exact = bytes_first(b, b.n);
	free(b.p);
	return exact;
}

struct bytes bytes_first(struct bytes b, uint32_t n)
{
	uint8_t *const p = malloc(n);

	if (n)
		memcpy(p, b.p, n);
	return (struct bytes){p, n};
}

struct pkts_packet decode_bytes(struct bytes b, uint16_t link)
{
	const struct pkts_frame f = {b.p, b.n, b.n, b.n, link};
	struct pkts_packet packet;

	pkts_decode(NULL, &f, &packet);
	return packet;
}

/* Appends to text of limited size. */
struct line {
	char text[1024];
	size_t n;
};

static void append(struct line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void append(struct line *line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line->n +=
		(size_t)vsnprintf(line->text + line->n, sizeof(line->text) - line->n, format, args);
	va_end(args);
}

const char *layers_text(const struct pkts_packet *packet)
{
	static struct line line;

	line = (struct line){{0}, 0};
	for (unsigned i = 0; i < packet->n; i++)
		append(&line, "%s%s:%u", i ? "/" : "",
			pkts_proto_info(packet->layers[i].proto)->name,
			(unsigned)packet->layers[i].head);
	return line.text;
}

const char *checksums_text(const struct pkts_packet *packet)
{
	static char text[PKTS_PACKET_LAYERS + 1];

	for (unsigned i = 0; i < packet->n; i++)
		text[i] = "-gbau"[pkts_packet_checksum(packet, i, NULL)];
	text[packet->n] = 0;
	return text;
}

static const char *proto_name(enum pkts_proto proto)
{
	return pkts_proto_info(proto)->name;
}

const char *verdict_text(const struct pkts_packet *packet)
{
	static struct line line;
	const struct pkts_verdict v = pkts_verdict(packet);

	line = (struct line){{0}, 0};
	append(&line, v.ok ? "ok" : "bad");
	if (v.fatal)
		append(&line, ", fatal %s %s@%u", pkts_reason_info(v.fatal)->name,
			proto_name(v.fatal_proto), v.fatal_at);
	if (v.invalid)
		append(&line, ", invalid %s %s@%u", pkts_reason_info(v.invalid)->name,
			proto_name(v.invalid_proto), v.invalid_at);
	if (v.padding)
		append(&line, ", padding %s %s", pkts_reason_info(v.padding)->name,
			proto_name(v.padding_proto));
	if (v.excess)
		append(&line, ", excess %u", v.excess);
	if (packet->flags & PKTS_PACKET_CUT)
		append(&line, ", cut");
	if (packet->flags & PKTS_PACKET_FRAGMENT)
		append(&line, ", fragment");
	if (packet->flags & PKTS_PACKET_QUOTE)
		append(&line, ", quote");
	return line.text;
}

static bool layers_equal(const struct pkts_layer *a, const struct pkts_layer *b)
{
	return a->proto == b->proto && a->reason == b->reason && a->off == b->off &&
	       a->head == b->head && a->len == b->len;
}

bool packets_equal(const struct pkts_packet *a, const struct pkts_packet *b)
{
	if (a->n != b->n || a->stop != b->stop || a->flags != b->flags ||
		a->tunnels != b->tunnels || a->len != b->len || a->network != b->network ||
		a->transport != b->transport)
		return false;
	/* layers[n] says what decoding stopped at. */
	for (unsigned i = 0; i < PKTS_MIN(a->n + 1u, PKTS_PACKET_LAYERS); i++)
		if (!layers_equal(&a->layers[i], &b->layers[i]))
			return false;
	return true;
}
