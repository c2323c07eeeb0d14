/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Conversations, followed: packets in; each finds its entry in the table, is judged by the Session of
 * its protocol, and counted. Of TCP, what the receiver accepts is put in order by a Sequence, and the
 * bytes are read by an application Session, for as long as that wants any. Of SCTP, the same is done
 * with the messages of associations that carry Diameter (RFC 6733): those with payload protocol 46, and
 * on port 3868 those with none that look like it.
 *
 *	struct pkts_conversations *c;
 *	pkts_conversations_init(&c, mem, pkts_conversations_memsize(&conf), &conf);
 *	... pkts_conversations_put(c, &arrival, &seen);
 *	... pkts_conversations_expire(c, now, 64);
 *	pkts_conversations_flush(c);
 *
 * There is a table for each kind of conversation, so that a flood of one kind costs the others nothing.
 * All memory is the caller's; one thread. What a packet's fragments are a part of has to be put
 * together before.
 */
#ifndef PKTS_CONVERSATIONS_H
#define PKTS_CONVERSATIONS_H

#include "pkts_app_session.h"
#include "pkts_icmp_session.h"
#include "pkts_sctp_seq.h"
#include "pkts_sctp_session.h"
#include "pkts_table.h"
#include "pkts_tcp_seq.h"
#include "pkts_tcp_session.h"
#include "pkts_udp_session.h"

#define PKTS_CONVERSATIONS_ALIGN PKTS_TABLE_ALIGN

/* Addresses in a packet of SCTP that are learned; further ones are not. */
#define PKTS_CONVERSATION_ADDRESSES 16
#define PKTS_CONVERSATION_ALIASES   64 /* pairs of addresses of an association, but for the first */

enum pkts_conversation_kind {
	PKTS_CONVERSATION_TCP,
	PKTS_CONVERSATION_UDP,	/* UDP-Lite too */
	PKTS_CONVERSATION_ICMP, /* ICMPv6 too: an error is also noted with the one that it quotes */
	PKTS_CONVERSATION_SCTP,
	PKTS_CONVERSATION_OTHER, /* IP protocols of which no more is known than the addresses */
	PKTS_CONVERSATION_KINDS
};

/* How far a conversation is. Where room is needed, the first of these classes that has any gives up
 * its oldest. */
enum pkts_conversation_class {
	PKTS_CONVERSATION_CLOSED,
	PKTS_CONVERSATION_NEW, /* one way, or a handshake that is not over: counts as embryonic */
	PKTS_CONVERSATION_CLOSING,
	PKTS_CONVERSATION_ESTABLISHED,
	PKTS_CONVERSATION_CLASSES
};

/*
 * struct pkts_session_counts in three words: of packets the low 32 bits, of bytes the low 52, with the
 * packets' 12 above them. That lasts 4 days at 100 Gbit/s and 20 at 10 million packets a second.
 */
struct pkts_conversation_tally {
	uint64_t bytes[2];
	uint32_t packets[2];
};
PKTS_INLINE void pkts_conversation_count(
	struct pkts_conversation_tally *t, unsigned dir, uint64_t bytes);
PKTS_INLINE struct pkts_session_counts pkts_conversation_counts(
	const struct pkts_conversation_tally *t);

/* What the tables keep of each; pkts_table_user() of its entry. The first member is always this. */
struct pkts_conversation {
	struct pkts_conversation_tally tally;
	uint64_t events; /* bit n: enum pkts_session_event n happened */
};
struct pkts_tcp_conversation {
	struct pkts_conversation common;
	uint32_t place : 26;   /* private: see pkts_conversations_seq() */
	uint32_t unwanted : 1; /* private */
	uint32_t app : 5;      /* enum pkts_app_id, as far as it was recognised */
	struct pkts_tcp_session session;
};
struct pkts_udp_conversation {
	struct pkts_conversation common;
	struct pkts_udp_session session;
};
struct pkts_icmp_conversation {
	struct pkts_conversation common;
	struct pkts_icmp_session session;
};
struct pkts_sctp_conversation {
	struct pkts_conversation common;
	struct pkts_sctp_session session;
	uint32_t place : 26; /* private, as the next ones are */
	uint32_t unwanted : 1;
	uint32_t app : 5; /* enum pkts_app_id, as far as it was recognised */
	uint8_t data;	  /* what directions have sent that is not followed */
	uint32_t upto[2]; /* TSNs up to which all of that has come */
	uint64_t seq_events;
	uint64_t mark; /* the caller's own; 0 at first */
};
_Static_assert(sizeof(struct pkts_conversation) <= PKTS_TABLE_USER_NEAR, "at hand for every hit");
_Static_assert(offsetof(struct pkts_tcp_conversation, session.others) == PKTS_TABLE_USER_NEAR + 64,
	"segments that come in order touch two cache lines");
