/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "json.h"

#include <ctype.h>
#include <string.h>

#define DEPTH_MAX 32

/* p stays where the first fault was found. */
struct reader {
	const char *p, *end;
	unsigned depth;
	const char *wanted; /* a member of the outermost object */
	unsigned found;
};

static bool value(struct reader *r);

static bool next_is(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

static bool word(struct reader *r, const char *text)
{
	const size_t n = strlen(text);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, text, n) != 0)
		return false;
	r->p += n;
	return true;
}

static bool digits(struct reader *r)
{
	const char *const start = r->p;

	while (r->p < r->end && isdigit((unsigned char)*r->p))
		r->p++;
	return r->p > start;
}

static bool number(struct reader *r)
{
	next_is(r, '-');
	if (!next_is(r, '0') && !digits(r))
		return false;
	if (next_is(r, '.') && !digits(r))
		return false;
	if (next_is(r, 'e') || next_is(r, 'E')) {
		if (!next_is(r, '-'))
			next_is(r, '+');
		return digits(r);
	}
	return true;
}

static bool escape(struct reader *r)
{
	if (r->p == r->end)
		return false;
	if (next_is(r, 'u')) {
		for (unsigned i = 0; i < 4; i++, r->p++)
			if (r->p == r->end || !isxdigit((unsigned char)*r->p))
				return false;
		return true;
	}
	return strchr("\"\\/bfnrt", *r->p++) != NULL;
}

/* A sequence of two to four bytes: its value must need that many, be no surrogate, and not above
 * 10ffff. */
static bool utf8(struct reader *r)
{
	static const unsigned least[] = {0x80, 0x800, 0x10000};
	const unsigned char first = (unsigned char)*r->p++;
	const unsigned more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
	unsigned code = first & (0x3fu >> more);

	if (first < 0xc0 || first >= 0xf8)
		return false;
	for (unsigned i = 0; i < more; i++, r->p++) {
		if (r->p == r->end || (*r->p & 0xc0) != 0x80)
			return false;
		code = code << 6 | (*r->p & 0x3f);
	}
	return code >= least[more - 1] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

static bool string(struct reader *r)
{
	if (!next_is(r, '"'))
		return false;
	while (r->p < r->end) {
		const unsigned char c = (unsigned char)*r->p;
		if (next_is(r, '"'))
			return true;
		if (c < 0x20)
			return false;
		if (next_is(r, '\\')) {
			if (!escape(r))
				return false;
		} else if (c < 0x80) {
			r->p++;
		} else if (!utf8(r)) {
			return false;
		}
	}
	return false;
}

static bool member(struct reader *r)
{
	const char *const name = r->p + 1;

	if (!string(r))
		return false;
	const size_t n = (size_t)(r->p - 1 - name);
	if (r->wanted && r->depth == 1 && strlen(r->wanted) == n && memcmp(name, r->wanted, n) == 0)
		r->found++;
	return next_is(r, ':') && value(r);
}

static bool list(struct reader *r, char end, bool (*item)(struct reader *))
{
	r->p++;
	if (++r->depth > DEPTH_MAX)
		return false;
	if (!next_is(r, end)) {
		do {
			if (!item(r))
				return false;
		} while (next_is(r, ','));
		if (!next_is(r, end))
			return false;
	}
	r->depth--;
	return true;
}

/* No white space: our JSON has none. */
static bool value(struct reader *r)
{
	if (r->p == r->end)
		return false;
	switch (*r->p) {
	case '{':
		return list(r, '}', member);
	case '[':
		return list(r, ']', value);
	case '"':
		return string(r);
	case 't':
		return word(r, "true");
	case 'f':
		return word(r, "false");
	case 'n':
		return word(r, "null");
	default:
		return number(r);
	}
}

const char *json_error(const char *text, size_t n)
{
	struct reader r = {.p = text, .end = text + n};
	return value(&r) && r.p == r.end ? NULL : r.p;
}

unsigned json_members(const char *text, size_t n, const char *name)
{
	struct reader r = {.p = text, .end = text + n, .wanted = name};
	value(&r);
	return r.found;
}
