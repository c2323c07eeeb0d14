/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "sums.h"

#include "pkts_protocols.h"

/* Where a protocol has its checksum, and what else that covers. */
struct form {
	uint8_t at;	  /* of the field in the header */
	uint8_t protocol; /* in the pseudo-header; 0: none */
	bool header;	  /* covers no more than the header */
	bool optional;	  /* 0 says that there is none, and is never the result */
};

static const struct form forms[PKTS_PROTO_MAX] = {
	[PKTS_PROTO_IPV4] = {.at = 10, .header = true},
	[PKTS_PROTO_IPV6_MOBILITY] = {.at = 4, .protocol = PKTS_IPPROTO_MOBILITY, .header = true},
	[PKTS_PROTO_IPV6_HIP] = {.at = 4, .protocol = PKTS_IPPROTO_HIP, .header = true},
	[PKTS_PROTO_IPV6_SHIM6] = {.at = 4, .header = true},
	[PKTS_PROTO_TCP] = {.at = 16, .protocol = PKTS_IPPROTO_TCP},
	[PKTS_PROTO_UDP] = {.at = 6, .protocol = PKTS_IPPROTO_UDP, .optional = true},
	[PKTS_PROTO_UDPLITE] = {.at = 6, .protocol = PKTS_IPPROTO_UDPLITE, .optional = true},
	[PKTS_PROTO_ICMP] = {.at = 2},
	[PKTS_PROTO_ICMPV6] = {.at = 2, .protocol = PKTS_IPPROTO_ICMPV6},
	[PKTS_PROTO_IGMP] = {.at = 2},
	[PKTS_PROTO_GRE] = {.at = 4},
	[PKTS_PROTO_SCTP] = {.at = 8},
};

struct stretch {
	uint32_t from, to;
};

static bool has_field(const struct pkts_packet *packet, unsigned i)
{
	const enum pkts_proto proto = packet->layers[i].proto;
	const struct pkts_ref r = pkts_packet_ref(packet, i);
	const struct pkts_gre gre = pkts_gre_at(r);

	if (proto == PKTS_PROTO_GRE)
		return pkts_gre_version(gre) == 0 && pkts_gre_has_csum(gre);
	if (proto == PKTS_PROTO_IPV6_SHIM6)
		return pkts_ipv6_shim6_control(pkts_ipv6_shim6_at(r)).p != NULL;
	return forms[proto].at != 0;
}

bool sums_is_of_header(enum pkts_proto proto)
{
	return forms[proto].header;
}

uint32_t sums_field(const struct pkts_packet *packet, unsigned i, uint32_t *n)
{
	const struct pkts_layer l = packet->layers[i];

	*n = 0;
	if (has_field(packet, i))
		*n = l.proto == PKTS_PROTO_SCTP ? 4 : 2;
	return (uint32_t)l.off + forms[l.proto].at;
}

/* The bytes of the packet that the checksum of layer i is over. */
static struct stretch cover(const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_ref r = pkts_packet_ref(packet, i);
	const uint32_t off = packet->layers[i].off;
	uint32_t n = forms[packet->layers[i].proto].header ? r.head : r.len;

	if (packet->layers[i].proto == PKTS_PROTO_UDPLITE) {
		const uint32_t coverage = pkts_udplite_coverage(pkts_udplite_at(r));
		if (coverage >= PKTS_UDPLITE_HEAD)
			n = PKTS_MIN(n, coverage);
	}
	return (struct stretch){off, off + n};
}

static struct stretch meet(struct stretch a, struct stretch b)
{
	const uint32_t from = a.from > b.from ? a.from : b.from, to = PKTS_MIN(a.to, b.to);

	return (struct stretch){from, to > from ? to : from};
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

static void walk(const void *owner, uint32_t off, uint32_t len, pkts_bytes_add *add, void *ctx)
{
	const struct pkts_packet *const packet = owner;

	if (off < packet->len)
		add(ctx, packet->data + off, PKTS_MIN(len, packet->len - off));
}

struct pkts_bytes sums_flat(const struct pkts_packet *packet)
{
	return (struct pkts_bytes){walk, packet};
}

/* Adds a stretch to a sum that starts at `start`. */
static void add_stretch(
	struct pkts_cksum *sum, const struct pkts_bytes *bytes, struct stretch s, uint32_t start)
{
	sum->odd = (s.from - start) & 1;
	if (s.to > s.from)
		bytes->walk(bytes->owner, s.from, s.to - s.from, add_sum, sum);
}

static uint16_t sum_of(const struct pkts_packet *packet, const struct pkts_bytes *bytes, unsigned i,
	struct stretch within)
{
	const struct pkts_layer l = packet->layers[i];
	const struct form form = forms[l.proto];
	const struct stretch all = cover(packet, i);
	const uint32_t field = all.from + form.at;
	struct pkts_cksum sum = {0};

	if (form.protocol)
		sums_add_pseudo(&sum, packet, i, form.header ? l.head : l.len, form.protocol);
	add_stretch(&sum, bytes, meet(meet(all, within), (struct stretch){0, field}), all.from);
	add_stretch(&sum, bytes, meet(meet(all, within), (struct stretch){field + 2, UINT32_MAX}),
		all.from);
	return pkts_cksum_fold(&sum);
}

/* All of it, or nothing where no byte of it is meant: a CRC cannot do with a part. */
static uint32_t crc_of(const struct pkts_packet *packet, const struct pkts_bytes *bytes, unsigned i,
	struct stretch within)
{
	static const uint8_t zero[4];
	const struct stretch all = cover(packet, i), here = meet(all, within);
	uint32_t crc = ~0u;

