/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The two ends of pkts-dump: where packets come from, and the file that they may go to. */
#ifndef SOURCE_H
#define SOURCE_H

#include "dump_options.h"
#include "pkts_port.h"

/*
 * Starts the runtime and opens what -r or -i names, with its filter set. 0; negative errno and err
 * as pkts_port_open() and pkts_port_activate() have them. Signals are caught from then on; while
 * the runtime starts and libpcap compiles the filter, they end the program. -EINTR, without err, if
 * signals_stop() before there was a source. *port is to be closed in either case.
 */
int source_open(struct pkts_port **port, const struct dump_options *o, struct pkts_error *err);

/* Opens what -w names, or sets *port to NULL if nothing does. Refuses the file that is being read.
 */
int target_open(struct pkts_port **port, const struct dump_options *o, struct pkts_error *err);

#endif
