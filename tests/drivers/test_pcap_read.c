/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Every capture format in, packets out; and every way in which a file can be wrong. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#include "image.h"

#define SECOND UINT64_C(1000000000)

static void assert_meta(const struct rte_mbuf *m, uint32_t wire, uint16_t link, uint16_t interface)
{
	const struct pkts_mbuf_meta meta = pkts_mbuf_meta(m);

	assert_int_equal(meta.wire_len, wire);
	assert_int_equal(meta.link, link);
	assert_int_equal(meta.interface, interface);
}

/* Closes and says that all mbufs came back to the port's own pool. */
static void close_port(struct pkts_port *port, int fd)
{
	assert_int_equal(rte_mempool_in_use_count(port->pool) <= 64, 1);
	assert_int_equal(pkts_port_close(port, NULL), 0);
	close(fd);
}

static void pcap_of_every_magic_and_byte_order(void **state)
{
	static const struct {
		uint32_t magic, unit;
		bool patched;
	} kinds[] = {{0xa1b2c3d4, 1000, false}, {0xa1b23c4d, 1, false}, {0xa1b2cd34, 1000, true}};

	(void)state;
	for (unsigned k = 0; k < 6; k++) {
		struct image im = image_new(k & 1);
		struct rte_mbuf *pkts[3];
		int fd, code = -1;

		put_pcap_header(
			&im, kinds[k / 2].magic, 0x14000071); /* FCS bits above link type 113 */
		for (unsigned i = 0; i < 3; i++) {
			put_pcap_record(&im, 4000000000u + i, 654321, 60 + i, i, 0);
			im.n -= 8; /* now with the right length */
			put32(&im, 40 + i);
			put32(&im, 60 + i);
			if (kinds[k / 2].patched)
				put_zeros(&im, 8);
			put_payload(&im, i, 40 + i);
		}
		struct pkts_port *port = open_image(&im, NULL, &fd);
		assert_int_equal(read_all(port, pkts, 3, &code, NULL), 3);
		assert_int_equal(code, 0);
		for (unsigned i = 0; i < 3; i++) {
			assert_payload(pkts[i], i, 40 + i);
			assert_meta(pkts[i], 60 + i, 113, 0);
			assert_int_equal(pkts_mbuf_timestamp(pkts[i]),
				(4000000000u + i) * SECOND + UINT64_C(654321) * kinds[k / 2].unit);
		}
		free_all(pkts, 3);
		close_port(port, fd);
		image_free(&im);
	}
}

/* Old writers: version 2.2 has the length on the wire first, 2.3 may. */
static void pcap_with_its_lengths_the_other_way_round(void **state)
{
	(void)state;
	for (uint8_t minor = 2; minor <= 3; minor++) {
		struct image im = image_new(false);
		struct rte_mbuf *m;
		int fd, code;

		put_pcap_header(&im, 0xa1b2c3d4, 1);
		im.p[6] = minor;
		put_pcap_record(&im, 1, 2, 20, 5, 0);
		im.n -= 8;
		put32(&im, 100);
		put32(&im, 20);
		put_payload(&im, 5, 20);
		struct pkts_port *port = open_image(&im, NULL, &fd);
		assert_int_equal(read_all(port, &m, 1, &code, NULL), 1);
		assert_int_equal(code, 0);
		assert_payload(m, 5, 20);
		assert_meta(m, 100, 1, 0);
		free_all(&m, 1);
		close_port(port, fd);
		image_free(&im);
	}
}

static void link_types_that_files_hold_as_dlt_values(void **state)
{
	static const uint16_t pairs[][2] = {{12, 101}, {14, 101}, {11, 100}, {1, 1}, {276, 276}};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(pairs); i++) {
		struct image im = image_new(false);
		struct rte_mbuf *m;
		int fd;

		put_pcap_header(&im, 0xa1b2c3d4, pairs[i][0]);
		put_pcap_record(&im, 1, 2, 20, 5, 20);
		struct pkts_port *port = open_image(&im, NULL, &fd);
		assert_int_equal(read_all(port, &m, 1, NULL, NULL), 1);
		assert_meta(m, 20, pairs[i][1], 0);
		free_all(&m, 1);
		close_port(port, fd);
		image_free(&im);
	}
}

