/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Ending when the user asks for it, with everything written out. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <stdbool.h>

/*
 * The first SIGINT, SIGTERM or SIGHUP from now on only sets what signals_stop() returns and
 * interrupts waiting calls, also one that begins to wait just then; the second has its usual
 * effect. An ignored SIGHUP stays ignored. Writing to a closed pipe returns EPIPE from now on. Does
 * nothing once the program was asked to end.
 */
void signals_catch(void);

/* Gives them their usual effect back, for work that nothing can interrupt. */
void signals_release(void);

/* True once the program was asked to end. */
bool signals_stop(void);

#endif
