# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What the tests with real peers share: a client and a server, each in a network namespace of its own, with the
example `impair` between them in a third, and captures of both sides of it. Everything ends with this script, even if
it is killed: a namespace lives as long as the process that holds it."""
import ctypes
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys

APPS, SOURCE = (os.path.abspath(path) for path in sys.argv[1:3])
sys.path.insert(0, os.path.join(SOURCE, 'tests/apps'))
from harness import Folder, Skip, main  # noqa: E402,F401  pylint: disable=unused-import

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
SIOCETHTOOL = 0x8946
OFFLOADS = {'rx checksums': 0x15, 'tx checksums': 0x17, 'TSO': 0x1f, 'GSO': 0x24, 'GRO': 0x2c}  # ETHTOOL_S...
LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def end(process, number=signal.SIGTERM, seconds=60):
    """Ends a process in an orderly way; what it said."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        return process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


class Namespace:
    """A network namespace, held by a `cat` that reads a pipe of ours."""

    def __init__(self):
        self.holder = subprocess.Popen(['cat'], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                       preexec_fn=self.unshare)
        self.path = f'/proc/{self.holder.pid}/ns/net'
        self.ip('link', 'set', 'lo', 'up')
        for name in ('all', 'default'):
            self.sysctl(f'net.ipv6.conf.{name}.accept_dad', 0)
            self.sysctl(f'net.ipv6.conf.{name}.router_solicitations', 0)

    @staticmethod
    def unshare():
        die_with_parent()
        if LIBC.unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), 'unshare')

    def enter(self):
        die_with_parent()
        fd = os.open(self.path, os.O_RDONLY)
        if LIBC.setns(fd, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), 'setns')
        os.close(fd)

    def start(self, *words, **how):
        how.setdefault('stdin', subprocess.DEVNULL)
        return subprocess.Popen(words, text=True, preexec_fn=self.enter, **how)

    def run(self, *words, **how):
        process = self.start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)
        out, err = process.communicate()
        if process.returncode:
            raise OSError(f'{words}: {err}')
        return out

    def ip(self, *words):
        return self.run('ip', *words)

    def within(self, call):
        """What the call returns, made by a thread of the namespace."""
        here = os.open('/proc/thread-self/ns/net', os.O_RDONLY)
        try:
            self.enter_thread()
            return call()
        finally:
            LIBC.setns(here, CLONE_NEWNET)
            os.close(here)

    def enter_thread(self):
        with open(self.path, 'rb') as file:
            if LIBC.setns(file.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), 'setns')

    def sysctl(self, name, value):
        """False where the kernel does not have it."""
        def write():
            try:
                with open('/proc/sys/' + name.replace('.', '/'), 'w', encoding='ascii') as file:
                    file.write(str(value))
                return True
            except OSError:
                return False
        return self.within(write)

    def without_offloads(self, name):
        """Frames on the wire as on a wire: whole checksums, nothing larger than the MTU."""
        def switch():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                for command in OFFLOADS.values():
                    value = ctypes.create_string_buffer(struct.pack('II', command, 0))
                    request = struct.pack('16sP8x', name.encode(), ctypes.addressof(value))
                    try:
                        fcntl.ioctl(sock, SIOCETHTOOL, request)
                    except OSError:
                        pass
        self.within(switch)

    def close(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdin.close()


class Impair:
    """The example between two interfaces of a namespace, once it listens."""

    def __init__(self, space, first, second, *options):
        self.process = space.start(os.path.join(APPS, 'impair'), *options, first, second,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = self.process.stderr.readline()
        assert line == f'impair: between {first} and {second}; Ctrl-C ends\n', line

    def end(self):
        out, err = end(self.process)
        assert self.process.returncode == 0, err
        return json.loads(out)


class Capture:
    """tcpdump on an interface, once it listens."""

    def __init__(self, space, interface, path, snaplen):
        self.path = path
        self.process = space.start('tcpdump', '-i', interface, '-s', str(snaplen), '-B', '65536', '-Z', 'root',
                                   '-n', '--immediate-mode', '-w', path, 'tcp or sctp', stderr=subprocess.PIPE)
        for line in self.process.stderr:
            if 'listening on' in line:
                return
        raise AssertionError('tcpdump does not listen')

    def end(self):
        _, err = end(self.process, signal.SIGINT)
        captured, received, dropped = (int(number) for number in re.findall(r'^(\d+) packets?', err, re.M))
        assert captured <= received and dropped == 0, err  # what comes as it ends stays in the kernel


class Network:
    """client:c0 -- m0, impair, m1 -- server:s0, and so on for each path: 10.PATH.0.1 and 10.PATH.0.2,
    fd00:PATH::1 and fd00:PATH::2."""

    def __init__(self, folder, options, paths=1, quiet=False):
        """quiet: without addresses, and with no frame that is not sent by a test."""
        if os.geteuid():
            raise Skip('not root')
        for program in ('ip', 'tcpdump'):
            if not shutil.which(program):
                raise Skip(program + ' is not here')
        self.folder, self.options, self.paths, self.quiet = folder, options, paths, quiet
        self.spaces, self.impairs, self.captures = [], [], []

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.close()
            raise
        return self

    def build(self):
        try:
            for _ in range(3):
                self.spaces.append(Namespace())
        except (OSError, subprocess.SubprocessError) as why:
            raise Skip(f'no network namespaces here: {why}') from why
        middle = self.spaces[2]
        for path in range(self.paths):
            self.lay(path)
        for path in range(self.paths):
            self.impairs.append(Impair(middle, f'm{2 * path}', f'm{2 * path + 1}', *self.options,
                                       '--seed', str(path + 1)))

    def lay(self, path):
        middle = self.spaces[2]
        for side in (0, 1):
            outer, inner = f'{"cs"[side]}{path}', f'm{2 * path + side}'
            peer = self.spaces[side]
            middle.ip('link', 'add', inner, 'type', 'veth', 'peer', 'name', outer,
                      'netns', str(peer.holder.pid))
            middle.sysctl(f'net.ipv6.conf.{inner}.disable_ipv6', 1)
            peer.sysctl(f'net.ipv6.conf.{outer}.disable_ipv6', int(self.quiet))
            for space, name in ((middle, inner), (peer, outer)):
                space.without_offloads(name)
                space.ip('link', 'set', name, 'txqueuelen', '10000', 'up')
            if self.quiet:
                continue
            for prefix, bits in ((f'10.{path}.0.', 24), (f'fd00:{path}::', 64)):
                peer.ip('address', 'add', f'{prefix}{side + 1}/{bits}', 'dev', outer, 'noprefixroute',
                        *(['nodad'] if bits == 64 else []))
                peer.ip('route', 'add', f'{prefix}{0 if bits == 24 else ""}/{bits}', 'dev', outer, 'rto_min', '10ms')

    def capture(self, snaplen=200):
        """From now on, on both sides of each impairment."""
        for i in range(2 * self.paths):
            self.captures.append(Capture(self.spaces[2], f'm{i}', self.folder.file(f'm{i}.pcap'), snaplen))

    def end_captures(self):
        paths = [capture.path for capture in self.captures]
        for capture in self.captures:
            capture.end()
        self.captures = []
        return paths

    def end_impairs(self):
        counts = [impair.end() for impair in self.impairs]
        self.impairs = []
        return counts

    def close(self):
        for running in self.captures + self.impairs:
            running.process.kill()
            running.process.communicate()
        for space in self.spaces:
            space.close()

    def __exit__(self, *_):
        self.close()
