/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Diameter over SCTP: packets of associations to messages, and what is noted of them. */
#include <stdlib.h>
#include <string.h>

#include "app_rig.h"
#include "cmocka_all.h"
#include "pkts_compose.h"
#include "pkts_conversations.h"
#include "sctp_packet.h"

#define SECOND UINT64_C(1000000000)
#define CLIENT 0x0a000001u
#define SERVER 0x0a000002u
#define TOLD   32

#define CER "d 257 80 1 a 264 40 'client.example' a 296 40 'example'"
#define CEA "d 257 00 1 a 268 40 000007d1 a 264 40 'server.example'"
#define DWR "d 280 80 2 a 264 40 'client.example'"
#define DWA "d 280 00 2 a 268 40 000007d1"

enum { DIAMETER = 46, DTLS = 47, M3UA = 3 };

static struct rig {
	struct pkts_conversations *c;
	void *mem;
	struct pkts_table_entry *entry; /* of the last packet */
	struct {
		uint8_t kind, dir;
		uint32_t pair;
	} told[TOLD];
	unsigned n_told, ended, encrypted;
	enum pkts_app_id app; /* of the conversation that has ended */
	uint64_t noted, seq_noted, seq_kept;
	enum pkts_validity worst;
	uint16_t ports[2];
	uint32_t tags[2]; /* packets of direction d carry tags[d] */
	int held;
} rig;

static void on_end(void *ctx, enum pkts_conversation_kind kind, struct pkts_table_entry *entry,
	enum pkts_conversation_end why)
{
	(void)ctx;
	(void)why;
	assert_int_equal(kind, PKTS_CONVERSATION_SCTP);
	rig.app = pkts_conversation_app(kind, entry);
	rig.seq_kept |= pkts_conversations_seq(rig.c, kind, entry).events;
	rig.ended++;
}

static void on_note(void *ctx, const struct pkts_conversation_note *note)
{
	(void)ctx;
	assert_int_equal(note->kind, PKTS_CONVERSATION_SCTP);
	if (!note->app)
		return;
	rig.noted |= note->judgement.events;
	if (note->judgement.validity > rig.worst)
		rig.worst = note->judgement.validity;
	rig.encrypted += (note->judgement.events & PKTS_SESSION_BIT(APP_ENCRYPTED)) != 0;
}

static void on_seq_note(void *ctx, const struct pkts_conversation_seq_note *note)
{
	(void)ctx;
	assert_int_equal(note->kind, PKTS_CONVERSATION_SCTP);
	assert_int_equal(note->events & rig.seq_noted, 0);
	rig.seq_noted |= note->events;
}

static void on_message(void *ctx, struct pkts_table_entry *entry,
	const struct pkts_app_session *session, const struct pkts_app_message *m)
{
	(void)ctx;
	assert_non_null(entry);
	assert_int_equal(session->app, PKTS_APP_DIAMETER);
	assert_true(rig.n_told < TOLD);
	rig.told[rig.n_told].kind = m->kind;
	rig.told[rig.n_told].dir = m->dir;
	rig.told[rig.n_told++].pair = m->pair;
}

/* Chunks are held, and not copied, however small. */
static struct pkts_conversations_conf conf_of(uint32_t max_associations)
{
	return (struct pkts_conversations_conf){
		.max = {4, 4, 4, 64, 4},
		.max_associations = max_associations,
		.messages = {.max_chunks = 64, .max_streams = 64, .digests = 64, .small = 1},
		.stream = {.hold = {box_hold, box_release, &rig.held}},
		.watch = {.end = on_end,
			.note = on_note,
			.seq_note = on_seq_note,
			.message = on_message},
	};
}

static void begin(struct pkts_conversations_conf conf)
{
	rig = (struct rig){.ports = {40000, 3868}, .tags = {0xbb, 0xaa}};
	const size_t n = pkts_conversations_memsize(&conf);
	rig.mem = aligned_alloc(PKTS_CONVERSATIONS_ALIGN, (n + 63) / 64 * 64);
	assert_int_equal(pkts_conversations_init(&rig.c, rig.mem, n, &conf), 0);
}

