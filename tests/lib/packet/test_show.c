/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Packets as text for people. */
#include "pkts_show.h"

#include <stdlib.h>

#include "frame.h"
#include "row.h"

static char text[1 << 16];

typedef void writer(
	struct pkts_sink *out, const struct pkts_packet *packet, const struct pkts_shown *about);

static const char *written(writer *write, const struct pkts_packet *packet, uint32_t wire)
{
	uint8_t checksums[PKTS_PACKET_LAYERS];
	struct pkts_sink s = {.buf = text, .cap = sizeof(text) - 1};
	const struct pkts_shown about = {7, 2000000003, wire, packet->len, checksums};

	for (unsigned i = 0; i < packet->n; i++)
		checksums[i] = (uint8_t)pkts_packet_checksum(packet, i, NULL);
	write(&s, packet, &about);
	assert_int_equal(s.lost, 0);
	text[s.used] = 0;
	return text;
}

#define WHEN "7 1970-01-01T00:00:02.000000003Z "

static void summaries(void **state)
{
	static const struct {
		const char *frame, *line;
	} rows[] = {
		{"udp4", WHEN "47 eth/ipv4/udp 192.0.2.1:40001 > 198.51.100.2:9 payload=5"},
		{"udp4 in 60 bytes",
			WHEN "60 eth/ipv4/udp 192.0.2.1:40001 > 198.51.100.2:9 payload=3"},
		{"tcp6", WHEN "77 eth/ipv6/tcp [2001:db8:1::1]:40000 > [2001:db8:2::2]:9 PA "
			      "seq=1000 ack=2000 win=512 payload=3"},
		{"tcp4 syn", WHEN "74 eth/ipv4/tcp 192.0.2.1:40000 > 198.51.100.2:9 SEC seq=1000 "
				  "win=512 payload=0"},
		{"icmp echo",
			WHEN "50 eth/ipv4/icmp 192.0.2.1 > 198.51.100.2 type=8 code=0 payload=8"},
		{"icmp unreachable", WHEN "102 eth/ipv4/icmp/ipv4/tcp 192.0.2.1 > 198.51.100.2 "
					  "type=3 code=3 payload=20"},
		{"icmpv6 too big", WHEN "124 eth/ipv6/icmpv6/ipv6/udp 2001:db8:1::1 > "
					"2001:db8:2::2 type=2 code=0 payload=14"},
		{"arp", WHEN "60 eth/arp 192.0.2.1 > 192.0.2.2 operation=1 payload=0"},
		{"ipv4 first fragment", WHEN
			"82 eth/ipv4/udp 192.0.2.1:40001 > 198.51.100.2:9 payload=40 fragment"},
		{"gre ethernet", WHEN "105 eth/ipv6/gre/eth/ipv4/udp 203.0.113.1:40001 > "
				      "203.0.113.2:9 payload=5"},
		{"sctp", WHEN "90 eth/ipv4/sctp 192.0.2.1:40003 > 198.51.100.2:9 payload=44"},
		{"udplite", WHEN "53 eth/ipv4/udplite 192.0.2.1:40002 > 198.51.100.2:9 payload=11"},
		{"802.3 llc", WHEN "60 eth/llc payload=35"},
		{"raw ipv6",
			WHEN "51 raw/ipv6/udp [2001:db8:1::1]:40001 > [2001:db8:2::2]:9 payload=3"},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct frame *const f = frame_named(rows[i].frame);
		const struct bytes b = bytes_of(f->hex);
		const struct pkts_packet packet = decode_bytes(b, f->link);
		ROW_TEXT(f->name, written(pkts_summary, &packet, b.n), rows[i].line);
		free(b.p);
	}
}

static void summary_of(const char *hex, uint16_t link, uint32_t wire, const char *line)
{
	const struct bytes b = bytes_of(hex);
	const struct pkts_frame f = {b.p, b.n, b.n, wire ? wire : b.n, link};
	struct pkts_packet packet;

	pkts_decode(NULL, &f, &packet);
	assert_string_equal(written(pkts_summary, &packet, f.wire), line);
	free(b.p);
}

