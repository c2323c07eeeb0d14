/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a caller sees that cannot use the headers: each accessor and check is a symbol. The types
 * are written out here again on purpose.
 */
#include "cmocka_all.h"

struct pkts_udp {
	uint8_t *p;
	uint32_t head, len;
};
struct pkts_mpls {
	uint8_t *p;
	uint32_t head, len;
};

uint16_t pkts_udp_dport(struct pkts_udp v);
void pkts_udp_set_dport(struct pkts_udp v, uint16_t x);
uint32_t pkts_mpls_label(struct pkts_mpls v);
uint16_t pkts_be16(const uint8_t *p);
unsigned pkts_ip_next(uint8_t protocol);
unsigned pkts_ethertype_next(uint16_t type);

static void accessors_are_symbols(void **state)
{
	uint8_t header[8] = {0, 53, 0x12, 0x34, 0xf0};
	const struct pkts_udp udp = {header, 8, 8};
	const struct pkts_mpls mpls = {header, 4, 4};

	(void)state;
	assert_int_equal(pkts_udp_dport(udp), 0x1234);
	pkts_udp_set_dport(udp, 80);
	assert_int_equal(pkts_be16(header + 2), 80);
	assert_int_equal(pkts_mpls_label(mpls), 0x00350);
	assert_int_not_equal(pkts_ip_next(6), pkts_ip_next(17));
	assert_int_not_equal(pkts_ethertype_next(0x0800), pkts_ethertype_next(0x86dd));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accessors_are_symbols),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
