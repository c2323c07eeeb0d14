/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A program in C++: what it composes, reads, edits and follows is what one in C does. */
#include "pkts.hh"

#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "frames.h"
extern "C" {
#include "cmocka_all.h"
#include "eal.h"
#include "reference.h"
}

static_assert(std::is_same_v<decltype(pkts_tcp_dport({})), uint16_t>);
static_assert(std::is_same_v<decltype(pkts_ipv4_ttl({})), uint8_t>);
static_assert(std::is_same_v<decltype(pkts_ipv4_src({})), uint32_t>);
static_assert(std::is_same_v<decltype(pkts_eth_spec::dst), pkts_mac>);
static_assert(std::is_same_v<decltype(pkts_ipv6_spec::dst), pkts_ipv6_address>);
static_assert(std::is_trivial_v<pkts_spec> && std::is_standard_layout_v<pkts_spec>);

static const char *sample;

static struct pkts_packet decode(uint8_t *data, uint32_t len)
{
	const struct pkts_frame frame = {.data = data, .head = len, .len = len, .link = 1};
	struct pkts_packet packet;

	assert_int_equal(pkts_decode(NULL, &frame, &packet), 0);
	return packet;
}

static void types_have_the_same_size(void **)
{
	const uint32_t here[SIZES_N] = {SIZES};
	uint32_t there[SIZES_N];

	assert_int_equal(reference_sizes(there), SIZES_N);
	assert_memory_equal(here, there, sizeof(there));
}

static void frames_are_those_of_c(void **)
{
	uint8_t here[512], there[512];
	struct pkts_out out = {.data = here, .cap = sizeof(here)};

	assert_int_equal(COMPOSE_SYN(&out), 0);
	assert_int_equal(out.len, reference_syn(there, sizeof(there)));
	assert_memory_equal(here, there, out.len);
	assert_int_equal(COMPOSE_TUNNEL(&out), 0);
	assert_int_equal(out.len, reference_tunnel(there, sizeof(there)));
	assert_memory_equal(here, there, out.len);
}

static void specs_are_values(void **)
{
	volatile uint32_t now = 0xfedcba98;
	uint8_t here[512], there[512];
	const uint8_t echo[] = {PKTS_OPT_TIMESTAMPS(now, 7)};
	struct pkts_out out = {.data = here, .cap = sizeof(here)};
	struct pkts_tcp_spec tcp = TCP(.dport = 80, .opts = {echo, sizeof(echo)});
	const struct pkts_spec specs[] = {pkts_layer_as_spec(ETH()), pkts_layer_as_spec(IPV4()),
		{.proto = PKTS_PROTO_TCP, .tcp = TCP(.dport = 443, .opts = {echo, sizeof(echo)})}};

	tcp.dport = 443;
	assert_int_equal(pkts_compose(&out, ETH(), IPV4(), tcp), 0);
	const uint32_t len = out.len;
	out.data = there;
	assert_int_equal(pkts_compose_specs(&out, specs, 3), 0);
	assert_int_equal(out.len, len);
	assert_memory_equal(here, there, len);
}

static void errors_name_layer_and_field(void **)
{
	uint8_t room[512];
	struct pkts_out out = {.data = room, .cap = sizeof(room)};
	volatile uint64_t ttl = 256;

	assert_int_equal(pkts_compose(&out, ETH(), IPV4(.ttl = ttl)), -PKTS_ERANGE);
	assert_string_equal(out.layer, "ipv4");
	assert_string_equal(out.field, "ttl");
	out.cap = 20;
	assert_int_equal(pkts_compose(&out, ETH(), IPV4()), -PKTS_ENOSPC);
	assert_string_equal(out.layer, "ipv4");
}

