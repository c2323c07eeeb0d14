/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Fragments in mbufs become whole packets in mbufs, without a copy and without a leak. */
#include <errno.h>
#include <rte_malloc.h>
#include <stdlib.h>

#include "pkts_reassembly.h"
#include "pool.h"

/* Frames made by hand: a packet, and what is wrapped around it. */

static uint16_t sum_of(const uint8_t *p, uint32_t n, uint32_t sum)
{
	for (uint32_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static struct bytes prepend(struct bytes inner, const uint8_t *head, uint32_t n)
{
	const struct bytes b = {malloc(n + inner.n), n + inner.n};

	memcpy(b.p, head, n);
	memcpy(b.p + n, inner.p, inner.n);
	free(inner.p);
	return b;
}

static struct bytes numbered(uint32_t n)
{
	const struct bytes b = {malloc(n + !n), n};

	for (uint32_t i = 0; i < n; i++)
		b.p[i] = (uint8_t)(i * 7 + i / 251);
	return b;
}

struct ip {
	uint8_t protocol;
	uint16_t id;
	uint32_t start; /* in bytes */
	bool more;
};

static struct bytes ipv4(struct bytes inner, struct ip ip)
{
	uint8_t h[20] = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2};

	pkts_put_be16(h + 2, (uint16_t)(20 + inner.n));
	pkts_put_be16(h + 4, ip.id);
	pkts_put_be16(h + 6, (uint16_t)(ip.start / 8 | (ip.more ? 0x2000u : 0)));
	h[9] = ip.protocol;
	pkts_put_be16(h + 10, sum_of(h, 20, 0));
	return prepend(inner, h, 20);
}

/* With a fragment header if it is a fragment, behind a destination options header. The addresses add up
 * to what those of IPv4 do, and so do checksums. */
static struct bytes ipv6(struct bytes inner, struct ip ip)
{
	const bool fragment = ip.start || ip.more;
	uint8_t h[56] = {
		0x60, [6] = 60, [7] = 64, [8] = 192, 0, 2, 1, [24] = 192, 0, 2, 2, [42] = 1, 4};

	h[40] = fragment ? 44 : ip.protocol;
	h[48] = ip.protocol;
	pkts_put_be16(h + 50, (uint16_t)(ip.start | ip.more));
	pkts_put_be32(h + 52, ip.id);
	const uint32_t n = fragment ? 56 : 48;
	pkts_put_be16(h + 4, (uint16_t)(n - 40 + inner.n));
	return prepend(inner, h, n);
}

static struct bytes eth(struct bytes inner, uint16_t type)
{
	uint8_t h[14] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};

	pkts_put_be16(h + 12, type);
	return prepend(inner, h, 14);
}

static struct bytes udp(struct bytes inner, uint16_t port)
{
	static const uint8_t addresses[8] = {192, 0, 2, 1, 192, 0, 2, 2};
	uint8_t h[8] = {0x30, 0x39};

	pkts_put_be16(h + 2, port);
	pkts_put_be16(h + 4, (uint16_t)(8 + inner.n));
	const struct bytes b = prepend(inner, h, 8);
	const uint32_t pseudo = (uint16_t)~sum_of(addresses, 8, 17 + b.n);
	pkts_put_be16(b.p + 6, sum_of(b.p, b.n, pseudo));
	return b;
}

static struct bytes gre(struct bytes inner)
{
	const uint8_t h[8] = {0x80, 0, 0x08, 0};
	const struct bytes b = prepend(inner, h, 8);

	pkts_put_be16(b.p + 4, sum_of(b.p, b.n, 0));
	return b;
}

static struct bytes in_eth(struct bytes packet)
{
	return eth(packet, packet.p[0] >> 4 == 4 ? 0x0800 : 0x86dd);
}

static struct bytes in_ipip(struct bytes packet)
{
	return eth(ipv4(packet, (struct ip){4, 1, 0, false}), 0x0800);
}

