/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* SCTP chunks that carry messages, or say where they start and which never come. */
#ifndef PKTS_SCTP_DATA_H
#define PKTS_SCTP_DATA_H

#include "pkts_sctp.h"

#define PKTS_SCTP_DATA_HEAD	   16
#define PKTS_SCTP_I_DATA_HEAD	   20
#define PKTS_SCTP_INIT_HEAD	   20
#define PKTS_SCTP_SACK_HEAD	   16
#define PKTS_SCTP_FORWARD_TSN_HEAD 8

/* clang-format off */
#define PKTS_SCTP_DATA_FIELDS(F, B) /* RFC 9260 3.3.1 */ \
	F(sctp_data, type,       0,  8, DEC)  /* PKTS_SCTP_DATA */ \
	F(sctp_data, reserved,   8,  4, DEC)  /* 0 */ \
	F(sctp_data, i,         12,  1, FLAG) /* acknowledge at once */ \
	F(sctp_data, u,         13,  1, FLAG) /* unordered: the SSN means nothing */ \
	F(sctp_data, b,         14,  1, FLAG) /* first fragment of a message */ \
	F(sctp_data, e,         15,  1, FLAG) /* last fragment */ \
	F(sctp_data, length,    16, 16, DEC)  /* bytes of header and user data */ \
	F(sctp_data, tsn,       32, 32, DEC)  /* transmission sequence number */ \
	F(sctp_data, stream,    64, 16, DEC)  /* stream identifier */ \
	F(sctp_data, ssn,       80, 16, DEC)  /* stream sequence number, the same in all fragments */ \
	F(sctp_data, ppid,      96, 32, DEC)  /* payload protocol identifier */
#define PKTS_SCTP_I_DATA_FIELDS(F, B) /* RFC 8260 2.1 */ \
	F(sctp_i_data, type,     0,  8, DEC)  /* PKTS_SCTP_I_DATA */ \
	F(sctp_i_data, reserved, 8,  4, DEC)  /* 0 */ \
	F(sctp_i_data, i,       12,  1, FLAG) /* acknowledge at once */ \
	F(sctp_i_data, u,       13,  1, FLAG) /* unordered */ \
	F(sctp_i_data, b,       14,  1, FLAG) /* first fragment of a message */ \
	F(sctp_i_data, e,       15,  1, FLAG) /* last fragment */ \
	F(sctp_i_data, length,  16, 16, DEC)  /* bytes of header and user data */ \
	F(sctp_i_data, tsn,     32, 32, DEC)  /* transmission sequence number */ \
	F(sctp_i_data, stream,  64, 16, DEC)  /* stream identifier */ \
	F(sctp_i_data, reserved2, 80, 16, DEC) /* 0 */ \
	F(sctp_i_data, mid,     96, 32, DEC)  /* message identifier, the same in all fragments */ \
	F(sctp_i_data, ppid_fsn, 128, 32, DEC) /* b set: payload protocol identifier; else fragment sequence number */
#define PKTS_SCTP_INIT_FIELDS(F, B) /* RFC 9260 3.3.2, 3.3.3: INIT and INIT ACK */ \
	F(sctp_init, type,       0,  8, DEC)  /* PKTS_SCTP_INIT, PKTS_SCTP_INIT_ACK */ \
	F(sctp_init, flags,      8,  8, HEX)  /* 0 */ \
	F(sctp_init, length,    16, 16, DEC)  /* bytes of the chunk with its parameters */ \
	F(sctp_init, tag,       32, 32, HEX)  /* what the other side has to put into vtag; not 0 */ \
	F(sctp_init, rwnd,      64, 32, DEC)  /* bytes of receive window */ \
	F(sctp_init, out,       96, 16, DEC)  /* streams that the sender wants to open */ \
	F(sctp_init, in,       112, 16, DEC)  /* streams that it allows */ \
	F(sctp_init, tsn,      128, 32, DEC)  /* TSN of its first chunk of data */
#define PKTS_SCTP_SACK_FIELDS(F, B) /* RFC 9260 3.3.4 */ \
	F(sctp_sack, type,       0,  8, DEC)  /* PKTS_SCTP_SACK */ \
	F(sctp_sack, flags,      8,  8, HEX)  /* 0 */ \
	F(sctp_sack, length,    16, 16, DEC)  /* bytes of the chunk with its lists */ \
	F(sctp_sack, tsn,       32, 32, DEC)  /* all chunks up to this TSN have come */ \
	F(sctp_sack, rwnd,      64, 32, DEC)  /* bytes of receive window */ \
	F(sctp_sack, gaps,      96, 16, DEC)  /* blocks of chunks that came behind a gap */ \
	F(sctp_sack, dups,     112, 16, DEC)  /* TSNs that came more than once */
#define PKTS_SCTP_FORWARD_TSN_FIELDS(F, B) /* RFC 3758 3.2, RFC 8260 2.3.1: both kinds */ \
	F(sctp_forward_tsn, type,   0,  8, DEC) /* PKTS_SCTP_FORWARD_TSN, PKTS_SCTP_I_FORWARD_TSN */ \
	F(sctp_forward_tsn, flags,  8,  8, HEX) /* 0 */ \
	F(sctp_forward_tsn, length, 16, 16, DEC) /* bytes of the chunk with its list */ \
	F(sctp_forward_tsn, tsn,    32, 32, DEC) /* chunks up to this TSN are to be waited for no longer */
