/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What each protocol derives from its surroundings when it is composed, and what stands behind its
 * fixed fields. Inlined into pkts_compose(); use that.
 */
#ifndef PKTS_DERIVE_H
#define PKTS_DERIVE_H

#include "pkts_builder.h"

#define PKTS_NO_CSUM(s)		 false
#define PKTS_CSUM(s)		 ((s)->csum == 0)
#define PKTS_NO_MORE(s)		 0u
#define PKTS_NO_DERIVE(b, l, s)	 ((void)0)
#define PKTS_NO_SEAL(b, l, p, s) ((void)0)

PKTS_SPECS(PKTS_SUM)

PKTS_INLINE uint64_t pkts_opts_sum(struct pkts_span opts)
{
	return opts.len ? pkts_bytes_sum(opts.p, opts.len) : 0;
}

/* Can there be a source route among these options? No walk: with constants nothing is left of it. */
PKTS_INLINE bool pkts_opts_may_route(struct pkts_span opts)
{
	bool may = false;

#pragma GCC unroll 40
	for (uint32_t at = 0; at < opts.len; at++)
		may |= opts.p[at] == PKTS_IPV4_OPTION_LOOSE_ROUTE ||
		       opts.p[at] == PKTS_IPV4_OPTION_STRICT_ROUTE;
	return may;
}

/* What a checksum field has to hold, by the sum of all else. */
PKTS_INLINE uint16_t pkts_complement(uint64_t sum)
{
	const struct pkts_cksum c = {.sum = sum};

	return (uint16_t)~pkts_cksum_fold(&c);
}

/* Writes a field that is not one of the fixed rows. */
PKTS_INLINE void pkts_put_extra_bits(struct pkts_builder *b, uint8_t *p, unsigned bit,
	unsigned width, uint64_t x, const char *layer, const char *field)
{
	x &= ~(PKTS_PINNED | PKTS_OFFLOAD);
	if (PKTS_UNLIKELY(x >> width))
		pkts_builder_refuse(b, layer, field);
	pkts_bits_put(p, bit, width, x);
}

PKTS_INLINE void pkts_put_extra(struct pkts_builder *b, uint8_t *p, unsigned width, uint64_t x,
	const char *layer, const char *field)
{
	pkts_put_extra_bits(b, p, 0, width, x, layer, field);
}

/* Link layers */

PKTS_INLINE uint16_t pkts_derive_ethertype(const struct pkts_builder *b)
{
	return b->inner_type ? b->inner_type : pkts_ethertype_of(b->inner);
}

PKTS_INLINE void pkts_eth_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_eth_spec *s)
{
	if (b->inner == PKTS_PROTO_LLC)
		pkts_derive(&s->type, pkts_builder_length(b, l) - PKTS_ETH_HEAD);
	else
		pkts_derive(&s->type, pkts_derive_ethertype(b));
}

PKTS_INLINE void pkts_vlan_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_vlan_spec *s)
{
	if (b->inner == PKTS_PROTO_LLC)
		pkts_derive(&s->type, pkts_builder_length(b, l) - PKTS_VLAN_HEAD);
	else
		pkts_derive(&s->type, pkts_derive_ethertype(b));
}

PKTS_INLINE uint64_t pkts_llc_sap(enum pkts_proto inner)
{
	if (inner == PKTS_PROTO_SNAP)
		return PKTS_LLC_SAP_SNAP;
	return inner == PKTS_PROTO_IPV4 ? PKTS_LLC_SAP_IP : 0;
}

PKTS_INLINE void pkts_llc_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_llc_spec *s)
{
	(void)l;
	pkts_derive(&s->dsap, pkts_llc_sap(b->inner));
	pkts_derive(&s->ssap, pkts_llc_sap(b->inner));
	pkts_derive(&s->control, PKTS_LLC_UI);
}

/* Everything but an unnumbered frame has a second control byte. */
#define PKTS_LLC_MORE(s) ((s)->control != 0 && ((s)->control & 3) != 3 ? 1u : 0u)

PKTS_INLINE void pkts_llc_seal(struct pkts_builder *b, const struct pkts_place *l, uint8_t *p,
	const struct pkts_llc_spec *s)
{
	if (l->head > PKTS_LLC_HEAD && PKTS_LLC_MORE(s))
		pkts_put_extra(b, p + PKTS_LLC_HEAD, 8, s->control2, "llc", "control2");
}

PKTS_INLINE void pkts_snap_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_snap_spec *s)
{
	(void)l;
	pkts_derive(&s->type, pkts_derive_ethertype(b));
}

PKTS_INLINE void pkts_mpls_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_mpls_spec *s)
{
	(void)l;
	pkts_derive(&s->bottom, b->inner != PKTS_PROTO_MPLS);
	pkts_derive(&s->ttl, 64);
}

PKTS_INLINE void pkts_pppoe_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_pppoe_spec *s)
{
	pkts_derive(&s->version, 1);
	pkts_derive(&s->type, 1);
	pkts_derive(&s->length, pkts_builder_length(b, l) - l->head);
}