static struct bytes in_gre(struct bytes packet)
{
	return eth(ipv4(gre(packet), (struct ip){47, 1, 0, false}), 0x0800);
}

static struct bytes in_vxlan(struct bytes packet)
{
	const uint8_t vni[8] = {8, 0, 0, 0, 0, 0, 7, 0};
	const struct bytes frame = prepend(in_eth(packet), vni, 8);

	return eth(ipv4(udp(frame, 4789), (struct ip){17, 1, 0, false}), 0x0800);
}

static struct bytes in_gtp(struct bytes packet)
{
	uint8_t h[8] = {0x30, 0xff, 0, 0, 0, 0, 0, 9};

	pkts_put_be16(h + 2, (uint16_t)packet.n);
	return eth(ipv4(udp(prepend(packet, h, 8), 2152), (struct ip){17, 1, 0, false}), 0x0800);
}

static struct bytes in_pppoe(struct bytes packet)
{
	uint8_t h[8] = {0x11, 0, 0, 5, 0, 0, 0, 0x21};

	pkts_put_be16(h + 4, (uint16_t)(packet.n + 2));
	return eth(prepend(packet, h, 8), 0x8864);
}

static struct bytes in_llc(struct bytes packet)
{
	const uint8_t snap[8] = {0xaa, 0xaa, 3, 0, 0, 0, 8, 0};
	const struct bytes b = prepend(packet, snap, 8);

	return eth(b, (uint16_t)b.n);
}

/* A datagram in fragments: `payload` cut where `cuts` say, 0 at the end. */

typedef struct bytes ip_fn(struct bytes inner, struct ip ip);
typedef struct bytes wrap_fn(struct bytes packet);

static struct bytes part(struct bytes b, uint32_t from, uint32_t to)
{
	struct bytes p = {malloc(to - from + 1), to - from};

	memcpy(p.p, b.p + from, to - from);
	return p;
}

static unsigned cut(struct bytes *fragments, struct bytes payload, const uint32_t *cuts, ip_fn *ip,
	wrap_fn *wrap, uint16_t id)
{
	unsigned n = 0;

	for (uint32_t from = 0, to; from < payload.n; from = to, n++) {
		to = cuts[n] ? cuts[n] : payload.n;
		const struct ip how = {17, id, from, to < payload.n};
		fragments[n] = wrap(ip(part(payload, from, to), how));
	}
	return n;
}

/* The bridge under test. */

static struct pkts_mbuf_defrag bridge;
static struct pkts_ipfrag_conf conf;

static void begin(enum pkts_ip_policy policy)
{
	conf = (struct pkts_ipfrag_conf){.policy4 = policy,
		.policy6 = policy,
		.max_datagrams = 16,
		.max_fragments = 256,
		.hold = pkts_mbuf_holder};
	bridge = (struct pkts_mbuf_defrag){
		.table = pkts_ipfrag_create(&conf, SOCKET_ID_ANY), .pool = pool};
	assert_non_null(bridge.table);
}

static void end(void)
{
	pkts_ipfrag_destroy(bridge.table);
}

static struct rte_mbuf *put(struct rte_mbuf *m, struct pkts_packet *packet)
{
	assert_non_null(m);
	return pkts_mbuf_defrag(&bridge, &m, packet, 1, 1) ? m : NULL;
}

static struct rte_mbuf *put_bytes(struct bytes b, uint32_t each, struct pkts_packet *packet)
{
	return put(chain_of(pool, b, each), packet);
}

static void free_fragments(struct bytes *fragments, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		free(fragments[i].p);
}

static void all_checksums_good(const struct rte_mbuf *m, const struct pkts_packet *packet)
{
	for (unsigned i = 0; i < packet->n; i++)
		assert_int_not_equal(pkts_mbuf_checksum(m, packet, i), PKTS_CHECKSUM_BAD);
	assert_int_equal(packet->flags, 0);
	assert_int_equal(pkts_verdict(packet).ok, true);
}

