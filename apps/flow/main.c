/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* pkts-flow: conversations of captures and live ports, and their streams put back together. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "datagrams.h"
#include "descriptors.h"
#include "flow_options.h"
#include "folder.h"
#include "options.h"
#include "pkts_reassembly.h"
#include "progress.h"
#include "say.h"
#include "sessions.h"
#include "signals.h"
#include "source.h"
#include "start.h"
#include "streams.h"
#include "wall_clock.h"

#define BURST	64
#define WAIT_MS 200 /* also how long a signal may go unnoticed if another thread gets it */

#define MIB	       (UINT64_C(1) << 20)
#define BUFFER	       (RTE_MBUF_DEFAULT_BUF_SIZE + sizeof(struct rte_mbuf))
#define BUFFERS_FREE   2047 /* for packets that nobody keeps */
#define OTHER_MEMORY   128  /* MiB: what does not grow with --mem */
#define FRAGMENTS_PART 4    /* of the memory for packets, a fourth is for fragments */

struct flow {
	struct flow_options options;
	struct pkts_port *source;
	struct folder folder;
	struct streams *streams;   /* NULL: nobody asked for them */
	struct sessions *sessions; /* likewise */
	struct datagrams datagrams;
	struct pkts_mbuf_defrag defrag;
	struct rte_mempool *pool;
	uint64_t packets, now;
	uint64_t bad_checksums;
	int status;
	struct progress progress;
};

static bool is_live(const struct flow *f)
{
	return f->options.port != NULL;
}

static void fail(struct flow *f, const char *text)
{
	progress_clear(&f->progress);
	say("%s", text);
	f->status = 1;
}

/* packets */

/* Sequences want a time that does not go back; captures do not always have one. */
static void advance(struct flow *f, const struct rte_mbuf *m)
{
	const uint64_t stamp = m ? pkts_mbuf_timestamp(m) : 0;
	const uint64_t t = stamp || !is_live(f) ? stamp : wall_clock();

	f->now = PKTS_MIN(t, f->now) == f->now ? t : f->now;
}

static void on_datagram(void *ctx, const struct pkts_datagram *datagram)
{
	struct flow *const f = ctx;

	datagrams_add(&f->datagrams, datagram, f->packets);
}

static void on_events(void *ctx, const struct pkts_packet *packet, unsigned i, uint64_t events)
{
	struct flow *const f = ctx;
	const struct sessions_fragment fragment = {packet, i, events, f->packets, f->now};

	if (f->sessions)
		sessions_note_fragment(f->sessions, &fragment);
}

/* Of any layer: whoever receives such a packet drops it. */
static bool has_bad_checksum(
	struct flow *f, const struct rte_mbuf *m, const struct pkts_packet *packet)
{
	for (unsigned i = 0; i < packet->n; i++)
		if (pkts_mbuf_checksum(m, packet, i) == PKTS_CHECKSUM_BAD) {
			f->bad_checksums++;
			return true;
		}
	return false;
}

/* True if there is a packet to go on with. Checksums are looked at before fragments meet, and behind that. */
static bool take(struct flow *f, struct rte_mbuf **m, struct pkts_packet *packet)
{
	const bool verify = f->options.verify_checksums;
	bool good = true;

	if (verify) {
		pkts_mbuf_decode(f->defrag.decoder, m, packet);
		good = !has_bad_checksum(f, *m, packet);
	}
	const bool fragment = verify && packet->flags & PKTS_PACKET_FRAGMENT;
	if (good && !pkts_mbuf_defrag(&f->defrag, m, packet, 1, f->now))
		return false;
	if (good && fragment)
		good = !has_bad_checksum(f, *m, packet);
	if (!good)
		rte_pktmbuf_free(*m);
	return good;
}

/* One by one: each has its time, and datagrams the number of the packet that completed them. */
static uint16_t take_whole(struct flow *f, struct rte_mbuf **m, struct pkts_packet *packets,
	uint64_t *numbers, uint16_t n)
{
	uint16_t whole = 0;

	for (uint16_t i = 0; i < n; i++) {
		f->packets++;
		advance(f, m[i]);
		m[whole] = m[i];
		if (!take(f, &m[whole], &packets[whole]))
			continue;
		if (f->streams)
			streams_put(f->streams, &m[whole], &packets[whole], f->now);
		numbers[whole++] = f->packets;
	}
	return whole;
}

static void handle(struct flow *f, struct rte_mbuf **m, uint16_t n)
{
	struct pkts_packet packets[BURST];
	uint64_t numbers[BURST];
	const uint16_t whole = take_whole(f, m, packets, numbers, n);

	if (f->sessions)
		sessions_put(f->sessions, m, packets, numbers, whole);
	rte_pktmbuf_free_bulk(m, whole);
}

/* Of a capture, time is that of its packets. */
static void tick(struct flow *f)
{
	if (f->sessions)
		sessions_tick(f->sessions, is_live(f) ? wall_clock() : 0);
	if (f->streams && is_live(f))
		streams_tick(f->streams, f->now);
}

