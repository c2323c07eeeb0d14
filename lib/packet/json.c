/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_show.h"

#include "render.h"

static void put_key(struct pkts_sink *out, const char *key)
{
	pkts_put(out, ",\"", 2);
	pkts_put_text(out, key);
	pkts_put(out, "\":", 2);
}

static void put_member(struct pkts_sink *out, const char *key, uint64_t v)
{
	put_key(out, key);
	pkts_put_dec(out, v);
}

/* Names and addresses have no character that JSON escapes. */
static void put_name(struct pkts_sink *out, const char *key, const char *name)
{
	put_key(out, key);
	pkts_put_char(out, '"');
	pkts_put_text(out, name);
	pkts_put_char(out, '"');
}

static void put_field(struct pkts_sink *out, const struct pkts_field *f, const uint8_t *header)
{
	put_key(out, f->name);
	switch ((enum pkts_kind)f->kind) {
	case PKTS_KIND_DEC:
	case PKTS_KIND_HEX:
		pkts_put_dec(out, pkts_bits_get(header, f->bit, f->width));
		break;
	case PKTS_KIND_FLAG:
		pkts_put_text(out, pkts_bits_get(header, f->bit, f->width) ? "true" : "false");
		break;
	default:
		pkts_put_char(out, '"');
		pkts_render_value(out, f, header);
		pkts_put_char(out, '"');
	}
}

static void put_numbers(struct pkts_sink *out, const struct option *o)
{
	pkts_put_char(out, '[');
	for (uint32_t at = 0; at < o->len; at += o->width) {
		if (at)
			pkts_put_char(out, ',');
		pkts_put_dec(out, pkts_bits_get(o->data + at, 0, o->width * 8));
	}
	pkts_put_char(out, ']');
}

static void put_option(struct pkts_sink *out, const struct option *o)
{
	pkts_put_text(out, "{\"type\":");
	pkts_put_dec(out, o->type);
	if (o->name)
		put_name(out, "name", o->name);
	if (o->flags >= 0)
		put_member(out, "flags", (uint64_t)o->flags);
	if (o->width && o->len == o->width) {
		put_member(out, "value", pkts_bits_get(o->data, 0, o->width * 8));
	} else if (o->width && o->len) {
		put_key(out, "value");
		put_numbers(out, o);
	} else if (o->len) {
		put_key(out, "value");
		pkts_put_char(out, '"');
		pkts_put_hex_bytes(out, o->data, o->len);
		pkts_put_char(out, '"');
	}
	pkts_put_char(out, '}');
}

static void put_options(
	struct pkts_sink *out, const struct pkts_packet *packet, unsigned i, uint32_t readable)
{
	struct options walk;
	struct option o;
	bool first = true;

	if (!pkts_options_begin(&walk, packet, i, readable))
		return;
	put_key(out, walk.proto == PKTS_PROTO_SCTP ? "chunks" : "options");
	pkts_put_char(out, '[');
	while (pkts_options_next(&walk, &o)) {
		if (!first)
			pkts_put_char(out, ',');
		first = false;
		put_option(out, &o);
	}
	pkts_put_char(out, ']');
}

static void put_layer(struct pkts_sink *out, const struct pkts_packet *packet, unsigned i,
	const struct pkts_shown *about)
{
	const struct pkts_layer l = packet->layers[i];

	pkts_put_text(out, "{\"proto\":\"");
	pkts_put_text(out, pkts_proto_info(l.proto)->name);
	pkts_put_char(out, '"');
	put_member(out, "off", l.off);
	put_member(out, "len", l.head);
	pkts_render_fields(out, packet, i, put_field);
	put_options(out, packet, i, about->readable);
	if (about->checksums && about->checksums[i])
		put_name(out, "checksum", pkts_checksum_name(about->checksums[i]));
	pkts_put_char(out, '}');
}

static void put_finding(struct pkts_sink *out, const char *key, enum pkts_reason reason,
	enum pkts_proto proto, uint32_t at)
{
	if (!reason)
		return;
	put_key(out, key);
	pkts_put_text(out, "{\"reason\":\"");
	pkts_put_text(out, pkts_reason_info(reason)->name);
	pkts_put_char(out, '"');
	put_name(out, "proto", pkts_proto_info(proto)->name);
	put_member(out, "off", at);
	pkts_put_char(out, '}');
}

static void put_verdict(struct pkts_sink *out, const struct pkts_packet *packet)
{
	const struct pkts_verdict v = pkts_verdict(packet);

	pkts_put_text(out, v.ok ? ",\"verdict\":{\"ok\":true" : ",\"verdict\":{\"ok\":false");
	put_finding(out, "fatal", v.fatal, v.fatal_proto, v.fatal_at);
	put_finding(out, "invalid", v.invalid, v.invalid_proto, v.invalid_at);
	if (v.padding)
		put_name(out, "padding", pkts_reason_info(v.padding)->name);
	if (v.excess)
		put_member(out, "excess", v.excess);
	if (packet->flags & PKTS_PACKET_CUT)
		pkts_put_text(out, ",\"truncated\":true");
	if (packet->flags & PKTS_PACKET_FRAGMENT)
		pkts_put_text(out, ",\"fragment\":true");
	pkts_put_char(out, '}');
}

void pkts_json(
	struct pkts_sink *out, const struct pkts_packet *packet, const struct pkts_shown *about)
{
	pkts_put_text(out, "{\"n\":");
	pkts_put_dec(out, about->number);
	pkts_put_text(out, ",\"ts\":\"");
	pkts_put_time(out, about->ns);
	pkts_put_char(out, '"');
	put_member(out, "len", about->wire);
	put_member(out, "caplen", packet->len);
	pkts_put_text(out, ",\"layers\":[");
	for (unsigned i = 0; i < packet->n; i++) {
		if (i)
			pkts_put_char(out, ',');
		put_layer(out, packet, i, about);
	}
	pkts_put_char(out, ']');
	put_verdict(out, packet);
	pkts_put_char(out, '}');
}
