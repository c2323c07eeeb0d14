/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Claims: TCP segments in order cost 25 ns each at most on top of decoding and finding their
 * connection, and none of their bytes is copied; with 5 % of them late and 1 % lost and sent again
 * the whole takes a quarter more at most; libnids and libtins' StreamFollower take ten times as long
 * at least.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpu_time.h"
#include "pkts_error.h"
#include "spread.h"
#include "streams.h"

#define CONNECTIONS    400
#define SEGMENTS       64
#define LATE_PERCENT   5
#define LOST_PERCENT   1
#define ROUNDS	       31
#define ROUNDS_MIN     11
#define ROUNDS_MAX     1001
#define SEGMENT_MOST   25.0
#define DISTURBED_MOST 1.25
#define PEERS_LEAST    10.0

enum { LOOKUP, PKTS, NIDS, TINS, WAYS };

static const struct {
	const char *name;
	streams_fn *run;
	unsigned passes; /* a round: turns of about the same length */
} ways[WAYS] = {
	[LOOKUP] = {"pkts_decode, flow lookup", streams_lookup, 16},
	[PKTS] = {"the same, pkts_tcp_seq_put_get", streams_with_pkts, 16},
	[NIDS] = {"libnids", streams_with_nids, 1},
	[TINS] = {"libtins StreamFollower", streams_with_tins, 1},
};

/* A capture, and what its rounds gave. */
struct work {
	const char *name;
	struct conversations c;
	struct streams_out delivered[WAYS];
	double ns[WAYS][ROUNDS_MAX]; /* CPU time a frame */
};

struct options {
	const char *file;
	unsigned rounds;
};

/* CPU time a frame, in ns. */
static double measure(const struct work *w, int way, struct streams_out *out)
{
	const unsigned passes = ways[way].passes;
	double ns = 0;

	for (unsigned i = 0; i < passes; i++) {
		*out = (struct streams_out){.content = false};
		const double start = cpu_time();
		ways[way].run(&w->c, out);
		ns += cpu_time() - start;
	}
	return ns / passes / w->c.n;
}

static bool same_bytes(const struct work *w)
{
	const struct streams_out *const d = w->delivered;

	return d[PKTS].bytes == d[NIDS].bytes && d[PKTS].sum == d[NIDS].sum &&
	       d[PKTS].bytes == d[TINS].bytes && d[PKTS].sum == d[TINS].sum;
}

/* Who delivers what. Content and order are looked at too, and not on the clock. */
static void deliver_all(struct work *w)
{
	for (int way = PKTS; way < WAYS; way++) {
		w->delivered[way] = (struct streams_out){.content = true};
		ways[way].run(&w->c, &w->delivered[way]);
	}
}

static void print_delivered(const struct work *w)
{
	const struct streams_out *const d = w->delivered;

	printf("%s: %u frames, %u connections\n  bytes delivered: pkts %" PRIu64
	       ", libnids %" PRIu64 ", libtins %" PRIu64 ": %s\n",
		w->name, w->c.n, d[PKTS].flows, d[PKTS].bytes, d[NIDS].bytes, d[TINS].bytes,
		same_bytes(w) ? "the same, in content and order" : "they DIFFER");
	printf("  pkts handed %" PRIu64 " of them out where they lay in the frame just put, "
	       "and held %" PRIu64 " frames\n",
		d[PKTS].borrowed, d[PKTS].held);
}

/* Rounds of all captures and all ways in turns. False if a way did not deliver what it did before. */
static bool measure_rounds(struct work *works, unsigned n, unsigned rounds)
{
	struct streams_out out;
	bool same = true;

	for (unsigned i = 0; i < rounds; i++)
		for (unsigned k = 0; k < n; k++)
			for (int way = 0; way < WAYS; way++) {
				works[k].ns[way][i] = measure(&works[k], way, &out);
				same = same && (way == LOOKUP ||
						       out.bytes == works[k].delivered[way].bytes);
			}
	return same;
}

static struct spread ratio(const double *a, const double *b, unsigned n)
{
	double v[ROUNDS_MAX];

	for (unsigned i = 0; i < n; i++)
		v[i] = a[i] / b[i];
	return spread_of(v, n);
}

/* What put_get costs a segment with data; the ACKs' share is counted with these. */
static struct spread on_top(const struct work *w, unsigned n)
{
	double v[ROUNDS_MAX];

	for (unsigned i = 0; i < n; i++)
		v[i] = (w->ns[PKTS][i] - w->ns[LOOKUP][i]) * w->c.n / w->c.segments;
	return spread_of(v, n);
}

