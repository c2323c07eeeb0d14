/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* MySQL: from the server's greeting to its OK. */
#include "mysql.h"

/* Offsets behind the version's NUL in a handshake packet of version 10. */
enum {
	CAPS_LOW = 4 + 8 + 1,
	CAPS_HIGH = CAPS_LOW + 2 + 1 + 2,
	CAPS_MARIADB = CAPS_HIGH + 2 + 1 + 6,
};

/* How many bytes the version takes with its NUL; 0 if that is not there. */
static uint32_t version_size(struct mysql_packet q)
{
	uint32_t i = 1;

	while (i < q.n && q.p[i] != 0)
		i++;
	return i < q.n ? i : 0;
}

static void read_server_caps(struct pkts_mysql_session *m, const uint8_t *p, uint32_t n)
{
	if (n < CAPS_LOW + 2)
		return;
	m->server_caps = mysql_le16(p + CAPS_LOW);
	if (n >= CAPS_HIGH + 2)
		m->server_caps |= (uint32_t)mysql_le16(p + CAPS_HIGH) << 16;
	m->maria = !(m->server_caps & MYSQL_CLIENT_MYSQL);
	if (m->maria && n >= CAPS_MARIADB + 4)
		m->extended = mysql_le32(p + CAPS_MARIADB);
}

void mysql_greeting(struct app_call *c, struct mysql_packet q)
{
	struct pkts_mysql_session *const m = &c->s->mysql;

	if (q.n > 0 && q.p[0] == MYSQL_ERR) {
		app_note(c, PKTS_SESSION_APP_AUTH_FAILED);
		mysql_error(c, q, PKTS_MYSQL_STATE_FAILED);
		return;
	}
	const uint32_t version = version_size(q);
	if (version == 0 || (q.p[0] != 10 && q.p[0] != 9)) {
		app_stop_format(c);
		return;
	}
	if (q.p[0] == 10)
		read_server_caps(m, q.p + version + 1, q.n - version - 1);
	c->s->state = PKTS_MYSQL_STATE_GREETED;
	mysql_emit(c, q, PKTS_MYSQL_KIND_GREETING, PKTS_APP_NEITHER, mysql_nothing);
}

/* Both layouts of the handshake response begin with the capabilities: 2 bytes, or all 4. */
static bool read_client_caps(struct pkts_mysql_session *m, struct mysql_packet q)
{
	if (q.n < 5)
		return false;
	m->client_caps = mysql_le16(q.p);
	if (!(m->client_caps & MYSQL_CLIENT_PROTOCOL_41)) {
		m->caps = m->client_caps & m->server_caps;
		m->extended = 0;
		return true;
	}
	if (q.n < 32)
		return false;
	m->client_caps = mysql_le32(q.p);
	m->caps = m->client_caps & m->server_caps;
	m->extended &= m->client_caps & MYSQL_CLIENT_MYSQL ? 0 : mysql_le32(q.p + 28);
	return true;
}

void mysql_login(struct app_call *c, struct mysql_packet q)
{
	struct pkts_mysql_session *const m = &c->s->mysql;

	if (!read_client_caps(m, q)) {
		app_stop_format(c);
		return;
	}
	m->auth_pair = ++c->s->pairs;
	c->s->state = PKTS_MYSQL_STATE_AUTH;
	if (m->client_caps & MYSQL_CLIENT_SSL) { /* whatever stands behind it, TLS comes next */
		if (!(m->server_caps & MYSQL_CLIENT_SSL))
			app_note(c, PKTS_SESSION_APP_VIOLATION);
		app_note(c, PKTS_SESSION_APP_ENCRYPTED);
		app_stop(c, PKTS_MYSQL_STATE_TLS);
		mysql_emit(c, q, PKTS_MYSQL_KIND_SSL_REQUEST, PKTS_APP_NEITHER, mysql_nothing);
		return;
	}
	mysql_emit(c, q, PKTS_MYSQL_KIND_LOGIN, PKTS_APP_REQUEST,
		(struct pkts_mysql_waiting){.pair = m->auth_pair});
}

static void let_in(struct app_call *c, struct mysql_packet q)
{
	const struct pkts_mysql_session *const m = &c->s->mysql;

	c->s->state = PKTS_MYSQL_STATE_COMMAND;
	if (m->caps & (MYSQL_CLIENT_COMPRESS | MYSQL_CLIENT_ZSTD)) {
		app_note(c, PKTS_SESSION_APP_COMPRESSED);
		app_stop(c, PKTS_MYSQL_STATE_COMPRESSED);
	}
	mysql_emit(c, q, PKTS_MYSQL_KIND_OK, PKTS_APP_ANSWER,
		(struct pkts_mysql_waiting){.pair = m->auth_pair});
}

void mysql_auth_answer(struct app_call *c, struct mysql_packet q)
{
	switch (q.n > 0 ? q.p[0] : MYSQL_MORE) {
	case MYSQL_OK:
		let_in(c, q);
		break;
	case MYSQL_ERR:
		app_note(c, PKTS_SESSION_APP_AUTH_FAILED);
		mysql_error(c, q, PKTS_MYSQL_STATE_FAILED);
		break;
	case MYSQL_EOF:
		mysql_emit(c, q, PKTS_MYSQL_KIND_AUTH_SWITCH, PKTS_APP_NEITHER, mysql_nothing);
		break;
	default: /* a method's own bytes */
		mysql_emit(c, q, PKTS_MYSQL_KIND_AUTH_MORE, PKTS_APP_NEITHER, mysql_nothing);
	}
}