static void summaries_of_what_is_wrong(void **state)
{
	(void)state;
	summary_of("02000000000b 02000000000a 0800 4500", 1, 60, WHEN "60(16) eth payload=2 !cut");
	summary_of("4500001d 00010000 40110000 c0000201 c6336402 00010002 00100000 aa", 228, 0,
		WHEN "29 ipv4/udp 192.0.2.1:1 > 198.51.100.2:2 payload=1 !checksum:ipv4 "
		     "!udp_length_long");
	summary_of("4600001c 00010000 40060000 c0000201 c6336402 01070000 00010002", 228, 0,
		WHEN
		"28 ipv4 192.0.2.1 > 198.51.100.2 payload=4 !checksum:ipv4 !short !ipv4_option");
	summary_of("", 105, 0, WHEN "0 payload=0 !link_unknown");
}

/* clang-format off */
static const char syn[] =
	"frame 7 1970-01-01T00:00:02.000000003Z 74\n"
	"###[ eth ]### Ethernet II, IEEE 802.3\n"
	"  dst             = 02:00:00:00:00:0b\n"
	"  src             = 02:00:00:00:00:0a\n"
	"  type            = 0x0800\n"
	"###[ ipv4 ]### IPv4, RFC 791\n"
	"  version         = 4\n"
	"  ihl             = 5\n"
	"  dscp            = 0\n"
	"  ecn             = 2\n"
	"  total_length    = 60\n"
	"  id              = 1\n"
	"  rf              = 0\n"
	"  df              = 0\n"
	"  mf              = 0\n"
	"  frag_offset     = 0\n"
	"  ttl             = 64\n"
	"  protocol        = 6\n"
	"  csum            = 0x8e82\n"
	"  src             = 192.0.2.1\n"
	"  dst             = 198.51.100.2\n"
	"  (checksum)      = good\n"
	"###[ tcp ]### TCP, RFC 9293\n"
	"  sport           = 40000\n"
	"  dport           = 9\n"
	"  seq             = 1000\n"
	"  ack             = 0\n"
	"  data_offset     = 10\n"
	"  reserved        = 0\n"
	"  flags           = SEC\n"
	"  window          = 512\n"
	"  csum            = 0xb8d0\n"
	"  urgent          = 0\n"
	"  options         = mss=1460, sackok, ts=7:0, nop, wscale=7\n"
	"  (checksum)      = good\n"
	"payload 0 bytes\n";

static const char mixed[] =
	"frame 7 1970-01-01T00:00:02.000000003Z 93\n"
	"###[ eth ]### Ethernet II, IEEE 802.3\n"
	"  dst             = 02:00:00:00:00:0b\n"
	"  src             = 02:00:00:00:00:0a\n"
	"  type            = 0x86dd\n"
	"###[ ipv6 ]### IPv6, RFC 8200\n"
	"  version         = 6\n"
	"  dscp            = 0\n"
	"  ecn             = 0\n"
	"  flow            = 0x00000\n"
	"  payload_length  = 36\n"
	"  next            = 0\n"
	"  hop_limit       = 64\n"
	"  src             = 2001:db8:1::1\n"
	"  dst             = 2001:db8:2::2\n"
	"###[ ipv6_hopopts ]### IPv6 hop-by-hop options, RFC 8200 4.3\n"
	"  next            = 60\n"
	"  ext_length      = 0\n"
	"  options         = padn=00000001\n"
	"###[ ipv6_dstopts ]### IPv6 destination options, RFC 8200 4.6\n"
	"  next            = 6\n"
	"  ext_length      = 0\n"
	"  options         = \n"
	"payload 20, excess 3 bytes\n"
	"! tcp at byte 82: TCP data offset below 20 bytes\n"
	"! ipv6_dstopts at byte 62: an IPv6 option's length is wrong\n";
/* clang-format on */

static void every_field_a_line(void **state)
{
	const struct frame *const f = frame_named("tcp4 syn");
	const struct bytes b = bytes_of(f->hex);
	const struct pkts_packet packet = decode_bytes(b, f->link);

	(void)state;
	assert_string_equal(written(pkts_show, &packet, b.n), syn);
	free(b.p);
}

