/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* DPDK's virtual devices: net_ring gives back what it is sent, net_null never runs dry. */
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "image.h"
#include "pkts_mbuf_compose.h"

static struct rte_mempool *pool;

static int set_up(void **state)
{
	if (start_runtime(state))
		return -1;
	pool = rte_pktmbuf_pool_create(
		"ethdev", 4095, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	return pool ? 0 : -1;
}

static int tear_down(void **state)
{
	rte_mempool_free(pool);
	return stop_runtime(state);
}

static struct pkts_port *open_device(const char *name, enum pkts_port_mode mode, uint32_t snaplen)
{
	const struct pkts_port_conf conf = {.mode = mode, .pool = pool, .snaplen = snaplen};
	struct pkts_port *port;
	struct pkts_error err;

	if (pkts_port_open(&port, name, &conf, &err))
		fail_msg("%s", err.text);
	assert_string_equal(pkts_port_driver(port), "ethdev");
	return port;
}

static void activate(struct pkts_port *port, const char *filter)
{
	struct pkts_error err;

	if (pkts_port_activate(port, filter, &err))
		fail_msg("%s", err.text);
}

static void close_port(struct pkts_port *port)
{
	assert_int_equal(pkts_port_close(port, NULL), 0);
	assert_int_equal(rte_mempool_avail_count(pool), 4095);
}

/* A packet of `n` bytes in segments of at most `part`. */
static struct rte_mbuf *make(unsigned seed, uint32_t n, uint16_t part)
{
	struct rte_mbuf *first = NULL;

	for (uint32_t at = 0; at < n; at += part) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
		for (uint32_t i = at; i < n && i < at + part; i++)
			*(uint8_t *)rte_pktmbuf_append(m, 1) = payload(seed, i);
		if (!first)
			first = m;
		else
			assert_int_equal(rte_pktmbuf_chain(first, m), 0);
	}
	return first;
}

static void send_one(struct pkts_port *port, unsigned seed, uint32_t n)
{
	struct rte_mbuf *m = make(seed, n, 40);
	assert_int_equal(pkts_port_tx_burst(port, &m, 1), 1);
}

/* Asks a few times, for a burst of packets that do not match is an empty one. */
static void assert_next(struct pkts_port *port, unsigned seed, uint32_t n)
{
	struct rte_mbuf *m = NULL;

	for (unsigned tries = 0; tries < 4 && pkts_port_rx_burst(port, &m, 1) == 0; tries++)
		m = NULL;
	assert_non_null(m);
	assert_payload(m, seed, n);
	rte_pktmbuf_free(m);
}

static void a_ring_gives_back_what_it_is_sent(void **state)
{
	struct pkts_port *port = open_device("net_ring0", PKTS_PORT_READ_WRITE, 0);
	struct pkts_port_stats stats;
	struct timespec t;
	struct rte_mbuf *m;

	(void)state;
	activate(port, NULL);
	clock_gettime(CLOCK_REALTIME, &t);
	for (unsigned i = 0; i < 5; i++)
		send_one(port, i, 60 + 50 * i);
	for (unsigned i = 0; i < 4; i++)
		assert_next(port, i, 60 + 50 * i);
	assert_int_equal(pkts_port_rx_burst(port, &m, 1), 1);
	assert_int_equal(pkts_mbuf_meta(m).link, 1);
	assert_int_equal(pkts_mbuf_meta(m).wire_len, 260);
	assert_true(pkts_mbuf_timestamp(m) / 1000000000 >= (uint64_t)t.tv_sec);
	rte_pktmbuf_free(m);
	assert_int_equal(pkts_port_rx_burst(port, &m, 1), 0);
	assert_false(pkts_port_ended(port, NULL, NULL));
	assert_true(pkts_port_wait(port, 1));
	pkts_port_stats(port, &stats);
	assert_int_equal(stats.rx_packets, 5);
	assert_int_equal(stats.rx_bytes, 5 * 60 + 50 * 10);
	assert_int_equal(stats.tx_packets, 5);
	assert_int_equal(stats.tx_bytes, stats.rx_bytes);
	close_port(port);
}

