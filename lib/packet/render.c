/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "render.h"

void pkts_render_tcpflags(struct pkts_sink *out, uint64_t flags)
{
	static const char letters[] = "FSRPAUECN";

	for (unsigned i = 0; i < sizeof(letters) - 1; i++)
		if (flags >> i & 1)
			pkts_put_char(out, letters[i]);
}

void pkts_render_value(struct pkts_sink *out, const struct pkts_field *f, const uint8_t *header)
{
	const uint8_t *const p = header + f->bit / 8;

	switch ((enum pkts_kind)f->kind) {
	case PKTS_KIND_DEC:
	case PKTS_KIND_FLAG:
		pkts_put_dec(out, pkts_bits_get(header, f->bit, f->width));
		break;
	case PKTS_KIND_HEX:
		pkts_put_hex(out, pkts_bits_get(header, f->bit, f->width), (f->width + 3u) / 4);
		break;
	case PKTS_KIND_TCPFLAGS:
		pkts_render_tcpflags(out, pkts_bits_get(header, f->bit, f->width));
		break;
	case PKTS_KIND_IPV4:
		pkts_put_ipv4(out, pkts_be32(p));
		break;
	case PKTS_KIND_MAC:
		pkts_put_mac(out, p);
		break;
	case PKTS_KIND_IPV6:
		pkts_put_ipv6(out, p);
		break;
	case PKTS_KIND_BYTES:
		pkts_put_hex_bytes(out, p, f->width / 8);
		break;
	}
}

void pkts_render_fields(
	struct pkts_sink *out, const struct pkts_packet *packet, unsigned i, render_field_fn *put)
{
	const struct pkts_layer l = packet->layers[i];
	const struct pkts_proto_info *const info = pkts_proto_info(l.proto);
	struct pkts_field optional[PKTS_OPTIONAL_MAX];
	const unsigned n = pkts_optional_fields(l.proto, pkts_packet_ref(packet, i), optional);

	for (unsigned k = 0; k < info->nfields; k++)
		put(out, &info->fields[k], packet->data + l.off);
	for (unsigned k = 0; k < n; k++)
		put(out, &optional[k], packet->data + l.off);
}

