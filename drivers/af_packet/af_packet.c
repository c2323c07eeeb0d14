/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The kernel's interfaces as ports, through packet sockets. */
#include "af_packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "driver.h"
#include "pkts_drivers.h"

#define RECEIVE_BUFFER (32 << 20)
#ifndef ARPHRD_RAWIP
#define ARPHRD_RAWIP 519 /* newer than the C library's list */
#endif
#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

static struct af_packet_port *af_packet(struct pkts_port *port)
{
	return (struct af_packet_port *)port;
}

/* By its index, since the name may be another interface's by now. */
static bool is_gone(const struct af_packet_port *p)
{
	struct ifreq r = {.ifr_ifindex = p->ifindex};
	return ioctl(p->fd, SIOCGIFNAME, &r) != 0;
}

void af_packet_end(struct af_packet_port *p)
{
	p->ended = true;
	if (is_gone(p))
		p->code =
			pkts_error_set(&p->why, -ENODEV, "interface '%s' went away", p->port.name);
	else if (p->lost == -ENETDOWN)
		p->code = pkts_error_set(&p->why, p->lost,
			"interface '%s' went down: bring it up with `ip link set %s up`",
			p->port.name, p->port.name);
	else
		p->code = pkts_error_set(&p->why, p->lost, "interface '%s' failed: %s",
			p->port.name, strerror(-p->lost));
}

void af_packet_lose(struct af_packet_port *p, int code)
{
	p->lost = code;
	if (!p->bound) /* nobody reads it */
		af_packet_end(p);
}

/* LINKTYPE_ values by the kernel's hardware types; those that a packet socket shows as they are. */
static const struct {
	uint16_t hardware, link;
} links[] = {
	{ARPHRD_ETHER, 1},
	{ARPHRD_LOOPBACK, 1},
	{ARPHRD_NONE, 101},
	{ARPHRD_RAWIP, 101},
	{ARPHRD_TUNNEL, 101},
	{ARPHRD_TUNNEL6, 101},
	{ARPHRD_SIT, 101},
	{ARPHRD_IEEE80211, 105},
	{ARPHRD_IEEE80211_RADIOTAP, 127},
};

static int find_link(struct af_packet_port *p, struct pkts_error *err)
{
	struct ifreq r = {0};

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", p->port.name);
	if (ioctl(p->fd, SIOCGIFHWADDR, &r))
		return pkts_error_set(
			err, -errno, "interface '%s': %s", p->port.name, strerror(errno));
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(links); i++) {
		if (r.ifr_hwaddr.sa_family == links[i].hardware) {
			p->link = links[i].link;
			p->loopback = r.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
			return 0;
		}
	}
	return pkts_error_set(err, -ENOTSUP,
		"interface '%s' has a link layer (ARPHRD type %u) that is not supported",
		p->port.name, r.ifr_hwaddr.sa_family);
}

static int open_socket(struct af_packet_port *p, struct pkts_error *err)
{
	p->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd >= 0)
		return 0;
	if (errno == EPERM || errno == EACCES)
		return pkts_error_set(err, -EPERM,
			"no permission for interface '%s': run as root, or give the program the "
			"capability once with `setcap cap_net_raw+ep PROGRAM`",
			p->port.name);
	return pkts_error_set(err, -errno, "cannot open a packet socket for '%s': %s", p->port.name,
		strerror(errno));
}

static int set_option(const struct af_packet_port *p, int level, int option)
{
	const int on = 1;
	return setsockopt(p->fd, level, option, &on, sizeof(on)) ? -errno : 0;
}

