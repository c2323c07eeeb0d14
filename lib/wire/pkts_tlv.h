/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Options, extension headers and chunks: what their iterators share. */
#ifndef PKTS_TLV_H
#define PKTS_TLV_H

#include "pkts_bits.h"
#include "pkts_reason.h"

/* One option. It borrows from the header that it was found in. */
struct pkts_tlv {
	uint32_t type;	     /* as wide as the protocol has it; GENEVE: class << 8 | type */
	uint32_t len;	     /* bytes at data */
	const uint8_t *data; /* the value, without type and length */
};

/*
 * Where a walk stands. `bool pkts_<proto>_option_next(it, tlv)` fills *tlv and steps on, or
 * returns false at the end; reason then tells an orderly end (NONE) from a length that cannot be.
 * Every step moves p forward, so a walk ends after at most end - p steps whatever the bytes are.
 */
struct pkts_tlv_iter {
	const uint8_t *p;   /* the next option */
	const uint8_t *end; /* one past the last byte that may be read */
	enum pkts_reason reason;
};

/* A walk over the bytes from p up to end. */
PKTS_INLINE struct pkts_tlv_iter pkts_tlv_begin(const uint8_t *p, const uint8_t *end);

/* Ends a walk because of `reason`. Always false, so that an iterator can return it. */
PKTS_INLINE bool pkts_tlv_stop(struct pkts_tlv_iter *it, enum pkts_reason reason);

/* Bytes left in a walk. */
PKTS_INLINE size_t pkts_tlv_left(const struct pkts_tlv_iter *it);

/*
 * The options of IPv4 and TCP: kind 0 ends the list, kind 1 is a single byte, every other kind is
 * followed by a length that counts both bytes before the value. `wrong` is the reason for one that
 * lies.
 */
PKTS_INLINE bool pkts_tlv_next_option(
	struct pkts_tlv_iter *it, struct pkts_tlv *option, enum pkts_reason wrong);

/*
 * `wrong` if such a walk from p up to end meets an option that lies, else NONE. No branch depends
 * on what the options are, only on how many there are: headers with options come in all kinds.
 */
PKTS_INLINE enum pkts_reason pkts_tlv_check_options(
	const uint8_t *p, const uint8_t *end, enum pkts_reason wrong);

/* inline definitions */

PKTS_INLINE struct pkts_tlv_iter pkts_tlv_begin(const uint8_t *p, const uint8_t *end)
{
	return (struct pkts_tlv_iter){p, end, PKTS_REASON_NONE};
}

PKTS_INLINE bool pkts_tlv_stop(struct pkts_tlv_iter *it, enum pkts_reason reason)
{
	it->p = it->end;
	it->reason = reason;
	return false;
}

PKTS_INLINE size_t pkts_tlv_left(const struct pkts_tlv_iter *it)
{
	return (size_t)(it->end - it->p);
}

PKTS_INLINE bool pkts_tlv_next_option(
	struct pkts_tlv_iter *it, struct pkts_tlv *option, enum pkts_reason wrong)
{
	const size_t left = pkts_tlv_left(it);
	const uint8_t *const p = it->p;

	if (left == 0 || p[0] == 0) {
		it->p = it->end;
		return false;
	}
	if (p[0] == 1) {
		*option = (struct pkts_tlv){.type = 1, .data = p + 1};
		it->p = p + 1;
		return true;
	}
	if (left < 2 || p[1] < 2 || p[1] > left)
		return pkts_tlv_stop(it, wrong);
	*option = (struct pkts_tlv){.type = p[0], .len = p[1] - 2u, .data = p + 2};
	it->p = p + p[1];
	return true;
}

PKTS_INLINE enum pkts_reason pkts_tlv_check_options(
	const uint8_t *p, const uint8_t *end, enum pkts_reason wrong)
{
	while (p < end && p[0] != 0) {
		const bool single = p[0] == 1;
		const size_t left = (size_t)(end - p);
		const uint8_t len =
			p[left > 1]; /* the last byte may be no length: then 1 is left */
		const size_t step = single ? 1 : len;

		if (step < 2u - single || step > left)
			return wrong;
		p += step;
	}
	return PKTS_REASON_NONE;
}

#endif
