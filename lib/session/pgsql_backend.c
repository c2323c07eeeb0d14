/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* PostgreSQL: what the server sends, against what the client asked for. */
#include "pgsql.h"

/* SQLSTATEs */

#define DIGITS 36

static int digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1;
}

uint32_t pkts_pgsql_sqlstate_of(const uint8_t text[5])
{
	uint32_t code = 0;

	for (unsigned i = 0; i < 5; i++) {
		const int digit = digit_of(text[i]);
		if (digit < 0)
			return 0;
		code = code * DIGITS + (uint32_t)digit;
	}
	return code;
}

void pkts_pgsql_sqlstate(uint32_t code, char text[6])
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (unsigned i = 5; i-- > 0; code /= DIGITS)
		text[i] = digits[code % DIGITS];
	text[5] = '\0';
}

/* A field of an error: its value, n bytes up to its NUL, of what is there; NULL if it is not. */
static const uint8_t *field(const struct pgsql_message *m, uint8_t wanted, uint32_t *n)
{
	const uint8_t *p = m->body;
	const uint8_t *const end = m->p + m->n;

	while (p < end && *p != 0) {
		const uint8_t letter = *p++;
		const uint8_t *const value = p;
		while (p < end && *p != 0)
			p++;
		*n = (uint32_t)(p - value);
		if (letter == wanted)
			return value;
		p += p < end;
	}
	return NULL;
}

static bool is_fatal(const struct pgsql_message *m)
{
	uint32_t n = 0;
	const uint8_t *text = field(m, 'V', &n); /* never translated, but only since 9.6 */

	if (!text)
		text = field(m, 'S', &n);
	return text && n >= 5 &&
	       (__builtin_memcmp(text, "FATAL", 5) == 0 || __builtin_memcmp(text, "PANIC", 5) == 0);
}

static void read_sqlstate(struct app_call *c, const struct pgsql_message *m)
{
	uint32_t n = 0;
	const uint8_t *const code = field(m, 'C', &n);

	c->s->pgsql.sqlstate = code && n == 5 ? pkts_pgsql_sqlstate_of(code) : 0;
}

/* The letters of messages that the server's may answer, and what becomes of the first of them. */
static const struct answer {
	uint8_t letter;
	bool done; /* it is answered; a Query goes on */
	const char *to;
} answers[] = {
	{'1', true, "P"},
	{'2', true, "B"},
	{'3', true, "C"},
	{'t', false, "D"},
	{'T', true, "DQ"},
	{'n', true, "D"},
	{'D', false, "EQ"},
	{'C', true, "EQ"},
	{'I', true, "EQ"},
	{'s', true, "E"},
	{'V', false, "F"},
	{'G', false, "EQ"},
	{'H', false, "EQ"},
	{'W', false, "EQ"},
	{'Z', true, "QFS"},
};

static const struct answer *answer_of(uint8_t letter)
{
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(answers); i++)
		if (answers[i].letter == letter)
			return &answers[i];
	return NULL;
}

static bool has_letter(const char *letters, uint8_t letter)
{
	while (*letters && (uint8_t)*letters != letter)
		letters++;
	return *letters != '\0';
}

static void violate(struct app_call *c)
{
	app_note(c, PKTS_SESSION_APP_VIOLATION);
}

/* Messages of any time */

static bool is_unasked(uint8_t letter)
{
	return letter == 'N' || letter == 'A' || letter == 'S';
}

/* An error. Those of the extended protocol make the server ignore everything up to the Sync. */
static void error(struct app_call *c, const struct pgsql_message *m)
{
	struct pkts_pgsql_session *const s = &c->s->pgsql;
	const uint8_t first = pgsql_first(s);
	const bool fatal = is_fatal(m);

	read_sqlstate(c, m);
	app_note(c, PKTS_SESSION_APP_ERROR);
	s->copying = false;
	s->described = false;
	if (fatal)
		c->s->state = PKTS_PGSQL_STATE_ENDING;
	else if (first == 0 && !s->loose && !s->skipping)
		violate(c);
	else if (!s->loose && !pgsql_is_sync(first))
		pgsql_skip(c);
	if (!fatal)
		pgsql_settle(c);
	pgsql_emit(c, m, PKTS_APP_NEITHER, 0);
}

/* The request that a ReadyForQuery answers, or what is said instead: its number, 0 if there is none. */
static uint32_t take_sync(struct pkts_pgsql_session *s)
{
	if (s->syncs == 0)
		return 0;
	s->syncs--;
	return s->next_pair++;
}

/* Letting the client in */

static void refuse(struct app_call *c, const struct pgsql_message *m)
{
	read_sqlstate(c, m);
	app_note(c, PKTS_SESSION_APP_ERROR);
	app_note(c, PKTS_SESSION_APP_AUTH_FAILED);
	c->s->state = PKTS_PGSQL_STATE_ENDING;
	const uint32_t pair = take_sync(&c->s->pgsql);
	pgsql_emit(c, m, pair ? PKTS_APP_ANSWER : PKTS_APP_NEITHER, pair);
}

static void authentication(struct app_call *c, const struct pgsql_message *m)
{
	if (m->n < PGSQL_HEAD + 4) {
		app_stop_format(c);
		return;
	}
	const uint32_t request = pkts_be32(m->body);
	c->s->pgsql.auth = (uint8_t)PKTS_MIN(request, (uint32_t)UINT8_MAX);
	if (c->s->state != PKTS_PGSQL_STATE_AUTH)
		violate(c);
	else if (request == 0)
		c->s->state = PKTS_PGSQL_STATE_SETUP;
	pgsql_emit(c, m, PKTS_APP_NEITHER, 0);
}

