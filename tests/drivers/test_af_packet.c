/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Packet sockets over a veth pair in a network namespace of the test's own. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "image.h"
#include "pkts_mbuf_compose.h"

#define WAIT_MS	 5000
#define SENTINEL 0xee

static bool permitted; /* to make a namespace and interfaces in it */
static struct rte_mempool *pool;
static bool old_kernel; /* one that cannot leave out what goes out */

/* In the C library's place, so that the driver can be shown a kernel that knows fewer options. */
int setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	if (old_kernel && level == SOL_PACKET && option == PACKET_IGNORE_OUTGOING) {
		errno = ENOPROTOOPT;
		return -1;
	}
	return (int)syscall(SYS_setsockopt, fd, level, option, value, len);
}

static bool run(const char *command)
{
	return system(command) == 0;
}

static void write_to(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		print_message("# %s: %s\n", path, strerror(errno));
	close(fd);
}

/* What an ordinary user may do where the system lets him: be root of a namespace of his own. */
static bool become_root_of_a_namespace(void)
{
	char map[32];
	const unsigned uid = getuid(), gid = getgid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return false;
	write_to("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_to("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_to("/proc/self/gid_map", map);
	return true;
}

/* Before EAL, whose threads would stay behind. */
static bool make_namespace(void)
{
	return (unshare(CLONE_NEWNET) == 0 || become_root_of_a_namespace()) &&
	       run("ip link set lo up") && run("ip link add va type veth peer name vb") &&
	       run("ip link set va addrgenmode none up") &&
	       run("ip link set vb addrgenmode none up");
}

static int set_up(void **state)
{
	permitted = make_namespace();
	if (start_runtime(state))
		return -1;
	pool = rte_pktmbuf_pool_create(
		"af_packet", 4095, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	return pool ? 0 : -1;
}

static int tear_down(void **state)
{
	rte_mempool_free(pool);
	return stop_runtime(state);
}

static void need_permission(void)
{
	if (permitted)
		return;
	print_message("# no permission for a network namespace and a veth pair: skipped\n");
	skip();
}

static struct pkts_port *open_port(const char *name, enum pkts_port_mode mode)
{
	const struct pkts_port_conf conf = {.mode = mode, .pool = pool};
	struct pkts_port *port;
	struct pkts_error err;

	if (pkts_port_open(&port, name, &conf, &err))
		fail_msg("%s", err.text);
	assert_string_equal(pkts_port_driver(port), "af_packet");
	return port;
}

static struct pkts_port *listen_on(const char *name, const char *filter)
{
	struct pkts_port *port = open_port(name, PKTS_PORT_READ_WRITE);
	struct pkts_error err;

	if (pkts_port_activate(port, filter, &err))
		fail_msg("%s", err.text);
	return port;
}

static void close_port(struct pkts_port *port)
{
	assert_int_equal(pkts_port_close(port, NULL), 0);
}

/* Bytes as an mbuf with segments of at most `part`. */
static struct rte_mbuf *mbuf_of(const uint8_t *bytes, uint32_t n, uint16_t part)
{
	struct rte_mbuf *first = NULL;

	for (uint32_t at = 0; at < n; at += part) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
		const uint16_t k = (uint16_t)PKTS_MIN(part, n - at);
		assert_non_null(m);
		memcpy(rte_pktmbuf_append(m, k), bytes + at, k);
		if (!first)
			first = m;
		else
			assert_int_equal(rte_pktmbuf_chain(first, m), 0);
	}
	return first;
}

static void send_bytes(struct pkts_port *port, const uint8_t *bytes, uint32_t n, uint16_t part)
{
	struct rte_mbuf *m = mbuf_of(bytes, n, part);
	assert_int_equal(pkts_port_tx_burst(port, &m, 1), 1);
}

/* An Ethernet frame of local experimental type 0x88b5 with `mark` behind its header. */
static uint32_t marked(uint8_t *p, uint8_t mark, uint32_t n)
{
	static const uint8_t header[14] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};

	memcpy(p, header, sizeof(header));
	for (uint32_t i = sizeof(header); i < n; i++)
		p[i] = payload(mark, i);
	p[14] = mark;
	return n;
}

static void send_marked(struct pkts_port *port, uint8_t mark)
{
	uint8_t frame[60];
	send_bytes(port, frame, marked(frame, mark, sizeof(frame)), 60);
}

