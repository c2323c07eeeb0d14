/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Tables, Sessions and Sequences together, driven by a program: packets between a few ends, whole frames of
 * the input's own bytes, time that passes. Whatever comes: every packet is counted once, every
 * conversation ends once, and all that was held is let go.
 */
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "pkts_compose.h"
#include "pkts_conversations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAME_MAX 2048
#define OPS_MAX	  400

struct buffer {
	int refs;
	uint8_t bytes[];
};

struct run {
	const uint8_t *p, *end;
	struct pkts_conversations *c;
	uint64_t now;
	uint64_t begun, ended, packets, counted;
	int held;
	uint64_t noticed[PKTS_CONVERSATION_KINDS]; /* by Sequences, as it happened */
	uint64_t kept[PKTS_CONVERSATION_KINDS];	   /* and at the ends of conversations */
	uint32_t next[2][4]; /* sequence numbers: by direction and connection */
	struct numbers {
		uint32_t tsn;
		uint8_t messages[2]; /* by stream */
	} sent[2][2];		     /* the same of associations */
};

static void hold(void *ctx, void *owner)
{
	((struct buffer *)owner)->refs++;
	((struct run *)ctx)->held++;
}

static void drop(struct buffer *b)
{
	if (!--b->refs)
		free(b);
}

static void release(void *ctx, void *owner)
{
	((struct run *)ctx)->held--;
	drop(owner);
}

static uint8_t take(struct run *r)
{
	return r->p < r->end ? *r->p++ : 0;
}

static uint32_t take16(struct run *r)
{
	const uint32_t high = take(r);
	return high << 8 | take(r);
}

/* what is watched */

static void on_end(void *ctx, enum pkts_conversation_kind kind, struct pkts_table_entry *entry,
	enum pkts_conversation_end why)
{
	const struct pkts_conversation *const user = pkts_table_user(entry);
	const struct pkts_session_counts counts = pkts_conversation_counts(&user->tally);
	const struct pkts_tcp_conversation *const tcp = pkts_table_user(entry);
	char history[PKTS_TCP_HISTORY_MAX];
	struct run *const r = ctx;

	DEMAND(why <= PKTS_CONVERSATION_FLUSHED);
	DEMAND(entry->last_ns >= entry->first_ns);
	r->kept[kind] |= pkts_conversations_seq(r->c, kind, entry).events;
	r->ended++;
	r->counted += counts.packets[0] + counts.packets[1];
	if (kind == PKTS_CONVERSATION_TCP) {
		DEMAND(strlen(pkts_tcp_conn_state(&tcp->session)) <= 6);
		DEMAND(pkts_tcp_history(&tcp->session, history) < sizeof(history));
	}
}

static void on_note(void *ctx, const struct pkts_conversation_note *note)
{
	(void)ctx;
	DEMAND(note->judgement.events != 0);
	DEMAND(note->judgement.events >> PKTS_SESSION_EVENT_MAX == 0);
	DEMAND(note->judgement.validity <= PKTS_INVALID);
}

static void on_bytes(void *ctx, const struct pkts_conversation_bytes *bytes)
{
	volatile uint8_t sum = 0;

	(void)ctx;
	if (bytes->kind == PKTS_TCP_SEQ_DATA)
		for (uint64_t i = 0; i < bytes->out.len; i++)
			sum = (uint8_t)(sum + bytes->out.p[i]);
}

static void on_message(void *ctx, struct pkts_table_entry *entry,
	const struct pkts_app_session *session, const struct pkts_app_message *message)
{
	(void)ctx;
	(void)session;
	DEMAND(entry != NULL && message->app < PKTS_APP_MAX);
}

static void on_seq_note(void *ctx, const struct pkts_conversation_seq_note *note)
{
	struct run *const r = ctx;
	const struct pkts_conversation_seq seq =
		pkts_conversations_seq(r->c, (enum pkts_conversation_kind)note->kind, note->entry);

	DEMAND(note->events != 0 && note->events >> PKTS_SEQ_EVENT_MAX == 0);
	DEMAND((note->events & ~seq.events) == 0);
	r->noticed[note->kind] |= note->events;
}

