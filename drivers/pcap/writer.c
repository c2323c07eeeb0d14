/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fail.h"

#define COMMENT_MAX 60000u

/* The formats' fixed parts, in this machine's byte order, which readers recognise by the magic
 * number. */
struct section_header {
	uint32_t type, len, magic;
	uint16_t major, minor;
	uint64_t section_len;
} __attribute__((packed));

struct interface_description {
	uint32_t type, len;
	uint16_t link, reserved;
	uint32_t snaplen;
	uint16_t tsresol, tsresol_len;
	uint8_t resolution[4];
	uint32_t end_of_options, len_again;
};

struct enhanced_packet {
	uint32_t type, len, interface, time_high, time_low, captured, wire;
};

struct pcap_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snaplen, link;
};

struct pcap_record {
	uint32_t seconds, nanoseconds, captured, wire;
};

_Static_assert(sizeof(struct section_header) == 24, "pcapng section header");
_Static_assert(sizeof(struct interface_description) == 32, "pcapng interface description");
_Static_assert(sizeof(struct enhanced_packet) == 28, "pcapng enhanced packet");
_Static_assert(sizeof(struct pcap_header) == 24, "pcap file header");
_Static_assert(sizeof(struct pcap_record) == 16, "pcap record header");

static uint32_t padded(uint32_t n)
{
	return (n + 3) & ~3u;
}

static void put_u32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

/* opt_comment and opt_endofopt. */
static uint8_t *put_comment(uint8_t *p, const char *comment, uint16_t n)
{
	const uint16_t option[2] = {1, n};

	memcpy(p, option, 4);
	memset(p + 4 + padded(n) - 4, 0, n ? 4 : 0);
	memcpy(p + 4, comment, n);
	put_u32(p + 4 + padded(n), 0);
	return p + 8 + padded(n);
}

static void put_section(struct writer *w, const char *comment)
{
	const uint16_t n = comment ? (uint16_t)strnlen(comment, COMMENT_MAX) : 0;
	const uint32_t len = sizeof(struct section_header) + (n ? 8 + padded(n) : 0) + 4;
	const struct section_header h = {
		.type = 0x0a0d0d0a,
		.len = len,
		.magic = 0x1a2b3c4d,
		.major = 1,
		.section_len = UINT64_MAX, /* not known */
	};
	uint8_t *p = sink_file_room(&w->out, len);

	memcpy(p, &h, sizeof(h));
	p += sizeof(h);
	if (n)
		p = put_comment(p, comment, n);
	put_u32(p, len);
}

static void put_interface(struct writer *w, uint16_t link)
{
	const struct interface_description d = {
		.type = 1,
		.len = sizeof(d),
		.link = link,
		.snaplen = w->snaplen,
		.tsresol = 9,
		.tsresol_len = 1,
		.resolution = {9},
		.len_again = sizeof(d),
	};
	uint8_t *p = sink_file_room(&w->out, sizeof(d));

	if (p)
		memcpy(p, &d, sizeof(d));
}

/* The interface described for the pair; failing that, one of its link type; w->n if there is none. */
static uint32_t find_interface(const struct writer *w, struct writer_interface key)
{
	uint32_t alike = w->n;

	for (uint32_t i = 0; i < w->n; i++) {
		if (w->interfaces[i].link != key.link)
			continue;
		if (w->interfaces[i].interface == key.interface)
			return i;
		alike = PKTS_MIN(alike, i);
	}
	return w->n < WRITER_INTERFACES_MAX ? w->n : alike;
}

/* The number of the packet's interface in the file, described first if it is new; -1: too many. */
static int interface_of(struct writer *w, struct pkts_mbuf_meta meta)
{
	const struct writer_interface key = {.link = meta.link, .interface = meta.interface};

	if (PKTS_LIKELY(w->n && w->recent.link == key.link && w->recent.interface == key.interface))
		return (int)w->last;
	const uint32_t i = find_interface(w, key);
	if (i == WRITER_INTERFACES_MAX)
		return -1;
	if (i == w->n) {
		w->interfaces[w->n++] = key;
		put_interface(w, key.link);
	}
	w->recent = key;
	w->last = i;
	return (int)i;
}

static void put_data(uint8_t *p, const struct rte_mbuf *m, uint32_t n)
{
	while (n) {
		const uint32_t part = PKTS_MIN(n, m->data_len);
		memcpy(p, rte_pktmbuf_mtod(m, const uint8_t *), part);
		p += part;
		n -= part;
		m = m->next;
	}
}

