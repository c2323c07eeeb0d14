/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Who uses a NIC: the kernel keeps two processes apart at VFIO, and at UIO it does not. */
#ifndef NIC_USE_H
#define NIC_USE_H

#include "pci_name.h"

/* The next NIC, of those that a driver for UIO has, that another process of this machine uses; false
 * behind the last. What other users' processes do is seen by root only. *at is 0 for the first. */
bool nic_use_next(unsigned *at, char address[PCI_NAME_SIZE]);

/* Does another process use the NIC of this name, "0000:03:00.0" or "03:00.0", maybe with arguments? */
bool nic_use_check(const char *name);

#endif
