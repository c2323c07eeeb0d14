/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Two ends that keep to RFC 9260, over a network that loses, repeats and reorders packets on both
 * sides of where they are watched: whatever happens, nothing of it is invalid. Without such a network
 * nothing is even suspect.
 */
#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "sctp_rig.h"

#define RUNS	 2000
#define STEPS	 4000
#define QUEUE	 64
#define COOKIES	 256
#define MESSAGES 6 /* of each end */

struct message {
	unsigned dir;
	uint32_t vtag;
	struct item chunks[RIG_CHUNKS];
};

struct queue {
	struct message at[QUEUE];
	unsigned n;
};

/* What a cookie stands for: the tags of who gave it and of who asked, and their first TSNs. */
struct cookie {
	uint32_t tag, peer, tsn, peer_tsn;
};

struct end {
	enum pkts_sctp_state state;
	uint32_t tag, peer;
	uint32_t first, next,
		acked;	 /* TSNs of its own: the first, the next, the last acknowledged */
	uint32_t cum;	 /* the last one of the peer's */
	uint32_t cookie; /* that it has been given */
	bool opens, shuts, done;
};

static struct world {
	struct end ends[2];
	struct cookie cookies[COOKIES];
	unsigned given;
	struct queue before, behind; /* of where it is watched */
	uint64_t random;
	unsigned trouble; /* percent of packets lost, as many repeated, on each side */
} w;

static bool chance(unsigned percent)
{
	return bytes_random(&w.random) % 100 < percent;
}

static void push(struct queue *q, const struct message *m)
{
	if (q->n < QUEUE)
		q->at[q->n++] = *m;
}

/* The oldest, or any of them where there is trouble. */
static struct message pull(struct queue *q)
{
	const unsigned i = w.trouble ? bytes_random(&w.random) % q->n : 0;
	const struct message m = q->at[i];

	memmove(&q->at[i], &q->at[i + 1], (--q->n - i) * sizeof(m));
	return m;
}

static void send(unsigned dir, uint32_t vtag, struct item a, struct item b)
{
	const struct message m = {dir, vtag, {a, b}};

	push(&w.before, &m);
}

static const struct item nothing;

static void send_state(unsigned d)
{
	struct end *const e = &w.ends[d];

	switch (e->state) {
	case PKTS_SCTP_COOKIE_WAIT:
		send(d, 0, (struct item)INIT(e->tag, e->first), nothing);
		return;
	case PKTS_SCTP_COOKIE_ECHOED:
		e->next = e->first + 1;
		send(d, e->peer, (struct item)ECHO(e->cookie), (struct item)DATA(e->first));
		return;
	case PKTS_SCTP_SHUTDOWN_SENT:
		send(d, e->peer, (struct item)SHUTDOWN(e->cum), nothing);
		return;
	case PKTS_SCTP_SHUTDOWN_ACK_SENT:
		send(d, e->peer, (struct item)SHUTDOWN_ACK, nothing);
		return;
	default:
		return;
	}
}

static void go(unsigned d, enum pkts_sctp_state state)
{
	w.ends[d].state = state;
	send_state(d);
}

static bool all_acked(const struct end *e)
{
	return e->acked == e->next - 1;
}

/* What an end does by itself, or when its timer runs out. */
static void tick(unsigned d)
{
	struct end *const e = &w.ends[d];

	if (e->state == PKTS_SCTP_CLOSED && e->opens && !e->done)
		go(d, PKTS_SCTP_COOKIE_WAIT);
	else if (e->state != PKTS_SCTP_ESTABLISHED && e->state != PKTS_SCTP_SHUTDOWN_RECEIVED)
		send_state(d);
	else if (!all_acked(e))
		send(d, e->peer, (struct item)DATA(e->acked + 1), nothing);
	else if (e->state == PKTS_SCTP_SHUTDOWN_RECEIVED)
		go(d, PKTS_SCTP_SHUTDOWN_ACK_SENT);
	else if (e->next - e->first < MESSAGES)
		send(d, e->peer, (struct item)DATA(e->next++), (struct item)SACK(e->cum));
	else if (e->shuts)
		go(d, PKTS_SCTP_SHUTDOWN_SENT);
}

