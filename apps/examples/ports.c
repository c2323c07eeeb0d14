/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Prints the TCP ports of each packet: ports FILE-OR-INTERFACE */
#include <stdio.h>
#include <string.h>

#include "pkts_index.h"
#include "pkts_mbuf.h"
#include "pkts_port.h"
#include "pkts_runtime.h"

static void print_ports(struct rte_mbuf *m)
{
	struct pkts_packet packet;

	pkts_mbuf_decode(NULL, &m, &packet);
	const struct pkts_tcp tcp = pkts_tcp(&packet);
	if (tcp.p)
		printf("%u -> %u\n", (unsigned)pkts_tcp_sport(tcp), (unsigned)pkts_tcp_dport(tcp));
	rte_pktmbuf_free(m);
}

int main(int argc, char **argv)
{
	struct pkts_error err = {"usage: ports FILE-OR-INTERFACE\n"
				 "Prints the TCP ports of each packet."};
	struct pkts_port *port;
	struct rte_mbuf *m;
	int code = 0;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return puts(err.text), 0;
	if (argc != 2 || pkts_runtime_init(NULL, &err) ||
		pkts_port_open(&port, argv[1], NULL, &err) || pkts_port_activate(port, NULL, &err))
		return fprintf(stderr, "%s\n", err.text), 1;
	while (!pkts_port_ended(port, &code, &err)) {
		if (pkts_port_rx_burst(port, &m, 1))
			print_ports(m);
		else
			pkts_port_wait(port, 100);
	}
	if (code)
		fprintf(stderr, "%s\n", err.text);
	pkts_port_close(port, NULL);
	pkts_runtime_fini();
	return code != 0;
}
