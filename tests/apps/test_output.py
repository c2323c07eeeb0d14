#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What pkts-dump writes: lines, JSON, counts, captures; and that these agree with each other."""
import gzip
import os
import pty
import re
import select
import struct
import subprocess
from collections import Counter

from harness import (MIXED, PROGRAM, TIMEOUT, VECTORS, ether, good, ipv4, main, packets, parse, pcap, run, stats, tcp,
                     with_folder)

ANY_TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z')


def inputs(folder):
    return [folder.file('mixed.pcap', pcap(MIXED)), *VECTORS]


@with_folder
def test_a_line_a_packet(folder):
    lines = good('-r', folder.file('a.pcap', pcap(MIXED))).splitlines()
    assert len(lines) == len(MIXED)
    assert lines[0].startswith('1 1970-01-01T00:00:01.000000001Z 59 eth/ipv4/tcp '), lines[0]
    assert 'vlan' in lines[4], lines[4]


@with_folder
def test_json_has_what_is_promised(folder):
    for path in inputs(folder):
        for n, packet in enumerate(packets('-r', path), 1):
            assert packet['n'] == n and ANY_TIME.fullmatch(packet['ts']), packet
            assert 0 <= packet['caplen'] <= packet['len'], packet
            assert isinstance(packet['verdict']['ok'], bool), packet
            for layer in packet['layers']:
                assert layer['proto'] and layer['off'] + layer['len'] <= packet['caplen'], packet


@with_folder
def test_json_values(folder):
    found = packets('-r', folder.file('a.pcap', pcap(MIXED)))
    eth, ip, segment = found[0]['layers']
    assert (eth['proto'], eth['off'], eth['len'], eth['src']) == ('eth', 0, 14, '02:00:00:00:00:01')
    assert (ip['off'], ip['len'], ip['dst'], ip['checksum']) == (14, 20, '192.0.2.2', 'good')
    assert (segment['off'], segment['dport'], segment['checksum']) == (34, 80, 'good')
    assert found[1]['layers'][2]['checksum'] == 'bad'
    assert found[3]['layers'][2]['checksum'] == 'absent'
    assert found[6]['verdict']['fatal'] == {'reason': 'ipv4_ihl', 'proto': 'ipv4', 'off': 14}
    assert found[7]['verdict']['truncated'] is True
    assert found[10]['verdict'] == {'ok': True, 'excess': 18}


def refused(packet):
    """The name of the layer at which decoding stopped, if a byte of it is there."""
    fatal = packet['verdict'].get('fatal')
    if not fatal or not fatal.get('proto') or fatal['proto'] == 'none':
        return []
    last = packet['layers'][-1] if packet['layers'] else {'off': 0, 'len': 0}
    return [fatal['proto']] if last['off'] + last['len'] < packet['caplen'] else []


def names(packet):
    return [layer['proto'] for layer in packet['layers']] + refused(packet)


def has_quote(packet):
    """A layer that the quotation in an ICMP error cuts is counted, and JSON has nothing to say of it."""
    return any(layer['proto'] in ('icmp', 'icmpv6') for layer in packet['layers'])


def count(found):
    verdicts = [packet['verdict'] for packet in found]
    reasons = Counter(v[kind]['reason'] for v in verdicts for kind in ('fatal', 'invalid') if kind in v)
    return {
        'packets': len(found),
        'bytes': sum(packet['len'] for packet in found),
        'layers': Counter(name for packet in found for name in set(names(packet))),
        'occurrences': Counter(name for packet in found for name in names(packet)),
        'checksums': Counter((layer['proto'], layer['checksum']) for packet in found
                             for layer in packet['layers'] if layer.get('checksum', 'unverified') != 'unverified'),
        'truncated': sum('truncated' in v for v in verdicts),
        'ok': sum(v['ok'] and 'truncated' not in v for v in verdicts),
        'reasons': reasons + Counter(v['padding'] for v in verdicts if 'padding' in v),
    }


def compare(found, counted):
    expected = count(found)
    for name in ('packets', 'bytes'):
        assert counted[name] == expected[name], name
    for name in ('layers', 'occurrences'):
        more = Counter(counted[name])
        more.subtract(expected[name])
        assert min(more.values(), default=0) >= 0, (name, more)
        assert sum(more.values()) <= sum(map(has_quote, found)), (name, more)
        assert 0 not in counted[name].values()
    checksums = Counter({(proto, kind): n for proto, kinds in counted['checksums'].items()
                         for kind, n in kinds.items()})
    assert +checksums == expected['checksums'], checksums
    for name in ('ok', 'truncated', 'reasons'):
        assert counted['verdicts'][name] == expected[name], (name, expected[name])
    assert counted['capture']['captured'] == expected['packets']


@with_folder
def test_stats_are_the_sum_of_json(folder):
    for path in inputs(folder):
        compare(packets('-r', path), stats('-r', path))


