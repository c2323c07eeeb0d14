/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Diameter (RFC 6733) between two peers, as seen from beside them: capabilities exchange, watchdogs,
 * disconnection, and which answer belongs to which request. Either peer asks.
 */
#ifndef PKTS_DIAMETER_SESSION_H
#define PKTS_DIAMETER_SESSION_H

#include "pkts_base.h"

/* clang-format off */

/* S(ID, name): RFC 6733 5.6, as far as it shows on the wire */
#define PKTS_DIAMETER_STATES(S) \
	S(PKTS_DIAMETER_STATE_CLOSED, closed) /* nothing seen */ \
	S(PKTS_DIAMETER_STATE_WAIT_CEA, wait_cea) /* CER seen */ \
	S(PKTS_DIAMETER_STATE_OPEN, open) /* capabilities exchanged, or joined midway */ \
	S(PKTS_DIAMETER_STATE_CLOSING, closing) /* DPR seen */ \
	S(PKTS_DIAMETER_STATE_ENDED, ended) /* DPA seen, or capabilities refused */ \
	S(PKTS_DIAMETER_STATE_ENCRYPTED, encrypted) /* TLS from here on: not followed */ \
	S(PKTS_DIAMETER_STATE_LOST, lost) /* bytes that make no sense, or never came */

/* K(ID, name). The command code is in pkts_app_message.command. */
#define PKTS_DIAMETER_KINDS(K) \
	K(PKTS_DIAMETER_KIND_CER, capabilities_exchange_request) \
	K(PKTS_DIAMETER_KIND_CEA, capabilities_exchange_answer) \
	K(PKTS_DIAMETER_KIND_DWR, device_watchdog_request) \
	K(PKTS_DIAMETER_KIND_DWA, device_watchdog_answer) \
	K(PKTS_DIAMETER_KIND_DPR, disconnect_peer_request) \
	K(PKTS_DIAMETER_KIND_DPA, disconnect_peer_answer) \
	K(PKTS_DIAMETER_KIND_REQUEST, request) \
	K(PKTS_DIAMETER_KIND_ANSWER, answer)
/* clang-format on */

#define PKTS_DIAMETER_STATE_ENUM(ID, NAME) ID,
#define PKTS_DIAMETER_KIND_ENUM(ID, NAME)  ID,
enum pkts_diameter_state { PKTS_DIAMETER_STATES(PKTS_DIAMETER_STATE_ENUM) PKTS_DIAMETER_STATE_MAX };
enum pkts_diameter_kind { PKTS_DIAMETER_KINDS(PKTS_DIAMETER_KIND_ENUM) PKTS_DIAMETER_KIND_MAX };
#undef PKTS_DIAMETER_STATE_ENUM
#undef PKTS_DIAMETER_KIND_ENUM

/* Requests of both peers that may wait. A further one takes the place of the oldest: app_evicted. */
#define PKTS_DIAMETER_WAITING 10

/* A request without its answer. */
struct pkts_diameter_waiting {
	uint32_t hop_by_hop, end_to_end;
	uint32_t pair;	  /* 0: the place is free */
	uint32_t command; /* bit 31: of direction 1 */
};

/* The message under way in one direction, or that was handed out last: what its header says. */
struct pkts_diameter_message {
	uint64_t offset;
	uint32_t left; /* bytes of AVPs to come */
	uint32_t len;
	uint32_t hop_by_hop, end_to_end;
	uint32_t command, application;
	uint32_t result; /* Result-Code, or that of an Experimental-Result; 0: none */
	uint8_t flags;
	bool tls; /* Inband-Security-Id says so */
};

struct pkts_diameter_session {
	uint8_t asker; /* the direction of CER, or of DPR while CLOSING */
	bool tls_offered;
	uint16_t evicted; /* requests that lost their place; as many answers may find none */
	struct pkts_diameter_message message[2];
	struct pkts_diameter_waiting waiting[PKTS_DIAMETER_WAITING];
};

#endif