/* The next packet, waited for. */
static struct rte_mbuf *next_packet(struct pkts_port *port)
{
	struct rte_mbuf *m;

	while (pkts_port_rx_burst(port, &m, 1) == 0)
		if (pkts_port_ended(port, NULL, NULL) || !pkts_port_wait(port, WAIT_MS))
			return NULL;
	return m;
}

/* The mark of the next packet; -1 if none comes. */
static int next_mark(struct pkts_port *port)
{
	struct rte_mbuf *m = next_packet(port);
	const int mark = m && m->pkt_len > 14 ? rte_pktmbuf_mtod(m, uint8_t *)[14] : -1;

	rte_pktmbuf_free(m);
	return mark;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void frames_go_out_and_come_in(void **state)
{
	uint8_t frame[1500];

	(void)state;
	need_permission();
	struct pkts_port *a = open_port("va", PKTS_PORT_WRITE);
	struct pkts_port *b = listen_on("vb", "ether proto 0x88b5");
	const uint64_t before = now();
	struct pkts_port_stats sent, received;

	for (unsigned i = 0; i < 100; i++) {
		marked(frame, (uint8_t)i, 60 + i * 10);
		send_bytes(a, frame, 60 + i * 10, (uint16_t)(20 + i)); /* in chains */
	}
	for (unsigned i = 0; i < 100; i++) {
		struct rte_mbuf *m = next_packet(b);
		assert_non_null(m);
		marked(frame, (uint8_t)i, 60 + i * 10);
		assert_int_equal(m->pkt_len, 60 + i * 10);
		assert_memory_equal(rte_pktmbuf_mtod(m, void *), frame, m->pkt_len);
		assert_int_equal(pkts_mbuf_meta(m).wire_len, m->pkt_len);
		assert_int_equal(pkts_mbuf_meta(m).link, 1);
		assert_true(pkts_mbuf_timestamp(m) >= before && pkts_mbuf_timestamp(m) <= now());
		assert_int_equal(m->ol_flags & RTE_MBUF_F_RX_VLAN, 0);
		rte_pktmbuf_free(m);
	}
	pkts_port_stats(a, &sent);
	pkts_port_stats(b, &received);
	assert_int_equal(sent.tx_packets, 100);
	assert_int_equal(sent.tx_bytes, 6000 + 10 * 4950);
	assert_int_equal(received.rx_packets, 100);
	assert_int_equal(received.rx_bytes, sent.tx_bytes);
	assert_int_equal(received.rx_dropped, 0);
	close_port(a);
	close_port(b);
	assert_int_equal(rte_mempool_avail_count(pool), 4095);
}

/* A frame that leaves its checksums to hardware, and to whoever there is instead. */
static struct rte_mbuf *make_asking(void)
{
	return pkts_mbuf_compose_new(pool, ETH(.dst = PKTS_MAC(2, 0, 0, 0, 0, 2)),
		IPV4(.src = 0x0a000001, .dst = 0x0a000002, .csum = PKTS_OFFLOAD),
		UDP(.dport = 9, .csum = PKTS_OFFLOAD), TEXT("left to hardware"));
}

static void assert_right(struct rte_mbuf *m)
{
	struct pkts_packet packet;

	assert_non_null(m);
	m->ol_flags &= ~(RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK);
	pkts_mbuf_decode(NULL, &m, &packet);
	assert_int_equal(packet.n, 3);
	assert_int_equal(pkts_mbuf_checksum(m, &packet, 1), PKTS_CHECKSUM_GOOD);
	assert_int_equal(pkts_mbuf_checksum(m, &packet, 2), PKTS_CHECKSUM_GOOD);
	rte_pktmbuf_free(m);
}

static void checksums_are_filled_in(void **state)
{
	(void)state;
	need_permission();
	struct pkts_port *a = open_port("va", PKTS_PORT_WRITE);
	struct pkts_port *b = listen_on("vb", "udp port 9");
	struct rte_mbuf *pkts[3] = {make_asking(), make_asking(), make_asking()};
	struct pkts_port_stats stats;

	pkts[1]->l3_len = 500;
	assert_int_equal(pkts_port_tx_burst(a, pkts, 3), 3);
	assert_right(next_packet(b));
	assert_right(next_packet(b));
	pkts_port_stats(a, &stats);
	assert_int_equal(stats.tx_packets, 2);
	assert_int_equal(stats.tx_dropped, 1);
	close_port(a);
	close_port(b);
	assert_int_equal(rte_mempool_avail_count(pool), 4095);
}

static void a_sniffer_sees_what_the_machine_sends(void **state)
{
	(void)state;
	need_permission();
	struct pkts_port *a = open_port("va", PKTS_PORT_WRITE);
	struct pkts_port *sniffer = listen_on("va", "ether proto 0x88b5");
	send_marked(a, 7);
	assert_int_equal(next_mark(sniffer), 7);
	close_port(a);
	close_port(sniffer);
}

static void deaf_activated_and_deactivated(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	need_permission();
	struct pkts_port *a = open_port("va", PKTS_PORT_WRITE);
	struct pkts_port *b = open_port("vb", PKTS_PORT_READ);
	send_marked(a, 1);
	assert_int_equal(pkts_port_rx_burst(b, &m, 1), 0);
	assert_int_equal(pkts_port_activate(b, "ether proto 0x88b5", NULL), 0);
	send_marked(a, 2);
	assert_int_equal(next_mark(b), 2); /* 1 came while it was deaf */
	send_marked(a, 3);
	assert_int_equal(pkts_port_activate(b, "ether proto 0x88b5 and ether[14] > 3", NULL), 0);
	send_marked(a, 2);
	send_marked(a, 4);
	assert_int_equal(next_mark(b), 4); /* 3 was waiting and is thrown away, 2 does not match */
	send_marked(a, 5);
	send_marked(a, 6);
	assert_int_equal(pkts_port_deactivate(b, NULL), 0);
	send_marked(a, 7);
	assert_int_equal(next_mark(b), 5); /* the backlog stays */
	assert_int_equal(next_mark(b), 6);
	assert_int_equal(pkts_port_rx_burst(b, &m, 1), 0);
	assert_int_equal(pkts_port_activate(b, "ether proto 0x88b5", NULL), 0);
	send_marked(a, 8);
	assert_int_equal(next_mark(b), 8);
	close_port(a);
	close_port(b);
}

static void a_bad_filter_changes_nothing(void **state)
{
	struct pkts_error err = {0};

	(void)state;
	need_permission();
	struct pkts_port *a = open_port("va", PKTS_PORT_WRITE);
	struct pkts_port *b = listen_on("vb", "ether proto 0x88b5 and ether[14] = 9");
	send_marked(a, 9);
	assert_int_equal(pkts_port_activate(b, "no such expression", &err), -EINVAL);
	assert_non_null(strstr(err.text, "no such expression"));
	send_marked(a, 8);
	send_marked(a, 9);
	assert_int_equal(next_mark(b), 9);
	assert_int_equal(next_mark(b), 9);
	close_port(a);
	close_port(b);
}

/* Frames to be told apart by filters, as they have to be delivered. */
static const struct {
	uint32_t n;
	uint8_t bytes[80];
} samples[] = {
	{60, {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5, 1}},
	{64, {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0, 0x60, 5, 0x88, 0xb5, 2}},
	{64, {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xa8, 0, 6, 0x88, 0xb5, 3}},
	{68, {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xa8, 0, 7, 0x81, 0, 0, 5, 0x88, 0xb5, 4}},
	{60, {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 10,
		     0, 0, 1, 10, 0, 0, 2, 0, 80, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2}},
	{64, {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 5, 8, 0, 0x45, 0, 0, 40, 0, 1, 0, 0,
		     64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 80, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0,
		     0x50, 2}},
};

/* A tag goes to the kernel in the frame, is kept by it beside the frame, and comes back in the
 * frame. */
static void vlan_tags_come_back_into_the_frame(void **state)
{
	static const uint16_t tci[] = {0, 0x6005, 6, 7, 0, 5};

	(void)state;
	need_permission();
	struct pkts_port *a = open_port("va", PKTS_PORT_WRITE);
	struct pkts_port *b = listen_on("vb", NULL);
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(samples); i++) {
		send_bytes(a, samples[i].bytes, samples[i].n, 80);
		struct rte_mbuf *m = next_packet(b);
		assert_non_null(m);
		assert_int_equal(m->pkt_len, samples[i].n);
		assert_memory_equal(rte_pktmbuf_mtod(m, void *), samples[i].bytes, samples[i].n);
		assert_int_equal(pkts_mbuf_meta(m).wire_len, samples[i].n);
		assert_int_equal(!!(m->ol_flags & RTE_MBUF_F_RX_VLAN), tci[i] != 0);
		if (tci[i])
			assert_int_equal(m->vlan_tci, tci[i]);
		rte_pktmbuf_free(m);
	}
	close_port(a);
	close_port(b);
}

