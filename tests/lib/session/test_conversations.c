/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Packets to conversations: who began, what is counted, judged, put in order, told, and when it ends. */
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "copies.h"
#include "pkts_compose.h"
#include "pkts_conversations.h"
#include "pkts_sctp_param.h"

#define SECOND	 UINT64_C(1000000000)
#define FRAME	 2048
#define CLIENT	 0x0a000001u
#define SERVER	 0x0a000002u
#define ROUTER	 0x0a0000feu
#define ENDS_MAX 512

struct ended {
	enum pkts_conversation_kind kind;
	enum pkts_conversation_end why;
	struct pkts_session_counts counts;
	struct pkts_session_key key;
	uint8_t initiator, app;
	uint64_t seq_events;
	bool gap[2];
	char conn_state[8];
};

static struct rig {
	struct pkts_conversations *c;
	void *mem;
	uint64_t now;
	struct ended ends[ENDS_MAX];
	unsigned n_ends;
	uint64_t noted; /* events */
	bool noted_app, cut;
	uint64_t seq_noted[2]; /* by direction */
	char text[2][4096];
	size_t n_text[2];
	unsigned gaps, fins, messages, conflicts;
	unsigned held;
} rig;

static void on_end(void *ctx, enum pkts_conversation_kind kind, struct pkts_table_entry *entry,
	enum pkts_conversation_end why)
{
	const struct pkts_tcp_conversation *const tcp = pkts_table_user(entry);
	struct ended *const e = &rig.ends[rig.n_ends++ % ENDS_MAX];

	(void)ctx;
	*e = (struct ended){.kind = kind,
		.why = why,
		.counts = pkts_conversation_counts(&tcp->common.tally),
		.key = pkts_table_key_of(entry),
		.initiator = pkts_table_initiator(entry)};
	e->app = (uint8_t)pkts_conversation_app(kind, entry);
	const struct pkts_conversation_seq seq = pkts_conversations_seq(rig.c, kind, entry);
	e->seq_events = seq.events;
	e->gap[0] = seq.gap[0];
	e->gap[1] = seq.gap[1];
	if (kind != PKTS_CONVERSATION_TCP)
		return;
	strcpy(e->conn_state, pkts_tcp_conn_state(&tcp->session));
}

static void on_note(void *ctx, const struct pkts_conversation_note *note)
{
	(void)ctx;
	rig.noted |= note->judgement.events;
	rig.noted_app |= note->app;
}

static void on_bytes(void *ctx, const struct pkts_conversation_bytes *bytes)
{
	(void)ctx;
	rig.gaps += bytes->kind == PKTS_TCP_SEQ_GAP;
	rig.fins += bytes->kind == PKTS_TCP_SEQ_FIN;
	if (bytes->kind != PKTS_TCP_SEQ_DATA)
		return;
	assert_true(rig.n_text[bytes->dir] + bytes->out.len < sizeof(rig.text[0]));
	memcpy(rig.text[bytes->dir] + rig.n_text[bytes->dir], bytes->out.p, bytes->out.len);
	rig.n_text[bytes->dir] += bytes->out.len;
}

static void on_message(void *ctx, struct pkts_table_entry *entry,
	const struct pkts_app_session *session, const struct pkts_app_message *message)
{
	(void)ctx;
	(void)session;
	(void)message;
	assert_non_null(entry);
	rig.messages++;
}

static void on_seq_note(void *ctx, const struct pkts_conversation_seq_note *note)
{
	(void)ctx;
	assert_non_null(note->entry);
	rig.seq_noted[note->dir] |= note->events;
	rig.conflicts += note->events >> PKTS_SEQ_CONFLICT & 1;
	rig.cut |= note->cut;
}

static void begin(struct pkts_conversations_conf conf)
{
	conf.watch = (struct pkts_conversations_watch){
		on_end, on_note, on_bytes, on_message, on_seq_note, NULL};
	conf.stream.hold = copies(&rig.held);
	memset(&rig, 0, sizeof(rig));
	rig.now = SECOND;
	const size_t n = pkts_conversations_memsize(&conf);
	rig.mem = aligned_alloc(PKTS_CONVERSATIONS_ALIGN, (n + 63) / 64 * 64);
	assert_int_equal(pkts_conversations_init(&rig.c, rig.mem, n, &conf), 0);
}

static void end(void)
{
	pkts_conversations_flush(rig.c);
	assert_int_equal(rig.held, 0);
	assert_int_equal(pkts_conversations_stats(rig.c).streams, 0);
	free(rig.mem);
}

/* Puts a frame, which is freed unless somebody holds it. */
static struct pkts_conversation_packet put_cut(uint8_t *p, uint32_t n, uint32_t readable)
{
	struct pkts_conversation_packet seen;
	struct pkts_packet packet;
	uint8_t *const copy = malloc(n);
	const unsigned held = rig.held;

	memcpy(copy, p, n);
	const struct pkts_frame f = {copy, readable, readable, n, 101};
	pkts_decode(NULL, &f, &packet);
	const struct pkts_conversation_arrival arrival = {
		&packet, {copy, readable, 1, copy}, n, rig.now}; /* too cheap to be copied */
	pkts_conversations_put(rig.c, &arrival, &seen);
	if (rig.held <= held)
		free(copy);
	return seen;
}

struct segment {
	unsigned dir, flags;
	uint32_t seq, ack;
	const char *text;
	uint32_t cut;
	uint16_t port; /* of the client; 0: 40000 */
};

