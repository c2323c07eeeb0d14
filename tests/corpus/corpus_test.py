#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Compares `pkts-dump --stats` with what tshark found in a collection of captures.

    corpus_test.py PKTS_DUMP [CORPUS_FOLDER] [--list] [--only SUBSTRING]

The collection is not part of the project; without it the test is skipped (exit status 77). tshark's
figures are brought to our terms by the rules below; what then still differs has to stand in
differences.tsv, with our figure, tshark's and the reason, or the test fails. --list prints new rows.
"""
import argparse, json, os, subprocess, sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
DEFAULT = os.path.join(HERE, '..', '..', '..', 'shared', 'corpus')
TABLE = os.path.join(HERE, 'differences.tsv')
SKIP = 77

LINK = ('eth', 'llc', 'vlan', 'mpls', 'pppoe', 'ppp', 'arp', 'sll', 'null', 'raw')
NETWORK = ('ipv4', 'ipv6', 'ipv6_hopopts', 'ipv6_routing', 'ipv6_frag', 'ipv6_dstopts', 'ipv6_mobility', 'ipv6_hip',
           'ipv6_shim6', 'ah')
EXTENSIONS = {'ipv6_mobility': 'mipv6', 'ipv6_hip': 'hip', 'ipv6_shim6': 'shim6'}
UPPER = ('esp', 'icmp', 'icmpv6', 'igmp', 'tcp', 'udp', 'udplite', 'sctp', 'gre', 'vxlan', 'geneve', 'gtp')

# The rules. Each says where tshark's figure is not the one that a decoder of single frames has to reach.
RULES = {
    'names': 'tshark says loopback for null, sll for sll2 too, tells 802.1ad tags (qinq) and PPPoE '
             'discovery from the rest; snap is part of llc there',
    'once': 'tshark names an MPLS stack once and IGMPv1 to v3 twice: only frames are compared',
    'fragments': 'tshark reassembles datagrams and shows what they hold in the last fragment, or nowhere; '
                 'a decoder of single frames shows it in the first: layers above IP are not compared in '
                 'captures with fragments, nor are the checksums above IP',
    'inside': 'tshark also opens protocols that the library does not decode, and counts the frames they '
              'hold: our figure may be lower, not higher, in captures that have one of them',
    'quotes': 'tshark sums transport checksums over what is left of a packet that an ICMP error quotes, and '
              'calls them bad',
    'sctp': 'tshark accepts the Adler-32 of RFC 2960 as well, and counts a bad SCTP checksum twice',
}
OPENED_BY_TSHARK = {'erspan', 'teredo', 'l2tp', 'lisp', 'nsh', 'sflow', 'capwap', 'etherip', 'wlan', 'fr', 'chdlc', 'openflow_v4', 'openflow',
                    'pwethheuristic', 'wccp', 'vntag', 'netlink', 'nflog', 'dtp', 'isl', 'gtpv2', 'gtpprime', 'ipcomp', 'ar_drone',
                    'mip', 'aruba_erm', 'aruba_papi', 'udpencap'}


def figures(packets, nbytes, truncated, layers, occurs, checksums):
    """One flat {figure: count} of what is compared."""
    out = {'packets': packets, 'bytes': nbytes, 'truncated': truncated}
    for name in LINK + NETWORK + UPPER:
        if name not in ('mpls', 'igmp'):                                           # rule once
            out['occurrences ' + name] = occurs.get(name, 0)
        if name not in ('vlan', 'pppoe', 'sll'):                                    # rule names
            out['frames ' + name] = layers.get(name, 0)
    for proto in ('ipv4', 'tcp', 'udp', 'icmp', 'icmpv6'):                          # rule sctp
        for state in ('good', 'bad', 'absent'):
            out['checksum %s %s' % (proto, state)] = checksums.get(proto, {}).get(state, 0)
    return out


def theirs(e):
    frames, occurs = dict(e['layers']), dict(e['layer_occurs'])
    for d in (frames, occurs):                                                      # rule names
        d['null'] = d.get('loopback', 0)
        d['vlan'] = d.get('vlan', 0) + d.get('qinq', 0)
        d['pppoe'] = d.get('pppoe', 0) + d.get('pppoe_discovery', 0)
        d.update((name, e['protocols'].get(token, 0)) for name, token in EXTENSIONS.items())
    return figures(e['packets'], e['bytes'], e['truncated'], frames, occurs, e['checksums'])


def ours(s):
    frames, occurs = dict(s['layers']), dict(s['occurrences'])
    occurs['sll'] = occurs.get('sll', 0) + occurs.get('sll2', 0)                    # rule names
    return figures(s['packets'], s['bytes'], s['verdicts']['truncated'], frames, occurs, s['checksums'])


def excused(figure, a, b, e):
    """The name of the rule that explains a difference, or None."""
    name = figure.split(' ')[1] if ' ' in figure else figure
    above_ip = name in UPPER or name.startswith('ipv6_') or name == 'ah'
    if any(e.get('frag', {}).get(v, {}).get('fragments') for v in ('v4', 'v6')):
        if above_ip or (name in ('ipv4', 'ipv6', 'eth', 'llc') and b > 0):
            return 'fragments'
    if figure.startswith('checksum') and figure.endswith('bad') and a < b \
            and b - a <= e.get('tcp', {}).get('quoted_in_icmp', 0):
        return 'quotes'
    if a < b and OPENED_BY_TSHARK & set(e['protocols']):
        return 'inside'
    return None


def run(program, path):
    """(statistics, exit status, message); no statistics if the file is no capture at all."""
    p = subprocess.run([program, '-r', path, '--stats'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    message = p.stderr.decode('utf-8', 'replace').strip()
    try:
        return json.loads(p.stdout), p.returncode, message
    except ValueError:
        return None, p.returncode, message


def load_table():
    rows = {}
    if os.path.exists(TABLE):
        for line in open(TABLE):
            if line.strip() and not line.startswith('#'):
                capture, figure, a, b, why = line.rstrip('\n').split('\t')
                rows[capture, figure] = (int(a), int(b), why)
    return rows


def compare(o):
    table, used = load_table(), set()
    new, seen = [], Counter()
    expected = [json.loads(line) for line in open(os.path.join(o.corpus, 'expected.jsonl'))]
    expected = [e for e in expected if 'layers' in e and o.only in e['file']]
    paths = [os.path.join(o.corpus, 'captures', e['file']) for e in expected]
    with ThreadPoolExecutor(8) as pool:                 # start-up mostly sleeps
        results = list(pool.map(lambda path: run(o.program, path), paths))
    for e, (s, status, message) in zip(expected, results):
        seen['captures'] += 1
        if status not in (0, 1) or (status == 1 and len(message.splitlines()) != 1):
            new.append((e['file'], 'exit status', status, 0, message.replace('\n', ' ')[:200]))
            continue
        a, b = ours(s) if s else None, theirs(e)
        if a is None:
            a = {k: 0 for k in b}
        for figure in b:
            seen['figures'] += 1
            if a[figure] == b[figure]:
                continue
            rule = excused(figure, a[figure], b[figure], e)
            key = (e['file'], figure)
            if rule:
                seen['rule ' + rule] += 1
            elif table.get(key, ())[:2] == (a[figure], b[figure]):
                used.add(key)
                seen['table'] += 1
            else:
                new.append((e['file'], figure, a[figure], b[figure], message))
    stale = [k for k in table if k not in used and o.only in k[0]]
    return new, stale, seen


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('program')
    ap.add_argument('corpus', nargs='?', default=DEFAULT)
    ap.add_argument('--list', action='store_true', help='print unexplained differences as rows for the table')
    ap.add_argument('--only', default='', help='captures whose name has this in it')
    o = ap.parse_args()
    if not os.path.exists(os.path.join(o.corpus, 'expected.jsonl')):
        print('SKIP: no capture collection at %s' % o.corpus)
        return SKIP
    new, stale, seen = compare(o)
    for capture, figure, a, b, message in new:
        print('\t'.join(map(str, (capture, figure, a, b, message))) if o.list else
              'not explained: %s: %s: ours %s, tshark %s %s' % (capture, figure, a, b, message))
    for capture, figure in stale:
        print('stale row in %s: %s: %s' % (os.path.basename(TABLE), capture, figure), file=sys.stderr)
    print(', '.join('%s %d' % x for x in sorted(seen.items())), file=sys.stderr)
    return 1 if new or stale else 0


if __name__ == '__main__':
    sys.exit(main())
