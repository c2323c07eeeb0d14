/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Expressions: what they say is what is composed; what is wrong with them is said at the character. */
#include "pkts_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "row.h"

static uint8_t room[1 << 16], composed[1 << 16];
static struct pkts_expr_error err;

/* Parses out of memory of just that size, which is gone afterwards. */
static int parse_with(
	struct pkts_expr *e, const char *text, uint32_t cap, const struct pkts_expr_files *files)
{
	const struct bytes copy =
		bytes_first((struct bytes){(uint8_t *)(uintptr_t)text, (uint32_t)strlen(text)},
			(uint32_t)strlen(text));

	memset(e, 0x5a, sizeof(*e));
	e->room = room;
	e->cap = cap;
	const int rc = pkts_expr_parse(e, (const char *)copy.p, copy.n, files, &err);
	if (copy.n)
		memset(copy.p, 0, copy.n);
	free(copy.p);
	return rc;
}

static int parse(struct pkts_expr *e, const char *text)
{
	return parse_with(e, text, sizeof(room), NULL);
}

static const char *hex_of(const uint8_t *p, uint32_t n)
{
	static char text[4096];

	for (uint32_t i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", p[i]);
	text[2 * n] = 0;
	return text;
}

static const char *compose(const char *text, const struct pkts_expr *e)
{
	struct pkts_out out = {.data = composed, .cap = 2000};

	ROW_INT(text, pkts_expr_compose(e, &out), 0);
	return hex_of(composed, out.len);
}

/* One layer alone shows what stands in it: nothing is derived from what is around it. */
static const struct row {
	const char *text, *hex;
} rows[] = {
	{"\"abc\"", "616263"},
	{"\"\"", ""},
	{"hex()", ""},
	{"hex(de ad\tBE\nef)", "deadbeef"},
	{" hex ( 01 02 ) ", "0102"},
	{"zeros(3)", "000000"},
	{"zeros(0x3)", "000000"},
	{"\"a\"/hex(00)/zeros(2)/\"b\"", "6100000062"},
	{"\"\\r\\n\\t\\0\\\\\\\"\\x7f\"", "0d0a09005c227f"},
	{"\"\xc3\xa9/()\"", "c3a92f2829"},
	{"\"ab\"/pad(2 zeros)", "61620000"},
	{"\"ab\"/pad(01 02)/pad(3 zeros)", "61620102000000"},
	{"pad(10 20)", "1020"},
	{"raw", ""},
	{"raw()/\"x\"", "78"},
	{"null", "00000002"},
	{"vlan(pcp=7,dei=1,id=4095,type=0x0800)", "ffff0800"},
	{"vlan ( id = 0xfFf , type = 2048 )", "0fff0800"},
	{"eth(dst=02:00:5e:10:00:01,src=a:B:c:D:e:F,type=1)", "02005e1000010a0b0c0d0e0f0001"},
	{"eth/arp",
		"000000000000000000000000080600010800060400010000000000000000000000000000000000000"
		"000"},
	{"arp(operation=2,sha=02:00:00:00:00:01,spa=192.0.2.1,tha=02:00:00:00:00:02,tpa=255.255."
	 "255.255)",
		"0001080006040002020000000001c0000201020000000002ffffffff"},
	{"arp(hardware_size=2,opts=hex(0a0b01020304))", "00010800020400010a0b01020304"},
	{"ipv4", "4500001400000000403b"
		 "7ab0"
		 "0000000000000000"},
	{"ipv4(ttl=0,csum=0)", "4500001400000000003b00000000000000000000"},
	{"ipv4(ttl=auto,csum=offload)", "4500001400000000403b00000000000000000000"},
	{"ipv4(version=6,ihl=1,total_length=65535,protocol=1,csum=0xffff,ttl=1)",
		"6100ffff000000000101ffff0000000000000000"},
	{"ipv4(csum=0,opts=[router_alert=0])", "4600001800000000403b0000000000000000000094040000"},
	{"ipv4(csum=0,opts=[nop,end,7=hex(04)])",
		"4700001c00000000403b000000000000000000000100070304000000"},
	{"ipv4(csum=0,opts=hex(01))", "4600001800000000403b0000000000000000000001000000"},
	{"ipv4(csum=0,opts=[])", "4500001400000000403b00000000000000000000"},
	{"tcp(flags=SA)", "0000000000000000000000005012000000000000"},
	{"tcp(flags=0x1ff,reserved=7,data_offset=0)", "0000000000000000000000000fff000000000000"},
	{"tcp(flags=FSRPAUECN)", "00000000000000000000000051ff000000000000"},
	{"tcp(flags=9)", "0000000000000000000000005009000000000000"},
	{"tcp(opts=[mss=1460,sackok,ts=1:0,nop,wscale=7])",
		"000000000000000000000000a000000000000000"
		"020405b40402080a000000010000000001030307"},
	{"tcp(opts=[mss=hex(01),sack=1:2:3:4,254=\"ab\"])",
		"000000000000000000000000c000000000000000"
		"020301051200000001000000020000000300000004fe0461"
		"62000000"},
	{"udp(sport=1,dport=2)/\"a\"", "000100020009000061"},
	{"udp(length=1,dport=0)", "0000000000010000"},
	{"udp(dport=80..90)", "0000005000080000"},
	{"udp(dport={443, 80})", "000001bb00080000"},
	{"udp(dport=rand)", "0000000000080000"},
	{"udp(dport=rand( 5 .. 9 ))", "0000000500080000"},
	{"ipv6(src=2001:db8::1,dst=::)",
		"6000000000003b4020010db80000000000000000000000010000000000000000000000000000"
		"0000"},
	{"ipv6(next=1,src=1:2:3:4:5:6:7:8,dst=fe80::)",
		"600000000000014000010002000300040005000600070008fe80000000000000000000000000"
		"0000"},
	{"ipv6_hopopts", "3b00010400000000"},
	{"ipv6_hopopts(opts=[router_alert=0])", "3b00050200000100"},
	{"ipv6_hopopts(opts=[pad1,padn,padn=hex(00)])", "3b00000100010100"},
	{"ipv6_mobility(type=5,opts=hex(0007 8000 0028))", "3b010500000000078000002800000000"},
	{"ipv6_shim6(context_tag=0x0123456789ab)", "3b008123456789ab"},
	{"ipv6_shim6(p=1)", "3b00800000000000"},
	{"ipv6_shim6(type=66)", "3b00420082ff0000"},
	{"ipv6_dstopts(opts=[tunnel_limit=4,0x3e=hex(aa)])", "3b000401043e01aa"},
	{"ipv6_routing(type=4,opts=hex(01020304))", "3b00040001020304"},
	{"geneve(vni=7,opts=[0x010280=hex(61626364),255])",
		"030088b50000070001028001616263640000ff00"},
	{"sctp(csum=0,opts=[data:3=hex(6162636465),init,63:1=\"a\"])",
		"0000000000000000000000000003000961626364650000000100000"
		"43f01000561000000"},
	{"sctp(csum=0)/hex(01)", "00000000000000000000000001"},
	{"icmpv6(type=128,csum=1,opts=\"ab\")", "80000001000000006162"},
	{"sll(addr=0102030405060708)", "0000000100060102030405060708"
				       "88b5"},
	{"gre(key=0)", "200088b500000000"},
	{"gtp(seq=0)", "32ff0004000000000000"
		       "0000"},
};

static void an_expression_says_what_is_composed(void **state)
{
	struct pkts_expr e;

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const int rc = parse(&e, rows[i].text);
		if (rc)
			fail_msg("row \"%s\": %d at %u: %s", rows[i].text, rc, err.at, err.text);
		ROW_TEXT(rows[i].text, compose(rows[i].text, &e), rows[i].hex);
	}
}

