/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* pkts-dump: shows, counts and writes the packets of captures and live ports. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "defrag.h"
#include "descriptors.h"
#include "dump_options.h"
#include "ends.h"
#include "fd_sink.h"
#include "interfaces.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "say.h"
#include "signals.h"
#include "start.h"
#include "stats.h"

#define BURST	64
#define WAIT_MS 200 /* also how long a signal may go unnoticed if another thread gets it */

/* What a user is told of a port depends on what stands behind it. */
struct wording {
	const char *driver;
	const char *got, *errors;
	const char *loser; /* who drops packets that nobody reads in time; NULL: nobody, a file
			      waits */
};

struct dump {
	struct dump_options options;
	bool print, decode; /* whether packets have to be printed, and looked into at all */
	struct pkts_port *source, *target;
	uint64_t received; /* what -c counts */
	/* of them handled so far: without fragments, whole datagrams in their place */
	uint64_t packets;
	int status;
	struct progress progress;
	struct defrag defrag;
	struct stats stats;
	struct pkts_packet decoded[BURST];
	struct fd_sink out;
};

static void fail(struct dump *d, const struct pkts_error *err)
{
	progress_clear(&d->progress);
	say("%s", err->text);
	d->status = 1;
}

static void look(struct dump *d, const struct rte_mbuf *m, const struct pkts_packet *packet)
{
	uint8_t sums[PKTS_PACKET_LAYERS];
	const uint8_t *const checksums = d->options.no_checksums ? NULL : sums;

	for (unsigned i = 0; checksums && i < packet->n; i++)
		sums[i] = (uint8_t)pkts_mbuf_checksum(m, packet, i);
	if (d->options.stats)
		stats_count(&d->stats, packet, pkts_mbuf_meta(m).wire_len, checksums);
	if (d->print)
		output_packet(&d->out.sink, &d->options, m, packet, d->packets, checksums);
}

/* The target may refuse packets at its end; nobody else wants them then. */
static void give_away(struct dump *d, struct rte_mbuf **m, uint16_t n)
{
	const uint16_t taken = d->target ? pkts_port_tx_burst(d->target, m, n) : 0;

	if (taken < n)
		rte_pktmbuf_free_bulk(m + taken, n - taken);
}

/* Captures of short packets often end in the options of TCP. */
static const struct pkts_decoder decoder = {.cut_options = true};

/* Decodes all, and leaves those that there is something to be said of: with --defrag no fragments. */
static uint16_t decode(struct dump *d, struct rte_mbuf **m, uint16_t n)
{
	if (d->options.defrag)
		return defrag_burst(&d->defrag, m, d->decoded, n);
	pkts_mbuf_decode_burst(&decoder, m, d->decoded, n);
	return n;
}

static void handle(struct dump *d, struct rte_mbuf **m, uint16_t n)
{
	d->received += n;
	if (d->decode) {
		n = decode(d, m, n);
		for (uint16_t i = 0; i < n; i++) {
			d->packets++;
			look(d, m[i], &d->decoded[i]);
		}
	} else {
		d->packets += n;
	}
	give_away(d, m, n);
}

/* How many packets may come now: -c is exact. */
static uint16_t wanted(const struct dump *d)
{
	const uint64_t left = d->options.count ? d->options.count - d->received : BURST;
	return (uint16_t)PKTS_MIN(left, BURST);
}

/* True if there is no use in going on. */
static bool done(const struct dump *d)
{
	return signals_stop() || d->out.code || wanted(d) == 0 ||
	       (d->target && pkts_port_ended(d->target, NULL, NULL));
}

/* Nothing came. True if nothing ever will. Whoever reads the output gets it before we sleep. */
static bool idle(struct dump *d)
{
	if (pkts_port_ended(d->source, NULL, NULL))
		return true;
	if (d->out.prompt)
		fd_sink_flush(&d->out);
	pkts_port_wait(d->source, WAIT_MS);
	return false;
}

static void receive(struct dump *d)
{
	struct rte_mbuf *m[BURST];

	while (!done(d)) {
		const uint16_t n = pkts_port_rx_burst(d->source, m, wanted(d));
		if (n)
			handle(d, m, n);
		else if (idle(d))
			break;
		progress_tick(&d->progress, d->source, d->packets);
	}
	progress_clear(&d->progress);
}

/* A reader that has seen enough, as in `pkts-dump ... | head`, is no failure. */
static void finish_target(struct dump *d)
{
	struct pkts_error err;
	const int code = pkts_port_close(d->target, &err);

	if (code && !(code == -EPIPE && strcmp(d->options.write, "-") == 0))
		fail(d, &err);
}

static void finish_source(struct dump *d)
{
	struct pkts_error err;
	int code = 0;

	if (d->source && pkts_port_ended(d->source, &code, &err) && code)
		fail(d, &err);
}

