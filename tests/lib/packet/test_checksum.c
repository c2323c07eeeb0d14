/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Checksums: right ones are in test_frames.c; here each bit that matters is flipped, and bytes go
 * missing. */
#include "pkts_checksum.h"

#include <stdio.h>
#include <stdlib.h>

#include "frame.h"
#include "pkts_cksum.h"
#include "pkts_index.h"
#include "row.h"

static void names(void **state)
{
	static const char *const wanted[] = {"none", "good", "bad", "absent", "unverified"};

	(void)state;
	for (unsigned i = 0; i < PKTS_CHECKSUM_MAX; i++)
		assert_string_equal(pkts_checksum_name(i), wanted[i]);
	assert_string_equal(pkts_checksum_name(PKTS_CHECKSUM_MAX), "none");
}

/* The bytes that layer i's checksum covers, from its own header on. */
static uint32_t covered(const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_layer l = packet->layers[i];

	if (l.proto == PKTS_PROTO_IPV4)
		return l.head;
	if (l.proto == PKTS_PROTO_UDPLITE && pkts_udplite_coverage(pkts_udplite(packet)))
		return pkts_udplite_coverage(pkts_udplite(packet));
	return l.len;
}

/* Flips one bit of each byte that is covered, one at a time; `packet` stays as it was decoded. */
static void flip_each(const struct frame *f, const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_layer l = packet->layers[i];

	for (uint32_t at = 0; at < covered(packet, i); at++) {
		char name[80];
		/* A change of these fields is a change of what the sum is about. */
		if (l.proto == PKTS_PROTO_UDPLITE && (at == 4 || at == 5))
			continue;
		if (l.proto == PKTS_PROTO_UDP && (at == 4 || at == 5))
			continue;
		snprintf(name, sizeof(name), "%s, layer %u, byte %u", f->name, i, at);
		packet->data[l.off + at] ^= 0x10;
		ROW_INT(name, pkts_packet_checksum(packet, i, NULL), PKTS_CHECKSUM_BAD);
		packet->data[l.off + at] ^= 0x10;
		ROW_INT(name, pkts_packet_checksum(packet, i, NULL), PKTS_CHECKSUM_GOOD);
	}
}

static void a_flipped_bit_is_seen_in_every_byte(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes b = bytes_of(frames[i].hex);
		const struct pkts_packet packet = decode_bytes(b, frames[i].link);
		for (unsigned k = 0; k < packet.n; k++)
			if (frames[i].checksums[k] == 'g')
				flip_each(&frames[i], &packet, k);
		free(b.p);
	}
}

struct row {
	const char *name, *frame;
	uint16_t at;
	const char *hex;
	const char *checksums;
};

static void rows_give(const struct row *rows, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct frame *const f = frame_named(rows[i].frame);
		const struct bytes b = bytes_of(f->hex), piece = bytes_of(rows[i].hex);
		memcpy(b.p + rows[i].at, piece.p, piece.n);
		const struct pkts_packet packet = decode_bytes(b, f->link);
		ROW_TEXT(rows[i].name, checksums_text(&packet), rows[i].checksums);
		free(b.p);
		free(piece.p);
	}
}

