/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What makes two fragments pieces of one datagram: any one field that differs keeps them apart. */

#include "fragments.h"
#include "pkts_ip_protocol.h"
#include "row.h"

#define IPV4 0x0800
#define IPV6 0x86dd
#define VLAN 0x8100
#define QINQ 0x88a8

/* Puts something around the IP datagram in m; n is what two networks can differ in. */
typedef void wrap_fn(struct made *m, uint32_t n);

static struct fixture x;
static struct made m;

static bool is_ipv6(void)
{
	return m.link == 229;
}

static uint16_t ethertype(void)
{
	return is_ipv6() ? IPV6 : IPV4;
}

static void in_eth(struct made *to, uint32_t n)
{
	(void)n;
	made_eth(to, ethertype());
}

static void in_vlan(struct made *to, uint32_t n)
{
	made_vlan(to, (uint16_t)n, ethertype());
	made_eth(to, VLAN);
}

static void in_two_vlans(struct made *to, uint32_t n)
{
	made_vlan(to, (uint16_t)n, ethertype());
	made_vlan(to, 1, VLAN);
	made_eth(to, QINQ);
}

static void in_two_vlans_outer(struct made *to, uint32_t n)
{
	made_vlan(to, 1, ethertype());
	made_vlan(to, (uint16_t)n, VLAN);
	made_eth(to, QINQ);
}

static void in_three_vlans(struct made *to, uint32_t n)
{
	made_vlan(to, (uint16_t)n, ethertype());
	made_vlan(to, 2, VLAN);
	made_vlan(to, 1, VLAN);
	made_eth(to, QINQ);
}

static void in_mpls(struct made *to, uint32_t n)
{
	made_be32(to, n << 12 | 0x100 | 64);
	made_be32(to, 77 << 12 | 64);
	made_eth(to, 0x8847);
}

static void in_ppp(struct made *to)
{
	made_be16(to, is_ipv6() ? 0x57 : 0x21);
}

static void in_pppoe(struct made *to, uint32_t n)
{
	in_ppp(to);
	const uint32_t len = (uint32_t)sizeof(to->bytes) - to->at;
	made_be16(to, len);
	made_be16(to, n);
	made_be16(to, 0x1100);
	made_eth(to, 0x8864);
}

static void in_ipv4_source(struct made *to, uint32_t n)
{
	made_ipv4(to, (uint8_t)n, 100, is_ipv6() ? PKTS_IPPROTO_IPV6 : PKTS_IPPROTO_IPIP);
}

static void in_ipv4_destination(struct made *to, uint32_t n)
{
	made_ipv4(to, 100, (uint8_t)n, is_ipv6() ? PKTS_IPPROTO_IPV6 : PKTS_IPPROTO_IPIP);
}

static void in_ipv6(struct made *to, uint32_t n)
{
	made_ipv6(to, (uint8_t)n, 100, is_ipv6() ? PKTS_IPPROTO_IPV6 : PKTS_IPPROTO_IPIP);
}

static void in_gre(struct made *to, uint32_t n)
{
	const uint16_t type = ethertype();

	made_be32(to, n);
	made_be16(to, type);
	made_be16(to, 0x2000);
	made_ipv4(to, 100, 101, PKTS_IPPROTO_GRE);
}

/* PPTP: the key's upper half is the payload's length, and differs from fragment to fragment. */
static void in_pptp(struct made *to, uint32_t n)
{
	in_ppp(to);
	made_be16(to, 0xff03);
	const uint32_t len = (uint32_t)sizeof(to->bytes) - to->at;
	made_be32(to, 1);
	made_be32(to, len << 16 | n);
	made_be16(to, 0x880b);
	made_be16(to, 0x3001);
	made_ipv4(to, 100, 101, PKTS_IPPROTO_GRE);
}

static void in_vxlan(struct made *to, uint32_t n)
{
	static uint16_t sport = 50000;

	made_eth(to, ethertype());
	made_be32(to, n << 8);
	made_be32(to, 0x08000000);
	made_udp(to, sport++, 4789); /* the port is there to spread the load */
	made_ipv4(to, 100, 101, PKTS_IPPROTO_UDP);
}

static void in_geneve(struct made *to, uint32_t n)
{
	const uint16_t type = ethertype();

	made_be32(to, n << 8);
	made_be32(to, type);
	made_udp(to, 50000, 6081);
	made_ipv4(to, 100, 101, PKTS_IPPROTO_UDP);
}

static void in_gtp(struct made *to, uint32_t n)
{
	const uint32_t len = (uint32_t)sizeof(to->bytes) - to->at;

	made_be32(to, n);
	made_be32(to, 0x30ff0000 | len);
	made_udp(to, 2152, 2152);
	made_ipv4(to, 100, 101, PKTS_IPPROTO_UDP);
}

static void in_four_ipv6(struct made *to, uint32_t n)
{
	in_ipv6(to, n);
	for (uint8_t i = 0; i < 3; i++)
		made_ipv6(to, i, 100, PKTS_IPPROTO_IPV6);
}

