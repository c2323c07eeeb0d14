/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* EVE lines: whole ones, what hostile strings do to them, what full sinks do. */
#include <stdlib.h>

#include "json.h"
#include "pkts_community_id.h"
#include "pkts_eve.h"
#include "pkts_seq_event.h"
#include "records.h"
#include "row.h"

static char text[1 << 16];

static const char *flow_line(const struct pkts_flow_record *r)
{
	struct pkts_sink s = {.buf = text, .cap = sizeof(text) - 1};

	pkts_eve_flow(&s, r);
	assert_int_equal(s.lost, 0);
	text[s.used] = 0;
	return text;
}

static const char *anomaly_line(const struct pkts_anomaly *a)
{
	struct pkts_sink s = {.buf = text, .cap = sizeof(text) - 1};

	pkts_eve_anomaly(&s, a);
	assert_int_equal(s.lost, 0);
	text[s.used] = 0;
	return text;
}

/* One line, which is one JSON object. */
static void check_line(const char *name, const char *line)
{
	const size_t n = strlen(line);
	const char *error;

	ROW_TRUE(name, n && strchr(line, '\n') == line + n - 1);
	error = json_error(line, n - 1);
	ROW_TEXT(name, error ? error : "", "");
}

static void whole_line(void **state)
{
	(void)state;
	assert_string_equal(flow_line(record_named("tcp")),
		"{\"timestamp\":\"2026-11-22T10:01:02.500000+0000\",\"flow_id\":1234567890123456,"
		"\"event_type\":\"flow\",\"src_ip\":\"192.0.2.1\",\"src_port\":51334,"
		"\"dest_ip\":\"198.51.100.2\",\"dest_port\":80,\"proto\":\"TCP\",\"ip_v\":4,"
		"\"app_proto\":\"http\",\"flow\":{\"pkts_toserver\":12,\"pkts_toclient\":9,"
		"\"bytes_toserver\":1210,\"bytes_toclient\":10480,"
		"\"start\":\"2026-11-22T10:00:00.123456+0000\","
		"\"end\":\"2026-11-22T10:00:02.400000+0000\",\"age\":2,\"state\":\"closed\","
		"\"reason\":\"timeout\",\"alerted\":false},"
		"\"community_id\":\"1:mjN/HgCGBnrXGf7DHBn5S8z1yxU=\","
		"\"tcp\":{\"tcp_flags\":\"1b\",\"tcp_flags_ts\":\"1b\",\"tcp_flags_tc\":\"1a\","
		"\"syn\":true,\"fin\":true,\"psh\":true,\"ack\":true,\"state\":\"time_wait\","
		"\"tc_gap\":true},\"pkts\":{\"conn_state\":\"SF\",\"history\":\"ShADadgFf\","
		"\"seq_events\":[\"gap\",\"retransmit\"]}}\n");
}

static void every_line_is_json(void **state)
{
	(void)state;
	for (unsigned i = 0; i < n_records; i++)
		check_line(records[i].name, flow_line(&records[i].record));
	for (unsigned i = 0; i < n_anomalies; i++)
		check_line(anomalies[i].name, anomaly_line(&anomalies[i].anomaly));
}

/* The ids that stand in the records are those of their tuples. */
static void ids_of_the_records(void **state)
{
	char id[PKTS_COMMUNITY_ID];

	(void)state;
	assert_int_equal(pkts_community_id(&record_named("tcp")->tuple, 0, id), 0);
	assert_string_equal(id, record_named("tcp")->tuple.community_id);
	assert_int_equal(pkts_community_id(&anomalies[0].anomaly.tuple, 0, id), 0);
	assert_string_equal(id, anomalies[0].anomaly.tuple.community_id);
}

static const char *const hostile[] = {"\"", "\\", "\",\"flow\":{\"x\":\"",
	"\n{\"event_type\":\"alert\"}", "\x01\x1f\x7f", "\xff\xfe", "\xc0\xaf", "\xed\xa0\x80",
	"\xf4\x90\x80\x80", "\xe2\x80\xa8", ""};

static void hostile_strings(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(hostile); i++) {
		struct pkts_flow_record r = *record_named("tcp");
		struct pkts_anomaly a = anomalies[0].anomaly;

		r.app_proto = r.protocol_state = r.conn_state = r.history = hostile[i];
		r.tuple.in_iface = hostile[i];
		check_line(hostile[i], flow_line(&r));
		ROW_INT(hostile[i], json_members(text, strlen(text) - 1, "flow"), 1);
		ROW_INT(hostile[i], json_members(text, strlen(text) - 1, "event_type"), 1);
		a.event = a.layer = a.app_proto = a.tuple.in_iface = hostile[i];
		check_line(hostile[i], anomaly_line(&a));
		ROW_INT(hostile[i], json_members(text, strlen(text) - 1, "anomaly"), 1);
	}
}

