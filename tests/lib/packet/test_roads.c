/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Usual frames are decoded on short roads (pkts_start.h), whole ones on one, those that are cut or in
 * segments on another; all others on a long one. A decoder that replaces a choice takes that always: what
 * all say of a frame has to be the same.
 */
#include <stdio.h>
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
	{.cut_options = true},
};

/* Decoding writes to nothing behind its packet. */
struct guarded {
	struct pkts_packet packet;
	uint64_t behind;
};
#define BEHIND UINT64_C(0x0123456789abcdef)

static void compare_frame(const char *name, struct pkts_frame f)
{
	struct guarded one = {.behind = BEHIND}, other = one;

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(decoders); i++) {
		struct pkts_decoder long_road = decoders[i];
		pkts_decoder_set_next(&long_road, PKTS_PROTO_RAW, same, NULL);
		ROW_INT(name, pkts_decode(&decoders[i], &f, &one.packet),
			pkts_decode(&long_road, &f, &other.packet));
		ROW_TRUE(name, packets_equal(&one.packet, &other.packet));
		ROW_TRUE(name, one.behind == BEHIND && other.behind == BEHIND);
	}
}

static void compare(const char *name, struct bytes b, uint16_t link)
{
	compare_frame(name, (struct pkts_frame){b.p, b.n, b.n, b.n, link});
}

/* More was on the wire: not captured, or in segments that follow. */
static void compare_partial(const char *name, struct bytes b, uint32_t wire, uint16_t link)
{
	compare_frame(name, (struct pkts_frame){b.p, b.n, b.n, wire, link});
	compare_frame(name, (struct pkts_frame){b.p, b.n, wire, wire, link});
	compare_frame(name, (struct pkts_frame){b.p, b.n, wire - (wire - b.n) / 2, wire, link});
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
				compare_partial(frames[i].name, b, b.n + 40, frames[i].link);
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
			compare_partial(frames[i].name, first, b.n, frames[i].link);
			free(first.p);
		}
		free(b.p);
	}
}

#define DEPTHS 12 /* of atomic fragments in each other: more layers than a packet has room for */

static void put(struct bytes *b, const char *hex)
{
	const struct bytes more = bytes_of(hex);

	__builtin_memcpy(b->p + b->n, more.p, more.n);
	b->n += more.n;
	free(more.p);
}

static void put_be16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

/* VXLAN in UDP in so many atomic fragments in IPv6; the frames in and around it may have a tag. */
static void compare_deep(unsigned depth, bool tag, bool hopopts, bool inner_tag)
{
	uint8_t room[512];
	struct bytes b = {.p = room};
	char name[64];

	put(&b, tag ? "02000000000b02000000000a8100000186dd" : "02000000000b02000000000a86dd");
	const uint32_t ip = b.n;
	put(&b, "600000000000004020010db800010000000000000000000120010db8000200000000000000000002");
	b.p[ip + 6] = hopopts ? 0 : depth ? 44 : 17;
	if (hopopts)
		put(&b, depth ? "2c00050200000100" : "1100050200000100");
	for (unsigned i = 0; i < depth; i++)
		put(&b, i + 1 < depth ? "2c00000000000005" : "1100000000000005");
	const uint32_t udp = b.n;
	put(&b, "c35012b5000000000800000000100000");
	put(&b, inner_tag ? "02000000010b02000000010a810000010800"
			  : "02000000010b02000000010a0800");
	put(&b, "4500002100010000401102c7cb007101cb0071029c410009000da1b0696e6e6572");
	put_be16(b.p + ip + 4, b.n - ip - 40);
	put_be16(b.p + udp + 4, b.n - udp);
	snprintf(name, sizeof(name), "depth %u, tag %d, hopopts %d, inner tag %d", depth, tag,
		hopopts, inner_tag);
	compare(name, b, 1);
	compare_partial(name, b, b.n + 40, 1);
}

static void of_any_depth(void **state)
{
	(void)state;
	for (unsigned depth = 0; depth < DEPTHS; depth++)
		for (unsigned k = 0; k < 8; k++)
			compare_deep(depth, k & 1, k & 2, k & 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_any_value_of_any_byte),
		cmocka_unit_test(with_the_end_of_another),
		cmocka_unit_test(of_any_length),
		cmocka_unit_test(of_any_depth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
