/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Any bytes as a conversation of two sides, for the application Sessions: pieces, gaps, ends. In
 * pieces of one byte the same has to come out. Input: two bytes of choices; then, again and again, a
 * byte that says who does what, and what that needs.
 */
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "pkts_app_session.h"
#include "pkts_bits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PUT, PUT_LONG, GAP, END };

struct run {
	struct pkts_app_session s;
	bool one_by_one, messages;
	uint64_t sum;	    /* of all that came out */
	uint64_t offset[2]; /* no message begins before */
};

static void sum_up(struct run *r, uint64_t v)
{
	r->sum = (r->sum ^ v) * UINT64_C(0x100000001b3);
}

static void on_message(
	void *ctx, const struct pkts_app_session *s, const struct pkts_app_message *m)
{
	struct run *const r = ctx;

	DEMAND(s == &r->s && m->dir < 2 && m->n <= PKTS_APP_HEAD && m->n <= m->len);
	DEMAND(m->kind < pkts_app_at(m->app)->nkinds && s->state < pkts_app_at(m->app)->nstates);
	DEMAND(m->offset >= r->offset[m->dir]);
	DEMAND(m->role != PKTS_APP_REQUEST || m->pair == s->pairs);
	DEMAND(m->pair <= s->pairs);
	r->offset[m->dir] = m->offset + 1;
	sum_up(r, m->offset);
	sum_up(r, m->len);
	sum_up(r, (uint64_t)m->kind << 32 | m->code);
	sum_up(r, (uint64_t)m->pair << 32 | m->command);
	sum_up(r, m->judgement.events);
	sum_up(r, (uint64_t)m->role << 32 | s->state);
	for (uint32_t i = 0; i < m->n; i++)
		sum_up(r, m->p[i]);
}

static void demand_session(const struct run *r, struct pkts_app_result result)
{
	const struct pkts_app *const app = pkts_app_at(r->s.app);

	DEMAND((result.want == PKTS_APP_DONE) == r->s.done);
	DEMAND((result.judgement.events & ~r->s.events) == 0);
	DEMAND(r->s.half[0].n <= PKTS_APP_HEAD && r->s.half[1].n <= PKTS_APP_HEAD);
	DEMAND(r->s.half[0].need <= PKTS_APP_HEAD && r->s.half[1].need <= PKTS_APP_HEAD);
	DEMAND(!app->session || r->s.state < app->nstates);
	DEMAND(pkts_app_session_waiting(&r->s) <= UINT16_MAX);
}

/* In memory of just that size. */
static void put(struct run *r, unsigned dir, const uint8_t *p, uint32_t n)
{
	const struct pkts_app_out out = {on_message, r};
	const uint32_t step = r->one_by_one ? 1 : n;

	for (uint32_t i = 0; i < n; i += step) {
		uint8_t *const exact = malloc(step);
		memcpy(exact, p + i, step);
		const struct pkts_span span = {exact, step};
		const bool done = r->s.done;
		const struct pkts_app_result result =
			r->messages ? pkts_app_session_put_message(&r->s, dir, span, &out)
				    : pkts_app_session_put(&r->s, dir, span, &out);
		free(exact);
		demand_session(r, result);
		DEMAND(!done || (r->s.done && result.judgement.events == 0));
	}
}

static size_t do_one(struct run *r, const uint8_t *p, size_t n)
{
	const unsigned dir = p[0] & 1;
	const size_t head = (p[0] >> 1 & 3) == PUT ? 2 : (p[0] >> 1 & 3) == END ? 1 : 3;
	uint32_t len;

	if (n < head)
		return n;
	len = head == 3 ? pkts_be16(p + 1) : head == 2 ? p[1] : 0;
	switch (p[0] >> 1 & 3) {
	case GAP:
		demand_session(r, r->messages ? pkts_app_session_miss_messages(&r->s, dir)
					      : pkts_app_session_gap(
							&r->s, dir, (uint64_t)len << (p[0] >> 5)));
		return head;
	case END:
		demand_session(r, pkts_app_session_end(&r->s, dir));
		return head;
	default:
		len = PKTS_MIN(len, (uint32_t)(n - head));
		put(r, dir, p + head, len);
		return head + len;
	}
}

static void run(struct run *r, const uint8_t *data, size_t size, bool one_by_one)
{
	const unsigned app = data[0] & 3;
	const bool midstream = data[0] >> 2 & 1;

	memset(r, 0, sizeof(*r));
	r->one_by_one = one_by_one;
	r->messages = !one_by_one && data[0] >> 4 & 1;
	if (app)
		pkts_app_session_init_as(&r->s, (enum pkts_app_id)app, data[0] >> 3 & 1);
	else
		pkts_app_session_init(
			&r->s, 40000, pkts_app_at(data[1] % PKTS_APP_MAX)->ports[0], midstream);
	for (size_t at = 2; at < size;)
		at += do_one(r, data + at, size - at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run whole, pieces;

	if (size < 2)
		return 0;
	run(&whole, data, size, false);
	run(&pieces, data, size, true);
	if (whole.messages)
		return 0;
	DEMAND(whole.sum == pieces.sum);
	DEMAND(whole.s.events == pieces.s.events);
	DEMAND(whole.s.done == pieces.s.done && whole.s.app == pieces.s.app);
	DEMAND(whole.s.state == pieces.s.state && whole.s.messages == pieces.s.messages);
	DEMAND(memcmp(&whole.s.mysql, &pieces.s.mysql,
		       sizeof(whole.s) - offsetof(struct pkts_app_session, mysql)) == 0);
	return 0;
}
