/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Applications: which one a connection begins with, and what they have in common. */
#include "app_rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "row.h"

#define NO   "no"
#define WAIT "wait"

/* What each side has sent; the client in direction 0. */
static const struct {
	const char *name, *client, *server;
	uint16_t dport;
	const char
		*wanted; /* a name, or one of the above; < before it: direction 1 is the client's */
	bool midstream;
} rows[] = {
	{"1 nothing", "", "", 3306, WAIT},
	{"2 mysql", "", "4a000000 0a '8.0.30' 00", 40000, "mysql"},
	{"3 mysql, in direction 0", "4a000000 0a '8.0.30' 00", "", 40000, "<mysql"},
	{"4 mysql, begun", "", "4a000000 0a '8'", 40000, WAIT},
	{"5 mysql, version 9", "", "2a000000 09 '3.23.58'", 40000, "mysql"},
	{"6 mysql, an error", "", "17000000 ff 1004 'Too'", 40000, "mysql"},
	{"7 mysql, an error that is none", "ffffffff", "17000000 ff 0100 'Too'", 40000, NO},
	{"8 mysql, sequence id", "ffffffff", "4a000001 0a '8.0.30' 00", 40000, NO},
	{"9 mysql, too long", "ffffffff", "4a000100 0a '8.0.30' 00", 3306, NO},
	{"10 mysql, version", "ffffffff", "4a000000 0a 'x.0.30' 00", 3306, NO},
	{"11 mysql, midway", "ffffffff", "4a000000 0a '8.0.30' 00", 3306, NO, true},
	{"12 pgsql", "00000054 00030000 'user'", "", 40000, "pgsql"},
	{"13 pgsql, TLS", "00000008 04d2162f", "", 40000, "pgsql"},
	{"14 pgsql, GSS", "00000008 04d21630", "", 40000, "pgsql"},
	{"15 pgsql, cancel", "00000010 04d2162e 0102030405060708", "", 40000, "pgsql"},
	{"16 pgsql, 7 bytes", "00000008 04d216", "", 40000, WAIT},
	{"17 pgsql, a length that cannot be", "00000009 04d2162f", "ffffffff", 5432, NO},
	{"18 pgsql, too long", "00002711 00030000", "ffffffff", 5432, NO},
	{"19 pgsql, another version", "00000054 00ff00ff", "ffffffff", 5432, NO},
	{"20 pgsql, in direction 1", "", "00000008 04d2162f", 40000, "<pgsql"},
	{"21 diameter", "010000f4 80000101 00000000", "", 40000, "diameter"},
	{"22 diameter, an answer", "", "010000f4 00000101 00000000", 40000, "diameter"},
	{"23 diameter, asked by direction 1", "", "010000f4 80000101 00000000", 40000, "<diameter"},
	{"24 diameter, ... on its port", "", "010000f4 80000101 00000000", 3868, "diameter"},
	{"25 diameter, an application", "010000f4 c0000110 00000004", "ffffffff", 40000, NO},
	{"26 diameter, ... on its port", "010000f4 c0000110 00000004", "", 3868, "diameter"},
	{"27 diameter, ... midway", "010000f4 c0000110 00000004", "", 3868, "diameter", true},
	{"28 diameter, reserved flags", "010000f4 81000101 00000000", "ffffffff", 3868, NO},
	{"29 diameter, an error that is a request", "010000f4 a0000101 00000000", "ffffffff", 3868,
		NO},
	{"30 tls", "160301020001000001fc", "", 443, "tls"},
	{"31 tls, the server's answer", "", "1603030200 02", 40000, "tls"},
	{"32 tls, no hello", "1603010200 10", "ffffffff", 443, NO},
	{"33 http", "'GET / HTTP/1.1' 0d0a", "", 40000, "http"},
	{"34 http, an answer", "", "'HTTP/1.1 200 OK'", 40000, "http"},
	{"35 http/2", "'PRI * HTTP/2.0' 0d0a 0d0a", "", 40000, "http2"},
	{"36 ssh", "", "'SSH-2.0-OpenSSH'", 40000, "ssh"},
	{"37 ssh, begun", "'SSH-2'", "", 22, WAIT},
	{"38 smtp", "'ehlo me' 0d0a", "'220 mail'", 40000, "smtp"},
	{"39 220 alone", "", "'220 mail.example.com says hello to all'", 40000, WAIT},
	{"40 220 on port 25", "", "'220 mail'", 25, "smtp"},
	{"41 220 on port 21", "", "'220 mail'", 21, "ftp"},
	{"42 ftp", "'USER joe' 0d0a", "'220 files'", 40000, "ftp"},
	{"43 pop3", "'USER joe' 0d0a", "'+OK ready'", 40000, "pop3"},
	{"44 a user of who knows what", "'USER joe' 0d0a", "", 40000, WAIT},
	{"45 imap", "", "'* OK ready'", 40000, "imap"},
	{"46 smb", "000000d4 fe'SMB'", "", 40000, "smb"},
	{"47 mqtt", "102a0004'MQTT'04", "", 40000, "mqtt"},
	{"48 dns", "001d 1234 0100 0001 0000 0000 0000", "", 53, "dns"},
	{"49 dns, elsewhere", "001d 1234 0100 0001 0000 0000 0000", "ffffffff", 40000, NO},
	{"50 dns, an answer", "001d 1234 8180 0001 0000 0000 0000", "ffffffff", 53, NO},
	{"51 noise", "40*ff", "ffffffff", 3306, NO},
	{"52 noise of both", "'xyz'", "'xyz'", 3306, NO},
};

