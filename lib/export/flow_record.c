/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_flow_record.h"

#include "pkts_ip_protocol.h"

/* Of IANA's numbers, those that lib/wire has no use for. */
enum {
	PROTOCOL_DCCP = 33,
};

bool pkts_flow_has_ports(uint8_t protocol)
{
	switch (protocol) {
	case PKTS_IPPROTO_TCP:
	case PKTS_IPPROTO_UDP:
	case PKTS_IPPROTO_SCTP:
	case PKTS_IPPROTO_UDPLITE:
	case PROTOCOL_DCCP:
		return true;
	default:
		return false;
	}
}

bool pkts_flow_is_icmp(uint8_t protocol)
{
	return protocol == PKTS_IPPROTO_ICMP || protocol == PKTS_IPPROTO_ICMPV6;
}

const char *pkts_flow_state_name(enum pkts_flow_state state)
{
	static const char *const names[] = {
		[PKTS_FLOW_NEW] = "new",
		[PKTS_FLOW_ESTABLISHED] = "established",
		[PKTS_FLOW_CLOSED] = "closed",
	};

	return (unsigned)state < PKTS_ARRAY_LEN(names) ? names[state] : names[PKTS_FLOW_NEW];
}

const char *pkts_flow_reason_name(enum pkts_flow_reason reason)
{
	static const char *const names[] = {
		[PKTS_FLOW_UNKNOWN] = "unknown",
		[PKTS_FLOW_TIMEOUT] = "timeout",
		[PKTS_FLOW_ACTIVE] = "active",
		[PKTS_FLOW_TCP_REUSE] = "tcp_reuse",
		[PKTS_FLOW_EVICTED] = "evicted",
		[PKTS_FLOW_SHUTDOWN] = "shutdown",
	};

	return (unsigned)reason < PKTS_ARRAY_LEN(names) ? names[reason] : names[PKTS_FLOW_UNKNOWN];
}

const char *pkts_flow_protocol_name(uint8_t protocol)
{
	static const char *const names[] = {
		[PKTS_IPPROTO_ICMP] = "ICMP",
		[PKTS_IPPROTO_IGMP] = "IGMP",
		[PKTS_IPPROTO_TCP] = "TCP",
		[PKTS_IPPROTO_UDP] = "UDP",
		[PKTS_IPPROTO_GRE] = "GRE",
		[PKTS_IPPROTO_ESP] = "ESP",
		[PKTS_IPPROTO_AH] = "AH",
		[PKTS_IPPROTO_ICMPV6] = "IPv6-ICMP",
		[PKTS_IPPROTO_SCTP] = "SCTP",
		[PKTS_IPPROTO_MOBILITY] = "Mobility-Header",
		[PKTS_IPPROTO_HIP] = "HIP",
		[PKTS_IPPROTO_SHIM6] = "Shim6",
	};

	return protocol < PKTS_ARRAY_LEN(names) ? names[protocol] : NULL;
}

uint64_t pkts_flow_duration(const struct pkts_flow_record *r)
{
	return r->last > r->first ? r->last - r->first : 0;
}
