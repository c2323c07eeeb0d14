/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Buffers that are malloc()ed copies: whoever holds one has it, and releasing frees it. */
#ifndef COPIES_H
#define COPIES_H

#include <stdlib.h>

#include "pkts_hold.h"

static inline void copies_hold(void *count, void *owner)
{
	(void)owner;
	++*(unsigned *)count;
}

static inline void copies_release(void *count, void *owner)
{
	--*(unsigned *)count;
	free(owner);
}

/* *count: how many are held. */
static inline struct pkts_hold copies(unsigned *count)
{
	return (struct pkts_hold){copies_hold, copies_release, count};
}

#endif
