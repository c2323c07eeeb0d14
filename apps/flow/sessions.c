/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "sessions.h"

#include <errno.h>
#include <rte_memory.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "active.h"
#include "fd_sink.h"
#include "pkts_community_id.h"
#include "pkts_eve.h"
#include "pkts_flow_text.h"
#include "pkts_ipfix_sender.h"
#include "pkts_reassembly.h"
#include "record.h"
#include "top.h"

#define SECOND UINT64_C(1000000000)
#define BUDGET 256 /* entries of each table that are looked at for every burst */
#define OTHERS_SHARE                                                                               \
	8 /* of ICMP, SCTP and other protocols there may be that part of max_sessions */
#define OTHERS_LEAST  256
#define STREAMS_MOST  65536
#define MESSAGES_PART 8	   /* of the memory for packets, that part is for those of SCTP */
#define CLOSING_MS    2000 /* that a collector has to take the last records */

struct sessions {
	const struct flow_options *options;
	struct pkts_conversations *conversations;
	struct fd_sink out;
	struct pkts_ipfix_sender *ipfix;
	struct top *top;
	struct record record;
	const struct pkts_packet *packets; /* of the burst under way */
	const uint64_t *numbers;
	unsigned n;
	uint64_t packet; /* the number of the one under way; 0: none is */
	uint64_t now, polled;
	struct sessions_stats stats;
	bool ending, heading;
};

/* configuration */

static uint32_t others(const struct flow_options *o)
{
	return (uint32_t)RTE_MAX(o->max_sessions / OTHERS_SHARE, (uint64_t)OTHERS_LEAST);
}

static void take_limits(struct pkts_conversations_conf *conf, const struct flow_options *o)
{
	conf->max[PKTS_CONVERSATION_TCP] = conf->max[PKTS_CONVERSATION_UDP] =
		(uint32_t)o->max_sessions;
	conf->max[PKTS_CONVERSATION_ICMP] = conf->max[PKTS_CONVERSATION_SCTP] =
		conf->max[PKTS_CONVERSATION_OTHER] = others(o);
	conf->max_per_source = (uint32_t)o->max_per_source;
	conf->max_embryonic_per_source = (uint32_t)o->max_new_per_source;
	conf->max_streams = (uint32_t)PKTS_MIN(o->max_sessions, (uint64_t)STREAMS_MOST);
	conf->max_associations = PKTS_MIN(others(o), (uint32_t)STREAMS_MOST);
}

static void take_timeouts(struct pkts_conversations_conf *conf, const struct flow_options *o)
{
	const struct {
		uint8_t kind, class;
		uint64_t seconds;
	} rows[] = {
		{PKTS_CONVERSATION_TCP, PKTS_CONVERSATION_NEW, o->timeout_tcp_new},
		{PKTS_CONVERSATION_TCP, PKTS_CONVERSATION_ESTABLISHED, o->timeout_tcp},
		{PKTS_CONVERSATION_TCP, PKTS_CONVERSATION_CLOSING, o->timeout_tcp_closing},
		{PKTS_CONVERSATION_TCP, PKTS_CONVERSATION_CLOSED, o->timeout_tcp_closed},
		{PKTS_CONVERSATION_UDP, PKTS_CONVERSATION_NEW, o->timeout_udp_new},
		{PKTS_CONVERSATION_UDP, PKTS_CONVERSATION_ESTABLISHED, o->timeout_udp},
		{PKTS_CONVERSATION_ICMP, PKTS_CONVERSATION_NEW, o->timeout_icmp},
		{PKTS_CONVERSATION_ICMP, PKTS_CONVERSATION_ESTABLISHED, o->timeout_icmp},
		{PKTS_CONVERSATION_SCTP, PKTS_CONVERSATION_ESTABLISHED, o->timeout_sctp},
		{PKTS_CONVERSATION_OTHER, PKTS_CONVERSATION_NEW, o->timeout_other},
		{PKTS_CONVERSATION_OTHER, PKTS_CONVERSATION_ESTABLISHED, o->timeout_other},
	};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		conf->timeout_ns[rows[i].kind][rows[i].class] = rows[i].seconds * SECOND;
}

