/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Packets in mbufs to conversations: what the mbufs say besides their bytes counts, too. */
#include <stdlib.h>

#include "pkts_compose.h"
#include "pkts_mbuf_compose.h"
#include "pkts_mbuf_conversations.h"
#include "pkts_reassembly.h"
#include "pool.h"

#define SECOND UINT64_C(1000000000)
#define CLIENT 0xc0000201
#define SERVER 0xc0000202
#define ROUTER 0xc0000203

static struct rte_mbuf *datagram(uint16_t inner, uint16_t outer)
{
	return pkts_mbuf_compose_new(pool, ETH(0), VLAN(.id = outer), VLAN(.id = inner),
		IPV4(.src = CLIENT, .dst = SERVER), UDP(.sport = 1000, .dport = 9));
}

/* An ICMP error about such a one. */
static struct rte_mbuf *error(uint16_t inner, uint16_t outer)
{
	uint8_t quoted[64];
	struct pkts_out out = {.data = quoted, .cap = sizeof(quoted)};

	pkts_compose(&out, IPV4(.src = CLIENT, .dst = SERVER), UDP(.sport = 1000, .dport = 9));
	return pkts_mbuf_compose_new(pool, ETH(0), VLAN(.id = outer), VLAN(.id = inner),
		IPV4(.src = ROUTER, .dst = CLIENT), ICMP(.type = 3, .code = 3),
		RAW(quoted, out.len));
}

static void put(struct pkts_conversations *c, struct rte_mbuf *m)
{
	struct pkts_packet packet;
	uint64_t now = SECOND;

	assert_non_null(m);
	pkts_mbuf_decode(NULL, &m, &packet);
	pkts_conversations_put_mbufs(c, &m, &packet, 1, &now, NULL, NULL);
	rte_pktmbuf_free(m);
}

static struct pkts_conversations *create(unsigned key)
{
	struct pkts_conversations *const c = pkts_conversations_create(
		&(struct pkts_conversations_conf){
			.key = key, .max = {64, 64, 64, 64, 64}, .stream.hold = pkts_mbuf_holder},
		SOCKET_ID_ANY);

	assert_non_null(c);
	return c;
}

/* Whoever takes tags off, and how many of them: a network is a network. */
static void tags_taken_off_count(void **state)
{
	static const uint16_t tags[][2] = {{5, 9}, {6, 9}, {5, 8}};

	(void)state;
	struct pkts_conversations *const c = create(PKTS_KEY_VLAN);
	struct pkts_table *const udp = pkts_conversations_table(c, PKTS_CONVERSATION_UDP);
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(tags); i++)
		for (unsigned n = 0; n <= 2; n++) {
			put(c, chain_strip_vlans(datagram(tags[i][0], tags[i][1]), n));
			put(c, chain_strip_vlans(error(tags[i][0], tags[i][1]), n));
			assert_int_equal(pkts_table_stats(udp).entries, i + 1);
		}
	assert_int_equal(pkts_conversations_stats(c).errors_tied, 9);
	assert_int_equal(pkts_conversations_stats(c).errors_alone, 0);
	pkts_conversations_flush(c);
	pkts_conversations_destroy(c);
}

/* Nor do they where those in the bytes do not. */
static void tags_do_not_count_unasked(void **state)
{
	(void)state;
	struct pkts_conversations *const c = create(0);
	for (unsigned n = 0; n <= 2; n++)
		put(c, chain_strip_vlans(datagram((uint16_t)(5 + n), 9), n));
	assert_int_equal(
		pkts_table_stats(pkts_conversations_table(c, PKTS_CONVERSATION_UDP)).entries, 1);
	pkts_conversations_flush(c);
	pkts_conversations_destroy(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(tags_taken_off_count, pool_is_full),
		cmocka_unit_test_teardown(tags_do_not_count_unasked, pool_is_full),
	};

	return cmocka_run_group_tests(tests, pool_create, NULL);
}
