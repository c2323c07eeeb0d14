#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Writes pcapng files block by block; reads classic pcap. Standard library only.

As a program it turns captures into one pcapng, one interface block each, packets by time:

    pcapng.py OUT.pcapng NAME=IN.pcap...

Nothing but the packets, the interface names and the clock's resolution goes into the file: no
operating system, no hardware, no program, so that it says nothing about the machine that made it.
"""
import struct
import sys

OPT_END, OPT_COMMENT, IF_NAME, IF_TSRESOL = 0, 1, 2, 9
NANOSECONDS = b'\x09'
MAGICS = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}


def padded(data):
    return data + bytes(-len(data) % 4)


def option(code, value):
    return struct.pack('<HH', code, len(value)) + padded(value)


def options(*pairs):
    listed = b''.join(option(code, value) for code, value in pairs if value)
    return listed + option(OPT_END, b'') if listed else b''


def block(kind, body):
    length = len(body) + 12
    return struct.pack('<II', kind, length) + body + struct.pack('<I', length)


def section_header():
    return block(0x0A0D0D0A, struct.pack('<IHHq', 0x1A2B3C4D, 1, 0, -1))


def interface(linktype, name, snaplen=0):
    head = struct.pack('<HHI', linktype, 0, snaplen)
    return block(1, head + options((IF_NAME, name.encode()), (IF_TSRESOL, NANOSECONDS)))


def packet(number, time_ns, data, length=None, comment=''):
    head = struct.pack(
        '<IIIII', number, time_ns >> 32, time_ns & 0xFFFFFFFF, len(data), length or len(data)
    )
    return block(6, head + padded(data) + options((OPT_COMMENT, comment.encode())))


def write(path, blocks):
    with open(path, 'wb') as out:
        out.write(section_header() + b''.join(blocks))


def read_pcap(path):
    """(linktype, snaplen, [(time in ns, length on the wire, bytes)]) of a classic pcap file."""
    with open(path, 'rb') as file:
        held = file.read()
    for order in '<>':
        magic, _, _, _, _, snaplen, linktype = struct.unpack_from(order + 'IHHiIII', held)
        if magic in MAGICS:
            return linktype & 0xFFFF, snaplen, list(records(held, order, MAGICS[magic]))
    raise ValueError('%s: not a classic pcap file' % path)


def records(held, order, unit_ns):
    at = 24
    while at + 16 <= len(held):
        seconds, fraction, caplen, length = struct.unpack_from(order + 'IIII', held, at)
        at += 16 + caplen
        yield seconds * 10**9 + fraction * unit_ns, length, held[at - caplen : at]


def main(arguments):
    if len(arguments) < 2 or not all('=' in a for a in arguments[1:]):
        sys.exit('usage: pcapng.py OUT.pcapng NAME=IN.pcap...')
    interfaces, packets = [], []
    for number, (name, path) in enumerate(a.split('=', 1) for a in arguments[1:]):
        linktype, snaplen, found = read_pcap(path)
        interfaces.append(interface(linktype, name, snaplen))
        packets += [(time_ns, number, data, length) for time_ns, length, data in found]
    packets.sort(key=lambda p: p[0])
    write(arguments[0], interfaces + [packet(n, t, data, length) for t, n, data, length in packets])


if __name__ == '__main__':
    main(sys.argv[1:])
