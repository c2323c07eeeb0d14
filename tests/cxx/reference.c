/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <string.h>

#include "frames.h"
#include "pkts_compose.h"
#include "pkts_conversations.h"
#include "pkts_mbuf.h"
#include "pkts_port.h"
#include "reference.h"

uint32_t reference_syn(uint8_t *room, uint32_t cap)
{
	struct pkts_out out = {.data = room, .cap = cap};

	return COMPOSE_SYN(&out) == 0 ? out.len : 0;
}

uint32_t reference_tunnel(uint8_t *room, uint32_t cap)
{
	struct pkts_out out = {.data = room, .cap = cap};

	return COMPOSE_TUNNEL(&out) == 0 ? out.len : 0;
}

uint32_t reference_sizes(uint32_t *sizes)
{
	static const uint32_t known[SIZES_N] = {SIZES};

	memcpy(sizes, known, sizeof(known));
	return SIZES_N;
}
