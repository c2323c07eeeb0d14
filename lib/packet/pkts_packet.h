/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Packet: the caller-owned table of the layers found in one frame. Decoding, indexing, verdict. */
#ifndef PKTS_PACKET_H
#define PKTS_PACKET_H

#include "pkts_field.h"

#define PKTS_PACKET_LAYERS 14
#define PKTS_LAYER_LEN_MAX ((1u << 20) - 1)

/* One layer. Its payload is what lies between off + head and off + len. */
struct pkts_layer {
	uint8_t proto;	    /* enum pkts_proto */
	uint8_t reason;	    /* enum pkts_reason: the worst that the layer's check found, or NONE */
	uint16_t off;	    /* from the packet's first byte */
	uint32_t head : 12; /* bytes of header */
	uint32_t len : 20;  /* header and payload, on the wire; bounded by the layer below */
};
_Static_assert(sizeof(struct pkts_layer) == 8, "eight layers a cache line");

/* A layer against which there is nothing to be said. */
PKTS_INLINE struct pkts_layer pkts_layer_make(
	enum pkts_proto proto, uint32_t off, uint32_t head, uint32_t len);

/* Bits of pkts_packet.flags. */
enum {
	PKTS_PACKET_FATAL = 1 << 0,    /* decoding stopped at a malformed header */
	PKTS_PACKET_CUT = 1 << 1,      /* the capture holds less than was on the wire */
	PKTS_PACKET_INVALID = 1 << 2,  /* some layer has a reason of severity INVALID */
	PKTS_PACKET_PADDING = 1 << 3,  /* some layer has a reason of severity PADDING */
	PKTS_PACKET_FRAGMENT = 1 << 4, /* a fragment of a datagram, first or later */
	PKTS_PACKET_QUOTE = 1 << 5,    /* the layers behind an ICMP error are a quotation */
};

/*
 * The layers of one frame, outermost first. The memory is the caller's; so is the frame that data
 * points to, which has to outlive it. Where decoding stopped at a header that could not be
 * accepted, layers[n] (if n < PKTS_PACKET_LAYERS) says which: proto, reason, off, and in head the
 * offset in it of what was wrong. It is not counted in n. Otherwise layers[n].proto is NONE.
 */
struct pkts_packet {
	uint8_t *data;	       /* the frame's first byte */
	uint32_t len;	       /* bytes captured, in all segments */
	uint8_t n : 4;	       /* layers found */
	uint8_t tunnels : 4;   /* how many layers carry a packet of their own */
	uint8_t stop;	       /* enum pkts_reason: why decoding stopped early, or NONE */
	uint8_t flags;	       /* PKTS_PACKET_* */
	uint8_t network : 4;   /* counted from 1; 0: none. Read it with pkts_packet_network(), */
	uint8_t transport : 4; /* and this with pkts_packet_transport() */
	struct pkts_layer layers[PKTS_PACKET_LAYERS];
};
_Static_assert(sizeof(struct pkts_packet) == 128, "two cache lines");
_Static_assert(PKTS_PACKET_LAYERS < 16, "numbers of layers have four bits");

/* A frame to be decoded. */
struct pkts_frame {
	uint8_t *data;
	uint32_t head; /* bytes readable at data */
	uint32_t len;  /* bytes captured; above head if the rest is in further segments */
	uint32_t wire; /* bytes on the wire; above len if the capture was cut */
	uint16_t link; /* LINKTYPE_ value: 1 Ethernet, 0 null, 101 raw IP, 108 loop, 113 SLL, 276
			  SLL2, ... */
};

struct pkts_decoder;

/*
 * Chooses what the last layer of the packet so far carries. `usual` is what the library would
 * choose: return it to keep to that. Called only for the protocols it was set for.
 */
typedef enum pkts_proto pkts_next_fn(
	void *ctx, const struct pkts_packet *packet, enum pkts_proto usual);

/* How to decode. All zero is the default. Shared freely between lcores as long as nobody writes it.
 */
struct pkts_decoder {
	uint8_t max_tunnels; /* packets inside each other; 0: 4 */
	bool no_quotes;	     /* do not look into the packet that an ICMP error quotes */
	/*
	 * A TCP header that the capture ends in is a layer too if its first 20 bytes are there. Its
	 * `head` are the bytes that can be read, fewer than its data offset says: payload starts
	 * behind those of that. Its options are not checked. For who counts and follows what was
	 * captured with a short snaplen; not for who edits such packets or composes from them.
	 */
	bool cut_options;
	uint64_t replaced; /* bit p set: next[p] chooses for protocol p. Use pkts_decoder_set_next()
			    */
	pkts_next_fn *next[PKTS_PROTO_MAX];
	void *ctx[PKTS_PROTO_MAX];
};

/* Lets `next` choose what follows `proto`; NULL: back to the usual choice. */
void pkts_decoder_set_next(
	struct pkts_decoder *d, enum pkts_proto proto, pkts_next_fn *next, void *ctx);

/*
 * Finds the layers of a frame. d NULL: the defaults. Never fails: the packet says how far it came.
 * Returns 0; or, if a header continues behind f->head in another segment, how many bytes have to be
 * readable at f->data to get further (pkts_mbuf_decode() does that by itself); the packet then
 * holds the layers up to there.
 */
uint32_t pkts_decode(
	const struct pkts_decoder *d, const struct pkts_frame *f, struct pkts_packet *packet);

