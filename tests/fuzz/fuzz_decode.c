/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Any bytes as a frame of any link type: nothing is read that is not there, and the table is sound.
 */
#include <stdlib.h>

#include "frame.h"
#include "input.h"
#include "pkts_checksum.h"
#include "pkts_protocols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* With a short first segment: more is asked for until the table is that of the flat frame. */
static void grow(const struct pkts_decoder *d, const struct input *in, uint32_t head,
	const struct pkts_packet *flat)
{
	for (;;) {
		uint8_t *const p = input_copy(in, head);
		const struct pkts_frame f = {p, head, in->n, in->wire, in->link};
		struct pkts_packet packet;
		const uint32_t need = pkts_decode(d, &f, &packet);
		if (need) {
			DEMAND(need > head && need <= in->n && packet.stop == PKTS_REASON_CUT);
		} else {
			demand_sound(&packet, head, in->wire);
			demand_same(&packet, flat);
		}
		free(p);
		if (!need)
			return;
		head = need;
	}
}

static enum pkts_proto same(void *ctx, const struct pkts_packet *packet, enum pkts_proto usual)
{
	(void)ctx;
	(void)packet;
	return usual;
}

/* A decoder that replaces a choice does not take the short road for usual frames. */
static void on_the_long_road(const struct input *in, uint8_t *p, struct pkts_decoder d)
{
	const struct pkts_frame f = {p, in->n, in->n, in->wire, in->link};
	struct pkts_packet one, other;

	pkts_decode(&d, &f, &one);
	pkts_decoder_set_next(&d, PKTS_PROTO_RAW, same, NULL);
	pkts_decode(&d, &f, &other);
	DEMAND(packets_equal(&one, &other));
}

static bool is_layer(const struct pkts_packet *packet, const struct pkts_layer *layer, int i)
{
	return layer == (i < 0 ? NULL : &packet->layers[i]);
}

/* What decoding has noted, searched. */
static void demand_outermost(const struct pkts_packet *packet)
{
	const uint64_t ip = UINT64_C(1) << PKTS_PROTO_IPV4 | UINT64_C(1) << PKTS_PROTO_IPV6;
	const uint64_t transport = UINT64_C(1) << PKTS_PROTO_TCP | UINT64_C(1) << PKTS_PROTO_UDP |
				   UINT64_C(1) << PKTS_PROTO_UDPLITE |
				   UINT64_C(1) << PKTS_PROTO_SCTP | UINT64_C(1) << PKTS_PROTO_ICMP |
				   UINT64_C(1) << PKTS_PROTO_ICMPV6;
	int first = -1, carried = -1;

	for (int i = packet->n - 1; i >= 0; i--) {
		const uint64_t bit = UINT64_C(1) << packet->layers[i].proto;
		if (transport & bit)
			carried = i;
		if (ip & bit) {
			/* What stands behind the IP header before this one is of no interest. */
			const int behind = first < 0 || carried < first ? carried : -1;
			first = i;
			carried = behind;
		}
	}
	DEMAND(is_layer(packet, pkts_packet_network(packet), first));
	DEMAND(first < 0 || is_layer(packet, pkts_packet_transport(packet), carried));
}

/* A TCP header that the capture ends in is what is there of it. */
static void without_options(const struct input *in, uint8_t *p, const struct pkts_packet *usual)
{
	static const struct pkts_decoder d = {.cut_options = true};
	const struct pkts_frame f = {p, in->n, in->n, in->wire, in->link};
	struct pkts_packet packet;
	struct pkts_tlv option;

	DEMAND(pkts_decode(&d, &f, &packet) == 0);
	demand_sound(&packet, in->n, in->wire);
	grow(&d, in, PKTS_MIN(in->knob, in->n), &packet);
	if (packet.n == usual->n) {
		demand_same(&packet, usual);
		return;
	}
	DEMAND(in->wire > in->n); /* no sender can have it that way */
	DEMAND(packet.n == usual->n + 1 && usual->stop == PKTS_REASON_CUT);
	const struct pkts_tcp tcp = pkts_tcp_at(pkts_packet_ref(&packet, usual->n));
	DEMAND(tcp.head >= PKTS_TCP_HEAD && tcp.head < 4u * pkts_tcp_data_offset(tcp));
	struct pkts_tlv_iter it = pkts_tcp_options(tcp);
	while (pkts_tcp_option_next(&it, &option))
		DEMAND(option.data + option.len <= tcp.p + tcp.head);
	DEMAND(pkts_packet_checksum(&packet, usual->n, NULL) == PKTS_CHECKSUM_UNVERIFIED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in;

	if (!input_read(&in, data, size))
		return 0;
	uint8_t *const p = input_copy(&in, in.n);
	const struct pkts_packet packet = input_decode(NULL, &in, p);
	demand_sound(&packet, in.n, in.wire);
	demand_outermost(&packet);
	on_the_long_road(&in, p, (struct pkts_decoder){0});
	on_the_long_road(&in, p, (struct pkts_decoder){.no_quotes = true});
	for (unsigned i = 0; i < packet.n; i++)
		DEMAND(pkts_packet_checksum(&packet, i, NULL) < PKTS_CHECKSUM_MAX);
	grow(NULL, &in, PKTS_MIN(in.knob, in.n), &packet);
	without_options(&in, p, &packet);
	free(p);
	return 0;
}
