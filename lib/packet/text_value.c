/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* One value of a field: a number, flags, an address. */
#include "text.h"

/* Notes what is wrong with a value, and what values look like. */
static bool bad_value(struct text *t, int rc, uint32_t at, const char *name, const char *sentence)
{
	uint32_t n = 0;

	while (name[n])
		n++;
	return pkts_text_refuse_word(t, rc, &(struct text_word){name, n, at}, "", sentence);
}

static void put_number(char *text, size_t size, const char *before, uint64_t x)
{
	struct pkts_sink out = {.buf = text, .cap = size - 1};

	pkts_put_text(&out, before);
	pkts_put_dec(&out, x);
	text[out.used] = 0;
}

static void possible_numbers(struct text *t, uint64_t max)
{
	char text[32];

	put_number(text, sizeof(text), "0..", max);
	pkts_text_possible(t, text);
}

static bool too_large(struct text *t, uint32_t at, const char *what, uint64_t max)
{
	char sentence[40];

	put_number(sentence, sizeof(sentence), " is at most ", max);
	bad_value(t, -PKTS_ERANGE, at, what, sentence);
	possible_numbers(t, max);
	return false;
}

static bool digits(struct text *t, unsigned base, uint64_t max, bool *over, uint64_t *x)
{
	const uint32_t start = t->at;

	*x = 0;
	for (;; t->at++) {
		const int d = pkts_text_digit(pkts_text_here(t));
		if (d < 0 || (unsigned)d >= base)
			return t->at > start;
		if (*x > (max - (unsigned)d) / base || (unsigned)d > max)
			*over = true;
		else
			*x = *x * base + (unsigned)d;
	}
}

bool pkts_text_number(struct text *t, uint64_t max, const char *what, uint64_t *x)
{
	const int c = pkts_text_peek(t);
	const uint32_t at = t->at;
	const bool hex = c == '0' && at + 1 < t->len && (t->p[at + 1] | 0x20) == 'x';
	bool over = false;

	t->at += hex ? 2 : 0;
	if (!digits(t, hex ? 16 : 10, max, &over, x)) {
		bad_value(t, -PKTS_EINVAL, at, what, " has to be a number");
		possible_numbers(t, max);
		return false;
	}
	return !over || too_large(t, at, what, max);
}

static uint64_t largest(const struct pkts_spec_field *f)
{
	return UINT64_MAX >> (64 - f->width);
}

static const char flag_letters[] = "FSRPAUECN";

static bool flag_of(int c, uint64_t *bit)
{
	for (unsigned i = 0; i < sizeof(flag_letters) - 1; i++)
		if (c == flag_letters[i]) {
			*bit = UINT64_C(1) << i;
			return true;
		}
	return false;
}

static bool tcp_flags(struct text *t, const struct pkts_spec_field *f, uint64_t *x)
{
	const int c = pkts_text_peek(t);
	uint64_t bit;

	if (pkts_text_digit(c) >= 0 && c <= '9')
		return pkts_text_number(t, largest(f), f->name, x);
	for (*x = 0; flag_of(pkts_text_here(t), &bit); t->at++)
		*x |= bit;
	if (*x)
		return true;
	bad_value(t, -PKTS_EINVAL, t->at, f->name, " are letters, or a number");
	pkts_text_possible(t, "F S R P A U E C N, as in SA");
	return false;
}

static bool bad_address(struct text *t, uint32_t at, const char *name, const char *example)
{
	bad_value(t, -PKTS_EINVAL, at, name, " has to be an address");
	pkts_text_possible(t, example);
	return false;
}

static bool ipv4(struct text *t, const struct pkts_spec_field *f, uint64_t *x)
{
	static const char example[] = "192.0.2.1";
	uint64_t part;
	bool over = false;

	pkts_text_peek(t);
	const uint32_t at = t->at;
	*x = 0;
	for (unsigned i = 0; i < 4; i++) {
		if (i && pkts_text_here(t) != '.')
			return bad_address(t, at, f->name, example);
		t->at += i > 0;
		if (!digits(t, 10, 255, &over, &part) || over)
			return bad_address(t, at, f->name, example);
		*x = *x << 8 | part;
	}
	return true;
}

