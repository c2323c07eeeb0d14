/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Edits of packets in mbufs, whatever their segments: the bytes are those of the same edit in one
 * piece, the packet decodes to what was asked for, and whoever else holds segments sees no change.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkts_index.h"
#include "pkts_mbuf_edit.h"
#include "pkts_optional.h"
#include "pool.h"

static uint64_t series = 1;

static uint64_t next(void)
{
	series = series * UINT64_C(6364136223846793005) + 1442695040888963407;
	return series >> 17 ^ series << 31;
}

/* How a packet lies in its mbufs. */
enum form { FLAT, BYTES, PIECES, CLONED, HELD, FORMS };

struct edited {
	struct rte_mbuf *m, *other; /* who else holds it; NULL: nobody */
	struct pkts_packet packet;
	struct bytes b; /* as it was */
	uint16_t link;
};

static void decode(struct edited *e)
{
	pkts_mbuf_decode(NULL, &e->m, &e->packet);
}

static struct edited begin(const struct frame *f, enum form form)
{
	static const uint32_t sizes[FORMS] = {2000, 1, 7, 23, 31};
	struct edited e = {.b = bytes_of(f->hex), .link = f->link};

	e.m = chain_of(pool, e.b, sizes[form]);
	chain_meta(e.m, f->link, e.b.n);
	if (form == CLONED) {
		e.other = e.m;
		e.m = rte_pktmbuf_clone(e.other, pool);
	}
	if (form == HELD) {
		rte_pktmbuf_refcnt_update(e.m, 1);
		e.other = e.m;
	}
	decode(&e);
	return e;
}

static void end(struct edited *e, const char *name)
{
	if (e->other)
		ROW_TRUE(name, chain_is(e->other, e->b));
	rte_pktmbuf_free(e->m);
	rte_pktmbuf_free(e->other);
	free(e->b.p);
}

/* What is wrong with a chunk or an option is found only as far as it can be read. */
static bool are_alike(struct pkts_packet a, struct pkts_packet b)
{
	const unsigned found = PKTS_PACKET_INVALID | PKTS_PACKET_PADDING;

	for (unsigned i = 0; i < a.n && i < b.n; i++)
		if (a.layers[i].proto == PKTS_PROTO_SCTP ||
			a.layers[i].proto == PKTS_PROTO_ICMPV6) {
			a.layers[i].reason = b.layers[i].reason;
			a.flags = (uint8_t)((a.flags & ~found) | (b.flags & found));
		}
	return packets_equal(&a, &b);
}

/* The packet's bytes; the table that goes with it is what decoding them gives. */
static bool is_sound(const struct edited *e)
{
	struct bytes b = {malloc(e->m->pkt_len + 1), e->m->pkt_len};
	struct pkts_mbuf_meta meta = pkts_mbuf_meta(e->m);

	pkts_mbuf_read(e->m, 0, b.n, b.p);
	const struct pkts_packet fresh = decode_bytes(b, meta.link);
	const bool sound = chain_is(e->m, b) && are_alike(fresh, e->packet) &&
			   meta.wire_len == b.n &&
			   e->packet.data == rte_pktmbuf_mtod(e->m, uint8_t *);
	free(b.p);
	return sound;
}

static uint32_t right_ones(const struct edited *e)
{
	uint32_t right = 0;

	for (unsigned i = 0; i < e->packet.n; i++)
		right |= (uint32_t)(pkts_mbuf_checksum(e->m, &e->packet, i) == PKTS_CHECKSUM_GOOD)
			 << i;
	return right;
}

#define ROOM 1024

struct flat {
	uint8_t room[ROOM];
	struct pkts_packet packet;
};

static void flatten(struct flat *f, const struct edited *e)
{
	memcpy(f->room, e->b.p, e->b.n);
	f->packet = decode_bytes((struct bytes){f->room, e->b.n}, e->link);
}

static bool is_like(const struct edited *e, struct flat *f)
{
	return chain_is(e->m, (struct bytes){f->room, f->packet.len}) && is_sound(e);
}

/* In place */

