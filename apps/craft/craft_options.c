/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "craft_options.h"

#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "say.h"

#define OPTIONS_OF struct craft_options
#include "option_rows.h"

/* clang-format off */
static const struct option_row rows[] = {
	HEADING("What is made"),
	TEXT('f', "file", "FILE", file,
		"expressions from a file, one a line, instead of EXPR; lines that\n"
		"begin with # are skipped; - is standard input"),
	TEXT(0, "from", "FILE:N", from,
		"packet N of a capture file instead of EXPR, as an expression if\n"
		"no other form is asked for"),
	NUMBER('c', "count", "N", count, 1, UINT64_MAX,
		"N packets of each expression: ranges, lists and random values\n"
		"take their next value in each of them"),
	NUMBER(0, "seed", "N", seed, 0, UINT64_MAX,
		"where random values start: the same N, the same packets"),
	HEADING("What becomes of it (default: every field, and the bytes)"),
	FLAG(0, "show", show,
		"every field of every layer"),
	FLAG(0, "hex", hex,
		"the bytes in hexadecimal, one line a packet"),
	FLAG(0, "json", json,
		"one JSON object a packet, as pkts-dump has them"),
	FLAG(0, "text", text,
		"an expression that makes this very packet"),
	FLAG(0, "c", c,
		"the C call that makes this very packet"),
	TEXT('w', "write", "FILE", write,
		"into a capture file: pcapng, or pcap if the name ends in .pcap;\n"
		".gz behind either compresses; - is standard output"),
	TEXT('i', "interface", "PORT", port,
		"out of a network interface (eth0) or a DPDK device\n"
		"(0000:03:00.0, net_tap0,iface=x)"),
	HEADING("Other"),
	FLAG(0, "list", list,
		"the layers there are; with the name of one, its fields"),
	TEXT(0, "eal", "ARGUMENTS", eal,
		"more arguments for DPDK's start, in one word, with -w, -i, --from"),
	FLAG('q', "quiet", quiet,
		"nothing on standard error but errors"),
	FLAG('h', "help", help, "this text"),
	FLAG('V', "version", version, "the version, and DPDK's"),
};
/* clang-format on */
_Static_assert(PKTS_ARRAY_LEN(rows) <= OPTIONS_MAX, "the table of options is too long");

static const char before_options[] =
	"pkts-craft makes packets from text, and text from packets.\n\n"
	"usage: pkts-craft 'EXPR' [options]\n"
	"       pkts-craft -f FILE | --from FILE:N [options]\n"
	"       pkts-craft --list [LAYER]\n";

/* The tour goes from the first packet to the last trick. */
static const char after_options[] =
	"\n"
	"A packet is written as its layers, outermost first. Give a field, and it is as you say;\n"
	"leave it out, and it is derived (lengths, checksums, what follows) or has a default:\n"
	"  pkts-craft 'eth/ipv4(src=10.0.0.1,dst=10.0.0.2)/udp(sport=1024,dport=53)/\"hello\"'\n"
	"  pkts-craft 'eth/ipv4/tcp(dport=80,flags=S,opts=[mss=1460,sackok,ts=1:0,wscale=7])'\n"
	"  pkts-craft 'eth/ipv4(ttl=0,csum=0xbad)/udp(csum=0)'   wrong on purpose: it stays\n"
	"What there is:\n"
	"  pkts-craft --list                                     the layers\n"
	"  pkts-craft --list tcp                                 the fields of one\n"
	"Payload is \"text\", hex(de ad), zeros(64) or @file; pad(18 zeros) stands behind all:\n"
	"  pkts-craft 'eth/ipv4/udp(dport=53)/@query.bin'        a file's bytes\n"
	"  pkts-craft 'eth/ipv4/tcp/\"GET / HTTP/1.1\\r\\n\\r\\n\"'\n"
	"Tags and tunnels are layers like all others:\n"
	"  pkts-craft 'eth/vlan(id=7)/ipv6/tcp(dport=22)'\n"
	"  pkts-craft 'eth/ipv4/udp/vxlan(vni=42)/eth/ipv4/icmp(type=8)'\n"
	"Many packets from one expression:\n"
	"  pkts-craft 'eth/ipv4(dst=10.0.0.1..10.0.0.9)/udp' -c 9 --hex     a range\n"
	"  pkts-craft 'eth/ipv4/tcp(dport={80,443},flags=S)' -c 2 --hex     a list\n"
	"  pkts-craft 'eth/ipv4(src=rand)/udp' -c 1000 --seed 1 -w out.pcap   random values\n"
	"Out of an interface, into files, into programs:\n"
	"  pkts-craft 'eth(dst=ff:ff:ff:ff:ff:ff)/arp(tpa=10.0.0.1)' -i eth0\n"
	"  pkts-craft 'eth/ipv4/icmp(type=8)' -w ping.pcapng\n"
	"  pkts-craft 'eth/ipv4/tcp' --c                         as C, for pkts_compose()\n"
	"  pkts-craft -f packets.txt --hex                       a file of expressions\n"
	"From what was captured back to text, to change it and make it again:\n"
	"  pkts-craft --from trace.pcapng:3\n"
	"  pkts-craft --from trace.pcapng:3 --c\n"
	"\n"
	"Sending needs root or CAP_NET_RAW, nothing else does. Ctrl-C ends with everything "
	"written\n"
	"out. Exit status: 0 if all went well, 1 if something failed, 2 for a wrong command "
	"line.\n";

