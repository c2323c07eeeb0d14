/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"
#include "signals.h"

static int refuse(const struct lines *l, int code, const char *what)
{
	say("cannot read '%.300s': %s", l->name, what);
	return code;
}

int lines_open(struct lines *l, const char *name)
{
	const bool is_stdin = strcmp(name, "-") == 0;

	*l = (struct lines){.name = is_stdin ? "standard input" : name};
	l->file = is_stdin ? stdin : fopen(name, "re");
	if (l->file || signals_stop())
		return 0;
	return refuse(l, -errno, strerror(errno));
}

static bool is_expression(const char *text)
{
	text += strspn(text, " \t\r\n");
	return *text && *text != '#';
}

static void number_line(struct lines *l)
{
	l->number++;
	snprintf(l->where, sizeof(l->where), "%.100s:%" PRIu64 ": ", l->name, l->number);
	while (l->len && strchr("\r\n", l->text[l->len - 1]))
		l->text[--l->len] = 0;
}

int lines_next(struct lines *l)
{
	while (l->file && !signals_stop()) {
		errno = 0;
		clearerr(l->file);
		const ssize_t n = getline(&l->text, &l->room, l->file);
		if (n < 0 && ferror(l->file) && errno != EINTR)
			return refuse(l, -errno, strerror(errno));
		if (n < 0 && errno != EINTR)
			return 0;
		if (n < 0)
			continue;
		l->len = (size_t)n;
		number_line(l);
		if (l->len > LINES_LONGEST)
			return refuse(l, -E2BIG, "a line is longer than 1 MiB");
		if (is_expression(l->text))
			return 1;
	}
	return 0;
}

void lines_close(struct lines *l)
{
	if (l->file && l->file != stdin)
		fclose(l->file);
	free(l->text);
}

/* Reads up to cap bytes; -ENOSPC if there are more. */
static int read_all(int fd, uint8_t *room, uint32_t cap, uint32_t *n)
{
	uint8_t more;

	for (*n = 0;;) {
		const bool full = *n == cap;
		const ssize_t got = read(fd, full ? &more : room + *n, full ? 1 : cap - *n);
		if (got < 0 && errno == EINTR && !signals_stop())
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return 0;
		if (full)
			return -ENOSPC;
		*n += (uint32_t)got;
	}
}

static int read_file(const char *name, uint8_t *room, uint32_t cap, uint32_t *n)
{
	const int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	const int code = read_all(fd, room, cap, n);
	close(fd);
	return code;
}

int files_read(void *ctx, const char *name, size_t len, uint8_t *room, uint32_t cap, uint32_t *n)
{
	struct files_error *const error = ctx;
	char path[PATH_MAX];

	if (len >= sizeof(path)) {
		error->code = -ENAMETOOLONG;
		return error->code;
	}
	memcpy(path, name, len);
	path[len] = 0;
	error->code = read_file(path, room, cap, n);
	return error->code;
}
