/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <rte_version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fd_sink.h"
#include "say.h"

/* What getopt_long() returns for row i. Letters are below it, and '?' and ':' are errors. */
#define ROW_BASE    1000
#define HELP_COLUMN 26

/* libpcap's time grows with the third power of the length: 3 s for 8 KiB of `host A or host B` ... */
#define FILTER_MAX 8192

struct reader {
	const struct option_row *rows;
	unsigned n;
	void *values;
	uint64_t seen; /* bit i: row i was given */
	struct option longs[OPTIONS_MAX + 1];
	char shorts[2 * OPTIONS_MAX + 2];
};
_Static_assert(OPTIONS_MAX <= 64, "rows that were seen are a 64-bit mask");

/* getopt_long()'s own tables. Short options are found by their letter. */
static void make_tables(struct reader *r)
{
	struct option *o = r->longs;
	char *s = r->shorts;

	*s++ = ':'; /* tells a missing argument from an unknown option */
	for (unsigned i = 0; i < r->n; i++) {
		const struct option_row *row = &r->rows[i];
		if (row->kind == OPTION_HEADING)
			continue;
		*o++ = (struct option){row->name, row->argument ? required_argument : no_argument,
			NULL, (int)(ROW_BASE + i)};
		if (!row->letter)
			continue;
		*s++ = row->letter;
		if (row->argument)
			*s++ = ':';
	}
}

static const struct option_row *row_of(const struct reader *r, int found)
{
	if (found >= ROW_BASE)
		return &r->rows[found - ROW_BASE];
	for (unsigned i = 0; i < r->n; i++)
		if (found && r->rows[i].letter == found)
			return &r->rows[i];
	return NULL;
}

static unsigned count_beginning_with(const struct reader *r, const char *name, size_t n)
{
	unsigned count = 0;

	for (unsigned i = 0; i < r->n; i++)
		count += r->rows[i].name && strncmp(r->rows[i].name, name, n) == 0;
	return count;
}

/* optopt holds the letter or the row; 0 for a long option that is none or several. */
static int refuse(const struct reader *r, const char *word)
{
	const struct option_row *row = row_of(r, optopt);

	if (row)
		say("option --%s takes no argument: see --help", row->name);
	else if (optopt)
		say("unknown option -%c: see --help", optopt);
	else if (count_beginning_with(r, word + 2, strcspn(word + 2, "=")) > 1)
		say("option %s is not clear, several begin with that: see --help", word);
	else
		say("unknown option %s: see --help", word);
	return -1;
}

static int set_number(const struct option_row *row, uint64_t *to)
{
	const char *end = optarg + strspn(optarg, "0123456789");

	errno = 0;
	*to = strtoull(optarg, NULL, 10);
	if (end != optarg && *end == 0 && !errno && *to >= row->min && *to <= row->max)
		return 0;
	if (row->max == UINT64_MAX)
		say("--%s %s: not a number of at least %" PRIu64, row->name, optarg, row->min);
	else
		say("--%s %s: not a number from %" PRIu64 " to %" PRIu64, row->name, optarg,
			row->min, row->max);
	return -1;
}

static int set(struct reader *r, const struct option_row *row)
{
	char *const to = (char *)r->values + row->at;
	const uint64_t bit = UINT64_C(1) << (row - r->rows);

	if (row->kind == OPTION_FLAG) {
		*(bool *)to = true;
		return 0;
	}
	if (r->seen & bit) {
		say("option --%s is given twice", row->name);
		return -1;
	}
	r->seen |= bit;
	if (row->kind == OPTION_NUMBER)
		return set_number(row, (uint64_t *)(void *)to);
	*(const char **)(void *)to = optarg;
	return 0;
}

static int read_one(struct reader *r, int found, const char *word)
{
	const struct option_row *row = row_of(r, found == ':' ? optopt : found);

	if (found == '?' || !row)
		return refuse(r, word);
	if (found == ':') {
		say("option --%s needs its argument, %s: see --help", row->name, row->argument);
		return -1;
	}
	return set(r, row);
}

int options_parse(const struct option_row *rows, unsigned n, int argc, char **argv, void *values)
{
	struct reader r = {.rows = rows, .n = PKTS_MIN(n, (unsigned)OPTIONS_MAX), .values = values};
	int found;

	make_tables(&r);
	opterr = 0;
	optind = 0;
	while ((found = getopt_long(argc, argv, r.shorts, r.longs, NULL)) != -1)
		if (read_one(&r, found, argv[optind - 1]))
			return -1;
	return optind;
}

/* Text whose later lines start at HELP_COLUMN too. */
static void put_indented(struct pkts_sink *out, const char *text)
{
	static const char blanks[HELP_COLUMN + 1] = "                          ";

	for (; *text; text++) {
		pkts_put_char(out, *text);
		if (*text == '\n')
			pkts_put(out, blanks, HELP_COLUMN);
	}
	pkts_put_char(out, '\n');
}

/* One that reaches into the column of explanations has a line of its own. */
static void put_option(struct pkts_sink *out, const struct option_row *row)
{
	char form[80];
	const char letter[5] = {'-', row->letter, ',', ' '};

	snprintf(form, sizeof(form), "  %s--%s%s%s", row->letter ? letter : "    ", row->name,
		row->argument ? " " : "", row->argument ? row->argument : "");
	pkts_put_text(out, form);
	size_t used = strlen(form);
	if (used > HELP_COLUMN - 2) {
		pkts_put_char(out, '\n');
		used = 0;
	}
	for (; used < HELP_COLUMN; used++)
		pkts_put_char(out, ' ');
	put_indented(out, row->help);
}

static void put_rows(struct pkts_sink *out, const struct option_row *rows, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (rows[i].kind != OPTION_HEADING) {
			put_option(out, &rows[i]);
			continue;
		}
		pkts_put_char(out, '\n');
		pkts_put_text(out, rows[i].help);
		pkts_put_text(out, ":\n");
	}
}

int options_help(const struct option_row *rows, unsigned n, const char *before, const char *after)
{
	static struct fd_sink out;

	fd_sink_init(&out, STDOUT_FILENO);
	pkts_put_text(&out.sink, before);
	put_rows(&out.sink, rows, n);
	pkts_put_text(&out.sink, after);
	return fd_sink_finish(&out) ? 0 : 1;
}

int options_version(const char *program)
{
	static struct fd_sink out;

	fd_sink_init(&out, STDOUT_FILENO);
	pkts_put_text(&out.sink, program);
	pkts_put_text(&out.sink, " " PKTS_VERSION ", ");
	pkts_put_text(&out.sink, rte_version());
	pkts_put_text(&out.sink, "\n");
	return fd_sink_finish(&out) ? 0 : 1;
}

static int refuse_filter(size_t length)
{
	say("a filter of %zu characters: the limit is %d; use fewer words (`net` for many hosts), "
	    "or filter in steps with pkts-dump -w",
		length, FILTER_MAX);
	return -1;
}

int options_join(char **to, char **words, int n)
{
	size_t size = 0;

	for (int i = 0; i < n; i++)
		size += strlen(words[i]) + 1;
	if (size > FILTER_MAX + 1)
		return refuse_filter(size - 1);
	*to = size ? malloc(size) : NULL;
	if (size && !*to)
		say("out of memory");
	if (!*to)
		return size ? -1 : 0;
	char *end = *to;
	for (int i = 0; i < n; i++) {
		end = stpcpy(end, words[i]);
		*end++ = ' ';
	}
	end[-1] = 0;
	return 0;
}
