/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Two shards side by side, each with its own conversations, fed with the same traffic: they come to the same,
 * and share nothing. It is meant for a build with ThreadSanitizer, which sees what they would share.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "pkts_compose.h"
#include "pkts_conversations.h"

#define SHARDS	    2
#define CONNECTIONS 200
#define ROUNDS	    20
#define FRAME	    256

struct shard {
	struct pkts_conversations *c;
	void *mem;
	uint64_t now, ended, bytes, notes;
	struct pkts_conversations_stats stats;
	int code;
};

static void on_end(void *ctx, enum pkts_conversation_kind kind, struct pkts_table_entry *entry,
	enum pkts_conversation_end why)
{
	(void)kind;
	(void)entry;
	(void)why;
	((struct shard *)ctx)->ended++;
}

static void on_note(void *ctx, const struct pkts_conversation_note *note)
{
	(void)note;
	((struct shard *)ctx)->notes++;
}

static void on_bytes(void *ctx, const struct pkts_conversation_bytes *bytes)
{
	if (bytes->kind == PKTS_TCP_SEQ_DATA)
		((struct shard *)ctx)->bytes += bytes->out.len;
}

static void put(struct shard *s, uint8_t *p, uint32_t n)
{
	const struct pkts_frame f = {p, n, n, n, 101};
	struct pkts_conversation_packet seen;
	struct pkts_packet packet;

	pkts_decode(NULL, &f, &packet);
	pkts_conversations_put(s->c,
		&(struct pkts_conversation_arrival){&packet, {p, n, n, NULL}, n, s->now}, &seen);
	s->now += 100000;
}

static void put_tcp(struct shard *s, unsigned dir, uint16_t port, unsigned flags, uint32_t seq,
	uint32_t ack, uint32_t len)
{
	static const uint8_t payload[64] = "SSH-2.0-nobody knows";
	uint8_t room[FRAME];
	struct pkts_out out = {.data = room, .cap = sizeof(room)};

	if (pkts_compose(&out, IPV4(.src = 0x0a000001 + dir, .dst = 0x0a000002 - dir),
		    TCP(.sport = dir ? 22 : port, .dport = dir ? port : 22, .seq = seq, .ack = ack,
			    .flags = flags, .window = 60000),
		    RAW(payload, len)))
		s->code = 1;
	put(s, room, out.len);
}

static void converse(struct shard *s, uint16_t port)
{
	put_tcp(s, 0, port, PKTS_TCP_SYN, 99, 0, 0);
	put_tcp(s, 1, port, PKTS_TCP_SYN | PKTS_TCP_ACK, 199, 100, 0);
	put_tcp(s, 0, port, PKTS_TCP_ACK, 100, 200, 20);
	put_tcp(s, 1, port, PKTS_TCP_ACK, 200, 120, 64);
	put_tcp(s, 0, port, PKTS_TCP_RST | PKTS_TCP_ACK, 120, 264, 0);
}

static void *run(void *shard)
{
	struct shard *const s = shard;

	for (unsigned round = 0; round < ROUNDS; round++) {
		for (uint16_t port = 1; port <= CONNECTIONS; port++)
			converse(s, (uint16_t)(1024 + port));
		pkts_conversations_expire(s->c, s->now, 1000);
	}
	pkts_conversations_flush(s->c);
	s->stats = pkts_conversations_stats(s->c);
	return NULL;
}

static void begin(struct shard *s)
{
	const struct pkts_conversations_conf conf = {.max = {128, 16, 16, 16, 16},
		.secret = "both the same",
		.max_streams = 64,
		.bytes_for_all = true,
		.watch = {on_end, on_note, on_bytes, NULL, NULL, s}};
	const size_t n = pkts_conversations_memsize(&conf);

	memset(s, 0, sizeof(*s));
	s->now = 1000000000;
	s->mem = aligned_alloc(PKTS_CONVERSATIONS_ALIGN, (n + 63) / 64 * 64);
	assert_int_equal(pkts_conversations_init(&s->c, s->mem, n, &conf), 0);
}

static void test_side_by_side(void **state)
{
	struct shard shards[SHARDS];
	pthread_t threads[SHARDS];

	(void)state;
	for (unsigned i = 0; i < SHARDS; i++)
		begin(&shards[i]);
	for (unsigned i = 0; i < SHARDS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run, &shards[i]), 0);
	for (unsigned i = 0; i < SHARDS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(shards[0].code, 0);
	assert_int_equal(shards[0].ended, ROUNDS * CONNECTIONS);
	assert_true(shards[0].bytes > ROUNDS * 64);
	assert_int_equal(shards[0].ended, shards[1].ended);
	assert_int_equal(shards[0].bytes, shards[1].bytes);
	assert_int_equal(shards[0].notes, shards[1].notes);
	assert_memory_equal(&shards[0].stats, &shards[1].stats, sizeof(shards[0].stats));
	for (unsigned i = 0; i < SHARDS; i++)
		free(shards[i].mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_side_by_side)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
