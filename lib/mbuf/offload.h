/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What hardware is asked to do with a packet that is to be sent. */
#ifndef OFFLOAD_H
#define OFFLOAD_H

#include "pkts_mbuf.h"

/*
 * Asks for the checksums of the layers whose bits are set in `wanted`, or makes those that cannot be
 * asked for. packet: the table of m, whose headers can be written.
 */
void offload_ask(struct rte_mbuf *m, struct pkts_packet *packet, uint32_t wanted);

#endif
