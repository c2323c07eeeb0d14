/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Compose into mbufs: the bytes that pkts_compose() gives, in as many segments as it takes; and what
 * is left to hardware, which software makes the same bytes of. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pkts_mbuf_edit.h"
#include "pool.h"

#define A PKTS_IPV4_ADDRESS(192, 0, 2, 1)
#define B PKTS_IPV4_ADDRESS(198, 51, 100, 2)

static const struct pkts_ipv6_address a6 = {{0x20, 1, 0xd, 0xb8, [15] = 1}},
				      b6 = {{0x20, 1, 0xd, 0xb8, [15] = 2}};
static uint8_t bytes[9001];

static void fill_bytes(void)
{
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 251);
}

static bool has_right_checksums(struct rte_mbuf *m, struct pkts_packet *packet)
{
	pkts_mbuf_decode(NULL, &m, packet);
	for (unsigned i = 0; i < packet->n; i++)
		if (pkts_mbuf_checksum(m, packet, i) == PKTS_CHECKSUM_BAD)
			return false;
	return true;
}

/* All checksums are right, and decoding finds nothing wrong. */
static bool is_right(struct rte_mbuf *m)
{
	struct pkts_packet packet;

	return has_right_checksums(m, &packet) && pkts_verdict(&packet).ok;
}

static void a_frame_that_fits(void **state)
{
	struct rte_mbuf *const m = pkts_mbuf_compose_new(pool, ETH(), IPV4(.src = A, .dst = B),
		TCP(.dport = 80, .flags = PKTS_TCP_SYN, .opts = PKTS_OPTS(PKTS_OPT_MSS(1460))),
		TEXT("GET /"));
	uint8_t room[128];
	struct pkts_out out = {.data = room, .cap = sizeof(room)};

	(void)state;
	assert_int_equal(pkts_compose(&out, ETH(), IPV4(.src = A, .dst = B),
				 TCP(.dport = 80, .flags = PKTS_TCP_SYN,
					 .opts = PKTS_OPTS(PKTS_OPT_MSS(1460))),
				 TEXT("GET /")),
		0);
	assert_non_null(m);
	assert_true(chain_is(m, (struct bytes){room, out.len}));
	assert_int_equal(rte_pktmbuf_headroom(m), RTE_PKTMBUF_HEADROOM);
	assert_int_equal(m->ol_flags, 0);
	assert_true(is_right(m));
	rte_pktmbuf_free(m);
}

/* Every size around those at which a segment more is needed; odd ones too. */
static void payload_goes_on_in_more_segments(void **state)
{
	static const uint32_t sizes[] = {
		1, 2000, 2005, 2006, 2007, 2008, 4052, 4053, 4054, 4055, 9001};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(sizes); i++) {
		struct rte_mbuf *const m = rte_pktmbuf_alloc(pool);
		uint8_t back[sizeof(bytes)];
		ROW_INT("compose",
			pkts_mbuf_compose(m, ETH(), IPV4(.src = A, .dst = B), UDP(.dport = 9),
				RAW(bytes, sizes[i])),
			0);
		ROW_INT("length", m->pkt_len, 42 + sizes[i]);
		ROW_TRUE("headers", m->data_len >= 42);
		ROW_TRUE("segments",
			m->nb_segs == 1 + (sizes[i] > 2006) * (1 + (sizes[i] - 1) / 2048));
		ROW_TRUE("checksums", is_right(m));
		ROW_TRUE("read", pkts_mbuf_read(m, 42, sizes[i], back));
		ROW_TRUE("bytes", memcmp(back, bytes, sizes[i]) == 0);
		rte_pktmbuf_free(m);
	}
}

static void a_payload_that_is_there_is_not_copied(void **state)
{
	struct bytes b = {bytes, 3001};
	struct rte_mbuf *const payload = chain_of(pool, b, 1000), *const m =
									  rte_pktmbuf_alloc(pool);
	const uint8_t *const where = rte_pktmbuf_mtod(payload, const uint8_t *);

	(void)state;
	rte_pktmbuf_refcnt_update(payload, 1);
	assert_int_equal(pkts_mbuf_compose_around(
				 m, payload, ETH(), IPV6(.src = a6, .dst = b6), UDP(.dport = 9)),
		0);
	assert_int_equal(m->nb_segs, 5);
	assert_int_equal(m->pkt_len, 62 + 3001);
	assert_ptr_equal(rte_pktmbuf_mtod(m->next, const uint8_t *), where);
	assert_true(is_right(m));
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(payload);
}

