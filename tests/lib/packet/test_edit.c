/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Edit: what is right stays right, by the difference alone; what is wrong stays wrong by as much. */
#include "pkts_edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "pkts_checksum.h"
#include "pkts_cksum.h"
#include "pkts_index.h"
#include "pkts_optional.h"
#include "row.h"

static uint64_t series = 1;

static uint64_t next(void)
{
	series = series * UINT64_C(6364136223846793005) + 1442695040888963407;
	return series >> 17 ^ series << 31;
}

static uint16_t sum(const uint8_t *p, uint32_t n)
{
	struct pkts_cksum c = {0};

	pkts_cksum_add(&c, p, n);
	return pkts_cksum_fold(&c);
}

/* The hot path */

static void the_sum_of_rfc_1624(void **state)
{
	/* Section 4: 0xdd2f with 0x5555 becoming 0x3285 is 0x0000, not 0xffff. */
	uint8_t field[2] = {0xdd, 0x2f};
	struct pkts_delta d = {0};

	(void)state;
	pkts_delta_number(&d, 0, 16, 0x5555, 0x3285);
	pkts_delta_fix(field, d);
	assert_int_equal(pkts_be16(field), 0);
}

/* Every value of a word, from a few others: what the sum made anew gives, +0 and -0 too. */
static void every_value_of_a_word(void **state)
{
	static const uint16_t olds[] = {0, 1, 0x00ff, 0x7fff, 0x8000, 0xfffe, 0xffff};
	uint8_t bytes[20];
	const struct pkts_ipv4 ip = {bytes, 20, 20};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(olds); i++)
		for (unsigned x = 0; x <= UINT16_MAX; x++) {
			struct pkts_delta d = {0};
			memset(bytes, 0, sizeof(bytes));
			bytes[0] = 0x45;
			pkts_ipv4_set_id(ip, olds[i]);
			pkts_ipv4_set_csum(ip, (uint16_t)~sum(bytes, 20));
			pkts_ipv4_edit_id(ip, (uint16_t)x, &d);
			pkts_ipv4_fix(ip, d);
			const uint16_t csum = pkts_ipv4_csum(ip);
			pkts_ipv4_set_csum(ip, 0);
			assert_int_equal(csum, (uint16_t)~sum(bytes, 20));
		}
}

/* The checksum of nothing but zeros is the only one that is all ones (RFC 1624 3). */
static void a_message_of_zeros(void **state)
{
	uint8_t bytes[8] = {8, 0, 0xf7, 0xff};
	const struct pkts_icmp icmp = {bytes, 8, 8};
	struct pkts_delta d = {0};

	(void)state;
	pkts_icmp_edit_type(icmp, 0, &d);
	pkts_icmp_fix(icmp, d);
	assert_int_equal(pkts_icmp_csum(icmp), 0xffff);
	d = (struct pkts_delta){0};
	pkts_icmp_edit_type(icmp, 8, &d);
	pkts_icmp_fix(icmp, d);
	assert_int_equal(pkts_icmp_csum(icmp), 0xf7ff);
}

static void udp_without_checksum_stays_without(void **state)
{
	static const struct {
		uint16_t csum, dport, wanted;
	} rows[] = {
		{0, 53, 0},
		{0x1234, 0, 0x1234},
		{0x0001, 1, 0xffff}, /* 0 would say that there is none */
		{0xffff, 1, 0xfffe},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		uint8_t bytes[8] = {0};
		const struct pkts_udp udp = {bytes, 8, 8};
		const struct pkts_udplite lite = {bytes, 8, 8};
		struct pkts_delta d = {0};
		pkts_udp_set_csum(udp, rows[i].csum);
		pkts_udp_edit_dport(udp, rows[i].dport, &d);
		pkts_udp_fix(udp, d);
		ROW_INT("udp", pkts_udp_csum(udp), rows[i].wanted);
		pkts_udp_set_csum(udp, rows[i].csum);
		pkts_udplite_fix(lite, d);
		ROW_INT("udplite", pkts_udp_csum(udp), rows[i].wanted);
	}
}

