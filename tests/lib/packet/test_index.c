/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Layers by name, what their getters read, and what their setters change. */
#include "pkts_index.h"

#include <stdlib.h>

#include "frame.h"
#include "row.h"

static struct bytes bytes;

static struct pkts_packet decoded(const char *name)
{
	const struct frame *const f = frame_named(name);

	free(bytes.p);
	bytes = bytes_of(f->hex);
	return decode_bytes(bytes, f->link);
}

static struct pkts_packet decoded_again(void)
{
	return decode_bytes(bytes, 1);
}

static int tear_down(void **state)
{
	(void)state;
	free(bytes.p);
	bytes.p = NULL;
	return 0;
}

static void first_and_nth(void **state)
{
	const struct pkts_packet packet = decoded("four tunnels");

	(void)state;
	assert_int_equal(packet.tunnels, 3);
	assert_ptr_equal(pkts_eth(&packet).p, packet.data);
	assert_ptr_equal(pkts_eth_nth(&packet, 1).p, packet.data);
	assert_ptr_equal(pkts_ipv4_nth(&packet, 1).p, packet.data + 14);
	assert_ptr_equal(pkts_ipv4_nth(&packet, 2).p, packet.data + 78);
	assert_ptr_equal(pkts_eth_nth(&packet, 2).p, packet.data + 114);
	assert_ptr_equal(pkts_ipv4_nth(&packet, 3).p, packet.data + 128);
	assert_null(pkts_ipv4_nth(&packet, 4).p);
	assert_null(pkts_ipv4_nth(&packet, 0).p);
	assert_null(pkts_tcp(&packet).p);
	assert_null(pkts_packet_nth(&packet, PKTS_PROTO_NONE, 1).p);
}

static int index_of(const struct pkts_packet *packet, const struct pkts_layer *layer)
{
	if (!layer)
		return -1;
	const int i = (int)(layer - packet->layers);
	assert_ptr_equal(pkts_layer_ref(packet, layer).p, packet->data + packet->layers[i].off);
	return i;
}

static int network_of(const struct pkts_packet *packet)
{
	return index_of(packet, pkts_packet_network(packet));
}

static int transport_of(const struct pkts_packet *packet)
{
	return index_of(packet, pkts_packet_transport(packet));
}

static void the_outermost_are_known(void **state)
{
	static const struct {
		const char *frame;
		int network, transport;
	} rows[] = {
		{"tcp4", 1, 2},
		{"802.1ad and 802.1Q", 3, 4},
		{"hop-by-hop", 1, 3},
		{"icmp unreachable", 1, 2},
		{"ipv6 first fragment", 1, 3},
		{"ipv4 middle fragment", 1, -1},
		{"ah", 1, 3},
		{"igmp", 1, -1},
		{"vxlan", 1, 2},
		{"ipv4 in ipv6", 1, -1},
		{"ethernet in ipv6", 1, -1},
		{"gre", 1, -1},
		{"arp", -1, -1},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_packet packet = decoded(rows[i].frame);
		ROW_INT(rows[i].frame, network_of(&packet), rows[i].network);
		ROW_INT(rows[i].frame, transport_of(&packet), rows[i].transport);
		packet.network = packet.transport = 0;
		ROW_INT(rows[i].frame, network_of(&packet), -1);
		pkts_packet_note_outermost(&packet);
		ROW_INT(rows[i].frame, network_of(&packet), rows[i].network);
		ROW_INT(rows[i].frame, transport_of(&packet), rows[i].transport);
	}
}

static void a_view_has_its_bounds(void **state)
{
	const struct pkts_packet packet = decoded("udp4 in 60 bytes");
	const struct pkts_ipv4 ip = pkts_ipv4(&packet);
	const struct pkts_udp udp = pkts_udp(&packet);
	uint32_t payload;

	(void)state;
	assert_int_equal(ip.head, 20);
	assert_int_equal(ip.len, 31);
	assert_int_equal(udp.head, 8);
	assert_int_equal(udp.len, 11);
	assert_int_equal(pkts_packet_payload(&packet, &payload), 42);
	assert_int_equal(payload, 3);
	assert_memory_equal(packet.data + 42, "pad", payload);
}

/* What a view says is there never goes beyond the capture, whatever was on the wire. */
static void a_view_of_a_cut_packet(void **state)
{
	struct pkts_packet packet = decoded("udp4");
	const struct pkts_frame f = {bytes.p, 44, 44, bytes.n, 1};
	uint32_t payload;

	(void)state;
	pkts_decode(NULL, &f, &packet);
	assert_int_equal(packet.layers[2].len, 13);
	assert_int_equal(pkts_udp(&packet).len, 10);
	assert_int_equal(pkts_packet_payload(&packet, &payload), 42);
	assert_int_equal(payload, 2);
}

