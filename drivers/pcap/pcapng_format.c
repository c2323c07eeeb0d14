/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The pcapng format (IETF draft-ietf-opsawg-pcapng): blocks of type, length, body, length. */
#include <errno.h>
#include <stdlib.h>

#include "capture.h"

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define BLOCK_OVERHEAD	 12u
#define SECTION_MIN	 28u

enum {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, /* obsolete */
	BLOCK_SIMPLE = 3,
	BLOCK_ENHANCED = 6,
	BLOCK_SECTION = 0x0a0d0d0a,
};

enum { OPTION_END = 0, OPTION_TSRESOL = 9, OPTION_TSOFFSET = 14 };

__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 i128;

bool pcapng_recognise(struct capture *c, uint32_t magic)
{
	(void)c;
	return magic == BLOCK_SECTION; /* reads the same in both byte orders */
}

static uint64_t power_of_10(unsigned n)
{
	uint64_t v = 1;
	while (n--)
		v *= 10;
	return v;
}

/* if_tsresol: a negative power of 10, or of 2 with the top bit set. */
static void set_resolution(struct capture_interface *i, uint8_t resolution)
{
	const unsigned n = resolution & 0x7f;

	i->binary = resolution & 0x80;
	i->shift = (uint8_t)n;
	i->times = n <= 9 ? power_of_10(9 - n) : n - 9 <= 19;
	i->over = n > 9 && n - 9 <= 19 ? power_of_10(n - 9) : 1;
}

/* The nearest time that there is, if there is none such. */
static uint64_t since_epoch(u128 ns, int64_t offset)
{
	const i128 time = (i128)ns + (i128)offset * 1000000000;

	return time < 0 ? 0 : (uint64_t)PKTS_MIN(time, (i128)UINT64_MAX);
}

static uint64_t nanoseconds(
	const struct capture_interface *i, const struct capture *c, const uint8_t *p)
{
	const uint64_t units = (uint64_t)capture_u32(c, p) << 32 | capture_u32(c, p + 4);

	if (i->binary)
		return since_epoch((u128)units * 1000000000 >> i->shift, i->offset);
	if (i->over != 1)
		return since_epoch(units / i->over, i->offset);
	return since_epoch((u128)units * i->times, i->offset);
}

static uint64_t u64(const struct capture *c, const uint8_t *p)
{
	const uint64_t low = capture_u32(c, c->swapped ? p + 4 : p);
	return low | (uint64_t)capture_u32(c, c->swapped ? p : p + 4) << 32;
}

static void set_option(struct capture *c, struct capture_interface *i, uint16_t code,
	const uint8_t *p, uint16_t len)
{
	if (code == OPTION_TSRESOL && len == 1)
		set_resolution(i, p[0]);
	else if (code == OPTION_TSOFFSET && len == 8)
		i->offset = (int64_t)u64(c, p);
}

static int read_options(
	struct capture *c, struct capture_interface *i, const uint8_t *p, uint32_t left)
{
	while (left >= 4) {
		const uint16_t code = capture_u16(c, p);
		const uint16_t len = capture_u16(c, p + 2);
		const uint32_t padded = 4 + ((len + 3u) & ~3u);

		if (code == OPTION_END)
			return 0;
		if (padded > left)
			return capture_damaged(c,
				"an interface's option %u of %u bytes runs out of its block", code,
				len);
		set_option(c, i, code, p + 4, len);
		p += padded;
		left -= padded;
	}
	return 0;
}

static int make_room(struct capture *c)
{
	if (c->n < c->room)
		return 0;
	const uint32_t room = c->room ? c->room * 2 : 4;
	struct capture_interface *more = realloc(c->interfaces, room * sizeof(*more));
	if (!more)
		return capture_refused(c, -ENOMEM, "no memory for %u interfaces", room);
	c->interfaces = more;
	c->room = room;
	return 0;
}

