/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Frames with something wrong in them: what is found all the same, and what is said. */
#include <stdio.h>
#include <stdlib.h>

#include "frame.h"
#include "row.h"

struct row {
	const char *name;
	const char *frame; /* where it starts from */
	int grow;	   /* bytes appended, or taken away */
	struct {
		uint16_t at;
		const char *hex; /* written there */
	} edits[2];
	const char *layers, *verdict;
};

/* clang-format off */
static const struct row rows[] = {
	{"frame longer than the datagram", "udp4", 3, {{0}}, "eth:14/ipv4:20/udp:8", "ok, excess 3"},
	{"byte missing from the frame", "udp4", -1, {{0}}, "eth:14/ipv4:20/udp:8", "bad, invalid ipv4_total_long ipv4@14"},

	{"eth: ethertype swapped", "tcp6", 0, {{12, "dd86"}}, "eth:14", "ok"},
	{"eth: neither length nor type", "udp4", 0, {{12, "05dd"}}, "eth:14", "ok"},
	{"eth: the largest length", "udp4", 0, {{12, "05dc"}}, "eth:14/llc:4", "bad, invalid eth_length eth@0"},
	{"eth: the smallest type", "udp4", 0, {{12, "0600"}}, "eth:14", "ok"},
	{"eth: length 0", "udp4", 0, {{12, "0000"}}, "eth:14", "ok"},
	{"eth: length beyond the frame", "802.3 llc", 0, {{12, "0400"}}, "eth:14/llc:3", "bad, invalid eth_length eth@0"},
	{"eth: length of two leaves no LLC", "802.3 llc", 0, {{12, "0002"}}, "eth:14", "bad, fatal short llc@14, excess 44"},
	{"vlan: length beyond the frame", "802.3 in a vlan", 0, {{16, "0400"}}, "eth:14/vlan:4/llc:3", "bad, invalid eth_length vlan@14"},
	{"snap: another organisation", "802.3 snap", 0, {{17, "00000c"}}, "eth:14/llc:3/snap:5", "ok"},

	{"pppoe: version 2", "pppoe", 0, {{14, "21"}}, "eth:14", "bad, fatal pppoe_version pppoe@14"},
	{"pppoe: type 2", "pppoe", 0, {{14, "12"}}, "eth:14", "bad, fatal pppoe_version pppoe@14"},
	{"pppoe: length beyond the frame", "pppoe", 0, {{18, "ffff"}}, "eth:14/pppoe:6/ppp:2/ipv4:20/tcp:20", "bad, invalid pppoe_length pppoe@14"},
	{"pppoe: length 0", "pppoe", 0, {{18, "0000"}}, "eth:14/pppoe:6", "bad, fatal short ppp@20, excess 45"},

	{"arp: Ethernet addresses of 8 bytes", "arp", 0, {{18, "08"}}, "eth:14/arp:32", "bad, invalid arp_lengths arp@14, excess 14"},
	{"arp: IPv4 addresses of 3 bytes", "arp", 0, {{19, "03"}}, "eth:14/arp:26", "bad, invalid arp_lengths arp@14, excess 20"},
	{"arp: addresses beyond the frame", "arp", 0, {{18, "ff"}}, "eth:14", "bad, fatal short arp@14"},

	{"ipv4: version 5", "udp4", 0, {{14, "55"}}, "eth:14", "bad, fatal ipv4_version ipv4@14"},
	{"ipv4: version 6", "udp4", 0, {{14, "65"}}, "eth:14", "bad, fatal ipv4_version ipv4@14"},
	{"ipv4: header of 0 bytes", "udp4", 0, {{14, "40"}}, "eth:14", "bad, fatal ipv4_ihl ipv4@14"},
	{"ipv4: header of 16 bytes", "udp4", 0, {{14, "44"}}, "eth:14", "bad, fatal ipv4_ihl ipv4@14"},
	{"ipv4: header beyond the frame", "udp4", 0, {{14, "4f"}}, "eth:14", "bad, fatal short ipv4@14"},
	{"ipv4: header beyond the total length", "ipv4 first fragment", 0, {{14, "4f"}, {16, "0020"}}, "eth:14", "bad, fatal ipv4_total_short ipv4@16"},
	{"ipv4: total length 19", "udp4", 0, {{16, "0013"}}, "eth:14", "bad, fatal ipv4_total_short ipv4@16"},
	{"ipv4: total length 20, nothing behind the header", "udp4", 0, {{16, "0014"}}, "eth:14/ipv4:20", "bad, fatal short udp@34, excess 13"},
	{"ipv4: total length 0", "udp4", 0, {{16, "0000"}}, "eth:14/ipv4:20/udp:8", "bad, invalid ipv4_total_zero ipv4@14"},
	{"ipv4: total length beyond the frame", "udp4", 0, {{16, "0022"}}, "eth:14/ipv4:20/udp:8", "bad, invalid ipv4_total_long ipv4@14"},
	{"ipv4: fragment beyond 65,535", "ipv4 last fragment", 0, {{20, "1fff"}}, "eth:14/ipv4:20", "bad, invalid ipv4_fragment ipv4@14, excess 14, fragment"},
	{"ipv4: first fragments, no multiple of 8", "ipv4 last fragment", 0, {{20, "200c"}}, "eth:14/ipv4:20", "bad, invalid ipv4_fragment ipv4@14, excess 14, fragment"},
	{"ipv4: reserved bit alone is no fragment", "udp4", 0, {{20, "8000"}}, "eth:14/ipv4:20/udp:8", "ok"},
	{"ipv4: don't fragment is no fragment", "udp4", 0, {{20, "4000"}}, "eth:14/ipv4:20/udp:8", "ok"},
	{"ipv4: fragment offset 1 hides the header", "udp4", 0, {{20, "0001"}}, "eth:14/ipv4:20", "ok, fragment"},
	{"ipv4: option of length 0", "ipv4 options", 0, {{35, "00"}}, "eth:14/ipv4:32/udp:8", "bad, invalid ipv4_option ipv4@14"},
	{"ipv4: option of length 1", "ipv4 options", 0, {{35, "01"}}, "eth:14/ipv4:32/udp:8", "bad, invalid ipv4_option ipv4@14"},
	{"ipv4: option beyond the header", "ipv4 options", 0, {{35, "0d"}}, "eth:14/ipv4:32/udp:8", "bad, invalid ipv4_option ipv4@14"},
	{"ipv4: option up to the header's end", "ipv4 options", 0, {{35, "0c"}}, "eth:14/ipv4:32/udp:8", "ok"},
	{"ipv4: option without a length", "ipv4 options", 0, {{34, "010101010101010101010107"}}, "eth:14/ipv4:32/udp:8", "bad, invalid ipv4_option ipv4@14"},
	{"ipv4: end of options", "ipv4 options", 0, {{34, "00ff"}}, "eth:14/ipv4:32/udp:8", "ok"},

	{"ipv6: version 4", "udp6", 0, {{14, "40"}}, "eth:14", "bad, fatal ipv6_version ipv6@14"},
	{"ipv6: payload beyond the frame", "udp6", 0, {{18, "000e"}}, "eth:14/ipv6:40/udp:8", "bad, invalid ipv6_length_long ipv6@14"},
	{"ipv6: no payload", "udp6", 0, {{18, "0000"}}, "eth:14/ipv6:40", "bad, fatal short udp@54, excess 13"},
	{"ipv6: jumbo payload behind hop-by-hop", "hop-by-hop", 0, {{18, "0000"}}, "eth:14/ipv6:40/ipv6_hopopts:8/udp:8", "ok"},
	{"ipv6: no next header", "udp6", 0, {{20, "3b"}}, "eth:14/ipv6:40", "ok"},
	{"ipv6: hop-by-hop options in second place", "destination options", 0, {{54, "00"}}, "eth:14/ipv6:40/ipv6_dstopts:24", "bad, fatal short ipv6_hopopts@78, invalid ipv6_ext_order ipv6_dstopts@54"},
	{"ipv6: options beyond the packet", "hop-by-hop", 0, {{55, "ff"}}, "eth:14/ipv6:40", "bad, fatal short ipv6_hopopts@54"},
	{"ipv6: option beyond the header", "hop-by-hop", 0, {{57, "05"}}, "eth:14/ipv6:40/ipv6_hopopts:8/udp:8", "bad, invalid ipv6_option ipv6_hopopts@54"},
	{"ipv6: router alert of 3 bytes", "hop-by-hop", 0, {{57, "03"}}, "eth:14/ipv6:40/ipv6_hopopts:8/udp:8", "bad, invalid ipv6_option ipv6_hopopts@54"},
	{"ipv6: padding that is not zero", "hop-by-hop", 0, {{56, "010400000001"}}, "eth:14/ipv6:40/ipv6_hopopts:8/udp:8", "ok, padding ipv6_padding ipv6_hopopts"},
	{"ipv6: 22 bytes of padding", "destination options", 0, {{56, "01140000000000000000000000000000000000000000"}}, "eth:14/ipv6:40/ipv6_dstopts:24/tcp:20", "ok, padding ipv6_padding ipv6_dstopts"},
	{"ipv6: segments left beyond the list", "source route, done", 0, {{57, "03"}}, "eth:14/ipv6:40/ipv6_routing:40/udp:8", "bad, invalid ipv6_routing ipv6_routing@54"},
	{"ipv6: fragment beyond 65,535", "ipv6 middle fragment", 0, {{56, "fff9"}}, "eth:14/ipv6:40/ipv6_frag:8", "bad, invalid ipv6_fragment ipv6_frag@54, fragment"},
	{"ipv6: fragment, no multiple of 8", "ipv6 middle fragment", 0, {{18, "0037"}}, "eth:14/ipv6:40/ipv6_frag:8", "bad, invalid ipv6_fragment ipv6_frag@54, excess 1, fragment"},

	{"mobility: shorter than its message", "mobility", 0, {{56, "07"}}, "eth:14/ipv6:40/ipv6_mobility:16", "bad, invalid ipv6_mobility ipv6_mobility@54"},
	{"mobility: something follows", "mobility", 0, {{54, "3a"}}, "eth:14/ipv6:40/ipv6_mobility:16", "bad, fatal short icmpv6@70, invalid ipv6_mobility ipv6_mobility@54"},
	{"mobility: beyond the packet", "mobility", 0, {{55, "02"}}, "eth:14/ipv6:40", "bad, fatal short ipv6_mobility@54"},
	{"hip: shorter than its fixed part", "hip", 0, {{55, "03"}}, "eth:14/ipv6:40", "bad, fatal ipv6_hip_length ipv6_hip@55"},
	{"hip: marked as Shim6's", "hip", 0, {{57, "20"}}, "eth:14/ipv6:40/ipv6_hip:48", "bad, invalid ipv6_hip ipv6_hip@54"},
	{"shim6: payload behind more than 8 bytes", "shim6 payload", 0, {{54, "3b01"}}, "eth:14/ipv6:40/ipv6_shim6:16", "bad, invalid ipv6_shim6 ipv6_shim6@54"},
	{"shim6: marked as HIP's", "shim6 message", 0, {{57, "01"}}, "eth:14/ipv6:40/ipv6_shim6:16", "bad, invalid ipv6_shim6 ipv6_shim6@54"},
	{"ah: shorter than its fixed part", "ah", 0, {{35, "00"}}, "eth:14/ipv4:20", "bad, fatal ah_length ah@35"},
	{"ah: beyond the packet", "ah", 0, {{35, "40"}}, "eth:14/ipv4:20", "bad, fatal short ah@34"},

	{"icmpv6: option of length 0", "neighbour solicitation", 0, {{79, "00"}}, "eth:14/ipv6:40/icmpv6:8", "bad, invalid icmpv6_option icmpv6@54"},
	{"icmpv6: option beyond the message", "neighbour solicitation", 0, {{79, "02"}}, "eth:14/ipv6:40/icmpv6:8", "bad, invalid icmpv6_option icmpv6@54"},
	{"icmp: a quotation of something else", "icmp unreachable", 0, {{42, "60"}}, "eth:14/ipv4:20/icmp:8", "bad, fatal ipv4_version ipv4@42, quote"},
	{"icmp: a quotation with an edited length", "icmp unreachable", 0, {{44, "ffff"}}, "eth:14/ipv4:20/icmp:8/ipv4:20/tcp:20", "ok, quote"},
	{"icmp: a quotation that ends before the message", "icmp unreachable", 0, {{44, "0028"}}, "eth:14/ipv4:20/icmp:8/ipv4:20/tcp:20", "ok, quote"},
	{"icmp: padding behind the message", "icmp unreachable", 4, {{0}}, "eth:14/ipv4:20/icmp:8/ipv4:20/tcp:20", "ok, excess 4, quote"},
	{"icmp: a quotation of a later fragment", "icmp unreachable", 0, {{48, "0010"}}, "eth:14/ipv4:20/icmp:8/ipv4:20", "ok, fragment, quote"},

	{"tcp: header of 16 bytes", "tcp4", 0, {{46, "40"}}, "eth:14/ipv4:20", "bad, fatal tcp_offset tcp@46"},
	{"tcp: header beyond the segment", "tcp4", 0, {{46, "f0"}}, "eth:14/ipv4:20", "bad, fatal short tcp@34"},
	{"tcp: option of length 0", "tcp4 syn", 0, {{55, "00"}}, "eth:14/ipv4:20/tcp:40", "bad, invalid tcp_option tcp@34"},
	{"tcp: option of length 1", "tcp4 syn", 0, {{55, "01"}}, "eth:14/ipv4:20/tcp:40", "bad, invalid tcp_option tcp@34"},
	{"tcp: option beyond the header", "tcp4 syn", 0, {{55, "15"}}, "eth:14/ipv4:20/tcp:40", "bad, invalid tcp_option tcp@34"},
	{"tcp: option up to the header's end", "tcp4 syn", 0, {{55, "14"}}, "eth:14/ipv4:20/tcp:40", "ok"},
	{"tcp: end of options", "tcp4 syn", 0, {{54, "0000"}}, "eth:14/ipv4:20/tcp:40", "ok"},
	{"tcp: time stamps of a wrong length", "tcp4 with timestamps", 0, {{57, "0b"}}, "eth:14/ipv4:20/tcp:32", "bad, invalid tcp_option tcp@34"},

	{"udp: length 7", "udp4", 0, {{38, "0007"}}, "eth:14/ipv4:20", "bad, fatal udp_length_short udp@38"},
	{"udp: length 8, data behind it", "udp4", 0, {{38, "0008"}}, "eth:14/ipv4:20/udp:8", "ok, excess 5"},
	{"udp: length beyond the packet", "udp4", 0, {{38, "000e"}}, "eth:14/ipv4:20/udp:8", "bad, invalid udp_length_long udp@34"},
	{"udp: length 0 is that of a jumbogram", "udp4", 0, {{38, "0000"}}, "eth:14/ipv4:20/udp:8", "ok"},
	{"udplite: coverage 7", "udplite", 0, {{38, "0007"}}, "eth:14/ipv4:20/udplite:8", "bad, invalid udplite_coverage udplite@34"},
	{"udplite: coverage beyond the datagram", "udplite", 0, {{38, "0014"}}, "eth:14/ipv4:20/udplite:8", "bad, invalid udplite_coverage udplite@34"},
	{"sctp: chunk of 3 bytes", "sctp", 0, {{48, "0003"}}, "eth:14/ipv4:20/sctp:12", "bad, invalid sctp_chunk sctp@34"},
	{"sctp: chunk beyond the packet", "sctp", 0, {{48, "00ff"}}, "eth:14/ipv4:20/sctp:12", "bad, invalid sctp_chunk sctp@34"},
	{"sctp: second chunk of 0 bytes", "sctp", 0, {{72, "0000"}}, "eth:14/ipv4:20/sctp:12", "bad, invalid sctp_chunk sctp@34"},
	{"sctp: a value beats padding in one layer", "sctp", 0, {{67, "01"}, {72, "0000"}}, "eth:14/ipv4:20/sctp:12", "bad, invalid sctp_chunk sctp@34"},
	{"sctp: padding that is not zero", "sctp", 0, {{67, "01"}}, "eth:14/ipv4:20/sctp:12", "ok, padding sctp_padding sctp"},

	{"gre: version 2", "gre", 0, {{35, "02"}}, "eth:14/ipv4:20", "bad, fatal gre_version gre@35"},
	{"gre: source route without end", "gre source route", 0, {{50, "080000ff"}}, "eth:14/ipv4:20", "bad, fatal gre_routing gre@42"},
	{"vxlan: no identifier", "vxlan", 0, {{42, "00"}}, "eth:14/ipv4:20/udp:8/vxlan:8/eth:14/ipv4:20/udp:8", "bad, invalid vxlan_flags vxlan@42"},
	{"geneve: version 1", "geneve", 0, {{42, "43"}}, "eth:14/ipv4:20/udp:8", "bad, fatal geneve_version geneve@42"},
	{"geneve: options beyond the packet", "geneve", 0, {{42, "3f"}}, "eth:14/ipv4:20/udp:8", "bad, fatal short geneve@42"},
	{"geneve: option beyond the header", "geneve", 0, {{53, "1f"}}, "eth:14/ipv4:20/udp:8/geneve:20/eth:14/ipv6:40/tcp:20", "bad, invalid geneve_option geneve@42"},
	{"gtp: charging protocol", "gtp", 0, {{42, "20"}}, "eth:14/ipv4:20/udp:8", "bad, fatal gtp_version gtp@42"},
	{"gtp: length beyond the datagram", "gtp", 0, {{44, "ffff"}}, "eth:14/ipv4:20/udp:8/gtp:8/ipv4:20/udp:8", "bad, invalid gtp_length gtp@42"},
	{"gtp: extension header of length 0", "gtp extension", 0, {{54, "00"}}, "eth:14/ipv4:20/udp:8", "bad, fatal gtp_extension gtp@54"},
	{"gtp: extension header beyond the datagram", "gtp extension", 0, {{54, "ff"}}, "eth:14/ipv4:20/udp:8", "bad, fatal gtp_extension gtp@54"},

	{"null: an unknown family", "null big-endian", 0, {{0, "00000063"}}, "null:4", "ok"},
	{"raw: neither IPv4 nor IPv6", "raw ipv4", 0, {{0, "75"}}, "raw:0", "bad, fatal ipv4_version ipv4@0"},
	{"sll: a netlink message", "sll", 0, {{2, "0338"}}, "sll:16", "ok"},
};
/* clang-format on */

