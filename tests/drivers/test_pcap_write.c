/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What is written is what is read again, and what cannot be written is said. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "image.h"
#include "pkts_mbuf_compose.h"

#define PACKETS 6

static struct rte_mempool *pool;
static char folder[] = "/tmp/pkts-write-XXXXXX";

static int set_up(void **state)
{
	if (start_runtime(state) || !mkdtemp(folder))
		return -1;
	pool = rte_pktmbuf_pool_create("write", 511, 0, 0, 128 + 512, SOCKET_ID_ANY);
	return pool ? 0 : -1;
}

static int tear_down(void **state)
{
	rmdir(folder);
	rte_mempool_free(pool);
	return stop_runtime(state);
}

/* A packet of `n` bytes in segments of at most `part`. */
static struct rte_mbuf *make(unsigned seed, uint32_t n, uint16_t part)
{
	struct rte_mbuf *first = NULL;

	for (uint32_t at = 0; at < n || !first; at += part) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
		assert_non_null(m);
		for (uint32_t i = at; i < n && i < at + part; i++)
			*(uint8_t *)rte_pktmbuf_append(m, 1) = payload(seed, i);
		if (!first)
			first = m;
		else
			assert_int_equal(rte_pktmbuf_chain(first, m), 0);
	}
	return first;
}

static struct rte_mbuf *make_full(unsigned i, uint16_t link, uint16_t interface)
{
	struct rte_mbuf *m = make(i, 50 + i, 17);

	pkts_mbuf_set_timestamp(m, UINT64_C(1700000000123456789) + i);
	pkts_mbuf_set_meta(m, (struct pkts_mbuf_meta){100 + i, link, interface});
	return m;
}

static const char *temporary(const char *suffix)
{
	static char name[128];

	snprintf(name, sizeof(name), "%s/a%s", folder, suffix);
	return name;
}

static struct pkts_port *open_writer(const char *name, struct pkts_port_conf conf)
{
	struct pkts_port *port;
	struct pkts_error err;

	conf.mode = PKTS_PORT_WRITE;
	if (pkts_port_open(&port, name, &conf, &err))
		fail_msg("%s", err.text);
	return port;
}

static void send_all(struct pkts_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	assert_int_equal(pkts_port_tx_burst(port, pkts, n), n);
}

static struct pkts_port *open_reader(const char *name)
{
	struct pkts_port *port;
	struct pkts_error err;

	if (pkts_port_open(&port, name, NULL, &err) || pkts_port_activate(port, NULL, &err))
		fail_msg("%s", err.text);
	return port;
}

