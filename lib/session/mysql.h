/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of the MySQL Session share. */
#ifndef MYSQL_H
#define MYSQL_H

#include "app.h"

#define MYSQL_HEAD    4 /* 3 bytes of length, least significant first, and the sequence id */
#define MYSQL_LONGEST 0xffffffu /* the message goes on in the next packet */

/* Capabilities that decide how bytes are to be read. */
enum {
	MYSQL_CLIENT_MYSQL = 1 << 0, /* MariaDB leaves it out to say that it is not MySQL */
	MYSQL_CLIENT_COMPRESS = 1 << 5,
	MYSQL_CLIENT_PROTOCOL_41 = 1 << 9,
	MYSQL_CLIENT_SSL = 1 << 11,
	MYSQL_CLIENT_TRANSACTIONS = 1 << 13,
	MYSQL_CLIENT_DEPRECATE_EOF = 1 << 24,
	MYSQL_CLIENT_OPTIONAL_METADATA = 1 << 25,
	MYSQL_CLIENT_ZSTD = 1 << 26,
};

/* The upper 32, MariaDB's. */
enum {
	MARIADB_CLIENT_PROGRESS = 1 << 0,
	MARIADB_CLIENT_CACHE_METADATA = 1 << 4,
};

enum {
	MYSQL_SERVER_MORE_RESULTS = 0x0008,
	MYSQL_SERVER_CURSOR_EXISTS = 0x0040,
};

/* First bytes of packets. */
enum { MYSQL_OK = 0, MYSQL_MORE = 1, MYSQL_INFILE = 0xfb, MYSQL_EOF = 0xfe, MYSQL_ERR = 0xff };

/* A packet: n bytes of its payload, of len. */
struct mysql_packet {
	const uint8_t *p;
	uint32_t n, len;
	uint8_t sequence;
};

/* How a command is answered. */
enum mysql_answer {
	MYSQL_ANSWER_SIMPLE, /* OK, EOF or ERR */
	MYSQL_ANSWER_NONE,
	MYSQL_ANSWER_RESULT,
	MYSQL_ANSWER_ROWS,
	MYSQL_ANSWER_FIELDS,
	MYSQL_ANSWER_PREPARED,
	MYSQL_ANSWER_TEXT,
	MYSQL_ANSWER_AUTH,
	MYSQL_ANSWER_STREAM,
};
enum mysql_answer mysql_answer_to(uint8_t command);

/* The two sides. What is needed of the packet is there. */
void mysql_client(struct app_call *c, struct mysql_packet q);
void mysql_server(struct app_call *c, struct mysql_packet q);

/* Before and while the client is let in. */
void mysql_greeting(struct app_call *c, struct mysql_packet q);
void mysql_login(struct app_call *c, struct mysql_packet q);
void mysql_auth_answer(struct app_call *c, struct mysql_packet q);

/* What the answer to the first command that waits begins with. */
enum pkts_mysql_part mysql_first_part(const struct pkts_mysql_session *m);

/* A packet of the answer to the first command that waits. */
void mysql_answer(struct app_call *c, struct mysql_packet q);

/* An ERR packet, which ends what is being answered; `state` follows, ANSWER standing for what is due. */
void mysql_error(struct app_call *c, struct mysql_packet q, enum pkts_mysql_state state);

/* answered: the command that the server's packet is about. */
void mysql_emit(struct app_call *c, struct mysql_packet q, enum pkts_mysql_kind kind,
	enum pkts_app_role role, struct pkts_mysql_waiting answered);
extern const struct pkts_mysql_waiting mysql_nothing;

PKTS_INLINE uint16_t mysql_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

PKTS_INLINE uint32_t mysql_le24(const uint8_t *p)
{
	return mysql_le16(p) | (uint32_t)p[2] << 16;
}

PKTS_INLINE uint32_t mysql_le32(const uint8_t *p)
{
	return mysql_le16(p) | (uint32_t)mysql_le16(p + 2) << 16;
}

PKTS_INLINE struct pkts_mysql_waiting *mysql_first(struct pkts_mysql_session *m)
{
	return &m->waiting[m->first];
}

#endif
