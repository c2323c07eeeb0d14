/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <errno.h>
#include <string.h>

#include "af_packet.h"
#include "pkts_mbuf_compose.h"

/* Frames on their way into one system call. */
struct batch {
	unsigned n, parts;
	struct mmsghdr messages[BURST];
	struct iovec iov[SEGMENTS];
};

/* The socket fills in no checksums: those that the frame leaves to hardware are made here. */
static bool add_frame(struct batch *b, struct rte_mbuf **frame)
{
	if (b->n == BURST || pkts_mbuf_tx_finish(frame) || (*frame)->nb_segs > SEGMENTS - b->parts)
		return false;
	const struct rte_mbuf *m = *frame;
	struct msghdr *h = &b->messages[b->n++].msg_hdr;
	memset(h, 0, sizeof(*h));
	h->msg_iov = &b->iov[b->parts];
	for (; m; m = m->next)
		b->iov[b->parts++] = (struct iovec){rte_pktmbuf_mtod(m, void *), m->data_len};
	h->msg_iovlen = (size_t)(&b->iov[b->parts] - h->msg_iov);
	return true;
}

static void drop(struct af_packet_port *p, struct rte_mbuf *m)
{
	p->stats.tx_dropped++;
	rte_pktmbuf_free(m);
}

static void count_and_free(struct af_packet_port *p, struct rte_mbuf **pkts, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		p->stats.tx_bytes += pkts[i]->pkt_len;
	p->stats.tx_packets += n;
	rte_pktmbuf_free_bulk(pkts, n);
}

/* The first frame could not be sent: how many frames that disposes of, 0 to try again later. */
static unsigned refused(struct af_packet_port *p, struct rte_mbuf **pkts, unsigned n, int code)
{
	switch (code) {
	case EAGAIN:
	case ENOBUFS:
	case EINTR:
		return 0;
	case ENETDOWN:
	case ENODEV:
	case ENXIO:
		af_packet_lose(p, -code);
		for (unsigned i = 0; i < n; i++)
			drop(p, pkts[i]);
		return n;
	default: /* too long for the interface, too short for its link layer, ... */
		drop(p, pkts[0]);
		return 1;
	}
}

/* Gives a batch to the kernel: how many of the n frames are dealt with. */
static unsigned send_batch(struct af_packet_port *p, struct rte_mbuf **pkts, unsigned n)
{
	struct batch b;

	b.n = b.parts = 0;
	while (b.n < n && add_frame(&b, &pkts[b.n]))
		;
	if (b.n == 0) { /* more segments than a batch holds, or checksums that cannot be made */
		drop(p, pkts[0]);
		return 1;
	}
	const int sent = sendmmsg(p->fd, b.messages, b.n, MSG_DONTWAIT);
	if (sent <= 0)
		return refused(p, pkts, n, errno);
	count_and_free(p, pkts, (unsigned)sent);
	return (unsigned)sent;
}

uint16_t af_packet_tx_burst(struct pkts_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	struct af_packet_port *p = (struct af_packet_port *)port;
	unsigned done = 0, more;

	if (p->lost) {
		for (; done < n; done++)
			drop(p, pkts[done]);
		return n;
	}
	do {
		more = done < n ? send_batch(p, pkts + done, n - done) : 0;
		done += more;
	} while (more);
	return (uint16_t)done;
}