/* How many packets may come now: -c is exact. */
static uint16_t wanted(const struct flow *f)
{
	const uint64_t left = f->options.count ? f->options.count - f->packets : BURST;
	return (uint16_t)PKTS_MIN(left, BURST);
}

static bool done(const struct flow *f)
{
	return signals_stop() || f->folder.code || wanted(f) == 0 ||
	       (f->sessions && sessions_broken(f->sessions));
}

/* Nothing came. True if nothing ever will. */
static bool idle(struct flow *f)
{
	if (pkts_port_ended(f->source, NULL, NULL))
		return true;
	if (f->sessions)
		sessions_idle(f->sessions);
	pkts_port_wait(f->source, WAIT_MS);
	advance(f, NULL);
	return false;
}

static void receive(struct flow *f)
{
	struct rte_mbuf *m[BURST];

	while (!done(f)) {
		const uint16_t n = pkts_port_rx_burst(f->source, m, wanted(f));
		handle(f, m, n);
		if (n == 0 && idle(f))
			break;
		tick(f);
		progress_tick(&f->progress, f->source, f->packets);
	}
	progress_clear(&f->progress);
}

/* beginning and end */

static bool wants_sessions(const struct flow_options *o)
{
	return o->table || o->json || o->ipfix || o->top;
}

/* For packets: in ordinary pages each buffer takes a page of its own. */
static uint32_t buffers_mb(const struct flow_options *o)
{
	return (uint32_t)(o->mem * 5 / 2 + OTHER_MEMORY);
}

/* And there is what is known of each. */
static uint32_t memory_mb(const struct flow_options *o)
{
	return buffers_mb(o) + (wants_sessions(o) ? sessions_memory_mb(o) : 0) +
	       streams_memory_mb(o);
}

/* All of it may be touched one day: what the machine does not have would end other programs. */
static bool fits_machine(struct flow *f)
{
	const uint64_t wanted = memory_mb(&f->options), has = (uint64_t)sysconf(_SC_PHYS_PAGES) *
							      (uint64_t)sysconf(_SC_PAGESIZE) / MIB;
	char text[200];

	if (wanted <= has)
		return true;
	snprintf(text, sizeof(text),
		"this takes %" PRIu64 " MiB of memory, and the machine has %" PRIu64
		": give --max-sessions or --mem less",
		wanted, has);
	fail(f, text);
	return false;
}

static bool open_source(struct flow *f)
{
	const struct flow_options *const o = &f->options;
	const struct source_conf conf = {
		.program = "pkts-flow",
		.read = o->read,
		.port = o->port,
		.filter = o->filter,
		.eal = o->eal,
		.snaplen = (uint32_t)o->snaplen,
		.pool_size = (uint32_t)(o->mem * MIB / BUFFER) + BUFFERS_FREE,
		.memory_mb = buffers_mb(o),
		.no_promiscuous = o->no_promiscuous,
	};
	struct pkts_error err;
	const int ret = source_open(&f->source, &conf, &err);

	if (ret && !(ret == -EINTR && signals_stop()))
		fail(f, err.text);
	return ret == 0;
}

static bool create_defrag(struct flow *f, uint64_t bytes)
{
	struct pkts_ipfrag_conf conf = {
		.max_bytes = bytes,
		.policy4 = f->options.ip_policy,
		.policy6 = f->options.ip_policy,
		.min_ttl = (uint8_t)f->options.min_ttl,
		.hold = pkts_mbuf_holder,
	};
	static const struct pkts_decoder decoder = {.no_quotes = true, .cut_options = true};

	if (getrandom(conf.key, sizeof(conf.key), 0) != sizeof(conf.key))
		return false;
	f->defrag = (struct pkts_mbuf_defrag){
		.table = pkts_ipfrag_create(&conf, SOCKET_ID_ANY),
		.pool = pkts_mbuf_pool_create("pkts_flow_headers", BUFFERS_FREE, 0, SOCKET_ID_ANY),
		.decoder = &decoder,
		.on_datagram = on_datagram,
		.on_events = on_events,
		.ctx = f,
	};
	return f->defrag.table && f->defrag.pool;
}

static bool open_streams(struct flow *f, uint64_t bytes)
{
	if (folder_open(&f->folder, f->options.streams) == 0 &&
		(!f->options.datagrams || datagrams_open(&f->datagrams, &f->folder)))
		f->streams = streams_create(&f->options, is_live(f), bytes, &f->folder);
	if (!f->streams && f->folder.code)
		fail(f, f->folder.err.text);
	return f->streams != NULL;
}

static bool open_sessions(struct flow *f, uint64_t bytes)
{
	struct pkts_error err = {.text = ""};

	f->sessions = sessions_create(&f->options, bytes, &err);
	if (!f->sessions && *err.text)
		fail(f, err.text);
	return f->sessions != NULL;
}