static uint32_t bytes_of(const char *body, uint8_t *out)
{
	char line[128];

	snprintf(line, sizeof(line), "x %s", body);
	return app_rig_bytes(line, out, 64);
}

static const char *probe(unsigned i, uint32_t client_n, uint32_t server_n, char *text)
{
	uint8_t *const client = malloc(64), *const server = malloc(64);
	const uint32_t most[2] = {
		bytes_of(rows[i].client, client), bytes_of(rows[i].server, server)};
	uint8_t *const exact[2] = {malloc(client_n + 1), malloc(server_n + 1)};
	struct pkts_app_sight sight = {
		.n = {PKTS_MIN(client_n, most[0]), PKTS_MIN(server_n, most[1])},
		.sport = 40001,
		.dport = rows[i].dport,
		.midstream = rows[i].midstream};
	enum pkts_app_id id = PKTS_APP_NONE;
	unsigned of = 0;

	memcpy(exact[0], client, sight.n[0]);
	memcpy(exact[1], server, sight.n[1]);
	sight.p[0] = exact[0];
	sight.p[1] = exact[1];
	const enum pkts_app_verdict verdict = pkts_app_probe(&sight, &id, &of);
	strcpy(text, of ? "<" : "");
	strcat(text, verdict == PKTS_APP_YES  ? pkts_app_at(id)->name
		     : verdict == PKTS_APP_NO ? NO
					      : WAIT);
	free(client);
	free(server);
	free(exact[0]);
	free(exact[1]);
	return text;
}

/* With fewer bytes it is the same, or not known yet: a side that is silent may still tell. */
static void recognition(void **state)
{
	char text[32];

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		ROW_TEXT(rows[i].name, probe(i, 64, 64, text), rows[i].wanted);
		for (uint32_t k = 0; k < 64; k++) {
			probe(i, k, k, text);
			ROW_TRUE(rows[i].name,
				strcmp(text, WAIT) == 0 || strcmp(text, rows[i].wanted) == 0);
		}
	}
}

static struct pkts_app_result put(struct pkts_app_session *s, unsigned dir, const char *body)
{
	uint8_t bytes[256];
	const uint32_t n = app_rig_bytes(body, bytes, sizeof(bytes));

	return pkts_app_session_put(s, dir, (struct pkts_span){bytes, n}, NULL);
}

/* What is only recognised, or is none of the list, wants no more bytes, and soon. */
static void unfollowed_wants_nothing(void **state)
{
	struct pkts_app_session s;

	(void)state;
	pkts_app_session_init(&s, 40000, 80, false);
	assert_int_equal(put(&s, 0, "x 'GE'").want, PKTS_APP_MORE);
	assert_int_equal(put(&s, 0, "x 'T / HTTP/1.1'").want, PKTS_APP_DONE);
	assert_int_equal(s.app, PKTS_APP_HTTP);
	assert_string_equal(pkts_app_session_state_name(&s), "");
	pkts_app_session_init(&s, 40000, 80, false);
	assert_int_equal(put(&s, 0, "x ffffffff").want, PKTS_APP_MORE);
	assert_int_equal(put(&s, 1, "x ffffffff").want, PKTS_APP_DONE);
	assert_int_equal(s.app, PKTS_APP_NONE);
	pkts_app_session_init(&s, 40000, 9999, false);
	unsigned puts = 0;
	while (put(&s, 1, "x '220 nobody ever says what this is'").want == PKTS_APP_MORE)
		assert_true(++puts < 200);
}