/* Bits, odd bytes, three and five words: of all fields that there are, and some that are not yet. */
static void numbers_of_any_place_and_width(void **state)
{
	uint8_t bytes[40];

	(void)state;
	for (unsigned bit = 0; bit < 64; bit++)
		for (unsigned width = 1; width <= 64; width++)
			for (unsigned k = 0; k < 8 && (bit % 8 + width) <= 64; k++) {
				struct pkts_delta d = {0};
				for (unsigned i = 0; i < sizeof(bytes); i++)
					bytes[i] = (uint8_t)(k < 2 ? 0u - k : next());
				pkts_put_be16(bytes + 38, 0);
				pkts_put_be16(bytes + 38, (uint16_t)~sum(bytes, 40));
				const uint64_t x = k % 3 ? next() : k ? UINT64_MAX : 1;
				pkts_delta_number(
					&d, bit, width, pkts_bits_get(bytes, bit, width), x);
				pkts_bits_put(bytes, bit, width, x);
				pkts_delta_fix(bytes + 38, d);
				assert_int_equal(sum(bytes, 40), 0xffff);
			}
}

static void strings_of_any_place_and_length(void **state)
{
	uint8_t bytes[41], old[32], new[32];

	(void)state;
	for (unsigned at = 0; at < 8; at++)
		for (uint32_t n = 0; n <= sizeof(new); n++) {
			struct pkts_delta d = {0};
			for (unsigned i = 0; i < sizeof(bytes); i++)
				bytes[i] = (uint8_t)next();
			for (unsigned i = 0; i < sizeof(new); i++)
				new[i] = (uint8_t)next();
			pkts_put_be16(bytes, 0);
			pkts_put_be16(bytes, (uint16_t)~sum(bytes, 41));
			memcpy(old, bytes + 2 + at, n);
			pkts_delta_bytes(&d, at, old, new, n);
			memcpy(bytes + 2 + at, new, n);
			pkts_delta_fix(bytes, d);
			assert_int_equal(sum(bytes, 41), 0xffff);
		}
}

static struct pkts_packet frame_packet(const char *name, struct bytes *b)
{
	const struct frame *const f = frame_named(name);

	*b = bytes_of(f->hex);
	return decode_bytes(*b, f->link);
}

/* As a router and a translator do it. */
static void headers_by_hand(void **state)
{
	struct bytes b;
	struct pkts_packet packet = frame_packet("tcp4", &b);
	struct pkts_delta hop = {0}, both = {0}, ports = {0};
	const struct pkts_ipv4 ip = pkts_ipv4(&packet);
	const struct pkts_tcp tcp = pkts_tcp(&packet);

	(void)state;
	pkts_ipv4_edit_ttl(ip, 63, &hop);
	pkts_ipv4_edit_dscp(ip, 46, &hop);
	pkts_ipv4_edit_src(ip, 0x0a000001, &both);
	pkts_tcp_edit_sport(tcp, 61000, &ports);
	pkts_tcp_edit_flags(tcp, PKTS_TCP_ACK | PKTS_TCP_AE, &ports);
	pkts_ipv4_fix(ip, (struct pkts_delta){hop.sum + both.sum});
	pkts_tcp_fix(tcp, (struct pkts_delta){both.sum + ports.sum});
	assert_string_equal(checksums_text(&packet), "-gg");
	assert_int_equal(pkts_ipv4_ttl(ip), 63);
	assert_int_equal(pkts_tcp_flags(tcp), PKTS_TCP_ACK | PKTS_TCP_AE);
	free(b.p);
}

static void headers_of_ipv6_by_hand(void **state)
{
	static const uint8_t addr[16] = {0x20, 1, 0xd, 0xb8, [15] = 9};
	struct bytes b;
	struct pkts_packet packet = frame_packet("tcp6", &b);
	struct pkts_delta d = {0};

	(void)state;
	pkts_ipv6_edit_dst(pkts_ipv6(&packet), addr, &d);
	pkts_tcp_edit_window(pkts_tcp(&packet), 1, &d);
	pkts_tcp_fix(pkts_tcp(&packet), d);
	assert_string_equal(checksums_text(&packet), "--g");
	free(b.p);
}