static void pseudo_headers(void **state)
{
	static const struct row rows[] = {
		{"ipv4: source", "tcp4", 26, "c0000301", "-bb"},
		{"ipv4: destination", "tcp4", 30, "c6336502", "-bb"},
		{"ipv4: ttl is not in it", "tcp4", 22, "3f", "-bg"},
		{"ipv6: first byte of the source", "tcp6", 22, "3f", "--b"},
		{"ipv6: last byte of the source", "tcp6", 37, "ff", "--b"},
		{"ipv6: first byte of the destination", "tcp6", 38, "3f", "--b"},
		{"ipv6: last byte of the destination", "tcp6", 53, "ff", "--b"},
		{"ipv6: hop limit and flow are not in it", "tcp6", 15, "a0543200170601", "--g"},
		{"routing header done: the list does not count", "source route, done", 70, "ff",
			"---g"},
		{"routing header under way: the last address counts", "source route, under way", 93,
			"ff", "---b"},
		{"routing header under way: the others do not", "source route, under way", 77, "ff",
			"---g"},
		{"routing header under way: the next hop does not", "source route, under way", 53,
			"ff", "---g"},
		{"segment routing under way: the first in the list counts",
			"segment routing, under way", 77, "ff", "---b"},
		{"segment routing under way: the others do not", "segment routing, under way", 93,
			"ff", "---g"},
		{"home address counts", "destination options", 73, "ff", "---b"},
		{"away from home the source does not", "destination options", 37, "ff", "---g"},
		{"ipv4 source route: the last address counts", "ipv4 source route", 44, "ff",
			"-bb"},
		{"ipv4 source route: the others do not", "ipv4 source route", 40, "ff", "-bg"},
		{"ipv4 source route: the next hop does not", "ipv4 source route", 33, "ff", "-bg"},
		{"icmpv6 has one", "icmpv6 echo", 37, "ff", "--b"},
		{"icmp has none", "icmp echo", 26, "c0000301", "-bg"},
	};

	(void)state;
	rows_give(rows, PKTS_ARRAY_LEN(rows));
}

static void absent_and_special(void **state)
{
	static const struct row rows[] = {
		{"udp over ipv4: none was made", "udp4", 40, "0000", "-ga"},
		{"udp: ffff is a value like others", "udp4", 40, "ffff", "-gb"},
		{"udp: length 0, all bytes", "udp4", 38, "0000", "-gb"},
		{"udp: length beyond the packet", "udp4", 38, "000e", "-gu"},
		{"udplite: none is not allowed", "udplite", 40, "0000", "-gb"},
		{"udplite: coverage below the header", "udplite header only", 58, "0007", "--b"},
		{"udplite: bytes beyond the coverage", "udplite header only", 62, "ff", "--g"},
		{"udplite: coverage beyond the datagram is all of it", "udplite", 38, "0fff",
			"-gb"},
		{"tcp: zero is a value like others", "tcp4", 50, "0000", "-gb"},
		{"fragment: atomic ones are whole", "ipv6 atomic fragment", 55, "00", "---g"},
		{"fragment: the first alone", "ipv4 first fragment", 42, "ffffffff", "-gu"},
		{"fragment: the header has its own", "ipv4 middle fragment", 24, "0000", "-b"},
		{"quotation: cut by its own length", "icmp unreachable", 44, "003d", "-gbbu"},
		{"icmp inside a fragment", "icmp echo", 20, "2000", "-bu"},
		{"gre's is not verified", "gre checksum key sequence", 38, "ffff", "-g--g"},
	};

	(void)state;
	rows_give(rows, PKTS_ARRAY_LEN(rows));
}

/* The wire had more than the capture: whoever covers what is missing cannot be verified. */
static void cut_captures(void **state)
{
	static const struct {
		const char *frame;
		uint32_t missing;
		const char *checksums;
	} rows[] = {
		{"tcp4", 1, "-gu"},
		{"udp4 without checksum", 1, "-ga"},
		{"udp4 in 60 bytes", 15, "-gg"}, /* padding was cut */
		{"udp4 in 60 bytes", 16, "-gu"},
		{"udplite header only", 1, "--u"},
		{"sctp", 1, "-gu"},
		{"igmp", 19, "-g"},
		{"vxlan", 1, "-ga--gu"},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct frame *const frame = frame_named(rows[i].frame);
		const struct bytes whole = bytes_of(frame->hex);
		const struct bytes b = bytes_first(whole, whole.n - rows[i].missing);
		const struct pkts_frame f = {b.p, b.n, b.n, whole.n, frame->link};
		struct pkts_packet packet;
		pkts_decode(NULL, &f, &packet);
		ROW_TEXT(rows[i].frame, checksums_text(&packet), rows[i].checksums);
		free(whole.p);
		free(b.p);
	}
}

