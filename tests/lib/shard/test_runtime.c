/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Starting DPDK: each case in a process of its own, since a process can do it once. */
#include <errno.h>
#include <rte_eal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "pkts_dpdk.h"
#include "pkts_mbuf.h"
#include "pkts_port.h"
#include "pkts_runtime.h"
#include "words.h"

/* What a child says of itself: a sentence on the pipe, and its exit status. */
struct outcome {
	int status; /* of exit(); -1: it did not end by itself */
	char text[8192];
};

typedef int child_fn(FILE *say);

static struct outcome in_child(child_fn *body)
{
	struct outcome o = {.status = -1};
	int ends[2], status;
	size_t n = 0;
	ssize_t got;

	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	const pid_t child = fork();
	if (child == 0) {
		/* Whatever a library prints is seen too. */
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		FILE *say = fdopen(ends[1], "w");
		const int code = body(say);
		fflush(NULL);
		_exit(code);
	}
	close(ends[1]);
	while ((got = read(ends[0], o.text + n, sizeof(o.text) - 1 - n)) > 0)
		n += (size_t)got;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status))
		o.status = WEXITSTATUS(status);
	return o;
}

static int init(FILE *say, const char *eal)
{
	const struct pkts_runtime_conf conf = {.eal = eal};
	struct pkts_error err = {{0}};
	const int ret = pkts_runtime_init(&conf, &err);

	if (say)
		fputs(err.text, say);
	return -ret;
}

static int start_and_use(FILE *say)
{
	struct pkts_port *port;
	struct rte_mbuf *m;

	(void)say;
	if (pkts_runtime_init(NULL, NULL) || pkts_port_open(&port, "net_null0", NULL, NULL))
		return 1;
	if (pkts_port_activate(port, "ether[0] = 0", NULL) || pkts_port_rx_burst(port, &m, 1) != 1)
		return 2;
	rte_pktmbuf_free(m);
	pkts_port_close(port, NULL);
	pkts_runtime_fini();
	return 0;
}

static void it_starts_and_says_nothing(void **state)
{
	const struct outcome o = in_child(start_and_use);

	(void)state;
	assert_int_equal(o.status, 0);
	assert_string_equal(o.text, "");
}

static int start_as_nobody(FILE *say)
{
	if (getuid() == 0 && (setgid(65534) || setuid(65534)))
		return 3;
	return start_and_use(say);
}

static void an_ordinary_user_may(void **state)
{
	const struct outcome o = in_child(start_as_nobody);

	(void)state;
	assert_int_equal(o.status, 0);
	assert_string_equal(o.text, "");
}

static int start_twice(FILE *say)
{
	if (init(say, NULL))
		return 1;
	return init(say, NULL) == EALREADY ? 0 : 2;
}

static void only_once(void **state)
{
	const struct outcome o = in_child(start_twice);

	(void)state;
	assert_int_equal(o.status, 0);
	assert_non_null(strstr(o.text, "started before"));
}

static FILE *heard;

static void shout(void)
{
	fputs("\nexit() was called", heard);
	fflush(heard);
}

static int start_with_nonsense(FILE *say)
{
	heard = say;
	if (atexit(shout))
		return 1;
	return init(say, "--no-such-option=7") == EINVAL ? 0 : 1;
}

static int start_with_help(FILE *say)
{
	return init(say, "-l 0 --help") == EINVAL ? 0 : 1;
}

static int start_with_log_help(FILE *say)
{
	return init(say, "--log-level help") == EINVAL && init(NULL, "--log-level=help") == EINVAL
		       ? 0
		       : 1;
}

static int start_without_value(FILE *say)
{
	return init(say, "--no-huge --vdev") == EINVAL ? 0 : 1;
}

static int start_with_open_quote(FILE *say)
{
	return init(say, "--vdev 'net_null0") == EINVAL ? 0 : 1;
}

/* EAL would print a page, and end the process for --help. */
static void bad_arguments_are_one_line(void **state)
{
	static const struct {
		child_fn *body;
		const char *sentence;
	} rows[] = {
		{start_with_nonsense, "--no-such-option=7"},
		{start_with_help, "--help"},
		{start_with_log_help, "--log-level help"},
		{start_without_value, "--vdev"},
		{start_with_open_quote, "quote"},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct outcome o = in_child(rows[i].body);
		assert_int_equal(o.status, 0);
		if (!strstr(o.text, rows[i].sentence) || strchr(o.text, '\n') ||
			strstr(o.text, "--behind") || strlen(o.text) > 480)
			fail_msg("%s", o.text);
	}
}

/* A retry would do: nothing has been started. */
static int start_after_nonsense(FILE *say)
{
	struct pkts_error err;

	if (PKTS_DPDK_ENDS_PROCESS && init(NULL, "--no-such-option") != EINVAL)
		return 1;
	(void)say;
	return -pkts_runtime_init(NULL, &err);
}

static void nonsense_starts_nothing(void **state)
{
	const struct outcome o = in_child(start_after_nonsense);

	(void)state;
	assert_int_equal(o.status, 0);
	assert_string_equal(o.text, "");
}

static int start_with_our_own(FILE *say)
{
	return init(say, "--no-telemetry --no-shconf");
}

/* DPDK does not want to be told twice. */
static void what_the_user_says_we_do_not(void **state)
{
	const struct outcome o = in_child(start_with_our_own);

	(void)state;
	assert_int_equal(o.status, 0);
	assert_string_equal(o.text, "");
}

