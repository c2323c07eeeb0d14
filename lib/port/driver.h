/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the drivers share: making and freeing a port with its pool. */
#ifndef DRIVER_H
#define DRIVER_H

#include "fail.h"
#include "pkts_port.h"

#define PORT_SNAPLEN_MAX 262144u
#define PORT_POOL_SIZE	 8191u
#define PORT_ROOM_MIN                                                                              \
	16u /* bytes of a buffer behind its headroom: a frame of 512 KiB is at most 32,768 of them */

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

/* Frees the bytes of a packet behind the first n. Metadata is the caller's to set again. */
void pkts_port_cut(struct rte_mbuf *m, uint32_t n);

/* Frees it, and its pool if that is its own. */
void pkts_port_free(struct pkts_port *port);

#endif
