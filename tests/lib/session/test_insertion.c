/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Insertion: segments that whoever looks on could take, and the receiver drops. Each comes before and
 * behind the segment that it stands in for, in order and while something before them is missing, and says
 * what that one says when the contents change places. The stream has to be what the receiver reads.
 *
 * Wrong checksums are the caller's business: insertion 1 is in tests/apps/test_flow.py.
 */
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "copies.h"
#include "pkts_compose.h"
#include "pkts_conversations.h"

#define SECOND UINT64_C(1000000000)
#define FRAME  256
#define FAR    (1u << 30)
#define BIT(E) PKTS_SESSION_BIT(E)

enum { F = PKTS_TCP_FIN, S = PKTS_TCP_SYN, R = PKTS_TCP_RST, P = PKTS_TCP_PSH, A = PKTS_TCP_ACK };
enum { MIN_TTL = 5, NEXT = 100, PEER = 500 };

struct insertion {
	const char *name;
	uint64_t event; /* bit of the one that tells; 0: the header tells */
	uint32_t ahead; /* of the number that it should have */
	uint32_t ack_more;
	unsigned flags;
	struct pkts_span opts, decoy_opts; /* of all others; of the decoy */
	uint8_t ttl;
	uint8_t data_offset; /* pinned */
	bool sees_all, v6;
	bool taken; /* by the receiver too: what comes first counts */
};

/* clang-format off */
#define OPTS(...) {(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})}
#define STAMP(VALUE) OPTS(PKTS_OPT_NOP, PKTS_OPT_NOP, PKTS_OPT_TIMESTAMPS(VALUE, 0))
#define MD5 OPTS(PKTS_OPT_NOP, PKTS_OPT_NOP, 19, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
#define AO OPTS(29, 16, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)

static const struct insertion rows[] = {
	{"insertion 2: TTL below min_ttl", BIT(IP_MIN_TTL), .flags = P | A, .ttl = MIN_TTL - 1},
	{"insertion 2: hop limit below min_ttl", BIT(IP_MIN_TTL), .flags = P | A, .ttl = 1, .v6 = true},
	{"insertion 3: no ACK flag", BIT(TCP_FLAGS), .flags = P},
	{"insertion 3: no flag at all", BIT(TCP_FLAGS)},
	{"insertion 3: FIN without ACK", BIT(TCP_FLAGS), .flags = F},
	{"insertion 4: ACK far beyond snd_nxt", BIT(TCP_ACK_IMPOSSIBLE), .flags = A, .ack_more = FAR + 1},
	{"insertion 4: ACK beyond snd_nxt where all is seen", BIT(TCP_ACK_UNSEEN), .flags = A, .ack_more = 1000, .sees_all = true},
	{"insertion 5: seq far beyond the window", BIT(TCP_OUT_OF_WINDOW), .flags = A, .ahead = 1 << 20},
	{"insertion 5: seq beyond the window where all is seen", BIT(TCP_OUT_OF_WINDOW), .flags = A, .ahead = 70000, .sees_all = true},
	{"insertion 5: seq from long before the window", BIT(TCP_OUT_OF_WINDOW), .flags = A, .ahead = 0u - FAR - 4096},
	{"insertion 6: stale PAWS timestamp", BIT(TCP_TIMESTAMP_OLD), .flags = A, .opts = STAMP(100000u), .decoy_opts = STAMP(1u)},
	{"insertion 7: unexpected MD5 option", BIT(TCP_SIGNATURE), .flags = A, .decoy_opts = MD5},
	{"insertion 7: unexpected AO option", BIT(TCP_SIGNATURE), .flags = A, .decoy_opts = AO},
	{"insertion 7: MD5 option that is missing", BIT(TCP_SIGNATURE), .flags = A, .opts = MD5},
	{"insertion 8: SYN inside the window", BIT(TCP_SYN_IN_CONNECTION), .flags = S},
	{"insertion 8: SYN and ACK inside the window", BIT(TCP_SYN_IN_CONNECTION), .flags = S | A},
	/* RFC 9293 3.1 leaves it open. Linux 6.18 reads no further options, and takes the bytes. */
	{"insertion 9: option of length 0", 0, .flags = A, .decoy_opts = OPTS(254, 0, 1, 1), .taken = true},
	{"insertion 9: timestamp of length 0", 0, .flags = A, .decoy_opts = OPTS(8, 0, 1, 1), .taken = true},
	{"insertion 10: data offset past the packet's end", 0, .flags = A, .data_offset = 15},
	{"insertion 10: data offset inside the header", 0, .flags = A, .data_offset = 4},
};
/* clang-format on */

/* what comes out */