static void pcapng_time_of_every_resolution(void **state)
{
	static const struct {
		int resolution;
		uint64_t units, ns;
	} rows[] = {
		{-1, 1234567890123456, UINT64_C(1234567890123456000)},
		{6, 1234567890123456, UINT64_C(1234567890123456000)},
		{9, 1234567890123456789, UINT64_C(1234567890123456789)},
		{3, 1234567890123, UINT64_C(1234567890123000000)},
		{0, 1234567890, UINT64_C(1234567890000000000)},
		{12, UINT64_C(1234567890123456789), UINT64_C(1234567890123456)},
		{28, UINT64_MAX, 1},
		{29, UINT64_MAX, 0},
		{127, UINT64_MAX, 0},
		{0x80 | 10, 1024 * 5 + 512, UINT64_C(5500000000)},
		{0x80 | 32, UINT64_C(1) << 63, UINT64_C(2147483648) * SECOND},
		{0x80 | 20, UINT64_C(1700000000) << 20, UINT64_C(1700000000) * SECOND},
		{0x80 | 0, 7, 7 * SECOND},
		{0x80 | 127, UINT64_MAX, 0},
		/* beyond 2554 */
		{6, UINT64_C(1) << 63, UINT64_MAX},
		{0, UINT64_MAX, UINT64_MAX},
		{0x80 | 0, UINT64_MAX, UINT64_MAX},
	};

	(void)state;
	for (unsigned i = 0; i < 2 * PKTS_ARRAY_LEN(rows); i++) {
		struct image im = image_new(i & 1);
		struct rte_mbuf *m;
		int fd, code = -1;

		put_section(&im);
		put_interface(&im, 1, 0, rows[i / 2].resolution);
		put_enhanced(&im, 0, rows[i / 2].units, 99, i, 33);
		struct pkts_port *port = open_image(&im, NULL, &fd);
		assert_int_equal(read_all(port, &m, 1, &code, NULL), 1);
		assert_int_equal(code, 0);
		assert_int_equal(pkts_mbuf_timestamp(m), rows[i / 2].ns);
		assert_payload(m, i, 33);
		assert_meta(m, 99, 1, 0);
		free_all(&m, 1);
		close_port(port, fd);
		image_free(&im);
	}
}

static void pcapng_time_offset(void **state)
{
	(void)state;
	for (unsigned swapped = 0; swapped < 2; swapped++) {
		struct image im = image_new(swapped);
		struct rte_mbuf *pkts[3];
		int fd;

		put_section(&im);
		for (unsigned i = 0; i < 2; i++) {
			const uint64_t seconds = i ? 1700000000 : (uint64_t)-5;
			struct image eight = image_new(swapped);
			put32(&eight, (uint32_t)(swapped ? seconds >> 32 : seconds));
			put32(&eight, (uint32_t)(swapped ? seconds : seconds >> 32));
			const size_t at = begin_block(&im, 1);
			put32(&im, swapped ? 1 << 16 : 1); /* link type, reserved */
			if (swapped) {
				im.n -= 4;
				put16(&im, 1);
				put16(&im, 0);
			}
			put32(&im, 0);
			put_option(&im, 14, eight.p, 8);
			put_option(&im, 0, "", 0);
			end_block(&im, at);
			image_free(&eight);
		}
		put_enhanced(&im, 0, 6000001, 10, 1, 10);
		put_enhanced(&im, 1, 6000001, 10, 1, 10);
		put_enhanced(&im, 0, 4999999, 10, 1, 10); /* before 1970 */
		struct pkts_port *port = open_image(&im, NULL, &fd);
		assert_int_equal(read_all(port, pkts, 3, NULL, NULL), 3);
		assert_int_equal(pkts_mbuf_timestamp(pkts[0]), SECOND + 1000);
		assert_int_equal(pkts_mbuf_timestamp(pkts[1]), 1700000006 * SECOND + 1000);
		assert_int_equal(pkts_mbuf_timestamp(pkts[2]), 0);
		free_all(pkts, 3);
		close_port(port, fd);
		image_free(&im);
	}
}

/* A file with every kind of block, two sections of different byte order, and several link types. */
static void put_everything(struct image *im)
{
	im->swapped = false;
	put_section(im);
	put_interface(im, 1, 0, 9);
	put_enhanced(im, 0, 1000, 60, 0, 33); /* packet 0 */
	size_t at = begin_block(im, 4);	      /* name resolution */
	put_zeros(im, 20);
	end_block(im, at);
	put_interface(im, 101, 24, -1);
	at = begin_block(im, 2); /* packet 1: obsolete block, interface 1 */
	put16(im, 1);
	put16(im, 0xffff);
	put32(im, 0);
	put32(im, 2);
	put32(im, 21);
	put32(im, 22);
	put_payload(im, 1, 21);
	end_block(im, at);
	at = begin_block(im, 5); /* statistics */
	put_zeros(im, 12);
	end_block(im, at);
	im->swapped = true;
	put_section(im);
	put_interface(im, 276, 19, 6);
	at = begin_block(im, 3); /* packet 2: simple block, cut to the interface's 19 bytes */
	put32(im, 1500);
	put_payload(im, 2, 19);
	end_block(im, at);
	at = begin_block(im, 0x0bad); /* custom */
	put_zeros(im, 40);
	end_block(im, at);
	put_enhanced(im, 0, 3, 10, 3, 10); /* packet 3 */
}

static const struct {
	uint32_t len, wire;
	uint16_t link, interface;
	uint64_t time;
} everything[] = {
	{33, 60, 1, 0, 1000},
	{21, 22, 101, 1, 2000},
	{19, 1500, 276, 2, 0},
	{10, 10, 276, 2, 3000},
};

static void assert_everything(struct rte_mbuf **pkts, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		assert_payload(pkts[i], i, everything[i].len);
		assert_meta(
			pkts[i], everything[i].wire, everything[i].link, everything[i].interface);
		assert_int_equal(pkts_mbuf_timestamp(pkts[i]), everything[i].time);
	}
}

