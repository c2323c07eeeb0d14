#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""pkts-flow's records and its screen on an interface: a veth pair in a network namespace of this script."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios

from harness import PROGRAM, TIMEOUT, Skip, bad, main, parse
from test_flow import A, ACK, B, frame, opened
from test_flow_live import LACKS, send
from test_sessions import connection, counts, datagram

SMALL = ('--mem', '16', '--max-sessions', '1024')
BIG = datagram(('198.51.100.7', 7777), ('198.51.100.8', 8888), b'talk' * 300)


class Listener:
    """pkts-flow on vb, once it listens; out: where its standard output goes."""

    def __init__(self, *args, out=subprocess.PIPE):
        if LACKS:
            raise Skip(LACKS)
        self.process = subprocess.Popen([PROGRAM, '-i', 'vb', *SMALL, *args], stdin=subprocess.DEVNULL, stdout=out,
                                        stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        assert line == 'pkts-flow: listening on vb; Ctrl-C ends\n', line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def end(self, signal_number=None):
        """The lines that are still to come, and what was said."""
        if signal_number:
            self.process.send_signal(signal_number)
        out, said = self.process.communicate(timeout=TIMEOUT)
        assert self.process.returncode == 0, said
        return (out or '').splitlines(), said


def test_count_ends_it():
    frames = connection() + [datagram(A, B)]
    with Listener('-c', str(len(frames))) as flow:
        send(frames)
        lines, said = flow.end()
    assert len(lines) == 3 and lines[0].startswith('Start ')
    assert {line.split()[3] for line in lines[1:]} == {'TCP', 'UDP'}
    assert f'{len(frames)} packets, 2 conversations' in said


def test_signals_end_it_with_what_was_there():
    """The anomaly shows that the packets before it have been read."""
    for number in (signal.SIGINT, signal.SIGTERM):
        with Listener('--json') as flow:
            send(opened() + [datagram(A, B), frame(A, (B[0], 99), 7, ACK, data=b'x')])
            anomaly = parse(flow.process.stdout.readline())
            assert anomaly['anomaly']['event'] == 'tcp_midstream' and anomaly['pcap_cnt'] == 5
            lines, said = flow.end(number)
        flows = [parse(line) for line in lines]
        assert sorted((f['proto'], *counts(f)[:2]) for f in flows) == [('TCP', 1, 0), ('TCP', 2, 1), ('UDP', 1, 0)]
        assert {f['flow']['reason'] for f in flows} == {'shutdown'}
        assert '5 packets, 3 conversations' in said


def test_filter():
    with Listener('--json', '-c', '1', 'udp') as flow:
        send(opened() + [datagram(A, B)])
        lines, _ = flow.end()
    assert [parse(line)['proto'] for line in lines] == ['UDP']


class Terminal:
    """A terminal; of 0 lines: one that does not know its size."""

    def __init__(self, columns, lines=10):
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack('HHHH', lines, columns, 0, 0))
        self.text = ''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.ours)
        os.close(self.theirs)

    def read(self):
        """What comes within a moment."""
        if select.select([self.ours], [], [], 0.05)[0]:
            self.text += os.read(self.ours, 65536).decode()

    def screens(self):
        return [screen.replace('\r', '') for screen in self.text.split('\033[H\033[2J')[1:]]


def test_top_shows_who_talks():
    """Most of all: above the one that says less, in lines that fit."""
    with Terminal(110) as terminal, Listener('--top', out=terminal.theirs) as flow:
        wanted = re.compile(r'198\.51\.100\.7:7777 +-> +198\.51\.100\.8:8888.*\n.*192\.0\.2\.1:1000 +-> +192\.0\.2\.2:80')
        while flow.process.poll() is None and not any(map(wanted.search, terminal.screens()[:-1])):
            send([BIG, datagram(A, B)])
            terminal.read()
        _, said = flow.end(signal.SIGINT)
        screens = terminal.screens()
    assert '2 conversations' in said, said
    shown = next(filter(wanted.search, screens)).splitlines()
    assert re.match(r'2 flows, .*bps, .*pps$', shown[0]), shown
    assert shown[1].split()[:4] == ['bps>', '<bps', 'pps>', '<pps'], shown
    assert max(map(len, shown)) <= 110 and len(shown) <= 9


def whole(terminal):
    """Screens that are there to their end: another one follows."""
    return [screen for screen in terminal.screens()[:-1] if screen.startswith('40 flows')]


def test_top_is_as_large_as_the_terminal():
    many = [datagram((A[0], 2000 + k), B) for k in range(40)]
    for columns, lines, width, height in ((60, 10, 60, 9), (0, 0, 80, 23)):
        with Terminal(columns, lines) as terminal, Listener('--top', out=terminal.theirs) as flow:
            while flow.process.poll() is None and not whole(terminal):
                send(many)
                terminal.read()
            flow.end(signal.SIGTERM)
            shown = whole(terminal)[0].splitlines()
        assert max(map(len, shown)) == width and len(shown) == height, shown


def test_top_refuses_what_is_no_terminal():
    bad(2, 'needs a terminal', '-i', 'vb', '--top')


if __name__ == '__main__':
    main(dict(globals()))
