/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "edit.h"

#include <errno.h>
#include <string.h>

#include "fail.h"
#include "pkts_mbuf_edit.h"
#include "segment.h"

#define LINK_HEADERS_MAX 127u /* what l2_len and outer_l2_len hold */

static bool belongs(const struct rte_mbuf *m, const struct pkts_packet *packet)
{
	return packet->data == rte_pktmbuf_mtod(m, const uint8_t *) && packet->len == m->pkt_len;
}

/* Verdicts are about other bytes now; that a sum is still to be made stays true. */
static void forget_verdicts(struct rte_mbuf *m)
{
	m->ol_flags &= ~RTE_MBUF_F_RX_IP_CKSUM_MASK;
	if ((m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) != RTE_MBUF_F_RX_L4_CKSUM_NONE)
		m->ol_flags &= ~RTE_MBUF_F_RX_L4_CKSUM_MASK;
}

/* Writing where a packet lies */

static void write_segments(struct edit_place *place, uint32_t off, const uint8_t *p, uint32_t n)
{
	struct rte_mbuf *const *const first = place->ctx;
	struct rte_mbuf *m = *first;

	for (; m && off >= m->data_len; m = m->next)
		off -= m->data_len;
	for (; m && n; m = m->next) {
		const uint32_t part = RTE_MIN(n, m->data_len - off);
		memmove(rte_pktmbuf_mtod_offset(m, uint8_t *, off), p, part);
		p += part;
		n -= part;
		off = 0;
	}
}

static void decode_segments(struct edit_place *place, const struct pkts_decoder *d)
{
	struct rte_mbuf **const m = place->ctx;

	pkts_mbuf_decode(d, m, place->packet);
	place->bytes = pkts_mbuf_bytes(*m);
	place->readable = (*m)->data_len;
}

static bool rest_is_writable(const struct rte_mbuf *m)
{
	for (m = m->next; m; m = m->next)
		if (!segment_writable(m))
			return false;
	return true;
}

/* Gives a packet its own copy of all that is behind its first segment. */
static int own_rest(struct rte_mbuf *m)
{
	const struct pkts_bytes bytes = pkts_mbuf_bytes(m);
	const uint32_t len = m->pkt_len;

	if (rest_is_writable(m))
		return 0;
	struct rte_mbuf *const copy = segment_copy(m->pool, &bytes, m->data_len, len - m->data_len);
	if (!copy || copy->nb_segs == UINT16_MAX) {
		rte_pktmbuf_free(copy);
		return -ENOMEM;
	}
	segment_cut_behind(m, m->data_len);
	return rte_pktmbuf_chain(m, copy);
}

/* Makes the headers, and the bytes up to `end`, the packet's own to write to. */
static int own(struct rte_mbuf **m, struct pkts_packet *packet, uint32_t end)
{
	uint32_t len;
	const uint32_t headers = pkts_packet_payload(packet, &len);
	int ret = segment_own(m, RTE_MIN(headers + DRAFT_BEHIND, packet->len));

	if (ret == -EINVAL) /* more than an mbuf holds */
		ret = segment_own(m, headers);
	if (ret == 0 && end > (*m)->data_len)
		ret = own_rest(*m);
	packet->data = rte_pktmbuf_mtod(*m, uint8_t *);
	return ret;
}

/* Where a packet of which the bytes up to `end` are to be written lies. */
static int open_place(
	struct edit_place *place, struct rte_mbuf **m, struct pkts_packet *packet, uint32_t end)
{
	if (!belongs(*m, packet) || end > packet->len)
		return -EINVAL;
	const int ret = own(m, packet, end);
	if (ret)
		return ret;
	*place = (struct edit_place){.packet = packet,
		.bytes = pkts_mbuf_bytes(*m),
		.readable = (*m)->data_len,
		.wire = pkts_mbuf_meta(*m).wire_len,
		.write = write_segments,
		.decode = decode_segments,
		.ctx = m};
	forget_verdicts(*m);
	return 0;
}

int pkts_mbuf_set(struct rte_mbuf **m, struct pkts_packet *packet, unsigned i, const char *field,
	uint64_t value)
{
	struct edit_place place;
	struct pkts_field row;
	int ret;

	if (!pkts_packet_field(packet, i, field, &row))
		return -EINVAL;
	ret = open_place(&place, m, packet, 0);
	return ret ? ret : edit_set(&place, i, &row, value);
}

