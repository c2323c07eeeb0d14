/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A command line in the making. */
#ifndef WORDS_H
#define WORDS_H

#include "pkts_base.h"

#define WORDS_MAX 128

struct words {
	int n;
	bool failed;		 /* out of memory, or too many words */
	char *at[WORDS_MAX + 1]; /* NULL behind the last; each malloc()ed */
};

/* Adds one word, formatted. */
void words_add(struct words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Adds the words of a line, split at blanks. Quotes of either kind hold blanks inside a word, a
 * backslash takes the next character as it is. 0; -EINVAL for a quote that is not closed.
 */
int words_split(struct words *w, const char *line);

/* Is there a word that is one of the options in the list (NULL at its end), or begins with one and
 * "="? */
bool words_have(const struct words *w, const char *const *options);

void words_free(struct words *w);

#endif