/* packets */

static void put(struct run *r, uint8_t *p, uint32_t n, uint16_t link)
{
	static const struct pkts_decoder decoder = {.cut_options = true};
	struct buffer *const b = malloc(sizeof(*b) + n);
	const uint32_t unreadable = take(r) % 4 == 1 ? take(r) % 8u : 0;
	const uint32_t readable = n - PKTS_MIN(n, unreadable);
	struct pkts_packet packet;
	struct pkts_conversation_packet seen;

	b->refs = 1;
	memcpy(b->bytes, p, n);
	const struct pkts_frame f = {b->bytes, n, n, n + take(r) % 2u * 3u, link};
	pkts_decode(&decoder, &f, &packet);
	const struct pkts_conversation_arrival arrival = {
		&packet, {b->bytes, readable, n + 64, b}, f.wire, r->now};
	const struct pkts_conversations_stats before = pkts_conversations_stats(r->c);
	pkts_conversations_put(r->c, &arrival, &seen);
	const struct pkts_conversations_stats after = pkts_conversations_stats(r->c);
	DEMAND(after.packets == before.packets + 1);
	r->packets += seen.entry != NULL;
	DEMAND((seen.entry != NULL) + (after.refused - before.refused) +
			(after.no_conversation - before.no_conversation) +
			(after.fragments - before.fragments) +
			(after.malformed - before.malformed) ==
		1);
	drop(b);
}

static void put_tcp(struct run *r)
{
	const unsigned which = take(r), dir = which & 1, connection = which >> 1 & 3;
	const unsigned flags = take(r), window = take16(r);
	const int32_t seq = (int8_t)take(r), ack = (int8_t)take(r);
	const uint32_t len = take(r) & 0x3f,
		       ports[2] = {40000 + connection, which & 8 ? 3306 : 5432};
	const uint32_t at = r->next[dir][connection] + (uint32_t)(which & 16 ? seq * 100 : seq);
	uint8_t room[FRAME_MAX], payload[64];
	struct pkts_out out = {.data = room, .cap = sizeof(room)};

	for (uint32_t i = 0; i < len; i++)
		payload[i] = take(r);
	const uint32_t now = (uint32_t)(r->now >> 20),
		       ack_at = r->next[!dir][connection] + (uint32_t)ack;
	const int code = pkts_compose(&out, IPV4(.src = 0x0a000001 + dir, .dst = 0x0a000002 - dir),
		TCP(.sport = ports[dir], .dport = ports[!dir], .seq = at, .ack = ack_at,
			.flags = flags, .window = window,
			.opts = which & 32 ? PKTS_OPTS(PKTS_OPT_MSS(1460), PKTS_OPT_WINDOW_SCALE(7),
						     PKTS_OPT_NOP, PKTS_OPT_TIMESTAMPS(now, which))
					   : PKTS_OPTS(PKTS_OPT_NOP, PKTS_OPT_NOP,
						     PKTS_OPT_TIMESTAMPS(now, which))),
		RAW(payload, len));
	DEMAND(code == 0);
	put(r, room, out.len, 101);
	r->next[dir][connection] =
		at + len + (flags & PKTS_TCP_SYN ? 1 : 0) + (flags & PKTS_TCP_FIN ? 1 : 0);
}

/* Chunks of an association: its setup, data with bytes of the input, what ends it. */
static const struct {
	uint8_t type, head;
} chunks[] = {{PKTS_SCTP_DATA, 16}, {PKTS_SCTP_DATA, 16}, {PKTS_SCTP_DATA, 16},
	{PKTS_SCTP_I_DATA, 20}, {PKTS_SCTP_SACK, 16}, {PKTS_SCTP_INIT, 20},
	{PKTS_SCTP_INIT_ACK, 28}, {PKTS_SCTP_COOKIE_ECHO, 8}, {PKTS_SCTP_COOKIE_ACK, 4},
	{PKTS_SCTP_ABORT, 4}, {PKTS_SCTP_SHUTDOWN, 8}, {PKTS_SCTP_SHUTDOWN_ACK, 4},
	{PKTS_SCTP_SHUTDOWN_COMPLETE, 4}, {PKTS_SCTP_FORWARD_TSN, 8}};

