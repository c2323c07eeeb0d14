/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * app_follow CAPTURE: the TCP connections and SCTP associations of a capture through the application
 * Sessions. One line a message, then one line a connection; and a line with their number at the end.
 * Associations count with their first message of Diameter.
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkts_conversations.h"
#include "pkts_index.h"

#define MOST 4096 /* connections */

struct end {
	uint8_t address[16];
	uint16_t port;
};

struct connection {
	struct end ends[2];
	unsigned number;
	struct pkts_tcp_seq seq;
	struct pkts_app_session app;
};

static struct connection *connections[MOST];
static unsigned n;
static struct pkts_tcp_pool *pool;
static void *memory; /* of the pool */
static struct pkts_conversations *associations;
static bool quiet;
static struct copy { /* of a packet: what is held must stay */
	struct copy *next;
	uint8_t bytes[];
} * copies;

static void print_events(uint64_t events)
{
	for (unsigned e = 0; e < PKTS_SESSION_EVENT_MAX; e++)
		if (events >> e & 1)
			printf(" %s", pkts_session_event_name((enum pkts_session_event)e));
}

static void print_code(const struct pkts_app_message *m)
{
	char sqlstate[6];

	if (m->app == PKTS_APP_MYSQL && m->kind == PKTS_MYSQL_KIND_COMMAND)
		printf(" %s", pkts_mysql_command_name(m->command));
	if (m->app == PKTS_APP_DIAMETER)
		printf(" command=%u", m->command);
	if (m->code == 0)
		return;
	pkts_pgsql_sqlstate(m->code, sqlstate);
	if (m->app == PKTS_APP_PGSQL)
		printf(" %s", sqlstate);
	else
		printf(" %u", m->code);
}

static void print_message(
	void *ctx, const struct pkts_app_session *s, const struct pkts_app_message *m)
{
	const struct connection *const c = ctx;

	if (quiet)
		return;
	printf("%u %s %s len=%llu", c->number, m->dir == s->client ? ">" : "<",
		pkts_app_kind_name(m->app, m->kind), (unsigned long long)m->len);
	print_code(m);
	if (m->pair)
		printf(" %s=%u", m->role == PKTS_APP_REQUEST ? "asks" : "answers", m->pair);
	printf(" %s", pkts_app_session_state_name(s));
	print_events(m->judgement.events);
	puts("");
}

static bool same_end(const struct end *a, const struct end *b)
{
	return a->port == b->port && memcmp(a->address, b->address, 16) == 0;
}

static struct connection *open_one(const struct end *from, const struct end *to, bool begin)
{
	if (n == MOST)
		return NULL;
	struct connection *const c = calloc(1, sizeof(*c));
	*c = (struct connection){.ends = {*from, *to}, .number = n + 1};
	connections[n++] = c;
	pkts_tcp_seq_init(&c->seq, pool, PKTS_TCP_LINUX, PKTS_TCP_LINUX);
	pkts_app_session_init(&c->app, from->port, to->port, !begin);
	return c;
}

/* The latest of these ends; a new one for a SYN, unless nothing was said yet. */
static struct connection *find(
	const struct end *from, const struct end *to, bool syn, unsigned *dir)
{
	for (unsigned i = n; i-- > 0;) {
		struct connection *const c = connections[i];
		*dir = !same_end(&c->ends[0], from);
		if (!same_end(&c->ends[*dir], from) || !same_end(&c->ends[!*dir], to))
			continue;
		if (syn && (c->app.half[0].ended || c->app.half[1].ended))
			break;
		return c;
	}
	*dir = 0;
	return open_one(from, to, syn);
}

static void drain(
	struct connection *c, unsigned dir, enum pkts_tcp_kind kind, struct pkts_tcp_out out)
{
	const struct pkts_app_out to = {print_message, c};

	for (; kind != PKTS_TCP_SEQ_NOTHING; kind = pkts_tcp_seq_get(&c->seq, dir, &out)) {
		if (kind == PKTS_TCP_SEQ_DATA)
			pkts_app_session_put(
				&c->app, dir, (struct pkts_span){out.p, (uint32_t)out.len}, &to);
		else if (kind == PKTS_TCP_SEQ_GAP)
			pkts_app_session_gap(&c->app, dir, out.len);
		else if (kind == PKTS_TCP_SEQ_RST || kind == PKTS_TCP_SEQ_FIN)
			pkts_app_session_end(&c->app, dir);
		if (kind == PKTS_TCP_SEQ_RST)
			pkts_app_session_end(&c->app, !dir);
	}
}

static void take_tcp(const struct pkts_packet *packet, const struct end *from, const struct end *to,
	uint64_t now)
{
	const struct pkts_tcp tcp = pkts_tcp(packet);
	const uint32_t captured = packet->len - (uint32_t)(tcp.p - packet->data);
	const uint32_t len = PKTS_MIN(tcp.len, captured) - tcp.head;
	const bool syn = (pkts_tcp_flags(tcp) & (PKTS_TCP_SYN | PKTS_TCP_ACK)) == PKTS_TCP_SYN;
	const struct pkts_piece piece = {.p = tcp.p + tcp.head, .len = len, .cost = len};
	unsigned dir;
	struct connection *const c = find(from, to, syn, &dir);
	struct pkts_tcp_out out;

	if (!c)
		return;
	const struct pkts_tcp_segment seg = pkts_tcp_segment_of(tcp, piece);
	const enum pkts_tcp_kind kind = pkts_tcp_seq_put_get(&c->seq, dir, &seg, now, &out);
	drain(c, dir, kind, out);
	drain(c, !dir, pkts_tcp_seq_get(&c->seq, !dir, &out), out);
}

