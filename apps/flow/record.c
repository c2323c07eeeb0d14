/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "record.h"

#include <string.h>

#include "pkts_protocols.h"

/* Stable for a conversation, and another one for the next between the same ends. */
static uint64_t id_of(const struct pkts_table_entry *entry)
{
	const struct pkts_session_key key = pkts_table_key_of(entry);
	uint64_t words[6], id = entry->first_ns;

	memcpy(words, &key, sizeof(words));
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(words); i++)
		id = (id ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15) ^ id >> 29;
	id &= (UINT64_C(1) << 53) - 1;
	return id ? id : 1;
}

/* The key has the request's type, whoever asks: direction dir does, or answers. */
static uint8_t query_type(
	const struct pkts_table_entry *entry, const struct pkts_session_key *key, unsigned dir)
{
	const struct pkts_icmp_conversation *const u =
		pkts_table_user((struct pkts_table_entry *)(uintptr_t)entry);
	const uint8_t request = (uint8_t)(key->port[1] >> 8);

	return u->session.asked >> dir & 1
		       ? request
		       : pkts_icmp_type_of(request, key->protocol == PKTS_IPPROTO_ICMPV6).answer;
}

static void fill_ports(struct pkts_flow_tuple *t, const struct pkts_table_entry *entry,
	const struct pkts_session_key *key, unsigned src, unsigned dir)
{
	switch (key->kind) {
	case PKTS_KEY_PORTS:
		t->sport = key->port[src];
		t->dport = key->port[!src];
		break;
	case PKTS_KEY_QUERY:
		t->icmp_id = key->port[0];
		t->icmp_type = query_type(entry, key, dir);
		break;
	case PKTS_KEY_MESSAGE:
		t->icmp_type = (uint8_t)(key->port[1] >> 8);
		t->icmp_code = (uint8_t)key->port[1];
		break;
	default:
		break;
	}
}

void record_tuple(struct pkts_flow_tuple *t, const struct pkts_table_entry *entry, unsigned dir)
{
	const struct pkts_session_key key = pkts_table_key_of(entry);
	const unsigned src = pkts_table_initiator(entry) ^ dir;

	*t = (struct pkts_flow_tuple){
		.id = id_of(entry), .ip_version = key.family, .protocol = key.protocol};
	memcpy(t->src, key.addr[src], sizeof(t->src));
	memcpy(t->dst, key.addr[!src], sizeof(t->dst));
	t->n_vlans = (uint8_t)pkts_session_key_vlans(&key, t->vlans);
	fill_ports(t, entry, &key, src, dir);
}

void record_addresses(struct pkts_flow_tuple *t, const struct pkts_packet *packet)
{
	*t = (struct pkts_flow_tuple){.id = 0};
	for (unsigned i = packet->n; i-- > 0;) {
		const bool v6 = packet->layers[i].proto == PKTS_PROTO_IPV6;
		const struct pkts_ref r = pkts_packet_ref(packet, i);
		if (!v6 && packet->layers[i].proto != PKTS_PROTO_IPV4)
			continue;
		t->ip_version = v6 ? 6 : 4;
		t->protocol =
			v6 ? pkts_ipv6_next(pkts_ipv6_at(r)) : pkts_ipv4_protocol(pkts_ipv4_at(r));
		memcpy(t->src, r.p + (v6 ? 8 : 12), v6 ? 16 : 4);
		memcpy(t->dst, r.p + (v6 ? 24 : 16), v6 ? 16 : 4);
		return;
	}
}

static enum pkts_flow_state state_of_class(const struct pkts_table_entry *entry)
{
	switch (pkts_table_class_of(entry)) {
	case PKTS_CONVERSATION_NEW:
		return PKTS_FLOW_NEW;
	case PKTS_CONVERSATION_CLOSED:
		return PKTS_FLOW_CLOSED;
	default:
		return PKTS_FLOW_ESTABLISHED;
	}
}

static void fill_tcp(struct record *r, const struct pkts_tcp_conversation *u)
{
	pkts_tcp_history(&u->session, r->history);
	r->flow.history = r->history;
	r->flow.conn_state = pkts_tcp_conn_state(&u->session);
	r->flow.protocol_state = pkts_tcp_state_name((enum pkts_tcp_state)u->session.state);
	for (unsigned dir = 0; dir < 2; dir++)
		r->flow.tcp.flags[dir] = u->session.half[dir].flags;
}

static void fill_icmp(struct record *r, const struct pkts_table_entry *entry,
	const struct pkts_icmp_conversation *u)
{
	struct pkts_flow_tuple answer;

	r->flow.conn_state = pkts_icmp_conn_state(&u->session);
	r->flow.icmp_answered = r->flow.counts.packets[1] != 0;
	record_tuple(&answer, entry, 1);
	r->flow.response_icmp_type = answer.icmp_type;
	r->flow.response_icmp_code = answer.icmp_code;
}

static void fill_session(
	struct record *r, enum pkts_conversation_kind kind, struct pkts_table_entry *entry)
{
	const void *const user = pkts_table_user(entry);
	const struct pkts_udp_conversation *const udp = user;
	const struct pkts_sctp_conversation *const sctp = user;

	switch (kind) {
	case PKTS_CONVERSATION_TCP:
		fill_tcp(r, user);
		break;
	case PKTS_CONVERSATION_UDP:
		r->flow.conn_state = pkts_udp_conn_state(&udp->session, false);
		break;
	case PKTS_CONVERSATION_ICMP:
		fill_icmp(r, entry, user);
		break;
	case PKTS_CONVERSATION_SCTP:
		r->flow.protocol_state =
			pkts_sctp_state_name((enum pkts_sctp_state)sctp->session.ends[0].state);
		break;
	default:
		break;
	}
}

const char *record_app_proto(enum pkts_conversation_kind kind, struct pkts_table_entry *entry)
{
	const enum pkts_app_id app = pkts_conversation_app(kind, entry);
	return app == PKTS_APP_NONE ? NULL : pkts_app_at(app)->name;
}

void record_fill(struct record *r, const struct pkts_conversations *c,
	enum pkts_conversation_kind kind, struct pkts_table_entry *entry,
	enum pkts_flow_reason reason, uint64_t now)
{
	const struct pkts_conversation *const user = pkts_table_user(entry);
	const struct pkts_conversation_seq seq = pkts_conversations_seq(c, kind, entry);

	r->flow = (struct pkts_flow_record){
		.written = now,
		.first = entry->first_ns,
		.last = entry->last_ns,
		.counts = pkts_conversation_counts(&user->tally),
		.state = state_of_class(entry),
		.reason = reason,
		.session_events = user->events,
		.seq_events = seq.events,
		.tcp.gap = {seq.gap[0], seq.gap[1]},
		.app_proto = record_app_proto(kind, entry),
	};
	record_tuple(&r->flow.tuple, entry, 0);
	fill_session(r, kind, entry);
}
