/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Claims: to find a TCP connection's entry, judge its segment and count it takes at most 70 cycles with
 * 10,000 connections, and 150 with a million. And a flood of 50 million SYNs, each of another source,
 * takes no memory, nor one established connection; each that has to go is counted.
 */
#include <rte_cycles.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpu_time.h"
#include "pkts_compose.h"
#include "pkts_conversations.h"
#include "pkts_index.h"
#include "spread.h"

#define PAGE	      (UINT64_C(2) << 20)
#define BURST	      64
#define ROUNDS	      15
#define ROUNDS_MIN    11
#define ROUNDS_MAX    1001
#define SEGMENTS      (1u << 20) /* a round, at least */
#define LEN	      100
#define SECOND	      UINT64_C(1000000000)
#define ESTABLISHED   1000
#define ALIVE_EVERY   100000 /* SYNs of the flood between two segments of each of these */
#define FLOOD_MILLION 50

static const struct {
	uint32_t connections;
	double cycles; /* at most */
} claims[] = {{10000, 70}, {1000000, 150}};

static void *big(size_t n)
{
	void *const mem = aligned_alloc(PAGE, (n + PAGE - 1) / PAGE * PAGE);

	if (mem)
		madvise(mem, (n + PAGE - 1) / PAGE * PAGE, MADV_HUGEPAGE);
	return mem;
}

/* lookup, validate, count */

struct load {
	struct pkts_table *table;
	struct pkts_session_key *keys; /* in random order */
	uint32_t n, seq;
	void *memory;
};

static void shuffle(struct pkts_session_key *keys, uint32_t n)
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

static void establish(struct pkts_tcp_session *s, uint64_t now)
{
	const struct pkts_tcp_session_segment steps[] = {
		{.seq = 999, .flags = PKTS_TCP_SYN, .window = 65535},
		{.seq = 4999, .ack = 1000, .flags = PKTS_TCP_SYN | PKTS_TCP_ACK, .window = 65535},
		{.seq = 1000, .ack = 5000, .flags = PKTS_TCP_ACK, .window = 65535},
	};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(steps); i++)
		pkts_tcp_session_validate(s, NULL, i & 1, &steps[i], now);
}

static bool begin(struct load *l, uint32_t n)
{
	const struct pkts_table_conf conf = {.max_entries = n + n / 8,
		.user_size = sizeof(struct pkts_tcp_conversation),
		.fetch = 64, /* as pkts_conversations has it */
		.n_classes = 1,
		.classes = {{.timeout_ns = 3600 * SECOND}},
		.secret = "bench"};
	const size_t size = pkts_table_memsize(&conf);

	*l = (struct load){
		.n = n, .seq = 1000, .memory = big(size), .keys = malloc(n * sizeof(*l->keys))};
	if (!l->memory || !l->keys || pkts_table_init(&l->table, l->memory, size, &conf))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		uint8_t a[4], b[4] = {192, 0, 2, 1};
		pkts_put_be32(a, 0x0a000000 + i);
		pkts_session_key_make(&l->keys[i], 4, 6, a, (uint16_t)(1024 + i % 60000), b, 443);
		struct pkts_table_entry *const e =
			pkts_table_find_or_insert(l->table, &l->keys[i], 0, 0, 1, NULL);
		establish(&((struct pkts_tcp_conversation *)pkts_table_user(e))->session, 1);
	}
	shuffle(l->keys, n);
	return true;
}

/* The next segment of every connection, data this way, then their ACK; how many were not VALID. */
static uint32_t pass(struct load *l, unsigned dir, uint64_t now)
{
	const struct pkts_tcp_session_segment seg = {.seq = dir ? 5000 : l->seq,
		.ack = dir ? l->seq : 5000,
		.len = dir ? 0 : LEN,
		.flags = PKTS_TCP_ACK,
		.window = 65535};
	struct pkts_table_entry *entries[BURST];
	uint32_t bad = 0;

	for (uint32_t at = 0; at < l->n; at += BURST) {
		const uint32_t n = PKTS_MIN(l->n - at, (uint32_t)BURST);
		if (pkts_table_lookup_burst(l->table, l->keys + at, n, now, entries) != n)
			return n;
		for (uint32_t i = 0; i < n; i++) {
			struct pkts_tcp_conversation *const u = pkts_table_user(entries[i]);
			bad += pkts_tcp_session_validate(&u->session, NULL, dir, &seg, now)
				       .validity;
			pkts_conversation_count(&u->common.tally, dir, seg.len + 54);
		}
	}
	l->seq += seg.len;
	return bad;
}

