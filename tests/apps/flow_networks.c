/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* pkts-flow --streams --separate-tenants, of packets whose VLAN tags a NIC has taken off: no file has such. */
#include <stdlib.h>
#include <unistd.h>

#include "pkts_mbuf_compose.h"
#include "pool.h"
#include "streams.h"

#define SECOND UINT64_C(1000000000)

static struct rte_mbuf *segment(uint16_t inner, uint16_t outer)
{
	return pkts_mbuf_compose_new(pool, ETH(0), VLAN(.id = outer), VLAN(.id = inner),
		IPV4(.src = 1, .dst = 2), TCP(.sport = 1, .dport = 2, .seq = 1), TEXT("text"));
}

/* A chunk of data. */
static struct rte_mbuf *chunk(uint16_t inner, uint16_t outer)
{
	static const uint8_t data[] = {
		0, 3, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 't', 'e', 'x', 't'};

	return pkts_mbuf_compose_new(pool, ETH(0), VLAN(.id = outer), VLAN(.id = inner),
		IPV4(.src = 1, .dst = 2), SCTP(.sport = 1, .dport = 2, .vtag = 7),
		RAW(data, sizeof(data)));
}

static void put(struct streams *s, struct rte_mbuf *m)
{
	struct pkts_packet packet;

	assert_non_null(m);
	pkts_mbuf_decode(NULL, &m, &packet);
	streams_put(s, &m, &packet, SECOND);
	rte_pktmbuf_free(m);
}

/* How many streams there are of three networks, of which a NIC takes no tag off, or one, or two. */
static unsigned streams_of(struct rte_mbuf *(*frame)(uint16_t, uint16_t), bool separate)
{
	static const uint16_t tags[][2] = {{5, 9}, {6, 9}, {5, 8}};
	const struct flow_options options = {
		.max_streams = 64, .max_messages = 64, .sctp = true, .separate_tenants = separate};
	char path[] = "/tmp/flow-networks-XXXXXX", command[64];
	struct folder folder;

	assert_non_null(mkdtemp(path));
	assert_int_equal(folder_open(&folder, path), 0);
	struct streams *const s = streams_create(&options, false, 8 << 20, &folder);
	assert_non_null(s);
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(tags); i++)
		for (unsigned n = 0; n <= 2; n++)
			put(s, chain_strip_vlans(frame(tags[i][0], tags[i][1]), n));
	const uint64_t n = streams_stats(s).streams;
	streams_close(s);
	assert_int_equal(folder_close(&folder), 0);
	snprintf(command, sizeof(command), "rm -r %s", path);
	assert_int_equal(system(command), 0);
	return (unsigned)n;
}

static void tags_taken_off_count(void **state)
{
	(void)state;
	assert_int_equal(streams_of(segment, true), 3);
	assert_int_equal(streams_of(chunk, true), 3);
}

static void tags_do_not_count_unasked(void **state)
{
	(void)state;
	assert_int_equal(streams_of(segment, false), 1);
	assert_int_equal(streams_of(chunk, false), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(tags_taken_off_count, pool_is_full),
		cmocka_unit_test_teardown(tags_do_not_count_unasked, pool_is_full),
	};

	return cmocka_run_group_tests(tests, pool_create, NULL);
}
