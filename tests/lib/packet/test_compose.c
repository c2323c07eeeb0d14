/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Compose: what is read back from a frame composes to the frame, and both ways to compose agree. */
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "pkts_index.h"
#include "pkts_reason.h"
#include "row.h"
#include "stack.h"

/* Fragments and quotations say of lengths and sums what only the whole bears out. */
static bool stands_alone(const struct frame *f)
{
	return f->flags == NULL || f->flags[0] == 0;
}

static void a_frame_read_back_composes_to_itself(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes b = bytes_of(frames[i].hex);
		const struct pkts_packet packet = decode_bytes(b, frames[i].link);
		struct pkts_spec specs[PKTS_COMPOSE_LAYERS];
		struct pkts_out out = {.data = malloc(b.n), .cap = b.n};

		if (stands_alone(&frames[i])) {
			const unsigned n = stack_of(&packet, specs);
			ROW_INT(frames[i].name, pkts_compose_specs(&out, specs, n), 0);
			ROW_INT(frames[i].name, out.len, b.n);
			for (uint32_t at = 0; at < b.n; at++)
				if (out.data[at] != b.p[at]) {
					print_error("%s: %s: byte %u is %02x, not %02x\n",
						frames[i].name, frames[i].layers, at, out.data[at],
						b.p[at]);
					fail();
				}
		}
		free(out.data);
		free(b.p);
	}
}

/*
 * Stacks that are written once, for both ways to compose: each layer is (proto, member, spec). r is a
 * struct of random values. All protocols are in them.
 */
struct values {
	uint64_t a16, b16, a32, b32, a8, flag;
	struct pkts_mac mac;
	struct pkts_ipv6_address v6;
	struct pkts_span opts;
	const uint8_t *data;
	uint32_t len;
};

/* clang-format off */
#define PAYLOAD(S) S(PKTS_PROTO_NONE, payload, RAW(r.data, r.len))
#define WEB(S) \
	S(PKTS_PROTO_ETH, eth, ETH(.dst = r.mac, .src = r.mac)) \
	S(PKTS_PROTO_VLAN, vlan, VLAN(.id = r.a8, .dei = r.flag)) \
	S(PKTS_PROTO_IPV4, ipv4, IPV4(.src = r.a32, .dst = r.b32, .id = r.a16, .df = r.flag, .ttl = r.a8)) \
	S(PKTS_PROTO_TCP, tcp, TCP(.sport = r.a16, .dport = r.b16, .seq = r.a32, .flags = r.a8, .opts = r.opts)) \
	PAYLOAD(S)
#define SIX(S) \
	S(PKTS_PROTO_SLL2, sll2, SLL2(.ifindex = r.a32)) \
	S(PKTS_PROTO_IPV6, ipv6, IPV6(.src = r.v6, .dst = r.v6, .flow = r.a16)) \
	S(PKTS_PROTO_IPV6_HOPOPTS, ipv6_hopopts, HOPOPTS(.opts = r.opts)) \
	S(PKTS_PROTO_IPV6_ROUTING, ipv6_routing, IPV6_ROUTING(.type = r.a8, .segments_left = r.flag, .opts = r.opts)) \
	S(PKTS_PROTO_IPV6_FRAG, ipv6_frag, IPV6_FRAG(.id = r.a32)) \
	S(PKTS_PROTO_IPV6_DSTOPTS, ipv6_dstopts, DSTOPTS(.opts = r.opts)) \
	S(PKTS_PROTO_AH, ah, AH(.spi = r.a32, .seq = r.b32, .opts = r.opts)) \
	S(PKTS_PROTO_IPV6_MOBILITY, ipv6_mobility, IPV6_MOBILITY(.type = r.a8, .opts = r.opts)) \
	S(PKTS_PROTO_IPV6_SHIM6, ipv6_shim6, IPV6_SHIM6(.context_tag = r.a32)) \
	S(PKTS_PROTO_ICMPV6, icmpv6, ICMPV6(.type = r.a8, .rest = r.b32, .opts = r.opts)) \
	PAYLOAD(S)
