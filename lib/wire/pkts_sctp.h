/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* SCTP, RFC 9260: the common header, and the chunks behind it. */
#ifndef PKTS_SCTP_H
#define PKTS_SCTP_H

#include "pkts_field.h"

#define PKTS_SCTP_HEAD	     12
#define PKTS_SCTP_CHUNK_HEAD 4

/* clang-format off */
#define PKTS_SCTP_FIELDS(F, B) \
	F(sctp, sport,  0, 16, DEC) /* source port */ \
	F(sctp, dport, 16, 16, DEC) /* destination port */ \
	F(sctp, vtag,  32, 32, HEX) /* verification tag; 0 with INIT */ \
	F(sctp, csum,  64, 32, HEX) /* CRC32c of the packet, lowest byte first (RFC 9260 A) */
#define PKTS_SCTP_CHUNK_FIELDS(F, B) \
	F(sctp_chunk, type,    0,  8, DEC) /* PKTS_SCTP_DATA, ... */ \
	F(sctp_chunk, flags,   8,  8, HEX) /* by type */ \
	F(sctp_chunk, length, 16, 16, DEC) /* bytes of header and value, without padding */
/* clang-format on */
PKTS_VIEW(sctp, PKTS_SCTP_FIELDS)
PKTS_VIEW(sctp_chunk, PKTS_SCTP_CHUNK_FIELDS)

/* Chunk types, RFC 9260 3.2 and IANA "SCTP Parameters". */
enum {
	PKTS_SCTP_DATA = 0,
	PKTS_SCTP_INIT = 1,
	PKTS_SCTP_INIT_ACK = 2,
	PKTS_SCTP_SACK = 3,
	PKTS_SCTP_HEARTBEAT = 4,
	PKTS_SCTP_HEARTBEAT_ACK = 5,
	PKTS_SCTP_ABORT = 6,
	PKTS_SCTP_SHUTDOWN = 7,
	PKTS_SCTP_SHUTDOWN_ACK = 8,
	PKTS_SCTP_ERROR = 9,
	PKTS_SCTP_COOKIE_ECHO = 10,
	PKTS_SCTP_COOKIE_ACK = 11,
	PKTS_SCTP_SHUTDOWN_COMPLETE = 14,
	PKTS_SCTP_AUTH = 15,
	PKTS_SCTP_I_DATA = 64,
	PKTS_SCTP_ASCONF_ACK = 128,
	PKTS_SCTP_RE_CONFIG = 130,
	PKTS_SCTP_PAD = 132,
	PKTS_SCTP_FORWARD_TSN = 192,
	PKTS_SCTP_ASCONF = 193,
	PKTS_SCTP_I_FORWARD_TSN = 194,
};

/*
 * SCTP_CHUNK; SCTP_PADDING. Chunks are looked at as far as they are readable: one that is cut by
 * the capture, or goes on in another segment, is no reason. The CRC is not looked at. Carries NONE:
 * the payload is chunks.
 */
PKTS_INLINE struct pkts_check pkts_sctp_check(struct pkts_ref s);

/* Walks the chunks, and says at the end why it ended. */
struct pkts_sctp_chunks {
	uint8_t *p;		  /* the next chunk */
	uint32_t head;		  /* readable bytes from there */
	uint32_t len;		  /* bytes of the packet from there */
	enum pkts_reason reason;  /* SCTP_CHUNK if it ended because of a wrong length, else NONE */
	enum pkts_reason padding; /* SCTP_PADDING if the chunk before p is padded in an unusual way,
				     else NONE */
};

/* Begins a walk. s is the packet as for the check: s.head readable bytes of s.len, common header
 * included. */
struct pkts_sctp_chunks pkts_sctp_chunks(struct pkts_ref s);

/*
 * Hands out the next chunk; false at the end, or where the next chunk's first 4 bytes are not
 * readable. chunk->len is its length field; chunk->head of that are readable, 4 at least.
 */
bool pkts_sctp_chunk_next(struct pkts_sctp_chunks *it, struct pkts_sctp_chunk *chunk);

/* Notes what a walk over all chunks finds. */
void pkts_sctp_check_chunks(struct pkts_ref s, struct pkts_check *c);

/* inline definitions */

PKTS_INLINE struct pkts_check pkts_sctp_check(struct pkts_ref s)
{
	struct pkts_check c = {.head = PKTS_SCTP_HEAD, .len = s.len};

	if (pkts_missing(s, PKTS_SCTP_HEAD))
		return pkts_check_missing(s, PKTS_SCTP_HEAD);
	pkts_sctp_check_chunks(s, &c);
	return c;
}

#endif
