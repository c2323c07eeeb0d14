/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pci_name.h"

#include <string.h>

bool pci_name_read(char full[PCI_NAME_SIZE], const char *device)
{
	const size_t n = strcspn(device, ",");
	struct rte_pci_addr address;
	char plain[PCI_NAME_SIZE];

	if (n >= sizeof(plain))
		return false;
	memcpy(plain, device, n);
	plain[n] = 0;
	if (rte_pci_addr_parse(plain, &address))
		return false;
	if (full)
		rte_pci_device_name(&address, full, PCI_NAME_SIZE);
	return true;
}
