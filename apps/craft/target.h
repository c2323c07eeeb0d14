/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Where packets go to: a capture file, or a live port. */
#ifndef TARGET_H
#define TARGET_H

#include "craft_options.h"
#include "pkts_port.h"

struct target {
	struct pkts_port *port; /* NULL: there is none */
	struct rte_mempool *pool;
	bool live;
	uint64_t taken; /* packets */
	uint64_t ns;	/* of the latest, since the epoch */
};

/*
 * Opens what -w or -i names, if they do: starts the runtime unless that has been done. 0; negative
 * errno and err. To be closed in either case.
 */
int target_open(struct target *t, const struct craft_options *o, struct pkts_error *err);

/*
 * Writes or sends one packet of that link type, and waits for room if need be. 0; negative errno and
 * err: -EINVAL for a packet that cannot go there; -EPIPE, and others, if the port has ended.
 */
int target_put(
	struct target *t, const uint8_t *p, uint32_t n, uint16_t link, struct pkts_error *err);

/* Writes out what is pending. 0, or negative errno and err. */
int target_close(struct target *t, struct pkts_error *err);

#endif
