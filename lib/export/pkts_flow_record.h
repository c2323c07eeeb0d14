/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What is known of one flow (one conversation, both directions), as plain data: a program fills it
 * in from a Session's entry, and EVE JSON (pkts_eve.h), IPFIX (pkts_ipfix.h) and text
 * (pkts_flow_text.h) are written from it. Everything that a flow does not have stays zero, as in
 *
 *	struct pkts_flow_record r = {.tuple = {.ip_version = 4, .protocol = 17, .sport = 53}, ...};
 *
 * Strings are borrowed, end with a NUL, and may hold any bytes: whatever writes them escapes them.
 */
#ifndef PKTS_FLOW_RECORD_H
#define PKTS_FLOW_RECORD_H

#include "pkts_session.h"

#define PKTS_FLOW_VLANS	  4
#define PKTS_COMMUNITY_ID 31 /* bytes of its text, the NUL at its end included */

/* Who talks to whom. Of a flow, src is the client: direction 0 of the Session. */
struct pkts_flow_tuple {
	uint64_t id; /* the flow's number; its low 53 bits are written, as readers of JSON
				   * keep no more. 0: there is no flow */
	uint8_t src[16], dst[16];	 /* addresses, network order; IPv4: the first 4 bytes */
	uint16_t sport, dport;		 /* host order; of TCP, UDP, SCTP, DCCP and UDP-Lite */
	uint16_t vlans[PKTS_FLOW_VLANS]; /* VLAN ids, outermost first */
	uint8_t n_vlans;
	uint8_t ip_version;		      /* 4 or 6 */
	uint8_t protocol;		      /* IANA's number of the protocol above IP */
	uint8_t icmp_type, icmp_code;	      /* ICMP, ICMPv6: of the first packet from src */
	uint16_t icmp_id;		      /* host order; of echo messages */
	char community_id[PKTS_COMMUNITY_ID]; /* pkts_community_id.h; empty: is not written */
	const char *in_iface;		      /* where it was captured; NULL: is not written */
};

enum pkts_flow_state {
	PKTS_FLOW_NEW,	       /* packets from one side only */
	PKTS_FLOW_ESTABLISHED, /* packets from both; TCP: the handshake is over */
	PKTS_FLOW_CLOSED,      /* TCP, SCTP: it was ended in order, or reset */
};

/* Why the record is written now. */
enum pkts_flow_reason {
	PKTS_FLOW_UNKNOWN,
	PKTS_FLOW_TIMEOUT, /* nothing came for as long as its state allows */
	PKTS_FLOW_ACTIVE,  /* it goes on, and was due for a record; counts are since the last one */
	PKTS_FLOW_TCP_REUSE, /* a new connection between the same ends took its place */
	PKTS_FLOW_EVICTED,   /* another conversation needed its room */
	PKTS_FLOW_SHUTDOWN,  /* the program ends */
};

/* TCP only. [0]: what the client sent, [1]: what the server sent. */
struct pkts_flow_tcp {
	uint8_t flags[2]; /* all flags that were seen, as in the header's byte 13 */
	bool gap[2];	  /* bytes were missing in the stream */
};

struct pkts_flow_record {
	struct pkts_flow_tuple tuple;
	uint64_t written;     /* when the record is made; ns since the epoch, as all times here */
	uint64_t first, last; /* its first and its last packet */
	struct pkts_session_counts counts;
	enum pkts_flow_state state;
	enum pkts_flow_reason reason;
	bool alerted;
	bool icmp_answered; /* the two below are of the first packet from dst */
	uint8_t response_icmp_type, response_icmp_code;
	struct pkts_flow_tcp tcp;
	const char *app_proto;	    /* "http", "dns" ...; NULL: not known */
	const char *protocol_state; /* TCP, SCTP: "syn_sent", "established" ...; NULL: not known */
	const char *conn_state;	    /* in Zeek's words: "SF", "S0" ...; NULL: not known */
	const char *history;	    /* likewise: "ShADadFf"; NULL: not known */
	uint64_t session_events;    /* bit n: enum pkts_session_event n was noticed in this flow */
	uint64_t seq_events;	    /* bit n: enum pkts_seq_event n */
};

/* Whether a protocol has ports. */
bool pkts_flow_has_ports(uint8_t protocol);

/* ICMP or ICMPv6. */
bool pkts_flow_is_icmp(uint8_t protocol);

/* As EVE writes them, in lower case: "new", "timeout". Never NULL. */
const char *pkts_flow_state_name(enum pkts_flow_state state);
const char *pkts_flow_reason_name(enum pkts_flow_reason reason);

/* "TCP", "UDP", "ICMP", "IPv6-ICMP", "SCTP" and a few more; NULL for those that have only a
 * number. */
const char *pkts_flow_protocol_name(uint8_t protocol);

/*
 * last - first, in ns; 0 if the clock went back between them.
 */
uint64_t pkts_flow_duration(const struct pkts_flow_record *r);

#endif
