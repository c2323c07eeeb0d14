#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What compilers say to wrong specs: the line that matters names layer and field, as docs/compose.md shows.

    test_compose_misuse.py SOURCE_FOLDER
"""
import os
import re
import shutil
import subprocess
import sys

SOURCE = os.path.abspath(sys.argv[1])
INCLUDE = [f'-I{SOURCE}/lib/{folder}' for folder in ('base', 'wire', 'packet')]
STRICT = ['-std=gnu11', '-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Wvla', '-Werror',
          '-Wno-missing-field-initializers', '-Wno-gnu-zero-variadic-macro-arguments']
PROGRAM = '''#include "pkts_compose.h"

int syn(struct pkts_out *out);
int syn(struct pkts_out *out)
{
	return pkts_compose(out, ETH(), %s, TCP(.dport = 80));
}
'''

# As docs/compose.md begins: nothing has been written to the array that the frame is composed in.
LOCAL = '''#include "pkts_compose.h"

int datagram(const uint8_t *query, uint32_t n);
int datagram(const uint8_t *query, uint32_t n)
{
	uint8_t room[1500];
	struct pkts_out out = {.data = room, .cap = sizeof(room)};

	return pkts_compose(&out, ETH(.type = 7), IPV4(.src = 1), UDP(.dport = 53), RAW(query, n)) + room[0];
}
'''

# (name, the layer in question, optimisation, None if it compiles or what the error has to say)
CASES = (
    ('a right spec', 'IPV4(.ttl = 3)', '-O2', None),
    ('a right spec, not optimised', 'IPV4(.ttl = 3)', '-O0', None),
    ('the largest value', 'IPV4(.ttl = 255, .frag_offset = 8191, .src = 0xffffffff)', '-O2', None),
    ('a pinned 0', 'IPV4(.ttl = PKTS_PIN(0))', '-O2', None),
    ('a value that is not known yet', 'IPV4(.ttl = out->cap)', '-O2', None),
    ('a wrong field', 'IPV4(.tll = 3)', '-O2', r"struct pkts_ipv4_spec.*\btll\b|\btll\b.*struct pkts_ipv4_spec"),
    ('a field of another layer', 'IPV4(.dport = 3)', '-O2',
     r"struct pkts_ipv4_spec.*\bdport\b|\bdport\b.*struct pkts_ipv4_spec"),
    ('a value that is too wide', 'IPV4(.ttl = 256)', '-O2', r'ipv4\.ttl does not fit its 8 bits'),
    ('a pinned value that is too wide', 'IPV4(.ttl = PKTS_PIN(256))', '-O2', r'ipv4\.ttl does not fit its 8 bits'),
    ('a value too wide for some bits', 'IPV4(.frag_offset = 8192)', '-O2',
     r'ipv4\.frag_offset does not fit its 13 bits'),
    ('a negative value', 'IPV4(.id = -1)', '-O2', r'ipv4\.id does not fit its 16 bits'),
    ('a length that comes out too wide', 'IPV4(.opts = {(const uint8_t *)out, 41})', '-O2',
     r'ipv4\.ihl does not fit its 4 bits'),
    ('something that is no layer', '7', '-O2', r'_Generic|controlling expression|struct pkts'),
)


def compile_it(compiler, layer, level, program=PROGRAM):
    done = subprocess.run([compiler, *STRICT, level, *INCLUDE, '-x', 'c', '-', '-c', '-o', '/dev/null'],
                          input=program.replace('%s', layer), capture_output=True, text=True, check=False,
                          env=dict(os.environ, LC_ALL='C.UTF-8'))
    return done.returncode, done.stderr


def judge(compiler, layer, level, expected):
    """None, or what is wrong."""
    status, said = compile_it(compiler, layer, level)
    if expected is None:
        return None if status == 0 and not said else f'does not compile: {said}'
    errors = [line for line in said.splitlines() if 'error' in line]
    if status == 0:
        return 'compiles'
    return None if any(re.search(expected, line) for line in errors) else f'says {said}'


def in_a_local_array(compiler):
    """None, or what the compiler says to what nothing is wrong with."""
    said = [compile_it(compiler, '', level, LOCAL)[1] for level in ('-O0', '-O1', '-O2', '-O3', '-Os')]
    return ''.join(said) or None


def shown(compiler):
    """None, or what docs/compose.md shows of this compiler that it does not say. Versions differ in their words."""
    with open(os.path.join(SOURCE, 'docs/compose.md'), encoding='utf-8') as file:
        blocks = re.findall(r'^```text\n\$ (\w+) -O2 -c \w+\.c\n(.*?)^```$', file.read(), re.M | re.S)
    said = ''.join(compile_it(compiler, layer, '-O2')[1] for layer in ('IPV4(.tll = 3)', 'IPV4(.ttl = 256)'))
    lines = [line for name, block in blocks if name == compiler for line in block.splitlines() if 'error: ' in line]
    missing = [line for line in lines if line.partition('error: ')[2] not in said]
    return None if lines and not missing else f'{missing} not in {said}'


def version(compiler):
    return subprocess.run([compiler, '-dumpversion'], capture_output=True, text=True, check=True).stdout.strip().split('.')[0]


def cases_of(compiler):
    """(name, None or what is wrong) of each case."""
    for name, *case in CASES:
        yield name, judge(compiler, *case)
    yield 'a frame in a local array', in_a_local_array(compiler)
    if version(compiler) == {'gcc': '12', 'clang': '14'}[compiler]:
        yield 'docs/compose.md shows its words', shown(compiler)
    else:
        yield 'docs/compose.md shows its words # SKIP another version', None


def main():
    compilers = [name for name in ('gcc', 'clang') if shutil.which(name)]
    if not compilers:
        print('1..0 # SKIP neither gcc nor clang is here')
        return
    print(f'1..{len(compilers) * (len(CASES) + 2)}', flush=True)
    number, failed = 0, 0
    for compiler in compilers:
        for name, wrong in cases_of(compiler):
            number += 1
            failed += bool(wrong)
            print(f"{'not ' if wrong else ''}ok {number} - {compiler}: {name}")
            for line in (wrong or '').splitlines():
                print('#', line)
    sys.exit(failed != 0)


main()
