/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* PostgreSQL as a Session: messages, what a connection begins with, and what the client sends. */
#include "pgsql.h"

#include "pkts_framing.h"

/* What stands where a start-up message has its protocol version. */
#define CANCEL	80877102u
#define SSL	80877103u
#define GSS	80877104u
#define MAJOR_3 3

#define STARTUP_MOST 10000 /* bytes, as servers have it */
#define TLS_RECORD   0x16

/* Recognition */

static bool begins_well(uint32_t len, uint32_t code)
{
	if (code == SSL || code == GSS)
		return len == 8;
	if (code == CANCEL)
		return len >= 16 && len <= 12 + 256;
	return code >> 16 == MAJOR_3 && len >= 9;
}

enum pkts_app_verdict app_pgsql_begins(const uint8_t *p, uint32_t n)
{
	if (p[0] != 0 || (n > 1 && p[1] != 0))
		return PKTS_APP_NO;
	if (n < 8)
		return PKTS_APP_WAIT;
	const uint32_t len = pkts_be32(p);
	return len <= STARTUP_MOST && begins_well(len, pkts_be32(p + 4)) ? PKTS_APP_YES
									 : PKTS_APP_NO;
}

void pgsql_emit(
	struct app_call *c, const struct pgsql_message *m, enum pkts_app_role role, uint32_t pair)
{
	app_emit(c, (struct pkts_app_message){
			    .p = m->p,
			    .n = m->n,
			    .offset = c->half->offset,
			    .len = m->len,
			    .kind = m->kind,
			    .role = role,
			    .pair = pair,
			    .code = m->kind == PKTS_PGSQL_KIND_ERROR ? c->s->pgsql.sqlstate : 0,
			    .command = m->letter,
		    });
}

/* Waiting */

static bool is_let_in(const struct app_call *c)
{
	return c->s->state >= PKTS_PGSQL_STATE_READY && c->s->state <= PKTS_PGSQL_STATE_COPY_BOTH;
}

void pgsql_settle(struct app_call *c)
{
	const struct pkts_pgsql_session *const s = &c->s->pgsql;

	if (is_let_in(c))
		c->s->state = s->syncs > 0 || s->count > 0 || s->skipping ? PKTS_PGSQL_STATE_BUSY
									  : PKTS_PGSQL_STATE_READY;
}

void pgsql_wait(struct app_call *c, uint8_t letter)
{
	struct pkts_pgsql_session *const s = &c->s->pgsql;

	if (s->count == PKTS_PGSQL_AHEAD) {
		app_note(c, PKTS_SESSION_APP_EVICTED);
		s->loose = true;
		s->count = 0;
	}
	if (!s->loose)
		s->waiting[(s->first + s->count++) % PKTS_PGSQL_AHEAD] = letter;
}

void pgsql_drop_first(struct app_call *c)
{
	struct pkts_pgsql_session *const s = &c->s->pgsql;

	if (pgsql_is_sync(pgsql_first(s))) {
		s->syncs--;
		s->next_pair++;
	}
	s->first = (uint8_t)((s->first + 1u) % PKTS_PGSQL_AHEAD);
	s->count--;
	s->described = false;
}

void pgsql_skip(struct app_call *c)
{
	struct pkts_pgsql_session *const s = &c->s->pgsql;

	while (s->count > 0 && pgsql_first(s) != 'S')
		pgsql_drop_first(c);
	s->skipping = s->count == 0;
}

/* The client */

/* How many bytes of a message are looked at, or shown. */
static uint32_t bytes_wanted(const struct pgsql_message *m)
{
	return m->letter == 'd' || m->letter == 'D' || m->letter == 'T' ? PGSQL_HEAD
									: PKTS_APP_HEAD;
}

/* What asks for a ReadyForQuery. Returns its number. */
static uint32_t ask(struct app_call *c)
{
	struct pkts_pgsql_session *const s = &c->s->pgsql;
	const uint32_t pair = ++c->s->pairs;

	if (s->syncs++ == 0)
		s->next_pair = pair;
	return pair;
}

static bool is_ignored(const struct pkts_pgsql_session *s, uint8_t letter)
{
	return s->skipping || (s->copying && letter == 'S');
}

