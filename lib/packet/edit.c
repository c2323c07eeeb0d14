/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "edit.h"

#include "pkts_edit.h"
#include "pkts_start.h"

/* Patches */

#define PATCH_HEADERS 512u /* bytes of headers in a patch that are looked at before it is made */

struct stretch {
	uint32_t from, to;
};

static bool meets(struct stretch a, struct stretch b)
{
	return a.from < b.to && b.from < a.to;
}

/* The bytes that the check of a layer may look at. */
static struct stretch looked_at(const struct pkts_layer *l)
{
	const bool walks = l->proto == PKTS_PROTO_SCTP || l->proto == PKTS_PROTO_ICMPV6;

	return (struct stretch){l->off, l->off + (walks ? l->len : l->head + DRAFT_BEHIND)};
}

/* Fields that decide how a packet is read, and which the check of their layer does not mind. */
static bool decides_more(const struct pkts_layer *l, struct stretch patch)
{
	struct stretch field = {l->off, l->off};

	switch (l->proto) {
	case PKTS_PROTO_IPV4: /* flags and fragment offset */
		field = (struct stretch){l->off + 6u, l->off + 8u};
		break;
	case PKTS_PROTO_IPV6_FRAG:
		field = (struct stretch){l->off + 2u, l->off + 4u};
		break;
	case PKTS_PROTO_UDPLITE: /* coverage */
		field = (struct stretch){l->off + 4u, l->off + 6u};
		break;
	default:
		break;
	}
	return meets(field, patch);
}

struct checks {
	uint32_t touched;
	struct pkts_check of[PKTS_PACKET_LAYERS];
};

/* The bytes that the layer below grants to layer i. */
static uint32_t granted(const struct edit_place *place, unsigned i)
{
	const struct pkts_layer *const l = &place->packet->layers[i];

	if (i == 0)
		return PKTS_MIN(place->wire, PKTS_LAYER_LEN_MAX);
	return (uint32_t)l[-1].off + l[-1].len - l->off;
}

static void take_checks(struct checks *c, const struct edit_place *place, struct stretch patch)
{
	const struct pkts_packet *const packet = place->packet;

	c->touched = 0;
	for (unsigned i = 0; i < packet->n; i++) {
		const struct pkts_layer l = packet->layers[i];
		if (!meets(looked_at(&l), patch))
			continue;
		c->touched |= 1u << i;
		c->of[i] = pkts_check(
			l.proto, (struct pkts_ref){packet->data + l.off,
					 place->readable > l.off ? place->readable - l.off : 0,
					 granted(place, i)});
	}
}

static bool checks_differ(const struct checks *a, const struct checks *b)
{
	for (unsigned i = 0; i < PKTS_PACKET_LAYERS; i++)
		if (a->touched >> i & 1 &&
			__builtin_memcmp(&a->of[i], &b->of[i], sizeof(a->of[i])) != 0)
			return true;
	return false;
}

/* Would the packet have other layers, or the same ones elsewhere? Tries it, and takes it back. */
static bool changes_layers(struct edit_place *place, uint32_t off, const uint8_t *bytes, uint32_t n)
{
	const struct stretch patch = {off, off + n};
	const uint32_t here = off < place->readable ? PKTS_MIN(n, place->readable - off) : 0;
	uint8_t old[PATCH_HEADERS];
	struct checks before, after;
	uint32_t len;

	/* A header that was refused may be one now. */
	if (place->packet->stop && patch.to > pkts_packet_payload(place->packet, &len))
		return true;
	for (unsigned i = 0; i < place->packet->n; i++)
		if (decides_more(&place->packet->layers[i], patch))
			return true;
	take_checks(&before, place, patch);
	if (before.touched == 0 || here > sizeof(old))
		return before.touched != 0;
	__builtin_memcpy(old, place->packet->data + off, here);
	__builtin_memcpy(place->packet->data + off, bytes, here);
	take_checks(&after, place, patch);
	__builtin_memcpy(place->packet->data + off, old, here);
	return checks_differ(&before, &after);
}

