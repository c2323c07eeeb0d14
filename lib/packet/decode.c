/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Finds the layers of a frame: one check a layer, in a switch that the compiler can see through. */
#if defined(__GNUC__) && !defined(__clang__)
/* What is readable and what is left are one number here: GCC would double it in a vector register for
 * each layer, in case that a check needs both. */
#pragma GCC optimize("no-tree-slp-vectorize")
#endif
#include "pkts_start.h"

#define MAX_TUNNELS 4

/* Where a walk through a frame stands. */
struct walk {
	uint8_t *data;
	uint32_t head;	       /* readable bytes */
	uint32_t held;	       /* captured ones: more, if the rest is in further segments */
	uint32_t end;	       /* where the layer below ends, on the wire */
	uint32_t off;	       /* of the next layer */
	enum pkts_proto proto; /* of the next layer */
	uint8_t n, flags, tunnels;
	bool inside_ip; /* an IP header since the last Ethernet header */
};

enum pkts_proto pkts_link_proto(uint16_t link)
{
	switch (link) {
	case PKTS_LINK_ETHERNET:
		return PKTS_PROTO_ETH;
	case 0:	  /* NULL: address family in the byte order of the capturing host */
	case 108: /* LOOP: in network order */
		return PKTS_PROTO_NULL;
	case 12: /* RAW, as some systems number it */
	case 14:
	case 101: /* RAW */
		return PKTS_PROTO_RAW;
	case 228:
		return PKTS_PROTO_IPV4;
	case 229:
		return PKTS_PROTO_IPV6;
	case 9:	 /* PPP */
	case 50: /* PPP in HDLC-like framing */
		return PKTS_PROTO_PPP;
	case 51: /* PPPoE */
		return PKTS_PROTO_PPPOE;
	case 113:
		return PKTS_PROTO_SLL;
	case 276:
		return PKTS_PROTO_SLL2;
	default:
		return PKTS_PROTO_NONE;
	}
}

void pkts_decoder_set_next(
	struct pkts_decoder *d, enum pkts_proto proto, pkts_next_fn *next, void *ctx)
{
	const uint64_t bit = UINT64_C(1) << proto;

	d->next[proto] = next;
	d->ctx[proto] = ctx;
	d->replaced = next ? d->replaced | bit : d->replaced & ~bit;
}

/* The check of a layer. Everything but a fragment's flag is in its answer. */
PKTS_INLINE struct pkts_check check(struct walk *w, struct pkts_ref s)
{
	struct pkts_check c;

	switch (w->proto) {
	case PKTS_PROTO_ETH:
		return pkts_eth_check(s);
	case PKTS_PROTO_VLAN:
		return pkts_vlan_check(s);
	case PKTS_PROTO_IPV4:
		c = pkts_ipv4_check(s);
		if (!c.fatal && pkts_ipv4_is_fragment(pkts_ipv4_at(s)))
			w->flags |= PKTS_PACKET_FRAGMENT;
		return c;
	case PKTS_PROTO_IPV6:
		return pkts_ipv6_check(s);
	case PKTS_PROTO_TCP:
		return pkts_tcp_check(s);
	case PKTS_PROTO_UDP:
		return pkts_udp_check(s);
	case PKTS_PROTO_IPV6_FRAG:
		c = pkts_ipv6_frag_check(s);
		if (!c.fatal && pkts_ipv6_frag_is_fragment(pkts_ipv6_frag_at(s)))
			w->flags |= PKTS_PACKET_FRAGMENT;
		return c;
	default:
		return pkts_check(w->proto, s);
	}
}

/* Counts packets inside packets: a frame behind anything, an IP header behind another one. */
PKTS_INLINE void count_tunnel(struct walk *w, enum pkts_proto proto)
{
	const bool frame = proto == PKTS_PROTO_ETH;
	const bool ip = proto == PKTS_PROTO_IPV4 || proto == PKTS_PROTO_IPV6;

	w->tunnels += frame ? w->n > 0 : ip && w->inside_ip;
	w->inside_ip = ip || (w->inside_ip && !frame);
}

/*
 * Inside a fragment lengths point beyond its end, as they should. A quotation is somebody else's
 * packet, cut and edited on the way: there too only what cannot be read counts.
 */
PKTS_INLINE void excuse(struct pkts_check *c, unsigned flags)
{
	c->invalid = c->padding = PKTS_REASON_NONE;
	if (flags & PKTS_PACKET_QUOTE && c->fatal == PKTS_REASON_SHORT)
		c->fatal = PKTS_REASON_CUT;
}