PKTS_INLINE void pkts_pppoe_seal(struct pkts_builder *b, const struct pkts_place *l, uint8_t *p,
	const struct pkts_pppoe_spec *s)
{
	(void)l, (void)s;
	b->inner_type = p[1] == PKTS_PPPOE_SESSION ? PKTS_ETHERTYPE_PPPOE_SESSION
						   : PKTS_ETHERTYPE_PPPOE_DISCOVERY;
}

/*
 * `first` says how: an odd byte that is not ff is a protocol of one byte and all there is; ff is an
 * address, with its control byte before the protocol; else there is the protocol, in two bytes.
 */
PKTS_INLINE uint32_t pkts_ppp_more(const struct pkts_ppp_spec *s)
{
	const uint8_t first = (uint8_t)s->first;

	if (first == 0xff)
		return 3;
	return first & 1 ? 0 : 1;
}

PKTS_INLINE void pkts_ppp_seal(struct pkts_builder *b, const struct pkts_place *l, uint8_t *p,
	const struct pkts_ppp_spec *s)
{
	const uint64_t protocol = s->protocol ? s->protocol : pkts_ppp_protocol_of(b->inner);
	const uint32_t more = pkts_ppp_more(s);

	(void)l;
	if (more == 0)
		return;
	if (more == 3)
		p[1] = 0x03;
	pkts_put_extra(b, p + more - 1, 16, protocol, "ppp", "protocol");
}

PKTS_INLINE void pkts_sll_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_sll_spec *s)
{
	(void)l;
	pkts_derive(&s->arphrd, 1);
	pkts_derive(&s->addr_length, 6);
	pkts_derive(&s->protocol,
		b->inner == PKTS_PROTO_LLC ? (uint16_t)PKTS_SLL_802_2 : pkts_derive_ethertype(b));
}

PKTS_INLINE void pkts_sll2_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_sll2_spec *s)
{
	(void)l;
	pkts_derive(&s->arphrd, 1);
	pkts_derive(&s->addr_length, 6);
	pkts_derive(&s->protocol,
		b->inner == PKTS_PROTO_LLC ? (uint16_t)PKTS_SLL_802_2 : pkts_derive_ethertype(b));
}

/* In network order, as the loop link type has it. */
PKTS_INLINE void pkts_null_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_null_spec *s)
{
	(void)l;
	pkts_derive(
		&s->raw_family, b->inner == PKTS_PROTO_IPV6 ? PKTS_NULL_IPV6_BSD : PKTS_NULL_IPV4);
}

PKTS_INLINE void pkts_arp_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_arp_spec *s)
{
	(void)b, (void)l;
	pkts_derive(&s->hardware, PKTS_ARP_ETHERNET);
	pkts_derive(&s->protocol, PKTS_ETHERTYPE_IPV4);
	pkts_derive(&s->hardware_size, 6);
	pkts_derive(&s->protocol_size, 4);
	pkts_derive(&s->operation, PKTS_ARP_REQUEST);
}

/* Addresses of other sizes stand in opts. */
PKTS_INLINE uint32_t pkts_arp_more(const struct pkts_arp_spec *s)
{
	const uint64_t hardware = s->hardware_size & 0xff, protocol = s->protocol_size & 0xff;
	const bool usual = (s->hardware_size == 0 || hardware == 6) &&
			   (s->protocol_size == 0 || protocol == 4) &&
			   (s->hardware & 0xffff) != PKTS_ARP_IEEE1394;

	return usual ? PKTS_ARP_IPV4_HEAD - PKTS_ARP_HEAD : 0;
}

PKTS_INLINE void pkts_arp_seal(struct pkts_builder *b, const struct pkts_place *l, uint8_t *p,
	const struct pkts_arp_spec *s)
{
	(void)l;
	if (pkts_arp_more(s) == 0)
		return;
	__builtin_memcpy(p + 8, s->sha.b, 6);
	pkts_put_extra(b, p + 14, 32, s->spa, "arp", "spa");
	__builtin_memcpy(p + 18, s->tha.b, 6);
	pkts_put_extra(b, p + 24, 32, s->tpa, "arp", "tpa");
}

/* IP */

PKTS_INLINE void pkts_ipv4_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_ipv4_spec *s)
{
	pkts_derive(&s->version, 4);
	pkts_derive(&s->ihl, l->head / 4);
	pkts_derive(&s->total_length, pkts_builder_length(b, l));
	pkts_derive(&s->ttl, 64);
	pkts_derive(&s->protocol, pkts_ip_protocol_of(b->inner));
}

