/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_geneve.h"

#define OPTION_HEAD 4

bool pkts_geneve_option_next(struct pkts_tlv_iter *it, struct pkts_tlv *option)
{
	const size_t left = pkts_tlv_left(it);
	const uint8_t *const p = it->p;

	if (left == 0)
		return false;
	if (left < OPTION_HEAD || (p[3] & 31) * 4u > left - OPTION_HEAD)
		return pkts_tlv_stop(it, PKTS_REASON_GENEVE_OPTION);
	*option = (struct pkts_tlv){pkts_be24(p), (p[3] & 31) * 4u, p + OPTION_HEAD};
	it->p = option->data + option->len;
	return true;
}

void pkts_geneve_check_options(struct pkts_geneve v, struct pkts_check *c)
{
	struct pkts_tlv_iter it = pkts_geneve_options(v);
	const uint8_t *at = it.p;
	struct pkts_tlv option;

	while (pkts_geneve_option_next(&it, &option))
		at = it.p;
	if (it.reason != PKTS_REASON_NONE)
		pkts_check_invalid(c, it.reason, (unsigned)(at - v.p));
}
