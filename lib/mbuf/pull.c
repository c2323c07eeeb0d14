/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_mbuf.h"

#include <errno.h>
#include <string.h>

#include "segment.h"

/*
 * Will the segment in which n bytes behind `first` end be left with a rest, while another holder
 * sees it too? Then its bounds may not change.
 */
static bool needs_view(const struct rte_mbuf *first, uint32_t n)
{
	const struct rte_mbuf *seg = first->next;

	for (; seg && n >= seg->data_len; seg = seg->next)
		n -= seg->data_len;
	return seg && n && rte_mbuf_refcnt_read(seg) > 1;
}

/* Takes n bytes off the segment behind `first`; where that is shared, off `view` in its place. */
static void drop_front(struct rte_mbuf *first, uint32_t n, struct rte_mbuf *view)
{
	struct rte_mbuf *const seg = first->next, *const rest = view ? view : seg;

	if (view) {
		rte_pktmbuf_attach(view, seg);
		view->next = seg->next;
		first->next = view;
		rte_pktmbuf_free_seg(seg);
	}
	rest->data_off = (uint16_t)(rest->data_off + n);
	rest->data_len = (uint16_t)(rest->data_len - n);
}

static void drop_segment(struct rte_mbuf *first)
{
	struct rte_mbuf *const seg = first->next;

	first->next = seg->next;
	first->nb_segs--;
	rte_pktmbuf_free_seg(seg);
}

/* Moves n bytes out of the segments behind `first` to its end; frees those that become empty. */
static void take_from_rest(struct rte_mbuf *first, uint32_t n, struct rte_mbuf *view)
{
	uint8_t *to = rte_pktmbuf_mtod_offset(first, uint8_t *, first->data_len);

	first->data_len = (uint16_t)(first->data_len + n);
	while (n) {
		const struct rte_mbuf *const seg = first->next;
		const uint32_t part = RTE_MIN(n, seg->data_len);
		memcpy(to, rte_pktmbuf_mtod(seg, void *), part);
		to += part;
		n -= part;
		if (part == seg->data_len)
			drop_segment(first);
		else
			drop_front(first, part, view);
	}
}

/* Uses headroom where tailroom alone does not do. */
static void slide_to_front(struct rte_mbuf *m)
{
	memmove(m->buf_addr, rte_pktmbuf_mtod(m, void *), m->data_len);
	m->data_off = 0;
}

/* The segment that n bytes are to be pulled into: the first one, or a new one before it. */
static struct rte_mbuf *first_with_room(struct rte_mbuf *m, uint32_t n, int *error)
{
	if (segment_writable(m) && n <= m->buf_len)
		return m;
	*error = -EINVAL;
	if (m->nb_segs == UINT16_MAX)
		return NULL;
	struct rte_mbuf *const head = segment_prepend(m);
	if (!head)
		*error = -ENOMEM;
	else if (n > head->buf_len)
		rte_pktmbuf_free_seg(head);
	else
		return head;
	return NULL;
}

int pkts_mbuf_pull(struct rte_mbuf **m, uint32_t n)
{
	struct rte_mbuf *view = NULL;
	int error = 0;

	if (n <= (*m)->data_len)
		return 0;
	if (n > (*m)->pkt_len)
		return -EINVAL;
	struct rte_mbuf *const first = first_with_room(*m, n, &error);
	if (!first)
		return error;
	if (needs_view(first, n - first->data_len)) {
		view = rte_pktmbuf_alloc(first->pool);
		if (!view) {
			if (first != *m)
				rte_pktmbuf_free_seg(first);
			return -ENOMEM;
		}
	}
	if (n > (uint32_t)first->buf_len - first->data_off)
		slide_to_front(first);
	take_from_rest(first, n - first->data_len, view);
	*m = first;
	return 0;
}