static struct rig {
	struct pkts_conversations *c;
	void *mem;
	char text[64];
	size_t n;
	unsigned told;	   /* the event that is looked for */
	uint64_t others;   /* events besides */
	uint64_t seq;	   /* what the Sequence noticed */
	unsigned bad_head; /* packets with headers that make no sense */
	unsigned ends, held;
} rig;

static void on_end(void *ctx, enum pkts_conversation_kind kind, struct pkts_table_entry *entry,
	enum pkts_conversation_end why)
{
	(void)ctx;
	(void)kind;
	(void)entry;
	(void)why;
	rig.ends++;
}

static void on_note(void *row, const struct pkts_conversation_note *note)
{
	const uint64_t event = ((const struct insertion *)row)->event;

	rig.told += (note->judgement.events & event) != 0;
	rig.others |= note->judgement.events & ~event;
}

static void on_seq_note(void *row, const struct pkts_conversation_seq_note *note)
{
	(void)row;
	rig.seq |= note->events;
}

static void on_bytes(void *row, const struct pkts_conversation_bytes *bytes)
{
	(void)row;
	assert_true(rig.n + bytes->out.len < sizeof(rig.text) || bytes->kind != PKTS_TCP_SEQ_DATA);
	if (bytes->kind == PKTS_TCP_SEQ_GAP)
		rig.text[rig.n++] = '.';
	if (bytes->kind != PKTS_TCP_SEQ_DATA)
		return;
	memcpy(rig.text + rig.n, bytes->out.p, bytes->out.len);
	rig.n += bytes->out.len;
}

static void begin(const struct insertion *row, enum pkts_tcp_policy policy)
{
	const struct pkts_conversations_conf conf = {.min_ttl = MIN_TTL,
		.tcp.sees_all = row->sees_all,
		.max_streams = 4,
		.policy = policy,
		.stream.hold = copies(&rig.held),
		.bytes_for_all = true,
		.watch = {on_end, on_note, on_bytes, NULL, on_seq_note, (void *)(uintptr_t)row}};
	const size_t n = pkts_conversations_memsize(&conf);

	memset(&rig, 0, sizeof(rig));
	rig.mem = aligned_alloc(PKTS_CONVERSATIONS_ALIGN, (n + 63) / 64 * 64);
	assert_int_equal(pkts_conversations_init(&rig.c, rig.mem, n, &conf), 0);
}

static void end(void)
{
	pkts_conversations_flush(rig.c);
	assert_int_equal(rig.held, 0);
	free(rig.mem);
}

/* what goes in */

struct segment {
	unsigned dir, flags;
	uint32_t seq, ack;
	const char *text;
	struct pkts_span opts;
	uint8_t ttl, data_offset;
	bool v6;
};

static void compose(struct pkts_out *out, const struct segment *s)
{
	const uint32_t ends[2] = {0x0a000001, 0x0a000002};
	const uint16_t ports[2] = {40000, 80};
	const uint8_t ttl = s->ttl ? s->ttl : 64;
	struct pkts_tcp_spec tcp = TCP(.sport = ports[s->dir], .dport = ports[!s->dir],
		.seq = s->seq, .ack = s->ack, .flags = s->flags, .window = 65535, .opts = s->opts);

	if (s->data_offset)
		tcp.data_offset = PKTS_PIN(s->data_offset);
	if (s->v6)
		assert_int_equal(pkts_compose(out, IPV6(.hop_limit = ttl), tcp, TEXT(s->text)), 0);
	else
		assert_int_equal(
			pkts_compose(out,
				IPV4(.src = ends[s->dir], .dst = ends[!s->dir], .ttl = ttl), tcp,
				TEXT(s->text)),
			0);
}

/* In a buffer that is freed unless somebody holds it. */
static struct pkts_conversation_packet put(const struct segment *s)
{
	uint8_t *const room = malloc(FRAME);
	struct pkts_out out = {.data = room, .cap = FRAME};
	struct pkts_conversation_packet seen;
	struct pkts_packet packet;
	const unsigned held = rig.held;

	compose(&out, s);
	const struct pkts_frame frame = {room, out.len, out.len, out.len, s->v6 ? 229 : 228};
	pkts_decode(NULL, &frame, &packet);
	rig.bad_head += (packet.flags & (PKTS_PACKET_FATAL | PKTS_PACKET_INVALID)) != 0;
	pkts_conversations_put(rig.c,
		&(struct pkts_conversation_arrival){
			&packet, {room, out.len, 1, room}, out.len, SECOND},
		&seen);
	if (rig.held <= held)
		free(room);
	return seen;
}

static void shake_hands(const struct insertion *row)
{
	put(&(struct segment){0, S, NEXT - 1, 0, "", row->opts, .v6 = row->v6});
	put(&(struct segment){1, S | A, PEER - 1, NEXT, "", row->opts, .v6 = row->v6});
	put(&(struct segment){0, A, NEXT, PEER, "", row->opts, .v6 = row->v6});
}

