/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* DPDK's devices as ports. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "device.h"
#include "driver.h"
#include "pkts_drivers.h"
#include "pkts_filter.h"
#include "pkts_mbuf_compose.h"

#define ETHERNET_LINK 1
#define IDLE_NS	      20000 /* between two looks at a quiet device */

/* A chain of more costs more descriptors than its bytes are worth: they are copied. */
#define SEGMENTS_CHEAP 32

struct ethdev_port {
	struct pkts_port port;
	struct device device;
	bool reads, writes, active, promiscuous;
	uint32_t snaplen;
	struct pkts_filter *filter;
	struct rte_mbuf **backlog; /* received before deactivate(), from `next` to `end` */
	uint16_t next, end;
	struct pkts_port_stats stats;
	struct rte_eth_stats before; /* the device's counters at activate() */
};

static struct ethdev_port *ethdev(struct pkts_port *port)
{
	return (struct ethdev_port *)port;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/*
 * Keeps what a packet is to keep. Whatever the device's clock may count is not time of day, so the
 * burst's time is put instead.
 */
static void finish_packet(const struct ethdev_port *e, struct rte_mbuf *m, uint64_t time)
{
	const struct pkts_mbuf_meta meta = {.wire_len = m->pkt_len, .link = ETHERNET_LINK};

	pkts_port_cut(m, e->snaplen);
	pkts_mbuf_set_timestamp(m, time);
	pkts_mbuf_set_meta(m, meta);
}

/* Keeps, in place, the packets that match; frees the others. How many are kept. */
static uint16_t select_packets(struct ethdev_port *e, struct rte_mbuf **pkts, uint16_t n)
{
	const uint64_t time = n ? now() : 0;
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		pkts[i]->ol_flags &=
			~pkts_mbuf_meta_flag; /* a driver may hand on an old mbuf's flags */
		if (!pkts_filter_match(e->filter, pkts[i])) {
			rte_pktmbuf_free(pkts[i]);
			continue;
		}
		finish_packet(e, pkts[i], time);
		pkts[kept++] = pkts[i];
	}
	e->stats.rx_filtered += (uint64_t)(n - kept);
	return kept;
}

static uint16_t take_backlog(struct ethdev_port *e, struct rte_mbuf **pkts, uint16_t n)
{
	const uint16_t k = (uint16_t)PKTS_MIN(n, (uint16_t)(e->end - e->next));

	if (k)
		memcpy(pkts, e->backlog + e->next, k * sizeof(*pkts));
	e->next = (uint16_t)(e->next + k);
	return k;
}

static uint16_t ethdev_rx_burst(struct pkts_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	struct ethdev_port *e = ethdev(port);
	uint16_t got;

	if (e->active)
		got = select_packets(e, pkts, rte_eth_rx_burst(e->device.id, 0, pkts, n));
	else
		got = take_backlog(e, pkts, n);
	for (uint16_t i = 0; i < got; i++)
		e->stats.rx_bytes += pkts[i]->pkt_len;
	e->stats.rx_packets += got;
	return got;
}

static void drop(struct ethdev_port *e, struct rte_mbuf **pkts, uint16_t n)
{
	rte_pktmbuf_free_bulk(pkts, n);
	e->stats.tx_dropped += n;
}

/* DPDK writes what it prepares into the packet, whoever else holds that. */
static bool is_own(const struct rte_mbuf *m)
{
	return RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1;
}

/* In fewer segments. Linearizing writes behind what the first one holds, which has to be its own. */
static bool merge_segments(const struct ethdev_port *e, struct rte_mbuf **m)
{
	struct rte_mbuf *copy;

	if (is_own(*m) && rte_pktmbuf_linearize(*m) == 0)
		return true;
	copy = rte_pktmbuf_copy(*m, e->port.pool, 0, UINT32_MAX);
	if (!copy || copy->nb_segs > e->device.segments_out) {
		rte_pktmbuf_free(copy);
		return (*m)->nb_segs <= e->device.segments_out;
	}
	rte_pktmbuf_free(*m);
	*m = copy;
	return true;
}

