#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""pkts-craft -i: a veth pair in a network namespace that ends with this script."""
import ctypes
import os
import signal
import socket
import subprocess

from harness import PROGRAM, TIMEOUT, Skip, bad, good, main, run

CLONE_NEWNET = 0x40000000
KIND = 0x88b5  # local experimental EtherType: nobody else sends it here


def namespace():
    """Why the tests cannot run; None if they can, in a namespace of our own."""
    if os.geteuid():
        return 'not root'
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        return 'no network namespaces here'
    words = ['ip', 'link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb']
    try:
        for command in (words, ['ip', 'link', 'set', 'va', 'up'], ['ip', 'link', 'set', 'vb', 'up']):
            subprocess.run(command, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 'no veth here'
    return None


LACKS = namespace()


class Listener:
    """What arrives at the other end, of our own EtherType."""

    def __enter__(self):
        if LACKS:
            raise Skip(LACKS)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(KIND))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        self.socket.bind(('vb', KIND))
        self.socket.settimeout(TIMEOUT)
        return self

    def __exit__(self, *_):
        self.socket.close()

    def take(self, n):
        return [self.socket.recv(65536) for _ in range(n)]


def frames(expression, *args):
    return [bytes.fromhex(line) for line in good(expression, '--hex', *args).splitlines()]


def test_what_is_sent_arrives():
    expression = 'eth(dst=02:00:00:00:00:09,src=02:00:00:00:00:01..02:00:00:00:00:64)/zeros(50)'
    with Listener() as there:
        done = run(expression, '-c', '100', '-i', 'va')
        assert done.returncode == 0 and done.stderr == 'pkts-craft: 100 packets sent\n', done
        assert there.take(100) == frames(expression, '-c', '100')
        assert good(expression, '-q', '-i', 'va') == ''
        assert there.take(1) == frames(expression)


def test_what_is_sent_is_shown_if_wanted():
    with Listener() as there:
        out = good('eth/hex(01 02)', '-q', '--hex', '-i', 'va')
        assert bytes.fromhex(out) == there.take(1)[0]


def test_a_captured_packet_is_sent():
    path = f'/tmp/pkts-craft-{os.getpid()}.pcapng'
    with Listener() as there:
        try:
            good('eth(src=rand)/zeros(60)', '-c', '3', '-w', path)
            frame = bytes.fromhex(good('--from', f'{path}:2', '--hex'))
            assert good('--from', f'{path}:2', '-q', '-i', 'va') == ''
            assert there.take(1) == [frame]
        finally:
            os.unlink(path)


def test_what_cannot_be_sent():
    if LACKS:
        raise Skip(LACKS)
    bad(1, 'begin the expression with eth', 'ipv4/udp', '-q', '-i', 'va')
    bad(1, "'nosuch0'.*pkts-dump -D", 'eth', '-i', 'nosuch0')
    done = run('eth/zeros(60000)', '-i', 'va')
    assert done.returncode == 1 and '1 refused by va' in done.stderr, done


def test_a_signal_ends_sending():
    if LACKS:
        raise Skip(LACKS)
    process = subprocess.Popen([PROGRAM, 'eth/zeros(50)', '-c', '1000000000', '-i', 'va'], stdin=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    with Listener() as there:
        there.take(1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0 and said.endswith(b' packets sent\n') and said.count(b'\n') == 1, said


main(globals())
