/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Lines to files and sockets: whole or not at all, and what became of each is counted. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "listener.h"
#include "pkts_lines.h"
#include "row.h"

#define SECOND UINT64_C(1000000000)

static char folder[] = "/tmp/pkts-lines-XXXXXX";
static char path[64], other[64];

static int make_folder(void **state)
{
	(void)state;
	/* A write to a peer that has gone must not kill us. */
	signal(SIGPIPE, SIG_DFL);
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/a", folder);
	snprintf(other, sizeof(other), "%s/b", folder);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	unlink(path);
	unlink(other);
	return 0;
}

static int remove_folder(void **state)
{
	return clean(state) || rmdir(folder);
}

/* The text of a file; the next call voids it. */
static const char *content(const char *name)
{
	static char text[1 << 20];
	const int fd = open(name, O_RDONLY);
	const ssize_t n = read(fd, text, sizeof(text) - 1);

	assert_true(n >= 0);
	close(fd);
	text[n] = 0;
	return text;
}

static int put(struct pkts_lines *l, const char *text)
{
	pkts_put_text(pkts_lines_sink(l), text);
	return pkts_lines_end(l, 0);
}

static struct pkts_lines *opened(const char *where, size_t size)
{
	const struct pkts_lines_options o = {.size = size};
	struct pkts_lines *l;
	struct pkts_error err;

	if (pkts_lines_open(&l, where, &o, &err))
		fail_msg("%s", err.text);
	return l;
}

static void names(void **state)
{
	char fifo[80], file[80], missing[80];
	const struct {
		const char *where;
		int code;
	} rows[] = {
		{file, 0},
		{path, 0},
		{"/dev/null", 0},
		{"tcp:127.0.0.1:5000", 0},
		{"unix:/nowhere", 0},
		{folder, -EISDIR},
		{missing, -ENOENT},
		{fifo, -ENXIO},
		{"tcp:127.0.0.1", -EINVAL},
		{"unix:", -EINVAL},
		{"", -ENOENT},
	};

	(void)state;
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	snprintf(file, sizeof(file), "file:%s", path);
	snprintf(missing, sizeof(missing), "%s/no/such", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_lines *l;
		struct pkts_error err = {.text = ""};

		ROW_INT(rows[i].where, pkts_lines_open(&l, rows[i].where, NULL, &err),
			rows[i].code);
		ROW_INT(rows[i].where, err.text[0] != 0, rows[i].code != 0);
		pkts_lines_close(l);
	}
	unlink(fifo);
}

static void small_buffer(void **state)
{
	const struct pkts_lines_options o = {.size = 2 * PKTS_LINE_MAX - 1};
	struct pkts_lines *l;

	(void)state;
	assert_int_equal(pkts_lines_open(&l, "/dev/null", &o, NULL), -EINVAL);
	assert_null(l);
}

static void files_are_appended_to(void **state)
{
	struct pkts_lines *l;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		l = opened(path, 0);
		put(l, "one\n");
		put(l, "two\n");
		assert_int_equal(pkts_lines_flush(l, 0), 0);
		assert_int_equal(pkts_lines_counts(l).lines, 2);
		pkts_lines_close(l);
	}
	assert_string_equal(content(path), "one\ntwo\none\ntwo\n");
}

/* Of a line that is still being put, nothing is written. */
static void open_lines_wait(void **state)
{
	struct pkts_lines *const l = opened(path, 0);

	(void)state;
	put(l, "one\n");
	pkts_put_text(pkts_lines_sink(l), "tw");
	assert_int_equal(pkts_lines_flush(l, 0), 0);
	assert_string_equal(content(path), "one\n");
	assert_int_equal(put(l, "o\n"), 0);
	pkts_lines_flush(l, 0);
	assert_string_equal(content(path), "one\ntwo\n");
	pkts_lines_close(l);
}

static void put_long(struct pkts_lines *l, size_t n, int wanted)
{
	for (size_t i = 1; i < n; i++)
		pkts_put_char(pkts_lines_sink(l), 'x');
	pkts_put_char(pkts_lines_sink(l), '\n');
	assert_int_equal(pkts_lines_end(l, 0), wanted);
}

