/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* However a packet is cut into segments, it decodes to the same table. */
#include <stdio.h>
#include <stdlib.h>

#include "pkts_mbuf.h"
#include "pool.h"

/* A frame, flat, and what it decodes to. */
struct flat {
	const struct frame *frame;
	struct bytes b;
	struct pkts_packet packet;
};

static void for_every_frame(void (*fn)(const struct flat *))
{
	for (unsigned i = 0; i < frames_n; i++) {
		struct flat f = {&frames[i], bytes_of(frames[i].hex), {0}};
		f.packet = decode_bytes(f.b, frames[i].link);
		fn(&f);
		free(f.b.p);
	}
}

/* Takes m over. */
static void decodes_like(const struct flat *f, struct rte_mbuf *m)
{
	struct pkts_packet packet;

	chain_meta(m, f->frame->link, f->b.n);
	pkts_mbuf_decode(NULL, &m, &packet);
	ROW_TRUE(f->frame->name, packets_equal(&packet, &f->packet));
	ROW_TRUE(f->frame->name, packet.data == rte_pktmbuf_mtod(m, uint8_t *));
	ROW_TRUE(f->frame->name, chain_is(m, f->b));
	if (packet.n) {
		const struct pkts_layer last = packet.layers[packet.n - 1];
		ROW_TRUE(f->frame->name, (uint32_t)last.off + last.head <= m->data_len);
	}
	rte_pktmbuf_free(m);
}

static void one_segment(const struct flat *f)
{
	decodes_like(f, chain_of(pool, f->b, UINT16_MAX));
}

static void every_two(const struct flat *f)
{
	for (uint32_t a = 0; a <= f->b.n; a++)
		decodes_like(f, chain_cut(pool, f->b, a, f->b.n));
}

static void every_three(const struct flat *f)
{
	for (uint32_t a = 1; a < f->b.n; a++)
		for (uint32_t c = 1; a + c < f->b.n; c++)
			decodes_like(f, chain_cut(pool, f->b, a, c));
}

static void bytes_alone(const struct flat *f)
{
	for (uint32_t each = 1; each <= 3; each++)
		decodes_like(f, chain_of(pool, f->b, each));
}

static void in_one_segment(void **state)
{
	(void)state;
	for_every_frame(one_segment);
}

static void in_two_segments(void **state)
{
	(void)state;
	for_every_frame(every_two);
}

static void in_three_segments(void **state)
{
	(void)state;
	for_every_frame(every_three);
}

static void in_segments_of_single_bytes(void **state)
{
	(void)state;
	for_every_frame(bytes_alone);
}

/* Cut by the capture at every byte, and in single bytes at that: as flat. */
static void cut_and_alone(const struct flat *f)
{
	for (uint32_t n = 0; n <= f->b.n; n++) {
		const struct bytes b = bytes_first(f->b, n);
		const struct pkts_frame frame = {b.p, n, n, f->b.n, f->frame->link};
		struct rte_mbuf *m = chain_of(pool, b, 1);
		struct pkts_packet flat, packet;
		char name[80];
		snprintf(name, sizeof(name), "%s, %u bytes", f->frame->name, n);
		pkts_decode(NULL, &frame, &flat);
		chain_meta(m, f->frame->link, f->b.n);
		pkts_mbuf_decode(NULL, &m, &packet);
		ROW_TRUE(name, packets_equal(&packet, &flat));
		ROW_TRUE(name, chain_is(m, b));
		rte_pktmbuf_free(m);
		free(b.p);
	}
}

static void truncated_at_every_byte(void **state)
{
	(void)state;
	for_every_frame(cut_and_alone);
}

