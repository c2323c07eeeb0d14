/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

int pkts_export_error(struct pkts_error *err, int code, const char *format, ...)
{
	va_list args;

	if (err) {
		va_start(args, format);
		vsnprintf(err->text, sizeof(err->text), format, args);
		va_end(args);
	}
	return code;
}
