#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Associations of usrsctp over two bad networks, with two addresses at each end, some of them begun again by a client
that forgot the first: none of their packets may be called invalid. $PEERS: how many associations (200)."""
import collections
import json
import os
import shutil
import subprocess

from peers import Folder, Network, Skip, end, main
from judged import APPS, PEERS, flows, judge
import harness

COUNT = int(os.environ.get('PEERS', '200'))
SECONDS = 60 + COUNT // 10  # many times what a client needs
ATTEMPTS = 3
AGAIN = 20  # associations that begin twice
IMPAIRED = ['--loss', '2%', '--reorder', '5%', '--duplicate', '1%', '--delay', '2']
PROGRAM = os.path.join(PEERS, 'sctp_load')
FIRST_PORT = '30000'
RESULT = {}


class PeerFailed(Exception):
    """usrsctp crashed or waits for ever, as it does once in some hundred runs: no word about what is tested here."""


def client(net, *words):
    process = net.spaces[0].start(PROGRAM, 'client', '10.0.0.1', '10.1.0.1', '6000', '10.0.0.2', '10.1.0.2', *words,
                                  stdout=subprocess.PIPE)
    try:
        out, _ = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired as why:
        raise PeerFailed(f'client {words} waits since {SECONDS} s') from why
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        raise PeerFailed(f'client {words} ended with {process.returncode}')
    return [json.loads(line) for line in out.splitlines()]


def load(net):
    server = net.spaces[1].start(PROGRAM, 'server', '10.0.0.2', '10.1.0.2', '6000', stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE)
    try:
        assert server.stdout.readline() == 'listening\n'
        lines = client(net, '0', str(COUNT), '1')
        lines += client(net, FIRST_PORT, str(AGAIN), '2', 'vanish')
        lines += client(net, FIRST_PORT, str(AGAIN), '3')
        if server.poll() is not None:
            raise PeerFailed(f'the server ended by itself: {server.returncode}')
        return lines
    finally:
        end(server)


def merge(folder, name, captures):
    """One capture of what passed on one side of both networks."""
    if not shutil.which('mergecap'):
        raise Skip('mergecap is not here')
    path = folder.file(name)
    subprocess.run(['mergecap', '-F', 'pcap', '-w', path, *captures], check=True)
    return path


def attempt():
    RESULT['folder'] = folder = Folder()
    with Network(folder.__enter__(), IMPAIRED, paths=2) as net:
        net.capture(snaplen=0)
        RESULT['lines'] = load(net)
        captures = net.end_captures()
    RESULT['sides'] = [merge(folder, f'side{side}.pcap', captures[side::2]) for side in (0, 1)]


def make():
    for _ in range(ATTEMPTS - 1):
        try:
            return attempt()
        except PeerFailed as why:
            print('#', why, flush=True)
    return attempt()


def run():
    """Once for all cases."""
    if RESULT:
        assert 'sides' in RESULT, 'the associations could not be made'
        return
    if not os.path.exists(PROGRAM):
        raise Skip('usrsctp is not here')
    try:
        make()
    except Skip:
        RESULT.clear()
        raise


def test_every_association_did_what_it_should():
    run()
    lines = RESULT['lines']
    endings = collections.Counter(line['ending'] for line in lines)
    print('#', dict(endings))
    assert len(endings) == 6 and len(lines) == COUNT + 2 * AGAIN, endings
    odd = [line for line in lines if line['complete'] == (line['ending'] == 'refused')]
    assert not odd, odd[:3]


def check(path):
    ports = {(line['sport'], line['dport']) for line in RESULT['lines']}
    states, events = judge(path)
    assert states.keys() == ports
    assert events['sctp_restart'] > 0, events
    closed = sum(state == ['closed'] for state in states.values())
    assert closed > 0.9 * len(states), closed


def test_no_packet_is_invalid_before_the_network():
    run()
    check(RESULT['sides'][0])


def test_no_packet_is_invalid_behind_the_network():
    run()
    check(RESULT['sides'][1])


def test_pkts_flow_finds_associations_by_all_of_their_addresses():
    run()
    for path in RESULT['sides']:
        assert any(flow['proto'] == 'SCTP' for flow in flows(path))


def test_messages_of_all_paths_are_one_stream():
    run()
    path = RESULT['sides'][0]
    folder = RESULT['folder'].file('streams')
    done = subprocess.run([os.path.join(APPS, 'pkts-flow'), '-q', '-r', path, '--streams', folder, '--sctp'],
                          stderr=subprocess.PIPE, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    with open(os.path.join(folder, 'index.json'), encoding='utf-8') as file:
        lines = [json.loads(line) for line in file]
    streams = {line['stream'] for line in lines if line['proto'] == 'sctp'}
    associations = [flow for flow in flows(path) if flow['proto'] == 'SCTP']
    assert len(streams) == len(associations), (len(streams), len(associations))
    assert not any(line['gaps'] for line in lines), [line for line in lines if line['gaps']][:3]


if __name__ == '__main__':
    harness.TIMEOUT = 900
    main(dict(globals()))
