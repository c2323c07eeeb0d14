/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Usual frames are decoded on a short road (pkts_start.h), all others on a long one, and a decoder that
 * replaces a choice takes the long one always: what both say of a frame has to be the same.
 */
#include <stdlib.h>

#include "frame.h"
#include "pkts_protocols.h"
#include "row.h"

static enum pkts_proto same(void *ctx, const struct pkts_packet *packet, enum pkts_proto usual)
{
	(void)ctx;
	(void)packet;
	return usual;
}

/* What a decoder may ask for changes where both roads end. */
static const struct pkts_decoder decoders[] = {
	{.no_quotes = false},
	{.no_quotes = true},
	{.max_tunnels = 1},
};

static void compare(const char *name, struct bytes b, uint16_t link)
{
	const struct pkts_frame f = {b.p, b.n, b.n, b.n, link};
	struct pkts_packet one, other;

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(decoders); i++) {
		struct pkts_decoder long_road = decoders[i];
		pkts_decoder_set_next(&long_road, PKTS_PROTO_RAW, same, NULL);
		ROW_INT(name, pkts_decode(&decoders[i], &f, &one),
			pkts_decode(&long_road, &f, &other));
		ROW_TRUE(name, packets_equal(&one, &other));
	}
}

static void with_any_value_of_any_byte(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes b = bytes_of(frames[i].hex);
		for (uint32_t at = 0; at < b.n; at++) {
			const uint8_t was = b.p[at];
			for (unsigned value = 0; value < 256; value++) {
				b.p[at] = (uint8_t)value;
				compare(frames[i].name, b, frames[i].link);
			}
			b.p[at] = was;
		}
		free(b.p);
	}
}

/* Frames of all kinds behind the headers of each other: what follows each is anything. */
static void with_the_end_of_another(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes head = bytes_of(frames[i].hex);
		for (unsigned k = 0; k < frames_n; k++) {
			const struct bytes end = bytes_of(frames[k].hex);
			for (uint32_t at = 0; at < head.n && at < end.n; at += 2) {
				const struct bytes mixed = bytes_first(end, end.n);
				__builtin_memcpy(mixed.p, head.p, at);
				compare(frames[i].name, mixed, frames[i].link);
				free(mixed.p);
			}
			free(end.p);
		}
		free(head.p);
	}
}

static void of_any_length(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes b = bytes_of(frames[i].hex);
		for (uint32_t n = 0; n <= b.n; n++) {
			const struct bytes first = bytes_first(b, n);
			compare(frames[i].name, first, frames[i].link);
			free(first.p);
		}
		free(b.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_any_value_of_any_byte),
		cmocka_unit_test(with_the_end_of_another),
		cmocka_unit_test(of_any_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
