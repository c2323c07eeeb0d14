/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* index.json: a line for each direction, in the order of streams, although they end in another. */
#ifndef INDEX_H
#define INDEX_H

#include "folder.h"
#include "pkts_sink.h"

/* What was written of streams that ended waits in files without names, not in memory. */
struct index {
	struct folder *folder;
	FILE *lines, *places;
	uint64_t at;   /* bytes that the sink has let go of */
	uint64_t from; /* where the lines of the stream under way begin */
	uint64_t streams;
	struct pkts_sink sink;
	char buf[16384];
};

/* False if the folder's code says why not. */
bool index_open(struct index *ix, struct folder *folder);

/* Where the lines of one stream go; then, which stream that was. */
struct pkts_sink *index_begin(struct index *ix);
void index_end(struct index *ix, uint64_t stream);

/* Writes index.json and closes. Streams of which there are no lines are left out. */
void index_close(struct index *ix);

#endif
