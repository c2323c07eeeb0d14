/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * nic_pair A B: two NICs that a wire joins, both ends in one process. Prints what it sees, one JSON
 * object a step; nic_test.py, outside of the machine that has the NICs, says what is right. No time is
 * waited for: the wire keeps order, so a last frame, known by its port, says that all are through.
 */
#include <inttypes.h>
#include <rte_ethdev.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "pkts_checksum.h"
#include "pkts_index.h"
#include "pkts_interface.h"
#include "pkts_mbuf_compose.h"
#include "pkts_port.h"
#include "pkts_runtime.h"

#define DEADLINE_S 15 /* for what never comes */
#define LAST	   9999
#define MBUFS	   8191u
#define SMALL	   640u /* bytes of data in a buffer that a full frame does not fit into */
#define FLOOD	   3000u

static const char *names[2];
static struct pkts_port *ports[2];
static struct pkts_mac macs[2];
static struct rte_mempool *big, *small;
static struct pkts_error err;
static uint8_t payload[1472];

static bool complain(const char *what)
{
	printf("{\"step\":\"failed\",\"what\":\"%s\",\"error\":\"%s\"}\n", what, err.text);
	return false;
}

static bool open_both(struct rte_mempool *pool, bool no_promiscuous)
{
	const struct pkts_port_conf conf = {
		.mode = PKTS_PORT_READ_WRITE,
		.pool = pool,
		.no_promiscuous = no_promiscuous,
	};

	for (unsigned i = 0; i < 2; i++)
		if (pkts_port_open(&ports[i], names[i], &conf, &err))
			return complain("open");
	return true;
}

static bool activate(const char *filter)
{
	return pkts_port_activate(ports[1], filter, &err) == 0 || complain("activate");
}

static void close_both(void)
{
	for (unsigned i = 0; i < 2; i++) {
		pkts_port_close(ports[i], NULL);
		ports[i] = NULL;
	}
}

static bool send_mbuf(struct rte_mbuf *m)
{
	const time_t start = time(NULL);

	while (m && pkts_port_tx_burst(ports[0], &m, 1) == 0)
		if (time(NULL) > start + DEADLINE_S) {
			rte_pktmbuf_free(m);
			return complain("send");
		}
	return m || complain("compose");
}

static struct rte_mbuf *make(struct pkts_mac to, uint16_t dport, uint32_t n)
{
	return pkts_mbuf_compose_new(big, ETH(.dst = to, .src = macs[0]),
		IPV4(.src = 0x0a000001, .dst = 0x0a000002), UDP(.sport = 7, .dport = dport),
		RAW(payload, n));
}

static bool send_udp(uint16_t dport, uint32_t n)
{
	return send_mbuf(make(macs[1], dport, n));
}

/* Steps that decide nothing here: what was sent wrongly is missing later. */
static void send_last(void)
{
	send_udp(LAST, 0);
}

/* What the bytes say, whatever the NIC said. */
static const char *software(const struct rte_mbuf *m, const struct pkts_packet *packet, unsigned i)
{
	struct rte_mbuf copy = *m;

	copy.ol_flags &= ~(RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK);
	return pkts_checksum_name(pkts_mbuf_checksum(&copy, packet, i));
}

static bool payload_is_right(const struct rte_mbuf *m, unsigned at, unsigned n)
{
	uint8_t room[sizeof(payload)];

	if (n > sizeof(room) || m->pkt_len < at + n)
		return false;
	return memcmp(rte_pktmbuf_read(m, at, n, room), payload, n) == 0;
}

static void print_sums(const struct rte_mbuf *m, const struct pkts_packet *packet)
{
	const char *comma = "";

	printf("\"sums\":[");
	for (unsigned i = 0; i < packet->n; i++) {
		if (pkts_mbuf_checksum(m, packet, i) == PKTS_CHECKSUM_NONE)
			continue;
		printf("%s[\"%s\",\"%s\"]", comma,
			pkts_checksum_name(pkts_mbuf_checksum(m, packet, i)),
			software(m, packet, i));
		comma = ",";
	}
	printf("],\"nic\":%d}",
		(m->ol_flags & (RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK)) != 0);
}

