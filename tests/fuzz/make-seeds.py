#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Makes the seeds of the fuzzers out of tests/vectors/made.pcapng: one small file a protocol and form.

    make-seeds.py       writes seeds/decode/ (json, show and mbuf share it), seeds/capture/, seeds/text/ and
                        seeds/ipfrag/
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
    'ipv6_mobility: binding update', 'ipv6_hip: I1', 'ipv6_shim6: in front', 'ipv6_shim6: I1',
)

TEXTS = {
    'syn': 'eth(dst=02:00:00:00:00:01)/vlan(id=7)/ipv4(src=10.0.0.1,dst=10.0.0.2,ttl=3)'
           '/tcp(dport=80,flags=SA,opts=[mss=1460,sackok,ts=1:0,nop,wscale=7,253=hex(01 02),end])',
    'ranges': 'eth(src=02:00:00:00:00:01..02:00:00:00:00:ff:2)/ipv4(src=10.0.0.1..10.0.0.9,dst={192.0.2.1,192.0.2.2})'
              '/udp(sport=1..100:5,dport=rand(1..1000),csum=offload)/zeros(64)/pad(4 zeros)',
    'ipv6': 'eth/ipv6(src=2001:db8::1..2001:db8::9 :2,dst=rand)/ipv6_hopopts(opts=[router_alert=0,30=hex(00),padn=hex(00)])'
            '/icmpv6(type=128)/"text \\r\\n\\x00\\""',
    'sctp': 'ipv4/sctp(vtag=0x1,opts=[data:3=hex(0000000100010000000000006162),init="abc",63:1])/hex(de ad)',
    'geneve': 'udp/geneve(vni=1,opts=[0x010280=hex(61626364),0xffff01])/gre(key=0,csum=auto)/llc/snap/arp(spa=rand)',
    'bytes': 'sll(addr=0200000000000000)/"a"/@file/"b"/hex()/@"file name" / pad(de ad be ef)',
    'wrong': 'eth/ipv4(tll=3)',
}


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


def ipfrag_put(key, offset, length, last, label=0, cost=0, options=False):
    """One step of fuzz_ipfrag.c; lengths below 256."""
    flags = last | cost << 1 | (label << 6 if label else 1 << 4) | options << 5
    return bytes([5, key, offset // 8, length, flags & 0xff])


def ipfrag_seeds():
    seventeen = ((0, 24), (32, 16), (48, 24), (80, 8), (104, 16), (120, 24), (144, 16), (160, 16), (176, 8), (8, 32),
                 (48, 24), (72, 24), (96, 24), (128, 8), (152, 8), (160, 8), (176, 16))
    fetch, free, expire, whole = bytes([0, 0, 0, 0, 0]), bytes([1, 0, 0, 0, 0]), bytes([2, 255, 0, 0, 0]), bytes([3, 0, 1, 20, 0])
    for policy in range(9):
        steps = [ipfrag_put(policy % 2, off, n, i == 16, 1 + i % 3) for i, (off, n) in enumerate(seventeen)]
        limits = bytes([policy, policy, 7, 63, 63, 255, 255, 0])
        write('ipfrag', f'seventeen-{policy}', limits + b''.join(steps) + fetch + free)
    steps = [ipfrag_put(key, off, 40, off == 80, 0, 1) for off in (80, 0, 40) for key in range(8)]
    for limit, name in enumerate(('datagrams', 'fragments', 'each', 'overlaps', 'bytes')):
        limits = bytearray([0, 2, 7, 63, 63, 255, 255, 0])
        limits[2 + limit] = 5 if limit < 4 else 40
        write('ipfrag', 'few-' + name, bytes(limits) + b''.join(steps) + whole + fetch + expire + free + whole)


def text_seeds():
    """Expressions, and the frames of the others: the fuzzer reads its input as both."""
    for name, text in TEXTS.items():
        write('text', name, struct.pack('>BBH', 0, 0, 0xffff) + text.encode())
    for name in os.listdir(os.path.join(HERE, 'seeds', 'decode')):
        link = os.path.join(HERE, 'seeds', 'text', 'frame-' + name)
        if not os.path.islink(link):
            os.symlink(os.path.join('..', 'decode', name), link)


# Programs of fuzz_edit.c: which edit, then its arguments.
EDITS = {
    'field': b'\0\1\7' + b'\x55' * 16 + b'\0\2\0\x12\x34',
    'bytes': b'\1\0\x1a\3abcdefgh' + b'\1\0\x40\x0ball over it',
    'option': b'\2\2\0\0\4\2\4\5\xb4' + b'\2\1\0\0\4\x94\4\0\0' + b'\2\2\0\1\0',
    'payload': b'\3\0\1\0\2\0\x65abcdefgh' + b'\3\0\0\xff\xff\0\0',
    'headers': b'\4\1\0\0\7' + b'\4\0\0\4\2' + b'\5\0\4',
    'between': b'\4\1\0\3\4' + b'\0\3\x0b\x0a\0\0\1' + b'\0' * 12 + b'\5\1\2',
    'tag': b'\6\1\7' + b'\4\1\0\1\7' + b'\5\1\1',
}
PROGRAM = 48  # as in fuzz_edit.c


def edit_seeds(found):
    """One edit of each kind for a frame of each kind, in one segment or more, held by others or not."""
    for number, wanted in enumerate(WANTED):
        link, _, data = [f for f in found if f[1].startswith(wanted)][0]
        edit = sorted(EDITS)[number % len(EDITS)]
        program, form = EDITS[edit], (number % 4) << 6
        knob = next(k for k in range(1 << 16) if k % (PROGRAM + 1) == len(program) and k & 192 == form)
        name = re.sub('[^a-z0-9]+', '-', wanted.lower()).strip('-')
        write('edit', f'{edit}-{name}', struct.pack('>BBH', LINKS.index(link), 0, knob) + data + program)


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
    edit_seeds(found)
    ipfrag_seeds()
    text_seeds()


if __name__ == '__main__':
    main()
