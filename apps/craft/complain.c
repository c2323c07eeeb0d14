/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "complain.h"

#include <string.h>
#include <unistd.h>

#include "say.h"

/* Of an expression that is longer than a terminal is wide, so much stands before and behind. */
#define BEFORE 60u
#define BEHIND 26u
#define INDENT 2u
#define WIDTH  98u

static void put_blanks(struct pkts_sink *out, size_t n)
{
	while (n--)
		pkts_put_char(out, ' ');
}

/* One column a byte, so that the caret finds its place. */
static void put_printable(struct pkts_sink *out, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		pkts_put_char(out, p[i] >= ' ' && p[i] < 0x7f ? p[i] : '.');
}

static void put_excerpt(struct pkts_sink *out, const char *text, size_t len, size_t at)
{
	const size_t from = at > BEFORE ? at - BEFORE : 0;
	const size_t to = PKTS_MIN(len, at + BEHIND);
	const bool cut = from > 0;

	put_blanks(out, INDENT);
	pkts_put_text(out, cut ? "..." : "");
	put_printable(out, text + from, to - from);
	pkts_put_text(out, to < len ? "...\n" : "\n");
	put_blanks(out, INDENT + (cut ? 3 : 0) + at - from);
	pkts_put_text(out, "^\n");
}

void complain_put_words(struct pkts_sink *out, const char *heading, const char *words)
{
	size_t column = strlen(heading);

	pkts_put_text(out, heading);
	while (*words) {
		size_t n = 0;
		while (words[n] && words[n] != ' ')
			n++;
		if (column + 1 + n > WIDTH) {
			pkts_put_char(out, '\n');
			put_blanks(out, INDENT + 1);
			column = INDENT + 1;
		}
		pkts_put_char(out, ' ');
		put_printable(out, words, n);
		column += 1 + n;
		words += n + (words[n] == ' ');
	}
	pkts_put_char(out, '\n');
}

static void to_stderr(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	if (write(STDERR_FILENO, text, n) < 0)
		return; /* there is nobody left to tell */
}

void complain(const char *where, const char *text, size_t len, const struct pkts_expr_error *err,
	const char *why)
{
	char lines[2048];
	struct pkts_sink out = {.buf = lines, .cap = sizeof(lines), .flush = to_stderr};

	say("%s%s%s%s", where, err->text, why ? ": " : "", why ? why : "");
	put_excerpt(&out, text, len, PKTS_MIN((size_t)err->at, len));
	if (err->possible[0])
		complain_put_words(&out, "  possible:", err->possible);
	pkts_sink_flush(&out);
}
