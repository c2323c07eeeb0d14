#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
Captures of MySQL, PostgreSQL and Diameter through the application Sessions: those of tests/vectors/apps against
the messages that are known to be in them, and those of the collection of captures, where it is there, for
what is wrong with them: nothing, but for what is listed here.
"""
import glob
import gzip
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from harness import SOURCE, Skip, good, main, pcap, with_folder  # noqa: E402 pylint: disable=wrong-import-position
from association import Association  # noqa: E402 pylint: disable=wrong-import-position

CORPUS = os.path.join(SOURCE, '../shared/corpus')
WRONG = re.compile(r'app_(?:violation|format|unpaired|gap|unfinished|evicted)')
APPS = {'mysql', 'pgsql', 'diameter'}

# capture: what is wrong with it
KNOWN = {
    # a single segment of "client" data that looks like a greeting, and then a FIN from elsewhere
    'one_tcp_stream_fin_rst_close_packet.pcap': {'app_gap'},
    # four connections of which the capture lacks segments
    'pgsql-jdbc.pcap.gz': {'app_gap'},
    # made by a program: a client that goes on without the server's leave
    'arkime_synthetic.pcap': {'app_violation'},
    # a connection that begins with a credit control request, without capabilities before it
    'diameter_synthetic.pcap': {'app_violation'},
}


def vectors():
    return sorted(glob.glob(os.path.join(SOURCE, 'tests/vectors/apps/*.pcap')))


def test_vectors():
    assert vectors(), 'no captures'
    for path in vectors():
        with open(path[:-5] + '.txt', encoding='ascii') as file:
            wanted = file.read()
        got = good(path)
        assert got == wanted, f'{path}: {next((g, w) for g, w in zip(got.splitlines(), wanted.splitlines()) if g != w)}'
        assert not WRONG.search(got), path


def tagged():
    try:
        with open(os.path.join(CORPUS, 'tags.json'), encoding='utf-8') as file:
            tags = json.load(file)
    except OSError as error:
        raise Skip('no collection of captures here') from error
    return [name for name, value in tags.items() if any(f'"{app}"' in json.dumps(value) for app in APPS)]


def follow(path):
    if not path.endswith('.gz'):
        return good(path)
    with gzip.open(path) as packed, tempfile.NamedTemporaryFile() as file:
        file.write(packed.read())
        file.flush()
        return good(file.name)


def test_collection():
    names = tagged()
    assert len(names) > 20, names
    seen = set()
    for name in names:
        out = follow(os.path.join(CORPUS, 'captures', name))
        seen |= set(re.findall(r'end: app=(\w+)', out)) & APPS
        assert set(WRONG.findall(out)) == KNOWN.get(os.path.basename(name), set()), f'{name}:\n{out[-2000:]}'
    assert seen == APPS, seen


# Diameter over SCTP: what two daemons have said to each other over TCP, in messages

DAEMONS = os.path.join(SOURCE, 'tests/vectors/apps/diameter.pcap')
CLIENT, SERVER = ('192.0.2.1', 40000), ('192.0.2.2', 3868)


def tshark(*args):
    if not shutil.which('tshark'):
        raise Skip('no tshark here')
    done = subprocess.run(['tshark', *args], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True)
    return [line.split('\t') for line in done.stdout.splitlines()]


def messages_of_daemons():
    """(side, bytes) of each message of the first connection."""
    found, client = [], None
    for port, text in tshark('-r', DAEMONS, '-Y', 'tcp.stream == 0 && tcp.len > 0', '-T', 'fields', '-e', 'tcp.srcport',
                             '-e', 'tcp.payload'):
        data, client = bytes.fromhex(text), client or port
        while data:
            length = int.from_bytes(data[1:4], 'big')
            found.append((int(port != client), data[:length]))
            data = data[length:]
    assert len(found) == 8, found
    return found


def lines_of(text):
    """The lines of the first connection's messages."""
    return [line for line in text.splitlines() if re.match('1 [<>]', line)]


def carried(step, streams):
    """An association that says the same."""
    association = Association((CLIENT, SERVER))
    for k, (side, data) in enumerate(messages_of_daemons()):
        association.message(side, data, step=step, stream=k % streams)
    return association


@with_folder
def test_diameter_over_sctp_is_diameter_over_tcp(folder):
    wanted = lines_of(good(DAEMONS))
    assert len(wanted) == 8
    for step, streams in ((None, 1), (None, 3), (100, 1), (17, 4), (4, 2)):
        association = carried(step, streams)
        association.shutdown()
        out = good(folder.file('a.pcap', pcap([(f, None) for f in association.frames])))
        assert lines_of(out) == wanted, (step, streams, out)
        assert '1 end: app=diameter state=ended messages=8 waiting=0\n1 connections' in out, out


@with_folder
def test_packets_of_an_association_in_any_order(folder):
    """As long as requests come before their answers: each side's, between two of the other one."""
    wanted = lines_of(good(DAEMONS))
    order = random.Random(1)
    for _ in range(20):
        association = carried(30, 2)
        setup, rest = association.frames[:4], association.frames[4:]
        runs = []
        for frame in rest:
            if not runs or runs[-1][0][26:30] != frame[26:30]:
                runs.append([])
            runs[-1].append(frame)
        for part in runs:
            order.shuffle(part)
        frames = setup + [frame for part in runs for frame in part + order.sample(part, 1)]
        out = good(folder.file('a.pcap', pcap([(f, None) for f in frames])))
        assert lines_of(out) == wanted and not WRONG.search(out), out


@with_folder
def test_tshark_finds_the_same_messages(folder):
    for step, streams in ((None, 1), (60, 3)):
        path = folder.file('a.pcap', pcap([(f, None) for f in carried(step, streams).frames]))
        theirs = [(int(code), 'request' if flag in ('1', 'True') else 'answer') for codes, flags in tshark(
            '-r', path, '-o', 'sctp.reassembly:TRUE', '-Y', 'diameter', '-T', 'fields', '-e', 'diameter.cmd.code',
            '-e', 'diameter.flags.request') for code, flag in zip(codes.split(','), flags.split(','))]
        ours = [(int(m[2]), m[1]) for m in re.finditer(r'^1 [<>] \w*(request|answer) .*command=(\d+)', good(path), re.M)]
        assert ours == theirs and len(ours) == 8, (ours, theirs)


main({name: case for name, case in globals().items() if name.startswith('test_')})
