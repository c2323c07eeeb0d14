/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* How the libraries that may use stdio fill in a struct pkts_error. */
#ifndef FAIL_H
#define FAIL_H

#include "pkts_error.h"

/* Writes the sentence into err, which may be NULL, and returns code, so that it can be returned at
 * once. */
int pkts_error_set(struct pkts_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