static void set_one(const struct frame *f, enum form form, unsigned i, const struct pkts_field *row)
{
	struct edited e = begin(f, form);
	const uint64_t mask = row->width < 64 ? (UINT64_C(1) << row->width) - 1 : UINT64_MAX;
	const uint64_t x = next() & mask;
	struct flat flat;
	uint8_t bytes[64];

	flatten(&flat, &e);
	for (unsigned k = 0; k < sizeof(bytes); k++)
		bytes[k] = (uint8_t)next();
	if (row->kind < PKTS_KIND_MAC) {
		ROW_INT(f->name, pkts_mbuf_set(&e.m, &e.packet, i, row->name, x), 0);
		ROW_INT(f->name, pkts_packet_set(&flat.packet, i, row->name, x), 0);
	} else {
		const uint32_t n = row->width / 8u;
		ROW_INT(f->name, pkts_mbuf_set_bytes(&e.m, &e.packet, i, row->name, bytes, n), 0);
		ROW_INT(f->name, pkts_packet_set_bytes(&flat.packet, i, row->name, bytes, n), 0);
	}
	if (!is_like(&e, &flat))
		fail_msg("%s, form %d: layer %u, %s = %llx", f->name, (int)form, i, row->name,
			(unsigned long long)x);
	end(&e, f->name);
}

static void fields_are_set_like_in_one_piece(void **state)
{
	(void)state;
	for (unsigned k = 0; k < frames_n; k++) {
		const struct bytes b = bytes_of(frames[k].hex);
		const struct pkts_packet packet = decode_bytes(b, frames[k].link);
		for (unsigned i = 0; i < packet.n; i++) {
			const struct pkts_proto_info *const info =
				pkts_proto_info(packet.layers[i].proto);
			for (unsigned j = 0; j < info->nfields; j++)
				for (enum form form = FLAT; form < FORMS; form++)
					set_one(&frames[k], form, i, &info->fields[j]);
		}
		free(b.p);
	}
}

static void bytes_are_patched_like_in_one_piece(void **state)
{
	(void)state;
	for (unsigned k = 0; k < frames_n; k++)
		for (enum form form = FLAT; form < FORMS; form++)
			for (uint32_t n = 1; n < 40; n += 11) {
				struct edited e = begin(&frames[k], form);
				const uint32_t most = e.b.n < n ? e.b.n : n;
				const uint32_t off = (uint32_t)next() % (e.b.n - most + 1);
				uint8_t bytes[64];
				struct flat flat;
				flatten(&flat, &e);
				for (unsigned j = 0; j < sizeof(bytes); j++)
					bytes[j] = (uint8_t)next();
				ROW_INT(frames[k].name,
					pkts_mbuf_patch(&e.m, &e.packet, off, bytes, most), 0);
				pkts_packet_patch(&flat.packet, off, bytes, most);
				if (!is_like(&e, &flat))
					fail_msg("%s, form %d: %u bytes at %u", frames[k].name,
						(int)form, most, off);
				end(&e, frames[k].name);
			}
}

/* Push and pop */

static const char *without(const char *layers, unsigned i, unsigned n)
{
	static char text[512];
	unsigned k = 0;

	text[0] = 0;
	for (const char *p = layers; *p; k++) {
		const size_t len = strcspn(p, "/");
		if (k < i || k >= i + n)
			sprintf(text + strlen(text), "%s%.*s", text[0] ? "/" : "", (int)len, p);
		p += len + (p[len] == '/');
	}
	return text;
}

static void a_vlan_tag_comes_and_goes(void **state)
{
	(void)state;
	for (unsigned k = 0; k < frames_n; k++)
		for (enum form form = FLAT; form < FORMS; form++) {
			struct edited e = begin(&frames[k], form);
			const char *const name = frames[k].name;
			const uint32_t right = right_ones(&e);
			if (e.link != 1) {
				end(&e, name);
				continue;
			}
			ROW_INT(name,
				pkts_mbuf_push_vlan(&e.m, &e.packet, PKTS_ETHERTYPE_QINQ, 5, 77),
				0);
			ROW_TRUE(name, is_sound(&e));
			const struct pkts_vlan vlan = pkts_vlan(&e.packet);
			ROW_INT(name, pkts_vlan_id(vlan), 77);
			ROW_INT(name, pkts_vlan_pcp(vlan), 5);
			ROW_INT(name, pkts_eth_type(pkts_eth(&e.packet)), PKTS_ETHERTYPE_QINQ);
			ROW_INT(name, right_ones(&e), (right & 1) | (right & ~1u) << 1);
			ROW_TEXT(name, without(layers_text(&e.packet), 1, 1), frames[k].layers);
			ROW_INT(name, pkts_mbuf_pop_vlan(&e.m, &e.packet), 0);
			ROW_TRUE(name, is_sound(&e));
			ROW_TRUE(name, chain_is(e.m, e.b));
			end(&e, name);
		}
}

