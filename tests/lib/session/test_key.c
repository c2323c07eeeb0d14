/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which packets are of one conversation: rows of two packets each, as expressions. */
#include <stdlib.h>

#include "pkts_errno.h"
#include "pkts_index.h"
#include "pkts_session_key.h"
#include "pkts_text.h"
#include "row.h"

#define ALL (PKTS_KEY_VLAN | PKTS_KEY_TUNNEL)

/* A frame in memory of just its size. */
struct made {
	uint8_t *p;
	struct pkts_packet packet;
};

static struct made make(const char *text)
{
	static struct pkts_expr e;
	static uint8_t room[4096], bytes[4096];
	const bool bare = strncmp(text, "eth", 3) != 0;
	struct pkts_out out = {.data = bytes, .cap = sizeof(bytes)};
	struct made m;

	e.room = room;
	e.cap = sizeof(room);
	ROW_INT(text, pkts_expr_parse(&e, text, strlen(text), NULL, NULL), 0);
	ROW_INT(text, pkts_expr_compose(&e, &out), 0);
	m.p = malloc(out.len);
	memcpy(m.p, bytes, out.len);
	const struct pkts_frame f = {m.p, out.len, out.len, out.len, bare ? 101 : 1};
	pkts_decode(NULL, &f, &m.packet);
	return m;
}

static int key_of(
	const char *text, unsigned what, struct pkts_session_key *key, struct pkts_session_at *at)
{
	struct made m = make(text);

	memset(key, 0xa5, sizeof(*key));
	const int rc = pkts_session_key_of(&m.packet, what, key, at);
	free(m.p);
	return rc;
}

#define A4   "ipv4(src=10.0.0.1,dst=192.0.2.1)"
#define B4   "ipv4(src=192.0.2.1,dst=10.0.0.1)"
#define A6   "ipv6(src=2001:db8::1,dst=2001:db8::2)"
#define B6   "ipv6(src=2001:db8::2,dst=2001:db8::1)"
#define OUT  "eth/ipv4(src=1.1.1.1,dst=2.2.2.2)/"
#define BACK "eth/ipv4(src=2.2.2.2,dst=1.1.1.1)/"
#define T    "/tcp(sport=1000,dport=80)"
#define R    "/tcp(sport=80,dport=1000)"

enum relation { APART, SAME_WAY, OTHER_WAY };

