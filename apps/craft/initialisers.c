/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "initialisers.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define WIDTH	  92u
#define TAB	  8u
#define ITEM_MAX  256u
#define TEXT_MAX  512u /* longer text is written as bytes */
#define TCP_FLAGS 9u

/* A call under construction: what stands on the current line, and whether a comma is due. */
struct call {
	struct pkts_sink *out;
	unsigned column;
	bool first;
};

static void put(struct call *c, const char *text)
{
	pkts_put_text(c->out, text);
	c->column += (unsigned)strlen(text);
}

static void new_line(struct call *c, unsigned tabs)
{
	pkts_put_char(c->out, '\n');
	for (unsigned i = 0; i < tabs; i++)
		pkts_put_char(c->out, '\t');
	c->column = tabs * TAB;
}

/* One argument, on the next line if this one is full. */
static void put_item(struct call *c, const char *text)
{
	if (!c->first) {
		put(c, ",");
		if (c->column + 1 + strlen(text) > WIDTH)
			new_line(c, 2);
		else
			put(c, " ");
	}
	c->first = false;
	put(c, text);
}

static void put_macro(struct call *c, enum pkts_proto proto)
{
	/* Whose names in capitals mean something else in C or in system headers. */
	static const char *const others[PKTS_PROTO_MAX] = {
		[PKTS_PROTO_NULL] = "BSD_NULL(",
		[PKTS_PROTO_RAW] = "RAW_IP(",
		[PKTS_PROTO_IPV6_HOPOPTS] = "HOPOPTS(",
		[PKTS_PROTO_IPV6_DSTOPTS] = "DSTOPTS(",
	};
	char name[32];
	size_t n = 0;

	if (others[proto]) {
		put(c, others[proto]);
		return;
	}
	for (const char *p = pkts_proto_info(proto)->name; *p && n + 2 < sizeof(name); p++)
		name[n++] = (char)toupper((unsigned char)*p);
	name[n++] = '(';
	name[n] = 0;
	put(c, name);
}

/* Values, as text that compiles. */

static void tcp_flags(char *to, size_t size, uint64_t x)
{
	static const char *const names[TCP_FLAGS] = {"PKTS_TCP_FIN", "PKTS_TCP_SYN", "PKTS_TCP_RST",
		"PKTS_TCP_PSH", "PKTS_TCP_ACK", "PKTS_TCP_URG", "PKTS_TCP_ECE", "PKTS_TCP_CWR",
		"PKTS_TCP_AE"};
	size_t n = 0;

	for (unsigned i = 0; i < TCP_FLAGS; i++)
		if (x >> i & 1)
			n += (size_t)snprintf(to + n, size - n, "%s%s", n ? " | " : "", names[i]);
}

static void number(char *to, size_t size, const struct pkts_spec_field *f, uint64_t given)
{
	const uint64_t x = given & ~(PKTS_PINNED | PKTS_OFFLOAD);

	if ((given & (PKTS_PINNED | PKTS_OFFLOAD)) == PKTS_OFFLOAD)
		snprintf(to, size, "PKTS_OFFLOAD");
	else if (x == 0)
		snprintf(to, size, "PKTS_PIN(0)");
	else if (f->kind == PKTS_KIND_TCPFLAGS)
		tcp_flags(to, size, x);
	else if (f->kind == PKTS_KIND_IPV4)
		snprintf(to, size, "PKTS_IPV4_ADDRESS(%u, %u, %u, %u)", (unsigned)(x >> 24 & 255),
			(unsigned)(x >> 16 & 255), (unsigned)(x >> 8 & 255), (unsigned)(x & 255));
	else
		snprintf(to, size, f->kind == PKTS_KIND_HEX ? "0x%llx" : "%llu",
			(unsigned long long)x);
}

static void string(char *to, size_t size, const struct pkts_spec_field *f, const uint8_t *b)
{
	const unsigned step = f->kind == PKTS_KIND_IPV6 ? 2 : 1;
	size_t n = (size_t)snprintf(to, size, "%s",
		f->kind == PKTS_KIND_MAC    ? "PKTS_MAC("
		: f->kind == PKTS_KIND_IPV6 ? "PKTS_IPV6_ADDRESS("
					    : "{{");

	for (unsigned i = 0; i < f->width / 8u; i += step)
		n += (size_t)snprintf(to + n, size - n, step == 2 ? "%s0x%x" : "%s0x%02x",
			i ? ", " : "", step == 2 ? (unsigned)(b[i] << 8 | b[i + 1]) : b[i]);
	snprintf(to + n, size - n, "%s", f->kind == PKTS_KIND_BYTES ? "}}" : ")");
}

static bool is_string(const struct pkts_spec_field *f)
{
	return f->kind == PKTS_KIND_MAC || f->kind == PKTS_KIND_IPV6 || f->kind == PKTS_KIND_BYTES;
}

static bool is_zero(const uint8_t *p, uint32_t n)
{
	while (n && *p == 0)
		p++, n--;
	return n == 0;
}

/* A field that was not given is left out: its member is 0. */
static void put_field(struct call *c, const struct pkts_spec *s, const struct pkts_spec_field *f)
{
	const uint8_t *const member = (const uint8_t *)&s->payload + f->offset;
	char item[ITEM_MAX];
	uint64_t given;
	int n;

	if (is_zero(member, is_string(f) ? f->width / 8u : sizeof(given)))
		return;
	n = snprintf(item, sizeof(item), ".%s = ", f->name);
	memcpy(&given, member, is_string(f) ? 0 : sizeof(given));
	if (is_string(f))
		string(item + n, sizeof(item) - (size_t)n, f, member);
	else
		number(item + n, sizeof(item) - (size_t)n, f, given);
	put_item(c, item);
}