static struct pkts_conversation_packet put_tcp(struct segment s)
{
	const uint32_t ends[2] = {CLIENT, SERVER};
	const uint16_t ports[2] = {s.port ? s.port : 40000, 80};
	const size_t n = s.text ? strlen(s.text) : 0;
	uint8_t room[FRAME];
	struct pkts_out out = {.data = room, .cap = sizeof(room)};

	assert_int_equal(pkts_compose(&out, IPV4(.src = ends[s.dir], .dst = ends[!s.dir]),
				 TCP(.sport = ports[s.dir], .dport = ports[!s.dir], .seq = s.seq,
					 .ack = s.ack, .flags = s.flags, .window = 65535),
				 RAW(s.text ? s.text : "", n)),
		0);
	return put_cut(room, out.len, out.len - s.cut);
}

static struct pkts_conversation_packet put_udp(uint32_t src, uint16_t sport, uint32_t dst)
{
	uint8_t room[FRAME];
	struct pkts_out out = {.data = room, .cap = sizeof(room)};

	assert_int_equal(
		pkts_compose(&out, IPV4(.src = src, .dst = dst),
			UDP(.sport = sport, .dport = dst == SERVER ? 53 : 4000), TEXT("?")),
		0);
	return put_cut(room, out.len, out.len);
}

enum { S = PKTS_TCP_SYN, A = PKTS_TCP_ACK, F = PKTS_TCP_FIN, R = PKTS_TCP_RST };

static void handshake(uint16_t port)
{
	put_tcp((struct segment){0, S, 99, 0, .port = port});
	put_tcp((struct segment){1, S | A, 499, 100, .port = port});
	put_tcp((struct segment){0, A, 100, 500, .port = port});
}

/* cases */

static const struct pkts_conversations_conf streams = {.max_streams = 4, .bytes_for_all = true};

static void test_whole_connection(void **state)
{
	(void)state;
	begin(streams);
	handshake(0);
	put_tcp((struct segment){0, A, 100, 500, "GET / HTTP/1.1\r\n"});
	put_tcp((struct segment){1, A, 500, 116, "HTTP/1.1 200 OK\r\n"});
	put_tcp((struct segment){0, F | A, 116, 517});
	put_tcp((struct segment){1, F | A, 517, 117});
	const struct pkts_conversation_packet last = put_tcp((struct segment){0, A, 117, 518});
	assert_int_equal(pkts_table_class_of(last.entry), PKTS_CONVERSATION_CLOSED);
	assert_int_equal(rig.n_ends, 0);
	rig.now += 11 * SECOND;
	assert_int_equal(pkts_conversations_expire(rig.c, rig.now, 1000), 1);
	assert_int_equal(rig.n_ends, 1);
	const struct ended *const e = &rig.ends[0];
	assert_int_equal(e->why, PKTS_CONVERSATION_TIMEOUT);
	assert_string_equal(e->conn_state, "SF");
	assert_int_equal(e->counts.packets[0], 5);
	assert_int_equal(e->counts.packets[1], 3);
	assert_int_equal(e->counts.bytes[0], 5 * 40 + 16);
	assert_int_equal(e->counts.bytes[1], 3 * 40 + 17);
	assert_int_equal(e->app, PKTS_APP_HTTP);
	assert_string_equal(rig.text[0], "GET / HTTP/1.1\r\n");
	assert_string_equal(rig.text[1], "HTTP/1.1 200 OK\r\n");
	assert_int_equal(rig.fins, 2);
	assert_int_equal(rig.noted, 0);
	end();
}

static void test_segments_out_of_order(void **state)
{
	(void)state;
	begin(streams);
	handshake(0);
	put_tcp((struct segment){0, A, 103, 500, "def"});
	assert_int_equal(rig.held, 1);
	put_tcp((struct segment){0, A, 100, 500, "abc"});
	assert_int_equal(rig.held, 0);
	assert_string_equal(rig.text[0], "abcdef");
	end();
}

/* What the receiver drops is no part of the stream. */
static void test_refused_segments_bring_no_bytes(void **state)
{
	(void)state;
	begin(streams);
	handshake(0);
	put_tcp((struct segment){0, A | S | F, 100, 500, "evil"});
	put_tcp((struct segment){0, A, 100, 500, "good"});
	assert_string_equal(rig.text[0], "good");
	assert_true(
		pkts_conversations_stats(rig.c).invalid + pkts_conversations_stats(rig.c).suspect >
		0);
	end();
}

static void test_capture_that_cuts_segments(void **state)
{
	(void)state;
	begin(streams);
	handshake(0);
	put_tcp((struct segment){0, F | A, 100, 500, "abcdef", .cut = 2});
	put_tcp((struct segment){1, A, 500, 107});
	assert_int_equal(rig.fins, 0);
	pkts_conversations_flush(rig.c);
	assert_string_equal(rig.text[0], "abcd");
	assert_int_equal(rig.gaps, 1);
	assert_int_equal(rig.fins, 1);
	end();
}

