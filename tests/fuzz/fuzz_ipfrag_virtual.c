/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Virtual reassembly, driven by a program: limits, then steps of 4 bytes (a fragment, time, fetching). The
 * ports of a datagram's first fragment are made of its key, so that a stamp says whose it is: a fragment
 * never gets another's. Nothing is held longer than it is counted, and all is let go.
 */
#include <string.h>

#include "fragments.h"
#include "input.h"
#include "pkts_ip_protocol.h"

#define HEAD 6
#define STEP 4
#define KEYS 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fixture x;
static struct made m;

struct tally {
	uint64_t held, stamped_later;
};

static uint16_t port_of(unsigned key)
{
	return (uint16_t)(1000 + key);
}

static void demand_stamp(const struct pkts_stamp *s, unsigned key)
{
	DEMAND(s->protocol == PKTS_IPPROTO_UDP);
	DEMAND(!s->has_ports || (s->sport == port_of(key) && s->dport == 53));
}

/* Which datagram a fragment in wait is of: it stands behind its place in the payload. */
static void fetch(struct tally *t)
{
	struct pkts_stamped s;

	while (pkts_ipfrag_get_stamped(x.f, &s)) {
		DEMAND(s.piece.len >= 1 && s.piece.p[0] < KEYS);
		demand_stamp(&s.stamp, s.piece.p[0]);
		t->stamped_later++;
		x.releases++;
		buffer_unref(s.piece.owner);
	}
}

/* step: key, place and length, whether it is the last one, how much of the transport header there is. */
static void put(const uint8_t *step, struct tally *t)
{
	const unsigned key = step[1] % KEYS;
	const uint32_t off = (step[2] & 31u) * 8;
	const uint16_t port = port_of(key);
	uint8_t payload[64];
	struct pkts_stamp stamp;

	memset(payload, (int)key, sizeof(payload));
	if (off == 0)
		memcpy(payload,
			(const uint8_t[8]){(uint8_t)(port >> 8), (uint8_t)port, 0, 53, 0, 64}, 8);
	const struct piece_spec s = {.family = key & 1 ? 6 : 4,
		.id = 1 + key / 2,
		.off = off,
		.len = step[3] & 64 ? 1 + (step[3] & 15u) : 8u + (step[3] & 3u) * 8,
		.last = step[2] & 32,
		.protocol = PKTS_IPPROTO_UDP,
		.data = payload};
	made_piece(&m, &s);
	struct buffer *const b = buffer_new(&x, &m);
	const enum pkts_ipfrag_verdict verdict = pkts_ipfrag_stamp(
		x.f, &b->packet, b->layer < 0 ? 0 : (unsigned)b->layer, &b->piece, x.now, &stamp);
	const bool fragment = b->layer >= 0;
	buffer_unref(b);
	t->held += verdict == PKTS_IPFRAG_HELD;
	if (verdict == PKTS_IPFRAG_READY && fragment)
		demand_stamp(&stamp, key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally t = {0, 0};

	if (size < HEAD)
		return 0;
	const struct pkts_ipfrag_conf conf = {.virtual_mode = true,
		.max_datagrams = 1 + data[0] % 8u,
		.max_fragments = 1 + data[1] % 16u,
		.max_fragments_each = 1 + data[2] % 16u,
		.max_bytes = 8 + data[3] * 4u,
		.timeout_ns = 1000,
		.drop_tiny = data[4] & 1,
		.key = "fuzz"};
	fixture_begin(&x, conf);
	x.cost = data[5];
	for (size_t at = HEAD; at + STEP <= size; at += STEP) {
		switch (data[at] % 8) {
		case 6:
			x.now += data[at + 1] * 10u;
			pkts_ipfrag_expire(x.f, x.now);
			break;
		case 7:
			fetch(&t);
			break;
		default:
			put(data + at, &t);
			break;
		}
		const struct pkts_ipfrag_stats stats = pkts_ipfrag_stats(x.f);
		DEMAND(stats.bytes <= conf.max_bytes && stats.contexts <= conf.max_datagrams);
		DEMAND(x.holds - x.releases <= conf.max_fragments);
	}
	fetch(&t);
	DEMAND(t.stamped_later <= t.held);
	DEMAND(fixture_end(&x));
	return 0;
}
