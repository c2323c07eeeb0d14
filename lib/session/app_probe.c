/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which protocol a connection begins with, by the first bytes of one side, or of both. */
#include "app.h"
#include "pkts_bits.h"

enum { CLIENT, SERVER, EITHER };

/* Text that one side begins with. */
struct signature {
	uint8_t app;
	uint8_t side;
	uint8_t n;
	uint16_t any;	  /* bit i: byte i may be anything */
	bool port;	  /* only if the port is one of the protocol's */
	const char *text; /* capital letters stand for small ones too, if `fold` */
	bool fold;
	const char *peer; /* what the other side begins with; NULL: no matter */
};

/* clang-format off */
#define TEXT(ID, SIDE, T) {.app = ID, .side = SIDE, .n = sizeof(T) - 1, .text = T}
#define VERB(ID, SIDE, T, ...) \
	{.app = ID, .side = SIDE, .n = sizeof(T) - 1, .text = T, .fold = true, __VA_ARGS__}
static const struct signature signatures[] = {
	{.app = PKTS_APP_TLS, .side = CLIENT, .n = 6, .any = 0x1c, .text = "\x16\3\0\0\0\1"},
	{.app = PKTS_APP_TLS, .side = SERVER, .n = 6, .any = 0x1c, .text = "\x16\3\0\0\0\2"},
	TEXT(PKTS_APP_HTTP2, CLIENT, "PRI * HTTP/2.0\r\n"),
	TEXT(PKTS_APP_HTTP, CLIENT, "GET "),
	TEXT(PKTS_APP_HTTP, CLIENT, "POST "),
	TEXT(PKTS_APP_HTTP, CLIENT, "HEAD "),
	TEXT(PKTS_APP_HTTP, CLIENT, "PUT "),
	TEXT(PKTS_APP_HTTP, CLIENT, "DELETE "),
	TEXT(PKTS_APP_HTTP, CLIENT, "OPTIONS "),
	TEXT(PKTS_APP_HTTP, CLIENT, "CONNECT "),
	TEXT(PKTS_APP_HTTP, CLIENT, "TRACE "),
	TEXT(PKTS_APP_HTTP, CLIENT, "PATCH "),
	TEXT(PKTS_APP_HTTP, SERVER, "HTTP/1."),
	TEXT(PKTS_APP_SSH, SERVER, "SSH-2.0-"),
	TEXT(PKTS_APP_SSH, SERVER, "SSH-1."),
	TEXT(PKTS_APP_SSH, CLIENT, "SSH-2.0-"),
	TEXT(PKTS_APP_SSH, CLIENT, "SSH-1."),
	VERB(PKTS_APP_SMTP, CLIENT, "EHLO "),
	VERB(PKTS_APP_SMTP, CLIENT, "HELO "),
	VERB(PKTS_APP_SMTP, SERVER, "220", .port = true),
	VERB(PKTS_APP_SMTP, SERVER, "421", .port = true),
	VERB(PKTS_APP_SMTP, SERVER, "554", .port = true),
	VERB(PKTS_APP_FTP, SERVER, "220", .port = true),
	VERB(PKTS_APP_FTP, CLIENT, "USER ", .peer = "220"),
	VERB(PKTS_APP_FTP, CLIENT, "AUTH ", .peer = "220"),
	VERB(PKTS_APP_FTP, CLIENT, "FEAT\r\n", .peer = "220"),
	VERB(PKTS_APP_POP3, SERVER, "+OK ", .port = true),
	VERB(PKTS_APP_POP3, CLIENT, "USER ", .peer = "+OK"),
	VERB(PKTS_APP_POP3, CLIENT, "CAPA\r\n", .peer = "+OK"),
	VERB(PKTS_APP_POP3, CLIENT, "APOP ", .peer = "+OK"),
	VERB(PKTS_APP_POP3, CLIENT, "AUTH", .peer = "+OK"),
	VERB(PKTS_APP_IMAP, SERVER, "* OK "),
	VERB(PKTS_APP_IMAP, SERVER, "* PREAUTH "),
	{.app = PKTS_APP_SMB, .side = CLIENT, .n = 8, .any = 0x0e, .text = "\0\0\0\0\xffSMB"},
	{.app = PKTS_APP_SMB, .side = CLIENT, .n = 8, .any = 0x0e, .text = "\0\0\0\0\xfeSMB"},
	{.app = PKTS_APP_MQTT, .side = CLIENT, .n = 8, .any = 0x02, .text = "\x10\0\0\4MQTT"},
	{.app = PKTS_APP_MQTT, .side = CLIENT, .n = 9, .any = 0x06, .text = "\x10\0\0\0\4MQTT"},
	{.app = PKTS_APP_MQTT, .side = CLIENT, .n = 8, .any = 0x02, .text = "\x10\0\0\6MQIs"},
};
/* clang-format on */

static uint8_t upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

static bool byte_fits(const struct signature *sig, unsigned i, uint8_t c)
{
	if (sig->any >> i & 1)
		return true;
	return (uint8_t)sig->text[i] == (sig->fold ? upper(c) : c);
}

static enum pkts_app_verdict text_fits(const struct signature *sig, const uint8_t *p, uint32_t n)
{
	for (unsigned i = 0; i < sig->n && i < n; i++)
		if (!byte_fits(sig, i, p[i]))
			return PKTS_APP_NO;
	return n < sig->n ? PKTS_APP_WAIT : PKTS_APP_YES;
}