/* Cycles of the TSC in a nanosecond, which are not those of a core that runs faster or slower. */
static double tsc_ghz(void)
{
	struct timespec a, b;
	double ns;

	clock_gettime(CLOCK_MONOTONIC, &a);
	const uint64_t start = rte_rdtsc();
	do {
		clock_gettime(CLOCK_MONOTONIC, &b);
		ns = (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
	} while (ns < 5e7);
	return (double)(rte_rdtsc() - start) / ns;
}

static bool measure(uint32_t n, double most, unsigned rounds)
{
	const uint32_t passes = n < SEGMENTS / 2 ? SEGMENTS / n : 2;
	const double ghz = tsc_ghz();
	double ns[ROUNDS_MAX], cycles[ROUNDS_MAX];
	struct load l;
	bool good = begin(&l, n);

	for (unsigned i = 0; good && i < rounds; i++) {
		const double start = cpu_time();
		for (uint32_t k = 0; k < passes; k++)
			good = pass(&l, k & 1, 2 + i) == 0 && good;
		ns[i] = (cpu_time() - start) / passes / n;
		cycles[i] = ns[i] * ghz;
	}
	if (good) {
		printf("%u connections, bursts of %u: lookup, validate, count\n  %-34s %8s %8s "
		       "%8s\n",
			n, BURST, "", "min", "median", "max");
		spread_print("CPU time", spread_of(ns, rounds), "ns a segment");
		const struct spread s = spread_of(cycles, rounds);
		spread_print("cycles of the TSC", s, "a segment");
		printf("  %-34s %8.0f\n", "at most", most);
		good = s.median <= most;
	} else {
		fprintf(stderr, "bench_sessions: a segment was not found, or not valid\n");
	}
	free(l.keys);
	free(l.memory);
	return good;
}

/* the flood */

static long resident_kb(void)
{
	FILE *const f = fopen("/proc/self/statm", "r");
	long all = 0, resident = 0;

	if (f && fscanf(f, "%ld %ld", &all, &resident) != 2)
		resident = 0;
	if (f)
		fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

struct flood {
	struct pkts_conversations *c;
	uint8_t room[128];
	struct pkts_packet packet;
	uint32_t len;
	uint64_t now, lost;
};

static bool put(struct flood *f, uint32_t src, uint16_t port, unsigned flags, uint32_t seq)
{
	const struct pkts_ipv4 ip = pkts_ipv4(&f->packet);
	const struct pkts_tcp tcp = pkts_tcp(&f->packet);
	const struct pkts_conversation_arrival arrival = {
		&f->packet, {f->room, f->len, f->len, NULL}, f->len, f->now};
	const bool back = (flags & (PKTS_TCP_SYN | PKTS_TCP_ACK)) == (PKTS_TCP_SYN | PKTS_TCP_ACK);
	struct pkts_conversation_packet seen;

	pkts_ipv4_set_src(ip, back ? 0xc0000201 : src);
	pkts_ipv4_set_dst(ip, back ? src : 0xc0000201);
	pkts_tcp_set_sport(tcp, back ? 443 : port);
	pkts_tcp_set_dport(tcp, back ? port : 443);
	pkts_tcp_set_seq(tcp, back ? 4999 : seq);
	pkts_tcp_set_ack(tcp, back ? seq + 1 : 5000);
	pkts_tcp_set_flags(tcp, flags);
	pkts_conversations_put(f->c, &arrival, &seen);
	return seen.fresh;
}

static void keep_alive(struct flood *f)
{
	for (uint16_t i = 0; i < ESTABLISHED; i++)
		f->lost += put(f, 0x0a000001, (uint16_t)(1024 + i), PKTS_TCP_ACK, 1000);
}

static bool begin_flood(struct flood *f, const struct pkts_conversations_conf *conf)
{
	const size_t n = pkts_conversations_memsize(conf);
	struct pkts_out out = {.data = f->room, .cap = sizeof(f->room)};
	void *const mem = big(n);

	if (!mem || pkts_conversations_init(&f->c, mem, n, conf) ||
		pkts_compose(&out, IPV4(.src = 1, .dst = 2), TCP(.window = 65535)))
		return false;
	f->len = out.len;
	const struct pkts_frame frame = {f->room, f->len, f->len, f->len, 101};
	pkts_decode(NULL, &frame, &f->packet);
	f->now = SECOND;
	for (uint16_t i = 0; i < ESTABLISHED; i++) {
		put(f, 0x0a000001, (uint16_t)(1024 + i), PKTS_TCP_SYN, 999);
		put(f, 0x0a000001, (uint16_t)(1024 + i), PKTS_TCP_SYN | PKTS_TCP_ACK, 999);
		put(f, 0x0a000001, (uint16_t)(1024 + i), PKTS_TCP_ACK, 1000);
	}
	return true;
}

static bool flood(uint64_t million)
{
	const struct pkts_conversations_conf conf = {.secret = "bench", .max_streams = 1024};
	const uint64_t n = million * 1000000;
	struct flood f = {.c = NULL};

	if (!begin_flood(&f, &conf))
		return false;
	for (uint32_t i = 0; i < 70000; i++) /* until every page has been used */
		put(&f, 0x80000000u + i, (uint16_t)i, PKTS_TCP_SYN, i);
	const long before = resident_kb();
	const double start = cpu_time();
	for (uint64_t i = 70000; i < n; i++) {
		put(&f, (uint32_t)(0x14000000 + i), (uint16_t)i, PKTS_TCP_SYN, (uint32_t)i);
		f.now += 300;
		if (i % ALIVE_EVERY == 0)
			keep_alive(&f);
	}
	const double ns = (cpu_time() - start) / (double)n;
	const long grown = resident_kb() - before;
	keep_alive(&f);
	const struct pkts_table_stats t =
		pkts_table_stats(pkts_conversations_table(f.c, PKTS_CONVERSATION_TCP));
	uint64_t ended = 0;
	for (unsigned i = 0; i < PKTS_TABLE_END_MAX; i++)
		ended += t.ends[i];
	printf("%llu million SYNs, each of another source, room for 65,536; %u connections go on\n"
	       "  %.0f ns of CPU time a SYN; memory grew by %ld KB\n"
	       "  begun %llu, ended %llu (expired %llu, evicted %llu, crowded %llu), there %u\n"
	       "  established connections lost: %llu\n",
		(unsigned long long)million, ESTABLISHED, ns, grown, (unsigned long long)t.inserts,
		(unsigned long long)ended, (unsigned long long)t.ends[PKTS_TABLE_EXPIRED],
		(unsigned long long)t.ends[PKTS_TABLE_EVICTED],
		(unsigned long long)t.ends[PKTS_TABLE_CROWDED], t.entries,
		(unsigned long long)f.lost);
	free(f.c);
	return f.lost == 0 && grown < 1024 && t.inserts == ended + t.entries;
}

int main(int argc, char **argv)
{
	const unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : ROUNDS;
	const unsigned million = argc > 2 ? (unsigned)atoi(argv[2]) : FLOOD_MILLION;
	bool good = true;

	if (argc > 3 || rounds < ROUNDS_MIN || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench_sessions [ROUNDS, %u to %u [MILLIONS OF SYNS]]\n",
			ROUNDS_MIN, ROUNDS_MAX);
		return 2;
	}
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(claims); i++)
		good = measure(claims[i].connections, claims[i].cycles, rounds) && good;
	good = flood(million) && good;
	puts(good ? "The claims hold." : "A claim does NOT hold.");
	return good ? 0 : 1;
}
