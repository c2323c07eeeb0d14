/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* ICMP and ICMPv6: messages one by one, requests and their replies, what errors quote. */
#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "pkts_errno.h"
#include "pkts_icmp_session.h"
#include "pkts_ip_protocol.h"

#define BIT(NAME) PKTS_SESSION_BIT(ICMP_##NAME)

static const uint8_t none[16],
	local[16] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
	global[16] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
	all_nodes[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
	solicited[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 1};

/* clang-format off */
#define TARGET    "20010db8000000000000000000000001"
#define LOCAL     "fe800000000000000000000000000001"
#define MULTICAST "ff020000000000000000000000000001"
#define IP4       "4500001c 00000000 4000 0000 0a000001 0a000002"
#define IP6       "60000000 0008 "

/* A message, what is around it, and what is to be said of it. */
static const struct row {
	const char *name, *hex;
	bool v6;
	uint8_t hops;
	const uint8_t *src, *dst;
	enum pkts_validity validity;
	uint64_t events;
} rows[] = {
	{"1 echo", "0800 0000 00010001", false, 64, NULL, NULL, PKTS_VALID, 0},
	{"2 echo with a code", "0801 0000 00010001", false, 64, NULL, NULL, PKTS_SUSPECT, BIT(TYPE)},
	{"3 a type that nobody knows", "6300 0000 00010001", false, 64, NULL, NULL, PKTS_SUSPECT, BIT(TYPE)},
	{"4 a timestamp without times", "0d00 0000 00010001", false, 64, NULL, NULL, PKTS_INVALID, BIT(MALFORMED)},
	{"5 a timestamp", "0d00 0000 00010001 00000001 00000000 00000000", false, 64, NULL, NULL, PKTS_VALID, 0},
	{"6 a mask without a mask", "1100 0000 00010001", false, 64, NULL, NULL, PKTS_INVALID, BIT(MALFORMED)},
	{"7 unreachable, code 15", "030f 0000 00000000 " IP4, false, 64, NULL, NULL, PKTS_VALID, 0},
	{"8 unreachable, code 16", "0310 0000 00000000 " IP4, false, 64, NULL, NULL, PKTS_SUSPECT, BIT(TYPE)},
	{"9 ICMPv6: a type of ICMP", "0800 0000 00010001", true, 64, NULL, NULL, PKTS_SUSPECT, BIT(TYPE)},
	{"10 ICMPv6: packet too big with a code", "02ff 0000 00000500", true, 64, NULL, NULL, PKTS_VALID, 0},
	{"11 NI query without a nonce", "8b00 0000 00000000", true, 64, NULL, NULL, PKTS_INVALID, BIT(MALFORMED)},

	{"20 RFC 4861 6.1.1: router solicitation", "8500 0000 00000000", true, 255, local, all_nodes, PKTS_VALID, 0},
	{"21 6.1.1: over a router", "8500 0000 00000000", true, 254, local, all_nodes, PKTS_INVALID, BIT(HOP_LIMIT)},
	{"22 6.1.1: a code", "8501 0000 00000000", true, 255, local, all_nodes, PKTS_INVALID, BIT(MALFORMED)},
	{"23 6.1.1: an option of length 0", "8500 0000 00000000 0100", true, 255, local, all_nodes, PKTS_INVALID, BIT(MALFORMED)},
	{"24 6.1.1: no address, but a link address", "8500 0000 00000000 0101020000000001", true, 255, none, all_nodes, PKTS_INVALID, BIT(MALFORMED)},
	{"25 6.1.1: no address, and no link address", "8500 0000 00000000", true, 255, none, all_nodes, PKTS_VALID, 0},
	{"26 6.1.2: router advertisement", "8600 0000 40000708 00000000 00000000", true, 255, local, all_nodes, PKTS_VALID, 0},
	{"27 6.1.2: not from the link", "8600 0000 40000708 00000000 00000000", true, 255, global, all_nodes, PKTS_INVALID, BIT(MALFORMED)},
	{"28 6.1.2: too short", "8600 0000 40000708 00000000", true, 255, local, all_nodes, PKTS_INVALID, BIT(MALFORMED)},
	{"29 7.1.1: neighbour solicitation", "8700 0000 00000000 " TARGET, true, 255, global, solicited, PKTS_VALID, 0},
	{"30 7.1.1: for many", "8700 0000 00000000 " MULTICAST, true, 255, global, solicited, PKTS_INVALID, BIT(MALFORMED)},
	{"31 7.1.1: too short", "8700 0000 00000000 fe80", true, 255, global, solicited, PKTS_INVALID, BIT(MALFORMED)},
	{"32 7.1.1: is the address free?", "8700 0000 00000000 " TARGET, true, 255, none, solicited, PKTS_VALID, 0},
	{"33 7.1.1: that, asked elsewhere", "8700 0000 00000000 " TARGET, true, 255, none, all_nodes, PKTS_INVALID, BIT(MALFORMED)},
	{"34 7.1.1: that, with a link address", "8700 0000 00000000 " TARGET " 0101020000000001", true, 255, none, solicited, PKTS_INVALID, BIT(MALFORMED)},
	{"35 7.1.2: neighbour advertisement", "8800 0000 60000000 " TARGET, true, 255, global, local, PKTS_VALID, 0},
	{"36 7.1.2: solicited by many", "8800 0000 60000000 " TARGET, true, 255, global, all_nodes, PKTS_INVALID, BIT(MALFORMED)},
	{"37 7.1.2: to many, unsolicited", "8800 0000 20000000 " TARGET, true, 255, global, all_nodes, PKTS_VALID, 0},
	{"38 7.1.2: for many", "8800 0000 20000000 " MULTICAST, true, 255, global, local, PKTS_INVALID, BIT(MALFORMED)},
	{"39 7.1.2: over a router", "8800 0000 60000000 " TARGET, true, 64, global, local, PKTS_INVALID, BIT(HOP_LIMIT)},
	{"40 8.1: redirect", "8900 0000 00000000 " LOCAL TARGET, true, 255, local, global, PKTS_VALID, 0},
	{"41 8.1: to itself", "8900 0000 00000000 " TARGET TARGET, true, 255, local, global, PKTS_VALID, 0},
	{"42 8.1: to what is no router of the link", "8900 0000 00000000 20010db8000000000000000000000009" TARGET, true, 255, local, global, PKTS_INVALID, BIT(MALFORMED)},
	{"43 8.1: about many", "8900 0000 00000000 " LOCAL MULTICAST, true, 255, local, global, PKTS_INVALID, BIT(MALFORMED)},
	{"44 8.1: not from the link", "8900 0000 00000000 " LOCAL TARGET, true, 255, global, global, PKTS_INVALID, BIT(MALFORMED)},
	{"45 RFC 3810 5: a report", "8f00 0000 00000000", true, 1, local, all_nodes, PKTS_VALID, 0},
	{"46 5: with more hops", "8f00 0000 00000000", true, 2, local, all_nodes, PKTS_INVALID, BIT(HOP_LIMIT)},
	{"47 addresses that are not known", "8700 0000 00000000 " TARGET, true, 255, NULL, NULL, PKTS_VALID, 0},

	{"60 RFC 1122 3.2.2: about an error", "0301 0000 00000000 45000038 00000000 4001 0000 0a000001 0a000002 0301 0000 00000000", false, 64, NULL, NULL, PKTS_INVALID, BIT(ERROR_ABOUT_ERROR)},
	{"61 about a request", "0301 0000 00000000 45000038 00000000 4001 0000 0a000001 0a000002 0800 0000 00010001", false, 64, NULL, NULL, PKTS_VALID, 0},
	{"62 about a later fragment that looks like an error", "0301 0000 00000000 45000038 00000001 4001 0000 0a000001 0a000002 0301 0000 00000000", false, 64, NULL, NULL, PKTS_VALID, 0},
	{"63 RFC 4443 2.4 e.1: about an error", "0100 0000 00000000 " IP6 "3a40" TARGET LOCAL "0100 0000 00000000", true, 64, NULL, NULL, PKTS_INVALID, BIT(ERROR_ABOUT_ERROR)},
	{"64 e.2: about a redirect", "0100 0000 00000000 " IP6 "3a40" TARGET LOCAL "8900 0000 00000000", true, 64, NULL, NULL, PKTS_INVALID, BIT(ERROR_ABOUT_ERROR)},
};
/* clang-format on */

static struct pkts_icmp_message message_of(const struct row *row, struct bytes b)
{
	return (struct pkts_icmp_message){{b.p, b.n, b.n}, row->src, row->dst, row->hops, row->v6};
}

static void messages(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct bytes b = bytes_from_hex(rows[i].hex);
		const struct pkts_icmp_message m = message_of(&rows[i], b);
		struct pkts_icmp_session s = {0};
		const struct pkts_icmp_session before = s;
		const struct pkts_judgement j = pkts_icmp_session_validate(&s, NULL, 0, &m, 0);
		if (j.validity != rows[i].validity || j.events != rows[i].events) {
			print_error("%s: %s %llx\n", rows[i].name, pkts_validity_name(j.validity),
				(unsigned long long)j.events);
			fail();
		}
		if (j.validity == PKTS_INVALID)
			assert_memory_equal(&s, &before, sizeof(s));
		free(b.p);
	}
}

