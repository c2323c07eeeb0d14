/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* MySQL as a Session: packets, their numbering, and what the client sends. */
#include "mysql.h"

const struct pkts_mysql_waiting mysql_nothing = {0};

enum mysql_answer mysql_answer_to(uint8_t command)
{
	static const uint8_t answers[] = {
		[PKTS_MYSQL_COM_QUIT] = MYSQL_ANSWER_NONE,
		[PKTS_MYSQL_COM_QUERY] = MYSQL_ANSWER_RESULT,
		[PKTS_MYSQL_COM_FIELD_LIST] = MYSQL_ANSWER_FIELDS,
		[PKTS_MYSQL_COM_STATISTICS] = MYSQL_ANSWER_TEXT,
		[PKTS_MYSQL_COM_PROCESS_INFO] = MYSQL_ANSWER_RESULT,
		[PKTS_MYSQL_COM_CHANGE_USER] = MYSQL_ANSWER_AUTH,
		[PKTS_MYSQL_COM_BINLOG_DUMP] = MYSQL_ANSWER_STREAM,
		[PKTS_MYSQL_COM_TABLE_DUMP] = MYSQL_ANSWER_STREAM,
		[PKTS_MYSQL_COM_STMT_PREPARE] = MYSQL_ANSWER_PREPARED,
		[PKTS_MYSQL_COM_STMT_EXECUTE] = MYSQL_ANSWER_RESULT,
		[PKTS_MYSQL_COM_STMT_SEND_LONG_DATA] = MYSQL_ANSWER_NONE,
		[PKTS_MYSQL_COM_STMT_CLOSE] = MYSQL_ANSWER_NONE,
		[PKTS_MYSQL_COM_STMT_FETCH] = MYSQL_ANSWER_ROWS,
		[PKTS_MYSQL_COM_BINLOG_DUMP_GTID] = MYSQL_ANSWER_STREAM,
		[PKTS_MYSQL_COM_CLONE] = MYSQL_ANSWER_STREAM,
		[PKTS_MYSQL_COM_SUBSCRIBE_GROUP] = MYSQL_ANSWER_STREAM,
	};

	if (command == PKTS_MYSQL_COM_STMT_BULK_EXECUTE)
		return MYSQL_ANSWER_RESULT;
	return command < PKTS_ARRAY_LEN(answers) ? answers[command] : MYSQL_ANSWER_SIMPLE;
}

/* An error that the server greets with: too many connections, a blocked host ... */
static enum pkts_app_verdict begins_with_error(const uint8_t *p, uint32_t n)
{
	if (n < 8)
		return PKTS_APP_WAIT;
	const uint16_t code = mysql_le16(p + 5);
	return code >= 1000 && code < 5000 && p[7] >= ' ' && p[7] < 0x7f ? PKTS_APP_YES
									 : PKTS_APP_NO;
}

/* The server's version begins with a number and a dot. */
static enum pkts_app_verdict begins_with_version(const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 5; i < n; i++) {
		if (p[i] == '.')
			return i > 5 ? PKTS_APP_YES : PKTS_APP_NO;
		if (p[i] < '0' || p[i] > '9' || i > 7)
			return PKTS_APP_NO;
	}
	return PKTS_APP_WAIT;
}

enum pkts_app_verdict app_mysql_begins(const uint8_t *p, uint32_t n)
{
	if (n < MYSQL_HEAD + 1)
		return n < 3 || p[2] == 0 ? PKTS_APP_WAIT : PKTS_APP_NO;
	if (mysql_le24(p) < 8 || mysql_le24(p) > 1024 || p[3] != 0)
		return PKTS_APP_NO;
	if (p[4] == MYSQL_ERR)
		return begins_with_error(p, n);
	return p[4] == 10 || p[4] == 9 ? begins_with_version(p, n) : PKTS_APP_NO;
}

void mysql_emit(struct app_call *c, struct mysql_packet q, enum pkts_mysql_kind kind,
	enum pkts_app_role role, struct pkts_mysql_waiting answered)
{
	app_emit(c, (struct pkts_app_message){
			    .p = q.p - MYSQL_HEAD,
			    .n = q.n + MYSQL_HEAD,
			    .offset = c->half->offset,
			    .len = (uint64_t)q.len + MYSQL_HEAD,
			    .kind = (uint8_t)kind,
			    .role = role,
			    .pair = answered.pair,
			    .code = kind == PKTS_MYSQL_KIND_ERROR ? c->s->mysql.error : 0,
			    .command = c->server			 ? answered.command
				       : kind == PKTS_MYSQL_KIND_COMMAND ? q.p[0]
									 : 0,
		    });
}

