#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""pkts-flow on captures: its options, what it writes, and what it says of what cannot be."""
import hashlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import time

from harness import (PROGRAM, SOURCE, TIMEOUT, VECTORS, bad, checksum, ether, good, main, parse, pcap, peak_kb, run,
                     vlan, with_folder)

MAN = os.path.join(SOURCE, 'apps/flow/pkts-flow.1')
SAMPLE = os.path.join(SOURCE, 'tests/vectors/sample.pcapng')
LIMIT_KB = 100 * 1024
COMPLETION = os.path.join(SOURCE, 'apps/flow/pkts-flow.bash')
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
A, B = ('192.0.2.1', 1000), ('192.0.2.2', 80)
A6, B6 = ('2001:db8::1', 1000), ('2001:db8::2', 80)


# Frames

def packed(address):
    return socket.inet_pton(socket.AF_INET6 if ':' in address else socket.AF_INET, address)


def ip(src, dst, proto, payload, ident=1, start=0, more=False):
    """An IP packet; a fragment if it starts behind 0 or more come."""
    if ':' in src:
        if start or more:
            payload, proto = struct.pack('!BBHI', proto, 0, start | more, ident) + payload, 44
        return struct.pack('!IHBB', 6 << 28, len(payload), proto, 64) + packed(src) + packed(dst) + payload
    head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), ident, start // 8 | (0x2000 if more else 0), 64,
                       proto, 0, packed(src), packed(dst))
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + payload


def tcp(src, dst, seq, flags=ACK, data=b'', ack=0, spoil=0, options=b''):
    """A segment with its checksum."""
    part = struct.pack('!HHIIBBHHH', src[1], dst[1], seq & 0xffffffff, ack & 0xffffffff, 0x50 + (len(options) << 2), flags,
                       60000, 0, 0) + options + data
    pseudo = packed(src[0]) + packed(dst[0]) + struct.pack('!II', len(part), 6)
    return part[:16] + struct.pack('!H', checksum(pseudo + part) ^ spoil) + part[18:]


def packet(src, dst, *args, **how):
    return ip(src[0], dst[0], 6, tcp(src, dst, *args, **how))


def frame(src, dst, *args, **how):
    return ether(packet(src, dst, *args, **how), 0x86dd if ':' in src[0] else 0x0800)


def in_fragments(src, dst, proto, payload, step, ident=1):
    for at in range(0, len(payload), step):
        part = payload[at:at + step]
        yield ip(src, dst, proto, part, ident, at, at + step < len(payload))


def opened(src=A, dst=B, isn=100, peer=5000):
    """The handshake."""
    return [frame(src, dst, isn, SYN), frame(dst, src, peer, SYN | ACK, ack=isn + 1),
            frame(src, dst, isn + 1, ACK, ack=peer + 1)]


# Runs

