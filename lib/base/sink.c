/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_sink.h"

#include "pkts_bits.h"

static const char digits_hex[] = "0123456789abcdef";

void pkts_sink_flush(struct pkts_sink *s)
{
	if (s->flush && s->used) {
		s->flush(s->ctx, s->buf, s->used);
		s->used = 0;
	}
}

void pkts_put(struct pkts_sink *s, const char *text, size_t n)
{
	while (PKTS_UNLIKELY(n > s->cap - s->used)) {
		const size_t room = s->cap - s->used;
		__builtin_memcpy(s->buf + s->used, text, room);
		s->used += room;
		text += room;
		n -= room;
		if (!s->flush || !s->cap) {
			s->lost += n;
			return;
		}
		pkts_sink_flush(s);
	}
	__builtin_memcpy(s->buf + s->used, text, n);
	s->used += n;
}

void pkts_put_text(struct pkts_sink *s, const char *text)
{
	size_t n = 0;
	while (text[n])
		n++;
	pkts_put(s, text, n);
}

/* Writes v backwards from end; returns where it starts. */
static char *dec_before(char *end, uint64_t v)
{
	do {
		*--end = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	return end;
}

void pkts_put_dec(struct pkts_sink *s, uint64_t v)
{
	char text[20];
	const char *start = dec_before(text + sizeof(text), v);
	pkts_put(s, start, (size_t)(text + sizeof(text) - start));
}

void pkts_put_dec_wide(struct pkts_sink *s, uint64_t v, unsigned digits)
{
	char text[20];
	char *const end = text + sizeof(text);
	char *start = dec_before(end, v);

	while (start > text && end - start < (ptrdiff_t)digits)
		*--start = '0';
	pkts_put(s, start, (size_t)(end - start));
}

void pkts_put_hex(struct pkts_sink *s, uint64_t v, unsigned digits)
{
	char text[18] = "0x";

	digits = PKTS_MIN(digits, 16);
	for (unsigned i = 0; i < digits; i++)
		text[2 + i] = digits_hex[v >> (digits - 1 - i) * 4 & 15];
	pkts_put(s, text, 2 + digits);
}

void pkts_put_hex_bytes(struct pkts_sink *s, const uint8_t *p, size_t n)
{
	for (; n; n--, p++) {
		const char two[2] = {digits_hex[*p >> 4], digits_hex[*p & 15]};
		pkts_put(s, two, 2);
	}
}

/* How many bytes the UTF-8 sequence at p has; 0 if it is none (RFC 3629: no overlong forms, no
 * surrogates). */
static unsigned utf8_length(const uint8_t *p, size_t n)
{
	static const struct {
		uint8_t first, last, second_low, second_high, length;
	} forms[] = {
		{0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(forms); i++) {
		const unsigned length = forms[i].length;
		if (p[0] < forms[i].first || p[0] > forms[i].last)
			continue;
		if (n < length || p[1] < forms[i].second_low || p[1] > forms[i].second_high)
			return 0;
		for (unsigned k = 2; k < length; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return length;
	}
	return 0;
}

static void put_json_escape(struct pkts_sink *s, uint8_t byte)
{
	static const char letters[] = {['\b'] = 'b',
		['\t'] = 't',
		['\n'] = 'n',
		['\f'] = 'f',
		['\r'] = 'r',
		['"'] = '"',
		['\\'] = '\\'};
	const char letter = byte < sizeof(letters) ? letters[byte] : 0;

	if (letter) {
		pkts_put_char(s, '\\');
		pkts_put_char(s, letter);
	} else {
		pkts_put(s, "\\u00", 4);
		pkts_put_hex_bytes(s, &byte, 1);
	}
}

void pkts_put_json(struct pkts_sink *s, const char *text, size_t n)
{
	const uint8_t *p = (const uint8_t *)text, *const end = p + n;

	pkts_put_char(s, '"');
	while (p < end) {
		const unsigned length = *p < 0x80 ? 1 : utf8_length(p, (size_t)(end - p));
		if (length == 0 || *p < 0x20 || *p == '"' || *p == '\\' || *p == 0x7f) {
			put_json_escape(s, *p++);
			continue;
		}
		pkts_put(s, (const char *)p, length);
		p += length;
	}
	pkts_put_char(s, '"');
}

void pkts_put_mac(struct pkts_sink *s, const uint8_t *p)
{
	char text[17];

	for (unsigned i = 0; i < 6; i++) {
		text[i * 3] = digits_hex[p[i] >> 4];
		text[i * 3 + 1] = digits_hex[p[i] & 15];
		if (i < 5)
			text[i * 3 + 2] = ':';
	}
	pkts_put(s, text, sizeof(text));
}

void pkts_put_ipv4(struct pkts_sink *s, uint32_t addr)
{
	char text[16];
	char *at = text + sizeof(text);

	for (unsigned i = 0; i < 4; i++, addr >>= 8) {
		at = dec_before(at, addr & 0xff);
		if (i < 3)
			*--at = '.';
	}
	pkts_put(s, at, (size_t)(text + sizeof(text) - at));
}

/* The first of the longest runs of two or more zero groups (RFC 5952 4.2); 8 if there is none. */
static unsigned longest_zeros(const uint8_t *p, unsigned *length)
{
	unsigned best = 8, best_length = 1;

	for (unsigned i = 0; i < 8; i++) {
		unsigned n = 0;
		while (i + n < 8 && pkts_be16(p + (i + n) * 2) == 0)
			n++;
		if (n > best_length) {
			best = i;
			best_length = n;
		}
		i += n;
	}
	*length = best_length;
	return best;
}

static void put_group(struct pkts_sink *s, uint16_t v)
{
	char text[4];
	unsigned n = 0;

	for (int shift = 12; shift >= 0; shift -= 4)
		if (n || shift == 0 || v >> shift)
			text[n++] = digits_hex[v >> shift & 15];
	pkts_put(s, text, n);
}

void pkts_put_ipv6(struct pkts_sink *s, const uint8_t *p)
{
	unsigned length;
	const unsigned zeros = longest_zeros(p, &length);

	for (unsigned i = 0; i < 8; i++) {
		if (i == zeros) {
			pkts_put(s, "::", 2);
			i += length - 1;
			continue;
		}
		if (i && !(zeros < 8 && i == zeros + length))
			pkts_put_char(s, ':');
		put_group(s, pkts_be16(p + i * 2));
	}
}

/* Days since 1970-01-01 to a date of the Gregorian calendar, counting years from March. */
static void put_date(struct pkts_sink *s, uint64_t days)
{
	const uint64_t z = days + 719468, era = z / 146097, day_of_era = z % 146097;
	const uint64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	const uint64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	const uint64_t month = (5 * day_of_year + 2) / 153;
	const uint64_t calendar_month = month < 10 ? month + 3 : month - 9;

	pkts_put_dec_wide(s, era * 400 + year_of_era + (calendar_month <= 2), 4);
	pkts_put_char(s, '-');
	pkts_put_dec_wide(s, calendar_month, 2);
	pkts_put_char(s, '-');
	pkts_put_dec_wide(s, day_of_year - (153 * month + 2) / 5 + 1, 2);
}

void pkts_put_time(struct pkts_sink *s, uint64_t ns)
{
	const uint64_t seconds = ns / 1000000000, of_day = seconds % 86400;

	put_date(s, seconds / 86400);
	pkts_put_char(s, 'T');
	pkts_put_dec_wide(s, of_day / 3600, 2);
	pkts_put_char(s, ':');
	pkts_put_dec_wide(s, of_day / 60 % 60, 2);
	pkts_put_char(s, ':');
	pkts_put_dec_wide(s, of_day % 60, 2);
	pkts_put_char(s, '.');
	pkts_put_dec_wide(s, ns % 1000000000, 9);
	pkts_put_char(s, 'Z');
}
