/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What Compose derives: a row for each field of each protocol. docs/compose.md has the same table. */
#include <string.h>

#include "frame.h"
#include "pkts_compose.h"
#include "pkts_optional.h"
#include "row.h"

#define LAYERS 7
#define ROOM   4096
#define AT(M, S)                                                                                   \
	{                                                                                          \
		.proto = pkts_proto_by_name(#M, strlen(#M)), .M = S                                \
	}
#define DATA(N)                                                                                    \
	{                                                                                          \
		.payload = RAW(data, N)                                                            \
	}
#define PAD(N)                                                                                     \
	{                                                                                          \
		.payload = PADDING(data, N)                                                        \
	}

static const uint8_t data[256];

/* The value of one field of one layer in what the specs compose to. */
struct row {
	const char *name;
	struct pkts_spec specs[LAYERS]; /* up to the first that is empty */
	unsigned layer;
	const char *field;
	uint64_t value;
};

static bool is_empty(const struct pkts_spec *s)
{
	return s->proto == PKTS_PROTO_NONE && s->payload.len == 0 && s->payload.p == NULL;
}

static unsigned count(const struct pkts_spec *specs)
{
	unsigned n = 0;

	while (n < LAYERS && !is_empty(&specs[n]))
		n++;
	return n;
}

static uint32_t compose(const char *name, const struct pkts_spec *specs, unsigned n, uint8_t *room)
{
	struct pkts_out out = {.data = room, .cap = ROOM};

	ROW_INT(name, pkts_compose_specs(&out, specs, n), 0);
	return out.len;
}

/* The field in the header at p, wherever it is. */
static uint64_t value_of(
	const char *name, enum pkts_proto proto, struct pkts_ref r, const char *field)
{
	const struct pkts_proto_info *const info = pkts_proto_info(proto);
	struct pkts_field more[PKTS_OPTIONAL_MAX];
	const unsigned n = pkts_optional_fields(proto, r, more);

	for (unsigned i = 0; i < info->nfields; i++)
		if (strcmp(info->fields[i].name, field) == 0)
			return pkts_bits_get(r.p, info->fields[i].bit, info->fields[i].width);
	for (unsigned i = 0; i < n; i++)
		if (strcmp(more[i].name, field) == 0)
			return pkts_bits_get(r.p, more[i].bit, more[i].width);
	fail_msg("row \"%s\": no field %s", name, field);
	return 0;
}

static void rows_hold(const struct row *rows, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t room[ROOM];
		const struct row *const r = &rows[i];
		const uint32_t from = compose(r->name, r->specs, r->layer, room);
		const uint32_t to = compose(r->name, r->specs, r->layer + 1, room);
		const uint32_t len = compose(r->name, r->specs, count(r->specs), room);
		const struct pkts_ref ref = {room + from, to - from, len - from};
		ROW_INT(r->name, value_of(r->name, r->specs[r->layer].proto, ref, r->field),
			r->value);
	}
}