/* The port that it is known by; 0 if there is none. Frees it. */
static uint16_t print_frame(struct rte_mbuf *m, const char **comma)
{
	struct pkts_packet packet;
	uint16_t dport = 0;

	pkts_mbuf_decode(NULL, &m, &packet);
	const struct pkts_udp udp = pkts_udp(&packet);
	const struct pkts_tcp tcp = pkts_tcp(&packet);
	dport = udp.p ? pkts_udp_dport(udp) : tcp.p ? pkts_tcp_dport(tcp) : 0;
	if (dport != LAST) {
		const struct pkts_layer *const l = &packet.layers[packet.n - 1];
		const unsigned at = l->off + l->head, n = l->len - l->head;
		printf("%s{\"port\":%u,\"len\":%u,\"segments\":%u,\"right\":%d,", *comma, dport,
			m->pkt_len, m->nb_segs, payload_is_right(m, at, n));
		print_sums(m, &packet);
		*comma = ",";
	}
	rte_pktmbuf_free(m);
	return dport;
}

/* Prints all frames up to the last. */
static void print_until_last(const char *step)
{
	const time_t start = time(NULL);
	const char *comma = "";
	struct rte_mbuf *m;
	bool last = false;

	printf("{\"step\":\"%s\",\"frames\":[", step);
	while (!last && time(NULL) <= start + DEADLINE_S)
		if (pkts_port_rx_burst(ports[1], &m, 1))
			last = print_frame(m, &comma) == LAST;
	printf("],\"last\":%d}\n", last);
}

static void print_interfaces(const char *step)
{
	struct pkts_interface *list;
	unsigned n;

	if (pkts_interface_list_create(&list, &n, &err)) {
		complain("list");
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		const struct pkts_interface *const f = &list[i];
		if (strcmp(f->driver, "ethdev") != 0)
			continue;
		printf("{\"step\":\"%s\",\"name\":\"%s\",\"mtu\":%u,\"up\":%d,\"carrier\":%d,"
		       "\"mac\":\"%02x:%02x:%02x:%02x:%02x:%02x\"}\n",
			step, f->name, f->mtu, f->up, f->carrier, f->mac[0], f->mac[1], f->mac[2],
			f->mac[3], f->mac[4], f->mac[5]);
		for (unsigned k = 0; k < 2; k++)
			if (strstr(f->name, names[k]))
				memcpy(&macs[k], f->mac, sizeof(f->mac));
	}
	pkts_interface_list_destroy(list);
}

static void print_stats(const char *step)
{
	struct pkts_port_stats in, out;

	pkts_port_stats(ports[1], &in);
	pkts_port_stats(ports[0], &out);
	printf("{\"step\":\"%s\",\"rx\":%" PRIu64 ",\"filtered\":%" PRIu64 ",\"dropped\":%" PRIu64
	       ",\"nombuf\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"tx\":%" PRIu64
	       ",\"refused\":%" PRIu64 "}\n",
		step, in.rx_packets, in.rx_filtered, in.rx_dropped, in.rx_nombuf, in.rx_errors,
		out.tx_packets, out.tx_dropped);
}

/* Nothing is delivered before activate(); whether frames of then are thrown away or on the wire still,
 * the filter knows them. */
static void deaf_and_filter(void)
{
	struct rte_mbuf *m;
	unsigned heard = 0;

	for (unsigned i = 0; i < 10; i++)
		send_udp(1, 100);
	for (unsigned i = 0; i < 1000; i++)
		heard += pkts_port_rx_burst(ports[1], &m, 1);
	printf("{\"step\":\"deaf\",\"heard\":%u}\n", heard);
	if (!activate("udp dst port 2 or udp dst port 9999"))
		return;
	for (uint16_t i = 1; i <= 3; i++)
		for (unsigned k = 0; k < 5; k++)
			send_udp(i, 30);
	send_last();
	print_until_last("filter");
	print_stats("filter_stats");
}

static void sizes(void)
{
	static const uint16_t rows[] = {0, 1, 18, 1000, 1472};
	static uint8_t tiny[20];

	if (!activate(NULL))
		return;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		send_udp((uint16_t)(10 + i), rows[i]);
	send_mbuf(pkts_mbuf_compose_new(
		big, ETH(.dst = macs[1], .src = macs[0], .type = 0x88b5), RAW(tiny, 1)));
	send_mbuf(pkts_mbuf_compose_new(big, ETH(.dst = macs[1], .src = macs[0]), VLAN(.id = 7),
		IPV4(.src = 0x0a000001, .dst = 0x0a000002), UDP(.sport = 7, .dport = 20),
		RAW(payload, sizeof(payload))));
	send_last();
	print_until_last("sizes");
}

