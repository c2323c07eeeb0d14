/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "peer.h"

#define SECOND UINT64_C(1000000000)

/*
 * The buffer: lines that wait, from `head` on, of the first of which `part` bytes are written; then
 * the line that is being put, from `line` on, up to sink.used.
 */
struct pkts_lines {
	struct pkts_sink sink;
	struct pkts_lines_counts counts;
	size_t size, head, part, line;
	int fd; /* the file; -1: it is a socket */
	char *path;
	struct peer peer;
};

static bool is_file(const struct pkts_lines *l)
{
	return l->path;
}

static bool is_socket_name(const char *where)
{
	return strncmp(where, "tcp:", 4) == 0 || strncmp(where, "unix:", 5) == 0;
}

/* O_NONBLOCK: a pipe that nobody reads would keep us waiting in open(). */
static int open_file(const char *path, struct pkts_error *err)
{
	const int fd =
		open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return pkts_export_error(err, -errno, "%s: %s", path, strerror(errno));
	if (S_ISREG(st.st_mode) || S_ISCHR(st.st_mode))
		return fd;
	close(fd);
	return pkts_export_error(
		err, -EINVAL, "%s: no regular file; for a socket write unix:%s", path, path);
}

static int set_up_file(struct pkts_lines *l, const char *where, struct pkts_error *err)
{
	const char *const path = strncmp(where, "file:", 5) == 0 ? where + 5 : where;

	l->path = strdup(path);
	if (!l->path)
		return pkts_export_error(err, -ENOMEM, "%s: no memory", where);
	l->fd = open_file(path, err);
	return l->fd < 0 ? l->fd : 0;
}

static int set_up(struct pkts_lines *l, const char *where, const struct pkts_lines_options *o,
	struct pkts_error *err)
{
	l->fd = -1;
	l->peer.fd = -1;
	l->size = o->size ? o->size : 1 << 20;
	if (l->size < 2 * PKTS_LINE_MAX)
		return pkts_export_error(err, -EINVAL, "%s: the buffer has to have %u bytes", where,
			2 * PKTS_LINE_MAX);
	l->sink = (struct pkts_sink){.buf = malloc(l->size), .cap = PKTS_LINE_MAX};
	if (!l->sink.buf)
		return pkts_export_error(err, -ENOMEM, "%s: no memory", where);
	if (!is_socket_name(where))
		return set_up_file(l, where, err);
	const int code = pkts_peer_find(&l->peer, where, "tx", NULL, err);
	l->peer.retry_ns = o->retry_ns ? o->retry_ns : SECOND;
	return code;
}

int pkts_lines_open(struct pkts_lines **l, const char *where,
	const struct pkts_lines_options *options, struct pkts_error *err)
{
	static const struct pkts_lines_options defaults;
	int code;

	*l = calloc(1, sizeof(**l));
	if (!*l)
		return pkts_export_error(err, -ENOMEM, "%s: no memory", where);
	code = set_up(*l, where, options ? options : &defaults, err);
	if (code) {
		pkts_lines_close(*l);
		*l = NULL;
	}
	return code;
}

struct pkts_sink *pkts_lines_sink(struct pkts_lines *l)
{
	return &l->sink;
}

/* Behind the last LF in n bytes. */
static size_t whole_lines(const char *text, size_t n)
{
	const char *const lf = memrchr(text, '\n', n);

	return lf ? (size_t)(lf + 1 - text) : 0;
}

static void advance(struct pkts_lines *l, size_t written)
{
	const size_t n = l->part + written, whole = whole_lines(l->sink.buf + l->head, n);

	l->head += whole;
	l->part = n - whole;
}

static ssize_t write_some(struct pkts_lines *l, const char *text, size_t n, uint64_t now)
{
	ssize_t done;

	if (!is_file(l))
		return pkts_peer_send(&l->peer, text, n, now);
	do
		done = write(l->fd, text, n);
	while (done < 0 && errno == EINTR);
	if (done < 0)
		l->counts.errors++;
	return done < 0 ? -errno : done;
}

/* The next connection begins with a line. */
static void forget_part(struct pkts_lines *l)
{
	if (!is_file(l) && l->peer.state != PEER_UP)
		l->part = 0;
}

static int write_lines(struct pkts_lines *l, uint64_t now)
{
	while (l->head + l->part < l->line) {
		const size_t at = l->head + l->part;
		const ssize_t n = write_some(l, l->sink.buf + at, l->line - at, now);

		if (n < 0) {
			forget_part(l);
			return (int)n;
		}
		advance(l, (size_t)n);
	}
	return 0;
}

/* Lines move to the front of the buffer; the line that is being put gets what room there is. */
static void make_room(struct pkts_lines *l)
{
	struct pkts_sink *const s = &l->sink;

	if (l->head && (l->head == l->line || l->size - s->used < PKTS_LINE_MAX)) {
		memmove(s->buf, s->buf + l->head, s->used - l->head);
		s->used -= l->head;
		l->line -= l->head;
		l->head = 0;
	}
	s->cap = PKTS_MIN(l->size, l->line + PKTS_LINE_MAX);
}

int pkts_lines_flush(struct pkts_lines *l, uint64_t now)
{
	int code = is_file(l) ? 0 : pkts_peer_poll(&l->peer, now);

	forget_part(l);
	if (!code)
		code = write_lines(l, now);
	make_room(l);
	if (code == -EAGAIN && l->head == l->line)
		return 0;
	return code;
}

/* The line as a whole is not there; why. */
static int take_back(struct pkts_lines *l)
{
	struct pkts_sink *const s = &l->sink;
	const bool too_long = s->used - l->line + s->lost > PKTS_LINE_MAX;

	s->used = l->line;
	s->lost = 0;
	if (too_long)
		l->counts.too_long++;
	else
		l->counts.dropped++;
	return too_long ? -EMSGSIZE : -ENOSPC;
}

int pkts_lines_end(struct pkts_lines *l, uint64_t now)
{
	int code = 0;

	if (l->sink.lost)
		code = take_back(l);
	else if (l->sink.used > l->line)
		l->counts.lines++;
	l->line = l->sink.used;
	if (code == -ENOSPC || l->line - l->head >= l->size / 4)
		pkts_lines_flush(l, now);
	else
		make_room(l);
	return code;
}

static int reopen_file(struct pkts_lines *l, uint64_t now, struct pkts_error *err)
{
	const int fd = open_file(l->path, err);

	if (fd < 0)
		return fd;
	pkts_lines_flush(l, now);
	close(l->fd);
	l->fd = fd;
	l->part = 0;
	return 0;
}

int pkts_lines_reopen(struct pkts_lines *l, uint64_t now, struct pkts_error *err)
{
	if (is_file(l))
		return reopen_file(l, now, err);
	pkts_lines_flush(l, now);
	pkts_peer_close(&l->peer);
	forget_part(l);
	l->peer.retry_at = 0;
	pkts_peer_poll(&l->peer, now);
	return 0;
}

struct pkts_lines_counts pkts_lines_counts(const struct pkts_lines *l)
{
	struct pkts_lines_counts counts = l->counts;

	counts.errors += l->peer.errors;
	counts.connects = l->peer.connects;
	return counts;
}

void pkts_lines_close(struct pkts_lines *l)
{
	if (!l)
		return;
	if (l->fd >= 0)
		close(l->fd);
	pkts_peer_close(&l->peer);
	free(l->path);
	free(l->sink.buf);
	free(l);
}