#define OVERLAY(S) \
	S(PKTS_PROTO_SLL, sll, SLL(.packet_type = r.flag)) \
	S(PKTS_PROTO_IPV4, ipv4, IPV4(.src = r.a32, .opts = r.opts)) \
	S(PKTS_PROTO_UDP, udp, UDP(.sport = r.a16)) \
	S(PKTS_PROTO_VXLAN, vxlan, VXLAN(.vni = r.a16)) \
	S(PKTS_PROTO_ETH, eth, ETH(.src = r.mac)) \
	S(PKTS_PROTO_LLC, llc, LLC()) \
	S(PKTS_PROTO_SNAP, snap, SNAP(.oui = r.a8)) \
	S(PKTS_PROTO_IPV4, ipv4, IPV4(.src = r.b32)) \
	S(PKTS_PROTO_UDPLITE, udplite, UDPLITE(.dport = r.b16, .coverage = r.a8)) \
	PAYLOAD(S)
#define MOBILE(S) \
	S(PKTS_PROTO_NULL, null, BSD_NULL()) \
	S(PKTS_PROTO_IPV6, ipv6, IPV6(.dst = r.v6)) \
	S(PKTS_PROTO_UDP, udp, UDP(.csum = PKTS_PIN(0))) \
	S(PKTS_PROTO_GTP, gtp, GTP(.teid = r.a32, .seq = r.a16)) \
	S(PKTS_PROTO_IPV4, ipv4, IPV4(.dst = r.b32)) \
	S(PKTS_PROTO_SCTP, sctp, SCTP(.vtag = r.a32, .opts = r.opts)) \
	PAYLOAD(S)
#define LINE(S) \
	S(PKTS_PROTO_ETH, eth, ETH()) \
	S(PKTS_PROTO_PPPOE, pppoe, PPPOE(.session = r.a16)) \
	S(PKTS_PROTO_PPP, ppp, PPP()) \
	S(PKTS_PROTO_IPV4, ipv4, IPV4(.ecn = r.flag)) \
	S(PKTS_PROTO_GRE, gre, GRE(.has_csum = r.flag, .key = r.a32, .seq = PKTS_PIN(r.b32))) \
	S(PKTS_PROTO_MPLS, mpls, MPLS(.label = r.a16)) \
	S(PKTS_PROTO_MPLS, mpls, MPLS(.label = r.b16)) \
	S(PKTS_PROTO_IPV4, ipv4, IPV4(.ttl = PKTS_PIN(0))) \
	S(PKTS_PROTO_ICMP, icmp, ICMP(.type = r.a8, .rest = r.a32)) \
	PAYLOAD(S)
#define HIDDEN(S) \
	S(PKTS_PROTO_RAW, raw, RAW_IP()) \
	S(PKTS_PROTO_IPV4, ipv4, IPV4(.total_length = r.a16, .csum = r.b16)) \
	S(PKTS_PROTO_UDP, udp, UDP(.length = r.a16)) \
	S(PKTS_PROTO_GENEVE, geneve, GENEVE(.vni = r.a16, .opts = r.opts)) \
	S(PKTS_PROTO_ETH, eth, ETH()) \
	S(PKTS_PROTO_IPV4, ipv4, IPV4()) \
	S(PKTS_PROTO_ESP, esp, ESP(.spi = r.a32)) \
	PAYLOAD(S)
#define NEIGHBOUR(S) \
	S(PKTS_PROTO_ETH, eth, ETH(.dst = r.mac)) \
	S(PKTS_PROTO_ARP, arp, ARP(.operation = 2, .sha = r.mac, .spa = r.a32, .tpa = r.b32)) \
	S(PKTS_PROTO_NONE, payload, PADDING(r.data, r.len))
