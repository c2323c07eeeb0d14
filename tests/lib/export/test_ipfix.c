/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* IPFIX messages, read back by a small collector that knows only what templates tell it. */
#include <errno.h>

#include "pkts_bits.h"
#include "pkts_ipfix.h"
#include "records.h"
#include "row.h"

#define NOW    UINT64_C(1795341700000000000)
#define SECOND UINT64_C(1000000000)

enum {
	MOST_FIELDS = 32,
	TEMPLATES = 8,
};

struct field {
	uint16_t id, length;
	uint32_t enterprise;
};

/* What came in, and what is known. */
struct collector {
	unsigned n_fields[TEMPLATES];
	struct field fields[TEMPLATES][MOST_FIELDS];
	unsigned messages, templates, records, unreadable;
	size_t longest;
	uint32_t sequence; /* of the last message */
	uint8_t last[256]; /* the last record, and its template */
	size_t last_length;
	unsigned last_template;
	int refuse; /* what send() says; the message is not read then */
	unsigned refused;
};

static void read_template(struct collector *c, const uint8_t **p)
{
	const unsigned id = pkts_be16(*p), n = pkts_be16(*p + 2);

	assert_uint_in_range(id, 256, 256 + TEMPLATES - 1);
	assert_uint_in_range(n, 1, MOST_FIELDS);
	*p += 4;
	for (unsigned i = 0; i < n; i++) {
		struct field *const f = &c->fields[id - 256][i];

		*f = (struct field){pkts_be16(*p) & 0x7fff, pkts_be16(*p + 2), 0};
		if (**p & 0x80) {
			f->enterprise = pkts_be32(*p + 4);
			*p += 4;
		}
		*p += 4;
	}
	c->n_fields[id - 256] = n;
	c->templates++;
}

static void read_records(struct collector *c, unsigned id, const uint8_t *p, const uint8_t *end)
{
	size_t length = 0;

	for (unsigned i = 0; i < c->n_fields[id - 256]; i++)
		length += c->fields[id - 256][i].length;
	if (!length) {
		c->unreadable++;
		return;
	}
	assert_true(p < end);
	for (; p < end; p += length) {
		assert_true((size_t)(end - p) >= length);
		memcpy(c->last, p, length);
		c->last_length = length;
		c->last_template = id;
		c->records++;
	}
}

static void read_set(struct collector *c, unsigned id, const uint8_t *p, const uint8_t *end)
{
	if (id == 2)
		while (p < end)
			read_template(c, &p);
	else
		read_records(c, id, p, end);
}

static int collect(void *ctx, const uint8_t *m, size_t n)
{
	struct collector *const c = ctx;
	const uint8_t *p = m + 16, *const end = m + n;

	if (c->refuse) {
		c->refused++;
		return c->refuse;
	}
	assert_int_equal(pkts_be16(m), 10);
	assert_int_equal(pkts_be16(m + 2), n);
	assert_int_equal(pkts_be32(m + 12), 0xd0d0);
	c->sequence = pkts_be32(m + 8);
	c->messages++;
	c->longest = n > c->longest ? n : c->longest;
	while (p < end) {
		const size_t length = pkts_be16(p + 2);

		assert_true(length > 4 && length <= (size_t)(end - p));
		read_set(c, pkts_be16(p), p + 4, p + length);
		p += length;
	}
	return 0;
}

/* The value of an element in the last record, as a number; -1 if it has none. */
static long long value(const struct collector *c, uint16_t id, bool reverse)
{
	const uint8_t *p = c->last;
	const unsigned t = c->last_template - 256;

	for (unsigned i = 0; i < c->n_fields[t]; p += c->fields[t][i++].length)
		if (c->fields[t][i].id == id &&
			c->fields[t][i].enterprise == (reverse ? PKTS_IPFIX_REVERSE : 0))
			return (long long)pkts_bits_get(
				p, 0, PKTS_MIN(c->fields[t][i].length, 8) * 8);
	return -1;
}

static uint8_t buffer[PKTS_IPFIX_MAX];

static struct pkts_ipfix exporter(struct collector *c, size_t size, uint32_t refresh_messages)
{
	const struct pkts_ipfix_options options = {.domain = 0xd0d0,
		.refresh_ns = 600 * SECOND,
		.refresh_messages = refresh_messages,
		.send = collect,
		.ctx = c};
	struct pkts_ipfix x;

	memset(c, 0, sizeof(*c));
	assert_int_equal(pkts_ipfix_init(&x, &options, buffer, size), 0);
	return x;
}

