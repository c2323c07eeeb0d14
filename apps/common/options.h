/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Command lines from one table of rows: how each option is read, and what --help says of it. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "pkts_base.h"

#define OPTIONS_MAX 48

enum option_kind {
	OPTION_HEADING, /* no option: `help` stands above those that follow */
	OPTION_FLAG,	/* sets a bool */
	OPTION_TEXT,	/* sets a const char *, to the argument's own bytes */
	OPTION_NUMBER,	/* sets a uint64_t, decimal, from min to max */
};

struct option_row {
	enum option_kind kind;
	char letter;	  /* the short form; 0: there is none */
	const char *name; /* the long form, without its dashes */
	const char *argument;
	size_t at; /* of the member that it sets, in the struct of values */
	uint64_t min, max;
	const char *help; /* lines after the first are indented as the first is */
};

/*
 * Reads argv by the n rows, at most OPTIONS_MAX, into values. Options may stand between other
 * words, which are moved to argv's end; "--" ends them. Returns where those words start; -1 if
 * something is wrong, and the user has been told.
 */
int options_parse(const struct option_row *rows, unsigned n, int argc, char **argv, void *values);

/*
 * The n words of a filter with blanks between them, malloc()ed; NULL if there are none. 0; -1 if it is
 * too long, or there is no memory, and the user has been told.
 */
int options_join(char **to, char **words, int n);

/*
 * Write to standard output a help text, the options with their explanations between two texts; and the
 * versions of a program and of DPDK. 0; 1 if that cannot be written, and the user has been told.
 */
int options_help(const struct option_row *rows, unsigned n, const char *before, const char *after);
int options_version(const char *program);

#endif