int pkts_mbuf_set_bytes(struct rte_mbuf **m, struct pkts_packet *packet, unsigned i,
	const char *field, const uint8_t *bytes, uint32_t n)
{
	struct edit_place place;
	const int ret = open_place(&place, m, packet, 0);

	return ret ? ret : edit_set_bytes(&place, i, field, bytes, n);
}

int pkts_mbuf_patch(struct rte_mbuf **m, struct pkts_packet *packet, uint32_t off,
	const uint8_t *bytes, uint32_t n)
{
	struct edit_place place;

	if (off > packet->len || n > packet->len - off)
		return -EINVAL;
	const int ret = open_place(&place, m, packet, off + n);
	return ret ? ret : edit_patch(&place, off, bytes, n);
}

/* Drafts */

/* The link type of a draft; 0 if frames do not start like that. */
static uint16_t link_of(const struct pkts_packet *old, const struct pkts_packet *now, uint16_t link)
{
	const enum pkts_proto first = now->layers[0].proto;

	if (old->n && old->layers[0].proto == first)
		return link;
	link = pkts_mbuf_link_of(first);
	return pkts_link_proto(link) == first ? link : 0;
}

static bool has_outer(const struct rte_mbuf *m)
{
	return m->ol_flags &
	       (RTE_MBUF_F_TX_OUTER_IPV4 | RTE_MBUF_F_TX_OUTER_IPV6 | RTE_MBUF_F_TX_TUNNEL_MASK);
}

static bool makes_sums(const struct draft_change *c)
{
	for (unsigned i = 0; i < c->ncome; i++)
		if (c->come[i] == PKTS_PROTO_UDP || c->come[i] == PKTS_PROTO_GRE)
			return true;
	return false;
}

/*
 * What hardware is asked for says where headers are. Where only link headers change, their length
 * does; else the work is done now.
 */
static int settle_requests(struct rte_mbuf **m, struct pkts_packet *packet,
	const struct draft_change *c, int32_t *link_more)
{
	const uint32_t links = has_outer(*m) ? (*m)->outer_l2_len : (*m)->l2_len;

	*link_more = 0;
	if (!((*m)->ol_flags & PKTS_MBUF_TX_CHECKSUMS))
		return 0;
	if (c->at + c->cut <= links && !makes_sums(c) &&
		(uint32_t)((int32_t)links + c->more) <= LINK_HEADERS_MAX) {
		*link_more = c->more;
		return 0;
	}
	const int ret = pkts_mbuf_tx_finish(m);
	packet->data = rte_pktmbuf_mtod(*m, uint8_t *);
	return ret;
}

static void add_to_links(struct rte_mbuf *m, int32_t more)
{
	if (more && has_outer(m))
		m->outer_l2_len = (uint32_t)((int32_t)m->outer_l2_len + more) & LINK_HEADERS_MAX;
	else if (more)
		m->l2_len = (uint32_t)((int32_t)m->l2_len + more) & LINK_HEADERS_MAX;
}

/* What is known of a packet besides its bytes, after these have changed. */
static void settle_meta(struct rte_mbuf *m, struct pkts_mbuf_meta meta)
{
	m->packet_type = 0;
	forget_verdicts(m);
	pkts_mbuf_set_meta(m, meta);
}

/* A draft whose tail is the packet's own, from the end of the change on. */
static int draft_of(struct draft *d, struct rte_mbuf **m, struct pkts_packet *packet,
	struct draft_change *c, uint32_t end)
{
	int ret;

	do {
		const struct pkts_bytes bytes = pkts_mbuf_bytes(*m);
		const uint32_t from = c->at + c->cut;
		c->readable = (*m)->data_len;
		c->wire = pkts_mbuf_meta(*m).wire_len;
		c->tail = bytes;
		c->tail_off = from;
		c->tail_len = end - from;
		c->near = RTE_MIN(c->tail_len, (*m)->data_len - from);
		ret = draft_make(d, packet, &bytes, c);
		if (ret != -EAGAIN)
			return ret;
		ret = pkts_mbuf_pull(m, d->need + c->cut - c->put.len);
		packet->data = rte_pktmbuf_mtod(*m, uint8_t *);
	} while (ret == 0);
	return ret;
}