static void take_init(unsigned d, const struct item *c)
{
	struct end *const e = &w.ends[d];
	const bool opening =
		e->state == PKTS_SCTP_COOKIE_WAIT || e->state == PKTS_SCTP_COOKIE_ECHOED;
	const struct cookie k = {opening ? e->tag : bytes_random(&w.random) | 1, c->x,
		opening ? e->first : bytes_random(&w.random), c->y};

	if (e->state == PKTS_SCTP_SHUTDOWN_ACK_SENT) {
		send_state(d);
		return;
	}
	if (w.given == COOKIES)
		return;
	w.cookies[w.given] = k;
	send(d, k.peer, (struct item)INIT_ACK(k.tag, k.tsn, w.given), nothing);
	w.given++;
}

static void take_init_ack(unsigned d, const struct message *m)
{
	struct end *const e = &w.ends[d];

	if (e->state != PKTS_SCTP_COOKIE_WAIT || m->vtag != e->tag)
		return;
	e->peer = m->chunks[0].x;
	e->cum = m->chunks[0].y - 1;
	e->cookie = m->chunks[0].cookie;
	go(d, PKTS_SCTP_COOKIE_ECHOED);
}

static bool take_cookie(unsigned d, const struct message *m)
{
	struct end *const e = &w.ends[d];
	const struct cookie k = w.cookies[m->chunks[0].cookie];

	if (m->vtag != k.tag || e->done)
		return false;
	if (e->state == PKTS_SCTP_CLOSED) {
		e->tag = k.tag;
		e->first = e->next = k.tsn;
		e->acked = k.tsn - 1;
	} else if (e->tag != k.tag) {
		return false;
	}
	if (e->state < PKTS_SCTP_ESTABLISHED) {
		if (e->state != PKTS_SCTP_COOKIE_ECHOED)
			e->cum = k.peer_tsn - 1;
		e->peer = k.peer;
		e->state = PKTS_SCTP_ESTABLISHED;
	}
	send(d, e->peer, (struct item)COOKIE_ACK, nothing);
	return true;
}

static void take_data(unsigned d, uint32_t tsn)
{
	struct end *const e = &w.ends[d];

	if (e->state < PKTS_SCTP_ESTABLISHED)
		return;
	if (tsn == e->cum + 1)
		e->cum = tsn;
	if (e->state == PKTS_SCTP_SHUTDOWN_SENT)
		send(d, e->peer, (struct item)SACK(e->cum), (struct item)SHUTDOWN(e->cum));
	else
		send(d, e->peer, (struct item)SACK(e->cum), nothing);
}

static void take_ack(struct end *e, uint32_t tsn)
{
	if ((int32_t)(tsn - e->acked) > 0)
		e->acked = tsn;
}

static void take_shutdown(unsigned d, uint32_t tsn)
{
	struct end *const e = &w.ends[d];

	if (e->state < PKTS_SCTP_ESTABLISHED)
		return;
	take_ack(e, tsn);
	if (e->state == PKTS_SCTP_ESTABLISHED)
		e->state = PKTS_SCTP_SHUTDOWN_RECEIVED;
	if (e->state == PKTS_SCTP_SHUTDOWN_SENT ||
		(e->state == PKTS_SCTP_SHUTDOWN_RECEIVED && all_acked(e)))
		go(d, PKTS_SCTP_SHUTDOWN_ACK_SENT);
}

static void take_shutdown_ack(unsigned d, const struct message *m)
{
	struct end *const e = &w.ends[d];

	if (e->state < PKTS_SCTP_ESTABLISHED) {
		send(d, m->vtag, (struct item)COMPLETE(1), nothing);
	} else if (e->state == PKTS_SCTP_SHUTDOWN_SENT || e->state == PKTS_SCTP_SHUTDOWN_ACK_SENT) {
		send(d, e->peer, (struct item)COMPLETE(0), nothing);
		e->state = PKTS_SCTP_CLOSED;
		e->done = true;
	}
}

static void take_end(unsigned d, const struct message *m)
{
	struct end *const e = &w.ends[d];
	const bool complete = m->chunks[0].type == PKTS_SCTP_SHUTDOWN_COMPLETE;

	if (m->vtag != (m->chunks[0].flags & 1 ? e->peer : e->tag) ||
		(complete && e->state != PKTS_SCTP_SHUTDOWN_ACK_SENT))
		return;
	e->done = true;
	e->state = PKTS_SCTP_CLOSED;
}