static void layers_are_read_and_edited_by_name(void **)
{
	uint8_t room[512];
	const uint32_t len = reference_syn(room, sizeof(room));
	struct pkts_packet packet = decode(room, len);
	const struct pkts_ipv4 ip = pkts_ipv4(&packet);
	const struct pkts_tcp tcp = pkts_tcp(&packet);
	struct pkts_delta header = {}, segment = {};

	assert_non_null(tcp.p);
	assert_null(pkts_udp(&packet).p);
	assert_int_equal(pkts_tcp_dport(tcp), 80);
	assert_int_equal(pkts_tcp_flags(tcp), PKTS_TCP_SYN);
	assert_memory_equal(pkts_eth_dst(pkts_eth(&packet)), "\2\0\0\0\0\1", 6);
	pkts_ipv4_edit_ttl(ip, (uint8_t)(pkts_ipv4_ttl(ip) - 1), &header);
	pkts_ipv4_fix(ip, header);
	pkts_tcp_edit_dport(tcp, 443, &segment);
	pkts_tcp_fix(tcp, segment);
	assert_int_equal(pkts_packet_set(&packet, 1, "id", 9), 0);
	assert_int_equal(pkts_ipv4_ttl(ip), 63);
	assert_int_equal(pkts_tcp_dport(tcp), 443);
	assert_int_equal(pkts_packet_checksum(&packet, 1, NULL), PKTS_CHECKSUM_GOOD);
	assert_int_equal(pkts_packet_checksum(&packet, 2, NULL), PKTS_CHECKSUM_GOOD);
	assert_true(pkts_verdict(&packet).ok);
	pkts_tcp_set_dport(tcp, 80);
	assert_int_equal(pkts_packet_checksum(&packet, 2, NULL), PKTS_CHECKSUM_BAD);
}

