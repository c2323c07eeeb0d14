/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* How this library fills in a struct pkts_error. */
#ifndef EXPORT_ERROR_H
#define EXPORT_ERROR_H

#include "pkts_error.h"

/* Writes the sentence into err, which may be NULL, and returns code, so that it can be returned at
 * once. */
int pkts_export_error(struct pkts_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
