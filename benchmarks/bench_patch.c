/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Claim: setters that note the change, and mending the checksums by it, cost at most 1.05 times what
 * one writes by hand.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "patch.h"
#include "pkts_compose.h"
#include "spread.h"

#define FRAMES	   512
#define ROOM	   128
#define PASSES	   256
#define ROUNDS	   31
#define ROUNDS_MIN 21
#define ROUNDS_MAX 1001
#define HAND_MOST  1.05

enum { PKTS, HAND, WAYS };
static const struct {
	const char *name;
	void (*run)(uint8_t **frames, const struct patch_job *jobs, unsigned n);
} ways[WAYS] = {{"pkts setters and fix", patch_with_pkts}, {"by hand, rte_*", patch_by_hand}};

static uint8_t rooms[WAYS][FRAMES][ROOM];
static uint8_t *frames[WAYS][FRAMES];
static struct patch_job jobs[2][FRAMES]; /* passes take them in turns, so that there is a change */

static uint32_t make(void)
{
	struct pkts_out out = {.cap = ROOM};

	for (int way = 0; way < WAYS; way++)
		for (unsigned i = 0; i < FRAMES; i++) {
			out.data = frames[way][i] = rooms[way][i];
			pkts_compose(&out, ETH(),
				IPV4(.src = 0x0a000001, .dst = 0x0a000002, .id = 1),
				UDP(.sport = 1024, .dport = 53), TEXT("eighteen bytes it is"));
		}
	for (unsigned i = 0; i < FRAMES; i++)
		for (unsigned k = 0; k < 2; k++)
			jobs[k][i] = (struct patch_job){0x0a000001 + i * 7 + k,
				0x0a800001 + i * 5 + k * 3, (uint16_t)(i * 11 + k),
				(uint16_t)(1024 + i + k)};
	return out.len;
}

/* CPU time a frame, in ns. */
static double measure(int way)
{
	struct timespec a, b;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (unsigned p = 0; p < PASSES; p++)
		ways[way].run(frames[way], jobs[p & 1], FRAMES);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	return ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / PASSES /
	       FRAMES;
}

static bool all_agree(uint32_t len)
{
	for (unsigned k = 0; k < 2; k++) {
		for (int way = 0; way < WAYS; way++)
			ways[way].run(frames[way], jobs[k], FRAMES);
		for (unsigned i = 0; i < FRAMES; i++)
			if (memcmp(frames[PKTS][i], frames[HAND][i], len) != 0)
				return fprintf(stderr, "bench_patch: frame %u differs\n", i), false;
	}
	return true;
}

int main(int argc, char **argv)
{
	double ns[WAYS][ROUNDS_MAX], ratio[ROUNDS_MAX];
	unsigned rounds = ROUNDS;

	if (argc == 3 && strcmp(argv[1], "-n") == 0)
		rounds = (unsigned)strtoul(argv[2], NULL, 10);
	if ((argc != 1 && argc != 3) || rounds < ROUNDS_MIN || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench_patch [-n ROUNDS, %d to %d]\n", ROUNDS_MIN,
			ROUNDS_MAX);
		return 2;
	}
	if (!all_agree(make()))
		return 1;
	for (unsigned i = 0; i < rounds; i++) {
		for (int way = 0; way < WAYS; way++)
			ns[way][i] = measure(way);
		ratio[i] = ns[PKTS][i] / ns[HAND][i];
	}
	printf("two addresses, id and port of a UDP datagram: bytes equal\n");
	printf("  %-34s %8s %8s %8s\n", "", "min", "median", "max");
	for (int way = 0; way < WAYS; way++)
		spread_print(ways[way].name, spread_of(ns[way], rounds), "ns of CPU time a frame");
	const struct spread s = spread_of(ratio, rounds);
	spread_print("pkts / by hand", s, "(at most 1.05)");
	printf("%s\n", s.median <= HAND_MOST ? "The claim holds." : "The claim does NOT hold.");
	return s.median > HAND_MOST;
}
