/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * conn_state [-k] CAPTURE: runs the TCP machine over a capture, and prints a line for every connection in
 * the order of their ends: originator, its port, responder, its port, conn_state, history, packets of
 * either, the last state, segments that were SUSPECT, and INVALID ones; with tabs between. -k: segments with wrong
 * checksums count too.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkts_checksum.h"
#include "pkts_port.h"
#include "pkts_protocols.h"
#include "pkts_reassembly.h"
#include "pkts_runtime.h"
#include "pkts_session_key.h"
#include "pkts_tcp_session.h"

#define BURST 32
#define MOST  65536

struct connection {
	struct pkts_session_key key;
	struct pkts_tcp_session s;
	uint8_t first; /* the end of the key that direction 0 is from */
	bool live;
	uint64_t last, packets[2], suspect, invalid;
};

/* Zeek's defaults, as far as they have a counterpart. */
static const struct pkts_tcp_session_conf conf = {.reuse_established = true,
	.timeout_s = {[PKTS_TCP_TIMEOUT_EMBRYONIC] = 300,
		[PKTS_TCP_TIMEOUT_ESTABLISHED] = 300,
		[PKTS_TCP_TIMEOUT_CLOSING] = 300,
		[PKTS_TCP_TIMEOUT_CLOSED] = 5}};

static struct connection connections[MOST];
static unsigned count;
static bool keep_wrong;

/* As likely for a server as for nobody else; what Zeek's analyzers register. */
static bool serves(uint16_t port)
{
	static const uint16_t ports[] = {21, 22, 25, 53, 79, 80, 81, 88, 102, 110, 113, 135, 139,
		143, 389, 443, 445, 502, 513, 514, 563, 585, 587, 614, 631, 636, 989, 990, 992, 993,
		995, 1080, 1434, 1883, 2404, 2811, 3128, 3268, 3306, 3389, 5060, 5222, 5223, 5269,
		5432, 5900, 6379, 6666, 6667, 6668, 6669, 8000, 8080, 8443, 8888, 20000};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(ports); i++)
		if (ports[i] == port)
			return true;
	return false;
}

static void print_end(const struct connection *c, unsigned end)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(c->key.family == 4 ? AF_INET : AF_INET6, c->key.addr[end], text, sizeof(text));
	printf("%s\t%u\t", text, c->key.port[end]);
}

static void print(struct connection *c)
{
	const unsigned originator = pkts_tcp_session_originator(&c->s);
	char history[PKTS_TCP_HISTORY_MAX];

	pkts_tcp_history(&c->s, history);
	print_end(c, c->first ^ originator);
	print_end(c, !(c->first ^ originator));
	printf("%s\t%s\t%lu\t%lu\t%s\t%lu\t%lu\n", pkts_tcp_conn_state(&c->s), history,
		(unsigned long)c->packets[originator], (unsigned long)c->packets[!originator],
		pkts_tcp_state_name((enum pkts_tcp_state)c->s.state), (unsigned long)c->suspect,
		(unsigned long)c->invalid);
	c->live = false;
}

static void expire(uint64_t now)
{
	for (unsigned i = 0; i < count; i++) {
		struct connection *const c = &connections[i];
		if (c->live && now > c->last &&
			now - c->last > pkts_tcp_session_timeout_ns(
						&conf, pkts_tcp_session_timeout_class(&c->s)))
			print(c);
	}
}

static struct connection *find(const struct pkts_session_key *key)
{
	for (unsigned i = count; i-- > 0;)
		if (connections[i].live && pkts_session_key_equal(&connections[i].key, key))
			return &connections[i];
	return NULL;
}

static struct connection *begin(const struct pkts_session_key *key, unsigned swapped,
	const struct pkts_tcp_session_segment *seg)
{
	const unsigned flags = seg->flags & (PKTS_TCP_SYN | PKTS_TCP_ACK);
	const uint16_t from = key->port[swapped], to = key->port[!swapped];
	struct connection *const c = &connections[count++];

	if (count == MOST) {
		fprintf(stderr, "too many connections\n");
		exit(1);
	}
	*c = (struct connection){.key = *key, .first = (uint8_t)swapped, .live = true};
	if (flags != PKTS_TCP_SYN && serves(from) && (!serves(to) || from < to))
		pkts_tcp_session_set_originator(&c->s, 1);
	else if (flags != PKTS_TCP_SYN)
		pkts_tcp_session_set_originator(&c->s, 0);
	return c;
}

