/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* SCTP associations: every row a conversation, numbered after the section of RFC 9260 that it is from. */
#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "sctp_rig.h"

/* Tags and first TSNs of the two ends, of those that they have after a restart, and of nobody. */
enum { A = 0xa1, B = 0xb1, A2 = 0xa2, B2 = 0xb2, X = 0xbad };
#define TA 1000u
#define TB 2000u

#define CL PKTS_SCTP_CLOSED
#define CW PKTS_SCTP_COOKIE_WAIT
#define CE PKTS_SCTP_COOKIE_ECHOED
#define ES PKTS_SCTP_ESTABLISHED
#define SS PKTS_SCTP_SHUTDOWN_SENT
#define SR PKTS_SCTP_SHUTDOWN_RECEIVED
#define SA PKTS_SCTP_SHUTDOWN_ACK_SENT

#define OK	PKTS_VALID
#define SUSPECT PKTS_SUSPECT
#define BAD	PKTS_INVALID

/* clang-format off */
#define CHUNKS(...) {__VA_ARGS__}
#define STEP(DIR, VTAG, CHUNKS, VALIDITY, EVENTS, ST0, ST1) \
	{DIR, VTAG, CHUNKS, VALIDITY, EVENTS, {ST0, ST1}, 1}

/* What rows begin with. */
#define HANDSHAKE \
	STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL), \
	STEP(1, A, CHUNKS(INIT_ACK(B, TB, 77)),   OK, 0, CW, CL), \
	STEP(0, B, CHUNKS(ECHO(77)),              OK, 0, CE, ES), \
	STEP(1, A, CHUNKS(COOKIE_ACK),            OK, 0, ES, ES)

struct row {
	const char *name;
	struct step steps[RIG_STEPS];
};

static const struct row beginnings[] = {
	{"5.1: four-way handshake", { HANDSHAKE }},
	{"5.1: data bundled with COOKIE ECHO and COOKIE ACK", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, A, CHUNKS(INIT_ACK(B, TB, 77)),   OK, 0, CW, CL),
		STEP(0, B, CHUNKS(ECHO(77), DATA(TA)),    OK, 0, CE, ES),
		STEP(1, A, CHUNKS(COOKIE_ACK, SACK(TA), DATA(TB)), OK, 0, ES, ES),
		STEP(0, B, CHUNKS(SACK(TB)),              OK, 0, ES, ES),
	}},
	{"5.1: INIT is repeated, the first answer counts", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, A, CHUNKS(INIT_ACK(B, TB, 77)),   OK, 0, CW, CL),
		STEP(1, A, CHUNKS(INIT_ACK(B2, TB, 78)),  OK, 0, CW, CL),
		STEP(0, B, CHUNKS(ECHO(77)),              SUSPECT, EV(COOKIE), CE, CL),
		STEP(1, A, CHUNKS(COOKIE_ACK),            OK, 0, ES, ES),
		STEP(0, B, CHUNKS(DATA(TA)),              OK, 0, ES, ES),
		STEP(1, A, CHUNKS(SACK(TA)),              OK, 0, ES, ES),
		STEP(0, B2, CHUNKS(DATA(TA + 1)),         BAD, EV(TAG), ES, ES),
	}},
	{"5.1: that cookie's COOKIE ACK is lost before it is seen", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, A, CHUNKS(INIT_ACK(B, TB, 77)),   OK, 0, CW, CL),
		STEP(1, A, CHUNKS(INIT_ACK(B2, TB, 78)),  OK, 0, CW, CL),
		STEP(0, B, CHUNKS(ECHO(77)),              SUSPECT, EV(COOKIE), CE, CL),
		STEP(0, B, CHUNKS(DATA(TA)),              OK, 0, ES, ES),
		STEP(1, A, CHUNKS(SACK(TA)),              OK, 0, ES, ES),
	}},
	{"5.1: COOKIE ECHO is repeated", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, A, CHUNKS(INIT_ACK(B, TB, 77)),   OK, 0, CW, CL),
		STEP(0, B, CHUNKS(ECHO(77)),              OK, 0, CE, ES),
		STEP(0, B, CHUNKS(ECHO(77)),              OK, 0, CE, ES),
		STEP(1, A, CHUNKS(COOKIE_ACK),            OK, 0, ES, ES),
		STEP(1, A, CHUNKS(COOKIE_ACK),            OK, 0, ES, ES),
	}},
	{"5.1: refused with an ABORT", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, A, CHUNKS(ABORT(0)),              OK, 0, CL, CL),
	}},
	{"5.1: and tried again", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, A, CHUNKS(ABORT(0)),              OK, 0, CL, CL),
		STEP(0, 0, CHUNKS(INIT(A2, TA)),          OK, 0, CW, CL),
		STEP(1, A2, CHUNKS(INIT_ACK(B, TB, 77)),  OK, 0, CW, CL),
		STEP(0, B, CHUNKS(ECHO(77)),              OK, 0, CE, ES),
	}},
	{"5.1: a forged cookie begins nothing", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, A, CHUNKS(INIT_ACK(B, TB, 77)),   OK, 0, CW, CL),
		STEP(0, B, CHUNKS(ECHO(66)),              SUSPECT, EV(COOKIE), CE, CL),
		STEP(0, B, CHUNKS(ECHO(77)),              OK, 0, CE, ES),
	}},
	{"5.2.6: stale cookie, and a new INIT", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, A, CHUNKS(INIT_ACK(B, TB, 77)),   OK, 0, CW, CL),
		STEP(0, B, CHUNKS(ECHO(66)),              SUSPECT, EV(COOKIE), CE, CL),
		STEP(1, A, CHUNKS(ERROR_CHUNK),           OK, 0, CE, CL),
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CE, CL),
		STEP(1, A, CHUNKS(INIT_ACK(B2, TB, 88)),  OK, 0, CE, CL),
		STEP(0, B2, CHUNKS(ECHO(88)),             OK, 0, CE, ES),
		STEP(1, A, CHUNKS(COOKIE_ACK),            OK, 0, ES, ES),
	}},
	{"3.3.2: an INIT whose tag is 0", {
		STEP(0, 0, CHUNKS(INIT(0, TA)),           BAD, EV(CHUNK), CL, CL),
	}},
	{"3.3.2: a receive window below 1500", {
		STEP(0, 0, CHUNKS(VALUE(PKTS_SCTP_INIT, "\0\0\0\1\0\0\5\xdb\0\1\0\1\0\0\0\1")), BAD, EV(CHUNK), CL, CL),
	}},
	{"3.3.2: no stream out", {
		STEP(0, 0, CHUNKS(VALUE(PKTS_SCTP_INIT, "\0\0\0\1\0\1\0\0\0\0\0\1\0\0\0\1")), BAD, EV(CHUNK), CL, CL),
	}},
	{"3.3.2: no stream in", {
		STEP(0, 0, CHUNKS(VALUE(PKTS_SCTP_INIT, "\0\0\0\1\0\1\0\0\0\1\0\0\0\0\0\1")), BAD, EV(CHUNK), CL, CL),
	}},
	{"3.3.2: too short", {
		STEP(0, 0, CHUNKS(VALUE(PKTS_SCTP_INIT, "\0\0\0\1\0\1\0\0\0\1\0\1")), BAD, EV(CHUNK), CL, CL),
	}},
	{"3.3.3: an INIT ACK without a cookie", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, A, CHUNKS(VALUE(PKTS_SCTP_INIT_ACK, "\0\0\0\1\0\1\0\0\0\1\0\1\0\0\0\1")), BAD, EV(CHUNK), CW, CL),
	}},
};