/* One record, one message; what is in it. -1: the element is not there. */
static void values(void **state)
{
	static const struct {
		const char *record;
		int template_id;
		uint16_t id;
		bool reverse;
		long long value;
	} rows[] = {
		{"tcp", 256, 1, false, 1210},
		{"tcp", 256, 1, true, 10480},
		{"tcp", 256, 2, false, 12},
		{"tcp", 256, 2, true, 9},
		{"tcp", 256, 152, false, 1795341600123},
		{"tcp", 256, 153, false, 1795341602400},
		{"tcp", 256, 148, false, 1234567890123456},
		{"tcp", 256, 4, false, 6},
		{"tcp", 256, 6, false, 0x1b},
		{"tcp", 256, 6, true, 0x1a},
		{"tcp", 256, 7, false, 51334},
		{"tcp", 256, 11, false, 80},
		{"tcp", 256, 8, false, 0xc0000201},
		{"tcp", 256, 12, false, 0xc6336402},
		{"tcp", 256, 136, false, 3},
		{"tcp", 256, 239, false, 1},
		{"tcp", 256, 58, false, 0},
		{"tcp", 256, 32, false, -1},
		{"tcp", 256, 27, false, -1},
		{"udp", 259, 58, false, 100},
		{"udp", 259, 27, false, 0x20010db800000000},
		{"udp", 259, 6, false, -1},
		{"udp", 259, 7, false, 40000},
		{"udp", 259, 136, false, 1},
		{"icmp", 260, 32, false, 0x0800},
		{"icmp", 260, 7, false, -1},
		{"icmp", 260, 136, false, 4},
		{"icmpv6", 261, 139, false, 0x0104},
		{"icmpv6", 261, 32, false, -1},
		{"sctp", 258, 4, false, 132},
		{"sctp", 258, 1, false, 5000000000},
		{"sctp", 258, 136, false, 2},
		{"gre", 263, 4, false, 47},
		{"gre", 263, 136, false, 5},
		{"midstream", 256, 136, false, 3},
		{"unknown protocol", 262, 4, false, 253},
		{"unknown protocol", 262, 136, false, 4},
	};
	struct collector c;

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_ipfix x = exporter(&c, 1400, 0);

		assert_int_equal(pkts_ipfix_put(&x, record_named(rows[i].record), NOW), 0);
		assert_int_equal(pkts_ipfix_flush(&x, NOW), 0);
		ROW_INT(rows[i].record, c.records, 1);
		ROW_INT(rows[i].record, c.last_template, rows[i].template_id);
		if (value(&c, rows[i].id, rows[i].reverse) != rows[i].value)
			fail_msg("row %u, %s, element %u: %lld, not %lld", i, rows[i].record,
				rows[i].id, value(&c, rows[i].id, rows[i].reverse), rows[i].value);
	}
}

/* Messages of every size: none too long, no record lost, numbered by records. */
static void sizes(void **state)
{
	struct collector c;

	(void)state;
	for (size_t size = PKTS_IPFIX_MIN; size <= 2000; size++) {
		struct pkts_ipfix x = exporter(&c, size, 0);
		const unsigned n = 100;

		for (unsigned i = 0; i < n; i++)
			assert_int_equal(
				pkts_ipfix_put(&x, &records[i % n_records].record, NOW), 0);
		assert_int_equal(pkts_ipfix_flush(&x, NOW), 0);
		assert_int_equal(pkts_ipfix_flush(&x, NOW), 0);
		assert_int_equal(c.records, n);
		assert_int_equal(c.templates, TEMPLATES);
		assert_int_equal(c.unreadable, 0);
		assert_true(c.longest <= size);
		assert_true(c.longest + 150 > size || c.longest >= 512);
		assert_int_equal(x.counts.records, n);
		assert_int_equal(x.counts.messages, c.messages);
		assert_int_equal(x.sequence, n);
		assert_true(c.sequence < n);
	}
}

/* Templates come again when it is time, or after so many messages. */
static void refresh(void **state)
{
	struct collector c;
	struct pkts_ipfix x = exporter(&c, 1400, 3);
	static const struct {
		uint64_t after; /* seconds */
		unsigned templates;
	} rows[] = {{0, 8}, {0, 8}, {1, 8}, {1, 16}, {2, 16}, {3, 16}, {603, 24}, {600, 24},
		{1202, 24}, {1203, 32}};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		pkts_ipfix_put(&x, record_named("tcp"), NOW);
		assert_int_equal(pkts_ipfix_flush(&x, NOW + rows[i].after * SECOND), 0);
		if (c.templates != rows[i].templates)
			fail_msg("row %u: %u templates, not %u", i, c.templates, rows[i].templates);
	}
}

