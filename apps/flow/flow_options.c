/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "flow_options.h"

#include <string.h>
#include <unistd.h>

#include "say.h"

#define OPTIONS_OF struct flow_options
#include "option_rows.h"

/* clang-format off */
static const struct option_row rows[] = {
	HEADING("Where packets come from"),
	TEXT('r', "read", "FILE", read,
		"a capture file: pcap or pcapng, also gzipped; - is standard input"),
	TEXT('i', "interface", "PORT", port,
		"a network interface (eth0), or a DPDK device (0000:03:00.0,\n"
		"net_tap0,iface=x)"),
	FLAG('p', "no-promiscuous", no_promiscuous,
		"only packets that are addressed to the interface"),
	NUMBER('s', "snaplen", "N", snaplen, 1, 262144,
		"look at no more than N bytes of each packet"),
	NUMBER('c', "count", "N", count, 1, UINT64_MAX,
		"end after N packets that match the filter"),
	HEADING("What is written, of each conversation when it has ended"),
	FLAG(0, "table", table,
		"a line of a table for people: what is done if nothing else is asked for"),
	FLAG(0, "json", json,
		"EVE JSON, as Suricata writes it: a line for each flow, and one for each\n"
		"anomaly when it happens (docs/eve.md)"),
	TEXT(0, "ipfix", "WHERE", ipfix,
		"IPFIX (RFC 7011, biflows) to a collector: udp:HOST:PORT, tcp:HOST:PORT"),
	FLAG(0, "top", top,
		"on a terminal: who talks most, once a second"),
	FLAG(0, "ip-bytes", ip_bytes,
		"count the bytes of IP datagrams instead of frames; --ipfix always does"),
	HEADING("Streams"),
	TEXT(0, "streams", "DIR", streams,
		"the bytes of each direction of each TCP connection into a file of\n"
		"its own, DIR/tcp-<stream>-<a|b>.bin, and a line for each of them\n"
		"into DIR/index.json; DIR is made if it is not there"),
	FLAG(0, "sctp", sctp,
		"SCTP associations too: their messages, in the order of delivery,\n"
		"in DIR/sctp-<stream>-<a|b>.bin"),
	NUMBER(0, "max-messages", "N", max_messages, 0, 10000000,
		"list at most N messages of a direction in index.json (1000)"),
	FLAG(0, "datagrams", datagrams,
		"list each datagram that was put together in DIR/datagrams.json"),
	HEADING("How they are judged and put together"),
	FLAG(0, "strict", strict,
		"every packet of both directions passes here: what acknowledges bytes that\n"
		"did not is invalid, not only suspect"),
	FLAG(0, "all-bytes", all_bytes,
		"put in order all that is said in connections, not only what their\n"
		"application protocol is looked for in: --json then tells of gaps\n"
		"and contradictions to the end"),
	TEXT(0, "tcp-policy", "NAME", tcp_policy_name,
		"who wins where segments overlap (first): first, last, bsd,\n"
		"windows, win2k3, vista, macos, irix, hpux10, hpux11, linux,\n"
		"old-linux, solaris"),
	TEXT(0, "ip-policy", "NAME", ip_policy_name,
		"the same for fragments (rfc8200): rfc8200, drop, first, last, bsd,\n"
		"bsd-right, linux, windows, solaris"),
	FLAG(0, "separate-tenants", separate_tenants,
		"connections in different VLANs, VXLANs and GENEVE networks are\n"
		"different ones, also with the same addresses and ports"),
	FLAG(0, "verify-checksums", verify_checksums,
		"leave out segments and packets with a wrong checksum"),
	NUMBER(0, "min-ttl", "N", min_ttl, 0, 255,
		"leave out packets and fragments whose TTL or hop limit is below N: they\n"
		"may not reach the receiver (0: none)"),
	HEADING("How long a conversation may be silent, in seconds"),
	NUMBER(0, "timeout-tcp-new", "S", timeout_tcp_new, 1, 4000000, "before its handshake is over (60)"),
	NUMBER(0, "timeout-tcp", "S", timeout_tcp, 1, 4000000, "established (3600)"),
	NUMBER(0, "timeout-tcp-closing", "S", timeout_tcp_closing, 1, 4000000, "after the first FIN (120)"),
	NUMBER(0, "timeout-tcp-closed", "S", timeout_tcp_closed, 1, 4000000, "after its end (10)"),
	NUMBER(0, "timeout-udp-new", "S", timeout_udp_new, 1, 4000000, "one way only (30)"),
	NUMBER(0, "timeout-udp", "S", timeout_udp, 1, 4000000, "answered (300)"),
	NUMBER(0, "timeout-icmp", "S", timeout_icmp, 1, 4000000, "ICMP (30; answered: 60)"),
	NUMBER(0, "timeout-sctp", "S", timeout_sctp, 1, 4000000, "established (3600)"),
	NUMBER(0, "timeout-other", "S", timeout_other, 1, 4000000, "other protocols (60; both ways: 300)"),
	NUMBER(0, "timeout-active", "S", timeout_active, 0, 4000000,
		"not silent: how long one may go on until --ipfix has a record of what\n"
		"was said so far (1800; 0: for ever)"),
	HEADING("Limits"),
	NUMBER(0, "max-sessions", "N", max_sessions, 16, 100000000,
		"conversations of TCP, and as many of UDP, followed at a time (65536); of\n"
		"others an eighth. Beyond, one that has ended or never got an answer is\n"
		"given up, else the one silent for longest"),
	NUMBER(0, "max-per-source", "N", max_per_source, 1, 100000000,
		"of them begun by one address (no limit); further ones are not followed"),
	NUMBER(0, "max-new-per-source", "N", max_new_per_source, 1, 100000000,
		"of these without an answer (no limit)"),
	NUMBER(0, "max-streams", "N", max_streams, 1, 16777216,
		"connections and associations that --streams writes at a time (65536);\n"
		"beyond, the one longest over or idle is written out"),
	NUMBER(0, "mem", "MIB", mem, 8, 65536,
		"memory for packets that wait for others (64)"),
	HEADING("Other"),
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
	"pkts-flow follows the conversations in captures and on live interfaces: who talked to "
	"whom,\n"
	"how much, how it ended, and what was not as it should be; and it puts their streams back\n"
	"together: fragments to datagrams, segments to the bytes that each side sent.\n\n"
	"usage: pkts-flow -r FILE | -i PORT [options] [FILTER]\n";

static const char after_options[] =
	"\n"
	"FILTER is a pcap expression as pcap-filter(7) describes them. Later fragments have no\n"
	"ports: 'host 192.0.2.1' keeps them, 'port 80' does not.\n"
	"\n"
	"Examples:\n"
	"  pkts-flow -r trace.pcapng                         a table of conversations\n"
	"  pkts-flow -r trace.pcapng --json | jq 'select(.event_type == \"anomaly\")'\n"
	"  pkts-flow -i eth0 --top                           who talks most, now\n"
	"  pkts-flow -i eth0 --ipfix udp:192.0.2.9:4739      to a collector\n"
	"  pkts-flow -r trace.pcapng --streams out           every connection\n"
	"  pkts-flow -r trace.pcapng --streams out 'host 192.0.2.1'\n"
	"  jq 'select(.gaps != [])' out/index.json           what is not complete\n"
	"  pkts-flow -r a.pcap --streams out --tcp-policy windows --ip-policy windows\n"
	"                                                    as Windows would have read it\n"
	"  pkts-flow -r sigtran.pcap --streams out --sctp    messages of SCTP\n"
	"  pkts-flow -i eth0 -c 10000 --streams out          from an interface\n"
	"\n"
	"Nothing is overwritten: give a new folder for each run.\n"
	"Reading files needs no privileges. Interfaces need root or CAP_NET_RAW.\n"
	"Ctrl-C ends with everything written out.\n"
	"Exit status: 0 if all went well, 1 if something failed, 2 for a wrong command line.\n";

/* One row for each combination that makes no sense. */
static const char *contradiction(const struct flow_options *o)
{
	const struct {
		bool is;
		const char *text;
	} rules[] = {
		{o->read && o->port, "-r and -i: packets come from one of them only"},
		{!o->read && !o->port,
			"where from? -r FILE reads a capture, -i PORT listens: see --help"},
		{o->read && o->no_promiscuous, "-p is for interfaces, not for -r"},
		{!o->streams && (o->sctp || o->datagrams),
			"--sctp and --datagrams say what is written into --streams DIR"},
		{o->all_bytes && !o->json, "--all-bytes finds what only --json tells"},
		{o->json && o->table,
			"--json and --table: standard output can have one of them only"},
		{o->top && (o->json || o->table), "--top has the terminal for itself"},
		{o->top && !isatty(STDOUT_FILENO), "--top needs a terminal on standard output"},
		{o->top && o->read, "--top shows what happens now: -i PORT, not -r"},
	};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rules); i++)
		if (rules[i].is)
			return rules[i].text;
	return NULL;
}