static bool has_data(uint8_t type)
{
	return type == PKTS_SCTP_DATA || type == PKTS_SCTP_I_DATA;
}

static void fill_setup(uint8_t *p, unsigned dir, unsigned how, struct numbers *sent)
{
	pkts_put_be32(p + 4, 0x100 + !dir + (how & 0x30));
	p[9] = p[13] = p[15] = 8; /* window, streams */
	*sent = (struct numbers){.tsn = how};
	pkts_put_be32(p + 16, sent->tsn);
	if (p[0] == PKTS_SCTP_INIT_ACK)
		pkts_put_be32(p + 20, 7 << 16 | 8); /* the cookie */
}

/* The first fragment of a message has its protocol; others of I-DATA, their place in it. */
static void fill_data(uint8_t *p, uint32_t head, unsigned how, struct numbers *sent)
{
	static const uint8_t ppids[] = {46, 46, 47, 0};
	const bool first = how & 2;
	uint8_t *const messages = &sent->messages[how >> 3 & 1];

	p[1] = (uint8_t)(how & 7);
	sent->tsn += how >> 6;
	*messages += first;
	pkts_put_be32(p + 4, sent->tsn);
	p[9] = how >> 3 & 1;
	p[head - 5] = (uint8_t)(*messages - 1);
	p[head - 1] = first || head == 16 ? ppids[how >> 4 & 3] : how >> 4 & 3;
}

static uint32_t add_chunk(struct run *r, uint8_t *p, unsigned dir, unsigned association)
{
	const unsigned i = take(r) % PKTS_ARRAY_LEN(chunks), how = take(r);
	const uint32_t head = chunks[i].head, more = has_data(chunks[i].type) ? take(r) : 0;

	memset(p, 0, head);
	p[0] = chunks[i].type;
	pkts_put_be16(p + 2, (uint16_t)(head + more));
	if (has_data(p[0]))
		fill_data(p, head, how, &r->sent[dir][association]);
	else if (p[0] == PKTS_SCTP_INIT || p[0] == PKTS_SCTP_INIT_ACK)
		fill_setup(p, dir, how, &r->sent[dir][association]);
	else if (head > 4 && p[0] != PKTS_SCTP_COOKIE_ECHO)
		pkts_put_be32(p + 4, r->sent[!dir][association].tsn + how % 4);
	for (uint32_t k = 0; k < more; k++)
		p[head + k] = take(r);
	memset(p + head + more, 0, -more & 3);
	return head + more + (-more & 3);
}

static void put_sctp(struct run *r, unsigned which)
{
	const unsigned dir = which & 1, association = which >> 4 & 1;
	const uint16_t ports[2] = {(uint16_t)(5000 + association), which & 32 ? 9999 : 3868};
	const unsigned tag = take(r);
	uint8_t room[FRAME_MAX], sctp[1200] = {0};
	struct pkts_out out = {.data = room, .cap = sizeof(room)};
	uint32_t len = 12;

	pkts_put_be16(sctp, ports[dir]);
	pkts_put_be16(sctp + 2, ports[!dir]);
	pkts_put_be32(sctp + 4, tag == 0xff ? 0 : 0x100 + dir + (tag & 0x30));
	for (unsigned i = 0; i < 1 + (which >> 6); i++)
		len += add_chunk(r, sctp + len, dir, association);
	const int code = pkts_compose(&out,
		IPV4(.src = 0x0a000001 + dir, .dst = 0x0a000002 - dir, .protocol = PKTS_PIN(132)),
		RAW(sctp, len));
	DEMAND(code == 0);
	put(r, room, out.len, 101);
}

