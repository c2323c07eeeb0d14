/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Claims: finding a million conversations by their keys, and bringing their times and counters up to date,
 * is at least 1.2 times as fast as doing that with rte_hash's bulk lookup and an array of states; in bursts
 * of 128 also as only finding them with it, and touching nothing. And three million conversations a second
 * can begin and expire.
 */
#include <rte_cycles.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu_time.h"
#include "pkts_runtime.h"
#include "spread.h"
#include "table.h"

#define ROUNDS	    15
#define ROUNDS_MIN  11
#define ROUNDS_MAX  1001
#define LOOKUPS	    (1u << 20) /* a round, at least */
#define CLAIMED_FOR 1000000u
#define LEAST	    1.2
#define RATE_LEAST  3e6
#define RTE_BYTES   (UINT64_C(3) << 7) /* of memory for each conversation, in two tables */
#define RATE_LIVE   1000000u	       /* conversations at a time */

static const char *const names[TABLE_WAYS] = {
	[TABLE_PKTS] = "pkts_table, entries updated",
	[TABLE_RTE_CRC] = "rte_hash (CRC32c), found only",
	[TABLE_RTE_JHASH] = "rte_hash (jhash), found only",
	[TABLE_RTE_UPDATED] = "rte_hash (CRC32c), states updated",
};

static struct pkts_session_key *keys;

/* 10.0.0.0/8 to 192.0.2.0/24, as many as are asked for, in random order once they have been added. */
static void make_keys(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t a[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
		const uint8_t b[4] = {192, 0, 2, (uint8_t)(i >> 24)};
		pkts_session_key_make(&keys[i], 4, 6, a, (uint16_t)(1024 + i % 60000), b, 443);
	}
}

static void shuffle_keys(uint32_t n)
{
	uint64_t v = 1;

	for (uint32_t i = n - 1; i > 0; i--) {
		v = v * UINT64_C(6364136223846793005) + 1442695040888963407u;
		const uint32_t k = (uint32_t)((v >> 32) % (i + 1));
		const struct pkts_session_key key = keys[i];
		keys[i] = keys[k];
		keys[k] = key;
	}
}

static bool create(int way, uint32_t n)
{
	return way == TABLE_PKTS ? table_pkts_create(n) : table_rte_create(way, n);
}

static void destroy(int way)
{
	if (way == TABLE_PKTS)
		table_pkts_destroy();
	else
		table_rte_destroy(way);
}

static bool fill(int way, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (way == TABLE_PKTS ? !table_pkts_add(&keys[i], i)
				      : !table_rte_add(way, &keys[i], i))
			return false;
	return true;
}

static uint64_t look(int way, uint32_t n, uint32_t burst, uint64_t now)
{
	return way == TABLE_PKTS ? table_pkts_look(keys, n, burst, now)
				 : table_rte_look(way, keys, n, burst, now);
}

/* CPU time of one lookup, in ns; below 0: something was not found. */
static double measure(int way, uint32_t n, uint32_t burst, uint64_t now)
{
	const uint64_t all = (uint64_t)n * (n - 1) / 2;
	const uint32_t passes = n < LOOKUPS ? LOOKUPS / n : 1;
	const double start = cpu_time();
	uint64_t sum = 0;

	for (uint32_t i = 0; i < passes; i++)
		sum += look(way, n, burst, now);
	const double ns = cpu_time() - start;
	return sum == all * passes ? ns / passes / n : -1;
}

/* Prints how many times as long a peer takes, and its claim if that is made; false if it does not hold. */
static bool compare_with(const char *name, double *ratio, unsigned rounds, bool claimed)
{
	const struct spread s = spread_of(ratio, rounds);

	spread_print(name, s, claimed ? "(at least 1.2)" : "");
	return s.min > 0 && (!claimed || s.median >= LEAST);
}