static void after_an_error_all_is_as_it_was(void **state)
{
	struct bytes b = {bytes, 100};
	struct rte_mbuf *const payload = chain_of(pool, b, 30), *m = rte_pktmbuf_alloc(pool);
	volatile unsigned wide = 4096;

	(void)state;
	assert_int_equal(pkts_mbuf_compose_around(m, payload, ETH(), VLAN(.id = wide)), -ERANGE);
	assert_int_equal(pkts_mbuf_compose(m, ETH(), VLAN(.id = wide)), -ERANGE);
	assert_int_equal(
		pkts_mbuf_compose(m, ETH(), TCP(.data_offset = PKTS_PIN(2), .csum = PKTS_OFFLOAD)),
		-EINVAL);
	assert_int_equal(pkts_mbuf_compose_around(m, payload, ETH(), IPV4(),
				 TCP(.data_offset = PKTS_PIN(2), .csum = PKTS_OFFLOAD)),
		-EINVAL);
	assert_true(chain_is(payload, b));
	m->data_off = (uint16_t)(m->buf_len - 20);
	assert_int_equal(pkts_mbuf_compose(m, ETH(), IPV4(), TEXT("x")), -ENOSPC);
	assert_int_equal(m->pkt_len, 0);
	assert_int_equal(m->data_len, 0);
	rte_pktmbuf_free(m);
	assert_null(pkts_mbuf_compose_new(pool, ETH(), VLAN(.id = wide)));
	assert_int_equal(rte_errno, ERANGE);
	rte_pktmbuf_free(payload);
}

static void an_empty_pool_is_an_error(void **state)
{
	struct rte_mbuf *const m = rte_pktmbuf_alloc(pool);

	(void)state;
	for (unsigned left = 0; left < 4; left++) {
		pool_drain(left);
		assert_int_equal(
			pkts_mbuf_compose(m, ETH(), IPV4(), UDP(), RAW(bytes, 8000)), -ENOMEM);
		assert_int_equal(m->nb_segs, 1);
		assert_int_equal(m->pkt_len, 0);
		assert_int_equal(rte_mempool_avail_count(pool), left);
		pool_refill();
	}
	pool_drain(0);
	assert_null(pkts_mbuf_compose_new(pool, ETH()));
	assert_int_equal(rte_errno, ENOMEM);
	pool_refill();
	rte_pktmbuf_free(m);
}

static void frames_of_other_links_say_so(void **state)
{
	struct rte_mbuf *m =
		pkts_mbuf_compose_new(pool, IPV4(.src = A, .dst = B), UDP(), TEXT("x"));
	struct pkts_packet packet;

	(void)state;
	pkts_mbuf_decode(NULL, &m, &packet);
	assert_string_equal(layers_text(&packet), "ipv4:20/udp:8");
	rte_pktmbuf_free(m);
	m = pkts_mbuf_compose_new(pool, SLL(), IPV6(.src = a6, .dst = b6), TCP());
	pkts_mbuf_decode(NULL, &m, &packet);
	assert_string_equal(layers_text(&packet), "sll:16/ipv6:40/tcp:20");
	rte_pktmbuf_free(m);
}

static void layers_of_run_time(void **state)
{
	struct rte_mbuf *const m = rte_pktmbuf_alloc(pool);
	struct pkts_spec specs[20] = {
		{.proto = PKTS_PROTO_ETH},
		{.proto = PKTS_PROTO_IPV4, .ipv4 = {.ttl = 7}},
		{.proto = PKTS_PROTO_UDP},
		{.payload = RAW(bytes, 5000)},
	};
	struct pkts_error err = {""};

	(void)state;
	assert_int_equal(pkts_mbuf_compose_specs(m, specs, 4, &err), 0);
	assert_true(is_right(m));
	rte_pktmbuf_free(m->next);
	m->next = NULL;
	m->nb_segs = 1;
	specs[1].ipv4.ttl = 256;
	assert_int_equal(pkts_mbuf_compose_specs(m, specs, 4, &err), -ERANGE);
	assert_string_equal(err.text, "the value of ipv4.ttl does not fit its field");
	assert_int_equal(pkts_mbuf_compose_specs(m, specs, 20, &err), -EINVAL);
	specs[1].ipv4.ttl = 0;
	m->data_off = (uint16_t)(m->buf_len - 20);
	assert_int_equal(pkts_mbuf_compose_specs(m, specs, 4, &err), -ENOSPC);
	assert_string_equal(err.text, "no room in the mbuf for the ipv4 layer");
	rte_pktmbuf_reset(m);
	rte_pktmbuf_free(m);
}

