#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""pkts-flow's records of conversations: what is counted, when they end, what is told of them, and limits."""
import datetime
import itertools
import os
import re
import signal
import socket
import struct
import subprocess
import sys

from harness import PROGRAM, SOURCE, TIMEOUT, VECTORS, Skip, bad, checksum, ether, main, parse, run, with_folder
from association import DTLS, Association, simple
from test_flow import A, A6, ACK, B, B6, FIN, PSH, RST, SYN, chunk, frame, in_fragments, ip, opened, sctp, tcp

sys.path[:0] = [os.path.join(SOURCE, 'tests/lib/export'), os.path.join(SOURCE, 'tests/netns')]
import eve_schema_test as eve  # noqa: E402  pylint: disable=wrong-import-position
import ipfix_test as ipfix  # noqa: E402  pylint: disable=wrong-import-position

SAMPLE = os.path.join(SOURCE, 'tests/vectors/sample.pcapng')
C = ('192.0.2.3', 3000)
SMALL = ('-q', '--mem', '16', '--max-sessions', '1024')  # memory is touched at the start
START = 1_800_000_000


# Captures

def capture(frames):
    """Of (frame), (seconds, frame) or (seconds, frame, bytes on the wire); without a time, 1 ms after the one before."""
    out, now = bytearray(struct.pack('<IHHIIII', 0xa1b23c4d, 2, 4, 0, 0, 262144, 1)), 0.0
    for item in frames:
        item = (now + 0.001, item) if isinstance(item, bytes) else item
        now, data = item[:2]
        whole = int(now)
        out += struct.pack('<IIII', START + whole, round((now - whole) * 1e9), len(data),
                           item[2] if len(item) > 2 else len(data)) + data
    return bytes(out)


def udp(src, dst, data=b'x'):
    """UDP without a checksum, or with none that is right: IPv6 wants one."""
    return ip(src[0], dst[0], 17, struct.pack('!HHHH', src[1], dst[1], 8 + len(data), 0) + data)


def datagram(src, dst, data=b'x'):
    return ether(udp(src, dst, data))


def icmp(src, dst, kind, code=0, rest=bytes(4), data=b''):
    body = struct.pack('!BBH', kind, code, 0) + rest + data
    body = body[:2] + struct.pack('!H', checksum(body)) + body[4:]
    return ether(ip(src, dst, 1, body))


def echo(src, dst, kind, ident, seq=1):
    return icmp(src, dst, kind, 0, struct.pack('!HH', ident, seq), b'ping')


def tagged(inner, vid):
    return inner[:12] + struct.pack('!HH', 0x8100, vid) + inner[12:]


def connection(src=A, dst=B, to=b'GET /', back=b'200 OK'):
    """A connection from its SYN to its last ACK."""
    a, b = 101 + len(to), 5001 + len(back)
    return opened(src, dst) + [
        frame(src, dst, 101, PSH | ACK, data=to, ack=5001), frame(dst, src, 5001, PSH | ACK, data=back, ack=a),
        frame(src, dst, a, FIN | ACK, ack=b), frame(dst, src, b, FIN | ACK, ack=a + 1),
        frame(src, dst, a + 1, ACK, ack=b + 1)]


# Runs

class Eve:
    """The records of a run with --json, each checked against the schema."""

    def __init__(self, folder, frames, *options, status=0):
        data = frames if isinstance(frames, bytes) else capture(frames)
        self.path = folder.file('in.pcap', data)
        self.take(run('-r', self.path, '--json', *(SMALL[:-2] if '--max-sessions' in options else SMALL), *options), status)

    @classmethod
    def of(cls, path, *options):
        self = cls.__new__(cls)
        self.path = path
        self.take(run('-r', path, '--json', *SMALL, *options))
        return self

    def take(self, done, status=0):
        assert done.returncode == status, done.stderr
        self.stderr = done.stderr
        self.records = [parse(line) for line in done.stdout.splitlines()]
        for record in self.records:
            flow = record['event_type'] == 'flow'
            eve.check(record, eve.FLOW if flow else eve.ANOMALY, record['event_type'])
        self.flows = [r for r in self.records if r['event_type'] == 'flow']
        self.anomalies = [r for r in self.records if r['event_type'] == 'anomaly']

    def flow(self):
        assert len(self.flows) == 1, self.flows
        return self.flows[0]

    def reasons(self):
        return [f['flow']['reason'] for f in self.flows]

    def events(self):
        return [(a.get('pcap_cnt'), a['anomaly']['event'], a['pkts']['validity']) for a in self.anomalies]


def counts(flow):
    """Packets to the server, to the client; bytes likewise."""
    f = flow['flow']
    return f['pkts_toserver'], f['pkts_toclient'], f['bytes_toserver'], f['bytes_toclient']


def ends(flow):
    return flow['src_ip'], flow.get('src_port'), flow['dest_ip'], flow.get('dest_port')


def state(flow):
    return flow['flow']['state'], flow.get('tcp', {}).get('state'), flow['pkts']['conn_state']