static void messages_by_hand(void **state)
{
	static const uint8_t addr[16] = {0x20, 1, 0xd, 0xb8, [15] = 9};
	struct bytes b6, b4;
	struct pkts_packet echo = frame_packet("icmpv6 echo", &b6);
	struct pkts_packet leave = frame_packet("igmp", &b4);
	struct pkts_delta d = {0}, type = {0};

	(void)state;
	pkts_ipv6_edit_src(pkts_ipv6(&echo), addr, &d);
	pkts_icmpv6_edit_type(pkts_icmpv6(&echo), PKTS_ICMPV6_ECHO_REPLY, &d);
	pkts_icmpv6_fix(pkts_icmpv6(&echo), d);
	assert_string_equal(checksums_text(&echo), "--g");
	pkts_igmp_edit_type(pkts_igmp(&leave), PKTS_IGMP_LEAVE, &type);
	assert_int_not_equal(type.sum, 0);
	pkts_igmp_fix(pkts_igmp(&leave), type);
	assert_string_equal(checksums_text(&leave), "-gg");
	free(b6.p);
	free(b4.p);
}

/* The easy path */

/* Of each layer, is its checksum right? That of GRE is none that decoding looks at. */
static enum pkts_checksum checksum(const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_ref r = pkts_packet_ref(packet, i);
	const struct pkts_gre gre = pkts_gre_at(r);

	if (packet->layers[i].proto != PKTS_PROTO_GRE)
		return pkts_packet_checksum(packet, i, NULL);
	if (pkts_gre_version(gre) || !pkts_gre_has_csum(gre))
		return PKTS_CHECKSUM_NONE;
	return sum(r.p, r.len) == 0xffff ? PKTS_CHECKSUM_GOOD : PKTS_CHECKSUM_BAD;
}

/* Without a checksum there is none to mend: what stands in its place is left alone. */
static void gre_by_hand(void **state)
{
	static const char *const names[] = {"gre checksum key sequence", "gre"};

	(void)state;
	for (unsigned k = 0; k < PKTS_ARRAY_LEN(names); k++) {
		struct bytes b;
		struct pkts_packet packet = frame_packet(names[k], &b);
		const struct pkts_gre gre = pkts_gre(&packet);
		const bool has = pkts_gre_has_csum(gre);
		uint8_t was[4];
		struct pkts_delta d = {0};
		assert_int_equal(has, k == 0);
		memcpy(was, gre.p + PKTS_GRE_HEAD, sizeof(was));
		pkts_gre_edit_protocol(gre, 0x1234, &d);
		pkts_gre_fix(gre, d);
		ROW_INT(names[k], checksum(&packet, 2),
			has ? PKTS_CHECKSUM_GOOD : PKTS_CHECKSUM_NONE);
		ROW_INT(names[k], memcmp(gre.p + PKTS_GRE_HEAD, was, sizeof(was)) != 0, has);
		free(b.p);
	}
}

/* All layers that are still there have right checksums, but those in `but`. */
static bool stays_right(
	const struct pkts_packet *old, const struct pkts_packet *now, uint32_t right, uint32_t but)
{
	for (unsigned i = 0; i < old->n && i < now->n; i++) {
		if (old->layers[i].proto != now->layers[i].proto ||
			old->layers[i].off != now->layers[i].off)
			return true;
		if (right >> i & 1 && !(but >> i & 1) && checksum(now, i) == PKTS_CHECKSUM_BAD)
			return false;
	}
	return true;
}

static uint32_t right_ones(const struct pkts_packet *packet)
{
	uint32_t right = 0;

	for (unsigned i = 0; i < packet->n; i++)
		right |= (uint32_t)(checksum(packet, i) == PKTS_CHECKSUM_GOOD) << i;
	return right;
}

