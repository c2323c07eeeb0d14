/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "device.h"

#include <ctype.h>
#include <errno.h>
#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_lcore.h>
#include <stdio.h>
#include <string.h>

#include "fail.h"
#include "quiet.h"

/* Wanted where offered: verdicts about checksums, and frames larger than an mbuf. */
#define RX_OFFLOADS                                                                                \
	(RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM |                            \
		RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_SCTP_CKSUM |                     \
		RTE_ETH_RX_OFFLOAD_SCATTER)
#define TX_CHECKSUMS                                                                               \
	(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM |                            \
		RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_SCTP_CKSUM |                     \
		RTE_ETH_TX_OFFLOAD_OUTER_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_OUTER_UDP_CKSUM)
#define TX_OFFLOADS (RTE_ETH_TX_OFFLOAD_MULTI_SEGS | TX_CHECKSUMS)

/* "0000:03:00.0" or "03:00.0". */
static bool is_pci_address(const char *s)
{
	unsigned domain, bus, slot, function;
	int n = 0;

	if (sscanf(s, "%4x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &n) == 4 && n > 0)
		return !s[n] || s[n] == ',';
	n = 0;
	return sscanf(s, "%2x:%2x.%1x%n", &bus, &slot, &function, &n) == 3 && n > 0 &&
	       (!s[n] || s[n] == ',');
}

/* What stands before the first comma: the device's name without its arguments. */
static void cut_arguments(char *to, size_t size, const char *name)
{
	snprintf(to, size, "%.*s", (int)strcspn(name, ","), name);
}

bool device_claims(const char *name)
{
	char plain[RTE_DEV_NAME_MAX_LEN];
	uint16_t id;

	if (is_pci_address(name) || strncmp(name, "net_", 4) == 0)
		return true;
	cut_arguments(plain, sizeof(plain), name);
	return rte_eth_dev_get_port_by_name(plain, &id) == 0;
}

/* Some drivers call the port otherwise than the device it stands on. */
static int id_by_device(const char *name, uint16_t *id)
{
	struct rte_eth_dev_info info;

	RTE_ETH_FOREACH_DEV (*id) {
		if (rte_eth_dev_info_get(*id, &info) == 0 && info.device &&
			strcmp(rte_dev_name(info.device), name) == 0)
			return 0;
	}
	return -ENODEV;
}

static int id_by_name(const char *name, uint16_t *id)
{
	char plain[RTE_DEV_NAME_MAX_LEN];

	cut_arguments(plain, sizeof(plain), name);
	return rte_eth_dev_get_port_by_name(plain, id) == 0 ? 0 : id_by_device(plain, id);
}

bool device_fills_in(const struct device *d, uint64_t ol_flags)
{
	static const struct {
		uint64_t mask, flag, offload;
	} rows[] = {
		{RTE_MBUF_F_TX_IP_CKSUM, RTE_MBUF_F_TX_IP_CKSUM, RTE_ETH_TX_OFFLOAD_IPV4_CKSUM},
		{RTE_MBUF_F_TX_L4_MASK, RTE_MBUF_F_TX_TCP_CKSUM, RTE_ETH_TX_OFFLOAD_TCP_CKSUM},
		{RTE_MBUF_F_TX_L4_MASK, RTE_MBUF_F_TX_UDP_CKSUM, RTE_ETH_TX_OFFLOAD_UDP_CKSUM},
		{RTE_MBUF_F_TX_L4_MASK, RTE_MBUF_F_TX_SCTP_CKSUM, RTE_ETH_TX_OFFLOAD_SCTP_CKSUM},
		{RTE_MBUF_F_TX_OUTER_IP_CKSUM, RTE_MBUF_F_TX_OUTER_IP_CKSUM,
			RTE_ETH_TX_OFFLOAD_OUTER_IPV4_CKSUM},
		{RTE_MBUF_F_TX_OUTER_UDP_CKSUM, RTE_MBUF_F_TX_OUTER_UDP_CKSUM,
			RTE_ETH_TX_OFFLOAD_OUTER_UDP_CKSUM},
	};
	/* Who cannot do the outer header does not know where the inner one is. */
	uint64_t needed =
		ol_flags & RTE_MBUF_F_TX_TUNNEL_MASK ? RTE_ETH_TX_OFFLOAD_OUTER_IPV4_CKSUM : 0;

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		if ((ol_flags & rows[i].mask) == rows[i].flag)
			needed |= rows[i].offload;
	return (needed & ~d->sums_out) == 0;
}

int device_find(struct device *d, const char *name, struct pkts_error *err)
{
	struct quiet quiet;

	*d = (struct device){.name = name};
	if (id_by_name(name, &d->id) == 0)
		return 0;
	quiet_begin(&quiet);
	const int ret = rte_dev_probe(name);
	const char *why = quiet_end(&quiet, ret < 0 ? strerror(-ret) : "");
	if (ret)
		return pkts_error_set(err, ret == -EEXIST ? ret : -ENODEV,
			"cannot use DPDK device '%s': %s%s", name, why,
			is_pci_address(name) ? " (is it bound to vfio-pci, and was the runtime "
					       "told to look for PCI devices?)"
					     : "");
	d->probed = true;
	if (id_by_name(name, &d->id) == 0)
		return 0;
	return pkts_error_set(
		err, -ENODEV, "DPDK device '%s' is there, but it is no network device", name);
}

static int set_up_queues(struct device *d, struct rte_mempool *pool)
{
	const unsigned socket = (unsigned)rte_eth_dev_socket_id(d->id);
	int ret;

	d->rx_ring = d->tx_ring = DEVICE_RING;
	ret = rte_eth_dev_adjust_nb_rx_tx_desc(d->id, &d->rx_ring, &d->tx_ring);
	if (ret == 0)
		ret = rte_eth_rx_queue_setup(d->id, 0, d->rx_ring, socket, NULL, pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(d->id, 0, d->tx_ring, socket, NULL);
	return ret;
}

static int try_configure(struct device *d, struct rte_mempool *pool)
{
	struct rte_eth_dev_info info;
	struct rte_eth_conf conf = {0};
	int ret = rte_eth_dev_info_get(d->id, &info);

	if (ret)
		return ret;
	conf.rxmode.offloads = info.rx_offload_capa & RX_OFFLOADS;
	conf.txmode.offloads = info.tx_offload_capa & TX_OFFLOADS;
	d->chains_out = conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	d->sums_out = conf.txmode.offloads & TX_CHECKSUMS;
	ret = rte_eth_dev_configure(d->id, 1, 1, &conf);
	return ret ? ret : set_up_queues(d, pool);
}

static int failed(
	const struct device *d, const char *what, int code, const char *why, struct pkts_error *err)
{
	return pkts_error_set(err, code, "cannot %s DPDK device '%s': %s", what, d->name, why);
}

int device_configure(struct device *d, struct rte_mempool *pool, struct pkts_error *err)
{
	struct quiet quiet;

	quiet_begin(&quiet);
	const int ret = try_configure(d, pool);
	const char *why = quiet_end(&quiet, ret < 0 ? strerror(-ret) : "");
	return ret < 0 ? failed(d, "configure", ret, why, err) : 0;
}

int device_start(struct device *d, bool promiscuous, struct pkts_error *err)
{
	struct quiet quiet;

	if (d->running)
		return 0;
	quiet_begin(&quiet);
	const int ret = rte_eth_dev_start(d->id);
	if (ret == 0 && promiscuous)
		rte_eth_promiscuous_enable(
			d->id); /* a device that cannot has no other frames either */
	const char *why = quiet_end(&quiet, ret < 0 ? strerror(-ret) : "");
	d->running = ret == 0;
	d->started |= d->running;
	return ret ? failed(d, "start", ret, why, err) : 0;
}

void device_stop(struct device *d)
{
	if (d->running)
		rte_eth_dev_stop(d->id);
	d->running = false;
}

void device_release(struct device *d)
{
	struct rte_eth_dev_info info = {0};
	struct quiet quiet;

	device_stop(d);
	const int known = rte_eth_dev_info_get(d->id, &info);
	quiet_begin(&quiet);
	rte_eth_dev_close(d->id);
	if (d->probed && known == 0 && info.device)
		rte_dev_remove(info.device);
	quiet_end(&quiet, "");
}