static const struct wrapping {
	const char *name;
	wrap_fn *wrap;
	ip_fn *ip;
} wrappings[] = {
	{"ethernet", in_eth, ipv4},
	{"ethernet, v6", in_eth, ipv6},
	{"ip in ip", in_ipip, ipv4},
	{"v6 in ip", in_gtp, ipv6},
	{"gre with checksum", in_gre, ipv4},
	{"vxlan", in_vxlan, ipv4},
	{"vxlan, v6", in_vxlan, ipv6},
	{"gtp", in_gtp, ipv4},
	{"pppoe", in_pppoe, ipv4},
	{"802.3 with llc and snap", in_llc, ipv4},
};

/* From first to last, and the other way round. */
static void whole_in_order(const struct wrapping *w, uint32_t each, bool backwards)
{
	static const uint32_t cuts[] = {80, 400, 408, 0};
	const struct bytes payload = udp(numbered(700), 9),
			   wanted = w->wrap(w->ip(
				   part(payload, 0, payload.n), (struct ip){17, 7, 0, false}));
	struct pkts_packet packet;
	struct bytes fragments[4];
	const unsigned n = cut(fragments, payload, cuts, w->ip, w->wrap, 7);
	struct rte_mbuf *m = NULL;

	for (unsigned i = 0; i < n; i++) {
		ROW_TRUE(w->name, m == NULL);
		m = put_bytes(fragments[backwards ? n - 1 - i : i], each, &packet);
	}
	ROW_TRUE(w->name, m != NULL);
	/* The outer id is the first fragment's, whose fragments are alike. */
	ROW_TRUE(w->name, chain_is(m, wanted));
	all_checksums_good(m, &packet);
	ROW_INT(w->name, pkts_mbuf_meta(m).wire_len, wanted.n);
	rte_pktmbuf_free(m);
	free_fragments(fragments, n);
	free(payload.p);
	free(wanted.p);
}

static void whole_packets_are_what_was_cut(void **state)
{
	static const uint32_t eaches[] = {2000, 100, 7, 1};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(wrappings); i++)
		for (unsigned k = 0; k < PKTS_ARRAY_LEN(eaches); k++)
			for (unsigned backwards = 0; backwards < 2; backwards++) {
				begin(PKTS_IP_RFC8200);
				whole_in_order(&wrappings[i], eaches[k], backwards);
				end();
			}
}

static void nothing_is_copied(void **state)
{
	static const uint32_t cuts[] = {800, 0};
	const struct bytes payload = udp(numbered(1400), 9);
	struct bytes fragments[2];
	struct pkts_packet packet;

	(void)state;
	begin(PKTS_IP_RFC8200);
	cut(fragments, payload, cuts, ipv4, in_eth, 7);
	struct rte_mbuf *const first = chain_of(pool, fragments[0], 2000);
	struct rte_mbuf *const second = chain_of(pool, fragments[1], 2000);
	const unsigned left = rte_mempool_avail_count(pool);
	assert_null(put(first, &packet));
	struct rte_mbuf *const m = put(second, &packet);
	assert_ptr_equal(m, first);
	assert_ptr_equal(m->next, second);
	assert_int_equal(rte_mempool_avail_count(pool), left);
	assert_int_equal(rte_mbuf_refcnt_read(first), 1);
	assert_int_equal(rte_mbuf_refcnt_read(second), 1);
	rte_pktmbuf_free(m);
	free_fragments(fragments, 2);
	free(payload.p);
	end();
}

