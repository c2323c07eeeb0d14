/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Inside the making of keys. */
#ifndef KEY_H
#define KEY_H

#include "pkts_session_key.h"

/* What the headers say, as it is there. */
struct pkts_key_parts {
	uint8_t family;
	uint8_t protocol;
	bool later;		  /* a fragment, not the first */
	const uint8_t *src, *dst; /* 4 or 16 bytes */
	const uint8_t *head;	  /* pkts_key_head() bytes of the transport header */
	uint8_t final[4];	  /* dst, if a source route of IPv4 ends elsewhere */
};

/* Bytes of a protocol's header that its key is made of. */
uint32_t pkts_key_head(uint8_t protocol);

/* Makes a key without networks; returns which end the sender is. */
uint8_t pkts_key_fill(struct pkts_session_key *key, const struct pkts_key_parts *k);

/* Adds the networks around layer i that are asked for. */
void pkts_key_add_networks(
	struct pkts_session_key *key, const struct pkts_packet *packet, unsigned i, unsigned what);

#endif
