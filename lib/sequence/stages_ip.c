/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* IP reassembly as a stage of a stack. */
#include "pkts_ipv6_ext.h"
#include "pkts_protocols.h"
#include "pkts_seq_stages.h"
#include "pkts_siphash.h"

#define LINK_RAW   101
#define NO_CONTEXT UINT32_MAX /* of a datagram: nothing to be freed */

static void release(const struct pkts_hold *hold, void *owner)
{
	if (owner && hold->release)
		hold->release(hold->ctx, owner);
}

static void give_back(struct pkts_ipfrag_stage *s)
{
	if (s->buffer && s->buffers.release)
		s->buffers.release(s->buffers.ctx, s->buffer);
	s->buffer = NULL;
	pkts_ipfrag_free(s->table, &s->lent.datagram);
	release(&s->hold, s->lent.owner);
	s->lent.owner = NULL;
}

/* The units below */

static bool is_ip(const struct pkts_packet *packet, unsigned i)
{
	return i < packet->n && (packet->layers[i].proto == PKTS_PROTO_IPV4 ||
					packet->layers[i].proto == PKTS_PROTO_IPV6);
}

/* The bytes alone, decoded: which layer is the IP header. */
static bool decode(const struct pkts_unit *in, struct pkts_packet *packet, unsigned *layer)
{
	const struct pkts_frame f = {.data = (uint8_t *)(uintptr_t)in->piece.p,
		.head = in->piece.len,
		.len = in->piece.len,
		.wire = in->piece.len,
		.link = LINK_RAW};

	pkts_decode(NULL, &f, packet);
	for (*layer = 0; *layer < packet->n && !is_ip(packet, *layer); ++*layer)
		;
	return *layer < packet->n && packet->layers[*layer].off == 0;
}

/* The layer to be put: the fragment header, if this packet is a fragment by one, or the IP header. */
static unsigned fragment_layer(const struct pkts_packet *packet, unsigned ip)
{
	unsigned i = ip + 1;

	while (i < packet->n && packet->layers[i].proto != PKTS_PROTO_IPV6_FRAG &&
		pkts_is_ipv6_ext(packet->layers[i].proto))
		i++;
	return i < packet->n && packet->layers[i].proto == PKTS_PROTO_IPV6_FRAG &&
			       pkts_ipv6_frag_is_fragment(
				       pkts_ipv6_frag_at(pkts_packet_ref(packet, i)))
		       ? i
		       : ip;
}

static struct pkts_piece behind(
	const struct pkts_unit *in, const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_ref r = pkts_packet_ref(packet, i);
	return (struct pkts_piece){r.p + r.head, r.len - r.head, in->piece.cost, in->piece.owner};
}

/*
 * Puts a packet. READY: *kept is what comes next; it may be the packet itself, whose bytes are the
 * caller's: *own. Negative: it is no IP packet.
 */
static int put(struct pkts_ipfrag_stage *s, const struct pkts_unit *in,
	struct pkts_ipfrag_kept *kept, bool *own)
{
	const struct pkts_packet *packet = in->packet;
	struct pkts_packet decoded;
	unsigned ip = in->layer, i;

	if (in->fleeting)
		return -PKTS_EINVAL;
	if (in->kind != PKTS_UNIT_DATA)
		return -PKTS_EBADMSG;
	if (packet ? !is_ip(packet, ip) : !decode(in, &decoded, &ip))
		return -PKTS_EBADMSG;
	packet = packet ? packet : &decoded;
	i = fragment_layer(packet, ip);
	const struct pkts_piece piece = behind(in, packet, i);
	pkts_ipfrag_set_domain(s->table, in->domain);
	*kept = (struct pkts_ipfrag_kept){.datagram.context = NO_CONTEXT, .domain = in->domain};
	const enum pkts_ipfrag_verdict verdict =
		pkts_ipfrag_put_get(s->table, packet, i, &piece, in->now_ns, &kept->datagram);
	*own = verdict == PKTS_IPFRAG_READY && kept->datagram.whole.p == piece.p;
	return (int)verdict;
}

/* The units above */

static uint32_t domain_of(
	const struct pkts_ipfrag_stage *s, const struct pkts_datagram *d, uint32_t below)
{
	const bool v4 = d->family == 4;
	uint8_t bytes[5 + 32];
	const uint32_t n = v4 ? 8 : 32;

	pkts_put_be32(bytes, below);
	bytes[4] = d->family;
	__builtin_memcpy(bytes + 5, d->header.p + (v4 ? 12 : 8), n);
	return (uint32_t)pkts_siphash13(&s->key, bytes, 5 + n);
}

static uint8_t direction_of(const struct pkts_datagram *d)
{
	const uint8_t *const src = d->header.p + (d->family == 4 ? 12 : 8);
	const uint32_t n = d->family == 4 ? 4 : 16;

	return __builtin_memcmp(src, src + n, n) > 0;
}

