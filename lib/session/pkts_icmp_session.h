/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * ICMP and ICMPv6: queries and their replies, as conversations; errors, which belong to the
 * conversation whose packet they quote; neighbour discovery, whose messages are judged one by one.
 */
#ifndef PKTS_ICMP_SESSION_H
#define PKTS_ICMP_SESSION_H

#include "pkts_icmp.h"
#include "pkts_icmpv6.h"
#include "pkts_session.h"

/* What a message is for. */
enum pkts_icmp_class {
	PKTS_ICMP_CLASS_UNKNOWN, /* a type that nothing defines */
	PKTS_ICMP_CLASS_REQUEST, /* to be answered by a message of type `answer` */
	PKTS_ICMP_CLASS_REPLY,	 /* the answer to a message of type `answer` */
	PKTS_ICMP_CLASS_ERROR,	 /* quotes a packet; never answered */
	PKTS_ICMP_CLASS_NOTICE, /* for whom it may concern: advertisements, reports, redirects ... */
};

struct pkts_icmp_type {
	uint8_t purpose; /* enum pkts_icmp_class */
	uint8_t answer;	 /* REQUEST: the type of its reply; REPLY: that of its request */
	bool paired; /* requests and replies carry an identifier and a sequence number at byte 4 */
};

/* What a type of ICMP (v6 false) or ICMPv6 means. */
struct pkts_icmp_type pkts_icmp_type_of(uint8_t type, bool v6);

/* A message to be judged. */
struct pkts_icmp_message {
	struct pkts_ref ref; /* head readable bytes of len, from the type on; the check said yes */
	const uint8_t *src;  /* v6: addresses of the IP header, 16 bytes in network order; */
	const uint8_t *dst;  /* NULL: not known, and what depends on them is not looked at */
	uint8_t hop_limit;   /* of the IP header */
	bool v6;	     /* ICMPv6, whatever the IP header; over IPv4 leave the addresses out */
};

enum pkts_icmp_state {
	PKTS_ICMP_STATE_NONE,	 /* no message yet */
	PKTS_ICMP_STATE_ASKED,	 /* requests, or other messages of one direction only */
	PKTS_ICMP_STATE_REPLIED, /* a request has been answered, or both ends have sent */
};

enum pkts_icmp_timeout {
	PKTS_ICMP_TIMEOUT_NEW,
	PKTS_ICMP_TIMEOUT_ESTABLISHED,
	PKTS_ICMP_TIMEOUT_MAX
};

/* What one direction has asked for, by sequence number. Bit i is about number top - i: asked for, has
 * been answered; answered only: nothing is known of it. */
struct pkts_icmp_requests {
	uint16_t top, asked, answered;
};

/*
 * One conversation: messages between two addresses with the same identifier (that is the key's
 * affair), requests of either end. All zero at first.
 */
struct pkts_icmp_session {
	struct pkts_icmp_requests requests[2];
	uint8_t state;	 /* enum pkts_icmp_state */
	uint8_t sent;	 /* bit d: direction d has sent */
	uint8_t asked;	 /* bit d: it has sent a request, so requests[d] means something */
	uint8_t refused; /* bit d: an error quotes what direction d has sent */
};
_Static_assert(sizeof(struct pkts_icmp_session) <= 16, "kept for every conversation");

/* All zero: the values named here. */
struct pkts_icmp_session_conf {
	bool any_hop_limit; /* false: messages for one link only must not have passed a router */
};

/*
 * Judges a message of direction dir (0 or 1) and changes the state. conf NULL: the defaults. What
 * pkts_icmp_message_validate() says; and SUSPECT with icmp_reply_unasked for a reply to what was not
 * asked, as far back as 16 sequence numbers, with icmp_reply_duplicate for a second one. Errors are
 * judged as messages: that their packet was sent is for their conversation to say.
 */
struct pkts_judgement pkts_icmp_session_validate(struct pkts_icmp_session *s,
	const struct pkts_icmp_session_conf *conf, unsigned dir,
	const struct pkts_icmp_message *message, uint64_t now_ns);

/*
 * What can be said of a message alone. INVALID: icmp_malformed, shorter than its type has to be, or
 * against RFC 4861 6.1, 7.1, 8.1 (neighbour discovery; addresses too, where they are given);
 * icmp_hop_limit, neighbour discovery from beyond the link, and multicast listener messages (RFC
 * 2710 3, 3810 5) with more than one hop to live; icmp_error_about_error (RFC 1122 3.2.2, RFC 4443
 * 2.4). SUSPECT: icmp_type.
 */