static void deaf_activated_and_deactivated(void **state)
{
	struct pkts_port *port = open_device("net_ring1", PKTS_PORT_READ_WRITE, 0);
	struct rte_mbuf *m;
	struct pkts_error err = {0};
	char filter[64];

	(void)state;
	send_one(port, 1, 60);
	assert_int_equal(pkts_port_rx_burst(port, &m, 1), 0);
	snprintf(filter, sizeof(filter), "ether[0] > %u", payload(2, 0));
	activate(port, filter);
	send_one(port, 1, 60);
	send_one(port, 2, 60);
	send_one(port, 3, 60);
	assert_next(port, 3, 60); /* the first 1 is thrown away, the others do not match */
	send_one(port, 4, 60);
	assert_int_equal(pkts_port_activate(port, "no such expression", &err), -EINVAL);
	send_one(port, 2, 60);
	send_one(port, 5, 60);
	assert_int_equal(pkts_port_deactivate(port, NULL), 0);
	send_one(port, 6, 60);
	assert_next(port, 4, 60); /* the backlog stays readable, filtered */
	assert_next(port, 5, 60);
	assert_int_equal(pkts_port_rx_burst(port, &m, 1), 0);
	activate(port, NULL);
	assert_int_equal(pkts_port_rx_burst(port, &m, 1), 0);
	send_one(port, 7, 60);
	assert_next(port, 7, 60);
	send_one(port, 8, 60);
	assert_int_equal(pkts_port_deactivate(port, NULL), 0);
	close_port(port); /* with a backlog */
}

static void a_device_that_never_runs_dry(void **state)
{
	struct pkts_port *port = open_device("net_null0,size=70", PKTS_PORT_READ, 33);
	struct rte_mbuf *burst[32];
	struct pkts_port_stats stats;
	unsigned n = 0, got;

	(void)state;
	assert_int_equal(pkts_port_rx_burst(port, burst, 32), 0);
	activate(port, "ether[0] = 0 and len = 70");
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(pkts_port_rx_burst(port, burst, 32), 32);
		assert_int_equal(burst[31]->pkt_len, 33);
		assert_int_equal(pkts_mbuf_meta(burst[31]).wire_len, 70);
		rte_pktmbuf_free_bulk(burst, 32);
	}
	assert_int_equal(pkts_port_deactivate(port, NULL), 0);
	while ((got = pkts_port_rx_burst(port, burst, 32)) > 0) {
		rte_pktmbuf_free_bulk(burst, got);
		n += got;
	}
	assert_true(n > 0 && n < 4096); /* what waited, and then it is over */
	activate(port, "ether[0] = 1");
	assert_int_equal(pkts_port_rx_burst(port, burst, 32), 0);
	pkts_port_stats(port, &stats);
	assert_int_equal(stats.rx_packets, 320 + n);
	assert_int_equal(stats.rx_filtered, 32);
	close_port(port);
}

/* A device may have all it will ever have from its start on: a capture that DPDK plays. */
static void a_device_that_plays_a_capture(void **state)
{
	struct image im = image_new(false);
	char name[128];
	struct rte_mbuf *m;
	int fd;

	(void)state;
	put_pcap_header(&im, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 5; i++)
		put_pcap_record(&im, i, 0, 60 + i, i, 60 + i);
	snprintf(name, sizeof(name), "net_pcap0,rx_pcap=%s", file_of(im.p, im.n, &fd));
	struct pkts_port *port = open_device(name, PKTS_PORT_READ, 0);
	activate(port, "greater 61");
	for (unsigned i = 1; i < 5; i++)
		assert_next(port, i, 60 + i);
	assert_int_equal(pkts_port_rx_burst(port, &m, 1), 0);
	close_port(port);
	close(fd);
	image_free(&im);
}

/* A cut that falls into the second of several segments. */
static void snaplen_cuts_chains(void **state)
{
	struct pkts_port *port = open_device("net_ring2", PKTS_PORT_READ_WRITE, 50);
	struct rte_mbuf *m;

	(void)state;
	activate(port, NULL);
	send_one(port, 9, 130);
	assert_int_equal(pkts_port_rx_burst(port, &m, 1), 1);
	assert_payload(m, 9, 50);
	assert_int_equal(m->nb_segs, 2);
	assert_int_equal(pkts_mbuf_meta(m).wire_len, 130);
	rte_pktmbuf_free(m);
	close_port(port);
}

/* What is too many to be gathered is copied, into buffers of the port's if somebody else holds it too. */
static void long_chains_are_copied(void **state)
{
	struct pkts_port *port = open_device("net_ring7", PKTS_PORT_READ_WRITE, 0);
	struct rte_mbuf *m = make(4, 300, 3), *clone = rte_pktmbuf_clone(m, pool), *got;

	(void)state;
	activate(port, NULL);
	assert_int_equal(m->nb_segs, 100);
	assert_int_equal(pkts_port_tx_burst(port, &clone, 1), 1);
	assert_payload(m, 4, 300);
	assert_int_equal(m->nb_segs, 100);
	assert_int_equal(pkts_port_tx_burst(port, &m, 1), 1);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(pkts_port_rx_burst(port, &got, 1), 1);
		assert_payload(got, 4, 300);
		assert_int_equal(got->nb_segs, 1);
		rte_pktmbuf_free(got);
	}
	close_port(port);
}

