/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The two ends of pkts-dump: where packets come from, and the file that they may go to. */
#ifndef ENDS_H
#define ENDS_H

#include "dump_options.h"
#include "pkts_port.h"

/* source_open() for what -r or -i names. */
int ends_open_source(struct pkts_port **port, const struct dump_options *o, struct pkts_error *err);

/* Opens what -w names, or sets *port to NULL if nothing does. Refuses the file that is being read.
 */
int ends_open_target(struct pkts_port **port, const struct dump_options *o, struct pkts_error *err);

#endif
