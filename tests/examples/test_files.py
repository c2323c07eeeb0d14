#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The examples that write captures; tshark says whether what they write is right."""
import os
import re
import shutil
import struct
import subprocess
import sys

APPS, SOURCE = (os.path.abspath(path) for path in sys.argv[1:3])
sys.path.insert(0, os.path.join(SOURCE, 'tests/apps'))
from harness import Skip, checksum, ether, ipv4, main, pcap, tcp, udp, with_folder  # noqa: E402

SAMPLE = os.path.join(SOURCE, 'tests/vectors/sample.pcapng')
VERIFY = [word for name in ('ip.check_checksum', 'tcp.check_checksum', 'udp.check_checksum')
          for word in ('-o', name + ':TRUE')]


def run(name, *args):
    return subprocess.run([os.path.join(APPS, name), *args], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120, check=False)


def good(name, *args):
    done = run(name, *args)
    assert done.returncode == 0, (name, args, done.returncode, done.stderr)
    return done.stdout


def tshark(path, *args):
    if not shutil.which('tshark'):
        raise Skip('tshark is not here')
    done = subprocess.run(['tshark', '-r', path, *VERIFY, *args], capture_output=True, text=True, timeout=120,
                          check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def bad_ones(path):
    return tshark(path, '-Y', '_ws.malformed or ip.checksum.status==0 or tcp.checksum.status==0 or '
                              'udp.checksum.status==0')


def fields(path, *names, show=''):
    wanted = [word for name in names for word in ('-e', name)]
    lines = tshark(path, '-T', 'fields', *wanted, *(['-Y', show] if show else [])).splitlines()
    return [line.split('\t') for line in lines]


@with_folder
def test_syn(folder):
    path = folder.file('syn.pcapng')
    good('syn', path)
    shown = tshark(path, '-V')
    assert not bad_ones(path), shown
    for wanted in ('MSS Value: 1460', 'SACK permitted', 'Multiplier: 128', 'TSval 1', 'Destination Port: 80'):
        assert wanted in shown, (wanted, shown)
    assert fields(path, 'tcp.flags', 'tcp.hdr_len', 'frame.len') == [['0x0002', '40', '74']]


@with_folder
def test_push_vlan(folder):
    path = folder.file('tagged.pcapng')
    good('push_vlan', '7', SAMPLE, path)
    before, after = fields(SAMPLE, 'frame.len', 'frame.protocols'), fields(path, 'frame.len', 'frame.protocols')
    assert len(before) == len(after)
    for (length, protocols), (longer, tagged) in zip(before, after):
        assert int(longer) == int(length) + 4, (protocols, length, longer)
        assert 'vlan' in tagged, tagged
        words = tagged.split(':')
        words.remove('vlan')
        assert [w for w in words if w != 'ethertype'] == [w for w in protocols.split(':') if w != 'ethertype']
    assert all(first.split(',')[0] == '7' for first, in fields(path, 'vlan.id'))
    assert bad_ones(path).count('\n') == bad_ones(SAMPLE).count('\n')


def inside(payload, proto, summed):
    """A datagram to 192.0.2.2 in VXLAN in a datagram to 192.0.2.2."""
    frame = ether(ipv4(payload, proto))
    return ether(ipv4(udp(50000, 4789, bytes.fromhex('0800000000002a00') + frame, summed), 17))


@with_folder
def test_rewrite_vxlan(folder):
    frames = [inside(tcp(1000, 40002, b'hello'), 6, True), inside(tcp(1000, 40002, b'odd'), 6, False),
              inside(udp(40053, 40001, b'reply'), 17, True), inside(udp(40053, 40001, b'x', summed=False), 17, True),
              ether(ipv4(tcp(1000, 40002, b'no tunnel'), 6))]
    old, new = folder.file('old.pcap', pcap([(f, None) for f in frames])), folder.file('new.pcap')
    good('rewrite_vxlan', '192.0.2.2', '203.0.113.77', old, new)
    assert not bad_ones(old)
    assert not bad_ones(new), tshark(new, '-V')
    assert [row[0] for row in fields(new, 'ip.dst')] == ['192.0.2.2,203.0.113.77'] * 4 + ['192.0.2.2']
    assert [row[0] for row in fields(new, 'ip.src')] == ['192.0.2.1,192.0.2.1'] * 4 + ['192.0.2.1']
    # What there was no checksum of still has none.
    sums = [row[0].split(',') for row in fields(new, 'udp.checksum')]
    assert sums[1] == ['0x0000'] and sums[3][1] == '0x0000' and sums[3][0] != '0x0000', sums
    with open(new, 'rb') as file:
        assert struct.pack('!4B', 203, 0, 113, 77) in file.read()
    assert checksum(frames[0][14:34]) == 0


def test_help():
    for name in ('syn', 'push_vlan', 'rewrite_vxlan', 'answer'):
        assert re.match(rf'usage: {name} ', good(name, '--help'))


@with_folder
def test_errors(folder):
    nowhere = folder.file('nowhere.pcap')
    for args in (('syn',), ('push_vlan', '4095', SAMPLE, nowhere), ('push_vlan', '7', nowhere, nowhere + '2.pcap'),
                 ('rewrite_vxlan', '1.2.3', '1.2.3.4', SAMPLE, nowhere), ('answer', 'lo', 'mac', '1.2.3.4'),
                 ('syn', os.path.join(nowhere, 'x.pcap'))):
        done = run(*args)
        assert done.returncode == 1 and done.stderr, args


if __name__ == '__main__':
    main(dict(globals()))