def table(folder, frames, *options):
    done = run('-r', folder.file('in.pcap', capture(frames)), *SMALL, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


# The table

HEADINGS = 'Start Lasted Proto Source Destination Pkts> <Pkts Bytes> <Bytes State App'.split()


@with_folder
def test_table_is_what_is_written_by_default(folder):
    frames = connection() + [datagram(C, B)]
    lines = table(folder, frames)
    assert lines == table(folder, frames, '--table')
    assert lines[0].split() == HEADINGS
    assert len(lines) == 3, 'a header, and a line for each conversation'
    row = lines[1].split()
    assert row[:2] == ['2027-01-15', '08:00:00.001'], row
    assert row[3:8] == ['TCP', '192.0.2.1:1000', '<->', '192.0.2.2:80', '5'], row
    assert row[8:] == ['3', '275', '168', 'SF', 'http'], row
    assert lines[2].split()[3:8] == ['UDP', '192.0.2.3:3000', '->', '192.0.2.2:80', '1'], lines[2]


@with_folder
def test_nothing_captured_no_header(folder):
    assert table(folder, []) == []
    assert Eve(folder, []).records == []


@with_folder
def test_columns_stand_below_their_headings(folder):
    header, tcp_row, udp_row = table(folder, connection() + [datagram(C, B)])
    for name, values in (('Proto', ('TCP', 'UDP')), ('Source', ('192.0.2.1:1000', '192.0.2.3:3000')),
                         ('Destination', ('192.0.2.2:80',) * 2), ('State', ('SF', 'S0'))):
        at = header.index(name)
        for row, value in zip((tcp_row, udp_row), values):
            assert row[at:].startswith(value + ' '), (name, row)
    for name, values in (('Pkts>', '51'), ('<Pkts', '30')):
        end = header.index(name) + len(name)
        assert [row[end - 1] for row in (tcp_row, udp_row)] == list(values), name


def test_summary_is_said_once():
    done = run('-r', SAMPLE, '--mem', '16')
    assert re.fullmatch(r'pkts-flow: 810 packets, \d+ conversations\n', done.stderr), done.stderr
    assert len(done.stdout.splitlines()) - 1 == int(done.stderr.split()[3])
    assert run('-r', SAMPLE, '-q', '--mem', '16').stderr == ''


# What is counted

@with_folder
def test_connection_from_handshake_to_end(folder):
    frames = connection()
    flow = Eve(folder, frames).flow()
    sent = [f for f in frames if f[26:30] == socket.inet_aton(A[0])]
    back = [f for f in frames if f[26:30] == socket.inet_aton(B[0])]
    assert ends(flow) == (*A, *B) and flow['proto'] == 'TCP' and flow['ip_v'] == 4
    assert counts(flow) == (len(sent), len(back), sum(map(len, sent)), sum(map(len, back)))
    assert state(flow) == ('closed', 'time_wait', 'SF')
    assert flow['tcp']['tcp_flags_ts'] == flow['tcp']['tcp_flags_tc'] == '1b'
    assert flow['tcp']['tcp_flags'] == '1b' and flow['tcp']['syn'] and 'rst' not in flow['tcp']
    assert flow['pkts']['history'] == 'ShADdFf', flow['pkts']
    assert flow['flow']['start'] == '2027-01-15T08:00:00.001000+0000'
    assert flow['flow']['end'] == '2027-01-15T08:00:00.008000+0000'
    assert flow['flow']['reason'] == 'shutdown' and 'session_events' not in flow['pkts']


@with_folder
def test_members_that_every_flow_has(folder):
    flows = Eve(folder, connection() + [datagram(C, B), echo(A[0], B[0], 8, 7), ether(ip(A[0], B[0], 253, b'x'))]).flows
    assert len(flows) == 4
    for flow in flows:
        assert {'timestamp', 'flow_id', 'src_ip', 'dest_ip', 'proto', 'ip_v', 'community_id'} <= set(flow)
        assert ('src_port' in flow) == (flow['proto'] in ('TCP', 'UDP'))
    assert len({f['flow_id'] for f in flows}) == 4


@with_folder
def test_published_community_id(folder):
    """That of the specification's example: UDP 192.168.1.52:54585 -> 8.8.8.8:53, and the same from the other side."""
    ask, answer = ('192.168.1.52', 54585), ('8.8.8.8', 53)
    for frames in ([datagram(ask, answer)], [datagram(answer, ask)]):
        assert Eve(folder, frames).flow()['community_id'] == '1:d/FP5EW3wiY1vCndhwleRRKHowQ='


@with_folder
def test_reset_connection(folder):
    flow = Eve(folder, opened() + [frame(B, A, 5001, RST | ACK, ack=101)]).flow()
    assert counts(flow)[:2] == (2, 2)
    assert flow['tcp']['rst'] and state(flow) == ('closed', 'closed', 'RSTR'), state(flow)
    flow = Eve(folder, [frame(A, B, 100, SYN), frame(B, A, 0, RST | ACK, ack=101)]).flow()
    assert state(flow) == ('closed', 'closed', 'REJ')


@with_folder
def test_connections_that_do_not_get_far(folder):
    for frames, wanted in (([frame(A, B, 100, SYN)], ('new', 'syn_sent', 'S0')),
                           (opened(), ('established', 'established', 'S1'))):
        assert state(Eve(folder, frames).flow()) == wanted


@with_folder
def test_who_began(folder):
    """Whoever sent the first packet; but a SYN/ACK answers."""
    assert ends(Eve(folder, opened()[1:]).flow()) == (*A, *B)
    assert ends(Eve(folder, opened()[2:]).flow()) == (*A, *B)
    assert ends(Eve(folder, [frame(B, A, 5001, ACK, data=b'x', ack=101)]).flow()) == (*B, *A)
    assert ends(Eve(folder, [datagram(B, A), datagram(A, B)]).flow()) == (*B, *A)


@with_folder
def test_udp_one_way_and_answered(folder):
    flow = Eve(folder, [datagram(A, B), datagram(A, B, b'yy')]).flow()
    assert counts(flow) == (2, 0, 43 + 44, 0)
    assert (flow['flow']['state'], flow['pkts']['conn_state']) == ('new', 'S0')
    flow = Eve(folder, [datagram(A, B), datagram(B, A, b'answer')]).flow()
    assert counts(flow) == (1, 1, 43, 48)
    assert (flow['flow']['state'], flow['pkts']['conn_state']) == ('established', 'SF')


@with_folder
def test_echo(folder):
    a, b = A[0], B[0]
    flow = Eve(folder, [echo(a, b, 8, 77, 1), echo(b, a, 0, 77, 1), echo(a, b, 8, 77, 2)]).flow()
    assert counts(flow) == (2, 1, 2 * 46, 46) and flow['proto'] == 'ICMP'
    assert (flow['icmp_type'], flow['icmp_code']) == (8, 0)
    assert (flow['response_icmp_type'], flow['response_icmp_code']) == (0, 0)
    assert flow['pkts']['icmp_id'] == 77 and flow['flow']['state'] == 'established'
    two = Eve(folder, [echo(a, b, 8, 77), echo(a, b, 8, 78)]).flows
    assert [f['pkts']['icmp_id'] for f in two] == [77, 78]
    assert 'response_icmp_type' not in two[0]


@with_folder
def test_reply_that_nobody_asked_for(folder):
    """Its client is who sent it; the record has its own type, and flow and anomaly the same community id."""
    records = Eve(folder, [echo(B[0], A[0], 0, 77)])
    assert records.events() == [(1, 'icmp_reply_unasked', 'suspect')]
    assert records.flow()['icmp_type'] == 0 and records.flow()['src_ip'] == B[0]
    records = Eve(folder, [echo(A[0], B[0], 8, 77), echo(B[0], A[0], 0, 77), echo(B[0], A[0], 0, 77)])
    assert records.events() == [(3, 'icmp_reply_duplicate', 'suspect')]
    assert records.anomalies[0]['icmp_type'] == 0 and records.anomalies[0]['src_ip'] == B[0]
    assert records.anomalies[0]['community_id'] == records.flow()['community_id']
    assert records.anomalies[0]['flow_id'] == records.flow()['flow_id']


@with_folder
def test_icmp_error_is_a_conversation_and_tied_to_another(folder):
    """What quotes a packet that was sent is fine; what quotes one that was not is told."""
    sent = datagram(A, B)
    error = icmp(B[0], A[0], 3, 3, data=sent[14:14 + 28])
    records = Eve(folder, [sent, error])
    assert records.anomalies == []
    assert sorted((f['proto'], ends(f)[0]) for f in records.flows) == [('ICMP', B[0]), ('UDP', A[0])]
    wrong = icmp(B[0], A[0], 3, 1, data=frame(A, B, 900000, data=b'never')[14:14 + 28])
    records = Eve(folder, opened() + [wrong])
    assert records.events() == [(4, 'icmp_error_implausible', 'suspect')]


@with_folder
def test_sctp_and_protocols_without_ports(folder):
    init = struct.pack('!BBHIIHHI', 1, 0, 20, 7, 65535, 1, 1, 1)
    flow = Eve(folder, [sctp(A, B, 0, init)]).flow()
    assert flow['proto'] == 'SCTP' and ends(flow) == (*A, *B) and counts(flow)[:2] == (1, 0)
    assert flow['flow']['state'] == 'new' and 'sctp' in flow
    assert counts(flow)[2] == 14 + 20 + 12 + 20
    ask, answer = ether(ip(A[0], B[0], 253, b'xy')), ether(ip(B[0], A[0], 253, b'x'))
    flow = Eve(folder, [ask, answer, answer]).flow()
    assert flow['proto'] == '253' and ends(flow) == (A[0], None, B[0], None)
    assert counts(flow) == (1, 2, 36, 70) and flow['flow']['state'] == 'established'


def init_chunk(kind, tag, params=b''):
    """An INIT or INIT ACK."""
    return simple(kind, struct.pack('!IIHHI', tag, 65535, 1, 1, 100) + params)


def address_param(end):
    return struct.pack('!HH', 5, 8) + socket.inet_aton(end[0])


def association(client, server, tags, listed=()):
    """A handshake, and a message; listed: the client's addresses in its INIT."""
    cookie = b'cookie%02x' % (tags[0] & 255)
    return [sctp(client, server, 0, init_chunk(1, tags[0], b''.join(address_param(e) for e in listed))),
            sctp(server, client, tags[0], init_chunk(2, tags[1], struct.pack('!HH', 7, 12) + cookie)),
            sctp(client, server, tags[1], simple(10, cookie)),
            sctp(server, client, tags[0], simple(11)),
            sctp(client, server, tags[1], chunk(100, 0, 0, b'message')),
            sctp(server, client, tags[0], simple(3, struct.pack('!IIHH', 100, 65535, 0, 0)))]


SCTP_CLIENT, SCTP_SECOND = ('192.0.2.10', 36412), ('192.0.2.11', 36412)
SCTP_SERVERS = ('192.0.2.20', 36412), ('192.0.2.21', 36412)


@with_folder
def test_sctp_one_port_to_two_servers(folder):
    """The client's address and both ports are the same: it still are two associations."""
    for listed in (), (SCTP_CLIENT, SCTP_SECOND):
        frames = association(SCTP_CLIENT, SCTP_SERVERS[0], (17, 18), listed)
        frames += association(SCTP_CLIENT, SCTP_SERVERS[1], (33, 34), listed)
        records = Eve(folder, frames)
        assert sorted(ends(f) for f in records.flows) == [(*SCTP_CLIENT, *s) for s in SCTP_SERVERS]
        assert [counts(f)[:2] for f in records.flows] == [(3, 3)] * 2 and records.events() == []


@with_folder
def test_sctp_lists_an_address_of_somebody_else(folder):
    """Of an INIT nobody knows who sent it: what it lists does not get it another one's packets."""
    stranger = '192.0.2.66', 36412
    for server in SCTP_SERVERS:
        forged = sctp(stranger, server, 0, init_chunk(1, 99, address_param(stranger) + address_param(SCTP_CLIENT)))
        records = Eve(folder, [forged, *association(SCTP_CLIENT, SCTP_SERVERS[0], (17, 18))])
        assert sorted((ends(f)[0], counts(f)[:2]) for f in records.flows) == [
            (SCTP_CLIENT[0], (3, 3)), (stranger[0], (1, 0))]
        assert records.events() == []


@with_folder
def test_sctp_cookie_of_the_first_answer(folder):
    """INIT arrived twice, and was answered twice; the first cookie comes back, from the client's other address."""
    frames = association(SCTP_CLIENT, SCTP_SERVERS[0], (17, 18), (SCTP_CLIENT, SCTP_SECOND))
    frames.insert(2, sctp(SCTP_SERVERS[0], SCTP_CLIENT, 17, init_chunk(2, 19, struct.pack('!HH', 7, 12) + b'cookie99')))
    frames[3] = sctp(SCTP_SECOND, SCTP_SERVERS[0], 18, simple(10, b'cookie11'))
    records = Eve(folder, frames)
    assert counts(records.flow())[:2] == (3, 4), records.flows
    assert records.events() == [(4, 'sctp_cookie', 'suspect')], records.events()


@with_folder
def test_sctp_several_addresses(folder):
    """Those that an INIT lists are the association's, also before it is there; the answer may come from any."""
    frames = association(SCTP_CLIENT, SCTP_SERVERS[0], (17, 18), (SCTP_CLIENT, SCTP_SECOND))
    frames[1] = sctp(SCTP_SERVERS[1], SCTP_CLIENT, 17, init_chunk(2, 18, address_param(SCTP_SERVERS[0]) +
                                                                  struct.pack('!HH', 7, 12) + b'cookie11'))
    frames.insert(1, sctp(SCTP_SECOND, SCTP_SERVERS[0], 0, init_chunk(1, 17)))
    frames.append(sctp(SCTP_SECOND, SCTP_SERVERS[1], 18, chunk(101, 0, 1, b'message')))
    records = Eve(folder, frames)
    assert counts(records.flow())[:2] == (5, 3) and records.events() == []


@with_folder
def test_ipv6(folder):
    flow = Eve(folder, opened(A6, B6)).flow()
    assert ends(flow) == (*A6, *B6) and flow['ip_v'] == 6 and counts(flow) == (2, 1, 2 * 74, 74)


@with_folder
def test_what_has_no_conversation(folder):
    arp = ether(bytes.fromhex('0001080006040001 020000000001 c0000201 000000000000 c0000202'), 0x0806)
    assert Eve(folder, [arp, ether(b'x' * 50, 0x88b5)]).records == []
    assert Eve(folder, [b'short']).events() == [(1, 'short', 'invalid')]


@with_folder
def test_bytes_of_frames_and_of_datagrams(folder):
    """Padding is part of a frame, and not of a datagram."""
    frames = [datagram(A, B) + bytes(17), datagram(B, A, b'y' * 100)]
    assert counts(Eve(folder, frames).flow())[2:] == (60, 142)
    assert counts(Eve(folder, frames, '--ip-bytes').flow())[2:] == (29, 128)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(('127.0.0.1', 0))
        where = f'udp:127.0.0.1:{listener.getsockname()[1]}'
        assert counts(Eve(folder, frames, '--ipfix', where).flow())[2:] == (29, 128)


@with_folder
def test_packets_that_were_captured_in_part(folder):
    """The bytes are those on the wire."""
    data = datagram(A, B, b'z' * 400)
    assert counts(Eve(folder, [(0, data[:60], len(data))]).flow())[2] == len(data)
    assert counts(Eve(folder, [data], '-s', '60').flow())[2] == len(data)
    records = Eve(folder, connection(to=b'G' * 500), '-s', '64')
    assert state(records.flow()) == ('closed', 'time_wait', 'SF') and records.anomalies == []


@with_folder
def test_handshakes_in_any_order(folder):
    """As captures of several queues have them: it stays one connection."""
    frames = connection()
    for order in itertools.permutations(frames[:4]):
        records = Eve(folder, [*order, *frames[4:]])
        assert (counts(records.flow())[:2], state(records.flow())) == ((5, 3), ('closed', 'time_wait', 'SF'))


@with_folder
def test_captures_that_end_in_the_options(folder):
    """20 bytes of the header say what is counted; what was in the options is not held against anybody."""
    syn, later = bytes.fromhex('020405b4 0402 080a00000001 00000000 01 030307'), bytes.fromhex('0101 080a 00000001 00000001')
    frames = [frame(A, B, 100, SYN, options=syn), frame(B, A, 5000, SYN | ACK, ack=101, options=syn),
              frame(A, B, 101, ack=5001, options=later), frame(B, A, 5001, ack=101, options=later)]
    frames += [frame(A, B, 101 + 1000 * i, data=b'd' * 1000, ack=5001, options=later) for i in range(200)]
    frames += [frame(B, A, 5001, FIN | ACK, ack=200101, options=later),
               frame(A, B, 200101, FIN | ACK, ack=5002, options=later), frame(B, A, 5002, ack=200102, options=later)]
    whole = Eve(folder, frames)
    assert whole.anomalies == []
    for caplen in (54, 55, 57, 61, 65, 66, 69, 73):
        cut = Eve(folder, frames, '-s', str(caplen))
        assert cut.anomalies == [] and counts(cut.flow()) == counts(whole.flow())
        assert (ends(cut.flow()), state(cut.flow())) == (ends(whole.flow()), ('closed', 'time_wait', 'SF'))
        assert cut.flow()['pkts']['history'] == whole.flow()['pkts']['history']
    assert Eve(folder, frames, '-s', '60', '--verify-checksums').flow()['flow'] == cut.flow()['flow'], 'nothing is known of these'
    none = run('-r', cut.path, '-s', '53', '--json')
    assert none.stdout == '' and f'{len(frames)} packets, {len(frames)} with headers that cannot be read' in none.stderr, none


@with_folder
def test_fragments_are_one_packet(folder):
    data = struct.pack('!HHHH', A[1], B[1], 8 + 3000, 0) + b'f' * 3000
    pieces = [ether(f) for f in in_fragments(A[0], B[0], 17, data, 1400)]
    records = Eve(folder, pieces[::-1], '--ip-bytes')
    assert counts(records.flow()) == (1, 0, 20 + 3008, 0) and ends(records.flow()) == (*A, *B)
    assert Eve(folder, pieces[:-1]).flows == [], 'a datagram that is not complete belongs to nobody'


@with_folder
def test_fragments_that_hide_something(folder):
    """Told when they come, with their sender; of a datagram that is dropped there is nothing else to be seen."""
    data = struct.pack('!HHHH', A[1], B[1], 8 + 2000, 0) + b'f' * 2000
    parts = [(0, data[:800], True), (800, data[800:1600], True), (1600, data[1600:], False)]
    other, behind, odd = (400, b'o' * 800, True), (2400, b'b' * 8, True), (800, b'd' * 7, True)
    for pieces, policy, *events in (((parts[0], other), 'rfc8200', 'conflict', 'frag_dropped'), ((parts[0], other), 'first', 'conflict'),
                                  ((parts[0], odd), 'first', 'frag_length'), ((parts[2], behind), 'first', 'frag_beyond'),
                                  (((0, b'x' * 8, True),), 'first', 'frag_tiny'),
                                  (((65528, b'x' * 80, False),), 'first', 'frag_too_long')):
        for src, dst in ((A, B), (A6, B6)):
            kind = 0x86dd if ':' in src[0] else 0x0800
            frames = [ether(ip(src[0], dst[0], 6 if 'frag_tiny' in events else 17, part, 1, at, more), kind)
                      for at, part, more in pieces]
            records = Eve(folder, [datagram(A, B), (7, frames[0]), *frames[1:]], '--ip-policy', policy)
            assert records.events() == [(1 + len(frames), event, 'suspect') for event in events], (events, records.events())
            anomaly = records.anomalies[0]
            assert anomaly['anomaly']['type'] == 'stream' and anomaly['anomaly']['layer'] == ('ipv6_frag' if src == A6 else 'ipv4')
            assert ends(anomaly) == (src[0], 0, dst[0], 0) and not {'flow_id', 'direction'} & set(anomaly)
            assert anomaly['proto'] == ('TCP' if 'frag_tiny' in events else 'UDP'), anomaly
            assert anomaly['timestamp'].startswith('2027-01-15T08:00:07'), anomaly
    for pieces in (parts[:2] + parts[1:], parts[::-1]):
        frames = [ether(ip(A[0], B[0], 17, part, 1, at, more)) for at, part, more in pieces]
        assert Eve(folder, frames).anomalies == [], 'repeated ones, and other orders, hide nothing'


def with_ttl(packet, ttl):
    return packet[:7] + bytes([ttl]) + packet[8:] if packet[0] >> 4 == 6 else packet[:8] + bytes([ttl]) + packet[9:]


@with_folder
def test_what_may_not_reach_the_receiver(folder):
    """One anomaly each, with the flow if there is one; nothing of it in the flow but its event."""
    low = ether(with_ttl(ip(A[0], B[0], 6, tcp(A, B, 101, RST)), 4))
    records = Eve(folder, opened() + [low], '--min-ttl', '5')
    assert records.events() == [(4, 'ip_min_ttl', 'invalid')], records.events()
    anomaly, flow = records.anomalies[0], records.flow()
    assert anomaly['flow_id'] == flow['flow_id'] and anomaly['anomaly']['type'] == 'stream' and anomaly['anomaly']['layer'] == 'tcp'
    assert flow['flow']['state'] == 'established' and flow['flow']['pkts_toserver'] == 2
    assert flow['pkts']['session_events'] == ['ip_min_ttl'], flow
    assert Eve(folder, opened() + [low]).flow()['flow']['state'] == 'closed'
    for src, dst in ((A, B), (A6, B6)):
        kind = 0x86dd if ':' in src[0] else 0x0800
        alone = ether(with_ttl(ip(src[0], dst[0], 17, struct.pack('!HHHH', 1, 2, 9, 0) + b'x'), 4), kind)
        piece = ether(with_ttl(ip(src[0], dst[0], 17, b'f' * 64, 1, 0, True), 4), kind)
        for frame, event, validity in ((alone, 'ip_min_ttl', 'invalid'), (piece, 'frag_min_ttl', 'suspect')):
            records = Eve(folder, [frame], '--min-ttl', '5')
            assert records.flows == [] and records.events() == [(1, event, validity)], (event, records.events())
            assert ends(records.anomalies[0])[::2] == (src[0], dst[0])
        assert len(Eve(folder, [alone], '--min-ttl', '4').flows) == 1


@with_folder
def test_a_fragment_of_a_tunnel_has_the_tunnels_addresses(folder):
    """Its first fragment shows the headers of what is inside, too: these say nothing of who sent the fragment."""
    for src, dst in ((A, B), (A6, B6)):
        inside = ip('198.51.100.7', '198.51.100.8', 17, struct.pack('!HHHH', 5, 6, 8 + 200, 0) + b'i' * 200)
        kind = 0x86dd if ':' in src[0] else 0x0800
        frames = [ether(ip(src[0], dst[0], 4, part, 1, at, True), kind) for at, part in ((80, b'x' * 80), (0, inside[:160]))]
        records = Eve(folder, frames)
        assert records.events() == [(2, 'conflict', 'suspect'), (2, 'frag_dropped', 'suspect')], records.events()
        for anomaly in records.anomalies:
            assert (anomaly['src_ip'], anomaly['dest_ip'], anomaly['proto']) == (src[0], dst[0], '4'), anomaly


@with_folder
def test_fragments_that_come_to_nothing_are_counted(folder):
    def said(frames, *options):
        return run('-r', folder.file('in.pcap', capture(frames)), *SMALL[1:], *options).stderr
    data = struct.pack('!HHHH', A[1], B[1], 8 + 2000, 0) + b'f' * 2000
    first, second, last = [ether(f) for f in in_fragments(A[0], B[0], 17, data, 800)]
    overlap = ether(ip(A[0], B[0], 17, b'o' * 800, 1, 400, True))
    for options in ((), ('--streams', folder.file('out'))):
        assert '2 fragments dropped' in said([first, overlap, second], *options), said([first, overlap, second])
        if options:
            break
        assert '2 fragments of datagrams that are not complete' in said([first, last])
        assert '1 datagrams given up' in said([first, (40, overlap)])
        assert 'fragment' not in said([first, second, last])
        assert 'datagram' not in said([first, second, last])


@with_folder
def test_bytes_in_fragments_reach_the_application(folder):
    request = b'GET / HTTP/1.1\r\nHost: example.com\r\nX: ' + b'x' * 3000 + b'\r\n\r\n'
    segment = tcp(A, B, 101, ACK | PSH, request, ack=5001)
    pieces = [ether(f) for f in in_fragments(A[0], B[0], 6, segment, 1000)]
    records = Eve(folder, opened() + pieces)
    assert records.flow()['app_proto'] == 'http', records.flow()


@with_folder
def test_wrong_checksums_can_be_left_out(folder):
    frames = opened() + [ether(ip(A[0], B[0], 6, tcp(A, B, 101, RST, spoil=1)))]
    assert Eve(folder, frames).flow()['flow']['state'] == 'closed'
    assert Eve(folder, frames, '--verify-checksums').flow()['flow']['state'] == 'established'


@with_folder
def test_numbers_of_packets_count_fragments(folder):
    """pcap_cnt is what tshark calls frame.number."""
    data = struct.pack('!HHHH', A[1], B[1], 8 + 3000, 0) + b'f' * 3000
    pieces = [ether(f) for f in in_fragments(A[0], B[0], 17, data, 1400)]
    records = Eve(folder, pieces + [echo(B[0], A[0], 0, 77)])
    assert records.events() == [(len(pieces) + 1, 'icmp_reply_unasked', 'suspect')]


# Which conversation

@with_folder
def test_tenants(folder):
    frames = [tagged(datagram(A, B), 7), tagged(datagram(B, A), 8)]
    flow = Eve(folder, frames).flow()
    assert counts(flow)[:2] == (1, 1) and 'vlan' not in flow
    flows = Eve(folder, frames, '--separate-tenants').flows
    assert [(f.get('vlan'), *counts(f)[:2]) for f in flows] == [([7], 1, 0), ([8], 1, 0)]


@with_folder
def test_innermost_packet_counts(folder):
    inner = ip('198.51.100.1', '198.51.100.2', 4, udp(A, B))
    assert ends(Eve(folder, [ether(inner)]).flow()) == (*A, *B)


@with_folder
def test_filter_and_count(folder):
    frames = [datagram(A, B), datagram(C, B)]
    assert ends(Eve(folder, frames, 'host', C[0]).flow()) == (*C, *B)
    assert ends(Eve(folder, frames, '-c', '1').flow()) == (*A, *B)


# When they end

@with_folder
def test_reused_ports_make_another_conversation(folder):
    again = [frame(A, B, 900000, SYN), frame(B, A, 70000, SYN | ACK, ack=900001), frame(A, B, 900001, ack=70001)]
    records = Eve(folder, connection() + again)
    assert records.reasons() == ['tcp_reuse', 'shutdown']
    assert [counts(f)[:2] for f in records.flows] == [(5, 3), (2, 1)]
    assert [f['pkts']['conn_state'] for f in records.flows] == ['SF', 'S1']
    assert records.flows[0]['flow_id'] != records.flows[1]['flow_id']
    assert records.flows[0]['community_id'] == records.flows[1]['community_id']


def seconds(flow):
    """Of its start and its end, after START."""
    return tuple(round(datetime.datetime.strptime(flow['flow'][x], '%Y-%m-%dT%H:%M:%S.%f%z').timestamp() - START, 3)
                 for x in ('start', 'end'))


@with_folder
def test_old_connection_ends_with_its_last_packet(folder):
    """Not with the SYN that takes its ports; of SCTP, not with the INIT."""
    began = connection()
    flows = Eve(folder, began + [(5, frame(A, B, 900000, SYN))]).flows
    assert [seconds(f) for f in flows] == [(0.001, 0.008), (5, 5)], flows
    peers = Association((A, B))
    peers.shutdown()
    ended = len(peers.frames)
    flows = Eve(folder, peers.frames + [(5, association(A, B, (33, 34))[0])]).flows
    assert [seconds(f) for f in flows] == [(0.001, round(ended / 1000, 3)), (5, 5)], flows


ANSWERED = frame(B, A, 70000, SYN | ACK, ack=900001), frame(A, B, 900001, ack=70001)


@with_folder
def test_syn_belongs_to_the_connection_that_it_begins(folder):
    """The old one has not ended: only the answer tells. What is counted, the times, the history, the flags."""
    syn = frame(A, B, 900000, SYN)
    for syns in ([(2, syn)], [(2, syn), (3, syn)]):
        records = Eve(folder, opened() + syns + [(4, ANSWERED[0]), ANSWERED[1]])
        assert records.reasons() == ['tcp_reuse', 'shutdown']
        assert [counts(f) for f in records.flows] == [
            (2, 1, 2 * 54, 54), (1 + len(syns), 1, 54 + 54 * len(syns), 54)], records.flows
        assert [seconds(f) for f in records.flows] == [(0.001, 0.003), (2, 4.001)], records.flows
        assert [f['pkts']['history'] for f in records.flows] == ['ShA', 'ShA']
        assert [f['pkts']['conn_state'] for f in records.flows] == ['S1', 'S1']
        assert len({f['flow_id'] for f in records.flows}) == 2
        assert {e[1] for e in records.events()} == {'tcp_syn_in_connection'}, records.events()


@with_folder
def test_syn_that_begins_nothing_belongs_to_the_old_connection(folder):
    syn = frame(A, B, 900000, SYN)
    for behind in ([], [frame(B, A, 5001, data=b'x', ack=101)], [frame(B, A, 70000, SYN | ACK, ack=900002)]):
        flow = Eve(folder, opened() + [(2, syn)] + behind).flow()
        assert counts(flow)[:2] == (3, 1 + len(behind)) and flow['pkts']['history'].startswith('ShAS'), flow
        assert seconds(flow)[1] == 2 + len(behind) / 1000


@with_folder
def test_syn_after_a_half_open_connection_was_reset(folder):
    """An end that knows nothing of the old connection: SYN, an ACK of that, RST, and the SYN once more."""
    frames = opened() + [(2, frame(A, B, 900000, SYN)), frame(B, A, 5001, ACK, ack=101), frame(A, B, 101, RST),
                         (3, frame(A, B, 900000, SYN)), *ANSWERED]
    flows = Eve(folder, frames).flows
    assert [counts(f)[:2] for f in flows] == [(3, 2), (3, 1)], flows
    assert [seconds(f) for f in flows] == [(0.001, 2.002), (2, 3.002)], flows
    assert [f['pkts']['history'] for f in flows] == ['ShAaR', 'ShA'], flows


@with_folder
def test_syn_captured_behind_its_rst(folder):
    """One conversation, as it is in the other order; not with another one's RST, nor one without a number."""
    for ack, flags, wanted in ((101, RST | ACK, [(1, 1)]), (102, RST | ACK, [(1, 0), (1, 0)]), (0, RST, [(1, 0), (1, 0)])):
        flows = Eve(folder, [frame(B, A, 0, flags, ack=ack), frame(A, B, 100, SYN)]).flows
        assert [counts(f)[:2] for f in flows] == wanted, (ack, flows)


@with_folder
def test_data_on_a_syn_that_begins_a_connection(folder):
    """With Fast Open its answer acknowledges them, or does not; without, it does not."""
    cookie = bytes([34, 10]) + b'cookie12' + bytes([1, 1])
    for options, ack, wanted in ((cookie, 900005, 2), (cookie, 900001, 2), (b'', 900001, 2), (b'', 900005, 1),
                                 (cookie, 900006, 1)):
        frames = opened() + [frame(A, B, 900000, SYN, data=b'data', options=options),
                             frame(B, A, 70000, SYN | ACK, ack=ack), frame(A, B, ack, ack=70001)]
        flows = Eve(folder, frames).flows
        assert len(flows) == wanted and counts(flows[-1])[:2] == ((2, 1) if wanted == 2 else (4, 2)), (ack, flows)


@with_folder
def test_one_of_two_syns_begins_a_connection(folder):
    """Whichever is answered; the other one stays."""
    for isn in (900000, 910000):
        frames = opened() + [frame(A, B, 900000, SYN), frame(A, B, 910000, SYN),
                             frame(B, A, 70000, SYN | ACK, ack=isn + 1)]
        flows = Eve(folder, frames).flows
        assert [counts(f)[:2] for f in flows] == [(3, 1), (1, 1)], flows
        assert [f['pkts']['history'] for f in flows] == ['ShAS', 'Sh'], flows


@with_folder
def test_syn_without_number_of_the_picked_up_one(folder):
    """The old one had no SYN: then it has none afterwards, in its flags either."""
    flows = Eve(folder, [frame(A, B, 101, PSH | ACK, data=b'x', ack=5001), frame(A, B, 900000, SYN), *ANSWERED]).flows
    assert [(f['pkts']['history'], f['tcp']['tcp_flags_ts'], f['pkts']['conn_state']) for f in flows] == [
        ('D', '18', 'OTH'), ('ShA', '12', 'S1')], flows


@with_folder
def test_many_syns_inside_connections(folder):
    """More than are kept: none is counted twice or lost."""
    ends_of = [((A[0], 2000 + i), B) for i in range(300)]
    frames = [f for src, dst in ends_of for f in opened(src, dst)]
    frames += [frame(src, dst, 900000 + i, SYN) for src, dst in ends_of for i in range(2)]
    frames += [frame(dst, src, 70000, SYN | ACK, ack=900002) for src, dst in ends_of]
    flows = Eve(folder, frames).flows
    assert len(flows) == 600 and sum(sum(counts(f)[:2]) for f in flows) == len(frames)
    assert {counts(f)[:2] for f in flows} == {(3, 1), (1, 1), (4, 1), (0, 1)}


# option -> what is silent, and what passes later in the other one's stead
TIMEOUTS = {
    'tcp-new': ([frame(A, B, 100, SYN)], 60),
    'tcp': (opened(), 3600),
    'tcp-closing': (connection()[:-2], 120),
    'tcp-closed': (connection(), 10),
    'udp-new': ([datagram(A, B)], 30),
    'udp': ([datagram(A, B), datagram(B, A)], 300),
    'icmp': ([echo(A[0], B[0], 8, 7)], 30),
    'other': ([ether(ip(A[0], B[0], 253, b'x'))], 60),
}


def one_and_another(folder, frames, wait, *options):
    """Reason of the first flow when another one begins `wait` seconds after it went silent."""
    last = 0.001 * len(frames)
    records = Eve(folder, frames + [(last + wait, datagram(C, ('203.0.113.9', 9)))], *options)
    by_client = {f['src_ip']: f for f in records.flows}
    return by_client[A[0]]['flow']['reason']


@with_folder
def test_timeouts_as_they_are(folder):
    for name, (frames, seconds) in TIMEOUTS.items():
        assert one_and_another(folder, frames, seconds - 1) == 'shutdown', name
        assert one_and_another(folder, frames, seconds + 2) == 'timeout', name


@with_folder
def test_timeouts_as_asked(folder):
    for name, (frames, seconds) in TIMEOUTS.items():
        option = ('--timeout-' + name, '5')
        assert one_and_another(folder, frames, 4, *option) == 'shutdown', name
        assert one_and_another(folder, frames, 7, *option) == 'timeout', name
        option = ('--timeout-' + name, str(seconds * 3))
        assert one_and_another(folder, frames, seconds + 2, *option) == 'shutdown', name


@with_folder
def test_silence_makes_two_of_one(folder):
    records = Eve(folder, [(0, datagram(A, B)), (29, datagram(A, B)), (100, datagram(A, B))])
    assert [(f['flow']['reason'], counts(f)[0], f['flow']['age']) for f in records.flows] == [
        ('timeout', 2, 29), ('shutdown', 1, 0)]


@with_folder
def test_timestamp_is_when_it_was_written(folder):
    records = Eve(folder, [(0, datagram(A, B)), (100, datagram(C, B))])
    assert [f['timestamp'][11:19] for f in records.flows] == ['08:01:40', '08:01:40']
    assert [f['flow']['start'][11:19] for f in records.flows] == ['08:00:00', '08:01:40']


# Limits

def many(n, dst=B):
    return [datagram((f'198.18.{k >> 8}.{k & 255}', 1000), dst) for k in range(n)]


@with_folder
def test_max_sessions(folder):
    """All are written, in spite of it; those that had to go say so, and so does the summary."""
    path = folder.file('in.pcap', capture(many(100)))
    done = run('-r', path, '--json', '--mem', '16', '--max-sessions', '16')
    assert done.returncode == 0
    flows = [parse(line) for line in done.stdout.splitlines()]
    reasons = [f['flow']['reason'] for f in flows]
    assert len(flows) == 100 and reasons.count('evicted') == 84 and reasons.count('shutdown') == 16
    assert len({f['src_ip'] for f in flows}) == 100
    assert '100 conversations' in done.stderr and '84 conversations ended early by --max-sessions' in done.stderr


@with_folder
def test_unanswered_ones_go_before_established_ones(folder):
    frames = [f for k in range(10) for f in (datagram((f'198.51.100.{k}', 5), B), datagram(B, (f'198.51.100.{k}', 5)))]
    flows = Eve(folder, frames + many(200), '--max-sessions', '16').flows
    kept = [f for f in flows if f['src_ip'].startswith('198.51.100.')]
    assert [f['flow']['reason'] for f in kept] == ['shutdown'] * 10
    assert [f['flow']['reason'] for f in flows].count('evicted') == 194


@with_folder
def test_max_per_source(folder):
    """Of one source; another is not concerned, and what was begun goes on."""
    mine = [datagram((A[0], 1000 + k), B) for k in range(100)]
    path = folder.file('in.pcap', capture(mine + [datagram(C, B)] + mine[:10]))
    done = run('-r', path, '--json', '--mem', '16', '--max-sessions', '1024', '--max-per-source', '20')
    flows = [parse(line) for line in done.stdout.splitlines()]
    assert len([f for f in flows if f['src_ip'] == A[0]]) == 20 and len(flows) == 21
    assert sum(counts(f)[0] for f in flows) == 31
    assert '80 packets of sources with too many conversations' in done.stderr, done.stderr


@with_folder
def test_max_new_per_source(folder):
    """Answered ones do not count."""
    frames = [f for k in range(30) for f in (datagram((A[0], 1000 + k), B), datagram(B, (A[0], 1000 + k)))]
    frames += [datagram((A[0], 2000 + k), B) for k in range(50)]
    assert len(Eve(folder, frames, '--max-new-per-source', '20').flows) == 30 + 20


def test_limits_that_cannot_be():
    for option, value in (('--max-sessions', '1'), ('--timeout-udp', '0'), ('--timeout-tcp', '4000001'),
                          ('--max-per-source', '0')):
        bad(2, 'not a number from', '-r', SAMPLE, option, value)


def test_more_memory_than_there_is():
    bad(1, 'the machine has', '-r', SAMPLE, '--max-sessions', '100000000')


# Anomalies

@with_folder
def test_reset_outside_the_window(folder):
    """Is invalid, told of who sent it, and changes nothing."""
    for policy in ((), ('--tcp-policy', 'linux')):
        records = Eve(folder, opened() + [frame(A, B, 101 + 200000, RST)], *policy)
        assert records.events() == [(4, 'tcp_rst_refused', 'invalid')]
        flow = records.flow()
        assert flow['pkts']['session_events'] == ['tcp_rst_refused'] and state(flow)[1] == 'established'
    anomaly = records.anomalies[0]
    assert ends(anomaly) == (*A, *B) and anomaly['direction'] == 'to_server'
    assert anomaly['anomaly'] == {'type': 'stream', 'event': 'tcp_rst_refused', 'layer': 'tcp'}
    assert anomaly['flow_id'] == flow['flow_id'] and anomaly['timestamp'].startswith('2027-01-15T08:00:00.004')
    anomaly = Eve(folder, opened() + [frame(B, A, 5001 + 200000, RST)]).anomalies[0]
    assert ends(anomaly) == (*B, *A) and anomaly['direction'] == 'to_client'


@with_folder
def test_which_resets_count_depends_on_the_receiver(folder):
    inside = opened() + [frame(A, B, 101 + 1000, RST)]
    assert state(Eve(folder, inside, '--tcp-policy', 'linux').flow())[0] == 'closed'
    assert state(Eve(folder, inside, '--tcp-policy', 'windows').flow())[0] == 'established'


@with_folder
def test_strict(folder):
    """An acknowledgement of bytes that did not pass here: some may have been missed, unless none can be."""
    frames = opened() + [frame(B, A, 5001, ACK, ack=101 + 5000)]
    assert Eve(folder, frames).events() == [(4, 'tcp_ack_unseen', 'suspect')]
    assert Eve(folder, frames, '--strict').events() == [(4, 'tcp_ack_unseen', 'invalid')]
    assert Eve(folder, connection(), '--strict').anomalies == []


@with_folder
def test_nothing_is_wrong_with_what_is_right(folder):
    assert Eve(folder, connection()).anomalies == []
    again = connection()
    assert Eve(folder, again[:4] + [again[3]] + again[4:]).anomalies == [], 'a retransmission is no anomaly'


@with_folder
def test_connection_whose_beginning_is_missing(folder):
    records = Eve(folder, connection()[3:])
    assert records.events()[0] == (1, 'tcp_midstream', 'suspect')
    assert records.flow()['pkts']['session_events'][0] == 'tcp_midstream'


@with_folder
def test_headers_that_make_no_sense(folder):
    """Told with the number of the packet and the layer; it counts for its conversation."""
    wrong = bytearray(datagram(A, B))
    wrong[14 + 3] += 1  # IPv4's total length
    records = Eve(folder, [datagram(A, B), bytes(wrong)])
    assert len(records.anomalies) == 1, records.anomalies
    anomaly = records.anomalies[0]
    assert anomaly['anomaly']['type'] == 'decode' and anomaly['anomaly']['layer'] == 'ipv4'
    assert anomaly['pcap_cnt'] == 2 and ends(anomaly) == (*A, *B)
    assert counts(records.flow())[0] == 2


@with_folder
def test_headers_that_cannot_be_read(folder):
    """Belong to no conversation, and are told all the same."""
    wrong = bytearray(frame(A, B, 100, SYN))
    wrong[14 + 20 + 12] = 0x40  # TCP's data offset
    records = Eve(folder, [datagram(A, B), bytes(wrong), ether(b'\x40' + bytes(30))])
    assert records.events() == [(2, 'tcp_offset', 'invalid'), (3, 'ipv4_ihl', 'invalid')]
    assert [a['anomaly']['layer'] for a in records.anomalies] == ['tcp', 'ipv4']
    first, second = records.anomalies
    assert (first.get('src_ip'), first.get('dest_ip'), first.get('proto')) == (A[0], B[0], 'TCP')
    assert not {'flow_id', 'direction'} & set(first) and 'src_ip' not in second
    assert records.flow()['proto'] == 'UDP'


@with_folder
def test_anomalies_are_counted_in_the_summary(folder):
    path = folder.file('in.pcap', capture(opened() + [frame(A, B, 300000, RST), frame(B, A, 5001, ACK, ack=5101)]))
    done = run('-r', path, '--mem', '16', '--max-sessions', '16')
    assert '1 packets invalid, 1 suspect' in done.stderr, done.stderr


# Application protocols

def protocols(path, *options):
    found = {}
    for flow in Eve.of(path, *options).flows:
        if 'app_proto' in flow:
            found[flow['app_proto']] = found.get(flow['app_proto'], 0) + 1
    return found


def test_protocols_of_the_sample():
    found = protocols(SAMPLE)
    assert found['http'] >= 18 and found['pgsql'] == 4 and found['ssh'] == 3 and found['dns'] == 2, found


def test_protocols_of_the_captures_of_applications():
    folder = os.path.join(SOURCE, 'tests/vectors/apps')
    if not os.path.isdir(folder):
        raise Skip('no tests/vectors/apps')
    for name in sorted(os.listdir(folder)):
        if name.endswith('.pcap'):
            found = protocols(os.path.join(folder, name))
            assert list(found) == [name.split('-')[0].split('.')[0]], (name, found)


@with_folder
def test_tls(folder):
    """A ClientHello, on a port that says nothing."""
    hello = b'\x03\x03' + bytes(range(32)) + b'\0' + b'\0\x02\x13\x01' + b'\x01\0'
    shake = b'\x01' + len(hello).to_bytes(3, 'big') + hello
    record = b'\x16\x03\x01' + struct.pack('!H', len(shake)) + shake
    assert Eve(folder, connection(dst=(B[0], 4444), to=record)).flow().get('app_proto') == 'tls'


@with_folder
def test_http_in_pieces_and_out_of_order(folder):
    request = b'GET / HTTP/1.1\r\nHost: example.com\r\n\r\n'
    pieces = [frame(A, B, 101 + k, data=request[k:k + 10], ack=5001) for k in range(0, len(request), 10)]
    for order in (pieces, pieces[::-1]):
        assert Eve(folder, opened() + order).flow().get('app_proto') == 'http'


def test_events_of_an_application():
    path = os.path.join(SOURCE, 'tests/vectors/apps/diameter.pcap')
    if not os.path.exists(path):
        raise Skip('no tests/vectors/apps')
    told = {(a['anomaly']['type'], a['anomaly']['event'], a['anomaly']['app_proto']) for a in Eve.of(path).anomalies}
    assert ('applayer', 'app_auth_failed', 'diameter') in told, told


# Diameter over SCTP

PEER = (B[0], 3868)


def diameter(command, flags, number, *pairs):
    body = b''.join(struct.pack('!IB', code, 0x40) + (8 + len(data)).to_bytes(3, 'big') + data + bytes(-len(data) % 4)
                    for code, data in pairs)
    return (b'\1' + (20 + len(body)).to_bytes(3, 'big') + bytes([flags]) + command.to_bytes(3, 'big') +
            struct.pack('!III', 0, number, number) + body)


CER = diameter(257, 0x80, 1, (264, b'client.example'), (296, b'example'))
CEA = diameter(257, 0, 1, (268, struct.pack('!I', 2001)), (264, b'server.example'))
REFUSAL = diameter(257, 0, 1, (268, struct.pack('!I', 5010)))
DWR, DWA = diameter(280, 0x80, 2, (264, b'client.example')), diameter(280, 0, 2, (268, struct.pack('!I', 2001)))


@with_folder
def test_diameter_over_sctp(folder):
    """In whole messages, in chunks of 10 bytes, on two streams: known, and nothing is wrong with it."""
    for how in ({}, {'step': 10}, {'step': 30, 'stream': 7}):
        peers = Association((A, PEER))
        for side, data in ((0, CER), (1, CEA), (0, DWR), (1, DWA)):
            peers.message(side, data, **how)
        peers.shutdown()
        records = Eve(folder, peers.frames)
        flow = records.flow()
        assert flow['app_proto'] == 'diameter' and flow['flow']['state'] == 'closed', flow
        assert records.anomalies == [] and 'pkts' not in flow, records.records
    assert 'diameter' in table(folder, peers.frames)[1]


@with_folder
def test_anomalies_of_diameter_over_sctp(folder):
    """Told with the packet that completed the message, as those over TCP are."""
    peers = Association((A, PEER))
    peers.message(0, CER, step=40)
    peers.message(1, REFUSAL)
    peers.message(1, DWA)
    peers.message(0, CER[:-8])
    records = Eve(folder, peers.frames)
    done = len(peers.frames)
    assert records.events() == [(done - 2, 'app_auth_failed', 'suspect'), (done - 2, 'app_error', 'suspect'),
                                (done - 1, 'app_unpaired', 'suspect'), (done, 'app_format', 'invalid'),
                                (done, 'app_violation', 'invalid')], records.events()
    for anomaly in records.anomalies:
        assert anomaly['anomaly']['app_proto'] == 'diameter' and anomaly['anomaly']['type'] == 'applayer', anomaly
        assert anomaly['proto'] == 'SCTP' and anomaly['flow_id'] == records.flow()['flow_id']
    assert [a['direction'] for a in records.anomalies] == ['to_client'] * 3 + ['to_server'] * 2


@with_folder
def test_which_messages_are_diameter(folder):
    """Those that say so; on its port also such as look like it."""
    for port, data, ppid, wanted in ((9999, CER, 46, 'diameter'), (3868, CER, 0, 'diameter'), (9999, CER, 0, None),
                                     (3868, CER, 3, None), (3868, b'\x16\xfe\xfd' + bytes(20), DTLS, 'diameter'),
                                     (3868, b'GET / HTTP/1.1', 0, None)):
        peers = Association((A, (B[0], port)))
        peers.message(0, data, ppid=ppid)
        records = Eve(folder, peers.frames)
        assert records.flow().get('app_proto') == wanted and records.anomalies == [], (port, ppid)
        encrypted = records.flow().get('pkts', {}).get('session_events') == ['app_encrypted']
        assert encrypted == (ppid == DTLS), records.records


@with_folder
def test_message_of_sctp_that_was_not_captured(folder):
    peers = Association((A, PEER))
    peers.message(0, CER)
    peers.message(1, CEA)
    peers.message(0, DWR)
    del peers.frames[-1]
    peers.message(0, diameter(280, 0x80, 3))
    peers.sack(1)
    peers.message(0, diameter(280, 0x80, 4))
    records = Eve(folder, peers.frames)
    assert [e[1:] for e in records.events()] == [('app_gap', 'suspect'), ('gap', 'suspect')], records.events()
    assert records.flow()['pkts']['seq_events'] == ['gap', 'ack_unseen'], records.flow()


# What reassembly notices

def seen_by_reassembly(folder, frames, *options):
    """(packet, event, direction) of its anomalies; the flow's events, and its gaps to the server and to the client."""
    records = Eve(folder, frames, *options)
    flow = records.flow()
    told = [(a.get('pcap_cnt'), a['anomaly']['event'], a['direction']) for a in records.anomalies
            if not a['anomaly']['event'].startswith('tcp_')]
    for anomaly in records.anomalies:
        assert anomaly['anomaly']['type'] == 'stream' and anomaly['anomaly']['layer'] == 'tcp', anomaly
    return (told, flow['pkts'].get('seq_events', []), flow['tcp'].get('ts_gap', False), flow['tcp'].get('tc_gap', False))


@with_folder
def test_gaps_of_streams(folder):
    """By direction; when the other side has acknowledged the bytes, or at the end of the capture."""
    missed = opened() + [frame(A, B, 110, data=b'behind', ack=5001)]
    assert seen_by_reassembly(folder, missed) == ([(None, 'gap', 'to_server')], ['gap'], True, False)
    acknowledged = missed + [frame(B, A, 5001, ACK, ack=116)]
    told, events, ts_gap, tc_gap = seen_by_reassembly(folder, acknowledged)
    assert told == [(5, 'gap', 'to_server')] and 'gap' in events and (ts_gap, tc_gap) == (True, False)
    other = opened() + [frame(B, A, 5011, data=b'behind', ack=101)]
    assert seen_by_reassembly(folder, other) == ([(None, 'gap', 'to_client')], ['gap'], False, True)
    whole = connection()
    assert seen_by_reassembly(folder, whole) == ([], [], False, False)
    del whole[3]  # and then the connection ends
    told, events, ts_gap, tc_gap = seen_by_reassembly(folder, whole)
    assert [t[1:] for t in told] == [('gap', 'to_server')] and (ts_gap, tc_gap) == (True, False)


@with_folder
def test_segments_that_contradict_each_other(folder):
    """Told once a direction, however often it happens; and in the words of index.json."""
    frames = opened() + [frame(A, B, 104, data=b'def', ack=5001)]
    frames += [frame(A, B, 104, data=b'dXf', ack=5001)] * 5 + [frame(A, B, 101, data=b'abc', ack=5001)]
    told, events, *gaps = seen_by_reassembly(folder, frames)
    assert told == [(5, 'conflict', 'to_server')] and gaps == [False, False]
    run('-r', folder.file('in.pcap', capture(frames)), '-q', '--mem', '16', '--streams', folder.file('out'))
    with open(os.path.join(folder.file('out'), 'index.json'), encoding='utf-8') as file:
        assert events == list(parse(file.readline())['events']), events
    done = run('-r', folder.file('in.pcap'), *SMALL[1:])
    assert '5 pieces that contradict others' in done.stderr, done.stderr


@with_folder
def test_all_bytes(folder):
    """Behind what the application protocol wants, and against bytes that were read already."""
    head, a = b'GET / HTTP/1.1\r\n\r\n', 101
    frames = opened() + [frame(A, B, a, data=head, ack=5001)]
    a += len(head)
    gap = frames + [frame(A, B, a + 5, data=b'behind', ack=5001)]
    assert seen_by_reassembly(folder, gap) == ([], [], False, False)
    assert seen_by_reassembly(folder, gap, '--all-bytes') == ([(None, 'gap', 'to_server')], ['gap'], True, False)
    again = frames + [frame(A, B, 101, data=b'GOT' + head[3:], ack=5001)]
    assert seen_by_reassembly(folder, again)[0] == []
    told, events, *gaps = seen_by_reassembly(folder, again, '--all-bytes')
    assert told == [(5, 'retransmit_diff', 'to_server')] and events == ['retransmit_diff'] and gaps == [False, False]
    assert Eve(folder, connection(), '--all-bytes').anomalies == []


@with_folder
def test_all_bytes_of_one_side(folder):
    """Nobody acknowledges them: they are not kept for ever, and are not missing either."""
    sent = [frame(A, B, 101 + k * 1000, data=bytes([k & 255]) * 1000, ack=5001) for k in range(9000)]
    for options in ((), ('--all-bytes',)):
        flow = Eve(folder, opened()[:1] + sent, *options).flow()
        assert 'ts_gap' not in flow['tcp'] and 'gap' not in flow['pkts'].get('seq_events', []), flow


@with_folder
def test_all_messages_of_sctp(folder):
    """Also such as are not Diameter."""
    peers = Association((A, B))
    peers.message(0, b'first', ppid=3)
    peers.tsn[0] -= 1
    peers.message(0, b'other', ppid=3)
    assert Eve(folder, peers.frames).anomalies == []
    records = Eve(folder, peers.frames, '--all-bytes')
    assert records.events() == [(len(peers.frames), 'tsn_conflict', 'suspect')]
    assert records.anomalies[0]['anomaly']['layer'] == 'sctp'
    assert records.flow()['pkts']['seq_events'] == ['tsn_duplicate', 'tsn_conflict']


@with_folder
def test_gaps_that_the_capture_made(folder):
    """Bytes are missing, and nobody is to blame."""
    frames = opened() + [frame(A, B, 101, data=b'x' * 300, ack=5001), frame(A, B, 401, data=b'y', ack=5001)]
    assert seen_by_reassembly(folder, frames, '-s', '100') == ([], ['gap'], True, False)


def test_all_bytes_wants_json():
    bad(2, '--json', '-r', SAMPLE, '--all-bytes')


# IPFIX

def test_ipfix_of_the_sample():
    """nfcapd has as many flows, packets and bytes each way as the JSON of the same run."""
    ipfix.need('nfcapd', 'nfdump')
    with ipfix.Nfcapd() as collector:
        records = Eve.of(SAMPLE, '--ipfix', f'udp:127.0.0.1:{collector.port}')
        flows = collector.flows()
    assert len(flows) == len(records.flows) > 100
    for name, mine in (('in_packets', 'pkts_toserver'), ('out_packets', 'pkts_toclient'), ('in_bytes', 'bytes_toserver'),
                       ('out_bytes', 'bytes_toclient')):
        assert sum(f.get(name, 0) for f in flows) == sum(f['flow'][mine] for f in records.flows) > 0, name
    alone = Eve.of(SAMPLE, '--ip-bytes')
    assert [counts(f) for f in alone.flows] == [counts(f) for f in records.flows]


LONG = (*((t, datagram(*((A, B) if t % 3 else (B, A)), b'x' * (t % 50))) for t in range(100)), (100, datagram(C, B)))


@with_folder
def test_ipfix_of_conversations_that_go_on(folder):
    """A record each time that one is due, of what came since; JSON has one of all, and so has nfcapd added up."""
    ipfix.need('nfcapd', 'nfdump')
    for options, n in (('--timeout-active', '30'), 5), (('--timeout-active', '0'), 2), ((), 2):
        with ipfix.Nfcapd() as collector:
            records = Eve(folder, LONG, '--ipfix', f'udp:127.0.0.1:{collector.port}', *options)
            flows = collector.flows()
        assert len(records.flows) == 2 and len(flows) == n, (options, flows)
        assert {f['flow']['reason'] for f in records.flows} == {'shutdown'}
        for name, mine in (('in_packets', 'pkts_toserver'), ('out_packets', 'pkts_toclient'),
                           ('in_bytes', 'bytes_toserver'), ('out_bytes', 'bytes_toclient')):
            assert sum(f.get(name, 0) for f in flows) == sum(f['flow'][mine] for f in records.flows) > 0, (options, name)
        spans = sorted((ipfix.ms(f['first']), ipfix.ms(f['last'])) for f in flows if f['src4_addr'] != C[0])
        assert all(a[1] == b[0] for a, b in zip(spans, spans[1:])), spans
        assert [round((b - a) / 1000) for a, b in spans] == ([30, 30, 30, 9] if n == 5 else [99])


@with_folder
def test_ipfix_over_tcp(folder):
    with socket.create_server(('127.0.0.1', 0)) as server:
        server.settimeout(TIMEOUT)
        path = folder.file('in.pcap', capture(connection() + [datagram(C, B)]))
        with subprocess.Popen([PROGRAM, '-r', path, *SMALL, '--ipfix', f'tcp:127.0.0.1:{server.getsockname()[1]}'],
                              stdout=subprocess.PIPE) as process:
            peer, _ = server.accept()
            with peer:
                messages = list(ipfix.messages_of(peer))
            assert process.stdout.read() == b'', 'IPFIX alone: no table'
            assert process.wait(TIMEOUT) == 0
    assert messages and all(m[:2] == b'\0\x0a' for m in messages)
    assert any(socket.inet_aton(C[0]) in m for m in messages)


def test_collectors_that_cannot_be():
    bad(1, '--ipfix foo: does not begin with udp: or tcp:', '-r', SAMPLE, '-q', '--ipfix', 'foo')
    with socket.socket() as unused:
        unused.bind(('127.0.0.1', 0))
        where = f'tcp:127.0.0.1:{unused.getsockname()[1]}'
        bad(1, f'--ipfix {where}: the collector did not take all records: Connection refused', '-r', SAMPLE, '-q',
            '--ipfix', where)
        said = run('-r', SAMPLE, *SMALL[1:], '--ipfix', where).stderr
        assert re.search(r', (\d+) conversations, \1 records that the collector did not take$', said, re.M), said


# Output

def test_top_wants_a_terminal_and_a_port():
    bad(2, 'needs a terminal', '-i', 'lo', '--top')
    bad(2, 'terminal', '-r', SAMPLE, '--top')
    bad(2, 'the terminal for itself', '-i', 'lo', '--top', '--json')
    bad(2, 'one of them only', '-r', SAMPLE, '--json', '--table')


@with_folder
def test_records_and_streams_at_once(folder):
    """Each as if it were alone."""
    frames = connection() + [datagram(C, B)]
    alone = Eve(folder, frames).flows
    out = folder.file('out')
    records = Eve(folder, frames, '--streams', out)
    assert [counts(f) for f in records.flows] == [counts(f) for f in alone] and len(alone) == 2
    with open(os.path.join(out, 'tcp-0-a.bin'), 'rb') as file:
        assert file.read() == b'GET /'
    with open(os.path.join(out, 'index.json'), encoding='utf-8') as file:
        assert len(list(file)) == 2
    done = run('-r', records.path, *SMALL, '--streams', folder.file('only'))
    assert done.stdout == '', 'streams alone: no table'


def test_full_disk():
    if not os.path.exists('/dev/full'):
        raise Skip('no /dev/full here')
    for how in ('--json', '--table'):
        with open('/dev/full', 'wb') as out:
            bad(1, 'standard output: No space left', '-r', SAMPLE, *SMALL, how, stdout=out)


@with_folder
def test_reader_that_goes_away(folder):
    """Ends a run even where more packets could come: standard input stays open."""
    head, packets = capture([])[:24], capture(opened() + [frame(A, B, 300000, RST)] * 3000)[24:]
    with subprocess.Popen([PROGRAM, '-r', '-', '--json', *SMALL], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        process.stdout.close()
        process.stdin.write(head)
        try:
            while process.poll() is None:
                process.stdin.write(packets)
        except BrokenPipeError:
            pass
        said = process.stderr.read()
        assert process.wait(TIMEOUT) == 0 and said == b'', (process.returncode, said)
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass


def test_reader_gets_what_there_is_before_the_end():
    """An anomaly is there while the next packets are still to come."""
    with subprocess.Popen([PROGRAM, '-r', '-', '--json', *SMALL], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(capture([frame(A, B, 1, data=b'x')]))
        process.stdin.flush()
        assert parse(process.stdout.readline())['anomaly']['event'] == 'tcp_midstream'
        process.send_signal(signal.SIGINT)
        assert parse(process.stdout.readline())['event_type'] == 'flow'
        assert process.wait(TIMEOUT) == 0


@with_folder
def test_cut_capture_leaves_what_was_there(folder):
    data = capture([datagram(A, B), datagram(B, A)])
    path = folder.file('in.pcap', data[:-3])
    done = run('-r', path, '--json', *SMALL)
    assert done.returncode == 1 and 'cut' in done.stderr, done.stderr
    assert counts(parse(done.stdout.splitlines()[0]))[:2] == (1, 0)


def test_every_capture_of_the_tests():
    """Each packet is in one conversation at most, and every record has its shape."""
    for path in VECTORS:
        records = Eve.of(path)
        assert sum(sum(counts(f)[:2]) for f in records.flows) <= 810, path
        assert len({f['flow_id'] for f in records.flows}) == len(records.flows), path


# Documents

def test_examples_of_the_page_work():
    """Every line of jq in docs/flow.md, on the sample."""
    with open(os.path.join(SOURCE, 'docs/flow.md'), encoding='utf-8') as file:
        commands = re.findall(r'^pkts-flow .*\| jq .*$', file.read(), re.M)
    assert len(commands) >= 4
    if subprocess.run(['sh', '-c', 'command -v jq'], stdout=subprocess.DEVNULL, check=False).returncode:
        raise Skip('no jq here')
    for command in commands:
        words = command.replace('trace.pcapng', SAMPLE).replace('pkts-flow ', f'{PROGRAM} -q ', 1)
        done = subprocess.run(['bash', '-o', 'pipefail', '-c', words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=TIMEOUT, check=False)
        assert done.returncode == 0 and done.stderr == b'', (command, done.stderr)
        assert done.stdout or 'anomaly' in command or 'seq_events' in command, command


if __name__ == '__main__':
    main(dict(globals()))
