/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Gives a machine inside VXLAN tunnels another address: rewrite_vxlan OLD NEW FROM TO */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "pkts_index.h"
#include "pkts_mbuf_edit.h"
#include "pkts_port.h"
#include "pkts_runtime.h"

/* Host order, as the fields of IPv4 are. */
struct rewrite {
	uint32_t old, new;
};

/*
 * Both addresses of each IPv4 header behind VXLAN's. Its own checksum, those of what it carries, and
 * those of the tunnels around are mended by the difference.
 */
static void rewrite(struct rte_mbuf **m, const struct rewrite *r)
{
	struct pkts_packet packet;
	bool inside = false;

	pkts_mbuf_decode(NULL, m, &packet);
	for (unsigned i = 0; i < packet.n; i++) {
		const struct pkts_ipv4 ip = pkts_ipv4_at(pkts_packet_ref(&packet, i));
		inside |= packet.layers[i].proto == PKTS_PROTO_VXLAN;
		if (!inside || packet.layers[i].proto != PKTS_PROTO_IPV4)
			continue;
		const bool src = pkts_ipv4_src(ip) == r->old, dst = pkts_ipv4_dst(ip) == r->old;
		if (src)
			pkts_mbuf_set(m, &packet, i, "src", r->new);
		if (dst)
			pkts_mbuf_set(m, &packet, i, "dst", r->new);
	}
}

static int rewrite_all(struct pkts_port *from, struct pkts_port *to, const struct rewrite *r,
	struct pkts_error *err)
{
	struct rte_mbuf *m;
	int code = 0;

	while (!pkts_port_ended(from, &code, err)) {
		if (pkts_port_rx_burst(from, &m, 1) == 0) {
			pkts_port_wait(from, 100);
			continue;
		}
		rewrite(&m, r);
		while (pkts_port_tx_burst(to, &m, 1) == 0)
			;
	}
	return code;
}

static bool read_address(const char *text, uint32_t *address)
{
	struct in_addr a;
	const bool ok = inet_pton(AF_INET, text, &a) == 1;

	*address = ok ? ntohl(a.s_addr) : 0;
	return ok;
}

int main(int argc, char **argv)
{
	const struct pkts_port_conf writes = {.mode = PKTS_PORT_WRITE};
	struct pkts_error err = {"usage: rewrite_vxlan OLD NEW FROM TO\n"
				 "Changes an IPv4 address inside VXLAN, wherever it is source or "
				 "destination,\nwith every checksum that depends on it."};
	struct pkts_port *from, *to;
	struct rewrite r;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return puts(err.text), 0;
	if (argc != 5 || !read_address(argv[1], &r.old) || !read_address(argv[2], &r.new) ||
		pkts_runtime_init(NULL, &err) || pkts_port_open(&from, argv[3], NULL, &err) ||
		pkts_port_open(&to, argv[4], &writes, &err) || pkts_port_activate(from, NULL, &err))
		return fprintf(stderr, "%s\n", err.text), 1;
	int code = rewrite_all(from, to, &r, &err);
	if (code)
		fprintf(stderr, "%s\n", err.text);
	if (pkts_port_close(to, &err))
		code = fprintf(stderr, "%s\n", err.text);
	pkts_port_close(from, NULL);
	pkts_runtime_fini();
	return code != 0;
}