_Static_assert(PKTS_APP_MAX <= 1 << 5, "an application in 5 bits");
_Static_assert(sizeof(struct pkts_table_entry) + sizeof(struct pkts_tcp_conversation) <= 192,
	"three cache lines a TCP connection");
_Static_assert(sizeof(struct pkts_table_entry) + sizeof(struct pkts_udp_conversation) <= 128,
	"two cache lines a UDP conversation");

/* The conf.room bytes of a conversation that are the caller's own: 0 at first, aligned to 8. */
void *pkts_conversation_room(enum pkts_conversation_kind kind, struct pkts_table_entry *entry);

/* Why one is over. */
enum pkts_conversation_end {
	PKTS_CONVERSATION_TIMEOUT, /* silent for as long as its class may be */
	PKTS_CONVERSATION_REUSED,  /* the same ends began another one */
	PKTS_CONVERSATION_EVICTED, /* its room was needed */
	PKTS_CONVERSATION_FLUSHED,
};

struct pkts_conversations;

/* A packet's conversation, and what its Session says. */
struct pkts_conversation_packet {
	struct pkts_table_entry *entry; /* until the next call; NULL: it has none */
	uint8_t kind;			/* enum pkts_conversation_kind */
	uint8_t dir;			/* 0: from the end that began */
	struct pkts_session_at at;
	bool fresh;   /* its first packet */
	bool refused; /* no entry, as its source has begun too many */
	struct pkts_judgement
		judgement; /* IP_MIN_TTL also without an entry; watch.note needs one */
};

/* Events of a conversation. */
struct pkts_conversation_note {
	struct pkts_table_entry *entry;
	uint8_t kind, dir;
	bool app; /* the application Session noticed it */
	struct pkts_judgement judgement;
};

/* What the Sequence of a conversation noticed: each event once for a direction; of SCTP, once. */
struct pkts_conversation_seq_note {
	struct pkts_table_entry *entry;
	uint8_t kind;
	uint8_t dir;	 /* of SCTP: that of the packet which showed it */
	uint64_t events; /* bit n: enum pkts_seq_event n */
	bool cut;	 /* the capture has cut segments of the direction short: that makes gaps */
};

/* Bytes of a direction, or that there are none: as pkts_tcp_seq_get() has them. */
struct pkts_conversation_bytes {
	struct pkts_table_entry *entry;
	uint8_t dir;
	enum pkts_tcp_kind kind;
	struct pkts_tcp_out out;
};

/* Whoever wants to know; every function may be NULL, and none may call pkts_conversations_*. */
struct pkts_conversations_watch {
	void (*end)(void *ctx, enum pkts_conversation_kind kind, struct pkts_table_entry *entry,
		enum pkts_conversation_end why);
	void (*note)(void *ctx, const struct pkts_conversation_note *note);
	void (*bytes)(void *ctx, const struct pkts_conversation_bytes *bytes);
	void (*message)(void *ctx, struct pkts_table_entry *entry,
		const struct pkts_app_session *session, const struct pkts_app_message *message);
	void (*seq_note)(void *ctx, const struct pkts_conversation_seq_note *note);
	void *ctx;
};