static void text_and_keyword_arguments_are_the_same(void **state)
{
	static const char text[] =
		"eth(dst=02:00:00:00:00:01)/vlan(id=7)/ipv4(src=10.0.0.1,dst=10.0.0.2,ttl=3)"
		"/tcp(dport=80,flags=SA,opts=[mss=1460,sackok,ts=1:0,wscale=7])"
		"/\"GET / HTTP/1.1\\r\\n\"";
	static uint8_t other[200];
	struct pkts_out out = {.data = other, .cap = sizeof(other)};
	struct pkts_expr e;

	(void)state;
	assert_int_equal(parse(&e, text), 0);
	assert_int_equal(
		pkts_compose(&out, ETH(.dst = PKTS_MAC(2, 0, 0, 0, 0, 1)), VLAN(.id = 7),
			IPV4(.src = PKTS_IPV4_ADDRESS(10, 0, 0, 1),
				.dst = PKTS_IPV4_ADDRESS(10, 0, 0, 2), .ttl = 3),
			TCP(.dport = 80, .flags = PKTS_TCP_SYN | PKTS_TCP_ACK,
				.opts = PKTS_OPTS(PKTS_OPT_MSS(1460), PKTS_OPT_SACK_PERMITTED,
					PKTS_OPT_TIMESTAMPS(1, 0), PKTS_OPT_WINDOW_SCALE(7))),
			TEXT("GET / HTTP/1.1\r\n")),
		0);
	char wanted[4096];
	strcpy(wanted, hex_of(other, out.len));
	assert_string_equal(compose(text, &e), wanted);
}

