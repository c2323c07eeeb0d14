/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * UDP and UDP-Lite conversations (RFC 768, RFC 3828). There is no state in the protocol: a
 * conversation is what goes to and fro between two ports, and is one until it falls silent.
 */
#ifndef PKTS_UDP_SESSION_H
#define PKTS_UDP_SESSION_H

#include "pkts_session.h"
#include "pkts_udp.h"

enum pkts_udp_state {
	PKTS_UDP_STATE_NONE,	/* no packet yet */
	PKTS_UDP_STATE_ONE_WAY, /* only one end has sent */
	PKTS_UDP_STATE_TWO_WAY, /* both have */
};

/* How long to keep a silent conversation depends on this. */
enum pkts_udp_timeout { PKTS_UDP_TIMEOUT_NEW, PKTS_UDP_TIMEOUT_ESTABLISHED, PKTS_UDP_TIMEOUT_MAX };

/* All zero at first. */
struct pkts_udp_session {
	uint8_t state; /* enum pkts_udp_state */
	uint8_t sent;  /* bit d: direction d has sent */
	uint8_t refused; /* bit d: an ICMP error has said that what direction d sends does not arrive */
};
_Static_assert(sizeof(struct pkts_udp_session) <= 16, "kept for every conversation");

/* All zero: the values named here. */
struct pkts_udp_session_conf {
	bool port_zero; /* false: nothing listens at port 0. True: it is a port like any other */
};

/*
 * Judges a datagram of direction dir (0 or 1) and changes the state. udp is its header, which the
 * check has accepted. conf NULL: the defaults. INVALID with udp_port_zero; else VALID.
 */
struct pkts_judgement pkts_udp_session_validate(struct pkts_udp_session *s,
	const struct pkts_udp_session_conf *conf, unsigned dir, struct pkts_udp udp,
	uint64_t now_ns);

/* The state after a packet of direction dir: what validate() does. */
enum pkts_udp_state pkts_udp_session_sent(struct pkts_udp_session *s, unsigned dir);

/* An ICMP error quotes a packet of direction dir. False, and no change, if that has sent none. */
bool pkts_udp_session_quoted(struct pkts_udp_session *s, unsigned dir);

/* Always false: only silence ends a conversation. */
bool pkts_udp_session_is_over(const struct pkts_udp_session *s);

enum pkts_udp_timeout pkts_udp_session_timeout_class(const struct pkts_udp_session *s);

/* As EVE has it: "new" or "established". Never NULL. */
const char *pkts_udp_session_name(const struct pkts_udp_session *s);

/*
 * As Zeek's conn_state has it: "S0" if only the originator sent, "SHR" if only the responder did,
 * "SF" if both did, "OTH" if none. reversed: direction 1 is taken for the originator, whoever was
 * seen first.
 */
const char *pkts_udp_conn_state(const struct pkts_udp_session *s, bool reversed);

#endif