static void all_formats_keep_everything(void **state)
{
	static const struct {
		const char *suffix;
		uint8_t start[4];
		unsigned links;
	} rows[] = {
		{".pcapng", {0x0a, 0x0d, 0x0d, 0x0a}, 3},
		{".pcap", {0x4d, 0x3c, 0xb2, 0xa1}, 1},
		{".pcapng.gz", {0x1f, 0x8b, 8, 0}, 3},
		{".pcap.gz", {0x1f, 0x8b, 8, 0}, 1},
		{"", {0x0a, 0x0d, 0x0d, 0x0a}, 3},
	};

	(void)state;
	for (unsigned k = 0; k < PKTS_ARRAY_LEN(rows); k++) {
		const char *name = temporary(rows[k].suffix);
		struct pkts_port *port = open_writer(name, (struct pkts_port_conf){0});
		struct rte_mbuf *pkts[PACKETS];
		struct pkts_port_stats stats;
		uint8_t start[4];
		size_t size;
		int code = -1;

		for (unsigned i = 0; i < PACKETS; i++)
			pkts[i] = make_full(i,
				rows[k].links == 1 ? 101 : (uint16_t)(1 + 100 * (i % 2)),
				rows[k].links == 1 ? 0 : i % 3 == 2);
		send_all(port, pkts, PACKETS);
		pkts_port_stats(port, &stats);
		assert_int_equal(stats.tx_packets, PACKETS);
		assert_int_equal(stats.tx_bytes, 50 * PACKETS + 15);
		assert_int_equal(pkts_port_close(port, NULL), 0);
		assert_int_equal(rte_mempool_avail_count(pool), 511);

		const int fd = open(name, O_RDONLY);
		uint8_t *bytes = content_of(fd, &size);
		memcpy(start, bytes, 4);
		assert_memory_equal(start, rows[k].start, 4);
		free(bytes);
		close(fd);

		port = open_reader(name);
		assert_int_equal(read_all(port, pkts, PACKETS, &code, NULL), PACKETS);
		assert_int_equal(code, 0);
		for (unsigned i = 0; i < PACKETS; i++) {
			assert_payload(pkts[i], i, 50 + i);
			assert_int_equal(
				pkts_mbuf_timestamp(pkts[i]), UINT64_C(1700000000123456789) + i);
			assert_int_equal(pkts_mbuf_meta(pkts[i]).wire_len, 100 + i);
			assert_int_equal(pkts_mbuf_meta(pkts[i]).link,
				rows[k].links == 1 ? 101 : 1 + 100 * (i % 2));
		}
		/* One interface for each pair of link type and interface, in the order they came.
		 */
		if (rows[k].links == 3) {
			static const uint16_t expected[PACKETS] = {0, 1, 2, 1, 0, 3};
			for (unsigned i = 0; i < PACKETS; i++)
				assert_int_equal(pkts_mbuf_meta(pkts[i]).interface, expected[i]);
		}
		free_all(pkts, PACKETS);
		assert_int_equal(pkts_port_close(port, NULL), 0);
		unlink(name);
	}
}

/* Reads one file and writes all of it to another. */
static void copy(const char *from, const char *to)
{
	struct pkts_port *in = open_reader(from);
	struct pkts_port *out = open_writer(to, (struct pkts_port_conf){0});
	struct rte_mbuf *burst[32];

	while (!pkts_port_ended(in, NULL, NULL))
		send_all(out, burst, pkts_port_rx_burst(in, burst, 32));
	assert_int_equal(pkts_port_close(in, NULL), 0);
	assert_int_equal(pkts_port_close(out, NULL), 0);
}

/* Once a file has been written by the library, writing what was read from it gives the same bytes.
 */
static void a_copy_of_a_copy_is_the_same_file(void **state)
{
	(void)state;
	for (unsigned k = 0; k < 8; k++) {
		static const uint32_t magics[] = {0xa1b2c3d4, 0xa1b23c4d};
		struct image im = image_new(k & 1);
		char first[160], second[160];
		size_t n[2];
		uint8_t *bytes[2];
		int fd;

		if (k & 2) {
			put_section(&im);
			put_interface(&im, 1, 0, k & 4 ? 9 : 0x80 | 30);
			put_interface(&im, 113, 96, -1);
		} else {
			put_pcap_header(&im, magics[k >> 2], 1);
		}
		for (unsigned i = 0; i < 300; i++) {
			if (k & 2)
				put_enhanced(&im, i % 2, UINT64_C(1) << 60 | i, i + 9, i, i);
			else
				put_pcap_record(&im, i, i, i * 2, i, i);
		}
		const char *source = file_of(im.p, im.n, &fd);
		snprintf(first, sizeof(first), "%s", temporary(k & 2 ? "1.pcapng" : "1.pcap"));
		snprintf(second, sizeof(second), "%s", temporary(k & 2 ? "2.pcapng" : "2.pcap"));
		copy(source, first);
		copy(first, second);
		for (unsigned i = 0; i < 2; i++) {
			const int f = open(i ? second : first, O_RDONLY);
			bytes[i] = content_of(f, &n[i]);
			close(f);
		}
		assert_int_equal(n[0], n[1]);
		assert_memory_equal(bytes[0], bytes[1], n[0]);
		/* A nanosecond pcap of this machine's byte order is reproduced as it was. */
		if (k == 4) {
			assert_int_equal(n[0], im.n);
			assert_memory_equal(bytes[0], im.p, im.n);
		}
		free(bytes[0]);
		free(bytes[1]);
		unlink(first);
		unlink(second);
		close(fd);
		image_free(&im);
	}
}

