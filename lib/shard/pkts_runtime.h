/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Starting DPDK so that nobody has to know its arguments. */
#ifndef PKTS_RUNTIME_H
#define PKTS_RUNTIME_H

#include "pkts_base.h"
#include "pkts_error.h"

/* All zero is a good default: files, kernel interfaces and virtual devices, on one lcore. */
struct pkts_runtime_conf {
	const char *program; /* for logs; NULL: "pkts" */
	/* More EAL arguments, split at blanks; '...' and "..." hold them together. */
	const char *eal;
	bool pci;		 /* look for PCI devices: needed for a port such as 0000:03:00.0 */
	const char *pci_devices; /* of them only these, with blanks between them; NULL: all
				    that no other process uses. DPDK resets each that it takes */
	bool telemetry;		 /* answer dpdk-telemetry.py */
	uint32_t memory_mb; /* for packet buffers, where there are no hugepages; 0: 256. Touched
			       when used */

	/* Told in one sentence what was decided that someone may want to know: no hugepages. May be
	 * NULL. */
	void (*on_notice)(void *ctx, const char *text);
	void *ctx;
};

/*
 * Starts EAL on one lcore, which may run on every CPU that the process may, and calls
 * pkts_mbuf_init(). With free hugepages it uses them, and otherwise ordinary memory; an ordinary
 * user may do either. Arguments in conf->eal win over its own choices. Leaves no files behind. Once
 * per process, before the first port is opened, from the thread that will use them. 0; -EBUSY
 * for a NIC of pci_devices that another process uses; -EALREADY if
 * it has been called; -EINVAL for EAL arguments that cannot be understood; else the negative errno
 * of EAL.
 */
int pkts_runtime_init(const struct pkts_runtime_conf *conf, struct pkts_error *err);

/* Gives everything back. EAL cannot be started again in this process afterwards. */
void pkts_runtime_fini(void);

/* True if packet buffers lie in hugepages. */
bool pkts_runtime_hugepages(void);

#endif