class Flow:
    def __init__(self, folder, frames, *options, name='out'):
        path = folder.file('in.pcap', pcap([f if isinstance(f, tuple) else (f, None) for f in frames]))
        self.dir = folder.file(name)
        small = () if '--mem' in options else ('--mem', '16')      # memory is touched at the start
        self.done = run('-r', path, '--streams', self.dir, *small, *options)
        assert self.done.returncode == 0, self.done.stderr
        self.load()

    def load(self):
        with open(os.path.join(self.dir, 'index.json'), encoding='utf-8') as file:
            self.lines = [parse(line) for line in file]
        assert [(x['stream'], x['dir']) for x in self.lines] == [
            (n, d) for n in range(len(self.lines) // 2) for d in 'ab']
        for line in self.lines:
            data = self.bytes(line)
            assert line['len'] == len(data), line
            assert line['sha256'] == hashlib.sha256(data).hexdigest(), line

    def bytes(self, line):
        path = os.path.join(self.dir, '%s-%d-%s.bin' % (line['proto'], line['stream'], line['dir']))
        if not os.path.exists(path):
            return b''
        with open(path, 'rb') as file:
            return file.read()

    def side(self, stream, which):
        return self.lines[2 * stream + 'ab'.index(which)]

    def data(self, stream=0, which='a'):
        return self.bytes(self.side(stream, which))

    def gaps(self, stream=0, which='a'):
        return self.side(stream, which)['gaps']

    def datagrams(self):
        with open(os.path.join(self.dir, 'datagrams.json'), encoding='utf-8') as file:
            return [parse(line) for line in file]


# Options

def text_of(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def table():
    """(letter, name, argument) of each option, as --help has them from the program's table."""
    return set(re.findall(r'^  (?:-(\w), |    )--([a-z-]+)(?: ([A-Z]+))?(?:  |$)', good('--help'), re.M))


def test_help_teaches():
    text = good('--help')
    for part in ('usage: pkts-flow -r FILE', 'Examples:', 'pcap-filter(7)', 'Exit status:'):
        assert part in text, part
    assert len(table()) >= 18
    assert max(map(len, text.splitlines())) <= 100


def test_version():
    assert re.fullmatch(r'pkts-flow \S+, DPDK \S+\n', good('--version'))


def test_man_page_has_the_same_options():
    text = text_of(MAN).replace(r'\-', '-')
    found = set(re.findall(r'^\.TP\n\.BR? (?:-(\w) ", " )?"?--([a-z-]+)(?:(?: ", ")? "? ?\\fI([A-Z]+)\\fP")?$', text, re.M))
    found |= set(re.findall(r'^\.TP\n\.BR --()([a-z-]+) " \\fI([A-Z]+)\\fP"$', text, re.M))
    assert found == table(), found ^ table()


def test_completion_has_the_same_options():
    words = set(re.search(r"local options='([^']*)'", text_of(COMPLETION)).group(1).split())
    expected = {f'-{letter}' for letter, _, _ in table() if letter} | {f'--{name}' for _, name, _ in table()}
    assert words == expected, words ^ expected


def test_policies_are_those_of_the_library():
    for option, names in (('--tcp-policy', 'first last bsd windows win2k3 vista macos irix hpux10 hpux11 linux old-linux solaris'),
                          ('--ip-policy', 'rfc8200 drop first last bsd bsd-right linux windows solaris')):
        for name in names.split():
            assert name in good('--help')
            bad(1, 'nosuchfile', '-r', 'nosuchfile', '--streams', 'nosuchdir', option, name)


def test_command_lines_that_make_no_sense():
    for pattern, *words in (
            ('where from', '--streams', 'x'),
            ('what is written into --streams', '-r', 'x', '--sctp'),
            ('what is written into --streams', '-r', 'x', '--datagrams'),
            ('one of them only', '-r', 'x', '--json', '--table'),
            ('needs a terminal', '-i', 'x', '--top'),
            ('one of them only', '-r', 'x', '-i', 'y', '--streams', 'z'),
            ('no such policy', '-r', 'x', '--streams', 'z', '--tcp-policy', 'best'),
            ('no such policy', '-r', 'x', '--streams', 'z', '--ip-policy', 'best'),
            ('-p is for interfaces', '-r', 'x', '--streams', 'z', '-p'),
            ('not a number from 8', '-r', 'x', '--streams', 'z', '--mem', '1'),
            ('put -r before it', SOURCE, '--streams', 'z')):
        bad(2, pattern, *words)


@with_folder
def test_folders_that_cannot_be(folder):
    path = folder.file('in.pcap', pcap([(f, None) for f in opened()]))
    bad(1, 'No such file', '-r', path, '--streams', folder.file('a/b'))
    bad(1, 'Not a directory', '-r', path, '--streams', path)
    flow = Flow(folder, opened())
    before = os.listdir(flow.dir)
    bad(1, 'streams in it already', '-r', path, '--streams', flow.dir)
    assert os.listdir(flow.dir) == before


@with_folder
def test_no_file_is_overwritten_or_followed(folder):
    os.mkdir(folder.file('out'))
    os.symlink(folder.file('elsewhere'), folder.file('out/tcp-0-a.bin'))
    path = folder.file('in.pcap', pcap([(f, None) for f in opened() + [frame(A, B, 101, data=b'x')]]))
    bad(1, 'tcp-0-a.bin.*there already', '-r', path, '--streams', folder.file('out'))
    assert not os.path.exists(folder.file('elsewhere'))


@with_folder
def test_no_capture_no_folder(folder):
    bad(1, 'is not a pcap', '-r', folder.file('in.pcap', b'x' * 100), '--streams', folder.file('out'))
    assert not os.path.exists(folder.file('out'))


@with_folder
def test_cut_capture_leaves_what_was_there(folder):
    whole = pcap([(f, None) for f in opened() + [frame(A, B, 101, data=b'hello'), frame(A, B, 106, data=b'lost')]])
    path = folder.file('in.pcap', whole[:-3])
    bad(1, 'cut|end', '-r', path, '--streams', folder.file('out'))
    with open(folder.file('out/tcp-0-a.bin'), 'rb') as file:
        assert file.read() == b'hello'


@with_folder
def test_modes_and_names(folder):
    flow = Flow(folder, opened() + [frame(A, B, 101, data=b'x')])
    assert sorted(os.listdir(flow.dir)) == ['index.json', 'tcp-0-a.bin']
    umask = os.umask(0)
    os.umask(umask)
    for name in os.listdir(flow.dir):
        assert os.stat(os.path.join(flow.dir, name)).st_mode & 0o777 == 0o644 & ~umask


# TCP

@with_folder
def test_both_directions(folder):
    flow = Flow(folder, opened() + [frame(A, B, 101, data=b'GET', ack=5001), frame(B, A, 5001, data=b'200 ok', ack=104),
                                    frame(A, B, 104, FIN | ACK, ack=5007), frame(B, A, 5007, FIN | ACK, ack=105)])
    assert flow.data(0, 'a') == b'GET' and flow.data(0, 'b') == b'200 ok'
    for line in flow.lines:
        assert (line['src'], line['dst']) == ('192.0.2.1:1000', '192.0.2.2:80')
        assert line['gaps'] == [] and line['proto'] == 'tcp'
    assert [line['packets'] for line in flow.lines] == [4, 3]


@with_folder
def test_order_does_not_matter(folder):
    parts = [frame(A, B, 101 + 3 * k, data=b'%03d' % k) for k in range(20)]
    wanted = b''.join(b'%03d' % k for k in range(20))
    for name, order in (('back', parts[::-1]), ('odd', parts[1::2] + parts[::2]), ('twice', parts + parts[5:9])):
        flow = Flow(folder, opened() + order, name=name)
        assert flow.data() == wanted and flow.gaps() == []


@with_folder
def test_sequence_numbers_wrap(folder):
    flow = Flow(folder, opened(isn=2 ** 32 - 4) + [frame(A, B, 2, data=b'world'), frame(A, B, 2 ** 32 - 3, data=b'hello')])
    assert flow.data() == b'helloworld'


@with_folder
def test_gaps(folder):
    flow = Flow(folder, opened() + [frame(A, B, 103, data=b'cd'), frame(A, B, 110, data=b'jk'), frame(A, B, 120, FIN)])
    assert flow.data() == b'cdjk'
    assert flow.gaps() == [[0, 2], [4, 5]]
    assert flow.side(0, 'a')['missing_at_end'] == 8
    assert flow.side(0, 'a')['events']['gap'] == 3


@with_folder
def test_beginning_that_was_not_seen(folder):
    flow = Flow(folder, [frame(A, B, 1000, data=b'behind'), frame(A, B, 990, data=b'before'), frame(A, B, 996, data=b'then')])
    assert flow.data() == b'beforethenbehind' and flow.gaps() == []
    assert flow.side(0, 'a')['events']['midstream'] == 1


@with_folder
def test_policy_decides_what_overlaps(folder):
    order = opened() + [frame(A, B, 102, data=b'BBB'), frame(A, B, 102, data=b'bbbbb'), frame(A, B, 101, data=b'A')]
    for policy, wanted in (('first', b'ABBBbb'), ('last', b'Abbbbb'), ('linux', b'Abbbbb'), ('bsd', b'ABBBbb')):
        flow = Flow(folder, order, '--tcp-policy', policy, name=policy)
        assert flow.data() == wanted, policy
        assert flow.side(0, 'a')['events']['conflict'] == 1


@with_folder
def test_data_of_resets_are_left_out(folder):
    flow = Flow(folder, opened() + [frame(A, B, 101, data=b'x'), frame(A, B, 102, RST, data=b'why')])
    assert flow.data() == b'x'
    assert flow.side(0, 'a')['events']['rst_data'] == 1


@with_folder
def test_stream_goes_on_after_its_end(folder):
    flow = Flow(folder, opened() + [frame(A, B, 101, RST), frame(A, B, 101, data=b'still here')])
    assert len(flow.lines) == 2 and flow.data() == b'still here'


@with_folder
def test_another_syn_is_another_stream(folder):
    flow = Flow(folder, opened() + [frame(A, B, 101, data=b'one')] + opened(isn=9000, peer=7) + [
        frame(A, B, 9001, data=b'two')] + opened(B, A, 60000, 50000) + [frame(B, A, 60001, data=b'three')])
    assert [flow.data(n) for n in range(3)] == [b'one', b'two', b'three']
    assert flow.side(2, 'a')['src'] == '192.0.2.2:80'


@with_folder
def test_same_syn_is_the_same_stream(folder):
    flow = Flow(folder, opened() + [frame(A, B, 101, data=b'one'), frame(A, B, 101, RST)] + opened())
    assert len(flow.lines) == 2


@with_folder
def test_ipv6(folder):
    flow = Flow(folder, opened(A6, B6) + [frame(A6, B6, 101, data=b'six')])
    assert flow.side(0, 'a')['src'] == '2001:db8::1:1000' and flow.data() == b'six'


@with_folder
def test_segments_in_fragments(folder):
    data = bytes(range(256)) * 20
    for name, (src, dst), kind in (('v4', (A, B), 0x0800), ('v6', (A6, B6), 0x86dd)):
        pieces = [ether(f, kind) for f in in_fragments(src[0], dst[0], 6, tcp(src, dst, 101, data=data), 1000)]
        flow = Flow(folder, opened(src, dst) + pieces[::-1], '--datagrams', name=name)
        assert flow.data() == data
        whole = tcp(src, dst, 101, data=data)
        assert [(d['frame'], d['len'], d['sha256']) for d in flow.datagrams()] == [
            (3 + len(pieces), len(whole), hashlib.sha256(whole).hexdigest())]


@with_folder
def test_ip_policy(folder):
    part = tcp(A, B, 101, data=b'x' * 28)
    other = part[:24] + b'y' * 24
    frames = [ether(ip(A[0], B[0], 6, part[:24], 1, 0, True)), ether(ip(A[0], B[0], 6, other[16:], 1, 16, False)),
              ether(ip(A[0], B[0], 6, part[:24], 1, 0, True))]
    assert Flow(folder, opened() + frames).lines[0]['packets'] == 2
    for policy, wanted in (('first', b'xxxx' + b'y' * 24), ('last', b'y' * 28)):
        part = tcp(A, B, 101, data=b'x' * 28)
        flow = Flow(folder, opened() + [
            ether(ip(A[0], B[0], 6, part[:24], 1, 0, True)),
            ether(ip(A[0], B[0], 6, part[16:20] + b'y' * 28, 1, 16, False))], '--ip-policy', policy, name=policy)
        assert flow.data() == wanted, (policy, flow.data())


def tunnels(inner):
    """The same packet in tunnels of several kinds."""
    yield 'ipip', ether(ip('198.51.100.1', '198.51.100.2', 4, inner))
    yield 'gre', ether(ip('198.51.100.1', '198.51.100.2', 47, struct.pack('!HH', 0, 0x0800) + inner))
    vx = struct.pack('!II', 8 << 24, 7 << 8) + ether(inner)
    udp = struct.pack('!HHHH', 1, 4789, 8 + len(vx), 0) + vx
    yield 'vxlan', ether(ip('198.51.100.1', '198.51.100.2', 17, udp))
    yield 'vlan', vlan(inner)


@with_folder
def test_innermost_connection_is_followed(folder):
    for k, name in enumerate(('ipip', 'gre', 'vxlan', 'vlan')):
        flow = Flow(folder, [list(tunnels(packet(A, B, 101, data=b'hello')))[k][1], frame(A, B, 106, data=b' there')],
                    name=name)
        assert len(flow.lines) == 2 and flow.data() == b'hello there', name


@with_folder
def test_fragments_in_tunnels(folder):
    data = bytes(range(256)) * 4
    inner = in_fragments(A[0], B[0], 6, tcp(A, B, 101, data=data), 256)
    outer = [ether(f) for piece in inner for f in in_fragments('198.51.100.1', '198.51.100.2', 4, piece, 160)]
    flow = Flow(folder, outer, '--datagrams')
    assert flow.data() == data
    assert len(flow.datagrams()) == 5  # four around, and the one in them


@with_folder
def test_tenants(folder):
    frames = [vlan(packet(A, B, 1, data=b'red')), vlan(packet(A, B, 1, data=b'blue'))]
    frames[1] = frames[1][:14] + struct.pack('!H', 8) + frames[1][16:]
    assert len(Flow(folder, frames).lines) == 2
    flow = Flow(folder, frames, '--separate-tenants', name='apart')
    assert [flow.data(0), flow.data(1)] == [b'red', b'blue']


@with_folder
def test_quoted_headers_are_no_connection(folder):
    error = struct.pack('!BBHI', 3, 1, 0, 0) + packet(A, B, 101, data=b'quoted')
    assert Flow(folder, [ether(ip('198.51.100.1', A[0], 1, error))]).lines == []


@with_folder
def test_wrong_checksums(folder):
    frames = opened() + [frame(A, B, 101, data=b'bad', spoil=1), frame(A, B, 101, data=b'yes'), frame(A, B, 104, data=b'!')]
    assert Flow(folder, frames).data() == b'bad!'
    flow = Flow(folder, frames, '--verify-checksums', name='strict')
    assert flow.data() == b'yes!'
    assert '1 with wrong checksums left out' in flow.done.stderr
    assert Flow(folder, frames, '--verify-checksums', '-q', name='quiet').done.stderr == ''


def spoilt(packet):
    """An IPv4 packet whose header nobody accepts."""
    return packet[:10] + bytes([packet[10] ^ 1]) + packet[11:]


def with_ttl(packet, ttl):
    """The IP packet with another TTL or hop limit."""
    if packet[0] >> 4 == 6:
        return packet[:7] + bytes([ttl]) + packet[8:]
    head = packet[:8] + bytes([ttl]) + packet[9:10] + b'\0\0' + packet[12:20]
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + packet[20:]


INSERTIONS = (     # more of them: tests/lib/session/test_insertion.c
    ('insertion 1: wrong TCP checksum', A, B, lambda data, at: packet(A, B, at, data=data, spoil=1),
     ('--verify-checksums',), '1 with wrong checksums left out'),
    ('insertion 1: wrong IP checksum', A, B, lambda data, at: spoilt(packet(A, B, at, data=data)),
     ('--verify-checksums',), '1 with wrong checksums left out'),
    ('insertion 1: wrong TCP checksum in IPv6', A6, B6, lambda data, at: packet(A6, B6, at, data=data, spoil=1),
     ('--verify-checksums',), '1 with wrong checksums left out'),
    ('insertion 2: TTL', A, B, lambda data, at: with_ttl(packet(A, B, at, data=data), 4),
     ('--min-ttl', '5'), '1 with a TTL below --min-ttl left out'),
    ('insertion 2: hop limit', A6, B6, lambda data, at: with_ttl(packet(A6, B6, at, data=data), 4),
     ('--min-ttl', '5'), '1 with a TTL below --min-ttl left out'),
)


@with_folder
def test_insertion(folder):
    """Before and behind the real segment, in order and with something missing before, both ways round."""
    for n, (name, src, dst, decoy_of, options, said) in enumerate(INSERTIONS):
        for way in range(8):
            behind, hole, reverse = way & 1, way & 2, way & 4
            attack, benign = (b'benign', b'attack') if reverse else (b'attack', b'benign')
            at = 105 if hole else 101
            pair = [ether(decoy_of(attack, at), 0x86dd if src == A6 else 0x0800), frame(src, dst, at, data=benign)]
            frames = opened(src, dst) + (pair[::-1] if behind else pair) + ([frame(src, dst, 101, data=b'head')] if hole else [])
            policy = ('--tcp-policy', 'last' if behind else 'first')
            flow = Flow(folder, frames, *options, *policy, name=f'{n}-{way}')
            assert flow.data() == (b'head' if hole else b'') + benign, (name, way, flow.data())
            assert said in flow.done.stderr, (name, way, flow.done.stderr)
            assert not {'conflict', 'retransmit_diff'} & set(flow.side(0, 'a')['events']), (name, way, flow.lines)


@with_folder
def test_min_ttl(folder):
    for ttl, option, data in ((4, '5', b''), (5, '5', b'data'), (0, '0', b'data'), (254, '255', b''), (255, '255', b'data')):
        frames = [ether(with_ttl(packet(A, B, 101, data=b'data'), ttl))]
        flow = Flow(folder, frames, '--min-ttl', option, name=f'{ttl}-{option}')
        assert (flow.data() if flow.lines else b'') == data, (ttl, option)
        assert ('--min-ttl' in flow.done.stderr) == (data == b''), flow.done.stderr
    for src, dst in ((A, B), (A6, B6)):
        whole = tcp(src, dst, 101, data=b'0123456789abcdef' * 4)
        first, second = in_fragments(src[0], dst[0], 6, whole, 48)
        decoy = with_ttl(ip(src[0], dst[0], 6, b'x' * (len(whole) - 48), 1, 48, False), 4)
        kind = 0x86dd if src == A6 else 0x0800
        frames = opened(src, dst) + [ether(f, kind) for f in (first, decoy, second)]
        for option, rest in (('0', b'x' * (len(whole) - 48)), ('5', whole[48:])):
            flow = Flow(folder, frames, '--ip-policy', 'first', '--min-ttl', option, name=f'{option}{kind}')
            assert flow.data() == whole[20:48] + rest, (option, flow.data())
            assert ('1 fragments dropped' in flow.done.stderr) == (option == '5'), flow.done.stderr
    for wrong in ('256', '-1', 'x', ''):
        bad(2, '--min-ttl.* 255', '-r', SAMPLE, '--min-ttl', wrong)


@with_folder
def test_wrong_checksums_of_other_headers(folder):
    """Whoever receives such a packet drops it, whatever the checksum of TCP inside."""
    bad = spoilt(packet(A, B, 101, data=b'bad'))
    around = struct.pack('!HHHH', 9, 4789, 16 + 14 + len(bad), 0x1234) + struct.pack('!II', 1 << 27, 0)
    tunnelled = ether(ip(A[0], B[0], 17, around + ether(packet(A, B, 101, data=b'bad'))))
    for n, decoy in enumerate((ether(bad), tunnelled)):
        frames = opened() + [decoy, frame(A, B, 101, data=b'yes')]
        assert Flow(folder, frames, name=f'lax{n}').data() == b'bad'
        flow = Flow(folder, frames, '--verify-checksums', name=f'strict{n}')
        assert flow.data() == b'yes'
        assert '1 with wrong checksums left out' in flow.done.stderr
    whole = tcp(A, B, 101, data=b'0123456789abcdef' * 4)
    first, second = in_fragments(A[0], B[0], 6, whole, 48)
    decoy = spoilt(ip(A[0], B[0], 6, b'x' * (len(whole) - 48), 1, 48, False))
    frames = opened() + [ether(first), ether(decoy), ether(second)]
    assert Flow(folder, frames, '--ip-policy', 'first', '--verify-checksums', name='fragments').data() == whole[20:]
    frames = opened() + [ether(f) for f in in_fragments(A[0], B[0], 6, tcp(A, B, 101, data=b'x' * 64, spoil=1), 40)]
    assert Flow(folder, frames, '--verify-checksums', name='whole').data() == b''


@with_folder
def test_cut_packets_leave_gaps(folder):
    long = frame(A, B, 101, FIN, data=b'0123456789')
    flow = Flow(folder, opened() + [(long[:-4], len(long)), frame(B, A, 5001, data=b'x')])
    assert flow.data() == b'012345'
    assert flow.side(0, 'a')['missing_at_end'] == 4
    flow = Flow(folder, opened() + [frame(A, B, 101, data=b'0123456789'), frame(A, B, 111, data=b'ab')], '-s', '58', name='s')
    assert flow.data() == b'0123ab' and flow.gaps() == [[4, 6]]


@with_folder
def test_captures_that_end_in_the_options(folder):
    """Who sent what, and how much of it is missing, does not stand in them."""
    data = frame(A, B, 101, data=b'0123456789', options=bytes(12))
    for caplen in (54, 55, 58, 61, 65, 66):
        flow = Flow(folder, [frame(A, B, 100, SYN, options=bytes(12)), data, frame(A, B, 111, FIN, options=bytes(12)),
                             frame(B, A, 5000, ACK, ack=112)], '-s', str(caplen), name=f's{caplen}')
        side = flow.side(0, 'a')
        assert (side['packets'], side['len'], side['gaps'], side['missing_at_end']) == (3, 0, [], 10)
        assert flow.side(0, 'b')['packets'] == 1
    assert Flow(folder, [data], '-s', '53', name='s53').lines == []


@with_folder
def test_segments_longer_than_a_datagram(folder):
    """As a NIC that cuts them would have got them: no IP length, over 65,535 bytes."""
    data = bytes(range(251)) * 320
    long = bytearray(frame(A, B, 100, SYN))
    long[16:18] = b'\0\0'
    flow = Flow(folder, [bytes(long) + data, frame(A, B, 101 + len(data), FIN, data=b'end'), frame(A, B, 101, data=data[:9])])
    assert flow.data() == data + b'end' and flow.gaps() == []


# Limits

@with_folder
def test_max_streams(folder):
    frames = []
    for k in range(10):
        src = (A[0], 2000 + k)
        frames += [frame(src, B, 1, SYN), frame(src, B, 2, data=b'stream %d' % k)]
    flow = Flow(folder, frames, '--max-streams', '2')
    assert [flow.data(k) for k in range(10)] == [b'stream %d' % k for k in range(10)]
    assert [flow.side(k, 'a')['events'].get('evicted', 0) for k in range(10)] == [1] * 8 + [0] * 2
    assert '8 streams ended early' in flow.done.stderr


@with_folder
def test_over_goes_before_idle(folder):
    ends = [(A[0], 2000 + k) for k in range(3)]
    flow = Flow(folder, [frame(ends[0], B, 1, data=b'idle'), frame(ends[1], B, 1, data=b'over'), frame(ends[1], B, 5, RST),
                         frame(ends[2], B, 1, data=b'new'), frame(ends[0], B, 5, data=b' no more')], '--max-streams', '2')
    assert [flow.data(k) for k in range(3)] == [b'idle no more', b'over', b'new']


@with_folder
def test_more_streams_than_open_files(folder):
    n = 300
    frames = [f for k in range(n) for f in opened((A[0], 2000 + k), B, 0)]
    frames += [frame((A[0], 2000 + k), B, 1 + 4 * turn, data=b'%03d%d' % (k, turn)) for turn in range(5) for k in range(n)]
    path = folder.file('in.pcap', pcap([(f, None) for f in frames]))
    flow = Flow.__new__(Flow)
    flow.dir = folder.file('out')
    subprocess.run(['sh', '-c', 'ulimit -n 128; exec "$@"', '-', PROGRAM, '-r', path, '--streams', flow.dir],
                   check=True, timeout=TIMEOUT)
    flow.load()
    for k in range(n):
        assert flow.data(k) == b''.join(b'%03d%d' % (k, turn) for turn in range(5))


@with_folder
def test_more_streams_than_blocks(folder):
    """More than there is memory for bytes that wait: whose have waited longest are written."""
    n = 8500
    ends = [('10.1.%d.%d' % (k >> 8, k & 255), 2000) for k in range(n)]
    frames = [frame(end, B, 1 + 5 * turn, data=b'%04d%d' % (k, turn)) for turn in range(2) for k, end in enumerate(ends)]
    flow = Flow(folder, frames)
    assert len(flow.lines) == 2 * n
    for k in range(n):
        assert flow.data(k) == b'%04d0%04d1' % (k, k)


@with_folder
def test_memory_is_bounded(folder):
    """Everything behind a gap that never closes: what does not fit is told."""
    frames = opened() + [frame(A, B, 200 + 1400 * k, data=bytes(1400)) for k in range(6000)]
    flow = Flow(folder, frames, '--mem', '8')
    line = flow.side(0, 'a')
    assert 0 < line['len'] < 6000 * 1400
    assert line['events'].get('limit_bytes') or line['events'].get('limit_pieces') or line['events'].get('evicted')
    assert line['len'] + sum(n for _, n in line['gaps']) + line.get('missing_at_end', 0) <= 99 + 6000 * 1400


@with_folder
def test_count(folder):
    flow = Flow(folder, opened() + [frame(A, B, 101, data=b'one'), frame(A, B, 104, data=b'two')], '-c', '4')
    assert flow.data() == b'one'


@with_folder
def test_filter(folder):
    flow = Flow(folder, [frame(A, B, 1, data=b'x'), frame((A[0], 7), B, 1, data=b'y')], 'port', '7')
    assert len(flow.lines) == 2 and flow.data() == b'y'


# SCTP

def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def sctp(src, dst, tag, *chunks):
    head = struct.pack('!HHI', src[1], dst[1], tag)
    body = b''.join(c + bytes(-len(c) % 4) for c in chunks)
    whole = head + struct.pack('<I', crc32c(head + bytes(4) + body)) + body
    return ether(ip(src[0], dst[0], 132, whole))


def chunk(tsn, sid, ssn, data, flags=3, ppid=9):
    return struct.pack('!BBHIHHI', 0, flags, 16 + len(data), tsn, sid, ssn, ppid) + data


@with_folder
def test_sctp_messages(folder):
    frames = [sctp(A, B, 7, chunk(1, 0, 0, b'one')), sctp(A, B, 7, chunk(3, 1, 0, b'thr', 2), chunk(2, 0, 1, b'two', ppid=5)),
              sctp(A, B, 7, chunk(4, 1, 0, b'ee', 1)), sctp(B, A, 8, chunk(9, 2, 0, b'back'))]
    assert Flow(folder, frames).lines == []
    flow = Flow(folder, frames, '--sctp', name='sctp')
    assert flow.data(0, 'a') == b'onetwothree' and flow.data(0, 'b') == b'back'
    assert flow.side(0, 'a')['messages'] == [{'sid': 0, 'ppid': 9, 'len': 3}, {'sid': 0, 'ppid': 5, 'len': 3},
                                            {'sid': 1, 'ppid': 9, 'len': 5}]
    flow = Flow(folder, frames, '--sctp', '--max-messages', '1', name='few')
    assert len(flow.side(0, 'a')['messages']) == 1 and flow.side(0, 'a')['messages_more'] == 2


# Endings

@with_folder
def test_signal_writes_everything_out(folder):
    """What is held behind a gap, too. The file shows that the last packet has been read."""
    data = pcap([(f, None) for f in opened() + [frame(A, B, 120, data=b'behind'), frame(A, B, 101, data=b'before')]])
    flow = Flow.__new__(Flow)
    flow.dir = folder.file('out')
    with subprocess.Popen([PROGRAM, '-r', '-', '--streams', flow.dir], stdin=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        process.stdin.write(data)
        process.stdin.flush()
        while process.poll() is None and not os.path.exists(os.path.join(flow.dir, 'tcp-0-a.bin')):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        text = process.stderr.read().decode()
        assert process.wait(TIMEOUT) == 0, text
    flow.load()
    assert flow.data() == b'beforebehind' and flow.gaps() == [[6, 13]]
    assert '5 packets, 1 streams' in text


@with_folder
def test_real_captures(folder):
    """Every vector: a well-formed index, whose sums are those of the files."""
    for k, path in enumerate(VECTORS):
        flow = Flow.__new__(Flow)
        flow.dir = folder.file('v%d' % k)
        done = run('-r', path, '--streams', flow.dir, '--sctp', '--datagrams')
        assert done.returncode in (0, 1), done.stderr
        flow.load()
        json.dumps(flow.datagrams())


@with_folder
def test_memory(folder):
    """What is set aside for large captures takes nothing of a small one's."""
    for k, more in enumerate(([], ['--mem', '256', '--max-sessions', '200000'])):
        streams = folder.file('memory%d' % k)
        for args in (['--json'], ['--streams', streams], ['--json', '--streams', streams + 'j', '--sctp']):
            used = peak_kb('-q', '-r', SAMPLE, *args, *more)
            assert used < LIMIT_KB, f'{args} {more}: {used} kB'


if __name__ == '__main__':
    main(dict(globals()))