static int trim(struct rte_mbuf *m, uint32_t len)
{
	struct rte_mbuf *last = m;
	uint32_t at = 0;

	m->nb_segs = 1;
	for (; at + last->data_len < len; last = last->next, m->nb_segs++)
		at += last->data_len;
	if (last->next)
		rte_pktmbuf_free(last->next);
	last->next = NULL;
	last->data_len = (uint16_t)(len - at);
	m->pkt_len = len;
	return 0;
}

/* Bytes behind `end` are to go: the segments there must not be others' too. */
static int allow_trim(struct rte_mbuf **m, struct pkts_packet *packet, uint32_t end)
{
	bool shared = rte_mbuf_refcnt_read(*m) > 1;
	uint32_t len;

	if (end == packet->len)
		return 0;
	for (const struct rte_mbuf *seg = (*m)->next; seg; seg = seg->next)
		shared |= rte_mbuf_refcnt_read(seg) > 1;
	if (!shared)
		return 0;
	int ret = segment_own(m, pkts_packet_payload(packet, &len));
	if (ret == 0)
		ret = own_rest(*m);
	packet->data = rte_pktmbuf_mtod(*m, uint8_t *);
	return ret;
}

/* Makes a change to the headers of a packet that ends at `end`. */
static int change(
	struct rte_mbuf **m, struct pkts_packet *packet, struct draft_change *c, uint32_t end)
{
	struct draft d;
	int32_t link_more;
	int ret = allow_trim(m, packet, end);

	if (ret == 0)
		ret = settle_requests(m, packet, c, &link_more);
	if (ret == 0)
		ret = draft_of(&d, m, packet, c, end);
	if (ret)
		return ret;
	struct pkts_mbuf_meta meta = pkts_mbuf_meta(*m);
	meta.wire_len += d.packet.len - packet->len;
	meta.link = link_of(packet, &d.packet, meta.link);
	if (meta.link == 0 && d.packet.layers[0].proto != PKTS_PROTO_NULL)
		return -EINVAL;
	ret = segment_replace_front(m, c->at + c->cut + d.taken, d.head, d.n);
	if (ret)
		return ret;
	if ((*m)->pkt_len > d.packet.len)
		trim(*m, d.packet.len);
	add_to_links(*m, link_more);
	settle_meta(*m, meta);
	*packet = d.packet;
	packet->data = rte_pktmbuf_mtod(*m, uint8_t *);
	return 0;
}

/* Headers */

#define HEADERS_MAX 1024u /* bytes that one call pushes */

/* Where layer i starts; behind all of them, the payload. */
static uint32_t start_of(const struct pkts_packet *packet, unsigned i)
{
	uint32_t len;

	return i < packet->n ? packet->layers[i].off : pkts_packet_payload(packet, &len);
}

static bool are_there(
	const struct rte_mbuf *m, const struct pkts_packet *packet, unsigned i, unsigned n)
{
	return belongs(m, packet) && packet->n && i <= packet->n && n <= packet->n - i;
}

static struct draft_change header_change(
	const struct pkts_packet *packet, unsigned i, unsigned gone, struct pkts_span put)
{
	const uint32_t at = start_of(packet, i), cut = start_of(packet, i + gone) - at;

	return (struct draft_change){
		.at = at,
		.cut = cut,
		.put = put,
		.first = i,
		.gone = gone,
		.around = i,
		.more = (int32_t)put.len - (int32_t)cut,
	};
}

static int describe(int ret, const char *layer, const char *field, struct pkts_error *err)
{
	switch (-ret) {
	case 0:
		return 0;
	case ERANGE:
		if (field)
			return pkts_error_set(err, ret, "the value of %s.%s does not fit its field",
				layer, field);
		return pkts_error_set(
			err, ret, "the packet becomes longer than a length field can say");
	case ENOSPC:
		return pkts_error_set(err, ret, "more headers than a packet is edited with%s%s",
			layer ? ": no room for layer " : "", layer ? layer : "");
	case ENOMEM:
		return pkts_error_set(err, ret, "the pool has no mbufs left");
	default:
		return pkts_error_set(err, ret,
			"the layers that are wanted would not be found again in the packet");
	}
}

