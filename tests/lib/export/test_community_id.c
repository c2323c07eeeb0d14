/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Community ids against the published ones: the baseline of the specification, seeds 0 and 1. */
#include <arpa/inet.h>
#include <errno.h>

#include "pkts_community_id.h"
#include "row.h"

/* first, second: ports; of ICMP: type, and code where the type has no answer. */
static const struct row {
	const char *name;
	uint8_t protocol;
	const char *src, *dst;
	uint16_t first, second;
	const char *seed0, *seed1;
} rows[] = {
	{"1 solicitation", 58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0,
		"1:dGHyGvjMfljg6Bppwm3bg0LO8TY=", "1:kHa1FhMYIT6Ym2Vm2AOtoOARDzY="},
	{"2 its advertisement", 58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 0,
		"1:dGHyGvjMfljg6Bppwm3bg0LO8TY=", "1:kHa1FhMYIT6Ym2Vm2AOtoOARDzY="},
	{"3 the other solicits", 58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 135, 0,
		"1:zavyT/cezQr1fmImYCwYnMXbgck=", "1:2hSqmsDZ2kdcY9kbiUzOEBic0iM="},
	{"4 its advertisement", 58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 136, 0,
		"1:zavyT/cezQr1fmImYCwYnMXbgck=", "1:2hSqmsDZ2kdcY9kbiUzOEBic0iM="},
	{"5 time exceeded", 58, "3ffe:501:1800:2345::2", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0,
		"1:2ObVBgIn28oZvibYZhZMBgh7WdQ=", "1:lVEtCZpYu84Xqaa++3lXFyuu2n4="},
	{"6 unreachable", 58, "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:507:0:1:200:86ff:fe05:80da",
		1, 4, "1:hLZd0XGWojozrvxqE0dWB1iM6R0=", "1:W8MHwXpWzpoSTD+cGcaJr4u0ys8="},
	{"7 ICMPv6 echo", 58, "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:501:0:1001::2", 128, 0,
		"1:+TW+HtLHvV1xnGhV1lv7XoJrqQg=", "1:GfZxjAkDk2MkegpBYHV6tadtFXQ="},
	{"8 its reply", 58, "3ffe:501:0:1001::2", "3ffe:507:0:1:200:86ff:fe05:80da", 129, 0,
		"1:+TW+HtLHvV1xnGhV1lv7XoJrqQg=", "1:GfZxjAkDk2MkegpBYHV6tadtFXQ="},
	{"9 router solicitation", 58, "fe80::200:86ff:fe05:80da", "ff02::2", 133, 0,
		"1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0=", "1:L7Ka0ZMYu+J3bL4ulW2PrqyXNo8="},
	{"10 router advertisement", 58, "fe80::260:97ff:fe07:69ea", "ff02::1", 134, 0,
		"1:pkvHqCL88/tg1k4cPigmZXUtL00=", "1:K/ee5UCqAMAQXDorP5nSa2CGLjc="},
	{"11 ICMP echo", 1, "192.168.0.89", "192.168.0.1", 8, 0,
		"1:X0snYXpgwiv9TZtqg64sgzUn6Dk=", "1:03g6IloqVBdcZlPyX8r0hgoE7kA="},
	{"12 its reply", 1, "192.168.0.1", "192.168.0.89", 0, 8,
		"1:X0snYXpgwiv9TZtqg64sgzUn6Dk=", "1:03g6IloqVBdcZlPyX8r0hgoE7kA="},
	{"13 codes of pairs do not count", 1, "192.168.0.1", "192.168.0.89", 0, 20,
		"1:X0snYXpgwiv9TZtqg64sgzUn6Dk=", "1:03g6IloqVBdcZlPyX8r0hgoE7kA="},
	{"14 TTL exceeded", 1, "10.0.0.1", "10.0.0.2", 11, 0,
		"1:YHxtAirCG//0OzkcVAukqKQN9xM=", "1:XjUibYHaafLQ3pxQeiMI8g25q20="},
	{"15 a type without answer", 1, "192.168.0.89", "192.168.0.1", 20, 1,
		"1:tz/fHIDUHs19NkixVVoOZywde+I=", "1:Ie3wmFyxiEyikbsbcO03d2nh+PM="},
	{"16 TCP over IPv6", 6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a",
		63943, 25, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=", "1:eJYTW6AOzFLlSUoESovMjnu7rMw="},
	{"17 backwards", 6, "2607:f8b0:400c:c03::1a", "2001:470:e5bf:dead:4957:2174:e82c:4887", 25,
		63943, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=", "1:eJYTW6AOzFLlSUoESovMjnu7rMw="},
	{"18 SCTP", 132, "192.168.170.8", "192.168.170.56", 7, 7,
		"1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=", "1:5w3ZRjeKBzqT3zsaEECDGjUbYeg="},
	{"19 backwards", 132, "192.168.170.56", "192.168.170.8", 7, 7,
		"1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=", "1:5w3ZRjeKBzqT3zsaEECDGjUbYeg="},
	{"20 TCP", 6, "128.232.110.120", "66.35.250.204", 34855, 80,
		"1:LQU9qZlK+B5F3KDmev6m5PMibrg=", "1:3V71V58M3Ksw/yuFALMcW0LAHvc="},
	{"21 backwards", 6, "66.35.250.204", "128.232.110.120", 80, 34855,
		"1:LQU9qZlK+B5F3KDmev6m5PMibrg=", "1:3V71V58M3Ksw/yuFALMcW0LAHvc="},
	{"22 UDP", 17, "192.168.1.52", "8.8.8.8", 54585, 53,
		"1:d/FP5EW3wiY1vCndhwleRRKHowQ=", "1:Q9We8WO3piVF8yEQBNJF4uiSVrI="},
	{"23 backwards", 17, "8.8.8.8", "192.168.1.52", 53, 54585,
		"1:d/FP5EW3wiY1vCndhwleRRKHowQ=", "1:Q9We8WO3piVF8yEQBNJF4uiSVrI="},
	{"24 no ports", 46, "10.1.12.1", "10.1.12.2", 0, 0,
		"1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=", "1:rYir8gphR31noO9iDRQmF/BteEI="},
	{"25 backwards", 46, "10.1.12.2", "10.1.12.1", 0, 0,
		"1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=", "1:rYir8gphR31noO9iDRQmF/BteEI="},
	{"26 ports of no meaning", 46, "10.1.12.2", "10.1.12.1", 5, 6,
		"1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=", "1:rYir8gphR31noO9iDRQmF/BteEI="},
};

static struct pkts_flow_tuple tuple_of(const struct row *r)
{
	struct pkts_flow_tuple t = {.protocol = r->protocol, .ip_version = 4};
	int family = AF_INET;

	if (strchr(r->src, ':')) {
		t.ip_version = 6;
		family = AF_INET6;
	}
	assert_int_equal(inet_pton(family, r->src, t.src), 1);
	assert_int_equal(inet_pton(family, r->dst, t.dst), 1);
	t.sport = r->first;
	t.dport = r->second;
	if (pkts_flow_is_icmp(t.protocol)) {
		t.icmp_type = (uint8_t)r->first;
		t.icmp_code = (uint8_t)r->second;
	}
	return t;
}

static void published_ids(void **state)
{
	char text[PKTS_COMMUNITY_ID];

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct pkts_flow_tuple t = tuple_of(&rows[i]);

		ROW_INT(rows[i].name, pkts_community_id(&t, 0, text), 0);
		ROW_TEXT(rows[i].name, text, rows[i].seed0);
		ROW_INT(rows[i].name, pkts_community_id(&t, 1, text), 0);
		ROW_TEXT(rows[i].name, text, rows[i].seed1);
	}
}

/* Equal addresses: ports decide. What the id does not depend on may be anything. */
static void order_and_rest(void **state)
{
	struct pkts_flow_tuple a = {.ip_version = 4, .protocol = 6, .sport = 2, .dport = 1}, b = a;
	char one[PKTS_COMMUNITY_ID], two[PKTS_COMMUNITY_ID];

	(void)state;
	b.sport = 1;
	b.dport = 2;
	b.n_vlans = 1;
	b.id = 7;
	memset(b.src + 4, 0xff, 12); /* behind an IPv4 address */
	assert_int_equal(pkts_community_id(&a, 0, one), 0);
	assert_int_equal(pkts_community_id(&b, 0, two), 0);
	assert_string_equal(one, two);
}

static void no_flow(void **state)
{
	const struct pkts_flow_tuple t = {.ip_version = 0, .protocol = 6};
	char text[PKTS_COMMUNITY_ID] = "x";

	(void)state;
	assert_int_equal(pkts_community_id(&t, 0, text), -EINVAL);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_ids),
		cmocka_unit_test(order_and_rest),
		cmocka_unit_test(no_flow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
