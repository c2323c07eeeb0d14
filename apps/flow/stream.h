/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* One connection or association, and how its bytes get out; what the files of streams share. */
#ifndef STREAM_H
#define STREAM_H

#include "folder.h"
#include "index.h"
#include "pkts_conversations.h"
#include "pkts_siphash.h"
#include "streams.h"

#define GAPS_MAX     65536   /* that are listed of a direction */
#define MESSAGES_MAX 4000000 /* that wait to be listed, of all associations */

/* Both ends, in an order of their own, so that packets of both directions have the same key. */
struct flow_key {
	uint64_t tenant;
	uint8_t addr[2][16]; /* IPv4: in the first 4 bytes */
	uint16_t port[2];
	uint8_t family, proto; /* 4 or 6; enum pkts_proto */
	uint8_t zero[2];
};
_Static_assert(sizeof(struct flow_key) == 48, "hashed as it is, without padding");

struct gap {
	uint64_t at, len;
};

struct message {
	uint32_t ppid;
	uint32_t len;
	uint16_t stream;
};

/* What one side sends. */
struct side {
	struct folder_file file;
	uint64_t packets;
	struct gap *gaps, open; /* open: behind it there are no bytes yet */
	uint32_t gaps_n, gaps_cap;
	uint64_t gaps_more;
	struct message *messages;
	uint32_t messages_n, messages_cap;
	uint64_t messages_more;
	uint32_t base; /* of TCP: the sequence number of its SYN, or as if */
	bool has_base;
};

enum stream_list { LIST_LIVE, LIST_OVER, LISTS };

struct stream {
	struct flow_key key;
	uint64_t number;
	uint8_t first; /* which end of the key sent the first packet, and is `a` */
	uint8_t list;
	bool fin[2]; /* seen */
	struct stream *same_bucket, *older, *newer;
	struct side sides[2];
	uint32_t events[2][PKTS_SEQ_EVENT_MAX]; /* of an association: in the first */
	struct pkts_table_entry *association;	/* of SCTP: what finds it by all its addresses */
	union {
		struct pkts_tcp_seq tcp;
		struct pkts_sctp_seq sctp;
	};
};

struct streams {
	const struct flow_options *options;
	struct folder *folder;
	struct index index;
	struct pkts_tcp_pool *tcp;
	struct pkts_sctp_pool *sctp;
	struct pkts_conversations *associations; /* NULL without --sctp */
	struct pkts_siphash_key hash;
	struct stream **buckets;
	uint64_t bucket_mask;
	struct {
		struct stream *oldest, *newest;
	} lists[LISTS];
	uint64_t open, messages, ticked;
	struct streams_stats stats;
};

/* A packet's transport layer, and whom it is of. */
struct arrival {
	struct rte_mbuf **m;
	struct pkts_packet *packet;
	unsigned i; /* the layer */
	struct flow_key key;
	uint8_t sender; /* which end of the key */
	uint64_t now;
};

/* The stream of that key, or NULL; and a new one, whose first packet the sender sent. */
struct stream *flow_find(struct streams *s, const struct flow_key *key);
struct stream *flow_open(struct streams *s, const struct arrival *a);

/* Writes out and forgets. */
void flow_close(struct streams *s, struct stream *st);

/* Something came: it is the last one to be given up. over: it will hardly go on. */
void flow_touch(struct streams *s, struct stream *st, bool over);

void flow_event(struct stream *st, unsigned dir, enum pkts_seq_event event);

/* The next bytes of a direction, or how many there are missing at `at`. */
void flow_bytes(struct streams *s, struct stream *st, unsigned dir, const uint8_t *p, size_t n);
void flow_gap(struct stream *st, unsigned dir, uint64_t at, uint64_t n);

/* Writes the lines of both directions. */
void flow_describe(struct streams *s, struct stream *st);

void tcp_begin(struct streams *s, struct stream *st);
void tcp_put(struct streams *s, const struct arrival *a);
void tcp_tick(struct streams *s, struct stream *st, uint64_t now);
void tcp_end(struct streams *s, struct stream *st);

bool sctp_create(struct streams *s);
void sctp_begin(struct streams *s, struct stream *st);
void sctp_put(struct streams *s, const struct arrival *a);
void sctp_end(struct streams *s, struct stream *st);

#endif
