/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Every protocol that the library knows, in frames of another implementation: bytes in, layers out.
 */
#include <stdio.h>
#include <stdlib.h>

#include "frame.h"
#include "row.h"

static void layers_of(const struct frame *f, const struct pkts_packet *packet)
{
	ROW_TEXT(f->name, layers_text(packet), f->layers);
	uint32_t off = 0;
	for (unsigned i = 0; i < packet->n; i++) {
		ROW_INT(f->name, packet->layers[i].off, off);
		ROW_INT(f->name, packet->layers[i].reason, PKTS_REASON_NONE);
		off += packet->layers[i].head;
	}
}

/* Children end where their parents do, but for the padding that only Ethernet has. */
static void ends_of(const struct frame *f, const struct pkts_packet *packet, uint32_t n)
{
	for (unsigned i = 0; i < packet->n; i++) {
		const struct pkts_layer l = packet->layers[i];
		const uint32_t end = (uint32_t)l.off + l.len;
		ROW_TRUE(f->name, end == n || end == n - f->excess);
	}
	if (!(packet->flags & PKTS_PACKET_QUOTE)) {
		const struct pkts_layer last = packet->layers[packet->n - 1];
		ROW_INT(f->name, (uint32_t)last.off + last.len, n - f->excess);
	}
}

static void verdict_of(const struct frame *f, const struct pkts_packet *packet)
{
	const char *const flags = strchr(f->flags, 'F')	  ? ", fragment"
				  : strchr(f->flags, 'Q') ? ", quote"
							  : "";
	char text[64] = "ok";

	if (f->excess)
		snprintf(text, sizeof(text), "ok, excess %u", f->excess);
	strcat(text, flags);
	ROW_TEXT(f->name, verdict_text(packet), text);
}

static void every_frame_has_its_layers(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes b = bytes_of(frames[i].hex);
		const struct pkts_packet packet = decode_bytes(b, frames[i].link);
		layers_of(&frames[i], &packet);
		ends_of(&frames[i], &packet, b.n);
		verdict_of(&frames[i], &packet);
		free(b.p);
	}
}

static void every_checksum_is_right(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes b = bytes_of(frames[i].hex);
		const struct pkts_packet packet = decode_bytes(b, frames[i].link);
		ROW_TEXT(frames[i].name, checksums_text(&packet), frames[i].checksums);
		free(b.p);
	}
}

static void every_protocol_has_a_frame(void **state)
{
	uint64_t seen = 0;

	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes b = bytes_of(frames[i].hex);
		const struct pkts_packet packet = decode_bytes(b, frames[i].link);
		for (unsigned k = 0; k < packet.n; k++)
			seen |= UINT64_C(1) << packet.layers[k].proto;
		free(b.p);
	}
	for (unsigned proto = 1; proto < PKTS_PROTO_MAX; proto++) {
		ROW_TRUE(pkts_proto_info(proto)->name, seen >> proto & 1);
	}
}

static void tunnels_are_counted(void **state)
{
	static const struct {
		const char *frame;
		unsigned tunnels;
	} rows[] = {
		{"udp4", 0},
		{"802.1ad and 802.1Q", 0},
		{"mpls", 0},
		{"pppoe", 0},
		{"raw ipv4", 0},
		{"ipv4 in ipv4", 1},
		{"gre", 1},
		{"gre ethernet", 1},
		{"vxlan", 1},
		{"gtp", 1},
		{"four tunnels", 3},
		{"icmp unreachable", 1},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct frame *const f = frame_named(rows[i].frame);
		const struct bytes b = bytes_of(f->hex);
		ROW_INT(f->name, decode_bytes(b, f->link).tunnels, rows[i].tunnels);
		free(b.p);
	}
}

static void link_types(void **state)
{
	static const struct {
		uint16_t link;
		enum pkts_proto proto;
	} rows[] = {
		{1, PKTS_PROTO_ETH},
		{0, PKTS_PROTO_NULL},
		{108, PKTS_PROTO_NULL},
		{12, PKTS_PROTO_RAW},
		{14, PKTS_PROTO_RAW},
		{101, PKTS_PROTO_RAW},
		{228, PKTS_PROTO_IPV4},
		{229, PKTS_PROTO_IPV6},
		{9, PKTS_PROTO_PPP},
		{50, PKTS_PROTO_PPP},
		{51, PKTS_PROTO_PPPOE},
		{113, PKTS_PROTO_SLL},
		{276, PKTS_PROTO_SLL2},
		{105, PKTS_PROTO_NONE},
		{65535, PKTS_PROTO_NONE},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		ROW_INT(pkts_proto_info(rows[i].proto)->name, pkts_link_proto(rows[i].link),
			rows[i].proto);
}

static void a_link_type_that_is_not_decoded(void **state)
{
	const struct bytes b = bytes_of("00112233");
	const struct pkts_packet packet = decode_bytes(b, 105);

	(void)state;
	assert_int_equal(packet.n, 0);
	assert_string_equal(verdict_text(&packet), "bad, fatal link_unknown @0");
	free(b.p);
}

static void the_wire_is_never_shorter_than_the_capture(void **state)
{
	const struct frame *const f = frame_named("udp4");
	const struct bytes b = bytes_of(f->hex);
	const struct pkts_frame frame = {b.p, b.n, b.n, 1, f->link};
	struct pkts_packet packet;

	(void)state;
	pkts_decode(NULL, &frame, &packet);
	assert_string_equal(layers_text(&packet), f->layers);
	assert_string_equal(verdict_text(&packet), "ok");
	free(b.p);
}

/* head says what is readable: not a byte behind it counts, even if the caller claims more than
 * there is. */
static void what_is_readable_is_bounded_by_the_capture(void **state)
{
	const struct frame *const f = frame_named("udp4");
	const struct bytes whole = bytes_of(f->hex), b = bytes_first(whole, 30);
	const struct pkts_frame frame = {b.p, 1000, 30, whole.n, f->link};
	struct pkts_packet packet;

	(void)state;
	assert_int_equal(pkts_decode(NULL, &frame, &packet), 0);
	assert_string_equal(layers_text(&packet), "eth:14");
	assert_string_equal(verdict_text(&packet), "bad, fatal cut ipv4@14, cut");
	free(whole.p);
	free(b.p);
}

/* A layer's length has 20 bits; a longer frame is decoded as if it ended there. */
static void a_frame_longer_than_a_layer_can_say(void **state)
{
	const struct frame *const f = frame_named("unknown ethertype");
	const struct bytes head = bytes_of(f->hex);
	const struct bytes b = {calloc(1, 1 << 21), 1 << 21};

	(void)state;
	memcpy(b.p, head.p, head.n);
	const struct pkts_packet packet = decode_bytes(b, 1);
	assert_string_equal(layers_text(&packet), "eth:14");
	assert_int_equal(packet.layers[0].len, PKTS_LAYER_LEN_MAX);
	assert_int_equal(packet.len, 1 << 21);
	free(head.p);
	free(b.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_frame_has_its_layers),
		cmocka_unit_test(every_checksum_is_right),
		cmocka_unit_test(every_protocol_has_a_frame),
		cmocka_unit_test(tunnels_are_counted),
		cmocka_unit_test(link_types),
		cmocka_unit_test(a_link_type_that_is_not_decoded),
		cmocka_unit_test(the_wire_is_never_shorter_than_the_capture),
		cmocka_unit_test(what_is_readable_is_bounded_by_the_capture),
		cmocka_unit_test(a_frame_longer_than_a_layer_can_say),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
