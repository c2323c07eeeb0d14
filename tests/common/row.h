/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Assertions for tests that are tables: what fails is named by its row. */
#ifndef ROW_H
#define ROW_H

#include <string.h>

#include "cmocka_all.h"

#define ROW_TRUE(name, condition)                                                                  \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("row \"%s\": %s", name, #condition);                              \
	} while (0)

#define ROW_INT(name, got, wanted)                                                                 \
	do {                                                                                       \
		const long long got_ = (long long)(got), wanted_ = (long long)(wanted);            \
		if (got_ != wanted_)                                                               \
			fail_msg("row \"%s\": %s is %lld, not %lld", name, #got, got_, wanted_);   \
	} while (0)

#define ROW_TEXT(name, got, wanted)                                                                \
	do {                                                                                       \
		const char *const got_ = (got), *const wanted_ = (wanted);                         \
		if (strcmp(got_, wanted_) != 0)                                                    \
			fail_msg("row \"%s\": \"%s\", not \"%s\"", name, got_, wanted_);           \
	} while (0)

#endif
