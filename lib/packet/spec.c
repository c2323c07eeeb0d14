/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_spec.h"

PKTS_SPECS(PKTS_SPEC_TABLE_OF)

static const struct pkts_spec_field none_spec_fields[] = {{NULL, 0, 0, 0}};

const struct pkts_spec_field *pkts_spec_fields(enum pkts_proto proto)
{
	static const struct pkts_spec_field *const tables[PKTS_PROTO_MAX] = {
		[PKTS_PROTO_NONE] = none_spec_fields, PKTS_SPECS(PKTS_SPEC_FIELDS_ROW)};

	return tables[(unsigned)proto < PKTS_PROTO_MAX ? proto : PKTS_PROTO_NONE];
}

/* What the fixed rows leave out, and what is to be derived again: 0. */

static struct pkts_span behind(const uint8_t *p, uint32_t head, uint32_t from)
{
	return head > from ? (struct pkts_span){p + from, head - from}
			   : (struct pkts_span){NULL, 0};
}

static void llc(struct pkts_llc_spec *s, struct pkts_llc v)
{
	uint8_t control2;

	if (pkts_llc_control2(v, &control2))
		s->control2 = PKTS_PINNED | control2;
}

static void pppoe(struct pkts_pppoe_spec *s, struct pkts_pppoe v)
{
	(void)v;
	s->length = 0;
}

static void ppp(struct pkts_ppp_spec *s, struct pkts_ppp v)
{
	s->protocol = PKTS_PINNED | pkts_ppp_protocol(v);
}

static void arp(struct pkts_arp_spec *s, struct pkts_arp v)
{
	const struct pkts_arp_ipv4 a = pkts_arp_ipv4(v);

	if (a.p == NULL) {
		s->opts = behind(v.p, v.head, PKTS_ARP_HEAD);
		return;
	}
	__builtin_memcpy(s->sha.b, pkts_arp_ipv4_sha(a), sizeof(s->sha.b));
	s->spa = PKTS_PINNED | pkts_arp_ipv4_spa(a);
	__builtin_memcpy(s->tha.b, pkts_arp_ipv4_tha(a), sizeof(s->tha.b));
	s->tpa = PKTS_PINNED | pkts_arp_ipv4_tpa(a);
}

static void ipv4(struct pkts_ipv4_spec *s, struct pkts_ipv4 v)
{
	s->ihl = s->total_length = s->csum = 0;
	s->opts = behind(v.p, v.head, PKTS_IPV4_HEAD);
}

static void ipv6(struct pkts_ipv6_spec *s, struct pkts_ipv6 v)
{
	(void)v;
	s->payload_length = 0;
}

static void ipv6_hopopts(struct pkts_ipv6_hopopts_spec *s, struct pkts_ipv6_hopopts v)
{
	s->ext_length = 0;
	s->opts = behind(v.p, v.head, PKTS_IPV6_HOPOPTS_HEAD);
}

static void ipv6_dstopts(struct pkts_ipv6_dstopts_spec *s, struct pkts_ipv6_dstopts v)
{
	s->ext_length = 0;
	s->opts = behind(v.p, v.head, PKTS_IPV6_DSTOPTS_HEAD);
}

static void ipv6_routing(struct pkts_ipv6_routing_spec *s, struct pkts_ipv6_routing v)
{
	s->ext_length = 0;
	s->opts = behind(v.p, v.head, PKTS_IPV6_ROUTING_HEAD);
}

static void ipv6_mobility(struct pkts_ipv6_mobility_spec *s, struct pkts_ipv6_mobility v)
{
	s->ext_length = s->csum = 0;
	s->opts = behind(v.p, v.head, PKTS_IPV6_MOBILITY_HEAD);
}

static void ipv6_hip(struct pkts_ipv6_hip_spec *s, struct pkts_ipv6_hip v)
{
	s->ext_length = s->csum = 0;
	s->opts = behind(v.p, v.head, PKTS_IPV6_HIP_HEAD);
}

