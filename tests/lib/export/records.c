/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "records.h"

#include <stdlib.h>
#include <string.h>

#include "pkts_seq_event.h"

/* 2026-11-22T10:00:00Z */
#define BASE  UINT64_C(1795341600000000000)
#define MS(n) (UINT64_C(1000000) * (n))
#define V4(a, b, c, d)                                                                             \
	{                                                                                          \
		a, b, c, d                                                                         \
	}
#define DB8(last)                                                                                  \
	{                                                                                          \
		0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last                      \
	}

/* clang-format off */
const struct named_record records[] = {
	{"tcp", {
		.tuple = {.id = 1234567890123456, .src = V4(192, 0, 2, 1), .dst = V4(198, 51, 100, 2), .sport = 51334,
			.dport = 80, .ip_version = 4, .protocol = 6, .community_id = "1:mjN/HgCGBnrXGf7DHBn5S8z1yxU="},
		.written = BASE + MS(62500), .first = BASE + 123456789, .last = BASE + MS(2400),
		.counts = {{12, 9}, {1210, 10480}}, .state = PKTS_FLOW_CLOSED, .reason = PKTS_FLOW_TIMEOUT,
		.tcp = {{0x1b, 0x1a}, {false, true}}, .app_proto = "http", .protocol_state = "time_wait", .conn_state = "SF",
		.history = "ShADadgFf", .seq_events = 1 << PKTS_SEQ_GAP | 1 << PKTS_SEQ_RETRANSMIT}},
	{"udp", {
		.tuple = {.id = 2, .src = DB8(1), .dst = DB8(0x53), .sport = 40000, .dport = 53, .vlans = {100, 7}, .n_vlans = 2,
			.ip_version = 6, .protocol = 17, .in_iface = "eth0"},
		.written = BASE + MS(31000), .first = BASE, .last = BASE + MS(20),
		.counts = {{1, 1}, {80, 260}}, .state = PKTS_FLOW_ESTABLISHED, .reason = PKTS_FLOW_TIMEOUT, .app_proto = "dns"}},
	{"icmp", {
		.tuple = {.id = 3, .src = V4(192, 0, 2, 1), .dst = V4(192, 0, 2, 9), .ip_version = 4, .protocol = 1,
			.icmp_type = 8, .icmp_id = 4660},
		.written = BASE + MS(90000), .first = BASE, .last = BASE + MS(59999),
		.counts = {{60, 59}, {5040, 4956}}, .state = PKTS_FLOW_ESTABLISHED, .reason = PKTS_FLOW_SHUTDOWN,
		.icmp_answered = true}},
	{"icmpv6", {
		.tuple = {.id = 4, .src = DB8(1), .dst = DB8(2), .ip_version = 6, .protocol = 58, .icmp_type = 1, .icmp_code = 4},
		.written = BASE + MS(30000), .first = BASE, .last = BASE,
		.counts = {{1, 0}, {120, 0}}, .state = PKTS_FLOW_NEW, .reason = PKTS_FLOW_TIMEOUT}},
	{"sctp", {
		.tuple = {.id = 5, .src = V4(10, 0, 0, 1), .dst = V4(10, 0, 0, 2), .sport = 3868, .dport = 3869, .ip_version = 4,
			.protocol = 132},
		.written = BASE + MS(400000), .first = BASE, .last = BASE + MS(360000),
		.counts = {{1000, 1001}, {UINT64_C(5000000000), 123456}}, .state = PKTS_FLOW_ESTABLISHED,
		.reason = PKTS_FLOW_ACTIVE, .protocol_state = "established", .app_proto = "diameter"}},
	{"gre", {
		.tuple = {.id = 6, .src = DB8(1), .dst = DB8(2), .ip_version = 6, .protocol = 47, .vlans = {1}, .n_vlans = 1},
		.written = BASE + MS(1), .first = BASE, .last = BASE + MS(1),
		.counts = {{0, 3}, {0, 300}}, .state = PKTS_FLOW_NEW, .reason = PKTS_FLOW_EVICTED}},
	{"midstream", {
		.tuple = {.id = 7, .src = V4(203, 0, 113, 255), .dst = V4(203, 0, 113, 254), .sport = 65535, .dport = 65534,
			.ip_version = 4, .protocol = 6},
		.written = BASE, .first = BASE, .last = BASE + MS(86400000),
		.counts = {{1, 1}, {40, 40}}, .state = PKTS_FLOW_CLOSED, .reason = PKTS_FLOW_TCP_REUSE, .alerted = true,
		.tcp = {{0x14, 0xff}, {false, false}}, .protocol_state = "closed", .session_events = PKTS_SESSION_BIT(TCP_MIDSTREAM)}},
	{"unknown protocol", {
		.tuple = {.id = 8, .src = V4(192, 0, 2, 1), .dst = V4(192, 0, 2, 2), .ip_version = 4, .protocol = 253},
		.written = BASE, .first = BASE, .last = BASE, .counts = {{1, 0}, {20, 0}}, .reason = PKTS_FLOW_SHUTDOWN}},
};
/* clang-format on */

const unsigned n_records = PKTS_ARRAY_LEN(records);

/* clang-format off */
const struct named_anomaly anomalies[] = {
	{"stream anomaly", {
		.tuple = {.id = 1234567890123456, .src = V4(198, 51, 100, 2), .dst = V4(192, 0, 2, 1), .sport = 80,
			.dport = 51334, .ip_version = 4, .protocol = 6, .community_id = "1:mjN/HgCGBnrXGf7DHBn5S8z1yxU="},
		.ts = BASE + MS(250), .pcap_cnt = 17, .type = PKTS_ANOMALY_STREAM, .validity = PKTS_INVALID, .direction = 1,
		.event = "retransmit_diff", .layer = "tcp"}},
	{"application anomaly", {
		.tuple = {.id = 9, .src = DB8(1), .dst = DB8(2), .sport = 40000, .dport = 3306, .ip_version = 6, .protocol = 6},
		.ts = BASE, .type = PKTS_ANOMALY_APPLAYER, .validity = PKTS_SUSPECT, .event = "mysql_sequence",
		.layer = "parser", .app_proto = "mysql"}},
	{"decode anomaly", {
		.ts = BASE, .pcap_cnt = 3, .type = PKTS_ANOMALY_DECODE, .validity = PKTS_INVALID, .event = "ipv4_ihl"}},
};
/* clang-format on */

const unsigned n_anomalies = PKTS_ARRAY_LEN(anomalies);

const struct pkts_flow_record *record_named(const char *name)
{
	for (unsigned i = 0; i < n_records; i++)
		if (strcmp(records[i].name, name) == 0)
			return &records[i].record;
	abort();
}
