/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "app_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkts_bits.h"
#include "row.h"

#define ROOM	   (1u << 18) /* for a line's bytes */
#define ROOM_LARGE (1u << 25)

struct line {
	const char *p, *end;
};

static void skip_blanks(struct line *l)
{
	while (l->p < l->end && (*l->p == ' ' || *l->p == '\t'))
		l->p++;
}

static unsigned long number(struct line *l, int base)
{
	char *end;
	const unsigned long v = strtoul(l->p, &end, base);

	l->p = end;
	skip_blanks(l);
	return v;
}

static bool is_repeat(struct line l)
{
	while (l.p < l.end && *l.p >= '0' && *l.p <= '9')
		l.p++;
	return l.p < l.end && *l.p == '*';
}

static uint8_t hex(const char *p)
{
	const char two[3] = {p[0], p[1], '\0'};

	return (uint8_t)strtoul(two, NULL, 16);
}

/* Up to the line's end, or to an 'a', which begins a pair. */
static uint32_t body(struct line *l, uint8_t *out)
{
	uint32_t n = 0;

	for (skip_blanks(l); l->p < l->end; skip_blanks(l)) {
		if (*l->p == 'a' && l->p[1] == ' ')
			break;
		if (*l->p == '\'') {
			for (l->p++; *l->p != '\''; l->p++)
				out[n++] = (uint8_t)*l->p;
			l->p++;
		} else if (is_repeat(*l)) {
			const unsigned long times = strtoul(l->p, NULL, 10);
			l->p = strchr(l->p, '*') + 1;
			memset(out + n, hex(l->p), times);
			n += (uint32_t)times;
			l->p += 2;
		} else {
			out[n++] = hex(l->p);
			l->p += 2;
		}
	}
	return n;
}

static uint32_t mysql(struct line *l, uint8_t *out)
{
	const unsigned long sequence = number(l, 10);
	const uint32_t n = body(l, out + 4);

	out[0] = (uint8_t)n;
	out[1] = (uint8_t)(n >> 8);
	out[2] = (uint8_t)(n >> 16);
	out[3] = (uint8_t)sequence;
	return n + 4;
}

static uint32_t pgsql(struct line *l, uint8_t *out)
{
	out[0] = (uint8_t)*l->p++;
	const uint32_t n = body(l, out + 5);
	pkts_put_be32(out + 1, n + 4);
	return n + 5;
}

static uint32_t pgsql_untyped(struct line *l, uint8_t *out)
{
	const uint32_t n = body(l, out + 4);

	pkts_put_be32(out, n + 4);
	return n + 4;
}

static uint32_t pair(struct line *l, uint8_t *out)
{
	l->p += 2;
	pkts_put_be32(out, (uint32_t)number(l, 10));
	const uint32_t flags = (uint32_t)number(l, 16);
	const uint32_t n = 8 + body(l, out + 8);
	pkts_put_be32(out + 4, flags << 24 | n);
	memset(out + n, 0, 3);
	return (n + 3) & ~3u;
}

static uint32_t diameter(struct line *l, uint8_t *out)
{
	const uint32_t command = (uint32_t)number(l, 10), flags = (uint32_t)number(l, 16),
		       hbh = (uint32_t)number(l, 10);
	uint32_t n = 20 + body(l, out + 20);

	while (l->p < l->end && *l->p == 'a')
		n += pair(l, out + n);
	pkts_put_be32(out, 1u << 24 | n);
	pkts_put_be32(out + 4, flags << 24 | command);
	pkts_put_be32(out + 8, command == 272 ? 4 : 0);
	pkts_put_be32(out + 12, hbh);
	pkts_put_be32(out + 16, hbh);
	return n;
}

static uint32_t line_bytes(struct line l, uint8_t *out)
{
	const char form = *l.p++;

	skip_blanks(&l);
	switch (form) {
	case 'm':
		return mysql(&l, out);
	case 'q':
		return pgsql(&l, out);
	case 's':
		return pgsql_untyped(&l, out);
	case 'd':
		return diameter(&l, out);
	default:
		return body(&l, out);
	}
}

uint32_t app_rig_bytes(const char *line, uint8_t *out, uint32_t room)
{
	(void)room;
	return line_bytes((struct line){line, line + strlen(line)}, out);
}

/* Writing down */

static void add(struct app_rig *r, const char *text)
{
	const size_t n = strlen(text);

	if (r->n + n + 1 > sizeof(r->text))
		return;
	memcpy(r->text + r->n, text, n + 1);
	r->n += n;
}

static void add_events(struct app_rig *r, uint64_t events)
{
	for (unsigned e = 0; e < PKTS_SESSION_EVENT_MAX; e++) {
		if (events >> e & 1) {
			add(r, " ");
			add(r, pkts_session_event_name((enum pkts_session_event)e) +
					strlen("app_"));
		}
	}
}

static void add_number(struct app_rig *r, const char *format, unsigned v)
{
	char text[32];

	if (v == 0)
		return;
	snprintf(text, sizeof(text), format, v);
	add(r, text);
}

