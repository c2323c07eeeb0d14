/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Records as EVE JSON, as Suricata writes them: one object a line, LF at its end, with Suricata's
 * names and types. What Suricata has no name for stands in the member "pkts". docs/eve.md lists the
 * members.
 *
 * A sink that is full, or whose flush function fails, drops text; give one that keeps lines whole
 * (pkts_lines.h) where that can happen.
 */
#ifndef PKTS_EVE_H
#define PKTS_EVE_H

#include "pkts_flow_record.h"
#include "pkts_sink.h"

enum pkts_anomaly_type {
	PKTS_ANOMALY_DECODE,   /* a header that makes no sense */
	PKTS_ANOMALY_STREAM,   /* a Session or Sequence noticed it */
	PKTS_ANOMALY_APPLAYER, /* the Session of an application protocol did */
};

/* One event of one packet. Strings as in struct pkts_flow_record. */
struct pkts_anomaly {
	struct pkts_flow_tuple tuple; /* src is who sent the packet; ICMP: its type and code.
				       * ip_version 0: it has no IP header that can be read */
	uint64_t ts;		      /* of the packet, ns since the epoch */
	uint64_t pcap_cnt;	      /* its number in the capture, from 1; 0: is not written */
	enum pkts_anomaly_type type;
	enum pkts_validity validity;
	uint8_t direction;     /* 0: to the server, 1: to the client; not written without a flow */
	const char *event;     /* pkts_session_event_name(), pkts_seq_event_name() ... */
	const char *layer;     /* where: "tcp", "parser" ...; NULL: is not written */
	const char *app_proto; /* NULL: is not written */
};

/* event_type "flow". */
void pkts_eve_flow(struct pkts_sink *s, const struct pkts_flow_record *r);

/* event_type "anomaly". */
void pkts_eve_anomaly(struct pkts_sink *s, const struct pkts_anomaly *a);

/* Never NULL. */
const char *pkts_anomaly_type_name(enum pkts_anomaly_type type);

#endif
