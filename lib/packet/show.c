/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_show.h"

#include "render.h"

/* Where values start in a line of pkts_show(). */
#define VALUE_COLUMN 17

static void put_field_line(struct pkts_sink *out, const char *name)
{
	unsigned column = 2;

	pkts_put(out, "  ", 2);
	for (; *name; name++, column++)
		pkts_put_char(out, *name);
	for (; column < VALUE_COLUMN; column++)
		pkts_put_char(out, ' ');
	pkts_put(out, " = ", 3);
}

static void put_option(struct pkts_sink *out, const struct option *o)
{
	if (o->name)
		pkts_put_text(out, o->name);
	else
		pkts_put_dec(out, o->type);
	if (!o->len)
		return;
	pkts_put_char(out, '=');
	if (!o->width) {
		pkts_put_hex_bytes(out, o->data, o->len);
		return;
	}
	for (uint32_t at = 0; at < o->len; at += o->width) {
		if (at)
			pkts_put_char(out, ':');
		pkts_put_dec(out, pkts_bits_get(o->data + at, 0, o->width * 8));
	}
}

static void put_options(
	struct pkts_sink *out, const struct pkts_packet *packet, unsigned i, uint32_t readable)
{
	struct options walk;
	struct option o;
	bool first = true;

	if (!pkts_options_begin(&walk, packet, i, readable))
		return;
	put_field_line(out, walk.proto == PKTS_PROTO_SCTP ? "chunks" : "options");
	while (pkts_options_next(&walk, &o)) {
		if (!first)
			pkts_put_text(out, ", ");
		first = false;
		put_option(out, &o);
	}
	pkts_put_char(out, '\n');
}

static void put_field(struct pkts_sink *out, const struct pkts_field *f, const uint8_t *header)
{
	put_field_line(out, f->name);
	pkts_render_value(out, f, header);
	pkts_put_char(out, '\n');
}

static void put_layer(struct pkts_sink *out, const struct pkts_packet *packet, unsigned i,
	const struct pkts_shown *about)
{
	const struct pkts_proto_info *const info = pkts_proto_info(packet->layers[i].proto);

	pkts_put_text(out, "###[ ");
	pkts_put_text(out, info->name);
	pkts_put_text(out, " ]### ");
	pkts_put_text(out, info->title);
	pkts_put_char(out, '\n');
	pkts_render_fields(out, packet, i, put_field);
	put_options(out, packet, i, about->readable);
	if (about->checksums && about->checksums[i]) {
		put_field_line(out, "(checksum)");
		pkts_put_text(out, pkts_checksum_name(about->checksums[i]));
		pkts_put_char(out, '\n');
	}
}

static void put_finding(struct pkts_sink *out, const char *mark, enum pkts_reason reason,
	enum pkts_proto proto, uint32_t at)
{
	if (!reason)
		return;
	pkts_put_text(out, mark);
	pkts_put_text(out, pkts_proto_info(proto)->name);
	pkts_put_text(out, " at byte ");
	pkts_put_dec(out, at);
	pkts_put_text(out, ": ");
	pkts_put_text(out, pkts_reason_info(reason)->text);
	pkts_put_char(out, '\n');
}

static void put_tail(struct pkts_sink *out, const struct pkts_packet *packet)
{
	const struct pkts_verdict v = pkts_verdict(packet);
	uint32_t payload;

	pkts_packet_payload(packet, &payload);
	pkts_put_text(out, "payload ");
	pkts_put_dec(out, payload);
	if (v.excess) {
		pkts_put_text(out, ", excess ");
		pkts_put_dec(out, v.excess);
	}
	pkts_put_text(out, " bytes\n");
	put_finding(out, "! ", v.fatal, v.fatal_proto, v.fatal_at);
	put_finding(out, "! ", v.invalid, v.invalid_proto, v.invalid_at);
	put_finding(out, "~ ", v.padding, v.padding_proto, 0);
}