static void test_ports_used_again(void **state)
{
	(void)state;
	begin(streams);
	handshake(0);
	put_tcp((struct segment){0, F | A, 100, 500});
	put_tcp((struct segment){1, F | A, 500, 101});
	put_tcp((struct segment){0, A, 101, 501});
	const struct pkts_conversation_packet seen = put_tcp((struct segment){0, S, 900000, 0});
	assert_true(seen.fresh);
	assert_int_equal(rig.n_ends, 1);
	assert_int_equal(rig.ends[0].why, PKTS_CONVERSATION_REUSED);
	assert_int_equal(rig.ends[0].counts.packets[0], 4);
	pkts_conversations_flush(rig.c);
	assert_int_equal(rig.ends[1].counts.packets[0], 1);
	assert_int_equal(rig.ends[1].why, PKTS_CONVERSATION_FLUSHED);
	end();
}

/*
 * Forged SYNs inside connections take no more room than there is: of those in time the answer begins a
 * connection with its SYN, of others without. Whichever, no packet is lost.
 */
static void test_more_syns_inside_connections_than_are_kept(void **state)
{
	enum { CONNECTIONS = 200 };
	struct pkts_conversations_conf conf = streams;
	unsigned with = 0, packets = 0;

	(void)state;
	conf.max[PKTS_CONVERSATION_TCP] = 1024;
	conf.tcp.reuse_established = true;
	begin(conf);
	for (uint16_t port = 1; port <= CONNECTIONS; port++)
		handshake(port);
	for (uint16_t port = 1; port <= CONNECTIONS; port++)
		put_tcp((struct segment){0, S, 70000, 0, .port = port});
	const uint64_t forgotten = pkts_conversations_stats(rig.c).syns_forgotten;
	assert_true(forgotten > 0 && forgotten < CONNECTIONS);
	for (uint16_t port = 1; port <= CONNECTIONS; port++)
		put_tcp((struct segment){1, S | A, 900, 70001, .port = port});
	pkts_conversations_flush(rig.c);
	assert_int_equal(rig.n_ends, 2 * CONNECTIONS);
	for (unsigned i = 0; i < 2 * CONNECTIONS; i++) {
		const struct ended *const e = &rig.ends[i];
		with += e->why == PKTS_CONVERSATION_FLUSHED && e->counts.packets[0] == 1;
		packets += (unsigned)(e->counts.packets[0] + e->counts.packets[1]);
	}
	assert_int_equal(with, CONNECTIONS - forgotten);
	assert_int_equal(packets, 5 * CONNECTIONS);
	end();
}

/* The other connection may not begin: then no packet is lost with its SYN, which came in the midst of one. */
static void test_answer_to_a_syn_of_whom_has_too_many(void **state)
{
	struct pkts_conversations_conf conf = streams;

	(void)state;
	conf.tcp.reuse_established = true;
	conf.max_embryonic_per_source = 1;
	begin(conf);
	handshake(0);
	put_tcp((struct segment){0, S, 1, 0, .port = 2});
	put_tcp((struct segment){0, S, 70000, 0});
	assert_true(put_tcp((struct segment){1, S | A, 900, 70001}).refused);
	assert_int_equal(pkts_conversations_stats(rig.c).refused, 1);
	assert_int_equal(rig.n_ends, 1);
	assert_int_equal(rig.ends[0].why, PKTS_CONVERSATION_REUSED);
	assert_int_equal(rig.ends[0].counts.packets[0], 3);
	assert_int_equal(rig.ends[0].counts.packets[1], 1);
	end();
}

/* It takes the place of the old one in what its source may have. */
static void test_answer_to_a_syn_of_whom_has_as_many_as_it_may(void **state)
{
	struct pkts_conversations_conf conf = streams;

	(void)state;
	conf.tcp.reuse_established = true;
	conf.max_per_source = 1;
	begin(conf);
	handshake(0);
	put_tcp((struct segment){0, S, 70000, 0});
	assert_true(put_tcp((struct segment){1, S | A, 900, 70001}).fresh);
	pkts_conversations_flush(rig.c);
	assert_int_equal(rig.n_ends, 2);
	assert_int_equal(rig.ends[0].counts.packets[0], 2);
	assert_int_equal(rig.ends[1].counts.packets[0], 1);
	end();
}

/* Whoever looks on live cannot have a connection ended by two segments: what they say counts for it. */
static void test_syn_inside_a_connection_that_must_not_end(void **state)
{
	(void)state;
	begin(streams);
	handshake(0);
	put_tcp((struct segment){0, S, 70000, 0});
	put_tcp((struct segment){1, S | A, 900, 70001});
	put_tcp((struct segment){0, A, 100, 500, "goes on"});
	end();
	assert_int_equal(rig.n_ends, 1);
	assert_int_equal(rig.ends[0].counts.packets[0], 4);
	assert_int_equal(rig.ends[0].counts.packets[1], 2);
	assert_string_equal(rig.text[0], "goes on");
}

/* Whoever is answered has begun, also if only the answer was seen. */
static void test_answer_first(void **state)
{
	(void)state;
	begin(streams);
	const struct pkts_conversation_packet seen = put_tcp((struct segment){1, S | A, 499, 100});
	assert_int_equal(seen.dir, 1);
	assert_int_equal(put_tcp((struct segment){0, A, 100, 500}).dir, 0);
	end();
	assert_int_equal(rig.ends[0].key.port[rig.ends[0].initiator], 40000);
}

