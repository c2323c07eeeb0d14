#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Compares the conversations that pkts-flow lists with those of tshark and Zeek.

    conversations_test.py PKTS_FLOW [CORPUS_FOLDER] [--every N] [--only SUBSTRING] [--list] [--jobs N]

The collection is not part of the project; without it the test is skipped (exit status 77). From tshark come
the frames of each TCP and UDP conversation, which is what `-z conv` adds up: between each two ends, packets
and bytes in each direction have to be the same, and of TCP the conversations one by one. Numbers of SCTP
associations come from there too. From Zeek come packets, IP bytes and states of UDP and ICMP. What differs
has to be excused by a rule below, or to stand in conversations-differences.tsv with the reason, or the test
fails. Every Nth capture is looked at; --every 1 takes minutes. --list prints new rows.
"""
import argparse, ipaddress, json, os, subprocess, sys
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

from corpus_test import OPENED_BY_TSHARK

HERE = os.path.dirname(os.path.abspath(__file__))
DEFAULT = os.path.join(HERE, '..', '..', '..', 'shared', 'corpus')
TABLE = os.path.join(HERE, 'conversations-differences.tsv')
SKIP = 77
FOREVER = 4000000     # seconds: the longest timeout there is
TIMEOUTS = ['--timeout-%s=%d' % (name, FOREVER) for name in (
    'tcp-new', 'tcp', 'tcp-closing', 'tcp-closed', 'udp-new', 'udp', 'icmp', 'sctp', 'other')]

FIELDS = ['frame.len', 'frame.protocols', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'tcp.stream', 'tcp.srcport',
          'tcp.dstport', 'udp.stream', 'udp.srcport', 'udp.dstport', 'frame.time_epoch', 'ip.flags.mf',
          'ipv6.fraghdr.more', 'frame.cap_len']
KINDS = {'tcp': 'TCP', 'udp': 'UDP'}
TRANSPORTS = {'tcp', 'udp', 'sctp', 'udplite', 'dccp'}
QUOTES = {'icmp', 'icmpv6'}

# The rules. Each says where tshark's figure is not the one that has to be reached.
RULES = {
    'format': 'a file that is neither pcap nor pcapng is refused with a message; tshark reads more formats',
    'inside': 'tshark also opens protocols that the library does not decode, and finds conversations in them; here '
              'what they are carried by counts',
    'refused': 'tshark reads no packet of a file that it calls damaged',
    'time': 'time jumps by more than the longest timeout, or goes back: what lies behind is another conversation',
    'fragments': 'of a datagram in fragments tshark counts the bytes of the last one only, and takes the first '
                 'one of those that never got whole for a packet; here the whole datagram counts',
    'longer': 'records that hold more bytes than they say were on the wire: here they count as long as they are',
}


class Conversation:
    """Packets and bytes in both directions, from the smaller end first."""

    def __init__(self):
        self.by_sender = defaultdict(lambda: [0, 0])

    def add(self, src, packets, length):
        self.by_sender[src][0] += packets
        self.by_sender[src][1] += length

    def figures(self, ends, with_bytes):
        return tuple(x for end in ends for x in self.by_sender[end][:1 + with_bytes])


def pair(a, b):
    return tuple(sorted((a, b)))


def end(address, port):
    return str(ipaddress.ip_address(address)), int(port)


def holds_packet(row, protocols):
    """Is there an IP header behind these protocols' first, and the addresses of all of them?"""
    versions = [p for p in row['frame.protocols'].split(':') if p in ('ip', 'ipv6')]
    addresses = [a for v in ('ip', 'ipv6') for a in row[v + '.dst'].split(',') if a]
    return bool({'ip', 'ipv6'} & set(protocols)) and len(addresses) == len(versions)


def innermost(row):
    """(kind, sender, receiver, stream) of a frame's last transport layer; None if there is another packet in that, or
    tshark lists no conversation, as less of the header was captured than it needs."""
    protocols = row['frame.protocols'].split(':')
    at = max((i for i, p in enumerate(protocols) if p in TRANSPORTS), default=-1)
    if at < 0 or protocols[at] not in KINDS or QUOTES & set(protocols[:at]) or holds_packet(row, protocols[at:]):
        return None
    kind = protocols[at]
    version = next((p for p in reversed(protocols[:at]) if p in ('ip', 'ipv6')), None)
    last = {name: row[name].split(',')[-1] for name in row}
    if not version or not last[kind + '.stream'] or not last[version + '.src']:
        return None
    return (kind, end(last[version + '.src'], last[kind + '.srcport']),
            end(last[version + '.dst'], last[kind + '.dstport']), last[kind + '.stream'])