/* What new headers before layer i carry: all that it is, however it ends. */
static uint32_t carried(const struct pkts_packet *packet, unsigned first, unsigned i)
{
	const struct pkts_layer last = packet->layers[packet->n - 1];

	if (first == 0 && i == 0)
		return packet->len;
	return i < packet->n ? packet->layers[i].len : last.len - last.head;
}

/* The bytes of a packet from somewhere on. */
struct part {
	struct pkts_bytes bytes;
	uint32_t from;
};

static void walk_part(const void *owner, uint32_t off, uint32_t len, pkts_bytes_add *add, void *ctx)
{
	const struct part *const p = owner;
	p->bytes.walk(p->bytes.owner, p->from + off, len, add, ctx);
}

static int compose_headers(const struct rte_mbuf *m, const struct pkts_packet *packet, unsigned i,
	unsigned gone, const struct pkts_spec *specs, unsigned n, struct pkts_out *out)
{
	const struct part part = {pkts_mbuf_bytes(m), start_of(packet, i + gone)};
	const struct pkts_bytes bytes = {walk_part, &part};
	struct pkts_spec all[PKTS_PACKET_LAYERS + 1];

	if (n > PKTS_PACKET_LAYERS)
		return -ENOSPC;
	memcpy(all, specs, n * sizeof(*specs));
	all[n] = pkts_payload_as_spec(ATTACHED(&bytes, carried(packet, i, i + gone)));
	const int ret = pkts_compose_specs(out, all, n + 1);
	return ret == 0 && out->offload ? -EINVAL : ret;
}

int pkts_mbuf_replace_specs(struct rte_mbuf **m, struct pkts_packet *packet, unsigned i,
	unsigned gone, const struct pkts_spec *specs, unsigned n, struct pkts_error *err)
{
	uint8_t room[HEADERS_MAX], come[PKTS_PACKET_LAYERS];
	struct pkts_out out = {.data = room, .cap = sizeof(room)};
	int ret = are_there(*m, packet, i, gone) ? 0 : -EINVAL;

	if (ret == 0)
		ret = compose_headers(*m, packet, i, gone, specs, n, &out);
	if (ret)
		return describe(ret, out.layer, out.field, err);
	for (unsigned k = 0; k < n; k++)
		come[k] = (uint8_t)specs[k].proto;
	struct draft_change c = header_change(packet, i, gone, (struct pkts_span){room, out.len});
	c.come = come;
	c.ncome = n;
	return describe(change(m, packet, &c, packet->len), NULL, NULL, err);
}

/* The protocols of headers that are there as bytes; -EINVAL if they do not end where the bytes do. */
static int name_headers(
	enum pkts_proto proto, const uint8_t *bytes, uint32_t n, uint8_t *come, unsigned *ncome)
{
	uint32_t at = 0;

	for (*ncome = 0; at < n && *ncome < PKTS_PACKET_LAYERS; proto = come[*ncome]) {
		const struct pkts_check c = pkts_check(
			proto, (struct pkts_ref){(uint8_t *)(uintptr_t)bytes + at, n - at, n - at});
		if (c.fatal)
			return -EINVAL;
		come[(*ncome)++] = (uint8_t)proto;
		at += c.head;
		if (at == n)
			return 0;
		come[*ncome] = c.next;
	}
	return -EINVAL;
}

int pkts_mbuf_replace_bytes(struct rte_mbuf **m, struct pkts_packet *packet, unsigned i,
	unsigned gone, enum pkts_proto proto, const uint8_t *bytes, uint32_t n)
{
	uint8_t come[PKTS_PACKET_LAYERS + 1];
	unsigned ncome = 0;

	if (!are_there(*m, packet, i, gone) || name_headers(proto, bytes, n, come, &ncome))
		return -EINVAL;
	struct draft_change c = header_change(packet, i, gone, (struct pkts_span){bytes, n});
	c.come = come;
	c.ncome = ncome;
	return change(m, packet, &c, packet->len);
}

