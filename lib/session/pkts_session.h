/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What all Sessions share. A Session knows what is legal now in one conversation: validate() judges a
 * packet by the state that those before it left behind, and then changes that state. The state is a
 * plain struct: visible, copyable, without pointers, all zero before the first packet.
 *
 * A direction is 0, from whoever sent the first packet that was seen (the client, as a rule), or 1.
 * Times are nanoseconds of any clock that does not go back.
 */
#ifndef PKTS_SESSION_H
#define PKTS_SESSION_H

#include "pkts_base.h"

/* What the receiver does with the packet, as far as can be told from outside. */
enum pkts_validity {
	PKTS_VALID,
	PKTS_SUSPECT, /* it takes it, yet somebody should look: an event says why */
	PKTS_INVALID, /* it drops it, and the state has not changed: an event says why */
};

/* E(NAME, name, text): the protocol first, as each belongs to the machine of one. */
/* clang-format off */
#define PKTS_SESSION_EVENTS(E) \
	/* TCP */ \
	E(TCP_MIDSTREAM,          tcp_midstream,          "the connection's beginning was not seen") \
	E(TCP_ONE_WAY,            tcp_one_way,            "goes on although no answer to the SYN was seen") \
	E(TCP_SIMULTANEOUS_OPEN,  tcp_simultaneous_open,  "both ends have sent a SYN before they saw the other's") \
	E(TCP_SPLIT_HANDSHAKE,    tcp_split_handshake,    "the answer to a SYN came in pieces") \
	E(TCP_SYN_CHANGED,        tcp_syn_changed,        "a SYN with another number before the first was settled") \
	E(TCP_SYN_DATA,           tcp_syn_data,           "data on a SYN without Fast Open") \
	E(TCP_SYN_IN_CONNECTION,  tcp_syn_in_connection,  "a SYN inside a connection") \
	E(TCP_SYNACK_UNASKED,     tcp_synack_unasked,     "a SYN/ACK that acknowledges no SYN") \
	E(TCP_REUSED,             tcp_reused,             "another connection between the same ports") \
	E(TCP_FLAGS,              tcp_flags,              "flags that no segment has together, or too few") \
	E(TCP_RETRANSMISSION,     tcp_retransmission,     "bytes that were seen before") \
	E(TCP_OLD,                tcp_old,                "bytes that were acknowledged long ago") \
	E(TCP_OUT_OF_WINDOW,      tcp_out_of_window,      "bytes that the receiver's window does not allow") \
	E(TCP_KEEP_ALIVE,         tcp_keep_alive,         "a keep-alive") \
	E(TCP_ZERO_WINDOW,        tcp_zero_window,        "the receiver has closed its window") \
	E(TCP_ZERO_WINDOW_PROBE,  tcp_zero_window_probe,  "a probe of a closed window") \
	E(TCP_ACK_UNSEEN,         tcp_ack_unseen,         "acknowledges bytes that were not seen") \
	E(TCP_ACK_OLD,            tcp_ack_old,            "acknowledges what was acknowledged long ago") \
	E(TCP_ACK_IMPOSSIBLE,     tcp_ack_impossible,     "acknowledges what cannot have been sent") \
	E(TCP_TIMESTAMP_OLD,      tcp_timestamp_old,      "a timestamp older than the receiver's last (PAWS)") \
	E(TCP_TIMESTAMP_MISSING,  tcp_timestamp_missing,  "no timestamp although they were agreed upon") \
	E(TCP_SIGNATURE,          tcp_signature,          "signed although the connection is not, or the reverse") \
	E(TCP_RST_REFUSED,        tcp_rst_refused,        "a RST that the receiver does not accept") \
	E(TCP_AFTER_FIN,          tcp_after_fin,          "bytes behind the FIN") \
	E(TCP_AFTER_RST,          tcp_after_rst,          "goes on although it was reset") \
	/* UDP */ \
	E(UDP_PORT_ZERO,          udp_port_zero,          "addressed to port 0, where nothing can listen") \
	/* ICMP, ICMPv6 */ \
	E(ICMP_TYPE,              icmp_type,              "a type or code that nothing defines") \
	E(ICMP_MALFORMED,         icmp_malformed,         "the message breaks the rules of its type") \
	E(ICMP_HOP_LIMIT,         icmp_hop_limit,         "a message for one link has come over a router") \
	E(ICMP_REPLY_UNASKED,     icmp_reply_unasked,     "a reply to no request") \
	E(ICMP_REPLY_DUPLICATE,   icmp_reply_duplicate,   "one more reply to the same request") \
	E(ICMP_ERROR_ABOUT_ERROR, icmp_error_about_error, "an error about an error") \
	E(ICMP_ERROR_IMPLAUSIBLE, icmp_error_implausible, "an error about a packet that was not sent") \
	/* SCTP */ \
	E(SCTP_MIDSTREAM,         sctp_midstream,         "the association's beginning was not seen") \
	E(SCTP_COLLISION,         sctp_collision,         "both ends began the association at once") \
	E(SCTP_RESTART,           sctp_restart,           "an end has begun the association again") \
	E(SCTP_NO_ASSOCIATION,    sctp_no_association,    "a packet for no association that there is") \
	E(SCTP_TAG,               sctp_tag,               "not the verification tag of the receiver") \
	E(SCTP_BUNDLING,          sctp_bundling,          "chunks that cannot share a packet, or not in this order") \
	E(SCTP_CHUNK,             sctp_chunk,             "a chunk that is malformed") \
	E(SCTP_COOKIE,            sctp_cookie,            "a cookie that the receiver did not give, or that is too late") \
	E(SCTP_STATE,             sctp_state,             "a chunk that does not fit the state") \
	E(SCTP_TSN,               sctp_tsn,               "a TSN far from those before it") \
	E(SCTP_ACK,               sctp_ack,               "acknowledges a TSN that was not sent") \
	/* IP */ \
	E(IP_MIN_TTL,     ip_min_ttl,     "a TTL or hop limit below min_ttl: it may not reach the receiver") \
	/* protocols above */ \
	E(APP_GAP,         app_gap,         "bytes that the application's state needs never came") \
	E(APP_FORMAT,      app_format,      "bytes that are no message of the application") \
	E(APP_VIOLATION,   app_violation,   "a message that the application's state does not allow") \
	E(APP_UNPAIRED,    app_unpaired,    "an answer to no request that was seen") \
	E(APP_EVICTED,     app_evicted,     "more requests without an answer than are kept") \
	E(APP_UNFINISHED,  app_unfinished,  "the stream ended inside a message") \
	E(APP_ENCRYPTED,   app_encrypted,   "the application goes on encrypted") \
	E(APP_COMPRESSED,  app_compressed,  "the application goes on compressed") \
	E(APP_AUTH_FAILED, app_auth_failed, "the server did not let the client in") \
	E(APP_ERROR,       app_error,       "an answer that reports an error")
/* clang-format on */

#define PKTS_SESSION_EVENT_ENUM(ID, NAME, TEXT) PKTS_SESSION_##ID,
enum pkts_session_event { PKTS_SESSION_EVENTS(PKTS_SESSION_EVENT_ENUM) PKTS_SESSION_EVENT_MAX };
#undef PKTS_SESSION_EVENT_ENUM
_Static_assert(PKTS_SESSION_EVENT_MAX <= 64, "sets of events are 64 bits");

#define PKTS_SESSION_BIT(EVENT) (UINT64_C(1) << PKTS_SESSION_##EVENT)

/* Of one packet. */
struct pkts_judgement {
	uint64_t events; /* bit n: enum pkts_session_event n */
	enum pkts_validity validity;
};

/* Of one conversation, by direction. Bytes are those of the IP datagrams, headers and all. */
struct pkts_session_counts {
	uint64_t packets[2], bytes[2];
};

/* Lower case, stable, fit for JSON keys and counters; and one line for people. Never NULL. */
const char *pkts_session_event_name(enum pkts_session_event event);
const char *pkts_session_event_text(enum pkts_session_event event);
const char *pkts_validity_name(enum pkts_validity validity);

#endif