static const struct option_row option_rows[] = {
	{PKTS_PROTO_IPV4, PKTS_IPV4_OPTION_END, "end", 0},
	{PKTS_PROTO_IPV4, PKTS_IPV4_OPTION_NOP, "nop", 0},
	{PKTS_PROTO_IPV4, PKTS_IPV4_OPTION_RECORD_ROUTE, "record_route", 0},
	{PKTS_PROTO_IPV4, PKTS_IPV4_OPTION_TIMESTAMP, "timestamp", 0},
	{PKTS_PROTO_IPV4, PKTS_IPV4_OPTION_SECURITY, "security", 0},
	{PKTS_PROTO_IPV4, PKTS_IPV4_OPTION_LOOSE_ROUTE, "loose_route", 0},
	{PKTS_PROTO_IPV4, PKTS_IPV4_OPTION_STREAM_ID, "stream_id", 2},
	{PKTS_PROTO_IPV4, PKTS_IPV4_OPTION_STRICT_ROUTE, "strict_route", 0},
	{PKTS_PROTO_IPV4, PKTS_IPV4_OPTION_ROUTER_ALERT, "router_alert", 2},
	{PKTS_PROTO_TCP, PKTS_TCP_OPTION_END, "end", 0},
	{PKTS_PROTO_TCP, PKTS_TCP_OPTION_NOP, "nop", 0},
	{PKTS_PROTO_TCP, PKTS_TCP_OPTION_MSS, "mss", 2},
	{PKTS_PROTO_TCP, PKTS_TCP_OPTION_WINDOW_SCALE, "wscale", 1},
	{PKTS_PROTO_TCP, PKTS_TCP_OPTION_SACK_PERMITTED, "sackok", 0},
	{PKTS_PROTO_TCP, PKTS_TCP_OPTION_SACK, "sack", 4},
	{PKTS_PROTO_TCP, PKTS_TCP_OPTION_TIMESTAMPS, "ts", 4},
	{PKTS_PROTO_TCP, PKTS_TCP_OPTION_MD5, "md5", 0},
	{PKTS_PROTO_TCP, PKTS_TCP_OPTION_USER_TIMEOUT, "user_timeout", 2},
	{PKTS_PROTO_TCP, PKTS_TCP_OPTION_AO, "ao", 0},
	{PKTS_PROTO_TCP, PKTS_TCP_OPTION_MPTCP, "mptcp", 0},
	{PKTS_PROTO_TCP, PKTS_TCP_OPTION_FAST_OPEN, "fast_open", 0},
	{PKTS_PROTO_IPV6_HOPOPTS, PKTS_IPV6_OPTION_PAD1, "pad1", 0},
	{PKTS_PROTO_IPV6_HOPOPTS, PKTS_IPV6_OPTION_PADN, "padn", 0},
	{PKTS_PROTO_IPV6_HOPOPTS, PKTS_IPV6_OPTION_ROUTER_ALERT, "router_alert", 2},
	{PKTS_PROTO_IPV6_HOPOPTS, PKTS_IPV6_OPTION_CALIPSO, "calipso", 0},
	{PKTS_PROTO_IPV6_HOPOPTS, PKTS_IPV6_OPTION_QUICK_START, "quick_start", 0},
	{PKTS_PROTO_IPV6_HOPOPTS, PKTS_IPV6_OPTION_JUMBO, "jumbo", 4},
	{PKTS_PROTO_IPV6_DSTOPTS, PKTS_IPV6_OPTION_PAD1, "pad1", 0},
	{PKTS_PROTO_IPV6_DSTOPTS, PKTS_IPV6_OPTION_PADN, "padn", 0},
	{PKTS_PROTO_IPV6_DSTOPTS, PKTS_IPV6_OPTION_TUNNEL_LIMIT, "tunnel_limit", 1},
	{PKTS_PROTO_IPV6_DSTOPTS, PKTS_IPV6_OPTION_HOME_ADDRESS, "home_address", 0},
	{PKTS_PROTO_ICMPV6, PKTS_NDP_SOURCE_LINK, "source_link", 0},
	{PKTS_PROTO_ICMPV6, PKTS_NDP_TARGET_LINK, "target_link", 0},
	{PKTS_PROTO_ICMPV6, PKTS_NDP_PREFIX, "prefix", 0},
	{PKTS_PROTO_ICMPV6, PKTS_NDP_REDIRECTED, "redirected", 0},
	{PKTS_PROTO_ICMPV6, PKTS_NDP_MTU, "mtu", 0},
	{PKTS_PROTO_ICMPV6, PKTS_NDP_RDNSS, "rdnss", 0},
	{PKTS_PROTO_ICMPV6, PKTS_NDP_DNSSL, "dnssl", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_DATA, "data", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_INIT, "init", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_INIT_ACK, "init_ack", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_SACK, "sack", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_HEARTBEAT, "heartbeat", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_HEARTBEAT_ACK, "heartbeat_ack", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_ABORT, "abort", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_SHUTDOWN, "shutdown", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_SHUTDOWN_ACK, "shutdown_ack", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_ERROR, "error", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_COOKIE_ECHO, "cookie_echo", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_COOKIE_ACK, "cookie_ack", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_SHUTDOWN_COMPLETE, "shutdown_complete", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_AUTH, "auth", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_I_DATA, "i_data", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_ASCONF_ACK, "asconf_ack", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_RE_CONFIG, "re_config", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_PAD, "pad", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_FORWARD_TSN, "forward_tsn", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_ASCONF, "asconf", 0},
	{PKTS_PROTO_SCTP, PKTS_SCTP_I_FORWARD_TSN, "i_forward_tsn", 0},
};

const struct option_row *pkts_option_row(enum pkts_proto proto, unsigned nth)
{
	for (const struct option_row *row = option_rows;
		row < option_rows + PKTS_ARRAY_LEN(option_rows); row++)
		if (row->proto == proto && nth-- == 0)
			return row;
	return NULL;
}

