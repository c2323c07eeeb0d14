#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Claims: pkts-dump copies and counts a large capture at least as fast as tcpdump copies it, says it in
JSON 20 times as fast as tshark, and starts in half a second with less than 150 MB as an ordinary user.

Every figure is a ratio of runs that took turns, by CPU time (user and system) and by wall time.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PCAP_HEADER = 24
NOBODY = "65534"
START_SECONDS = 0.5
START_MB = 150


class Run:
    """One run of a command: what it took, and whether it did its job."""

    def __init__(self, command, first_byte=False):
        pipe = subprocess.PIPE if first_byte else subprocess.DEVNULL
        begin = time.perf_counter()
        child = subprocess.Popen(command, stdout=pipe, stderr=subprocess.PIPE)
        self.first = self.await_first_byte(child, begin) if first_byte else None
        errors = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        self.wall = time.perf_counter() - begin
        self.cpu = usage.ru_utime + usage.ru_stime
        self.rss_mb = usage.ru_maxrss / 1024
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"bench_dump.py: {command[0]} failed: {errors.decode(errors='replace').strip()}")

    @staticmethod
    def await_first_byte(child, begin):
        child.stdout.read(1)
        first = time.perf_counter() - begin
        child.stdout.read()
        return first


def spread(values, unit=""):
    values = sorted(values)
    return f"{values[0]:8.2f} {statistics.median(values):8.2f} {values[-1]:8.2f} {unit}"


def take_turns(commands, rounds, clean_up):
    """Runs each command `rounds` times, in turns; the first round warms up and does not count."""
    runs = [[] for _ in commands]
    for i in range(rounds + 1):
        for command, its_runs in zip(commands, runs):
            run = Run(command)
            clean_up()
            if i:
                its_runs.append(run)
    return runs


def compare(title, ours, peers, least, rounds, clean_up, program="pkts-dump"):
    """Prints what ours and its peers take, and the ratios. True if ours is `least` times as fast as each."""
    names = [program] + list(peers)
    runs = take_turns([ours] + list(peers.values()), rounds, clean_up)
    print(f"\n{title}\n  {'':40} {'min':>8} {'median':>8} {'max':>8}")
    for name, its_runs in zip(names, runs):
        print(f"  {name + ', CPU':40} {spread([r.cpu for r in its_runs], 's')}")
        print(f"  {name + ', wall':40} {spread([r.wall for r in its_runs], 's')}")
    good = True
    for name, its_runs in zip(names[1:], runs[1:]):
        for measure in ("cpu", "wall"):
            ratios = [getattr(p, measure) / getattr(o, measure) for p, o in zip(its_runs, runs[0])]
            held = statistics.median(ratios) >= least
            good = good and held
            label = f"{name} / {program}, {'CPU' if measure == 'cpu' else 'wall'}"
            print(f"  {label:40} {spread(ratios)} (at least {least}{'' if held else ': NOT MET'})")
    return good


def as_nobody():
    """What makes a command run as an ordinary user."""
    if os.geteuid():
        return []
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def measure_start(dump, capture, rounds):
    runs = [Run(as_nobody() + [dump, "-r", capture, "-c", "1"], first_byte=True) for _ in range(rounds)]
    first = [r.first for r in runs]
    rss = [r.rss_mb for r in runs]
    print(f"\nstart, as an ordinary user\n  {'':40} {'min':>8} {'median':>8} {'max':>8}")
    print(f"  {'to the first packet':40} {spread(first, 's')} (at most {START_SECONDS})")
    print(f"  {'to the end':40} {spread([r.wall for r in runs], 's')}")
    print(f"  {'resident memory, most':40} {spread(rss, 'MB')} (at most {START_MB})")
    return statistics.median(first) <= START_SECONDS and statistics.median(rss) <= START_MB


def as_pcap(capture):
    """The capture in pcap format: file header and records."""
    done = subprocess.run(["tcpdump", "-r", capture, "-w", "-"], capture_output=True, check=False)
    if done.returncode or len(done.stdout) <= PCAP_HEADER:
        raise SystemExit(f"bench_dump.py: tcpdump cannot read {capture}: {done.stderr.decode().strip()}")
    return done.stdout[:PCAP_HEADER], done.stdout[PCAP_HEADER:]


def write_repeated(path, header, records, size):
    """Writes a capture of at least `size` bytes: the records over and over."""
    chunk = records * max(1, (4 << 20) // len(records))
    with open(path, "wb") as out:
        out.write(header)
        while out.tell() < size:
            out.write(chunk if size - out.tell() >= len(chunk) else records)


def scratch(wanted):
    """Where the files go: memory if they fit there, so that no disk is measured."""
    shm = pathlib.Path("/dev/shm")
    if shm.is_dir() and shutil.disk_usage(shm).free > 3 * wanted:
        return shm
    return None


def options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("build", type=pathlib.Path, help="the build folder, made with --buildtype=release")
    p.add_argument("-r", "--read", default=str(ROOT / "tests/vectors/sample.pcapng"), metavar="CAPTURE",
                   help="whose packets are repeated (default: the sample)")
    p.add_argument("-n", "--rounds", type=int, default=5, help="default: 5")
    p.add_argument("--mb", type=int, default=1000, help="size of the large capture (default: 1000)")
    p.add_argument("--json-mb", type=int, default=30, help="size of the one for JSON (default: 30)")
    p.add_argument("--only", choices=("write", "stats", "json", "start"), help="one of the four")
    return p.parse_args()


def measure(o, folder):
    dump = str(o.build.resolve() / "apps/pkts-dump")
    large, small, copy = (str(folder / n) for n in ("large.pcap", "small.pcap", "copy"))
    header, records = as_pcap(o.read)
    write_repeated(small, header, records, o.json_mb * 1000000)
    if o.only in (None, "write", "stats"):
        write_repeated(large, header, records, o.mb * 1000000)
    user = [] if os.geteuid() else ["-Z", "root"]  # it would give the file away otherwise
    tcpdump = {"tcpdump -w": ["tcpdump", *user, "-r", large, "-w", copy]}

    def clean_up():
        for path in folder.glob("copy*"):
            path.unlink()

    good = True
    if o.only in (None, "write"):
        for suffix in (".pcapng", ".pcap"):
            good &= compare(f"-r {o.mb} MB -w copy{suffix}", [dump, "-r", large, "-w", copy + suffix],
                            tcpdump, 1, o.rounds, clean_up)
    if o.only in (None, "stats"):
        good &= compare(f"-r {o.mb} MB --stats", [dump, "-r", large, "--stats"], tcpdump, 1, o.rounds,
                        clean_up)
    if o.only in (None, "json"):
        tshark = {f"tshark -T {t}": ["tshark", "-r", small, "-T", t] for t in ("json", "ek")}
        good &= compare(f"-r {o.json_mb} MB --json", [dump, "-r", small, "--json"], tshark, 20, o.rounds,
                        clean_up)
    if o.only in (None, "start"):
        good &= measure_start(dump, small, o.rounds)
    return good


def main():
    o = options()
    with tempfile.TemporaryDirectory(prefix="bench_dump.", dir=scratch(o.mb * 1000000)) as folder:
        os.chmod(folder, 0o755)
        good = measure(o, pathlib.Path(folder))
    print("\nThe claims hold." if good else "\nA claim does NOT hold.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