static void ports_for_one_direction(void **state)
{
	struct pkts_port *out = open_device("net_null1", PKTS_PORT_WRITE, 0);
	struct pkts_port *in = open_device("net_ring3", PKTS_PORT_READ, 0);
	struct pkts_error err = {0};
	struct pkts_port_stats stats;

	(void)state;
	send_one(out, 1, 60);
	pkts_port_stats(out, &stats);
	assert_int_equal(stats.tx_packets, 1);
	assert_int_equal(pkts_port_activate(out, NULL, &err), -EINVAL);
	assert_non_null(strstr(err.text, "'net_null1'"));
	activate(in, NULL);
	struct rte_mbuf *m = make(1, 60, 60);
	assert_int_equal(pkts_port_tx_burst(in, &m, 1), 0); /* stays the caller's */
	rte_pktmbuf_free(m);
	pkts_port_close(in, NULL);
	close_port(out);
}

/* A ring that is full takes no more, and what it does not take stays the caller's. */
static void a_full_device(void **state)
{
	struct pkts_port *port = open_device("net_ring4", PKTS_PORT_READ_WRITE, 0);
	struct pkts_port_stats stats;
	unsigned sent = 0;

	(void)state;
	activate(port, NULL);
	for (unsigned i = 0; i < 3000; i++) {
		struct rte_mbuf *m = make(1, 60, 60);
		const uint16_t n = pkts_port_tx_burst(port, &m, 1);
		sent += n;
		if (!n)
			rte_pktmbuf_free(m);
	}
	assert_true(sent > 0 && sent < 3000);
	pkts_port_stats(port, &stats);
	assert_int_equal(stats.tx_packets, sent);
	assert_int_equal(stats.tx_bytes, sent * 60);
	assert_int_equal(pkts_port_deactivate(port, NULL), 0);
	activate(port, NULL);
	close_port(port);
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
	struct pkts_port *port = open_device("net_ring6", PKTS_PORT_READ_WRITE, 0);
	struct rte_mbuf *m = make_asking(), *clone = rte_pktmbuf_clone(m, pool),
			*refused = make_asking();

	(void)state;
	activate(port, NULL);
	clone->ol_flags |= m->ol_flags;
	clone->tx_offload = m->tx_offload;
	assert_int_equal(pkts_port_tx_burst(port, &clone, 1), 1);
	assert_int_equal(pkts_port_tx_burst(port, &m, 1), 1);
	refused->l3_len = 500;
	assert_int_equal(pkts_port_tx_burst(port, &refused, 1), 1);
	assert_int_equal(pkts_port_rx_burst(port, &m, 1), 1);
	assert_right(m);
	assert_int_equal(pkts_port_rx_burst(port, &m, 1), 1);
	assert_right(m);
	assert_int_equal(pkts_port_rx_burst(port, &m, 1), 0);
	close_port(port);
}

static void devices_that_cannot_be_had(void **state)
{
	static const struct {
		const char *name, *sentence;
	} rows[] = {
		{"net_nosuch0", "'net_nosuch0'"},
		{"0000:ff:1f.7", "vfio-pci"},
		{"ff:1f.7", "vfio-pci"},
		{"ethdev:whatever", "'whatever'"},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_port *port;
		struct pkts_error err = {0};
		assert_int_equal(pkts_port_open(&port, rows[i].name, NULL, &err), -ENODEV);
		assert_null(port);
		if (!strstr(err.text, rows[i].sentence))
			fail_msg("%s", err.text);
	}
}

/* The device goes with the port, so that the name can be used again. */
static void a_name_can_be_used_again(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		close_port(open_device("ethdev:net_null7", PKTS_PORT_READ, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ring_gives_back_what_it_is_sent),
		cmocka_unit_test(deaf_activated_and_deactivated),
		cmocka_unit_test(a_device_that_never_runs_dry),
		cmocka_unit_test(a_device_that_plays_a_capture),
		cmocka_unit_test(snaplen_cuts_chains),
		cmocka_unit_test(long_chains_are_copied),
		cmocka_unit_test(ports_for_one_direction),
		cmocka_unit_test(a_full_device),
		cmocka_unit_test(checksums_are_filled_in),
		cmocka_unit_test(devices_that_cannot_be_had),
		cmocka_unit_test(a_name_can_be_used_again),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
