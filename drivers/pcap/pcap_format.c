/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The pcap format: a file header of 24 bytes, then records with headers of 16 (or 24) bytes. */
#include "capture.h"

#define FILE_HEADER 24u

enum { CAPTURED_FIRST, WIRE_FIRST, SMALLER_FIRST };

static const struct {
	uint32_t magic;
	uint32_t fraction;
	uint32_t header;
} kinds[] = {
	{0xa1b2c3d4, 1000, 16}, /* microseconds */
	{0xa1b23c4d, 1, 16},	/* nanoseconds */
	{0xa1b2cd34, 1000, 24}, /* Alexey Kuznetsov's patched libpcap: interface, protocol, packet
				   type behind */
};

bool pcap_recognise(struct capture *c, uint32_t magic)
{
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(kinds); i++) {
		c->swapped = magic == __builtin_bswap32(kinds[i].magic);
		c->fraction = kinds[i].fraction;
		c->header = kinds[i].header;
		if (c->swapped || magic == kinds[i].magic)
			return true;
	}
	return false;
}

/* Before version 2.4 some writers had the two lengths of a record the other way round. */
static uint8_t order_of_lengths(uint16_t major, uint16_t minor)
{
	if (major == 543 || (major == 2 && minor < 3))
		return WIRE_FIRST;
	return major == 2 && minor == 3 ? SMALLER_FIRST : CAPTURED_FIRST;
}

static void put_lengths(const struct capture *c, struct record *r, uint32_t first, uint32_t second)
{
	const bool wire_first =
		c->lengths == WIRE_FIRST || (c->lengths == SMALLER_FIRST && first > second);

	r->len = wire_first ? second : first;
	r->wire_len = wire_first ? first : second;
	if (r->wire_len < r->len)
		r->wire_len = r->len;
}

static int pcap_next(struct capture *c, struct record *r)
{
	const uint8_t *p = stream_peek(&c->in, c->header);

	if (!p)
		return capture_no_more(c);
	put_lengths(c, r, capture_u32(c, p + 8), capture_u32(c, p + 12));
	if (r->len > CAPTURE_RECORD_MAX)
		return capture_damaged(c, "a record of %u bytes, above the limit of %u", r->len,
			CAPTURE_RECORD_MAX);
	r->size = c->header + r->len;
	p = stream_peek(&c->in, r->size);
	if (!p)
		return capture_no_more(c);
	r->data = p + c->header;
	r->time = capture_u32(c, p) * UINT64_C(1000000000) +
		  (uint64_t)capture_u32(c, p + 4) * c->fraction;
	r->timed = true;
	r->link = c->link;
	r->interface = 0;
	return 1;
}

int pcap_start(struct capture *c)
{
	const uint8_t *p = stream_peek(&c->in, FILE_HEADER);

	if (!p)
		return capture_no_more(c);
	const uint16_t major = capture_u16(c, p + 4);
	const uint16_t minor = capture_u16(c, p + 6);
	if (major != 2 && major != 543)
		return capture_damaged(
			c, "version %u.%u of the pcap format is not known", major, minor);
	c->lengths = order_of_lengths(major, minor);
	c->link = capture_link(capture_u32(c, p + 20));
	c->next = pcap_next;
	stream_take(&c->in, FILE_HEADER);
	return 0;
}
