/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The rows of every protocol: they tile the header, and accessors, table and symbols agree. */
#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "pkts_protocols.h"

#define HEADER 64 /* more than any fixed part */

/* Bytes that each protocol's fixed rows have to cover. */
static const struct {
	enum pkts_proto proto;
	unsigned bytes;
} heads[] = {
	{PKTS_PROTO_ETH, PKTS_ETH_HEAD},
	{PKTS_PROTO_LLC, PKTS_LLC_HEAD},
	{PKTS_PROTO_SNAP, PKTS_SNAP_HEAD},
	{PKTS_PROTO_VLAN, PKTS_VLAN_HEAD},
	{PKTS_PROTO_MPLS, PKTS_MPLS_HEAD},
	{PKTS_PROTO_PPPOE, PKTS_PPPOE_HEAD},
	{PKTS_PROTO_PPP, PKTS_PPP_HEAD},
	{PKTS_PROTO_ARP, PKTS_ARP_HEAD},
	{PKTS_PROTO_IPV4, PKTS_IPV4_HEAD},
	{PKTS_PROTO_IPV6, PKTS_IPV6_HEAD},
	{PKTS_PROTO_IPV6_HOPOPTS, PKTS_IPV6_HOPOPTS_HEAD},
	{PKTS_PROTO_IPV6_ROUTING, PKTS_IPV6_ROUTING_HEAD},
	{PKTS_PROTO_IPV6_FRAG, PKTS_IPV6_FRAG_HEAD},
	{PKTS_PROTO_IPV6_DSTOPTS, PKTS_IPV6_DSTOPTS_HEAD},
	{PKTS_PROTO_IPV6_MOBILITY, PKTS_IPV6_MOBILITY_HEAD},
	{PKTS_PROTO_IPV6_HIP, PKTS_IPV6_HIP_HEAD},
	{PKTS_PROTO_IPV6_SHIM6, PKTS_IPV6_SHIM6_HEAD},
	{PKTS_PROTO_AH, PKTS_AH_HEAD},
	{PKTS_PROTO_ESP, PKTS_ESP_HEAD},
	{PKTS_PROTO_ICMP, PKTS_ICMP_HEAD},
	{PKTS_PROTO_ICMPV6, PKTS_ICMPV6_HEAD},
	{PKTS_PROTO_IGMP, PKTS_IGMP_HEAD},
	{PKTS_PROTO_TCP, PKTS_TCP_HEAD},
	{PKTS_PROTO_UDP, PKTS_UDP_HEAD},
	{PKTS_PROTO_UDPLITE, PKTS_UDPLITE_HEAD},
	{PKTS_PROTO_SCTP, PKTS_SCTP_HEAD},
	{PKTS_PROTO_GRE, PKTS_GRE_HEAD},
	{PKTS_PROTO_VXLAN, PKTS_VXLAN_HEAD},
	{PKTS_PROTO_GENEVE, PKTS_GENEVE_HEAD},
	{PKTS_PROTO_GTP, PKTS_GTP_HEAD},
	{PKTS_PROTO_SLL, PKTS_SLL_HEAD},
	{PKTS_PROTO_SLL2, PKTS_SLL2_HEAD},
	{PKTS_PROTO_NULL, PKTS_NULL_HEAD},
	{PKTS_PROTO_RAW, PKTS_RAW_HEAD},
};

static bool is_string(const struct pkts_field *f)
{
	return f->kind == PKTS_KIND_MAC || f->kind == PKTS_KIND_IPV6 || f->kind == PKTS_KIND_BYTES;
}

static unsigned row_width_fits(const struct pkts_field *f)
{
	switch (f->kind) {
	case PKTS_KIND_FLAG:
		return f->width == 1;
	case PKTS_KIND_TCPFLAGS:
		return f->width == 9;
	case PKTS_KIND_IPV4:
		return f->width == 32;
	case PKTS_KIND_MAC:
		return f->width == 48;
	case PKTS_KIND_IPV6:
		return f->width == 128;
	case PKTS_KIND_BYTES:
		return f->width % 8 == 0;
	default:
		return f->width <= 64;
	}
}

