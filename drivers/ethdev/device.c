/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "device.h"

#include <ctype.h>
#include <errno.h>
#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_lcore.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fail.h"
#include "pci_name.h"
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

/* A NIC that is started begins to negotiate; what is sent before it has done that is lost. */
#define LINK_WAIT_NS UINT64_C(9000000000)
#define LINK_POLL_NS 10000000

/* How long a NIC may take to send what is in its ring. */
#define DRAIN_NS      1000000000
#define DRAIN_POLL_NS 1000000
#define GRACE_NS      100000000

/* The device's name without its arguments, which stand behind a comma; a PCI address in full, as EAL
 * calls its device. */
static void cut_arguments(char *to, size_t size, const char *name)
{
	char address[PCI_NAME_SIZE];

	if (pci_name_read(address, name))
		snprintf(to, size, "%s", address);
	else
		snprintf(to, size, "%.*s", (int)strcspn(name, ","), name);
}

bool device_claims(const char *name)
{
	char plain[RTE_DEV_NAME_MAX_LEN];
	uint16_t id;

	if (pci_name_read(NULL, name) || strncmp(name, "net_", 4) == 0)
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

	*d = (struct device){.name = name, .segments_out = 1};
	if (id_by_name(name, &d->id) == 0)
		return 0;
	quiet_begin(&quiet);
	const int ret = rte_dev_probe(name);
	const char *why = quiet_end(&quiet, ret < 0 ? strerror(-ret) : "");
	if (ret)
		return pkts_error_set(err, ret == -EEXIST ? ret : -ENODEV,
			"cannot use DPDK device '%s': %s%s", name, why,
			pci_name_read(NULL, name)
				? " (is it bound to vfio-pci, and was the runtime "
				  "told to look for PCI devices?)"
				: " (is there such a driver, are its arguments right, and "
				  "does it need root?)");
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

/*
 * NICs drop a packet of more segments than they can gather, or stop sending at all; and one that is
 * larger than the ring would wait for ever.
 */
static uint16_t most_segments(const struct device *d, const struct rte_eth_desc_lim *lim)
{
	const uint16_t ring = d->tx_ring / 4, most = PKTS_MIN(lim->nb_mtu_seg_max, ring);

	return most ? most : 1;
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
	d->sums_out = conf.txmode.offloads & TX_CHECKSUMS;
	ret = rte_eth_dev_configure(d->id, 1, 1, &conf);
	if (ret == 0)
		ret = set_up_queues(d, pool);
	if (ret == 0 && conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS)
		d->segments_out = most_segments(d, &info.tx_desc_lim);
	return ret;
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

static bool has_link(const struct device *d)
{
	struct rte_eth_link link;

	/* Who cannot say is believed to have one. */
	return rte_eth_link_get_nowait(d->id, &link) != 0 || link.link_status;
}

int device_await_link(const struct device *d, struct pkts_error *err)
{
	const struct timespec pause = {.tv_nsec = LINK_POLL_NS};

	for (uint64_t ns = 0; !has_link(d); ns += LINK_POLL_NS) {
		if (ns >= LINK_WAIT_NS)
			return pkts_error_set(err, -ENETDOWN,
				"DPDK device '%s' has no link: is there a cable, and is the other "
				"end up?",
				d->name);
		if (nanosleep(&pause, NULL))
			return pkts_error_set(
				err, -EINTR, "interrupted while waiting for '%s'", d->name);
	}
	return 0;
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

/*
 * The NIC has what it was given, but may not have sent it, and forgets it when it is closed. Drivers of
 * hardware count what has left; others count at once and say nothing of the rest.
 */
void device_drain(const struct device *d, uint64_t sent)
{
	const struct timespec pause = {.tv_nsec = DRAIN_POLL_NS}, grace = {.tv_nsec = GRACE_NS};
	struct rte_eth_stats s;

	for (uint64_t ns = 0; ns < DRAIN_NS; ns += DRAIN_POLL_NS) {
		if (rte_eth_stats_get(d->id, &s) || s.opackets + s.oerrors >= sent)
			break;
		nanosleep(&pause, NULL);
	}
	nanosleep(&grace, NULL);
}

/* Does another port stand on the same device? */
static bool is_shared(const struct rte_eth_dev_info *info)
{
	struct rte_eth_dev_info other;
	uint16_t id;

	RTE_ETH_FOREACH_DEV (id) {
		if (rte_eth_dev_info_get(id, &other) == 0 && other.device == info->device)
			return true;
	}
	return false;
}

/* A closed port does not come back: the device has to go, too, to be found again. */
void device_release(struct device *d)
{
	struct rte_eth_dev_info info = {0};
	struct quiet quiet;

	device_stop(d);
	const int known = rte_eth_dev_info_get(d->id, &info);
	quiet_begin(&quiet);
	rte_eth_dev_close(d->id);
	if (known == 0 && info.device && !is_shared(&info))
		rte_dev_remove(info.device);
	quiet_end(&quiet, "");
}
