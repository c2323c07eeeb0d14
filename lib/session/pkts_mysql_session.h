/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The MySQL client/server protocol (also MariaDB's) as a Session: how bytes are to be read depends on
 * the capability flags that both sides agreed on, on the command that is being answered, and on how far
 * the answer is.
 */
#ifndef PKTS_MYSQL_SESSION_H
#define PKTS_MYSQL_SESSION_H

#include "pkts_base.h"

/* clang-format off */

/* S(ID, name) */
#define PKTS_MYSQL_STATES(S) \
	S(PKTS_MYSQL_STATE_START, start) /* nothing seen: the server speaks first */ \
	S(PKTS_MYSQL_STATE_GREETED, greeted) /* the server's handshake packet was seen */ \
	S(PKTS_MYSQL_STATE_AUTH, auth) /* the client has answered; or it changes its user */ \
	S(PKTS_MYSQL_STATE_COMMAND, command) /* authenticated, and nothing is outstanding */ \
	S(PKTS_MYSQL_STATE_ANSWER, answer) /* a command is being answered */ \
	S(PKTS_MYSQL_STATE_INFILE, infile) /* the client sends a file (LOAD DATA LOCAL) */ \
	S(PKTS_MYSQL_STATE_STREAM, stream) /* the server sends binary logs, without an end */ \
	S(PKTS_MYSQL_STATE_QUIT, quit) /* the client has said that it goes */ \
	S(PKTS_MYSQL_STATE_FAILED, failed) /* the server has ended it with an error */ \
	S(PKTS_MYSQL_STATE_TLS, tls) /* encrypted from here on: not followed */ \
	S(PKTS_MYSQL_STATE_COMPRESSED, compressed) /* likewise */ \
	S(PKTS_MYSQL_STATE_LOST, lost) /* bytes that make no sense, or never came */

/* K(ID, name). A client's commands have one kind; pkts_app_message.command says which it is. */
#define PKTS_MYSQL_KINDS(K) \
	K(PKTS_MYSQL_KIND_GREETING, greeting) /* handshake packet, version 10 or 9 */ \
	K(PKTS_MYSQL_KIND_SSL_REQUEST, ssl_request) \
	K(PKTS_MYSQL_KIND_LOGIN, login) /* handshake response */ \
	K(PKTS_MYSQL_KIND_AUTH_SWITCH, auth_switch) \
	K(PKTS_MYSQL_KIND_AUTH_MORE, auth_more) /* of the server: caching_sha2_password and others */ \
	K(PKTS_MYSQL_KIND_AUTH_DATA, auth_data) /* of the client */ \
	K(PKTS_MYSQL_KIND_COMMAND, command) \
	K(PKTS_MYSQL_KIND_OK, ok) /* ends an answer, or (more_results) a part of it */ \
	K(PKTS_MYSQL_KIND_ERROR, error) \
	K(PKTS_MYSQL_KIND_EOF, eof) /* likewise; with CLIENT_DEPRECATE_EOF the OK behind rows */ \
	K(PKTS_MYSQL_KIND_PROGRESS, progress) /* MariaDB: how far a statement is */ \
	K(PKTS_MYSQL_KIND_COLUMN_COUNT, column_count) \
	K(PKTS_MYSQL_KIND_DEFINITION, definition) /* of a column or a parameter */ \
	K(PKTS_MYSQL_KIND_ROW, row) /* text or binary */ \
	K(PKTS_MYSQL_KIND_PREPARED, prepared) /* COM_STMT_PREPARE_OK */ \
	K(PKTS_MYSQL_KIND_INFILE, infile) /* the server asks for a file */ \
	K(PKTS_MYSQL_KIND_FILE_DATA, file_data) /* the client sends it; an empty one is the end */ \
	K(PKTS_MYSQL_KIND_TEXT, text) /* the answer to COM_STATISTICS */ \
	K(PKTS_MYSQL_KIND_LOG_EVENT, log_event) /* of binary logs */ \
	K(PKTS_MYSQL_KIND_SEMISYNC, semisync) /* the replica's acknowledgement */

/* C(ID, number, name) */
#define PKTS_MYSQL_COMMANDS(C) \
	C(PKTS_MYSQL_COM_SLEEP, 0x00, sleep) \
	C(PKTS_MYSQL_COM_QUIT, 0x01, quit) \
	C(PKTS_MYSQL_COM_INIT_DB, 0x02, init_db) \
	C(PKTS_MYSQL_COM_QUERY, 0x03, query) \
	C(PKTS_MYSQL_COM_FIELD_LIST, 0x04, field_list) \
	C(PKTS_MYSQL_COM_CREATE_DB, 0x05, create_db) \
	C(PKTS_MYSQL_COM_DROP_DB, 0x06, drop_db) \
	C(PKTS_MYSQL_COM_REFRESH, 0x07, refresh) \
	C(PKTS_MYSQL_COM_SHUTDOWN, 0x08, shutdown) \
	C(PKTS_MYSQL_COM_STATISTICS, 0x09, statistics) \
	C(PKTS_MYSQL_COM_PROCESS_INFO, 0x0a, process_info) \
	C(PKTS_MYSQL_COM_CONNECT, 0x0b, connect) \
	C(PKTS_MYSQL_COM_PROCESS_KILL, 0x0c, process_kill) \
	C(PKTS_MYSQL_COM_DEBUG, 0x0d, debug) \
	C(PKTS_MYSQL_COM_PING, 0x0e, ping) \
	C(PKTS_MYSQL_COM_TIME, 0x0f, time) \
	C(PKTS_MYSQL_COM_DELAYED_INSERT, 0x10, delayed_insert) \
	C(PKTS_MYSQL_COM_CHANGE_USER, 0x11, change_user) \
	C(PKTS_MYSQL_COM_BINLOG_DUMP, 0x12, binlog_dump) \
	C(PKTS_MYSQL_COM_TABLE_DUMP, 0x13, table_dump) \
	C(PKTS_MYSQL_COM_CONNECT_OUT, 0x14, connect_out) \
	C(PKTS_MYSQL_COM_REGISTER_SLAVE, 0x15, register_slave) \
	C(PKTS_MYSQL_COM_STMT_PREPARE, 0x16, stmt_prepare) \
	C(PKTS_MYSQL_COM_STMT_EXECUTE, 0x17, stmt_execute) \
	C(PKTS_MYSQL_COM_STMT_SEND_LONG_DATA, 0x18, stmt_send_long_data) \
	C(PKTS_MYSQL_COM_STMT_CLOSE, 0x19, stmt_close) \
	C(PKTS_MYSQL_COM_STMT_RESET, 0x1a, stmt_reset) \
	C(PKTS_MYSQL_COM_SET_OPTION, 0x1b, set_option) \
	C(PKTS_MYSQL_COM_STMT_FETCH, 0x1c, stmt_fetch) \
	C(PKTS_MYSQL_COM_DAEMON, 0x1d, daemon) \
	C(PKTS_MYSQL_COM_BINLOG_DUMP_GTID, 0x1e, binlog_dump_gtid) \
	C(PKTS_MYSQL_COM_RESET_CONNECTION, 0x1f, reset_connection) \
	C(PKTS_MYSQL_COM_CLONE, 0x20, clone) \
	C(PKTS_MYSQL_COM_SUBSCRIBE_GROUP, 0x21, subscribe_group) \
	C(PKTS_MYSQL_COM_STMT_BULK_EXECUTE, 0xfa, stmt_bulk_execute)
/* clang-format on */

#define PKTS_MYSQL_STATE_ENUM(ID, NAME)		  ID,
#define PKTS_MYSQL_KIND_ENUM(ID, NAME)		  ID,
#define PKTS_MYSQL_COMMAND_ENUM(ID, NUMBER, NAME) ID = NUMBER,
enum pkts_mysql_state { PKTS_MYSQL_STATES(PKTS_MYSQL_STATE_ENUM) PKTS_MYSQL_STATE_MAX };
enum pkts_mysql_kind { PKTS_MYSQL_KINDS(PKTS_MYSQL_KIND_ENUM) PKTS_MYSQL_KIND_MAX };
enum pkts_mysql_command { PKTS_MYSQL_COMMANDS(PKTS_MYSQL_COMMAND_ENUM) };
#undef PKTS_MYSQL_STATE_ENUM
#undef PKTS_MYSQL_KIND_ENUM
#undef PKTS_MYSQL_COMMAND_ENUM

/* How far an answer is. */
enum pkts_mysql_part {
	PKTS_MYSQL_PART_FIRST,	     /* nothing of it was seen */
	PKTS_MYSQL_PART_DEFINITIONS, /* `left` definitions are to come */
	PKTS_MYSQL_PART_DEFINITIONS_END,
	PKTS_MYSQL_PART_PARAMETERS, /* of COM_STMT_PREPARE, before the columns */
	PKTS_MYSQL_PART_PARAMETERS_END,
	PKTS_MYSQL_PART_COLUMNS, /* of COM_STMT_PREPARE */
	PKTS_MYSQL_PART_COLUMNS_END,
	PKTS_MYSQL_PART_ROWS,
};

/* Commands that clients may send ahead. More is app_evicted, and the end of following. */
#define PKTS_MYSQL_AHEAD 24

/* A command without its answer. */
struct pkts_mysql_waiting {
	uint32_t pair;
	uint8_t command;  /* enum pkts_mysql_command */
	uint8_t sequence; /* sequence id of the packet that the server will send next */
};

struct pkts_mysql_session {
	uint8_t part;	      /* enum pkts_mysql_part, of the answer to waiting[first] */
	uint8_t next[2];      /* sequence id due in a message of several packets, by direction */
	bool continues[2];    /* the message under way has a further packet */
	bool maria;	      /* a MariaDB server; then `extended` has its own capabilities */
	uint8_t sequence;     /* the next one, while authenticating and sending a file */
	uint32_t server_caps; /* what the server offers, CLIENT_* */
	uint32_t client_caps; /* what the client chose */
	uint32_t caps;	      /* what holds */
	uint32_t extended;    /* MARIADB_CLIENT_*, what holds */
	uint16_t status;      /* SERVER_STATUS_*, as last seen */
	uint16_t columns;     /* of the statement that is being prepared */
	uint32_t left;	      /* definitions */
	uint32_t auth_pair;
	uint8_t first, count; /* of waiting */
	uint16_t error;	      /* the last error code */
	struct pkts_mysql_waiting waiting[PKTS_MYSQL_AHEAD];
};

/* The name of a command: "query", "stmt_prepare" ...; "" for a number that is none. Never NULL. */
const char *pkts_mysql_command_name(unsigned command);

#endif