/* The checksums that are among the bytes of a patch. */
static uint32_t given(const struct pkts_packet *packet, struct stretch patch)
{
	uint32_t keep = 0, n;

	for (unsigned i = 0; i < packet->n; i++) {
		const uint32_t at = sums_field(packet, i, &n);
		if (n && meets((struct stretch){at, at + n}, patch))
			keep |= 1u << i;
	}
	return keep;
}

/* Layers are the same as far as they are the same from the first one on. */
static void match(uint8_t *was, const struct pkts_packet *old, const struct pkts_packet *now)
{
	bool same = true;

	for (unsigned i = 0; i < PKTS_PACKET_LAYERS; i++) {
		same &= i < old->n && i < now->n && old->layers[i].proto == now->layers[i].proto &&
			old->layers[i].off == now->layers[i].off;
		was[i] = same ? (uint8_t)i : SUMS_NONE;
	}
}

static void patch_fields(struct edit_place *place, const struct sums *before, struct stretch patch)
{
	struct pkts_packet *const packet = place->packet;
	uint8_t was[PKTS_PACKET_LAYERS];
	struct sums after;

	sums_take(&after, packet, &place->bytes, patch.from, patch.to);
	match(was, packet, packet);
	const struct sums_edit e = {before, &after, was, given(packet, patch)};
	sums_settle(&e, packet, &place->bytes);
}

static void patch_layers(struct edit_place *place, const uint8_t *bytes, struct stretch patch)
{
	const struct pkts_packet old = *place->packet;
	uint8_t protos[PKTS_PACKET_LAYERS + 1] = {0}, was[PKTS_PACKET_LAYERS];
	struct draft_choices choices;
	struct sums before, after;

	for (unsigned i = 0; i < old.n; i++)
		protos[i] = old.layers[i].proto;
	match(was, &old, &old);
	sums_take(&before, &old, &place->bytes, 0, UINT32_MAX);
	const struct pkts_decoder *const decoder =
		draft_decoder(&choices, &old, place->readable, protos, was, old.n);
	place->write(place, patch.from, bytes, patch.to - patch.from);
	place->decode(place, decoder);
	sums_take(&after, place->packet, &place->bytes, 0, UINT32_MAX);
	match(was, &old, place->packet);
	const struct sums_edit e = {&before, &after, was, given(place->packet, patch)};
	sums_settle(&e, place->packet, &place->bytes);
}

int edit_patch(struct edit_place *place, uint32_t off, const uint8_t *bytes, uint32_t n)
{
	const struct stretch patch = {off, off + n};
	struct sums before;

	if (off > place->packet->len || n > place->packet->len - off)
		return -PKTS_EINVAL;
	if (n == 0)
		return 0;
	if (changes_layers(place, off, bytes, n)) {
		patch_layers(place, bytes, patch);
		return 0;
	}
	sums_take(&before, place->packet, &place->bytes, off, off + n);
	place->write(place, off, bytes, n);
	patch_fields(place, &before, patch);
	return 0;
}

int edit_set(struct edit_place *place, unsigned i, const struct pkts_field *row, uint64_t value)
{
	const uint32_t from = row->bit / 8, to = (row->bit + row->width + 7u) / 8;
	uint8_t bytes[16];

	if (i >= place->packet->n || to > place->packet->layers[i].head ||
		row->kind >= PKTS_KIND_MAC || to - from > sizeof(bytes))
		return -PKTS_EINVAL;
	if (row->width < 64 && value >> row->width)
		return -PKTS_ERANGE;
	const uint32_t off = place->packet->layers[i].off + from;
	__builtin_memcpy(bytes, place->packet->data + off, to - from);
	pkts_bits_put(bytes, row->bit % 8u, row->width, value);
	return edit_patch(place, off, bytes, to - from);
}