/* The same bytes in segments of at most n. */
static struct rte_mbuf *split(struct rte_mbuf *m, uint16_t n)
{
	struct rte_mbuf *first = NULL;

	for (uint32_t at = 0; m && at < m->pkt_len; at += n) {
		const uint16_t len = (uint16_t)PKTS_MIN(n, m->pkt_len - at);
		struct rte_mbuf *const s = rte_pktmbuf_alloc(big);
		memcpy(rte_pktmbuf_append(s, len), rte_pktmbuf_mtod_offset(m, char *, at), len);
		if (!first)
			first = s;
		else
			rte_pktmbuf_chain(first, s);
	}
	rte_pktmbuf_free(m);
	return first;
}

static void chains(void)
{
	static const uint16_t rows[] = {1000, 300, 100, 50, 20, 7, 5};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		send_mbuf(split(make(macs[1], (uint16_t)(30 + i), 1400), rows[i]));
	send_last();
	print_until_last("chains");
}

/* Right and wrong ones, and what the NIC says of them. */
static void verdicts(void)
{
	static const uint16_t rows[][2] = {{0, 0}, {0xbad, 0}, {0, 0xbad}};
	const struct pkts_eth_spec eth = {.dst = macs[1], .src = macs[0]};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const uint64_t ip = rows[i][0] ? PKTS_PINNED | rows[i][0] : 0;
		const uint64_t l4 = rows[i][1] ? PKTS_PINNED | rows[i][1] : 0;
		send_mbuf(pkts_mbuf_compose_new(big, eth,
			IPV4(.src = 0x0a000001, .dst = 0x0a000002, .csum = ip),
			UDP(.sport = 7, .dport = 40 + i, .csum = l4), RAW(payload, 77)));
		send_mbuf(pkts_mbuf_compose_new(big, eth,
			IPV4(.src = 0x0a000001, .dst = 0x0a000002, .csum = ip),
			TCP(.sport = 7, .dport = 50 + i, .csum = l4), RAW(payload, 77)));
		send_mbuf(pkts_mbuf_compose_new(big, eth, IPV6(.hop_limit = 3),
			UDP(.sport = 7, .dport = 60 + i, .csum = l4), RAW(payload, 77)));
	}
	send_last();
	print_until_last("verdicts");
}

/* Checksums that are left to the NIC, or to who does it where it cannot. */
static void offloads(void)
{
	const struct pkts_eth_spec eth = {.dst = macs[1], .src = macs[0]};

	send_mbuf(pkts_mbuf_compose_new(big, eth,
		IPV4(.src = 0x0a000001, .dst = 0x0a000002, .csum = PKTS_OFFLOAD),
		UDP(.sport = 7, .dport = 70, .csum = PKTS_OFFLOAD), RAW(payload, 301)));
	send_mbuf(pkts_mbuf_compose_new(big, eth,
		IPV4(.src = 0x0a000001, .dst = 0x0a000002, .csum = PKTS_OFFLOAD),
		TCP(.sport = 7, .dport = 71, .csum = PKTS_OFFLOAD), RAW(payload, 301)));
	send_mbuf(pkts_mbuf_compose_new(big, eth, IPV6(.hop_limit = 3),
		UDP(.sport = 7, .dport = 72, .csum = PKTS_OFFLOAD), RAW(payload, 301)));
	send_mbuf(pkts_mbuf_compose_new(big, eth, VLAN(.id = 9),
		IPV4(.src = 0x0a000001, .dst = 0x0a000002, .csum = PKTS_OFFLOAD),
		TCP(.sport = 7, .dport = 73, .csum = PKTS_OFFLOAD), RAW(payload, 301)));
	send_mbuf(pkts_mbuf_compose_new(big, eth,
		IPV4(.src = 0x0a000001, .dst = 0x0a000002, .csum = PKTS_OFFLOAD),
		UDP(.sport = 7, .dport = 4789, .csum = PKTS_OFFLOAD), VXLAN(.vni = 5), eth,
		IPV4(.src = 0x0a000001, .dst = 0x0a000002, .csum = PKTS_OFFLOAD),
		UDP(.sport = 7, .dport = 74, .csum = PKTS_OFFLOAD), RAW(payload, 301)));
	send_last();
	print_until_last("offloads");
}

