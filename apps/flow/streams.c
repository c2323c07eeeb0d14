/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The table of streams: found by both ends of a packet, the longest idle one given up. */
#include "streams.h"

#include <rte_memory.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "pkts_mbuf_conversations.h"
#include "pkts_protocols.h"
#include "stream.h"

#define TICK_NS UINT64_C(1000000000) /* between looks at what waits */

/* pools */

static struct pkts_tcp_conf tcp_conf(bool live, uint64_t bytes)
{
	struct pkts_tcp_conf conf = {
		.hold = pkts_mbuf_holder,
		.max_segments = (uint32_t)PKTS_MIN(bytes / 512, UINT64_C(1) << 22),
		.max_bytes = bytes,
		.slab_bytes = (uint32_t)PKTS_MIN(bytes / 16, UINT64_C(64) << 20),
		.max_bytes_each = (uint32_t)PKTS_MIN(bytes / 2, UINT32_MAX),
		.urgent = PKTS_TCP_URGENT_INLINE,
		.syn_data = live ? PKTS_TCP_SYN_DATA_ACKED : PKTS_TCP_SYN_DATA_TAKE,
		.gap = live ? 0 : PKTS_TCP_GAP_WAIT,
		.midstream_flush = !live,
		.past_end = true,
	};

	conf.max_segments_each = conf.max_segments / 2;
	return conf;
}

static bool create_pools(struct streams *s, bool live, uint64_t bytes)
{
	const bool sctp = s->options->sctp;
	const struct pkts_tcp_conf tcp = tcp_conf(live, sctp ? bytes / 2 : bytes);
	struct pkts_sctp_conf conf = {
		.hold = pkts_mbuf_holder,
		.max_bytes = bytes / 2,
		.gap = live ? PKTS_SCTP_GAP_SACK : PKTS_SCTP_GAP_WAIT,
	};

	memcpy(conf.key, &s->hash, sizeof(conf.key));
	s->tcp = pkts_tcp_pool_create(&tcp, SOCKET_ID_ANY);
	if (sctp)
		s->sctp = pkts_sctp_pool_create(&conf, SOCKET_ID_ANY);
	return s->tcp && (!sctp || (s->sctp && sctp_create(s)));
}

static bool create_table(struct streams *s)
{
	uint64_t n = 256;

	while (n < s->options->max_streams)
		n *= 2;
	s->bucket_mask = n - 1;
	s->buckets = calloc(n, sizeof(struct stream *));
	return s->buckets && getrandom(&s->hash, sizeof(s->hash), 0) == sizeof(s->hash);
}

static void destroy(struct streams *s)
{
	pkts_tcp_pool_destroy(s->tcp);
	pkts_sctp_pool_destroy(s->sctp);
	pkts_conversations_destroy(s->associations);
	free(s->buckets);
	free(s);
}

struct streams *streams_create(
	const struct flow_options *o, bool live, uint64_t bytes, struct folder *folder)
{
	struct streams *const s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->options = o;
	s->folder = folder;
	if (create_table(s) && create_pools(s, live, bytes) && index_open(&s->index, folder))
		return s;
	destroy(s);
	return NULL;
}

/* the order of use */

static void leave_list(struct streams *s, struct stream *st)
{
	struct stream **const oldest = &s->lists[st->list].oldest;
	struct stream **const newest = &s->lists[st->list].newest;

	*(st->older ? &st->older->newer : oldest) = st->newer;
	*(st->newer ? &st->newer->older : newest) = st->older;
}

static void enter_list(struct streams *s, struct stream *st, enum stream_list list)
{
	st->list = (uint8_t)list;
	st->newer = NULL;
	st->older = s->lists[list].newest;
	*(st->older ? &st->older->newer : &s->lists[list].oldest) = st;
	s->lists[list].newest = st;
}

void flow_touch(struct streams *s, struct stream *st, bool over)
{
	const bool stays = st->list == LIST_OVER || over;

	leave_list(s, st);
	enter_list(s, st, stays ? LIST_OVER : LIST_LIVE);
}

/* the table */

static struct stream **bucket_of(struct streams *s, const struct flow_key *key)
{
	return &s->buckets[pkts_siphash13(&s->hash, key, sizeof(*key)) & s->bucket_mask];
}