static struct bytes edited(const struct row *row, uint16_t *link)
{
	const struct frame *const f = frame_named(row->frame);
	const struct bytes old = bytes_of(f->hex);
	const uint32_t n = (uint32_t)((int)old.n + row->grow);
	const struct bytes b = {calloc(1, n), n};

	memcpy(b.p, old.p, PKTS_MIN(n, old.n));
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(row->edits) && row->edits[i].hex; i++) {
		const struct bytes piece = bytes_of(row->edits[i].hex);
		memcpy(b.p + row->edits[i].at, piece.p, piece.n);
		free(piece.p);
	}
	free(old.p);
	*link = f->link;
	return b;
}

static void every_row(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		uint16_t link;
		const struct bytes b = edited(&rows[i], &link);
		const struct pkts_packet packet = decode_bytes(b, link);
		ROW_TEXT(rows[i].name, layers_text(&packet), rows[i].layers);
		ROW_TEXT(rows[i].name, verdict_text(&packet), rows[i].verdict);
		checksums_text(&packet);
		free(b.p);
	}
}

/* Reasons that are not about a layer's bytes have tests of their own; no other may be without a
 * row. */
static void every_reason_has_a_row(void **state)
{
	static const char elsewhere[] = " none cut link_unknown too_deep tunnels_too_deep ";

	(void)state;
	for (unsigned reason = 0; reason < PKTS_REASON_MAX; reason++) {
		char name[40];
		snprintf(name, sizeof(name), " %s ", pkts_reason_info(reason)->name);
		bool found = strstr(elsewhere, name);
		for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++)
			found |= strstr(rows[i].verdict, name) != NULL;
		ROW_TRUE(name, found);
	}
}

