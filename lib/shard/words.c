/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "words.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct words *w, char *word)
{
	if (!word || w->n == WORDS_MAX) {
		free(word);
		w->failed = true;
		return;
	}
	w->at[w->n++] = word;
}

void words_add(struct words *w, const char *format, ...)
{
	va_list args;
	char *word;

	va_start(args, format);
	const int n = vasprintf(&word, format, args);
	va_end(args);
	add(w, n < 0 ? NULL : word);
}

/* Copies the word that starts at *line to `to` and moves *line behind it. */
static int cut_word(const char **line, char *to)
{
	const char *s = *line;
	char quote = 0;

	for (; *s && (quote || !isspace((unsigned char)*s)); s++) {
		if (quote ? *s == quote : *s == '\'' || *s == '"')
			quote = quote ? 0 : *s;
		else if (*s == '\\' && quote != '\'' && s[1])
			*to++ = *++s;
		else
			*to++ = *s;
	}
	*to = 0;
	*line = s;
	return quote ? -EINVAL : 0;
}

int words_split(struct words *w, const char *line)
{
	for (;;) {
		while (isspace((unsigned char)*line))
			line++;
		if (!*line)
			return 0;
		char *word = malloc(strlen(line) + 1);
		if (word && cut_word(&line, word)) {
			free(word);
			return -EINVAL;
		}
		add(w, word);
		if (w->failed)
			return 0;
	}
}

static bool is_option(const char *word, const char *option)
{
	const size_t n = strlen(option);

	if (strncmp(word, option, n))
		return false;
	return !word[n] || word[n] == '=' || (n == 2 && option[0] == '-'); /* -l0,1 */
}

bool words_have(const struct words *w, const char *const *options)
{
	for (int i = 0; i < w->n; i++)
		for (const char *const *o = options; *o; o++)
			if (is_option(w->at[i], *o))
				return true;
	return false;
}

void words_free(struct words *w)
{
	for (int i = 0; i < w->n; i++)
		free(w->at[i]);
	w->n = 0;
}