static void pcapng_of_every_block_in_two_byte_orders(void **state)
{
	struct image im = image_new(false);
	struct rte_mbuf *pkts[4];
	struct pkts_port_stats stats;
	int fd, code = -1;

	(void)state;
	put_everything(&im);
	struct pkts_port *port = open_image(&im, NULL, &fd);
	assert_int_equal(read_all(port, pkts, 4, &code, NULL), 4);
	assert_int_equal(code, 0);
	assert_everything(pkts, 4);
	assert_int_equal(pkts[2]->ol_flags & pkts_mbuf_timestamp_flag, 0);
	pkts_port_stats(port, &stats);
	assert_int_equal(stats.rx_packets, 4);
	assert_int_equal(stats.rx_bytes, 33 + 21 + 19 + 10);
	assert_int_equal(stats.rx_errors, 0);
	free_all(pkts, 4);
	close_port(port, fd);
	image_free(&im);
}

/* Old drafts' writers left the padding of the data out of the block's length. */
static void pcapng_blocks_whose_length_lacks_the_padding(void **state)
{
	struct image im = image_new(false);
	struct rte_mbuf *pkts[2];
	int fd, code = -1;

	(void)state;
	put_section(&im);
	put_interface(&im, 1, 0, -1);
	for (unsigned i = 0; i < 2; i++) {
		const size_t at = im.n;
		put_enhanced(&im, 0, 1, 33, i, 33);
		im.p[at + 4] = im.p[im.n - 4] = 28 + 33 + 4; /* instead of 68 */
	}
	struct pkts_port *port = open_image(&im, NULL, &fd);
	assert_int_equal(read_all(port, pkts, 2, &code, NULL), 2);
	assert_int_equal(code, 0);
	assert_payload(pkts[1], 1, 33);
	free_all(pkts, 2);
	close_port(port, fd);
	image_free(&im);
}

/*
 * Opens the first n bytes; packets that come are checked. How many came; -1 if the port did not
 * open. With an error there has to be a sentence that names the file.
 */
static int read_prefix(const struct image *im, size_t n, int *code)
{
	struct rte_mbuf *pkts[8];
	struct pkts_error err = {0};
	struct pkts_port *port;
	int fd;
	const char *name = file_of(im->p, n, &fd);

	*code = pkts_port_open(&port, name, NULL, &err);
	int got = -1;
	if (*code == 0) {
		assert_int_equal(pkts_port_activate(port, NULL, NULL), 0);
		got = (int)read_all(port, pkts, 8, code, &err);
		for (int i = 0; i < got && im->swapped; i++)
			assert_everything(pkts, (unsigned)got);
		free_all(pkts, (unsigned)got);
		close_port(port, fd);
	} else {
		close(fd);
	}
	assert_true(*code == 0 || strstr(err.text, "/proc/self/fd/"));
	return got;
}

static void pcap_cut_at_every_byte(void **state)
{
	struct image im = image_new(false);

	(void)state;
	put_pcap_header(&im, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 3; i++)
		put_pcap_record(&im, i, i, 20, i, 20);
	for (size_t n = 0; n <= im.n; n++) {
		int code;
		const int got = read_prefix(&im, n, &code);
		if (n < 24) {
			assert_int_equal(got, -1);
			assert_int_equal(code, n < 4 ? -EBADMSG : -EPIPE);
			continue;
		}
		assert_int_equal(got, (n - 24) / 36);
		assert_int_equal(code, (n - 24) % 36 ? -EPIPE : 0);
	}
	image_free(&im);
}

/* Where the blocks of put_everything() end. */
static bool at_block_end(const struct image *im, size_t n, unsigned *packets)
{
	size_t at = 0;
	bool swapped = false;

	*packets = 0;
	while (at < n) {
		uint32_t type, len;
		memcpy(&type, im->p + at, 4);
		memcpy(&len, im->p + at + 4, 4);
		if (type == 0x0a0d0d0a)
			swapped = im->p[at + 8] == 0x1a;
		type = swapped ? __builtin_bswap32(type) : type;
		len = swapped ? __builtin_bswap32(len) : len;
		at += len;
		if (at <= n && (type == 2 || type == 3 || type == 6))
			++*packets;
	}
	return at == n;
}

static void pcapng_cut_at_every_byte(void **state)
{
	struct image im = image_new(false);

	(void)state;
	put_everything(&im);
	for (size_t n = 0; n <= im.n; n++) {
		unsigned packets;
		int code;
		const bool clean = at_block_end(&im, n, &packets);
		const int got = read_prefix(&im, n, &code);
		if (n < 28) {
			assert_int_equal(got, -1);
			assert_int_equal(code, n < 4 ? -EBADMSG : -EPIPE);
			continue;
		}
		assert_int_equal(got, packets);
		assert_int_equal(code, clean ? 0 : -EPIPE);
	}
	image_free(&im);
}