static void grow_buffer(const struct af_packet_port *p)
{
	const int size = RECEIVE_BUFFER;

	/* Above the system's limit only with CAP_NET_ADMIN; up to it always. */
	if (setsockopt(p->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static int be_promiscuous(const struct af_packet_port *p)
{
	const struct packet_mreq r = {.mr_ifindex = p->ifindex, .mr_type = PACKET_MR_PROMISC};
	return setsockopt(p->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &r, sizeof(r)) ? -errno : 0;
}

/* With protocol 0 the socket can send, and receives nothing. */
static int bind_to(const struct af_packet_port *p, uint16_t protocol)
{
	const struct sockaddr_ll a = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = p->ifindex,
	};
	return bind(p->fd, (const struct sockaddr *)(const void *)&a, sizeof(a)) ? -errno : 0;
}

static int set_up(
	struct af_packet_port *p, const struct pkts_port_conf *conf, struct pkts_error *err)
{
	int ret = set_option(p, SOL_PACKET, PACKET_AUXDATA);

	if (ret == 0)
		ret = set_option(p, SOL_SOCKET, SO_TIMESTAMPNS);
	if (ret == 0)
		ret = bind_to(p, 0);
	if (ret == 0 && conf->mode & PKTS_PORT_READ && !conf->no_promiscuous)
		ret = be_promiscuous(p);
	if (ret)
		return pkts_error_set(
			err, ret, "cannot set up interface '%s': %s", p->port.name, strerror(-ret));
	grow_buffer(p);
	ret = find_link(p, err);
	if (ret == 0 && p->loopback) /* kernels before 4.20 cannot: then they are told apart here */
		set_option(p, SOL_PACKET, PACKET_IGNORE_OUTGOING);
	return ret;
}

static int set_up_buffers(struct af_packet_port *p, struct pkts_error *err)
{
	p->overflow = malloc((size_t)BURST * OVERFLOW_SIZE);
	return p->overflow
		       ? 0
		       : pkts_error_set(err, -ENOMEM, "out of memory opening '%s'", p->port.name);
}

static void release(struct af_packet_port *p)
{
	for (unsigned i = 0; i < BURST; i++)
		rte_pktmbuf_free(p->slots[i]);
	if (p->fd >= 0)
		close(p->fd);
	pkts_filter_destroy(p->filter);
	free(p->overflow);
	pkts_port_free(&p->port);
}

static const struct pkts_port_ops ops;

static int af_packet_open(struct pkts_port **port, const char *name,
	const struct pkts_port_conf *conf, struct pkts_error *err)
{
	const unsigned ifindex = if_nametoindex(name);
	if (!ifindex)
		return pkts_error_set(err, errno == ENODEV ? -ENOENT : -errno,
			"there is no interface '%s' here", name);
	struct af_packet_port *p =
		pkts_port_new(sizeof(*p), &ops, name, conf->mode & PKTS_PORT_READ, conf, err);
	if (!p)
		return -ENOMEM;
	p->ifindex = (int)ifindex;
	p->snaplen = port_snaplen(conf);
	int ret = open_socket(p, err);
	if (ret == 0)
		ret = set_up(p, conf, err);
	if (ret == 0)
		ret = set_up_buffers(p, err);
	if (ret)
		release(p);
	else
		*port = &p->port;
	return ret;
}

/* Nothing new comes in while the filter rejects all, so this ends. */
static void flush_queue(const struct af_packet_port *p)
{
	char byte;

	while (recv(p->fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0 || errno == EINTR)
		;
}

/* Binding to an interface that is down succeeds and leaves an error in the socket. */
static int bind_for_receive(struct af_packet_port *p)
{
	int code = 0;
	socklen_t len = sizeof(code);
	const int ret = p->bound ? 0 : bind_to(p, ETH_P_ALL);

	if (ret)
		return ret;
	getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &code, &len);
	p->bound = code == 0;
	return -code;
}

static int cannot_listen(const struct af_packet_port *p, int code, struct pkts_error *err)
{
	if (code == -ENETDOWN)
		return pkts_error_set(err, code,
			"interface '%s' is down: bring it up with `ip link set %s up`",
			p->port.name, p->port.name);
	return pkts_error_set(
		err, code, "cannot listen on interface '%s': %s", p->port.name, strerror(-code));
}

static int af_packet_activate(
	struct pkts_port *port, const char *expression, struct pkts_error *err)
{
	struct af_packet_port *p = af_packet(port);
	struct pkts_filter *filter;
	int ret;

	if (!port->pool)
		return pkts_error_set(err, -EINVAL, "'%s' was opened for sending only", port->name);
	ret = pkts_filter_create(&filter, expression, p->link, err);
	if (ret)
		return ret;
	ret = socket_filter_reject(p->fd);
	if (ret) {
		pkts_filter_destroy(filter);
		return cannot_listen(p, ret, err);
	}
	flush_queue(p);
	pkts_filter_destroy(p->filter);
	p->filter = filter;
	p->in_kernel = socket_filter_attach(p->fd, pkts_filter_program(filter, p->link)) == 0;
	if (!p->in_kernel)
		socket_filter_attach(p->fd, NULL); /* then all of it is filtered here */
	ret = bind_for_receive(p);
	return ret ? cannot_listen(p, ret, err) : 0;
}

static int af_packet_deactivate(struct pkts_port *port, struct pkts_error *err)
{
	const int ret = socket_filter_reject(af_packet(port)->fd);
	return ret ? pkts_error_set(err, ret, "cannot stop receiving on '%s': %s", port->name,
			     strerror(-ret))
		   : 0;
}

static bool af_packet_wait(struct pkts_port *port, int timeout_ms)
{
	const struct af_packet_port *p = af_packet(port);
	struct pollfd f = {.fd = p->fd, .events = POLLIN};
	return p->lost || poll(&f, 1, timeout_ms) > 0;
}

static bool af_packet_ended(const struct pkts_port *port, int *code, struct pkts_error *err)
{
	const struct af_packet_port *p = (const struct af_packet_port *)port;

	if (!p->ended)
		return false;
	*code = p->code;
	if (err)
		*err = p->why;
	return true;
}

static void af_packet_stats(struct pkts_port *port, struct pkts_port_stats *stats)
{
	struct af_packet_port *p = af_packet(port);
	struct tpacket_stats kernel;
	socklen_t len = sizeof(kernel);

	/* Reading them sets the kernel's to zero. */
	if (getsockopt(p->fd, SOL_PACKET, PACKET_STATISTICS, &kernel, &len) == 0)
		p->stats.rx_dropped += kernel.tp_drops;
	*stats = p->stats;
}

static int af_packet_close(struct pkts_port *port, struct pkts_error *err)
{
	(void)err;
	release(af_packet(port));
	return 0;
}

static const struct pkts_port_ops ops = {
	.name = "af_packet",
	.activate = af_packet_activate,
	.deactivate = af_packet_deactivate,
	.rx_burst = af_packet_rx_burst,
	.tx_burst = af_packet_tx_burst,
	.wait = af_packet_wait,
	.ended = af_packet_ended,
	.stats = af_packet_stats,
	.close = af_packet_close,
};

static bool af_packet_claims(const char *name)
{
	return if_nametoindex(name) != 0;
}

const struct pkts_port_ops pkts_af_packet_driver = {
	.name = "af_packet",
	.claims = af_packet_claims,
	.open = af_packet_open,
};
