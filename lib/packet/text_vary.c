/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What stands behind the = of a field, and how fields change from packet to packet. */
#include "text.h"

/* A field that is being given a value. */
struct given {
	struct pkts_spec *s;
	const struct pkts_spec_field *f;
	struct pkts_vary v; /* filled in as far as it is known */
};

static bool add_vary(struct text *t, uint32_t at, const struct pkts_vary *v)
{
	if (t->e->nvary == PKTS_EXPR_VARY)
		return pkts_text_refuse(
			t, -PKTS_ENOSPC, at, "more fields vary than an expression can hold");
	t->e->vary[t->e->nvary++] = *v;
	return true;
}

static bool is_ordered(
	struct text *t, uint32_t at, struct pkts_vary_value from, struct pkts_vary_value to)
{
	if (from.high != to.high)
		return pkts_text_refuse(t, -PKTS_ERANGE, at,
			"both ends of a range have to begin with the same 64 bits");
	if (from.low > to.low)
		return pkts_text_refuse(t, -PKTS_ERANGE, at, "a range goes up");
	return true;
}

/* ..to, behind a value that may start a range. False without an error if it does not. */
static bool take_dots(struct text *t)
{
	if (pkts_text_peek(t) != '.' || t->at + 1 >= t->len || t->p[t->at + 1] != '.')
		return false;
	t->at += 2;
	return true;
}

static bool range_end(struct text *t, struct given *g, struct pkts_vary_value from)
{
	struct pkts_vary_value to;

	pkts_text_peek(t);
	const uint32_t at = t->at;
	if (!pkts_text_value(t, g->f, &to) || !is_ordered(t, at, from, to))
		return false;
	g->v.from = from.low;
	g->v.to = to.low;
	pkts_text_store(g->s, g->f, from, true);
	return true;
}

static bool range(struct text *t, struct given *g, struct pkts_vary_value from)
{
	const uint32_t at = t->at;

	if (!range_end(t, g, from))
		return false;
	g->v.vary = PKTS_VARY_RANGE;
	g->v.step = 1;
	if (pkts_text_take(t, ':')) {
		pkts_text_peek(t);
		const uint32_t step = t->at;
		if (!pkts_text_number(t, UINT64_MAX, "a step", &g->v.step))
			return false;
		if (g->v.step == 0)
			return pkts_text_refuse(t, -PKTS_ERANGE, step, "a step is at least 1");
	}
	g->v.count = (g->v.to - g->v.from) / g->v.step + 1;
	return add_vary(t, at, &g->v);
}

static bool add_listed(struct text *t, struct given *g)
{
	struct pkts_vary_value *const values = t->e->values;

	pkts_text_peek(t);
	if (t->e->nvalues == PKTS_EXPR_VALUES)
		return pkts_text_refuse(t, -PKTS_ENOSPC, t->at,
			"there are more values than an expression can hold");
	if (!pkts_text_value(t, g->f, &values[t->e->nvalues]))
		return false;
	t->e->nvalues++;
	g->v.count++;
	return true;
}

static bool list(struct text *t, struct given *g)
{
	const uint32_t at = t->at;

	g->v.vary = PKTS_VARY_LIST;
	g->v.first = t->e->nvalues;
	do {
		if (!add_listed(t, g))
			return false;
	} while (pkts_text_take(t, ','));
	if (!pkts_text_expect(t, '}'))
		return false;
	pkts_text_store(g->s, g->f, t->e->values[g->v.first], true);
	return add_vary(t, at, &g->v);
}

static bool random_range(struct text *t, struct given *g)
{
	struct pkts_vary_value from;

	if (!pkts_text_value(t, g->f, &from))
		return false;
	if (!take_dots(t)) {
		pkts_text_refuse(t, -PKTS_EINVAL, t->at, "the other end of the range is missing");
		pkts_text_possible(t, "rand rand(1..1000)");
		return false;
	}
	return range_end(t, g, from) && pkts_text_expect(t, ')');
}

static bool random_value(struct text *t, struct given *g, uint32_t at)
{
	g->v.vary = PKTS_VARY_RANDOM;
	g->v.to = UINT64_MAX >> (g->f->width < 64 ? 64 - g->f->width : 0);
	if (pkts_text_take(t, '(')) {
		if (!random_range(t, g))
			return false;
	} else {
		g->v.wide = g->f->width > 64;
		pkts_text_store(g->s, g->f, (struct pkts_vary_value){0, 0}, true);
	}
	return add_vary(t, at, &g->v);
}

static bool is_checksum(const struct pkts_spec_field *f)
{
	return pkts_text_is(&(struct text_word){"csum", 4, 0}, f->name);
}

static bool plain_or_range(struct text *t, struct given *g)
{
	struct pkts_vary_value v;

	if (!pkts_text_value(t, g->f, &v)) {
		pkts_text_possible(t, " or a..b a..b:step {a,b} rand rand(a..b) auto");
		pkts_text_possible(t, is_checksum(g->f) ? " offload" : "");
		return false;
	}
	if (take_dots(t))
		return range(t, g, v);
	pkts_text_store(g->s, g->f, v, true);
	return true;
}

