/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Packets as JSON: whole lines for some frames, rules for all of them. */
#include <stdlib.h>

#include "frame.h"
#include "json.h"
#include "pkts_index.h"
#include "pkts_show.h"
#include "row.h"

static char text[1 << 16];

/* All of a frame was captured, 2 s after the epoch, as number 7; only the first `readable` bytes
 * count. */
static const char *json_of(const struct pkts_packet *packet, uint32_t wire, uint32_t readable)
{
	uint8_t checksums[PKTS_PACKET_LAYERS];
	struct pkts_sink s = {.buf = text, .cap = sizeof(text) - 1};
	const struct pkts_shown about = {7, 2000000003, wire, readable, checksums};

	for (unsigned i = 0; i < packet->n; i++)
		checksums[i] = (uint8_t)pkts_packet_checksum(packet, i, NULL);
	pkts_json(&s, packet, &about);
	assert_int_equal(s.lost, 0);
	text[s.used] = 0;
	return text;
}

/* clang-format off */
static const struct {
	const char *frame, *json;
} lines[] = {
	{"udp4 in 60 bytes",
	 "{\"n\":7,\"ts\":\"1970-01-01T00:00:02.000000003Z\",\"len\":60,\"caplen\":60,\"layers\":["
	 "{\"proto\":\"eth\",\"off\":0,\"len\":14,\"dst\":\"02:00:00:00:00:0b\",\"src\":\"02:00:00:00:00:0a\",\"type\":2048},"
	 "{\"proto\":\"ipv4\",\"off\":14,\"len\":20,\"version\":4,\"ihl\":5,\"dscp\":0,\"ecn\":0,\"total_length\":31,\"id\":1,"
	 "\"rf\":false,\"df\":false,\"mf\":false,\"frag_offset\":0,\"ttl\":64,\"protocol\":17,\"csum\":36502,"
	 "\"src\":\"192.0.2.1\",\"dst\":\"198.51.100.2\",\"checksum\":\"good\"},"
	 "{\"proto\":\"udp\",\"off\":34,\"len\":8,\"sport\":40001,\"dport\":9,\"length\":11,\"csum\":41716,\"checksum\":\"good\"}],"
	 "\"verdict\":{\"ok\":true,\"excess\":15}}"},
	{"ipv6 link",
	 "{\"n\":7,\"ts\":\"1970-01-01T00:00:02.000000003Z\",\"len\":52,\"caplen\":52,\"layers\":["
	 "{\"proto\":\"ipv6\",\"off\":0,\"len\":40,\"version\":6,\"dscp\":0,\"ecn\":0,\"flow\":0,\"payload_length\":12,\"next\":17,"
	 "\"hop_limit\":64,\"src\":\"2001:db8:1::1\",\"dst\":\"2001:db8:2::2\"},"
	 "{\"proto\":\"udp\",\"off\":40,\"len\":8,\"sport\":40001,\"dport\":9,\"length\":12,\"csum\":13133,\"checksum\":\"good\"}],"
	 "\"verdict\":{\"ok\":true}}"},
};
/* clang-format on */

static void whole_lines(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(lines); i++) {
		const struct frame *const f = frame_named(lines[i].frame);
		const struct bytes b = bytes_of(f->hex);
		const struct pkts_packet packet = decode_bytes(b, f->link);
		ROW_TEXT(f->name, json_of(&packet, b.n, b.n), lines[i].json);
		free(b.p);
	}
}

/* Members of a layer that are worth a look: options in all their forms, fields that only some
 * headers have. */
