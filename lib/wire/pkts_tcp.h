/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* TCP, RFC 9293. */
#ifndef PKTS_TCP_H
#define PKTS_TCP_H

#include "pkts_field.h"
#include "pkts_tlv.h"

#define PKTS_TCP_HEAD 20 /* without options */

/* clang-format off */
#define PKTS_TCP_FIELDS(F, B) \
	F(tcp, sport,         0, 16, DEC) /* source port */ \
	F(tcp, dport,        16, 16, DEC) /* destination port */ \
	F(tcp, seq,          32, 32, DEC) /* sequence number of the first byte, or of SYN */ \
	F(tcp, ack,          64, 32, DEC) /* next sequence number expected, if the ACK flag is set */ \
	F(tcp, data_offset,  96,  4, DEC) /* header length in 4 bytes, 5 to 15; setting it voids the check */ \
	F(tcp, reserved,    100,  3, DEC) /* 0 */ \
	F(tcp, flags,       103,  9, TCPFLAGS) /* PKTS_TCP_FIN to PKTS_TCP_AE */ \
	F(tcp, window,      112, 16, DEC) /* receive window, to be scaled (RFC 7323 2) */ \
	F(tcp, csum,        128, 16, HEX) /* over pseudo-header, header and data */ \
	F(tcp, urgent,      144, 16, DEC) /* urgent pointer, if the URG flag is set */
/* clang-format on */
PKTS_VIEW(tcp, PKTS_TCP_FIELDS)

enum {
	PKTS_TCP_FIN = 1 << 0,
	PKTS_TCP_SYN = 1 << 1,
	PKTS_TCP_RST = 1 << 2,
	PKTS_TCP_PSH = 1 << 3,
	PKTS_TCP_ACK = 1 << 4,
	PKTS_TCP_URG = 1 << 5,
	PKTS_TCP_ECE = 1 << 6, /* RFC 3168 */
	PKTS_TCP_CWR = 1 << 7,
	PKTS_TCP_AE = 1 << 8, /* accurate ECN; the NS of RFC 3540 */
};

/* TCP_OFFSET; TCP_OPTION. */
PKTS_INLINE struct pkts_check pkts_tcp_check(struct pkts_ref s);

/* As pkts_ipv4_check_plain(): true for all headers against which there is nothing to be said. */
PKTS_INLINE bool pkts_tcp_check_plain(struct pkts_ref s, struct pkts_check *c);

/* Walks the options (RFC 9293 3.1): type is the kind, data what follows the length byte. */
PKTS_INLINE struct pkts_tlv_iter pkts_tcp_options(struct pkts_tcp v);
bool pkts_tcp_option_next(struct pkts_tlv_iter *it, struct pkts_tlv *option);

/* TCP_OPTION if the walk meets a wrong length, else NONE. */
enum pkts_reason pkts_tcp_options_check(struct pkts_tcp v);

/* The same, for the options of a header of `head` bytes at p, all readable: true if none lies. */
bool pkts_tcp_options_fit(const uint8_t *p, uint32_t head);

enum {
	PKTS_TCP_OPTION_END = 0,
	PKTS_TCP_OPTION_NOP = 1,
	PKTS_TCP_OPTION_MSS = 2,
	PKTS_TCP_OPTION_WINDOW_SCALE = 3,   /* RFC 7323 */
	PKTS_TCP_OPTION_SACK_PERMITTED = 4, /* RFC 2018 */
	PKTS_TCP_OPTION_SACK = 5,
	PKTS_TCP_OPTION_TIMESTAMPS = 8,	   /* RFC 7323 */
	PKTS_TCP_OPTION_MD5 = 19,	   /* RFC 2385 */
	PKTS_TCP_OPTION_USER_TIMEOUT = 28, /* RFC 5482 */
	PKTS_TCP_OPTION_AO = 29,	   /* RFC 5925 */
	PKTS_TCP_OPTION_MPTCP = 30,	   /* RFC 8684 */
	PKTS_TCP_OPTION_FAST_OPEN = 34,	   /* RFC 7413 */
};

/* inline definitions */

PKTS_INLINE struct pkts_tlv_iter pkts_tcp_options(struct pkts_tcp v)
{
	return (struct pkts_tlv_iter){.p = v.p + PKTS_TCP_HEAD, .end = v.p + v.head};
}

/* Two NOPs and timestamps: what nearly every segment of an established connection carries (RFC 7323
 * A). */
#define PKTS_TCP_NOP_NOP_TIMESTAMPS 0x0101080au

/* No options, or that. head bytes at p are readable. */
PKTS_INLINE bool pkts_tcp_is_plain(const uint8_t *p, uint32_t head)
{
	return (head == PKTS_TCP_HEAD + 12 &&
		       pkts_be32(p + PKTS_TCP_HEAD) == PKTS_TCP_NOP_NOP_TIMESTAMPS) ||
	       head == PKTS_TCP_HEAD;
}

PKTS_INLINE bool pkts_tcp_check_plain(struct pkts_ref s, struct pkts_check *c)
{
	if (PKTS_UNLIKELY(s.head < PKTS_TCP_HEAD))
		return false;
	const uint32_t head = pkts_tcp_data_offset(pkts_tcp_at(s)) * 4u;
	/* Without a sign: less than a header is too much as well. */
	if (PKTS_UNLIKELY(head - PKTS_TCP_HEAD > s.head - PKTS_TCP_HEAD))
		return false;
	if (!PKTS_LIKELY(pkts_tcp_is_plain(s.p, head)) && !pkts_tcp_options_fit(s.p, head))
		return false;
	*c = (struct pkts_check){.head = (uint16_t)head, .len = s.len};
	return true;
}

PKTS_INLINE struct pkts_check pkts_tcp_check(struct pkts_ref s)
{
	struct pkts_tcp tcp = pkts_tcp_at(s);
	struct pkts_check c = {.len = s.len};

	if (pkts_missing(s, PKTS_TCP_HEAD))
		return pkts_check_missing(s, PKTS_TCP_HEAD);
	tcp.head = pkts_tcp_data_offset(tcp) * 4u;
	if (PKTS_UNLIKELY(tcp.head < PKTS_TCP_HEAD))
		return pkts_check_fatal(PKTS_REASON_TCP_OFFSET, 12);
	if (pkts_missing(s, tcp.head))
		return pkts_check_missing(s, tcp.head);
	c.head = (uint16_t)tcp.head;
	if (PKTS_LIKELY(pkts_tcp_is_plain(s.p, tcp.head)))
		return c;
	if (PKTS_UNLIKELY(!pkts_tcp_options_fit(s.p, tcp.head)))
		pkts_check_invalid(&c, PKTS_REASON_TCP_OPTION, PKTS_TCP_HEAD);
	return c;
}

#endif