static const struct row duplicates[] = {
	{"5.2.1: both send INIT, and both COOKIE ECHO", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, 0, CHUNKS(INIT(B, TB)),           OK, EV(COLLISION), CW, CW),
		STEP(0, B, CHUNKS(INIT_ACK(A, TA, 1)),    OK, 0, CW, CW),
		STEP(1, A, CHUNKS(INIT_ACK(B, TB, 2)),    OK, 0, CW, CW),
		STEP(0, B, CHUNKS(ECHO(2)),               OK, 0, CE, ES),
		STEP(1, A, CHUNKS(ECHO(1)),               OK, 0, ES, ES),
		STEP(1, A, CHUNKS(COOKIE_ACK),            OK, 0, ES, ES),
		STEP(0, B, CHUNKS(COOKIE_ACK),            OK, 0, ES, ES),
		STEP(0, B, CHUNKS(DATA(TA)),              OK, 0, ES, ES),
		STEP(1, A, CHUNKS(SACK(TA)),              OK, 0, ES, ES),
	}},
	{"5.2.1: the INIT of the second comes while the first waits for COOKIE ACK", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, A, CHUNKS(INIT_ACK(B, TB, 2)),    OK, 0, CW, CL),
		STEP(1, 0, CHUNKS(INIT(B, TB)),           OK, EV(COLLISION), CW, CW),
		STEP(0, B, CHUNKS(ECHO(2)),               OK, 0, CE, ES),
		STEP(0, B, CHUNKS(INIT_ACK(A, TA, 1)),    OK, 0, CE, ES),
		STEP(1, A, CHUNKS(ECHO(1)),               OK, 0, ES, ES),
		STEP(1, A, CHUNKS(COOKIE_ACK),            OK, 0, ES, ES),
	}},
	{"5.2.2: an INIT from elsewhere does no harm", {
		HANDSHAKE,
		STEP(0, 0, CHUNKS(INIT(X, 1)),            OK, 0, ES, ES),
		STEP(1, X, CHUNKS(INIT_ACK(B2, 7, 99)),   OK, 0, ES, ES),
		STEP(0, B, CHUNKS(DATA(TA)),              OK, 0, ES, ES),
		STEP(1, A, CHUNKS(SACK(TA)),              OK, 0, ES, ES),
		STEP(0, B2, CHUNKS(DATA(TA + 1)),         BAD, EV(TAG), ES, ES),
		STEP(1, X, CHUNKS(DATA(TB)),              BAD, EV(TAG), ES, ES),
	}},
	{"5.2.2: a restart that adds addresses is refused, the association stays", {
		HANDSHAKE,
		STEP(0, 0, CHUNKS(INIT(A2, 5)),           OK, 0, ES, ES),
		STEP(1, A2, CHUNKS(ABORT(0)),             OK, 0, ES, ES),
		STEP(0, B, CHUNKS(DATA(TA)),              OK, 0, ES, ES),
		STEP(1, A2, CHUNKS(ABORT(0)),             BAD, EV(TAG), ES, ES),
	}},
	{"5.2.3: an INIT ACK that nobody waits for", {
		HANDSHAKE,
		STEP(1, A, CHUNKS(INIT_ACK(B2, 7, 99)),   OK, 0, ES, ES),
		STEP(0, B, CHUNKS(DATA(TA)),              OK, 0, ES, ES),
		STEP(1, X, CHUNKS(INIT_ACK(B2, 7, 99)),   BAD, EV(TAG), ES, ES),
	}},
	{"5.2.4 A: restart", {
		HANDSHAKE,
		STEP(0, 0, CHUNKS(INIT(A2, 5)),           OK, 0, ES, ES),
		STEP(1, A2, CHUNKS(INIT_ACK(B2, 6, 99)),  OK, 0, ES, ES),
		STEP(0, B2, CHUNKS(ECHO(99)),             SUSPECT, EV(RESTART), CE, ES),
		STEP(1, A2, CHUNKS(COOKIE_ACK),           OK, 0, ES, ES),
		STEP(0, B2, CHUNKS(DATA(5)),              OK, 0, ES, ES),
		STEP(1, A2, CHUNKS(SACK(5), DATA(6)),     OK, 0, ES, ES),
		STEP(0, X, CHUNKS(DATA(TA)),              BAD, EV(TAG), ES, ES),
	}},
	{"5.2.4 A: what was under way at a restart", {
		HANDSHAKE,
		STEP(0, 0, CHUNKS(INIT(A2, 5)),           OK, 0, ES, ES),
		STEP(1, A2, CHUNKS(INIT_ACK(B2, 6, 99)),  OK, 0, ES, ES),
		STEP(0, B2, CHUNKS(ECHO(99)),             SUSPECT, EV(RESTART), CE, ES),
		STEP(1, A, CHUNKS(DATA(TB)),              SUSPECT, EV(TAG), CE, ES),
		STEP(1, A2, CHUNKS(COOKIE_ACK),           OK, 0, ES, ES),
		STEP(0, B, CHUNKS(ABORT(0)),              SUSPECT, EV(TAG), ES, ES),
		STEP(0, A, CHUNKS(ABORT(1)),              SUSPECT, EV(TAG), ES, ES),
		STEP(0, X, CHUNKS(ABORT(1)),              BAD, EV(TAG), ES, ES),
	}},
	{"5.1: what was under way when the one before ended", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(ABORT(0)),              OK, 0, CL, CL),
		STEP(0, 0, CHUNKS(INIT(A2, 5)),           OK, 0, CW, CL),
		STEP(1, A, CHUNKS(DATA(TB)),              SUSPECT, EV(TAG), CW, CL),
		STEP(1, A2, CHUNKS(INIT_ACK(B2, 6, 99)),  OK, 0, CW, CL),
		STEP(0, B2, CHUNKS(ECHO(99)),             OK, 0, CE, ES),
		STEP(0, B, CHUNKS(DATA(TA)),              SUSPECT, EV(TAG), CE, ES),
		STEP(1, X, CHUNKS(DATA(TB)),              BAD, EV(TAG), CE, ES),
	}},
	{"5.2.4 A: the other end restarts", {
		HANDSHAKE,
		STEP(1, 0, CHUNKS(INIT(B2, 6)),           OK, 0, ES, ES),
		STEP(0, B2, CHUNKS(INIT_ACK(A2, 5, 99)),  OK, 0, ES, ES),
		STEP(1, A2, CHUNKS(ECHO(99), DATA(6)),    SUSPECT, EV(RESTART), ES, CE),
		STEP(0, B2, CHUNKS(COOKIE_ACK, SACK(6)),  OK, 0, ES, ES),
	}},
	{"5.2.4 A: restart, with a cookie that was not seen", {
		HANDSHAKE,
		STEP(0, 0, CHUNKS(INIT(A2, 5)),           OK, 0, ES, ES),
		STEP(0, B2, CHUNKS(ECHO(99)),             SUSPECT, EV(COOKIE), ES, ES),
		STEP(1, A2, CHUNKS(COOKIE_ACK),           SUSPECT, EV(RESTART), ES, ES),
		STEP(0, B2, CHUNKS(DATA(5)),              OK, 0, ES, ES),
	}},
	{"5.2.4 A: not while shutting down", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(SHUTDOWN(TB - 1)),      OK, 0, SS, SR),
		STEP(1, A, CHUNKS(SHUTDOWN_ACK),          OK, 0, SS, SA),
		STEP(0, 0, CHUNKS(INIT(A2, 5)),           OK, 0, SS, SA),
		STEP(1, A2, CHUNKS(INIT_ACK(B2, 6, 99)),  OK, 0, SS, SA),
		STEP(0, B2, CHUNKS(ECHO(99)),             BAD, EV(COOKIE), SS, SA),
	}},
	{"5.2.4 B: the initiator has begun once more with another tag", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, A, CHUNKS(INIT_ACK(B, TB, 77)),   OK, 0, CW, CL),
		STEP(0, B, CHUNKS(ECHO(77)),              OK, 0, CE, ES),
		STEP(0, 0, CHUNKS(INIT(A2, 5)),           OK, 0, CE, ES),
		STEP(1, A2, CHUNKS(INIT_ACK(B, TB, 78)),  OK, 0, CE, ES),
		STEP(0, B, CHUNKS(ECHO(78)),              OK, 0, CE, ES),
		STEP(1, A2, CHUNKS(COOKIE_ACK),           OK, 0, ES, ES),
		STEP(1, A, CHUNKS(DATA(TB)),              SUSPECT, EV(TAG), ES, ES),
	}},
	{"5.2.4 C: a cookie that comes too late", {
		HANDSHAKE,
		STEP(1, A, CHUNKS(INIT_ACK(B2, 6, 99)),   OK, 0, ES, ES),
		STEP(0, B2, CHUNKS(ECHO(99)),             SUSPECT, EV(COOKIE), ES, ES),
		STEP(0, B2, CHUNKS(ECHO(99), DATA(TA)),   SUSPECT, EV(COOKIE), ES, ES),
		STEP(0, B, CHUNKS(DATA(TA)),              OK, 0, ES, ES),
	}},
	{"5.2.4 D: the same cookie once more", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(DATA(TA)),              OK, 0, ES, ES),
		STEP(0, B, CHUNKS(ECHO(77)),              OK, 0, ES, ES),
		STEP(1, A, CHUNKS(COOKIE_ACK),            OK, 0, ES, ES),
		STEP(0, B, CHUNKS(DATA(TA + 1)),          OK, 0, ES, ES),
	}},
	{"5.2.5: COOKIE ACK where nobody waits for it", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, A, CHUNKS(COOKIE_ACK),            SUSPECT, EV(STATE), CW, CL),
	}},
};

