/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_icmpv6.h"

/* Where the options start: RFC 4861 4.1 to 4.5, types 133 to 137. */
static unsigned options_at(uint8_t type)
{
	static const uint8_t at[] = {8, 16, 24, 24, 40};
	const unsigned i = type - (unsigned)PKTS_ICMPV6_ROUTER_SOLICIT;

	return i < PKTS_ARRAY_LEN(at) ? at[i] : 0;
}

struct pkts_tlv_iter pkts_icmpv6_options(struct pkts_ref s)
{
	const uint32_t readable = PKTS_MIN(s.head, s.len);
	const uint8_t *const end = s.p + readable;
	const unsigned at = readable >= PKTS_ICMPV6_HEAD ? options_at(s.p[0]) : 0;

	return pkts_tlv_begin(at != 0 && at <= readable ? s.p + at : end, end);
}

bool pkts_icmpv6_option_next(struct pkts_tlv_iter *it, struct pkts_tlv *option)
{
	const size_t left = pkts_tlv_left(it);
	const uint8_t *const p = it->p;

	if (left == 0)
		return false;
	if (left < 2 || p[1] == 0 || p[1] * 8u > left)
		return pkts_tlv_stop(it, PKTS_REASON_ICMPV6_OPTION);
	*option = (struct pkts_tlv){.type = p[0], .len = p[1] * 8u - 2, .data = p + 2};
	it->p = p + p[1] * 8u;
	return true;
}

/* An option that only the readable bytes cut off may be whole on the wire. */
static bool goes_on_unread(struct pkts_ref s, const uint8_t *option)
{
	const size_t at = (size_t)(option - s.p);
	const size_t len = at + 1 < s.head ? option[1] * 8u : 2;

	return len != 0 && at + len > s.head && at + len <= s.len;
}

struct pkts_check pkts_icmpv6_check_ndp(struct pkts_ref s)
{
	struct pkts_check c = {.head = PKTS_ICMPV6_HEAD, .len = s.len};
	struct pkts_tlv_iter it = pkts_icmpv6_options(s);
	const uint8_t *at = it.p;
	struct pkts_tlv option;

	if (options_at(s.p[0]) > s.len)
		pkts_check_invalid(&c, PKTS_REASON_ICMPV6_OPTION, PKTS_ICMPV6_HEAD);
	while (pkts_icmpv6_option_next(&it, &option))
		at = it.p;
	if (it.reason != PKTS_REASON_NONE && !goes_on_unread(s, at))
		pkts_check_invalid(&c, it.reason, (unsigned)(at - s.p));
	return pkts_check_whole(c);
}
