/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Reassembly as naive as can be: every byte of a datagram knows the fragment that it came with, and
 * every rule is applied byte by byte. Nothing here is shared with the library, but for the names of
 * the policies.
 */
#ifndef MODEL_H
#define MODEL_H

#include "pkts_ipfrag.h"

#define MODEL_LINE   1024
#define MODEL_PIECES 512
#define MODEL_NOBODY UINT16_MAX

struct model_piece {
	uint32_t start, end; /* as it came */
	uint32_t cost;
	uint32_t tag; /* the caller's */
};

/* One datagram. */
struct model {
	enum pkts_ip_policy policy;
	bool dead, ends;
	uint32_t total;
	uint32_t overlaps; /* ranges that fragments met */
	uint32_t n;	   /* fragments so far */
	struct model_piece pieces[MODEL_PIECES];
	uint16_t owner[MODEL_LINE];
};

/* What a fragment would do, told before it is let in. */
enum model_entry {
	MODEL_BEYOND,	 /* behind the end */
	MODEL_DUPLICATE, /* an exact one, of a policy that minds */
	MODEL_OVERLAP,	 /* the end of the datagram */
	MODEL_ENTER,
};

void model_clear(struct model *m, enum pkts_ip_policy policy);

/* Learns where the datagram ends, if the fragment says so; then what it would do. */
enum model_entry model_look(struct model *m, uint32_t start, uint32_t end, bool more);

/* Lets it in. Returns how many ranges it met. */
uint32_t model_enter(struct model *m, struct model_piece piece);

bool model_complete(const struct model *m);
uint32_t model_held(const struct model *m, uint64_t *cost); /* fragments that own a byte */
uint32_t model_ranges(const struct model *m);

/* look and enter in one, for those that need no more; true if the datagram is now complete. */
bool model_step(struct model *m, uint32_t start, uint32_t end, bool more, uint32_t tag);

#endif