static void add_code(struct app_rig *r, const struct pkts_app_message *m)
{
	char sqlstate[6];

	if (m->app == PKTS_APP_MYSQL && m->kind == PKTS_MYSQL_KIND_COMMAND) {
		add(r, " ");
		add(r, pkts_mysql_command_name(m->command));
	}
	if (m->app == PKTS_APP_DIAMETER && m->command < 257)
		add_number(r, " %u", m->command);
	if (m->app != PKTS_APP_PGSQL) {
		add_number(r, " %u", m->code);
	} else if (m->code) {
		pkts_pgsql_sqlstate(m->code, sqlstate);
		add(r, " ");
		add(r, sqlstate);
	}
}

static void on_message(
	void *ctx, const struct pkts_app_session *s, const struct pkts_app_message *m)
{
	struct app_rig *const r = ctx;

	assert_true(m->n <= PKTS_APP_HEAD && m->n <= m->len);
	add(r, m->dir == s->client ? "> " : "< ");
	add(r, pkts_app_kind_name(m->app, m->kind));
	add_code(r, m);
	add_number(r, m->role == PKTS_APP_REQUEST ? " +%u" : " -%u", m->pair);
	add(r, " ");
	add(r, pkts_app_session_state_name(s));
	add_events(r, m->judgement.events);
	add(r, "\n");
	r->told |= m->judgement.events;
}

/* In memory of just that size, so that a byte too many is seen. */
static struct pkts_app_result put(struct app_rig *r, unsigned dir, const uint8_t *p, uint32_t n)
{
	const struct pkts_app_out out = {on_message, r};
	uint8_t *const exact = malloc(n);

	memcpy(exact, p, n);
	const struct pkts_app_result result =
		(r->whole ? pkts_app_session_put_message : pkts_app_session_put)(
			&r->s, dir, (struct pkts_span){exact, n}, &out);
	free(exact);
	return result;
}

static uint32_t piece(unsigned *cut, uint32_t left)
{
	uint32_t n = left;

	if (*cut == 1) {
		n = 1;
	} else if (*cut > 1) {
		*cut = *cut * 1103515245u + 12345u;
		*cut |= 2;
		n = 1 + (*cut >> 16) % 40;
	}
	return PKTS_MIN(n, left);
}

static void tell(struct app_rig *r, struct pkts_app_result result)
{
	const uint64_t untold = result.judgement.events & ~r->told;

	r->told = 0;
	if (!untold)
		return;
	add(r, "!");
	add_events(r, untold);
	add(r, "\n");
}

static void send(struct app_rig *r, unsigned dir, const uint8_t *p, uint32_t n, unsigned *cut)
{
	while (n > 0) {
		const uint32_t k = piece(cut, n);
		tell(r, put(r, dir, p, k));
		p += k;
		n -= k;
	}
}

static void do_line(struct app_rig *r, struct line l, uint8_t *room, unsigned *cut)
{
	const unsigned dir = (*l.p == '<') ^ r->flip;

	l.p += 2;
	if (*l.p == '$') {
		tell(r, pkts_app_session_end(&r->s, dir));
	} else if (*l.p == '~' && r->whole) {
		tell(r, pkts_app_session_miss_messages(&r->s, dir));
	} else if (*l.p == '~') {
		l.p++;
		tell(r, pkts_app_session_gap(&r->s, dir, number(&l, 10)));
	} else {
		send(r, dir, room, line_bytes(l, room), cut);
	}
}

void app_rig_run(struct app_rig *r, const char *conversation, unsigned cut)
{
	uint8_t *const room = malloc(r->large ? ROOM_LARGE : ROOM);

	if (r->app != PKTS_APP_NONE)
		pkts_app_session_init_as(&r->s, r->app, r->flip);
	else if (r->flip)
		pkts_app_session_init(&r->s, r->dport, 40000, r->midstream);
	else
		pkts_app_session_init(&r->s, 40000, r->dport, r->midstream);
	r->s.midstream = r->midstream;
	r->n = 0;
	r->text[0] = '\0';
	r->told = 0;
	for (const char *p = conversation; *p;) {
		const char *const end = p + strcspn(p, "\n");
		do_line(r, (struct line){p, end}, room, &cut);
		p = end + (*end == '\n');
	}
	free(room);
	add(r, "= ");
	add(r, pkts_app_at(r->s.app)->name);
	add(r, " ");
	add(r, pkts_app_session_state_name(&r->s));
	add(r, r->s.done ? " done" : "");
}

void app_rig_demand(
	const struct app_rig *like, const char *name, const char *conversation, const char *wanted)
{
	struct app_rig *const r = malloc(sizeof(*r));

	*r = *like;
	for (unsigned flip = 0; flip < 2; flip++) {
		for (unsigned cut = 0; cut < (like->whole ? 1 : 12); cut++) {
			if (like->large && cut != 0 && cut != 2)
				continue;
			r->flip = flip;
			app_rig_run(r, conversation, cut);
			ROW_TEXT(name, r->text, wanted);
		}
	}
	free(r);
}