struct pkts_judgement pkts_icmp_message_validate(
	const struct pkts_icmp_session_conf *conf, const struct pkts_icmp_message *message);

/* The transitions. A request of direction dir, with that sequence number. */
void pkts_icmp_session_request(struct pkts_icmp_session *s, unsigned dir, uint16_t seq);

/* What is known of a request. */
enum pkts_icmp_answer {
	PKTS_ICMP_ANSWER_FIRST,	    /* it was asked, and this is the first reply */
	PKTS_ICMP_ANSWER_DUPLICATE, /* it has been answered before */
	PKTS_ICMP_ANSWER_UNASKED,   /* it was not asked */
	PKTS_ICMP_ANSWER_UNKNOWN,   /* too long ago, or before the first one that was seen */
};

/* A reply of direction dir, to a request of the other one. */
enum pkts_icmp_answer pkts_icmp_session_reply(
	struct pkts_icmp_session *s, unsigned dir, uint16_t seq);

/*
 * An error quotes a message that direction dir is said to have sent. False, and no change, if it
 * cannot have: it has sent nothing, or, for a request, not that sequence number.
 */
bool pkts_icmp_session_quoted(
	struct pkts_icmp_session *s, unsigned dir, bool is_request, uint16_t seq);

/* Always false: only silence ends a conversation. */
bool pkts_icmp_session_is_over(const struct pkts_icmp_session *s);

enum pkts_icmp_timeout pkts_icmp_session_timeout_class(const struct pkts_icmp_session *s);

/* As EVE has it: "new" or "established". Never NULL. */
const char *pkts_icmp_session_name(const struct pkts_icmp_session *s);

/* As Zeek's conn_state has it: always "OTH". */
const char *pkts_icmp_conn_state(const struct pkts_icmp_session *s);

/* The packet that an error quotes, as far as the quotation goes. Numbers in host order. */
struct pkts_icmp_quote {
	uint8_t src[16], dst[16]; /* network order; IPv4: the first 4 bytes */
	bool v6;		  /* addresses of 16 bytes */
	uint8_t protocol;	  /* PKTS_IPPROTO_, behind the extension headers */
	bool is_fragment;	  /* not the first one, so that nothing but addresses is known */
	bool has_ports;		  /* TCP, UDP, UDP-Lite, SCTP: sport, dport */
	bool has_number;   /* TCP: seq; SCTP: vtag; ICMP, ICMPv6: id << 16 | sequence number */
	bool has_init_tag; /* SCTP: begins with an INIT that is quoted up to its tag */
	bool has_type;	   /* ICMP, ICMPv6: type, code */
	uint8_t type, code;
	uint16_t sport, dport;
	uint32_t number;
	uint32_t init_tag;
	uint32_t at;  /* where the quoted transport header starts, from the message's type */
	uint32_t len; /* bytes of it that are quoted and readable */
};

/*
 * Reads what an error quotes. message: ref.head readable bytes of ref.len; RFC 4884 extensions behind
 * the quotation do not belong to it. 0; -PKTS_EINVAL if it is no error; -PKTS_EBADMSG if no whole IP
 * header, or one that cannot be, is quoted.
 */
int pkts_icmp_quoted(const struct pkts_icmp_message *message, struct pkts_icmp_quote *out);

/*
 * True if an error about a TCP segment with that sequence number can be meant for a sender with
 * bytes from `una` (oldest not acknowledged) up to `nxt` (next to be sent) under way (RFC 5927 4.1).
 * nxt itself is accepted too, as by Linux: segments without data carry it.
 */
bool pkts_icmp_error_is_plausible_tcp(uint32_t seq, uint32_t una, uint32_t nxt);

/*
 * True if it can be meant for the sender of an SCTP packet whose receiver has tag `peer` (RFC 9260
 * 10, ICMP6 and ICMP7): the quoted verification tag is that; or 0, and the quoted INIT has the
 * sender's tag `own`. 8 quoted bytes of a packet without a tag are not enough.
 */
bool pkts_icmp_error_is_plausible_sctp(
	const struct pkts_icmp_quote *quote, uint32_t own, uint32_t peer);

#endif
