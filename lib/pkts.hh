/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The whole library for C++20 with the GNU extensions that g++ and clang++ have: -std=gnu++20. What
 * differs from C is said at the declarations. Two things are the language's: designators stand in the
 * order of the members, which is that of the header on the wire, and views have the names of functions,
 * so that they are declared with their keyword, `struct pkts_tcp tcp = pkts_tcp(&packet)`, or as auto.
 */
#ifndef PKTS_HH
#define PKTS_HH

/* g++ takes a member that designators leave out for a forgotten one, ETH(.type = 7) too; and DPDK counts in
 * volatile members, which C++20 has deprecated. */
#pragma GCC system_header

/* What the headers below include and does not belong inside extern "C". */
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_prefetch.h>
#include <rte_version.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern "C" {
/* clang-format off */
#include "pkts_base.h"
#include "pkts_bits.h"
#include "pkts_cksum.h"
#include "pkts_errno.h"
#include "pkts_error.h"
#include "pkts_reason.h"
#include "pkts_sink.h"
#include "pkts_siphash.h"
#include "pkts_span.h"
#include "pkts_ah.h"
#include "pkts_arp.h"
#include "pkts_diameter.h"
#include "pkts_esp.h"
#include "pkts_eth.h"
#include "pkts_ethertype.h"
#include "pkts_field.h"
#include "pkts_geneve.h"
#include "pkts_gre.h"
#include "pkts_gtp.h"
#include "pkts_icmp.h"
#include "pkts_icmpv6.h"
#include "pkts_igmp.h"
#include "pkts_ip_protocol.h"
#include "pkts_ip_version.h"
#include "pkts_ipv4.h"
#include "pkts_ipv6.h"
#include "pkts_ipv6_dstopts.h"
#include "pkts_ipv6_ext.h"
#include "pkts_ipv6_frag.h"
#include "pkts_ipv6_hip.h"
#include "pkts_ipv6_hopopts.h"
#include "pkts_ipv6_mobility.h"
#include "pkts_ipv6_routing.h"
#include "pkts_ipv6_shim6.h"
#include "pkts_llc.h"
#include "pkts_mpls.h"
#include "pkts_null.h"
#include "pkts_optional.h"
#include "pkts_ppp.h"
#include "pkts_pppoe.h"
#include "pkts_proto.h"
#include "pkts_protocols.h"
#include "pkts_raw.h"
#include "pkts_sctp.h"
#include "pkts_sctp_data.h"
#include "pkts_sctp_param.h"
#include "pkts_sll.h"
#include "pkts_sll2.h"
#include "pkts_snap.h"
#include "pkts_tcp.h"
#include "pkts_tlv.h"
#include "pkts_udp.h"
#include "pkts_udplite.h"
#include "pkts_vlan.h"
#include "pkts_vxlan.h"
#include "pkts_builder.h"
#include "pkts_checksum.h"
#include "pkts_compose.h"
#include "pkts_derive.h"
#include "pkts_edit.h"
#include "pkts_index.h"
#include "pkts_packet.h"
#include "pkts_show.h"
#include "pkts_spec.h"
#include "pkts_start.h"
#include "pkts_text.h"
#include "pkts_framing.h"
#include "pkts_hold.h"
#include "pkts_ipfrag.h"
#include "pkts_overlap.h"
#include "pkts_ranges.h"
#include "pkts_sctp_seq.h"
#include "pkts_seq_event.h"
#include "pkts_seq_stack.h"
#include "pkts_seq_stages.h"
#include "pkts_tcp_seq.h"
#include "pkts_app_session.h"
#include "pkts_conversations.h"
#include "pkts_diameter_session.h"
#include "pkts_icmp_session.h"
#include "pkts_mysql_session.h"
#include "pkts_pgsql_session.h"
#include "pkts_sctp_session.h"
#include "pkts_session.h"
#include "pkts_session_key.h"
#include "pkts_table.h"
#include "pkts_tcp_session.h"
#include "pkts_udp_session.h"
#include "pkts_community_id.h"
#include "pkts_eve.h"
#include "pkts_flow_record.h"
#include "pkts_flow_text.h"
#include "pkts_ipfix.h"
#include "pkts_ipfix_sender.h"
#include "pkts_lines.h"
#include "pkts_dpdk.h"
#include "pkts_mbuf.h"
#include "pkts_mbuf_compose.h"
#include "pkts_mbuf_edit.h"
#include "pkts_drivers.h"
#include "pkts_filter.h"
#include "pkts_interface.h"
#include "pkts_port.h"
#include "pkts_mbuf_conversations.h"
#include "pkts_reassembly.h"
#include "pkts_runtime.h"
/* clang-format on */
}

#endif
