/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Parameters of SCTP chunks: RFC 9260 3.2.1, and those of ASCONF, RFC 5061. Lists of addresses. */
#ifndef PKTS_SCTP_PARAM_H
#define PKTS_SCTP_PARAM_H

#include "pkts_sctp_data.h"
#include "pkts_tlv.h"

#define PKTS_SCTP_PARAM_HEAD  4
#define PKTS_SCTP_ASCONF_HEAD 8 /* chunk header, serial number */

/* IANA "Chunk Parameter Types". */
enum {
	PKTS_SCTP_PARAM_HEARTBEAT_INFO = 1,
	PKTS_SCTP_PARAM_IPV4 = 5,
	PKTS_SCTP_PARAM_IPV6 = 6,
	PKTS_SCTP_PARAM_COOKIE = 7,
	PKTS_SCTP_PARAM_UNRECOGNIZED = 8,
	PKTS_SCTP_PARAM_PRESERVATIVE = 9,
	PKTS_SCTP_PARAM_HOST_NAME = 11, /* to be answered by an ABORT since RFC 9260 */
	PKTS_SCTP_PARAM_FAMILIES = 12,
	PKTS_SCTP_PARAM_OUT_RESET = 13, /* RFC 6525 */
	PKTS_SCTP_PARAM_IN_RESET = 14,
	PKTS_SCTP_PARAM_TSN_RESET = 15,
	PKTS_SCTP_PARAM_RESET_RESPONSE = 16,
	PKTS_SCTP_PARAM_ADD_OUT = 17,
	PKTS_SCTP_PARAM_ADD_IN = 18,
	PKTS_SCTP_PARAM_ECN = 0x8000,
	PKTS_SCTP_PARAM_ZERO_CHECKSUM = 0x8001, /* RFC 9653 */
	PKTS_SCTP_PARAM_RANDOM = 0x8002,	/* RFC 4895 */
	PKTS_SCTP_PARAM_CHUNKS = 0x8003,
	PKTS_SCTP_PARAM_HMAC = 0x8004,
	PKTS_SCTP_PARAM_PADDING = 0x8005,    /* RFC 4820 */
	PKTS_SCTP_PARAM_EXTENSIONS = 0x8008, /* RFC 5061 */
	PKTS_SCTP_PARAM_FORWARD_TSN = 0xc000,
	PKTS_SCTP_PARAM_ADD = 0xc001, /* RFC 5061: an address, */
	PKTS_SCTP_PARAM_DELETE = 0xc002,
	PKTS_SCTP_PARAM_ERROR = 0xc003,
	PKTS_SCTP_PARAM_PRIMARY = 0xc004,
	PKTS_SCTP_PARAM_SUCCESS = 0xc005,
	PKTS_SCTP_PARAM_ADAPTATION = 0xc006,
};

/* clang-format off */
#define PKTS_SCTP_ASCONF_FIELDS(F, B) /* RFC 5061 4.1.1, 4.1.2: ASCONF and ASCONF-ACK */ \
	F(sctp_asconf, type,    0,  8, DEC) /* PKTS_SCTP_ASCONF, PKTS_SCTP_ASCONF_ACK */ \
	F(sctp_asconf, flags,   8,  8, HEX) /* 0 */ \
	F(sctp_asconf, length, 16, 16, DEC) /* bytes of the chunk with its parameters */ \
	F(sctp_asconf, serial, 32, 32, DEC) /* the same in a request and its response */
/* clang-format on */
PKTS_VIEW(sctp_asconf, PKTS_SCTP_ASCONF_FIELDS)

/* As the checks in pkts_sctp_data.h: SHORT, CUT. */
PKTS_INLINE struct pkts_check pkts_sctp_asconf_check(struct pkts_ref s);

/*
 * Walks the parameters of a chunk that pkts_sctp_chunk_next() handed out: INIT, INIT ACK, ASCONF,
 * ASCONF-ACK, HEARTBEAT, HEARTBEAT ACK, RE-CONFIG. Other chunks have none, nor has one that is
 * readable up to less than its first parameter.
 */
PKTS_INLINE struct pkts_tlv_iter pkts_sctp_params(struct pkts_sctp_chunk chunk);

/* Walks the parameters inside one: of ADD, DELETE and PRIMARY, the address; behind the 4 bytes of the
 * request's number. */
PKTS_INLINE struct pkts_tlv_iter pkts_sctp_params_inside(struct pkts_tlv param);

/*
 * Hands out the next parameter: its type, and the bytes behind its length field without padding.
 * False at the end. Reason: SCTP_CHUNK for fewer than 4 bytes left, a length below 4, or one beyond what
 * is readable.
 */
PKTS_INLINE bool pkts_sctp_param_next(struct pkts_tlv_iter *it, struct pkts_tlv *param);

/* Looks for a parameter of that type; false, and no change of *param, if there is none. */
PKTS_INLINE bool pkts_sctp_param_find(
	struct pkts_sctp_chunk chunk, uint16_t type, struct pkts_tlv *param);

