/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * PostgreSQL's protocol 3 (3.0, and the start of later minor versions) as a Session. What a server may
 * send depends on what the client asked for and in which order: simple queries, pipelines of the
 * extended protocol up to their Sync, COPY, replication.
 */
#ifndef PKTS_PGSQL_SESSION_H
#define PKTS_PGSQL_SESSION_H

#include "pkts_base.h"

/* clang-format off */

/* S(ID, name) */
#define PKTS_PGSQL_STATES(S) \
	S(PKTS_PGSQL_STATE_START, start) /* the client speaks first */ \
	S(PKTS_PGSQL_STATE_SSL_ASKED, ssl_asked) /* SSLRequest: a single byte answers */ \
	S(PKTS_PGSQL_STATE_GSS_ASKED, gss_asked) /* GSSENCRequest: likewise */ \
	S(PKTS_PGSQL_STATE_AUTH, auth) /* start-up message seen */ \
	S(PKTS_PGSQL_STATE_SETUP, setup) /* authenticated: parameters, key data */ \
	S(PKTS_PGSQL_STATE_READY, ready) /* nothing is outstanding */ \
	S(PKTS_PGSQL_STATE_BUSY, busy) \
	S(PKTS_PGSQL_STATE_COPY_IN, copy_in) /* the client sends */ \
	S(PKTS_PGSQL_STATE_COPY_OUT, copy_out) /* the server sends */ \
	S(PKTS_PGSQL_STATE_COPY_BOTH, copy_both) /* replication */ \
	S(PKTS_PGSQL_STATE_ENDING, ending) /* Terminate, or a fatal error */ \
	S(PKTS_PGSQL_STATE_CANCEL, cancel) /* a connection that only cancels another one's query */ \
	S(PKTS_PGSQL_STATE_ENCRYPTED, encrypted) /* TLS or GSS from here on: not followed */ \
	S(PKTS_PGSQL_STATE_LOST, lost) /* bytes that make no sense, or never came */

/* K(ID, name, letter): the message's type, 0 where it has none. F_ is the client's, B_ the server's. */
#define PKTS_PGSQL_FRONTEND(K) \
	K(PKTS_PGSQL_KIND_STARTUP, startup, 0) \
	K(PKTS_PGSQL_KIND_SSL_REQUEST, ssl_request, 0) \
	K(PKTS_PGSQL_KIND_GSS_REQUEST, gss_request, 0) \
	K(PKTS_PGSQL_KIND_CANCEL_REQUEST, cancel_request, 0) \
	K(PKTS_PGSQL_KIND_PASSWORD, password, 'p') /* password, SASL or GSS response */ \
	K(PKTS_PGSQL_KIND_QUERY, query, 'Q') \
	K(PKTS_PGSQL_KIND_FUNCTION_CALL, function_call, 'F') \
	K(PKTS_PGSQL_KIND_PARSE, parse, 'P') \
	K(PKTS_PGSQL_KIND_BIND, bind, 'B') \
	K(PKTS_PGSQL_KIND_DESCRIBE, describe, 'D') \
	K(PKTS_PGSQL_KIND_EXECUTE, execute, 'E') \
	K(PKTS_PGSQL_KIND_CLOSE, close, 'C') \
	K(PKTS_PGSQL_KIND_SYNC, sync, 'S') \
	K(PKTS_PGSQL_KIND_FLUSH, flush, 'H') \
	K(PKTS_PGSQL_KIND_F_COPY_DATA, copy_data, 'd') \
	K(PKTS_PGSQL_KIND_F_COPY_DONE, copy_done, 'c') \
	K(PKTS_PGSQL_KIND_COPY_FAIL, copy_fail, 'f') \
	K(PKTS_PGSQL_KIND_TERMINATE, terminate, 'X')