static void others_pass_in_order(void **state)
{
	static const uint32_t cuts[] = {800, 0};
	const struct bytes payload = udp(numbered(1400), 9);
	const struct bytes plain = in_eth(ipv4(udp(numbered(30), 9), (struct ip){17, 1, 0, false}));
	struct pkts_packet packets[4];
	struct bytes fragments[2];

	(void)state;
	begin(PKTS_IP_RFC8200);
	cut(fragments, payload, cuts, ipv4, in_eth, 7);
	struct rte_mbuf *m[4] = {chain_of(pool, fragments[1], 2000), chain_of(pool, plain, 2000),
		chain_of(pool, fragments[0], 2000), chain_of(pool, plain, 2000)};
	struct rte_mbuf *const before = m[1], *const behind = m[3];
	assert_int_equal(pkts_mbuf_defrag(&bridge, m, packets, 4, 1), 3);
	assert_ptr_equal(m[0], before);
	assert_ptr_equal(m[2], behind);
	assert_int_equal(m[1]->nb_segs, 2);
	assert_int_equal(packets[0].len, plain.n);
	assert_int_equal(packets[1].len, 14 + 20 + payload.n);
	assert_ptr_equal(packets[1].data, rte_pktmbuf_mtod(m[1], uint8_t *));
	assert_int_equal(bridge.rebuilt, 1);
	rte_pktmbuf_free_bulk(m, 3);
	free_fragments(fragments, 2);
	free(plain.p);
	free(payload.p);
	end();
}

/* Fragments of a datagram that is itself a fragment. */
static void fragments_in_fragments(void **state)
{
	static const uint32_t cuts[] = {400, 0}, outer_cut = 200;
	const struct bytes payload = udp(numbered(700), 9);
	const struct bytes wanted =
		in_ipip(ipv4(part(payload, 0, payload.n), (struct ip){17, 7, 0, false}));
	struct bytes inner[2];
	struct pkts_packet packet;
	struct rte_mbuf *m = NULL;

	(void)state;
	begin(PKTS_IP_RFC8200);
	cut(inner, payload, cuts, ipv4, in_eth, 7);
	for (unsigned i = 0; i < 2; i++) {
		const struct bytes packet_in = {inner[i].p + 14, inner[i].n - 14};
		struct bytes b[2];
		for (unsigned k = 0; k < 2; k++) {
			const uint32_t from = k ? outer_cut : 0;
			b[k] = in_eth(ipv4(part(packet_in, from, k ? packet_in.n : outer_cut),
				(struct ip){4, 1, from, !k}));
			assert_null(m);
			m = put_bytes(b[k], 2000, &packet);
		}
		free_fragments(b, 2);
	}
	assert_non_null(m);
	assert_int_equal(bridge.rebuilt, 3);
	all_checksums_good(m, &packet);
	assert_true(chain_is(m, wanted));
	rte_pktmbuf_free(m);
	free_fragments(inner, 2);
	free(wanted.p);
	free(payload.p);
	end();
}

/* What the outer length cannot say goes on without the outer headers. */
static void too_long_for_its_tunnel(void **state)
{
	const struct bytes payload = udp(numbered(65507), 9);
	uint32_t cuts[64] = {0};
	struct bytes fragments[64];
	struct pkts_packet packet;
	struct rte_mbuf *m = NULL;

	(void)state;
	for (unsigned i = 0; (i + 1) * 1480 < payload.n; i++)
		cuts[i] = (i + 1) * 1480;
	begin(PKTS_IP_RFC8200);
	const unsigned n = cut(fragments, payload, cuts, ipv4, in_ipip, 7);
	for (unsigned i = 0; i < n; i++)
		m = put_bytes(fragments[i], 2000, &packet);
	assert_non_null(m);
	assert_int_equal(bridge.raw, 1);
	assert_int_equal(m->pkt_len, 65535);
	assert_int_equal(pkts_mbuf_meta(m).link, 101);
	assert_int_equal(packet.layers[1].proto, PKTS_PROTO_IPV4);
	all_checksums_good(m, &packet);
	rte_pktmbuf_free(m);
	free_fragments(fragments, n);
	free(payload.p);
	end();
}

