/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "forms.h"

#include "initialisers.h"
#include "pkts_show.h"
#include "pkts_start.h"

/* The values that pkts_link_proto() reads. */
uint16_t forms_link(enum pkts_proto first)
{
	static const struct {
		enum pkts_proto first;
		uint16_t link;
	} rows[] = {
		{PKTS_PROTO_NONE, 1},
		{PKTS_PROTO_ETH, 1},
		{PKTS_PROTO_IPV4, 228},
		{PKTS_PROTO_IPV6, 229},
		{PKTS_PROTO_RAW, 101},
		{PKTS_PROTO_PPP, 9},
		{PKTS_PROTO_PPPOE, 51},
		{PKTS_PROTO_SLL, 113},
		{PKTS_PROTO_SLL2, 276},
		{PKTS_PROTO_NULL, 108},
	};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		if (rows[i].first == first)
			return rows[i].link;
	return FORMS_NO_LINK;
}

/* An expression may begin with any layer, and is shown all the same. */
static void decode(const struct made *made, struct pkts_packet *packet)
{
	const struct pkts_frame f = {made->data, made->len, made->len, made->wire, made->link};

	if (made->link == FORMS_NO_LINK)
		pkts_decode_from(NULL, &f, packet, made->first);
	else
		pkts_decode(NULL, &f, packet);
}

static void put_c(struct pkts_sink *out, const struct pkts_packet *packet, const struct made *made)
{
	static uint8_t scratch[FRAME_MAX];
	struct pkts_spec specs[PKTS_COMPOSE_LAYERS];
	unsigned n;

	if (made->specs) {
		initialisers_put(out, made->specs, made->n);
		return;
	}
	pkts_text_specs(packet, scratch, sizeof(scratch), specs, &n);
	initialisers_put(out, specs, n);
}

static void put_text(struct pkts_sink *out, const struct pkts_packet *packet)
{
	static uint8_t scratch[FRAME_MAX];

	pkts_text_show(out, packet, scratch, sizeof(scratch));
	pkts_put_char(out, '\n');
}

static void put_shown(struct pkts_sink *out, const struct craft_options *o,
	const struct pkts_packet *packet, const struct made *made)
{
	uint8_t sums[PKTS_PACKET_LAYERS];
	const struct pkts_shown about = {.number = made->number,
		.ns = made->ns,
		.wire = made->wire,
		.readable = made->len,
		.checksums = sums};

	for (unsigned i = 0; i < packet->n; i++)
		sums[i] = (uint8_t)pkts_packet_checksum(packet, i, NULL);
	if (o->json)
		pkts_json(out, packet, &about);
	else
		pkts_show(out, packet, &about);
	if (!o->json && !o->show)
		pkts_hex(out, made->data, made->len);
	pkts_put_char(out, '\n');
}

void forms_put(struct pkts_sink *out, const struct craft_options *o, const struct made *made)
{
	struct pkts_packet packet;

	if (o->hex) {
		pkts_put_hex_bytes(out, made->data, made->len);
		pkts_put_char(out, '\n');
		return;
	}
	decode(made, &packet);
	if (o->c)
		put_c(out, &packet, made);
	else if (o->text)
		put_text(out, &packet);
	else
		put_shown(out, o, &packet, made);
}