struct stream *flow_find(struct streams *s, const struct flow_key *key)
{
	struct stream *st = *bucket_of(s, key);

	while (st && memcmp(&st->key, key, sizeof(*key)) != 0)
		st = st->same_bucket;
	return st;
}

static void forget(struct streams *s, struct stream *st)
{
	struct stream **at = bucket_of(s, &st->key);

	while (*at != st)
		at = &(*at)->same_bucket;
	*at = st->same_bucket;
	leave_list(s, st);
	s->open--;
}

void flow_event(struct stream *st, unsigned dir, enum pkts_seq_event event)
{
	st->events[dir][event]++;
}

static void evict(struct streams *s)
{
	struct stream *const over = s->lists[LIST_OVER].oldest;
	struct stream *const st = over ? over : s->lists[LIST_LIVE].oldest;

	flow_event(st, 0, PKTS_SEQ_EVICTED);
	s->stats.evicted++;
	flow_close(s, st);
}

static void name_file(struct stream *st, unsigned dir)
{
	struct folder_file *const file = &st->sides[dir].file;

	snprintf(file->name, sizeof(file->name), "%s-%llu-%c.bin",
		pkts_proto_info(st->key.proto)->name, (unsigned long long)st->number,
		dir ? 'b' : 'a');
}

struct stream *flow_open(struct streams *s, const struct arrival *a)
{
	if (s->open >= s->options->max_streams)
		evict(s);
	struct stream *const st = calloc(1, sizeof(*st));
	if (!st) {
		folder_fail(s->folder, -ENOMEM, "index.json");
		return NULL;
	}
	struct stream **const bucket = bucket_of(s, &a->key);
	st->key = a->key;
	st->first = a->sender;
	st->number = s->stats.streams++;
	st->same_bucket = *bucket;
	*bucket = st;
	s->open++;
	enter_list(s, st, LIST_LIVE);
	name_file(st, 0);
	name_file(st, 1);
	(a->key.proto == PKTS_PROTO_TCP ? tcp_begin : sctp_begin)(s, st);
	return st;
}

void flow_close(struct streams *s, struct stream *st)
{
	(st->key.proto == PKTS_PROTO_TCP ? tcp_end : sctp_end)(s, st);
	flow_describe(s, st);
	forget(s, st);
	s->messages -= st->sides[0].messages_n + st->sides[1].messages_n;
	for (unsigned dir = 0; dir < 2; dir++) {
		free(st->sides[dir].gaps);
		free(st->sides[dir].messages);
	}
	free(st);
}

/* packets */

/* The innermost layer of a protocol that is followed; -1: none. */
static int transport_of(const struct streams *s, const struct pkts_packet *packet)
{
	for (int i = packet->n - 1; i > 0; i--) {
		const unsigned proto = packet->layers[i].proto;
		if (proto == PKTS_PROTO_TCP || (proto == PKTS_PROTO_SCTP && s->sctp))
			return i;
	}
	return -1;
}

/* Who sent it, and who gets it in the end, both as in the packet. */
struct ends {
	const uint8_t *src, *dst;
	uint8_t ttl;
	uint8_t v4[4]; /* the end of a source route */
};

static void read_ipv4(struct pkts_ref r, struct ends *ends)
{
	const struct pkts_ipv4 ip = pkts_ipv4_at(r);

	ends->ttl = pkts_ipv4_ttl(ip);
	ends->src = r.p + 12;
	ends->dst = r.p + 16;
	if (r.head == PKTS_IPV4_HEAD)
		return;
	pkts_put_be32(ends->v4, pkts_ipv4_final(ip));
	ends->dst = ends->v4;
}

