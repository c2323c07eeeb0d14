/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_port.h"

#include <errno.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "pkts_mbuf.h"
#include "quiet.h"

/* Packets are put behind the headroom: buffers without room there would be chained without end. */
static int check_pool(const char *name, const struct rte_mempool *pool, struct pkts_error *err)
{
	if (!pool)
		return 0;
	if (pool->private_data_size < sizeof(struct rte_pktmbuf_pool_private))
		return pkts_error_set(err, -EINVAL,
			"pool '%s' for '%s' is no pool of packet buffers: make it with "
			"rte_pktmbuf_pool_create()",
			pool->name, name);
	const struct rte_pktmbuf_pool_private *p =
		rte_mempool_get_priv((struct rte_mempool *)(uintptr_t)pool);
	if (p->mbuf_data_room_size < RTE_PKTMBUF_HEADROOM + PORT_ROOM_MIN)
		return pkts_error_set(err, -EINVAL,
			"pool '%s' for '%s' has buffers of %u bytes: at least %u are needed, the "
			"headroom of %u among them",
			pool->name, name, p->mbuf_data_room_size,
			RTE_PKTMBUF_HEADROOM + PORT_ROOM_MIN, RTE_PKTMBUF_HEADROOM);
	return 0;
}

static int check_conf(const char *name, const struct pkts_port_conf *conf, struct pkts_error *err)
{
	if (conf->snaplen > PORT_SNAPLEN_MAX)
		return pkts_error_set(err, -EINVAL,
			"snaplen %u for '%s' is out of range: 1 to %u bytes, or 0 for all",
			conf->snaplen, name, PORT_SNAPLEN_MAX);
	if ((unsigned)conf->mode > PKTS_PORT_READ_WRITE)
		return pkts_error_set(err, -EINVAL, "mode %d for '%s' is neither read nor write",
			(int)conf->mode, name);
	return check_pool(name, conf->pool, err);
}

/* The driver that "NAME:..." names; *rest is then what follows the colon. */
static const struct pkts_port_ops *named_driver(const char *name, const char **rest)
{
	for (const struct pkts_port_ops *const *d = pkts_port_drivers; *d; d++) {
		const size_t n = strlen((*d)->name);
		if (strncmp(name, (*d)->name, n) == 0 && name[n] == ':') {
			*rest = name + n + 1;
			return *d;
		}
	}
	return NULL;
}

static const struct pkts_port_ops *claiming_driver(const char *name)
{
	for (const struct pkts_port_ops *const *d = pkts_port_drivers; *d; d++)
		if ((*d)->claims(name))
			return *d;
	return NULL;
}

static int unknown(const char *name, struct pkts_error *err)
{
	if (strcmp(name, "any") == 0)
		return pkts_error_set(
			err, -ENOENT, "'any' is no interface of its own: name one interface");
	return pkts_error_set(err, -ENOENT,
		"no file, interface or DPDK device is called '%s': name one that is there", name);
}

int pkts_port_open(struct pkts_port **port, const char *name, const struct pkts_port_conf *conf,
	struct pkts_error *err)
{
	struct pkts_port_conf c = conf ? *conf : (struct pkts_port_conf){0};
	const char *rest = name;
	int ret = check_conf(name, &c, err);

	*port = NULL;
	if (ret)
		return ret;
	if (!c.mode)
		c.mode = PKTS_PORT_READ;
	const struct pkts_port_ops *driver = named_driver(name, &rest);
	if (!driver)
		driver = claiming_driver(name);
	if (!driver)
		return unknown(name, err);
	return driver->open(port, rest, &c, err);
}

int pkts_port_activate(struct pkts_port *port, const char *filter, struct pkts_error *err)
{
	return port->ops->activate(port, filter ? filter : "", err);
}

int pkts_port_deactivate(struct pkts_port *port, struct pkts_error *err)
{
	return port->ops->deactivate(port, err);
}

bool pkts_port_wait(struct pkts_port *port, int timeout_ms)
{
	return port->ops->wait(port, timeout_ms);
}

bool pkts_port_ended(const struct pkts_port *port, int *code, struct pkts_error *err)
{
	int unwanted;
	return port->ops->ended(port, code ? code : &unwanted, err);
}

void pkts_port_progress(const struct pkts_port *port, uint64_t *done, uint64_t *all)
{
	*done = *all = 0;
	if (port->ops->progress)
		port->ops->progress(port, done, all);
}

void pkts_port_stats(struct pkts_port *port, struct pkts_port_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	port->ops->stats(port, stats);
}

const char *pkts_port_name(const struct pkts_port *port)
{
	return port->name;
}

const char *pkts_port_driver(const struct pkts_port *port)
{
	return port->ops->name;
}

int pkts_port_close(struct pkts_port *port, struct pkts_error *err)
{
	return port ? port->ops->close(port, err) : 0;
}

/* A file can wait for the buffers that are made when they are wanted; a NIC cannot. */
static struct rte_mempool *create_pool(
	const char *name, uint32_t size, const struct pkts_port_ops *ops)
{
	const unsigned cache = PKTS_MIN(size / 4, 256u);
	const int socket = (int)rte_socket_id();

	return ops->patient ? pkts_mbuf_pool_create(name, size, cache, socket)
			    : rte_pktmbuf_pool_create(
				      name, size, cache, 0, RTE_MBUF_DEFAULT_BUF_SIZE, socket);
}

static struct rte_mempool *new_pool(
	uint32_t size, const struct pkts_port_ops *ops, struct pkts_error *err)
{
	static unsigned count;
	char name[RTE_MEMPOOL_NAMESIZE];
	struct rte_mempool *pool;
	struct quiet quiet;

	quiet_begin(&quiet);
	snprintf(name, sizeof(name), "pkts_port_%u",
		__atomic_fetch_add(&count, 1, __ATOMIC_RELAXED));
	pool = create_pool(name, size, ops);
	quiet_end(&quiet, "");
	if (!pool)
		pkts_error_set(err, -rte_errno,
			"no memory for a pool of %u packet buffers (%s): give the runtime more "
			"memory or ask for a smaller pool",
			size, rte_strerror(rte_errno));
	return pool;
}

void *pkts_port_new(size_t size, const struct pkts_port_ops *ops, const char *name, bool reads,
	const struct pkts_port_conf *conf, struct pkts_error *err)
{
	struct pkts_port *port = calloc(1, size);

	if (port)
		port->name = strdup(name);
	if (!port || !port->name) {
		free(port);
		pkts_error_set(err, -ENOMEM, "out of memory opening '%s'", name);
		return NULL;
	}
	port->ops = ops;
	port->pool = conf->pool;
	if (reads && !port->pool) {
		port->pool = new_pool(conf->pool_size ? conf->pool_size : PORT_POOL_SIZE, ops, err);
		port->owns_pool = port->pool != NULL;
		if (!port->pool) {
			pkts_port_free(port);
			return NULL;
		}
	}
	return port;
}

void pkts_port_cut(struct rte_mbuf *m, uint32_t n)
{
	struct rte_mbuf *last = m;
	uint32_t left = n;

	if (m->pkt_len <= n)
		return;
	m->pkt_len = n;
	for (m->nb_segs = 1; left > last->data_len; m->nb_segs++) {
		left -= last->data_len;
		last = last->next;
	}
	last->data_len = (uint16_t)left;
	rte_pktmbuf_free(last->next);
	last->next = NULL;
}

void pkts_port_free(struct pkts_port *port)
{
	if (port->owns_pool)
		rte_mempool_free(port->pool);
	free(port->name);
	free(port);
}
