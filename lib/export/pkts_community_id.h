/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Community ID, version 1: a name for a flow that other programs (Suricata, Zeek, Wireshark,
 * Arkime) give it too, whichever direction they saw first. It is SHA-1 over seed, addresses,
 * protocol and ports, the smaller end first, in Base64. VLAN ids and tunnels do not count.
 */
#ifndef PKTS_COMMUNITY_ID_H
#define PKTS_COMMUNITY_ID_H

#include "pkts_flow_record.h"

/*
 * Writes "1:" and 28 letters. ICMP and ICMPv6: type and, if the type has an answer (echo, neighbour
 * solicitation ...), the answer's type stand in for the ports; else the code does, and the
 * direction counts. Programs that are to agree take the same seed; 0 is the default everywhere.
 *
 * 0; -EINVAL: ip_version is neither 4 nor 6, text is empty then; -ENOMEM: so it is if there is no
 * SHA-1. Takes about 0.1 us. Safe to call from several threads.
 */
int pkts_community_id(const struct pkts_flow_tuple *t, uint16_t seed, char text[PKTS_COMMUNITY_ID]);

#endif
