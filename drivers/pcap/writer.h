/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Capture files for writing: pcapng, or nanosecond pcap, either of them through gzip if wanted. */
#ifndef WRITER_H
#define WRITER_H

#include "pkts_mbuf.h"
#include "sink_file.h"

/* The interfaces of one written file. Above that, packets go to another one of their link type. */
#define WRITER_INTERFACES_MAX 4096u
#define WRITER_NAME_MAX	      384u

struct writer_interface {
	uint16_t link, interface;
};

struct writer {
	struct sink_file out;
	char name[WRITER_NAME_MAX]; /* for sentences: in quotes, or "standard output" */
	bool classic;		    /* pcap instead of pcapng */
	bool headed;		    /* pcap: the file's header stands */
	uint32_t snaplen;
	uint32_t n, last;		/* interfaces described so far, and the one used last */
	struct writer_interface recent; /* what it was used for */
	uint64_t refused;		/* packets that the format cannot hold */
	struct writer_interface interfaces[WRITER_INTERFACES_MAX];
};

/*
 * Creates the file, or empties it; "-" is standard output. The name's end chooses the format: .pcap
 * is pcap, all else pcapng, and .gz behind either compresses. 0 or -errno.
 */
int writer_open(struct writer *w, const char *name, uint32_t snaplen, const char *comment,
	struct pkts_error *err);

/* False if the file cannot hold the packet: another link type in a pcap file, or in a pcapng file
 * that has no interface left for it, or a failed write. */
bool writer_put(struct writer *w, const struct rte_mbuf *m);

/* Writes out what is pending. 0, or what went wrong since writer_open(). */
int writer_close(struct writer *w, struct pkts_error *err);

#endif
