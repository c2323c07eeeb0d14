/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Virtual reassembly: who gets which ports, in which order, and who holds what. */
#include "fragments.h"
#include "pkts_ip_protocol.h"
#include "row.h"

static struct fixture x;
static struct made m;

static enum pkts_ipfrag_verdict stamp_made(struct pkts_stamp *stamp)
{
	struct buffer *const b = buffer_new(&x, &m);
	const enum pkts_ipfrag_verdict v = pkts_ipfrag_stamp(
		x.f, &b->packet, b->layer < 0 ? 0 : (unsigned)b->layer, &b->piece, x.now, stamp);
	x.last_payload = b->piece.p;
	buffer_unref(b);
	return v;
}

/* A first fragment of UDP from sport, or a later one of 8 bytes. */
static enum pkts_ipfrag_verdict put(
	unsigned family, uint32_t id, uint32_t off, uint16_t sport, struct pkts_stamp *stamp)
{
	const uint8_t head[8] = {(uint8_t)(sport >> 8), (uint8_t)sport, 0, 53, 0, 64};
	struct piece_spec s = {.family = (uint8_t)family,
		.id = id,
		.off = off,
		.len = 8,
		.protocol = 17,
		.data = off ? NULL : head};

	made_piece(&m, &s);
	return stamp_made(stamp);
}

static bool stamped(const struct pkts_stamp *s, uint16_t sport)
{
	return s->has_ports && s->protocol == 17 && s->sport == sport && s->dport == 53;
}

static bool take(struct pkts_stamped *s)
{
	if (!pkts_ipfrag_get_stamped(x.f, s))
		return false;
	x.releases++; /* it is ours now */
	buffer_unref(s->piece.owner);
	return true;
}

static void later_ones_wait_for_the_first(void **state)
{
	struct pkts_stamp stamp;
	struct pkts_stamped s;
	const uint8_t *waiting[2];

	(void)state;
	for (unsigned family = 4; family <= 6; family += 2) {
		fixture_begin(&x, (struct pkts_ipfrag_conf){.virtual_mode = true});
		for (unsigned i = 0; i < 2; i++) {
			assert_int_equal(put(family, 1, 8 + i * 8, 0, &stamp), PKTS_IPFRAG_HELD);
			assert_false(stamp.has_ports);
			waiting[i] = x.last_payload;
		}
		assert_false(pkts_ipfrag_get_stamped(x.f, &s));
		assert_int_equal(put(family, 1, 0, 1000, &stamp), PKTS_IPFRAG_READY);
		assert_true(stamped(&stamp, 1000));
		for (unsigned i = 0; i < 2; i++) {
			assert_true(pkts_ipfrag_get_stamped(x.f, &s));
			assert_ptr_equal(s.piece.p, waiting[i]);
			assert_int_equal(s.piece.len, 8);
			assert_int_equal(s.header.len, family == 4 ? 20 : 48);
			assert_true(stamped(&s.stamp, 1000));
			x.releases++;
			buffer_unref(s.piece.owner);
		}
		assert_false(take(&s));
		assert_int_equal(put(family, 1, 24, 0, &stamp), PKTS_IPFRAG_READY);
		assert_true(stamped(&stamp, 1000));
		assert_int_equal(x.buffers, 0);
		assert_true(fixture_end(&x));
	}
}

static void another_first_one_replaces_the_ports(void **state)
{
	struct pkts_stamp stamp;

	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){.virtual_mode = true});
	put(4, 1, 0, 1000, &stamp);
	put(4, 1, 0, 1000, &stamp);
	assert_int_equal(pkts_ipfrag_events(x.f), 0);
	put(4, 1, 0, 2000, &stamp);
	assert_int_equal(pkts_ipfrag_events(x.f), UINT64_C(1) << PKTS_SEQ_CONFLICT);
	assert_true(stamped(&stamp, 2000));
	put(4, 1, 8, 0, &stamp);
	assert_true(stamped(&stamp, 2000));
	assert_true(fixture_end(&x));
}

static void nothing_is_rebuilt(void **state)
{
	struct pkts_stamp stamp;
	struct pkts_datagram d;

	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){.virtual_mode = true});
	struct piece_spec s = {.len = 8};
	assert_int_equal(fixture_piece(&x, s), PKTS_IPFRAG_PASS);
	put(4, 1, 0, 1000, &stamp);
	assert_false(pkts_ipfrag_get(x.f, &d));
	s.last = true;
	made_piece(&m, &s);
	assert_int_equal(stamp_made(&stamp), PKTS_IPFRAG_PASS);
	assert_true(fixture_end(&x));

	fixture_begin(&x, (struct pkts_ipfrag_conf){0});
	assert_int_equal(put(4, 1, 0, 1000, &stamp), PKTS_IPFRAG_PASS);
	assert_true(fixture_end(&x));
}

