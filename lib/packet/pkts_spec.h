/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Specs: layers to be composed, as keyword arguments.
 *
 *	ETH(.dst = PKTS_MAC(2, 0, 0, 0, 0, 1)), IPV4(.src = a, .dst = b, .ttl = 3), TCP(.dport = 80)
 *
 * are values of type struct pkts_eth_spec, struct pkts_ipv4_spec, struct pkts_tcp_spec: one for each
 * protocol of pkts_proto.h, with the fields of its rows as members. Numbers are in host order,
 * addresses of IPv4 too.
 *
 * A field that is not given is derived from what the layer carries and stands in, if it is a length,
 * a checksum or the protocol of what follows; has a default if 0 would make the packet invalid (a
 * version, a TTL of 64); and is 0 otherwise. PKTS_PIN(x) pins a field to x, 0 and wrong values too.
 * A checksum can also be PKTS_OFFLOAD: it stays 0, for hardware to fill in.
 */
#ifndef PKTS_SPEC_H
#define PKTS_SPEC_H

#include "pkts_checksum.h"
#include "pkts_packet.h"
#include "pkts_protocols.h"
#include "pkts_span.h"

/* The value x, where 0 alone would mean "not given". */
#define PKTS_PIN(x) (PKTS_PINNED | (uint64_t)(x))

/* Addresses as values. PKTS_IPV4_ADDRESS(192, 0, 2, 1) is a number in host order. */
#define PKTS_MAC(a, b, c, d, e, f) ((struct pkts_mac){{a, b, c, d, e, f}})
#define PKTS_IPV4_ADDRESS(a, b, c, d)                                                              \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
/* Eight groups of 16 bits: 2001:db8::1 is PKTS_IPV6_ADDRESS(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1). */
#define PKTS_IPV6_ADDRESS(a, b, c, d, e, f, g, h)                                                  \
	((struct pkts_ipv6_address){{(a) >> 8, (a)&255, (b) >> 8, (b)&255, (c) >> 8, (c)&255,      \
		(d) >> 8, (d)&255, (e) >> 8, (e)&255, (f) >> 8, (f)&255, (g) >> 8, (g)&255,        \
		(h) >> 8, (h)&255}})

/* clang-format off */
/* Fields that only some headers of a protocol have: given means there. Their flags are derived. */
#define PKTS_GRE_EXTRA(F, B) \
	F(gre, csum,           0, 16, HEX) /* version 0; derived where has_csum is set */ \
	F(gre, routing_offset, 0, 16, DEC) /* version 0; needs has_routing, and the routes in opts */ \
	F(gre, key,            0, 32, HEX) /* version 0 */ \
	F(gre, payload_length, 0, 16, DEC) /* version 1; derived */ \
	F(gre, call_id,        0, 16, DEC) /* version 1 */ \
	F(gre, seq,            0, 32, DEC) \
	F(gre, ack,            0, 32, DEC) /* version 1 */
#define PKTS_ARP_EXTRA(F, B) \
	B(arp, sha, 0, 48, MAC)  /* addresses of Ethernet and IPv4; for others pin the sizes and use opts */ \
	F(arp, spa, 0, 32, IPV4) \
	B(arp, tha, 0, 48, MAC) \
	F(arp, tpa, 0, 32, IPV4)
#define PKTS_LLC_EXTRA(F, B) F(llc, control2, 0, 8, HEX) /* there unless control says unnumbered */
#define PKTS_PPP_EXTRA(F, B) F(ppp, protocol, 0, 16, HEX) /* derived */
#define PKTS_GTP_EXTRA(F, B) \
	F(gtp, seq,            0, 16, DEC) \
	F(gtp, npdu,           0,  8, DEC) \
	F(gtp, next_extension, 0,  8, HEX) /* type of the first extension header in opts */
#define PKTS_IPV6_SHIM6_EXTRA(F, B) \
	F(ipv6_shim6, p,             0,  1, FLAG) /* derived: 1 with a context_tag */ \
	F(ipv6_shim6, context_tag,   0, 47, HEX)  /* where p is 1 */ \
	F(ipv6_shim6, type,          0,  7, DEC)  /* all else where it is 0 */ \
	F(ipv6_shim6, type_specific, 0,  7, HEX) \
	F(ipv6_shim6, s,             0,  1, FLAG) \
	F(ipv6_shim6, csum,          0, 16, HEX)  /* derived */