/* clang-format on */
PKTS_VIEW(sctp_data, PKTS_SCTP_DATA_FIELDS)
PKTS_VIEW(sctp_i_data, PKTS_SCTP_I_DATA_FIELDS)
PKTS_VIEW(sctp_init, PKTS_SCTP_INIT_FIELDS)
PKTS_VIEW(sctp_sack, PKTS_SCTP_SACK_FIELDS)
PKTS_VIEW(sctp_forward_tsn, PKTS_SCTP_FORWARD_TSN_FIELDS)

/*
 * The checks of chunks that pkts_sctp_chunk_next() handed out: s.p with s.head readable bytes of the
 * s.len that the chunk's length field says. Fatal SHORT if the length leaves no room for the fixed
 * part, CUT if that is not readable; SCTP_CHUNK for what the RFCs forbid besides: data chunks
 * without user data (RFC 9260 6.2), a tag of 0 (3.3.2). The type is not looked at.
 */
PKTS_INLINE struct pkts_check pkts_sctp_data_check(struct pkts_ref s);
PKTS_INLINE struct pkts_check pkts_sctp_i_data_check(struct pkts_ref s);
PKTS_INLINE struct pkts_check pkts_sctp_init_check(struct pkts_ref s);
PKTS_INLINE struct pkts_check pkts_sctp_sack_check(struct pkts_ref s);
PKTS_INLINE struct pkts_check pkts_sctp_forward_tsn_check(struct pkts_ref s);

/* A stream in the list of a FORWARD-TSN or I-FORWARD-TSN. */
struct pkts_sctp_skip {
	uint32_t mid; /* the last message of the stream that was given up: its SSN, or MID */
	uint16_t stream;
	bool unordered; /* I-FORWARD-TSN only */
};

/* How many of them are readable; the check has said yes. A rest shorter than one does not count. */
PKTS_INLINE uint32_t pkts_sctp_forward_tsn_skips(struct pkts_sctp_forward_tsn v);

/* The ith of them, i below their number. */
PKTS_INLINE struct pkts_sctp_skip pkts_sctp_forward_tsn_skip(
	struct pkts_sctp_forward_tsn v, uint32_t i);

/* inline definitions */

PKTS_INLINE struct pkts_check pkts_sctp_body_check(struct pkts_ref s, uint16_t head)
{
	if (pkts_missing(s, head))
		return pkts_check_missing(s, head);
	return (struct pkts_check){.head = head, .len = s.len};
}

PKTS_INLINE struct pkts_check pkts_sctp_data_check(struct pkts_ref s)
{
	struct pkts_check c = pkts_sctp_body_check(s, PKTS_SCTP_DATA_HEAD);

	if (!c.fatal && s.len == PKTS_SCTP_DATA_HEAD)
		pkts_check_invalid(&c, PKTS_REASON_SCTP_CHUNK, 2);
	return c;
}

PKTS_INLINE struct pkts_check pkts_sctp_i_data_check(struct pkts_ref s)
{
	struct pkts_check c = pkts_sctp_body_check(s, PKTS_SCTP_I_DATA_HEAD);

	if (!c.fatal && s.len == PKTS_SCTP_I_DATA_HEAD)
		pkts_check_invalid(&c, PKTS_REASON_SCTP_CHUNK, 2);
	return c;
}

PKTS_INLINE struct pkts_check pkts_sctp_init_check(struct pkts_ref s)
{
	struct pkts_check c = pkts_sctp_body_check(s, PKTS_SCTP_INIT_HEAD);

	if (!c.fatal && pkts_sctp_init_tag(pkts_sctp_init_at(s)) == 0)
		pkts_check_invalid(&c, PKTS_REASON_SCTP_CHUNK, 4);
	return c;
}

PKTS_INLINE struct pkts_check pkts_sctp_sack_check(struct pkts_ref s)
{
	return pkts_sctp_body_check(s, PKTS_SCTP_SACK_HEAD);
}

PKTS_INLINE struct pkts_check pkts_sctp_forward_tsn_check(struct pkts_ref s)
{
	return pkts_sctp_body_check(s, PKTS_SCTP_FORWARD_TSN_HEAD);
}

PKTS_INLINE bool pkts_sctp_is_i_forward(struct pkts_sctp_forward_tsn v)
{
	return pkts_sctp_forward_tsn_type(v) == PKTS_SCTP_I_FORWARD_TSN;
}

PKTS_INLINE uint32_t pkts_sctp_forward_tsn_skips(struct pkts_sctp_forward_tsn v)
{
	return (v.head - PKTS_SCTP_FORWARD_TSN_HEAD) / (pkts_sctp_is_i_forward(v) ? 8 : 4);
}

PKTS_INLINE struct pkts_sctp_skip pkts_sctp_forward_tsn_skip(
	struct pkts_sctp_forward_tsn v, uint32_t i)
{
	const bool wide = pkts_sctp_is_i_forward(v);
	const uint8_t *const p = v.p + PKTS_SCTP_FORWARD_TSN_HEAD + i * (wide ? 8 : 4);

	return (struct pkts_sctp_skip){
		.mid = wide ? pkts_be32(p + 4) : pkts_be16(p + 2),
		.stream = pkts_be16(p),
		.unordered = wide && p[3] & 1,
	};
}

#endif
