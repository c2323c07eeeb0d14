/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "ipfix_template.h"

#include <string.h>

#include "pkts_bits.h"
#include "pkts_ip_protocol.h"

/* What stands above IP: the second part of a template's number. */
enum above {
	ABOVE_TCP,
	ABOVE_PORTS,
	ABOVE_ICMP,
	ABOVE_OTHER,
};

/* Which templates have an element: bit n is template n of ours, 2 * above + (IPv6). */
enum {
	IN_ALL = 0xff,
	IN_V4 = 0x55,
	IN_V6 = 0xaa,
	IN_TCP = 0x03,
	IN_PORTS = 0x0f,
	IN_ICMP_V4 = 0x10,
	IN_ICMP_V6 = 0x20,
};

struct element {
	uint16_t id; /* IANA "IPFIX Information Elements" */
	uint8_t length;
	uint8_t in;
	bool reverse;
	uint64_t (*number)(const struct pkts_flow_record *r); /* NULL: bytes at `offset` */
	size_t offset;
};

static uint64_t bytes_to_server(const struct pkts_flow_record *r)
{
	return r->counts.bytes[0];
}

static uint64_t bytes_to_client(const struct pkts_flow_record *r)
{
	return r->counts.bytes[1];
}

static uint64_t packets_to_server(const struct pkts_flow_record *r)
{
	return r->counts.packets[0];
}

static uint64_t packets_to_client(const struct pkts_flow_record *r)
{
	return r->counts.packets[1];
}

static uint64_t first_ms(const struct pkts_flow_record *r)
{
	return r->first / 1000000;
}

static uint64_t last_ms(const struct pkts_flow_record *r)
{
	return r->last / 1000000;
}

static uint64_t flow_id(const struct pkts_flow_record *r)
{
	return r->tuple.id;
}

static uint64_t vlan_id(const struct pkts_flow_record *r)
{
	return r->tuple.n_vlans ? r->tuple.vlans[0] : 0;
}

static uint64_t protocol(const struct pkts_flow_record *r)
{
	return r->tuple.protocol;
}

static uint64_t end_reason(const struct pkts_flow_record *r)
{
	return pkts_ipfix_end_reason(r);
}

/* RFC 5103 6.3: src is who began. */
static uint64_t direction(const struct pkts_flow_record *r)
{
	(void)r;
	return 1;
}

static uint64_t sport(const struct pkts_flow_record *r)
{
	return r->tuple.sport;
}

static uint64_t dport(const struct pkts_flow_record *r)
{
	return r->tuple.dport;
}

static uint64_t flags_to_server(const struct pkts_flow_record *r)
{
	return r->tcp.flags[0];
}

static uint64_t flags_to_client(const struct pkts_flow_record *r)
{
	return r->tcp.flags[1];
}

static uint64_t icmp(const struct pkts_flow_record *r)
{
	return (uint64_t)r->tuple.icmp_type << 8 | r->tuple.icmp_code;
}

#define SRC offsetof(struct pkts_flow_record, tuple.src)
#define DST offsetof(struct pkts_flow_record, tuple.dst)

/*
 * tcpControlBits has 16 bits, of which the upper 8 are not kept: the short form, RFC 7125 3. Its
 * reverse comes first, because collectors that do not know that one (nfdump 1.7) take it for the
 * other, and keep what came last.
 */
/* clang-format off */
static const struct element elements[] = {
	{1, 8, IN_ALL, false, bytes_to_server, 0},   /* octetDeltaCount */
	{2, 8, IN_ALL, false, packets_to_server, 0}, /* packetDeltaCount */
	{1, 8, IN_ALL, true, bytes_to_client, 0},
	{2, 8, IN_ALL, true, packets_to_client, 0},
	{152, 8, IN_ALL, false, first_ms, 0},        /* flowStartMilliseconds */
	{153, 8, IN_ALL, false, last_ms, 0},         /* flowEndMilliseconds */
	{148, 8, IN_ALL, false, flow_id, 0},         /* flowId */
	{58, 2, IN_ALL, false, vlan_id, 0},          /* vlanId */
	{4, 1, IN_ALL, false, protocol, 0},          /* protocolIdentifier */
	{136, 1, IN_ALL, false, end_reason, 0},      /* flowEndReason */
	{239, 1, IN_ALL, false, direction, 0},       /* biflowDirection */
	{8, 4, IN_V4, false, NULL, SRC},             /* sourceIPv4Address */
	{12, 4, IN_V4, false, NULL, DST},            /* destinationIPv4Address */
	{27, 16, IN_V6, false, NULL, SRC},           /* sourceIPv6Address */
	{28, 16, IN_V6, false, NULL, DST},           /* destinationIPv6Address */
	{7, 2, IN_PORTS, false, sport, 0},           /* sourceTransportPort */
	{11, 2, IN_PORTS, false, dport, 0},          /* destinationTransportPort */
	{6, 1, IN_TCP, true, flags_to_client, 0},
	{6, 1, IN_TCP, false, flags_to_server, 0},   /* tcpControlBits */
	{32, 2, IN_ICMP_V4, false, icmp, 0},         /* icmpTypeCodeIPv4 */
	{139, 2, IN_ICMP_V6, false, icmp, 0},        /* icmpTypeCodeIPv6 */
};
/* clang-format on */

