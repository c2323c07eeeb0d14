/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the user of pkts-craft asks for. */
#ifndef CRAFT_OPTIONS_H
#define CRAFT_OPTIONS_H

#include "pkts_base.h"

struct craft_options {
	const char *word;  /* behind the options: an expression, or the layer to list; or NULL */
	const char *file;  /* of expressions, one a line, "-" is standard input; or NULL */
	const char *from;  /* FILE:N, or NULL */
	const char *write; /* a capture file, or NULL */
	const char *port;  /* a live port, or NULL */
	const char *eal;
	uint64_t count, seed;
	bool show, hex, json, text, c; /* one at most */
	bool list, quiet, help, version;
};

/* 0; or -1 for a command line that makes no sense, and the user has been told why. */
int craft_options_read(struct craft_options *o, int argc, char **argv);

int craft_options_help(void);

#endif
