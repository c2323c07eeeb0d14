/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "patch.h"
#include "pkts_edit.h"

static void patch(uint8_t *frame, const struct patch_job *job)
{
	const struct pkts_ipv4 ip = {frame + PKTS_ETH_HEAD, PKTS_IPV4_HEAD, 0};
	const struct pkts_udp udp = {ip.p + PKTS_IPV4_HEAD, PKTS_UDP_HEAD, 0};
	struct pkts_delta addresses = {0}, header, datagram;

	pkts_ipv4_edit_src(ip, job->from, &addresses);
	pkts_ipv4_edit_dst(ip, job->to, &addresses);
	header = datagram = addresses;
	pkts_ipv4_edit_id(ip, job->id, &header);
	pkts_ipv4_fix(ip, header);
	pkts_udp_edit_sport(udp, job->sport, &datagram);
	pkts_udp_fix(udp, datagram);
}

void patch_with_pkts(uint8_t **frames, const struct patch_job *jobs, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		patch(frames[i], &jobs[i]);
}
