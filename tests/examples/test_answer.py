#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The kernel's ARP and ping against the example that answers them, over a veth pair in a namespace that ends
with this script; and what the example that sends says of an interface that takes nothing."""
import ctypes
import os
import shutil
import socket
import struct
import subprocess
import sys

APPS, SOURCE = (os.path.abspath(path) for path in sys.argv[1:3])
sys.path.insert(0, os.path.join(SOURCE, 'tests/apps'))
from harness import Skip, checksum, main  # noqa: E402

CLONE_NEWNET = 0x40000000
MAC, ADDRESS = '02:00:00:00:00:99', '192.0.2.9'


def ip(*words):
    subprocess.run(['ip', *words], check=True, stderr=subprocess.DEVNULL)


def namespace():
    """Why this cannot run; None if it can."""
    if os.geteuid():
        return 'not root'
    if not shutil.which('ip'):
        return 'iproute2 is not here'
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        return 'no network namespaces here'
    try:
        ip('link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb')
        ip('link', 'set', 'va', 'up')
        ip('link', 'set', 'vb', 'up')
        ip('address', 'add', '192.0.2.1/24', 'dev', 'va')
    except (OSError, subprocess.CalledProcessError):
        return 'no veth here'
    return None


LACKS = namespace()


class Answerer:
    """The example on the other end, until it has sent so many answers."""

    def __init__(self, count):
        if LACKS:
            raise Skip(LACKS)
        ip('neighbour', 'flush', 'dev', 'va')
        self.process = subprocess.Popen([os.path.join(APPS, 'answer'), 'vb', MAC, ADDRESS, str(count)],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()


def echo(number, size):
    data = bytes(k * 7 & 255 for k in range(size))
    message = struct.pack('!BBHHH', 8, 0, 0, 77, number) + data
    return message[:2] + struct.pack('!H', checksum(message)) + message[4:]


def ask(sock, number, size):
    """The answer to one ping; asked again until there is one, as the example may not listen yet."""
    for _ in range(100):
        sock.sendto(echo(number, size), (ADDRESS, 0))
        try:
            while True:
                held = sock.recv(65536)
                message = held[(held[0] & 15) * 4:]
                if message[0] == 0 and message[4:8] == struct.pack('!HH', 77, number):
                    return held, message
        except socket.timeout:
            pass
    raise AssertionError('no answer')


def test_ping():
    """Sizes even and odd, and one that is all zeros but for its number."""
    with Answerer(1000):
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
            sock.settimeout(0.3)
            for number, size in enumerate((56, 0, 1, 1000, 1471)):
                held, message = ask(sock, number, size)
                assert len(message) == 8 + size
                assert checksum(message) == 0 and checksum(held[:20]) == 0, size
                assert held[12:16] == socket.inet_aton(ADDRESS)
                assert message[8:] == echo(number, size)[8:]


def test_arp():
    with Answerer(1000):
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
            sock.settimeout(0.3)
            ask(sock, 1, 8)
        shown = subprocess.run(['ip', 'neighbour', 'show', 'dev', 'va'], capture_output=True, text=True,
                               check=True).stdout
        assert ADDRESS in shown and MAC in shown, shown


def test_the_kernels_ping():
    if not shutil.which('ping'):
        raise Skip('ping is not here')
    with Answerer(1000):
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
            sock.settimeout(0.3)
            ask(sock, 1, 8)
        done = subprocess.run(['ping', '-c', '3', '-i', '0.2', '-W', '5', ADDRESS], capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert ' 0% packet loss' in done.stdout, done.stdout


def test_it_ends_after_so_many_answers():
    with Answerer(2) as process:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
            sock.settimeout(0.3)
            ask(sock, 1, 8)
        assert process.wait(60) == 0, process.stderr.read()


def test_a_syn_that_is_refused():
    if LACKS:
        raise Skip(LACKS)
    ip('link', 'set', 'lo', 'up', 'mtu', '40')
    done = subprocess.run([os.path.join(APPS, 'syn'), 'lo'], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and 'could not be sent' in done.stderr, done


if __name__ == '__main__':
    main(dict(globals()))
