/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Tags what it receives, and sends it on: push_vlan ID FROM TO */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkts_mbuf_edit.h"
#include "pkts_port.h"
#include "pkts_runtime.h"

/* Frames that are not Ethernet, and those whose table is full, go on as they are. */
static void push_tag(struct rte_mbuf **m, uint16_t id)
{
	struct pkts_packet packet;

	pkts_mbuf_decode(NULL, m, &packet);
	pkts_mbuf_push_vlan(m, &packet, PKTS_ETHERTYPE_VLAN, 0, id);
}

/* A port takes what it can; the rest is offered again. */
static void send_all(struct pkts_port *to, struct rte_mbuf **m, uint16_t n)
{
	for (uint16_t sent = 0; sent < n;)
		sent = (uint16_t)(sent + pkts_port_tx_burst(to, m + sent, (uint16_t)(n - sent)));
}

static int tag_all(
	struct pkts_port *from, struct pkts_port *to, uint16_t id, struct pkts_error *err)
{
	struct rte_mbuf *m[32];
	int code = 0;

	while (!pkts_port_ended(from, &code, err)) {
		const uint16_t n = pkts_port_rx_burst(from, m, 32);
		for (uint16_t i = 0; i < n; i++)
			push_tag(&m[i], id);
		send_all(to, m, n);
		if (n == 0)
			pkts_port_wait(from, 100);
	}
	return code;
}

int main(int argc, char **argv)
{
	const struct pkts_port_conf writes = {.mode = PKTS_PORT_WRITE};
	struct pkts_error err = {
		"usage: push_vlan ID FROM TO\n"
		"Puts a VLAN tag into each frame of a file or interface, and sends it."};
	struct pkts_port *from, *to;
	const unsigned long id = argc == 4 ? strtoul(argv[1], NULL, 10) : 0;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return puts(err.text), 0;
	if (id < 1 || id > 4094 || pkts_runtime_init(NULL, &err) ||
		pkts_port_open(&from, argv[2], NULL, &err) ||
		pkts_port_open(&to, argv[3], &writes, &err) || pkts_port_activate(from, NULL, &err))
		return fprintf(stderr, "%s\n", err.text), 1;
	int code = tag_all(from, to, (uint16_t)id, &err);
	if (code)
		fprintf(stderr, "%s\n", err.text);
	if (pkts_port_close(to, &err))
		code = fprintf(stderr, "%s\n", err.text);
	pkts_port_close(from, NULL);
	pkts_runtime_fini();
	return code != 0;
}