#define GROUP(S) \
	S(PKTS_PROTO_IPV4, ipv4, IPV4(.dst = r.a32)) \
	S(PKTS_PROTO_IGMP, igmp, IGMP(.type = r.a8, .group = r.b32)) \
	PAYLOAD(S)
/* clang-format on */

#define AS_SPEC(PROTO, MEMBER, SPEC)	 {.proto = (PROTO), .MEMBER = SPEC},
#define AS_ARGUMENT(PROTO, MEMBER, SPEC) , SPEC
#define COMPOSE(...)			 pkts_compose(__VA_ARGS__)
/* What both ways make of a stack, as a case of agrees(). */
#define CASE(STACK)                                                                                \
	{                                                                                          \
		const struct pkts_spec specs[] = {STACK(AS_SPEC)};                                 \
		*macro_rc = COMPOSE(macro STACK(AS_ARGUMENT));                                     \
		*specs_rc = pkts_compose_specs(out, specs, PKTS_ARRAY_LEN(specs));                 \
		break;                                                                             \
	}

static void compose_both(unsigned which, struct values r, struct pkts_out *macro, int *macro_rc,
	struct pkts_out *out, int *specs_rc)
{
	switch (which) {
	case 0:
		CASE(WEB)
	case 1:
		CASE(SIX)
	case 2:
		CASE(OVERLAY)
	case 3:
		CASE(MOBILE)
	case 4:
		CASE(LINE)
	case 5:
		CASE(HIDDEN)
	case 6:
		CASE(NEIGHBOUR)
	default:
		CASE(GROUP)
	}
}

static struct values random_values(struct stack *s, uint64_t *state)
{
	const struct pkts_span opts = stack_bytes(s, state, stack_below(state, 41));
	const struct pkts_span bytes = stack_bytes(s, state, stack_below(state, 200));
	struct values r = {.a16 = stack_random(state) >> 48,
		.b16 = stack_random(state) >> 48,
		.a32 = stack_random(state) >> 32,
		.b32 = stack_random(state) >> 32,
		.a8 = stack_random(state) >> 56,
		.flag = stack_below(state, 2),
		.opts = opts,
		.data = bytes.p,
		.len = bytes.len};

	memcpy(&r.mac, s->room, sizeof(r.mac));
	memcpy(&r.v6, s->room + 6, sizeof(r.v6));
	return r;
}

/* Now and then a cap that does not suffice, and a value that does not fit. */
static void macro_and_specs_agree(void **state)
{
	static struct stack s;
	uint64_t random = 3;
	unsigned failed = 0;

	(void)state;
	for (unsigned round = 0; round < 40000; round++) {
		uint8_t room[2][2048] = {{0}};
		const uint32_t cap =
			stack_chance(&random, 8) ? stack_below(&random, 300) : sizeof(room[0]);
		struct pkts_out macro = {.data = room[0], .cap = cap};
		struct pkts_out out = {.data = room[1], .cap = cap};
		int macro_rc = 1, specs_rc = 1;
		s.used = 0;
		stack_bytes(&s, &random, 22);
		struct values r = random_values(&s, &random);
		if (stack_chance(&random, 8))
			r.a16 <<= 8;
		compose_both(round % 8, r, &macro, &macro_rc, &out, &specs_rc);
		assert_int_equal(macro_rc, specs_rc);
		assert_int_equal(macro.len, out.len);
		assert_int_equal(macro.offload, out.offload);
		assert_true(macro.layer == out.layer ||
			    (macro.layer && out.layer && strcmp(macro.layer, out.layer) == 0));
		assert_true(macro.field == out.field ||
			    (macro.field && out.field && strcmp(macro.field, out.field) == 0));
		assert_memory_equal(room[0], room[1], out.len);
		failed += macro_rc != 0;
	}
	assert_uint_in_range(failed, 1000, 20000);
}

