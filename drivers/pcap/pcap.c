/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Capture files as ports. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "capture.h"
#include "driver.h"
#include "pkts_drivers.h"
#include "pkts_filter.h"
#include "pkts_mbuf_compose.h"
#include "writer.h"

#define SPARES	 64   /* mbufs allocated at once */
#define PATIENCE 4096 /* records that do not match, looked at in one burst */

struct reader_port {
	struct pkts_port port;
	struct pkts_filter *filter;
	bool active;
	uint32_t snaplen;
	unsigned spares;
	struct rte_mbuf *spare[SPARES];
	struct pkts_port_stats stats;
	struct capture capture;
};

struct writer_port {
	struct pkts_port port;
	struct pkts_port_stats stats;
	struct writer writer;
};

static struct reader_port *reader(struct pkts_port *port)
{
	return (struct reader_port *)port;
}

static struct writer_port *writer(struct pkts_port *port)
{
	return (struct writer_port *)port;
}

static struct rte_mbuf *take_spare(struct reader_port *r)
{
	if (PKTS_LIKELY(r->spares))
		return r->spare[--r->spares];
	if (rte_pktmbuf_alloc_bulk(r->port.pool, r->spare, SPARES))
		return rte_pktmbuf_alloc(r->port.pool); /* a small pool, or a nearly empty one */
	r->spares = SPARES - 1;
	return r->spare[SPARES - 1];
}

/* Adds a segment behind `last` for what did not fit. */
static struct rte_mbuf *add_segment(
	struct reader_port *r, struct rte_mbuf *first, struct rte_mbuf *last)
{
	struct rte_mbuf *m = take_spare(r);

	if (!m)
		return NULL;
	last->next = m;
	first->nb_segs++;
	return m;
}

static void put_segment(struct rte_mbuf *m, const uint8_t *data, uint16_t n)
{
	memcpy(rte_pktmbuf_mtod(m, void *), data, n);
	m->data_len = n;
}

/* The bytes as a chain of mbufs; NULL if there are no more of these. */
static struct rte_mbuf *copy_to_chain(struct reader_port *r, const uint8_t *data, uint32_t len)
{
	struct rte_mbuf *first = take_spare(r);
	struct rte_mbuf *m = first;

	if (PKTS_UNLIKELY(!first))
		return NULL;
	first->pkt_len = len;
	for (;;) {
		const uint16_t n = (uint16_t)PKTS_MIN(len, rte_pktmbuf_tailroom(m));
		put_segment(m, data, n);
		data += n;
		len -= n;
		if (PKTS_LIKELY(!len))
			return first;
		m = add_segment(r, first, m);
		if (!m) {
			rte_pktmbuf_free(first);
			return NULL;
		}
	}
}

static struct rte_mbuf *to_mbuf(struct reader_port *r, const struct record *rec)
{
	struct rte_mbuf *m = copy_to_chain(r, rec->data, PKTS_MIN(rec->len, r->snaplen));

	if (PKTS_UNLIKELY(!m))
		return NULL;
	if (rec->timed)
		pkts_mbuf_set_timestamp(m, rec->time);
	pkts_mbuf_set_meta(m,
		(struct pkts_mbuf_meta){
			.wire_len = rec->wire_len, .link = rec->link, .interface = rec->interface});
	return m;
}

static bool matches(struct reader_port *r, const struct record *rec)
{
	return pkts_filter_match_bytes(r->filter, rec->link, rec->data, rec->len, rec->wire_len);
}

/*
 * The next record that matches; those that do not are taken, a limited number of them at once, so
 * that the caller is not kept from its other work by a long file. As capture_next().
 */
static int next_match(struct reader_port *r, struct record *rec, unsigned *patience)
{
	int ret;

	while ((ret = capture_next(&r->capture, rec)) == 1 && r->filter && !matches(r, rec)) {
		capture_take(&r->capture, rec);
		if (pkts_filter_fits(r->filter, rec->link))
			r->stats.rx_filtered++;
		else
			r->stats.rx_unfit++;
		if (--*patience == 0)
			return 0;
	}
	return ret;
}