static void set_field(const struct frame *f, struct bytes b, unsigned i, const char *name)
{
	const struct bytes copy = bytes_first(b, b.n);
	struct pkts_packet packet = decode_bytes(copy, f->link);
	const struct pkts_packet old = packet;
	const uint32_t right = right_ones(&packet);
	struct pkts_field row;

	assert_true(pkts_packet_field(&packet, i, name, &row));
	const uint64_t x = next() & (row.width < 64 ? (UINT64_C(1) << row.width) - 1 : UINT64_MAX);
	if (row.kind < PKTS_KIND_MAC) {
		ROW_INT(f->name,
			next() & 1 ? pkts_packet_set(&packet, i, name, x)
				   : pkts_packet_set_field(&packet, i, &row, x),
			0);
		ROW_TRUE(f->name,
			pkts_bits_get(copy.p + old.layers[i].off, row.bit, row.width) == x);
	} else {
		uint8_t bytes[64];
		for (unsigned k = 0; k < row.width / 8u; k++)
			bytes[k] = (uint8_t)next();
		ROW_INT(f->name, pkts_packet_set_bytes(&packet, i, name, bytes, row.width / 8u), 0);
		ROW_TRUE(f->name, memcmp(copy.p + old.layers[i].off + row.bit / 8, bytes,
					  row.width / 8u) == 0);
	}
	const uint32_t own = strcmp(name, "csum") == 0 ? 1u << i : 0;
	if (!stays_right(&old, &packet, right, own))
		fail_msg("%s: %s.%s = %llx: %s, %s", f->name,
			pkts_proto_info(old.layers[i].proto)->name, name, (unsigned long long)x,
			layers_text(&packet), checksums_text(&packet));
	const struct pkts_packet again = decode_bytes(copy, f->link);
	ROW_TRUE(f->name, packets_equal(&again, &packet));
	free(copy.p);
}

/* Every field of every layer of every frame, to several values. */
static void right_checksums_stay_right_when_a_field_is_set(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes b = bytes_of(frames[i].hex);
		const struct pkts_packet packet = decode_bytes(b, frames[i].link);
		for (unsigned k = 0; k < packet.n; k++) {
			const struct pkts_proto_info *const info =
				pkts_proto_info(packet.layers[k].proto);
			struct pkts_field rows[PKTS_OPTIONAL_MAX];
			const unsigned n = pkts_optional_fields(
				packet.layers[k].proto, pkts_packet_ref(&packet, k), rows);
			for (unsigned times = 0; times < 8; times++) {
				for (unsigned j = 0; j < info->nfields; j++)
					set_field(&frames[i], b, k, info->fields[j].name);
				for (unsigned j = 0; j < n; j++)
					set_field(&frames[i], b, k, rows[j].name);
			}
		}
		free(b.p);
	}
}

static void patch(const struct frame *f, struct bytes b, uint32_t off, uint32_t n)
{
	const struct bytes copy = bytes_first(b, b.n);
	struct pkts_packet packet = decode_bytes(copy, f->link);
	const struct pkts_packet old = packet;
	const uint32_t right = right_ones(&packet);
	uint8_t bytes[64];
	uint32_t but = 0;

	for (unsigned k = 0; k < n; k++)
		bytes[k] = (uint8_t)next();
	ROW_INT(f->name, pkts_packet_patch(&packet, off, bytes, n), 0);
	for (unsigned i = 0; i < old.n; i++) {
		struct pkts_field row;
		if (!pkts_packet_field(&old, i, "csum", &row))
			continue;
		const uint32_t at = old.layers[i].off + row.bit / 8u, to = at + row.width / 8u;
		but |= (uint32_t)(at < off + n && off < to) << i;
	}
	if (!stays_right(&old, &packet, right, but))
		fail_msg("%s: %u bytes at %u: %s, %s", f->name, n, off, layers_text(&packet),
			checksums_text(&packet));
	const struct pkts_packet again = decode_bytes(copy, f->link);
	ROW_TRUE(f->name, packets_equal(&again, &packet));
	free(copy.p);
}

static void right_checksums_stay_right_when_bytes_are_patched(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes b = bytes_of(frames[i].hex);
		for (uint32_t off = 0; off < b.n; off++)
			for (uint32_t n = 1; n <= 20 && n <= b.n - off; n = n * 2 + 1)
				patch(&frames[i], b, off, n);
		free(b.p);
	}
}

