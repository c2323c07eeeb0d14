/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The parser of expressions: layers and their fields. */
#include "text.h"

_Static_assert(PKTS_COMPOSE_LAYERS == 16, "a sentence names the number");

static bool add_spec(struct text *t, uint32_t at, struct pkts_spec s)
{
	struct pkts_expr *const e = t->e;

	if (e->n && e->specs[e->n - 1].proto == PKTS_PROTO_NONE &&
		e->specs[e->n - 1].payload.padding)
		return pkts_text_refuse(t, -PKTS_EINVAL, at, "nothing can follow padding");
	if (e->n == PKTS_COMPOSE_LAYERS)
		return pkts_text_refuse(t, -PKTS_ENOSPC, at, "there are more than 16 layers");
	e->specs[e->n++] = s;
	return true;
}

/* Payload behind payload is one: that has no limit but the room. */
static bool add_payload(struct text *t, uint32_t at, struct pkts_span bytes, bool padding)
{
	struct pkts_spec *const last = t->e->n ? &t->e->specs[t->e->n - 1] : NULL;

	if (last && last->proto == PKTS_PROTO_NONE && last->payload.padding == padding) {
		last->payload.len += bytes.len;
		return true;
	}
	return add_spec(t, at,
		(struct pkts_spec){
			.payload = {.p = bytes.p, .len = bytes.len, .padding = padding}});
}

/* The row that w names; *n says which. False, without an error, if there is none. */
static bool find_field(enum pkts_proto proto, const struct text_word *w, unsigned *n)
{
	const struct pkts_spec_field *const fields = pkts_spec_fields(proto);

	for (*n = 0; fields[*n].name; (*n)++)
		if (pkts_text_is(w, fields[*n].name))
			return true;
	return false;
}

/* A field may be given once: *seen has a bit for each row, and one for opts behind them. */
static bool once(struct text *t, const struct text_word *w, unsigned n, uint64_t *seen)
{
	const uint64_t bit = UINT64_C(1) << n;

	if (*seen & bit)
		return pkts_text_refuse_word(t, -PKTS_EINVAL, w, "", " is given twice");
	*seen |= bit;
	return true;
}

static bool field(struct text *t, unsigned layer, uint64_t *seen)
{
	struct pkts_spec *const s = &t->e->specs[layer];
	struct text_word w;
	unsigned n;

	if (!pkts_text_word(t, &w))
		return pkts_text_no_field(t, s->proto, NULL);
	const bool row = find_field(s->proto, &w, &n);
	if (!row && !pkts_text_is(&w, "opts"))
		return pkts_text_no_field(t, s->proto, &w);
	if (!once(t, &w, n, seen) || !pkts_text_expect(t, '='))
		return false;
	return row ? pkts_text_field_value(t, layer, n) : pkts_text_opts(t, s);
}

/* Behind a layer's name: nothing, or its fields in parentheses. */
static bool fields(struct text *t, unsigned layer)
{
	uint64_t seen = 0;

	if (!pkts_text_take(t, '(') || pkts_text_take(t, ')'))
		return true;
	do {
		if (!field(t, layer, &seen))
			return false;
	} while (pkts_text_take(t, ','));
	if (pkts_text_take(t, ')'))
		return true;
	pkts_text_refuse(
		t, -PKTS_EINVAL, t->at, "the value ends here, and a comma or ) is missing");
	return false;
}

/* pad(18 zeros), pad(de ad) */
static bool padding(struct text *t, uint32_t at)
{
	struct text_word w;
	struct pkts_span span;
	uint64_t n;

	if (!pkts_text_expect(t, '('))
		return false;
	const int c = pkts_text_peek(t);
	const uint32_t start = t->at;
	if (c >= '0' && c <= '9') {
		struct pkts_expr_error unused;
		struct text ahead = *t;
		ahead.err = &unused;
		if (pkts_text_number(&ahead, UINT32_MAX, "", &n) && pkts_text_word(&ahead, &w) &&
			pkts_text_is(&w, "zeros")) {
			t->at = ahead.at;
			return pkts_text_zeros(t, n, start, &span) && pkts_text_expect(t, ')') &&
			       add_payload(t, at, span, true);
		}
	}
	return pkts_text_hex(t, &span) && add_payload(t, at, span, true);
}

static bool layer(struct text *t, const struct text_word *w)
{
	const enum pkts_proto proto = pkts_proto_by_name(w->p, w->len);

	if (proto == PKTS_PROTO_NONE)
		return pkts_text_no_layer(t, w);
	return add_spec(t, w->at, (struct pkts_spec){.proto = proto}) && fields(t, t->e->n - 1u);
}

static bool item(struct text *t)
{
	struct pkts_span span;
	struct text_word w;

	if (pkts_text_at_bytes(t)) {
		const uint32_t at = t->at;
		return pkts_text_bytes(t, &span) && add_payload(t, at, span, false);
	}
	if (!pkts_text_word(t, &w))
		return pkts_text_no_layer(t, NULL);
	return pkts_text_is(&w, "pad") ? padding(t, w.at) : layer(t, &w);
}

static bool whole(struct text *t)
{
	do {
		if (!item(t))
			return false;
	} while (pkts_text_take(t, '/'));
	if (pkts_text_peek(t) == TEXT_END)
		return true;
	pkts_text_refuse(t, -PKTS_EINVAL, t->at, "the layer ends here, and a / is missing");
	return false;
}

int pkts_expr_parse(struct pkts_expr *e, const char *text, size_t len,
	const struct pkts_expr_files *files, struct pkts_expr_error *err)
{
	struct pkts_expr_error unused;
	struct text t = {.p = text,
		.len = (uint32_t)len,
		.e = e,
		.files = files,
		.err = err ? err : &unused};

	*t.err = (struct pkts_expr_error){0};
	e->n = e->nvary = e->nvalues = 0;
	e->used = 0;
	if (len > INT32_MAX)
		pkts_text_refuse(&t, -PKTS_ENOSPC, 0, "the text is too long");
	else
		whole(&t);
	if (t.rc)
		e->n = e->nvary = e->nvalues = 0;
	return t.rc;
}

int pkts_expr_compose(const struct pkts_expr *e, struct pkts_out *out)
{
	return pkts_compose_specs(out, e->specs, e->n);
}