PKTS_INLINE void note_findings(struct walk *w, struct pkts_layer *layer, struct pkts_check c)
{
	if (c.invalid)
		w->flags |= PKTS_PACKET_INVALID;
	if (c.padding)
		w->flags |= PKTS_PACKET_PADDING;
	layer->reason = c.invalid ? c.invalid : c.padding;
}

#define SET(PROTO) (UINT64_C(1) << (PROTO))
#define IP	   (SET(PKTS_PROTO_IPV4) | SET(PKTS_PROTO_IPV6))
#define TRANSPORT                                                                                  \
	(SET(PKTS_PROTO_TCP) | SET(PKTS_PROTO_UDP) | SET(PKTS_PROTO_UDPLITE) |                     \
		SET(PKTS_PROTO_SCTP) | SET(PKTS_PROTO_ICMP) | SET(PKTS_PROTO_ICMPV6))

void pkts_packet_note_outermost(struct pkts_packet *packet)
{
	unsigned i = 0, network = 0, transport = 0;

	while (i < packet->n && !network)
		network = IP >> packet->layers[i++].proto & 1 ? i : 0;
	while (i < packet->n && !transport && !(IP >> packet->layers[i].proto & 1))
		transport = TRANSPORT >> packet->layers[i++].proto & 1 ? i : 0;
	packet->network = network & 15;
	packet->transport = transport & 15;
}

/* Ends a walk where nothing follows. */
PKTS_INLINE void finish(struct pkts_packet *packet, unsigned n, unsigned flags, unsigned tunnels)
{
	packet->n = n & 15;
	packet->stop = PKTS_REASON_NONE;
	packet->flags = (uint8_t)flags;
	packet->tunnels = tunnels & 15;
	if (n < PKTS_PACKET_LAYERS)
		packet->layers[n] = (struct pkts_layer){0};
	pkts_packet_note_outermost(packet);
}

/*
 * Ends a walk at a header that could not be accepted. Returns how many bytes would be needed to go
 * on. Gets a copy of the walk, so that the walk itself stays in registers.
 */
static __attribute__((noinline)) uint32_t stop(
	struct walk w, struct pkts_packet *packet, struct pkts_check c)
{
	const uint32_t until = w.off + c.len;

	if (c.fatal != PKTS_REASON_CUT)
		w.flags |= PKTS_PACKET_FATAL;
	finish(packet, w.n, w.flags, w.tunnels);
	packet->stop = c.fatal;
	if (w.n < PKTS_PACKET_LAYERS)
		packet->layers[w.n] = (struct pkts_layer){.proto = (uint8_t)w.proto,
			.reason = c.fatal,
			.off = (uint16_t)w.off,
			.head = c.at};
	return c.fatal == PKTS_REASON_CUT && until > w.head && until <= w.held ? until : 0;
}

/* The capture ends in the options of a TCP header, and whoever asks does without them. */
static bool is_cut_in_options(
	const struct pkts_decoder *d, const struct walk *w, const struct pkts_check *c)
{
	return d->cut_options && w->proto == PKTS_PROTO_TCP && c->fatal == PKTS_REASON_CUT &&
	       !(w->flags & (PKTS_PACKET_QUOTE | PKTS_PACKET_FRAGMENT)) &&
	       w->off + c->len > w->held && w->held >= w->off + PKTS_TCP_HEAD;
}

/* Such a header ends the walk; or, where it continues in another segment, as with stop(). */
static __attribute__((noinline)) uint32_t end_in_options(
	struct walk w, struct pkts_packet *packet, struct pkts_check c)
{
	if (w.head < w.held) {
		stop(w, packet, c);
		return w.held;
	}
	packet->layers[w.n] = pkts_layer_make(w.proto, w.off, w.held - w.off, w.end - w.off);
	finish(packet, w.n + 1u, w.flags, w.tunnels);
	return 0;
}

/* What the user's choice sees is a packet that ends here. */
static __attribute__((noinline)) enum pkts_proto let_choose(const struct pkts_decoder *d,
	struct walk w, struct pkts_packet *packet, enum pkts_proto usual)
{
	finish(packet, w.n, w.flags, w.tunnels);
	return d->next[w.proto](d->ctx[w.proto], packet, usual);
}

PKTS_INLINE enum pkts_proto enter_quote(
	const struct pkts_decoder *d, struct walk *w, enum pkts_proto next)
{
	if (next == PKTS_PROTO_NONE || d->no_quotes)
		return PKTS_PROTO_NONE;
	w->flags |= PKTS_PACKET_QUOTE;
	return next;
}