PKTS_INLINE void pkts_ipv4_seal(struct pkts_builder *b, const struct pkts_place *l, uint8_t *p,
	const struct pkts_ipv4_spec *s)
{
	const struct pkts_ipv4 ip = {p, l->head, l->head};

	if (pkts_wants_sum(b, l, s->csum))
		pkts_put_be16(p + 10, pkts_complement(pkts_ipv4_sum(s) + pkts_opts_sum(s->opts)));
	if (pkts_builder_waits(b)) {
		struct pkts_cksum addresses = {0};
		pkts_cksum_add32(&addresses, pkts_ipv4_src(ip));
		pkts_cksum_add32(&addresses,
			pkts_opts_may_route(s->opts) ? pkts_ipv4_final(ip) : pkts_ipv4_dst(ip));
		pkts_builder_settle(b, addresses);
	}
}

PKTS_INLINE void pkts_ipv6_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_ipv6_spec *s)
{
	pkts_derive(&s->version, 6);
	pkts_derive(&s->payload_length, pkts_builder_length(b, l) - PKTS_IPV6_HEAD);
	pkts_derive(&s->next, pkts_ip_protocol_of(b->inner));
	pkts_derive(&s->hop_limit, 64);
}

PKTS_INLINE void pkts_ipv6_seal(struct pkts_builder *b, const struct pkts_place *l, uint8_t *p,
	const struct pkts_ipv6_spec *s)
{
	(void)l, (void)s;
	if (pkts_builder_waits(b)) {
		struct pkts_cksum addresses = {0};
		pkts_cksum_add(&addresses, b->source ? b->source : p + 8, 16);
		pkts_cksum_add(&addresses, b->target ? b->target : p + 24, 16);
		pkts_builder_settle(b, addresses);
	}
	b->source = b->target = NULL;
}

/* Fills what options leave of a header with Pad1 or PadN (RFC 8200 4.2). */
PKTS_INLINE void pkts_ipv6_pad(const struct pkts_place *l, uint8_t *p, uint32_t used)
{
	if (l->head - used > 1) {
		p[used] = PKTS_IPV6_OPTION_PADN;
		p[used + 1] = (uint8_t)(l->head - used - 2);
	}
}

PKTS_INLINE void pkts_ipv6_hopopts_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_ipv6_hopopts_spec *s)
{
	pkts_derive(&s->next, pkts_ip_protocol_of(b->inner));
	pkts_derive(&s->ext_length, l->head / 8 - 1);
}

PKTS_INLINE void pkts_ipv6_hopopts_seal(struct pkts_builder *b, const struct pkts_place *l,
	uint8_t *p, const struct pkts_ipv6_hopopts_spec *s)
{
	(void)b;
	pkts_ipv6_pad(l, p, PKTS_IPV6_HOPOPTS_HEAD + s->opts.len);
}

PKTS_INLINE void pkts_ipv6_dstopts_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_ipv6_dstopts_spec *s)
{
	pkts_derive(&s->next, pkts_ip_protocol_of(b->inner));
	pkts_derive(&s->ext_length, l->head / 8 - 1);
}

/* Out of line: the home address among the options, RFC 6275 6.3; else `none`. */
const uint8_t *pkts_builder_home(const uint8_t *p, uint32_t head, const uint8_t *none);

PKTS_INLINE void pkts_ipv6_dstopts_seal(struct pkts_builder *b, const struct pkts_place *l,
	uint8_t *p, const struct pkts_ipv6_dstopts_spec *s)
{
	pkts_ipv6_pad(l, p, PKTS_IPV6_DSTOPTS_HEAD + s->opts.len);
	if (s->opts.len)
		b->source = pkts_builder_home(p, l->head, b->source);
}

PKTS_INLINE void pkts_ipv6_routing_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_ipv6_routing_spec *s)
{
	pkts_derive(&s->next, pkts_ip_protocol_of(b->inner));
	pkts_derive(&s->ext_length, l->head / 8 - 1);
}

PKTS_INLINE void pkts_ipv6_routing_seal(struct pkts_builder *b, const struct pkts_place *l,
	uint8_t *p, const struct pkts_ipv6_routing_spec *s)
{
	const bool honest = l->head == (p[1] + 1u) * 8;
	const struct pkts_ipv6_routing routing = {p, l->head, l->head};
	const uint8_t *const final = honest ? pkts_ipv6_routing_final(routing) : NULL;

	(void)s;
	/* Of several the innermost: its way begins where that of the one before it ends. */
	if (final && b->target == NULL)
		b->target = final;
}

PKTS_INLINE void pkts_ipv6_frag_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_ipv6_frag_spec *s)
{
	(void)l;
	pkts_derive(&s->next, pkts_ip_protocol_of(b->inner));
}

PKTS_INLINE void pkts_ipv6_mobility_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_ipv6_mobility_spec *s)
{
	pkts_derive(&s->next, pkts_ip_protocol_of(b->inner));
	pkts_derive(&s->ext_length, l->head / 8 - 1);
}

PKTS_INLINE void pkts_ipv6_mobility_seal(struct pkts_builder *b, const struct pkts_place *l,
	uint8_t *p, const struct pkts_ipv6_mobility_spec *s)
{
	(void)p;
	if (pkts_wants_sum(b, l, s->csum))
		pkts_builder_wait_head(b, l, 4, PKTS_IPPROTO_MOBILITY, "ipv6_mobility");
}

