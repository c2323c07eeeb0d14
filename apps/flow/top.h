/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* --top: the screen of those who talk most, once a second. */
#ifndef TOP_H
#define TOP_H

#include "fd_sink.h"
#include "pkts_conversations.h"

struct top;

/* For so many conversations of each kind. NULL: no memory. */
struct top *top_create(uint32_t max_sessions);

/* Draws the screen anew. */
void top_show(struct top *t, struct pkts_conversations *c, uint64_t now, struct fd_sink *out);

void top_destroy(struct top *t);

#endif