static void stop_and_start(void)
{
	if (pkts_port_deactivate(ports[1], &err))
		complain("deactivate");
	if (!activate(NULL))
		return;
	for (unsigned i = 0; i < 5; i++)
		send_udp(80, 200);
	send_last();
	print_until_last("again");
}

static bool try_to_send(uint16_t dport)
{
	struct rte_mbuf *m = make(macs[1], dport, 60);

	if (m && pkts_port_tx_burst(ports[0], &m, 1))
		return true;
	rte_pktmbuf_free(m);
	return false;
}

/* Takes what there is; true if the last frame was in it. */
static bool drain(unsigned *got)
{
	struct pkts_packet packet;
	struct rte_mbuf *m;
	bool last = false;

	while (pkts_port_rx_burst(ports[1], &m, 1)) {
		pkts_mbuf_decode(NULL, &m, &packet);
		const struct pkts_udp udp = pkts_udp(&packet);
		last |= udp.p && pkts_udp_dport(udp) == LAST;
		*got += udp.p && pkts_udp_dport(udp) == 90;
		rte_pktmbuf_free(m);
	}
	return last;
}

/* More than there is room for; then the last one until it gets through. */
static void flood(void)
{
	const time_t start = time(NULL);
	unsigned sent = 0, got = 0;
	bool last = false;

	for (unsigned i = 0; i < FLOOD; i++)
		sent += try_to_send(90);
	while (!last && time(NULL) <= start + DEADLINE_S) {
		try_to_send(LAST);
		last = drain(&got);
	}
	printf("{\"step\":\"flood\",\"sent\":%u,\"got\":%u,\"last\":%d}\n", sent, got, last);
	print_stats("flood_stats");
}

/* Only what is for it; and what was sent arrives even if the sender goes at once. */
static void addressed(void)
{
	if (!open_both(big, true) || !activate(NULL))
		return;
	send_mbuf(make(PKTS_MAC(2, 0, 0, 0, 0xee, 0xee), 100, 100));
	send_mbuf(make(macs[1], 101, 100));
	send_mbuf(make(PKTS_MAC(255, 255, 255, 255, 255, 255), 102, 100));
	send_last();
	print_until_last("addressed");
	for (unsigned i = 0; i < 20; i++)
		send_udp(120, 1000);
	send_last();
	pkts_port_close(ports[0], NULL);
	ports[0] = NULL;
	print_until_last("close_at_once");
}

static void small_buffers(void)
{
	if (!open_both(small, false) || !activate(NULL))
		return;
	for (uint16_t i = 0; i < 3; i++)
		send_udp((uint16_t)(110 + i), 500 * i + 472);
	send_last();
	print_until_last("small_buffers");
}

static void all_steps(void)
{
	print_interfaces("before");
	if (open_both(big, false)) {
		print_interfaces("open");
		deaf_and_filter();
		sizes();
		chains();
		verdicts();
		offloads();
		stop_and_start();
		flood();
	}
	close_both();
	addressed();
	close_both();
	small_buffers();
	close_both();
	printf("{\"step\":\"leak\",\"big\":%u,\"small\":%u}\n", rte_mempool_in_use_count(big),
		rte_mempool_in_use_count(small));
}

int main(int argc, char **argv)
{
	char eal[200];
	struct pkts_runtime_conf conf = {.program = "nic_pair", .pci = true, .eal = eal};

	if (argc != 3)
		return 2;
	snprintf(eal, sizeof(eal), "-a %s -a %s", argv[1], argv[2]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7 + i / 256);
	memcpy(names, argv + 1, sizeof(names));
	if (pkts_runtime_init(&conf, &err))
		return !complain("start");
	big = rte_pktmbuf_pool_create("big", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	small = rte_pktmbuf_pool_create(
		"small", MBUFS, 0, 0, RTE_PKTMBUF_HEADROOM + SMALL, SOCKET_ID_ANY);
	if (big && small)
		all_steps();
	pkts_runtime_fini();
	return !big || !small;
}