/* Where the checksums are that hardware can make: left at 0, and their layers told. */
static void what_is_left_to_hardware_is_0_and_told(void **state)
{
	uint8_t room[256], plain[256];
	struct pkts_out out = {.data = room, .cap = sizeof(room)};
	struct pkts_out other = {.data = plain, .cap = sizeof(plain)};
	const uint32_t a = PKTS_IPV4_ADDRESS(192, 0, 2, 1);

	(void)state;
	assert_int_equal(pkts_compose(&out, ETH(), IPV4(.src = a, .csum = PKTS_OFFLOAD),
				 TCP(.csum = PKTS_OFFLOAD), TEXT("hello")),
		0);
	assert_int_equal(out.offload, 1 << 1 | 1 << 2);
	assert_int_equal(pkts_be16(room + 14 + 10), 0);
	assert_int_equal(pkts_be16(room + 34 + 16), 0);
	assert_int_equal(pkts_compose(&other, ETH(), IPV4(.src = a), TCP(), TEXT("hello")), 0);
	assert_int_equal(other.offload, 0);
	pkts_put_be16(plain + 24, 0);
	pkts_put_be16(plain + 50, 0);
	assert_memory_equal(room, plain, out.len);
	assert_int_equal(pkts_compose(&out, ETH(), IPV4(), UDP(.csum = PKTS_OFFLOAD), VXLAN(),
				 ETH(), IPV4(.csum = PKTS_OFFLOAD), UDP(.csum = PKTS_PIN(0))),
		0);
	assert_int_equal(out.offload, 1 << 2 | 1 << 5);
	assert_int_equal(pkts_be16(room + 40), 0);
	assert_int_equal(pkts_compose(&out, IPV4(), ICMP(.csum = PKTS_OFFLOAD)), 0);
	assert_int_equal(out.offload, 1 << 1);
	assert_int_equal(pkts_compose(&out, IPV6(), ICMPV6(.csum = PKTS_OFFLOAD)), 0);
	assert_int_equal(out.offload, 1 << 1);
	assert_int_equal(pkts_compose(&out, IPV4(), IGMP(.csum = PKTS_OFFLOAD)), 0);
	assert_int_equal(out.offload, 1 << 1);
	assert_int_equal(pkts_compose(&out, IPV4(), UDPLITE(.csum = PKTS_OFFLOAD)), 0);
	assert_int_equal(out.offload, 1 << 1);
	assert_int_equal(pkts_compose(&out, IPV4(), SCTP(.csum = PKTS_OFFLOAD)), 0);
	assert_int_equal(out.offload, 1 << 1);
	assert_int_equal(pkts_be32(room + 28), 0);
	assert_int_equal(pkts_compose(&out, IPV4(), GRE(.csum = PKTS_OFFLOAD), IPV4()), 0);
	assert_int_equal(out.offload, 1 << 1);
	assert_int_equal(room[20], 0x80);
}

/* Layers are evaluated once, outermost first. */
static unsigned evaluated;
static uint32_t next_number(void)
{
	return ++evaluated;
}

static void layers_are_evaluated_once_and_in_order(void **state)
{
	uint8_t room[256] = {0};
	struct pkts_out out = {.data = room, .cap = sizeof(room)};

	(void)state;
	evaluated = 0;
	assert_int_equal(pkts_compose(&out, IPV4(.id = next_number()), UDP(.sport = next_number()),
				 RAW(room + 200, next_number())),
		0);
	assert_int_equal(evaluated, 3);
	assert_int_equal(pkts_be16(room + 4), 1);
	assert_int_equal(pkts_be16(room + 20), 2);
	assert_int_equal(out.len, 31);
}

