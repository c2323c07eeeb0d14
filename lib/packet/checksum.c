/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_checksum.h"

#include "pkts_cksum.h"
#include "pkts_protocols.h"
#include "sums.h"

/* What has to be summed: bytes of the packet, and the pseudo-header of which IP layer (or none). */
struct cover {
	const struct pkts_packet *packet;
	const struct pkts_bytes *bytes;
	uint32_t off;
	uint32_t len;	     /* of the bytes */
	uint32_t pseudo_len; /* as the pseudo-header has it */
	uint8_t protocol;    /* as the pseudo-header has it */
};

const char *pkts_checksum_name(enum pkts_checksum checksum)
{
	static const char *const names[PKTS_CHECKSUM_MAX] = {
		"none", "good", "bad", "absent", "unverified"};
	return names[(unsigned)checksum < PKTS_CHECKSUM_MAX ? checksum : PKTS_CHECKSUM_NONE];
}

static void walk_bytes(
	const struct cover *c, uint32_t off, uint32_t len, pkts_bytes_add *add, void *ctx)
{
	if (c->bytes)
		c->bytes->walk(c->bytes->owner, off, len, add, ctx);
	else
		add(ctx, c->packet->data + off, len);
}

static void add_sum(void *ctx, const uint8_t *p, uint32_t n)
{
	pkts_cksum_add(ctx, p, n);
}

static void add_crc(void *ctx, const uint8_t *p, uint32_t n)
{
	uint32_t *const crc = ctx;
	*crc = pkts_crc32c_add(*crc, p, n);
}

/* Where a datagram comes from: a mobile node away from home tells in an option (RFC 6275 11.3.1).
 */
static const uint8_t *first_source(const struct pkts_packet *packet, unsigned ip, unsigned l4)
{
	struct pkts_tlv option;

	for (unsigned i = ip + 1; i < l4; i++) {
		if (packet->layers[i].proto != PKTS_PROTO_IPV6_DSTOPTS)
			continue;
		struct pkts_tlv_iter it =
			pkts_ipv6_dstopts_options(pkts_ipv6_dstopts_at(pkts_packet_ref(packet, i)));
		while (pkts_ipv6_option_next(&it, &option))
			if (option.type == PKTS_IPV6_OPTION_HOME_ADDRESS && option.len == 16)
				return option.data;
	}
	return pkts_ipv6_src(pkts_ipv6_at(pkts_packet_ref(packet, ip)));
}

/* Where it goes to: a routing header holds the last node, until that is the next one (RFC
 * 8200 8.1). Of several the innermost: its way begins where that of the one before it ends. */
static const uint8_t *final_destination(const struct pkts_packet *packet, unsigned ip, unsigned l4)
{
	for (unsigned i = l4; --i > ip;) {
		if (packet->layers[i].proto != PKTS_PROTO_IPV6_ROUTING)
			continue;
		const struct pkts_ipv6_routing routing =
			pkts_ipv6_routing_at(pkts_packet_ref(packet, i));
		const uint8_t *const last = pkts_ipv6_routing_final(routing);
		if (last)
			return last;
	}
	return pkts_ipv6_dst(pkts_ipv6_at(pkts_packet_ref(packet, ip)));
}

/* Adds the pseudo-header (RFC 9293 3.1, RFC 8200 8.1). False if there is no IP header below layer
 * l4. */
static bool add_pseudo(struct pkts_cksum *sum, const struct cover *c, unsigned l4)
{
	/* Where a packet goes to is the same for all its headers. */
	while (l4 < c->packet->n && pkts_is_ipv6_ext(c->packet->layers[l4].proto))
		l4++;
	for (unsigned i = l4; i-- > 0;) {
		const struct pkts_ref r = pkts_packet_ref(c->packet, i);
		switch (c->packet->layers[i].proto) {
		case PKTS_PROTO_IPV4:
			pkts_cksum_add32(sum, pkts_ipv4_src(pkts_ipv4_at(r)));
			pkts_cksum_add32(sum, pkts_ipv4_final(pkts_ipv4_at(r)));
			break;
		case PKTS_PROTO_IPV6:
			pkts_cksum_add(sum, first_source(c->packet, i, l4), 16);
			pkts_cksum_add(sum, final_destination(c->packet, i, l4), 16);
			break;
		default:
			continue;
		}
		pkts_cksum_add32(sum, c->pseudo_len);
		pkts_cksum_add16(sum, c->protocol);
		return true;
	}
	return false;
}

