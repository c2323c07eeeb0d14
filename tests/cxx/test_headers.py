#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Headers as C++ sees them: each compiles alone without a warning, pkts.hh has them all, and what is wrong is
refused as in C.

    test_headers.py SOURCE_FOLDER COMPILER... -- HEADER...
"""
import concurrent.futures
import os
import re
import subprocess
import sys

SOURCE = os.path.abspath(sys.argv[1])
SPLIT = sys.argv.index('--')
COMPILER = sys.argv[2:SPLIT]
HEADERS = [os.path.abspath(header) for header in sys.argv[SPLIT + 1:]]
FOLDERS = sorted({os.path.dirname(header) for header in HEADERS})
DPDK = subprocess.run(['pkg-config', '--cflags', 'libdpdk'], capture_output=True, text=True, check=True).stdout
FLAGS = ['-std=gnu++20', '-Wall', '-Wextra', '-Wvla', '-Wcast-align', '-Werror',
         *DPDK.replace('-I', '-isystem').split(), f'-I{SOURCE}/lib', *(f'-I{folder}' for folder in FOLDERS)]
# g++ takes members that designators leave out for forgotten; pkts.hh tells it better.
ALONE = ['-Wno-missing-field-initializers', '-fsyntax-only']

PROGRAM = '''#include "pkts.hh"

int syn(struct pkts_out *out, unsigned now)
{
	(void)now;
	return pkts_compose(out, ETH(), %s, TCP(.dport = 80));
}
'''
# (name, the layer in question, None if it compiles or what the error has to say)
CASES = (
    ('no field', 'IPV4()', None),
    ('one field', 'IPV4(.ttl = 255)', None),
    ('options', 'IPV4(.opts = PKTS_OPTS(PKTS_OPT_ROUTER_ALERT(0)))', None),
    ('no options', 'IPV4(.opts = PKTS_OPTS())', None),
    ('a wrong name', 'IPV4(.tll = 3)', r"pkts_ipv4_spec.*tll|tll.*pkts_ipv4_spec"),
    ('the name of another layer', 'IPV4(.dport = 3)', r"pkts_ipv4_spec.*dport|dport.*pkts_ipv4_spec"),
    ('another order than on the wire', 'IPV4(.dst = 1, .src = 2)', 'order'),
    ('a value that does not fit', 'IPV4(.ttl = 256)', r'pkts_ipv4_ttl_misfit.*the value given for ipv4.ttl does not fit its 8 bits'),
    ('options that are no constants', 'IPV4(.opts = PKTS_OPTS((uint8_t)now))', 'constant'),
    ('no layer', 'now', 'pkts_layer_put'),
    ('17 layers', ', '.join(['MPLS()'] * 15), '1 to 16 layers'),
)


def compile_it(program, flags):
    done = subprocess.run([*COMPILER, *FLAGS, *flags, '-x', 'c++', '-'], input=program, capture_output=True,
                          text=True, check=False, env=dict(os.environ, LC_ALL='C.UTF-8'))
    return done.returncode, done.stderr


def alone(header):
    """None, or what the compiler says."""
    status, said = compile_it(f'#include "{os.path.basename(header)}"\n', ALONE)
    return said or (f'exit status {status}' if status else None)


def misuse(layer, expected):
    status, said = compile_it(PROGRAM.replace('%s', layer), ['-O2', '-c', '-o', '/dev/null'])
    if expected is None:
        return f'does not compile: {said}' if status or said else None
    errors = [line for line in said.splitlines() if 'error' in line]
    if status == 0:
        return 'compiles'
    return None if any(re.search(expected, line) for line in errors) else f'says {said}'


def all_in_one():
    """None, or which headers pkts.hh leaves out, or has although they are not installed."""
    with open(os.path.join(SOURCE, 'lib/pkts.hh'), encoding='utf-8') as file:
        there = re.findall(r'^#include "(.*)"$', file.read(), re.M)
    wanted = {os.path.basename(header) for header in HEADERS}
    odd = sorted(wanted ^ set(there)) + sorted({name for name in there if there.count(name) > 1})
    return f'left out, unknown or twice: {odd}' if odd else None


def main():
    cases = [(f'{os.path.basename(header)} alone', alone, (header,)) for header in HEADERS]
    cases += [('pkts.hh has every header', all_in_one, ())]
    cases += [(name, misuse, row) for name, *row in CASES]
    print(f'1..{len(cases)}', flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = [pool.submit(function, *args) for _, function, args in cases]
        for number, ((name, *_), result) in enumerate(zip(cases, results), 1):
            wrong = result.result()
            failed += bool(wrong)
            print(f"{'not ' if wrong else ''}ok {number} - {name}", flush=True)
            for line in (wrong or '').splitlines():
                print('#', line)
    sys.exit(failed != 0)


main()