static const struct pkts_vxlan_tunnel tunnel = {
	.dst = {{2, 0, 0, 0, 0, 1}},
	.src = {{2, 0, 0, 0, 0, 2}},
	.ip_dst = 0x0a000002,
	.ip_src = 0x0a000001,
	.sport = 50000,
	.vni = 42,
};

static void a_frame_goes_into_a_tunnel_and_out(void **state)
{
	(void)state;
	for (unsigned k = 0; k < frames_n; k++)
		for (enum form form = FLAT; form < FORMS; form++) {
			struct edited e = begin(&frames[k], form);
			const char *const name = frames[k].name;
			const uint32_t right = right_ones(&e);
			if (e.link != 1 || e.packet.tunnels >= 4) {
				end(&e, name);
				continue;
			}
			ROW_INT(name, pkts_mbuf_encap_vxlan(&e.m, &e.packet, &tunnel), 0);
			ROW_TRUE(name, is_sound(&e));
			ROW_INT(name, right_ones(&e), right << 4 | 2);
			ROW_INT(name, pkts_vxlan_vni(pkts_vxlan(&e.packet)), 42);
			ROW_INT(name, pkts_udp_csum(pkts_udp(&e.packet)), 0);
			ROW_TEXT(name, without(layers_text(&e.packet), 0, 4), frames[k].layers);
			ROW_INT(name, pkts_mbuf_decap_vxlan(&e.m, &e.packet), 0);
			ROW_TRUE(name, chain_is(e.m, e.b));
			ROW_TRUE(name, is_sound(&e));
			end(&e, name);
		}
}