/* Query, FunctionCall, and the messages of the extended protocol. */
static void request(struct app_call *c, const struct pgsql_message *m)
{
	struct pkts_pgsql_session *const s = &c->s->pgsql;
	uint32_t pair = 0;

	if (m->letter == 'S')
		s->skipping = false;
	if (!is_ignored(s, m->letter)) {
		if (pgsql_is_sync(m->letter))
			pair = ask(c);
		pgsql_wait(c, m->letter);
		if (c->s->state == PKTS_PGSQL_STATE_READY)
			c->s->state = PKTS_PGSQL_STATE_BUSY;
	}
	pgsql_emit(c, m, pair ? PKTS_APP_REQUEST : PKTS_APP_NEITHER, pair);
}

/* CopyDone and CopyFail. Behind an error the server ignores them, so they are legal at any time. */
static void copy_end(struct app_call *c)
{
	c->s->pgsql.copying = false;
	if (c->s->state == PKTS_PGSQL_STATE_COPY_IN)
		c->s->state = PKTS_PGSQL_STATE_BUSY;
}

/* Queries may be sent as soon as the server has let the client in, whether that knows it or not. */
static bool is_allowed(const struct app_call *c, uint8_t letter)
{
	switch (c->s->state) {
	case PKTS_PGSQL_STATE_AUTH:
		return letter == 'p' || letter == 'X';
	case PKTS_PGSQL_STATE_ENDING: /* on its way while the server ended it */
		return !c->s->pgsql.terminated;
	case PKTS_PGSQL_STATE_SETUP:
		return letter != 'p';
	default:
		return is_let_in(c) && letter != 'p';
	}
}

static bool is_request(const struct app_call *c, uint8_t letter)
{
	const bool asks = letter == 'Q' || letter == 'F' || letter == 'P' || letter == 'B' ||
			  letter == 'D' || letter == 'E' || letter == 'C' || letter == 'S';

	return asks && (is_let_in(c) || c->s->state == PKTS_PGSQL_STATE_SETUP);
}

void pgsql_frontend(struct app_call *c, const struct pgsql_message *m)
{
	if (!is_allowed(c, m->letter))
		app_note(c, PKTS_SESSION_APP_VIOLATION);
	if (is_request(c, m->letter)) {
		request(c, m);
		return;
	}
	if (m->letter == 'X') {
		c->s->state = PKTS_PGSQL_STATE_ENDING;
		c->s->pgsql.terminated = true;
	}
	if (m->letter == 'c' || m->letter == 'f')
		copy_end(c);
	pgsql_emit(c, m, PKTS_APP_NEITHER, 0);
}

/* Start-up */

static const struct opening {
	uint32_t code;
	uint8_t kind, state;
} openings[] = {
	{SSL, PKTS_PGSQL_KIND_SSL_REQUEST, PKTS_PGSQL_STATE_SSL_ASKED},
	{GSS, PKTS_PGSQL_KIND_GSS_REQUEST, PKTS_PGSQL_STATE_GSS_ASKED},
	{CANCEL, PKTS_PGSQL_KIND_CANCEL_REQUEST, PKTS_PGSQL_STATE_CANCEL},
	{MAJOR_3 << 16, PKTS_PGSQL_KIND_STARTUP, PKTS_PGSQL_STATE_AUTH},
};

static const struct opening *opening_of(uint32_t code)
{
	const uint32_t version = code >> 16 == MAJOR_3 ? code & ~0xffffu : code;

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(openings); i++)
		if (openings[i].code == version)
			return &openings[i];
	return NULL;
}

static void opened(struct app_call *c, const struct opening *o, struct pgsql_message *m)
{
	struct pkts_pgsql_session *const s = &c->s->pgsql;
	const bool asks = o->kind == PKTS_PGSQL_KIND_STARTUP;

	/* who asked for encryption must wait for the answer: bytes that do not are slipped in */
	if (c->s->state != PKTS_PGSQL_STATE_START)
		app_note(c, PKTS_SESSION_APP_VIOLATION);
	c->s->state = o->state;
	s->gss = o->code == GSS;
	s->auth = UINT8_MAX;
	m->kind = o->kind;
	if (asks)
		s->minor = pkts_be16(m->p + 6);
	pgsql_emit(c, m, asks ? PKTS_APP_REQUEST : PKTS_APP_NEITHER, asks ? ask(c) : 0);
}