/* Sequence ids */

/* What the number has to be; NULL: it does not matter, or it is 0. */
static uint8_t *due(struct app_call *c)
{
	struct pkts_mysql_session *const m = &c->s->mysql;

	switch (c->s->state) {
	case PKTS_MYSQL_STATE_START:
	case PKTS_MYSQL_STATE_GREETED:
	case PKTS_MYSQL_STATE_AUTH:
		return &m->sequence;
	case PKTS_MYSQL_STATE_INFILE:
		return &mysql_first(m)->sequence;
	default:
		return c->server && m->count > 0 ? &mysql_first(m)->sequence : NULL;
	}
}

static void check_sequence(struct app_call *c, uint8_t sequence)
{
	uint8_t *const number = due(c);
	const bool free = c->server || c->s->state == PKTS_MYSQL_STATE_STREAM;
	const bool right = number ? *number == sequence : free || sequence == 0;

	if (!right)
		app_note(c, PKTS_SESSION_APP_VIOLATION);
	if (number)
		*number = (uint8_t)(sequence + 1);
}

/* A further packet of a message that is longer than one: nothing in it matters but its number. */
static void go_on(struct app_call *c, struct mysql_packet q)
{
	struct pkts_mysql_session *const m = &c->s->mysql;
	struct pkts_mysql_waiting *const last =
		&m->waiting[(m->first + m->count - 1u) % PKTS_MYSQL_AHEAD];
	uint8_t *const number = due(c);

	if (q.sequence != m->next[c->dir])
		app_note(c, PKTS_SESSION_APP_VIOLATION);
	if (number)
		*number = (uint8_t)(q.sequence + 1);
	else if (!c->server && m->count > 0)
		last->sequence = (uint8_t)(q.sequence + 1);
}

/* Commands */

static void wait_for_answer(struct app_call *c, struct mysql_packet q)
{
	struct pkts_mysql_session *const m = &c->s->mysql;

	if (m->count == PKTS_MYSQL_AHEAD) {
		app_note(c, PKTS_SESSION_APP_EVICTED);
		app_stop(c, PKTS_MYSQL_STATE_LOST);
		return;
	}
	m->waiting[(m->first + m->count) % PKTS_MYSQL_AHEAD] = (struct pkts_mysql_waiting){
		.pair = c->s->pairs,
		.command = q.p[0],
		.sequence = (uint8_t)(q.sequence + 1),
	};
	if (m->count++ == 0)
		m->part = (uint8_t)mysql_first_part(m);
	c->s->state = PKTS_MYSQL_STATE_ANSWER;
}

/* Nothing may wait when the user changes, or the log begins: what follows is numbered anew. */
static void change_state(struct app_call *c, struct mysql_packet q, enum mysql_answer answer)
{
	struct pkts_mysql_session *const m = &c->s->mysql;

	if (m->count > 0) {
		app_stop_violation(c);
		return;
	}
	m->auth_pair = c->s->pairs;
	m->sequence = (uint8_t)(q.sequence + 1);
	c->s->state = answer == MYSQL_ANSWER_AUTH ? PKTS_MYSQL_STATE_AUTH : PKTS_MYSQL_STATE_STREAM;
}

static void command(struct app_call *c, struct mysql_packet q)
{
	const enum mysql_answer answer = q.n > 0 ? mysql_answer_to(q.p[0]) : MYSQL_ANSWER_SIMPLE;
	const bool none = answer == MYSQL_ANSWER_NONE;

	if (q.n == 0) {
		app_stop_format(c);
		return;
	}
	c->s->pairs += !none;
	if (q.p[0] == PKTS_MYSQL_COM_QUIT)
		c->s->state = PKTS_MYSQL_STATE_QUIT;
	else if (answer == MYSQL_ANSWER_AUTH || answer == MYSQL_ANSWER_STREAM)
		change_state(c, q, answer);
	else if (!none)
		wait_for_answer(c, q);
	mysql_emit(c, q, PKTS_MYSQL_KIND_COMMAND, none ? PKTS_APP_NEITHER : PKTS_APP_REQUEST,
		(struct pkts_mysql_waiting){.pair = none ? 0 : c->s->pairs});
}

