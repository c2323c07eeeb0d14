/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "image.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int start_runtime(void **state)
{
	struct pkts_error err;

	(void)state;
	if (pkts_runtime_init(NULL, &err) == 0)
		return 0;
	fprintf(stderr, "%s\n", err.text);
	return -1;
}

int stop_runtime(void **state)
{
	(void)state;
	pkts_runtime_fini();
	return 0;
}

struct image image_new(bool swapped)
{
	return (struct image){.swapped = swapped, .p = malloc(IMAGE_MAX)};
}

void image_free(struct image *im)
{
	free(im->p);
}

void put_bytes(struct image *im, const void *p, size_t n)
{
	assert_true(im->n + n <= IMAGE_MAX);
	memcpy(im->p + im->n, p, n);
	im->n += n;
}

void put8(struct image *im, uint8_t v)
{
	put_bytes(im, &v, 1);
}

void put16(struct image *im, uint16_t v)
{
	v = im->swapped ? __builtin_bswap16(v) : v;
	put_bytes(im, &v, 2);
}

void put32(struct image *im, uint32_t v)
{
	v = im->swapped ? __builtin_bswap32(v) : v;
	put_bytes(im, &v, 4);
}

void put_zeros(struct image *im, size_t n)
{
	while (n--)
		put8(im, 0);
}

uint8_t payload(unsigned seed, size_t i)
{
	return (uint8_t)(seed * 37 + i * 7 + i / 256);
}

void put_payload(struct image *im, unsigned seed, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put8(im, payload(seed, i));
}

void put_pcap_header(struct image *im, uint32_t magic, uint32_t link)
{
	put32(im, magic);
	put16(im, 2);
	put16(im, 4);
	put_zeros(im, 8);
	put32(im, 262144);
	put32(im, link);
}

void put_pcap_record(
	struct image *im, uint32_t s, uint32_t fraction, uint32_t wire, unsigned seed, uint32_t n)
{
	put32(im, s);
	put32(im, fraction);
	put32(im, n);
	put32(im, wire);
	put_payload(im, seed, n);
}

size_t begin_block(struct image *im, uint32_t type)
{
	const size_t at = im->n;

	put32(im, type);
	put32(im, 0);
	return at;
}

void end_block(struct image *im, size_t at)
{
	put_zeros(im, (4 - (im->n - at) % 4) % 4);
	const uint32_t len = (uint32_t)(im->n - at + 4);
	struct image head = *im;

	head.n = at + 4;
	put32(&head, len);
	put32(im, len);
}

void put_section(struct image *im)
{
	const size_t at = begin_block(im, 0x0a0d0d0a);

	put32(im, 0x1a2b3c4d);
	put16(im, 1);
	put16(im, 0);
	put32(im, UINT32_MAX);
	put32(im, UINT32_MAX);
	end_block(im, at);
}

void put_option(struct image *im, uint16_t code, const void *p, uint16_t n)
{
	put16(im, code);
	put16(im, n);
	put_bytes(im, p, n);
	put_zeros(im, (4 - n % 4u) % 4);
}

void put_interface(struct image *im, uint16_t link, uint32_t snaplen, int resolution)
{
	const size_t at = begin_block(im, 1);
	const uint8_t byte = (uint8_t)resolution;

	put16(im, link);
	put16(im, 0);
	put32(im, snaplen);
	if (resolution >= 0) {
		put_option(im, 2, "eth0", 4);
		put_option(im, 9, &byte, 1);
		put_option(im, 0, "", 0);
	}
	end_block(im, at);
}

void put_enhanced(struct image *im, uint32_t interface, uint64_t units, uint32_t wire,
	unsigned seed, uint32_t n)
{
	const size_t at = begin_block(im, 6);

	put32(im, interface);
	put32(im, (uint32_t)(units >> 32));
	put32(im, (uint32_t)units);
	put32(im, n);
	put32(im, wire);
	put_payload(im, seed, n);
	end_block(im, at);
}

const char *file_of(const void *p, size_t n, int *fd)
{
	static char name[64];

	*fd = memfd_create("capture", 0);
	assert_true(*fd >= 0);
	assert_int_equal(write(*fd, p, n), n);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", *fd);
	return name;
}

uint8_t *content_of(int fd, size_t *n)
{
	const off_t size = lseek(fd, 0, SEEK_END);
	uint8_t *p = malloc((size_t)size + 1);

	assert_true(size >= 0);
	assert_int_equal(pread(fd, p, (size_t)size, 0), size);
	*n = (size_t)size;
	return p;
}

struct pkts_port *open_image(const struct image *im, const char *filter, int *fd)
{
	struct pkts_port *port;
	struct pkts_error err = {0};

	if (pkts_port_open(&port, file_of(im->p, im->n, fd), NULL, &err))
		fail_msg("%s", err.text);
	if (pkts_port_activate(port, filter, &err))
		fail_msg("%s", err.text);
	return port;
}

unsigned read_all(struct pkts_port *port, struct rte_mbuf **pkts, unsigned max, int *code,
	struct pkts_error *err)
{
	struct rte_mbuf *burst[16];
	unsigned n = 0;
	uint16_t got;

	while ((got = pkts_port_rx_burst(port, burst, 16)) > 0 || !pkts_port_ended(port, code, err))
		for (uint16_t i = 0; i < got; i++, n++) {
			if (n < max)
				pkts[n] = burst[i];
			else
				rte_pktmbuf_free(burst[i]);
		}
	return n;
}

void free_all(struct rte_mbuf **pkts, unsigned n)
{
	rte_pktmbuf_free_bulk(pkts, n);
}

void assert_payload(const struct rte_mbuf *m, unsigned seed, uint32_t n)
{
	size_t at = 0;

	assert_int_equal(m->pkt_len, n);
	for (; m; m = m->next)
		for (uint16_t i = 0; i < m->data_len; i++, at++)
			assert_int_equal(
				rte_pktmbuf_mtod(m, const uint8_t *)[i], payload(seed, at));
	assert_int_equal(at, n);
}
