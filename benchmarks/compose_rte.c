/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What one writes by hand with DPDK's headers. */
#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>
#include <string.h>

#include "compose.h"

static struct rte_ipv4_hdr *fill_eth(uint8_t *room, const struct compose_job *job)
{
	struct rte_ether_hdr *eth = (void *)room;

	memcpy(&eth->dst_addr, job->dst, sizeof(job->dst));
	memcpy(&eth->src_addr, job->src, sizeof(job->src));
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	return (struct rte_ipv4_hdr *)(eth + 1);
}

static void fill_ip(struct rte_ipv4_hdr *ip, const struct compose_job *job, uint8_t ihl,
	uint8_t protocol, uint16_t total)
{
	ip->version_ihl = RTE_IPV4_VHL_DEF - 5 + ihl;
	ip->type_of_service = 0;
	ip->total_length = rte_cpu_to_be_16(total);
	ip->packet_id = rte_cpu_to_be_16(job->id);
	ip->fragment_offset = 0;
	ip->time_to_live = 64;
	ip->next_proto_id = protocol;
	ip->hdr_checksum = 0;
	ip->src_addr = rte_cpu_to_be_32(job->from);
	ip->dst_addr = rte_cpu_to_be_32(job->to);
}

uint32_t compose_with_rte(uint8_t *room, const struct compose_job *job)
{
	static const uint8_t options[16] = {148, 4, 0, 0, 136, 4, 0, 7, 94, 4, 1, 2, 158, 4, 1, 2};
	const uint32_t head = sizeof(struct rte_ipv4_hdr) + sizeof(options);
	struct rte_ipv4_hdr *ip = fill_eth(room, job);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)((uint8_t *)ip + head);
	const uint16_t length = (uint16_t)(sizeof(*udp) + job->payload_len);

	fill_ip(ip, job, head / 4, IPPROTO_UDP, (uint16_t)(head + length));
	memcpy(ip + 1, options, sizeof(options));
	udp->src_port = rte_cpu_to_be_16(job->sport);
	udp->dst_port = rte_cpu_to_be_16(job->dport);
	udp->dgram_len = rte_cpu_to_be_16(length);
	udp->dgram_cksum = 0;
	memcpy(udp + 1, job->payload, job->payload_len);
	udp->dgram_cksum = rte_ipv4_udptcp_cksum(ip, udp);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	return (uint32_t)sizeof(struct rte_ether_hdr) + head + length;
}

uint32_t syn_with_rte(uint8_t *room, const struct compose_job *job)
{
	static const uint8_t options[20] = {
		2, 4, 1460 >> 8, 1460 & 255, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};
	struct rte_ipv4_hdr *ip = fill_eth(room, job);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(ip + 1);
	const uint32_t head = sizeof(*tcp) + sizeof(options);

	fill_ip(ip, job, 5, IPPROTO_TCP, (uint16_t)(sizeof(*ip) + head));
	tcp->src_port = rte_cpu_to_be_16(job->sport);
	tcp->dst_port = rte_cpu_to_be_16(job->dport);
	tcp->sent_seq = rte_cpu_to_be_32(job->from);
	tcp->recv_ack = 0;
	tcp->data_off = (uint8_t)(head / 4 << 4);
	tcp->tcp_flags = RTE_TCP_SYN_FLAG;
	tcp->rx_win = RTE_BE16(64240);
	tcp->cksum = 0;
	tcp->tcp_urp = 0;
	memcpy(tcp + 1, options, sizeof(options));
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	return (uint32_t)(sizeof(struct rte_ether_hdr) + sizeof(*ip)) + head;
}
