/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Fragments to be put together: frames built from the inside out, buffers that know who holds them. */
#ifndef FRAGMENTS_H
#define FRAGMENTS_H

#include "pkts_ipfrag.h"

/* A frame in the making: what comes first is prepended last. */
struct made {
	uint16_t link;
	uint32_t at; /* where it starts in bytes */
	uint8_t bytes[70000];
};

/* A fragment of one datagram. All zero but for off and len: from 10.0.0.1 to 10.0.0.2, or their like. */
struct piece_spec {
	uint32_t off, len;
	bool last;
	char label;	  /* what its bytes are; 0: they follow from their offset */
	uint8_t family;	  /* 0: 4 */
	uint8_t protocol; /* 0: 253, which nobody knows */
	uint32_t id;	  /* 0: 1 */
	uint8_t src, dst; /* last byte of the address; 0: 1 and 2 */
	bool df;
	uint8_t options; /* bytes of IPv4 options; of an IPv6 header in front of the fragment header */
	uint8_t header;	     /* which one that is; 0: destination options */
	uint8_t padding;     /* bytes behind the end of the datagram */
	const uint8_t *data; /* instead of label */
};

void made_begin(struct made *m, const uint8_t *payload, uint32_t n);
void made_bytes(struct made *m, const void *p, uint32_t n);
void made_be16(struct made *m, uint32_t v);
void made_be32(struct made *m, uint32_t v);
void made_eth(struct made *m, uint16_t type);
void made_vlan(struct made *m, uint16_t id, uint16_t type);
void made_udp(struct made *m, uint16_t sport, uint16_t dport);
void made_ipv4(struct made *m, uint8_t src, uint8_t dst, uint8_t protocol);
void made_ipv6(struct made *m, uint8_t src, uint8_t dst, uint8_t next);

/* The fragment, as raw IP; and what the byte at `at` of its datagram is. */
void made_piece(struct made *m, const struct piece_spec *s);
uint8_t made_byte(const struct piece_spec *s, uint32_t at);

/* How many buffers there are, are held, and what has been called. Started by fixture_begin(). */
struct fixture {
	struct pkts_ipfrag *f;
	void *memory;
	uint64_t now;
	uint32_t cost; /* of each piece; 0: its length */
	long buffers;  /* not yet freed */
	uint64_t holds, releases;
	const uint8_t *last_payload;   /* of the frame put last */
	uint8_t out[70000];	       /* the packet fetched last */
	int out_len;		       /* -1: none */
	struct pkts_datagram datagram; /* of it, already freed but for its numbers */
};

void fixture_begin(struct fixture *x, struct pkts_ipfrag_conf conf);

/* Frees the table, and demands that nothing is left. False if something is. */
bool fixture_end(struct fixture *x);

/* Decodes a frame in a buffer of just its size, and puts it at the layer that is a fragment. */
enum pkts_ipfrag_verdict fixture_put(struct fixture *x, const struct made *m);
enum pkts_ipfrag_verdict fixture_piece(struct fixture *x, struct piece_spec s);

/* Fetches, copies to out, frees. False if there is nothing. */
bool fixture_get(struct fixture *x);

/*
 * Takes the pieces of a datagram, up to `each` at a time, `most` in all, and frees what is left. Their bytes
 * are copied to `to` once all are taken, and their references given back then. Returns how many bytes; *n:
 * how many pieces, at most FIXTURE_PIECES.
 */
#define FIXTURE_PIECES 1024
uint32_t fixture_take(struct fixture *x, struct pkts_datagram *d, uint32_t each, uint32_t most,
	uint8_t *to, uint32_t *n);

/* For callers that want to put by themselves: a buffer with the frame, its packet and its piece. */
struct buffer {
	struct fixture *of;
	int refs;
	uint32_t n;
	struct pkts_packet packet;
	struct pkts_piece piece;
	int layer;
	uint8_t *bytes;
};
struct buffer *buffer_new(struct fixture *x, const struct made *m);
void buffer_unref(struct buffer *b);

#endif
