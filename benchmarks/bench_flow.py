#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Claims: pkts-flow writes the streams of a large capture at least 5 times as fast as tcpflow, and lists
its conversations at least 20 times as fast as tshark does.

Every figure is a ratio of runs that took turns, by CPU time (user and system) and by wall time. The capture
is the sample's TCP over IPv4, over and over with other addresses, checksums mended: many small streams. A second
one has a few large streams, a third one hundreds of them at a time. The floor is what reading the capture and
making files of those sizes takes by itself.
"""

import argparse
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

import bench_dump

PCAP_RECORD = 16
ETHERNET = 14
TCP = 6
SECONDS_APART = 3  # one copy after the other


def mended(csum, old, new):
    """The Internet checksum after `old` became `new` (RFC 1624)."""
    total = (~csum & 0xFFFF) + sum(~o & 0xFFFF for o in old) + sum(new)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tcp_records(records, byte_order):
    """(seconds, record) of each whole TCP segment in IPv4 in Ethernet."""
    at = 0
    while at + PCAP_RECORD <= len(records):
        seconds, _, caplen, length = struct.unpack_from(byte_order + "IIII", records, at)
        frame = records[at + PCAP_RECORD: at + PCAP_RECORD + caplen]
        if (caplen == length and len(frame) >= 54 and frame[12:14] == b"\x08\x00" and frame[23] == TCP
                and frame[14] == 0x45 and not struct.unpack_from(">H", frame, 20)[0] & 0x3FFF):
            yield seconds, records[at: at + PCAP_RECORD + caplen]
        at += PCAP_RECORD + caplen


class Copies:
    """The same conversations again and again, each time of other clients, a little later."""

    def __init__(self, header, records):
        self.order = "<" if header[:1] in (b"\xd4", b"\x4d") else ">"
        self.header = header
        self.records = list(tcp_records(records, self.order))
        self.first = self.records[0][0]
        self.size = sum(len(r) for _, r in self.records)

    def copy(self, k):
        """All records with 10.0.0.0/8 + k added to both addresses."""
        out = bytearray()
        for seconds, record in self.records:
            r = bytearray(record)
            struct.pack_into(self.order + "I", r, 0, seconds + k * SECONDS_APART)
            ip = PCAP_RECORD + ETHERNET
            old = struct.unpack_from(">4H", r, ip + 12)
            new = []
            for end in (0, 2):
                new += [0x0A00 | (k >> 8 & 0xFF), (k & 0xFF) << 8 | (old[end + 1] & 0xFF)]
            struct.pack_into(">4H", r, ip + 12, *new)
            for where in (ip + 10, ip + 20 + 16):
                csum = struct.unpack_from(">H", r, where)[0]
                struct.pack_into(">H", r, where, mended(csum, old, new))
            out += r
        return out

    def write(self, path, size):
        with open(path, "wb") as out:
            out.write(self.header)
            for k in range(max(1, size // self.size)):
                out.write(self.copy(k))


def internet_checksum(data):
    return mended(0xFFFF, (), struct.unpack(f">{len(data) // 2}H", data))


class Downloads:
    """Large streams at a time: each of `streams` clients is sent segments in turn, and acknowledges every other one."""

    SYN, ACK, FIN = 2, 16, 1

    def __init__(self, out, streams, segment):
        self.out, self.streams = out, streams
        self.data = bytes(i * 7 + 3 & 255 for i in range(segment))
        self.packets = 0
        self.sent = [1] * streams
        out.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))

    def put(self, stream, from_server, flags, data=b""):
        ends = [(0x0A010000 + stream, 10000), (0x0A020001, 80)]
        numbers = [1 if flags != self.SYN else 0, self.sent[stream]]
        (src, sport), (dst, dport) = ends[from_server], ends[not from_server]
        ip = bytearray(struct.pack(">BBHHHBBHII", 0x45, 0, 40 + len(data), 0, 0x4000, 64, TCP, 0, src, dst))
        struct.pack_into(">H", ip, 10, internet_checksum(ip))
        tcp = struct.pack(">HHIIBBHHH", sport, dport, numbers[from_server], numbers[not from_server], 0x50, flags,
                          65535, 0, 0)
        frame = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip + tcp + data
        self.packets += 1
        self.out.write(struct.pack("<IIII", 1700000000 + self.packets // 100000, self.packets % 100000 * 10,
                                   len(frame), len(frame)) + frame)

    def write(self, size):
        for stream in range(self.streams):
            self.put(stream, False, self.SYN)
            self.sent[stream] = 0
            self.put(stream, True, self.SYN | self.ACK)
            self.sent[stream] = 1
        for k in range(size // (len(self.data) + 84)):
            stream = k % self.streams
            self.put(stream, True, self.ACK, self.data)
            self.sent[stream] = self.sent[stream] + len(self.data) & 0xFFFFFFFF
            if k // self.streams % 2:
                self.put(stream, False, self.ACK)
        for stream in range(self.streams):
            self.put(stream, True, self.FIN | self.ACK)


def options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("build", type=pathlib.Path, help="the build folder, made with --buildtype=release")
    p.add_argument("-r", "--read", default=str(bench_dump.ROOT / "tests/vectors/sample.pcapng"),
                   metavar="CAPTURE", help="whose connections are repeated (default: the sample)")
    p.add_argument("-n", "--rounds", type=int, default=5, help="default: 5")
    p.add_argument("--mb", type=int, default=200, help="size of the capture for streams (default: 200)")
    p.add_argument("--conv-mb", type=int, default=300, help="of the one for conversations (default: 300)")
    p.add_argument("--few", type=int, default=8, help="streams of the capture with few (default: 8)")
    p.add_argument("--at-once", type=int, default=500, help="of the one with many at a time (default: 500)")
    p.add_argument("--only", choices=("streams", "conversations"), help="one of the two")
    return p.parse_args()


def sizes(folder, leave_out):
    """Of the streams. tcpflow's report and our index are none."""
    return [f.stat().st_size for f in folder.iterdir() if f.name not in leave_out]


