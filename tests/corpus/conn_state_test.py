#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Compares what the TCP machine says of connections with Zeek's connection logs.

    conn_state_test.py CONN_STATE VECTORS [CORPUS_FOLDER] [--list]

First the project's own captures, of connections between kernels: no segment of theirs is INVALID. Then
the collection of captures, which is no part of the project: without it the rest is skipped (exit status
77). Compared are originator, responder, conn_state and packets of either, for every TCP connection that
Zeek logged; what differs has to stand in differences-conn.tsv with the reason, or the test fails, as it
does when a row of that table is no difference any more. --list prints new rows.
"""
import argparse, glob, ipaddress, json, os, subprocess, sys
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
DEFAULT = os.path.join(HERE, '..', '..', '..', 'shared', 'corpus')
TABLE = os.path.join(HERE, 'differences-conn.tsv')
SKIP = 77


def run(program, path, *options):
    done = subprocess.run([program, *options, path], stdout=subprocess.PIPE, text=True, timeout=120, check=True)
    return [line.split('\t') for line in done.stdout.splitlines()]


def end(address, port):
    return '%s:%s' % (ipaddress.ip_address(address), port)


def ours(program, path, ignores_checksums):
    lines = run(program, path, *(['-k'] if ignores_checksums else []))
    return Counter('%s %s %s %s %s' % (end(*x[0:2]), end(*x[2:4]), x[4], x[6], x[7]) for x in lines)


def zeeks(rows):
    return Counter('%s %s %s %s %s' % (end(r['orig_h'], r['orig_p']), end(r['resp_h'], r['resp_p']), r['conn_state'],
                                       r['orig_pkts'], r['resp_pkts']) for r in rows if r['proto'] == 'tcp')


def load_table():
    with open(TABLE, encoding='utf-8') as file:
        rows = [line.rstrip('\n').split('\t') for line in file if line.strip() and not line.startswith('#')]
    return {(capture, side, figure): why for capture, side, figure, why in rows}


def check_kernels(program, vectors):
    """Real stacks, among them MPTCP, Fast Open, loss, and every packet three times."""
    wrong, seen = [], 0
    for path in sorted(glob.glob(os.path.join(vectors, 'sample*.pcap*'))):
        for line in run(program, path):
            seen += int(line[6]) + int(line[7])
            if line[10] != '0':
                wrong.append('%s: %s' % (os.path.basename(path), ' '.join(line)))
    print('connections between kernels: %d segments, connections with INVALID ones: %d' % (seen, len(wrong)))
    for text in wrong:
        print('  ' + text)
    return not wrong and seen > 300


def check_corpus(o, log):
    table, used, new = load_table(), set(), 0
    connections = 0
    for entry in log:
        theirs = zeeks(entry['rows'])
        if not theirs:
            continue
        connections += sum(theirs.values())
        mine = ours(o.program, os.path.join(o.corpus, 'captures', entry['file']), entry['ignores_checksums'])
        for side, figures in ('zeek', theirs - mine), ('ours', mine - theirs):
            for figure in sorted(figures.elements()):
                row = entry['file'], side, figure
                used.add(row)
                if row not in table:
                    new += 1
                    print('\t'.join(row + ('?',)) if o.list else 'DIFFERENT: %s: only %s has %s' % row)
    stale = [row for row in table if row not in used]
    for row in stale:
        print('STALE: %s' % ' '.join(row))
    print('connections of the logs: %d; differences explained: %d, not explained: %d, stale: %d'
          % (connections, len(used & set(table)), new, len(stale)))
    return not new and not stale and connections > 0


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('program')
    ap.add_argument('vectors')
    ap.add_argument('corpus', nargs='?', default=DEFAULT)
    ap.add_argument('--list', action='store_true', help='print unexplained differences as rows for the table')
    o = ap.parse_args()
    good = check_kernels(o.program, o.vectors)
    path = os.path.join(o.corpus, 'zeek-conn.jsonl')
    if not os.path.exists(path):
        print('SKIP: no connection logs at %s' % path)
        return SKIP if good else 1
    with open(path, encoding='utf-8') as file:
        good &= check_corpus(o, [json.loads(line) for line in file])
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