/* Sections never stop coming where captures are appended to one another, each with its interfaces. */
static void more_sections_than_interfaces_can_be_numbered(void **state)
{
	enum { SECTIONS = 70000 };
	const char *name = temporary(".pcapng");
	struct image im = image_new(false);
	struct rte_mbuf *burst[32];
	struct pkts_error err = {0};
	unsigned n = 0;
	int fd, code = -1;

	(void)state;
	for (unsigned i = 0; i < SECTIONS; i++) {
		put_section(&im);
		put_interface(&im, 1, 0, -1);
		put_enhanced(&im, 0, i, 60, i, 4);
	}
	struct pkts_port *in = open_image(&im, NULL, &fd);
	struct pkts_port *out = open_writer(name, (struct pkts_port_conf){0});
	while (!pkts_port_ended(in, &code, &err)) {
		const uint16_t got = pkts_port_rx_burst(in, burst, 32);
		for (uint16_t i = 0; i < got; i++, n++)
			assert_int_equal(pkts_mbuf_meta(burst[i]).interface,
				PKTS_MIN(n, (unsigned)UINT16_MAX));
		send_all(out, burst, got);
	}
	assert_int_equal(code, 0);
	assert_int_equal(n, SECTIONS);
	assert_int_equal(pkts_port_close(in, NULL), 0);
	assert_int_equal(pkts_port_close(out, NULL), 0);
	close(fd);
	image_free(&im);
	in = open_reader(name);
	for (n = 0; !pkts_port_ended(in, &code, &err);) {
		const uint16_t got = pkts_port_rx_burst(in, burst, 32);
		for (uint16_t i = 0; i < got; i++, n++)
			assert_payload(burst[i], n, 4);
		free_all(burst, got);
	}
	assert_int_equal(code, 0);
	assert_int_equal(n, SECTIONS);
	assert_int_equal(pkts_port_close(in, NULL), 0);
	unlink(name);
}

/* When no more interfaces are described, packets go to one of their link type; a new one is refused. */
static void a_full_table_of_interfaces(void **state)
{
	const char *name = temporary(".pcapng");
	struct pkts_port *port = open_writer(name, (struct pkts_port_conf){0});
	struct pkts_port_stats stats;
	struct pkts_error err = {0};
	struct rte_mbuf *m;
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		m = make_full(0, i % 2 ? 101 : 1, (uint16_t)i);
		send_all(port, &m, 1);
	}
	m = make_full(0, 276, 0);
	send_all(port, &m, 1);
	m = make_full(0, 101, 60000);
	send_all(port, &m, 1);
	pkts_port_stats(port, &stats);
	assert_int_equal(stats.tx_packets, 5001);
	assert_int_equal(stats.tx_dropped, 1);
	assert_int_equal(pkts_port_close(port, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "1 packets were left out of '"));
	assert_non_null(strstr(err.text, "limit of 4096 interfaces"));
	port = open_reader(name);
	for (; pkts_port_rx_burst(port, &m, 1); n++) {
		const struct pkts_mbuf_meta meta = pkts_mbuf_meta(m);
		assert_int_equal(meta.link, n % 2 || n == 5000 ? 101 : 1);
		assert_int_equal(meta.interface, n < 4096 ? n : n == 5000 ? 1 : n % 2);
		free_all(&m, 1);
	}
	assert_int_equal(n, 5001);
	assert_int_equal(pkts_port_close(port, NULL), 0);
	unlink(name);
}

