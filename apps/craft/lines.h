/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Files that a user names: expressions, a line each, and the bytes of @file. */
#ifndef LINES_H
#define LINES_H

#include <stdio.h>

#include "pkts_text.h"

#define LINES_WHERE_MAX 160
#define LINES_LONGEST	(1u << 20) /* of one line; more is no expression */

struct lines {
	FILE *file;
	char *text; /* the current line, without its end */
	size_t len, room;
	uint64_t number;	     /* from 1 */
	char where[LINES_WHERE_MAX]; /* "FILE:12: " */
	const char *name;
};

/* 0, also if a signal ends the wait for a pipe; -errno, and the user has been told. "-" is standard
 * input. */
int lines_open(struct lines *l, const char *name);

/* The next line that is neither blank nor a comment: 1. 0 at the end, or when a signal asks for it.
 * -errno, and the user has been told. */
int lines_next(struct lines *l);

void lines_close(struct lines *l);

/* For pkts_expr_parse(): @file, relative to the working directory. ctx: a struct files_error. */
struct files_error {
	int code; /* the last failure, negative errno; 0: none */
};
int files_read(void *ctx, const char *name, size_t len, uint8_t *room, uint32_t cap, uint32_t *n);

#endif
