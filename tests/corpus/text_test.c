/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Every packet of every capture below the folders that are named: written as an expression, read and
 * composed again it is the same bytes. Prints what it counted; exit status 1 if any packet differs or
 * too many could only be written as bytes, else 77 if a folder is not there.
 */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pkts_mbuf.h"
#include "pkts_port.h"
#include "pkts_runtime.h"
#include "pkts_text.h"

#define BURST	64
#define LONGEST (1u << 19)
#define SHOWN	20 /* packets that are named */

static struct rte_mempool *pool;
static uint8_t frame[LONGEST], scratch[LONGEST], composed[LONGEST], room[LONGEST];
static char line[4 * LONGEST];

static struct {
	unsigned long captures, packets, decoded, bytes, different, characters;
} counted;

/* What went wrong with a packet; NULL: nothing. */
static const char *round_trip(const struct pkts_packet *packet, unsigned *as_bytes)
{
	struct pkts_sink out = {.buf = line, .cap = sizeof(line) - 1};
	struct pkts_expr e = {.room = room, .cap = sizeof(room)};
	struct pkts_out made = {.data = composed, .cap = sizeof(composed)};

	*as_bytes = pkts_text_show(&out, packet, scratch, sizeof(scratch));
	line[out.used] = 0;
	counted.characters += out.used;
	if (out.lost)
		return "is longer than this test can hold";
	if (pkts_expr_parse(&e, line, out.used, NULL, NULL))
		return "cannot be read";
	if (pkts_expr_compose(&e, &made))
		return "cannot be composed";
	if (made.len != packet->len || memcmp(made.data, packet->data, made.len) != 0)
		return "makes other bytes";
	return NULL;
}

static void take(const char *path, unsigned long number, const struct rte_mbuf *m)
{
	const struct pkts_mbuf_meta meta = pkts_mbuf_meta(m);
	const struct pkts_frame f = {frame, m->pkt_len, m->pkt_len, meta.wire_len, meta.link};
	struct pkts_packet packet;
	unsigned as_bytes;

	const void *const p = rte_pktmbuf_read(m, 0, m->pkt_len, frame);
	if (p != frame)
		memcpy(frame, p, m->pkt_len);
	pkts_decode(NULL, &f, &packet);
	const char *const wrong = round_trip(&packet, &as_bytes);
	counted.packets++;
	if (wrong && counted.different++ < SHOWN)
		printf("%s: packet %lu %s: %s\n", path, number, wrong, line);
	if (packet.n && !(packet.flags & PKTS_PACKET_FATAL)) {
		counted.decoded++;
		if (as_bytes && counted.bytes++ < SHOWN)
			printf("%s: packet %lu: layers as bytes: %.200s\n", path, number, line);
	}
}

static void take_all(const char *path, struct pkts_port *port)
{
	struct rte_mbuf *burst[BURST];
	unsigned long number = 0;

	while (!pkts_port_ended(port, NULL, NULL)) {
		const uint16_t n = pkts_port_rx_burst(port, burst, BURST);
		for (uint16_t i = 0; i < n; i++) {
			number++;
			if (burst[i]->pkt_len <= LONGEST)
				take(path, number, burst[i]);
		}
		rte_pktmbuf_free_bulk(burst, n);
	}
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const struct pkts_port_conf conf = {.pool = pool};
	struct pkts_port *port;
	char name[4096];

	(void)st;
	(void)ftw;
	snprintf(name, sizeof(name), "pcap:%s", path);
	if (type != FTW_F || pkts_port_open(&port, name, &conf, NULL))
		return 0;
	if (pkts_port_activate(port, NULL, NULL) == 0) {
		counted.captures++;
		take_all(path, port);
	}
	pkts_port_close(port, NULL);
	return 0;
}

static void start(void)
{
	struct pkts_error err;

	if (pkts_runtime_init(NULL, &err)) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	pool = rte_pktmbuf_pool_create(
		"text", 2047, 0, 0, RTE_PKTMBUF_HEADROOM + 2048, SOCKET_ID_ANY);
	if (!pool)
		exit(1);
}

int main(int argc, char **argv)
{
	bool missing = false;

	start();
	for (int i = 1; i < argc; i++)
		if (nftw(argv[i], visit, 16, FTW_PHYS)) {
			printf("SKIP: %s: %s\n", argv[i], strerror(errno));
			missing = true;
		}
	printf("captures %lu, packets %lu, characters %lu: not the same bytes %lu; layers all "
	       "known %lu, of these with a layer as bytes %lu\n",
		counted.captures, counted.packets, counted.characters, counted.different,
		counted.decoded, counted.bytes);
	if (counted.packets == 0 || counted.different || counted.bytes * 200 >= counted.decoded)
		return 1;
	return missing ? 77 : 0;
}