int pkts_mbuf_pop(struct rte_mbuf **m, struct pkts_packet *packet, unsigned i, unsigned n)
{
	if (!are_there(*m, packet, i, n) || n == 0)
		return -EINVAL;
	const struct pkts_layer last = packet->layers[i + n - 1];
	struct draft_change c = header_change(packet, i, n, (struct pkts_span){NULL, 0});
	const uint32_t end = i ? packet->len : RTE_MIN(packet->len, (uint32_t)last.off + last.len);
	return change(m, packet, &c, end);
}

int pkts_mbuf_push_vlan(
	struct rte_mbuf **m, struct pkts_packet *packet, uint16_t tpid, uint8_t pcp, uint16_t id)
{
	if (packet->n == 0 || packet->layers[0].proto != PKTS_PROTO_ETH ||
		pkts_ethertype_next(tpid) != PKTS_PROTO_VLAN)
		return -EINVAL;
	const int ret = pkts_mbuf_push(m, packet, 1, VLAN(.pcp = pcp, .id = id));
	if (ret)
		return ret;
	pkts_eth_set_type(pkts_eth_at(pkts_packet_ref(packet, 0)), tpid);
	return 0;
}

static unsigned find_layer(const struct pkts_packet *packet, enum pkts_proto proto)
{
	unsigned i = 0;

	while (i < packet->n && packet->layers[i].proto != proto)
		i++;
	return i;
}

int pkts_mbuf_pop_vlan(struct rte_mbuf **m, struct pkts_packet *packet)
{
	return pkts_mbuf_pop(m, packet, find_layer(packet, PKTS_PROTO_VLAN), 1);
}

int pkts_mbuf_encap_vxlan(
	struct rte_mbuf **m, struct pkts_packet *packet, const struct pkts_vxlan_tunnel *tunnel)
{
	return pkts_mbuf_push(m, packet, 0, ETH(.dst = tunnel->dst, .src = tunnel->src),
		IPV4(.src = tunnel->ip_src, .dst = tunnel->ip_dst, .df = 1),
		UDP(.sport = tunnel->sport, .csum = PKTS_PIN(0)), VXLAN(.vni = tunnel->vni));
}

int pkts_mbuf_decap_vxlan(struct rte_mbuf **m, struct pkts_packet *packet)
{
	return pkts_mbuf_pop(m, packet, 0, find_layer(packet, PKTS_PROTO_VXLAN) + 1);
}

/* Options */

static int change_options(struct rte_mbuf **m, struct pkts_packet *packet, unsigned i, unsigned nth,
	unsigned cut, const uint8_t *option, uint32_t n)
{
	struct edit_options o;

	if (!belongs(*m, packet))
		return -EINVAL;
	const int ret = edit_options(&o, packet, i, nth, cut, option, n);
	return ret ? ret : change(m, packet, &o.change, packet->len);
}

int pkts_mbuf_insert_option(struct rte_mbuf **m, struct pkts_packet *packet, unsigned i,
	unsigned nth, const uint8_t *option, uint32_t n)
{
	return change_options(m, packet, i, nth, 0, option, n);
}

int pkts_mbuf_remove_option(
	struct rte_mbuf **m, struct pkts_packet *packet, unsigned i, unsigned nth)
{
	return change_options(m, packet, i, nth, 1, NULL, 0);
}

int pkts_mbuf_replace_option(struct rte_mbuf **m, struct pkts_packet *packet, unsigned i,
	unsigned nth, const uint8_t *option, uint32_t n)
{
	return change_options(m, packet, i, nth, 1, option, n);
}

/* Payload */

/* A payload as it is to be: of the packet's bytes up to `at`, then n others, then the packet's. */
struct splice {
	struct pkts_bytes old;
	uint32_t start, at, cut;
	const uint8_t *bytes;
	uint32_t n;
};

static void walk_splice(
	const void *owner, uint32_t off, uint32_t len, pkts_bytes_add *add, void *ctx)
{
	const struct splice *const s = owner;

	while (len) {
		const bool before = off < s->at, new = !before &&off < s->at + s->n;
		const uint32_t end = before ? s->at : new ? s->at + s->n : UINT32_MAX;
		const uint32_t part = RTE_MIN(len, end - off);
		if (new)
			add(ctx, s->bytes + (off - s->at), part);
		else
			s->old.walk(s->old.owner, s->start + (before ? off : off - s->n + s->cut),
				part, add, ctx);
		off += part;
		len -= part;
	}
}