/* No byte beyond those that are readable is read, however long the message was. */
static void cut_at_each_byte(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct bytes whole = bytes_from_hex(rows[i].hex);
		for (uint32_t n = 8; n <= whole.n; n++) {
			const struct bytes b = bytes_copy(whole.p, n);
			struct pkts_icmp_message m = message_of(&rows[i], b);
			struct pkts_icmp_quote q;
			pkts_icmp_message_validate(NULL, &m);
			m.ref.len = whole.n;
			pkts_icmp_message_validate(NULL, &m);
			pkts_icmp_quoted(&m, &q);
			free(b.p);
		}
		free(whole.p);
	}
}

static void hop_limits_can_be_left_alone(void **state)
{
	const struct pkts_icmp_session_conf conf = {.any_hop_limit = true};
	uint8_t bytes[8] = {PKTS_ICMPV6_ROUTER_SOLICIT};
	struct pkts_icmp_message m = {.ref = {bytes, 8, 8}, .hop_limit = 64, .v6 = true};

	(void)state;
	assert_int_equal(pkts_icmp_message_validate(NULL, &m).validity, PKTS_INVALID);
	assert_int_equal(pkts_icmp_message_validate(&conf, &m).validity, PKTS_VALID);
	bytes[0] = PKTS_ICMPV6_MLDV2_REPORT;
	assert_int_equal(pkts_icmp_message_validate(NULL, &m).validity, PKTS_INVALID);
	assert_int_equal(pkts_icmp_message_validate(&conf, &m).validity, PKTS_VALID);
}

