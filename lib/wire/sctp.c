/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_sctp.h"

struct pkts_sctp_chunks pkts_sctp_chunks(struct pkts_ref s)
{
	const uint32_t readable = PKTS_MIN(s.head, s.len);

	if (readable < PKTS_SCTP_HEAD)
		return (struct pkts_sctp_chunks){.p = s.p};
	return (struct pkts_sctp_chunks){
		.p = s.p + PKTS_SCTP_HEAD,
		.head = readable - PKTS_SCTP_HEAD,
		.len = s.len - PKTS_SCTP_HEAD,
	};
}

static bool stop(struct pkts_sctp_chunks *it, enum pkts_reason reason)
{
	it->head = it->len = 0;
	it->reason = reason;
	return false;
}

/* Goes n bytes on, or to the end. */
static void step(struct pkts_sctp_chunks *it, uint32_t n)
{
	const uint32_t readable = PKTS_MIN(n, it->head);

	it->p += readable;
	it->head -= readable;
	it->len -= PKTS_MIN(n, it->len);
}

/* Steps over the zeros that fill a chunk up to 4 bytes (RFC 9260 3.2). */
static void step_padding(struct pkts_sctp_chunks *it, uint32_t padding)
{
	uint8_t any = 0;

	if (padding > it->len)
		it->padding = PKTS_REASON_SCTP_PADDING;
	for (uint32_t i = 0; i < PKTS_MIN(padding, it->head); i++)
		any |= it->p[i];
	if (any != 0)
		it->padding = PKTS_REASON_SCTP_PADDING;
	step(it, padding);
	if (it->len > 0 && it->len < PKTS_SCTP_CHUNK_HEAD)
		it->padding = PKTS_REASON_SCTP_PADDING;
}

bool pkts_sctp_chunk_next(struct pkts_sctp_chunks *it, struct pkts_sctp_chunk *chunk)
{
	if (it->len < PKTS_SCTP_CHUNK_HEAD || it->head < PKTS_SCTP_CHUNK_HEAD)
		return stop(it, PKTS_REASON_NONE);
	const uint32_t length = pkts_be16(it->p + 2);
	if (length < PKTS_SCTP_CHUNK_HEAD || length > it->len)
		return stop(it, PKTS_REASON_SCTP_CHUNK);
	*chunk = (struct pkts_sctp_chunk){it->p, PKTS_MIN(length, it->head), length};
	it->padding = PKTS_REASON_NONE;
	step(it, length);
	step_padding(it, -length & 3);
	return true;
}

void pkts_sctp_check_chunks(struct pkts_ref s, struct pkts_check *c)
{
	struct pkts_sctp_chunks it = pkts_sctp_chunks(s);
	struct pkts_sctp_chunk chunk;

	if (it.len > 0 && it.len < PKTS_SCTP_CHUNK_HEAD)
		pkts_check_invalid(c, PKTS_REASON_SCTP_CHUNK, PKTS_SCTP_HEAD);
	while (pkts_sctp_chunk_next(&it, &chunk))
		if (it.padding != PKTS_REASON_NONE)
			pkts_check_padding(c, it.padding, (unsigned)(chunk.p - s.p));
	if (it.reason != PKTS_REASON_NONE)
		pkts_check_invalid(c, it.reason, (unsigned)(it.p - s.p));
}
