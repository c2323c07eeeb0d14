/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* MySQL: what the server sends, once the client is in. */
#include "mysql.h"

#define PROGRESS_ERROR 0xffff /* MariaDB's ERR packet that is none */

/*
 * A length-encoded integer at *at, which moves behind it; what is not there reads as 0, and *at moves
 * beyond n.
 */
static uint64_t lenenc(struct mysql_packet q, uint32_t *at)
{
	static const uint8_t widths[] = {[0xfc] = 2, [0xfd] = 3, [0xfe] = 8, [0xff] = 0};
	uint64_t v = 0;

	if (*at >= q.n)
		return 0;
	const uint8_t first = q.p[*at];
	const uint32_t width = widths[first];
	(*at)++;
	if (width == 0)
		return first;
	for (uint32_t i = 0; i < width && *at + i < q.n; i++)
		v |= (uint64_t)q.p[*at + i] << (8 * i);
	*at += width;
	return v;
}

/* The status of an OK packet, or an EOF packet (which has warnings before it). */
static uint16_t read_status(struct app_call *c, struct mysql_packet q, bool eof)
{
	const uint32_t caps = c->s->mysql.caps;
	uint32_t at = 1;

	if (eof) {
		at = 3;
	} else {
		lenenc(q, &at);
		lenenc(q, &at);
	}
	const bool has = caps & (MYSQL_CLIENT_PROTOCOL_41 | MYSQL_CLIENT_TRANSACTIONS);
	const uint16_t status = has && at + 2 <= q.n ? mysql_le16(q.p + at) : 0;
	c->s->mysql.status = status;
	return status;
}

enum pkts_mysql_part mysql_first_part(const struct pkts_mysql_session *m)
{
	const enum mysql_answer answer = mysql_answer_to(m->waiting[m->first].command);

	return m->count > 0 && (answer == MYSQL_ANSWER_ROWS || answer == MYSQL_ANSWER_FIELDS)
		       ? PKTS_MYSQL_PART_ROWS
		       : PKTS_MYSQL_PART_FIRST;
}

static void finish(struct app_call *c)
{
	struct pkts_mysql_session *const m = &c->s->mysql;

	m->first = (uint8_t)((m->first + 1u) % PKTS_MYSQL_AHEAD);
	m->count--;
	m->part = (uint8_t)mysql_first_part(m);
	if (c->s->state != PKTS_MYSQL_STATE_QUIT)
		c->s->state = m->count > 0 ? PKTS_MYSQL_STATE_ANSWER : PKTS_MYSQL_STATE_COMMAND;
}

/* What is being answered. */
static struct pkts_mysql_waiting answered(const struct app_call *c)
{
	struct pkts_mysql_session *const m = &c->s->mysql;

	if (m->count > 0)
		return *mysql_first(m);
	if (c->s->state == PKTS_MYSQL_STATE_AUTH || c->s->state == PKTS_MYSQL_STATE_STREAM)
		return (struct pkts_mysql_waiting){.pair = m->auth_pair};
	return mysql_nothing;
}

void mysql_error(struct app_call *c, struct mysql_packet q, enum pkts_mysql_state state)
{
	const struct pkts_mysql_waiting to = answered(c);

	if (q.n < 3) {
		app_stop_format(c);
		return;
	}
	c->s->mysql.error = mysql_le16(q.p + 1);
	if (state == PKTS_MYSQL_STATE_ANSWER)
		finish(c);
	else
		c->s->state = (uint8_t)state;
	app_note(c, PKTS_SESSION_APP_ERROR);
	mysql_emit(c, q, PKTS_MYSQL_KIND_ERROR, to.pair ? PKTS_APP_ANSWER : PKTS_APP_NEITHER, to);
}

