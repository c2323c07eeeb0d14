/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_eve.h"

#include <string.h>

#include "pkts_bits.h"
#include "pkts_ip_protocol.h"
#include "pkts_seq_event.h"

_Static_assert(PKTS_SEQ_EVENT_MAX <= 64, "sets of events are 64 bits");

/* What readers of JSON keep of a number: the integers that a double holds exactly. */
#define ID_MASK ((UINT64_C(1) << 53) - 1)

/* An object that is being written: its members are apart by commas. */
struct object {
	struct pkts_sink *s;
	bool has_members;
};

static void begin(struct object *o, struct pkts_sink *s)
{
	*o = (struct object){s, false};
	pkts_put_char(s, '{');
}

static void end(struct object *o)
{
	pkts_put_char(o->s, '}');
}

/* Keys are ours: nothing in them has to be escaped. */
static void put_key(struct object *o, const char *key)
{
	if (o->has_members)
		pkts_put_char(o->s, ',');
	o->has_members = true;
	pkts_put_char(o->s, '"');
	pkts_put_text(o->s, key);
	pkts_put(o->s, "\":", 2);
}

static void put_number(struct object *o, const char *key, uint64_t v)
{
	put_key(o, key);
	pkts_put_dec(o->s, v);
}

static void put_bool(struct object *o, const char *key, bool v)
{
	put_key(o, key);
	pkts_put_text(o->s, v ? "true" : "false");
}

static void put_string(struct object *o, const char *key, const char *text)
{
	put_key(o, key);
	pkts_put_json(o->s, text, strlen(text));
}

/* Names of ours: there is nothing to escape. */
static void put_name(struct object *o, const char *key, const char *name)
{
	put_key(o, key);
	pkts_put_char(o->s, '"');
	pkts_put_text(o->s, name);
	pkts_put_char(o->s, '"');
}

static void put_string_if_any(struct object *o, const char *key, const char *text)
{
	if (text)
		put_string(o, key, text);
}

/* 2026-11-22T10:00:00.123456+0000, cut to microseconds. */
static void put_time(struct object *o, const char *key, uint64_t ns)
{
	char text[40];
	struct pkts_sink s = {.buf = text, .cap = sizeof(text)};

	pkts_put_time(&s, ns);
	put_key(o, key);
	pkts_put_char(o->s, '"');
	pkts_put(o->s, text, s.used - (sizeof("789Z") - 1));
	pkts_put_text(o->s, "+0000\"");
}

static void put_address(
	struct object *o, const char *key, const struct pkts_flow_tuple *t, const uint8_t *address)
{
	put_key(o, key);
	pkts_put_char(o->s, '"');
	if (t->ip_version == 4)
		pkts_put_ipv4(o->s, pkts_be32(address));
	else
		pkts_put_ipv6(o->s, address);
	pkts_put_char(o->s, '"');
}

static void put_vlans(struct object *o, const struct pkts_flow_tuple *t)
{
	const unsigned n = PKTS_MIN(t->n_vlans, PKTS_FLOW_VLANS);

	if (!n)
		return;
	put_key(o, "vlan");
	for (unsigned i = 0; i < n; i++) {
		pkts_put_char(o->s, i ? ',' : '[');
		pkts_put_dec(o->s, t->vlans[i]);
	}
	pkts_put_char(o->s, ']');
}

/* A frame that is no IP packet may still have an anomaly. */
static bool is_ip(const struct pkts_flow_tuple *t)
{
	return t->ip_version == 4 || t->ip_version == 6;
}

static void put_ends(struct object *o, const struct pkts_flow_tuple *t)
{
	const bool ports = pkts_flow_has_ports(t->protocol);

	put_address(o, "src_ip", t, t->src);
	if (ports)
		put_number(o, "src_port", t->sport);
	put_address(o, "dest_ip", t, t->dst);
	if (ports)
		put_number(o, "dest_port", t->dport);
}

static void put_protocol(struct object *o, const struct pkts_flow_tuple *t)
{
	const char *const name = pkts_flow_protocol_name(t->protocol);

	if (name) {
		put_name(o, "proto", name);
	} else {
		put_key(o, "proto");
		pkts_put_char(o->s, '"');
		pkts_put_dec(o->s, t->protocol);
		pkts_put_char(o->s, '"');
	}
	put_number(o, "ip_v", t->ip_version);
	if (pkts_flow_is_icmp(t->protocol)) {
		put_number(o, "icmp_type", t->icmp_type);
		put_number(o, "icmp_code", t->icmp_code);
	}
}