/* Whatever the kernel does with tags, an expression means what it means for the frame in a file. */
static void filters_answer_as_for_the_delivered_frame(void **state)
{
	static const char *const expressions[] = {"ether proto 0x88b5", "vlan", "vlan 5", "vlan 6",
		"vlan 5 and ether proto 0x88b5", "vlan and vlan 5", "not vlan", "tcp port 80",
		"vlan and tcp port 80", "tcp port 80 or (vlan and tcp port 80)", "len == 64",
		"greater 65", "ether[12:2] = 0x8100", "ether[16:2] = 0x88b5", "ether[14] = 1", "ip",
		"not ip", "ether host 02:00:00:00:00:01"};

	(void)state;
	need_permission();
	struct pkts_port *a = open_port("va", PKTS_PORT_WRITE);
	for (unsigned e = 0; e < PKTS_ARRAY_LEN(expressions); e++) {
		char filter[200];
		struct bpf_program p;
		pcap_t *dead = pcap_open_dead(DLT_EN10MB, 262144);

		/* A last frame that matches in any case tells when all have come. */
		snprintf(
			filter, sizeof(filter), "ether[14] = %d or (%s)", SENTINEL, expressions[e]);
		assert_int_equal(pcap_compile(dead, &p, filter, 1, PCAP_NETMASK_UNKNOWN), 0);
		struct pkts_port *b = listen_on("vb", filter);
		for (unsigned i = 0; i < PKTS_ARRAY_LEN(samples); i++)
			send_bytes(a, samples[i].bytes, samples[i].n, 80);
		send_marked(a, SENTINEL);
		for (unsigned i = 0; i < PKTS_ARRAY_LEN(samples); i++) {
			const struct pcap_pkthdr header = {
				.caplen = samples[i].n, .len = samples[i].n};
			if (!pcap_offline_filter(&p, &header, samples[i].bytes))
				continue;
			struct rte_mbuf *m = next_packet(b);
			assert_non_null(m);
			if (m->pkt_len != samples[i].n ||
				memcmp(rte_pktmbuf_mtod(m, void *), samples[i].bytes, samples[i].n))
				fail_msg("'%s' is wrong about sample %u", filter, i);
			rte_pktmbuf_free(m);
		}
		if (next_mark(b) != SENTINEL)
			fail_msg("'%s' matches too much", filter);
		close_port(b);
		pcap_freecode(&p);
		pcap_close(dead);
	}
	close_port(a);
}