/* Around padding, into headers that count, with a checksum over all that is inside. */
static void headers_with_sums_are_pushed(void **state)
{
	(void)state;
	for (unsigned k = 0; k < frames_n; k++)
		for (enum form form = FLAT; form < FORMS; form++) {
			struct edited e = begin(&frames[k], form);
			const char *const name = frames[k].name;
			const uint32_t right = right_ones(&e);
			if (e.link != 1 || e.packet.tunnels >= 4) {
				end(&e, name);
				continue;
			}
			ROW_INT(name,
				pkts_mbuf_push(&e.m, &e.packet, 0, ETH(.dst = tunnel.dst),
					IPV6(.src = PKTS_IPV6_ADDRESS(
						     0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
					UDP(.sport = 1), GENEVE(.vni = 3)),
				0);
			ROW_TRUE(name, is_sound(&e));
			ROW_INT(name, right_ones(&e), right << 4 | 4);
			ROW_INT(name, pkts_mbuf_pop(&e.m, &e.packet, 0, 4), 0);
			ROW_TRUE(name, chain_is(e.m, e.b));
			end(&e, name);
		}
}

/* IP in IP and GRE between two headers, and every layer's own way to announce them. */
static void headers_are_pushed_between(void **state)
{
	static const struct {
		const char *frame;
		unsigned at;
		const char *layers, *checksums;
	} rows[] = {
		{"udp4", 1, "eth:14/ipv4:20/gre:8/ipv4:20/udp:8", "-g-gg"},
		{"udp4 in 60 bytes", 1, "eth:14/ipv4:20/gre:8/ipv4:20/udp:8", "-g-gg"},
		{"udp6", 1, "eth:14/ipv4:20/gre:8/ipv6:40/udp:8", "-g--g"},
		{"vlan", 2, "eth:14/vlan:4/ipv4:20/gre:8/ipv4:20/udp:8", "--g-gg"},
		{"802.3 snap", 3, "eth:14/llc:3/snap:5/ipv4:20/gre:8/ipv4:20/udp:8", "---g-gg"},
		{"mpls", 3, "eth:14/mpls:4/mpls:4/ipv4:20/gre:8/ipv4:20/udp:8", "---g-gg"},
		{"pppoe", 3, "eth:14/pppoe:6/ppp:2/ipv4:20/gre:8/ipv4:20/tcp:20", "---g-gg"},
		{"gre checksum key sequence", 3,
			"eth:14/ipv4:20/gre:16/ipv4:20/gre:8/ipv6:40/tcp:20", "-g-g--g"},
		{"gtp", 4, "eth:14/ipv4:20/udp:8/gtp:8/ipv4:20/gre:8/ipv4:20/udp:8", "-gg-g-gg"},
		{"geneve", 5, "eth:14/ipv4:20/udp:8/geneve:20/eth:14/ipv4:20/gre:8/ipv6:40/tcp:20",
			"-gg--g--g"},
		{"ipv6 in ipv6", 2, "eth:14/ipv6:40/ipv4:20/gre:8/ipv6:40/tcp:20", "--g--g"},
		{"raw ipv4", 1, "raw:0/ipv4:20/gre:8/ipv4:20/tcp:20", "-g-gg"},
		{"null little-endian", 1, "null:4/ipv4:20/gre:8/ipv6:40/udp:8", "-g--g"},
		{"sll", 1, "sll:16/ipv4:20/gre:8/ipv4:20/tcp:20", "-g-gg"},
		{"ppp compressed", 1, "ppp:1/ipv4:20/gre:8/ipv4:20/udp:8", "-g-gg"},
		{"udp4", 0, "ipv4:20/gre:8/eth:14/ipv4:20/udp:8", "g--gg"},
	};

	(void)state;
	for (unsigned k = 0; k < PKTS_ARRAY_LEN(rows); k++)
		for (enum form form = FLAT; form < FORMS; form++) {
			const char *const name = rows[k].frame;
			struct edited e = begin(frame_named(name), form);
			struct flat was;
			flatten(&was, &e);
			ROW_INT(name,
				pkts_mbuf_push(&e.m, &e.packet, rows[k].at,
					IPV4(.src = 1, .dst = 2), GRE(.has_csum = 1)),
				0);
			ROW_TRUE(name, is_sound(&e));
			ROW_TEXT(name, layers_text(&e.packet), rows[k].layers);
			for (unsigned i = 0; i < e.packet.n; i++) {
				const enum pkts_checksum c = pkts_mbuf_checksum(e.m, &e.packet, i);
				ROW_INT(name, "-gbau"[c], rows[k].checksums[i]);
			}
			ROW_INT(name, pkts_mbuf_pop(&e.m, &e.packet, rows[k].at, 2), 0);
			ROW_TRUE(name, is_sound(&e));
			ROW_TEXT(name, layers_text(&e.packet), frame_named(name)->layers);
			if (rows[k].at) /* else the link type is another one */
				ROW_TRUE(name, e.m->pkt_len == e.b.n);
			end(&e, name);
		}
}

/* Every run of layers of every frame: gone, or refused and then as it was. */
static void any_layers_are_popped_or_stay(void **state)
{
	(void)state;
	for (unsigned k = 0; k < frames_n; k++)
		for (enum form form = FLAT; form < FORMS; form++)
			for (unsigned i = 0; i < 9; i++)
				for (unsigned n = 1; n < 9; n++) {
					struct edited e = begin(&frames[k], form);
					const struct pkts_packet old = e.packet;
					const int ret = pkts_mbuf_pop(&e.m, &e.packet, i, n);
					const char *const name = frames[k].name;
					if (ret) {
						if (ret != -EINVAL)
							fail_msg("%s: %u from %u: %d", name, n, i,
								ret);
						ROW_TRUE(name, chain_is(e.m, e.b));
						ROW_TRUE(name, packets_equal(&old, &e.packet));
					} else {
						const char *const left =
							without(frames[k].layers, i, n);
						ROW_TRUE(name, strncmp(layers_text(&e.packet), left,
								       strlen(left)) == 0);
					}
					ROW_TRUE(name, is_sound(&e));
					end(&e, name);
				}
}

static void a_header_is_replaced(void **state)
{
	static const uint8_t tag[] = {0xa0, 9, 0x88, 0x47, 0, 0, 0x11, 64};
	static const uint8_t lie[] = {0xa0, 9, 0x88};

	(void)state;
	for (enum form form = FLAT; form < FORMS; form++) {
		struct edited e = begin(frame_named("mpls"), form);
		assert_int_equal(pkts_mbuf_replace_bytes(
					 &e.m, &e.packet, 1, 1, PKTS_PROTO_VLAN, lie, sizeof(lie)),
			-EINVAL);
		assert_int_equal(pkts_mbuf_replace_bytes(
					 &e.m, &e.packet, 1, 1, PKTS_PROTO_VLAN, tag, sizeof(tag)),
			0);
		assert_string_equal(
			layers_text(&e.packet), "eth:14/vlan:4/mpls:4/mpls:4/ipv4:20/udp:8");
		assert_true(is_sound(&e));
		assert_int_equal(
			pkts_mbuf_replace(&e.m, &e.packet, 1, 3, PPPOE(.session = 1), PPP()), 0);
		assert_string_equal(layers_text(&e.packet), "eth:14/pppoe:6/ppp:2/ipv4:20/udp:8");
		assert_true(is_sound(&e));
		assert_int_equal(right_ones(&e), 0x18);
		assert_string_equal(verdict_text(&e.packet), "ok");
		end(&e, "replaced");
	}
}

/* Padding around a tunnel is no part of the frame inside. */
static void decapsulating_drops_the_padding(void **state)
{
	(void)state;
	for (enum form form = FLAT; form < FORMS; form++) {
		const struct frame *const f = frame_named("vxlan");
		struct edited e = begin(f, FLAT);
		const uint32_t n = e.b.n;
		struct bytes padded = {calloc(1, n + 9), n + 9};
		memcpy(padded.p, e.b.p, n);
		struct rte_mbuf *m = chain_of(pool, padded, form == BYTES ? 1 : 50), *other = NULL;
		if (form == HELD) {
			rte_pktmbuf_refcnt_update(m, 1);
			other = m;
		}
		struct pkts_packet packet;
		pkts_mbuf_decode(NULL, &m, &packet);
		assert_int_equal(pkts_mbuf_decap_vxlan(&m, &packet), 0);
		assert_string_equal(verdict_text(&packet), "ok");
		assert_true(chain_is(m, (struct bytes){padded.p + 50, n - 50}));
		assert_true(!other || chain_is(other, padded));
		rte_pktmbuf_free(m);
		rte_pktmbuf_free(other);
		free(padded.p);
		end(&e, f->name);
	}
}

static void what_cannot_be_announced_is_refused(void **state)
{
	struct edited e = begin(frame_named("udp4"), FLAT);
	struct pkts_error err = {""};
	const struct pkts_spec wide = {.proto = PKTS_PROTO_VLAN, .vlan = {.id = 4096}};
	const struct pkts_spec vlan = {.proto = PKTS_PROTO_VLAN};

	(void)state;
	assert_int_equal(pkts_mbuf_push(&e.m, &e.packet, 2, VLAN(.id = 1)), -EINVAL);
	assert_int_equal(pkts_mbuf_push(&e.m, &e.packet, 4, VLAN(.id = 1)), -EINVAL);
	assert_int_equal(pkts_mbuf_push(&e.m, &e.packet, 0, VLAN(.id = 1)), -EINVAL);
	assert_int_equal(pkts_mbuf_push(&e.m, &e.packet, 1, TEXT("x")), -EINVAL);
	assert_int_equal(pkts_mbuf_pop_vlan(&e.m, &e.packet), -EINVAL);
	assert_int_equal(pkts_mbuf_decap_vxlan(&e.m, &e.packet), -EINVAL);
	assert_int_equal(pkts_mbuf_replace_specs(&e.m, &e.packet, 1, 0, &wide, 1, &err), -ERANGE);
	assert_string_equal(err.text, "the value of vlan.id does not fit its field");
	assert_int_equal(pkts_mbuf_replace_specs(&e.m, &e.packet, 2, 0, &vlan, 1, &err), -EINVAL);
	assert_string_equal(
		err.text, "the layers that are wanted would not be found again in the packet");
	e.packet.len--;
	assert_int_equal(pkts_mbuf_push(&e.m, &e.packet, 1, VLAN(.id = 1)), -EINVAL);
	e.packet.len++;
	assert_true(chain_is(e.m, e.b));
	assert_true(is_sound(&e));
	end(&e, "refused");
}

/* Until a table is full: then the packet is as it was. */
static void tags_are_pushed_until_there_are_too_many(void **state)
{
	struct edited e = begin(frame_named("udp4"), PIECES);
	unsigned n = 0;
	int ret;

	(void)state;
	while ((ret = pkts_mbuf_push_vlan(&e.m, &e.packet, PKTS_ETHERTYPE_VLAN, 0, 1)) == 0)
		n++;
	assert_int_equal(ret, -ENOSPC);
	assert_int_equal(n, PKTS_PACKET_LAYERS - 3);
	assert_true(is_sound(&e));
	assert_int_equal(right_ones(&e), 3u << (n + 1));
	while (pkts_mbuf_pop_vlan(&e.m, &e.packet) == 0)
		;
	assert_true(chain_is(e.m, e.b));
	end(&e, "too many");
}

static enum pkts_proto frame_in_udp(
	void *ctx, const struct pkts_packet *packet, enum pkts_proto usual)
{
	(void)ctx;
	return packet->n == 3 ? PKTS_PROTO_ETH : usual;
}

/* Layers that a choice of the user's has found are found again. */
static void chosen_layers_stay(void **state)
{
	struct pkts_decoder d = {0};
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct pkts_packet packet;

	(void)state;
	pkts_decoder_set_next(&d, PKTS_PROTO_UDP, frame_in_udp, NULL);
	assert_int_equal(pkts_mbuf_compose(m, ETH(), IPV4(.src = 1, .dst = 2), UDP(.dport = 9),
				 ETH(), IPV4(.src = 3, .dst = 4), UDP(.dport = 7), TEXT("abc")),
		0);
	pkts_mbuf_decode(&d, &m, &packet);
	assert_string_equal(layers_text(&packet), "eth:14/ipv4:20/udp:8/eth:14/ipv4:20/udp:8");
	assert_int_equal(pkts_mbuf_push(&m, &packet, 4, VLAN(.id = 1)), 0);
	assert_string_equal(
		layers_text(&packet), "eth:14/ipv4:20/udp:8/eth:14/vlan:4/ipv4:20/udp:8");
	assert_string_equal(checksums_text(&packet), "-gg--gg");
	assert_int_equal(pkts_mbuf_set(&m, &packet, 5, "protocol", PKTS_IPPROTO_UDPLITE), 0);
	assert_string_equal(
		layers_text(&packet), "eth:14/ipv4:20/udp:8/eth:14/vlan:4/ipv4:20/udplite:8");
	rte_pktmbuf_free(m);
}

/* Options and payload */

static void options_are_edited_like_in_one_piece(void **state)
{
	static const uint8_t option[] = {254, 6, 1, 2, 3, 4};

	(void)state;
	for (unsigned k = 0; k < frames_n; k++)
		for (enum form form = FLAT; form < FORMS; form++)
			for (unsigned i = 0; i < 9; i++)
				for (unsigned nth = 0; nth < 4; nth++) {
					struct edited e = begin(&frames[k], form);
					struct flat flat;
					const char *const name = frames[k].name;
					flatten(&flat, &e);
					ROW_INT(name,
						pkts_mbuf_insert_option(&e.m, &e.packet, i, nth,
							option, sizeof(option)),
						pkts_packet_insert_option(&flat.packet, ROOM, i,
							nth, option, sizeof(option)));
					ROW_TRUE(name, is_like(&e, &flat));
					ROW_INT(name,
						pkts_mbuf_remove_option(&e.m, &e.packet, i, 0),
						pkts_packet_remove_option(&flat.packet, i, 0));
					ROW_TRUE(name, is_like(&e, &flat));
					ROW_INT(name,
						pkts_mbuf_replace_option(&e.m, &e.packet, i, nth,
							option, sizeof(option)),
						pkts_packet_replace_option(&flat.packet, ROOM, i,
							nth, option, sizeof(option)));
					ROW_TRUE(name, is_like(&e, &flat));
					end(&e, name);
				}
}

static void payload_is_spliced_like_in_one_piece(void **state)
{
	static const uint32_t sizes[] = {0, 1, 5, 300};
	static uint8_t bytes[600];

	(void)state;
	for (unsigned k = 0; k < sizeof(bytes); k++)
		bytes[k] = (uint8_t)(next() | 0x11);
	for (unsigned k = 0; k < frames_n; k++)
		for (enum form form = FLAT; form < FORMS; form++)
			for (unsigned s = 0; s < PKTS_ARRAY_LEN(sizes); s++) {
				struct edited e = begin(&frames[k], form);
				const char *const name = frames[k].name;
				uint8_t wanted[ROOM];
				uint32_t len;
				struct flat flat;
				flatten(&flat, &e);
				const uint32_t start = pkts_packet_payload(&flat.packet, &len);
				const uint32_t at = len / 2, cut = len / 4;
				memcpy(wanted, flat.room + start, at);
				memcpy(wanted + at, bytes, sizes[s]);
				memcpy(wanted + at + sizes[s], flat.room + start + at + cut,
					len - at - cut);
				ROW_INT(name,
					pkts_mbuf_splice_payload(
						&e.m, &e.packet, at, cut, bytes, sizes[s]),
					pkts_packet_replace_payload(
						&flat.packet, ROOM, wanted, len - cut + sizes[s]));
				ROW_TRUE(name, is_like(&e, &flat));
				end(&e, name);
			}
}

static void a_long_payload_takes_more_segments(void **state)
{
	static uint8_t bytes[9000];
	struct edited e = begin(frame_named("tcp6"), PIECES);
	uint8_t *const back = malloc(sizeof(bytes));

	(void)state;
	for (unsigned k = 0; k < sizeof(bytes); k++)
		bytes[k] = (uint8_t)next();
	assert_int_equal(pkts_mbuf_replace_payload(&e.m, &e.packet, bytes, sizeof(bytes)), 0);
	assert_true(is_sound(&e));
	assert_true(e.m->nb_segs > 4);
	assert_int_equal(right_ones(&e), 4);
	assert_true(pkts_mbuf_read(e.m, 74, sizeof(bytes), back));
	assert_memory_equal(back, bytes, sizeof(bytes));
	assert_int_equal(pkts_mbuf_splice_payload(&e.m, &e.packet, 9001, 0, bytes, 1), -EINVAL);
	assert_int_equal(pkts_mbuf_splice_payload(&e.m, &e.packet, 1, 9000, bytes, 1), -EINVAL);
	assert_int_equal(pkts_mbuf_splice_payload(&e.m, &e.packet, 3, 8997, NULL, 0), 0);
	assert_int_equal(e.m->nb_segs, 1);
	assert_int_equal(right_ones(&e), 4);
	free(back);
	end(&e, "long");
}

/* Others, and hardware */

/* For multicast: many packets of one payload, each with headers of its own. */
static void copies_have_headers_of_their_own(void **state)
{
	(void)state;
	for (enum form form = FLAT; form < FORMS; form++) {
		struct edited e = begin(frame_named("tcp4 with timestamps"), form);
		struct rte_mbuf *copies[3];
		for (unsigned i = 0; i < 3; i++) {
			struct pkts_packet packet;
			copies[i] = pkts_mbuf_clone_headers(e.m, 66, pool);
			assert_non_null(copies[i]);
			assert_int_equal(copies[i]->data_len, 66);
			assert_int_equal(rte_mbuf_refcnt_read(copies[i]), 1);
			pkts_mbuf_decode(NULL, &copies[i], &packet);
			assert_int_equal(
				pkts_mbuf_set(&copies[i], &packet, 1, "dst", 0xe0000001 + i), 0);
			assert_int_equal(
				pkts_mbuf_checksum(copies[i], &packet, 2), PKTS_CHECKSUM_GOOD);
		}
		assert_true(chain_is(e.m, e.b));
		assert_null(pkts_mbuf_clone_headers(e.m, e.b.n + 1, pool));
		assert_int_equal(rte_errno, EINVAL);
		rte_pktmbuf_free_bulk(copies, 3);
		end(&e, "copies");
	}
}

/* With so many mbufs left, either it works or the packet is as it was; nothing is lost. */
static int try_with(unsigned left, enum form form, int (*edit)(struct edited *e))
{
	struct edited e = begin(frame_named("tcp4 with timestamps"), form);
	const struct pkts_packet old = e.packet;

	pool_drain(left);
	const int ret = edit(&e);
	if (ret) {
		assert_int_equal(ret, -ENOMEM);
		assert_true(chain_is(e.m, e.b));
		assert_true(packets_equal(&old, &e.packet));
	}
	assert_true(is_sound(&e));
	end(&e, "drained");
	pool_refill();
	return ret;
}

static int push(struct edited *e)
{
	return pkts_mbuf_encap_vxlan(&e->m, &e->packet, &tunnel);
}

static int set(struct edited *e)
{
	return pkts_mbuf_set(&e->m, &e->packet, 1, "ttl", 1);
}

static int patch_payload(struct edited *e)
{
	return pkts_mbuf_patch(&e->m, &e->packet, e->b.n - 2, (const uint8_t *)"ab", 2);
}

static int payload(struct edited *e)
{
	static const uint8_t bytes[5000];
	return pkts_mbuf_replace_payload(&e->m, &e->packet, bytes, sizeof(bytes));
}

static int remove_option(struct edited *e)
{
	return pkts_mbuf_remove_option(&e->m, &e->packet, 2, 2);
}

static void an_empty_pool_changes_nothing(void **state)
{
	static int (*const edits[])(struct edited *) = {
		push, set, patch_payload, payload, remove_option};

	(void)state;
	for (unsigned k = 0; k < PKTS_ARRAY_LEN(edits); k++)
		for (enum form form = FLAT; form < FORMS; form++) {
			unsigned left = 0;
			while (try_with(left, form, edits[k]))
				assert_true(++left < 20);
		}
}

/* What hardware is asked for moves with a tag, and is done before what it cannot follow. */
static void requests_to_hardware_follow(void **state)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct pkts_packet packet;

	(void)state;
	assert_int_equal(pkts_mbuf_compose(m, ETH(), IPV4(.src = 1, .dst = 2, .csum = PKTS_OFFLOAD),
				 UDP(.dport = 9, .csum = PKTS_OFFLOAD), TEXT("abc")),
		0);
	pkts_mbuf_decode(NULL, &m, &packet);
	assert_int_equal(pkts_mbuf_push_vlan(&m, &packet, PKTS_ETHERTYPE_VLAN, 0, 1), 0);
	assert_int_equal(m->l2_len, 18);
	assert_true(m->ol_flags & RTE_MBUF_F_TX_IP_CKSUM);
	assert_int_equal(pkts_mbuf_pop_vlan(&m, &packet), 0);
	assert_int_equal(m->l2_len, 14);
	assert_int_equal(pkts_mbuf_push(&m, &packet, 1, IPV4(.src = 3, .dst = 4), UDP(.dport = 5),
				 GRE(.has_csum = 1)),
		-EINVAL);
	assert_int_equal(
		pkts_mbuf_push(&m, &packet, 1, IPV4(.src = 3, .dst = 4), GRE(.has_csum = 1)), 0);
	assert_int_equal(m->ol_flags & PKTS_MBUF_TX_CHECKSUMS, 0);
	assert_string_equal(checksums_text(&packet), "-g-gg");
	rte_pktmbuf_free(m);
}

static void verdicts_of_the_nic_are_forgotten(void **state)
{
	struct edited e = begin(frame_named("udp4"), FLAT);

	(void)state;
	e.m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	assert_int_equal(pkts_mbuf_set(&e.m, &e.packet, 2, "csum", 0x1234), 0);
	assert_int_equal(pkts_mbuf_checksum(e.m, &e.packet, 2), PKTS_CHECKSUM_BAD);
	e.m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	assert_int_equal(pkts_mbuf_push_vlan(&e.m, &e.packet, PKTS_ETHERTYPE_VLAN, 0, 1), 0);
	assert_int_equal(pkts_mbuf_checksum(e.m, &e.packet, 3), PKTS_CHECKSUM_BAD);
	end(&e, "verdict");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_teardown(name, pool_is_full)
	const struct CMUnitTest tests[] = {
		CASE(fields_are_set_like_in_one_piece),
		CASE(bytes_are_patched_like_in_one_piece),
		CASE(a_vlan_tag_comes_and_goes),
		CASE(a_frame_goes_into_a_tunnel_and_out),
		CASE(headers_with_sums_are_pushed),
		CASE(headers_are_pushed_between),
		CASE(any_layers_are_popped_or_stay),
		CASE(a_header_is_replaced),
		CASE(decapsulating_drops_the_padding),
		CASE(what_cannot_be_announced_is_refused),
		CASE(tags_are_pushed_until_there_are_too_many),
		CASE(chosen_layers_stay),
		CASE(options_are_edited_like_in_one_piece),
		CASE(payload_is_spliced_like_in_one_piece),
		CASE(a_long_payload_takes_more_segments),
		CASE(copies_have_headers_of_their_own),
		CASE(an_empty_pool_changes_nothing),
		CASE(requests_to_hardware_follow),
		CASE(verdicts_of_the_nic_are_forgotten),
	};
	return cmocka_run_group_tests(tests, pool_create, NULL);
}
