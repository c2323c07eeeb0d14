/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the user of pkts-flow asks for. */
#ifndef FLOW_OPTIONS_H
#define FLOW_OPTIONS_H

#include "pkts_overlap.h"

struct flow_options {
	const char *read;    /* a capture file, or NULL */
	const char *port;    /* a live port, or NULL */
	const char *streams; /* the folder, or NULL */
	const char *ipfix;   /* the collector, or NULL */
	const char *eal;
	const char *ip_policy_name, *tcp_policy_name;
	enum pkts_ip_policy ip_policy;
	enum pkts_tcp_policy tcp_policy;
	char *filter; /* the words behind the options, joined; malloc()ed */
	uint64_t count, snaplen;
	uint64_t min_ttl;
	uint64_t max_streams, max_messages, mem;
	uint64_t max_sessions, max_per_source, max_new_per_source; /* 0: no limit */
	/* Seconds; 0: as usual. */
	uint64_t timeout_tcp_new, timeout_tcp, timeout_tcp_closing, timeout_tcp_closed;
	uint64_t timeout_udp_new, timeout_udp, timeout_icmp, timeout_sctp, timeout_other;
	uint64_t timeout_active; /* 0: never */
	bool table, json, top, ip_bytes, strict, all_bytes;
	bool sctp, datagrams, separate_tenants, verify_checksums;
	bool no_promiscuous, quiet;
	bool help, version;
};

/* 0; or -1 for a command line that makes no sense, and the user has been told why. */
int flow_options_read(struct flow_options *o, int argc, char **argv);

int flow_options_help(void);

#endif
