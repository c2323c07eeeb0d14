/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Keeps what DPDK logs while it does something, so that it can be put into one sentence. */
#ifndef QUIET_H
#define QUIET_H

#include <stdio.h>

#include "pkts_base.h"

struct quiet {
	FILE *stream;
	size_t n;
	char text[256]; /* the first line that was logged, without the name of the part that logged
			   it */
	bool done;	/* the line is complete */
};

/* From here on DPDK's log goes to q. One at a time in a process. */
void quiet_begin(struct quiet *q);

/* Back to the usual log. The first line that came, or `otherwise` if none did. Lives as long as q.
 */
const char *quiet_end(struct quiet *q, const char *otherwise);

#endif