static void a_wrong_checksum_stays_wrong_by_as_much(void **state)
{
	struct bytes b;
	struct pkts_packet packet = frame_packet("tcp4", &b);
	const struct pkts_tcp tcp = pkts_tcp(&packet);

	(void)state;
	pkts_tcp_set_csum(tcp, (uint16_t)(pkts_tcp_csum(tcp) + 5));
	assert_int_equal(pkts_packet_set(&packet, 1, "src", 0x0a010203), 0);
	assert_int_equal(pkts_packet_set(&packet, 2, "dport", 443), 0);
	assert_string_equal(checksums_text(&packet), "-gb");
	pkts_tcp_set_csum(tcp, (uint16_t)(pkts_tcp_csum(tcp) - 5));
	assert_string_equal(checksums_text(&packet), "-gg");
	free(b.p);
}

static void a_wrong_crc_stays_wrong_by_as_much(void **state)
{
	struct bytes b;
	struct pkts_packet packet = frame_packet("sctp", &b);
	const struct pkts_sctp sctp = pkts_sctp(&packet);

	(void)state;
	pkts_sctp_set_csum(sctp, pkts_sctp_csum(sctp) ^ 0x40);
	assert_int_equal(pkts_packet_set(&packet, 2, "vtag", 7), 0);
	assert_string_equal(checksums_text(&packet), "-gb");
	pkts_sctp_set_csum(sctp, pkts_sctp_csum(sctp) ^ 0x40);
	assert_string_equal(checksums_text(&packet), "-gg");
	free(b.p);
}

/* One of these makes a sum whose complement is 0, which UDP cannot use. */
static void every_port_of_a_datagram(void **state)
{
	struct bytes b;
	struct pkts_packet packet = frame_packet("udp4", &b);
	unsigned ones = 0;

	(void)state;
	for (unsigned x = 0; x <= UINT16_MAX; x++) {
		assert_int_equal(pkts_packet_set(&packet, 2, "sport", x), 0);
		ones += pkts_udp_csum(pkts_udp(&packet)) == 0xffff;
		if (strcmp(checksums_text(&packet), "-gg") != 0)
			fail_msg("port %u: %s", x, checksums_text(&packet));
	}
	assert_uint_in_range(ones, 1, 2);
	free(b.p);
}

static void a_message_becomes_nothing_but_zeros(void **state)
{
	static const uint8_t zeros[1500];
	struct bytes b;
	struct pkts_packet packet = frame_packet("icmp echo", &b);
	uint32_t len;
	const uint32_t payload = pkts_packet_payload(&packet, &len);

	(void)state;
	assert_int_equal(pkts_packet_patch(&packet, payload, zeros, len), 0);
	assert_int_equal(pkts_packet_set(&packet, 2, "rest", 0), 0);
	assert_int_equal(pkts_packet_set(&packet, 2, "type", 0), 0);
	assert_int_equal(pkts_icmp_csum(pkts_icmp(&packet)), 0xffff);
	assert_string_equal(checksums_text(&packet), "-gg");
	assert_int_equal(pkts_packet_set(&packet, 2, "type", 8), 0);
	assert_int_equal(pkts_icmp_csum(pkts_icmp(&packet)), 0xf7ff);
	free(b.p);
}

static void what_cannot_be_set_changes_nothing(void **state)
{
	struct bytes b;
	struct pkts_packet packet = frame_packet("udp4", &b);
	const struct bytes copy = bytes_first(b, b.n);
	uint8_t mac[6] = {0};

	(void)state;
	assert_int_equal(pkts_packet_set(&packet, 3, "dport", 1), -PKTS_EINVAL);
	assert_int_equal(pkts_packet_set(&packet, 2, "ttl", 1), -PKTS_EINVAL);
	assert_int_equal(pkts_packet_set(&packet, 0, "dst", 1), -PKTS_EINVAL);
	assert_int_equal(pkts_packet_set(&packet, 2, "dport", 65536), -PKTS_ERANGE);
	assert_int_equal(pkts_packet_set_bytes(&packet, 0, "dst", mac, 5), -PKTS_EINVAL);
	assert_int_equal(pkts_packet_patch(&packet, b.n, mac, 1), -PKTS_EINVAL);
	assert_int_equal(pkts_packet_patch(&packet, 1, mac, UINT32_MAX), -PKTS_EINVAL);
	assert_memory_equal(b.p, copy.p, b.n);
	free(copy.p);
	free(b.p);
}