/* Errors. */

static const struct wrong {
	const char *text;
	uint32_t at;
	int rc;
	const char *sentence, *possible;
} wrongs[] = {
	{"", 0, -PKTS_EINVAL, "a layer is missing", "eth llc snap"},
	{"  ", 2, -PKTS_EINVAL, "a layer is missing", "\"text\" hex(..) zeros(n) @file pad(..)"},
	{"eth/", 4, -PKTS_EINVAL, "a layer is missing", "eth"},
	{"eth//ipv4", 4, -PKTS_EINVAL, "a layer is missing", "eth"},
	{"eth/7", 4, -PKTS_EINVAL, "a layer is missing", "eth"},
	{"eth ipv4", 4, -PKTS_EINVAL, "the layer ends here, and a / is missing", ""},
	{"eth(type=1))", 11, -PKTS_EINVAL, "the layer ends here, and a / is missing", ""},
	{"ipv4(tll=3)", 5, -PKTS_EINVAL, "no field tll in ipv4",
		"version ihl dscp ecn total_length id rf df mf frag_offset ttl protocol csum src "
		"dst opts (did you mean ttl?)"},
	{"eth/ipv4(TTL=3)", 9, -PKTS_EINVAL, "no field TTL in ipv4", "(did you mean ttl?)"},
	{"ipv4(chksum=3)", 5, -PKTS_EINVAL, "no field chksum in ipv4", "(did you mean csum?)"},
	{"udp(len=3)", 4, -PKTS_EINVAL, "no field len in udp", "(did you mean length?)"},
	{"tcp(xport=3)", 4, -PKTS_EINVAL, "no field xport in tcp", "(did you mean sport?)"},
	{"tcp(options=3)", 4, -PKTS_EINVAL, "no field options in tcp", "(did you mean opts?)"},
	{"raw(x=3)", 4, -PKTS_EINVAL, "no field x in raw", "opts"},
	{"ipv4(,)", 5, -PKTS_EINVAL, "the name of a field is missing", "version"},
	{"ipv4(ttl=1,)", 11, -PKTS_EINVAL, "the name of a field is missing", "version"},
	{"Ether", 0, -PKTS_EINVAL, "no layer is called Ether", "(did you mean eth?)"},
	{"eth/IP", 4, -PKTS_EINVAL, "no layer is called IP", "(did you mean ipv4?)"},
	{"eth/IPv6", 4, -PKTS_EINVAL, "no layer is called IPv6", "(did you mean ipv6?)"},
	{"eth/Dot1Q", 4, -PKTS_EINVAL, "no layer is called Dot1Q", "(did you mean vlan?)"},
	{"eth/TCP", 4, -PKTS_EINVAL, "no layer is called TCP", "(did you mean tcp?)"},
	{"eth/UDP", 4, -PKTS_EINVAL, "no layer is called UDP", "(did you mean udp?)"},
	{"eth/Raw", 4, -PKTS_EINVAL, "no layer is called Raw",
		"(did you mean \"text\" or hex(..)?)"},
	{"eth/vxaln", 4, -PKTS_EINVAL, "no layer is called vxaln", "(did you mean vxlan?)"},
	{"eth/a_name_that_is_far_too_long_to_be_repeated", 4, -PKTS_EINVAL,
		"no layer is called a_name_that_is_far_too_long_to_b...", "eth"},
	{"ipv4(ttl=3", 10, -PKTS_EINVAL, "the value ends here, and a comma or ) is missing", ""},
	{"ipv4(ttl=3x)", 10, -PKTS_EINVAL, "the value ends here, and a comma or ) is missing", ""},
	{"ipv4(ttl 3)", 9, -PKTS_EINVAL, "= is missing", ""},
	{"ipv4(ttl=)", 9, -PKTS_EINVAL, "ttl has to be a number",
		"0..255 or a..b a..b:step {a,b} rand rand(a..b) auto"},
	{"tcp(csum=x)", 9, -PKTS_EINVAL, "csum has to be a number", "auto offload"},
	{"ipv4(ttl=-1)", 9, -PKTS_EINVAL, "ttl has to be a number", "0..255"},
	{"ipv4(ttl=0x)", 9, -PKTS_EINVAL, "ttl has to be a number", "0..255"},
	{"ipv4(ttl=256)", 9, -PKTS_ERANGE, "ttl is at most 255", "0..255"},
	{"ipv4(ttl=0x100)", 9, -PKTS_ERANGE, "ttl is at most 255", "0..255"},
	{"ipv4(ttl= 99999999999999999999999999)", 10, -PKTS_ERANGE, "ttl is at most 255", "0..255"},
	{"tcp(seq=4294967296)", 8, -PKTS_ERANGE, "seq is at most 4294967295", "0..4294967295"},
	{"ipv4(df=2)", 8, -PKTS_ERANGE, "df is at most 1", "0..1"},
	{"ipv4(ttl=1,id=2,ttl=3)", 16, -PKTS_EINVAL, "ttl is given twice", ""},
	{"ipv4(opts=[],opts=[])", 13, -PKTS_EINVAL, "opts is given twice", ""},
	{"ipv4(ttl=offload)", 9, -PKTS_EINVAL, "only checksums can be left to hardware", ""},
	{"ipv4(src=10.0.0)", 9, -PKTS_EINVAL, "src has to be an address", "192.0.2.1"},
	{"ipv4(src=10.0.0.256)", 9, -PKTS_EINVAL, "src has to be an address", "192.0.2.1"},
	{"ipv4(src=1)", 9, -PKTS_EINVAL, "src has to be an address", "192.0.2.1"},
	{"eth(dst=02:00:00:00:00)", 8, -PKTS_EINVAL, "dst has to be an address", "02:00:00"},
	{"eth(dst=02:00:00:00:00:100)", 8, -PKTS_EINVAL, "dst has to be an address", "02:00:00"},
	{"ipv6(src=1:2:3:4:5:6:7)", 9, -PKTS_EINVAL, "src has to be an address", "2001:db8::1"},
	{"ipv6(src=1:2:3:4:5:6:7:8:9)", 9, -PKTS_EINVAL, "src has to be an address", "2001:"},
	{"ipv6(src=1:2:3:4::5:6:7:8)", 9, -PKTS_EINVAL, "src has to be an address", "2001:"},
	{"ipv6(src=1::2::3)", 9, -PKTS_EINVAL, "src has to be an address", "2001:"},
	{"ipv6(src=:)", 9, -PKTS_EINVAL, "src has to be an address", "2001:"},
	{"ipv6(src=12345::)", 9, -PKTS_EINVAL, "src has to be an address", "2001:"},
	{"tcp(flags=X)", 10, -PKTS_EINVAL, "flags are letters, or a number", "F S R P A U E C N"},
	{"tcp(flags=SX)", 11, -PKTS_EINVAL, "the value ends here, and a comma or ) is missing", ""},
	{"tcp(flags=512)", 10, -PKTS_ERANGE, "flags is at most 511", "0..511"},
	{"sll(addr=0102)", 9, -PKTS_EINVAL, "this field is a string of bytes", "two hexadecimal"},
	{"sll(addr=010203040506070809)", 25, -PKTS_ERANGE, "the field has fewer bytes", ""},
	{"udp(dport=9..1)", 13, -PKTS_ERANGE, "a range goes up", ""},
	{"udp(dport=1..65536)", 13, -PKTS_ERANGE, "dport is at most 65535", "0..65535"},
	{"udp(dport=1..9:0)", 15, -PKTS_ERANGE, "a step is at least 1", ""},
	{"udp(dport=1..)", 13, -PKTS_EINVAL, "dport has to be a number", "0..65535"},
	{"udp(dport={})", 11, -PKTS_EINVAL, "dport has to be a number", "0..65535"},
	{"udp(dport={1,2)", 14, -PKTS_EINVAL, "} is missing", ""},
	{"udp(dport={1,70000})", 13, -PKTS_ERANGE, "dport is at most 65535", "0..65535"},
	{"udp(dport=rand(1))", 16, -PKTS_EINVAL, "the other end of the range is missing",
		"rand(1..1000)"},
	{"ipv6(src=1::1..2::2)", 15, -PKTS_ERANGE,
		"both ends of a range have to begin with the same 64 bits", ""},
	{"tcp(opts=[mms=1])", 10, -PKTS_EINVAL, "no option mms in tcp",
		"end nop mss wscale sackok sack ts md5 user_timeout ao mptcp fast_open or the "
		"number of a type (did you mean mss?)"},
	{"tcp(opts=[=])", 10, -PKTS_EINVAL, "the name of an option is missing", "mss"},
	{"tcp(opts=[256])", 10, -PKTS_ERANGE, "the type of an option is at most 255", "0..255"},
	{"tcp(opts=[mss=65536])", 14, -PKTS_ERANGE, "the value of an option is at most 65535",
		"0..65535"},
	{"tcp(opts=[nop=1])", 13, -PKTS_EINVAL, "this option has no value", ""},
	{"tcp(opts=[md5=1])", 14, -PKTS_EINVAL, "bytes are missing",
		"\"text\" hex(..) zeros(n) @file"},
	{"tcp(opts=[mss=1)", 15, -PKTS_EINVAL, "] is missing", ""},
	{"tcp(opts=[md5=zeros(254)])", 10, -PKTS_ERANGE, "an option holds at most 253 bytes", ""},
	{"ipv6_hopopts(opts=[30=zeros(256)])", 19, -PKTS_ERANGE,
		"an option holds at most 255 bytes", ""},
	{"geneve(opts=[1=zeros(3)])", 13, -PKTS_ERANGE, "the value is a multiple of 4 bytes", ""},
	{"geneve(opts=[1=zeros(128)])", 13, -PKTS_ERANGE, "an option holds at most 124 bytes", ""},
	{"sctp(opts=[data=zeros(65532)])", 11, -PKTS_ERANGE, "a chunk holds at most 65531 bytes",
		""},
	{"sctp(opts=[data:256])", 16, -PKTS_ERANGE, "flags is at most 255", "0..255"},
	{"ah(opts=[1])", 8, -PKTS_EINVAL, "these opts are bytes", "hex(..)"},
	{"tcp(opts=mss)", 9, -PKTS_EINVAL, "bytes are missing", "hex(..)"},
	{"hex(d)", 4, -PKTS_EINVAL, "a byte is two hexadecimal digits", "hex(de ad be ef)"},
	{"hex(00 d ad)", 7, -PKTS_EINVAL, "a byte is two hexadecimal digits", "hex(de ad be ef)"},
	{"hex(00", 6, -PKTS_EINVAL, ") is missing", ""},
	{"zeros(65537)", 6, -PKTS_ENOSPC, "there is no room for so many bytes", ""},
	{"zeros(4294967295)", 6, -PKTS_ENOSPC, "there is no room for so many bytes", ""},
	{"zeros()", 6, -PKTS_EINVAL, "the number of bytes has to be a number", "0..4294967295"},
	{"\"abc", 0, -PKTS_EINVAL, "the quote that starts here does not end", ""},
	{"\"ab\\qc\"", 3, -PKTS_EINVAL, "there is no such escape", "\\xhh"},
	{"\"ab\\x1\"", 5, -PKTS_EINVAL, "a byte is two hexadecimal digits", "hex("},
	{"\"ab\\", 3, -PKTS_EINVAL, "there is no such escape", "\\xhh"},
	{"@a", 0, -PKTS_EINVAL, "files are not allowed here", ""},
	{"@", 1, -PKTS_EINVAL, "the name of a file is missing", ""},
	{"@\"a", 1, -PKTS_EINVAL, "the quote that starts here does not end", ""},
	{"pad(1)", 4, -PKTS_EINVAL, "a byte is two hexadecimal digits", "hex("},
	{"pad(1 zero)", 4, -PKTS_EINVAL, "a byte is two hexadecimal digits", "hex("},
	{"pad(2 zeros)/eth", 13, -PKTS_EINVAL, "nothing can follow padding", ""},
	{"pad(2 zeros)/\"a\"", 13, -PKTS_EINVAL, "nothing can follow padding", ""},
	{"mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls", 80,
		-PKTS_ENOSPC, "there are more than 16 layers", ""},
};

