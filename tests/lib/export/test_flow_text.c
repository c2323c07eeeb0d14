/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The table for people. */

#include "pkts_flow_text.h"
#include "records.h"
#include "row.h"

static char text[4096];

static const char *line_of(const struct pkts_flow_record *r)
{
	struct pkts_sink s = {.buf = text, .cap = sizeof(text) - 1};

	pkts_flow_text(&s, r);
	assert_int_equal(s.lost, 0);
	text[s.used] = 0;
	return text;
}

/* clang-format off */
static const struct {
	const char *name, *line;
} lines[] = {
	{"tcp", "2026-11-22 10:00:00.123  2.276s TCP       192.0.2.1:51334       <-> 198.51.100.2:80       "
		"    12      9   1210  10480 SF          http\n"},
	{"sctp", "2026-11-22 10:00:00.000   6m00s SCTP      10.0.0.1:3868         <-> 10.0.0.2:3869         "
		"  1000   1001   5.0G   123k established diameter\n"},
	{"icmpv6", "2026-11-22 10:00:00.000  0.000s IPv6-ICMP 2001:db8::1/1.4       ->  2001:db8::2           "
		"     1      0    120      0 new         -\n"},
	{"gre", "2026-11-22 10:00:00.000  0.001s GRE       2001:db8::1           <-  2001:db8::2           "
		"     0      3      0    300 new         -\n"},
	{"midstream", "2026-11-22 10:00:00.000   1d00h TCP       203.0.113.255:65535   <-> 203.0.113.254:65534   "
		"     1      1     40     40 closed      -\n"},
	{"unknown protocol", "2026-11-22 10:00:00.000  0.000s 253       192.0.2.1             ->  192.0.2.2             "
		"     1      0     20      0 new         -\n"},
};
/* clang-format on */

static void whole_lines(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(lines); i++)
		ROW_TEXT(lines[i].name, line_of(record_named(lines[i].name)), lines[i].line);
}

/* Where the words of the heading begin or end, the columns do. */
static void heading_fits(void **state)
{
	struct pkts_sink s = {.buf = text, .cap = sizeof(text) - 1};
	char heading[sizeof(text)];

	(void)state;
	pkts_flow_text_header(&s);
	text[s.used] = 0;
	memcpy(heading, text, s.used + 1);
	line_of(record_named("tcp"));
	assert_int_equal(strstr(heading, "Source") - heading, strstr(text, "192.0.2.1") - text);
	assert_int_equal(strstr(heading, "Dest") - heading, strstr(text, "198.51") - text);
	assert_int_equal(strstr(heading, "<Bytes") + 6 - heading, strstr(text, "10480") + 5 - text);
	assert_int_equal(strstr(heading, "State") - heading, strstr(text, "SF") - text);
	assert_int_equal(strstr(heading, "App") - heading, strstr(text, "http") - text);
}

/* The longest of everything. */
static void wide_lines(void **state)
{
	struct pkts_flow_record r = *record_named("udp");

	(void)state;
	memset(r.tuple.src, 0xab, 16);
	memset(r.tuple.dst, 0xcd, 16);
	r.tuple.sport = r.tuple.dport = 65535;
	r.counts.packets[0] = r.counts.bytes[1] = UINT64_MAX;
	r.first = 0;
	r.last = UINT64_MAX;
	assert_string_equal(line_of(&r), "1970-01-01 00:00:00.000 213503d23h UDP       "
					 "[abab:abab:abab:abab:abab:abab:abab:abab]:65535 <-> "
					 "[cdcd:cdcd:cdcd:cdcd:cdcd:cdcd:cdcd:cdcd]:65535 "
					 " 18.4E      1     80  18.4E established dns\n");
}

static void amounts(void **state)
{
	static const struct {
		const char *name;
		uint64_t v;
		const char *text;
	} rows[] = {
		{"1", 0, "     0 "},
		{"2", 99999, " 99999 "},
		{"3", 100000, "  100k "},
		{"4", 999999, "  999k "},
		{"5", 1000000, "  1.0M "},
		{"6", 99999999, " 99.9M "},
		{"7", 100000000, "  100M "},
		{"8", 1099999999, "  1.0G "},
		{"9", UINT64_C(12345678901234567), " 12.3P "},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_flow_record r = *record_named("tcp");

		r.counts.packets[0] = rows[i].v;
		ROW_TRUE(rows[i].name, strstr(line_of(&r), rows[i].text));
	}
}

static void durations(void **state)
{
	static const struct {
		const char *name;
		uint64_t ms;
		const char *text;
	} rows[] = {
		{"1", 0, ".000  0.000s "},
		{"2", 59999, ".000 59.999s "},
		{"3", 60000, ".000   1m00s "},
		{"4", 3599999, ".000  59m59s "},
		{"5", 3600000, ".000   1h00m "},
		{"6", 86399999, ".000  23h59m "},
		{"7", 86400000, ".000   1d00h "},
		{"8", 86400000 * UINT64_C(100), ".000 100d00h "},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_flow_record r = *record_named("udp");

		r.last = r.first + rows[i].ms * 1000000;
		ROW_TRUE(rows[i].name, strstr(line_of(&r), rows[i].text));
	}
}

/* No record can send commands to a terminal, or make columns. */
static void hostile_strings(void **state)
{
	struct pkts_flow_record r = *record_named("tcp");

	(void)state;
	r.conn_state = "\x1b[2J x";
	r.app_proto = "a\nb\x9b\x7f";
	assert_non_null(strstr(line_of(&r), " ?[2J?x      a?b??\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_lines),
		cmocka_unit_test(heading_fits),
		cmocka_unit_test(wide_lines),
		cmocka_unit_test(amounts),
		cmocka_unit_test(durations),
		cmocka_unit_test(hostile_strings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
