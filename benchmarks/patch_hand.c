/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What one writes by hand with DPDK's headers: RFC 1624, equation 3, on words as they lie in memory. */
#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "patch.h"

static uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* ~old + new, by words. */
static uint32_t change32(uint32_t old, uint32_t new)
{
	old = ~old;
	return (old & 0xffff) + (old >> 16) + (new & 0xffff) + (new >> 16);
}

static uint32_t change16(uint16_t old, uint16_t new)
{
	return (uint16_t)~old + (uint32_t) new;
}

static void patch(uint8_t *frame, const struct patch_job *job)
{
	struct rte_ipv4_hdr *ip = (void *)(frame + sizeof(struct rte_ether_hdr));
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);
	const uint32_t from = rte_cpu_to_be_32(job->from), to = rte_cpu_to_be_32(job->to);
	const uint16_t id = rte_cpu_to_be_16(job->id), sport = rte_cpu_to_be_16(job->sport);
	const uint32_t addresses = change32(ip->src_addr, from) + change32(ip->dst_addr, to);
	const uint32_t header = addresses + change16(ip->packet_id, id);
	const uint32_t datagram = addresses + change16(udp->src_port, sport);

	ip->src_addr = from;
	ip->dst_addr = to;
	ip->packet_id = id;
	ip->hdr_checksum = (uint16_t)~fold((uint16_t)~ip->hdr_checksum + header);
	udp->src_port = sport;
	if (udp->dgram_cksum) {
		const uint16_t sum = (uint16_t)~fold((uint16_t)~udp->dgram_cksum + datagram);
		udp->dgram_cksum = sum ? sum : 0xffff;
	}
}

void patch_by_hand(uint8_t **frames, const struct patch_job *jobs, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		patch(frames[i], &jobs[i]);
}