static bool fits(const struct ethdev_port *e, const struct rte_mbuf *m)
{
	return m->nb_segs <= PKTS_MIN(e->device.segments_out, SEGMENTS_CHEAP);
}

/* Sees to it that a packet can be sent as it is. asks: it leaves checksums to the device. */
static bool make_ready(const struct ethdev_port *e, struct rte_mbuf **m, bool *asks)
{
	if (PKTS_UNLIKELY((*m)->ol_flags & PKTS_MBUF_TX_CHECKSUMS)) {
		const bool device = is_own(*m) && device_fills_in(&e->device, (*m)->ol_flags);
		if (!device && pkts_mbuf_tx_finish(m))
			return false;
		*asks |= device;
	}
	return PKTS_LIKELY(fits(e, *m)) || merge_segments(e, m);
}

static uint16_t ethdev_tx_burst(struct pkts_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	struct ethdev_port *e = ethdev(port);
	uint64_t bytes = 0;
	bool asks = false;
	uint16_t sent, i;

	if (!e->writes || !e->device.running)
		return 0;
	for (i = 0; i < n && make_ready(e, &pkts[i], &asks); i++)
		;
	if (asks)
		i = rte_eth_tx_prepare(e->device.id, 0, pkts, i);
	for (uint16_t k = 0; k < i; k++)
		bytes += pkts[k]->pkt_len;
	sent = rte_eth_tx_burst(e->device.id, 0, pkts, i);
	for (uint16_t k = sent; k < i; k++)
		bytes -= pkts[k]->pkt_len;
	e->stats.tx_packets += sent;
	e->stats.tx_bytes += bytes;
	if (sent < i || i == n)
		return sent;
	/* A chain that the device does not send and that fits in no single mbuf; or checksums that can be
	 * made neither there nor here. */
	drop(e, pkts + i, 1);
	return (uint16_t)(i + 1);
}

static void free_backlog(struct ethdev_port *e)
{
	rte_pktmbuf_free_bulk(e->backlog + e->next, (unsigned)(e->end - e->next));
	e->next = e->end = 0;
}

/* Takes what waits in the device's ring: at most a ring full, for some devices never run dry. */
static void fetch_backlog(struct ethdev_port *e)
{
	uint16_t got;

	e->next = e->end = 0;
	do {
		got = rte_eth_rx_burst(e->device.id, 0, e->backlog + e->end,
			(uint16_t)(e->device.rx_ring - e->end));
		e->end = (uint16_t)(e->end + got);
	} while (got && e->end < e->device.rx_ring);
}

static int ethdev_activate(struct pkts_port *port, const char *expression, struct pkts_error *err)
{
	struct ethdev_port *e = ethdev(port);
	struct pkts_filter *filter;
	int ret;

	if (!e->reads)
		return pkts_error_set(err, -EINVAL, "'%s' was opened for sending only", port->name);
	ret = pkts_filter_create(&filter, expression, ETHERNET_LINK, err);
	if (ret)
		return ret;
	const bool fresh = !e->device.started;
	ret = device_start(&e->device, e->promiscuous, err);
	if (ret) {
		pkts_filter_destroy(filter);
		return ret;
	}
	free_backlog(e);
	if (!fresh) { /* what a device has from its very start on, like a file's packets, is wanted */
		fetch_backlog(e);
		free_backlog(e);
	}
	rte_eth_stats_get(e->device.id, &e->before);
	pkts_filter_destroy(e->filter);
	e->filter = filter;
	e->active = true;
	return 0;
}

static int ethdev_deactivate(struct pkts_port *port, struct pkts_error *err)
{
	struct ethdev_port *e = ethdev(port);

	(void)err;
	if (!e->active)
		return 0;
	fetch_backlog(e);
	e->end = select_packets(e, e->backlog, e->end);
	e->active = false;
	if (!e->writes)
		device_stop(&e->device);
	return 0;
}

