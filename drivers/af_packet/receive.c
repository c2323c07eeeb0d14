/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <time.h>

#include "af_packet.h"
#include "driver.h"

#define TAG_LEN	      4u
#define TAG_OFFSET    12u /* behind the two MAC addresses */
#define ETHERNET_LINK 1
#define ROUNDS                                                                                     \
	64 /* system calls a burst: frames that do not match may come faster than we look          \
	    */

/* What came beside a frame. */
struct notes {
	uint64_t time; /* ns since the epoch; 0: none */
	const struct tpacket_auxdata *aux;
};

static bool fill_slot(struct af_packet_port *p, unsigned i)
{
	struct msghdr *h = &p->messages[i].msg_hdr;

	if (!p->slots[i])
		p->slots[i] = rte_pktmbuf_alloc(p->port.pool);
	if (!p->slots[i])
		return false;
	p->parts[i][0] = (struct iovec){
		rte_pktmbuf_mtod(p->slots[i], void *),
		rte_pktmbuf_tailroom(p->slots[i]),
	};
	p->parts[i][1] = (struct iovec){p->overflow + (size_t)i * OVERFLOW_SIZE, OVERFLOW_SIZE};
	*h = (struct msghdr){
		.msg_name = &p->from[i],
		.msg_namelen = sizeof(p->from[i]),
		.msg_iov = p->parts[i],
		.msg_iovlen = 2,
		.msg_control = p->control[i].bytes,
		.msg_controllen = sizeof(p->control[i].bytes),
	};
	return true;
}

static struct notes read_notes(struct msghdr *h)
{
	struct notes n = {0};

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
			n.aux = (const struct tpacket_auxdata *)(const void *)CMSG_DATA(c);
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
			struct timespec t;
			memcpy(&t, CMSG_DATA(c), sizeof(t));
			n.time = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
		}
	}
	return n;
}

/* The kernel keeps the outermost tag beside the frame; whoever reads the frame expects it inside.
 */
static bool restore_tag(struct rte_mbuf *m, const struct tpacket_auxdata *aux)
{
	const uint16_t tpid =
		aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid : ETH_P_8021Q;
	char *data = m->data_len >= TAG_OFFSET ? rte_pktmbuf_prepend(m, TAG_LEN) : NULL;

	if (!data)
		return false;
	memmove(data, data + TAG_LEN, TAG_OFFSET);
	const uint16_t tag[2] = {rte_cpu_to_be_16(tpid), rte_cpu_to_be_16(aux->tp_vlan_tci)};
	memcpy(data + TAG_OFFSET, tag, TAG_LEN);
	m->vlan_tci = aux->tp_vlan_tci;
	m->ol_flags |= RTE_MBUF_F_RX_VLAN;
	return true;
}

static bool has_tag(const struct af_packet_port *p, const struct tpacket_auxdata *aux)
{
	return p->link == ETHERNET_LINK && aux && aux->tp_status & TP_STATUS_VLAN_VALID;
}

/* A frame that this machine is sending has no checksum yet: neither good nor bad. */
static void put_checksum_verdict(struct rte_mbuf *m, uint32_t status)
{
	if (status & TP_STATUS_CSUMNOTREADY)
		m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_NONE;
	else if (status & TP_STATUS_CSUM_VALID)
		m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
}

/* Chains mbufs for the part of the frame that did not fit in its first one. */
static bool append(
	struct af_packet_port *p, struct rte_mbuf *first, const uint8_t *data, uint32_t n)
{
	struct rte_mbuf *last = first;

	while (n) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(p->port.pool);
		if (!m)
			return false;
		const uint32_t part = PKTS_MIN(n, rte_pktmbuf_tailroom(m));
		memcpy(rte_pktmbuf_mtod(m, void *), data, part);
		m->data_len = (uint16_t)part;
		last->next = m;
		last = m;
		first->nb_segs++;
		first->pkt_len += part;
		data += part;
		n -= part;
	}
	return true;
}

/* Has the kernel's filter answered for the frame? It lets those pass that it took a tag from. */
static bool is_judged(const struct af_packet_port *p, const struct tpacket_auxdata *aux)
{
	return p->in_kernel && !has_tag(p, aux);
}

/*
 * Makes what slot i received into its mbuf m; all of it where the filter has yet to see it. False
 * if there are no further mbufs for the rest of it.
 */
