/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Claim: finding and checking every layer of a frame and reading its 5-tuple by name costs no more
 * than rte_net_get_ptype() and casts, and a twelfth of what libtins takes at most.
 */
#include <inttypes.h>
#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpu_time.h"
#include "decode.h"
#include "frames.h"
#include "pkts_mbuf.h"
#include "pkts_runtime.h"
#include "spread.h"

#define HOT_FRAMES   1024  /* mbufs and headers fit the second-level cache */
#define LARGE_FRAMES 65536 /* they do not */
#define OTHER_BYTES  (128u << 20)
#define READ_FRAMES  16384 /* of a capture */
#define ROUNDS	     31
#define ROUNDS_MIN   21
#define ROUNDS_MAX   1001
#define RTE_MOST     1.0
#define TINS_LEAST   12.0

enum { PKTS, RTE, TINS, WAYS };

static const struct {
	const char *name;
	uint64_t (*run)(struct rte_mbuf **m, unsigned n);
} ways[WAYS] = {
	[PKTS] = {"pkts_mbuf_decode", decode_with_pkts},
	[RTE] = {"rte_net_get_ptype", decode_with_rte},
	[TINS] = {"libtins", decode_with_tins},
};

struct options {
	const char *file;
	unsigned rounds;
	bool verbose;
};

/* Some mbufs, worked on `passes` times a round. */
struct set {
	const char *name;
	struct rte_mbuf **m;
	unsigned n, passes;
	const uint8_t *other; /* OTHER_BYTES to fill the caches with before each round, or NULL */
};

/* What a set gave. */
struct result {
	struct spread ns[WAYS]; /* CPU time a packet */
	struct spread rte;	/* ours / rte_net_get_ptype, of the same round */
	struct spread tins;	/* libtins / ours */
	bool same;		/* all sums of all rounds are equal */
};

uint64_t decode_with_tins(struct rte_mbuf **m, unsigned n)
{
	struct decode_bytes bytes[DECODE_BURST];

	pkts_mbuf_fetch_first(m, n);
	for (unsigned i = 0; i < n; i++) {
		pkts_mbuf_fetch(m, i + PKTS_MBUF_FETCH, n);
		bytes[i] = (struct decode_bytes){rte_pktmbuf_mtod(m[i], uint8_t *), m[i]->data_len};
	}
	return decode_bytes_with_tins(bytes, n);
}

static uint64_t sum_of(const struct set *s, int way)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < s->n; i += DECODE_BURST)
		sum += ways[way].run(s->m + i, RTE_MIN(s->n - i, (unsigned)DECODE_BURST));
	return sum;
}

/* Else whoever comes next finds in cache what the one before it has read. */
static void fill_caches(const uint8_t *other)
{
	volatile uint8_t byte;

	for (size_t i = 0; i < OTHER_BYTES; i += RTE_CACHE_LINE_SIZE)
		byte = other[i];
	(void)byte;
}

/* CPU time a packet, in ns. */
static double measure(const struct set *s, int way, uint64_t *sum)
{
	if (s->other)
		fill_caches(s->other);
	const double start = cpu_time();

	*sum = 0;
	for (unsigned i = 0; i < s->passes; i++)
		*sum += sum_of(s, way);
	return (cpu_time() - start) / s->passes / s->n;
}

static void measure_rounds(const struct set *s, unsigned rounds, struct result *r)
{
	double ns[WAYS][ROUNDS_MAX], rte[ROUNDS_MAX], tins[ROUNDS_MAX];
	uint64_t sum[WAYS];

	r->same = true;
	for (int way = 0; way < WAYS; way++)
		measure(s, way, &sum[way]); /* not counted: pages, caches, the heap of libtins */
	for (unsigned i = 0; i < rounds; i++) {
		for (int way = 0; way < WAYS; way++)
			ns[way][i] = measure(s, way, &sum[way]);
		rte[i] = ns[PKTS][i] / ns[RTE][i];
		tins[i] = ns[TINS][i] / ns[PKTS][i];
		r->same = r->same && sum[PKTS] == sum[RTE] && sum[PKTS] == sum[TINS];
	}
	for (int way = 0; way < WAYS; way++)
		r->ns[way] = spread_of(ns[way], rounds);
	r->rte = spread_of(rte, rounds);
	r->tins = spread_of(tins, rounds);
}