static void payload_without_layers(void **state)
{
	const struct pkts_packet packet = {.len = 77};
	uint32_t payload;

	(void)state;
	assert_int_equal(pkts_packet_payload(&packet, &payload), 0);
	assert_int_equal(payload, 77);
	assert_null(pkts_eth(&packet).p);
}

static void ethernet_has_its_destination_first(void **state)
{
	const struct pkts_packet packet = decoded("tcp6");

	(void)state;
	assert_memory_equal(pkts_eth_dst(pkts_eth(&packet)), "\x02\0\0\0\0\x0b", 6);
	assert_memory_equal(pkts_eth_src(pkts_eth(&packet)), "\x02\0\0\0\0\x0a", 6);
	assert_int_equal(pkts_eth_type(pkts_eth(&packet)), 0x86dd);
}

static void ipv4_fields(void **state)
{
	const struct pkts_packet packet = decoded("ipv4 first fragment");
	const struct pkts_ipv4 ip = pkts_ipv4(&packet);

	(void)state;
	assert_int_equal(pkts_ipv4_version(ip), 4);
	assert_int_equal(pkts_ipv4_ihl(ip), 5);
	assert_int_equal(pkts_ipv4_total_length(ip), 68);
	assert_int_equal(pkts_ipv4_id(ip), 77);
	assert_true(pkts_ipv4_mf(ip));
	assert_false(pkts_ipv4_df(ip));
	assert_int_equal(pkts_ipv4_frag_offset(ip), 0);
	assert_int_equal(pkts_ipv4_ttl(ip), 64);
	assert_int_equal(pkts_ipv4_protocol(ip), 17);
	assert_int_equal(pkts_ipv4_src(ip), 0xc0000201);
	assert_int_equal(pkts_ipv4_dst(ip), 0xc6336402);
}

/* RFC 3168 5: ECT(0) is 2, ECT(1) is 1. */
static void congestion_codepoints(void **state)
{
	static const char *const rows[] = {"4500", "4501", "4502", "4503"};
	const struct pkts_packet packet = decoded("tcp4 syn");

	(void)state;
	assert_int_equal(pkts_ipv4_ecn(pkts_ipv4(&packet)), 2);
	for (unsigned ecn = 0; ecn < PKTS_ARRAY_LEN(rows); ecn++) {
		const struct bytes b = bytes_of(rows[ecn]);
		memcpy(pkts_ipv4(&packet).p, b.p, 2);
		assert_int_equal(pkts_ipv4_ecn(pkts_ipv4(&packet)), ecn);
		assert_int_equal(pkts_ipv4_dscp(pkts_ipv4(&packet)), 0);
		free(b.p);
	}
}

static void ipv6_fields(void **state)
{
	const struct pkts_packet packet = decoded("tcp6");
	const struct pkts_ipv6 ip = pkts_ipv6(&packet);

	(void)state;
	assert_int_equal(pkts_ipv6_version(ip), 6);
	assert_int_equal(pkts_ipv6_dscp(ip), 0xb9 >> 2);
	assert_int_equal(pkts_ipv6_ecn(ip), 1);
	assert_int_equal(pkts_ipv6_flow(ip), 0x12345);
	assert_int_equal(pkts_ipv6_payload_length(ip), 23);
	assert_int_equal(pkts_ipv6_hop_limit(ip), 64);
	assert_int_equal(pkts_ipv6_src(ip)[5], 1);
	assert_int_equal(pkts_ipv6_dst(ip)[5], 2);
}

static void options_start_behind_the_fixed_header(void **state)
{
	struct pkts_packet packet = decoded("ipv4 options");
	struct pkts_tlv_iter it = pkts_ipv4_options(pkts_ipv4(&packet));
	struct pkts_tlv option;

	(void)state;
	assert_true(pkts_ipv4_option_next(&it, &option));
	assert_int_equal(option.type, PKTS_IPV4_OPTION_ROUTER_ALERT);
	assert_int_equal(option.len, 2);
	assert_true(pkts_ipv4_option_next(&it, &option));
	assert_int_equal(option.type, PKTS_IPV4_OPTION_NOP);
	assert_true(pkts_ipv4_option_next(&it, &option));
	assert_int_equal(option.type, PKTS_IPV4_OPTION_RECORD_ROUTE);
	assert_false(pkts_ipv4_option_next(&it, &option));
	assert_int_equal(it.reason, PKTS_REASON_NONE);

	packet = decoded("tcp4 syn");
	it = pkts_tcp_options(pkts_tcp(&packet));
	assert_true(pkts_tcp_option_next(&it, &option));
	assert_int_equal(option.type, PKTS_TCP_OPTION_MSS);
	assert_int_equal(pkts_be16(option.data), 1460);
}