/* Hardware */

#define OFF PKTS_OFFLOAD
#define V4  IPV4(.src = A, .dst = B)
#define V4_ IPV4(.src = A, .dst = B, .csum = OFF)
#define V6  IPV6(.src = a6, .dst = b6)

/* One stack, once with its checksums, once with some of them left to hardware. */
struct request {
	const char *name;
	const struct pkts_spec *made, *left;
	unsigned n; /* of each */
	uint64_t flags;
	unsigned l2, l3, l4, outer_l2, outer_l3;
};

#define F(x)	   RTE_MBUF_F_TX_##x
#define SPECS(...) ((const struct pkts_spec[]){PKTS_AS_SPECS(__VA_ARGS__)})
#define REQUEST(NAME, MADE, LEFT, FLAGS, ...)                                                      \
	{                                                                                          \
		NAME, SPECS MADE, SPECS LEFT, PKTS_ARRAY_LEN(SPECS MADE), FLAGS, __VA_ARGS__       \
	}

static struct rte_mbuf *compose(const struct request *r, const struct pkts_spec *specs)
{
	struct rte_mbuf *const m = rte_pktmbuf_alloc(pool);

	ROW_INT(r->name, pkts_mbuf_compose_specs(m, specs, r->n, NULL), 0);
	return m;
}

static void check_request(const struct request *r)
{
	struct rte_mbuf *const made = compose(r, r->made), *m = compose(r, r->left);
	const struct bytes wanted = {malloc(made->pkt_len), made->pkt_len};
	struct pkts_packet packet;

	pkts_mbuf_read(made, 0, wanted.n, wanted.p);
	ROW_INT(r->name, m->ol_flags, r->flags);
	if (r->flags) {
		ROW_INT(r->name, m->l2_len, r->l2);
		ROW_INT(r->name, m->l3_len, r->l3);
		ROW_INT(r->name, m->l4_len, r->l4);
		ROW_INT(r->name, m->outer_l2_len, r->outer_l2);
		ROW_INT(r->name, m->outer_l3_len, r->outer_l3);
		ROW_TRUE(r->name, !chain_is(m, wanted));
	}
	ROW_INT(r->name, pkts_mbuf_tx_finish(&m), 0);
	ROW_INT(r->name, m->ol_flags & PKTS_MBUF_TX_CHECKSUMS, 0);
	if (!chain_is(m, wanted))
		fail_msg("%s: not what Compose makes of it", r->name);
	ROW_TRUE(r->name, has_right_checksums(m, &packet));
	free(wanted.p);
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(made);
}