static void put_frame(
	struct pkts_sink *out, const struct pkts_packet *packet, const struct pkts_shown *about)
{
	pkts_put_dec(out, about->number);
	pkts_put_char(out, ' ');
	pkts_put_time(out, about->ns);
	pkts_put_char(out, ' ');
	pkts_put_dec(out, about->wire);
	if (packet->len < about->wire) {
		pkts_put_char(out, '(');
		pkts_put_dec(out, packet->len);
		pkts_put_char(out, ')');
	}
}

void pkts_show(
	struct pkts_sink *out, const struct pkts_packet *packet, const struct pkts_shown *about)
{
	pkts_put_text(out, "frame ");
	put_frame(out, packet, about);
	pkts_put_char(out, '\n');
	for (unsigned i = 0; i < packet->n; i++)
		put_layer(out, packet, i, about);
	put_tail(out, packet);
}

/* The innermost layer of one of two protocols, not counting what an ICMP error quotes. */
static int innermost(const struct pkts_packet *packet, enum pkts_proto a, enum pkts_proto b)
{
	int found = -1;

	for (int i = 0; i < packet->n; i++) {
		const enum pkts_proto proto = packet->layers[i].proto;
		if (proto == a || proto == b)
			found = i;
		if (packet->flags & PKTS_PACKET_QUOTE &&
			(proto == PKTS_PROTO_ICMP || proto == PKTS_PROTO_ICMPV6))
			break;
	}
	return found;
}

/* The ports stand first in all four transport headers. */
static bool has_ports(enum pkts_proto proto)
{
	return proto == PKTS_PROTO_TCP || proto == PKTS_PROTO_UDP || proto == PKTS_PROTO_SCTP ||
	       proto == PKTS_PROTO_UDPLITE;
}

static void put_address(struct pkts_sink *out, const uint8_t *p, bool v6, const uint8_t *port)
{
	if (v6 && port)
		pkts_put_char(out, '[');
	if (v6)
		pkts_put_ipv6(out, p);
	else
		pkts_put_ipv4(out, pkts_be32(p));
	if (v6 && port)
		pkts_put_char(out, ']');
	if (port) {
		pkts_put_char(out, ':');
		pkts_put_dec(out, pkts_be16(port));
	}
}

/* Who talks to whom: the innermost IP addresses, with the ports of the layer behind them. */
static void put_endpoints(struct pkts_sink *out, const struct pkts_packet *packet)
{
	const int ip = innermost(packet, PKTS_PROTO_IPV4, PKTS_PROTO_IPV6);
	if (ip < 0)
		return;

	const bool v6 = packet->layers[ip].proto == PKTS_PROTO_IPV6;
	const uint8_t *const header = packet->data + packet->layers[ip].off;
	const uint8_t *ports = NULL;
	for (unsigned i = (unsigned)ip + 1; i < packet->n && !ports; i++) {
		const enum pkts_proto proto = packet->layers[i].proto;
		if (proto == PKTS_PROTO_ICMP || proto == PKTS_PROTO_ICMPV6)
			break; /* ports in a quotation are not between these addresses */
		if (has_ports(proto))
			ports = packet->data + packet->layers[i].off;
	}

	pkts_put_char(out, ' ');
	put_address(out, header + (v6 ? 8 : 12), v6, ports);
	pkts_put_text(out, " > ");
	put_address(out, header + (v6 ? 24 : 16), v6, ports ? ports + 2 : NULL);
}

static void put_number(struct pkts_sink *out, const char *key, uint64_t v)
{
	pkts_put_char(out, ' ');
	pkts_put_text(out, key);
	pkts_put_char(out, '=');
	pkts_put_dec(out, v);
}

static void put_tcp(struct pkts_sink *out, struct pkts_tcp tcp)
{
	pkts_put_char(out, ' ');
	pkts_render_tcpflags(out, pkts_tcp_flags(tcp));
	put_number(out, "seq", pkts_tcp_seq(tcp));
	if (pkts_tcp_flags(tcp) & PKTS_TCP_ACK)
		put_number(out, "ack", pkts_tcp_ack(tcp));
	put_number(out, "win", pkts_tcp_window(tcp));
}

