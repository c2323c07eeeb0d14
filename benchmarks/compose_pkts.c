/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "compose.h"
#include "pkts_compose.h"

/* RFC 4727 2.3 */
#define EXPERIMENT(NUMBER) NUMBER, 4, 1, 2

static struct pkts_mac mac(const uint8_t *p)
{
	return PKTS_MAC(p[0], p[1], p[2], p[3], p[4], p[5]);
}

uint32_t compose_with_pkts(uint8_t *room, const struct compose_job *job)
{
	struct pkts_out out = {.data = room, .cap = COMPOSE_ROOM};

	pkts_compose(&out, ETH(.dst = mac(job->dst), .src = mac(job->src)),
		IPV4(.src = job->from, .dst = job->to, .id = job->id,
			.opts = PKTS_OPTS(PKTS_OPT_ROUTER_ALERT(0), PKTS_OPT_STREAM_ID(7),
				EXPERIMENT(94), EXPERIMENT(158))),
		UDP(.sport = job->sport, .dport = job->dport), RAW(job->payload, job->payload_len));
	return out.len;
}

uint32_t syn_with_pkts(uint8_t *room, const struct compose_job *job)
{
	struct pkts_out out = {.data = room, .cap = COMPOSE_ROOM};

	pkts_compose(&out, ETH(.dst = mac(job->dst), .src = mac(job->src)),
		IPV4(.src = job->from, .dst = job->to, .id = job->id),
		TCP(.sport = job->sport, .dport = job->dport, .seq = job->from,
			.flags = PKTS_TCP_SYN, .window = 64240,
			.opts = PKTS_OPTS(PKTS_OPT_MSS(1460), PKTS_OPT_SACK_PERMITTED,
				PKTS_OPT_TIMESTAMPS(1, 0), PKTS_OPT_NOP,
				PKTS_OPT_WINDOW_SCALE(7))));
	return out.len;
}