static void parts_of_lines(void **state)
{
	static const struct {
		const char *frame, *part;
	} rows[] = {
		{"tcp4 syn", "\"flags\":\"SEC\",\"window\":512"},
		{"tcp4 syn",
			"\"options\":[{\"type\":2,\"name\":\"mss\",\"value\":1460},{\"type\":4,"
			"\"name\":\"sackok\"},"
			"{\"type\":8,\"name\":\"ts\",\"value\":[7,0]},{\"type\":1,\"name\":\"nop\"}"
			","
			"{\"type\":3,\"name\":\"wscale\",\"value\":7}],\"checksum\":\"good\"}]"},
		{"ipv4 options",
			"\"options\":[{\"type\":148,\"name\":\"router_alert\",\"value\":0},{"
			"\"type\":1,\"name\":\"nop\"},"
			"{\"type\":7,\"name\":\"record_route\",\"value\":\"08c0000209\"}]"},
		{"hop-by-hop", "\"next\":17,\"ext_length\":0,\"options\":[{\"type\":5,\"name\":"
			       "\"router_alert\",\"value\":0},"
			       "{\"type\":1,\"name\":\"padn\"}]}"},
		{"geneve", "\"options\":[{\"type\":66176,\"value\":\"61626364\"},{\"type\":"
			   "16776961}]}"},
		{"gtp extension", "\"options\":[{\"type\":133,\"value\":\"0005\"}]}"},
		{"sctp", "\"chunks\":[{\"type\":0,\"name\":\"data\",\"flags\":3,\"value\":"
			 "\"0000000100010000000000006162636465\"},"},
		{"neighbour solicitation", "\"options\":[{\"type\":1,\"name\":\"source_link\","
					   "\"value\":\"02000000000a\"}]"},
		{"arp", "\"operation\":1,\"sha\":\"02:00:00:00:00:0a\",\"spa\":\"192.0.2.1\","
			"\"tha\":\"00:00:00:00:00:00\","
			"\"tpa\":\"192.0.2.2\"}],\"verdict\""},
		{"gre checksum key sequence",
			"\"protocol\":34525,\"csum\":20654,\"key\":4660,\"seq\":5}"},
		{"ah", "\"seq\":1,\"icv\":\"000102030405060708090a0b\"}"},
		{"vlan", "\"pcp\":5,\"dei\":true,\"id\":100,\"type\":2048}"},
		{"udp4 without checksum", "\"csum\":0,\"checksum\":\"absent\"}"},
		{"ipv4 first fragment", "\"checksum\":\"unverified\"}],\"verdict\":{\"ok\":true,"
					"\"fragment\":true}}"},
		{"sll", "\"addr\":\"02000000000a0000\",\"protocol\":2048}"},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct frame *const f = frame_named(rows[i].frame);
		const struct bytes b = bytes_of(f->hex);
		const struct pkts_packet packet = decode_bytes(b, f->link);
		const char *const json = json_of(&packet, b.n, b.n);
		if (!strstr(json, rows[i].part))
			fail_msg("row \"%s\": no %s in %s", f->name, rows[i].part, json);
		free(b.p);
	}
}

/* A value that is no whole list of the option's numbers is shown as the bytes it is. */
static void options_of_odd_lengths(void **state)
{
	const struct bytes b = bytes_of(frame_named("tcp4 syn")->hex);

	(void)state;
	b.p[55] = 5;
	const struct pkts_packet packet = decode_bytes(b, 1);
	assert_non_null(strstr(json_of(&packet, b.n, b.n),
		"[{\"type\":2,\"name\":\"mss\",\"value\":\"05b404\"},{\"type\":2,\"name\":\"mss\","
		"\"value\":[2560,0,1792]}]"));
	free(b.p);
}

static void no_options_no_list(void **state)
{
	static const char *const names[] = {"tcp4", "tcp6", "udp4", "gtp", "icmpv6 echo"};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(names); i++) {
		const struct bytes b = bytes_of(frame_named(names[i])->hex);
		const struct pkts_packet packet = decode_bytes(b, 1);
		ROW_TRUE(names[i], strstr(json_of(&packet, b.n, b.n), "options") == NULL);
		free(b.p);
	}
}

static void verdict_is(const char *hex, uint16_t link, uint32_t wire, const char *verdict)
{
	const struct bytes b = bytes_of(hex);
	const struct pkts_frame f = {b.p, b.n, b.n, wire ? wire : b.n, link};
	struct pkts_packet packet;

	pkts_decode(NULL, &f, &packet);
	const char *const json = json_of(&packet, f.wire, b.n);
	assert_null(json_error(json, strlen(json)));
	const char *const found = strstr(json, "\"verdict\"");
	assert_non_null(found);
	assert_string_equal(found, verdict);
	free(b.p);
}

static void verdicts(void **state)
{
	(void)state;
	verdict_is("02000000000b 02000000000a 86dd 60000000 0024 00 40 "
		   "20010db8000100000000000000000001 "
		   "20010db8000200000000000000000002 3c00 0104 00000001 0600 0109 00000000 "
		   "9c400009 000003e8 000007d0 "
		   "4018 0200 0000 0000 000000",
		1, 0,
		"\"verdict\":{\"ok\":false,\"fatal\":{\"reason\":\"tcp_offset\",\"proto\":\"tcp\","
		"\"off\":82},"
		"\"invalid\":{\"reason\":\"ipv6_option\",\"proto\":\"ipv6_dstopts\",\"off\":62},"
		"\"padding\":\"ipv6_padding\",\"excess\":3}}");
	verdict_is("02000000000b 02000000000a 0800 4500", 1, 60,
		"\"verdict\":{\"ok\":false,\"fatal\":{\"reason\":\"cut\",\"proto\":\"ipv4\","
		"\"off\":14},"
		"\"truncated\":true}}");
	verdict_is("0011", 105, 0,
		"\"verdict\":{\"ok\":false,\"fatal\":{\"reason\":\"link_unknown\",\"proto\":\"\","
		"\"off\":0}}}");
}