PKTS_INLINE void pkts_ipv6_hip_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_ipv6_hip_spec *s)
{
	pkts_derive(&s->next, pkts_ip_protocol_of(b->inner));
	pkts_derive(&s->ext_length, l->head / 8 - 1);
	pkts_derive(&s->version, 2);
	pkts_derive(&s->one, 1);
}

PKTS_INLINE void pkts_ipv6_hip_seal(struct pkts_builder *b, const struct pkts_place *l, uint8_t *p,
	const struct pkts_ipv6_hip_spec *s)
{
	(void)p;
	if (pkts_wants_sum(b, l, s->csum))
		pkts_builder_wait_head(b, l, 4, PKTS_IPPROTO_HIP, "ipv6_hip");
}

PKTS_INLINE void pkts_ipv6_shim6_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_ipv6_shim6_spec *s)
{
	pkts_derive(&s->next, pkts_ip_protocol_of(b->inner));
	pkts_derive(&s->ext_length, l->head / 8 - 1);
	pkts_derive(&s->p, s->context_tag != 0);
}

PKTS_INLINE uint32_t pkts_ipv6_shim6_more(const struct pkts_ipv6_shim6_spec *s)
{
	const bool payload = s->p ? s->p & 1 : s->context_tag != 0;
	const uint32_t head = payload ? PKTS_IPV6_SHIM6_HEAD_PAYLOAD : PKTS_IPV6_SHIM6_HEAD_CONTROL;

	return head - PKTS_IPV6_SHIM6_HEAD;
}

PKTS_INLINE void pkts_ipv6_shim6_seal_control(struct pkts_builder *b, const struct pkts_place *l,
	uint8_t *p, const struct pkts_ipv6_shim6_spec *s)
{
	struct pkts_cksum sum = {0};

	pkts_put_extra_bits(b, p, 17, 7, s->type, "ipv6_shim6", "type");
	pkts_put_extra_bits(b, p, 24, 7, s->type_specific, "ipv6_shim6", "type_specific");
	pkts_put_extra_bits(b, p, 31, 1, s->s, "ipv6_shim6", "s");
	pkts_put_extra_bits(b, p, 32, 16, s->csum, "ipv6_shim6", "csum");
	if (!pkts_wants_sum(b, l, s->csum))
		return;
	pkts_cksum_add(&sum, p, l->head);
	pkts_put_be16(p + 4, pkts_complement(sum.sum));
}

PKTS_INLINE void pkts_ipv6_shim6_seal(struct pkts_builder *b, const struct pkts_place *l,
	uint8_t *p, const struct pkts_ipv6_shim6_spec *s)
{
	pkts_put_extra_bits(b, p, 16, 1, s->p, "ipv6_shim6", "p");
	if (s->p & 1)
		pkts_put_extra_bits(b, p, 17, 47, s->context_tag, "ipv6_shim6", "context_tag");
	else
		pkts_ipv6_shim6_seal_control(b, l, p, s);
}

PKTS_INLINE void pkts_ah_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_ah_spec *s)
{
	pkts_derive(&s->next, pkts_ip_protocol_of(b->inner));
	pkts_derive(&s->ah_length, l->head / 4 - 2);
}

/* What IP carries */

/* The sum of a layer: its header's, and that of all it carries. */
PKTS_INLINE struct pkts_cksum pkts_layer_sum(
	const struct pkts_builder *b, const struct pkts_place *l, uint64_t header)
{
	return pkts_builder_sum(b, l, header, pkts_builder_length(b, l) - l->head);
}

/* Writes the checksum over a whole layer, whose field is 2 bytes in. */
PKTS_INLINE void pkts_seal_whole(struct pkts_builder *b, const struct pkts_place *l, uint8_t *p,
	uint64_t csum, uint64_t header)
{
	if (pkts_wants_sum(b, l, csum))
		pkts_put_be16(p + 2, pkts_complement(pkts_layer_sum(b, l, header).sum));
}

PKTS_INLINE void pkts_icmp_seal(struct pkts_builder *b, const struct pkts_place *l, uint8_t *p,
	const struct pkts_icmp_spec *s)
{
	pkts_seal_whole(b, l, p, s->csum, pkts_icmp_sum(s) + pkts_opts_sum(s->opts));
}

PKTS_INLINE void pkts_igmp_seal(struct pkts_builder *b, const struct pkts_place *l, uint8_t *p,
	const struct pkts_igmp_spec *s)
{
	pkts_seal_whole(b, l, p, s->csum, pkts_igmp_sum(s) + pkts_opts_sum(s->opts));
}

