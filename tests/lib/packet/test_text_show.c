/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Packets shown as expressions: short, and read and composed again the same bytes. */
#include "pkts_text.h"

#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "row.h"

static char shown[1 << 16];
static unsigned as_bytes;

static const char *show_with(const struct pkts_packet *packet, uint32_t cap)
{
	struct pkts_sink out = {.buf = shown, .cap = sizeof(shown) - 1};
	uint8_t *const scratch = malloc(cap);

	as_bytes = pkts_text_show(&out, packet, scratch, cap);
	shown[out.used] = 0;
	free(scratch);
	return shown;
}

static void round_trip(const char *name, struct bytes b, const struct pkts_packet *packet)
{
	struct pkts_expr_error err;
	struct pkts_expr e = {.room = malloc(b.n), .cap = b.n};
	struct pkts_out out = {.data = malloc(b.n), .cap = b.n};

	show_with(packet, b.n);
	if (pkts_expr_parse(&e, shown, strlen(shown), NULL, &err))
		fail_msg("row \"%s\": \"%s\": at %u: %s", name, shown, err.at, err.text);
	ROW_INT(name, pkts_expr_compose(&e, &out), 0);
	ROW_INT(name, out.len, b.n);
	if (b.n && memcmp(out.data, b.p, b.n) != 0)
		fail_msg("row \"%s\": \"%s\" makes other bytes", name, shown);
	free(e.room);
	free(out.data);
}

static void every_frame_and_every_beginning_of_it_comes_back(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes whole = bytes_of(frames[i].hex);
		for (uint32_t n = 0; n <= whole.n; n++) {
			const struct bytes b = bytes_first(whole, n);
			const struct pkts_packet packet = decode_bytes(b, frames[i].link);
			round_trip(frames[i].name, b, &packet);
			if (n == whole.n)
				ROW_INT(frames[i].name, as_bytes, 0);
			free(b.p);
		}
		free(whole.p);
	}
}

static void a_frame_that_the_capture_cut_comes_back(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes whole = bytes_of(frames[i].hex);
		for (uint32_t n = 0; n < whole.n; n++) {
			const struct bytes b = bytes_first(whole, n);
			const struct pkts_frame f = {b.p, n, n, whole.n, frames[i].link};
			struct pkts_packet packet;
			pkts_decode(NULL, &f, &packet);
			round_trip(frames[i].name, b, &packet);
			free(b.p);
		}
		free(whole.p);
	}
}

/* Each byte of each frame turned over: malformed in every place. */
static void a_frame_with_any_byte_wrong_comes_back(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes b = bytes_of(frames[i].hex);
		for (uint32_t at = 0; at < b.n; at++) {
			b.p[at] ^= 0xff;
			const struct pkts_packet packet = decode_bytes(b, frames[i].link);
			round_trip(frames[i].name, b, &packet);
			b.p[at] ^= 0xff;
		}
		free(b.p);
	}
}