/* From { to the } that closes it. Strings of ours hold no brackets. */
static size_t object_length(const char *p)
{
	size_t n = 0;
	unsigned depth = 0;

	do {
		depth += p[n] == '{';
		depth -= p[n] == '}';
		n++;
	} while (depth);
	return n;
}

static void members_of_layer(
	const char *name, const struct pkts_packet *packet, unsigned i, const char *object)
{
	const struct pkts_proto_info *const info = pkts_proto_info(packet->layers[i].proto);
	const size_t n = object_length(object);
	struct pkts_field rows[PKTS_OPTIONAL_MAX];
	const unsigned more =
		pkts_optional_fields(packet->layers[i].proto, pkts_packet_ref(packet, i), rows);

	ROW_INT(name, json_members(object, n, "proto"), 1);
	ROW_INT(name, json_members(object, n, "off"), 1);
	ROW_INT(name, json_members(object, n, "len"), 1);
	for (unsigned k = 0; k < info->nfields; k++)
		ROW_INT(info->fields[k].name, json_members(object, n, info->fields[k].name), 1);
	for (unsigned k = 0; k < more; k++)
		ROW_INT(rows[k].name, json_members(object, n, rows[k].name), 1);
}

static void every_field_of_every_layer_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes b = bytes_of(frames[i].hex);
		const struct pkts_packet packet = decode_bytes(b, frames[i].link);
		const char *at = json_of(&packet, b.n, b.n);
		ROW_TRUE(frames[i].name, json_error(at, strlen(at)) == NULL);
		for (unsigned k = 0; k < packet.n; k++) {
			at = strstr(at, "{\"proto\":");
			ROW_TRUE(frames[i].name, at != NULL);
			members_of_layer(frames[i].name, &packet, k, at);
			at += object_length(at);
		}
		ROW_TRUE(frames[i].name, strncmp(at, "],\"verdict\":{", 13) == 0);
		free(b.p);
	}
}

/* Only what is readable is read: the rest of the packet is in other memory. */
static void options_end_where_the_first_segment_does(void **state)
{
	static const char *const names[] = {
		"sctp", "router advertisement", "neighbour solicitation"};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(names); i++) {
		const struct frame *const frame = frame_named(names[i]);
		const struct bytes whole = bytes_of(frame->hex);
		for (uint32_t n = 62; n <= whole.n; n++) {
			const struct bytes b = bytes_first(whole, n);
			const struct pkts_frame f = {b.p, n, whole.n, whole.n, frame->link};
			const struct pkts_shown about = {1, 0, whole.n, n, NULL};
			struct pkts_sink s = {.buf = text, .cap = sizeof(text)};
			struct pkts_packet packet;
			ROW_INT(names[i], pkts_decode(NULL, &f, &packet), 0);
			pkts_json(&s, &packet, &about);
			ROW_TRUE(names[i], json_error(text, s.used) == NULL);
			s.used = 0;
			pkts_show(&s, &packet, &about);
			free(b.p);
		}
		free(whole.p);
	}
}

static void a_time_that_is_not_known_and_no_checksums(void **state)
{
	const struct frame *const f = frame_named("ipv4 link");
	const struct bytes b = bytes_of(f->hex);
	const struct pkts_packet packet = decode_bytes(b, f->link);
	struct pkts_sink s = {.buf = text, .cap = sizeof(text)};

	(void)state;
	pkts_json(&s, &packet, &(const struct pkts_shown){1, 0, b.n, b.n, NULL});
	text[s.used] = 0;
	assert_null(strstr(text, "checksum"));
	assert_non_null(strstr(text, "\"ts\":\"1970-01-01T00:00:00.000000000Z\""));
	free(b.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_lines),
		cmocka_unit_test(parts_of_lines),
		cmocka_unit_test(options_of_odd_lengths),
		cmocka_unit_test(no_options_no_list),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(every_field_of_every_layer_once),
		cmocka_unit_test(options_end_where_the_first_segment_does),
		cmocka_unit_test(a_time_that_is_not_known_and_no_checksums),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