static void rows_tile(void **state)
{
	(void)state;
	assert_int_equal(PKTS_ARRAY_LEN(heads), PKTS_PROTO_MAX - 1);
	for (size_t i = 0; i < PKTS_ARRAY_LEN(heads); i++) {
		const struct pkts_proto_info *const info = pkts_proto_info(heads[i].proto);
		unsigned bit = 0;
		for (unsigned r = 0; r < info->nfields; r++) {
			const struct pkts_field *const f = &info->fields[r];
			if (f->bit != bit || f->width == 0 || !row_width_fits(f))
				fail_msg("%s %s: at %u, %u wide, expected at %u", info->name,
					f->name, f->bit, f->width, bit);
			if (is_string(f))
				assert_int_equal(f->bit % 8, 0);
			bit += f->width;
		}
		if (bit != heads[i].bytes * 8)
			fail_msg("%s: rows cover %u bits of %u", info->name, bit,
				heads[i].bytes * 8);
	}
}

/* These are keys of the object that holds the fields. */
static void names_are_free(void **state)
{
	static const char *const taken[] = {"proto", "off", "len", "options", "payload"};

	(void)state;
	for (unsigned p = 0; p < PKTS_PROTO_MAX; p++) {
		const struct pkts_proto_info *const info = pkts_proto_info((enum pkts_proto)p);
		for (unsigned r = 0; r < info->nfields; r++) {
			for (size_t t = 0; t < PKTS_ARRAY_LEN(taken); t++)
				assert_string_not_equal(info->fields[r].name, taken[t]);
			for (unsigned q = 0; q < r; q++)
				assert_string_not_equal(info->fields[r].name, info->fields[q].name);
		}
	}
}

static void protocols_have_names(void **state)
{
	(void)state;
	for (unsigned p = PKTS_PROTO_NONE + 1; p < PKTS_PROTO_MAX; p++) {
		const char *const name = pkts_proto_info((enum pkts_proto)p)->name;
		char longer[64];
		assert_int_equal(pkts_proto_by_name(name, strlen(name)), p);
		assert_int_not_equal(pkts_proto_by_name(name, strlen(name) - 1), p);
		strcpy(longer, name);
		strcat(longer, "x");
		assert_int_equal(pkts_proto_by_name(longer, strlen(longer)), PKTS_PROTO_NONE);
		assert_int_equal(pkts_proto_by_name(longer, strlen(name)), p);
	}
	assert_int_equal(pkts_proto_by_name("", 0), PKTS_PROTO_NONE);
	assert_int_equal(pkts_proto_by_name("tcp\0x", 5), PKTS_PROTO_NONE);
	assert_string_equal(pkts_proto_info(PKTS_PROTO_MAX)->name, "");
	assert_string_equal(pkts_proto_info(PKTS_PROTO_TCP)->name, "tcp");
}

static bool same_but_for(const uint8_t *a, const uint8_t *b, const struct pkts_field *f)
{
	for (unsigned bit = 0; bit < HEADER * 8; bit++) {
		const bool inside = bit >= f->bit && bit < f->bit + f->width;
		if (!inside && ((a[bit / 8] ^ b[bit / 8]) >> (7 - bit % 8) & 1))
			return false;
	}
	return true;
}

static void round_trip(const struct pkts_field *f, uint64_t *random)
{
	const uint64_t mask = UINT64_MAX >> (64 - f->width);
	uint8_t header[HEADER], before[HEADER];

	for (unsigned i = 0; i < HEADER; i++)
		before[i] = header[i] = (uint8_t)bytes_random(random);
	const uint64_t x = (uint64_t)bytes_random(random) << 32 | bytes_random(random);
	pkts_bits_put(header, f->bit, f->width, x);
	assert_true(pkts_bits_get(header, f->bit, f->width) == (x & mask));
	assert_true(same_but_for(header, before, f));
}

