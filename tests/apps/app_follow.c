/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * app_follow CAPTURE: the TCP connections of a capture through the application Sessions. One line a
 * message, then one line a connection; and a line with the number of connections at the end. An SCTP
 * user message that lies in one chunk, PPID 46, goes through a Session too.
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkts_app_session.h"
#include "pkts_index.h"
#include "pkts_sctp_data.h"
#include "pkts_tcp_seq.h"

#define MOST 4096 /* connections */

struct end {
	uint8_t address[16];
	uint16_t port;
};

struct connection {
	struct end ends[2];
	unsigned number;
	bool sctp;
	struct pkts_tcp_seq seq;
	struct pkts_app_session app;
};

static struct connection *connections[MOST];
static unsigned n;
static struct pkts_tcp_pool *pool;
static void *memory; /* of the pool */
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

static struct connection *open_one(
	const struct end *from, const struct end *to, bool sctp, bool begin)
{
	if (n == MOST)
		return NULL;
	struct connection *const c = calloc(1, sizeof(*c));
	*c = (struct connection){.ends = {*from, *to}, .number = n + 1, .sctp = sctp};
	connections[n++] = c;
	pkts_tcp_seq_init(&c->seq, pool, PKTS_TCP_LINUX, PKTS_TCP_LINUX);
	if (sctp)
		pkts_app_session_init_as(&c->app, PKTS_APP_DIAMETER, 0);
	else
		pkts_app_session_init(&c->app, from->port, to->port, !begin);
	return c;
}

/* The latest of these ends; a new one for a SYN, unless nothing was said yet. */
static struct connection *find(
	const struct end *from, const struct end *to, bool sctp, bool syn, unsigned *dir)
{
	for (unsigned i = n; i-- > 0;) {
		struct connection *const c = connections[i];
		*dir = !same_end(&c->ends[0], from);
		if (c->sctp != sctp || !same_end(&c->ends[*dir], from) ||
			!same_end(&c->ends[!*dir], to))
			continue;
		if (syn && (c->app.half[0].ended || c->app.half[1].ended))
			break;
		return c;
	}
	*dir = 0;
	return open_one(from, to, sctp, syn || sctp);
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
	struct connection *const c = find(from, to, false, syn, &dir);
	struct pkts_tcp_out out;

	if (!c)
		return;
	const struct pkts_tcp_segment seg = pkts_tcp_segment_of(tcp, piece);
	const enum pkts_tcp_kind kind = pkts_tcp_seq_put_get(&c->seq, dir, &seg, now, &out);
	drain(c, dir, kind, out);
	drain(c, !dir, pkts_tcp_seq_get(&c->seq, !dir, &out), out);
}

static void take_data(struct connection *c, unsigned dir, struct pkts_ref r)
{
	const struct pkts_app_out to = {print_message, c};
	const struct pkts_sctp_data data = pkts_sctp_data_at(r);

	if (pkts_sctp_data_check(r).fatal || !pkts_sctp_data_b(data) || !pkts_sctp_data_e(data) ||
		pkts_sctp_data_ppid(data) != 46)
		return;
	pkts_app_session_put_message(&c->app, dir,
		(struct pkts_span){r.p + PKTS_SCTP_DATA_HEAD, r.head - PKTS_SCTP_DATA_HEAD}, &to);
}

static void take_sctp(
	const struct pkts_packet *packet, const struct end *from, const struct end *to)
{
	struct pkts_sctp_chunks it = pkts_sctp_chunks(pkts_packet_nth(packet, PKTS_PROTO_SCTP, 1));
	struct pkts_sctp_chunk chunk;
	unsigned dir;
	struct connection *const c = find(from, to, true, false, &dir);

	while (c && pkts_sctp_chunk_next(&it, &chunk))
		if (chunk.head > 0 && chunk.p[0] == PKTS_SCTP_DATA)
			take_data(c, dir, (struct pkts_ref){chunk.p, chunk.head, chunk.len});
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
	if (tcp.p)
		take_tcp(&packet, &from, &to,
			(uint64_t)head->ts.tv_sec * 1000000000u +
				(uint64_t)head->ts.tv_usec * 1000u);
	else
		take_sctp(&packet, &from, &to);
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
	while (pcap_next_ex(p, &head, &bytes) == 1)
		take(head, bytes, pcap_datalink(p));
	for (unsigned i = 0; i < n; i++)
		end_one(connections[i]);
	printf("%u connections\n", n);
	pcap_close(p);
	free_all();
	return 0;
}