static const struct row tags[] = {
	{"8.5: another tag", {
		HANDSHAKE,
		STEP(0, X, CHUNKS(DATA(TA)),              BAD, EV(TAG), ES, ES),
		STEP(0, A, CHUNKS(DATA(TA)),              BAD, EV(TAG), ES, ES),
		STEP(1, B, CHUNKS(SACK(TA)),              BAD, EV(TAG), ES, ES),
		STEP(0, X, CHUNKS(HEARTBEAT),             BAD, EV(TAG), ES, ES),
		STEP(0, X, CHUNKS(SHUTDOWN(TB - 1)),      BAD, EV(TAG), ES, ES),
		STEP(0, X, CHUNKS(SHUTDOWN_ACK),          BAD, EV(TAG), ES, ES),
		STEP(0, X, CHUNKS(ERROR_CHUNK),           BAD, EV(TAG), ES, ES),
		STEP(1, X, CHUNKS(COOKIE_ACK),            BAD, EV(TAG), ES, ES),
		STEP(0, X, CHUNKS(ASCONF(1)),             BAD, EV(TAG), ES, ES),
	}},
	{"8.5: no tag", {
		HANDSHAKE,
		STEP(0, 0, CHUNKS(DATA(TA)),              BAD, EV(TAG), ES, ES),
		STEP(0, 0, CHUNKS(ABORT(0)),              BAD, EV(TAG), ES, ES),
		STEP(0, 0, CHUNKS(ECHO(77)),              BAD, EV(TAG), ES, ES),
	}},
	{"8.5.1 A: INIT with a tag", {
		STEP(0, X, CHUNKS(INIT(A, TA)),           BAD, EV(TAG), CL, CL),
	}},
	{"8.5.1 A: INIT with others", {
		STEP(0, 0, CHUNKS(INIT(A, TA), DATA(TA)), BAD, EV(BUNDLING), CL, CL),
		STEP(0, 0, CHUNKS(DATA(TA), INIT(A, TA)), BAD, EV(BUNDLING), CL, CL),
	}},
	{"6.10: INIT ACK and SHUTDOWN COMPLETE with others", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, A, CHUNKS(INIT_ACK(B, TB, 7), DATA(TB)), BAD, EV(BUNDLING), CW, CL),
		STEP(1, A, CHUNKS(COMPLETE(0), DATA(TB)), BAD, EV(BUNDLING), CW, CL),
	}},
	{"6.10: COOKIE ECHO behind others", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, A, CHUNKS(INIT_ACK(B, TB, 77)),   OK, 0, CW, CL),
		STEP(0, B, CHUNKS(HEARTBEAT, ECHO(77)),   SUSPECT, EV(BUNDLING) | EV(NO_ASSOCIATION), CW, CL),
		STEP(0, B, CHUNKS(AUTH, ECHO(77), DATA(TA)), OK, 0, CE, ES),
	}},
	{"8.5.1 B: ABORT with the tag of the receiver", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(ABORT(0)),              OK, 0, CL, CL),
	}},
	{"8.5.1 B: ABORT that reflects the tag of the sender", {
		HANDSHAKE,
		STEP(0, A, CHUNKS(ABORT(1)),              OK, 0, CL, CL),
	}},
	{"8.5.1 B: ABORT with a tag against its T bit", {
		HANDSHAKE,
		STEP(0, A, CHUNKS(ABORT(0)),              BAD, EV(TAG), ES, ES),
		STEP(0, B, CHUNKS(ABORT(1)),              BAD, EV(TAG), ES, ES),
		STEP(0, X, CHUNKS(ABORT(0)),              BAD, EV(TAG), ES, ES),
		STEP(0, X, CHUNKS(ABORT(1)),              BAD, EV(TAG), ES, ES),
		STEP(1, A, CHUNKS(DATA(TB)),              OK, 0, ES, ES),
	}},
	{"8.5.1 B: T in COOKIE-WAIT, where there is nothing to reflect", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, X, CHUNKS(ABORT(1)),              BAD, EV(TAG), CW, CL),
		STEP(1, A, CHUNKS(ABORT(1)),              BAD, EV(TAG), CW, CL),
	}},
	{"8.5.1 C: SHUTDOWN COMPLETE before its time", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(COMPLETE(0)),           SUSPECT, EV(STATE), ES, ES),
		STEP(0, A, CHUNKS(COMPLETE(0)),           BAD, EV(TAG), ES, ES),
	}},
	{"8.5.1 C: SHUTDOWN COMPLETE that reflects", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(SHUTDOWN(TB - 1)),      OK, 0, SS, SR),
		STEP(1, A, CHUNKS(SHUTDOWN_ACK),          OK, 0, SS, SA),
		STEP(0, B, CHUNKS(COMPLETE(1)),           BAD, EV(TAG), SS, SA),
		STEP(0, A, CHUNKS(COMPLETE(1)),           OK, 0, CL, CL),
	}},
	{"8.5.1 D: COOKIE ECHO, then data with another tag", {
		HANDSHAKE,
		STEP(0, X, CHUNKS(ECHO(1), DATA(TA)),     SUSPECT, EV(COOKIE), ES, ES),
		STEP(0, X, CHUNKS(DATA(TA)),              BAD, EV(TAG), ES, ES),
	}},
	{"8.5.1 E: SHUTDOWN ACK of an association before, in COOKIE-WAIT", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, X, CHUNKS(SHUTDOWN_ACK),          OK, 0, CW, CL),
		STEP(1, A, CHUNKS(INIT_ACK(B, TB, 77)),   OK, 0, CW, CL),
	}},
	{"8.4: out of the blue, after the end", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(ABORT(0)),              OK, 0, CL, CL),
		STEP(1, A, CHUNKS(DATA(TB)),              SUSPECT, EV(NO_ASSOCIATION), CL, CL),
		STEP(0, A, CHUNKS(ABORT(1)),              OK, 0, CL, CL),
		STEP(1, X, CHUNKS(DATA(TB)),              BAD, EV(TAG), CL, CL),
		STEP(1, A, CHUNKS(SHUTDOWN_ACK),          OK, 0, CL, CL),
		STEP(0, A, CHUNKS(COMPLETE(1)),           OK, 0, CL, CL),
	}},
};