static void mbufs_are_composed_and_pushed_into(void **)
{
	struct rte_mempool *const pool =
		rte_pktmbuf_pool_create("cxx", 31, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	struct rte_mbuf *m, *payload;
	struct pkts_packet packet;

	assert_non_null(pool);
	m = pkts_mbuf_compose_new(
		pool, ETH(), IPV4(.csum = PKTS_OFFLOAD), UDP(.dport = 9), TEXT("x"));
	assert_non_null(m);
	assert_int_equal(m->pkt_len, 14 + 20 + 8 + 1);
	assert_true(m->ol_flags & RTE_MBUF_F_TX_IP_CKSUM);
	assert_int_equal(pkts_mbuf_tx_finish(&m), 0);
	pkts_mbuf_decode(NULL, &m, &packet);
	assert_int_equal(pkts_mbuf_push(&m, &packet, 1, VLAN(.id = 7), VLAN(.id = 8)), 0);
	assert_int_equal(pkts_vlan_id(pkts_vlan_nth(&packet, 2)), 8);
	assert_int_equal(pkts_mbuf_replace(&m, &packet, 1, 2, MPLS(.label = 5)), 0);
	assert_int_equal(pkts_mpls_label(pkts_mpls(&packet)), 5);
	payload = m;
	m = rte_pktmbuf_alloc(pool);
	assert_int_equal(pkts_mbuf_compose_around(m, payload, ETH(), IPV4(), GRE(), ETH()), 0);
	pkts_mbuf_decode(NULL, &m, &packet);
	assert_non_null(pkts_gre(&packet).p);
	rte_pktmbuf_free(m);
	rte_mempool_free(pool);
}

static void a_conversation_has_an_entry(void **)
{
	uint8_t room[512];
	const struct pkts_packet packet = decode(room, reference_syn(room, sizeof(room)));
	struct pkts_table_conf conf = {};
	struct pkts_session_key key;
	struct pkts_session_at at;
	struct pkts_table *table;
	bool fresh = false;

	conf.max_entries = 64;
	conf.n_classes = 1;
	conf.classes[0].timeout_ns = 1000;
	const size_t n = pkts_table_memsize(&conf);
	void *const memory = std::aligned_alloc(PKTS_TABLE_ALIGN, n);
	assert_int_equal(pkts_table_init(&table, memory, n, &conf), 0);
	assert_int_equal(pkts_session_key_of(&packet, 0, &key, &at), 0);
	struct pkts_table_entry *const entry =
		pkts_table_find_or_insert(table, &key, at.swapped, 0, 1, &fresh);
	assert_true(fresh);
	assert_ptr_equal(pkts_table_find(table, &key, 2), entry);
	std::free(memory);
}

static void segments_are_judged_by_a_session(void **)
{
	uint8_t room[512];
	const struct pkts_packet packet = decode(room, reference_syn(room, sizeof(room)));
	const auto said = pkts_tcp_session_segment(pkts_tcp(&packet), 0);
	auto impossible = said;
	struct pkts_tcp_session session = {};

	assert_int_equal(said.mss, 1460);
	assert_int_equal(
		pkts_tcp_session_validate(&session, NULL, 0, &said, 1).validity, PKTS_VALID);
	impossible.flags = PKTS_TCP_SYN | PKTS_TCP_FIN;
	assert_int_not_equal(
		pkts_tcp_session_validate(&session, NULL, 0, &impossible, 2).validity, PKTS_VALID);
}

static void segments_are_put_in_order_by_a_sequence(void **)
{
	uint8_t room[512];
	const struct pkts_packet packet = decode(room, reference_syn(room, sizeof(room)));
	const auto tcp = pkts_tcp(&packet);
	const struct pkts_tcp_conf conf = {};
	const size_t n = pkts_tcp_pool_memsize(&conf);
	void *const memory = std::malloc(n);
	struct pkts_tcp_segment segment = pkts_tcp_segment_of(tcp, {});
	struct pkts_tcp_segment answer = segment;
	struct pkts_tcp_out out;
	struct pkts_tcp_seq seq;

	pkts_tcp_seq_init(
		&seq, pkts_tcp_pool_init(memory, n, &conf), PKTS_TCP_FIRST, PKTS_TCP_FIRST);
	assert_int_equal(pkts_tcp_seq_put(&seq, 0, &segment, 1), 0);
	answer.flags = PKTS_TCP_SYN | PKTS_TCP_ACK;
	answer.ack = segment.seq + 1;
	assert_int_equal(pkts_tcp_seq_put(&seq, 1, &answer, 1), 0);
	segment.piece.p = tcp.p + tcp.head;
	segment.flags = PKTS_TCP_ACK;
	segment.piece.len = 2;
	segment.seq += 4;
	assert_int_equal(pkts_tcp_seq_put_get(&seq, 0, &segment, 2, &out), PKTS_TCP_SEQ_NOTHING);
	segment.seq -= 3;
	segment.piece.len = 3;
	assert_int_equal(pkts_tcp_seq_put_get(&seq, 0, &segment, 3, &out), PKTS_TCP_SEQ_DATA);
	assert_int_equal(out.len, 3);
	assert_int_equal(pkts_tcp_seq_get(&seq, 0, &out), PKTS_TCP_SEQ_DATA);
	assert_int_equal(out.len, 2);
	assert_memory_equal(out.p, "ea", 2);
	pkts_tcp_seq_fini(&seq);
	std::free(memory);
}

static void ports_of_a_capture_are_counted(void **)
{
	struct pkts_error err = {};
	struct pkts_port *port;
	struct rte_mbuf *m;
	unsigned packets = 0, segments = 0;

	assert_int_equal(pkts_port_open(&port, sample, NULL, &err), 0);
	assert_int_equal(pkts_port_activate(port, "tcp port 8080", &err), 0);
	while (!pkts_port_ended(port, NULL, NULL)) {
		if (!pkts_port_rx_burst(port, &m, 1))
			continue;
		struct pkts_packet packet;
		pkts_mbuf_decode(NULL, &m, &packet);
		const struct pkts_tcp tcp = pkts_tcp(&packet);
		packets++;
		segments += tcp.p && (pkts_tcp_sport(tcp) == 8080 || pkts_tcp_dport(tcp) == 8080);
		rte_pktmbuf_free(m);
	}
	assert_int_not_equal(packets, 0);
	assert_int_equal(segments, packets);
	assert_int_equal(pkts_port_close(port, &err), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_have_the_same_size),
		cmocka_unit_test(frames_are_those_of_c),
		cmocka_unit_test(specs_are_values),
		cmocka_unit_test(errors_name_layer_and_field),
		cmocka_unit_test(layers_are_read_and_edited_by_name),
		cmocka_unit_test(mbufs_are_composed_and_pushed_into),
		cmocka_unit_test(a_conversation_has_an_entry),
		cmocka_unit_test(segments_are_judged_by_a_session),
		cmocka_unit_test(segments_are_put_in_order_by_a_sequence),
		cmocka_unit_test(ports_of_a_capture_are_counted),
	};

	if (argc != 2 || !eal_start())
		return 2;
	sample = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
