/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the Sessions say of a capture of TCP or SCTP, packet by packet, without the table and the programs
 * that stand between them elsewhere: session_judge [-a] FILE [FILTER]. -a: also judgements that are VALID
 * with an event. A line of JSON for each packet that is not VALID, then one for each conversation.
 *
 * Conversations are found by ports and, but for SCTP, by addresses: associations of these tests have a
 * port of their own on one side, and several addresses.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkts_index.h"
#include "pkts_mbuf.h"
#include "pkts_port.h"
#include "pkts_runtime.h"
#include "pkts_sctp_session.h"
#include "pkts_session_key.h"
#include "pkts_tcp_session.h"

#define CONVERSATIONS (1u << 16)

struct conversation {
	struct pkts_session_key key;
	uint8_t first; /* which end of the key sent the first packet */
	uint64_t packets;
	union {
		struct pkts_tcp_session tcp;
		struct pkts_sctp_session sctp;
	};
};

static struct {
	struct conversation *all;
	unsigned n;
	uint64_t packets, worst[PKTS_INVALID + 1];
	bool everything;
} judge;

static uint32_t hash(const struct pkts_session_key *key)
{
	const uint8_t *const p = (const uint8_t *)key;
	uint32_t h = 2166136261;

	for (size_t i = 0; i < sizeof(*key); i++)
		h = (h ^ p[i]) * 16777619;
	return h;
}

/* New ones are made up to a limit, then NULL. */
static struct conversation *find(const struct pkts_session_key *key, uint8_t sender)
{
	for (uint32_t i = hash(key);; i++) {
		struct conversation *const c = &judge.all[i % CONVERSATIONS];
		if (c->packets && pkts_session_key_equal(&c->key, key))
			return c;
		if (c->packets)
			continue;
		if (judge.n++ >= CONVERSATIONS / 2)
			return NULL;
		c->key = *key;
		c->first = sender;
		return c;
	}
}

/* Port by port, the lower first: wherever the packet came from or goes to. */
static void forget_addresses(struct pkts_session_key *key, struct pkts_session_at *at)
{
	const uint16_t sport = key->port[at->swapped], dport = key->port[!at->swapped];

	memset(key->addr, 0, sizeof(key->addr));
	at->swapped = sport > dport;
	key->port[at->swapped] = sport;
	key->port[!at->swapped] = dport;
}

static void print_events(uint64_t events)
{
	const char *comma = "";

	for (unsigned i = 0; i < PKTS_SESSION_EVENT_MAX; i++)
		if (events >> i & 1) {
			printf("%s\"%s\"", comma, pkts_session_event_name(i));
			comma = ",";
		}
}

static void print_judgement(const struct conversation *c, unsigned dir, struct pkts_judgement j)
{
	judge.worst[j.validity]++;
	if (j.validity == PKTS_VALID && !(judge.everything && j.events))
		return;
	printf("{\"packet\":%" PRIu64 ",\"sport\":%u,\"dport\":%u,\"direction\":%u,\"validity\":"
	       "\"%s\",\"events\":[",
		judge.packets, c->key.port[c->first ^ dir], c->key.port[!(c->first ^ dir)], dir,
		pkts_validity_name(j.validity));
	print_events(j.events);
	puts("]}");
}

static void print_conversation(const struct conversation *c)
{
	const bool tcp = c->key.protocol == PKTS_IPPROTO_TCP;
	char history[PKTS_TCP_HISTORY_MAX] = "";

	if (tcp)
		pkts_tcp_history(&c->tcp, history);
	printf("{\"conversation\":\"%s\",\"sport\":%u,\"dport\":%u,\"packets\":%" PRIu64
	       ",\"state\":\"%s\",\"history\":\"%s\"}\n",
		tcp ? "tcp" : "sctp", c->key.port[c->first], c->key.port[!c->first], c->packets,
		tcp ? pkts_tcp_conn_state(&c->tcp) : pkts_sctp_session_name(&c->sctp), history);
}