/* Pings as text: > request and < reply with a sequence number; what is said of each: . u d */
static const struct {
	const char *name;
	struct {
		char way;
		uint16_t seq;
		char said;
	} pings[24];
} pings[] = {
	{"1 one by one", {{'>', 1, '.'}, {'<', 1, '.'}, {'>', 2, '.'}, {'<', 2, '.'}}},
	{"2 a reply to nothing", {{'<', 1, 'u'}}},
	{"3 of the wrong number", {{'>', 1, '.'}, {'<', 2, 'u'}, {'<', 0, '.'}, {'<', 1, '.'}}},
	{"4 twice", {{'>', 1, '.'}, {'<', 1, '.'}, {'<', 1, 'd'}, {'>', 1, '.'}, {'<', 1, '.'}}},
	{"5 out of order", {{'>', 1, '.'}, {'>', 2, '.'}, {'>', 3, '.'}, {'<', 3, '.'},
				   {'<', 1, '.'}, {'<', 2, '.'}, {'<', 2, 'd'}}},
	{"6 a number left out", {{'>', 1, '.'}, {'>', 3, '.'}, {'<', 2, 'u'}, {'<', 3, '.'}}},
	{"7 numbers wrap", {{'>', 65535, '.'}, {'>', 0, '.'}, {'<', 65535, '.'}, {'<', 0, '.'},
				   {'<', 65535, 'd'}}},
	{"8 too long ago to know", {{'>', 1, '.'}, {'>', 17, '.'}, {'<', 1, '.'}, {'<', 1, '.'},
					   {'<', 2, 'u'}, {'<', 17, '.'}}},
	{"9 from the start again", {{'>', 1000, '.'}, {'>', 1, '.'}, {'<', 0, '.'}, {'<', 1, '.'},
					   {'<', 1, 'd'}, {'<', 2, 'u'}}},
	{"10 both ways", {{'>', 5, '.'}, {'(', 5, '.'}, {'<', 5, '.'}, {')', 5, '.'}, {')', 5, 'd'},
				 {'<', 5, 'd'}}},
};