static void what_is_left_to_hardware(void **state)
{
	const struct pkts_payload_spec p = RAW(bytes, 101), large = RAW(bytes, 5001);
	const struct request rows[] = {
		REQUEST("ipv4", (ETH(), V4, p), (ETH(), V4_, p), F(IPV4) | F(IP_CKSUM), 14, 20, 0),
		REQUEST("udp", (ETH(), V4, UDP(), p), (ETH(), V4, UDP(.csum = OFF), p),
			F(IPV4) | F(UDP_CKSUM), 14, 20, 8),
		REQUEST("both", (ETH(), V4, UDP(), p), (ETH(), V4_, UDP(.csum = OFF), p),
			F(IPV4) | F(IP_CKSUM) | F(UDP_CKSUM), 14, 20, 8),
		REQUEST("more segments", (ETH(), V4, UDP(), large),
			(ETH(), V4_, UDP(.csum = OFF), large), F(IPV4) | F(IP_CKSUM) | F(UDP_CKSUM),
			14, 20, 8),
		REQUEST("tcp6", (ETH(), VLAN(.id = 1), V6, TCP(.opts = PKTS_OPTS(1, 1, 1)), p),
			(ETH(), VLAN(.id = 1), V6, TCP(.opts = PKTS_OPTS(1, 1, 1), .csum = OFF), p),
			F(IPV6) | F(TCP_CKSUM), 18, 40, 24),
		REQUEST("extension", (ETH(), V6, HOPOPTS(), UDP(), p),
			(ETH(), V6, HOPOPTS(), UDP(.csum = OFF), p), F(IPV6) | F(UDP_CKSUM), 14, 48,
			8),
		REQUEST("mobility", (ETH(), V6, IPV6_MOBILITY(), UDP(), p),
			(ETH(), V6, IPV6_MOBILITY(), UDP(.csum = OFF), p), F(IPV6) | F(UDP_CKSUM),
			14, 48, 8),
		REQUEST("hip, left too", (ETH(), V6, IPV6_HIP(), UDP(), p),
			(ETH(), V6, IPV6_HIP(.csum = OFF), UDP(.csum = OFF), p),
			F(IPV6) | F(UDP_CKSUM), 14, 80, 8),
		REQUEST("shim6 around a tunnel",
			(ETH(), V6, IPV6_SHIM6(.context_tag = 1), UDP(), VXLAN(), ETH(), V4, TCP(),
				p),
			(ETH(), V6, IPV6_SHIM6(.context_tag = 1), UDP(.csum = OFF), VXLAN(), ETH(),
				V4_, TCP(.csum = OFF), p),
			F(IPV4) | F(IP_CKSUM) | F(TCP_CKSUM) | F(TUNNEL_VXLAN) | F(OUTER_IPV6) |
				F(OUTER_UDP_CKSUM),
			30, 20, 20, 14, 48),
		REQUEST("sctp", (ETH(), V4, SCTP(.vtag = 1), p),
			(ETH(), V4_, SCTP(.vtag = 1, .csum = OFF), p),
			F(IPV4) | F(IP_CKSUM) | F(SCTP_CKSUM), 14, 20, 12),
		REQUEST("icmp", (ETH(), V4, ICMP(.type = 8), p),
			(ETH(), V4, ICMP(.type = 8, .csum = OFF), p), 0, 0),
		REQUEST("inner only",
			(ETH(), V4, UDP(.csum = PKTS_PIN(0)), VXLAN(), ETH(), V4, TCP(), p),
			(ETH(), V4, UDP(.csum = PKTS_PIN(0)), VXLAN(), ETH(), V4_, TCP(.csum = OFF),
				p),
			F(IPV4) | F(IP_CKSUM) | F(TCP_CKSUM), 64, 20, 20),
		REQUEST("vxlan",
			(ETH(), V4, UDP(.csum = PKTS_PIN(0)), VXLAN(), ETH(), V4, TCP(), p),
			(ETH(), V4_, UDP(.csum = PKTS_PIN(0)), VXLAN(), ETH(), V4_,
				TCP(.csum = OFF), p),
			F(IPV4) | F(IP_CKSUM) | F(TCP_CKSUM) | F(TUNNEL_VXLAN) | F(OUTER_IPV4) |
				F(OUTER_IP_CKSUM),
			30, 20, 20, 14, 20),
		REQUEST("vxlan, all", (ETH(), V4, UDP(), VXLAN(), ETH(), V6, TCP(), p),
			(ETH(), V4_, UDP(.csum = OFF), VXLAN(), ETH(), V6, TCP(.csum = OFF), p),
			F(IPV6) | F(TCP_CKSUM) | F(TUNNEL_VXLAN) | F(OUTER_IPV4) |
				F(OUTER_IP_CKSUM) | F(OUTER_UDP_CKSUM),
			30, 40, 20, 14, 20),
		REQUEST("geneve", (ETH(), V6, UDP(), GENEVE(), ETH(), V4, UDP(), p),
			(ETH(), V6, UDP(.csum = OFF), GENEVE(), ETH(), V4_, UDP(.csum = OFF), p),
			F(IPV4) | F(IP_CKSUM) | F(UDP_CKSUM) | F(TUNNEL_GENEVE) | F(OUTER_IPV6) |
				F(OUTER_UDP_CKSUM),
			30, 20, 8, 14, 40),
		REQUEST("gre", (ETH(), V4, GRE(.key = 1), V4, UDP(), p),
			(ETH(), V4_, GRE(.key = 1), V4_, UDP(.csum = OFF), p),
			F(IPV4) | F(IP_CKSUM) | F(UDP_CKSUM) | F(TUNNEL_GRE) | F(OUTER_IPV4) |
				F(OUTER_IP_CKSUM),
			8, 20, 8, 14, 20),
		REQUEST("ipip", (ETH(), V4, V4, UDP(), p), (ETH(), V4_, V4_, UDP(.csum = OFF), p),
			F(IPV4) | F(IP_CKSUM) | F(UDP_CKSUM) | F(TUNNEL_IPIP) | F(OUTER_IPV4) |
				F(OUTER_IP_CKSUM),
			0, 20, 8, 14, 20),
		REQUEST("outer only", (ETH(), V4, UDP(), VXLAN(), ETH(), V4, TCP(), p),
			(ETH(), V4_, UDP(.csum = OFF), VXLAN(), ETH(), V4, TCP(), p),
			F(IPV4) | F(IP_CKSUM) | F(UDP_CKSUM), 14, 20, 8),
		/* Who made the outer one would have to wait for the inner one. */
		REQUEST("inside one that is made", (ETH(), V4, UDP(), VXLAN(), ETH(), V4, TCP(), p),
			(ETH(), V4, UDP(), VXLAN(), ETH(), V4_, TCP(.csum = OFF), p), 0, 0),
		REQUEST("inside gre's", (ETH(), V4, GRE(.has_csum = 1), V4, UDP(), p),
			(ETH(), V4, GRE(.has_csum = 1), V4, UDP(.csum = OFF), p), 0, 0),
		REQUEST("three packets", (ETH(), V4, V4, V4, UDP(), p),
			(ETH(), V4_, V4_, V4_, UDP(.csum = OFF), p),
			F(IPV4) | F(IP_CKSUM) | F(UDP_CKSUM) | F(TUNNEL_IPIP) | F(OUTER_IPV4) |
				F(OUTER_IP_CKSUM),
			0, 20, 8, 34, 20),
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		check_request(&rows[i]);
}

/* Hardware does not decode either. */
static void lengths_count_where_decoding_sees_nothing(void **state)
{
	struct rte_mbuf *m = pkts_mbuf_compose_new(
				pool, ETH(.type = 0x1234), V4_, UDP(.csum = OFF), TEXT("x")),
			*const made = pkts_mbuf_compose_new(
				pool, ETH(.type = 0x1234), V4, UDP(), TEXT("x"));

	(void)state;
	assert_int_equal(pkts_mbuf_tx_finish(&m), 0);
	assert_true(chain_is(m, (struct bytes){rte_pktmbuf_mtod(made, uint8_t *), made->pkt_len}));
	m->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM;
	m->l3_len = 19;
	assert_int_equal(pkts_mbuf_tx_finish(&m), -EINVAL);
	m->l3_len = 60;
	assert_int_equal(pkts_mbuf_tx_finish(&m), -EINVAL);
	m->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_OUTER_UDP_CKSUM;
	m->outer_l2_len = 100;
	assert_int_equal(pkts_mbuf_tx_finish(&m), -EINVAL);
	m->ol_flags = 0;
	assert_int_equal(pkts_mbuf_tx_finish(&m), 0);
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(made);
}

static void what_others_hold_is_not_finished_for_them(void **state)
{
	struct rte_mbuf *const m =
		pkts_mbuf_compose_new(pool, ETH(), V4_, UDP(.csum = OFF), RAW(bytes, 4000));
	struct rte_mbuf *clone = rte_pktmbuf_clone(m, pool);
	const uint8_t *const csum = rte_pktmbuf_mtod_offset(m, const uint8_t *, 14 + 10);

	(void)state;
	clone->ol_flags |= m->ol_flags;
	clone->tx_offload = m->tx_offload;
	assert_int_equal(pkts_mbuf_tx_finish(&clone), 0);
	assert_true(is_right(clone));
	assert_int_equal(pkts_be16(csum), 0);
	rte_pktmbuf_free(clone);
	rte_pktmbuf_free(m);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_teardown(name, pool_is_full)
	const struct CMUnitTest tests[] = {
		CASE(a_frame_that_fits),
		CASE(payload_goes_on_in_more_segments),
		CASE(a_payload_that_is_there_is_not_copied),
		CASE(after_an_error_all_is_as_it_was),
		CASE(an_empty_pool_is_an_error),
		CASE(frames_of_other_links_say_so),
		CASE(layers_of_run_time),
		CASE(what_is_left_to_hardware),
		CASE(lengths_count_where_decoding_sees_nothing),
		CASE(what_others_hold_is_not_finished_for_them),
	};

	fill_bytes();
	return cmocka_run_group_tests(tests, pool_create, NULL);
}
