/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* GTP version 1: GTP-U of 3GPP TS 29.281, with the header that the control plane's TS 29.060
 * shares. */
#ifndef PKTS_GTP_H
#define PKTS_GTP_H

#include "pkts_field.h"
#include "pkts_tlv.h"

#define PKTS_GTP_HEAD	       8    /* without optional fields */
#define PKTS_GTP_HEAD_OPTIONAL 12   /* with them, without extension headers */
#define PKTS_GTP_HEAD_MAX      2048 /* with extension headers; a longer one is not believed */

/* clang-format off */
#define PKTS_GTP_FIELDS(F, B) \
	F(gtp, version,  0,  3, DEC)  /* 1 */ \
	F(gtp, pt,       3,  1, FLAG) /* protocol type: 1 GTP, 0 GTP' (charging) */ \
	F(gtp, spare,    4,  1, DEC)  /* 0 */ \
	F(gtp, e,        5,  1, FLAG) /* extension headers are there */ \
	F(gtp, s,        6,  1, FLAG) /* the sequence number counts */ \
	F(gtp, pn,       7,  1, FLAG) /* the N-PDU number counts */ \
	F(gtp, type,     8,  8, DEC)  /* message type, PKTS_GTP_ */ \
	F(gtp, length,  16, 16, DEC)  /* bytes behind these 8; setting it voids the check */ \
	F(gtp, teid,    32, 32, HEX)  /* tunnel endpoint identifier, the receiver's */
/* clang-format on */
PKTS_VIEW(gtp, PKTS_GTP_FIELDS)

enum {
	PKTS_GTP_ECHO_REQUEST = 1,
	PKTS_GTP_ECHO_RESPONSE = 2,
	PKTS_GTP_ERROR_INDICATION = 26,
	PKTS_GTP_EXTENSIONS_NOTIFICATION = 31,
	PKTS_GTP_END_MARKER = 254,
	PKTS_GTP_GPDU = 255, /* a user's packet */
};

/*
 * GTP_VERSION, GTP_EXTENSION; GTP_LENGTH. A G-PDU carries IPv4 or IPv6, by the first nibble (CUT
 * where that is not readable); NONE for other payloads and messages. Setting e, s or pn voids the
 * check.
 */
struct pkts_check pkts_gtp_check(struct pkts_ref s);

/* The optional fields. False, and *x as it was, where its flag is not set. */

/* Sequence number. */
bool pkts_gtp_seq(struct pkts_gtp v, uint16_t *x);

/* N-PDU number. */
bool pkts_gtp_npdu(struct pkts_gtp v, uint8_t *x);

/* Type of the first extension header; 0: none. */
bool pkts_gtp_next_extension(struct pkts_gtp v, uint8_t *x);

/*
 * Walks the extension headers (TS 29.281 5.2): type as the header before has it, data without
 * length and next type. Reason: GTP_EXTENSION for a length of 0 or one beyond the header.
 */
struct pkts_tlv_iter pkts_gtp_extensions(struct pkts_gtp v);
bool pkts_gtp_extension_next(struct pkts_tlv_iter *it, struct pkts_tlv *extension);

#endif