static void test_floods_of_one_kind_leave_others_alone(void **state)
{
	(void)state;
	begin((struct pkts_conversations_conf){.max = {4, 16, 4, 4, 4}});
	handshake(0);
	for (unsigned i = 0; i < 1000; i++)
		put_udp(0x0b000000u + i, (uint16_t)(1024 + i), SERVER);
	assert_int_equal(rig.n_ends, 1000 - 16);
	for (unsigned i = 0; i < rig.n_ends && i < ENDS_MAX; i++)
		assert_int_equal(rig.ends[i].kind, PKTS_CONVERSATION_UDP);
	assert_int_equal(put_tcp((struct segment){1, A, 500, 100}).fresh, false);
	end();
}

/* A SYN flood takes the room of connections that are not established either. */
static void test_established_ones_survive_a_syn_flood(void **state)
{
	(void)state;
	begin((struct pkts_conversations_conf){.max = {64, 4, 4, 4, 4}, .max_streams = 2});
	for (uint16_t port = 1; port <= 16; port++)
		handshake(port);
	for (unsigned i = 0; i < 10000; i++) {
		uint8_t room[FRAME];
		struct pkts_out out = {.data = room, .cap = sizeof(room)};
		pkts_compose(&out, IPV4(.src = 0x0b000000u + i, .dst = SERVER),
			TCP(.sport = i & 0xffff, .dport = 80, .seq = i, .flags = S));
		put_cut(room, out.len, out.len);
	}
	for (uint16_t port = 1; port <= 16; port++)
		assert_false(put_tcp((struct segment){1, A, 500, 100, .port = port}).fresh);
	for (unsigned i = 0; i < ENDS_MAX; i++)
		assert_string_equal(rig.ends[i].conn_state, "S0");
	assert_int_equal(pkts_conversations_stats(rig.c).streams, 2); /* and none for a bare SYN */
	end();
}

/* Empty ACKs of addresses that nobody answers take no more room than SYNs do, and no streams for long. */
static void test_established_ones_survive_an_ack_flood(void **state)
{
	(void)state;
	begin((struct pkts_conversations_conf){
		.max = {64, 4, 4, 4, 4}, .max_streams = 8, .bytes_for_all = true});
	for (uint16_t port = 1; port <= 4; port++)
		handshake(port);
	for (unsigned i = 0; i < 10000; i++) {
		uint8_t room[FRAME];
		struct pkts_out out = {.data = room, .cap = sizeof(room)};
		pkts_compose(&out, IPV4(.src = 0x0b000000u + i, .dst = SERVER),
			TCP(.sport = i & 0xffff, .dport = 80, .seq = i, .ack = i, .flags = A));
		put_cut(room, out.len, out.len);
	}
	for (uint16_t port = 1; port <= 4; port++)
		assert_false(put_tcp((struct segment){1, A, 500, 100, .port = port}).fresh);
	handshake(9);
	put_tcp((struct segment){0, A, 100, 500, "mine", .port = 9});
	assert_string_equal(rig.text[0], "mine");
	assert_true(pkts_conversations_stats(rig.c).streams_taken > 0);
	end();
}

static void test_forged_segments_change_no_stream(void **state)
{
	static const struct {
		struct segment ops[6];
		const char *name;
	} rows[] = {
		{{{0, S, 99, 0}, {1, S | A, 499, 100}, {0, A, 100, 500}, {0, S, 99, 0, "DECOY"}},
			"data on a repeated SYN"},
		{{{0, S, 99, 0}, {1, S, 7777, 0}, {1, S | A, 499, 100}, {0, A, 100, 500}},
			"a SYN from the server's address before it answers"},
		{{{0, S, 99, 0}, {0, S, 1000, 0}, {0, S, 2000, 0}, {0, S, 3000, 0},
			 {1, S | A, 499, 100}, {0, A, 100, 500}},
			"more SYNs than are kept"},
		{{{0, S, 99, 0}, {1, S | A, 499, 100}, {0, A, 100, 500}, {0, S, 70000, 0},
			 {1, S | A, 900, 70001}},
			"a handshake inside a connection"},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		begin(streams);
		for (unsigned k = 0; k < 6 && rows[i].ops[k].flags; k++)
			put_tcp(rows[i].ops[k]);
		put_tcp((struct segment){0, A, 100, 500, "real"});
		if (strcmp(rig.text[0], "real") != 0)
			fail_msg("%s: the stream is '%s'", rows[i].name, rig.text[0]);
		end();
	}
}

/* Who knows the ports, and guesses the numbers: what its segments acknowledge is nobody's. */
static void test_guessed_acknowledgements(void **state)
{
	const uint32_t far = 1u << 29;

	(void)state;
	for (unsigned dir = 0; dir < 2; dir++) {
		const uint32_t next[2] = {100, 500};
		begin(streams);
		handshake(40000);
		put_tcp((struct segment){!dir, A, next[!dir], next[dir], "ask"});
		put_tcp((struct segment){dir, A, next[dir], next[!dir] + 3});
		put_tcp((struct segment){!dir, A, next[!dir] - far, next[dir] + far});
		put_tcp((struct segment){!dir, A, next[!dir] - far, next[dir] + far, "EVIL"});
		const struct pkts_conversation_packet seen =
			put_tcp((struct segment){dir, A, next[dir], next[!dir] + 3, "real"});
		assert_int_equal(seen.judgement.validity, PKTS_VALID);
		assert_string_equal(rig.text[dir], "real");
		assert_string_equal(rig.text[!dir], "ask");
		assert_int_equal(rig.gaps, 0);
		end();
	}
}

