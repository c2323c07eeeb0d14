# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What the tests of the programs share: running them, captures to run them on, reporting as TAP."""
import glob
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import traceback

PROGRAM = os.path.abspath(sys.argv[1])
NAME = os.path.basename(PROGRAM)
SOURCE = os.path.abspath(sys.argv[2])
VECTORS = sorted(glob.glob(os.path.join(SOURCE, 'tests/vectors/*.pcap*')))
TIMEOUT = 120  # seconds; for what hangs


class Skip(Exception):
    """The machine lacks what the case needs."""


def run(*args, program=PROGRAM, binary=False, **how):
    """The finished process; its output as text unless `binary`."""
    if 'stdin' not in how and 'input' not in how:
        how['stdin'] = subprocess.DEVNULL
    how.setdefault('stdout', subprocess.PIPE)
    done = subprocess.run([program, *args], stderr=subprocess.PIPE, timeout=TIMEOUT, check=False, **how)
    if not binary and done.stdout is not None:
        done.stdout = done.stdout.decode('utf-8')
    done.stderr = done.stderr.decode('utf-8')
    return done


def sanitized():
    with open(PROGRAM, 'rb') as file:
        return b'__asan_' in file.read()


def peak_kb(*args):
    """The most memory that a run had at a time: pages that it touched, but for hugepages."""
    if sanitized():
        raise Skip('sanitizers take memory of their own')
    with subprocess.Popen([PROGRAM, *args], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, args
    return usage.ru_maxrss


def good(*args, **how):
    """The output of a run that has nothing to complain about."""
    done = run(*args, **how)
    assert done.returncode == 0, f'{args}: status {done.returncode}, {done.stderr}'
    assert done.stderr == '', f'{args}: {done.stderr}'
    return done.stdout


def bad(status, pattern, *args, **how):
    """A run that ends with this status and one line on standard error that holds the pattern."""
    done = run(*args, **how)
    assert done.returncode == status, f'{args}: status {done.returncode}, not {status}: {done.stderr}'
    assert re.fullmatch(re.escape(NAME) + r': [^\n]+\n', done.stderr), f'{args}: not one line: {done.stderr!r}'
    assert re.search(pattern, done.stderr), f'{args}: no {pattern!r} in {done.stderr!r}'
    return done


def unique(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f'a key stands twice: {names}'
    return dict(pairs)


def parse(line):
    return json.loads(line, object_pairs_hook=unique)


def stats(*args, **how):
    return parse(good(*args, '--stats', **how))


def packets(*args, **how):
    return [parse(line) for line in good(*args, '--json', **how).splitlines()]


# Frames

def checksum(data):
    data += b'\0' * (len(data) % 2)
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ether(payload, kind=0x0800):
    return bytes.fromhex('020000000002 020000000001') + struct.pack('!H', kind) + payload


def ipv4(payload, proto, ihl=5):
    header = struct.pack('!BBHHHBBH4s4s', 0x40 | ihl, 0, 20 + len(payload), 7, 0, 64, proto, 0,
                         bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2)))
    return header[:10] + struct.pack('!H', checksum(header)) + header[12:] + payload


def pseudo(proto, length):
    return bytes((192, 0, 2, 1, 192, 0, 2, 2)) + struct.pack('!HH', proto, length)


def tcp(sport, dport, payload=b'', spoil=0):
    segment = struct.pack('!HHIIBBHHH', sport, dport, 1, 0, 0x50, 2, 1000, 0, 0) + payload
    value = checksum(pseudo(6, len(segment)) + segment) ^ spoil
    return segment[:16] + struct.pack('!H', value) + segment[18:]


def udp(sport, dport, payload=b'', summed=True):
    datagram = struct.pack('!HHHH', sport, dport, 8 + len(payload), 0) + payload
    value = checksum(pseudo(17, len(datagram)) + datagram) if summed else 0
    return datagram[:6] + struct.pack('!H', value) + datagram[8:]


def vlan(payload, kind=0x0800):
    return ether(struct.pack('!HH', 7, kind) + payload, 0x8100)


# (frame, bytes on the wire if more than captured)
MIXED = [
    (ether(ipv4(tcp(1000, 80, b'hello'), 6)), None),
    (ether(ipv4(tcp(80, 1000, b'hello', spoil=1), 6)), None),
    (ether(ipv4(udp(53, 4000, b'reply'), 17)), None),
    (ether(ipv4(udp(4000, 53, b'query', summed=False), 17)), None),
    (vlan(ipv4(udp(1, 2), 17)), None),
    (ether(ipv4(ipv4(udp(3, 4, b'inner'), 17), 4)), None),
    (ether(ipv4(tcp(1000, 80), 6, ihl=3)), None),
    (ether(ipv4(tcp(1000, 80, b'x' * 100), 6))[:60], 154),
    (ether(ipv4(tcp(1000, 80, b'x' * 100), 6))[:40], 154),
    (ether(ipv4(tcp(1000, 80, b'x' * 100), 6))[:14], 154),
    (ether(ipv4(udp(1, 2), 17)) + bytes(18), None),
    (ether(ipv4(udp(5, 6, bytes(range(256)) * 20), 17)), None),
]


def pcap(frames, link=1):
    """A pcap file of nanosecond timestamps: frame k at k seconds and k nanoseconds."""
    out = bytearray(struct.pack('<IHHIIII', 0xa1b23c4d, 2, 4, 0, 0, 262144, link))
    for k, (frame, wire) in enumerate(frames, 1):
        out += struct.pack('<IIII', k, k, len(frame), wire or len(frame)) + frame
    return bytes(out)


class Folder(tempfile.TemporaryDirectory):
    """A temporary folder that everybody may look into."""

    def file(self, name, data=None):
        path = os.path.join(self.name, name)
        if data is not None:
            with open(path, 'wb') as file:
                file.write(data)
        return path

    def __enter__(self):
        super().__enter__()
        os.chmod(self.name, 0o755)
        return self


def with_folder(case):
    """For a case that wants a folder."""
    def wrapped():
        with Folder() as folder:
            case(folder)
    return wrapped


def hangs(*_):
    raise TimeoutError('the case hangs')


def report(number, name, case):
    signal.signal(signal.SIGALRM, hangs)
    signal.alarm(TIMEOUT)
    try:
        case()
        print(f'ok {number} - {name}', flush=True)
        return True
    except Skip as why:
        print(f'ok {number} - {name} # SKIP {why}', flush=True)
        return True
    except Exception:  # pylint: disable=broad-except
        traceback.print_exc()  # to stderr: that is what Meson shows of a test that failed
        print(f'not ok {number} - {name}', flush=True)
        return False
    finally:
        signal.alarm(0)


def main(names):
    cases = [(name[5:], case) for name, case in names.items() if name.startswith('test_')]
    print(f'1..{len(cases)}', flush=True)
    results = [report(number, *case) for number, case in enumerate(cases, 1)]
    sys.exit(not all(results))