static void take(const struct pkts_packet *packet, const struct rte_mbuf *m)
{
	struct pkts_session_key key;
	struct pkts_session_at at;

	if (pkts_session_key_of(packet, PKTS_KEY_VLAN | PKTS_KEY_TUNNEL, &key, &at) ||
		key.protocol != PKTS_IPPROTO_TCP || at.l4 == PKTS_KEY_NO_LAYER)
		return;
	const struct pkts_layer *const layer = &packet->layers[at.l4];
	const struct pkts_tcp tcp = {.p = packet->data + layer->off, .head = layer->head};
	const struct pkts_tcp_session_segment seg =
		pkts_tcp_session_segment(tcp, layer->len - layer->head);
	const uint64_t now = pkts_mbuf_timestamp(m);
	if (!keep_wrong && pkts_mbuf_checksum(m, packet, at.l4) == PKTS_CHECKSUM_BAD)
		return;
	expire(now);
	struct connection *c = find(&key);
	if (c && pkts_tcp_session_restarts(&c->s, &conf, c->first != at.swapped, &seg)) {
		print(c);
		c = NULL;
	}
	c = c ? c : begin(&key, at.swapped, &seg);
	const unsigned dir = c->first != at.swapped;
	const struct pkts_judgement j = pkts_tcp_session_validate(&c->s, &conf, dir, &seg, now);
	c->last = now;
	c->packets[dir]++;
	c->suspect += j.validity == PKTS_SUSPECT;
	c->invalid += j.validity == PKTS_INVALID;
	if (j.validity == PKTS_INVALID && getenv("CONN_STATE_DEBUG"))
		fprintf(stderr, "INVALID %llx dir %u seq %u ack %u len %u flags %x\n",
			(unsigned long long)j.events, dir, seg.seq, seg.ack, seg.len, seg.flags);
}

static void run(struct pkts_port *port, struct pkts_mbuf_defrag *defrag)
{
	static struct pkts_packet packets[BURST];
	struct rte_mbuf *burst[BURST];

	while (!pkts_port_ended(port, NULL, NULL)) {
		uint16_t n = pkts_port_rx_burst(port, burst, BURST);
		n = pkts_mbuf_defrag(defrag, burst, packets, n, 0);
		for (uint16_t i = 0; i < n; i++)
			take(&packets[i], burst[i]);
		rte_pktmbuf_free_bulk(burst, n);
	}
	for (unsigned i = 0; i < count; i++)
		if (connections[i].live)
			print(&connections[i]);
}

int main(int argc, char **argv)
{
	const struct pkts_ipfrag_conf frag_conf = {.hold = pkts_mbuf_holder};
	struct pkts_mbuf_defrag defrag = {0};
	struct pkts_port_conf port_conf = {0};
	struct pkts_port *port;
	struct pkts_error err;
	char name[4096];

	keep_wrong = argc == 3 && strcmp(argv[1], "-k") == 0;
	if (argc != 2 + keep_wrong || pkts_runtime_init(NULL, &err))
		return 2;
	defrag.pool = port_conf.pool = rte_pktmbuf_pool_create(
		"conn_state", 8191, 0, 0, RTE_PKTMBUF_HEADROOM + 2048, SOCKET_ID_ANY);
	defrag.table = pkts_ipfrag_create(&frag_conf, SOCKET_ID_ANY);
	snprintf(name, sizeof(name), "pcap:%s", argv[argc - 1]);
	if (!defrag.pool || !defrag.table || pkts_port_open(&port, name, &port_conf, &err) ||
		pkts_port_activate(port, NULL, &err)) {
		fprintf(stderr, "%s: %s\n", name, err.text);
		return 2;
	}
	run(port, &defrag);
	pkts_port_close(port, NULL);
	pkts_ipfrag_destroy(defrag.table);
	return 0;
}
