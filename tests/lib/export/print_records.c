/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The records of the tests, as the library writes them, for scripts:
 *
 *	print_records eve              NAME, a tab, and a line of JSON, for each
 *	print_records text             the table
 *	print_records top              the screen
 *	print_records ipfix WHERE [N]  sent N times (1); then NAME, a tab and what can be read back, for each
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pkts_eve.h"
#include "pkts_flow_text.h"
#include "pkts_ipfix_sender.h"
#include "records.h"

static char text[1 << 16];

static struct pkts_sink sink_of_text(void)
{
	return (struct pkts_sink){.buf = text, .cap = sizeof(text)};
}

static int print(const struct pkts_sink *s)
{
	fwrite(s->buf, 1, s->used, stdout);
	return s->lost != 0;
}

static int print_eve(void)
{
	struct pkts_sink s = sink_of_text();

	for (unsigned i = 0; i < n_records; i++) {
		pkts_put_text(&s, records[i].name);
		pkts_put_char(&s, '\t');
		pkts_eve_flow(&s, &records[i].record);
	}
	for (unsigned i = 0; i < n_anomalies; i++) {
		pkts_put_text(&s, anomalies[i].name);
		pkts_put_char(&s, '\t');
		pkts_eve_anomaly(&s, &anomalies[i].anomaly);
	}
	return print(&s);
}

static int print_text(void)
{
	struct pkts_sink s = sink_of_text();

	pkts_flow_text_header(&s);
	for (unsigned i = 0; i < n_records; i++)
		pkts_flow_text(&s, &records[i].record);
	return print(&s);
}

static int print_top(void)
{
	struct pkts_sink s = sink_of_text();
	struct pkts_talker rows[4];
	struct pkts_top top;

	pkts_top_init(&top, rows, 4);
	for (unsigned i = 0; i < n_records; i++) {
		const struct pkts_session_counts *const c = &records[i].record.counts;
		struct pkts_flow_record *const place =
			pkts_top_offer(&top, c->bytes[0] + c->bytes[1], c);

		if (place)
			*place = records[i].record;
	}
	pkts_top_text(&s, &top, 2000000000, 24, 0);
	return print(&s);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Until all is out; false if it does not get out. */
static bool drain(struct pkts_ipfix_sender *s)
{
	int code;

	while ((code = pkts_ipfix_sender_poll(s, now_ns())) == -11) {
		struct pollfd p = {.fd = pkts_ipfix_sender_fd(s), .events = POLLOUT};

		if (poll(&p, 1, 10000) <= 0)
			return false;
	}
	return code == 0;
}

static void print_expected(const struct named_record *n)
{
	const struct pkts_flow_record *const r = &n->record;

	printf("%s\t%u %llu %llu %llu %llu %llu %llu\n", n->name, r->tuple.protocol,
		(unsigned long long)r->counts.packets[0], (unsigned long long)r->counts.packets[1],
		(unsigned long long)r->counts.bytes[0], (unsigned long long)r->counts.bytes[1],
		(unsigned long long)(r->first / 1000000), (unsigned long long)(r->last / 1000000));
}

static int send_ipfix(const char *where, unsigned long n)
{
	struct pkts_ipfix_sender *s;
	struct pkts_error err = {.text = ""};
	struct pkts_ipfix_counts c;
	bool out = true;

	if (pkts_ipfix_open(&s, where, NULL, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	out = drain(s);
	for (unsigned long k = 0; out && k < n; k++) {
		for (unsigned i = 0; i < n_records; i++)
			pkts_ipfix_sender_put(s, &records[i].record, now_ns());
		out = drain(s);
	}
	c = pkts_ipfix_sender_counts(s);
	pkts_ipfix_close(s);
	for (unsigned i = 0; i < n_records; i++)
		print_expected(&records[i]);
	printf("\t%llu messages, %llu records, %llu templates, %llu dropped\n",
		(unsigned long long)c.messages, (unsigned long long)c.records,
		(unsigned long long)c.templates, (unsigned long long)c.dropped_records);
	return !out;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "eve") == 0)
		return print_eve();
	if (argc == 2 && strcmp(argv[1], "text") == 0)
		return print_text();
	if (argc == 2 && strcmp(argv[1], "top") == 0)
		return print_top();
	if (argc >= 3 && strcmp(argv[1], "ipfix") == 0)
		return send_ipfix(argv[2], argc > 3 ? strtoul(argv[3], NULL, 10) : 1);
	fprintf(stderr, "usage: print_records eve | text | top | ipfix WHERE [N]\n");
	return 2;
}
