/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What reassembly noticed on its way. Each event is named once: enumerator, name in records, counter. */
#ifndef PKTS_SEQ_EVENT_H
#define PKTS_SEQ_EVENT_H

#include "pkts_base.h"

/* E(NAME, name, text) */
/* clang-format off */
#define PKTS_SEQ_EVENTS(E) \
	E(OVERLAP,         overlap,         "a piece covers bytes that are there already, with the same content") \
	E(CONFLICT,        conflict,        "a piece covers bytes that are there already, with other content") \
	E(DUPLICATE,       duplicate,       "a piece that brings nothing new") \
	E(GAP,             gap,             "bytes that never came were skipped") \
	E(TIMEOUT,         timeout,         "given up because the rest did not come in time") \
	E(EVICTED,         evicted,         "given up to make room for something newer") \
	E(LIMIT_PIECES,    limit_pieces,    "refused: too many pieces are held") \
	E(LIMIT_BYTES,     limit_bytes,     "refused: too much memory is pinned") \
	E(FRAG_TINY,       frag_tiny,       "a first fragment too short for its transport header (RFC 1858, 7112)") \
	E(FRAG_LENGTH,     frag_length,     "a fragment that is not the last has a length that is no multiple of 8") \
	E(FRAG_TOO_LONG,   frag_too_long,   "a fragment ends beyond 65,535 bytes") \
	E(FRAG_EMPTY,      frag_empty,      "a fragment without data") \
	E(FRAG_BEYOND,     frag_beyond,     "data behind the end that the last fragment announced") \
	E(FRAG_ATOMIC,     frag_atomic,     "a fragment header on a whole datagram (RFC 6946)") \
	E(FRAG_DROPPED,    frag_dropped,    "a datagram was dropped because its fragments overlap (RFC 5722)") \
	E(FRAG_CUT,        frag_cut,        "a fragment of which less was captured than its header says") \
	E(FRAG_MIN_TTL,    frag_min_ttl,    "a fragment whose TTL or hop limit is below min_ttl: it may not reach the receiver") \
	E(FRAG_NESTED,     frag_nested,     "a fragment inside more tunnels than can be told apart") \
	E(MIDSTREAM,       midstream,       "the stream's beginning was not seen") \
	E(RETRANSMIT,      retransmit,      "bytes that were delivered already came again") \
	E(RETRANSMIT_DIFF, retransmit_diff, "bytes that were delivered already came again with other content") \
	E(KEEPALIVE,       keepalive,       "a keep-alive probe") \
	E(ZERO_WINDOW_PROBE, zero_window_probe, "a probe of a closed window") \
	E(ACK_UNSEEN,      ack_unseen,      "the peer acknowledged bytes that were not seen") \
	E(OUT_OF_WINDOW,   out_of_window,   "bytes too far from the expected sequence number") \
	E(DEPTH,           depth,           "the stream is followed no further") \
	E(URGENT,          urgent,          "urgent data") \
	E(SYN_DATA,        syn_data,        "data on a SYN") \
	E(SYN_CHANGED,     syn_changed,     "a SYN with another initial sequence number") \
	E(RST_DATA,        rst_data,        "data on a RST") \
	E(FIN_DATA,        fin_data,        "data behind the FIN") \
	E(TSN_DUPLICATE,   tsn_duplicate,   "a chunk whose TSN was there already") \
	E(TSN_CONFLICT,    tsn_conflict,    "a chunk whose TSN was there already, with other content") \
	E(FORWARD_TSN,     forward_tsn,     "the sender gave up messages") \
	E(MESSAGE_TOO_LONG, message_too_long, "a message above the limit was given up") \
	E(UNFINISHED,      unfinished,      "a message was dropped whose other fragments never came") \
	E(SSN,             ssn,             "a message whose number its stream had passed already") \
	E(CHUNK,           chunk,           "a chunk that cannot be what it says, or not where it is") \
	E(VTAG,            vtag,            "a verification tag that is not the association's") \
	E(RESTART,         restart,         "the association was set up anew") \
	E(FRAMING,         framing,         "bytes that are no message of the framed protocol")
/* clang-format on */

#define PKTS_SEQ_EVENT_ENUM(ID, NAME, TEXT) PKTS_SEQ_##ID,
enum pkts_seq_event { PKTS_SEQ_EVENTS(PKTS_SEQ_EVENT_ENUM) PKTS_SEQ_EVENT_MAX };
#undef PKTS_SEQ_EVENT_ENUM

/* Lower case, stable, fit for JSON keys and counters; and one line for people. Never NULL. */
const char *pkts_seq_event_name(enum pkts_seq_event event);
const char *pkts_seq_event_text(enum pkts_seq_event event);

#endif