static int start_with_device(FILE *say)
{
	struct pkts_port *port;

	if (init(say, "--vdev \"net_null5,size=77\" --no-huge --no-shconf -m 80 -l 0"))
		return 1;
	if (pkts_port_open(&port, "net_null5", NULL, NULL) || pkts_port_activate(port, NULL, NULL))
		return 2;
	struct rte_mbuf *m;
	if (pkts_port_rx_burst(port, &m, 1) != 1 || m->pkt_len != 77)
		return 3;
	rte_pktmbuf_free(m);
	pkts_port_close(port, NULL);
	return pkts_runtime_hugepages() ? 4 : 0;
}

static void arguments_are_passed_through(void **state)
{
	const struct outcome o = in_child(start_with_device);

	(void)state;
	assert_int_equal(o.status, 0);
	assert_string_equal(o.text, "");
}

static void count_notice(void *ctx, const char *text)
{
	*(unsigned *)ctx += strstr(text, "hugepages") != NULL && !strchr(text, '\n');
}

static int start_with_notice(FILE *say)
{
	unsigned notices = 0;
	const struct pkts_runtime_conf conf = {.on_notice = count_notice, .ctx = &notices};

	(void)say;
	if (pkts_runtime_init(&conf, NULL))
		return 1;
	return notices == !pkts_runtime_hugepages() ? 0 : 2;
}

static void without_hugepages_it_says_so(void **state)
{
	(void)state;
	assert_int_equal(in_child(start_with_notice).status, 0);
}

static int memory_used(FILE *say)
{
	char line[256];
	unsigned kb = 0;
	const int ret = start_and_use(say);
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmHWM: %u kB", &kb);
	return ret ? ret : kb > 0 && kb < 150000 ? 0 : 9;
}

static void it_takes_little_memory(void **state)
{
	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip(); /* the sanitizer's own memory counts too */
#endif
	assert_int_equal(in_child(memory_used).status, 0);
}

static int say_folder(FILE *say)
{
	const int ret = pkts_runtime_init(NULL, NULL);

	fputs(rte_eal_get_runtime_dir(), say);
	return ret ? 1 : 0;
}

/* EAL makes a folder for files that other processes could use; it goes even if we end by a signal.
 */
static void nothing_is_left_behind(void **state)
{
	const struct outcome o = in_child(say_folder);

	(void)state;
	assert_int_equal(o.status, 0);
	assert_int_equal(o.text[0], '/');
	assert_int_equal(access(o.text, F_OK), -1);
}

static void lines_are_split_into_words(void **state)
{
	static const struct {
		const char *line;
		int code, n;
		const char *words[4];
	} rows[] = {
		{"", 0, 0, {0}},
		{" \t\n", 0, 0, {0}},
		{"a", 0, 1, {"a"}},
		{"  a  bc ", 0, 2, {"a", "bc"}},
		{"'a b' \"c  d\"", 0, 2, {"a b", "c  d"}},
		{"a'b c'd", 0, 1, {"ab cd"}},
		{"'a\"b' \"c'd\"", 0, 2, {"a\"b", "c'd"}},
		{"a\\ b '\\' \\\\", 0, 3, {"a b", "\\", "\\"}},
		{"'' x", 0, 2, {"", "x"}},
		{"a\\", 0, 1, {"a\\"}},
		{"'a", -EINVAL, 0, {0}},
		{"a \"b", -EINVAL, 1, {"a"}},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct words w = {0};
		assert_int_equal(words_split(&w, rows[i].line), rows[i].code);
		assert_int_equal(w.n, rows[i].n);
		for (int k = 0; k < w.n; k++)
			assert_string_equal(w.at[k], rows[i].words[k]);
		words_free(&w);
	}
}

static void options_are_recognised(void **state)
{
	static const char *const options[] = {"-l", "--lcores", NULL};
	static const struct {
		const char *line;
		bool have;
	} rows[] = {
		{"-l 0", true},
		{"-l0", true},
		{"--lcores 0", true},
		{"--lcores=0", true},
		{"--lcoresx", false},
		{"l", false},
		{"--log-level=7", false},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct words w = {0};
		words_split(&w, rows[i].line);
		assert_int_equal(words_have(&w, options), rows[i].have);
		words_free(&w);
	}
}

static void too_many_words(void **state)
{
	struct words w = {0};
	char line[2 * WORDS_MAX + 5];

	(void)state;
	for (size_t i = 0; i < sizeof(line) - 1; i++)
		line[i] = i % 2 ? ' ' : 'x';
	line[sizeof(line) - 1] = 0;
	assert_int_equal(words_split(&w, line), 0);
	assert_true(w.failed);
	assert_int_equal(w.n, WORDS_MAX);
	words_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_starts_and_says_nothing),
		cmocka_unit_test(an_ordinary_user_may),
		cmocka_unit_test(only_once),
		cmocka_unit_test(bad_arguments_are_one_line),
		cmocka_unit_test(nonsense_starts_nothing),
		cmocka_unit_test(what_the_user_says_we_do_not),
		cmocka_unit_test(arguments_are_passed_through),
		cmocka_unit_test(without_hugepages_it_says_so),
		cmocka_unit_test(it_takes_little_memory),
		cmocka_unit_test(nothing_is_left_behind),
		cmocka_unit_test(lines_are_split_into_words),
		cmocka_unit_test(options_are_recognised),
		cmocka_unit_test(too_many_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
