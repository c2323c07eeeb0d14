/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A frame and a program of edits, in segments of any sizes, with somebody else holding them or not.
 * After each edit: the table is what decoding the bytes gives, checksums that were right are right,
 * the same edit in one piece gives the same bytes; a refused edit has changed nothing; nobody else
 * sees any of it, and no mbuf is lost.
 */
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "eal.h"
#include "input.h"
#include "pkts_mbuf_edit.h"
#include "pkts_optional.h"

#define MBUFS	2047
#define LONGEST 1024 /* bytes of the frame */
#define PROGRAM 48   /* bytes of it, at most */
#define HEADERS 1800 /* bytes of headers that fit in an mbuf in any case */
#define ROOM	(64 * 1024)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rte_mempool *pool;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (!eal_start())
		exit(1);
	pool = rte_pktmbuf_pool_create(
		"fuzz", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	return pool ? 0 : -1;
}

/* The program, read byte by byte; zeros behind its end. */
struct program {
	const uint8_t *p, *end;
};

static uint8_t take(struct program *p)
{
	return p->p < p->end ? *p->p++ : 0;
}

static uint32_t take16(struct program *p)
{
	const uint32_t high = take(p);
	return high << 8 | take(p);
}

/* A packet in an mbuf, and the same in one piece. */
struct edited {
	struct rte_mbuf *m;
	struct pkts_packet packet, flat;
	uint8_t room[ROOM];
};

/* What is compared with what was before an edit. */
struct before {
	struct pkts_packet packet;
	uint8_t *bytes;
	uint32_t n, right;
	uint16_t link;
	bool ok;
};

static bool gre_is_right(const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_ref r = pkts_packet_ref(packet, i);
	const struct pkts_gre gre = pkts_gre_at(r);
	struct pkts_cksum sum = {0};

	if (pkts_gre_version(gre) || !pkts_gre_has_csum(gre) || r.len != packet->layers[i].len)
		return false;
	pkts_cksum_add(&sum, r.p, r.len);
	return pkts_cksum_fold(&sum) == 0xffff;
}

static bool is_right(const struct pkts_packet *packet, unsigned i)
{
	if (packet->layers[i].proto == PKTS_PROTO_GRE)
		return gre_is_right(packet, i);
	return pkts_packet_checksum(packet, i, NULL) == PKTS_CHECKSUM_GOOD;
}

/* Wrong, where one can tell. */
static bool is_wrong(const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_udplite lite = pkts_udplite_at(pkts_packet_ref(packet, i));
	uint16_t csum;

	if (packet->layers[i].proto == PKTS_PROTO_UDPLITE && pkts_udplite_coverage(lite) &&
		pkts_udplite_coverage(lite) < PKTS_UDPLITE_HEAD) /* of which there can be none */
		return false;
	if (packet->layers[i].proto == PKTS_PROTO_GRE)
		return pkts_gre_csum(pkts_gre_at(pkts_packet_ref(packet, i)), &csum) &&
		       !(packet->flags & (PKTS_PACKET_FRAGMENT | PKTS_PACKET_CUT)) &&
		       !gre_is_right(packet, i);
	return pkts_packet_checksum(packet, i, NULL) == PKTS_CHECKSUM_BAD;
}

static struct pkts_packet decode_flat(const struct edited *e, uint8_t *p)
{
	const struct pkts_mbuf_meta meta = pkts_mbuf_meta(e->m);
	const struct pkts_frame f = {p, e->m->pkt_len, e->m->pkt_len, meta.wire_len, meta.link};
	struct pkts_packet packet;

	DEMAND(pkts_mbuf_read(e->m, 0, e->m->pkt_len, p));
	DEMAND(pkts_decode(NULL, &f, &packet) == 0);
	return packet;
}

static struct before note(struct edited *e)
{
	struct before b = {.packet = e->packet,
		.n = e->m->pkt_len,
		.bytes = malloc(e->m->pkt_len + 1),
		.link = pkts_mbuf_meta(e->m).link};

	const struct pkts_packet flat = decode_flat(e, b.bytes);
	b.ok = pkts_verdict(&flat).ok;
	for (unsigned i = 0; i < flat.n; i++)
		b.right |= (uint32_t)is_right(&flat, i) << i;
	e->flat = decode_flat(e, e->room);
	return b;
}

/* The packet's table and bytes belong together. */
static struct pkts_packet demand_whole(const struct edited *e, uint8_t *p)
{
	const struct pkts_packet flat = decode_flat(e, p);

