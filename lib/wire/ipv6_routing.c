/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_ipv6_routing.h"

#define ADDRESS 16
#define LIST	8 /* where the addresses start, in every type */

/* Addresses that a list of whole ones has room for. */
static unsigned whole_addresses(struct pkts_ipv6_routing v)
{
	return pkts_ipv6_routing_ext_length(v) / 2;
}

/* RFC 6554 3: the last address and the others each leave out their own number of leading bytes. */
static unsigned rpl_addresses(struct pkts_ipv6_routing v)
{
	const unsigned all = ADDRESS - (v.p[4] >> 4), last = ADDRESS - (v.p[4] & 15);
	const unsigned used = (v.p[5] >> 4) + last, room = pkts_ipv6_routing_ext_length(v) * 8u;

	return room < used ? 0 : (room - used) / all + 1;
}

/* RFC 8754 2: the list runs backwards, its last entry is counted, optional TLVs follow it. */
static bool segment_list_fits(struct pkts_ipv6_routing v)
{
	const unsigned last = v.p[4];
	return last < whole_addresses(v) && pkts_ipv6_routing_segments_left(v) <= last + 1u;
}

static bool fits(struct pkts_ipv6_routing v)
{
	const unsigned left = pkts_ipv6_routing_segments_left(v);

	switch (pkts_ipv6_routing_type(v)) {
	case PKTS_IPV6_ROUTING_SOURCE:
		return pkts_ipv6_routing_ext_length(v) % 2 == 0 && left <= whole_addresses(v);
	case PKTS_IPV6_ROUTING_MOBILE:
		return pkts_ipv6_routing_ext_length(v) == 2 && left <= 1;
	case PKTS_IPV6_ROUTING_RPL:
		return left <= rpl_addresses(v);
	case PKTS_IPV6_ROUTING_SEGMENT:
		return segment_list_fits(v);
	default:
		return true;
	}
}

struct pkts_check pkts_ipv6_routing_check(struct pkts_ref s)
{
	const struct pkts_ipv6_routing routing = pkts_ipv6_routing_at(s);
	struct pkts_check c;

	if (pkts_ipv6_ext_begin(s, &c) && !fits(routing))
		pkts_check_invalid(&c, PKTS_REASON_IPV6_ROUTING, 3);
	return pkts_check_whole(c);
}

const uint8_t *pkts_ipv6_routing_final(struct pkts_ipv6_routing v)
{
	const unsigned n = whole_addresses(v);

	if (pkts_ipv6_routing_segments_left(v) == 0 || n == 0)
		return NULL;
	switch (pkts_ipv6_routing_type(v)) {
	case PKTS_IPV6_ROUTING_SOURCE:
	case PKTS_IPV6_ROUTING_MOBILE:
		return v.p + LIST + (n - 1) * ADDRESS;
	case PKTS_IPV6_ROUTING_SEGMENT:
		return v.p + LIST;
	default:
		return NULL;
	}
}