/* Under `last` the middle of a fragment is replaced: what is left of it are two pieces. */
static void one_fragment_in_two_pieces(void **state)
{
	const struct bytes payload = udp(numbered(700), 9);
	const struct bytes big = in_eth(ipv4(part(payload, 0, 600), (struct ip){17, 7, 0, true}));
	struct bytes middle = in_eth(ipv4(part(payload, 200, 400), (struct ip){17, 7, 200, true}));
	const struct bytes last =
		in_eth(ipv4(part(payload, 600, payload.n), (struct ip){17, 7, 600, false}));
	const struct bytes wanted =
		in_eth(ipv4(part(payload, 0, payload.n), (struct ip){17, 7, 0, false}));
	struct pkts_packet packet;

	(void)state;
	begin(PKTS_IP_LAST);
	assert_null(put_bytes(big, 2000, &packet));
	assert_null(put_bytes(middle, 2000, &packet));
	struct rte_mbuf *const m = put_bytes(last, 2000, &packet);
	assert_non_null(m);
	assert_int_equal(m->nb_segs, 5); /* a header of its own, for both pieces share a buffer */
	assert_true(chain_is(m, wanted));
	rte_pktmbuf_free(m);
	free(big.p), free(middle.p), free(last.p), free(wanted.p), free(payload.p);
	end();
}

/* Somebody else has the first fragment too, and sees it as it came. */
static void shared_fragments_stay_as_they_are(void **state)
{
	static const uint32_t cuts[] = {400, 0};
	const struct bytes payload = udp(numbered(700), 9);
	struct bytes fragments[2];
	struct pkts_packet packet;

	(void)state;
	begin(PKTS_IP_RFC8200);
	cut(fragments, payload, cuts, ipv6, in_eth, 7);
	struct rte_mbuf *const mine = chain_of(pool, fragments[0], 2000);
	rte_pktmbuf_refcnt_update(mine, 1);
	assert_null(put(mine, &packet));
	struct rte_mbuf *const m = put_bytes(fragments[1], 2000, &packet);
	assert_non_null(m);
	assert_ptr_not_equal(m, mine);
	assert_true(chain_is(mine, fragments[0]));
	rte_pktmbuf_free(m);
	assert_true(chain_is(mine, fragments[0]));
	assert_int_equal(rte_mbuf_refcnt_read(mine), 1);
	rte_pktmbuf_free(mine);
	free_fragments(fragments, 2);
	free(payload.p);
	end();
}

/* With n mbufs left: either all goes well, or everything is given back. */
static void want_of_mbufs(void **state)
{
	static const uint32_t cuts[] = {80, 400, 408, 0};
	const struct bytes payload = udp(numbered(700), 9);
	struct bytes fragments[4];
	struct pkts_packet packet;
	unsigned lost = 0, whole = 0;

	(void)state;
	const unsigned n = cut(fragments, payload, cuts, ipv4, in_vxlan, 7);
	for (unsigned spare = 0; spare < 12; spare++) {
		struct rte_mbuf *m[4], *got = NULL;
		begin(PKTS_IP_RFC8200);
		for (unsigned i = 0; i < n; i++)
			m[i] = chain_of(pool, fragments[i], 100);
		pool_drain(spare);
		for (unsigned i = 0; i < n; i++)
			got = put(m[i], &packet);
		lost += bridge.lost > 0;
		whole += got != NULL;
		rte_pktmbuf_free(got);
		end();
		pool_refill();
	}
	assert_true(lost > 0);
	assert_true(whole > 0);
	free_fragments(fragments, n);
	free(payload.p);
}

/* A fragment whose middle another one replaces: three pieces of two fragments; then the rest. */
#define PIECES_N 3

static void three_fragments(struct bytes *fragments, struct bytes payload, ip_fn *ip)
{
	static const uint32_t ends[PIECES_N][2] = {{0, 600}, {200, 400}, {600, 708}};

	for (unsigned i = 0; i < PIECES_N; i++) {
		const uint32_t from = ends[i][0], to = ends[i][1];
		const struct ip how = {17, 7, from, to < payload.n};
		fragments[i] = in_eth(ip(part(payload, from, to), how));
	}
}

