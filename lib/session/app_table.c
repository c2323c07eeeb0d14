/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The protocols as data, and the names of everything in them. */
#include "app.h"

#define NAME(ID, NAME, ...) #NAME,

const char *const app_mysql_kinds[] = {PKTS_MYSQL_KINDS(NAME)};
const char *const app_mysql_states[] = {PKTS_MYSQL_STATES(NAME)};
const char *const app_pgsql_kinds[] = {PKTS_PGSQL_FRONTEND(NAME) PKTS_PGSQL_BACKEND(NAME)};
const char *const app_pgsql_states[] = {PKTS_PGSQL_STATES(NAME)};
const char *const app_diameter_kinds[] = {PKTS_DIAMETER_KINDS(NAME)};
const char *const app_diameter_states[] = {PKTS_DIAMETER_STATES(NAME)};

static const char *const names[] = {PKTS_APPS(NAME)};

static const struct pkts_app apps[PKTS_APP_MAX] = {
	[PKTS_APP_NONE] = {.name = ""},
	[PKTS_APP_MYSQL] = {"mysql", {3306}, true, app_mysql_kinds, app_mysql_states,
		PKTS_MYSQL_KIND_MAX, PKTS_MYSQL_STATE_MAX, &app_mysql_ops},
	[PKTS_APP_PGSQL] = {"pgsql", {5432}, true, app_pgsql_kinds, app_pgsql_states,
		PKTS_PGSQL_KIND_MAX, PKTS_PGSQL_STATE_MAX, &app_pgsql_ops},
	[PKTS_APP_DIAMETER] = {"diameter", {3868}, true, app_diameter_kinds, app_diameter_states,
		PKTS_DIAMETER_KIND_MAX, PKTS_DIAMETER_STATE_MAX, &app_diameter_ops},
	[PKTS_APP_TLS] = {.name = "tls", .ports = {443, 5658}},
	[PKTS_APP_HTTP] = {.name = "http", .ports = {80, 8080}},
	[PKTS_APP_HTTP2] = {.name = "http2", .ports = {80}},
	[PKTS_APP_SSH] = {.name = "ssh", .ports = {22}},
	[PKTS_APP_SMTP] = {.name = "smtp", .ports = {25, 587, 2525}},
	[PKTS_APP_FTP] = {.name = "ftp", .ports = {21}},
	[PKTS_APP_IMAP] = {.name = "imap", .ports = {143}},
	[PKTS_APP_POP3] = {.name = "pop3", .ports = {110}},
	[PKTS_APP_SMB] = {.name = "smb", .ports = {445, 139}},
	[PKTS_APP_MQTT] = {.name = "mqtt", .ports = {1883}},
	[PKTS_APP_DNS] = {.name = "dns", .ports = {53}},
};
_Static_assert(PKTS_ARRAY_LEN(names) == PKTS_APP_MAX, "a row for each");

const struct pkts_app *pkts_app_at(unsigned id)
{
	return &apps[id < PKTS_APP_MAX ? id : PKTS_APP_NONE];
}

static bool same(const char *a, const char *b, size_t len)
{
	size_t i = 0;

	while (i < len && a[i] && a[i] == b[i])
		i++;
	return i == len && a[i] == '\0';
}

enum pkts_app_id pkts_app_by_name(const char *name, size_t len)
{
	if (same("postgresql", name, len))
		return PKTS_APP_PGSQL;
	for (unsigned id = PKTS_APP_NONE + 1; id < PKTS_APP_MAX; id++)
		if (same(names[id], name, len))
			return (enum pkts_app_id)id;
	return PKTS_APP_NONE;
}

const char *pkts_app_session_state_name(const struct pkts_app_session *s)
{
	const struct pkts_app *const app = pkts_app_at(s->app);

	return s->state < app->nstates ? app->states[s->state] : "";
}

const char *pkts_app_kind_name(enum pkts_app_id id, unsigned kind)
{
	const struct pkts_app *const app = pkts_app_at(id);

	return kind < app->nkinds ? app->kinds[kind] : "";
}

const char *pkts_mysql_command_name(unsigned command)
{
#define ROW(ID, NUMBER, NAME) {NUMBER, #NAME},
	static const struct {
		uint8_t number;
		const char *name;
	} rows[] = {PKTS_MYSQL_COMMANDS(ROW)};
#undef ROW
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		if (rows[i].number == command)
			return rows[i].name;
	return "";
}