static void print_times(const struct work *w, unsigned rounds)
{
	double ns[ROUNDS_MAX];

	printf("  %-38s %8s %8s %8s\n", "", "min", "median", "max");
	for (int way = 0; way < WAYS; way++) {
		memcpy(ns, w->ns[way], rounds * sizeof(ns[0]));
		spread_print(ways[way].name, spread_of(ns, rounds), "ns of CPU time a frame");
	}
}

static bool compare(const struct work *w, unsigned rounds)
{
	const struct spread nids = ratio(w->ns[NIDS], w->ns[PKTS], rounds);
	const struct spread tins = ratio(w->ns[TINS], w->ns[PKTS], rounds);

	print_delivered(w);
	print_times(w, rounds);
	spread_print("libnids / pkts", nids, "(at least 10)");
	spread_print("libtins / pkts", tins, "(at least 10)");
	return nids.median >= PEERS_LEAST && tins.median >= PEERS_LEAST;
}

/* In-order work: borrowed from the first to the last byte. */
static bool is_zero_copy(const struct work *w)
{
	const struct streams_out *const d = &w->delivered[PKTS];
	return d->borrowed == w->c.bytes && d->held == 0;
}

static bool run_made(unsigned rounds)
{
	static struct work works[2] = {{.name = "in order"}, {.name = "5 % late, 1 % lost"}};
	const struct disturbance how[2] = {{0, 0}, {LATE_PERCENT, LOST_PERCENT}};
	bool good = true;

	for (unsigned i = 0; i < 2; i++) {
		if (!conversations_make(&works[i].c, CONNECTIONS, SEGMENTS, how[i]))
			return false;
		deliver_all(&works[i]);
		good = good && same_bytes(&works[i]) &&
		       works[i].delivered[PKTS].bytes == works[i].c.bytes;
	}
	good = measure_rounds(works, 2, rounds) && good;
	for (unsigned i = 0; i < 2; i++)
		good = compare(&works[i], rounds) && good;
	const struct spread extra = on_top(&works[0], rounds);
	const struct spread held = ratio(works[1].ns[PKTS], works[0].ns[PKTS], rounds);
	printf("together\n");
	spread_print("put_get in order", extra, "ns a segment with data (at most 25)");
	spread_print("put_get disturbed", on_top(&works[1], rounds), "ns a segment with data");
	spread_print("disturbed / in order", held, "(at most 1.25)");
	printf("  in order, bytes copied: %s\n", is_zero_copy(&works[0]) ? "none" : "SOME");
	good = good && is_zero_copy(&works[0]) && extra.median <= SEGMENT_MOST &&
	       held.median <= DISTURBED_MOST;
	printf("%s\n", good ? "The claims hold." : "A claim does NOT hold.");
	for (unsigned i = 0; i < 2; i++)
		conversations_free(&works[i].c);
	return good;
}

/* Others may lose bytes, or follow fewer connections: of a capture the figures are for reading. */
static bool run_capture(const char *file, unsigned rounds)
{
	static struct work work;
	struct pkts_error err;

	work.name = file;
	const bool good = conversations_load(&work.c, file, &err) && work.c.n;
	if (good) {
		deliver_all(&work);
		measure_rounds(&work, 1, rounds);
		compare(&work, rounds);
	} else {
		fprintf(stderr, "bench_streams: %s\n", err.text);
	}
	conversations_free(&work.c);
	return good;
}

static bool parse(int argc, char **argv, struct options *o)
{
	for (int c; (c = getopt(argc, argv, "n:")) != -1;) {
		if (c != 'n')
			return false;
		o->rounds = (unsigned)strtoul(optarg, NULL, 10);
	}
	if (optind < argc)
		o->file = argv[optind++];
	return optind == argc && o->rounds >= ROUNDS_MIN && o->rounds <= ROUNDS_MAX;
}

int main(int argc, char **argv)
{
	struct options o = {.rounds = ROUNDS};

	if (!parse(argc, argv, &o)) {
		fprintf(stderr, "usage: bench_streams [-n ROUNDS, %d to %d] [CAPTURE]\n",
			ROUNDS_MIN, ROUNDS_MAX);
		return 2;
	}
	if (streams_pkts_init() || !streams_nids_init()) {
		fprintf(stderr, "bench_streams: no memory\n");
		return 1;
	}
	const bool good = o.file ? run_capture(o.file, o.rounds) : run_made(o.rounds);
	streams_nids_fini();
	streams_pkts_fini();
	return !good;
}
