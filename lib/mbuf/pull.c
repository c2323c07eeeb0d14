/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_mbuf.h"

#include <errno.h>
#include <string.h>

static bool writable(const struct rte_mbuf *m)
{
	return RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1;
}

/* Moves n bytes out of the segments behind `first` to its end; frees those that become empty. */
static void take_from_rest(struct rte_mbuf *first, uint32_t n)
{
	uint8_t *to = rte_pktmbuf_mtod_offset(first, uint8_t *, first->data_len);

	first->data_len = (uint16_t)(first->data_len + n);
	while (n) {
		struct rte_mbuf *const seg = first->next;
		const uint32_t part = RTE_MIN(n, seg->data_len);
		memcpy(to, rte_pktmbuf_mtod(seg, void *), part);
		to += part;
		n -= part;
		seg->data_off = (uint16_t)(seg->data_off + part);
		seg->data_len = (uint16_t)(seg->data_len - part);
		if (seg->data_len == 0) {
			first->next = seg->next;
			first->nb_segs--;
			rte_pktmbuf_free_seg(seg);
		}
	}
}

/* Uses headroom where tailroom alone does not do. */
static void slide_to_front(struct rte_mbuf *m)
{
	memmove(m->buf_addr, rte_pktmbuf_mtod(m, void *), m->data_len);
	m->data_off = 0;
}

/* Puts an empty segment before a packet; it becomes the packet, with everything known of it. */
static struct rte_mbuf *prepend_segment(struct rte_mbuf *m)
{
	struct rte_mbuf *const head = rte_pktmbuf_alloc(m->pool);

	if (!head)
		return NULL;
	/* Flags that say whose memory a buffer is belong to the segment, not to the packet. */
	const uint64_t own = head->ol_flags;
	head->port = m->port;
	head->vlan_tci = m->vlan_tci;
	head->vlan_tci_outer = m->vlan_tci_outer;
	head->packet_type = m->packet_type;
	head->hash = m->hash;
	head->tx_offload = m->tx_offload;
	memcpy(head->dynfield1, m->dynfield1, sizeof(head->dynfield1));
	head->ol_flags = own | (m->ol_flags & ~(RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL));
	head->pkt_len = m->pkt_len;
	head->nb_segs = (uint16_t)(m->nb_segs + 1);
	head->next = m;
	return head;
}

int pkts_mbuf_pull(struct rte_mbuf **m, uint32_t n)
{
	struct rte_mbuf *first = *m;

	if (n <= first->data_len)
		return 0;
	if (n > first->pkt_len)
		return -EINVAL;
	if (!writable(first) || n > first->buf_len) {
		if (first->nb_segs == UINT16_MAX)
			return -EINVAL;
		first = prepend_segment(first);
		if (!first)
			return -ENOMEM;
		if (n > first->buf_len) {
			rte_pktmbuf_free_seg(first);
			return -EINVAL;
		}
	}
	if (n > (uint32_t)first->buf_len - first->data_off)
		slide_to_front(first);
	take_from_rest(first, n - first->data_len);
	*m = first;
	return 0;
}
