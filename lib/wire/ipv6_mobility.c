/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_ipv6_mobility.h"

/* What the header length has to be at least, in 8 bytes, less 1: RFC 6275 6.1.2 to 6.1.9. */
static const uint8_t least[] = {
	[PKTS_IPV6_MOBILITY_REFRESH_REQUEST] = 0,
	[PKTS_IPV6_MOBILITY_HOME_TEST_INIT] = 1,
	[PKTS_IPV6_MOBILITY_CARE_OF_TEST_INIT] = 1,
	[PKTS_IPV6_MOBILITY_HOME_TEST] = 2,
	[PKTS_IPV6_MOBILITY_CARE_OF_TEST] = 2,
	[PKTS_IPV6_MOBILITY_BINDING_UPDATE] = 1,
	[PKTS_IPV6_MOBILITY_BINDING_ACK] = 1,
	[PKTS_IPV6_MOBILITY_BINDING_ERROR] = 2,
};

static bool is_too_short(struct pkts_ipv6_mobility v)
{
	const unsigned type = pkts_ipv6_mobility_type(v);

	return type < PKTS_ARRAY_LEN(least) && pkts_ipv6_mobility_ext_length(v) < least[type];
}

struct pkts_check pkts_ipv6_mobility_check(struct pkts_ref s)
{
	const struct pkts_ipv6_mobility v = pkts_ipv6_mobility_at(s);
	struct pkts_check c;

	if (!pkts_ipv6_ext_begin(s, &c))
		return pkts_check_whole(c);
	if (pkts_ipv6_mobility_next(v) != PKTS_IPPROTO_NONE)
		pkts_check_invalid(&c, PKTS_REASON_IPV6_MOBILITY, 0);
	if (is_too_short(v))
		pkts_check_invalid(&c, PKTS_REASON_IPV6_MOBILITY, 1);
	return pkts_check_whole(c);
}