static struct pkts_conversations_conf conf_of(const struct flow_options *o, uint64_t bytes)
{
	const uint64_t messages = bytes / MESSAGES_PART;
	struct pkts_conversations_conf conf = {
		.key = o->separate_tenants ? PKTS_KEY_VLAN | PKTS_KEY_TUNNEL : 0,
		.min_ttl = (uint8_t)o->min_ttl,
		.count_ip = o->ip_bytes || o->ipfix,
		.room = o->ipfix ? sizeof(struct active) : 0,
		.policy = o->tcp_policy,
		.stream = {.hold = pkts_mbuf_holder,
			.max_bytes = bytes - messages,
			.max_segments = (uint32_t)PKTS_MIN(bytes / 512, UINT64_C(1) << 22),
			.keep_delivered = o->all_bytes},
		.messages = {.max_bytes = messages,
			.max_chunks = (uint32_t)PKTS_MIN(messages / 2048, UINT64_C(1) << 16)},
		.bytes_for_all = o->all_bytes,
		.tcp = {.receiver = {(uint8_t)o->tcp_policy, (uint8_t)o->tcp_policy},
			.sees_all = o->strict,
			.reuse_established = o->read != NULL},
	};

	take_limits(&conf, o);
	take_timeouts(&conf, o);
	return conf;
}

uint32_t sessions_memory_mb(const struct flow_options *o)
{
	const struct pkts_conversations_conf conf = conf_of(o, o->mem << 20);
	return (uint32_t)(pkts_conversations_memsize(&conf) >> 20) + 1;
}

/* what is written */

static enum pkts_flow_reason reason_of(const struct sessions *s, enum pkts_conversation_end why)
{
	static const uint8_t reasons[] = {
		[PKTS_CONVERSATION_TIMEOUT] = PKTS_FLOW_TIMEOUT,
		[PKTS_CONVERSATION_REUSED] = PKTS_FLOW_TCP_REUSE,
		[PKTS_CONVERSATION_EVICTED] = PKTS_FLOW_EVICTED,
		[PKTS_CONVERSATION_FLUSHED] = PKTS_FLOW_SHUTDOWN,
	};
	return s->ending ? PKTS_FLOW_SHUTDOWN : (enum pkts_flow_reason)reasons[why];
}

/* Only EVE has community ids. */
static void add_community_id(struct pkts_flow_tuple *t)
{
	pkts_community_id(t, 0, t->community_id);
}

static void write_record(struct sessions *s, struct pkts_flow_record *r)
{
	if (s->options->json) {
		add_community_id(&r->tuple);
		pkts_eve_flow(&s->out.sink, r);
	} else if (s->options->table) {
		if (!s->heading)
			pkts_flow_text_header(&s->out.sink);
		s->heading = true;
		pkts_flow_text(&s->out.sink, r);
	}
}

/* To a collector, which adds up: what it has not been told. */
static void export_record(struct sessions *s, enum pkts_conversation_kind kind,
	struct pkts_table_entry *entry, struct pkts_flow_record *r)
{
	active_take(pkts_conversation_room(kind, entry), r);
	pkts_ipfix_sender_put(s->ipfix, r, s->now);
}

static void on_end(void *ctx, enum pkts_conversation_kind kind, struct pkts_table_entry *entry,
	enum pkts_conversation_end why)
{
	struct sessions *const s = ctx;

	s->stats.flows++;
	s->stats.evicted += why == PKTS_CONVERSATION_EVICTED;
	record_fill(&s->record, s->conversations, kind, entry, reason_of(s, why), s->now);
	write_record(s, &s->record.flow);
	if (s->ipfix)
		export_record(s, kind, entry, &s->record.flow);
}

/* Its packet may make a conversation that goes on due for a record. */
static void export_active(struct sessions *s, const struct pkts_conversation_packet *seen)
{
	const enum pkts_conversation_kind kind = (enum pkts_conversation_kind)seen->kind;

	if (!active_is_due(pkts_conversation_room(kind, seen->entry), seen->entry,
		    s->options->timeout_active * SECOND))
		return;
	record_fill(&s->record, s->conversations, kind, seen->entry, PKTS_FLOW_ACTIVE,
		pkts_conversations_now(s->conversations));
	export_record(s, kind, seen->entry, &s->record.flow);
}

static void write_anomaly(struct sessions *s, struct pkts_anomaly *a)
{
	if (!s->options->json)
		return;
	a->ts = pkts_conversations_now(s->conversations);
	a->pcap_cnt = s->packet;
	pkts_eve_anomaly(&s->out.sink, a);
}