/* Text that shows as itself: nothing in it is superfluous, nothing is missing. */
static const struct {
	uint16_t link;
	const char *text;
} same[] = {
	{1, "eth(dst=02:00:00:00:00:01)/vlan(id=7)/ipv4(ttl=3,src=10.0.0.1,dst=10.0.0.2)/tcp(dport="
	    "80,flags=SA,opts=[mss=1460,sackok,ts=1:0,wscale=7])/\"GET / HTTP/1.1\\r\\n\""},
	{1, "eth/ipv4/udp/\"a\"/pad(17 zeros)"},
	{1, "eth/ipv4/udp/\"a\"/pad(0102)"},
	{1, "eth/ipv4(id=1)/udp(csum=0x0)"},
	{1, "eth/ipv4(ttl=0)/udp(length=9)"},
	{1, "eth/ipv4(csum=0x1)/udp(csum=0x2)/\"tab\\t quote\\\" backslash\\\\\""},
	{1, "eth/ipv4/tcp/hex(00ff)"},
	{1, "eth/ipv4/tcp/zeros(4)"},
	{1, "eth/ipv4/tcp/hex(000000)"},
	{1, "eth/ipv4/tcp/\"abc\"/zeros(32)/hex(01)"},
	{1, "eth/ipv4/tcp(flags=FSRPAUECN,opts=[nop,nop,sack=1:2,253,254=hex(01)])"},
	{1, "eth/ipv4/tcp(opts=[mss=hex(010203)])"},
	{1, "eth/ipv4/tcp(opts=[nop,nop,nop,nop,end])"},
	{1, "eth/ipv4/tcp(opts=hex(01ff0000))"},
	{1, "eth/ipv4/tcp(opts=hex(00000001))"},
	{1, "eth/ipv4/ipv6/udp/vxlan(vni=5)/eth/vlan/arp"},
	{1, "eth/ipv6(src=2001:db8::1)/ipv6_hopopts(opts=[router_alert=0])/ipv6_dstopts/"
	    "icmpv6(type="
	    "128)/\"x\""},
	{1, "eth/ipv6/ipv6_dstopts(opts=[padn=hex(01000000)])/udp"},
	{1, "eth/ipv6/ipv6_hopopts(opts=[pad1,pad1,pad1,pad1,pad1])/udp"},
	{1, "eth/ipv4/sctp(opts=[data:3=hex(0102030405),63=hex(01)])"},
	{1, "eth/ipv4/sctp(opts=[init])/hex(00ff0002)"},
	{1, "eth/ipv4/sctp/hex(00000005ab)"},
	{1, "eth/llc/snap/ipv4/udp/\"short\"/pad(9 zeros)"},
	{1, "eth/pppoe/ppp(first=0xff)/ipv4/udp"},
	{1, "eth/ipv4/gre(has_csum=1,has_key=1)/eth/arp"},
	{1, "eth/ipv4/udp/geneve(opts=[0x010203=hex(01020304)])/ipv4/udp"},
	{1, "eth/ipv4/udp/gtp(next_extension=0x85,opts=hex(01000500))/ipv4/udp"},
	{1, "eth/ipv4/udp/gtp(e=0,seq=1,next_extension=0x85)/ipv4/udp"},
	{1, "eth/ipv4/gre(has_csum=0,has_routing=1,csum=0x5,opts=hex(00000000))/ipv4/udp"},
	{1, "eth/ipv4/udp/geneve(opts=hex(010203e101020304))/ipv4/udp"},
	{101, "raw/ipv4/icmp(type=3)/ipv4/udp"},
	{113, "sll(addr=0200000000010000)/ipv4/udp"},
	{105, "hex(ff)"},
	{105, "zeros(5)"},
	{105, "hex()"},
};

static void what_has_to_be_said_is_said_and_no_more(void **state)
{
	static uint8_t room[1000], frame[1000];

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(same); i++) {
		const char *const text = same[i].text;
		struct pkts_expr e = {.room = room, .cap = sizeof(room)};
		struct pkts_out out = {.data = frame, .cap = sizeof(frame)};
		ROW_INT(text, pkts_expr_parse(&e, text, strlen(text), NULL, NULL), 0);
		ROW_INT(text, pkts_expr_compose(&e, &out), 0);
		const struct pkts_packet packet =
			decode_bytes((struct bytes){frame, out.len}, same[i].link);
		ROW_TEXT(text, show_with(&packet, out.len), text);
	}
}

static void what_no_layer_can_reproduce_is_bytes(void **state)
{
	/* A protocol compressed to one byte behind address and control. */
	const struct bytes b = bytes_of("1100000000 ff 03 c1 01");
	const struct pkts_frame f = {b.p + 5, 4, 4, 4, 9};
	struct pkts_packet packet;

	(void)state;
	pkts_decode(NULL, &f, &packet);
	assert_int_equal(packet.n, 1);
	assert_string_equal(show_with(&packet, 100), "hex(ff03c101)");
	assert_int_equal(as_bytes, 1);
	free(b.p);
}

static void without_room_to_compose_all_is_bytes(void **state)
{
	const struct bytes b = bytes_of(frame_named("udp4")->hex);
	const struct pkts_packet packet = decode_bytes(b, 1);

	(void)state;
	show_with(&packet, b.n - 1);
	assert_int_equal(as_bytes, packet.n);
	assert_memory_equal(shown, "hex(", 4);
	show_with(&packet, b.n);
	assert_int_equal(as_bytes, 0);
	free(b.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_frame_and_every_beginning_of_it_comes_back),
		cmocka_unit_test(a_frame_that_the_capture_cut_comes_back),
		cmocka_unit_test(a_frame_with_any_byte_wrong_comes_back),
		cmocka_unit_test(what_has_to_be_said_is_said_and_no_more),
		cmocka_unit_test(what_no_layer_can_reproduce_is_bytes),
		cmocka_unit_test(without_room_to_compose_all_is_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
