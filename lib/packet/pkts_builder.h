/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A frame under construction: what Compose's layers share while they are put down, outermost first,
 * and finished, innermost first. Everything here is inlined into pkts_compose(); use that.
 */
#ifndef PKTS_BUILDER_H
#define PKTS_BUILDER_H

#include "pkts_cksum.h"
#include "pkts_errno.h"
#include "pkts_spec.h"

/* Where a composed frame goes, and what became of it. Caller-owned. */
struct pkts_out {
	uint8_t *data; /* room, the caller's */
	uint32_t cap;
	uint32_t len;	   /* bytes composed there; 0 after an error */
	uint32_t attached; /* bytes of an ATTACHED payload, which belong behind them */
	bool split; /* a payload for which there is no room stays where it is, as if ATTACHED, */
	const uint8_t *rest; /* which is here; NULL: there is none */
	uint32_t offload;    /* bit i: layer i (as given, from 0) leaves its checksum to hardware */
	/* After -PKTS_ERANGE the field that a value does not fit, after -PKTS_ENOSPC the layer for
	 * which there was no room; names of the protocols' rows, never freed. */
	const char *layer, *field;
};

/* A checksum that waits for the pseudo-header of the IP layer below. */
struct pkts_pending {
	uint32_t len;	  /* as the pseudo-header has it; 0: none waits */
	uint32_t at;	  /* of the checksum field in the buffer */
	uint8_t protocol; /* as the pseudo-header has it */
	bool never_zero;  /* 0 would say that there is none (RFC 768) */
	struct pkts_cksum sum;
};

struct pkts_builder {
	uint8_t *data;
	uint32_t cap;
	uint32_t len;	       /* bytes in the buffer */
	uint32_t end;	       /* of these, the ones that layers count: all but padding */
	uint32_t attached;     /* bytes of payload that are elsewhere */
	enum pkts_proto inner; /* what the layer that is being finished carries */
	uint16_t inner_type;   /* its ethertype, where that does not follow from what it is; or 0 */
	uint32_t depth;	       /* layers put down so far */
	bool sums;	       /* the latest layer wants its payload summed */
	bool payload_summed;   /* that was done while it was copied, and it is all there is */
	struct pkts_cksum payload_sum;
	uint32_t offload;
	const struct pkts_bytes *bytes; /* the attached payload; NULL: none */
	bool split;
	const uint8_t *rest; /* a payload for which there is no room: in the place of bytes */
	const uint8_t *source, *target; /* IPv6 addresses that extension headers put in the
					   place of the fixed header's, RFC 8200 8.1 */
	struct pkts_pending pending;
	struct pkts_pending pending_head; /* of an extension header, beside the transport's */
	const char *layer, *field;
};

/* Where a layer was put down. */
struct pkts_place {
	uint32_t at, head; /* of its header */
	uint32_t index;	   /* among the layers */
};

/* Notes the first value that does not fit. */
PKTS_INLINE void pkts_builder_refuse(struct pkts_builder *b, const char *layer, const char *field)
{
	if (b->field == NULL) {
		b->layer = layer;
		b->field = field;
	}
}

/* Makes room for a header of so many bytes; false, with the layer noted, if there is none. */
PKTS_INLINE bool pkts_builder_put(struct pkts_builder *b, struct pkts_place *place,
	const char *layer, uint64_t head, bool sums)
{
	if (PKTS_UNLIKELY(head > b->cap - b->len)) {
		b->layer = layer;
		return false;
	}
	*place = (struct pkts_place){b->len, (uint32_t)head, b->depth++};
	b->len += (uint32_t)head;
	b->end = b->len;
	b->inner = PKTS_PROTO_NONE;
	b->inner_type = 0;
	b->sums = sums;
	b->payload_summed = false;
	b->payload_sum = (struct pkts_cksum){0};
	return true;
}

/* Bytes from the header's first to the end of what it carries. */
PKTS_INLINE uint32_t pkts_builder_length(const struct pkts_builder *b, const struct pkts_place *l)
{
	return b->end - l->at + b->attached;
}

/* Gives a field its value where the caller did not. */
PKTS_INLINE void pkts_derive(uint64_t *field, uint64_t value)
{
	if (*field == 0)
		*field = value;
}

