/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * IPFIX to a collector, over UDP or TCP. Nothing here waits: a message that the network does not
 * take at once is dropped and counted (UDP), or queued while there is room, then dropped and
 * counted (TCP; whole messages only). Not safe to use from two threads at once.
 *
 * TCP: the connection is made in the background, and again `retry` after it failed or was closed;
 * each begins with templates. Records that are put meanwhile wait in the queue. What was queued
 * when a connection broke is dropped and counted; what the kernel had taken by then may be lost
 * without being counted. UDP: a collector that is not there (ICMP port unreachable) costs the
 * message that is told of it, which is counted.
 */
#ifndef PKTS_IPFIX_SENDER_H
#define PKTS_IPFIX_SENDER_H

#include "pkts_error.h"
#include "pkts_ipfix.h"

struct pkts_ipfix_sender; /* on the heap */

struct pkts_ipfix_sender_options {
	uint32_t domain;	   /* observation domain id */
	uint32_t mtu;		   /* bytes of a message; 0: 1400 */
	uint32_t queue;		   /* TCP: bytes that may wait; 0: 1 MiB. At least one message */
	uint64_t refresh_ns;	   /* UDP: see struct pkts_ipfix_options; 0: 600 s */
	uint32_t refresh_messages; /* UDP: 0: 4096 */
	uint64_t retry_ns;	   /* TCP: 0: 1 s */
};

/*
 * where: "udp:HOST:PORT" or "tcp:HOST:PORT"; HOST is a name (resolved once, here, which may take a
 * while), an IPv4 address or an IPv6 address in brackets; ":PORT" may be missing (4739). options
 * may be NULL. 0, and *s is the caller's to close; or a negative errno value, and err says why.
 */
int pkts_ipfix_open(struct pkts_ipfix_sender **s, const char *where,
	const struct pkts_ipfix_sender_options *options, struct pkts_error *err);

/* now, here and below: ns since the epoch. Returns as pkts_ipfix_put(). */
int pkts_ipfix_sender_put(
	struct pkts_ipfix_sender *s, const struct pkts_flow_record *r, uint64_t now);

/*
 * Sends what is pending; TCP: goes on connecting and writing. Call it about once a second, and as
 * often as you like. 0; -EAGAIN: not all is out yet (TCP); else a negative errno value.
 */
int pkts_ipfix_sender_poll(struct pkts_ipfix_sender *s, uint64_t now);

/*
 * Something to wait on: the socket, with POLLOUT wanted while pkts_ipfix_sender_poll() returns
 * -EAGAIN. -1: there is no connection, and none being made.
 */
int pkts_ipfix_sender_fd(const struct pkts_ipfix_sender *s);

/*
 * Messages and records count as sent when the socket or the queue has taken them; those that were
 * in the queue when a connection broke count as dropped too.
 */
struct pkts_ipfix_counts pkts_ipfix_sender_counts(const struct pkts_ipfix_sender *s);

/* Records that are in the queue (TCP): lost if it is closed now. */
uint64_t pkts_ipfix_sender_waiting(const struct pkts_ipfix_sender *s);

/* How often a connection was made (TCP). */
uint64_t pkts_ipfix_sender_connects(const struct pkts_ipfix_sender *s);

/* Drops what pkts_ipfix_sender_poll() has not got out. s may be NULL. */
void pkts_ipfix_close(struct pkts_ipfix_sender *s);

#endif