static int add_interface(struct capture *c, const uint8_t *p, uint32_t len)
{
	if (len < 20)
		return capture_damaged(c, "an interface description of %u bytes", len);
	if (c->n == CAPTURE_INTERFACES_MAX)
		return capture_refused(c, -ENOTSUP,
			"its section has more interfaces than the limit of %u",
			CAPTURE_INTERFACES_MAX);
	struct capture_interface i = {
		.link = capture_link(capture_u16(c, p + 8)),
		.snaplen = capture_u32(c, p + 12),
	};
	set_resolution(&i, 6);
	if (read_options(c, &i, p + 16, len - 20) || make_room(c))
		return -1;
	c->interfaces[c->n++] = i;
	stream_take(&c->in, len);
	return 2;
}

/* The lengths, data and time of a record that stands `data` bytes into the block of len bytes. */
static int fill_record(struct capture *c, struct record *r, uint32_t interface, const uint8_t *p,
	uint32_t data, uint32_t len)
{
	if (interface >= c->n)
		return capture_damaged(
			c, "a packet of interface %u where only %u are described", interface, c->n);
	if (r->len > CAPTURE_RECORD_MAX || r->len > len - data - 4)
		return capture_damaged(c, "a packet of %u bytes in a block of %u", r->len, len);
	if (r->wire_len < r->len)
		r->wire_len = r->len;
	r->data = p + data;
	r->size = len;
	r->link = c->interfaces[interface].link;
	r->interface = (uint16_t)PKTS_MIN(c->earlier + interface, UINT16_MAX);
	return 1;
}

static int too_short(struct capture *c, uint32_t len)
{
	return capture_damaged(c, "a packet block of %u bytes", len);
}

/* What the enhanced block and its forerunner share, behind the number of the interface. */
static int timed(
	struct capture *c, struct record *r, uint32_t interface, const uint8_t *p, uint32_t len)
{
	r->len = capture_u32(c, p + 20);
	r->wire_len = capture_u32(c, p + 24);
	if (fill_record(c, r, interface, p, 28, len) < 0)
		return -1;
	r->time = nanoseconds(&c->interfaces[interface], c, p + 12);
	r->timed = true;
	return 1;
}

static int enhanced(struct capture *c, struct record *r, const uint8_t *p, uint32_t len)
{
	return len < 32 ? too_short(c, len) : timed(c, r, capture_u32(c, p + 8), p, len);
}

/* The obsolete packet block has the interface in 16 bits, and a drop count behind it. */
static int obsolete(struct capture *c, struct record *r, const uint8_t *p, uint32_t len)
{
	return len < 32 ? too_short(c, len) : timed(c, r, capture_u16(c, p + 8), p, len);
}

/* The simple packet block has neither time nor captured length: that follows from the snaplen. */
static int simple(struct capture *c, struct record *r, const uint8_t *p, uint32_t len)
{
	if (len < 16)
		return too_short(c, len);
	r->wire_len = capture_u32(c, p + 8);
	r->len = PKTS_MIN(r->wire_len, len - 16);
	if (c->n && c->interfaces[0].snaplen)
		r->len = PKTS_MIN(r->len, c->interfaces[0].snaplen);
	r->time = 0;
	r->timed = false;
	return fill_record(c, r, 0, p, 12, len);
}

/* A block that this library has no use for: names, statistics, secrets, custom ones. */
static int skip_block(struct capture *c, uint32_t len)
{
	c->skipped = c->in.offset;
	stream_take(&c->in, len);
	return 2;
}

/* Sets the byte order, by which everything up to the next section is read. */
/* 1.0, which some writers call 1.2. */
static bool is_version_known(uint16_t major, uint16_t minor)
{
	return major == 1 && (minor == 0 || minor == 2);
}

