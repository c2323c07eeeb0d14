/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The examples of docs/text.md: those that are to work do, those that are wrong are answered as shown. */
#include <stdio.h>
#include <string.h>

#include "pkts_text.h"
#include "row.h"

static const char *path;
static FILE *page;
static char line[1000];

/* The next line, without its end; false at the end of the page, or of a block of examples. */
static bool next_line(void)
{
	if (!fgets(line, sizeof(line), page))
		return false;
	line[strcspn(line, "\n")] = 0;
	return true;
}

static bool next_of_block(void)
{
	return next_line() && strcmp(line, "```") != 0;
}

static int parse(const char *text, struct pkts_expr_error *err)
{
	static uint8_t room[4096], frame[4096];
	struct pkts_expr e = {.room = room, .cap = sizeof(room)};
	struct pkts_out out = {.data = frame, .cap = sizeof(frame)};
	const int rc = pkts_expr_parse(&e, text, strlen(text), NULL, err);

	return rc ? rc : pkts_expr_compose(&e, &out);
}

static unsigned try_examples(void)
{
	struct pkts_expr_error err;
	unsigned n = 0;

	for (; next_of_block(); n++)
		if (parse(line, &err))
			fail_msg("%s: at %u: %s", line, err.at, err.text);
	return n;
}

static unsigned try_wrong(void)
{
	struct pkts_expr_error err;
	char wanted[1000];
	unsigned n = 0;

	for (; next_of_block(); n++) {
		ROW_TRUE(line, parse(line, &err) < 0);
		snprintf(wanted, sizeof(wanted), "%*s^ %s", (int)err.at, "", err.text);
		next_of_block();
		ROW_TEXT("sentence", line, wanted);
		snprintf(wanted, sizeof(wanted), "%*s%s", (int)err.at + 2, "", err.possible);
		next_of_block();
		ROW_TEXT("possible", line, wanted);
	}
	return n;
}

static void the_examples_of_the_page_work(void **state)
{
	unsigned right = 0, wrong = 0;

	(void)state;
	page = fopen(path, "r");
	if (!page)
		fail_msg("%s cannot be read", path);
	while (next_line()) {
		if (strcmp(line, "```expr") == 0)
			right += try_examples();
		if (strcmp(line, "```wrong") == 0)
			wrong += try_wrong();
	}
	fclose(page);
	assert_true(right > 20 && wrong > 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_examples_of_the_page_work)};

	path = argc > 1 ? argv[1] : "docs/text.md";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