static void end(void)
{
	pkts_conversations_flush(rig.c);
	assert_int_equal(rig.held, 0);
	assert_int_equal(pkts_conversations_stats(rig.c).associations, 0);
	assert_int_equal(rig.seq_kept, rig.seq_noted);
	free(rig.mem);
}

static struct pkts_conversations_stats stats(void)
{
	return pkts_conversations_stats(rig.c);
}

/* packets */

static void put_from(uint32_t client, unsigned dir, const struct packet *k)
{
	const uint32_t ends[2] = {client, SERVER};
	static uint8_t room[sizeof(k->bytes) + 20];
	struct pkts_out out = {.data = room, .cap = sizeof(room)};
	struct pkts_conversation_packet seen;
	struct pkts_packet packet;

	assert_int_equal(
		pkts_compose(&out,
			IPV4(.src = ends[dir], .dst = ends[!dir], .protocol = PKTS_PIN(132)),
			RAW(k->bytes, k->n)),
		0);
	pkts_put_be16(room + 20, rig.ports[dir]);
	pkts_put_be16(room + 22, rig.ports[!dir]);
	struct box *const b = box_of(room, out.len);
	const struct pkts_frame f = {b->bytes, out.len, out.len, out.len, 101};
	pkts_decode(NULL, &f, &packet);
	const struct pkts_conversation_arrival arrival = {
		&packet, box_piece(b, 2048), out.len, SECOND};
	pkts_conversations_put(rig.c, &arrival, &seen);
	rig.entry = seen.entry;
	box_release(NULL, b);
}

static void put(unsigned dir, const struct packet *k)
{
	put_from(CLIENT, dir, k);
}

static struct packet *packet_of(unsigned dir)
{
	static struct packet k;

	packet_begin(&k, rig.tags[dir]);
	return &k;
}

static void put_chunk(unsigned dir, uint8_t type)
{
	struct packet *const k = packet_of(dir);

	packet_chunk(k, type, 0, "cook", type == PKTS_SCTP_COOKIE_ECHO ? 4 : 0);
	put(dir, k);
}

/* Tags, and a TSN of 1 for the first chunk of both directions. */
static void offer(uint32_t client, uint32_t to_client, uint32_t to_server)
{
	static struct packet k;
	uint8_t answer[24] = {[4] = 1, [9] = 9, [11] = 9, [15] = 1, [17] = 7, [19] = 8};

	packet_begin(&k, 0);
	packet_init(&k, PKTS_SCTP_INIT, to_client, 1);
	put_from(client, 0, &k);
	pkts_put_be32(answer, to_server);
	memcpy(answer + 20, "cook", 4);
	packet_begin(&k, to_client);
	packet_chunk(&k, PKTS_SCTP_INIT_ACK, 0, answer, sizeof(answer));
	put_from(client, 1, &k);
	rig.tags[0] = to_server;
	rig.tags[1] = to_client;
}

static void set_up(uint32_t to_client, uint32_t to_server)
{
	offer(CLIENT, to_client, to_server);
	put_chunk(0, PKTS_SCTP_COOKIE_ECHO);
	put_chunk(1, PKTS_SCTP_COOKIE_ACK);
}

static void shut_down(void)
{
	struct packet *const k = packet_of(0);

	packet_chunk(k, PKTS_SCTP_SHUTDOWN, 0, "\0\0\0\0", 4);
	put(0, k);
	put_chunk(1, PKTS_SCTP_SHUTDOWN_ACK);
	put_chunk(0, PKTS_SCTP_SHUTDOWN_COMPLETE);
}

struct data {
	unsigned dir;
	uint32_t tsn;
	const char *text; /* as app_rig has it */
	uint32_t ppid;	  /* 0: DIAMETER */
	uint16_t stream, ssn;
	bool none; /* ppid is 0 */
};

static uint32_t bytes_of(const char *text, uint8_t *to, uint32_t room)
{
	return app_rig_bytes(text, to, room);
}

