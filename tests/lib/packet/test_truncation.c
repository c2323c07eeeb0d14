/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Every frame cut at every byte: by the capture, by the wire, and by the end of its first segment.
 */
#include <stdio.h>
#include <stdlib.h>

#include "frame.h"
#include "pkts_mpls.h"
#include "pkts_udp.h"
#include "row.h"

struct whole {
	const struct frame *frame;
	struct bytes b;
	struct pkts_packet packet;
};

typedef void at_length(const struct whole *w, const char *name, struct bytes b);

/* Calls fn with the first n bytes of every frame, for every n, on memory of just that size. */
static void for_every_length(at_length *fn)
{
	for (unsigned i = 0; i < frames_n; i++) {
		struct whole w = {&frames[i], bytes_of(frames[i].hex), {0}};
		w.packet = decode_bytes(w.b, frames[i].link);
		for (uint32_t n = 0; n <= w.b.n; n++) {
			char name[80];
			const struct bytes b = bytes_first(w.b, n);
			snprintf(
				name, sizeof(name), "%s, %u of %u bytes", frames[i].name, n, w.b.n);
			fn(&w, name, b);
			free(b.p);
		}
		free(w.b.p);
	}
}

/* A GTP version, and the zeros that tell IKE from ESP. */
static unsigned udp_looks_ahead(const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_udp udp = pkts_udp_at(pkts_packet_ref(packet, i));
	const uint32_t payload = packet->layers[i].len - packet->layers[i].head;

	switch (pkts_udp_port_proto(pkts_udp_sport(udp), pkts_udp_dport(udp))) {
	case PKTS_PROTO_GTP:
		return payload >= 1 ? 1 : 0;
	case PKTS_PROTO_ESP:
		return payload >= 4 ? 4 : 0;
	default:
		return 0;
	}
}

/* Behind the last label, unless it is one that says by itself what follows. */
static unsigned mpls_looks_ahead(const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_mpls mpls = pkts_mpls_at(pkts_packet_ref(packet, i));
	const uint32_t label = pkts_mpls_label(mpls);

	return pkts_mpls_bottom(mpls) && label != PKTS_MPLS_GAL && label != PKTS_MPLS_OAM_ALERT;
}

/* Bytes of payload without which it cannot be said what a header carries. */
static unsigned looks_ahead(const struct pkts_packet *packet, unsigned i)
{
	const enum pkts_proto next =
		i + 1u < packet->n ? packet->layers[i + 1].proto : PKTS_PROTO_NONE;

	switch (packet->layers[i].proto) {
	case PKTS_PROTO_RAW:
		return 1;
	case PKTS_PROTO_ETH:
	case PKTS_PROTO_VLAN:
		return pkts_be16(packet->data + packet->layers[i].off + packet->layers[i].head -
				 2) <= 1500
			       ? 2
			       : 0;
	case PKTS_PROTO_MPLS:
		return mpls_looks_ahead(packet, i);
	case PKTS_PROTO_GTP:
		return next != PKTS_PROTO_NONE;
	case PKTS_PROTO_UDP:
		return udp_looks_ahead(packet, i);
	default:
		return 0;
	}
}

/* How many layers of the whole packet can be seen in its first n bytes. */
static unsigned visible(const struct pkts_packet *packet, uint32_t n)
{
	unsigned i = 0;

	while (i < packet->n &&
		(uint32_t)packet->layers[i].off + packet->layers[i].head + looks_ahead(packet, i) <=
			n)
		i++;
	return i;
}

static void same_layers(
	const char *name, const struct pkts_packet *got, const struct pkts_packet *whole)
{
	for (unsigned i = 0; i < got->n; i++) {
		const struct pkts_layer a = got->layers[i], b = whole->layers[i];
		ROW_INT(name, a.proto, b.proto);
		ROW_INT(name, a.off, b.off);
		ROW_INT(name, a.head, b.head);
		ROW_INT(name, a.len, b.len);
		ROW_INT(name, a.reason, PKTS_REASON_NONE);
	}
}

/* A capture that ends early is nobody's fault: the layers that are there, and CUT at the next one.
 */
