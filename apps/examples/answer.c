/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Answers ARP and ping for an address that no machine has: answer INTERFACE MAC ADDRESS [COUNT] */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkts_edit.h"
#include "pkts_index.h"
#include "pkts_mbuf.h"
#include "pkts_port.h"
#include "pkts_runtime.h"

struct me {
	struct pkts_mac mac;
	uint32_t address; /* host order */
};

/* The frame goes back to where it came from. */
static void turn_frame(struct pkts_eth eth, const struct me *me)
{
	pkts_eth_set_dst(eth, pkts_eth_src(eth));
	pkts_eth_set_src(eth, me->mac.b);
}

static bool answer_arp(const struct pkts_packet *packet, const struct me *me)
{
	const struct pkts_arp arp = pkts_arp(packet);
	const struct pkts_arp_ipv4 a = pkts_arp_ipv4(arp);

	if (a.p == NULL || pkts_arp_operation(arp) != PKTS_ARP_REQUEST ||
		pkts_arp_ipv4_tpa(a) != me->address)
		return false;
	pkts_arp_set_operation(arp, PKTS_ARP_REPLY);
	pkts_arp_ipv4_set_tha(a, pkts_arp_ipv4_sha(a));
	pkts_arp_ipv4_set_tpa(a, pkts_arp_ipv4_spa(a));
	pkts_arp_ipv4_set_sha(a, me->mac.b);
	pkts_arp_ipv4_set_spa(a, me->address);
	return true;
}

/* A sum does not mind that its addresses change places; the type and the TTL it has to be told of. */
static bool answer_ping(const struct pkts_packet *packet, const struct me *me)
{
	const struct pkts_ipv4 ip = pkts_ipv4(packet);
	const struct pkts_icmp icmp = pkts_icmp(packet);
	struct pkts_delta header = {0}, message = {0};

	if (icmp.p == NULL || pkts_icmp_type(icmp) != PKTS_ICMP_ECHO || ip.p == NULL ||
		pkts_ipv4_dst(ip) != me->address || packet->flags)
		return false;
	pkts_ipv4_set_dst(ip, pkts_ipv4_src(ip));
	pkts_ipv4_set_src(ip, me->address);
	pkts_ipv4_edit_ttl(ip, 64, &header);
	pkts_ipv4_fix(ip, header);
	pkts_icmp_edit_type(icmp, PKTS_ICMP_ECHO_REPLY, &message);
	pkts_icmp_fix(icmp, message);
	return true;
}

/* Turns a question into its answer, where it is. False if it is none, or not for us. */
static bool answer(const struct pkts_packet *packet, const struct me *me)
{
	const struct pkts_eth eth = pkts_eth(packet);

	if (eth.p == NULL || (!answer_arp(packet, me) && !answer_ping(packet, me)))
		return false;
	turn_frame(eth, me);
	return true;
}

static int answer_all(
	struct pkts_port *port, const struct me *me, unsigned long count, struct pkts_error *err)
{
	struct pkts_packet packet;
	struct rte_mbuf *m;
	int code = 0;

	while (count && !pkts_port_ended(port, &code, err)) {
		if (pkts_port_rx_burst(port, &m, 1) == 0) {
			pkts_port_wait(port, 100);
			continue;
		}
		pkts_mbuf_decode(NULL, &m, &packet);
		if (answer(&packet, me) && pkts_port_tx_burst(port, &m, 1))
			count--;
		else
			rte_pktmbuf_free(m);
	}
	return code;
}

static bool read_me(struct me *me, const char *mac, const char *address)
{
	uint8_t *const b = me->mac.b;
	struct in_addr a;

	if (inet_pton(AF_INET, address, &a) != 1 ||
		sscanf(mac, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &b[0], &b[1], &b[2], &b[3],
			&b[4], &b[5]) != 6)
		return false;
	me->address = ntohl(a.s_addr);
	return true;
}

int main(int argc, char **argv)
{
	const struct pkts_port_conf conf = {.mode = PKTS_PORT_READ_WRITE};
	struct pkts_error err = {
		"usage: answer INTERFACE MAC ADDRESS [COUNT]\n"
		"Answers ARP requests and pings for an IPv4 address, until it has sent "
		"COUNT answers."};
	const unsigned long count = argc == 5 ? strtoul(argv[4], NULL, 10) : -1ul;
	struct pkts_port *port;
	struct me me;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return puts(err.text), 0;
	if (argc < 4 || argc > 5 || !read_me(&me, argv[2], argv[3]) ||
		pkts_runtime_init(NULL, &err) || pkts_port_open(&port, argv[1], &conf, &err) ||
		pkts_port_activate(port, "arp or icmp", &err))
		return fprintf(stderr, "%s\n", err.text), 1;
	const int code = answer_all(port, &me, count, &err);
	if (code)
		fprintf(stderr, "%s\n", err.text);
	pkts_port_close(port, NULL);
	pkts_runtime_fini();
	return code != 0;
}
