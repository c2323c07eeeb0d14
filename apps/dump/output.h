/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What is written for each packet. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "dump_options.h"
#include "pkts_mbuf.h"
#include "pkts_sink.h"

/*
 * Writes the packet that was decoded from m in the forms that the options name. number: from 1.
 * checksums: as in struct pkts_shown.
 */
void output_packet(struct pkts_sink *out, const struct dump_options *o, const struct rte_mbuf *m,
	const struct pkts_packet *packet, uint64_t number, const uint8_t *checksums);

#endif
