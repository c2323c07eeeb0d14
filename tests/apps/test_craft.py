#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""pkts-craft: its options, what it makes of expressions, and what it says of those that are none."""
import gzip
import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys

from harness import (MIXED, PROGRAM, SOURCE, TIMEOUT, Skip, bad, ether, good, ipv4, main, parse, pcap, run, tcp, udp,
                     vlan, with_folder)

DUMP = os.path.abspath(sys.argv[3])
BUILD = os.path.dirname(os.path.dirname(PROGRAM))
MAN = os.path.join(SOURCE, 'apps/craft/pkts-craft.1')
COMPLETION = os.path.join(SOURCE, 'apps/craft/pkts-craft.bash')
MACS = 'eth(dst=02:00:00:00:00:02,src=02:00:00:00:00:01)'
IP = 'ipv4(id=7,src=192.0.2.1,dst=192.0.2.2)'


def text_of(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def frames(*args, **how):
    return [bytes.fromhex(line) for line in good(*args, '--hex', **how).splitlines()]


def dumped(*args):
    return [parse(line) for line in good(*args, '--json', program=DUMP).splitlines()]


# Options

def table():
    """(letter, name, argument) of each option, as --help has them from the program's table."""
    return set(re.findall(r'^  (?:-(\w), |    )--([a-z-]+)(?: ([A-Z:]+))?(?:  |$)', good('--help'), re.M))


def test_help_teaches():
    text = good('--help')
    for part in ("usage: pkts-craft 'EXPR'", '--list tcp', 'Many packets', 'rand', '@query.bin', '--from', 'Exit status:'):
        assert part in text, part
    assert len(table()) == len(re.findall(r'^ +(?:-\w, )?--[a-z]+', text, re.M)) >= 16, table()
    assert max(map(len, text.splitlines())) <= 100


@with_folder
def test_every_example_of_the_help_works(folder):
    folder.file('query.bin', b'\x12\x34')
    folder.file('packets.txt', b'eth/ipv4\n')
    folder.file('trace.pcapng', pcap(MIXED))
    examples = [shlex.split(re.split('  +', line)[0])
                for line in re.findall('^  pkts-craft (.*)$', good('--help'), re.M)]
    assert len(examples) >= 15, examples
    for words in examples:
        if '-i' not in words:
            assert good(*words, cwd=folder.name) or '-w' in words, words


def test_man_page_has_the_same_options():
    text = text_of(MAN).replace(r'\-', '-')
    found = set(re.findall(
        r'^\.TP\n\.BR? (?:-(\w) ", " )?--([a-z-]+)(?: " \\fI([A-Z:]+)\\fP")?$', text, re.M))
    assert found == table(), found ^ table()


def test_man_page_has_no_warnings():
    if not (shutil.which('man') and shutil.which('groff')):
        raise Skip('no man or groff here')
    env = dict(os.environ, LC_ALL='C.UTF-8', MANROFFSEQ='', MANWIDTH='80')
    done = subprocess.run(['man', '--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', MAN], env=env,
                          capture_output=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_completion_has_the_same_options():
    words = set(re.search(r"local options='([^']*)'", text_of(COMPLETION)).group(1).split())
    expected = {f'-{letter}' for letter, _, _ in table() if letter} | {f'--{name}' for _, name, _ in table()}
    assert words == expected, words ^ expected


def test_completion_completes():
    bash = shutil.which('bash')
    if not bash:
        raise Skip('no bash here')
    script = (f'source {COMPLETION}; COMP_WORDS=({PROGRAM} --sh); COMP_CWORD=1; _pkts_craft; echo "${{COMPREPLY[@]}}"; '
              f'COMP_WORDS=({PROGRAM} --list ipv); COMP_CWORD=2; _pkts_craft; echo "${{COMPREPLY[@]}}"')
    lines = subprocess.run([bash, '-c', script], capture_output=True, text=True, check=True).stdout.split('\n')
    assert lines[0] == '--show', lines
    assert 'ipv4' in lines[1].split() and 'ipv6_frag' in lines[1].split(), lines


def test_version():
    assert re.fullmatch(r'pkts-craft \d+\.\d+\.\d+, DPDK \S.*\n', good('--version'))


def test_wrong_command_lines():
    for pattern, *args in (
            ('which packet',),
            ('which packet', '--hex'),
            ('put quotes around it', 'eth/', 'ipv4'),
            ('one of them only', 'eth', '-f', 'x'),
            ('one of them only', 'eth', '--from', 'x:1'),
            ('one form only', 'eth', '--hex', '--json'),
            ('one of them only', 'eth', '-w', 'x', '-i', 'y'),
            ('-w - needs standard output', 'eth', '-w', '-', '--hex'),
            ('-c does not go with it', '--from', 'x:1', '-c', '2'),
            ('--list stands alone', '--list', '-w', 'x'),
            ("'ipv4' is a second one", '--list', 'eth', 'ipv4'),
            ("no layer 'nope'", '--list', 'nope'),
            ('--count 0: not a number', 'eth', '-c', '0'),
            ('unknown option --foo', '--foo')):
        assert bad(2, re.escape(pattern), *args).stdout == '', args


# What is made

def test_bytes():
    for expression, expected in (
            (f'{MACS}/{IP}/udp(sport=53,dport=4000)/"reply"', ether(ipv4(udp(53, 4000, b'reply'), 17))),
            (f'{MACS}/{IP}/udp(sport=53,dport=4000,csum=0)', ether(ipv4(udp(53, 4000, summed=False), 17))),
            (f'{MACS}/{IP}/tcp(sport=1,dport=2,seq=1,flags=S,window=1000)/hex(00 01)',
             ether(ipv4(tcp(1, 2, b'\0\1'), 6))),
            (f'{MACS}/vlan(id=7)/{IP}/udp(sport=1,dport=2)', vlan(ipv4(udp(1, 2), 17))),
            (f'{MACS}/{IP}/{IP}/udp(sport=3,dport=4)/"inner"', ether(ipv4(ipv4(udp(3, 4, b'inner'), 17), 4))),
            (f'{MACS}/{IP}/udp(sport=1,dport=2)/pad(18 zeros)', ether(ipv4(udp(1, 2), 17)) + bytes(18)),
            (f'{MACS}/{IP}/udp(sport=5,dport=6)/zeros(5000)', ether(ipv4(udp(5, 6, bytes(5000)), 17)))):
        assert frames(expression) == [expected], (expression, expected.hex())


@with_folder
def test_payload_from_a_file(folder):
    folder.file('data', b'reply')
    assert frames(f'{MACS}/{IP}/udp(sport=53,dport=4000)/@data', cwd=folder.name) == [
        ether(ipv4(udp(53, 4000, b'reply'), 17))]
    done = run('eth/@none', cwd=folder.name)
    assert done.returncode == 1 and 'none cannot be read: No such file' in done.stderr, done.stderr
    assert 'cannot be read: Is a directory' in run('eth/@.', cwd=folder.name).stderr


def test_many_packets():
    ports = [int.from_bytes(f[36:38], 'big') for f in frames('eth/ipv4/udp(dport=1..9:4)', '-c', '4')]
    assert ports == [1, 5, 9, 1], ports
    ends = [(f[33], int.from_bytes(f[36:38], 'big'))
            for f in frames('eth/ipv4(dst=10.0.0.1..10.0.0.2)/udp(dport={80,443})', '-c', '5')]
    assert ends == [(1, 80), (1, 443), (2, 80), (2, 443), (1, 80)], ends


def test_random_values_are_repeatable():
    args = ('eth/ipv4(src=rand)/udp(sport=rand(1..1000))', '-c', '50')
    one, same = frames(*args, '--seed', '1'), frames(*args, '--seed', '1')
    assert one == same and len(set(one)) == 50
    assert frames(*args, '--seed', '2') != one
    assert frames(*args) != frames(*args), 'two runs without a seed drew the same'
    assert all(1 <= int.from_bytes(f[34:36], 'big') <= 1000 for f in one)
    lines = frames('-', '--seed', '1', stdin=None, input=b'eth/ipv4(src=rand)\n' * 2)
    assert lines[0] != lines[1], 'each line drew the same'


def test_forms():
    expression = f'{MACS}/{IP}/udp(sport=53,dport=4000)/"reply"'
    shown = good(expression)
    for part in ('###[ ipv4 ]###', 'dport           = 4000', '(checksum)      = good', '0x0000  02 00 00', 'reply'):
        assert part in shown, shown
    assert '0x0000' not in good(expression, '--show')
    packet = parse(good(expression, '--json'))
    assert [layer['proto'] for layer in packet['layers']] == ['eth', 'ipv4', 'udp'] and packet['verdict'] == {'ok': True}
    assert good(expression, '--text') == expression + '\n'
    assert good('ipv4/udp(dport=7)', '--text') == 'ipv4/udp(dport=7)\n'
    assert good('eth/ipv4(src=10.0.0.1..10.0.0.3)', '-c', '2', '--text') == 'eth/ipv4(src=10.0.0.1)\neth/ipv4(src=10.0.0.2)\n'
    assert '###[ tcp ]###' in good('tcp(dport=1)'), 'an expression need not begin with a link layer'


@with_folder
def test_written_packets_are_read_back(folder):
    expression = f'{MACS}/ipv4(dst=10.0.0.1..10.0.0.9)/udp/zeros(3000)'
    for name in ('a.pcap', 'a.pcapng', 'a.pcapng.gz'):
        path = folder.file(name)
        assert good(expression, '-c', '9', '-w', path) == ''
        read = dumped('-r', path)
        assert [packet['layers'][1]['dst'] for packet in read] == [f'10.0.0.{n}' for n in range(1, 10)]
        assert all(packet['verdict'] == {'ok': True} and packet['len'] == 3042 for packet in read)
        times = [packet['ts'] for packet in read]
        assert times == sorted(set(times)), times
    with open(folder.file('a.pcap'), 'rb') as file:
        assert file.read(4) in (b'\x4d\x3c\xb2\xa1', b'\xd4\xc3\xb2\xa1')
    out = run(expression, '-w', '-', binary=True)
    assert out.returncode == 0 and out.stdout[:4] == b'\x0a\x0d\x0d\x0a', out


@with_folder
def test_link_types(folder):
    path = folder.file('a.pcapng')
    lines = b'eth/ipv4\nipv4/udp\nipv6/udp\nsll/ipv4\nsll2/ipv6\nnull/ipv4\nraw/ipv6\nppp/ipv4\npppoe/ppp/ipv4\n'
    good('-', '-w', path, stdin=None, input=lines)
    first = [packet['layers'][0]['proto'] for packet in dumped('-r', path)]
    assert first == ['eth', 'raw', 'raw', 'sll', 'sll2', 'null', 'raw', 'ppp', 'pppoe'], first
    done = run('-', '-w', folder.file('a.pcap'), stdin=None, input=lines)
    assert done.returncode == 1 and '8 packets' in done.stderr and '.pcapng' in done.stderr, done.stderr
    bad(1, 'none begins with tcp: put eth', 'tcp', '-w', folder.file('b.pcap'))


@with_folder
def test_a_wrong_expression_leaves_the_target_alone(folder):
    path = folder.file('out.pcap', b'precious')
    assert run('eth/ipv4(tll=1)', '-w', path).returncode == 1
    assert run('--from', folder.file('none.pcap') + ':1', '-w', path).returncode == 1
    with open(path, 'rb') as file:
        assert file.read() == b'precious'


@with_folder
def test_captured_packets(folder):
    path = folder.file('a.pcap', pcap(MIXED))
    for n, (frame, _) in enumerate(MIXED, 1):
        text = good('--from', f'{path}:{n}')
        assert frames(text.rstrip('\n')) == [frame], text
        assert frames('--from', f'{path}:{n}') == [frame]
    assert good('--from', f'{path}:1').startswith('eth(dst=02:00:00:00:00:02,'), good('--from', f'{path}:1')
    good('--from', f'{path}:3', '-w', folder.file('b.pcap'))
    with open(folder.file('b.pcap'), 'rb') as file:
        assert file.read().endswith(MIXED[2][0])
    bad(1, f'has {len(MIXED)} packets: there is no packet 99', '--from', f'{path}:99')
    for wrong in (path, f'{path}:', f'{path}:0', f'{path}:x', ':3', f'{path}:-1', f'{path}:99999999999999999999'):
        bad(1, 'a file and the number of a packet', '--from', wrong)
    bad(1, 'No such file', '--from', folder.file('none') + ':1')


# --c

PIECES = [
    f'{MACS}/{IP}/udp(sport=53,dport=4000)/"say \\"hi\\\\\\"\\r\\n"',
    'eth/ipv4(ttl=0,opts=[nop,nop])/tcp(dport=80,flags=SA,opts=[mss=1460,sackok,ts=1:4294967295,nop,wscale=7])/hex(00)',
    'eth/ipv6/ipv6_shim6(context_tag=0x7)/ipv6_hip(type=1,sender_hit=2001:20::1)/tcp',
    'eth/ipv6/ipv6_mobility(type=5,opts=hex(00 07))',
    'eth/vlan(id=7)/vlan/mpls(label=9)/ipv6(src=2001:db8::1,dst=ff02::1)/ipv6_dstopts(opts=hex(05 02 00 00))/udp/zeros(99)',
    'sll(addr=0011223344556677)/ipv4/udp/vxlan(vni=3)/eth/llc/snap/arp(spa=10.0.0.1,tha=02:00:00:00:00:09)/pad(3 zeros)',
    'null/ipv6/icmpv6(type=128)/hex(' + '5a' * 300 + ')',
    'raw/ipv4/gre(key=7,seq=0)/ppp/ipv6/sctp(vtag=1,opts=[data:3=hex(00 00 00 01 00 00 00 00 00 00 00 00 78)])',
    'eth/ipv4(csum=offload,total_length=7)/udp(csum=offload,length=0)/gtp(teid=1,seq=3)/ipv4/ah(spi=1)/esp(seq=2)',
]


@with_folder
def test_c_compiles_to_the_same_bytes(folder):
    compiler = shutil.which('cc')
    archives = [os.path.join(BUILD, f'libpkts_{name}.a') for name in ('packet', 'wire', 'base')]
    if not compiler or not all(map(os.path.exists, archives)):
        raise Skip('no C compiler, or no libraries, here')
    calls = '\n'.join(f'\tif ({good(piece, "--c").rstrip()[:-1]})\n\t\treturn 1;\n\tprint(&out);' for piece in PIECES)
    source = folder.file('a.c', ('#include <stdio.h>\n#include "pkts_compose.h"\n'
                                 'static void print(const struct pkts_out *out)\n{\n'
                                 '\tfor (uint32_t i = 0; i < out->len; i++)\n\t\tprintf("%02x", out->data[i]);\n'
                                 '\tputs("");\n}\n'
                                 'int main(void)\n{\n\tuint8_t room[4096];\n'
                                 '\tstruct pkts_out out = {.data = room, .cap = sizeof(room)};\n'
                                 f'{calls}\n\treturn 0;\n}}\n').encode())
    words = [compiler, '-std=gnu11', '-O1', '-Wall', '-Wextra', '-Wpedantic', '-Werror',
             '-Wno-missing-field-initializers', '-Wno-gnu-zero-variadic-macro-arguments',
             *(f'-I{SOURCE}/lib/{name}' for name in ('base', 'wire', 'packet')), source, *archives, '-o', folder.file('a')]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode and ('__asan' in done.stderr or '__ubsan' in done.stderr):
        done = subprocess.run(words + ['-fsanitize=address,undefined'], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = good(program=folder.file('a')).splitlines()
    assert [bytes.fromhex(line) for line in lines] == [frames(piece)[0] for piece in PIECES]


def test_c_reads_well():
    assert good('eth/ipv4(src=10.0.0.1)/tcp(flags=SA,opts=[mss=1460])/"x"', '--c') == (
        'pkts_compose(&out,\n\tETH(),\n\tIPV4(.src = PKTS_IPV4_ADDRESS(10, 0, 0, 1)),\n'
        '\tTCP(.flags = PKTS_TCP_SYN | PKTS_TCP_ACK, .opts = PKTS_OPTS(PKTS_OPT_MSS(1460))),\n\tTEXT("x"));\n')
    lines = good(PIECES[4], '--c').splitlines()
    assert max(len(line.expandtabs(8)) for line in lines) <= 100, lines


# What cannot be read

def test_a_caret_points_at_the_character():
    for expression, sentence, column, possible in (
            ('eth/ipv4(tll=3)', 'no field tll in ipv4', 9, 'did you mean ttl?'),
            ('eth/IP', 'IP', 4, 'did you mean ipv4?'),
            ('eth/ipv4(ttl=256)', 'at most 255', 13, '0..255'),
            ('eth/', '', 4, 'ipv4'),
            ('eth/ipv4(src=10.0.0)', '', 13, None),
            ('', '', 0, 'eth')):
        done = run(expression)
        lines = done.stderr.split('\n')
        assert done.returncode == 1 and done.stdout == '', done
        assert lines[0].startswith('pkts-craft: ') and sentence in lines[0], lines
        assert lines[1] == '  ' + expression and lines[2].strip() == '^', lines
        assert abs(lines[2].index('^') - 2 - column) <= (4 if possible is None else 0), (expression, lines)
        assert possible is None or possible in ' '.join(' '.join(lines[3:]).split()), lines


def test_long_and_odd_expressions_keep_the_caret_in_place():
    done = run('eth/"' + 'x' * 200 + '"/ipv4(tll=3)/"' + 'x' * 200 + '"')
    excerpt, caret = done.stderr.split('\n')[1:3]
    assert excerpt[caret.index('^'):].startswith('tll=3') and len(excerpt) <= 100, (excerpt, caret)
    done = run('eth/\t"\x01\x7f\u00e4"/ipv4(tll=3)')
    excerpt, caret = done.stderr.split('\n')[1:3]
    assert excerpt[caret.index('^'):].startswith('tll=3') and excerpt.isprintable(), (excerpt, caret)


def test_what_cannot_be_composed():
    bad(1, r'ipv4\.total_length comes out larger', 'eth/ipv4/zeros(65516)')
    assert len(frames('eth/ipv4/zeros(65515)')[0]) == 65549
    assert run('zeros(300000)').returncode == 1
    assert run('/'.join(['vlan'] * 17)).returncode == 1


def test_a_file_of_expressions():
    lines = b'# first\neth/ipv4\n\n   \neth/ipv4(x=1)\r\neth/arp\r\nnope'
    done = run('-', '--hex', stdin=None, input=lines)
    assert done.returncode == 1 and [len(line) // 2 for line in done.stdout.splitlines()] == [34, 42], done
    assert 'standard input:5: no field x in ipv4' in done.stderr and 'standard input:7: ' in done.stderr, done.stderr
    assert good('-f', '-', '--hex', stdin=None, input=b'eth/ipv4\n') == good('eth/ipv4', '--hex')
    bad(1, 'No such file', '-f', '/nonexistent/x')
    assert good('-', '--hex', stdin=None, input=b'') == ''


@with_folder
def test_a_named_file_of_expressions(folder):
    path = folder.file('packets.txt', b'eth/ipv4/udp(dport={1,2})\neth/arp\n')
    assert len(frames('-f', path, '-c', '2')) == 4
    assert 'packets.txt:1: ' in run('-f', folder.file('packets.txt', b'eth(')).stderr


# --list

def test_list():
    text = good('--list')
    for part in ('eth ', 'ipv6_hopopts', 'sctp', 'zeros(64)'):
        assert part in text, part
    names = text.split('\n\n')[0].splitlines()
    assert len(names) >= 31
    for line in names:
        fields = good('--list', line.split()[0])
        assert line[14:].strip() in fields and 'opts' in fields and max(map(len, fields.splitlines())) <= 100, fields


def test_list_says_what_is_left_out():
    rows = {row.split()[0]: row for row in good('--list', 'ipv4').splitlines() if row}
    for name, bits, otherwise in (('version', '4', '4'), ('ihl', '4', 'derived'), ('total_length', '16', 'derived'),
                                  ('ttl', '8', '64'), ('csum', '16', 'derived'), ('protocol', '8', 'derived'), ('id', '16', '0')):
        assert rows[name].split()[1] == bits and rows[name].split()[-1] == otherwise, rows[name]
    assert 'mss' in good('--list', 'tcp') and 'letters' in good('--list', 'tcp')


# The world around it

def test_hex_starts_nothing():
    """No EAL: it would need a runtime directory, and say so in its absence."""
    env = dict(os.environ, XDG_RUNTIME_DIR='/nonexistent', HOME='/nonexistent')
    assert good('eth/ipv4', '--hex', env=env)
    strace = shutil.which('strace')
    if strace:
        done = subprocess.run([strace, '-f', '-e', 'trace=openat', PROGRAM, 'eth/ipv4', '--hex'], capture_output=True,
                              text=True, check=False)
        assert 'openat' in done.stderr and 'hugepages' not in done.stderr, done.stderr[-2000:]


def test_a_reader_that_has_seen_enough():
    process = subprocess.Popen([PROGRAM, 'eth/ipv4(src=rand)', '-c', '1000000000', '--hex'], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.read(20)
    process.stdout.close()
    assert process.wait(TIMEOUT) == 0 and process.stderr.read() == b''


def test_a_full_disk():
    if not os.path.exists('/dev/full'):
        raise Skip('no /dev/full here')
    with open('/dev/full', 'wb') as full:
        bad(1, 'cannot write to standard output: No space', 'eth/ipv4', '--hex', stdout=full)
    if stat.S_ISCHR(os.stat('/dev/full').st_mode):
        bad(1, 'No space', 'eth/ipv4', '-c', '100000', '-w', '/dev/full')


@with_folder
def test_signals_end_it_with_everything_written(folder):
    for number in (signal.SIGINT, signal.SIGTERM):
        path = folder.file('out.pcap.gz')
        process = subprocess.Popen([PROGRAM, 'eth/ipv4(src=rand)', '-c', '1000000000', '-w', path],
                                   stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while not (os.path.exists(path) and os.path.getsize(path)):
            assert process.poll() is None, process.stderr.read()
        process.send_signal(number)
        _, said = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0 and said == b'', (number, said)
        with gzip.open(path) as file:
            assert len(file.read()) % (34 + 16) == 24, 'a packet is cut'
        os.remove(path)


@with_folder
def test_a_silent_pipe_ends_by_signal(folder):
    path = folder.file('fifo')
    os.mkfifo(path)
    with open(path, 'r+b', buffering=0) as fifo:
        process = subprocess.Popen([PROGRAM, '-f', path, '--hex'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        fifo.write(b'eth/ipv4\n')
        assert len(process.stdout.readline()) == 69, 'a line is answered at once'
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0 and out == b'' and said == b'', (out, said)


main(globals())
