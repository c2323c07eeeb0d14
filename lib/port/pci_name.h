/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* PCI addresses as people write them: "0000:03:00.0" or "03:00.0", alone or before ",arguments". */
#ifndef PCI_NAME_H
#define PCI_NAME_H

#include <rte_pci.h>

#include "pkts_base.h"

#define PCI_NAME_SIZE PCI_PRI_STR_SIZE

/* full: the address as EAL and the kernel call the device, with its domain; NULL if nobody needs it.
 * False: it is no PCI address. */
bool pci_name_read(char full[PCI_NAME_SIZE], const char *device);

#endif