/*
 * S(ID, name, FIELDS, EXTRA). opts, which all of them have, is what stands behind the fixed fields in
 * the header, and is padded as the protocol wants it: options of IPv4, TCP, GENEVE and the IPv6
 * headers, a routing header's data, what follows in a mobility, HIP or Shim6 message, AH's ICV, GTP's extension headers, SCTP's chunks, the body of an
 * ICMPv6 message. It is borrowed.
 */
#define PKTS_SPECS(S) \
	S(ETH,          eth,          PKTS_ETH_FIELDS,          PKTS_NO_EXTRA) \
	S(LLC,          llc,          PKTS_LLC_FIELDS,          PKTS_LLC_EXTRA) \
	S(SNAP,         snap,         PKTS_SNAP_FIELDS,         PKTS_NO_EXTRA) \
	S(VLAN,         vlan,         PKTS_VLAN_FIELDS,         PKTS_NO_EXTRA) \
	S(MPLS,         mpls,         PKTS_MPLS_FIELDS,         PKTS_NO_EXTRA) \
	S(PPPOE,        pppoe,        PKTS_PPPOE_FIELDS,        PKTS_NO_EXTRA) \
	S(PPP,          ppp,          PKTS_PPP_FIELDS,          PKTS_PPP_EXTRA) \
	S(ARP,          arp,          PKTS_ARP_FIELDS,          PKTS_ARP_EXTRA) \
	S(IPV4,         ipv4,         PKTS_IPV4_FIELDS,         PKTS_NO_EXTRA) \
	S(IPV6,         ipv6,         PKTS_IPV6_FIELDS,         PKTS_NO_EXTRA) \
	S(IPV6_HOPOPTS, ipv6_hopopts, PKTS_IPV6_HOPOPTS_FIELDS, PKTS_NO_EXTRA) \
	S(IPV6_ROUTING, ipv6_routing, PKTS_IPV6_ROUTING_FIELDS, PKTS_NO_EXTRA) \
	S(IPV6_FRAG,    ipv6_frag,    PKTS_IPV6_FRAG_FIELDS,    PKTS_NO_EXTRA) \
	S(IPV6_DSTOPTS, ipv6_dstopts, PKTS_IPV6_DSTOPTS_FIELDS, PKTS_NO_EXTRA) \
	S(IPV6_MOBILITY, ipv6_mobility, PKTS_IPV6_MOBILITY_FIELDS, PKTS_NO_EXTRA) \
	S(IPV6_HIP,     ipv6_hip,     PKTS_IPV6_HIP_FIELDS,     PKTS_NO_EXTRA) \
	S(IPV6_SHIM6,   ipv6_shim6,   PKTS_IPV6_SHIM6_FIELDS,   PKTS_IPV6_SHIM6_EXTRA) \
	S(AH,           ah,           PKTS_AH_FIELDS,           PKTS_NO_EXTRA) \
	S(ESP,          esp,          PKTS_ESP_FIELDS,          PKTS_NO_EXTRA) \
	S(ICMP,         icmp,         PKTS_ICMP_FIELDS,         PKTS_NO_EXTRA) \
	S(ICMPV6,       icmpv6,       PKTS_ICMPV6_FIELDS,       PKTS_NO_EXTRA) \
	S(IGMP,         igmp,         PKTS_IGMP_FIELDS,         PKTS_NO_EXTRA) \
	S(TCP,          tcp,          PKTS_TCP_FIELDS,          PKTS_NO_EXTRA) \
	S(UDP,          udp,          PKTS_UDP_FIELDS,          PKTS_NO_EXTRA) \
	S(UDPLITE,      udplite,      PKTS_UDPLITE_FIELDS,      PKTS_NO_EXTRA) \
	S(SCTP,         sctp,         PKTS_SCTP_FIELDS,         PKTS_NO_EXTRA) \
	S(GRE,          gre,          PKTS_GRE_FIELDS,          PKTS_GRE_EXTRA) \
	S(VXLAN,        vxlan,        PKTS_VXLAN_FIELDS,        PKTS_NO_EXTRA) \
	S(GENEVE,       geneve,       PKTS_GENEVE_FIELDS,       PKTS_NO_EXTRA) \
	S(GTP,          gtp,          PKTS_GTP_FIELDS,          PKTS_GTP_EXTRA) \
	S(SLL,          sll,          PKTS_SLL_FIELDS,          PKTS_NO_EXTRA) \
	S(SLL2,         sll2,         PKTS_SLL2_FIELDS,         PKTS_NO_EXTRA) \
	S(NULL,         null,         PKTS_NULL_FIELDS,         PKTS_NO_EXTRA) \
	S(RAW,          raw,          PKTS_RAW_FIELDS,          PKTS_NO_EXTRA)