static void decodes_to(const char *hex, uint16_t link, const char *layers, const char *verdict)
{
	const struct bytes b = bytes_of(hex);
	const struct pkts_packet packet = decode_bytes(b, link);

	assert_string_equal(layers_text(&packet), layers);
	assert_string_equal(verdict_text(&packet), verdict);
	free(b.p);
}

#define ETHERNET_IPV6 "02000000000b 02000000000a 86dd "
#define ADDRESSES     "20010db8000100000000000000000001 20010db8000200000000000000000002 "

static void everything_is_said_at_once(void **state)
{
	(void)state;
	decodes_to(ETHERNET_IPV6
		"60000000 0024 00 40 " ADDRESSES
		"3c00 0104 00000001 " /* hop-by-hop: padding that is not zero */
		"0600 0109 00000000 " /* destination: an option beyond the header */
		"9c400009 000003e8 000007d0 4018 0200 0000 0000 " /* TCP: 16 bytes of header */
		"000000",					  /* and three bytes too many */
		1, "eth:14/ipv6:40/ipv6_hopopts:8/ipv6_dstopts:8",
		"bad, fatal tcp_offset tcp@82, invalid ipv6_option ipv6_dstopts@62, padding "
		"ipv6_padding "
		"ipv6_hopopts, excess 3");
}

