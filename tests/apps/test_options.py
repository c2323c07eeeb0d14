#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The options of pkts-dump, and that help, man page and completion know the same ones."""
import os
import re
import shutil
import subprocess

from harness import SOURCE, Skip, bad, good, main

MAN = os.path.join(SOURCE, 'apps/dump/pkts-dump.1')
COMPLETION = os.path.join(SOURCE, 'apps/dump/pkts-dump.bash')


def text_of(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def table():
    """(letter, name, argument) of each option, as --help has them from the program's table."""
    return set(re.findall(r'^  (?:-(\w), |    )--([a-z-]+)(?: ([A-Z]+))?(?:  |$)', good('--help'), re.M))


def test_help_teaches():
    text = good('--help')
    for part in ('usage: pkts-dump -r FILE', 'Examples:', 'pcap-filter(7)', 'Exit status:'):
        assert part in text, part
    assert len(table()) == len(re.findall(r'^ +(?:-\w, )?--', text, re.M)) >= 16
    assert max(map(len, text.splitlines())) <= 100


def test_man_page_has_the_same_options():
    text = text_of(MAN).replace(r'\-', '-')
    found = set(re.findall(
        r'^\.TP\n\.BR? (?:-(\w) ", " )?--([a-z-]+)(?: " \\fI([A-Z]+)\\fP")?$', text, re.M))
    assert found == table(), found ^ table()


def test_man_page_has_no_warnings():
    if not (shutil.which('man') and shutil.which('groff')):
        raise Skip('no man or groff here')
    env = dict(os.environ, LC_ALL='C.UTF-8', MANROFFSEQ='', MANWIDTH='80')
    done = subprocess.run(['man', '--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', MAN], env=env,
                          capture_output=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_completion_has_the_same_options():
    text = text_of(COMPLETION)
    words = set(re.search(r"local options='([^']*)'", text).group(1).split())
    expected = {f'-{letter}' for letter, _, _ in table() if letter}
    expected |= {f'--{name}' for _, name, _ in table()}
    assert words == expected, words ^ expected
    before = set(re.findall(r'--?[\w-]+', ' '.join(re.findall(r'^\t(-[^)]*)\)$', text, re.M))))
    expected = {f'--{name}' for _, name, argument in table() if argument}
    expected |= {f'-{letter}' for letter, _, argument in table() if argument and letter}
    assert before == expected, before ^ expected


def test_completion_completes():
    bash = shutil.which('bash')
    if not bash:
        raise Skip('no bash here')
    script = (f'source {COMPLETION}; COMP_WORDS=(pkts-dump -r x --sh); COMP_CWORD=3; _pkts_dump; '
              'echo "${COMPREPLY[@]}"; COMP_WORDS=(pkts-dump -i l); COMP_CWORD=2; _pkts_dump; '
              'echo "${COMPREPLY[@]}"')
    lines = subprocess.run([bash, '-c', script], capture_output=True, text=True, check=True).stdout.split('\n')
    assert lines[0] == '--show', lines
    assert not os.path.exists('/sys/class/net/lo') or 'lo' in lines[1].split(), lines


def test_version():
    assert re.fullmatch(r'pkts-dump \d+\.\d+\.\d+, DPDK \S.*\n', good('--version'))
    assert good('-V') == good('--version')


def test_interfaces():
    lines = good('-D').splitlines()
    assert lines[0].split()[:5] == ['name', 'kind', 'index', 'link', 'mtu'], lines
    at = [lines[0].index(name) for name in ('flags', 'networks')]
    for line in lines[1:]:
        flags, networks = line[at[0]:at[1]].split(), line[at[1]:].split()
        assert len(flags) == len(networks) == 1, line
        assert re.fullmatch('-|[a-z,-]+', flags[0]) and re.fullmatch(r'-|[0-9a-f.:]+/\d+(,.*)?', networks[0]), line
        assert line.split()[0] != 'lo' or 'loopback' in flags[0].split(','), line
    kernel = {line.split()[0] for line in lines[1:] if line.split()[1] == 'af_packet'}
    assert set(os.listdir('/sys/class/net')) - {'bonding_masters'} == kernel, lines


def test_wrong_command_lines():
    for pattern, *args in (
            ('where from',),
            ('where from', '--json'),
            ('put -r before it', MAN),
            ('unknown option -z', '-z'),
            ('unknown option --foo', '--foo'),
            ('--s is not clear', '--s'),
            ('--count needs its argument, N', '-r', 'x', '-c'),
            ('--count 0: not a number', '-r', 'x', '-c', '0'),
            ('--count -1: not a number', '-r', 'x', '-c', '-1'),
            ('--count 5x: not a number', '-r', 'x', '-c', '5x'),
            ('--count 99999999999999999999: not', '-r', 'x', '-c', '99999999999999999999'),
            ('--snaplen 262145: not a number from 1 to 262144', '-r', 'x', '--snaplen', '262145'),
            ('--show takes no argument', '-r', 'x', '--show=yes'),
            ('--read is given twice', '-r', 'x', '-r', 'y'),
            ('-r and -i', '-r', 'x', '-i', 'y'),
            ('--json with --show or --hex', '-r', 'x', '--json', '--hex'),
            ('-w - needs standard output', '-r', 'x', '-w', '-', '--stats'),
            ('-p is for interfaces', '-r', 'x', '-p'),
            ('-D stands alone', '-D', '-r', 'x'),
            ("-D takes no words, but 'extra' is one", '-D', 'extra'),
            ('a filter of 8193 characters: the limit is 8192', '-r', 'x', 'tcp' + ' ' * 8190),
            ('a filter of 8193 characters: the limit is 8192', '-r', 'x', 'tcp', ' ' * 8189)):
        assert bad(2, re.escape(pattern), *args).stdout == '', args


main(globals())