static enum pkts_app_verdict peer_fits(const char *text, const uint8_t *p, uint32_t n)
{
	for (unsigned i = 0; text[i]; i++) {
		if (i == n)
			return PKTS_APP_WAIT;
		if (p[i] != (uint8_t)text[i])
			return PKTS_APP_NO;
	}
	return PKTS_APP_YES;
}

static bool port_is_of(const struct pkts_app *app, uint16_t port)
{
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(app->ports); i++)
		if (port != 0 && app->ports[i] == port)
			return true;
	return false;
}

/* The port of whom direction `dir` goes to. */
static uint16_t port_towards(const struct pkts_app_sight *sight, unsigned dir)
{
	return dir == 0 ? sight->dport : sight->sport;
}

static enum pkts_app_verdict signature_fits(
	const struct signature *sig, const struct pkts_app_sight *sight, unsigned client)
{
	const unsigned dir = sig->side == SERVER ? !client : client;
	enum pkts_app_verdict fits = text_fits(sig, sight->p[dir], sight->n[dir]);

	if (sig->port && !port_is_of(pkts_app_at(sig->app), port_towards(sight, client)))
		return PKTS_APP_NO;
	if (sig->peer && fits != PKTS_APP_NO) {
		const enum pkts_app_verdict peer =
			peer_fits(sig->peer, sight->p[!dir], sight->n[!dir]);
		fits = PKTS_MIN(fits, peer);
	}
	return fits;
}

/* DNS over TCP: a query, to the port (RFC 1035 4.1.1, 4.2.2; RFC 7766). */
static enum pkts_app_verdict dns_begins(const uint8_t *p, uint32_t n)
{
	if (n < 12)
		return PKTS_APP_WAIT;
	const bool query = !(p[4] & 0x80) && (p[4] >> 3 & 15) <= 6;
	return query && pkts_be16(p) >= 17 && pkts_be16(p + 6) == 1 ? PKTS_APP_YES : PKTS_APP_NO;
}

/* What is looked at by more than text. All but DNS are followed, so that the side's own bytes have to do. */
static const struct {
	uint8_t app, side;
	bool port; /* only if the port is one of the protocol's */
	enum pkts_app_verdict (*begins)(const uint8_t *p, uint32_t n);
} functions[] = {
	{PKTS_APP_MYSQL, SERVER, false, app_mysql_begins},
	{PKTS_APP_PGSQL, CLIENT, false, app_pgsql_begins},
	{PKTS_APP_DIAMETER, EITHER, false, app_diameter_begins},
	{PKTS_APP_DIAMETER, EITHER, true, app_diameter_header},
	{PKTS_APP_DNS, CLIENT, true, dns_begins},
};

static enum pkts_app_verdict function_fits(
	unsigned i, const struct pkts_app_sight *sight, unsigned client)
{
	const unsigned dir = functions[i].side == SERVER ? !client : client;
	const struct pkts_app *const app = pkts_app_at(functions[i].app);
	const bool either = functions[i].side == EITHER;
	const bool is_port = port_is_of(app, port_towards(sight, client)) ||
			     (either && port_is_of(app, port_towards(sight, !client)));

	if (functions[i].port && !is_port)
		return PKTS_APP_NO;
	if (sight->midstream && !either)
		return PKTS_APP_NO;
	if (sight->n[dir] == 0) /* bytes of a side that is full are not kept any more */
		return sight->n[!dir] < PKTS_APP_PROBE ? PKTS_APP_WAIT : PKTS_APP_NO;
	return functions[i].begins(sight->p[dir], sight->n[dir]);
}

/* Diameter's peers are alike: the client is who asks for capabilities, or does not own the port. */
static unsigned client_of(unsigned i, const struct pkts_app_sight *sight, unsigned client)
{
	const bool asks = sight->n[client] > 4 && sight->p[client][4] & 0x80;
	const struct pkts_app *const app = pkts_app_at(functions[i].app);

	if (functions[i].side != EITHER)
		return client;
	if (port_is_of(app, sight->dport) != port_is_of(app, sight->sport))
		return port_is_of(app, sight->sport);
	return asks ? client : !client;
}

static enum pkts_app_verdict probe_as(
	const struct pkts_app_sight *sight, unsigned client, enum pkts_app_id *id, unsigned *of)
{
	bool wait = false;

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(functions); i++) {
		const enum pkts_app_verdict fits = function_fits(i, sight, client);
		wait |= fits == PKTS_APP_WAIT;
		if (fits == PKTS_APP_YES) {
			*id = (enum pkts_app_id)functions[i].app;
			*of = client_of(i, sight, client);
			return fits;
		}
	}
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(signatures); i++) {
		const enum pkts_app_verdict fits = signature_fits(&signatures[i], sight, client);
		wait |= fits == PKTS_APP_WAIT;
		if (fits == PKTS_APP_YES) {
			*id = (enum pkts_app_id)signatures[i].app;
			*of = client;
			return fits;
		}
	}
	return wait ? PKTS_APP_WAIT : PKTS_APP_NO;
}

enum pkts_app_verdict pkts_app_probe(
	const struct pkts_app_sight *sight, enum pkts_app_id *id, unsigned *client)
{
	const enum pkts_app_verdict first = probe_as(sight, 0, id, client);

	if (first == PKTS_APP_YES)
		return first;
	const enum pkts_app_verdict second = probe_as(sight, 1, id, client);
	if (second == PKTS_APP_YES)
		return second;
	return first == PKTS_APP_WAIT || second == PKTS_APP_WAIT ? PKTS_APP_WAIT : PKTS_APP_NO;
}
