/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* --defrag: whole datagrams in the place of fragments. */
#ifndef DEFRAG_H
#define DEFRAG_H

#include "pkts_reassembly.h"

struct defrag {
	struct pkts_mbuf_defrag bridge;
};

struct defrag_stats {
	uint64_t fragments; /* that came, also inside whole datagrams */
	uint64_t datagrams; /* put together */
	uint64_t dropped;   /* fragments refused, or for which there was no memory */
	uint64_t given_up;  /* datagrams, because the rest did not come, or to make room */
	uint64_t waiting;   /* fragments kept now, for the rest of their datagrams */
	uint64_t events[PKTS_SEQ_EVENT_MAX]; /* what was noticed; why fragments were refused */
};

struct defrag_conf {
	const struct pkts_decoder *decoder; /* as in pkts_mbuf_decode(); it is kept */
	enum pkts_ip_policy policy;
	uint8_t min_ttl; /* fragments below it are refused; 0: none */
};

/* 0; -errno with err. A struct of zeros is one that was never made. */
int defrag_init(struct defrag *d, const struct defrag_conf *conf, struct pkts_error *err);
void defrag_fini(struct defrag *d);

/* pkts_mbuf_defrag(), by the time of the packets, or the machine's where they have none. */
uint16_t defrag_burst(
	struct defrag *d, struct rte_mbuf **m, struct pkts_packet *packets, uint16_t n);

struct defrag_stats defrag_stats(const struct defrag *d);

#endif
