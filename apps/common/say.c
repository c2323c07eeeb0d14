/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "pkts_base.h"

static const char *name = "pkts";

void say_as(const char *program)
{
	name = program;
}

void say(const char *format, ...)
{
	char line[1024];
	va_list args;
	size_t n = (size_t)snprintf(line, sizeof(line), "%s: ", name);

	va_start(args, format);
	const int more = vsnprintf(line + n, sizeof(line) - n, format, args);
	va_end(args);
	n = PKTS_MIN(n + (more < 0 ? 0 : (size_t)more), sizeof(line) - 1);
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return; /* there is nobody left to tell */
}