static void snaplen_counts_the_tag(void **state)
{
	const struct pkts_port_conf conf = {.snaplen = 20, .pool = pool};
	struct pkts_port *b;

	(void)state;
	need_permission();
	struct pkts_port *a = open_port("va", PKTS_PORT_WRITE);
	assert_int_equal(pkts_port_open(&b, "vb", &conf, NULL), 0);
	assert_int_equal(pkts_port_activate(b, NULL, NULL), 0);
	for (unsigned i = 0; i < 2; i++) {
		send_bytes(a, samples[i].bytes, samples[i].n, 80);
		struct rte_mbuf *m = next_packet(b);
		assert_non_null(m);
		assert_int_equal(m->pkt_len, 20);
		assert_int_equal(pkts_mbuf_meta(m).wire_len, samples[i].n);
		assert_memory_equal(rte_pktmbuf_mtod(m, void *), samples[i].bytes, 20);
		rte_pktmbuf_free(m);
	}
	close_port(a);
	close_port(b);
}

/* The expression is about the frame, not about the part of it that is kept. */
static void filters_judge_before_snaplen_cuts(void **state)
{
	const struct pkts_port_conf conf = {.snaplen = 24, .pool = pool};
	uint8_t frame[64] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 5, 8, 0, 0x45, 0, 0,
		46, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 80, 0, 8, 0, 26};
	struct pkts_port *b;

	(void)state;
	need_permission();
	struct pkts_port *a = open_port("va", PKTS_PORT_WRITE);
	assert_int_equal(pkts_port_open(&b, "vb", &conf, NULL), 0);
	assert_int_equal(pkts_port_activate(b, "vlan and udp port 9", NULL), 0);
	for (uint8_t port = 8; port <= 9; port++) {
		frame[41] = port;
		send_bytes(a, frame, sizeof(frame), 64);
	}
	struct rte_mbuf *m = next_packet(b);
	assert_non_null(m);
	assert_int_equal(m->pkt_len, 24);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), frame, 24);
	assert_int_equal(pkts_mbuf_meta(m).wire_len, sizeof(frame));
	rte_pktmbuf_free(m);
	assert_false(pkts_port_wait(b, 0)); /* port 8 did not match, and stood before */
	close_port(a);
	close_port(b);
}