static bool ethdev_wait(struct pkts_port *port, int timeout_ms)
{
	const struct timespec pause = {.tv_nsec = IDLE_NS};

	(void)port;
	if (timeout_ms)
		nanosleep(&pause, NULL);
	return true;
}

static bool ethdev_ended(const struct pkts_port *port, int *code, struct pkts_error *err)
{
	const struct ethdev_port *e = (const struct ethdev_port *)port;

	if (!rte_eth_dev_is_removed(e->device.id))
		return false;
	*code = pkts_error_set(err, -ENODEV, "DPDK device '%s' was removed", port->name);
	return true;
}

/* Counters of the device go down when someone resets them. */
static uint64_t since(uint64_t after, uint64_t before)
{
	return after > before ? after - before : 0;
}

static void ethdev_stats(struct pkts_port *port, struct pkts_port_stats *stats)
{
	const struct ethdev_port *e = ethdev(port);
	struct rte_eth_stats s;

	*stats = e->stats;
	if (rte_eth_stats_get(e->device.id, &s))
		return;
	stats->rx_dropped = since(s.imissed, e->before.imissed);
	stats->rx_errors = since(s.ierrors, e->before.ierrors);
	stats->rx_nombuf = since(s.rx_nombuf, e->before.rx_nombuf);
	stats->tx_dropped += since(s.oerrors, e->before.oerrors);
}

static int ethdev_close(struct pkts_port *port, struct pkts_error *err)
{
	struct ethdev_port *e = ethdev(port);

	(void)err;
	if (e->backlog)
		free_backlog(e);
	if (e->stats.tx_packets)
		device_drain(&e->device, e->stats.tx_packets);
	device_release(&e->device);
	pkts_filter_destroy(e->filter);
	free(e->backlog);
	pkts_port_free(port);
	return 0;
}

static const struct pkts_port_ops ops = {
	.name = "ethdev",
	.activate = ethdev_activate,
	.deactivate = ethdev_deactivate,
	.rx_burst = ethdev_rx_burst,
	.tx_burst = ethdev_tx_burst,
	.wait = ethdev_wait,
	.ended = ethdev_ended,
	.stats = ethdev_stats,
	.close = ethdev_close,
};

static int set_up(struct ethdev_port *e, struct pkts_error *err)
{
	int ret = device_configure(&e->device, e->port.pool, err);

	if (ret == 0) {
		e->backlog = calloc(e->device.rx_ring, sizeof(struct rte_mbuf *));
		if (!e->backlog)
			ret = pkts_error_set(
				err, -ENOMEM, "out of memory opening '%s'", e->port.name);
	}
	if (ret == 0 && e->writes)
		ret = device_start(&e->device, e->promiscuous, err);
	if (ret == 0 && e->writes)
		ret = device_await_link(&e->device, err);
	/* Who reads too may have to wait for the other end to come. */
	return ret == -ENETDOWN && e->reads ? 0 : ret;
}

static int ethdev_open(struct pkts_port **port, const char *name, const struct pkts_port_conf *conf,
	struct pkts_error *err)
{
	struct ethdev_port *e = pkts_port_new(sizeof(*e), &ops, name, true, conf, err);
	if (!e)
		return -ENOMEM;
	e->reads = conf->mode & PKTS_PORT_READ;
	e->writes = conf->mode & PKTS_PORT_WRITE;
	e->promiscuous = e->reads && !conf->no_promiscuous;
	e->snaplen = port_snaplen(conf);
	int ret = device_find(&e->device, e->port.name, err);
	if (ret) {
		pkts_port_free(&e->port);
		return ret;
	}
	ret = set_up(e, err);
	if (ret)
		ethdev_close(&e->port, NULL);
	else
		*port = &e->port;
	return ret;
}

const struct pkts_port_ops pkts_ethdev_driver = {
	.name = "ethdev",
	.claims = device_claims,
	.open = ethdev_open,
};