/* Of IP around layer i. A route that is not used up (RFC 791 3.1, RFC 8200 4.4) has the last word. */
static bool read_ends(
	const struct pkts_packet *packet, unsigned i, struct ends *ends, uint8_t *family)
{
	const uint8_t *final = NULL;

	while (i-- > 0) {
		const struct pkts_ref r = pkts_packet_ref(packet, i);
		switch (packet->layers[i].proto) {
		case PKTS_PROTO_IPV4:
			*family = 4;
			read_ipv4(r, ends);
			return true;
		case PKTS_PROTO_IPV6_ROUTING:
			final = final ? final : pkts_ipv6_routing_final(pkts_ipv6_routing_at(r));
			break;
		case PKTS_PROTO_IPV6:
			*family = 6;
			ends->ttl = pkts_ipv6_hop_limit(pkts_ipv6_at(r));
			ends->src = r.p + 8;
			ends->dst = final ? final : r.p + 24;
			return true;
		default:
			break;
		}
	}
	return false;
}

/* Sorts the ends; returns which one the sender is. */
static uint8_t set_ends(struct flow_key *key, const struct ends *ends, const uint8_t *ports)
{
	const size_t n = key->family == 4 ? 4 : 16;
	const int by_addr = memcmp(ends->src, ends->dst, n), by_port = memcmp(ports, ports + 2, 2);
	const uint8_t sender = by_addr ? by_addr > 0 : by_port > 0;

	memcpy(key->addr[sender], ends->src, n);
	memcpy(key->addr[!sender], ends->dst, n);
	key->port[sender] = pkts_be16(ports);
	key->port[!sender] = pkts_be16(ports + 2);
	return sender;
}

/* The number of the network that a layer is of; UINT32_MAX if it is none that separates tenants. */
static uint32_t network_of(const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_ref r = pkts_packet_ref(packet, i);

	switch (packet->layers[i].proto) {
	case PKTS_PROTO_VLAN:
		return pkts_vlan_id(pkts_vlan_at(r));
	case PKTS_PROTO_VXLAN:
		return pkts_vxlan_vni(pkts_vxlan_at(r));
	case PKTS_PROTO_GENEVE:
		return pkts_geneve_vni(pkts_geneve_at(r));
	default:
		return UINT32_MAX;
	}
}

/* TEIDs, MPLS labels and GRE keys are those of one direction: they would tear connections apart. */
static uint64_t tenant_of(const struct streams *s, const struct arrival *a)
{
	uint32_t networks[2 + PKTS_PACKET_LAYERS];
	uint16_t vlans[2];
	unsigned n = 0;

	if (!s->options->separate_tenants)
		return 0;
	for (unsigned i = pkts_mbuf_vlans(*a->m, vlans); i-- > 0;)
		networks[n++] = vlans[i] & 0xfffu;
	for (unsigned i = 0; i < a->i; i++) {
		networks[n] = network_of(a->packet, i);
		n += networks[n] != UINT32_MAX;
	}
	return pkts_siphash13(&s->hash, networks, n * sizeof(*networks));
}

void streams_put(
	struct streams *s, struct rte_mbuf **m, struct pkts_packet *packet, uint64_t now_ns)
{
	const int i = transport_of(s, packet);
	struct ends ends;

	if (i < 0)
		return;
	struct arrival a = {.m = m, .packet = packet, .i = (unsigned)i, .now = now_ns};
	a.key.proto = packet->layers[i].proto;
	if (!read_ends(packet, a.i, &ends, &a.key.family))
		return;
	if (ends.ttl < s->options->min_ttl) {
		s->stats.min_ttl++;
		return;
	}
	a.sender = set_ends(&a.key, &ends, packet->data + packet->layers[i].off);
	a.key.tenant = tenant_of(s, &a);
	(a.key.proto == PKTS_PROTO_TCP ? tcp_put : sctp_put)(s, &a);
}

void streams_tick(struct streams *s, uint64_t now_ns)
{
	if (now_ns - s->ticked < TICK_NS)
		return;
	s->ticked = now_ns;
	for (unsigned list = 0; list < LISTS; list++)
		for (struct stream *st = s->lists[list].oldest; st; st = st->newer)
			if (st->key.proto == PKTS_PROTO_TCP)
				tcp_tick(s, st, now_ns);
}

struct streams_stats streams_stats(const struct streams *s)
{
	return s->stats;
}

void streams_close(struct streams *s)
{
	if (!s)
		return;
	for (unsigned list = 0; list < LISTS; list++)
		while (s->lists[list].oldest)
			flow_close(s, s->lists[list].oldest);
	index_close(&s->index);
	destroy(s);
}
