/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A decoded frame as the shortest specs that compose to it. At first every number is given as found;
 * then each one is left out for which the frame stays what it is.
 */
#include "render.h"
#include "text.h"

/* The frame, and the specs that are to make it. */
struct target {
	const struct pkts_packet *packet;
	uint8_t *scratch;
	uint32_t cap;
	struct pkts_spec *specs;
	unsigned n;
};

static bool same_bytes(const uint8_t *a, const uint8_t *b, uint32_t n)
{
	return n == 0 || __builtin_memcmp(a, b, n) == 0;
}

static bool makes_frame(const struct target *g)
{
	struct pkts_out out = {.data = g->scratch, .cap = g->cap};

	return pkts_compose_specs(&out, g->specs, g->n) == 0 && out.len == g->packet->len &&
	       same_bytes(g->scratch, g->packet->data, out.len);
}

/* What the header has where the row is only there in some headers, whether its flag says so or not. */

static void pin_gre(struct pkts_gre_spec *s, struct pkts_gre v)
{
	const bool pptp = pkts_gre_version(v) == 1;

	if (!pptp && (pkts_gre_has_csum(v) || pkts_gre_has_routing(v))) {
		s->csum = PKTS_PIN(pkts_be16(v.p + PKTS_GRE_HEAD));
		s->routing_offset = PKTS_PIN(pkts_be16(v.p + PKTS_GRE_HEAD + 2));
	}
	if (pptp && pkts_gre_has_key(v))
		s->payload_length = PKTS_PIN(pkts_be16(v.p + PKTS_GRE_HEAD));
}

/* The spec of a layer with everything in it given, lengths and checksums too. */
static struct pkts_spec pinned(const struct pkts_packet *packet, unsigned i)
{
	struct pkts_spec s = pkts_spec_of(packet, i);
	const struct pkts_ref r = pkts_packet_ref(packet, i);
	const struct pkts_proto_info *const info = pkts_proto_info(s.proto);
	const struct pkts_spec_field *const rows = pkts_spec_fields(s.proto);

	for (unsigned k = 0; k < info->nfields; k++)
		if (!pkts_text_is_string(rows[k].kind))
			pkts_text_set_number(&s, &rows[k],
				PKTS_PIN(pkts_bits_get(
					r.p, info->fields[k].bit, info->fields[k].width)));
	if (s.proto == PKTS_PROTO_GRE)
		pin_gre(&s.gre, pkts_gre_at(r));
	return s;
}

/* With everything given a header does not depend on what is around it. */
static bool makes_header(const struct target *g, unsigned i, const struct pkts_spec *s)
{
	const struct pkts_ref r = pkts_packet_ref(g->packet, i);
	struct pkts_out out = {.data = g->scratch, .cap = g->cap};

	return pkts_compose_specs(&out, s, 1) == 0 && out.len == r.head &&
	       same_bytes(g->scratch, r.p, r.head);
}

/* How many bytes of an SCTP packet a list of chunks can make: whole chunks, padded as they should. */
static uint32_t whole_chunks(struct pkts_ref r)
{
	const uint8_t *const start = r.p + PKTS_SCTP_HEAD;
	struct pkts_sctp_chunk chunk;
	uint32_t whole = 0;

	r.head = r.len;
	struct pkts_sctp_chunks it = pkts_sctp_chunks(r);
	while (pkts_sctp_chunk_next(&it, &chunk)) {
		const uint32_t end = (uint32_t)(chunk.p - start) + ((chunk.len + 3) & ~3u);
		if (end > r.len - PKTS_SCTP_HEAD)
			break;
		if (!same_bytes(chunk.p + chunk.len, (const uint8_t[3]){0}, -chunk.len & 3))
			break;
		whole = end;
	}
	return whole;
}

static void take_chunks(const struct target *g, unsigned i)
{
	const struct pkts_ref r = pkts_packet_ref(g->packet, i);

	g->specs[i].sctp.opts = (struct pkts_span){r.p + PKTS_SCTP_HEAD, whole_chunks(r)};
}

