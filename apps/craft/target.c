/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "target.h"

#include <errno.h>
#include <net/if.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "pkts_mbuf.h"
#include "signals.h"
#include "source.h"
#include "start.h"
#include "wall_clock.h"

#define MBUFS	  2047u
#define MBUF_DATA 2048u
#define ETHERNET  1u

/* A file and an interface of the same name are told apart by the option. */
static int name_of(char *to, const struct craft_options *o, struct pkts_error *err)
{
	if (o->write)
		return source_name(to, "pcap:", o->write, err);
	return source_name(to, if_nametoindex(o->port) ? "af_packet:" : "", o->port, err);
}

static int make_pool(struct target *t, struct pkts_error *err)
{
	t->pool = rte_pktmbuf_pool_create(
		"craft", MBUFS, 0, 0, RTE_PKTMBUF_HEADROOM + MBUF_DATA, (int)rte_socket_id());
	if (t->pool)
		return 0;
	snprintf(
		err->text, sizeof(err->text), "no memory for packets: %s", rte_strerror(rte_errno));
	return -ENOMEM;
}

static void add_hint(struct pkts_error *err)
{
	const size_t n = strnlen(err->text, sizeof(err->text) - 1);

	snprintf(err->text + n, sizeof(err->text) - n, " (pkts-dump -D lists what there is)");
}

int target_open(struct target *t, const struct craft_options *o, struct pkts_error *err)
{
	const struct pkts_port_conf conf = {.mode = PKTS_PORT_WRITE};
	char name[SOURCE_NAME_MAX];

	*t = (struct target){.live = o->port != NULL};
	if (!o->write && !o->port)
		return 0;
	int ret = name_of(name, o, err);
	if (ret == 0 && !o->from)
		ret = start_runtime("pkts-craft", name, o->eal, err);
	if (ret == 0)
		ret = make_pool(t, err);
	if (ret == 0)
		ret = pkts_port_open(&t->port, name, &conf, err);
	if (ret == -ENOENT && o->port)
		add_hint(err);
	return ret;
}

/* In as many segments as it takes. NULL if the pool is empty. */
static struct rte_mbuf *make_mbuf(struct rte_mempool *pool, const uint8_t *p, uint32_t n)
{
	struct rte_mbuf *const m = rte_pktmbuf_alloc(pool);

	for (struct rte_mbuf *last = m; last;) {
		const uint16_t piece = (uint16_t)PKTS_MIN(n, MBUF_DATA);
		memcpy(rte_pktmbuf_mtod(last, uint8_t *), p, piece);
		last->data_len = piece;
		m->pkt_len += piece;
		p += piece;
		n -= piece;
		if (n == 0)
			return m;
		last->next = rte_pktmbuf_alloc(pool);
		last = last->next;
		m->nb_segs++;
	}
	if (m) {
		/* The segment that there is none of. */
		m->nb_segs--;
		rte_pktmbuf_free(m);
	}
	return NULL;
}

static int ended(const struct target *t, struct pkts_error *err)
{
	int code = 0;

	if (!pkts_port_ended(t->port, &code, err))
		return 0;
	return code ? code : -EPIPE;
}

/* Those that are under way free their mbufs, or their place in the ring. */
static int send_one(struct target *t, struct rte_mbuf *m, struct pkts_error *err)
{
	while (pkts_port_tx_burst(t->port, &m, 1) == 0) {
		const int code = ended(t, err);
		if (code || signals_stop()) {
			rte_pktmbuf_free(m);
			return code;
		}
		sched_yield();
	}
	t->taken++;
	return ended(t, err);
}

static int refuse_link(struct pkts_error *err)
{
	snprintf(err->text, sizeof(err->text),
		"an interface sends Ethernet frames: begin the expression with eth");
	return -EINVAL;
}

int target_put(
	struct target *t, const uint8_t *p, uint32_t n, uint16_t link, struct pkts_error *err)
{
	struct rte_mbuf *m;

	if (t->live && link != ETHERNET)
		return refuse_link(err);
	while ((m = make_mbuf(t->pool, p, n)) == NULL) {
		if (signals_stop())
			return 0;
		/* Sending nothing lets a driver free what it has sent. */
		pkts_port_tx_burst(t->port, NULL, 0);
		sched_yield();
	}
	const uint64_t ns = wall_clock();
	t->ns = ns > t->ns ? ns : t->ns + 1;
	pkts_mbuf_set_timestamp(m, t->ns);
	pkts_mbuf_set_meta(m, (struct pkts_mbuf_meta){.wire_len = n, .link = link});
	return send_one(t, m, err);
}

int target_close(struct target *t, struct pkts_error *err)
{
	const int code = pkts_port_close(t->port, err);

	rte_mempool_free(t->pool);
	*t = (struct target){.taken = t->taken};
	return code;
}
