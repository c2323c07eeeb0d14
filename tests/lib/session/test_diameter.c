/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Diameter: rows and pairs; conversations, in all the pieces in which they may come, and the messages. */
#include "app_rig.h"

#include <stdlib.h>

#include "pkts_diameter.h"
#include "row.h"

struct row {
	const char *name, *conversation, *wanted;
	enum pkts_app_id app;
	uint16_t port;
	bool midstream, whole, large;
};

/* clang-format off */

#define CER \
	"> d 257 80 1 a 264 40 'client.example' a 296 40 'example' a 257 40 00017f000001 a 299 40 00000000\n"
#define CEA \
	"< d 257 00 1 a 268 40 000007d1 a 264 40 'server.example'\n"

static const struct row rows[] = {
	{"1 capabilities, watchdog, disconnection",
		CER
		CEA
		"> d 280 80 2 a 264 40 'client.example'\n"
		"< d 280 00 2 a 268 40 000007d1\n"
		"> d 282 80 3 a 264 40 'client.example' a 273 40 00000000\n"
		"< d 282 00 3 a 268 40 000007d1\n"
		"> $\n"
		"< $\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 open\n"
		"> device_watchdog_request +2 open\n"
		"< device_watchdog_answer 2001 -2 open\n"
		"> disconnect_peer_request +3 closing\n"
		"< disconnect_peer_answer 2001 -3 ended\n"
		"= diameter ended done"},
	{"2 both ask, answers out of order",
		CER
		CEA
		"> d 272 c0 10 a 263 40 'session;1'\n"
		"> d 272 c0 11 a 263 40 'session;2'\n"
		"< d 280 80 10 a 264 40 'server.example'\n"
		"< d 272 40 11 a 263 40 'session;2' a 268 40 000007d1\n"
		"> d 280 00 10 a 268 40 000007d1\n"
		"< d 272 40 10 a 263 40 'session;1' a 268 40 00001392\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 open\n"
		"> request +2 open\n"
		"> request +3 open\n"
		"< device_watchdog_request +4 open\n"
		"< answer 2001 -3 open\n"
		"> device_watchdog_answer 2001 -4 open\n"
		"< answer 5010 -2 open error\n"
		"= diameter open"},
	{"3 an experimental result",
		CER
		CEA
		"> d 272 c0 10 a 263 40 'session;1'\n"
		"< d 272 40 10 a 263 40 'session;1' a 297 40 0000010a 4000000c 000028af 0000012a 4000000c 00001450\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 open\n"
		"> request +2 open\n"
		"< answer 5200 -2 open error\n"
		"= diameter open"},
	{"4 a protocol error",
		CER
		CEA
		"> d 272 c0 10 a 263 40 'session;1'\n"
		"< d 272 60 10 a 268 40 00000bba\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 open\n"
		"> request +2 open\n"
		"< answer 3002 -2 open error\n"
		"= diameter open"},
	{"5 capabilities refused",
		CER
		"< d 257 00 1 a 268 40 00000bc2\n"
		"< $\n"
		"> $\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 3010 -1 ended auth_failed error\n"
		"= diameter ended done"},
	{"6 TLS by Inband-Security-Id",
		"> d 257 80 1 a 264 40 'client.example' a 299 40 00000001\n"
		"< d 257 00 1 a 268 40 000007d1 a 299 40 00000001\n"
		"> x 16030100aa\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 encrypted encrypted\n"
		"= diameter encrypted done"},
	{"7 TLS offered, and not taken",
		"> d 257 80 1 a 264 40 'client.example' a 299 40 00000001\n"
		"< d 257 00 1 a 268 40 000007d1 a 299 40 00000000\n"
		"> d 280 80 2\n"
		"< d 280 00 2 a 268 40 000007d1\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 open\n"
		"> device_watchdog_request +2 open\n"
		"< device_watchdog_answer 2001 -2 open\n"
		"= diameter open"},
	{"8 both ask for capabilities on one connection",
		CER
		"< d 257 80 7 a 264 40 'server.example'\n"
		"> d 257 00 7 a 268 40 000007d1\n"
		CEA,
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_request +2 wait_cea violation\n"
		"> capabilities_exchange_answer 2001 -2 open\n"
		"< capabilities_exchange_answer 2001 -1 open violation\n"
		"= diameter open"},
	{"9 a message as long as its header",
		CER
		CEA
		"> d 280 80 2\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 open\n"
		"> device_watchdog_request +2 open\n"
		"= diameter open"},
	{"10 application messages before capabilities",
		"> d 272 c0 10 a 263 40 'session;1'\n",
		"> request +1 open violation\n"
		"= diameter open", .port = 3868},
	{"11 capabilities again",
		CER
		CEA
		"> d 257 80 4 a 264 40 'client.example'\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 open\n"
		"> capabilities_exchange_request +2 wait_cea violation\n"
		"= diameter wait_cea"},
	{"12 an answer to nothing",
		CER
		CEA
		"< d 280 00 5 a 268 40 000007d1\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 open\n"
		"< device_watchdog_answer 2001 open unpaired\n"
		"= diameter open"},
	{"13 an answer of the wrong side",
		CER
		CEA
		"> d 280 80 5\n"
		"> d 280 00 5 a 268 40 000007d1\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 open\n"
		"> device_watchdog_request +2 open\n"
		"> device_watchdog_answer 2001 open unpaired\n"
		"= diameter open"},
	{"14 an answer with another end-to-end identifier",
		CER
		CEA
		"> x 01000014 80000118 00000000 00000005 00000006\n"
		"< x 01000014 00000118 00000000 00000005 00000007\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 open\n"
		"> device_watchdog_request +2 open\n"
		"< device_watchdog_answer -2 open unpaired\n"
		"= diameter open"},
	{"15 requests beyond those that are kept",
		CER
		CEA
		"> d 280 80 101\n"
		"> d 280 80 102\n"
		"> d 280 80 103\n"
		"> d 280 80 104\n"
		"> d 280 80 105\n"
		"> d 280 80 106\n"
		"> d 280 80 107\n"
		"> d 280 80 108\n"
		"> d 280 80 109\n"
		"> d 280 80 110\n"
		"> d 280 80 111\n"
		"< d 280 00 111 a 268 40 000007d1\n"
		"< d 280 00 101 a 268 40 000007d1\n"
		"< d 280 00 101 a 268 40 000007d1\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 open\n"
		"> device_watchdog_request +2 open\n"
		"> device_watchdog_request +3 open\n"
		"> device_watchdog_request +4 open\n"
		"> device_watchdog_request +5 open\n"
		"> device_watchdog_request +6 open\n"
		"> device_watchdog_request +7 open\n"
		"> device_watchdog_request +8 open\n"
		"> device_watchdog_request +9 open\n"
		"> device_watchdog_request +10 open\n"
		"> device_watchdog_request +11 open\n"
		"> device_watchdog_request +12 open evicted\n"
		"< device_watchdog_answer 2001 -12 open\n"
		"< device_watchdog_answer 2001 open\n"
		"< device_watchdog_answer 2001 open unpaired\n"
		"= diameter open"},
	{"16 flags that cannot be",
		CER
		CEA
		"> d 280 a0 2\n"
		"< d 280 08 2\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 open\n"
		"> device_watchdog_request +2 open violation\n"
		"< device_watchdog_answer -2 open violation\n"
		"= diameter open"},
	{"17 requests behind the end",
		CER
		CEA
		"> d 282 80 3\n"
		"< d 282 00 3 a 268 40 000007d1\n"
		"< d 280 80 9\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 open\n"
		"> disconnect_peer_request +2 closing\n"
		"< disconnect_peer_answer 2001 -2 ended\n"
		"< device_watchdog_request +3 ended violation\n"
		"= diameter ended"},
	{"18 midway",
		"> d 280 00 9 a 268 40 000007d1\n"
		"< d 280 80 10\n"
		"> d 280 00 10 a 268 40 000007d1\n",
		"< device_watchdog_answer 2001 open\n"
		"> device_watchdog_request +1 open\n"
		"< device_watchdog_answer 2001 -1 open\n"
		"= diameter open", .midstream = true},
	{"19 midway, on its port",
		"> x 01000014 c0000110 00000004 00000001 00000001\n",
		"> request +1 open\n"
		"= diameter open", .midstream = true, .port = 3868},
	{"20 version 2",
		CER
		"> x 02000014 80000118 00000000 00000005 00000006\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"! format\n"
		"= diameter lost done"},
	{"21 a length that is no multiple of 4",
		CER
		"> x 01000015 80000118 00000000 00000005 00000006\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"! format\n"
		"= diameter lost done"},
	{"22 shorter than a header",
		CER
		"> x 01000010 80000118 00000000 00000005\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"! format\n"
		"= diameter lost done"},
	{"23 a pair longer than its message",
		CER
		"> x 01000020 80000118 00000000 00000005 00000006 00000108 40000010 41424344\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"! format\n"
		"= diameter lost done"},
	{"24 a pair shorter than its head",
		CER
		"> x 01000020 80000118 00000000 00000005 00000006 00000108 40000007 41424344\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"! format\n"
		"= diameter lost done"},
	{"25 a vendor's pair without the vendor",
		CER
		"> x 0100001c 80000118 00000000 00000005 00000006 00000108 c0000008\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"! format\n"
		"= diameter lost done"},
	{"26 no room for a pair",
		CER
		"> x 01000018 80000118 00000000 00000005 00000006 00000108\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"! format\n"
		"= diameter lost done"},
	{"27 16 MB of pairs",
		CER
		CEA
		"> x 01fffffc 80000118 00000000 00000005 00000005 00000108 40ffffe8 16777184*41\n"
		"< d 280 00 5 a 268 40 000007d1\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 open\n"
		"> device_watchdog_request +2 open\n"
		"< device_watchdog_answer 2001 -2 open\n"
		"= diameter open", .large = true},
	{"28 a gap inside a value",
		CER
		"< x 010003fc 00000101 00000000 00000001 00000001 0000010c 4000000c 000007d1 00000108 400003dc\n"
		"< ~ 980\n"
		"> d 280 80 2\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 open\n"
		"> device_watchdog_request +2 open\n"
		"= diameter open"},
	{"29 a gap inside a message, beyond the value",
		CER
		"< x 01000404 00000101 00000000 00000001 00000001 0000010c 4000000c 000007d1 00000108 400003dc\n"
		"< ~ 981\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"! gap\n"
		"= diameter lost done"},
	{"30 ends between pairs",
		CER
		"< x 01000404 00000101 00000000 00000001 00000001 0000010c 4000000c 000007d1\n"
		"< $\n"
		"> $\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"! unfinished\n"
		"= diameter wait_cea done"},
	{"31 SCTP: messages as they are",
		CER
		CEA
		"> d 280 80 2\n"
		"< d 280 00 2 a 268 40 000007d1\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 open\n"
		"> device_watchdog_request +2 open\n"
		"< device_watchdog_answer 2001 -2 open\n"
		"= diameter open", .app = PKTS_APP_DIAMETER, .whole = true},
	{"32 SCTP: a message that is cut",
		CER
		"< x 01000404 00000101 00000000 00000001 00000001 0000010c 4000000c 000007d1\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"! format\n"
		"= diameter lost done", .app = PKTS_APP_DIAMETER, .whole = true},
	{"33 SCTP: two in one",
		"> x 01000014 80000101 00000000 00000005 00000006 01000014 80000118 00000000 00000005 00000006\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"> device_watchdog_request +2 wait_cea violation\n"
		"! format\n"
		"= diameter lost done", .app = PKTS_APP_DIAMETER, .whole = true},
	{"34 SCTP: a request that never came, and its answer",
		CER
		CEA
		"> ~ 1\n"
		"< d 280 00 2 a 268 40 000007d1\n"
		"> d 280 80 3\n"
		"< d 280 00 3 a 268 40 000007d1\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"< capabilities_exchange_answer 2001 -1 open\n"
		"! gap\n"
		"< device_watchdog_answer 2001 open\n"
		"> device_watchdog_request +2 open\n"
		"< device_watchdog_answer 2001 -2 open\n"
		"= diameter open", .app = PKTS_APP_DIAMETER, .whole = true},
	{"35 SCTP: what follows an answer to capabilities that never came",
		CER
		"< ~ 1\n"
		"> d 280 80 2\n"
		"< d 280 00 2 a 268 40 000007d1\n",
		"> capabilities_exchange_request +1 wait_cea\n"
		"! gap\n"
		"> device_watchdog_request +2 open\n"
		"< device_watchdog_answer 2001 -2 open\n"
		"= diameter open", .app = PKTS_APP_DIAMETER, .whole = true},
};
/* clang-format on */

