/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "plain_text.h"

#include "pkts_bits.h"

void pkts_column_init(struct column *c)
{
	c->s = (struct pkts_sink){.buf = c->text, .cap = sizeof(c->text)};
}

static void put_spaces(struct pkts_sink *s, size_t n)
{
	while (n--)
		pkts_put_char(s, ' ');
}

static size_t missing(const struct column *c, unsigned width)
{
	return c->s.used < width ? width - c->s.used : 0;
}

void pkts_column_put_left(const struct column *c, struct pkts_sink *s, unsigned width)
{
	pkts_put(s, c->text, c->s.used);
	put_spaces(s, missing(c, width) + 1);
}

void pkts_column_put_right(const struct column *c, struct pkts_sink *s, unsigned width)
{
	put_spaces(s, missing(c, width));
	pkts_put(s, c->text, c->s.used);
	pkts_put_char(s, ' ');
}

void pkts_plain_put(struct pkts_sink *s, const char *text)
{
	for (; *text; text++)
		pkts_put_char(s, *text > ' ' && *text < 0x7f ? *text : '?');
}

void pkts_plain_put_amount(struct pkts_sink *s, uint64_t v)
{
	static const char units[] = "\0kMGTPE";
	unsigned unit = 0;
	uint64_t divisor = 1;

	if (v >= 100000)
		while (v / divisor >= 1000) {
			divisor *= 1000;
			unit++;
		}
	pkts_put_dec(s, v / divisor);
	if (!unit)
		return;
	if (v / divisor < 100) {
		pkts_put_char(s, '.');
		pkts_put_dec(s, v % divisor / (divisor / 10));
	}
	pkts_put_char(s, units[unit]);
}

void pkts_plain_put_duration(struct pkts_sink *s, uint64_t ns)
{
	static const struct {
		uint64_t below, unit, part;
		char unit_name, part_name;
	} rows[] = {
		{3600, 60, 1, 'm', 's'},
		{86400, 3600, 60, 'h', 'm'},
		{UINT64_MAX, 86400, 3600, 'd', 'h'},
	};
	const uint64_t seconds = ns / 1000000000;
	unsigned i = 0;

	if (seconds < 60) {
		pkts_put_dec(s, seconds);
		pkts_put_char(s, '.');
		pkts_put_dec_wide(s, ns / 1000000 % 1000, 3);
		pkts_put_char(s, 's');
		return;
	}
	while (seconds >= rows[i].below)
		i++;
	pkts_put_dec(s, seconds / rows[i].unit);
	pkts_put_char(s, rows[i].unit_name);
	pkts_put_dec_wide(s, seconds % rows[i].unit / rows[i].part, 2);
	pkts_put_char(s, rows[i].part_name);
}

static void put_end(
	struct pkts_sink *s, const struct pkts_flow_tuple *t, const uint8_t *address, uint16_t port)
{
	const bool ports = pkts_flow_has_ports(t->protocol), v6 = t->ip_version == 6;

	if (v6 && ports)
		pkts_put_char(s, '[');
	if (v6)
		pkts_put_ipv6(s, address);
	else
		pkts_put_ipv4(s, pkts_be32(address));
	if (v6 && ports)
		pkts_put_char(s, ']');
	if (ports) {
		pkts_put_char(s, ':');
		pkts_put_dec(s, port);
	}
}

void pkts_plain_put_src(struct pkts_sink *s, const struct pkts_flow_tuple *t)
{
	put_end(s, t, t->src, t->sport);
	if (pkts_flow_is_icmp(t->protocol)) {
		pkts_put_char(s, '/');
		pkts_put_dec(s, t->icmp_type);
		pkts_put_char(s, '.');
		pkts_put_dec(s, t->icmp_code);
	}
}

void pkts_plain_put_dst(struct pkts_sink *s, const struct pkts_flow_tuple *t)
{
	put_end(s, t, t->dst, t->dport);
}

void pkts_plain_put_protocol(struct pkts_sink *s, uint8_t protocol)
{
	const char *const name = pkts_flow_protocol_name(protocol);

	if (name)
		pkts_put_text(s, name);
	else
		pkts_put_dec(s, protocol);
}

const char *pkts_plain_arrow(const struct pkts_session_counts *counts)
{
	if (!counts->packets[1])
		return "->";
	return counts->packets[0] ? "<->" : "<-";
}

void pkts_plain_put_state(struct pkts_sink *s, const struct pkts_flow_record *r)
{
	if (r->conn_state)
		pkts_plain_put(s, r->conn_state);
	else if (r->protocol_state)
		pkts_plain_put(s, r->protocol_state);
	else
		pkts_put_text(s, pkts_flow_state_name(r->state));
}