@with_folder
def test_stats_of_known_packets(folder):
    counted = stats('-r', folder.file('a.pcap', pcap(MIXED)))
    assert list(counted) == ['packets', 'bytes', 'layers', 'occurrences', 'checksums', 'verdicts', 'capture']
    # the malformed and the cut IPv4 headers are there; of the one that starts where the capture ends nothing is
    assert counted['layers'] == {'eth': 12, 'vlan': 1, 'ipv4': 11, 'tcp': 4, 'udp': 6}, counted['layers']
    assert counted['occurrences'] == {'eth': 12, 'vlan': 1, 'ipv4': 12, 'tcp': 4, 'udp': 6}
    assert counted['checksums']['tcp'] == {'good': 1, 'bad': 1, 'absent': 0}
    assert counted['checksums']['udp'] == {'good': 5, 'bad': 0, 'absent': 1}
    verdicts = counted['verdicts']
    assert (verdicts['ok'], verdicts['malformed'], verdicts['truncated']) == (8, 1, 3), verdicts
    assert verdicts['reasons'] == {'ipv4_ihl': 1, 'cut': 2}, verdicts


@with_folder
def test_tcp_whose_options_were_cut(folder):
    """What is there of the header is shown and counted; the capture is short, and no header is wrong."""
    segment = struct.pack('!HHIIBBHHH', 1000, 80, 7, 0, 0xa0, 2, 1000, 0, 0) + bytes.fromhex('020405b4 0402 080a00000001 00000000')
    whole = ether(ipv4(segment + bytes(4), 6))
    for caplen in range(54, len(whole)):
        path = folder.file('a.pcap', pcap([(whole[:caplen], len(whole))]))
        packet, = packets('-r', path)
        tcp = packet['layers'][2]
        assert (tcp['proto'], tcp['len'], tcp['dport'], tcp['data_offset']) == ('tcp', caplen - 34, 80, 10)
        assert bool(tcp.get('options')) == (caplen >= 58) and tcp['checksum'] == 'unverified', tcp
        assert packet['verdict'] == {'ok': True, 'truncated': True}
        assert stats('-r', path)['verdicts'] == {'ok': 0, 'malformed': 0, 'truncated': 1, 'reasons': {}}
        assert re.search('eth/ipv4/tcp .*:1000 > .*:80 S ', good('-r', path))


@with_folder
def test_unusual_padding_is_counted(folder):
    options = bytes((59, 1, 1, 12)) + b'\1' * 12  # PadN of 14 bytes, not zero
    frame = ether(struct.pack('!IHBB', 6 << 28, len(options), 0, 64) + bytes(32) + options, 0x86dd)
    verdicts = stats('-r', folder.file('a.pcap', pcap([(frame, None)])))['verdicts']
    assert verdicts == {'ok': 1, 'malformed': 0, 'truncated': 0, 'reasons': {'ipv6_padding': 1}}, verdicts


@with_folder
def test_stats_of_nothing(folder):
    counted = stats('-r', folder.file('empty.pcap', pcap([])))
    assert counted['packets'] == counted['bytes'] == 0
    assert counted['layers'] == counted['occurrences'] == counted['checksums'] == {}
    assert counted['verdicts'] == {'ok': 0, 'malformed': 0, 'truncated': 0, 'reasons': {}}
    assert good('-r', folder.file('empty.pcap')) == ''


@with_folder
def test_stats_come_behind_packets(folder):
    path = folder.file('a.pcap', pcap(MIXED))
    *lines, last = good('-r', path, '--json', '--stats').splitlines()
    assert len(lines) == len(MIXED) and parse(last) == stats('-r', path)
    assert good('-r', path, '--json') == '\n'.join(lines) + '\n'


@with_folder
def test_no_checksums(folder):
    path = folder.file('a.pcap', pcap(MIXED))
    assert stats('-r', path, '--no-checksums')['checksums'] == {}
    assert '"checksum"' not in good('-r', path, '--json', '-K')


@with_folder
def test_count(folder):
    path = folder.file('a.pcap', pcap(MIXED * 20))
    for n in (1, 63, 64, 65, 239, 240, 1000):
        assert stats('-r', path, '-c', str(n))['packets'] == min(n, 240), n
    assert stats('-r', path, '-c', '3', 'tcp', 'dst', 'port', '80')['packets'] == 3
    assert len(good('-r', path, '--count=2').splitlines()) == 2


@with_folder
def test_snaplen(folder):
    path = folder.file('a.pcap', pcap(MIXED))
    out = folder.file('out.pcapng')
    good('-r', path, '--snaplen', '40', '-w', out)
    assert good('-r', path, '--snaplen', '40', '--json') == good('-r', out, '--json')
    for before, after in zip(packets('-r', path), packets('-r', out), strict=True):
        assert after['len'] == before['len'] and after['caplen'] == min(before['caplen'], 40)


