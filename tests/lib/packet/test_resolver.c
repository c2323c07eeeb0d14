/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* How a decoder is told what to do: the user's choice of the next layer, tunnels, quotations. */
#include <stdlib.h>

#include "frame.h"
#include "pkts_index.h"
#include "row.h"

static struct bytes bytes;

static struct pkts_packet decoded_by(const struct pkts_decoder *d, const char *name)
{
	const struct frame *const frame = frame_named(name);
	struct pkts_packet packet;

	free(bytes.p);
	bytes = bytes_of(frame->hex);
	const struct pkts_frame f = {bytes.p, bytes.n, bytes.n, bytes.n, frame->link};
	assert_int_equal(pkts_decode(d, &f, &packet), 0);
	return packet;
}

static int tear_down(void **state)
{
	(void)state;
	free(bytes.p);
	bytes.p = NULL;
	return 0;
}

/* What a resolver was called with. */
struct call {
	unsigned n;
	char layers[80];
	enum pkts_proto usual;
	unsigned flags;
	enum pkts_proto answer;
};

static enum pkts_proto answer(void *ctx, const struct pkts_packet *packet, enum pkts_proto usual)
{
	struct call *const call = ctx;

	call->n++;
	strcpy(call->layers, layers_text(packet));
	call->usual = usual;
	call->flags = packet->flags;
	return call->answer;
}

static enum pkts_proto keep(void *ctx, const struct pkts_packet *packet, enum pkts_proto usual)
{
	unsigned *const calls = ctx;

	(void)packet;
	++*calls;
	return usual;
}

static void the_usual_choice_can_be_kept(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		struct pkts_decoder d = {0};
		unsigned calls = 0;
		for (unsigned proto = 1; proto < PKTS_PROTO_MAX; proto++)
			pkts_decoder_set_next(&d, proto, keep, &calls);
		const struct pkts_packet usual = decoded_by(NULL, frames[i].name);
		const struct pkts_packet packet = decoded_by(&d, frames[i].name);
		ROW_TRUE(frames[i].name, packets_equal(&packet, &usual));
		ROW_INT(frames[i].name, calls, usual.n);
	}
}

/* The packet as if it ended here, in memory that had anything in it before. */
static enum pkts_proto demand_whole(
	void *ctx, const struct pkts_packet *packet, enum pkts_proto usual)
{
	const struct pkts_packet *const all = ctx;
	struct pkts_packet noted = *packet;

	pkts_packet_note_outermost(&noted);
	ROW_INT("stop", packet->stop, PKTS_REASON_NONE);
	ROW_TRUE("tunnels", packet->tunnels <= all->tunnels);
	if (packet->n == all->n)
		ROW_INT("all tunnels", packet->tunnels, all->tunnels);
	if (packet->n < PKTS_PACKET_LAYERS)
		ROW_INT("behind", packet->layers[packet->n].proto, PKTS_PROTO_NONE);
	ROW_INT("network", packet->network, noted.network);
	ROW_INT("transport", packet->transport, noted.transport);
	return usual;
}

static void the_choice_sees_a_whole_packet(void **state)
{
	struct pkts_packet packet;

	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		struct pkts_packet usual = decoded_by(NULL, frames[i].name);
		const struct pkts_frame f = {bytes.p, bytes.n, bytes.n, bytes.n, frames[i].link};
		struct pkts_decoder d = {0};
		for (unsigned proto = 1; proto < PKTS_PROTO_MAX; proto++)
			pkts_decoder_set_next(&d, proto, demand_whole, &usual);
		memset(&packet, 0xa5, sizeof(packet));
		pkts_decode(&d, &f, &packet);
		ROW_TRUE(frames[i].name, packets_equal(&packet, &usual));
	}
}

static void another_choice(void **state)
{
	struct pkts_decoder d = {0};
	struct call call = {.answer = PKTS_PROTO_ARP};

	(void)state;
	pkts_decoder_set_next(&d, PKTS_PROTO_UDP, answer, &call);
	struct pkts_packet packet = decoded_by(&d, "vxlan");
	assert_string_equal(layers_text(&packet), "eth:14/ipv4:20/udp:8/arp:40");
	assert_int_equal(call.n, 1);
	assert_int_equal(call.usual, PKTS_PROTO_VXLAN);
	assert_string_equal(call.layers, "eth:14/ipv4:20/udp:8");

	call.answer = PKTS_PROTO_NONE;
	packet = decoded_by(&d, "vxlan");
	assert_string_equal(layers_text(&packet), "eth:14/ipv4:20/udp:8");
	assert_string_equal(verdict_text(&packet), "ok");

	pkts_decoder_set_next(&d, PKTS_PROTO_UDP, NULL, NULL);
	packet = decoded_by(&d, "vxlan");
	assert_int_equal(call.n, 2);
	assert_string_equal(layers_text(&packet), frame_named("vxlan")->layers);
}

