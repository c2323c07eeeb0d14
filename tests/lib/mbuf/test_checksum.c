/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Checksums of packets in segments, and what the NIC said of them. */
#include "pkts_checksum.h"

#include <stdlib.h>

#include "pkts_mbuf.h"
#include "pool.h"

/* Takes m over. */
static void sums_like(const struct frame *f, struct rte_mbuf *m, uint32_t wire)
{
	struct pkts_packet packet;

	chain_meta(m, f->link, wire);
	pkts_mbuf_decode(NULL, &m, &packet);
	for (unsigned i = 0; i < packet.n; i++)
		ROW_INT(f->name, "-gbau"[pkts_mbuf_checksum(m, &packet, i)], f -> checksums[i]);
	rte_pktmbuf_free(m);
}

static void over_segments_of_every_size(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes b = bytes_of(frames[i].hex);
		for (uint32_t each = 1; each <= b.n; each++)
			sums_like(&frames[i], chain_of(pool, b, each), b.n);
		free(b.p);
	}
}

static void over_every_split_in_two(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes b = bytes_of(frames[i].hex);
		for (uint32_t a = 1; a < b.n; a++)
			sums_like(&frames[i], chain_cut(pool, b, a, b.n), b.n);
		free(b.p);
	}
}

static void a_flipped_bit_in_the_last_segment(void **state)
{
	const struct bytes b = bytes_of(frame_named("sctp")->hex);
	struct rte_mbuf *m = chain_of(pool, b, 30);
	struct pkts_packet packet;

	(void)state;
	rte_pktmbuf_mtod(rte_pktmbuf_lastseg(m), uint8_t *)[0] ^= 1;
	pkts_mbuf_decode(NULL, &m, &packet);
	assert_int_equal(pkts_mbuf_checksum(m, &packet, 1), PKTS_CHECKSUM_GOOD);
	assert_int_equal(pkts_mbuf_checksum(m, &packet, 2), PKTS_CHECKSUM_BAD);
	rte_pktmbuf_free(m);
	free(b.p);
}

/* Letters as in struct frame, with 'b' bad. Where the frame's own are given, the NIC was not asked.
 */
static void the_word_of_the_nic(void **state)
{
	static const uint64_t ip_good = RTE_MBUF_F_RX_IP_CKSUM_GOOD,
			      ip_bad = RTE_MBUF_F_RX_IP_CKSUM_BAD;
	static const uint64_t ip_none = RTE_MBUF_F_RX_IP_CKSUM_NONE,
			      l4_none = RTE_MBUF_F_RX_L4_CKSUM_NONE;
	static const uint64_t l4_good = RTE_MBUF_F_RX_L4_CKSUM_GOOD,
			      l4_bad = RTE_MBUF_F_RX_L4_CKSUM_BAD;
	const struct {
		const char *frame;
		uint64_t flags;
		bool spoil; /* the sums in the packet */
		const char *checksums;
	} rows[] = {
		{"tcp4", 0, false, "-gg"},
		{"tcp4", 0, true, "-bb"},
		{"tcp4", ip_bad | l4_bad, false, "-bb"},
		{"tcp4", ip_good | l4_good, true, "-gg"},
		{"tcp4", ip_good, true, "-gb"},
		{"tcp4", l4_good, true, "-bg"},
		{"tcp4", l4_bad, false, "-gb"},
		{"tcp4", ip_bad, false, "-bg"},
		{"tcp4", ip_none, true, "-bb"},
		{"tcp4", ip_none, false, "-gg"},
		{"tcp4", l4_none, true, "-ba"},
		{"udp4", l4_good, true, "-bg"},
		{"sctp", l4_good, true, "-bg"},
		{"tcp6", l4_good, true, "--g"},
		{"vlan", ip_bad | l4_bad, false, "--bb"},
		{"icmp echo", l4_bad, false, "-gg"}, /* no NIC means ICMP */
		{"udplite", l4_bad, false, "-gg"},
		{"ipv4 first fragment", l4_good, false, "-gu"}, /* it cannot know */
		{"icmp unreachable", ip_bad | l4_bad, false, "-gggg"},
		{"vxlan", l4_bad, false, "-ga--gg"}, /* which of the two does it mean? */
		{"ipv4 in ipv4", l4_bad, false, "-ggg"},
	};

	(void)state;
	for (unsigned i = 0; i < RTE_DIM(rows); i++) {
		const struct frame *const f = frame_named(rows[i].frame);
		const struct bytes b = bytes_of(f->hex);
		struct rte_mbuf *m = chain_of(pool, b, 64);
		struct pkts_packet packet;
		m->ol_flags |= rows[i].flags;
		pkts_mbuf_decode(NULL, &m, &packet);
		if (rows[i].spoil) {
			packet.data[packet.layers[1].off + 8] ^= 1;
			packet.data[packet.layers[2].off] ^= 1;
		}
		for (unsigned k = 0; k < packet.n; k++)
			ROW_INT(f->name, "-gbau"[pkts_mbuf_checksum(m, &packet, k)],
				rows[i].checksums[k]);
		rte_pktmbuf_free(m);
		free(b.p);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, pool_is_full, pool_is_full)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(over_segments_of_every_size),
		CASE(over_every_split_in_two),
		CASE(a_flipped_bit_in_the_last_segment),
		CASE(the_word_of_the_nic),
	};
	return cmocka_run_group_tests(tests, pool_create, NULL);
}
