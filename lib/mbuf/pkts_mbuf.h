/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The bridge between rte_mbuf and Packet: metadata of received frames, decoding, pull-up, checksums. */
#ifndef PKTS_MBUF_H
#define PKTS_MBUF_H

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include "pkts_error.h"
#include "pkts_packet.h"

/*
 * What a port knows of a received frame besides rte_mbuf's own fields (vlan_tci, hash, ol_flags), in a
 * dynamic field of every mbuf that a port of this library delivers. For mbufs from elsewhere set it
 * with pkts_mbuf_set_meta().
 */
struct pkts_mbuf_meta {
	uint32_t wire_len;  /* bytes on the wire; above pkt_len if the capture was cut */
	uint16_t link;	    /* LINKTYPE_ value of the pcap formats: 1 Ethernet, 101 raw IP, ... */
	uint16_t interface; /* which of a file's interfaces, counted from 0; 0 for live ports */
};

/*
 * Registers the dynamic fields. Once, after rte_eal_init() and before the first port is opened
 * (pkts_runtime_init() does it). 0; -ENOSPC if the mbuf has no room left; other -errno of
 * rte_mbuf_dynfield_register(). Calling it again is harmless.
 */
int pkts_mbuf_init(struct pkts_error *err);

/* Nanoseconds since the epoch at which the frame was received; 0 if its source has no clock. */
static inline uint64_t pkts_mbuf_timestamp(const struct rte_mbuf *m);
static inline void pkts_mbuf_set_timestamp(struct rte_mbuf *m, uint64_t ns);

static inline struct pkts_mbuf_meta pkts_mbuf_meta(const struct rte_mbuf *m);
static inline void pkts_mbuf_set_meta(struct rte_mbuf *m, struct pkts_mbuf_meta meta);

/* Where pkts_mbuf_init() put the fields: offsets from the mbuf. Read-only for everyone else. */
extern int pkts_mbuf_timestamp_offset;
extern int pkts_mbuf_meta_offset;
extern uint64_t pkts_mbuf_timestamp_flag;

/* inline definitions */

static inline uint64_t pkts_mbuf_timestamp(const struct rte_mbuf *m)
{
	return m->ol_flags & pkts_mbuf_timestamp_flag ?
		       *RTE_MBUF_DYNFIELD(m, pkts_mbuf_timestamp_offset, const rte_mbuf_timestamp_t *) :
		       0;
}

static inline void pkts_mbuf_set_timestamp(struct rte_mbuf *m, uint64_t ns)
{
	*RTE_MBUF_DYNFIELD(m, pkts_mbuf_timestamp_offset, rte_mbuf_timestamp_t *) = ns;
	m->ol_flags |= pkts_mbuf_timestamp_flag;
}

static inline struct pkts_mbuf_meta pkts_mbuf_meta(const struct rte_mbuf *m)
{
	return *RTE_MBUF_DYNFIELD(m, pkts_mbuf_meta_offset, const struct pkts_mbuf_meta *);
}

static inline void pkts_mbuf_set_meta(struct rte_mbuf *m, struct pkts_mbuf_meta meta)
{
	*RTE_MBUF_DYNFIELD(m, pkts_mbuf_meta_offset, struct pkts_mbuf_meta *) = meta;
}

#endif
