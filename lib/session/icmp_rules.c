/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What can be said of one message of ICMP or ICMPv6 alone. */
#include "icmp.h"

static const struct pkts_judgement malformed = {PKTS_SESSION_BIT(ICMP_MALFORMED), PKTS_INVALID};
static const struct pkts_judgement fine = {0, PKTS_VALID};

static bool is_multicast(const uint8_t *ip)
{
	return ip[0] == 0xff;
}

static bool is_link_local(const uint8_t *ip)
{
	return ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80;
}

static bool is_unspecified(const uint8_t *ip)
{
	static const uint8_t none[16];

	return __builtin_memcmp(ip, none, 16) == 0;
}

/* ff02::1:ff00:0/104, RFC 4291 2.7.1. */
static bool is_solicited_node(const uint8_t *ip)
{
	static const uint8_t prefix[13] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};

	return __builtin_memcmp(ip, prefix, sizeof(prefix)) == 0;
}

static bool has_option(const struct pkts_icmp_message *m, uint32_t type)
{
	struct pkts_tlv_iter it = pkts_icmpv6_options(m->ref);
	struct pkts_tlv option;

	while (pkts_icmpv6_option_next(&it, &option))
		if (option.type == type)
			return true;
	return false;
}

/* RFC 4861 6.1.1, 7.1.1: who has no address yet cannot say at which link address it has it. */
static bool fits_source(const struct pkts_icmp_message *m)
{
	return !is_unspecified(m->src) || !has_option(m, PKTS_NDP_SOURCE_LINK);
}

/* RFC 4861 6.1.1. */
static bool fits_router_solicit(const struct pkts_icmp_message *m)
{
	return !m->src || fits_source(m);
}

/* RFC 4861 6.1.2. */
static bool fits_router_advert(const struct pkts_icmp_message *m)
{
	return !m->src || is_link_local(m->src);
}

/* RFC 4861 7.1.1. */
static bool fits_solicit(const struct pkts_icmp_message *m)
{
	if (m->ref.head >= 24 && is_multicast(m->ref.p + 8))
		return false;
	if (!m->src || !m->dst)
		return true;
	return fits_source(m) && (!is_unspecified(m->src) || is_solicited_node(m->dst));
}

/* RFC 4861 7.1.2. Nobody asked for what goes to many. */
static bool fits_advert(const struct pkts_icmp_message *m)
{
	const bool solicited = m->ref.p[4] & 0x40;

	if (m->ref.head >= 24 && is_multicast(m->ref.p + 8))
		return false;
	return !m->dst || !solicited || !is_multicast(m->dst);
}

/* RFC 4861 8.1. */
static bool fits_redirect(const struct pkts_icmp_message *m)
{
	const uint8_t *const target = m->ref.p + 8, *const about = m->ref.p + 24;

	if (m->src && !is_link_local(m->src))
		return false;
	if (m->ref.head < 40)
		return true;
	return !is_multicast(about) &&
	       (is_link_local(target) || __builtin_memcmp(target, about, 16) == 0);
}

static struct pkts_judgement judge_ndp(
	const struct pkts_icmp_session_conf *conf, const struct pkts_icmp_message *m)
{
	static bool (*const fits[])(const struct pkts_icmp_message *) = {
		fits_router_solicit, fits_router_advert, fits_solicit, fits_advert, fits_redirect};
	const uint8_t type = m->ref.p[0], code = m->ref.p[1];

	if (m->hop_limit != 255 && !(conf && conf->any_hop_limit))
		return (struct pkts_judgement){PKTS_SESSION_BIT(ICMP_HOP_LIMIT), PKTS_INVALID};
	if (code != 0 || pkts_icmpv6_check_ndp(m->ref).invalid)
		return malformed;
	return fits[type - PKTS_ICMPV6_ROUTER_SOLICIT](m) ? fine : malformed;
}

static bool is_listener(uint8_t type)
{
	return (type >= PKTS_ICMPV6_MLD_QUERY && type <= PKTS_ICMPV6_MLD_DONE) ||
	       type == PKTS_ICMPV6_MLDV2_REPORT;
}

static struct pkts_judgement judge_listener(
	const struct pkts_icmp_session_conf *conf, const struct pkts_icmp_message *m)
{
	if (m->hop_limit > 1 && !(conf && conf->any_hop_limit))
		return (struct pkts_judgement){PKTS_SESSION_BIT(ICMP_HOP_LIMIT), PKTS_INVALID};
	return fine;
}

/* Redirects of ICMPv6 count as errors here (RFC 4443 2.4 e.2). */
static bool is_error(uint8_t type, bool v6)
{
	return pkts_icmp_row(type, v6).class == PKTS_ICMP_CLASS_ERROR ||
	       (v6 && type == PKTS_ICMPV6_REDIRECT);
}

static struct pkts_judgement judge_error(const struct pkts_icmp_message *m)
{
	struct pkts_icmp_quote quote;

	if (pkts_icmp_quoted(m, &quote) == 0 && quote.has_type && is_error(quote.type, quote.v6))
		return (struct pkts_judgement){
			PKTS_SESSION_BIT(ICMP_ERROR_ABOUT_ERROR), PKTS_INVALID};
	return fine;
}

struct pkts_judgement pkts_icmp_message_validate(
	const struct pkts_icmp_session_conf *conf, const struct pkts_icmp_message *m)
{
	const uint8_t type = m->ref.p[0], code = m->ref.p[1];
	const struct icmp_row row = pkts_icmp_row(type, m->v6);
	struct pkts_judgement j = fine;

	if (m->ref.len < row.min)
		return malformed;
	if (m->v6 && pkts_icmpv6_is_ndp(pkts_icmpv6_at(m->ref)))
		j = judge_ndp(conf, m);
	else if (m->v6 && is_listener(type))
		j = judge_listener(conf, m);
	else if (row.class == PKTS_ICMP_CLASS_ERROR)
		j = judge_error(m);
	if (j.validity == PKTS_VALID &&
		(row.class == PKTS_ICMP_CLASS_UNKNOWN || code > row.max_code))
		j = (struct pkts_judgement){PKTS_SESSION_BIT(ICMP_TYPE), PKTS_SUSPECT};
	return j;
}
