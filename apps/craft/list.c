/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "list.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "fd_sink.h"
#include "pkts_optional.h"
#include "pkts_text.h"
#include "say.h"

#define ROOM	   512
#define FIELDS_MAX 32

/*
 * What a field is if nobody gives it is found out by composing: its layer is put into every
 * surrounding that could matter, and if the value changes, it is derived.
 */
struct seen {
	bool there, varies;
	uint64_t value;
};

static bool is_string(const struct pkts_spec_field *f)
{
	return f->kind == PKTS_KIND_MAC || f->kind == PKTS_KIND_IPV6 || f->kind == PKTS_KIND_BYTES;
}

/* The field's number in the header r; false if the header does not have it. */
static bool value_in(enum pkts_proto proto, struct pkts_ref r, const char *name, uint64_t *x)
{
	const struct pkts_proto_info *const info = pkts_proto_info(proto);
	struct pkts_field more[PKTS_OPTIONAL_MAX];
	const unsigned n = pkts_optional_fields(proto, r, more);

	for (unsigned i = 0; i < info->nfields + n; i++) {
		const struct pkts_field *const f =
			i < info->nfields ? &info->fields[i] : &more[i - info->nfields];
		if (strcmp(f->name, name) != 0)
			continue;
		*x = f->width <= 64 ? pkts_bits_get(r.p, f->bit, f->width) : 0;
		return true;
	}
	return false;
}

/* specs[1] is the layer in question. */
static void look(const struct pkts_spec *specs, unsigned n, struct seen *seen)
{
	const enum pkts_proto proto = specs[1].proto;
	uint8_t room[ROOM];
	struct pkts_out out = {.data = room, .cap = sizeof(room)};
	unsigned i = 0;

	pkts_compose_specs(&out, specs, 1);
	const uint32_t from = out.len;
	pkts_compose_specs(&out, specs, 2);
	const uint32_t to = out.len;
	if (pkts_compose_specs(&out, specs, n))
		return;
	const struct pkts_ref r = {room + from, to - from, out.len - from};
	for (const struct pkts_spec_field *f = pkts_spec_fields(proto); f->name; f++, i++) {
		uint64_t x = 0;
		if (is_string(f) || !value_in(proto, r, f->name, &x))
			continue;
		seen[i].varies |= seen[i].there && seen[i].value != x;
		seen[i].value = seen[i].there ? seen[i].value : x;
		seen[i].there = true;
	}
}

/* Gives all fields that the fixed ones are not: their flags are derived. */
static void give_extra(struct pkts_spec *s)
{
	const unsigned fixed = pkts_proto_info(s->proto)->nfields;
	unsigned i = 0;

	for (const struct pkts_spec_field *f = pkts_spec_fields(s->proto); f->name; f++, i++)
		if (i >= fixed && !is_string(f))
			memcpy((uint8_t *)&s->payload + f->offset, &(uint64_t){PKTS_PIN(1)},
				sizeof(uint64_t));
}

static void give_opts(struct pkts_spec *s)
{
	static const uint8_t opts[16] = {1, 14};
	const struct pkts_span span = {opts, sizeof(opts)};
	const struct pkts_spec_field *f = pkts_spec_fields(s->proto);

	while (f->name)
		f++;
	memcpy((uint8_t *)&s->payload + f->offset, &span, sizeof(span));
}

static void find_out(enum pkts_proto proto, struct seen *seen)
{
	static const uint8_t bytes[40] = {1, 2, 3, 4, 5, 6, 7};
	struct seen other[FIELDS_MAX] = {{0}};
	struct pkts_spec specs[3] = {{.proto = PKTS_PROTO_IPV4}, {.proto = proto}};

	look(specs, 2, seen);
	for (unsigned inner = 1; inner < PKTS_PROTO_MAX; inner++) {
		specs[2] = (struct pkts_spec){.proto = inner};
		look(specs, 3, seen);
	}
	specs[2] = (struct pkts_spec){.payload = RAW(bytes, sizeof(bytes))};
	look(specs, 3, seen);
	give_opts(&specs[1]);
	look(specs, 3, seen);
	specs[1] = (struct pkts_spec){.proto = proto};
	memcpy(other, seen, sizeof(other));
	give_extra(&specs[1]);
	look(specs, 3, other);
	for (unsigned i = 0; i < pkts_proto_info(proto)->nfields; i++)
		seen[i].varies = other[i].varies;
}