/* ( and ) are a request of the other end and its reply. */
static char ping(struct pkts_icmp_session *s, char way, uint16_t seq)
{
	const bool request = way == '>' || way == '(';
	uint8_t bytes[8] = {request ? 8 : 0, 0, 0, 0, 0, 9, (uint8_t)(seq >> 8), (uint8_t)seq};
	const struct pkts_icmp_message m = {.ref = {bytes, 8, 8}, .hop_limit = 64};
	const struct pkts_judgement j =
		pkts_icmp_session_validate(s, NULL, way == '<' || way == '(', &m, 0);

	if (j.events == BIT(REPLY_DUPLICATE))
		return j.validity == PKTS_SUSPECT ? 'd' : '?';
	if (j.events == BIT(REPLY_UNASKED))
		return j.validity == PKTS_SUSPECT ? 'u' : '?';
	return j.validity == PKTS_VALID ? '.' : '?';
}

static void requests_and_replies(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(pings); i++) {
		struct pkts_icmp_session s = {0};
		for (unsigned k = 0; pings[i].pings[k].way; k++) {
			const char said = ping(&s, pings[i].pings[k].way, pings[i].pings[k].seq);
			if (said != pings[i].pings[k].said) {
				print_error("%s, packet %u: %c\n", pings[i].name, k + 1, said);
				fail();
			}
		}
	}
}

static void names_and_timeouts(void **state)
{
	struct pkts_icmp_session s = {0};

	(void)state;
	assert_int_equal(s.state, PKTS_ICMP_STATE_NONE);
	ping(&s, '>', 1);
	assert_int_equal(s.state, PKTS_ICMP_STATE_ASKED);
	assert_string_equal(pkts_icmp_session_name(&s), "new");
	assert_int_equal(pkts_icmp_session_timeout_class(&s), PKTS_ICMP_TIMEOUT_NEW);
	ping(&s, '<', 1);
	assert_int_equal(s.state, PKTS_ICMP_STATE_REPLIED);
	assert_string_equal(pkts_icmp_session_name(&s), "established");
	assert_int_equal(pkts_icmp_session_timeout_class(&s), PKTS_ICMP_TIMEOUT_ESTABLISHED);
	assert_string_equal(pkts_icmp_conn_state(&s), "OTH");
	assert_false(pkts_icmp_session_is_over(&s));
}

