/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* How far reading a long file has come: one line on the terminal, written over itself. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "pkts_port.h"

struct progress {
	bool on, shown;
	unsigned calls;
	uint64_t start, next; /* nanoseconds of the monotonic clock */
};

/* Nothing is ever shown unless `wanted` and standard error is a terminal. */
void progress_init(struct progress *p, bool wanted);

/* To be called for every burst. Shows the line now and then, first after a second. */
void progress_tick(struct progress *p, const struct pkts_port *port, uint64_t packets);

/* Takes the line away, before something else is written there. */
void progress_clear(struct progress *p);

#endif
