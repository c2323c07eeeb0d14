/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Every check, against the table of headers with what each has to say. */
#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "pkts_protocols.h"
#include "vectors.h"

static enum pkts_proto by_name(const char *name)
{
	return pkts_proto_by_name(name, strlen(name));
}

static void add_reason(char *text, size_t size, uint8_t reason)
{
	const size_t n = strlen(text);

	if (reason != PKTS_REASON_NONE)
		snprintf(text + n, size - n, "%s%s", n ? " " : "",
			pkts_reason_info((enum pkts_reason)reason)->name);
}

/* A verdict in the table's words. */
static void describe(char *text, size_t size, struct pkts_check c, bool with_at)
{
	char reasons[128] = "";

	add_reason(reasons, sizeof(reasons), c.fatal);
	add_reason(reasons, sizeof(reasons), c.invalid);
	add_reason(reasons, sizeof(reasons), c.padding);
	const bool stopped = c.fatal != PKTS_REASON_NONE;
	const bool at = with_at && reasons[0] != 0;
	snprintf(text, size, "reasons \"%s\" next \"%s\" head %u len %u at %d", reasons,
		stopped ? "" : pkts_proto_info((enum pkts_proto)c.next)->name, stopped ? 0 : c.head,
		stopped && c.fatal != PKTS_REASON_CUT ? 0 : c.len, at ? c.at : -1);
}

static bool row_holds(const struct vector *row)
{
	const struct bytes b = bytes_from_hex(row->hex);
	const struct bytes readable = bytes_copy(b.p, b.n - row->unread);
	const struct pkts_ref s = {readable.p, readable.n, b.n};
	char got[256], want[256];

	describe(got, sizeof(got), pkts_check(by_name(row->proto), s), row->at >= 0);
	snprintf(want, sizeof(want), "reasons \"%s\" next \"%s\" head %u len %u at %d",
		row->reasons, row->next, row->head, row->len, row->at);
	free(b.p);
	free(readable.p);
	if (strcmp(got, want) == 0)
		return true;
	print_error("row %u, %s %s, %u unread\n  got  %s\n  want %s\n", row->number, row->proto,
		row->hex, row->unread, got, want);
	return false;
}

static void every_row_holds(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(vectors); i++)
		wrong += !row_holds(&vectors[i]);
	assert_int_equal(wrong, 0);
}

/* So that a row without a test is noticed: each protocol and each reason of a check has one. */
static void table_is_complete(void **state)
{
	(void)state;
	for (unsigned p = PKTS_PROTO_NONE + 1; p < PKTS_PROTO_MAX; p++) {
		const char *const name = pkts_proto_info((enum pkts_proto)p)->name;
		unsigned good = 0, bad = 0;
		for (size_t i = 0; i < PKTS_ARRAY_LEN(vectors); i++) {
			if (strcmp(vectors[i].proto, name) != 0)
				continue;
			good += vectors[i].reasons[0] == 0;
			bad += vectors[i].reasons[0] != 0;
		}
		if (good == 0 || bad == 0)
			fail_msg("no good or no bad header of %s", name);
	}
}

static bool has_row(const char *reason)
{
	for (size_t i = 0; i < PKTS_ARRAY_LEN(vectors); i++)
		if (strstr(vectors[i].reasons, reason) != NULL)
			return true;
	return false;
}

static void every_reason_has_a_row(void **state)
{
	(void)state;
	for (unsigned r = PKTS_REASON_NONE + 1; r < PKTS_REASON_MAX; r++) {
		if (r == PKTS_REASON_LINK_UNKNOWN || r == PKTS_REASON_TOO_DEEP ||
			r == PKTS_REASON_TUNNELS_TOO_DEEP)
			continue; /* decoding says these, no check does */
		const char *const name = pkts_reason_info((enum pkts_reason)r)->name;
		if (!has_row(name))
			fail_msg("no row with reason %s", name);
	}
}

static struct pkts_check check_bytes(enum pkts_proto proto, const uint8_t *p, uint32_t n)
{
	const struct bytes b = bytes_copy(p, n);
	const struct pkts_check c = pkts_check(proto, (struct pkts_ref){b.p, b.n, b.n});
	free(b.p);
	return c;
}

/* Headers without end are not followed, though the bytes are there. */
static void endless_source_route(void **state)
{
	uint8_t p[4096] = {0x40, 0, 8, 0};

	(void)state;
	for (unsigned i = 8; i < sizeof(p); i += 4)
		p[i] = 8; /* family 0x0800, 0 bytes of it */
	assert_int_equal(check_bytes(PKTS_PROTO_GRE, p, sizeof(p)).fatal, PKTS_REASON_GRE_ROUTING);
	p[PKTS_GRE_HEAD_MAX - 4] = 0;
	const struct pkts_check c = check_bytes(PKTS_PROTO_GRE, p, sizeof(p));
	assert_int_equal(c.fatal, PKTS_REASON_NONE);
	assert_int_equal(c.head, PKTS_GRE_HEAD_MAX);
}

static void endless_extension_headers(void **state)
{
	uint8_t p[4096] = {0x34, 1, (sizeof(p) - 8) >> 8, (sizeof(p) - 8) & 0xff};

	(void)state;
	p[11] = 0x85;
	for (unsigned i = 12; i < sizeof(p); i += 4) {
		p[i] = 1;
		p[i + 3] = 0x85;
	}
	assert_int_equal(
		check_bytes(PKTS_PROTO_GTP, p, sizeof(p)).fatal, PKTS_REASON_GTP_EXTENSION);
	p[PKTS_GTP_HEAD_MAX - 1] = 0;
	const struct pkts_check c = check_bytes(PKTS_PROTO_GTP, p, sizeof(p));
	assert_int_equal(c.fatal, PKTS_REASON_NONE);
	assert_int_equal(c.head, PKTS_GTP_HEAD_MAX);
}

static void fragment_at_the_limit(void **state)
{
	uint8_t p[8 + 16] = {6, 0, 0xff, 0xf0};

	(void)state;
	assert_int_equal(check_bytes(PKTS_PROTO_IPV6_FRAG, p, 8 + 15).invalid, PKTS_REASON_NONE);
	assert_int_equal(
		check_bytes(PKTS_PROTO_IPV6_FRAG, p, 8 + 16).invalid, PKTS_REASON_IPV6_FRAGMENT);
}

static void no_protocol_is_fatal(void **state)
{
	const uint8_t p[64] = {0};

	(void)state;
	assert_int_equal(check_bytes(PKTS_PROTO_NONE, p, sizeof(p)).fatal, PKTS_REASON_SHORT);
	assert_int_equal(check_bytes(PKTS_PROTO_MAX, p, sizeof(p)).fatal, PKTS_REASON_SHORT);
	assert_int_equal(check_bytes((enum pkts_proto)1000, p, sizeof(p)).fatal, PKTS_REASON_SHORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_holds),
		cmocka_unit_test(table_is_complete),
		cmocka_unit_test(every_reason_has_a_row),
		cmocka_unit_test(endless_source_route),
		cmocka_unit_test(endless_extension_headers),
		cmocka_unit_test(fragment_at_the_limit),
		cmocka_unit_test(no_protocol_is_fatal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