static void errors_about_pings(void **state)
{
	struct pkts_icmp_session s = {0};

	(void)state;
	assert_false(pkts_icmp_session_quoted(&s, 0, true, 5));
	ping(&s, '>', 3);
	ping(&s, '>', 5);
	assert_false(pkts_icmp_session_quoted(&s, 0, true, 4));
	assert_false(pkts_icmp_session_quoted(&s, 0, true, 6));
	assert_false(pkts_icmp_session_quoted(&s, 1, false, 5));
	assert_int_equal(s.refused, 0);
	assert_true(pkts_icmp_session_quoted(&s, 0, true, 5));
	assert_int_equal(s.refused, 1);
	assert_true(pkts_icmp_session_quoted(&s, 0, true, 2)); /* it may have been, before */
}

/* Types: what answers what, the same from both sides. */
static void answers_answer(void **state)
{
	(void)state;
	for (unsigned v6 = 0; v6 < 2; v6++)
		for (unsigned t = 0; t < 256; t++) {
			const struct pkts_icmp_type a = pkts_icmp_type_of((uint8_t)t, v6);
			const struct pkts_icmp_type b = pkts_icmp_type_of(a.answer, v6);
			uint8_t bytes[8] = {(uint8_t)t};
			const struct pkts_ref r = {bytes, 8, 8};
			if (a.purpose == PKTS_ICMP_CLASS_REQUEST) {
				assert_int_equal(b.purpose, PKTS_ICMP_CLASS_REPLY);
				assert_int_equal(b.answer, t);
				assert_int_equal(b.paired, a.paired);
			} else if (a.purpose == PKTS_ICMP_CLASS_REPLY) {
				assert_int_equal(b.purpose, PKTS_ICMP_CLASS_REQUEST);
			}
			assert_int_equal(a.purpose == PKTS_ICMP_CLASS_ERROR,
				v6 ? pkts_icmpv6_is_error(pkts_icmpv6_at(r))
				   : pkts_icmp_is_error(pkts_icmp_at(r)));
		}
}