bool sums_add_pseudo(struct pkts_cksum *sum, const struct pkts_packet *packet, unsigned i,
	uint32_t len, uint8_t protocol)
{
	const struct cover c = {.packet = packet, .pseudo_len = len, .protocol = protocol};

	return add_pseudo(sum, &c, i);
}

static enum pkts_checksum verify_sum(const struct cover *c, struct pkts_cksum sum)
{
	walk_bytes(c, c->off, c->len, add_sum, &sum);
	return pkts_cksum_fold(&sum) == 0xffff ? PKTS_CHECKSUM_GOOD : PKTS_CHECKSUM_BAD;
}

static enum pkts_checksum verify_pseudo(const struct cover *c, unsigned l4)
{
	struct pkts_cksum sum = {0};
	return add_pseudo(&sum, c, l4) ? verify_sum(c, sum) : PKTS_CHECKSUM_UNVERIFIED;
}

static enum pkts_checksum verify_sctp(const struct cover *c, uint32_t held)
{
	static const uint8_t zero[4];
	uint32_t crc = ~0u;

	walk_bytes(c, c->off, 8, add_crc, &crc);
	crc = pkts_crc32c_add(crc, zero, sizeof(zero));
	walk_bytes(c, c->off + PKTS_SCTP_HEAD, c->len - PKTS_SCTP_HEAD, add_crc, &crc);
	/* RFC 9260 appendix A: the CRC's least significant byte goes first on the wire. */
	return ~crc == __builtin_bswap32(held) ? PKTS_CHECKSUM_GOOD : PKTS_CHECKSUM_BAD;
}

static enum pkts_checksum verify_udplite(struct cover *c, struct pkts_udplite v, unsigned i)
{
	const uint32_t coverage = pkts_udplite_coverage(v);

	if (coverage)
		c->len = PKTS_MIN(c->len, coverage);
	if (coverage && coverage < PKTS_UDPLITE_HEAD)
		return PKTS_CHECKSUM_BAD;
	return pkts_udplite_csum(v) ? verify_pseudo(c, i) : PKTS_CHECKSUM_BAD;
}

/* Is layer i part of a fragment, behind the header that says so? Then its end is elsewhere. */
static bool inside_fragment(const struct pkts_packet *packet, unsigned i)
{
	if (!(packet->flags & PKTS_PACKET_FRAGMENT))
		return false;
	while (i-- > 0) {
		const struct pkts_ref r = pkts_packet_ref(packet, i);
		if (packet->layers[i].proto == PKTS_PROTO_IPV4 &&
			pkts_ipv4_is_fragment(pkts_ipv4_at(r)))
			return true;
		if (packet->layers[i].proto == PKTS_PROTO_IPV6_FRAG &&
			pkts_ipv6_frag_is_fragment(pkts_ipv6_frag_at(r)))
			return true;
	}
	return false;
}

/* Does the IP header below layer i claim more than is there? In a quotation that is usual. */
static bool inside_cut_quote(const struct pkts_packet *packet, unsigned i)
{
	if (!(packet->flags & PKTS_PACKET_QUOTE))
		return false;
	while (i-- > 0) {
		const struct pkts_layer l = packet->layers[i];
		const struct pkts_ref r = pkts_packet_ref(packet, i);
		if (l.proto == PKTS_PROTO_IPV4)
			return pkts_ipv4_total_length(pkts_ipv4_at(r)) > l.len;
		if (l.proto == PKTS_PROTO_IPV6)
			return PKTS_IPV6_HEAD +
				       (uint32_t)pkts_ipv6_payload_length(pkts_ipv6_at(r)) >
			       l.len;
	}
	return false;
}