static void test_sources_with_too_many(void **state)
{
	(void)state;
	begin((struct pkts_conversations_conf){.max_per_source = 3});
	for (uint16_t port = 1; port <= 5; port++) {
		const struct pkts_conversation_packet seen = put_udp(CLIENT, port, SERVER);
		assert_int_equal(seen.refused, port > 3);
		assert_int_equal(seen.entry == NULL, port > 3);
	}
	assert_false(put_udp(ROUTER, 9, SERVER).refused);
	assert_int_equal(pkts_conversations_stats(rig.c).refused, 2);
	end();
}

/* Streams */

/* Between SYN and SYN/ACK the server takes nothing: what is sent there is meant for those who look on. */
static void test_segments_before_the_answer(void **state)
{
	static const struct segment before[] = {{0, A, 100, 123456789},
		{0, A, 100, 1u << 31, "EVIL"}, {0, A, 100 + (1u << 29), 77, "EVIL"},
		{0, A | F, 100, 123456789}};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(before); i++) {
		begin(streams);
		put_tcp((struct segment){0, S, 99, 0});
		put_tcp(before[i]);
		put_tcp((struct segment){1, S | A, 499, 100});
		const struct segment rest[] = {{0, A, 100, 500}, {0, A, 100, 500, "ask"},
			{1, A, 500, 103}, {1, A, 500, 103, "real"}, {0, A, 103, 504},
			{0, A, 103, 504, "more"}};
		for (unsigned k = 0; k < PKTS_ARRAY_LEN(rest); k++)
			assert_int_equal(put_tcp(rest[k]).judgement.validity, PKTS_VALID);
		assert_string_equal(rig.text[1], "real");
		assert_string_equal(strstr(rig.text[0], "ask"), "askmore");
		assert_int_equal(rig.gaps, 0);
		end();
	}
}

static void test_streams_are_given_back(void **state)
{
	(void)state;
	begin((struct pkts_conversations_conf){.max_streams = 1});
	for (uint16_t port = 1; port <= 3; port++) {
		handshake(port);
		assert_int_equal(pkts_conversations_stats(rig.c).streams, 1);
		put_tcp((struct segment){0, A, 100, 500,
			"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", .port = port});
		put_tcp((struct segment){0, A, 111, 500, "SSH-2.0-OpenSSH_9\r\n", .port = port});
		put_tcp((struct segment){1, A, 500, 130, "SSH-2.0-OpenSSH_9\r\n", .port = port});
		put_tcp((struct segment){0, R, 130, 0, .port = port});
	}
	assert_int_equal(pkts_conversations_stats(rig.c).streams, 0);
	assert_int_equal(pkts_conversations_stats(rig.c).streams_given_back, 3);
	assert_int_equal(pkts_conversations_stats(rig.c).no_stream, 0);
	end();
}

static void test_more_connections_than_streams(void **state)
{
	(void)state;
	begin((struct pkts_conversations_conf){.max_streams = 1, .bytes_for_all = true});
	handshake(1);
	handshake(2);
	put_tcp((struct segment){0, A, 100, 500, "one", .port = 1});
	put_tcp((struct segment){0, A, 100, 500, "two", .port = 2});
	assert_string_equal(rig.text[0], "one");
	assert_int_equal(pkts_conversations_stats(rig.c).no_stream, 1);
	end();
}

static void test_no_more_bytes_wanted(void **state)
{
	(void)state;
	begin(streams);
	handshake(0);
	struct pkts_conversation_packet seen = put_tcp((struct segment){0, A, 105, 500, "held"});
	assert_int_equal(rig.held, 1);
	pkts_conversations_no_more(rig.c, seen.entry);
	assert_int_equal(rig.held, 0);
	put_tcp((struct segment){0, A, 100, 500, "never"});
	assert_int_equal(rig.n_text[0], 0);
	end();
}

static void test_gap_that_nobody_fills(void **state)
{
	(void)state;
	begin(streams);
	handshake(0);
	put_tcp((struct segment){0, A, 103, 500, "def"});
	for (unsigned i = 0; i < 10; i++) {
		rig.now += SECOND;
		pkts_conversations_expire(rig.c, rig.now, 1000);
	}
	assert_int_equal(rig.gaps, 1);
	assert_string_equal(rig.text[0], "def");
	end();
}

/* What Sequences notice */

#define NOTICED(NAME) (UINT64_C(1) << PKTS_SEQ_##NAME)

static void demand_noticed(uint64_t to_server, uint64_t to_client, bool gap, bool other_gap)
{
	assert_int_equal(rig.seq_noted[0], to_server);
	assert_int_equal(rig.seq_noted[1], to_client);
	assert_int_equal(rig.ends[0].seq_events, to_server | to_client);
	assert_int_equal(rig.ends[0].gap[0], gap);
	assert_int_equal(rig.ends[0].gap[1], other_gap);
}

