/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Keys of conversations, from packets and from what ICMP errors quote of them. */
#include "key.h"

#include "pkts_errno.h"
#include "pkts_protocols.h"

/* ICMP messages that ask, and those that answer them: RFC 792, 950, 8335; RFC 4443, 8335. */
struct query {
	uint8_t request, reply;
};
static const struct query queries4[] = {{8, 0}, {13, 14}, {15, 16}, {17, 18}, {42, 43}};
static const struct query queries6[] = {{128, 129}, {160, 161}};

static const struct query *find_query(uint8_t protocol, uint8_t type)
{
	const bool v6 = protocol == PKTS_IPPROTO_ICMPV6;
	const struct query *const rows = v6 ? queries6 : queries4;
	const size_t n = v6 ? PKTS_ARRAY_LEN(queries6) : PKTS_ARRAY_LEN(queries4);

	for (size_t i = 0; i < n; i++)
		if (rows[i].request == type || rows[i].reply == type)
			return &rows[i];
	return NULL;
}

/* Who sends, and who gets it; returns which end the sender is. */
static uint8_t set_ends(
	struct pkts_session_key *key, const uint8_t *src, const uint8_t *dst, const uint16_t *ports)
{
	const size_t n = key->family == 4 ? 4 : 16;
	const int order = __builtin_memcmp(src, dst, n);
	const uint8_t sender = order ? order > 0 : ports && ports[0] > ports[1];

	__builtin_memcpy(key->addr[sender], src, n);
	__builtin_memcpy(key->addr[!sender], dst, n);
	if (ports) {
		key->port[sender] = ports[0];
		key->port[!sender] = ports[1];
	}
	return sender;
}

/* Requests and replies between the same two addresses, even if that is one. */
static uint8_t set_icmp(struct pkts_session_key *key, const struct pkts_key_parts *k)
{
	const uint8_t type = k->head[0];
	const struct query *const q = find_query(k->protocol, type);
	const uint8_t sender = set_ends(key, k->src, k->dst, NULL);

	if (!q) {
		key->kind = PKTS_KEY_MESSAGE;
		key->port[1] = pkts_be16(k->head);
		return sender;
	}
	key->kind = PKTS_KEY_QUERY;
	key->port[0] = pkts_be16(k->head + 4);
	key->port[1] = (uint16_t)(q->request << 8);
	const bool oneself = __builtin_memcmp(key->addr[0], key->addr[1], 16) == 0;
	return oneself ? type == q->reply : sender;
}

uint32_t pkts_key_head(uint8_t protocol)
{
	switch (protocol) {
	case PKTS_IPPROTO_TCP:
	case PKTS_IPPROTO_UDP:
	case PKTS_IPPROTO_UDPLITE:
	case PKTS_IPPROTO_SCTP:
		return 4;
	case PKTS_IPPROTO_ICMP:
	case PKTS_IPPROTO_ICMPV6:
		return 6;
	default:
		return 0;
	}
}

uint8_t pkts_key_fill(struct pkts_session_key *key, const struct pkts_key_parts *k)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->family = k->family;
	key->protocol = k->protocol;
	if (pkts_key_head(k->protocol) == 0)
		return set_ends(key, k->src, k->dst, NULL);
	if (pkts_key_head(k->protocol) > 4)
		return set_icmp(key, k);
	key->kind = PKTS_KEY_PORTS;
	const uint16_t ports[2] = {pkts_be16(k->head), pkts_be16(k->head + 2)};
	return set_ends(key, k->src, k->dst, ports);
}

uint8_t pkts_session_key_make(struct pkts_session_key *key, unsigned family, unsigned protocol,
	const uint8_t *src, uint16_t sport, const uint8_t *dst, uint16_t dport)
{
	const uint16_t ports[2] = {sport, dport};

	__builtin_memset(key, 0, sizeof(*key));
	key->family = (uint8_t)family;
	key->protocol = (uint8_t)protocol;
	key->kind = PKTS_KEY_PORTS;
	return set_ends(key, src, dst, ports);
}

/* packets */

static bool is_ip(unsigned proto)
{
	return proto == PKTS_PROTO_IPV4 || proto == PKTS_PROTO_IPV6;
}

/* Layers of the packet itself: what follows an ICMP header is quoted. */
static unsigned own_layers(const struct pkts_packet *packet)
{
	unsigned n = 0;

	while (n < packet->n) {
		const unsigned proto = packet->layers[n++].proto;
		if (proto == PKTS_PROTO_ICMP || proto == PKTS_PROTO_ICMPV6)
			break;
	}
	return n;
}

