#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""pkts-dump on an interface: a veth pair in a network namespace that ends with this script."""
import ctypes
import os
import signal
import socket
import subprocess

from harness import MIXED, PROGRAM, Skip, bad, ether, good, main, packets, parse, pcap, with_folder

CLONE_NEWNET = 0x40000000
KIND = 0x88b5  # local experimental EtherType: nobody else sends it here
MACS = {'va': '02:00:00:00:00:0a', 'vb': '02:00:00:00:00:0b'}


def ip(*words):
    subprocess.run(['ip', *words], check=True)


def make_pair():
    for family in ('all', 'default'):
        path = f'/proc/sys/net/ipv6/conf/{family}/disable_ipv6'
        if os.path.exists(path):
            with open(path, 'w', encoding='ascii') as file:
                file.write('1')
    ip('link', 'add', 'va', 'address', MACS['va'], 'type', 'veth', 'peer', 'name', 'vb', 'address', MACS['vb'])
    ip('link', 'set', 'va', 'up')
    ip('link', 'set', 'vb', 'up')


def namespace():
    """Why the tests cannot run; None if they can, in a namespace of our own."""
    if os.geteuid():
        return 'not root'
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        return 'no network namespaces here'
    try:
        make_pair()
    except (OSError, subprocess.CalledProcessError):
        return 'no veth here'
    return None


LACKS = namespace()


def send(n, kind=KIND, name='va'):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((name, 0))
        for k in range(n):
            sock.send(ether(bytes([k]) * 50, kind))


class Listener:
    """pkts-dump on an interface, once it listens."""

    def __init__(self, *args, name='vb'):
        if LACKS:
            raise Skip(LACKS)
        self.process = subprocess.Popen([PROGRAM, '-i', name, *args], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.said = []
        while not (self.said and f'listening on {name}' in self.said[-1]):
            line = self.process.stderr.readline().decode()
            assert line, self.said
            self.said.append(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def line(self):
        return self.process.stdout.readline().decode()

    def end(self, signal_number=None):
        """(status, rest of stdout, rest of stderr)"""
        if signal_number:
            self.process.send_signal(signal_number)
        out, said = self.process.communicate(timeout=30)
        return self.process.returncode, out.decode(), said.decode()


def test_count():
    with Listener('-c', '10', '--json') as listener:
        send(12)
        status, out, said = listener.end()
    found = [parse(line) for line in out.splitlines()]
    assert status == 0 and len(found) == 10, (status, out, said)
    assert [packet['caplen'] for packet in found] == [64] * 10
    assert all(packet['ts'] > '2020' and packet['layers'][0]['type'] == KIND for packet in found), found
    assert '10 packets captured, 0 dropped by the kernel' in said, said


def test_lines_come_at_once_and_interrupt_ends():
    for number in (signal.SIGINT, signal.SIGTERM):
        with Listener() as listener:
            send(3)
            lines = [listener.line() for _ in range(3)]  # hangs if they were kept back
            status, out, said = listener.end(number)
        assert [line.split()[0] for line in lines] == ['1', '2', '3'], lines
        assert status == 0 and out == '' and '3 packets captured' in said, (status, out, said)


def test_interrupt_leaves_stats():
    with Listener('--stats', '--json', '-w', '/dev/null') as listener:
        send(4)
        for _ in range(4):
            listener.line()
        status, out, _ = listener.end(signal.SIGINT)
    counted = parse(out)
    assert status == 0 and counted['packets'] == counted['capture']['captured'] == 4, out


@with_folder
def test_file_is_not_listened_to(folder):
    path = folder.file('a.pcap', pcap(MIXED))
    assert good('-i', path) == good('-r', path) != ''  # nothing on standard error


def test_interface_needs_no_hugepages():
    with Listener('--eal', '--no-huge --no-shconf -m 256') as listener:
        assert len(listener.said) == 1, listener.said
        listener.end(signal.SIGINT)
    with Listener() as listener:
        assert len(listener.said) == 1, listener.said
        listener.end(signal.SIGINT)


def test_quiet():
    if LACKS:
        raise Skip(LACKS)
    with subprocess.Popen([PROGRAM, '-i', 'vb', '-q', '-c', '1'], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while process.poll() is None:  # it does not say when it listens
            send(1)
        assert process.returncode == 0 and process.stderr.read() == b''
        assert len(process.stdout.read().splitlines()) == 1


@with_folder
def test_filter_and_write(folder):
    out = folder.file('out.pcapng')
    with Listener('-w', out, '-c', '5', f'ether proto {KIND}') as listener:
        send(5, kind=0x88b6)
        send(5)
        status, text, said = listener.end()
    assert status == 0 and text == '', (status, text, said)
    assert [packet['layers'][0]['type'] for packet in packets('-r', out)] == [KIND] * 5


def test_bad_filter():
    if LACKS:
        raise Skip(LACKS)
    bad(1, "filter 'tcp tcp tcp'", '-i', 'vb', 'tcp tcp tcp')


def test_interfaces_are_listed():
    if LACKS:
        raise Skip(LACKS)
    rows = {line.split()[0]: line.split() for line in good('-D').splitlines()[1:]}
    assert set(rows) == {'lo', 'va', 'vb'}, rows
    for name, mac in MACS.items():
        assert mac in rows[name] and rows[name][3] == 'up' and rows[name][4] == '1500', rows[name]


def test_interface_that_goes_away():
    with Listener() as listener:
        send(1)
        listener.line()
        ip('link', 'del', 'va')
        status, _, said = listener.end()
        make_pair()
    assert status == 1 and 'vb' in said.splitlines()[-1], (status, said)


main(globals())
