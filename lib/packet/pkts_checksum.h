/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Are a packet's checksums right? IPv4, TCP, UDP, UDP-Lite, ICMP, ICMPv6, IGMP, SCTP; mobility, HIP and
 * Shim6 headers. */
#ifndef PKTS_CHECKSUM_H
#define PKTS_CHECKSUM_H

#include "pkts_packet.h"

enum pkts_checksum {
	PKTS_CHECKSUM_NONE, /* the protocol has none */
	PKTS_CHECKSUM_GOOD,
	PKTS_CHECKSUM_BAD,
	PKTS_CHECKSUM_ABSENT,	  /* the sender made none: UDP with 0 (RFC 768) */
	PKTS_CHECKSUM_UNVERIFIED, /* not all covered bytes are here: a cut capture, a fragment, a
				     quotation */
	PKTS_CHECKSUM_MAX
};

/* "none", "good", "bad", "absent", "unverified". */
const char *pkts_checksum_name(enum pkts_checksum checksum);

/*
 * How to reach the bytes of a packet that lies in pieces: walk() calls add(ctx, p, n) for every
 * piece of the bytes from off up to off + len, in order. They are all there.
 */
typedef void pkts_bytes_add(void *ctx, const uint8_t *p, uint32_t n);
struct pkts_bytes {
	void (*walk)(const void *owner, uint32_t off, uint32_t len, pkts_bytes_add *add, void *ctx);
	const void *owner;
};

/*
 * Verifies the checksum of layer i, i < packet->n. bytes NULL: all of packet->len is at
 * packet->data. The pseudo-header is that of the IP layer below, with the addresses at both
 * ends of the way: the last one of a source route or routing header that is not used up (RFC 8200
 * 8.1), and a mobile node's home address (RFC 6275 11.3.1).
 */
enum pkts_checksum pkts_packet_checksum(
	const struct pkts_packet *packet, unsigned i, const struct pkts_bytes *bytes);

#endif