static bool mac(struct text *t, const struct pkts_spec_field *f, uint64_t *x)
{
	static const char example[] = "02:00:00:00:00:01";
	uint64_t part;
	bool over = false;

	pkts_text_peek(t);
	const uint32_t at = t->at;
	*x = 0;
	for (unsigned i = 0; i < 6; i++) {
		if (i && pkts_text_here(t) != ':')
			return bad_address(t, at, f->name, example);
		t->at += i > 0;
		if (!digits(t, 16, 255, &over, &part) || over)
			return bad_address(t, at, f->name, example);
		*x = *x << 8 | part;
	}
	return true;
}

/* Groups of an IPv6 address, RFC 4291 2.2: up to eight, and where :: was. */
struct groups {
	uint16_t g[8];
	unsigned n;
	int gap; /* before which group; -1: there is none */
};

static bool at_gap(const struct text *t)
{
	return t->at + 1 < t->len && t->p[t->at] == ':' && t->p[t->at + 1] == ':';
}

static bool read_groups(struct text *t, struct groups *a)
{
	uint64_t part;
	bool over = false;

	*a = (struct groups){.gap = -1};
	for (;;) {
		if (at_gap(t) && a->gap < 0) {
			a->gap = (int)a->n;
			t->at += 2;
			if (pkts_text_digit(pkts_text_here(t)) < 0)
				break;
		} else if (a->n) {
			if (pkts_text_here(t) != ':')
				break;
			t->at++;
		}
		if (a->n == 8 || !digits(t, 16, 0xffff, &over, &part) || over)
			return false;
		a->g[a->n++] = (uint16_t)part;
	}
	return a->gap < 0 ? a->n == 8 : a->n < 8;
}

static bool ipv6(struct text *t, const struct pkts_spec_field *f, struct pkts_vary_value *v)
{
	struct groups a;

	pkts_text_peek(t);
	const uint32_t at = t->at;
	if (!read_groups(t, &a))
		return bad_address(t, at, f->name, "2001:db8::1");
	const unsigned before = a.gap < 0 ? 8 : (unsigned)a.gap;
	*v = (struct pkts_vary_value){0, 0};
	for (unsigned i = 0; i < a.n; i++) {
		const unsigned place = i < before ? i : 8 - a.n + i;
		const uint64_t group = (uint64_t)a.g[i] << (3 - place % 4) * 16;
		if (place < 4)
			v->high |= group;
		else
			v->low |= group;
	}
	return true;
}

bool pkts_text_value(struct text *t, const struct pkts_spec_field *f, struct pkts_vary_value *v)
{
	v->high = 0;
	switch ((enum pkts_kind)f->kind) {
	case PKTS_KIND_TCPFLAGS:
		return tcp_flags(t, f, &v->low);
	case PKTS_KIND_IPV4:
		return ipv4(t, f, &v->low);
	case PKTS_KIND_MAC:
		return mac(t, f, &v->low);
	case PKTS_KIND_IPV6:
		return ipv6(t, f, v);
	default:
		return pkts_text_number(t, largest(f), f->name, &v->low);
	}
}

void pkts_text_store(
	struct pkts_spec *s, const struct pkts_spec_field *f, struct pkts_vary_value v, bool high)
{
	uint8_t *const p = pkts_text_member(s, f);
	const unsigned n = f->width / 8;

	if (!pkts_text_is_string(f->kind)) {
		pkts_text_set_number(s, f, PKTS_PINNED | v.low);
		return;
	}
	for (unsigned i = 0; i < PKTS_MIN(n, 8u); i++)
		p[n - 1 - i] = (uint8_t)(v.low >> i * 8);
	for (unsigned i = 8; high && i < n; i++)
		p[n - 1 - i] = (uint8_t)(v.high >> (i - 8) * 8);
}
