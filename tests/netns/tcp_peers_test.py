#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Connections of the kernel's TCP through a bad network: not one of their packets may be called invalid, on either side
of it, and how each connection ended has to be known. $PEERS: how many connections (1500)."""
import collections
import os
import struct

from peers import Folder, Network, Skip, main
from judged import PEERS, flows, invalid_in, judge, keep, lines_of
import harness

COUNT = int(os.environ.get('PEERS', '1500'))
PARALLEL = 150
IMPAIRED = ['--loss', '2%', '--reorder', '5%', '--duplicate', '1%', '--delay', '2']

# What the peers are like, by a third of the connections each; the addresses; the first port.
KINDS = (
    ({}, ('10.0.0.1', '10.0.0.2'), 6000),
    ({'tcp_timestamps': 0, 'tcp_window_scaling': 0}, ('10.0.0.1', '10.0.0.2'), 12000),
    ({'tcp_timestamps': 1, 'tcp_window_scaling': 1, 'tcp_sack': 0, 'tcp_rmem': '4096 8192 16384',
      'tcp_wmem': '4096 8192 65536'}, ('fd00:0::1', 'fd00:0::2'), 18000),
)
ALWAYS = {'tcp_fastopen': 3, 'tcp_fin_timeout': 3, 'tcp_max_tw_buckets': 200000, 'tcp_max_syn_backlog': 4096}

# Zeek's states count every RST, also those that nobody accepts. Who was reset answers with RSTs to what was still under
# way; and where ports are used again, a RST that was meant for the connection before may come, from either end.
BOTH_RESET = {'RSTO': {'RSTO', 'RSTR'}, 'RSTR': {'RSTO', 'RSTR'}}
STRAY = {'SF': {'SF', 'RSTO', 'RSTR'}}

TIME_WAIT = '06'  # in /proc/net/tcp
RESULT = {}


def tune(net, values):
    for space in net.spaces[:2]:
        for name, value in values.items():
            assert space.sysctl('net.ipv4.' + name, value), name


def load(net, kind, count):
    values, (client, server), port = kind
    tune(net, values)
    spaces = [space.path for space in net.spaces[:2]]
    return lines_of(os.path.join(PEERS, 'tcp_load'), *spaces, client, server, str(port), str(count), str(PARALLEL), '1')


def unfinished(space):
    """How many connections the kernel still works on, all sockets being closed."""
    def states():
        for name in ('tcp', 'tcp6'):
            with open('/proc/thread-self/net/' + name, encoding='ascii') as file:
                yield from (line.split()[3] for line in file.readlines()[1:])
    return space.within(lambda: sum(state != TIME_WAIT for state in states()))


def wait_for_the_last(net):
    while any(unfinished(space) for space in net.spaces[:2]):
        os.sched_yield()


def make():
    RESULT['folder'] = folder = Folder()
    with Network(folder.__enter__(), IMPAIRED) as net:
        tune(net, ALWAYS)
        net.capture()
        RESULT['lines'] = [line for kind in KINDS for line in load(net, kind, COUNT // len(KINDS))]
        wait_for_the_last(net)
        RESULT['captures'] = net.end_captures()
        RESULT['counters'] = net.end_impairs()[0]


def run():
    """Once for all cases."""
    if RESULT:
        assert 'counters' in RESULT, 'the connections could not be made'
        return
    try:
        make()
    except Skip:
        RESULT.clear()
        raise


def test_the_network_is_bad():
    run()
    for counters in RESULT['counters'].values():
        received = counters['received']
        print('#', counters)
        assert counters['missed'] == counters['dropped'] == 0, counters
        assert 0.01 < counters['lost'] / received < 0.03, counters
        assert 0.035 < counters['reordered'] / received < 0.065, counters
        assert 0.005 < counters['duplicated'] / received < 0.015, counters


def test_every_connection_did_what_it_should():
    run()
    lines = RESULT['lines']
    done = collections.Counter(line['scenario'] for line in lines)
    print('#', dict(done))
    assert len(lines) == COUNT // len(KINDS) * len(KINDS) and len(done) == 14, done
    for line in lines:
        assert not line['stuck'], (line, [keep(path) for path in RESULT['captures']])
        if line['state'] == 'SF':
            assert line['sent'] == line['received'], line


def by_ports(lines):
    ports = collections.defaultdict(list)
    for line in sorted(lines, key=lambda line: line['began']):
        ports[line['sport'], line['dport']].append(line)
    return ports


def allowed(state, turn):
    return {state} | BOTH_RESET.get(state, set()) | (STRAY.get(state, set()) if turn else set())


def check_states(states):
    """Each connection is one conversation, in its turn, and ended as it did."""
    wrong = []
    for ports, lines in by_ports(RESULT['lines']).items():
        seen = states.get(ports) or states.get(ports[::-1]) or []
        wanted = [allowed(line['state'], turn) for turn, line in enumerate(lines)]
        if len(seen) != len(wanted) or not all(state in those for state, those in zip(seen, wanted)):
            wrong.append((ports, seen, [(line['scenario'], line['state']) for line in lines]))
    assert not wrong, f'{len(wrong)} connections: {wrong[:10]}'


def test_no_packet_is_invalid_before_the_network():
    run()
    RESULT['before'], _ = judge(RESULT['captures'][0])


def test_no_packet_is_invalid_behind_the_network():
    run()
    RESULT['behind'], _ = judge(RESULT['captures'][1])


def forged(path):
    """A copy of a capture in which one packet of a hundred has a sequence number of another world."""
    with open(path, 'rb') as file:
        data = bytearray(file.read())
    at, count = 24, 0
    while at < len(data):
        length, = struct.unpack_from('<I', data, at + 8)
        ip = at + 16 + 14
        if data[ip] == 0x45 and data[ip + 9] == 6 and data[ip + 20 + 13] == 0x18 and count % 100 == 0:
            sequence, = struct.unpack_from('>I', data, ip + 20 + 4)
            struct.pack_into('>I', data, ip + 20 + 4, (sequence + 0x60000000) & 0xffffffff)
        at += 16 + length
        count += 1
    return RESULT['folder'].file('forged.pcap', data)


def test_a_forged_packet_is_invalid():
    """Who never says no says nothing."""
    run()
    assert invalid_in(forged(RESULT['captures'][0])) > COUNT // 100


def test_endings_before_the_network():
    run()
    check_states(RESULT.get('before') or judge(RESULT['captures'][0])[0])


def test_endings_behind_the_network():
    run()
    check_states(RESULT.get('behind') or judge(RESULT['captures'][1])[0])


def test_pkts_flow_agrees():
    run()
    for path in RESULT['captures']:
        states = collections.defaultdict(list)
        for flow in sorted(flows(path), key=lambda flow: flow['flow']['start']):
            if flow['proto'] == 'TCP':
                states[flow['src_port'], flow['dest_port']].append(flow['pkts']['conn_state'])
        check_states(states)


if __name__ == '__main__':
    harness.TIMEOUT = 900
    main(dict(globals()))