static void protocols_without_ports(void **state)
{
	struct piece_spec s = {.len = 8, .protocol = 1};
	struct pkts_stamp stamp;

	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){.virtual_mode = true});
	made_piece(&m, &s);
	assert_int_equal(stamp_made(&stamp), PKTS_IPFRAG_READY);
	assert_true(stamp.protocol == 1 && !stamp.has_ports);
	/* behind an extension header of 8 bytes */
	static const uint8_t chain[16] = {17, 0, 1, 4, [8] = 0x12, 0x34, 0x56, 0x78};
	s = (struct piece_spec){.family = 6, .len = 16, .protocol = 60, .data = chain};
	made_piece(&m, &s);
	assert_int_equal(stamp_made(&stamp), PKTS_IPFRAG_READY);
	assert_true(stamp.protocol == 17 && stamp.sport == 0x1234 && stamp.dport == 0x5678);
	assert_true(fixture_end(&x));
}

static void the_one_unused_for_longest_goes(void **state)
{
	struct pkts_stamp stamp;

	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){.virtual_mode = true, .max_datagrams = 2});
	put(4, 1, 0, 1001, &stamp);
	x.now++;
	put(4, 2, 0, 1002, &stamp);
	x.now++;
	put(4, 1, 8, 0, &stamp); /* used */
	x.now++;
	put(4, 3, 0, 1003, &stamp);
	assert_int_equal(pkts_ipfrag_events(x.f), UINT64_C(1) << PKTS_SEQ_EVICTED);
	x.now++;
	assert_int_equal(put(4, 1, 16, 0, &stamp), PKTS_IPFRAG_READY);
	assert_true(stamped(&stamp, 1001));
	assert_int_equal(put(4, 2, 8, 0, &stamp), PKTS_IPFRAG_HELD);
	assert_true(fixture_end(&x));
}

static void time_and_limits(void **state)
{
	struct pkts_stamp stamp;
	struct pkts_stamped s;

	(void)state;
	fixture_begin(
		&x, (struct pkts_ipfrag_conf){
			    .virtual_mode = true, .timeout_ns = 100, .max_fragments_each = 3});
	for (uint32_t i = 1; i <= 3; i++)
		assert_int_equal(put(4, 1, i * 8, 0, &stamp), PKTS_IPFRAG_HELD);
	assert_int_equal(put(4, 1, 40, 0, &stamp), PKTS_IPFRAG_DROPPED);
	assert_int_equal(pkts_ipfrag_events(x.f), UINT64_C(1) << PKTS_SEQ_LIMIT_PIECES);
	put(4, 2, 0, 1002, &stamp);
	x.now += 99;
	put(4, 2, 8, 0, &stamp);
	x.now += 1;
	assert_int_equal(pkts_ipfrag_expire(x.f, x.now), 1);
	assert_int_equal(x.buffers, 0);
	assert_int_equal(pkts_ipfrag_stats(x.f).contexts, 1);
	x.now += 99;
	pkts_ipfrag_expire(x.f, x.now);
	assert_int_equal(pkts_ipfrag_stats(x.f).contexts, 0);
	/* what has its stamp stays until it is fetched, or until the end */
	put(4, 3, 8, 0, &stamp);
	put(4, 3, 16, 0, &stamp);
	put(4, 3, 0, 1003, &stamp);
	x.now += 1000;
	pkts_ipfrag_expire(x.f, x.now);
	assert_true(take(&s) && stamped(&s.stamp, 1003));
	assert_int_equal(pkts_ipfrag_stats(x.f).waiting, 1);
	assert_true(fixture_end(&x));
}

static void malformed_ones_are_dropped(void **state)
{
	static const struct piece_spec rows[] = {
		{.off = 8, .len = 12}, {.off = 8}, {.off = 65528, .len = 64}};
	struct pkts_stamp stamp;

	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){.virtual_mode = true});
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		made_piece(&m, &rows[i]);
		assert_int_equal(stamp_made(&stamp), PKTS_IPFRAG_DROPPED);
	}
	assert_true(fixture_end(&x));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(later_ones_wait_for_the_first),
		cmocka_unit_test(another_first_one_replaces_the_ports),
		cmocka_unit_test(nothing_is_rebuilt),
		cmocka_unit_test(protocols_without_ports),
		cmocka_unit_test(the_one_unused_for_longest_goes),
		cmocka_unit_test(time_and_limits),
		cmocka_unit_test(malformed_ones_are_dropped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