/* What all events begin with. */
static void put_header(struct object *o, const char *event_type, uint64_t ns, uint64_t pcap_cnt,
	const struct pkts_flow_tuple *t)
{
	put_time(o, "timestamp", ns);
	if (t->id)
		put_number(o, "flow_id", t->id & ID_MASK);
	put_string_if_any(o, "in_iface", t->in_iface);
	if (pcap_cnt)
		put_number(o, "pcap_cnt", pcap_cnt);
	put_name(o, "event_type", event_type);
	put_vlans(o, t);
	if (is_ip(t)) {
		put_ends(o, t);
		put_protocol(o, t);
	}
}

static void put_community_id(struct object *o, const struct pkts_flow_tuple *t)
{
	if (t->community_id[0]) {
		put_key(o, "community_id");
		pkts_put_json(
			o->s, t->community_id, strnlen(t->community_id, sizeof(t->community_id)));
	}
}

static void put_flow(struct object *o, const struct pkts_flow_record *r)
{
	struct object flow;

	put_key(o, "flow");
	begin(&flow, o->s);
	put_number(&flow, "pkts_toserver", r->counts.packets[0]);
	put_number(&flow, "pkts_toclient", r->counts.packets[1]);
	put_number(&flow, "bytes_toserver", r->counts.bytes[0]);
	put_number(&flow, "bytes_toclient", r->counts.bytes[1]);
	put_time(&flow, "start", r->first);
	put_time(&flow, "end", r->last);
	/* Suricata's: between the seconds, not the times. */
	put_number(&flow, "age",
		r->last > r->first ? r->last / 1000000000 - r->first / 1000000000 : 0);
	put_name(&flow, "state", pkts_flow_state_name(r->state));
	put_name(&flow, "reason", pkts_flow_reason_name(r->reason));
	put_bool(&flow, "alerted", r->alerted);
	end(&flow);
}

static void put_flags(struct object *o, const char *key, uint8_t flags)
{
	put_key(o, key);
	pkts_put_char(o->s, '"');
	pkts_put_hex_bytes(o->s, &flags, 1);
	pkts_put_char(o->s, '"');
}

static void put_flag_names(struct object *o, uint8_t flags)
{
	static const struct {
		uint8_t flag;
		const char *name;
	} rows[] = {{0x02, "syn"}, {0x01, "fin"}, {0x04, "rst"}, {0x08, "psh"}, {0x10, "ack"},
		{0x20, "urg"}, {0x40, "ecn"}, {0x80, "cwr"}};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		if (flags & rows[i].flag)
			put_bool(o, rows[i].name, true);
}

static void put_tcp(struct object *o, const struct pkts_flow_record *r)
{
	const uint8_t all = r->tcp.flags[0] | r->tcp.flags[1];
	struct object tcp;

	put_key(o, "tcp");
	begin(&tcp, o->s);
	put_flags(&tcp, "tcp_flags", all);
	put_flags(&tcp, "tcp_flags_ts", r->tcp.flags[0]);
	put_flags(&tcp, "tcp_flags_tc", r->tcp.flags[1]);
	put_flag_names(&tcp, all);
	put_string_if_any(&tcp, "state", r->protocol_state);
	if (r->tcp.gap[1])
		put_bool(&tcp, "tc_gap", true);
	if (r->tcp.gap[0])
		put_bool(&tcp, "ts_gap", true);
	end(&tcp);
}

static void put_sctp(struct object *o, const struct pkts_flow_record *r)
{
	struct object sctp;

	if (!r->protocol_state)
		return;
	put_key(o, "sctp");
	begin(&sctp, o->s);
	put_string(&sctp, "state", r->protocol_state);
	end(&sctp);
}

static const char *seq_name(unsigned bit)
{
	return pkts_seq_event_name((enum pkts_seq_event)bit);
}

static const char *session_name(unsigned bit)
{
	return pkts_session_event_name((enum pkts_session_event)bit);
}