static const struct element *const elements_end = elements + PKTS_ARRAY_LEN(elements);

static bool is_in(const struct element *e, uint16_t id)
{
	return e->in >> (id - IPFIX_FIRST_TEMPLATE) & 1;
}

static enum above above_of(const struct pkts_flow_tuple *t)
{
	if (t->protocol == PKTS_IPPROTO_TCP)
		return ABOVE_TCP;
	if (pkts_flow_has_ports(t->protocol))
		return ABOVE_PORTS;
	if (t->protocol == (t->ip_version == 4 ? PKTS_IPPROTO_ICMP : PKTS_IPPROTO_ICMPV6))
		return ABOVE_ICMP;
	return ABOVE_OTHER;
}

uint16_t pkts_ipfix_template_of(const struct pkts_flow_record *r)
{
	const uint8_t version = r->tuple.ip_version;

	if (version != 4 && version != 6)
		return 0;
	return (uint16_t)(IPFIX_FIRST_TEMPLATE + 2 * (unsigned)above_of(&r->tuple) +
			  (version == 6));
}

/* An element's description: its id and length, and the enterprise number if it has one. */
static size_t specifier_size(const struct element *e)
{
	return e->reverse ? 8 : 4;
}

size_t pkts_ipfix_template_size(uint16_t id)
{
	size_t n = 4;

	for (const struct element *e = elements; e < elements_end; e++)
		n += is_in(e, id) ? specifier_size(e) : 0;
	return n;
}

size_t pkts_ipfix_record_size(uint16_t id)
{
	size_t n = 0;

	for (const struct element *e = elements; e < elements_end; e++)
		n += is_in(e, id) ? e->length : 0;
	return n;
}

static void write_specifier(const struct element *e, uint8_t *p)
{
	pkts_put_be16(p, (uint16_t)(e->id | (e->reverse ? 0x8000 : 0)));
	pkts_put_be16(p + 2, e->length);
	if (e->reverse)
		pkts_put_be32(p + 4, PKTS_IPFIX_REVERSE);
}

void pkts_ipfix_template_write(uint16_t id, uint8_t *p)
{
	uint8_t *at = p + 4;
	uint16_t n = 0;

	for (const struct element *e = elements; e < elements_end; e++) {
		if (!is_in(e, id))
			continue;
		write_specifier(e, at);
		at += specifier_size(e);
		n++;
	}
	pkts_put_be16(p, id);
	pkts_put_be16(p + 2, n);
}

static void write_number(uint8_t *p, uint64_t v, unsigned length)
{
	while (length) {
		p[--length] = (uint8_t)v;
		v >>= 8;
	}
}

void pkts_ipfix_record_write(uint16_t id, const struct pkts_flow_record *r, uint8_t *p)
{
	for (const struct element *e = elements; e < elements_end; e++) {
		if (!is_in(e, id))
			continue;
		if (e->number)
			write_number(p, e->number(r), e->length);
		else
			memcpy(p, (const uint8_t *)r + e->offset, e->length);
		p += e->length;
	}
}

unsigned pkts_ipfix_count_records(const uint8_t *message, size_t n)
{
	unsigned count = 0;

	for (size_t at = IPFIX_HEADER; at + IPFIX_SET <= n; at += pkts_be16(message + at + 2)) {
		const uint16_t id = pkts_be16(message + at);

		if (id >= IPFIX_FIRST_TEMPLATE)
			count += (unsigned)((pkts_be16(message + at + 2) - IPFIX_SET) /
					    pkts_ipfix_record_size(id));
	}
	return count;
}