static void put_datagram(struct run *r)
{
	const unsigned which = take(r), dir = which & 1;

	if ((which & 14) == 10) {
		put_sctp(r, which);
		return;
	}
	const uint32_t len = take(r);
	uint8_t room[FRAME_MAX], payload[256];
	struct pkts_out out = {.data = room, .cap = sizeof(room)};

	for (uint32_t i = 0; i < len; i++)
		payload[i] = take(r);
	static const uint8_t protocols[] = {
		PKTS_IPPROTO_UDP, PKTS_IPPROTO_SCTP, PKTS_IPPROTO_ICMP, 99};
	const int code = pkts_compose(&out,
		IPV4(.src = 0x0a000001 + dir, .dst = 0x0a000002 - dir,
			.protocol = PKTS_PIN(protocols[which >> 1 & 3])),
		RAW(payload, len));
	DEMAND(code == 0);
	put(r, room, out.len, 101);
}

static void put_frame(struct run *r)
{
	const uint16_t link = input_links[take(r) % 4];
	const uint32_t wanted = take16(r) % FRAME_MAX;
	const uint32_t n = PKTS_MIN(wanted, (uint32_t)(r->end - r->p));
	uint8_t *const copy = malloc(n + 1);

	memcpy(copy, r->p, n);
	r->p += n;
	put(r, copy, n, link);
	free(copy);
}

static void pass_time(struct run *r)
{
	r->now += UINT64_C(1) << take(r) % 52;
	if (take(r) & 1)
		pkts_conversations_expire(r->c, r->now, take(r));
}

static void flush(struct run *r)
{
	if (take(r) == 7)
		pkts_conversations_flush(r->c);
}

/* the run */

static struct pkts_conversations_conf conf_of(struct run *r)
{
	const unsigned how = take(r), limits = take(r);

	struct pkts_conversations_conf conf = {
		.max = {1u + (limits & 3), 1u + (limits >> 2 & 3), 2, 2, 1},
		.key = how & 7,
		.count_ip = how & 8,
		.max_per_source = how & 16 ? 2 : 0,
		.max_embryonic_per_source = how & 32 ? 1 : 0,
		.secret = "fuzz",
		.tcp = {.receiver = {(uint8_t)(limits >> 4), 0}, .sees_all = how & 64},
		.max_streams = how & 128 ? 0 : 2,
		.max_associations = how & 128 ? 0 : 1,
		.messages = {.max_chunks = 6,
			.max_streams = 2,
			.digests = 8,
			.max_message = 400,
			.small = 8},
		.stream = {.hold = {hold, release, r}, .max_segments = 8, .max_bytes = 4096},
		.no_apps = limits & 128,
		.bytes_for_all = limits & 64,
		.watch = {on_end, on_note, on_bytes, on_message, on_seq_note, r},
	};
	return conf;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const ops[])(struct run *) = {
		put_tcp, put_tcp, put_tcp, put_tcp, put_datagram, put_frame, pass_time, flush};
	struct run r = {.p = data, .end = data + size, .now = 1000000000};
	const struct pkts_conversations_conf conf = conf_of(&r);
	const size_t n = pkts_conversations_memsize(&conf);
	void *const mem = aligned_alloc(PKTS_CONVERSATIONS_ALIGN, (n + 63) / 64 * 64);

	DEMAND(n != 0);
	DEMAND(pkts_conversations_init(&r.c, mem, n, &conf) == 0);
	for (unsigned i = 0; i < OPS_MAX && r.p < r.end; i++)
		ops[take(&r) % PKTS_ARRAY_LEN(ops)](&r);
	pkts_conversations_flush(r.c);
	const struct pkts_conversations_stats stats = pkts_conversations_stats(r.c);
	DEMAND(stats.streams == 0 && stats.associations == 0 && r.held == 0);
	DEMAND(r.counted == r.packets);
	for (unsigned kind = 0; kind < PKTS_CONVERSATION_KINDS; kind++) {
		const struct pkts_table_stats t = pkts_table_stats(
			pkts_conversations_table(r.c, (enum pkts_conversation_kind)kind));
		DEMAND(t.entries == 0);
		/* Segments that turn out to be none of the connection's are forgotten, and not the notes of them. */
		DEMAND(kind == PKTS_CONVERSATION_TCP ? !(r.kept[kind] & ~r.noticed[kind])
						     : r.noticed[kind] == r.kept[kind]);
		r.begun += t.inserts;
	}
	DEMAND(r.begun == r.ended);
	free(mem);
	return 0;
}