static void the_first_of_each_kind_is_named(void **state)
{
	(void)state;
	decodes_to(ETHERNET_IPV6
		"60000000 0020 00 40 " ADDRESSES "3c00 0104 00000001 " /* unusual */
		"3c00 0109 00000000 "				       /* wrong */
		"2b00 0104 00000002 "				       /* unusual again */
		"3b00 0405 00000000", /* wrong again: more segments left than there are */
		1, "eth:14/ipv6:40/ipv6_hopopts:8/ipv6_dstopts:8/ipv6_dstopts:8/ipv6_routing:8",
		"bad, invalid ipv6_option ipv6_dstopts@62, padding ipv6_padding ipv6_hopopts");
}

#define LABEL  "00010040 "
#define BOTTOM "00010140 "

static void as_deep_as_the_table(void **state)
{
	(void)state;
	decodes_to("02000000000b 02000000000a 8847 " LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL
			   LABEL LABEL LABEL LABEL BOTTOM "00000000",
		1,
		"eth:14/mpls:4/mpls:4/mpls:4/mpls:4/mpls:4/mpls:4/mpls:4/mpls:4/mpls:4/mpls:4/"
		"mpls:4/mpls:4/mpls:4",
		"ok");
}

static void deeper_than_the_table(void **state)
{
	(void)state;
	decodes_to("02000000000b 02000000000a 8847 " LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL
			   LABEL LABEL LABEL LABEL LABEL BOTTOM "00000000",
		1,
		"eth:14/mpls:4/mpls:4/mpls:4/mpls:4/mpls:4/mpls:4/mpls:4/mpls:4/mpls:4/mpls:4/"
		"mpls:4/mpls:4/mpls:4",
		"bad, fatal too_deep @66");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(every_reason_has_a_row),
		cmocka_unit_test(everything_is_said_at_once),
		cmocka_unit_test(the_first_of_each_kind_is_named),
		cmocka_unit_test(as_deep_as_the_table),
		cmocka_unit_test(deeper_than_the_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