static void add_data(struct packet *k, struct data d)
{
	uint8_t bytes[512];
	const uint32_t n = bytes_of(d.text, bytes, sizeof(bytes));

	packet_data(k, &(struct packet_data){.flags = PACKET_BE,
			       .stream = d.stream,
			       .tsn = d.tsn,
			       .mid = d.ssn,
			       .ppid = d.none	? 0
				       : d.ppid ? d.ppid
						: DIAMETER,
			       .p = bytes,
			       .len = n});
}

static void put_data(struct data d)
{
	struct packet *const k = packet_of(d.dir);

	add_data(k, d);
	put(d.dir, k);
}

static void put_sack(unsigned dir, uint32_t tsn)
{
	struct packet *const k = packet_of(dir);

	packet_sack(k, tsn);
	put(dir, k);
}

/* A part of a message in a chunk of its own. */
static void put_part(bool wide, uint32_t tsn, uint16_t stream, uint32_t fsn, uint8_t flags,
	const uint8_t *p, uint32_t len)
{
	struct packet *const k = packet_of(0);

	packet_data(k, &(struct packet_data){.wide = wide,
			       .flags = flags,
			       .stream = stream,
			       .tsn = tsn,
			       .fsn = fsn,
			       .ppid = DIAMETER,
			       .p = p,
			       .len = len});
	put(0, k);
}

