/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "decode.h"
#include "pkts_index.h"
#include "pkts_mbuf.h"

static uint64_t tcp_ports(const struct pkts_packet *p)
{
	const struct pkts_tcp tcp = pkts_tcp(p);
	return tcp.p ? tuple_ports(PKTS_IPPROTO_TCP, pkts_tcp_sport(tcp), pkts_tcp_dport(tcp)) : 0;
}

static uint64_t udp_ports(const struct pkts_packet *p)
{
	const struct pkts_udp udp = pkts_udp(p);
	return udp.p ? tuple_ports(PKTS_IPPROTO_UDP, pkts_udp_sport(udp), pkts_udp_dport(udp)) : 0;
}

static uint64_t sctp_ports(const struct pkts_packet *p)
{
	const struct pkts_sctp sctp = pkts_sctp(p);
	return sctp.p ? tuple_ports(PKTS_IPPROTO_SCTP, pkts_sctp_sport(sctp), pkts_sctp_dport(sctp))
		      : 0;
}

static uint64_t ports(const struct pkts_packet *p, uint8_t protocol)
{
	switch (protocol) {
	case PKTS_IPPROTO_TCP:
		return tcp_ports(p);
	case PKTS_IPPROTO_UDP:
		return udp_ports(p);
	case PKTS_IPPROTO_SCTP:
		return sctp_ports(p);
	default:
		return 0;
	}
}

/* The protocol behind the extension headers that other ways skip too. */
static uint8_t last_protocol(const struct pkts_packet *p, struct pkts_ipv6 ip)
{
	const uint8_t next = pkts_ipv6_next(ip);

	switch (next) {
	case PKTS_IPPROTO_HOPOPTS:
		return pkts_ipv6_hopopts_next(pkts_ipv6_hopopts(p));
	case PKTS_IPPROTO_ROUTING:
		return pkts_ipv6_routing_next(pkts_ipv6_routing(p));
	case PKTS_IPPROTO_FRAGMENT:
		return pkts_ipv6_frag_next(pkts_ipv6_frag(p));
	case PKTS_IPPROTO_DSTOPTS:
		return pkts_ipv6_dstopts_next(pkts_ipv6_dstopts(p));
	default:
		return next;
	}
}

static uint64_t sum_v6(const struct pkts_packet *p, struct pkts_ipv6 ip)
{
	const uint8_t *const src = pkts_ipv6_src(ip);
	const uint8_t *const dst = pkts_ipv6_dst(ip);

	return tuple_v6(pkts_be64(src), pkts_be64(src + 8), pkts_be64(dst), pkts_be64(dst + 8)) +
	       ports(p, last_protocol(p, ip));
}

static uint64_t sum(const struct pkts_packet *p)
{
	const struct pkts_ipv4 ip = pkts_ipv4(p);

	if (ip.p)
		return tuple_v4(pkts_ipv4_src(ip), pkts_ipv4_dst(ip)) +
		       ports(p, pkts_ipv4_protocol(ip));
	const struct pkts_ipv6 ip6 = pkts_ipv6(p);
	return ip6.p ? sum_v6(p, ip6) : 0;
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
