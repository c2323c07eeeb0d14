/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "conversations.h"

#include <stdlib.h>
#include <string.h>

#include "pkts_compose.h"

#define REQUEST	   300
#define FRAME_MOST (14 + 20 + 20 + CONVERSATIONS_MSS)
#define AROUND	   8 /* frames of a connection besides its answer and the ACKs of that */
#define SPACING	   1000

enum side { CLIENT, SERVER };

/* One connection while its frames are made, and where the next one goes. */
struct connection {
	struct captured *frames;
	unsigned n;
	uint8_t *room;
	unsigned number;
	uint32_t next[2]; /* sequence number that each side sends next */
};

static const uint8_t *pattern(void)
{
	static uint8_t bytes[65536];

	for (uint32_t i = sizeof(bytes); bytes[0] == 0 && i-- > 0;)
		bytes[i] = (uint8_t)(((i + 1) * UINT32_C(2654435761)) >> 24 | 1);
	return bytes;
}

static void add(struct connection *c, enum side from, uint16_t flags, uint32_t seq, uint32_t ack,
	uint32_t len)
{
	const uint32_t address[2] = {
		PKTS_IPV4_ADDRESS(10, 0, 0, 1) + c->number, PKTS_IPV4_ADDRESS(192, 0, 2, 1)};
	const uint16_t port[2] = {(uint16_t)(20000 + c->number), 80};
	struct captured *const f = &c->frames[c->n++];
	struct pkts_out out = {c->room, FRAME_MOST};

	pkts_compose(&out, ETH(.dst = PKTS_MAC(2, 0, 0, 0, 0, 1)),
		IPV4(.src = address[from], .dst = address[!from], .df = 1),
		TCP(.sport = port[from], .dport = port[!from], .seq = seq, .ack = ack,
			.flags = flags, .window = 65535),
		RAW(pattern() + (seq + c->number) % 60000, len));
	*f = (struct captured){c->room, out.len, 0};
	c->room += out.len;
}

/* From one that is up to date: flags other than ACK take a number where TCP says so. */
static void say(struct connection *c, enum side from, uint16_t flags, uint32_t len)
{
	const uint16_t numbered = PKTS_TCP_SYN | PKTS_TCP_FIN;
	const bool first = flags == PKTS_TCP_SYN;

	add(c, from, flags, c->next[from], first ? 0 : c->next[!from], len);
	c->next[from] += len + !!(flags & numbered);
}

/* Of the segments of an answer: when each comes. */
struct arrival {
	double when;
	unsigned segment;
};

static int by_time(const void *a, const void *b)
{
	const struct arrival *const x = a, *const y = b;
	return (x->when > y->when) - (x->when < y->when);
}

static double delay(struct disturbance how)
{
	const unsigned dice = (unsigned)random() % 100;

	if (dice < how.lost_percent)
		return CONVERSATIONS_ROUND_TRIP + .5;
	if (dice < how.lost_percent + how.late_percent)
		return 1.5 + (double)(random() % 3);
	return 0;
}

/* The answer, as it arrives; the client acknowledges what it has without a gap. */
static void answer(struct connection *c, struct arrival *arrivals, bool *here, unsigned n,
	struct disturbance how)
{
	const uint32_t base = c->next[SERVER];
	unsigned edge = 0;

	for (unsigned i = 0; i < n; i++)
		arrivals[i] = (struct arrival){i + delay(how), i};
	qsort(arrivals, n, sizeof(*arrivals), by_time);
	memset(here, 0, n * sizeof(*here));
	for (unsigned i = 0; i < n; i++) {
		const unsigned segment = arrivals[i].segment;
		add(c, SERVER, PKTS_TCP_ACK, base + segment * CONVERSATIONS_MSS, c->next[CLIENT],
			CONVERSATIONS_MSS);
		here[segment] = true;
		while (edge < n && here[edge])
			edge++;
		c->next[SERVER] = base + edge * CONVERSATIONS_MSS;
		if (i % 2)
			say(c, CLIENT, PKTS_TCP_ACK, 0);
	}
}

static bool converse(struct connection *c, unsigned segments, struct disturbance how)
{
	struct arrival *const arrivals = calloc(segments, sizeof(*arrivals));
	bool *const here = calloc(segments, sizeof(*here));
	const bool good = arrivals && here;

	if (good) {
		say(c, CLIENT, PKTS_TCP_SYN, 0);
		say(c, SERVER, PKTS_TCP_SYN | PKTS_TCP_ACK, 0);
		say(c, CLIENT, PKTS_TCP_ACK, 0);
		say(c, CLIENT, PKTS_TCP_ACK | PKTS_TCP_PSH, REQUEST);
		answer(c, arrivals, here, segments, how);
		say(c, SERVER, PKTS_TCP_ACK | PKTS_TCP_FIN, 0);
		say(c, CLIENT, PKTS_TCP_ACK | PKTS_TCP_FIN, 0);
		say(c, SERVER, PKTS_TCP_ACK, 0);
	}
	free(arrivals);
	free(here);
	return good;
}

/* From one connection after the other to a frame of each in turn; all have as many. */
static bool interleave(struct conversations *c, unsigned connections)
{
	struct captured *const mixed = calloc(c->n, sizeof(*mixed));
	const unsigned each = c->n / connections;

	for (unsigned i = 0; mixed && i < c->n; i++) {
		mixed[i] = c->frames[i % connections * each + i / connections];
		mixed[i].ns = (uint64_t)i * SPACING;
	}
	free(c->frames);
	c->frames = mixed;
	return mixed != NULL;
}

bool conversations_make(
	struct conversations *c, unsigned n, unsigned segments, struct disturbance how)
{
	const size_t frames = AROUND + segments + segments / 2;
	struct connection last = {0};

	*c = (struct conversations){.frames = calloc(n * frames, sizeof(*c->frames)),
		.room = malloc(n * frames * FRAME_MOST)};
	srandom(1);
	last.room = c->room;
	for (unsigned i = 0; c->frames && c->room && i < n; i++) {
		last = (struct connection){c->frames + c->n, 0, last.room, i,
			{(uint32_t)random() * 2, (uint32_t)random() * 2}};
		if (!converse(&last, segments, how))
			return false;
		c->n += last.n;
		c->segments += 1 + segments;
		c->bytes += REQUEST + (uint64_t)segments * CONVERSATIONS_MSS;
	}
	return c->frames && c->room && interleave(c, n);
}

void conversations_free(struct conversations *c)
{
	for (unsigned i = 0; !c->room && i < c->n; i++)
		free(c->frames[i].data);
	free(c->frames);
	free(c->room);
	*c = (struct conversations){0};
}
