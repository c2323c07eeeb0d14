/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Where a program's packets come from: what -r and -i name. */
#ifndef SOURCE_H
#define SOURCE_H

#include "pkts_port.h"

#define SOURCE_NAME_MAX 4200 /* a path and the driver's name */

struct source_conf {
	const char *program; /* for DPDK's logs, and for hints */
	const char *read;    /* a capture file, or NULL */
	const char *port;    /* a live port, or NULL */
	const char *filter;  /* NULL: none */
	const char *eal;     /* more arguments for EAL, or NULL */
	uint32_t snaplen;    /* as in struct pkts_port_conf */
	uint32_t pool_size;  /* likewise */
	uint32_t memory_mb;  /* as in struct pkts_runtime_conf */
	bool no_promiscuous;
};

/*
 * Starts the runtime and opens what conf names, with its filter set. 0; negative errno and err
 * as pkts_port_open() and pkts_port_activate() have them. Signals are caught from then on; while
 * the runtime starts and libpcap compiles the filter, they end the program. -EINTR, without err, if
 * signals_stop() before there was a source. *port is to be closed in either case.
 */
int source_open(struct pkts_port **port, const struct source_conf *conf, struct pkts_error *err);

/* The name of a port, at most SOURCE_NAME_MAX with its NUL: `driver` and `name`. 0; -ENAMETOOLONG. */
int source_name(char *to, const char *driver, const char *name, struct pkts_error *err);

#endif
