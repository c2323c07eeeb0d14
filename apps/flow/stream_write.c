/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What comes out of a stream: bytes into its files, and its lines of the index. */
#include <stdlib.h>

#include "pkts_bits.h"
#include "stream.h"

static void list_gap(struct side *side, struct gap gap)
{
	if (side->gaps_n == side->gaps_cap) {
		const uint32_t cap = side->gaps_cap ? side->gaps_cap * 2 : 8;
		struct gap *const more =
			cap > GAPS_MAX ? NULL : realloc(side->gaps, cap * sizeof(*side->gaps));
		if (!more) {
			side->gaps_more++;
			return;
		}
		side->gaps = more;
		side->gaps_cap = cap;
	}
	side->gaps[side->gaps_n++] = gap;
}

void flow_bytes(struct streams *s, struct stream *st, unsigned dir, const uint8_t *p, size_t n)
{
	struct side *const side = &st->sides[dir];

	if (side->open.len)
		list_gap(side, side->open);
	side->open.len = 0;
	folder_add(s->folder, &side->file, p, n);
}

void flow_gap(struct stream *st, unsigned dir, uint64_t at, uint64_t n)
{
	struct gap *const open = &st->sides[dir].open;

	if (!open->len)
		open->at = at;
	open->len += n;
}

static void put_number(struct pkts_sink *out, const char *key, uint64_t v)
{
	pkts_put_text(out, key);
	pkts_put_dec(out, v);
}

static void put_end(struct pkts_sink *out, const struct flow_key *key, unsigned end)
{
	pkts_put_char(out, '"');
	if (key->family == 4)
		pkts_put_ipv4(out, pkts_be32(key->addr[end]));
	else
		pkts_put_ipv6(out, key->addr[end]);
	pkts_put_char(out, ':');
	pkts_put_dec(out, key->port[end]);
	pkts_put_char(out, '"');
}

static void put_gaps(struct pkts_sink *out, const struct side *side)
{
	pkts_put_text(out, ",\"gaps\":[");
	for (uint32_t i = 0; i < side->gaps_n; i++) {
		put_number(out, i ? ",[" : "[", side->gaps[i].at);
		put_number(out, ",", side->gaps[i].len);
		pkts_put_char(out, ']');
	}
	pkts_put_char(out, ']');
	if (side->gaps_more)
		put_number(out, ",\"gaps_more\":", side->gaps_more);
	if (side->open.len)
		put_number(out, ",\"missing_at_end\":", side->open.len);
}

static void put_events(struct pkts_sink *out, const uint32_t *events)
{
	const char *before = "\"";

	pkts_put_text(out, ",\"events\":{");
	for (unsigned i = 0; i < PKTS_SEQ_EVENT_MAX; i++) {
		if (!events[i])
			continue;
		pkts_put_text(out, before);
		pkts_put_text(out, pkts_seq_event_name((enum pkts_seq_event)i));
		put_number(out, "\":", events[i]);
		before = ",\"";
	}
	pkts_put_char(out, '}');
}

static void put_messages(struct pkts_sink *out, const struct side *side)
{
	pkts_put_text(out, ",\"messages\":[");
	for (uint32_t i = 0; i < side->messages_n; i++) {
		put_number(out, i ? ",{\"sid\":" : "{\"sid\":", side->messages[i].stream);
		put_number(out, ",\"ppid\":", side->messages[i].ppid);
		put_number(out, ",\"len\":", side->messages[i].len);
		pkts_put_char(out, '}');
	}
	pkts_put_char(out, ']');
	if (side->messages_more)
		put_number(out, ",\"messages_more\":", side->messages_more);
}

static void put_line(struct pkts_sink *out, struct streams *s, struct stream *st, unsigned dir)
{
	struct side *const side = &st->sides[dir];
	uint8_t digest[DIGEST_LEN];

	folder_finish(s->folder, &side->file, digest);
	put_number(out, "{\"stream\":", st->number);
	pkts_put_text(out, ",\"proto\":\"");
	pkts_put_text(out, pkts_proto_info(st->key.proto)->name);
	pkts_put_text(out, "\",\"src\":");
	put_end(out, &st->key, st->first);
	pkts_put_text(out, ",\"dst\":");
	put_end(out, &st->key, !st->first);
	pkts_put_text(out, dir ? ",\"dir\":\"b\"" : ",\"dir\":\"a\"");
	put_number(out, ",\"packets\":", side->packets);
	put_number(out, ",\"len\":", side->file.len);
	pkts_put_text(out, ",\"sha256\":\"");
	pkts_put_hex_bytes(out, digest, sizeof(digest));
	pkts_put_char(out, '"');
	put_gaps(out, side);
	if (st->key.proto == PKTS_PROTO_SCTP)
		put_messages(out, side);
	put_events(out, st->events[dir]);
	pkts_put_text(out, "}\n");
}

void flow_describe(struct streams *s, struct stream *st)
{
	struct pkts_sink *const out = index_begin(&s->index);

	for (unsigned dir = 0; dir < 2; dir++)
		put_line(out, s, st, dir);
	index_end(&s->index, st->number);
}
