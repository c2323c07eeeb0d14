/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_tcp.h"

bool pkts_tcp_option_next(struct pkts_tlv_iter *it, struct pkts_tlv *option)
{
	return pkts_tlv_next_option(it, option, PKTS_REASON_TCP_OPTION);
}

enum pkts_reason pkts_tcp_options_check(struct pkts_tcp v)
{
	struct pkts_tlv_iter it = pkts_tcp_options(v);
	struct pkts_tlv option;

	while (pkts_tlv_next_option(&it, &option, PKTS_REASON_TCP_OPTION))
		;
	return it.reason;
}