int edit_set_bytes(
	struct edit_place *place, unsigned i, const char *field, const uint8_t *bytes, uint32_t n)
{
	struct pkts_field row;

	if (!pkts_packet_field(place->packet, i, field, &row) || row.kind < PKTS_KIND_MAC ||
		n != row.width / 8u)
		return -PKTS_EINVAL;
	return edit_patch(place, place->packet->layers[i].off + row.bit / 8u, bytes, n);
}

/* Packets that are all at their data */

static void write_flat(struct edit_place *place, uint32_t off, const uint8_t *p, uint32_t n)
{
	__builtin_memmove(place->packet->data + off, p, n);
}

static void decode_flat(struct edit_place *place, const struct pkts_decoder *d)
{
	struct pkts_packet *const packet = place->packet;
	const struct pkts_frame f = {.data = packet->data,
		.head = packet->len,
		.len = packet->len,
		.wire = draft_wire(packet)};

	pkts_decode_from(d, &f, packet, packet->layers[0].proto);
}

static struct edit_place flat(struct pkts_packet *packet)
{
	return (struct edit_place){.packet = packet,
		.bytes = sums_flat(packet),
		.readable = packet->len,
		.wire = draft_wire(packet),
		.write = write_flat,
		.decode = decode_flat};
}

bool pkts_packet_field(
	const struct pkts_packet *packet, unsigned i, const char *name, struct pkts_field *row)
{
	return i < packet->n && draft_field(packet, i, name, row);
}

int pkts_packet_set_field(
	struct pkts_packet *packet, unsigned i, const struct pkts_field *row, uint64_t value)
{
	struct edit_place place = flat(packet);
	return edit_set(&place, i, row, value);
}

int pkts_packet_set(struct pkts_packet *packet, unsigned i, const char *field, uint64_t value)
{
	struct edit_place place = flat(packet);
	struct pkts_field row;

	return pkts_packet_field(packet, i, field, &row) ? edit_set(&place, i, &row, value)
							 : -PKTS_EINVAL;
}

int pkts_packet_set_bytes(
	struct pkts_packet *packet, unsigned i, const char *field, const uint8_t *bytes, uint32_t n)
{
	struct edit_place place = flat(packet);
	return edit_set_bytes(&place, i, field, bytes, n);
}

int pkts_packet_patch(struct pkts_packet *packet, uint32_t off, const uint8_t *bytes, uint32_t n)
{
	struct edit_place place = flat(packet);
	return edit_patch(&place, off, bytes, n);
}

static void stretch_to_end(struct pkts_packet *packet, uint32_t layers)
{
	const uint32_t end = PKTS_MIN(packet->len, PKTS_LAYER_LEN_MAX);

	for (unsigned i = 0; i < packet->n; i++)
		if (layers >> i & 1)
			packet->layers[i].len = end - packet->layers[i].off;
}

static void finish_checksum(struct pkts_packet *packet, unsigned i, unsigned what)
{
	const struct pkts_bytes bytes = sums_flat(packet);
	const enum pkts_checksum held = pkts_packet_checksum(packet, i, NULL);

	if (held != PKTS_CHECKSUM_UNVERIFIED &&
		(held != PKTS_CHECKSUM_ABSENT || what & PKTS_FINISH_ABSENT))
		sums_make(packet, &bytes, i);
}

int pkts_packet_finish(struct pkts_packet *packet, uint32_t layers, unsigned what)
{
	struct edit_place place = flat(packet);
	int ret = 0;

	if (what & PKTS_FINISH_TO_END)
		stretch_to_end(packet, layers);
	for (unsigned i = packet->n; i-- > 0 && ret == 0;) {
		if (!(layers >> i & 1))
			continue;
		if (what & PKTS_FINISH_LENGTHS)
			ret = draft_write_lengths(packet, i);
		if (ret == 0 && what & PKTS_FINISH_CHECKSUMS)
			finish_checksum(packet, i, what);
	}
	if (packet->n)
		decode_flat(&place, NULL);
	return ret;
}

