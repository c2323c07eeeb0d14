/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Ports: where packets come from and go to, whatever stands behind the name.
 *
 *	capture file	"trace.pcapng", "./a.pcap.gz", "-", or "pcap:NAME" for any file name
 *	DPDK device	"0000:03:00.0", "net_tap0,iface=x", or "ethdev:DEVICE"
 *	interface	"eth0", or "af_packet:NAME"
 *
 * One lcore uses a port at a time. Every packet is an rte_mbuf with pkts_mbuf_meta() and, where the
 * source has them, timestamp, VLAN, hash and checksum verdict filled in.
 */
#ifndef PKTS_PORT_H
#define PKTS_PORT_H

#include <rte_mbuf.h>

#include "pkts_error.h"

struct pkts_port;

enum pkts_port_mode {
	PKTS_PORT_READ = 1,
	PKTS_PORT_WRITE = 2,
	PKTS_PORT_READ_WRITE = 3, /* not for files */
};

/* How to open a port. All zero is a good default. */
struct pkts_port_conf {
	enum pkts_port_mode mode; /* 0: READ */
	struct rte_mempool *pool; /* received mbufs come from here, of at least 16 bytes behind the
				     headroom; stays the caller's. NULL: a pool of the port's own */
	/* mbufs in the port's own pool; 0: 8191. A file's are made as needed: pkts_mbuf_pool_create() */
	uint32_t pool_size;
	uint32_t snaplen;    /* at most so many bytes of a packet are kept; 0: all. 1 to 262144 */
	bool no_promiscuous; /* live: only what is addressed to the interface */
	const char *comment; /* files, write: the section's comment in pcapng; NULL: none */
};

/* Counters since open. What a source cannot know stays 0. */
struct pkts_port_stats {
	uint64_t rx_packets, rx_bytes; /* delivered to the caller; bytes as captured */
	uint64_t rx_filtered;	       /* seen and not matched, where the port itself filters */
	uint64_t rx_unfit;	       /* of link types for which the filter cannot be compiled */
	uint64_t rx_dropped;	       /* lost by kernel or NIC because nobody read them in time */
	uint64_t rx_nombuf;	       /* lost because the pool was empty */
	uint64_t rx_errors;	       /* damaged: bad records in a file, receive errors of a NIC */
	uint64_t tx_packets, tx_bytes;
	uint64_t tx_dropped; /* refused for good by file, kernel or NIC */
};

/*
 * Opens the port `name`. A port for reading is deaf until pkts_port_activate().
 * 0 and *port; or a negative errno with err saying what and where: -ENOENT no such file, interface
 * or device; -EACCES, -EPERM; -EINVAL bad name or configuration; -EBADMSG not a capture file;
 * -EISDIR a folder; -EPIPE a file that was cut inside its header; -ENODEV a DPDK device that cannot be
 * used, -EEXIST one that is in use; -ENETDOWN, for sending only, a NIC that gets no link, -EINTR a
 * signal while that was waited for; -ENOTSUP an interface of unknown link type; -ENOTTY a capture is not
 * written to a terminal; -ENOMEM; others as open(2) and read(2) have them. *port is NULL then.
 */
int pkts_port_open(struct pkts_port **port, const char *name, const struct pkts_port_conf *conf,
	struct pkts_error *err);

/*
 * Throws away what is waiting, then delivers only packets that match the pcap expression `filter`
 * (NULL or "": all). Files start at their first packet. Calling it again changes the filter.
 * Frames are judged as they are delivered: a VLAN tag that the kernel keeps beside a frame is back
 * in it. Of a file with several link types, those that the expression makes no sense for (`ether
 * host` for raw IP) do not match.
 * 0; -EINVAL for an expression that libpcap refuses, and the port stays as it was, and for a port that was
 * opened for writing only; -ENETDOWN for an interface that is down; what the driver has to say.
 */
int pkts_port_activate(struct pkts_port *port, const char *filter, struct pkts_error *err);

/*
 * Stops intake. What had been received before stays readable; of a file, nothing more. 0, or
 * -errno.
 */
int pkts_port_deactivate(struct pkts_port *port, struct pkts_error *err);