/* clang-format off */
static const struct {
	const char *name, *hex;
	bool v6;
	int rc;
	struct pkts_icmp_quote quote; /* without addresses */
} quotes[] = {
	{"1 TCP, 8 bytes", "0303 0000 00000000 4500003c 12340000 4006 0000 0a000001 0a000002 04d20050 01020304", false, 0,
		{.protocol = PKTS_IPPROTO_TCP, .has_ports = true, .has_number = true, .sport = 1234, .dport = 80, .number = 0x01020304, .at = 28, .len = 8}},
	{"2 TCP, 7 bytes", "0303 0000 00000000 4500003c 12340000 4006 0000 0a000001 0a000002 04d20050 010203", false, 0,
		{.protocol = PKTS_IPPROTO_TCP, .has_ports = true, .sport = 1234, .dport = 80, .at = 28, .len = 7}},
	{"3 TCP, 3 bytes", "0303 0000 00000000 4500003c 12340000 4006 0000 0a000001 0a000002 04d200", false, 0,
		{.protocol = PKTS_IPPROTO_TCP, .at = 28, .len = 3}},
	{"4 UDP has no number", "0303 0000 00000000 4500003c 12340000 4011 0000 0a000001 0a000002 04d20035 00080000", false, 0,
		{.protocol = PKTS_IPPROTO_UDP, .has_ports = true, .sport = 1234, .dport = 53, .at = 28, .len = 8}},
	{"5 SCTP INIT", "0303 0000 00000000 4500003c 12340000 4084 0000 0a000001 0a000002 04d20035 00000000 00000000 01000014 0a0b0c0d", false, 0,
		{.protocol = PKTS_IPPROTO_SCTP, .has_ports = true, .has_number = true, .has_init_tag = true, .sport = 1234, .dport = 53, .init_tag = 0x0a0b0c0d, .at = 28, .len = 20}},
	{"6 SCTP, 8 bytes", "0303 0000 00000000 4500003c 12340000 4084 0000 0a000001 0a000002 04d20035 0a0b0c0d", false, 0,
		{.protocol = PKTS_IPPROTO_SCTP, .has_ports = true, .has_number = true, .sport = 1234, .dport = 53, .number = 0x0a0b0c0d, .at = 28, .len = 8}},
	{"7 options of IPv4", "0b00 0000 00000000 4600003c 12340000 4011 0000 0a000001 0a000002 01010101 04d20035", false, 0,
		{.protocol = PKTS_IPPROTO_UDP, .has_ports = true, .sport = 1234, .dport = 53, .at = 32, .len = 4}},
	{"8 a later fragment", "0b01 0000 00000000 4500003c 12342001 4011 0000 0a000001 0a000002 04d20035", false, 0,
		{.protocol = PKTS_IPPROTO_UDP, .is_fragment = true, .at = 28, .len = 4}},
	{"9 a ping", "0b00 0000 00000000 4500003c 12340000 4001 0000 0a000001 0a000002 0800 0000 00070009", false, 0,
		{.protocol = PKTS_IPPROTO_ICMP, .has_type = true, .has_number = true, .type = 8, .number = 0x00070009, .at = 28, .len = 8}},
	{"10 no whole header", "0303 0000 00000000 4500003c 12340000 4006 0000 0a000001 0a0000", false, -PKTS_EBADMSG, {.v6 = false}},
	{"11 options that are not there", "0303 0000 00000000 4f00003c 12340000 4006 0000 0a000001 0a000002", false, -PKTS_EBADMSG, {.v6 = false}},
	{"12 another version", "0303 0000 00000000 6500003c 12340000 4006 0000 0a000001 0a000002 04d20050", false, -PKTS_EBADMSG, {.v6 = false}},
	{"13 no error", "0800 0000 00000000 4500003c 12340000 4006 0000 0a000001 0a000002 04d20050", false, -PKTS_EINVAL, {.v6 = false}},
	{"14 RFC 4884: extensions are not quoted", "0b00 0000 00060000 4500003c 12340000 4006 0000 0a000001 0a000002 04d20050 20000000", false, 0,
		{.protocol = PKTS_IPPROTO_TCP, .has_ports = true, .sport = 1234, .dport = 80, .at = 28, .len = 4}},
	{"20 UDP over IPv6", "0104 0000 00000000 60000000 00081140" TARGET LOCAL "04d20035 00080000", true, 0,
		{.v6 = true, .protocol = PKTS_IPPROTO_UDP, .has_ports = true, .sport = 1234, .dport = 53, .at = 48, .len = 8}},
	{"21 behind options", "0104 0000 00000000 60000000 00103c40" TARGET LOCAL "11000104 00000000 04d20035 00080000", true, 0,
		{.v6 = true, .protocol = PKTS_IPPROTO_UDP, .has_ports = true, .sport = 1234, .dport = 53, .at = 56, .len = 8}},
	{"22 a first fragment", "0104 0000 00000000 60000000 00102c40" TARGET LOCAL "11000001 00000007 04d20035", true, 0,
		{.v6 = true, .protocol = PKTS_IPPROTO_UDP, .has_ports = true, .sport = 1234, .dport = 53, .at = 56, .len = 4}},
	{"23 a later fragment", "0104 0000 00000000 60000000 00102c40" TARGET LOCAL "11000009 00000007 04d20035", true, 0,
		{.v6 = true, .protocol = PKTS_IPPROTO_UDP, .is_fragment = true, .at = 56, .len = 4}},
	{"24 options that go on", "0104 0000 00000000 60000000 00103c40" TARGET LOCAL "11020104 00000000 04d20035 00080000", true, 0,
		{.v6 = true, .protocol = PKTS_IPPROTO_DSTOPTS, .at = 48, .len = 16}},
	{"27 behind a Shim6 header", "0104 0000 00000000 60000000 00108c40" TARGET LOCAL "11008123 456789ab 04d20035 00080000", true, 0,
		{.v6 = true, .protocol = PKTS_IPPROTO_UDP, .has_ports = true, .sport = 1234, .dport = 53, .at = 56, .len = 8}},
	{"28 a mobility message", "0104 0000 00000000 60000000 00088740" TARGET LOCAL "3b000000 00000000", true, 0,
		{.v6 = true, .protocol = PKTS_IPPROTO_MOBILITY, .at = 48, .len = 8}},
	{"25 too big", "0200 0000 00000500 60000000 00080640" TARGET LOCAL "04d20050 0000ffff", true, 0,
		{.v6 = true, .protocol = PKTS_IPPROTO_TCP, .has_ports = true, .has_number = true, .sport = 1234, .dport = 80, .number = 0xffff, .at = 48, .len = 8}},
	{"26 a redirect quotes in an option", "8900 0000 00000000 " LOCAL TARGET, true, -PKTS_EINVAL, {.v6 = false}},
};
/* clang-format on */

