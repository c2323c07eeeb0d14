#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Makes the seeds of the fuzzers out of tests/vectors/made.pcapng: one small file a protocol and form.

    make-seeds.py       writes seeds/decode/ (json, show and mbuf share it) and seeds/capture/
"""
import os
import re
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
VECTORS = os.path.join(os.path.dirname(HERE), 'vectors')
sys.path.insert(0, VECTORS)
import pcapng  # noqa: E402

LINKS = (1, 0, 101, 108, 113, 276, 9, 50, 51, 228, 229, 12, 14, 105)  # as in input.c
WANTED = (
    '802.3, llc: supervisory', '802.3, llc, snap: IPv4', 'vlan: 802.1ad', 'mpls: three', 'pppoe, ppp: IPv6',
    'arp: request', 'ipv4: option record', 'ipv4: first fragment', 'ipv6: every extension',
    'ipv6_routing: type 4', 'ipv6_frag: first', 'ah: IPv6', 'ah, esp', 'icmp: fragmentation', 'icmpv6: packet too big',
    'icmpv6: router advertisement', 'igmp', 'tcp: IPv6', 'udplite: IPv6', 'sctp: COOKIE ECHO', 'sctp: SACK',
    'ipv6 in ipv4', 'gre: checksum', 'gre: version 1', 'vxlan: over', 'geneve: two', 'gtp: user data with a PDU',
    'gtp: control', 'raw: IPv6', 'null: IPv6 as on Fr', 'null (loop): IPv4', 'sll: ARP', 'sll2: 802.2',
)


def blocks(held):
    at = 0
    while at < len(held):
        kind, length = struct.unpack_from('<II', held, at)
        yield kind, held[at + 8:at + length - 4]
        at += length


def frames(path):
    """(linktype, comment, bytes) of a pcapng file of our own."""
    links = []
    with open(path, 'rb') as file:
        held = file.read()
    for kind, body in blocks(held):
        if kind == 1:
            links.append(struct.unpack_from('<H', body)[0])
        elif kind == 6:
            number, length = struct.unpack_from('<I8xI', body)
            comment = body[20 + length + -length % 4:]
            size = struct.unpack_from('<H', comment, 2)[0]
            yield links[number], comment[4:4 + size].decode(), body[20:20 + length]


def write(folder, name, data):
    os.makedirs(os.path.join(HERE, 'seeds', folder), exist_ok=True)
    with open(os.path.join(HERE, 'seeds', folder, name), 'wb') as out:
        out.write(data)


def classic(magic, records):
    head = struct.pack('<IHHiIII', magic, 2, 4, 0, 0, 65535, 1)
    return head + b''.join(struct.pack('<IIII', 1, 2, len(r), len(r)) + r for r in records)


def capture_seeds(found):
    few = [data for link, _, data in found if link == 1 and len(data) < 64][:3]
    write('capture', 'microseconds.pcap', classic(0xa1b2c3d4, few))
    write('capture', 'nanoseconds.pcap', classic(0xa1b23c4d, few))
    section = [pcapng.interface(1, 'a', 64), pcapng.interface(101, 'b')]
    section += [pcapng.packet(i % 2, 10**18 + i, data, 100 + i, 'comment') for i, data in enumerate(few)]
    pcapng.write(os.path.join(HERE, 'seeds', 'capture', 'two-interfaces.pcapng'), section)


def main():
    found = list(frames(os.path.join(VECTORS, 'made.pcapng')))
    for wanted in WANTED:
        matches = [f for f in found if f[1].startswith(wanted)]
        if not matches:
            sys.exit('no frame is called "%s..."' % wanted)
        link, comment, data = matches[0]
        name = re.sub('[^a-z0-9]+', '-', wanted.lower()).strip('-')
        write('decode', name, struct.pack('>BBH', LINKS.index(link), 0, 0xffff) + data)
    for other in ('json', 'show', 'mbuf'):
        link = os.path.join(HERE, 'seeds', other)
        if not os.path.islink(link):
            os.symlink('decode', link)
    capture_seeds(found)


if __name__ == '__main__':
    main()