/* One list of names. Bits behind the last event mean nothing. */
static void put_events(struct object *o, const char *key, uint64_t events, unsigned n,
	const char *(*name)(unsigned bit))
{
	bool any = false;

	for (unsigned bit = 0; bit < n; bit++) {
		if (!(events >> bit & 1))
			continue;
		if (any)
			pkts_put_char(o->s, ',');
		else
			put_key(o, key);
		pkts_put_text(o->s, any ? "\"" : "[\"");
		pkts_put_text(o->s, name(bit));
		pkts_put_char(o->s, '"');
		any = true;
	}
	if (any)
		pkts_put_char(o->s, ']');
}

/* Echo messages have an identifier: it tells one ping from another. */
static bool has_icmp_id(const struct pkts_flow_tuple *t)
{
	switch (t->protocol) {
	case PKTS_IPPROTO_ICMP:
		return t->icmp_type == 8 || t->icmp_type == 0;
	case PKTS_IPPROTO_ICMPV6:
		return t->icmp_type == 128 || t->icmp_type == 129;
	default:
		return false;
	}
}

/* What Suricata has no members for. */
static void put_own(struct object *o, const struct pkts_flow_record *r)
{
	struct object own;
	const bool icmp_id = has_icmp_id(&r->tuple);

	if (!icmp_id && !r->conn_state && !r->history && !r->session_events && !r->seq_events)
		return;
	put_key(o, "pkts");
	begin(&own, o->s);
	if (icmp_id)
		put_number(&own, "icmp_id", r->tuple.icmp_id);
	put_string_if_any(&own, "conn_state", r->conn_state);
	put_string_if_any(&own, "history", r->history);
	put_events(&own, "session_events", r->session_events, PKTS_SESSION_EVENT_MAX, session_name);
	put_events(&own, "seq_events", r->seq_events, PKTS_SEQ_EVENT_MAX, seq_name);
	end(&own);
}

void pkts_eve_flow(struct pkts_sink *s, const struct pkts_flow_record *r)
{
	struct object o;

	begin(&o, s);
	put_header(&o, "flow", r->written, 0, &r->tuple);
	if (r->icmp_answered && pkts_flow_is_icmp(r->tuple.protocol)) {
		put_number(&o, "response_icmp_type", r->response_icmp_type);
		put_number(&o, "response_icmp_code", r->response_icmp_code);
	}
	put_string_if_any(&o, "app_proto", r->app_proto);
	put_flow(&o, r);
	put_community_id(&o, &r->tuple);
	if (r->tuple.protocol == PKTS_IPPROTO_TCP)
		put_tcp(&o, r);
	if (r->tuple.protocol == PKTS_IPPROTO_SCTP)
		put_sctp(&o, r);
	put_own(&o, r);
	end(&o);
	pkts_put_char(s, '\n');
}

const char *pkts_anomaly_type_name(enum pkts_anomaly_type type)
{
	static const char *const names[] = {
		[PKTS_ANOMALY_DECODE] = "decode",
		[PKTS_ANOMALY_STREAM] = "stream",
		[PKTS_ANOMALY_APPLAYER] = "applayer",
	};

	return (unsigned)type < PKTS_ARRAY_LEN(names) ? names[type] : "unknown";
}

static void put_anomaly(struct object *o, const struct pkts_anomaly *a)
{
	struct object anomaly;

	put_key(o, "anomaly");
	begin(&anomaly, o->s);
	put_string_if_any(&anomaly, "app_proto", a->app_proto);
	put_name(&anomaly, "type", pkts_anomaly_type_name(a->type));
	put_string_if_any(&anomaly, "event", a->event);
	put_string_if_any(&anomaly, "layer", a->layer);
	end(&anomaly);
}

void pkts_eve_anomaly(struct pkts_sink *s, const struct pkts_anomaly *a)
{
	struct object o, own;

	begin(&o, s);
	put_header(&o, "anomaly", a->ts, a->pcap_cnt, &a->tuple);
	if (a->tuple.id)
		put_name(&o, "direction", a->direction ? "to_client" : "to_server");
	put_community_id(&o, &a->tuple);
	put_anomaly(&o, a);
	put_key(&o, "pkts");
	begin(&own, s);
	put_name(&own, "validity", pkts_validity_name(a->validity));
	end(&own);
	end(&o);
	pkts_put_char(s, '\n');
}
