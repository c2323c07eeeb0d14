/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Those who talk most: the right ones, in order, whatever the order of offers; the screen. */
#include <stdlib.h>

#include "pkts_flow_text.h"
#include "records.h"
#include "row.h"

static char text[1 << 16];

static const char *screen(struct pkts_top *top, unsigned lines, unsigned columns)
{
	struct pkts_sink s = {.buf = text, .cap = sizeof(text) - 1};

	pkts_top_text(&s, top, 1000000000, lines, columns);
	assert_int_equal(s.lost, 0);
	text[s.used] = 0;
	return text;
}

static void offer(struct pkts_top *top, uint64_t id, uint64_t weight)
{
	const struct pkts_session_counts since = {{1, 0}, {weight, 0}};
	struct pkts_flow_record *const place = pkts_top_offer(top, weight, &since);

	if (place) {
		*place = *record_named("udp");
		place->tuple.id = id;
	}
}

static int descending(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* Against sorting all of them. */
static void the_heaviest(void **state)
{
	enum {
		MOST = 300,
		ROWS = 17,
	};
	struct pkts_talker rows[ROWS];
	uint64_t weights[MOST];

	(void)state;
	srand(1);
	for (unsigned n = 0; n < MOST; n++) {
		const uint32_t cap = n % (ROWS + 1);
		struct pkts_top top;

		pkts_top_init(&top, rows, cap);
		for (unsigned i = 0; i < n; i++) {
			weights[i] = (uint64_t)rand() % (n % 3 ? 1000 : 5) + 1;
			offer(&top, i + 1, weights[i]);
		}
		qsort(weights, n, sizeof(*weights), descending);
		screen(&top, 100, 0);
		assert_int_equal(top.n, PKTS_MIN(n, cap));
		assert_int_equal(top.offered, n);
		for (unsigned i = 0; i < top.n; i++) {
			assert_int_equal(top.rows[i].weight, weights[i]);
			assert_int_equal(top.rows[i].since.bytes[0], weights[i]);
		}
	}
}

static void who_is_silent(void **state)
{
	struct pkts_talker rows[2];
	struct pkts_top top;

	(void)state;
	pkts_top_init(&top, rows, 2);
	offer(&top, 1, 0);
	assert_int_equal(top.n, 0);
	assert_string_equal(screen(&top, 1, 0), "1 flow, 0bps, 1pps\n");
}

static void the_screen(void **state)
{
	struct pkts_talker rows[4];
	struct pkts_top top;

	(void)state;
	pkts_top_init(&top, rows, 4);
	offer(&top, 1, 1000);
	offer(&top, 2, 25000);
	assert_string_equal(screen(&top, 100, 0),
		"2 flows, 208kbps, 2pps\n"
		"     bps>      <bps      pps>      <pps Proto     Source                    "
		"Destination           State App\n"
		"  200kbps      0bps      1pps      0pps UDP       [2001:db8::1]:40000   ->  "
		"[2001:db8::53]:53     established dns\n"
		"  8000bps      0bps      1pps      0pps UDP       [2001:db8::1]:40000   ->  "
		"[2001:db8::53]:53     established dns\n");
}

/* A terminal of any size. */
static void sizes(void **state)
{
	struct pkts_talker rows[4];
	struct pkts_top top;

	(void)state;
	pkts_top_init(&top, rows, 4);
	for (unsigned i = 1; i <= 9; i++)
		offer(&top, i, i);
	for (unsigned lines = 0; lines < 8; lines++)
		for (unsigned columns = 1; columns < 140; columns++) {
			unsigned n = 0;
			const char *at = screen(&top, lines, columns);

			for (; *at; n++) {
				assert_true(strcspn(at, "\n") <= columns);
				at += strcspn(at, "\n") + 1;
			}
			assert_int_equal(n, PKTS_MIN(lines, 6));
		}
}

/* Counts that no interval can carry, in no time. */
static void extremes(void **state)
{
	const struct pkts_session_counts most = {{UINT64_MAX, 1}, {UINT64_MAX, 0}};
	struct pkts_talker rows[1];
	struct pkts_top top;
	struct pkts_flow_record *place;
	struct pkts_sink s = {.buf = text, .cap = sizeof(text)};

	(void)state;
	pkts_top_init(&top, rows, 1);
	place = pkts_top_offer(&top, UINT64_MAX, &most);
	assert_non_null(place);
	*place = *record_named("tcp");
	pkts_top_text(&s, &top, 1, 3, 0);
	pkts_top_text(&s, &top, 0, 3, 0);
	assert_int_equal(s.lost, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_heaviest),
		cmocka_unit_test(who_is_silent),
		cmocka_unit_test(the_screen),
		cmocka_unit_test(sizes),
		cmocka_unit_test(extremes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