static void file_data(struct app_call *c, struct mysql_packet q)
{
	if (q.len == 0)
		c->s->state = PKTS_MYSQL_STATE_ANSWER;
	mysql_emit(c, q, PKTS_MYSQL_KIND_FILE_DATA, PKTS_APP_NEITHER, mysql_nothing);
}

void mysql_client(struct app_call *c, struct mysql_packet q)
{
	switch (c->s->state) {
	case PKTS_MYSQL_STATE_GREETED:
		mysql_login(c, q);
		break;
	case PKTS_MYSQL_STATE_AUTH:
		mysql_emit(c, q, PKTS_MYSQL_KIND_AUTH_DATA, PKTS_APP_NEITHER, mysql_nothing);
		break;
	case PKTS_MYSQL_STATE_COMMAND:
	case PKTS_MYSQL_STATE_ANSWER:
		command(c, q);
		break;
	case PKTS_MYSQL_STATE_INFILE:
		file_data(c, q);
		break;
	case PKTS_MYSQL_STATE_STREAM:
		mysql_emit(c, q, PKTS_MYSQL_KIND_SEMISYNC, PKTS_APP_NEITHER, mysql_nothing);
		break;
	default: /* before the greeting, behind QUIT or behind the server's last error */
		app_stop_violation(c);
	}
}

/* Units */

static bool is_end_or_error(uint8_t first)
{
	return first == MYSQL_EOF || first == MYSQL_ERR;
}

/* Rows, columns and files are many: no more of them than it takes to tell them from what ends them. */
static bool is_bulk(const struct app_call *c)
{
	const struct pkts_mysql_session *const m = &c->s->mysql;

	if (!c->server)
		return c->s->state == PKTS_MYSQL_STATE_INFILE;
	return c->s->state == PKTS_MYSQL_STATE_STREAM ||
	       (m->count > 0 && m->part != PKTS_MYSQL_PART_FIRST);
}

static bool is_there(struct app_call *c, const uint8_t *p, uint32_t n, uint64_t total)
{
	const bool bulk = is_bulk(c);

	if (!app_has(c, n, bulk ? MYSQL_HEAD + 1 : PKTS_APP_HEAD, total))
		return false;
	if (bulk && n > MYSQL_HEAD && is_end_or_error(p[MYSQL_HEAD]))
		return app_has(c, n, PKTS_APP_HEAD, total);
	return true;
}

static void packet(struct app_call *c, struct mysql_packet q, bool continued)
{
	if (continued) {
		go_on(c, q);
		return;
	}
	check_sequence(c, q.sequence);
	(c->server ? mysql_server : mysql_client)(c, q);
}

static int64_t unit(struct app_call *c, const uint8_t *p, uint32_t n)
{
	struct pkts_mysql_session *const m = &c->s->mysql;
	const uint32_t len = mysql_le24(p);
	const uint64_t total = (uint64_t)len + MYSQL_HEAD;
	const bool continued = m->continues[c->dir];

	if (!continued && !is_there(c, p, n, total))
		return APP_NEED;
	const struct mysql_packet q = {p + MYSQL_HEAD, n - MYSQL_HEAD, len, p[3]};
	packet(c, q, continued);
	if (c->s->done)
		return APP_STOP;
	m->continues[c->dir] = len == MYSQL_LONGEST;
	m->next[c->dir] = (uint8_t)(p[3] + 1);
	return (int64_t)total;
}

static unsigned waiting(const struct pkts_app_session *s)
{
	return s->mysql.count + (s->state == PKTS_MYSQL_STATE_AUTH);
}

static bool inside(const struct pkts_app_session *s, unsigned dir)
{
	return s->mysql.continues[dir];
}

const struct pkts_app_ops app_mysql_ops = {
	.head = MYSQL_HEAD,
	.lost = PKTS_MYSQL_STATE_LOST,
	.unit = unit,
	.inside = inside,
	.waiting = waiting,
};