static void conversations(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct app_rig like = {.app = rows[i].app,
			.dport = rows[i].port,
			.midstream = rows[i].midstream,
			.whole = rows[i].whole,
			.large = rows[i].large};
		app_rig_demand(&like, rows[i].name, rows[i].conversation, rows[i].wanted);
	}
}

static void rows_tile(void **state)
{
#define ROW(P, N, BIT, WIDTH, KIND) {BIT, WIDTH},
	static const struct {
		unsigned bit, width;
	} head[] = {PKTS_DIAMETER_FIELDS(ROW, ROW)}, avp[] = {PKTS_DIAMETER_AVP_FIELDS(ROW, ROW)};
#undef ROW
	unsigned bit = 0;

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(head); bit += head[i++].width)
		assert_int_equal(head[i].bit, bit);
	assert_int_equal(bit, PKTS_DIAMETER_HEAD * 8);
	bit = 0;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(avp); bit += avp[i++].width)
		assert_int_equal(avp[i].bit, bit);
	assert_int_equal(bit, PKTS_DIAMETER_AVP_HEAD * 8);
}

static void fields(void **state)
{
	uint8_t p[64];
	const uint32_t n =
		app_rig_bytes("x 0100002c c0000110 00000004 00000005 fffffffe", p, sizeof(p));
	const struct pkts_diameter v = {p, n, n};

	(void)state;
	assert_int_equal(pkts_diameter_version(v), 1);
	assert_int_equal(pkts_diameter_length(v), 44);
	assert_int_equal(pkts_diameter_r(v), 1);
	assert_int_equal(pkts_diameter_p(v), 1);
	assert_int_equal(pkts_diameter_e(v), 0);
	assert_int_equal(pkts_diameter_command(v), 272);
	assert_int_equal(pkts_diameter_application(v), 4);
	assert_int_equal(pkts_diameter_hop_by_hop(v), 5);
	assert_int_equal(pkts_diameter_end_to_end(v), 0xfffffffe);
}

