/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Making the front of a packet contiguous, whoever owns its first segment; reading across segments.
 */
#include <errno.h>
#include <stdlib.h>

#include "pkts_mbuf.h"
#include "pool.h"

static struct bytes numbered(uint32_t n)
{
	const struct bytes b = {malloc(n), n};

	for (uint32_t i = 0; i < n; i++)
		b.p[i] = (uint8_t)(i * 7 + i / 251);
	return b;
}

static void every_length_out_of_every_cut(void **state)
{
	const struct bytes b = numbered(24);

	(void)state;
	for (uint32_t a = 1; a <= b.n; a++)
		for (uint32_t c = 1; c <= b.n; c++)
			for (uint32_t n = 0; n <= b.n; n++) {
				struct rte_mbuf *m = chain_cut(pool, b, a, c), *const was = m;
				const uint32_t had = m->data_len;
				assert_int_equal(pkts_mbuf_pull(&m, n), 0);
				assert_ptr_equal(m, was);
				assert_int_equal(m->data_len, RTE_MAX(n, had));
				assert_true(chain_is(m, b));
				rte_pktmbuf_free(m);
			}
	free(b.p);
}

static void no_segment_is_left_empty(void **state)
{
	const struct bytes b = numbered(30);
	struct rte_mbuf *m = chain_of(pool, b, 1);

	(void)state;
	assert_int_equal(pkts_mbuf_pull(&m, 10), 0);
	assert_int_equal(m->nb_segs, 21);
	assert_int_equal(pkts_mbuf_pull(&m, 30), 0);
	assert_int_equal(m->nb_segs, 1);
	assert_null(m->next);
	rte_pktmbuf_free(m);
	free(b.p);
}

static void segments_without_bytes_are_passed(void **state)
{
	const struct bytes b = numbered(10), half = bytes_first(b, 5), rest = {b.p + 5, 5};
	struct rte_mbuf *m = chain_of(pool, half, 5);

	(void)state;
	rte_pktmbuf_chain(m, rte_pktmbuf_alloc(pool));
	rte_pktmbuf_chain(m, chain_of(pool, rest, 5));
	assert_int_equal(m->nb_segs, 3);
	assert_int_equal(pkts_mbuf_pull(&m, 7), 0);
	assert_int_equal(m->nb_segs, 2);
	assert_true(chain_is(m, b));
	rte_pktmbuf_free(m);
	free(half.p);
	free(b.p);
}

static void more_than_the_packet_has(void **state)
{
	const struct bytes b = numbered(20);
	struct rte_mbuf *m = chain_of(pool, b, 6);

	(void)state;
	assert_int_equal(pkts_mbuf_pull(&m, 21), -EINVAL);
	assert_int_equal(m->data_len, 6);
	assert_true(chain_is(m, b));
	rte_pktmbuf_free(m);
	free(b.p);
}

/* Neither tailroom nor headroom alone is enough: the bytes slide to the front of the buffer. */
static void without_tailroom_headroom_is_used(void **state)
{
	const struct bytes b = numbered(300);
	struct rte_mbuf *m = chain_of(pool, b, 100);

	(void)state;
	m->data_off = (uint16_t)(m->buf_len - 100);
	memcpy(rte_pktmbuf_mtod(m, void *), b.p, 100);
	assert_int_equal(rte_pktmbuf_tailroom(m), 0);
	assert_int_equal(pkts_mbuf_pull(&m, 250), 0);
	assert_int_equal(m->data_len, 250);
	assert_int_equal(m->data_off, 0);
	assert_true(chain_is(m, b));
	rte_pktmbuf_free(m);
	free(b.p);
}

static void the_last_byte_of_the_buffer_is_used(void **state)
{
	const struct bytes b = numbered(4000);
	struct rte_mbuf *m = chain_of(pool, b, 2000);
	const uint16_t room = m->buf_len;

	(void)state;
	assert_int_equal(pkts_mbuf_pull(&m, room), 0);
	assert_int_equal(m->data_len, room);
	assert_true(chain_is(m, b));
	rte_pktmbuf_free(m);
	free(b.p);
}

static void more_than_any_buffer_has(void **state)
{
	const struct bytes b = numbered(4000);
	struct rte_mbuf *m = chain_of(pool, b, 2000), *const was = m;

	(void)state;
	assert_int_equal(pkts_mbuf_pull(&m, m->buf_len + 1u), -EINVAL);
	assert_ptr_equal(m, was);
	assert_int_equal(m->data_len, 2000);
	assert_true(chain_is(m, b));
	rte_pktmbuf_free(m);
	free(b.p);
}

/* Everything known of a packet goes with its new first segment. */
static void dress(struct rte_mbuf *m)
{
	m->port = 5;
	m->vlan_tci = 100;
	m->vlan_tci_outer = 200;
	m->packet_type = 0x123;
	m->hash.rss = 0xabcdef01;
	m->tx_offload = 0x55;
	m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_RSS_HASH | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	pkts_mbuf_set_timestamp(m, 1234567);
	chain_meta(m, 113, 5000);
}