static const char *kind_of(const struct pkts_spec_field *f)
{
	static const char *const kinds[] = {
		[PKTS_KIND_DEC] = "number",
		[PKTS_KIND_HEX] = "number, best in hexadecimal: 0x2a",
		[PKTS_KIND_FLAG] = "0 or 1",
		[PKTS_KIND_TCPFLAGS] = "letters of FSRPAUECN: SA",
		[PKTS_KIND_IPV4] = "IPv4 address: 192.0.2.1",
		[PKTS_KIND_MAC] = "MAC address: 02:00:00:00:00:01",
		[PKTS_KIND_IPV6] = "IPv6 address: 2001:db8::1",
		[PKTS_KIND_BYTES] = "bytes, in hexadecimal",
	};
	return f->kind < PKTS_ARRAY_LEN(kinds) ? kinds[f->kind] : "";
}

static void say_default(
	char *to, size_t size, const struct pkts_spec_field *f, const struct seen *s)
{
	if (s->varies)
		snprintf(to, size, "derived");
	else if (!s->there && !is_string(f))
		snprintf(to, size, "not there");
	else
		snprintf(to, size, f->kind == PKTS_KIND_HEX && s->value ? "0x%llx" : "%llu",
			(unsigned long long)s->value);
}

static void put_row(struct pkts_sink *out, const char *name, const char *bits, const char *value,
	const char *otherwise)
{
	char line[160];

	snprintf(line, sizeof(line), "%-15s %5s  %-35s %s\n", name, bits, value, otherwise);
	pkts_put_text(out, line);
}

static void put_field(struct pkts_sink *out, const struct pkts_spec_field *f, const struct seen *s)
{
	char bits[8], otherwise[32];

	snprintf(bits, sizeof(bits), "%u", f->width);
	say_default(otherwise, sizeof(otherwise), f, s);
	put_row(out, f->name, bits, kind_of(f), otherwise);
}

/* The parser itself knows what it would have taken in the place of this: names of options. */
static void put_opts(struct pkts_sink *out, const char *layer)
{
	static struct pkts_expr e;
	struct pkts_expr_error err;
	char text[64];

	snprintf(text, sizeof(text), "%s(opts=[?])", layer);
	pkts_expr_parse(&e, text, strlen(text), NULL, &err);
	put_row(out, "opts", "", "[list], or bytes: hex(01 01)", "none");
	if (!err.possible[0])
		return;
	pkts_put_char(out, '\n');
	complain_put_words(out, "in the list of opts:", err.possible);
}

static void put_fields(struct pkts_sink *out, enum pkts_proto proto)
{
	const struct pkts_proto_info *const info = pkts_proto_info(proto);
	struct seen seen[FIELDS_MAX] = {{0}};
	unsigned i = 0;

	pkts_put_text(out, info->title);
	pkts_put_text(out, "\n\n");
	find_out(proto, seen);
	put_row(out, "field", "bits", "value", "if it is left out");
	for (const struct pkts_spec_field *f = pkts_spec_fields(proto); f->name; f++, i++)
		put_field(out, f, &seen[i]);
	put_opts(out, info->name);
}

static void put_layers(struct pkts_sink *out)
{
	static const char *const payload[][2] = {
		{"\"text\"", "a string; \\n \\r \\t \\0 \\\\ \\\" \\xhh"},
		{"hex(de ad)", "bytes"},
		{"zeros(64)", "so many bytes of 0"},
		{"@FILE", "the bytes of a file"},
		{"pad(18 zeros)", "padding behind all layers; or its bytes: pad(de ad)"},
	};
	char line[160];

	for (unsigned proto = 1; proto < PKTS_PROTO_MAX; proto++) {
		const struct pkts_proto_info *const info = pkts_proto_info(proto);
		snprintf(line, sizeof(line), "%-13s %s\n", info->name, info->title);
		pkts_put_text(out, line);
	}
	pkts_put_text(out, "\npayload:\n");
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(payload); i++) {
		snprintf(line, sizeof(line), "%-13s %s\n", payload[i][0], payload[i][1]);
		pkts_put_text(out, line);
	}
}

int list(const char *layer)
{
	static struct fd_sink out;
	const enum pkts_proto proto =
		layer ? pkts_proto_by_name(layer, strlen(layer)) : PKTS_PROTO_NONE;

	if (layer && proto == PKTS_PROTO_NONE) {
		say("no layer '%.80s': --list without a name lists them all", layer);
		return 2;
	}
	fd_sink_init(&out, STDOUT_FILENO);
	if (layer)
		put_fields(&out.sink, proto);
	else
		put_layers(&out.sink);
	return fd_sink_flush(&out) != 0;
}