static const struct {
	const char *name, *a, *b;
	unsigned what;
	enum relation relation;
} pairs[] = {
	/* both directions, and which is which */
	{"tcp", A4 T, A4 T, 0, SAME_WAY},
	{"tcp reply", A4 T, B4 R, 0, OTHER_WAY},
	{"tcp, ports not swapped", A4 T, B4 T, 0, APART},
	{"tcp, addresses not swapped", A4 T, A4 R, 0, APART},
	{"tcp6 reply", A6 T, B6 R, 0, OTHER_WAY},
	{"one address, reply", "ipv4(src=10.0.0.1,dst=10.0.0.1)" T,
		"ipv4(src=10.0.0.1,dst=10.0.0.1)" R, 0, OTHER_WAY},
	{"udp reply", A4 "/udp(sport=5,dport=6)", B4 "/udp(sport=6,dport=5)", 0, OTHER_WAY},
	{"udplite reply", A4 "/udplite(sport=5,dport=6)", B4 "/udplite(sport=6,dport=5)", 0,
		OTHER_WAY},
	{"sctp reply", A4 "/sctp(sport=5,dport=6)", B4 "/sctp(sport=6,dport=5)", 0, OTHER_WAY},
	{"sctp of another tag", A4 "/sctp(sport=5,dport=6,vtag=1)",
		A4 "/sctp(sport=5,dport=6,vtag=2)", 0, SAME_WAY},
	{"another protocol", A4 "/ipv4(protocol=89)", B4 "/ipv4(protocol=89)", PKTS_KEY_OUTER,
		OTHER_WAY},
	/* each field alone keeps apart */
	{"source", A4 T, "ipv4(src=10.0.0.2,dst=192.0.2.1)" T, 0, APART},
	{"destination", A4 T, "ipv4(src=10.0.0.1,dst=192.0.2.3)" T, 0, APART},
	{"source port", A4 T, A4 "/tcp(sport=1001,dport=80)", 0, APART},
	{"destination port", A4 T, A4 "/tcp(sport=1000,dport=81)", 0, APART},
	{"protocol", A4 "/udp(sport=5,dport=6)", A4 "/udplite(sport=5,dport=6)", 0, APART},
	{"tcp or udp", A4 "/tcp(sport=5,dport=6)", A4 "/udp(sport=5,dport=6)", 0, APART},
	{"family, words equal", "ipv4(src=10.0.0.1,dst=192.0.2.1)" T,
		"ipv6(src=0a00:0001::,dst=c000:0201::)" T, 0, APART},
	{"ipv6, last byte", A6 T, "ipv6(src=2001:db8::3,dst=2001:db8::2)" T, 0, APART},
	/* VLANs and tunnels */
	{"vlan unasked", "eth/vlan(id=1)/" A4 T, "eth/vlan(id=2)/" A4 T, 0, SAME_WAY},
	{"vlan", "eth/vlan(id=1)/" A4 T, "eth/vlan(id=2)/" A4 T, ALL, APART},
	{"vlan reply", "eth/vlan(id=1)/" A4 T, "eth/vlan(id=1)/" B4 R, ALL, OTHER_WAY},
	{"vlan or none", "eth/vlan(id=0)/" A4 T, "eth/" A4 T, ALL, APART},
	{"vlan or two", "eth/vlan(id=1)/" A4 T, "eth/vlan(id=0)/vlan(id=1)/" A4 T, ALL, APART},
	{"two vlans, outer", "eth/vlan(id=1)/vlan(id=3)/" A4 T, "eth/vlan(id=2)/vlan(id=3)/" A4 T,
		ALL, APART},
	{"two vlans, inner", "eth/vlan(id=1)/vlan(id=3)/" A4 T, "eth/vlan(id=1)/vlan(id=2)/" A4 T,
		ALL, APART},
	{"two vlans, order", "eth/vlan(id=1)/vlan(id=3)/" A4 T, "eth/vlan(id=3)/vlan(id=1)/" A4 T,
		ALL, APART},
	{"two vlans, neighbouring bits", "eth/vlan(id=1)/vlan(id=0)/" A4 T,
		"eth/vlan(id=0)/vlan(id=2048)/" A4 T, ALL, APART},
	{"three vlans", "eth/vlan(id=1)/vlan(id=3)/vlan(id=5)/" A4 T,
		"eth/vlan(id=1)/vlan(id=3)/vlan(id=5)/" B4 R, ALL, OTHER_WAY},
	{"three vlans, outer", "eth/vlan(id=1)/vlan(id=3)/vlan(id=5)/" A4 T,
		"eth/vlan(id=2)/vlan(id=3)/vlan(id=5)/" A4 T, ALL, APART},
	{"vlan priority", "eth/vlan(id=1,pcp=3)/" A4 T, "eth/vlan(id=1)/" A4 T, ALL, SAME_WAY},
	{"vxlan", OUT "udp/vxlan(vni=1)/eth/" A4 T, OUT "udp/vxlan(vni=2)/eth/" A4 T, ALL, APART},
	{"vxlan unasked", OUT "udp/vxlan(vni=1)/eth/" A4 T, "eth/" B4 R, 0, OTHER_WAY},
	{"vxlan reply", OUT "udp/vxlan(vni=1)/eth/" A4 T, BACK "udp/vxlan(vni=1)/eth/" B4 R, ALL,
		OTHER_WAY},
	{"vxlan or geneve", OUT "udp/vxlan(vni=1)/eth/" A4 T, OUT "udp/geneve(vni=1)/eth/" A4 T,
		ALL, APART},
	{"vxlan or none", OUT "udp/vxlan(vni=0)/eth/" A4 T, "eth/" A4 T, ALL, APART},
	{"vlan in vxlan", OUT "udp/vxlan(vni=1)/eth/vlan(id=1)/" A4 T,
		OUT "udp/vxlan(vni=1)/eth/vlan(id=2)/" A4 T, ALL, APART},
	{"geneve", OUT "udp/geneve(vni=1)/eth/" A4 T, OUT "udp/geneve(vni=9)/eth/" A4 T, ALL,
		APART},
	{"gre key", OUT "gre(key=1)/" A4 T, OUT "gre(key=2)/" A4 T, ALL, APART},
	{"gre key, high bits", OUT "gre(key=1)/" A4 T, OUT "gre(key=16777217)/" A4 T, ALL, APART},
	{"gre key or none", OUT "gre(key=0)/" A4 T, OUT "gre/" A4 T, ALL, APART},
	{"gtp, two ways", OUT "udp/gtp(teid=1)/" A4 T, BACK "udp/gtp(teid=2)/" B4 R, ALL,
		OTHER_WAY},
	{"gtp, asked", OUT "udp/gtp(teid=1)/" A4 T, OUT "udp/gtp(teid=2)/" A4 T,
		PKTS_KEY_TUNNEL_ONE_WAY, APART},
	{"mpls, two ways", "eth/mpls(label=100)/" A4 T, "eth/mpls(label=200)/" B4 R, ALL,
		OTHER_WAY},
	{"mpls, asked", "eth/mpls(label=100)/" A4 T, "eth/mpls(label=200)/" A4 T,
		PKTS_KEY_TUNNEL_ONE_WAY, APART},
	{"pppoe", "eth/pppoe(session=1)/ppp/" A4 T, "eth/pppoe(session=2)/ppp/" A4 T, ALL, APART},
	{"outer, not inner", OUT "udp(sport=9)/vxlan/eth/" A4 T, OUT "udp(sport=9)/vxlan/eth/" B4 R,
		PKTS_KEY_OUTER, SAME_WAY},
	{"ip in ip", OUT "" A4 T, "eth/" B4 R, 0, OTHER_WAY},
	/* ICMP */
	{"echo", A4 "/icmp(type=8,rest=0x00070001)", B4 "/icmp(type=0,rest=0x00070001)", 0,
		OTHER_WAY},
	{"echo, next one", A4 "/icmp(type=8,rest=0x00070001)", A4 "/icmp(type=8,rest=0x00070002)",
		0, SAME_WAY},
	{"echo, id", A4 "/icmp(type=8,rest=0x00070001)", B4 "/icmp(type=0,rest=0x00080001)", 0,
		APART},
	{"echo to oneself", "ipv4(src=10.0.0.1,dst=10.0.0.1)/icmp(type=8,rest=0x00070001)",
		"ipv4(src=10.0.0.1,dst=10.0.0.1)/icmp(type=0,rest=0x00070001)", 0, OTHER_WAY},
	{"timestamp", A4 "/icmp(type=13,rest=0x00070001)", B4 "/icmp(type=14,rest=0x00070001)", 0,
		OTHER_WAY},
	{"echo or timestamp", A4 "/icmp(type=8,rest=0x00070001)",
		A4 "/icmp(type=13,rest=0x00070001)", 0, APART},
	{"echo6", A6 "/icmpv6(type=128,rest=0x00070001)", B6 "/icmpv6(type=129,rest=0x00070001)", 0,
		OTHER_WAY},
	{"other type", A6 "/icmpv6(type=133)", A6 "/icmpv6(type=134)", 0, APART},
	{"other code", A4 "/icmp(type=9)", A4 "/icmp(type=9,code=16)", 0, APART},
	{"other, both ways", A4 "/icmp(type=9)", B4 "/icmp(type=9)", 0, OTHER_WAY},
	{"an error is its own", A4 "/icmp(type=3)/" B4 R, A4 "/icmp(type=3)/" A4 T, 0, SAME_WAY},
	/* extension headers and routes */
	{"hop-by-hop", A6 "/ipv6_hopopts" T, B6 R, 0, OTHER_WAY},
	{"mobility", A6 "/ipv6_mobility" T, B6 R, 0, OTHER_WAY},
	{"hip", A6 "/ipv6_hip" T, B6 R, 0, OTHER_WAY},
	{"shim6", A6 "/ipv6_shim6(context_tag=7)" T, B6 R, 0, OTHER_WAY},
	{"hip in ipv4", A4 "/ipv6_hip" T, B4 R, 0, OTHER_WAY},
	{"mobility, both ways", A6 "/ipv6_mobility", B6 "/ipv6_dstopts/ipv6_mobility", 0,
		OTHER_WAY},
	{"messages of two kinds", A6 "/ipv6_mobility", A6 "/ipv6_hip", 0, APART},
	{"atomic fragment", A6 "/ipv6_frag" T, B6 R, 0, OTHER_WAY},
	{"first fragment", A6 "/ipv6_frag(more=1)" T, B6 R, 0, OTHER_WAY},
};

