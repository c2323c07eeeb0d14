/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "decode.h"
#include "pkts_mbuf.h"
#include "pkts_protocols.h"

#define SET(proto) (UINT64_C(1) << PKTS_PROTO_##proto)
#define IP	   (SET(IPV4) | SET(IPV6))
#define TRANSPORT  (SET(TCP) | SET(UDP) | SET(SCTP))

/* The first layer from i on whose protocol is in the set; p->n if there is none. */
static inline unsigned first_of(const struct pkts_packet *p, unsigned i, uint64_t protos)
{
	while (i < p->n && !(protos >> p->layers[i].proto & 1))
		i++;
	return i;
}

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

static inline uint64_t tcp_ports(struct pkts_tcp tcp)
{
	return tuple_ports(PKTS_IPPROTO_TCP, pkts_tcp_sport(tcp), pkts_tcp_dport(tcp));
}

static inline uint64_t udp_ports(struct pkts_udp udp)
{
	return tuple_ports(PKTS_IPPROTO_UDP, pkts_udp_sport(udp), pkts_udp_dport(udp));
}

static inline uint64_t sctp_ports(struct pkts_sctp sctp)
{
	return tuple_ports(PKTS_IPPROTO_SCTP, pkts_sctp_sport(sctp), pkts_sctp_dport(sctp));
}

/* The ports of what IP layer `ip` carries: no IP header stands between them. */
static inline uint64_t ports(const struct pkts_packet *p, unsigned ip)
{
	const unsigned i = first_of(p, ip + 1, IP | TRANSPORT);

	if (i >= p->n)
		return 0;
	switch (p->layers[i].proto) {
	case PKTS_PROTO_TCP:
		return tcp_ports(pkts_tcp_at(pkts_packet_ref(p, i)));
	case PKTS_PROTO_UDP:
		return udp_ports(pkts_udp_at(pkts_packet_ref(p, i)));
	case PKTS_PROTO_SCTP:
		return sctp_ports(pkts_sctp_at(pkts_packet_ref(p, i)));
	default:
		return 0;
	}
}

static inline uint64_t sum(const struct pkts_packet *p)
{
	const unsigned i = first_of(p, 1, IP);

	if (i >= p->n)
		return 0;
	const struct pkts_ref r = pkts_packet_ref(p, i);
	return ports(p, i) + (p->layers[i].proto == PKTS_PROTO_IPV4
					     ? addresses_v4(pkts_ipv4_at(r))
					     : addresses_v6(pkts_ipv6_at(r)));
}

uint64_t decode_with_pkts(struct rte_mbuf **m, unsigned n)
{
	/* The peers do not look into what an ICMP error quotes either. */
	static const struct pkts_decoder decoder = {.no_quotes = true};
	struct pkts_packet packets[DECODE_BURST];
	uint64_t all = 0;

	pkts_mbuf_decode_burst(&decoder, m, packets, n);
	for (unsigned i = 0; i < n; i++)
		all += sum(&packets[i]);
	return all;
}
