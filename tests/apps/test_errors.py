#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What pkts-dump does with what it cannot use: one line, the right status, and what was read is kept."""
import gzip
import os
import re
import stat
import subprocess

from harness import MIXED, PROGRAM, Skip, bad, good, main, packets, parse, pcap, run, with_folder

NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']


@with_folder
def test_source(folder):
    here = folder.name
    for name, data, pattern in (
            ('missing.pcap', None, 'No such file'),
            ('empty.pcap', b'', 'is empty'),
            ('text.pcap', b'hello, world\n', 'not a pcap or pcapng capture'),
            ('short.pcap', pcap([])[:20], 'short.pcap'),
            ('zip.pcap', b'PK\x03\x04' + bytes(60), 'zip'),
            ('.', None, 'directory')):
        path = folder.file(name, data)
        done = bad(1, pattern, '-r', path)
        assert done.stdout == '' and (name in done.stderr or here in done.stderr), done


@with_folder
def test_source_is_a_file_whatever_its_name(folder):
    bad(1, "cannot read 'lo': No such file", '-r', 'lo', cwd=folder.name)


@with_folder
def test_unreadable_source(folder):
    if os.geteuid():
        raise Skip('root only: needs a file of someone else')
    path = folder.file('secret.pcap', pcap(MIXED))
    os.chmod(path, 0)
    bad(1, 'secret.pcap.*ermission', *NOBODY[1:], PROGRAM, '-r', path, program=NOBODY[0])


def test_unknown_port():
    bad(1, "'nosuch0'.*pkts-dump -D", '-i', 'nosuch0')


def test_device_that_cannot_be_had():
    bad(1, "DPDK device 'net_nosuch0'.*such a driver", '-i', 'net_nosuch0')
    if os.geteuid() == 0:
        bad(1, "DPDK device 'net_tap0'.*need root", *NOBODY[1:], PROGRAM, '-i', 'net_tap0', program=NOBODY[0])


def test_interface_without_permission():
    if os.geteuid():
        raise Skip('root only')
    bad(1, "no permission.*'lo'.*(root|setcap)", *NOBODY[1:], PROGRAM, '-i', 'lo', program=NOBODY[0])


@with_folder
def test_filter(folder):
    path = folder.file('a.pcap', pcap(MIXED))
    bad(1, "filter 'tcp port'.*pcap-filter", '-r', path, 'tcp', 'port')
    out = folder.file('out.pcapng', b'precious')
    bad(1, "filter 'nonsense'", '-r', path, '-w', out, 'nonsense')
    with open(out, 'rb') as file:
        assert file.read() == b'precious', 'a run that cannot be has emptied its target'


@with_folder
def test_eal_arguments(folder):
    path = folder.file('a.pcap', pcap(MIXED))
    bad(1, 'quote is not closed', '-r', path, '--eal', '"')


@with_folder
def test_cut_file_is_read_as_far_as_it_goes(folder):
    path = folder.file('cut.pcap', pcap(MIXED)[:-10])
    done = bad(1, 'cut.pcap.* was cut', '-r', path, '--json', '--stats')
    *lines, last = done.stdout.splitlines()
    assert len(lines) == len(MIXED) - 1 == parse(last)['packets']
    assert parse(last)['capture']['errors'] == 1
    out = folder.file('out.pcapng')
    bad(1, 'was cut', '-r', path, '-w', out)
    assert len(packets('-r', out)) == len(MIXED) - 1


@with_folder
def test_damaged_file_is_read_as_far_as_it_goes(folder):
    whole = pcap(MIXED[:3])
    path = folder.file('damaged.pcap', whole + b'\xff' * 64)
    done = bad(1, 'damaged.pcap', '-r', path)
    assert len(done.stdout.splitlines()) == 3
    path = folder.file('damaged.pcap.gz', gzip.compress(pcap(MIXED * 200), 1)[:-30])
    done = bad(1, 'damaged.pcap.gz', '-r', path, '--stats')
    assert parse(done.stdout)['packets'] > 100


@with_folder
def test_target(folder):
    path = folder.file('a.pcap', pcap(MIXED))
    bad(1, "no/such/dir", '-r', path, '-w', folder.file('no/such/dir'))
    bad(1, 'file that is read', '-r', path, '-w', path)
    os.link(path, folder.file('b.pcap'))
    bad(1, 'file that is read', '-r', path, '-w', folder.file('b.pcap'))
    assert len(packets('-r', path)) == len(MIXED), 'the file that was read is gone'


def full():
    if not os.path.exists('/dev/full') or not stat.S_ISCHR(os.stat('/dev/full').st_mode):
        raise Skip('no /dev/full here')
    return open('/dev/full', 'wb')


@with_folder
def test_full_disk(folder):
    path = folder.file('a.pcap', pcap(MIXED * 300))
    for args in ((), ('--json',), ('--stats',)):
        with full() as out:
            bad(1, 'standard output: No space left', '-r', path, *args, stdout=out)
    with full() as out:
        bad(1, 'No space left', '-r', path, '-w', '-', stdout=out)
    bad(1, '/dev/full.*No space left', '-r', path, '-w', '/dev/full')


@with_folder
def test_reader_that_goes_away(folder):
    path = folder.file('a.pcap', pcap(MIXED * 3000))
    for args in ((), ('--json',), ('-w', '-')):
        with subprocess.Popen([PROGRAM, '-r', path, *args], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            process.stdout.read(100)
            process.stdout.close()
            said = process.stderr.read()
            assert process.wait() == 0 and said == b'', (args, process.returncode, said)


def close_output():
    os.close(1)


@with_folder
def test_closed_standard_output(folder):
    """What is opened next must not take its place and get the text."""
    path, copy = folder.file('a.pcap', pcap(MIXED)), folder.file('copy.pcap')
    for args in ((), ('--json',), ('--stats',), ('--json', '-w', copy)):
        bad(1, 'standard output: Bad file descriptor', '-r', path, *args, preexec_fn=close_output)
    assert len(packets('-r', copy)) == len(MIXED)
    bad(1, 'standard output: Bad file descriptor', '-r', path, '-w', '-', preexec_fn=close_output)
    bad(1, 'standard input: Bad file descriptor', '-r', '-', preexec_fn=lambda: os.close(0))
    for program, args in (('pkts-flow', ('-q', '-r', path)), ('pkts-craft', ('eth',))):
        done = run(*args, program=os.path.join(os.path.dirname(PROGRAM), program), preexec_fn=close_output)
        assert done.returncode == 1 and 'standard output: Bad file descriptor' in done.stderr, done
    for option in ('--help', '--version'):
        bad(1, 'standard output: Bad file descriptor', option, preexec_fn=close_output)
        with full() as out:
            bad(1, 'standard output: No space left', option, stdout=out)


def test_help_needs_no_capture():
    assert run('--help', '-r', '/no/such/file').returncode == 0
    assert re.search('usage', good('-h'))


main(globals())
