/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The ways to turn a template, Ethernet, IPv4 and UDP, into the next packet that bench_patch compares. */
#ifndef PATCH_H
#define PATCH_H

#include <stdint.h>

/* What differs from packet to packet; host order. */
struct patch_job {
	uint32_t from, to;
	uint16_t id, sport;
};

/* Each writes the job's values to n frames and mends both checksums by what has changed. */
void patch_with_pkts(uint8_t **frames, const struct patch_job *jobs, unsigned n);
void patch_by_hand(uint8_t **frames, const struct patch_job *jobs, unsigned n);

#endif