static void nothing_is_in_the_table(const char *name)
{
	const struct pkts_ipfrag_stats s = pkts_ipfrag_stats(bridge.table);

	ROW_INT(name, s.held, s.released);
	ROW_INT(name, s.bytes, 0);
	ROW_INT(name, s.contexts, 0);
}

/* Fragment i is also somebody else's if bit i says so. What comes of all, with n mbufs left? */
static bool with_mbufs_left(
	const char *name, const struct bytes *fragments, unsigned shared, unsigned n)
{
	struct rte_mbuf *m[PIECES_N], *got = NULL;
	struct pkts_packet packet;

	begin(PKTS_IP_LAST);
	for (unsigned i = 0; i < PIECES_N; i++) {
		m[i] = chain_of(pool, fragments[i], 2000);
		rte_pktmbuf_refcnt_update(m[i], shared >> i & 1);
	}
	pool_drain(n);
	for (unsigned i = 0; i < PIECES_N; i++)
		got = put(m[i], &packet);
	ROW_INT(name, bridge.rebuilt, got != NULL);
	ROW_INT(name, bridge.lost, got == NULL);
	nothing_is_in_the_table(name);
	rte_pktmbuf_free(got);
	for (unsigned i = 0; i < PIECES_N; i++) {
		if (!(shared >> i & 1))
			continue;
		ROW_INT(name, rte_mbuf_refcnt_read(m[i]), 1);
		ROW_TRUE(name, chain_is(m[i], fragments[i]));
		rte_pktmbuf_free(m[i]);
	}
	end();
	pool_refill();
	ROW_INT(name, pool_is_full(NULL), 0);
	return got;
}

/*
 * Whose fragments they are says how many mbufs the whole takes besides: one for each piece whose buffer is
 * shared, with another piece or with somebody else, and one for the header if the first one is. Wherever
 * they run out in the chain, all is given back.
 */
static void want_of_mbufs_in_mid_chain(void **state)
{
	const struct bytes payload = udp(numbered(700), 9);
	struct bytes fragments[PIECES_N];
	char name[40];

	(void)state;
	for (unsigned k = 0; k < 16; k++) {
		const unsigned shared = k / 2;
		const unsigned needed = 3 + (shared >> 1 & 1) + (shared >> 2);
		three_fragments(fragments, payload, k % 2 ? ipv6 : ipv4);
		for (unsigned spare = 0; spare <= needed; spare++) {
			snprintf(name, sizeof(name), "v%u, shared: %u, spare: %u", k % 2 ? 6 : 4,
				shared, spare);
			ROW_INT(name, with_mbufs_left(name, fragments, shared, spare),
				spare == needed);
		}
		free_fragments(fragments, PIECES_N);
	}
	free(payload.p);
}

/* Tags that the NIC took off tell datagrams apart. */
static void stripped_tags_count(void **state)
{
	static const uint32_t cuts[] = {400, 0};
	const struct bytes payload = udp(numbered(700), 9);
	struct bytes fragments[2];
	struct pkts_packet packet;
	struct rte_mbuf *m[2];

	(void)state;
	begin(PKTS_IP_RFC8200);
	cut(fragments, payload, cuts, ipv4, in_eth, 7);
	for (unsigned tag = 5; tag < 7; tag++) {
		m[0] = chain_of(pool, fragments[tag == 6], 2000);
		m[0]->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
		m[0]->vlan_tci = (uint16_t)tag;
		assert_null(put(m[0], &packet));
	}
	m[1] = chain_of(pool, fragments[1], 2000);
	m[1]->ol_flags |=
		RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED | RTE_MBUF_F_RX_IP_CKSUM_BAD;
	m[1]->vlan_tci = 5;
	pkts_mbuf_set_timestamp(m[1], 12345);
	struct rte_mbuf *const whole = put(m[1], &packet);
	assert_non_null(whole);
	assert_int_equal(whole->vlan_tci, 5);
	assert_int_equal(whole->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK, 0);
	assert_int_equal(pkts_mbuf_timestamp(whole), 12345);
	rte_pktmbuf_free(whole);
	free_fragments(fragments, 2);
	free(payload.p);
	end();
}

