/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Any bytes as a capture file: it opens or is refused, ends, and gives back every mbuf. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pkts_mbuf.h"
#include "pkts_port.h"
#include "pkts_runtime.h"

#define BURST 32
#define MBUFS                                                                                      \
	511 /* of 512 bytes, so that chains are common; enough for a few of the longest records */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rte_mempool *pool;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct pkts_error err;

	(void)argc;
	(void)argv;
	if (pkts_runtime_init(NULL, &err)) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	pool = rte_pktmbuf_pool_create(
		"fuzz", 4 * MBUFS, 0, 0, RTE_PKTMBUF_HEADROOM + 512, SOCKET_ID_ANY);
	return pool ? 0 : -1;
}

static void check(const struct rte_mbuf *m)
{
	const struct pkts_mbuf_meta meta = pkts_mbuf_meta(m);
	const char *reason;

	if (rte_mbuf_check(m, 1, &reason) || meta.wire_len < m->pkt_len)
		abort();
}

static void drain(struct pkts_port *port)
{
	struct rte_mbuf *burst[BURST];

	while (!pkts_port_ended(port, NULL, NULL)) {
		const uint16_t n = pkts_port_rx_burst(port, burst, BURST);
		for (uint16_t i = 0; i < n; i++)
			check(burst[i]);
		rte_pktmbuf_free_bulk(burst, n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const filters[] = {
		NULL, "tcp port 80 or vlan", "len > 100 or ip[ip[0]] = 7"};
	const struct pkts_port_conf conf = {.pool = pool, .snaplen = size % 5 ? 0 : 100};
	struct pkts_port *port;
	char name[64];
	int code;
	const int fd = memfd_create("fuzz", 0);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (pkts_port_open(&port, name, &conf, NULL) == 0) {
		if (pkts_port_activate(port, filters[size % 3], NULL) == 0)
			drain(port);
		if (pkts_port_ended(port, &code, NULL) && code > 0)
			abort();
		pkts_port_close(port, NULL);
	}
	close(fd);
	if (rte_mempool_avail_count(pool) != pool->size)
		abort();
	return 0;
}