static void long_lines(void **state)
{
	struct pkts_lines *const l = opened(path, 0);

	(void)state;
	put(l, "one\n");
	put_long(l, PKTS_LINE_MAX + 1, -EMSGSIZE);
	put(l, "two\n");
	put_long(l, PKTS_LINE_MAX, 0);
	pkts_lines_flush(l, 0);
	assert_int_equal(strlen(content(path)), 8 + PKTS_LINE_MAX);
	assert_memory_equal(content(path), "one\ntwo\nx", 9);
	assert_int_equal(pkts_lines_counts(l).too_long, 1);
	assert_int_equal(pkts_lines_counts(l).dropped, 0);
	pkts_lines_close(l);
}

static void log_rotation(void **state)
{
	struct pkts_lines *const l = opened(path, 0);

	(void)state;
	put(l, "old\n");
	assert_int_equal(rename(path, other), 0);
	put(l, "late\n");
	assert_int_equal(pkts_lines_reopen(l, 0, NULL), 0);
	put(l, "new\n");
	pkts_lines_flush(l, 0);
	assert_string_equal(content(other), "old\nlate\n");
	assert_string_equal(content(path), "new\n");
	pkts_lines_close(l);
}

/* The name cannot be opened any more: the old file stays in use. */
static void failed_rotation(void **state)
{
	struct pkts_lines *const l = opened(path, 0);
	struct pkts_error err = {.text = ""};

	(void)state;
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(pkts_lines_reopen(l, 0, &err), -EISDIR);
	assert_non_null(strstr(err.text, path));
	put(l, "one\n");
	pkts_lines_flush(l, 0);
	assert_string_equal(content(other), "one\n");
	pkts_lines_close(l);
	rmdir(path);
}

/* A disk that is full: lines wait while there is room, then they are dropped, and all is counted. */
static void full_disk(void **state)
{
	struct pkts_lines *const l = opened("/dev/full", 2 * PKTS_LINE_MAX);
	struct pkts_lines_counts c;
	unsigned dropped = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		dropped +=
			put(l, "a line of which one thousand do not have room in the buffer\n") !=
			0;
	c = pkts_lines_counts(l);
	assert_true(dropped > 400 && dropped < 600);
	assert_int_equal(c.dropped, dropped);
	assert_int_equal(c.lines, 1000 - dropped);
	assert_true(c.errors > 0);
	assert_int_equal(pkts_lines_flush(l, 0), -ENOSPC);
	pkts_lines_close(l);
}

static void flush_until_connected(struct pkts_lines *l, uint64_t now, uint64_t connects)
{
	while (pkts_lines_counts(l).connects < connects) {
		assert_int_equal(pkts_lines_counts(l).errors, connects - 1);
		pkts_lines_flush(l, now);
	}
}

static void check_sent(int fd, const char *text)
{
	char got[256] = "";

	read_exactly(fd, got, strlen(text));
	assert_string_equal(got, text);
}

static void sockets(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		const struct listener listener = listen_on("tcp", i ? path : NULL);
		struct pkts_lines *const l = opened(listener.where, 0);
		int fd;

		put(l, "before\n");
		flush_until_connected(l, 0, 1);
		fd = accept_one(&listener);
		put(l, "after\n");
		assert_int_equal(pkts_lines_flush(l, 0), 0);
		check_sent(fd, "before\nafter\n");
		pkts_lines_close(l);
		close(fd);
		close(listener.fd);
		clean(state);
	}
}

/* Line number n: its number, and dots. */
static size_t write_line(char *text, size_t size, unsigned n)
{
	char dots[401];

	memset(dots, '.', 400);
	dots[n * 7 % 400] = 0;
	return (size_t)snprintf(text, size, "%u %s\n", n, dots);
}

/* All that is still to come: while it is read, the rest is written. */
static char *read_rest(struct pkts_lines *l, int fd, size_t n)
{
	char *const text = malloc(n + 1);

	for (size_t at = 0; at < n;) {
		ssize_t got;

		pkts_lines_flush(l, 0);
		assert_true(wait_readable(fd));
		got = read(fd, text + at, n - at);
		assert_true(got > 0);
		at += (size_t)got;
	}
	text[n] = 0;
	return text;
}