static const struct wording *wording(const struct dump *d)
{
	static const struct wording rows[] = {
		{"af_packet", "captured", "receive errors", "the kernel"},
		{"ethdev", "captured", "receive errors", "the NIC"},
		{"pcap", "read", "damaged records", NULL},
	};
	const char *const driver = d->source ? pkts_port_driver(d->source) : "pcap";
	unsigned i = 0;

	while (i + 1 < PKTS_ARRAY_LEN(rows) && strcmp(rows[i].driver, driver) != 0)
		i++;
	return &rows[i];
}

static bool is_live(const struct dump *d)
{
	return wording(d)->loser != NULL;
}

/* What was lost, and where, is added only if something was. */
static void say_counts(const struct dump *d, const struct pkts_port_stats *c)
{
	const struct wording *const w = wording(d);
	const struct {
		uint64_t n;
		const char *what;
	} rare[] = {
		{c->rx_filtered, "did not match"},
		{c->rx_unfit, "of link types that the filter does not know"},
		{c->rx_nombuf, "lost for want of buffers"},
		{c->rx_errors, w->errors},
	};
	char more[240] = "";
	size_t n = 0;

	if (w->loser)
		n += (size_t)snprintf(
			more, sizeof(more), ", %" PRIu64 " dropped by %s", c->rx_dropped, w->loser);
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rare); i++)
		if (rare[i].n)
			n += (size_t)snprintf(more + n, sizeof(more) - n, ", %" PRIu64 " %s",
				rare[i].n, rare[i].what);
	say("%" PRIu64 " packets %s%s", d->packets, w->got, more);
}

/* There is no source if the user would not wait for it. */
static void finish(struct dump *d)
{
	const struct defrag_stats defrag = defrag_stats(&d->defrag);
	struct pkts_port_stats capture = {0};

	if (d->source)
		pkts_port_stats(d->source, &capture);
	if (d->options.stats)
		stats_put(&d->out.sink, &d->stats, &capture, d->options.defrag ? &defrag : NULL);
	if (!fd_sink_finish(&d->out))
		d->status = 1;
	finish_target(d);
	if (!d->options.quiet && (is_live(d) || signals_stop()))
		say_counts(d, &capture);
	finish_source(d);
}

/* Ports first, so that nothing is overwritten for a run that cannot be. */
static bool open_ends(struct dump *d)
{
	struct pkts_error err;
	int ret = ends_open_source(&d->source, &d->options, &err);

	if (ret == 0)
		ret = ends_open_target(&d->target, &d->options, &err);
	if (ret == -EINTR && signals_stop())
		return true;
	if (ret)
		fail(d, &err);
	return ret == 0;
}

static bool create_defrag(struct dump *d)
{
	const struct defrag_conf conf = {
		.decoder = &decoder,
		.policy = d->options.policy,
		.min_ttl = (uint8_t)d->options.min_ttl,
	};
	struct pkts_error err;
	const int ret = d->options.defrag ? defrag_init(&d->defrag, &conf, &err) : 0;

	if (ret)
		fail(d, &err);
	return ret == 0;
}

/* From this line on nothing is missed. */
static void say_listening(const struct dump *d)
{
	if (strcmp(wording(d)->driver, "ethdev") == 0 && start_notice())
		say("%s", start_notice());
	say("listening on %s; Ctrl-C ends", d->options.port);
}

static void begin(struct dump *d)
{
	const struct dump_options *const o = &d->options;

	d->print = dump_options_print(o);
	d->decode = d->print || o->stats || o->defrag;
	if (is_live(d) && !o->quiet && !signals_stop())
		say_listening(d);
	progress_init(
		&d->progress, !is_live(d) && !o->quiet && !(d->print && isatty(STDOUT_FILENO)));
}

static int dump(struct dump *d)
{
	fd_sink_init(&d->out, STDOUT_FILENO);
	if (open_ends(d) && create_defrag(d)) {
		begin(d);
		receive(d);
		finish(d);
	}
	defrag_fini(&d->defrag);
	pkts_port_close(d->source, NULL);
	start_undo();
	free(d->options.filter);
	return d->status;
}

/* A runtime that does not start only means that there are no DPDK devices to list. */
static int list(const struct dump_options *o)
{
	struct pkts_error err;

	if (start_runtime("pkts-dump", NULL, o->eal, &err) && o->eal) {
		say("%s", err.text);
		return 1;
	}
	const int status = interfaces_list();
	start_undo();
	return status;
}

int main(int argc, char **argv)
{
	static struct dump d;

	descriptors_hold();
	say_as("pkts-dump");
	if (dump_options_read(&d.options, argc, argv))
		return 2;
	if (d.options.help)
		return dump_options_help();
	if (d.options.version)
		return options_version("pkts-dump");
	if (d.options.interfaces)
		return list(&d.options);
	return dump(&d);
}
