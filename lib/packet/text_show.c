/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Specs as an expression. */
#include "render.h"
#include "text.h"

/* So many zeros are written as their number: in a row among other bytes, and as all there is. */
#define ZEROS_AMONG 32
#define ZEROS_ALONE 4

/* A list in parentheses or brackets, which are only there if something is. */
struct list {
	struct pkts_sink *out;
	char open;
	bool any;
};

static void begin_item(struct list *l)
{
	pkts_put_char(l->out, l->any ? ',' : l->open);
	l->any = true;
}

static void put_shortest_hex(struct pkts_sink *out, uint64_t x)
{
	unsigned digits = 1;

	while (digits < 16 && x >> digits * 4)
		digits++;
	pkts_put_hex(out, x, digits);
}

static void put_number(struct pkts_sink *out, const struct pkts_spec_field *f, uint64_t x)
{
	switch ((enum pkts_kind)f->kind) {
	case PKTS_KIND_HEX:
		put_shortest_hex(out, x);
		break;
	case PKTS_KIND_IPV4:
		pkts_put_ipv4(out, (uint32_t)x);
		break;
	case PKTS_KIND_TCPFLAGS:
		if (x)
			pkts_render_tcpflags(out, x);
		else
			pkts_put_char(out, '0');
		break;
	default:
		pkts_put_dec(out, x);
	}
}

static void put_string(struct pkts_sink *out, const struct pkts_spec_field *f, const uint8_t *p)
{
	if (f->kind == PKTS_KIND_MAC)
		pkts_put_mac(out, p);
	else if (f->kind == PKTS_KIND_IPV6)
		pkts_put_ipv6(out, p);
	else
		pkts_put_hex_bytes(out, p, f->width / 8);
}

static bool all_zero(const uint8_t *p, uint32_t n)
{
	uint8_t any = 0;

	for (uint32_t i = 0; i < n; i++)
		any |= p[i];
	return any == 0;
}

static void put_field(struct list *l, struct pkts_spec *s, const struct pkts_spec_field *f)
{
	const bool string = pkts_text_is_string(f->kind);
	const uint8_t *const p = pkts_text_member(s, f);
	const uint64_t x = string ? !all_zero(p, f->width / 8) : pkts_text_get_number(s, f);

	if (x == 0)
		return;
	begin_item(l);
	pkts_put_text(l->out, f->name);
	pkts_put_char(l->out, '=');
	if (string)
		put_string(l->out, f, p);
	else
		put_number(l->out, f, x & ~(PKTS_PINNED | PKTS_OFFLOAD));
}

static void put_call(struct pkts_sink *out, const char *name, const uint8_t *p, uint32_t n)
{
	pkts_put_text(out, name);
	pkts_put_char(out, '(');
	pkts_put_hex_bytes(out, p, n);
	pkts_put_char(out, ')');
}

/* Options. */

/* The bytes that an option takes in the header, of which its value ends at the last. */
static bool is_canonical(const struct option *o, enum text_opts form)
{
	return form != TEXT_OPTS_CLASSES || (o->data[-1] & 0xe0) == 0;
}

/* True if a list says all there is in a header's options: the walk passes over them, and ends in
 * nothing but zeros. *ends: how many of these. */
static bool is_list(const struct pkts_packet *packet, unsigned i, enum text_opts form,
	const struct pkts_span *opts, uint32_t *ends)
{
	struct options walk;
	struct option o;
	uint32_t end = 0;

	*ends = 0;
	if (form == TEXT_OPTS_CHUNKS)
		return true;
	if (form == TEXT_OPTS_BYTES || !pkts_options_begin(&walk, packet, i, packet->len))
		return false;
	while (end < opts->len && pkts_options_next(&walk, &o)) {
		if (!is_canonical(&o, form))
			return false;
		end = (uint32_t)(o.data - opts->p) + o.len;
	}
	if (end > opts->len)
		return false;
	*ends = opts->len - end;
	return *ends == 0 || (form == TEXT_OPTS_KINDS && all_zero(opts->p + end, *ends));
}

static void put_option_numbers(struct pkts_sink *out, const struct option *o)
{
	for (uint32_t at = 0; at < o->len; at += o->width) {
		if (at)
			pkts_put_char(out, ':');
		pkts_put_dec(out, pkts_bits_get(o->data + at, 0, o->width * 8));
	}
}

static void put_option(struct pkts_sink *out, const struct option *o, enum text_opts form)
{
	if (o->name)
		pkts_put_text(out, o->name);
	else if (form == TEXT_OPTS_CLASSES)
		pkts_put_hex(out, o->type, 6);
	else
		pkts_put_dec(out, o->type);
	if (o->flags > 0) {
		pkts_put_char(out, ':');
		pkts_put_dec(out, (uint64_t)o->flags);
	}
	if (o->len == 0)
		return;
	pkts_put_char(out, '=');
	if (o->width)
		put_option_numbers(out, o);
	else
		put_call(out, "hex", o->data, o->len);
}

static void put_list(struct pkts_sink *out, const struct pkts_packet *packet, unsigned i,
	enum text_opts form, const struct pkts_span *opts, uint32_t ends)
{
	struct list l = {out, '[', false};
	struct options walk;
	struct option o;