static void what_is_wrong_is_said_at_the_character(void **state)
{
	struct pkts_expr e;

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(wrongs); i++) {
		const struct wrong *const w = &wrongs[i];
		ROW_INT(w->text, parse(&e, w->text), w->rc);
		ROW_INT(w->text, err.at, w->at);
		if (strncmp(err.text, w->sentence, strlen(w->sentence)) != 0)
			fail_msg("row \"%s\": says \"%s\"", w->text, err.text);
		if (!strstr(err.possible, w->possible) || (!*w->possible && *err.possible))
			fail_msg("row \"%s\": possible is \"%s\"", w->text, err.possible);
		ROW_INT(w->text, e.n, 0);
	}
}

static void an_error_holds_no_control_characters(void **state)
{
	static const char text[] = "eth(\x1b\x07\xff=1)";
	struct pkts_expr e;

	(void)state;
	assert_int_equal(parse(&e, text), -PKTS_EINVAL);
	assert_int_equal(err.at, 4);
	for (const char *c = err.text; *c; c++)
		assert_uint_in_range(*c, 0x20, 0x7e);
}

static void every_beginning_is_read_or_refused_within_it(void **state)
{
	static const char text[] =
		"eth(dst=02:00:00:00:00:01..02:00:00:00:00:ff:2)/ipv6(src=2001:db8::1..2001:db8::9 "
		":2)/ipv6_hopopts(opts=[router_alert=0,30=hex(00 01)])/tcp(flags=SA,dport={80,443},"
		"sport=rand(1..9),opts=[mss=1460,sack=1:2])/\"a\\r\\x00\"/hex(de ad)/pad(9 zeros)";
	struct pkts_expr e;
	char beginning[sizeof(text)] = {0};

	(void)state;
	assert_int_equal(parse(&e, text), 0);
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		memcpy(beginning, text, n);
		if (parse(&e, beginning) == 0)
			continue;
		assert_uint_in_range(err.at, 0, n);
		assert_true(err.text[0]);
	}
}

