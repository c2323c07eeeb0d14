#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""pkts-flow on an interface: a veth pair in a network namespace that ends with this script."""
import ctypes
import json
import os
import signal
import socket
import subprocess

from harness import PROGRAM, TIMEOUT, Skip, bad, main, with_folder
from test_flow import A, ACK, B, FIN, frame, opened

CLONE_NEWNET = 0x40000000


def namespace():
    """Why the tests cannot run; None if they can, in a namespace of our own."""
    if os.geteuid():
        return 'not root'
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        return 'no network namespaces here'
    for family in ('all', 'default'):
        path = f'/proc/sys/net/ipv6/conf/{family}/disable_ipv6'
        if os.path.exists(path):
            with open(path, 'w', encoding='ascii') as file:
                file.write('1')
    words = ['ip', 'link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb']
    try:
        for command in (words, ['ip', 'link', 'set', 'va', 'up'], ['ip', 'link', 'set', 'vb', 'up']):
            subprocess.run(command, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 'no veth here'
    return None


LACKS = namespace()


def send(frames):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind(('va', 0))
        for f in frames:
            sock.send(f)


class Listener:
    """pkts-flow on vb, once it listens."""

    def __init__(self, folder, *args):
        if LACKS:
            raise Skip(LACKS)
        self.dir = folder.file('out')
        self.process = subprocess.Popen([PROGRAM, '-i', 'vb', '--streams', self.dir, *args], stdin=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        assert line == 'pkts-flow: listening on vb; Ctrl-C ends\n', line

    def end(self, signal_number=None):
        if signal_number:
            self.process.send_signal(signal_number)
        text = self.process.communicate(timeout=TIMEOUT)[1]
        assert self.process.returncode == 0, text
        with open(os.path.join(self.dir, 'index.json'), encoding='utf-8') as file:
            return [json.loads(line) for line in file], text

    def data(self, name):
        with open(os.path.join(self.dir, name), 'rb') as file:
            return file.read()


SCENE = opened() + [frame(A, B, 104, data=b'behind'), frame(A, B, 101, data=b'all', ack=5001),
                    frame(B, A, 5001, data=b'answer', ack=110), frame(A, B, 110, FIN | ACK, ack=5007)]


@with_folder
def test_count_ends_it(folder):
    flow = Listener(folder, '-c', str(len(SCENE)))
    send(SCENE)
    lines, text = flow.end()
    assert flow.data('tcp-0-a.bin') == b'allbehind' and flow.data('tcp-0-b.bin') == b'answer'
    assert len(lines) == 2 and f'{len(SCENE)} packets, 1 streams' in text


@with_folder
def test_signal_ends_it(folder):
    """The file shows that the packets have been read."""
    for k, number in enumerate((signal.SIGINT, signal.SIGTERM)):
        os.mkdir(folder.file(str(k)))
        flow = Listener(Sub(folder, str(k)))
        send(SCENE)
        while flow.process.poll() is None and not os.path.exists(os.path.join(flow.dir, 'tcp-0-b.bin')):
            os.sched_yield()
        lines, _ = flow.end(number)
        assert flow.data('tcp-0-a.bin') == b'allbehind' and flow.data('tcp-0-b.bin') == b'answer'
        assert [line['gaps'] for line in lines] == [[], []]


class Sub:
    """A folder in the folder."""

    def __init__(self, folder, name):
        self.path = folder.file(name)

    def file(self, name):
        return os.path.join(self.path, name)


@with_folder
def test_peer_has_what_was_lost(folder):
    """A live stream goes on behind a gap that the peer acknowledges."""
    frames = opened() + [frame(A, B, 110, data=b'behind', ack=5001), frame(B, A, 5001, ACK, ack=116),
                         frame(A, B, 116, data=b'more', ack=5001)]
    flow = Listener(folder)
    send(frames)
    while flow.process.poll() is None and not os.path.exists(os.path.join(flow.dir, 'tcp-0-a.bin')):
        os.sched_yield()
    lines, _ = flow.end(signal.SIGINT)
    assert flow.data('tcp-0-a.bin').startswith(b'behind')
    assert lines[0]['gaps'] == [[0, 9]] and lines[0]['events']['ack_unseen'] >= 1


@with_folder
def test_no_such_interface(folder):
    bad(1, 'nosuch', '-i', 'nosuch0', '--streams', folder.file('out'))
    assert not os.path.exists(folder.file('out'))


if __name__ == '__main__':
    main(dict(globals()))