static void what_is_wrong_stands_below(void **state)
{
	const struct bytes b = bytes_of("02000000000b 02000000000a 86dd 60000000 0024 00 40 "
					"20010db8000100000000000000000001 "
					"20010db8000200000000000000000002 3c00 0104 00000001 0600 "
					"0109 00000000 9c400009 000003e8 000007d0 "
					"4018 0200 0000 0000 000000");
	const struct pkts_packet packet = decode_bytes(b, 1);

	(void)state;
	written(pkts_show, &packet, b.n);
	assert_memory_equal(text, mixed, sizeof(mixed) - 1);
	assert_non_null(strstr(text + sizeof(mixed) - 1, "~ ipv6_hopopts"));
	free(b.p);
}

static void fields_of_some_headers_only(void **state)
{
	static const struct {
		const char *frame, *part;
	} rows[] = {
		{"arp", "  operation       = 1\n  sha             = 02:00:00:00:00:0a\n  spa       "
			"      = 192.0.2.1\n"},
		{"gre checksum key sequence", "  csum            = 0x50ae\n  key             = "
					      "0x00001234\n  seq             = 5\n"},
		{"ah", "  icv             = 000102030405060708090a0b\n"},
		{"geneve", "  options         = 66176=61626364, 16776961\n"},
		{"sctp", "  chunks          = data=0000000100010000000000006162636465, data=0000"},
		{"udp4 without checksum", "  (checksum)      = absent\n"},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct frame *const f = frame_named(rows[i].frame);
		const struct bytes b = bytes_of(f->hex);
		const struct pkts_packet packet = decode_bytes(b, f->link);
		if (!strstr(written(pkts_show, &packet, b.n), rows[i].part))
			fail_msg("row \"%s\": no %s in %s", f->name, rows[i].part, text);
		free(b.p);
	}
}

static void every_letter_of_the_tcp_flags(void **state)
{
	const struct bytes b = bytes_of(frame_named("tcp4")->hex);

	(void)state;
	memcpy(b.p + 46, "\x51\xff", 2);
	const struct pkts_packet packet = decode_bytes(b, 1);
	assert_non_null(strstr(written(pkts_summary, &packet, b.n), " FSRPAUECN seq="));
	free(b.p);
}

static void hexadecimal(void **state)
{
	static const struct {
		uint32_t n;
		const char *text;
	} rows[] = {
		{0, ""},
		{1, "0x0000  1f                                                .\n"},
		{8, "0x0000  1f 20 41 7e 7f 80 00 ff                           . A~....\n"},
		{17, "0x0000  1f 20 41 7e 7f 80 00 ff  00 00 00 00 00 00 00 00  . A~............\n"
		     "0x0010  7a                                                z\n"},
	};
	static const uint8_t bytes[17] = {0x1f, ' ', 'A', '~', 0x7f, 0x80, 0, 0xff, [16] = 'z'};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_sink s = {.buf = text, .cap = sizeof(text) - 1};
		pkts_hex(&s, bytes, rows[i].n);
		text[s.used] = 0;
		assert_string_equal(text, rows[i].text);
	}
}

/* Offsets of long packets stay apart. */
static void long_hexadecimal(void **state)
{
	static const uint8_t bytes[0x10001];
	static char all[400000];
	struct pkts_sink s = {.buf = all, .cap = sizeof(all) - 1};

	(void)state;
	pkts_hex(&s, bytes, sizeof(bytes));
	all[s.used] = 0;
	assert_int_equal(s.lost, 0);
	assert_memory_equal(all, "0x00000000  00", 14);
	assert_non_null(strstr(all, "\n0x00010000  00  "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(summaries),
		cmocka_unit_test(summaries_of_what_is_wrong),
		cmocka_unit_test(every_field_a_line),
		cmocka_unit_test(what_is_wrong_stands_below),
		cmocka_unit_test(fields_of_some_headers_only),
		cmocka_unit_test(every_letter_of_the_tcp_flags),
		cmocka_unit_test(hexadecimal),
		cmocka_unit_test(long_hexadecimal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