PKTS_INLINE void pkts_icmpv6_seal(struct pkts_builder *b, const struct pkts_place *l, uint8_t *p,
	const struct pkts_icmpv6_spec *s)
{
	(void)p;
	if (pkts_wants_sum(b, l, s->csum))
		pkts_builder_wait(b, l, 2, PKTS_IPPROTO_ICMPV6,
			pkts_layer_sum(b, l, pkts_icmpv6_sum(s) + pkts_opts_sum(s->opts)));
}

PKTS_INLINE void pkts_tcp_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_tcp_spec *s)
{
	(void)b;
	pkts_derive(&s->data_offset, l->head / 4);
}

PKTS_INLINE void pkts_tcp_seal(struct pkts_builder *b, const struct pkts_place *l, uint8_t *p,
	const struct pkts_tcp_spec *s)
{
	(void)p;
	if (pkts_wants_sum(b, l, s->csum))
		pkts_builder_wait(b, l, 16, PKTS_IPPROTO_TCP,
			pkts_layer_sum(b, l, pkts_tcp_sum(s) + pkts_opts_sum(s->opts)));
}

PKTS_INLINE void pkts_udp_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_udp_spec *s)
{
	pkts_derive(&s->dport, pkts_udp_port_of(b->inner));
	pkts_derive(&s->length, pkts_builder_length(b, l));
}

PKTS_INLINE void pkts_udp_seal(struct pkts_builder *b, const struct pkts_place *l, uint8_t *p,
	const struct pkts_udp_spec *s)
{
	(void)p;
	if (pkts_wants_sum(b, l, s->csum))
		pkts_builder_wait(b, l, 6, PKTS_IPPROTO_UDP,
			pkts_layer_sum(b, l, pkts_udp_sum(s) + pkts_opts_sum(s->opts)));
}

PKTS_INLINE void pkts_udplite_seal(struct pkts_builder *b, const struct pkts_place *l, uint8_t *p,
	const struct pkts_udplite_spec *s)
{
	const uint32_t coverage = pkts_be16(p + 4), whole = pkts_builder_length(b, l);
	const uint32_t covered = coverage >= l->head && coverage < whole ? coverage : whole;
	const uint64_t header = pkts_udplite_sum(s) + pkts_opts_sum(s->opts);

	if (pkts_wants_sum(b, l, s->csum))
		pkts_builder_wait(b, l, 6, PKTS_IPPROTO_UDPLITE,
			pkts_builder_sum(b, l, header, covered - l->head));
}

PKTS_INLINE void pkts_sctp_seal(struct pkts_builder *b, const struct pkts_place *l, uint8_t *p,
	const struct pkts_sctp_spec *s)
{
	if (!pkts_wants_sum(b, l, s->csum))
		return;
	uint32_t crc = pkts_crc32c_add(~0u, p, b->end - l->at);
	if (b->rest)
		crc = pkts_crc32c_add(crc, b->rest, b->attached);
	if (b->bytes)
		crc = pkts_builder_crc_attached(b->bytes, b->attached, crc);
	/* RFC 9260 appendix A: the least significant byte goes first. */
	pkts_put_be32(p + 8, __builtin_bswap32(~crc));
}

/* Tunnels */

#define PKTS_IS_PPTP(s) (((s)->version & 7) == 1)

PKTS_INLINE bool pkts_gre_wants_word(const struct pkts_gre_spec *s)
{
	return !PKTS_IS_PPTP(s) &&
	       ((s->csum | s->routing_offset) != 0 || (s->has_csum & 1) || (s->has_routing & 1));
}

PKTS_INLINE bool pkts_gre_wants_key(const struct pkts_gre_spec *s)
{
	return (s->key | s->payload_length | s->call_id) != 0 || (s->has_key & 1) ||
	       PKTS_IS_PPTP(s);
}

PKTS_INLINE bool pkts_gre_wants_seq(const struct pkts_gre_spec *s)
{
	return s->seq != 0 || (s->has_seq & 1);
}

PKTS_INLINE bool pkts_gre_wants_ack(const struct pkts_gre_spec *s)
{
	return PKTS_IS_PPTP(s) && (s->ack != 0 || (s->has_ack & 1));
}

PKTS_INLINE uint32_t pkts_gre_more(const struct pkts_gre_spec *s)
{
	return 4u * (pkts_gre_wants_word(s) + pkts_gre_wants_key(s) + pkts_gre_wants_seq(s) +
			    pkts_gre_wants_ack(s));
}

PKTS_INLINE void pkts_gre_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_gre_spec *s)
{
	(void)l;
	pkts_derive(&s->has_csum, !PKTS_IS_PPTP(s) && s->csum != 0);
	pkts_derive(&s->has_key, pkts_gre_wants_key(s));
	pkts_derive(&s->has_seq, pkts_gre_wants_seq(s));
	pkts_derive(&s->has_ack, pkts_gre_wants_ack(s));
	pkts_derive(&s->protocol, b->inner == PKTS_PROTO_PPP ? (uint16_t)PKTS_ETHERTYPE_PPP
							     : pkts_derive_ethertype(b));
}