static int start_section(struct capture *c)
{
	const uint8_t *p = stream_peek(&c->in, SECTION_MIN);

	if (!p)
		return capture_no_more(c);
	c->swapped = false;
	c->swapped = capture_u32(c, p + 8) != BYTE_ORDER_MAGIC;
	if (capture_u32(c, p + 8) != BYTE_ORDER_MAGIC)
		return capture_damaged(c, "a section without byte-order magic");
	const uint32_t len = capture_u32(c, p + 4);
	const uint16_t major = capture_u16(c, p + 12), minor = capture_u16(c, p + 14);
	if (len < SECTION_MIN || len % 4 || len > CAPTURE_BLOCK_MAX)
		return capture_damaged(c, "a section header of %u bytes", len);
	if (!is_version_known(major, minor))
		return capture_damaged(
			c, "version %u.%u of the pcapng format is not known", major, minor);
	p = stream_peek(&c->in, len);
	if (!p)
		return capture_no_more(c);
	if (capture_u32(c, p + len - 4) != len)
		return capture_damaged(c, "a section header whose two lengths differ");
	c->earlier = PKTS_MIN(c->earlier + c->n, UINT16_MAX);
	c->n = 0;
	stream_take(&c->in, len);
	return 2;
}

/* All of a block of `size` bytes in the window, and its two lengths the same. 1 if so. */
static int whole_block(struct capture *c, const uint8_t **p, uint32_t size, uint32_t len)
{
	*p = stream_peek(&c->in, size);
	if (!*p)
		return capture_no_more(c);
	if (capture_u32(c, *p + size - 4) != len)
		return capture_damaged(c, "a block of %u bytes whose second length is %u", len,
			capture_u32(c, *p + size - 4));
	return 1;
}

/* Writers of the format's first drafts left the padding out of the length. */
static uint32_t rounded(uint32_t len)
{
	return (len + 3) & ~3u;
}

static bool is_used(uint32_t type)
{
	return (type >= BLOCK_INTERFACE && type <= BLOCK_SIMPLE) || type == BLOCK_ENHANCED;
}

static int too_long(struct capture *c, uint32_t len)
{
	return capture_damaged(
		c, "a block of %u bytes, above the limit of %u", len, CAPTURE_BLOCK_MAX);
}

static int take_block(
	struct capture *c, struct record *r, uint32_t type, const uint8_t *p, uint32_t len)
{
	switch (type) {
	case BLOCK_ENHANCED:
		return enhanced(c, r, p, len);
	case BLOCK_SIMPLE:
		return simple(c, r, p, len);
	case BLOCK_PACKET:
		return obsolete(c, r, p, len);
	case BLOCK_INTERFACE:
		return add_interface(c, p, len);
	default:
		return skip_block(c, len);
	}
}

/*
 * The block that comes next: 1 if it is a packet, put into r and not taken yet; 2 if it was another
 * one, taken; 0 or -1 if there is none.
 */
static int next_block(struct capture *c, struct record *r)
{
	const uint8_t *p = stream_peek(&c->in, 8);

	if (!p)
		return capture_no_more(c);
	const uint32_t type = capture_u32(c, p);
	const uint32_t len = capture_u32(c, p + 4);
	if (type == BLOCK_SECTION)
		return start_section(c);
	if (len < BLOCK_OVERHEAD || len > UINT32_MAX - 3)
		return capture_damaged(c, "a block of %u bytes", len);
	const uint32_t size = rounded(len);
	if (size > CAPTURE_BLOCK_MAX)
		return is_used(type) ? too_long(c, len) : skip_block(c, size);
	const int whole = whole_block(c, &p, size, len);
	return whole == 1 ? take_block(c, r, type, p, size) : whole;
}

static int pcapng_next(struct capture *c, struct record *r)
{
	int ret;

	do
		ret = next_block(c, r);
	while (ret == 2);
	return ret;
}

/*
 * Reads on to the first interface, so that a filter can be compiled for its link type. What is
 * wrong behind the section's header is the reader's to find, once it has had what stands before.
 */
int pcapng_start(struct capture *c)
{
	struct record r;
	int ret = start_section(c);

	c->next = pcapng_next;
	if (ret != 2)
		return ret;
	while (ret == 2 && c->n == 0)
		ret = next_block(c, &r);
	return 0;
}