	DEMAND(e->packet.data == rte_pktmbuf_mtod(e->m, uint8_t *));
	demand_sound(&e->packet, e->m->data_len, pkts_mbuf_meta(e->m).wire_len);
	demand_same(&e->packet, &flat);
	DEMAND(chain_is(e->m, (struct bytes){p, e->m->pkt_len}));
	return flat;
}

/* was: for each layer the number it had, or one that none had. but: checksums that were given. */
static void demand_right(
	const struct edited *e, const struct before *b, int first, int come, int gone, uint32_t but)
{
	uint8_t *const p = malloc(e->m->pkt_len + 1);
	const struct pkts_packet flat = demand_whole(e, p);

	for (int i = 0; i < flat.n; i++) {
		const int was = i < first ? i : i - come + gone;
		if (i >= first && i < first + come) {
			DEMAND(!is_wrong(&flat, (unsigned)i) || flat.flags || b->packet.flags);
			continue;
		}
		if (was >= b->packet.n || b->packet.layers[was].proto != flat.layers[i].proto)
			break;
		if (b->right >> was & 1 && !(but >> i & 1))
			DEMAND(!is_wrong(&flat, (unsigned)i));
	}
	free(p);
}

/* Of layers that are where they were; a header that ends elsewhere makes others of what follows. */
static void demand_right_there(const struct edited *e, struct before *b, uint32_t but)
{
	for (unsigned i = 0; i < b->packet.n; i++)
		if (i >= e->packet.n || b->packet.layers[i].off != e->packet.layers[i].off)
			b->right &= (1u << i) - 1;
	demand_right(e, b, PKTS_PACKET_LAYERS, 0, 0, but);
}

static void demand_unchanged(const struct edited *e, const struct before *b)
{
	DEMAND(chain_is(e->m, (struct bytes){b->bytes, b->n}));
	DEMAND(e->packet.data == rte_pktmbuf_mtod(e->m, uint8_t *));
	demand_same(&e->packet, &b->packet);
	DEMAND(pkts_mbuf_meta(e->m).link == b->link);
}

/* The same edit in one piece has the same outcome, unless no mbuf can hold the headers: then false. */
static bool demand_like_flat(const struct edited *e, int ret, int flat)
{
	uint32_t len;

	if (e->flat.flags & PKTS_PACKET_CUT) /* by how much is not in a table */
		return true;
	if (e->flat.len > HEADERS && (ret != flat || e->packet.stop == PKTS_REASON_CUT ||
					     pkts_packet_payload(&e->flat, &len) > HEADERS))
		return false;
	DEMAND(ret == flat);
	DEMAND(chain_is(e->m, (struct bytes){e->flat.data, e->flat.len}));
	demand_same(&e->packet, &e->flat);
	return true;
}

static uint32_t given(const struct before *b, uint32_t from, uint32_t to)
{
	uint32_t but = 0;

	for (unsigned i = 0; i < b->packet.n; i++) {
		struct pkts_field row;
		if (!pkts_packet_field(&b->packet, i, "csum", &row))
			continue;
		const uint32_t at = b->packet.layers[i].off + row.bit / 8u;
		but |= (uint32_t)(at < to && from < at + row.width / 8u) << i;
	}
	return but;
}

/* Edits */

static void edit_field(struct edited *e, struct before *b, struct program *p)
{
	const unsigned i = take(p) % (PKTS_PACKET_LAYERS + 1u), nth = take(p);
	struct pkts_field rows[PKTS_OPTIONAL_MAX];
	uint8_t bytes[64];
	int ret, flat;

	if (i >= e->packet.n)
		return;
	const struct pkts_proto_info *const info = pkts_proto_info(e->packet.layers[i].proto);
	const unsigned n = pkts_optional_fields(
		e->packet.layers[i].proto, pkts_packet_ref(&e->packet, i), rows);
	if (info->nfields + n == 0)
		return;
	const unsigned k = nth % (info->nfields + n);
	const struct pkts_field row = k < info->nfields ? info->fields[k] : rows[k - info->nfields];
	for (unsigned j = 0; j < sizeof(bytes); j++)
		bytes[j] = j < 16 ? take(p) : (uint8_t)j;
	const uint64_t x = pkts_be64(bytes) >> (row.width < 64 ? 64 - row.width : 0);
	if (row.kind < PKTS_KIND_MAC) {
		ret = pkts_mbuf_set(&e->m, &e->packet, i, row.name, x);
		flat = pkts_packet_set(&e->flat, i, row.name, x);
	} else {
		const uint32_t size = PKTS_MIN(row.width / 8u, 64u);
		ret = pkts_mbuf_set_bytes(&e->m, &e->packet, i, row.name, bytes, size);
		flat = pkts_packet_set_bytes(&e->flat, i, row.name, bytes, size);
	}
	if (!demand_like_flat(e, ret, flat))
		return;
	const uint32_t at = b->packet.layers[i].off;
	demand_right_there(
		e, b, ret ? 0 : given(b, at + row.bit / 8, at + (row.bit + row.width + 7) / 8));
}

