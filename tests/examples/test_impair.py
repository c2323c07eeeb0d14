#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The example that makes a bad network: numbered frames through it, and what should have happened to each, computed
here a second time."""
import collections
import os
import socket
import subprocess
import sys
import time

SOURCE = os.path.abspath(sys.argv[2])
sys.path.insert(0, os.path.join(SOURCE, 'tests/netns'))
from peers import APPS, Folder, Network, end, main  # noqa: E402

KIND = 0x88b5  # the EtherType for experiments
MASK = (1 << 64) - 1
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23
CHUNK = 40  # frames that every buffer has room for


class Dice:
    """SplitMix64, as the example has it."""

    def __init__(self, seed):
        self.state = seed

    def draw(self):
        self.state = (self.state + 0x9e3779b97f4a7c15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xbf58476d1ce4e5b9) & MASK
        z = ((z ^ (z >> 27)) * 0x94d049bb133111eb) & MASK
        return z ^ (z >> 31)

    def happens(self, percent):
        return (self.draw() >> 11) / (1 << 53) * 100 < percent


class Fate:
    """What happens to the frames of one direction."""

    def __init__(self, seed, loss=0, duplicate=0, corrupt=0, reorder=0):
        self.dice = Dice(seed)
        self.loss, self.duplicate, self.corrupt, self.reorder = loss, duplicate, corrupt, reorder
        self.count = collections.Counter()

    def of(self, frame):
        """The frames that should arrive."""
        self.count['received'] += 1
        lost, twice = self.dice.happens(self.loss), self.dice.happens(self.duplicate)
        if lost:
            self.count['lost'] += 1
            return []
        self.count['duplicated'] += twice
        return [self.on_the_way(frame) for _ in range(1 + twice)]

    def on_the_way(self, frame):
        self.dice.draw()  # jitter
        if self.dice.happens(self.corrupt):
            bit = self.dice.draw() % (8 * len(frame))
            frame = bytearray(frame)
            frame[bit // 8] ^= 1 << bit % 8
            self.count['corrupted'] += 1
        self.count['reordered'] += self.dice.happens(self.reorder)
        self.count['forwarded'] += 1
        return bytes(frame)


def wire(space, name):
    """A socket that sends and receives raw frames on an interface of a namespace."""
    def make():
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        sock.bind((name, 3))
        sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        sock.settimeout(30)
        return sock
    return space.within(make)


def frame_of(number):
    return bytes.fromhex('020000000002020000000001') + KIND.to_bytes(2, 'big') + number.to_bytes(4, 'big') + \
        bytes((number + k) & 255 for k in range(20 + number % 300))


def options(**percent):
    return [word for name, value in percent.items() for word in ('--' + name, f'{value}%')]


def through(first, second, fate, count):
    """Sends so many frames, some at a time; all that arrive, in their order, and what should have."""
    arrived, wanted = [], []
    for start in range(0, count, CHUNK):
        for number in range(start, min(start + CHUNK, count)):
            wanted += fate.of(frame_of(number))
            first.send(frame_of(number))
        while len(arrived) < len(wanted):
            arrived.append(second.recv(65536))
    return arrived, wanted


def run(percent, count, both=False):
    """Frames one way, or one way and then the other; (arrived, wanted, fate, counters) of each."""
    with Folder() as folder, Network(folder, options(**percent), quiet=True) as net:
        client, server = wire(net.spaces[0], 'c0'), wire(net.spaces[1], 's0')
        fates = [Fate(2 + way, **percent) for way in (0, 1)]
        results = [through(client, server, fates[0], count)]
        if both:
            results.append(through(server, client, fates[1], count))
        counters, = net.end_impairs()
        client.close()
        server.close()
    names = ('first_to_second', 'second_to_first')
    return [(*result, fates[k], counters[names[k]]) for k, result in enumerate(results)]


def check_counters(fate, counters):
    for name in ('received', 'lost', 'duplicated', 'corrupted', 'reordered', 'forwarded'):
        assert counters[name] == fate.count[name], (name, counters, fate.count)
    assert counters['dropped'] == counters['missed'] == 0, counters
    assert counters['received'] + counters['duplicated'] == counters['forwarded'] + counters['lost'], counters


def test_nothing_happens():
    (arrived, wanted, fate, counters), = run({}, 400)
    assert arrived == wanted == [frame_of(number) for number in range(400)]
    check_counters(fate, counters)


def test_loss():
    (arrived, wanted, fate, counters), = run({'loss': 10}, 2000)
    assert arrived == wanted
    check_counters(fate, counters)
    assert 140 < counters['lost'] < 260, counters  # 4.5 standard deviations


def test_duplicates():
    (arrived, wanted, fate, counters), = run({'duplicate': 20}, 1000)
    assert arrived == wanted
    check_counters(fate, counters)
    assert len(arrived) == 1000 + counters['duplicated'] and 143 < counters['duplicated'] < 257, counters


def test_damage():
    (arrived, wanted, fate, counters), = run({'corrupt': 20}, 1000)
    assert arrived == wanted
    check_counters(fate, counters)
    differ = sum(a != frame_of(number) for number, a in enumerate(arrived))
    assert differ == counters['corrupted'] > 140, (differ, counters)


def test_order():
    (arrived, wanted, fate, counters), = run({'reorder': 10}, 1000)
    assert sorted(arrived) == sorted(wanted)
    check_counters(fate, counters)
    late = sum(a > b for a, b in zip([f[14:18] for f in arrived], [f[14:18] for f in arrived][1:]))
    assert 0 < late <= counters['reordered'], (late, counters)


def test_both_ways_apart():
    results = run({'loss': 5, 'duplicate': 5, 'corrupt': 5, 'reorder': 5}, 600, both=True)
    for arrived, wanted, fate, counters in results:
        assert sorted(arrived) == sorted(wanted)
        check_counters(fate, counters)
    assert results[0][3] != results[1][3]


def test_delay():
    with Folder() as folder, Network(folder, ['--delay', '80', '--jitter', '20'], quiet=True) as net:
        client, server = wire(net.spaces[0], 'c0'), wire(net.spaces[1], 's0')
        for number in range(5):
            began = time.monotonic()
            client.send(frame_of(number))
            assert server.recv(65536) == frame_of(number)
            assert time.monotonic() - began >= 0.08
        client.close()
        server.close()


def test_full_queue():
    with Folder() as folder, Network(folder, ['--delay', '1000', '--limit', '10'], quiet=True) as net:
        client, server = wire(net.spaces[0], 'c0'), wire(net.spaces[1], 's0')
        for number in range(CHUNK):
            client.send(frame_of(number))
        assert [server.recv(65536) for _ in range(10)] == [frame_of(number) for number in range(10)]
        counters = net.end_impairs()[0]['first_to_second']
        client.close()
        server.close()
    assert counters['forwarded'] == 10 and counters['dropped'] == CHUNK - 10, counters


def test_the_end_sends_what_waits():
    with Folder() as folder, Network(folder, ['--delay', '60000', '--loss', '50'], quiet=True) as net:
        client, server = wire(net.spaces[0], 'c0'), wire(net.spaces[1], 's0')
        for number in range(CHUNK):
            client.send(frame_of(number))
        counters = net.end_impairs()[0]['first_to_second']
        arrived = [server.recv(65536) for _ in range(counters['forwarded'])]
        client.close()
        server.close()
    fate = Fate(2, loss=50)
    assert arrived == [frame for number in range(counters['received']) for frame in fate.of(frame_of(number))]
    check_counters(fate, counters)


def program(*args):
    return subprocess.run([os.path.join(APPS, 'impair'), *args], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)


def test_words():
    done = program('--help')
    assert done.returncode == 0 and done.stdout.startswith('usage: impair '), done
    for args in ((), ('a',), ('a', 'b', 'c'), ('--loss', '101', 'a', 'b'), ('--loss', '1x', 'a', 'b'),
                 ('--delay', '-1', 'a', 'b'), ('--loss', 'nan', 'a', 'b'), ('--what', '1', 'a', 'b')):
        done = program(*args)
        assert done.returncode == 1 and 'usage: impair ' in done.stderr and not done.stdout, (args, done)
    done = program('/nowhere/a.pcap', '/nowhere/b.pcap')
    assert done.returncode == 1 and done.stderr.startswith('impair: ') and 'usage' not in done.stderr, done


if __name__ == '__main__':
    main(dict(globals()))
