/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* GRE: RFC 2784 with the key and sequence number of RFC 2890, the routing of RFC 1701, PPTP's
 * version 1 of RFC 2637. */
#ifndef PKTS_GRE_H
#define PKTS_GRE_H

#include "pkts_ethertype.h"
#include "pkts_field.h"

#define PKTS_GRE_HEAD	  4    /* without optional fields */
#define PKTS_GRE_HEAD_MAX 2048 /* with source routing; a longer one is not believed */

/* clang-format off */
#define PKTS_GRE_FIELDS(F, B) \
	F(gre, has_csum,     0,  1, FLAG) /* checksum is there, in version 0 */ \
	F(gre, has_routing,  1,  1, FLAG) /* source routing is there, in version 0 (RFC 1701) */ \
	F(gre, has_key,      2,  1, FLAG) /* key is there; always set in version 1 */ \
	F(gre, has_seq,      3,  1, FLAG) /* sequence number is there */ \
	F(gre, strict,       4,  1, FLAG) /* strict source route (RFC 1701) */ \
	F(gre, recursion,    5,  3, DEC)  /* encapsulations still allowed (RFC 1701); 0 */ \
	F(gre, has_ack,      8,  1, FLAG) /* version 1: acknowledgment number is there; else 0 */ \
	F(gre, reserved,     9,  4, DEC)  /* 0 */ \
	F(gre, version,     13,  3, DEC)  /* 0, or 1 for PPTP */ \
	F(gre, protocol,    16, 16, HEX)  /* of the payload, an ethertype */
/* clang-format on */
PKTS_VIEW(gre, PKTS_GRE_FIELDS)

/*
 * GRE_VERSION, GRE_ROUTING. Carries what the ethertype says. In version 1 the layer ends where the
 * payload length says, and a packet without payload, a bare acknowledgment, carries NONE. Setting
 * the version or a flag of a field voids the check.
 */
struct pkts_check pkts_gre_check(struct pkts_ref s);

/* The optional fields. False, and *x as it was, where the header does not have it. */

/* Version 0: over header and payload. */
bool pkts_gre_csum(struct pkts_gre v, uint16_t *x);

/* Version 0: where the active route entry is, from the first one (RFC 1701). */
bool pkts_gre_routing_offset(struct pkts_gre v, uint16_t *x);

/* In version 1 this is payload length and call id in one. */
bool pkts_gre_key(struct pkts_gre v, uint32_t *x);

bool pkts_gre_seq(struct pkts_gre v, uint32_t *x);

/* Version 1: the highest sequence number received. */
bool pkts_gre_ack(struct pkts_gre v, uint32_t *x);

/* Version 1: bytes behind the header. */
bool pkts_gre_payload_length(struct pkts_gre v, uint16_t *x);

/* Version 1: the receiver's call id. */
bool pkts_gre_call_id(struct pkts_gre v, uint16_t *x);

#endif
