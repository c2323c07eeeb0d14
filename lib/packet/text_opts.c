/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* opts in an expression: [mss=1460,sackok] or bytes. */
#include "render.h"
#include "text.h"

#define LARGEST_CLASS 0xffffff /* class and type of a GENEVE option */

enum text_opts pkts_text_opts_form(enum pkts_proto proto)
{
	static const uint8_t forms[PKTS_PROTO_MAX] = {
		[PKTS_PROTO_IPV4] = TEXT_OPTS_KINDS,
		[PKTS_PROTO_TCP] = TEXT_OPTS_KINDS,
		[PKTS_PROTO_IPV6_HOPOPTS] = TEXT_OPTS_IPV6,
		[PKTS_PROTO_IPV6_DSTOPTS] = TEXT_OPTS_IPV6,
		[PKTS_PROTO_GENEVE] = TEXT_OPTS_CLASSES,
		[PKTS_PROTO_SCTP] = TEXT_OPTS_CHUNKS,
	};

	return (enum text_opts)forms[(unsigned)proto < PKTS_PROTO_MAX ? proto : 0];
}

struct pkts_span *pkts_text_opts_of(struct pkts_spec *s)
{
	const struct pkts_spec_field *f = pkts_spec_fields(s->proto);

	while (f->name)
		f++;
	return (struct pkts_span *)(void *)pkts_text_member(s, f);
}

/* What the forms differ in. */
static const struct form {
	uint8_t head;	/* bytes before a value */
	uint8_t alone;	/* types below this one have neither length nor value */
	uint8_t unit;	/* the value is a multiple of so many bytes */
	uint8_t padded; /* zeros make the whole a multiple of so many bytes */
	uint32_t largest;
	const char *too_long;
} forms_of[] = {
	[TEXT_OPTS_KINDS] = {2, 2, 1, 1, 253, "an option holds at most 253 bytes"},
	[TEXT_OPTS_IPV6] = {2, 1, 1, 1, 255, "an option holds at most 255 bytes"},
	[TEXT_OPTS_CLASSES] = {4, 0, 4, 1, 124, "an option holds at most 124 bytes"},
	[TEXT_OPTS_CHUNKS] = {4, 0, 1, 4, 65531, "a chunk holds at most 65531 bytes"},
};

/* One option that is being read. */
struct item {
	uint32_t at; /* where it starts in the text */
	uint32_t type;
	uint64_t flags;
	unsigned width; /* of the numbers that it holds; 0: plain bytes */
};

static bool known_option(struct text *t, enum pkts_proto proto, struct item *item)
{
	const struct option_row *row;
	struct text_word w;

	if (!pkts_text_word(t, &w))
		return false;
	for (unsigned i = 0; (row = pkts_option_row(proto, i)); i++)
		if (pkts_text_is(&w, row->name)) {
			item->type = row->type;
			item->width = row->width;
			return true;
		}
	return pkts_text_no_option(t, proto, &w);
}

static bool option_type(struct text *t, enum pkts_proto proto, struct item *item)
{
	const uint64_t max = pkts_text_opts_form(proto) == TEXT_OPTS_CLASSES ? LARGEST_CLASS : 255;
	const int c = pkts_text_peek(t);
	uint64_t type;

	*item = (struct item){.at = t->at};
	if (known_option(t, proto, item) || t->rc)
		return t->rc == 0;
	if (c < '0' || c > '9')
		return pkts_text_no_option(t, proto, NULL);
	if (!pkts_text_number(t, max, "the type of an option", &type))
		return false;
	item->type = (uint32_t)type;
	return true;
}

static bool put_number(struct text *t, unsigned width, uint64_t x)
{
	uint8_t *const p = pkts_text_room(t, width, t->at);

	if (!p)
		return false;
	pkts_bits_put(p, 0, width * 8, x);
	return true;
}