/* Payload stays where it is: nothing is copied that is no header. */
static void payload_stays_in_its_segment(void **state)
{
	const struct bytes b = bytes_of(frame_named("tcp4")->hex);
	struct rte_mbuf *m = chain_cut(pool, b, 20, 35);
	const uint8_t *const payload = rte_pktmbuf_mtod_offset(m->next, uint8_t *, 34);
	struct pkts_packet packet;

	(void)state;
	pkts_mbuf_decode(NULL, &m, &packet);
	assert_int_equal(m->data_len, 54);
	assert_int_equal(m->nb_segs, 3);
	assert_ptr_equal(rte_pktmbuf_mtod(m->next, uint8_t *), payload);
	rte_pktmbuf_free(m);
	free(b.p);
}

static void without_metadata_it_is_ethernet_and_whole(void **state)
{
	const struct frame *const f = frame_named("udp4");
	const struct bytes b = bytes_of(f->hex);
	struct rte_mbuf *m = chain_of(pool, b, 4);
	struct pkts_packet packet;

	(void)state;
	assert_int_equal(pkts_mbuf_meta(m).link, 1);
	assert_int_equal(pkts_mbuf_meta(m).wire_len, b.n);
	assert_int_equal(pkts_mbuf_timestamp(m), 0);
	pkts_mbuf_decode(NULL, &m, &packet);
	assert_string_equal(layers_text(&packet), f->layers);
	assert_string_equal(verdict_text(&packet), "ok");
	rte_pktmbuf_free(m);
	free(b.p);
}

static void metadata_is_kept_apart(void **state)
{
	struct rte_mbuf *const m = rte_pktmbuf_alloc(pool);

	(void)state;
	pkts_mbuf_set_timestamp(m, UINT64_MAX);
	assert_int_equal(pkts_mbuf_meta(m).link, 1);
	pkts_mbuf_set_meta(
		m, (struct pkts_mbuf_meta){.wire_len = 70000, .link = 276, .interface = 3});
	assert_int_equal(pkts_mbuf_meta(m).wire_len, 70000);
	assert_int_equal(pkts_mbuf_meta(m).link, 276);
	assert_int_equal(pkts_mbuf_meta(m).interface, 3);
	assert_int_equal(pkts_mbuf_timestamp(m), UINT64_MAX);
	assert_int_equal(pkts_mbuf_init(NULL), 0);
	assert_int_equal(pkts_mbuf_meta(m).interface, 3);
	rte_pktmbuf_free(m);
}

/* The pool has run dry where a new first segment was needed: the packet says CUT and is as it was.
 */
static void an_empty_pool(void **state)
{
	const struct bytes b = bytes_of(frame_named("tcp4")->hex);
	struct rte_mbuf *m = chain_of(pool, b, 20), *const shared = m;
	struct pkts_packet packet;

	(void)state;
	rte_mbuf_refcnt_update(m, 1);
	pool_drain(0);
	pkts_mbuf_decode(NULL, &m, &packet);
	pool_refill();
	assert_ptr_equal(m, shared);
	assert_true(chain_is(m, b));
	assert_string_equal(layers_text(&packet), "eth:14");
	assert_string_equal(verdict_text(&packet), "bad, fatal cut ipv4@14");
	rte_mbuf_refcnt_update(m, -1);
	rte_pktmbuf_free(m);
	free(b.p);
}

/* Headers that are longer than a buffer: two of 2,048 bytes. */
static void more_headers_than_a_buffer_holds(void **state)
{
	const struct bytes head = bytes_of("60000000 1008 3c 40 20010db8000100000000000000000001 "
					   "20010db8000200000000000000000002");
	const struct bytes b = {calloc(1, 40 + 4104), 40 + 4104};
	struct pkts_packet packet;

	(void)state;
	memcpy(b.p, head.p, head.n);
	memcpy(b.p + 40, "\x3c\xff", 2);
	memcpy(b.p + 40 + 2048, "\x11\xff", 2);
	struct rte_mbuf *m = chain_of(pool, b, 500);
	chain_meta(m, 229, b.n);
	pkts_mbuf_decode(NULL, &m, &packet);
	assert_string_equal(layers_text(&packet), "ipv6:40/ipv6_dstopts:2048");
	assert_int_equal(packet.stop, PKTS_REASON_CUT);
	assert_int_equal(packet.layers[2].off, 2088);
	assert_true(chain_is(m, b));
	rte_pktmbuf_free(m);
	free(head.p);
	free(b.p);
}

