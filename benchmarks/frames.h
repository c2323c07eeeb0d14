/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The frames that a benchmark works on: those of a capture, in mbufs. */
#ifndef FRAMES_H
#define FRAMES_H

#include <rte_mbuf.h>

#include "pkts_error.h"

struct frames {
	struct rte_mempool *pool;
	struct rte_mbuf **m;
	unsigned n, max;
	unsigned left_out; /* not Ethernet, or too long for one mbuf, or too many */
};

/* Makes room for max frames, in a pool of their own. 0; -ENOMEM. frames_free() in either case. */
int frames_init(struct frames *f, unsigned max);
void frames_free(struct frames *f);

/* Adds a capture's first `most` Ethernet frames that fit one mbuf; most <= max. 0, or a negative
 * errno and err. */
int frames_load(struct frames *f, const char *name, unsigned most, struct pkts_error *err);

/* Adds a copy of m, in an mbuf and at a place of its own. 0, or -ENOMEM. */
int frames_add_copy(struct frames *f, struct rte_mbuf *m);

#endif