static void put_arp(struct pkts_sink *out, struct pkts_arp arp)
{
	const struct pkts_arp_ipv4 addresses = pkts_arp_ipv4(arp);

	if (addresses.p) {
		pkts_put_char(out, ' ');
		pkts_put_ipv4(out, pkts_arp_ipv4_spa(addresses));
		pkts_put_text(out, " > ");
		pkts_put_ipv4(out, pkts_arp_ipv4_tpa(addresses));
	}
	put_number(out, "operation", pkts_arp_operation(arp));
}

static void put_details(struct pkts_sink *out, const struct pkts_packet *packet)
{
	const int tcp = innermost(packet, PKTS_PROTO_TCP, PKTS_PROTO_TCP);
	const int icmp = innermost(packet, PKTS_PROTO_ICMP, PKTS_PROTO_ICMPV6);
	const int arp = innermost(packet, PKTS_PROTO_ARP, PKTS_PROTO_ARP);

	if (tcp >= 0)
		put_tcp(out, pkts_tcp_at(pkts_packet_ref(packet, (unsigned)tcp)));
	if (icmp >= 0) {
		const uint8_t *const header = packet->data + packet->layers[icmp].off;
		put_number(out, "type", header[0]);
		put_number(out, "code", header[1]);
	}
	if (arp >= 0)
		put_arp(out, pkts_arp_at(pkts_packet_ref(packet, (unsigned)arp)));
}

static void put_remarks(
	struct pkts_sink *out, const struct pkts_packet *packet, const struct pkts_shown *about)
{
	const struct pkts_verdict v = pkts_verdict(packet);

	if (packet->flags & PKTS_PACKET_FRAGMENT)
		pkts_put_text(out, " fragment");
	for (unsigned i = 0; about->checksums && i < packet->n; i++)
		if (about->checksums[i] == PKTS_CHECKSUM_BAD) {
			pkts_put_text(out, " !checksum:");
			pkts_put_text(out, pkts_proto_info(packet->layers[i].proto)->name);
		}
	if (v.fatal) {
		pkts_put_text(out, " !");
		pkts_put_text(out, pkts_reason_info(v.fatal)->name);
	}
	if (v.invalid) {
		pkts_put_text(out, " !");
		pkts_put_text(out, pkts_reason_info(v.invalid)->name);
	}
}

void pkts_summary(
	struct pkts_sink *out, const struct pkts_packet *packet, const struct pkts_shown *about)
{
	uint32_t payload;

	put_frame(out, packet, about);
	for (unsigned i = 0; i < packet->n; i++) {
		pkts_put_char(out, i ? '/' : ' ');
		pkts_put_text(out, pkts_proto_info(packet->layers[i].proto)->name);
	}
	put_endpoints(out, packet);
	put_details(out, packet);
	pkts_packet_payload(packet, &payload);
	put_number(out, "payload", payload);
	put_remarks(out, packet, about);
}

static void put_hex_line(struct pkts_sink *out, const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < 16; i++) {
		if (i == 8)
			pkts_put_char(out, ' ');
		if (i < n)
			pkts_put_hex_bytes(out, p + i, 1);
		else
			pkts_put(out, "  ", 2);
		pkts_put_char(out, ' ');
	}
	pkts_put_char(out, ' ');
	for (uint32_t i = 0; i < n; i++)
		pkts_put_char(out, p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : '.');
	pkts_put_char(out, '\n');
}

void pkts_hex(struct pkts_sink *out, const uint8_t *p, uint32_t n)
{
	const unsigned digits = n > 0x10000 ? 8 : 4;

	for (uint32_t at = 0; at < n; at += 16) {
		pkts_put_hex(out, at, digits);
		pkts_put(out, "  ", 2);
		put_hex_line(out, p + at, PKTS_MIN(n - at, 16));
	}
}