/* DONE is for good, whatever comes. */
static void done_stays_done(void **state)
{
	struct pkts_app_session s;

	(void)state;
	pkts_app_session_init(&s, 40000, 5432, false);
	assert_int_equal(put(&s, 0, "s 04d2162f").want, PKTS_APP_MORE);
	struct pkts_app_result result = put(&s, 1, "x 'S'");
	assert_int_equal(result.want, PKTS_APP_DONE);
	assert_int_equal(result.judgement.events, PKTS_SESSION_BIT(APP_ENCRYPTED));
	assert_int_equal(result.judgement.validity, PKTS_VALID);
	result = put(&s, 0, "x 16030100aa");
	assert_int_equal(result.want, PKTS_APP_DONE);
	assert_int_equal(result.judgement.events, 0);
	assert_int_equal(pkts_app_session_gap(&s, 0, 5).judgement.events, 0);
	assert_int_equal(pkts_app_session_end(&s, 0).judgement.events, 0);
	assert_int_equal(s.messages, 2);
}

static void judgements(void **state)
{
	struct pkts_app_session s;

	(void)state;
	pkts_app_session_init_as(&s, PKTS_APP_PGSQL, 0);
	assert_int_equal(
		put(&s, 0, "s 00030000 'user' 00 'joe' 00 00").judgement.validity, PKTS_VALID);
	assert_int_equal(put(&s, 0, "q Q 00").judgement.validity, PKTS_INVALID);
	assert_int_equal(
		put(&s, 1, "q E 'SFATAL' 00 'C28000' 00 00").judgement.validity, PKTS_SUSPECT);
	assert_int_equal(pkts_app_session_gap(&s, 1, 1).judgement.validity, PKTS_SUSPECT);
	assert_int_equal(s.done, true);
}

static void names(void **state)
{
	(void)state;
	for (unsigned id = PKTS_APP_NONE + 1; id < PKTS_APP_MAX; id++) {
		const char *const name = pkts_app_at(id)->name;
		assert_true(name[0] != '\0');
		assert_int_equal(pkts_app_by_name(name, strlen(name)), id);
		assert_int_equal(pkts_app_at(id)->session, pkts_app_at(id)->ops != NULL);
	}
	assert_int_equal(pkts_app_by_name("postgresql", 10), PKTS_APP_PGSQL);
	assert_int_equal(pkts_app_by_name("nothing", 7), PKTS_APP_NONE);
	assert_int_equal(pkts_app_by_name("", 0), PKTS_APP_NONE);
	assert_string_equal(pkts_app_at(PKTS_APP_MAX)->name, "");
	assert_string_equal(pkts_app_kind_name(PKTS_APP_MYSQL, PKTS_MYSQL_KIND_ROW), "row");
	assert_string_equal(pkts_app_kind_name(PKTS_APP_MYSQL, 200), "");
	assert_string_equal(pkts_app_kind_name(PKTS_APP_TLS, 0), "");
}

/* Each name is a key of records, each text a line for people. */
static void every_event_has_a_name_of_its_own_and_a_text(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_SESSION_EVENT_MAX; i++) {
		const char *const name = pkts_session_event_name((enum pkts_session_event)i);
		assert_int_equal(
			strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
		assert_true(strlen(name) > 2);
		assert_true(strlen(pkts_session_event_text((enum pkts_session_event)i)) > 8);
		for (unsigned k = 0; k < i; k++) {
			assert_string_not_equal(
				name, pkts_session_event_name((enum pkts_session_event)k));
			assert_string_not_equal(pkts_session_event_text((enum pkts_session_event)i),
				pkts_session_event_text((enum pkts_session_event)k));
		}
	}
	assert_non_null(pkts_session_event_text(PKTS_SESSION_EVENT_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recognition),
		cmocka_unit_test(unfollowed_wants_nothing),
		cmocka_unit_test(done_stays_done),
		cmocka_unit_test(judgements),
		cmocka_unit_test(names),
		cmocka_unit_test(every_event_has_a_name_of_its_own_and_a_text),
	};

	return cmocka_run_group_tests_name("app", tests, NULL, NULL);
}