static void numbers_come_back(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (unsigned p = 0; p < PKTS_PROTO_MAX; p++) {
		const struct pkts_proto_info *const info = pkts_proto_info((enum pkts_proto)p);
		for (unsigned r = 0; r < info->nfields; r++)
			for (unsigned n = 0; n < 16 && !is_string(&info->fields[r]); n++)
				round_trip(&info->fields[r], &random);
	}
}

static const struct pkts_field *field(enum pkts_proto proto, const char *name)
{
	const struct pkts_proto_info *const info = pkts_proto_info(proto);

	for (unsigned r = 0; r < info->nfields; r++)
		if (strcmp(info->fields[r].name, name) == 0)
			return &info->fields[r];
	fail_msg("%s has no field %s", info->name, name);
	return NULL;
}

static uint64_t table_get(enum pkts_proto proto, const char *name, const uint8_t *header)
{
	const struct pkts_field *const f = field(proto, name);
	return pkts_bits_get(header, f->bit, f->width);
}

static void typed_numbers_agree(void **state)
{
	uint8_t p[HEADER];
	const struct pkts_ref r = {p, HEADER, HEADER};

	(void)state;
	memset(p, 0xff, sizeof(p));
	pkts_mpls_set_label(pkts_mpls_at(r), 0x12345);
	assert_int_equal(table_get(PKTS_PROTO_MPLS, "label", p), 0x12345);
	assert_int_equal(pkts_mpls_label(pkts_mpls_at(r)), 0x12345);
	assert_int_equal(pkts_mpls_tc(pkts_mpls_at(r)), 7);
	memset(p, 0xff, sizeof(p));
	pkts_ipv4_set_frag_offset(pkts_ipv4_at(r), 0x0123);
	assert_int_equal(table_get(PKTS_PROTO_IPV4, "frag_offset", p), 0x0123);
	assert_int_equal(pkts_ipv4_mf(pkts_ipv4_at(r)), 1);
	pkts_ipv4_set_src(pkts_ipv4_at(r), 0x0a000001);
	assert_int_equal(p[12], 10);
	assert_int_equal(p[15], 1);
	memset(p, 0, sizeof(p));
	pkts_ipv6_set_flow(pkts_ipv6_at(r), 0xfffff);
	assert_int_equal(pkts_ipv6_flow(pkts_ipv6_at(r)), 0xfffff);
	assert_int_equal(pkts_ipv6_ecn(pkts_ipv6_at(r)), 0);
	assert_int_equal(table_get(PKTS_PROTO_IPV6, "flow", p), 0xfffff);
	pkts_ipv6_set_version(pkts_ipv6_at(r), 6);
	assert_int_equal(p[0], 0x60);
	memset(p, 0, sizeof(p));
	pkts_tcp_set_flags(pkts_tcp_at(r), PKTS_TCP_AE | PKTS_TCP_SYN);
	assert_int_equal(p[12], 1);
	assert_int_equal(p[13], 2);
	assert_int_equal(table_get(PKTS_PROTO_TCP, "flags", p), PKTS_TCP_AE | PKTS_TCP_SYN);
}

static void typed_numbers_of_tunnels_agree(void **state)
{
	uint8_t p[HEADER];
	const struct pkts_ref r = {p, HEADER, HEADER};

	(void)state;
	memset(p, 0, sizeof(p));
	pkts_vxlan_set_vni(pkts_vxlan_at(r), 0x123456);
	assert_int_equal(pkts_be32(p + 4), 0x12345600);
	assert_int_equal(table_get(PKTS_PROTO_VXLAN, "vni", p), 0x123456);
	memset(p, 0, sizeof(p));
	pkts_geneve_set_opt_length(pkts_geneve_at(r), 0x3f);
	assert_int_equal(p[0], 0x3f);
	pkts_gtp_set_s(pkts_gtp_at(r), 1);
	assert_int_equal(table_get(PKTS_PROTO_GTP, "s", p), 1);
	memset(p, 0, sizeof(p));
	pkts_snap_set_oui(pkts_snap_at(r), 0x0000f8);
	assert_int_equal(p[2], 0xf8);
	assert_int_equal(table_get(PKTS_PROTO_SNAP, "oui", p), 0xf8);
	pkts_ipv6_frag_set_frag_offset(pkts_ipv6_frag_at(r), 1);
	assert_int_equal(table_get(PKTS_PROTO_IPV6_FRAG, "frag_offset", p), 1);
	pkts_gre_set_has_key(pkts_gre_at(r), 1);
	assert_int_equal(table_get(PKTS_PROTO_GRE, "has_key", p), 1);
}

