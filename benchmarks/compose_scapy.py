#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""CPU time that scapy takes to make one of bench_compose's frames, in nanoseconds: compose_scapy.py udp BYTES | syn"""
import sys
import time

from scapy.layers.inet import IP, TCP, UDP, IPOption
from scapy.layers.l2 import Ether
from scapy.packet import Raw

FRAMES = 300
OPTIONS = [IPOption(bytes(option)) for option in
           ((148, 4, 0, 0), (136, 4, 0, 7), (94, 4, 1, 2), (158, 4, 1, 2))]


def udp(i, payload):
    return (Ether(dst='02:00:00:00:01:00', src='02:00:00:00:02:00') /
            IP(src='10.0.0.1', dst='10.128.0.1', id=i, ttl=64, options=OPTIONS) /
            UDP(sport=1024 + i, dport=20000) / Raw(payload))


def syn(i, _):
    return (Ether(dst='02:00:00:00:01:00', src='02:00:00:00:02:00') /
            IP(src='10.0.0.1', dst='10.128.0.1', id=i, ttl=64) /
            TCP(sport=1024 + i, dport=20000, seq=i, flags='S', window=64240,
                options=[('MSS', 1460), ('SAckOK', b''), ('Timestamp', (1, 0)), ('NOP', None), ('WScale', 7)]))


def main():
    make = {'udp': udp, 'syn': syn}[sys.argv[1]]
    payload = bytes(int(sys.argv[2])) if len(sys.argv) > 2 else b''
    bytes(make(0, payload))
    start = time.process_time_ns()
    for i in range(FRAMES):
        bytes(make(i, payload))
    print((time.process_time_ns() - start) // FRAMES)


main()