PKTS_INLINE bool pkts_is_offload(uint64_t csum)
{
	return (csum & (PKTS_PINNED | PKTS_OFFLOAD)) == PKTS_OFFLOAD;
}

/* True if a checksum is to be made; notes those that hardware is to make. */
PKTS_INLINE bool pkts_wants_sum(
	struct pkts_builder *b, const struct pkts_place *place, uint64_t csum)
{
	if (pkts_is_offload(csum))
		b->offload |= UINT32_C(1) << place->index;
	return csum == 0;
}

/* Out of line: sums an attached payload. */
void pkts_builder_add_attached(
	const struct pkts_bytes *bytes, uint32_t len, struct pkts_cksum *sum);
uint32_t pkts_builder_crc_attached(const struct pkts_bytes *bytes, uint32_t len, uint32_t crc);

/* gcc asks before it has found out that what is summed here has been written. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

/* Sums what a layer carries, up to n bytes of it, behind a header whose sum is known. */
PKTS_INLINE struct pkts_cksum pkts_builder_sum(
	const struct pkts_builder *b, const struct pkts_place *l, uint64_t header, uint32_t n)
{
	const uint32_t from = l->at + l->head, here = PKTS_MIN(n, b->end - from);
	struct pkts_cksum sum = {.sum = header, .odd = (l->head & 1) != 0};

	/* Behind an odd byte the payload's words are others than those that were summed. */
	if (b->payload_summed && !sum.odd) {
		sum.sum += b->payload_sum.sum;
		sum.odd = b->payload_sum.odd;
	} else {
		pkts_cksum_add(&sum, b->data + from, here);
	}
	if (b->rest && n > here)
		pkts_cksum_add(&sum, b->rest, n - here);
	if (b->bytes && n > here)
		pkts_builder_add_attached(b->bytes, n - here, &sum);
	return sum;
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/* Lets a checksum wait for its pseudo-header; its field stands `at` bytes into the header. */
PKTS_INLINE void pkts_builder_wait(struct pkts_builder *b, const struct pkts_place *l, uint32_t at,
	uint8_t protocol, struct pkts_cksum sum)
{
	b->pending = (struct pkts_pending){
		.len = pkts_builder_length(b, l),
		.at = l->at + at,
		.protocol = protocol,
		.never_zero = protocol == PKTS_IPPROTO_UDP || protocol == PKTS_IPPROTO_UDPLITE,
		.sum = sum,
	};
}

/* Lets the checksum over an extension header wait; there can be one in a packet. */
PKTS_INLINE void pkts_builder_wait_head(struct pkts_builder *b, const struct pkts_place *l,
	uint32_t at, uint8_t protocol, const char *layer)
{
	struct pkts_cksum sum = {0};

	if (b->pending_head.len)
		pkts_builder_refuse(b, layer, "csum");
	pkts_cksum_add(&sum, b->data + l->at, l->head);
	b->pending_head = (struct pkts_pending){
		.len = l->head, .at = l->at + at, .protocol = protocol, .sum = sum};
}

PKTS_INLINE bool pkts_builder_waits(const struct pkts_builder *b)
{
	return b->pending.len | b->pending_head.len;
}

PKTS_INLINE void pkts_pending_settle(
	struct pkts_pending *p, uint8_t *data, struct pkts_cksum addresses)
{
	uint16_t csum;

	if (p->len == 0)
		return;
	p->sum.sum += addresses.sum;
	p->sum.sum += (p->len >> 16) + (p->len & 0xffff) + p->protocol;
	csum = (uint16_t)~pkts_cksum_fold(&p->sum);
	if (p->never_zero && csum == 0)
		csum = 0xffff;
	pkts_put_be16(data + p->at, csum);
	p->len = 0;
}

/* Ends the waits. sum: of the addresses. */
PKTS_INLINE void pkts_builder_settle(struct pkts_builder *b, struct pkts_cksum addresses)
{
	pkts_pending_settle(&b->pending, b->data, addresses);
	pkts_pending_settle(&b->pending_head, b->data, addresses);
}

#endif
