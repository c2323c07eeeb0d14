/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The ways to a frame of Ethernet, IPv4 with four options and UDP that bench_compose compares. */
#ifndef COMPOSE_H
#define COMPOSE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COMPOSE_ROOM 2048

/* What differs from frame to frame. */
struct compose_job {
	uint8_t dst[6], src[6];
	uint32_t from, to; /* addresses, host order */
	uint16_t id, sport, dport;
	const uint8_t *payload;
	uint32_t payload_len;
};

/*
 * Each writes one frame to `room`, of COMPOSE_ROOM bytes, and returns its length. libtins leaves the
 * options out: it counts the bytes of IPv4 options wrongly and throws.
 */
uint32_t compose_with_pkts(uint8_t *room, const struct compose_job *job);
uint32_t compose_with_rte(uint8_t *room, const struct compose_job *job);
uint32_t compose_with_tins(uint8_t *room, const struct compose_job *job);

/* The same with TCP in the place of UDP: a SYN with four options, as stacks send them. */
uint32_t syn_with_pkts(uint8_t *room, const struct compose_job *job);
uint32_t syn_with_rte(uint8_t *room, const struct compose_job *job);
uint32_t syn_with_tins(uint8_t *room, const struct compose_job *job);

#ifdef __cplusplus
}
#endif

#endif
