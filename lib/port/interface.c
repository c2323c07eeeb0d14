/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_interface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <rte_ethdev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fail.h"

#define LIST_MAX 65536u

struct list {
	struct pkts_interface *at;
	unsigned n, room;
};

static struct pkts_interface *add(struct list *l, const char *name, const char *driver)
{
	if (l->n == l->room) {
		const unsigned room = l->room ? l->room * 2 : 16;
		struct pkts_interface *more =
			room <= LIST_MAX ? realloc(l->at, room * sizeof(*more)) : NULL;
		if (!more)
			return NULL;
		l->at = more;
		l->room = room;
	}
	struct pkts_interface *i = &l->at[l->n++];
	memset(i, 0, sizeof(*i));
	snprintf(i->name, sizeof(i->name), "%s", name);
	i->driver = driver;
	return i;
}

static struct pkts_interface *find(const struct list *l, const char *name)
{
	for (unsigned i = 0; i < l->n; i++)
		if (strcmp(l->at[i].name, name) == 0)
			return &l->at[i];
	return NULL;
}

static uint32_t mtu_of(int fd, const char *name)
{
	struct ifreq r = {0};

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	return ioctl(fd, SIOCGIFMTU, &r) ? 0 : (uint32_t)r.ifr_mtu;
}

static int add_link(struct list *l, int fd, const struct ifaddrs *a)
{
	const struct sockaddr_ll *link = (const struct sockaddr_ll *)(const void *)a->ifa_addr;
	struct pkts_interface *i = add(l, a->ifa_name, "af_packet");

	if (!i)
		return -ENOMEM;
	i->index = (uint32_t)link->sll_ifindex;
	i->type = link->sll_hatype;
	i->flags = a->ifa_flags;
	i->up = a->ifa_flags & IFF_UP;
	i->carrier = i->up && (a->ifa_flags & IFF_RUNNING);
	i->loopback = a->ifa_flags & IFF_LOOPBACK;
	i->mtu = mtu_of(fd, a->ifa_name);
	i->has_mac = link->sll_halen == sizeof(i->mac) && link->sll_hatype == ARPHRD_ETHER;
	if (i->has_mac)
		memcpy(i->mac, link->sll_addr, sizeof(i->mac));
	return 0;
}

static uint8_t prefix_len(const uint8_t *mask, unsigned n)
{
	uint8_t bits = 0;

	for (unsigned i = 0; i < n; i++)
		bits = (uint8_t)(bits + __builtin_popcount(mask[i]));
	return bits;
}

/* Where the address stands in a sockaddr of its family. */
static const uint8_t *address_bytes(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET)
		return (const uint8_t *)&((const struct sockaddr_in *)(const void *)a)->sin_addr;
	return (const uint8_t *)&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
}

static void add_address(struct pkts_interface *i, const struct ifaddrs *a)
{
	const bool v4 = a->ifa_addr->sa_family == AF_INET;
	const unsigned n = v4 ? 4 : 16;

	if (i->n_addresses == PKTS_INTERFACE_ADDRESSES)
		return;
	struct pkts_interface_address *to = &i->addresses[i->n_addresses++];
	to->version = v4 ? 4 : 6;
	memcpy(to->bytes, address_bytes(a->ifa_addr), n);
	to->prefix =
		a->ifa_netmask ? prefix_len(address_bytes(a->ifa_netmask), n) : (uint8_t)(8 * n);
}

static int add_kernel(struct list *l, int fd, const struct ifaddrs *all)
{
	for (const struct ifaddrs *a = all; a; a = a->ifa_next)
		if (a->ifa_addr && a->ifa_addr->sa_family == AF_PACKET && add_link(l, fd, a))
			return -ENOMEM;
	for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
		if (!a->ifa_addr ||
			(a->ifa_addr->sa_family != AF_INET && a->ifa_addr->sa_family != AF_INET6))
			continue;
		struct pkts_interface *i = find(l, a->ifa_name);
		if (i)
			add_address(i, a);
	}
	return 0;
}

static int by_index(const void *a, const void *b)
{
	const struct pkts_interface *x = a, *y = b;
	return x->index < y->index ? -1 : x->index > y->index;
}

static int list_kernel(struct list *l)
{
	struct ifaddrs *all;
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (getifaddrs(&all)) {
		close(fd);
		return -errno;
	}
	const int ret = add_kernel(l, fd, all);
	freeifaddrs(all);
	close(fd);
	if (l->n)
		qsort(l->at, l->n, sizeof(*l->at), by_index);
	return ret;
}

static int add_device(struct list *l, uint16_t port)
{
	char name[RTE_ETH_NAME_MAX_LEN] = "";
	struct rte_eth_link link = {0};
	struct rte_ether_addr mac;
	uint16_t mtu = 0;

	if (rte_eth_dev_get_name_by_port(port, name))
		return 0;
	struct pkts_interface *i = add(l, name, "ethdev");
	if (!i)
		return -ENOMEM;
	i->index = port;
	i->type = ARPHRD_ETHER;
	i->up = rte_eth_link_get_nowait(port, &link) == 0 && link.link_status;
	i->carrier = i->up;
	i->has_mac = rte_eth_macaddr_get(port, &mac) == 0;
	if (i->has_mac)
		memcpy(i->mac, mac.addr_bytes, sizeof(i->mac));
	rte_eth_dev_get_mtu(port, &mtu);
	i->mtu = mtu;
	return 0;
}

static int list_devices(struct list *l)
{
	uint16_t port;

	RTE_ETH_FOREACH_DEV (port) {
		if (add_device(l, port))
			return -ENOMEM;
	}
	return 0;
}

int pkts_interface_list_create(struct pkts_interface **list, unsigned *n, struct pkts_error *err)
{
	struct list l = {0};
	int ret = list_kernel(&l);

	if (ret == 0)
		ret = list_devices(&l);
	if (ret) {
		free(l.at);
		return pkts_error_set(err, ret, "cannot list the interfaces: %s", strerror(-ret));
	}
	*list = l.at;
	*n = l.n;
	return 0;
}

void pkts_interface_list_destroy(struct pkts_interface *list)
{
	free(list);
}