/* Tables. */

static uint64_t mask(unsigned width)
{
	return UINT64_MAX >> (64 - width);
}

static bool is_number(const struct pkts_spec_field *f)
{
	return f->kind == PKTS_KIND_DEC || f->kind == PKTS_KIND_HEX || f->kind == PKTS_KIND_FLAG ||
	       f->kind == PKTS_KIND_TCPFLAGS;
}

static void try_largest(const char *layer, const struct pkts_spec_field *f)
{
	struct pkts_expr e;
	char text[100];
	uint64_t x;

	snprintf(text, sizeof(text), "%s(%s=%llu)", layer, f->name,
		(unsigned long long)mask(f->width));
	ROW_INT(text, parse(&e, text), 0);
	memcpy(&x, (const uint8_t *)&e.specs[0].payload + f->offset, sizeof(x));
	ROW_TRUE(text, x == PKTS_PIN(mask(f->width)));
	snprintf(text, sizeof(text), "%s(%s=%llu)", layer, f->name,
		(unsigned long long)mask(f->width) + 1);
	ROW_INT(text, parse(&e, text), -PKTS_ERANGE);
	snprintf(text, sizeof(text), "%s(%s=auto)", layer, f->name);
	ROW_INT(text, parse(&e, text), 0);
	memcpy(&x, (const uint8_t *)&e.specs[0].payload + f->offset, sizeof(x));
	ROW_TRUE(text, x == 0);
}