static void typed_strings_agree(void **state)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
	static const uint8_t address[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};
	uint8_t p[HEADER] = {0};
	const struct pkts_ref r = {p, HEADER, HEADER};

	(void)state;
	pkts_eth_set_src(pkts_eth_at(r), mac);
	assert_memory_equal(p + field(PKTS_PROTO_ETH, "src")->bit / 8, mac, 6);
	assert_memory_equal(p + 6, mac, 6);
	assert_ptr_equal(pkts_eth_dst(pkts_eth_at(r)), p);
	pkts_ipv6_set_dst(pkts_ipv6_at(r), address);
	assert_memory_equal(pkts_ipv6_dst(pkts_ipv6_at(r)), address, 16);
	assert_memory_equal(p + 24, address, 16);
	assert_int_equal(pkts_sll2_addr(pkts_sll2_at(r)) - p, 12);
}

/* Headers with the optional fields that they have: name and value, or the first byte of a string.
 */
static const struct {
	enum pkts_proto proto;
	const char *hex;
	struct {
		const char *name;
		uint64_t value;
	} fields[PKTS_OPTIONAL_MAX];
} optional[] = {
	{PKTS_PROTO_LLC, "424203", {{NULL, 0}}},
	{PKTS_PROTO_LLC, "f0f00181", {{"control2", 0x81}}},
	{PKTS_PROTO_PPP, "0021", {{"protocol", 0x21}}},
	{PKTS_PROTO_PPP, "21", {{"protocol", 0x21}}},
	{PKTS_PROTO_PPP, "ff03c021", {{"protocol", 0xc021}}},
	{PKTS_PROTO_PPP, "ff0357", {{"protocol", 0x57}}},
	{PKTS_PROTO_ARP, "0001080006040001 0a0000000001 0a000001 0b0000000000 0a000002",
		{{"sha", 0x0a}, {"spa", 0x0a000001}, {"tha", 0x0b}, {"tpa", 0x0a000002}}},
	{PKTS_PROTO_ARP, "0001080000000001", {{NULL, 0}}},
	{PKTS_PROTO_ARP, "0018080010040001 111111111111111111111111111111111111111111111111",
		{{NULL, 0}}},
	{PKTS_PROTO_IPV6_SHIM6, "0600 8123456789ab", {{"p", 1}, {"context_tag", 0x0123456789ab}}},
	{PKTS_PROTO_IPV6_SHIM6, "3b00 4205 abcd 0000",
		{{"p", 0}, {"type", 66}, {"type_specific", 2}, {"s", 1}, {"csum", 0xabcd}}},
	{PKTS_PROTO_AH, "0601000000000001 00000001", {{NULL, 0}}},
	{PKTS_PROTO_AH, "0602000000000001 00000001 77000000", {{"icv", 0x77}}},
	{PKTS_PROTO_GRE, "00000800", {{NULL, 0}}},
	{PKTS_PROTO_GRE, "b0000800 12340000 00000005 00000006",
		{{"csum", 0x1234}, {"key", 5}, {"seq", 6}}},
	{PKTS_PROTO_GRE, "40000800 00000007 00000000", {{"routing_offset", 7}}},
	{PKTS_PROTO_GRE, "c0000800 12340007 00000000", {{"csum", 0x1234}, {"routing_offset", 7}}},
	{PKTS_PROTO_GRE, "3081880b 00040009 00000001 00000002",
		{{"payload_length", 4}, {"call_id", 9}, {"seq", 1}, {"ack", 2}}},
	{PKTS_PROTO_GRE, "2081880b 00000009 00000002",
		{{"payload_length", 0}, {"call_id", 9}, {"ack", 2}}},
	{PKTS_PROTO_GTP, "30ff000000000001", {{NULL, 0}}},
	{PKTS_PROTO_GTP, "32ff000400000001 0102 03 04", {{"seq", 0x0102}}},
	{PKTS_PROTO_GTP, "37ff000400000001 0102 03 00",
		{{"seq", 0x0102}, {"npdu", 3}, {"next_extension", 0}}},
	{PKTS_PROTO_UDP, "0035003500080000", {{NULL, 0}}},
};

