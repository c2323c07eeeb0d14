/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Associations as tables: packets in, states and events out. */
#ifndef SCTP_RIG_H
#define SCTP_RIG_H

#include "pkts_sctp_data.h"
#include "pkts_sctp_session.h"

/* A chunk: its type and flags, two numbers that mean something by type, and what is in it besides. */
struct item {
	uint8_t type, flags;
	uint32_t x, y;
	uint32_t cookie;      /* INIT ACK, COOKIE ECHO: bytes of it */
	const uint8_t *bytes; /* instead of all that: the value of the chunk */
	uint32_t len;
	uint8_t there;
};

/* clang-format off */
#define INIT(TAG, TSN)             {.type = PKTS_SCTP_INIT, .x = TAG, .y = TSN, .there = 1}
#define INIT_ACK(TAG, TSN, COOKIE) {.type = PKTS_SCTP_INIT_ACK, .x = TAG, .y = TSN, .cookie = COOKIE, .there = 1}
#define ECHO(COOKIE)               {.type = PKTS_SCTP_COOKIE_ECHO, .cookie = COOKIE, .there = 1}
#define COOKIE_ACK                 {.type = PKTS_SCTP_COOKIE_ACK, .there = 1}
#define DATA(TSN)                  {.type = PKTS_SCTP_DATA, .flags = 3, .x = TSN, .there = 1}
#define I_DATA(TSN)                {.type = PKTS_SCTP_I_DATA, .flags = 3, .x = TSN, .there = 1}
#define SACK(TSN)                  {.type = PKTS_SCTP_SACK, .x = TSN, .there = 1}
#define SACK_GAP(TSN, END)         {.type = PKTS_SCTP_SACK, .x = TSN, .y = END, .there = 1}
#define HEARTBEAT                  {.type = PKTS_SCTP_HEARTBEAT, .there = 1}
#define ABORT(T)                   {.type = PKTS_SCTP_ABORT, .flags = T, .there = 1}
#define SHUTDOWN(TSN)              {.type = PKTS_SCTP_SHUTDOWN, .x = TSN, .there = 1}
#define SHUTDOWN_ACK               {.type = PKTS_SCTP_SHUTDOWN_ACK, .there = 1}
#define COMPLETE(T)                {.type = PKTS_SCTP_SHUTDOWN_COMPLETE, .flags = T, .there = 1}
#define ERROR_CHUNK                {.type = PKTS_SCTP_ERROR, .there = 1}
#define AUTH                       {.type = PKTS_SCTP_AUTH, .there = 1}
#define ASCONF(SERIAL)             {.type = PKTS_SCTP_ASCONF, .x = SERIAL, .there = 1}
#define FORWARD(TSN)               {.type = PKTS_SCTP_FORWARD_TSN, .x = TSN, .there = 1}
#define VALUE(TYPE, BYTES)         {.type = TYPE, .bytes = (const uint8_t *)(BYTES), .len = sizeof(BYTES) - 1, .there = 1}

#define EV(NAME) PKTS_SESSION_BIT(SCTP_##NAME)
/* clang-format on */

#define RIG_CHUNKS 4
#define RIG_STEPS  16

/* A packet, and what is to be said of it. */
struct step {
	int dir;
	uint32_t vtag;
	struct item chunks[RIG_CHUNKS];
	enum pkts_validity validity;
	uint64_t events;
	uint8_t states[2]; /* of the ends, afterwards */
	uint8_t there;
};

/* Builds a packet; the caller frees it. */
uint8_t *rig_packet(uint32_t vtag, const struct item *chunks, unsigned n, uint32_t *len);

/*
 * Runs one step in memory of just its size; names the row where anything is not as expected, and
 * fails. An INVALID packet must not have changed anything.
 */
void rig_step(struct pkts_sctp_session *s, const struct step *step, const char *row, unsigned n);

/* The same for steps up to the first that is not there. */
void rig_run(struct pkts_sctp_session *s, const struct step *steps, const char *row);

#endif