static void print_result(const struct set *s, const struct result *r)
{
	printf("%s: %u frames, %u at a time, sums %s\n", s->name, s->n, DECODE_BURST,
		r->same ? "equal" : "DIFFERENT");
	printf("  %-34s %8s %8s %8s\n", "", "min", "median", "max");
	for (int way = 0; way < WAYS; way++)
		spread_print(ways[way].name, r->ns[way], "ns of CPU time a frame");
	spread_print("pkts / rte_net_get_ptype", r->rte, "(at most 1)");
	spread_print("libtins / pkts", r->tins, "(at least 12)");
}

static bool run_set(const struct set *s, unsigned rounds)
{
	struct result r;

	if (s->n == 0)
		return true;
	measure_rounds(s, rounds, &r);
	print_result(s, &r);
	return r.same && r.rte.median <= RTE_MOST && r.tins.median >= TINS_LEAST;
}

/* Which layers pkts finds in a frame: eth/ipv4/udp */
static void print_layers(struct rte_mbuf *m)
{
	struct pkts_packet packet;

	pkts_mbuf_decode(NULL, &m, &packet);
	for (unsigned i = 0; i < packet.n; i++)
		printf("%s%s", i ? "/" : "", pkts_proto_info(packet.layers[i].proto)->name);
	if (packet.stop)
		printf(" %s", pkts_reason_info(packet.stop)->name);
	printf("%s\n", packet.flags & PKTS_PACKET_FRAGMENT ? " fragment" : "");
}

struct agreement {
	unsigned all, tuples, only[WAYS], none;
};

/* Counts who is alone with what it read of a frame. True if nobody is. */
static bool compare(struct agreement *a, const uint64_t sum[WAYS])
{
	if (sum[PKTS] == sum[RTE] && sum[PKTS] == sum[TINS]) {
		a->all++;
		a->tuples += sum[PKTS] != 0;
		return true;
	}
	a->only[PKTS] += sum[RTE] == sum[TINS];
	a->only[RTE] += sum[PKTS] == sum[TINS];
	a->only[TINS] += sum[PKTS] == sum[RTE];
	a->none += sum[PKTS] != sum[RTE] && sum[PKTS] != sum[TINS] && sum[RTE] != sum[TINS];
	return false;
}

/* Puts the frames of which all read the same at the front. Returns how many these are. */
static unsigned sort_out(struct frames *f, struct agreement *a, bool verbose)
{
	unsigned alike = 0;

	for (unsigned i = 0; i < f->n; i++) {
		struct rte_mbuf *const m = f->m[i];
		uint64_t sum[WAYS];
		for (int way = 0; way < WAYS; way++)
			sum[way] = ways[way].run(&f->m[i], 1);
		if (compare(a, sum)) {
			f->m[i] = f->m[alike];
			f->m[alike++] = m;
		} else if (verbose) {
			printf("differs: frame %u of %u bytes: %" PRIx64 " %" PRIx64 " %" PRIx64
			       " ",
				i + 1, m->pkt_len, sum[PKTS], sum[RTE], sum[TINS]);
			print_layers(m);
		}
	}
	return alike;
}

static void print_agreement(const struct frames *f, const struct agreement *a)
{
	printf("%u frames (and %u that are not Ethernet or do not fit an mbuf)\n"
	       "  %u read alike by all three, %u of them with a 5-tuple\n"
	       "  %u read otherwise by pkts alone, %u by rte_net_get_ptype alone, %u by libtins "
	       "alone, "
	       "%u by each\n",
		f->n, f->left_out, a->all, a->tuples, a->only[PKTS], a->only[RTE], a->only[TINS],
		a->none);
}

