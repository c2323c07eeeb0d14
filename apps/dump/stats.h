/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* --stats: what was in the packets, counted. */
#ifndef STATS_H
#define STATS_H

#include "defrag.h"
#include "pkts_checksum.h"
#include "pkts_packet.h"
#include "pkts_port.h"
#include "pkts_sink.h"

/* All zero at the start. */
struct stats {
	uint64_t packets, bytes; /* bytes on the wire */
	uint64_t layers[PKTS_PROTO_MAX];
	uint64_t occurrences[PKTS_PROTO_MAX];
	uint64_t checksums[PKTS_PROTO_MAX][PKTS_CHECKSUM_MAX];
	uint64_t ok, malformed, truncated;
	uint64_t reasons[PKTS_REASON_MAX];
};

/* checksums: enum pkts_checksum of each layer; NULL: not verified. */
void stats_count(
	struct stats *s, const struct pkts_packet *packet, uint32_t wire, const uint8_t *checksums);

/* One JSON object and a line end. defrag: NULL if nothing was put together. */
void stats_put(struct pkts_sink *out, const struct stats *s, const struct pkts_port_stats *capture,
	const struct defrag_stats *defrag);

#endif
