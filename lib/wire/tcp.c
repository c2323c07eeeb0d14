/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_tcp.h"

bool pkts_tcp_option_next(struct pkts_tlv_iter *it, struct pkts_tlv *option)
{
	return pkts_tlv_next_option(it, option, PKTS_REASON_TCP_OPTION);
}

/* Maximum segment size, SACK permitted, timestamps, NOP, window scale: how Linux opens. */
#define OPENING_LEN 20
static bool is_opening(const uint8_t *p)
{
	const uint64_t mask = 0xffff0000ffffffff;

	return (pkts_be64(p) & mask) == 0x020400000402080a && pkts_be32(p + 16) >> 8 == 0x010303;
}

/* The bytes of options that need no walk, because so many segments start with just them. */
static uint32_t usual_start(const uint8_t *p, size_t len)
{
	if (len >= 12 && pkts_be32(p) == PKTS_TCP_NOP_NOP_TIMESTAMPS)
		return 12;
	return len >= OPENING_LEN && is_opening(p) ? OPENING_LEN : 0;
}

/* An option of just len bytes. */
static bool is_option_of(const uint8_t *p, size_t len)
{
	return p[1] == len && p[0] > PKTS_TCP_OPTION_NOP;
}

static bool are_nops(const uint8_t *p)
{
	return pkts_be16(p) == (PKTS_TCP_OPTION_NOP << 8 | PKTS_TCP_OPTION_NOP);
}

/*
 * One option that takes all of len bytes (4 or more), but for two NOPs before or behind it: SACK
 * and MPTCP stand so behind the usual start.
 */
static bool is_single(const uint8_t *p, size_t len)
{
	if (is_option_of(p, len))
		return true;
	return are_nops(p) ? is_option_of(p + 2, len - 2)
			   : is_option_of(p, len - 2) && are_nops(p + len - 2);
}

bool pkts_tcp_options_fit(const uint8_t *p, uint32_t head)
{
	const uint8_t *const end = p + head;

	p += PKTS_TCP_HEAD;
	p += usual_start(p, (size_t)(end - p));
	return p == end || is_single(p, (size_t)(end - p)) ||
	       pkts_tlv_check_options(p, end, PKTS_REASON_TCP_OPTION) == PKTS_REASON_NONE;
}

enum pkts_reason pkts_tcp_options_check(struct pkts_tcp v)
{
	return pkts_tcp_options_fit(v.p, v.head) ? PKTS_REASON_NONE : PKTS_REASON_TCP_OPTION;
}
