/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "signals.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "pkts_base.h"

static const int endings[] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t stop;

/* nohup(1) ignores SIGHUP. A shell's `&` ignores SIGINT, yet who sends one by name means it. */
static bool is_ignored(int signal_number)
{
	struct sigaction old;
	return signal_number == SIGHUP && sigaction(signal_number, NULL, &old) == 0 &&
	       old.sa_handler == SIG_IGN;
}

/* No SA_RESTART: calls that wait return. */
static void handle_endings(void (*handler)(int))
{
	const struct sigaction action = {.sa_handler = handler};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(endings); i++)
		if (!is_ignored(endings[i]))
			sigaction(endings[i], &action, NULL);
}

/* A signal between the last look at `stop` and a call that waits would be forgotten: one more
 * comes, until signals_release(). */
static void interrupt_again(int signal_number)
{
	(void)signal_number;
	alarm(1);
}

static void on_ending(int signal_number)
{
	stop = 1;
	handle_endings(SIG_DFL);
	interrupt_again(signal_number);
}

void signals_catch(void)
{
	const struct sigaction again = {.sa_handler = interrupt_again};

	signal(SIGPIPE, SIG_IGN);
	if (stop)
		return;
	sigaction(SIGALRM, &again, NULL);
	handle_endings(on_ending);
}

void signals_release(void)
{
	handle_endings(SIG_DFL);
	alarm(0);
}

bool signals_stop(void)
{
	return stop;
}
