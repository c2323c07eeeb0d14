/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What ports there are on this machine: the kernel's interfaces and DPDK's devices. */
#ifndef PKTS_INTERFACE_H
#define PKTS_INTERFACE_H

#include "pkts_base.h"
#include "pkts_error.h"

#define PKTS_INTERFACE_ADDRESSES 32

struct pkts_interface_address {
	uint8_t bytes[16]; /* network byte order; IPv4: the first 4 */
	uint8_t version;   /* 4 or 6 */
	uint8_t prefix;	   /* bits of the network part */
};

struct pkts_interface {
	char name[64];	    /* what pkts_port_open() takes */
	const char *driver; /* "af_packet" or "ethdev": which driver that would be */
	uint32_t index;	    /* the kernel's ifindex, or DPDK's port id */
	uint32_t mtu;	    /* bytes of payload */
	uint32_t flags; /* IFF_ values of netdevice(7), as the kernel has them; 0 for DPDK's devices
			 */
	uint16_t type;	/* ARPHRD_ value: 1 Ethernet, 772 loopback, 65534 without a link layer */
	bool up;	/* administratively */
	bool carrier;	/* and able to carry frames now */
	bool loopback;
	bool has_mac;
	uint8_t mac[6];
	unsigned n_addresses; /* those beyond PKTS_INTERFACE_ADDRESSES are left out */
	struct pkts_interface_address addresses[PKTS_INTERFACE_ADDRESSES];
};

/*
 * All of them, in the order of their index, the kernel's first, those of the caller's network
 * namespace; DPDK's devices are there if EAL runs and has found or been given any. 0 and an array
 * of *n, for pkts_interface_list_destroy(); -errno.
 */
int pkts_interface_list_create(struct pkts_interface **list, unsigned *n, struct pkts_error *err);
void pkts_interface_list_destroy(struct pkts_interface *list);

#endif