/* Of what fragments show: what hides bytes from whoever watches, or from the receiver. */
static uint64_t hiding_fragments(uint64_t events)
{
	static const uint8_t rows[] = {PKTS_SEQ_CONFLICT, PKTS_SEQ_FRAG_DROPPED, PKTS_SEQ_FRAG_TINY,
		PKTS_SEQ_FRAG_LENGTH, PKTS_SEQ_FRAG_TOO_LONG, PKTS_SEQ_FRAG_EMPTY,
		PKTS_SEQ_FRAG_BEYOND, PKTS_SEQ_FRAG_MIN_TTL, PKTS_SEQ_FRAG_NESTED,
		PKTS_SEQ_LIMIT_PIECES, PKTS_SEQ_LIMIT_BYTES};
	uint64_t all = 0;

	for (unsigned k = 0; k < PKTS_ARRAY_LEN(rows); k++)
		all |= events & UINT64_C(1) << rows[k];
	return all;
}

/*
 * Of the IP header that the fragment stands in, and of none behind it. A fragment header names what is
 * behind it; the IPv6 header, only the fragment header.
 */
static void fragment_tuple(struct pkts_flow_tuple *t, const struct sessions_fragment *f)
{
	struct pkts_packet around = *f->packet;

	around.n = (f->i + 1) & 15;
	record_addresses(t, &around);
	if (f->packet->layers[f->i].proto == PKTS_PROTO_IPV6_FRAG)
		t->protocol =
			pkts_ipv6_frag_next(pkts_ipv6_frag_at(pkts_packet_ref(f->packet, f->i)));
}

/* It belongs to no conversation yet, and perhaps never will. */
void sessions_note_fragment(struct sessions *s, const struct sessions_fragment *f)
{
	struct pkts_anomaly a = {
		.ts = f->now,
		.pcap_cnt = f->number,
		.type = PKTS_ANOMALY_STREAM,
		.validity = PKTS_SUSPECT,
		.layer = pkts_proto_info((enum pkts_proto)f->packet->layers[f->i].proto)->name,
	};

	if (!s->options->json)
		return;
	fragment_tuple(&a.tuple, f);
	for (uint64_t e = hiding_fragments(f->events); e; e &= e - 1) {
		a.event = pkts_seq_event_name((enum pkts_seq_event)__builtin_ctzll(e));
		pkts_eve_anomaly(&s->out.sink, &a);
	}
}

static const char *layer_of(enum pkts_conversation_kind kind)
{
	static const char *const names[PKTS_CONVERSATION_KINDS] = {
		"tcp", "udp", "icmp", "sctp", "ip"};
	return names[kind];
}

/* Events that by themselves are nothing to worry about are not told with those that are. */
static uint64_t worrying(struct pkts_judgement j)
{
	const uint64_t harmless =
		PKTS_SESSION_BIT(TCP_RETRANSMISSION) | PKTS_SESSION_BIT(TCP_KEEP_ALIVE) |
		PKTS_SESSION_BIT(TCP_ZERO_WINDOW) | PKTS_SESSION_BIT(TCP_ZERO_WINDOW_PROBE);

	if (j.validity == PKTS_VALID)
		return 0;
	return j.events & ~harmless ? j.events & ~harmless : j.events;
}

/* Whose packet it is; only EVE has anomalies. */
static void add_tuple(
	const struct sessions *s, struct pkts_anomaly *a, const struct pkts_table_entry *entry)
{
	if (!s->options->json)
		return;
	record_tuple(&a->tuple, entry, a->direction);
	add_community_id(&a->tuple);
}

static void on_note(void *ctx, const struct pkts_conversation_note *note)
{
	struct sessions *const s = ctx;
	const enum pkts_conversation_kind kind = (enum pkts_conversation_kind)note->kind;
	struct pkts_anomaly a = {
		.type = note->app ? PKTS_ANOMALY_APPLAYER : PKTS_ANOMALY_STREAM,
		.validity = note->judgement.validity,
		.direction = note->dir,
		.layer = note->app ? "parser" : layer_of(kind),
		.app_proto = note->app ? record_app_proto(kind, note->entry) : NULL,
	};
	uint64_t events = worrying(note->judgement);

	if (!events)
		return;
	add_tuple(s, &a, note->entry);
	for (; events; events &= events - 1) {
		a.event = pkts_session_event_name((enum pkts_session_event)__builtin_ctzll(events));
		write_anomaly(s, &a);
	}
}

/*
 * Of what Sequences notice: what hides bytes from whoever watches, or would. The rest is harmless, or
 * told by the Session too.
 */
