/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Conversations as text, through an application Session: in whatever pieces the bytes arrive, the same
 * messages have to come out, and they are written down as text too.
 *
 * A conversation is lines of a direction (> the client's, < the server's) and what it sends:
 *
 *	> m SEQ BODY              a MySQL packet
 *	> q LETTER BODY           a PostgreSQL message
 *	> s BODY                  one without a type
 *	> d COMMAND FLAGS HBH BODY  a Diameter message; flags are two hex digits, end-to-end is HBH
 *	> a CODE FLAGS BODY       of it, a pair: may stand, several of them, in a line that begins with d
 *	> x BODY                  just these bytes
 *	> ~ N                     N bytes that never came; with `whole`, messages
 *	> $                       the end of the direction
 *
 * BODY: pairs of hex digits, 'text', N*XX for N bytes of one value; blanks anywhere between.
 *
 * What comes out: a line for each message, "> kind command code +asks -answers state events", and for
 * calls whose events came without a message "! events"; last "= app state", and "done".
 */
#ifndef APP_RIG_H
#define APP_RIG_H

#include "pkts_app_session.h"

struct app_rig {
	struct pkts_app_session s;
	enum pkts_app_id app; /* NONE: to be recognised */
	uint16_t dport;
	bool midstream;
	bool whole;    /* messages go in with put_message() */
	bool large;    /* too many bytes to be put one by one */
	unsigned flip; /* 1: the client sends in direction 1 */
	char text[1 << 16];
	size_t n;
	uint64_t told; /* events of messages in the call */
};

/* How bytes are cut: 0: not at all; 1: one by one; else a seed for random pieces. */
void app_rig_run(struct app_rig *r, const char *conversation, unsigned cut);

/* Runs it in many ways and demands that text comes out, named by its row where it does not. */
void app_rig_demand(
	const struct app_rig *like, const char *name, const char *conversation, const char *wanted);

/* The bytes of a line's form and body; their number. */
uint32_t app_rig_bytes(const char *line, uint8_t *out, uint32_t room);

#endif
