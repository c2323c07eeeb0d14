/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What each state of an end sends and takes: RFC 9260 4, 5.2, 8.4, 8.5.1, 9; RFC 5061, 3758, 6525. */
#include "sctp.h"

#define CL    PKTS_SCTP_CLOSED
#define CW    PKTS_SCTP_COOKIE_WAIT
#define CE    PKTS_SCTP_COOKIE_ECHOED
#define ES    PKTS_SCTP_ESTABLISHED
#define SP    PKTS_SCTP_SHUTDOWN_PENDING
#define SS    PKTS_SCTP_SHUTDOWN_SENT
#define SR    PKTS_SCTP_SHUTDOWN_RECEIVED
#define SA    PKTS_SCTP_SHUTDOWN_ACK_SENT
#define AGAIN | PKTS_SCTP_REPEATED << 4
#define ODD   | PKTS_SCTP_ODD << 4
#define OOTB  | PKTS_SCTP_OOTB << 4

/* clang-format off */

/*
 * A cell is the state afterwards and the rule. What only an association that is there can send says
 * that it is there, even if nobody saw how it came about.
 */
static const uint8_t sends[SCTP_KIND_MAX][PKTS_SCTP_STATE_MAX] = {
	/*                           CL        CW        CE        ES        SP        SS        SR        SA */
	[SCTP_DATA] =              { CL ODD,   CW ODD,   ES,       ES,       SP,       SS ODD,   SR,       SA ODD },
	[SCTP_INIT] =              { CW,       CW,       CE,       ES,       SP,       SS,       SR,       SA },
	[SCTP_INIT_ACK] =          { CL,       CW,       CE,       ES,       SP,       SS,       SR,       SA },
	[SCTP_SACK] =              { CL ODD,   CW ODD,   ES,       ES,       SP,       SS,       SR,       SA },
	[SCTP_HEARTBEAT] =         { CL ODD,   CW ODD,   ES,       ES,       SP,       SS,       SR,       SA },
	[SCTP_HEARTBEAT_ACK] =     { CL ODD,   CW ODD,   ES,       ES,       SP,       SS,       SR,       SA },
	[SCTP_ABORT] =             { CL,       CL,       CL,       CL,       CL,       CL,       CL,       CL },
	[SCTP_SHUTDOWN] =          { CL ODD,   CW ODD,   SS,       SS,       SS,       SS,       SS,       SA AGAIN },
	[SCTP_SHUTDOWN_ACK] =      { CL AGAIN, CW AGAIN, CE AGAIN, SA ODD,   SA ODD,   SA,       SA,       SA },
	[SCTP_ERROR] =             { CL,       CW,       CE,       ES,       SP,       SS,       SR,       SA },
	[SCTP_COOKIE_ECHO] =       { CE,       CE,       CE,       ES,       SP,       SS,       SR,       SA },
	[SCTP_COOKIE_ACK] =        { CL ODD,   CW ODD,   ES,       ES,       SP,       SS,       SR,       SA },
	[SCTP_SHUTDOWN_COMPLETE] = { CL AGAIN, CW AGAIN, CE AGAIN, ES ODD,   SP ODD,   CL,       SR ODD,   CL },
	[SCTP_ASCONF] =            { CL ODD,   CW ODD,   ES,       ES,       SP,       SS ODD,   SR,       SA ODD },
	[SCTP_ASCONF_ACK] =        { CL ODD,   CW ODD,   ES,       ES,       SP,       SS,       SR,       SA },
	[SCTP_FORWARD] =           { CL ODD,   CW ODD,   ES,       ES,       SP,       SS ODD,   SR,       SA ODD },
	[SCTP_CONTROL] =           { CL ODD,   CW ODD,   ES,       ES,       SP,       SS,       SR,       SA },
	[SCTP_OTHER] =             { CL,       CW,       CE,       ES,       SP,       SS,       SR,       SA },
};

