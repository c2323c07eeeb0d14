# SPDX-License-Identifier: Apache-2.0 OR MIT
"""SCTP associations, packet by packet: setup, messages in one chunk or several, shutdown."""
import struct

from test_flow import chunk, sctp

DIAMETER, DTLS = 46, 47
FIRST, LAST = 2, 1


def simple(kind, value=b'', flags=0):
    return struct.pack('!BBH', kind, flags, 4 + len(value)) + value


class Association:
    """Between two ends, (address, port); tags are what packets of each of them carry. `frames` are what was sent."""

    def __init__(self, ends, tags=(0xbb, 0xaa), first=(1000, 5000)):
        self.ends, self.tags, self.frames = ends, tags, []
        self.tsn, self.ssn = list(first), [{}, {}]
        init = struct.pack('!IIHHI', tags[1], 65536, 10, 10, first[0])
        answer = struct.pack('!IIHHI', tags[0], 65536, 10, 10, first[1]) + struct.pack('!HH4s', 7, 8, b'cook')
        self.send(0, simple(1, init), tag=0)
        self.send(1, simple(2, answer))
        self.send(0, simple(10, b'cook'))
        self.send(1, simple(11))

    def send(self, side, *chunks, tag=None):
        self.frames.append(sctp(self.ends[side], self.ends[1 - side], self.tags[side] if tag is None else tag, *chunks))

    def chunks(self, side, data, stream=0, step=None, ppid=DIAMETER):
        """The chunks of a message, of `step` bytes each."""
        step = step or len(data)
        number = self.ssn[side].get(stream, 0)
        self.ssn[side][stream] = number + 1
        for at in range(0, len(data), step):
            flags = (FIRST if at == 0 else 0) | (LAST if at + step >= len(data) else 0)
            yield chunk(self.tsn[side], stream, number, data[at:at + step], flags, ppid)
            self.tsn[side] += 1

    def message(self, side, data, **how):
        for part in self.chunks(side, data, **how):
            self.send(side, part)

    def sack(self, side):
        """That all has come that the other side has sent."""
        self.send(side, simple(3, struct.pack('!IIHH', self.tsn[1 - side] - 1, 65536, 0, 0)))

    def shutdown(self):
        self.sack(0)
        self.sack(1)
        self.send(0, simple(7, struct.pack('!I', self.tsn[1] - 1)))
        self.send(1, simple(8))
        self.send(0, simple(14))