/* The typed way back: change what was read, and compose again. */
static void a_layer_read_back_can_be_changed(void **state)
{
	const struct frame *const f = frame_named("tcp4 syn");
	const struct bytes b = bytes_of(f->hex);
	const struct pkts_packet packet = decode_bytes(b, f->link);
	struct pkts_tcp_spec tcp = pkts_tcp_spec_of(pkts_tcp(&packet));
	uint8_t room[256];
	struct pkts_out out = {.data = room, .cap = sizeof(room)};

	(void)state;
	tcp.dport = 8080;
	assert_int_equal(pkts_compose(&out, pkts_eth_spec_of(pkts_eth(&packet)),
				 pkts_ipv4_spec_of(pkts_ipv4(&packet)), tcp),
		0);
	assert_int_equal(out.len, b.n);
	const struct pkts_packet changed = decode_bytes((struct bytes){room, out.len}, 1);
	assert_string_equal(layers_text(&changed), f->layers);
	assert_string_equal(checksums_text(&changed), f->checksums);
	assert_int_equal(pkts_tcp_dport(pkts_tcp(&changed)), 8080);
	pkts_tcp_set_dport(pkts_tcp(&changed), pkts_tcp_dport(pkts_tcp(&packet)));
	pkts_tcp_set_csum(pkts_tcp(&changed), pkts_tcp_csum(pkts_tcp(&packet)));
	assert_memory_equal(room, b.p, b.n);
	free(b.p);
}

/* ARP is as long as its addresses; a length in the place of a type, with no LLC behind it, is a type
 * to whoever reads it back. */
static bool has_its_own_end(const struct pkts_packet *packet)
{
	const struct pkts_eth eth = pkts_eth(packet);

	return pkts_arp(packet).p || (eth.p && pkts_eth_type(eth) < PKTS_ETHERTYPE_MIN);
}

/* Lengths and sums are not read back: with more payload they are others. */
static void a_frame_read_back_can_grow(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes b = bytes_of(frames[i].hex);
		const struct pkts_packet packet = decode_bytes(b, frames[i].link);
		struct pkts_spec specs[PKTS_COMPOSE_LAYERS];
		uint8_t room[2048];
		struct pkts_out out = {.data = room, .cap = sizeof(room)};

		if (stands_alone(&frames[i])) {
			const unsigned n = stack_of(&packet, specs);
			specs[n - 1] = (struct pkts_spec){.payload = TEXT("and so much more")};
			ROW_INT(frames[i].name, pkts_compose_specs(&out, specs, n), 0);
			const struct pkts_packet grown =
				decode_bytes((struct bytes){room, out.len}, frames[i].link);
			ROW_TRUE(frames[i].name, strchr(checksums_text(&grown), 'b') == NULL);
			ROW_TRUE(frames[i].name, strstr(verdict_text(&grown), "length") == NULL);
			ROW_TRUE(frames[i].name, strstr(verdict_text(&grown), "total") == NULL);
			ROW_TRUE(frames[i].name,
				pkts_verdict(&grown).excess == 0 || has_its_own_end(&packet));
		}
		free(b.p);
	}
}

static void an_absent_layer_has_an_empty_spec(void **state)
{
	const struct pkts_tcp_spec none = {0},
				   tcp = pkts_tcp_spec_of((struct pkts_tcp){NULL, 0, 0});

	(void)state;
	assert_memory_equal(&tcp, &none, sizeof(none));
}

/* RFC 9293 3.2, 2018 3; RFC 791 3.1. */
static void options_are_bytes(void **state)
{
	const uint32_t left = 0x01020304, right = 0x05060708;
	const uint8_t made[] = {PKTS_OPT_SACK(left, right), PKTS_OPT_NOP, PKTS_OPT_END};
	static const uint8_t wanted[] = {5, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0};

	(void)state;
	assert_int_equal(sizeof(made), sizeof(wanted));
	assert_memory_equal(made, wanted, sizeof(wanted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_read_back_composes_to_itself),
		cmocka_unit_test(macro_and_specs_agree),
		cmocka_unit_test(what_is_left_to_hardware_is_0_and_told),
		cmocka_unit_test(layers_are_evaluated_once_and_in_order),
		cmocka_unit_test(a_layer_read_back_can_be_changed),
		cmocka_unit_test(a_frame_read_back_can_grow),
		cmocka_unit_test(an_absent_layer_has_an_empty_spec),
		cmocka_unit_test(options_are_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