/* Bytes, as so many numbers. */

static void put_bytes(struct call *c, const uint8_t *p, uint32_t n)
{
	char item[8];

	for (uint32_t i = 0; i < n; i++) {
		snprintf(item, sizeof(item), "0x%02x", p[i]);
		put_item(c, item);
	}
}

/* TCP's options that have a name in pkts_spec.h. Returns how many bytes that was; 0: none of them. */
static uint32_t put_tcp_option(struct call *c, const uint8_t *p, uint32_t n)
{
	const unsigned type = p[0], len = n > 1 && type > 1 ? p[1] : 1;
	char item[ITEM_MAX];

	if (len > n)
		return 0;
	if (type == PKTS_OPT_NOP)
		snprintf(item, sizeof(item), "PKTS_OPT_NOP");
	else if (type == PKTS_TCP_OPTION_MSS && len == 4)
		snprintf(item, sizeof(item), "PKTS_OPT_MSS(%u)", pkts_be16(p + 2));
	else if (type == PKTS_TCP_OPTION_WINDOW_SCALE && len == 3)
		snprintf(item, sizeof(item), "PKTS_OPT_WINDOW_SCALE(%u)", p[2]);
	else if (type == PKTS_TCP_OPTION_SACK_PERMITTED && len == 2)
		snprintf(item, sizeof(item), "PKTS_OPT_SACK_PERMITTED");
	else if (type == PKTS_TCP_OPTION_TIMESTAMPS && len == 10)
		snprintf(item, sizeof(item), "PKTS_OPT_TIMESTAMPS(%uu, %uu)", pkts_be32(p + 2),
			pkts_be32(p + 6));
	else
		return 0;
	put_item(c, item);
	return len;
}

static void put_tcp_options(struct call *c, const uint8_t *p, uint32_t n)
{
	uint32_t done;

	while (n && (done = put_tcp_option(c, p, n)) != 0) {
		p += done;
		n -= done;
	}
	put_bytes(c, p, n);
}

static void put_opts(struct call *c, const struct pkts_spec *s, const struct pkts_span *opts)
{
	if (opts->len == 0)
		return;
	put_item(c, ".opts = PKTS_OPTS(");
	c->first = true;
	if (s->proto == PKTS_PROTO_TCP)
		put_tcp_options(c, opts->p, opts->len);
	else
		put_bytes(c, opts->p, opts->len);
	put(c, ")");
	c->first = false;
}

static void put_layer(struct call *c, const struct pkts_spec *s)
{
	const struct pkts_spec_field *f = pkts_spec_fields(s->proto);

	put_macro(c, s->proto);
	c->first = true;
	for (; f->name; f++)
		put_field(c, s, f);
	put_opts(c, s,
		(const struct pkts_span *)(const void *)((const uint8_t *)&s->payload + f->offset));
	put(c, ")");
}

/* Payload */

/* The letter behind a backslash; 0: none is needed. */
static char escape_of(uint8_t byte)
{
	static const char bytes[] = "\r\n\t\"\\", letters[] = "rnt\"\\";

	for (unsigned i = 0; i + 1 < sizeof(bytes); i++)
		if (byte == (uint8_t)bytes[i])
			return letters[i];
	return 0;
}

static bool is_text(const struct pkts_payload_spec *s)
{
	for (uint32_t i = 0; i < s->len; i++)
		if (!(s->p[i] >= ' ' && s->p[i] < 0x7f) && !escape_of(s->p[i]))
			return false;
	return s->len <= TEXT_MAX && !s->padding;
}

static void put_string(struct call *c, const struct pkts_payload_spec *s)
{
	put(c, "TEXT(\"");
	for (uint32_t i = 0; i < s->len; i++) {
		if (c->column > WIDTH) {
			put(c, "\"");
			new_line(c, 2);
			put(c, "\"");
		}
		const char letter = escape_of(s->p[i]);
		const char text[] = {'\\', letter ? letter : (char)s->p[i], 0};
		put(c, letter ? text : text + 1);
	}
	put(c, "\")");
}

static void put_payload(struct call *c, const struct pkts_payload_spec *s)
{
	char text[ITEM_MAX];
	const bool zero = is_zero(s->p, s->len);

	snprintf(text, sizeof(text), "%s(((const uint8_t[%u]){", s->padding ? "PADDING" : "RAW",
		s->len);
	put(c, text);
	c->first = true;
	if (zero)
		put(c, "0");
	else
		put_bytes(c, s->p, s->len);
	snprintf(text, sizeof(text), "}), %u)", s->len);
	put(c, text);
}

static void put_spec(struct call *c, const struct pkts_spec *s)
{
	if (s->proto != PKTS_PROTO_NONE)
		put_layer(c, s);
	else if (is_text(&s->payload))
		put_string(c, &s->payload);
	else
		put_payload(c, &s->payload);
}

void initialisers_put(struct pkts_sink *out, const struct pkts_spec *specs, unsigned n)
{
	struct call c = {.out = out};

	put(&c, "pkts_compose(&out");
	for (unsigned i = 0; i < n; i++) {
		if (specs[i].proto == PKTS_PROTO_NONE && specs[i].payload.len == 0)
			continue;
		put(&c, ",");
		new_line(&c, 1);
		put_spec(&c, &specs[i]);
	}
	put(&c, ");");
	pkts_put_char(out, '\n');
}