static uint64_t hiding(const struct pkts_conversation_seq_note *note)
{
	static const uint8_t events[] = {PKTS_SEQ_CONFLICT, PKTS_SEQ_GAP, PKTS_SEQ_EVICTED,
		PKTS_SEQ_LIMIT_PIECES, PKTS_SEQ_LIMIT_BYTES, PKTS_SEQ_RETRANSMIT_DIFF,
		PKTS_SEQ_OUT_OF_WINDOW, PKTS_SEQ_RST_DATA, PKTS_SEQ_TSN_CONFLICT,
		PKTS_SEQ_MESSAGE_TOO_LONG, PKTS_SEQ_UNFINISHED, PKTS_SEQ_SSN};
	uint64_t all = 0;

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(events); i++)
		all |= UINT64_C(1) << events[i];
	if (note->cut) /* so the capture has made the gap */
		all &= ~(UINT64_C(1) << PKTS_SEQ_GAP);
	return note->events & all;
}

static void on_seq_note(void *ctx, const struct pkts_conversation_seq_note *note)
{
	struct sessions *const s = ctx;
	struct pkts_anomaly a = {
		.type = PKTS_ANOMALY_STREAM,
		.validity = PKTS_SUSPECT,
		.direction = note->dir,
		.layer = layer_of((enum pkts_conversation_kind)note->kind),
	};
	uint64_t events = hiding(note);

	if (!events)
		return;
	add_tuple(s, &a, note->entry);
	for (; events; events &= events - 1) {
		a.event = pkts_seq_event_name((enum pkts_seq_event)__builtin_ctzll(events));
		write_anomaly(s, &a);
	}
}

/* A packet whose headers do not make sense. */
static void tell_verdict(struct sessions *s, const struct pkts_packet *packet,
	const struct pkts_conversation_packet *seen)
{
	const struct pkts_verdict v = pkts_verdict(packet);
	const bool fatal = v.fatal && !(v.fatal == PKTS_REASON_CUT);
	struct pkts_anomaly a = {
		.type = PKTS_ANOMALY_DECODE,
		.validity = fatal ? PKTS_INVALID : PKTS_SUSPECT,
		.direction = seen->dir,
		.event = pkts_reason_info(fatal ? v.fatal : v.invalid)->name,
		.layer = pkts_proto_info(fatal ? v.fatal_proto : v.invalid_proto)->name,
	};

	if (!fatal && !v.invalid)
		return;
	if (seen->entry && s->options->json) {
		record_tuple(&a.tuple, seen->entry, seen->dir);
		add_community_id(&a.tuple);
	} else {
		record_addresses(&a.tuple, packet);
	}
	write_anomaly(s, &a);
}

/* A packet that was left out before it could belong to a conversation. */
static void tell_left_out(struct sessions *s, const struct pkts_packet *packet,
	const struct pkts_conversation_packet *seen)
{
	struct pkts_anomaly a = {
		.type = PKTS_ANOMALY_STREAM,
		.validity = seen->judgement.validity,
		.layer = layer_of((enum pkts_conversation_kind)seen->kind),
	};

	record_addresses(&a.tuple, packet);
	for (uint64_t e = seen->judgement.events; e; e &= e - 1) {
		a.event = pkts_session_event_name((enum pkts_session_event)__builtin_ctzll(e));
		write_anomaly(s, &a);
	}
}

/* Behind each packet: the next one's number, and what there is to say of its headers. */
static void on_packet(void *ctx, unsigned i, const struct pkts_conversation_packet *seen)
{
	struct sessions *const s = ctx;
	const struct pkts_packet *const packet = &s->packets[i];

	if (packet->flags & (PKTS_PACKET_FATAL | PKTS_PACKET_INVALID))
		tell_verdict(s, packet, seen);
	if (!seen->entry && seen->judgement.events)
		tell_left_out(s, packet, seen);
	if (s->ipfix && seen->entry && s->options->timeout_active)
		export_active(s, seen);
	s->packet = i + 1 < s->n ? s->numbers[i + 1] : 0;
}

/* beginning, middle, end */

static bool open_ipfix(struct sessions *s, struct pkts_error *err)
{
	const char *const where = s->options->ipfix;
	struct pkts_error why;

	if (!where || pkts_ipfix_open(&s->ipfix, where, NULL, &why) == 0)
		return true;
	snprintf(err->text, sizeof(err->text), "--ipfix %.470s", why.text);
	return false;
}

