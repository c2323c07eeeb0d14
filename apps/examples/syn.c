/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Sends a TCP SYN with the options that a usual machine gives it: syn FILE-OR-INTERFACE */
#include <stdio.h>
#include <string.h>

#include "pkts_mbuf_compose.h"
#include "pkts_port.h"
#include "pkts_runtime.h"

/* Lengths, checksums and what announces the next layer are derived. */
static struct rte_mbuf *craft_syn(struct rte_mempool *pool)
{
	return pkts_mbuf_compose_new(pool,
		ETH(.dst = PKTS_MAC(2, 0, 0, 0, 0, 2), .src = PKTS_MAC(2, 0, 0, 0, 0, 1)),
		IPV4(.src = PKTS_IPV4_ADDRESS(192, 0, 2, 1), .dst = PKTS_IPV4_ADDRESS(192, 0, 2, 2),
			.df = 1),
		TCP(.sport = 40000, .dport = 80, .seq = 1000, .flags = PKTS_TCP_SYN,
			.window = 64240,
			.opts = PKTS_OPTS(PKTS_OPT_MSS(1460), PKTS_OPT_SACK_PERMITTED,
				PKTS_OPT_TIMESTAMPS(1, 0), PKTS_OPT_NOP,
				PKTS_OPT_WINDOW_SCALE(7))));
}

int main(int argc, char **argv)
{
	const struct pkts_port_conf conf = {.mode = PKTS_PORT_WRITE};
	struct pkts_error err = {
		"usage: syn FILE-OR-INTERFACE\n"
		"Sends a TCP SYN with options, from 192.0.2.1 to 192.0.2.2 port 80."};
	struct pkts_port_stats stats;
	struct rte_mempool *pool;
	struct pkts_port *port;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return puts(err.text), 0;
	if (argc != 2 || pkts_runtime_init(NULL, &err) ||
		pkts_port_open(&port, argv[1], &conf, &err))
		return fprintf(stderr, "%s\n", err.text), 1;
	pool = rte_pktmbuf_pool_create("syn", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	struct rte_mbuf *m = pool ? craft_syn(pool) : NULL;
	const bool taken = m && pkts_port_tx_burst(port, &m, 1) == 1;
	if (!taken)
		rte_pktmbuf_free(m);
	pkts_port_stats(port, &stats);
	const bool sent = taken && stats.tx_dropped == 0;
	const int ret = pkts_port_close(port, &err);
	if (ret || !sent)
		fprintf(stderr, "%s\n", ret ? err.text : "the SYN could not be sent");
	pkts_runtime_fini();
	return !sent || ret;
}