/* OK, EOF or what else ends the answer; `more`: only one of its results. */
static void end(struct app_call *c, struct mysql_packet q, enum pkts_mysql_kind kind, bool more)
{
	struct pkts_mysql_waiting to = answered(c);

	if (more) {
		c->s->mysql.part = PKTS_MYSQL_PART_FIRST;
		to.pair = 0;
	} else {
		finish(c);
	}
	mysql_emit(c, q, kind, more ? PKTS_APP_NEITHER : PKTS_APP_ANSWER, to);
}

static void part_of_answer(struct app_call *c, struct mysql_packet q, enum pkts_mysql_kind kind)
{
	struct pkts_mysql_waiting to = answered(c);

	to.pair = 0;
	mysql_emit(c, q, kind, PKTS_APP_NEITHER, to);
}

static void set_part(struct app_call *c, enum pkts_mysql_part part)
{
	c->s->mysql.part = (uint8_t)part;
}

static bool deprecates_eof(const struct app_call *c)
{
	return c->s->mysql.caps & MYSQL_CLIENT_DEPRECATE_EOF;
}

/* A row may begin with the same byte: then it is long, for it is the length of its first column. */
static bool is_eof(const struct app_call *c, struct mysql_packet q)
{
	const uint32_t most = deprecates_eof(c) ? MYSQL_LONGEST : 9;

	return q.n > 0 && q.p[0] == MYSQL_EOF && q.len < most;
}

/* Results */

/* Does the packet with the number of columns say that their definitions are left out? */
static bool skips_definitions(const struct app_call *c, struct mysql_packet *q)
{
	const struct pkts_mysql_session *const m = &c->s->mysql;

	if (m->caps & MYSQL_CLIENT_OPTIONAL_METADATA && q->n > 1) {
		const bool skips = q->p[0] == 0;
		q->p++;
		q->n--;
		return skips;
	}
	return m->extended & MARIADB_CLIENT_CACHE_METADATA && q->n > 1 && q->p[q->n - 1] == 0;
}

static void column_count(struct app_call *c, struct mysql_packet q)
{
	struct pkts_mysql_session *const m = &c->s->mysql;
	struct mysql_packet rest = q;
	const bool skips = skips_definitions(c, &rest);
	uint32_t at = 0;
	const uint64_t columns = lenenc(rest, &at);

	if (columns == 0 || columns > UINT16_MAX || at > rest.n) {
		app_stop_format(c);
		return;
	}
	m->left = (uint32_t)columns;
	set_part(c, !skips		? PKTS_MYSQL_PART_DEFINITIONS
		    : deprecates_eof(c) ? PKTS_MYSQL_PART_ROWS
					: PKTS_MYSQL_PART_DEFINITIONS_END);
	part_of_answer(c, q, PKTS_MYSQL_KIND_COLUMN_COUNT);
}

/* With optional metadata a number of columns may begin with 0, as OK does, which is longer. */
static bool is_ok(const struct app_call *c, struct mysql_packet q)
{
	const bool optional = c->s->mysql.caps & MYSQL_CLIENT_OPTIONAL_METADATA;

	return q.p[0] == MYSQL_OK && (!optional || q.len >= 7);
}

static void result(struct app_call *c, struct mysql_packet q)
{
	if (is_ok(c, q)) {
		const uint16_t status = read_status(c, q, false);
		end(c, q, PKTS_MYSQL_KIND_OK, status & MYSQL_SERVER_MORE_RESULTS);
	} else if (q.p[0] == MYSQL_INFILE) {
		c->s->state = PKTS_MYSQL_STATE_INFILE;
		part_of_answer(c, q, PKTS_MYSQL_KIND_INFILE);
	} else {
		column_count(c, q);
	}
}

static void definition(struct app_call *c, struct mysql_packet q, enum pkts_mysql_part next)
{
	if (--c->s->mysql.left == 0)
		set_part(c, next);
	part_of_answer(c, q, PKTS_MYSQL_KIND_DEFINITION);
}