static int find_policies(struct flow_options *o)
{
	const char *const ip = o->ip_policy_name, *const tcp = o->tcp_policy_name;

	if (ip && !pkts_ip_policy_by_name(ip, strlen(ip), &o->ip_policy))
		say("--ip-policy %.40s: no such policy; --help names them", ip);
	else if (tcp && !pkts_tcp_policy_by_name(tcp, strlen(tcp), &o->tcp_policy))
		say("--tcp-policy %.40s: no such policy; --help names them", tcp);
	else
		return 0;
	return -1;
}

static int check(struct flow_options *o, const char *first_word)
{
	const char *const text = contradiction(o);

	if (text && first_word && !o->read && !o->port && access(first_word, F_OK) == 0)
		say("to read the file '%.300s', put -r before it", first_word);
	else if (text)
		say("%s", text);
	else
		return find_policies(o);
	return -1;
}

int flow_options_read(struct flow_options *o, int argc, char **argv)
{
	*o = (struct flow_options){
		.max_streams = 65536,
		.max_messages = 1000,
		.mem = 64,
		.max_sessions = 65536,
		.timeout_active = 1800,
		.ip_policy = PKTS_IP_RFC8200,
		.tcp_policy = PKTS_TCP_FIRST,
	};
	const int words = options_parse(rows, PKTS_ARRAY_LEN(rows), argc, argv, o);

	if (words < 0)
		return -1;
	if (o->help || o->version)
		return 0;
	if (check(o, argv[words]))
		return -1;
	o->table |= !o->json && !o->ipfix && !o->top && !o->streams;
	return options_join(&o->filter, argv + words, argc - words);
}

int flow_options_help(void)
{
	return options_help(rows, PKTS_ARRAY_LEN(rows), before_options, after_options);
}
