/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What tells one conversation from all others: addresses, ports, protocol, and the networks that it is
 * in. Both directions have the same key.
 *
 *	struct pkts_session_key key;
 *	struct pkts_session_at at;
 *	if (pkts_session_key_of(&packet, PKTS_KEY_VLAN, &key, &at) == 0)
 *		... key.addr[at.swapped] is who sent it ...
 */
#ifndef PKTS_SESSION_KEY_H
#define PKTS_SESSION_KEY_H

#include "pkts_ip_protocol.h"
#include "pkts_packet.h"
#include "pkts_span.h"

/* What port[] stands for. */
enum pkts_key_kind {
	PKTS_KEY_ADDRESSES, /* nothing, both 0: IP protocols without ports */
	PKTS_KEY_PORTS,	    /* TCP, UDP, UDP-Lite, SCTP: the port of each end */
	PKTS_KEY_QUERY,	    /* ICMP request and reply: identifier, and type of the request << 8 */
	PKTS_KEY_MESSAGE,   /* other ICMP: 0, and type << 8 | code */
};

/*
 * End 0 is the one with the lower address, then the lower port. Every byte counts: made by hand, it
 * has to be cleared first. IPv4 addresses are the first 4 bytes, the other 12 are 0.
 */
struct pkts_session_key {
	uint8_t addr[2][16]; /* in network order */
	uint16_t port[2];    /* host order, by kind; of PKTS_KEY_PORTS, port[i] goes with addr[i] */
	uint8_t protocol;    /* PKTS_IPPROTO_ */
	uint8_t family;	     /* 4 or 6 */
	uint8_t kind;	     /* enum pkts_key_kind */
	uint8_t reserved;    /* 0 */
	uint32_t vlan;	     /* PKTS_KEY_VLAN: the stack of VLAN ids, 0 without; private encoding */
	uint32_t tunnel;     /* PKTS_KEY_TUNNEL: that of tunnel ids, likewise */
};
_Static_assert(sizeof(struct pkts_session_key) == 48, "six words, no padding: hashed as they are");

/* What a key is made of beyond addresses, ports and protocol; bits of `what` below. */
enum {
	/* All VLAN ids around the packet, outside tunnels and in them. Up to two are exact, more are
	 * hashed into 30 bits, with no secret: whoever can send frames of three tags can find two
	 * stacks that are taken for the same. */
	PKTS_KEY_VLAN = 1 << 0,
	/* Ids of networks that both directions share: VNIs of VXLAN and GENEVE, GRE keys (RFC 2890;
	 * of NVGRE, RFC 7637, without the FlowID), PPPoE sessions. One of up to 24 bits is exact,
	 * others are hashed as above. */
	PKTS_KEY_TUNNEL = 1 << 1,
	/* Ids that the receiver of each direction chooses: GTP's TEIDs, call ids of PPTP, MPLS labels.
	 * The two directions of a conversation only meet where theirs are the same. */
	PKTS_KEY_TUNNEL_ONE_WAY = 1 << 2,
	/* The outermost IP layer, not the innermost one. */
	PKTS_KEY_OUTER = 1 << 3,
};

#define PKTS_KEY_NO_LAYER 0xff

/* Where in the packet the key was found, and which way the packet goes. */
struct pkts_session_at {
	uint8_t l3;	 /* layer: IPV4 or IPV6 */
	uint8_t l4;	 /* layer: what it carries; PKTS_KEY_NO_LAYER if that is not decoded */
	uint8_t swapped; /* which end sent it: 0 or 1 */
};

/*
 * The key of a packet's innermost IP layer, and of what that carries. Of an ICMP error it is the
 * error's own (PKTS_KEY_MESSAGE): what it quotes is no layer of the packet. Where a route is not used
 * up (RFC 791 3.1, RFC 8200 4.4) the destination is the last address of it. ICMP: requests that
 * have replies (echo, timestamp, information, address mask, extended echo: RFC 792, 950, 4443, 8335)
 * meet those; others meet their like.
 *
 * 0; -PKTS_EINVAL: no IP layer; -PKTS_EAGAIN: a fragment without the transport header (reassemble
 * it first); -PKTS_EBADMSG: the transport header is malformed or cut. key and at are then not
 * touched.
 */
int pkts_session_key_of(const struct pkts_packet *packet, unsigned what,
	struct pkts_session_key *key, struct pkts_session_at *at);

/* The same of a chosen IP layer, i; -PKTS_EINVAL if that is none. PKTS_KEY_OUTER is ignored. */
int pkts_session_key_at(const struct pkts_packet *packet, unsigned i, unsigned what,
	struct pkts_session_key *key, struct pkts_session_at *at);

/*
 * The key of the conversation that an ICMP or ICMPv6 error is about. quoted: what follows the error's
 * 8 bytes of header, as much of it as is readable; 8 bytes behind the IP header suffice (RFC 792, RFC
 * 4443 3). packet: the one that carries the error, whose networks are those of the quoted one too;
 * NULL for none. *swapped: which end sent the quoted packet; the error goes to that end.
 *
 * 0; -PKTS_EAGAIN: it quotes a fragment without the transport header; -PKTS_EBADMSG: it quotes
 * nothing that can be read. key and swapped are then not touched.
 */
int pkts_session_key_of_quoted(struct pkts_span quoted, const struct pkts_packet *packet,
	unsigned what, struct pkts_session_key *key, uint8_t *swapped);

/*
 * Adds a VLAN tag around all others: one that the NIC has taken off. id: 12 bits, those above are
 * ignored.
 */
void pkts_session_key_add_vlan(struct pkts_session_key *key, uint16_t id);

/* The VLAN ids of a key, outermost first; how many. 0 also if there were more than two. */
unsigned pkts_session_key_vlans(const struct pkts_session_key *key, uint16_t ids[2]);

/*
 * Makes a key by hand: for lookups, tests, further addresses of a multi-homed association. src and
 * dst: 4 or 16 bytes, by family. The kind is PKTS_KEY_PORTS, and there are no networks. Returns
 * which end src is.
 */
uint8_t pkts_session_key_make(struct pkts_session_key *key, unsigned family, unsigned protocol,
	const uint8_t *src, uint16_t sport, const uint8_t *dst, uint16_t dport);

PKTS_INLINE bool pkts_session_key_equal(
	const struct pkts_session_key *a, const struct pkts_session_key *b);

/* inline definitions */

PKTS_INLINE bool pkts_session_key_equal(
	const struct pkts_session_key *a, const struct pkts_session_key *b)
{
	uint64_t x[6], y[6];

	__builtin_memcpy(x, a, sizeof(x));
	__builtin_memcpy(y, b, sizeof(y));
	return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]) | (x[4] ^ y[4]) |
		       (x[5] ^ y[5])) == 0;
}

#endif