static void name_option(struct option *option, enum pkts_proto proto)
{
	for (const struct option_row *row = option_rows;
		row < option_rows + PKTS_ARRAY_LEN(option_rows); row++) {
		if (row->proto != proto || row->type != option->type)
			continue;
		option->name = row->name;
		/* A value that is no whole list of its numbers is shown as the bytes it is. */
		option->width = row->width && option->len % row->width == 0 ? row->width : 0;
		return;
	}
}

bool pkts_options_begin(
	struct options *o, const struct pkts_packet *packet, unsigned i, uint32_t readable)
{
	const struct pkts_layer l = packet->layers[i];
	struct pkts_ref r = pkts_packet_ref(packet, i);

	o->proto = l.proto;
	switch (l.proto) {
	case PKTS_PROTO_IPV4:
		o->it = pkts_ipv4_options(pkts_ipv4_at(r));
		return r.head > PKTS_IPV4_HEAD;
	case PKTS_PROTO_TCP:
		o->it = pkts_tcp_options(pkts_tcp_at(r));
		return r.head > PKTS_TCP_HEAD;
	case PKTS_PROTO_IPV6_HOPOPTS:
		o->it = pkts_ipv6_hopopts_options(pkts_ipv6_hopopts_at(r));
		return true;
	case PKTS_PROTO_IPV6_DSTOPTS:
		o->it = pkts_ipv6_dstopts_options(pkts_ipv6_dstopts_at(r));
		return true;
	case PKTS_PROTO_GENEVE:
		o->it = pkts_geneve_options(pkts_geneve_at(r));
		return r.head > PKTS_GENEVE_HEAD;
	case PKTS_PROTO_GTP:
		o->it = pkts_gtp_extensions(pkts_gtp_at(r));
		return pkts_gtp_e(pkts_gtp_at(r));
	case PKTS_PROTO_ICMPV6:
		r.head = PKTS_MIN(r.len, readable - l.off);
		o->it = pkts_icmpv6_options(r);
		return pkts_icmpv6_is_ndp(pkts_icmpv6_at(r));
	case PKTS_PROTO_SCTP:
		r.head = PKTS_MIN(r.len, readable - l.off);
		o->chunks = pkts_sctp_chunks(r);
		return true;
	default:
		return false;
	}
}

static bool next_tlv(struct options *o, struct pkts_tlv *tlv, int *flags)
{
	struct pkts_sctp_chunk chunk;

	switch (o->proto) {
	case PKTS_PROTO_IPV4:
		return pkts_ipv4_option_next(&o->it, tlv);
	case PKTS_PROTO_TCP:
		return pkts_tcp_option_next(&o->it, tlv);
	case PKTS_PROTO_IPV6_HOPOPTS:
	case PKTS_PROTO_IPV6_DSTOPTS:
		return pkts_ipv6_option_next(&o->it, tlv);
	case PKTS_PROTO_GENEVE:
		return pkts_geneve_option_next(&o->it, tlv);
	case PKTS_PROTO_GTP:
		return pkts_gtp_extension_next(&o->it, tlv);
	case PKTS_PROTO_ICMPV6:
		return pkts_icmpv6_option_next(&o->it, tlv);
	case PKTS_PROTO_SCTP:
		if (!pkts_sctp_chunk_next(&o->chunks, &chunk))
			return false;
		*flags = pkts_sctp_chunk_flags(chunk);
		*tlv = (struct pkts_tlv){pkts_sctp_chunk_type(chunk),
			chunk.head - PKTS_SCTP_CHUNK_HEAD, chunk.p + PKTS_SCTP_CHUNK_HEAD};
		return true;
	default:
		return false;
	}
}

bool pkts_options_next(struct options *o, struct option *option)
{
	struct pkts_tlv tlv;
	int flags = -1;

	if (!next_tlv(o, &tlv, &flags))
		return false;
	*option =
		(struct option){.type = tlv.type, .flags = flags, .data = tlv.data, .len = tlv.len};
	name_option(option, o->proto);
	return true;
}