/* Whole lines, in order; how many. */
static unsigned check_lines(const char *text)
{
	char line[512];
	unsigned n = 0, last = 0;

	for (const char *at = text; *at; n++) {
		const unsigned number = (unsigned)strtoul(at, NULL, 10);
		const size_t length = write_line(line, sizeof(line), number);

		assert_true(number > last);
		assert_int_equal(strncmp(at, line, length), 0);
		last = number;
		at += length;
	}
	return n;
}

/* A peer that reads late: lines that arrive are whole and in order, those that do not are counted. */
static void slow_peer(void **state)
{
	const struct listener listener = listen_on("tcp", path);
	struct pkts_lines *const l = opened(listener.where, 2 * PKTS_LINE_MAX);
	struct pkts_lines_counts c;
	unsigned n = 0;
	size_t bytes = 0;
	char line[512], *text;
	int fd;

	(void)state;
	flush_until_connected(l, 0, 1);
	fd = accept_one(&listener);
	for (c = pkts_lines_counts(l); c.dropped < 100; c = pkts_lines_counts(l)) {
		const size_t length = write_line(line, sizeof(line), ++n);

		bytes += put(l, line) == 0 ? length : 0;
	}
	assert_int_equal(pkts_lines_flush(l, 0), -EAGAIN);
	text = read_rest(l, fd, bytes);
	assert_int_equal(check_lines(text), c.lines);
	assert_int_equal(c.lines + c.dropped, n);
	assert_int_equal(pkts_lines_flush(l, 0), 0);
	free(text);
	pkts_lines_close(l);
	assert_true(wait_readable(fd));
	assert_int_equal(read(fd, line, 1), 0);
	close(fd);
	close(listener.fd);
}

/* The peer goes in the middle of a line: the next connection begins with that line. */
static void peer_goes(void **state)
{
	const struct listener listener = listen_on("tcp", NULL);
	struct pkts_lines *const l = opened(listener.where, 8 * PKTS_LINE_MAX);
	char first[16] = "";
	int fd;

	(void)state;
	flush_until_connected(l, 0, 1);
	fd = accept_one(&listener);
	while (pkts_lines_flush(l, 0) == 0)
		put_long(l, 10007, 0);
	close(fd);
	while (pkts_lines_counts(l).errors == 0)
		pkts_lines_flush(l, 0);
	assert_int_equal(pkts_lines_flush(l, SECOND - 1), -EAGAIN); /* too early */
	flush_until_connected(l, SECOND, 2);
	fd = accept_one(&listener);
	pkts_lines_flush(l, SECOND);
	for (unsigned i = 0; i < 10006; i++) {
		read_exactly(fd, first, 1);
		assert_int_equal(first[0], 'x');
	}
	read_exactly(fd, first, 1);
	assert_int_equal(first[0], '\n');
	pkts_lines_close(l);
	close(fd);
	close(listener.fd);
}

/* A peer that comes later gets what fits the buffer. */
static void peer_comes_later(void **state)
{
	struct listener listener;
	char where[80];
	struct pkts_lines *l;
	int fd;

	(void)state;
	snprintf(where, sizeof(where), "unix:%s", path);
	l = opened(where, 0);
	put(l, "one\n");
	assert_int_equal(pkts_lines_flush(l, 0), -ENOENT);
	assert_int_equal(pkts_lines_flush(l, 1), -EAGAIN);
	assert_int_equal(pkts_lines_counts(l).errors, 1);
	listener = listen_on("unix", path);
	assert_int_equal(pkts_lines_flush(l, SECOND), 0);
	fd = accept_one(&listener);
	check_sent(fd, "one\n");
	pkts_lines_close(l);
	close(fd);
	close(listener.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(names, clean),
		cmocka_unit_test(small_buffer),
		cmocka_unit_test_teardown(files_are_appended_to, clean),
		cmocka_unit_test_teardown(open_lines_wait, clean),
		cmocka_unit_test_teardown(long_lines, clean),
		cmocka_unit_test_teardown(log_rotation, clean),
		cmocka_unit_test_teardown(failed_rotation, clean),
		cmocka_unit_test(full_disk),
		cmocka_unit_test_teardown(sockets, clean),
		cmocka_unit_test_teardown(slow_peer, clean),
		cmocka_unit_test(peer_goes),
		cmocka_unit_test_teardown(peer_comes_later, clean),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
