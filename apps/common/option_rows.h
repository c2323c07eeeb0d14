/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Rows of a table of options, written short. Whoever includes this has defined OPTIONS_OF, the struct that
 * the members are of.
 */
#ifndef OPTION_ROWS_H
#define OPTION_ROWS_H

#include "options.h"

#define FLAG(LETTER, NAME, MEMBER, HELP)                                                           \
	{                                                                                          \
		OPTION_FLAG, LETTER, NAME, NULL, offsetof(OPTIONS_OF, MEMBER), 0, 0, HELP          \
	}
#define TEXT(LETTER, NAME, ARGUMENT, MEMBER, HELP)                                                 \
	{                                                                                          \
		OPTION_TEXT, LETTER, NAME, ARGUMENT, offsetof(OPTIONS_OF, MEMBER), 0, 0, HELP      \
	}
#define NUMBER(LETTER, NAME, ARGUMENT, MEMBER, MIN, MAX, HELP)                                     \
	{                                                                                          \
		OPTION_NUMBER, LETTER, NAME, ARGUMENT, offsetof(OPTIONS_OF, MEMBER), MIN, MAX,     \
			HELP                                                                       \
	}
#define HEADING(TEXT)                                                                              \
	{                                                                                          \
		.kind = OPTION_HEADING, .help = TEXT                                               \
	}

#endif