/* Streams and sessions each hold what waits for them. */
static bool open_target(struct flow *f)
{
	const bool sessions = wants_sessions(&f->options), both = sessions && f->options.streams;
	const uint64_t bytes = f->options.mem * MIB, fragments = bytes / FRAGMENTS_PART;
	const uint64_t share = (bytes - fragments) / (both ? 2 : 1);

	if (create_defrag(f, fragments) && (!f->options.streams || open_streams(f, share)) &&
		(!sessions || open_sessions(f, share)))
		return true;
	if (f->status == 0)
		fail(f, "not enough memory: give --mem less, or --eal '-m MIB' more");
	return false;
}

static void begin(struct flow *f)
{
	if (is_live(f) && !f->options.quiet && !signals_stop())
		say("listening on %s; Ctrl-C ends", f->options.port);
	progress_init(&f->progress, !is_live(f) && !f->options.quiet);
}

/* What a user may wonder about is added only if it happened. */
static void say_counts(struct flow *f, struct streams_stats t, struct sessions_stats q)
{
	const struct pkts_ipfrag_stats frag = pkts_ipfrag_stats(f->defrag.table);
	const uint64_t given_up = frag.events[PKTS_SEQ_TIMEOUT] + frag.events[PKTS_SEQ_EVICTED];
	const uint64_t below = f->sessions ? q.min_ttl : t.min_ttl;
	const uint64_t waiting = frag.held - frag.released;
	struct pkts_port_stats c;
	char more[1200] = "";
	size_t n = 0;

	pkts_port_stats(f->source, &c);
	const struct {
		uint64_t n;
		const char *what;
	} rare[] = {
		{f->streams ? t.streams : 0, "streams"},
		{f->sessions ? q.flows : 0, "conversations"},
		{q.invalid, "packets invalid"},
		{q.suspect, "suspect"},
		{q.malformed, "with headers that cannot be read"},
		{q.gaps, "gaps in streams"},
		{q.conflicts, "pieces that contradict others"},
		{frag.dropped, "fragments dropped"},
		{given_up, "datagrams given up"},
		{waiting, "fragments of datagrams that are not complete"},
		{f->bad_checksums, "with wrong checksums left out"},
		{below, "with a TTL below --min-ttl left out"},
		{t.evicted, "streams ended early by --max-streams"},
		{q.evicted, "conversations ended early by --max-sessions"},
		{q.lost_records, "records that the collector did not take"},
		{q.refused, "packets of sources with too many conversations"},
		{q.no_stream, "connections beyond those whose bytes are followed"},
		{c.rx_dropped, "dropped because nobody read them in time"},
		{c.rx_nombuf + f->defrag.lost, "lost for want of buffers"},
	};
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rare); i++)
		if (rare[i].n && n < sizeof(more))
			n += (size_t)snprintf(more + n, sizeof(more) - n, ", %" PRIu64 " %s",
				rare[i].n, rare[i].what);
	if (is_live(f) || signals_stop() || f->sessions || f->bad_checksums || below || t.evicted ||
		frag.dropped || given_up || waiting || c.rx_dropped || c.rx_nombuf + f->defrag.lost)
		say("%" PRIu64 " packets%s", f->packets, more);
}

static void say_lost(struct flow *f, int why)
{
	char text[400];

	snprintf(text, sizeof(text), "--ipfix %.200s: the collector did not take all records%s%s",
		f->options.ipfix, why ? ": " : "", why ? strerror(-why) : "");
	fail(f, text);
}

/* The folder is closed before anybody is told how it went. */
static void finish(struct flow *f)
{
	struct streams_stats t = {.streams = 0};
	struct sessions_stats q = {.flows = 0};
	struct pkts_error err;
	int code = 0;

	if (f->sessions) {
		sessions_flush(f->sessions);
		q = sessions_stats(f->sessions);
		if (sessions_close(f->sessions))
			f->status = 1;
		if (q.lost)
			say_lost(f, q.why);
	}
	if (f->streams) {
		t = streams_stats(f->streams);
		streams_close(f->streams);
		datagrams_close(&f->datagrams);
		if (folder_close(&f->folder))
			fail(f, f->folder.err.text);
	}
	if (!f->options.quiet)
		say_counts(f, t, q);
	f->sessions = NULL;
	if (pkts_port_ended(f->source, &code, &err) && code)
		fail(f, err.text);
}

static int flow(struct flow *f)
{
	if (fits_machine(f) && open_source(f)) {
		if (open_target(f)) {
			begin(f);
			receive(f);
			finish(f);
		}
		pkts_ipfrag_destroy(f->defrag.table);
		rte_mempool_free(f->defrag.pool);
	}
	pkts_port_close(f->source, NULL);
	start_undo();
	free(f->options.filter);
	return f->status;
}

int main(int argc, char **argv)
{
	static struct flow f;

	descriptors_hold();
	say_as("pkts-flow");
	if (flow_options_read(&f.options, argc, argv))
		return 2;
	if (f.options.help)
		return flow_options_help();
	if (f.options.version)
		return options_version("pkts-flow");
	return flow(&f);
}
