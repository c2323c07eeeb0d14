/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* --datagrams: a line for each datagram that was put together. */
#ifndef DATAGRAMS_H
#define DATAGRAMS_H

#include "folder.h"
#include "pkts_ipfrag.h"
#include "pkts_sink.h"

struct datagrams {
	struct folder *folder;
	FILE *file; /* NULL: nobody asked for a list */
	struct pkts_sink sink;
	char buf[4096];
};

/* Makes datagrams.json. False if the folder's code says why not. */
bool datagrams_open(struct datagrams *d, struct folder *folder);

/* frame: number of the packet that completed it, from 1. */
void datagrams_add(struct datagrams *d, const struct pkts_datagram *datagram, uint64_t frame);

void datagrams_close(struct datagrams *d);

#endif