/* Finish */

static void finish_makes_frames_what_they_were(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes b = bytes_of(frames[i].hex), copy = bytes_first(b, b.n);
		struct pkts_packet packet = decode_bytes(copy, frames[i].link);
		if (frames[i].flags[0] == 0) {
			for (unsigned k = 0; k < packet.n; k++) {
				struct pkts_field row;
				if (pkts_packet_field(&packet, k, "csum", &row) &&
					pkts_bits_get(
						copy.p + packet.layers[k].off, row.bit, row.width))
					pkts_bits_put(copy.p + packet.layers[k].off, row.bit,
						row.width, 0x1234);
			}
			ROW_INT(frames[i].name,
				pkts_packet_finish(
					&packet, ~0u, PKTS_FINISH_LENGTHS | PKTS_FINISH_CHECKSUMS),
				0);
			ROW_TRUE(frames[i].name, memcmp(b.p, copy.p, b.n) == 0);
		}
		free(copy.p);
		free(b.p);
	}
}

static void finish_to_the_end(void **state)
{
	struct bytes b;
	struct pkts_packet packet = frame_packet("udp4 in 60 bytes", &b);

	(void)state;
	assert_int_equal(pkts_packet_finish(&packet, ~0u,
				 PKTS_FINISH_LENGTHS | PKTS_FINISH_CHECKSUMS | PKTS_FINISH_TO_END),
		0);
	assert_int_equal(pkts_udp_length(pkts_udp(&packet)), b.n - 34);
	assert_int_equal(pkts_ipv4_total_length(pkts_ipv4(&packet)), b.n - 14);
	assert_string_equal(checksums_text(&packet), "-gg");
	assert_string_equal(verdict_text(&packet), "ok");
	free(b.p);
}

static void finish_can_give_udp_a_checksum(void **state)
{
	struct bytes b;
	struct pkts_packet packet = frame_packet("udp4 without checksum", &b);

	(void)state;
	pkts_packet_finish(&packet, ~0u, PKTS_FINISH_CHECKSUMS);
	assert_string_equal(checksums_text(&packet), "-ga");
	pkts_packet_finish(&packet, ~0u, PKTS_FINISH_CHECKSUMS | PKTS_FINISH_ABSENT);
	assert_string_equal(checksums_text(&packet), "-gg");
	free(b.p);
}

/* Options and payload */

#define ROOM 512

static struct pkts_packet in_room(const struct frame *f, uint8_t *room, uint32_t *n)
{
	const struct bytes b = bytes_of(f->hex);

	memcpy(room, b.p, b.n);
	*n = b.n;
	free(b.p);
	return decode_bytes((struct bytes){room, *n}, f->link);
}

static const char *options_text(const struct pkts_packet *packet, unsigned i)
{
	static char text[128];
	const struct pkts_ref r = pkts_packet_ref(packet, i);

	text[0] = 0;
	for (unsigned k = 20; k < r.head; k++)
		sprintf(text + 2 * (k - 20), "%02x", r.p[k]);
	return text;
}

static const uint8_t mss[] = {2, 4, 5, 180}, wscale[] = {3, 3, 7}, lying[] = {2, 5, 0, 0},
		     ending[] = {3, 3, 7, 0}, alert[] = {148, 4, 0, 0}, long_one[41] = {99, 41};