static int64_t direct_tls(struct app_call *c)
{
	app_note(c, PKTS_SESSION_APP_ENCRYPTED);
	return app_stop(c, PKTS_PGSQL_STATE_ENCRYPTED);
}

static int64_t startup(struct app_call *c, const uint8_t *p, uint32_t n)
{
	if (p[0] == TLS_RECORD)
		return direct_tls(c);
	if (p[0] != 0)
		return app_stop_format(c);
	if (!app_has(c, n, 8, 8))
		return APP_NEED;
	const int64_t len = pkts_framing_postgresql(NULL, p, n);
	const struct opening *const o = opening_of(pkts_be32(p + 4));
	if (len < 0 || !o || !begins_well((uint32_t)len, pkts_be32(p + 4)))
		return app_stop_format(c);
	if (!app_has(c, n, PKTS_APP_HEAD, (uint64_t)len))
		return APP_NEED;
	struct pgsql_message m = {.p = p, .body = p + 4, .n = n, .len = (uint64_t)len};
	opened(c, o, &m);
	return len;
}

/* The byte that answers SSLRequest or GSSENCRequest; false if it is the head of an error. */
static bool is_encryption_answer(const struct app_call *c, uint8_t byte)
{
	const bool asked = c->s->state == PKTS_PGSQL_STATE_SSL_ASKED ||
			   c->s->state == PKTS_PGSQL_STATE_GSS_ASKED;

	return asked && byte != 'E';
}

static int64_t encryption_answer(struct app_call *c, const uint8_t *p)
{
	const struct pgsql_message m = {
		.p = p, .n = 1, .len = 1, .kind = PKTS_PGSQL_KIND_SSL_ANSWER};
	const uint8_t yes = c->s->pgsql.gss ? 'G' : 'S';

	if (p[0] != yes && p[0] != 'N')
		return app_stop_format(c);
	c->s->state = PKTS_PGSQL_STATE_START;
	if (p[0] == yes)
		direct_tls(c);
	pgsql_emit(c, &m, PKTS_APP_NEITHER, 0);
	return c->s->done ? APP_STOP : 1;
}

/* Units */

#define ROW(ID, NAME, LETTER) {ID, LETTER},
static const struct kind {
	uint8_t kind, letter;
} frontend[] = {PKTS_PGSQL_FRONTEND(ROW)}, backend[] = {PKTS_PGSQL_BACKEND(ROW)};
#undef ROW

static const struct kind *kind_of(const struct app_call *c, uint8_t letter)
{
	const struct kind *const kinds = c->server ? backend : frontend;
	const unsigned n = c->server ? PKTS_ARRAY_LEN(backend) : PKTS_ARRAY_LEN(frontend);

	for (unsigned i = 0; i < n; i++)
		if (kinds[i].letter == letter && letter != 0)
			return &kinds[i];
	return NULL;
}

static bool is_before_startup(const struct app_call *c)
{
	return c->s->state == PKTS_PGSQL_STATE_START || c->s->state == PKTS_PGSQL_STATE_SSL_ASKED ||
	       c->s->state == PKTS_PGSQL_STATE_GSS_ASKED;
}

static int64_t unit(struct app_call *c, const uint8_t *p, uint32_t n)
{
	if (!c->server && is_before_startup(c))
		return startup(c, p, n);
	if (c->server && is_encryption_answer(c, p[0]))
		return encryption_answer(c, p);
	const struct kind *const kind = kind_of(c, p[0]);
	if (!kind)
		return app_stop_format(c);
	if (!app_has(c, n, PGSQL_HEAD, PGSQL_HEAD))
		return APP_NEED;
	const int64_t len = pkts_framing_postgresql(NULL, p, n);
	if (len < 0)
		return app_stop_format(c);
	const struct pgsql_message m = {p, p + PGSQL_HEAD, n, (uint64_t)len, p[0], kind->kind};
	if (!app_has(c, n, bytes_wanted(&m), m.len))
		return APP_NEED;
	(c->server ? pgsql_backend : pgsql_frontend)(c, &m);
	return c->s->done ? APP_STOP : len;
}

static unsigned waiting(const struct pkts_app_session *s)
{
	return s->pgsql.syncs;
}

const struct pkts_app_ops app_pgsql_ops = {
	.head = 1,
	.lost = PKTS_PGSQL_STATE_LOST,
	.unit = unit,
	.waiting = waiting,
};