/* Options */

static bool next_option(enum pkts_proto proto, struct pkts_tlv_iter *it, struct pkts_tlv *option)
{
	return proto == PKTS_PROTO_TCP ? pkts_tcp_option_next(it, option)
				       : pkts_ipv4_option_next(it, option);
}

static bool has_options(const struct pkts_packet *packet, unsigned i)
{
	return i < packet->n && (packet->layers[i].proto == PKTS_PROTO_TCP ||
					packet->layers[i].proto == PKTS_PROTO_IPV4);
}

static struct pkts_tlv_iter options_of(const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_ref r = pkts_packet_ref(packet, i);

	_Static_assert(PKTS_IPV4_HEAD == PKTS_TCP_HEAD, "options start at the same place");
	return pkts_tlv_begin(r.p + PKTS_TCP_HEAD, r.p + r.head);
}

/* Are these n bytes whole options, and nothing else? */
static bool are_options(enum pkts_proto proto, const uint8_t *p, uint32_t n)
{
	const uint8_t *at = p;
	struct pkts_tlv option;

	if (n == 0)
		return true;
	struct pkts_tlv_iter it = pkts_tlv_begin(p, p + n);
	while (next_option(proto, &it, &option))
		at = it.p;
	return at == p + n;
}

/* Where the options are that stay: [0, from) and [to, end). */
struct list {
	uint32_t from, to, end;
};

static int find_options(
	const struct pkts_packet *packet, unsigned i, unsigned nth, unsigned cut, struct list *list)
{
	struct pkts_tlv_iter it = options_of(packet, i);
	const uint8_t *const start = it.p;
	struct pkts_tlv option;
	unsigned k = 0;

	*list = (struct list){0};
	for (; next_option(packet->layers[i].proto, &it, &option); k++) {
		list->end = (uint32_t)(it.p - start);
		if (k < nth)
			list->from = list->end;
		if (k < nth + cut)
			list->to = list->end;
	}
	if (it.reason)
		return -PKTS_EBADMSG;
	return nth + cut > k ? -PKTS_EINVAL : 0;
}

int edit_options(struct edit_options *o, const struct pkts_packet *packet, unsigned i, unsigned nth,
	unsigned cut, const uint8_t *option, uint32_t n)
{
	struct list list;

	if (!has_options(packet, i) || n > EDIT_OPTIONS ||
		!are_options(packet->layers[i].proto, option, n))
		return has_options(packet, i) && n > EDIT_OPTIONS ? -PKTS_ENOSPC : -PKTS_EINVAL;
	const int ret = find_options(packet, i, nth, cut, &list);
	if (ret)
		return ret;
	const struct pkts_layer l = packet->layers[i];
	const uint8_t *const old = packet->data + l.off + PKTS_TCP_HEAD;
	const uint32_t len = list.from + n + (list.end - list.to), room = (len + 3) / 4 * 4;
	if (room > EDIT_OPTIONS)
		return -PKTS_ENOSPC;
	__builtin_memset(o->bytes, 0, sizeof(o->bytes));
	__builtin_memcpy(o->bytes, old, list.from);
	if (n)
		__builtin_memcpy(o->bytes + list.from, option, n);
	__builtin_memcpy(o->bytes + list.from + n, old + list.to, list.end - list.to);
	o->change = (struct draft_change){
		.at = l.off + PKTS_TCP_HEAD,
		.cut = l.head - PKTS_TCP_HEAD,
		.put = {o->bytes, room},
		.first = packet->n,
		.around = i + 1,
		.inside = true,
		.more = (int32_t)room - (int32_t)(l.head - PKTS_TCP_HEAD),
	};
	return 0;
}

