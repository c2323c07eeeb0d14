#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Makes expected.json: what tshark finds in the captures beside it, in the library's layer names.

    make-expected.py [--check]

--check compares with the file instead, and fails if they differ. Needs tshark (tried with 4.0.17).

Each fragment stands for itself: tshark is told not to reassemble, so that a first fragment shows
its transport header and later ones show none.
"""
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict

HERE = os.path.dirname(os.path.abspath(__file__))
CAPTURES = (
    'made.pcapng',
    'sample.pcapng',
    'sample-cooked.pcap',
    'sample-cooked1.pcap',
    'sample-cut.pcap',
    'sample-tun.pcap',
)
LISTED_BY_FRAME = 'made.pcapng'

SAME = 'eth llc vlan ppp arp ipv6 ah esp icmp icmpv6 igmp tcp udp udplite sctp gre vxlan geneve gtp'
NAMES = {
    **{name: name for name in SAME.split()},
    'ip': 'ipv4',
    'ieee8021ad': 'vlan',
    'pppoed': 'pppoe',
    'pppoes': 'pppoe',
    'ipv6.hopopts': 'ipv6_hopopts',
    'ipv6.routing': 'ipv6_routing',
    'ipv6.fraghdr': 'ipv6_frag',
    'ipv6.dstopts': 'ipv6_dstopts',
    'mipv6': 'ipv6_mobility',
    'hip': 'ipv6_hip',
    'shim6': 'ipv6_shim6',
    'null': 'null',
    'raw': 'raw',
}
ENCAP_SLL2 = '210'
STATUS = {'0': 'bad', '1': 'good', '2': 'unverified', '3': 'absent', '4': 'illegal'}
CHECKSUMS = {
    'ipv4': 'ip',
    'tcp': 'tcp',
    'udp': 'udp',
    'sctp': 'sctp',
    'icmp': 'icmp',
    'icmpv6': 'icmpv6',
    'igmp': 'igmp',
    'ipv6_hip': 'hip',
    'ipv6_shim6': 'shim6',
}
FIELDS = (
    'frame.len frame.cap_len frame.encap_type frame.protocols _ws.malformed mpls.label llc.oui'
).split() + [field + '.checksum.status' for field in CHECKSUMS.values()]
PREFERENCES = (
    'ip.defragment:FALSE',
    'ipv6.defragment:FALSE',
    'ip.check_checksum:TRUE',
    'tcp.check_checksum:TRUE',
    'udp.check_checksum:TRUE',
    'udplite.check_checksum:TRUE',
    'sctp.checksum:Automatic',
)


def tshark(path):
    """One dictionary a frame: field -> list of values."""
    command = [
        'tshark',
        '-n',
        '-r',
        path,
        '-T',
        'fields',
        '-E',
        'occurrence=a',
        '-E',
        'aggregator=,',
    ]
    for preference in PREFERENCES:
        command += ['-o', preference]
    for field in FIELDS:
        command += ['-e', field]
    with tempfile.TemporaryDirectory() as empty:  # nobody's own settings
        settings = dict(os.environ, WIRESHARK_CONFIG_DIR=empty, LC_ALL='C.UTF-8', TZ='UTC')
        run = subprocess.run(
            command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    run.check_returncode()
    for line in run.stdout.decode().splitlines():
        values = (value.split(',') if value else [] for value in line.split('\t'))
        yield dict(zip(FIELDS, values))


def layer_names(frame):
    """The layers of a frame, outermost first, by the library's names."""
    tokens = frame['frame.protocols'][0].split(':')
    names, ouis = [], len(frame['llc.oui'])
    for at, token in enumerate(tokens):
        if token == 'mpls':  # one token for the whole stack
            names += ['mpls'] * len(frame['mpls.label'])
        elif token == 'sll':
            names.append('sll2' if frame['frame.encap_type'] == [ENCAP_SLL2] else 'sll')
        elif token == 'igmp' and tokens[at - 1] == 'igmp':
            continue  # its versions are dissectors of their own
        elif token in NAMES:
            names.append(NAMES[token])
        if token == 'llc' and ouis:
            names.append('snap')
            ouis -= 1
    return names


def checksum_counts(frame):
    """(proto, status) of each checksum in the frame. tshark has one field for UDP and UDP-Lite."""
    lite = 'udplite' in frame['frame.protocols'][0].split(':')
    for proto, field in CHECKSUMS.items():
        for status in frame[field + '.checksum.status']:
            yield 'udplite' if lite and proto == 'udp' else proto, STATUS[status]


def summary(name):
    layers, occurrences, lines = Counter(), Counter(), []
    checksums = defaultdict(Counter)
    counts = Counter(packets=0, bytes=0, malformed=0, truncated=0)
    for frame in tshark(os.path.join(HERE, name)):
        found = layer_names(frame)
        layers.update(set(found))
        occurrences.update(found)
        lines.append(' '.join(found))
        counts['packets'] += 1
        counts['bytes'] += int(frame['frame.len'][0])
        counts['malformed'] += bool(frame['_ws.malformed'])
        counts['truncated'] += frame['frame.len'] != frame['frame.cap_len']
        for proto, status in checksum_counts(frame):
            checksums[proto][status] += 1
    result = dict(counts, layers=layers, occurrences=occurrences, checksums=checksums)
    if name == LISTED_BY_FRAME:
        result['frames'] = lines
    return result


def main(arguments):
    path = os.path.join(HERE, 'expected.json')
    text = json.dumps({name: summary(name) for name in CAPTURES}, indent=1, sort_keys=True) + '\n'
    if arguments == ['--check']:
        with open(path, encoding='ascii') as file:
            sys.exit(None if file.read() == text else 'expected.json is not what tshark finds now')
    if arguments:
        sys.exit('usage: make-expected.py [--check]')
    with open(path, 'w', encoding='ascii') as file:
        file.write(text)


if __name__ == '__main__':
    main(sys.argv[1:])