class Theirs:
    """tshark's conversations of a capture."""

    def __init__(self, path):
        command = ['tshark', '-n', '-r', path, '-T', 'fields', '-E', 'separator=|', '-E', 'occurrence=a']
        for field in FIELDS:
            command += ['-e', field]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300, check=False)
        self.streams, self.rules, self.last = {}, set(), None
        for line in done.stdout.decode('latin-1').splitlines():
            values = line.split('|')
            if len(values) == len(FIELDS):
                self.add(dict(zip(FIELDS, values)))

    def add(self, row):
        time = float(row['frame.time_epoch'] or 0)
        if self.last is not None and not 0 <= time - self.last < FOREVER:
            self.rules.add('time')
        self.last = time
        if int(row['frame.cap_len']) > int(row['frame.len']):
            self.rules.add('longer')
        found = innermost(row)
        if not found:
            return
        kind, src, dst, stream = found
        more = row['ip.flags.mf'].split(',')[-1] + row['ipv6.fraghdr.more'].split(',')[-1]
        if '1' in more or 'True' in more:
            return self.rules.add('fragments')
        key = kind, pair(src, dst), stream
        self.streams.setdefault(key, Conversation()).add(src, 1, int(row['frame.len']))

    def by_ends(self, kind):
        found = defaultdict(list)
        for (its_kind, ends, _), conversation in self.streams.items():
            if its_kind == kind:
                found[ends].append(conversation)
        return found