/* Puts a draft in the place of a packet that is all at its data, in cap bytes. */
static int settle_flat(struct pkts_packet *packet, uint32_t cap, const struct draft *d,
	const struct draft_change *c)
{
	uint8_t *const data = packet->data;

	if (d->packet.len > cap)
		return -PKTS_ENOSPC;
	if (c->tail.owner == packet) {
		const uint32_t from = c->at + c->cut + d->taken;
		__builtin_memmove(data + d->n, data + from, packet->len - from);
	} else if (d->packet.len > d->n) {
		const uint8_t *const bytes = c->tail.owner;
		__builtin_memmove(data + d->n, bytes + d->taken, d->packet.len - d->n);
	}
	__builtin_memcpy(data, d->head, d->n);
	*packet = d->packet;
	packet->data = data;
	return 0;
}

static int change_flat(struct pkts_packet *packet, uint32_t cap, const struct draft_change *c)
{
	const struct pkts_bytes bytes = sums_flat(packet);
	struct draft d;
	const int ret = draft_make(&d, packet, &bytes, c);

	return ret ? ret : settle_flat(packet, cap, &d, c);
}

static int splice_options(struct pkts_packet *packet, uint32_t cap, unsigned i, unsigned nth,
	unsigned cut, const uint8_t *option, uint32_t n)
{
	struct edit_options o;
	const int ret = edit_options(&o, packet, i, nth, cut, option, n);

	if (ret)
		return ret;
	o.change.readable = packet->len;
	o.change.wire = draft_wire(packet);
	o.change.tail = sums_flat(packet);
	o.change.tail_off = o.change.at + o.change.cut;
	o.change.tail_len = o.change.near = packet->len - o.change.tail_off;
	return change_flat(packet, cap, &o.change);
}

int pkts_packet_insert_option(struct pkts_packet *packet, uint32_t cap, unsigned i, unsigned nth,
	const uint8_t *option, uint32_t n)
{
	return splice_options(packet, cap, i, nth, 0, option, n);
}

int pkts_packet_remove_option(struct pkts_packet *packet, unsigned i, unsigned nth)
{
	return splice_options(packet, packet->len, i, nth, 1, NULL, 0);
}

int pkts_packet_replace_option(struct pkts_packet *packet, uint32_t cap, unsigned i, unsigned nth,
	const uint8_t *option, uint32_t n)
{
	return splice_options(packet, cap, i, nth, 1, option, n);
}

int pkts_packet_find_option(const struct pkts_packet *packet, unsigned i, uint8_t type)
{
	struct pkts_tlv option;

	if (!has_options(packet, i))
		return -PKTS_EINVAL;
	struct pkts_tlv_iter it = options_of(packet, i);
	for (int k = 0; next_option(packet->layers[i].proto, &it, &option); k++)
		if (option.type == type)
			return k;
	return -PKTS_EINVAL;
}

/* Payload */

static void walk_span(const void *owner, uint32_t off, uint32_t len, pkts_bytes_add *add, void *ctx)
{
	add(ctx, (const uint8_t *)owner + off, len);
}

struct pkts_bytes edit_span(const uint8_t *p)
{
	return (struct pkts_bytes){walk_span, p};
}

struct draft_change edit_payload(
	const struct pkts_packet *packet, struct pkts_bytes tail, uint32_t n)
{
	const struct pkts_layer last = packet->layers[packet->n - 1];
	uint32_t len;
	const uint32_t at = pkts_packet_payload(packet, &len);

	return (struct draft_change){
		.at = at,
		.cut = len,
		.first = packet->n,
		.around = packet->n,
		.tail = tail,
		.tail_len = n,
		.near = n,
		.more = (int32_t)n - (int32_t)(last.len - last.head),
		.whole = true,
	};
}

int pkts_packet_replace_payload(
	struct pkts_packet *packet, uint32_t cap, const uint8_t *bytes, uint32_t n)
{
	if (packet->n == 0 || n > PKTS_LAYER_LEN_MAX)
		return -PKTS_EINVAL;
	struct draft_change c = edit_payload(packet, edit_span(bytes), n);
	c.readable = packet->len;
	return change_flat(packet, cap, &c);
}