static void tcp_fields(void **state)
{
	const struct pkts_packet packet = decoded("tcp4 syn");
	const struct pkts_tcp tcp = pkts_tcp(&packet);

	(void)state;
	assert_int_equal(pkts_tcp_sport(tcp), 40000);
	assert_int_equal(pkts_tcp_dport(tcp), 9);
	assert_int_equal(pkts_tcp_seq(tcp), 1000);
	assert_int_equal(pkts_tcp_data_offset(tcp), 10);
	assert_int_equal(pkts_tcp_flags(tcp), PKTS_TCP_SYN | PKTS_TCP_ECE | PKTS_TCP_CWR);
	assert_int_equal(pkts_tcp_window(tcp), 512);
	assert_int_equal(pkts_tcp_urgent(tcp), 0);
}

static void setters_change_their_field_only(void **state)
{
	const struct pkts_packet packet = decoded("tcp4");
	const struct pkts_tcp tcp = pkts_tcp(&packet);
	const struct pkts_ipv4 ip = pkts_ipv4(&packet);
	const struct bytes before = bytes_first(bytes, bytes.n);

	(void)state;
	pkts_tcp_set_dport(tcp, 0x1234);
	pkts_tcp_set_flags(tcp, PKTS_TCP_AE | PKTS_TCP_FIN);
	pkts_ipv4_set_ecn(ip, 3);
	pkts_ipv4_set_dst(ip, 0x0a000001);
	pkts_eth_set_src(pkts_eth(&packet), (const uint8_t *)"\1\2\3\4\5\6");
	memcpy(before.p + 6, "\1\2\3\4\5\6", 6);
	before.p[15] = 3;
	memcpy(before.p + 30, "\x0a\0\0\1", 4);
	memcpy(before.p + 36, "\x12\x34", 2);
	memcpy(before.p + 46, "\x51\x01", 2);
	assert_memory_equal(bytes.p, before.p, bytes.n);
	free(before.p);
}

/* What a setter changes is seen by the next decoding. */
static void setters_and_decoding_again(void **state)
{
	struct pkts_packet packet = decoded("udp4");

	(void)state;
	pkts_udp_set_dport(pkts_udp(&packet), 4789);
	packet = decoded_again();
	assert_string_equal(verdict_text(&packet), "bad, fatal short vxlan@42");
	pkts_udp_set_dport(pkts_udp(&packet), 9);
	pkts_ipv4_set_ihl(pkts_ipv4(&packet), 4);
	packet = decoded_again();
	assert_string_equal(verdict_text(&packet), "bad, fatal ipv4_ihl ipv4@14");
	pkts_ipv4_set_ihl((struct pkts_ipv4){bytes.p + 14, 20, 33}, 5);
	pkts_ipv4_set_ihl((struct pkts_ipv4){bytes.p + 14, 20, 33}, 5);
	packet = decoded_again();
	assert_string_equal(layers_text(&packet), "eth:14/ipv4:20/udp:8");
	pkts_ipv4_set_protocol(pkts_ipv4(&packet), PKTS_IPPROTO_ESP);
	packet = decoded_again();
	assert_string_equal(layers_text(&packet), "eth:14/ipv4:20/esp:8");
	pkts_eth_set_type(pkts_eth(&packet), 0x88b5);
	packet = decoded_again();
	assert_string_equal(layers_text(&packet), "eth:14");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_and_nth),
		cmocka_unit_test(the_outermost_are_known),
		cmocka_unit_test(a_view_has_its_bounds),
		cmocka_unit_test(a_view_of_a_cut_packet),
		cmocka_unit_test(payload_without_layers),
		cmocka_unit_test(ethernet_has_its_destination_first),
		cmocka_unit_test(ipv4_fields),
		cmocka_unit_test(congestion_codepoints),
		cmocka_unit_test(ipv6_fields),
		cmocka_unit_test(options_start_behind_the_fixed_header),
		cmocka_unit_test(tcp_fields),
		cmocka_unit_test(setters_change_their_field_only),
		cmocka_unit_test(setters_and_decoding_again),
	};
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
