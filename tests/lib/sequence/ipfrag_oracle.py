#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Compares the tests' own model of overlapping fragments with the reference oracle, sequence by sequence.

    ipfrag_oracle.py PROGRAM ORACLE.py

PROGRAM --print writes lines "policy A0+8 B8+16 ... owners". Exit status 77, a skip, if there is no oracle.
"""
import importlib.util
import os
import subprocess
import sys


def load(path):
    spec = importlib.util.spec_from_file_location('overlap', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def piece(text):
    offset, length = text[1:].split('+')
    return int(offset), int(length), text[0]


def main(program, path):
    if not os.path.exists(path):
        print(f'skipped: no oracle at {path}')
        return 77
    oracle = load(path)
    lines = subprocess.run([program, '--print'], capture_output=True, text=True, check=True).stdout.splitlines()
    wrong = 0
    for line in lines:
        policy, *pieces, owners = line.split()
        expected = oracle.play(oracle.ip_newwins, policy, [piece(p) for p in pieces], 8)
        if owners != expected:
            print(f'{line}: the oracle says {expected}')
            wrong += 1
    sequences = sum(1 for n, units in ((2, 4), (3, 4), (4, 4), (3, 5)) for _ in oracle.exhaustive_ip(n, units))
    if len(lines) != sequences * 7:
        print(f'{len(lines)} lines, not {sequences} sequences under 7 policies')
        wrong += 1
    print(f'{len(lines)} compared, {wrong} differ')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
