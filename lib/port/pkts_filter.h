/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Packet filters: the pcap expressions of pcap-filter(7), on mbufs and on plain bytes. */
#ifndef PKTS_FILTER_H
#define PKTS_FILTER_H

#include <rte_mbuf.h>

#include "pkts_error.h"

struct bpf_program;

/*
 * An expression, compiled for every link type that it meets. Matching may compile, so one lcore
 * uses a filter at a time. Where DPDK has a JIT for the machine and has been initialised, it is
 * used.
 */
struct pkts_filter;

/*
 * Compiles `expression` for frames of LINKTYPE_ `link`; for others it is compiled when the first of
 * them comes, and if it cannot be (`wlan type mgt` on Ethernet), none of them match. NULL or an
 * expression of blanks gives *filter NULL, which matches everything. May look up host names, as
 * tcpdump does. 0; -EINVAL if libpcap refuses it; -ENOMEM.
 */
int pkts_filter_create(
	struct pkts_filter **filter, const char *expression, uint16_t link, struct pkts_error *err);
void pkts_filter_destroy(struct pkts_filter *filter);

/*
 * Does the frame match? Its link type and its length on the wire (`len`, `greater`, `less`) are
 * those of pkts_mbuf_meta(). Chains are seen whole.
 */
bool pkts_filter_match(struct pkts_filter *filter, const struct rte_mbuf *m);

/* The same for len bytes that are in no mbuf yet, of a frame that had wire_len on the wire. */
bool pkts_filter_match_bytes(struct pkts_filter *filter, uint16_t link, const uint8_t *data,
	uint32_t len, uint32_t wire_len);

/* libpcap's program for a link type, for drivers that can hand it on; NULL if it cannot be
 * compiled. */
const struct bpf_program *pkts_filter_program(struct pkts_filter *filter, uint16_t link);

/* Can the expression be compiled for that link type? If not, its frames never match. */
bool pkts_filter_fits(struct pkts_filter *filter, uint16_t link);

#endif