static void take_chunk(unsigned d, const struct item *c)
{
	struct end *const e = &w.ends[d];

	if (c->type == PKTS_SCTP_DATA)
		take_data(d, c->x);
	else if (c->type == PKTS_SCTP_SACK && e->state >= PKTS_SCTP_ESTABLISHED)
		take_ack(e, c->x);
	else if (c->type == PKTS_SCTP_SHUTDOWN)
		take_shutdown(d, c->x);
	else if (c->type == PKTS_SCTP_COOKIE_ACK && e->state == PKTS_SCTP_COOKIE_ECHOED)
		e->state = PKTS_SCTP_ESTABLISHED;
}

static void take_all(unsigned d, const struct message *m, unsigned i)
{
	for (; i < RIG_CHUNKS && m->chunks[i].there; i++)
		take_chunk(d, &m->chunks[i]);
}

static void receive(unsigned d, const struct message *m)
{
	struct end *const e = &w.ends[d];

	switch (m->chunks[0].type) {
	case PKTS_SCTP_INIT:
		take_init(d, &m->chunks[0]);
		return;
	case PKTS_SCTP_INIT_ACK:
		take_init_ack(d, m);
		return;
	case PKTS_SCTP_COOKIE_ECHO:
		if (take_cookie(d, m))
			take_all(d, m, 1);
		return;
	case PKTS_SCTP_SHUTDOWN_ACK:
		take_shutdown_ack(d, m);
		return;
	case PKTS_SCTP_ABORT:
	case PKTS_SCTP_SHUTDOWN_COMPLETE:
		take_end(d, m);
		return;
	default:
		if (e->done) /* RFC 9260 8.4 */
			send(d, m->vtag, (struct item)ABORT(1), nothing);
		else if (e->state != PKTS_SCTP_CLOSED && m->vtag == e->tag)
			take_all(d, m, 0);
	}
}

static void watch(
	struct pkts_sctp_session *s, const struct message *m, unsigned first, unsigned run)
{
	uint32_t len;
	uint8_t *const p = rig_packet(m->vtag, m->chunks, RIG_CHUNKS, &len);
	const struct pkts_judgement j = pkts_sctp_session_validate(
		s, NULL, m->dir != first, (struct pkts_ref){p, len, len}, 0);

	free(p);
	if (j.validity > (w.trouble ? PKTS_SUSPECT : PKTS_VALID)) {
		print_error("run %u: chunk %u: %s %llx\n", run, m->chunks[0].type,
			pkts_validity_name(j.validity), (unsigned long long)j.events);
		fail();
	}
}

/* One packet on its way, from one queue to the next or to its end. */
static void move(struct pkts_sctp_session *s, unsigned *first, unsigned run)
{
	const bool here = w.before.n && (!w.behind.n || chance(50));
	const struct message m = pull(here ? &w.before : &w.behind);

	if (chance(w.trouble))
		push(here ? &w.before : &w.behind, &m);
	if (chance(w.trouble))
		return;
	if (!here) {
		receive(!m.dir, &m);
		return;
	}
	if (*first > 1)
		*first = m.dir;
	watch(s, &m, *first, run);
	push(&w.behind, &m);
}

/* True if both ends came to theirs. */
static bool run(unsigned number, unsigned trouble, struct pkts_sctp_session *s)
{
	unsigned first = 2;

	w = (struct world){.random = number * 7919 + 1, .trouble = trouble};
	for (unsigned d = 0; d < 2; d++) {
		struct end *const e = &w.ends[d];
		e->tag = bytes_random(&w.random) | 1;
		e->first = e->next = bytes_random(&w.random) | (number & 1 ? 0xfffffffc : 0);
		e->acked = e->first - 1;
		e->opens = d == number % 2 || number % 3 == 0;
		e->shuts = d == 0 || number % 5 == 0;
	}
	for (unsigned i = 0; i < STEPS && !(w.ends[0].done && w.ends[1].done); i++)
		if ((w.before.n || w.behind.n) && !chance(w.trouble / 4))
			move(s, &first, number);
		else
			tick(bytes_random(&w.random) % 2);
	return w.ends[0].done && w.ends[1].done;
}

static void without_trouble(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RUNS; i++) {
		struct pkts_sctp_session s = {0};
		assert_true(run(i, 0, &s));
		assert_true(pkts_sctp_session_is_over(&s));
		assert_int_equal(s.restarts, 0);
	}
}

static void with_trouble(void **state)
{
	unsigned ended = 0;

	(void)state;
	for (unsigned i = 0; i < RUNS; i++) {
		struct pkts_sctp_session s = {0};
		ended += run(i, 4 + i % 32, &s);
	}
	assert_true(ended > RUNS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_trouble),
		cmocka_unit_test(with_trouble),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