static void frames_that_cannot_be_sent_are_dropped_and_counted(void **state)
{
	uint8_t frame[3000];
	struct pkts_port_stats stats;
	struct rte_mbuf *pkts[4];

	(void)state;
	need_permission();
	struct pkts_port *a = open_port("va", PKTS_PORT_WRITE);
	struct pkts_port *b = listen_on("vb", "ether proto 0x88b5");
	pkts[0] = mbuf_of(frame, marked(frame, 1, 60), 60);
	pkts[1] = mbuf_of(frame, marked(frame, 2, 3000), 1500);	 /* above the MTU */
	pkts[2] = mbuf_of(frame, marked(frame, 3, 60) - 50, 60); /* less than a header */
	pkts[3] = mbuf_of(frame, marked(frame, 4, 200), 1); /* more segments than a call takes */
	assert_int_equal(pkts_port_tx_burst(a, pkts, 4), 4);
	send_marked(a, 5);
	assert_int_equal(next_mark(b), 1);
	assert_int_equal(next_mark(b), 5);
	pkts_port_stats(a, &stats);
	assert_int_equal(stats.tx_packets, 2);
	assert_int_equal(stats.tx_dropped, 3);
	close_port(a);
	close_port(b);
	assert_int_equal(rte_mempool_avail_count(pool), 4095);
}

/* The loopback interface carries frames that many mbufs are needed for. */
static void frames_longer_than_an_mbuf(void **state)
{
	static uint8_t frame[60000];

	(void)state;
	need_permission();
	marked(frame, 77, sizeof(frame));
	struct pkts_port *a = open_port("lo", PKTS_PORT_WRITE);
	struct pkts_port *b = listen_on("lo", "ether proto 0x88b5");
	send_bytes(a, frame, sizeof(frame), 2000);
	struct rte_mbuf *m = next_packet(b);
	assert_non_null(m);
	assert_int_equal(m->pkt_len, sizeof(frame));
	assert_true(m->nb_segs > 20);
	uint32_t at = 0;
	for (const struct rte_mbuf *part = m; part; part = part->next) {
		assert_memory_equal(
			rte_pktmbuf_mtod(part, const void *), frame + at, part->data_len);
		at += part->data_len;
	}
	assert_int_equal(at, sizeof(frame));
	rte_pktmbuf_free(m);
	close_port(a);
	close_port(b);
}

/* Every frame is either delivered or counted as dropped by the kernel. */
static void nothing_is_lost_uncounted(void **state)
{
	enum { FRAMES = 120000, BURST_LEN = 32 };
	uint8_t frame[60];
	uint64_t sent = 0, got = 0;
	struct pkts_port_stats stats;

	(void)state;
	need_permission();
	struct pkts_port *a = open_port("va", PKTS_PORT_WRITE);
	struct pkts_port *b = listen_on("vb", "ether proto 0x88b5");
	marked(frame, 1, 60);
	while (sent < FRAMES) {
		struct rte_mbuf *pkts[BURST_LEN];
		for (unsigned i = 0; i < BURST_LEN; i++)
			pkts[i] = mbuf_of(frame, 60, 60);
		const uint16_t n = pkts_port_tx_burst(a, pkts, BURST_LEN);
		rte_pktmbuf_free_bulk(pkts + n, BURST_LEN - n);
		sent += n;
	}
	pkts_port_stats(b, &stats);
	assert_true(stats.rx_dropped > 0);
	for (struct rte_mbuf *burst[BURST_LEN]; pkts_port_wait(b, 0);) {
		const uint16_t n = pkts_port_rx_burst(b, burst, BURST_LEN);
		rte_pktmbuf_free_bulk(burst, n);
		got += n;
	}
	pkts_port_stats(
		b, &stats); /* the kernel's counter starts anew at each reading, ours does not */
	assert_int_equal(stats.rx_packets, got);
	assert_int_equal(stats.rx_packets + stats.rx_dropped, sent);
	close_port(a);
	close_port(b);
}

