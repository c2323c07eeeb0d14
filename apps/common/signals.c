/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "signals.h"

#include <signal.h>
#include <stddef.h>

#include "pkts_base.h"

static const int endings[] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t stop;

static void on_ending(int signal_number)
{
	(void)signal_number;
	stop = 1;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(endings); i++)
		signal(endings[i], SIG_DFL);
}

/* nohup(1) ignores SIGHUP. A shell's `&` ignores SIGINT, yet who sends one by name means it. */
static bool is_ignored(int signal_number)
{
	struct sigaction old;
	return signal_number == SIGHUP && sigaction(signal_number, NULL, &old) == 0 &&
	       old.sa_handler == SIG_IGN;
}

void signals_catch(void)
{
	const struct sigaction ending = {.sa_handler = on_ending}; /* no SA_RESTART: poll() ends */

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(endings); i++)
		if (!is_ignored(endings[i]))
			sigaction(endings[i], &ending, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool signals_stop(void)
{
	return stop;
}
