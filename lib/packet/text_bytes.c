/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Bytes in an expression: "text", hex(..), zeros(n), @file. They go to the caller's room. */
#include "text.h"

uint8_t *pkts_text_room(struct text *t, uint32_t n, uint32_t at)
{
	struct pkts_expr *const e = t->e;

	if (n > e->cap - e->used) {
		pkts_text_refuse(t, -PKTS_ENOSPC, at, "there is no room for so many bytes");
		return NULL;
	}
	e->used += n;
	return e->room + e->used - n;
}

static void span_begin(struct text *t, struct pkts_span *span)
{
	*span = (struct pkts_span){t->e->room + t->e->used, 0};
}

static bool add_byte(struct text *t, struct pkts_span *span, uint8_t byte)
{
	uint8_t *const p = pkts_text_room(t, 1, t->at);

	if (!p)
		return false;
	*p = byte;
	span->len++;
	return true;
}

/* Two digits that stand together. */
static bool hex_byte(struct text *t, uint8_t *byte)
{
	const int high = pkts_text_digit(pkts_text_here(t));
	const int low = high < 0 || t->at + 1 >= t->len ? -1 : pkts_text_digit(t->p[t->at + 1]);

	if (low < 0) {
		pkts_text_refuse(t, -PKTS_EINVAL, t->at, "a byte is two hexadecimal digits");
		pkts_text_possible(t, "hex(de ad be ef) hex(deadbeef)");
		return false;
	}
	t->at += 2;
	*byte = (uint8_t)(high << 4 | low);
	return true;
}

bool pkts_text_hex(struct text *t, struct pkts_span *span)
{
	uint8_t byte;

	span_begin(t, span);
	while (pkts_text_peek(t) != ')') {
		if (pkts_text_here(t) == TEXT_END)
			return pkts_text_expect(t, ')');
		if (!hex_byte(t, &byte) || !add_byte(t, span, byte))
			return false;
	}
	return pkts_text_take(t, ')');
}

bool pkts_text_zeros(struct text *t, uint64_t n, uint32_t at, struct pkts_span *span)
{
	span_begin(t, span);
	uint8_t *const p = pkts_text_room(t, n > UINT32_MAX ? UINT32_MAX : (uint32_t)n, at);
	if (!p)
		return false;
	if (n)
		__builtin_memset(p, 0, n);
	span->len = (uint32_t)n;
	return true;
}

static bool zeros_call(struct text *t, struct pkts_span *span)
{
	const uint32_t at = t->at;
	uint64_t n;

	return pkts_text_number(t, UINT32_MAX, "the number of bytes", &n) &&
	       pkts_text_expect(t, ')') && pkts_text_zeros(t, n, at, span);
}

/* What stands behind a backslash; -1 if that means nothing. */
static int escaped(int c)
{
	static const char letters[] = "nrt0\\\"", bytes[] = "\n\r\t\0\\\"";

	for (unsigned i = 0; i < sizeof(letters) - 1; i++)
		if (c == letters[i])
			return bytes[i];
	return -1;
}

static bool escape(struct text *t, uint8_t *byte)
{
	const uint32_t at = t->at - 1;
	const int c = escaped(pkts_text_here(t));

	if (pkts_text_here(t) == 'x') {
		t->at++;
		return hex_byte(t, byte);
	}
	if (c < 0) {
		pkts_text_refuse(t, -PKTS_EINVAL, at, "there is no such escape");
		pkts_text_possible(t, "\\n \\r \\t \\0 \\\\ \\\" \\xhh");
		return false;
	}
	t->at++;
	*byte = (uint8_t)c;
	return true;
}

/* Behind the opening quote, whose place is `open`. */
static bool string(struct text *t, uint32_t open, struct pkts_span *span)
{
	span_begin(t, span);
	for (;;) {
		const int c = pkts_text_here(t);
		uint8_t byte = (uint8_t)c;
		if (c == TEXT_END)
			return pkts_text_refuse(
				t, -PKTS_EINVAL, open, "the quote that starts here does not end");
		t->at++;
		if (c == '"')
			return true;
		if (c == '\\' && !escape(t, &byte))
			return false;
		if (!add_byte(t, span, byte))
			return false;
	}
}

/* A name in quotes, or all up to a blank: slashes are part of it, control characters never. */
static bool file_name(struct text *t, struct text_word *name)
{
	const bool quoted = pkts_text_here(t) == '"';
	int c;

	t->at += quoted;
	*name = (struct text_word){.p = t->p + t->at, .at = t->at};
	while ((c = pkts_text_here(t)) != TEXT_END && (quoted ? c != '"' && c >= ' ' : c > ' '))
		t->at++;
	name->len = t->at - name->at;
	if (quoted && c != '"')
		return pkts_text_refuse(
			t, -PKTS_EINVAL, name->at - 1, "the quote that starts here does not end");
	t->at += quoted;
	if (name->len == 0)
		return pkts_text_refuse(t, -PKTS_EINVAL, name->at, "the name of a file is missing");
	return true;
}

static bool file(struct text *t, struct pkts_span *span)
{
	struct pkts_expr *const e = t->e;
	struct text_word name;
	uint32_t n = 0;

	span_begin(t, span);
	if (!file_name(t, &name))
		return false;
	if (!t->files)
		return pkts_text_refuse(t, -PKTS_EINVAL, name.at - 1, "files are not allowed here");
	const int rc = t->files->read(
		t->files->ctx, name.p, name.len, e->room + e->used, e->cap - e->used, &n);
	if (rc < 0 || n > e->cap - e->used) {
		const bool large = rc == 0 || rc == -PKTS_ENOSPC;
		return pkts_text_refuse_word(t, large ? -PKTS_ENOSPC : rc, &name, "the file ",
			large ? " is too large" : " cannot be read");
	}
	e->used += n;
	span->len = n;
	return true;
}

/* A name and an opening parenthesis. */
static bool call(struct text *t, const char *name)
{
	const uint32_t at = t->at;
	struct text_word w;

	if (pkts_text_word(t, &w) && pkts_text_is(&w, name) && pkts_text_take(t, '('))
		return true;
	t->at = at;
	return false;
}

bool pkts_text_at_bytes(struct text *t)
{
	const int c = pkts_text_peek(t);
	const uint32_t at = t->at;
	const bool is = c == '"' || c == '@' || call(t, "hex") || call(t, "zeros");

	t->at = at;
	return is;
}

bool pkts_text_bytes(struct text *t, struct pkts_span *span)
{
	pkts_text_peek(t);
	const uint32_t at = t->at;

	if (pkts_text_take(t, '"'))
		return string(t, at, span);
	if (pkts_text_take(t, '@'))
		return file(t, span);
	if (call(t, "hex"))
		return pkts_text_hex(t, span);
	if (call(t, "zeros"))
		return zeros_call(t, span);
	pkts_text_refuse(t, -PKTS_EINVAL, at, "bytes are missing");
	pkts_text_possible(t, "\"text\" hex(..) zeros(n) @file");
	return false;
}
