/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Claim: composing a frame from specs costs at most 1.3 times what filling DPDK's headers by hand
 * does, with the same checksums, and a tenth of what libtins takes at most.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compose.h"
#include "spread.h"

#define JOBS	    512
#define PASSES	    64
#define PASSES_TINS 4
#define ROUNDS	    31
#define ROUNDS_MIN  21
#define ROUNDS_MAX  1001
#define RTE_MOST    1.3
#define TINS_LEAST  10.0

typedef uint32_t compose_fn(uint8_t *room, const struct compose_job *job);

enum { PKTS, RTE, TINS, WAYS };
static const char *const names[WAYS] = {"pkts_compose", "by hand, rte_*", "libtins"};

struct work {
	const char *name;
	uint32_t payload;
	compose_fn *ways[WAYS];
	bool tins_writes_less; /* see compose.h */
};

static const struct work works[] = {
	{"eth/ipv4 + 4 options/udp/18 bytes", 18,
		{compose_with_pkts, compose_with_rte, compose_with_tins}, true},
	{"eth/ipv4 + 4 options/udp/512 bytes", 512,
		{compose_with_pkts, compose_with_rte, compose_with_tins}, true},
	{"eth/ipv4 + 4 options/udp/1400 bytes", 1400,
		{compose_with_pkts, compose_with_rte, compose_with_tins}, true},
	{"eth/ipv4/tcp SYN + 4 options", 0, {syn_with_pkts, syn_with_rte, syn_with_tins}},
};

static uint8_t payload[1400];
static struct compose_job jobs[JOBS];
static uint8_t room[WAYS][COMPOSE_ROOM];

static void make_jobs(uint32_t len)
{
	for (uint32_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7 + 1);
	for (uint32_t i = 0; i < JOBS; i++)
		jobs[i] = (struct compose_job){.dst = {2, 0, 0, 0, 1, (uint8_t)i},
			.src = {2, 0, 0, 0, 2, (uint8_t)(i * 3)},
			.from = 0x0a000001 + i,
			.to = 0x0a800001 + i * 5,
			.id = (uint16_t)(i * 11),
			.sport = (uint16_t)(1024 + i),
			.dport = (uint16_t)(20000 + i),
			.payload = payload,
			.payload_len = len};
}

/* Do all write the same bytes? */
static bool all_agree(const struct work *w)
{
	for (uint32_t i = 0; i < JOBS; i++) {
		uint32_t len[WAYS];
		for (int way = 0; way < WAYS; way++)
			len[way] = w->ways[way](room[way], &jobs[i]);
		for (int way = 1; way < (w->tins_writes_less ? TINS : WAYS); way++)
			if (len[way] != len[0] || memcmp(room[way], room[0], len[0]) != 0) {
				fprintf(stderr,
					"bench_compose: %s: frame %u differs between %s and %s\n",
					w->name, i, names[0], names[way]);
				return false;
			}
	}
	return true;
}

/* CPU time a frame, in ns. */
static double measure(const struct work *w, int way)
{
	const unsigned passes = way == TINS ? PASSES_TINS : PASSES;
	struct timespec a, b;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (unsigned p = 0; p < passes; p++)
		for (unsigned i = 0; i < JOBS; i++)
			w->ways[way](room[way], &jobs[i]);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	return ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / passes /
	       JOBS;
}

/* What scapy takes for a frame, in ns; 0 if it is not here. Python starts once for each work. */
static double measure_scapy(const struct work *w)
{
	char command[256];
	double ns = 0;
	FILE *out;

	snprintf(command, sizeof(command), "%s %s %u 2>/dev/null", BENCH_SCAPY,
		w->payload ? "udp" : "syn", w->payload);
	out = popen(command, "r");
	if (out && fscanf(out, "%lf", &ns) != 1)
		ns = 0;
	if (out)
		pclose(out);
	return ns;
}

static void print_scapy(double scapy, double pkts)
{
	if (scapy > 0)
		printf("  %-34s %8s %8.0f %8s  ns of CPU time a frame, %.0f times ours\n", "scapy",
			"", scapy, "", scapy / pkts);
	else
		printf("  scapy is not here\n");
}

static bool run(const struct work *w, unsigned rounds)
{
	double ns[WAYS][ROUNDS_MAX], rte[ROUNDS_MAX], tins[ROUNDS_MAX];

	make_jobs(w->payload);
	if (!all_agree(w))
		return false;
	for (int way = 0; way < WAYS; way++)
		measure(w, way); /* not counted: caches, the heap of libtins */
	for (unsigned i = 0; i < rounds; i++) {
		for (int way = 0; way < WAYS; way++)
			ns[way][i] = measure(w, way);
		rte[i] = ns[PKTS][i] / ns[RTE][i];
		tins[i] = ns[TINS][i] / ns[PKTS][i];
	}
	printf("%s: bytes equal%s\n", w->name,
		w->tins_writes_less ? " (libtins: without IPv4 options)" : "");
	printf("  %-34s %8s %8s %8s\n", "", "min", "median", "max");
	for (int way = 0; way < WAYS; way++)
		spread_print(names[way], spread_of(ns[way], rounds), "ns of CPU time a frame");
	print_scapy(measure_scapy(w), spread_of(ns[PKTS], rounds).median);
	const struct spread by_hand = spread_of(rte, rounds), objects = spread_of(tins, rounds);
	spread_print("pkts / by hand", by_hand, "(at most 1.3)");
	spread_print("libtins / pkts", objects, "(at least 10)");
	return by_hand.median <= RTE_MOST && objects.median >= TINS_LEAST;
}

int main(int argc, char **argv)
{
	unsigned rounds = ROUNDS;
	bool good = true;

	if (argc == 3 && strcmp(argv[1], "-n") == 0)
		rounds = (unsigned)strtoul(argv[2], NULL, 10);
	if ((argc != 1 && argc != 3) || rounds < ROUNDS_MIN || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench_compose [-n ROUNDS, %d to %d]\n", ROUNDS_MIN,
			ROUNDS_MAX);
		return 2;
	}
	for (unsigned i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		good = run(&works[i], rounds) && good;
	printf("%s\n", good ? "The claims hold." : "A claim does NOT hold.");
	return !good;
}