#define PKTS_SPEC_STRUCT(ID, P, FIELDS, EXTRA) PKTS_SPEC(P, FIELDS, EXTRA)
PKTS_SPECS(PKTS_SPEC_STRUCT)
#undef PKTS_SPEC_STRUCT

/*
 * The names that composition reads by. A wrong member name is an error that names struct and member.
 * HOPOPTS and DSTOPTS: with IPV6_ before them <netinet/in.h> has them already.
 */
#define ETH(...)          PKTS_LAYER_SPEC(eth, __VA_ARGS__)
#define LLC(...)          PKTS_LAYER_SPEC(llc, __VA_ARGS__)
#define SNAP(...)         PKTS_LAYER_SPEC(snap, __VA_ARGS__)
#define VLAN(...)         PKTS_LAYER_SPEC(vlan, __VA_ARGS__)
#define MPLS(...)         PKTS_LAYER_SPEC(mpls, __VA_ARGS__)
#define PPPOE(...)        PKTS_LAYER_SPEC(pppoe, __VA_ARGS__)
#define PPP(...)          PKTS_LAYER_SPEC(ppp, __VA_ARGS__)
#define ARP(...)          PKTS_LAYER_SPEC(arp, __VA_ARGS__)
#define IPV4(...)         PKTS_LAYER_SPEC(ipv4, __VA_ARGS__)
#define IPV6(...)         PKTS_LAYER_SPEC(ipv6, __VA_ARGS__)
#define HOPOPTS(...)      PKTS_LAYER_SPEC(ipv6_hopopts, __VA_ARGS__)
#define IPV6_ROUTING(...) PKTS_LAYER_SPEC(ipv6_routing, __VA_ARGS__)
#define IPV6_FRAG(...)    PKTS_LAYER_SPEC(ipv6_frag, __VA_ARGS__)
#define DSTOPTS(...)      PKTS_LAYER_SPEC(ipv6_dstopts, __VA_ARGS__)
#define IPV6_MOBILITY(...) PKTS_LAYER_SPEC(ipv6_mobility, __VA_ARGS__)
#define IPV6_HIP(...)     PKTS_LAYER_SPEC(ipv6_hip, __VA_ARGS__)
#define IPV6_SHIM6(...)   PKTS_LAYER_SPEC(ipv6_shim6, __VA_ARGS__)
#define AH(...)           PKTS_LAYER_SPEC(ah, __VA_ARGS__)
#define ESP(...)          PKTS_LAYER_SPEC(esp, __VA_ARGS__)
#define ICMP(...)         PKTS_LAYER_SPEC(icmp, __VA_ARGS__)
#define ICMPV6(...)       PKTS_LAYER_SPEC(icmpv6, __VA_ARGS__)
#define IGMP(...)         PKTS_LAYER_SPEC(igmp, __VA_ARGS__)
#define TCP(...)          PKTS_LAYER_SPEC(tcp, __VA_ARGS__)
#define UDP(...)          PKTS_LAYER_SPEC(udp, __VA_ARGS__)
#define UDPLITE(...)      PKTS_LAYER_SPEC(udplite, __VA_ARGS__)
#define SCTP(...)         PKTS_LAYER_SPEC(sctp, __VA_ARGS__)
#define GRE(...)          PKTS_LAYER_SPEC(gre, __VA_ARGS__)
#define VXLAN(...)        PKTS_LAYER_SPEC(vxlan, __VA_ARGS__)
#define GENEVE(...)       PKTS_LAYER_SPEC(geneve, __VA_ARGS__)
#define GTP(...)          PKTS_LAYER_SPEC(gtp, __VA_ARGS__)
#define SLL(...)          PKTS_LAYER_SPEC(sll, __VA_ARGS__)
#define SLL2(...)         PKTS_LAYER_SPEC(sll2, __VA_ARGS__)
#define BSD_NULL(...)     PKTS_LAYER_SPEC(null, __VA_ARGS__)
#define RAW_IP(...)       PKTS_LAYER_SPEC(raw, __VA_ARGS__)

/* n bytes at p, as payload of the layer before; they are copied. */
#define RAW(P, N) ((struct pkts_payload_spec){.p = (const uint8_t *)(P), .len = (uint32_t)(N)})
/* A string without its NUL. */
#define TEXT(S) RAW(S, __builtin_strlen(S))
/*
 * Payload that stays where it is: counted and summed, not copied. The last layer; see pkts_out. There
 * is no room for more than PKTS_LAYER_LEN_MAX bytes.
 */
