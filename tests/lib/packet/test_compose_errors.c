/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Compose says which layer and field a value does not fit, and for which layer there is no room. */
#include <stdio.h>
#include <string.h>

#include "row.h"
#include "stack.h"

static uint8_t room[128u << 10];
static const uint8_t data[70000];

/* Some fields are only there if another one says so. */
static void make_room_for(struct pkts_spec *s, const char *field)
{
	static const char *const pptp[] = {"payload_length", "call_id", "ack"};

	for (unsigned i = 0; s->proto == PKTS_PROTO_GRE && i < PKTS_ARRAY_LEN(pptp); i++)
		if (strcmp(field, pptp[i]) == 0)
			s->gre.version = 1;
	if (s->proto == PKTS_PROTO_LLC && strcmp(field, "control2") == 0)
		s->llc.control = PKTS_PIN(0);
}

static void expect_refusal(
	const char *layer, const char *field, uint64_t value, const struct pkts_spec *s)
{
	struct pkts_out out = {.data = room, .cap = sizeof(room), .len = 7};
	char name[80];

	snprintf(name, sizeof(name), "%s.%s = %#llx", layer, field, (unsigned long long)value);
	ROW_INT(name, pkts_compose_specs(&out, s, 1), -PKTS_ERANGE);
	ROW_TEXT(name, out.layer ? out.layer : "none", layer);
	ROW_TEXT(name, out.field ? out.field : "none", field);
	ROW_INT(name, out.len, 0);
}

static void expect_accepted(
	const char *layer, const char *field, uint64_t value, const struct pkts_spec *s)
{
	struct pkts_out out = {.data = room, .cap = sizeof(room)};
	char name[80];

	snprintf(name, sizeof(name), "%s.%s = %#llx", layer, field, (unsigned long long)value);
	ROW_INT(name, pkts_compose_specs(&out, s, 1), 0);
	ROW_TRUE(name, out.layer == NULL && out.field == NULL && out.len != 0);
}

/* The largest value fits; the one above it, and all ones, do not, pinned or not. */
static void a_value_that_does_not_fit_is_named(void **state)
{
	unsigned fields = 0;

	(void)state;
	for (unsigned proto = 1; proto < PKTS_PROTO_MAX; proto++) {
		const char *const layer = pkts_proto_info(proto)->name;
		for (const struct pkts_spec_field *f = pkts_spec_fields(proto); f->name; f++) {
			struct pkts_spec s = {.proto = proto};
			if (!stack_is_number(f))
				continue;
			const uint64_t most = UINT64_MAX >> (64 - f->width);
			const uint64_t wide[] = {
				most + 1, PKTS_PIN(most + 1), UINT32_MAX + most, (uint64_t)-1};
			make_room_for(&s, f->name);
			*stack_member(&s, f) = most;
			expect_accepted(layer, f->name, most, &s);
			for (unsigned i = 0; i < PKTS_ARRAY_LEN(wide); i++) {
				*stack_member(&s, f) = wide[i];
				expect_refusal(layer, f->name, wide[i], &s);
			}
			fields++;
		}
	}
	assert_true(fields > 120);
}

/* The same from the macro, whose values are known at run time only. */
static void the_macro_names_it_too(void **state)
{
	struct pkts_out out = {.data = room, .cap = sizeof(room)};
	volatile uint64_t wide = 0x10000;

	(void)state;
	const uint64_t port = wide;
	assert_int_equal(pkts_compose(&out, ETH(), IPV4(), UDP(.dport = port)), -PKTS_ERANGE);
	assert_string_equal(out.layer, "udp");
	assert_string_equal(out.field, "dport");
	assert_int_equal(out.len, 0);
}

/* clang-format off */
static void a_length_that_cannot_be_derived_is_named(void **state)
{
	const struct {
		const char *layer, *field;
		struct pkts_spec specs[2];
	} rows[] = {
		{"ipv4", "total_length", {{.proto = PKTS_PROTO_IPV4}, {.payload = RAW(data, 65516)}}},
		{"ipv6", "payload_length", {{.proto = PKTS_PROTO_IPV6}, {.payload = RAW(data, 65536)}}},
		{"udp", "length", {{.proto = PKTS_PROTO_UDP}, {.payload = RAW(data, 65528)}}},
		{"pppoe", "length", {{.proto = PKTS_PROTO_PPPOE}, {.payload = RAW(data, 65536)}}},
		{"gtp", "length", {{.proto = PKTS_PROTO_GTP}, {.payload = RAW(data, 65536)}}},
		{"gre", "payload_length", {{.proto = PKTS_PROTO_GRE, .gre = GRE(.version = 1)}, {.payload = RAW(data, 65536)}}},
		{"ipv4", "ihl", {{.proto = PKTS_PROTO_IPV4, .ipv4 = IPV4(.opts = {data, 41})}}},
		{"tcp", "data_offset", {{.proto = PKTS_PROTO_TCP, .tcp = TCP(.opts = {data, 41})}}},
		{"geneve", "opt_length", {{.proto = PKTS_PROTO_GENEVE, .geneve = GENEVE(.opts = {data, 253})}}},
		{"ipv6_hopopts", "ext_length", {{.proto = PKTS_PROTO_IPV6_HOPOPTS, .ipv6_hopopts = HOPOPTS(.opts = {data, 2047})}}},
		{"ipv6_dstopts", "ext_length", {{.proto = PKTS_PROTO_IPV6_DSTOPTS, .ipv6_dstopts = DSTOPTS(.opts = {data, 2047})}}},
		{"ipv6_routing", "ext_length", {{.proto = PKTS_PROTO_IPV6_ROUTING, .ipv6_routing = IPV6_ROUTING(.opts = {data, 2045})}}},
		{"ipv6_mobility", "ext_length", {{.proto = PKTS_PROTO_IPV6_MOBILITY, .ipv6_mobility = IPV6_MOBILITY(.opts = {data, 2043})}}},
		{"ipv6_hip", "ext_length", {{.proto = PKTS_PROTO_IPV6_HIP, .ipv6_hip = IPV6_HIP(.opts = {data, 2009})}}},
		{"ipv6_shim6", "ext_length", {{.proto = PKTS_PROTO_IPV6_SHIM6, .ipv6_shim6 = IPV6_SHIM6(.opts = {data, 2043})}}},
		{"ipv6_shim6", "context_tag", {{.proto = PKTS_PROTO_IPV6_SHIM6, .ipv6_shim6 = IPV6_SHIM6(.context_tag = UINT64_C(1) << 47)}}},
		{"ipv6_shim6", "type", {{.proto = PKTS_PROTO_IPV6_SHIM6, .ipv6_shim6 = IPV6_SHIM6(.type = 128)}}},
		/* one checksum of an extension header can wait for the addresses */
		{"ipv6_hip", "csum", {{.proto = PKTS_PROTO_IPV6_HIP}, {.proto = PKTS_PROTO_IPV6_MOBILITY}}},
		{"ah", "ah_length", {{.proto = PKTS_PROTO_AH, .ah = AH(.opts = {data, 1017})}}},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_out out = {.data = room, .cap = sizeof(room)};
		ROW_INT(rows[i].layer, pkts_compose_specs(&out, rows[i].specs, 2), -PKTS_ERANGE);
		ROW_TEXT(rows[i].layer, out.layer, rows[i].layer);
		ROW_TEXT(rows[i].layer, out.field, rows[i].field);
	}
}