/*
 * A datagram whose sum over its first n bytes is right, by its destination port, and that is wrong
 * all the same: because of its coverage, or because it has no checksum.
 */
static void right_by_port(uint16_t coverage, uint16_t csum, uint32_t n)
{
	const struct bytes b = bytes_of(frame_named("udplite")->hex);
	const struct pkts_packet packet = decode_bytes(b, 1);
	const struct pkts_udplite udplite = pkts_udplite(&packet);
	struct pkts_cksum sum = {0};

	pkts_udplite_set_coverage(udplite, coverage);
	pkts_udplite_set_csum(udplite, csum);
	pkts_udplite_set_dport(udplite, 0);
	pkts_cksum_add(&sum, b.p + 26, 8);
	pkts_cksum_add32(&sum, udplite.len);
	pkts_cksum_add16(&sum, PKTS_IPPROTO_UDPLITE);
	pkts_cksum_add(&sum, udplite.p, n);
	pkts_udplite_set_dport(udplite, (uint16_t)~pkts_cksum_fold(&sum));
	assert_int_equal(pkts_packet_checksum(&packet, 2, NULL),
		coverage == 8 && csum ? PKTS_CHECKSUM_GOOD : PKTS_CHECKSUM_BAD);
	free(b.p);
}

static void udplite_that_would_be_right(void **state)
{
	(void)state;
	right_by_port(8, 0x1234, 8);
	right_by_port(8, 0, 8);
	right_by_port(7, 0x0100, 7);
}

/* Without an IP header below there is no pseudo-header to be had. */
static enum pkts_proto always_udp(
	void *ctx, const struct pkts_packet *packet, enum pkts_proto usual)
{
	(void)ctx, (void)packet, (void)usual;
	return PKTS_PROTO_UDP;
}

static void a_datagram_without_ip(void **state)
{
	const struct bytes b = bytes_of("02000000000b 02000000000a 88b5 9c41 0009 0009 1234 ff");
	const struct pkts_frame f = {b.p, b.n, b.n, b.n, 1};
	struct pkts_decoder d = {0};
	struct pkts_packet packet;

	(void)state;
	pkts_decoder_set_next(&d, PKTS_PROTO_ETH, always_udp, NULL);
	pkts_decode(&d, &f, &packet);
	assert_string_equal(layers_text(&packet), "eth:14/udp:8");
	assert_string_equal(checksums_text(&packet), "-u");
	free(b.p);
}

/* Bytes that lie in pieces: handed out one at a time, from a place that is not the packet's. */
static void walk_one_by_one(
	const void *owner, uint32_t off, uint32_t len, pkts_bytes_add *add, void *ctx)
{
	const struct bytes *const b = owner;

	assert_true(off <= b->n && len <= b->n - off);
	for (; len; len--, off++)
		add(ctx, b->p + off, 1);
}

static void bytes_in_pieces(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes b = bytes_of(frames[i].hex);
		const struct pkts_packet packet = decode_bytes(b, frames[i].link);
		const struct pkts_bytes pieces = {walk_one_by_one, &b};
		for (unsigned k = 0; k < packet.n; k++)
			ROW_INT(frames[i].name, pkts_packet_checksum(&packet, k, &pieces),
				pkts_packet_checksum(&packet, k, NULL));
		free(b.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(a_flipped_bit_is_seen_in_every_byte),
		cmocka_unit_test(pseudo_headers),
		cmocka_unit_test(absent_and_special),
		cmocka_unit_test(cut_captures),
		cmocka_unit_test(udplite_that_would_be_right),
		cmocka_unit_test(a_datagram_without_ip),
		cmocka_unit_test(bytes_in_pieces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