static const struct option_row {
	const char *frame;
	unsigned layer, nth;
	char op; /* insert, remove, x: replace */
	const uint8_t *option;
	uint32_t n, cap;
	int ret;
	const char *options; /* afterwards; NULL: as before */
} option_rows[] = {
	{"tcp4", 2, 0, 'i', mss, 4, ROOM, 0, "020405b4"},
	{"tcp4", 2, 0, 'i', wscale, 3, ROOM, 0, "03030700"},
	{"tcp4", 2, 1, 'i', mss, 4, ROOM, -PKTS_EINVAL, NULL},
	{"tcp4", 2, 0, 'i', mss, 4, 0, -PKTS_ENOSPC, NULL},
	{"tcp4", 2, 0, 'i', lying, 4, ROOM, -PKTS_EINVAL, NULL},
	{"tcp4", 2, 0, 'i', ending, 4, ROOM, -PKTS_EINVAL, NULL},
	{"tcp4", 2, 0, 'i', long_one, 41, ROOM, -PKTS_ENOSPC, NULL},
	{"tcp4", 1, 0, 'i', alert, 4, ROOM, 0, "94040000"},
	{"tcp4", 0, 0, 'i', mss, 4, ROOM, -PKTS_EINVAL, NULL},
	{"tcp4", 3, 0, 'i', mss, 4, ROOM, -PKTS_EINVAL, NULL},
	{"tcp4 with timestamps", 2, 3, 'i', wscale, 3, ROOM, 0, "0101080a000000070000000903030700"},
	{"tcp4 with timestamps", 2, 0, 'r', NULL, 0, ROOM, 0, "01080a000000070000000900"},
	{"tcp4 with timestamps", 2, 2, 'r', NULL, 0, ROOM, 0, "01010000"},
	{"tcp4 with timestamps", 2, 3, 'r', NULL, 0, ROOM, -PKTS_EINVAL, NULL},
	{"tcp4 with timestamps", 2, 2, 'x', mss, 4, ROOM, 0, "0101020405b40000"},
	{"tcp4 syn", 2, 0, 'r', NULL, 0, ROOM, 0, "0402080a000000070000000001030307"},
	{"tcp4 syn", 2, 5, 'i', long_one, 21, ROOM, -PKTS_EINVAL, NULL},
	{"ipv4 in ipv4", 2, 0, 'i', alert, 4, ROOM, 0, "94040000"},
	{"gre checksum key sequence", 4, 0, 'i', mss, 4, ROOM, 0, "020405b4"},
	{"geneve", 6, 0, 'i', wscale, 3, ROOM, 0, "03030700"},
	{"802.3 snap", 3, 0, 'i', alert, 4, ROOM, 0, "94040000"},
	{"gre pptp", 4, 0, 'i', alert, 4, ROOM, 0, "94040000"},
};

static int edit_option(struct pkts_packet *packet, const struct option_row *row)
{
	const uint32_t cap = row->cap ? row->cap : packet->len;

	if (row->op == 'i')
		return pkts_packet_insert_option(
			packet, cap, row->layer, row->nth, row->option, row->n);
	if (row->op == 'x')
		return pkts_packet_replace_option(
			packet, cap, row->layer, row->nth, row->option, row->n);
	return pkts_packet_remove_option(packet, row->layer, row->nth);
}

static void options_come_and_go(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(option_rows); i++) {
		const struct option_row *const row = &option_rows[i];
		const struct frame *const f = frame_named(row->frame);
		uint8_t room[ROOM], before[ROOM];
		char layers[256];
		uint32_t n, payload, len, again;
		struct pkts_packet packet = in_room(f, room, &n);
		const uint32_t right = right_ones(&packet);
		payload = pkts_packet_payload(&packet, &len);
		memcpy(before, room, n);
		ROW_INT(row->frame, edit_option(&packet, row), row->ret);
		if (row->ret) {
			ROW_INT(row->frame, packet.len, n);
			ROW_TRUE(row->frame, memcmp(before, room, n) == 0);
			continue;
		}
		ROW_TEXT(row->frame, options_text(&packet, row->layer), row->options);
		ROW_TEXT(row->frame, verdict_text(&packet), "ok");
		ROW_INT(row->frame, right_ones(&packet), right);
		const uint32_t at = pkts_packet_payload(&packet, &again);
		ROW_INT(row->frame, again, len);
		ROW_TRUE(row->frame, memcmp(room + at, before + payload, len) == 0);
		strcpy(layers, layers_text(&packet));
		const struct pkts_packet fresh =
			decode_bytes((struct bytes){room, packet.len}, f->link);
		ROW_TEXT(row->frame, layers_text(&fresh), layers);
		ROW_TRUE(row->frame, packets_equal(&fresh, &packet));
	}
}

