/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "app.h"
#include "pkts_sctp_seq.h"

#define UNKNOWN_MOST 4096 /* bytes of a direction after which a protocol stays unknown */

static const uint64_t invalid = PKTS_SESSION_BIT(APP_FORMAT) | PKTS_SESSION_BIT(APP_VIOLATION);
static const uint64_t suspect = PKTS_SESSION_BIT(APP_GAP) | PKTS_SESSION_BIT(APP_UNPAIRED) |
				PKTS_SESSION_BIT(APP_EVICTED) | PKTS_SESSION_BIT(APP_UNFINISHED) |
				PKTS_SESSION_BIT(APP_AUTH_FAILED);

static struct pkts_judgement judge(uint64_t events)
{
	return (struct pkts_judgement){
		.events = events,
		.validity = events & invalid   ? PKTS_INVALID
			    : events & suspect ? PKTS_SUSPECT
					       : PKTS_VALID,
	};
}

static struct app_call call_of(
	struct pkts_app_session *s, unsigned dir, const struct pkts_app_out *out)
{
	dir = dir != 0;
	return (struct app_call){
		.s = s, .out = out, .half = &s->half[dir], .dir = dir, .server = dir != s->client};
}

static struct pkts_app_result result_of(struct app_call *c)
{
	const uint64_t events = c->all_events | c->events;

	c->s->events |= events;
	return (struct pkts_app_result){judge(events), c->s->done ? PKTS_APP_DONE : PKTS_APP_MORE};
}

int64_t app_stop(struct app_call *c, unsigned state)
{
	c->s->state = (uint8_t)state;
	c->s->done = true;
	return APP_STOP;
}

static int64_t lose(struct app_call *c)
{
	return app_stop(c, pkts_app_at(c->s->app)->ops->lost);
}

int64_t app_stop_format(struct app_call *c)
{
	app_note(c, PKTS_SESSION_APP_FORMAT);
	return lose(c);
}

int64_t app_stop_violation(struct app_call *c)
{
	app_note(c, PKTS_SESSION_APP_VIOLATION);
	return lose(c);
}

void app_emit(struct app_call *c, struct pkts_app_message m)
{
	struct pkts_app_session *const s = c->s;

	s->messages++;
	s->events |= c->events;
	m.app = s->app;
	m.dir = (uint8_t)c->dir;
	m.judgement = judge(c->events);
	c->all_events |= c->events;
	c->events = 0;
	if (c->out && c->out->message)
		c->out->message(c->out->ctx, s, &m);
}

/* The unit's first bytes: those at p, without a copy if all are there. NULL: not yet. */
static const uint8_t *first_bytes(struct pkts_app_half *half, struct pkts_span *span)
{
	if (half->n == 0 && span->len >= half->need)
		return span->p;
	const uint32_t missing = half->need > half->n ? (uint32_t)(half->need - half->n) : 0;
	const uint32_t n = PKTS_MIN(missing, span->len);
	if (n > 0)
		__builtin_memcpy(half->head + half->n, span->p, n);
	half->n += (uint8_t)n;
	span->p += n;
	span->len -= n;
	return half->n == half->need ? half->head : NULL;
}

static void pass_over(struct pkts_app_half *half, struct pkts_span *span)
{
	const uint32_t n = half->skip < span->len ? (uint32_t)half->skip : span->len;

	span->p += n;
	span->len -= n;
	half->skip -= n;
	half->offset += n;
}

/* n of the unit's len bytes are done with: those in the head, or the first of the span. */
static void consume(struct pkts_app_half *half, struct pkts_span *span, uint32_t n, uint64_t len)
{
	if (half->n == 0) {
		span->p += n;
		span->len -= n;
	}
	half->n = 0;
	half->offset += n;
	half->skip = len - n;
}

static void take_unit(struct app_call *c, const struct pkts_app_ops *ops, struct pkts_span *span)
{
	struct pkts_app_half *const half = c->half;

	if (half->need == 0)
		half->need = ops->head;
	const uint8_t *const p = first_bytes(half, span);
	if (!p)
		return;
	const uint8_t n = half->need;
	half->need = 0;
	const int64_t len = ops->unit(c, p, n);
	if (len > 0 && len < n) /* more was asked for before the state changed */
		app_stop_format(c);
	else if (len > 0)
		consume(half, span, n, (uint64_t)len);
}

static void feed(struct app_call *c, struct pkts_span span)
{
	const struct pkts_app_ops *const ops = pkts_app_at(c->s->app)->ops;

	while (span.len > 0 && !c->s->done) {
		if (c->half->skip > 0)
			pass_over(c->half, &span);
		else
			take_unit(c, ops, &span);
	}
	if (c->s->done)
		c->half->skip = 0;
}

/* Recognition */

static enum pkts_app_verdict look(struct pkts_app_session *s)
{
	const struct pkts_app_sight sight = {
		.p = {s->half[0].head, s->half[1].head},
		.n = {s->half[0].n, s->half[1].n},
		.sport = s->sport,
		.dport = s->dport,
		.midstream = s->midstream,
	};
	enum pkts_app_id id;
	unsigned client;
	const enum pkts_app_verdict verdict = pkts_app_probe(&sight, &id, &client);

	if (verdict == PKTS_APP_YES) {
		s->app = (uint8_t)id;
		s->client = (uint8_t)client;
	}
	return verdict;
}

/* What was kept of a direction to be recognised now goes the way of all bytes. */
static void replay(struct app_call *c, unsigned dir)
{
	struct app_call of = call_of(c->s, dir, c->out);
	uint8_t kept[PKTS_APP_HEAD];
	const uint32_t n = of.half->n;

	__builtin_memcpy(kept, of.half->head, n);
	of.half->n = 0;
	of.half->offset = 0;
	feed(&of, (struct pkts_span){kept, n});
	c->all_events |= of.all_events | of.events;
}