#define PKTS_PGSQL_BACKEND(K) \
	K(PKTS_PGSQL_KIND_SSL_ANSWER, ssl_answer, 0) /* the single byte */ \
	K(PKTS_PGSQL_KIND_AUTHENTICATION, authentication, 'R') \
	K(PKTS_PGSQL_KIND_NEGOTIATE, negotiate_protocol_version, 'v') \
	K(PKTS_PGSQL_KIND_KEY_DATA, backend_key_data, 'K') \
	K(PKTS_PGSQL_KIND_PARAMETER_STATUS, parameter_status, 'S') \
	K(PKTS_PGSQL_KIND_READY, ready_for_query, 'Z') \
	K(PKTS_PGSQL_KIND_ERROR, error_response, 'E') \
	K(PKTS_PGSQL_KIND_NOTICE, notice_response, 'N') \
	K(PKTS_PGSQL_KIND_NOTIFICATION, notification_response, 'A') \
	K(PKTS_PGSQL_KIND_PARSED, parse_complete, '1') \
	K(PKTS_PGSQL_KIND_BOUND, bind_complete, '2') \
	K(PKTS_PGSQL_KIND_CLOSED, close_complete, '3') \
	K(PKTS_PGSQL_KIND_PARAMETERS, parameter_description, 't') \
	K(PKTS_PGSQL_KIND_ROW_DESCRIPTION, row_description, 'T') \
	K(PKTS_PGSQL_KIND_NO_DATA, no_data, 'n') \
	K(PKTS_PGSQL_KIND_ROW, data_row, 'D') \
	K(PKTS_PGSQL_KIND_COMPLETE, command_complete, 'C') \
	K(PKTS_PGSQL_KIND_EMPTY, empty_query_response, 'I') \
	K(PKTS_PGSQL_KIND_SUSPENDED, portal_suspended, 's') \
	K(PKTS_PGSQL_KIND_FUNCTION_RESULT, function_call_response, 'V') \
	K(PKTS_PGSQL_KIND_COPY_IN, copy_in_response, 'G') \
	K(PKTS_PGSQL_KIND_COPY_OUT, copy_out_response, 'H') \
	K(PKTS_PGSQL_KIND_COPY_BOTH, copy_both_response, 'W') \
	K(PKTS_PGSQL_KIND_B_COPY_DATA, copy_data, 'd') \
	K(PKTS_PGSQL_KIND_B_COPY_DONE, copy_done, 'c')
/* clang-format on */

#define PKTS_PGSQL_STATE_ENUM(ID, NAME)	       ID,
#define PKTS_PGSQL_KIND_ENUM(ID, NAME, LETTER) ID,
enum pkts_pgsql_state { PKTS_PGSQL_STATES(PKTS_PGSQL_STATE_ENUM) PKTS_PGSQL_STATE_MAX };
enum pkts_pgsql_kind {
	PKTS_PGSQL_FRONTEND(PKTS_PGSQL_KIND_ENUM) PKTS_PGSQL_BACKEND(PKTS_PGSQL_KIND_ENUM)
		PKTS_PGSQL_KIND_MAX
};
#undef PKTS_PGSQL_STATE_ENUM
#undef PKTS_PGSQL_KIND_ENUM

/*
 * Messages of the client that may wait for their answers. Beyond, app_evicted: until all that the
 * client has ended with a Sync is answered, the order of answers is not looked at.
 */
#define PKTS_PGSQL_AHEAD 192

struct pkts_pgsql_session {
	uint8_t transaction; /* of the last ReadyForQuery: 'I' idle, 'T' in a transaction, 'E' failed */
	bool skipping; /* after an error: all of the client's messages up to its Sync are ignored */
	bool loose;    /* `waiting` has overflowed */
	bool described;	 /* ParameterDescription seen, its row description to come */
	bool copying;	 /* COPY IN asked for by Execute: the server ignores the client's Sync */
	bool terminated; /* by the client */
	bool gss;	 /* of the request that a single byte answers */
	uint8_t auth;	 /* the last authentication request, 0 is AuthenticationOk */
	uint16_t minor;	 /* of the protocol version 3.minor that the client asked for */
	uint8_t first, count;
	uint32_t syncs;			   /* ReadyForQuery messages to come */
	uint32_t next_pair;		   /* the pair of the first of them */
	uint32_t sqlstate;		   /* of the last error */
	uint8_t waiting[PKTS_PGSQL_AHEAD]; /* letters of messages */
};

/* Writes the five characters of a SQLSTATE, as pkts_app_message.code has it, and a NUL. */
void pkts_pgsql_sqlstate(uint32_t code, char text[6]);

/* The number of a SQLSTATE of five digits and capital letters; 0 for what is none, and for "00000". */
uint32_t pkts_pgsql_sqlstate_of(const uint8_t text[5]);

#endif