static uint16_t reader_rx_burst(struct pkts_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	struct reader_port *r = reader(port);
	struct record rec;
	unsigned patience = PATIENCE;
	uint16_t got = 0;

	if (!r->active)
		return 0;
	while (got < n && next_match(r, &rec, &patience) == 1) {
		struct rte_mbuf *m = to_mbuf(r, &rec);
		if (!m)
			break; /* nothing is lost: the record is still the next one */
		capture_take(&r->capture, &rec);
		r->stats.rx_bytes += m->pkt_len;
		pkts[got++] = m;
	}
	r->stats.rx_packets += got;
	return got;
}

static uint16_t reader_tx_burst(struct pkts_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	(void)port;
	(void)pkts;
	(void)n;
	return 0;
}

static int reader_activate(struct pkts_port *port, const char *expression, struct pkts_error *err)
{
	struct reader_port *r = reader(port);
	struct pkts_filter *filter;
	const int ret =
		pkts_filter_create(&filter, expression, capture_first_link(&r->capture), err);

	if (ret)
		return ret;
	pkts_filter_destroy(r->filter);
	r->filter = filter;
	r->active = true;
	return 0;
}

static int reader_deactivate(struct pkts_port *port, struct pkts_error *err)
{
	(void)err;
	reader(port)->active = false;
	return 0;
}

static bool reader_wait(struct pkts_port *port, int timeout_ms)
{
	struct reader_port *r = reader(port);
	struct pollfd p = {.fd = r->capture.in.fd, .events = POLLIN};

	if (r->capture.in.regular || r->capture.in.state != STREAM_AGAIN)
		return true;
	return poll(&p, 1, timeout_ms) > 0;
}

static bool reader_ended(const struct pkts_port *port, int *code, struct pkts_error *err)
{
	const struct capture *c = &((const struct reader_port *)port)->capture;

	if (!c->ended)
		return false;
	*code = c->code;
	if (err && c->code)
		*err = c->why;
	return true;
}

static void reader_progress(const struct pkts_port *port, uint64_t *done, uint64_t *all)
{
	const struct stream *s = &((const struct reader_port *)port)->capture.in;

	*done = s->gzip || !s->regular ? s->raw_done : s->offset - s->skip;
	*all = s->raw_size;
}

static void reader_stats(struct pkts_port *port, struct pkts_port_stats *stats)
{
	const struct reader_port *r = reader(port);

	*stats = r->stats;
	stats->rx_errors = r->capture.ended && r->capture.code;
}

static int reader_close(struct pkts_port *port, struct pkts_error *err)
{
	struct reader_port *r = reader(port);

	(void)err;
	rte_pktmbuf_free_bulk(r->spare, r->spares);
	pkts_filter_destroy(r->filter);
	capture_close(&r->capture);
	pkts_port_free(port);
	return 0;
}

static const struct pkts_port_ops reader_ops = {
	.name = "pcap",
	.activate = reader_activate,
	.deactivate = reader_deactivate,
	.rx_burst = reader_rx_burst,
	.tx_burst = reader_tx_burst,
	.wait = reader_wait,
	.ended = reader_ended,
	.progress = reader_progress,
	.stats = reader_stats,
	.close = reader_close,
	.patient = true,
};

static uint16_t writer_rx_burst(struct pkts_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	(void)port;
	(void)pkts;
	(void)n;
	return 0;
}

static uint16_t writer_tx_burst(struct pkts_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	struct writer_port *w = writer(port);
	uint64_t bytes = 0;
	uint16_t put = 0;

	for (uint16_t i = 0; i < n; i++) {
		/* A file is no hardware: the packets in it have their checksums. */
		if (pkts_mbuf_tx_finish(&pkts[i]) || !writer_put(&w->writer, pkts[i]))
			continue;
		put++;
		bytes += pkts[i]->pkt_len;
	}
	if (w->writer.out.prompt)
		sink_file_flush(&w->writer.out);
	rte_pktmbuf_free_bulk(pkts, n);
	w->stats.tx_packets += put;
	w->stats.tx_bytes += bytes;
	w->stats.tx_dropped += n - put;
	return n;
}