static void edit_bytes(struct edited *e, struct before *b, struct program *p)
{
	const uint32_t off = take16(p) % (b->n + 8), n = take(p) % 24;
	uint8_t bytes[24];

	for (unsigned j = 0; j < sizeof(bytes); j++)
		bytes[j] = j < 8 ? take(p) : (uint8_t)(j * 31);
	const int ret = pkts_mbuf_patch(&e->m, &e->packet, off, bytes, n);
	demand_like_flat(e, ret, pkts_packet_patch(&e->flat, off, bytes, n));
	demand_right_there(e, b, ret ? 0 : given(b, off, off + n));
}

static void edit_option(struct edited *e, struct before *b, struct program *p)
{
	const unsigned i = take(p) % (PKTS_PACKET_LAYERS + 1u), nth = take(p) % 12,
		       how = take(p) % 3;
	const uint32_t n = take(p) % 48;
	uint8_t option[48];
	int ret, flat;

	for (unsigned j = 0; j < sizeof(option); j++)
		option[j] = j < 4 ? take(p) : 0;
	if (how == 0) {
		ret = pkts_mbuf_insert_option(&e->m, &e->packet, i, nth, option, n);
		flat = pkts_packet_insert_option(&e->flat, ROOM, i, nth, option, n);
	} else if (how == 1) {
		ret = pkts_mbuf_remove_option(&e->m, &e->packet, i, nth);
		flat = pkts_packet_remove_option(&e->flat, i, nth);
	} else {
		ret = pkts_mbuf_replace_option(&e->m, &e->packet, i, nth, option, n);
		flat = pkts_packet_replace_option(&e->flat, ROOM, i, nth, option, n);
	}
	if (!demand_like_flat(e, ret, flat))
		return;
	demand_right(e, b, PKTS_PACKET_LAYERS, 0, 0, 0);
	if (ret)
		demand_unchanged(e, b);
}

static void edit_payload(struct edited *e, struct before *b, struct program *p)
{
	uint32_t len;
	const uint32_t start = pkts_packet_payload(&e->packet, &len);
	const uint32_t at = take16(p) % (len + 1), cut = take16(p) % (len - at + 1);
	const uint32_t n = take16(p) % 1500;
	uint8_t *const bytes = malloc(n + 1), *const all = malloc(len - cut + n + 1);

	for (uint32_t j = 0; j < n; j++)
		bytes[j] = j < 8 ? take(p) : (uint8_t)(j * 13 + 7);
	memcpy(all, e->room + start, at);
	memcpy(all + at, bytes, n);
	memcpy(all + at + n, e->room + start + at + cut, len - at - cut);
	const int ret = pkts_mbuf_splice_payload(&e->m, &e->packet, at, cut, bytes, n);
	const int flat = pkts_packet_replace_payload(&e->flat, ROOM, all, len - cut + n);
	free(bytes);
	free(all);
	if (!demand_like_flat(e, ret, flat))
		return;
	demand_right(e, b, PKTS_PACKET_LAYERS, 0, 0, 0);
	if (ret)
		demand_unchanged(e, b);
}

/* Some stacks to be pushed: link headers, tunnels, checksums over all that is inside. */
static int push_some(
	struct edited *e, unsigned i, unsigned gone, unsigned which, unsigned x, int *come)
{
	const uint64_t csum = x & 1 ? PKTS_PIN(0) : 0;

	switch (which % 8) {
	case 0:
		*come = 1;
		return pkts_mbuf_replace(&e->m, &e->packet, i, gone, VLAN(.id = x));
	case 1:
		*come = 1;
		return pkts_mbuf_replace(&e->m, &e->packet, i, gone, MPLS(.label = x));
	case 2:
		*come = 2;
		return pkts_mbuf_replace(&e->m, &e->packet, i, gone, PPPOE(.session = x), PPP());
	case 3:
		*come = 2;
		return pkts_mbuf_replace(&e->m, &e->packet, i, gone, IPV4(.src = x, .dst = 9),
			GRE(.has_csum = ~x & 1));
	case 4:
		*come = 4;
		return pkts_mbuf_replace(&e->m, &e->packet, i, gone, ETH(), IPV4(.src = x),
			UDP(.sport = x, .csum = csum), VXLAN(.vni = x));
	case 5:
		*come = 3;
		return pkts_mbuf_replace(
			&e->m, &e->packet, i, gone, IPV6(.flow = x), UDP(.csum = csum), GENEVE());
	case 6:
		*come = 1;
		return pkts_mbuf_replace(&e->m, &e->packet, i, gone, HOPOPTS());
	default:
		*come = 1;
		return pkts_mbuf_replace(&e->m, &e->packet, i, gone, IPV4(.ttl = x & 255));
	}
}

