#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Compares what pkts-flow puts together with what an independent model made of the same captures.

    streams_test.py PKTS_FLOW [CORPUS_FOLDER] [--list] [--only SUBSTRING] [--jobs N]

The collection is not part of the project; without it the test is skipped (exit status 77). Its model
sorts each direction's bytes by sequence number (`ref`), after tshark has taken tunnels and fragments
apart. Compared are, for every capture: how many connections there are, and between whom; for every
direction length, SHA-256 and gaps; for every datagram that was reassembled the frame that completed
it, length and SHA-256. Where bytes came twice with different content, the policies first and last are
compared each with theirs. What differs has to be excused by a rule below, or to stand in
streams-differences.tsv with the reason, or the test fails. --list prints new rows.
"""
import argparse, ipaddress, json, os, subprocess, sys, tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

from corpus_test import OPENED_BY_TSHARK

HERE = os.path.dirname(os.path.abspath(__file__))
DEFAULT = os.path.join(HERE, '..', '..', '..', 'shared', 'corpus')
TABLE = os.path.join(HERE, 'streams-differences.tsv')
SKIP = 77


class Run:
    """One run of pkts-flow: its index and its list of datagrams."""

    def __init__(self, program, path, *options):
        with tempfile.TemporaryDirectory() as top:
            folder = os.path.join(top, 'streams')
            done = subprocess.run([program, '-q', '-r', path, '--streams', folder, '--datagrams', '--mem', '16', *options],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=300, check=False)
            self.status = done.returncode
            self.message = done.stderr.decode('utf-8', 'replace').strip()
            self.lines = load(os.path.join(folder, 'index.json'))
            self.datagrams = load(os.path.join(folder, 'datagrams.json'))
        self.streams = {}
        for line in self.lines:
            self.streams.setdefault(line['stream'], {})[line['dir']] = line


def load(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding='utf-8') as file:
        return [json.loads(line) for line in file]


def end(text):
    """An endpoint that compares equal however its address is written."""
    address, port = text.rsplit(':', 1)
    return str(ipaddress.ip_address(address)), int(port)


def by_ends(streams, ends):
    """The streams between each pair of ends, in order."""
    found = defaultdict(list)
    for stream in streams:
        a, b = ends(stream)
        found[frozenset((end(a), end(b)))].append(stream)
    return found


def figures(line):
    return (line['len'], line['sha256'], line['gaps'])


# The rules. Each says where the model's figure is not the one that has to be reached.
RULES = {
    'format': 'a file that is neither pcap nor pcapng is refused with a message; tshark reads more formats',
    'inside': 'tshark also opens protocols that the library does not decode, and finds streams in them',
    'overlap': 'in captures whose fragments overlap with different content, tshark follows no policy that the '
               'library has: it keeps the first fragment of those that begin in the same place, and marks the '
               'datagram; streams that begin with such a datagram differ',
    'too long': 'a datagram whose payload and headers exceed 65,535 bytes: tshark puts it together all the same',
    'settled': 'the policy last replaces what is held, not what has been handed out: bytes that came in order are '
               'settled, as with the receiver. The model replaces all: what then remains is what first gives',
}

NOTHING = (0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', [])


def compare_streams(e, first, last):
    """(figure, ours, theirs) of everything that is listed, and a rule's name if one explains a difference."""
    theirs = [s for s in e['tcp']['stream'] if not s.get('quoted_only') and s.get('a')]
    if 'not_listed' not in e['tcp']:
        yield 'streams', len(first.streams), len(theirs)
    ours = by_ends(first.streams.values(), lambda s: (s['a']['src'], s['a']['dst']))
    for ends, listed in by_ends(theirs, lambda s: (s['a'], s['b'])).items():
        for k, s in enumerate(listed):
            name = '%d' % s['n']
            if k >= len(ours[ends]):
                yield 'stream ' + name, 'none', '%s %s' % (s['a'], s['b'])
                continue
            mine = ours[ends][k]
            turned = end(mine['a']['src']) != end(s['a'])
            if turned:
                yield 'stream ' + name, mine['a']['src'], s['a']
            for d in 'ab':
                yield from compare_side(name + d, mine['ba'[d == 'a'] if turned else d], s['ref'].get(d), last)


def short(f):
    return '%d %s %s' % (f[0], f[1][:12], json.dumps(f[2])[:120])


def compare_side(name, line, ref, last):
    if ref is None:
        yield 'direction ' + name, short(figures(line)), short(NOTHING)
    elif 'skipped' in ref:
        yield 'skipped ' + name, '', ''
    elif not ref['conflict']:
        yield 'direction ' + name, short(figures(line)), short(figures(ref))
    else:
        yield 'first ' + name, short(figures(line)), short(figures(ref))
        late = last.streams[line['stream']][line['dir']]
        found = 'last ' + name, short(figures(late)), short((ref['len'], ref['last_sha256'], ref['gaps']))
        yield found if figures(late) != figures(line) else found + ('settled',)