static void every_field_takes_its_largest_value_and_no_larger_one(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (unsigned p = PKTS_PROTO_NONE + 1; p < PKTS_PROTO_MAX; p++) {
		const struct pkts_spec_field *f = pkts_spec_fields((enum pkts_proto)p);
		for (; f->name; f++)
			if (is_number(f)) {
				try_largest(pkts_proto_info((enum pkts_proto)p)->name, f);
				seen++;
			}
	}
	assert_true(seen > 150);
}

/* Limits. */

static void limits_are_refused_not_exceeded(void **state)
{
	char text[2000] = "udp(dport={1";
	struct pkts_expr e;

	(void)state;
	for (unsigned i = 1; i < PKTS_EXPR_VALUES; i++)
		strcat(text, ",1");
	strcat(text, "})");
	assert_int_equal(parse(&e, text), 0);
	assert_int_equal(e.nvalues, PKTS_EXPR_VALUES);
	strcat(text, "/udp(dport={1})");
	assert_int_equal(parse(&e, text), -PKTS_ENOSPC);

	strcpy(text, "eth");
	for (unsigned i = 0; i < PKTS_EXPR_VARY / 2; i++)
		strcat(text, "/udp(sport=rand,dport=1..2)");
	assert_int_equal(parse(&e, text), 0);
	assert_int_equal(e.nvary, PKTS_EXPR_VARY);
	strcat(text, "/vlan(id=rand)");
	assert_int_equal(parse(&e, text), -PKTS_ENOSPC);
	assert_int_equal(err.at, strlen(text) - 5);
}

static void any_room_suffices_or_is_refused(void **state)
{
	static const char text[] = "tcp(opts=[mss=1,md5=hex(01 02)])/\"abc\"/hex(01)/zeros(2)";
	const uint32_t needed = 4 + 4 + 3 + 1 + 2;
	struct pkts_expr e;

	(void)state;
	for (uint32_t cap = 0; cap < needed; cap++) {
		memset(room, 0xee, 64);
		assert_int_equal(parse_with(&e, text, cap, NULL), -PKTS_ENOSPC);
		for (uint32_t i = cap; i < 64; i++)
			assert_int_equal(room[i], 0xee);
	}
	assert_int_equal(parse_with(&e, text, needed, NULL), 0);
	assert_int_equal(e.used, needed);
}

/* Files. */

static int read_file(void *ctx, const char *name, size_t len, uint8_t *p, uint32_t cap, uint32_t *n)
{
	snprintf(ctx, 100, "%.*s", (int)len, name);
	if (strncmp(name, "none", 4) == 0)
		return -2;
	*n = 5;
	if (cap < 5)
		return -PKTS_ENOSPC;
	memcpy(p, "bytes", 5);
	return 0;
}

