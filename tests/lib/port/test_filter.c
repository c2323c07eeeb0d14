/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Filters answer as libpcap's own interpreter does, however the packet lies in memory. */
#include <errno.h>
#include <pcap/pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pkts_filter.h"
#include "pkts_mbuf.h"
#include "pkts_runtime.h"

#define PACKETS 3000
#define ROOM	512

static struct rte_mempool *pool;

static int set_up(void **state)
{
	struct pkts_error err;

	(void)state;
	if (pkts_runtime_init(NULL, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	pool = rte_pktmbuf_pool_create("filter", 63, 0, 0, 128 + ROOM, SOCKET_ID_ANY);
	return pool ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	rte_mempool_free(pool);
	pkts_runtime_fini();
	return 0;
}

static const char *const expressions[] = {
	"ip",
	"ip6",
	"arp",
	"tcp",
	"udp",
	"icmp",
	"icmp6",
	"tcp port 80",
	"udp port 53",
	"port 80 or port 53",
	"portrange 50-90",
	"src port 80",
	"dst port 80 and host 10.0.0.1",
	"host 10.0.0.1",
	"net 10.0.0.0/8",
	"src net 10.0.0.0/30 and dst net 10.0.0.0/30",
	"host 2001:db8::1",
	"net 2001:db8::/32",
	"ip6 and tcp port 80",
	"vlan",
	"vlan 5",
	"vlan and tcp port 80",
	"vlan 5 and vlan 6 and ip",
	"not vlan and ip",
	"mpls",
	"mpls and ip",
	"ether host 02:00:00:00:00:01",
	"ether dst 02:00:00:00:00:02",
	"ether broadcast",
	"ether multicast",
	"ether[0] & 1 != 0",
	"ether proto 0x88cc",
	"ip multicast",
	"ip[0] & 0xf != 5",
	"ip[6:2] & 0x1fff != 0",
	"ip[6] & 0x20 != 0",
	"ip[8] < 64",
	"ip proto 47",
	"ip6 proto 17",
	"ip6[6] = 44",
	"tcp[12] & 0xf0 > 0x50",
	"tcp[13] & 2 != 0",
	"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
	"tcp[tcpflags] = tcp-ack",
	"tcp[4:4] > 0x10000",
	"tcp[0:2] = 80 or tcp[2:2] = 80",
	"tcp[14:2] & 0x80 != 0",
	"tcp[4:4] & 0x7fffffff = 1",
	"udp[8:1] = 0x41",
	"udp[4:2] > 20",
	"icmp[icmptype] = icmp-echo",
	"ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2) != 0",
	"ip[1] * 3 = 9 or ip[8] / 2 = 32",
	"ip[ip[0] & 0xf] = 4",
	"ip[ip[0] - 84] = 1", /* an offset of -1 from the start of the frame */
	"ip[ip[0] - 85:2] = 1",
	"ip[8] / ip[1] = 2",
	"ip[8] % 3 = 1",
	"ip[8] ^ ip[9] = 70",
	"-ip[8] = -64",
	"ip[4:2] << ip[1] > 100",
	"ether[14] & 0xf0 = 0x40",
	"ether[300:4] = 0",
	"ether[500] & 0x80 != 0",
	"ether[12:4] & 0x80000000 != 0",
	"len > 100",
	"less 60",
	"greater 1000 and ip",
	"tcp[13] & 0x12 == 0x12 and not (src net 10.0.0.0/31 or ip6)",
	"pppoes and ip",
	"geneve",
	"ip and dst host 255.255.255.255",
};

/* The same sequence every time. */
static uint32_t next_random(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 16);
}

static bool one_in(unsigned n)
{
	return next_random() % n == 0;
}

struct frame {
	uint8_t bytes[ROOM];
	uint32_t len, wire_len;
};

static void add(struct frame *f, const void *p, uint32_t n)
{
	memcpy(f->bytes + f->len, p, n);
	f->len += n;
}

static void add16(struct frame *f, uint16_t v)
{
	add(f, (const uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

static void add_random(struct frame *f, uint32_t n)
{
	while (n--)
		f->bytes[f->len++] = (uint8_t)next_random();
}

static uint16_t some_port(void)
{
	static const uint16_t ports[] = {80, 53, 50, 90, 91, 443};
	return ports[next_random() % PKTS_ARRAY_LEN(ports)];
}

static void add_l4(struct frame *f, uint8_t protocol)
{
	const uint32_t at = f->len;

	add16(f, some_port());
	add16(f, some_port());
	add_random(f, 16);
	if (protocol == 17)
		f->bytes[at + 4] = 0;
	if (one_in(3))
		memset(f->bytes + at + 4, 0, 3);
	if (one_in(2))
		f->bytes[at + 12] = 0x50;
	if (one_in(2))
		f->bytes[at + 13] = (uint8_t)(1 << next_random() % 6);
	if (one_in(4))
		f->bytes[at] = 8;
	if (one_in(2))
		f->bytes[at + 8] = 0x41;
}

static uint8_t some_protocol(void)
{
	static const uint8_t protocols[] = {6, 6, 6, 17, 17, 1, 58, 47, 44};
	return protocols[next_random() % PKTS_ARRAY_LEN(protocols)];
}

static void add_ipv4(struct frame *f)
{
	const uint8_t protocol = some_protocol();
	const uint8_t words = one_in(4) ? 5 + next_random() % 4 : 5;
	const uint8_t fixed[12] = {0x40 | words, next_random() % 4, 0, 60 + next_random() % 8, 0, 7,
		one_in(4) ? 0x20 : 0, one_in(6), one_in(2) ? 64 : 63, protocol};

	add(f, fixed, 12);
	for (unsigned i = 0; i < 2; i++)
		add(f, (const uint8_t[]){10, 0, 0, (uint8_t)(next_random() % 6)}, 4);
	if (one_in(10))
		memset(f->bytes + f->len - 4, one_in(2) ? 255 : 224, 4);
	add_random(f, (words - 5u) * 4);
	add_l4(f, protocol);
}

static void add_ipv6(struct frame *f)
{
	const uint8_t protocol = some_protocol();
	const uint8_t fixed[8] = {0x60, 0, 0, 0, 0, 40, protocol, 64};

	add(f, fixed, 8);
	for (unsigned i = 0; i < 2; i++) {
		const uint8_t a[16] = {
			0x20, 1, 0x0d, one_in(4) ? 0 : 0xb8, [15] = next_random() % 3};
		add(f, a, 16);
	}
	if (protocol == 44)
		add(f, (const uint8_t[]){17, 0, 0, (uint8_t)one_in(2), 0, 0, 0, 1}, 8);
	add_l4(f, protocol);
}

static void add_network(struct frame *f)
{
	switch (next_random() % 8) {
	case 0:
	case 1:
		add16(f, 0x86dd);
		add_ipv6(f);
		break;
	case 2:
		add16(f, (uint16_t[]){0x806, 0x88cc, 0x8864, 0x8847}[next_random() % 4]);
		add_random(f, 40);
		break;
	default:
		add16(f, 0x800);
		add_ipv4(f);
	}
}

static struct frame make_frame(void)
{
	struct frame f = {.len = 0};

	for (unsigned i = 0; i < 2; i++)
		add(&f, (const uint8_t[]){2, 0, 0, 0, 0, next_random() % 3}, 6);
	if (one_in(12))
		memset(f.bytes, 0xff, 6);
	for (unsigned tags = one_in(3) ? 1 + next_random() % 2 : 0; tags; tags--) {
		add16(&f, (uint16_t[]){0x8100, 0x88a8, 0x9100}[next_random() % 3]);
		add16(&f, 5 + next_random() % 3);
	}
	add_network(&f);
	if (one_in(3))
		add_random(&f, next_random() % (ROOM - f.len));
	if (one_in(10))
		f.len = next_random() % (f.len + 1); /* truncated */
	if (one_in(10)) {
		f.len = 0;
		add_random(&f, next_random() % ROOM);
	}
	f.wire_len = f.len + (one_in(3) ? next_random() % 2000 : 0);
	return f;
}

/* The frame as an mbuf whose first segment has `head` bytes, and the next one, and so on. */
static struct rte_mbuf *make_mbuf(const struct frame *f, uint32_t head, uint16_t link)
{
	struct rte_mbuf *first = rte_pktmbuf_alloc(pool), *m = first;

	assert_non_null(first);
	for (uint32_t at = 0; at < f->len; at++) {
		if (m->data_len == head && f->len - at > 0) {
			struct rte_mbuf *more = rte_pktmbuf_alloc(pool);
			assert_non_null(more);
			assert_int_equal(rte_pktmbuf_chain(first, more), 0);
			m = more;
		}
		rte_pktmbuf_mtod(m, uint8_t *)[m->data_len++] = f->bytes[at];
		if (m != first)
			first->pkt_len++;
		else
			first->pkt_len = m->data_len;
	}
	pkts_mbuf_set_meta(first, (struct pkts_mbuf_meta){f->wire_len, link, 0});
	return first;
}

static struct bpf_program compile(const char *expression, int dlt)
{
	pcap_t *dead = pcap_open_dead(dlt, 262144);
	struct bpf_program p;

	if (pcap_compile(dead, &p, expression, 1, PCAP_NETMASK_UNKNOWN))
		fail_msg("%s: %s", expression, pcap_geterr(dead));
	pcap_close(dead);
	return p;
}

static void check(struct pkts_filter *f, const struct bpf_program *p, const struct frame *frame,
	const char *text)
{
	const struct pcap_pkthdr header = {.caplen = frame->len, .len = frame->wire_len};
	const bool expected = pcap_offline_filter(p, &header, frame->bytes) != 0;
	const uint32_t heads[] = {ROOM, 1 + next_random() % 60, 12 + next_random() % 12};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(heads); i++) {
		if (frame->len / heads[i] > 60)
			continue; /* more segments than the pool has */
		struct rte_mbuf *m = make_mbuf(frame, heads[i], 1);
		if (pkts_filter_match(f, m) != expected)
			fail_msg("'%s' is %s a frame of %u bytes in %u segments", text,
				expected ? "not matched by" : "matched by", frame->len, m->nb_segs);
		rte_pktmbuf_free(m);
	}
	if (pkts_filter_match_bytes(f, 1, frame->bytes, frame->len, frame->wire_len) != expected)
		fail_msg("'%s' is wrong about a frame of %u bytes", text, frame->len);
}

static void filters_agree_with_libpcap(void **state)
{
	(void)state;
	for (unsigned e = 0; e < PKTS_ARRAY_LEN(expressions); e++) {
		struct bpf_program p = compile(expressions[e], DLT_EN10MB);
		struct pkts_filter *f;
		unsigned matched = 0;
		assert_int_equal(pkts_filter_create(&f, expressions[e], 1, NULL), 0);
		for (unsigned i = 0; i < PACKETS; i++) {
			const struct frame frame = make_frame();
			check(f, &p, &frame, expressions[e]);
			matched += pkts_filter_match_bytes(
				f, 1, frame.bytes, frame.len, frame.wire_len);
		}
		assert_true(matched < PACKETS);
		pkts_filter_destroy(f);
		pcap_freecode(&p);
	}
	assert_int_equal(rte_mempool_avail_count(pool), 63);
}

/* The link types whose number in files is not libpcap's own: raw IP is 101 there and 12 here. */
static void raw_ip_and_other_link_types(void **state)
{
	struct pkts_filter *f;
	struct frame frame = {.len = 0};

	(void)state;
	add_ipv4(&frame);
	frame.wire_len = frame.len;
	frame.bytes[9] = 6;
	assert_int_equal(pkts_filter_create(&f, "ip and tcp", 101, NULL), 0);
	assert_true(pkts_filter_match_bytes(f, 101, frame.bytes, frame.len, frame.len));
	assert_false(pkts_filter_match_bytes(f, 1, frame.bytes, frame.len, frame.len));
	struct rte_mbuf *m = make_mbuf(&frame, ROOM, 101);
	assert_true(pkts_filter_match(f, m));
	pkts_mbuf_set_meta(m, (struct pkts_mbuf_meta){frame.len, 1, 0});
	assert_false(pkts_filter_match(f, m));
	rte_pktmbuf_free(m);
	pkts_filter_destroy(f);
}

static void expressions_that_do_not_suit_a_link_type(void **state)
{
	struct pkts_filter *f;
	const uint8_t bytes[64] = {0};

	(void)state;
	assert_int_equal(pkts_filter_create(&f, "ether host 02:00:00:00:00:01", 1, NULL), 0);
	assert_true(pkts_filter_fits(f, 1));
	assert_non_null(pkts_filter_program(f, 1));
	assert_false(pkts_filter_match_bytes(f, 101, bytes, 64, 64));
	assert_null(pkts_filter_program(f, 101));
	assert_false(pkts_filter_fits(f, 101));
	/* There is an end to how many link types a hostile file can make it compile for. */
	for (uint16_t link = 2000; link < 2100; link++)
		assert_false(pkts_filter_match_bytes(f, link, bytes, 64, 64));
	assert_false(pkts_filter_fits(f, 2099));
	assert_true(pkts_filter_fits(NULL, 101));
	pkts_filter_destroy(f);
}

static void length_is_that_on_the_wire(void **state)
{
	const struct frame cut = {.len = 60, .wire_len = 1500};
	struct rte_mbuf *m = make_mbuf(&cut, ROOM, 1);
	struct pkts_filter *f;

	(void)state;
	assert_int_equal(pkts_filter_create(&f, "len == 1500", 1, NULL), 0);
	assert_true(pkts_filter_match(f, m));
	assert_true(pkts_filter_match_bytes(f, 1, cut.bytes, 60, 1500));
	assert_false(pkts_filter_match_bytes(f, 1, cut.bytes, 60, 60));
	rte_pktmbuf_free(m);
	pkts_filter_destroy(f);
}

/* Longer than an mbuf's 16-bit segment length. */
static void bytes_beyond_64_kib(void **state)
{
	uint8_t *bytes = calloc(1, 200000);
	struct pkts_filter *f;

	(void)state;
	bytes[150000] = 0x77;
	assert_int_equal(pkts_filter_create(&f, "ether[150000] = 0x77", 1, NULL), 0);
	assert_true(pkts_filter_match_bytes(f, 1, bytes, 200000, 200000));
	assert_false(pkts_filter_match_bytes(f, 1, bytes, 150000, 200000));
	pkts_filter_destroy(f);
	free(bytes);
}

static void no_expression_matches_all(void **state)
{
	static const char *const empty[] = {NULL, "", " \t\n"};
	struct pkts_filter *f;

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(empty); i++) {
		assert_int_equal(pkts_filter_create(&f, empty[i], 1, NULL), 0);
		assert_null(f);
		assert_true(pkts_filter_match_bytes(f, 1, (const uint8_t *)"", 0, 0));
	}
	pkts_filter_destroy(NULL);
}

static void bad_expressions_are_named(void **state)
{
	static const char *const bad[] = {
		"tcp port", "foo bar", "wlan type mgt", "((((", "host 300.1.1.1"};
	struct pkts_filter *f = (void *)1;

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(bad); i++) {
		struct pkts_error err = {0};
		assert_int_equal(pkts_filter_create(&f, bad[i], 1, &err), -EINVAL);
		assert_null(f);
		assert_non_null(strstr(err.text, bad[i]));
		assert_int_equal(pkts_filter_create(&f, bad[i], 1, NULL), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_agree_with_libpcap),
		cmocka_unit_test(raw_ip_and_other_link_types),
		cmocka_unit_test(expressions_that_do_not_suit_a_link_type),
		cmocka_unit_test(length_is_that_on_the_wire),
		cmocka_unit_test(bytes_beyond_64_kib),
		cmocka_unit_test(no_expression_matches_all),
		cmocka_unit_test(bad_expressions_are_named),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