/* The file of put_everything() with 32 bits replaced, and what has to come of it. */
static void wrong_lengths(void **state)
{
	/*
	 * Blocks: section at 0, interface at 28 with an option at 44, enhanced packet at 68 with
	 * its length at 72, interface at 76, captured length at 88 and second length at 132.
	 */
	static const struct {
		size_t at;
		uint32_t value;
		int packets;
		const char *sentence;
	} rows[] = {
		{4, 24, -1, "a section header of 24 bytes"},
		{4, 30, -1, "a section header of 30 bytes"},
		{4, 0x7ffffffc, -1, "a section header of 2147483644 bytes"},
		{8, 7, -1, "without byte-order magic"},
		{12, 2, -1, "version 2.0"},
		{12, 0x00010001, -1, "version 1.1"},
		{24, 32, -1, "two lengths differ"},
		{32, 16, 0, "a block of 16 bytes whose second length"},
		{32, 8, 0, "a block of 8 bytes"},
		{32, 0xffffffff, 0, "a block of 4294967295 bytes"},
		{72, 0, 0, "a block of 0 bytes"},
		{72, 11, 0, "a block of 11 bytes"},
		{72, 0x00100000, 0, "above the limit"},
		{76, 1, 0, "of interface 1 where only 1 are described"},
		{76, 0xffffffff, 0, "of interface 4294967295"},
		{88, 37, 0, "a packet of 37 bytes in a block of 68"},
		{88, 0xffffffff, 0, "a packet of 4294967295 bytes"},
		{88, 262145, 0, "a packet of 262145 bytes"},
		{132, 64, 0, "second length is 64"},
		{44, 0xffff0002, 0, "option 2 of 65535 bytes runs out of its block"},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct image im = image_new(false);
		struct rte_mbuf *pkts[4];
		struct pkts_error err = {0};
		struct pkts_port *port;
		int fd, got = -1;

		put_everything(&im);
		memcpy(im.p + rows[i].at, &rows[i].value, 4);
		int code = pkts_port_open(&port, file_of(im.p, im.n, &fd), NULL, &err);
		if (code == 0) {
			assert_int_equal(pkts_port_activate(port, NULL, NULL), 0);
			got = (int)read_all(port, pkts, 4, &code, &err);
			free_all(pkts, (unsigned)got);
			struct pkts_port_stats stats;
			pkts_port_stats(port, &stats);
			assert_int_equal(stats.rx_errors, 1);
			close_port(port, fd);
		} else {
			close(fd);
		}
		assert_int_equal(code, -EBADMSG);
		assert_int_equal(got, rows[i].packets);
		if (!strstr(err.text, rows[i].sentence) || !strstr(err.text, "at byte "))
			fail_msg("row %u: %s", i, err.text);
		image_free(&im);
	}
}

/* Some writers say 1.2 of what is 1.0. */
static void pcapng_of_version_1_2(void **state)
{
	static const uint32_t version = 0x00020001;
	struct image im = image_new(false);
	struct rte_mbuf *pkts[4];
	struct pkts_port *port;
	int fd, code;

	(void)state;
	put_everything(&im);
	memcpy(im.p + 12, &version, 4);
	assert_int_equal(pkts_port_open(&port, file_of(im.p, im.n, &fd), NULL, NULL), 0);
	assert_int_equal(pkts_port_activate(port, NULL, NULL), 0);
	const unsigned n = read_all(port, pkts, 4, &code, NULL);
	assert_int_equal(n, 4);
	free_all(pkts, n);
	close_port(port, fd);
	image_free(&im);
}

static void pcap_record_above_the_limit(void **state)
{
	struct image im = image_new(false);
	struct rte_mbuf *pkts[2];
	struct pkts_error err = {0};
	int fd, code;

	(void)state;
	put_pcap_header(&im, 0xa1b2c3d4, 1);
	put_pcap_record(&im, 0, 0, 262144, 0, 262144);
	put_pcap_record(&im, 0, 0, 262145, 0, 262145);
	struct pkts_port *port = open_image(&im, NULL, &fd);
	assert_int_equal(read_all(port, pkts, 2, &code, &err), 1);
	assert_int_equal(code, -EBADMSG);
	assert_non_null(strstr(err.text, "at byte 262184 (packet 2): a record of 262145 bytes"));
	assert_payload(pkts[0], 0, 262144);
	assert_true(pkts[0]->nb_segs > 100);
	free_all(pkts, 1);
	close_port(port, fd);
	image_free(&im);
}

static void what_is_no_capture(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *sentence;
	} rows[] = {
		{"", 0, "is empty"},
		{"x", 1, "starts with 78)"},
		{"hello, world", 12, "starts with 68 65 6c 6c 6f 2c 20 77)"},
		{"snoop\0\0\0\0\0\0\2", 12, "snoop"},
		{"\x28\xb5\x2f\xfd____", 8, "zstdcat"},
		{"\x1f\x8b", 2, "is empty"},
		{"\xd4\xc3\xb2\xa1\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24, "version 9.0"},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_port *port;
		struct pkts_error err = {0};
		int fd;
		assert_int_equal(
			pkts_port_open(&port, file_of(rows[i].bytes, rows[i].n, &fd), NULL, &err),
			-EBADMSG);
		assert_null(port);
		if (!strstr(err.text, rows[i].sentence) || !strstr(err.text, "/proc/self/fd/"))
			fail_msg("%s", err.text);
		close(fd);
	}
}