/* clang-format off */
static void link_layers(void **state)
{
	const struct row rows[] = {
		{"eth over ipv4", {AT(eth, ETH()), AT(ipv4, IPV4())}, 0, "type", 0x0800},
		{"eth over ipv6", {AT(eth, ETH()), AT(ipv6, IPV6())}, 0, "type", 0x86dd},
		{"eth over arp", {AT(eth, ETH()), AT(arp, ARP())}, 0, "type", 0x0806},
		{"eth over vlan", {AT(eth, ETH()), AT(vlan, VLAN())}, 0, "type", 0x8100},
		{"eth over mpls", {AT(eth, ETH()), AT(mpls, MPLS())}, 0, "type", 0x8847},
		{"eth over a session", {AT(eth, ETH()), AT(pppoe, PPPOE())}, 0, "type", 0x8864},
		{"eth over discovery", {AT(eth, ETH()), AT(pppoe, PPPOE(.code = 9))}, 0, "type", 0x8863},
		{"eth over payload", {AT(eth, ETH()), DATA(10)}, 0, "type", 0x88b5},
		{"eth alone", {AT(eth, ETH())}, 0, "type", 0x88b5},
		{"eth over llc: a length", {AT(eth, ETH()), AT(llc, LLC()), DATA(10)}, 0, "type", 13},
		{"a length leaves padding out", {AT(eth, ETH()), AT(llc, LLC()), DATA(10), PAD(33)}, 0, "type", 13},
		{"eth pinned", {AT(eth, ETH(.type = PKTS_PIN(0))), AT(ipv4, IPV4())}, 0, "type", 0},
		{"vlan over ipv4", {AT(vlan, VLAN()), AT(ipv4, IPV4())}, 0, "type", 0x0800},
		{"vlan over vlan", {AT(vlan, VLAN()), AT(vlan, VLAN())}, 0, "type", 0x8100},
		{"vlan over discovery", {AT(eth, ETH()), AT(vlan, VLAN()), AT(pppoe, PPPOE(.code = 9))}, 1, "type", 0x8863},
		{"eth over vlan over discovery", {AT(eth, ETH()), AT(vlan, VLAN()), AT(pppoe, PPPOE(.code = 9))}, 0, "type", 0x8100},
		{"vlan over llc: a length", {AT(vlan, VLAN()), AT(llc, LLC()), DATA(10)}, 0, "type", 13},
		{"llc over snap", {AT(llc, LLC()), AT(snap, SNAP())}, 0, "dsap", 0xaa},
		{"llc over snap, source", {AT(llc, LLC()), AT(snap, SNAP())}, 0, "ssap", 0xaa},
		{"llc over ipv4", {AT(llc, LLC()), AT(ipv4, IPV4())}, 0, "dsap", 0x06},
		{"llc control", {AT(llc, LLC()), DATA(3)}, 0, "control", 0x03},
		{"llc second control byte", {AT(llc, LLC(.control = 1, .control2 = 7))}, 0, "control2", 7},
		{"snap over ipv6", {AT(snap, SNAP()), AT(ipv6, IPV6())}, 0, "type", 0x86dd},
		{"mpls over mpls", {AT(mpls, MPLS()), AT(mpls, MPLS())}, 0, "bottom", 0},
		{"mpls over ipv4", {AT(mpls, MPLS()), AT(ipv4, IPV4())}, 0, "bottom", 1},
		{"mpls ttl", {AT(mpls, MPLS())}, 0, "ttl", 64},
		{"mpls ttl 0", {AT(mpls, MPLS(.ttl = PKTS_PIN(0)))}, 0, "ttl", 0},
		{"pppoe version", {AT(pppoe, PPPOE())}, 0, "version", 1},
		{"pppoe type", {AT(pppoe, PPPOE())}, 0, "type", 1},
		{"pppoe length", {AT(pppoe, PPPOE()), AT(ppp, PPP()), DATA(10)}, 0, "length", 12},
		{"ppp over ipv4", {AT(ppp, PPP()), AT(ipv4, IPV4())}, 0, "protocol", 0x0021},
		{"ppp over ipv6", {AT(ppp, PPP()), AT(ipv6, IPV6())}, 0, "protocol", 0x0057},
		{"ppp over mpls", {AT(ppp, PPP()), AT(mpls, MPLS())}, 0, "protocol", 0x0281},
		{"ppp over payload", {AT(ppp, PPP()), DATA(10)}, 0, "protocol", 0xc021},
		{"ppp with address and control", {AT(ppp, PPP(.first = 0xff)), AT(ipv4, IPV4())}, 0, "protocol", 0x0021},
		{"ppp in one byte", {AT(ppp, PPP(.first = 0x21)), AT(ipv4, IPV4())}, 0, "protocol", 0x21},
		{"arp hardware", {AT(arp, ARP())}, 0, "hardware", 1},
		{"arp protocol", {AT(arp, ARP())}, 0, "protocol", 0x0800},
		{"arp hardware_size", {AT(arp, ARP())}, 0, "hardware_size", 6},
		{"arp protocol_size", {AT(arp, ARP())}, 0, "protocol_size", 4},
		{"arp operation", {AT(arp, ARP())}, 0, "operation", 1},
		{"arp spa", {AT(arp, ARP(.spa = PKTS_IPV4_ADDRESS(192, 0, 2, 1)))}, 0, "spa", 0xc0000201},
		{"arp tpa", {AT(arp, ARP(.tpa = PKTS_IPV4_ADDRESS(192, 0, 2, 2)))}, 0, "tpa", 0xc0000202},
		{"sll over ipv4", {AT(sll, SLL()), AT(ipv4, IPV4())}, 0, "protocol", 0x0800},
		{"sll over llc", {AT(sll, SLL()), AT(llc, LLC())}, 0, "protocol", 4},
		{"sll arphrd", {AT(sll, SLL())}, 0, "arphrd", 1},
		{"sll addr_length", {AT(sll, SLL())}, 0, "addr_length", 6},
		{"sll2 over ipv6", {AT(sll2, SLL2()), AT(ipv6, IPV6())}, 0, "protocol", 0x86dd},
		{"sll2 over llc", {AT(sll2, SLL2()), AT(llc, LLC())}, 0, "protocol", 4},
		{"sll2 arphrd", {AT(sll2, SLL2())}, 0, "arphrd", 1},
		{"sll2 addr_length", {AT(sll2, SLL2())}, 0, "addr_length", 6},
		{"null over ipv4", {AT(null, BSD_NULL()), AT(ipv4, IPV4())}, 0, "raw_family", 2},
		{"null over ipv6", {AT(null, BSD_NULL()), AT(ipv6, IPV6())}, 0, "raw_family", 24},
	};

	(void)state;
	rows_hold(rows, PKTS_ARRAY_LEN(rows));
}

