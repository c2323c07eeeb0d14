/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_ipv6_ext.h"

#define PADDING_MAX 7 /* what aligning to 8 bytes can take */

bool pkts_ipv6_option_next(struct pkts_tlv_iter *it, struct pkts_tlv *option)
{
	const size_t left = pkts_tlv_left(it);
	const uint8_t *const p = it->p;

	if (left == 0)
		return false;
	if (p[0] == PKTS_IPV6_OPTION_PAD1) {
		*option = (struct pkts_tlv){.type = PKTS_IPV6_OPTION_PAD1, .data = p + 1};
		it->p = p + 1;
		return true;
	}
	if (left < 2 || p[1] > left - 2)
		return pkts_tlv_stop(it, PKTS_REASON_IPV6_OPTION);
	*option = (struct pkts_tlv){.type = p[0], .len = p[1], .data = p + 2};
	it->p = p + 2 + p[1];
	return true;
}

/* Options of one length only: another one is a lie that the walk itself does not see. */
static bool wrong_length(const struct pkts_tlv *o)
{
	switch (o->type) {
	case PKTS_IPV6_OPTION_TUNNEL_LIMIT:
		return o->len != 1;
	case PKTS_IPV6_OPTION_ROUTER_ALERT:
		return o->len != 2;
	case PKTS_IPV6_OPTION_JUMBO:
		return o->len != 4;
	case PKTS_IPV6_OPTION_HOME_ADDRESS:
		return o->len != 16;
	default:
		return false;
	}
}

static bool all_zero(const uint8_t *p, size_t n)
{
	uint8_t any = 0;
	for (size_t i = 0; i < n; i++)
		any |= p[i];
	return any == 0;
}

/* `run`: bytes of padding in a row up to here. */
static unsigned add_padding(const struct pkts_tlv *o, unsigned run)
{
	return run + (o->type == PKTS_IPV6_OPTION_PAD1 ? 1 : o->len + 2);
}

static void walk_options(struct pkts_check *c, const uint8_t *p)
{
	struct pkts_tlv_iter it = pkts_tlv_begin(p + 2, p + c->head);
	const uint8_t *at = it.p;
	struct pkts_tlv o;

	for (unsigned run = 0; pkts_ipv6_option_next(&it, &o); at = it.p) {
		const bool padding = o.type <= PKTS_IPV6_OPTION_PADN;
		run = padding ? add_padding(&o, run) : 0;
		if (run > PADDING_MAX || (padding && !all_zero(o.data, o.len)))
			pkts_check_padding(c, PKTS_REASON_IPV6_PADDING, (unsigned)(at - p));
		if (wrong_length(&o))
			pkts_check_invalid(c, PKTS_REASON_IPV6_OPTION, (unsigned)(at - p));
	}
	if (it.reason != PKTS_REASON_NONE)
		pkts_check_invalid(c, it.reason, (unsigned)(at - p));
}

/* Router alert and two bytes of padding: what stands before each message of MLD (RFC 3810 5). */
static bool is_router_alert(const uint8_t *p)
{
	return (pkts_be64(p) & 0x00ffffff0000ffff) == 0x0000050200000100;
}

struct pkts_check pkts_ipv6_options_check(struct pkts_ref s)
{
	struct pkts_check c;

	if (pkts_ipv6_ext_begin(s, &c) && !is_router_alert(s.p))
		walk_options(&c, s.p);
	return pkts_check_whole(c);
}