/* Are bytes that a transport checksum covers missing? */
static bool lacks_bytes(const struct pkts_packet *packet, unsigned i, struct pkts_ref r)
{
	const struct pkts_layer l = packet->layers[i];

	return r.len < l.len || inside_fragment(packet, i) || inside_cut_quote(packet, i) ||
	       (l.proto == PKTS_PROTO_UDP && pkts_udp_length(pkts_udp_at(r)) > l.len);
}

static enum pkts_checksum verify_ipv4(struct pkts_ref r)
{
	struct pkts_cksum sum = {0};
	pkts_cksum_add(&sum, r.p, r.head);
	return pkts_cksum_fold(&sum) == 0xffff ? PKTS_CHECKSUM_GOOD : PKTS_CHECKSUM_BAD;
}

/* Of an extension header, which is all that it covers. */
static enum pkts_checksum verify_head(const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_layer l = packet->layers[i];
	struct cover c = {packet, NULL, l.off, l.head, l.head, 0};

	switch (l.proto) {
	case PKTS_PROTO_IPV6_MOBILITY:
		c.protocol = PKTS_IPPROTO_MOBILITY;
		return verify_pseudo(&c, i);
	case PKTS_PROTO_IPV6_HIP:
		c.protocol = PKTS_IPPROTO_HIP;
		return verify_pseudo(&c, i);
	default:
		return pkts_ipv6_shim6_control(pkts_ipv6_shim6_at(pkts_packet_ref(packet, i))).p
			       ? verify_sum(&c, (struct pkts_cksum){0})
			       : PKTS_CHECKSUM_NONE;
	}
}

static enum pkts_checksum verify_transport(struct cover *c, unsigned i, struct pkts_ref r)
{
	switch (c->packet->layers[i].proto) {
	case PKTS_PROTO_TCP:
		c->protocol = PKTS_IPPROTO_TCP;
		return verify_pseudo(c, i);
	case PKTS_PROTO_UDP:
		c->protocol = PKTS_IPPROTO_UDP;
		return verify_pseudo(c, i);
	case PKTS_PROTO_UDPLITE:
		c->protocol = PKTS_IPPROTO_UDPLITE;
		return verify_udplite(c, pkts_udplite_at(r), i);
	case PKTS_PROTO_ICMPV6:
		c->protocol = PKTS_IPPROTO_ICMPV6;
		return verify_pseudo(c, i);
	case PKTS_PROTO_ICMP:
	case PKTS_PROTO_IGMP:
		return verify_sum(c, (struct pkts_cksum){0});
	default:
		return verify_sctp(c, pkts_sctp_csum(pkts_sctp_at(r)));
	}
}

static const uint64_t has_transport_checksum =
	UINT64_C(1) << PKTS_PROTO_TCP | UINT64_C(1) << PKTS_PROTO_UDP |
	UINT64_C(1) << PKTS_PROTO_UDPLITE | UINT64_C(1) << PKTS_PROTO_ICMPV6 |
	UINT64_C(1) << PKTS_PROTO_ICMP | UINT64_C(1) << PKTS_PROTO_IGMP |
	UINT64_C(1) << PKTS_PROTO_SCTP;

enum pkts_checksum pkts_packet_checksum(
	const struct pkts_packet *packet, unsigned i, const struct pkts_bytes *bytes)
{
	const struct pkts_layer l = packet->layers[i];
	const struct pkts_ref r = pkts_packet_ref(packet, i);
	struct cover c = {packet, bytes, l.off, l.len, l.len, 0};

	if (l.proto == PKTS_PROTO_IPV4)
		return verify_ipv4(r);
	if (sums_is_of_header(l.proto))
		return verify_head(packet, i);
	if (!(has_transport_checksum >> l.proto & 1))
		return PKTS_CHECKSUM_NONE;
	if (l.proto == PKTS_PROTO_UDP && pkts_udp_csum(pkts_udp_at(r)) == 0)
		return PKTS_CHECKSUM_ABSENT;
	if (lacks_bytes(packet, i, r))
		return PKTS_CHECKSUM_UNVERIFIED;
	return verify_transport(&c, i, r);
}