static void network_layers(void **state)
{
	const struct pkts_span six = {data, 6}, five = {data, 5}, three = {data, 3};
	const struct row rows[] = {
		{"ipv4 version", {AT(ipv4, IPV4())}, 0, "version", 4},
		{"ipv4 version 0", {AT(ipv4, IPV4(.version = PKTS_PIN(0)))}, 0, "version", 0},
		{"ipv4 ihl", {AT(ipv4, IPV4())}, 0, "ihl", 5},
		{"ipv4 ihl with options", {AT(ipv4, IPV4(.opts = five))}, 0, "ihl", 7},
		{"ipv4 ihl pinned", {AT(ipv4, IPV4(.opts = five, .ihl = 15))}, 0, "ihl", 15},
		{"ipv4 total_length", {AT(ipv4, IPV4(.opts = five)), AT(udp, UDP()), DATA(10)}, 0, "total_length", 46},
		{"ipv4 total_length leaves padding out", {AT(ipv4, IPV4()), DATA(10), PAD(16)}, 0, "total_length", 30},
		{"ipv4 ttl", {AT(ipv4, IPV4())}, 0, "ttl", 64},
		{"ipv4 over icmp", {AT(ipv4, IPV4()), AT(icmp, ICMP())}, 0, "protocol", 1},
		{"ipv4 over igmp", {AT(ipv4, IPV4()), AT(igmp, IGMP())}, 0, "protocol", 2},
		{"ipv4 over ipv4", {AT(ipv4, IPV4()), AT(ipv4, IPV4())}, 0, "protocol", 4},
		{"ipv4 over tcp", {AT(ipv4, IPV4()), AT(tcp, TCP())}, 0, "protocol", 6},
		{"ipv4 over udp", {AT(ipv4, IPV4()), AT(udp, UDP())}, 0, "protocol", 17},
		{"ipv4 over ipv6", {AT(ipv4, IPV4()), AT(ipv6, IPV6())}, 0, "protocol", 41},
		{"ipv4 over gre", {AT(ipv4, IPV4()), AT(gre, GRE())}, 0, "protocol", 47},
		{"ipv4 over esp", {AT(ipv4, IPV4()), AT(esp, ESP())}, 0, "protocol", 50},
		{"ipv4 over ah", {AT(ipv4, IPV4()), AT(ah, AH())}, 0, "protocol", 51},
		{"ipv4 over sctp", {AT(ipv4, IPV4()), AT(sctp, SCTP())}, 0, "protocol", 132},
		{"ipv4 over udplite", {AT(ipv4, IPV4()), AT(udplite, UDPLITE())}, 0, "protocol", 136},
		{"ipv4 over mpls", {AT(ipv4, IPV4()), AT(mpls, MPLS())}, 0, "protocol", 137},
		{"ipv4 over eth", {AT(ipv4, IPV4()), AT(eth, ETH())}, 0, "protocol", 143},
		{"ipv4 over payload", {AT(ipv4, IPV4()), DATA(10)}, 0, "protocol", 59},
		{"ipv6 version", {AT(ipv6, IPV6())}, 0, "version", 6},
		{"ipv6 payload_length", {AT(ipv6, IPV6()), AT(udp, UDP()), DATA(10), PAD(4)}, 0, "payload_length", 18},
		{"ipv6 hop_limit", {AT(ipv6, IPV6())}, 0, "hop_limit", 64},
		{"ipv6 over icmpv6", {AT(ipv6, IPV6()), AT(icmpv6, ICMPV6())}, 0, "next", 58},
		{"ipv6 over hopopts", {AT(ipv6, IPV6()), AT(ipv6_hopopts, HOPOPTS())}, 0, "next", 0},
		{"ipv6 over routing", {AT(ipv6, IPV6()), AT(ipv6_routing, IPV6_ROUTING())}, 0, "next", 43},
		{"ipv6 over frag", {AT(ipv6, IPV6()), AT(ipv6_frag, IPV6_FRAG())}, 0, "next", 44},
		{"ipv6 over dstopts", {AT(ipv6, IPV6()), AT(ipv6_dstopts, DSTOPTS())}, 0, "next", 60},
		{"ipv6 over payload", {AT(ipv6, IPV6()), DATA(10)}, 0, "next", 59},
		{"hopopts next", {AT(ipv6_hopopts, HOPOPTS()), AT(tcp, TCP())}, 0, "next", 6},
		{"hopopts of 6 bytes", {AT(ipv6_hopopts, HOPOPTS(.opts = six))}, 0, "ext_length", 0},
		{"hopopts without options", {AT(ipv6_hopopts, HOPOPTS())}, 0, "ext_length", 0},
		{"dstopts next", {AT(ipv6_dstopts, DSTOPTS()), AT(udp, UDP())}, 0, "next", 17},
		{"dstopts of 14 bytes", {AT(ipv6_dstopts, DSTOPTS(.opts = {data, 14}))}, 0, "ext_length", 1},
		{"dstopts of 7 bytes", {AT(ipv6_dstopts, DSTOPTS(.opts = {data, 7}))}, 0, "ext_length", 1},
		{"routing next", {AT(ipv6_routing, IPV6_ROUTING()), AT(udp, UDP())}, 0, "next", 17},
		{"routing with an address", {AT(ipv6_routing, IPV6_ROUTING(.opts = {data, 20}))}, 0, "ext_length", 2},
		{"frag next", {AT(ipv6_frag, IPV6_FRAG()), AT(udp, UDP())}, 0, "next", 17},
		{"ipv6 over mobility", {AT(ipv6, IPV6()), AT(ipv6_mobility, IPV6_MOBILITY())}, 0, "next", 135},
		{"ipv6 over hip", {AT(ipv6, IPV6()), AT(ipv6_hip, IPV6_HIP())}, 0, "next", 139},
		{"ipv6 over shim6", {AT(ipv6, IPV6()), AT(ipv6_shim6, IPV6_SHIM6())}, 0, "next", 140},
		{"mobility next", {AT(ipv6_mobility, IPV6_MOBILITY())}, 0, "next", 59},
		{"mobility before something", {AT(ipv6_mobility, IPV6_MOBILITY()), AT(udp, UDP())}, 0, "next", 17},
		{"mobility of 10 bytes", {AT(ipv6_mobility, IPV6_MOBILITY(.opts = {data, 10}))}, 0, "ext_length", 1},
		{"hip next", {AT(ipv6_hip, IPV6_HIP())}, 0, "next", 59},
		{"hip length", {AT(ipv6_hip, IPV6_HIP(.opts = {data, 9}))}, 0, "ext_length", 6},
		{"hip version", {AT(ipv6_hip, IPV6_HIP())}, 0, "version", 2},
		{"hip one", {AT(ipv6_hip, IPV6_HIP())}, 0, "one", 1},
		{"shim6 next", {AT(ipv6_shim6, IPV6_SHIM6(.context_tag = 5)), AT(udp, UDP())}, 0, "next", 17},
		{"shim6 payload length", {AT(ipv6_shim6, IPV6_SHIM6(.context_tag = 5))}, 0, "ext_length", 0},
		{"shim6 p of payload", {AT(ipv6_shim6, IPV6_SHIM6(.context_tag = 5))}, 0, "p", 1},
		{"shim6 p given", {AT(ipv6_shim6, IPV6_SHIM6(.p = 1))}, 0, "context_tag", 0},
		{"shim6 p of a message", {AT(ipv6_shim6, IPV6_SHIM6(.type = 66, .type_specific = 1, .s = 1))}, 0, "p", 0},
		{"shim6 type", {AT(ipv6_shim6, IPV6_SHIM6(.type = 66, .type_specific = 1, .s = 1))}, 0, "type", 66},
		{"shim6 message of 10 bytes", {AT(ipv6_shim6, IPV6_SHIM6(.type = 1, .opts = {data, 10}))}, 0, "ext_length", 1},
		{"ah next", {AT(ah, AH()), AT(tcp, TCP())}, 0, "next", 6},
		{"ah_length", {AT(ah, AH())}, 0, "ah_length", 1},
		{"ah_length with 12 bytes", {AT(ah, AH(.opts = {data, 12}))}, 0, "ah_length", 4},
		{"ah_length of whole words", {AT(ah, AH(.opts = three))}, 0, "ah_length", 2},
	};

	(void)state;
	rows_hold(rows, PKTS_ARRAY_LEN(rows));
}

