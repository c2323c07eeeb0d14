/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The packets that errors quote, and whether they can have been sent. */
#include "icmp.h"
#include "pkts_errno.h"
#include "pkts_ipv4.h"
#include "pkts_ipv6.h"
#include "pkts_ipv6_ext.h"

#define MAX_EXTENSIONS 8 /* headers between a quoted IPv6 header and its payload */

/* The quoted bytes that are readable, behind the header that has been read. */
struct rest {
	const uint8_t *p;
	uint32_t n;
};

/* Where RFC 4884 counts the quotation: bytes, 0 if it does not. */
static uint32_t counted(const struct pkts_icmp_message *m)
{
	const uint8_t type = m->ref.p[0];

	if (m->v6)
		return type == PKTS_ICMPV6_UNREACHABLE || type == PKTS_ICMPV6_TIME_EXCEEDED
			       ? m->ref.p[4] * 8u
			       : 0;
	return type == PKTS_ICMP_UNREACHABLE || type == PKTS_ICMP_TIME_EXCEEDED ||
			       type == PKTS_ICMP_PARAMETER
		       ? m->ref.p[5] * 4u
		       : 0;
}

static struct rest quotation(const struct pkts_icmp_message *m)
{
	const uint32_t readable = PKTS_MIN(m->ref.head, m->ref.len) - PKTS_ICMP_HEAD;
	const uint32_t limit = counted(m);

	return (struct rest){
		m->ref.p + PKTS_ICMP_HEAD, limit != 0 && limit < readable ? limit : readable};
}

static bool skip(struct rest *r, uint32_t n)
{
	if (n > r->n)
		return false;
	r->p += n;
	r->n -= n;
	return true;
}

/* A router has edited the header before it was quoted, so lengths and sums are not looked at. */
static bool read_ipv4(struct rest *r, struct pkts_icmp_quote *q)
{
	if (r->n < PKTS_IPV4_HEAD || r->p[0] >> 4 != 4 || (r->p[0] & 15) < 5)
		return false;
	q->protocol = r->p[9];
	q->is_fragment = pkts_be16(r->p + 6) & 0x1fff;
	__builtin_memcpy(q->src, r->p + 12, 4);
	__builtin_memcpy(q->dst, r->p + 16, 4);
	return skip(r, (r->p[0] & 15) * 4u);
}

/* The length of the extension header at r, if `protocol` is one that is quoted whole, and not what the
 * packet is about; else 0. */
static uint32_t extension(const struct rest *r, uint8_t protocol)
{
	if (r->n < 8 || pkts_ipv6_ext_is_message(protocol, r->p[0]))
		return 0;
	const uint32_t len = pkts_ipv6_ext_len(protocol, r->p);
	return len <= r->n ? len : 0;
}

static void read_extensions(struct rest *r, struct pkts_icmp_quote *q)
{
	for (unsigned i = 0; i < MAX_EXTENSIONS && !q->is_fragment; i++) {
		const uint32_t len = extension(r, q->protocol);
		if (len == 0)
			return;
		if (q->protocol == PKTS_IPPROTO_FRAGMENT)
			q->is_fragment = pkts_be16(r->p + 2) & 0xfff8;
		q->protocol = r->p[0];
		skip(r, len);
	}
}

static bool read_ipv6(struct rest *r, struct pkts_icmp_quote *q)
{
	if (r->n < PKTS_IPV6_HEAD || r->p[0] >> 4 != 6)
		return false;
	q->v6 = true;
	q->protocol = r->p[6];
	__builtin_memcpy(q->src, r->p + 8, 16);
	__builtin_memcpy(q->dst, r->p + 24, 16);
	skip(r, PKTS_IPV6_HEAD);
	read_extensions(r, q);
	return true;
}

static void read_ports(const struct rest *r, struct pkts_icmp_quote *q)
{
	if (r->n < 4)
		return;
	q->has_ports = true;
	q->sport = pkts_be16(r->p);
	q->dport = pkts_be16(r->p + 2);
	q->has_number =
		q->protocol != PKTS_IPPROTO_UDP && q->protocol != PKTS_IPPROTO_UDPLITE && r->n >= 8;
	if (q->has_number)
		q->number = pkts_be32(r->p + 4);
}

static void read_init(const struct rest *r, struct pkts_icmp_quote *q)
{
	q->has_init_tag = r->n >= 20 && r->p[12] == 1;
	if (q->has_init_tag)
		q->init_tag = pkts_be32(r->p + 16);
}

static void read_icmp(const struct rest *r, struct pkts_icmp_quote *q)
{
	q->has_type = r->n >= 2;
	if (q->has_type) {
		q->type = r->p[0];
		q->code = r->p[1];
	}
	q->has_number = r->n >= 8;
	if (q->has_number)
		q->number = pkts_be32(r->p + 4);
}

static void read_transport(const struct rest *r, struct pkts_icmp_quote *q)
{
	switch (q->protocol) {
	case PKTS_IPPROTO_SCTP:
		read_init(r, q);
		/* fall through */
	case PKTS_IPPROTO_TCP:
	case PKTS_IPPROTO_UDP:
	case PKTS_IPPROTO_UDPLITE:
		read_ports(r, q);
		return;
	case PKTS_IPPROTO_ICMP:
	case PKTS_IPPROTO_ICMPV6:
		if (q->v6 == (q->protocol == PKTS_IPPROTO_ICMPV6))
			read_icmp(r, q);
		return;
	default:
		return;
	}
}

int pkts_icmp_quoted(const struct pkts_icmp_message *m, struct pkts_icmp_quote *out)
{
	struct rest r;

	*out = (struct pkts_icmp_quote){0};
	if (PKTS_MIN(m->ref.head, m->ref.len) < PKTS_ICMP_HEAD ||
		pkts_icmp_row(m->ref.p[0], m->v6).class != PKTS_ICMP_CLASS_ERROR)
		return -PKTS_EINVAL;
	r = quotation(m);
	if (!(m->v6 ? read_ipv6(&r, out) : read_ipv4(&r, out)))
		return -PKTS_EBADMSG;
	out->at = (uint32_t)(r.p - m->ref.p);
	out->len = r.n;
	if (!out->is_fragment)
		read_transport(&r, out);
	return 0;
}

bool pkts_icmp_error_is_plausible_tcp(uint32_t seq, uint32_t una, uint32_t nxt)
{
	return seq - una <= nxt - una;
}

bool pkts_icmp_error_is_plausible_sctp(
	const struct pkts_icmp_quote *quote, uint32_t own, uint32_t peer)
{
	if (!quote->has_number)
		return false;
	if (quote->number == 0)
		return quote->has_init_tag && quote->init_tag == own;
	return quote->number == peer;
}