static uint64_t optional_value(const struct pkts_field *f, const uint8_t *header)
{
	return is_string(f) ? header[f->bit / 8] : pkts_bits_get(header, f->bit, f->width);
}

static void optional_fields_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(optional); i++) {
		const struct bytes b = bytes_from_hex(optional[i].hex);
		const struct pkts_check c =
			pkts_check(optional[i].proto, (struct pkts_ref){b.p, b.n, b.n});
		struct pkts_field rows[PKTS_OPTIONAL_MAX];
		const unsigned n = pkts_optional_fields(
			optional[i].proto, (struct pkts_ref){b.p, c.head, c.len}, rows);
		assert_int_equal(c.fatal, PKTS_REASON_NONE);
		for (unsigned f = 0; f < n; f++) {
			assert_string_equal(rows[f].name, optional[i].fields[f].name);
			assert_true(optional_value(&rows[f], b.p) == optional[i].fields[f].value);
		}
		assert_true(n == PKTS_OPTIONAL_MAX || optional[i].fields[n].name == NULL);
		free(b.p);
	}
}

static void gre_optional_accessors(void **state)
{
	const struct bytes plain = bytes_from_hex("b0000800 12340000 00000005 00000006");
	const struct bytes pptp = bytes_from_hex("3081880b 00040009 00000001 00000002");
	const struct pkts_gre v = {plain.p, 16, 16}, w = {pptp.p, 16, 20};
	uint16_t x16 = 0xaaaa;
	uint32_t x32 = 0xaaaaaaaa;

	(void)state;
	assert_false(pkts_gre_ack(v, &x32));
	assert_false(pkts_gre_payload_length(v, &x16));
	assert_false(pkts_gre_call_id(v, &x16));
	assert_false(pkts_gre_routing_offset(v, &x16));
	assert_false(pkts_gre_csum(w, &x16));
	assert_int_equal(x16, 0xaaaa);
	assert_int_equal(x32, 0xaaaaaaaa);
	assert_true(pkts_gre_csum(v, &x16) && x16 == 0x1234);
	assert_true(pkts_gre_key(v, &x32) && x32 == 5);
	assert_true(pkts_gre_seq(v, &x32) && x32 == 6);
	assert_true(pkts_gre_payload_length(w, &x16) && x16 == 4);
	assert_true(pkts_gre_call_id(w, &x16) && x16 == 9);
	assert_true(pkts_gre_seq(w, &x32) && x32 == 1);
	assert_true(pkts_gre_ack(w, &x32) && x32 == 2);
	pkts_gre_set_has_routing(v, 1);
	pkts_bits_put(plain.p, 48, 16, 7);
	assert_true(pkts_gre_routing_offset(v, &x16) && x16 == 7);
	pkts_gre_set_has_csum(v, 0);
	assert_false(pkts_gre_csum(v, &x16));
	free(plain.p);
	free(pptp.p);
}

static void gtp_optional_accessors(void **state)
{
	const struct bytes none = bytes_from_hex("30ff000000000001");
	const struct bytes all = bytes_from_hex("37ff000400000001 01020304");
	const struct pkts_gtp v = {none.p, 8, 8}, w = {all.p, 12, 12};
	uint16_t seq = 0;
	uint8_t x = 0;

	(void)state;
	assert_false(pkts_gtp_seq(v, &seq));
	assert_false(pkts_gtp_npdu(v, &x));
	assert_false(pkts_gtp_next_extension(v, &x));
	assert_true(pkts_gtp_seq(w, &seq) && seq == 0x0102);
	assert_true(pkts_gtp_npdu(w, &x) && x == 3);
	assert_true(pkts_gtp_next_extension(w, &x) && x == 4);
	free(none.p);
	free(all.p);
}

