/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_ipv4.h"

bool pkts_ipv4_option_next(struct pkts_tlv_iter *it, struct pkts_tlv *option)
{
	return pkts_tlv_next_option(it, option, PKTS_REASON_IPV4_OPTION);
}

enum pkts_reason pkts_ipv4_options_check(struct pkts_ipv4 v)
{
	return pkts_tlv_check_options(v.p + PKTS_IPV4_HEAD, v.p + v.head, PKTS_REASON_IPV4_OPTION);
}

/* The value of a source route: a pointer, counted from 1 at the option's type, then addresses. */
static bool route_under_way(const struct pkts_tlv *option)
{
	const bool route = option->type == PKTS_IPV4_OPTION_LOOSE_ROUTE ||
			   option->type == PKTS_IPV4_OPTION_STRICT_ROUTE;
	return route && option->len >= 5 && option->data[0] <= option->len + 2 - 3;
}

uint32_t pkts_ipv4_final(struct pkts_ipv4 v)
{
	struct pkts_tlv_iter it = pkts_ipv4_options(v);
	struct pkts_tlv option;

	while (pkts_ipv4_option_next(&it, &option))
		if (route_under_way(&option))
			return pkts_be32(option.data + option.len - 4);
	return pkts_ipv4_dst(v);
}