static void what_cannot_be_opened(void **state)
{
	static const struct {
		const char *name;
		int code;
		const char *sentence;
	} rows[] = {
		{"/nowhere/at.all", -ENOENT, "'/nowhere/at.all': No such file"},
		{"missing.pcapng", -ENOENT, "'missing.pcapng'"},
		{"/", -EISDIR, "'/' is a directory"},
		{"pcap:missing", -ENOENT, "'missing'"},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_port *port;
		struct pkts_error err = {0};
		assert_int_equal(pkts_port_open(&port, rows[i].name, NULL, &err), rows[i].code);
		assert_non_null(strstr(err.text, rows[i].sentence));
	}
}

/* Appends the bytes as one gzip member. */
static void put_gzip(struct image *im, const void *p, size_t n)
{
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)p;
	z.avail_in = (uInt)n;
	z.next_out = im->p + im->n;
	z.avail_out = (uInt)(IMAGE_MAX - im->n);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	im->n = IMAGE_MAX - z.avail_out;
	deflateEnd(&z);
}

/* 4,000 packets: more than the reader holds at once. */
static void put_many(struct image *im)
{
	put_pcap_header(im, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 4000; i++)
		put_pcap_record(im, i, i, 700, i, 700);
}

static void gzip_in_one_member_and_in_two(void **state)
{
	struct image plain = image_new(false), zipped = image_new(false);

	(void)state;
	put_many(&plain);
	for (unsigned members = 1; members <= 2; members++) {
		struct rte_mbuf *m;
		int fd, code = -1;
		uint64_t done, all;

		zipped.n = 0;
		put_gzip(&zipped, plain.p, members == 2 ? 1000001 : plain.n);
		if (members == 2) {
			put_gzip(&zipped, plain.p + 1000001, plain.n - 1000001);
			put_zeros(&zipped, 512); /* as tapes are padded */
		}
		struct pkts_port *port = open_image(&zipped, NULL, &fd);
		assert_int_equal(read_all(port, &m, 1, &code, NULL), 4000);
		assert_int_equal(code, 0);
		assert_payload(m, 0, 700);
		free_all(&m, 1);
		pkts_port_progress(port, &done, &all);
		assert_int_equal(all, zipped.n);
		assert_true(done == all);
		close_port(port, fd);
	}
	image_free(&plain);
	image_free(&zipped);
}

static void gzip_that_is_cut_or_damaged(void **state)
{
	struct image plain = image_new(false), zipped = image_new(false);
	struct pkts_error err = {0};
	int fd, code;

	(void)state;
	put_many(&plain);
	put_gzip(&zipped, plain.p, plain.n);
	const size_t whole = zipped.n;
	zipped.n = whole / 2;
	struct pkts_port *port = open_image(&zipped, NULL, &fd);
	unsigned n = read_all(port, NULL, 0, &code, &err);
	assert_true(n > 100 && n < 4000);
	assert_int_equal(code, -EPIPE);
	assert_non_null(strstr(err.text, "was cut"));
	close_port(port, fd);

	zipped.n = whole - 3; /* all data is there, its checksum is not */
	port = open_image(&zipped, NULL, &fd);
	assert_int_equal(read_all(port, NULL, 0, &code, &err), 4000);
	assert_int_equal(code, -EPIPE);
	close_port(port, fd);

	zipped.n = whole;
	zipped.p[whole - 6] ^= 0x55;
	port = open_image(&zipped, NULL, &fd);
	assert_int_equal(read_all(port, NULL, 0, &code, &err), 4000);
	assert_int_equal(code, -EBADMSG);
	assert_non_null(strstr(err.text, "compressed data is damaged"));
	close_port(port, fd);
	image_free(&plain);
	image_free(&zipped);
}

static void records_across_the_reader_s_window(void **state)
{
	struct image im = image_new(false);
	struct rte_mbuf *burst[7];
	unsigned n = 0;
	uint16_t got;
	int fd;
	uint64_t done, all;

	(void)state;
	put_many(&im);
	struct pkts_port *port = open_image(&im, NULL, &fd);
	while ((got = pkts_port_rx_burst(port, burst, 7)) > 0) {
		for (uint16_t i = 0; i < got; i++, n++)
			assert_payload(burst[i], n, 700);
		free_all(burst, got);
		pkts_port_progress(port, &done, &all);
		assert_int_equal(done, 24 + n * 716);
		assert_int_equal(all, im.n);
	}
	assert_int_equal(n, 4000);
	assert_true(pkts_port_ended(port, NULL, NULL));
	close_port(port, fd);
	image_free(&im);
}

/* Skipping a long block ends a few bytes before the end of what was read, in the middle of a
 * header. */
static void a_long_block_that_is_skipped(void **state)
{
	(void)state;
	for (size_t left = 0; left < 16; left += 4) {
		struct image im = image_new(false);
		struct rte_mbuf *m;
		int fd, code = -1;

		put_section(&im);
		put_interface(&im, 1, 0, -1);
		const size_t at = begin_block(&im, 0x0bad);
		put_zeros(&im, (2u << 20) - im.n - left - 4);
		end_block(&im, at);
		assert_int_equal(im.n, (2u << 20) - left);
		put_enhanced(&im, 0, 0, 60, 7, 60);
		struct pkts_port *port = open_image(&im, NULL, &fd);
		assert_int_equal(read_all(port, &m, 1, &code, NULL), 1);
		assert_int_equal(code, 0);
		assert_payload(m, 7, 60);
		free_all(&m, 1);
		close_port(port, fd);
		image_free(&im);
	}
}

