/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the drivers share: making and freeing a port with its pool. */
#ifndef DRIVER_H
#define DRIVER_H

#include "fail.h"
#include "pkts_port.h"

#define PORT_SNAPLEN_MAX 262144u
#define PORT_POOL_SIZE	 8191u

/* Bytes of a packet to keep: conf's snaplen, or all. */
static inline uint32_t port_snaplen(const struct pkts_port_conf *conf)
{
	return conf->snaplen ? conf->snaplen : PORT_SNAPLEN_MAX;
}

/*
 * A zeroed structure of `size` bytes that starts with a struct pkts_port, its ops and name set and,
 * if `reads`, its pool: the caller's from conf or a new one. NULL with err when memory is short.
 */
void *pkts_port_new(size_t size, const struct pkts_port_ops *ops, const char *name, bool reads,
	const struct pkts_port_conf *conf, struct pkts_error *err);

/* Frees it, and its pool if that is its own. */
void pkts_port_free(struct pkts_port *port);

#endif