static const uint8_t receives[SCTP_KIND_MAX][PKTS_SCTP_STATE_MAX] = {
	/*                           CL        CW        CE        ES        SP        SS        SR        SA */
	[SCTP_DATA] =              { CL OOTB,  CW ODD,   CE ODD,   ES,       SP,       SS,       SR ODD,   SA ODD },
	[SCTP_INIT] =              { CL,       CW,       CE,       ES,       SP,       SS,       SR,       SA },
	[SCTP_INIT_ACK] =          { CL OOTB,  CW,       CE AGAIN, ES AGAIN, SP AGAIN, SS AGAIN, SR AGAIN, SA AGAIN },
	[SCTP_SACK] =              { CL OOTB,  CW ODD,   CE ODD,   ES,       SP,       SS,       SR,       SA },
	[SCTP_HEARTBEAT] =         { CL OOTB,  CW ODD,   CE ODD,   ES,       SP,       SS,       SR,       SA },
	[SCTP_HEARTBEAT_ACK] =     { CL OOTB,  CW ODD,   CE ODD,   ES,       SP,       SS,       SR,       SA },
	[SCTP_ABORT] =             { CL AGAIN, CL,       CL,       CL,       CL,       CL,       CL,       CL },
	[SCTP_SHUTDOWN] =          { CL OOTB,  CW AGAIN, CE AGAIN, SR,       SR,       SS,       SR,       SA },
	[SCTP_SHUTDOWN_ACK] =      { CL AGAIN, CW AGAIN, CE AGAIN, ES ODD,   SP ODD,   SS,       SR ODD,   SA },
	[SCTP_ERROR] =             { CL AGAIN, CW AGAIN, CE,       ES,       SP,       SS,       SR,       SA },
	[SCTP_COOKIE_ECHO] =       { ES,       ES,       ES,       ES,       SP,       SS,       SR,       SA },
	[SCTP_COOKIE_ACK] =        { CL AGAIN, CW AGAIN, ES,       ES AGAIN, SP AGAIN, SS AGAIN, SR AGAIN, SA AGAIN },
	[SCTP_SHUTDOWN_COMPLETE] = { CL AGAIN, CW AGAIN, CE AGAIN, ES ODD,   SP ODD,   SS ODD,   SR ODD,   CL },
	[SCTP_ASCONF] =            { CL OOTB,  CW ODD,   CE ODD,   ES,       SP,       SS,       SR,       SA },
	[SCTP_ASCONF_ACK] =        { CL OOTB,  CW ODD,   CE ODD,   ES,       SP,       SS,       SR,       SA },
	[SCTP_FORWARD] =           { CL OOTB,  CW ODD,   CE ODD,   ES,       SP,       SS,       SR ODD,   SA ODD },
	[SCTP_CONTROL] =           { CL OOTB,  CW ODD,   CE ODD,   ES,       SP,       SS,       SR,       SA },
	[SCTP_OTHER] =             { CL OOTB,  CW,       CE,       ES,       SP,       SS,       SR,       SA },
};

static const struct sctp_pair before[SCTP_KIND_MAX] = {
	[SCTP_DATA] = { ES, ES },
	[SCTP_INIT] = { CL, CL },
	[SCTP_INIT_ACK] = { CL, CW },
	[SCTP_SACK] = { ES, ES },
	[SCTP_HEARTBEAT] = { ES, ES },
	[SCTP_HEARTBEAT_ACK] = { ES, ES },
	[SCTP_ABORT] = { ES, ES },
	[SCTP_SHUTDOWN] = { ES, ES },
	[SCTP_SHUTDOWN_ACK] = { SR, SS },
	[SCTP_ERROR] = { ES, ES },
	[SCTP_COOKIE_ECHO] = { CW, CL },
	[SCTP_COOKIE_ACK] = { ES, CE },
	[SCTP_SHUTDOWN_COMPLETE] = { SS, SA },
	[SCTP_ASCONF] = { ES, ES },
	[SCTP_ASCONF_ACK] = { ES, ES },
	[SCTP_FORWARD] = { ES, ES },
	[SCTP_CONTROL] = { ES, ES },
	[SCTP_OTHER] = { ES, ES },
};