static void arp_addresses(void **state)
{
	const struct bytes b =
		bytes_from_hex("0001080006040001 020000000001 0a000001 000000000000 0a000002");
	const struct pkts_arp_ipv4 v = pkts_arp_ipv4((struct pkts_arp){b.p, 28, 28});

	(void)state;
	assert_ptr_equal(v.p, b.p);
	assert_int_equal(pkts_arp_ipv4_spa(v), 0x0a000001);
	assert_int_equal(pkts_arp_ipv4_tpa(v), 0x0a000002);
	assert_int_equal(pkts_arp_ipv4_sha(v)[5], 1);
	assert_int_equal(pkts_arp_ipv4_tha(v) - b.p, 18);
	b.p[4] = 8; /* sizes of something else */
	assert_null(pkts_arp_ipv4((struct pkts_arp){b.p, 28, 28}).p);
	free(b.p);
}

static void routing_final_address(void **state)
{
	static const char *const list = "0604 0001 00000000 "
					"20010db8000000000000000000000001"
					"20010db8000000000000000000000002";
	const struct bytes b = bytes_from_hex(list);
	const struct pkts_ipv6_routing v = {b.p, 40, 40};

	(void)state;
	assert_ptr_equal(pkts_ipv6_routing_final(v), b.p + 24);
	pkts_ipv6_routing_set_type(v, PKTS_IPV6_ROUTING_MOBILE);
	assert_ptr_equal(pkts_ipv6_routing_final(v), b.p + 24);
	pkts_ipv6_routing_set_type(v, PKTS_IPV6_ROUTING_SEGMENT);
	assert_ptr_equal(pkts_ipv6_routing_final(v), b.p + 8);
	pkts_ipv6_routing_set_type(v, PKTS_IPV6_ROUTING_RPL);
	assert_null(pkts_ipv6_routing_final(v));
	pkts_ipv6_routing_set_type(v, PKTS_IPV6_ROUTING_SOURCE);
	pkts_ipv6_routing_set_segments_left(v, 0);
	assert_null(pkts_ipv6_routing_final(v));
	free(b.p);
}

static void fragments_are_told(void **state)
{
	uint8_t p[8] = {6};
	const struct pkts_ipv6_frag v = {p, 8, 8};

	(void)state;
	assert_false(pkts_ipv6_frag_is_fragment(v));
	pkts_ipv6_frag_set_more(v, 1);
	assert_true(pkts_ipv6_frag_is_fragment(v));
	pkts_ipv6_frag_set_more(v, 0);
	pkts_ipv6_frag_set_frag_offset(v, 1);
	assert_true(pkts_ipv6_frag_is_fragment(v));
}

static void second_control_byte(void **state)
{
	const struct bytes unnumbered = bytes_from_hex("424203"),
			   other = bytes_from_hex("f0f00181");
	uint8_t x = 0;

	(void)state;
	assert_false(pkts_llc_control2((struct pkts_llc){unnumbered.p, 3, 3}, &x));
	assert_true(pkts_llc_control2((struct pkts_llc){other.p, 4, 4}, &x));
	assert_int_equal(x, 0x81);
	free(unnumbered.p);
	free(other.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_tile),
		cmocka_unit_test(names_are_free),
		cmocka_unit_test(protocols_have_names),
		cmocka_unit_test(numbers_come_back),
		cmocka_unit_test(typed_numbers_agree),
		cmocka_unit_test(typed_numbers_of_tunnels_agree),
		cmocka_unit_test(typed_strings_agree),
		cmocka_unit_test(optional_fields_are_found),
		cmocka_unit_test(gre_optional_accessors),
		cmocka_unit_test(gtp_optional_accessors),
		cmocka_unit_test(arp_addresses),
		cmocka_unit_test(routing_final_address),
		cmocka_unit_test(fragments_are_told),
		cmocka_unit_test(second_control_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