PKTS_INLINE uint8_t *pkts_gre_seal_key(struct pkts_builder *b, const struct pkts_place *l,
	uint8_t *p, const struct pkts_gre_spec *s)
{
	if (!PKTS_IS_PPTP(s)) {
		pkts_put_extra(b, p, 32, s->key, "gre", "key");
		return p + 4;
	}
	const uint64_t length = pkts_builder_length(b, l) - l->head;
	pkts_put_extra(
		b, p, 16, s->payload_length ? s->payload_length : length, "gre", "payload_length");
	pkts_put_extra(b, p + 2, 16, s->call_id, "gre", "call_id");
	return p + 4;
}

PKTS_INLINE void pkts_gre_seal(struct pkts_builder *b, const struct pkts_place *l, uint8_t *p,
	const struct pkts_gre_spec *s)
{
	uint8_t *at = p + PKTS_GRE_HEAD;

	if (pkts_gre_wants_word(s)) {
		pkts_put_extra(b, at, 16, s->csum, "gre", "csum");
		pkts_put_extra(b, at + 2, 16, s->routing_offset, "gre", "routing_offset");
		at += 4;
	}
	if (pkts_gre_wants_key(s))
		at = pkts_gre_seal_key(b, l, at, s);
	if (pkts_gre_wants_seq(s)) {
		pkts_put_extra(b, at, 32, s->seq, "gre", "seq");
		at += 4;
	}
	if (pkts_gre_wants_ack(s))
		pkts_put_extra(b, at, 32, s->ack, "gre", "ack");
	if (!PKTS_IS_PPTP(s) && (s->has_csum & 1) && pkts_wants_sum(b, l, s->csum)) {
		struct pkts_cksum header = {0};
		pkts_cksum_add(&header, p, l->head);
		pkts_put_be16(p + 4, pkts_complement(pkts_layer_sum(b, l, header.sum).sum));
	}
}

PKTS_INLINE void pkts_vxlan_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_vxlan_spec *s)
{
	(void)b, (void)l;
	pkts_derive(&s->flags, PKTS_VXLAN_VNI);
}

PKTS_INLINE void pkts_geneve_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_geneve_spec *s)
{
	pkts_derive(&s->opt_length, (l->head - PKTS_GENEVE_HEAD) / 4);
	pkts_derive(&s->protocol, pkts_derive_ethertype(b));
}

/* The optional fields come all together (TS 29.281 5.1). */
PKTS_INLINE uint32_t pkts_gtp_more(const struct pkts_gtp_spec *s)
{
	const bool more = (s->seq | s->npdu | s->next_extension) != 0 || s->opts.len ||
			  ((s->e | s->s | s->pn) & 1);
	return more ? PKTS_GTP_HEAD_OPTIONAL - PKTS_GTP_HEAD : 0;
}

PKTS_INLINE void pkts_gtp_derive(
	struct pkts_builder *b, const struct pkts_place *l, struct pkts_gtp_spec *s)
{
	pkts_derive(&s->version, 1);
	pkts_derive(&s->pt, 1);
	pkts_derive(&s->e, s->next_extension != 0 || s->opts.len != 0);
	pkts_derive(&s->s, s->seq != 0);
	pkts_derive(&s->pn, s->npdu != 0);
	pkts_derive(&s->type, PKTS_GTP_GPDU);
	pkts_derive(&s->length, pkts_builder_length(b, l) - PKTS_GTP_HEAD);
}

PKTS_INLINE void pkts_gtp_seal(struct pkts_builder *b, const struct pkts_place *l, uint8_t *p,
	const struct pkts_gtp_spec *s)
{
	if (l->head == PKTS_GTP_HEAD)
		return;
	pkts_put_extra(b, p + 8, 16, s->seq, "gtp", "seq");
	pkts_put_extra(b, p + 10, 8, s->npdu, "gtp", "npdu");
	pkts_put_extra(b, p + 11, 8, s->next_extension, "gtp", "next_extension");
}