/* clang-format on */

enum { ECNE = 12, CWR = 13, NR_SACK = 16 };

enum sctp_kind pkts_sctp_session_kind(uint8_t type)
{
	static const uint8_t low[] = {
		[PKTS_SCTP_DATA] = SCTP_DATA,
		[PKTS_SCTP_INIT] = SCTP_INIT,
		[PKTS_SCTP_INIT_ACK] = SCTP_INIT_ACK,
		[PKTS_SCTP_SACK] = SCTP_SACK,
		[PKTS_SCTP_HEARTBEAT] = SCTP_HEARTBEAT,
		[PKTS_SCTP_HEARTBEAT_ACK] = SCTP_HEARTBEAT_ACK,
		[PKTS_SCTP_ABORT] = SCTP_ABORT,
		[PKTS_SCTP_SHUTDOWN] = SCTP_SHUTDOWN,
		[PKTS_SCTP_SHUTDOWN_ACK] = SCTP_SHUTDOWN_ACK,
		[PKTS_SCTP_ERROR] = SCTP_ERROR,
		[PKTS_SCTP_COOKIE_ECHO] = SCTP_COOKIE_ECHO,
		[PKTS_SCTP_COOKIE_ACK] = SCTP_COOKIE_ACK,
		[ECNE] = SCTP_CONTROL,
		[CWR] = SCTP_CONTROL,
		[PKTS_SCTP_SHUTDOWN_COMPLETE] = SCTP_SHUTDOWN_COMPLETE,
		[NR_SACK] = SCTP_SACK,
	};

	switch (type) {
	case PKTS_SCTP_I_DATA:
		return SCTP_DATA;
	case PKTS_SCTP_ASCONF:
		return SCTP_ASCONF;
	case PKTS_SCTP_ASCONF_ACK:
		return SCTP_ASCONF_ACK;
	case PKTS_SCTP_RE_CONFIG:
		return SCTP_CONTROL;
	case PKTS_SCTP_FORWARD_TSN:
	case PKTS_SCTP_I_FORWARD_TSN:
		return SCTP_FORWARD;
	default:
		return type < PKTS_ARRAY_LEN(low) ? (enum sctp_kind)low[type] : SCTP_OTHER;
	}
}

static struct pkts_sctp_step step(const uint8_t (*table)[PKTS_SCTP_STATE_MAX],
	enum pkts_sctp_state state, enum sctp_kind kind)
{
	const uint8_t cell = table[kind][(unsigned)state % PKTS_SCTP_STATE_MAX];

	return (struct pkts_sctp_step){cell & 15, cell >> 4};
}

struct pkts_sctp_step pkts_sctp_session_sends(enum pkts_sctp_state state, enum sctp_kind kind)
{
	return step(sends, state, kind);
}

struct pkts_sctp_step pkts_sctp_session_receives(enum pkts_sctp_state state, enum sctp_kind kind)
{
	return step(receives, state, kind);
}

struct pkts_sctp_step pkts_sctp_state_sends(enum pkts_sctp_state state, uint8_t chunk)
{
	return step(sends, state, pkts_sctp_session_kind(chunk));
}

struct pkts_sctp_step pkts_sctp_state_receives(enum pkts_sctp_state state, uint8_t chunk)
{
	return step(receives, state, pkts_sctp_session_kind(chunk));
}

struct sctp_pair pkts_sctp_session_before(enum sctp_kind kind)
{
	return before[kind];
}

const char *pkts_sctp_state_name(enum pkts_sctp_state state)
{
	static const char *const names[] = {
		[CL] = "CLOSED",
		[CW] = "COOKIE-WAIT",
		[CE] = "COOKIE-ECHOED",
		[ES] = "ESTABLISHED",
		[SP] = "SHUTDOWN-PENDING",
		[SS] = "SHUTDOWN-SENT",
		[SR] = "SHUTDOWN-RECEIVED",
		[SA] = "SHUTDOWN-ACK-SENT",
	};

	return names[(unsigned)state % PKTS_SCTP_STATE_MAX];
}