static void files_come_from_the_caller(void **state)
{
	char name[100];
	const struct pkts_expr_files files = {read_file, name};
	struct pkts_expr e;

	(void)state;
	assert_int_equal(parse_with(&e, "raw/@/a/b.bin /pad(1 zeros)", 100, &files), 0);
	assert_string_equal(name, "/a/b.bin");
	assert_string_equal(compose("file", &e), "627974657300");
	assert_int_equal(parse_with(&e, "@\"a b\"/\"x\"/@c", 100, &files), 0);
	assert_string_equal(compose("files", &e), "6279746573786279746573");
	assert_int_equal(parse_with(&e, "tcp(opts=[254=@\"f\"])", 100, &files), 0);
	assert_int_equal(parse_with(&e, "@a", 4, &files), -PKTS_ENOSPC);
	assert_string_equal(err.text, "the file a is too large");
	assert_int_equal(parse_with(&e, "eth/@none", 100, &files), -2);
	assert_string_equal(err.text, "the file none cannot be read");
	assert_int_equal(err.at, 5);
	assert_int_equal(parse_with(&e, "@none\x7f\xff", 100, &files), -2);
	assert_string_equal(err.text, "the file none?? cannot be read");
}

/* Fields that vary. */

static void ranges_and_lists_turn_like_an_odometer(void **state)
{
	static const struct {
		const char *text;
		uint64_t count;
		unsigned step; /* every so many packets is looked at */
		const char *hex[6];
	} wheels[] = {
		{"udp(dport=5)", 1, 1, {"0000000500080000", "0000000500080000"}},
		{"udp(dport=5..6)", 2, 1,
			{"0000000500080000", "0000000600080000", "0000000500080000"}},
		{"udp(dport=1..10:4)", 3, 1,
			{"0000000100080000", "0000000500080000", "0000000900080000",
				"0000000100080000"}},
		{"udp(sport=1..2,dport={7,9,8})", 6, 1,
			{"0001000700080000", "0001000900080000", "0001000800080000",
				"0002000700080000", "0002000900080000", "0002000800080000"}},
		{"udp(sport=1..2,dport={7,9,8})", 6, 5, {"0001000700080000", "0002000800080000"}},
		{"eth(dst=02:00:00:00:00:ff..02:00:00:00:01:01,type=0)", 3, 1,
			{"0200000000ff0000000000000000", "0200000001000000000000000000"}},
		{"eth(dst={02:00:00:00:00:01,ff:ff:ff:ff:ff:ff},type=0)", 2, 1,
			{"0200000000010000000000000000", "ffffffffffff0000000000000000"}},
		{"arp(hardware=24,opts=hex(),spa=10.0.0.255..10.0.1.0)", 2, 1,
			{"0018080006040001", "0018080006040001"}},
		{"udp(sport={3,4},dport={7,9})", 4, 1,
			{"0003000700080000", "0003000900080000", "0004000700080000"}},
		{"tcp(flags={S,SA,0})", 3, 1,
			{"0000000000000000000000005002000000000000",
				"0000000000000000000000005012000000000000",
				"0000000000000000000000005000000000000000"}},
	};
	struct pkts_expr e;

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(wheels); i++) {
		ROW_INT(wheels[i].text, parse(&e, wheels[i].text), 0);
		ROW_INT(wheels[i].text, pkts_expr_count(&e), wheels[i].count);
		for (unsigned n = 0; n < 6 && wheels[i].hex[n]; n++) {
			pkts_expr_step(&e, n * wheels[i].step, NULL);
			ROW_TEXT(wheels[i].text, compose(wheels[i].text, &e), wheels[i].hex[n]);
		}
	}
}

static void an_ipv6_range_keeps_its_first_half(void **state)
{
	static const uint8_t last[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 1, 1};
	static const uint8_t other[16] = {0xfe, 0x80, [15] = 9};
	struct pkts_expr e;

	(void)state;
	assert_int_equal(
		parse(&e, "ipv6(src=2001:db8:0:7::1..2001:db8:0:7::201 :256,dst={::1,fe80::9})"),
		0);
	assert_int_equal(pkts_expr_count(&e), 6);
	pkts_expr_step(&e, 3, NULL);
	assert_memory_equal(e.specs[0].ipv6.src.b, last, 16);
	assert_memory_equal(e.specs[0].ipv6.dst.b, other, 16);
}

