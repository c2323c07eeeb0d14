/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Diameter (RFC 6733): the header of messages, the head of attribute-value pairs, walks over these. */
#ifndef PKTS_DIAMETER_H
#define PKTS_DIAMETER_H

#include "pkts_field.h"
#include "pkts_tlv.h"

#define PKTS_DIAMETER_HEAD	20
#define PKTS_DIAMETER_AVP_HEAD	8  /* 12 with a vendor */
#define PKTS_DIAMETER_PPID	46 /* over SCTP, without DTLS (RFC 6733 2.1.1) */
#define PKTS_DIAMETER_PPID_DTLS 47

/* clang-format off */
#define PKTS_DIAMETER_FIELDS(F, B) /* RFC 6733 3 */ \
	F(diameter, version,      0,  8, DEC)  /* 1 */ \
	F(diameter, length,       8, 24, DEC)  /* bytes of the message with its header, a multiple of 4 */ \
	F(diameter, r,           32,  1, FLAG) /* a request, not an answer */ \
	F(diameter, p,           33,  1, FLAG) /* may be proxied, relayed or redirected */ \
	F(diameter, e,           34,  1, FLAG) /* an answer that reports a protocol error */ \
	F(diameter, t,           35,  1, FLAG) /* a request that may have been sent before */ \
	F(diameter, reserved,    36,  4, DEC)  /* 0 */ \
	F(diameter, command,     40, 24, DEC)  /* PKTS_DIAMETER_CAPABILITIES_EXCHANGE ... */ \
	F(diameter, application, 64, 32, DEC)  /* Application-Id, 0: common messages */ \
	F(diameter, hop_by_hop,  96, 32, HEX)  /* matches answers to requests on one connection */ \
	F(diameter, end_to_end, 128, 32, HEX)  /* the same from end to end, for duplicates */
#define PKTS_DIAMETER_AVP_FIELDS(F, B) /* RFC 6733 4.1 */ \
	F(diameter_avp, code,     0, 32, DEC)  /* PKTS_DIAMETER_RESULT_CODE ..., or a vendor's */ \
	F(diameter_avp, v,       32,  1, FLAG) /* a vendor's number follows the length */ \
	F(diameter_avp, m,       33,  1, FLAG) /* who does not understand it must refuse the message */ \
	F(diameter_avp, p,       34,  1, FLAG) /* reserved for end-to-end security */ \
	F(diameter_avp, reserved, 35, 5, DEC)  /* 0 */ \
	F(diameter_avp, length,  40, 24, DEC)  /* bytes of head and value, without padding */
/* clang-format on */
PKTS_VIEW(diameter, PKTS_DIAMETER_FIELDS)
PKTS_VIEW(diameter_avp, PKTS_DIAMETER_AVP_FIELDS)

/* Commands, RFC 6733 3.1. */
enum {
	PKTS_DIAMETER_CAPABILITIES_EXCHANGE = 257,
	PKTS_DIAMETER_RE_AUTH = 258,
	PKTS_DIAMETER_ACCOUNTING = 271,
	PKTS_DIAMETER_ABORT_SESSION = 274,
	PKTS_DIAMETER_SESSION_TERMINATION = 275,
	PKTS_DIAMETER_DEVICE_WATCHDOG = 280,
	PKTS_DIAMETER_DISCONNECT_PEER = 282,
};

/* Attributes without a vendor, RFC 6733 4.5. */
enum {
	PKTS_DIAMETER_RESULT_CODE = 268,
	PKTS_DIAMETER_EXPERIMENTAL_RESULT = 297, /* a group */
	PKTS_DIAMETER_EXPERIMENTAL_RESULT_CODE = 298,
	PKTS_DIAMETER_INBAND_SECURITY_ID = 299, /* 1: TLS */
};

/* An attribute-value pair. It borrows from the message. */
struct pkts_diameter_pair {
	uint32_t code;
	uint32_t vendor; /* 0: none */
	uint32_t len;	 /* bytes at data: the value, without padding */
	const uint8_t *data;
};

/*
 * Bytes of an attribute-value pair as its head at p says, with its padding to 4 bytes; or 0 if that
 * cannot be within the `left` bytes that the message, or the group that it is in, has from p on.
 * PKTS_DIAMETER_AVP_HEAD bytes are readable.
 */
PKTS_INLINE uint32_t pkts_diameter_avp_size(const uint8_t *p, uint32_t left);

/*
 * The next pair of a walk, begun with pkts_tlv_begin() over a message's bytes behind its header or a
 * group's value. False at the end; it->reason is then NONE, or SHORT for a length that cannot be. A
 * group is walked in the same way, to any depth that the caller wants.
 */
PKTS_INLINE bool pkts_diameter_avp_next(struct pkts_tlv_iter *it, struct pkts_diameter_pair *pair);

/* inline definitions */

PKTS_INLINE uint32_t pkts_diameter_avp_size(const uint8_t *p, uint32_t left)
{
	const struct pkts_diameter_avp avp = {
		(uint8_t *)(uintptr_t)p, PKTS_DIAMETER_AVP_HEAD, left};
	const uint32_t least = PKTS_DIAMETER_AVP_HEAD + (pkts_diameter_avp_v(avp) ? 4 : 0);
	const uint32_t len = pkts_diameter_avp_length(avp);
	const uint32_t padded = (len + 3) & ~3u;

	return len < least || padded > left ? 0 : padded;
}

PKTS_INLINE bool pkts_diameter_avp_next(struct pkts_tlv_iter *it, struct pkts_diameter_pair *pair)
{
	const size_t left = pkts_tlv_left(it);
	const uint8_t *const p = it->p;

	if (left == 0)
		return false;
	if (left < PKTS_DIAMETER_AVP_HEAD || left > UINT32_MAX)
		return pkts_tlv_stop(it, PKTS_REASON_SHORT);
	const uint32_t size = pkts_diameter_avp_size(p, (uint32_t)left);
	if (size == 0)
		return pkts_tlv_stop(it, PKTS_REASON_SHORT);
	const uint32_t head = p[4] & 0x80 ? PKTS_DIAMETER_AVP_HEAD + 4 : PKTS_DIAMETER_AVP_HEAD;
	*pair = (struct pkts_diameter_pair){
		.code = pkts_be32(p),
		.vendor = p[4] & 0x80 ? pkts_be32(p + 8) : 0,
		.len = pkts_be24(p + 5) - head,
		.data = p + head,
	};
	it->p = p + size;
	return true;
}

#endif