	pkts_options_begin(&walk, packet, i, packet->len);
	while (pkts_options_next(&walk, &o) && o.data + o.len <= opts->p + opts->len) {
		begin_item(&l);
		put_option(out, &o, form);
	}
	for (; ends; ends--) {
		begin_item(&l);
		pkts_put_text(out, "end");
	}
	pkts_put_char(out, ']');
}

static void put_opts(
	struct list *l, const struct pkts_packet *packet, unsigned i, struct pkts_spec *s)
{
	const struct pkts_span *const opts = pkts_text_opts_of(s);
	const enum text_opts form = pkts_text_opts_form(s->proto);
	uint32_t ends;

	if (opts->len == 0)
		return;
	begin_item(l);
	pkts_put_text(l->out, "opts=");
	if (is_list(packet, i, form, opts, &ends))
		put_list(l->out, packet, i, form, opts, ends);
	else
		put_call(l->out, "hex", opts->p, opts->len);
}

static void put_layer(
	struct pkts_sink *out, const struct pkts_packet *packet, unsigned i, struct pkts_spec *s)
{
	struct list l = {out, '(', false};

	pkts_put_text(out, pkts_proto_info(s->proto)->name);
	for (const struct pkts_spec_field *f = pkts_spec_fields(s->proto); f->name; f++)
		put_field(&l, s, f);
	put_opts(&l, packet, i, s);
	if (l.any)
		pkts_put_char(out, ')');
}

/* Payload. */

/* A letter that an escape stands for; 0: the byte stands for itself or cannot be written as text. */
static char escape_of(uint8_t byte)
{
	static const char letters[] = {
		['\t'] = 't', ['\n'] = 'n', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'};

	return byte < sizeof(letters) ? letters[byte] : 0;
}

static bool is_text(const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if ((p[i] < 0x20 || p[i] > 0x7e) && !escape_of(p[i]))
			return false;
	return n > 0;
}

static void put_quoted(struct pkts_sink *out, const uint8_t *p, uint32_t n)
{
	pkts_put_char(out, '"');
	for (uint32_t i = 0; i < n; i++) {
		const char letter = escape_of(p[i]);
		if (letter)
			pkts_put_char(out, '\\');
		pkts_put_char(out, letter ? letter : (char)p[i]);
	}
	pkts_put_char(out, '"');
}

static void put_piece(struct pkts_sink *out, const uint8_t *p, uint32_t n)
{
	if (is_text(p, n))
		put_quoted(out, p, n);
	else
		put_call(out, "hex", p, n);
}

static uint32_t zeros_at(const uint8_t *p, uint32_t n)
{
	uint32_t i = 0;

	while (i < n && p[i] == 0)
		i++;
	return i;
}

/* How many bytes come before the next run of zeros that is worth it. */
static uint32_t until_zeros(const uint8_t *p, uint32_t n)
{
	uint32_t i = 0;

	while (i < n) {
		const uint32_t zeros = zeros_at(p + i, n - i);
		if (zeros >= ZEROS_AMONG || (zeros == n && n >= ZEROS_ALONE))
			return i;
		i += zeros ? zeros : 1;
	}
	return n;
}

static void put_zeros(struct pkts_sink *out, uint32_t n)
{
	pkts_put_text(out, "zeros(");
	pkts_put_dec(out, n);
	pkts_put_char(out, ')');
}

static void put_payload(struct pkts_sink *out, const uint8_t *p, uint32_t n)
{
	uint32_t at = 0;

	if (n == 0)
		pkts_put_text(out, "hex()");
	while (at < n) {
		const uint32_t piece = until_zeros(p + at, n - at);
		if (at)
			pkts_put_char(out, '/');
		if (piece)
			put_piece(out, p + at, piece);
		else
			put_zeros(out, zeros_at(p + at, n - at));
		at += piece ? piece : zeros_at(p + at, n - at);
	}
}

static void put_padding(struct pkts_sink *out, const uint8_t *p, uint32_t n)
{
	if (!all_zero(p, n)) {
		put_call(out, "pad", p, n);
		return;
	}
	pkts_put_text(out, "pad(");
	pkts_put_dec(out, n);
	pkts_put_text(out, " zeros)");
}

unsigned pkts_text_show(
	struct pkts_sink *out, const struct pkts_packet *packet, uint8_t *scratch, uint32_t cap)
{
	struct pkts_spec specs[PKTS_COMPOSE_LAYERS];
	unsigned n;
	const unsigned as_bytes = pkts_text_specs(packet, scratch, cap, specs, &n);

	for (unsigned i = 0; i < n; i++) {
		if (i)
			pkts_put_char(out, '/');
		if (specs[i].proto != PKTS_PROTO_NONE)
			put_layer(out, packet, i, &specs[i]);
		else if (specs[i].payload.padding)
			put_padding(out, specs[i].payload.p, specs[i].payload.len);
		else
			put_payload(out, specs[i].payload.p, specs[i].payload.len);
	}
	return as_bytes;
}