/* A frame goes out of the loopback interface and comes in again; it is delivered once. */
static void loopback_frames_are_seen_once(void **state)
{
	(void)state;
	need_permission();
	for (unsigned round = 0; round < 2; round++) {
		struct pkts_port_stats stats;
		old_kernel = round;
		struct pkts_port *a = open_port("lo", PKTS_PORT_WRITE);
		struct pkts_port *b = listen_on("lo", "ether proto 0x88b5");
		old_kernel = false;
		for (unsigned i = 0; i < 100; i++)
			send_marked(a, (uint8_t)i);
		for (int i = 0; i < 100; i++)
			assert_int_equal(next_mark(b), i);
		assert_false(pkts_port_wait(b, 0));
		pkts_port_stats(b, &stats);
		assert_int_equal(stats.rx_packets, 100);
		close_port(a);
		close_port(b);
	}
	assert_int_equal(rte_mempool_avail_count(pool), 4095);
}

/* The checksum of a datagram that stays on the machine is never computed: neither good nor bad. */
static void checksums_that_are_not_filled_in(void **state)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(4242)};

	(void)state;
	need_permission();
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	struct pkts_port *port = listen_on("lo", "udp port 4242");
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(sendto(fd, "x", 1, 0, (const struct sockaddr *)&to, sizeof(to)), 1);
	close(fd);
	struct rte_mbuf *m = next_packet(port);
	assert_non_null(m);
	assert_int_equal(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK, RTE_MBUF_F_RX_L4_CKSUM_NONE);
	rte_pktmbuf_free(m);
	close_port(port);
}

/* A tunnel interface has no link layer: its frames are IP packets. */
static void interfaces_without_a_link_layer(void **state)
{
	static const uint8_t packet[28] = {0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 10, 9, 9, 1,
		10, 9, 9, 2, 0, 5, 0, 6, 0, 8, 0, 0};
	struct ifreq r = {.ifr_name = "tn0", .ifr_flags = IFF_TUN | IFF_NO_PI};
	uint8_t seen[100];

	(void)state;
	need_permission();
	const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r) || !run("ip link set tn0 addrgenmode none up")) {
		print_message("# no tun device: skipped\n");
		skip();
	}
	struct pkts_port *port = listen_on("tn0", "udp dst port 6");
	assert_int_equal(write(fd, packet, sizeof(packet)), sizeof(packet));
	struct rte_mbuf *m = next_packet(port);
	assert_non_null(m);
	assert_int_equal(pkts_mbuf_meta(m).link, 101);
	assert_int_equal(m->pkt_len, sizeof(packet));
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), packet, sizeof(packet));
	assert_int_equal(pkts_port_tx_burst(port, &m, 1), 1);
	do /* the kernel may have sent something of IPv6's own */
		assert_true(read(fd, seen, sizeof(seen)) > 0);
	while (seen[0] != packet[0]);
	assert_memory_equal(seen, packet, sizeof(packet));
	close_port(port);
	close(fd);
}

/* Carrier comes some time after an interface is up: sends until b hears a; then b starts anew. */
static void await_carrier(struct pkts_port *a, struct pkts_port *b, const char *filter)
{
	unsigned tries = 500;

	do
		send_marked(a, SENTINEL);
	while (!pkts_port_wait(b, 10) && --tries);
	assert_int_not_equal(tries, 0);
	assert_int_equal(pkts_port_activate(b, filter, NULL), 0);
}

