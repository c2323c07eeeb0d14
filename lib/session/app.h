/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the application Sessions share with app.c: a stream as units, of which the first bytes matter. */
#ifndef APP_H
#define APP_H

#include "pkts_app_session.h"

/* A call of put(), and the unit under way in it. */
struct app_call {
	struct pkts_app_session *s;
	const struct pkts_app_out *out;
	struct pkts_app_half *half;
	unsigned dir;
	bool server;	     /* the direction is the server's */
	uint64_t events;     /* since the last message */
	uint64_t all_events; /* of messages before */
};

/* What a unit function returns instead of a unit's length. */
#define APP_NEED 0  /* half->need was raised: again, with so many bytes */
#define APP_STOP -1 /* nothing more is followed */

/*
 * A protocol. unit() is called with the first n bytes of a unit, n being half->need, which was `head`
 * unless unit() has set it. It returns the length of the whole unit, n at least; or one of the above.
 */
struct pkts_app_ops {
	uint8_t head;
	uint8_t lost; /* the state in which nothing is followed any more */
	int64_t (*unit)(struct app_call *c, const uint8_t *p, uint32_t n);
	bool (*inside)(
		const struct pkts_app_session *s, unsigned dir); /* NULL, or: between units, yet
									   in a message */
	unsigned (*waiting)(const struct pkts_app_session *s);
};

extern const struct pkts_app_ops app_mysql_ops, app_pgsql_ops, app_diameter_ops;
extern const char *const app_mysql_kinds[PKTS_MYSQL_KIND_MAX];
extern const char *const app_mysql_states[PKTS_MYSQL_STATE_MAX];
extern const char *const app_pgsql_kinds[PKTS_PGSQL_KIND_MAX];
extern const char *const app_pgsql_states[PKTS_PGSQL_STATE_MAX];
extern const char *const app_diameter_kinds[PKTS_DIAMETER_KIND_MAX];
extern const char *const app_diameter_states[PKTS_DIAMETER_STATE_MAX];

/* Does a direction begin like that? p has n bytes, 1 at least. */
enum pkts_app_verdict app_mysql_begins(const uint8_t *p, uint32_t n);
enum pkts_app_verdict app_pgsql_begins(const uint8_t *p, uint32_t n);
enum pkts_app_verdict app_diameter_begins(const uint8_t *p, uint32_t n);
enum pkts_app_verdict app_diameter_header(
	const uint8_t *p, uint32_t n); /* on its port that will do */

/* The event belongs to the next message that is handed out, or to the call. */
PKTS_INLINE void app_note(struct app_call *c, enum pkts_session_event event);

/* Sets half->need to what is wanted, of a unit of `total` bytes. True if there are so many. */
PKTS_INLINE bool app_has(struct app_call *c, uint32_t n, uint64_t wanted, uint64_t total);

/* Nothing more is followed; state is the protocol's, and says why. */
int64_t app_stop(struct app_call *c, unsigned state);
int64_t app_stop_format(struct app_call *c); /* bytes that are no message */
int64_t app_stop_violation(
	struct app_call *c); /* one that cannot be, and what follows depends on it */

/* Hands a message out; app, dir, judgement are filled in here. */
void app_emit(struct app_call *c, struct pkts_app_message m);

PKTS_INLINE void app_note(struct app_call *c, enum pkts_session_event event)
{
	c->events |= UINT64_C(1) << event;
}

PKTS_INLINE bool app_has(struct app_call *c, uint32_t n, uint64_t wanted, uint64_t total)
{
	uint64_t need = wanted < total ? wanted : total;

	need = need < PKTS_APP_HEAD ? need : PKTS_APP_HEAD;
	if (n >= need)
		return true;
	c->half->need = (uint8_t)need;
	return false;
}

#endif