/* What is left for the next layer. `whole`: all that was on the wire is readable. */
PKTS_INLINE struct pkts_ref rest_of(const struct walk *w, bool whole)
{
	const uint32_t left = w->end - w->off;
	const uint32_t readable = PKTS_MIN(w->head, w->end);

	if (whole)
		return (struct pkts_ref){w->data + w->off, left, left};
	return (struct pkts_ref){w->data + w->off, readable > w->off ? readable - w->off : 0, left};
}

PKTS_INLINE uint32_t walk_layers(
	const struct pkts_decoder *d, struct walk w, struct pkts_packet *packet, bool whole)
{
	const unsigned max_tunnels = d->max_tunnels ? d->max_tunnels : MAX_TUNNELS;

	while (w.proto != PKTS_PROTO_NONE) {
		const struct pkts_ref s = rest_of(&w, whole);

		if (PKTS_UNLIKELY(w.n == PKTS_PACKET_LAYERS || w.off > UINT16_MAX))
			return stop(w, packet, pkts_check_fatal(PKTS_REASON_TOO_DEEP, 0));
		/* A user's choice may be no protocol: its check says so. */
		if ((whole || w.proto < PKTS_PROTO_MAX) &&
			(IP | SET(PKTS_PROTO_ETH)) >> w.proto & 1)
			count_tunnel(&w, w.proto);
		if (PKTS_UNLIKELY(w.tunnels > max_tunnels))
			return stop(w, packet, pkts_check_fatal(PKTS_REASON_TUNNELS_TOO_DEEP, 0));

		const unsigned pieces = w.flags & (PKTS_PACKET_QUOTE | PKTS_PACKET_FRAGMENT);
		struct pkts_check c = check(&w, s);
		if (PKTS_UNLIKELY(pieces))
			excuse(&c, pieces);
		if (PKTS_UNLIKELY(c.fatal))
			return is_cut_in_options(d, &w, &c) ? end_in_options(w, packet, c)
							    : stop(w, packet, c);

		struct pkts_layer *const layer = &packet->layers[w.n++];
		*layer = pkts_layer_make(w.proto, w.off, c.head, c.len);
		if (PKTS_UNLIKELY(c.invalid | c.padding))
			note_findings(&w, layer, c);

		enum pkts_proto next = (enum pkts_proto)c.next;
		if (!whole && PKTS_UNLIKELY(d->replaced >> w.proto & 1))
			next = let_choose(d, w, packet, next);
		if (w.proto == PKTS_PROTO_ICMP || w.proto == PKTS_PROTO_ICMPV6)
			next = enter_quote(d, &w, next);
		w.end = w.off + c.len;
		w.off += c.head;
		w.proto = next;
	}
	finish(packet, w.n, w.flags, w.tunnels);
	return 0;
}

static const struct pkts_decoder usual;

/* On the wire. A frame longer than a layer can say is decoded as if it ended there. */
PKTS_INLINE uint32_t len_of(const struct pkts_frame *f)
{
	const uint32_t wire = f->wire < f->len ? f->len : f->wire;

	return PKTS_MIN(wire, PKTS_LAYER_LEN_MAX);
}

uint32_t pkts_decode_from(const struct pkts_decoder *d, const struct pkts_frame *f,
	struct pkts_packet *packet, enum pkts_proto first)
{
	const struct walk w = {
		.data = f->data,
		.head = PKTS_MIN(f->head, f->len),
		.held = f->len,
		.end = len_of(f),
		.proto = first,
		.flags = f->wire > f->len ? PKTS_PACKET_CUT : 0,
	};

	packet->data = f->data;
	packet->len = f->len;
	if (first == PKTS_PROTO_NONE)
		return stop(w, packet, pkts_check_fatal(PKTS_REASON_LINK_UNKNOWN, 0));
	return walk_layers(d ? d : &usual, w, packet, false);
}

/* A walk that goes on behind the layers found so far. */
PKTS_INLINE struct walk walk_from(const struct pkts_packet *packet, const struct pkts_start *at)
{
	struct walk w = {
		.data = packet->data,
		.head = packet->len,
		.held = packet->len,
		.end = at->off + at->len,
		.off = at->off,
		.proto = at->proto,
	};

	for (; w.n < at->n; w.n++)
		count_tunnel(&w, packet->layers[w.n].proto);
	return w;
}

