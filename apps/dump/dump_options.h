/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the user of pkts-dump asks for. */
#ifndef DUMP_OPTIONS_H
#define DUMP_OPTIONS_H

#include "pkts_overlap.h"

struct dump_options {
	const char *read;  /* a capture file, or NULL */
	const char *port;  /* a live port, or NULL */
	const char *write; /* a capture file, or NULL */
	const char *eal;
	const char *ip_policy; /* its name */
	enum pkts_ip_policy policy;
	char *filter; /* the words behind the options, joined; malloc()ed */
	uint64_t count, snaplen;
	uint64_t min_ttl;
	bool no_promiscuous, interfaces;
	bool show, hex, json, stats, defrag, no_checksums, quiet;
	bool help, version;
};

/* 0; or -1 for a command line that makes no sense, and the user has been told why. */
int dump_options_read(struct dump_options *o, int argc, char **argv);

/* Does anything have to be written for each packet? */
bool dump_options_print(const struct dump_options *o);

int dump_options_help(void);

#endif
