#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Filters match what tcpdump's do."""
import shutil
import struct
import subprocess

from harness import MIXED, VECTORS, Skip, good, main, pcap, stats, with_folder

FILTERS = ('tcp', 'udp port 53', 'ip6', 'icmp or icmp6', 'tcp[tcpflags] & tcp-syn != 0', 'vlan', 'less 100',
           'not (tcp or udp)', 'ip[6:2] & 0x3fff != 0', 'host 192.0.2.1 and dst port 80')


def tcpdump(path, *words):
    """How many packets tcpdump lets through; None if it cannot read the file, or use the filter on it."""
    done = subprocess.run(['tcpdump', '-n', '-r', path, '-w', '-', *words], capture_output=True, check=False,
                          stdin=subprocess.DEVNULL)
    if done.returncode:
        return None
    data, at, n = done.stdout, 24, 0
    while at < len(data):
        at += 16 + struct.unpack_from('=I', data, at + 8)[0]
        n += 1
    return n


def compare(path):
    """How many of the filters could be compared on this file."""
    compared = 0
    for words in FILTERS:
        expected = tcpdump(path, words)
        if expected is None:
            continue
        found = stats('-r', path, words)
        assert found['packets'] == expected, f'{path} {words!r}: {found["packets"]}, tcpdump {expected}'
        compared += 1
    return compared


@with_folder
def test_as_tcpdump(folder):
    if not shutil.which('tcpdump'):
        raise Skip('no tcpdump here')
    assert compare(folder.file('a.pcap', pcap(MIXED))) == len(FILTERS)
    for path in VECTORS:
        compare(path)


@with_folder
def test_words_are_joined(folder):
    path = folder.file('a.pcap', pcap(MIXED))
    assert good('-r', path, 'udp', 'port', '53') == good('-r', path, 'udp port 53') != ''
    assert good('udp', '-r', path, 'port', '-c', '9', '53') == good('-r', path, 'udp port 53')
    assert good('-r', path, '--', 'udp', 'port', '53') == good('-r', path, 'udp port 53')


@with_folder
def test_long(folder):
    path = folder.file('a.pcap', pcap(MIXED))
    words = ' or '.join(['udp port 53'] * 500)
    assert good('-r', path, words + ' ' * (8192 - len(words))) == good('-r', path, 'udp port 53') != ''


@with_folder
def test_what_does_not_match_is_counted(folder):
    counted = stats('-r', folder.file('a.pcap', pcap(MIXED)), 'udp port 53')
    assert counted['packets'] == counted['capture']['captured'] == 2
    assert counted['capture']['filtered'] == len(MIXED) - 2


def test_what_cannot_match_is_counted_apart():
    path = next(path for path in VECTORS if path.endswith('made.pcapng'))
    every = stats('-r', path)['packets']
    capture = stats('-r', path, 'ether multicast')['capture']
    assert capture['unfit'] > 0 and capture['filtered'] > 0
    assert capture['captured'] + capture['filtered'] + capture['unfit'] == every


main(globals())