/* An mbuf that no port of the library has delivered is Ethernet and complete. */
static void packets_without_metadata(void **state)
{
	const char *name = temporary(".pcapng");
	struct pkts_port *port = open_writer(name, (struct pkts_port_conf){0});
	struct rte_mbuf *m = make(1, 60, 60);

	(void)state;
	send_all(port, &m, 1);
	assert_int_equal(pkts_port_close(port, NULL), 0);
	port = open_reader(name);
	assert_int_equal(read_all(port, &m, 1, NULL, NULL), 1);
	assert_int_equal(pkts_mbuf_meta(m).wire_len, 60);
	assert_int_equal(pkts_mbuf_meta(m).link, 1);
	free_all(&m, 1);
	assert_int_equal(pkts_port_close(port, NULL), 0);
	unlink(name);
}

/* A frame that leaves its checksums to hardware, and to whoever there is instead. */
static struct rte_mbuf *make_asking(void)
{
	return pkts_mbuf_compose_new(pool, ETH(.dst = PKTS_MAC(2, 0, 0, 0, 0, 2)),
		IPV4(.src = 0x0a000001, .dst = 0x0a000002, .csum = PKTS_OFFLOAD),
		UDP(.dport = 9, .csum = PKTS_OFFLOAD), TEXT("left to hardware"));
}

static void assert_right(struct rte_mbuf *m)
{
	struct pkts_packet packet;

	assert_non_null(m);
	m->ol_flags &= ~(RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK);
	pkts_mbuf_decode(NULL, &m, &packet);
	assert_int_equal(packet.n, 3);
	assert_int_equal(pkts_mbuf_checksum(m, &packet, 1), PKTS_CHECKSUM_GOOD);
	assert_int_equal(pkts_mbuf_checksum(m, &packet, 2), PKTS_CHECKSUM_GOOD);
	rte_pktmbuf_free(m);
}

static void checksums_are_filled_in(void **state)
{
	const char *name = temporary(".pcapng");
	struct pkts_port *port = open_writer(name, (struct pkts_port_conf){0});
	struct rte_mbuf *pkts[2] = {make_asking(), make_asking()};
	struct pkts_port_stats stats;

	(void)state;
	pkts[1]->l3_len = 500;
	send_all(port, pkts, 2);
	pkts_port_stats(port, &stats);
	assert_int_equal(stats.tx_packets, 1);
	assert_int_equal(stats.tx_dropped, 1);
	assert_int_equal(pkts_port_close(port, NULL), 0);
	port = open_reader(name);
	assert_int_equal(read_all(port, pkts, 2, NULL, NULL), 1);
	assert_right(pkts[0]);
	assert_int_equal(pkts_port_close(port, NULL), 0);
	unlink(name);
}

static void pcap_holds_one_link_type(void **state)
{
	const char *name = temporary(".pcap");
	struct pkts_port *port = open_writer(name, (struct pkts_port_conf){0});
	struct rte_mbuf *pkts[3] = {make_full(0, 1, 0), make_full(1, 101, 0), make_full(2, 1, 0)};
	struct pkts_port_stats stats;
	struct pkts_error err = {0};
	int code;

	(void)state;
	send_all(port, pkts, 3);
	pkts_port_stats(port, &stats);
	assert_int_equal(stats.tx_packets, 2);
	assert_int_equal(stats.tx_dropped, 1);
	assert_int_equal(pkts_port_close(port, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "1 packets of other link types than 1"));
	port = open_reader(name);
	assert_int_equal(read_all(port, pkts, 3, &code, NULL), 2);
	assert_int_equal(code, 0);
	assert_payload(pkts[1], 2, 52);
	free_all(pkts, 2);
	pkts_port_close(port, NULL);
	unlink(name);
}