static void ipv6_shim6(struct pkts_ipv6_shim6_spec *s, struct pkts_ipv6_shim6 v)
{
	const struct pkts_ipv6_shim6_payload payload = pkts_ipv6_shim6_payload(v);
	const struct pkts_ipv6_shim6_control control = pkts_ipv6_shim6_control(v);

	s->ext_length = 0;
	if (payload.p != NULL) {
		s->context_tag = PKTS_PINNED | pkts_ipv6_shim6_payload_context_tag(payload);
		s->opts = behind(v.p, v.head, PKTS_IPV6_SHIM6_HEAD_PAYLOAD);
		return;
	}
	s->type = PKTS_PINNED | pkts_ipv6_shim6_control_type(control);
	s->type_specific = PKTS_PINNED | pkts_ipv6_shim6_control_type_specific(control);
	s->s = PKTS_PINNED | pkts_ipv6_shim6_control_s(control);
	s->opts = behind(v.p, v.head, PKTS_IPV6_SHIM6_HEAD_CONTROL);
}

static void ah(struct pkts_ah_spec *s, struct pkts_ah v)
{
	s->ah_length = 0;
	s->opts = behind(v.p, v.head, PKTS_AH_HEAD);
}

static void icmp(struct pkts_icmp_spec *s, struct pkts_icmp v)
{
	(void)v;
	s->csum = 0;
}

static void icmpv6(struct pkts_icmpv6_spec *s, struct pkts_icmpv6 v)
{
	(void)v;
	s->csum = 0;
}

static void igmp(struct pkts_igmp_spec *s, struct pkts_igmp v)
{
	(void)v;
	s->csum = 0;
}

static void tcp(struct pkts_tcp_spec *s, struct pkts_tcp v)
{
	s->data_offset = s->csum = 0;
	s->opts = behind(v.p, v.head, PKTS_TCP_HEAD);
}

static void udp(struct pkts_udp_spec *s, struct pkts_udp v)
{
	s->length = 0;
	if (pkts_udp_csum(v) != 0) /* 0: there was none, and there will be none */
		s->csum = 0;
}

static void udplite(struct pkts_udplite_spec *s, struct pkts_udplite v)
{
	(void)v;
	s->csum = 0;
}

static void sctp(struct pkts_sctp_spec *s, struct pkts_sctp v)
{
	(void)v;
	s->csum = 0;
}

static void gre(struct pkts_gre_spec *s, struct pkts_gre v)
{
	uint32_t x32;
	uint16_t x16;
	uint32_t end = PKTS_GRE_HEAD;

	if (pkts_gre_routing_offset(v, &x16))
		s->routing_offset = PKTS_PINNED | x16;
	if (pkts_gre_call_id(v, &x16))
		s->call_id = PKTS_PINNED | x16;
	else if (pkts_gre_key(v, &x32))
		s->key = PKTS_PINNED | x32;
	if (pkts_gre_seq(v, &x32))
		s->seq = PKTS_PINNED | x32;
	if (pkts_gre_ack(v, &x32))
		s->ack = PKTS_PINNED | x32;
	end += 4u *
	       ((pkts_gre_version(v) == 0 && (pkts_gre_has_csum(v) || pkts_gre_has_routing(v))) +
		       pkts_gre_has_key(v) + pkts_gre_has_seq(v) +
		       (pkts_gre_version(v) == 1 && pkts_gre_has_ack(v)));
	s->opts = behind(v.p, v.head, end);
}

static void geneve(struct pkts_geneve_spec *s, struct pkts_geneve v)
{
	s->opt_length = 0;
	s->opts = behind(v.p, v.head, PKTS_GENEVE_HEAD);
}

/* All three fields are there as soon as one flag is set; those that do not count may hold anything. */
static void gtp(struct pkts_gtp_spec *s, struct pkts_gtp v)
{
	s->length = 0;
	if (v.head < PKTS_GTP_HEAD_OPTIONAL)
		return;
	if (pkts_gtp_s(v) || pkts_be16(v.p + 8))
		s->seq = PKTS_PINNED | pkts_be16(v.p + 8);
	if (pkts_gtp_pn(v) || v.p[10])
		s->npdu = PKTS_PINNED | v.p[10];
	if (pkts_gtp_e(v) || v.p[11])
		s->next_extension = PKTS_PINNED | v.p[11];
	s->opts = behind(v.p, v.head, PKTS_GTP_HEAD_OPTIONAL);
}

#define NO_REST(s, v) ((void)0)

