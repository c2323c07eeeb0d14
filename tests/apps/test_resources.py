#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""pkts-dump -r needs no privileges, no hugepages and little memory."""
import os
import subprocess

from harness import MIXED, PROGRAM, Skip, good, main, pcap, peak_kb, with_folder

LIMIT_KB = 64 * 1024
NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
NO_HUGEPAGES = ['--eal', '--no-huge --no-shconf -m 256']


@with_folder
def test_memory(folder):
    path = folder.file('a.pcap', pcap(MIXED * 2000))
    for args in (['--json'], ['--stats'], ['-w', folder.file('out.pcapng')], NO_HUGEPAGES):
        used = peak_kb('-r', path, *args)
        assert used < LIMIT_KB, f'{args}: {used} kB'


@with_folder
def test_without_hugepages(folder):
    path = folder.file('a.pcap', pcap(MIXED))
    assert good('-r', path, *NO_HUGEPAGES) == good('-r', path)


@with_folder
def test_ordinary_user(folder):
    if os.geteuid():
        raise Skip('not root: every other test runs as an ordinary user')
    if not os.access(PROGRAM, os.X_OK):
        raise Skip('the program is not there')
    path = folder.file('a.pcap', pcap(MIXED))
    os.chmod(folder.name, 0o777)
    done = subprocess.run([*NOBODY, 'test', '-x', PROGRAM], check=False)
    if done.returncode:
        raise Skip('an ordinary user cannot reach the build folder')
    out = folder.file('out.pcapng')
    assert good(*NOBODY[1:], PROGRAM, '-r', path, program=NOBODY[0]) == good('-r', path)
    good(*NOBODY[1:], PROGRAM, '-r', path, '-w', out, program=NOBODY[0])
    assert os.stat(out).st_uid == 65534
    assert good('-r', out) == good('-r', path)
    assert good(*NOBODY[1:], PROGRAM, '-D', program=NOBODY[0])


main(globals())