def compare_datagrams(e, run):
    theirs = Counter()
    for version in ('v4', 'v6'):
        for frame, length, digest, conflict in e.get('frag', {}).get(version, {}).get('list', ()):
            if digest and not conflict:
                theirs[int(version[1]), frame, length, digest] += 1
    conflicts = any(x[3] for v in e.get('frag', {}).values() for x in v['list'])
    ours = Counter((d['family'], d['frame'], d['len'], d['sha256']) for d in run.datagrams)
    for d in theirs:
        yield 'datagram v%d at %d' % d[:2], '%d %s' % (d[2], d[3][:12]) if ours[d] >= theirs[d] else 'none', \
            '%d %s' % (d[2], d[3][:12])
    for d in ours:
        if d not in theirs and not conflicts:
            yield 'datagram v%d at %d' % d[:2], '%d %s' % (d[2], d[3][:12]), 'none'


def excused(figure, a, b, e, first):
    """The name of the rule that explains a difference, or None."""
    kind = figure.split(' ')[0]
    if first.status == 1 and 'is not a pcap or pcapng capture' in first.message and not first.lines:
        return 'format'
    if kind == 'streams' and a < b or a == 'none' or kind == 'direction' and a.startswith('0 '):
        if OPENED_BY_TSHARK & set(e['protocols']):
            return 'inside'
    if any(f['conflict'] for f in e.get('frag', {}).values()) and kind in ('streams', 'stream', 'direction'):
        return 'overlap'
    if kind == 'datagram' and a == 'none' and int(b.split(' ')[0]) > 65535:
        return 'too long'
    return None


def look_at(o, e):
    path = os.path.join(o.corpus, 'captures', e['file'])
    first = Run(o.program, path, '--tcp-policy', 'first', '--ip-policy', 'first')
    last = None
    if any(r.get('conflict') for s in e.get('tcp', {}).get('stream', ()) for r in s['ref'].values()):
        last = Run(o.program, path, '--tcp-policy', 'last', '--ip-policy', 'first')
    found = []
    if first.status not in (0, 1) or (first.status == 1 and len(first.message.splitlines()) != 1):
        found.append(('exit status', '%d %s' % (first.status, first.message[:200]), '0'))
    if e.get('tcp', {}).get('stream'):
        found += compare_streams(e, first, last)
    found += compare_datagrams(e, first)
    return found, first


def load_table():
    rows = {}
    if os.path.exists(TABLE):
        with open(TABLE, encoding='utf-8') as file:
            for line in file:
                if line.strip() and not line.startswith('#'):
                    capture, figure, a, b, why = line.rstrip('\n').split('\t')
                    rows[capture, figure] = (a, b, why)
    return rows


def kind_of(figure):
    return figure.split(' ')[0] + 's' if not figure.startswith('streams') else 'captures'


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('program')
    ap.add_argument('corpus', nargs='?', default=DEFAULT)
    ap.add_argument('--list', action='store_true', help='print unexplained differences as rows for the table')
    ap.add_argument('--only', default='', help='captures whose name has this in it')
    ap.add_argument('--jobs', type=int, default=4)
    o = ap.parse_args()
    if not os.path.exists(os.path.join(o.corpus, 'expected.jsonl')):
        print('SKIP: no capture collection at %s' % o.corpus)
        return SKIP
    with open(os.path.join(o.corpus, 'expected.jsonl'), encoding='utf-8') as file:
        expected = [json.loads(line) for line in file]
    expected = [e for e in expected if ('tcp' in e or 'frag' in e) and o.only in e['file']]
    table, used, new = load_table(), set(), 0
    counts = defaultdict(Counter)
    with ThreadPoolExecutor(o.jobs) as pool:                 # start-up mostly sleeps
        results = list(pool.map(lambda e: look_at(o, e), expected))
    for e, (found, first) in zip(expected, results):
        for figure, a, b, *rule in found:
            kind = counts[kind_of(figure)]
            kind['compared'] += 1
            key = (e['file'], figure)
            rule = a != b and (rule[0] if rule else excused(figure, a, b, e, first))
            if a == b:
                kind['equal'] += 1
            elif rule:
                kind['rule ' + rule] += 1
            elif table.get(key, ())[:2] == (str(a), str(b)):
                used.add(key)
                kind['in the table'] += 1
            else:
                new += 1
                print('\t'.join((e['file'], figure, str(a), str(b), '')) if o.list else
                      'not explained: %s: %s: ours %s, theirs %s %s' % (e['file'], figure, a, b, first.message[:200]))
    stale = [k for k in table if k not in used and o.only in k[0]]
    for capture, figure in stale:
        print('stale row in %s: %s: %s' % (os.path.basename(TABLE), capture, figure), file=sys.stderr)
    for kind, c in sorted(counts.items()):
        print('%s: %s' % (kind, ', '.join('%s %d' % x for x in sorted(c.items()))), file=sys.stderr)
    return 1 if new or stale else 0


if __name__ == '__main__':
    sys.exit(main())