static bool put_enhanced(
	struct writer *w, const struct rte_mbuf *m, uint32_t n, struct pkts_mbuf_meta meta)
{
	const int interface = interface_of(w, meta);
	const uint32_t len = sizeof(struct enhanced_packet) + padded(n) + 4;
	const uint64_t time = pkts_mbuf_timestamp(m);
	const struct enhanced_packet h = {
		.type = 6,
		.len = len,
		.interface = (uint32_t)interface,
		.time_high = (uint32_t)(time >> 32),
		.time_low = (uint32_t)time,
		.captured = n,
		.wire = meta.wire_len,
	};
	uint8_t *p = interface < 0 ? NULL : sink_file_room(&w->out, len);

	if (!p)
		return false;
	memcpy(p, &h, sizeof(h));
	p += sizeof(h);
	put_u32(p + padded(n) - (n ? 4 : 0), 0); /* the padding; data goes over the rest of it */
	put_data(p, m, n);
	put_u32(p + padded(n), len);
	return true;
}

static bool put_pcap_header(struct writer *w, uint16_t link)
{
	const struct pcap_header h = {
		.magic = 0xa1b23c4d, .major = 2, .minor = 4, .snaplen = w->snaplen, .link = link};
	uint8_t *p = sink_file_room(&w->out, sizeof(h));

	if (p)
		memcpy(p, &h, sizeof(h));
	w->headed = true;
	w->interfaces[0].link = link;
	return p;
}

static bool put_classic(
	struct writer *w, const struct rte_mbuf *m, uint32_t n, struct pkts_mbuf_meta meta)
{
	const uint64_t time = pkts_mbuf_timestamp(m);
	const struct pcap_record h = {
		.seconds = (uint32_t)(time / 1000000000),
		.nanoseconds = (uint32_t)(time % 1000000000),
		.captured = n,
		.wire = meta.wire_len,
	};

	if (!w->headed && !put_pcap_header(w, meta.link))
		return false;
	if (w->interfaces[0].link != meta.link)
		return false;
	uint8_t *p = sink_file_room(&w->out, sizeof(h) + n);
	if (!p)
		return false;
	memcpy(p, &h, sizeof(h));
	put_data(p + sizeof(h), m, n);
	return true;
}

bool writer_put(struct writer *w, const struct rte_mbuf *m)
{
	const uint32_t n = PKTS_MIN(m->pkt_len, w->snaplen);
	const struct pkts_mbuf_meta meta = pkts_mbuf_meta(m);
	const bool done = w->classic ? put_classic(w, m, n, meta) : put_enhanced(w, m, n, meta);

	w->refused += !done && !w->out.code;
	return done;
}

static bool ends_with(const char *name, size_t *len, const char *suffix)
{
	const size_t n = strlen(suffix);
	if (*len <= n || strncmp(name + *len - n, suffix, n) != 0)
		return false;
	*len -= n;
	return true;
}

int writer_open(struct writer *w, const char *name, uint32_t snaplen, const char *comment,
	struct pkts_error *err)
{
	size_t len = strlen(name);
	const bool gzip = ends_with(name, &len, ".gz");
	const int ret = sink_file_open(&w->out, name, gzip, err);

	if (strcmp(name, "-") == 0)
		snprintf(w->name, sizeof(w->name), "standard output");
	else
		snprintf(w->name, sizeof(w->name), "'%s'", name);
	w->snaplen = snaplen;
	w->classic = ends_with(name, &len, ".pcap");
	w->headed = false;
	w->n = w->last = 0;
	w->refused = 0;
	if (ret == 0 && !w->classic)
		put_section(w, comment);
	return ret;
}

int writer_close(struct writer *w, struct pkts_error *err)
{
	if (w->classic && !w->headed)
		put_pcap_header(w, 1);
	const int ret = sink_file_close(&w->out);
	if (ret)
		return pkts_error_set(err, ret,
			"cannot write %s: %s; what was written up to there is kept", w->name,
			strerror(-ret));
	if (w->refused && w->classic)
		return pkts_error_set(err, -ENOTSUP,
			"%" PRIu64 " packets of other link types than %u were left out of %s: "
			"the pcap format holds one; a name that ends in .pcapng holds all",
			w->refused, w->interfaces[0].link, w->name);
	if (w->refused)
		return pkts_error_set(err, -ENOSPC,
			"%" PRIu64 " packets were left out of %s: their link types came when the "
			"limit of %u interfaces in a file was reached",
			w->refused, w->name, WRITER_INTERFACES_MAX);
	return 0;
}