#define demand_kinds(...)                                                                          \
	demand_kinds_are((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
static void demand_kinds_are(const uint8_t *kinds, size_t n)
{
	assert_int_equal(rig.n_told, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(rig.told[i].kind, kinds[i]);
}

enum {
	K_CER = PKTS_DIAMETER_KIND_CER,
	K_CEA = PKTS_DIAMETER_KIND_CEA,
	K_DWR = PKTS_DIAMETER_KIND_DWR,
	K_DWA = PKTS_DIAMETER_KIND_DWA,
};

/* cases */

static void test_from_setup_to_shutdown(void **state)
{
	(void)state;
	begin(conf_of(4));
	set_up(0xaa, 0xbb);
	assert_int_equal(stats().associations, 0);
	put_data((struct data){0, 1, CER});
	assert_int_equal(stats().associations, 1);
	put_data((struct data){1, 1, CEA});
	put_data((struct data){0, 2, DWR, .ssn = 1});
	put_data((struct data){1, 2, DWA, .ssn = 1});
	demand_kinds(K_CER, K_CEA, K_DWR, K_DWA);
	assert_int_equal(rig.told[1].dir, 1);
	assert_int_equal(rig.told[3].pair, 2);
	assert_int_equal(rig.noted | rig.seq_noted, 0);
	put_sack(1, 2);
	put_sack(0, 2);
	shut_down();
	assert_int_equal(stats().associations, 0);
	assert_int_equal(stats().associations_given_back, 1);
	end();
	assert_int_equal(rig.app, PKTS_APP_DIAMETER);
	assert_int_equal(rig.ended, 1);
}

/* The first message shares a packet with the cookie. */
static void test_message_beside_the_cookie(void **state)
{
	struct packet *k;

	(void)state;
	begin(conf_of(4));
	offer(CLIENT, 0xaa, 0xbb);
	k = packet_of(0);
	packet_chunk(k, PKTS_SCTP_COOKIE_ECHO, 0, "cook", 4);
	add_data(k, (struct data){0, 1, CER});
	put(0, k);
	k = packet_of(1);
	packet_chunk(k, PKTS_SCTP_COOKIE_ACK, 0, NULL, 0);
	add_data(k, (struct data){1, 1, CEA});
	put(1, k);
	demand_kinds(K_CER, K_CEA);
	assert_int_equal(rig.noted | rig.seq_noted, 0);
	end();
}

/* In three chunks, cut everywhere, in any order. */
static void test_fragments(void **state)
{
	static const uint8_t orders[][3] = {
		{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	static const uint8_t flags[3] = {PACKET_B, 0, PACKET_E};
	uint8_t bytes[512];
	const uint32_t n = bytes_of(CER, bytes, sizeof(bytes));

	(void)state;
	for (uint32_t cut = 1; cut + 1 < n; cut++) {
		const uint32_t at[4] = {0, cut, PKTS_MIN(cut + 7, n - 1), n};
		const uint8_t *const order = orders[cut % PKTS_ARRAY_LEN(orders)];
		begin(conf_of(4));
		set_up(0xaa, 0xbb);
		for (unsigned i = 0; i < 3; i++) {
			const uint8_t k = order[i];
			assert_int_equal(rig.n_told, 0);
			put_part(false, 1 + k, 0, 0, flags[k], bytes + at[k], at[k + 1] - at[k]);
		}
		demand_kinds(K_CER);
		assert_int_equal(rig.held, 0);
		assert_int_equal(rig.noted | rig.seq_noted, 0);
		end();
	}
}

static void test_two_streams_interleaved(void **state)
{
	uint8_t first[512], second[512];
	const uint32_t n = bytes_of(CER, first, sizeof(first));
	const uint32_t m = bytes_of(DWR, second, sizeof(second));

	(void)state;
	begin(conf_of(4));
	set_up(0xaa, 0xbb);
	put_part(true, 1, 1, 0, PACKET_B, first, 30);
	put_part(true, 2, 2, 0, PACKET_B, second, 21);
	put_part(true, 4, 2, 1, PACKET_E, second + 21, m - 21);
	put_part(true, 3, 1, 1, PACKET_E, first + 30, n - 30);
	assert_int_equal(rig.n_told, 2);
	assert_int_equal(rig.held, 0);
	end();
	assert_int_equal(rig.app, PKTS_APP_DIAMETER);
}

/* Chunks of the very beginning out of order. */
static void test_second_message_first(void **state)
{
	(void)state;
	begin(conf_of(4));
	set_up(0xaa, 0xbb);
	put_data((struct data){0, 2, DWR, .ssn = 1});
	assert_int_equal(rig.n_told, 0);
	assert_int_equal(rig.held, 1);
	put_data((struct data){0, 1, CER});
	demand_kinds(K_CER, K_DWR);
	assert_int_equal(rig.held, 0);
	end();
}

static void test_malformed_messages(void **state)
{
	static const char *const rows[] = {
		"x 01000010 80000101",						    /* too short */
		"x 01000404 80000101 00000000 00000001 00000001",		    /* goes on */
		"x 02000014 80000101 00000000 00000001 00000001",		    /* version */
		"x 0100001c 80000101 00000000 00000001 00000001 00000108 00000007", /* a pair */
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		begin(conf_of(4));
		set_up(0xaa, 0xbb);
		put_data((struct data){0, 3, DWR, .ssn = 2}); /* waits */
		put_data((struct data){0, 1, rows[i]});
		if (rig.noted != PKTS_SESSION_BIT(APP_FORMAT) || rig.worst != PKTS_INVALID)
			fail_msg("row %u", i + 1);
		assert_int_equal(stats().associations, 0); /* nobody wants more */
		assert_int_equal(rig.held | rig.seq_noted, 0);
		put_data((struct data){0, 2, CER, .ssn = 1});
		assert_int_equal(rig.n_told, 0);
		end();
		assert_int_equal(rig.app, PKTS_APP_DIAMETER);
	}
}

/* Behind capabilities that were exchanged, others are a violation, unless all begins again. */
static void test_set_up_anew(void **state)
{
	(void)state;
	for (unsigned anew = 0; anew < 2; anew++) {
		begin(conf_of(4));
		set_up(0xaa, 0xbb);
		put_data((struct data){0, 1, CER});
		put_data((struct data){1, 1, CEA});
		if (anew)
			set_up(0xaaaa, 0xbbbb);
		put_data((struct data){0, anew ? 1 : 2, CER, .ssn = anew ? 0 : 1});
		demand_kinds(K_CER, K_CEA, K_CER);
		assert_int_equal(rig.noted, anew ? 0 : PKTS_SESSION_BIT(APP_VIOLATION));
		assert_int_equal(rig.told[2].pair, anew ? 1 : 2);
		assert_int_equal(rig.seq_noted, anew ? 1ull << PKTS_SEQ_RESTART : 0);
		end();
		assert_int_equal(rig.ended, 1);
	}
}

/* Whatever the Session has made of the association before. */
static void test_set_up_anew_behind_nonsense(void **state)
{
	struct pkts_conversations_conf conf = conf_of(4);

	(void)state;
	for (unsigned all = 0; all < 2; all++) {
		conf.bytes_for_all = all;
		begin(conf);
		set_up(0xaa, 0xbb);
		put_data((struct data){0, 1, "x 02000014 80000101 00000000 00000001 00000001"});
		assert_int_equal(rig.noted, PKTS_SESSION_BIT(APP_FORMAT));
		set_up(0xaaaa, 0xbbbb);
		put_data((struct data){0, 1, CER});
		put_data((struct data){1, 1, CEA});
		demand_kinds(K_CER, K_CEA);
		assert_int_equal(rig.noted, PKTS_SESSION_BIT(APP_FORMAT));
		end();
	}
}

/* Data of the association before do not make this one's beginning unknown. */
static void test_set_up_anew_behind_others(void **state)
{
	(void)state;
	begin(conf_of(4));
	set_up(0xaa, 0xbb);
	put_data((struct data){0, 1, "x 00", M3UA});
	set_up(0xaaaa, 0xbbbb);
	put_data((struct data){0, 1, DWR});
	assert_int_equal(rig.noted, PKTS_SESSION_BIT(APP_VIOLATION));
	assert_int_equal(rig.seq_noted, 0);
	end();
}

static void test_cookie_once_more(void **state)
{
	(void)state;
	begin(conf_of(4));
	set_up(0xaa, 0xbb);
	put_data((struct data){0, 1, CER});
	put_chunk(0, PKTS_SCTP_ABORT);
	assert_int_equal(stats().associations, 0);
	put_chunk(0, PKTS_SCTP_COOKIE_ECHO);
	put_chunk(1, PKTS_SCTP_COOKIE_ACK);
	put_data((struct data){0, 1, CER});
	demand_kinds(K_CER, K_CER);
	assert_int_equal(rig.noted, 0);
	end();
}

static void test_message_that_never_came(void **state)
{
	(void)state;
	begin(conf_of(4));
	set_up(0xaa, 0xbb);
	put_data((struct data){0, 1, CER});
	put_data((struct data){1, 1, CEA});
	put_data((struct data){0, 3, DWR, .ssn = 2});
	assert_int_equal(rig.n_told, 2);
	put_sack(1, 3);
	demand_kinds(K_CER, K_CEA, K_DWR);
	assert_int_equal(rig.noted, PKTS_SESSION_BIT(APP_GAP));
	assert_int_equal(rig.worst, PKTS_SUSPECT);
	put_data((struct data){1, 2, DWA, .ssn = 1});
	assert_int_equal(rig.told[3].pair, rig.told[2].pair);
	assert_true(rig.seq_noted >> PKTS_SEQ_GAP & 1);
	assert_int_equal(stats().associations, 1);
	end();
}

static void test_joined_midway(void **state)
{
	(void)state;
	begin(conf_of(4));
	put_data((struct data){1, 77, DWA, .ssn = 5});
	put_data((struct data){0, 99, DWR, .ssn = 8});
	put_data((struct data){1, 78, DWA, .ssn = 6});
	demand_kinds(K_DWA, K_DWR, K_DWA);
	assert_int_equal(rig.noted, 0);
	assert_int_equal(rig.seq_noted, 1ull << PKTS_SEQ_MIDSTREAM);
	end();
}

/* A packet with any tag, from somebody who knows no more than addresses and ports. */
static void test_joined_midway_with_a_forged_tag(void **state)
{
	(void)state;
	for (unsigned dir = 0; dir < 2; dir++) {
		begin(conf_of(4));
		const uint32_t tag = rig.tags[dir];
		rig.tags[dir] = 0x666;
		put_data((struct data){dir, 900, DWR, .ssn = 9});
		rig.tags[dir] = tag;
		put_data((struct data){dir, 99, DWR, .ssn = 8});
		put_sack(!dir, 99);
		put_data((struct data){dir, 100, DWR, .ssn = 9});
		put_sack(!dir, 100);
		put_data((struct data){!dir, 77, DWA, .ssn = 5});
		demand_kinds(K_DWR, K_DWR, K_DWR, K_DWA);
		assert_int_equal(rig.noted, 0);
		end();
	}
}

static void test_tag_of_the_association_before(void **state)
{
	(void)state;
	begin(conf_of(4));
	set_up(0xaa, 0xbb);
	put_data((struct data){0, 1, "x 00", M3UA});
	set_up(0xaaaa, 0xbbbb);
	rig.tags[0] = 0xbb;
	put_data((struct data){0, 2, DWR});
	assert_int_equal(stats().associations, 0);
	rig.tags[0] = 0xbbbb;
	put_data((struct data){0, 1, CER});
	put_data((struct data){0, 2, DWR, .ssn = 1});
	demand_kinds(K_CER, K_DWR);
	end();
}

/* An INIT that anybody can send, and a cookie that nobody gave, before the server is heard. */
static void test_forged_cookie(void **state)
{
	static struct packet k;

	(void)state;
	begin(conf_of(4));
	set_up(0xaa, 0xbb);
	put_data((struct data){0, 1, CER});
	packet_begin(&k, 0);
	packet_init(&k, PKTS_SCTP_INIT, 0x666, 1);
	put(0, &k);
	packet_begin(&k, 0x777);
	packet_chunk(&k, PKTS_SCTP_COOKIE_ECHO, 0, "none", 4);
	add_data(&k, (struct data){0, 1, DWR});
	put(0, &k);
	put_data((struct data){1, 1, CEA});
	put_data((struct data){0, 2, DWR, .ssn = 1});
	demand_kinds(K_CER, K_CEA, K_DWR);
	assert_int_equal(rig.noted | rig.seq_noted, 0);
	end();
}

static void test_whose_messages_are_wanted(void **state)
{
	static const struct {
		const char *text;
		uint16_t port;
		uint32_t ppid;
		uint8_t told, followed;
	} rows[] = {
		/* 1 */ {CER, 3868, DIAMETER, 1, 1},
		/* 2 */ {CER, 9999, DIAMETER, 1, 1},
		/* 3 */ {CER, 3868, 0, 1, 1},
		/* 4 */ {CER, 9999, 0, 0, 0},
		/* 5 */ {CER, 3868, M3UA, 0, 0},
		/* 6 */ {"x 16030100 05010000 01000000", 3868, 0, 0, 1},
		/* 7 */ {"x 16030100 05010000 01000000", 3868, DTLS, 0, 0},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		begin(conf_of(4));
		rig.ports[1] = rows[i].port;
		set_up(0xaa, 0xbb);
		put_data(
			(struct data){0, 1, rows[i].text, rows[i].ppid, .none = rows[i].ppid == 0});
		if (rig.n_told != rows[i].told || stats().associations != rows[i].followed)
			fail_msg("row %u: %u messages, %u associations", i + 1, rig.n_told,
				stats().associations);
		assert_int_equal(rig.noted & PKTS_SESSION_BIT(APP_FORMAT), 0);
		end();
		assert_int_equal(rig.app,
			rows[i].told || rows[i].ppid == DTLS ? PKTS_APP_DIAMETER : PKTS_APP_NONE);
	}
}

/* Messages of others, and such that nobody can read, hide none that come later. */
static void test_others_among_them(void **state)
{
	(void)state;
	begin(conf_of(4));
	set_up(0xaa, 0xbb);
	put_data((struct data){0, 1, "x 00", M3UA});
	put_data((struct data){0, 2, "x 16fefd00", DTLS, .ssn = 1});
	put_data((struct data){0, 3, CER, .ssn = 2});
	put_data((struct data){0, 4, "x 16fefd00", DTLS, .ssn = 3});
	put_data((struct data){1, 1, CEA});
	put_data((struct data){1, 2, "x 16fefd00", DTLS, .ssn = 1});
	put_data((struct data){1, 3, "x 00", M3UA, .ssn = 2});
	demand_kinds(K_CER, K_CEA);
	assert_int_equal(rig.noted, PKTS_SESSION_BIT(APP_ENCRYPTED));
	assert_int_equal(rig.encrypted, 1);
	assert_int_equal(rig.worst, PKTS_VALID);
	end();
}

/* Chunks of others come first, and those that are wanted not in their order. */
static void test_second_message_first_behind_others(void **state)
{
	(void)state;
	for (unsigned one = 0; one < 2; one++) { /* in one packet */
		struct packet *k;

		begin(conf_of(4));
		set_up(0xaa, 0xbb);
		put_data((struct data){0, 1, "x 00", M3UA});
		put_data((struct data){0, 2, "x 00", M3UA, .stream = 1});
		k = packet_of(0);
		add_data(k, (struct data){0, 4, DWA, .ssn = 2});
		if (!one) {
			put(0, k);
			k = packet_of(0);
		}
		add_data(k, (struct data){0, 3, DWR, .ssn = 1});
		put(0, k);
		demand_kinds(K_DWR, K_DWA);
		put_sack(1, 4);
		assert_int_equal(rig.noted | rig.seq_noted, 0);
		end();
	}
}

/* Limits */

static void test_more_associations_than_places(void **state)
{
	(void)state;
	begin(conf_of(1));
	set_up(0xaa, 0xbb);
	put_data((struct data){0, 1, CER});
	rig.ports[0] = 40001;
	set_up(0xcc, 0xdd);
	put_data((struct data){0, 1, CER});
	demand_kinds(K_CER);
	assert_int_equal(stats().no_association, 1);
	shut_down();
	rig.ports[0] = 40000;
	rig.tags[0] = 0xbb;
	rig.tags[1] = 0xaa;
	shut_down();
	rig.ports[0] = 40002;
	set_up(0xee, 0xff);
	put_data((struct data){0, 1, CER});
	demand_kinds(K_CER, K_CER);
	end();
}

/* Those of which nothing is known but that they sent something take no place from one that is there. */
static void test_flood(void **state)
{
	static struct packet k;

	(void)state;
	begin(conf_of(1));
	set_up(0xaa, 0xbb);
	put_data((struct data){0, 1, CER});
	for (uint32_t i = 0; i < 50; i++) {
		packet_begin(&k, 0x1000 + i);
		add_data(&k, (struct data){0, i, CER});
		put_from(0x0b000000 + i, 0, &k);
		packet_begin(&k, 0);
		packet_init(&k, PKTS_SCTP_INIT, 0x2000 + i, i);
		put_from(0x0c000000 + i, 0, &k);
	}
	assert_int_equal(rig.n_told, 1);
	put_data((struct data){0, 2, DWR, .ssn = 1});
	demand_kinds(K_CER, K_DWR);
	assert_int_equal(stats().associations, 1);
	end();
}

static void test_established_ones_take_places_from_others(void **state)
{
	static struct packet k;

	(void)state;
	begin(conf_of(1));
	packet_begin(&k, 0x1000);
	add_data(&k, (struct data){0, 7, CER});
	put_from(0x0b000000, 0, &k);
	assert_int_equal(stats().associations, 1);
	set_up(0xaa, 0xbb);
	put_data((struct data){0, 1, CER});
	put_data((struct data){1, 1, CEA});
	assert_int_equal(rig.n_told, 3);
	assert_int_equal(stats().associations_taken, 1);
	end();
}

static void test_no_more_wanted(void **state)
{
	(void)state;
	begin(conf_of(4));
	set_up(0xaa, 0xbb);
	put_data((struct data){0, 2, DWR, .ssn = 1});
	assert_int_equal(rig.held, 1);
	pkts_conversations_no_more(rig.c, rig.entry);
	assert_int_equal(rig.held, 0);
	assert_int_equal(stats().associations, 0);
	put_data((struct data){0, 1, CER});
	assert_int_equal(rig.n_told, 0);
	end();
}

/* Of all associations, so that what Sequences notice is told of those too. */
static void test_all_of_them(void **state)
{
	struct pkts_conversations_conf conf = conf_of(4);

	(void)state;
	conf.bytes_for_all = true;
	begin(conf);
	set_up(0xaa, 0xbb);
	put_data((struct data){0, 1, "x 01020304", M3UA});
	assert_int_equal(stats().associations, 1);
	put_data((struct data){0, 1, "x 01020305", M3UA});
	put_data((struct data){0, 1, "x 01020306", M3UA});
	assert_int_equal(
		rig.seq_noted, 1ull << PKTS_SEQ_TSN_DUPLICATE | 1ull << PKTS_SEQ_TSN_CONFLICT);
	assert_int_equal(stats().seq_events[PKTS_SEQ_TSN_CONFLICT], 2);
	put_data((struct data){0, 2, "x 01000010 80000101", .ssn = 1}); /* the Session is done */
	assert_int_equal(rig.noted, PKTS_SESSION_BIT(APP_FORMAT));
	assert_int_equal(stats().associations, 1);
	end();
}

static void test_nobody_wants_any(void **state)
{
	struct pkts_conversations_conf conf = conf_of(4);

	(void)state;
	for (unsigned none = 0; none < 2; none++) {
		conf.no_apps = !none;
		conf.max_associations = none ? 0 : 4;
		begin(conf);
		set_up(0xaa, 0xbb);
		put_data((struct data){0, 1, CER});
		put_data((struct data){0, 2, "x 00", DTLS, .ssn = 1});
		assert_int_equal(rig.n_told + rig.noted + stats().associations, 0);
		end();
		assert_int_equal(rig.app, PKTS_APP_NONE);
	}
}

static void test_memory(void **state)
{
	struct pkts_conversations_conf conf = conf_of(1u << 24);
	struct pkts_conversations *c;

	(void)state;
	assert_int_equal(pkts_conversations_memsize(&conf), 0);
	conf.max_associations = 4;
	const size_t n = pkts_conversations_memsize(&conf);
	conf.max_associations = 5;
	assert_true(pkts_conversations_memsize(&conf) > n);
	conf.max_associations = 0;
	assert_true(pkts_conversations_memsize(&conf) < n);
	conf.max_associations = 4;
	void *const mem = aligned_alloc(PKTS_CONVERSATIONS_ALIGN, (n + 63) / 64 * 64);
	assert_int_equal(pkts_conversations_init(&c, mem, n - 1, &conf), -PKTS_ENOMEM);
	assert_int_equal(pkts_conversations_init(&c, mem, n, &conf), 0);
	conf.messages.max_chunks = 1u << 30;
	assert_int_equal(pkts_conversations_memsize(&conf), 0);
	free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_setup_to_shutdown),
		cmocka_unit_test(test_message_beside_the_cookie),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_two_streams_interleaved),
		cmocka_unit_test(test_second_message_first),
		cmocka_unit_test(test_malformed_messages),
		cmocka_unit_test(test_set_up_anew),
		cmocka_unit_test(test_set_up_anew_behind_nonsense),
		cmocka_unit_test(test_set_up_anew_behind_others),
		cmocka_unit_test(test_cookie_once_more),
		cmocka_unit_test(test_message_that_never_came),
		cmocka_unit_test(test_joined_midway),
		cmocka_unit_test(test_whose_messages_are_wanted),
		cmocka_unit_test(test_others_among_them),
		cmocka_unit_test(test_joined_midway_with_a_forged_tag),
		cmocka_unit_test(test_tag_of_the_association_before),
		cmocka_unit_test(test_forged_cookie),
		cmocka_unit_test(test_more_associations_than_places),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_established_ones_take_places_from_others),
		cmocka_unit_test(test_second_message_first_behind_others),
		cmocka_unit_test(test_no_more_wanted),
		cmocka_unit_test(test_all_of_them),
		cmocka_unit_test(test_nobody_wants_any),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