static void the_program_says_where_in_the_spec_a_value_goes(void **state)
{
	struct pkts_expr e;

	(void)state;
	assert_int_equal(parse(&e, "eth/ipv4(src=10.0.0.1..10.0.0.9:2,ttl=rand(3..5))"
				   "/udp(dport={80,443})"),
		0);
	assert_int_equal(e.nvary, 3);
	const struct pkts_vary *const v = e.vary;
	assert_int_equal(v[0].vary, PKTS_VARY_RANGE);
	assert_int_equal(v[0].layer, 1);
	assert_int_equal(v[0].offset, offsetof(struct pkts_spec, ipv4.src));
	assert_string_equal(pkts_spec_fields(PKTS_PROTO_IPV4)[v[0].field].name, "src");
	assert_int_equal(v[0].width, 32);
	assert_int_equal(v[0].kind, PKTS_KIND_IPV4);
	assert_int_equal(v[0].from, 0x0a000001);
	assert_int_equal(v[0].to, 0x0a000009);
	assert_int_equal(v[0].step, 2);
	assert_int_equal(v[0].count, 5);
	assert_int_equal(v[1].vary, PKTS_VARY_RANDOM);
	assert_int_equal(v[1].from, 3);
	assert_int_equal(v[1].to, 5);
	assert_int_equal(v[2].vary, PKTS_VARY_LIST);
	assert_int_equal(v[2].count, 2);
	assert_int_equal(e.values[v[2].first + 1].low, 443);
	assert_int_equal(pkts_expr_count(&e), 10);
}

static void the_same_seed_makes_the_same_packets(void **state)
{
	static const char text[] =
		"eth(src=rand)/ipv4(src=rand,ttl=rand(3..5))/udp(dport=rand,sport={1,2})";
	uint64_t a = 42, b = 42, other = 43;
	struct pkts_expr e;
	unsigned seen = 0, different = 0;

	(void)state;
	assert_int_equal(parse(&e, text), 0);
	for (unsigned n = 0; n < 1000; n++) {
		char first[4096];
		pkts_expr_step(&e, n, &a);
		strcpy(first, compose(text, &e));
		const unsigned ttl = (unsigned)(e.specs[1].ipv4.ttl & 0xff);
		assert_uint_in_range(ttl, 3, 5);
		seen |= 1u << ttl;
		pkts_expr_step(&e, n, &b);
		assert_string_equal(compose(text, &e), first);
		pkts_expr_step(&e, n, &other);
		different += strcmp(compose(text, &e), first) != 0;
	}
	assert_int_equal(seen, 0x38);
	assert_true(different > 990);
}

static void random_ipv6_is_random_throughout(void **state)
{
	uint64_t seed = 1;
	uint8_t any[16] = {0};
	struct pkts_expr e;

	(void)state;
	assert_int_equal(parse(&e, "ipv6(src=rand,dst=rand(fe80::1..fe80::ffff))"), 0);
	for (unsigned n = 0; n < 50; n++) {
		pkts_expr_step(&e, n, &seed);
		for (unsigned i = 0; i < 16; i++)
			any[i] |= e.specs[0].ipv6.src.b[i];
		assert_int_equal(e.specs[0].ipv6.dst.b[0], 0xfe);
		assert_int_equal(e.specs[0].ipv6.dst.b[13], 0);
	}
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(any[i], 0xff);
}

static void large_counts_stop_at_the_largest(void **state)
{
	struct pkts_expr e;

	(void)state;
	assert_int_equal(parse(&e, "ipv6(src=::..::ffff:ffff:ffff:ffff)"), 0);
	assert_true(pkts_expr_count(&e) == UINT64_MAX);
	pkts_expr_step(&e, UINT64_MAX, NULL);
	assert_int_equal(e.specs[0].ipv6.src.b[15], 0xff);
	assert_int_equal(parse(&e, "tcp(seq=0..4294967295,ack=0..4294967295)"), 0);
	assert_true(pkts_expr_count(&e) == UINT64_MAX);
	assert_int_equal(parse(&e, "tcp(seq=0..4294967295,ack=1..1)"), 0);
	assert_true(pkts_expr_count(&e) == UINT64_C(1) << 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expression_says_what_is_composed),
		cmocka_unit_test(text_and_keyword_arguments_are_the_same),
		cmocka_unit_test(what_is_wrong_is_said_at_the_character),
		cmocka_unit_test(an_error_holds_no_control_characters),
		cmocka_unit_test(every_beginning_is_read_or_refused_within_it),
		cmocka_unit_test(every_field_takes_its_largest_value_and_no_larger_one),
		cmocka_unit_test(limits_are_refused_not_exceeded),
		cmocka_unit_test(any_room_suffices_or_is_refused),
		cmocka_unit_test(files_come_from_the_caller),
		cmocka_unit_test(ranges_and_lists_turn_like_an_odometer),
		cmocka_unit_test(an_ipv6_range_keeps_its_first_half),
		cmocka_unit_test(the_program_says_where_in_the_spec_a_value_goes),
		cmocka_unit_test(the_same_seed_makes_the_same_packets),
		cmocka_unit_test(random_ipv6_is_random_throughout),
		cmocka_unit_test(large_counts_stop_at_the_largest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