static void transport_and_tunnels(void **state)
{
	const struct row rows[] = {
		{"tcp data_offset", {AT(tcp, TCP())}, 0, "data_offset", 5},
		{"tcp data_offset with options", {AT(tcp, TCP(.opts = {data, 9}))}, 0, "data_offset", 8},
		{"tcp data_offset 0", {AT(tcp, TCP(.data_offset = PKTS_PIN(0)))}, 0, "data_offset", 0},
		{"udp length", {AT(udp, UDP()), DATA(10)}, 0, "length", 18},
		{"udp length leaves padding out", {AT(udp, UDP()), DATA(10), PAD(20)}, 0, "length", 18},
		{"udp over payload", {AT(udp, UDP()), DATA(10)}, 0, "dport", 0},
		{"udp over vxlan", {AT(udp, UDP()), AT(vxlan, VXLAN())}, 0, "dport", 4789},
		{"udp over geneve", {AT(udp, UDP()), AT(geneve, GENEVE())}, 0, "dport", 6081},
		{"udp over gtp", {AT(udp, UDP()), AT(gtp, GTP())}, 0, "dport", 2152},
		{"udp over mpls", {AT(udp, UDP()), AT(mpls, MPLS())}, 0, "dport", 6635},
		{"udp over esp", {AT(udp, UDP()), AT(esp, ESP())}, 0, "dport", 4500},
		{"udp port given", {AT(udp, UDP(.dport = 8472)), AT(vxlan, VXLAN())}, 0, "dport", 8472},
		{"udplite coverage", {AT(udplite, UDPLITE()), DATA(10)}, 0, "coverage", 0},
		{"gre over ipv4", {AT(gre, GRE()), AT(ipv4, IPV4())}, 0, "protocol", 0x0800},
		{"gre over ipv6", {AT(gre, GRE()), AT(ipv6, IPV6())}, 0, "protocol", 0x86dd},
		{"gre over eth", {AT(gre, GRE()), AT(eth, ETH())}, 0, "protocol", 0x6558},
		{"gre over mpls", {AT(gre, GRE()), AT(mpls, MPLS())}, 0, "protocol", 0x8847},
		{"gre over ppp", {AT(gre, GRE(.version = 1)), AT(ppp, PPP())}, 0, "protocol", 0x880b},
		{"gre without fields", {AT(gre, GRE())}, 0, "has_key", 0},
		{"gre key", {AT(gre, GRE(.key = PKTS_PIN(0)))}, 0, "has_key", 1},
		{"gre key's value", {AT(gre, GRE(.key = 7))}, 0, "key", 7},
		{"gre seq", {AT(gre, GRE(.seq = PKTS_PIN(0)))}, 0, "has_seq", 1},
		{"gre key, csum and seq in their order", {AT(gre, GRE(.key = 7, .seq = 9, .csum = 5))}, 0, "seq", 9},
		{"gre csum pinned", {AT(gre, GRE(.csum = 5))}, 0, "has_csum", 1},
		{"gre csum pinned, its value", {AT(gre, GRE(.csum = 5))}, 0, "csum", 5},
		{"gre csum derived", {AT(gre, GRE(.has_csum = 1, .protocol = 0x1234))}, 0, "csum", 0x6dcb},
		{"gre csum left to hardware", {AT(gre, GRE(.csum = PKTS_OFFLOAD))}, 0, "has_csum", 1},
		{"pptp has a key", {AT(gre, GRE(.version = 1))}, 0, "has_key", 1},
		{"pptp payload_length", {AT(gre, GRE(.version = 1, .seq = 1)), DATA(10)}, 0, "payload_length", 10},
		{"pptp call_id", {AT(gre, GRE(.version = 1, .call_id = 3))}, 0, "call_id", 3},
		{"pptp ack", {AT(gre, GRE(.version = 1, .ack = 3))}, 0, "has_ack", 1},
		{"pptp ack's value", {AT(gre, GRE(.version = 1, .ack = 3))}, 0, "ack", 3},
		{"vxlan flags", {AT(vxlan, VXLAN())}, 0, "flags", 8},
		{"vxlan flags 0", {AT(vxlan, VXLAN(.flags = PKTS_PIN(0)))}, 0, "flags", 0},
		{"geneve over eth", {AT(geneve, GENEVE()), AT(eth, ETH())}, 0, "protocol", 0x6558},
		{"geneve over ipv4", {AT(geneve, GENEVE()), AT(ipv4, IPV4())}, 0, "protocol", 0x0800},
		{"geneve opt_length", {AT(geneve, GENEVE(.opts = {data, 9}))}, 0, "opt_length", 3},
		{"gtp version", {AT(gtp, GTP())}, 0, "version", 1},
		{"gtp pt", {AT(gtp, GTP())}, 0, "pt", 1},
		{"gtp type", {AT(gtp, GTP())}, 0, "type", 255},
		{"gtp length", {AT(gtp, GTP()), DATA(10)}, 0, "length", 10},
		{"gtp length counts its own fields", {AT(gtp, GTP(.seq = 1)), DATA(10)}, 0, "length", 14},
		{"gtp s", {AT(gtp, GTP(.seq = PKTS_PIN(0)))}, 0, "s", 1},
		{"gtp pn", {AT(gtp, GTP(.npdu = 1))}, 0, "pn", 1},
		{"gtp e", {AT(gtp, GTP(.next_extension = 0x85))}, 0, "e", 1},
		{"gtp without fields", {AT(gtp, GTP())}, 0, "s", 0},
	};

	(void)state;
	rows_hold(rows, PKTS_ARRAY_LEN(rows));
}

