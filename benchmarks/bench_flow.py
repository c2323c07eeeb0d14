#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Claims: pkts-flow writes the streams of a large capture at least 5 times as fast as tcpflow, and lists
its conversations at least 20 times as fast as tshark does.

Every figure is a ratio of runs that took turns, by CPU time (user and system) and by wall time. The capture
is the sample's TCP over IPv4, over and over with other addresses, checksums mended.
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


def options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("build", type=pathlib.Path, help="the build folder, made with --buildtype=release")
    p.add_argument("-r", "--read", default=str(bench_dump.ROOT / "tests/vectors/sample.pcapng"),
                   metavar="CAPTURE", help="whose connections are repeated (default: the sample)")
    p.add_argument("-n", "--rounds", type=int, default=5, help="default: 5")
    p.add_argument("--mb", type=int, default=200, help="size of the capture for streams (default: 200)")
    p.add_argument("--conv-mb", type=int, default=300, help="of the one for conversations (default: 300)")
    p.add_argument("--only", choices=("streams", "conversations"), help="one of the two")
    return p.parse_args()


def same_streams(ours, theirs):
    """Both wrote as many bytes. tcpflow's report and our index are not streams."""
    def total(folder, leave_out):
        return sum(f.stat().st_size for f in folder.iterdir() if f.name not in leave_out)
    return total(ours, {"index.json"}), total(theirs, {"report.xml", "alerts.txt"})


def measure(o, folder):
    flow = str(o.build.resolve() / "apps/pkts-flow")
    large, small = folder / "large.pcap", folder / "small.pcap"
    ours, theirs = folder / "ours", folder / "theirs"
    copies = Copies(*bench_dump.as_pcap(o.read))
    good = True

    def clean_up():
        for path in (ours, theirs):
            shutil.rmtree(path, ignore_errors=True)

    if o.only in (None, "streams"):
        copies.write(large, o.mb * 1000000)
        pkts = [flow, "-q", "-r", str(large), "--streams", str(ours)]
        tcpflow = ["tcpflow", "-q", "-r", str(large), "-o", str(theirs)]
        subprocess.run(pkts, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(tcpflow, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        print("bytes of streams: pkts-flow %d, tcpflow %d" % same_streams(ours, theirs))
        clean_up()
        good &= bench_dump.compare(f"-r {o.mb} MB --streams", pkts, {"tcpflow": tcpflow}, 5, o.rounds,
                                   clean_up, "pkts-flow")
    if o.only in (None, "conversations"):
        copies.write(small, o.conv_mb * 1000000)
        good &= bench_dump.compare(
            f"-r {o.conv_mb} MB --json", [flow, "-q", "-r", str(small), "--json"],
            {"tshark -z conv,tcp": ["tshark", "-q", "-n", "-r", str(small), "-z", "conv,tcp"]}, 20,
            o.rounds, clean_up, "pkts-flow")
    return good


def main():
    o = options()
    with tempfile.TemporaryDirectory(prefix="bench_flow.", dir=bench_dump.scratch(4 * o.mb * 1000000)) as f:
        good = measure(o, pathlib.Path(f))
    print("\nThe claims hold." if good else "\nA claim does NOT hold.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