static void test_segments_that_contradict_each_other(void **state)
{
	(void)state;
	begin(streams);
	handshake(0);
	put_tcp((struct segment){0, A, 103, 500, "def"});
	put_tcp((struct segment){0, A, 103, 500, "dXf"});
	put_tcp((struct segment){0, A, 103, 500, "dYf"});
	put_tcp((struct segment){1, A, 503, 100, "def"});
	put_tcp((struct segment){1, A, 503, 100, "def"});
	put_tcp((struct segment){0, A, 100, 500, "abc"});
	assert_int_equal(rig.seq_noted[0] & NOTICED(CONFLICT), NOTICED(CONFLICT));
	assert_int_equal(rig.seq_noted[1] & NOTICED(CONFLICT), 0);
	put_tcp((struct segment){1, A, 500, 106, "abc"});
	assert_int_equal(pkts_conversations_stats(rig.c).seq_events[PKTS_SEQ_CONFLICT], 2);
	assert_int_equal(rig.conflicts, 1);
	end();
	demand_noticed(NOTICED(CONFLICT) | NOTICED(DUPLICATE),
		NOTICED(OVERLAP) | NOTICED(DUPLICATE), false, false);
	assert_false(rig.cut);
}

/* Kept when the bytes are not wanted any longer, and when the connection has ended. */
static void test_gaps_are_remembered(void **state)
{
	(void)state;
	for (unsigned dir = 0; dir < 2; dir++) {
		begin((struct pkts_conversations_conf){.max_streams = 4});
		handshake(0);
		if (dir == 0)
			put_tcp((struct segment){0, A, 103, 500, "def"});
		else
			put_tcp((struct segment){1, A, 503, 100, "def"});
		put_tcp((struct segment){!dir, A, dir ? 100 : 500, dir ? 506 : 106});
		assert_int_equal(rig.gaps, 1);
		pkts_conversations_no_more(
			rig.c, put_tcp((struct segment){0, A, 106, 506, "ghi"}).entry);
		assert_int_equal(pkts_conversations_stats(rig.c).streams, 0);
		end();
		assert_int_equal(rig.ends[0].gap[0], dir == 0);
		assert_int_equal(rig.ends[0].gap[1], dir == 1);
		assert_int_equal(rig.ends[0].seq_events & NOTICED(GAP), NOTICED(GAP));
	}
}

/* A FIN behind bytes that never came: nothing waits, and yet they are missing. */
static void test_gap_before_the_end(void **state)
{
	(void)state;
	begin(streams);
	handshake(0);
	put_tcp((struct segment){0, F | A, 150, 500});
	put_tcp((struct segment){1, F | A, 500, 151});
	put_tcp((struct segment){0, A, 151, 501});
	assert_int_equal(pkts_conversations_stats(rig.c).streams, 0);
	assert_int_equal(rig.gaps, 1);
	assert_int_equal(rig.fins, 2);
	end();
	assert_true(rig.ends[0].gap[0]);
	assert_false(rig.ends[0].gap[1]);
}

static void test_gap_that_the_capture_made(void **state)
{
	(void)state;
	begin(streams);
	handshake(0);
	put_tcp((struct segment){0, A, 100, 500, "abcdef", .cut = 2});
	put_tcp((struct segment){0, A, 106, 500, "ghi"});
	put_tcp((struct segment){1, A, 500, 109});
	end();
	demand_noticed(NOTICED(GAP) | NOTICED(ACK_UNSEEN), 0, true, false);
	assert_true(rig.cut);
}

/* Followed to the end, though no application Session and nobody else wants the bytes. */
static void test_all_bytes_for_the_sake_of_what_is_noticed(void **state)
{
	struct pkts_conversations_conf conf = {
		.max_streams = 4, .no_apps = true, .bytes_for_all = true};

	(void)state;
	conf.stream.keep_delivered = true;
	begin(conf);
	handshake(0);
	put_tcp((struct segment){0, A, 100, 500, "SSH-2.0-OpenSSH_9\r\n"});
	put_tcp((struct segment){0, A, 100, 500, "SSH-2.0-OpenSSL_9\r\n"});
	assert_int_equal(rig.seq_noted[0], NOTICED(RETRANSMIT_DIFF));
	put_tcp((struct segment){1, A, 500, 119});
	end();
	demand_noticed(NOTICED(RETRANSMIT_DIFF), 0, false, false);
	assert_int_equal(rig.ends[0].app, PKTS_APP_NONE);
}

/* PostgreSQL: start-up, and what the server says to it. */
static void test_messages_of_an_application(void **state)
{
	static const char startup[] = "\0\0\0\x17\0\3\0\0user\0me\0\0";
	uint8_t room[FRAME];
	struct pkts_out out = {.data = room, .cap = sizeof(room)};
	uint8_t message[23] = {0};

	(void)state;
	memcpy(message, startup, sizeof(startup) - 1);
	message[3] = sizeof(startup) - 1;
	begin((struct pkts_conversations_conf){.max_streams = 4});
	handshake(0);
	pkts_compose(&out, IPV4(.src = CLIENT, .dst = SERVER),
		TCP(.sport = 40000, .dport = 80, .seq = 100, .ack = 500, .flags = A),
		RAW(message, sizeof(startup) - 1));
	put_cut(room, out.len, out.len);
	assert_int_equal(rig.messages, 1);
	end();
	assert_int_equal(rig.ends[0].app, PKTS_APP_PGSQL);
}

/* ICMP */

/* A port unreachable, about a datagram or segment from CLIENT. */
static void put_error(uint16_t protocol, uint16_t sport, uint16_t dport, uint32_t seq)
{
	uint8_t quoted[FRAME], room[FRAME], head[8];
	struct pkts_out in = {.data = quoted, .cap = sizeof(quoted)};
	struct pkts_out out = {.data = room, .cap = sizeof(room)};

	pkts_put_be16(head, sport);
	pkts_put_be16(head + 2, dport);
	pkts_put_be32(head + 4, protocol == PKTS_IPPROTO_TCP ? seq : 9u << 16);
	pkts_compose(&in, IPV4(.src = CLIENT, .dst = SERVER, .protocol = PKTS_PIN(protocol)),
		RAW(head, sizeof(head)));
	pkts_compose(&out, IPV4(.src = ROUTER, .dst = CLIENT), ICMP(.type = 3, .code = 3),
		RAW(quoted, in.len));
	put_cut(room, out.len, out.len);
}