static void cut_by_the_capture(const struct whole *w, const char *name, struct bytes b)
{
	const struct pkts_frame f = {b.p, b.n, b.n, w->b.n, w->frame->link};
	const unsigned flags =
		w->packet.flags & (PKTS_PACKET_FATAL | PKTS_PACKET_INVALID | PKTS_PACKET_PADDING);
	struct pkts_packet packet;

	ROW_INT(name, pkts_decode(NULL, &f, &packet), 0);
	ROW_INT(name, packet.n, visible(&w->packet, b.n));
	same_layers(name, &packet, &w->packet);
	ROW_INT(name,
		packet.flags & (PKTS_PACKET_FATAL | PKTS_PACKET_INVALID | PKTS_PACKET_PADDING),
		flags);
	ROW_INT(name, !!(packet.flags & PKTS_PACKET_CUT), b.n < w->b.n);
	ROW_INT(name, packet.stop, packet.n < w->packet.n ? PKTS_REASON_CUT : w->packet.stop);
	if (packet.n < w->packet.n) {
		ROW_INT(name, packet.layers[packet.n].proto, w->packet.layers[packet.n].proto);
		ROW_INT(name, packet.layers[packet.n].off, w->packet.layers[packet.n].off);
	}
	const struct pkts_verdict v = pkts_verdict(&packet);
	ROW_INT(name, v.ok, !packet.stop || (packet.flags & PKTS_PACKET_QUOTE) != 0);
	ROW_INT(name, v.fatal, v.ok ? PKTS_REASON_NONE : PKTS_REASON_CUT);
}

/*
 * A frame that really is that short lies about its length, or lacks a header. Where no header says
 * how long the frame is, it is just another frame.
 */
static void short_on_the_wire(const struct whole *w, const char *name, struct bytes b)
{
	const struct pkts_packet packet = decode_bytes(b, w->frame->link);
	const struct pkts_verdict v = pkts_verdict(&packet);
	const enum pkts_proto last = packet.n ? packet.layers[packet.n - 1].proto : PKTS_PROTO_NONE;
	const enum pkts_severity severity = pkts_reason_info(v.fatal)->severity;
	const bool no_length =
		last == PKTS_PROTO_ETH || last == PKTS_PROTO_MPLS || last == PKTS_PROTO_LLC;

	ROW_INT(name, packet.flags & PKTS_PACKET_CUT, 0);
	ROW_TRUE(name, packet.n <= w->packet.n);
	for (unsigned i = 0; i < packet.n; i++)
		ROW_INT(name, packet.layers[i].proto, w->packet.layers[i].proto);
	if (b.n < w->b.n - w->frame->excess && !no_length)
		ROW_TRUE(name, !v.ok);
	ROW_TRUE(name, !v.fatal || severity == PKTS_SEVERITY_FATAL ||
			       (packet.flags & PKTS_PACKET_QUOTE && v.fatal == PKTS_REASON_CUT));
	ROW_TRUE(
		name, !v.invalid || pkts_reason_info(v.invalid)->severity == PKTS_SEVERITY_INVALID);
}

/* In segments: whatever is asked for is more than there was, and leads to the same table in the
 * end. */
static void in_a_short_first_segment(const struct whole *w, const char *name, struct bytes b)
{
	struct bytes head = bytes_first(b, b.n);
	struct pkts_packet packet;
	uint32_t need;

	for (;;) {
		const struct pkts_frame f = {head.p, head.n, w->b.n, w->b.n, w->frame->link};
		need = pkts_decode(NULL, &f, &packet);
		if (!need)
			break;
		ROW_TRUE(name, need > head.n && need <= w->b.n);
		ROW_INT(name, packet.stop, PKTS_REASON_CUT);
		free(head.p);
		head = bytes_first(w->b, need);
	}
	ROW_TRUE(name, packets_equal(&packet, &w->packet));
	free(head.p);
}

/* Every layer's checksum can be asked for, whatever is missing. */
static void checksums_at(const struct whole *w, const char *name, struct bytes b)
{
	const struct pkts_frame f = {b.p, b.n, b.n, w->b.n, w->frame->link};
	struct pkts_packet packet;

	pkts_decode(NULL, &f, &packet);
	const char *const got = checksums_text(&packet);
	for (unsigned i = 0; i < packet.n; i++)
		ROW_TRUE(name, got[i] == w->frame->checksums[i] || (got[i] == 'u' && b.n < w->b.n));
}

static void by_the_capture(void **state)
{
	(void)state;
	for_every_length(cut_by_the_capture);
}

static void on_the_wire(void **state)
{
	(void)state;
	for_every_length(short_on_the_wire);
}

static void by_the_first_segment(void **state)
{
	(void)state;
	for_every_length(in_a_short_first_segment);
}

static void checksums(void **state)
{
	(void)state;
	for_every_length(checksums_at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_the_capture),
		cmocka_unit_test(on_the_wire),
		cmocka_unit_test(by_the_first_segment),
		cmocka_unit_test(checksums),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
