/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Application Sessions: what the two streams of a TCP connection say to each other. Bytes in order go
 * in as a Sequence hands them out, in pieces of any size; messages come out, each with what the state
 * makes of it. The pieces make no difference to what comes out.
 *
 * A Session begins without knowing the protocol and recognises it by its first bytes; ports only
 * decide where those leave a choice. For MySQL (MariaDB too), PostgreSQL and Diameter it then follows
 * the conversation; for the others in the list below it says the name and that it wants no more bytes.
 *
 * Nothing is buffered but the beginning of a message that two pieces share, PKTS_APP_HEAD bytes at
 * most: the rest of it is passed over and need not even be there.
 */
#ifndef PKTS_APP_SESSION_H
#define PKTS_APP_SESSION_H

#include "pkts_diameter_session.h"
#include "pkts_mysql_session.h"
#include "pkts_pgsql_session.h"
#include "pkts_session.h"
#include "pkts_span.h"

/*
 * A(ID, name): names as in Suricata's EVE app_proto where that has one (Zeek's service: the same, but
 * for postgresql).
 */
/* clang-format off */
#define PKTS_APPS(A) \
	A(PKTS_APP_NONE, ) \
	A(PKTS_APP_MYSQL, mysql) \
	A(PKTS_APP_PGSQL, pgsql) \
	A(PKTS_APP_DIAMETER, diameter) \
	/* only recognised: */ \
	A(PKTS_APP_TLS, tls) \
	A(PKTS_APP_HTTP, http) \
	A(PKTS_APP_HTTP2, http2) \
	A(PKTS_APP_SSH, ssh) \
	A(PKTS_APP_SMTP, smtp) \
	A(PKTS_APP_FTP, ftp) \
	A(PKTS_APP_IMAP, imap) \
	A(PKTS_APP_POP3, pop3) \
	A(PKTS_APP_SMB, smb) \
	A(PKTS_APP_MQTT, mqtt) \
	A(PKTS_APP_DNS, dns)
/* clang-format on */

#define PKTS_APP_ENUM(ID, NAME) ID,
enum pkts_app_id { PKTS_APPS(PKTS_APP_ENUM) PKTS_APP_MAX };
#undef PKTS_APP_ENUM

struct pkts_app_ops; /* private */

/* A protocol as data. */
struct pkts_app {
	const char *name;	   /* lower case, stable, fit for JSON */
	uint16_t ports[4];	   /* well-known ones of its server; 0: none */
	bool session;		   /* followed, not only recognised */
	const char *const *kinds;  /* names of messages, by pkts_app_message.kind */
	const char *const *states; /* names of states, by pkts_app_session.state */
	uint8_t nkinds, nstates;   /* 0 where it is only recognised */
	const struct pkts_app_ops *ops;
};

/* The row of id; that of NONE (with an empty name) for a value that is none. Never NULL. */
const struct pkts_app *pkts_app_at(unsigned id);

/* The protocol of that name (Zeek's and IANA's spelling "postgresql" too), or NONE. */
enum pkts_app_id pkts_app_by_name(const char *name, size_t len);

/* Bytes of a direction that recognition looks at, at most: who has shown so many is not asked for more. */
#define PKTS_APP_PROBE 32

/* What is there of a connection's beginning, by direction. */
struct pkts_app_sight {
	const uint8_t *p[2];
	uint32_t n[2];
	uint16_t sport, dport; /* of the packets of direction 0, host order; 0 both: not known */
	bool midstream; /* the beginning was not seen: the port decides more than it does else */
};

enum pkts_app_verdict {
	PKTS_APP_NO,   /* none of the list, whatever comes */
	PKTS_APP_WAIT, /* more bytes may tell */
	PKTS_APP_YES,
};

/*
 * Which protocol a connection begins with. YES: *id is it, and *client the direction that its client
 * sends in. Nothing else is written.
 */
enum pkts_app_verdict pkts_app_probe(
	const struct pkts_app_sight *sight, enum pkts_app_id *id, unsigned *client);

/* Whether the Session makes anything of further bytes. */
enum pkts_app_want {
	PKTS_APP_MORE,
	PKTS_APP_DONE, /* for good: reassembly of both directions may stop */
};

enum pkts_app_role {
	PKTS_APP_REQUEST, /* what asks for an answer, of either side */
	PKTS_APP_ANSWER,
	PKTS_APP_NEITHER, /* greetings, rows, notices: what nobody asks for or what is part of an answer */
};

/*
 * A message. It is handed out as soon as its first bytes say all that the state needs, Diameter's with
 * its last pair; the rest of it may never come.
 */
struct pkts_app_message {
	/* Its first bytes, borrowed until the callback returns: n of them, as many as the protocol's
	 * Session looks at. Diameter: none; s->diameter.message[dir] has what the header says. */
	const uint8_t *p;
	uint32_t n;	 /* PKTS_APP_HEAD at most */
	uint64_t offset; /* where it begins in its direction's stream, gaps counted */
	uint64_t len; /* bytes of the whole message, header and all (MySQL: of its first packet) */
	enum pkts_app_id app;
	uint8_t kind; /* enum pkts_mysql_kind, pkts_pgsql_kind, pkts_diameter_kind */
	uint8_t dir;
	enum pkts_app_role role;
	/*
	 * Numbers a request; the ANSWER that ends it has the same, so that two times give a latency.
	 * 1 is a connection's first; 0: none.
	 */
	uint32_t pair;
	/*
	 * Of answers. MySQL: the error code, else 0. PostgreSQL: the SQLSTATE, see pkts_pgsql_sqlstate().
	 * Diameter: the Result-Code, 0 where there is none.
	 */
	uint32_t code;
	/* MySQL: enum pkts_mysql_command, of a command and of all that answers it; Diameter: the command
	 * code; PostgreSQL: the message's type, 0 where it has none. */
	uint32_t command;
	struct pkts_judgement judgement; /* of this message */
};