static void pairs_of_packets(void **state)
{
	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(pairs); i++) {
		struct pkts_session_key a, b;
		struct pkts_session_at x, y;
		ROW_INT(pairs[i].name, key_of(pairs[i].a, pairs[i].what, &a, &x), 0);
		ROW_INT(pairs[i].name, key_of(pairs[i].b, pairs[i].what, &b, &y), 0);
		const bool equal = pkts_session_key_equal(&a, &b);
		ROW_INT(pairs[i].name, equal, pairs[i].relation != APART);
		if (equal)
			ROW_INT(pairs[i].name, x.swapped != y.swapped,
				pairs[i].relation == OTHER_WAY);
	}
}

/* Where the layers are, and packets that have no key. */
static void layers_and_refusals(void **state)
{
	static const struct {
		const char *name, *text;
		unsigned what;
		int rc;
		unsigned l3, l4;
	} rows[] = {
		{"plain", "eth/" A4 T, 0, 0, 1, 2},
		{"inner", OUT "udp/vxlan/eth/" A4 T, 0, 0, 5, 6},
		{"outer", OUT "udp/vxlan/eth/" A4 T, PKTS_KEY_OUTER, 0, 1, 2},
		{"options", "eth/" A6 "/ipv6_dstopts" T, 0, 0, 1, 3},
		{"message", "eth/" A6 "/ipv6_dstopts/ipv6_hip", 0, 0, 1, 3},
		{"nothing known", "eth/ipv4(protocol=89)/\"x\"", 0, 0, 1, PKTS_KEY_NO_LAYER},
		{"error", "eth/" A4 "/icmp(type=3)/" A4 T, 0, 0, 1, 2},
		{"no ip", "eth/arp", 0, -PKTS_EINVAL, 0, 0},
		{"later fragment", "eth/ipv4(frag_offset=1,protocol=6)/\"12345678\"", 0,
			-PKTS_EAGAIN, 0, 0},
		{"later fragment, udp", "eth/ipv4(frag_offset=1,mf=1,protocol=17)/\"12345678\"", 0,
			-PKTS_EAGAIN, 0, 0},
		{"later fragment of ipv6",
			"eth/" A6 "/ipv6_frag(frag_offset=1,next=6)/\"12345678\"", 0, -PKTS_EAGAIN,
			0, 0},
		{"tcp cut", "eth/ipv4(protocol=6)/\"1234567\"", 0, -PKTS_EBADMSG, 0, 0},
		{"tcp wrong", "eth/" A4 "/tcp(data_offset=3)", 0, -PKTS_EBADMSG, 0, 0},
		{"sctp cut", "eth/ipv4(protocol=132)/\"1234567\"", 0, -PKTS_EBADMSG, 0, 0},
		{"icmp cut", "eth/ipv4(protocol=1)/\"123\"", 0, -PKTS_EBADMSG, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_session_key key;
		struct pkts_session_at at = {77, 77, 77};
		ROW_INT(rows[i].name, key_of(rows[i].text, rows[i].what, &key, &at), rows[i].rc);
		if (rows[i].rc) {
			ROW_INT(rows[i].name, at.l3, 77);
			ROW_INT(rows[i].name, key.reserved, 0xa5);
			continue;
		}
		ROW_INT(rows[i].name, at.l3, rows[i].l3);
		ROW_INT(rows[i].name, at.l4, rows[i].l4);
		ROW_INT(rows[i].name, key.reserved, 0);
	}
}

static void a_chosen_layer(void **state)
{
	struct made m = make(OUT "udp(sport=7,dport=4789)/vxlan/eth/" A4 T);
	struct pkts_session_key key;
	struct pkts_session_at at;

	(void)state;
	assert_int_equal(pkts_session_key_at(&m.packet, 1, 0, &key, &at), 0);
	assert_int_equal(key.port[at.swapped], 7);
	assert_int_equal(pkts_session_key_at(&m.packet, 5, 0, &key, &at), 0);
	assert_int_equal(key.port[at.swapped], 1000);
	assert_int_equal(pkts_session_key_at(&m.packet, 0, 0, &key, &at), -PKTS_EINVAL);
	assert_int_equal(pkts_session_key_at(&m.packet, 99, 0, &key, &at), -PKTS_EINVAL);
	free(m.p);
}

static enum pkts_proto mpls_instead(
	void *ctx, const struct pkts_packet *packet, enum pkts_proto usual)
{
	(void)ctx;
	(void)packet;
	(void)usual;
	return PKTS_PROTO_MPLS;
}

/* A user's decoder finds another header there, shorter than the one that the number announces. */
static void another_layer_in_its_place(void **state)
{
	static struct pkts_decoder d;
	uint8_t *const p = calloc(1, 24);
	struct pkts_session_key key;
	struct pkts_session_at at;
	struct pkts_packet packet;
	const struct pkts_frame f = {p, 24, 24, 24, 228};

	(void)state;
	p[0] = 0x45;
	p[3] = 24;
	p[9] = PKTS_IPPROTO_ICMP;
	pkts_decoder_set_next(&d, PKTS_PROTO_IPV4, mpls_instead, NULL);
	pkts_decode(&d, &f, &packet);
	assert_int_equal(packet.layers[1].proto, PKTS_PROTO_MPLS);
	assert_int_equal(pkts_session_key_of(&packet, 0, &key, &at), -PKTS_EBADMSG);
	free(p);
}

/* What the key says, by value. */
static void a_key_by_value(void **state)
{
	struct pkts_session_key key, made;
	struct pkts_session_at at;
	const uint8_t a[4] = {10, 0, 0, 1}, b[4] = {192, 0, 2, 1};

	(void)state;
	assert_int_equal(key_of("eth/" B4 R, 0, &key, &at), 0);
	assert_int_equal(at.swapped, 1);
	assert_memory_equal(key.addr[0], a, 4);
	assert_memory_equal(key.addr[1], b, 4);
	assert_int_equal(key.port[0], 1000);
	assert_int_equal(key.port[1], 80);
	assert_int_equal(key.protocol, 6);
	assert_int_equal(key.family, 4);
	assert_int_equal(key.kind, PKTS_KEY_PORTS);
	assert_int_equal(pkts_session_key_make(&made, 4, 6, b, 80, a, 1000), 1);
	assert_true(pkts_session_key_equal(&key, &made));
}

/* Every bit of a key counts. */
static void no_bit_is_ignored(void **state)
{
	struct pkts_session_key key = {.family = 4}, other;

	(void)state;
	for (unsigned bit = 0; bit < 8 * sizeof(key); bit++) {
		other = key;
		((uint8_t *)&other)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(pkts_session_key_equal(&key, &other));
	}
	assert_true(pkts_session_key_equal(&key, &key));
}

/* A tag that the NIC took off is one around the frame. */
static void a_stripped_tag(void **state)
{
	static const char *const rows[][2] = {
		{"eth/" A4 T, "eth/vlan(id=5)/" A4 T},
		{"eth/vlan(id=9)/" A4 T, "eth/vlan(id=5)/vlan(id=9)/" A4 T},
		{"eth/vlan(id=9)/vlan(id=8)/" A4 T, "eth/vlan(id=5)/vlan(id=9)/vlan(id=8)/" A4 T},
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_session_key a, b;
		struct pkts_session_at at;
		assert_int_equal(key_of(rows[i][0], ALL, &a, &at), 0);
		assert_int_equal(key_of(rows[i][1], ALL, &b, &at), 0);
		assert_false(pkts_session_key_equal(&a, &b));
		pkts_session_key_add_vlan(&a, 0xe005);
		ROW_TRUE(rows[i][1], pkts_session_key_equal(&a, &b));
	}
}

/* The quoted packet, cut at each length: the key of its conversation, or none. */
static void quotations(void **state)
{
	static const struct {
		const char *name, *carrier, *quoted, *conversation;
		unsigned need; /* bytes of the quotation */
		int rc;	       /* if it has all of them */
		unsigned swapped;
	} rows[] = {
		{"tcp", "eth/" A4 "/icmp(type=3)", A4 T, "eth/" A4 T, 24, 0, 0},
		{"tcp of the other end", "eth/" A4 "/icmp(type=3)", B4 R, "eth/" A4 T, 24, 0, 1},
		{"udp6", "eth/" A6 "/icmpv6(type=1)", A6 "/udp(sport=3,dport=4)",
			"eth/" A6 "/udp(sport=3,dport=4)", 44, 0, 0},
		{"options", "eth/" A6 "/icmpv6(type=1)", A6 "/ipv6_dstopts" T, "eth/" A6 T, 52, 0,
			0},
		{"mobility", "eth/" A6 "/icmpv6(type=1)", A6 "/ipv6_mobility" T, "eth/" A6 T, 52, 0,
			0},
		{"hip", "eth/" A6 "/icmpv6(type=1)", A6 "/ipv6_hip" T, "eth/" A6 T, 84, 0, 0},
		{"shim6", "eth/" A6 "/icmpv6(type=1)", A6 "/ipv6_shim6(context_tag=7)" T,
			"eth/" A6 T, 52, 0, 0},
		{"message", "eth/" A6 "/icmpv6(type=1)", A6 "/ipv6_mobility",
			"eth/" A6 "/ipv6_mobility", 48, 0, 0},
		{"echo", "eth/" A4 "/icmp(type=11)", A4 "/icmp(type=8,rest=0x00070001)",
			"eth/" B4 "/icmp(type=0,rest=0x00070005)", 26, 0, 0},
		{"vlan", "eth/vlan(id=5)/" A4 "/icmp(type=3)", A4 T, "eth/vlan(id=5)/" A4 T, 24, 0,
			0},
		{"other", "eth/" A4 "/icmp(type=3)",
			"ipv4(src=10.0.0.1,dst=192.0.2.1,protocol=89)/\"\"",
			"eth/ipv4(src=10.0.0.1,dst=192.0.2.1,protocol=89)/\"\"", 20, 0, 0},
		{"later fragment", "eth/" A4 "/icmp(type=3)",
			"ipv4(frag_offset=9,protocol=6)/\"12345678\"", NULL, 20, -PKTS_EAGAIN, 0},
		{"later fragment of ipv6", "eth/" A6 "/icmpv6(type=2)",
			A6 "/ipv6_frag(frag_offset=9,next=6)/\"12345678\"", NULL, 48, -PKTS_EAGAIN,
			0},
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct made carrier = make(rows[i].carrier), quoted = make(rows[i].quoted);
		struct pkts_session_key want, key;
		struct pkts_session_at at;
		if (rows[i].conversation)
			ROW_INT(rows[i].name, key_of(rows[i].conversation, ALL, &want, &at), 0);
		for (uint32_t n = 0; n <= quoted.packet.len; n++) {
			uint8_t *const cut = malloc(n ? n : 1);
			uint8_t swapped = 77;
			memcpy(cut, quoted.p, n);
			const int rc = pkts_session_key_of_quoted(
				(struct pkts_span){cut, n}, &carrier.packet, ALL, &key, &swapped);
			ROW_INT(rows[i].name, rc, n < rows[i].need ? -PKTS_EBADMSG : rows[i].rc);
			if (rc == 0) {
				ROW_TRUE(rows[i].name, pkts_session_key_equal(&key, &want));
				ROW_INT(rows[i].name, swapped, rows[i].swapped);
			}
			free(cut);
		}
		free(carrier.p);
		free(quoted.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_of_packets),
		cmocka_unit_test(layers_and_refusals),
		cmocka_unit_test(a_chosen_layer),
		cmocka_unit_test(another_layer_in_its_place),
		cmocka_unit_test(a_key_by_value),
		cmocka_unit_test(no_bit_is_ignored),
		cmocka_unit_test(a_stripped_tag),
		cmocka_unit_test(quotations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