static void ready(struct app_call *c, const struct pgsql_message *m)
{
	struct pkts_pgsql_session *const s = &c->s->pgsql;

	if (m->n < PGSQL_HEAD + 1 || !has_letter("ITE", m->body[0])) {
		app_stop_format(c);
		return;
	}
	s->transaction = m->body[0];
	s->copying = false;
	const uint32_t pair = take_sync(s);
	if (s->loose && s->syncs == 0)
		s->loose = s->skipping = false;
	pgsql_settle(c);
	pgsql_emit(c, m, pair ? PKTS_APP_ANSWER : PKTS_APP_NEITHER, pair);
}

static void before_ready(struct app_call *c, const struct pgsql_message *m)
{
	switch (m->letter) {
	case 'R':
		authentication(c, m);
		return;
	case 'E':
		refuse(c, m);
		return;
	case 'Z':
		if (c->s->state != PKTS_PGSQL_STATE_SETUP)
			violate(c);
		c->s->state = PKTS_PGSQL_STATE_READY;
		ready(c, m);
		return;
	default:
		if (!has_letter("NSKv", m->letter))
			violate(c);
		pgsql_emit(c, m, PKTS_APP_NEITHER, 0);
	}
}

/* Answers */

/* The Syncs that stand behind an Execute which turns out to be COPY IN are read as part of it. */
static void drop_syncs_behind(struct app_call *c)
{
	struct pkts_pgsql_session *const s = &c->s->pgsql;

	s->copying = true;
	while (s->count > 1 && s->waiting[(s->first + 1u) % PKTS_PGSQL_AHEAD] == 'S') {
		pgsql_drop_first(c);
		s->waiting[s->first] = 'E';
		s->syncs--;
		s->next_pair++;
	}
}

static void copy_begins(struct app_call *c, uint8_t letter)
{
	if (c->s->state == PKTS_PGSQL_STATE_ENDING)
		return;
	c->s->state = letter == 'G'   ? PKTS_PGSQL_STATE_COPY_IN
		      : letter == 'H' ? PKTS_PGSQL_STATE_COPY_OUT
				      : PKTS_PGSQL_STATE_COPY_BOTH;
	if (letter == 'G' && pgsql_first(&c->s->pgsql) == 'E')
		drop_syncs_behind(c);
}

/* CopyData, CopyDone. */
static void copy_data(struct app_call *c, const struct pgsql_message *m)
{
	const bool both = c->s->state == PKTS_PGSQL_STATE_COPY_BOTH;

	if (!both && c->s->state != PKTS_PGSQL_STATE_COPY_OUT &&
		c->s->state != PKTS_PGSQL_STATE_ENDING)
		violate(c);
	else if (m->letter == 'c')
		pgsql_settle(c);
	pgsql_emit(c, m, PKTS_APP_NEITHER, 0);
}

/* 'Z' where something else waits: what is before the Sync will not be answered any more. */
static void resync(struct app_call *c)
{
	const struct pkts_pgsql_session *const s = &c->s->pgsql;

	while (s->count > 0 && !pgsql_is_sync(pgsql_first(s)))
		pgsql_drop_first(c);
}

/* The first message that waits has its answer, or a part of it. */
static void take_answer(struct app_call *c, const struct answer *a)
{
	struct pkts_pgsql_session *const s = &c->s->pgsql;
	const uint8_t first = pgsql_first(s);

	if (a->letter == 't')
		s->described = true;
	if (!a->done || (first == 'Q' && a->letter != 'Z'))
		return;
	if (pgsql_is_sync(first)) { /* ready() counts it */
		s->first = (uint8_t)((s->first + 1u) % PKTS_PGSQL_AHEAD);
		s->count--;
	} else {
		pgsql_drop_first(c);
	}
}

static void answer(struct app_call *c, const struct pgsql_message *m, const struct answer *a)
{
	struct pkts_pgsql_session *const s = &c->s->pgsql;
	const bool fits = s->loose || has_letter(a->to, pgsql_first(s));
	const bool twice = a->letter == 't' && s->described;

	if (!fits || (twice && !s->loose))
		violate(c);
	if (!fits && a->letter == 'Z')
		resync(c);
	if (!s->loose && pgsql_first(s) != 0 && has_letter(a->to, pgsql_first(s)))
		take_answer(c, a);
	if (a->letter == 'Z') {
		ready(c, m);
		return;
	}
	if (fits && has_letter("GHW", a->letter))
		copy_begins(c, a->letter);
	else if (fits && has_letter("CI", a->letter) && c->s->state > PKTS_PGSQL_STATE_BUSY)
		pgsql_settle(c);
	pgsql_emit(c, m, PKTS_APP_NEITHER, 0);
}

void pgsql_backend(struct app_call *c, const struct pgsql_message *m)
{
	const struct answer *const a = answer_of(m->letter);

	if (c->s->state < PKTS_PGSQL_STATE_READY && !is_unasked(m->letter)) {
		before_ready(c, m);
	} else if (m->letter == 'E') {
		error(c, m);
	} else if (m->letter == 'd' || m->letter == 'c') {
		copy_data(c, m);
	} else if (a) {
		answer(c, m, a);
	} else {
		if (!is_unasked(m->letter))
			violate(c);
		pgsql_emit(c, m, PKTS_APP_NEITHER, 0);
	}
}
