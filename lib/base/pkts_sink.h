/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Where text goes: a caller's buffer, emptied through a caller's function when it is full. */
#ifndef PKTS_SINK_H
#define PKTS_SINK_H

#include "pkts_base.h"

/*
 * Caller-owned. buf and cap: the buffer. flush takes what is in it, and is called when the buffer
 * is full and by pkts_sink_flush(). With no flush, text that does not fit is dropped and `lost`
 * counts it.
 */
struct pkts_sink {
	char *buf;
	size_t cap;
	size_t used;
	size_t lost; /* bytes that were dropped */
	void (*flush)(void *ctx, const char *text, size_t n);
	void *ctx;
};

/* Hands everything that is buffered to the flush function, if there is one. */
void pkts_sink_flush(struct pkts_sink *s);

void pkts_put(struct pkts_sink *s, const char *text, size_t n);
PKTS_INLINE void pkts_put_char(struct pkts_sink *s, char c);
void pkts_put_text(struct pkts_sink *s, const char *text); /* up to the NUL */

void pkts_put_dec(struct pkts_sink *s, uint64_t v);
void pkts_put_dec_wide(
	struct pkts_sink *s, uint64_t v, unsigned digits); /* with leading zeros, at most 20 */
void pkts_put_hex(
	struct pkts_sink *s, uint64_t v, unsigned digits); /* 0x and leading zeros, at most 16 */
void pkts_put_hex_bytes(
	struct pkts_sink *s, const uint8_t *p, size_t n); /* two digits a byte, no gaps */

/* n bytes as a quoted JSON string (RFC 8259 7). Bytes that are not UTF-8 become \u00xx. */
void pkts_put_json(struct pkts_sink *s, const char *text, size_t n);

void pkts_put_mac(struct pkts_sink *s, const uint8_t *p);  /* 02:00:5e:10:00:01 */
void pkts_put_ipv4(struct pkts_sink *s, uint32_t addr);	   /* host order; 192.0.2.1 */
void pkts_put_ipv6(struct pkts_sink *s, const uint8_t *p); /* RFC 5952: 2001:db8::1 */

/* Nanoseconds since the epoch as RFC 3339 in UTC: 2026-01-31T23:59:59.123456789Z. Years 1970 to
 * 2554. */
void pkts_put_time(struct pkts_sink *s, uint64_t ns);

/* inline definitions */

PKTS_INLINE void pkts_put_char(struct pkts_sink *s, char c)
{
	if (PKTS_UNLIKELY(s->used == s->cap)) {
		pkts_put(s, &c, 1);
		return;
	}
	s->buf[s->used++] = c;
}

#endif
