/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Finding, configuring and starting one DPDK device with one queue each way. */
#ifndef DEVICE_H
#define DEVICE_H

#include <rte_ethdev.h>

#include "pkts_error.h"

#define DEVICE_RING 1024 /* descriptors asked for, each way */

struct device {
	const char *name; /* the caller's */
	uint16_t id;
	bool running;
	bool started;	       /* now or before: something may wait in its ring */
	uint16_t segments_out; /* most mbufs of a chain that it sends; 1: it sends no chains */
	uint64_t sums_out;     /* RTE_ETH_TX_OFFLOAD_ of the checksums that it fills in */
	uint16_t rx_ring, tx_ring;
};

/* Does this look like a DPDK device: a PCI address, "net_...", or a device that EAL already has? */
bool device_claims(const char *name);

/* Does it fill in the checksums that an mbuf's ol_flags ask for? */
bool device_fills_in(const struct device *d, uint64_t ol_flags);

/* Finds the device, making it if need be. 0; -ENODEV; -EINVAL; ... */
int device_find(struct device *d, const char *name, struct pkts_error *err);

/* Sets up its queues; received mbufs come from pool. 0 or -errno. */
int device_configure(struct device *d, struct rte_mempool *pool, struct pkts_error *err);

int device_start(struct device *d, bool promiscuous, struct pkts_error *err);

/* Waits until it has a link, some seconds. 0; -ENETDOWN if it gets none; -EINTR. */
int device_await_link(const struct device *d, struct pkts_error *err);

/* Waits, about a tenth of a second, until what was sent has left: so many packets since it was
 * opened. */
void device_drain(const struct device *d, uint64_t sent);

void device_stop(struct device *d);
void device_release(struct device *d);

#endif