static void is_dressed(const struct rte_mbuf *m)
{
	const uint64_t known =
		RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_RSS_HASH | RTE_MBUF_F_RX_L4_CKSUM_GOOD;

	assert_int_equal(m->port, 5);
	assert_int_equal(m->vlan_tci, 100);
	assert_int_equal(m->vlan_tci_outer, 200);
	assert_int_equal(m->packet_type, 0x123);
	assert_int_equal(m->hash.rss, 0xabcdef01);
	assert_int_equal(m->tx_offload, 0x55);
	assert_int_equal(m->ol_flags & known, known);
	assert_int_equal(pkts_mbuf_timestamp(m), 1234567);
	assert_int_equal(pkts_mbuf_meta(m).wire_len, 5000);
	assert_int_equal(pkts_mbuf_meta(m).link, 113);
}

static void a_clone_gets_a_segment_of_its_own(void **state)
{
	const struct bytes b = numbered(60);
	struct rte_mbuf *const original = chain_of(pool, b, 20);

	(void)state;
	dress(original);
	for (uint32_t n = 21; n <= 60; n++) {
		struct rte_mbuf *clone = rte_pktmbuf_clone(original, pool), *const was = clone;
		assert_int_equal(pkts_mbuf_pull(&clone, n), 0);
		assert_ptr_not_equal(clone, was);
		assert_true(RTE_MBUF_DIRECT(clone));
		assert_int_equal(clone->data_len, n);
		assert_true(chain_is(clone, b));
		is_dressed(clone);
		assert_true(chain_is(original, b));
		assert_int_equal(original->data_len, 20);
		rte_pktmbuf_free(clone);
	}
	rte_pktmbuf_free(original);
	free(b.p);
}

/* The original of a clone is read by two, too: nothing of it may be written to. */
static void the_original_of_a_clone(void **state)
{
	const struct bytes b = numbered(60);

	(void)state;
	for (uint32_t n = 21; n <= 60; n++) {
		struct rte_mbuf *original = chain_of(pool, b, 20);
		struct rte_mbuf *const clone = rte_pktmbuf_clone(original, pool);
		dress(original);
		assert_int_equal(pkts_mbuf_pull(&original, n), 0);
		assert_true(chain_is(original, b));
		assert_true(chain_is(clone, b));
		is_dressed(original);
		rte_pktmbuf_free(original);
		assert_true(chain_is(clone, b));
		rte_pktmbuf_free(clone);
	}
	free(b.p);
}

/* Two holders of one packet: what the other one sees does not change. */
static void a_packet_that_another_holds(void **state)
{
	const struct bytes b = numbered(60);

	(void)state;
	for (uint32_t n = 21; n <= 60; n++) {
		struct rte_mbuf *mine = chain_of(pool, b, 20), *const other = mine;
		rte_pktmbuf_refcnt_update(mine, 1);
		assert_int_equal(pkts_mbuf_pull(&mine, n), 0);
		assert_ptr_not_equal(mine, other);
		assert_int_equal(mine->data_len, n);
		assert_true(chain_is(mine, b));
		assert_int_equal(other->data_len, 20);
		assert_true(chain_is(other, b));
		rte_pktmbuf_free(mine);
		assert_true(chain_is(other, b));
		rte_pktmbuf_free(other);
	}
	free(b.p);
}

/* From the second pull on the first segment is ours, and those behind it are not. */
static void segments_that_another_holds(void **state)
{
	const struct bytes b = numbered(60);

	(void)state;
	for (uint32_t n = 21; n < 60; n++)
		for (uint32_t more = n + 1; more <= 60; more++) {
			struct rte_mbuf *mine = chain_of(pool, b, 20), *const other = mine;
			rte_pktmbuf_refcnt_update(mine, 1);
			assert_int_equal(pkts_mbuf_pull(&mine, n), 0);
			assert_int_equal(pkts_mbuf_pull(&mine, more), 0);
			assert_true(chain_is(mine, b));
			assert_true(chain_is(other, b));
			rte_pktmbuf_free(other);
			assert_true(chain_is(mine, b));
			rte_pktmbuf_free(mine);
		}
	free(b.p);
}

/* One mbuf is left where two are needed. */
static void a_pool_that_runs_dry_half_way(void **state)
{
	const struct bytes b = numbered(60);
	struct rte_mbuf *mine = chain_of(pool, b, 20), *const other = mine;

	(void)state;
	rte_pktmbuf_refcnt_update(mine, 1);
	pool_drain(1);
	assert_int_equal(pkts_mbuf_pull(&mine, 30), -ENOMEM);
	assert_int_equal(rte_mempool_avail_count(pool), 1);
	assert_ptr_equal(mine, other);
	assert_true(chain_is(mine, b));
	assert_int_equal(pkts_mbuf_pull(&mine, 40), 0); /* up to a segment's end one does */
	pool_refill();
	assert_true(chain_is(mine, b));
	rte_pktmbuf_free(mine);
	assert_true(chain_is(other, b));
	rte_pktmbuf_free(other);
	free(b.p);
}