static const struct row endings[] = {
	{"9.2: shutdown", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(SHUTDOWN(TB - 1)),      OK, 0, SS, SR),
		STEP(1, A, CHUNKS(SHUTDOWN_ACK),          OK, 0, SS, SA),
		STEP(0, B, CHUNKS(COMPLETE(0)),           OK, 0, CL, CL),
	}},
	{"9.2: the other end has data under way", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(SHUTDOWN(TB - 1)),      OK, 0, SS, SR),
		STEP(1, A, CHUNKS(DATA(TB)),              OK, 0, SS, SR),
		STEP(0, B, CHUNKS(SACK(TB), SHUTDOWN(TB)), OK, 0, SS, SR),
		STEP(1, A, CHUNKS(SHUTDOWN_ACK),          OK, 0, SS, SA),
		STEP(0, B, CHUNKS(COMPLETE(0)),           OK, 0, CL, CL),
	}},
	{"9.2: both shut down at once", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(SHUTDOWN(TB - 1)),      OK, 0, SS, SR),
		STEP(1, A, CHUNKS(SHUTDOWN(TA - 1)),      OK, 0, SS, SS),
		STEP(0, B, CHUNKS(SHUTDOWN_ACK),          OK, 0, SA, SS),
		STEP(1, A, CHUNKS(SHUTDOWN_ACK),          OK, 0, SA, SA),
		STEP(1, A, CHUNKS(COMPLETE(0)),           OK, 0, CL, CL),
		STEP(0, B, CHUNKS(COMPLETE(0)),           OK, 0, CL, CL),
	}},
	{"9.2: SHUTDOWN and SHUTDOWN ACK are repeated", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(SHUTDOWN(TB - 1)),      OK, 0, SS, SR),
		STEP(0, B, CHUNKS(SHUTDOWN(TB - 1)),      OK, 0, SS, SR),
		STEP(1, A, CHUNKS(SHUTDOWN_ACK),          OK, 0, SS, SA),
		STEP(0, B, CHUNKS(SHUTDOWN(TB - 1)),      OK, 0, SS, SA),
		STEP(1, A, CHUNKS(SHUTDOWN_ACK),          OK, 0, SS, SA),
		STEP(0, B, CHUNKS(COMPLETE(0)),           OK, 0, CL, CL),
		STEP(1, A, CHUNKS(SHUTDOWN_ACK),          OK, 0, CL, CL),
		STEP(0, A, CHUNKS(COMPLETE(1)),           OK, 0, CL, CL),
	}},
	{"9.2: new data after SHUTDOWN, an old one again", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(DATA(TA)),              OK, 0, ES, ES),
		STEP(0, B, CHUNKS(SHUTDOWN(TB - 1)),      OK, 0, SS, SR),
		STEP(0, B, CHUNKS(DATA(TA)),              OK, 0, SS, SR),
		STEP(0, B, CHUNKS(DATA(TA + 1)),          SUSPECT, EV(STATE), SS, SR),
	}},
	{"9.2: data after SHUTDOWN ACK", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(SHUTDOWN(TB - 1)),      OK, 0, SS, SR),
		STEP(1, A, CHUNKS(SHUTDOWN_ACK),          OK, 0, SS, SA),
		STEP(1, A, CHUNKS(DATA(TB)),              SUSPECT, EV(STATE), SS, SA),
	}},
	{"9.2: SHUTDOWN ACK without SHUTDOWN", {
		HANDSHAKE,
		STEP(1, A, CHUNKS(SHUTDOWN_ACK),          SUSPECT, EV(STATE), ES, SA),
	}},
	{"9.2: the ports are used again, the last COMPLETE was lost", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(SHUTDOWN(TB - 1)),      OK, 0, SS, SR),
		STEP(1, A, CHUNKS(SHUTDOWN_ACK),          OK, 0, SS, SA),
		STEP(0, B, CHUNKS(COMPLETE(0)),           OK, 0, CL, CL),
		STEP(0, 0, CHUNKS(INIT(A2, 5)),           OK, 0, CW, CL),
		STEP(1, A, CHUNKS(SHUTDOWN_ACK),          OK, 0, CW, CL),
		STEP(0, A, CHUNKS(COMPLETE(1)),           OK, 0, CW, CL),
		STEP(0, 0, CHUNKS(INIT(A2, 5)),           OK, 0, CW, CL),
		STEP(1, A2, CHUNKS(INIT_ACK(B2, 6, 9)),   OK, 0, CW, CL),
		STEP(0, B2, CHUNKS(ECHO(9)),              OK, 0, CE, ES),
	}},
	{"9.2: of the association after that only one way is seen", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(ABORT(0)),              OK, 0, CL, CL),
		STEP(0, 0, CHUNKS(INIT(A2, 5)),           OK, 0, CW, CL),
		STEP(0, B2, CHUNKS(ECHO(9)),              OK, 0, CE, ES),
	}},
	{"9.1: ABORT behind data", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(DATA(TA), ABORT(0), DATA(TA + 1)), OK, 0, CL, CL),
	}},
};

