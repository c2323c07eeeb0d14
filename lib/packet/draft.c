/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "draft.h"

#include "pkts_errno.h"
#include "pkts_optional.h"
#include "pkts_protocols.h"
#include "pkts_start.h"
#include "sums.h"

/* Fields */

static bool same_name(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

bool draft_field(
	const struct pkts_packet *packet, unsigned i, const char *name, struct pkts_field *row)
{
	const struct pkts_proto_info *const info = pkts_proto_info(packet->layers[i].proto);
	struct pkts_field rows[PKTS_OPTIONAL_MAX];
	const unsigned more =
		pkts_optional_fields(packet->layers[i].proto, pkts_packet_ref(packet, i), rows);

	for (unsigned k = 0; k < info->nfields + more; k++) {
		*row = k < info->nfields ? info->fields[k] : rows[k - info->nfields];
		if (same_name(row->name, name))
			return true;
	}
	return false;
}

static uint64_t get(const struct pkts_packet *packet, unsigned i, const struct pkts_field *row)
{
	return pkts_bits_get(packet->data + packet->layers[i].off, row->bit, row->width);
}

static void put(
	struct pkts_packet *packet, unsigned i, const struct pkts_field *row, uint64_t value)
{
	pkts_bits_put(packet->data + packet->layers[i].off, row->bit, row->width, value);
}

static void put_named(struct pkts_packet *packet, unsigned i, const char *name, uint64_t value)
{
	struct pkts_field row;

	if (draft_field(packet, i, name, &row))
		put(packet, i, &row, value);
}

/* Lengths */

#define OWN_HEAD UINT8_MAX

/* What 0 means: a length as others; that there is none; one or the other. */
enum zero { LENGTH, UNUSED, NOTHING };

/* A field holds (length - less) / unit, of the header or of the layer. */
struct length_row {
	uint8_t proto;
	bool header;
	uint8_t unit, less;
	uint8_t zero; /* enum zero */
	const char *name;
};

static const struct length_row length_rows[] = {
	{PKTS_PROTO_ETH, false, 1, PKTS_ETH_HEAD, UNUSED, "type"},
	{PKTS_PROTO_VLAN, false, 1, PKTS_VLAN_HEAD, UNUSED, "type"},
	{PKTS_PROTO_PPPOE, false, 1, PKTS_PPPOE_HEAD, LENGTH, "length"},
	{PKTS_PROTO_IPV4, true, 4, 0, LENGTH, "ihl"},
	{PKTS_PROTO_IPV4, false, 1, 0, UNUSED, "total_length"},
	{PKTS_PROTO_IPV6, false, 1, PKTS_IPV6_HEAD, NOTHING, "payload_length"},
	{PKTS_PROTO_IPV6_HOPOPTS, true, 8, 8, LENGTH, "ext_length"},
	{PKTS_PROTO_IPV6_ROUTING, true, 8, 8, LENGTH, "ext_length"},
	{PKTS_PROTO_IPV6_DSTOPTS, true, 8, 8, LENGTH, "ext_length"},
	{PKTS_PROTO_IPV6_MOBILITY, true, 8, 8, LENGTH, "ext_length"},
	{PKTS_PROTO_IPV6_HIP, true, 8, 8, LENGTH, "ext_length"},
	{PKTS_PROTO_IPV6_SHIM6, true, 8, 8, LENGTH, "ext_length"},
	{PKTS_PROTO_AH, true, 4, 8, LENGTH, "ah_length"},
	{PKTS_PROTO_TCP, true, 4, 0, LENGTH, "data_offset"},
	{PKTS_PROTO_UDP, false, 1, 0, UNUSED, "length"},
	{PKTS_PROTO_GRE, false, 1, OWN_HEAD, LENGTH, "payload_length"},
	{PKTS_PROTO_GENEVE, true, 4, PKTS_GENEVE_HEAD, LENGTH, "opt_length"},
	{PKTS_PROTO_GTP, false, 1, PKTS_GTP_HEAD, LENGTH, "length"},
};

static bool is_ethertype(const struct length_row *l, uint64_t value)
{
	return l->proto <= PKTS_PROTO_VLAN && value > PKTS_ETH_LENGTH_MAX;
}

/* 0 instead of a length: the layer is longer than the field could say, or hardware cuts it up. */
static bool is_unused(const struct length_row *l, uint64_t value, uint32_t len)
{
	return value == 0 && (l->zero == UNUSED || (l->zero == NOTHING && len != l->less));
}

/* The field of layer i of that kind. */
static const struct length_row *length_field(
	const struct pkts_packet *packet, unsigned i, bool header, struct pkts_field *row)
{
	for (unsigned k = 0; k < PKTS_ARRAY_LEN(length_rows); k++) {
		const struct length_row *const l = &length_rows[k];
		if (l->proto == packet->layers[i].proto && l->header == header &&
			draft_field(packet, i, l->name, row))
			return is_ethertype(l, get(packet, i, row)) ? NULL : l;
	}
	return NULL;
}

static int put_length(struct pkts_packet *packet, unsigned i, const struct length_row *l,
	const struct pkts_field *row, int64_t value)
{
	if (value < (l->zero == UNUSED ? 1 : 0) || value >> row->width ||
		(l->proto <= PKTS_PROTO_VLAN && value > PKTS_ETH_LENGTH_MAX))
		return -PKTS_ERANGE;
	put(packet, i, row, (uint64_t)value);
	return 0;
}

/* Layer i has become longer by `more`. */
static int stretch(struct pkts_packet *packet, unsigned i, bool header, int32_t more)
{
	const uint32_t before = (uint32_t)((int32_t)packet->layers[i].len - more);
	struct pkts_field row;
	const struct length_row *const l = length_field(packet, i, header, &row);

	if (l == NULL || is_unused(l, get(packet, i, &row), before))
		return 0;
	return put_length(packet, i, l, &row, (int64_t)get(packet, i, &row) + more / l->unit);
}

static int write_length(struct pkts_packet *packet, unsigned i, bool header)
{
	const struct pkts_layer layer = packet->layers[i];
	struct pkts_field row;
	const struct length_row *const l = length_field(packet, i, header, &row);

	/* Whether an Ethernet frame has a length is not for the table to say. */
	if (l == NULL || (l->proto <= PKTS_PROTO_VLAN && get(packet, i, &row) == 0))
		return 0;
	const int64_t length = header ? layer.head : layer.len;
	const int64_t less = l->less == OWN_HEAD ? layer.head : l->less;
	return put_length(packet, i, l, &row, (length - less) / l->unit);
}

int draft_write_lengths(struct pkts_packet *packet, unsigned i)
{
	const int ret = write_length(packet, i, true);
	return ret ? ret : write_length(packet, i, false);
}

/* What announces a layer */

static struct pkts_check check(const struct pkts_packet *packet, unsigned i, uint32_t readable)
{
	const struct pkts_layer l = packet->layers[i];
	const uint32_t here = readable > l.off ? readable - l.off : 0;

	return pkts_check(l.proto, (struct pkts_ref){packet->data + l.off, here, l.len});
}

static uint16_t ethertype(const struct pkts_packet *packet, unsigned i, enum pkts_proto next)
{
	const uint32_t at = (uint32_t)packet->layers[i].off + packet->layers[i].head;

	if (next == PKTS_PROTO_PPPOE && packet->data[at + 1] != PKTS_PPPOE_SESSION)
		return PKTS_ETHERTYPE_PPPOE_DISCOVERY;
	return pkts_ethertype_of(next);
}

/* In front of LLC there is its length. */
static uint64_t type_or_length(const struct pkts_packet *packet, unsigned i, enum pkts_proto next)
{
	return next == PKTS_PROTO_LLC && packet->layers[i + 1].len <= PKTS_ETH_LENGTH_MAX
		       ? packet->layers[i + 1].len
		       : ethertype(packet, i, next);
}

static void announce_by_sap(struct pkts_packet *packet, unsigned i, enum pkts_proto next)
{
	const uint8_t sap = next == PKTS_PROTO_SNAP   ? PKTS_LLC_SAP_SNAP
			    : next == PKTS_PROTO_IPV4 ? PKTS_LLC_SAP_IP
						      : 0;

	put_named(packet, i, "dsap", sap);
	put_named(packet, i, "ssap", sap);
}

static void announce(struct pkts_packet *packet, unsigned i, enum pkts_proto next)
{
	switch (packet->layers[i].proto) {
	case PKTS_PROTO_ETH:
	case PKTS_PROTO_VLAN:
		put_named(packet, i, "type", type_or_length(packet, i, next));
		return;
	case PKTS_PROTO_SNAP:
		put_named(packet, i, "type", ethertype(packet, i, next));
		return;
	case PKTS_PROTO_SLL:
	case PKTS_PROTO_SLL2:
		put_named(packet, i, "protocol",
			next == PKTS_PROTO_LLC ? PKTS_SLL_802_2 : ethertype(packet, i, next));
		return;
	case PKTS_PROTO_GRE:
	case PKTS_PROTO_GENEVE:
		put_named(packet, i, "protocol", ethertype(packet, i, next));
		return;
	case PKTS_PROTO_LLC:
		announce_by_sap(packet, i, next);
		return;
	case PKTS_PROTO_PPP:
		put_named(packet, i, "protocol", pkts_ppp_protocol_of(next));
		return;
	case PKTS_PROTO_MPLS:
		put_named(packet, i, "bottom", next != PKTS_PROTO_MPLS);
		return;
	case PKTS_PROTO_IPV4:
		put_named(packet, i, "protocol", pkts_ip_protocol_of(next));
		return;
	case PKTS_PROTO_UDP:
		if (pkts_udp_port_of(next))
			put_named(packet, i, "dport", pkts_udp_port_of(next));
		return;
	case PKTS_PROTO_NULL:
		put_named(packet, i, "raw_family",
			next == PKTS_PROTO_IPV6 ? PKTS_NULL_IPV6_BSD : PKTS_NULL_IPV4);
		return;
	default:
		put_named(packet, i, "next", pkts_ip_protocol_of(next));
	}
}

/* Protocols that announce others by the same numbers. */
enum numbers { OTHER_NUMBERS, ETHERTYPES, IP_PROTOCOLS };

static enum numbers numbers_of(enum pkts_proto proto, const char **field)
{
	*field = "type";
	switch (proto) {
	case PKTS_PROTO_ETH:
	case PKTS_PROTO_VLAN:
	case PKTS_PROTO_SNAP:
		return ETHERTYPES;
	case PKTS_PROTO_GRE:
	case PKTS_PROTO_GENEVE:
		*field = "protocol";
		return ETHERTYPES;
	case PKTS_PROTO_IPV4:
		*field = "protocol";
		return IP_PROTOCOLS;
	case PKTS_PROTO_IPV6:
	case PKTS_PROTO_IPV6_HOPOPTS:
	case PKTS_PROTO_IPV6_ROUTING:
	case PKTS_PROTO_IPV6_FRAG:
	case PKTS_PROTO_IPV6_DSTOPTS:
	case PKTS_PROTO_IPV6_MOBILITY:
	case PKTS_PROTO_IPV6_HIP:
	case PKTS_PROTO_IPV6_SHIM6:
	case PKTS_PROTO_AH:
		*field = "next";
		return IP_PROTOCOLS;
	default:
		return OTHER_NUMBERS;
	}
}

static bool announces(const struct draft *d, unsigned i, enum pkts_proto next)
{
	const struct pkts_check c = check(&d->packet, i, d->n);

	return !c.fatal && c.next == next;
}

/* Lets layer i say of what follows it what layer k of the old packet said: the same number. */
static bool repeat(struct draft *d, unsigned i, const struct pkts_packet *old, unsigned k,
	enum pkts_proto next)
{
	const char *to, *from;
	struct pkts_field row;
	const enum numbers numbers = numbers_of(d->packet.layers[i].proto, &to);

	if (numbers == OTHER_NUMBERS || numbers_of(old->layers[k].proto, &from) != numbers ||
		!draft_field(old, k, from, &row))
		return false;
	const uint64_t value = get(old, k, &row);
	const bool length = numbers == ETHERTYPES && value <= PKTS_ETH_LENGTH_MAX;
	if (length && (d->packet.layers[i].proto > PKTS_PROTO_VLAN ||
			      old->layers[k].proto > PKTS_PROTO_VLAN))
		return false;
	put_named(&d->packet, i, to, value);
	return next == PKTS_PROTO_NONE || announces(d, i, next);
}

/* Does a header that comes leave it to us what follows it, as nothing that is known does? */
static bool leaves_open(const struct draft *d, unsigned i)
{
	const char *name;
	struct pkts_field row;
	const enum numbers numbers = numbers_of(d->packet.layers[i].proto, &name);

	if (numbers == OTHER_NUMBERS || !draft_field(&d->packet, i, name, &row))
		return false;
	return get(&d->packet, i, &row) == (numbers == ETHERTYPES
							   ? pkts_ethertype_of(PKTS_PROTO_NONE)
							   : pkts_ip_protocol_of(PKTS_PROTO_NONE));
}

/* Decoding again */

static enum pkts_proto keep_choice(
	void *ctx, const struct pkts_packet *packet, enum pkts_proto usual)
{
	const struct draft_choices *const choices = ctx;
	const unsigned i = packet->n - 1u;

	return choices->chosen >> i & 1 ? choices->protos[i + 1] : usual;
}

const struct pkts_decoder *draft_decoder(struct draft_choices *choices,
	const struct pkts_packet *old, uint32_t readable, const uint8_t *protos, const uint8_t *was,
	unsigned n)
{
	choices->chosen = 0;
	for (unsigned i = 0; i + 1 < n; i++) {
		const bool neighbours = was[i] != SUMS_NONE && was[i + 1] == was[i] + 1;
		if (neighbours && check(old, was[i], readable).next != protos[i + 1])
			choices->chosen |= 1u << i;
	}
	if (choices->chosen == 0)
		return NULL;
	choices->protos = protos;
	choices->decoder = (struct pkts_decoder){0};
	for (unsigned i = 0; i < n; i++)
		if (choices->chosen >> i & 1)
			pkts_decoder_set_next(&choices->decoder, protos[i], keep_choice, choices);
	return &choices->decoder;
}

uint32_t draft_wire(const struct pkts_packet *packet)
{
	const uint32_t claimed = packet->n ? packet->layers[0].len : 0;

	if (!(packet->flags & PKTS_PACKET_CUT))
		return packet->len;
	return claimed > packet->len ? claimed : packet->len + 1;
}

/* The draft */

/* What the draft is to be. */
struct plan {
	uint8_t protos[PKTS_PACKET_LAYERS + 1], was[PKTS_PACKET_LAYERS + 1];
	unsigned n;
	bool sums;	   /* layers that come have checksums over what is behind them */
	struct sums fresh; /* what these rest on as they come */
};

static void walk(const void *owner, uint32_t off, uint32_t len, pkts_bytes_add *add, void *ctx)
{
	const struct draft *const d = owner;

	if (off < d->n) {
		const uint32_t here = PKTS_MIN(len, d->n - off);
		add(ctx, d->head + off, here);
		off += here;
		len -= here;
	}
	if (len)
		d->tail.walk(d->tail.owner, d->tail_off + d->taken + (off - d->n), len, add, ctx);
}

struct pkts_bytes draft_bytes(const struct draft *d)
{
	return (struct pkts_bytes){walk, d};
}

static int plan_layers(struct plan *p, const struct pkts_packet *old, const struct draft_change *c)
{
	if (c->first + c->gone > old->n || old->n - c->gone + c->ncome > PKTS_PACKET_LAYERS)
		return -PKTS_ENOSPC;
	p->n = 0;
	for (unsigned i = 0; i < old->n + c->ncome; i++) {
		const bool comes = i >= c->first && i < c->first + c->ncome;
		const unsigned was = i < c->first ? i : i - c->ncome;
		if (!comes && was >= c->first && was < c->first + c->gone)
			continue;
		p->protos[p->n] = comes ? c->come[i - c->first] : old->layers[was].proto;
		p->was[p->n++] = comes ? SUMS_NONE : (uint8_t)was;
	}
	return 0;
}

static void append(void *ctx, const uint8_t *p, uint32_t n)
{
	struct draft *const d = ctx;

	__builtin_memcpy(d->head + d->n, p, n);
	d->n += n;
}

/* Bytes of old headers behind the change, and some more. */
static uint32_t wanted_tail(
	const struct pkts_packet *old, const struct draft_change *c, uint32_t behind)
{
	uint32_t len;
	const uint32_t headers = pkts_packet_payload(old, &len), from = c->at + c->cut;

	return PKTS_MIN((headers > from ? headers - from : 0) + behind, c->near);
}

static int put_together(struct draft *d, const struct pkts_packet *old,
	const struct draft_change *c, uint32_t behind)
{
	d->taken = wanted_tail(old, c, behind);
	d->tail = c->tail;
	d->tail_off = c->tail_off;
	d->n = 0;
	if ((uint64_t)c->at + c->put.len + d->taken > DRAFT_MAX)
		return -PKTS_ENOSPC;
	append(d, old->data, c->at);
	if (c->put.len)
		append(d, c->put.p, c->put.len);
	if (d->taken)
		c->tail.walk(c->tail.owner, c->tail_off, d->taken, append, d);
	return 0;
}

/* A layer that comes: its header is what its check makes of it. */
static int place_new(struct draft *d, unsigned i, uint32_t off, uint32_t end)
{
	struct pkts_layer *const l = &d->packet.layers[i];

	if (off > UINT16_MAX || off > end)
		return -PKTS_EINVAL;
	l->off = (uint16_t)off;
	l->len = end - off;
	const struct pkts_check c = check(&d->packet, i, d->n);
	if (c.fatal)
		return -PKTS_EINVAL;
	l->head = c.head;
	l->len = c.len;
	return 0;
}

/* Where new layers end: where what they carry does. */
static uint32_t end_of_new(
	const struct draft *d, const struct pkts_packet *old, const struct draft_change *c)
{
	const unsigned i = c->first + c->gone;
	const struct pkts_layer l = old->layers[i < old->n ? i : old->n - 1u];
	const int64_t end = (int64_t)l.off + l.len + c->more;

	if ((c->first == 0 && c->gone == 0) || end < 0)
		return PKTS_MIN(d->packet.len, PKTS_LAYER_LEN_MAX);
	return PKTS_MIN((uint32_t)end, PKTS_LAYER_LEN_MAX);
}

/* Where the layers are to be. Only for the fields to be found: decoding has the last word. */
static int place_layers(struct draft *d, const struct plan *p, const struct pkts_packet *old,
	const struct draft_change *c)
{
	const uint32_t end = d->n - d->taken + c->tail_len;
	uint32_t off = c->at, new_end;
	int ret = 0;

	d->packet = (struct pkts_packet){.data = d->head, .len = end, .n = (uint8_t)p->n};
	new_end = end_of_new(d, old, c);
	for (unsigned i = 0; i < p->n && ret == 0; i++) {
		struct pkts_layer *const l = &d->packet.layers[i];
		if (p->was[i] == SUMS_NONE) {
			l->proto = p->protos[i];
			ret = place_new(d, i, off, new_end);
			off += l->head;
			new_end = l->off + l->len;
			continue;
		}
		*l = old->layers[p->was[i]];
		if (p->was[i] < c->around) {
			const int64_t len = (int64_t)l->len + c->more;
			if (len < 0 || len > PKTS_LAYER_LEN_MAX)
				return -PKTS_ERANGE;
			l->len = (uint32_t)len;
		}
		if (i >= (c->inside ? c->around : c->first + c->ncome))
			l->off = (uint16_t)(l->off + c->more);
	}
	return ret ? ret : c->ncome && off != c->at + c->put.len ? -PKTS_EINVAL : 0;
}

/* Will this layer have an ethertype where it had a length? */
static bool loses_length(const struct plan *p, const struct draft_change *c, unsigned i)
{
	return (c->gone || c->ncome) && i + 1 == c->first && p->protos[i] <= PKTS_PROTO_VLAN &&
	       (i + 1 == p->n || p->protos[i + 1] != PKTS_PROTO_LLC);
}

static int mend_lengths(struct draft *d, const struct plan *p, const struct draft_change *c)
{
	int ret = 0;

	for (unsigned i = 0; i < c->around && ret == 0; i++)
		if (!loses_length(p, c, i))
			ret = stretch(&d->packet, i, false, c->more);
	if (ret == 0 && c->inside)
		ret = stretch(&d->packet, c->around - 1, true, c->more);
	return ret;
}

/* What announced the layers behind the change: the last of those that go, or the one before. */
static bool repeat_for(struct draft *d, unsigned i, const struct pkts_packet *old,
	const struct draft_change *c, enum pkts_proto next)
{
	if (c->first + c->gone == 0)
		return false;
	return repeat(d, i, old, c->first + c->gone - 1, next);
}

/* The layer before the change. */
static void mend_before(struct draft *d, const struct plan *p, const struct pkts_packet *old,
	const struct draft_change *c)
{
	const enum pkts_proto next = c->first < p->n ? p->protos[c->first] : PKTS_PROTO_NONE;

	if (c->ncome == 0 && repeat_for(d, c->first - 1, old, c, next))
		return;
	if (!announces(d, c->first - 1, next))
		announce(&d->packet, c->first - 1, next);
}

/* The last one that comes. What it was given to announce stays, if it can be true. */
static void mend_behind(struct draft *d, const struct plan *p, const struct pkts_packet *old,
	const struct draft_change *c)
{
	const unsigned last = c->first + c->ncome - 1;
	const enum pkts_proto next = last + 1 < p->n ? p->protos[last + 1] : PKTS_PROTO_NONE;

	if (announces(d, last, next) && !leaves_open(d, last))
		return;
	if (!repeat_for(d, last, old, c, next) && next != PKTS_PROTO_NONE)
		announce(&d->packet, last, next);
}

static void mend_announcements(struct draft *d, const struct plan *p, const struct pkts_packet *old,
	const struct draft_change *c)
{
	if (c->ncome == 0 && c->gone == 0)
		return;
	if (c->first)
		mend_before(d, p, old, c);
	if (c->ncome)
		mend_behind(d, p, old, c);
}

static bool is_as_planned(const struct draft *d, const struct plan *p, const struct pkts_packet *as)
{
	if (d->packet.n < p->n)
		return false;
	for (unsigned i = 0; i < p->n; i++)
		if (d->packet.layers[i].proto != p->protos[i] ||
			d->packet.layers[i].off != as->layers[i].off)
			return false;
	return true;
}

static int decode(struct draft *d, const struct plan *p, const struct pkts_packet *old,
	const struct draft_change *c)
{
	const struct pkts_packet as = d->packet;
	const struct pkts_frame f = {.data = d->head,
		.head = d->n,
		.len = as.len,
		.wire = c->whole ? as.len : c->wire + as.len - old->len};
	struct draft_choices choices;
	const struct pkts_decoder *const decoder =
		draft_decoder(&choices, old, c->readable, p->protos, p->was, p->n);

	d->need = pkts_decode_from(decoder, &f, &d->packet, p->protos[0]);
	if (d->need)
		return -PKTS_EAGAIN;
	return is_as_planned(d, p, &as) ? 0 : -PKTS_EINVAL;
}

/* Do the layers of a packet end where they did, seen from where the change ends? */
static bool keeps_ends(const struct draft *d, const struct plan *p, const struct pkts_packet *old,
	const struct draft_change *c)
{
	for (unsigned i = 0; i < p->n; i++) {
		if (p->was[i] == SUMS_NONE)
			continue;
		const uint32_t more = p->was[i] < c->around ? (uint32_t)c->more : 0;
		if (d->packet.layers[i].len != old->layers[p->was[i]].len + more)
			return false;
	}
	return true;
}

static void mend_checksums(struct draft *d, const struct plan *p, const struct pkts_packet *old,
	const struct pkts_bytes *bytes, const struct draft_change *c)
{
	const struct pkts_bytes all = draft_bytes(d);
	/* What follows the change adds as much to sums as before, unless it has other places. */
	const bool same_tail = c->tail.owner == bytes->owner && c->more % 2 == 0 && !p->sums &&
			       c->tail_off == c->at + c->cut && keeps_ends(d, p, old, c);
	struct sums took, before, after;
	uint8_t was[PKTS_PACKET_LAYERS];

	sums_take(&took, old, bytes, 0, same_tail ? c->at + c->cut : UINT32_MAX);
	sums_take(&after, &d->packet, &all, 0, same_tail ? c->at + c->put.len : UINT32_MAX);
	before = after;
	for (unsigned i = 0; i < PKTS_PACKET_LAYERS; i++) {
		was[i] = i < p->n ? (uint8_t)i : SUMS_NONE;
		if (i < p->n && p->was[i] != SUMS_NONE)
			before.part[i] = took.part[p->was[i]];
		else if (i < p->n)
			before.part[i] = p->fresh.part[i];
	}
	const struct sums_edit e = {.before = &before, .after = &after, .was = was};
	sums_settle(&e, &d->packet, &all);
}

/* Headers that come were right for what they said before it was mended. */
static void take_fresh_sums(struct draft *d, struct plan *p, const struct draft_change *c)
{
	const struct pkts_bytes all = draft_bytes(d);

	p->sums = false;
	for (unsigned i = c->first; i < c->first + c->ncome; i++) {
		uint32_t n;
		const uint32_t at = sums_field(&d->packet, i, &n);
		p->sums |= n && !sums_is_of_header(d->packet.layers[i].proto) &&
			   pkts_be16(d->head + at) != 0;
	}
	if (c->ncome)
		sums_take(
			&p->fresh, &d->packet, &all, 0, p->sums ? UINT32_MAX : c->at + c->put.len);
}

static int try(struct draft *d, const struct pkts_packet *old, const struct draft_change *c,
	struct plan *p, uint32_t behind)
{
	int ret = put_together(d, old, c, behind);

	if (ret == 0)
		ret = place_layers(d, p, old, c);
	if (ret)
		return ret;
	take_fresh_sums(d, p, c);
	ret = mend_lengths(d, p, c);
	if (ret)
		return ret;
	mend_announcements(d, p, old, c);
	return decode(d, p, old, c);
}

int draft_make(struct draft *d, const struct pkts_packet *old, const struct pkts_bytes *bytes,
	const struct draft_change *c)
{
	struct plan p;
	int ret = plan_layers(&p, old, c);

	if (ret == 0 && p.n == 0)
		ret = -PKTS_EINVAL;
	if (ret == 0)
		ret = try(d, old, c, &p, DRAFT_BEHIND);
	while (ret == -PKTS_EAGAIN && d->taken < c->near && d->need > d->n)
		ret = try(d, old, c, &p, d->need - (d->n - d->taken));
	if (ret == 0)
		mend_checksums(d, &p, old, bytes, c);
	return ret;
}