static void edit_headers(struct edited *e, struct before *b, struct program *p)
{
	const unsigned i = take(p) % (PKTS_PACKET_LAYERS + 1u), gone = take(p) % 4, which = take(p);
	int come = 0;
	const int ret = push_some(e, i, gone, which, take(p), &come);

	if (ret)
		demand_unchanged(e, b);
	else
		demand_right(e, b, (int)i, come, (int)gone, 0);
}

static void edit_pop(struct edited *e, struct before *b, struct program *p)
{
	const unsigned i = take(p) % (PKTS_PACKET_LAYERS + 1u), n = take(p) % 6;
	const int ret = pkts_mbuf_pop(&e->m, &e->packet, i, n);

	if (ret)
		demand_unchanged(e, b);
	else
		demand_right(e, b, (int)i, 0, (int)n, 0);
}

static void edit_tag(struct edited *e, struct before *b, struct program *p)
{
	const uint16_t tpid = take(p) & 1 ? PKTS_ETHERTYPE_QINQ : PKTS_ETHERTYPE_VLAN;
	const int ret = pkts_mbuf_push_vlan(&e->m, &e->packet, tpid, 1, take(p));

	if (ret) {
		demand_unchanged(e, b);
		return;
	}
	demand_right(e, b, 1, 1, 0, 0);
	DEMAND(!b->ok || pkts_verdict(&e->packet).ok || e->packet.stop);
	DEMAND(pkts_mbuf_pop_vlan(&e->m, &e->packet) == 0);
	DEMAND(chain_is(e->m, (struct bytes){b->bytes, b->n}));
}

/* Headers that no mbuf can hold look as if the capture had cut them. */
static bool goes_on(const struct edited *e)
{
	return e->packet.n && e->m->pkt_len < ROOM - 8192 &&
	       (e->m->pkt_len <= HEADERS || e->packet.stop != PKTS_REASON_CUT);
}

static void step(struct edited *e, struct program *p)
{
	static void (*const edits[])(struct edited *, struct before *, struct program *) = {
		edit_field, edit_bytes, edit_option, edit_payload, edit_headers, edit_pop,
		edit_tag};
	struct before b = note(e);

	edits[take(p) % PKTS_ARRAY_LEN(edits)](e, &b, p);
	free(b.bytes);
}

/* Sizes of 1 to 64 bytes; the knob is where the series starts. */
static struct rte_mbuf *in_segments(const struct input *in)
{
	struct rte_mbuf *m = NULL;
	uint32_t series = in->knob;

	for (uint32_t at = 0, n; at < in->n; at += n) {
		series = series * 1664525 + 1013904223;
		n = 1 + (series >> 24) % (series >> 20 & 7 ? 16 : 64);
		n = in->knob & 64 ? RTE_MIN(n, in->n - at) : in->n - at;
		struct rte_mbuf *const seg =
			chain_of(pool, (struct bytes){(uint8_t *)(uintptr_t)in->p + at, n}, n);
		if (m)
			rte_pktmbuf_chain(m, seg);
		else
			m = seg;
	}
	return m ? m : rte_pktmbuf_alloc(pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct edited e;
	struct rte_mbuf *other = NULL;
	struct input in;

	if (!input_read(&in, data, size) || in.n > LONGEST)
		return 0;
	const uint32_t n = RTE_MIN(in.n, in.knob % (PROGRAM + 1u));
	struct program program = {in.p + in.n - n, in.p + in.n};
	in.n -= n;
	in.wire -= n;
	e.m = in_segments(&in);
	chain_meta(e.m, in.link, in.wire);
	if (in.knob & 128) {
		other = e.m;
		e.m = rte_pktmbuf_clone(other, pool);
	}
	pkts_mbuf_decode(NULL, &e.m, &e.packet);
	for (unsigned k = 0; k < 8 && program.p < program.end && goes_on(&e); k++)
		step(&e, &program);
	if (other)
		DEMAND(chain_is(other, (struct bytes){(uint8_t *)(uintptr_t)in.p, in.n}));
	rte_pktmbuf_free(e.m);
	rte_pktmbuf_free(other);
	DEMAND(rte_mempool_avail_count(pool) == MBUFS);
	return 0;
}