/* What a chunk says of an address. */
enum pkts_sctp_address_use {
	PKTS_SCTP_ADDRESS_LISTED,  /* INIT, INIT ACK: the sender has it too (RFC 9260 5.1.2) */
	PKTS_SCTP_ADDRESS_SENDER,  /* ASCONF: by which its sender is known (RFC 5061 4.1.1) */
	PKTS_SCTP_ADDRESS_ADD,	   /* the sender wants to add it, */
	PKTS_SCTP_ADDRESS_DELETE,  /* to delete it, or all but the source address if it is ANY, */
	PKTS_SCTP_ADDRESS_PRIMARY, /* to be sent to at it */
};

struct pkts_sctp_address {
	const uint8_t *ip; /* network order, borrowed from the chunk */
	uint8_t len;	   /* 4 or 16 */
	uint8_t use;	   /* enum pkts_sctp_address_use */
	bool any;	   /* 0.0.0.0 or ::. In ADD and DELETE it stands for the packet's source */
	bool unicast;	   /* neither multicast, broadcast nor any: what an end can have */
	uint32_t request;  /* ADD, DELETE, PRIMARY: the number that ASCONF-ACK names it by */
};

/*
 * Walks the addresses of an INIT, INIT ACK or ASCONF; other chunks have none. An address whose
 * parameter is not of its type's length is passed over. At most 8,190 in a chunk: whoever keeps them
 * sets a limit.
 */
struct pkts_sctp_addresses {
	struct pkts_tlv_iter params;
	uint8_t chunk; /* its type */
};
PKTS_INLINE struct pkts_sctp_addresses pkts_sctp_addresses(struct pkts_sctp_chunk chunk);

/* Hands out the next address; false at the end. it->params.reason says why, as after a walk over
 * parameters. */
bool pkts_sctp_addresses_next(struct pkts_sctp_addresses *it, struct pkts_sctp_address *address);

/* inline definitions */

PKTS_INLINE struct pkts_check pkts_sctp_asconf_check(struct pkts_ref s)
{
	return pkts_sctp_body_check(s, PKTS_SCTP_ASCONF_HEAD);
}

/* Bytes before the first parameter of a chunk; 0 if it has none. */
PKTS_INLINE uint32_t pkts_sctp_params_at(uint8_t type)
{
	switch (type) {
	case PKTS_SCTP_INIT:
	case PKTS_SCTP_INIT_ACK:
		return PKTS_SCTP_INIT_HEAD;
	case PKTS_SCTP_ASCONF:
	case PKTS_SCTP_ASCONF_ACK:
		return PKTS_SCTP_ASCONF_HEAD;
	case PKTS_SCTP_HEARTBEAT:
	case PKTS_SCTP_HEARTBEAT_ACK:
	case PKTS_SCTP_RE_CONFIG:
		return PKTS_SCTP_CHUNK_HEAD;
	default:
		return 0;
	}
}

PKTS_INLINE struct pkts_tlv_iter pkts_sctp_params(struct pkts_sctp_chunk chunk)
{
	const uint32_t readable = PKTS_MIN(chunk.head, chunk.len);
	const uint32_t at = readable >= PKTS_SCTP_CHUNK_HEAD ? pkts_sctp_params_at(chunk.p[0]) : 0;
	const uint8_t *const end = chunk.p + readable;

	return pkts_tlv_begin(at != 0 && at <= readable ? chunk.p + at : end, end);
}

PKTS_INLINE struct pkts_tlv_iter pkts_sctp_params_inside(struct pkts_tlv param)
{
	return pkts_tlv_begin(param.data + PKTS_MIN(param.len, 4u), param.data + param.len);
}

PKTS_INLINE bool pkts_sctp_param_next(struct pkts_tlv_iter *it, struct pkts_tlv *param)
{
	const size_t left = pkts_tlv_left(it);
	const uint8_t *const p = it->p;

	if (left == 0)
		return false;
	if (left < PKTS_SCTP_PARAM_HEAD)
		return pkts_tlv_stop(it, PKTS_REASON_SCTP_CHUNK);
	const uint32_t len = pkts_be16(p + 2);
	if (len < PKTS_SCTP_PARAM_HEAD || len > left)
		return pkts_tlv_stop(it, PKTS_REASON_SCTP_CHUNK);
	*param = (struct pkts_tlv){
		.type = pkts_be16(p), .len = len - PKTS_SCTP_PARAM_HEAD, .data = p + 4};
	it->p = p + PKTS_MIN((size_t)(len + 3) & ~(size_t)3, left); /* the last has no padding */
	return true;
}

PKTS_INLINE bool pkts_sctp_param_find(
	struct pkts_sctp_chunk chunk, uint16_t type, struct pkts_tlv *param)
{
	struct pkts_tlv_iter it = pkts_sctp_params(chunk);
	struct pkts_tlv found;

	while (pkts_sctp_param_next(&it, &found))
		if (found.type == type) {
			*param = found;
			return true;
		}
	return false;
}

PKTS_INLINE struct pkts_sctp_addresses pkts_sctp_addresses(struct pkts_sctp_chunk chunk)
{
	struct pkts_sctp_addresses it = {.params = pkts_sctp_params(chunk)};

	it.chunk = it.params.p < it.params.end ? chunk.p[0] : 0;
	return it;
}

#endif