static void row(struct app_call *c, struct mysql_packet q)
{
	const bool fields =
		mysql_answer_to(mysql_first(&c->s->mysql)->command) == MYSQL_ANSWER_FIELDS;

	if (!is_eof(c, q)) {
		part_of_answer(c, q, fields ? PKTS_MYSQL_KIND_DEFINITION : PKTS_MYSQL_KIND_ROW);
		return;
	}
	const uint16_t status = read_status(c, q, q.len < 7);
	end(c, q, PKTS_MYSQL_KIND_EOF, status & MYSQL_SERVER_MORE_RESULTS);
}

/* EOF behind definitions. Where a cursor was opened nothing follows: rows are fetched. */
static void definitions_end(struct app_call *c, struct mysql_packet q)
{
	if (!is_eof(c, q)) {
		set_part(c, PKTS_MYSQL_PART_ROWS);
		row(c, q);
		return;
	}
	if (read_status(c, q, true) & MYSQL_SERVER_CURSOR_EXISTS) {
		end(c, q, PKTS_MYSQL_KIND_EOF, false);
		return;
	}
	set_part(c, PKTS_MYSQL_PART_ROWS);
	part_of_answer(c, q, PKTS_MYSQL_KIND_EOF);
}

/* COM_STMT_PREPARE */

static void columns_of_prepared(
	struct app_call *c, struct mysql_packet q, enum pkts_mysql_kind kind)
{
	struct pkts_mysql_session *const m = &c->s->mysql;

	m->left = m->columns;
	if (m->left == 0) {
		end(c, q, kind, false);
		return;
	}
	set_part(c, PKTS_MYSQL_PART_COLUMNS);
	part_of_answer(c, q, kind);
}

/* Statement id, numbers of columns and parameters, a 0, warnings; perhaps whether definitions follow. */
static void prepared(struct app_call *c, struct mysql_packet q)
{
	struct pkts_mysql_session *const m = &c->s->mysql;

	if (q.p[0] != MYSQL_OK || q.n < 9) {
		app_stop_format(c);
		return;
	}
	const bool skips = m->caps & MYSQL_CLIENT_OPTIONAL_METADATA && q.n > 12 && q.p[12] == 0;
	m->columns = skips ? 0 : mysql_le16(q.p + 5);
	m->left = skips ? 0 : mysql_le16(q.p + 7);
	if (m->left == 0) {
		columns_of_prepared(c, q, PKTS_MYSQL_KIND_PREPARED);
		return;
	}
	set_part(c, PKTS_MYSQL_PART_PARAMETERS);
	part_of_answer(c, q, PKTS_MYSQL_KIND_PREPARED);
}

/* The last definition ends the answer where no EOF does. */
static void definition_of_prepared(struct app_call *c, struct mysql_packet q)
{
	struct pkts_mysql_session *const m = &c->s->mysql;
	const bool parameters = m->part == PKTS_MYSQL_PART_PARAMETERS;
	const bool last = m->left == 1;

	if (last && deprecates_eof(c) && parameters)
		columns_of_prepared(c, q, PKTS_MYSQL_KIND_DEFINITION);
	else if (last && deprecates_eof(c))
		end(c, q, PKTS_MYSQL_KIND_DEFINITION, false);
	else
		definition(c, q, (enum pkts_mysql_part)(m->part + 1));
}

static void eof_of_prepared(struct app_call *c, struct mysql_packet q)
{
	if (!is_eof(c, q))
		app_stop_violation(c);
	else if (c->s->mysql.part == PKTS_MYSQL_PART_PARAMETERS_END)
		columns_of_prepared(c, q, PKTS_MYSQL_KIND_EOF);
	else
		end(c, q, PKTS_MYSQL_KIND_EOF, false);
}

/* Answers */

static void simple(struct app_call *c, struct mysql_packet q)
{
	const bool eof = is_eof(c, q) && q.len < 7;

	if (q.p[0] != MYSQL_OK && !is_eof(c, q)) {
		app_stop_violation(c);
		return;
	}
	read_status(c, q, eof);
	end(c, q, q.p[0] == MYSQL_OK ? PKTS_MYSQL_KIND_OK : PKTS_MYSQL_KIND_EOF, false);
}