static const struct row parts[] = {
	{"picked up: data both ways", {
		STEP(0, B, CHUNKS(DATA(50)),              OK, EV(MIDSTREAM), ES, ES),
		STEP(1, A, CHUNKS(SACK(50)),              OK, 0, ES, ES),
		STEP(0, X, CHUNKS(DATA(51)),              BAD, EV(TAG), ES, ES),
		STEP(0, B, CHUNKS(SHUTDOWN(1)),           OK, 0, SS, SR),
		STEP(1, A, CHUNKS(SHUTDOWN_ACK),          OK, 0, SS, SA),
		STEP(0, B, CHUNKS(COMPLETE(0)),           OK, 0, CL, CL),
	}},
	{"picked up: a forged packet first", {
		STEP(0, X, CHUNKS(DATA(7)),               OK, EV(MIDSTREAM), ES, ES),
		STEP(0, B, CHUNKS(DATA(50)),              SUSPECT, EV(TAG), ES, ES),
		STEP(1, A, CHUNKS(SACK(50)),              OK, 0, ES, ES),
		STEP(0, B, CHUNKS(DATA(51)),              OK, 0, ES, ES),
		STEP(0, X, CHUNKS(DATA(8)),               BAD, EV(TAG), ES, ES),
	}},
	{"picked up at INIT ACK", {
		STEP(0, A, CHUNKS(INIT_ACK(B, TB, 77)),   OK, EV(MIDSTREAM), CL, CW),
		STEP(1, B, CHUNKS(ECHO(77)),              OK, 0, ES, CE),
		STEP(0, A, CHUNKS(COOKIE_ACK),            OK, 0, ES, ES),
		STEP(1, B, CHUNKS(DATA(TA)),              OK, 0, ES, ES),
		STEP(0, A, CHUNKS(DATA(TB)),              OK, 0, ES, ES),
	}},
	{"picked up at COOKIE ECHO", {
		STEP(0, B, CHUNKS(ECHO(77), DATA(TA)),    OK, EV(MIDSTREAM), CE, ES),
		STEP(1, A, CHUNKS(COOKIE_ACK),            OK, 0, ES, ES),
		STEP(0, B, CHUNKS(DATA(TA + 1)),          OK, 0, ES, ES),
	}},
	{"picked up at COOKIE ACK", {
		STEP(0, A, CHUNKS(COOKIE_ACK),            OK, EV(MIDSTREAM), ES, ES),
		STEP(1, B, CHUNKS(DATA(TA)),              OK, 0, ES, ES),
	}},
	{"picked up at SHUTDOWN ACK", {
		STEP(0, A, CHUNKS(SHUTDOWN_ACK),          OK, EV(MIDSTREAM), SA, SS),
		STEP(1, B, CHUNKS(COMPLETE(0)),           OK, 0, CL, CL),
	}},
	{"picked up at SHUTDOWN COMPLETE", {
		STEP(0, A, CHUNKS(COMPLETE(0)),           OK, EV(MIDSTREAM), CL, CL),
	}},
	{"picked up at ABORT", {
		STEP(0, A, CHUNKS(ABORT(1)),              OK, EV(MIDSTREAM), CL, CL),
	}},
	{"one way: only the initiator", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(0, B, CHUNKS(ECHO(77)),              OK, 0, CE, ES),
		STEP(0, B, CHUNKS(DATA(TA)),              OK, 0, ES, ES),
		STEP(0, B, CHUNKS(SACK(TB)),              OK, 0, ES, ES),
		STEP(0, B, CHUNKS(SHUTDOWN(TB)),          OK, 0, SS, SR),
		STEP(0, B, CHUNKS(COMPLETE(0)),           OK, 0, CL, CL),
	}},
	{"one way: a forged COOKIE ECHO first", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(0, X, CHUNKS(ECHO(66)),              OK, 0, CE, ES),
		STEP(0, B, CHUNKS(ECHO(77)),              SUSPECT, EV(RESTART), CE, ES),
		STEP(0, B, CHUNKS(DATA(TA)),              OK, 0, ES, ES),
		STEP(0, X, CHUNKS(DATA(TA + 1)),          SUSPECT, EV(TAG), ES, ES),
		STEP(0, B, CHUNKS(DATA(TA + 1)),          SUSPECT, EV(TAG), ES, ES),
	}},
	{"one way: only the responder, and COOKIE ACK is missing", {
		STEP(0, A, CHUNKS(INIT_ACK(B, TB, 77)),   OK, EV(MIDSTREAM), CL, CW),
		STEP(0, A, CHUNKS(DATA(TB)),              OK, 0, CL, CW),
	}},
	{"one way: only the responder", {
		STEP(0, A, CHUNKS(INIT_ACK(B, TB, 77)),   OK, EV(MIDSTREAM), CL, CW),
		STEP(0, A, CHUNKS(COOKIE_ACK),            OK, 0, ES, ES),
		STEP(0, A, CHUNKS(SACK(TA), DATA(TB)),    OK, 0, ES, ES),
		STEP(0, A, CHUNKS(SHUTDOWN_ACK),          OK, 0, SA, SS),
	}},
	{"restart of what was picked up", {
		STEP(0, B, CHUNKS(DATA(50)),              OK, EV(MIDSTREAM), ES, ES),
		STEP(1, A, CHUNKS(SACK(50)),              OK, 0, ES, ES),
		STEP(0, 0, CHUNKS(INIT(A2, 5)),           OK, 0, ES, ES),
		STEP(1, A2, CHUNKS(INIT_ACK(B2, 6, 99)),  OK, 0, ES, ES),
		STEP(0, B2, CHUNKS(ECHO(99)),             SUSPECT, EV(RESTART), CE, ES),
	}},
};

