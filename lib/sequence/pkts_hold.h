/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The whole bridge between reassembly and buffers: a piece of payload, and how to keep it. */
#ifndef PKTS_HOLD_H
#define PKTS_HOLD_H

#include "pkts_span.h"

/*
 * Bytes that somebody else owns. They are borrowed for the length of a call, unless the callee says
 * that it keeps them: then it has called hold() for `owner`, and the bytes stay where they are until
 * it calls release().
 */
struct pkts_piece {
	const uint8_t *p;
	uint32_t len;
	uint32_t cost; /* bytes of memory that keeping it pins: the buffer's size, not len */
	void *owner;   /* the buffer, as hold() and release() know it; never looked into */
};

/*
 * How to keep a buffer, and how to let go of it; called once each for every piece that is kept. Both
 * NULL: buffers stay where they are by themselves, for as long as the Sequence lives.
 */
struct pkts_hold {
	void (*hold)(void *ctx, void *owner);
	void (*release)(void *ctx, void *owner);
	void *ctx;
};

#endif
