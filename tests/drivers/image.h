/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Capture files built in memory, in either byte order, and ports on them. */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "pkts_mbuf.h"
#include "pkts_port.h"
#include "pkts_runtime.h"

#define IMAGE_MAX (8u << 20)

/* Bytes that grow; multi-byte numbers go in swapped if `swapped`. */
struct image {
	bool swapped;
	size_t n;
	uint8_t *p; /* IMAGE_MAX */
};

/* For cmocka's group setup and teardown. */
int start_runtime(void **state);
int stop_runtime(void **state);

struct image image_new(bool swapped);
void image_free(struct image *im);
void put8(struct image *im, uint8_t v);
void put16(struct image *im, uint16_t v);
void put32(struct image *im, uint32_t v);
void put_bytes(struct image *im, const void *p, size_t n);
void put_zeros(struct image *im, size_t n);
/* Byte i of packet number `seed` is payload(seed, i). */
uint8_t payload(unsigned seed, size_t i);
void put_payload(struct image *im, unsigned seed, size_t n);

/* pcap */
void put_pcap_header(struct image *im, uint32_t magic, uint32_t link);
void put_pcap_record(
	struct image *im, uint32_t s, uint32_t fraction, uint32_t wire, unsigned seed, uint32_t n);

/* pcapng. A block is begun, filled, and ended, which sets its two lengths. */
size_t begin_block(struct image *im, uint32_t type);
void end_block(struct image *im, size_t at);
void put_section(struct image *im);
void put_option(struct image *im, uint16_t code, const void *p, uint16_t n);
/* resolution below 0: the option is left out */
void put_interface(struct image *im, uint16_t link, uint32_t snaplen, int resolution);
void put_enhanced(struct image *im, uint32_t interface, uint64_t units, uint32_t wire,
	unsigned seed, uint32_t n);

/* A file of that content: its name, under /proc/self/fd, until close(*fd). */
const char *file_of(const void *p, size_t n, int *fd);
/* What a file holds now: malloc()ed. */
uint8_t *content_of(int fd, size_t *n);

/* Opens for reading and activates. */
struct pkts_port *open_image(const struct image *im, const char *filter, int *fd);

/* Reads to the end: how many packets, the first max of them in pkts, the rest freed. */
unsigned read_all(struct pkts_port *port, struct rte_mbuf **pkts, unsigned max, int *code,
	struct pkts_error *err);

void free_all(struct rte_mbuf **pkts, unsigned n);
/* The packet's bytes are those of payload(seed, ...), n of them, in however many segments. */
void assert_payload(const struct rte_mbuf *m, unsigned seed, uint32_t n);

#endif