static enum pkts_ipfrag_verdict put_wrapped(
	const char *name, wrap_fn *wrap, uint32_t n, const struct piece_spec *s)
{
	made_piece(&m, s);
	wrap(&m, n);
	struct buffer *const b = buffer_new(&x, &m);
	ROW_TRUE(name, b->layer >= 0);
	const enum pkts_ipfrag_verdict v =
		pkts_ipfrag_put(x.f, &b->packet, (unsigned)b->layer, &b->piece, x.now);
	buffer_unref(b);
	return v;
}

/* Two halves in two networks, the other halves in both: each network gets its own. */
static void networks(const char *name, wrap_fn *wrap, unsigned family)
{
	struct piece_spec s = {.family = (uint8_t)family, .len = 64};

	fixture_begin(&x, (struct pkts_ipfrag_conf){0});
	s.label = 'a';
	ROW_INT(name, put_wrapped(name, wrap, 1, &s), PKTS_IPFRAG_HELD);
	s = (struct piece_spec){
		.family = s.family, .off = 64, .len = 3, .label = 'b', .last = true};
	ROW_INT(name, put_wrapped(name, wrap, 2, &s), PKTS_IPFRAG_HELD);
	s.label = 'a';
	ROW_INT(name, put_wrapped(name, wrap, 1, &s), PKTS_IPFRAG_READY);
	ROW_TRUE(name, fixture_get(&x));
	for (int i = 1; i <= 67; i++)
		ROW_INT(name, x.out[x.out_len - i], 'a');
	ROW_INT(name, x.buffers, 1);
	ROW_TRUE(name, fixture_end(&x));
}

static void enclosing_layers_count(void **state)
{
	static const struct {
		const char *name;
		wrap_fn *wrap;
	} rows[] = {
		{"vlan", in_vlan},
		{"qinq, inner", in_two_vlans},
		{"qinq, outer", in_two_vlans_outer},
		{"three tags", in_three_vlans},
		{"mpls", in_mpls},
		{"pppoe", in_pppoe},
		{"ipv4, source", in_ipv4_source},
		{"ipv4, destination", in_ipv4_destination},
		{"ipv6", in_ipv6},
		{"gre", in_gre},
		{"pptp", in_pptp},
		{"vxlan", in_vxlan},
		{"geneve", in_geneve},
		{"gtp", in_gtp},
		{"four times ipv6", in_four_ipv6},
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		networks(rows[i].name, rows[i].wrap, 4);
		if (rows[i].wrap != in_four_ipv6)
			networks(rows[i].name, rows[i].wrap, 6);
	}
}

/* A tag more, or other layers around it that say the same numbers. */
static void kinds_of_layers_count(void **state)
{
	static wrap_fn *const wraps[] = {in_eth, in_vlan, in_two_vlans, in_three_vlans, in_mpls,
		in_pppoe, in_ipv4_source, in_ipv6, in_gre, in_pptp, in_vxlan, in_geneve, in_gtp};
	const struct piece_spec head = {.len = 64}, tail = {.off = 64, .len = 3, .last = true};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(wraps); i++)
		for (size_t k = 0; k < PKTS_ARRAY_LEN(wraps); k++) {
			fixture_begin(&x, (struct pkts_ipfrag_conf){0});
			put_wrapped("kinds", wraps[i], 1, &head);
			ROW_INT("kinds", put_wrapped("kinds", wraps[k], 1, &tail),
				i == k ? PKTS_IPFRAG_READY : PKTS_IPFRAG_HELD);
			assert_true(fixture_end(&x));
		}
}

/* Each field of the datagram's own alone. */
static void own_fields_count(void **state)
{
	static const struct {
		const char *name;
		struct piece_spec a, b;
		bool merge;
	} rows[] = {
		{"nothing", {.id = 5}, {.id = 5}, true},
		{"id", {.id = 5}, {.id = 6}, false},
		{"id, high byte", {.id = 5}, {.id = 0x105}, false},
		{"source", {.src = 1}, {.src = 3}, false},
		{"destination", {.dst = 2}, {.dst = 3}, false},
		{"direction", {.src = 1, .dst = 2}, {.src = 2, .dst = 1}, false},
		{"protocol", {.protocol = 1}, {.protocol = 17}, false},
		{"v6: nothing", {.family = 6}, {.family = 6}, true},
		{"v6: id, high byte", {.family = 6, .id = 5}, {.family = 6, .id = 0x01000005},
			false},
		{"v6: id, low byte", {.family = 6, .id = 5}, {.family = 6, .id = 6}, false},
		{"v6: source", {.family = 6, .src = 1}, {.family = 6, .src = 3}, false},
		{"v6: direction", {.family = 6, .src = 1, .dst = 2},
			{.family = 6, .src = 2, .dst = 1}, false},
		/* RFC 8200 4.5: the first fragment's counts */
		{"v6: next header", {.family = 6, .protocol = 253}, {.family = 6, .protocol = 17},
			true},
		{"family", {.family = 4}, {.family = 6}, false},
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct piece_spec a = rows[i].a, b = rows[i].b;
		a.len = 8;
		b.off = 8;
		b.len = 3;
		b.last = true;
		for (unsigned order = 0; order < 2; order++) {
			fixture_begin(&x, (struct pkts_ipfrag_conf){0});
			fixture_piece(&x, order ? b : a);
			ROW_INT(rows[i].name, fixture_piece(&x, order ? a : b),
				rows[i].merge ? PKTS_IPFRAG_READY : PKTS_IPFRAG_HELD);
			ROW_INT(rows[i].name, fixture_get(&x), rows[i].merge);
			ROW_TRUE(rows[i].name, fixture_end(&x));
		}
	}
}