/* Where the bytes end that layers count: behind them is padding. */
static uint32_t counted_end(const struct pkts_packet *packet)
{
	const uint32_t excess = pkts_verdict(packet).excess;
	const struct pkts_layer *const first = &packet->layers[0];
	const uint32_t claimed = first->off + first->len;
	const uint32_t end = packet->len > claimed ? packet->len : claimed;

	return PKTS_MIN(end - excess, packet->len);
}

static void add_bytes(struct target *g, uint32_t from, uint32_t to, bool padding)
{
	g->specs[g->n++] =
		(struct pkts_spec){.payload = {.p = from ? g->packet->data + from : g->packet->data,
					   .len = to - from,
					   .padding = padding}};
}

/* What stands behind the first `kept` layers. */
static void add_rest(struct target *g, unsigned kept)
{
	const struct pkts_packet *const packet = g->packet;
	uint32_t from = 0, end = packet->len;

	if (kept) {
		const struct pkts_layer *const last = &packet->layers[kept - 1];
		from = (uint32_t)last->off + last->head;
		if (last->proto == PKTS_PROTO_SCTP)
			from += g->specs[kept - 1].sctp.opts.len;
		end = counted_end(packet);
	}
	if (end > from || kept == 0)
		add_bytes(g, from, end, false);
	if (packet->len > end)
		add_bytes(g, end, packet->len, true);
}

/* Fills specs with as many layers as can be made, everything in them given. Returns how many. */
static unsigned begin(struct target *g)
{
	unsigned kept = 0;

	for (; g->cap >= g->packet->len && kept < g->packet->n; kept++) {
		const struct pkts_spec s = pinned(g->packet, kept);
		if (!makes_header(g, kept, &s))
			break;
		g->specs[kept] = s;
		if (s.proto == PKTS_PROTO_SCTP && kept + 1u == g->packet->n)
			take_chunks(g, kept);
	}
	g->n = kept;
	add_rest(g, kept);
	return kept;
}

/* What composing fills up by itself need not be among the options: tried, kept if it was needed. */
static void trim_opts(struct target *g, unsigned i, struct pkts_span *opts)
{
	const uint32_t given = opts->len;
	struct options walk;
	struct option o;
	uint32_t last = 0, end = 0;

	if (pkts_text_opts_form(g->specs[i].proto) == TEXT_OPTS_BYTES ||
		!pkts_options_begin(&walk, g->packet, i, g->packet->len))
		return;
	while (pkts_options_next(&walk, &o)) {
		last = end;
		end = (uint32_t)(o.data - opts->p) + o.len;
	}
	/* IPv6 fills up with one option, IPv4 and TCP with up to three zeros. */
	if (pkts_text_opts_form(g->specs[i].proto) == TEXT_OPTS_IPV6)
		opts->len = last;
	else
		opts->len = end + (given > end + 3 ? given - end - 3 : 0);
	if (opts->len > given || !makes_frame(g))
		opts->len = given;
}

/* Optional fields are tried first, so that the flags that derive from them can go too. */
static void relax(struct target *g, struct pkts_spec *s)
{
	const struct pkts_spec_field *const rows = pkts_spec_fields(s->proto);
	unsigned n = 0;

	while (rows[n].name)
		n++;
	while (n-- > 0) {
		const uint64_t given =
			pkts_text_is_string(rows[n].kind) ? 0 : pkts_text_get_number(s, &rows[n]);
		if (given == 0)
			continue;
		pkts_text_set_number(s, &rows[n], 0);
		if (!makes_frame(g))
			pkts_text_set_number(s, &rows[n], given);
	}
}

unsigned pkts_text_specs(const struct pkts_packet *packet, uint8_t *scratch, uint32_t cap,
	struct pkts_spec *specs, unsigned *n)
{
	struct target g = {packet, scratch, cap, specs, 0};
	const unsigned kept = begin(&g);

	for (unsigned i = 0; i < kept; i++) {
		struct pkts_span *const opts = pkts_text_opts_of(&specs[i]);
		if (opts->len && specs[i].proto != PKTS_PROTO_SCTP)
			trim_opts(&g, i, opts);
	}
	for (unsigned i = 0; i < kept; i++)
		relax(&g, &specs[i]);
	*n = g.n;
	return packet->n - kept;
}
