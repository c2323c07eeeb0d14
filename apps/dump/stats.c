/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "stats.h"

/*
 * How many layers the frame has, the one included at which decoding stopped: it is there, if cut or
 * malformed, unless not even its first byte is.
 */
static unsigned layers_seen(const struct pkts_packet *packet)
{
	const unsigned n = packet->n;

	return n + (packet->stop && n < PKTS_PACKET_LAYERS && packet->layers[n].proto &&
			   packet->layers[n].off < packet->len);
}

static void count_layers(struct stats *s, const struct pkts_packet *packet)
{
	const unsigned n = layers_seen(packet);
	uint64_t seen = 0;

	for (unsigned i = 0; i < n; i++) {
		const unsigned proto = packet->layers[i].proto;
		s->occurrences[proto]++;
		seen |= UINT64_C(1) << proto;
	}
	for (; seen; seen &= seen - 1)
		s->layers[__builtin_ctzll(seen)]++;
}

static void count_verdict(struct stats *s, const struct pkts_packet *packet)
{
	const struct pkts_verdict v = pkts_verdict(packet);
	const bool truncated = packet->flags & PKTS_PACKET_CUT;

	s->ok += v.ok && !truncated;
	s->malformed += (packet->flags & (PKTS_PACKET_FATAL | PKTS_PACKET_INVALID)) != 0;
	s->truncated += truncated;
	s->reasons[v.fatal]++;
	s->reasons[v.invalid]++;
	s->reasons[v.padding]++;
}

void stats_count(
	struct stats *s, const struct pkts_packet *packet, uint32_t wire, const uint8_t *checksums)
{
	s->packets++;
	s->bytes += wire;
	count_layers(s, packet);
	if (checksums)
		for (unsigned i = 0; i < packet->n; i++)
			s->checksums[packet->layers[i].proto][checksums[i]]++;
	/* Most packets have nothing to be said against them, and a verdict is dear. */
	if (PKTS_LIKELY(!packet->stop && !(packet->flags & (PKTS_PACKET_CUT | PKTS_PACKET_INVALID |
								   PKTS_PACKET_PADDING))))
		s->ok++;
	else
		count_verdict(s, packet);
}

/* A member, with a comma in front unless it is the object's first. Names need no escapes. */
static void put_key(struct pkts_sink *out, const char *name, bool *first)
{
	pkts_put_text(out, *first ? "\"" : ",\"");
	pkts_put_text(out, name);
	pkts_put_text(out, "\":");
	*first = false;
}

static void put_number(struct pkts_sink *out, const char *name, uint64_t v, bool *first)
{
	put_key(out, name, first);
	pkts_put_dec(out, v);
}

static void put_protos(struct pkts_sink *out, const uint64_t *counts)
{
	bool first = true;

	pkts_put_char(out, '{');
	for (unsigned i = PKTS_PROTO_NONE + 1; i < PKTS_PROTO_MAX; i++)
		if (counts[i])
			put_number(out, pkts_proto_info(i)->name, counts[i], &first);
	pkts_put_char(out, '}');
}

static void put_checksums_of(struct pkts_sink *out, const uint64_t *counts)
{
	bool first = true;

	pkts_put_char(out, '{');
	for (unsigned c = PKTS_CHECKSUM_GOOD; c <= PKTS_CHECKSUM_ABSENT; c++)
		put_number(out, pkts_checksum_name(c), counts[c], &first);
	pkts_put_char(out, '}');
}

static void put_checksums(struct pkts_sink *out, const struct stats *s)
{
	bool first = true;

	pkts_put_char(out, '{');
	for (unsigned i = 0; i < PKTS_PROTO_MAX; i++) {
		const uint64_t *const counts = s->checksums[i];
		if (!(counts[PKTS_CHECKSUM_GOOD] | counts[PKTS_CHECKSUM_BAD] |
			    counts[PKTS_CHECKSUM_ABSENT]))
			continue;
		put_key(out, pkts_proto_info(i)->name, &first);
		put_checksums_of(out, counts);
	}
	pkts_put_char(out, '}');
}

static void put_verdicts(struct pkts_sink *out, const struct stats *s)
{
	bool first = true;

	pkts_put_char(out, '{');
	put_number(out, "ok", s->ok, &first);
	put_number(out, "malformed", s->malformed, &first);
	put_number(out, "truncated", s->truncated, &first);
	put_key(out, "reasons", &first);
	pkts_put_char(out, '{');
	first = true;
	for (unsigned i = PKTS_REASON_NONE + 1; i < PKTS_REASON_MAX; i++)
		if (s->reasons[i])
			put_number(out, pkts_reason_info(i)->name, s->reasons[i], &first);
	pkts_put_text(out, "}}");
}

static void put_capture(struct pkts_sink *out, const struct pkts_port_stats *c)
{
	bool first = true;

	pkts_put_char(out, '{');
	put_number(out, "captured", c->rx_packets, &first);
	put_number(out, "filtered", c->rx_filtered, &first);
	put_number(out, "unfit", c->rx_unfit, &first);
	put_number(out, "dropped", c->rx_dropped, &first);
	put_number(out, "errors", c->rx_errors, &first);
	put_number(out, "nombuf", c->rx_nombuf, &first);
	pkts_put_char(out, '}');
}

static void put_events(struct pkts_sink *out, const uint64_t *events)
{
	bool first = true;

	pkts_put_char(out, '{');
	for (unsigned i = 0; i < PKTS_SEQ_EVENT_MAX; i++)
		if (events[i])
			put_number(out, pkts_seq_event_name((enum pkts_seq_event)i), events[i],
				&first);
	pkts_put_char(out, '}');
}

static void put_defrag(struct pkts_sink *out, const struct defrag_stats *d)
{
	bool first = true;

	pkts_put_char(out, '{');
	put_number(out, "fragments", d->fragments, &first);
	put_number(out, "datagrams", d->datagrams, &first);
	put_number(out, "dropped", d->dropped, &first);
	put_number(out, "given_up", d->given_up, &first);
	put_number(out, "waiting", d->waiting, &first);
	put_key(out, "events", &first);
	put_events(out, d->events);
	pkts_put_char(out, '}');
}

void stats_put(struct pkts_sink *out, const struct stats *s, const struct pkts_port_stats *capture,
	const struct defrag_stats *defrag)
{
	bool first = true;

	pkts_put_char(out, '{');
	put_number(out, "packets", s->packets, &first);
	put_number(out, "bytes", s->bytes, &first);
	put_key(out, "layers", &first);
	put_protos(out, s->layers);
	put_key(out, "occurrences", &first);
	put_protos(out, s->occurrences);
	put_key(out, "checksums", &first);
	put_checksums(out, s);
	put_key(out, "verdicts", &first);
	put_verdicts(out, s);
	put_key(out, "capture", &first);
	put_capture(out, capture);
	if (defrag) {
		put_key(out, "defrag", &first);
		put_defrag(out, defrag);
	}
	pkts_put_text(out, "}\n");
}