/* What is blamed is the block that is cut, not the place where it would have ended. */
static void a_block_that_is_skipped_and_cut(void **state)
{
	struct image im = image_new(false);
	struct pkts_error err = {0};
	uint64_t done, all;
	char place[64];
	int fd, code = 0;

	(void)state;
	put_section(&im);
	put_interface(&im, 1, 0, -1);
	put_enhanced(&im, 0, 0, 60, 7, 60);
	const size_t at = begin_block(&im, 0x0bad);
	put_zeros(&im, 2u << 20);
	end_block(&im, at);
	im.n -= 1000;
	struct pkts_port *port = open_image(&im, NULL, &fd);
	assert_int_equal(read_all(port, NULL, 0, &code, &err), 1);
	assert_int_equal(code, -EPIPE);
	snprintf(place, sizeof(place), "starts at byte %zu, behind packet 1;", at);
	if (!strstr(err.text, "was cut") || !strstr(err.text, place))
		fail_msg("%s", err.text);
	pkts_port_progress(port, &done, &all);
	assert_int_equal(done, all);
	close_port(port, fd);
	image_free(&im);
}

/* A limit of ours is no damage of the file's. */
static void more_interfaces_than_a_section_may_have(void **state)
{
	struct image im = image_new(false);
	struct pkts_error err = {0};
	int fd, code = 0;

	(void)state;
	put_section(&im);
	put_interface(&im, 1, 0, -1);
	put_enhanced(&im, 0, 0, 60, 7, 60);
	for (unsigned i = 1; i <= 65536; i++)
		put_interface(&im, 1, 0, -1);
	put_enhanced(&im, 65535, 0, 60, 7, 60);
	struct pkts_port *port = open_image(&im, NULL, &fd);
	assert_int_equal(read_all(port, NULL, 0, &code, &err), 1);
	assert_int_equal(code, -ENOTSUP);
	assert_non_null(strstr(err.text, "limit of 65536"));
	assert_null(strstr(err.text, "damaged"));
	close_port(port, fd);
	image_free(&im);
}

static void snaplen_cuts_and_the_wire_length_stays(void **state)
{
	const struct pkts_port_conf conf = {.snaplen = 21};
	struct image im = image_new(false);
	struct rte_mbuf *pkts[2];
	struct pkts_port *port;
	int fd;

	(void)state;
	put_pcap_header(&im, 0xa1b2c3d4, 1);
	put_pcap_record(&im, 0, 0, 5000, 0, 4000);
	put_pcap_record(&im, 0, 0, 20, 1, 20);
	assert_int_equal(pkts_port_open(&port, file_of(im.p, im.n, &fd), &conf, NULL), 0);
	assert_int_equal(pkts_port_activate(port, "len > 4500 or len == 20", NULL), 0);
	assert_int_equal(read_all(port, pkts, 2, NULL, NULL), 2);
	assert_payload(pkts[0], 0, 21);
	assert_meta(pkts[0], 5000, 1, 0);
	assert_payload(pkts[1], 1, 20);
	free_all(pkts, 2);
	close_port(port, fd);
	image_free(&im);
}

static void configurations_that_make_no_sense(void **state)
{
	static const struct pkts_port_conf confs[] = {
		{.snaplen = 262145},
		{.mode = PKTS_PORT_READ_WRITE},
		{.mode = 7},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(confs); i++) {
		struct pkts_port *port;
		struct pkts_error err = {0};
		assert_int_equal(pkts_port_open(&port, "pcap:x", &confs[i], &err), -EINVAL);
		assert_true(strlen(err.text) > 10);
	}
}

/* With too few mbufs nothing is lost: what did not fit is the next packet. */
static void a_pool_that_runs_dry(void **state)
{
	struct rte_mempool *pool =
		rte_pktmbuf_pool_create("dry", 7, 0, 0, 128 + 256, SOCKET_ID_ANY);
	const struct pkts_port_conf conf = {.pool = pool};
	struct image im = image_new(false);
	struct rte_mbuf *burst[8];
	struct pkts_port *port;
	unsigned n = 0;
	int fd;

	(void)state;
	put_pcap_header(&im, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 20; i++)
		put_pcap_record(&im, 0, 0, 600, i, 600); /* three mbufs each */
	assert_int_equal(pkts_port_open(&port, file_of(im.p, im.n, &fd), &conf, NULL), 0);
	assert_int_equal(pkts_port_activate(port, NULL, NULL), 0);
	while (!pkts_port_ended(port, NULL, NULL)) {
		const uint16_t got = pkts_port_rx_burst(port, burst, 8);
		for (uint16_t i = 0; i < got; i++, n++)
			assert_payload(burst[i], n, 600);
		assert_true(got <= 2);
		free_all(burst, got);
	}
	assert_int_equal(n, 20);
	assert_int_equal(pkts_port_close(port, NULL), 0);
	assert_int_equal(rte_mempool_avail_count(pool), 7);
	rte_mempool_free(pool);
	close(fd);
	image_free(&im);
}

