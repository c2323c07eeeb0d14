#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Signals that come before there is anything to read, or while there is."""
import os
import signal
import subprocess

from harness import MIXED, PROGRAM, TIMEOUT, main, parse, pcap, with_folder

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def start(*args, **how):
    how.setdefault('stdin', subprocess.DEVNULL)
    return subprocess.Popen([PROGRAM, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)


def mask(process, field):
    with open(f'/proc/{process.pid}/status', encoding='ascii') as file:
        return next(int(line.split()[1], 16) for line in file if line.startswith(field))


# Under nohup(1) programs would be told to ignore a hangup, and would do so.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def await_caught(process, number):
    """Returns when the program has a handler for the signal."""
    while not mask(process, 'SigCgt:') >> (number - 1) & 1:
        assert process.poll() is None, process.stderr.read()


def ended_quietly(process, number, expected=0):
    """Sends the signal; what the program then counted."""
    process.send_signal(number)
    out, said = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, (number, process.returncode, said)
    assert said.decode() == f'pkts-dump: {expected} packets read\n', said
    counted = parse(out)
    assert counted['packets'] == counted['capture']['captured'] == expected, out


@with_folder
def test_fifo_that_nobody_writes(folder):
    path = folder.file('fifo')
    os.mkfifo(path)
    for number in ENDINGS:
        process = start('-r', path, '--stats', '-w', folder.file('out.pcapng'))
        await_caught(process, number)
        ended_quietly(process, number)
        assert not os.path.exists(folder.file('out.pcapng'))


@with_folder
def test_silent_fifo(folder):
    path = folder.file('fifo')
    os.mkfifo(path)
    for data in (b'', pcap([])[:1], pcap([])[:23]):
        process = start('-r', path, '--stats')
        with open(path, 'wb', buffering=0) as file:
            file.write(data)
            await_caught(process, signal.SIGINT)
            ended_quietly(process, signal.SIGINT)


def test_silent_standard_input():
    silent, writer = os.pipe()
    try:
        process = start('-r', '-', '--stats', stdin=silent)
        await_caught(process, signal.SIGINT)
        ended_quietly(process, signal.SIGINT)
    finally:
        os.close(silent)
        os.close(writer)


@with_folder
def test_pipe_that_falls_silent(folder):
    path = folder.file('fifo')
    os.mkfifo(path)
    process = start('-r', path, '--json')
    with open(path, 'wb', buffering=0) as file:
        file.write(pcap(MIXED))
        for _ in MIXED:
            assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0 and said.decode() == f'pkts-dump: {len(MIXED)} packets read\n', said


@with_folder
def test_target_that_nobody_reads(folder):
    path, out = folder.file('a.pcap', pcap(MIXED)), folder.file('fifo')
    os.mkfifo(out)
    process = start('-r', path, '-w', out, '--stats')
    await_caught(process, signal.SIGINT)
    ended_quietly(process, signal.SIGINT)


@with_folder
def test_ignored_hangup_stays_ignored(folder):
    path = folder.file('fifo')
    os.mkfifo(path)
    process = start('-r', path, '--stats', preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    await_caught(process, signal.SIGINT)
    assert mask(process, 'SigIgn:') >> (signal.SIGHUP - 1) & 1
    process.send_signal(signal.SIGHUP)
    ended_quietly(process, signal.SIGINT)


@with_folder
def test_filter_that_takes_long_can_be_interrupted(folder):
    """Nothing catches the signal while libpcap works, which here is some seconds."""
    path = folder.file('fifo')
    os.mkfifo(path)
    words = ' or '.join(f'host 10.{k // 200}.{k % 200}.1' for k in range(440))[:8190].rsplit(' or ', 1)[0]
    process = start('-r', path, '--stats', words)
    with open(path, 'wb', buffering=0) as file:
        await_caught(process, signal.SIGINT)
        file.write(pcap(MIXED))
        while mask(process, 'SigCgt:') >> (signal.SIGINT - 1) & 1:
            assert process.poll() is None, process.stderr.read()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=TIMEOUT)
    assert process.returncode == -signal.SIGINT, process.returncode


main(globals())
