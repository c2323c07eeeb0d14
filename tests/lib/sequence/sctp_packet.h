/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* SCTP packets to be put, in buffers that know who holds them. */
#ifndef SCTP_PACKET_H
#define SCTP_PACKET_H

#include "pkts_sctp_data.h"
#include "pkts_sctp_seq.h"

/* Flags of data chunks. */
enum { PACKET_E = 1, PACKET_B = 2, PACKET_U = 4, PACKET_BE = 3 };

struct packet {
	uint8_t bytes[65536];
	uint32_t n;
};

/* A data chunk; DATA has SSN and no FSN, I-DATA has MID and FSN (or PPID, with B). */
struct packet_data {
	bool wide;
	uint8_t flags;
	uint16_t stream;
	uint32_t tsn, mid, fsn, ppid;
	const void *p;
	uint32_t len;
};

void packet_begin(struct packet *k, uint32_t vtag);
void packet_chunk(struct packet *k, uint8_t type, uint8_t flags, const void *p, uint32_t len);
void packet_data(struct packet *k, const struct packet_data *d);
void packet_init(struct packet *k, uint8_t type, uint32_t tag, uint32_t tsn);
void packet_sack(struct packet *k, uint32_t tsn);
void packet_forward(
	struct packet *k, bool wide, uint32_t tsn, const struct pkts_sctp_skip *skips, unsigned n);

/*
 * A buffer of just the size of what is in it, which is freed when the last one lets go of it: ASan
 * sees who reads it later. The one who makes it holds it.
 */
struct box {
	unsigned refs;
	uint32_t n;
	uint8_t bytes[];
};
struct box *box_of(const void *p, uint32_t n);
struct pkts_piece box_piece(struct box *b, uint32_t cost);
void box_hold(void *ctx, void *owner); /* ctx: NULL, or an int that counts */
void box_release(void *ctx, void *owner);

/* A pool of that configuration, with boxes and `held` that counts them; free pool_free(). */
struct pkts_sctp_pool *pool_of(struct pkts_sctp_conf conf, int *held);
void pool_free(struct pkts_sctp_pool *pool);

#endif
