/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "quiet.h"

#include <ctype.h>
#include <rte_log.h>
#include <string.h>

static ssize_t keep(void *cookie, const char *p, size_t n)
{
	struct quiet *q = cookie;

	for (size_t i = 0; i < n && !q->done; i++) {
		q->done = p[i] == '\n' && q->n > 0;
		if (!q->done && q->n < sizeof(q->text) - 1 && !iscntrl((unsigned char)p[i]))
			q->text[q->n++] = p[i];
	}
	return (ssize_t)n;
}

void quiet_begin(struct quiet *q)
{
	memset(q, 0, sizeof(*q));
	q->stream = fopencookie(q, "w", (cookie_io_functions_t){.write = keep});
	if (!q->stream)
		return;
	setvbuf(q->stream, NULL, _IONBF, 0);
	rte_openlog_stream(q->stream);
}

/* "EAL: Cannot ..." says in a log who it was; in a sentence it is in the way. */
static const char *without_prefix(const char *s)
{
	const char *colon = strstr(s, ": ");
	return colon && colon - s <= 12 && !memchr(s, ' ', (size_t)(colon - s)) ? colon + 2 : s;
}

const char *quiet_end(struct quiet *q, const char *otherwise)
{
	if (q->stream) {
		rte_openlog_stream(NULL);
		fclose(q->stream);
	}
	return q->n ? without_prefix(q->text) : otherwise;
}