static const struct row numbers[] = {
	{"1.6: TSNs wrap", {
		STEP(0, 0, CHUNKS(INIT(A, 0xffffffff)),   OK, 0, CW, CL),
		STEP(1, A, CHUNKS(INIT_ACK(B, 0, 77)),    OK, 0, CW, CL),
		STEP(0, B, CHUNKS(ECHO(77), DATA(0xffffffff), DATA(0)), OK, 0, CE, ES),
		STEP(1, A, CHUNKS(COOKIE_ACK, SACK(0xffffffff)), OK, 0, ES, ES),
		STEP(1, A, CHUNKS(SACK(0), DATA(0), I_DATA(1)), OK, 0, ES, ES),
		STEP(0, B, CHUNKS(SACK(1), DATA(1)),      OK, 0, ES, ES),
		STEP(0, B, CHUNKS(SACK(0xffffffff)),      OK, 0, ES, ES),
	}},
	{"6.2.1: acknowledges what was not sent", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(DATA(TA)),              OK, 0, ES, ES),
		STEP(1, A, CHUNKS(SACK(TA + 1)),          SUSPECT, EV(ACK), ES, ES),
	}},
	{"6.2.1: so does a gap block", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(DATA(TA), DATA(TA + 2)), OK, 0, ES, ES),
		STEP(1, A, CHUNKS(SACK_GAP(TA, 2)),       OK, 0, ES, ES),
		STEP(1, A, CHUNKS(SACK_GAP(TA, 3)),       SUSPECT, EV(ACK), ES, ES),
	}},
	{"6.2.1: picked up, and behind what was sent before", {
		STEP(0, B, CHUNKS(DATA(50)),              OK, EV(MIDSTREAM), ES, ES),
		STEP(1, A, CHUNKS(SACK(60)),              OK, 0, ES, ES),
		STEP(1, A, CHUNKS(SACK(61)),              SUSPECT, EV(ACK), ES, ES),
	}},
	{"6.2.1: half the numbers away", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(DATA(TA)),              OK, 0, ES, ES),
		STEP(1, A, CHUNKS(SACK(TA - 0x50000000)), SUSPECT, EV(ACK), ES, ES),
		STEP(0, B, CHUNKS(DATA(TA + 0x40000000)), SUSPECT, EV(TSN), ES, ES),
	}},
	{"window: the last TSN in it, and one more", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(DATA(TA + 65535)),      OK, 0, ES, ES),
		STEP(0, B, CHUNKS(DATA(TA + 65536 + 65536)), SUSPECT, EV(TSN), ES, ES),
		STEP(0, B, CHUNKS(DATA(TA + 65536 + 65536 - 0x40000001)), SUSPECT, EV(TSN), ES, ES),
	}},
	{"RFC 3758: FORWARD-TSN goes on", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(DATA(TA)),              OK, 0, ES, ES),
		STEP(0, B, CHUNKS(FORWARD(TA + 5)),       OK, 0, ES, ES),
		STEP(1, A, CHUNKS(SACK(TA + 5)),          OK, 0, ES, ES),
	}},
	{"9.2: SHUTDOWN acknowledges what was not sent", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(SHUTDOWN(TB)),          SUSPECT, EV(ACK), SS, SR),
	}},
};