static void deaf_until_activated_and_after_deactivation(void **state)
{
	struct image im = image_new(false);
	struct rte_mbuf *burst[4];
	struct pkts_port *port;
	struct pkts_error err = {0};
	int fd;

	(void)state;
	put_pcap_header(&im, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 6; i++)
		put_pcap_record(&im, 0, 0, 60, i, 60);
	assert_int_equal(pkts_port_open(&port, file_of(im.p, im.n, &fd), NULL, NULL), 0);
	assert_int_equal(pkts_port_rx_burst(port, burst, 4), 0);
	assert_false(pkts_port_ended(port, NULL, NULL));
	assert_int_equal(pkts_port_activate(port, "no such thing", &err), -EINVAL);
	assert_non_null(strstr(err.text, "'no such thing'"));
	assert_int_equal(pkts_port_rx_burst(port, burst, 4), 0);
	assert_int_equal(pkts_port_activate(port, NULL, NULL), 0);
	assert_int_equal(pkts_port_rx_burst(port, burst, 2), 2);
	assert_payload(burst[0], 0, 60); /* the first packet: files start there */
	free_all(burst, 2);
	assert_int_equal(pkts_port_deactivate(port, NULL), 0);
	assert_int_equal(pkts_port_rx_burst(port, burst, 4), 0);
	assert_int_equal(pkts_port_activate(port, "greater 60", NULL), 0);
	assert_int_equal(pkts_port_rx_burst(port, burst, 4), 4);
	assert_payload(burst[3], 5, 60);
	free_all(burst, 4);
	close_port(port, fd);
	image_free(&im);
}

/* "ip" means something else in each link type; "ether" nothing in raw IP; of 9999 nobody knows
 * anything. */
static void filters_of_a_file_with_several_link_types(void **state)
{
	static const struct {
		const char *filter;
		unsigned n;
	} rows[] = {{"ip", 2}, {"ether src 02:00:00:00:00:01", 1}, {"len >= 0", 2}, {"ip6", 0}};
	static const uint8_t frame[34] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct image im = image_new(false);
		struct pkts_port_stats stats;
		int fd;

		put_section(&im);
		put_interface(&im, 1, 0, 9);
		put_interface(&im, 101, 0, 9);
		put_interface(&im, 9999, 0, 9);
		put_enhanced(&im, 0, 0, 34, 0, 34);
		memcpy(im.p + im.n - 4 - 36, frame, 34);
		put_enhanced(&im, 1, 0, 20, 0, 20);
		memcpy(im.p + im.n - 4 - 20, frame + 14, 20);
		put_enhanced(&im, 2, 0, 20, 0, 20);
		struct pkts_port *port = open_image(&im, rows[i].filter, &fd);
		assert_int_equal(read_all(port, NULL, 0, NULL, NULL), rows[i].n);
		pkts_port_stats(port, &stats);
		assert_int_equal(stats.rx_packets, rows[i].n);
		assert_int_equal(stats.rx_filtered + stats.rx_unfit, 3 - rows[i].n);
		assert_true(stats.rx_unfit >= 1); /* link type 9999 */
		close_port(port, fd);
		image_free(&im);
	}
}

/* A caller gets its turn even if nothing in a long file matches. */
static void a_burst_comes_to_an_end(void **state)
{
	struct image im = image_new(false);
	struct pkts_port_stats stats;
	struct rte_mbuf *m;
	int fd;

	(void)state;
	put_pcap_header(&im, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 10000; i++)
		put_pcap_record(&im, 0, 0, 20, i, 20);
	struct pkts_port *port = open_image(&im, "len > 1000", &fd);
	assert_int_equal(pkts_port_rx_burst(port, &m, 1), 0);
	assert_false(pkts_port_ended(port, NULL, NULL));
	assert_true(pkts_port_wait(port, 0));
	assert_int_equal(read_all(port, NULL, 0, NULL, NULL), 0);
	pkts_port_stats(port, &stats);
	assert_int_equal(stats.rx_filtered, 10000);
	close_port(port, fd);
	image_free(&im);
}