static bool finish_frame(
	struct af_packet_port *p, struct rte_mbuf *m, unsigned i, const struct notes *notes)
{
	const bool tagged = has_tag(p, notes->aux);
	const uint32_t len = p->messages[i].msg_len;
	const uint32_t room = (uint32_t)p->parts[i][0].iov_len;
	const uint32_t held = PKTS_MIN(len, room + OVERFLOW_SIZE);
	const uint32_t kept = is_judged(p, notes->aux) ? PKTS_MIN(held, p->snaplen) : held;
	const uint32_t head = PKTS_MIN(kept, room);
	uint32_t wire_len = len;

	m->data_len = (uint16_t)head;
	m->pkt_len = head;
	if (!append(p, m, p->parts[i][1].iov_base, kept - head))
		return false;
	if (tagged && restore_tag(m, notes->aux))
		wire_len += TAG_LEN;
	if (notes->aux)
		put_checksum_verdict(m, notes->aux->tp_status);
	if (notes->time)
		pkts_mbuf_set_timestamp(m, notes->time);
	pkts_mbuf_set_meta(m, (struct pkts_mbuf_meta){.wire_len = wire_len, .link = p->link});
	return true;
}

/* Loopback shows each frame as it goes out and as it comes in. */
static bool is_copy(const struct af_packet_port *p, unsigned i)
{
	return p->loopback && p->from[i].sll_pkttype == PACKET_OUTGOING;
}

static void cut_to_snaplen(const struct af_packet_port *p, struct rte_mbuf *m)
{
	const struct pkts_mbuf_meta meta = pkts_mbuf_meta(m);

	if (m->pkt_len <= p->snaplen)
		return;
	pkts_port_cut(m, p->snaplen);
	pkts_mbuf_set_meta(m, meta);
}

/* The mbuf of slot i if it is to be delivered. */
static struct rte_mbuf *take_frame(struct af_packet_port *p, unsigned i)
{
	const struct notes notes = read_notes(&p->messages[i].msg_hdr);
	struct rte_mbuf *m = p->slots[i];

	if (is_copy(p, i))
		return NULL; /* the mbuf stays in its slot */
	const bool finished = finish_frame(p, m, i, &notes);
	p->slots[i] = NULL;
	if (finished && (is_judged(p, notes.aux) || pkts_filter_match(p->filter, m))) {
		cut_to_snaplen(p, m);
		return m;
	}
	if (finished)
		p->stats.rx_filtered++;
	else
		p->stats.rx_nombuf++;
	rte_pktmbuf_free(m);
	return NULL;
}

static unsigned fill_slots(struct af_packet_port *p, unsigned n)
{
	unsigned i = 0;

	while (i < n && fill_slot(p, i))
		i++;
	return i;
}

static int call_kernel(struct af_packet_port *p, unsigned n)
{
	const int got = recvmmsg(p->fd, p->messages, n, MSG_DONTWAIT | MSG_TRUNC, NULL);
	return got < 0 ? -errno : got;
}

static bool is_passing(int code)
{
	return code == -EAGAIN || code == -EINTR || code == -ENOBUFS;
}

/*
 * One system call's worth of frames into the slots: how many. The socket reports once that its
 * interface is lost, before the frames that came until then, so these are still asked for.
 */
static unsigned receive(struct af_packet_port *p, unsigned n)
{
	int got = call_kernel(p, n);

	if (got < 0 && !is_passing(got)) {
		if (!p->lost)
			af_packet_lose(p, got);
		got = call_kernel(p, n);
	}
	if (p->lost && got < 0 && got != -EINTR)
		af_packet_end(p);
	return got < 0 ? 0 : (unsigned)got;
}

uint16_t af_packet_rx_burst(struct pkts_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	struct af_packet_port *p = (struct af_packet_port *)port;
	uint16_t delivered = 0;
	unsigned asked, got, rounds = 0;

	if (p->ended || !p->bound)
		return 0;
	do {
		asked = fill_slots(p, PKTS_MIN((unsigned)(n - delivered), BURST));
		got = asked ? receive(p, asked) : 0;
		for (unsigned i = 0; i < got; i++) {
			struct rte_mbuf *m = take_frame(p, i);
			if (!m)
				continue;
			p->stats.rx_bytes += m->pkt_len;
			pkts[delivered++] = m;
		}
	} while (got == BURST && delivered < n && ++rounds < ROUNDS);
	p->stats.rx_packets += delivered;
	return delivered;
}
