/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Starting the runtime for a program that works on named ports. */
#ifndef START_H
#define START_H

#include "pkts_error.h"

/*
 * pkts_runtime_init() for a port of this name: PCI devices are looked for only if it is one's, or
 * if port is NULL, for all ports. eal: more arguments for EAL, or NULL. What the runtime has to
 * tell is kept for start_notice(). Returns what pkts_runtime_init() does.
 */
int start_runtime(const char *program, const char *port, const char *eal, struct pkts_error *err);

/* MiB that the next start_runtime() has for packet buffers where there are no hugepages; 0: as many as
 * usual. */
void start_memory(uint32_t mb);

/* Ends the runtime, if start_runtime() started it. */
void start_undo(void);

/* What the runtime decided that the user of a DPDK device may want to know; NULL: nothing. */
const char *start_notice(void);

#endif