/*
 * Receives up to n packets without waiting; they are the caller's to free. 0 means none now: of a
 * file that no more will come, once pkts_port_ended() is true. How much is looked at in one call is
 * limited: where hardly anything matches a filter, many bursts are empty.
 */
static inline uint16_t pkts_port_rx_burst(
	struct pkts_port *port, struct rte_mbuf **pkts, uint16_t n);

/* Sends; takes over the first packets, as many as it returns. The others stay the caller's. */
static inline uint16_t pkts_port_tx_burst(
	struct pkts_port *port, struct rte_mbuf **pkts, uint16_t n);

/* Sleeps until packets may be there, or timeout_ms is over. True if there may be some. */
bool pkts_port_wait(struct pkts_port *port, int timeout_ms);

/*
 * True if no more packets will ever come: end of a file, or an error that ended the port. err gets
 * the sentence for the latter and code its negative errno: -EPIPE for a file that was cut, -EBADMSG
 * for one that is damaged (everything before that place has been delivered), -ENOTSUP for one that
 * goes beyond a limit, -ENETDOWN for an interface that went down, -ENODEV for an interface or device
 * that went away (everything received until then has been delivered), others for what could not be read
 * or written. code is 0 for a clean end. Either may be NULL. A port that has ended takes packets to send
 * and drops them.
 */
bool pkts_port_ended(const struct pkts_port *port, int *code, struct pkts_error *err);

/* Bytes of a file read so far and in all, for progress; both 0 where there is no such thing. */
void pkts_port_progress(const struct pkts_port *port, uint64_t *done, uint64_t *all);

void pkts_port_stats(struct pkts_port *port, struct pkts_port_stats *stats);

/* The name it was opened by, and its driver's ("pcap", "ethdev", "af_packet"). Live as long as the
 * port. */
const char *pkts_port_name(const struct pkts_port *port);
const char *pkts_port_driver(const struct pkts_port *port);

/*
 * Writes out what is pending and closes; frees the port and its own pool, whose mbufs the caller
 * must have freed. NULL is fine. 0; or, with a sentence in err, if what was written could not be kept:
 * -errno (a full disk), -ENOTSUP if packets were left out because a pcap file holds one link type,
 * -ENOSPC if they had more interfaces than a file may.
 */
int pkts_port_close(struct pkts_port *port, struct pkts_error *err);

/* For drivers, and for the two inline calls above. */
struct pkts_port_ops {
	const char *name;
	bool (*claims)(const char *name); /* is this name one of yours, when no driver is named? */
	int (*open)(struct pkts_port **port, const char *name, const struct pkts_port_conf *conf,
		struct pkts_error *err);
	int (*activate)(struct pkts_port *port, const char *filter, struct pkts_error *err);
	int (*deactivate)(struct pkts_port *port, struct pkts_error *err);
	uint16_t (*rx_burst)(struct pkts_port *port, struct rte_mbuf **pkts, uint16_t n);
	uint16_t (*tx_burst)(struct pkts_port *port, struct rte_mbuf **pkts, uint16_t n);
	bool (*wait)(struct pkts_port *port, int timeout_ms);
	bool (*ended)(const struct pkts_port *port, int *code, struct pkts_error *err);
	void (*progress)(
		const struct pkts_port *port, uint64_t *done, uint64_t *all); /* may be NULL */
	void (*stats)(struct pkts_port *port, struct pkts_port_stats *stats);
	int (*close)(struct pkts_port *port, struct pkts_error *err);
	bool patient; /* what is behind it waits for buffers that are still to be made */
};

/* A driver's own structure starts with this. */
struct pkts_port {
	const struct pkts_port_ops *ops;
	char *name;
	struct rte_mempool *pool;
	bool owns_pool;
};

/* The drivers, asked in this order, NULL at the end. The table stands in drivers/drivers.c. */
extern const struct pkts_port_ops *const pkts_port_drivers[];

/* inline definitions */

static inline uint16_t pkts_port_rx_burst(
	struct pkts_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	return port->ops->rx_burst(port, pkts, n);
}

static inline uint16_t pkts_port_tx_burst(
	struct pkts_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	return port->ops->tx_burst(port, pkts, n);
}

#endif