/* The protocol of a frame's first layer by its LINKTYPE_ value; NONE if that is not decoded. */
enum pkts_proto pkts_link_proto(uint16_t link);

/*
 * The nth layer of a protocol, counted from 1 and outermost first; p is NULL if there are fewer.
 * Each protocol has typed forms: pkts_tcp(&packet) is the first, pkts_tcp_nth(&packet, 2) the
 * second.
 */
PKTS_INLINE struct pkts_ref pkts_packet_nth(
	const struct pkts_packet *packet, enum pkts_proto proto, unsigned nth);

/* The view of layer i; i < packet->n. */
PKTS_INLINE struct pkts_ref pkts_packet_ref(const struct pkts_packet *packet, unsigned i);

/* The view of one of the packet's own layers. */
PKTS_INLINE struct pkts_ref pkts_layer_ref(
	const struct pkts_packet *packet, const struct pkts_layer *layer);

/*
 * The outermost IP layer, IPv4 or IPv6; NULL if there is none. Decoding has noted it: nothing is
 * searched.
 */
PKTS_INLINE const struct pkts_layer *pkts_packet_network(const struct pkts_packet *packet);

/*
 * The TCP, UDP, UDP-Lite, SCTP, ICMP or ICMPv6 layer that this one carries: the first behind it,
 * with no other IP header between. NULL if there is none.
 */
PKTS_INLINE const struct pkts_layer *pkts_packet_transport(const struct pkts_packet *packet);

/* Notes both anew, in a packet whose layers were not, or not all, found by decoding. */
void pkts_packet_note_outermost(struct pkts_packet *packet);

/*
 * Where the innermost payload starts in the frame, and how many bytes of it were captured, in all
 * segments. 0 bytes if there is none.
 */
PKTS_INLINE uint32_t pkts_packet_payload(const struct pkts_packet *packet, uint32_t *len);

/*
 * Everything there is to say against a packet, together; NONE and 0 where there is nothing. Of a
 * layer with both an invalid value and unusual padding, the value.
 */
struct pkts_verdict {
	bool ok; /* neither fatal nor invalid; a header cut short inside a quotation is no fault */
	enum pkts_reason fatal;	     /* why decoding stopped: severity FATAL or CUT */
	enum pkts_proto fatal_proto; /* at which header, */
	uint32_t fatal_at;	     /* at which byte of the frame */
	enum pkts_reason invalid;    /* the first invalid value, outermost first */
	enum pkts_proto invalid_proto;
	uint32_t invalid_at;	  /* where its layer starts in the frame */
	enum pkts_reason padding; /* the first unusual padding */
	enum pkts_proto padding_proto;
	uint32_t excess; /* bytes behind the innermost layer's end that no layer claims: Ethernet
			    padding */
};

struct pkts_verdict pkts_verdict(const struct pkts_packet *packet);

/* inline definitions */

PKTS_INLINE struct pkts_layer pkts_layer_make(
	enum pkts_proto proto, uint32_t off, uint32_t head, uint32_t len)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	/* As one word: the caller keeps the widths, and masks would cost as much as the rest. */
	const uint64_t word =
		(uint64_t)len << 44 | (uint64_t)head << 32 | (uint64_t)off << 16 | (uint64_t)proto;
	struct pkts_layer l;
	__builtin_memcpy(&l, &word, sizeof(l));
	return l;
#else
	return (struct pkts_layer){
		.proto = (uint8_t)proto, .off = (uint16_t)off, .head = head, .len = len};
#endif
}

PKTS_INLINE struct pkts_ref pkts_layer_ref(
	const struct pkts_packet *packet, const struct pkts_layer *layer)
{
	const struct pkts_layer l = *layer;
	const uint32_t held = packet->len - l.off;
	return (struct pkts_ref){packet->data + l.off, l.head, PKTS_MIN(l.len, held)};
}

PKTS_INLINE struct pkts_ref pkts_packet_ref(const struct pkts_packet *packet, unsigned i)
{
	return pkts_layer_ref(packet, &packet->layers[i]);
}

PKTS_INLINE const struct pkts_layer *pkts_packet_counted(const struct pkts_packet *packet, size_t n)
{
	return n ? &packet->layers[n - 1] : NULL;
}

PKTS_INLINE const struct pkts_layer *pkts_packet_network(const struct pkts_packet *packet)
{
	return pkts_packet_counted(packet, packet->network);
}

PKTS_INLINE const struct pkts_layer *pkts_packet_transport(const struct pkts_packet *packet)
{
	return pkts_packet_counted(packet, packet->transport);
}

PKTS_INLINE struct pkts_ref pkts_packet_nth(
	const struct pkts_packet *packet, enum pkts_proto proto, unsigned nth)
{
	const unsigned n = packet->n;

	for (unsigned i = 0; i < n; i++)
		if (packet->layers[i].proto == proto && --nth == 0)
			return pkts_packet_ref(packet, i);
	return (struct pkts_ref){NULL, 0, 0};
}

PKTS_INLINE uint32_t pkts_packet_payload(const struct pkts_packet *packet, uint32_t *len)
{
	const unsigned n = packet->n;

	if (n == 0) {
		*len = packet->len;
		return 0;
	}
	const struct pkts_ref last = pkts_packet_ref(packet, n - 1);
	*len = last.len - last.head;
	return packet->layers[n - 1].off + last.head;
}

#endif
