/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The bridge between rte_mbuf and Sessions: conversations of packets in mbufs, in memory of a NUMA node. */
#ifndef PKTS_MBUF_CONVERSATIONS_H
#define PKTS_MBUF_CONVERSATIONS_H

#include "pkts_conversations.h"
#include "pkts_mbuf.h"

#define PKTS_MBUF_CONVERSATIONS_BURST 64

/*
 * In memory of a NUMA node (SOCKET_ID_ANY: any), or, where there are no hugepages, in ordinary pages, each
 * there once it is touched. conf->stream.hold has to be pkts_mbuf_holder. NULL for a configuration that
 * pkts_conversations_init() refuses, or if there is not so much memory. destroy() reports the
 * end of no conversation: call pkts_conversations_flush() before it. NULL is fine.
 */
struct pkts_conversations *pkts_conversations_create(
	const struct pkts_conversations_conf *conf, int socket);
void pkts_conversations_destroy(struct pkts_conversations *c);

/*
 * Puts n decoded packets, at most PKTS_MBUF_CONVERSATIONS_BURST: packets[i] of m[i]. Time is that of the
 * packets, never going back, or *now_ns for those that have none; *now_ns is then the last packet's.
 * Payload in several segments is copied (pkts_mbuf_gather()): m[i] may be another mbuf afterwards. The
 * mbufs stay the caller's. done as for pkts_conversations_put_burst().
 */
void pkts_conversations_put_mbufs(struct pkts_conversations *c, struct rte_mbuf **m,
	struct pkts_packet *packets, unsigned n, uint64_t *now_ns, pkts_conversation_done *done,
	void *ctx);

#endif