/* What a pipe holds is delivered, half a record is waited for, and nothing blocks. */
static void a_pipe_that_fills_bit_by_bit(void **state)
{
	struct image im = image_new(false);
	struct rte_mbuf *burst[4];
	struct pkts_port *port;
	char name[64];
	int ends[2];

	(void)state;
	put_pcap_header(&im, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 2; i++)
		put_pcap_record(&im, 0, 0, 60, i, 60);
	assert_int_equal(pipe(ends), 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[0]);
	assert_int_equal(write(ends[1], im.p, 30), 30);
	assert_int_equal(pkts_port_open(&port, name, NULL, NULL), 0);
	assert_int_equal(pkts_port_activate(port, NULL, NULL), 0);
	assert_int_equal(pkts_port_rx_burst(port, burst, 4), 0);
	assert_false(pkts_port_ended(port, NULL, NULL));
	assert_false(pkts_port_wait(port, 0));
	assert_int_equal(write(ends[1], im.p + 30, 80), 80);
	assert_true(pkts_port_wait(port, 0));
	assert_int_equal(pkts_port_rx_burst(port, burst, 4), 1);
	assert_payload(burst[0], 0, 60);
	free_all(burst, 1);
	assert_int_equal(write(ends[1], im.p + 110, im.n - 110), im.n - 110);
	close(ends[1]);
	assert_int_equal(pkts_port_rx_burst(port, burst, 4), 1);
	assert_payload(burst[0], 1, 60);
	free_all(burst, 1);
	assert_int_equal(pkts_port_rx_burst(port, burst, 4), 0);
	assert_true(pkts_port_ended(port, NULL, NULL));
	close_port(port, ends[0]);
	image_free(&im);
}

static void standard_input(void **state)
{
	struct image im = image_new(false);
	struct pkts_port *port;
	int fd;
	const int saved = dup(STDIN_FILENO);

	(void)state;
	put_everything(&im);
	file_of(im.p, im.n, &fd);
	lseek(fd, 0, SEEK_SET);
	dup2(fd, STDIN_FILENO);
	assert_int_equal(pkts_port_open(&port, "-", NULL, NULL), 0);
	assert_int_equal(pkts_port_activate(port, NULL, NULL), 0);
	assert_int_equal(read_all(port, NULL, 0, NULL, NULL), 4);
	close_port(port, fd);
	dup2(saved, STDIN_FILENO);
	close(saved);
	image_free(&im);
}

/* A sentence has the name that people know it by, not the sign for it. */
static void standard_input_is_named(void **state)
{
	static const struct {
		size_t n;
		const char *sentence;
	} rows[] = {
		{0, "standard input is empty"},
		{3, "standard input is not a pcap"},
		{12, "standard input was cut"},
		{60, "standard input was cut"},
		{200, "standard input is damaged at byte 76 (packet 2)"},
	};
	const int saved = dup(STDIN_FILENO);
	struct image im = image_new(false);

	(void)state;
	put_pcap_header(&im, 0xa1b2c3d4, 1);
	put_pcap_record(&im, 0, 0, 36, 0, 36);
	put_zeros(&im, 8);
	put32(&im, UINT32_MAX);
	put_zeros(&im, 200);
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_error err = {0};
		struct pkts_port *port;
		int fd;

		file_of(im.p, rows[i].n, &fd);
		lseek(fd, 0, SEEK_SET);
		dup2(fd, STDIN_FILENO);
		if (pkts_port_open(&port, "-", NULL, &err) == 0) {
			assert_int_equal(pkts_port_activate(port, NULL, NULL), 0);
			read_all(port, NULL, 0, NULL, &err);
			pkts_port_close(port, NULL);
		}
		if (strncmp(err.text, rows[i].sentence, strlen(rows[i].sentence)))
			fail_msg("%s", err.text);
		close(fd);
	}
	dup2(saved, STDIN_FILENO);
	close(saved);
	image_free(&im);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcap_of_every_magic_and_byte_order),
		cmocka_unit_test(pcap_with_its_lengths_the_other_way_round),
		cmocka_unit_test(link_types_that_files_hold_as_dlt_values),
		cmocka_unit_test(pcapng_time_of_every_resolution),
		cmocka_unit_test(pcapng_time_offset),
		cmocka_unit_test(pcapng_of_every_block_in_two_byte_orders),
		cmocka_unit_test(pcapng_blocks_whose_length_lacks_the_padding),
		cmocka_unit_test(pcap_cut_at_every_byte),
		cmocka_unit_test(pcapng_cut_at_every_byte),
		cmocka_unit_test(wrong_lengths),
		cmocka_unit_test(pcapng_of_version_1_2),
		cmocka_unit_test(pcap_record_above_the_limit),
		cmocka_unit_test(what_is_no_capture),
		cmocka_unit_test(what_cannot_be_opened),
		cmocka_unit_test(gzip_in_one_member_and_in_two),
		cmocka_unit_test(gzip_that_is_cut_or_damaged),
		cmocka_unit_test(records_across_the_reader_s_window),
		cmocka_unit_test(a_long_block_that_is_skipped),
		cmocka_unit_test(a_block_that_is_skipped_and_cut),
		cmocka_unit_test(more_interfaces_than_a_section_may_have),
		cmocka_unit_test(snaplen_cuts_and_the_wire_length_stays),
		cmocka_unit_test(configurations_that_make_no_sense),
		cmocka_unit_test(a_pool_that_runs_dry),
		cmocka_unit_test(deaf_until_activated_and_after_deactivation),
		cmocka_unit_test(filters_of_a_file_with_several_link_types),
		cmocka_unit_test(a_burst_comes_to_an_end),
		cmocka_unit_test(a_pipe_that_fills_bit_by_bit),
		cmocka_unit_test(standard_input),
		cmocka_unit_test(standard_input_is_named),
	};
	return cmocka_run_group_tests(tests, start_runtime, stop_runtime);
}
