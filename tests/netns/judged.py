# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What the tests with real peers ask of a capture: the Sessions' own verdicts, packet by packet (session_judge), and
what pkts-flow makes of it."""
import collections
import json
import os
import shutil
import subprocess
import sys

from peers import APPS, Skip

PEERS = os.path.abspath(sys.argv[3])  # where the programs of tests/peers are
TOLD = 5  # packets that a failure shows
SECONDS = 600


def lines_of(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, (words, done.returncode, done.stderr[-2000:])
    return [json.loads(line) for line in done.stdout.splitlines()]


def keep(path):
    """A copy of a capture that was judged badly, if $PEERS_KEEP names a folder."""
    folder = os.environ.get('PEERS_KEEP')
    return shutil.copy(path, folder) if folder else path


def verdicts(path):
    """What session_judge says: its lines, and the last, which has the totals."""
    *lines, totals = lines_of(os.path.join(PEERS, 'session_judge'), path)
    return lines, totals


def invalid_in(path):
    return verdicts(path)[1]['invalid']


def judge(path):
    """{(sport, dport): [state of each conversation, in turn]} and how often each event happened; fails if a packet is
    invalid."""
    lines, totals = verdicts(path)
    bad = [line for line in lines if line.get('validity') == 'invalid']
    odd = collections.Counter(event for line in lines for event in line.get('events', ()))
    print(f'# {os.path.basename(path)}: {totals}; {dict(odd)}')
    assert not bad, f'{len(bad)} packets of {keep(path)} are invalid: {bad[:TOLD]}'
    assert totals['packets'] == totals['valid'] + totals['suspect'] > 0, totals
    states = collections.defaultdict(list)
    for line in lines:
        if 'conversation' in line:
            states[line['sport'], line['dport']].append(line['state'])
    return states, odd


def flows(path):
    """The flow records of pkts-flow; fails if it saw an invalid packet."""
    program = os.path.join(APPS, 'pkts-flow')
    known = subprocess.run([program, '--help'], capture_output=True, text=True, timeout=60, check=False).stdout
    if '--json' not in known:
        raise Skip('pkts-flow writes no flow records')
    lines = lines_of(program, '-r', path, '--json')
    bad = [line for line in lines if line['event_type'] == 'anomaly' and line['pkts'].get('validity') == 'invalid']
    assert not bad, f'{len(bad)} invalid packets in {keep(path)}: {bad[:TOLD]}'
    return [line for line in lines if line['event_type'] == 'flow']