/* Checksums: that of decoding is the judge. */
static void checksums(void **state)
{
	static const uint8_t loose[] = {131, 7, 4, 198, 51, 100, 9}, strict[] = {137, 7, 8, 198, 51, 100, 9};
	static const uint8_t segment[20] = {0, 0, 0, 0, 0x20, 1, 0xd, 0xb8, 9};
	static const uint8_t other[20] = {0, 0, 0, 0, 0x20, 1, 0xd, 0xb8, 7};
	static const uint8_t home[] = {0xc9, 16, 0x20, 1, 0xd, 0xb8, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
	const struct {
		const char *name;
		struct pkts_spec specs[LAYERS];
		const char *sums;
	} rows[] = {
		{"icmp", {AT(eth, ETH()), AT(ipv4, IPV4()), AT(icmp, ICMP(.type = 8)), DATA(11)}, "-gg"},
		{"igmp", {AT(eth, ETH()), AT(ipv4, IPV4()), AT(igmp, IGMP(.type = 0x16))}, "-gg"},
		{"tcp", {AT(eth, ETH()), AT(ipv4, IPV4(.src = 1, .dst = 2)), AT(tcp, TCP()), DATA(11)}, "-gg"},
		{"udp", {AT(eth, ETH()), AT(ipv4, IPV4(.src = 1, .dst = 2)), AT(udp, UDP()), DATA(11)}, "-gg"},
		{"udp without", {AT(eth, ETH()), AT(ipv4, IPV4()), AT(udp, UDP(.csum = PKTS_PIN(0)))}, "-ga"},
		{"udp wrong", {AT(eth, ETH()), AT(ipv4, IPV4()), AT(udp, UDP(.csum = 0x1234))}, "-gb"},
		{"ipv4 wrong", {AT(eth, ETH()), AT(ipv4, IPV4(.csum = PKTS_PIN(0))), AT(udp, UDP())}, "-bg"},
		{"udplite", {AT(eth, ETH()), AT(ipv4, IPV4(.src = 1)), AT(udplite, UDPLITE(.coverage = 10)), DATA(11)}, "-gg"},
		{"udplite, all", {AT(eth, ETH()), AT(ipv6, IPV6()), AT(udplite, UDPLITE()), DATA(11)}, "--g"},
		{"sctp", {AT(eth, ETH()), AT(ipv4, IPV4()), AT(sctp, SCTP(.vtag = 5)), DATA(11)}, "-gg"},
		{"sctp, chunks in opts", {AT(eth, ETH()), AT(ipv6, IPV6()), AT(sctp, SCTP(.opts = {(const uint8_t *)"\x0b\0\0\4", 4}))}, "--g"},
		{"icmpv6", {AT(eth, ETH()), AT(ipv6, IPV6()), AT(icmpv6, ICMPV6(.type = 128)), DATA(11)}, "--g"},
		{"icmpv6, a body of odd length, and more", {AT(eth, ETH()), AT(ipv6, IPV6()), AT(icmpv6, ICMPV6(.type = 128, .opts = {loose, 7})), {.payload = TEXT("abc")}}, "--g"},
		{"udp, opts of odd length, and more", {AT(eth, ETH()), AT(ipv4, IPV4()), AT(udp, UDP(.opts = {loose, 3})), {.payload = TEXT("abc")}}, "-gg"},
		{"two payloads", {AT(eth, ETH()), AT(ipv4, IPV4()), AT(udp, UDP()), {.payload = TEXT("abc")}, {.payload = TEXT("de")}}, "-gg"},
		{"loose source route", {AT(eth, ETH()), AT(ipv4, IPV4(.dst = 7, .opts = {loose, 7})), AT(udp, UDP())}, "-gg"},
		{"strict source route used up", {AT(eth, ETH()), AT(ipv4, IPV4(.dst = 7, .opts = {strict, 7})), AT(udp, UDP())}, "-gg"},
		{"ipv6 extensions", {AT(eth, ETH()), AT(ipv6, IPV6()), AT(ipv6_hopopts, HOPOPTS()), AT(ipv6_dstopts, DSTOPTS()), AT(tcp, TCP())}, "----g"},
		{"routing header", {AT(eth, ETH()), AT(ipv6, IPV6()), AT(ipv6_routing, IPV6_ROUTING(.segments_left = 1, .opts = {segment, 20})), AT(udp, UDP())}, "---g"},
		{"two routing headers: the way ends in the inner one", {AT(eth, ETH()), AT(ipv6, IPV6()), AT(ipv6_routing, IPV6_ROUTING(.segments_left = 1, .opts = {segment, 20})), AT(ipv6_routing, IPV6_ROUTING(.segments_left = 1, .opts = {other, 20})), AT(udp, UDP())}, "----g"},
		{"home address", {AT(eth, ETH()), AT(ipv6, IPV6()), AT(ipv6_dstopts, DSTOPTS(.opts = {home, 18})), AT(udp, UDP())}, "---g"},
		{"mobility", {AT(eth, ETH()), AT(ipv6, IPV6(.hop_limit = 9)), AT(ipv6_mobility, IPV6_MOBILITY(.type = 5, .opts = {segment, 10}))}, "--g"},
		{"mobility away from home", {AT(eth, ETH()), AT(ipv6, IPV6()), AT(ipv6_dstopts, DSTOPTS(.opts = {home, 18})), AT(ipv6_mobility, IPV6_MOBILITY())}, "---g"},
		{"hip, and a transport", {AT(eth, ETH()), AT(ipv6, IPV6()), AT(ipv6_hip, IPV6_HIP(.sender_hit = PKTS_IPV6_ADDRESS(0x2001, 0x20, 1, 2, 3, 4, 5, 6))), AT(udp, UDP()), DATA(9)}, "--gg"},
		{"hip in ipv4", {AT(eth, ETH()), AT(ipv4, IPV4()), AT(ipv6_hip, IPV6_HIP())}, "-gg"},
		{"hip, on a way that ends behind it", {AT(eth, ETH()), AT(ipv6, IPV6()), AT(ipv6_hip, IPV6_HIP()), AT(ipv6_routing, IPV6_ROUTING(.segments_left = 1, .opts = {segment, 20})), AT(udp, UDP())}, "--g-g"},
		{"shim6 message", {AT(eth, ETH()), AT(ipv6, IPV6()), AT(ipv6_shim6, IPV6_SHIM6(.type = 1, .opts = {segment, 10}))}, "--g"},
		{"shim6 payload", {AT(eth, ETH()), AT(ipv6, IPV6()), AT(ipv6_shim6, IPV6_SHIM6(.context_tag = 5)), AT(tcp, TCP()), DATA(5)}, "---g"},
		{"shim6 wrong", {AT(eth, ETH()), AT(ipv6, IPV6()), AT(ipv6_shim6, IPV6_SHIM6(.csum = 1))}, "--b"},
		{"hip wrong", {AT(eth, ETH()), AT(ipv6, IPV6()), AT(ipv6_hip, IPV6_HIP(.csum = PKTS_PIN(0)))}, "--b"},
		{"ah", {AT(eth, ETH()), AT(ipv6, IPV6()), AT(ah, AH()), AT(udp, UDP())}, "---g"},
		{"udp in udp", {AT(ipv4, IPV4(.src = 9)), AT(udp, UDP()), AT(vxlan, VXLAN()), AT(eth, ETH()), AT(ipv4, IPV4(.src = 8)), AT(udp, UDP()), {.payload = TEXT("abc")}}, "gg--gg"},
		{"ipv6 in ipv4", {AT(eth, ETH()), AT(ipv4, IPV4()), AT(ipv6, IPV6()), AT(tcp, TCP()), DATA(1)}, "-g-g"},
		{"tcp in gre with a sum", {AT(eth, ETH()), AT(ipv4, IPV4()), AT(gre, GRE(.has_csum = 1)), AT(ipv4, IPV4()), AT(tcp, TCP()), DATA(3)}, "-g-gg"},
		{"a fragment", {AT(eth, ETH()), AT(ipv4, IPV4(.mf = 1)), AT(udp, UDP()), DATA(8)}, "-gu"},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		uint8_t room[ROOM];
		const uint32_t len = compose(rows[i].name, rows[i].specs, count(rows[i].specs), room);
		const uint16_t link = rows[i].specs[0].proto == PKTS_PROTO_ETH ? 1 : 101;
		const struct pkts_packet packet = decode_bytes((struct bytes){room, len}, link);
		ROW_TEXT(rows[i].name, checksums_text(&packet) + (link == 101), rows[i].sums);
	}
}
/* clang-format on */

/* RFC 768: a sum that comes out as 0 is sent as all ones. */
static void a_udp_checksum_is_never_0(void **state)
{
	uint8_t room[ROOM];
	struct pkts_spec specs[] = {AT(ipv4, IPV4()), AT(udp, UDP())};

	(void)state;
	compose("plain", specs, 2, room);
	const struct pkts_udp udp = {room + 20, 8, 8};
	/* What is left to 0xffff, as source port, makes the sum 0xffff and its complement 0. */
	specs[1].udp.sport = pkts_udp_csum(udp);
	compose("made to be 0", specs, 2, room);
	assert_int_equal(pkts_udp_csum(udp), 0xffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_layers),
		cmocka_unit_test(network_layers),
		cmocka_unit_test(transport_and_tunnels),
		cmocka_unit_test(checksums),
		cmocka_unit_test(a_udp_checksum_is_never_0),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
