/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Claim: putting datagrams together from their fragments, as chains of mbufs, costs no more than with
 * DPDK's rte_ip_frag. And a datagram of 8,192 fragments, which rte_ip_frag cannot put together, can be
 * had too.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu_time.h"
#include "defrag.h"
#include "fragments.h"
#include "pkts_runtime.h"
#include "spread.h"

#define MBUFS	       (DEFRAG_DATAGRAMS * 8)
#define MBUFS_SPARE    1024
#define ROUND_PACKETS  65536u
#define HOT_PACKETS    512 /* of mbufs that were filled just before */
#define ROUNDS	       31
#define ROUNDS_MIN     11
#define ROUNDS_MAX     1001
#define RTE_LEAST      1.0
#define MANY_DATAGRAMS 4

enum { PKTS, BRIDGE, RTE, CASTS, WAYS };

static const struct {
	const char *name;
	defrag_fn *run;
} ways[WAYS] = {
	[PKTS] = {"pkts_ipfrag", defrag_with_pkts},
	[BRIDGE] = {"pkts_mbuf_defrag", defrag_with_bridge},
	[RTE] = {"rte_ip_frag, decoded alike", defrag_with_rte},
	[CASTS] = {"rte_ip_frag, headers by casts", defrag_with_rte_casts},
};

_Static_assert(DEFRAG_DATAGRAMS == 4096, "as the headings have it");

static struct rte_mempool *pool;
static struct rte_mbuf *in[MBUFS], *out[MBUFS];

static struct defrag_out run(int way, unsigned n, struct rte_mbuf **to)
{
	struct defrag_out o = {.m = to};

	for (unsigned i = 0; i < n; i += DEFRAG_BURST)
		ways[way].run(in + i, RTE_MIN(n - i, (unsigned)DEFRAG_BURST), &o);
	return o;
}

static bool complain(const char *what, int way)
{
	fprintf(stderr, "bench_defrag: %s: %s\n", ways[way].name, what);
	return false;
}

/* Does this way deliver every datagram, byte for byte, and keep nothing? */
static bool is_right(const struct fragments *f, int way)
{
	const unsigned before = rte_mempool_avail_count(pool);
	bool good = true;

	if (!fragments_fill(f, pool, in))
		return complain("no mbufs", way);
	const struct defrag_out o = run(way, fragments_count(f), out);
	for (unsigned i = 0; i < o.n; i++) {
		good = good && fragments_is_datagram(f, out[i]);
		rte_pktmbuf_free(out[i]);
	}
	if (o.n != f->datagrams || !good)
		return complain("datagrams missing, or not as they were sent", way);
	if (rte_mempool_avail_count(pool) != before || !defrag_pkts_empty() ||
		!defrag_bridge_empty())
		return complain("mbufs were kept", way);
	return true;
}

/* CPU time a fragment, in ns; below 0: something is missing. */
static double measure(const struct fragments *f, int way, unsigned passes)
{
	const unsigned n = fragments_count(f);
	double ns = 0;

	for (unsigned i = 0; i < passes; i++) {
		if (!fragments_fill(f, pool, in))
			return -1;
		const double start = cpu_time();
		const struct defrag_out o = run(way, n, NULL);
		ns += cpu_time() - start;
		if (o.n != f->datagrams)
			return -1;
	}
	return ns / passes / n;
}

static void print_work(const struct fragments *f)
{
	static const char *const orders[] = {"in order", "reversed", "in random order"};

	printf("IPv%u, %u x %u bytes, %s, %s\n", f->family, f->pieces, f->len, orders[f->order],
		f->interleaved ? "4,096 datagrams at a time" : "one datagram after the other");
	printf("  %-34s %8s %8s %8s\n", "", "min", "median", "max");
}