/* What pkts_decode_start() had noted: it ends behind an IP header, behind UDP, or before both. */
PKTS_INLINE void note_below(struct pkts_start *at, const struct pkts_packet *packet)
{
	const enum pkts_proto below = (enum pkts_proto)packet->layers[at->n - 1].proto;

	if (below == PKTS_PROTO_UDP) {
		at->network = at->n - 1;
		at->transport = at->n;
	} else if (IP >> below & 1) {
		at->network = at->n;
	}
}

/* The short road goes into one tunnel; the frame in it mostly is as plain as the one around it. */
PKTS_INLINE bool take_tunnel(struct pkts_start *at, struct pkts_packet *packet)
{
	if (PKTS_UNLIKELY(at->tunnels || at->flags & PKTS_PACKET_FRAGMENT) ||
		!pkts_start_take(at, packet, pkts_vxlan_check(pkts_start_ref(at))))
		return false;
	at->tunnels = 1;
	pkts_start_take_frame(at, packet);
	return true;
}

/* A header that is not plain, as those of fragments are not; of the first packet in its frame. */
PKTS_INLINE bool take_ipv4(struct pkts_start *at, struct pkts_packet *packet)
{
	const struct pkts_ref s = pkts_start_ref(at);
	const unsigned below = packet->layers[at->n - 1].proto;

	if (below != PKTS_PROTO_ETH && below != PKTS_PROTO_VLAN)
		return false;
	if (!pkts_start_take(at, packet, pkts_ipv4_check(s)))
		return false;
	if (pkts_ipv4_is_fragment(pkts_ipv4_at(s)))
		at->flags |= PKTS_PACKET_FRAGMENT;
	pkts_start_note_network(at);
	return true;
}

PKTS_INLINE bool take_ipv6_frag(struct pkts_start *at, struct pkts_packet *packet)
{
	const struct pkts_ref s = pkts_start_ref(at);

	if (!pkts_start_take(at, packet, pkts_ipv6_frag_check(s)))
		return false;
	if (pkts_ipv6_frag_is_fragment(pkts_ipv6_frag_at(s)))
		at->flags |= PKTS_PACKET_FRAGMENT;
	return true;
}

PKTS_INLINE bool take_transport(
	struct pkts_start *at, struct pkts_packet *packet, struct pkts_check c)
{
	if (at->flags & PKTS_PACKET_FRAGMENT)
		excuse(&c, PKTS_PACKET_FRAGMENT);
	if (!pkts_start_take(at, packet, c))
		return false;
	pkts_start_note_transport(at);
	return true;
}

/* What an error quotes is for the walk, if somebody wants it. */
PKTS_INLINE bool take_icmp(const struct pkts_decoder *d, struct pkts_start *at,
	struct pkts_packet *packet, struct pkts_check c)
{
	if (c.next != PKTS_PROTO_NONE && !d->no_quotes)
		return false;
	c.next = PKTS_PROTO_NONE;
	return take_transport(at, packet, c);
}

/* One layer of those that are usual behind the start; false if it is none, or not flawless. */
PKTS_INLINE bool take_usual(
	const struct pkts_decoder *d, struct pkts_start *at, struct pkts_packet *packet)
{
	const struct pkts_ref s = pkts_start_ref(at);

	switch (at->proto) {
	case PKTS_PROTO_VXLAN:
		return take_tunnel(at, packet);
	case PKTS_PROTO_IPV4:
		return take_ipv4(at, packet);
	case PKTS_PROTO_IPV6_FRAG:
		return take_ipv6_frag(at, packet);
	case PKTS_PROTO_IPV6_HOPOPTS:
		return pkts_start_take(at, packet, pkts_ipv6_hopopts_check(s));
	case PKTS_PROTO_ICMP:
		return take_icmp(d, at, packet, pkts_icmp_check(s));
	case PKTS_PROTO_ICMPV6:
		return take_icmp(d, at, packet, pkts_icmpv6_check(s));
	case PKTS_PROTO_TCP:
		return take_transport(at, packet, pkts_tcp_check(s));
	case PKTS_PROTO_UDP:
		return take_transport(at, packet, pkts_udp_check(s));
	case PKTS_PROTO_SCTP:
		return take_transport(at, packet, pkts_sctp_check(s));
	case PKTS_PROTO_ARP:
		return pkts_start_take(at, packet, pkts_arp_check(s));
	case PKTS_PROTO_IGMP:
		return pkts_start_take(at, packet, pkts_igmp_check(s));
	case PKTS_PROTO_LLC:
		return pkts_start_take(at, packet, pkts_llc_check(s));
	default:
		return false;
	}
}

#define AT_ONCE 5 /* layers that one step adds at most: VXLAN, Ethernet, a tag, IP, transport */