/* All zero: the defaults, behind the colons; 0 of max_streams and max_associations is none, though. */
struct pkts_conversations_conf {
	uint32_t max[PKTS_CONVERSATION_KINDS]; /* 65,536; ICMP, SCTP and others: 8,192 */
	uint64_t timeout_ns[PKTS_CONVERSATION_KINDS][PKTS_CONVERSATION_CLASSES];
	/* Whoever can forge an address can use up what it may begin: then its own are not followed. */
	uint32_t max_per_source;	   /* that an address may have begun: any number */
	uint32_t max_embryonic_per_source; /* NEW ones of these: any number */
	/*
	 * Packets whose TTL or hop limit, in the IP header that the key is of, is less may end before the
	 * receiver: they begin no conversation, and change nothing of one but its events (IP_MIN_TTL).
	 * As many routers as are between here and there; 0: none is left out. Fragments have to be
	 * left out before (pkts_ipfrag_conf.min_ttl).
	 */
	uint8_t min_ttl;
	unsigned key;	    /* PKTS_KEY_*: addresses, protocol, ports */
	uint16_t room;	    /* bytes of each that are the caller's: pkts_conversation_room() */
	bool count_ip;	    /* bytes are those of IP datagrams (as IPFIX has them), not of frames */
	uint8_t secret[16]; /* random, and secret where traffic is not trusted */

	struct pkts_tcp_session_conf tcp;
	struct pkts_udp_session_conf udp;
	struct pkts_icmp_session_conf icmp;
	struct pkts_sctp_session_conf sctp;

	/*
	 * TCP connections whose bytes are put in order at a time. One that begins when there are as many
	 * is only judged and counted: stats.no_stream.
	 */
	uint32_t max_streams;
	/*
	 * How, and the memory for what waits. Whoever inspects should set past_end: a FIN or RST may have
	 * been seen here that its receiver never gets.
	 */
	struct pkts_tcp_conf stream;
	enum pkts_tcp_policy policy; /* of all receivers */
	bool no_apps; /* no application Session: watch.bytes is all that wants them */
	/*
	 * All bytes and messages are put in order, also those that no application Session wants: for
	 * watch.bytes, and for what Sequences notice. Else that ends with the last byte that one wants.
	 */
	bool bytes_for_all;

	/*
	 * SCTP associations whose messages are put together at a time. One beyond is only judged and
	 * counted: stats.no_association. They are taken by associations that carry Diameter, with
	 * bytes_for_all by all that carry data.
	 */
	uint32_t max_associations;
	/* How, and the memory for what waits; `hold` is that of `stream`, and `key` is `secret`. */
	struct pkts_sctp_conf messages;

	struct pkts_conversations_watch watch;
};

/* The default of conf.timeout_ns: about what Suricata and Zeek wait. */
uint64_t pkts_conversation_timeout(
	enum pkts_conversation_kind kind, enum pkts_conversation_class of_class);

struct pkts_conversations_stats {
	uint64_t packets;		    /* put */
	uint64_t no_conversation;	    /* no IP, or nothing that a key can be made of */
	uint64_t fragments;		    /* that somebody should have put together */
	uint64_t malformed;		    /* transport headers that cannot be read */
	uint64_t refused;		    /* of sources that had begun too many */
	uint64_t suspect, invalid;	    /* packets that were judged so */
	uint64_t errors_tied, errors_alone; /* ICMP errors about a known conversation; others */
	/* SYNs inside connections that others took the place of: if one is answered yet, it stays with the old
	 * connection. */
	uint64_t syns_forgotten;
	uint64_t no_stream;	     /* connections beyond max_streams */
	uint64_t streams_given_back; /* because nobody wanted more of their bytes */
	uint64_t streams_taken;	     /* from connections that are NEW or over, for others */
	uint64_t no_association;     /* the same of associations */
	uint64_t associations_given_back;
	uint64_t associations_taken;
	uint32_t streams, associations; /* now */
	uint64_t events[PKTS_SESSION_EVENT_MAX];
	uint64_t seq_events[PKTS_SEQ_EVENT_MAX]; /* what Sequences noticed, each time */
};

/* Memory for a configuration; 0 for one that makes no sense. */
size_t pkts_conversations_memsize(const struct pkts_conversations_conf *conf);