static void a_burst_is_each_of_its_packets(void **state)
{
	struct rte_mbuf *m[40];
	struct pkts_packet packets[40], want[40];
	struct bytes b[40];

	(void)state;
	for (unsigned n = 0; n <= PKTS_ARRAY_LEN(m); n += 5) {
		for (unsigned i = 0; i < n; i++) {
			b[i] = bytes_of(frames[i].hex);
			want[i] = decode_bytes(b[i], frames[i].link);
			m[i] = chain_cut(pool, b[i], 15 + i, 20);
			chain_meta(m[i], frames[i].link, b[i].n);
		}
		pkts_mbuf_decode_burst(NULL, m, packets, n);
		for (unsigned i = 0; i < n; i++) {
			ROW_TRUE(frames[i].name, packets_equal(&packets[i], &want[i]));
			ROW_TRUE(frames[i].name, chain_is(m[i], b[i]));
			rte_pktmbuf_free(m[i]);
			free(b[i].p);
		}
	}
}

/* The decoder is asked each time: at first, after a pull-up, and in bursts. */
static void the_decoder_counts(void **state)
{
	const struct pkts_decoder d = {.no_quotes = true};
	const struct bytes b = bytes_of(frame_named("icmp unreachable")->hex);
	struct rte_mbuf *m[] = {chain_of(pool, b, 200), chain_of(pool, b, 5),
		chain_of(pool, b, 200), chain_of(pool, b, 5)};
	struct pkts_packet packets[4];

	(void)state;
	pkts_mbuf_decode(&d, &m[0], &packets[0]);
	pkts_mbuf_decode(&d, &m[1], &packets[1]);
	pkts_mbuf_decode_burst(&d, m + 2, packets + 2, 2);
	for (unsigned i = 0; i < 4; i++) {
		assert_string_equal(layers_text(&packets[i]), "eth:14/ipv4:20/icmp:8");
		rte_pktmbuf_free(m[i]);
	}
	free(b.p);
}

/* Segments of single bytes: pulled up as far as there is something to pull. */
static void options_that_were_cut(void **state)
{
	const struct pkts_decoder d = {.cut_options = true};
	const struct bytes b = bytes_of(frame_named("tcp4 with timestamps")->hex);

	(void)state;
	for (uint32_t n = 50; n < 66; n++) {
		const struct pkts_frame f = {b.p, n, n, b.n, 1};
		struct rte_mbuf *m = chain_of(pool, (struct bytes){b.p, n}, 1);
		struct pkts_packet packet, want;
		chain_meta(m, 1, b.n);
		pkts_decode(&d, &f, &want);
		pkts_mbuf_decode(&d, &m, &packet);
		assert_int_equal(want.n, n < 54 ? 2 : 3);
		assert_true(packets_equal(&packet, &want));
		rte_pktmbuf_free(m);
	}
	free(b.p);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, pool_is_full, pool_is_full)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(in_one_segment),
		CASE(in_two_segments),
		CASE(in_three_segments),
		CASE(in_segments_of_single_bytes),
		CASE(truncated_at_every_byte),
		CASE(payload_stays_in_its_segment),
		CASE(without_metadata_it_is_ethernet_and_whole),
		CASE(metadata_is_kept_apart),
		CASE(an_empty_pool),
		CASE(more_headers_than_a_buffer_holds),
		CASE(the_decoder_counts),
		CASE(options_that_were_cut),
		CASE(a_burst_is_each_of_its_packets),
	};
	return cmocka_run_group_tests(tests, pool_create, NULL);
}
