#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Multipath TCP of the kernel's over two bad networks: each subflow is a TCP connection, and none of its packets may be
called invalid. $PEERS: how many connections (300)."""
import os
import re

from peers import Folder, Network, Skip, main
from judged import PEERS, flows, judge, lines_of
import harness

COUNT = int(os.environ.get('PEERS', '300'))
PARALLEL = 40
IMPAIRED = ['--loss', '2%', '--reorder', '5%', '--duplicate', '1%', '--delay', '2']


def use_both_paths(net):
    client, server = net.spaces[:2]
    for space in (client, server):
        if not space.sysctl('net.mptcp.enabled', 1):
            raise Skip('no MPTCP in this kernel')
        space.ip('mptcp', 'limits', 'set', 'subflow', '4', 'add_addr_accepted', '4')
    client.ip('mptcp', 'endpoint', 'add', '10.1.0.1', 'dev', 'c1', 'subflow')
    server.ip('mptcp', 'endpoint', 'add', '10.1.0.2', 'dev', 's1', 'signal')


def joined(space):
    """How many further subflows the client has opened."""
    table = space.within(lambda: open('/proc/thread-self/net/netstat', encoding='ascii').read())
    names, values = re.findall(r'^MPTcpExt: (.*)$', table, re.M)
    return int(dict(zip(names.split(), values.split()))['MPJoinSynAckRx'])


def test_subflows():
    with Folder() as folder:
        with Network(folder, IMPAIRED, paths=2) as net:
            use_both_paths(net)
            net.capture()
            lines = lines_of(os.path.join(PEERS, 'tcp_load'), *(space.path for space in net.spaces[:2]),
                             '10.0.0.1', '10.0.0.2', '6000', str(COUNT), str(PARALLEL), '1', 'mptcp')
            assert joined(net.spaces[0]) > COUNT // 10
            captures = net.end_captures()
        # Now and then the kernel's MPTCP does not come to an end where packets are lost. That is not judged here.
        stuck = [line for line in lines if line['stuck']]
        print('# stuck:', stuck)
        assert len(lines) == COUNT and len(stuck) <= COUNT // 100, stuck
        seen = [judge(path)[0] for path in captures]
        assert all(any(ports[1] == 6000 for ports in states) for states in seen[:2])
        for path, states in zip(captures, seen):
            try:
                assert sum(flow['proto'] == 'TCP' for flow in flows(path)) == sum(map(len, states.values()))
            except Skip:
                pass


if __name__ == '__main__':
    harness.TIMEOUT = 900
    main(dict(globals()))