static struct pkts_judgement judge_tcp(struct conversation *c, unsigned dir,
	const struct pkts_packet *packet, unsigned l4, uint64_t now)
{
	const struct pkts_tcp tcp = pkts_tcp_at(pkts_packet_ref(packet, l4));
	const struct pkts_tcp_session_segment seg =
		pkts_tcp_session_segment(tcp, packet->layers[l4].len - packet->layers[l4].head);

	if (pkts_tcp_session_restarts(&c->tcp, NULL, dir, &seg)) {
		print_conversation(c);
		c->first ^= dir;
		c->packets = 0;
		memset(&c->tcp, 0, sizeof(c->tcp));
		dir = 0;
	}
	return pkts_tcp_session_validate(&c->tcp, NULL, dir, &seg, now);
}

/* Chunks have to be readable, not only the header that stands before them. */
static struct pkts_judgement judge_sctp(struct conversation *c, unsigned dir,
	const struct pkts_packet *packet, uint32_t held, unsigned l4, uint64_t now)
{
	struct pkts_ref sctp = pkts_packet_ref(packet, l4);

	sctp.head = PKTS_MIN(sctp.len, held - packet->layers[l4].off);
	return pkts_sctp_session_validate(&c->sctp, NULL, dir, sctp, now);
}

/* held: bytes that can be read at packet->data. */
static void judge_packet(const struct pkts_packet *packet, uint32_t held, uint64_t now)
{
	struct pkts_session_key key;
	struct pkts_session_at at;

	judge.packets++;
	if (pkts_session_key_of(packet, 0, &key, &at) || at.l4 == PKTS_KEY_NO_LAYER)
		return;
	if (key.protocol == PKTS_IPPROTO_SCTP)
		forget_addresses(&key, &at);
	else if (key.protocol != PKTS_IPPROTO_TCP)
		return;
	struct conversation *const c = find(&key, at.swapped);
	if (!c)
		return;
	const unsigned dir = at.swapped ^ c->first;
	const struct pkts_judgement j = key.protocol == PKTS_IPPROTO_TCP
						? judge_tcp(c, dir, packet, at.l4, now)
						: judge_sctp(c, dir, packet, held, at.l4, now);
	c->packets++;
	print_judgement(c, at.swapped ^ c->first, j);
}

static int judge_all(struct pkts_port *port, struct pkts_error *err)
{
	struct pkts_packet packet;
	struct rte_mbuf *m;
	int code = 0;

	while (!pkts_port_ended(port, &code, err)) {
		if (!pkts_port_rx_burst(port, &m, 1))
			continue;
		pkts_mbuf_decode(NULL, &m, &packet);
		judge_packet(&packet, m->data_len, pkts_mbuf_timestamp(m));
		rte_pktmbuf_free(m);
	}
	return code;
}

static void print_totals(void)
{
	for (struct conversation *c = judge.all; c < judge.all + CONVERSATIONS; c++)
		if (c->packets)
			print_conversation(c);
	printf("{\"packets\":%" PRIu64 ",\"valid\":%" PRIu64 ",\"suspect\":%" PRIu64
	       ",\"invalid\":%" PRIu64 "}\n",
		judge.packets, judge.worst[PKTS_VALID], judge.worst[PKTS_SUSPECT],
		judge.worst[PKTS_INVALID]);
}

int main(int argc, char **argv)
{
	struct pkts_error err = {"usage: session_judge [-a] FILE [FILTER]"};
	struct pkts_port *port;

	judge.everything = argc > 1 && strcmp(argv[1], "-a") == 0;
	argv += judge.everything;
	argc -= judge.everything;
	judge.all = calloc(CONVERSATIONS, sizeof(*judge.all));
	if (!judge.all || argc < 2 || argc > 3 || pkts_runtime_init(NULL, &err) ||
		pkts_port_open(&port, argv[1], NULL, &err) ||
		pkts_port_activate(port, argc == 3 ? argv[2] : NULL, &err))
		return fprintf(stderr, "%s\n", err.text), 1;
	const int code = judge_all(port, &err);
	print_totals();
	if (code)
		fprintf(stderr, "%s\n", err.text);
	pkts_port_close(port, NULL);
	pkts_runtime_fini();
	free(judge.all);
	return code != 0;
}