static bool compare(const struct fragments *f, unsigned rounds)
{
	const unsigned passes = RTE_MAX(1u, ROUND_PACKETS / fragments_count(f));
	double ns[WAYS][ROUNDS_MAX], rte[ROUNDS_MAX], bridge[ROUNDS_MAX], casts[ROUNDS_MAX];

	for (int way = 0; way < WAYS; way++)
		if (!is_right(f, way) || measure(f, way, 1) < 0)
			return false;
	for (unsigned i = 0; i < rounds; i++) {
		for (int way = 0; way < WAYS; way++)
			ns[way][i] = measure(f, way, passes);
		rte[i] = ns[RTE][i] / ns[PKTS][i];
		bridge[i] = ns[RTE][i] / ns[BRIDGE][i];
		casts[i] = ns[CASTS][i] / ns[PKTS][i];
	}
	print_work(f);
	for (int way = 0; way < WAYS; way++)
		spread_print(
			ways[way].name, spread_of(ns[way], rounds), "ns of CPU time a fragment");
	const struct spread ratio = spread_of(rte, rounds);
	spread_print("rte_ip_frag / pkts_ipfrag", ratio, "(at least 1)");
	spread_print("rte_ip_frag / pkts_mbuf_defrag", spread_of(bridge, rounds), "");
	spread_print("rte by casts / pkts_ipfrag", spread_of(casts, rounds), "");
	return ratio.min > 0 && ratio.median >= RTE_LEAST;
}

static bool compare_all(unsigned rounds)
{
	bool good = true;

	for (unsigned k = 0; k < 16; k++) {
		const unsigned pieces = k & 4 ? 8 : 2;
		const bool interleaved = k & 8;
		const struct fragments f = {.family = k & 1 ? 6 : 4,
			.datagrams = interleaved ? DEFRAG_DATAGRAMS : HOT_PACKETS / pieces,
			.pieces = pieces,
			.len = 752,
			.last = 748,
			.order = k & 2 ? REVERSED : IN_ORDER,
			.interleaved = interleaved};
		good = compare(&f, rounds) && good;
	}
	return good;
}

/* As many fragments as a datagram can have: 65,535 bytes, 8 in each. */
static bool run_many(unsigned rounds)
{
	bool good = true;

	for (enum fragment_order order = IN_ORDER; order <= RANDOM; order++) {
		const struct fragments f = {.family = 6,
			.datagrams = 1,
			.pieces = FRAGMENTS_MOST,
			.len = 8,
			.last = 7,
			.order = order};
		double ns[ROUNDS_MAX];
		if (!is_right(&f, PKTS))
			return false;
		for (unsigned i = 0; i < rounds; i++)
			ns[i] = measure(&f, PKTS, MANY_DATAGRAMS);
		print_work(&f);
		const struct spread s = spread_of(ns, rounds);
		spread_print(ways[PKTS].name, s, "ns of CPU time a fragment");
		good = good && s.min > 0;
	}
	return good;
}

static int run_benchmark(unsigned rounds)
{
	pool = rte_pktmbuf_pool_create(
		"fragments", MBUFS + MBUFS_SPARE, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (!pool || defrag_pkts_init() || defrag_bridge_init(pool) || defrag_rte_init()) {
		fprintf(stderr, "bench_defrag: no memory\n");
		return 1;
	}
	const bool compared = compare_all(rounds);
	const bool good = run_many(rounds) && compared;
	printf("%s\n", good ? "The claims hold." : "A claim does NOT hold.");
	defrag_pkts_fini();
	defrag_bridge_fini();
	defrag_rte_fini();
	return !good;
}

int main(int argc, char **argv)
{
	const struct pkts_runtime_conf conf = {.program = "bench_defrag", .memory_mb = 512};
	unsigned rounds = ROUNDS;
	struct pkts_error err;

	if (argc == 3 && strcmp(argv[1], "-n") == 0)
		rounds = (unsigned)strtoul(argv[2], NULL, 10);
	if ((argc != 1 && argc != 3) || rounds < ROUNDS_MIN || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench_defrag [-n ROUNDS, %d to %d]\n", ROUNDS_MIN,
			ROUNDS_MAX);
		return 2;
	}
	if (pkts_runtime_init(&conf, &err)) {
		fprintf(stderr, "bench_defrag: %s\n", err.text);
		return 1;
	}
	printf("%s\n", pkts_runtime_hugepages() ? "hugepages" : "no hugepages");
	const int status = run_benchmark(rounds);
	pkts_runtime_fini();
	return status;
}