	if (here.from == here.to)
		return 0;
	bytes->walk(bytes->owner, all.from, 8, add_crc, &crc);
	crc = pkts_crc32c_add(crc, zero, sizeof(zero));
	bytes->walk(bytes->owner, all.from + PKTS_SCTP_HEAD, all.to - all.from - PKTS_SCTP_HEAD,
		add_crc, &crc);
	return crc;
}

void sums_take(struct sums *s, const struct pkts_packet *packet, const struct pkts_bytes *bytes,
	uint32_t from, uint32_t to)
{
	const struct stretch within = {from, to};

	s->has = 0;
	for (unsigned i = 0; i < packet->n; i++) {
		if (!has_field(packet, i))
			continue;
		s->has |= 1u << i;
		s->part[i] = packet->layers[i].proto == PKTS_PROTO_SCTP
				     ? crc_of(packet, bytes, i, within)
				     : sum_of(packet, bytes, i, within);
	}
}

/* The changes that inner checksums are to outer ones, while these are mended. */
struct settling {
	const struct sums_edit *edit;
	struct pkts_packet *packet;
	const struct pkts_bytes *bytes;
	uint64_t more[PKTS_PACKET_LAYERS];
};

/* Writes a word of a checksum field, and tells the layers around. */
static void write_word(struct settling *s, unsigned i, uint32_t at, uint16_t x)
{
	const uint16_t old = pkts_be16(s->packet->data + at);

	pkts_put_be16(s->packet->data + at, x);
	for (unsigned k = 0; k < i; k++) {
		const struct stretch c = cover(s->packet, k);
		if (at < c.from || at >= c.to)
			continue;
		const bool odd = (at - c.from) & 1;
		s->more[k] += 0xffffu - (odd ? __builtin_bswap16(old) : old) +
			      (odd ? __builtin_bswap16(x) : x);
	}
}

/* Nothing but zeros sums up to 0, whose complement is the only checksum that is all ones. */
static bool covers_nothing_but_zeros(const struct settling *s, unsigned i)
{
	return sum_of(s->packet, s->bytes, i, (struct stretch){0, UINT32_MAX}) == 0;
}

/* RFC 1624 eqn. 3: the complement of what the sum becomes. */
static void mend_sum(struct settling *s, unsigned i, uint16_t before, uint16_t after)
{
	const struct form form = forms[s->packet->layers[i].proto];
	const uint32_t at = (uint32_t)s->packet->layers[i].off + form.at;
	const uint16_t csum = pkts_be16(s->packet->data + at);
	const struct pkts_cksum sum = {
		.sum = (uint64_t)(uint16_t)~csum + (uint16_t)~before + after + s->more[i]};
	uint16_t x = (uint16_t)~pkts_cksum_fold(&sum);

	if ((before == after && s->more[i] == 0) || (form.optional && csum == 0))
		return;
	if (x == 0 && (form.optional || covers_nothing_but_zeros(s, i)))
		x = 0xffff;
	write_word(s, i, at, x);
}

/* CRCs of messages of one length differ by what the messages do, whatever they have in common. */
static void mend_crc(struct settling *s, unsigned i, uint32_t before, uint32_t after)
{
	const uint32_t at = (uint32_t)s->packet->layers[i].off + forms[PKTS_PROTO_SCTP].at;
	/* RFC 9260 appendix A: the least significant byte goes first. */
	const uint32_t x = pkts_be32(s->packet->data + at) ^ __builtin_bswap32(before ^ after);

	if (before == after)
		return;
	write_word(s, i, at, (uint16_t)(x >> 16));
	write_word(s, i, at + 2, (uint16_t)x);
}

/* Is not all that layer i covers here? */
static bool is_piece(const struct pkts_packet *packet, unsigned i)
{
	return packet->flags & PKTS_PACKET_FRAGMENT ||
	       pkts_packet_ref(packet, i).len < packet->layers[i].len;
}

static void settle_layer(struct settling *s, unsigned i)
{
	const struct sums_edit *const e = s->edit;
	const unsigned was = e->was[i];
	const bool known = was != SUMS_NONE && e->before->has >> was & 1;
	const uint32_t before = known ? e->before->part[was] : 0;
	const uint32_t after = known ? e->after->part[i] : 0;

	if (!(e->after->has >> i & 1) || e->keep >> i & 1)
		return;
	if (s->packet->layers[i].proto != PKTS_PROTO_SCTP)
		mend_sum(s, i, (uint16_t)before, (uint16_t)after);
	else if (!is_piece(s->packet, i))
		mend_crc(s, i, before, after);
}

void sums_settle(
	const struct sums_edit *e, struct pkts_packet *packet, const struct pkts_bytes *bytes)
{
	struct settling s = {.edit = e, .packet = packet, .bytes = bytes};

	for (unsigned i = packet->n; i-- > 0;)
		settle_layer(&s, i);
}

bool sums_make(struct pkts_packet *packet, const struct pkts_bytes *bytes, unsigned i)
{
	const struct form form = forms[packet->layers[i].proto];
	const struct stretch all = {0, UINT32_MAX};
	uint8_t *const p = packet->data + packet->layers[i].off + form.at;

	if (!has_field(packet, i))
		return false;
	if (packet->layers[i].proto == PKTS_PROTO_SCTP) {
		pkts_put_be32(p, __builtin_bswap32(~crc_of(packet, bytes, i, all)));
		return true;
	}
	const uint16_t x = (uint16_t)~sum_of(packet, bytes, i, all);
	pkts_put_be16(p, x == 0 && form.optional ? 0xffff : x);
	return true;
}