static void files_without_packets_are_captures(void **state)
{
	static const char *const suffixes[] = {".pcap", ".pcapng", ".pcapng.gz"};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(suffixes); i++) {
		const char *name = temporary(suffixes[i]);
		int code = -1;
		assert_int_equal(
			pkts_port_close(open_writer(name, (struct pkts_port_conf){0}), NULL), 0);
		struct pkts_port *port = open_reader(name);
		assert_int_equal(read_all(port, NULL, 0, &code, NULL), 0);
		assert_int_equal(code, 0);
		pkts_port_close(port, NULL);
		unlink(name);
	}
}

static void snaplen_cuts_chains(void **state)
{
	const char *name = temporary(".pcapng");
	struct pkts_port *port = open_writer(name, (struct pkts_port_conf){.snaplen = 40});
	struct rte_mbuf *m = make(9, 3000, 500);

	(void)state;
	send_all(port, &m, 1);
	assert_int_equal(pkts_port_close(port, NULL), 0);
	port = open_reader(name);
	assert_int_equal(read_all(port, &m, 1, NULL, NULL), 1);
	assert_payload(m, 9, 40);
	assert_int_equal(pkts_mbuf_meta(m).wire_len, 3000);
	free_all(&m, 1);
	pkts_port_close(port, NULL);
	unlink(name);
}

static void comments_of_every_padding(void **state)
{
	(void)state;
	for (size_t len = 1; len <= 8; len++) {
		const char text[] = "abcdefgh";
		const char *name = temporary(".pcapng");
		struct pkts_port *port =
			open_writer(name, (struct pkts_port_conf){.comment = text + 8 - len});
		size_t n;
		assert_int_equal(pkts_port_close(port, NULL), 0);
		const int fd = open(name, O_RDONLY);
		uint8_t *p = content_of(fd, &n);
		const size_t padded = (len + 3) & ~(size_t)3;
		static const uint8_t zeros[8];
		assert_int_equal(n, 28 + 8 + padded);
		assert_int_equal(p[24], 1);
		assert_int_equal(p[26], len);
		assert_memory_equal(p + 28, text + 8 - len, len);
		assert_memory_equal(p + 28 + len, zeros, padded - len + 4);
		free(p);
		close(fd);
		port = open_reader(name);
		assert_int_equal(read_all(port, NULL, 0, NULL, NULL), 0);
		pkts_port_close(port, NULL);
		unlink(name);
	}
}

/* /dev/full takes nothing: whether a pipe's or a file's way of flushing, close() says so. */
static void a_full_disk(void **state)
{
	struct pkts_port *port = open_writer("/dev/full", (struct pkts_port_conf){0});
	struct rte_mbuf *pkts[2] = {make_full(0, 1, 0), make_full(1, 1, 0)};
	struct pkts_port_stats stats;
	struct pkts_error err = {0};
	int code;

	(void)state;
	send_all(port, pkts, 1);
	assert_true(pkts_port_ended(port, &code, &err));
	assert_int_equal(code, -ENOSPC);
	send_all(port, pkts + 1, 1);
	pkts_port_stats(port, &stats);
	assert_int_equal(stats.tx_dropped, 1);
	err.text[0] = 0;
	assert_int_equal(pkts_port_close(port, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "'/dev/full': No space left"));
	assert_int_equal(rte_mempool_avail_count(pool), 511);
}