static void table_gives_back_what_waits(void **state)
{
	static const uint32_t cuts[] = {400, 0};
	const struct bytes payload = udp(numbered(700), 9);
	struct bytes fragments[2];
	struct pkts_packet packet;

	(void)state;
	begin(PKTS_IP_RFC8200);
	cut(fragments, payload, cuts, ipv4, in_eth, 7);
	assert_null(put_bytes(fragments[0], 50, &packet));
	assert_null(put_bytes(fragments[0], 2000, &packet));
	free_fragments(fragments, 2);
	free(payload.p);
	end();
}

static void pieces_are_all_bytes(void **state)
{
	const struct bytes b = numbered(100);
	struct rte_mbuf *const m = chain_of(pool, b, 7);

	(void)state;
	for (uint32_t off = 0; off <= b.n; off++) {
		struct pkts_mbuf_pieces it = pkts_mbuf_pieces(m, off, b.n - off);
		struct pkts_piece piece;
		uint32_t at = off;
		for (; pkts_mbuf_piece_next(&it, &piece); at += piece.len) {
			assert_memory_equal(piece.p, b.p + at, piece.len);
			assert_ptr_equal(piece.owner, m);
			assert_true(piece.cost >= m->nb_segs * sizeof(*m));
		}
		assert_int_equal(at, b.n);
	}
	rte_pktmbuf_free(m);
	free(b.p);
}

static void gathered_bytes_are_the_same(void **state)
{
	static const uint32_t sizes[] = {50, 3000, 65535 + 20, 65535 + 21, 69000};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(sizes); i++) {
		const struct bytes b = numbered(sizes[i]);
		struct rte_mbuf *m = chain_of(pool, b, sizes[i] / 40);
		struct pkts_packet packet = {.data = rte_pktmbuf_mtod(m, uint8_t *)};
		assert_int_equal(pkts_mbuf_gather(&m, &packet, m->data_len + 1u), -EINVAL);
		const uint32_t off = RTE_MIN(20u, m->data_len);
		assert_int_equal(pkts_mbuf_gather(&m, &packet, off), 0);
		assert_true(chain_is(m, b));
		assert_ptr_equal(packet.data, rte_pktmbuf_mtod(m, uint8_t *));
		assert_int_equal(m->nb_segs, sizes[i] - off > 65535 ? 3 : 2);
		rte_pktmbuf_free(m);
		free(b.p);
	}
}

/* Where a block of the heap takes the end of a gap, what stands in front of it is not what stands there else. */
static void gathered_bytes_take_a_gap(void **state)
{
	const struct bytes b = numbered(3000);

	(void)state;
	for (unsigned more = 0; more <= 256; more += 16) {
		void *const gap = rte_malloc("test", b.n + more, 0);
		void *const behind = rte_malloc("test", 64, 0);
		struct rte_mbuf *m = chain_of(pool, b, 1000);
		struct pkts_packet packet = {.data = rte_pktmbuf_mtod(m, uint8_t *)};
		rte_free(gap);
		assert_int_equal(pkts_mbuf_gather_all(&m, &packet), 0);
		assert_true(chain_is(m, b));
		assert_int_equal(m->nb_segs, 1);
		rte_pktmbuf_free(m);
		rte_free(behind);
	}
	free(b.p);
}

static void pools_of_every_kind(void **state)
{
	const struct pkts_tcp_conf tcp = {.hold = pkts_mbuf_holder, .max_segments = 64};
	const struct pkts_sctp_conf sctp = {.hold = pkts_mbuf_holder, .max_chunks = 64};
	const struct pkts_ipfrag_conf wrong = {.policy4 = PKTS_IP_POLICY_MAX};
	struct pkts_tcp_pool *const t = pkts_tcp_pool_create(&tcp, SOCKET_ID_ANY);
	struct pkts_sctp_pool *const s = pkts_sctp_pool_create(&sctp, SOCKET_ID_ANY);

	(void)state;
	assert_non_null(t);
	assert_non_null(s);
	assert_null(pkts_ipfrag_create(&wrong, SOCKET_ID_ANY));
	pkts_tcp_pool_destroy(t);
	pkts_sctp_pool_destroy(s);
	pkts_tcp_pool_destroy(NULL);
	pkts_sctp_pool_destroy(NULL);
	pkts_ipfrag_destroy(NULL);
}

