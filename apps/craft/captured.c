/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "captured.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkts_mbuf.h"
#include "signals.h"
#include "source.h"

#define WAIT_MS 200
#define BURST	64u

/* The last colon ends the name. */
static int split(const char *from, char *name, uint64_t *number, struct pkts_error *err)
{
	const char *const colon = strrchr(from, ':');
	const char *const digits = colon ? colon + 1 : "";
	const size_t n = colon ? (size_t)(colon - from) : 0;
	char *end;

	errno = 0;
	*number = strtoull(digits, &end, 10);
	if (n == 0 || n >= SOURCE_NAME_MAX || !*digits ||
		strspn(digits, "0123456789") != (size_t)(end - digits) || *end || errno ||
		*number == 0) {
		snprintf(err->text, sizeof(err->text),
			"--from %.200s: a file and the number of a packet in it, from 1, are "
			"wanted: trace.pcapng:3",
			from);
		return -EINVAL;
	}
	memcpy(name, from, n);
	name[n] = 0;
	return 0;
}

static int refuse_number(const char *name, uint64_t number, uint64_t there, struct pkts_error *err)
{
	snprintf(err->text, sizeof(err->text),
		"'%.300s' has %" PRIu64 " packets: there is no packet %" PRIu64, name, there,
		number);
	return -ENOENT;
}

static void take(struct made *made, const struct rte_mbuf *m)
{
	const struct pkts_mbuf_meta meta = pkts_mbuf_meta(m);

	made->len = PKTS_MIN(m->pkt_len, FRAME_MAX);
	pkts_mbuf_read(m, 0, made->len, made->data);
	made->wire = meta.wire_len;
	made->link = meta.link;
	made->first = pkts_link_proto(meta.link);
	made->ns = pkts_mbuf_timestamp(m);
}

/* True once the packet that made->number asks for is there. */
static bool look(struct made *made, struct rte_mbuf **m, uint16_t n, uint64_t *seen)
{
	const bool is_here = made->number <= *seen + n;

	if (is_here)
		take(made, m[made->number - *seen - 1]);
	rte_pktmbuf_free_bulk(m, n);
	*seen += n;
	return is_here;
}

static int find(struct pkts_port *port, const char *name, struct made *made, struct pkts_error *err)
{
	struct rte_mbuf *m[BURST];
	uint64_t seen = 0;
	int code = 0;

	while (!signals_stop()) {
		const uint16_t n = pkts_port_rx_burst(port, m, BURST);
		if (n && look(made, m, n, &seen))
			return 0;
		if (n == 0 && pkts_port_ended(port, &code, err))
			return code ? code : refuse_number(name, made->number, seen, err);
		if (n == 0)
			pkts_port_wait(port, WAIT_MS);
	}
	return -EINTR;
}

int captured_read(const struct craft_options *o, struct made *made, struct pkts_error *err)
{
	char name[SOURCE_NAME_MAX];
	const struct source_conf conf = {.program = "pkts-craft", .read = name, .eal = o->eal};
	struct pkts_port *port = NULL;
	int ret = split(o->from, name, &made->number, err);

	if (ret)
		return ret;
	ret = source_open(&port, &conf, err);
	if (ret == 0)
		ret = find(port, name, made, err);
	pkts_port_close(port, NULL);
	return ret;
}
