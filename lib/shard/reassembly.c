/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Mbufs as owners of payload: references, pieces, and payload made contiguous. */
#include <errno.h>
#include <rte_malloc.h>

#include "pkts_reassembly.h"
#include "segment.h"

static void release(void *ctx, void *owner)
{
	(void)ctx;
	rte_pktmbuf_free(owner);
}

static void hold(void *ctx, void *owner)
{
	(void)ctx;
	rte_pktmbuf_refcnt_update(owner, 1);
}

const struct pkts_hold pkts_mbuf_holder = {.hold = hold, .release = release};

uint32_t pkts_mbuf_cost(const struct rte_mbuf *m)
{
	uint32_t cost = 0;

	for (; m; m = m->next)
		cost += (uint32_t)sizeof(*m) + m->priv_size + m->buf_len;
	return cost;
}

struct pkts_mbuf_pieces pkts_mbuf_pieces(struct rte_mbuf *m, uint32_t off, uint32_t len)
{
	struct pkts_mbuf_pieces it = {
		.seg = m, .off = off, .left = len, .cost = pkts_mbuf_cost(m), .owner = m};

	for (; it.seg && it.off >= it.seg->data_len; it.seg = it.seg->next)
		it.off -= it.seg->data_len;
	return it;
}

bool pkts_mbuf_piece_next(struct pkts_mbuf_pieces *it, struct pkts_piece *piece)
{
	while (it->seg && it->off == it->seg->data_len) {
		it->seg = it->seg->next;
		it->off = 0;
	}
	if (!it->seg || !it->left)
		return false;
	*piece = (struct pkts_piece){
		.p = rte_pktmbuf_mtod_offset(it->seg, const uint8_t *, it->off),
		.len = RTE_MIN(it->left, it->seg->data_len - it->off),
		.cost = it->cost,
		.owner = it->owner,
	};
	it->left -= piece->len;
	it->off += piece->len;
	return true;
}

/* A buffer of DPDK's heap, and how an mbuf gives it back. */
struct block {
	struct rte_mbuf_ext_shared_info shared;
	uint8_t bytes[];
};

static void free_block(void *addr, void *block)
{
	(void)addr;
	rte_free(block);
}

/* rte_malloc_virt2iova() wants what rte_malloc() gave: it reads what the heap keeps in front of that. */
static rte_iova_t iova_of(const struct block *block)
{
	const rte_iova_t iova = rte_malloc_virt2iova(block);

	return iova == RTE_BAD_IOVA ? iova : iova + offsetof(struct block, bytes);
}

/* A segment with room for n bytes, outside its pool. */
static struct rte_mbuf *alloc_large(struct rte_mempool *pool, uint16_t n)
{
	struct rte_mbuf *const m = rte_pktmbuf_alloc(pool);
	struct block *const block = m ? rte_malloc("pkts_gather", sizeof(*block) + n, 0) : NULL;

	if (!block) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	block->shared.free_cb = free_block;
	block->shared.fcb_opaque = block;
	rte_mbuf_ext_refcnt_set(&block->shared, 1);
	rte_pktmbuf_attach_extbuf(m, block->bytes, iova_of(block), n, &block->shared);
	return m;
}

/* Copies n bytes into a new segment behind the others. */
static bool add_copy(struct rte_mbuf *to, struct rte_mbuf **last, const struct rte_mbuf *from,
	uint32_t off, uint16_t n)
{
	struct rte_mbuf *const seg = alloc_large(from->pool, n);

	if (!seg)
		return false;
	pkts_mbuf_read(from, off, n, rte_pktmbuf_mtod(seg, void *));
	seg->data_len = n;
	(*last)->next = seg;
	*last = seg;
	to->nb_segs++;
	to->pkt_len += n;
	return true;
}

/* The first n bytes, in a new packet of one segment. */
static struct rte_mbuf *copy_front(const struct rte_mbuf *from, uint32_t n)
{
	struct rte_mbuf *const to = rte_pktmbuf_alloc(from->pool);

	if (!to)
		return NULL;
	if (n > rte_pktmbuf_tailroom(to))
		to->data_off = 0;
	if (n > rte_pktmbuf_tailroom(to)) {
		rte_pktmbuf_free(to);
		return NULL;
	}
	segment_copy_about(to, from);
	pkts_mbuf_read(from, 0, n, rte_pktmbuf_mtod(to, void *));
	to->data_len = (uint16_t)n;
	to->pkt_len = n;
	return to;
}

static struct rte_mbuf *copy_in_two(const struct rte_mbuf *from, uint32_t off)
{
	struct rte_mbuf *const to = copy_front(from, off), *last = to;

	while (to && to->pkt_len < from->pkt_len) {
		const uint32_t left = from->pkt_len - to->pkt_len;
		if (add_copy(to, &last, from, to->pkt_len, (uint16_t)RTE_MIN(left, UINT16_MAX)))
			continue;
		rte_pktmbuf_free(to);
		return NULL;
	}
	return to;
}

/* Is the segment that holds byte `off` the last one with bytes? */
static bool is_contiguous(const struct rte_mbuf *m, uint32_t off)
{
	for (uint32_t end = 0; m; m = m->next) {
		end += m->data_len;
		if (off < end)
			break;
	}
	while (m && (m = m->next))
		if (m->data_len)
			return false;
	return true;
}

static struct rte_mbuf *copy_in_one(const struct rte_mbuf *from)
{
	const uint16_t n = (uint16_t)from->pkt_len;
	struct rte_mbuf *const to = alloc_large(from->pool, n);

	if (!to)
		return NULL;
	segment_copy_about(to, from);
	pkts_mbuf_read(from, 0, n, rte_pktmbuf_mtod(to, void *));
	to->data_len = n;
	to->pkt_len = n;
	return to;
}

/* The copy in the place of the packet. */
static int put_in_place(struct rte_mbuf **m, struct pkts_packet *packet, struct rte_mbuf *copy)
{
	if (!copy)
		return -ENOMEM;
	rte_pktmbuf_free(*m);
	*m = copy;
	packet->data = rte_pktmbuf_mtod(copy, uint8_t *);
	return 0;
}

int pkts_mbuf_gather(struct rte_mbuf **m, struct pkts_packet *packet, uint32_t off)
{
	if (is_contiguous(*m, off))
		return 0;
	if (off > (*m)->data_len)
		return -EINVAL;
	return put_in_place(m, packet, copy_in_two(*m, off));
}

int pkts_mbuf_gather_all(struct rte_mbuf **m, struct pkts_packet *packet)
{
	if ((*m)->pkt_len == (*m)->data_len)
		return 0;
	if ((*m)->pkt_len > UINT16_MAX)
		return -EINVAL;
	return put_in_place(m, packet, copy_in_one(*m));
}