@with_folder
def test_what_is_written_is_what_was_read(folder):
    for path in inputs(folder):
        for name in ('out.pcapng', 'out.pcapng.gz'):
            out = folder.file(name)
            assert good('-r', path, '-w', out) == ''
            assert good('-r', out, '--json') == good('-r', path, '--json'), path
    out = folder.file('out.pcap')
    good('-r', folder.file('mixed.pcap'), '-w', out)
    with open(out, 'rb') as one, open(folder.file('mixed.pcap'), 'rb') as other:
        assert one.read()[24:] == other.read()[24:]


@with_folder
def test_write_and_print(folder):
    path = folder.file('a.pcap', pcap(MIXED))
    out = folder.file('out.pcapng')
    assert good('-r', path, '-w', out, '--json', 'udp') == good('-r', path, '--json', 'udp')
    assert good('-r', out, '--json') == good('-r', path, '--json', 'udp')


@with_folder
def test_pipes(folder):
    data = pcap(MIXED)
    path = folder.file('a.pcap', data)
    expected = good('-r', path, '--json')
    assert run('-r', '-', '--json', input=data).stdout == expected
    written = run('-r', '-', '-w', '-', input=data, binary=True).stdout
    assert run('-r', '-', '--json', input=written).stdout == expected
    assert run('-r', '-', '--json', input=gzip.compress(data)).stdout == expected
    with open(path, 'rb') as file:
        assert run('-r', '-', '--json', stdin=file).stdout == expected


@with_folder
def test_show(folder):
    text = good('-r', folder.file('a.pcap', pcap(MIXED[:2])), '--show')
    assert text.count('frame ') == 2 and text.count('###[ tcp ]###') == 2
    assert re.search(r'^  dport +=', text, re.M) and 'bad' in text


@with_folder
def test_hex_holds_every_byte(folder):
    frame = MIXED[-1][0]  # longer than one mbuf
    text = good('-r', folder.file('a.pcap', pcap([(frame, None)])), '--hex')
    rows = [re.match(r'0x([0-9a-f]+)  ([0-9a-f ]{48})', line) for line in text.splitlines()[1:]]
    assert [int(row.group(1), 16) for row in rows] == list(range(0, len(frame), 16))
    assert bytes.fromhex(''.join(row.group(2) for row in rows)) == frame


@with_folder
def test_frames_of_every_length(folder):
    frames = [(ether(ipv4(tcp(1, 2, bytes(n)), 6)), None) for n in (*range(0, 64), 2000, 2048, 9000, 65000)]
    frames += [(MIXED[0][0][:n], None) for n in range(0, 55)]
    path = folder.file('a.pcap', pcap(frames))
    found = packets('-r', path)
    assert [packet['caplen'] for packet in found] == [len(frame) for frame, _ in frames]
    compare(found, stats('-r', path))


@with_folder
def test_file_with_a_name_like_an_interface(folder):
    folder.file('lo', pcap(MIXED))
    assert len(good('-r', 'lo', cwd=folder.name).splitlines()) == len(MIXED)
    assert good('-r', 'lo', '-w', 'eth9', cwd=folder.name) == ''
    assert os.path.exists(folder.file('eth9'))


def test_progress_on_a_terminal():
    """What takes long says how far it is, where nobody but a person reads it, and leaves nothing behind."""
    for quiet in ((), ('-q',)):
        ours, theirs = pty.openpty()
        said = ''
        with subprocess.Popen([PROGRAM, '-r', '-', '--stats', *quiet], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=theirs) as process:
            process.stdin.write(pcap(MIXED))
            for _ in range(1000 if quiet else 10 ** 6):  # as long as it takes, unless nothing is to come
                process.stdin.write(pcap(MIXED)[24:])
                process.stdin.flush()
                if select.select([ours], [], [], 0.002)[0]:
                    said += os.read(ours, 65536).decode()
                if re.search(r'\r\d+ packets  \d+ MB/s *\r', said):
                    break
            counted = parse(process.communicate(timeout=TIMEOUT)[0].decode())['packets']
        while select.select([ours], [], [], 0)[0]:
            said += os.read(ours, 65536).decode()
        os.close(ours)
        os.close(theirs)
        if quiet:
            assert said == '', said
            continue
        shown = re.fullmatch(r'(?:\r(\d+) packets  \d+ MB/s +)+\r +\r', said)
        assert shown and 0 < int(shown.group(1)) <= counted, said


@with_folder
def test_example_program(folder):
    program = os.path.join(os.path.dirname(PROGRAM), 'ports')
    done = run(folder.file('a.pcap', pcap(MIXED)), program=program)
    assert done.returncode == 0, done.stderr
    assert done.stdout == '1000 -> 80\n80 -> 1000\n1000 -> 80\n', done.stdout
    assert run('/no/such/file.pcap', program=program).returncode == 1


main(globals())