/* An extension header that says nothing of where the bytes behind it belong; its length, or 0. */
static uint32_t extension_len(const struct pkts_piece *piece, uint32_t protocol)
{
	if (piece->len < 8)
		return 0;
	switch (protocol) {
	case PKTS_IPPROTO_AH:
	case PKTS_IPPROTO_SHIM6:
		return 0;
	case PKTS_IPPROTO_FRAGMENT: /* an atomic one only */
		return pkts_be16(piece->p + 2) & 0xfff9 ? 0 : 8;
	default:
		return pkts_ipv6_ext_len((uint8_t)protocol, piece->p);
	}
}

/* Steps over extension headers at the beginning of what an IPv6 packet carries. */
static void strip_extensions(struct pkts_piece *piece, uint32_t *protocol)
{
	uint32_t n;

	while ((n = extension_len(piece, *protocol)) && n <= piece->len) {
		*protocol = piece->p[0];
		piece->p += n;
		piece->len -= n;
	}
}

static bool take_buffer(struct pkts_ipfrag_stage *s, uint32_t len, struct pkts_piece *buffer)
{
	if (!s->buffers.take) {
		*buffer = (struct pkts_piece){.p = s->buffers.fixed, .len = len};
		return s->buffers.fixed && len <= 65535;
	}
	if (!s->buffers.take(s->buffers.ctx, len, buffer))
		return false;
	s->buffer = buffer->owner;
	buffer->len = len;
	return true;
}

/* All of a datagram's payload in one piece: the piece that it is, or a copy. */
static bool join(struct pkts_ipfrag_stage *s, const struct pkts_datagram *d, struct pkts_unit *out)
{
	uint32_t at = 0, done = 0;
	struct pkts_piece piece = {0};

	if (!pkts_datagram_next(d, &at, &piece) || piece.len == d->len) {
		out->piece = piece;
		return true;
	}
	if (!take_buffer(s, d->len, &out->piece))
		return false;
	do {
		__builtin_memcpy((uint8_t *)(uintptr_t)out->piece.p + done, piece.p, piece.len);
		done += piece.len;
	} while (pkts_datagram_next(d, &at, &piece));
	out->fleeting = !s->buffers.take;
	return true;
}

/* The datagram in `lent` as a unit. */
static int unit_of_lent(struct pkts_ipfrag_stage *s, struct pkts_unit *out)
{
	const struct pkts_datagram *const d = &s->lent.datagram;

	*out = (struct pkts_unit){.kind = PKTS_UNIT_DATA,
		.now_ns = d->last_ns,
		.type = d->protocol,
		.dir = direction_of(d),
		.domain = domain_of(s, d, s->lent.domain)};
	if (!join(s, d, out)) {
		s->lost++;
		return -PKTS_ENOSPC;
	}
	if (d->family == 6)
		strip_extensions(&out->piece, &out->type);
	return 0;
}

static int ip_get(void *ctx, struct pkts_unit *out)
{
	struct pkts_ipfrag_stage *const s = ctx;

	give_back(s);
	if (s->n == 0)
		return -PKTS_EAGAIN;
	s->lent = s->kept[s->first];
	s->first = (s->first + 1) % PKTS_IPFRAG_STAGE_KEEPS;
	s->n--;
	return unit_of_lent(s, out);
}

static int ip_put(void *ctx, const struct pkts_unit *in)
{
	struct pkts_ipfrag_stage *const s = ctx;
	struct pkts_ipfrag_kept *const kept = &s->kept[(s->first + s->n) % PKTS_IPFRAG_STAGE_KEEPS];
	bool own;

	if (s->n == PKTS_IPFRAG_STAGE_KEEPS)
		return -PKTS_ENOSPC;
	const int verdict = put(s, in, kept, &own);
	if (verdict < 0)
		return verdict;
	s->n += verdict == PKTS_IPFRAG_READY;
	if (own && s->hold.hold) {
		kept->owner = in->piece.owner;
		s->hold.hold(s->hold.ctx, kept->owner);
	}
	return 0;
}

static int ip_put_get(void *ctx, const struct pkts_unit *in, struct pkts_unit *out)
{
	struct pkts_ipfrag_stage *const s = ctx;
	bool own;
	int result;

	give_back(s);
	if (s->n > 0) { /* that comes first */
		result = ip_put(s, in);
		return result ? result : ip_get(s, out);
	}
	result = put(s, in, &s->lent, &own);
	if (result < 0)
		return result;
	return result == PKTS_IPFRAG_READY ? unit_of_lent(s, out) : -PKTS_EAGAIN;
}

struct pkts_seq_stage pkts_ipfrag_stage(struct pkts_ipfrag_stage *stage)
{
	static const struct pkts_seq_stage_ops ops = {
		.put = ip_put, .get = ip_get, .put_get = ip_put_get};

	stage->lent.datagram.context = NO_CONTEXT;
	return (struct pkts_seq_stage){.ops = &ops, .ctx = stage, .bounded = true};
}

void pkts_ipfrag_stage_fini(struct pkts_ipfrag_stage *stage)
{
	struct pkts_unit out;

	while (stage->n > 0)
		ip_get(stage, &out);
	give_back(stage);
}
