/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "decode.h"
#include "pkts_mbuf.h"
#include "pkts_protocols.h"

static inline uint64_t addresses_v4(struct pkts_ipv4 ip)
{
	return tuple_v4(pkts_ipv4_src(ip), pkts_ipv4_dst(ip));
}

static inline uint64_t addresses_v6(struct pkts_ipv6 ip)
{
	const uint8_t *const src = pkts_ipv6_src(ip);
	const uint8_t *const dst = pkts_ipv6_dst(ip);

	return tuple_v6(pkts_be64(src), pkts_be64(src + 8), pkts_be64(dst), pkts_be64(dst + 8));
}

static inline uint64_t addresses(const struct pkts_packet *p, const struct pkts_layer *ip)
{
	const struct pkts_ref r = pkts_layer_ref(p, ip);

	return ip->proto == PKTS_PROTO_IPV4 ? addresses_v4(pkts_ipv4_at(r))
					    : addresses_v6(pkts_ipv6_at(r));
}

static inline uint64_t ports(const struct pkts_packet *p, const struct pkts_layer *l)
{
	static const uint8_t numbers[PKTS_PROTO_MAX] = {
		[PKTS_PROTO_TCP] = PKTS_IPPROTO_TCP,
		[PKTS_PROTO_UDP] = PKTS_IPPROTO_UDP,
		[PKTS_PROTO_SCTP] = PKTS_IPPROTO_SCTP,
	};
	const uint8_t number = numbers[l->proto];

	if (!number)
		return 0;
	/* TCP and SCTP have their ports where UDP has them. */
	const struct pkts_udp udp = pkts_udp_at(pkts_layer_ref(p, l));
	return tuple_ports(number, pkts_udp_sport(udp), pkts_udp_dport(udp));
}

static inline uint64_t sum(const struct pkts_packet *p)
{
	const struct pkts_layer *const ip = pkts_packet_network(p);
	const struct pkts_layer *const l = pkts_packet_transport(p);

	if (!ip)
		return 0;
	return (l ? ports(p, l) : 0) + addresses(p, ip);
}

uint64_t decode_with_pkts(struct rte_mbuf **m, unsigned n)
{
	/* The peers do not look into what an ICMP error quotes either. */
	static const struct pkts_decoder decoder = {.no_quotes = true};
	struct pkts_packet packet;
	uint64_t all = 0;

	pkts_mbuf_fetch_first(m, n);
	for (unsigned i = 0; i < n; i++) {
		pkts_mbuf_fetch(m, i + PKTS_MBUF_FETCH, n);
		pkts_mbuf_decode(&decoder, &m[i], &packet);
		all += sum(&packet);
	}
	return all;
}