/* complete: all bytes of this direction before this call's were kept. */
static void begin(struct app_call *c, bool complete)
{
	const struct pkts_app *const app = pkts_app_at(c->s->app);
	const struct pkts_app_half *const other = &c->s->half[!c->dir];

	if (!app->session) {
		c->s->done = true;
		return;
	}
	if (!complete || other->offset != other->n) {
		app_note(c, PKTS_SESSION_APP_GAP);
		lose(c);
		return;
	}
	replay(c, !c->dir); /* these were there before */
	replay(c, c->dir);
	c->server = c->dir != c->s->client;
}

/* Keeps as much as recognition may look at. Returns the bytes that are left, once it is recognised. */
static struct pkts_span recognise(struct app_call *c, struct pkts_span span)
{
	struct pkts_app_half *const half = c->half;
	const uint32_t room = half->n < PKTS_APP_PROBE ? (uint32_t)(PKTS_APP_PROBE - half->n) : 0;
	const uint32_t n = PKTS_MIN(room, span.len);
	const bool complete = half->offset == half->n;

	if (n > 0)
		__builtin_memcpy(half->head + half->n, span.p, n);
	half->n += (uint8_t)n;
	half->offset += span.len;
	switch (look(c->s)) {
	case PKTS_APP_YES:
		begin(c, complete);
		return (struct pkts_span){span.p + n, span.len - n};
	case PKTS_APP_NO:
		c->s->done = true;
		break;
	case PKTS_APP_WAIT:
		c->s->done = half->offset > UNKNOWN_MOST;
		break;
	}
	return (struct pkts_span){NULL, 0};
}

struct pkts_app_result pkts_app_session_put(struct pkts_app_session *s, unsigned dir,
	struct pkts_span span, const struct pkts_app_out *out)
{
	struct app_call c = call_of(s, dir, out);

	if (s->done || span.len == 0)
		return result_of(&c);
	if (s->app == PKTS_APP_NONE)
		span = recognise(&c, span);
	if (!s->done && s->app != PKTS_APP_NONE && !pkts_app_at(s->app)->session)
		s->done = true;
	if (!s->done && s->app != PKTS_APP_NONE)
		feed(&c, span);
	return result_of(&c);
}

struct pkts_app_result pkts_app_session_gap(struct pkts_app_session *s, unsigned dir, uint64_t len)
{
	struct app_call c = call_of(s, dir, NULL);
	const bool passed_over = len <= c.half->skip;

	if (s->done || len == 0)
		return result_of(&c);
	c.half->offset += len;
	if (passed_over) {
		c.half->skip -= len;
		return result_of(&c);
	}
	if (s->app != PKTS_APP_NONE) {
		app_note(&c, PKTS_SESSION_APP_GAP);
		lose(&c);
	}
	s->done = true;
	return result_of(&c);
}

static bool is_inside(const struct pkts_app_session *s, unsigned dir)
{
	const struct pkts_app_half *const half = &s->half[dir];
	const struct pkts_app *const app = pkts_app_at(s->app);

	if (!app->session)
		return false;
	return half->n > 0 || half->skip > 0 || (app->ops->inside && app->ops->inside(s, dir));
}

/* Behind a message's last byte; messages and events: what there were before it, and in it so far. */
static struct pkts_app_result end_message(
	struct pkts_app_session *s, unsigned dir, uint32_t messages, uint64_t events)
{
	struct app_call c = call_of(s, dir, NULL);

	c.all_events = events;
	if (!s->done && s->app != PKTS_APP_NONE &&
		(is_inside(s, c.dir) || s->messages - messages != 1))
		app_stop_format(&c);
	return result_of(&c);
}

struct pkts_app_result pkts_app_session_put_message(struct pkts_app_session *s, unsigned dir,
	struct pkts_span span, const struct pkts_app_out *out)
{
	const uint32_t before = s->messages;
	const struct pkts_app_result result = pkts_app_session_put(s, dir, span, out);

	return end_message(s, dir, before, result.judgement.events);
}

struct pkts_app_result pkts_app_session_put_pieces(struct pkts_app_session *s, unsigned dir,
	const struct pkts_sctp_message *message, const struct pkts_app_out *out)
{
	struct pkts_sctp_pieces it = pkts_sctp_pieces(message);
	const uint32_t before = s->messages;
	struct pkts_piece piece;
	uint64_t events = 0;

	while (pkts_sctp_piece_next(&it, &piece)) {
		const struct pkts_span span = {piece.p, piece.len};
		events |= pkts_app_session_put(s, dir, span, out).judgement.events;
	}
	return end_message(s, dir, before, events);
}

struct pkts_app_result pkts_app_session_miss_messages(struct pkts_app_session *s, unsigned dir)
{
	struct app_call c = call_of(s, dir, NULL);

	if (!s->done && s->app != PKTS_APP_NONE) {
		app_note(&c, PKTS_SESSION_APP_GAP);
		s->midstream = true;
		s->state = 0;
	}
	return result_of(&c);
}

struct pkts_app_result pkts_app_session_end(struct pkts_app_session *s, unsigned dir)
{
	struct app_call c = call_of(s, dir, NULL);

	if (!s->done && !c.half->ended && is_inside(s, c.dir))
		app_note(&c, PKTS_SESSION_APP_UNFINISHED);
	c.half->ended = true;
	s->done |= s->half[0].ended && s->half[1].ended;
	return result_of(&c);
}

unsigned pkts_app_session_waiting(const struct pkts_app_session *s)
{
	const struct pkts_app *const app = pkts_app_at(s->app);

	return app->session ? app->ops->waiting(s) : 0;
}