/* A community id that fills its array has no NUL. */
static void id_without_end(void **state)
{
	struct pkts_flow_record r = *record_named("udp");

	(void)state;
	memset(r.tuple.community_id, '"', sizeof(r.tuple.community_id));
	check_line("full", flow_line(&r));
}

static void numbers(void **state)
{
	static const struct {
		const char *name;
		uint64_t id;
		const char *part;
	} rows[] = {
		{"1 the greatest id", (UINT64_C(1) << 53) - 1, "\"flow_id\":9007199254740991,"},
		{"2 more bits", UINT64_MAX, "\"flow_id\":9007199254740991,"},
		{"3 no flow", 0, "+0000\",\"event_type\""},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_flow_record r = *record_named("icmp");

		r.tuple.id = rows[i].id;
		ROW_TRUE(rows[i].name, strstr(flow_line(&r), rows[i].part));
	}
}

/* Members that stand there, or not, by what the record says. */
static void parts(void **state)
{
	struct pkts_flow_record r = *record_named("gre");

	(void)state;
	assert_non_null(strstr(flow_line(&r), "\"vlan\":[1],"));
	r.tuple.n_vlans = 255; /* more than there is room for */
	assert_non_null(strstr(flow_line(&r), "\"vlan\":[1,0,0,0],"));
	assert_null(strstr(text, "src_port"));
	assert_null(strstr(text, "icmp_type"));
	assert_null(strstr(text, "\"tcp\""));
	assert_null(strstr(text, "\"pkts\""));
	assert_null(strstr(text, "app_proto"));
	r.session_events = r.seq_events = UINT64_MAX;
	check_line("all events", flow_line(&r));
	assert_non_null(strstr(text, ",\"framing\"]}}\n"));
	r.last = r.first - 1; /* the clock went back */
	assert_non_null(strstr(flow_line(&r), "\"age\":0,"));
	r.reason = (enum pkts_flow_reason)99;
	r.state = (enum pkts_flow_state)99;
	assert_non_null(strstr(flow_line(&r), "\"state\":\"new\",\"reason\":\"unknown\""));
}

static void ages(void **state)
{
	struct pkts_flow_record r = *record_named("udp");

	(void)state;
	r.first = 1999999999;
	r.last = 2000000000;
	assert_non_null(strstr(flow_line(&r), "\"age\":1,"));
	assert_non_null(strstr(text, "\"start\":\"1970-01-01T00:00:01.999999+0000\""));
}

static void anomalies_without_a_flow(void **state)
{
	(void)state;
	assert_string_equal(anomaly_line(&anomalies[2].anomaly),
		"{\"timestamp\":\"2026-11-22T10:00:00.000000+0000\",\"pcap_cnt\":3,"
		"\"event_type\":\"anomaly\",\"anomaly\":{\"type\":\"decode\",\"event\":\"ipv4_"
		"ihl\"},"
		"\"pkts\":{\"validity\":\"invalid\"}}\n");
}

/* A sink of any size takes the beginning and counts the rest. */
static void full_sinks(void **state)
{
	const struct pkts_flow_record *const r = record_named("tcp");
	const size_t n = strlen(flow_line(r));
	char *const whole = strdup(text);

	(void)state;
	for (size_t cap = 0; cap <= n; cap++) {
		char *const buf = malloc(cap + 1); /* ASan watches its end */
		struct pkts_sink s = {.buf = buf, .cap = cap};

		pkts_eve_flow(&s, r);
		assert_int_equal(s.used, cap);
		assert_int_equal(s.lost, n - cap);
		assert_memory_equal(buf, whole, cap);
		free(buf);
	}
	free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_line),
		cmocka_unit_test(every_line_is_json),
		cmocka_unit_test(ids_of_the_records),
		cmocka_unit_test(hostile_strings),
		cmocka_unit_test(id_without_end),
		cmocka_unit_test(numbers),
		cmocka_unit_test(parts),
		cmocka_unit_test(ages),
		cmocka_unit_test(anomalies_without_a_flow),
		cmocka_unit_test(full_sinks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