/* What came before the link went down is delivered, whether receiving or sending notices first. */
static void frames_received_before_the_link_went_down(void **state)
{
	(void)state;
	need_permission();
	for (unsigned round = 0; round < 2; round++) {
		struct pkts_port *a = open_port("va", PKTS_PORT_WRITE);
		struct pkts_port *b = listen_on("vb", "ether proto 0x88b5");
		struct pkts_port_stats stats;
		struct pkts_error err = {0};
		int code = 0;

		await_carrier(a, b, "ether proto 0x88b5");
		for (unsigned i = 0; i < 100; i++)
			send_marked(a, (uint8_t)i);
		assert_true(run("ip link set vb down"));
		if (round)
			send_marked(b, 200);
		for (int i = 0; i < 100; i++) {
			assert_false(pkts_port_ended(b, NULL, NULL));
			assert_int_equal(next_mark(b), i);
		}
		assert_int_equal(next_mark(b), -1);
		assert_true(pkts_port_ended(b, &code, &err));
		assert_int_equal(code, -ENETDOWN);
		assert_non_null(strstr(err.text, "'vb' went down"));
		pkts_port_stats(b, &stats);
		assert_int_equal(stats.rx_packets, 100);
		assert_int_equal(stats.tx_dropped, round);
		close_port(a);
		close_port(b);
		assert_true(run("ip link set vb up"));
	}
	assert_int_equal(rte_mempool_avail_count(pool), 4095);
}

static void interfaces_that_are_down_or_go_away(void **state)
{
	struct pkts_error err = {0};
	struct rte_mbuf *m;
	struct pkts_port_stats stats;
	int code = 0;

	(void)state;
	need_permission();
	assert_true(run("ip link add vc type veth peer name vd"));
	struct pkts_port *port = open_port("vc", PKTS_PORT_READ_WRITE);
	assert_int_equal(pkts_port_activate(port, NULL, &err), -ENETDOWN);
	assert_non_null(strstr(err.text, "ip link set vc up"));
	assert_true(
		run("ip link set vc addrgenmode none up && ip link set vd addrgenmode none up"));
	assert_int_equal(pkts_port_activate(port, NULL, &err), 0);
	send_marked(port, 1);
	assert_false(pkts_port_ended(port, NULL, NULL));
	assert_true(run("ip link del vc"));
	assert_true(pkts_port_wait(port, WAIT_MS));
	while (pkts_port_rx_burst(port, &m, 1))
		rte_pktmbuf_free(m);
	assert_true(pkts_port_ended(port, &code, &err));
	assert_int_equal(code, -ENODEV);
	assert_non_null(strstr(err.text, "'vc' went away"));
	send_marked(port, 2);
	pkts_port_stats(port, &stats);
	assert_int_equal(stats.tx_dropped, 1);
	close_port(port);
	struct pkts_port *none;
	assert_int_equal(pkts_port_open(&none, "vc", NULL, &err), -ENOENT);
	assert_non_null(strstr(err.text, "'vc'"));
	assert_int_equal(pkts_port_open(&none, "af_packet:vc", NULL, &err), -ENOENT);
	assert_non_null(strstr(err.text, "'vc'"));
}

/* In a child, which gives its privileges away. */
static void without_permission(void **state)
{
	const struct pkts_port_conf conf = {.pool = pool};
	int status;

	(void)state;
	need_permission();
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		struct pkts_error err = {0};
		struct pkts_port *port;
		const bool dropped = setresuid(65534, 65534, 65534) == 0;
		const int code = dropped ? pkts_port_open(&port, "va", &conf, &err) : 0;
		_exit(!dropped ? 77 : code == -EPERM && strstr(err.text, "setcap") ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_go_out_and_come_in),
		cmocka_unit_test(checksums_are_filled_in),
		cmocka_unit_test(a_sniffer_sees_what_the_machine_sends),
		cmocka_unit_test(deaf_activated_and_deactivated),
		cmocka_unit_test(a_bad_filter_changes_nothing),
		cmocka_unit_test(vlan_tags_come_back_into_the_frame),
		cmocka_unit_test(filters_answer_as_for_the_delivered_frame),
		cmocka_unit_test(snaplen_counts_the_tag),
		cmocka_unit_test(filters_judge_before_snaplen_cuts),
		cmocka_unit_test(frames_that_cannot_be_sent_are_dropped_and_counted),
		cmocka_unit_test(frames_longer_than_an_mbuf),
		cmocka_unit_test(nothing_is_lost_uncounted),
		cmocka_unit_test(loopback_frames_are_seen_once),
		cmocka_unit_test(checksums_that_are_not_filled_in),
		cmocka_unit_test(interfaces_without_a_link_layer),
		cmocka_unit_test(frames_received_before_the_link_went_down),
		cmocka_unit_test(interfaces_that_are_down_or_go_away),
		cmocka_unit_test(without_permission),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
