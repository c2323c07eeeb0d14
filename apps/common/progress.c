/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WIDTH	   64
#define FIRST_NS   1000000000u
#define BETWEEN_NS 200000000u
/* Asking for the time costs as much as a packet does: not with every burst. */
#define CALLS 32

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void write_line(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return; /* a terminal that went away */
}

void progress_init(struct progress *p, bool wanted)
{
	*p = (struct progress){.on = wanted && isatty(STDERR_FILENO)};
	if (!p->on)
		return;
	p->start = now();
	p->next = p->start + FIRST_NS;
}

static void show(
	struct progress *p, const struct pkts_port *port, uint64_t packets, uint64_t elapsed)
{
	char text[WIDTH + 1], line[WIDTH + 8];
	uint64_t done, all;

	pkts_port_progress(port, &done, &all);
	const double rate = (double)done * 1e3 / (double)elapsed; /* bytes a ns to MB a second */
	if (all)
		snprintf(text, sizeof(text), "%3u %%  %" PRIu64 " packets  %.0f MB/s",
			(unsigned)((double)done * 100 / (double)all), packets, rate);
	else
		snprintf(text, sizeof(text), "%" PRIu64 " packets  %.0f MB/s", packets, rate);
	snprintf(line, sizeof(line), "\r%-*s", WIDTH, text);
	write_line(line);
	p->shown = true;
}

void progress_tick(struct progress *p, const struct pkts_port *port, uint64_t packets)
{
	if (!p->on || ++p->calls % CALLS)
		return;
	const uint64_t t = now();
	if (t < p->next)
		return;
	show(p, port, packets, t - p->start);
	p->next = t + BETWEEN_NS;
}

void progress_clear(struct progress *p)
{
	char line[WIDTH + 8];

	if (!p->shown)
		return;
	snprintf(line, sizeof(line), "\r%*s\r", WIDTH, "");
	write_line(line);
	p->shown = false;
}