/* Pairs at every length: whole ones come out, and what is cut is said to be. */
static void pairs(void **state)
{
	uint8_t all[64];
	const uint32_t n = app_rig_bytes("x 00000108 4000000b 61626300 "
					 "00000001 c0000010 000028af 01020304 "
					 "00000002 00000008",
		all, sizeof(all));

	(void)state;
	for (uint32_t k = 0; k <= n; k++) {
		uint8_t *const p = malloc(k + 1);
		memcpy(p, all, k);
		struct pkts_tlv_iter it = pkts_tlv_begin(p, p + k);
		struct pkts_diameter_pair pair;
		unsigned found = 0;
		while (pkts_diameter_avp_next(&it, &pair)) {
			static const uint32_t codes[] = {264, 1, 2}, lens[] = {3, 4, 0},
					      vendors[] = {0, 10415, 0};
			assert_int_equal(pair.code, codes[found]);
			assert_int_equal(pair.len, lens[found]);
			assert_int_equal(pair.vendor, vendors[found]);
			found++;
		}
		const bool whole = k == 0 || k == 12 || k == 28 || k == 36;
		assert_int_equal(it.reason, whole ? PKTS_REASON_NONE : PKTS_REASON_SHORT);
		assert_int_equal(found, k < 12 ? 0 : k < 28 ? 1 : k < 36 ? 2 : 3);
		free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations),
		cmocka_unit_test(rows_tile),
		cmocka_unit_test(fields),
		cmocka_unit_test(pairs),
	};

	return cmocka_run_group_tests_name("diameter", tests, NULL, NULL);
}
