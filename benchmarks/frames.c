/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "frames.h"

#include <errno.h>
#include <stdlib.h>

#include "pkts_mbuf.h"
#include "pkts_port.h"

#define BURST	      64
#define LINK_ETHERNET 1

int frames_init(struct frames *f, unsigned max)
{
	*f = (struct frames){.max = max};
	f->m = calloc(max, sizeof(f->m[0]));
	f->pool = rte_pktmbuf_pool_create(
		"frames", max + 2 * BURST, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	return f->m && f->pool ? 0 : -ENOMEM;
}

void frames_free(struct frames *f)
{
	rte_pktmbuf_free_bulk(f->m, f->n);
	rte_mempool_free(f->pool);
	free(f->m);
	*f = (struct frames){0};
}

static void keep(struct frames *f, struct rte_mbuf *m, unsigned most)
{
	if (f->n < most && m->nb_segs == 1 && pkts_mbuf_meta(m).link == LINK_ETHERNET) {
		f->m[f->n++] = m;
		return;
	}
	f->left_out++;
	rte_pktmbuf_free(m);
}

static int read_all(struct frames *f, struct pkts_port *port, unsigned most, struct pkts_error *err)
{
	struct rte_mbuf *burst[BURST];
	int code = 0;

	while (!pkts_port_ended(port, &code, err)) {
		const uint16_t n = pkts_port_rx_burst(port, burst, BURST);
		for (uint16_t i = 0; i < n; i++)
			keep(f, burst[i], most);
	}
	return code;
}

int frames_load(struct frames *f, const char *name, unsigned most, struct pkts_error *err)
{
	const struct pkts_port_conf conf = {.pool = f->pool};
	struct pkts_port *port;
	int ret = pkts_port_open(&port, name, &conf, err);

	if (ret)
		return ret;
	ret = pkts_port_activate(port, NULL, err);
	if (!ret)
		ret = read_all(f, port, most, err);
	pkts_port_close(port, NULL);
	return ret;
}

int frames_add_copy(struct frames *f, struct rte_mbuf *m)
{
	struct rte_mbuf *const copy =
		f->n < f->max ? rte_pktmbuf_copy(m, f->pool, 0, UINT32_MAX) : NULL;

	if (!copy)
		return -ENOMEM;
	f->m[f->n++] = copy;
	return 0;
}