class Streams:
    """One comparison with tcpflow, in a folder."""

    def __init__(self, o, folder, capture):
        self.o, self.capture = o, capture
        self.ours, self.theirs, self.floor = folder / "ours", folder / "theirs", folder / "floor"
        self.sizes = folder / "sizes"
        self.commands = {
            "pkts-flow": [o.flow, "-q", "-r", str(capture), "--streams", str(self.ours)],
            "tcpflow": ["tcpflow", "-q", "-r", str(capture), "-o", str(self.theirs)],
            "the floor": [str(o.build.resolve() / "benchmarks/floor_streams"), str(capture), str(self.floor),
                          str(self.sizes)]}

    def clean_up(self):
        for path in (self.ours, self.theirs, self.floor):
            shutil.rmtree(path, ignore_errors=True)

    def check(self):
        """Both wrote as many bytes; what the floor writes."""
        for name in ("pkts-flow", "tcpflow"):
            subprocess.run(self.commands[name], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ours, theirs = sizes(self.ours, {"index.json"}), sizes(self.theirs, {"report.xml", "alerts.txt"})
        print(f"\n{len(ours)} files; bytes of streams: pkts-flow {sum(ours)}, tcpflow {sum(theirs)}")
        self.sizes.write_text("\n".join(map(str, ours)), encoding="ascii")
        self.clean_up()

    def measure(self, title):
        self.check()
        c = self.commands
        good = bench_dump.compare(title, c["pkts-flow"], {"tcpflow": c["tcpflow"]}, 5, self.o.rounds, self.clean_up,
                                  "pkts-flow")
        bench_dump.compare("the same, and what nobody can do without", c["the floor"], {"tcpflow": c["tcpflow"]}, 0,
                           self.o.rounds, self.clean_up, "the floor")
        return good


def measure_streams(o, folder):
    many, few = folder / "many.pcap", folder / "few.pcap"
    Copies(*bench_dump.as_pcap(o.read)).write(many, o.mb * 1000000)
    good = Streams(o, folder, many).measure(f"many streams, -r {o.mb} MB --streams")
    many.unlink()
    for streams, segment in ((o.few, 1448), (o.at_once, 500)):
        with open(few, "wb") as out:
            Downloads(out, streams, segment).write(o.mb * 1000000)
        good &= Streams(o, folder, few).measure(f"{streams} streams at a time, -r {o.mb} MB --streams")
        few.unlink()
    return good


def measure_conversations(o, folder):
    capture = folder / "conversations.pcap"
    Copies(*bench_dump.as_pcap(o.read)).write(capture, o.conv_mb * 1000000)
    return bench_dump.compare(
        f"-r {o.conv_mb} MB --json", [o.flow, "-q", "-r", str(capture), "--json"],
        {"tshark -z conv,tcp": ["tshark", "-q", "-n", "-r", str(capture), "-z", "conv,tcp"]}, 20, o.rounds,
        lambda: None, "pkts-flow")


def measure(o, folder):
    o.flow = str(o.build.resolve() / "apps/pkts-flow")
    good = True
    if o.only in (None, "streams"):
        good &= measure_streams(o, folder)
    if o.only in (None, "conversations"):
        good &= measure_conversations(o, folder)
    return good


def main():
    o = options()
    with tempfile.TemporaryDirectory(prefix="bench_flow.", dir=bench_dump.scratch(4 * o.mb * 1000000)) as f:
        good = measure(o, pathlib.Path(f))
    print("\nThe claims hold." if good else "\nA claim does NOT hold.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