/* A private protocol number, and a port that is not the usual one. */
static void a_choice_where_there_is_no_usual_one(void **state)
{
	struct pkts_decoder d = {0};
	struct call call = {.answer = PKTS_PROTO_MPLS};

	(void)state;
	pkts_decoder_set_next(&d, PKTS_PROTO_ETH, answer, &call);
	const struct pkts_packet packet = decoded_by(&d, "unknown ethertype");
	assert_int_equal(call.usual, PKTS_PROTO_NONE);
	assert_int_equal(packet.layers[1].proto, PKTS_PROTO_MPLS);
}

static void flags_are_known_to_the_choice(void **state)
{
	struct pkts_decoder d = {0};
	struct call call = {.answer = PKTS_PROTO_NONE};

	(void)state;
	pkts_decoder_set_next(&d, PKTS_PROTO_IPV4, answer, &call);
	decoded_by(&d, "ipv4 first fragment");
	assert_int_equal(call.flags, PKTS_PACKET_FRAGMENT);
	assert_int_equal(call.usual, PKTS_PROTO_UDP);
	decoded_by(&d, "ipv4 middle fragment");
	assert_int_equal(call.usual, PKTS_PROTO_NONE);
}

static void an_answer_that_is_no_protocol(void **state)
{
	struct pkts_decoder d = {0};
	struct call call = {.answer = (enum pkts_proto)200};

	(void)state;
	pkts_decoder_set_next(&d, PKTS_PROTO_IPV4, answer, &call);
	const struct pkts_packet packet = decoded_by(&d, "udp4");
	assert_string_equal(layers_text(&packet), "eth:14/ipv4:20");
	assert_false(pkts_verdict(&packet).ok);
}

/* A resolver that always names the same layer is stopped by the table's size. */
static void an_endless_answer(void **state)
{
	struct pkts_decoder d = {0};
	struct call call = {.answer = PKTS_PROTO_ESP};

	(void)state;
	pkts_decoder_set_next(&d, PKTS_PROTO_ETH, answer, &call);
	pkts_decoder_set_next(&d, PKTS_PROTO_ESP, answer, &call);
	struct pkts_packet packet = decoded_by(&d, "gtp extension");
	assert_int_equal(packet.n, PKTS_PACKET_LAYERS);
	assert_int_equal(packet.stop, PKTS_REASON_TOO_DEEP);
	packet = decoded_by(&d, "udp4");
	assert_int_equal(packet.stop, PKTS_REASON_SHORT);
}

static void tunnels_up_to_the_limit(void **state)
{
	static const struct {
		uint8_t max;
		const char *layers, *verdict;
		unsigned tunnels;
	} rows[] = {
		{1, "eth:14/ipv4:20/gre:4/ipv6:40", "bad, fatal tunnels_too_deep ipv4@78", 2},
		{2, "eth:14/ipv4:20/gre:4/ipv6:40/ipv4:20/udp:8/vxlan:8",
			"bad, fatal tunnels_too_deep eth@114", 3},
		{3, "eth:14/ipv4:20/gre:4/ipv6:40/ipv4:20/udp:8/vxlan:8/eth:14/ipv4:20/udp:8", "ok",
			3},
		{0, "eth:14/ipv4:20/gre:4/ipv6:40/ipv4:20/udp:8/vxlan:8/eth:14/ipv4:20/udp:8", "ok",
			3},
		{255, "eth:14/ipv4:20/gre:4/ipv6:40/ipv4:20/udp:8/vxlan:8/eth:14/ipv4:20/udp:8",
			"ok", 3},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct pkts_decoder d = {.max_tunnels = rows[i].max};
		const struct pkts_packet packet = decoded_by(&d, "four tunnels");
		assert_string_equal(layers_text(&packet), rows[i].layers);
		assert_string_equal(verdict_text(&packet), rows[i].verdict);
		assert_int_equal(packet.tunnels, rows[i].tunnels);
	}
}

