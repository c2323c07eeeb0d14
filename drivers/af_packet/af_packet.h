/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the parts of the driver share: the port, and its socket's filter. */
#ifndef AF_PACKET_H
#define AF_PACKET_H

#include <linux/if_packet.h>
#include <sys/socket.h>

#include "pkts_filter.h"
#include "pkts_mbuf.h"
#include "pkts_port.h"

#define BURST	      32	   /* frames a system call */
#define SEGMENTS      128	   /* of all frames sent in one system call */
#define OVERFLOW_SIZE (512u << 10) /* of one frame, behind its first mbuf: BIG TCP */

/* Room for what the kernel tells about a frame: auxiliary data and a time stamp. */
struct control {
	_Alignas(struct cmsghdr) char bytes[128];
};

struct af_packet_port {
	struct pkts_port port;
	int fd;
	int ifindex;
	uint16_t link;	/* LINKTYPE_ of its frames */
	bool bound;	/* attached to the interface for receiving */
	bool in_kernel; /* the kernel runs the filter, on all frames but those it took a VLAN tag
			   from */
	bool loopback;	/* it hands every frame back: what goes out comes in again */
	bool ended;
	int code;
	int lost; /* why nothing more comes in, while what had come before is still read; 0: it does */
	struct pkts_error why;
	uint32_t snaplen;
	struct pkts_filter *filter;
	struct pkts_port_stats stats;

	struct rte_mbuf *slots[BURST]; /* waiting for frames */
	struct mmsghdr messages[BURST];
	struct iovec parts[BURST][2];
	struct control control[BURST];
	struct sockaddr_ll from[BURST];
	uint8_t *overflow; /* BURST of OVERFLOW_SIZE, touched only by frames that are larger than an
			      mbuf */
};

/* The interface is down, gone or broken, by a negative errno: what waits in the socket stays readable. */
void af_packet_lose(struct af_packet_port *p, int code);

/* Ends the port that was lost: everything that had come has been read. */
void af_packet_end(struct af_packet_port *p);

uint16_t af_packet_rx_burst(struct pkts_port *port, struct rte_mbuf **pkts, uint16_t n);
uint16_t af_packet_tx_burst(struct pkts_port *port, struct rte_mbuf **pkts, uint16_t n);

/* Refuses every frame from now on. 0 or -errno. */
int socket_filter_reject(int fd);

/*
 * Lets the kernel filter with a program of libpcap's, NULL for none. Frames that the kernel has
 * taken a VLAN tag from always pass: the program would see them without it and could answer
 * differently than for the frame that is delivered. -errno if the kernel does not take the program.
 */
int socket_filter_attach(int fd, const struct bpf_program *program);

#endif
