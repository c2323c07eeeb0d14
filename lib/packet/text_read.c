/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* An expression's text, character by character. */
#include "text.h"

int pkts_text_here(const struct text *t)
{
	return t->at < t->len ? (unsigned char)t->p[t->at] : TEXT_END;
}

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int pkts_text_peek(struct text *t)
{
	while (is_blank(pkts_text_here(t)))
		t->at++;
	return pkts_text_here(t);
}

bool pkts_text_take(struct text *t, char c)
{
	if (pkts_text_peek(t) != c)
		return false;
	t->at++;
	return true;
}

bool pkts_text_expect(struct text *t, char c)
{
	const char missing[] = {c, ' ', 'i', 's', ' ', 'm', 'i', 's', 's', 'i', 'n', 'g', 0};

	return pkts_text_take(t, c) || pkts_text_refuse(t, -PKTS_EINVAL, t->at, missing);
}

static bool is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_decimal(int c)
{
	return c >= '0' && c <= '9';
}

bool pkts_text_word(struct text *t, struct text_word *w)
{
	if (!is_letter(pkts_text_peek(t)))
		return false;
	*w = (struct text_word){.p = t->p + t->at, .at = t->at};
	while (is_letter(pkts_text_here(t)) || is_decimal(pkts_text_here(t)))
		t->at++;
	w->len = t->at - w->at;
	return true;
}

bool pkts_text_is(const struct text_word *w, const char *name)
{
	uint32_t i = 0;

	while (i < w->len && name[i] == w->p[i] && name[i])
		i++;
	return i == w->len && name[i] == 0;
}

int pkts_text_digit(int c)
{
	if (is_decimal(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}
