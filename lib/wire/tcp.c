/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_tcp.h"

bool pkts_tcp_option_next(struct pkts_tlv_iter *it, struct pkts_tlv *option)
{
	return pkts_tlv_next_option(it, option, PKTS_REASON_TCP_OPTION);
}

enum pkts_reason pkts_tcp_options_check(struct pkts_tcp v)
{
	const uint8_t *p = v.p + PKTS_TCP_HEAD;
	const uint8_t *const end = v.p + v.head;

	/* The usual start; SACK and MPTCP stand behind it. */
	if (end - p >= 12 && pkts_be32(p) == PKTS_TCP_NOP_NOP_TIMESTAMPS)
		p += 12;
	return pkts_tlv_check_options(p, end, PKTS_REASON_TCP_OPTION);
}