/* IPv4 headers inside each other, each with the lengths it should have. */
static struct bytes nested_ipv4(unsigned n)
{
	const struct bytes b = {calloc(n, 20), n * 20};

	for (unsigned i = 0; i < n; i++) {
		uint8_t *const p = b.p + i * 20;
		p[0] = 0x45;
		pkts_put_be16(p + 2, (uint16_t)((n - i) * 20));
		p[9] = i + 1 < n ? PKTS_IPPROTO_IPIP : 253;
	}
	return b;
}

static void four_tunnels_are_the_usual_limit(void **state)
{
	struct bytes b = nested_ipv4(5);
	struct pkts_packet packet = decode_bytes(b, 228);

	(void)state;
	assert_string_equal(verdict_text(&packet), "ok");
	assert_int_equal(packet.tunnels, 4);
	free(b.p);
	b = nested_ipv4(6);
	packet = decode_bytes(b, 228);
	assert_int_equal(packet.n, 5);
	assert_string_equal(verdict_text(&packet), "bad, fatal tunnels_too_deep ipv4@100");
	free(b.p);
}

static void quotations_can_be_left_alone(void **state)
{
	const struct pkts_decoder d = {.no_quotes = true};
	struct pkts_packet packet = decoded_by(&d, "icmp unreachable");

	(void)state;
	assert_string_equal(layers_text(&packet), "eth:14/ipv4:20/icmp:8");
	assert_string_equal(verdict_text(&packet), "ok");
	packet = decoded_by(&d, "icmpv6 too big");
	assert_string_equal(layers_text(&packet), "eth:14/ipv6:40/icmpv6:8");
}

/* A header of 32 bytes from offset 34 of a frame, of which 14 + 20 + n were captured. */
static void options_can_be_cut(void **state)
{
	const struct pkts_decoder d = {.cut_options = true};
	const struct frame *const frame = frame_named("tcp4 with timestamps");
	struct pkts_packet packet, usual;

	(void)state;
	free(bytes.p);
	bytes = bytes_of(frame->hex);
	for (uint32_t n = 0; n < 32; n++) {
		uint8_t *const p = malloc(34 + n); /* so that whoever reads on is caught */
		const struct pkts_frame f = {
			memcpy(p, bytes.p, 34 + n), 34 + n, 34 + n, bytes.n, 1};
		assert_int_equal(pkts_decode(NULL, &f, &usual), 0);
		assert_int_equal(usual.n, 2);
		assert_int_equal(pkts_decode(&d, &f, &packet), 0);
		assert_int_equal(packet.n, n < 20 ? 2 : 3);
		if (n < 20) {
			assert_true(packets_equal(&packet, &usual));
		} else {
			assert_int_equal(packet.stop, PKTS_REASON_NONE);
			assert_int_equal(packet.flags, PKTS_PACKET_CUT);
			assert_int_equal(packet.layers[2].head, n);
			assert_int_equal(packet.layers[2].len, bytes.n - 34);
			assert_int_equal(pkts_tcp(&packet).head, n);
		}
		free(p);
	}
}

/* RFC 792: the IP header and 8 bytes, which is no TCP header, are all that an error has to quote.
 */
static void eight_quoted_bytes_are_enough(void **state)
{
	const struct pkts_packet packet = decoded_by(NULL, "icmp quotes 8 bytes");

	(void)state;
	assert_string_equal(layers_text(&packet), "eth:14/ipv4:20/icmp:8/ipv4:20");
	assert_int_equal(packet.stop, PKTS_REASON_CUT);
	assert_int_equal(packet.layers[4].proto, PKTS_PROTO_TCP);
	assert_int_equal(packet.layers[4].off, 62);
	assert_string_equal(verdict_text(&packet), "ok, quote");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_usual_choice_can_be_kept),
		cmocka_unit_test(the_choice_sees_a_whole_packet),
		cmocka_unit_test(another_choice),
		cmocka_unit_test(a_choice_where_there_is_no_usual_one),
		cmocka_unit_test(flags_are_known_to_the_choice),
		cmocka_unit_test(an_answer_that_is_no_protocol),
		cmocka_unit_test(an_endless_answer),
		cmocka_unit_test(tunnels_up_to_the_limit),
		cmocka_unit_test(four_tunnels_are_the_usual_limit),
		cmocka_unit_test(quotations_can_be_left_alone),
		cmocka_unit_test(options_can_be_cut),
		cmocka_unit_test(eight_quoted_bytes_are_enough),
	};
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
