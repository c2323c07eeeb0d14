/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Between two ports, a network that loses, repeats, delays and damages: impair [OPTIONS] PORT PORT */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "delay_queue.h"
#include "pkts_port.h"
#include "pkts_runtime.h"

#define BURST	   32
#define NS_PER_MS  1e6
#define OVERTAKEN  1	  /* ms that a packet stays behind for --reorder */
#define IDLE	   100000 /* ns: new packets are looked for so often */
#define RING_SPACE 4096	  /* mbufs that a driver may want for itself */

/* As the command line has it: percentages, milliseconds, packets. */
struct impairment {
	double loss, duplicate, reorder, corrupt;
	double delay, jitter;
	double seed, limit;
};

/* In the order in which they happen, for the report. */
#define COUNTERS(C)                                                                                \
	C(missed)                                                                                  \
	C(received) C(lost) C(duplicated) C(corrupted) C(reordered) C(dropped) C(forwarded)
#define MEMBER(NAME) uint64_t NAME;

/* One direction. */
struct link {
	const struct impairment *conf;
	struct pkts_port *from, *to;
	uint64_t random;
	struct delay_queue queue;
	struct {
		COUNTERS(MEMBER)
	} count;
};

static volatile sig_atomic_t stop;

static void ask_to_stop(int number)
{
	(void)number;
	stop = 1;
}

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* SplitMix64. The same seed and the same packets meet the same fate. */
static uint64_t draw(struct link *l)
{
	uint64_t z = l->random += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* From 0 up to and without 1. */
static double draw_fraction(struct link *l)
{
	return (double)(draw(l) >> 11) * 0x1p-53;
}

static bool happens(struct link *l, double percent)
{
	return draw_fraction(l) * 100 < percent;
}

static void flip_a_bit(struct link *l, struct rte_mbuf *m)
{
	const uint64_t bit = draw(l) % (m->data_len * UINT64_C(8));

	rte_pktmbuf_mtod(m, uint8_t *)[bit / 8] ^= (uint8_t)(1u << bit % 8);
	l->count.corrupted++;
}

/* A full queue takes no more, as that of a router. */
static void delay(struct link *l, struct rte_mbuf *m, uint64_t now)
{
	const double wait = l->conf->delay + l->conf->jitter * draw_fraction(l);

	if (happens(l, l->conf->corrupt) && m->data_len)
		flip_a_bit(l, m);
	const bool reordered = happens(l, l->conf->reorder);
	l->count.reordered += reordered;
	now += (uint64_t)((wait + (reordered ? OVERTAKEN : 0)) * NS_PER_MS);
	if (!delay_queue_put(&l->queue, m, now)) {
		l->count.dropped++;
		rte_pktmbuf_free(m);
	}
}

static void impair(struct link *l, struct rte_mbuf *m, uint64_t now)
{
	const bool lost = happens(l, l->conf->loss), twice = happens(l, l->conf->duplicate);
	struct rte_mbuf *copy;

	l->count.received++;
	if (lost) {
		l->count.lost++;
		rte_pktmbuf_free(m);
		return;
	}
	if (twice && (copy = rte_pktmbuf_copy(m, m->pool, 0, UINT32_MAX))) {
		l->count.duplicated++;
		delay(l, copy, now);
	}
	delay(l, m, now);
}

static unsigned receive(struct link *l, uint64_t now)
{
	struct rte_mbuf *m[BURST];
	const unsigned n = pkts_port_rx_burst(l->from, m, BURST);

	for (unsigned i = 0; i < n; i++)
		impair(l, m[i], now);
	return n;
}

/* A port takes what it can; the rest is offered again. */
static unsigned forward(struct link *l, uint64_t now)
{
	struct rte_mbuf *m[BURST];
	uint16_t n = 0;

	while (n < BURST && (m[n] = delay_queue_take(&l->queue, now)))
		n++;
	for (uint16_t sent = 0; sent < n;)
		sent = (uint16_t)(sent + pkts_port_tx_burst(l->to, m + sent, (uint16_t)(n - sent)));
	l->count.forwarded += n;
	return n;
}

/* Until a packet is due, and not for long: a new one may come at either port. */
static void doze(const struct link *links, uint64_t now)
{
	uint64_t until = now + IDLE;

	for (unsigned i = 0; i < 2; i++)
		until = PKTS_MIN(until, delay_queue_due(&links[i].queue));
	const struct timespec t = {(time_t)(until / 1000000000u), (long)(until % 1000000000u)};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* Until it is asked to stop; then what waits is due at once. */
static int run(struct link *links, struct pkts_error *err)
{
	int code = 0;

	while (!stop && !pkts_port_ended(links[0].from, &code, err) &&
		!pkts_port_ended(links[1].from, &code, err)) {
		const uint64_t now = clock_ns();
		unsigned busy = 0;
		for (unsigned i = 0; i < 2; i++)
			busy += receive(&links[i], now) + forward(&links[i], now);
		if (!busy)
			doze(links, now);
	}
	for (unsigned i = 0; i < 2; i++)
		while (forward(&links[i], UINT64_MAX))
			;
	return code;
}

static void report(struct link *links)
{
	static const char *const names[] = {"{\"first_to_second\":{", "},\"second_to_first\":{"};
	struct pkts_port_stats stats;

#define PRINT(NAME) printf("%s\"" #NAME "\":%" PRIu64, comma++ ? "," : "", links[i].count.NAME);
	for (unsigned i = 0; i < 2; i++) {
		unsigned comma = 0;
		pkts_port_stats(links[i].from, &stats);
		links[i].count.missed = stats.rx_dropped + stats.rx_nombuf;
		fputs(names[i], stdout);
		COUNTERS(PRINT)
	}
	puts("}}");
}

static const char usage[] =
	"usage: impair [OPTIONS] PORT PORT\n"
	"A bad network between two ports, both ways.\n"
	"  --loss P%         so many packets are lost\n"
	"  --duplicate P%    arrive twice\n"
	"  --corrupt P%      have one bit flipped\n"
	"  --reorder P%      are overtaken by those of the next millisecond\n"
	"  --delay MS        are on the way for so long\n"
	"  --jitter MS       and by chance up to so much longer, each by itself\n"
	"  --limit PACKETS   are on the way at most, others are dropped (10000)\n"
	"  --seed N          another N: other packets are hit (1)\n"
	"Between interfaces of one machine, let the kernel fill in checksums and leave frames as\n"
	"small as on a wire: ethtool -K NAME tx off gso off gro off, on all four ends.\n";

/* Where each option goes, and how large it may be. */
static const struct {
	const char *name;
	size_t at;
	double max;
} rows[] = {
	{"loss", offsetof(struct impairment, loss), 100},
	{"duplicate", offsetof(struct impairment, duplicate), 100},
	{"corrupt", offsetof(struct impairment, corrupt), 100},
	{"reorder", offsetof(struct impairment, reorder), 100},
	{"delay", offsetof(struct impairment, delay), 60000},
	{"jitter", offsetof(struct impairment, jitter), 60000},
	{"limit", offsetof(struct impairment, limit), 1000000},
	{"seed", offsetof(struct impairment, seed), UINT32_MAX},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool read_number(struct impairment *to, int row, const char *text)
{
	char *end;
	const double value = strtod(text, &end);

	memcpy((char *)to + rows[row].at, &value, sizeof(value));
	return end != text && (*end == '\0' || strcmp(end, "%") == 0) && value >= 0 &&
	       value <= rows[row].max;
}

/* Where the ports' names are in argv; -1 if something is wrong with the options. */
static int read_options(struct impairment *to, int argc, char **argv)
{
	struct option options[ROWS + 1] = {{0}};
	int c, row;

	for (unsigned i = 0; i < ROWS; i++)
		options[i] = (struct option){.name = rows[i].name, .has_arg = required_argument};
	while ((c = getopt_long(argc, argv, "", options, &row)) == 0)
		if (!read_number(to, row, optarg))
			return -1;
	return c == -1 && argc - optind == 2 ? optind : -1;
}

static bool open_ports(struct link *links, char **names, struct pkts_error *err)
{
	const struct pkts_port_conf conf = {
		.mode = PKTS_PORT_READ_WRITE,
		.pool_size = (uint32_t)links->conf->limit + RING_SPACE,
	};

	for (unsigned i = 0; i < 2; i++) {
		if (!delay_queue_init(&links[i].queue, (uint32_t)links->conf->limit) ||
			pkts_port_open(&links[i].from, names[i], &conf, err) ||
			pkts_port_activate(links[i].from, NULL, err))
			return false;
		links[!i].to = links[i].from;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct impairment conf = {.seed = 1, .limit = 10000};
	struct pkts_error err = {"out of memory"};

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(usage, stdout), 0;
	const int at = read_options(&conf, argc, argv);
	if (at < 0)
		return fputs(usage, stderr), 1;
	struct link links[2] = {{.conf = &conf, .random = 2 * (uint64_t)conf.seed},
		{.conf = &conf, .random = 2 * (uint64_t)conf.seed + 1}};
	if (pkts_runtime_init(NULL, &err) || !open_ports(links, argv + at, &err))
		return fprintf(stderr, "impair: %s\n", err.text), 1;
	sigaction(SIGINT, &(struct sigaction){.sa_handler = ask_to_stop}, NULL);
	sigaction(SIGTERM, &(struct sigaction){.sa_handler = ask_to_stop}, NULL);
	fprintf(stderr, "impair: between %s and %s; Ctrl-C ends\n", argv[at], argv[at + 1]);
	const int code = run(links, &err);
	report(links);
	if (code)
		fprintf(stderr, "impair: %s\n", err.text);
	for (unsigned i = 0; i < 2; i++) {
		pkts_port_close(links[i].from, NULL);
		delay_queue_fini(&links[i].queue);
	}
	pkts_runtime_fini();
	return code != 0;
}
