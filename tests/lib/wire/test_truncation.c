/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Every header cut at every byte, and random bytes as every header: no read leaves what is
 * readable. */
#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "pkts_protocols.h"
#include "vectors.h"

static enum pkts_proto proto_of(const struct vector *row)
{
	return pkts_proto_by_name(row->proto, strlen(row->proto));
}

static unsigned sum; /* so that no read is optimised away */

static void read_field(const struct pkts_field *f, struct pkts_ref r)
{
	assert_true(f->bit + f->width <= r.head * 8u);
	for (unsigned bit = f->bit; bit < (unsigned)f->bit + f->width; bit++)
		sum += r.p[bit / 8];
	if (f->width <= 64 && f->kind != PKTS_KIND_BYTES)
		sum += (unsigned)pkts_bits_get(r.p, f->bit, f->width);
}

static void read_fields(enum pkts_proto proto, struct pkts_ref r)
{
	const struct pkts_proto_info *const info = pkts_proto_info(proto);
	struct pkts_field rows[PKTS_OPTIONAL_MAX];
	const unsigned n = pkts_optional_fields(proto, r, rows);

	for (unsigned i = 0; i < info->nfields; i++)
		read_field(&info->fields[i], r);
	for (unsigned i = 0; i < n; i++)
		read_field(&rows[i], r);
}

static void verdict_holds(enum pkts_proto proto, struct pkts_ref s, struct pkts_check c)
{
	switch (c.fatal) {
	case PKTS_REASON_NONE:
		assert_true(c.head <= s.head && c.head <= c.len && c.len <= s.len);
		assert_true(c.next < PKTS_PROTO_MAX);
		read_fields(proto, (struct pkts_ref){s.p, c.head, c.len});
		break;
	case PKTS_REASON_CUT:
		assert_true(c.len > s.head && c.len <= s.len);
		break;
	default:
		assert_int_equal(
			pkts_reason_info((enum pkts_reason)c.fatal)->severity, PKTS_SEVERITY_FATAL);
	}
	if (c.invalid != PKTS_REASON_NONE)
		assert_int_equal(pkts_reason_info((enum pkts_reason)c.invalid)->severity,
			PKTS_SEVERITY_INVALID);
	if (c.padding != PKTS_REASON_NONE)
		assert_int_equal(pkts_reason_info((enum pkts_reason)c.padding)->severity,
			PKTS_SEVERITY_PADDING);
}

/* n readable bytes of a layer of `len`. */
static struct pkts_check check_part(
	enum pkts_proto proto, const uint8_t *p, uint32_t n, uint32_t len)
{
	const struct bytes b = bytes_copy(p, n);
	const struct pkts_ref s = {b.p, n, len};
	const struct pkts_check c = pkts_check(proto, s);

	verdict_holds(proto, s, c);
	free(b.p);
	return c;
}

/* Below the fixed part there is nothing to say but that bytes are missing, or a version that is
 * wrong. */
static void cut_at(const struct vector *row, const uint8_t *p, uint32_t n, uint32_t len)
{
	const struct pkts_proto_info *const info = pkts_proto_info(proto_of(row));
	const struct pkts_check shorter = check_part(proto_of(row), p, n, n);
	const struct pkts_check cut = check_part(proto_of(row), p, n, len);
	const struct pkts_field *const last = info->fields + info->nfields;

	if (info->nfields == 0 || n * 8 >= (unsigned)last[-1].bit + last[-1].width)
		return;
	if (shorter.fatal == PKTS_REASON_NONE || cut.fatal == PKTS_REASON_NONE)
		fail_msg("row %u accepted with %u bytes", row->number, n);
}

static void every_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(vectors); i++) {
		const struct bytes b = bytes_from_hex(vectors[i].hex);
		for (uint32_t n = 0; n <= b.n; n++)
			cut_at(&vectors[i], b.p, n, b.n);
		free(b.p);
	}
}

static bool walks_payload(enum pkts_proto proto)
{
	return proto == PKTS_PROTO_SCTP || proto == PKTS_PROTO_ICMPV6;
}

/* A header that comes byte by byte, as its check asks for it, ends up with the verdict of the
 * whole. */
static void asks_for_what_it_needs(void **state)
{
	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(vectors); i++) {
		const enum pkts_proto proto = proto_of(&vectors[i]);
		const struct bytes b = bytes_from_hex(vectors[i].hex);
		const struct pkts_check whole = check_part(proto, b.p, b.n, b.n);
		struct pkts_check c = check_part(proto, b.p, 0, b.n);
		while (c.fatal == PKTS_REASON_CUT)
			c = check_part(proto, b.p, c.len, b.n);
		assert_int_equal(c.fatal, whole.fatal);
		assert_int_equal(c.head, whole.head);
		assert_int_equal(c.len, whole.len);
		assert_int_equal(c.next, whole.next);
		if (!walks_payload(proto)) {
			assert_int_equal(c.invalid, whole.invalid);
			assert_int_equal(c.padding, whole.padding);
		}
		free(b.p);
	}
}

/* A good header with some of its bytes changed goes deeper than noise does. */
static void changed_bytes(void **state)
{
	uint64_t random = 3;

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(vectors); i++) {
		const struct bytes b = bytes_from_hex(vectors[i].hex);
		for (unsigned round = 0; round < 200 && b.n > 0; round++) {
			const struct bytes c = bytes_copy(b.p, b.n);
			for (uint32_t n = bytes_random(&random) % 4 + 1; n > 0; n--)
				c.p[bytes_random(&random) % c.n] = (uint8_t)bytes_random(&random);
			const uint32_t n = bytes_random(&random) % (c.n + 1);
			check_part(
				proto_of(&vectors[i]), c.p, c.n, c.n + bytes_random(&random) % 64);
			check_part(proto_of(&vectors[i]), c.p, n, c.n);
			free(c.p);
		}
		free(b.p);
	}
}

static void noise(void **state)
{
	uint64_t random = 2;
	uint8_t p[200];

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		const uint32_t n = bytes_random(&random) % sizeof(p);
		for (uint32_t i = 0; i < n; i++)
			p[i] = (uint8_t)bytes_random(&random);
		for (unsigned proto = PKTS_PROTO_NONE + 1; proto < PKTS_PROTO_MAX; proto++) {
			check_part((enum pkts_proto)proto, p, n, n);
			check_part((enum pkts_proto)proto, p, n, n + bytes_random(&random) % 4096);
		}
	}
}

/* The layer below may grant less than what is readable: nothing beyond that is believed. */
static void less_granted_than_readable(void **state)
{
	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(vectors); i++) {
		const struct bytes b = bytes_from_hex(vectors[i].hex);
		for (uint32_t len = 0; len <= b.n; len++) {
			const struct pkts_check c =
				pkts_check(proto_of(&vectors[i]), (struct pkts_ref){b.p, b.n, len});
			assert_int_not_equal(c.fatal, PKTS_REASON_CUT);
			if (c.fatal == PKTS_REASON_NONE)
				assert_true(c.head <= c.len && c.len <= len);
		}
		free(b.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length),
		cmocka_unit_test(asks_for_what_it_needs),
		cmocka_unit_test(less_granted_than_readable),
		cmocka_unit_test(changed_bytes),
		cmocka_unit_test(noise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