#define ATTACHED(BYTES, N) ((struct pkts_payload_spec){.bytes = (BYTES), .len = (uint32_t)(N)})
/* Bytes behind all layers, which no length counts: Ethernet's padding. The last layer. */
#define PADDING(P, N) \
	((struct pkts_payload_spec){.p = (const uint8_t *)(P), .len = (uint32_t)(N), .padding = true})

/*
 * Header bytes behind the fixed fields: PKTS_OPTS(PKTS_OPT_MSS(1460), PKTS_OPT_SACK_PERMITTED). They live
 * as long as the block around them. C++ has no such arrays: there the bytes have to be constants, and live
 * forever; others stand in an array, const uint8_t o[] = {PKTS_OPT_TIMESTAMPS(now, 0)}, and are given as
 * .opts = {o, sizeof(o)}.
 */
#ifndef __cplusplus
#define PKTS_OPTS(...) \
	((struct pkts_span){(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})})
#else
extern "C++" {
template <uint8_t... bytes> struct pkts_opts {
	static constexpr uint8_t array[] = {bytes..., 0}; /* an empty one could not be */
	static constexpr uint32_t len = sizeof...(bytes);
};
}
#define PKTS_OPTS(...) ((struct pkts_span){pkts_opts<__VA_ARGS__>::array, pkts_opts<__VA_ARGS__>::len})
#endif
#define PKTS_OPT_BYTES2(X) (uint8_t)((X) >> 8), (uint8_t)(X)
#define PKTS_OPT_BYTES4(X) PKTS_OPT_BYTES2((X) >> 16), PKTS_OPT_BYTES2(X)
/* Options of IPv4 and TCP, RFC 791 3.1, RFC 9293 3.2. */
#define PKTS_OPT_END 0
#define PKTS_OPT_NOP 1
/* Options of TCP. */
#define PKTS_OPT_MSS(MSS)               PKTS_TCP_OPTION_MSS, 4, PKTS_OPT_BYTES2(MSS)
#define PKTS_OPT_WINDOW_SCALE(SHIFT)    PKTS_TCP_OPTION_WINDOW_SCALE, 3, (SHIFT)
#define PKTS_OPT_SACK_PERMITTED         PKTS_TCP_OPTION_SACK_PERMITTED, 2
#define PKTS_OPT_SACK(LEFT, RIGHT)      PKTS_TCP_OPTION_SACK, 10, PKTS_OPT_BYTES4(LEFT), PKTS_OPT_BYTES4(RIGHT)
#define PKTS_OPT_TIMESTAMPS(VAL, ECHO_) PKTS_TCP_OPTION_TIMESTAMPS, 10, PKTS_OPT_BYTES4(VAL), PKTS_OPT_BYTES4(ECHO_)
/* Options of IPv4. */
#define PKTS_OPT_ROUTER_ALERT(X)        PKTS_IPV4_OPTION_ROUTER_ALERT, 4, PKTS_OPT_BYTES2(X)
#define PKTS_OPT_STREAM_ID(X)           PKTS_IPV4_OPTION_STREAM_ID, 4, PKTS_OPT_BYTES2(X)
/* clang-format on */

struct pkts_payload_spec {
	const uint8_t *p;
	const struct pkts_bytes *bytes;
	uint32_t len;
	bool padding;
};

/* A spec of any kind, for stacks that are made at run time. */
struct pkts_spec {
	enum pkts_proto proto; /* NONE: payload */
	union {
		struct pkts_payload_spec payload;
#define PKTS_SPEC_MEMBER(ID, P, FIELDS, EXTRA) PKTS_SPEC_UNION_MEMBER(P)
		PKTS_SPECS(PKTS_SPEC_MEMBER)
#undef PKTS_SPEC_MEMBER
	};
};

/*
 * A protocol's spec as data: its members, fixed rows first, then the extra ones. A row without a name
 * ends them; its offset is that of opts.
 */
const struct pkts_spec_field *pkts_spec_fields(enum pkts_proto proto);

/*
 * The spec of a layer that was decoded: composing it again gives the layer back. `opts` borrows from
 * the header. Lengths and checksums are left to be derived, everything else is pinned as found. The
 * spec of a view that is absent (p NULL) is empty.
 * Typed: struct pkts_tcp_spec pkts_tcp_spec_of(struct pkts_tcp v), for each protocol.
 */
struct pkts_spec pkts_spec_of(const struct pkts_packet *packet, unsigned i);
PKTS_SPECS(PKTS_SPEC_OF_PROTOTYPE)

#endif
