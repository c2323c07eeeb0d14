#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Random stacks of layers, built by pkts-craft and by scapy: the bytes have to be the same.

    differential_test.py PKTS_CRAFT PKTS_DUMP [--rounds N] [--seed N] [--keep FILE]

The frames then go through pkts-dump, which has to find nothing wrong with them, and through tshark, which has to
find no malformed layer and no bad checksum. What differs has to stand in differences.tsv with its reason, or the
test fails. Without scapy the test is skipped (exit status 77), without tshark the last part is.
"""
import argparse
import collections
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TABLE = os.path.join(HERE, 'differences.tsv')
SKIP = 77
CHECKSUMS = ('ip', 'tcp', 'udp', 'icmp', 'icmpv6', 'igmp', 'sctp', 'gre')
LAYERS = ('eth llc snap vlan mpls pppoe ppp arp ipv4 ipv6 ipv6_hopopts ipv6_routing ipv6_frag ipv6_dstopts ah esp icmp '
          'icmpv6 igmp tcp udp sctp gre vxlan geneve gtp sll sll2').split()


class Table:
    """Rows of differences.tsv: whose opinion differs, of which expressions, how, and why."""

    def __init__(self):
        with open(TABLE, encoding='utf-8') as file:
            rows = [row for row in csv.reader(file, delimiter='\t', quoting=csv.QUOTE_NONE) if row and row[0][:1] != '#']
        self.rows = [(who, re.compile(expression), re.compile(finding), why) for who, expression, finding, why in rows]
        self.used = collections.Counter()

    def explains(self, who, expression, finding):
        for number, row in enumerate(self.rows):
            if row[0] == who and row[1].search(expression) and row[2].search(finding):
                self.used[number] += 1
                return True
        return False

    def report(self):
        for number, (who, expression, finding, why) in enumerate(self.rows):
            print(f'  {self.used[number]:6} {who}: {expression.pattern} {finding.pattern}: {why}')


class Findings:
    """What nobody has explained."""

    def __init__(self, table):
        self.table, self.new = table, []

    def note(self, who, expression, finding):
        if not self.table.explains(who, expression, finding):
            self.new.append((who, expression, finding))

    def report(self):
        for who, expression, finding in self.new[:20]:
            print(f'not explained: {who}: {finding}\n    {expression}')
        if len(self.new) > 20:
            print(f'... and {len(self.new) - 20} more')


def run(*words, **how):
    return subprocess.run(words, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)


def crafted(craft, expressions, *args):
    done = run(craft, '-', *args, input='\n'.join(expressions).encode())
    if done.returncode or done.stderr:
        sys.exit(f'pkts-craft cannot read what it should: {done.stderr.decode()}')
    return done.stdout.decode()


def place(craft, expression, at):
    """Which byte of which layer, for people."""
    layers = json.loads(crafted(craft, [expression], '--json'))['layers']
    inside = [layer for layer in layers if layer['off'] <= at]
    return f"{inside[-1]['proto']}+{at - inside[-1]['off']}" if inside else f'frame+{at}'


def compare(craft, stacks, findings):
    """Counts the frames that are the same."""
    lines = crafted(craft, [expression for expression, _, _ in stacks], '--hex').splitlines()
    same, total = 0, 0
    for (expression, packet, _), line in zip(stacks, lines, strict=True):
        ours, theirs = bytes.fromhex(line), bytes(packet)
        total += len(ours)
        if ours == theirs:
            same += 1
            continue
        at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
        findings.note('scapy', expression, f'{place(craft, expression, at)}: ours {ours[at:at + 4].hex()} ({len(ours)} '
                      f'bytes), scapy {theirs[at:at + 4].hex()} ({len(theirs)} bytes)')
    return same, total


def dump(program, path, right, findings):
    """Nothing that is composed may be malformed, or have a bad checksum."""
    done = run(program, '-r', path, '--json')
    packets = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(packets) == len(right), f'{len(packets)} packets of {len(right)}: {done.stderr}'
    for expression, packet in zip(right, packets):
        if not packet['verdict']['ok'] or 'padding' in packet['verdict']:
            findings.note('pkts-dump', expression, json.dumps(packet['verdict']))
        for layer in packet['layers']:
            if layer.get('checksum') == 'bad':
                findings.note('pkts-dump', expression, f"bad checksum: {layer['proto']}")
    stats = json.loads(run(program, '-r', path, '--stats').stdout)
    missing = [layer for layer in LAYERS if not stats['layers'].get(layer)]
    assert not missing or len(right) < 1000, f'no stack has {missing}'
    return stats, sum(sums.get('good', 0) for sums in stats['checksums'].values())


def guesses():
    """tshark guesses protocols from payload, which is random here, and from padding: those that it guesses stay out."""
    lines = run('tshark', '-G', 'heuristic-decodes').stdout.decode().splitlines()
    tables = ('eth.trailer', 'udp', 'tcp', 'sctp')
    names = {proto for below, proto, *_ in (line.split('\t') for line in lines) if below in tables}
    return [word for name in sorted(names) for word in ('--disable-protocol', name)]


def tshark(path, right, findings):
    """What tshark complains of; the number of checksums that it found good."""
    words = ['tshark', '-r', path, '-n', '-T', 'fields', '-E', 'separator=|', '-e', 'frame.number', '-e', '_ws.malformed',
             '-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE', '-o', 'tcp.desegment_tcp_streams:FALSE',
             '-o', 'ip.check_checksum:TRUE', '-o', 'tcp.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE',
             '-o', 'sctp.checksum:TRUE', '-o', 'sctp.reassembly:FALSE']
    for name in CHECKSUMS:
        words += ['-e', f'{name}.checksum.status']
    done = run(*words, *guesses(), env=dict(os.environ, LC_ALL='C.UTF-8'))
    lines = done.stdout.decode().splitlines()
    assert len(lines) == len(right), f'{len(lines)} packets of {len(right)}: {done.stderr.decode()}'
    good = 0
    for expression, line in zip(right, lines):
        _, malformed, *statuses = line.split('|')
        if malformed:
            findings.note('tshark', expression, f'malformed: {malformed}')
        for name, status in zip(CHECKSUMS, statuses):
            values = status.split(',') if status else []
            good += values.count('1')
            if '0' in values:
                findings.note('tshark', expression, f'bad checksum: {name}')
    return good


def arguments():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('craft')
    ap.add_argument('dump')
    ap.add_argument('--rounds', type=int, default=3000)
    ap.add_argument('--seed', type=int, default=1)
    ap.add_argument('--keep', help='keep the capture that pkts-dump and tshark read')
    return ap.parse_args()


def main():
    o = arguments()
    try:
        import stacks as made  # pylint: disable=import-outside-toplevel
    except ImportError as why:
        print(f'SKIP: no scapy here: {why}')
        return SKIP
    start = time.monotonic()
    table = Table()
    findings = Findings(table)
    source = made.Stacks(o.seed)
    stacks = [source.make() for _ in range(o.rounds)]
    same, total = compare(o.craft, stacks, findings)
    print(f'{len(stacks)} stacks, {total} bytes: {same} frames are the same as scapy\'s ({time.monotonic() - start:.0f} s)')
    right = [expression for expression, _, wrong in stacks if not wrong]
    with tempfile.TemporaryDirectory() as folder:
        path = o.keep or os.path.join(folder, 'crafted.pcapng')
        crafted(o.craft, right, '-w', path)
        stats, good = dump(o.dump, path, right, findings)
        print(f"pkts-dump: {len(right)} frames, verdicts {stats['verdicts']}, {good} checksums good")
        print('frames with', ', '.join(f'{layer} {n}' for layer, n in stats['layers'].items() if n))
        if shutil.which('tshark'):
            print(f'tshark: {tshark(path, right, findings)} checksums good ({time.monotonic() - start:.0f} s)')
        else:
            print('SKIP: no tshark here')
    print('explained:')
    table.report()
    findings.report()
    return 1 if findings.new else 0


sys.exit(main())