/* s: the Session that the message is from, already behind the message. */
struct pkts_app_session;
typedef void pkts_app_message_fn(
	void *ctx, const struct pkts_app_session *s, const struct pkts_app_message *message);

/* Whom messages go to. message NULL: nobody. */
struct pkts_app_out {
	pkts_app_message_fn *message;
	void *ctx;
};

/* What a call came to. */
struct pkts_app_result {
	struct pkts_judgement judgement; /* of all messages and bytes of this call */
	enum pkts_app_want want;
};

#define PKTS_APP_HEAD 88 /* bytes of a direction that are ever kept */

/* One direction. Private. */
struct pkts_app_half {
	uint64_t offset; /* of the next byte */
	uint64_t skip;	 /* bytes of the message under way that are to be passed over */
	uint8_t n;	 /* bytes kept */
	uint8_t need;	 /* bytes that the protocol asks for next */
	bool ended;
	uint8_t head[PKTS_APP_HEAD];
};

/*
 * A connection. Plain: visible, copyable, without pointers. Read what you like, and leave the writing
 * to the functions.
 */
struct pkts_app_session {
	uint64_t events;   /* bit n: enum pkts_session_event n happened */
	uint32_t messages; /* handed out */
	uint32_t pairs;	   /* requests numbered */
	uint8_t app;	   /* enum pkts_app_id */
	uint8_t client;	   /* the direction that the client sends in, once app is known */
	uint8_t state; /* enum pkts_mysql_state, pkts_pgsql_state, pkts_diameter_state, by app */
	bool done, midstream;
	uint16_t sport, dport;
	struct pkts_app_half half[2];
	union {
		struct pkts_mysql_session mysql;
		struct pkts_pgsql_session pgsql;
		struct pkts_diameter_session diameter;
	};
};
_Static_assert(sizeof(struct pkts_app_session) <= 512, "eight cache lines a connection");

/*
 * A connection at its beginning. Ports as in struct pkts_app_sight. midstream: its beginning was not
 * seen. There is nothing to be undone at its end.
 */
PKTS_INLINE void pkts_app_session_init(
	struct pkts_app_session *s, uint16_t sport, uint16_t dport, bool midstream);

/* The same for a protocol that is known, and for which direction (0, 1) is the client's. */
PKTS_INLINE void pkts_app_session_init_as(
	struct pkts_app_session *s, enum pkts_app_id app, unsigned client);

/*
 * The next bytes of direction dir (0, 1). Messages that they complete are handed out before it returns.
 * Once it says DONE it may be called still: bytes are ignored.
 */
struct pkts_app_result pkts_app_session_put(struct pkts_app_session *s, unsigned dir,
	struct pkts_span span, const struct pkts_app_out *out);

/*
 * The direction's next len bytes never came. If all of them belong to a message that is being passed
 * over, nothing is lost, and none of the events happens. Else nobody knows which state follows: DONE,
 * with app_gap.
 */
struct pkts_app_result pkts_app_session_gap(struct pkts_app_session *s, unsigned dir, uint64_t len);

/*
 * A whole message, from a transport that keeps their boundaries (Diameter over SCTP, PPID 46). What is
 * missing at its end, or too much, is app_format.
 */
struct pkts_app_result pkts_app_session_put_message(struct pkts_app_session *s, unsigned dir,
	struct pkts_span span, const struct pkts_app_out *out);

/* The same with a message of an SCTP Sequence, in as many pieces as it has. */
struct pkts_sctp_message;
struct pkts_app_result pkts_app_session_put_pieces(struct pkts_app_session *s, unsigned dir,
	const struct pkts_sctp_message *message, const struct pkts_app_out *out);

/*
 * Whole messages of the direction never came: app_gap. The next one can be read for all that, so the
 * Session goes on, as one that was joined midway: what the lost ones may have said is not missed.
 */
struct pkts_app_result pkts_app_session_miss_messages(struct pkts_app_session *s, unsigned dir);

/* The direction has ended (FIN, RST). app_unfinished if that is inside a message. DONE when both have. */
struct pkts_app_result pkts_app_session_end(struct pkts_app_session *s, unsigned dir);

/* The name of s->state; "" where the protocol is not known, or only recognised. Never NULL. */
const char *pkts_app_session_state_name(const struct pkts_app_session *s);

/* The name of a message's kind: lower case, stable; "" for a value that is none. Never NULL. */
const char *pkts_app_kind_name(enum pkts_app_id app, unsigned kind);

/* Requests that wait for their answer; what a Session counts as such, at most what it has room for. */
unsigned pkts_app_session_waiting(const struct pkts_app_session *s);

/* inline definitions */

PKTS_INLINE void pkts_app_session_init(
	struct pkts_app_session *s, uint16_t sport, uint16_t dport, bool midstream)
{
	__builtin_memset(s, 0, sizeof(*s));
	s->sport = sport;
	s->dport = dport;
	s->midstream = midstream;
}

PKTS_INLINE void pkts_app_session_init_as(
	struct pkts_app_session *s, enum pkts_app_id app, unsigned client)
{
	__builtin_memset(s, 0, sizeof(*s));
	s->app = (uint8_t)app;
	s->client = client != 0;
}

#endif