/* A message that is lost: counted, its records have numbers, and no data go out before templates. */
static void losses(void **state)
{
	struct collector c;
	struct pkts_ipfix x = exporter(&c, 1400, 0);

	(void)state;
	c.refuse = -EAGAIN;
	for (unsigned i = 0; i < 2; i++)
		pkts_ipfix_put(&x, record_named("tcp"), NOW);
	assert_int_equal(pkts_ipfix_flush(&x, NOW), -EAGAIN);
	assert_int_equal(c.refused, 1);
	assert_int_equal(x.counts.dropped_records, 2);
	assert_int_equal(x.counts.records, 0);
	c.refuse = 0;
	pkts_ipfix_put(&x, record_named("tcp"), NOW);
	assert_int_equal(pkts_ipfix_flush(&x, NOW), 0);
	assert_int_equal(c.unreadable, 0);
	assert_int_equal(c.records, 1);
	assert_int_equal(c.sequence, 2);
	assert_int_equal(x.counts.records, 1);
	c.refuse = -ENOBUFS;
	pkts_ipfix_put(&x, record_named("tcp"), NOW);
	assert_int_equal(pkts_ipfix_flush(&x, NOW), -ENOBUFS);
	assert_int_equal(x.counts.dropped_messages, 3);
	assert_int_equal(x.counts.dropped_records, 3);
}

/* A repetition of templates that is lost is tried again with the next message; data go on. */
static void lost_refresh(void **state)
{
	struct collector c;
	struct pkts_ipfix x = exporter(&c, 1400, 0);

	(void)state;
	pkts_ipfix_put(&x, record_named("tcp"), NOW);
	pkts_ipfix_flush(&x, NOW);
	c.refuse = -EAGAIN;
	pkts_ipfix_put(&x, record_named("tcp"), NOW);
	pkts_ipfix_flush(&x, NOW + 601 * SECOND);
	assert_int_equal(c.refused, 2);
	c.refuse = 0;
	pkts_ipfix_put(&x, record_named("tcp"), NOW);
	assert_int_equal(pkts_ipfix_flush(&x, NOW + 602 * SECOND), 0);
	assert_int_equal(c.templates, 16);
	assert_int_equal(c.records, 2);
}

/* A new connection: templates again, numbers from 0, what was pending goes along. */
static void restart(void **state)
{
	struct collector c;
	struct pkts_ipfix x = exporter(&c, 1400, 0);

	(void)state;
	pkts_ipfix_put(&x, record_named("tcp"), NOW);
	pkts_ipfix_flush(&x, NOW);
	pkts_ipfix_put(&x, record_named("udp"), NOW);
	pkts_ipfix_restart(&x);
	memset(&c, 0, sizeof(c));
	assert_int_equal(pkts_ipfix_flush(&x, NOW), 0);
	assert_int_equal(c.templates, TEMPLATES);
	assert_int_equal(c.records, 1);
	assert_int_equal(c.unreadable, 0);
	assert_int_equal(c.sequence, 0);
}

static void refusals(void **state)
{
	struct collector c;
	struct pkts_ipfix x = exporter(&c, 1400, 0);
	struct pkts_ipfix_options options = {.send = collect};
	const struct pkts_flow_record none = {.tuple = {.protocol = 6}};

	(void)state;
	assert_int_equal(pkts_ipfix_put(&x, &none, NOW), -EINVAL);
	assert_int_equal(x.counts.refused, 1);
	assert_int_equal(pkts_ipfix_flush(&x, NOW), 0);
	assert_int_equal(c.messages, 0);
	assert_int_equal(pkts_ipfix_init(&x, &options, buffer, PKTS_IPFIX_MIN - 1), -EINVAL);
	assert_int_equal(pkts_ipfix_init(&x, &options, buffer, PKTS_IPFIX_MAX + 1), -EINVAL);
	options.send = NULL;
	assert_int_equal(pkts_ipfix_init(&x, &options, buffer, 1400), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(sizes),
		cmocka_unit_test(refresh),
		cmocka_unit_test(losses),
		cmocka_unit_test(lost_refresh),
		cmocka_unit_test(restart),
		cmocka_unit_test(refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
