/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of the PostgreSQL Session share. */
#ifndef PGSQL_H
#define PGSQL_H

#include "app.h"
#include "pkts_bits.h"

#define PGSQL_HEAD 5 /* type, and 4 bytes of length that count themselves */

/* A message: n bytes of it, type and all, of len; body points behind its head. */
struct pgsql_message {
	const uint8_t *p, *body;
	uint32_t n;
	uint64_t len;
	uint8_t letter; /* 0: none */
	uint8_t kind;	/* enum pkts_pgsql_kind */
};

/* The two sides, once the client's start-up message was seen. What is needed of the message is there. */
void pgsql_frontend(struct app_call *c, const struct pgsql_message *m);
void pgsql_backend(struct app_call *c, const struct pgsql_message *m);

void pgsql_emit(
	struct app_call *c, const struct pgsql_message *m, enum pkts_app_role role, uint32_t pair);

/* Messages of the client that wait for answers */

void pgsql_wait(struct app_call *c, uint8_t letter);
void pgsql_drop_first(struct app_call *c);

/* Up to the client's Sync, which may be still to come: the server ignores the rest after an error. */
void pgsql_skip(struct app_call *c);

/* The letter of the first, 0 if none waits. */
PKTS_INLINE uint8_t pgsql_first(const struct pkts_pgsql_session *s)
{
	return s->count > 0 ? s->waiting[s->first] : 0;
}

/* Is it answered with a ReadyForQuery? */
PKTS_INLINE bool pgsql_is_sync(uint8_t letter)
{
	return letter == 'Q' || letter == 'S' || letter == 'F';
}

/* READY or BUSY, as it turns out. */
void pgsql_settle(struct app_call *c);

#endif