static const struct row chunks[] = {
	{"3.3.1: data without data, alone", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(VALUE(PKTS_SCTP_DATA, "\0\0\3\xe8\0\0\0\0\0\0\0\0")), BAD, EV(CHUNK), ES, ES),
	}},
	{"3.3.1: and beside others", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(VALUE(PKTS_SCTP_DATA, "\0\0\3\xe8\0\0\0\0\0\0\0\0"), SHUTDOWN(TB - 1)),
		     SUSPECT, EV(CHUNK), SS, SR),
	}},
	{"3.3.8: a SHUTDOWN that is too short", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(VALUE(PKTS_SCTP_SHUTDOWN, "")), BAD, EV(CHUNK), ES, ES),
	}},
	{"3.3.4: a SACK that is too short", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(VALUE(PKTS_SCTP_SACK, "\0\0\0\1")), BAD, EV(CHUNK), ES, ES),
	}},
	{"3.2: types that nobody knows", {
		HANDSHAKE,
		STEP(0, B, CHUNKS(VALUE(13, "x"), VALUE(63, "x"), VALUE(255, "")), OK, 0, ES, ES),
	}},
	{"4: a chunk before there is an association", {
		STEP(0, 0, CHUNKS(INIT(A, TA)),           OK, 0, CW, CL),
		STEP(1, A, CHUNKS(DATA(TB)),              SUSPECT, EV(STATE), CW, CL),
	}},
};
/* clang-format on */

static void run(const struct row *rows, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct pkts_sctp_session s = {0};
		rig_run(&s, rows[i].steps, rows[i].name);
	}
}

static void associations_begin(void **state)
{
	(void)state;
	run(beginnings, PKTS_ARRAY_LEN(beginnings));
}

static void duplicate_and_unexpected_setup(void **state)
{
	(void)state;
	run(duplicates, PKTS_ARRAY_LEN(duplicates));
}

static void verification_tags(void **state)
{
	(void)state;
	run(tags, PKTS_ARRAY_LEN(tags));
}

static void associations_end(void **state)
{
	(void)state;
	run(endings, PKTS_ARRAY_LEN(endings));
}

static void parts_of_associations(void **state)
{
	(void)state;
	run(parts, PKTS_ARRAY_LEN(parts));
}

static void tsns(void **state)
{
	(void)state;
	run(numbers, PKTS_ARRAY_LEN(numbers));
}

static void malformed_chunks(void **state)
{
	(void)state;
	run(chunks, PKTS_ARRAY_LEN(chunks));
}

static const struct step handshake[RIG_STEPS] = {HANDSHAKE};

/* Which ends tell how it went: states, timeouts, names. */
static void how_it_went(void **state)
{
	static const struct step shutdown[RIG_STEPS] = {
		STEP(0, B, CHUNKS(SHUTDOWN(TB - 1)), OK, 0, SS, SR),
		STEP(1, A, CHUNKS(SHUTDOWN_ACK), OK, 0, SS, SA),
		STEP(0, B, CHUNKS(COMPLETE(0)), OK, 0, CL, CL)};
	struct pkts_sctp_session s = {0};

	(void)state;
	assert_false(pkts_sctp_session_is_over(&s));
	assert_int_equal(pkts_sctp_session_timeout_class(&s), PKTS_SCTP_TIMEOUT_OPENING);
	rig_run(&s, handshake, "handshake");
	assert_int_equal(pkts_sctp_session_timeout_class(&s), PKTS_SCTP_TIMEOUT_ESTABLISHED);
	assert_string_equal(pkts_sctp_session_name(&s), "established");
	assert_int_equal(s.ends[0].tag, A);
	assert_int_equal(s.ends[1].tag, B);
	rig_step(&s, &shutdown[0], "shutdown", 1);
	assert_int_equal(pkts_sctp_session_timeout_class(&s), PKTS_SCTP_TIMEOUT_CLOSING);
	rig_step(&s, &shutdown[1], "shutdown", 2);
	assert_int_equal(s.ending, PKTS_SCTP_NOT_ENDED);
	rig_step(&s, &shutdown[2], "shutdown", 3);
	assert_true(pkts_sctp_session_is_over(&s));
	assert_int_equal(s.ending, PKTS_SCTP_ENDED_SHUTDOWN);
	assert_int_equal(pkts_sctp_session_timeout_class(&s), PKTS_SCTP_TIMEOUT_CLOSED);
	assert_string_equal(pkts_sctp_session_name(&s), "closed");
}

static void an_abort_is_another_ending(void **state)
{
	static const struct step abort_it = STEP(1, A, CHUNKS(ABORT(0)), OK, 0, CL, CL);
	struct pkts_sctp_session s = {0};

	(void)state;
	rig_run(&s, handshake, "handshake");
	rig_step(&s, &abort_it, "abort", 1);
	assert_int_equal(s.ending, PKTS_SCTP_ENDED_ABORT);
}

static bool owns(const struct pkts_sctp_session *s, unsigned dir, uint32_t vtag, struct item c)
{
	uint32_t len;
	uint8_t *const p = rig_packet(vtag, &c, 1, &len);
	const bool owned = pkts_sctp_session_owns(s, dir, (struct pkts_ref){p, len, len});

	free(p);
	return owned;
}

static void whose_a_packet_is(void **state)
{
	static const struct step first = STEP(0, 0, CHUNKS(INIT(X, 1)), OK, 0, CW, CL);
	static const struct step init = STEP(0, 0, CHUNKS(INIT(X, 1)), OK, 0, ES, ES);
	struct pkts_sctp_session s = {0}, before;

	(void)state;
	rig_step(&s, &first, "the first INIT", 1);
	assert_true(owns(&s, 0, 0, (struct item)INIT(X, 1)));
	assert_false(owns(&s, 0, 0, (struct item)INIT(A, 1)));
	assert_false(owns(&s, 1, 0, (struct item)INIT(X, 1)));
	assert_true(owns(&s, 1, X, (struct item)INIT_ACK(B, TB, 5)));
	assert_false(owns(&s, 1, A, (struct item)INIT_ACK(B, TB, 5)));
	assert_false(owns(&s, 0, B, (struct item)ECHO(5)));
	assert_false(owns(&s, 0, B, (struct item)DATA(1)));
	s = (struct pkts_sctp_session){0};
	rig_run(&s, handshake, "handshake");
	before = s;
	assert_true(owns(&s, 0, B, (struct item)ECHO(5)));
	assert_false(owns(&s, 0, X, (struct item)ECHO(5)));
	assert_false(owns(&s, 0, 0, (struct item)INIT(X, 1)));
	assert_true(owns(&s, 0, B, (struct item)DATA(1)));
	assert_false(owns(&s, 1, B, (struct item)DATA(1)));
	assert_true(owns(&s, 1, A, (struct item)HEARTBEAT));
	assert_false(owns(&s, 1, X, (struct item)HEARTBEAT));
	assert_true(owns(&s, 1, B, (struct item)ABORT(1)));
	assert_false(owns(&s, 1, A, (struct item)ABORT(1)));
	rig_step(&s, &init, "an INIT", 1);
	before = s;
	assert_false(owns(&s, 1, X, (struct item)DATA(1)));
	assert_true(owns(&s, 1, X, (struct item)ABORT(0)));
	assert_memory_equal(&s, &before, sizeof(s));
}

