/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "dump_options.h"

#include <string.h>
#include <unistd.h>

#include "say.h"

#define OPTIONS_OF struct dump_options
#include "option_rows.h"

/* clang-format off */
static const struct option_row rows[] = {
	HEADING("Where packets come from"),
	TEXT('r', "read", "FILE", read,
		"a capture file: pcap or pcapng, also gzipped; - is standard input"),
	TEXT('i', "interface", "PORT", port,
		"a network interface (eth0), or a DPDK device (0000:03:00.0,\n"
		"net_tap0,iface=x)"),
	FLAG('D', "interfaces", interfaces,
		"list what -i can be given, and end"),
	FLAG('p', "no-promiscuous", no_promiscuous,
		"only packets that are addressed to the interface"),
	NUMBER('s', "snaplen", "N", snaplen, 1, 262144,
		"keep at most N bytes of each packet"),
	NUMBER('c', "count", "N", count, 1, UINT64_MAX,
		"end after N packets that match the filter"),
	HEADING("What is done with them (default: one line a packet)"),
	FLAG(0, "show", show,
		"every field of every layer"),
	FLAG(0, "hex", hex,
		"the bytes, in hexadecimal and ASCII"),
	FLAG(0, "json", json,
		"one JSON object a packet, each on one line"),
	FLAG(0, "stats", stats,
		"counts of layers, checksums and malformed packets: one JSON\n"
		"object at the end; without packets unless --json or another\n"
		"form is asked for too"),
	TEXT('w', "write", "FILE", write,
		"into a capture file: pcapng, or pcap if the name ends in .pcap;\n"
		".gz behind either compresses; - is standard output"),
	FLAG(0, "defrag", defrag,
		"put fragments together first: whole datagrams are shown, counted\n"
		"and written in the place of the fragments that completed them"),
	TEXT(0, "ip-policy", "NAME", ip_policy,
		"with --defrag, who wins where fragments overlap (rfc8200):\n"
		"rfc8200, drop, first, last, bsd, bsd-right, linux, windows,\n"
		"solaris"),
	NUMBER(0, "min-ttl", "N", min_ttl, 0, 255,
		"with --defrag, leave out fragments whose TTL or hop limit is below N:\n"
		"they may not reach the receiver (0: none)"),
	HEADING("Other"),
	FLAG('K', "no-checksums", no_checksums,
		"do not verify checksums: this machine's own packets often have\n"
		"none yet, since the NIC fills them in"),
	TEXT(0, "eal", "ARGUMENTS", eal,
		"more arguments for DPDK's start, in one word: --eal '-l 2 -m 512'"),
	FLAG('q', "quiet", quiet,
		"nothing on standard error but errors"),
	FLAG('h', "help", help, "this text"),
	FLAG('V', "version", version, "the version, and DPDK's"),
};
/* clang-format on */
_Static_assert(PKTS_ARRAY_LEN(rows) <= OPTIONS_MAX, "the table of options is too long");

static const char before_options[] =
	"pkts-dump shows the packets of capture files and live interfaces, layer by layer.\n\n"
	"usage: pkts-dump -r FILE | -i PORT [options] [FILTER]\n"
	"       pkts-dump -D\n";

static const char after_options[] =
	"\n"
	"FILTER is a pcap expression as pcap-filter(7) describes them: 'tcp port 80',\n"
	"'ip6 and not icmp6', 'host 192.0.2.1 or net 198.51.100.0/24', 'vlan 7'.\n"
	"\n"
	"Examples:\n"
	"  pkts-dump -r trace.pcapng                         one line a packet\n"
	"  pkts-dump -r trace.pcapng --show 'tcp port 80'    every field of some\n"
	"  pkts-dump -r trace.pcapng --stats                 what is in it\n"
	"  pkts-dump -r trace.pcapng --json | jq .layers     for programs\n"
	"  pkts-dump -r a.pcapng -w dns.pcapng port 53       a part of a file\n"
	"  pkts-dump -i eth0 -c 100 -w out.pcapng            from an interface into a file\n"
	"  ssh host pkts-dump -i eth0 -w - | pkts-dump -r -  from elsewhere\n"
	"  zcat old.pcap.gz | pkts-dump -r - --stats         from a pipe\n"
	"\n"
	"Reading files needs no privileges. Interfaces need root or CAP_NET_RAW.\n"
	"Ctrl-C ends with everything written out.\n"
	"Exit status: 0 if all went well, 1 if something failed, 2 for a wrong command line.\n";

static bool text_to_stdout(const struct dump_options *o)
{
	return o->show || o->hex || o->json || o->stats;
}

/* One row for each combination that makes no sense. */
static const char *contradiction(const struct dump_options *o)
{
	const struct {
		bool is;
		const char *text;
	} rules[] = {
		{o->read && o->port, "-r and -i: packets come from one of them only"},
		{o->json && (o->show || o->hex),
			"--json with --show or --hex: the output would be neither JSON nor text"},
		{o->write && strcmp(o->write, "-") == 0 && text_to_stdout(o),
			"-w - needs standard output for the capture: give -w a file name, or leave "
			"out "
			"--show, --hex, --json and --stats"},
		{o->interfaces && (o->read || o->port || o->write),
			"-D stands alone: it lists what -i can be given"},
		{o->ip_policy && !o->defrag, "--ip-policy is for --defrag, which is not given"},
		{o->min_ttl && !o->defrag, "--min-ttl is for --defrag, which is not given"},
		{o->read && o->no_promiscuous, "-p is for interfaces, not for -r"},
	};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rules); i++)
		if (rules[i].is)
			return rules[i].text;
	return NULL;
}

static void say_no_source(const char *first_word)
{
	if (first_word && access(first_word, F_OK) == 0)
		say("to read the file '%s', put -r before it", first_word);
	else
		say("where from? -r FILE reads a capture, -i PORT listens, -D lists interfaces: "
		    "see --help");
}

static bool find_policy(struct dump_options *o)
{
	return !o->ip_policy ||
	       pkts_ip_policy_by_name(o->ip_policy, strlen(o->ip_policy), &o->policy);
}

static int check(struct dump_options *o, const char *first_word)
{
	const char *text = contradiction(o);

	if (text)
		say("%s", text);
	else if (!find_policy(o))
		say("--ip-policy %.40s: no such policy; --help names them", o->ip_policy);
	else if (o->interfaces && first_word)
		say("-D takes no words, but '%.80s' is one: it lists what -i can be given",
			first_word);
	else if (!o->read && !o->port && !o->interfaces)
		say_no_source(first_word);
	else
		return 0;
	return -1;
}

int dump_options_read(struct dump_options *o, int argc, char **argv)
{
	const int words = options_parse(rows, PKTS_ARRAY_LEN(rows), argc, argv, o);

	if (words < 0)
		return -1;
	if (o->help || o->version)
		return 0;
	if (check(o, argv[words]))
		return -1;
	return options_join(&o->filter, argv + words, argc - words);
}

bool dump_options_print(const struct dump_options *o)
{
	return o->show || o->hex || o->json || !(o->stats || o->write);
}

int dump_options_help(void)
{
	return options_help(rows, PKTS_ARRAY_LEN(rows), before_options, after_options);
}