static void what_errors_quote(void **state)
{
	static const uint8_t src4[4] = {10, 0, 0, 1}, dst4[4] = {10, 0, 0, 2};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(quotes); i++) {
		const struct bytes b = bytes_from_hex(quotes[i].hex);
		const struct pkts_icmp_message m = {.ref = {b.p, b.n, b.n}, .v6 = quotes[i].v6};
		struct pkts_icmp_quote q, expected = quotes[i].quote;
		const int rc = pkts_icmp_quoted(&m, &q);
		memcpy(expected.src, quotes[i].v6 ? global : src4, quotes[i].v6 ? 16 : 4);
		memcpy(expected.dst, quotes[i].v6 ? local : dst4, quotes[i].v6 ? 16 : 4);
		if (rc != quotes[i].rc || (rc == 0 && memcmp(&q, &expected, sizeof(q)) != 0)) {
			print_error("%s: %d, protocol %u, at %u, %u bytes\n", quotes[i].name, rc,
				q.protocol, q.at, q.len);
			fail();
		}
		free(b.p);
	}
}

/* RFC 5927 4.1 */
static void segments_under_way(void **state)
{
	static const struct {
		uint32_t seq, una, nxt;
		bool plausible;
	} segments[] = {
		{1000, 1000, 2000, true},
		{1999, 1000, 2000, true},
		{2000, 1000, 2000, true},
		{2001, 1000, 2000, false},
		{999, 1000, 2000, false},
		{5, 0xfffffff0, 10, true},
		{11, 0xfffffff0, 10, false},
		{0xffffffef, 0xfffffff0, 10, false},
		{7, 7, 7, true},
		{8, 7, 7, false},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(segments); i++)
		assert_int_equal(pkts_icmp_error_is_plausible_tcp(
					 segments[i].seq, segments[i].una, segments[i].nxt),
			segments[i].plausible);
}

/* RFC 9260 10, ICMP6 and ICMP7 */
static void tags_in_quotes(void **state)
{
	static const struct {
		struct pkts_icmp_quote quote;
		bool plausible;
	} tags[] = {
		{{.has_number = true, .number = 0xb1}, true},
		{{.has_number = true, .number = 0xa1}, false},
		{{.has_number = false, .number = 0xb1}, false},
		{{.has_number = true, .has_init_tag = true, .init_tag = 0xa1}, true},
		{{.has_number = true, .has_init_tag = true, .init_tag = 0xb1}, false},
		{{.has_number = true, .init_tag = 0xa1}, false},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(tags); i++)
		assert_int_equal(pkts_icmp_error_is_plausible_sctp(&tags[i].quote, 0xa1, 0xb1),
			tags[i].plausible);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages),
		cmocka_unit_test(cut_at_each_byte),
		cmocka_unit_test(hop_limits_can_be_left_alone),
		cmocka_unit_test(requests_and_replies),
		cmocka_unit_test(names_and_timeouts),
		cmocka_unit_test(errors_about_pings),
		cmocka_unit_test(answers_answer),
		cmocka_unit_test(what_errors_quote),
		cmocka_unit_test(segments_under_way),
		cmocka_unit_test(tags_in_quotes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
