/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Virtual reassembly: fragments learn the ports of the first one, and go on as they are. */
#include "ipfrag.h"
#include "pkts_bits.h"
#include "pkts_ip_protocol.h"

static bool has_ports(uint8_t protocol)
{
	return protocol == PKTS_IPPROTO_TCP || protocol == PKTS_IPPROTO_UDP ||
	       protocol == PKTS_IPPROTO_SCTP || protocol == PKTS_IPPROTO_UDPLITE;
}

static struct pkts_stamp stamp_of(const struct fragment *frag)
{
	struct pkts_stamp stamp = {0};
	bool tiny;
	const uint32_t at = pkts_ipfrag_transport(frag, &stamp.protocol, &tiny);

	stamp.has_ports = has_ports(stamp.protocol) && at + 4 <= frag->len;
	if (stamp.has_ports) {
		stamp.sport = pkts_be16(frag->piece->p + at);
		stamp.dport = pkts_be16(frag->piece->p + at + 2);
	}
	return stamp;
}

static bool same_stamp(const struct pkts_stamp *a, const struct pkts_stamp *b)
{
	return a->protocol == b->protocol && a->sport == b->sport && a->dport == b->dport;
}

static void queue_stamped(struct pkts_ipfrag *f, uint32_t id)
{
	f->arrivals[id].next = NONE;
	*(f->stamped.tail == NONE ? &f->stamped.head : &f->arrivals[f->stamped.tail].next) = id;
	f->stamped.tail = id;
	f->stamped.n++;
}

static void stamp_waiting(struct pkts_ipfrag *f, struct context *c)
{
	while (c->waiting != NONE) {
		const uint32_t id = pkts_ipfrag_take_waiting(f, c);
		f->arrivals[id].stamp = c->stamp;
		queue_stamped(f, id);
	}
	c->fragments = 0;
	c->bytes = 0;
}

static void touch(struct pkts_ipfrag *f, struct context *c, enum state to, uint64_t now)
{
	c->since = now;
	pkts_ipfrag_move(f, c, to);
}

static void take_first(
	struct pkts_ipfrag *f, struct context *c, const struct pkts_stamp *stamp, uint64_t now)
{
	if (c->state == STAMPED && !same_stamp(&c->stamp, stamp))
		pkts_ipfrag_raise(f, PKTS_SEQ_CONFLICT);
	c->stamp = *stamp;
	stamp_waiting(f, c);
	touch(f, c, STAMPED, now);
}

/* Behind the last of the ring. */
static void add_waiting(struct pkts_ipfrag *f, struct context *c, uint32_t id)
{
	struct arrival *const a = &f->arrivals[id];

	if (c->waiting == NONE) {
		a->next = id;
	} else {
		a->next = f->arrivals[c->waiting].next;
		f->arrivals[c->waiting].next = id;
	}
	c->waiting = id;
}

static enum pkts_ipfrag_verdict wait_for_first(
	struct pkts_ipfrag *f, struct context *c, const struct fragment *frag, uint64_t now)
{
	const uint32_t id = pkts_ipfrag_arrival(f, frag);
	enum pkts_seq_event limit;

	if (!pkts_ipfrag_room(f, c, pkts_ipfrag_cost(frag), &limit)) {
		pkts_ipfrag_raise(f, limit);
		pkts_ipfrag_drop(f, c, id);
		if (c->waiting == NONE)
			pkts_ipfrag_close(f, c);
		return pkts_ipfrag_refuse(f);
	}
	pkts_ipfrag_hold(f, c, id);
	add_waiting(f, c, id);
	touch(f, c, LIVE, now);
	return PKTS_IPFRAG_HELD;
}

static enum pkts_ipfrag_verdict stamp_fragment(struct pkts_ipfrag *f, struct context *c,
	const struct fragment *frag, uint64_t now, struct pkts_stamp *stamp)
{
	if (frag->start == 0) {
		*stamp = stamp_of(frag);
		take_first(f, c, stamp, now);
		return PKTS_IPFRAG_READY;
	}
	if (c->state != STAMPED)
		return wait_for_first(f, c, frag, now);
	*stamp = c->stamp;
	touch(f, c, STAMPED, now);
	return PKTS_IPFRAG_READY;
}

enum pkts_ipfrag_verdict pkts_ipfrag_stamp(struct pkts_ipfrag *f, const struct pkts_packet *packet,
	unsigned i, const struct pkts_piece *piece, uint64_t now_ns, struct pkts_stamp *stamp)
{
	struct fragment frag;

	*stamp = (struct pkts_stamp){0};
	pkts_ipfrag_begin(f, now_ns);
	if (!f->virtual_mode || !pkts_ipfrag_read(&frag, packet, i, piece) ||
		!pkts_ipfrag_is_fragment(&frag))
		return PKTS_IPFRAG_PASS;
	if (!pkts_ipfrag_acceptable(f, &frag))
		return pkts_ipfrag_refuse(f);
	struct context *const c = pkts_ipfrag_find_or_open(f, &frag, packet, now_ns);
	return c ? stamp_fragment(f, c, &frag, now_ns, stamp) : pkts_ipfrag_refuse(f);
}

bool pkts_ipfrag_get_stamped(struct pkts_ipfrag *f, struct pkts_stamped *s)
{
	const uint32_t id = f->stamped.head;

	if (id == NONE)
		return false;
	const struct arrival *const a = &f->arrivals[id];
	*s = (struct pkts_stamped){a->piece, {a->header, a->header_len}, a->stamp};
	f->stamped.head = a->next;
	if (f->stamped.head == NONE)
		f->stamped.tail = NONE;
	f->stamped.n--;
	pkts_ipfrag_let_go(f, NULL, id);
	return true;
}