static void test_errors_belong_to_what_they_quote(void **state)
{
	const struct {
		uint16_t protocol, sport, dport;
		uint32_t seq;
		bool tied, plausible;
	} rows[] = {
		/* 1 */ {PKTS_IPPROTO_UDP, 7000, 53, 0, true, true},
		/* 2 */ {PKTS_IPPROTO_UDP, 7001, 53, 0, false, true},
		/* 3 */ {PKTS_IPPROTO_TCP, 40000, 80, 99, true, true},
		/* 4 */ {PKTS_IPPROTO_TCP, 40000, 80, 77777, true, false},
		/* 5 */ {PKTS_IPPROTO_TCP, 40001, 80, 99, false, true},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		begin(streams);
		put_udp(CLIENT, 7000, SERVER);
		put_tcp((struct segment){0, S, 99, 0});
		put_error(rows[i].protocol, rows[i].sport, rows[i].dport, rows[i].seq);
		const struct pkts_conversations_stats stats = pkts_conversations_stats(rig.c);
		if (stats.errors_tied != rows[i].tied || stats.errors_alone == rows[i].tied ||
			!(rig.noted & PKTS_SESSION_BIT(ICMP_ERROR_IMPLAUSIBLE)) !=
				rows[i].plausible)
			fail_msg("row %u", i + 1);
		end();
	}
}

/* what has no conversation */

/* An INIT from 5000 to 6000 that lists n addresses from `first` on. */
static struct pkts_conversation_packet put_init(
	uint32_t src, uint32_t dst, uint32_t first, unsigned n)
{
	uint8_t room[FRAME], chunk[20 + 8 * PKTS_CONVERSATION_ADDRESSES] = {
				     PKTS_SCTP_INIT, [7] = 1, [10] = 0xff, [13] = 1, [15] = 1};
	struct pkts_out out = {.data = room, .cap = sizeof(room)};

	pkts_put_be16(chunk + 2, (uint16_t)(20 + 8 * n));
	for (unsigned i = 0; i < n; i++) {
		pkts_put_be32(chunk + 20 + 8 * i, PKTS_SCTP_PARAM_IPV4 << 16 | 8);
		pkts_put_be32(chunk + 24 + 8 * i, first + i);
	}
	pkts_compose(&out, IPV4(.src = src, .dst = dst), SCTP(.sport = 5000, .dport = 6000),
		RAW(chunk, 20 + 8 * n));
	return put_cut(room, out.len, out.len);
}

/* However many addresses an association has, and whosever those are that it lists. */
static void test_addresses_of_others_cost_little(void **state)
{
	const uint32_t first = 0x0a010000u, others = 0x0a020000u;
	struct pkts_conversation_packet seen = {.entry = NULL};

	(void)state;
	begin((struct pkts_conversations_conf){.max_streams = 0});
	put_init(CLIENT, SERVER, others, PKTS_CONVERSATION_ADDRESSES);
	for (unsigned i = 0; i == 0 || seen.entry->aliases < PKTS_CONVERSATION_ALIASES - 3; i++)
		seen = put_init(ROUTER, SERVER, first + i, 1);
	struct pkts_table *const table = pkts_conversations_table(rig.c, PKTS_CONVERSATION_SCTP);
	const struct pkts_table_stats before = pkts_table_stats(table);
	put_init(ROUTER, SERVER, others, PKTS_CONVERSATION_ADDRESSES);
	const struct pkts_table_stats after = pkts_table_stats(table);
	assert_int_equal(after.aliases, before.aliases);
	assert_uint_in_range(after.work - before.work, 1, 128);
	end();
}

static void test_what_has_no_conversation(void **state)
{
	uint8_t arp[28] = {0, 1, 8, 0, 6, 4, 0, 1}, room[FRAME];
	struct pkts_out out = {.data = room, .cap = sizeof(room)};

	(void)state;
	begin(streams);
	put_cut(arp, sizeof(arp), sizeof(arp));
	pkts_compose(
		&out, IPV4(.src = CLIENT, .dst = SERVER, .frag_offset = 100), RAW("12345678", 8));
	put_cut(room, out.len, out.len);
	pkts_compose(
		&out, IPV4(.src = CLIENT, .dst = SERVER, .protocol = PKTS_PIN(6)), RAW("1234", 4));
	put_cut(room, out.len, out.len);
	const struct pkts_conversations_stats stats = pkts_conversations_stats(rig.c);
	assert_int_equal(stats.packets, 3);
	assert_int_equal(stats.no_conversation, 1);
	assert_int_equal(stats.fragments, 1);
	assert_int_equal(stats.malformed, 1);
	end();
	assert_int_equal(rig.n_ends, 0);
}

/* limits, counters, configurations */

