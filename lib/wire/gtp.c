/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_gtp.h"
#include "pkts_ip_version.h"

static bool has_optional(struct pkts_gtp v)
{
	return v.p[0] & 7;
}

bool pkts_gtp_seq(struct pkts_gtp v, uint16_t *x)
{
	if (pkts_gtp_s(v))
		*x = pkts_be16(v.p + 8);
	return pkts_gtp_s(v);
}

bool pkts_gtp_npdu(struct pkts_gtp v, uint8_t *x)
{
	if (pkts_gtp_pn(v))
		*x = v.p[10];
	return pkts_gtp_pn(v);
}

bool pkts_gtp_next_extension(struct pkts_gtp v, uint8_t *x)
{
	if (pkts_gtp_e(v))
		*x = v.p[11];
	return pkts_gtp_e(v);
}

struct pkts_tlv_iter pkts_gtp_extensions(struct pkts_gtp v)
{
	const bool there = v.head > PKTS_GTP_HEAD_OPTIONAL && pkts_gtp_e(v);
	return pkts_tlv_begin(v.p + (there ? PKTS_GTP_HEAD_OPTIONAL : v.head), v.p + v.head);
}

/* The byte before an extension header is the one that names its type. */
bool pkts_gtp_extension_next(struct pkts_tlv_iter *it, struct pkts_tlv *extension)
{
	const size_t left = pkts_tlv_left(it);
	const uint8_t *const p = it->p;

	if (left == 0 || p[-1] == 0)
		return false;
	const size_t len = p[0] * 4u;
	if (len == 0 || len > left)
		return pkts_tlv_stop(it, PKTS_REASON_GTP_EXTENSION);
	*extension = (struct pkts_tlv){p[-1], (uint32_t)len - 2, p + 1};
	it->p = p + len;
	return true;
}

static struct pkts_check extension_fatal(uint32_t at)
{
	return pkts_check_fatal(PKTS_REASON_GTP_EXTENSION, at);
}

/* Follows the chain of extension headers: c->head ends behind them, or c is the reason why not. */
static void pass_extensions(struct pkts_ref s, struct pkts_check *c)
{
	uint8_t type = s.p[PKTS_GTP_HEAD_OPTIONAL - 1];
	uint32_t at = c->head;

	while (type != 0) {
		if (at >= c->len) {
			*c = extension_fatal(at);
			return;
		}
		if (pkts_missing(s, at + 1)) {
			*c = pkts_check_missing(s, at + 1);
			return;
		}
		const uint32_t end = at + s.p[at] * 4u;
		if (end == at || end > c->len || end > PKTS_GTP_HEAD_MAX) {
			*c = extension_fatal(at);
			return;
		}
		if (pkts_missing(s, end)) {
			*c = pkts_check_missing(s, end);
			return;
		}
		type = s.p[end - 1];
		at = end;
	}
	c->head = (uint16_t)at;
}

/* What the length field claims, made to fit between the header and the datagram's end. */
static void claim_length(struct pkts_ref s, struct pkts_check *c)
{
	c->len = PKTS_GTP_HEAD + (uint32_t)pkts_gtp_length(pkts_gtp_at(s));
	if (c->len >= c->head && c->len <= s.len)
		return;
	c->len = c->len < c->head ? c->head : s.len;
	pkts_check_invalid(c, PKTS_REASON_GTP_LENGTH, 2);
}

struct pkts_check pkts_gtp_check(struct pkts_ref s)
{
	const struct pkts_gtp gtp = pkts_gtp_at(s);
	struct pkts_check c = {.head = PKTS_GTP_HEAD};

	if (pkts_missing(s, 1))
		return pkts_check_missing(s, 1);
	if (pkts_gtp_version(gtp) != 1 || !pkts_gtp_pt(gtp))
		return pkts_check_fatal(PKTS_REASON_GTP_VERSION, 0);
	if (has_optional(gtp))
		c.head = PKTS_GTP_HEAD_OPTIONAL;
	if (pkts_missing(s, c.head))
		return pkts_check_missing(s, c.head);
	claim_length(s, &c);
	if (pkts_gtp_e(gtp))
		pass_extensions(s, &c);
	if (!c.fatal && pkts_gtp_type(gtp) == PKTS_GTP_GPDU)
		pkts_ip_version_next(&c, s);
	return pkts_check_whole(c);
}
