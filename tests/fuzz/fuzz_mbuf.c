/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Any frame in segments of any sizes: the table, the checksums and the bytes are those of the flat
 * frame. */
#include <stdlib.h>

#include "chain.h"
#include "eal.h"
#include "input.h"
#include "pkts_mbuf.h"

#define MBUFS	1023
#define LIMIT	(MBUFS / 4)
#define LONGEST 2048 /* headers that no buffer can hold are another matter */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rte_mempool *pool;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (!eal_start())
		exit(1);
	pool = rte_pktmbuf_pool_create(
		"fuzz", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	return pool ? 0 : -1;
}

/* Sizes of 1 to 16 bytes, now and then of up to 64; the knob is where the series starts. */
static uint32_t next_size(uint32_t *series)
{
	*series = *series * 1664525 + 1013904223;
	return 1 + (*series >> 24) % (*series >> 20 & 7 ? 16 : 64);
}

static struct rte_mbuf *in_segments(const struct input *in)
{
	struct rte_mbuf *m = NULL;
	uint32_t series = in->knob;

	for (uint32_t at = 0, n; at < in->n; at += n) {
		n = at < LIMIT ? RTE_MIN(next_size(&series), in->n - at)
			       : RTE_MIN(1500u, in->n - at);
		struct rte_mbuf *const seg =
			chain_of(pool, (struct bytes){(uint8_t *)(uintptr_t)in->p + at, n}, n);
		if (m)
			rte_pktmbuf_chain(m, seg);
		else
			m = seg;
	}
	return m ? m : rte_pktmbuf_alloc(pool);
}

static void demand_like(const struct input *in, struct rte_mbuf *m, const struct pkts_packet *flat)
{
	struct pkts_packet packet;

	chain_meta(m, in->link, in->wire);
	pkts_mbuf_decode(NULL, &m, &packet);
	demand_sound(&packet, m->data_len, in->wire);
	demand_same(&packet, flat);
	DEMAND(chain_is(m, (struct bytes){(uint8_t *)(uintptr_t)in->p, in->n}));
	for (unsigned i = 0; i < packet.n; i++)
		DEMAND(pkts_mbuf_checksum(m, &packet, i) == pkts_packet_checksum(flat, i, NULL));
	rte_pktmbuf_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in;

	if (!input_read(&in, data, size) || in.n > LONGEST)
		return 0;
	uint8_t *const p = input_copy(&in, in.n);
	const struct pkts_packet flat = input_decode(NULL, &in, p);
	struct rte_mbuf *const m = in_segments(&in), *const clone = rte_pktmbuf_clone(m, pool);
	demand_like(&in, clone, &flat);
	demand_like(&in, m, &flat);
	DEMAND(rte_mempool_avail_count(pool) == MBUFS);
	free(p);
	return 0;
}