/* clang-format off */
/* C(ID, name, FIELDS, HEAD, UNIT, MORE, SUMS, DERIVE, SEAL): see PKTS_COMPOSER. */
#define PKTS_COMPOSERS(C) \
	C(ETH, eth, PKTS_ETH_FIELDS, PKTS_ETH_HEAD, 1, PKTS_NO_MORE, PKTS_NO_CSUM, pkts_eth_derive, PKTS_NO_SEAL) \
	C(LLC, llc, PKTS_LLC_FIELDS, PKTS_LLC_HEAD, 1, PKTS_LLC_MORE, PKTS_NO_CSUM, pkts_llc_derive, pkts_llc_seal) \
	C(SNAP, snap, PKTS_SNAP_FIELDS, PKTS_SNAP_HEAD, 1, PKTS_NO_MORE, PKTS_NO_CSUM, pkts_snap_derive, PKTS_NO_SEAL) \
	C(VLAN, vlan, PKTS_VLAN_FIELDS, PKTS_VLAN_HEAD, 1, PKTS_NO_MORE, PKTS_NO_CSUM, pkts_vlan_derive, PKTS_NO_SEAL) \
	C(MPLS, mpls, PKTS_MPLS_FIELDS, PKTS_MPLS_HEAD, 1, PKTS_NO_MORE, PKTS_NO_CSUM, pkts_mpls_derive, PKTS_NO_SEAL) \
	C(PPPOE, pppoe, PKTS_PPPOE_FIELDS, PKTS_PPPOE_HEAD, 1, PKTS_NO_MORE, PKTS_NO_CSUM, pkts_pppoe_derive, pkts_pppoe_seal) \
	C(PPP, ppp, PKTS_PPP_FIELDS, PKTS_PPP_HEAD, 1, pkts_ppp_more, PKTS_NO_CSUM, PKTS_NO_DERIVE, pkts_ppp_seal) \
	C(ARP, arp, PKTS_ARP_FIELDS, PKTS_ARP_HEAD, 1, pkts_arp_more, PKTS_NO_CSUM, pkts_arp_derive, pkts_arp_seal) \
	C(IPV4, ipv4, PKTS_IPV4_FIELDS, PKTS_IPV4_HEAD, 4, PKTS_NO_MORE, PKTS_NO_CSUM, pkts_ipv4_derive, pkts_ipv4_seal) \
	C(IPV6, ipv6, PKTS_IPV6_FIELDS, PKTS_IPV6_HEAD, 1, PKTS_NO_MORE, PKTS_NO_CSUM, pkts_ipv6_derive, pkts_ipv6_seal) \
	C(IPV6_HOPOPTS, ipv6_hopopts, PKTS_IPV6_HOPOPTS_FIELDS, PKTS_IPV6_HOPOPTS_HEAD, 8, PKTS_NO_MORE, PKTS_NO_CSUM, \
		pkts_ipv6_hopopts_derive, pkts_ipv6_hopopts_seal) \
	C(IPV6_ROUTING, ipv6_routing, PKTS_IPV6_ROUTING_FIELDS, PKTS_IPV6_ROUTING_HEAD, 8, PKTS_NO_MORE, PKTS_NO_CSUM, \
		pkts_ipv6_routing_derive, pkts_ipv6_routing_seal) \
	C(IPV6_FRAG, ipv6_frag, PKTS_IPV6_FRAG_FIELDS, PKTS_IPV6_FRAG_HEAD, 1, PKTS_NO_MORE, PKTS_NO_CSUM, \
		pkts_ipv6_frag_derive, PKTS_NO_SEAL) \
	C(IPV6_DSTOPTS, ipv6_dstopts, PKTS_IPV6_DSTOPTS_FIELDS, PKTS_IPV6_DSTOPTS_HEAD, 8, PKTS_NO_MORE, PKTS_NO_CSUM, \
		pkts_ipv6_dstopts_derive, pkts_ipv6_dstopts_seal) \
	C(IPV6_MOBILITY, ipv6_mobility, PKTS_IPV6_MOBILITY_FIELDS, PKTS_IPV6_MOBILITY_HEAD, 8, PKTS_NO_MORE, PKTS_NO_CSUM, \
		pkts_ipv6_mobility_derive, pkts_ipv6_mobility_seal) \
	C(IPV6_HIP, ipv6_hip, PKTS_IPV6_HIP_FIELDS, PKTS_IPV6_HIP_HEAD, 8, PKTS_NO_MORE, PKTS_NO_CSUM, \
		pkts_ipv6_hip_derive, pkts_ipv6_hip_seal) \
	C(IPV6_SHIM6, ipv6_shim6, PKTS_IPV6_SHIM6_FIELDS, PKTS_IPV6_SHIM6_HEAD, 8, pkts_ipv6_shim6_more, PKTS_NO_CSUM, \
		pkts_ipv6_shim6_derive, pkts_ipv6_shim6_seal) \
	C(AH, ah, PKTS_AH_FIELDS, PKTS_AH_HEAD, 4, PKTS_NO_MORE, PKTS_NO_CSUM, pkts_ah_derive, PKTS_NO_SEAL) \
	C(ESP, esp, PKTS_ESP_FIELDS, PKTS_ESP_HEAD, 1, PKTS_NO_MORE, PKTS_NO_CSUM, PKTS_NO_DERIVE, PKTS_NO_SEAL) \
	C(ICMP, icmp, PKTS_ICMP_FIELDS, PKTS_ICMP_HEAD, 1, PKTS_NO_MORE, PKTS_CSUM, PKTS_NO_DERIVE, pkts_icmp_seal) \
	C(ICMPV6, icmpv6, PKTS_ICMPV6_FIELDS, PKTS_ICMPV6_HEAD, 1, PKTS_NO_MORE, PKTS_CSUM, PKTS_NO_DERIVE, pkts_icmpv6_seal) \
	C(IGMP, igmp, PKTS_IGMP_FIELDS, PKTS_IGMP_HEAD, 1, PKTS_NO_MORE, PKTS_CSUM, PKTS_NO_DERIVE, pkts_igmp_seal) \
	C(TCP, tcp, PKTS_TCP_FIELDS, PKTS_TCP_HEAD, 4, PKTS_NO_MORE, PKTS_CSUM, pkts_tcp_derive, pkts_tcp_seal) \
	C(UDP, udp, PKTS_UDP_FIELDS, PKTS_UDP_HEAD, 1, PKTS_NO_MORE, PKTS_CSUM, pkts_udp_derive, pkts_udp_seal) \
	C(UDPLITE, udplite, PKTS_UDPLITE_FIELDS, PKTS_UDPLITE_HEAD, 1, PKTS_NO_MORE, PKTS_NO_CSUM, PKTS_NO_DERIVE, pkts_udplite_seal) \
	C(SCTP, sctp, PKTS_SCTP_FIELDS, PKTS_SCTP_HEAD, 1, PKTS_NO_MORE, PKTS_NO_CSUM, PKTS_NO_DERIVE, pkts_sctp_seal) \
	C(GRE, gre, PKTS_GRE_FIELDS, PKTS_GRE_HEAD, 1, pkts_gre_more, PKTS_NO_CSUM, pkts_gre_derive, pkts_gre_seal) \
	C(VXLAN, vxlan, PKTS_VXLAN_FIELDS, PKTS_VXLAN_HEAD, 1, PKTS_NO_MORE, PKTS_NO_CSUM, pkts_vxlan_derive, PKTS_NO_SEAL) \
	C(GENEVE, geneve, PKTS_GENEVE_FIELDS, PKTS_GENEVE_HEAD, 4, PKTS_NO_MORE, PKTS_NO_CSUM, pkts_geneve_derive, PKTS_NO_SEAL) \
	C(GTP, gtp, PKTS_GTP_FIELDS, PKTS_GTP_HEAD, 1, pkts_gtp_more, PKTS_NO_CSUM, pkts_gtp_derive, pkts_gtp_seal) \
	C(SLL, sll, PKTS_SLL_FIELDS, PKTS_SLL_HEAD, 1, PKTS_NO_MORE, PKTS_NO_CSUM, pkts_sll_derive, PKTS_NO_SEAL) \
	C(SLL2, sll2, PKTS_SLL2_FIELDS, PKTS_SLL2_HEAD, 1, PKTS_NO_MORE, PKTS_NO_CSUM, pkts_sll2_derive, PKTS_NO_SEAL) \
	C(NULL, null, PKTS_NULL_FIELDS, PKTS_NULL_HEAD, 1, PKTS_NO_MORE, PKTS_NO_CSUM, pkts_null_derive, PKTS_NO_SEAL) \
	C(RAW, raw, PKTS_RAW_FIELDS, PKTS_RAW_HEAD, 1, PKTS_NO_MORE, PKTS_NO_CSUM, PKTS_NO_DERIVE, PKTS_NO_SEAL)
