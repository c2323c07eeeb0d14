/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A connection under test. Every segment's data stand in a buffer of their own, which is overwritten and
 * freed once nobody holds it; what comes out is written down as text.
 */
#ifndef TCP_RIG_H
#define TCP_RIG_H

#include "pkts_tcp_seq.h"
#include "row.h"

#define ISN  1000u /* of direction 0, where nothing else is said */
#define ISN1 9000u /* of direction 1 */

enum {
	A = PKTS_TCP_ACK,
	S = PKTS_TCP_SYN,
	F = PKTS_TCP_FIN,
	R = PKTS_TCP_RST,
	U = PKTS_TCP_URG,
};

struct rig {
	struct pkts_tcp_conf conf; /* set before rig_open(); hold is the rig's */
	bool put_only;		   /* put and get, instead of put_get */
	uint32_t cost;		   /* of a buffer; 0: 1, so that nothing is copied */
	uint64_t now;

	void *mem;
	struct pkts_tcp_pool *pool;
	struct pkts_tcp_seq s;
	uint32_t counts[2][PKTS_SEQ_EVENT_MAX];
	int held;	       /* references to buffers */
	int holds;	       /* how often one was taken */
	int direct;	       /* data that came back as the caller's own bytes */
	int put;	       /* what the last put() or inline() returned */
	uint64_t offset[2];    /* where the next thing has to be */
	char text[2][1 << 17]; /* data; . for each byte of a gap, (x) urgent, $ FIN, ! RST */
	size_t n[2];
	char packet[256]; /* after inline */
};

/* What a segment is; the rest is 0 or usual. */
struct step {
	unsigned dir;
	unsigned flags;
	uint32_t seq, ack;
	const char *data;
	unsigned urgent;
	bool closed; /* window 0 */
};

void rig_open(struct rig *r, enum pkts_tcp_policy policy);
void rig_send(struct rig *r, struct step step); /* and gets what comes of it, in both directions */
void rig_bytes(struct rig *r, unsigned dir, unsigned flags, uint32_t seq, uint32_t ack,
	const void *p, uint32_t len);
void rig_inline(struct rig *r, struct step step);
void rig_get(struct rig *r, unsigned dir);
void rig_flush(struct rig *r); /* both directions */
void rig_close(struct rig *r); /* and nothing may be held */

/* SYN, SYN/ACK, ACK with the usual numbers. */
void rig_handshake(struct rig *r);

#define SEND(r, ...) rig_send(r, (struct step){__VA_ARGS__})

#endif