static void what_cannot_be_written(void **state)
{
	const struct pkts_port_conf conf = {.mode = PKTS_PORT_WRITE};
	struct pkts_port *port;
	struct pkts_error err;

	(void)state;
	assert_int_equal(pkts_port_open(&port, "/nowhere/a.pcap", &conf, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nowhere/a.pcap"));
	assert_int_equal(pkts_port_open(&port, "/", &conf, &err), -EISDIR);
	port = open_writer("/dev/null", conf);
	assert_int_equal(pkts_port_activate(port, NULL, &err), -EINVAL);
	assert_int_equal(pkts_port_close(port, NULL), 0);
}

static void terminals_are_refused(void **state)
{
	const struct pkts_port_conf conf = {.mode = PKTS_PORT_WRITE};
	struct pkts_port *port;
	struct pkts_error err;
	const int master = posix_openpt(O_RDWR | O_NOCTTY);

	(void)state;
	if (master < 0 || grantpt(master) || unlockpt(master))
		skip();
	assert_int_equal(pkts_port_open(&port, ptsname(master), &conf, &err), -ENOTTY);
	assert_non_null(strstr(err.text, "terminal"));
	close(master);
}

/* Whoever reads the other end of a pipe gets packets when they are sent, not when a buffer is full.
 */
static void standard_output_is_prompt(void **state)
{
	struct rte_mbuf *m = make_full(3, 1, 0);
	uint8_t bytes[512];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	const int saved = dup(STDOUT_FILENO);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	struct pkts_port *port = open_writer("-", (struct pkts_port_conf){0});
	send_all(port, &m, 1);
	const ssize_t got = read(ends[0], bytes, sizeof(bytes));
	assert_int_equal(pkts_port_close(port, NULL), 0);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(ends[0]);
	assert_int_equal(got, 28 + 32 + 28 + 56 + 4);
	assert_int_equal(bytes[28 + 32 + 28], payload(3, 0));
}

/* A sentence has the name that people know it by, not the sign for it. */
static void standard_output_is_named(void **state)
{
	struct rte_mbuf *m = make_full(3, 1, 0);
	struct pkts_error ended = {0}, closed = {0}, active = {0};
	int code = 0;
	const int full = open("/dev/full", O_WRONLY);

	(void)state;
	fflush(stdout);
	const int saved = dup(STDOUT_FILENO);
	dup2(full, STDOUT_FILENO);
	close(full);
	struct pkts_port *port = open_writer("-", (struct pkts_port_conf){0});
	pkts_port_activate(port, NULL, &active);
	send_all(port, &m, 1);
	pkts_port_ended(port, &code, &ended);
	pkts_port_close(port, &closed);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	assert_int_equal(code, -ENOSPC);
	assert_non_null(strstr(active.text, "standard output was opened for writing"));
	assert_non_null(strstr(ended.text, "cannot write standard output: No space"));
	assert_non_null(strstr(closed.text, "cannot write standard output: No space"));
}

/* More than the buffer holds at once, and records that do not end where it does. */
static void more_than_the_buffer(void **state)
{
	const char *name = temporary(".pcapng");
	struct pkts_port *port = open_writer(name, (struct pkts_port_conf){0});
	struct rte_mbuf *burst[8];
	unsigned n = 0;
	uint16_t got;

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		struct rte_mbuf *m = make(i, 901, 450);
		send_all(port, &m, 1);
	}
	assert_int_equal(pkts_port_close(port, NULL), 0);
	port = open_reader(name);
	while ((got = pkts_port_rx_burst(port, burst, 8)) > 0) {
		for (uint16_t i = 0; i < got; i++, n++)
			assert_payload(burst[i], n, 901);
		free_all(burst, got);
	}
	assert_int_equal(n, 3000);
	pkts_port_close(port, NULL);
	unlink(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_formats_keep_everything),
		cmocka_unit_test(a_copy_of_a_copy_is_the_same_file),
		cmocka_unit_test(more_sections_than_interfaces_can_be_numbered),
		cmocka_unit_test(a_full_table_of_interfaces),
		cmocka_unit_test(standard_output_is_named),
		cmocka_unit_test(packets_without_metadata),
		cmocka_unit_test(checksums_are_filled_in),
		cmocka_unit_test(pcap_holds_one_link_type),
		cmocka_unit_test(files_without_packets_are_captures),
		cmocka_unit_test(snaplen_cuts_chains),
		cmocka_unit_test(comments_of_every_padding),
		cmocka_unit_test(a_full_disk),
		cmocka_unit_test(what_cannot_be_written),
		cmocka_unit_test(terminals_are_refused),
		cmocka_unit_test(standard_output_is_prompt),
		cmocka_unit_test(more_than_the_buffer),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