static bool numbers(struct text *t, unsigned width)
{
	uint64_t x;

	do {
		if (!pkts_text_number(
			    t, UINT64_MAX >> (64 - width * 8), "the value of an option", &x) ||
			!put_number(t, width, x))
			return false;
	} while (pkts_text_take(t, ':'));
	return true;
}

/* The value goes to the room, behind what is there. */
static bool value(struct text *t, const struct item *item)
{
	struct pkts_span span;

	if (item->width == 0 || pkts_text_at_bytes(t))
		return pkts_text_bytes(t, &span);
	return numbers(t, item->width);
}

/* Puts the head of an option whose value, of n bytes, stands behind it. */
static void put_head(uint8_t *p, enum text_opts form, const struct item *item, uint32_t n)
{
	p[0] = (uint8_t)item->type;
	switch (form) {
	case TEXT_OPTS_KINDS:
		p[1] = (uint8_t)(n + 2);
		break;
	case TEXT_OPTS_IPV6:
		p[1] = (uint8_t)n;
		break;
	case TEXT_OPTS_CLASSES:
		pkts_put_be32(p, item->type << 8 | n / 4);
		break;
	default:
		p[1] = (uint8_t)item->flags;
		pkts_put_be16(p + 2, (uint16_t)(n + 4));
	}
}

static bool put_alone(struct text *t, const struct item *item)
{
	uint8_t *const p = pkts_text_room(t, 1, item->at);

	if (!p)
		return false;
	*p = (uint8_t)item->type;
	if (pkts_text_peek(t) == '=')
		return pkts_text_refuse(t, -PKTS_EINVAL, t->at, "this option has no value");
	return true;
}

static bool pad_item(struct text *t, uint32_t n, uint32_t unit)
{
	struct pkts_span zeros;

	return pkts_text_zeros(t, (unit - n % unit) % unit, t->at, &zeros);
}

static bool put_item(struct text *t, enum text_opts form, const struct item *item)
{
	const struct form *const f = &forms_of[form];
	uint8_t *const head = pkts_text_room(t, f->head, item->at);
	const uint32_t start = t->e->used;

	if (!head || (pkts_text_take(t, '=') && !value(t, item)))
		return false;
	const uint32_t n = t->e->used - start;
	if (n > f->largest)
		return pkts_text_refuse(t, -PKTS_ERANGE, item->at, f->too_long);
	if (n % f->unit)
		return pkts_text_refuse(
			t, -PKTS_ERANGE, item->at, "the value is a multiple of 4 bytes");
	put_head(head, form, item, n);
	return pad_item(t, n, f->padded);
}

static bool item(struct text *t, enum pkts_proto proto, enum text_opts form)
{
	struct item i;

	if (!option_type(t, proto, &i))
		return false;
	if (i.type < forms_of[form].alone)
		return put_alone(t, &i);
	if (form == TEXT_OPTS_CHUNKS && pkts_text_take(t, ':') &&
		!pkts_text_number(t, 255, "flags", &i.flags))
		return false;
	return put_item(t, form, &i);
}

/* Behind the opening bracket. */
static bool list(struct text *t, enum pkts_proto proto, struct pkts_span *opts)
{
	const enum text_opts form = pkts_text_opts_form(proto);
	const uint32_t start = t->e->used;

	if (form == TEXT_OPTS_BYTES) {
		pkts_text_refuse(t, -PKTS_EINVAL, t->at - 1, "these opts are bytes");
		pkts_text_possible(t, "hex(..) zeros(n) \"text\" @file");
		return false;
	}
	if (!pkts_text_take(t, ']')) {
		do {
			if (!item(t, proto, form))
				return false;
		} while (pkts_text_take(t, ','));
		if (!pkts_text_expect(t, ']'))
			return false;
	}
	*opts = (struct pkts_span){t->e->room + start, t->e->used - start};
	return true;
}

bool pkts_text_opts(struct text *t, struct pkts_spec *s)
{
	if (pkts_text_take(t, '['))
		return list(t, s->proto, pkts_text_opts_of(s));
	return pkts_text_bytes(t, pkts_text_opts_of(s));
}