/* A datagram of three, whose middle is another protocol's: it never completes. */
static void a_middle_of_another_protocol(void **state)
{
	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){0});
	fixture_piece(&x, (struct piece_spec){.len = 8, .protocol = 1});
	fixture_piece(&x, (struct piece_spec){.off = 8, .len = 8, .protocol = 17});
	fixture_piece(&x, (struct piece_spec){.off = 16, .len = 3, .protocol = 1, .last = true});
	assert_false(fixture_get(&x));
	assert_true(fixture_end(&x));
}

/*
 * An IPv6 datagram whose addresses and id are what an IPv4 one and five VLANs around it are taken down
 * as: only the family tells them apart.
 */
static void ipv4_and_ipv6_do_not_meet(void **state)
{
	uint8_t words[36] = {253, 0, 1, 10, 0, 0, 1, 10, 0, 0, 2};
	const struct piece_spec tail = {.off = 8, .len = 8, .last = true};

	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){0});
	made_piece(&m, &tail);
	for (unsigned i = 0; i < 5; i++) {
		words[11 + i * 5] = PKTS_PROTO_VLAN;
		words[15 + i * 5] = (uint8_t)(i + 1);
		made_vlan(&m, (uint16_t)(5 - i), i ? VLAN : IPV4);
	}
	made_eth(&m, VLAN);
	assert_int_equal(fixture_put(&x, &m), PKTS_IPFRAG_HELD);
	made_begin(&m, words, 8);
	made_bytes(&m, words, 4);
	made_be32(&m, 253u << 24 | 1);
	made_ipv6(&m, 0, 0, PKTS_IPPROTO_FRAGMENT);
	memcpy(m.bytes + m.at + 8, words + 4, 32);
	assert_int_equal(fixture_put(&x, &m), PKTS_IPFRAG_HELD);
	assert_int_equal(pkts_ipfrag_stats(x.f).contexts, 2);
	assert_true(fixture_end(&x));
}

static void domains_do_not_meet(void **state)
{
	const struct piece_spec head = {.len = 8}, tail = {.off = 8, .len = 3, .last = true};

	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){0});
	fixture_piece(&x, head);
	for (unsigned bit = 0; bit < 32; bit++) {
		pkts_ipfrag_set_domain(x.f, 1u << bit);
		assert_int_equal(fixture_piece(&x, tail), PKTS_IPFRAG_HELD);
		assert_int_equal(pkts_ipfrag_stats(x.f).contexts, 2 + bit);
	}
	pkts_ipfrag_set_domain(x.f, 0);
	assert_int_equal(fixture_piece(&x, tail), PKTS_IPFRAG_READY);
	assert_true(fixture_end(&x));
}

/* More tunnels than the key has room for: refused, and told. */
static void tunnels_beyond_the_key(void **state)
{
	static const struct pkts_decoder deep = {.max_tunnels = 255};
	const struct piece_spec head = {.family = 6, .len = 8};
	struct pkts_packet packet;

	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){0});
	for (unsigned tunnels = 1; tunnels < 12; tunnels++) {
		made_piece(&m, &head);
		for (uint8_t i = 0; i < tunnels; i++)
			made_ipv6(&m, i, 100, PKTS_IPPROTO_IPV6);
		const uint32_t n = (uint32_t)sizeof(m.bytes) - m.at;
		const struct pkts_frame f = {m.bytes + m.at, n, n, n, m.link};
		pkts_decode(&deep, &f, &packet);
		const int i = pkts_ipfrag_layer(&packet);
		assert_true(i >= 0);
		struct buffer *const b = buffer_new(&x, &m);
		const struct pkts_piece piece = {m.bytes + sizeof(m.bytes) - 8, 8, 0, b};
		assert_int_equal(pkts_ipfrag_put(x.f, &packet, (unsigned)i, &piece, x.now),
			tunnels <= 4 ? PKTS_IPFRAG_HELD : PKTS_IPFRAG_DROPPED);
		assert_int_equal(pkts_ipfrag_events(x.f) >> PKTS_SEQ_FRAG_NESTED & 1, tunnels > 4);
		buffer_unref(b);
	}
	assert_true(fixture_end(&x));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(enclosing_layers_count),
		cmocka_unit_test(kinds_of_layers_count),
		cmocka_unit_test(own_fields_count),
		cmocka_unit_test(a_middle_of_another_protocol),
		cmocka_unit_test(ipv4_and_ipv6_do_not_meet),
		cmocka_unit_test(domains_do_not_meet),
		cmocka_unit_test(tunnels_beyond_the_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