static int add_copies(struct frames *f, unsigned originals)
{
	for (unsigned i = 0; i < LARGE_FRAMES; i++) {
		const int ret = frames_add_copy(f, f->m[i % originals]);
		if (ret)
			return ret;
	}
	return 0;
}

/* f: the frames that were read, and behind them the copies. */
static int run_sets(const struct frames *f, unsigned alike, const uint8_t *other, unsigned rounds)
{
	const unsigned hot = RTE_MIN(alike, (unsigned)HOT_FRAMES);
	struct rte_mbuf *sample[HOT_FRAMES];
	bool good = true;

	for (unsigned i = 0; i < hot; i++)
		sample[i] = f->m[(uint64_t)i * alike / hot];
	const struct set sets[] = {
		{"hot", sample, hot, LARGE_FRAMES / hot, NULL},
		{"beyond the caches", f->m + f->n - LARGE_FRAMES, LARGE_FRAMES, 1, other},
	};
	for (unsigned i = 0; i < RTE_DIM(sets); i++)
		good = run_set(&sets[i], rounds) && good;
	printf("%s\n", good ? "The claims hold." : "A claim does NOT hold.");
	return !good;
}

static int copy_and_run(struct frames *f, unsigned alike, unsigned rounds)
{
	uint8_t *const other = malloc(OTHER_BYTES);
	int status = 1;

	if (other && alike && !add_copies(f, alike)) {
		memset(other, 1, OTHER_BYTES); /* pages of its own, all of them */
		status = run_sets(f, alike, other, rounds);
	} else {
		fprintf(stderr, "bench_decode: no frames to measure, or no memory for them\n");
	}
	free(other);
	return status;
}

static int run(const struct options *o)
{
	struct agreement agreement = {0};
	struct pkts_error err;
	struct frames f;
	int status = 1;

	if (frames_init(&f, READ_FRAMES + LARGE_FRAMES)) {
		fprintf(stderr, "bench_decode: no memory for %u mbufs\n",
			READ_FRAMES + LARGE_FRAMES);
	} else if (frames_load(&f, o->file, READ_FRAMES, &err)) {
		fprintf(stderr, "bench_decode: %s\n", err.text);
	} else {
		const unsigned alike = sort_out(&f, &agreement, o->verbose);
		print_agreement(&f, &agreement);
		status = copy_and_run(&f, alike, o->rounds);
	}
	frames_free(&f);
	return status;
}

static bool parse(int argc, char **argv, struct options *o)
{
	for (int c; (c = getopt(argc, argv, "n:v")) != -1;) {
		if (c == 'n')
			o->rounds = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'v')
			o->verbose = true;
		else
			return false;
	}
	if (optind < argc)
		o->file = argv[optind++];
	return optind == argc && o->rounds >= ROUNDS_MIN && o->rounds <= ROUNDS_MAX;
}

int main(int argc, char **argv)
{
	const struct pkts_runtime_conf conf = {.program = "bench_decode", .memory_mb = 512};
	struct options o = {.file = BENCH_CAPTURE, .rounds = ROUNDS};
	struct pkts_error err;

	if (!parse(argc, argv, &o)) {
		fprintf(stderr, "usage: bench_decode [-n ROUNDS, %d to %d] [-v] [CAPTURE]\n",
			ROUNDS_MIN, ROUNDS_MAX);
		return 2;
	}
	if (pkts_runtime_init(&conf, &err)) {
		fprintf(stderr, "bench_decode: %s\n", err.text);
		return 1;
	}
	printf("%s, %s\n", o.file, pkts_runtime_hugepages() ? "hugepages" : "no hugepages");
	const int status = run(&o);
	pkts_runtime_fini();
	return status;
}