static void options_are_found_by_type(void **state)
{
	struct bytes b;
	const struct pkts_packet packet = frame_packet("tcp4 syn", &b);

	(void)state;
	assert_int_equal(pkts_packet_find_option(&packet, 2, PKTS_TCP_OPTION_MSS), 0);
	assert_int_equal(pkts_packet_find_option(&packet, 2, PKTS_TCP_OPTION_WINDOW_SCALE), 4);
	assert_int_equal(pkts_packet_find_option(&packet, 2, PKTS_TCP_OPTION_SACK), -PKTS_EINVAL);
	assert_int_equal(pkts_packet_find_option(&packet, 0, 2), -PKTS_EINVAL);
	free(b.p);
}

/* Longer, shorter, none; even and odd. Of SCTP and the like the payload is their own business. */
static void payload_is_replaced(void **state)
{
	static const uint32_t sizes[] = {0, 1, 2, 3, 64, 101};
	static uint8_t bytes[128];

	(void)state;
	for (unsigned k = 0; k < sizeof(bytes); k++)
		bytes[k] = (uint8_t)(next() | 0x11);
	for (unsigned i = 0; i < frames_n; i++) {
		const struct frame *const f = &frames[i];
		if (f->flags[0] || strstr(f->layers, "sctp") || strstr(f->layers, "icmpv6") ||
			!strstr(f->layers, "ip"))
			continue;
		for (unsigned k = 0; k < PKTS_ARRAY_LEN(sizes); k++) {
			uint8_t room[ROOM];
			uint32_t n, len;
			struct pkts_packet packet = in_room(f, room, &n);
			const struct pkts_packet old = packet;
			const uint32_t right = right_ones(&packet);
			if (old.layers[old.n - 1].proto == PKTS_PROTO_UDPLITE)
				continue;
			const int ret = pkts_packet_replace_payload(&packet, ROOM, bytes, sizes[k]);
			if (ret == -PKTS_EINVAL) /* other layers would come out */
				continue;
			ROW_INT(f->name, ret, 0);
			if (packet.n > old.n) /* the bytes are taken for one more header */
				continue;
			const uint32_t at = pkts_packet_payload(&packet, &len);
			ROW_INT(f->name, len, sizes[k]);
			ROW_TRUE(f->name, memcmp(room + at, bytes, len) == 0);
			ROW_INT(f->name, packet.n, old.n);
			ROW_INT(f->name, packet.len, at + len);
			ROW_INT(f->name, right_ones(&packet) & right, right);
			const struct pkts_packet again =
				decode_bytes((struct bytes){room, packet.len}, f->link);
			ROW_TRUE(f->name, packets_equal(&again, &packet));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sum_of_rfc_1624),
		cmocka_unit_test(every_value_of_a_word),
		cmocka_unit_test(a_message_of_zeros),
		cmocka_unit_test(udp_without_checksum_stays_without),
		cmocka_unit_test(numbers_of_any_place_and_width),
		cmocka_unit_test(strings_of_any_place_and_length),
		cmocka_unit_test(headers_by_hand),
		cmocka_unit_test(headers_of_ipv6_by_hand),
		cmocka_unit_test(messages_by_hand),
		cmocka_unit_test(gre_by_hand),
		cmocka_unit_test(right_checksums_stay_right_when_a_field_is_set),
		cmocka_unit_test(right_checksums_stay_right_when_bytes_are_patched),
		cmocka_unit_test(a_wrong_checksum_stays_wrong_by_as_much),
		cmocka_unit_test(a_wrong_crc_stays_wrong_by_as_much),
		cmocka_unit_test(every_port_of_a_datagram),
		cmocka_unit_test(a_message_becomes_nothing_but_zeros),
		cmocka_unit_test(what_cannot_be_set_changes_nothing),
		cmocka_unit_test(finish_makes_frames_what_they_were),
		cmocka_unit_test(finish_to_the_end),
		cmocka_unit_test(finish_can_give_udp_a_checksum),
		cmocka_unit_test(options_come_and_go),
		cmocka_unit_test(options_are_found_by_type),
		cmocka_unit_test(payload_is_replaced),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