/* Puts what is left of a payload behind the headers, in their segment if there is room. */
static void put_behind(struct rte_mbuf *m, struct rte_mbuf *payload)
{
	const uint32_t n = payload->pkt_len;

	if (n > rte_pktmbuf_tailroom(m)) {
		rte_pktmbuf_chain(m, payload);
		return;
	}
	pkts_mbuf_read(payload, 0, n, rte_pktmbuf_append(m, (uint16_t)n));
	rte_pktmbuf_free(payload);
}

/* A draft whose tail is a payload of its own. */
static int draft_with(struct draft *d, const struct rte_mbuf *m, const struct pkts_packet *packet,
	struct rte_mbuf **payload)
{
	const struct pkts_bytes bytes = pkts_mbuf_bytes(m);
	int ret;

	do {
		struct draft_change c =
			edit_payload(packet, pkts_mbuf_bytes(*payload), (*payload)->pkt_len);
		c.near = (*payload)->data_len;
		c.readable = m->data_len;
		ret = draft_make(d, packet, &bytes, &c);
		if (ret != -EAGAIN)
			return ret;
		ret = pkts_mbuf_pull(payload, d->need - c.at);
	} while (ret == 0);
	return ret;
}

/* The packet with another payload, which is taken over if that works. */
static int change_payload(
	struct rte_mbuf **m, struct pkts_packet *packet, struct rte_mbuf **payload)
{
	struct pkts_mbuf_meta meta = pkts_mbuf_meta(*m);
	struct draft d;
	uint32_t len;
	int ret = draft_with(&d, *m, packet, payload);

	if (ret == 0)
		ret = segment_replace_front(m, pkts_packet_payload(packet, &len), d.head, d.n);
	if (ret)
		return ret;
	segment_cut_behind(*m, d.n);
	rte_pktmbuf_adj(*payload, (uint16_t)d.taken);
	put_behind(*m, *payload);
	meta.wire_len = (*m)->pkt_len;
	settle_meta(*m, meta);
	*packet = d.packet;
	packet->data = rte_pktmbuf_mtod(*m, uint8_t *);
	return 0;
}

int pkts_mbuf_splice_payload(struct rte_mbuf **m, struct pkts_packet *packet, uint32_t at,
	uint32_t cut, const uint8_t *bytes, uint32_t n)
{
	uint32_t len;
	const uint32_t start = pkts_packet_payload(packet, &len);

	if (!are_there(*m, packet, 0, 0) || at > len || cut > len - at ||
		n > PKTS_LAYER_LEN_MAX - len)
		return -EINVAL;
	int ret = pkts_mbuf_tx_finish(m);
	packet->data = rte_pktmbuf_mtod(*m, uint8_t *);
	if (ret)
		return ret;
	const struct splice s = {pkts_mbuf_bytes(*m), start, at, cut, bytes, n};
	const struct pkts_bytes all = {walk_splice, &s};
	struct rte_mbuf *payload = segment_copy((*m)->pool, &all, 0, len - cut + n);
	if (!payload)
		return -ENOMEM;
	ret = payload->nb_segs < UINT16_MAX ? change_payload(m, packet, &payload) : -ENOSPC;
	if (ret)
		rte_pktmbuf_free(payload);
	return ret;
}

int pkts_mbuf_replace_payload(
	struct rte_mbuf **m, struct pkts_packet *packet, const uint8_t *bytes, uint32_t n)
{
	uint32_t len;

	pkts_packet_payload(packet, &len);
	return pkts_mbuf_splice_payload(m, packet, 0, len, bytes, n);
}

struct rte_mbuf *pkts_mbuf_clone_headers(struct rte_mbuf *m, uint32_t n, struct rte_mempool *pool)
{
	struct rte_mbuf *clone = rte_pktmbuf_clone(m, pool);
	const int ret = clone ? segment_own(&clone, n) : -ENOMEM;

	if (ret == 0)
		return clone;
	rte_pktmbuf_free(clone);
	rte_errno = -ret;
	return NULL;
}
