/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Layers by name, as scapy indexes them. For every protocol of pkts_proto.h:
 *
 *	struct pkts_tcp pkts_tcp(const struct pkts_packet *packet);
 *	struct pkts_tcp pkts_tcp_nth(const struct pkts_packet *packet, unsigned nth);
 *
 * are the first TCP layer and the nth, counted from 1 and outermost first; .p is NULL where the packet
 * has none. The view borrows the packet's bytes.
 */
#ifndef PKTS_INDEX_H
#define PKTS_INDEX_H

#include "pkts_packet.h"
#include "pkts_protocols.h"

PKTS_PROTOS(PKTS_INDEX)

#endif
