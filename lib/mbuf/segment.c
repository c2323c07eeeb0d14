/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "segment.h"

#include <errno.h>
#include <string.h>

#include "pkts_checksum.h"
#include "pkts_mbuf.h"

void segment_copy_about(struct rte_mbuf *to, const struct rte_mbuf *from)
{
	/* Flags that say whose memory a buffer is belong to the segment, not to the packet. */
	const uint64_t own = to->ol_flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL);

	to->port = from->port;
	to->vlan_tci = from->vlan_tci;
	to->vlan_tci_outer = from->vlan_tci_outer;
	to->packet_type = from->packet_type;
	to->hash = from->hash;
	to->tx_offload = from->tx_offload;
	memcpy(to->dynfield1, from->dynfield1, sizeof(to->dynfield1));
	to->ol_flags = own | (from->ol_flags & ~(RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL));
}

struct rte_mbuf *segment_prepend(struct rte_mbuf *m)
{
	struct rte_mbuf *const head = rte_pktmbuf_alloc(m->pool);

	if (!head)
		return NULL;
	segment_copy_about(head, m);
	head->pkt_len = m->pkt_len;
	head->nb_segs = (uint16_t)(m->nb_segs + 1);
	head->next = m;
	return head;
}

/* Takes n bytes off the second segment, or off `view` in its place where others hold it too. */
static void drop_from_second(struct rte_mbuf *head, uint32_t n, struct rte_mbuf *view)
{
	struct rte_mbuf *second = head->next;

	if (n == second->data_len) {
		head->next = second->next;
		head->nb_segs--;
		rte_pktmbuf_free_seg(second);
		return;
	}
	if (view) {
		rte_pktmbuf_attach(view, second);
		view->next = second->next;
		head->next = view;
		rte_pktmbuf_free_seg(second);
		second = view;
	}
	second->data_off = (uint16_t)(second->data_off + n);
	second->data_len = (uint16_t)(second->data_len - n);
}

/* The same bytes at the front of a new segment. */
static int replace_in_new(struct rte_mbuf **m, uint32_t drop, const uint8_t *p, uint32_t n)
{
	const bool shared = rte_mbuf_refcnt_read(*m) > 1 && drop < (*m)->data_len;
	struct rte_mbuf *view = NULL;

	if ((*m)->nb_segs == UINT16_MAX)
		return -EINVAL;
	struct rte_mbuf *const head = segment_prepend(*m);
	if (!head)
		return -ENOMEM;
	if (n > rte_pktmbuf_tailroom(head)) {
		rte_pktmbuf_free_seg(head);
		return -EINVAL;
	}
	if (shared) {
		view = rte_pktmbuf_alloc((*m)->pool);
		if (!view) {
			rte_pktmbuf_free_seg(head);
			return -ENOMEM;
		}
	}
	memcpy(rte_pktmbuf_mtod(head, void *), p, n);
	head->data_len = (uint16_t)n;
	head->pkt_len = head->pkt_len - drop + n;
	drop_from_second(head, drop, view);
	*m = head;
	return 0;
}

int segment_replace_front(struct rte_mbuf **m, uint32_t drop, const uint8_t *p, uint32_t n)
{
	struct rte_mbuf *const first = *m;
	const int32_t more = (int32_t)n - (int32_t)drop;

	if (!segment_writable(first))
		return replace_in_new(m, drop, p, n);
	if (more <= (int32_t)rte_pktmbuf_headroom(first)) {
		first->data_off = (uint16_t)(first->data_off - more);
	} else if (more <= (int32_t)rte_pktmbuf_tailroom(first)) {
		uint8_t *const data = rte_pktmbuf_mtod(first, uint8_t *);
		memmove(data + n, data + drop, first->data_len - drop);
	} else {
		return replace_in_new(m, drop, p, n);
	}
	first->data_len = (uint16_t)(first->data_len + more);
	first->pkt_len = first->pkt_len + (uint32_t)more;
	memcpy(rte_pktmbuf_mtod(first, void *), p, n);
	return 0;
}

int segment_own(struct rte_mbuf **m, uint32_t n)
{
	const int ret = pkts_mbuf_pull(m, n);

	if (ret || segment_writable(*m))
		return ret;
	return replace_in_new(m, n, rte_pktmbuf_mtod(*m, const uint8_t *), n);
}

static void append(void *ctx, const uint8_t *p, uint32_t n)
{
	uint8_t **const to = ctx;
	memcpy(*to, p, n);
	*to += n;
}

/* One more segment of n bytes behind `last`, which is NULL or in the packet `first`. */
static struct rte_mbuf *add_segment(
	struct rte_mempool *pool, struct rte_mbuf *first, struct rte_mbuf *last)
{
	struct rte_mbuf *const seg =
		first && first->nb_segs == UINT16_MAX ? NULL : rte_pktmbuf_alloc(pool);

	if (seg && last) {
		last->next = seg;
		first->nb_segs++;
	}
	return seg;
}

struct rte_mbuf *segment_copy(
	struct rte_mempool *pool, const struct pkts_bytes *bytes, uint32_t off, uint32_t n)
{
	struct rte_mbuf *first = NULL, *last = NULL;

	do {
		struct rte_mbuf *const seg = add_segment(pool, first, last);
		const uint32_t room = seg ? rte_pktmbuf_tailroom(seg) : 0, part = RTE_MIN(n, room);
		if (!seg || (n && !part)) {
			rte_pktmbuf_free(first ? first : seg);
			return NULL;
		}
		first = first ? first : seg;
		last = seg;
		uint8_t *to = rte_pktmbuf_mtod(seg, uint8_t *);
		if (part)
			bytes->walk(bytes->owner, off, part, append, &to);
		seg->data_len = (uint16_t)part;
		first->pkt_len += part;
		off += part;
		n -= part;
	} while (n);
	return first;
}

void segment_cut_behind(struct rte_mbuf *m, uint32_t n)
{
	if (m->next)
		rte_pktmbuf_free(m->next);
	m->next = NULL;
	m->nb_segs = 1;
	m->data_len = (uint16_t)n;
	m->pkt_len = n;
}