static void first(struct app_call *c, struct mysql_packet q)
{
	switch (mysql_answer_to(mysql_first(&c->s->mysql)->command)) {
	case MYSQL_ANSWER_RESULT:
		result(c, q);
		break;
	case MYSQL_ANSWER_PREPARED:
		prepared(c, q);
		break;
	case MYSQL_ANSWER_TEXT:
		end(c, q, PKTS_MYSQL_KIND_TEXT, false);
		break;
	default:
		simple(c, q);
	}
}

static bool is_progress(const struct app_call *c, struct mysql_packet q)
{
	return c->s->mysql.maria && q.n >= 3 && mysql_le16(q.p + 1) == PROGRESS_ERROR;
}

void mysql_answer(struct app_call *c, struct mysql_packet q)
{
	static void (*const parts[])(struct app_call *, struct mysql_packet) = {
		[PKTS_MYSQL_PART_FIRST] = first,
		[PKTS_MYSQL_PART_DEFINITIONS_END] = definitions_end,
		[PKTS_MYSQL_PART_PARAMETERS] = definition_of_prepared,
		[PKTS_MYSQL_PART_PARAMETERS_END] = eof_of_prepared,
		[PKTS_MYSQL_PART_COLUMNS] = definition_of_prepared,
		[PKTS_MYSQL_PART_COLUMNS_END] = eof_of_prepared,
		[PKTS_MYSQL_PART_ROWS] = row,
	};
	const enum pkts_mysql_part part = (enum pkts_mysql_part)c->s->mysql.part;

	if (q.n == 0) {
		app_stop_format(c);
	} else if (q.p[0] == MYSQL_ERR && is_progress(c, q)) {
		part_of_answer(c, q, PKTS_MYSQL_KIND_PROGRESS);
	} else if (q.p[0] == MYSQL_ERR) {
		mysql_error(c, q, PKTS_MYSQL_STATE_ANSWER);
	} else if (part == PKTS_MYSQL_PART_DEFINITIONS) {
		definition(c, q,
			deprecates_eof(c) ? PKTS_MYSQL_PART_ROWS : PKTS_MYSQL_PART_DEFINITIONS_END);
	} else {
		parts[part](c, q);
	}
}

/* Binary logs end with EOF or ERR, if at all. */
static void log_event(struct app_call *c, struct mysql_packet q)
{
	if (q.n > 0 && q.p[0] == MYSQL_ERR) {
		mysql_error(c, q, PKTS_MYSQL_STATE_COMMAND);
	} else if (is_eof(c, q)) {
		const struct pkts_mysql_waiting to = answered(c);
		c->s->state = PKTS_MYSQL_STATE_COMMAND;
		mysql_emit(c, q, PKTS_MYSQL_KIND_EOF, PKTS_APP_ANSWER, to);
	} else {
		part_of_answer(c, q, PKTS_MYSQL_KIND_LOG_EVENT);
	}
}

/* Nothing was asked: an error is the server's last word (a timeout, KILL, shutdown). */
static void unasked(struct app_call *c, struct mysql_packet q)
{
	if (q.n == 0 || q.p[0] != MYSQL_ERR) {
		app_stop_violation(c);
		return;
	}
	mysql_error(c, q, PKTS_MYSQL_STATE_FAILED);
}

void mysql_server(struct app_call *c, struct mysql_packet q)
{
	switch (c->s->state) {
	case PKTS_MYSQL_STATE_START:
		mysql_greeting(c, q);
		break;
	case PKTS_MYSQL_STATE_GREETED:
		unasked(c, q);
		break;
	case PKTS_MYSQL_STATE_AUTH:
		mysql_auth_answer(c, q);
		break;
	case PKTS_MYSQL_STATE_STREAM:
		log_event(c, q);
		break;
	default:
		if (c->s->mysql.count > 0)
			mysql_answer(c, q);
		else
			unasked(c, q);
	}
}