static unsigned forms(const struct craft_options *o)
{
	return o->show + o->hex + o->json + o->text + o->c;
}

/* One row for each combination that makes no sense. */
static const char *contradiction(const struct craft_options *o)
{
	const unsigned sources = (o->word && !o->list) + (o->file != NULL) + (o->from != NULL);
	const struct {
		bool is;
		const char *text;
	} rules[] = {
		{o->list && (sources || o->write || o->port || forms(o)),
			"--list stands alone: it lists layers, or the fields of one"},
		{sources > 1, "an expression, -f and --from: packets come from one of them only"},
		{!sources && !o->list,
			"which packet? 'eth/ipv4/udp' is one, --from FILE:N takes one from a "
			"capture: see --help"},
		{forms(o) > 1, "--show, --hex, --json, --text and --c: one form only"},
		{o->write && o->port, "-w and -i: packets go to one of them only"},
		{o->write && strcmp(o->write, "-") == 0 && forms(o),
			"-w - needs standard output for the capture: give -w a file name, or leave "
			"out the other form"},
		{o->from && o->count > 1, "--from takes one packet: -c does not go with it"},
	};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rules); i++)
		if (rules[i].is)
			return rules[i].text;
	return NULL;
}

/* A shell that was not told otherwise makes several words of an expression with blanks. */
static int take_word(struct craft_options *o, char **words, int n)
{
	if (n > 1 && o->list)
		say("--list takes the name of one layer, and '%.80s' is a second one", words[1]);
	else if (n > 1)
		say("an expression is one word, and '%.80s' is a second one: put quotes around "
		    "it, as in 'eth/ipv4'",
			words[1]);
	if (n > 1)
		return -1;
	o->word = n ? words[0] : NULL;
	if (o->word && !o->list && !o->file && strcmp(o->word, "-") == 0) {
		o->file = o->word;
		o->word = NULL;
	}
	return 0;
}

int craft_options_read(struct craft_options *o, int argc, char **argv)
{
	if (getrandom(&o->seed, sizeof(o->seed), GRND_NONBLOCK) < 0)
		o->seed = (uint64_t)getpid();
	o->count = 1;
	const int words = options_parse(rows, PKTS_ARRAY_LEN(rows), argc, argv, o);
	if (words < 0)
		return -1;
	if (o->help || o->version)
		return 0;
	if (take_word(o, argv + words, argc - words))
		return -1;
	const char *const wrong = contradiction(o);
	if (wrong)
		say("%s", wrong);
	return wrong ? -1 : 0;
}

int craft_options_help(void)
{
	return options_help(rows, PKTS_ARRAY_LEN(rows), before_options, after_options);
}