/* One stream */

enum { BEHIND = 1, HOLE = 2, REVERSE = 4, WAYS = 8 };

static const char *const contents[] = {"benign", "attack"};

static void put_real(const struct insertion *row, unsigned way)
{
	put(&(struct segment){0, A, NEXT + (way & HOLE ? 4 : 0), PEER,
		contents[(way & REVERSE) != 0], row->opts, .v6 = row->v6});
}

static void put_decoy(const struct insertion *row, unsigned way)
{
	put(&(struct segment){0, row->flags, NEXT + (way & HOLE ? 4 : 0) + row->ahead,
		PEER + row->ack_more, contents[!(way & REVERSE)], row->decoy_opts, row->ttl,
		row->data_offset, row->v6});
}

/* The policy is the one that would prefer the decoy. */
static enum pkts_tcp_policy policy_for(const struct insertion *row, unsigned way)
{
	if (row->taken)
		return PKTS_TCP_LINUX;
	return way & BEHIND ? PKTS_TCP_LAST : PKTS_TCP_FIRST;
}

static void check(const struct insertion *row, unsigned way)
{
	const bool decoy_counts = row->taken && !(way & BEHIND);
	const bool attack = decoy_counts ? !(way & REVERSE) : (way & REVERSE) != 0;
	const uint64_t harmless = BIT(TCP_RETRANSMISSION);
	const uint64_t contradiction =
		UINT64_C(1) << PKTS_SEQ_CONFLICT | UINT64_C(1) << PKTS_SEQ_RETRANSMIT_DIFF;
	char expected[16] = "";

	strcat(strcat(expected, way & HOLE ? "head" : ""), contents[attack]);
	if (strcmp(rig.text, expected) != 0 || rig.told != (row->event != 0) ||
		rig.bad_head != (row->event == 0) || (rig.others & ~harmless) ||
		(!row->taken && (rig.seq & contradiction)))
		fail_msg("%s, %s%s%s: '%s' for '%s', told %u, headers %u, others %llx, seq %llx",
			row->name, way & BEHIND ? "behind" : "before", way & HOLE ? ", hole" : "",
			way & REVERSE ? ", reverse" : "", rig.text, expected, rig.told,
			rig.bad_head, (unsigned long long)(rig.others & ~harmless),
			(unsigned long long)rig.seq);
}

static void run(const struct insertion *row, unsigned way)
{
	begin(row, policy_for(row, way));
	shake_hands(row);
	if (way & BEHIND)
		put_real(row, way);
	put_decoy(row, way);
	if (!(way & BEHIND))
		put_real(row, way);
	if (way & HOLE)
		put(&(struct segment){0, A, NEXT, PEER, "head", row->opts, .v6 = row->v6});
	end();
	check(row, way);
}

static void test_insertion(void **state)
{
	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		for (unsigned way = 0; way < WAYS; way++)
			run(&rows[i], way);
}

/* It begins nothing, ends nothing, counts for nobody; and is told all the same. */
static void test_what_is_below_min_ttl_changes_nothing(void **state)
{
	const struct insertion *const row = &rows[0];
	const struct segment syn = {0, S, NEXT - 1, 0, "", .ttl = MIN_TTL - 1};
	const struct segment rst = {0, R, NEXT, PEER, "", .ttl = MIN_TTL - 1};

	(void)state;
	begin(row, PKTS_TCP_FIRST);
	struct pkts_conversation_packet seen = put(&syn);
	assert_null(seen.entry);
	assert_false(seen.refused);
	assert_int_equal(seen.judgement.validity, PKTS_INVALID);
	assert_int_equal(seen.judgement.events, BIT(IP_MIN_TTL));
	assert_int_equal(pkts_conversations_stats(rig.c).events[PKTS_SESSION_IP_MIN_TTL], 1);
	shake_hands(row);
	seen = put(&rst);
	assert_non_null(seen.entry);
	assert_int_equal(seen.dir, 0);
	assert_int_equal(rig.told, 1);
	const struct pkts_tcp_conversation *const tcp = pkts_table_user(seen.entry);
	assert_int_equal(tcp->session.state, PKTS_TCP_STATE_ESTABLISHED);
	assert_int_equal(pkts_conversation_counts(&tcp->common.tally).packets[0], 2);
	assert_int_equal(tcp->common.events, BIT(IP_MIN_TTL));
	assert_int_equal(pkts_conversations_stats(rig.c).invalid, 2);
	put(&(struct segment){0, A, NEXT, PEER, "on the edge", .ttl = MIN_TTL});
	end();
	assert_string_equal(rig.text, "on the edge");
	assert_int_equal(rig.ends, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_insertion),
		cmocka_unit_test(test_what_is_below_min_ttl_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