/* The longest that fit. */
static void the_longest_lengths_are_derived(void **state)
{
	const struct pkts_spec rows[][2] = {
		{{.proto = PKTS_PROTO_IPV4}, {.payload = RAW(data, 65515)}},
		{{.proto = PKTS_PROTO_IPV6}, {.payload = RAW(data, 65535)}},
		{{.proto = PKTS_PROTO_UDP}, {.payload = RAW(data, 65527)}},
		{{.proto = PKTS_PROTO_TCP, .tcp = TCP(.opts = {data, 40})}},
		{{.proto = PKTS_PROTO_GENEVE, .geneve = GENEVE(.opts = {data, 252})}},
		{{.proto = PKTS_PROTO_AH, .ah = AH(.opts = {data, 1016})}},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_out out = {.data = room, .cap = sizeof(room)};
		ROW_INT(pkts_proto_info(rows[i][0].proto)->name, pkts_compose_specs(&out, rows[i], 2), 0);
	}
}
/* clang-format on */

static void the_layer_without_room_is_named(void **state)
{
	static const struct {
		uint32_t cap;
		const char *layer;
	} rows[] = {{0, "eth"}, {13, "eth"}, {14, "ipv4"}, {33, "ipv4"}, {34, "udp"}, {41, "udp"},
		{42, "payload"}, {46, "payload"}};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_out out = {.data = room, .cap = rows[i].cap};
		ROW_INT(rows[i].layer, pkts_compose(&out, ETH(), IPV4(), UDP(), TEXT("hello")),
			-PKTS_ENOSPC);
		ROW_TEXT(rows[i].layer, out.layer, rows[i].layer);
		ROW_TRUE(rows[i].layer, out.field == NULL && out.len == 0);
	}
}

/* A length of which a header's size in 32 bits would be a small one. */
static void options_of_4_gib_have_no_room(void **state)
{
	const struct pkts_spec s = {
		.proto = PKTS_PROTO_TCP, .tcp = TCP(.opts = {data, UINT32_MAX})};
	struct pkts_out out = {.data = room, .cap = sizeof(room)};

	(void)state;
	assert_int_equal(pkts_compose_specs(&out, &s, 1), -PKTS_ENOSPC);
	assert_string_equal(out.layer, "tcp");
}

/* With the headers before it, its length would be a small one too. */
static void attached_payload_of_4_gib_has_no_room(void **state)
{
	const struct pkts_bytes bytes = {NULL, NULL};
	struct pkts_out out = {.data = room, .cap = sizeof(room)};

	(void)state;
	assert_int_equal(
		pkts_compose(&out, ETH(), IPV4(), ATTACHED(&bytes, UINT32_MAX)), -PKTS_ENOSPC);
	assert_string_equal(out.layer, "payload");
}

static void more_layers_than_a_call_takes_are_refused(void **state)
{
	static struct pkts_spec s[PKTS_COMPOSE_LAYERS + 1];
	struct pkts_out out = {.data = room, .cap = sizeof(room)};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(s); i++)
		s[i].proto = PKTS_PROTO_MPLS;
	assert_int_equal(pkts_compose_specs(&out, s, PKTS_COMPOSE_LAYERS), 0);
	assert_int_equal(out.len, PKTS_COMPOSE_LAYERS * PKTS_MPLS_HEAD);
	assert_int_equal(pkts_compose_specs(&out, s, PKTS_COMPOSE_LAYERS + 1), -PKTS_EINVAL);
	assert_int_equal(out.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_that_does_not_fit_is_named),
		cmocka_unit_test(the_macro_names_it_too),
		cmocka_unit_test(a_length_that_cannot_be_derived_is_named),
		cmocka_unit_test(the_longest_lengths_are_derived),
		cmocka_unit_test(the_layer_without_room_is_named),
		cmocka_unit_test(options_of_4_gib_have_no_room),
		cmocka_unit_test(attached_payload_of_4_gib_has_no_room),
		cmocka_unit_test(more_layers_than_a_call_takes_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
