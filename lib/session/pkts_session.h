/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What all Sessions share. A Session knows what is legal now in one conversation: validate() judges a
 * packet by the state that those before it left behind, and then changes that state. The state is a
 * plain struct: visible, copyable, without pointers, all zero before the first packet.
 *
 * A direction is 0, from whoever sent the first packet that was seen (the client, as a rule), or 1.
 * Times are nanoseconds of any clock that does not go back.
 */
#ifndef PKTS_SESSION_H
#define PKTS_SESSION_H

#include "pkts_base.h"

/* What the receiver does with the packet, as far as can be told from outside. */
enum pkts_validity {
	PKTS_VALID,
	PKTS_SUSPECT, /* it takes it, yet somebody should look: an event says why */
	PKTS_INVALID, /* it drops it, and the state has not changed: an event says why */
};

/* E(NAME, name, text): the protocol first, as each belongs to the machine of one. */
/* clang-format off */
#define PKTS_SESSION_EVENTS(E) \
	/* TCP */ \
	E(TCP_MIDSTREAM,   tcp_midstream,   "the connection's beginning was not seen") \
	/* UDP */ \
	/* ICMP, ICMPv6 */ \
	/* SCTP */ \
	/* protocols above */
/* clang-format on */

#define PKTS_SESSION_EVENT_ENUM(ID, NAME, TEXT) PKTS_SESSION_##ID,
enum pkts_session_event { PKTS_SESSION_EVENTS(PKTS_SESSION_EVENT_ENUM) PKTS_SESSION_EVENT_MAX };
#undef PKTS_SESSION_EVENT_ENUM
_Static_assert(PKTS_SESSION_EVENT_MAX <= 64, "sets of events are 64 bits");

#define PKTS_SESSION_BIT(EVENT) (UINT64_C(1) << PKTS_SESSION_##EVENT)

/* Of one packet. */
struct pkts_judgement {
	uint64_t events; /* bit n: enum pkts_session_event n */
	enum pkts_validity validity;
};

/* Of one conversation, by direction. Bytes are those of the IP datagrams, headers and all. */
struct pkts_session_counts {
	uint64_t packets[2], bytes[2];
};

/* Lower case, stable, fit for JSON keys and counters; and one line for people. Never NULL. */
const char *pkts_session_event_name(enum pkts_session_event event);
const char *pkts_session_event_text(enum pkts_session_event event);
const char *pkts_validity_name(enum pkts_validity validity);

#endif