/* False if these are not all layers up to the packet's end, which needs a place behind the last one. */
PKTS_INLINE bool take_all_usual(
	const struct pkts_decoder *d, struct pkts_start at, struct pkts_packet *packet)
{
	do {
		if (!take_usual(d, &at, packet))
			return false;
	} while (at.proto != PKTS_PROTO_NONE && at.n + AT_ONCE < PKTS_PACKET_LAYERS);
	if (at.proto != PKTS_PROTO_NONE)
		return false;
	pkts_start_end(&at, packet);
	return true;
}

static __attribute__((noinline)) void walk_rest(
	const struct pkts_decoder *d, const struct pkts_start *at, struct pkts_packet *packet)
{
	walk_layers(d, walk_from(packet, at), packet, true);
}

/* Gets its own copy of where to start, so that the original stays in registers. */
PKTS_INLINE void decode_others(
	const struct pkts_decoder *d, struct pkts_start at, struct pkts_packet *packet)
{
	if (PKTS_LIKELY(at.n != 0 && take_all_usual(d, at, packet)))
		return;
	walk_rest(d, &at, packet);
}

/* What is left in a tunnel. */
static __attribute__((noinline)) void decode_inner(
	const struct pkts_decoder *d, const struct pkts_start *at, struct pkts_packet *packet)
{
	decode_others(d, *at, packet);
}

/* Behind Ethernet, IP and UDP, as most tunnels are: with constants, as in the frame around. */
static __attribute__((noinline)) void decode_tunnel(
	const struct pkts_decoder *d, struct pkts_packet *packet, uint32_t off, uint32_t len)
{
	struct pkts_start at = {.p = packet->data + off,
		.off = off,
		.len = len,
		.proto = PKTS_PROTO_VXLAN,
		.n = 3,
		.network = 2,
		.transport = 3};

	if (take_tunnel(&at, packet) && PKTS_LIKELY(at.proto == PKTS_PROTO_NONE)) {
		pkts_start_end(&at, packet);
	} else {
		const struct pkts_start left = at;
		decode_inner(d, &left, packet);
	}
}

static __attribute__((noinline)) void decode_behind(const struct pkts_decoder *d,
	struct pkts_packet *packet, unsigned n, enum pkts_proto next, uint32_t off, uint32_t len)
{
	struct pkts_start at = {
		.p = packet->data + off, .off = off, .len = len, .proto = next, .n = n};

	if (n)
		note_below(&at, packet);
	decode_others(d, at, packet);
}

void pkts_decode_rest(const struct pkts_decoder *d, struct pkts_packet *packet, unsigned n,
	enum pkts_proto next, uint32_t off, uint32_t len)
{
	d = d ? d : &usual;
	if (next == PKTS_PROTO_VXLAN && n == 3)
		decode_tunnel(d, packet, off, len);
	else
		decode_behind(d, packet, n, next, off, len);
}

/*
 * A frame that the capture has cut, or that is in several segments, where the headers mostly are there
 * nonetheless. False if they are not, or not flawless.
 */
static bool decode_partial(
	const struct pkts_decoder *d, const struct pkts_frame *f, struct pkts_packet *packet)
{
	struct pkts_start at = {.p = f->data,
		.len = len_of(f),
		.end = PKTS_MIN(PKTS_MIN(f->head, f->len), len_of(f)),
		.proto = PKTS_PROTO_ETH,
		.flags = f->wire > f->len ? PKTS_PACKET_CUT : 0};

	if (at.end == 0)
		return false;
	packet->data = f->data;
	packet->len = f->len;
	pkts_start_take_frame(&at, packet);
	if (PKTS_UNLIKELY(at.proto != PKTS_PROTO_NONE))
		return at.n && take_all_usual(d ? d : &usual, at, packet);
	pkts_start_end(&at, packet);
	return true;
}

static bool is_whole(const struct pkts_frame *f)
{
	return f->head >= f->len && f->wire <= f->len && f->len <= PKTS_LAYER_LEN_MAX;
}

uint32_t pkts_decode(
	const struct pkts_decoder *d, const struct pkts_frame *f, struct pkts_packet *packet)
{
	const enum pkts_proto first = pkts_link_proto(f->link);

	if (PKTS_UNLIKELY(first != PKTS_PROTO_ETH || (d && d->replaced)))
		return pkts_decode_from(d, f, packet, first);
	if (!is_whole(f))
		return decode_partial(d, f, packet) ? 0 : pkts_decode_from(d, f, packet, first);
	pkts_decode_whole(d, f->data, f->len, packet);
	return 0;
}