/* False if something is not found, or a claim does not hold where it is made. */
static bool compare(uint32_t n, uint32_t burst, unsigned rounds)
{
	const bool claimed = n == CLAIMED_FOR;
	double ns[TABLE_WAYS][ROUNDS_MAX], ratio[TABLE_WAYS][ROUNDS_MAX];

	for (unsigned i = 0; i < rounds; i++)
		for (int way = 0; way < TABLE_WAYS; way++) {
			ns[way][i] = measure(way, n, burst, 1 + i);
			ratio[way][i] = ns[way][i] / ns[TABLE_PKTS][i];
		}
	printf("%u conversations, found in bursts of %u\n  %-34s %8s %8s %8s\n", n, burst, "",
		"min", "median", "max");
	for (int way = 0; way < TABLE_WAYS; way++)
		spread_print(names[way], spread_of(ns[way], rounds), "ns of CPU time a lookup");
	printf("  %-34s %17.0f\n", "pkts_table, cycles a lookup",
		ns[TABLE_PKTS][rounds / 2] * (double)rte_get_tsc_hz() / 1e9);
	bool good = compare_with(
		"rte_hash, updated / pkts_table", ratio[TABLE_RTE_UPDATED], rounds, claimed);
	good &= compare_with("rte_hash (CRC32c) / pkts_table", ratio[TABLE_RTE_CRC], rounds,
		claimed && burst == TABLE_BURST_MAX);
	good &= compare_with(
		"rte_hash (jhash) / pkts_table", ratio[TABLE_RTE_JHASH], rounds, false);
	printf("  %-34s %17.1f  with buckets and all\n", "pkts_table, bytes an entry",
		table_pkts_bytes(n));
	return good && ns[TABLE_PKTS][0] > 0;
}

static bool compare_at(uint32_t n, unsigned rounds)
{
	int way;
	bool good = true;

	make_keys(n);
	for (way = 0; way < TABLE_WAYS && good; way++)
		good = create(way, n) && fill(way, n);
	if (!good)
		fprintf(stderr, "bench_table: no memory for %u conversations in %s\n", n,
			names[way - 1]);
	const bool filled = good;
	shuffle_keys(n);
	for (uint32_t burst = 32; filled && burst <= TABLE_BURST_MAX; burst *= 2)
		good = compare(n, burst, rounds) && good;
	while (way-- > 0)
		destroy(way);
	return good;
}

static bool come_and_go(unsigned rounds)
{
	const uint64_t every = 1000000000 / RATE_LIVE;
	double rate[ROUNDS_MAX];
	bool good = true;

	if (!table_pkts_create(RATE_LIVE * 5 / 4))
		return false;
	table_pkts_come_and_go(2 * RATE_LIVE, every);
	for (unsigned i = 0; i < rounds; i++) {
		const double start = cpu_time();
		const uint64_t ended = table_pkts_come_and_go(RATE_LIVE, every);
		rate[i] = (double)RATE_LIVE / (cpu_time() - start) * 1e3;
		good = good && ended > RATE_LIVE * 9 / 10;
	}
	table_pkts_destroy();
	const struct spread s = spread_of(rate, rounds);
	printf("conversations that begin and expire, %u at a time\n", RATE_LIVE);
	spread_print("pkts_table", s, "million a second of CPU time (at least 3)");
	return good && s.median * 1e6 >= RATE_LEAST;
}

static int run_benchmark(uint32_t most, unsigned rounds)
{
	bool good = true;

	keys = malloc((size_t)most * sizeof(*keys));
	if (!keys || !table_rte_init((uint64_t)most * RTE_BYTES)) {
		fprintf(stderr, "bench_table: no memory\n");
		return 1;
	}
	for (uint32_t n = 10000; n <= most; n *= n == 10000 ? 100 : 10)
		good = compare_at(n, rounds) && good;
	free(keys);
	good = come_and_go(rounds) && good;
	printf("%s\n", good ? "The claims hold." : "A claim does NOT hold.");
	return !good;
}

int main(int argc, char **argv)
{
	const struct pkts_runtime_conf conf = {.program = "bench_table"};
	unsigned rounds = ROUNDS;
	uint32_t most = CLAIMED_FOR;
	struct pkts_error err;
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-n") == 0 && i + 1 < argc)
			rounds = (unsigned)strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "-l") == 0)
			most = 10000000;
		else
			break;
	}
	if (i < argc || rounds < ROUNDS_MIN || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench_table [-n ROUNDS, %d to %d] [-l, 10 million too]\n",
			ROUNDS_MIN, ROUNDS_MAX);
		return 2;
	}
	if (pkts_runtime_init(&conf, &err)) {
		fprintf(stderr, "bench_table: %s\n", err.text);
		return 1;
	}
	printf("%s\n", pkts_runtime_hugepages() ? "hugepages" : "no hugepages");
	const int status = run_benchmark(most, rounds);
	pkts_runtime_fini();
	return status;
}