/* The key is part of what tells cookies apart: another one forgets them. */
static void cookies_are_hashed_with_the_key(void **state)
{
	const struct item init = INIT(A, TA), ack = INIT_ACK(B, TB, 5), echo = ECHO(5);
	const struct pkts_sctp_session_conf one = {.key = {1}}, two = {.key = {2}};
	struct pkts_sctp_session s = {0};
	const struct {
		const struct pkts_sctp_session_conf *conf;
		const struct item *item;
		uint32_t vtag;
		unsigned dir;
		enum pkts_validity validity;
	} steps[] = {{&one, &init, 0, 0, PKTS_VALID}, {&one, &ack, A, 1, PKTS_VALID},
		{&two, &echo, B, 0, PKTS_SUSPECT}, {&one, &echo, B, 0, PKTS_VALID}};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(steps); i++) {
		uint32_t len;
		uint8_t *const p = rig_packet(steps[i].vtag, steps[i].item, 1, &len);
		assert_int_equal(pkts_sctp_session_validate(&s, steps[i].conf, steps[i].dir,
					 (struct pkts_ref){p, len, len}, 0)
					 .validity,
			steps[i].validity);
		free(p);
	}
	assert_int_equal(s.ends[1].state, ES);
}

/* Every beginning of a packet, cut by the capture or as long as that: no byte is read beyond it. */
static void truncated_at_each_length(void **state)
{
	const struct item items[][RIG_CHUNKS] = {{INIT(A, TA)}, {INIT_ACK(B, TB, 5)},
		{ECHO(5), DATA(TA)}, {COOKIE_ACK, SACK_GAP(TA, 3), I_DATA(TB)},
		{SHUTDOWN(1), FORWARD(3)}, {ASCONF(4), ABORT(0)}};
	uint32_t len;

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(items); i++) {
		uint8_t *const p = rig_packet(i == 0 ? 0 : A, items[i], RIG_CHUNKS, &len);
		for (uint32_t n = 0; n <= len; n++) {
			struct pkts_sctp_session s = {0};
			uint8_t *const q = malloc(n ? n : 1);
			memcpy(q, p, n);
			pkts_sctp_session_validate(&s, NULL, 0, (struct pkts_ref){q, n, len}, 0);
			s = (struct pkts_sctp_session){0};
			pkts_sctp_session_validate(&s, NULL, 0, (struct pkts_ref){q, n, n}, 0);
			free(q);
		}
		free(p);
	}
}

/* A length that lies ends a packet: what comes before it counts. */
static void lengths_that_lie(void **state)
{
	struct pkts_sctp_session s = {0};
	uint8_t p[20] = {0x03, 0xe8, 0x07, 0xd0, 0, 0, 0, B, 0, 0, 0, 0, 11, 0, 0, 4};
	struct pkts_judgement j;

	(void)state;
	p[16] = 4;
	p[19] = 3;
	j = pkts_sctp_session_validate(&s, NULL, 0, (struct pkts_ref){p, 20, 20}, 0);
	assert_int_equal(j.validity, PKTS_SUSPECT);
	assert_int_equal(j.events, EV(CHUNK) | EV(MIDSTREAM));
	j = pkts_sctp_session_validate(&s, NULL, 0, (struct pkts_ref){p, 12, 12}, 0);
	assert_int_equal(j.validity, PKTS_INVALID);
	p[15] = 3;
	j = pkts_sctp_session_validate(&s, NULL, 0, (struct pkts_ref){p, 20, 20}, 0);
	assert_int_equal(j.validity, PKTS_INVALID);
	assert_int_equal(j.events, EV(CHUNK));
}

/* The bare table: states stay in their range, and only ABORT and SHUTDOWN COMPLETE close. */
static void the_table_is_whole(void **state)
{
	(void)state;
	for (unsigned t = 0; t < 256; t++)
		for (unsigned i = 0; i < PKTS_SCTP_STATE_MAX; i++) {
			const enum pkts_sctp_state at = (enum pkts_sctp_state)i;
			const struct pkts_sctp_step a = pkts_sctp_state_sends(at, (uint8_t)t);
			const struct pkts_sctp_step b = pkts_sctp_state_receives(at, (uint8_t)t);
			const bool closes =
				t == PKTS_SCTP_ABORT || t == PKTS_SCTP_SHUTDOWN_COMPLETE;
			assert_true(a.state < PKTS_SCTP_STATE_MAX && a.rule <= PKTS_SCTP_OOTB);
			assert_true(b.state < PKTS_SCTP_STATE_MAX && b.rule <= PKTS_SCTP_OOTB);
			assert_true(closes || i == CL || (a.state != CL && b.state != CL));
			assert_true(t != PKTS_SCTP_ABORT || (a.state == CL && b.state == CL));
			assert_true(a.rule != PKTS_SCTP_OOTB);
		}
	assert_string_equal(pkts_sctp_state_name(PKTS_SCTP_SHUTDOWN_PENDING), "SHUTDOWN-PENDING");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(associations_begin),
		cmocka_unit_test(duplicate_and_unexpected_setup),
		cmocka_unit_test(verification_tags),
		cmocka_unit_test(associations_end),
		cmocka_unit_test(parts_of_associations),
		cmocka_unit_test(tsns),
		cmocka_unit_test(malformed_chunks),
		cmocka_unit_test(how_it_went),
		cmocka_unit_test(an_abort_is_another_ending),
		cmocka_unit_test(whose_a_packet_is),
		cmocka_unit_test(cookies_are_hashed_with_the_key),
		cmocka_unit_test(truncated_at_each_length),
		cmocka_unit_test(lengths_that_lie),
		cmocka_unit_test(the_table_is_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
