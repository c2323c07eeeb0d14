#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""IPFIX that real collectors read: nfcapd and nfdump, over UDP and TCP, and tshark. All on loopback, nothing
needs root. nfcapd listens on UDP only: what comes over TCP is taken apart here and handed on to it, message by
message. Skips what is not installed. Argument: print_records. Reports as TAP."""
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

PROGRAM = os.path.abspath(sys.argv[1])
DEADLINE = 20  # seconds; for what never comes
UTC = dict(os.environ, TZ='UTC', LC_ALL='C')


class Skip(Exception):
    """The machine lacks what the case needs."""


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skip(f'{program} is not installed')


def wait_for(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f'never: {what}'
        time.sleep(0.02)


def export(where, times=1):
    """Sends the records; name -> (protocol, packets and bytes both ways, first and last ms), and the sums."""
    done = subprocess.run([PROGRAM, 'ipfix', where, str(times)], stdout=subprocess.PIPE, timeout=DEADLINE, check=True)
    *rows, sums = [line.split('\t') for line in done.stdout.decode().splitlines()]
    return {name: tuple(map(int, numbers.split())) for name, numbers in rows}, sums[1]


# nfcapd

def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def udp_socket_of(port):
    """(bytes that wait, datagrams that were dropped) of whoever is bound to the port; None if nobody is."""
    with open('/proc/net/udp', encoding='ascii') as file:
        for line in list(file)[1:]:
            fields = line.split()
            if int(fields[1].split(':')[1], 16) == port:
                return int(fields[4].split(':')[1], 16), int(fields[-1])
    return None


class Nfcapd:
    """A collector that writes into a folder of its own."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='pkts-ipfix-')
        self.port = free_port()
        self.process = subprocess.Popen(
            ['nfcapd', '-w', self.folder, '-b', '127.0.0.1', '-p', str(self.port)], env=UTC,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.log = ''

    def __enter__(self):
        wait_for(lambda: udp_socket_of(self.port) or self.process.poll() is not None, 'nfcapd listens')
        assert self.process.poll() is None, self.process.stderr.read().decode()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()
        shutil.rmtree(self.folder)

    def has_ended(self):
        """Told again and again: it does not hear what comes between its look at the last signal and its next read."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(0.5) is not None
        except subprocess.TimeoutExpired:
            return False

    def flows(self):
        """What it has, once it has taken everything; it ends."""
        wait_for(lambda: udp_socket_of(self.port)[0] == 0, 'nfcapd has read all')
        assert udp_socket_of(self.port)[1] == 0, 'the kernel dropped datagrams'
        wait_for(self.has_ended, 'nfcapd ends')
        self.log = self.process.stderr.read().decode()
        out = subprocess.run(['nfdump', '-R', self.folder, '-o', 'json'], stdout=subprocess.PIPE, env=UTC,
                             timeout=DEADLINE, check=True).stdout.decode()
        return json.loads(out)


def ms(text):
    """Of 2026-11-22T10:00:00.123, UTC."""
    whole, part = text.split('.')
    seconds = subprocess.run(['date', '-u', '-d', whole, '+%s'], stdout=subprocess.PIPE, check=True).stdout
    return int(seconds) * 1000 + int(part)


def key(flow):
    return (flow['proto'], flow.get('in_packets', 0), flow.get('out_packets', 0), flow.get('in_bytes', 0),
            flow.get('out_bytes', 0), ms(flow['first']), ms(flow['last']))


# What nfdump calls it, for some of the records.
DETAILS = {
    'tcp': {'src4_addr': '192.0.2.1', 'dst4_addr': '198.51.100.2', 'src_port': 51334, 'dst_port': 80,
            'tcp_flags': '...AP.SF'},
    'udp': {'src6_addr': '2001:db8::1', 'dst6_addr': '2001:db8::53', 'src_port': 40000, 'dst_port': 53, 'src_vlan': 100},
    'icmp': {'src4_addr': '192.0.2.1', 'dst4_addr': '192.0.2.9', 'icmp_type': 8, 'icmp_code': 0},
    'icmpv6': {'src6_addr': '2001:db8::1', 'dst6_addr': '2001:db8::2', 'icmp_type': 1, 'icmp_code': 4},
    'midstream': {'src_port': 65535, 'dst_port': 65534, 'tcp_flags': '...A.R..'},
}


def compare(collector, expected, times):
    flows = collector.flows()
    assert len(flows) == len(expected) * times, f'{len(flows)} flows'
    found = {}
    for flow in flows:
        found.setdefault(key(flow), []).append(flow)
    for name, row in expected.items():
        assert len(found.get(row, [])) == times, f'{name}: {row} is not among {sorted(found)}'
        for flow in found[row]:
            wrong = {k: flow.get(k) for k, v in DETAILS.get(name, {}).items() if flow.get(k) != v}
            assert not wrong, f'{name}: {wrong}'
    assert re.search(r'Sequence Errors: 0, Bad Packets: 0', collector.log), collector.log


def test_nfcapd_over_udp():
    need('nfcapd', 'nfdump')
    with Nfcapd() as collector:
        expected, sums = export(f'udp:127.0.0.1:{collector.port}', 20)
        assert sums.endswith(f'{20 * len(expected)} records, 8 templates, 0 dropped'), sums
        compare(collector, expected, 20)


# TCP

def read_exactly(connection, n):
    data = b''
    while len(data) < n:
        part = connection.recv(n - len(data))
        if not part:
            break
        data += part
    return data


def messages_of(connection):
    """The messages of one connection, to its end (RFC 7011 10.4: their own length is the framing)."""
    while True:
        head = read_exactly(connection, 16)
        if not head:
            return
        version, length = struct.unpack('!HH', head[:4])
        assert version == 10 and length > 20, head
        message = head + read_exactly(connection, length - 16)
        assert len(message) == length, 'the stream ends in the middle of a message'
        yield message


def collect_tcp(times=1):
    """What a TCP collector gets, and what print_records says that it sent."""
    with socket.create_server(('127.0.0.1', 0)) as server:
        server.settimeout(DEADLINE)
        command = [PROGRAM, 'ipfix', f'tcp:127.0.0.1:{server.getsockname()[1]}', str(times)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as sender:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(DEADLINE)
                messages = list(messages_of(connection))
            rows = [line.split('\t') for line in sender.stdout.read().decode().splitlines()]
            assert sender.wait(DEADLINE) == 0
    return messages, {name: tuple(map(int, numbers.split())) for name, numbers in rows[:-1]}


def test_nfcapd_over_tcp():
    need('nfcapd', 'nfdump')
    messages, expected = collect_tcp(20)
    with Nfcapd() as collector, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for message in messages:
            out.sendto(message, ('127.0.0.1', collector.port))
        compare(collector, expected, 20)


# tshark

def pcap(packets):
    """Raw IPv4 packets in a capture file."""
    data = struct.pack('=IHHIIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
    for i, packet in enumerate(packets):
        data += struct.pack('=IIII', i, 0, len(packet), len(packet)) + packet
    return data


def ipv4(protocol, payload):
    return struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0, bytes((127, 0, 0, 1)),
                       bytes((127, 0, 0, 1))) + payload


def as_udp(messages):
    return [ipv4(17, struct.pack('!HHHH', 40000, 4739, 8 + len(m), 0) + m) for m in messages]


def as_tcp(messages):
    """Cut where it hurts: each segment has 700 bytes, whatever they are."""
    stream = b''.join(messages)
    return [ipv4(6, struct.pack('!HHIIBBHHH', 40000, 4739, 1 + at, 1, 0x50, 0x18, 60000, 0, 0) + stream[at:at + 700])
            for at in range(0, len(stream), 700)]


def tshark(packets, *fields):
    """The values of each field, in order, in all of the capture."""
    with tempfile.NamedTemporaryFile(suffix='.pcap') as file:
        file.write(pcap(packets))
        file.flush()
        out = subprocess.run(
            ['tshark', '-n', '-r', file.name, '-d', 'udp.port==4739,cflow', '-d', 'tcp.port==4739,cflow', '-T', 'fields',
             '-E', 'separator=;', *(f'-e{name}' for name in fields)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=True).stdout.decode()
    rows = [line.split(';') for line in out.splitlines()]
    return {name: [v for row in rows for v in row[i].split(',') if v] for i, name in enumerate(fields)}


def check_tshark(packets, expected):
    found = tshark(packets, '_ws.malformed', '_ws.expert.message', 'cflow.octets', 'cflow.packets', 'cflow.protocol',
                   'cflow.srcaddr', 'cflow.srcaddrv6', 'cflow.template_frame', 'cflow.flow_end_reason', 'cflow.srcport',
                   'cflow.vlanid')
    assert not found['_ws.malformed'], found
    assert not [text for text in found['_ws.expert.message'] if 'emplate' in text or 'alformed' in text], found
    rows = list(expected.values())
    assert found['cflow.protocol'] == [str(row[0]) for row in rows], found['cflow.protocol']
    assert sorted(map(int, found['cflow.octets'])) == sorted(row[i] for row in rows for i in (3, 4)), found
    assert sorted(map(int, found['cflow.packets'])) == sorted(row[i] for row in rows for i in (1, 2)), found
    assert found['cflow.srcaddr'][0] == '192.0.2.1' and found['cflow.srcaddrv6'][0] == '2001:db8::1', found
    assert found['cflow.flow_end_reason'] == ['3', '1', '4', '1', '2', '5', '3', '4'], found
    assert found['cflow.template_frame'], 'the data have no template'


def test_tshark_over_udp():
    need('tshark')
    messages, expected = collect_tcp()
    check_tshark(as_udp(messages), expected)


def test_tshark_over_tcp():
    need('tshark')
    messages, expected = collect_tcp()
    check_tshark(as_tcp(messages), expected)


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith('test_')]
    failed = 0
    print(f'1..{len(tests)}')
    for i, (name, test) in enumerate(tests, 1):
        try:
            test()
            print(f'ok {i} - {name[5:]}', flush=True)
        except Skip as skip:
            print(f'ok {i} - {name[5:]} # SKIP {skip}', flush=True)
        except Exception:  # whatever went wrong belongs to this case
            failed = 1
            print(f'not ok {i} - {name[5:]}')
            print(re.sub('^', '# ', traceback.format_exc().rstrip(), flags=re.M), flush=True)
    return failed


if __name__ == '__main__':
    sys.exit(main())
