/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Buffers of every size give the same text; what does not fit is counted. */
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "pkts_sink.h"

/* Where a flush function puts text. */
struct page {
	char text[512];
	size_t n;
	unsigned flushes;
};

static void keep(void *ctx, const char *text, size_t n)
{
	struct page *const page = ctx;

	assert_true(n > 0);
	memcpy(page->text + page->n, text, n);
	page->n += n;
	page->flushes++;
}

static void write_everything(struct pkts_sink *s)
{
	static const uint8_t bytes[] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

	pkts_put_text(s, "text ");
	pkts_put_char(s, 'c');
	pkts_put(s, " twelve bytes", 13);
	pkts_put_dec(s, 1234567890);
	pkts_put_dec_wide(s, 7, 3);
	pkts_put_hex(s, 0xbeef, 8);
	pkts_put_hex_bytes(s, bytes, 4);
	pkts_put_mac(s, bytes);
	pkts_put_ipv4(s, 0xc0000201);
	pkts_put_ipv6(s, bytes);
	pkts_put_json(s, "a\"\xff", 3);
	pkts_put_time(s, 1);
	pkts_put_char(s, '.');
}

static const char everything[] =
	"text c twelve bytes12345678900070x0000beef20010db820:01:0d:b8:00:00192.0.2.12001:db8::1"
	"\"a\\\"\\u00ff\"1970-01-01T00:00:00.000000001Z.";
static const size_t everything_n = sizeof(everything) - 1;

static void any_buffer_gives_the_same_text(void **state)
{
	(void)state;
	for (size_t cap = 1; cap <= everything_n + 1; cap++) {
		struct page page = {.n = 0};
		struct pkts_sink s = {.buf = malloc(cap), .cap = cap, .flush = keep, .ctx = &page};
		write_everything(&s);
		pkts_sink_flush(&s);
		assert_int_equal(s.used, 0);
		assert_int_equal(s.lost, 0);
		assert_int_equal(page.n, everything_n);
		assert_memory_equal(page.text, everything, everything_n);
		free(s.buf);
	}
}

static void without_flush_what_does_not_fit_is_lost_and_counted(void **state)
{
	(void)state;
	for (size_t cap = 1; cap <= everything_n + 1; cap++) {
		struct pkts_sink s = {.buf = malloc(cap), .cap = cap};
		write_everything(&s);
		pkts_sink_flush(&s);
		const size_t kept = PKTS_MIN(cap, everything_n);
		assert_int_equal(s.used, kept);
		assert_int_equal(s.lost, everything_n - kept);
		assert_memory_equal(s.buf, everything, kept);
		free(s.buf);
	}
}

static void no_room_at_all_is_counted_too(void **state)
{
	char none[1];
	struct page page = {.n = 0};
	struct pkts_sink s = {.buf = none, .cap = 0, .flush = keep, .ctx = &page};

	(void)state;
	write_everything(&s);
	assert_int_equal(s.lost, everything_n);
	assert_int_equal(page.flushes, 0);
}

static void nothing_is_flushed_when_there_is_nothing(void **state)
{
	char buf[4];
	struct page page = {.n = 0};
	struct pkts_sink s = {.buf = buf, .cap = sizeof(buf), .flush = keep, .ctx = &page};

	(void)state;
	pkts_sink_flush(&s);
	pkts_put(&s, "", 0);
	pkts_put_text(&s, "");
	pkts_sink_flush(&s);
	assert_int_equal(page.flushes, 0);
	pkts_put_text(&s, "abcd");
	assert_int_equal(page.flushes, 0);
	pkts_put_char(&s, 'e');
	assert_int_equal(page.flushes, 1);
	assert_int_equal(s.used, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_buffer_gives_the_same_text),
		cmocka_unit_test(without_flush_what_does_not_fit_is_lost_and_counted),
		cmocka_unit_test(no_room_at_all_is_counted_too),
		cmocka_unit_test(nothing_is_flushed_when_there_is_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
