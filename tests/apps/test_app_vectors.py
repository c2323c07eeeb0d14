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
import re
import sys
import tempfile

sys.dont_write_bytecode = True
from harness import SOURCE, Skip, good, main  # noqa: E402 pylint: disable=wrong-import-position

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


main({name: case for name, case in globals().items() if name.startswith('test_')})