static bool create_all(struct sessions *s, uint64_t bytes, struct pkts_error *err)
{
	struct pkts_conversations_conf conf = conf_of(s->options, bytes);

	conf.watch.end = on_end;
	conf.watch.note = on_note;
	conf.watch.seq_note = on_seq_note;
	conf.watch.ctx = s;
	if (getrandom(conf.secret, sizeof(conf.secret), 0) == sizeof(conf.secret))
		s->conversations = pkts_conversations_create(&conf, SOCKET_ID_ANY);
	if (!s->conversations) {
		snprintf(err->text, sizeof(err->text),
			"not enough memory for %llu sessions: give --max-sessions less",
			(unsigned long long)s->options->max_sessions);
		return false;
	}
	if (s->options->top)
		s->top = top_create((uint32_t)s->options->max_sessions);
	return open_ipfix(s, err);
}

struct sessions *sessions_create(
	const struct flow_options *o, uint64_t bytes, struct pkts_error *err)
{
	struct sessions *const s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->options = o;
	fd_sink_init(&s->out, STDOUT_FILENO);
	if (create_all(s, bytes, err))
		return s;
	pkts_conversations_destroy(s->conversations);
	free(s);
	return NULL;
}

void sessions_put(struct sessions *s, struct rte_mbuf **m, struct pkts_packet *packets,
	uint64_t *numbers, unsigned n)
{
	s->packets = packets;
	s->numbers = numbers;
	s->n = n;
	s->packet = n ? numbers[0] : 0;
	pkts_conversations_put_mbufs(s->conversations, m, packets, n, &s->now, on_packet, s);
	pkts_conversations_expire(s->conversations, s->now, BUDGET);
}

void sessions_tick(struct sessions *s, uint64_t now_ns)
{
	s->now = RTE_MAX(s->now, now_ns);
	pkts_conversations_expire(s->conversations, s->now, BUDGET);
	if (s->now - s->polled < SECOND)
		return;
	s->polled = s->now;
	if (s->ipfix)
		pkts_ipfix_sender_poll(s->ipfix, s->now);
	if (s->top)
		top_show(s->top, s->conversations, s->now, &s->out);
	fd_sink_flush(&s->out);
}

void sessions_idle(struct sessions *s)
{
	if (s->out.prompt)
		fd_sink_flush(&s->out);
}

bool sessions_broken(const struct sessions *s)
{
	return s->out.code != 0;
}

struct sessions_stats sessions_stats(const struct sessions *s)
{
	const struct pkts_conversations_stats c = pkts_conversations_stats(s->conversations);
	struct sessions_stats stats = s->stats;

	stats.invalid = c.invalid;
	stats.suspect = c.suspect;
	stats.refused = c.refused;
	stats.min_ttl = c.events[PKTS_SESSION_IP_MIN_TTL];
	stats.no_stream = c.no_stream;
	stats.malformed = c.malformed;
	stats.gaps = c.seq_events[PKTS_SEQ_GAP];
	stats.conflicts = c.seq_events[PKTS_SEQ_CONFLICT] + c.seq_events[PKTS_SEQ_RETRANSMIT_DIFF] +
			  c.seq_events[PKTS_SEQ_TSN_CONFLICT];
	if (s->ipfix)
		stats.lost_records = pkts_ipfix_sender_counts(s->ipfix).dropped_records +
				     (s->ending ? pkts_ipfix_sender_waiting(s->ipfix) : 0);
	return stats;
}

/* A collector over TCP takes what it likes when it likes. */
static void finish_ipfix(struct sessions *s)
{
	int code = -EAGAIN;

	for (uint64_t ms = 0; ms < CLOSING_MS && code == -EAGAIN; ms += 10) {
		if (ms)
			usleep(10000);
		code = pkts_ipfix_sender_poll(s->ipfix, s->now + ms * 1000000);
	}
	s->stats.lost = code || pkts_ipfix_sender_counts(s->ipfix).dropped_records;
	s->stats.why = code == -EAGAIN ? 0 : code;
}

void sessions_flush(struct sessions *s)
{
	s->ending = true;
	pkts_conversations_flush(s->conversations);
	if (s->ipfix)
		finish_ipfix(s);
}

int sessions_close(struct sessions *s)
{
	int code = 0;

	if (!s)
		return 0;
	if (!fd_sink_finish(&s->out))
		code = -EIO;
	pkts_ipfix_close(s->ipfix);
	top_destroy(s->top);
	pkts_conversations_destroy(s->conversations);
	free(s);
	return code;
}
