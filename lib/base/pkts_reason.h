/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Why a packet is not what it claims to be. Each reason is named once, here: the enumerator, its
 * text in verdicts and JSON, its counter and its event are this row.
 */
#ifndef PKTS_REASON_H
#define PKTS_REASON_H

#include "pkts_base.h"

/* How much a reason weighs. Decoding stops at CUT and FATAL, and goes on past the others. */
enum pkts_severity {
	PKTS_SEVERITY_NONE,
	PKTS_SEVERITY_PADDING, /* legal and unusual: padding that is longer than needed or not zero
				*/
	PKTS_SEVERITY_INVALID, /* a field holds what its RFC forbids, yet what follows can be found
				*/
	PKTS_SEVERITY_CUT,     /* the capture ends inside this header; the sender is not to blame */
	PKTS_SEVERITY_FATAL,   /* nothing behind this point can be believed */
};

/* R(NAME, name, severity, text) */
/* clang-format off */
#define PKTS_REASONS(R) \
	R(NONE,              none,              NONE,    "nothing to report") \
	R(CUT,               cut,               CUT,     "the capture ends inside this header") \
	R(SHORT,             short,             FATAL,   "the layer below leaves too few bytes for this header") \
	R(LINK_UNKNOWN,      link_unknown,      FATAL,   "a link type that is not decoded") \
	R(TOO_DEEP,          too_deep,          FATAL,   "more layers than a packet table holds") \
	R(TUNNELS_TOO_DEEP,  tunnels_too_deep,  FATAL,   "more tunnels inside each other than allowed") \
	R(ETH_LENGTH,        eth_length,        INVALID, "IEEE 802.3 length beyond the end of the frame") \
	R(PPPOE_VERSION,     pppoe_version,     FATAL,   "PPPoE version or type is not 1") \
	R(PPPOE_LENGTH,      pppoe_length,      INVALID, "PPPoE length beyond the end of the frame") \
	R(ARP_LENGTHS,       arp_lengths,       INVALID, "ARP address lengths do not suit the address types") \
	R(IPV4_VERSION,      ipv4_version,      FATAL,   "version in an IPv4 header is not 4") \
	R(IPV4_IHL,          ipv4_ihl,          FATAL,   "IPv4 header length below 20 bytes") \
	R(IPV4_TOTAL_SHORT,  ipv4_total_short,  FATAL,   "IPv4 total length below the header length") \
	R(IPV4_TOTAL_LONG,   ipv4_total_long,   INVALID, "IPv4 total length beyond the layer below") \
	R(IPV4_TOTAL_ZERO,   ipv4_total_zero,   INVALID, "IPv4 total length is zero (segmentation offload); the frame's length is used") \
	R(IPV4_FRAGMENT,     ipv4_fragment,     INVALID, "IPv4 fragment ends beyond 65,535 bytes, or is not the last and no multiple of 8") \
	R(IPV4_OPTION,       ipv4_option,       INVALID, "an IPv4 option's length is wrong") \
	R(IPV6_VERSION,      ipv6_version,      FATAL,   "version in an IPv6 header is not 6") \
	R(IPV6_LENGTH_LONG,  ipv6_length_long,  INVALID, "IPv6 payload length beyond the layer below") \
	R(IPV6_EXT_ORDER,    ipv6_ext_order,    INVALID, "a hop-by-hop header that is not directly behind the IPv6 header") \
	R(IPV6_OPTION,       ipv6_option,       INVALID, "an IPv6 option's length is wrong") \
	R(IPV6_PADDING,      ipv6_padding,      PADDING, "IPv6 option padding over 7 bytes or not zero") \
	R(IPV6_ROUTING,      ipv6_routing,      INVALID, "IPv6 routing header: segments left beyond its addresses") \
	R(IPV6_FRAGMENT,     ipv6_fragment,     INVALID, "IPv6 fragment ends beyond 65,535 bytes, or is not the last and no multiple of 8") \
	R(IPV6_MOBILITY,     ipv6_mobility,     INVALID, "IPv6 mobility header: shorter than its message, or with a next header") \
	R(IPV6_HIP_LENGTH,   ipv6_hip_length,   FATAL,   "HIP header shorter than its fixed part") \
	R(IPV6_HIP,          ipv6_hip,          INVALID, "HIP header: its fixed bits are not 0 and 1") \
	R(IPV6_SHIM6,        ipv6_shim6,        INVALID, "Shim6 header: with payload and not 8 bytes long, or marked as HIP's") \
	R(AH_LENGTH,         ah_length,         FATAL,   "AH shorter than its fixed part") \
	R(ICMPV6_OPTION,     icmpv6_option,     INVALID, "a neighbour discovery option's length is wrong") \
	R(TCP_OFFSET,        tcp_offset,        FATAL,   "TCP data offset below 20 bytes") \
	R(TCP_OPTION,        tcp_option,        INVALID, "a TCP option's length is wrong") \
	R(UDP_LENGTH_SHORT,  udp_length_short,  FATAL,   "UDP length below 8") \
	R(UDP_LENGTH_LONG,   udp_length_long,   INVALID, "UDP length beyond the layer below") \
	R(UDPLITE_COVERAGE,  udplite_coverage,  INVALID, "UDP-Lite coverage is 1 to 7, or beyond the datagram") \
	R(SCTP_CHUNK,        sctp_chunk,        INVALID, "an SCTP chunk's length is below 4 or beyond the packet") \
	R(SCTP_PADDING,      sctp_padding,      PADDING, "SCTP chunk padding is missing, not zero or over 3 bytes") \
	R(GRE_VERSION,       gre_version,       FATAL,   "GRE version is neither 0 nor 1") \
	R(GRE_ROUTING,       gre_routing,       FATAL,   "GRE source routing (RFC 1701) that does not end inside the packet") \
	R(VXLAN_FLAGS,       vxlan_flags,       INVALID, "VXLAN without a valid network identifier") \
	R(GENEVE_VERSION,    geneve_version,    FATAL,   "GENEVE version is not 0") \
	R(GENEVE_OPTION,     geneve_option,     INVALID, "a GENEVE option's length is wrong") \
	R(GTP_VERSION,       gtp_version,       FATAL,   "GTP version or protocol type is not GTPv1") \
	R(GTP_LENGTH,        gtp_length,        INVALID, "GTP length beyond the datagram, or below the optional fields") \
	R(GTP_EXTENSION,     gtp_extension,     FATAL,   "a GTP extension header that has length 0 or does not end inside the packet")
/* clang-format on */

#define PKTS_REASON_ENUM(ID, NAME, SEVERITY, TEXT) PKTS_REASON_##ID,
enum pkts_reason { PKTS_REASONS(PKTS_REASON_ENUM) PKTS_REASON_MAX };
#undef PKTS_REASON_ENUM

/* One row as data. name: lower case, stable, fit for JSON keys and counters. text: one line for
 * people. */
struct pkts_reason_info {
	const char *name;
	const char *text;
	enum pkts_severity severity;
};

/* The row of a reason; that of PKTS_REASON_NONE for a value that is none. Never NULL, never freed.
 */
const struct pkts_reason_info *pkts_reason_info(enum pkts_reason reason);

#endif
