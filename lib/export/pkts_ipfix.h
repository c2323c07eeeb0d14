/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Flow records as IPFIX (RFC 7011, 7012), each a biflow (RFC 5103): counts of the server's packets
 * are reverse elements. The encoder fills messages in the caller's memory and hands each to a
 * function; pkts_ipfix_sender.h has the one for sockets.
 *
 * Templates 256 to 263, by IP version and by what stands above IP: TCP, other protocols with ports,
 * ICMP, anything else. They are sent in messages of their own, before the first data and again as
 * struct pkts_ipfix_options asks. Elements (IANA): octetDeltaCount, packetDeltaCount, both
 * reversed, flowStartMilliseconds, flowEndMilliseconds, flowId, vlanId (the outermost; 0: none),
 * protocolIdentifier, flowEndReason, biflowDirection (1: initiator); addresses; source and
 * destination port; TCP: tcpControlBits and reversed; ICMP: type and code.
 */
#ifndef PKTS_IPFIX_H
#define PKTS_IPFIX_H

#include "pkts_flow_record.h"

#define PKTS_IPFIX_MIN	   512 /* bytes: the smallest and the largest message */
#define PKTS_IPFIX_MAX	   65535
#define PKTS_IPFIX_REVERSE 29305 /* RFC 5103 6.1: the enterprise number of reverse elements */

struct pkts_ipfix_options {
	uint32_t domain; /* observation domain id */
	/*
	 * Templates are repeated when either has passed: for UDP, where a collector may come late or
	 * lose them (RFC 7011 8.4: 600 s is the default of both sides). 0: never.
	 */
	uint64_t refresh_ns;
	uint32_t refresh_messages;
	/*
	 * Takes a message, which is valid during the call. 0, or a negative errno value if it is lost:
	 * its records are counted as dropped, and templates that were in it are sent again.
	 */
	int (*send)(void *ctx, const uint8_t *message, size_t n);
	void *ctx;
};

struct pkts_ipfix_counts {
	uint64_t messages;	   /* that were taken, templates included */
	uint64_t records;	   /* that were in them */
	uint64_t templates;	   /* template records in them */
	uint64_t dropped_messages; /* that were not taken */
	uint64_t dropped_records;  /* that were in those */
	uint64_t refused;	   /* records that were no IP flow */
};

/* Caller-owned; read `counts`, leave the rest to the functions. */
struct pkts_ipfix {
	struct pkts_ipfix_options options;
	struct pkts_ipfix_counts counts;
	uint8_t *message;
	uint32_t cap, used;
	uint32_t set_at;	  /* where the open set begins; 0: none is open */
	uint32_t records;	  /* in this message */
	uint32_t sequence;	  /* data records in messages before this one, RFC 7011 3.1 */
	uint32_t since_templates; /* messages */
	uint64_t templates_at;	  /* when they were sent, ns */
	uint16_t template_id;	  /* of the open set */
	bool templates_sent;
};

/*
 * buffer: where messages are put together, of `size` bytes, which is also how long they may get:
 * for UDP what fits the path's MTU (RFC 7011 10.3.3), say 1400. Both are kept, not copied. 0;
 * -EINVAL: no send function, or a size not within PKTS_IPFIX_MIN and PKTS_IPFIX_MAX.
 */
int pkts_ipfix_init(
	struct pkts_ipfix *x, const struct pkts_ipfix_options *options, void *buffer, size_t size);

/*
 * Adds a record; when the message is full, it is sent first. now: ns since the epoch, for the
 * message's export time. Times in the record are cut to ms. 0; -EINVAL: ip_version is neither 4 nor
 * 6; or what send() returned: then older records were lost, and this one is kept.
 */
int pkts_ipfix_put(struct pkts_ipfix *x, const struct pkts_flow_record *r, uint64_t now);

/* Sends what is pending, if anything is. 0, or what send() returned. Call it about once a second. */
int pkts_ipfix_flush(struct pkts_ipfix *x, uint64_t now);

/*
 * A new transport session begins (TCP: a new connection): templates come first, records are
 * numbered from 0 (RFC 7011 3.1, 8). Pending records stay.
 */
void pkts_ipfix_restart(struct pkts_ipfix *x);

/* flowEndReason (IANA 136): 1 idle, 2 active, 3 end of flow, 4 forced, 5 lack of resources. */
uint8_t pkts_ipfix_end_reason(const struct pkts_flow_record *r);

#endif