static unsigned freed;

static void free_external(void *addr, void *ctx)
{
	(void)ctx;
	freed++;
	free(addr);
}

/* An external buffer belongs to somebody else, even if no one else holds it. */
static void an_external_buffer(void **state)
{
	const struct bytes b = numbered(40), rest = {b.p + 20, 20};
	uint16_t room = 512;
	uint8_t *const external = malloc(room);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	(void)state;
	memcpy(external, b.p, 20);
	memset(external + 20, 0xee, 20);
	struct rte_mbuf_ext_shared_info *const info =
		rte_pktmbuf_ext_shinfo_init_helper(external, &room, free_external, NULL);
	rte_pktmbuf_attach_extbuf(m, external, RTE_BAD_IOVA, room, info);
	m->data_len = 20;
	m->pkt_len = 20;
	rte_pktmbuf_chain(m, chain_of(pool, rest, 20));
	dress(m);
	freed = 0;
	assert_int_equal(pkts_mbuf_pull(&m, 30), 0);
	assert_true(RTE_MBUF_DIRECT(m));
	assert_true(chain_is(m, b));
	is_dressed(m);
	assert_int_equal(freed, 1);
	rte_pktmbuf_free(m);
	assert_int_equal(freed, 1);
	free(b.p);
}

static void an_empty_pool_leaves_the_packet_alone(void **state)
{
	const struct bytes b = numbered(60);
	struct rte_mbuf *const original = chain_of(pool, b, 20);
	struct rte_mbuf *clone = rte_pktmbuf_clone(original, pool), *const was = clone;

	(void)state;
	pool_drain(0);
	assert_int_equal(pkts_mbuf_pull(&clone, 30), -ENOMEM);
	pool_refill();
	assert_ptr_equal(clone, was);
	assert_true(chain_is(clone, b));
	assert_true(chain_is(original, b));
	rte_pktmbuf_free(clone);
	rte_pktmbuf_free(original);
	free(b.p);
}

static void reading_across_segments(void **state)
{
	const struct bytes b = numbered(40);
	struct rte_mbuf *const chains[] = {chain_of(pool, b, 40), chain_of(pool, b, 1),
		chain_of(pool, b, 7), chain_cut(pool, b, 13, 14)};

	(void)state;
	for (unsigned i = 0; i < RTE_DIM(chains); i++) {
		for (uint32_t off = 0; off <= 40; off++)
			for (uint32_t n = 0; n <= 40 - off; n++) {
				uint8_t *const to = malloc(n);
				assert_true(pkts_mbuf_read(chains[i], off, n, to));
				if (n)
					assert_memory_equal(to, b.p + off, n);
				free(to);
			}
		rte_pktmbuf_free(chains[i]);
	}
	free(b.p);
}

static void reading_beyond_the_end(void **state)
{
	static const uint32_t rows[][2] = {{0, 41}, {40, 1}, {41, 0}, {1, 40}, {UINT32_MAX, 1},
		{1, UINT32_MAX}, {UINT32_MAX, UINT32_MAX}, {20, UINT32_MAX - 10}};
	const struct bytes b = numbered(40);
	struct rte_mbuf *const m = chain_of(pool, b, 7);
	uint8_t to[64];

	(void)state;
	memset(to, 0xcc, sizeof(to));
	for (unsigned i = 0; i < RTE_DIM(rows); i++)
		assert_false(pkts_mbuf_read(m, rows[i][0], rows[i][1], to));
	for (unsigned i = 0; i < sizeof(to); i++)
		assert_int_equal(to[i], 0xcc);
	rte_pktmbuf_free(m);
	free(b.p);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, pool_is_full, pool_is_full)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_length_out_of_every_cut),
		CASE(no_segment_is_left_empty),
		CASE(segments_without_bytes_are_passed),
		CASE(more_than_the_packet_has),
		CASE(without_tailroom_headroom_is_used),
		CASE(the_last_byte_of_the_buffer_is_used),
		CASE(more_than_any_buffer_has),
		CASE(a_clone_gets_a_segment_of_its_own),
		CASE(the_original_of_a_clone),
		CASE(a_packet_that_another_holds),
		CASE(segments_that_another_holds),
		CASE(a_pool_that_runs_dry_half_way),
		CASE(an_external_buffer),
		CASE(an_empty_pool_leaves_the_packet_alone),
		CASE(reading_across_segments),
		CASE(reading_beyond_the_end),
	};
	return cmocka_run_group_tests(tests, pool_create, NULL);
}