static void read_ipv4(struct pkts_ref r, struct pkts_key_parts *k)
{
	const struct pkts_ipv4 ip = pkts_ipv4_at(r);

	k->family = 4;
	k->protocol = pkts_ipv4_protocol(ip);
	k->later = pkts_ipv4_frag_offset(ip) != 0;
	k->src = r.p + 12;
	k->dst = r.p + 16;
	if (r.head > PKTS_IPV4_HEAD) {
		pkts_put_be32(k->final, pkts_ipv4_final(ip));
		k->dst = k->final;
	}
}

static void read_ipv6(struct pkts_ref r, struct pkts_key_parts *k)
{
	k->family = 6;
	k->protocol = pkts_ipv6_next(pkts_ipv6_at(r));
	k->later = false;
	k->src = r.p + 8;
	k->dst = r.p + 24;
}

/* All of them start with the number of what follows. */
static void read_extension(unsigned proto, struct pkts_ref r, struct pkts_key_parts *k)
{
	const uint8_t *final = NULL;

	k->protocol = r.p[0];
	if (proto == PKTS_PROTO_IPV6_FRAG)
		k->later = pkts_ipv6_frag_frag_offset(pkts_ipv6_frag_at(r)) != 0;
	if (proto == PKTS_PROTO_IPV6_ROUTING)
		final = pkts_ipv6_routing_final(pkts_ipv6_routing_at(r));
	if (final)
		k->dst = final;
}

/* Layer i with its extension headers; returns the layer behind them. */
static unsigned read_ip(
	const struct pkts_packet *packet, unsigned i, unsigned n, struct pkts_key_parts *k)
{
	if (packet->layers[i].proto == PKTS_PROTO_IPV4)
		read_ipv4(pkts_packet_ref(packet, i), k);
	else
		read_ipv6(pkts_packet_ref(packet, i), k);
	for (i++; i < n && pkts_is_ipv6_ext(packet->layers[i].proto); i++) {
		const struct pkts_ref r = pkts_packet_ref(packet, i);
		if (pkts_ipv6_ext_is_message(k->protocol, r.p[0]))
			break;
		read_extension(packet->layers[i].proto, r, k);
	}
	return i;
}

/* A transport header, if the protocol's is asked for, is a layer that was accepted. */
static int read_transport(
	const struct pkts_packet *packet, unsigned i, unsigned n, struct pkts_key_parts *k)
{
	const uint32_t need = pkts_key_head(k->protocol);

	if (k->later)
		return -PKTS_EAGAIN;
	if (need == 0)
		return 0;
	if (i >= n || packet->layers[i].proto != pkts_ip_next(k->protocol))
		return -PKTS_EBADMSG;
	k->head = packet->data + packet->layers[i].off;
	return 0;
}

static int key_of_layer(const struct pkts_packet *packet, unsigned i, unsigned n, unsigned what,
	struct pkts_session_key *key, struct pkts_session_at *at)
{
	struct pkts_key_parts k;
	const unsigned next = read_ip(packet, i, n, &k);
	const int err = read_transport(packet, next, n, &k);

	if (err)
		return err;
	at->l3 = (uint8_t)i;
	at->l4 = next < n ? (uint8_t)next : PKTS_KEY_NO_LAYER;
	at->swapped = pkts_key_fill(key, &k);
	pkts_key_add_networks(key, packet, i, what);
	return 0;
}

int pkts_session_key_at(const struct pkts_packet *packet, unsigned i, unsigned what,
	struct pkts_session_key *key, struct pkts_session_at *at)
{
	const unsigned n = own_layers(packet);

	if (i >= n || !is_ip(packet->layers[i].proto))
		return -PKTS_EINVAL;
	return key_of_layer(packet, i, n, what, key, at);
}

int pkts_session_key_of(const struct pkts_packet *packet, unsigned what,
	struct pkts_session_key *key, struct pkts_session_at *at)
{
	const unsigned n = own_layers(packet);
	const bool outer = what & PKTS_KEY_OUTER;

	for (unsigned k = 0; k < n; k++) {
		const unsigned i = outer ? k : n - 1 - k;
		if (is_ip(packet->layers[i].proto))
			return key_of_layer(packet, i, n, what, key, at);
	}
	return -PKTS_EINVAL;
}