class Ours:
    """pkts-flow's."""

    def __init__(self, program, path, *options):
        done = subprocess.run([program, '-q', '-r', path, '--json', '--mem', '16', '--max-sessions', '20000', *TIMEOUTS,
                               *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, check=False)
        self.status, self.message = done.returncode, done.stderr.decode('utf-8', 'replace').strip()
        lines = [json.loads(line) for line in done.stdout.decode('utf-8').splitlines()]
        self.flows = [x for x in lines if x['event_type'] == 'flow']

    def by_ends(self, kind):
        found = defaultdict(list)
        for flow in self.flows:
            if flow['proto'] != KINDS[kind]:
                continue
            src, dst = end(flow['src_ip'], flow['src_port']), end(flow['dest_ip'], flow['dest_port'])
            conversation = Conversation()
            conversation.add(src, flow['flow']['pkts_toserver'], flow['flow']['bytes_toserver'])
            conversation.add(dst, flow['flow']['pkts_toclient'], flow['flow']['bytes_toclient'])
            found[pair(src, dst)].append(conversation)
        return found


def written(ends):
    return '%s:%d-%s:%d' % (ends[0] + ends[1])


def total(conversations):
    whole = Conversation()
    for c in conversations:
        for src, (packets, length) in c.by_sender.items():
            whole.add(src, packets, length)
    return whole


def compare(kind, ours, theirs, with_bytes):
    """(figure, ours, theirs) of all between each two ends; those that are equal too."""
    mine, others = ours.by_ends(kind), theirs.by_ends(kind)
    for ends in sorted(set(mine) | set(others)):
        a, b = (total(x.get(ends, ())).figures(ends, with_bytes) for x in (mine, others))
        yield '%s %s' % (kind, written(ends)), '%s' % (a,), '%s' % (b,)
        if kind == 'tcp' and a == b:
            a, b = (sorted(c.figures(ends, with_bytes) for c in x.get(ends, ())) for x in (mine, others))
            yield 'each %s %s' % (kind, written(ends)), shortened(a), shortened(b)


def shortened(figures):
    text = ' '.join('%s' % (f,) for f in figures)
    return text if len(text) < 200 else '%d conversations, %s ...' % (len(figures), text[:120])


def look_at(o, e):
    path = os.path.join(o.corpus, 'captures', e['file'])
    ours, theirs = Ours(o.program, path), Theirs(path)
    found = []
    if ours.status not in (0, 1) or (ours.status == 1 and len(ours.message.splitlines()) != 1):
        found.append(('exit status', '%d %s' % (ours.status, ours.message[:200]), '0'))
    if e.get('frag'):
        theirs.rules.add('fragments')
    with_bytes = not theirs.rules & {'fragments', 'longer'}
    for kind in KINDS:
        found += compare(kind, ours, theirs, with_bytes)
    if 'sctp' in e:
        mine = sum(1 for f in ours.flows if f['proto'] == 'SCTP')
        found.append(('sctp associations', '%d' % mine, '%d' % e['sctp']['associations']))
    return found, ours, theirs


def excused(figure, a, b, e, ours, theirs):
    """The name of the rule that explains a difference, or None."""
    if ours.status == 1 and 'is not a pcap or pcapng capture' in ours.message and not ours.flows:
        return 'format'
    if figure != 'exit status' and 'time' in theirs.rules:
        return 'time'
    if 'fragments' in theirs.rules and not figure.startswith('each'):
        return 'fragments'
    if theirs.last is None:
        return 'refused'
    nothing = any(set(x) <= set('(0, )') for x in (a, b))
    if OPENED_BY_TSHARK & set(e['protocols']) and (nothing or figure.startswith('sctp')):
        return 'inside'
    return None


def compare_zeek(o, entry):
    """UDP and ICMP of Zeek's log. Its ICMP "ports" are type and code of either side."""
    ours = Ours(o.program, os.path.join(o.corpus, 'captures', entry['file']), '--ip-bytes')
    mine, theirs = Counter(), Counter()
    for r in entry['rows']:
        if r['proto'] in ('udp', 'icmp'):
            ports = [int(r['orig_p']), int(r['resp_p'])] if r['proto'] == 'udp' else []
            theirs[(r['proto'], *pair(*ends_of(r['orig_h'], r['resp_h'], ports)))] += sum(
                int(r[x]) for x in ('orig_pkts', 'resp_pkts', 'orig_ip_bytes', 'resp_ip_bytes'))
    for f in ours.flows:
        proto = {'UDP': 'udp', 'ICMP': 'icmp', 'IPv6-ICMP': 'icmp'}.get(f['proto'])
        if proto:
            ports = [f['src_port'], f['dest_port']] if proto == 'udp' else []
            mine[(proto, *pair(*ends_of(f['src_ip'], f['dest_ip'], ports)))] += sum(
                f['flow'][x + y] for x in ('pkts_', 'bytes_') for y in ('toserver', 'toclient'))
    for key in sorted(set(mine) | set(theirs), key=str):
        yield 'zeek %s %s' % (key[0], key[1:]), '%d' % mine[key], '%d' % theirs[key]


def ends_of(a, b, ports):
    return (str(ipaddress.ip_address(a)), *ports[:1]), (str(ipaddress.ip_address(b)), *ports[1:])


def load_table():
    rows = {}
    if os.path.exists(TABLE):
        with open(TABLE, encoding='utf-8') as file:
            for line in file:
                if line.strip() and not line.startswith('#'):
                    capture, figure, a, b, why = line.rstrip('\n').split('\t')
                    rows[capture, figure] = (a, b, why)
    return rows


class Judge:
    """Counts what is equal, excused, listed; says what is neither."""

    def __init__(self, listing):
        self.listing, self.table, self.used = listing, load_table(), set()
        self.same, self.new, self.rules = 0, 0, Counter()

    def take(self, name, figure, a, b, rule):
        row = name, figure
        if a == b:
            self.same += 1
        elif rule:
            self.rules[rule] += 1
        elif self.table.get(row, ())[:2] == (a, b):
            self.used.add(row)
        else:
            self.used.add(row)
            self.new += 1
            print('\t'.join(row + (a, b, '?')) if self.listing else
                  'DIFFERENT: %s: %s: ours %s, theirs %s' % (*row, a, b))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('program')
    ap.add_argument('corpus', nargs='?', default=DEFAULT)
    ap.add_argument('--every', type=int, default=7, help='look at every Nth capture (7)')
    ap.add_argument('--only', default='', help='captures whose name has this in it')
    ap.add_argument('--list', action='store_true', help='print unexplained differences as rows for the table')
    ap.add_argument('--jobs', type=int, default=3)
    o = ap.parse_args()
    if not os.path.exists(os.path.join(o.corpus, 'expected.jsonl')):
        print('SKIP: no capture collection at %s' % o.corpus)
        return SKIP
    with open(os.path.join(o.corpus, 'expected.jsonl'), encoding='utf-8') as file:
        expected = [e for e in map(json.loads, file) if o.only in e['file']][::o.every]
    judge = Judge(o.list)
    looked = set()
    with ThreadPoolExecutor(o.jobs) as pool:
        for e, (found, ours, theirs) in zip(expected, pool.map(lambda e: look_at(o, e), expected)):
            looked.add(e['file'])
            for figure, a, b in found:
                judge.take(e['file'], figure, a, b, excused(figure, a, b, e, ours, theirs) if a != b else None)
    with open(os.path.join(o.corpus, 'zeek-conn.jsonl'), encoding='utf-8') as file:
        for entry in (x for x in map(json.loads, file) if o.only in x['file']):
            for figure, a, b in compare_zeek(o, entry):
                judge.take(entry['file'], figure, a, b, None)
            looked.add(entry['file'] + ' zeek')
    stale = [r for r in judge.table if r not in judge.used and
             (r[0] + ' zeek' if r[1].startswith('zeek') else r[0]) in looked]
    for row in stale:
        print('STALE: %s: %s' % row)
    print('captures %d; figures that are the same: %d; excused: %s; listed: %d; not explained: %d; stale: %d' % (
        len(expected), judge.same, dict(judge.rules), len(judge.used) - judge.new, judge.new, len(stale)))
    return 1 if judge.new or stale or not judge.same else 0


if __name__ == '__main__':
    sys.exit(main())