/* The connection that stands for an association. */
static struct connection *connection_of(struct pkts_table_entry *entry)
{
	struct pkts_sctp_conversation *const u = pkts_table_user(entry);
	static const struct end none;

	if (u->mark == 0)
		u->mark = (uintptr_t)open_one(&none, &none, true);
	return (struct connection *)(uintptr_t)u->mark;
}

static void on_message(void *ctx, struct pkts_table_entry *entry, const struct pkts_app_session *s,
	const struct pkts_app_message *m)
{
	struct connection *const c = connection_of(entry);

	(void)ctx;
	if (!c)
		return;
	c->app = *s;
	print_message(c, s, m);
}

static void on_note(void *ctx, const struct pkts_conversation_note *note)
{
	struct connection *const c = note->app ? connection_of(note->entry) : NULL;

	(void)ctx;
	if (c)
		c->app.events |= note->judgement.events;
}

static bool begin_associations(void)
{
	const struct pkts_conversations_conf conf = {
		.max = {1, 1, 1, MOST, 1},
		.max_associations = MOST,
		.watch = {.note = on_note, .message = on_message},
	};
	const size_t size = pkts_conversations_memsize(&conf);
	void *const mem = aligned_alloc(PKTS_CONVERSATIONS_ALIGN, (size + 63) / 64 * 64);

	return mem && pkts_conversations_init(&associations, mem, size, &conf) == 0;
}

static void take_sctp(const struct pkts_packet *packet, uint64_t now)
{
	static uint64_t last;
	struct pkts_conversation_packet seen;

	last = now > last ? now : last;
	const struct pkts_conversation_arrival arrival = {.packet = packet,
		.frame = {.p = packet->data, .len = packet->len, .cost = packet->len},
		.wire_len = packet->len,
		.now_ns = last};
	pkts_conversations_put(associations, &arrival, &seen);
}

static void take(const struct pcap_pkthdr *head, const uint8_t *bytes, int link)
{
	struct copy *const copy = malloc(sizeof(*copy) + head->caplen);
	struct pkts_packet packet;
	struct end from = {.port = 0}, to = {.port = 0};

	copy->next = copies;
	copies = copy;
	memcpy(copy->bytes, bytes, head->caplen);
	const struct pkts_frame f = {
		copy->bytes, head->caplen, head->caplen, head->len, (uint16_t)link};
	pkts_decode(NULL, &f, &packet);
	const struct pkts_ipv4 ip4 = pkts_ipv4(&packet);
	const struct pkts_ipv6 ip6 = pkts_ipv6(&packet);
	if (ip4.p) {
		memcpy(from.address, ip4.p + 12, 4);
		memcpy(to.address, ip4.p + 16, 4);
	} else if (ip6.p) {
		memcpy(from.address, ip6.p + 8, 16);
		memcpy(to.address, ip6.p + 24, 16);
	}
	const struct pkts_tcp tcp = pkts_tcp(&packet);
	const struct pkts_sctp sctp = pkts_sctp(&packet);
	const uint8_t *const ports = tcp.p ? tcp.p : sctp.p;
	if (!ports || packet.flags & PKTS_PACKET_QUOTE)
		return;
	from.port = pkts_be16(ports);
	to.port = pkts_be16(ports + 2);
	const uint64_t now =
		(uint64_t)head->ts.tv_sec * 1000000000u + (uint64_t)head->ts.tv_usec * 1000u;
	if (tcp.p)
		take_tcp(&packet, &from, &to, now);
	else
		take_sctp(&packet, now);
}

static void end_one(struct connection *c)
{
	struct pkts_tcp_out out;

	for (unsigned dir = 0; dir < 2; dir++) {
		pkts_tcp_seq_flush(&c->seq, dir);
		drain(c, dir, pkts_tcp_seq_get(&c->seq, dir, &out), out);
	}
	printf("%u end: app=%s state=%s messages=%u waiting=%u%s", c->number,
		pkts_app_at(c->app.app)->name, pkts_app_session_state_name(&c->app),
		c->app.messages, pkts_app_session_waiting(&c->app), c->app.done ? " done" : "");
	print_events(c->app.events);
	puts("");
}

static void free_all(void)
{
	while (copies) {
		struct copy *const next = copies->next;
		free(copies);
		copies = next;
	}
	for (unsigned i = 0; i < n; i++)
		free(connections[i]);
	free(associations);
	free(memory);
}

int main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *head;
	const uint8_t *bytes;
	const struct pkts_tcp_conf conf = {.midstream_segments = 1};
	const size_t size = pkts_tcp_pool_memsize(&conf);

	quiet = argc > 2 && strcmp(argv[1], "-q") == 0;
	pcap_t *const p = argc > 1 ? pcap_open_offline(argv[argc - 1], error) : NULL;
	if (!p) {
		fprintf(stderr, "app_follow: %s\n", argc > 1 ? error : "which capture?");
		return 1;
	}
	memory = malloc(size);
	pool = pkts_tcp_pool_init(memory, size, &conf);
	if (!begin_associations())
		return 1;
	while (pcap_next_ex(p, &head, &bytes) == 1)
		take(head, bytes, pcap_datalink(p));
	pkts_conversations_flush(associations);
	for (unsigned i = 0; i < n; i++)
		end_one(connections[i]);
	printf("%u connections\n", n);
	pcap_close(p);
	free_all();
	return 0;
}