/* clang-format on */
PKTS_COMPOSERS(PKTS_COMPOSER)

/* Payload. */

PKTS_INLINE bool pkts_payload_put(
	struct pkts_builder *b, struct pkts_place *place, const struct pkts_payload_spec *s)
{
	const uint32_t end = b->end;

	if (PKTS_UNLIKELY(b->rest != NULL)) { /* it would stand before what it is to follow */
		b->layer = "payload";
		return false;
	}
	if (s->bytes != NULL) {
		if (PKTS_UNLIKELY(s->len > PKTS_LAYER_LEN_MAX)) {
			b->layer = "payload";
			return false;
		}
		b->bytes = s->bytes;
		b->attached = s->len;
		b->inner = PKTS_PROTO_NONE;
		return true;
	}
	if (PKTS_UNLIKELY(b->split && s->len > b->cap - b->len && !b->bytes && !s->padding &&
			  s->len <= PKTS_LAYER_LEN_MAX)) {
		b->rest = s->p;
		b->attached = s->len;
		b->inner = PKTS_PROTO_NONE;
		return true;
	}
	const bool sums = b->sums && !s->padding;
	if (!pkts_builder_put(b, place, "payload", s->len, false))
		return false;
	if (sums) {
		/* Not in b: while nobody else knows where that is, it stays in registers. */
		struct pkts_cksum sum = {0};
		pkts_cksum_copy(&sum, b->data + place->at, s->p, s->len);
		b->payload_sum = sum;
	} else if (s->len) {
		__builtin_memcpy(b->data + place->at, s->p, s->len);
	}
	if (s->padding) {
		b->end = end;
		return true;
	}
	b->payload_summed = sums;
	return true;
}

PKTS_INLINE void pkts_payload_finish(
	struct pkts_builder *b, const struct pkts_place *place, const struct pkts_payload_spec *s)
{
	(void)place, (void)s;
	b->inner = PKTS_PROTO_NONE;
	b->inner_type = 0;
}

#endif