/* A segment ahead of its turn keeps its mbuf until the one before it has come. */
static void segments_are_held(void **state)
{
	const struct pkts_tcp_conf how = {.hold = pkts_mbuf_holder, .max_segments = 64};
	struct pkts_tcp_pool *const t = pkts_tcp_pool_create(&how, SOCKET_ID_ANY);
	const struct bytes b = numbered(1000);
	struct pkts_tcp_segment seg = {.seq = 0, .flags = PKTS_TCP_SYN, .window = 1};
	struct rte_mbuf *m = chain_of(pool, b, 2000);
	struct pkts_mbuf_pieces it = pkts_mbuf_pieces(m, 0, b.n);
	struct pkts_tcp_seq s;
	struct pkts_tcp_out out;

	(void)state;
	pkts_tcp_seq_init(&s, t, PKTS_TCP_FIRST, PKTS_TCP_FIRST);
	assert_int_equal(pkts_tcp_seq_put(&s, 0, &seg, 1), 0);
	seg = (struct pkts_tcp_segment){.seq = 1001, .flags = PKTS_TCP_ACK, .window = 1};
	assert_true(pkts_mbuf_piece_next(&it, &seg.piece));
	assert_int_equal(pkts_tcp_seq_put(&s, 0, &seg, 2), 0);
	assert_int_equal(rte_mbuf_refcnt_read(m), 2);
	rte_pktmbuf_free(m);
	seg.seq = 1;
	seg.piece = (struct pkts_piece){b.p, b.n, b.n, chain_of(pool, b, 2000)};
	pkts_tcp_seq_put(&s, 0, &seg, 3);
	rte_pktmbuf_free(seg.piece.owner);
	pkts_tcp_seq_flush(&s, 0);
	uint64_t n = 0;
	while (pkts_tcp_seq_get(&s, 0, &out) == PKTS_TCP_SEQ_DATA)
		n += out.len;
	assert_int_equal(n, 2000);
	pkts_tcp_seq_fini(&s);
	pkts_tcp_pool_destroy(t);
	free(b.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(whole_packets_are_what_was_cut, pool_is_full),
		cmocka_unit_test_teardown(nothing_is_copied, pool_is_full),
		cmocka_unit_test_teardown(others_pass_in_order, pool_is_full),
		cmocka_unit_test_teardown(fragments_in_fragments, pool_is_full),
		cmocka_unit_test_teardown(too_long_for_its_tunnel, pool_is_full),
		cmocka_unit_test_teardown(one_fragment_in_two_pieces, pool_is_full),
		cmocka_unit_test_teardown(shared_fragments_stay_as_they_are, pool_is_full),
		cmocka_unit_test_teardown(want_of_mbufs, pool_is_full),
		cmocka_unit_test_teardown(want_of_mbufs_in_mid_chain, pool_is_full),
		cmocka_unit_test_teardown(stripped_tags_count, pool_is_full),
		cmocka_unit_test_teardown(table_gives_back_what_waits, pool_is_full),
		cmocka_unit_test_teardown(pieces_are_all_bytes, pool_is_full),
		cmocka_unit_test_teardown(gathered_bytes_are_the_same, pool_is_full),
		cmocka_unit_test_teardown(gathered_bytes_take_a_gap, pool_is_full),
		cmocka_unit_test_teardown(pools_of_every_kind, pool_is_full),
		cmocka_unit_test_teardown(segments_are_held, pool_is_full),
	};

	return cmocka_run_group_tests(tests, pool_create, NULL);
}