static int writer_activate(struct pkts_port *port, const char *expression, struct pkts_error *err)
{
	(void)expression;
	return pkts_error_set(err, -EINVAL,
		"%s was opened for writing: there is nothing to receive",
		writer(port)->writer.name);
}

static int writer_deactivate(struct pkts_port *port, struct pkts_error *err)
{
	(void)port;
	(void)err;
	return 0;
}

static bool writer_wait(struct pkts_port *port, int timeout_ms)
{
	(void)port;
	(void)timeout_ms;
	return false;
}

static bool writer_ended(const struct pkts_port *port, int *code, struct pkts_error *err)
{
	const struct writer *w = &((const struct writer_port *)port)->writer;

	if (!w->out.code)
		return false;
	*code = pkts_error_set(
		err, w->out.code, "cannot write %s: %s", w->name, strerror(-w->out.code));
	return true;
}

static void writer_stats(struct pkts_port *port, struct pkts_port_stats *stats)
{
	*stats = writer(port)->stats;
}

static int writer_close_port(struct pkts_port *port, struct pkts_error *err)
{
	const int ret = writer_close(&writer(port)->writer, err);

	pkts_port_free(port);
	return ret;
}

static const struct pkts_port_ops writer_ops = {
	.name = "pcap",
	.activate = writer_activate,
	.deactivate = writer_deactivate,
	.rx_burst = writer_rx_burst,
	.tx_burst = writer_tx_burst,
	.wait = writer_wait,
	.ended = writer_ended,
	.stats = writer_stats,
	.close = writer_close_port,
};

static int open_reader(struct pkts_port **port, const char *name, const struct pkts_port_conf *conf,
	struct pkts_error *err)
{
	struct reader_port *r = pkts_port_new(sizeof(*r), &reader_ops, name, true, conf, err);
	if (!r)
		return -ENOMEM;
	r->snaplen = port_snaplen(conf);
	const int ret = capture_open(&r->capture, r->port.name, err);
	if (ret)
		pkts_port_free(&r->port);
	else
		*port = &r->port;
	return ret;
}

static int open_writer(struct pkts_port **port, const char *name, const struct pkts_port_conf *conf,
	struct pkts_error *err)
{
	struct writer_port *w = pkts_port_new(sizeof(*w), &writer_ops, name, false, conf, err);
	if (!w)
		return -ENOMEM;
	const int ret =
		writer_open(&w->writer, w->port.name, port_snaplen(conf), conf->comment, err);
	if (ret)
		pkts_port_free(&w->port);
	else
		*port = &w->port;
	return ret;
}

static int pcap_open(struct pkts_port **port, const char *name, const struct pkts_port_conf *conf,
	struct pkts_error *err)
{
	if (conf->mode == PKTS_PORT_READ_WRITE)
		return pkts_error_set(err, -EINVAL,
			"'%s' is a file: it is either read or written, not both at once", name);
	return (conf->mode == PKTS_PORT_WRITE ? open_writer : open_reader)(port, name, conf, err);
}

static bool has_suffix(const char *name)
{
	static const char *const suffixes[] = {".pcap", ".pcapng", ".cap", ".gz"};
	const size_t len = strlen(name);

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(suffixes); i++) {
		const size_t n = strlen(suffixes[i]);
		if (len > n && strcmp(name + len - n, suffixes[i]) == 0)
			return true;
	}
	return false;
}

/* "net_pcap0,rx_pcap=/tmp/x.pcap" ends as a file does. */
static bool is_device(const char *name)
{
	return strncmp(name, "net_", 4) == 0 && strchr(name, ',');
}

static bool pcap_claims(const char *name)
{
	struct stat st;

	if (is_device(name))
		return false;
	return strcmp(name, "-") == 0 || strchr(name, '/') || has_suffix(name) ||
	       (stat(name, &st) == 0 && !S_ISDIR(st.st_mode));
}

const struct pkts_port_ops pkts_pcap_driver = {
	.name = "pcap",
	.claims = pcap_claims,
	.open = pcap_open,
};
