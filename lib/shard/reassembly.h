/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of the bridge share. */
#ifndef REASSEMBLY_H
#define REASSEMBLY_H

#include "pkts_reassembly.h"

/*
 * Tells on_datagram of a finished datagram, takes its pieces, and makes a packet of them. about: the
 * fragment that came last, as it was. *off: where the IP header is. What stands before it is not
 * mended. NULL: no mbufs.
 */
struct rte_mbuf *reassembly_rebuild(struct pkts_mbuf_defrag *d, struct pkts_datagram *datagram,
	const struct rte_mbuf *about, uint32_t *off);

enum mended {
	MENDED_NOTHING, /* there is nothing to be mended */
	MENDED,
	MENDED_TOO_LONG, /* a length does not fit its field */
};

/* Mends what stands before byte `end` for a frame that became m: lengths, then checksums. */
enum mended reassembly_mend(struct rte_mbuf *m, const struct pkts_packet *packet, uint32_t end);

#endif