/*
 * mem: aligned to PKTS_CONVERSATIONS_ALIGN, the caller's again when it does not use *c any longer. 0;
 * -PKTS_ENOMEM if len is below memsize; -PKTS_EINVAL.
 */
int pkts_conversations_init(struct pkts_conversations **c, void *mem, size_t len,
	const struct pkts_conversations_conf *conf);

/*
 * A packet as it comes. frame: from packet->data on, what is readable of it in one piece, and its owner:
 * bytes of TCP that wait for others are held by that (conf.stream.hold). wire_len: what is counted as its
 * bytes, as they were on the wire; not used with conf.count_ip. now_ns: never backwards. vlans: tags that
 * the NIC has taken off, the inner one first; part of the key if those in the packet are (PKTS_KEY_VLAN).
 */
struct pkts_conversation_arrival {
	const struct pkts_packet *packet;
	struct pkts_piece frame;
	uint64_t wire_len, now_ns;
	uint8_t n_vlans; /* 2 at most */
	uint16_t vlans[2];
};
void pkts_conversations_put(struct pkts_conversations *c,
	const struct pkts_conversation_arrival *arrival, struct pkts_conversation_packet *seen);

/*
 * The same for a burst, with memory asked for ahead; for packets that come in quick succession. done,
 * if not NULL, is called after each of them.
 */
typedef void pkts_conversation_done(
	void *ctx, unsigned i, const struct pkts_conversation_packet *seen);
void pkts_conversations_put_burst(struct pkts_conversations *c,
	const struct pkts_conversation_arrival *arrivals, unsigned n, pkts_conversation_done *done,
	void *ctx);

/* Ends what has been silent for too long; looks at `budget` of each kind at most. Returns how many. */
uint32_t pkts_conversations_expire(struct pkts_conversations *c, uint64_t now_ns, uint32_t budget);

/* Ends all of them. */
void pkts_conversations_flush(struct pkts_conversations *c);

/*
 * Stops following a connection's bytes, an association's messages until that begins anew. Nothing of it
 * is held afterwards.
 */
void pkts_conversations_no_more(struct pkts_conversations *c, struct pkts_table_entry *entry);

/* The application protocol of a conversation, as far as it was recognised; NONE for other kinds. */
enum pkts_app_id pkts_conversation_app(
	enum pkts_conversation_kind kind, struct pkts_table_entry *entry);

/* What Sequences have noticed in a conversation up to now, for as long as it was followed. */
struct pkts_conversation_seq {
	uint64_t events; /* bit n: enum pkts_seq_event n */
	bool gap[2];	 /* TCP: bytes of direction d were missing */
};
struct pkts_conversation_seq pkts_conversations_seq(const struct pkts_conversations *c,
	enum pkts_conversation_kind kind, struct pkts_table_entry *entry);

/* The table of a kind, for statistics and walks. */
struct pkts_table *pkts_conversations_table(
	struct pkts_conversations *c, enum pkts_conversation_kind kind);

/* The time of the packet under way, or of the last one. */
uint64_t pkts_conversations_now(const struct pkts_conversations *c);

struct pkts_conversations_stats pkts_conversations_stats(const struct pkts_conversations *c);

/* inline definitions */

#define PKTS_CONVERSATION_CARRY 52 /* the bit of `bytes` that packets are carried to */

PKTS_INLINE void pkts_conversation_count(
	struct pkts_conversation_tally *t, unsigned dir, uint64_t bytes)
{
	t->packets[dir]++;
	t->bytes[dir] += bytes + ((uint64_t)(t->packets[dir] == 0) << PKTS_CONVERSATION_CARRY);
}

PKTS_INLINE struct pkts_session_counts pkts_conversation_counts(
	const struct pkts_conversation_tally *t)
{
	const uint64_t low = (UINT64_C(1) << PKTS_CONVERSATION_CARRY) - 1;

	return (struct pkts_session_counts){
		.packets = {t->packets[0] | t->bytes[0] >> PKTS_CONVERSATION_CARRY << 32,
			t->packets[1] | t->bytes[1] >> PKTS_CONVERSATION_CARRY << 32},
		.bytes = {t->bytes[0] & low, t->bytes[1] & low}};
}

#endif