static void test_tally(void **state)
{
	struct pkts_conversation_tally t = {.packets = {UINT32_MAX, 0}};

	(void)state;
	t.bytes[0] = 123456789;
	pkts_conversation_count(&t, 0, 1000);
	pkts_conversation_count(&t, 1, 60);
	const struct pkts_session_counts counts = pkts_conversation_counts(&t);
	assert_true(counts.packets[0] == UINT64_C(1) << 32);
	assert_true(counts.bytes[0] == 123457789);
	assert_true(counts.packets[1] == 1 && counts.bytes[1] == 60);
}

static void test_refused_configurations(void **state)
{
	struct pkts_conversations_conf conf = {.max_streams = 1u << 24};
	struct pkts_conversations *c;
	uint8_t *mem;

	(void)state;
	assert_int_equal(pkts_conversations_memsize(&conf), 0);
	conf.max_streams = 0;
	const size_t n = pkts_conversations_memsize(&conf);
	mem = aligned_alloc(64, (n + 127) / 64 * 64);
	assert_int_equal(pkts_conversations_init(&c, mem, n - 1, &conf), -PKTS_ENOMEM);
	assert_int_equal(pkts_conversations_init(&c, mem + 8, n, &conf), -PKTS_EINVAL);
	conf.timeout_ns[0][0] = UINT64_MAX;
	assert_int_equal(pkts_conversations_memsize(&conf), 0);
	free(mem);
}

/* A burst comes to the same as its packets one by one. */
static void fill_burst(struct pkts_conversation_arrival *a, struct pkts_packet *packets,
	uint8_t (*rooms)[FRAME], unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct pkts_out out = {.data = rooms[i], .cap = FRAME};
		const bool udp = i % 3 == 0;
		if (udp)
			pkts_compose(&out, IPV4(.src = CLIENT + i % 5, .dst = SERVER),
				UDP(.sport = 1000 + i % 4, .dport = 53));
		else
			pkts_compose(&out, IPV4(.src = CLIENT + i % 5, .dst = SERVER),
				TCP(.sport = 2000 + i % 7, .dport = 80, .seq = 1, .flags = S));
		const struct pkts_frame f = {rooms[i], out.len, out.len, out.len, 101};
		pkts_decode(NULL, &f, &packets[i]);
		a[i] = (struct pkts_conversation_arrival){
			&packets[i], {rooms[i], out.len, FRAME, NULL}, out.len, SECOND + i * 40000};
	}
}

static void test_bursts(void **state)
{
	static uint8_t rooms[200][FRAME];
	static struct pkts_packet packets[200];
	static struct pkts_conversation_arrival a[200];
	static struct ended one_by_one[ENDS_MAX];

	(void)state;
	fill_burst(a, packets, rooms, 200);
	for (unsigned burst = 0; burst < 2; burst++) {
		begin((struct pkts_conversations_conf){.max = {64, 64, 4, 4, 4}, .secret = "same"});
		struct pkts_conversation_packet seen;
		if (burst)
			pkts_conversations_put_burst(rig.c, a, 200, NULL, NULL);
		for (unsigned i = 0; i < 200 && !burst; i++)
			pkts_conversations_put(rig.c, &a[i], &seen);
		assert_int_equal(pkts_conversations_stats(rig.c).packets, 200);
		end();
		assert_uint_in_range(rig.n_ends, 12, ENDS_MAX);
		if (burst)
			assert_memory_equal(one_by_one, rig.ends, sizeof(one_by_one));
		memcpy(one_by_one, rig.ends, sizeof(one_by_one));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_connection),
		cmocka_unit_test(test_segments_out_of_order),
		cmocka_unit_test(test_refused_segments_bring_no_bytes),
		cmocka_unit_test(test_capture_that_cuts_segments),
		cmocka_unit_test(test_ports_used_again),
		cmocka_unit_test(test_more_syns_inside_connections_than_are_kept),
		cmocka_unit_test(test_answer_to_a_syn_of_whom_has_too_many),
		cmocka_unit_test(test_answer_to_a_syn_of_whom_has_as_many_as_it_may),
		cmocka_unit_test(test_syn_inside_a_connection_that_must_not_end),
		cmocka_unit_test(test_answer_first),
		cmocka_unit_test(test_floods_of_one_kind_leave_others_alone),
		cmocka_unit_test(test_established_ones_survive_a_syn_flood),
		cmocka_unit_test(test_established_ones_survive_an_ack_flood),
		cmocka_unit_test(test_forged_segments_change_no_stream),
		cmocka_unit_test(test_guessed_acknowledgements),
		cmocka_unit_test(test_sources_with_too_many),
		cmocka_unit_test(test_streams_are_given_back),
		cmocka_unit_test(test_more_connections_than_streams),
		cmocka_unit_test(test_no_more_bytes_wanted),
		cmocka_unit_test(test_gap_that_nobody_fills),
		cmocka_unit_test(test_segments_that_contradict_each_other),
		cmocka_unit_test(test_gaps_are_remembered),
		cmocka_unit_test(test_gap_before_the_end),
		cmocka_unit_test(test_gap_that_the_capture_made),
		cmocka_unit_test(test_all_bytes_for_the_sake_of_what_is_noticed),
		cmocka_unit_test(test_messages_of_an_application),
		cmocka_unit_test(test_errors_belong_to_what_they_quote),
		cmocka_unit_test(test_addresses_of_others_cost_little),
		cmocka_unit_test(test_what_has_no_conversation),
		cmocka_unit_test(test_tally),
		cmocka_unit_test(test_refused_configurations),
		cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_segments_before_the_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