PKTS_SPEC_OF(ETH, eth, PKTS_ETH_FIELDS, NO_REST)
PKTS_SPEC_OF(LLC, llc, PKTS_LLC_FIELDS, llc)
PKTS_SPEC_OF(SNAP, snap, PKTS_SNAP_FIELDS, NO_REST)
PKTS_SPEC_OF(VLAN, vlan, PKTS_VLAN_FIELDS, NO_REST)
PKTS_SPEC_OF(MPLS, mpls, PKTS_MPLS_FIELDS, NO_REST)
PKTS_SPEC_OF(PPPOE, pppoe, PKTS_PPPOE_FIELDS, pppoe)
PKTS_SPEC_OF(PPP, ppp, PKTS_PPP_FIELDS, ppp)
PKTS_SPEC_OF(ARP, arp, PKTS_ARP_FIELDS, arp)
PKTS_SPEC_OF(IPV4, ipv4, PKTS_IPV4_FIELDS, ipv4)
PKTS_SPEC_OF(IPV6, ipv6, PKTS_IPV6_FIELDS, ipv6)
PKTS_SPEC_OF(IPV6_HOPOPTS, ipv6_hopopts, PKTS_IPV6_HOPOPTS_FIELDS, ipv6_hopopts)
PKTS_SPEC_OF(IPV6_ROUTING, ipv6_routing, PKTS_IPV6_ROUTING_FIELDS, ipv6_routing)
PKTS_SPEC_OF(IPV6_FRAG, ipv6_frag, PKTS_IPV6_FRAG_FIELDS, NO_REST)
PKTS_SPEC_OF(IPV6_DSTOPTS, ipv6_dstopts, PKTS_IPV6_DSTOPTS_FIELDS, ipv6_dstopts)
PKTS_SPEC_OF(IPV6_MOBILITY, ipv6_mobility, PKTS_IPV6_MOBILITY_FIELDS, ipv6_mobility)
PKTS_SPEC_OF(IPV6_HIP, ipv6_hip, PKTS_IPV6_HIP_FIELDS, ipv6_hip)
PKTS_SPEC_OF(IPV6_SHIM6, ipv6_shim6, PKTS_IPV6_SHIM6_FIELDS, ipv6_shim6)
PKTS_SPEC_OF(AH, ah, PKTS_AH_FIELDS, ah)
PKTS_SPEC_OF(ESP, esp, PKTS_ESP_FIELDS, NO_REST)
PKTS_SPEC_OF(ICMP, icmp, PKTS_ICMP_FIELDS, icmp)
PKTS_SPEC_OF(ICMPV6, icmpv6, PKTS_ICMPV6_FIELDS, icmpv6)
PKTS_SPEC_OF(IGMP, igmp, PKTS_IGMP_FIELDS, igmp)
PKTS_SPEC_OF(TCP, tcp, PKTS_TCP_FIELDS, tcp)
PKTS_SPEC_OF(UDP, udp, PKTS_UDP_FIELDS, udp)
PKTS_SPEC_OF(UDPLITE, udplite, PKTS_UDPLITE_FIELDS, udplite)
PKTS_SPEC_OF(SCTP, sctp, PKTS_SCTP_FIELDS, sctp)
PKTS_SPEC_OF(GRE, gre, PKTS_GRE_FIELDS, gre)
PKTS_SPEC_OF(VXLAN, vxlan, PKTS_VXLAN_FIELDS, NO_REST)
PKTS_SPEC_OF(GENEVE, geneve, PKTS_GENEVE_FIELDS, geneve)
PKTS_SPEC_OF(GTP, gtp, PKTS_GTP_FIELDS, gtp)
PKTS_SPEC_OF(SLL, sll, PKTS_SLL_FIELDS, NO_REST)
PKTS_SPEC_OF(SLL2, sll2, PKTS_SLL2_FIELDS, NO_REST)
PKTS_SPEC_OF(NULL, null, PKTS_NULL_FIELDS, NO_REST)
PKTS_SPEC_OF(RAW, raw, PKTS_RAW_FIELDS, NO_REST)

/* In front of LLC the type is a length (802.3), which a header alone does not tell. */
static void unpin_length(struct pkts_spec *s)
{
	if (s->proto == PKTS_PROTO_ETH)
		s->eth.type = 0;
	if (s->proto == PKTS_PROTO_VLAN)
		s->vlan.type = 0;
}

struct pkts_spec pkts_spec_of(const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_ref r = pkts_packet_ref(packet, i);
	struct pkts_spec s = {.proto = packet->layers[i].proto};

	switch (s.proto) {
		PKTS_SPECS(PKTS_SPEC_OF_CASE)
	default:
		break;
	}
	if (i + 1u < packet->n && packet->layers[i + 1].proto == PKTS_PROTO_LLC)
		unpin_length(&s);
	return s;
}