/* A string of bytes that is no address: as many as the field has. */
static bool plain_bytes(struct text *t, struct given *g)
{
	uint8_t *const p = pkts_text_member(g->s, g->f);

	pkts_text_peek(t);
	const uint32_t at = t->at;
	for (unsigned i = 0; i < g->f->width / 8u; i++) {
		const int high = pkts_text_digit(pkts_text_here(t));
		const int low = t->at + 1 < t->len ? pkts_text_digit(t->p[t->at + 1]) : -1;
		if (high < 0 || low < 0) {
			pkts_text_refuse(t, -PKTS_EINVAL, at, "this field is a string of bytes");
			pkts_text_possible(
				t, "two hexadecimal digits for each byte, without blanks");
			return false;
		}
		p[i] = (uint8_t)(high << 4 | low);
		t->at += 2;
	}
	if (pkts_text_digit(pkts_text_here(t)) >= 0)
		return pkts_text_refuse(t, -PKTS_ERANGE, t->at, "the field has fewer bytes");
	return true;
}

/* The words that can stand in the place of a value. *known: it was one. */
static bool special(struct text *t, struct given *g, bool *known)
{
	const uint32_t at = t->at;
	struct text_word w;

	*known = true;
	if (pkts_text_word(t, &w)) {
		if (pkts_text_is(&w, "auto"))
			return true;
		if (pkts_text_is(&w, "rand") && g->f->kind != PKTS_KIND_BYTES)
			return random_value(t, g, at);
		if (pkts_text_is(&w, "offload") && is_checksum(g->f)) {
			pkts_text_set_number(g->s, g->f, PKTS_OFFLOAD);
			return true;
		}
		if (pkts_text_is(&w, "offload"))
			return pkts_text_refuse(
				t, -PKTS_EINVAL, at, "only checksums can be left to hardware");
	}
	*known = false;
	t->at = at;
	return true;
}

bool pkts_text_field_value(struct text *t, unsigned layer, unsigned field)
{
	struct pkts_spec *const s = &t->e->specs[layer];
	const struct pkts_spec_field *const f = &pkts_spec_fields(s->proto)[field];
	struct given g = {s, f,
		{.layer = (uint8_t)layer,
			.field = (uint8_t)field,
			.kind = f->kind,
			.offset = (uint16_t)(offsetof(struct pkts_spec, payload) + f->offset),
			.width = f->width}};
	bool known;

	pkts_text_peek(t);
	if (!special(t, &g, &known) || known)
		return t->rc == 0;
	if (f->kind == PKTS_KIND_BYTES)
		return plain_bytes(t, &g);
	if (pkts_text_take(t, '{'))
		return list(t, &g);
	return plain_or_range(t, &g);
}

/* Packets. */

uint64_t pkts_expr_count(const struct pkts_expr *e)
{
	uint64_t product = 1;

	for (unsigned i = 0; i < e->nvary; i++) {
		const uint64_t count = e->vary[i].count;
		if (e->vary[i].vary == PKTS_VARY_RANDOM)
			continue;
		if (count == 0 || product > UINT64_MAX / count)
			return UINT64_MAX;
		product *= count;
	}
	return product;
}

/* SplitMix64: an addition and a mixing function; every state is a good one. */
uint64_t pkts_expr_random(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static const struct pkts_spec_field *field_of(const struct pkts_expr *e, const struct pkts_vary *v)
{
	return &pkts_spec_fields(e->specs[v->layer].proto)[v->field];
}

static void set_random(struct pkts_expr *e, const struct pkts_vary *v, uint64_t *state)
{
	const uint64_t span = v->to - v->from + 1; /* 0: all that 64 bits can say */
	struct pkts_vary_value x = {0, 0};

	if (v->wide)
		x.high = pkts_expr_random(state);
	x.low = pkts_expr_random(state);
	if (span)
		x.low = v->from + x.low % span;
	pkts_text_store(&e->specs[v->layer], field_of(e, v), x, v->wide);
}

/* Sets the nth value of a range or list, counted round and round. Returns how often it went round. */
static uint64_t set_nth(struct pkts_expr *e, const struct pkts_vary *v, uint64_t n)
{
	const uint64_t i = v->count ? n % v->count : n;
	struct pkts_spec *const s = &e->specs[v->layer];

	if (v->vary == PKTS_VARY_LIST)
		pkts_text_store(s, field_of(e, v), e->values[v->first + i], true);
	else
		pkts_text_store(s, field_of(e, v),
			(struct pkts_vary_value){0, v->from + i * v->step}, false);
	return v->count ? n / v->count : 0;
}

void pkts_expr_step(struct pkts_expr *e, uint64_t n, uint64_t *random_state)
{
	for (unsigned i = e->nvary; i-- > 0;)
		if (e->vary[i].vary != PKTS_VARY_RANDOM)
			n = set_nth(e, &e->vary[i], n);
	for (unsigned i = 0; random_state && i < e->nvary; i++)
		if (e->vary[i].vary == PKTS_VARY_RANDOM)
			set_random(e, &e->vary[i], random_state);
}
