/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "arguments.h"

#include <errno.h>
#include <fcntl.h>
#include <rte_eal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "quiet.h"

/*
 * Options that EAL cannot know stand last: it gets as far as the first of them, and never further, if
 * all before it are right. Where the last option before lacks its value, the first is taken for that.
 */
#define END	   "--behind-all-others"
#define BEHIND_END "--behind-the-end"

/* Of the child. */
static struct quiet quiet;
static int answer;

/* The first to be called at exit(): what the program has registered is for the program to do. */
static _Noreturn void say_and_leave(void)
{
	const char *why = quiet_end(&quiet, "it says nothing");
	const ssize_t n = write(answer, why, strlen(why));

	_exit(n < 0);
}

static _Noreturn void ask(const struct words *w)
{
	char *argv[WORDS_MAX + 3];
	int n = 0;

	for (; n < w->n && strcmp(w->at[n], "--"); n++)
		argv[n] = w->at[n];
	argv[n++] = (char[]){END};
	argv[n++] = (char[]){BEHIND_END};
	argv[n] = NULL;
	quiet_begin(&quiet);
	if (atexit(say_and_leave) == 0)
		rte_eal_init(n, argv);
	say_and_leave();
}

static void read_all(int fd, char *to, size_t room)
{
	size_t n = 0;

	for (ssize_t got = 1; got > 0 && n + 1 < room; n += got > 0 ? (size_t)got : 0)
		do
			got = read(fd, to + n, room - 1 - n);
		while (got < 0 && errno == EINTR);
	to[n] = 0;
}

int arguments_check(const struct words *w, char *why, size_t room)
{
	int ends[2];

	*why = 0;
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	const pid_t child = fork();
	if (child == 0) {
		answer = ends[1];
		ask(w);
	}
	const int code = child < 0 ? -errno : 0;
	close(ends[1]);
	if (code == 0)
		read_all(ends[0], why, room);
	close(ends[0]);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (code)
		return code;
	if (strstr(why, BEHIND_END))
		snprintf(why, room, "the last argument lacks its value");
	return strstr(why, END) ? 0 : -EINVAL;
}
